//! Four machines around one table: what each step must keep, whatever it was given.

use std::collections::BTreeMap;
use std::fmt::Debug;

use semper_base::limits::EFFECTS_PER_STEP_MAX;
use semper_base::{Blob64, KeyId, Role, Timestamp};
use semper_blocks::statement::{Compact, Kind, Language, sign_payload};
use semper_exchange::fair::dgp::bank::Bank;
use semper_exchange::fair::dgp::buyer::{Buyer, Own};
use semper_exchange::fair::dgp::notary::Notary;
use semper_exchange::fair::dgp::seller::{Secrets, Seller};
use semper_exchange::fair::dgp::{Content, Cx, Effect, Event, Money, Packet, Slot, check};
use semper_support::Context;
use semper_support::crypto::Ideal;

use crate::after::after;

use super::exchange::{ACCOUNT, BUYER, Books, Exchange, OPENED, SEAL, secret};

/// Most messages, and most questions, that are remembered: a choice among them is one byte.
const REMEMBERED_MAX: usize = 256;

/// Where the one amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purse {
    Payer,
    Held,
    Claim,
    Paid,
    Back,
}

/// Something that was said.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) from: Role,
    pub(super) to: Role,
    pub(super) content: Content,
}

pub(super) struct Asked {
    pub(super) kind: Kind,
    key: KeyId,
    payload: Vec<u8>,
}

pub(super) struct Table<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) now: Timestamp,
    pub(super) bank: Bank,
    pub(super) buyer: Buyer,
    pub(super) notary: Notary,
    pub(super) seller: Seller,
    pub(super) said: Vec<Said>,
    pub(super) asked: Vec<Asked>,
    pub(super) purse: Purse,
    rows: BTreeMap<Slot, String>,
    crypto: Ideal,
}

impl<'a> Table<'a> {
    /// Everybody as they begin.
    pub(super) fn new(exchange: &'a Exchange) -> Self {
        let crypto = Ideal::new(1);
        let mut of_buyer = Vec::new();
        let base = Context { now: OPENED, crypto: &crypto, keyring: &exchange.keyring };
        let own = Own {
            account: "payer".to_owned(),
            account_key: exchange.keys[ACCOUNT].public.clone(),
            language: Language::En,
            root: exchange.root.clone(),
            share: exchange.share.clone(),
        };
        let cx = Cx { base, author: None };
        let buyer = Buyer::start(own, &exchange.x, &cx, &mut of_buyer).expect("in order");
        let secrets = Secrets {
            account: "payee".to_owned(),
            escrow: exchange.escrow.clone(),
            seed: secret("seed"),
            key: exchange.key.clone(),
            salt: exchange.salt.clone(),
        };
        let seller = Seller::propose(secrets, &exchange.x);
        let mut table = Table {
            exchange,
            now: OPENED,
            bank: Bank::Blank,
            buyer,
            notary: Notary::default(),
            seller,
            said: Vec::new(),
            asked: Vec::new(),
            purse: Purse::Payer,
            rows: BTreeMap::new(),
            crypto,
        };
        table.follow(Role::Buyer, of_buyer);
        table
    }

    /// All that a step may have changed, in short.
    pub(super) fn shape(&self) -> String {
        let (said, asked) = (self.said.len(), self.asked.len());
        format!("{:?} {:?} {:?} {:?} {} {said} {asked}", self.bank, self.buyer, self.notary, self.seller, self.now)
    }

    /// A packet as it is received; none if it is refused before any machine sees it.
    pub(super) fn received(&self, from: Role, text: &[u8]) -> Option<Event> {
        let checked = check(text, &self.crypto, self.now).ok()?;
        // The service finds the run by the descriptor; another one is another exchange.
        let known = checked.descriptor.xid == self.exchange.x.xid;
        known.then(|| Event::Message { from: checked.signer.unwrap_or(from), content: checked.content })
    }

    pub(super) fn packet(&self, content: &Content) -> Vec<u8> {
        let packet = Packet { content: content.clone(), descriptor: Blob64(self.exchange.x.bytes().to_vec()) };
        serde_json::to_vec(&packet).expect("it is JSON")
    }

    /// What the user's signature makes of a question.
    pub(super) fn signed(&self, asked: &Asked) -> Event {
        let at = if asked.key == self.exchange.keys[ACCOUNT].public.id() { ACCOUNT } else { BUYER };
        let text = sign_payload(&self.crypto, &self.exchange.keys[at].secret, &asked.payload);
        Event::Signed(asked.kind, text.expect("what is asked can be signed"))
    }

    /// One step of one machine.
    pub(super) fn step(&mut self, role: Role, event: &Event) {
        let (x, crypto) = (&self.exchange.x, Ideal::new(1));
        let author = self.exchange.author(role);
        let base = Context { now: self.now, crypto: &crypto, keyring: &self.exchange.keyring };
        let cx = Cx { base, author: Some(&author) };
        let mut out = Vec::new();
        match role {
            Role::Bank => {
                let books = Books(self.exchange.keys[ACCOUNT].public.id());
                let stepped = self.bank.clone().step(event, x, &books, &cx, &mut out);
                self.bank = after(&self.bank, stepped, &mut out);
            }
            Role::Buyer => {
                let stepped = self.buyer.clone().step(event, x, &Cx { base, author: None }, &mut out);
                self.buyer = after(&self.buyer, stepped, &mut out);
            }
            Role::Notary => {
                let stepped = self.notary.clone().step(event, x, &self.exchange.keys[SEAL], &cx, &mut out);
                self.notary = after(&self.notary, stepped, &mut out);
            }
            _ => {
                let stepped = self.seller.clone().step(event, x, &cx, &mut out);
                self.seller = after(&self.seller, stepped, &mut out);
            }
        }
        self.follow(role, out);
    }

    /// What follows from a step: registers and books must bear it.
    fn follow(&mut self, role: Role, effects: Vec<Effect>) {
        assert!(effects.len() <= EFFECTS_PER_STEP_MAX, "more effects than a step may have");
        for effect in effects {
            match effect {
                Effect::Row { slot, statement } => {
                    let registers = matches!(role, Role::Bank) && Slot::BANK.contains(&slot)
                        || matches!(role, Role::Notary) && Slot::NOTARY.contains(&slot);
                    assert!(registers, "{role} writes {slot:?}");
                    assert!(Compact::parse(&statement).is_ok());
                    let earlier = self.rows.insert(slot, statement);
                    assert!(earlier.is_none(), "the row {slot:?} is written twice");
                }
                Effect::Money(money) => {
                    assert_eq!(role, Role::Bank);
                    self.purse = moved(self.purse, &money);
                }
                Effect::Rows(to) => self.show_rows(role, to),
                Effect::Send { to, content } => self.say(Said { from: role, to, content }),
                Effect::Ask { kind, payload, key, .. } => {
                    assert_eq!(role, Role::Buyer, "only the buyer has a user");
                    if self.asked.len() < REMEMBERED_MAX {
                        self.asked.push(Asked { kind, key, payload });
                    }
                }
                Effect::Chunks { from, count } => {
                    let end = from.checked_add(count).expect("a window");
                    assert!(end <= self.exchange.x.core.leaves, "chunks that there are not");
                }
                Effect::Keep(_) | Effect::Store(_) | Effect::Tell(_) => {}
            }
        }
        self.agree();
    }

    fn show_rows(&mut self, role: Role, to: Role) {
        let own = if role == Role::Bank { &Slot::BANK[..] } else { &Slot::NOTARY[..] };
        let rows: Vec<String> = own.iter().filter_map(|slot| self.rows.get(slot)).cloned().collect();
        for statement in rows {
            self.say(Said { from: role, to, content: Content::Answer { statement } });
        }
    }

    fn say(&mut self, said: Said) {
        if self.said.len() < REMEMBERED_MAX {
            self.said.push(said);
        }
    }

    /// The bank's state, its books and its register say the same.
    fn agree(&self) {
        let has = |slot| self.rows.contains_key(&slot);
        let purse = match &self.bank {
            Bank::Held(_) => Purse::Held,
            Bank::Captured(_) => Purse::Claim,
            Bank::Blank | Bank::Released => Purse::Payer,
            Bank::Settled(_) => Purse::Paid,
            Bank::Refunded => Purse::Back,
        };
        assert_eq!(self.purse, purse, "books and state differ: {:?}", self.bank);
        let over = matches!(self.bank, Bank::Settled(_) | Bank::Refunded);
        assert_eq!(has(Slot::Remedy), over);
        assert_eq!(has(Slot::Decision), over || matches!(self.bank, Bank::Captured(_) | Bank::Released));
    }
}

/// Where the amount is after the bank's books did this; anything else would make or lose money.
fn moved(purse: Purse, money: &Money) -> Purse {
    match (purse, money) {
        (Purse::Payer, Money::Hold { account }) if account == "payer" => Purse::Held,
        (Purse::Held, Money::Release { account }) if account == "payer" => Purse::Payer,
        (Purse::Held, Money::Capture) => Purse::Claim,
        (Purse::Claim, Money::Settle { account }) if account == "payee" => Purse::Paid,
        (Purse::Claim, Money::Refund { account }) if account == "payer" => Purse::Back,
        other => panic!("money out of nothing: {other:?}"),
    }
}
