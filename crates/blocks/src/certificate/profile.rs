//! The profile as a pair of inverse functions: claims to the exact to-be-signed bytes and back.
//!
//! Reading ends with writing: the claims that were read are encoded again and must give the same
//! bytes. So a certificate has exactly one spelling, and whatever the profile does not know - another
//! extension, critical or not, another key usage, a second SKI, a negative serial, an explicit default
//! - is refused without a rule of its own.

use const_oid::ObjectIdentifier;
use der::asn1::{Ia5String, OctetString};
use der::flagset::FlagSet;
use semper_base::{Amount, Code, Hash, Violation};
use semper_support::crypto::PublicKey;
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::PolicyInformation;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages};
use x509_cert::name::RdnSequence;

use super::asn1::{self, Period, QcStatement, Tbs, TermsValue, WarrantyData, decode, encode, malformed};
use super::claims::{Claims, Kind, LiabilityTerms, Serial, Validity};
use super::oid::{self, ce};
use super::{money, text};

/// X.509 version 3.
const V3: u8 = 2;

/// Everything in a root certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RootContents {
    pub(super) name: String,
    pub(super) organisation: Option<String>,
    pub(super) key: PublicKey,
    pub(super) serial: Serial,
    pub(super) validity: Validity,
}

/// Everything in a leaf certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeafContents {
    pub(super) claims: Claims,
    pub(super) serial: Serial,
    pub(super) validity: Validity,
    /// Where the issuer publishes its revocation list; informational.
    pub(super) status_uri: Option<String>,
}

/// Who signs: its name as the leaf repeats it, and its key's identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IssuerName {
    pub(super) name: RdnSequence,
    pub(super) key_id: OctetString,
}

impl RootContents {
    /// How leaves and lists name this root.
    pub(super) fn issuer_name(&self) -> Result<IssuerName, Violation> {
        let name = asn1::subject(&self.name, self.organisation.as_deref())?;
        Ok(IssuerName { name, key_id: key_id(&self.key)? })
    }
}

/// Key identifier by RFC 7093 method 1: the first 160 bits of SHA-256 of the point.
fn key_id(key: &PublicKey) -> Result<OctetString, Violation> {
    let hash = Hash::of(key.point());
    OctetString::new(hash.0.first_chunk::<20>().map_or(&[][..], |head| head)).map_err(|_| malformed("key id"))
}

fn extension(id: ObjectIdentifier, critical: bool, value: &impl der::Encode) -> Result<Extension, Violation> {
    let value = OctetString::new(encode(value)?).map_err(|_| malformed("extension"))?;
    Ok(Extension { extn_id: id, critical, extn_value: value })
}

/// `AuthorityKeyIdentifier` with the key identifier alone; revocation lists carry the same.
pub(super) fn authority_key_id(issuer: &IssuerName) -> Result<Extension, Violation> {
    let value = AuthorityKeyIdentifier { key_identifier: Some(issuer.key_id.clone()), ..Default::default() };
    extension(ce::AUTHORITY_KEY_ID, false, &value)
}

/// A non-critical extension; revocation lists build theirs with it too.
pub(super) fn plain_extension(id: ObjectIdentifier, value: &impl der::Encode) -> Result<Extension, Violation> {
    extension(id, false, value)
}

fn usage(kind: Kind) -> KeyUsage {
    let flags: FlagSet<KeyUsages> = match kind {
        Kind::Statement => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
        Kind::Seal => KeyUsages::KeyAgreement.into(),
        Kind::Stamp | Kind::Tls => KeyUsages::DigitalSignature.into(),
    };
    KeyUsage(flags)
}

fn tbs(
    serial: Serial,
    issuer: &RdnSequence,
    subject: RdnSequence,
    validity: Validity,
    key: &PublicKey,
    extensions: Vec<Extension>,
) -> Result<Vec<u8>, Violation> {
    let period = Period { not_before: asn1::time(validity.not_before)?, not_after: asn1::time(validity.not_after)? };
    encode(&Tbs {
        version: V3,
        serial: asn1::uint(serial.bytes())?,
        signature: asn1::algorithm(),
        issuer: issuer.clone(),
        validity: period,
        subject,
        key: decode::<SubjectPublicKeyInfoOwned>(key.spki(), "key")?,
        extensions,
    })
}

/// The to-be-signed bytes of a root: self-issued, `cA` with path length 0, keyCertSign and cRLSign.
pub(super) fn encode_root(root: &RootContents) -> Result<Vec<u8>, Violation> {
    text::check_name(&root.name)?;
    root.organisation.as_deref().map_or(Ok(()), text::check_organisation)?;
    let issuer = root.issuer_name()?;
    let signs = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
    let extensions = vec![
        extension(ce::SUBJECT_KEY_ID, false, &issuer.key_id)?,
        extension(ce::KEY_USAGE, true, &signs)?,
        extension(ce::BASIC_CONSTRAINTS, true, &BasicConstraints { ca: true, path_len_constraint: Some(0) })?,
    ];
    tbs(root.serial, &issuer.name, issuer.name.clone(), root.validity, &root.key, extensions)
}

/// Reads a root's to-be-signed bytes.
pub(super) fn decode_root(bytes: &[u8]) -> Result<RootContents, Violation> {
    let tbs: Tbs = decode(bytes, "certificate")?;
    let root = RootContents {
        name: common_name(&tbs)?,
        organisation: asn1::attribute(&tbs.subject, &oid::ORGANISATION_ID)?,
        key: key(&tbs)?,
        serial: serial(&tbs)?,
        validity: validity(&tbs)?,
    };
    same(&tbs, &encode_root(&root)?, bytes)?;
    Ok(root)
}

/// The to-be-signed bytes of a leaf.
pub(super) fn encode_leaf(leaf: &LeafContents, issuer: &IssuerName) -> Result<Vec<u8>, Violation> {
    let claims = &leaf.claims;
    claims.check()?;
    let mut extensions = vec![
        authority_key_id(issuer)?,
        extension(ce::SUBJECT_KEY_ID, false, &key_id(&claims.key)?)?,
        extension(ce::KEY_USAGE, true, &usage(claims.kind))?,
        policies(claims)?,
    ];
    if claims.kind == Kind::Tls {
        extensions.push(hosts(claims)?);
        extensions.push(extension(ce::EXTENDED_KEY_USAGE, false, &vec![oid::SERVER_AUTH])?);
    }
    if claims.kind == Kind::Stamp {
        extensions.push(extension(ce::EXTENDED_KEY_USAGE, true, &vec![oid::TIME_STAMPING])?);
    }
    if let Some(uri) = &leaf.status_uri {
        text::check_uri(uri, "status_uri")?;
        extensions.push(status_point(uri)?);
    }
    extensions.extend(backing(claims)?);
    let subject = asn1::subject(&claims.name, claims.organisation.as_deref())?;
    tbs(leaf.serial, &issuer.name, subject, leaf.validity, &claims.key, extensions)
}

fn policies(claims: &Claims) -> Result<Extension, Violation> {
    let policy_identifier =
        oid::policy(claims.kind, claims.role).ok_or_else(|| Violation::new(Code::FieldWrong, "role"))?;
    let policy = PolicyInformation { policy_identifier, policy_qualifiers: None };
    extension(ce::POLICIES, false, &vec![policy])
}

fn ia5(text: &str) -> Result<Ia5String, Violation> {
    Ia5String::new(text).map_err(|_| malformed("text"))
}

fn hosts(claims: &Claims) -> Result<Extension, Violation> {
    let names: Result<Vec<_>, _> = claims.dns.iter().map(|name| ia5(name).map(GeneralName::DnsName)).collect();
    extension(ce::SUBJECT_ALT_NAME, false, &names?)
}

fn status_point(uri: &str) -> Result<Extension, Violation> {
    let name = DistributionPointName::FullName(vec![GeneralName::UniformResourceIdentifier(ia5(uri)?)]);
    let point = DistributionPoint { distribution_point: Some(name), reasons: None, crl_issuer: None };
    extension(ce::CRL_POINTS, false, &vec![point])
}

/// Limit, warranty and liability terms.
fn backing(claims: &Claims) -> Result<Vec<Extension>, Violation> {
    let mut extensions = Vec::new();
    if let Some(limit) = claims.limit {
        let statement = QcStatement { id: oid::QC_LIMIT_VALUE, info: money::to_limit(limit)? };
        extensions.push(extension(oid::QC_STATEMENTS, false, &vec![statement])?);
    }
    if let Some(warranty) = claims.warranty {
        extensions.push(extension(oid::WARRANTY, false, &money::to_warranty(warranty)?)?);
    }
    if let Some(terms) = &claims.liability_terms {
        let hash = OctetString::new(terms.hash.0.as_slice()).map_err(|_| malformed("terms"))?;
        extensions.push(extension(oid::liability_terms(), false, &TermsValue { hash, uri: ia5(&terms.uri)? })?);
    }
    Ok(extensions)
}

/// Reads a leaf's to-be-signed bytes, which must be an issue of `issuer`.
pub(super) fn decode_leaf(bytes: &[u8], issuer: &IssuerName) -> Result<LeafContents, Violation> {
    let tbs: Tbs = decode(bytes, "certificate")?;
    if tbs.issuer != issuer.name || !tbs.extensions.contains(&authority_key_id(issuer)?) {
        return Err(Violation::new(Code::CertificatePath, "issuer"));
    }
    let (kind, role) = kind_and_role(&tbs)?;
    let claims = Claims {
        kind,
        role,
        name: common_name(&tbs)?,
        organisation: asn1::attribute(&tbs.subject, &oid::ORGANISATION_ID)?,
        dns: host_names(&tbs)?,
        key: key(&tbs)?,
        limit: limit(&tbs)?,
        warranty: value::<WarrantyData>(&tbs, &oid::WARRANTY)?.as_ref().map(money::from_warranty).transpose()?,
        liability_terms: terms(&tbs)?,
    };
    let status_uri = status_uri(&tbs)?;
    let leaf = LeafContents { claims, serial: serial(&tbs)?, validity: validity(&tbs)?, status_uri };
    let again = encode_leaf(&leaf, issuer).map_err(|error| Violation::new(Code::CertificateProfile, error.detail()))?;
    same(&tbs, &again, bytes)?;
    Ok(leaf)
}

/// Role and key that a leaf's to-be-signed bytes speak of, whoever wrote them.
pub(super) fn claimed(bytes: &[u8]) -> Result<(semper_base::Role, PublicKey), Violation> {
    let tbs: Tbs = decode(bytes, "certificate")?;
    Ok((kind_and_role(&tbs)?.1, key(&tbs)?))
}

/// Demands that what was read, written again, is what was read; names the first extension that differs.
fn same(read: &Tbs, again: &[u8], bytes: &[u8]) -> Result<(), Violation> {
    if again == bytes {
        return Ok(());
    }
    let written: Tbs = decode(again, "certificate")?;
    let differs = read.extensions.iter().find(|extension| !written.extensions.contains(extension));
    let detail = differs.map_or_else(|| "form".to_owned(), |extension| extension.extn_id.to_string());
    Err(Violation::new(Code::CertificateProfile, detail))
}

fn value<'a, T: der::Decode<'a>>(tbs: &'a Tbs, id: &ObjectIdentifier) -> Result<Option<T>, Violation> {
    let found = tbs.extensions.iter().find(|extension| extension.extn_id == *id);
    found.map(|extension| decode(extension.extn_value.as_bytes(), "extension")).transpose()
}

fn kind_and_role(tbs: &Tbs) -> Result<(Kind, semper_base::Role), Violation> {
    let policies: Vec<PolicyInformation> = value(tbs, &ce::POLICIES)?.unwrap_or_default();
    let policy = policies.first().map(|policy| policy.policy_identifier);
    let found = policy.as_ref().and_then(oid::kind_and_role);
    let shown = || policy.map_or_else(|| "no policy".to_owned(), |oid| oid.to_string());
    found.ok_or_else(|| Violation::new(Code::CertificateKind, shown()))
}

fn host_names(tbs: &Tbs) -> Result<Vec<String>, Violation> {
    let names: Vec<GeneralName> = value(tbs, &ce::SUBJECT_ALT_NAME)?.unwrap_or_default();
    let host = |name: &GeneralName| match name {
        GeneralName::DnsName(host) => Ok(host.as_str().to_owned()),
        _ => Err(Violation::new(Code::CertificateProfile, "dns")),
    };
    names.iter().map(host).collect()
}

fn status_uri(tbs: &Tbs) -> Result<Option<String>, Violation> {
    let points: Vec<DistributionPoint> = value(tbs, &ce::CRL_POINTS)?.unwrap_or_default();
    let uri = |point: &DistributionPoint| match &point.distribution_point {
        Some(DistributionPointName::FullName(names)) => names.iter().find_map(|name| match name {
            GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_str().to_owned()),
            _ => None,
        }),
        _ => None,
    };
    Ok(points.first().and_then(uri))
}

fn limit(tbs: &Tbs) -> Result<Option<Amount>, Violation> {
    let statements: Option<Vec<QcStatement>> = value(tbs, &oid::QC_STATEMENTS)?;
    statements.as_ref().and_then(|list| list.first()).map(|statement| money::from_limit(&statement.info)).transpose()
}

fn terms(tbs: &Tbs) -> Result<Option<LiabilityTerms>, Violation> {
    let Some(terms) = value::<TermsValue>(tbs, &oid::liability_terms())? else { return Ok(None) };
    let hash = Hash(terms.hash.as_bytes().try_into().map_err(|_| malformed("terms"))?);
    Ok(Some(LiabilityTerms { hash, uri: terms.uri.as_str().to_owned() }))
}

fn common_name(tbs: &Tbs) -> Result<String, Violation> {
    asn1::attribute(&tbs.subject, &oid::COMMON_NAME)?.ok_or_else(|| malformed("name"))
}

fn key(tbs: &Tbs) -> Result<PublicKey, Violation> {
    PublicKey::from_spki(&encode(&tbs.key)?).map_err(|_| Violation::new(Code::CertificateProfile, "key"))
}

fn serial(tbs: &Tbs) -> Result<Serial, Violation> {
    let wrong = || Violation::new(Code::CertificateProfile, "serial");
    Serial::from_integer(tbs.serial.as_bytes()).ok_or_else(wrong)
}

fn validity(tbs: &Tbs) -> Result<Validity, Violation> {
    let period = &tbs.validity;
    Validity::new(asn1::timestamp(period.not_before), asn1::timestamp(period.not_after))
        .map_err(|_| Violation::new(Code::CertificateProfile, "validity"))
}
