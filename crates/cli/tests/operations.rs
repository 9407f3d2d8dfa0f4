//! What an operator can get wrong: each time an exit code, what happened, and what to do next, with
//! the command or option that helps. Nothing panics, nothing is half done.

use crate::common;

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{Folder, Market, Party, link, now, run, semper, serve};
use semper_base::Code;
use serde_json::{Value, json};

/// Asserts exit code, stable code and advice, in words for people.
fn fails(output: &Output, exit: i32, code: Code, advice: &str) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{text}");
    assert!(text.contains(&format!("[{}]", code.number())), "{code:?} not in: {text}");
    assert!(text.contains(advice), "{advice:?} not in: {text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[test]
fn a_market_whose_port_is_taken_makes_nothing() {
    let folder = Folder::new("market-port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let start = run(semper().args(["market", "--first-port", &port, "--data-dir"]).arg(folder.join("m")));
    fails(&start, 8, Code::PortTaken, "--first-port");
    assert!(!folder.join("m").exists());
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

/// A party that was made and stopped.
fn stopped(folder: &Folder) -> std::path::PathBuf {
    let party = Party::start("ca", folder, &[]);
    let directory = party.directory.clone();
    assert!(party.stop());
    directory
}

#[test]
fn pass_phrases() {
    let folder = Folder::new("phrases");
    let directory = folder.join("ca");
    let with = |phrase: &[u8]| {
        let file = folder.join("other");
        std::fs::write(&file, phrase).unwrap();
        run(semper().args(["serve", "ca", "--data-dir"]).arg(&directory).arg("--passphrase-file").arg(file))
    };
    fails(&with(b"short"), 2, Code::PassphraseWeak, "--passphrase-file");
    fails(&with(b"aaaaaaaaaaaaaaaaaaaa"), 2, Code::PassphraseWeak, "--passphrase-file");
    fails(&with(&[b'x'; 5000]), 2, Code::FileWrong, "too long");
    fails(&with(&[0xff; 20]), 2, Code::FileWrong, "UTF-8");
    assert!(!directory.exists(), "nothing is made for a pass phrase that will not do");
    let ask = run(semper().args(["serve", "ca", "--data-dir"]).arg(&directory));
    fails(&ask, 5, Code::CouldNotAsk, "--passphrase-file");
    let gone = run(semper().args(["serve", "ca", "--passphrase-file", "/nowhere", "--data-dir"]).arg(&directory));
    fails(&gone, 2, Code::FileWrong, "/nowhere");
    stopped(&folder);
    fails(&with(b"another-phrase-altogether"), 4, Code::PassphraseWrong, "--passphrase-file");
    let json = run(serve("ca", &folder, &directory).args(["--json", "--listen", "192.0.2.1:1"]));
    let error: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&error["event"], &error["code"]), (&json!("error"), &json!(Code::Network.number())), "{error}");
}

#[test]
fn databases() {
    let folder = Folder::new("databases");
    let directory = stopped(&folder);
    let database = directory.join("semper.db");
    let good = std::fs::read(&database).unwrap();
    let start = || run(&mut serve("ca", &folder, &directory));

    // The schema's version stands at byte 60 of the file (SQLite file format, section 1.3).
    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&database, newer).unwrap();
    fails(&start(), 1, Code::DatabaseNewer, "run the newer `semper`");

    let mut damaged = good.clone();
    damaged[4096..12_288].fill(0xa5);
    std::fs::write(&database, damaged).unwrap();
    fails(&start(), 1, Code::DatabaseCorrupt, "semper restore --data-dir");
    std::fs::write(&database, b"this is no database, whatever its name says").unwrap();
    fails(&start(), 1, Code::DatabaseCorrupt, "semper restore --data-dir");

    std::fs::remove_file(&database).unwrap();
    fails(&start(), 3, Code::DatabaseMissing, "delete that file");
    let show = run(semper().args(["deal", "show", "abc", "--data-dir"]).arg(folder.join("nothing")));
    fails(&show, 3, Code::NotFound, "semper serve");

    let doctor = || run(semper().args(["doctor", "--data-dir"]).arg(&directory));
    let sick = doctor();
    assert_eq!(sick.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&sick.stdout).contains("BAD  database"), "{sick:?}");
    std::fs::write(&database, good).unwrap();
    assert!(Party::start("ca", &folder, &[]).stop(), "and the good one still starts");
    let sound = doctor();
    assert!(sound.status.success() && String::from_utf8_lossy(&sound.stdout).contains("last active"), "{sound:?}");
}

#[test]
fn a_stale_copy_is_refused_until_the_operator_confirms() {
    let folder = Folder::new("stale");
    let market = Market::new(&folder);
    let bank = market.start("bank", &folder, &["--play-deposit", "500.00 EUR"]);
    let wallet = market.start("wallet", &folder, &["--consent", "nobody"]);
    let (directory, backup) = (bank.directory.clone(), folder.join("backup"));
    assert!(bank.stop());
    copy(&directory, &backup);
    let bank = Party::start("bank", &folder, &[]);
    link(&wallet, &bank, "bank", "nobody");
    wallet.until(&json!({ "command": "who" }), |who| who["links"].as_array().unwrap().len() == 2);
    wallet.call(&json!({ "command": "open-account", "currency": "EUR" }));
    let purse = wallet.until(&json!({ "command": "purse" }), |purse| purse["account"].is_string());
    assert!(bank.stop());
    copy(&backup, &directory);

    fails(&run(&mut serve("bank", &folder, &directory)), 1, Code::DatabaseStale, "semper restore --data-dir");
    let restore = |more: &[&str]| run(semper().args(["restore", "--data-dir"]).arg(&directory).args(more));
    let text = fails(&restore(&[]), 5, Code::CouldNotAsk, "--yes");
    assert!(text.contains("No other copy may run"), "{text}");
    fails(&run(&mut serve("bank", &folder, &directory)), 1, Code::DatabaseStale, "semper restore --data-dir");
    let agreed = restore(&["--yes"]);
    assert!(agreed.status.success() && String::from_utf8_lossy(&agreed.stdout).starts_with("Confirmed"), "{agreed:?}");
    let again = restore(&["--yes"]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("nothing to restore"), "{again:?}");

    // Its peers accept it again; what the lost database knew it has forgotten.
    let bank = Party::start("bank", &folder, &["--play-deposit", "500.00 EUR"]);
    link(&wallet, &bank, "bank", "nobody");
    assert!(bank.try_call(&json!({ "command": "balance", "account": purse["account"] })).is_err());
    let shop = market.start("shop", &folder, &[]);
    link(&shop, &bank, "bank", "self");
    shop.until(&json!({ "command": "who" }), |who| who["links"].as_array().unwrap().len() == 2);
    shop.call(&json!({ "command": "open-account", "currency": "EUR" }));
    shop.until(&json!({ "command": "purse" }), |purse| purse["account"].is_string());
}

#[test]
fn an_old_copy_that_its_peers_notice_finds_the_way_out() {
    let folder = Folder::new("peers-say-so");
    let market = Market::new(&folder);
    let bank = market.start("bank", &folder, &["--play-deposit", "500.00 EUR"]);
    let wallet = market.start("wallet", &folder, &["--consent", "nobody"]);
    link(&wallet, &bank, "bank", "nobody");
    wallet.until(&json!({ "command": "who" }), |who| who["links"].as_array().unwrap().len() == 2);
    let (directory, head) = (wallet.directory.clone(), wallet.directory.with_extension("head"));
    assert!(wallet.stop());
    let aside = (folder.join("aside"), folder.join("aside.head"));
    copy(&directory, &aside.0);
    copy(&head, &aside.1);
    let open_account = |wallet: &Party| wallet.call(&json!({ "command": "open-account", "currency": "EUR" }));
    let wallet = Party::start("wallet", &folder, &["--consent", "nobody"]);
    open_account(&wallet);
    wallet.until(&json!({ "command": "purse" }), |purse| purse["account"].is_string());
    assert!(wallet.stop());
    copy(&aside.0, &directory);
    std::fs::copy(&aside.1, &head).unwrap();

    // Nothing here shows that it is an old copy; the bank notices.
    let wallet = Party::start("wallet", &folder, &["--consent", "nobody"]);
    open_account(&wallet);
    let started = std::time::Instant::now();
    while !wallet.said().contains("semper restore --peers-say-so") {
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "{}", wallet.said());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(wallet.stop());
    let restore = |more: &[&str]| run(semper().args(["restore", "--data-dir"]).arg(&directory).args(more));
    let unneeded = restore(&["--yes"]);
    assert!(String::from_utf8_lossy(&unneeded.stdout).contains("semper restore --peers-say-so"), "{unneeded:?}");
    fails(&restore(&["--peers-say-so"]), 5, Code::CouldNotAsk, "--yes");
    assert!(restore(&["--peers-say-so", "--yes"]).status.success());
    // What waited goes out under a new number, and the bank takes it.
    let wallet = Party::start("wallet", &folder, &["--consent", "nobody"]);
    wallet.until(&json!({ "command": "purse" }), |purse| purse["account"].is_string());
}

#[test]
fn places() {
    let folder = Folder::new("places");
    let first = Party::start("ca", &folder, &[]);
    let second = run(&mut serve("ca", &folder, &first.directory));
    fails(&second, 8, Code::Locked, "--data-dir");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let output = run(serve("ca", &folder, &folder.join("port")).args(["--listen", &at]));
    fails(&output, 8, Code::PortTaken, "--listen");

    std::fs::write(folder.join("file"), b"").unwrap();
    let output = run(&mut serve("ca", &folder, &folder.join("file/ca")));
    fails(&output, 1, Code::Disk, "--data-dir");
    let closed = folder.join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o500)).unwrap();
    if std::fs::write(closed.join("probe"), b"").is_ok() {
        eprintln!("skipped: this user may write everywhere, so a closed directory cannot be tried");
    } else {
        let output = run(&mut serve("ca", &folder, &closed.join("ca")));
        fails(&output, 1, Code::Disk, "--data-dir");
    }
    let deep = folder.join(&"d".repeat(120));
    let output = run(&mut serve("ca", &folder, &deep));
    let text = fails(&output, 1, Code::Disk, "--data-dir");
    assert!(text.contains("too long for a socket"), "{text}");
}

#[test]
fn registration() {
    let folder = Folder::new("registration");
    let (market, other) = (Market::named(&folder, "ca"), Market::named(&folder, "other"));
    let directory = folder.join("bank");
    let start = |options: &[String]| run(serve("bank", &folder, &directory).args(options));
    let good = market.options("bank", "Bank");
    let change = |name: &str, value: &str| {
        let mut options = good.clone();
        let at = options.iter().position(|option| option == name).unwrap();
        options[at + 1] = value.to_owned();
        options
    };
    fails(&start(&[]), 2, Code::Usage, "--root");
    fails(&start(&change("--root", "/nowhere.pem")), 2, Code::FileWrong, "/nowhere.pem");
    let text = fails(&start(&change("--root", folder.phrase().to_str().unwrap())), 2, Code::FileWrong, "phrase");
    assert!(!text.contains(common::PHRASE), "{text}");
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut late = change("--ca", &dead);
    late.extend(["--wait".to_owned(), "1".to_owned()]);
    fails(&start(&late), 6, Code::Network, "see that the authority runs");
    let wrong_root = change("--root", other.root_file.to_str().unwrap());
    fails(&start(&wrong_root), 7, Code::CertificatePath, "--root");
    fails(&start(&change("--code", "0123456789")), 4, Code::EnrolmentCode, "--code");
    fails(&start(&change("--name", "Another Bank")), 4, Code::EnrolmentCode, "--name");
    // After all of these the right options still do.
    let options: Vec<&str> = good.iter().map(String::as_str).collect();
    assert!(Party::start("bank", &folder, &options).stop());
    let used = run(serve("bank", &folder, &folder.join("bank2")).args(&good));
    fails(&used, 4, Code::EnrolmentCode, "--code");
}

#[test]
fn deals_and_packs() {
    let folder = Folder::new("deals");
    let market = Market::new(&folder);
    let wallet = market.start("wallet", &folder, &["--consent", "nobody"]);
    let deal = |words: &[&str]| run(semper().arg("deal").args(words).arg("--data-dir").arg(&wallet.directory));
    fails(&deal(&["show", "no-such-deal"]), 3, Code::NotFound, "semper deal list");
    fails(&deal(&["show", ""]), 3, Code::NotFound, "semper deal list");
    let output = deal(&["list"]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("semper deal buy"));
    fails(&deal(&["buy", "the-file"]), 4, Code::AccountUnknown, "");
    let (bank, shop) = (market.start("bank", &folder, &[]), market.start("shop", &folder, &[]));
    link(&wallet, &bank, "bank", "nobody");
    // At once: it waits until the bank has answered.
    let opened = run(semper().args(["account", "--open", "--data-dir"]).arg(&wallet.directory));
    assert!(String::from_utf8_lossy(&opened.stdout).contains("account P-"), "{opened:?}");
    fails(&deal(&["buy", "the-file"]), 3, Code::NotFound, "not connected to shop");
    link(&wallet, &shop, "shop", "nobody");
    wallet.until(&json!({ "command": "who" }), |who| who["links"].as_array().unwrap().len() == 3);
    for _ in 0..2 {
        assert!(deal(&["buy", "nothing-on-sale"]).status.success());
    }
    fails(&deal(&["show", "0"]), 2, Code::Usage, "semper deal list");
    let export = deal(&["export", "no-such-deal", "-o", folder.join("p.zip").to_str().unwrap()]);
    fails(&export, 3, Code::NotFound, "semper deal list");
    assert!(!folder.join("p.zip").exists());
    let call = run(semper().args(["call", "{\"command\":\"fly\"}", "--data-dir"]).arg(&wallet.directory));
    fails(&call, 2, Code::Usage, "fly");
    let call = run(semper().args(["call", "{oops", "--data-dir"]).arg(&wallet.directory));
    fails(&call, 7, Code::JsonMalformed, "");

    let verify =
        |pack: &Path| run(semper().args(["evidence", "verify"]).arg(pack).arg("--root").arg(&market.root_file));
    let text = verify(&folder.phrase());
    assert_eq!(text.status.code(), Some(7), "{text:?}");
    let text = String::from_utf8_lossy(&text.stdout).into_owned() + &String::from_utf8_lossy(&text.stderr);
    assert!(text.contains("1501") && !text.contains("panicked"), "{text}");
    assert_eq!(verify(&folder.join("nowhere.zip")).status.code(), Some(3));
}

#[test]
fn a_pack_is_believed_under_its_own_root_only() {
    let folder = Folder::new("pack");
    let market = folder.join("market");
    let demo = run(semper().args(["--json", "demo", "--data-dir"]).arg(&market));
    assert!(demo.status.success(), "{demo:?}");
    let other = Market::named(&folder, "other");
    let verify = |root: &Path| {
        run(semper().args(["evidence", "verify"]).arg(market.join("evidence.zip")).arg("--root").arg(root))
    };
    let good = verify(&market.join("root.pem"));
    assert!(good.status.success(), "{good:?}");
    let bad = verify(&other.root_file);
    assert_eq!(bad.status.code(), Some(7));
    let text = String::from_utf8_lossy(&bad.stdout).to_lowercase();
    assert!(text.contains("root"), "{text}");
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let mut child = semper().arg("--help").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    let mut child = semper().args(["doctor"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty() && output.status.code().is_some(), "{output:?}");
}

/// A directory on a file system of its own, small enough to fill.
struct Small(std::path::PathBuf);

impl Small {
    fn mount(at: std::path::PathBuf) -> Option<Small> {
        std::fs::create_dir(&at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs"]).arg(&at).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Small(at))
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("ballast")).unwrap();
        for size in [65_536, 4096, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_stops_the_party_and_loses_nothing() {
    let folder = Folder::new("full");
    let Some(small) = Small::mount(folder.join("small")) else {
        return eprintln!("skipped: this user may not mount a small file system; the store's own test covers the rest");
    };
    let directory = small.0.join("ca");
    small.fill();
    let output = run(&mut serve("ca", &folder, &directory));
    fails(&output, 1, Code::DiskFull, "make room");
    small.free();
    let _ = std::fs::remove_dir_all(&directory);
    let _ = std::fs::remove_file(small.0.join("ca.head"));

    let mut party = Party::start_in("ca", &folder, &directory, &[]);
    let invite = |party: &Party, name: String| {
        let request = json!({ "command": "invite", "role": "buyer", "name": name, "certificates": ["statement"] });
        party.try_call(&request)
    };
    invite(&party, "Ann".to_owned()).unwrap();
    let log = party.log.clone();
    small.fill();
    let refused =
        (0..2000).find_map(|n| invite(&party, format!("{n}{}", "x".repeat(60))).err().map(|error| (n, error)));
    let (last, error) = refused.expect("a full disk cannot take everything");
    assert!(matches!(error.code(), Code::DiskFull | Code::Commit | Code::Network), "{error}");
    small.free();
    if invite(&party, "Bob".to_owned()).is_err() {
        assert_eq!(party.ends(), Some(1));
        drop(party);
        party = Party::start_in("ca", &folder, &directory, &[]);
    }
    let said = std::fs::read_to_string(log).unwrap_or_default();
    assert!(!said.contains("panicked"), "{said}");
    // What was answered stands; what was not answered can be asked for again.
    assert_eq!(invite(&party, "Ann".to_owned()).unwrap_err().code(), Code::NameTaken);
    if last > 0 {
        assert_eq!(invite(&party, format!("0{}", "x".repeat(60))).unwrap_err().code(), Code::NameTaken);
    }
    invite(&party, "Eve".to_owned()).unwrap();
    assert!(now().millis() > 0 && party.stop());
}
