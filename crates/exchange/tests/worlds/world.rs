//! The four production machines under the ideal provider, one step at a time. Machines, messages,
//! statements and questions have numbers, and a step is computed once: what the checker explores are
//! small numbers.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use semper_base::{Amount, Blob64, Currency, Fault, Hash as Digest, KeyId, Millis, Nonce, Role, Step, Timestamp};
use semper_blocks::delivery::{
    CataloguePass, Chunk, ContentKey, EscrowDefence, KeyOpening, Layout, Parcel, PlainLeaf, ShareOpening,
    encrypt_chunk, seal_escrow, tree,
};
use semper_blocks::statement::{Author, Kind, Language, sign_payload};
use semper_exchange::fair::dgp::bank::Bank;
use semper_exchange::fair::dgp::buyer::{Buyer, Own};
use semper_exchange::fair::dgp::descriptor::{PROTOCOL, core_bytes, payee_commitment};
use semper_exchange::fair::dgp::notary::Notary;
use semper_exchange::fair::dgp::seller::{self, Secrets, Seller};
use semper_exchange::fair::dgp::statements::EscrowBox;
use semper_exchange::fair::dgp::{
    Checked, Command, Content, Core, Cx, Deadlines, Descriptor, Effect, Event, Funds, Money, Packet, Proof,
    RootOpening, Slot, Third, Verified, check, judge_proof,
};
use semper_exchange::judge::Verdict;
use semper_support::Context;

use super::interned::Interned;
use super::lies::{Coalition, Known};
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

/// When the exchange opens.
pub(crate) const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
/// One tick is the smallest length of time: the clock shows the moment of every deadline and those beside
/// it, and every pause of a machine's patience is one tick.
const TICK: Millis = Millis(1);

pub(crate) const HOLD: u8 = 2;
/// How long before settlement a buyer without a key contests: four times the skew.
pub(crate) const LEAD: u8 = 4;
/// By then everything is over.
pub(crate) const LAST_TICK: u8 = 14;

pub(crate) fn at(tick: u8) -> Timestamp {
    OPENED.plus(Millis(TICK.0 * u64::from(tick)))
}

/// What the seller put into chunk and escrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goods {
    Good,
    WrongChunk,
    BadEscrow,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "a few thousand of them")]
pub(crate) enum Machine {
    Bank(Bank),
    Buyer(Buyer),
    Notary(Notary),
    Seller(Seller),
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) enum Payload {
    /// 0 is the chunk, everything else is none.
    Chunk(u64),
    Packet(Content),
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Message {
    pub(crate) from: Role,
    pub(crate) to: Role,
    pub(crate) payload: Payload,
}

impl Message {
    /// Whether whoever reads it has the key.
    pub(crate) fn gives_key(&self) -> bool {
        match &self.payload {
            Payload::Packet(Content::Key { .. }) => true,
            Payload::Packet(Content::Answer { statement }) => kind(statement) == Kind::PassedKey,
            _ => false,
        }
    }
}

pub(crate) fn kind(statement: &str) -> Kind {
    semper_blocks::statement::Compact::parse(statement).unwrap().kind()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) kind: Kind,
    pub(crate) to: Role,
    key: KeyId,
    payload: Vec<u8>,
}

/// What happens to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Happening {
    Command(Wish),
    Deadline,
    Declined(u32),
    Looked,
    Message(u32),
    Signed(u32),
}

/// What a user or operator may want at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Wish {
    Contest,
    Escrow,
    Release,
}

/// What follows from a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effected {
    Ask(u32),
    Keep(u32),
    Money(Money),
    Row(Slot, u32),
    Rows(Role),
    Send(u32),
}

type Stepped = Option<(u32, Vec<Effected>)>;

pub(crate) struct World {
    pub(crate) goods: Goods,
    pub(crate) machines: Interned<Machine, Machine>,
    pub(crate) messages: Interned<Message>,
    pub(crate) questions: Interned<Question>,
    pub(crate) statements: Interned<String>,
    pub(crate) x: Descriptor,
    pub(crate) keys: [KeyPair; 6],
    pub(crate) key: KeyOpening,
    pub(crate) share: ShareOpening,
    pub(crate) salt: Secret32,
    pub(crate) escrow: EscrowBox,
    pub(crate) root: RootOpening,
    pub(crate) parcel: Parcel,
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) keyring: Keyring,
    /// What the payer has.
    pub(crate) funds: u64,
    pub(crate) steps: HashMap<(u32, Happening, u8), Stepped>,
    pub(crate) lies: BTreeMap<(Coalition, Known), Vec<u32>>,
    pub(crate) verdicts: BTreeMap<Vec<u32>, Verdict>,
    checked: HashMap<u32, Option<Event>>,
    pub(crate) said: BTreeMap<u32, Vec<u32>>,
}

pub(crate) const BANK: usize = 0;
pub(crate) const BUYER: usize = 1;
pub(crate) const NOTARY: usize = 2;
pub(crate) const SELLER: usize = 3;
pub(crate) const ACCOUNT: usize = 4;
const SEAL: usize = 5;

pub(crate) fn secret(name: &str) -> Secret32 {
    Secret32::from_bytes(Digest::tagged("semper-test/1", name.as_bytes()).0)
}

/// A payer who has enough and a payee.
#[derive(Debug)]
struct Rich(KeyId, u64);

impl Funds for Rich {
    fn account(&self, _: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        Ok(Some((Amount::new(self.1, Currency::EUR).unwrap(), self.0)))
    }
}

fn times() -> Deadlines {
    let ticks = |count: u64| Millis(TICK.0 * count);
    Deadlines {
        hold_until: at(HOLD),
        settle_ms: ticks(5),
        contest_ms: ticks(2),
        complaint_ms: ticks(2),
        answer_ms: ticks(1),
        skew_ms: ticks(1),
    }
}

impl World {
    pub(crate) fn new(goods: Goods) -> World {
        let crypto = Ideal::new(7);
        let keys = [(); 6].map(|()| crypto.generate().unwrap());
        let (key, share) =
            (KeyOpening { k: secret("k"), r: secret("r") }, ShareOpening { s: secret("s"), r_s: secret("r_s") });
        let layout = Layout::new(4, 4).unwrap();
        let mut pass = CataloguePass::new(layout, secret("leaf"));
        pass.push(b"good").unwrap();
        let plain = pass.finish().unwrap();
        let content = ContentKey::derive(&key.k, &share.s, &layout, &tree::root(&plain));
        let sold: &[u8] = if goods == Goods::WrongChunk { b"evil" } else { b"good" };
        let leaf = PlainLeaf::new(&layout, &secret("leaf"), 0, sold).unwrap();
        let ciphertext = encrypt_chunk(&content, &layout, 0, leaf).unwrap();
        let parcel = Parcel::new(plain, vec![tree::leaf_hash(&ciphertext)]).unwrap();
        let root = RootOpening { root: parcel.r_root(), salt: secret("root") };
        let salt = secret("salt");
        let third = |at: usize| Third { key: keys[at].public.clone(), certificate: Digest::of(b"certificate") };
        let core = Core {
            amount: Amount::new(4000, Currency::EUR).unwrap(),
            bank: third(BANK),
            buyer: keys[BUYER].public.clone(),
            chunk: 4,
            cipher_root: parcel.z_root(),
            com_k: key.commitment(),
            com_s: share.commitment(),
            deadlines: times(),
            leaves: 1,
            length: 4,
            nonce: Nonce([1; 16]),
            notary: third(NOTARY),
            notary_seal: keys[SEAL].public.clone(),
            opened: OPENED,
            payee: payee_commitment("payee", salt.danger_bytes()),
            plain: root.commitment(),
            private: Digest::of(b"private"),
            protocol: PROTOCOL.to_owned(),
            seller: keys[SELLER].public.clone(),
        };
        let bytes = core_bytes(&core).unwrap();
        let escrow = match goods {
            Goods::BadEscrow => vec![0; 120],
            Goods::Good | Goods::WrongChunk => {
                seal_escrow(&crypto, &keys[SEAL].public, &secret("seed"), &key, &bytes).unwrap()
            }
        };
        let escrow = EscrowBox(Blob64(escrow));
        World {
            goods,
            machines: Interned::default(),
            messages: Interned::default(),
            questions: Interned::default(),
            statements: Interned::default(),
            x: Descriptor::new(&core, &escrow.hash()).unwrap(),
            keys,
            key,
            share,
            salt,
            escrow,
            root,
            parcel,
            ciphertext,
            keyring: Keyring::for_simulation([0; 32]),
            funds: 1_000_000,
            steps: HashMap::new(),
            lies: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            checked: HashMap::new(),
            said: BTreeMap::new(),
        }
    }

    /// Bank, buyer, notary, seller as they begin, and what follows from that.
    pub(crate) fn begin(&mut self) -> ([u32; 4], [(Role, Vec<Effected>); 2]) {
        let crypto = Ideal::new(1);
        let mut of_buyer = Vec::new();
        let base = Context { now: OPENED, crypto: &crypto, keyring: &self.keyring };
        let own = Own {
            account: "payer".to_owned(),
            account_key: self.keys[ACCOUNT].public.clone(),
            language: Language::En,
            root: self.root.clone(),
            share: self.share.clone(),
        };
        let buyer = Buyer::start(own, &self.x, &Cx { base, author: None }, &mut of_buyer).unwrap();
        let secrets = Secrets {
            account: "payee".to_owned(),
            escrow: self.escrow.clone(),
            seed: secret("seed"),
            key: self.key.clone(),
            salt: self.salt.clone(),
        };
        let seller = Seller::propose(secrets, &self.x);
        let machines = [
            Machine::Bank(Bank::Blank),
            Machine::Buyer(buyer),
            Machine::Notary(Notary::default()),
            Machine::Seller(seller),
        ];
        let machines = machines.map(|machine| self.machine(machine));
        let effects = [(Role::Buyer, of_buyer), (Role::Seller, Vec::new())];
        (machines, effects.map(|(role, effects)| (role, self.effected(role, effects))))
    }

    pub(crate) fn author(&self, role: Role) -> Author {
        let at = match role {
            Role::Bank => BANK,
            Role::Buyer => BUYER,
            Role::Notary => NOTARY,
            _ => SELLER,
        };
        Author::uncertified(role, &self.keys[at])
    }

    fn machine(&mut self, machine: Machine) -> u32 {
        self.machines.put(machine.clone(), machine)
    }

    pub(crate) fn message(&mut self, from: Role, to: Role, payload: Payload) -> u32 {
        let message = Message { from, to, payload };
        self.messages.put(serde_json::to_string(&message).unwrap(), message)
    }

    /// One step; none if the machine will not take it.
    pub(crate) fn step(&mut self, machine: u32, what: Happening, tick: u8) -> Stepped {
        if let Some(known) = self.steps.get(&(machine, what, tick)) {
            return known.clone();
        }
        let stepped = self.compute(machine, what, tick);
        self.steps.insert((machine, what, tick), stepped.clone());
        stepped
    }

    fn compute(&mut self, machine: u32, what: Happening, tick: u8) -> Stepped {
        let crypto = Ideal::new(1);
        let machine = self.machines.get(machine).clone();
        let event = self.event(&machine, what, tick)?;
        let role = role(&machine);
        let author = self.author(role);
        let base = Context { now: at(tick), crypto: &crypto, keyring: &self.keyring };
        let cx = Cx { base, author: Some(&author) };
        let mut out = Vec::new();
        let x = &self.x;
        let next = match machine {
            Machine::Bank(bank) => {
                let funds = Rich(self.keys[ACCOUNT].public.id(), self.funds);
                advanced(bank.step(&event, x, &funds, &cx, &mut out).unwrap()).map(Machine::Bank)
            }
            Machine::Buyer(buyer) => {
                let cx = Cx { base, author: None };
                advanced(buyer.step(&event, x, &cx, &mut out).ok()?).map(Machine::Buyer)
            }
            Machine::Notary(notary) => {
                advanced(notary.step(&event, x, &self.keys[SEAL], &cx, &mut out).unwrap()).map(Machine::Notary)
            }
            Machine::Seller(seller) => advanced(seller.step(&event, x, &cx, &mut out).ok()?).map(Machine::Seller),
        };
        let next = next?;
        let effects = self.effected(role, out);
        Some((self.machine(next), effects))
    }

    fn event(&mut self, machine: &Machine, what: Happening, tick: u8) -> Option<Event> {
        let crypto = Ideal::new(1);
        Some(match what {
            Happening::Command(Wish::Contest) => Event::Command(Command::Contest),
            Happening::Command(Wish::Escrow) => Event::Command(Command::Escrow),
            Happening::Command(Wish::Release) => Event::Command(Command::Release),
            Happening::Deadline => Event::Deadline,
            Happening::Declined(question) => Event::Declined(self.questions.get(question).kind),
            Happening::Looked => Event::Verified(self.look(machine)),
            Happening::Signed(question) => {
                let question = self.questions.get(question);
                let at = if question.key == self.keys[ACCOUNT].public.id() { ACCOUNT } else { BUYER };
                let text = sign_payload(&crypto, &self.keys[at].secret, &question.payload).unwrap();
                Event::Signed(question.kind, text)
            }
            Happening::Message(message) => {
                if let Some(known) = self.checked.get(&message) {
                    return known.clone();
                }
                let number = message;
                let message = self.messages.get(number);
                let (from, content) = match &message.payload {
                    Payload::Chunk(which) => (message.from, Checked::Chunk(Box::new(self.chunk(*which)))),
                    Payload::Packet(content) => {
                        let packet = Packet { content: content.clone(), descriptor: Blob64(self.x.bytes().to_vec()) };
                        let packet = serde_json::to_vec(&packet).unwrap();
                        // Nothing arrives before it was made, and nothing here expires: whether it passes
                        // does not depend on when.
                        let Ok(checked) = check(&packet, &crypto, at(tick)) else {
                            self.checked.insert(number, None);
                            return None;
                        };
                        (checked.signer.unwrap_or(message.from), checked.content)
                    }
                };
                let event = Event::Message { from, content };
                self.checked.insert(number, Some(event.clone()));
                event
            }
        })
    }

    fn chunk(&self, which: u64) -> Chunk {
        let data = if which == 0 { self.ciphertext.clone() } else { vec![0; self.ciphertext.len()] };
        Chunk { place: self.parcel.place(0).unwrap(), data: Blob64(data) }
    }

    fn look(&self, machine: &Machine) -> Verified {
        let Machine::Buyer(buyer) = machine else { panic!("only a buyer looks") };
        let (key, share) = buyer.halves().unwrap();
        let proof = self.proof(key, share);
        if judge_proof(&self.x.core, &proof).is_ok() {
            return Verified::Bad(serde_json::to_string(&proof).unwrap());
        }
        Verified::Good
    }

    /// What convicts a notary who calls the box bad.
    pub(crate) fn defence(&self) -> EscrowDefence {
        EscrowDefence { seed: secret("seed"), key: self.key.clone() }
    }

    /// What anybody who has chunk and key can put together.
    pub(crate) fn proof(&self, key: &KeyOpening, share: &ShareOpening) -> Proof {
        let chunk = self.parcel.complaint(0, self.ciphertext.clone(), key.clone(), share.clone()).unwrap();
        Proof { chunk, root: self.root.clone() }
    }

    fn effected(&mut self, role: Role, effects: Vec<Effect>) -> Vec<Effected> {
        let mut all = Vec::new();
        for effect in effects {
            match effect {
                Effect::Ask { kind, payload, key, to } => {
                    let name = String::from_utf8(payload.clone()).unwrap();
                    all.push(Effected::Ask(self.questions.put(name, Question { kind, to, key, payload })));
                }
                Effect::Chunks { .. } => {
                    all.push(Effected::Send(self.message(role, Role::Buyer, Payload::Chunk(0))));
                }
                Effect::Money(money) => all.push(Effected::Money(money)),
                Effect::Row { slot, statement } => {
                    all.push(Effected::Row(slot, self.statements.put(statement.clone(), statement)));
                }
                Effect::Rows(to) => all.push(Effected::Rows(to)),
                Effect::Send { to, content } => {
                    all.push(Effected::Send(self.message(role, to, Payload::Packet(content))));
                }
                Effect::Keep(statement) => {
                    all.push(Effected::Keep(self.statements.put(statement.clone(), statement)));
                }
                Effect::Store(_) | Effect::Tell(_) => {}
            }
        }
        all
    }

    /// A row as a message to somebody.
    pub(crate) fn row(&mut self, from: Role, to: Role, statement: u32) -> u32 {
        let statement = self.statements.get(statement).clone();
        self.message(from, to, Payload::Packet(Content::Answer { statement }))
    }

    /// Who signed a statement of this exchange.
    pub(crate) fn signer(&self, statement: &str) -> Option<Role> {
        self.x.role(&semper_blocks::statement::Compact::parse(statement).unwrap().key())
    }

    pub(crate) fn deadline(&self, machine: u32) -> Option<Timestamp> {
        match self.machines.get(machine) {
            Machine::Bank(bank) => bank.deadline(&self.x),
            Machine::Buyer(buyer) => buyer.deadline(),
            Machine::Notary(_) => None,
            Machine::Seller(seller) => seller.deadline(),
        }
    }

    pub(crate) fn buyer(&self, machine: u32) -> &Buyer {
        match self.machines.get(machine) {
            Machine::Buyer(buyer) => buyer,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn seller_stage(&self, machine: u32) -> &seller::Stage {
        match self.machines.get(machine) {
            Machine::Seller(seller) => seller.stage(),
            other => panic!("{other:?}"),
        }
    }
}

fn role(machine: &Machine) -> Role {
    match machine {
        Machine::Bank(_) => Role::Bank,
        Machine::Buyer(_) => Role::Buyer,
        Machine::Notary(_) => Role::Notary,
        Machine::Seller(_) => Role::Seller,
    }
}

fn advanced<M: Debug>(step: Step<M>) -> Option<M> {
    match step {
        Step::Advance(next) => Some(next),
        Step::Reject(..) => None,
    }
}
