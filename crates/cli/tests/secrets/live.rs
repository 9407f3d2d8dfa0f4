//! One deal between five running processes, which stay running; then their memory and their files are looked
//! through.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use aws_lc_rs::hkdf;
use semper_base::bytes;
use serde_json::{Value, json};

use crate::common::{Folder, Market, PHRASE, Party, link, open, run, semper, serve};
use crate::hunt::{Hunt, Secret};
use crate::{NOBODY, goods, halves, master_key, pieces, private_keys};

struct Street {
    folder: Folder,
    market: Market,
    bank: Party,
    notary: Party,
    shop: Party,
    wallet: Party,
}

impl Street {
    fn new(name: &str) -> Street {
        let folder = Folder::new(name);
        let market = Market::traceable(&folder);
        let start = |role: &str, more: &[&str]| market.start(role, &folder, &[&["--traceable"], more].concat());
        let bank = start("bank", &["--play-deposit", "500.00 EUR"]);
        let (notary, shop) = (start("notary", &[]), start("shop", &[]));
        let wallet = start("wallet", &["--consent", "script"]);
        link(&notary, &bank, "bank", "self");
        link(&shop, &bank, "bank", "self");
        link(&shop, &notary, "notary", "self");
        link(&wallet, &bank, "bank", "nobody");
        link(&wallet, &notary, "notary", "nobody");
        link(&wallet, &shop, "shop", "nobody");
        for party in [&shop, &wallet] {
            party.until(&json!({ "command": "open-account", "currency": "EUR" }), |_| true);
            party.until(&json!({ "command": "purse" }), |purse| purse["account"].is_string());
        }
        let met = |count: usize| move |who: &Value| who["links"].as_array().is_some_and(|links| links.len() >= count);
        shop.until(&json!({ "command": "who" }), met(3));
        wallet.until(&json!({ "command": "who" }), met(4));
        notary.until(&json!({ "command": "who" }), met(2));
        Street { folder, market, bank, notary, shop, wallet }
    }

    /// Sells a file; returns when both sides know that it is settled.
    fn deal(&self) {
        let file = self.folder.join("goods.txt");
        std::fs::write(&file, goods()).unwrap();
        let add = ["shop", "add", "--id", "book", "--title", "A book", "--price", "4.90 EUR", "--data-dir"];
        let added = run(semper().args(add).arg(&self.shop.directory).arg(&file));
        assert!(added.status.success(), "{added:?}");
        std::fs::remove_file(&file).unwrap();
        let bought = self.wallet.call(&json!({ "command": "buy", "shop": "shop", "item": "book" }));
        let ask = json!({ "command": "deal", "deal": bought["deal"] });
        self.wallet.until(&ask, |deal| deal["stage"] == "settled");
        self.shop.until(&json!({ "command": "sales" }), |sales| sales["sales"][0]["stage"] == "settled");
    }

    fn parties(&self) -> [(&'static str, &Party); 5] {
        let Street { market, bank, notary, shop, wallet, .. } = self;
        [("ca", &market.ca), ("bank", bank), ("notary", notary), ("shop", shop), ("wallet", wallet)]
    }

    fn secrets(&self) -> Vec<Secret> {
        let mut all = vec![Secret::new(NOBODY, "pass phrase", PHRASE.as_bytes())];
        for (role, party) in self.parties() {
            let [stretched, master] = master_key(&party.directory, PHRASE);
            all.push(Secret::new(NOBODY, &format!("stretched pass phrase of the {role}"), &stretched));
            all.push(Secret::new(role, "master key", &master));
            all.extend(private_keys(role, &party.directory, PHRASE));
            all.extend(halves(role, &party.directory));
        }
        all.push(Secret::new(NOBODY, "content key", &content_key(&self.shop.directory)));
        all.extend(pieces("shop wallet", &goods()));
        all
    }
}

/// The key that the chunks were encrypted with, which nobody keeps: RFC 5869 over both halves.
fn content_key(shop: &Path) -> Vec<u8> {
    let row = |like: &str| -> Value {
        let sql = "SELECT value FROM row WHERE key LIKE ?1";
        let row: Vec<u8> = open(shop).query_row(sql, [like], |row| row.get(0)).unwrap();
        serde_json::from_slice(&row).unwrap()
    };
    let (sale, good) = (row("sale/%"), row("goods/%"));
    let half = |name: &str| bytes::decode(find(&sale, name).unwrap().as_str().unwrap()).unwrap();
    let root = semper_base::Hash::from_hex(good["root"].as_str().unwrap()).unwrap();
    let length = good["layout"]["length"].as_u64().unwrap().to_be_bytes();
    let chunk = u32::try_from(good["layout"]["chunk"].as_u64().unwrap()).unwrap().to_be_bytes();
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(&[half("k"), half("s")].concat());
    let mut key = vec![0; 32];
    let info: &[&[u8]] = &[b"semper-content/1", root.bytes(), &length, &chunk];
    secret.expand(info, hkdf::HKDF_SHA256).unwrap().fill(&mut key).unwrap();
    key
}

/// The first member of this name, however deep.
fn find<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => {
            members.get(name).filter(|value| value.is_string()).or_else(|| members.values().find_map(|v| find(v, name)))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        _ => None,
    }
}

/// Private keys and master keys are in the memory of whoever signs with them and nowhere else; halves of
/// content keys and the goods at buyer and seller; pass phrases and content keys nowhere.
#[test]
fn running_parties_hold_what_is_theirs_and_nothing_else() {
    let street = Street::new("live");
    street.deal();
    let hunt = Hunt::new(street.secrets());
    for (role, party) in street.parties() {
        let Ok(found) = hunt.inside(party.pid()) else {
            return eprintln!("skipped: this user may not read the memory of its own processes");
        };
        for secret in &found {
            assert!(secret.owner.split(' ').any(|owner| owner == role), "{role} has in memory: {secret:?}");
        }
        // The search finds what is there: keys in use, what a deal is about, what is on sale.
        let holds = |what: &str| found.iter().any(|secret| secret.what.starts_with(what));
        assert!(holds("master key") && holds("key/"), "{role}");
        let trades = role == "shop" || role == "wallet";
        assert_eq!((holds("k in"), holds("s in"), holds("goods")), (trades, trades, trades), "{role}");
        for (secret, file) in hunt.below(&party.directory) {
            let own = secret.owner.split(' ').any(|owner| owner == role);
            let kept = own && !secret.what.starts_with("key/") && secret.what != "master key";
            assert!(kept, "{role} has in {}: {secret:?}", file.display());
        }
    }
}

#[test]
fn a_running_party_has_forgotten_the_pass_phrase() {
    let folder = Folder::new("memory");
    let market = Market::new(&folder);
    let created = market.start("wallet", &folder, &["--consent", "nobody", "--traceable"]);
    let own = created.directory.display().to_string();
    let phrase = Secret::new(NOBODY, "pass phrase", PHRASE.as_bytes());
    let hunt = Hunt::new(vec![phrase, Secret::new("wallet", "directory", own.as_bytes())]);
    let clean = |party: &Party, when: &str| match hunt.inside(party.pid()) {
        Ok(found) => {
            let found: Vec<&str> = found.into_iter().map(|secret| secret.what.as_str()).collect();
            assert_eq!(found, ["directory"], "{when}");
        }
        Err(_) => eprintln!("skipped: this user may not read the memory of its own processes"),
    };
    clean(&created, "just made");
    assert!(created.stop());
    clean(&Party::start("wallet", &folder, &["--consent", "nobody", "--traceable"]), "started again");
}

/// Kills a party so that a core file is written if one may be.
fn aborted(folder: &Folder, name: &str, more: &[&str]) -> ExitStatus {
    let directory = folder.join(name);
    let plain = serve("ca", folder, &directory);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -c unlimited && exec \"$0\" \"$@\""]).arg(plain.get_program()).args(plain.get_args());
    command.args(more).current_dir(&folder.0).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let mut ready = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut ready, &mut line).unwrap();
    assert!(line.contains("ready"), "{line}");
    let kill = Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    child.wait().unwrap()
}

/// A core file would hold every key that is in memory.
#[test]
fn a_crash_leaves_no_core_file() {
    let folder = Folder::new("core");
    if !aborted(&folder, "open", &["--traceable"]).core_dumped() {
        return eprintln!("skipped: this machine writes no core files");
    }
    assert!(!aborted(&folder, "closed", &[]).core_dumped());
}
