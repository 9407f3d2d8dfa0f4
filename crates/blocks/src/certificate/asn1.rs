//! The DER structures of the profile, and the signed envelope around them.
//!
//! The to-be-signed parts have structures of their own, because the profile allows less than RFC
//! 5280 does and because the signature is made outside by the crypto manager.

use const_oid::ObjectIdentifier;
use der::asn1::{BitString, Ia5String, OctetString, PrintableString, SetOfVec, Uint, UintRef, Utf8StringRef};
use der::{Any, Decode, Encode, Reader, Sequence, SliceReader};
use semper_base::{Code, Timestamp, Violation};
use semper_support::crypto::Signature;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};
use x509_cert::time::Time;

use super::oid;

/// `Validity`
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct Period {
    pub(super) not_before: Time,
    pub(super) not_after: Time,
}

/// `TBSCertificate` (RFC 5280 section 4.1) without the members that the profile never has.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct Tbs {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) version: u8,
    pub(super) serial: Uint,
    pub(super) signature: AlgorithmIdentifierOwned,
    pub(super) issuer: RdnSequence,
    pub(super) validity: Period,
    pub(super) subject: RdnSequence,
    pub(super) key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    pub(super) extensions: Vec<Extension>,
}

/// `TBSCertList` (RFC 5280 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct TbsList {
    pub(super) version: u8,
    pub(super) signature: AlgorithmIdentifierOwned,
    pub(super) issuer: RdnSequence,
    pub(super) this_update: Time,
    pub(super) next_update: Time,
    #[asn1(optional = "true")]
    pub(super) revoked: Option<Vec<Entry>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) extensions: Vec<Extension>,
}

/// One revoked certificate.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct Entry {
    pub(super) serial: Uint,
    pub(super) at: Time,
    #[asn1(optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

/// One member of `QCStatements`.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct QcStatement {
    pub(super) id: ObjectIdentifier,
    pub(super) info: QcLimit,
}

/// `MonetaryValue` of ETSI EN 319 412-5: the value is `amount * 10^exponent`.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct QcLimit {
    pub(super) currency: PrintableString,
    pub(super) amount: i64,
    pub(super) exponent: i8,
}

/// `WarrantyData` of RFC 4059 with a base warranty only.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct WarrantyData {
    pub(super) base: WarrantyInfo,
}

/// `WarrantyInfo`: valid as long as the certificate (NULL), an amount, per transaction (1).
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct WarrantyInfo {
    pub(super) validity: der::asn1::Null,
    pub(super) amount: WarrantyAmount,
    pub(super) w_type: u8,
}

/// `CurrencyAmount`: here the value is `amount / 10^amtExp10`, the other way round than ETSI's.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct WarrantyAmount {
    pub(super) currency: u16,
    pub(super) amount: i64,
    pub(super) amt_exp10: u8,
}

/// The private extension `liabilityTerms`.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct TermsValue {
    pub(super) hash: OctetString,
    pub(super) uri: Ia5String,
}

/// What every failure to read becomes.
pub(crate) fn malformed(what: &'static str) -> Violation {
    Violation::new(Code::CertificateMalformed, what)
}

/// Reads one value and demands that nothing follows.
pub(crate) fn decode<'a, T: Decode<'a>>(bytes: &'a [u8], what: &'static str) -> Result<T, Violation> {
    T::from_der(bytes).map_err(|_| malformed(what))
}

/// Writes one value; fails only beyond the sizes that DER lengths of this library can hold.
pub(crate) fn encode(value: &impl Encode) -> Result<Vec<u8>, Violation> {
    value.to_der().map_err(|_| Violation::new(Code::FieldWrong, "der"))
}

/// The one signature algorithm (RFC 5758: no parameters).
pub(crate) fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: oid::ECDSA_SHA256, parameters: None }
}

/// A moment as X.509 writes it: `UTCTime` until 2049, `GeneralizedTime` from 2050 (RFC 5280 4.1.2.5).
pub(super) fn time(at: Timestamp) -> Result<Time, Violation> {
    let date = der::DateTime::from_unix_duration(std::time::Duration::from_secs(at.seconds()));
    date.map(Time::from).map_err(|_| Violation::new(Code::FieldWrong, "time"))
}

/// The inverse of [`time`].
pub(super) fn timestamp(time: Time) -> Timestamp {
    Timestamp::from_millis(time.to_unix_duration().as_secs().saturating_mul(1000))
}

/// A serial or list number.
pub(super) fn uint(bytes: &[u8]) -> Result<Uint, Violation> {
    Uint::new(bytes).map_err(|_| malformed("integer"))
}

/// The subject of a certificate: `commonName`, then `organizationIdentifier`, both `UTF8String`.
pub(super) fn subject(name: &str, organisation: Option<&str>) -> Result<RdnSequence, Violation> {
    let parts = [Some((oid::COMMON_NAME, name)), organisation.map(|id| (oid::ORGANISATION_ID, id))];
    let parts = parts.into_iter().flatten().map(|(oid, text)| {
        let value = Utf8StringRef::new(text).map(Any::from)?;
        let set = SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?;
        Ok(RelativeDistinguishedName::from(set))
    });
    let parts: Result<Vec<_>, der::Error> = parts.collect();
    parts.map(RdnSequence::from).map_err(|_| Violation::new(Code::FieldWrong, "name"))
}

/// The text of the one attribute `oid`, if the name has exactly one.
pub(super) fn attribute(name: &RdnSequence, oid: &ObjectIdentifier) -> Result<Option<String>, Violation> {
    let mut found = name.iter().flat_map(RelativeDistinguishedName::iter).filter(|part| part.oid == *oid);
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some(part), None) => {
            let text = part.value.decode_as::<Utf8StringRef<'_>>().map_err(|_| malformed("name"))?;
            Ok(Some(text.as_str().to_owned()))
        }
        _ => Err(malformed("name")),
    }
}

/// `SEQUENCE { tbs, ecdsa-with-SHA256, BIT STRING signature }`: certificates and lists alike.
pub(super) fn envelope(tbs: &[u8], signature: &Signature) -> Result<Vec<u8>, Violation> {
    let bits = BitString::from_bytes(&signature.to_der()).map_err(|_| malformed("signature"))?;
    let content = [tbs, &encode(&algorithm())?, &encode(&bits)?].concat();
    let any = Any::new(der::Tag::Sequence, content).map_err(|_| malformed("signature"))?;
    encode(&any)
}

/// Takes the envelope apart into the signed bytes and the signature. There is exactly one accepted
/// spelling per pair: what was read is written again and compared.
pub(super) fn open_envelope(bytes: &[u8]) -> Result<(&[u8], Signature), Violation> {
    let wrong = |_| malformed("envelope");
    let mut reader = SliceReader::new(bytes).map_err(wrong)?;
    let header = der::Header::decode(&mut reader).map_err(wrong)?;
    header.tag().assert_eq(der::Tag::Sequence).map_err(wrong)?;
    let tbs = reader.tlv_bytes().map_err(wrong)?;
    reader.tlv_bytes().map_err(wrong)?;
    let bits = reader.tlv_bytes().map_err(wrong)?;
    let bits: BitString = decode(bits, "signature")?;
    let signature = read_signature(bits.raw_bytes())?;
    if envelope(tbs, &signature)? != bytes {
        return Err(malformed("envelope"));
    }
    Ok((tbs, signature))
}

/// (issuer, serial number, subject) of a certificate: how signed data names its signer. Says nothing about
/// whether it is good.
pub(crate) fn names(certificate: &[u8]) -> Result<(RdnSequence, Uint, RdnSequence), Violation> {
    let (tbs, _) = open_envelope(certificate)?;
    let tbs: Tbs = decode(tbs, "certificate")?;
    Ok((tbs.issuer, tbs.serial, tbs.subject))
}

#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// Reads `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3).
pub(crate) fn read_signature(der: &[u8]) -> Result<Signature, Violation> {
    let value: EcdsaSigValue<'_> = decode(der, "signature")?;
    let mut signature = [0_u8; 64];
    let (r, s) = signature.split_at_mut(32);
    for (half, digits) in [(r, value.r.as_bytes()), (s, value.s.as_bytes())] {
        let from = 32_usize.checked_sub(digits.len()).ok_or_else(|| malformed("signature"))?;
        for (byte, digit) in half.iter_mut().skip(from).zip(digits) {
            *byte = *digit;
        }
    }
    Ok(Signature(signature))
}
