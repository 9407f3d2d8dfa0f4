//! Certificates as a party meets them: issued, validated, expired, revoked, tampered with.

use crate::certificate_support;

use certificate_support::{World, claims, days, eur, noon};
use proptest::prelude::*;
use semper_base::{Code, Hash, Millis, Role, Timestamp};
use semper_blocks::certificate::{
    Claims, Fingerprint, Issuer, Kind, Reason, Revoked, Root, RootRequest, Serial, Trust, Validity, pem,
};
use semper_support::crypto::Crypto as _;
use semper_support::crypto::ideal::Ideal;

const ROLES: [Role; 6] = [Role::Authority, Role::Bank, Role::Broker, Role::Buyer, Role::Notary, Role::Seller];

fn code(trust: &Trust, world: &World, leaf: &[u8], at: Timestamp) -> Code {
    trust.validate(leaf, at, &world.crypto).unwrap_err().code()
}

#[test]
fn every_kind_and_role_validates_to_what_was_claimed() {
    let world = World::new(1);
    let trust = world.trust(&[]);
    for kind in Kind::ALL {
        for role in ROLES {
            let claims = claims(kind, role, world.crypto.generate().unwrap().public);
            let serial = Serial::draw(&world.crypto);
            let leaf = world.issuer().issue(claims.clone(), serial, days(30), &world.crypto).unwrap();
            let valid = trust.validate(&leaf, noon(), &world.crypto).unwrap();
            assert_eq!((valid.kind, valid.role, valid.serial), (kind, role, serial));
            assert_eq!((&valid.name, &valid.organisation), (&claims.name, &claims.organisation));
            assert_eq!((&valid.key, &valid.dns), (&claims.key, &claims.dns));
            assert_eq!((valid.limit, valid.warranty), (claims.limit, claims.warranty));
            assert_eq!(valid.liability_terms, claims.liability_terms);
            assert_eq!(valid.certificate_hash, Hash::of(&leaf));
            assert_eq!((valid.not_before, valid.not_after), (noon(), noon().plus(Millis::days(30))));
            assert!(valid.require(kind, &[role]).is_ok());
            assert!(leaf.len() < 1024, "{}", leaf.len());
        }
    }
}

#[test]
fn a_certificate_without_extras_validates_too() {
    let world = World::new(2);
    let mut plain = claims(Kind::Statement, Role::Buyer, world.crypto.generate().unwrap().public);
    (plain.organisation, plain.limit, plain.warranty, plain.liability_terms) = (None, None, None, None);
    let issuer = Issuer { status_uri: None, ..world.issuer() };
    let leaf = issuer.issue(plain, Serial::new([0; 16]), days(1), &world.crypto).unwrap();
    let valid = world.trust(&[]).validate(&leaf, noon(), &world.crypto).unwrap();
    assert_eq!((valid.limit, valid.warranty), (None, None));
    assert!(valid.covers(eur("1")).is_ok());
}

#[test]
fn wrong_kind_role_and_amount_are_refused() {
    let world = World::new(3);
    let (leaf, _) = world.leaf(Kind::Statement, Role::Bank);
    let valid = world.trust(&[]).validate(&leaf, noon(), &world.crypto).unwrap();
    assert_eq!(valid.require(Kind::Seal, &[Role::Bank]).unwrap_err().code(), Code::CertificateKind);
    assert_eq!(valid.require(Kind::Statement, &[Role::Notary]).unwrap_err().code(), Code::CertificateKind);
    assert!(valid.covers(eur("5000")).is_ok());
    assert_eq!(valid.covers(eur("5000.01")).unwrap_err().code(), Code::LimitExceeded);
    let chf = semper_base::Currency::parse("CHF").unwrap();
    assert!(valid.covers(semper_base::Amount::new(1, chf).unwrap()).is_err());
    let words: Vec<_> = valid.describe().into_iter().map(|(word, _)| word).collect();
    let all = "name kind role organisation limit warranty terms valid-from valid-until issuer serial";
    assert_eq!(words.join(" "), all);
}

#[test]
fn validity_is_to_the_second_and_within_the_root() {
    let world = World::new(4);
    let mut trust = Trust::new(world.root.clone());
    let (leaf, _) = world.leaf(Kind::Statement, Role::Bank);
    assert_eq!(code(&trust, &world, &leaf, noon()), Code::StatusMissing);
    trust = trust.with_status(&world.list(1, &[]), &world.crypto).unwrap();
    assert!(trust.validate(&leaf, noon(), &world.crypto).is_ok());
    assert_eq!(code(&trust, &world, &leaf, noon().minus(Millis(1))), Code::CertificateExpired);
    assert_eq!(code(&trust, &world, &leaf, noon().plus(Millis::days(30)).plus(Millis(1000))), Code::CertificateExpired);
    assert_eq!(code(&trust, &world, &leaf, Timestamp::EPOCH), Code::CertificateExpired);
    // A leaf cannot outlive its root.
    let claims = claims(Kind::Statement, Role::Bank, world.crypto.generate().unwrap().public);
    let long = Validity::new(noon(), noon().plus(Millis::days(4000))).unwrap();
    assert!(world.issuer().issue(claims, Serial::new([1; 16]), long, &world.crypto).is_err());
    assert!(Validity::new(noon(), noon().plus(Millis(999))).is_err());
}

#[test]
fn a_list_speaks_for_its_own_time_only() {
    let world = World::new(5);
    let trust = world.trust(&[]);
    let claims = claims(Kind::Statement, Role::Bank, world.crypto.generate().unwrap().public);
    let early = Validity::new(noon().minus(Millis::hours(1)), noon().plus(Millis::days(9))).unwrap();
    let leaf = world.issuer().issue(claims, Serial::new([1; 16]), early, &world.crypto).unwrap();
    let validate = |at| trust.validate(&leaf, at, &world.crypto).map_err(|error| error.code());
    assert!(validate(noon().minus(Millis::seconds(120))).is_ok());
    assert_eq!(validate(noon().minus(Millis(120_001))).unwrap_err(), Code::StatusMissing);
    let valid = validate(noon().plus(Millis::days(1))).unwrap();
    let late = noon().plus(Millis::days(1)).plus(Millis(1000));
    assert_eq!(validate(late).unwrap_err(), Code::StatusStale);
    assert_eq!(trust.recheck(&valid, late).unwrap_err().code(), Code::StatusStale);
}

#[test]
fn revoked_is_refused_also_on_the_second_look() {
    let world = World::new(6);
    let (leaf, serial) = world.leaf(Kind::Statement, Role::Seller);
    let (other, _) = world.leaf(Kind::Statement, Role::Seller);
    let before = world.trust(&[]);
    let valid = before.validate(&leaf, noon(), &world.crypto).unwrap();
    let entry = Revoked { at: noon(), reason: Reason::KeyCompromise };
    let after = before.with_status(&world.list(2, &[(serial, entry)]), &world.crypto).unwrap();
    assert_eq!((before.epoch(), after.epoch()), (1, 2));
    assert_eq!(after.recheck(&valid, noon()).unwrap_err().code(), Code::CertificateRevoked);
    assert_eq!(code(&after, &world, &leaf, noon()), Code::CertificateRevoked);
    assert!(after.validate(&other, noon(), &world.crypto).is_ok());
    assert_eq!(after.status().unwrap().revoked.get(&serial), Some(&entry));
}

#[test]
fn lists_never_go_back() {
    let world = World::new(7);
    let entry = Revoked { at: noon(), reason: Reason::Unspecified };
    let (first, twin) = (world.list(7, &[]), world.list(7, &[(Serial::new([9; 16]), entry)]));
    let trust = Trust::new(world.root.clone()).with_status(&first, &world.crypto).unwrap();
    assert_eq!(trust.with_status(&first, &world.crypto).unwrap(), trust);
    for old in [twin, world.list(6, &[])] {
        assert_eq!(trust.with_status(&old, &world.crypto).unwrap_err().code(), Code::StatusStale);
    }
    let foreign = World::new(8).list(9, &[]);
    assert_eq!(trust.with_status(&foreign, &world.crypto).unwrap_err().code(), Code::CertificatePath);
}

#[test]
fn another_root_is_another_root() {
    let (world, other) = (World::new(9), World::new(10));
    // Same names, same everything but the key.
    assert_eq!(world.root.name(), other.root.name());
    let (leaf, _) = world.leaf(Kind::Statement, Role::Bank);
    assert_eq!(code(&other.trust(&[]), &other, &leaf, noon()), Code::CertificatePath);
    let valid = world.trust(&[]).validate(&leaf, noon(), &world.crypto).unwrap();
    assert_eq!(other.trust(&[]).recheck(&valid, noon()).unwrap_err().code(), Code::CertificatePath);
    // A root is no leaf, a leaf no root, and a leaf's key cannot issue.
    assert!(world.trust(&[]).validate(world.root.der(), noon(), &world.crypto).is_err());
    assert!(Root::read(&leaf, &world.crypto).is_err());
    let stolen = Issuer { key: &other.pair.secret, ..world.issuer() };
    let claims = claims(Kind::Statement, Role::Bank, other.pair.public.clone());
    assert!(stolen.issue(claims, Serial::new([1; 16]), days(1), &world.crypto).is_err());
    let words = Fingerprint::of(world.root.der()).words();
    assert!(Fingerprint::compare(&world.root, &words.to_uppercase()).is_ok());
    assert_eq!(Fingerprint::compare(&other.root, &words).unwrap_err().code(), Code::RootWrong);
}

/// Every byte, changed in several ways, removed and doubled: no panic, and nothing that still
/// validates.
#[test]
fn no_byte_of_a_certificate_can_change() {
    let world = World::new(11);
    let trust = world.trust(&[]);
    let (leaf, _) = world.leaf(Kind::Statement, Role::Bank);
    assert!(trust.validate(&leaf, noon(), &world.crypto).is_ok());
    for changed in mutants(&leaf) {
        assert!(trust.validate(&changed, noon(), &world.crypto).is_err());
    }
    for changed in mutants(world.root.der()) {
        assert!(Root::read(&changed, &world.crypto).is_err());
    }
    let entry = Revoked { at: noon(), reason: Reason::Superseded };
    for changed in mutants(&world.list(3, &[(Serial::new([9; 16]), entry)])) {
        assert!(trust.with_status(&changed, &world.crypto).is_err());
    }
}

fn mutants(der: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let changes: [fn(u8) -> u8; 4] = [|b| b ^ 1, |b| b ^ 0x80, |b| b.wrapping_add(1), |b| !b];
    let edits = (0..der.len()).flat_map(move |place| {
        changes.into_iter().map(move |change| {
            let mut mutant = der.to_vec();
            mutant[place] = change(mutant[place]);
            mutant
        })
    });
    let cuts = (0..der.len()).map(|place| [&der[..place], &der[place + 1..]].concat());
    let doubles = (0..der.len()).map(|place| [&der[..=place], &der[place..]].concat());
    let ends = (0..der.len()).map(|place| der[..place].to_vec());
    edits.chain(cuts).chain(doubles).chain(ends).chain([[der, &[0]].concat()])
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let (one, two) = (World::new(12), World::new(12));
    assert_eq!(one.root.der(), two.root.der());
    assert_eq!(one.leaf(Kind::Tls, Role::Seller), two.leaf(Kind::Tls, Role::Seller));
    assert_eq!(one.list(1, &[]), two.list(1, &[]));
}

#[test]
fn models_can_use_the_same_certificates() {
    let crypto = Ideal::new(1);
    let pair = crypto.generate().unwrap();
    let request = RootRequest { name: "Model".to_owned(), organisation: None };
    let root = Root::issue(request, &pair, Serial::draw(&crypto), days(99), &crypto).unwrap();
    let issuer = Issuer { root: &root, key: &pair.secret, status_uri: None };
    let holder = claims(Kind::Statement, Role::Bank, crypto.generate().unwrap().public);
    let leaf = issuer.issue(holder, Serial::draw(&crypto), days(9), &crypto).unwrap();
    assert_eq!(Trust::new(root).validate(&leaf, noon(), &crypto).unwrap_err().code(), Code::StatusMissing);
}

#[test]
fn claims_outside_the_profile_are_not_issued() {
    let world = World::new(13);
    let key = world.crypto.generate().unwrap().public;
    let good = |kind| claims(kind, Role::Bank, key.clone());
    let mut bad = vec![
        Claims { name: "a\u{202e}b".to_owned(), ..good(Kind::Statement) },
        Claims { organisation: Some("x".to_owned()), ..good(Kind::Statement) },
        Claims { dns: vec!["a.b".to_owned()], ..good(Kind::Statement) },
        Claims { dns: vec![], ..good(Kind::Tls) },
        Claims { dns: vec!["b".to_owned(), "a".to_owned()], ..good(Kind::Tls) },
        Claims { dns: (0..9).map(|n| format!("a{n}")).collect(), ..good(Kind::Tls) },
        Claims { limit: Some(eur("1")), ..good(Kind::Seal) },
        Claims { key: world.root.key().clone(), ..good(Kind::Statement) },
    ];
    let mut terms = good(Kind::Statement);
    terms.liability_terms.as_mut().unwrap().uri = "javascript:alert(1)".to_owned();
    bad.push(terms);
    for claims in bad {
        let shown = format!("{claims:?}");
        assert!(world.issuer().issue(claims, Serial::new([1; 16]), days(1), &world.crypto).is_err(), "{shown}");
    }
}

#[test]
fn pem_of_a_certificate() {
    let world = World::new(14);
    let text = pem::to_pem(pem::Label::Certificate, world.root.der()).unwrap();
    let der = pem::from_pem(pem::Label::Certificate, &text).unwrap();
    assert_eq!(Root::read(&der, &world.crypto).unwrap(), world.root);
}

proptest! {
    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let world = World::new(15);
        let trust = Trust::new(world.root.clone());
        prop_assert!(trust.validate(&bytes, noon(), &world.crypto).is_err());
        prop_assert!(Root::read(&bytes, &world.crypto).is_err());
        prop_assert!(trust.with_status(&bytes, &world.crypto).is_err());
    }

    /// Bytes that begin like a certificate and go wrong in the middle.
    #[test]
    fn spliced_bytes_are_refused(from in 0_usize..900, bytes in proptest::collection::vec(any::<u8>(), 1..40)) {
        let world = World::new(16);
        let trust = world.trust(&[]);
        let (mut leaf, _) = world.leaf(Kind::Statement, Role::Bank);
        let before = leaf.clone();
        for (place, byte) in leaf.iter_mut().skip(from).zip(&bytes) {
            *place = *byte;
        }
        prop_assume!(leaf != before);
        prop_assert!(trust.validate(&leaf, noon(), &world.crypto).is_err());
    }
}
