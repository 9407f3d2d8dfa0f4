//! The sender. Its states are those of the machine beneath: [`super::super::cs2::Starter`] in CM,
//! [`super::super::csn_a::Signer`] in CM-online.
//!
//! ```text
//!   dispatch agreed ---> [ the machine beneath ] --- signature ------> key, signature
//!                        [                     ] --- resolve --------> resolve, key
//!                        [                     ] --- anything else --> as it is
//! ```

use semper_base::code::Code;
use semper_base::{Blob64, Error, Hash, Step, Timestamp, Violation};
use semper_blocks::delivery::{
    EscrowDefence, KeyOpening, ShareOpening, check_letter, letter_hash, seal_escrow, seal_letter,
};
use semper_blocks::item::Class;
use semper_blocks::statement::Kind;
use semper_support::crypto::{Crypto, PublicKey, Secret32, random_secret};
use serde::{Deserialize, Serialize};

use super::super::dgp::statements::EscrowBox;
use super::super::frame::descriptor::core_bytes;
use super::super::frame::{
    Content, Core, Cx, Descriptor, Effect, Event, Item, Mail, Means, Own, Protocol, Receiver as Gets,
};
use super::super::party::Standing;
use super::machine::Beneath;
use super::{Parcelled, beneath};

/// What the sender alone has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// `k` and what opens the commitment to it. With the seed it convicts a notary who cries bad escrow.
    pub defence: EscrowDefence,
    /// What goes to the receiver.
    pub parcel: Parcelled,
}

/// A letter that is sealed and not addressed yet.
#[derive(Clone, Debug)]
pub struct Sealed {
    key: KeyOpening,
    letter: Vec<u8>,
    share: ShareOpening,
}

/// Draws the keys of a letter and seals it. [`Code::TooLarge`] above
/// [`semper_base::limits::LETTER_BYTES_MAX`].
pub fn seal(content: &[u8], crypto: &dyn Crypto) -> Result<Sealed, Error> {
    let [k, r, s, r_s] = [(); 4].map(|()| random_secret(crypto));
    let (key, share) = (KeyOpening { k, r }, ShareOpening { s, r_s });
    Ok(Sealed { letter: seal_letter(&key, &share, content)?, key, share })
}

impl Sealed {
    /// The name of the sealed letter, for the terms.
    #[must_use]
    pub fn name(&self) -> Hash {
        letter_hash(&self.letter)
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.letter.len() as u64
    }

    /// Makes X of it. `core` has everything but items and [`Mail`]; in CM the box is sealed to the notary's
    /// sealing key in it.
    pub fn address(self, core: Core, crypto: &dyn Crypto) -> Result<(Descriptor, Sending), Error> {
        let Sealed { key, letter, share } = self;
        let mail = Mail { cipher: letter_hash(&letter), com_k: key.commitment() };
        let core = Core { items: exchanged(mail.cipher, core.terms), mail: Some(mail), ..core };
        let seed = random_secret(crypto);
        let sealed = match (core.protocol, &core.notary_seal) {
            (Protocol::Cm, Some(notary)) => Some(sealed(crypto, notary, &seed, &key, &core)?),
            _ => None,
        };
        let x = Descriptor::new(&core, sealed.as_ref().map(|sealed| Hash::of(&sealed.0.0)).as_ref())?;
        let parcel = Parcelled { letter: Blob64(letter), sealed, share };
        Ok((x, Sending { defence: EscrowDefence { seed, key }, parcel }))
    }
}

/// What a mail exchanges: the letter for its receipt.
pub(super) fn exchanged(letter: Hash, terms: Hash) -> Vec<Item> {
    let item = |giver, receiver, what| Item { class: Class::Generatable, giver, receiver: Gets::Party(receiver), what };
    vec![item(0, 1, letter), item(1, 0, terms)]
}

fn sealed(
    crypto: &dyn Crypto,
    notary: &PublicKey,
    seed: &Secret32,
    key: &KeyOpening,
    core: &Core,
) -> Result<EscrowBox, Error> {
    Ok(EscrowBox(Blob64(seal_escrow(crypto, notary, seed, key, &core_bytes(core)?)?)))
}

/// One mail on the side of the sender.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sender {
    beneath: Beneath,
    sending: Sending,
}

impl Sender {
    /// Begins: compares what is sent with X and asks the owner to agree.
    pub fn start(
        own: Own,
        sending: Sending,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Sender, Error> {
        let mail = x.core.mail.as_ref().ok_or_else(|| Violation::new(Code::DescriptorWrong, "mail"))?;
        sending.defence.key.check(&mail.com_k)?;
        check_letter(&sending.parcel.letter.0, &mail.cipher)?;
        let beneath = Beneath::start(own, x, cx, out)?;
        Ok(Sender { beneath, sending })
    }

    /// One step.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Sender>, Error> {
        let event = beneath(event, Kind::Dispatch);
        let sending = self.sending;
        let step = self.beneath.take(&event, x, cx, out)?;
        for effect in out.iter_mut() {
            if let Effect::Send { content, .. } = effect {
                keyed(content, &sending);
            }
        }
        Ok(step.map(|beneath| Sender { beneath, sending }))
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.beneath.standing()
    }

    /// What proves the receipt, once there is one; with the letter and both halves of its key.
    #[must_use]
    pub fn proof(&self) -> &[String] {
        self.beneath.proof()
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.beneath.deadline()
    }

    /// What was sent, and its keys.
    #[must_use]
    pub fn sending(&self) -> &Sending {
        &self.sending
    }
}

/// Puts the key beside what gives it away: our signature, and the wish to have the mail completed.
fn keyed(content: &mut Content, sending: &Sending) {
    let key = || sending.defence.key.clone();
    match content {
        Content::Signature { statement } => {
            *content = Content::Key { opening: key(), statement: std::mem::take(statement) };
        }
        Content::Resolve { first, second } => {
            let (first, second) = (std::mem::take(first), std::mem::take(second));
            *content = Content::ResolveMail { first, second, means: Means::Key(key()) };
        }
        _ => {}
    }
}
