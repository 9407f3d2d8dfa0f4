//! The machines of locks, driven by bytes: whoever holds any of the keys says anything, in any order, at any time.
//! What each step must keep:
//!
//! - nothing panics, and nothing that fails leaves a trace;
//! - a state comes back from the store as it went in;
//! - the holder's rows are written once, and money leaves once, after it was held;
//! - whoever has ended stays so, and who has paid by a hash has what it paid for.
//!
//! The first byte chooses the lock; then one act after the other, see [`act`]. Two of its values try descriptors and
//! the judge instead.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use semper_base::limits::EFFECTS_PER_STEP_MAX;
use semper_base::{Amount, Blob64, Currency, Fault, Hash, KeyId, Millis, Nonce, Role, Timestamp, Xid};
use semper_blocks::statement::{Author, Kind, Language, sign_payload};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::lock::descriptor::PROTOCOL;
use semper_exchange::fair::lock::{
    ByDecision, ByHash, Command, Condition, Content, Core, Cx, Effect, Event, Funds, Holder, Lock, Money, Packet,
    Payee, PayeeOwn, Payer, PayerOwn, Seat, Slot, Standing, Third, by_hash, check,
};
use semper_exchange::judge::lock::judge;
use semper_exchange::judge::{Evidence, Finding};
use semper_support::Context;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Keyring, Secret32};

use crate::after::after;
use crate::clear::spell;
use crate::input::Input;

/// Acts of one run.
const ACTS_MAX: usize = 96;
/// Most messages, and most questions, that are remembered: a choice among them is one byte.
const REMEMBERED_MAX: usize = 256;
const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const SEATS: [Seat; 3] = [Seat::Payer, Seat::Payee, Seat::Holder];
const COMMANDS: [Command; 2] = [Command::GiveBack, Command::Status];

const DELIVER: u8 = 0;
const REDIRECT: u8 = 1;
const SIGN: u8 = 2;
const DECLINE: u8 = 3;
const DEADLINE: u8 = 4;
const COMMAND: u8 = 5;
const WAIT: u8 = 6;
const FORGE: u8 = 7;
const ACTS: u8 = 8;

/// Keys and L of one lock.
struct Deed {
    lock: Lock,
    /// Of payer, payee, holder.
    keys: [KeyPair; 3],
    account: KeyPair,
    keyring: Keyring,
}

static DEEDS: LazyLock<[Deed; 2]> = LazyLock::new(|| [deed(true), deed(false)]);

fn k() -> Secret32 {
    Secret32::from_bytes([5; 32])
}

fn salt() -> Secret32 {
    Secret32::from_bytes([6; 32])
}

fn deed(is_hash: bool) -> Deed {
    let crypto = Ideal::new(7);
    let [payer, payee, holder, account, notary] = [(); 5].map(|()| crypto.generate().expect("an ideal key"));
    let third = |key: &KeyPair| Third { key: key.public.clone(), certificate: Hash::of(b"certificate") };
    let condition = if is_hash {
        Condition::Hash(ByHash { h: by_hash::hash_of(&k()), until: OPENED.plus(Millis::hours(1)) })
    } else {
        Condition::Decision(ByDecision { exchange: Xid::of(b"x"), notary: third(&notary), unless: None })
    };
    let core = Core {
        amount: Amount::new(100, Currency::EUR).expect("small"),
        condition,
        holder: third(&holder),
        judge: semper_exchange::judge::JUDGE_VERSION,
        nonce: Nonce([1; 16]),
        opened: OPENED,
        payee: payee.public.clone(),
        payee_account: payee_commitment("A-1", salt().danger_bytes()),
        payer: payer.public.clone(),
        protocol: PROTOCOL.to_owned(),
        skew_ms: Millis::seconds(1),
        terms: None,
    };
    let lock = Lock::new(&core).expect("in order");
    Deed { lock, keys: [payer, payee, holder], account, keyring: Keyring::for_simulation([0; 32]) }
}

impl Deed {
    fn pairs(&self) -> impl Iterator<Item = &KeyPair> {
        self.keys.iter().chain([&self.account])
    }

    /// Signs for whatever key of this lock the header names.
    fn sign(&self, header: &[u8], text: &str) -> [u8; 64] {
        let header: serde_json::Value = serde_json::from_slice(header).unwrap_or_default();
        let named = header.get("kid").and_then(serde_json::Value::as_str).and_then(Hash::from_hex);
        let pair = named.and_then(|id| self.pairs().find(|pair| pair.public.id().0 == id));
        let signature = pair.and_then(|pair| Ideal::new(0).sign(&pair.secret, text.as_bytes()).ok());
        signature.map_or([1; 64], |signature| signature.0)
    }
}

/// The holder's books: both accounts are there.
struct Books<'a>(&'a Deed);

impl Funds for Books<'_> {
    fn account(&self, account: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        let known = ["A-1", "B-1"].contains(&account);
        Ok(known.then(|| (self.0.lock.core.amount, self.0.account.public.id())))
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
    key: KeyId,
    payload: Vec<u8>,
}

struct Table {
    deed: &'static Deed,
    now: Timestamp,
    payer: Payer,
    payee: Payee,
    holder: Holder,
    rows: BTreeSet<Slot>,
    /// Whether the money is held, and whether it has left.
    money: (bool, bool),
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
        if let Ok(lock) = Lock::read(bytes) {
            assert_eq!(lock.bytes(), bytes);
            assert_eq!(Lock::new(&lock.core).expect("what was read can be made").core, lock.core);
        }
        return;
    }
    let deed = &DEEDS[input.below(DEEDS.len())];
    let mut evidence = Evidence::new();
    for at in 0..8 {
        let piece = spell(input.piece(), &|header, text| deed.sign(header, text));
        let _ = evidence.add(&at.to_string(), &piece);
    }
    let verdict = judge(&deed.lock, &evidence, &Ideal::new(0));
    assert!(verdict.claims.iter().all(|claim| (claim.finding == Finding::Proven) != claim.shown_by.is_empty()));
}

fn act(table: &mut Table, input: &mut Input<'_>) {
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
            let (from, to) = (seat(input), seat(input));
            let Some(packet) = table.said.get(at).map(|said| table.packet(&said.content)) else { return };
            table.receive(from, to, &packet);
        }
        SIGN => {
            let at = input.below(table.asked.len());
            let Some(Asked { of, kind, key, payload }) = table.asked.get(at) else { return };
            let pair = table.deed.pairs().find(|pair| pair.public.id() == *key).expect("a key of the asked");
            let text = sign_payload(&Ideal::new(1), &pair.secret, payload);
            let (of, event) = (*of, Event::Signed(*kind, text.expect("what is asked can be signed")));
            table.step(of, &event);
        }
        DECLINE => {
            let at = input.below(table.asked.len());
            let Some((of, kind)) = table.asked.get(at).map(|asked| (asked.of, asked.kind)) else { return };
            table.step(of, &Event::Declined(kind));
        }
        DEADLINE => table.step(seat(input), &Event::Deadline),
        COMMAND => {
            let (seat, command) = (seat(input), COMMANDS[input.below(COMMANDS.len())]);
            table.step(seat, &Event::Command(command));
        }
        WAIT => table.now = table.now.plus(Millis(u64::from(input.byte()) * 60_000)),
        FORGE => {
            let (from, to) = (seat(input), seat(input));
            let deed = table.deed;
            let content = spell(input.piece(), &|header, text| deed.sign(header, text));
            let descriptor = serde_json::to_string(&Blob64(deed.lock.bytes().to_vec())).unwrap_or_default();
            let packet =
                [br#"{"content":"#, content.as_slice(), br#","descriptor":"#, descriptor.as_bytes(), b"}"].concat();
            table.receive(from, to, &packet);
        }
        _ => {}
    }
}

fn seat(input: &mut Input<'_>) -> Seat {
    SEATS[input.below(SEATS.len())]
}

impl Table {
    /// Everybody as they begin.
    fn new(deed: &'static Deed) -> Self {
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now: OPENED, crypto: &crypto, keyring: &deed.keyring };
        let cx = Cx { base, author: None };
        let by_hash = matches!(deed.lock.core.condition, Condition::Hash(_));
        let (language, patience_ms) = (Language::En, Millis(1));
        let account_key = deed.account.public.clone();
        let own = PayerOwn { account: "B-1".to_owned(), account_key, certificate: None, language, patience_ms };
        let payer = Payer::start(own, &deed.lock, &cx, &mut out).expect("in order");
        let own = PayeeOwn {
            account: "A-1".to_owned(),
            certificate: None,
            language,
            margin_ms: Millis(1),
            patience_ms,
            preimage: by_hash.then(k),
            salt: salt(),
        };
        let payee = Payee::start(own, &deed.lock, &cx).expect("in order");
        let mut table = Table {
            deed,
            now: OPENED,
            payer,
            payee,
            holder: Holder::default(),
            rows: BTreeSet::new(),
            money: (false, false),
            said: Vec::new(),
            asked: Vec::new(),
        };
        table.follow(Seat::Payer, out);
        table
    }

    fn packet(&self, content: &Content) -> Vec<u8> {
        let packet = Packet { content: content.clone(), descriptor: Blob64(self.deed.lock.bytes().to_vec()) };
        serde_json::to_vec(&packet).expect("it is JSON")
    }

    /// A packet as it is received; nothing if it is refused before any machine sees it.
    fn receive(&mut self, from: Seat, to: Seat, text: &[u8]) {
        let Ok(checked) = check(text, &Ideal::new(1), self.now) else { return };
        // The service finds the run by the descriptor; another one is another lock.
        if checked.lock.xid == self.deed.lock.xid {
            self.step(to, &Event::Message { from: checked.signer.unwrap_or(from), content: checked.content });
        }
    }

    /// One step of one machine.
    fn step(&mut self, seat: Seat, event: &Event) {
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now: self.now, crypto: &crypto, keyring: &self.deed.keyring };
        let (lock, asks) = (&self.deed.lock, Cx { base, author: None });
        match seat {
            Seat::Payer => {
                let before = self.payer.clone();
                self.payer = after(&before, before.clone().step(event, lock, &asks, &mut out), &mut out);
                stays(before.standing(), self.payer.standing());
                let paid =
                    self.payer.standing() == Standing::Claimed && matches!(lock.core.condition, Condition::Hash(_));
                assert_eq!(self.payer.preimage().is_some(), paid, "who has paid has what it paid for");
            }
            Seat::Payee => {
                let before = self.payee.clone();
                self.payee = after(&before, before.clone().step(event, lock, &asks, &mut out), &mut out);
                stays(before.standing(), self.payee.standing());
            }
            Seat::Holder => {
                let author = Author::uncertified(Role::Bank, &self.deed.keys[2]);
                let (cx, before) = (Cx { base, author: Some(&author) }, self.holder.clone());
                let stepped = before.clone().step(event, lock, &Books(self.deed), &cx, &mut out);
                self.holder = after(&before, stepped, &mut out);
                let decided = !["blank", "locked"].contains(&before.word());
                assert!(!decided || self.holder == before, "an outcome that changes");
            }
        }
        self.follow(seat, out);
    }

    fn follow(&mut self, seat: Seat, effects: Vec<Effect>) {
        assert!(effects.len() <= EFFECTS_PER_STEP_MAX, "more effects than a step may have");
        for effect in effects {
            match effect {
                Effect::Ask { kind, payload, key } => {
                    let own = self.deed.lock.key(seat).id() == key;
                    let account = seat == Seat::Payer && kind == Kind::LockDebit;
                    assert!(own || (account && key == self.deed.account.public.id()), "asks for another's signature");
                    if self.asked.len() < REMEMBERED_MAX {
                        self.asked.push(Asked { of: seat, kind, key, payload });
                    }
                }
                Effect::Row { slot, .. } => {
                    assert_eq!(seat, Seat::Holder);
                    assert!(self.rows.insert(slot), "a slot that is written twice");
                }
                Effect::Money(money) => self.move_money(seat, &money),
                Effect::Send { to, content } => {
                    assert_ne!(to, seat, "talks to itself");
                    if self.said.len() < REMEMBERED_MAX {
                        self.said.push(Said { from: seat, to, content });
                    }
                }
                _ => {}
            }
        }
    }

    fn move_money(&mut self, seat: Seat, money: &Money) {
        assert_eq!(seat, Seat::Holder);
        self.money = match (money, self.money) {
            (Money::Hold { .. }, (false, false)) => (true, false),
            (_, (true, false)) => (true, true),
            (money, before) => panic!("{money:?} after {before:?}"),
        };
    }
}

fn stays(before: Standing, after: Standing) {
    assert!(!before.is_final() || before == after, "{before:?} is final");
}

/// Runs that lead far, to begin with.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    // The order, both signatures; the holder takes it and tells both.
    let locked = [SIGN, 0, SIGN, 1, DELIVER, 0, DELIVER, 1, DELIVER, 2];
    // The payee claims, both hear of it.
    let claimed = [SIGN, 2, DELIVER, 3, DELIVER, 4, DELIVER, 5];
    let over = [WAIT, 61, DEADLINE, 2, DELIVER, 3, DELIVER, 4];
    let cancelled = [SIGN, 0, SIGN, 1, COMMAND, 0, 0, SIGN, 2, DELIVER, 1, DELIVER, 0, DELIVER, 2, DELIVER, 3];
    let asking = [WAIT, 1, DEADLINE, 1, SIGN, 1, DELIVER, 0, DELIVER, 1];
    let given_back = [COMMAND, 1, 0, SIGN, 3, DELIVER, 3, DELIVER, 4, DELIVER, 5];
    let runs: [&[&[u8]]; 6] =
        [&[&locked, &claimed], &[&locked, &over], &[&cancelled], &[&asking], &[&locked, &given_back], &[&locked]];
    let of = |deed: u8| runs.iter().map(move |run| [&[deed][..], &run.concat()].concat());
    of(0).chain(of(1)).chain([[&[2], DEEDS[0].lock.bytes()].concat()]).collect()
}
