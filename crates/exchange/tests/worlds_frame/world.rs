//! The production machines of contracts under the ideal provider, one step at a time. Machines, messages and
//! questions have numbers, and a step is computed once: what the checker explores are small numbers.

use std::collections::HashMap;
use std::sync::Arc;

use semper_base::{Blob64, Hash, Millis, Nonce, Role, Step, Timestamp};
use semper_blocks::item::Grade;
use semper_blocks::statement::{Author, Kind, Language, sign_payload};
use semper_exchange::fair::deal::{Content as Letter, Deal, Stock};
use semper_exchange::fair::dgp::statements::EscrowBox;
use semper_exchange::fair::frame::descriptor::signatures;
use semper_exchange::fair::frame::{Command, Content};
use semper_exchange::fair::frame::{
    Contract, Core, Cx, Deadlines, Descriptor, Effect, Event, Named, NamedLeg, Own, Packet, Protocol, Receiver, Seat,
    Slot, Terms, Third, check,
};
use semper_exchange::fair::mail::{self, Sending};
use semper_exchange::fair::party::{Party, Standing};
use semper_exchange::fair::register::Register;
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

use super::interned::Interned;

/// When the exchange opens.
pub(crate) const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
/// At this tick nobody may begin any more. Patience is one tick.
pub(crate) const EXPIRES: u8 = 2;

pub(crate) fn at(tick: u8) -> Timestamp {
    OPENED.plus(Millis(u64::from(tick)))
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Machine {
    Party(Party),
    Register(Register),
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
    pub(crate) payload: Vec<u8>,
}

/// What happens to one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Happening {
    Command(Wish),
    Deadline,
    Declined(u32),
    Message(u32),
    Signed(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wish {
    Abort,
    Resolve,
}

/// An effect, with numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effected {
    Ask(u32),
    Keep,
    Row(Slot, u32),
    Send(u32),
}

/// None if the machine will not take it.
pub(crate) type Stepped = Option<(u32, Arc<[Effected]>)>;

pub(crate) struct World {
    pub(crate) x: Descriptor,
    pub(crate) terms: Terms,
    pub(crate) keys: Vec<KeyPair>,
    /// Of a deal: what each party gives to the next.
    pub(crate) letters: Vec<Letter>,
    /// Of a mail: what only its sender has.
    pub(crate) sending: Option<Sending>,
    pub(crate) notary: KeyPair,
    pub(crate) seal: KeyPair,
    pub(crate) keyring: Keyring,
    pub(crate) machines: Interned<Machine, Machine>,
    pub(crate) messages: Interned<Message, Message>,
    pub(crate) questions: Interned<Question, Question>,
    pub(crate) rows: Interned<String>,
    steps: HashMap<(u32, Happening, u8), Stepped>,
    checked: HashMap<u32, Option<Event>>,
}

/// Keys, terms and X of one contract.
pub(crate) fn made(protocol: Protocol, parties: u8, salt: u8) -> World {
    let crypto = Ideal::new(77);
    let keys: Vec<KeyPair> = (0..parties).map(|_| crypto.generate().unwrap()).collect();
    let [notary, seal] = [(), ()].map(|()| crypto.generate().unwrap());
    let named = |name: String, key: &KeyPair, certificate| Named { certificate, key: key.public.clone(), name };
    let third = Third { key: notary.public.clone(), certificate: Hash::of(b"certificate") };
    let letters: Vec<Letter> = match protocol {
        Protocol::Deal => (0..parties).map(|place| Letter::seal(&[place], &crypto).unwrap()).collect(),
        _ => vec![],
    };
    let next = |place: u8| (place + 1) % parties;
    let legs = (0_u8..).zip(&letters).map(|(place, letter)| letter.leg(place, Receiver::Party(next(place))));
    let deal = (!letters.is_empty()).then(|| Deal { legs: legs.collect() });
    let name = |place: u8| format!("{}: Party {place}", place + 1);
    let contract = Contract {
        expires: at(EXPIRES),
        fee: None,
        file: None,
        grade: Grade::Strong,
        legs: (0_u8..).zip(&letters).map(|(place, _)| letter(name(place), name(next(place)))).collect(),
        language: Language::En,
        notary: named("Notary".to_owned(), &notary, Some(third.certificate)),
        parties: keys.iter().enumerate().map(|(at, key)| named(format!("Party {at}"), key, None)).collect(),
        protocol,
        text: Some("We agree.".to_owned()),
        title: "Agreement".to_owned(),
    };
    let terms = Terms { contract, salt: Secret32::from_bytes([salt; 32]) };
    let commitment = terms.commitment().unwrap();
    let core = Core {
        items: deal.as_ref().map_or_else(|| signatures(parties, commitment), |deal| deal.items(commitment)),
        deal,
        deadlines: Deadlines { expires: at(EXPIRES), patience_ms: Millis(1), skew_ms: Millis(1) },
        fee: None,
        grade: Grade::Strong,
        judge: JUDGE_VERSION,
        mail: None,
        nonce: Nonce([7; 16]),
        notary: third,
        notary_seal: (protocol == Protocol::Cm).then(|| seal.public.clone()),
        opened: OPENED,
        parties: keys.iter().map(|key| key.public.clone()).collect(),
        protocol,
        terms: commitment,
    };
    let (x, sending) = if protocol.is_mail() {
        let (x, sending) = mail::seal(b"Dear B", &crypto).unwrap().address(core, &crypto).unwrap();
        (x, Some(sending))
    } else {
        (Descriptor::new(&core, None).unwrap(), None)
    };
    World {
        x,
        terms,
        keys,
        letters,
        sending,
        notary,
        seal,
        keyring: Keyring::for_simulation([9; 32]),
        machines: Interned::default(),
        messages: Interned::default(),
        questions: Interned::default(),
        rows: Interned::default(),
        steps: HashMap::new(),
        checked: HashMap::new(),
    }
}

impl World {
    pub(crate) fn parties(&self) -> u8 {
        self.x.parties()
    }

    pub(crate) fn key(&self, seat: Seat) -> &KeyPair {
        match seat {
            Seat::Notary => &self.notary,
            Seat::Party(place) => &self.keys[usize::from(place)],
        }
    }

    pub(crate) fn author(&self, seat: Seat) -> Author {
        let role = if seat == Seat::Notary { Role::Notary } else { Role::Party };
        Author::uncertified(role, self.key(seat))
    }

    pub(crate) fn own(&self, place: u8) -> Own {
        Own { place, certificate: None, language: Language::En, terms: self.terms.clone() }
    }

    pub(crate) fn stock(&self, place: u8) -> Stock {
        let before = (place + self.parties() - 1) % self.parties();
        Stock {
            keys: vec![self.letters[usize::from(place)].key.clone()],
            parcels: vec![self.letters[usize::from(before)].parcel.clone()],
        }
    }

    /// The sender of the mail has sealed something else than the key.
    pub(crate) fn spoil_box(&mut self) {
        let bad = EscrowBox(Blob64(vec![9; 80]));
        self.x = Descriptor::new(&self.x.core, Some(&Hash::of(&bad.0.0))).unwrap();
        self.sending.as_mut().unwrap().parcel.sealed = Some(bad);
    }

    /// Whether the receiver of a mail holds what opens it.
    pub(crate) fn reads_letter(&self, machine: u32) -> bool {
        matches!(self.machines.get(machine), Machine::Party(Party::Receiver(receiver)) if receiver.key().is_some())
    }

    /// The machine of a party that has just begun, and what it asks.
    pub(crate) fn begin(&mut self, place: u8) -> (u32, Vec<Effected>) {
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now: OPENED, crypto: &crypto, keyring: &self.keyring };
        let (own, cx) = (self.own(place), Cx { base, author: None });
        let party = match self.x.core.protocol {
            Protocol::Cm | Protocol::CmOnline if place == 0 => {
                Party::send(own, self.sending.clone().unwrap(), &self.x, &cx, &mut out).unwrap()
            }
            Protocol::Cm | Protocol::CmOnline => {
                let parcel = self.sending.as_ref().unwrap().parcel.clone();
                Party::receive(own, parcel, &self.x, &cx, &mut out).unwrap()
            }
            Protocol::Deal => Party::deal(own, self.stock(place), &self.x, &cx, &mut out).unwrap(),
            _ => Party::start(own, &self.x, &cx, &mut out).unwrap(),
        };
        let effects = self.effected(Seat::Party(place), out);
        (self.put(Machine::Party(party)), effects)
    }

    pub(crate) fn register(&mut self) -> u32 {
        self.put(Machine::Register(Register::default()))
    }

    fn put(&mut self, machine: Machine) -> u32 {
        self.machines.put(machine.clone(), machine)
    }

    pub(crate) fn message(&mut self, from: Seat, to: Seat, content: Content) -> u32 {
        let message = Message { from, to, content };
        self.messages.put(message.clone(), message)
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
        let event = self.event(what, tick)?;
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now: at(tick), crypto: &crypto, keyring: &self.keyring };
        let author = self.author(seat);
        let next = match self.machines.get(machine).clone() {
            Machine::Party(party) => {
                let step = party.step(&event, &self.x, &Cx { base, author: None }, &mut out).ok()?;
                Machine::Party(advanced(step)?)
            }
            Machine::Register(register) => {
                let cx = Cx { base, author: Some(&author) };
                Machine::Register(advanced(register.step(&event, &self.x, &self.seal, &cx, &mut out).unwrap())?)
            }
        };
        let effects = self.effected(seat, out);
        Some((self.put(next), effects.into()))
    }

    fn event(&mut self, what: Happening, tick: u8) -> Option<Event> {
        Some(match what {
            Happening::Command(Wish::Abort) => Event::Command(Command::Abort),
            Happening::Command(Wish::Resolve) => Event::Command(Command::Resolve),
            Happening::Deadline => Event::Deadline,
            Happening::Declined(question) => Event::Declined(self.questions.get(question).kind),
            Happening::Signed(question) => {
                let question = self.questions.get(question).clone();
                let key = &self.key(question.of).secret;
                Event::Signed(question.kind, sign_payload(&Ideal::new(1), key, &question.payload).unwrap())
            }
            Happening::Message(number) => {
                if !self.checked.contains_key(&number) {
                    let event = self.arrival(number, tick);
                    self.checked.insert(number, event);
                }
                self.checked[&number].clone()?
            }
        })
    }

    /// As a service hands it on: what carries no signature comes from whom the peer is known to be.
    fn arrival(&self, number: u32, tick: u8) -> Option<Event> {
        let message = self.messages.get(number);
        let packet = Packet { content: message.content.clone(), descriptor: Blob64(self.x.bytes().to_vec()) };
        let packet = serde_json::to_vec(&packet).unwrap();
        let checked = check(&packet, &Ideal::new(1), at(tick)).ok()?;
        Some(Event::Message { from: checked.signer.unwrap_or(message.from), content: checked.content })
    }

    fn effected(&mut self, from: Seat, effects: Vec<Effect>) -> Vec<Effected> {
        let effected = |effect| match effect {
            Effect::Ask { kind, payload, .. } => {
                let question = Question { of: from, kind, payload };
                Some(Effected::Ask(self.questions.put(question.clone(), question)))
            }
            Effect::Keep(_) => Some(Effected::Keep),
            Effect::Row { slot, statement } => Some(Effected::Row(slot, self.rows.put(statement.clone(), statement))),
            Effect::Send { to, content } => Some(Effected::Send(self.message(from, to, content))),
            Effect::Tell(_) => None,
        };
        effects.into_iter().filter_map(effected).collect()
    }

    pub(crate) fn deadline(&self, machine: u32) -> Option<Timestamp> {
        match self.machines.get(machine) {
            Machine::Party(party) => party.deadline(),
            Machine::Register(register) => register.deadline(&self.x),
        }
    }

    pub(crate) fn standing(&self, machine: u32) -> Standing {
        match self.machines.get(machine) {
            Machine::Party(party) => party.standing(),
            Machine::Register(_) => panic!("no party"),
        }
    }

    pub(crate) fn proof(&self, machine: u32) -> Vec<String> {
        match self.machines.get(machine) {
            Machine::Party(party) => party.proof().to_vec(),
            Machine::Register(_) => panic!("no party"),
        }
    }

    /// Whether a party holds what opens the letters of the deal: all of them, or none.
    pub(crate) fn opens(&self, machine: u32) -> bool {
        let Machine::Party(Party::Dealer(dealer)) = self.machines.get(machine) else { return false };
        !dealer.keys().is_empty() && self.x.core.deal.as_ref().unwrap().open(dealer.keys()).is_ok()
    }

    pub(crate) fn decided(&self, machine: u32) -> &'static str {
        match self.machines.get(machine) {
            Machine::Register(register) => register.word(),
            Machine::Party(_) => panic!("no register"),
        }
    }
}

fn advanced<M>(step: Step<M>) -> Option<M> {
    match step {
        Step::Advance(next) => Some(next),
        Step::Reject(..) => None,
    }
}

fn letter(giver: String, receiver: String) -> NamedLeg {
    let (media, name) = ("text/plain".to_owned(), "letter".to_owned());
    NamedLeg::Letter { bytes: 1, giver, hash: None, media, name, receiver }
}
