//! What a client asks for.

use const_oid::ObjectIdentifier;
use der::asn1::{Int, Null, OctetString};
use der::{Any, Decode};
use semper_base::limits::{STAMP_NUMBER_BYTES_MAX, STAMP_REQUEST_BYTES_MAX};
use semper_base::{Code, Hash, Violation};
use spki::AlgorithmIdentifierOwned;

use super::asn1::{ImprintValue, RequestValue, SHA256};
use super::reply::Failure;
use crate::certificate::asn1::encode;
use crate::certificate::oid;

/// The version of requests and of what tokens say (RFC 3161 sections 2.4.1 and 2.4.2).
pub(super) const V1: u8 = 1;

/// A nonce or serial number: the content of a DER INTEGER, at most `STAMP_NUMBER_BYTES_MAX` bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Vec<u8>);

impl Number {
    /// A number from its digits, big endian, never negative. None if it is too long.
    #[must_use]
    pub fn new(magnitude: &[u8]) -> Option<Self> {
        let skip = magnitude.iter().take_while(|digit| **digit == 0).count();
        let digits = magnitude.get(skip..).unwrap_or_default();
        let mut content = Vec::with_capacity(digits.len() + 1);
        if digits.first().is_none_or(|first| first & 0x80 != 0) {
            content.push(0);
        }
        content.extend_from_slice(digits);
        (content.len() <= STAMP_NUMBER_BYTES_MAX).then_some(Number(content))
    }

    /// The content of the INTEGER, big endian, two's complement.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn read(value: &Int) -> Option<Self> {
        let bytes = value.as_bytes();
        (bytes.len() <= STAMP_NUMBER_BYTES_MAX).then(|| Number(bytes.to_vec()))
    }

    pub(super) fn value(&self) -> Result<Int, Violation> {
        Int::new(&self.0).map_err(|_| malformed("number"))
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&semper_base::hash::hex(&self.0))
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Number({self})")
    }
}

/// The SHA-256 hash of what is to be stamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Imprint {
    /// The hash.
    pub hash: Hash,
    /// Whether the algorithm is written with its NULL parameters, as OpenSSL writes it, or without. A token
    /// repeats the imprint as the request had it.
    pub null: bool,
}

impl Imprint {
    pub(super) fn value(&self) -> Result<ImprintValue, Violation> {
        let parameters = self.null.then(|| Any::from(Null));
        let hash = OctetString::new(self.hash.0.as_slice()).map_err(|_| malformed("imprint"))?;
        Ok(ImprintValue { algorithm: AlgorithmIdentifierOwned { oid: SHA256, parameters }, hash })
    }

    pub(super) fn read(value: &ImprintValue) -> Result<Self, Failure> {
        let null = match &value.algorithm.parameters {
            None => false,
            Some(parameters) if *parameters == Any::from(Null) => true,
            Some(_) => return Err(Failure::BadAlgorithm),
        };
        if value.algorithm.oid != SHA256 {
            return Err(Failure::BadAlgorithm);
        }
        let hash = value.hash.as_bytes().try_into().map_err(|_| Failure::BadDataFormat)?;
        Ok(Imprint { hash: Hash(hash), null })
    }
}

/// A request for a time stamp (RFC 3161 section 2.4.1), as far as this authority grants any.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// What is to be stamped.
    pub imprint: Imprint,
    /// Whether the policy is named; another one than ours is not read.
    pub names_policy: bool,
    /// Comes back in the token.
    pub nonce: Option<Number>,
    /// Whether the token shall carry the stamping certificate.
    pub certificate: bool,
}

impl Request {
    /// A request of ours: for any policy, with nonce and certificate.
    #[must_use]
    pub fn new(hash: Hash, nonce: [u8; 16]) -> Self {
        let nonce = Number::new(&nonce);
        Request { imprint: Imprint { hash, null: false }, names_policy: false, nonce, certificate: true }
    }

    /// The DER.
    pub fn to_der(&self) -> Result<Vec<u8>, Violation> {
        encode(&RequestValue {
            version: V1,
            imprint: self.imprint.value()?,
            policy: self.names_policy.then(oid::stamp_policy),
            nonce: self.nonce.as_ref().map(Number::value).transpose()?,
            certificate: self.certificate,
            extensions: None,
        })
    }

    /// Reads a request: DER, at most `STAMP_REQUEST_BYTES_MAX` bytes.
    ///
    /// # Errors
    /// The reason that the reply has to give.
    pub fn read(der: &[u8]) -> Result<Self, Failure> {
        if der.len() > STAMP_REQUEST_BYTES_MAX {
            return Err(Failure::BadRequest);
        }
        let value = RequestValue::from_der(der).map_err(|_| Failure::BadDataFormat)?;
        if value.version != V1 {
            return Err(Failure::BadRequest);
        }
        let imprint = Imprint::read(&value.imprint)?;
        let own = |policy: &ObjectIdentifier| *policy == oid::stamp_policy();
        if !value.policy.as_ref().is_none_or(own) {
            return Err(Failure::UnacceptedPolicy);
        }
        if value.extensions.is_some() {
            return Err(Failure::UnacceptedExtension);
        }
        let nonce = value.nonce.as_ref().map(|nonce| Number::read(nonce).ok_or(Failure::BadRequest)).transpose()?;
        Ok(Request { imprint, names_policy: value.policy.is_some(), nonce, certificate: value.certificate })
    }
}

pub(super) fn malformed(what: &'static str) -> Violation {
    Violation::new(Code::StampMalformed, what)
}
