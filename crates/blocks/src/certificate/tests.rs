//! Certificates that the right root signed and that the profile must refuse all the same, and a
//! second opinion on revocation lists.

use std::collections::BTreeMap;

use certval::{
    CertificationPath, CertificationPathResults, CertificationPathSettings, MemoryCrlSource, PDVCertificate,
    PDVTrustAnchorChoice, PathValidationStatus, PkiEnvironment, TimeOfInterest, check_revocation_local,
};
use const_oid::ObjectIdentifier;
use der::Decode as _;
use der::asn1::OctetString;
use semper_base::{Code, Currency, Millis, Role, Timestamp, Violation};
use semper_support::crypto::seeded::Seeded;
use semper_support::crypto::{Crypto as _, KeyPair, Signature};
use x509_cert::ext::Extension;

use super::asn1::{self, Tbs};
use super::oid::ce;
use super::*;

struct World {
    crypto: Seeded,
    pair: KeyPair,
    root: Root,
    trust: Trust,
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn year() -> Validity {
    Validity::new(now(), now().plus(Millis::days(365))).unwrap()
}

impl World {
    fn new() -> Self {
        let crypto = Seeded::new([7; 32]);
        let pair = crypto.generate().unwrap();
        let request = RootRequest { name: "Root".to_owned(), organisation: None };
        let root = Root::issue(request, &pair, Serial::draw(&crypto), year(), &crypto).unwrap();
        let world = World { trust: Trust::new(root.clone()), crypto, pair, root };
        let list = world.list(&[]);
        World { trust: world.trust.with_status(&list, &world.crypto).unwrap(), ..world }
    }

    fn issuer(&self) -> Issuer<'_> {
        Issuer { root: &self.root, key: &self.pair.secret, status_uri: Some("http://a.example/l".to_owned()) }
    }

    fn list(&self, revoked: &[Serial]) -> Vec<u8> {
        let entry = Revoked { at: now(), reason: Reason::KeyCompromise };
        let revoked: BTreeMap<_, _> = revoked.iter().map(|serial| (*serial, entry)).collect();
        let list = StatusList { number: 1, this_update: now(), next_update: now().plus(Millis::days(1)), revoked };
        self.issuer().issue_list(&list, &self.crypto).unwrap()
    }

    fn claims(&self) -> Claims {
        Claims {
            kind: Kind::Statement,
            role: Role::Bank,
            name: "Bank".to_owned(),
            organisation: None,
            dns: Vec::new(),
            key: self.crypto.generate().unwrap().public,
            limit: Some(semper_base::Amount::new(500_000, Currency::EUR).unwrap()),
            warranty: None,
            liability_terms: None,
        }
    }

    fn leaf(&self, serial: Serial) -> Vec<u8> {
        self.issuer().issue(self.claims(), serial, year(), &self.crypto).unwrap()
    }

    /// A good leaf, changed, and signed again by the root.
    fn forge(&self, change: impl FnOnce(&mut Tbs)) -> Result<Valid, Violation> {
        let leaf = self.leaf(Serial::new([5; 16]));
        let (bytes, _) = asn1::open_envelope(&leaf).unwrap();
        let mut tbs = Tbs::from_der(bytes).unwrap();
        change(&mut tbs);
        self.sign(&asn1::encode(&tbs).unwrap())
    }

    fn sign(&self, tbs: &[u8]) -> Result<Valid, Violation> {
        let signature = self.crypto.sign(&self.pair.secret, tbs).unwrap();
        self.trust.validate(&asn1::envelope(tbs, &signature).unwrap(), now(), &self.crypto)
    }
}

fn extension(id: &str, critical: bool, value: &[u8]) -> Extension {
    let extn_value = OctetString::new(value).unwrap();
    Extension { extn_id: ObjectIdentifier::new_unwrap(id), critical, extn_value }
}

fn find(tbs: &mut Tbs, id: ObjectIdentifier) -> &mut Extension {
    tbs.extensions.iter_mut().find(|extension| extension.extn_id == id).unwrap()
}

#[test]
fn what_the_root_signed_must_still_fit_the_profile() {
    let world = World::new();
    assert!(world.forge(|_| ()).is_ok());
    let code = |change: fn(&mut Tbs)| world.forge(change).unwrap_err().code();
    let profile: [fn(&mut Tbs); 14] = [
        |tbs| tbs.extensions.push(extension("1.2.3", true, &[5, 0])),
        |tbs| tbs.extensions.push(extension("1.2.3", false, &[5, 0])),
        |tbs| tbs.extensions.push(extension("2.5.29.19", true, &[0x30, 0])),
        |tbs| tbs.extensions.push(tbs.extensions[1].clone()),
        |tbs| tbs.extensions.swap(1, 2),
        |tbs| find(tbs, ce::KEY_USAGE).critical = false,
        |tbs| find(tbs, ce::KEY_USAGE).extn_value = OctetString::new(*b"\x03\x02\x02\x04").unwrap(),
        |tbs| find(tbs, ce::SUBJECT_KEY_ID).extn_value = OctetString::new(*b"\x04\x01\x01").unwrap(),
        |tbs| find(tbs, ce::POLICIES).critical = true,
        |tbs| tbs.serial = asn1::uint(&[1]).unwrap(),
        |tbs| tbs.serial = asn1::uint(&[0x80; 16]).unwrap(),
        |tbs| tbs.version = 1,
        |tbs| std::mem::swap(&mut tbs.validity.not_before, &mut tbs.validity.not_after),
        |tbs| tbs.subject = asn1::subject("a\u{202e}b", None).unwrap(),
    ];
    for (place, change) in profile.into_iter().enumerate() {
        assert_eq!(code(change), Code::CertificateProfile, "{place}");
    }
}

#[test]
fn the_policy_decides_the_kind_and_only_one_counts() {
    let world = World::new();
    let code = |change: fn(&mut Tbs)| world.forge(change).unwrap_err().code();
    assert_eq!(code(|tbs| tbs.extensions.retain(|e| e.extn_id != ce::POLICIES)), Code::CertificateKind);
    let any_policy = b"\x30\x08\x30\x06\x06\x04\x55\x1d\x20\x00";
    let value = move |tbs: &mut Tbs| find(tbs, ce::POLICIES).extn_value = OctetString::new(*any_policy).unwrap();
    assert_eq!(world.forge(value).unwrap_err().code(), Code::CertificateKind);
    // Our policy and anyPolicy beside it.
    let both = |tbs: &mut Tbs| {
        let own = find(tbs, ce::POLICIES).extn_value.as_bytes()[2..].to_vec();
        let both = [&own[..], &any_policy[2..]].concat();
        let both = [&[0x30, u8::try_from(both.len()).unwrap()], &both[..]].concat();
        find(tbs, ce::POLICIES).extn_value = OctetString::new(both).unwrap();
    };
    assert_eq!(world.forge(both).unwrap_err().code(), Code::CertificateProfile);
}

#[test]
fn other_issuers_names_and_keys_are_another_path() {
    let world = World::new();
    let code = |change: fn(&mut Tbs)| world.forge(change).unwrap_err().code();
    assert_eq!(code(|tbs| tbs.issuer = asn1::subject("Boot", None).unwrap()), Code::CertificatePath);
    assert_eq!(code(|tbs| tbs.extensions.retain(|e| e.extn_id != ce::AUTHORITY_KEY_ID)), Code::CertificatePath);
    let other = |tbs: &mut Tbs| {
        let curve = ObjectIdentifier::new_unwrap("1.3.132.0.34");
        tbs.key.algorithm.parameters = Some(der::Any::from(curve));
    };
    assert_eq!(world.forge(other).unwrap_err().code(), Code::CertificateProfile);
}

/// The envelope has one spelling: the high-S twin and a re-encoded length are refused.
#[test]
fn one_certificate_one_spelling() {
    let world = World::new();
    let leaf = world.leaf(Serial::new([5; 16]));
    let (tbs, signature) = asn1::open_envelope(&leaf).unwrap();
    let high = Signature(semper_support::crypto::seal::negate_s(signature.0));
    let twin = asn1::envelope(tbs, &high).unwrap();
    assert_eq!(world.trust.validate(&twin, now(), &world.crypto).unwrap_err().detail(), "SignatureMalleable");
    let long = [&[0x30, 0x83, 0], &leaf[2..]].concat();
    assert_eq!(world.trust.validate(&long, now(), &world.crypto).unwrap_err().code(), Code::CertificateMalformed);
    let mut huge = leaf.clone();
    huge.resize(semper_base::limits::CERTIFICATE_BYTES_MAX + 1, 0);
    assert_eq!(world.trust.validate(&huge, now(), &world.crypto).unwrap_err().code(), Code::TooLarge);
}

/// Years from 2050 on are written as `GeneralizedTime` (RFC 5280 section 4.1.2.5).
#[test]
fn the_year_2050_is_no_edge() {
    let world = World::new();
    let moment = |text| Timestamp::parse(text).unwrap();
    let validity = Validity::new(moment("2049-12-31T23:59:59.000Z"), moment("2050-01-01T00:00:00.000Z")).unwrap();
    let (serial, status_uri) = (Serial::new([1; 16]), None);
    let leaf = profile::LeafContents { claims: world.claims(), serial, validity, status_uri };
    let bytes = profile::encode_leaf(&leaf, world.root.issuer()).unwrap();
    assert_eq!(profile::decode_leaf(&bytes, world.root.issuer()).unwrap(), leaf);
    let written = String::from_utf8_lossy(&bytes).into_owned();
    assert!(written.contains("491231235959Z") && written.contains("20500101000000Z"));
}

/// certval's own list processing must agree with ours on who is revoked.
#[test]
fn certval_agrees_about_revocation() {
    let world = World::new();
    let (good, bad) = (Serial::new([1; 16]), Serial::new([2; 16]));
    let list = world.list(&[bad, Serial::new([3; 16])]);
    let trust = Trust::new(world.root.clone()).with_status(&list, &world.crypto).unwrap();
    for (serial, revoked) in [(good, false), (bad, true)] {
        let leaf = world.leaf(serial);
        let ours = trust.validate(&leaf, now(), &world.crypto);
        assert_eq!(ours.is_err(), revoked);
        let theirs = certval_revocation(world.root.der(), &leaf, &list);
        let expected = certval::Error::PathValidation(PathValidationStatus::CertificateRevokedEndEntity);
        assert_eq!(theirs, if revoked { Err(expected) } else { Ok(()) });
    }
}

fn certval_revocation(root: &[u8], leaf: &[u8], list: &[u8]) -> certval::Result<()> {
    let anchor = PDVTrustAnchorChoice::try_from(root).unwrap();
    let path = CertificationPath::new(anchor, Vec::new(), PDVCertificate::try_from(leaf).unwrap());
    let source = MemoryCrlSource::new();
    assert!(source.add(list));
    let mut environment = PkiEnvironment::new();
    environment.populate_5280_pki_environment();
    environment.add_crl_source(Box::new(source));
    let mut settings = CertificationPathSettings::new();
    settings.set_time_of_interest(TimeOfInterest::from_unix_secs(now().seconds() + 1)?);
    check_revocation_local(&environment, &settings, &path, &mut CertificationPathResults::new())
}
