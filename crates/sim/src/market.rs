//! A whole market in a world: authority, banks, notaries, shops and wallets, all enrolled, connected,
//! with accounts and goods, by the same commands that an operator gives.

mod books;

use std::collections::BTreeMap;
use std::sync::Arc;

use semper_base::{Amount, Blob64, Code, Currency, Key, Misuse, Timestamp, Xid};
use semper_commerce::process::offer::Times;
use semper_exchange::fair::dgp::Descriptor;
use semper_exchange::fair::dgp::buyer::Buyer;
use semper_exchange::fair::dgp::seller::Seller;
use semper_services::authority::Authority;
use semper_services::bank::Bank;
use semper_services::common::Member;
use semper_services::common::exchange::{Run, run_key, x_key};
use semper_services::notary::Notary;
use semper_services::shop::{Lie, Shop};
use semper_services::wallet::Wallet;
use semper_support::crypto::Crypto;
use serde_json::{Value, json};

use crate::containers::Sent;
use crate::dice::Dice;
use crate::lies::BadSealer;
use crate::memory::{self, Ca};
use crate::papers::Paper;
use crate::parcels::{Counter, Signed};
use crate::trades::Sale;
use crate::trouble::Trouble;
use crate::world::{Who, World};

/// What the market consists of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Everything follows from it.
    pub seed: u64,
    /// How many banks.
    pub banks: usize,
    /// How many notaries.
    pub notaries: usize,
    /// In how many currencies there are accounts and prices: 1 or 2.
    pub currencies: usize,
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
    /// The shops' escrow boxes hold something else than they should, and those of wallets that are named in `liars`.
    pub bad_escrow: bool,
    /// How the shops cheat.
    pub lie: Lie,
    /// Shops that cheat; all of them if none is named.
    pub liars: Vec<String>,
    /// Signatures are hashes.
    pub ideal: bool,
    /// Milliseconds that the clocks of bank, notary, shops and wallets are ahead.
    pub offsets: [i64; 4],
    /// Shops that sell parcels, too.
    pub counters: Vec<Counter>,
}

impl Plan {
    /// One of each, a file of two chunks for 4.90 EUR, 500.00 EUR on every account.
    #[must_use]
    pub fn small(seed: u64) -> Self {
        Plan {
            seed,
            banks: 1,
            notaries: 1,
            currencies: 1,
            shops: 1,
            wallets: 1,
            length: 70_000,
            price: 490,
            deposit: 50_000,
            bad_escrow: false,
            lie: Lie::None,
            liars: Vec::new(),
            ideal: false,
            offsets: [0; 4],
            counters: Vec::new(),
        }
    }
}

/// Where a customer has its account, whom it trusts with keys, in what it pays and is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// Bank.
    pub bank: Who,
    /// Notary.
    pub notary: Who,
    /// Currency.
    pub currency: Currency,
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
    /// The first bank.
    pub bank: Who,
    /// The first notary.
    pub notary: Who,
    /// All banks.
    pub banks: Vec<Who>,
    /// All notaries.
    pub notaries: Vec<Who>,
    /// Every customer's.
    pub homes: BTreeMap<Who, Home>,
    /// The shops.
    pub shops: Vec<Who>,
    /// The wallets.
    pub wallets: Vec<Who>,
    /// The file on sale.
    pub file: Vec<u8>,
    /// Contracts and mails, the newest last.
    pub papers: Vec<Paper>,
    /// Data that was offered, the newest last.
    pub sales_of_data: Vec<Sale>,
    /// Containers that somebody was asked to send, the newest last.
    pub containers: Vec<Sent>,
    /// What carriers and arbiters have signed, the newest last.
    pub signed: Vec<Signed>,
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
        let play_deposit = (plan.currencies == 1).then(|| Amount::new(plan.deposit, eur)).transpose()?;
        let authority = world.add("ca", Member(Authority { name: "Root of the simulated market".to_owned() }), honest);
        let banks: Vec<Who> = (0..plan.banks.max(1))
            .map(|n| world.add(&name("bank", n), Member(Bank { play_deposit }), honest))
            .collect();
        let notaries: Vec<Who> =
            (0..plan.notaries.max(1)).map(|n| world.add(&name("notary", n), Member(Notary), honest)).collect();
        let times = Times::standard();
        let shops = (0..plan.shops).map(|n| {
            let name = format!("shop-{n}");
            let lies = plan.liars.is_empty() || plan.liars.contains(&name);
            let lie = if lies { plan.lie } else { Lie::None };
            world.add(&name, Member(Shop { times, lie }), sealer(plan.bad_escrow && lies))
        });
        let shops: Vec<Who> = shops.collect();
        let wallets = (0..plan.wallets).map(|n| {
            let name = format!("wallet-{n}");
            let lies = plan.bad_escrow && plan.liars.contains(&name);
            world.add(&name, Member(Wallet), sealer(lies))
        });
        let wallets: Vec<Who> = wallets.collect();
        let file = Dice::new(plan.seed, "file").bytes(plan.length);
        let (bank, notary) = (nth(&banks, 0)?, nth(&notaries, 0)?);
        world.oracle.banks = (0..plan.banks.max(1)).map(|n| name("bank", n)).collect();
        let mut homes = BTreeMap::new();
        for customers in [&shops, &wallets] {
            for (n, who) in customers.iter().enumerate() {
                let word = if plan.currencies > 1 && n % 2 == 1 { "USD" } else { "EUR" };
                let currency = Currency::parse(word)?;
                homes.insert(*who, Home { bank: nth(&banks, n)?, notary: nth(&notaries, n)?, currency });
            }
        }
        let mut market = Market {
            world,
            plan,
            authority,
            bank,
            notary,
            banks,
            notaries,
            homes,
            shops,
            wallets,
            file,
            papers: Vec::new(),
            sales_of_data: Vec::new(),
            containers: Vec::new(),
            signed: Vec::new(),
        };
        market.set_clocks()?;
        market.enrol_all()?;
        market.connect()?;
        market.open_accounts()?;
        for shop in market.shops.clone() {
            market.put_on_sale(shop)?;
        }
        for counter in market.plan.counters.clone() {
            market.open_counter(&counter)?;
        }
        market.world.run_for(1_000)?;
        let deposit = i64::try_from(market.plan.deposit).unwrap_or(0);
        for home in market.homes.clone().into_values() {
            let bank = market.world.seat(home.bank)?.name.to_string();
            *market.world.oracle.play.entry((bank, home.currency.to_string())).or_insert(0) -= deposit;
        }
        Ok(market)
    }

    /// Where a customer is at home.
    pub fn home(&self, who: Who) -> Result<Home, Trouble> {
        self.homes.get(&who).copied().ok_or_else(|| Trouble::new("no customer"))
    }

    fn set_clocks(&mut self) -> Result<(), Trouble> {
        let [bank, notary, shop, wallet] = self.plan.offsets;
        for who in self.banks.clone() {
            self.world.seat(who)?.offset = bank;
        }
        for who in self.notaries.clone() {
            self.world.seat(who)?.offset = notary;
        }
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
        let ca = Ca::of(&mut self.world, self.authority)?;
        let server: &[&str] = &["statement", "tls"];
        let sealing: &[&str] = &["statement", "seal", "tls"];
        for bank in self.banks.clone() {
            memory::enrol(&mut self.world, &ca, bank, "bank", server)?;
        }
        for notary in self.notaries.clone() {
            memory::enrol(&mut self.world, &ca, notary, "notary", sealing)?;
        }
        for shop in self.shops.clone() {
            memory::enrol(&mut self.world, &ca, shop, "seller", sealing)?;
        }
        for wallet in self.wallets.clone() {
            memory::enrol(&mut self.world, &ca, wallet, "buyer", &["statement"])?;
        }
        Ok(())
    }

    /// A second bank under the same root, with no customers.
    pub fn add_bank(&mut self, name: &str) -> Result<Who, Trouble> {
        let bank = self.world.add(name, Member(Bank { play_deposit: None }), |crypto| crypto);
        let ca = Ca::of(&mut self.world, self.authority)?;
        memory::enrol(&mut self.world, &ca, bank, "bank", &["statement", "tls"])?;
        Ok(bank)
    }

    /// Opens a relationship and waits until the peer has said who it is.
    pub fn link(&mut self, who: Who, name: &str, to: &str, own: &str) -> Result<(), Trouble> {
        memory::link(&mut self.world, who, name, to, own)
    }

    fn connect(&mut self) -> Result<(), Trouble> {
        for notary in self.notaries.clone() {
            for bank in self.banks.clone() {
                let name = self.world.seat(bank)?.name.to_string();
                self.link(notary, &name, &name, "self")?;
            }
        }
        for shop in self.shops.clone() {
            self.link_home(shop, "self")?;
        }
        for wallet in self.wallets.clone() {
            self.link_home(wallet, "nobody")?;
            for shop in self.shops.clone() {
                let name = self.world.seat(shop)?.name.to_string();
                self.link(wallet, &name, &name, "nobody")?;
            }
        }
        Ok(())
    }

    fn link_home(&mut self, who: Who, own: &str) -> Result<(), Trouble> {
        let home = self.home(who)?;
        for (word, server) in [("bank", home.bank), ("notary", home.notary)] {
            let name = self.world.seat(server)?.name.to_string();
            self.link(who, word, &name, own)?;
        }
        Ok(())
    }

    fn open_accounts(&mut self) -> Result<(), Trouble> {
        for who in self.shops.iter().chain(&self.wallets).copied().collect::<Vec<_>>() {
            let home = self.home(who)?;
            self.world.command(who, &json!({ "command": "open-account", "currency": home.currency }))?;
            memory::until(&mut self.world, "account", |world| {
                let purse = world.command(who, &json!({ "command": "purse" }))?;
                Ok(purse.get("account").is_some_and(Value::is_string))
            })?;
            if self.plan.currencies > 1 {
                let amount = Amount::new(self.plan.deposit, home.currency)?;
                let account = self.account(who)?;
                self.world.command(
                    home.bank,
                    &json!({ "command": "deposit", "account": account, "amount": format!("{amount}") }),
                )?;
            }
        }
        Ok(())
    }

    fn put_on_sale(&mut self, shop: Who) -> Result<(), Trouble> {
        let number = Amount::new(self.plan.price, self.home(shop)?.currency)?;
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
        let name = self.world.seat(shop)?.name.to_string();
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

    /// X as the buyer keeps it.
    pub fn descriptor(&mut self, deal: &Deal) -> Result<Descriptor, Trouble> {
        let xid = self.xid(deal)?.ok_or_else(|| Trouble::new("no contract"))?;
        let x = self.world.look(deal.wallet, |transaction| transaction.get(&x_key(xid)))?;
        let x = x.ok_or_else(|| Trouble::new("no descriptor"))?;
        Descriptor::read(&x).map_err(|e| Trouble::new(e.to_string()))
    }

    /// The seller's run.
    pub fn seller(&mut self, deal: &Deal) -> Result<Option<Run<Seller>>, Trouble> {
        match self.xid(deal)? {
            Some(xid) => self.world.row(deal.shop, &run_key(xid)),
            None => Ok(None),
        }
    }

    /// The name of a customer's account.
    pub fn account(&mut self, who: Who) -> Result<String, Trouble> {
        let purse = self.world.command(who, &json!({ "command": "purse" }))?;
        Ok(purse.get("account").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// What is on a customer's account, in minor units.
    pub fn balance(&mut self, who: Who) -> Result<u64, Trouble> {
        let (account, bank) = (self.account(who)?, self.home(who)?.bank);
        let balance = self.world.command(bank, &json!({ "command": "balance", "account": account }))?;
        let text = balance.get("available").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (number, currency) = text.split_once(' ').unwrap_or((&text, "EUR"));
        Ok(Amount::parse(number, Currency::parse(currency)?)?.minor())
    }

    /// Every party.
    #[must_use]
    pub fn everybody(&self) -> Vec<Who> {
        let all = [&self.banks, &self.notaries, &self.shops, &self.wallets];
        std::iter::once(self.authority).chain(all.into_iter().flatten().copied()).collect()
    }

    /// The world's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }
}

/// What the n-th of its kind is called; the first has no number.
fn name(word: &str, n: usize) -> String {
    if n == 0 { word.to_owned() } else { format!("{word}-{n}") }
}

fn nth(of: &[Who], n: usize) -> Result<Who, Trouble> {
    of.iter().cycle().nth(n).copied().ok_or_else(|| Trouble::new("nobody there"))
}

fn sealer(bad: bool) -> impl FnOnce(Arc<dyn Crypto>) -> Arc<dyn Crypto> {
    move |crypto| if bad { Arc::new(BadSealer(crypto)) } else { crypto }
}
