//! The receiver. Its states are those of the machine beneath: [`super::super::cs2::Answerer`] in CM,
//! [`super::super::csn_a::Signer`] in CM-online. It
//! begins with the sealed letter in its hands: what it has not got it signs no receipt for.
//!
//! ```text
//!   [no key] --- key, signature | resolved, key ---> [key]      the machine beneath goes on with the signature
//!   [no key] --- signature alone --> refused                    no receipt for nothing
//!   resolve of the machine beneath --> resolve, box
//! ```

use semper_base::code::Code;
use semper_base::{Blob64, Error, Step, Timestamp, Violation};
use semper_blocks::delivery::{KeyOpening, ShareOpening, Unreadable, check_escrow, check_letter, open_letter};
use semper_blocks::statement::Kind;
use serde::{Deserialize, Serialize};

use super::super::dgp::statements::EscrowBox;
use super::super::frame::effect::conclude;
use super::super::frame::{Checked, Content, Cx, Decided, Descriptor, Effect, Event, Means, Own};
use super::super::party::Standing;
use super::beneath;
use super::machine::Beneath;
use super::sender::exchanged;

/// A sealed letter on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parcelled {
    /// The sealed letter.
    pub letter: Blob64,
    /// In CM: the box that holds the key for the notary.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sealed: Option<EscrowBox>,
    /// The half of the key that the notary never sees.
    pub share: ShareOpening,
}

impl Parcelled {
    /// Whether this is what X names. A share that is not the letter's is found out when it is opened: the
    /// receipt is then for a letter that nobody can read, which the letter itself shows.
    pub fn check(&self, x: &Descriptor) -> Result<(), Violation> {
        let mail = x.core.mail.as_ref().ok_or_else(|| Violation::new(Code::DescriptorWrong, "mail"))?;
        check_letter(&self.letter.0, &mail.cipher)?;
        if x.core.items != exchanged(mail.cipher, x.core.terms) {
            return Err(Violation::new(Code::DescriptorWrong, "items"));
        }
        if !self.letter.0.starts_with(self.share.commitment().bytes()) {
            return Err(Violation::new(Code::CommitmentWrong, "share"));
        }
        match (&self.sealed, &x.escrow_hash) {
            (None, None) => Ok(()),
            (Some(sealed), Some(hash)) => check_escrow(&sealed.0.0, hash),
            _ => Err(Violation::new(Code::FieldMissing, "box")),
        }
    }

    /// The letter's content.
    pub fn open(&self, key: &KeyOpening) -> Result<Vec<u8>, Unreadable> {
        open_letter(key, &self.share, &self.letter.0)
    }
}

/// One mail on the side of the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Receiver {
    beneath: Beneath,
    parcel: Parcelled,
    key: Option<KeyOpening>,
}

impl Receiver {
    /// Begins: compares what came with X and asks the owner to agree.
    pub fn start(
        own: Own,
        parcel: Parcelled,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Receiver, Error> {
        parcel.check(x)?;
        let beneath = Beneath::start(own, x, cx, out)?;
        Ok(Receiver { beneath, parcel, key: None })
    }

    /// One step.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Receiver>, Error> {
        let (event, key) = match unkeyed(event) {
            Ok((event, key)) => (beneath(&event, Kind::Reception), key),
            Err(violation) => return conclude(self, Err(violation.into()), out),
        };
        let (parcel, known) = (self.parcel, self.key);
        let step = self.beneath.take(&event, x, cx, out)?;
        for effect in out.iter_mut() {
            if let Effect::Send { content, .. } = effect {
                boxed(content, &parcel);
            }
        }
        let key = if matches!(step, Step::Advance(_)) { known.or(key) } else { known };
        Ok(step.map(|beneath| Receiver { beneath, parcel, key }))
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.beneath.standing()
    }

    /// What proves the origin, once the mail is complete.
    #[must_use]
    pub fn proof(&self) -> &[String] {
        self.beneath.proof()
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.beneath.deadline()
    }

    /// What came.
    #[must_use]
    pub fn parcel(&self) -> &Parcelled {
        &self.parcel
    }

    /// The sender's half of the key, once it is here.
    #[must_use]
    pub fn key(&self) -> Option<&KeyOpening> {
        self.key.as_ref()
    }
}

/// What the machine beneath is told, and the key that came with it. A signature of the sender's without the key
/// is none: we would give the receipt for nothing.
fn unkeyed(event: &Event) -> Result<(Event, Option<KeyOpening>), Violation> {
    let Event::Message { from, content } = event else { return Ok((event.clone(), None)) };
    let (content, key) = match content {
        Checked::Key { by, signature, opening } => {
            (Checked::Signature { by: *by, signature: signature.clone() }, Some(opening.clone()))
        }
        Checked::Signature { .. } => return Err(Violation::new(Code::FieldMissing, "key")),
        Checked::Decision(decision) => {
            let key = match &decision.verdict {
                Decided::Resolved(resolved) => resolved.body.key.clone(),
                Decided::Aborted(_) | Decided::Halted(_) => None,
            };
            (content.clone(), key)
        }
        other => (other.clone(), None),
    };
    Ok((Event::Message { from: *from, content }, key))
}

/// Puts the box beside the wish to have the mail completed.
fn boxed(content: &mut Content, parcel: &Parcelled) {
    if let (Content::Resolve { first, second }, Some(sealed)) = (&mut *content, &parcel.sealed) {
        let (first, second) = (std::mem::take(first), std::mem::take(second));
        *content = Content::ResolveMail { first, second, means: Means::Box(sealed.clone()) };
    }
}
