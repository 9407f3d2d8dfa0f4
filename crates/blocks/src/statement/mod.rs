//! Statements: what a party did or saw, in words that a stranger can check.
//!
//! A statement is a compact JWS (RFC 7515), ES256, over canonical JSON (RFC 8785):
//!
//! ```text
//! protected header  {"alg":"ES256","kid":KEY,"typ":"semper-KIND+jws","x5t#S256":CERTIFICATE}
//! payload           {"semper":{META}, ...the members of that kind...}
//! hash of it        SHA-256 over the compact text: what `refs` of later statements name
//! ```
//!
//! The signer makes the canonical form once. Received text is verified and stored as it is and is
//! never written anew. What is unknown (algorithm, header, kind, version, member) is refused.

pub mod author;
mod jws;
mod kind;
mod meta;
mod read;
pub mod wording;

pub use author::{About, Author};
pub use jws::{Compact, Head, Verified, sign};
pub use kind::Kind;
pub use meta::{Language, Meta, Ref, Signer};

use semper_base::code::Code;
use semper_base::{Error, Hash, KeyId, Millis, Timestamp, Violation, bytes, json};
use semper_support::crypto::{Crypto, PublicKey, SecretKey};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The members of one kind of statement. The type must refuse unknown members.
pub trait Body: Serialize + DeserializeOwned + std::fmt::Debug + Clone {
    /// Which kind it is the body of.
    const KIND: Kind;
}

/// A statement whose signature verified under a key that the verifier chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<B> {
    /// What every statement says.
    pub meta: Meta,
    /// What this kind says.
    pub body: B,
    /// The compact JWS, exactly as it was signed or received.
    pub text: String,
    /// SHA-256 of `text`.
    pub hash: Hash,
}

/// The canonical payload of a statement that nobody has signed yet: what the trusted screen shows
/// and what the signature will cover.
pub fn payload<B: Body>(meta: &Meta, body: &B) -> Result<Vec<u8>, Error> {
    if !B::KIND.is_checkout()
        && let Some(payload) = json::canonical_with(body, "semper", meta)
    {
        return Ok(payload);
    }
    let mut value = serde_json::to_value(body).map_err(|e| Violation::new(Code::FieldWrong, e.to_string()))?;
    let members = value.as_object_mut().ok_or_else(|| Violation::new(Code::FieldWrong, "a body must be an object"))?;
    let mut meta = serde_json::to_value(meta).map_err(|e| Violation::new(Code::FieldWrong, e.to_string()))?;
    // A UCP checkout has room for one member of ours: what is Semper's own stands inside it.
    if B::KIND.is_checkout()
        && let (Some(terms), Some(meta)) = (members.remove(meta::TERMS), meta.as_object_mut())
    {
        meta.insert(meta::TERMS.to_owned(), terms);
    }
    members.insert("semper".to_owned(), meta);
    Ok(json::canonical_value(&value)?)
}

/// Signs a payload made by [`payload`]. The header follows from the payload's own meta.
pub fn sign_payload(crypto: &dyn Crypto, key: &SecretKey, payload: &[u8]) -> Result<String, Error> {
    sign(crypto, key, &meta::read(payload)?, payload)
}

/// Makes and signs a statement with a service key.
pub fn make<B: Body>(crypto: &dyn Crypto, key: &SecretKey, meta: Meta, body: B) -> Result<Statement<B>, Error> {
    let payload = payload(&meta, &body)?;
    let text = sign(crypto, key, &meta, &payload)?;
    let hash = Hash::of(text.as_bytes());
    Ok(Statement { meta, body, text, hash })
}

/// Verifies a statement of kind `B` under `key`: form, header, kind, signature, body. Says nothing
/// about time or about whose key it is.
pub fn verify<B: Body>(crypto: &dyn Crypto, key: &PublicKey, text: &str) -> Result<Statement<B>, Violation> {
    Compact::parse(text)?.verify_typed(crypto, key)
}

/// Reads a statement that this party signed or verified before and then stored. Nothing is verified
/// again; never use it for anything that comes from outside.
pub fn danger_typed_unverified<B: Body>(text: &str) -> Result<Statement<B>, Violation> {
    let compact = Compact::parse(text)?;
    if let Some((meta, body)) = read::straight(compact.payload()) {
        check_kind::<B>(&meta)?;
        return Ok(Statement { meta, body, text: text.to_owned(), hash: compact.hash() });
    }
    let parts = meta::split(compact.payload())?;
    typed(Verified { meta: parts.meta, members: parts.members, text, hash: Hash::of(text.as_bytes()) })
}

/// When a statement that this party signed or verified before was made; never to be used for what comes from outside.
pub fn danger_issued_unverified(text: &str) -> Result<Timestamp, Violation> {
    let payload = text.split('.').nth(1).ok_or_else(|| Violation::new(Code::HeaderWrong, "not three parts"))?;
    meta::issued(&bytes::decode(payload)?)
}

/// Reads the body of a verified statement.
pub fn typed<B: Body>(verified: Verified<'_>) -> Result<Statement<B>, Violation> {
    check_kind::<B>(&verified.meta)?;
    let body = serde_json::from_value(serde_json::Value::Object(verified.members));
    let body = body.map_err(|e| Violation::new(code_of(&e), format!("{}: {e}", B::KIND)))?;
    Ok(Statement { meta: verified.meta, body, text: verified.text.to_owned(), hash: verified.hash })
}

fn check_kind<B: Body>(meta: &Meta) -> Result<(), Violation> {
    if meta.kind == B::KIND {
        return Ok(());
    }
    Err(Violation::new(Code::KindWrong, format!("{} instead of {}", meta.kind, B::KIND)))
}

fn code_of(error: &serde_json::Error) -> Code {
    let text = error.to_string();
    if text.starts_with("unknown field") {
        Code::FieldUnknown
    } else if text.starts_with("missing field") {
        Code::FieldMissing
    } else {
        Code::FieldWrong
    }
}

impl Meta {
    /// Refuses a statement dated more than `skew` in the future or past its validity.
    pub fn check_time(&self, now: Timestamp, skew: Millis) -> Result<(), Violation> {
        if self.issued > now.plus(skew) {
            return Err(Violation::new(Code::NotYetValid, format!("dated {}, it is {now}", self.issued)));
        }
        if self.expires.plus(skew) < now {
            return Err(Violation::new(Code::Expired, format!("until {}, it is {now}", self.expires)));
        }
        Ok(())
    }

    /// Refuses a statement that does not refer to exactly this earlier one.
    pub fn check_ref(&self, kind: Kind, hash: &Hash) -> Result<(), Violation> {
        let found = self.refs.iter().find(|reference| reference.kind == kind);
        match found {
            None => Err(Violation::new(Code::RefMissing, kind.word())),
            Some(reference) if reference.hash != *hash => Err(Violation::new(Code::RefWrong, kind.word())),
            Some(_) => Ok(()),
        }
    }

    /// Refuses a statement that another key signed.
    pub fn check_signer(&self, key: &KeyId) -> Result<(), Violation> {
        if self.signer.key == *key { Ok(()) } else { Err(Violation::new(Code::KeyWrong, self.signer.role.word())) }
    }
}

#[cfg(test)]
mod tests;
