//! A small authority that all certificate tests use: everything follows from the seed.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;

use semper_base::{Amount, Currency, Hash, Millis, Role, Timestamp};
use semper_blocks::certificate::{
    Claims, Issuer, Kind, LiabilityTerms, Revoked, Root, RootRequest, Serial, StatusList, Trust, Validity,
};
use semper_support::crypto::seeded::Seeded;
use semper_support::crypto::{Crypto as _, KeyPair, PublicKey};

pub(crate) struct World {
    pub(crate) crypto: Seeded,
    pub(crate) pair: KeyPair,
    pub(crate) root: Root,
}

/// 2026-11-22T12:00:00Z
pub(crate) fn noon() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap()
}

pub(crate) fn days(count: u64) -> Validity {
    Validity::new(noon(), noon().plus(Millis::days(count))).unwrap()
}

pub(crate) fn eur(text: &str) -> Amount {
    Amount::parse(text, Currency::EUR).unwrap()
}

pub(crate) fn claims(kind: Kind, role: Role, key: PublicKey) -> Claims {
    let backed = kind == Kind::Statement;
    Claims {
        kind,
        role,
        name: "Bänk of Two & Söhne".to_owned(),
        organisation: Some("VATDE-123456789".to_owned()),
        dns: if kind == Kind::Tls {
            vec!["bank.localhost".to_owned(), "www.bank.localhost".to_owned()]
        } else {
            vec![]
        },
        key,
        limit: backed.then(|| eur("5000")),
        warranty: backed.then(|| eur("184.90")),
        liability_terms: backed
            .then(|| LiabilityTerms { hash: Hash::of(b"terms"), uri: "https://ca.localhost/terms/1".to_owned() }),
    }
}

impl World {
    pub(crate) fn new(seed: u8) -> Self {
        let crypto = Seeded::new([seed; 32]);
        let pair = crypto.generate().unwrap();
        let validity = Validity::new(noon().minus(Millis::days(1)), noon().plus(Millis::days(3650))).unwrap();
        let request = RootRequest { name: "Semper demo root".to_owned(), organisation: Some("VATDE-1".to_owned()) };
        let root = Root::issue(request, &pair, Serial::draw(&crypto), validity, &crypto).unwrap();
        World { crypto, pair, root }
    }

    pub(crate) fn issuer(&self) -> Issuer<'_> {
        Issuer { root: &self.root, key: &self.pair.secret, status_uri: Some("http://ca.localhost/list.crl".to_owned()) }
    }

    /// A leaf valid for 30 days from noon, and its serial.
    pub(crate) fn leaf(&self, kind: Kind, role: Role) -> (Vec<u8>, Serial) {
        let key = self.crypto.generate().unwrap().public;
        let serial = Serial::draw(&self.crypto);
        (self.issuer().issue(claims(kind, role, key), serial, days(30), &self.crypto).unwrap(), serial)
    }

    /// A list made at noon, valid for a day.
    pub(crate) fn list(&self, number: u64, revoked: &[(Serial, Revoked)]) -> Vec<u8> {
        let revoked = revoked.iter().copied().collect::<BTreeMap<_, _>>();
        let list = StatusList { number, this_update: noon(), next_update: noon().plus(Millis::days(1)), revoked };
        self.issuer().issue_list(&list, &self.crypto).unwrap()
    }

    pub(crate) fn trust(&self, revoked: &[(Serial, Revoked)]) -> Trust {
        Trust::new(self.root.clone()).with_status(&self.list(1, revoked), &self.crypto).unwrap()
    }
}
