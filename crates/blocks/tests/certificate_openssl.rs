//! What OpenSSL says about our certificates and lists. Needs the `openssl` command (3.0 or newer).

use crate::certificate_support;

use std::path::{Path, PathBuf};
use std::process::Command;

use certificate_support::{World, noon};
use semper_base::{Millis, Role, Timestamp};
use semper_blocks::certificate::{Fingerprint, Kind, Reason, Revoked, Trust, pem};

/// A directory of this test's own, removed at the end.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("certificate-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Files(path)
    }

    fn put(&self, name: &str, label: pem::Label, der: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, pem::to_pem(label, der).unwrap()).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs openssl; the exit status and everything it said.
fn openssl(arguments: &[&str]) -> (bool, String) {
    let run = Command::new("openssl").args(arguments).output();
    let run = run.expect("the openssl command is missing: run `cargo xtask setup`");
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn seconds(at: Timestamp) -> String {
    at.seconds().to_string()
}

#[test]
fn openssl_verifies_every_kind_and_the_right_time() {
    let world = World::new(21);
    let files = Files::new("kinds");
    let root = files.put("root.pem", pem::Label::Certificate, world.root.der());
    let list = files.put("list.pem", pem::Label::StatusList, &world.list(1, &[]));
    let other = files.put("other.pem", pem::Label::Certificate, World::new(22).root.der());
    let purposes =
        [(Kind::Statement, "any"), (Kind::Seal, "any"), (Kind::Stamp, "timestampsign"), (Kind::Tls, "sslserver")];
    for (kind, purpose) in purposes {
        let leaf = files.put("leaf.pem", pem::Label::Certificate, &world.leaf(kind, Role::Bank).0);
        let verify = |root: &str, at: Timestamp| {
            let at = seconds(at);
            let crl = ["-crl_check", "-CRLfile", &list, "-purpose", purpose, "-policy_check"];
            openssl(&[&["verify", "-x509_strict", "-attime", &at, "-CAfile", root], &crl[..], &[&leaf]].concat())
        };
        let (good, said) = verify(&root, noon());
        assert!(good, "{kind:?}: {said}");
        let (good, said) = verify(&root, noon().minus(Millis::seconds(1)));
        assert!(!good && said.contains("not yet valid"), "{kind:?}: {said}");
        let (good, said) = verify(&root, noon().plus(Millis::days(31)));
        assert!(!good && said.contains("expired"), "{kind:?}: {said}");
        assert!(!verify(&other, noon()).0);
    }
    let (good, said) = openssl(&["verify", "-x509_strict", "-attime", &seconds(noon()), "-CAfile", &root, &root]);
    assert!(good, "{said}");
}

#[test]
fn openssl_demands_the_same_policy() {
    let world = World::new(23);
    let files = Files::new("policy");
    let root = files.put("root.pem", pem::Label::Certificate, world.root.der());
    let leaf = files.put("leaf.pem", pem::Label::Certificate, &world.leaf(Kind::Statement, Role::Bank).0);
    let verify = |policy: &str| {
        let at = seconds(noon());
        openssl(&["verify", "-attime", &at, "-explicit_policy", "-policy", policy, "-CAfile", &root, &leaf])
    };
    assert!(verify("1.3.6.1.4.1.32473.4059.1.1.2").0);
    assert!(!verify("1.3.6.1.4.1.32473.4059.1.1.5").0);
}

#[test]
fn openssl_sees_the_revocation() {
    let world = World::new(24);
    let files = Files::new("revoked");
    let (leaf, serial) = world.leaf(Kind::Statement, Role::Seller);
    let entry = Revoked { at: noon(), reason: Reason::KeyCompromise };
    let list = world.list(2, &[(serial, entry)]);
    let root = files.put("root.pem", pem::Label::Certificate, world.root.der());
    let leaf_file = files.put("leaf.pem", pem::Label::Certificate, &leaf);
    let list_file = files.put("list.pem", pem::Label::StatusList, &list);
    let (good, said) = openssl(&["crl", "-in", &list_file, "-CAfile", &root, "-verify", "-noout", "-text"]);
    assert!(good && said.contains("verify OK"), "{said}");
    for expected in ["Key Compromise", "X509v3 CRL Number", &serial.to_string().to_uppercase()] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let at = seconds(noon());
    let crl = ["verify", "-x509_strict", "-crl_check", "-attime", &at, "-CAfile", &root, "-CRLfile", &list_file];
    let (good, said) = openssl(&[&crl[..], &[&leaf_file]].concat());
    assert!(!good && said.contains("revoked"), "{said}");
    let trust = Trust::new(world.root.clone()).with_status(&list, &world.crypto).unwrap();
    assert!(trust.validate(&leaf, noon(), &world.crypto).is_err());
}

#[test]
fn openssl_shows_what_we_wrote() {
    let world = World::new(25);
    let files = Files::new("text");
    let root = files.put("root.pem", pem::Label::Certificate, world.root.der());
    let leaf = files.put("leaf.pem", pem::Label::Certificate, &world.leaf(Kind::Statement, Role::Bank).0);
    let (_, said) = openssl(&["x509", "-in", &leaf, "-noout", "-text", "-nameopt", "utf8", "-certopt", "ext_parse"]);
    for expected in [
        "CN=Bänk of Two & Söhne",
        "organizationIdentifier=VATDE-123456789",
        "Digital Signature, Non Repudiation",
        "Policy: 1.3.6.1.4.1.32473.4059.1.1.2",
        "URI:http://ca.localhost/list.crl",
        "0.4.0.1862.1.2",
        "PRINTABLESTRING   :EUR",
        "INTEGER           :1388",
        "1.3.6.1.5.5.7.1.16",
        "INTEGER           :03D2",
        "INTEGER           :483A",
        "1.3.6.1.4.1.32473.4059.2.1",
        "51 d2 36 1f 4f ae a3 bc-8f 9f ac db c7 d9 9a bb",
        "IA5STRING         :https://ca.localhost/terms/1",
        "ecdsa-with-SHA256",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let tls = files.put("tls.pem", pem::Label::Certificate, &world.leaf(Kind::Tls, Role::Bank).0);
    let (_, said) = openssl(&["x509", "-in", &tls, "-noout", "-text"]);
    for expected in ["DNS:bank.localhost, DNS:www.bank.localhost", "TLS Web Server Authentication"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let (_, said) = openssl(&["x509", "-in", &root, "-noout", "-text"]);
    for expected in ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

/// The digits people compare are the beginning of what OpenSSL prints.
#[test]
fn openssl_prints_the_same_fingerprint() {
    let world = World::new(26);
    let files = Files::new("fingerprint");
    let root = files.put("root.pem", pem::Label::Certificate, world.root.der());
    let (_, said) = openssl(&["x509", "-in", &root, "-noout", "-fingerprint", "-sha256"]);
    let bytes: Vec<u32> =
        said.split_once('=').unwrap().1.trim().split(':').map(|b| u32::from_str_radix(b, 16).unwrap()).collect();
    let groups: Vec<String> = bytes[..10].chunks(2).map(|pair| format!("{:05}", pair[0] << 8 | pair[1])).collect();
    assert_eq!(Fingerprint::of(world.root.der()).digits(), groups.join(" "));
}
