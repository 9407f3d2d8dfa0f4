//! Time stamps: what is granted, what is refused, and that no byte of a stamp can be changed.

use crate::certificate_support;

use certificate_support::{World, claims, days, noon};
use proptest::prelude::*;
use semper_base::limits::STAMP_REQUEST_BYTES_MAX;
use semper_base::{Code, Hash, Millis, Role, Timestamp};
use semper_blocks::certificate::{Kind, Reason, Revoked, Serial, Trust};
use semper_blocks::stamp::{Authority, Failure, Imprint, Number, Reply, Request, Token, read_reply};
use semper_support::crypto::{Crypto as _, KeyPair};

struct Notary {
    world: World,
    pair: KeyPair,
    certificate: Vec<u8>,
    serial: Serial,
}

impl Notary {
    fn new(seed: u8) -> Self {
        Notary::of(World::new(seed), Kind::Stamp, Role::Notary)
    }

    fn of(world: World, kind: Kind, role: Role) -> Self {
        let pair = world.crypto.generate().unwrap();
        let serial = Serial::draw(&world.crypto);
        let claims = claims(kind, role, pair.public.clone());
        let certificate = world.issuer().issue(claims, serial, days(30), &world.crypto).unwrap();
        Notary { world, pair, certificate, serial }
    }

    fn stamp(&self, request: &Request, serial: u8, at: Timestamp) -> Token {
        let key = &self.pair.secret;
        let authority = Authority { certificate: &self.certificate, key, accuracy_seconds: 120 };
        authority.stamp(request, Number::new(&[serial]).unwrap(), at, &self.world.crypto).unwrap()
    }

    fn trust(&self) -> Trust {
        self.world.trust(&[])
    }

    fn verify(&self, token: &Token, hash: &Hash, trust: &Trust, at: Timestamp) -> Result<(), Code> {
        token.verify_at(hash, trust, at, &self.world.crypto).map(|_| ()).map_err(|why| why.code())
    }
}

fn thing() -> Hash {
    Hash::of(b"something that existed")
}

fn later() -> Timestamp {
    noon().plus(Millis(3_600_999))
}

#[test]
fn a_stamp_says_what_was_asked_and_verifies() {
    let notary = Notary::new(41);
    let request = Request::new(thing(), [7; 16]);
    let request = Request::read(&request.to_der().unwrap()).unwrap();
    let token = notary.stamp(&request, 0x80, later());
    let info = token.info();
    assert_eq!((info.imprint.hash, &info.nonce, info.accuracy_seconds), (thing(), &request.nonce, 120));
    assert_eq!((info.at, info.serial.to_string()), (later().whole_seconds(), "0080".to_owned()));
    let reply = Reply::Granted(Box::new(token.clone())).to_der().unwrap();
    assert_eq!(read_reply(&reply).unwrap().unwrap(), token);
    assert_eq!(Token::read(token.der()).unwrap(), token);
    assert_eq!(notary.verify(&token, &thing(), &notary.trust(), later()), Ok(()));
    assert!(token.der().len() < 1800, "{}", token.der().len());
}

#[test]
fn another_hash_root_time_or_certificate_is_refused() {
    let notary = Notary::new(42);
    let token = notary.stamp(&Request::new(thing(), [7; 16]), 1, later());
    let trust = notary.trust();
    assert_eq!(notary.verify(&token, &Hash::of(b"another"), &trust, later()), Err(Code::StampWrong));
    assert_eq!(notary.verify(&token, &thing(), &World::new(43).trust(&[]), later()), Err(Code::CertificatePath));
    let ended = noon().plus(Millis::days(31));
    assert_eq!(notary.verify(&token, &thing(), &trust, ended), Err(Code::CertificateExpired));
    let revoked = Revoked { at: noon(), reason: Reason::KeyCompromise };
    let trust = notary.world.trust(&[(notary.serial, revoked)]);
    assert_eq!(notary.verify(&token, &thing(), &trust, later()), Err(Code::CertificateRevoked));
    // Stamped before its certificate began.
    let early = notary.stamp(&Request::new(thing(), [7; 16]), 2, noon().minus(Millis::seconds(2)));
    assert_eq!(notary.verify(&early, &thing(), &notary.trust(), later()), Err(Code::StampWrong));
}

#[test]
fn only_a_notarys_stamping_key_stamps() {
    for (seed, kind, role) in [(44, Kind::Statement, Role::Notary), (45, Kind::Stamp, Role::Bank)] {
        let other = Notary::of(World::new(seed), kind, role);
        let token = other.stamp(&Request::new(thing(), [7; 16]), 1, later());
        assert_eq!(other.verify(&token, &thing(), &other.trust(), later()), Err(Code::CertificateKind));
    }
    // The right certificate, another key.
    let notary = Notary::new(46);
    let thief = Notary { pair: notary.world.crypto.generate().unwrap(), ..Notary::new(46) };
    let token = thief.stamp(&Request::new(thing(), [7; 16]), 1, later());
    assert_eq!(thief.verify(&token, &thing(), &thief.trust(), later()), Err(Code::SignatureWrong));
}

#[test]
fn a_stamp_without_its_certificate_verifies_with_it() {
    let notary = Notary::new(47);
    let token = notary.stamp(&Request { certificate: false, ..Request::new(thing(), [7; 16]) }, 1, later());
    assert_eq!(token.certificate(), None);
    assert_eq!(notary.verify(&token, &thing(), &notary.trust(), later()), Err(Code::StampWrong));
    let crypto = &notary.world.crypto;
    let valid = notary.trust().validate(&notary.certificate, later(), crypto).unwrap();
    assert!(token.verify(&thing(), &valid, &notary.certificate, crypto).is_ok());
    let (other, _) = notary.world.leaf(Kind::Stamp, Role::Notary);
    let valid = notary.trust().validate(&other, later(), crypto).unwrap();
    assert_eq!(token.verify(&thing(), &valid, &other, crypto).unwrap_err().code(), Code::StampWrong);
}

/// Every byte of a stamp counts: whatever is changed, it is no stamp any more, or not over this.
#[test]
fn every_changed_byte_is_refused() {
    let notary = Notary::new(48);
    let trust = notary.trust();
    let token = notary.stamp(&Request::new(thing(), [7; 16]), 1, later());
    for at in 0..token.der().len() {
        for bit in [at % 8, (at + 3) % 8] {
            let mut changed = token.der().to_vec();
            changed[at] ^= 1 << bit;
            let accepted = Token::read(&changed)
                .and_then(|token| token.verify_at(&thing(), &trust, later(), &notary.world.crypto));
            assert!(accepted.is_err(), "byte {at} bit {bit}");
        }
        assert!(Token::read(&token.der()[..at]).is_err(), "cut at {at}");
    }
    assert!(Token::read(&[token.der(), &[0]].concat()).is_err());
}

/// DER by hand: (tag, content).
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    assert!(length < 256);
    let head = if length < 128 { vec![tag, length.to_le_bytes()[0]] } else { vec![tag, 0x81, length.to_le_bytes()[0]] };
    [&head[..], content].concat()
}

const SHA256: &[u8] = &[0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const SHA1: &[u8] = &[0x06, 5, 0x2b, 0x0e, 3, 2, 0x1a];

fn imprint(algorithm: &[u8], hash: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(0x30, algorithm), tlv(4, hash)].concat())
}

fn query(version: u8, imprint: &[u8], rest: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&[2, 1, version], imprint, rest].concat())
}

#[test]
fn bad_requests_get_the_bit_that_says_why() {
    let good = imprint(SHA256, &[1; 32]);
    let null = imprint(&[SHA256, &[5, 0]].concat(), &[1; 32]);
    let foreign_policy = tlv(6, &[0x2a, 3, 4]);
    let extension = tlv(0xa0, &tlv(0x30, &[&tlv(6, &[0x2a, 3])[..], &tlv(4, &[5, 0])].concat()));
    let cases: [(Vec<u8>, Result<bool, Failure>); 15] = [
        (query(1, &good, &[]), Ok(false)),
        (query(1, &null, &[]), Ok(true)),
        (query(1, &good, &[1, 1, 0xff]), Ok(false)),
        (query(1, &good, &[2, 1, 0x80]), Ok(false)),
        (query(1, &good, &tlv(2, &[0x7f; 20])), Ok(false)),
        (query(1, &good, &tlv(2, &[0x7f; 21])), Err(Failure::BadRequest)),
        (query(2, &good, &[]), Err(Failure::BadRequest)),
        (query(1, &imprint(SHA1, &[1; 20]), &[]), Err(Failure::BadAlgorithm)),
        (query(1, &imprint(&[SHA256, &[4, 0]].concat(), &[1; 32]), &[]), Err(Failure::BadAlgorithm)),
        (query(1, &imprint(SHA256, &[1; 31]), &[]), Err(Failure::BadDataFormat)),
        (query(1, &good, &foreign_policy), Err(Failure::UnacceptedPolicy)),
        (query(1, &good, &extension), Err(Failure::UnacceptedExtension)),
        ([query(1, &good, &[]), vec![0]].concat(), Err(Failure::BadDataFormat)),
        (b"garbage".to_vec(), Err(Failure::BadDataFormat)),
        (vec![0x30; STAMP_REQUEST_BYTES_MAX + 1], Err(Failure::BadRequest)),
    ];
    for (place, (der, expected)) in cases.into_iter().enumerate() {
        assert_eq!(Request::read(&der).map(|request| request.imprint.null), expected, "{place}");
    }
}

#[test]
fn refusals_read_back() {
    for failure in [
        Failure::BadAlgorithm,
        Failure::BadDataFormat,
        Failure::BadRequest,
        Failure::SystemFailure,
        Failure::TimeNotAvailable,
        Failure::UnacceptedExtension,
        Failure::UnacceptedPolicy,
    ] {
        let der = Reply::Refused(failure).to_der().unwrap();
        let refused = read_reply(&der).unwrap().unwrap_err();
        assert_eq!((refused.failure, refused.text.as_str()), (Some(failure), failure.text()));
    }
    let notary = Notary::new(49);
    let token = notary.stamp(&Request::new(thing(), [7; 16]), 1, later());
    // Granted without a stamp, and refused with one.
    assert!(read_reply(&tlv(0x30, &tlv(0x30, &[2, 1, 0]))).is_err());
    let mut granted = Reply::Granted(Box::new(token)).to_der().unwrap();
    let status = granted.windows(5).position(|part| part == [0x30, 3, 2, 1, 0]).unwrap();
    granted[status + 4] = 2;
    assert!(read_reply(&granted).is_err());
}

static NOTARY: std::sync::LazyLock<Notary> = std::sync::LazyLock::new(|| Notary::new(50));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn requests_read_back(hash: [u8; 32], null: bool, names_policy: bool, nonce in proptest::option::of(any::<[u8; 19]>()), certificate: bool) {
        let nonce = nonce.map(|nonce| Number::new(&nonce).unwrap());
        let request = Request { imprint: Imprint { hash: Hash(hash), null }, names_policy, nonce, certificate };
        prop_assert_eq!(Request::read(&request.to_der().unwrap()).unwrap(), request);
    }

    #[test]
    fn stamps_read_back(hash: [u8; 32], null: bool, nonce in proptest::option::of(any::<[u8; 16]>()), serial: [u8; 16], seconds in 0_u64..86_400, certificate: bool) {
        let notary = &NOTARY;
        let nonce = nonce.map(|nonce| Number::new(&nonce).unwrap());
        let request = Request { imprint: Imprint { hash: Hash(hash), null }, names_policy: false, nonce, certificate };
        let authority = Authority { certificate: &notary.certificate, key: &notary.pair.secret, accuracy_seconds: 1 };
        let at = noon().plus(Millis::seconds(seconds));
        let token = authority.stamp(&request, Number::new(&serial).unwrap(), at, &notary.world.crypto).unwrap();
        prop_assert_eq!((token.info().at, &token.info().nonce), (at, &request.nonce));
        prop_assert_eq!(Token::read(token.der()).unwrap(), token);
    }

    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..1500, byte: u8) {
        let _ = (Request::read(&bytes), read_reply(&bytes), Token::read(&bytes));
        let notary = &NOTARY;
        let token = notary.stamp(&Request::new(thing(), [7; 16]), 1, later());
        let mut changed = token.der().to_vec();
        let at = at % changed.len();
        changed.splice(at..at, [byte]);
        prop_assert!(Token::read(&changed).and_then(|token| token.verify_at(&thing(), &notary.trust(), later(), &notary.world.crypto)).is_err());
    }
}
