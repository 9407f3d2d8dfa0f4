//! Data on sale between the customers of a market: a sealed file goes from hand to hand, a hash lock at the bank pays
//! for its key. And what liars do about locks beside what their services do.

use semper_base::{Amount, Blob64, Hash, Key, Role, Write};
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, Compact, make, sign_payload};
use semper_driver::Store as _;
use semper_exchange::fair::lock::statements as st;
use semper_exchange::fair::lock::{Content, Lock, Packet, Seat, Shown};
use semper_services::common::locks::PACKET;
use semper_support::Context;
use semper_support::crypto::{Keyring, Secret32};
use serde_json::{Value, json};

use crate::dice::seed_of;
use crate::forge::Forgery;
use crate::market::Market;
use crate::papers::Wish;
use crate::trouble::Trouble;
use crate::world::Who;

/// How long something is on sale, in milliseconds.
const ON_SALE: u64 = 12 * 3_600_000;
/// Locks of one party that are looked at.
const LOCKS_MAX: usize = 10_000;

/// Something that somebody offers.
#[derive(Clone, Debug)]
pub struct Sale {
    /// Who sells.
    pub seller: Who,
    /// Who may have its file.
    pub buyers: Vec<Who>,
    /// What is in the letter.
    pub content: Vec<u8>,
    /// Whether the seller signs what is in it; a liar may sign something else.
    pub honest: bool,
    /// What the seller calls it.
    pub id: String,
    /// What is given away, once it is signed.
    file: Option<Value>,
}

impl Market {
    /// The first of these offers something to the others, whose money stays locked for so many milliseconds.
    pub fn sell(&mut self, parties: &[Who], lasts: u64, honest: bool) -> Result<(), Trouble> {
        let (seller, buyers) = parties.split_first().ok_or_else(|| Trouble::new("a sale of nobody"))?;
        let secret = seed_of(self.plan.seed, &format!("sale/{}", self.sales_of_data.len()));
        let content = format!("Sale {} is {}.", self.sales_of_data.len(), semper_base::bytes::encode(&secret));
        let price = Amount::new(self.plan.price, self.home(*seller)?.currency)?;
        let request = json!({
            "command": "data-sell", "data": Blob64(content.clone().into_bytes()), "name": "secret.txt",
            "title": format!("Sale {}", self.sales_of_data.len()), "price": price.to_string(), "lock_ms": lasts,
            "until_ms": ON_SALE,
        });
        let asked = self.world.command(*seller, &request)?;
        let id = asked.get("data").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (seller, buyers, content) = (*seller, buyers.to_vec(), content.into_bytes());
        self.sales_of_data.push(Sale { seller, buyers, content, honest, id, file: None });
        Ok(())
    }

    /// A party buys whatever it was given the file of; what it has bought already it only looks at.
    pub fn buy_data(&mut self, who: Who) -> Result<(), Trouble> {
        for number in 0..self.sales_of_data.len() {
            let Some(file) = self.file_for(who, number)? else { continue };
            if self.world.is_up(who) {
                // Too late, another bank, a disk that is full: the owner lets it be.
                drop(self.world.command(who, &json!({ "command": "data-buy", "file": file })));
            }
        }
        Ok(())
    }

    /// The file of a sale, if it is for this one and there already.
    fn file_for(&mut self, who: Who, number: usize) -> Result<Option<Value>, Trouble> {
        let Some(sale) = self.sales_of_data.get(number).cloned() else { return Ok(None) };
        if !sale.buyers.contains(&who) || sale.file.is_some() || !self.world.is_up(sale.seller) {
            return Ok(sale.file.filter(|_| sale.buyers.contains(&who)));
        }
        let ask = json!({ "command": "data-file", "data": sale.id });
        if self.world.command(sale.seller, &ask).is_err() {
            return Ok(None);
        }
        if !sale.honest {
            self.promise_something_else(&sale)?;
        }
        let file = self.world.command(sale.seller, &ask).ok().and_then(|reply| reply.get("file").cloned());
        if let Some(sale) = self.sales_of_data.get_mut(number) {
            sale.file.clone_from(&file);
        }
        Ok(file)
    }

    /// A liar signs that the letter holds something else, and offers that.
    fn promise_something_else(&mut self, sale: &Sale) -> Result<(), Trouble> {
        let key = Key::new("data", &sale.id);
        let Some(mut row) = self.world.row::<Value>(sale.seller, &key)? else { return Ok(()) };
        let Some(Value::String(offer)) = row.pointer_mut("/side/Selling/offer/Signed") else { return Ok(()) };
        let signed = Compact::parse(offer).map_err(|e| Trouble::new(e.to_string()))?;
        let payload: Value = serde_json::from_slice(signed.payload()).map_err(|e| Trouble::new(e.to_string()))?;
        let content = payload.get("content").and_then(Value::as_str).unwrap_or_default();
        let payload = payload.to_string().replace(content, &Hash::of(b"something else").hex());
        let (pair, crypto) = (self.world.pair(sale.seller, signed.key())?, self.world.provider(sale.seller)?);
        *offer = sign_payload(&*crypto, &pair.secret, payload.as_bytes())?;
        let row = serde_json::to_vec(&row).map_err(|e| Trouble::new(e.to_string()))?;
        let now = self.world.now();
        self.world.tamper(sale.seller, |disk| {
            disk.reopen()?;
            let mut transaction = disk.begin()?;
            let _ = transaction.apply(&[Write::Put(key, row)], now)?;
            transaction.commit()
        })??;
        Ok(())
    }

    /// The owner wishes something of the newest thing that it sells or buys.
    pub fn wish_of_sale(&mut self, who: Who, wish: Wish) -> Result<(), Trouble> {
        if !self.world.is_up(who) {
            return Ok(());
        }
        let rows = self.world.look(who, |transaction| transaction.scan("data/", None, LOCKS_MAX))?;
        let came = |row: &[u8]| serde_json::from_slice::<Value>(row).ok()?.get("came").and_then(Value::as_u64);
        let newest = rows.into_iter().max_by_key(|(key, row)| (came(row), key.clone()));
        let Some(id) = newest.and_then(|(key, _)| key.0.split_once('/').map(|(_, id)| id.to_owned())) else {
            return Ok(());
        };
        let command = if wish == Wish::Abort { "data-abort" } else { "data-resume" };
        drop(self.world.command(who, &json!({ "command": command, "data": id })));
        Ok(())
    }

    /// The newest lock that a party has to do with, and its row.
    fn newest_lock(&mut self, who: Who) -> Result<Option<(Lock, Value)>, Trouble> {
        let rows = self.world.look(who, |transaction| transaction.scan("lock/", None, LOCKS_MAX))?;
        let mut locks = Vec::new();
        for (_, row) in rows {
            let row: Value = serde_json::from_slice(&row).map_err(|e| Trouble::new(e.to_string()))?;
            let Ok(Blob64(lock)) = serde_json::from_value(row.get("descriptor").cloned().unwrap_or_default()) else {
                continue;
            };
            locks.extend(Lock::read(&lock).ok().map(|lock| (lock, row)));
        }
        Ok(locks.into_iter().max_by_key(|(lock, _)| (lock.core.opened, lock.xid)))
    }

    /// Somebody lies about its newest lock.
    pub(crate) fn forge_lock(&mut self, who: Who, forgery: Forgery) -> Result<(), Trouble> {
        let Some((lock, row)) = self.newest_lock(who)? else { return Ok(()) };
        let is_bank = self.banks.contains(&who);
        let (to, content) = match forgery {
            Forgery::Claim if !is_bank => {
                let Some(own) = row.pointer("/machine/Payee").cloned() else { return Ok(()) };
                (self.home(who)?.bank, self.false_claim(who, &lock, &own)?)
            }
            Forgery::GiveBack if !is_bank => {
                let seat = if row.pointer("/machine/Payee").is_some() { Seat::Payee } else { Seat::Payer };
                let body = st::GiveBack { amount: lock.core.amount };
                let statement = self.forged_about(who, &lock, seat, body)?;
                (self.home(who)?.bank, Content::GiveBack { shown: None, statement })
            }
            Forgery::Return if is_bank => {
                let request = Some(Hash::of(b"a wish that nobody has signed"));
                let (at, basis) = (self.now(), st::ReturnBasis::Payee);
                let body = st::Returned { amount: lock.core.amount, at, basis, ground: None, request };
                let statement = self.forged_about(who, &lock, Seat::Holder, body)?;
                let Some(payer) = self.payer_of(&lock)? else { return Ok(()) };
                (payer, Content::Answer { shown: None, statement })
            }
            _ => return Ok(()),
        };
        let Some(peer) = self.world.peer(who, to) else { return Ok(()) };
        let packet = Packet { content, descriptor: Blob64(lock.bytes().to_vec()) };
        let body = serde_json::to_vec(&packet).map_err(|e| Trouble::new(e.to_string()))?;
        self.world.says(who, peer, PACKET, &body)
    }

    /// A claim of what nobody has decided, or with a key that opens nothing.
    fn false_claim(&mut self, who: Who, lock: &Lock, own: &Value) -> Result<Content, Trouble> {
        let salt = own.get("salt").cloned().unwrap_or_default();
        let salt: Secret32 = serde_json::from_value(salt).map_err(|e| Trouble::new(e.to_string()))?;
        let account = self.account(who)?;
        let preimage = lock.core.condition.ends().map(|_| Secret32::from_bytes([7; 32]));
        let statement = self.forged_about(who, lock, Seat::Payee, st::Claim { account, preimage, salt })?;
        Ok(Content::Claim { shown: None::<Shown>, statement })
    }

    fn payer_of(&mut self, lock: &Lock) -> Result<Option<Who>, Trouble> {
        let all = self.shops.iter().chain(&self.wallets).copied();
        for who in all.filter(|who| self.world.is_up(*who)).collect::<Vec<_>>() {
            let row: Option<Value> = self.world.row(who, &Key::new("lock", lock.xid))?;
            if row.is_some_and(|row| row.pointer("/machine/Payer").is_some()) {
                return Ok(Some(who));
            }
        }
        Ok(None)
    }

    /// Signs with the key that L names for a seat.
    fn forged_about<B: Body>(&mut self, who: Who, lock: &Lock, seat: Seat, body: B) -> Result<String, Trouble> {
        let role = if seat == Seat::Holder { Role::Bank } else { Role::Party };
        let (pair, crypto) = (self.world.pair(who, lock.key(seat).id())?, self.world.provider(who)?);
        let (author, keyring) = (Author::uncertified(role, &pair), Keyring::for_simulation([0; 32]));
        let base = Context { now: self.world.now(), crypto: &*crypto, keyring: &keyring };
        let meta = author.meta::<B>(&base, About::exchange(lock.xid, vec![]), ANSWER_VALIDITY);
        Ok(make(&*crypto, &author.secret, meta, body)?.text)
    }
}
