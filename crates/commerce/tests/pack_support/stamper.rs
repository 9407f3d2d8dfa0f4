//! A notary's stamping key, with a certificate that begins and ends when the test wants it.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Hash, Millis, Role, Timestamp};
use semper_blocks::certificate::{Claims, Issuer, Kind, Reason, Revoked, Serial, StatusList, Validity};
use semper_blocks::stamp::{Authority, Number, Request, Token};
use semper_commerce::dispute::Renewing;
use semper_commerce::dispute::stamps::{Stamp, cover};
use semper_support::crypto::{Crypto as _, KeyPair};

use super::Sale;

pub(crate) struct Stamper {
    pair: KeyPair,
    certificate: Vec<u8>,
    pub(crate) serial: Serial,
}

fn issuer(sale: &Sale) -> Issuer<'_> {
    Issuer { root: &sale.root, key: &sale.authority.secret, status_uri: None }
}

impl Stamper {
    pub(crate) fn new(sale: &Sale, from: Timestamp, until: Timestamp) -> Self {
        let pair = sale.crypto.generate().unwrap();
        let claims = Claims {
            kind: Kind::Stamp,
            role: Role::Notary,
            name: "Notary Public".to_owned(),
            organisation: None,
            dns: vec![],
            key: pair.public.clone(),
            limit: None,
            warranty: None,
            liability_terms: None,
        };
        let (serial, validity) = (Serial::draw(&sale.crypto), Validity::new(from, until).unwrap());
        let certificate = issuer(sale).issue(claims, serial, validity, &sale.crypto).unwrap();
        Stamper { pair, certificate, serial }
    }

    pub(crate) fn token(&self, sale: &Sale, hash: Hash, at: Timestamp) -> Token {
        let authority = Authority { certificate: &self.certificate, key: &self.pair.secret, accuracy_seconds: 120 };
        let number = Number::new(&at.millis().to_be_bytes()).unwrap();
        authority.stamp(&Request::new(hash, [5; 16]), number, at, &sale.crypto).unwrap()
    }

    /// A stamp over all statements of the sale.
    pub(crate) fn stamp(&self, sale: &Sale, at: Timestamp) -> Stamp {
        let hashes: BTreeSet<Hash> = sale.contents.statements.iter().map(|text| Hash::of(text.as_bytes())).collect();
        let token = self.token(sale, Hash::of(cover(&hashes).as_bytes()), at).der().to_vec();
        Stamp { hashes, token }
    }

    /// The pack renewed at `at`, with a revocation list of that time that names `revoked`.
    pub(crate) fn renew(&self, sale: &Sale, pack: &[u8], at: Timestamp, revoked: &[(Serial, Revoked)]) -> Vec<u8> {
        self.renew_with(sale, pack, at, &[list(sale, at, revoked)])
    }

    pub(crate) fn renew_with(&self, sale: &Sale, pack: &[u8], at: Timestamp, lists: &[Vec<u8>]) -> Vec<u8> {
        let renewing = Renewing::begin(pack, lists, &sale.crypto).unwrap();
        let token = self.token(sale, renewing.hash(), at);
        renewing.finish(&token).unwrap()
    }
}

/// A list that was made an hour before.
pub(crate) fn list(sale: &Sale, at: Timestamp, revoked: &[(Serial, Revoked)]) -> Vec<u8> {
    let made = at.minus(Millis::hours(1));
    let revoked: BTreeMap<_, _> = revoked.iter().copied().collect();
    let list =
        StatusList { number: made.seconds(), this_update: made, next_update: at.plus(Millis::hours(23)), revoked };
    issuer(sale).issue_list(&list, &sale.crypto).unwrap()
}

pub(crate) fn lost(serial: Serial, at: Timestamp) -> (Serial, Revoked) {
    (serial, Revoked { at, reason: Reason::KeyCompromise })
}

pub(crate) fn given_up(serial: Serial, at: Timestamp) -> (Serial, Revoked) {
    (serial, Revoked { at, reason: Reason::CessationOfOperation })
}
