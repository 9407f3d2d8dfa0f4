//! A stamp: what it says, how it is written, what makes it good.

use der::asn1::{GeneralizedTime, Int, OctetString, SetOfVec};
use der::{Any, Decode, Encode};
use semper_base::limits::STAMP_BYTES_MAX;
use semper_base::{Code, Hash, Role, Timestamp, Violation};
use semper_support::crypto::{Crypto, Signature};
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::{Name, RdnSequence};

use super::asn1::{
    AccuracyValue, CONTENT_TYPE, CertificateId, ContentInfo, Encapsulated, InfoValue, MESSAGE_DIGEST, SIGNED_DATA,
    SIGNING_CERTIFICATE, SignedData, SignerId, SignerInfo, SigningCertificate, TST_INFO, sha256,
};
use super::request::{Imprint, Number, V1, malformed};
use crate::certificate::asn1::{self, encode};
use crate::certificate::{Kind, Trust, Valid, oid};

/// `SignedData` whose content is no plain data has version 3, its signer version 1 (RFC 5652 sections 5.1, 5.3).
const SIGNED_DATA_V3: u8 = 3;
const SIGNER_V1: u8 = 1;

/// What a stamp says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// What existed.
    pub imprint: Imprint,
    /// The stamp's number at its authority.
    pub serial: Number,
    /// When, whole seconds.
    pub at: Timestamp,
    /// How far the authority's clock may be from true time, in seconds.
    pub accuracy_seconds: u32,
    /// The client's number.
    pub nonce: Option<Number>,
}

/// Who stamped, as the certificate names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) issuer: RdnSequence,
    pub(super) serial: Int,
    pub(super) subject: RdnSequence,
}

impl Holder {
    /// Reads the names in a certificate; says nothing about whether it is good.
    pub(super) fn of(certificate: &[u8]) -> Result<Self, Violation> {
        let (issuer, serial, subject) = asn1::names(certificate)?;
        let serial = Number::new(serial.as_bytes()).ok_or_else(|| malformed("serial"))?;
        Ok(Holder { issuer, serial: serial.value()?, subject })
    }
}

/// Everything in a token, apart from how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) info: Info,
    pub(super) holder: Holder,
    /// SHA-256 of the stamping certificate.
    pub(super) certificate_hash: Hash,
    /// SHA-256 of the content, as the signed attributes have it.
    pub(super) digest: Hash,
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) signature: Signature,
}

/// A time-stamp token: read, not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    parts: Parts,
    der: Vec<u8>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({}, {})", self.parts.info.serial, self.parts.info.at)
    }
}

impl Token {
    pub(super) fn new(parts: Parts) -> Result<Self, Violation> {
        let der = write(&parts)?;
        if der.len() > STAMP_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "time stamp"));
        }
        Ok(Token { parts, der })
    }

    /// Reads the one spelling of a token.
    pub fn read(der: &[u8]) -> Result<Self, Violation> {
        if der.len() > STAMP_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "time stamp"));
        }
        let token = Token::new(read(der)?)?;
        if token.der == der { Ok(token) } else { Err(malformed("form")) }
    }

    /// The token as it is kept and sent: DER of `ContentInfo`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it says.
    #[must_use]
    pub fn info(&self) -> &Info {
        &self.parts.info
    }

    /// The stamping certificate, if the token carries it.
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.parts.certificate.as_deref()
    }

    /// SHA-256 of the stamping certificate, as the signature covers it.
    #[must_use]
    pub fn certificate_hash(&self) -> Hash {
        self.parts.certificate_hash
    }

    /// Whether this is `valid`'s stamp over `hash`. The caller has validated the certificate, at the moment
    /// for which it wants to know: while it had not ended, or at the time of a later stamp that covers this one.
    ///
    /// # Errors
    /// [`Code::StampWrong`] for another hash, another certificate, or a time out of the certificate's;
    /// [`Code::CertificateKind`] for a certificate that may not stamp; [`Code::SignatureWrong`].
    pub fn verify(&self, hash: &Hash, valid: &Valid, certificate: &[u8], crypto: &dyn Crypto) -> Result<(), Violation> {
        let wrong = |what: &str| Violation::new(Code::StampWrong, what);
        let parts = &self.parts;
        if parts.info.imprint.hash != *hash {
            return Err(wrong("imprint"));
        }
        valid.require(Kind::Stamp, &[Role::Notary])?;
        let same = Hash::of(certificate) == valid.certificate_hash && parts.certificate_hash == valid.certificate_hash;
        if !same || Holder::of(certificate)? != parts.holder {
            return Err(wrong("certificate"));
        }
        if !(valid.not_before..=valid.not_after).contains(&parts.info.at) {
            return Err(wrong("time"));
        }
        if Hash::of(&encode(&info_value(parts)?)?) != parts.digest {
            return Err(wrong("digest"));
        }
        crypto.verify(&valid.key, &signed_bytes(parts)?, &parts.signature)
    }

    /// The same for a token that carries its certificate, which is validated as of `at` by a snapshot of
    /// trust: whoever receives a stamp asks for now, whoever looks at an old one for when it was still good.
    pub fn verify_at(
        &self,
        hash: &Hash,
        trust: &Trust,
        at: Timestamp,
        crypto: &dyn Crypto,
    ) -> Result<Valid, Violation> {
        let certificate = self.certificate().ok_or_else(|| Violation::new(Code::StampWrong, "certificate"))?;
        let valid = trust.validate(certificate, at, crypto)?;
        self.verify(hash, &valid, certificate, crypto)?;
        Ok(valid)
    }
}

fn info_value(parts: &Parts) -> Result<InfoValue, Violation> {
    let info = &parts.info;
    let time = GeneralizedTime::from_unix_duration(std::time::Duration::from_secs(info.at.seconds()));
    let name = Name::from_der(&encode(&parts.holder.subject)?).map_err(|_| malformed("name"))?;
    Ok(InfoValue {
        version: V1,
        policy: oid::stamp_policy(),
        imprint: info.imprint.value()?,
        serial: info.serial.value()?,
        time: time.map_err(|_| malformed("time"))?,
        accuracy: AccuracyValue { seconds: info.accuracy_seconds },
        nonce: info.nonce.as_ref().map(Number::value).transpose()?,
        authority: GeneralName::DirectoryName(name),
    })
}

fn attributes(parts: &Parts) -> Result<SetOfVec<Attribute>, Violation> {
    let octets = |hash: &Hash| OctetString::new(hash.0.as_slice()).map_err(|_| malformed("hash"));
    let certificate =
        SigningCertificate { certificates: vec![CertificateId { hash: octets(&parts.certificate_hash)? }] };
    let list = [
        (CONTENT_TYPE, encode(&TST_INFO)?),
        (MESSAGE_DIGEST, encode(&octets(&parts.digest)?)?),
        (SIGNING_CERTIFICATE, encode(&certificate)?),
    ];
    let attribute = |(oid, value): (_, Vec<u8>)| {
        let values = SetOfVec::try_from(vec![Any::from_der(&value)?])?;
        Ok(Attribute { oid, values })
    };
    let list: Result<Vec<Attribute>, der::Error> = list.into_iter().map(attribute).collect();
    list.and_then(SetOfVec::try_from).map_err(|_| malformed("attributes"))
}

/// What the signature covers: the attributes as a SET (RFC 5652 section 5.4).
pub(super) fn signed_bytes(parts: &Parts) -> Result<Vec<u8>, Violation> {
    encode(&attributes(parts)?)
}

/// The hash that the attributes have to give of what the token says.
pub(super) fn digest(info: &Info, holder: &Holder) -> Result<Hash, Violation> {
    let blank = Hash([0; 32]);
    let (info, holder) = (info.clone(), holder.clone());
    let signature = Signature([0; 64]);
    let parts = Parts { info, holder, certificate_hash: blank, digest: blank, certificate: None, signature };
    Ok(Hash::of(&encode(&info_value(&parts)?)?))
}

fn write(parts: &Parts) -> Result<Vec<u8>, Violation> {
    let wrong = |_| malformed("token");
    let octets = |bytes: Vec<u8>| OctetString::new(bytes).map_err(wrong);
    let certificates = parts.certificate.as_deref().map(|der| SetOfVec::try_from(vec![Any::from_der(der)?]));
    let signer = SignerInfo {
        version: SIGNER_V1,
        signer: SignerId { issuer: parts.holder.issuer.clone(), serial: parts.holder.serial.clone() },
        digest: sha256(),
        attributes: attributes(parts)?,
        algorithm: asn1::algorithm(),
        signature: octets(parts.signature.to_der())?,
    };
    encode(&ContentInfo {
        kind: SIGNED_DATA,
        content: SignedData {
            version: SIGNED_DATA_V3,
            digests: SetOfVec::try_from(vec![sha256()]).map_err(wrong)?,
            content: Encapsulated { kind: TST_INFO, content: octets(encode(&info_value(parts)?)?)? },
            certificates: certificates.transpose().map_err(wrong)?,
            signers: SetOfVec::try_from(vec![signer]).map_err(wrong)?,
        },
    })
}

fn decode<'a, T: Decode<'a>>(bytes: &'a [u8], what: &'static str) -> Result<T, Violation> {
    T::from_der(bytes).map_err(|_| malformed(what))
}

/// Finds the parts. What is not looked at here, writing them again finds.
fn read(der: &[u8]) -> Result<Parts, Violation> {
    let wrong = |_| malformed("token");
    let ContentInfo { content, .. } = decode(der, "token")?;
    let signer = content.signers.iter().next().ok_or_else(|| malformed("signer"))?;
    let info: InfoValue = decode(content.content.content.as_bytes(), "content")?;
    let certificate = content.certificates.as_ref().and_then(|all| all.iter().next());
    let certificate = certificate.map(Encode::to_der).transpose().map_err(wrong)?;
    let value = |oid| {
        let found = signer.attributes.iter().find(|attribute| attribute.oid == oid);
        let found = found.and_then(|attribute| attribute.values.iter().next());
        found.ok_or_else(|| malformed("attribute")).and_then(|value| value.to_der().map_err(wrong))
    };
    let named: SigningCertificate = decode(&value(SIGNING_CERTIFICATE)?, "certificate")?;
    let named = named.certificates.first().ok_or_else(|| malformed("certificate"))?;
    let digest: OctetString = decode(&value(MESSAGE_DIGEST)?, "digest")?;
    let hash = |octets: &OctetString| octets.as_bytes().try_into().map(Hash).map_err(|_| malformed("hash"));
    let GeneralName::DirectoryName(subject) = &info.authority else { return Err(malformed("name")) };
    let subject = RdnSequence::from_der(&encode(subject)?).map_err(wrong)?;
    let number = |value: &Int| Number::read(value).ok_or_else(|| malformed("number"));
    Ok(Parts {
        info: Info {
            imprint: Imprint::read(&info.imprint).map_err(|_| malformed("imprint"))?,
            serial: number(&info.serial)?,
            at: Timestamp::from_millis(info.time.to_unix_duration().as_secs().saturating_mul(1000)),
            accuracy_seconds: info.accuracy.seconds,
            nonce: info.nonce.as_ref().map(number).transpose()?,
        },
        holder: Holder { issuer: signer.signer.issuer.clone(), serial: signer.signer.serial.clone(), subject },
        certificate_hash: hash(&named.hash)?,
        digest: hash(&digest)?,
        certificate,
        signature: asn1::read_signature(signer.signature.as_bytes()).map_err(|_| malformed("signature"))?,
    })
}
