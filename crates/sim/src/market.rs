//! A whole market in a world: authority, banks, notaries, shops and wallets, all enrolled, connected,
//! with accounts and goods, by the same commands that an operator gives.

use std::sync::Arc;

use semper_base::{Amount, Blob64, Code, Currency, Key, Misuse, Timestamp, Xid};
use semper_commerce::process::offer::Times;
use semper_exchange::fair::dgp::buyer::Buyer;
use semper_exchange::fair::dgp::seller::Seller;
use semper_services::authority::Authority;
use semper_services::bank::Bank;
use semper_services::common::Member;
use semper_services::common::exchange::{Run, run_key};
use semper_services::notary::Notary;
use semper_services::shop::{Lie, Shop};
use semper_services::wallet::Wallet;
use semper_support::crypto::Crypto;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::lies::BadSealer;
use crate::trouble::Trouble;
use crate::world::{Who, World};

/// How long anything in the calm beginning may take, in milliseconds.
const PATIENCE: u64 = 60_000;

/// What the market consists of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Everything follows from it.
    pub seed: u64,
    /// How many shops.
    pub shops: usize,
    /// How many wallets.
    pub wallets: usize,
    /// Bytes of the file that each shop sells.
    pub length: usize,
    /// What it costs, in minor units.
    pub price: u64,
    /// What each account starts with, in minor units.
    pub deposit: u64,
    /// The shops' escrow boxes hold something else than they should.
    pub bad_escrow: bool,
    /// How the shops cheat.
    pub lie: Lie,
    /// Signatures are hashes.
    pub ideal: bool,
    /// Milliseconds that the clocks of bank, notary, shops and wallets are ahead.
    pub offsets: [i64; 4],
}

impl Plan {
    /// One of each, a file of two chunks for 4.90 EUR, 500.00 EUR on every account.
    #[must_use]
    pub fn small(seed: u64) -> Self {
        Plan {
            seed,
            shops: 1,
            wallets: 1,
            length: 70_000,
            price: 490,
            deposit: 50_000,
            bad_escrow: false,
            lie: Lie::None,
            ideal: false,
            offsets: [0; 4],
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Market {
    /// The world.
    pub world: World,
    /// What it was made from.
    pub plan: Plan,
    /// The certification authority.
    pub authority: Who,
    /// The bank.
    pub bank: Who,
    /// The notary.
    pub notary: Who,
    /// The shops.
    pub shops: Vec<Who>,
    /// The wallets.
    pub wallets: Vec<Who>,
    /// The file on sale.
    pub file: Vec<u8>,
}

/// One purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// Who buys.
    pub wallet: Who,
    /// Who sells.
    pub shop: Who,
    /// On the wallet's books.
    pub id: String,
}

impl Market {
    /// Builds the market and lets it come to rest.
    pub fn open(plan: Plan) -> Result<Market, Trouble> {
        let mut world = World::new(plan.seed);
        world.ideal = plan.ideal;
        let honest = |crypto| crypto;
        let eur = Currency::parse("EUR")?;
        let play_deposit = Some(Amount::new(plan.deposit, eur)?);
        let authority = world.add("ca", Member(Authority { name: "Root of the simulated market".to_owned() }), honest);
        let bank = world.add("bank", Member(Bank { play_deposit }), honest);
        let notary = world.add("notary", Member(Notary), honest);
        let times = Times::standard();
        let shops = (0..plan.shops)
            .map(|n| world.add(&format!("shop-{n}"), Member(Shop { times, lie: plan.lie }), sealer(plan.bad_escrow)));
        let shops = shops.collect();
        let wallets = (0..plan.wallets).map(|n| world.add(&format!("wallet-{n}"), Member(Wallet), honest)).collect();
        let file = Dice::new(plan.seed, "file").bytes(plan.length);
        let mut market = Market { world, plan, authority, bank, notary, shops, wallets, file };
        market.set_clocks()?;
        market.enrol_all()?;
        market.connect()?;
        market.open_accounts()?;
        for shop in market.shops.clone() {
            market.put_on_sale(shop)?;
        }
        market.world.run_for(1_000)?;
        market.world.oracle.banks.push("bank".to_owned());
        let customers = i64::try_from(market.shops.len() + market.wallets.len()).unwrap_or(0);
        market.world.oracle.play = Some(-customers * i64::try_from(market.plan.deposit).unwrap_or(0));
        Ok(market)
    }

    fn set_clocks(&mut self) -> Result<(), Trouble> {
        let [bank, notary, shop, wallet] = self.plan.offsets;
        self.world.seat(self.bank)?.offset = bank;
        self.world.seat(self.notary)?.offset = notary;
        for who in self.shops.clone() {
            self.world.seat(who)?.offset = shop;
        }
        for who in self.wallets.clone() {
            self.world.seat(who)?.offset = wallet;
        }
        Ok(())
    }

    fn enrol_all(&mut self) -> Result<(), Trouble> {
        self.world.start(self.authority)?;
        let root = self.root()?;
        let server: &[&str] = &["statement", "tls"];
        let sealing: &[&str] = &["statement", "seal", "tls"];
        self.enrol(self.bank, "bank", server, &root)?;
        self.enrol(self.notary, "notary", sealing, &root)?;
        for shop in self.shops.clone() {
            self.enrol(shop, "seller", sealing, &root)?;
        }
        for wallet in self.wallets.clone() {
            self.enrol(wallet, "buyer", &["statement"], &root)?;
        }
        Ok(())
    }

    /// A second bank under the same root, with no customers.
    pub fn add_bank(&mut self, name: &str) -> Result<Who, Trouble> {
        let bank = self.world.add(name, Member(Bank { play_deposit: None }), |crypto| crypto);
        let root = self.root()?;
        self.enrol(bank, "bank", &["statement", "tls"], &root)?;
        Ok(bank)
    }

    fn root(&mut self) -> Result<Vec<u8>, Trouble> {
        let root = self.world.command(self.authority, &json!({ "command": "root" }))?;
        let root: Result<Blob64, _> = serde_json::from_value(root.get("root").cloned().unwrap_or_default());
        Ok(root.map_err(|e| Trouble::new(e.to_string()))?.0)
    }

    /// The operator puts the root into the data directory, starts the party, and has its keys certified.
    fn enrol(&mut self, who: Who, role: &str, certificates: &[&str], root: &[u8]) -> Result<(), Trouble> {
        let name = self.world.seat(who)?.name.clone();
        let set = self.world.seat(who)?.drive.with(|disk| disk.set_up_root(root));
        set.ok_or_else(|| Trouble::new("the disk is mounted"))??;
        self.world.start(who)?;
        self.link(who, "ca", "ca", "nobody")?;
        let invite = json!({ "command": "invite", "role": role, "name": name, "certificates": certificates });
        let code = self.world.command(self.authority, &invite)?;
        let dns = [format!("{name}.semper.test")];
        self.world.command(
            who,
            &json!({ "command": "enrol", "name": name, "code": code.get("code"), "dns": dns, "certificates": certificates }),
        )?;
        let count = certificates.len();
        self.until("enrolled", |world| {
            Ok(world.look(who, |transaction| transaction.scan("identity/", None, 8))?.len() == count)
        })
    }

    /// Opens a relationship and waits until the peer has said who it is.
    pub fn link(&mut self, who: Who, name: &str, to: &str, own: &str) -> Result<(), Trouble> {
        let server = format!("{to}.semper.test");
        self.world.command(
            who,
            &json!({ "command": "link", "name": name, "socket": to, "server_name": server, "as": own }),
        )?;
        let met = Key::new("met", name);
        self.until("connected", |world| Ok(world.look(who, |transaction| transaction.get(&met))?.is_some()))
    }

    fn connect(&mut self) -> Result<(), Trouble> {
        self.link(self.notary, "bank", "bank", "self")?;
        for shop in self.shops.clone() {
            self.link(shop, "bank", "bank", "self")?;
            self.link(shop, "notary", "notary", "self")?;
        }
        for wallet in self.wallets.clone() {
            self.link(wallet, "bank", "bank", "nobody")?;
            self.link(wallet, "notary", "notary", "nobody")?;
            for shop in self.shops.clone() {
                let name = self.world.seat(shop)?.name.clone();
                self.link(wallet, &name, &name, "nobody")?;
            }
        }
        Ok(())
    }

    fn open_accounts(&mut self) -> Result<(), Trouble> {
        for who in self.shops.iter().chain(&self.wallets).copied().collect::<Vec<_>>() {
            self.world.command(who, &json!({ "command": "open-account", "currency": "EUR" }))?;
            self.until("account", |world| {
                let purse = world.command(who, &json!({ "command": "purse" }))?;
                Ok(purse.get("account").is_some_and(Value::is_string))
            })?;
        }
        Ok(())
    }

    fn put_on_sale(&mut self, shop: Who) -> Result<(), Trouble> {
        let number = Amount::new(self.plan.price, Currency::parse("EUR")?)?;
        let begun = self.world.command(
            shop,
            &json!({
                "command": "goods-begin", "id": "book", "title": "A book", "price": number.to_string(),
                "file_name": "book.bin", "media_type": "application/octet-stream", "length": self.file.len(),
            }),
        )?;
        let size = begun.get("chunk_bytes").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or_else(|| Trouble::new("no chunk size"))?;
        let file = self.file.clone();
        // An empty file is one empty chunk.
        let chunks: Vec<&[u8]> = if file.is_empty() { vec![&file] } else { file.chunks(size).collect() };
        for (index, chunk) in chunks.into_iter().enumerate() {
            let data = [Blob64(chunk.to_vec())];
            self.world
                .command(shop, &json!({ "command": "goods-chunk", "id": "book", "index": index, "data": data }))?;
        }
        self.world.command(shop, &json!({ "command": "goods-end", "id": "book" }))?;
        Ok(())
    }

    fn until(&mut self, what: &str, is_so: impl FnMut(&mut World) -> Result<bool, Trouble>) -> Result<(), Trouble> {
        if self.world.run_until(PATIENCE, is_so)? {
            return Ok(());
        }
        let lines = self.world.trace.lines();
        let last = lines.iter().rev().take(12).rev().cloned().collect::<Vec<_>>().join("\n");
        Err(Trouble::new(format!("never {what}; the last lines are\n{last}")))
    }

    /// The first shop.
    #[must_use]
    pub fn shop(&self) -> Who {
        self.shops.first().copied().unwrap_or(Who(usize::MAX))
    }

    /// The first wallet.
    #[must_use]
    pub fn wallet(&self) -> Who {
        self.wallets.first().copied().unwrap_or(Who(usize::MAX))
    }

    /// The user wants the book.
    pub fn buy(&mut self, wallet: Who, shop: Who) -> Result<Deal, Trouble> {
        let name = self.world.seat(shop)?.name.clone();
        let bought = self.world.command(wallet, &json!({ "command": "buy", "shop": name, "item": "book" }))?;
        let id = bought.get("deal").and_then(Value::as_str).ok_or_else(|| Trouble::new("no deal"))?;
        Ok(Deal { wallet, shop, id: id.to_owned() })
    }

    /// A deal as the wallet shows it in its list.
    pub fn summary(&mut self, deal: &Deal) -> Result<Value, Trouble> {
        let id = deal.id.clone();
        let row: Value = self
            .world
            .row(deal.wallet, &Key(format!("deal/{id}")))?
            .ok_or_else(|| Trouble::from(Misuse::new(Code::NotFound, &id)))?;
        Ok(row)
    }

    /// The exchange of a deal, once there is a contract.
    pub fn xid(&mut self, deal: &Deal) -> Result<Option<Xid>, Trouble> {
        let xid = self.summary(deal)?.pointer("/state/Agreed/xid").cloned();
        Ok(xid.and_then(|xid| serde_json::from_value(xid).ok()))
    }

    /// The buyer's run.
    pub fn buyer(&mut self, deal: &Deal) -> Result<Option<Run<Buyer>>, Trouble> {
        match self.xid(deal)? {
            Some(xid) => self.world.row(deal.wallet, &run_key(xid)),
            None => Ok(None),
        }
    }

    /// The seller's run.
    pub fn seller(&mut self, deal: &Deal) -> Result<Option<Run<Seller>>, Trouble> {
        match self.xid(deal)? {
            Some(xid) => self.world.row(deal.shop, &run_key(xid)),
            None => Ok(None),
        }
    }

    /// What is on a customer's account, in minor units.
    pub fn balance(&mut self, who: Who) -> Result<u64, Trouble> {
        let purse = self.world.command(who, &json!({ "command": "purse" }))?;
        let account = purse.get("account").and_then(Value::as_str).unwrap_or_default().to_owned();
        let balance = self.world.command(self.bank, &json!({ "command": "balance", "account": account }))?;
        let text = balance.get("available").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (number, currency) = text.split_once(' ').unwrap_or((&text, "EUR"));
        Ok(Amount::parse(number, Currency::parse(currency)?)?.minor())
    }

    /// The file as the wallet reads it out.
    pub fn read_out(&mut self, deal: &Deal) -> Result<Vec<u8>, Trouble> {
        let mut file = Vec::new();
        let mut index = 0_u64;
        loop {
            let read = json!({ "command": "goods-read", "deal": deal.id, "index": index });
            let chunk = self.world.command(deal.wallet, &read)?;
            let data = chunk.get("data").cloned().unwrap_or_default();
            let data: Blob64 = serde_json::from_value(data).map_err(|e| Trouble::new(e.to_string()))?;
            file.extend_from_slice(&data.0);
            index += 1;
            if chunk.get("chunks").and_then(Value::as_u64).is_none_or(|chunks| index >= chunks) {
                return Ok(file);
            }
        }
    }

    /// The world's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }
}

fn sealer(bad: bool) -> impl FnOnce(Arc<dyn Crypto>) -> Arc<dyn Crypto> {
    move |crypto| if bad { Arc::new(BadSealer(crypto)) } else { crypto }
}
