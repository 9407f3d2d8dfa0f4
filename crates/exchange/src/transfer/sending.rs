//! What a sender signs: what it sends to whom, and with what quality. The signature stays at home unless it proves the
//! origin.

use semper_base::limits::{CERTIFICATE_NAME_CHARS_MAX, CONTRACT_TITLE_CHARS_MAX};
use semper_base::{Amount, Code, Hash, KeyId, Millis, Nonce, Timestamp, Violation, json};
use semper_blocks::statement::{Body, Kind};
use serde::{Deserialize, Serialize};

use super::goods::{self, Good, What, is_text};

/// How long an announcement stands at most: as long as what is signed may be acted upon.
const LIFE_MAX: Millis = Millis::days(29);

/// Whether anybody but the receiver could read along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidentiality {
    /// List and key of the chunks travel as they are, over the connection of the two.
    Connection,
    /// List and key of the chunks are sealed to the receiver's certified key.
    Sealed,
}

/// Whether the receiver can prove from whom it has the goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// No: the receiver knows it by the connection, and anybody could have made the same list.
    Deniable,
    /// Yes: the sender's signature over the list goes along.
    Signed,
}

/// What a sender promises of a transfer. Integrity is no choice: each content is fixed by its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Who could read along.
    pub confidentiality: Confidentiality,
    /// Who could prove it.
    pub origin: Origin,
}

/// Sender: I send these goods.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// Bytes of all contents together.
    pub bytes: u64,
    /// The list, in preorder.
    pub goods: Vec<Good>,
    /// Makes it unlike every other, and its payment's purpose a secret of the two.
    pub nonce: Nonce,
    /// What is promised.
    pub quality: Quality,
    /// The key under which the sender is connected to the receiver.
    pub receiver: KeyId,
    /// What it is about.
    pub title: String,
    /// To whom, by the certified name; the key's beginning where there is none.
    pub to: String,
    /// Until when all of it must be there.
    pub until: Timestamp,
}

impl Body for Sending {
    const KIND: Kind = Kind::Sending;
}

impl Sending {
    /// Form and bounds: [`Code::TooLarge`], [`Code::TooMany`], [`Code::FieldWrong`], [`Code::FieldMissing`].
    pub fn check(&self) -> Result<(), Violation> {
        if !is_text(&self.title, CONTRACT_TITLE_CHARS_MAX) {
            return Err(Violation::new(Code::FieldWrong, "title"));
        }
        if !is_text(&self.to, CERTIFICATE_NAME_CHARS_MAX) {
            return Err(Violation::new(Code::FieldWrong, "to"));
        }
        let total = goods::check(&self.goods)?;
        if total.bytes != self.bytes {
            return Err(Violation::new(Code::FieldWrong, "bytes"));
        }
        Ok(())
    }

    /// Whether it can still come to anything.
    pub fn check_time(&self, now: Timestamp) -> Result<(), Violation> {
        if self.until <= now {
            return Err(Violation::new(Code::Expired, format!("until {}, it is {now}", self.until)));
        }
        if self.until > now.plus(LIFE_MAX) {
            return Err(Violation::new(Code::NotYetValid, "it may stand for 29 days at most"));
        }
        Ok(())
    }

    /// The name of the transfer on both sides: one hash of everything in it, through the roots of the contents. It is
    /// the same whether the list was signed or not.
    #[must_use]
    pub fn id(&self) -> Hash {
        // What was built or read from JSON can be written.
        Hash::tagged("semper-sending/1", &json::canonical(self).unwrap_or_default())
    }

    /// Each good's place: names from the outside in, joined by slashes.
    pub fn paths(&self) -> Result<Vec<String>, Violation> {
        let name =
            |number: &u64| usize::try_from(*number).ok().and_then(|at| self.goods.get(at)).map(|good| &good.name);
        let joined = |(place, good): (Vec<u64>, &Good)| {
            let mut names: Vec<&str> = place.iter().filter_map(name).map(String::as_str).collect();
            names.push(&good.name);
            names.join("/")
        };
        Ok(goods::places(&self.goods)?.into_iter().zip(&self.goods).map(joined).collect())
    }

    /// The money in it.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        self.goods.iter().find_map(|good| match &good.what {
            What::Payment(payment) => Some(payment.amount),
            _ => None,
        })
    }

    /// What the payment in it is for: both sides can compute it, and the bank cannot read it.
    #[must_use]
    pub fn purpose(&self) -> Hash {
        super::purpose("transfer", &self.id(), &self.nonce)
    }
}
