//! The days after the storm, and everything that must hold at their end.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Role, Timestamp};
use semper_exchange::fair::dgp::buyer::Stage as Buyer;
use semper_exchange::fair::dgp::seller::Stage as Seller;

use super::{DAY, Play, Report, word};
use crate::bounds;
use crate::market::Deal;
use crate::secrecy::{Secret, find};
use crate::trouble::Trouble;
use crate::world::Who;

/// A stretch of the goods that is nowhere by chance.
const STRETCH: usize = 20;

impl Play<'_> {
    /// Lets days pass until everybody sound has come to rest.
    pub(super) fn days(&mut self) -> Result<(), Trouble> {
        let mut patient = self.patient();
        for _ in 0..self.days_max() {
            if !self.is_open()? && (patient.is_empty() || !self.has_shipped()?) {
                return Ok(());
            }
            let end = Timestamp::from_millis(self.market.now().millis().saturating_add(DAY));
            while let Some((at, act)) = patient.pop_front_if(|(at, _)| *at <= end) {
                self.market.world.run_to(at)?;
                self.act(&act)?;
            }
            self.market.world.run_to(end)?;
        }
        Ok(())
    }

    fn is_open(&mut self) -> Result<bool, Trouble> {
        for deal in self.market.deals()? {
            let unsound = self.unsound(&deal)?;
            let excused = self.excused(&deal, &unsound)?;
            if self.market.xid(&deal)?.is_some() && !self.market.is_final(&deal, &excused)? {
                return Ok(true);
            }
        }
        let is_open = self.stranded_sale()?.is_some() || self.stranded_signer()?.is_some() || self.has_open_lock()?;
        Ok(is_open || self.stranded_order()?.is_some() || self.stranded_container()?.is_some())
    }

    /// Who need not have come to rest, or may have lost: liars, everybody where the bank lies, and who was restored as far as
    /// nobody can bring back what it has forgotten.
    fn excused(&mut self, deal: &Deal, unsound: &[Role]) -> Result<Vec<Role>, Trouble> {
        let mut excused = unsound.to_vec();
        if unsound.contains(&Role::Bank) {
            excused.extend([Role::Buyer, Role::Seller]);
            return Ok(excused);
        }
        let Some(xid) = self.market.xid(deal)? else { return Ok(excused) };
        // The key that it had comes from a notary that keeps to its word only, the goods from a shop that does.
        let no_key = unsound.contains(&Role::Notary) && self.is_behind(deal.wallet, xid);
        let no_shop = unsound.contains(&Role::Seller) || self.is_behind(deal.shop, xid);
        if no_key || (no_shop && self.lacks_goods(deal, xid)) {
            excused.push(Role::Buyer);
        }
        // A shop that does not know of the sale is not a party to it any more.
        if self.is_behind(deal.shop, xid) && self.market.seller(deal)?.is_none() {
            excused.push(Role::Seller);
        }
        Ok(excused)
    }

    /// A sale of a sound shop that has not come to rest, whatever its buyer says.
    fn stranded_sale(&mut self) -> Result<Option<String>, Trouble> {
        for shop in self.market.shops.clone() {
            let home = self.market.home(shop)?;
            if !self.is_sound(shop) || !self.is_sound(home.bank) {
                continue;
            }
            for (xid, run) in self.market.sales(shop)? {
                let stage = run.machine.stage();
                if !matches!(stage, Seller::Released | Seller::Settled | Seller::Refunded) {
                    return Ok(Some(format!("{xid}: {stage:?}")));
                }
            }
        }
        Ok(None)
    }

    pub(super) fn check(&mut self) -> Result<Report, Trouble> {
        let deals = self.market.deals()?;
        let (mut endings, mut convicted) = (BTreeMap::new(), BTreeSet::new());
        for deal in &deals {
            let unsound = self.unsound(deal)?;
            // Who trusts a bank that lies has lost to it; nobody honest may be convicted all the same.
            let ending = if unsound.contains(&Role::Bank) {
                let ending = self.market.ending(deal, &unsound)?;
                Self::nobody_honest(&ending, &unsound)?;
                ending
            } else {
                let excused = self.excused(deal, &unsound)?;
                self.market.check_fair_but(deal, &unsound, &excused)?
            };
            self.seller_keeps_the_key(deal, &ending, &unsound)?;
            self.registered(deal, &ending, &unsound)?;
            let roles = ending.verdict.iter().flat_map(|verdict| &verdict.convictions);
            convicted.extend(roles.map(|conviction| conviction.who.word().to_owned()));
            if let Some(word) = word(&ending) {
                *endings.entry(word).or_insert(0) += 1;
            }
        }
        if let Some(sale) = self.stranded_sale()? {
            return Err(Trouble::new(format!("a seller is stranded: {sale}")));
        }
        let mut papers = self.papers(&mut convicted)?;
        papers.extend(self.trades(&mut convicted)?);
        papers.extend(self.parcels(&mut convicted)?);
        papers.extend(self.containers()?);
        let days = self.market.now().since(self.started).0 / DAY;
        for who in self.market.everybody() {
            let name = self.market.world.seat(who)?.name.clone();
            let mut oracle = std::mem::take(&mut self.market.world.oracle);
            let found = self.market.world.look(who, |transaction| Ok(oracle.whole(&name, transaction)));
            self.market.world.oracle = oracle;
            found??;
            if self.is_sound(who) {
                let kept = self.market.world.look(who, bounds::measure)?;
                bounds::check(&name, kept, self.script.acts.len() as u64, days, self.market.plan.length)?;
            }
        }
        self.ends_meet(&deals)?;
        self.secrets(&deals)?;
        let world = &self.market.world;
        Ok(Report {
            seed: self.script.plan.seed,
            lie: self.script.lie_word().to_owned(),
            liars: self.script.liars.clone(),
            deals: endings.values().sum(),
            endings,
            papers,
            convicted,
            events: world.trace.events,
            faults: world.trace.faults,
            crashes: world.crashes,
            lies: world.coalition.lies,
            days,
            trace: world.trace.hash(),
        })
    }

    fn nobody_honest(ending: &crate::judging::Ending, unsound: &[Role]) -> Result<(), Trouble> {
        let convictions = ending.verdict.iter().flat_map(|verdict| &verdict.convictions);
        match convictions.into_iter().find(|conviction| !unsound.contains(&conviction.who)) {
            Some(conviction) => {
                Err(Trouble::new(format!("the honest {} is convicted: {conviction:?}", conviction.who)))
            }
            None => Ok(()),
        }
    }

    /// A sound seller that was not paid has not given its goods away, or somebody is convicted for it.
    fn seller_keeps_the_key(
        &mut self,
        deal: &Deal,
        ending: &crate::judging::Ending,
        unsound: &[Role],
    ) -> Result<(), Trouble> {
        let unpaid = matches!(ending.seller, Some(Seller::Released | Seller::Refunded));
        let excused = unsound.contains(&Role::Seller) || unsound.contains(&Role::Bank);
        let judged = ending.verdict.as_ref().is_some_and(|verdict| !verdict.convictions.is_empty());
        if !unpaid || excused || judged || unsound.contains(&Role::Notary) {
            return Ok(());
        }
        // What a restored seller has forgotten may be that a contest was to be answered with the key that it gave.
        if ending.xid.is_some_and(|xid| self.is_behind(deal.shop, xid)) {
            return Ok(());
        }
        match self.market.buyer(deal)?.and_then(|run| run.machine.halves().map(drop)) {
            Some(()) => Err(Trouble::new(format!("the seller gave the key and got nothing: {:?}", ending.seller))),
            None => Ok(()),
        }
    }

    /// What a sound bank did with money, its register shows.
    fn registered(&mut self, deal: &Deal, ending: &crate::judging::Ending, unsound: &[Role]) -> Result<(), Trouble> {
        let moved = matches!(ending.buyer, Some(Buyer::Settled | Buyer::Refunded));
        let Some(xid) = ending.xid.filter(|_| moved && unsound.is_empty()) else { return Ok(()) };
        let slots = self.market.slots_of(deal, xid)?;
        match ["hold", "decision", "remedy"].into_iter().find(|slot| !slots.contains(slot)) {
            Some(slot) => Err(Trouble::new(format!("the register has no row about it: {slot} of {xid}"))),
            None => Ok(()),
        }
    }

    /// Everybody sound has on its account what its own deals say.
    fn ends_meet(&mut self, deals: &[Deal]) -> Result<(), Trouble> {
        let (price, deposit) = (self.market.plan.price, self.market.plan.deposit);
        let mut due: BTreeMap<Who, u64> = BTreeMap::new();
        for wallet in self.market.wallets.clone() {
            let mut paid = 0_u64;
            for deal in deals.iter().filter(|deal| deal.wallet == wallet) {
                let stage = self.market.buyer(deal)?.map(|run| run.machine.stage().clone());
                paid += u64::from(matches!(stage, Some(Buyer::Settled)));
            }
            paid += self.paid_unknown(wallet)?;
            due.insert(wallet, deposit.saturating_sub(paid.saturating_mul(price)));
        }
        for shop in self.market.shops.clone() {
            let sales = self.market.sales(shop)?;
            let paid = sales.iter().filter(|(_, run)| matches!(run.machine.stage(), Seller::Settled)).count() as u64;
            let paid = paid + self.paid_unknown(shop)?;
            due.insert(shop, deposit.saturating_add(price.saturating_mul(paid)));
        }
        for (who, due) in due {
            let bank = self.market.home(who)?.bank;
            let forgot = !self.is_whole(who) && (self.has_parcels() || !self.market.containers.is_empty());
            if !self.is_sound(who) || !self.is_sound(bank) || forgot {
                continue;
            }
            let (has, due) = (
                self.market.balance(who)?,
                i128::from(due) + self.by_locks(who)? + self.by_parcels(who)? + self.by_payments(who)?,
            );
            if i128::from(has) != due {
                let name = self.market.world.seat(who)?.name.clone();
                return Err(Trouble::new(format!(
                    "the account does not show what the deals came to: {name} has {has} instead of {due}"
                )));
            }
        }
        Ok(())
    }

    /// Looks through everything that a party heard and holds for what it must not know.
    fn secrets(&mut self, deals: &[Deal]) -> Result<(), Trouble> {
        let (goods, keys) = self.goods(deals)?;
        let accounts = self.accounts()?;
        let servers = self.market.banks.iter().chain(&self.market.notaries).copied().collect::<Vec<_>>();
        for who in self.market.everybody() {
            if !self.is_sound(who) || who == self.market.authority {
                continue;
            }
            let mut forbidden = Vec::new();
            if servers.contains(&who) {
                forbidden.extend(goods.iter().chain(&keys).cloned());
            }
            if !self.market.banks.contains(&who) {
                forbidden.extend(accounts.iter().filter(|(owner, _)| *owner != who).map(|(_, secret)| secret.clone()));
            }
            forbidden.extend(self.sealed_from(who)?);
            forbidden.extend(self.unsold(who)?);
            forbidden.extend(self.addresses(who)?);
            forbidden.extend(self.packed(who));
            let name = self.market.world.seat(who)?.name.clone();
            let known = self.market.world.heard.remove(&who).unwrap_or_default();
            let wrong = |what: &str| Err(Trouble::new(format!("{name}: learns what it must not: {what}")));
            for text in known.texts() {
                if let Some(what) = find(text.as_bytes(), &forbidden) {
                    return wrong(what);
                }
            }
            let rows = self.market.world.look(who, |transaction| transaction.scan("", None, 100_000))?;
            for (_, row) in rows {
                if let Some(what) = find(&row, &forbidden) {
                    return wrong(what);
                }
            }
        }
        Ok(())
    }

    /// Stretches of the file, and the keys of deals that no notary and no contest opened.
    fn goods(&mut self, deals: &[Deal]) -> Result<(Vec<Secret>, Vec<Secret>), Trouble> {
        let traders = self.market.shops.iter().chain(&self.market.wallets).copied().collect::<Vec<_>>();
        let all_honest = self.script.liars.is_empty() && traders.iter().all(|who| self.is_sound(*who));
        let (mut goods, mut keys) = (Vec::new(), Vec::new());
        if all_honest {
            let file = &self.market.file;
            let stretches = file.chunks(STRETCH).filter(|stretch| stretch.len() == STRETCH).step_by(7).take(64);
            goods.extend(stretches.map(|stretch| Secret { name: "the goods".to_owned(), bytes: stretch.to_vec() }));
        }
        for deal in deals {
            if !self.unsound(deal)?.is_empty() {
                continue;
            }
            let Some(run) = self.market.seller(deal)? else { continue };
            let Some(xid) = self.market.xid(deal)? else { continue };
            let opened = self.market.slots_of(deal, xid)?;
            if opened.iter().any(|slot| matches!(*slot, "contest" | "escrow" | "complaint")) {
                goods.clear();
                continue;
            }
            let key = run.machine.defence().key.k.danger_bytes().to_vec();
            keys.push(Secret { name: "the key of the goods".to_owned(), bytes: key });
        }
        Ok((goods, keys))
    }

    fn accounts(&mut self) -> Result<Vec<(Who, Secret)>, Trouble> {
        let mut accounts = Vec::new();
        for who in self.market.shops.iter().chain(&self.market.wallets).copied().collect::<Vec<_>>() {
            if self.is_sound(who) && self.is_sound(self.market.home(who)?.bank) {
                let account = self.market.account(who)?;
                accounts.push((who, Secret { name: "somebody's account".to_owned(), bytes: account.into_bytes() }));
            }
        }
        Ok(accounts)
    }
}
