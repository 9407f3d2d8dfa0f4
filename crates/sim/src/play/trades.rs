//! What must hold of locks, data on sale and joint deals, at the end.
//!
//! | said | unless |
//! |---|---|
//! | a lock is stranded | every sound side of a lock at a sound bank has ended, if a sound notary decides it |
//! | payer and payee of a lock disagree | it is paid for both or for neither, or what there is convicts the bank |
//! | the honest … is convicted over a lock | nothing that anybody has convicts somebody sound |
//! | paid for other data | who has paid reads what was offered, or its pack convicts the seller |
//! | the register has no row about a lock | what a sound bank did with the money of a lock stands in its register |
//! | a deal is done by halves | who has the deal has the letters and the money that it says; who has not has neither paid nor been paid |
//! | learns what it must not | the key of what nobody paid for, or of a deal that came to nothing, stays with its owner |

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Blob64, Hash, Key, Role, Xid};
use semper_blocks::certificate::Root;
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::Compact;
use semper_commerce::dispute::Report;
use semper_exchange::fair::deal::{Deal, Leg};
use semper_exchange::fair::lock::{Condition, Lock, Standing};
use semper_exchange::fair::party::Standing as DealStanding;
use semper_exchange::judge::Evidence;
use semper_exchange::judge::lock::judge;
use semper_services::common::locks::{Side, run::Run};
use semper_support::crypto::{Crypto, Ideal, Seeded};
use serde_json::{Value, json};

use super::Play;
use crate::papers::{Paper, letter_of};
use crate::secrecy::Secret;
use crate::trouble::Trouble;
use crate::world::Who;

/// Locks of one party that are looked at.
const LOCKS_MAX: usize = 10_000;

/// One lock as its payer and its payee have it.
#[derive(Debug)]
pub(super) struct Held {
    lock: Lock,
    /// Its holder.
    bank: Who,
    payee: Option<(Who, Run<Side>)>,
    payer: Option<(Who, Run<Side>)>,
}

impl Held {
    fn sides(&self) -> impl Iterator<Item = &(Who, Run<Side>)> {
        self.payer.iter().chain(&self.payee)
    }
}

fn standing(side: Option<&(Who, Run<Side>)>) -> Option<Standing> {
    side.map(|(_, run)| run.machine.standing())
}

type Locks = BTreeMap<Xid, Held>;
/// What was said about locks, to anybody who is listened to.
pub(super) type Said = BTreeMap<Xid, BTreeSet<Vec<u8>>>;

impl Play<'_> {
    /// Checks all of them; returns how they ended.
    pub(super) fn trades(&mut self, convicted: &mut BTreeSet<String>) -> Result<BTreeMap<String, u64>, Trouble> {
        let mut words = BTreeMap::new();
        let locks = self.locks()?;
        if let Some(lock) = self.stranded_lock(&locks)? {
            return Err(Trouble::new(format!("a lock is stranded: {lock}")));
        }
        let said = self.said();
        for held in locks.values() {
            let word = self.check_lock(held, &said, convicted)?;
            *words.entry(word).or_insert(0) += 1;
        }
        for paper in self.market.papers.clone() {
            let Some(deal) = paper.x.core.deal.clone() else { continue };
            self.check_deal(&paper, &deal, &locks)?;
        }
        Ok(words)
    }

    /// Whether a sound side of a lock still waits for something.
    pub(super) fn has_open_lock(&mut self) -> Result<bool, Trouble> {
        let locks = self.locks()?;
        Ok(self.stranded_lock(&locks)?.is_some())
    }

    /// All locks, as customers have them.
    fn locks(&mut self) -> Result<Locks, Trouble> {
        let mut locks = Locks::new();
        for who in self.market.shops.iter().chain(&self.market.wallets).copied().collect::<Vec<_>>() {
            let rows = self.market.world.look(who, |transaction| transaction.scan("lock/", None, LOCKS_MAX))?;
            let bank = self.market.home(who)?.bank;
            for (_, row) in rows {
                let run: Run<Side> = serde_json::from_slice(&row).map_err(|e| Trouble::new(e.to_string()))?;
                let lock = Lock::clone(&*run.lock()?);
                // Of parcels more is asked, elsewhere.
                if matches!(lock.core.condition, Condition::Escrow(_)) {
                    continue;
                }
                let new = || Held { lock: lock.clone(), bank, payee: None, payer: None };
                let held = locks.entry(lock.xid).or_insert_with(new);
                match run.machine {
                    Side::Payee(_) => held.payee = Some((who, run)),
                    Side::Payer(_) => held.payer = Some((who, run)),
                }
            }
        }
        Ok(locks)
    }

    fn stranded_lock(&mut self, locks: &Locks) -> Result<Option<String>, Trouble> {
        for held in locks.values() {
            if !self.is_sound(held.bank) || !self.is_decided(&held.lock) {
                continue;
            }
            let id = held.lock.xid;
            let all_sound = held.sides().all(|(who, _)| self.is_sound(*who)) && !self.somebody_is_behind(id);
            for (who, run) in held.sides().filter(|(who, _)| self.is_sound(*who)) {
                let standing = run.machine.standing();
                // A payee that lies, or has forgotten it, may leave its money where it is, and the payer of a deal waits for
                // nothing else.
                let left = !all_sound && standing == Standing::Locked && held.lock.core.condition.ends().is_none();
                if !standing.is_final() && !left {
                    let name = &self.market.world.seat(*who)?.name;
                    return Ok(Some(format!("{name}: {} {}", held.lock.xid, standing.word())));
                }
            }
        }
        Ok(None)
    }

    /// Whether whoever decides about a lock is sound and has decided: the clock of the bank, or a notary.
    fn is_decided(&self, lock: &Lock) -> bool {
        let Condition::Decision(by) = &lock.core.condition else { return true };
        let paper = self.market.papers.iter().find(|paper| paper.x.xid == by.exchange);
        paper.is_some_and(|paper| self.is_sound(paper.notary))
    }

    /// Every statement in a message about a lock.
    pub(super) fn said(&self) -> Said {
        let mut all = Said::new();
        for heard in self.market.world.heard.values() {
            for text in heard.texts() {
                let Ok(Value::Object(said)) = serde_json::from_str(text) else { continue };
                let Some(lock) = said.get("descriptor").cloned() else { continue };
                let Ok(Blob64(lock)) = serde_json::from_value(lock) else { continue };
                let Ok(lock) = Lock::read(&lock) else { continue };
                said.values().for_each(|member| statements(member, all.entry(lock.xid).or_default()));
            }
        }
        all
    }

    fn check_lock(&mut self, held: &Held, said: &Said, convicted: &mut BTreeSet<String>) -> Result<String, Trouble> {
        let (payer, payee) = (standing(held.payer.as_ref()), standing(held.payee.as_ref()));
        let wrong = |what: &str| {
            let both = [payer, payee].map(|side| side.map_or("nothing", Standing::word));
            Err(Trouble::new(format!("{what}: {} {both:?}", held.lock.xid)))
        };
        let roles = self.convicted_over(held, said)?;
        let bank = self.is_sound(held.bank);
        let seller_lies = held.payee.as_ref().is_some_and(|(who, _)| !self.is_sound(*who));
        if let Some(role) = roles.iter().find(|role| match role {
            Role::Bank => bank,
            Role::Seller => !seller_lies,
            _ => true,
        }) {
            return wrong(&format!("the honest {role} is convicted over a lock"));
        }
        convicted.extend(roles.iter().map(|role| role.word().to_owned()));
        let sound = |side: Option<&(Who, _)>| side.is_some_and(|(who, _): &(Who, Run<Side>)| self.is_sound(*who));
        let both = sound(held.payer.as_ref()) && sound(held.payee.as_ref());
        if both && !self.somebody_is_behind(held.lock.xid) {
            let paid = [payer, payee].map(|side| side == Some(Standing::Claimed));
            let over = [payer, payee].map(|side| side.is_none_or(Standing::is_final));
            if paid[0] != paid[1] && over == [true, true] && !roles.contains(&Role::Bank) {
                return wrong("payer and payee of a lock disagree");
            }
        }
        let moved = [payer, payee].iter().any(|side| matches!(side, Some(Standing::Claimed | Standing::Returned)));
        if bank && moved {
            let id = held.lock.xid;
            let row = self.market.world.look(held.bank, |transaction| transaction.register(&id, "outcome"))?;
            if row.is_none() {
                return wrong("the register has no row about a lock");
            }
        }
        let word = match (held.lock.core.condition.ends(), payer.or(payee)) {
            (Some(_), Some(Standing::Claimed)) => self.check_data(held)?,
            (Some(_), _) => "data-back",
            (None, Some(Standing::Claimed)) => "payment-paid",
            (None, _) => "payment-back",
        };
        Ok(word.to_owned())
    }

    /// Whom everything that anybody has about a lock convicts.
    fn convicted_over(&mut self, held: &Held, said: &Said) -> Result<BTreeSet<Role>, Trouble> {
        let mut all = said.get(&held.lock.xid).cloned().unwrap_or_default();
        let everybody: Vec<Who> = held.sides().map(|(who, _)| *who).chain([held.bank]).collect();
        for who in everybody {
            all.extend(self.market.kept(who, held.lock.xid)?.into_iter().map(|(_, bytes)| bytes));
        }
        let mut evidence = Evidence::new();
        for bytes in &all {
            // More than a pack holds is no evidence any more.
            let _ = evidence.add(&Hash::of(bytes).hex(), bytes);
        }
        let verdict = judge(&held.lock, &evidence, &*self.crypto());
        Ok(verdict.convictions.iter().map(|conviction| conviction.who).collect())
    }

    pub(super) fn crypto(&self) -> Box<dyn Crypto> {
        if self.market.plan.ideal { Box::new(Ideal::new(0)) } else { Box::new(Seeded::new([0; 32])) }
    }

    /// Data that was paid for: its buyer reads what was offered, or can show who signed something else.
    fn check_data(&mut self, held: &Held) -> Result<&'static str, Trouble> {
        let Some((buyer, run)) = held.payer.as_ref().filter(|(who, _)| self.is_sound(*who)) else {
            return Ok("data-to-liar");
        };
        let owner = run.owner.clone().unwrap_or_default();
        let id = owner.split_once('/').map(|(_, id)| id.to_owned()).unwrap_or_default();
        let read = self.market.world.command(*buyer, &json!({ "command": "data-read", "data": id }));
        if let Ok(read) = read {
            let data = serde_json::from_value::<Blob64>(read.get("data").cloned().unwrap_or_default());
            let content = data.map_err(|e| Trouble::new(e.to_string()))?.0;
            let offered = |sale: &crate::trades::Sale| sale.content == content && sale.buyers.contains(buyer);
            if !self.market.sales_of_data.iter().any(offered) {
                return Err(Trouble::new(format!("paid for other data: {}", held.lock.xid)));
            }
            return Ok("data-paid");
        }
        match self.blamed(*buyer, &id)?.as_slice() {
            [Role::Seller] if held.payee.as_ref().is_none_or(|(who, _)| !self.is_sound(*who)) => Ok("data-wrong"),
            other => Err(Trouble::new(format!("paid for other data, and {other:?} is convicted: {}", held.lock.xid))),
        }
    }

    /// Whom a buyer's own pack convicts.
    fn blamed(&mut self, buyer: Who, id: &str) -> Result<Vec<Role>, Trouble> {
        let pack = self.market.world.command(buyer, &json!({ "command": "data-export", "data": id }))?;
        let pack = serde_json::from_value::<Blob64>(pack.get("pack").cloned().unwrap_or_default());
        let report = self.read_pack(&pack.map_err(|e| Trouble::new(e.to_string()))?.0)?;
        let verdict = report.lock_verdict.ok_or_else(|| Trouble::new("a pack of data is not sound"))?;
        Ok(verdict.convictions.iter().map(|conviction| conviction.who).collect())
    }

    /// What a stranger with the market's root finds in a pack.
    pub(super) fn read_pack(&mut self, pack: &[u8]) -> Result<Report, Trouble> {
        let authority = self.market.authority;
        let root = self.market.world.command(authority, &json!({ "command": "root" }))?;
        let root = semper_base::bytes::decode(root.get("root").and_then(Value::as_str).unwrap_or_default());
        let crypto = self.crypto();
        let broken = |e: semper_base::Violation| Trouble::new(format!("a pack is broken: {e}"));
        let root = Root::read(&root.map_err(broken)?, &*crypto).map_err(broken)?;
        let pack = semper_commerce::dispute::read(pack, &*crypto).map_err(broken)?;
        Ok(semper_commerce::dispute::verify(&pack, &root, &*crypto))
    }

    /// Letters and money of a deal, where notary and bank are sound: all of it or nothing.
    fn check_deal(&mut self, paper: &Paper, deal: &Deal, locks: &Locks) -> Result<(), Trouble> {
        let xid = paper.x.xid;
        let banks = paper.parties.iter().filter_map(|who| self.market.homes.get(who)).map(|home| home.bank);
        if !self.is_sound(paper.notary) || !banks.collect::<Vec<_>>().into_iter().all(|bank| self.is_sound(bank)) {
            return Ok(());
        }
        let halves = |what: String| Err(Trouble::new(format!("a deal is done by halves: {what}: {xid}")));
        for (place, who) in
            paper.parties.clone().into_iter().enumerate().filter(|(_, who)| self.is_sound(*who)).collect::<Vec<_>>()
        {
            let Some(run) = self.market.paper_run(who, xid)?.filter(|_| !self.is_behind(who, xid)) else { continue };
            let done = run.machine.standing() == DealStanding::Complete;
            for (leg, payment) in deal.payments() {
                let id = payment.lock(leg, &paper.x).map_err(|e| Trouble::new(e.to_string()))?.xid;
                if self.somebody_is_behind(id) {
                    continue;
                }
                let held = locks.get(&id);
                let to = paper.parties.get(usize::from(payment.receiver)).copied();
                if usize::from(payment.receiver) == place {
                    let paid = standing(held.and_then(|held| held.payee.as_ref())) == Some(Standing::Claimed);
                    if paid != done {
                        return halves(format!("place {place} is paid: {paid}, has the deal: {done}"));
                    }
                }
                if usize::from(payment.giver) == place && to.is_some_and(|to| self.is_sound(to)) {
                    let pays = standing(held.and_then(|held| held.payer.as_ref())) == Some(Standing::Claimed);
                    if pays != done {
                        return halves(format!("place {place} pays: {pays}, has the deal: {done}"));
                    }
                }
            }
            if done {
                self.check_letters(paper, deal, place, who)?;
            }
        }
        Ok(())
    }

    /// Whoever has the deal reads what everybody sound wrote to it.
    fn check_letters(&mut self, paper: &Paper, deal: &Deal, place: usize, who: Who) -> Result<(), Trouble> {
        let here = u8::try_from(place).unwrap_or(u8::MAX);
        let due: Vec<_> =
            deal.legs.iter().filter(|leg| matches!(leg, Leg::Letter { .. }) && leg.is_for(here)).collect();
        let read = self.market.world.command(who, &json!({ "command": "contract-read", "contract": paper.x.xid }))?;
        let letters = read.get("letters").and_then(Value::as_array).cloned().unwrap_or_default();
        for leg in due {
            let giver = usize::from(leg.giver());
            if paper.parties.get(giver).is_none_or(|giver| !self.is_sound(*giver)) {
                continue;
            }
            let written = json!(Blob64(letter_of(&paper.text, giver)));
            let is =
                |letter: &Value| letter.get("data") == Some(&written) && letter.get("as_agreed") == Some(&json!(true));
            if !letters.iter().any(is) {
                return Err(Trouble::new(format!(
                    "a deal is done by halves: place {place} cannot read: {}",
                    paper.x.xid
                )));
            }
        }
        Ok(())
    }

    /// By how much a customer's account differs by what was paid through locks, in minor units.
    pub(super) fn by_locks(&mut self, who: Who) -> Result<i128, Trouble> {
        let mut sum = 0_i128;
        for held in self.locks()?.into_values() {
            let amount = i128::from(held.lock.core.amount.minor());
            if self.is_behind(who, held.lock.xid) {
                continue;
            }
            let is = |side: Option<&(Who, Run<Side>)>| side.is_some_and(|(other, _)| *other == who);
            if is(held.payee.as_ref()) && standing(held.payee.as_ref()) == Some(Standing::Claimed) {
                sum += amount;
            }
            if is(held.payer.as_ref()) {
                let gone = match standing(held.payer.as_ref()) {
                    Some(Standing::Claimed) => true,
                    // Whoever waits for a notary or a payee that lies: the bank still has it, or has paid it out.
                    Some(Standing::Locked | Standing::Ordered) => self.is_locked(&held)?,
                    _ => false,
                };
                sum -= if gone { amount } else { 0 };
            }
        }
        Ok(sum + self.by_lost_locks(who)?)
    }

    /// The same of locks that a restored customer has forgotten something about, by its bank's rows.
    fn by_lost_locks(&mut self, who: Who) -> Result<i128, Trouble> {
        let bank = self.market.home(who)?.bank;
        let lost: Vec<Run<Side>> =
            self.lost_by(who).filter_map(|(_, lost)| serde_json::from_slice(&lost.newest).ok()).collect();
        let mut sum = 0_i128;
        for run in lost {
            let lock = run.lock()?;
            let amount = i128::from(lock.core.amount.minor());
            let state: Option<Value> = self.market.world.row(bank, &Key::new("lock", lock.xid))?;
            let state = state.and_then(|run| run.pointer("/machine/state").cloned()).unwrap_or_default();
            let (locked, claimed) = (state.get("Locked").is_some(), state.get("Claimed").is_some());
            sum += match run.machine {
                Side::Payee(_) if claimed => amount,
                Side::Payer(_) if claimed || locked => -amount,
                _ => 0,
            };
        }
        Ok(sum)
    }

    fn is_locked(&mut self, held: &Held) -> Result<bool, Trouble> {
        let run: Option<Value> = self.market.world.row(held.bank, &Key::new("lock", held.lock.xid))?;
        let state = run.and_then(|run| run.pointer("/machine/state").cloned()).unwrap_or_default();
        Ok(state.get("Locked").is_some() || state.get("Claimed").is_some())
    }

    /// Keys that this party must not know: of data that nobody has paid for, of letters in deals that came to nothing.
    pub(super) fn unsold(&mut self, who: Who) -> Result<Vec<Secret>, Trouble> {
        let mut secrets = Vec::new();
        let locks = self.locks()?;
        for sale in self.market.sales_of_data.clone() {
            let bank = self.market.home(sale.seller)?.bank;
            if who == sale.seller || who == bank || !self.is_sound(sale.seller) || !self.is_sound(bank) {
                continue;
            }
            let key = Key::new("data", &sale.id);
            let Some(row) = self.market.world.row::<Value>(sale.seller, &key)? else { continue };
            let owner = Some(key.0);
            let sold = locks.values().filter_map(|held| held.payee.as_ref());
            let mut sold = sold.filter(|(seller, run)| *seller == sale.seller && run.owner == owner);
            // It may have forgotten who has paid.
            let restored = self.lost_by(sale.seller).next().is_some();
            if restored || sold.any(|(_, run)| run.machine.standing() == Standing::Claimed) {
                continue;
            }
            let key = row.pointer("/side/Selling/key").and_then(Value::as_str).unwrap_or_default();
            let bytes = semper_base::bytes::decode(key).map_err(|e| Trouble::new(e.to_string()))?;
            secrets.push(Secret { name: "the key of data that nobody paid for".to_owned(), bytes });
        }
        for paper in self.market.papers.clone() {
            let Some(deal) = &paper.x.core.deal else { continue };
            for leg in &deal.legs {
                secrets.extend(self.unopened(who, &paper, leg)?);
            }
        }
        Ok(secrets)
    }

    /// The key of a letter in a deal that its giver has not got.
    fn unopened(&mut self, who: Who, paper: &Paper, leg: &Leg) -> Result<Option<Secret>, Trouble> {
        let Leg::Letter { com_k, .. } = leg else { return Ok(None) };
        let Some(giver) = paper.parties.get(usize::from(leg.giver())).copied() else { return Ok(None) };
        if who == giver || who == paper.notary || !self.is_sound(giver) || !self.is_sound(paper.notary) {
            return Ok(None);
        }
        let run = self.market.paper_run(giver, paper.x.xid)?;
        if self.is_behind(giver, paper.x.xid) || run.is_some_and(|run| run.machine.standing() == DealStanding::Complete)
        {
            return Ok(None);
        }
        let key: Option<KeyOpening> = self.market.world.row(giver, &Key::new("sealed", com_k))?;
        let bytes = key.map(|key| key.k.danger_bytes().to_vec());
        Ok(bytes.map(|bytes| Secret { name: "the key of a letter in a deal that came to nothing".to_owned(), bytes }))
    }
}

/// Every statement that is somewhere in a message.
fn statements(said: &Value, into: &mut BTreeSet<Vec<u8>>) {
    match said {
        Value::String(text) if Compact::parse(text).is_ok() => {
            into.insert(text.clone().into_bytes());
        }
        Value::Object(members) => members.values().for_each(|member| statements(member, into)),
        Value::Array(items) => items.iter().for_each(|item| statements(item, into)),
        _ => {}
    }
}
