//! What dishonest parties may say: whatever can be made with their own keys and what they have seen.

use std::collections::HashMap;

use semper_base::{Blob64, Hash, Role, Xid};
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, make};
use semper_exchange::fair::frame::statements as fs;
use semper_exchange::fair::frame::{self, Checked};
use semper_exchange::fair::lock::{self, Answer, Shown, statements as ls};
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Ideal, KeyPair};

use super::model::{Core, State};
use super::world::{EXPIRES, Message, Said, Who, account, at, salt};

impl Core {
    pub(crate) fn sign<B: Body>(role: Role, key: &KeyPair, xid: Xid, body: B) -> String {
        let (crypto, author) = (Ideal::new(2), Author::uncertified(role, key));
        let keyring = Keyring::for_simulation([9; 32]);
        let base = Context { now: at(0), crypto: &crypto, keyring: &keyring };
        let meta = author.meta::<B>(&base, About::exchange(xid, vec![]), ANSWER_VALIDITY);
        make(&crypto, &author.secret, meta, body).unwrap().text
    }

    /// What the coalition may say now: whatever can be made with its keys and what it has seen.
    pub(crate) fn lies(&mut self, state: &State) -> Vec<u32> {
        let shown: Vec<Shown> = self.told(state).into_iter().filter_map(|number| self.shown(number)).collect();
        let mut made = Vec::new();
        for who in self.setting.dishonest {
            match who {
                Who::Party(place) => self.of_party(*place, state, &shown, &mut made),
                Who::Notary => self.of_notary(state, &mut made),
                Who::Holder(_) => {}
            }
        }
        made.retain(|message| self.runs(message.to));
        made.into_iter().map(|message| self.world.message(message)).collect()
    }

    fn shown(&self, number: u32) -> Option<Shown> {
        let message = self.world.messages.get(number);
        let Said::Deal(frame::Content::Decision { pieces, statement }) = &message.said else { return None };
        if self.runs(message.to) {
            return None;
        }
        let descriptor = Blob64(self.world.x.bytes().to_vec());
        Some(Shown { descriptor, pieces: pieces.clone(), statement: statement.clone() })
    }

    fn of_party(&self, place: u8, state: &State, shown: &[Shown], made: &mut Vec<Message>) {
        let (world, at) = (&self.world, usize::from(place));
        let from = Who::Party(place);
        let deal = |content| Message { from, to: Who::Notary, said: Said::Deal(content) };
        let statement = Core::sign(Role::Party, &world.keys[at], world.x.xid, fs::Abort {});
        made.push(deal(frame::Content::Abort { statement }));
        let statement = Core::sign(Role::Party, &world.keys[at], world.x.xid, fs::Signature { promises: vec![] });
        let keys: Vec<_> = world.letter_key(place).into_iter().collect();
        let mut say = |locks: Vec<String>| {
            made.push(deal(frame::Content::Submission { keys: keys.clone(), locks, statement: statement.clone() }));
        };
        match (world.lock(place), self.locked(state, place)) {
            (Some(_), None) => {
                say(vec![]);
                say(vec![statement.clone()]);
            }
            (_, locked) => say(locked.into_iter().collect()),
        }
        for (leg, seat) in [(place, lock::Seat::Payer), (world.incoming(place), lock::Seat::Payee)] {
            let Some(lock) = world.lock(leg) else { continue };
            let keys = if seat == lock::Seat::Payer { &world.payers } else { &world.payees };
            let (core, key) = (&lock.core, &keys[at]);
            let mut say =
                |content| made.push(Message { from, to: Who::Holder(leg), said: Said::Lock(leg, seat, content) });
            let shows = shown.iter().cloned().map(Some);
            for shown in shows.chain([None]) {
                let statement = Core::sign(Role::Party, key, lock.xid, ls::GiveBack { amount: core.amount });
                say(lock::Content::GiveBack { shown: shown.clone(), statement });
                if seat == lock::Seat::Payee {
                    let claim = ls::Claim { account: account(place), preimage: None, salt: salt() };
                    let statement = Core::sign(Role::Party, key, lock.xid, claim);
                    say(lock::Content::Claim { shown, statement });
                }
            }
            if seat == lock::Seat::Payer {
                let order =
                    ls::Lock { amount: core.amount, condition: core.condition.clone(), payee: core.payee_account };
                let statement = Core::sign(Role::Party, key, lock.xid, order);
                let account_key = world.accounts[at].public.clone();
                let hash = Hash::of(statement.as_bytes());
                let debit = ls::LockDebit { account: account(place), account_key, amount: core.amount, lock: hash };
                let debit = Core::sign(Role::Party, &world.accounts[at], lock.xid, debit);
                say(lock::Content::Lock { debit, statement });
            }
        }
    }

    /// A payee's claim of the money of a leg.
    pub(crate) fn claim(&self, leg: u8, place: u8, shown: Shown) -> Said {
        let (key, xid) = (&self.world.payees[usize::from(place)], self.world.lock(leg).unwrap().xid);
        let claim = ls::Claim { account: account(place), preimage: None, salt: salt() };
        let statement = Core::sign(Role::Party, key, xid, claim);
        Said::Lock(leg, lock::Seat::Payee, lock::Content::Claim { shown: Some(shown), statement })
    }

    /// The holder's `locked` of what this party pays, once it was said.
    fn locked(&self, state: &State, place: u8) -> Option<String> {
        let lock = self.world.lock(place)?;
        let reader = lock::message::Reader { lock: &lock, crypto: &Ideal::new(1) };
        state.net.iter().find_map(|number| match &self.world.messages.get(*number).said {
            Said::Lock(leg, _, lock::Content::Answer { statement, shown: None }) if *leg == place => {
                let is = matches!(reader.answer(statement, None), Ok(Answer::Locked(_)));
                is.then(|| statement.clone())
            }
            _ => None,
        })
    }

    /// Whatever it has ground for, to whomever it likes.
    fn of_notary(&self, state: &State, made: &mut Vec<Message>) {
        let world = &self.world;
        let (mut signatures, mut locks) = (HashMap::new(), HashMap::new());
        for number in &state.net {
            let message = world.messages.get(*number);
            let Said::Deal(content @ frame::Content::Submission { .. }) = &message.said else { continue };
            let packet = frame::Packet { content: content.clone(), descriptor: Blob64(world.x.bytes().to_vec()) };
            let checked = frame::check(&serde_json::to_vec(&packet).unwrap(), &Ideal::new(1), at(0));
            if let Ok(Checked::Submission { by, signature, locks: theirs, .. }) = checked.map(|one| one.content) {
                signatures.insert(by, signature.text);
                locks.extend(theirs);
            }
        }
        let parties = world.parties();
        let mut grounds = vec![(false, vec![])];
        if signatures.len() == usize::from(parties) {
            let signed = (0..parties).map(|place| signatures[&place].clone());
            let locked = (0..parties).filter_map(|leg| locks.get(&leg).cloned());
            grounds.push((true, signed.chain(locked).collect()));
        }
        for (resolves, pieces) in grounds {
            let ground = pieces.iter().map(|piece| Hash::of(piece.as_bytes())).collect();
            let (at, role) = (at(EXPIRES), Role::Notary);
            let statement = if resolves {
                let keys = world.letter_key(0).into_iter().collect();
                Core::sign(role, &world.notary, world.x.xid, fs::Resolved { at, ground, key: None, keys })
            } else {
                let basis = fs::AbortBasis::Expired;
                Core::sign(role, &world.notary, world.x.xid, fs::Aborted { at, basis, ground })
            };
            for place in 0..parties {
                let content = frame::Content::Decision { pieces: pieces.clone(), statement: statement.clone() };
                made.push(Message { from: Who::Notary, to: Who::Party(place), said: Said::Deal(content) });
            }
        }
    }
}
