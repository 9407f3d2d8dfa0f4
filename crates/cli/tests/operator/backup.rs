//! Backups: made while the party runs, checked, put back, and every way in which one can be wrong.

use std::path::{Path, PathBuf};
use std::process::Output;

use semper_base::Code;
use serde_json::{Value, json};

use super::common::{Folder, Market, PHRASE, Party, run, semper, serve};
use super::{fails, names, works};

fn backup(words: &[&str], phrase: &Path) -> Output {
    run(semper().arg("backup").args(words).arg("--passphrase-file").arg(phrase))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_backup_of_a_running_party_is_whole_and_goes_on() {
    let folder = Folder::new("backup");
    let market = Market::new(&folder);
    let shop = market.start("shop", &folder, &[]);
    let goods = folder.join("goods.txt");
    std::fs::write(&goods, vec![b'g'; 200_000]).unwrap();
    let add = ["shop", "add", "--data-dir", text(&shop.directory), "--id", "g", "--title", "G", "--price", "4.90 EUR"];
    works(&run(semper().args(add).arg(&goods)));
    let (out, phrase) = (folder.join("shop.age"), folder.phrase());
    let create = ["create", "--data-dir", text(&shop.directory), "--out", text(&out)];
    let said = works(&backup(&create, &phrase));
    assert!(said.contains("Play shop"), "{said}");
    fails(&backup(&create, &phrase), 1, Code::Disk, "exists");
    assert!(!names(&shop.directory).iter().any(|name| name.starts_with("scratch")), "the copy is gone");

    // Age's own format, for its owner alone, and nothing readable in it.
    let bytes = std::fs::read(&out).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    for plain in [b"SQLite format 3".as_slice(), b"Play shop", b"semper.db", &[b'g'; 64], PHRASE.as_bytes()] {
        assert!(!bytes.windows(plain.len()).any(|window| window == plain), "{}", String::from_utf8_lossy(plain));
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&out).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let json = run(semper().args(["--json", "backup", "verify", text(&out), "--passphrase-file"]).arg(&phrase));
    let holds: Value = serde_json::from_str(&works(&json)).unwrap();
    assert_eq!((&holds["holds"]["role"], &holds["holds"]["name"]), (&json!("seller"), &json!("Play shop")));

    // The shop acts once more; then its directory is lost, and the backup takes its place.
    let rename =
        ["shop", "add", "--data-dir", text(&shop.directory), "--id", "h", "--title", "H", "--price", "1.00 EUR"];
    works(&run(semper().args(rename).arg(&goods)));
    let directory = shop.directory.clone();
    assert!(shop.stop());
    let restore = ["restore", text(&out), "--data-dir", text(&directory)];
    fails(&backup(&restore, &phrase), 2, Code::FileWrong, "something already");
    std::fs::remove_dir_all(&directory).unwrap();
    let said = works(&backup(&restore, &phrase));
    assert!(said.contains("commits came after it") && said.contains("semper restore"), "{said}");
    fails(&run(&mut serve("shop", &folder, &directory)), 1, Code::Recovering, "semper restore --data-dir");
    works(&run(semper().args(["restore", "--yes", "--data-dir", text(&directory)])));
    let shop = Party::start("shop", &folder, &[]);
    let sold = shop.call(&json!({ "command": "goods" }));
    let ids: Vec<&str> = sold["goods"].as_array().unwrap().iter().map(|good| good["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["g"], "what came later is gone");
    assert!(names(&directory.join("blobs")).len() == 1, "the goods came back too");
}

/// A party of its own and its backup.
fn stopped(folder: &Folder) -> (PathBuf, PathBuf) {
    let party = Party::start("ca", folder, &[]);
    let directory = party.directory.clone();
    assert!(party.stop());
    let out = folder.join("ca.age");
    works(&backup(&["create", "--data-dir", text(&directory), "--out", text(&out)], &folder.phrase()));
    (directory, out)
}

#[test]
fn what_is_wrong_with_a_backup_is_said() {
    let folder = Folder::new("wrong");
    let (directory, out) = stopped(&folder);
    let before = names(&std::env::temp_dir()).into_iter().filter(|name| name.starts_with("scratch-")).count();
    let other = folder.join("other");
    std::fs::write(&other, "another-phrase-altogether").unwrap();
    let create = |to: &str| backup(&["create", "--data-dir", text(&directory), "--out", to], &other);
    fails(&create(text(&folder.join("x.age"))), 4, Code::PassphraseWrong, "--passphrase-file");
    assert!(!folder.join("x.age").exists());
    let verify = |file: &Path, phrase: &Path| backup(&["verify", text(file)], phrase);
    fails(&verify(&out, &other), 4, Code::PassphraseWrong, "does not open");
    fails(&verify(&folder.phrase(), &folder.phrase()), 2, Code::FileWrong, "no backup");

    let good = std::fs::read(&out).unwrap();
    let bad = folder.join("bad.age");
    let spoiled = |bytes: &[u8]| {
        std::fs::write(&bad, bytes).unwrap();
        let new = folder.join("new");
        let restored = backup(&["restore", text(&bad), "--data-dir", text(&new)], &folder.phrase());
        assert!(!restored.status.success() && !new.exists(), "{restored:?}");
        assert!(!folder.join("new.restoring").exists());
        verify(&bad, &folder.phrase())
    };
    // A cut at a border of age's chunks (64 KiB and a tag after head and nonce) is a cut all the same.
    let head = good.windows(4).position(|bytes| bytes == b"\n---").unwrap() + 4 + 45 + 16;
    fails(&spoiled(&good[..head + 65_536 + 16]), 2, Code::FileWrong, "cut off");
    fails(&spoiled(&good[..good.len() - 1]), 2, Code::FileWrong, "cut off");
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    fails(&spoiled(&changed), 2, Code::FileWrong, "was changed");
    let after = names(&std::env::temp_dir()).into_iter().filter(|name| name.starts_with("scratch-")).count();
    assert!(after <= before, "what was unpacked is gone");
}

#[test]
fn a_backup_for_a_key() {
    let folder = Folder::new("key");
    let (directory, _) = stopped(&folder);
    // The scalar is SHA-256 of "semper test identity"; of no use but here.
    let (secret, public) = KEY;
    let (out, identity) = (folder.join("k.age"), folder.join("identity"));
    std::fs::write(&identity, format!("# a comment\n{secret}\n")).unwrap();
    let create = |recipient: &str, out: &Path| {
        run(semper()
            .args(["backup", "create", "--data-dir", text(&directory), "--recipient", recipient, "--out"])
            .arg(out))
    };
    fails(&create("age1nonsense", &folder.join("y.age")), 2, Code::Usage, "--recipient");
    works(&create(public, &out));
    fails(&backup(&["verify", text(&out)], &folder.phrase()), 2, Code::FileWrong, "--identity");
    works(&backup(&["verify", text(&out), "--identity", text(&identity)], &folder.phrase()));
    let other = folder.join("other");
    std::fs::write(&other, "another-phrase-altogether").unwrap();
    let wrong = backup(&["verify", text(&out), "--identity", text(&identity)], &other);
    fails(&wrong, 4, Code::PassphraseWrong, "--passphrase-file");
}

const KEY: (&str, &str) = (
    "AGE-SECRET-KEY-1R4QMXCE22H429X3R7SPRHLA50DRCQ4MVV245D7TPMMK68J6L55LQTY89ZV",
    "age1ywus3z7xcjcyj6s4kn2fn7nqjur0phwskyftja3ud63dled8pyuq324dxs",
);
