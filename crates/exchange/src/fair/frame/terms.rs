//! What the parties of a contract agree on: theirs alone. X only commits to it.

use semper_base::code::{Code, Misuse};
use semper_base::limits::{
    CERTIFICATE_NAME_CHARS_MAX, CONTRACT_TEXT_BYTES_MAX, CONTRACT_TITLE_CHARS_MAX, FILE_BYTES_MAX, FILE_NAME_CHARS_MAX,
    LETTER_BYTES_MAX, MEDIA_TYPE_CHARS_MAX, UNLESS_CHARS_MAX,
};
use semper_base::{Amount, Hash, Timestamp, Violation, json};
use semper_blocks::item::Grade;
use semper_blocks::statement::Language;
use semper_support::crypto::{PublicKey, Secret32};
use serde::{Deserialize, Serialize};

use super::descriptor::{Core, Fee, Protocol};
use crate::fair::deal::{Deal, Leg};
use crate::fair::lock::Unless;

/// Somebody with name, key and certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// SHA-256 of the key's certificate, if it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub certificate: Option<Hash>,
    /// The key.
    pub key: PublicKey,
    /// The certified name; without certificate the name that whoever made this gave it.
    pub name: String,
}

/// A text that lies in a file of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attached {
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256.
    pub hash: Hash,
    /// Its media type.
    pub media: String,
    /// Its name.
    pub name: String,
}

/// What the notary is paid, with the payer's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedFee {
    /// As in X.
    pub amount: Amount,
    /// Name of the party that X says pays it.
    pub payer: String,
}

/// One leg of a deal, with the names of those in it, each after its number among the parties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum NamedLeg {
    /// See [`crate::fair::deal::Leg::Letter`].
    Letter {
        /// How long its content is.
        bytes: u64,
        /// As in X.
        giver: String,
        /// SHA-256 of its content, if the giver stands for it: then another content convicts the giver.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        hash: Option<Hash>,
        /// Media type of its content.
        media: String,
        /// What the giver calls it.
        name: String,
        /// As in X.
        receiver: String,
    },
    /// See [`crate::fair::deal::Leg::Payment`].
    Payment {
        /// As in X.
        amount: Amount,
        /// As in X.
        giver: String,
        /// The holder's name.
        holder: String,
        /// As in X.
        receiver: String,
    },
    /// A [`crate::fair::deal::Leg::Payment`] that is a compensation: something is done outside of what can be decided
    /// here, or the receiver may claim the money.
    Compensation {
        /// As in X.
        amount: Amount,
        /// As in X: when it should be done.
        due: Timestamp,
        /// As in X: who does it, and has the money locked.
        giver: String,
        /// The holder's name.
        holder: String,
        /// As in X: for whom it is done.
        receiver: String,
        /// As in X: before this moment the compensation must be claimed.
        until: Timestamp,
        /// What is done, in plain words.
        what: String,
    },
    /// See [`crate::fair::deal::Leg::Signature`].
    Signature {
        /// As in X.
        giver: String,
    },
}

/// The contract as the parties see it before they agree. What X says too stands here again, because this is
/// what is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// As in X.
    pub expires: Timestamp,
    /// As in X.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fee: Option<NamedFee>,
    /// The file that holds the text, if it is not [`Contract::text`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<Attached>,
    /// As in X.
    pub grade: Grade,
    /// Of a deal: its legs, in the order of X.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub legs: Vec<NamedLeg>,
    /// The language of the text.
    pub language: Language,
    /// The notary.
    pub notary: Named,
    /// The parties, in the order of X.
    pub parties: Vec<Named>,
    /// As in X: what happens if somebody stops half-way.
    pub protocol: Protocol,
    /// The text, unless it lies in a file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// What it is called.
    pub title: String,
}

/// The private part of X.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// What is agreed on.
    pub contract: Contract,
    /// Hides it from whoever knows X and guesses.
    pub salt: Secret32,
}

impl Terms {
    /// The commitment in X.
    pub fn commitment(&self) -> Result<Hash, Misuse> {
        Ok(Hash::tagged("semper-terms/1", &json::canonical(self)?))
    }

    /// Whether these are the terms that X commits to, and whether they say what X says.
    pub fn check(&self, core: &Core) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::TermsWrong, what));
        let commitment = self.commitment().map_err(|e| Violation::new(Code::TermsWrong, e.to_string()))?;
        if commitment != core.terms {
            return Err(Violation::new(Code::CommitmentWrong, "terms"));
        }
        let contract = &self.contract;
        if contract.protocol != core.protocol || contract.grade != core.grade {
            return wrong("protocol or grade");
        }
        if contract.fee != core.fee.and_then(|fee| contract.named(fee)) {
            return wrong("fee");
        }
        if contract.expires != core.deadlines.expires {
            return Err(Violation::new(Code::MismatchDeadline, "terms"));
        }
        if contract.notary.key != core.notary.key || contract.notary.certificate != Some(core.notary.certificate) {
            return Err(Violation::new(Code::RegisterWrong, "terms"));
        }
        if !contract.parties.iter().map(|party| &party.key).eq(&core.parties) {
            return Err(Violation::new(Code::KeyWrong, "terms"));
        }
        contract.check_legs(core.deal.as_ref())?;
        contract.check()
    }
}

impl Contract {
    /// A fee of X with its payer's name.
    fn named(&self, fee: Fee) -> Option<NamedFee> {
        let payer = self.parties.get(usize::from(fee.payer))?;
        Some(NamedFee { amount: fee.amount, payer: payer.name.clone() })
    }

    /// How a party is named in a leg; none if there is no such party.
    #[must_use]
    pub fn numbered(&self, place: u8) -> Option<String> {
        let party = self.parties.get(usize::from(place))?;
        Some(format!("{}: {}", u16::from(place) + 1, party.name))
    }

    /// How those who get a leg are named in it.
    #[must_use]
    pub fn receivers(&self, leg: &Leg) -> String {
        let places = (0..=u8::MAX).zip(&self.parties).map(|(place, _)| place).filter(|place| leg.is_for(*place));
        places.filter_map(|place| self.numbered(place)).collect::<Vec<_>>().join(", ")
    }

    /// Whether the legs that are shown are those of X.
    fn check_legs(&self, deal: Option<&Deal>) -> Result<(), Violation> {
        let legs = deal.map(|deal| deal.legs.as_slice()).unwrap_or_default();
        let same =
            legs.len() == self.legs.len() && legs.iter().zip(&self.legs).all(|(leg, named)| self.shows(leg, named));
        if same { Ok(()) } else { Err(Violation::new(Code::TermsWrong, "legs")) }
    }

    fn shows(&self, leg: &Leg, named: &NamedLeg) -> bool {
        let from = self.numbered(leg.giver());
        match (leg, named) {
            (Leg::Letter { .. }, NamedLeg::Letter { bytes, giver, media, name, receiver, .. }) => {
                from.as_ref() == Some(giver)
                    && *receiver == self.receivers(leg)
                    && *bytes <= LETTER_BYTES_MAX as u64
                    && fits(name, FILE_NAME_CHARS_MAX)
                    && fits(media, MEDIA_TYPE_CHARS_MAX)
            }
            (Leg::Payment(payment), NamedLeg::Compensation { amount, due, giver, holder, receiver, until, what }) => {
                from.as_ref() == Some(giver)
                    && *receiver == self.receivers(leg)
                    && *amount == payment.amount
                    && payment.unless == Some(Unless { due: *due, until: *until })
                    && fits(holder, CERTIFICATE_NAME_CHARS_MAX)
                    && fits(what, UNLESS_CHARS_MAX)
            }
            (Leg::Payment(payment), NamedLeg::Payment { amount, giver, holder, receiver }) => {
                from.as_ref() == Some(giver)
                    && *receiver == self.receivers(leg)
                    && *amount == payment.amount
                    && payment.unless.is_none()
                    && fits(holder, CERTIFICATE_NAME_CHARS_MAX)
            }
            (Leg::Signature { .. }, NamedLeg::Signature { giver }) => from.as_ref() == Some(giver),
            _ => false,
        }
    }

    /// The bounds of what people wrote.
    fn check(&self) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::TermsWrong, what));
        if !fits(&self.title, CONTRACT_TITLE_CHARS_MAX) {
            return wrong("title");
        }
        let names = self.parties.iter().chain([&self.notary]);
        if !names.map(|named| &named.name).all(|name| fits(name, CERTIFICATE_NAME_CHARS_MAX)) {
            return wrong("a name");
        }
        match (&self.text, &self.file) {
            (Some(text), None) if text.is_empty() || text.len() > CONTRACT_TEXT_BYTES_MAX => wrong("text"),
            (Some(_), None) => Ok(()),
            (None, Some(file)) => {
                let named = fits(&file.name, FILE_NAME_CHARS_MAX) && fits(&file.media, MEDIA_TYPE_CHARS_MAX);
                if named && file.bytes <= FILE_BYTES_MAX { Ok(()) } else { wrong("file") }
            }
            (None, None) | (Some(_), Some(_)) => wrong("either a text or a file"),
        }
    }
}

fn fits(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most
}
