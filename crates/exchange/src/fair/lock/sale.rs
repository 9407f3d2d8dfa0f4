//! A letter for money by a hash lock: what is paid for is the preimage, and the preimage opens the letter.
//!
//! ```text
//!   seller                        holder                        buyer
//!     | -- offer, sealed letter, share s: by whatever way ------> |   nobody can open it without k
//!     |                            | <-- lock, h = SHA-256(k) --- |
//!     | <-- locked --------------  | -- locked ----------------> |
//!     | -- claim, k -------------> |                              |   before the end; nowhere else is k given
//!     | <-- claimed -------------  | -- claimed, k ------------> |   k and s open the letter
//! ```
//!
//! The register is the holder's row: it pays and shows `k` in one write, or neither. The holder learns `k` and never
//! `s` or the letter. That `k` opens *what the seller signed* nobody checks before the payment. But there is one
//! opening of the letter: `k` by the lock's hash, `s` by what the letter begins with, the letter by its hash in the
//! offer. So whoever holds offer, letter, share and `k` can show anybody that it is not what was signed
//! ([`open`], [`crate::judge::lock`]), and nobody can show that of a good letter. (After fair exchange of digital
//! goods by hash locks, and `FairSwap`'s proof of misbehaviour, Dziembowski, Eckey, Faust 2018.)
//!
//! What the content commits to is salted with what follows from `k`: a buyer cannot try out guesses of a short
//! content before it pays.

use semper_base::limits::{DATA_DESCRIPTION_BYTES_MAX, FILE_NAME_CHARS_MAX};
use semper_base::{Code, Hash, Millis, Misuse, Nonce, Timestamp, Violation};
use semper_blocks::delivery::{KeyOpening, ShareOpening, check_letter, letter_hash, open_letter, seal_letter};
use semper_blocks::statement::Statement;
use semper_support::crypto::{Crypto, PublicKey, Secret32, random_secret};

use super::by_hash::{ByHash, hash_of};
use super::condition::Condition;
use super::descriptor::{Core, LENGTH_MAX, Lock, PROTOCOL};
use super::statements::{DataOffer, Locked};
use crate::judge::JUDGE_VERSION;

/// Difference of clocks that a sale tolerates.
pub const SKEW: Millis = Millis::seconds(120);
/// A seller claims no later than this before the end, by its own clock, unless the lock is shorter than an hour: then
/// than a sixth of it.
pub const MARGIN: Millis = Millis::seconds(600);

/// A letter that is sealed for sale.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Commitment to the content, for the offer.
    pub content: Hash,
    /// What the payment buys.
    pub k: Secret32,
    /// The sealed letter.
    pub letter: Vec<u8>,
    /// SHA-256 of the content.
    pub sha256: Hash,
    /// The other half of the key, which goes along with the letter.
    pub share: ShareOpening,
}

/// Why a letter is not what was sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// It does not open with the key that was paid for.
    DoesNotOpen,
    /// It opens to another content than the seller committed to.
    OtherContent,
    /// It opens to a content with another SHA-256 than the seller named.
    OtherHash,
}

/// Draws the keys of a letter and seals it. [`Code::TooLarge`] above [`semper_base::limits::LETTER_BYTES_MAX`].
pub fn seal(content: &[u8], crypto: &dyn Crypto) -> Result<Sealed, Misuse> {
    let [k, s, r_s] = [(); 3].map(|()| random_secret(crypto));
    let (key, share) = (KeyOpening::of_preimage(k), ShareOpening { s, r_s });
    let letter = seal_letter(&key, &share, content)?;
    Ok(Sealed { content: commitment(&key, content), sha256: Hash::of(content), k: key.k, letter, share })
}

impl Sealed {
    /// What the lock's hash must be.
    #[must_use]
    pub fn h(&self) -> Hash {
        hash_of(&self.k)
    }

    /// The name of the sealed letter.
    #[must_use]
    pub fn cipher(&self) -> Hash {
        letter_hash(&self.letter)
    }
}

fn commitment(key: &KeyOpening, content: &[u8]) -> Hash {
    Hash::tagged_parts("semper-data/1", &[key.r.danger_bytes(), content])
}

/// The lock's commitment to the offer that it pays for. Who knows the offer but not the share cannot see from a
/// lock what is bought.
#[must_use]
pub fn terms(offer: &Hash, share: &ShareOpening) -> Hash {
    Hash::tagged_parts("semper-sale-terms/1", &[offer.bytes(), share.s.danger_bytes()])
}

/// How long before the end of this lock a seller claims no more.
#[must_use]
pub fn margin(offer: &DataOffer) -> Millis {
    MARGIN.min(Millis(offer.lock_ms.0 / 6))
}

/// Whether an offer keeps its own bounds. [`Code::FieldWrong`] or [`Code::AmountMalformed`] if not.
pub fn check_offer(offer: &DataOffer) -> Result<(), Violation> {
    let wrong = |what: &str| Err(Violation::new(Code::FieldWrong, what));
    if offer.amount.minor() == 0 {
        return Err(Violation::new(Code::AmountMalformed, "nothing to pay"));
    }
    if offer.name.is_empty() || offer.name.chars().count() > FILE_NAME_CHARS_MAX {
        return wrong("name");
    }
    if offer.description.len() > DATA_DESCRIPTION_BYTES_MAX {
        return wrong("description");
    }
    if offer.lock_ms.0 == 0 || offer.lock_ms > LENGTH_MAX {
        return wrong("lock_ms");
    }
    if offer.payee == offer.holder.key {
        return wrong("payee");
    }
    Ok(())
}

/// What a buyer checks before it locks anything: this is the letter of the offer, and the share is its share.
pub fn check_parcel(offer: &DataOffer, letter: &[u8], share: &ShareOpening) -> Result<(), Violation> {
    check_offer(offer)?;
    check_letter(letter, &offer.cipher)?;
    if offer.bytes != letter.len() as u64 {
        return Err(Violation::new(Code::FieldWrong, "bytes"));
    }
    if letter.get(..32) != Some(share.commitment().bytes().as_slice()) {
        return Err(Violation::new(Code::CommitmentWrong, "share"));
    }
    Ok(())
}

/// The lock with which this payer pays for this offer now. [`Code::Expired`] if nothing is sold any more.
pub fn lock(
    offer: &Statement<DataOffer>,
    share: &ShareOpening,
    payer: &PublicKey,
    nonce: Nonce,
    now: Timestamp,
) -> Result<Core, Violation> {
    let body = &offer.body;
    check_offer(body)?;
    if now >= body.until {
        return Err(Violation::new(Code::Expired, "offer"));
    }
    Ok(Core {
        amount: body.amount,
        condition: Condition::Hash(ByHash { h: body.h, until: now.plus(body.lock_ms) }),
        holder: body.holder.clone(),
        judge: JUDGE_VERSION,
        nonce,
        opened: now,
        payee: body.payee.clone(),
        payee_account: body.payee_account,
        payer: payer.clone(),
        protocol: PROTOCOL.to_owned(),
        skew_ms: SKEW,
        terms: Some(terms(&offer.hash, share)),
    })
}

/// What a seller checks before it claims: this lock pays for this offer, was made in time, and runs as long as the
/// offer asks for. `locked` is the holder's word about it.
pub fn fits(offer: &Statement<DataOffer>, share: &ShareOpening, lock: &Lock, locked: &Locked) -> Result<(), Violation> {
    let (core, body) = (&lock.core, &offer.body);
    locked.fits(lock)?;
    if core.amount != body.amount {
        return Err(Violation::new(Code::MismatchAmount, "lock"));
    }
    if (&core.payee, core.payee_account) != (&body.payee, body.payee_account) {
        return Err(Violation::new(Code::MismatchPayee, "lock"));
    }
    if core.holder != body.holder {
        return Err(Violation::new(Code::RegisterWrong, "lock"));
    }
    if core.terms != Some(terms(&offer.hash, share)) {
        return Err(Violation::new(Code::TermsWrong, "lock"));
    }
    let Condition::Hash(by) = &core.condition else {
        return Err(Violation::new(Code::TermsWrong, "condition"));
    };
    if by.h != body.h {
        return Err(Violation::new(Code::CommitmentWrong, "h"));
    }
    if by.until < core.opened.plus(body.lock_ms) {
        return Err(Violation::new(Code::MismatchDeadline, "until"));
    }
    // By the holder's clock: a buyer dates its lock as it likes.
    if locked.at >= body.until {
        return Err(Violation::new(Code::Expired, "offer"));
    }
    Ok(())
}

/// Opens what was bought. [`Code::CommitmentWrong`] if `k`, share or letter are not those of the offer: that says
/// nothing about the seller. What is wrong with the content does.
pub fn open(
    offer: &DataOffer,
    letter: &[u8],
    share: &ShareOpening,
    k: &Secret32,
) -> Result<Result<Vec<u8>, Wrong>, Violation> {
    check_letter(letter, &offer.cipher)?;
    if hash_of(k) != offer.h {
        return Err(Violation::new(Code::CommitmentWrong, "k"));
    }
    if letter.get(..32) != Some(share.commitment().bytes().as_slice()) {
        return Err(Violation::new(Code::CommitmentWrong, "share"));
    }
    let key = KeyOpening::of_preimage(k.clone());
    let Ok(content) = open_letter(&key, share, letter) else { return Ok(Err(Wrong::DoesNotOpen)) };
    if commitment(&key, &content) != offer.content {
        return Ok(Err(Wrong::OtherContent));
    }
    if offer.sha256.is_some_and(|named| named != Hash::of(&content)) {
        return Ok(Err(Wrong::OtherHash));
    }
    Ok(Ok(content))
}
