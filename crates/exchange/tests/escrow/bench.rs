//! One escrow under the ideal provider: keys, L, every statement that its parties can make, and the production
//! holder, fed through the production check.

use semper_base::{Amount, Blob64, Currency, Fault, Hash, KeyId, Millis, Nonce, Role, Step, Timestamp};
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, Statement, make};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::lock::escrow::statements as st;
use semper_exchange::fair::lock::escrow::{Carrier, Escrow, Side, pickup};
use semper_exchange::fair::lock::statements as lock_st;
use semper_exchange::fair::lock::{
    Condition, Content, Core, Cx, Effect, Event, Funds, Holder, Lock, Packet, Seat, Third, check,
};
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

/// When the lock is made.
pub(crate) const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
pub(crate) const CODE: Nonce = Nonce([5; 16]);

pub(crate) fn at(tick: u64) -> Timestamp {
    OPENED.plus(Millis(tick))
}

pub(crate) fn eur(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

/// The lengths of time, in ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) ship: u64,
    pub(crate) deliver: u64,
    pub(crate) accept: u64,
    pub(crate) hearing: u64,
}

pub(crate) struct Bench {
    pub(crate) lock: Lock,
    pub(crate) payer: KeyPair,
    pub(crate) payee: KeyPair,
    pub(crate) holder: KeyPair,
    pub(crate) carrier: KeyPair,
    pub(crate) arbiter: KeyPair,
    pub(crate) account: KeyPair,
    pub(crate) keyring: Keyring,
}

/// A bank with one rich payer and the payee.
struct Books(KeyId);

impl Funds for Books {
    fn account(&self, account: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        Ok(matches!(account, "payer" | "payee").then(|| (eur(500), self.0)))
    }
}

impl Bench {
    pub(crate) fn new(times: Times, with_carrier: bool, silent: Side) -> Self {
        let crypto = Ideal::new(77);
        let [payer, payee, holder, carrier, arbiter, account] = [(); 6].map(|()| crypto.generate().unwrap());
        let third = |pair: &KeyPair, name: &[u8]| Third { key: pair.public.clone(), certificate: Hash::of(name) };
        let escrow = Escrow {
            accept_ms: Millis(times.accept),
            arbiter: third(&arbiter, b"arbiter"),
            carrier: with_carrier.then(|| Carrier { key: carrier.public.clone(), pickup: pickup(&CODE) }),
            deliver_ms: Millis(times.deliver),
            hearing_ms: Millis(times.hearing),
            ship_by: at(times.ship),
            silent,
        };
        let core = Core {
            amount: eur(100),
            condition: Condition::Escrow(escrow),
            holder: third(&holder, b"holder"),
            judge: JUDGE_VERSION,
            nonce: Nonce([7; 16]),
            opened: OPENED,
            payee: payee.public.clone(),
            payee_account: payee_commitment("payee", &[4; 32]),
            payer: payer.public.clone(),
            protocol: semper_exchange::fair::lock::descriptor::PROTOCOL.to_owned(),
            skew_ms: Millis(1),
            terms: None,
        };
        let lock = Lock::new(&core).unwrap();
        Bench { lock, payer, payee, holder, carrier, arbiter, account, keyring: Keyring::for_simulation([9; 32]) }
    }

    /// Signs for this lock; another `draw` makes another statement of the same words.
    pub(crate) fn sign<B: Body>(&self, role: Role, pair: &KeyPair, body: B, draw: u64) -> Statement<B> {
        let (crypto, author) = (Ideal::new(2 + draw), Author::uncertified(role, pair));
        let base = Context { now: OPENED, crypto: &crypto, keyring: &self.keyring };
        let meta = author.meta::<B>(&base, About::exchange(self.lock.xid, vec![]), ANSWER_VALIDITY);
        make(&crypto, &author.secret, meta, body).unwrap()
    }

    pub(crate) fn consignment(&self, due: u64) -> Statement<st::Consignment> {
        let body = st::Consignment { account: "payee".to_owned(), due: eur(due), salt: Secret32::from_bytes([4; 32]) };
        self.sign(Role::Party, &self.payee, body, 0)
    }

    pub(crate) fn handed_over(&self, code: Nonce) -> Statement<st::HandedOver> {
        self.sign(Role::Carrier, &self.carrier, st::HandedOver { at: OPENED, code }, 0)
    }

    pub(crate) fn approval(&self, due: u64) -> Statement<st::Approval> {
        let body = st::Approval { amount: eur(due), consignment: self.consignment(due).hash };
        self.sign(Role::Party, &self.payer, body, 0)
    }

    pub(crate) fn dispute(&self, by: Side, due: u64) -> Statement<st::Dispute> {
        let pair = if by == Side::Payee { &self.payee } else { &self.payer };
        let body = st::Dispute { consignment: self.consignment(due).hash, evidence: Hash::of(b"picture") };
        self.sign(Role::Party, pair, body, 0)
    }

    /// About the dispute that this side began.
    pub(crate) fn ruling(&self, by: Side, due: u64, payee: u64) -> Statement<st::Ruling> {
        let body = st::Ruling {
            dispute: self.dispute(by, due).hash,
            payee: eur(payee),
            payer: eur(100 - payee),
            reasons: Hash::of(b"reasons"),
        };
        self.sign(Role::Arbiter, &self.arbiter, body, 0)
    }

    pub(crate) fn give_back(&self, pair: &KeyPair) -> Content {
        let statement = self.sign(Role::Party, pair, lock_st::GiveBack { amount: eur(100) }, 0).text;
        Content::GiveBack { shown: None, statement }
    }

    /// The holder with the money, and nothing more.
    pub(crate) fn locked(&self) -> Holder {
        let (amount, payee) = (eur(100), self.lock.core.payee_account);
        let condition = self.lock.core.condition.clone();
        let order = self.sign(Role::Party, &self.payer, lock_st::Lock { amount, condition, payee }, 0);
        let account_key = self.account.public.clone();
        let debit = lock_st::LockDebit { account: "payer".to_owned(), account_key, amount, lock: order.hash };
        let debit = self.sign(Role::Party, &self.account, debit, 0);
        let content = Content::Lock { debit: debit.text, statement: order.text };
        let (holder, effects) = self.say(&Holder::default(), Seat::Payer, content, 0).unwrap();
        assert_eq!(holder.word(), "locked", "{effects:?}");
        holder
    }

    /// What somebody says at a tick, through the check as a service would do it. None if it is refused.
    pub(crate) fn say(
        &self,
        holder: &Holder,
        from: Seat,
        content: Content,
        tick: u64,
    ) -> Option<(Holder, Vec<Effect>)> {
        let packet = Packet { content, descriptor: Blob64(self.lock.bytes().to_vec()) };
        let checked = check(&serde_json::to_vec(&packet).unwrap(), &Ideal::new(1), at(tick)).ok()?;
        let event = Event::Message { from: checked.signer.unwrap_or(from), content: checked.content };
        self.step(holder, &event, tick)
    }

    pub(crate) fn step(&self, holder: &Holder, event: &Event, tick: u64) -> Option<(Holder, Vec<Effect>)> {
        // Rows of different moments differ; rows of one moment differ by what they say.
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now: at(tick), crypto: &crypto, keyring: &self.keyring };
        let author = Author::uncertified(Role::Bank, &self.holder);
        let cx = Cx { base, author: Some(&author) };
        let books = Books(self.account.public.id());
        match holder.clone().step(event, &self.lock, &books, &cx, &mut out).unwrap() {
            Step::Advance(next) => Some((next, out)),
            Step::Reject(..) => None,
        }
    }
}

/// An act as it travels.
pub(crate) fn act(text: &str) -> Content {
    Content::Act { statement: text.to_owned() }
}

/// What both are told, row by row: (statement, ground).
pub(crate) fn told(effects: &[Effect]) -> Vec<(String, Option<String>)> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Send { to: Seat::Payer, content: Content::Escrow { ground, statement } } => {
            Some((statement.clone(), ground.clone()))
        }
        Effect::Send { to: Seat::Payer, content: Content::Answer { statement, .. } } => Some((statement.clone(), None)),
        _ => None,
    });
    told.collect()
}
