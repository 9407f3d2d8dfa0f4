//! The production machines of deals with payments under the ideal provider: dealers with the payers and payees of
//! their locks, holders, the notary. A party is one composite: what its machines tell each other and what its owner
//! signs happens within one step. Machines of their own are looked at in the other worlds.

use std::collections::{HashMap, VecDeque};

use semper_base::{Blob64, Millis, Role, Step, Timestamp};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::{Author, Kind, Language, sign_payload};
use semper_exchange::fair::deal::{Content as Letter, Dealer, Leg, Stock};
use semper_exchange::fair::frame::{self, Cx, Descriptor, Effect, Event, Own, Seat, Terms};
use semper_exchange::fair::lock::{self, Answer, Checked, Holder, Lock, Payee, PayeeOwn, Payer, PayerOwn};
use semper_exchange::fair::party::Standing;
use semper_exchange::fair::register::Register;
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Ideal, KeyPair, Secret32};

use super::interned::Interned;
use super::ring::{Rich, Ring, ring};

pub(crate) const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
/// At this tick the notary ends the deal.
pub(crate) const EXPIRES: u8 = 1;
/// Longer than anybody looks: what is asked again is the same anyway.
pub(crate) const PATIENCE: Millis = Millis(5_000);

pub(crate) fn at(tick: u8) -> Timestamp {
    OPENED.plus(Millis(u64::from(tick) * 1_000))
}

/// Somebody; a holder by the number of the leg whose money it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Who {
    Holder(u8),
    Notary,
    Party(u8),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Said {
    Deal(frame::Content),
    Lock(u8, lock::Seat, lock::Content),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Message {
    pub(crate) from: Who,
    pub(crate) to: Who,
    pub(crate) said: Said,
}

/// One party: its machines, and what its owner was asked and has not answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Side {
    pub(crate) dealer: Dealer,
    pub(crate) payer: Option<Payer>,
    pub(crate) payee: Option<Payee>,
    pub(crate) asked: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "a few thousand of them")]
pub(crate) enum Machine {
    Holder(Holder),
    Register(Register),
    Side(Side),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    Abort,
    Consent,
    Deadline,
    Decline,
    Message(u32),
}

/// What became of the money of a leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Cash {
    pub(crate) held: u8,
    pub(crate) paid: u8,
    pub(crate) back: u8,
}

/// The next machine, what it sends, what it does with money. None if it takes nothing of it.
pub(crate) type Stepped = Option<(u32, Vec<u32>, Cash)>;

enum Inner {
    Deal(Event),
    Payee(lock::Event),
    Payer(lock::Event),
}

pub(crate) struct World {
    pub(crate) x: Descriptor,
    terms: Terms,
    pub(crate) keys: Vec<KeyPair>,
    /// Of each party: payer, payee, account, and of the leg that it gives the holder.
    pub(crate) payers: Vec<KeyPair>,
    pub(crate) payees: Vec<KeyPair>,
    pub(crate) accounts: Vec<KeyPair>,
    holders: Vec<KeyPair>,
    letter: Letter,
    pub(crate) notary: KeyPair,
    seal: KeyPair,
    keyring: Keyring,
    pub(crate) machines: Interned<Machine, Machine>,
    pub(crate) messages: Interned<Message, Message>,
    steps: HashMap<(Who, u32, Input, u8), Stepped>,
}

pub(crate) fn salt() -> Secret32 {
    Secret32::from_bytes([6; 32])
}

pub(crate) fn account(place: u8) -> String {
    format!("A-{place}")
}

fn is_letter(leg: &Leg) -> bool {
    matches!(leg, Leg::Letter { .. })
}

impl World {
    /// A ring: each pays the next at a holder of its own; with `letter` the first gives a letter instead.
    pub(crate) fn new(parties: u8, letter: bool) -> World {
        let Ring { x, terms, keys, payers, payees, accounts, holders, letter, notary, seal } = ring(parties, letter);
        let keyring = Keyring::for_simulation([9; 32]);
        let (machines, messages, steps) = (Interned::default(), Interned::default(), HashMap::new());
        World {
            x,
            terms,
            keys,
            payers,
            payees,
            accounts,
            holders,
            letter,
            notary,
            seal,
            keyring,
            machines,
            messages,
            steps,
        }
    }

    pub(crate) fn parties(&self) -> u8 {
        self.x.parties()
    }

    fn leg(&self, number: u8) -> &Leg {
        &self.x.core.deal.as_ref().unwrap().legs[usize::from(number)]
    }

    /// The key of the letter, if this party gives it.
    pub(crate) fn letter_key(&self, place: u8) -> Option<KeyOpening> {
        (is_letter(self.leg(0)) && place == 0).then(|| self.letter.key.clone())
    }

    /// The leg in which a party is paid.
    pub(crate) fn incoming(&self, place: u8) -> u8 {
        (place + self.parties() - 1) % self.parties()
    }

    pub(crate) fn lock(&self, leg: u8) -> Option<Lock> {
        match self.leg(leg) {
            Leg::Payment(payment) => Some(payment.lock(leg, &self.x).unwrap()),
            _ => None,
        }
    }

    fn base<'a>(&'a self, crypto: &'a Ideal, tick: u8) -> Context<'a> {
        Context { now: at(tick), crypto, keyring: &self.keyring }
    }

    pub(crate) fn put(&mut self, machine: Machine) -> u32 {
        self.machines.put(machine.clone(), machine)
    }

    pub(crate) fn message(&mut self, message: Message) -> u32 {
        self.messages.put(message.clone(), message)
    }

    pub(crate) fn side(&self, machine: u32) -> &Side {
        let Machine::Side(side) = self.machines.get(machine) else { panic!("no party") };
        side
    }

    pub(crate) fn decided(&self, machine: u32) -> &'static str {
        let Machine::Register(register) = self.machines.get(machine) else { panic!("no register") };
        register.word()
    }

    pub(crate) fn begin(&mut self, place: u8) -> u32 {
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let cx = Cx { base: self.base(&crypto, 0), author: None };
        let own = Own { place, certificate: None, language: Language::En, terms: self.terms.clone() };
        let mut stock = Stock::default();
        stock.keys.extend(self.letter_key(place));
        if is_letter(self.leg(0)) && place == 1 {
            stock.parcels.push(self.letter.parcel.clone());
        }
        let dealer = Dealer::start(own, stock, &self.x, &cx, &mut out).unwrap();
        let lock = self.lock(self.incoming(place));
        let own = PayeeOwn {
            account: account(place),
            certificate: None,
            language: Language::En,
            margin_ms: Millis(1),
            patience_ms: PATIENCE,
            preimage: None,
            salt: salt(),
        };
        let payee = lock.map(|lock| Payee::start(own, &lock, &cx).unwrap());
        let asked = out.into_iter().find_map(|effect| match effect {
            Effect::Ask { payload, .. } => Some(payload),
            _ => None,
        });
        self.put(Machine::Side(Side { dealer, payer: None, payee, asked }))
    }

    /// One step; none if nothing comes of it.
    pub(crate) fn step(&mut self, who: Who, machine: u32, input: Input, tick: u8) -> Stepped {
        let name = (who, machine, input, tick);
        if let Some(known) = self.steps.get(&name) {
            return known.clone();
        }
        let before = self.machines.get(machine).clone();
        let stepped = match (who, before.clone()) {
            (Who::Party(place), Machine::Side(side)) => {
                self.party(place, side, input, tick).map(|(side, sent)| (Machine::Side(side), sent, Cash::default()))
            }
            (Who::Notary, Machine::Register(register)) => self.notary(register, input, tick),
            (Who::Holder(leg), Machine::Holder(holder)) => self.holder(leg, holder, input, tick),
            _ => panic!("another machine"),
        };
        let stepped =
            stepped.filter(|(next, sent, _)| *next != before || !sent.is_empty()).map(|(next, sent, cash)| {
                let sent = sent.into_iter().map(|message| self.message(message)).collect();
                (self.put(next), sent, cash)
            });
        self.steps.insert(name, stepped.clone());
        stepped
    }

    fn heard(&self, number: u32, tick: u8) -> Option<(Said, Heard)> {
        let Message { said, .. } = self.messages.get(number).clone();
        let crypto = Ideal::new(1);
        let heard = match &said {
            Said::Deal(content) => {
                let packet = frame::Packet { content: content.clone(), descriptor: Blob64(self.x.bytes().to_vec()) };
                let checked = frame::check(&serde_json::to_vec(&packet).unwrap(), &crypto, at(tick)).ok()?;
                Heard::Deal(Event::Message { from: checked.signer?, content: checked.content })
            }
            Said::Lock(leg, _, content) => {
                let lock = self.lock(*leg)?;
                let packet = lock::Packet { content: content.clone(), descriptor: Blob64(lock.bytes().to_vec()) };
                let checked = lock::check(&serde_json::to_vec(&packet).unwrap(), &crypto, at(tick)).ok()?;
                let from = checked.signer.unwrap_or(lock::Seat::Holder);
                Heard::Lock(lock::Event::Message { from, content: checked.content })
            }
        };
        Some((said, heard))
    }

    fn notary(&self, register: Register, input: Input, tick: u8) -> Option<(Machine, Vec<Message>, Cash)> {
        let event = match input {
            Input::Deadline => Event::Deadline,
            Input::Message(number) => match self.heard(number, tick)?.1 {
                Heard::Deal(event) => event,
                Heard::Lock(_) => return None,
            },
            _ => return None,
        };
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let author = Author::uncertified(Role::Notary, &self.notary);
        let cx = Cx { base: self.base(&crypto, tick), author: Some(&author) };
        let Step::Advance(next) = register.step(&event, &self.x, &self.seal, &cx, &mut out).unwrap() else {
            return None;
        };
        let sent = out.into_iter().filter_map(|effect| match effect {
            Effect::Send { to: Seat::Party(place), content } => {
                Some(Message { from: Who::Notary, to: Who::Party(place), said: Said::Deal(content) })
            }
            _ => None,
        });
        Some((Machine::Register(next), sent.collect(), Cash::default()))
    }

    fn holder(&self, leg: u8, holder: Holder, input: Input, tick: u8) -> Option<(Machine, Vec<Message>, Cash)> {
        let event = match input {
            Input::Deadline => lock::Event::Deadline,
            Input::Message(number) => match self.heard(number, tick)?.1 {
                Heard::Lock(event) => event,
                Heard::Deal(_) => return None,
            },
            _ => return None,
        };
        let (crypto, mut out, lock) = (Ideal::new(1), Vec::new(), self.lock(leg)?);
        let author = Author::uncertified(Role::Bank, &self.holders[usize::from(leg)]);
        let cx = Cx { base: self.base(&crypto, tick), author: Some(&author) };
        let funds = Rich(self.accounts[usize::from(leg)].public.id());
        let Step::Advance(next) = holder.step(&event, &lock, &funds, &cx, &mut out).unwrap() else { return None };
        let (mut sent, mut cash) = (Vec::new(), Cash::default());
        for effect in out {
            match effect {
                lock::Effect::Send { to, content } => {
                    let place = if to == lock::Seat::Payer { leg } else { (leg + 1) % self.parties() };
                    let said = Said::Lock(leg, to, content);
                    sent.push(Message { from: Who::Holder(leg), to: Who::Party(place), said });
                }
                lock::Effect::Money(lock::Money::Hold { .. }) => cash.held += 1,
                lock::Effect::Money(lock::Money::Pay { .. }) => cash.paid += 1,
                lock::Effect::Money(lock::Money::Release { .. }) => cash.back += 1,
                _ => {}
            }
        }
        Some((Machine::Holder(next), sent, cash))
    }

    /// Which of a party's machines is due.
    pub(crate) fn due(&self, place: u8, side: &Side, tick: u8) -> [bool; 3] {
        let is = |deadline: Option<Timestamp>| deadline.is_some_and(|due| due <= at(tick));
        let payer = side.payer.as_ref().zip(self.lock(place)).and_then(|(payer, lock)| payer.deadline(&lock));
        [is(side.dealer.deadline()), is(payer), is(side.payee.as_ref().and_then(Payee::deadline))]
    }

    fn inputs(&self, place: u8, side: &mut Side, input: Input, tick: u8) -> Option<VecDeque<Inner>> {
        Some(VecDeque::from(match input {
            Input::Abort => vec![Inner::Deal(Event::Command(frame::Command::Abort))],
            Input::Consent => {
                let text = sign(&self.keys[usize::from(place)], &side.asked.take()?);
                vec![Inner::Deal(Event::Signed(Kind::JointDeal, text))]
            }
            Input::Decline => {
                side.asked.take()?;
                vec![Inner::Deal(Event::Declined(Kind::JointDeal))]
            }
            Input::Deadline => {
                let [dealer, payer, payee] = self.due(place, side, tick);
                let all = [
                    dealer.then_some(Inner::Deal(Event::Deadline)),
                    payer.then_some(Inner::Payer(lock::Event::Deadline)),
                    payee.then_some(Inner::Payee(lock::Event::Deadline)),
                ];
                all.into_iter().flatten().collect()
            }
            Input::Message(number) => match self.heard(number, tick)? {
                (_, Heard::Deal(event)) => vec![Inner::Deal(event)],
                (Said::Lock(_, lock::Seat::Payer, _), Heard::Lock(event)) => vec![Inner::Payer(event)],
                (_, Heard::Lock(event)) => vec![Inner::Payee(event)],
            },
        }))
    }

    fn party(&self, place: u8, mut side: Side, input: Input, tick: u8) -> Option<(Side, Vec<Message>)> {
        let crypto = Ideal::new(1);
        let cx = Cx { base: self.base(&crypto, tick), author: None };
        let mut todo = self.inputs(place, &mut side, input, tick)?;
        let mut sent = Vec::new();
        while let Some(inner) = todo.pop_front() {
            let mut party = Turn { world: self, place, side: &mut side, cx: &cx, todo: &mut todo, sent: &mut sent };
            match inner {
                Inner::Deal(event) => party.deal(&event),
                Inner::Payer(event) => party.payer(&event),
                Inner::Payee(event) => party.payee(&event),
            }
        }
        Some((side, sent))
    }
}

#[expect(clippy::large_enum_variant, reason = "one at a time")]
enum Heard {
    Deal(Event),
    Lock(lock::Event),
}

fn sign(key: &KeyPair, payload: &[u8]) -> String {
    sign_payload(&Ideal::new(1), &key.secret, payload).unwrap()
}

/// What one party does with one event.
struct Turn<'a> {
    world: &'a World,
    place: u8,
    side: &'a mut Side,
    cx: &'a Cx<'a>,
    todo: &'a mut VecDeque<Inner>,
    sent: &'a mut Vec<Message>,
}

impl Turn<'_> {
    fn deal(&mut self, event: &Event) {
        let (world, mut out) = (self.world, Vec::new());
        let ended = self.side.dealer.ended().cloned();
        let Ok(Step::Advance(next)) = self.side.dealer.clone().step(event, &world.x, self.cx, &mut out) else { return };
        self.side.dealer = next;
        for effect in out {
            match effect {
                Effect::Ask { kind, payload, .. } => {
                    let text = sign(&world.keys[usize::from(self.place)], &payload);
                    self.todo.push_back(Inner::Deal(Event::Signed(kind, text)));
                }
                Effect::Send { content, .. } => {
                    self.sent.push(Message {
                        from: Who::Party(self.place),
                        to: Who::Notary,
                        said: Said::Deal(content),
                    });
                }
                _ => {}
            }
        }
        if self.side.payer.is_none() {
            for (_, lock) in self.side.dealer.due(&world.x) {
                self.order(&lock);
            }
        }
        let now = self.side.dealer.ended().cloned();
        if let Some(shown) = now.filter(|now| Some(now) != ended.as_ref()) {
            self.todo.push_back(Inner::Payer(lock::Event::Decided(shown.clone())));
            self.todo.push_back(Inner::Payee(lock::Event::Decided(shown)));
        }
    }

    fn order(&mut self, lock: &Lock) {
        let own = PayerOwn {
            account: account(self.place),
            account_key: self.world.accounts[usize::from(self.place)].public.clone(),
            certificate: None,
            language: Language::En,
            patience_ms: PATIENCE,
        };
        let mut out = Vec::new();
        self.side.payer = Some(Payer::start(own, lock, self.cx, &mut out).unwrap());
        self.effects(lock::Seat::Payer, self.place, out);
    }

    fn payer(&mut self, event: &lock::Event) {
        let (Some(payer), Some(lock)) = (self.side.payer.clone(), self.world.lock(self.place)) else { return };
        let mut out = Vec::new();
        let Ok(Step::Advance(next)) = payer.step(event, &lock, self.cx, &mut out) else { return };
        self.side.payer = Some(next);
        self.effects(lock::Seat::Payer, self.place, out);
        if let lock::Event::Message { content: Checked::Answer(Answer::Locked(locked)), .. } = event {
            self.todo.push_back(Inner::Deal(Event::Locked(locked.text.clone())));
        }
    }

    fn payee(&mut self, event: &lock::Event) {
        let leg = self.world.incoming(self.place);
        let (Some(payee), Some(lock)) = (self.side.payee.clone(), self.world.lock(leg)) else { return };
        let mut out = Vec::new();
        let Ok(Step::Advance(next)) = payee.step(event, &lock, self.cx, &mut out) else { return };
        self.side.payee = Some(next);
        self.effects(lock::Seat::Payee, leg, out);
    }

    fn effects(&mut self, seat: lock::Seat, leg: u8, out: Vec<lock::Effect>) {
        let (world, place) = (self.world, usize::from(self.place));
        for effect in out {
            match effect {
                lock::Effect::Ask { kind, payload, key } => {
                    let keys = [&world.payers[place], &world.payees[place], &world.accounts[place]];
                    let pair = keys.into_iter().find(|pair| pair.public.id() == key).unwrap();
                    let event = lock::Event::Signed(kind, sign(pair, &payload));
                    self.todo.push_back(if seat == lock::Seat::Payer {
                        Inner::Payer(event)
                    } else {
                        Inner::Payee(event)
                    });
                }
                lock::Effect::Send { content, .. } => {
                    let said = Said::Lock(leg, seat, content);
                    self.sent.push(Message { from: Who::Party(self.place), to: Who::Holder(leg), said });
                }
                _ => {}
            }
        }
    }
}

impl Side {
    /// Whether everything that this party can bring about by itself has come to its end.
    pub(crate) fn is_over(&self) -> bool {
        let paid = self.payee.as_ref().is_none_or(|payee| payee.standing().is_final());
        let freed = self.payer.as_ref().is_none_or(|payer| payer.standing().is_final());
        match self.dealer.standing() {
            Standing::Complete => paid,
            Standing::Aborted | Standing::Declined => freed,
            _ => false,
        }
    }
}
