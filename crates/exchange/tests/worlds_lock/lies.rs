//! What dishonest ones may say: whatever can be made with their own keys and what they have seen.

use semper_base::{Hash, Timestamp};
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Body, Kind, Statement, danger_typed_unverified, make};
use semper_exchange::fair::lock::statements as st;
use semper_exchange::fair::lock::{Content, Seat, Shown};
use semper_support::Context;
use semper_support::crypto::{Ideal, KeyPair, Secret32};

use super::model::Core;
use super::state::{By, State};
use super::world::{OPENED, PURSE, TILL, UNTIL, at, k, salt};

impl Core {
    /// Whether the coalition reads it.
    pub(crate) fn reads(&self, message: u32) -> bool {
        let message = self.world.messages.get(message);
        !self.runs(message.to) || !self.runs(message.from)
    }

    /// What may be said now.
    pub(crate) fn lies(&mut self, state: &State) -> Vec<u32> {
        let known: Vec<u32> = state.net.iter().copied().filter(|message| self.reads(*message)).collect();
        let name = (known.clone(), state.decided);
        if let Some(made) = self.lies.get(&name) {
            return made.clone();
        }
        let shown = state.decided.map(|resolved| self.world.shown(resolved).clone());
        let mut made = Vec::new();
        for seat in self.setting.dishonest {
            match seat {
                Seat::Payer => self.of_payer(shown.as_ref(), &mut made),
                Seat::Payee => self.of_payee(shown.as_ref(), &mut made),
                Seat::Holder => self.of_holder(&known, shown.as_ref(), &mut made),
            }
        }
        made.retain(|message| self.runs(self.world.messages.get(*message).to));
        made.sort_unstable();
        made.dedup();
        self.lies.insert(name, made.clone());
        made
    }

    /// `other` makes another statement with the same content.
    pub(crate) fn sign<B: Body>(&self, seat: Seat, body: B, other: bool) -> Statement<B> {
        self.sign_with(seat, self.world.key(seat), body, other)
    }

    pub(crate) fn sign_with<B: Body>(&self, seat: Seat, key: &KeyPair, body: B, other: bool) -> Statement<B> {
        let (crypto, mut author) = (Ideal::new(2 + u64::from(other)), self.world.author(seat));
        (author.public, author.secret) = (key.public.clone(), key.secret.clone());
        let base = Context { now: OPENED, crypto: &crypto, keyring: &self.world.keyring };
        let about = About::exchange(self.world.lock.xid, vec![self.world.holder.public.id()]);
        let meta = author.meta::<B>(&base, about, ANSWER_VALIDITY);
        make(&crypto, &author.secret, meta, body).unwrap()
    }

    fn say(&mut self, from: Seat, to: Seat, content: Content, made: &mut Vec<u32>) {
        made.push(self.world.message(from, to, content));
    }

    pub(crate) fn order(&self, other: bool) -> Statement<st::Lock> {
        let core = &self.world.lock.core;
        let body = st::Lock { amount: core.amount, condition: core.condition.clone(), payee: core.payee_account };
        self.sign(Seat::Payer, body, other)
    }

    pub(crate) fn debit(&self, order: &Statement<st::Lock>) -> Statement<st::LockDebit> {
        let account_key = self.world.account.public.clone();
        let amount = self.world.lock.core.amount;
        let body = st::LockDebit { account: PURSE.to_owned(), account_key, amount, lock: order.hash };
        self.sign_with(Seat::Payer, &self.world.account, body, false)
    }

    fn of_payer(&mut self, shown: Option<&Shown>, made: &mut Vec<u32>) {
        for other in [false, true] {
            let order = self.order(other);
            let debit = self.debit(&order).text;
            self.say(Seat::Payer, Seat::Holder, Content::Lock { debit, statement: order.text }, made);
        }
        self.back_of(Seat::Payer, shown, made);
    }

    fn of_payee(&mut self, shown: Option<&Shown>, made: &mut Vec<u32>) {
        let claim = |preimage| st::Claim { account: TILL.to_owned(), preimage, salt: salt() };
        let wrong = Secret32::from_bytes([1; 32]);
        for preimage in [None, Some(k()), Some(wrong)] {
            let statement = self.sign(Seat::Payee, claim(preimage), false).text;
            for shown in [None, shown.cloned()] {
                self.say(Seat::Payee, Seat::Holder, Content::Claim { shown, statement: statement.clone() }, made);
            }
        }
        self.back_of(Seat::Payee, shown, made);
    }

    fn back_of(&mut self, seat: Seat, shown: Option<&Shown>, made: &mut Vec<u32>) {
        let statement = self.sign(seat, st::GiveBack { amount: self.world.lock.core.amount }, false).text;
        for shown in [None, shown.cloned()] {
            self.say(seat, Seat::Holder, Content::GiveBack { shown, statement: statement.clone() }, made);
        }
    }

    /// Whatever it can name, to whomever it likes.
    fn of_holder(&mut self, known: &[u32], shown: Option<&Shown>, made: &mut Vec<u32>) {
        let (mut orders, mut claims, mut backs) = (vec![], vec![], vec![]);
        for message in known {
            match &self.world.messages.get(*message).content {
                Content::Lock { statement, .. } => orders.push(Hash::of(statement.as_bytes())),
                Content::Claim { statement, .. } => claims.push(statement.clone()),
                Content::GiveBack { statement, .. } => backs.push(Hash::of(statement.as_bytes())),
                _ => {}
            }
        }
        let core = self.world.lock.core.clone();
        let mut answers = Vec::new();
        for lock in orders {
            let (amount, payee, payee_key) = (core.amount, core.payee_account, core.payee.id());
            let locked = st::Locked { amount, at: at(0), lock, payee, payee_key };
            answers.push((None, self.sign(Seat::Holder, locked, false).text));
        }
        for claim in claims {
            let preimage = danger_typed_unverified::<st::Claim>(&claim).unwrap().body.preimage;
            let claimed = self.claimed(Hash::of(claim.as_bytes()), at(0), preimage, shown);
            answers.push((shown.cloned(), self.sign(Seat::Holder, claimed, false).text));
        }
        let requests = backs.into_iter().map(Some).chain([None]);
        for request in requests {
            for basis in [st::ReturnBasis::Cancelled, st::ReturnBasis::Payee, st::ReturnBasis::Time] {
                let returned = st::Returned { amount: core.amount, at: at(UNTIL), basis, ground: None, request };
                answers.push((None, self.sign(Seat::Holder, returned, false).text));
            }
            let (basis, ground) = (st::ReturnBasis::Decision, shown.map(Shown::hash));
            let returned = st::Returned { amount: core.amount, at: at(0), basis, ground, request };
            answers.push((shown.cloned(), self.sign(Seat::Holder, returned, false).text));
        }
        let unmet = st::Unmet { at: at(UNTIL), what: Kind::Locked };
        answers.push((None, self.sign(Seat::Holder, unmet, false).text));
        for (shown, statement) in answers {
            for to in [Seat::Payer, Seat::Payee] {
                let content = Content::Answer { shown: shown.clone(), statement: statement.clone() };
                self.say(Seat::Holder, to, content, made);
            }
        }
    }

    /// A `claimed` of this world's lock.
    pub(crate) fn claimed(
        &self,
        claim: Hash,
        at: Timestamp,
        preimage: Option<Secret32>,
        shown: Option<&Shown>,
    ) -> st::Claimed {
        let core = &self.world.lock.core;
        let basis = if self.setting.by == By::Hash { st::ClaimBasis::Preimage } else { st::ClaimBasis::Decision };
        st::Claimed {
            amount: core.amount,
            at,
            basis,
            claim,
            ground: shown.map(Shown::hash),
            payee: core.payee_account,
            payee_key: core.payee.id(),
            preimage,
        }
    }
}
