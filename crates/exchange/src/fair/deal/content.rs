//! What is in the letters of a deal.

use semper_base::code::Code;
use semper_base::{Blob64, Error, Hash, Violation};
use semper_blocks::delivery::{
    KeyOpening, ShareOpening, Unreadable, check_letter, letter_hash, open_letter, seal_letter,
};
use semper_support::crypto::{Crypto, random_secret};
use serde::{Deserialize, Serialize};

use super::super::frame::{Descriptor, NamedLeg, Receiver, Terms};
use super::Leg;

/// A sealed letter on its way to its receivers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parcel {
    /// The sealed letter.
    pub letter: Blob64,
    /// The half of its key that the notary never sees.
    pub share: ShareOpening,
}

/// A letter that is sealed and stands in no deal yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The giver's half of the key: a secret until the deal is complete.
    pub key: KeyOpening,
    /// What the receivers get at once.
    pub parcel: Parcel,
}

impl Content {
    /// Draws the keys of a letter and seals it. [`Code::TooLarge`] above
    /// [`semper_base::limits::LETTER_BYTES_MAX`].
    pub fn seal(content: &[u8], crypto: &dyn Crypto) -> Result<Self, Error> {
        let [k, r, s, r_s] = [(); 4].map(|()| random_secret(crypto));
        let (key, share) = (KeyOpening { k, r }, ShareOpening { s, r_s });
        let letter = Blob64(seal_letter(&key, &share, content)?);
        Ok(Content { key, parcel: Parcel { letter, share } })
    }

    /// The leg of a deal in which this is given.
    #[must_use]
    pub fn leg(&self, giver: u8, receiver: Receiver) -> Leg {
        let cipher = letter_hash(&self.parcel.letter.0);
        Leg::Letter { cipher, com_k: self.key.commitment(), giver, receiver }
    }
}

impl Parcel {
    /// Whether this is the letter that X names, with the share that the letter commits to.
    pub fn check(&self, cipher: &Hash) -> Result<(), Violation> {
        check_letter(&self.letter.0, cipher)?;
        if !self.letter.0.starts_with(self.share.commitment().bytes()) {
            return Err(Violation::new(Code::CommitmentWrong, "share"));
        }
        Ok(())
    }
}

/// Opens a letter with the key that came with the decision.
pub fn open(parcel: &Parcel, key: &KeyOpening) -> Result<Vec<u8>, Unreadable> {
    open_letter(key, &parcel.share, &parcel.letter.0)
}

/// Whether a letter is what its giver stands for in the terms. `Ok(true)`: it opens, and to the hash that is named if
/// one is. `Ok(false)` convicts the giver, together with the giver's signature: nobody else can make such a proof,
/// because X commits to letter, key and terms. An error says that something here is not what X names, which convicts
/// nobody.
pub fn judge_letter(
    x: &Descriptor,
    terms: &Terms,
    leg: u8,
    parcel: &Parcel,
    key: &KeyOpening,
) -> Result<bool, Violation> {
    terms.check(&x.core)?;
    let legs = x.core.deal.as_ref().map(|deal| deal.legs.as_slice()).unwrap_or_default();
    let Some(Leg::Letter { cipher, com_k, .. }) = legs.get(usize::from(leg)) else {
        return Err(Violation::new(Code::DescriptorWrong, "no such letter"));
    };
    let Some(NamedLeg::Letter { bytes, hash, .. }) = terms.contract.legs.get(usize::from(leg)) else {
        return Err(Violation::new(Code::TermsWrong, "no such letter"));
    };
    parcel.check(cipher)?;
    key.check(com_k)?;
    let Ok(content) = open(parcel, key) else { return Ok(false) };
    Ok(content.len() as u64 == *bytes && hash.is_none_or(|hash| hash == Hash::of(&content)))
}
