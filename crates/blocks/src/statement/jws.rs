//! Compact JWS (RFC 7515) as Semper allows it: ES256 (RFC 7518 section 3.4), four header members,
//! canonical base64url, low-S signatures.

use semper_base::bytes;
use semper_base::code::Code;
use semper_base::limits::{HEADER_BYTES_MAX, STATEMENT_BYTES_MAX};
use semper_base::{Error, Hash, KeyId, Violation, json};
use semper_support::crypto::{Crypto, PublicKey, SecretKey, Signature};
use serde::Deserialize;

use super::kind::Kind;
use super::meta::{self, Meta};
use super::{Body, Statement, read, typed};

/// The protected header, read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: KeyId,
    typ: String,
    #[serde(rename = "x5t#S256", default)]
    certificate: Option<String>,
}

/// What a header claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The kind.
    pub kind: Kind,
    /// The key that signed.
    pub key: KeyId,
    /// SHA-256 of the key's certificate, if it names one.
    pub certificate: Option<Hash>,
}

impl Head {
    /// Reads the header of a compact JWS and looks at nothing else: for choosing how to read the rest, or of
    /// what was read before.
    pub fn of(text: &str) -> Result<Self, Violation> {
        let (header, _) = text.split_once('.').ok_or_else(not_three_parts)?;
        if header.len() > HEADER_BYTES_MAX {
            return Err(not_three_parts());
        }
        Head::decode(header)
    }

    /// Reads a header of at most [`HEADER_BYTES_MAX`].
    fn decode(header: &str) -> Result<Self, Violation> {
        let mut place = [0; HEADER_BYTES_MAX / 4 * 3];
        Head::read(bytes::decode_into(header, &mut place)?)
    }

    fn read(header: &[u8]) -> Result<Self, Violation> {
        if let Some(head) = Head::canonical(header) {
            return Ok(head);
        }
        let header: Header = json::read(header)?;
        let kind = check_header(&header)?;
        Ok(Head { kind, key: header.kid, certificate: header.certificate.as_deref().map(thumbprint).transpose()? })
    }

    /// A header as [`sign`] writes it. There is one before every statement, so it is read without a reader; any
    /// other goes the long way.
    fn canonical(header: &[u8]) -> Option<Self> {
        let rest = std::str::from_utf8(header).ok()?.strip_prefix(r#"{"alg":"ES256","kid":""#)?;
        let (key, rest) = rest.split_at_checked(64)?;
        let (word, rest) = rest.strip_prefix(r#"","typ":"semper-"#)?.split_once("+jws\"")?;
        let certificate = match rest {
            "}" => None,
            _ => Some(thumbprint(rest.strip_prefix(r#","x5t#S256":""#)?.strip_suffix("\"}")?).ok()?),
        };
        Some(Head { kind: Kind::from_word(word)?, key: KeyId(Hash::from_hex(key)?), certificate })
    }
}

fn not_three_parts() -> Violation {
    Violation::new(Code::HeaderWrong, "not three parts")
}

/// A compact JWS whose form is right. Nothing in it may be believed before
/// [`Compact::verify`].
#[derive(Debug)]
pub struct Compact<'a> {
    text: &'a str,
    signing_input: &'a str,
    payload: Vec<u8>,
    signature: Signature,
    head: Head,
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
        let (signing_input, signature) = text.rsplit_once('.').ok_or_else(not_three_parts)?;
        let (header, payload) = signing_input.split_once('.').ok_or_else(not_three_parts)?;
        if header.len() > HEADER_BYTES_MAX || payload.contains('.') {
            return Err(not_three_parts());
        }
        let head = Head::decode(header)?;
        let signature = read_signature(signature)?;
        Ok(Compact { text, signing_input, payload: bytes::decode(payload)?, signature: Signature(signature), head })
    }

    /// The kind that the header claims.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.head.kind
    }

    /// The key that the header claims.
    #[must_use]
    pub fn key(&self) -> KeyId {
        self.head.key
    }

    /// The certificate that the header names.
    #[must_use]
    pub fn certificate(&self) -> Option<Hash> {
        self.head.certificate
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

    /// What every statement says, of one that was verified before; never to be used for what comes from outside.
    pub fn danger_meta_unverified(&self) -> Result<Meta, Violation> {
        meta::read(&self.payload)
    }

    /// Verifies under `key` and reads what every statement says. The header and the payload must
    /// agree on kind, key and certificate.
    pub fn verify(self, crypto: &dyn Crypto, key: &PublicKey) -> Result<Verified<'a>, Violation> {
        self.check_signature(crypto, key)?;
        self.believed()
    }

    /// The same with the body, which must be of kind `B`.
    pub fn verify_typed<B: Body>(self, crypto: &dyn Crypto, key: &PublicKey) -> Result<Statement<B>, Violation> {
        if self.kind() != B::KIND {
            return Err(Violation::new(Code::KindWrong, format!("{} instead of {}", self.kind(), B::KIND)));
        }
        self.check_signature(crypto, key)?;
        match read::straight(&self.payload) {
            Some((meta, body)) => self.checked(meta, body),
            None => typed(self.believed()?),
        }
    }

    /// Verifies under the key that stands in the body itself, in `member`, where `own` finds it.
    pub fn verify_self_signed<B: Body>(
        self,
        crypto: &dyn Crypto,
        member: &str,
        own: fn(&B) -> &PublicKey,
    ) -> Result<Statement<B>, Violation> {
        if let Some((meta, body)) = read::straight::<B>(&self.payload)
            && self.kind() == B::KIND
        {
            self.check_signature(crypto, own(&body))?;
            return self.checked(meta, body);
        }
        // Something is wrong with it. What that is, the longer way says.
        let claimed: serde_json::Value = json::read(&self.payload)?;
        let key = serde_json::from_value(claimed.get(member).cloned().unwrap_or_default());
        let key: PublicKey = key.map_err(|e| Violation::new(Code::KeyMalformed, e.to_string()))?;
        self.verify_typed(crypto, &key)
    }

    /// What was verified, once its header says the same.
    fn checked<B: Body>(self, meta: Meta, body: B) -> Result<Statement<B>, Violation> {
        self.check_meta(&meta)?;
        Ok(Statement { meta, body, text: self.text.to_owned(), hash: self.hash() })
    }

    /// Verifies under `key`, nothing else.
    fn check_signature(&self, crypto: &dyn Crypto, key: &PublicKey) -> Result<(), Violation> {
        if key.id() != self.head.key {
            return Err(Violation::new(Code::KeyWrong, "the header names another key"));
        }
        crypto.verify(key, self.signing_input.as_bytes(), &self.signature)
    }

    /// Reads the payload of what was verified.
    fn believed(self) -> Result<Verified<'a>, Violation> {
        let parts = meta::split(&self.payload)?;
        self.check_meta(&parts.meta)?;
        Ok(Verified { meta: parts.meta, members: parts.members, text: self.text, hash: self.hash() })
    }

    /// Header and payload must say the same.
    fn check_meta(&self, meta: &Meta) -> Result<(), Violation> {
        if meta.kind != self.head.kind || meta.signer.key != self.head.key {
            return Err(Violation::new(Code::HeaderWrong, "header and payload disagree"));
        }
        if meta.signer.certificate != self.head.certificate {
            return Err(Violation::new(Code::HeaderWrong, "header and payload name different certificates"));
        }
        Ok(())
    }
}

fn read_signature(text: &str) -> Result<[u8; 64], Violation> {
    let wrong = || Violation::new(Code::SignatureWrong, "not 64 bytes");
    if text.len() > SIGNATURE_TEXT {
        // Its spelling first, as of every other part.
        bytes::decode(text)?;
        return Err(wrong());
    }
    let mut place = [0; SIGNATURE_TEXT];
    bytes::decode_into(text, &mut place)?.try_into().map_err(|_| wrong())
}

/// What 64 bytes are as text, and a little more.
const SIGNATURE_TEXT: usize = 88;

fn check_header(header: &Header) -> Result<Kind, Violation> {
    if header.alg != "ES256" {
        return Err(Violation::new(Code::AlgorithmWrong, &header.alg));
    }
    let word = header.typ.strip_prefix("semper-").and_then(|rest| rest.strip_suffix("+jws"));
    word.and_then(Kind::from_word).ok_or_else(|| Violation::new(Code::KindUnknown, &header.typ))
}

/// What 32 bytes are as text, and a little more.
const THUMBPRINT_TEXT: usize = 44;

fn thumbprint(text: &str) -> Result<Hash, Violation> {
    let wrong = || Violation::new(Code::HeaderWrong, "x5t#S256 is not 32 bytes");
    let mut place = [0; THUMBPRINT_TEXT];
    if text.len() > THUMBPRINT_TEXT {
        return Err(wrong());
    }
    bytes::decode_into(text, &mut place)?.try_into().map(Hash).map_err(|_| wrong())
}

/// The header in canonical form. Nothing in it needs an escape.
fn header(meta: &Meta) -> String {
    let mut text = String::with_capacity(HEADER_USUAL_BYTES);
    text.push_str(r#"{"alg":"ES256","kid":""#);
    text.push_str(&meta.signer.key.0.hex());
    text.push_str(r#"","typ":"semper-"#);
    text.push_str(meta.kind.word());
    text.push_str("+jws\"");
    if let Some(certificate) = &meta.signer.certificate {
        text.push_str(r#","x5t#S256":""#);
        bytes::encode_to(certificate.bytes(), &mut text);
        text.push('"');
    }
    text.push('}');
    text
}

/// Most headers fit.
const HEADER_USUAL_BYTES: usize = 224;

/// Signs `payload` with a header that follows from `meta`.
pub fn sign(crypto: &dyn Crypto, key: &SecretKey, meta: &Meta, payload: &[u8]) -> Result<String, Error> {
    let header = header(meta);
    let room = (header.len() + payload.len()).saturating_mul(4) / 3 + SIGNATURE_TEXT + 4;
    let mut text = String::with_capacity(room);
    bytes::encode_to(header.as_bytes(), &mut text);
    text.push('.');
    bytes::encode_to(payload, &mut text);
    let signature = crypto.sign(key, text.as_bytes())?;
    text.push('.');
    bytes::encode_to(&signature.0, &mut text);
    if text.len() > STATEMENT_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "statement").into());
    }
    Ok(text)
}
