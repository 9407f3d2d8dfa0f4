//! The script: starts the parties, introduces them, buys, waits, exports, verifies.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use semper_base::limits::CHUNK_BYTES;
use semper_base::{Blob64, Code, Error, Fault, Hash, Misuse, bytes};
use semper_blocks::certificate::pem;
use semper_node::control;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::child::Child;
use super::story::Story;
use crate::deal;
use crate::serve::Role;

/// How long the deal may take at all, on top of a generous rate for large files.
const DEAL_WAIT: Duration = Duration::from_secs(120);
/// The slowest rate at which a file is expected to move: 1 MiB a second.
const SLOWEST_RATE: u64 = 1 << 20;
/// Play money of a new account.
const PLAY_DEPOSIT: &str = "500.00 EUR";
/// The limit in the certificates of the play market.
const LIMIT: &str = "1000.00 EUR";
/// The id of the good.
const ITEM: &str = "the-file";

pub(super) struct Script<'a> {
    market: PathBuf,
    file: PathBuf,
    price: String,
    story: &'a Story,
    children: Vec<Child>,
}

impl<'a> Script<'a> {
    pub(super) fn new(market: &Path, file: &Path, price: &str, story: &'a Story) -> Result<Self, Error> {
        secret(market)?;
        let (market, file) = (market.to_path_buf(), file.to_path_buf());
        Ok(Script { market, file, price: price.to_owned(), story, children: Vec::new() })
    }

    /// Plays everything and returns the summary.
    pub(super) fn play(&mut self) -> Result<Value, Error> {
        std::thread::scope(|scope| {
            let result = self.parties(scope).and_then(|()| self.deal());
            // Watchers end with their parties.
            self.stop();
            result
        })
    }

    /// Starts the five parties and introduces them to each other.
    fn parties<'s>(&mut self, scope: &'s std::thread::Scope<'s, '_>) -> Result<(), Error>
    where
        'a: 's,
    {
        if self.market.join("wallet").exists() {
            return Err(Misuse::new(Code::StateWrong, "this directory holds a market already; name another").into());
        }
        let ca = self.start(scope, Role::Ca, &[])?;
        let root = ca_root(self.child(ca))?;
        write(&self.root_file(), root.0.as_bytes())?;
        self.story.tell("root", &format!("The market's root, in words: {}", root.1), json!({ "digits": root.2 }));
        for role in [Role::Bank, Role::Notary, Role::Shop, Role::Wallet] {
            let mut arguments = self.enrolment(role)?;
            match role {
                Role::Bank => arguments.extend(["--play-deposit".to_owned(), PLAY_DEPOSIT.to_owned()]),
                Role::Wallet => arguments.extend(["--consent".to_owned(), "script".to_owned()]),
                Role::Ca | Role::Notary | Role::Shop => {}
            }
            let child = self.start(scope, role, &arguments)?;
            let (pid, word) = (self.child(child).map_or(0, Child::pid), role.word());
            let more = json!({ "party": word, "pid": pid });
            self.story.tell("ready", &format!("{word}: runs as process {pid}, registered."), more);
        }
        self.introduce()
    }

    fn introduce(&self) -> Result<(), Error> {
        let link = |from: Role, to: Role, who: &str| -> Result<(), Error> {
            let socket = self.party(to)?.address.map(|address| address.to_string());
            let request = json!({
                "command": "link", "name": to.word(), "socket": socket, "server_name": to.host(), "as": who,
            });
            self.party(from)?.call(&request).map(|_| ())
        };
        link(Role::Notary, Role::Bank, "self")?;
        link(Role::Shop, Role::Bank, "self")?;
        link(Role::Shop, Role::Notary, "self")?;
        // The buyer shows its name to nobody until it orders; bank and notary never see it.
        link(Role::Wallet, Role::Bank, "nobody")?;
        link(Role::Wallet, Role::Notary, "nobody")?;
        link(Role::Wallet, Role::Shop, "nobody")?;
        for role in [Role::Shop, Role::Wallet] {
            let open = json!({ "command": "open-account", "currency": "EUR" });
            self.party(role)?.call_soon(&open)?;
            self.until(role, &json!({ "command": "purse" }), |purse| {
                purse.get("account").is_some_and(Value::is_string)
            })?;
        }
        self.until(Role::Shop, &json!({ "command": "who" }), |who| links(who) >= 3)?;
        self.until(Role::Wallet, &json!({ "command": "who" }), |who| links(who) >= 4)?;
        self.until(Role::Notary, &json!({ "command": "who" }), |who| links(who) >= 2)?;
        Ok(())
    }

    fn deal(&self) -> Result<Value, Error> {
        let hash = self.put_on_sale()?;
        let before = self.balances()?;
        let wallet = self.party(Role::Wallet)?;
        let bought = wallet.call(&json!({ "command": "buy", "shop": "shop", "item": ITEM }))?;
        let id = bought.get("deal").and_then(Value::as_str).unwrap_or_default().to_owned();
        let deal = self.finished(&id)?;
        let after = self.balances()?;
        let received = self.market.join("received").join(self.file.file_name().unwrap_or_default());
        let same = self.receive(&id, &received, &hash);
        let stage = deal.get("stage").and_then(Value::as_str).unwrap_or_default();
        let paid = stage == "settled" && same;
        let unharmed = matches!(stage, "released" | "refunded") && before == after;
        let outcome = if paid || unharmed { "fair" } else { "unfair" };
        let pack = self.market.join("evidence.zip");
        let evidence = deal::export(&wallet.directory, &id)?;
        write(&pack, &evidence)?;
        self.story.tell("evidence", &format!("wallet: Wrote the evidence pack, {} bytes.", evidence.len()), json!({}));
        Ok(json!({
            "event": "summary",
            "outcome": outcome,
            "deal": deal,
            "balances_before": before,
            "balances_after": after,
            "evidence_pack": pack,
            "root": self.root_file(),
            "received": received,
            "parties": self.parties_summary(),
            "registers": self.registers(&deal)?,
        }))
    }

    /// Brings the file to the shop, chunk by chunk. Returns its SHA-256.
    fn put_on_sale(&self) -> Result<Hash, Error> {
        let shop = self.party(Role::Shop)?;
        let unreadable = |e: std::io::Error| Misuse::new(Code::FileWrong, format!("{}: {e}", self.file.display()));
        let mut file = std::fs::File::open(&self.file).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let name = self.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        shop.call(&json!({
            "command": "goods-begin", "id": ITEM, "title": name, "price": self.price, "file_name": name,
            "media_type": "application/octet-stream", "length": length,
        }))?;
        let mut digest = Sha256::new();
        let (mut index, leaves) = (0_u64, length.div_ceil(u64::from(CHUNK_BYTES)).max(1));
        while index < leaves {
            let mut data = Vec::new();
            while data.len() < 4 && index + (data.len() as u64) < leaves {
                let mut chunk = Vec::new();
                (&mut file).take(u64::from(CHUNK_BYTES)).read_to_end(&mut chunk).map_err(unreadable)?;
                digest.update(&chunk);
                data.push(Blob64(chunk));
            }
            let count = data.len() as u64;
            shop.call(&json!({ "command": "goods-chunk", "id": ITEM, "index": index, "data": data }))?;
            index += count;
        }
        shop.call(&json!({ "command": "goods-end", "id": ITEM }))?;
        Ok(Hash(digest.finalize().into()))
    }

    /// Waits until the deal is over, telling how far the delivery is.
    fn finished(&self, id: &str) -> Result<Value, Error> {
        let length = std::fs::metadata(&self.file).map_or(0, |meta| meta.len());
        let limit = DEAL_WAIT + Duration::from_secs(length / SLOWEST_RATE * 2);
        let (wallet, started) = (self.party(Role::Wallet)?, Instant::now());
        let mut told = 0;
        loop {
            let deal = wallet.call(&json!({ "command": "deal", "deal": id }))?;
            let word = deal.get("word").and_then(Value::as_str).unwrap_or_default();
            if matches!(word, "closed" | "withdrawn") {
                return Ok(deal);
            }
            told = self.progress(&deal, told);
            if started.elapsed() > limit {
                let text = format!("the deal is still {word} after {} s", limit.as_secs());
                return Err(Fault::new(Code::Pending, text).into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Tells every tenth of a delivery that takes more than a few windows.
    fn progress(&self, deal: &Value, told: u64) -> u64 {
        let number = |pointer: &str| deal.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        let (here, of) = (number("/chunks/here"), number("/chunks/of"));
        let tenth = (here * 10).checked_div(of).unwrap_or(0);
        if of > 100 && tenth > told && here < of {
            let more = json!({ "here": here, "of": of });
            self.story.tell("progress", &format!("wallet: {here} of {of} encrypted chunks are here."), more);
            return tenth;
        }
        told
    }

    fn receive(&self, id: &str, output: &Path, hash: &Hash) -> bool {
        let _ = std::fs::create_dir_all(self.market.join("received"));
        let Ok(wallet) = self.party(Role::Wallet) else { return false };
        deal::save(&wallet.directory, id, output).is_ok() && file_hash(output).as_ref() == Some(hash)
    }

    fn balances(&self) -> Result<Value, Error> {
        let balance = |role: Role| -> Result<Value, Error> {
            let purse = self.party(role)?.call(&json!({ "command": "purse" }))?;
            let account = purse.get("account").cloned().unwrap_or_default();
            let reply = self.party(Role::Bank)?.call(&json!({ "command": "balance", "account": account }))?;
            Ok(reply.get("available").cloned().unwrap_or_default())
        };
        Ok(json!({ "buyer": balance(Role::Wallet)?, "seller": balance(Role::Shop)? }))
    }

    fn registers(&self, deal: &Value) -> Result<Vec<Value>, Error> {
        let xid = deal.get("xid").cloned().unwrap_or_default();
        let mut registers = Vec::new();
        for role in [Role::Bank, Role::Notary] {
            let rows = self.party(role)?.call(&json!({ "command": "rows", "xid": xid }))?;
            registers.push(json!({ "register": role.word(), "xid": xid, "rows": rows.get("rows") }));
        }
        Ok(registers)
    }

    fn parties_summary(&self) -> Value {
        let party =
            |child: &Child| (child.role.word().to_owned(), json!({ "database": child.database(), "pid": child.pid() }));
        Value::Object(self.children.iter().map(party).collect())
    }

    fn start<'s>(
        &mut self,
        scope: &'s std::thread::Scope<'s, '_>,
        role: Role,
        arguments: &[String],
    ) -> Result<usize, Error>
    where
        'a: 's,
    {
        let child = Child::start(role, &self.market, arguments)?;
        let (directory, story) = (child.directory.clone(), self.story);
        scope.spawn(move || {
            if let Ok(notices) = control::notices(&directory) {
                notices.map_while(Result::ok).for_each(|notice| story.notice(role.word(), &notice));
            }
        });
        self.children.push(child);
        Ok(self.children.len() - 1)
    }

    fn enrolment(&self, role: Role) -> Result<Vec<String>, Error> {
        let name = match role {
            Role::Ca => "Semper play market",
            Role::Bank => "First Play Bank",
            Role::Notary => "Play Notary",
            Role::Shop => "Corner Shop",
            Role::Wallet => "Bea Buyer",
        };
        let (market_role, certificates) = (market_role(role), role.certificates());
        let ca = self.party(Role::Ca)?;
        let invited = ca.call(&json!({
            "command": "invite", "role": market_role, "name": name, "certificates": certificates,
            "limit": LIMIT, "warranty": LIMIT,
        }))?;
        let code = invited.get("code").and_then(Value::as_str).unwrap_or_default();
        let address = ca.address.map(|address| address.to_string()).unwrap_or_default();
        let root = self.root_file().display().to_string();
        let pairs = [("--name", name), ("--code", code), ("--ca", &address), ("--root", &root)];
        Ok(pairs.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()]).collect())
    }

    fn child(&self, index: usize) -> Option<&Child> {
        self.children.get(index)
    }

    fn party(&self, role: Role) -> Result<&Child, Error> {
        let child = self.children.iter().find(|child| child.role == role);
        child.ok_or_else(|| Misuse::new(Code::NotFound, role.word()).into())
    }

    /// Repeats a question until the answer is what we wait for.
    fn until(&self, role: Role, question: &Value, done: impl Fn(&Value) -> bool) -> Result<(), Error> {
        let started = Instant::now();
        while started.elapsed() < DEAL_WAIT {
            if self.party(role)?.call(question).is_ok_and(|answer| done(&answer)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(Fault::new(Code::Pending, format!("the {} is not ready: {question}", role.word())).into())
    }

    pub(super) fn stop(&mut self) {
        self.children.iter_mut().rev().for_each(Child::stop);
    }

    fn root_file(&self) -> PathBuf {
        self.market.join("root.pem")
    }

    /// What to try next.
    pub(super) fn hints(&self) -> String {
        let at = |role: &str| self.market.join(role).display().to_string();
        let (market, root) = (self.market.display(), self.root_file());
        format!(
            "semper evidence verify {market}/evidence.zip --root {}\n  semper deal list --data-dir {}\n  semper ledger check {}",
            root.display(),
            at("wallet"),
            at("bank"),
        )
    }
}

fn links(who: &Value) -> usize {
    who.get("links").and_then(Value::as_array).map_or(0, Vec::len)
}

/// The word that certificates have for a party's role.
fn market_role(role: Role) -> &'static str {
    match role {
        Role::Ca => "authority",
        Role::Bank => "bank",
        Role::Notary => "notary",
        Role::Shop => "seller",
        Role::Wallet => "buyer",
    }
}

/// The root as PEM, words and digits.
fn ca_root(ca: Option<&Child>) -> Result<(String, String, String), Error> {
    let ca = ca.ok_or_else(|| Misuse::new(Code::NotFound, "ca"))?;
    let reply = ca.call(&json!({ "command": "root" }))?;
    let text = |name: &str| reply.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let der = bytes::decode(&text("root"))?;
    Ok((pem::to_pem(pem::Label::Certificate, &der)?, text("words"), text("digits")))
}

/// One pass phrase for all parties of the play market, readable by its owner alone.
fn secret(market: &Path) -> Result<(), Error> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = market.join("secrets/passphrase");
    let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("{}: {e}", file.display()));
    std::fs::create_dir_all(market.join("secrets")).map_err(disk)?;
    if file.exists() {
        return Ok(());
    }
    let mut random = [0_u8; 16];
    semper_support::crypto::Crypto::random(&semper_crypto_aws_lc::AwsLc::new(), &mut random);
    let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
    options.and_then(|mut open| open.write_all(semper_base::hash::hex(&random).as_bytes())).map_err(disk)?;
    Ok(())
}

fn write(file: &Path, content: &[u8]) -> Result<(), Error> {
    std::fs::write(file, content).map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", file.display())).into())
}

fn file_hash(file: &Path) -> Option<Hash> {
    let mut file = std::fs::File::open(file).ok()?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0_u8; CHUNK_BYTES as usize];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(Hash(digest.finalize().into())),
            count => digest.update(buffer.get(..count)?),
        }
    }
}
