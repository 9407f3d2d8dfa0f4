//! What liars do about parcels beside what their services do.

use semper_base::{Amount, Blob64, Hash, Key, KeyId, Role, Timestamp};
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, danger_typed_unverified, make};
use semper_exchange::fair::lock::escrow::statements as st;
use semper_exchange::fair::lock::{Condition, Content, Lock, Packet};
use semper_services::common::locks::run::Run;
use semper_services::common::locks::{PACKET, Side};
use semper_support::Context;
use semper_support::crypto::Keyring;
use serde_json::Value;

use super::Signed;
use crate::forge::Forgery;
use crate::market::Market;
use crate::trouble::Trouble;
use crate::world::Who;

impl Market {
    /// Somebody lies about the money of its newest parcel.
    pub(crate) fn forge_parcel(&mut self, who: Who, forgery: Forgery) -> Result<(), Trouble> {
        let Some((holder, run)) = self.newest_parcel(who)? else { return Ok(()) };
        let lock = run.lock()?;
        let (bank, core) = (self.home(holder)?.bank, &lock.core);
        let Condition::Escrow(terms) = &core.condition else { return Ok(()) };
        let (to, content) = match forgery {
            Forgery::Consign if who == holder => {
                let Some(row) = self.world.row::<Value>(who, &Key::new("lock", lock.xid))? else { return Ok(()) };
                let salt = row.pointer("/machine/Payee/salt").cloned().unwrap_or_default();
                let Ok(salt) = serde_json::from_value(salt) else { return Ok(()) };
                let Ok(account) = self.account(who) else { return Ok(()) };
                if !self.world.is_up(who) {
                    return Ok(());
                }
                let consignment = st::Consignment { account, due: core.amount, salt };
                let statement = self.said_of_parcel(who, &lock, Role::Party, core.payee.id(), consignment)?;
                (bank, Content::Act { statement })
            }
            Forgery::Divide if who == bank => {
                let (at, basis, payer) =
                    (self.now(), st::DivideBasis::Unobjected, Amount::zero(core.amount.currency()));
                let divided = st::Divided { at, basis, ground: None, payee: core.amount, payer };
                let statement = self.said_of_parcel(who, &lock, Role::Bank, core.holder.key.id(), divided)?;
                (holder, Content::Escrow { ground: None, statement })
            }
            Forgery::Rule if self.notaries.contains(&who) => {
                let told = run.machine.parcel().rows().iter();
                let disputed = told.filter_map(|told| danger_typed_unverified::<st::Disputed>(&told.statement).ok());
                let Some(dispute) = disputed.map(|row| row.body.dispute).next() else { return Ok(()) };
                let payer = Amount::zero(core.amount.currency());
                let ruling = st::Ruling { dispute, payee: core.amount, payer, reasons: Hash::of(b"because") };
                let key = terms.arbiter.key.id();
                let Ok(statement) = self.said_of_parcel(who, &lock, Role::Arbiter, key, ruling) else { return Ok(()) };
                let payee = Some(core.amount.minor());
                self.signed.push(Signed { lock: lock.xid, payee, statement: statement.clone() });
                (bank, Content::Act { statement })
            }
            _ => return Ok(()),
        };
        let Some(peer) = self.world.peer(who, to) else { return Ok(()) };
        let packet = Packet { content, descriptor: Blob64(lock.bytes().to_vec()) };
        let body = serde_json::to_vec(&packet).map_err(|e| Trouble::new(e.to_string()))?;
        self.world.says(who, peer, PACKET, &body)
    }

    /// The newest lock of a parcel that somebody has to do with, and a customer whose side it is: its own, or the buyer's.
    fn newest_parcel(&mut self, who: Who) -> Result<Option<(Who, Run<Side>)>, Trouble> {
        let customers = if self.shops.contains(&who) { vec![who] } else { self.wallets.clone() };
        let mut newest: Option<(Timestamp, Who, Run<Side>)> = None;
        for customer in customers {
            if !self.world.is_up(customer) || (self.banks.contains(&who) && self.home(customer)?.bank != who) {
                continue;
            }
            for mine in self.orders(customer)? {
                for lock in mine.book.iter().flat_map(|book| &book.locks) {
                    let Some(run) = self.lock_run(customer, lock.lock)? else { continue };
                    let opened = run.lock()?.core.opened;
                    if newest.as_ref().is_none_or(|(known, ..)| *known <= opened) {
                        newest = Some((opened, customer, run));
                    }
                }
            }
        }
        Ok(newest.map(|(_, customer, run)| (customer, run)))
    }

    fn said_of_parcel<B: Body>(
        &mut self,
        who: Who,
        lock: &Lock,
        role: Role,
        key: KeyId,
        body: B,
    ) -> Result<String, Trouble> {
        let (pair, crypto) = (self.world.pair(who, key)?, self.world.provider(who)?);
        let (author, keyring) = (Author::uncertified(role, &pair), Keyring::for_simulation([0; 32]));
        let base = Context { now: self.world.now(), crypto: &*crypto, keyring: &keyring };
        let meta = author.meta::<B>(&base, About::exchange(lock.xid, vec![]), ANSWER_VALIDITY);
        Ok(make(&*crypto, &author.secret, meta, body)?.text)
    }
}
