//! After a whole deal, and while a party runs: no pass phrase, no private key and no half of a content
//! key stands anywhere but where it belongs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod hunt;
mod live;
mod shown;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Folder, Market, Party, open, run, semper};
use hunt::{Hunt, Secret};
use semper_base::{Hash, KeyId, bytes};
use semper_support::crypto::Keyring;
use semper_support::crypto::keyring::MasterRecord;
use serde_json::{Value, json};

/// The owner of what nobody must have.
const NOBODY: &str = "nobody";

fn master_record(directory: &Path) -> MasterRecord {
    let sql = "SELECT value FROM row WHERE key = 'keyring/master'";
    let row: Vec<u8> = open(directory).query_row(sql, [], |row| row.get(0)).unwrap();
    serde_json::from_slice(&row).unwrap()
}

/// The key that a pass phrase is stretched to, and the master key under it: RFC 9106 and RFC 8439 by other
/// hands than the party's, which gives neither out.
fn master_key(directory: &Path, phrase: &str) -> [Vec<u8>; 2] {
    use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
    let record = master_record(directory);
    let params = argon2::Params::new(record.kdf.memory_kib, record.kdf.passes, record.kdf.lanes, Some(32)).unwrap();
    let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut stretched = vec![0; 32];
    argon.hash_password_into(phrase.as_bytes(), &record.salt.0, &mut stretched).unwrap();
    let (nonce, sealed) = record.wrapped.0.split_at(12);
    let mut master = sealed.to_vec();
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &stretched).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
    let length = key.open_in_place(nonce, Aad::empty(), &mut master).unwrap().len();
    master.truncate(length);
    [stretched, master]
}

/// Every private key on a party's books.
fn private_keys(role: &str, directory: &Path, phrase: &str) -> Vec<Secret> {
    let (db, keyring) = (open(directory), Keyring::unlock(&master_record(directory), phrase).unwrap());
    let mut statement = db.prepare("SELECT key, value FROM row WHERE key LIKE 'key/%'").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
    let secret = |row: Result<(String, Vec<u8>), _>| {
        let (key, wrapped) = row.unwrap();
        let id = KeyId(Hash::from_hex(key.strip_prefix("key/").unwrap()).unwrap());
        let pair = keyring.unwrap_key(id, &wrapped).unwrap();
        Secret::new(role, &key, pair.secret.danger_bytes())
    };
    rows.map(secret).collect()
}

/// The halves of content keys in what a party keeps in clear, with what opens their commitments.
fn halves(role: &str, directory: &Path) -> Vec<Secret> {
    let (db, mut found) = (open(directory), Vec::new());
    let sql = "SELECT key, value FROM row WHERE key LIKE 'dgp/%' OR key LIKE 'deal/%' OR key LIKE 'sale/%'";
    let mut statement = db.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (key, value): (String, Vec<u8>) = (row.get(0).unwrap(), row.get(1).unwrap());
        gather(role, &key, &serde_json::from_slice(&value).unwrap_or_default(), &mut found);
    }
    found
}

fn gather(role: &str, key: &str, value: &Value, found: &mut Vec<Secret>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str().map(bytes::decode) {
                    Some(Ok(raw))
                        if raw.len() == 32 && ["k", "r", "s", "r_s", "seed", "salt"].contains(&name.as_str()) =>
                    {
                        let owners = match (role, name.as_str()) {
                            (_, "seed") => "shop",
                            // What opens the payee commitment goes to the bank with the capture.
                            ("shop", "salt") => "shop bank",
                            _ => "shop wallet",
                        };
                        found.push(Secret::new(owners, &format!("{name} in {key}"), &raw));
                    }
                    _ => gather(role, key, value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(role, key, item, found)),
        _ => {}
    }
}

/// Pieces of goods, a few kilobytes apart.
fn pieces(owners: &str, goods: &[u8]) -> Vec<Secret> {
    let places = (0..goods.len() - 32).step_by(4096);
    places.map(|at| Secret::new(owners, &format!("goods at {at}"), &goods[at..at + 32])).collect()
}

/// A file of which no two pieces are alike.
fn goods() -> Vec<u8> {
    let line = |n: u32| format!("secret line {} of the goods\n", n.wrapping_mul(2_654_435_761)).into_bytes();
    (0..9000).flat_map(line).collect()
}

/// A demo whose parties write down whatever they can: neither what they wrote nor their files hold a secret
/// that does not belong there, in courses in which keys and goods travel by way of bank and notary.
fn demo_is_clean(way: &str, in_files: &[(&str, &[&str])]) {
    let folder = Folder::new(&format!("secrets-{way}"));
    let market = folder.join("market");
    let file = folder.join("goods.txt");
    std::fs::write(&file, goods()).unwrap();
    let mut demo = semper();
    demo.env("SEMPER_LOG", "trace").args(["--json", "demo", "--way", way, "--file"]).arg(&file);
    let demo = run(demo.arg("--data-dir").arg(&market));
    let story = String::from_utf8_lossy(&demo.stdout).into_owned();
    assert!(demo.status.success(), "{way}: {} {}", demo.status, story.split_at(story.len().saturating_sub(3000)).1);
    let logs = [demo.stdout, demo.stderr].concat();
    let phrase = std::fs::read_to_string(market.join("secrets/passphrase")).unwrap();
    let mut secrets = vec![Secret::new(NOBODY, "pass phrase", phrase.as_bytes())];
    for role in ["ca", "bank", "notary", "shop", "wallet"] {
        let directory = market.join(role);
        secrets.extend(master_key(&directory, &phrase).map(|key| Secret::new(NOBODY, "master key", &key)));
        let keys = private_keys(NOBODY, &directory, &phrase);
        assert!(keys.len() >= 2, "{role}: {}", keys.len());
        secrets.extend(keys);
    }
    let shares: Vec<Secret> = ["shop", "wallet"].iter().flat_map(|role| halves(role, &market.join(role))).collect();
    assert!(shares.len() >= 8, "{way}: both halves and what opens them, at both ends: {}", shares.len());
    // What the logs are searched for is found where it was written, and the logs tell a lot.
    let hunt = Hunt::new([secrets, shares, pieces("shop", &goods())].concat());
    assert!(String::from_utf8_lossy(&logs).contains("DEBUG"), "the logs are detailed");
    assert_eq!(hunt.deep(&logs), BTreeSet::new(), "{way}: in the logs");
    let planted = [&logs[..logs.len() / 2], phrase.as_bytes(), &logs[logs.len() / 2..]].concat();
    assert_eq!(hunt.deep(&planted).len(), 1, "{way}: the search finds what is there");
    for role in ["ca", "bank", "notary", "shop", "wallet"] {
        let allowed = in_files.iter().find(|(name, _)| *name == role).map_or(&[][..], |(_, what)| *what);
        let mut found = BTreeSet::new();
        for (secret, file) in hunt.below(&market.join(role)) {
            let kind = secret.what.split(' ').next().unwrap();
            assert!(allowed.contains(&kind), "{way}: {role} has in {}: {secret:?}", file.display());
            found.insert(kind);
        }
        assert_eq!(found, allowed.iter().copied().collect(), "{way}: {role} has what it must have");
    }
}

/// Both trade: halves of the content key, with what opens their commitments; the shop the goods too.
const SHOP: (&str, &[&str]) = ("shop", &["goods", "k", "r", "r_s", "s", "salt", "seed"]);
const WALLET: (&str, &[&str]) = ("wallet", &["k", "r", "r_s", "s", "salt"]);

#[test]
fn a_deal_leaves_no_secret_behind() {
    demo_is_clean("happy", &[("bank", &["salt"]), SHOP, WALLET]);
}

#[test]
fn a_key_that_passed_through_the_bank_leaves_only_itself() {
    demo_is_clean("contest-passed", &[("bank", &["k", "r", "salt"]), SHOP, WALLET]);
}

#[test]
fn a_complaint_leaves_only_what_proves_it() {
    demo_is_clean("wrong-file", &[("bank", &["salt"]), SHOP, WALLET]);
}

/// Resident memory in KiB: all of it, and what is not a file's.
fn resident(pid: u32) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let kib = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    (kib("VmRSS:"), kib("RssAnon:"))
}

#[test]
fn an_idle_party_is_small_and_quick() {
    // Pages of the program itself count too, and there are more of them when it is not optimised.
    const RESIDENT_KIB_MAX: u64 = if cfg!(debug_assertions) { 64 << 10 } else { 30 << 10 };
    const OWN_KIB_MAX: u64 = 10 << 10;
    let folder = Folder::new("measures");
    let market = Market::new(&folder);
    let mut parties = Vec::new();
    for role in ["bank", "notary", "shop", "wallet"] {
        assert!(market.start(role, &folder, &[]).stop());
    }
    for role in ["bank", "notary", "shop", "wallet"] {
        let started = Instant::now();
        let party = Party::start(role, &folder, &[]);
        let ready = started.elapsed();
        party.call(&json!({ "command": "who" }));
        let answered = started.elapsed().saturating_sub(ready);
        assert!(answered < Duration::from_secs(1), "{role}: {answered:?}");
        parties.push((role, party, ready, answered));
    }
    std::thread::sleep(Duration::from_millis(500));
    for (role, party, ready, answered) in &parties {
        let (all, own) = resident(party.pid());
        eprintln!("{role}: {all} KiB, {own} of them its own; ready after {ready:?}, first answer {answered:?} later");
        assert!(all < RESIDENT_KIB_MAX && own < OWN_KIB_MAX, "{role}: {all} KiB, {own} KiB");
    }
}
