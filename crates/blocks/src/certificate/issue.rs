//! Issuing: a root, leaves under it, revocation lists. Time, serial numbers and signatures come
//! from outside, so the same arguments give the same bytes as far as the provider's signatures do.

use semper_base::limits::CERTIFICATE_BYTES_MAX;
use semper_base::{Code, Error, Hash, Misuse, Violation};
use semper_support::crypto::{Crypto, KeyPair, PublicKey, SecretKey, Signature};

use super::asn1;
use super::claims::{Claims, Serial, Validity};
use super::profile::{self, IssuerName, LeafContents, RootContents};
use super::status::{self, StatusList};

/// A root certificate that was read, fits the profile and carries its own signature. That says
/// nothing about whether it is the *right* root: see [`super::fingerprint`].
#[derive(Clone, PartialEq, Eq)]
pub struct Root {
    der: Vec<u8>,
    hash: Hash,
    contents: RootContents,
    issuer: IssuerName,
}

impl Root {
    /// Reads a root certificate: size, form, profile, self-signature.
    pub fn read(der: &[u8], crypto: &dyn Crypto) -> Result<Self, Violation> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "certificate"));
        }
        let (tbs, signature) = asn1::open_envelope(der)?;
        let contents = profile::decode_root(tbs)?;
        verify(crypto, &contents.key, tbs, &signature)?;
        let issuer = contents.issuer_name()?;
        Ok(Root { der: der.to_vec(), hash: Hash::of(der), contents, issuer })
    }

    /// Makes a root for `pair`: self-signed, path length 0.
    pub fn issue(
        request: RootRequest,
        pair: &KeyPair,
        serial: Serial,
        validity: Validity,
        crypto: &dyn Crypto,
    ) -> Result<Self, Error> {
        let RootRequest { name, organisation } = request;
        let contents = RootContents { name, organisation, key: pair.public.clone(), serial, validity };
        let tbs = profile::encode_root(&contents)?;
        let der = signed(crypto, &pair.secret, &pair.public, &tbs)?;
        Ok(Root::read(&der, crypto)?)
    }

    /// The certificate.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the DER.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The authority's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.contents.name
    }

    /// The key that signs certificates and lists.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.contents.key
    }

    /// From when to when it may be relied on.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.contents.validity
    }

    pub(super) fn issuer(&self) -> &IssuerName {
        &self.issuer
    }
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Root({:?}, {:?})", self.contents.name, self.hash)
    }
}

/// Whom a new root names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootRequest {
    /// The authority's display name.
    pub name: String,
    /// Its organisation identifier, if it has one.
    pub organisation: Option<String>,
}

/// The authority at work: its root, the root's key, and where it publishes revocation lists.
#[derive(Clone, Debug)]
pub struct Issuer<'a> {
    /// The root certificate.
    pub root: &'a Root,
    /// The root's private key.
    pub key: &'a SecretKey,
    /// Address of the revocation list, written into every leaf; informational.
    pub status_uri: Option<String>,
}

impl Issuer<'_> {
    /// Issues a leaf and returns its DER. The validity must lie inside the root's.
    pub fn issue(
        &self,
        claims: Claims,
        serial: Serial,
        validity: Validity,
        crypto: &dyn Crypto,
    ) -> Result<Vec<u8>, Error> {
        let outer = self.root.validity();
        if validity.not_before < outer.not_before || validity.not_after > outer.not_after {
            return Err(Misuse::new(Code::StateWrong, "validity outside the root's").into());
        }
        if claims.key == *self.root.key() {
            return Err(Violation::new(Code::FieldWrong, "key").into());
        }
        let leaf = LeafContents { claims, serial, validity, status_uri: self.status_uri.clone() };
        let tbs = profile::encode_leaf(&leaf, self.root.issuer())?;
        let der = signed(crypto, self.key, self.root.key(), &tbs)?;
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "certificate").into());
        }
        Ok(der)
    }

    /// Issues a revocation list and returns its DER.
    pub fn issue_list(&self, list: &StatusList, crypto: &dyn Crypto) -> Result<Vec<u8>, Error> {
        let tbs = status::encode_list(list, self.root.issuer())?;
        signed(crypto, self.key, self.root.key(), &tbs)
    }
}

/// Signs and checks the signature with the public key it will be checked with, so that a wrong key
/// is found here and not by everybody else.
fn signed(crypto: &dyn Crypto, key: &SecretKey, public: &PublicKey, tbs: &[u8]) -> Result<Vec<u8>, Error> {
    let signature = crypto.sign(key, tbs)?.to_low_s();
    if crypto.verify(public, tbs, &signature).is_err() {
        return Err(Misuse::new(Code::KeyMissing, "the private key is not the root's").into());
    }
    Ok(asn1::envelope(tbs, &signature)?)
}

/// Verifies; every failure means that this root did not sign it.
pub(super) fn verify(crypto: &dyn Crypto, key: &PublicKey, tbs: &[u8], signature: &Signature) -> Result<(), Violation> {
    crypto.verify(key, tbs, signature).map_err(|error| Violation::new(Code::CertificatePath, error.code().name()))
}
