//! What is done to honest parties themselves, and what that may cost them.
//!
//! | done | may be lost | why |
//! |---|---|---|
//! | a clock is wrong for a while | nothing | what a customer signs or refuses then is made up for when its clock is right |
//! | a customer goes on from an older copy | what it said and heard since, in the exchanges that had moved on | the others hold that, and it does not know |
//! | a bank or notary goes on from an older copy | every promise of its own | a register promises that a row is written once; it may now decide anew, against what it has signed |
//!
//! Whoever goes on from an older copy still comes to rest in everything that it knows of, loses no money that its bank
//! does not account for, and is as safe as anybody in whatever had not moved on since the copy or begins later.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Fault, Hash, Key, View as _, Xid};
use semper_exchange::fair::dgp::bank::Bank;
use semper_exchange::fair::dgp::buyer::Buyer;
use semper_services::common::exchange::{Run, run_key};
use serde_json::Value;

use super::Play;
use crate::disk::{ModelStore, Snapshot};
use crate::market::Deal;
use crate::trouble::Trouble;
use crate::world::Who;

/// The tables of runs.
const RUNS: [&str; 3] = ["dgp/", "fair/", "lock/"];
/// Runs of one party that are looked at.
const RUNS_MAX: usize = 10_000;

/// What was done to honest parties, and copies that were made of them.
#[derive(Debug, Default)]
pub(super) struct Harm {
    copies: BTreeMap<Who, (Snapshot, u64)>,
    /// Banks and notaries that were put back.
    forgetful: BTreeSet<Who>,
    /// Exchanges of which a restored customer has forgotten something.
    behind: BTreeMap<(Who, Xid), Lost>,
    /// Whose clock was wrong.
    clocks: BTreeSet<Who>,
}

/// What a restored customer has lost of one exchange.
#[derive(Clone, Debug)]
pub(super) struct Lost {
    /// Its row, as it was last.
    pub(super) newest: Vec<u8>,
    /// Its row in the copy; none if it did not know of it.
    copy: Option<Vec<u8>>,
}

impl Lost {
    /// A buyer that has to fetch chunks again, and can only as long as the seller still has them.
    fn lacks_goods(&self) -> bool {
        let run = self.copy.as_deref().and_then(|row| serde_json::from_slice::<Run<Buyer>>(row).ok());
        run.is_none_or(|run| {
            let (here, all) = run.machine.progress();
            here < all || run.machine.escrow().is_none()
        })
    }
}

/// Every run on a disk, as its row.
fn runs(disk: &ModelStore) -> Result<BTreeMap<Xid, Vec<u8>>, Fault> {
    let mut all = BTreeMap::new();
    for table in RUNS {
        for (Key(key), row) in disk.scan(table, None, RUNS_MAX)? {
            let id = key.strip_prefix(table).and_then(Hash::from_hex).map(Xid);
            all.extend(id.map(|id| (id, row)));
        }
    }
    Ok(all)
}

impl Play<'_> {
    /// Copies the data directory of a process that is stopped for the moment.
    pub(super) fn copy(&mut self, name: &str) -> Result<(), Trouble> {
        let who = self.who(name)?;
        self.market.world.kill(who)?;
        let copied = self.market.world.seat(who)?.drive.with(|disk| (disk.snapshot(), disk.commits()));
        self.harm.copies.extend(copied.map(|copied| (who, copied)));
        self.market.world.restart(who)
    }

    /// An old copy is put in place of the disk: no process may start on it. Then the disk is put back.
    pub(super) fn old_disk(&mut self, name: &str) -> Result<(), Trouble> {
        let who = self.who(name)?;
        let Some((copy, commits)) = self.harm.copies.remove(&who) else { return Ok(()) };
        self.market.world.kill(who)?;
        let drive = self.market.world.seat(who)?.drive.clone();
        let swapped = drive.with(|disk| {
            // A commit that nobody was told of is no loss.
            let newest = (disk.snapshot(), disk.head());
            disk.restore(copy);
            newest
        });
        let (newest, newer) = swapped.ok_or_else(|| Trouble::new("the disk is mounted"))?;
        let started = self.market.world.start(who);
        if started.is_ok() && newer > commits && !self.script.liars.contains(&name.to_owned()) {
            return Err(Trouble::new(format!("{name} starts on an old copy: commit {commits} of {newer}")));
        }
        if newer <= commits {
            // The copy was the newest: nothing is wrong with going on from it.
            return self.market.world.restart(who);
        }
        self.market.world.kill(who)?;
        drive.with(|disk| disk.restore(newest));
        self.market.world.fault(who, format_args!("an old copy was put in place"));
        self.market.world.restart(who)
    }

    /// The operator restores a backup and confirms that there is no newer copy.
    pub(super) fn recover(&mut self, name: &str) -> Result<(), Trouble> {
        let who = self.who(name)?;
        let Some((copy, _)) = self.harm.copies.remove(&who) else { return Ok(()) };
        self.market.world.kill(who)?;
        let drive = self.market.world.seat(who)?.drive.clone();
        let known = drive.with(|disk| {
            let newest = runs(disk)?;
            disk.restore(copy);
            disk.recover();
            disk.confirm_recovery();
            Ok::<_, Fault>((newest, runs(disk)?))
        });
        let (newest, copies) = known.ok_or_else(|| Trouble::new("the disk is mounted"))??;
        if self.market.homes.contains_key(&who) {
            for (xid, newest) in newest {
                let copy = copies.get(&xid).cloned();
                if copy.as_ref() != Some(&newest) {
                    self.harm.behind.insert((who, xid), Lost { newest, copy });
                }
            }
        } else {
            self.harm.forgetful.insert(who);
            self.market.world.oracle.unwatched.push(name.to_owned());
        }
        self.market.world.fault(who, format_args!("a backup was restored"));
        self.market.world.forget_stale(who);
        self.market.world.restart(who)
    }

    /// A party's clock is made wrong.
    pub(super) fn misled(&mut self, who: Who) {
        self.harm.clocks.insert(who);
    }

    /// Every clock is right again.
    pub(super) fn set_clocks_right(&mut self) -> Result<(), Trouble> {
        for who in self.harm.clocks.clone() {
            self.market.world.drift(who, 0)?;
            self.market.world.seat(who)?.offset = 0;
        }
        Ok(())
    }

    /// Whether a party is honest, and no register that has forgotten what it decided.
    pub(super) fn is_sound(&self, who: Who) -> bool {
        let world = &self.market.world;
        let lies = self.script.liars.iter().any(|name| world.named(name) == Some(who));
        !lies && !self.harm.forgetful.contains(&who)
    }

    /// Whether a party has forgotten something about this exchange.
    pub(super) fn is_behind(&self, who: Who, xid: Xid) -> bool {
        self.harm.behind.contains_key(&(who, xid))
    }

    /// Whether anybody has.
    pub(super) fn somebody_is_behind(&self, xid: Xid) -> bool {
        self.harm.behind.keys().any(|(_, known)| *known == xid)
    }

    /// What a party has forgotten, by exchange.
    pub(super) fn lost_by(&self, who: Who) -> impl Iterator<Item = (Xid, &Lost)> {
        self.harm.behind.iter().filter(move |((known, _), _)| *known == who).map(|((_, xid), lost)| (*xid, lost))
    }

    /// Whether a buyer's copy is from before it had everything that a sale delivers: a seller that lies, or has forgotten as
    /// well, need not send it twice.
    pub(super) fn lacks_goods(&self, deal: &Deal, xid: Xid) -> bool {
        self.harm.behind.get(&(deal.wallet, xid)).is_some_and(Lost::lacks_goods)
    }

    /// Purchases or sales that a restored customer knows nothing of, or has not come to rest in, and for which its bank has
    /// taken money from it, or has paid it.
    pub(super) fn paid_unknown(&mut self, who: Who) -> Result<u64, Trouble> {
        let lost: Vec<Xid> = self.lost_by(who).map(|(xid, _)| xid).collect();
        let bank = self.market.home(who)?.bank;
        let mut count = 0;
        for xid in lost {
            let own: Option<Value> = self.market.world.row(who, &run_key(xid))?;
            let stage = own.as_ref().and_then(|run| run.pointer("/machine/stage")).and_then(Value::as_str);
            if matches!(stage, Some("Released" | "Settled" | "Refunded")) {
                continue;
            }
            let run: Option<Run<Bank>> = self.market.world.row(bank, &run_key(xid))?;
            let pays = self.market.wallets.contains(&who);
            count += u64::from(match run.map(|run| run.machine) {
                Some(Bank::Settled(_)) => true,
                Some(Bank::Held(_) | Bank::Captured(_)) => pays,
                Some(Bank::Blank | Bank::Released | Bank::Refunded) | None => false,
            });
        }
        Ok(count)
    }
}
