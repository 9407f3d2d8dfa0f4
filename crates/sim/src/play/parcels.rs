//! What must hold of mail orders whose money the bank keeps, at the end.
//!
//! | said | unless |
//! |---|---|
//! | an order is stranded | every whole side at a sound bank sees the money of every part divided or back, and no wish open |
//! | the two sides of an order disagree | whole sides at a sound bank have the same parts, and the same of their money |
//! | the honest … is convicted over a parcel | nothing that anybody has convicts somebody sound |
//! | the buyer paid without a word of its own | a whole buyer has approved, or let the time pass, or a sound arbiter has ruled so |
//! | the seller shipped for nothing | what a whole seller shipped in time and nobody objected to is paid |
//! | a ruling is not carried out | what was divided by a ruling is divided as it says |
//! | something is kept for nothing | a whole shop at a sound bank has no row of an offer that has ended or of an order that is open |
//! | goods have vanished | what a shop does not have any more it has shipped |
//! | cannot show its order | the pack of a whole side is sound and shows what became of each part, and convicts nobody honest |
//! | learns what it must not | where a buyer lives, only its shops know, and the arbiter who is shown; a pickup code, whoever is shown it |

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use semper_base::{Amount, Hash, Key, Millis, Role, Timestamp, Xid};
use semper_blocks::statement::{Compact, Kind};
use semper_commerce::process::mail_order::{Book, How, LockState, Part, PartLock};
use semper_exchange::fair::lock::escrow::statements::DivideBasis;
use semper_exchange::judge::Evidence;
use semper_exchange::judge::lock::{LockOutcome, judge};

use super::trades::Said;
use super::{DAY, DAYS_MAX, HOUR, PARCEL_DAYS_MAX, Play};
use crate::parcels::{Mine, order_of, stocked};
use crate::script::Act;
use crate::secrecy::Secret;
use crate::trouble::Trouble;
use crate::world::Who;

/// Longer than any message is under way in a storm.
const SLOW: Millis = Millis::days(1);
/// The same by a clock that is wrong by a day and by half.
const MISLED: Millis = Millis::days(4);

/// One order on both books.
#[derive(Debug, Default)]
struct Two {
    buyer: Option<(Who, Mine)>,
    seller: Option<(Who, Mine)>,
}

impl Two {
    fn sides(&self) -> impl Iterator<Item = (Who, &Mine, &Book)> {
        let both = self.buyer.iter().chain(&self.seller);
        both.filter_map(|(who, mine)| Some((*who, mine, mine.book.as_ref()?)))
    }
}

impl Play<'_> {
    /// Whether a party is sound, and has forgotten nothing.
    pub(super) fn is_whole(&self, who: Who) -> bool {
        let name = |name: &String| self.market.world.named(name) == Some(who);
        let forgets = |act: &Act| matches!(act, Act::Recover(restored) if name(restored));
        self.is_sound(who) && !self.script.acts.iter().any(|(_, act)| forgets(act))
    }

    /// How long after it was signed something may come in: a clock that was wrong says another moment.
    fn slow(&self, who: Who) -> Millis {
        let name = |name: &String| self.market.world.named(name) == Some(who);
        let misled = |act: &Act| matches!(act, Act::Clock(party, _) | Act::Drift(party, _) if name(party));
        if self.script.acts.iter().any(|(_, act)| misled(act)) { MISLED } else { SLOW }
    }

    /// Whether anybody sells parcels.
    pub(super) fn has_parcels(&self) -> bool {
        !self.market.plan.counters.is_empty()
    }

    /// Whether there is any parcel of which something may still be wished when all money is where it belongs.
    pub(super) fn has_shipped(&mut self) -> Result<bool, Trouble> {
        for shop in self.market.shops.clone() {
            let orders = self.market.orders(shop)?;
            if orders.iter().filter_map(|mine| mine.book.as_ref()).any(|book| !book.parts.is_empty()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What people do about parcels after the storm.
    pub(super) fn patient(&self) -> VecDeque<(Timestamp, Act)> {
        let mut acts: Vec<&(u64, Act)> = self.script.acts.iter().collect();
        acts.sort_by_key(|(at, _)| *at);
        let later = acts.into_iter().filter(|(at, act)| *at >= self.script.storm && act.is_patient());
        let moment = |at: u64| Timestamp::from_millis(self.started.millis().saturating_add(at));
        later.map(|(at, act)| (moment(*at), act.clone())).collect()
    }

    /// After so many days everybody is at rest.
    pub(super) fn days_max(&self) -> u64 {
        let later = self.script.acts.iter().filter(|(_, act)| act.is_patient()).map(|(at, _)| at / DAY).max();
        let parcels = if self.has_parcels() { PARCEL_DAYS_MAX + later.unwrap_or(0) } else { 0 };
        DAYS_MAX.saturating_add(parcels)
    }

    /// Checks all of them; returns how the money of their parts ended.
    pub(super) fn parcels(&mut self, convicted: &mut BTreeSet<String>) -> Result<BTreeMap<String, u64>, Trouble> {
        let mut words = BTreeMap::new();
        if !self.has_parcels() {
            return Ok(words);
        }
        if let Some(order) = self.stranded_order()? {
            return Err(Trouble::new(format!("an order is stranded: {order}")));
        }
        let said = self.said();
        for two in self.all_orders()?.into_values() {
            self.agree(&two)?;
            for (who, _, book) in two.sides() {
                for lock in &book.locks {
                    self.judged(lock.lock, &two, &said, convicted)?;
                    self.deserved(who, book, lock)?;
                }
            }
            for (who, mine, book) in two.sides() {
                self.shown(who, mine, book)?;
            }
            for lock in two.sides().next().into_iter().flat_map(|(_, _, book)| &book.locks) {
                *words.entry(format!("parcel-{}", ending(lock.state))).or_insert(0) += 1;
            }
        }
        self.shelves()?;
        self.leftovers()?;
        Ok(words)
    }

    /// Every order with a contract, by its name.
    fn all_orders(&mut self) -> Result<BTreeMap<Hash, Two>, Trouble> {
        let mut all: BTreeMap<Hash, Two> = BTreeMap::new();
        for who in self.market.shops.iter().chain(&self.market.wallets).copied().collect::<Vec<_>>() {
            for mine in self.market.orders(who)? {
                let Some(order) = order_of(&mine) else { continue };
                let two = all.entry(order).or_default();
                let side = if self.market.shops.contains(&who) { &mut two.seller } else { &mut two.buyer };
                *side = Some((who, mine));
            }
        }
        Ok(all)
    }

    /// A whole side of an order that waits for something, though its bank is sound.
    pub(super) fn stranded_order(&mut self) -> Result<Option<String>, Trouble> {
        if !self.has_parcels() {
            return Ok(None);
        }
        for who in self.market.shops.iter().chain(&self.market.wallets).copied().collect::<Vec<_>>() {
            if !self.is_whole(who) || !self.is_sound(self.market.home(who)?.bank) {
                continue;
            }
            let name = self.market.world.seat(who)?.name.clone();
            for mine in self.market.orders(who)? {
                let Some(book) = &mine.book else {
                    if mine.row.pointer("/state/Ended").is_none() {
                        return Ok(Some(format!("{name}: {} has no contract and no end", mine.name)));
                    }
                    continue;
                };
                if let Some(lock) = book.locks.iter().find(|lock| !lock.state.is_over()) {
                    return Ok(Some(format!("{name}: {} {:?}", lock.lock, lock.state)));
                }
                let run = book.locks.iter().map(|lock| self.market.lock_run(who, lock.lock));
                for run in run.collect::<Result<Vec<_>, _>>()? {
                    if run.is_some_and(|run| !run.machine.standing().is_final()) {
                        return Ok(Some(format!("{name}: a lock of {} is over and waits", mine.name)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Both sides, if they are whole, have the same of parts and money.
    fn agree(&self, two: &Two) -> Result<(), Trouble> {
        let (Some((wallet, buyer)), Some((shop, seller))) = (&two.buyer, &two.seller) else {
            // A shop that has accepted has heard from a wallet; that may have given up before it heard of it.
            return match &two.buyer {
                Some((_, mine)) if two.seller.is_none() && self.all_whole() => {
                    Err(Trouble::new(format!("the two sides of an order disagree: only the buyer knows {}", mine.name)))
                }
                _ => Ok(()),
            };
        };
        let bank = self.market.home(*wallet)?.bank;
        if !self.is_whole(*wallet) || !self.is_whole(*shop) || !self.is_sound(bank) {
            return Ok(());
        }
        let (one, other) = (buyer.book.as_ref().map(common), seller.book.as_ref().map(common));
        if one == other {
            return Ok(());
        }
        Err(Trouble::new(format!("the two sides of an order disagree: {one:?} / {other:?}")))
    }

    fn all_whole(&self) -> bool {
        self.market.everybody().into_iter().all(|who| self.is_whole(who))
    }

    /// Whom everything that anybody has about the money of a part convicts.
    fn judged(&mut self, id: Xid, two: &Two, said: &Said, convicted: &mut BTreeSet<String>) -> Result<(), Trouble> {
        let customers: Vec<Who> = two.sides().map(|(who, ..)| who).collect();
        let Some(any) = customers.first().copied() else { return Ok(()) };
        let home = self.market.home(two.seller.as_ref().map_or(any, |(shop, _)| *shop))?;
        let mut all = said.get(&id).cloned().unwrap_or_default();
        for who in customers.iter().copied().chain([home.bank, home.notary]) {
            all.extend(self.market.kept(who, id)?.into_iter().map(|(_, bytes)| bytes));
        }
        let mut evidence = Evidence::new();
        for bytes in &all {
            // More than a pack holds is no evidence any more.
            let _ = evidence.add(&Hash::of(bytes).hex(), bytes);
        }
        let Some(run) = self.market.lock_run(any, id)? else { return Ok(()) };
        let lock = run.lock()?;
        let seller_lies = two.seller.as_ref().is_some_and(|(shop, _)| !self.is_sound(*shop));
        for conviction in judge(&lock, &evidence, &*self.crypto()).convictions {
            let lies = match conviction.who {
                Role::Bank => !self.is_sound(home.bank),
                Role::Arbiter => !self.is_sound(home.notary),
                Role::Seller => seller_lies,
                _ => false,
            };
            if !lies {
                return Err(Trouble::new(format!(
                    "the honest {} is convicted over a parcel: {:?} of {id}",
                    conviction.who, conviction.misdeed
                )));
            }
            convicted.insert(conviction.who.word().to_owned());
        }
        Ok(())
    }

    /// What a whole side has of the money of a part is what its own words, the clock and the arbiter make of it.
    fn deserved(&mut self, who: Who, book: &Book, lock: &PartLock) -> Result<(), Trouble> {
        let home = self.market.home(who)?;
        if !self.is_whole(who) || !self.is_sound(home.bank) {
            return Ok(());
        }
        let wrong = |what: &str| Err(Trouble::new(format!("{what}: {} {:?}", lock.lock, lock.state)));
        let is_shop = self.market.shops.contains(&who);
        let own = self.market.kept(who, lock.lock)?;
        let said = |kind: Kind| own.iter().find_map(|(known, text)| (known == kind.word()).then(|| issued(text))?);
        let part = book.part_of(&lock.lock);
        let LockState::Divided { at, basis, payee, .. } = lock.state else {
            let gave = said(Kind::GiveBack).is_some();
            if is_shop && part.is_some() && !gave {
                return wrong("the seller shipped for nothing");
            }
            return Ok(());
        };
        let slow = self.slow(who);
        let late = |of: Option<Timestamp>| of.is_some_and(|of| of.plus(slow) < at);
        match basis {
            DivideBasis::Ruled => {
                let rulings = self.market.signed.iter().filter(|file| file.lock == lock.lock);
                let ruled = rulings.filter_map(|file| file.payee).any(|ruled| ruled == payee.minor());
                let arbiter = self.arbiter_of(lock.lock, who)?;
                if !ruled && self.is_sound(arbiter) {
                    return wrong("a ruling is not carried out");
                }
            }
            DivideBasis::Approved if !is_shop && said(Kind::Approval).is_none() => {
                return wrong("the buyer paid without a word of its own");
            }
            DivideBasis::Unobjected if !is_shop && late(said(Kind::Dispute)) => {
                return wrong("the buyer paid without a word of its own");
            }
            DivideBasis::Approved | DivideBasis::Unobjected => {
                if is_shop && part.is_some_and(|part| part.amount != payee) {
                    return wrong("the seller shipped for nothing");
                }
            }
            DivideBasis::NotArrived | DivideBasis::NotShipped | DivideBasis::Unruled if payee.minor() > 0 => {
                return wrong("the buyer paid without a word of its own");
            }
            DivideBasis::NotShipped if is_shop && late(part.map(|part| part.shipped)) => {
                return wrong("the seller shipped for nothing");
            }
            DivideBasis::NotArrived if is_shop && late(said(Kind::HandedOver)) => {
                return wrong("the seller shipped for nothing");
            }
            DivideBasis::NotArrived | DivideBasis::NotShipped | DivideBasis::Unruled => {}
        }
        Ok(())
    }

    /// Who rules on a lock: the first notary on the shop's list.
    fn arbiter_of(&mut self, lock: Xid, who: Who) -> Result<Who, Trouble> {
        for shop in self.market.shops.clone() {
            if self.market.lock_run(shop, lock)?.is_some() {
                return Ok(self.market.home(shop)?.notary);
            }
        }
        Ok(self.market.home(who)?.notary)
    }

    /// What a whole side can show of an order to a stranger.
    fn shown(&mut self, who: Who, mine: &Mine, book: &Book) -> Result<(), Trouble> {
        let bank = self.market.home(who)?.bank;
        if !self.is_whole(who) || !self.is_sound(bank) || book.locks.is_empty() {
            return Ok(());
        }
        let pack = self.market.pack_of(who, mine)?;
        let report = self.read_pack(&pack)?;
        if !report.is_sound() {
            return Err(Trouble::new(format!("somebody cannot show its order: {report}")));
        }
        for lock in &book.locks {
            let kept = report.locks.iter().find(|kept| kept.verdict.xid == lock.lock);
            let Some(verdict) = kept.map(|kept| &kept.verdict) else {
                // Nothing was ever locked for it.
                if lock.state == LockState::Returned {
                    continue;
                }
                return Err(Trouble::new(format!("somebody cannot show its order: nothing of {}", lock.lock)));
            };
            let divided = matches!(lock.state, LockState::Divided { .. });
            if divided != (verdict.outcome == LockOutcome::Divided) {
                let said = verdict.outcome;
                return Err(Trouble::new(format!("somebody cannot show its order: {said:?} of {:?}", lock.state)));
            }
        }
        Ok(())
    }

    /// What is not on a shelf any more was shipped.
    fn shelves(&mut self) -> Result<(), Trouble> {
        for counter in self.market.plan.counters.clone() {
            let shop = self.who(&counter.shop)?;
            if !self.is_whole(shop) || !self.is_sound(self.market.home(shop)?.bank) {
                continue;
            }
            let mut shipped = 0;
            for mine in self.market.orders(shop)? {
                let parts = mine.book.iter().flat_map(|book| &book.parts);
                shipped += parts.flat_map(|part| &part.lines).map(|line| line.quantity).sum::<u64>();
            }
            let has = self.market.stock(shop)?;
            if has.saturating_add(shipped) != stocked() {
                let name = &counter.shop;
                return Err(Trouble::new(format!("goods have vanished: {name} has {has} and shipped {shipped}")));
            }
        }
        Ok(())
    }

    /// What waits for a time or for somebody is gone when that has come.
    fn leftovers(&mut self) -> Result<(), Trouble> {
        let over = self.script.storm.saturating_add(3 * HOUR);
        if self.market.now().since(self.started).0 < over {
            return Ok(());
        }
        for shop in self.market.shops.clone() {
            if !self.is_whole(shop) || !self.is_sound(self.market.home(shop)?.bank) {
                continue;
            }
            for table in ["parcel-offer/", "parcels-open/", "open-offers/"] {
                let rows = self.market.world.look(shop, |transaction| transaction.scan(table, None, 8))?;
                if let Some((key, _)) = rows.first() {
                    return Err(Trouble::new(format!("something is kept for nothing: {}", key.0)));
                }
            }
        }
        Ok(())
    }

    /// Where others live, and codes that nobody was shown.
    pub(super) fn addresses(&mut self, who: Who) -> Result<Vec<Secret>, Trouble> {
        let mut secrets = Vec::new();
        if !self.has_parcels() || self.market.shops.contains(&who) {
            return Ok(secrets);
        }
        // Whom somebody asks for a ruling sees the whole order.
        let asked = self.script.acts.iter().any(|(_, act)| matches!(act, Act::Rule(..)));
        let shops_keep = self.market.shops.iter().all(|shop| self.is_sound(*shop));
        for wallet in self.market.wallets.clone() {
            if wallet == who || !self.is_sound(wallet) {
                continue;
            }
            let codes = self.market.secret_codes(wallet)?.into_iter();
            secrets.extend(codes.map(|code| {
                let bytes = serde_json::to_value(code).ok().and_then(|code| code.as_str().map(str::to_owned));
                Secret { name: "a pickup code".to_owned(), bytes: bytes.unwrap_or_default().into_bytes() }
            }));
            if shops_keep && !(asked && self.market.notaries.contains(&who)) {
                let bytes = self.market.street(wallet).into_bytes();
                secrets.push(Secret { name: "where somebody lives".to_owned(), bytes });
            }
        }
        Ok(secrets)
    }

    /// By how much a customer's account differs by what was divided, in minor units.
    pub(super) fn by_parcels(&mut self, who: Who) -> Result<i128, Trouble> {
        let mut sum = 0;
        for mine in self.market.orders(who)? {
            for lock in mine.book.iter().flat_map(|book| &book.locks) {
                if let LockState::Divided { payee, .. } = lock.state {
                    let paid = i128::from(payee.minor());
                    sum += if self.market.shops.contains(&who) { paid } else { -paid };
                }
            }
        }
        Ok(sum)
    }

    /// By how much it differs by plain payments, as its bank said.
    pub(super) fn by_payments(&mut self, who: Who) -> Result<i128, Trouble> {
        let mut sum = 0;
        for (key, _) in self.market.world.look(who, |transaction| transaction.scan("paid/", None, 10_000))? {
            let paid: Option<semper_services::common::pay::Paid> = self.market.world.row(who, &Key(key.0))?;
            let Some(paid) = paid else { continue };
            let amount = i128::from(paid.amount.minor());
            sum += if paid.left { -amount } else { amount };
        }
        Ok(sum)
    }
}

/// When somebody signed this, by its own clock.
fn issued(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    Some(Compact::parse(text).ok()?.danger_meta_unverified().ok()?.issued)
}

/// What both sides of an order have in common.
#[derive(Debug, PartialEq, Eq)]
struct Common<'b> {
    cancelled: Option<usize>,
    locks: Vec<(Xid, LockState)>,
    parts: Vec<CommonPart<'b>>,
}

/// The same of a part.
#[derive(Debug, PartialEq, Eq)]
struct CommonPart<'b> {
    number: u64,
    shipment: &'b Hash,
    amount: Amount,
    paid: bool,
    refunded: Amount,
    how: Option<How>,
    withdrawn: bool,
    acknowledged: bool,
}

fn common(book: &Book) -> Common<'_> {
    Common {
        cancelled: book.cancelled.as_ref().map(|cancelled| cancelled.lines.len()),
        locks: book.locks.iter().map(|lock| (lock.lock, lock.state)).collect(),
        parts: book.parts.iter().map(common_part).collect(),
    }
}

fn common_part(part: &Part) -> CommonPart<'_> {
    CommonPart {
        number: part.number,
        shipment: &part.shipment,
        amount: part.amount,
        paid: part.paid.is_some(),
        refunded: part.refunded,
        how: part.arrival.map(|arrival| arrival.how),
        withdrawn: part.withdrawn.is_some(),
        acknowledged: part.acknowledged.is_some(),
    }
}

/// How the money of a part ended, in a word.
fn ending(state: LockState) -> &'static str {
    match state {
        LockState::Divided { basis, .. } => match basis {
            DivideBasis::Approved => "approved",
            DivideBasis::NotArrived => "not-arrived",
            DivideBasis::NotShipped => "not-shipped",
            DivideBasis::Ruled => "ruled",
            DivideBasis::Unobjected => "unobjected",
            DivideBasis::Unruled => "unruled",
        },
        LockState::Returned => "returned",
        _ => "open",
    }
}
