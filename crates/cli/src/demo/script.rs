//! The script: puts a file on sale, buys it in one of the ways, waits, exports the evidence, verifies it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use semper_base::limits::CHUNK_BYTES;
use semper_base::{Blob64, Code, Error, Fault, Hash, Misuse};
use semper_crypto_aws_lc::AwsLc;
use semper_services::bank::Bank;
use semper_services::common::Logic;
use semper_services::notary::Notary;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::child::is_away;
use super::crash::Crashes;
use super::facts::{Balances, Facts, available, convicted};
use super::market::{Market, write};
use super::network::Pair;
use super::story::Story;
use super::way::{Act, Plan};
use crate::serve::{self, Role};
use crate::{deal, evidence, stamp};

/// How long the deal may take at all, on top of a generous rate for large files.
const DEAL_WAIT: Duration = Duration::from_mins(2);
/// How long the shop may take to hear how it ended.
const NEWS_WAIT: Duration = Duration::from_secs(30);
/// The slowest rate at which a file is expected to move: 1 MiB a second.
const SLOWEST_RATE: u64 = 1 << 20;
/// How long nothing must happen before the script goes on. Acknowledgements are written down in half a second.
const PAUSE: Duration = Duration::from_millis(2500);
/// How long nothing must happen at the end. Whoever tried in vain for some time tries again ever more rarely.
const END: Duration = Duration::from_secs(20);
/// How often a connection is cut.
const CUTS: u32 = 4;
/// How long it works in between: as long as a few messages take.
const MENDED: Duration = Duration::from_millis(200);
/// How often an impatient buyer asks.
const ASK_PAUSE: Duration = Duration::from_millis(300);
/// The id of a good that does not exist.
const NOTHING: &str = "nothing";
/// The id of the good.
const ITEM: &str = "the-file";

/// What is played.
#[derive(Clone)]
pub(super) struct Play {
    pub(super) plan: Plan,
    pub(super) file: PathBuf,
    pub(super) price: String,
    pub(super) times: Option<String>,
    /// Kills this party without warning, this long after the buyer's wish, and starts it again.
    pub(super) kill: Option<(Role, Duration)>,
    /// Cuts parties off at crash points.
    pub(super) crashes: Option<Arc<Crashes>>,
    /// Cuts the connections between these again and again, each time for so long.
    pub(super) cut: Option<(Vec<Pair>, Duration)>,
}

pub(super) struct Script<'a> {
    pub(super) market: Market<'a>,
    pub(super) play: Play,
    pub(super) story: &'a Story,
}

impl<'a> Script<'a> {
    pub(super) fn new(directory: &Path, play: Play, story: &'a Story) -> Result<Self, Error> {
        let mut market = Market::new(directory, play.crashes.clone(), story)?;
        market.network = play.cut.as_ref().map(|_| Arc::default());
        Ok(Script { market, play, story })
    }

    /// Plays everything and returns the summary.
    pub(super) fn play(&mut self) -> Result<Value, Error> {
        std::thread::scope(|scope| {
            let started = self.market.start(scope, &self.play.plan, self.play.times.as_deref());
            let result = started.and_then(|()| self.deal());
            // Watchers end with their parties.
            self.stop();
            result
        })
    }

    fn deal(&mut self) -> Result<Value, Error> {
        self.quiet(PAUSE)?;
        let hash = self.put_on_sale()?;
        let before = self.balances()?;
        if self.play.plan.notary_off {
            self.market.switch_off(Role::Notary);
        }
        self.cut();
        let id = self.buy()?;
        self.provoke()?;
        if let Some((role, after)) = self.play.kill {
            std::thread::sleep(after);
            self.market.kill_and_restart(role)?;
        }
        self.act(&id)?;
        let deal = self.finished(&id)?;
        self.seller_knows(&deal)?;
        self.quiet(END)?;
        if let Act::Linger(length) = self.play.plan.act {
            std::thread::sleep(length);
        }
        let received = self.receive(&id, &hash);
        let price = serve::amount(&self.play.price)?;
        let facts = Facts { price, before, after: self.balances()?, file: received.is_some() };
        self.summary(&id, &deal, &facts, received.as_deref())
    }

    fn summary(&self, id: &str, deal: &Value, facts: &Facts, received: Option<&Path>) -> Result<Value, Error> {
        let xid = deal.get("xid").cloned().unwrap_or_default();
        let buyer = self.export(Role::Wallet, &json!({ "command": "export", "deal": id }))?;
        let seller = self.export(Role::Shop, &json!({ "command": "export", "xid": xid }))?;
        let (pack, reading) = self.look_at("wallet", "evidence.zip", &buyer)?;
        let (seller_pack, seller_reading) = self.look_at("shop", "evidence-seller.zip", &seller)?;
        let sound = |reading: &Value| reading.get("verdict").is_some_and(Value::is_object);
        Ok(json!({
            "event": "summary",
            "way": self.play.plan.name,
            "outcome": if facts.fair() { "fair" } else { "unfair" },
            "holds": facts.holds(),
            "deal": id,
            "purchase": deal,
            "sale": self.sale(deal)?,
            "balances_before": facts.before.json(),
            "balances_after": facts.after.json(),
            "evidence_pack": pack,
            "evidence_pack_seller": seller_pack,
            "verified": sound(&reading) && sound(&seller_reading),
            "convicted": convicted([&reading, &seller_reading]),
            "root": self.market.root_file(),
            "received": received,
            "parties": self.market.summary(),
            "accounts": { "buyer": self.account(Role::Wallet)?, "seller": self.account(Role::Shop)? },
            "registers": self.registers(&xid)?,
            "connections_cut": self.market.network.as_ref().map(|network| network.stopped()),
            "crashes": self.play.crashes.as_ref().map(|crashes| crashes.report()),
        }))
    }

    /// Cuts connections, mends them for a moment, cuts them again; then mends them for good.
    fn cut(&self) {
        let (Some((pairs, long)), Some(network)) = (self.play.cut.clone(), self.market.network.clone()) else {
            return;
        };
        for pair in &pairs {
            self.story.tell("cut", &format!("Nothing goes through between {pair}."), &json!({}));
        }
        network.cut(&pairs);
        std::thread::spawn(move || {
            for round in 0..CUTS {
                std::thread::sleep(long);
                network.mend(&pairs);
                if round + 1 < CUTS {
                    std::thread::sleep(MENDED);
                    network.cut(&pairs);
                }
            }
        });
    }

    /// The buyer's wish. If the wallet is cut off before it answers, it is asked whether it has begun.
    pub(super) fn buy(&self) -> Result<String, Error> {
        let id = |deal: &Value| text(deal, "deal").to_owned();
        loop {
            let wallet = self.market.party(Role::Wallet)?;
            match wallet.call_once(&json!({ "command": "buy", "shop": "shop", "item": ITEM })) {
                Err(error) if self.play.crashes.is_some() && is_away(&error) => {}
                bought => return bought.map(|bought| id(&bought)),
            }
            let deals = wallet.call(&json!({ "command": "deals" }))?;
            if let Some(deal) = deals.get("deals").and_then(Value::as_array).and_then(|deals| deals.first()) {
                return Ok(id(deal));
            }
        }
    }

    /// What the plan wants to be done while the deal runs.
    pub(super) fn act(&self, id: &str) -> Result<(), Error> {
        match self.play.plan.act {
            Act::Watch | Act::Linger(_) => Ok(()),
            Act::GiveUp => {
                self.reached(id, |deal| deal.get("refused").is_some_and(Value::is_object))?;
                self.call(Role::Wallet, &json!({ "command": "release", "deal": id })).map(|_| ())
            }
            Act::Release(role, stage) => {
                let deal = self.reached(id, |deal| text(deal, "stage") == stage)?;
                if self.play.crashes.is_some() {
                    // So that the registers are asked, too.
                    self.call(Role::Wallet, &json!({ "command": "resume", "deal": id }))?;
                    self.quiet(PAUSE)?;
                }
                self.call(role, &json!({ "command": "release", "deal": id, "xid": deal.get("xid") })).map(|_| ())
            }
        }
    }

    /// Where crash points are met, what a plain deal does not need happens too: revocation lists are
    /// fetched, certificates are asked for without a right to them, and goods that the shop does not sell.
    fn provoke(&self) -> Result<(), Error> {
        if self.play.crashes.is_none() {
            return Ok(());
        }
        for role in [Role::Bank, Role::Notary, Role::Shop, Role::Wallet] {
            if role != Role::Notary || !self.play.plan.notary_off {
                self.call(role, &json!({ "command": "fetch-status" }))?;
            }
        }
        for role in [Role::Bank, Role::Wallet] {
            let enrol =
                json!({ "command": "enrol", "name": "Somebody", "code": "0000000000", "certificates": ["seal"] });
            self.call(role, &enrol)?;
        }
        self.call(Role::Wallet, &json!({ "command": "buy", "shop": "shop", "item": NOTHING })).map(|_| ())
    }

    /// Waits until no party has been cut off for a while, or all points were met.
    fn quiet(&self, long: Duration) -> Result<(), Error> {
        self.play.crashes.as_ref().map_or(Ok(()), |crashes| crashes.quiet(long))
    }

    /// Brings the file to the shop, chunk by chunk. Returns its SHA-256.
    pub(super) fn put_on_sale(&self) -> Result<Hash, Error> {
        let path = &self.play.file;
        let unreadable = |e: std::io::Error| Misuse::new(Code::FileWrong, format!("{}: {e}", path.display()));
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.call(
            Role::Shop,
            &json!({
                "command": "goods-begin", "id": ITEM, "title": name, "price": self.play.price, "file_name": name,
                "media_type": "application/octet-stream", "length": length,
            }),
        )?;
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
            self.call(Role::Shop, &json!({ "command": "goods-chunk", "id": ITEM, "index": index, "data": data }))?;
            index += count;
        }
        self.call(Role::Shop, &json!({ "command": "goods-end", "id": ITEM }))?;
        Ok(Hash(digest.finalize().into()))
    }

    /// Waits until the buyer's side is over.
    fn finished(&self, id: &str) -> Result<Value, Error> {
        self.reached(id, is_over)
    }

    /// Waits until the deal is where we want it, or over; tells how far the delivery is.
    pub(super) fn reached(&self, id: &str, there: impl Fn(&Value) -> bool) -> Result<Value, Error> {
        let length = std::fs::metadata(&self.play.file).map_or(0, |meta| meta.len());
        let patient = self.play.crashes.is_some() || self.play.cut.is_some();
        let limit = DEAL_WAIT * if patient { 2 } else { 1 } + Duration::from_secs(length / SLOWEST_RATE * 2);
        let started = Instant::now();
        let mut told = 0;
        loop {
            let deal = self.call(Role::Wallet, &json!({ "command": "deal", "deal": id }))?;
            if there(&deal) || is_over(&deal) {
                return Ok(deal);
            }
            self.play.crashes.as_ref().map_or(Ok(()), |crashes| crashes.sound())?;
            told = self.progress(&deal, told);
            let restores = self.play.crashes.as_ref().map(|crashes| crashes.restores());
            if restores == Some(true) || (restores.is_some() && text(&deal, "stage") == "captured") {
                // A buyer who waits for the key asks the registers, over and over; who has lost something, too.
                self.call(Role::Wallet, &json!({ "command": "resume", "deal": id }))?;
                std::thread::sleep(ASK_PAUSE);
            }
            if started.elapsed() > limit {
                let text = format!("the deal is still {} after {} s", text(&deal, "word"), limit.as_secs());
                return Err(Fault::new(Code::Pending, text).into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the shop has heard how it ended.
    fn seller_knows(&self, deal: &Value) -> Result<(), Error> {
        let started = Instant::now();
        while !is_over(&self.sale(deal)?) {
            if started.elapsed() > NEWS_WAIT {
                return Err(Fault::new(Code::Pending, "the shop has not heard how it ended").into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// The deal as the shop sees it.
    pub(super) fn sale(&self, deal: &Value) -> Result<Value, Error> {
        let reply = self.call(Role::Shop, &json!({ "command": "sales" }))?;
        let sales = reply.get("sales").and_then(Value::as_array);
        let sale = sales.and_then(|sales| sales.iter().find(|sale| sale.get("xid") == deal.get("xid")));
        sale.cloned().ok_or_else(|| Misuse::new(Code::NotFound, "the sale").into())
    }

    /// Tells every tenth of a delivery that takes more than a few windows.
    fn progress(&self, deal: &Value, told: u64) -> u64 {
        let number = |pointer: &str| deal.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        let (here, of) = (number("/chunks/here"), number("/chunks/of"));
        let tenth = (here * 10).checked_div(of).unwrap_or(0);
        if of > 100 && tenth > told && here < of {
            let more = json!({ "here": here, "of": of });
            self.story.tell("progress", &format!("wallet: {here} of {of} encrypted chunks are here."), &more);
            return tenth;
        }
        told
    }

    /// The received file, if the buyer can read it and it is exactly the one that was offered.
    pub(super) fn receive(&self, id: &str, hash: &Hash) -> Option<PathBuf> {
        let folder = self.market.directory.join("received");
        std::fs::create_dir_all(&folder).ok()?;
        let output = folder.join(self.play.file.file_name()?);
        let wallet = &self.market.party(Role::Wallet).ok()?.directory;
        let saved = deal::save(wallet, id, &output);
        if saved.is_ok() && file_hash(&output).as_ref() == Some(hash) {
            return Some(output);
        }
        // Half a file is nothing that anybody should find.
        let _ = std::fs::remove_file(&output);
        None
    }

    /// A party's pack, with the notary's stamps if it answers in time; a notary that is killed again and again
    /// gets more of it.
    fn export(&self, role: Role, request: &Value) -> Result<Vec<u8>, Error> {
        let patience = if self.play.crashes.is_some() { 60 } else { 5 };
        let directory = self.market.party(role)?.directory.clone();
        stamp::exported(|| self.call(role, request), &directory, Duration::from_secs(patience))
    }

    /// The pack in a party's reply.
    pub(super) fn evidence(&self, party: &str, name: &str, reply: &Value) -> Result<(PathBuf, Value), Error> {
        self.look_at(party, name, &deal::exported(reply)?)
    }

    /// Writes a pack beside the market and verifies it as a stranger would.
    fn look_at(&self, party: &str, name: &str, pack: &[u8]) -> Result<(PathBuf, Value), Error> {
        let file = self.market.directory.join(name);
        write(&file, pack)?;
        let text = format!("{party}: Wrote the evidence pack, {} bytes.", pack.len());
        self.story.tell("evidence", &text, &json!({ "party": party }));
        let report = evidence::report(&file, &self.market.root_file(), &AwsLc::new())??;
        Ok((file, serde_json::to_value(&report).unwrap_or_default()))
    }

    pub(super) fn balances(&self) -> Result<Balances, Error> {
        let balance = |role: Role| {
            available(&self.call(Role::Bank, &json!({ "command": "balance", "account": self.account(role)? }))?)
        };
        Ok(Balances { buyer: balance(Role::Wallet)?, seller: balance(Role::Shop)? })
    }

    /// The name of a party's account at the bank.
    pub(super) fn account(&self, role: Role) -> Result<Value, Error> {
        let purse = self.call(role, &json!({ "command": "purse" }))?;
        Ok(purse.get("account").cloned().unwrap_or_default())
    }

    pub(super) fn registers(&self, xid: &Value) -> Result<Vec<Value>, Error> {
        let bank = self.rows(Role::Bank, &Bank { play_deposit: None }, xid)?;
        Ok(vec![bank, self.rows(Role::Notary, &Notary, xid)?])
    }

    /// A register's rows, straight from its database: it may be switched off.
    fn rows<L: Logic>(&self, role: Role, logic: &L, xid: &Value) -> Result<Value, Error> {
        let request = json!({ "command": "rows", "xid": xid });
        let reply = deal::read_only(logic, &self.market.party(role)?.directory, &request)?;
        Ok(json!({ "register": role.word(), "xid": xid, "rows": reply.get("rows") }))
    }

    pub(super) fn call(&self, role: Role, command: &Value) -> Result<Value, Error> {
        self.market.party(role)?.call(command)
    }

    pub(super) fn stop(&mut self) {
        self.market.stop();
    }

    /// What to try next.
    pub(super) fn hints(&self) -> String {
        let at = |role: &str| self.market.directory.join(role).display().to_string();
        let (market, root) = (self.market.directory.display(), self.market.root_file());
        format!(
            "semper evidence verify {market}/evidence.zip --root {}\n  semper deal list --data-dir {}\n  \
             semper ledger check {}\n  semper demo --way list",
            root.display(),
            at("wallet"),
            at("bank"),
        )
    }
}

pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether an exchange can go no further, or there will be none.
pub(super) fn is_over(deal: &Value) -> bool {
    match text(deal, "stage") {
        "" => text(deal, "word") == "withdrawn",
        stage => matches!(stage, "released" | "settled" | "refunded"),
    }
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
