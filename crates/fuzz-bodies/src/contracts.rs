//! The machines of contracts and of their notary, driven by bytes: whoever holds any of the keys says anything,
//! in any order, at any time. What each step must keep:
//!
//! - nothing panics, and nothing that fails leaves a trace;
//! - a state comes back from the store as it went in;
//! - the notary's rows are written once, and its answer is the same from then on, or in rounds to whoever has one;
//! - whoever is through stays through, with what proves it.
//!
//! The first byte chooses the contract; then one act after the other, see [`act`]. Two of its values try descriptors
//! and the judge instead.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use semper_base::limits::EFFECTS_PER_STEP_MAX;
use semper_base::{Blob64, Hash, Millis, Nonce, Role, Timestamp};
use semper_blocks::item::Grade;
use semper_blocks::statement::{Author, Kind, Language, sign_payload};
use semper_exchange::fair::frame::descriptor::signatures;
use semper_exchange::fair::frame::{
    Command, Content, Contract, Core, Cx, Deadlines, Descriptor, Effect, Event, Named, Own, Packet, Protocol, Seat,
    Slot, Terms, Third, check,
};
use semper_exchange::fair::party::{Party, Standing};
use semper_exchange::fair::register::Register;
use semper_exchange::judge::frame::judge;
use semper_exchange::judge::{Evidence, Finding};
use semper_support::Context;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Keyring, Secret32};

use crate::after::after;
use crate::clear::{clear, spell};
use crate::input::Input;

/// Acts of one run.
const ACTS_MAX: usize = 96;
/// Most messages, and most questions, that are remembered: a choice among them is one byte.
const REMEMBERED_MAX: usize = 256;
const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);

const DELIVER: u8 = 0;
const REDIRECT: u8 = 1;
const SIGN: u8 = 2;
const DECLINE: u8 = 3;
const DEADLINE: u8 = 4;
const COMMAND: u8 = 5;
const WAIT: u8 = 6;
const FORGE: u8 = 7;
const ACTS: u8 = 8;

const COMMANDS: [Command; 3] = [Command::Abort, Command::Resolve, Command::Status];

/// Keys, terms and X of one contract; making one costs more than a run.
struct Deed {
    x: Descriptor,
    terms: Terms,
    keys: Vec<KeyPair>,
    notary: KeyPair,
    keyring: Keyring,
}

static DEEDS: LazyLock<[Deed; 4]> = LazyLock::new(|| {
    [deed(Protocol::Cs2, 2), deed(Protocol::CsnA, 2), deed(Protocol::CsnA, 3), deed(Protocol::CsnC, 3)]
});

fn deed(protocol: Protocol, parties: u8) -> Deed {
    let crypto = Ideal::new(7);
    let keys: Vec<KeyPair> = (0..parties).map(|_| crypto.generate().expect("an ideal key")).collect();
    let notary = crypto.generate().expect("an ideal key");
    let third = Third { key: notary.public.clone(), certificate: Hash::of(b"certificate") };
    let times =
        Deadlines { expires: OPENED.plus(Millis::hours(1)), patience_ms: Millis(1), skew_ms: Millis::seconds(1) };
    let named = |key: &KeyPair, certificate| Named { certificate, key: key.public.clone(), name: "Name".to_owned() };
    let contract = Contract {
        expires: times.expires,
        fee: None,
        file: None,
        grade: Grade::Strong,
        legs: vec![],
        language: Language::En,
        notary: named(&notary, Some(third.certificate)),
        parties: keys.iter().map(|key| named(key, None)).collect(),
        protocol,
        text: Some("Text".to_owned()),
        title: "Title".to_owned(),
    };
    let terms = Terms { contract, salt: Secret32::from_bytes([1; 32]) };
    let commitment = terms.commitment().expect("it is JSON");
    let core = Core {
        deal: None,
        deadlines: times,
        fee: None,
        grade: Grade::Strong,
        items: signatures(parties, commitment),
        judge: semper_exchange::judge::JUDGE_VERSION,
        mail: None,
        nonce: Nonce([1; 16]),
        notary: third,
        notary_seal: None,
        opened: OPENED,
        parties: keys.iter().map(|key| key.public.clone()).collect(),
        protocol,
        terms: commitment,
    };
    let x = Descriptor::new(&core, None).expect("in order");
    Deed { x, terms, keys, notary, keyring: Keyring::for_simulation([0; 32]) }
}

impl Deed {
    fn key(&self, seat: Seat) -> &KeyPair {
        match seat {
            Seat::Notary => &self.notary,
            Seat::Party(place) => &self.keys[usize::from(place)],
        }
    }

    fn seats(&self) -> Vec<Seat> {
        self.x.seats().collect()
    }

    /// Signs for whatever key of this exchange the header names.
    fn sign(&self, header: &[u8], text: &str) -> [u8; 64] {
        let header: serde_json::Value = serde_json::from_slice(header).unwrap_or_default();
        let named = header.get("kid").and_then(serde_json::Value::as_str).and_then(Hash::from_hex);
        let pair = named.and_then(|id| self.keys.iter().chain([&self.notary]).find(|pair| pair.public.id().0 == id));
        let signature = pair.and_then(|pair| Ideal::new(0).sign(&pair.secret, text.as_bytes()).ok());
        signature.map_or([1; 64], |signature| signature.0)
    }
}

struct Said {
    from: Seat,
    to: Seat,
    content: Content,
}

struct Asked {
    of: Seat,
    kind: Kind,
    payload: Vec<u8>,
}

struct Table<'a> {
    deed: &'a Deed,
    now: Timestamp,
    parties: Vec<Party>,
    register: Register,
    rows: BTreeMap<Slot, String>,
    said: Vec<Said>,
    asked: Vec<Asked>,
}

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let chosen = input.below(DEEDS.len() + 2);
    if chosen >= DEEDS.len() {
        return plain(chosen == DEEDS.len(), input);
    }
    let mut table = Table::new(&DEEDS[chosen]);
    for _ in 0..ACTS_MAX {
        if input.is_empty() {
            break;
        }
        act(&mut table, &mut input);
    }
}

/// Without any machine: a descriptor that is read is what it was read from; the judge is total.
fn plain(is_descriptor: bool, mut input: Input<'_>) {
    if is_descriptor {
        let bytes = input.rest();
        if let Ok(x) = Descriptor::read(bytes) {
            assert_eq!(x.bytes(), bytes);
            let spelled = Descriptor::new(&x.core, x.escrow_hash.as_ref()).expect("what was read can be made");
            assert_eq!(spelled.core, x.core);
        }
        return;
    }
    let deed = &DEEDS[input.below(DEEDS.len())];
    let mut evidence = Evidence::new();
    for at in 0..8 {
        let piece = spell(input.piece(), &|header, text| deed.sign(header, text));
        let _ = evidence.add(&at.to_string(), &piece);
    }
    let verdict = judge(&deed.x, &evidence, &Ideal::new(0));
    assert!(verdict.claims.iter().all(|claim| (claim.finding == Finding::Proven) != claim.shown_by.is_empty()));
}

fn act(table: &mut Table<'_>, input: &mut Input<'_>) {
    let seats = table.deed.seats();
    match input.byte() % ACTS {
        DELIVER => {
            let at = input.below(table.said.len());
            let Some(Said { from, to, content }) = table.said.get(at) else { return };
            let (from, to, packet) = (*from, *to, table.packet(content));
            table.receive(from, to, &packet);
        }
        // Somebody shows a message to whom it was not meant for, or says it as somebody else.
        REDIRECT => {
            let at = input.below(table.said.len());
            let (from, to) = (seats[input.below(seats.len())], seats[input.below(seats.len())]);
            let Some(packet) = table.said.get(at).map(|said| table.packet(&said.content)) else { return };
            table.receive(from, to, &packet);
        }
        SIGN => {
            let at = input.below(table.asked.len());
            let Some(Asked { of, kind, payload }) = table.asked.get(at) else { return };
            let text = sign_payload(&Ideal::new(1), &table.deed.key(*of).secret, payload);
            let (of, event) = (*of, Event::Signed(*kind, text.expect("what is asked can be signed")));
            table.step(of, &event);
        }
        DECLINE => {
            let at = input.below(table.asked.len());
            let Some((of, kind)) = table.asked.get(at).map(|asked| (asked.of, asked.kind)) else { return };
            table.step(of, &Event::Declined(kind));
        }
        DEADLINE => table.step(seats[input.below(seats.len())], &Event::Deadline),
        COMMAND => {
            let (seat, command) = (seats[input.below(seats.len())], COMMANDS[input.below(COMMANDS.len())]);
            table.step(seat, &Event::Command(command));
        }
        WAIT => table.now = table.now.plus(Millis(u64::from(input.byte()) * 60_000)),
        FORGE => {
            let (from, to) = (seats[input.below(seats.len())], seats[input.below(seats.len())]);
            let deed = table.deed;
            let content = spell(input.piece(), &|header, text| deed.sign(header, text));
            let descriptor = serde_json::to_string(&Blob64(deed.x.bytes().to_vec())).unwrap_or_default();
            let packet =
                [br#"{"content":"#, content.as_slice(), br#","descriptor":"#, descriptor.as_bytes(), b"}"].concat();
            table.receive(from, to, &packet);
        }
        _ => {}
    }
}

impl<'a> Table<'a> {
    /// Everybody as they begin.
    fn new(deed: &'a Deed) -> Self {
        let mut table = Table {
            deed,
            now: OPENED,
            parties: Vec::new(),
            register: Register::default(),
            rows: BTreeMap::new(),
            said: Vec::new(),
            asked: Vec::new(),
        };
        for place in 0..deed.x.parties() {
            let (crypto, mut out) = (Ideal::new(1), Vec::new());
            let base = Context { now: OPENED, crypto: &crypto, keyring: &deed.keyring };
            let own = Own { place, certificate: None, language: Language::En, terms: deed.terms.clone() };
            let party = Party::start(own, &deed.x, &Cx { base, author: None }, &mut out).expect("in order");
            table.parties.push(party);
            table.follow(Seat::Party(place), out);
        }
        table
    }

    fn packet(&self, content: &Content) -> Vec<u8> {
        let packet = Packet { content: content.clone(), descriptor: Blob64(self.deed.x.bytes().to_vec()) };
        serde_json::to_vec(&packet).expect("it is JSON")
    }

    /// A packet as it is received; nothing if it is refused before any machine sees it.
    fn receive(&mut self, from: Seat, to: Seat, text: &[u8]) {
        let Ok(checked) = check(text, &Ideal::new(1), self.now) else { return };
        // The service finds the run by the descriptor; another one is another exchange.
        if checked.descriptor.xid == self.deed.x.xid {
            self.step(to, &Event::Message { from: checked.signer.unwrap_or(from), content: checked.content });
        }
    }

    /// One step of one machine.
    fn step(&mut self, seat: Seat, event: &Event) {
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now: self.now, crypto: &crypto, keyring: &self.deed.keyring };
        match seat {
            Seat::Notary => {
                let author = Author::uncertified(Role::Notary, &self.deed.notary);
                let (cx, before) = (Cx { base, author: Some(&author) }, self.register.clone());
                let stepped = before.clone().step(event, &self.deed.x, &self.deed.notary, &cx, &mut out);
                self.register = after(&before, stepped, &mut out);
                let rounds = before.word() == "halted" && self.deed.x.core.protocol == Protocol::CsnC;
                assert!(before.word() == "open" || rounds || self.register == before, "a decision that changes");
            }
            Seat::Party(place) => {
                let before = self.parties[usize::from(place)].clone();
                let stepped = before.clone().step(event, &self.deed.x, &Cx { base, author: None }, &mut out);
                let next = after(&before, stepped, &mut out);
                let through = before.standing() == Standing::Complete;
                assert!(!through || next.proof() == before.proof(), "a contract that changes");
                assert_eq!(next.standing() == Standing::Complete, !next.proof().is_empty());
                assert!(next.standing().is_final() == next.deadline().is_none(), "waits for nothing, or not at all");
                self.parties[usize::from(place)] = next;
            }
        }
        self.follow(seat, out);
    }

    fn follow(&mut self, seat: Seat, effects: Vec<Effect>) {
        assert!(effects.len() <= EFFECTS_PER_STEP_MAX, "more effects than a step may have");
        for effect in effects {
            match effect {
                Effect::Ask { kind, payload, key } => {
                    assert_eq!(self.deed.key(seat).public.id(), key, "asks for another's signature");
                    if self.asked.len() < REMEMBERED_MAX {
                        self.asked.push(Asked { of: seat, kind, payload });
                    }
                }
                Effect::Row { slot, statement } => {
                    assert_eq!(seat, Seat::Notary);
                    assert!(self.rows.insert(slot, statement).is_none(), "a second row");
                }
                Effect::Send { to, content } => {
                    assert_ne!(to, seat, "talks to itself");
                    if self.said.len() < REMEMBERED_MAX {
                        self.said.push(Said { from: seat, to, content });
                    }
                }
                Effect::Keep(_) | Effect::Tell(_) => {}
            }
        }
        assert_eq!(!self.rows.is_empty(), self.register.word() != "open", "row and state differ");
        assert_eq!(self.rows.contains_key(&Slot::Decision), !matches!(self.register.word(), "halted" | "open"));
    }

    /// All that a step may have changed, in short.
    fn shape(&self) -> String {
        format!("{:?} {:?} {} {} {}", self.parties, self.register, self.now, self.said.len(), self.asked.len())
    }
}

/// Runs that lead far, to begin with: everybody does what they should, apart from what `turn` says.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let plain = [&[4], DEEDS[0].x.bytes()].concat();
    (0..4).flat_map(|deed| (0..4).flat_map(move |turn| play(deed, turn))).chain([plain]).collect()
}

/// The acts of one run, and the same with its last statement forged.
fn play(deed: u8, turn: u8) -> Vec<Vec<u8>> {
    let (mut table, mut acts) = (Table::new(&DEEDS[usize::from(deed)]), vec![deed]);
    let (mut heard, mut signed) = (0, 0);
    let notary = u8::try_from(table.deed.keys.len()).unwrap_or(0);
    for round in 0_u8..8 {
        let small = |at: usize| u8::try_from(at).unwrap_or(0);
        let mut turns: Vec<Vec<u8>> = (signed..table.asked.len()).map(|at| vec![SIGN, small(at)]).collect();
        signed = table.asked.len();
        turns.extend((heard..table.said.len()).map(|at| vec![DELIVER, small(at)]));
        heard = table.said.len();
        match (turn, round) {
            (1, 1) => turns.push(vec![COMMAND, 0, 0]),
            (2, 2) => turns.extend([vec![WAIT, 1], vec![DEADLINE, 0], vec![DEADLINE, 1]]),
            (3, 1) => turns.extend([vec![WAIT, 200], vec![DEADLINE, 0], vec![DEADLINE, notary]]),
            _ => {}
        }
        for turn in turns {
            let before = table.shape();
            act(&mut table, &mut Input::new(&turn));
            // What changes nothing teaches nothing.
            if table.shape() != before {
                acts.extend(turn);
            }
        }
    }
    let seat = |seat: Seat| match seat {
        Seat::Party(place) => place,
        Seat::Notary => notary,
    };
    let last = table.said.last().map(|said| {
        let content = clear(&serde_json::to_vec(&said.content).unwrap_or_default());
        let length = u16::try_from(content.len()).unwrap_or(0).to_be_bytes();
        [&[FORGE, seat(said.from), seat(said.to)][..], &length, &content].concat()
    });
    vec![acts.clone(), [acts, last.unwrap_or_default()].concat()]
}
