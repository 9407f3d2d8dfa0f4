//! Compact JWS (RFC 7515) as Semper allows it: ES256 (RFC 7518 section 3.4), four header members,
//! canonical base64url, low-S signatures.

use semper_base::bytes;
use semper_base::code::Code;
use semper_base::limits::{HEADER_BYTES_MAX, STATEMENT_BYTES_MAX};
use semper_base::{Error, Hash, KeyId, Violation, json};
use semper_support::crypto::{Crypto, PublicKey, SecretKey, Signature};
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::meta::{self, Meta};

/// The protected header. Members in canonical order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: KeyId,
    typ: String,
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none", default)]
    certificate: Option<String>,
}

/// A compact JWS whose form is right. Nothing in it may be believed before
/// [`Compact::verify`].
#[derive(Debug)]
pub struct Compact<'a> {
    text: &'a str,
    signing_input: &'a str,
    payload: Vec<u8>,
    signature: Signature,
    key: KeyId,
    kind: Kind,
    certificate: Option<Hash>,
}

/// A statement whose signature verified; the body is not typed yet.
#[derive(Debug)]
pub struct Verified<'a> {
    /// What every statement says.
    pub meta: Meta,
    /// The members of its kind.
    pub members: serde_json::Map<String, serde_json::Value>,
    /// The compact text.
    pub text: &'a str,
    /// SHA-256 of the text.
    pub hash: Hash,
}

impl<'a> Compact<'a> {
    /// Reads the form: three parts, each canonical base64url, a header that we accept.
    pub fn parse(text: &'a str) -> Result<Self, Violation> {
        if text.len() > STATEMENT_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "statement"));
        }
        let wrong = || Violation::new(Code::HeaderWrong, "not three parts");
        let (signing_input, signature) = text.rsplit_once('.').ok_or_else(wrong)?;
        let (header, payload) = signing_input.split_once('.').ok_or_else(wrong)?;
        if header.len() > HEADER_BYTES_MAX || payload.contains('.') {
            return Err(wrong());
        }
        let header: Header = json::read(&bytes::decode(header)?)?;
        let signature: [u8; 64] =
            bytes::decode(signature)?.try_into().map_err(|_| Violation::new(Code::SignatureWrong, "not 64 bytes"))?;
        Ok(Compact {
            text,
            signing_input,
            payload: bytes::decode(payload)?,
            signature: Signature(signature),
            key: header.kid,
            kind: check_header(&header)?,
            certificate: header.certificate.as_deref().map(thumbprint).transpose()?,
        })
    }

    /// The kind that the header claims.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The key that the header claims.
    #[must_use]
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The certificate that the header names.
    #[must_use]
    pub fn certificate(&self) -> Option<Hash> {
        self.certificate
    }

    /// What the signature covers: `header.payload` as it stands.
    #[must_use]
    pub fn signing_input(&self) -> &'a str {
        self.signing_input
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The payload bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// SHA-256 of the compact text.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.text.as_bytes())
    }

    /// Verifies under `key` and reads what every statement says. The header and the payload must
    /// agree on kind, key and certificate.
    pub fn verify(self, crypto: &dyn Crypto, key: &PublicKey) -> Result<Verified<'a>, Violation> {
        if key.id() != self.key {
            return Err(Violation::new(Code::KeyWrong, "the header names another key"));
        }
        crypto.verify(key, self.signing_input.as_bytes(), &self.signature)?;
        let parts = meta::split(&self.payload)?;
        if parts.meta.kind != self.kind || parts.meta.signer.key != self.key {
            return Err(Violation::new(Code::HeaderWrong, "header and payload disagree"));
        }
        if parts.meta.signer.certificate != self.certificate {
            return Err(Violation::new(Code::HeaderWrong, "header and payload name different certificates"));
        }
        Ok(Verified { meta: parts.meta, members: parts.members, text: self.text, hash: self.hash() })
    }
}

fn check_header(header: &Header) -> Result<Kind, Violation> {
    if header.alg != "ES256" {
        return Err(Violation::new(Code::AlgorithmWrong, &header.alg));
    }
    let word = header.typ.strip_prefix("semper-").and_then(|rest| rest.strip_suffix("+jws"));
    word.and_then(Kind::from_word).ok_or_else(|| Violation::new(Code::KindUnknown, &header.typ))
}

fn thumbprint(text: &str) -> Result<Hash, Violation> {
    let bytes: [u8; 32] =
        bytes::decode(text)?.try_into().map_err(|_| Violation::new(Code::HeaderWrong, "x5t#S256 is not 32 bytes"))?;
    Ok(Hash(bytes))
}

/// Signs `payload` with a header that follows from `meta`.
pub fn sign(crypto: &dyn Crypto, key: &SecretKey, meta: &Meta, payload: &[u8]) -> Result<String, Error> {
    let header = Header {
        alg: "ES256".to_owned(),
        kid: meta.signer.key,
        typ: format!("semper-{}+jws", meta.kind),
        certificate: meta.signer.certificate.map(|hash| bytes::encode(hash.bytes())),
    };
    let header = serde_json::to_vec(&header).map_err(|e| Violation::new(Code::HeaderWrong, e.to_string()))?;
    let mut text = bytes::encode(&header);
    text.push('.');
    text.push_str(&bytes::encode(payload));
    let signature = crypto.sign(key, text.as_bytes())?;
    text.push('.');
    text.push_str(&bytes::encode(&signature.0));
    if text.len() > STATEMENT_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "statement").into());
    }
    Ok(text)
}
