//! The production machines of locks under the ideal provider, one step at a time. Machines, messages and questions
//! have numbers, and a step is computed once: what the checker explores are small numbers.

use std::collections::HashMap;
use std::sync::Arc;

use semper_base::{Amount, Blob64, Currency, Fault, Hash, KeyId, Millis, Nonce, Role, Step, Timestamp};
use semper_blocks::item::Grade;
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Compact, Kind, Language, make, sign_payload};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::frame::{self, Protocol, descriptor::signatures, statements as fs};
use semper_exchange::fair::lock::descriptor::PROTOCOL;
use semper_exchange::fair::lock::{
    ByDecision, ByHash, Command, Condition, Content, Core, Cx, Effect, Event, Funds, Holder, Lock, Money, Packet,
    Payee, PayeeOwn, Payer, PayerOwn, Seat, Shown, Slot, Standing, Third, Unless, by_hash, check,
};
use semper_exchange::judge::JUDGE_VERSION;
use semper_exchange::log::slot_of;
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

use super::interned::Interned;
use super::state::{By, Cash};

/// When the lock is made.
pub(crate) const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
/// At this tick a hash lock ends. Patience, margin and skew are one tick.
pub(crate) const UNTIL: u8 = 2;
/// A compensation can be claimed from this tick on, and goes back at that one.
pub(crate) const UNLESS: (u8, u8) = (1, 3);
/// The payee's account.
pub(crate) const TILL: &str = "A-1";
/// The payer's.
pub(crate) const PURSE: &str = "B-1";

pub(crate) fn at(tick: u8) -> Timestamp {
    OPENED.plus(Millis(u64::from(tick)))
}

pub(crate) fn k() -> Secret32 {
    Secret32::from_bytes([5; 32])
}

pub(crate) fn salt() -> Secret32 {
    Secret32::from_bytes([6; 32])
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Machine {
    Holder(Holder),
    Payee(Payee),
    Payer(Payer),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    pub(crate) from: Seat,
    pub(crate) to: Seat,
    pub(crate) content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) of: Seat,
    pub(crate) kind: Kind,
    pub(crate) key: KeyId,
    pub(crate) payload: Vec<u8>,
}

/// What happens to one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Happening {
    Command(Wish),
    Deadline,
    Decided(bool),
    Declined(u32),
    Message(u32),
    Signed(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wish {
    GiveBack,
}

/// An effect, with numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effected {
    Ask(u32),
    Cash(Cash),
    Row(u8, u32),
    Send(u32),
}

/// None if the machine will not take it.
pub(crate) type Stepped = Option<(u32, Arc<[Effected]>)>;

pub(crate) struct World {
    pub(crate) lock: Lock,
    /// The other exchange, decided in both ways.
    pub(crate) resolved: Shown,
    pub(crate) aborted: Shown,
    pub(crate) payer: KeyPair,
    pub(crate) payee: KeyPair,
    pub(crate) holder: KeyPair,
    pub(crate) account: KeyPair,
    pub(crate) keyring: Keyring,
    pub(crate) machines: Interned<Machine, Machine>,
    pub(crate) messages: Interned<Message, Message>,
    pub(crate) questions: Interned<Question, Question>,
    pub(crate) rows: Interned<String>,
    slow: u8,
    steps: HashMap<(u32, Happening, u8), Stepped>,
    checked: HashMap<(u32, u8), Option<Event>>,
}

/// The holder's books: both accounts are there, the payer's with enough.
pub(crate) struct Books {
    pub(crate) purse: Amount,
    pub(crate) key: KeyId,
}

impl Funds for Books {
    fn account(&self, account: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        let empty = Amount::zero(self.purse.currency());
        Ok(match account {
            PURSE => Some((self.purse, self.key)),
            TILL => Some((empty, KeyId(Hash::of(b"till")))),
            _ => None,
        })
    }
}

pub(crate) fn amount() -> Amount {
    Amount::new(12_00, Currency::EUR).unwrap()
}

fn third(key: &KeyPair) -> Third {
    Third { key: key.public.clone(), certificate: Hash::of(b"certificate") }
}

/// Another exchange of the two, and a notary that would decide it in both ways: the checker takes one.
pub(crate) fn decisions(
    crypto: &Ideal,
    keyring: &Keyring,
    parties: [&KeyPair; 2],
) -> (frame::Descriptor, [Shown; 2], KeyPair) {
    let notary = crypto.generate().unwrap();
    let core = frame::Core {
        deal: None,
        deadlines: frame::Deadlines::standard(OPENED),
        fee: None,
        grade: Grade::Strong,
        items: signatures(2, Hash::of(b"terms")),
        judge: JUDGE_VERSION,
        mail: None,
        nonce: Nonce([1; 16]),
        notary: third(&notary),
        notary_seal: None,
        opened: OPENED,
        parties: parties.iter().map(|key| key.public.clone()).collect(),
        protocol: Protocol::CsnA,
        terms: Hash::of(b"terms"),
    };
    let x = frame::Descriptor::new(&core, None).unwrap();
    let base = Context { crypto, now: OPENED, keyring };
    let about = || About::exchange(x.xid, vec![]);
    let signed = |key: &KeyPair| {
        let author = Author::uncertified(Role::Party, key);
        let meta = author.meta::<fs::Signature>(&base, about(), ANSWER_VALIDITY);
        make(crypto, &author.secret, meta, fs::Signature { promises: vec![] }).unwrap().text
    };
    let pieces = parties.map(signed).to_vec();
    let (ground, author) =
        (pieces.iter().map(|piece| Hash::of(piece.as_bytes())).collect(), Author::uncertified(Role::Notary, &notary));
    let resolved = author.answer(&base, about(), fs::Resolved { at: OPENED, ground, key: None, keys: vec![] }).unwrap();
    let expired = fs::Aborted { at: core.deadlines.expires, basis: fs::AbortBasis::Expired, ground: vec![] };
    let aborted = author.answer(&base, about(), expired).unwrap();
    let shown = |pieces, statement| Shown { descriptor: Blob64(x.bytes().to_vec()), pieces, statement };
    let both = [shown(pieces.clone(), resolved.text), shown(vec![], aborted.text)];
    (x, both, notary)
}

/// Keys and L of one lock.
pub(crate) fn made(by: By, slow: u8) -> World {
    let (crypto, keyring) = (Ideal::new(77), Keyring::for_simulation([9; 32]));
    let [payer, payee, holder, account] = [(); 4].map(|()| crypto.generate().unwrap());
    let (x, [resolved, aborted], notary) = decisions(&crypto, &keyring, [&payer, &payee]);
    let condition = match by {
        By::Hash => Condition::Hash(ByHash { h: by_hash::hash_of(&k()), until: at(UNTIL) }),
        By::Decision => Condition::Decision(ByDecision { exchange: x.xid, notary: third(&notary), unless: None }),
        By::Unless => {
            let unless = Some(Unless { due: at(UNLESS.0), until: at(UNLESS.1) });
            Condition::Decision(ByDecision { exchange: x.xid, notary: third(&notary), unless })
        }
    };
    let core = Core {
        amount: amount(),
        condition,
        holder: third(&holder),
        judge: JUDGE_VERSION,
        nonce: Nonce([2; 16]),
        opened: OPENED,
        payee: payee.public.clone(),
        payee_account: payee_commitment(TILL, salt().danger_bytes()),
        payer: payer.public.clone(),
        protocol: PROTOCOL.to_owned(),
        skew_ms: Millis(1),
        terms: None,
    };
    World {
        lock: Lock::new(&core).unwrap(),
        resolved,
        aborted,
        payer,
        payee,
        holder,
        account,
        keyring,
        machines: Interned::default(),
        messages: Interned::default(),
        questions: Interned::default(),
        rows: Interned::default(),
        slow,
        steps: HashMap::new(),
        checked: HashMap::new(),
    }
}

impl World {
    pub(crate) fn key(&self, seat: Seat) -> &KeyPair {
        match seat {
            Seat::Payer => &self.payer,
            Seat::Payee => &self.payee,
            Seat::Holder => &self.holder,
        }
    }

    pub(crate) fn author(&self, seat: Seat) -> Author {
        Author::uncertified(seat.role(), self.key(seat))
    }

    pub(crate) fn shown(&self, resolved: bool) -> &Shown {
        if resolved { &self.resolved } else { &self.aborted }
    }

    pub(crate) fn payer_own(&self) -> PayerOwn {
        PayerOwn {
            account: PURSE.to_owned(),
            account_key: self.account.public.clone(),
            certificate: None,
            language: Language::En,
            patience_ms: Millis(1),
        }
    }

    pub(crate) fn payee_own(&self) -> PayeeOwn {
        let by_hash = matches!(self.lock.core.condition, Condition::Hash(_));
        PayeeOwn {
            account: TILL.to_owned(),
            certificate: None,
            language: Language::En,
            margin_ms: Millis(1),
            patience_ms: Millis(1),
            preimage: by_hash.then(k),
            salt: salt(),
        }
    }

    /// The machines of three that have just begun, and what the payer is asked.
    pub(crate) fn begin(&mut self) -> ([u32; 3], Vec<Effected>) {
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now: OPENED, crypto: &crypto, keyring: &self.keyring };
        let cx = Cx { base, author: None };
        let payer = Payer::start(self.payer_own(), &self.lock, &cx, &mut out).unwrap();
        let payee = Payee::start(self.payee_own(), &self.lock, &cx).unwrap();
        let effects = self.effected(Seat::Payer, out);
        let machines = [Machine::Payer(payer), Machine::Payee(payee), Machine::Holder(Holder::default())];
        (machines.map(|machine| self.put(machine)), effects)
    }

    fn put(&mut self, machine: Machine) -> u32 {
        self.machines.put(machine.clone(), machine)
    }

    pub(crate) fn message(&mut self, from: Seat, to: Seat, content: Content) -> u32 {
        let message = Message { from, to, content };
        self.messages.put(message.clone(), message)
    }

    /// What a seat's own clock says.
    pub(crate) fn clock(&self, seat: Seat, tick: u8) -> Timestamp {
        if seat == Seat::Payee { OPENED.plus(Millis(u64::from(tick.saturating_sub(self.slow)))) } else { at(tick) }
    }

    /// One step; none if the machine will not take it.
    pub(crate) fn step(&mut self, seat: Seat, machine: u32, what: Happening, tick: u8) -> Stepped {
        if let Some(known) = self.steps.get(&(machine, what, tick)) {
            return known.clone();
        }
        let stepped = self.compute(seat, machine, what, tick);
        self.steps.insert((machine, what, tick), stepped.clone());
        stepped
    }

    fn compute(&mut self, seat: Seat, machine: u32, what: Happening, tick: u8) -> Stepped {
        let now = self.clock(seat, tick);
        let event = self.event(what, now, tick)?;
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now, crypto: &crypto, keyring: &self.keyring };
        let author = self.author(seat);
        let (asks, signs) = (Cx { base, author: None }, Cx { base, author: Some(&author) });
        let next = match self.machines.get(machine).clone() {
            Machine::Payer(payer) => Machine::Payer(advanced(payer.step(&event, &self.lock, &asks, &mut out).ok()?)?),
            Machine::Payee(payee) => Machine::Payee(advanced(payee.step(&event, &self.lock, &asks, &mut out).ok()?)?),
            Machine::Holder(holder) => {
                let books = Books { purse: amount(), key: self.account.public.id() };
                Machine::Holder(advanced(holder.step(&event, &self.lock, &books, &signs, &mut out).unwrap())?)
            }
        };
        let effects = self.effected(seat, out);
        Some((self.put(next), effects.into()))
    }

    fn event(&mut self, what: Happening, now: Timestamp, tick: u8) -> Option<Event> {
        Some(match what {
            Happening::Command(Wish::GiveBack) => Event::Command(Command::GiveBack),
            Happening::Deadline => Event::Deadline,
            Happening::Decided(resolved) => Event::Decided(self.shown(resolved).clone()),
            Happening::Declined(question) => Event::Declined(self.questions.get(question).kind),
            Happening::Signed(question) => {
                let question = self.questions.get(question);
                Event::Signed(question.kind, self.signed(question))
            }
            Happening::Message(number) => {
                if !self.checked.contains_key(&(number, tick)) {
                    let event = self.arrival(number, now);
                    self.checked.insert((number, tick), event);
                }
                self.checked[&(number, tick)].clone()?
            }
        })
    }

    fn signed(&self, question: &Question) -> String {
        let keys = [&self.payer, &self.payee, &self.account];
        let key = keys.into_iter().find(|key| key.public.id() == question.key).unwrap();
        sign_payload(&Ideal::new(1), &key.secret, &question.payload).unwrap()
    }

    /// As a service hands it on: what carries no signature comes from whom the peer is known to be.
    fn arrival(&self, number: u32, now: Timestamp) -> Option<Event> {
        let message = self.messages.get(number);
        let packet = Packet { content: message.content.clone(), descriptor: Blob64(self.lock.bytes().to_vec()) };
        let packet = serde_json::to_vec(&packet).unwrap();
        let checked = check(&packet, &Ideal::new(1), now).ok()?;
        Some(Event::Message { from: checked.signer.unwrap_or(message.from), content: checked.content })
    }

    fn effected(&mut self, from: Seat, effects: Vec<Effect>) -> Vec<Effected> {
        let mut all = Vec::new();
        for effect in effects {
            match effect {
                Effect::Ask { kind, payload, key } => {
                    let question = Question { of: from, kind, key, payload };
                    all.push(Effected::Ask(self.questions.put(question.clone(), question)));
                }
                Effect::Money(Money::Hold { account }) => {
                    assert_eq!(account, PURSE);
                    all.push(Effected::Cash(Cash::Hold));
                }
                Effect::Money(Money::Pay { account }) => {
                    assert_eq!(account, TILL);
                    all.push(Effected::Cash(Cash::Pay));
                }
                Effect::Money(Money::Release { account }) => {
                    assert_eq!(account, PURSE);
                    all.push(Effected::Cash(Cash::Release));
                }
                Effect::Row { slot, statement } => {
                    // Who reads a register's log finds the row under the name that its kind says.
                    let kind = Compact::parse(&statement).unwrap().kind();
                    assert_eq!(slot_of(kind, &statement), Some(slot.word()));
                    let place = Slot::ALL.iter().position(|known| *known == slot).unwrap();
                    let row = self.rows.put(statement.clone(), statement);
                    all.push(Effected::Row(u8::try_from(place).unwrap(), row));
                }
                Effect::Send { to, content } => all.push(Effected::Send(self.message(from, to, content))),
                _ => {}
            }
        }
        all
    }

    pub(crate) fn deadline(&self, machine: u32) -> Option<Timestamp> {
        match self.machines.get(machine) {
            Machine::Payer(payer) => payer.deadline(&self.lock),
            Machine::Payee(payee) => payee.deadline(),
            Machine::Holder(holder) => holder.deadline(&self.lock),
        }
    }

    pub(crate) fn standing(&self, machine: u32) -> Standing {
        match self.machines.get(machine) {
            Machine::Payer(payer) => payer.standing(),
            Machine::Payee(payee) => payee.standing(),
            Machine::Holder(_) => panic!("no party"),
        }
    }

    pub(crate) fn word(&self, machine: u32) -> &'static str {
        match self.machines.get(machine) {
            Machine::Holder(holder) => holder.word(),
            _ => panic!("no holder"),
        }
    }

    /// What a payer has paid for.
    pub(crate) fn preimage(&self, machine: u32) -> Option<&Secret32> {
        match self.machines.get(machine) {
            Machine::Payer(payer) => payer.preimage(),
            _ => panic!("no payer"),
        }
    }
}

fn advanced<M>(step: Step<M>) -> Option<M> {
    match step {
        Step::Advance(next) => Some(next),
        Step::Reject(..) => None,
    }
}
