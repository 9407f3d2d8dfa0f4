//! The certificate profile: roots, leaves, revocation lists. Signatures are believed, so that
//! everything an authority could sign is tried; then an honest reader is asked.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use semper_base::{Hash, Millis, Role, Timestamp};
use semper_blocks::certificate::pem::{Label, from_pem, to_pem};
use semper_blocks::certificate::{
    Claims, Issuer, Kind, LiabilityTerms, Reason, Revoked, Root, RootRequest, Serial, StatusList, Trust, Valid,
    Validity, read_list,
};
use semper_blocks::stamp;
use semper_support::crypto::{Crypto, Ideal, KeyPair, PublicKey};

use crate::gullible::Gullible;

/// An authority that is the same in every run.
pub struct Authority {
    crypto: Ideal,
    pair: KeyPair,
    root: Root,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authority({:?})", self.root)
    }
}

/// 2026-11-22T12:00:00Z
const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

/// Making it costs more than a run.
static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);

impl Default for Authority {
    fn default() -> Self {
        Authority::new()
    }
}

impl Authority {
    /// Its root begins a day before everything else.
    ///
    /// # Panics
    /// Never: everything about it is in order.
    #[must_use]
    pub fn new() -> Self {
        let crypto = Ideal::new(2);
        let pair = crypto.generate().expect("an ideal key");
        let validity = Validity::new(NOON.minus(Millis::days(1)), NOON.plus(Millis::days(3650))).expect("in order");
        let request = RootRequest { name: "Fuzz root".to_owned(), organisation: Some("VATDE-1".to_owned()) };
        let serial = Serial::new([1; 16]);
        let root = Root::issue(request, &pair, serial, validity, &crypto).expect("in order");
        Authority { crypto, pair, root }
    }

    /// Trust in its root, with a list of the first day.
    pub(crate) fn trust(&self) -> Trust {
        let list = self.issuer().issue_list(&empty_list(), &self.crypto).expect("in order");
        Trust::new(self.root.clone()).with_status(&list, &self.crypto).expect("in order")
    }

    /// Requests, replies and tokens of a notary, with the first byte of the target `stamp` in front of them.
    ///
    /// # Panics
    /// Never: everything about them is in order.
    #[must_use]
    pub fn stamp_seeds(&self) -> Vec<Vec<u8>> {
        let pair = self.crypto.generate().expect("an ideal key");
        let validity = Validity::new(NOON, NOON.plus(Millis::days(30))).expect("in order");
        let claims = claims(Kind::Stamp, Role::Notary, &pair.public);
        let certificate = self.issuer().issue(claims, Serial::new([9; 16]), validity, &self.crypto).expect("in order");
        let stamper = stamp::Authority { certificate: &certificate, key: &pair.secret, accuracy_seconds: 120 };
        let full = stamp::Request::new(Hash::of(b"thing"), [7; 16]);
        let null = stamp::Imprint { null: true, ..full.imprint };
        let bare = stamp::Request { imprint: null, names_policy: true, nonce: None, certificate: false };
        let mut seeds = vec![
            [&[1], stamp::Reply::Refused(stamp::Failure::BadAlgorithm).to_der().expect("in order").as_slice()].concat(),
        ];
        for request in [full, bare] {
            seeds.push([&[0], request.to_der().expect("in order").as_slice()].concat());
            let serial = stamp::Number::new(&[200, 1]).expect("short");
            let token = stamper.stamp(&request, serial, NOON.plus(Millis::hours(1)), &self.crypto).expect("in order");
            seeds.push([&[2], token.der()].concat());
            let reply = stamp::Reply::Granted(Box::new(token)).to_der().expect("in order");
            seeds.push([&[1], reply.as_slice()].concat());
        }
        seeds
    }

    fn issuer(&self) -> Issuer<'_> {
        let status_uri = Some("http://ca.localhost/list.crl".to_owned());
        Issuer { root: &self.root, key: &self.pair.secret, status_uri }
    }

    /// Good certificates and lists with the target's first byte in front of them, to begin with.
    ///
    /// # Panics
    /// Never: everything about them is in order.
    #[must_use]
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = vec![[&[0], self.root.der()].concat()];
        let key = self.crypto.generate().expect("an ideal key").public;
        for (number, (kind, role)) in [
            (Kind::Statement, Role::Seller),
            (Kind::Statement, Role::Buyer),
            (Kind::Tls, Role::Bank),
            (Kind::Seal, Role::Notary),
            (Kind::Stamp, Role::Notary),
        ]
        .into_iter()
        .enumerate()
        {
            let serial = Serial::new([u8::try_from(number).unwrap_or(0); 16]);
            let validity = Validity::new(NOON, NOON.plus(Millis::days(30))).expect("in order");
            let leaf = self.issuer().issue(claims(kind, role, &key), serial, validity, &self.crypto);
            seeds.push([&[1], leaf.expect("in order").as_slice()].concat());
        }
        let mut revoked = BTreeMap::new();
        for (number, reason) in [(1, Reason::Unspecified), (2, Reason::KeyCompromise), (3, Reason::Superseded)] {
            revoked.insert(Serial::new([number; 16]), Revoked { at: NOON, reason });
            let list = StatusList {
                number: u64::from(number),
                this_update: NOON,
                next_update: NOON.plus(Millis::days(1)),
                revoked: revoked.clone(),
            };
            let list = self.issuer().issue_list(&list, &self.crypto).expect("in order");
            seeds.push([&[2], list.as_slice()].concat());
        }
        seeds
    }
}

fn claims(kind: Kind, role: Role, key: &PublicKey) -> Claims {
    let backed = (kind == Kind::Statement).then(|| semper_base::Amount::new(500_000, semper_base::Currency::EUR));
    let backed = backed.and_then(Result::ok);
    let terms = LiabilityTerms { hash: Hash::of(b"terms"), uri: "https://ca.localhost/terms/1".to_owned() };
    Claims {
        kind,
        role,
        name: "Bänk of Two & Söhne".to_owned(),
        organisation: (role != Role::Buyer).then(|| "VATDE-123456789".to_owned()),
        dns: if kind == Kind::Tls { vec!["b.localhost".to_owned(), "bank.localhost".to_owned()] } else { vec![] },
        key: key.clone(),
        limit: backed,
        warranty: backed,
        liability_terms: backed.map(|_| terms),
    }
}

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let Some((which, der)) = bytes.split_first() else { return };
    let authority = &*AUTHORITY;
    match which % 4 {
        0 => root(der),
        1 => leaf(der, authority, NOON.plus(Millis::hours(1))),
        2 => list(der, authority),
        _ => {
            let list = authority.issuer().issue_list(&empty_list(), &authority.crypto).expect("in order");
            let trust = Trust::new(authority.root.clone()).with_status(&list, &authority.crypto).expect("in order");
            let at = Timestamp::from_millis(NOON.millis() + u64::from(*which) * 3_600_000);
            let _ = trust.validate(der, at, &authority.crypto);
        }
    }
}

fn empty_list() -> StatusList {
    let revoked = BTreeMap::new();
    StatusList { number: 1, this_update: NOON, next_update: NOON.plus(Millis::days(1)), revoked }
}

fn root(der: &[u8]) {
    let Ok(root) = Root::read(der, &Gullible::new()) else { return };
    assert_eq!(root.der(), der);
    assert_eq!(root.hash(), Hash::of(der));
    assert!(root.validity().not_before < root.validity().not_after);
    assert!(!root.name().is_empty());
    round_trip(Label::Certificate, der);
    if let Ok(honest) = Root::read(der, &Ideal::new(0)) {
        assert_eq!(honest, root);
    }
}

fn leaf(der: &[u8], authority: &Authority, at: Timestamp) {
    let list = authority.issuer().issue_list(&empty_list(), &authority.crypto).expect("in order");
    let gullible = Gullible::new();
    let trust = Trust::new(authority.root.clone()).with_status(&list, &gullible).expect("in order");
    let Ok(valid) = trust.validate(der, at, &gullible) else {
        assert!(trust.validate(der, at, &authority.crypto).is_err(), "an honest reader takes less");
        return;
    };
    assert!(valid.not_before <= at && at <= valid.not_after);
    assert_eq!(valid.certificate_hash, Hash::of(der));
    assert_eq!(valid.root_hash, authority.root.hash());
    assert!(!valid.describe().is_empty());
    assert!(trust.recheck(&valid, valid.not_after.plus(Millis::days(1))).is_err(), "it never ends");
    reissued(&valid, authority);
    round_trip(Label::Certificate, der);
}

/// What was read could have been issued: the reader takes nothing that the issuer would not write.
fn reissued(valid: &Valid, authority: &Authority) {
    let claims = Claims {
        kind: valid.kind,
        role: valid.role,
        name: valid.name.clone(),
        organisation: valid.organisation.clone(),
        dns: valid.dns.clone(),
        key: valid.key.clone(),
        limit: valid.limit,
        warranty: valid.warranty,
        liability_terms: valid.liability_terms.clone(),
    };
    let validity = Validity::new(valid.not_before, valid.not_after).expect("it was read");
    let outer = authority.root.validity();
    if outer.not_before <= validity.not_before && validity.not_after <= outer.not_after {
        let issued = authority.issuer().issue(claims, valid.serial, validity, &authority.crypto);
        if valid.key != *authority.root.key() {
            assert!(issued.is_ok(), "{issued:?}");
        }
    }
}

fn list(der: &[u8], authority: &Authority) {
    let Ok(read) = read_list(&authority.root, der, &Gullible::new()) else {
        assert!(read_list(&authority.root, der, &authority.crypto).is_err(), "an honest reader takes less");
        return;
    };
    assert!(read.this_update < read.next_update);
    let again = authority.issuer().issue_list(&read, &authority.crypto).expect("what was read can be written");
    assert_eq!(read_list(&authority.root, &again, &authority.crypto).as_ref(), Ok(&read));
    round_trip(Label::StatusList, der);
    let trust = Trust::new(authority.root.clone()).with_status(der, &Gullible::new()).expect("it was read");
    assert_eq!(trust.with_status(der, &authority.crypto).map(|trust| trust.epoch()), Ok(trust.epoch()));
}

fn round_trip(label: Label, der: &[u8]) {
    let pem = to_pem(label, der).expect("it fits");
    assert_eq!(from_pem(label, &pem).as_deref(), Ok(der));
}
