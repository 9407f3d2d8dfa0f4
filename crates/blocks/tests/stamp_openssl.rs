//! Time stamps and OpenSSL, both ways: it asks and we stamp, we ask and it reads, and it verifies what we made.
//! Needs the `openssl` command (3.0 or newer).

use crate::certificate_support;

use std::path::{Path, PathBuf};
use std::process::Command;

use certificate_support::{World, claims, days, noon};
use semper_base::{Hash, Millis, Role};
use semper_blocks::certificate::{Kind, Serial, pem};
use semper_blocks::stamp::{Authority, Number, Reply, Request, Token};
use semper_support::crypto::{Crypto as _, KeyPair};

/// A directory of this test's own, removed at the end, and a notary.
struct Place {
    path: PathBuf,
    world: World,
    pair: KeyPair,
    certificate: Vec<u8>,
}

impl Place {
    fn new(name: &str, seed: u8) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stamp-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let world = World::new(seed);
        let pair = world.crypto.generate().unwrap();
        let claims = claims(Kind::Stamp, Role::Notary, pair.public.clone());
        let serial = Serial::draw(&world.crypto);
        let certificate = world.issuer().issue(claims, serial, days(30), &world.crypto).unwrap();
        let place = Place { path, world, pair, certificate };
        place.pem("root.pem", place.world.root.der());
        place.pem("leaf.pem", &place.certificate);
        place.pem("other.pem", World::new(seed + 100).root.der());
        place.put("data", b"something that existed");
        place.put("changed", b"something that did not");
        place
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path.join(name), bytes).unwrap();
    }

    fn pem(&self, name: &str, der: &[u8]) {
        self.put(name, pem::to_pem(pem::Label::Certificate, der).unwrap().as_bytes());
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path.join(name)).unwrap()
    }

    /// Runs openssl in the directory; whether it was content, and everything it said.
    fn openssl(&self, arguments: &str) -> (bool, String) {
        let run = Command::new("openssl").args(arguments.split(' ')).current_dir(&self.path).output();
        let run = run.expect("the openssl command is missing: run `cargo xtask setup`");
        (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
    }

    fn stamp(&self, request: &Request) -> Token {
        let key = &self.pair.secret;
        let authority = Authority { certificate: &self.certificate, key, accuracy_seconds: 120 };
        let at = noon().plus(Millis::seconds(60));
        authority.stamp(request, Number::new(&[9; 16]).unwrap(), at, &self.world.crypto).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn attime() -> String {
    format!("-attime {}", noon().plus(Millis::days(1)).seconds())
}

#[test]
fn openssl_asks_and_verifies_the_answer() {
    let place = Place::new("asks", 61);
    let attime = attime();
    for (options, rest) in [
        ("", " -untrusted leaf.pem"),
        (" -no_nonce", " -untrusted leaf.pem"),
        (" -cert", ""),
        (" -cert -no_nonce", ""),
        (" -cert -tspolicy 1.3.6.1.4.1.32473.4059.3.1", ""),
    ] {
        let (made, said) = place.openssl(&format!("ts -query -data data -sha256 -out query.tsq{options}"));
        assert!(made, "{said}");
        let request = Request::read(&place.read("query.tsq")).unwrap();
        assert_eq!(request.imprint.hash, Hash::of(b"something that existed"));
        let token = place.stamp(&request);
        place.put("reply.tsr", &Reply::Granted(Box::new(token.clone())).to_der().unwrap());
        place.put("token.tst", token.der());
        for against in ["-queryfile query.tsq", "-data data"] {
            let verify = |root: &str| {
                place.openssl(&format!("ts -verify {against} -in reply.tsr -CAfile {root} {attime}{rest}"))
            };
            let (good, said) = verify("root.pem");
            assert!(good && said.contains("Verification: OK"), "{options} {against}: {said}");
            assert!(!verify("other.pem").0);
        }
        let token =
            |data: &str| format!("ts -verify -data {data} -in token.tst -token_in -CAfile root.pem {attime}{rest}");
        assert!(place.openssl(&token("data")).0);
        assert!(!place.openssl(&token("changed")).0);
        let (_, said) = place.openssl("ts -reply -in reply.tsr -text");
        for expected in ["Status: Granted.", "Policy OID: 1.3.6.1.4.1.32473.4059.3.1", "0x78 seconds", "Ordering: no"] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }
}

#[test]
fn openssl_refuses_a_late_look_and_a_changed_stamp() {
    let place = Place::new("late", 62);
    let token = place.stamp(&Request::new(Hash::of(b"something that existed"), [7; 16]));
    let verify = |at: u64| {
        place.openssl(&format!("ts -verify -data data -in token.tst -token_in -CAfile root.pem -attime {at}"))
    };
    place.put("token.tst", token.der());
    assert!(verify(noon().plus(Millis::days(1)).seconds()).0);
    assert!(!verify(noon().plus(Millis::days(31)).seconds()).0);
    // A few of the bytes that the property test changes all of.
    for at in (0..token.der().len()).step_by(97) {
        let mut changed = token.der().to_vec();
        changed[at] ^= 1;
        place.put("token.tst", &changed);
        let theirs = verify(noon().plus(Millis::days(1)).seconds()).0;
        assert!(!theirs || Token::read(&changed).is_err(), "byte {at}: whatever openssl refuses, we refuse");
    }
}

#[test]
fn openssl_reads_our_request_and_our_refusals() {
    let place = Place::new("reads", 63);
    place.put("query.tsq", &Request::new(Hash::of(b"something that existed"), [0xf7; 16]).to_der().unwrap());
    let (good, said) = place.openssl("ts -query -in query.tsq -text");
    assert!(good && said.contains("sha256") && said.contains("Certificate required: yes"), "{said}");
    for (wrong, expected) in [
        ("ts -query -data data -sha1 -out query.tsq", "unrecognized or unsupported algorithm"),
        ("ts -query -data data -sha256 -tspolicy 1.2.3.4 -out query.tsq", "policy is not supported"),
    ] {
        assert!(place.openssl(wrong).0);
        let failure = Request::read(&place.read("query.tsq")).unwrap_err();
        place.put("reply.tsr", &Reply::Refused(failure).to_der().unwrap());
        let (_, said) = place.openssl("ts -reply -in reply.tsr -text");
        assert!(said.contains("Status: Rejected.") && said.contains(expected), "{said}");
        assert!(!place.openssl(&format!("ts -verify -data data -in reply.tsr -CAfile root.pem {}", attime())).0);
    }
}
