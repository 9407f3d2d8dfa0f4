//! After a whole deal, and while a party runs: no pass phrase, no private key and no half of a content
//! key stands anywhere but where it belongs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{Folder, Market, PHRASE, Party, open, run, semper};
use semper_base::{Hash, KeyId, bytes, hash};
use semper_support::crypto::Keyring;
use semper_support::crypto::keyring::MasterRecord;
use serde_json::{Value, json};

/// A secret in all the forms in which somebody might write it down.
struct Secret {
    what: String,
    forms: Vec<Vec<u8>>,
}

impl Secret {
    fn new(what: &str, raw: &[u8]) -> Self {
        let (hex, base64) = (hash::hex(raw), bytes::encode(raw));
        let forms = vec![raw.to_vec(), hex.to_ascii_uppercase().into_bytes(), hex.into_bytes(), base64.into_bytes()];
        Secret { what: what.to_owned(), forms }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        self.forms.iter().any(|form| find(text, form))
    }
}

fn find(text: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return false };
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| byte == first) {
        if text[from + at + 1..].starts_with(rest) {
            return true;
        }
        from += at + 1;
    }
    false
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            files(&path, found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}

/// Every private key on a party's books, and its master key's wrapping opened.
fn private_keys(directory: &Path, phrase: &str) -> Vec<Secret> {
    let db = open(directory);
    let row: Vec<u8> =
        db.query_row("SELECT value FROM row WHERE key = 'keyring/master'", [], |row| row.get(0)).unwrap();
    let record: MasterRecord = serde_json::from_slice(&row).unwrap();
    let keyring = Keyring::unlock(&record, phrase).unwrap();
    let mut statement = db.prepare("SELECT key, value FROM row WHERE key LIKE 'key/%'").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
    let secret = |row: Result<(String, Vec<u8>), _>| {
        let (key, wrapped) = row.unwrap();
        let id = KeyId(Hash::from_hex(key.strip_prefix("key/").unwrap()).unwrap());
        let pair = keyring.unwrap_key(id, &wrapped).unwrap();
        Secret::new(&key, pair.secret.danger_bytes())
    };
    rows.map(secret).collect()
}

/// Every value of these names in any JSON that a party keeps in clear: halves of content keys.
fn halves(value: &Value, found: &mut Vec<Secret>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str().map(bytes::decode) {
                    Some(Ok(raw))
                        if raw.len() == 32 && ["k", "r", "s", "share", "key_half", "salt"].contains(&name.as_str()) =>
                    {
                        found.push(Secret::new(&format!("content key half {name}"), &raw));
                    }
                    _ => halves(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| halves(item, found)),
        _ => {}
    }
}

#[test]
fn a_deal_leaves_no_secret_behind() {
    let folder = Folder::new("secrets");
    let market = folder.join("market");
    let demo = run(semper().env("SEMPER_LOG", "trace").args(["--json", "demo", "--data-dir"]).arg(&market));
    assert!(demo.status.success());
    let logs = [demo.stdout, demo.stderr].concat();
    assert!(find(&logs, b"DEBUG"), "the logs are detailed");
    let phrase = std::fs::read_to_string(market.join("secrets/passphrase")).unwrap();
    let mut secrets = vec![Secret::new("pass phrase", phrase.as_bytes())];
    let mut shares = Vec::new();
    for role in ["ca", "bank", "notary", "shop", "wallet"] {
        let keys = private_keys(&market.join(role), &phrase);
        assert!(keys.len() >= 2, "{role}: {}", keys.len());
        secrets.extend(keys);
        let db = open(&market.join(role));
        let mut statement = db
            .prepare("SELECT value FROM row WHERE key LIKE 'dgp/%' OR key LIKE 'deal/%' OR key LIKE 'sale/%'")
            .unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let value: Vec<u8> = row.get(0).unwrap();
            halves(&serde_json::from_slice(&value).unwrap_or_default(), &mut shares);
        }
    }
    assert!(shares.len() >= 4, "both halves, at both ends: {}", shares.len());
    let mut all = Vec::new();
    files(&market, &mut all);
    assert!(all.len() > 15, "{all:?}");
    for file in all.iter().filter(|file| !file.ends_with("secrets/passphrase")) {
        let content = std::fs::read(file).unwrap();
        for secret in &secrets {
            assert!(!secret.is_in(&content), "{} is in {}", secret.what, file.display());
        }
    }
    for secret in secrets.iter().chain(&shares) {
        assert!(!secret.is_in(&logs), "{} is in the logs", secret.what);
    }
}

/// Readable, private memory of a process, in pieces.
fn memory(pid: u32) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let mut file = std::fs::File::open(format!("/proc/{pid}/mem"))?;
    let mut pieces = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut piece = vec![0; usize::try_from(to - from).unwrap()];
        file.seek(SeekFrom::Start(from))?;
        if file.read_exact(&mut piece).is_ok() {
            pieces.push((line.to_owned(), piece));
        }
    }
    Ok(pieces)
}

#[test]
fn a_running_party_has_forgotten_the_pass_phrase() {
    let folder = Folder::new("memory");
    let market = Market::new(&folder);
    let created = market.start("wallet", &folder, &["--consent", "nobody"]);
    let Ok(pieces) = memory(created.pid()) else {
        return eprintln!("skipped: this user may not read the memory of its own processes");
    };
    let own = created.directory.display().to_string();
    assert!(pieces.iter().any(|(_, piece)| find(piece, own.as_bytes())), "the search finds what is there");
    let clean = |pieces: &[(String, Vec<u8>)], when: &str| {
        for (place, piece) in pieces {
            // An allocator overwrites the first bytes of what it takes back: the end would stay.
            let end = PHRASE.split_at(16).1;
            assert!(!find(piece, end.as_bytes()), "{when}: the pass phrase is in {place}");
        }
    };
    clean(&pieces, "just made");
    assert!(created.stop());
    let again = Party::start("wallet", &folder, &["--consent", "nobody"]);
    clean(&memory(again.pid()).unwrap(), "started again");
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
    const RESIDENT_KIB_MAX: u64 = if cfg!(debug_assertions) { 40 << 10 } else { 30 << 10 };
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
