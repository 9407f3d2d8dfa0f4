//! A purse: an installed instance of a payment system.

use semper_base::hash::hex;
use semper_base::limits::{ACCOUNT_NAME_BYTES_MAX, PURSE_NAME_CHARS_MAX};
use semper_base::{Amount, Code, Currency, Error, Hash, KeyId, Misuse, Nonce, PeerId, json};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

/// Longest word of a module.
const WORD_BYTES_MAX: usize = 32;

/// A purse on its owner's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PurseId(pub Nonce);

impl std::fmt::Display for PurseId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0.0))
    }
}

/// Whoever keeps a purse's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankRef {
    /// SHA-256 of the certificate of the key that signs its answers.
    pub certificate: Hash,
    /// The key that signs its answers.
    pub key: KeyId,
    /// Who it is as a peer.
    pub peer: PeerId,
}

/// Which way money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Out of the purse.
    Pay,
    /// Into it.
    Receive,
}

/// What a purse may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Uses {
    /// To pay and to be paid.
    Both,
    /// To pay only.
    Pay,
    /// To be paid only: a till.
    Receive,
}

impl Uses {
    /// Whether money may go this way.
    #[must_use]
    pub fn allow(self, direction: Direction) -> bool {
        match self {
            Uses::Both => true,
            Uses::Pay => direction == Direction::Pay,
            Uses::Receive => direction == Direction::Receive,
        }
    }
}

/// An installed instance of a payment system. Holds no secret: keys are in the key store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purse {
    /// The account's name there: 1 to 64 visible ASCII characters.
    pub account: String,
    /// The key whose signature moves money out.
    pub account_key: PublicKey,
    /// Who keeps the money.
    pub bank: BankRef,
    /// The only currency in it.
    pub currency: Currency,
    /// Its id.
    pub id: PurseId,
    /// The owner's own limit for one payment out of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<Amount>,
    /// The module's word.
    pub module: String,
    /// What its owner calls it: 1 to 60 characters, none of them control characters.
    pub name: String,
    /// What it may be used for.
    pub uses: Uses,
}

impl Purse {
    /// Reads a stored purse.
    pub fn read(text: &[u8]) -> Result<Self, Error> {
        let purse: Purse = json::read(text)?;
        purse.check()?;
        Ok(purse)
    }

    /// The rules that hold for every purse, whatever its module.
    pub fn check(&self) -> Result<(), Misuse> {
        let wrong = |what: &str| Err(Misuse::new(Code::FieldWrong, what));
        let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=WORD_BYTES_MAX).contains(&self.module.len()) || !self.module.bytes().all(is_word) {
            return wrong("module");
        }
        let (account, name) = (&self.account, &self.name);
        if !(1..=ACCOUNT_NAME_BYTES_MAX).contains(&account.len()) || !account.bytes().all(|b| b.is_ascii_graphic()) {
            return wrong("account");
        }
        if name.chars().any(char::is_control) || name.trim() != name {
            return wrong("name");
        }
        if !(1..=PURSE_NAME_CHARS_MAX).contains(&name.chars().count()) {
            return wrong("name");
        }
        match self.limit {
            Some(limit) if limit.currency() != self.currency => Err(Misuse::new(Code::CurrencyMixed, "limit")),
            _ => Ok(()),
        }
    }
}
