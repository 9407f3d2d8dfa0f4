//! The machines that really run, among parties who sign anything: whatever happens, an honest
//! register is not convicted.

use Role::{Bank, Buyer, Notary, Seller};
use proptest::prelude::*;
use semper_base::{Fault, KeyId, Step};
use semper_support::crypto::PublicKey;

use ClaimKind as K;

use super::*;
use crate::fair::dgp::bank::Bank as BankMachine;
use crate::fair::dgp::message::{Answer, Checked, Content, check};
use crate::fair::dgp::notary::Notary as NotaryMachine;
use crate::fair::dgp::statements::EscrowBox;
use crate::fair::dgp::{Cx, Effect, Event, Funds, Packet};

#[derive(Debug)]
struct Rich(PublicKey);

impl Funds for Rich {
    fn account(&self, _: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        Ok(Some((Amount::new(1_000_000, Currency::EUR).unwrap(), self.0.id())))
    }
}

/// What happens next, how much later, and on which of the register's two machines: their clocks
/// differ by as much as the descriptor tolerates.
type Happening = (u8, u8, bool);

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    prop::collection::vec((0_u8..16, 0_u8..8, any::<bool>()), 1..40)
}

struct Run {
    w: World,
    now: Timestamp,
    bank: BankMachine,
    notary: NotaryMachine,
    pieces: Vec<Vec<u8>>,
    /// Every `captured` that anybody signed.
    captured: Vec<Statement<st::Captured>>,
    opened: Vec<Statement<st::Opened>>,
}

impl Run {
    fn new(goods: Goods) -> Run {
        Run {
            w: World::new(goods),
            now: hour(1),
            bank: BankMachine::Blank,
            notary: NotaryMachine::default(),
            pieces: Vec::new(),
            captured: Vec::new(),
            opened: Vec::new(),
        }
    }

    fn pass(&mut self, length: u8) {
        let lengths = [0, 1, 60_000, 3_600_000, 20 * 3_600_000, 47 * 3_600_000, 71 * 3_600_000, 100 * 3_600_000];
        self.now = self.now.plus(Millis(lengths[usize::from(length)]));
    }

    fn clock(&self, fast: bool) -> Timestamp {
        if fast { self.now.plus(self.w.core().deadlines.skew_ms) } else { self.now }
    }

    fn sign<B: Body>(&mut self, role: Role, body: B) -> Statement<B> {
        let statement = self.w.sign(role, self.now, body);
        self.pieces.push(statement.text.clone().into_bytes());
        statement
    }

    fn captured_hash(&self) -> Hash {
        self.captured.last().map_or(Hash::of(b"no capture"), |captured| captured.hash)
    }

    /// Takes the register's effects: rows and signed answers become pieces.
    fn keep(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let (Effect::Row { statement, .. } | Effect::Send { content: Content::Answer { statement }, .. }) = effect
            else {
                continue;
            };
            if let Ok(captured) =
                semper_blocks::statement::verify(self.w.crypto.as_ref(), &self.w.bank.public, &statement)
            {
                self.captured.push(captured);
            }
            if let Ok(opened) =
                semper_blocks::statement::verify(self.w.crypto.as_ref(), &self.w.notary.public, &statement)
            {
                self.opened.push(opened);
            }
            self.pieces.push(statement.into_bytes());
        }
    }

    fn tell_bank(&mut self, fast: bool, event: &Event) {
        let cx = Cx { base: self.w.context(self.clock(fast)), author: Some(&self.w.bank) };
        let (mut out, funds) = (Vec::new(), Rich(self.w.buyer.public.clone()));
        self.bank = self.bank.clone().step(event, &self.w.x, &funds, &cx, &mut out).unwrap().into_state();
        self.keep(out);
    }

    fn tell_notary(&mut self, fast: bool, content: Checked) {
        let event = Event::Message { from: Buyer, content };
        let cx = Cx { base: self.w.context(self.clock(fast)), author: Some(&self.w.notary) };
        let mut out = Vec::new();
        let step = self.notary.clone().step(&event, &self.w.x, &self.w.seal, &cx, &mut out);
        self.notary = step.map(Step::into_state).unwrap_or(self.notary.clone());
        self.keep(out);
    }

    fn guilty(&self) -> Vec<(Role, Misdeed)> {
        let mut evidence = Evidence::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            evidence.add(&format!("{at}"), piece).unwrap();
        }
        for piece in [self.w.defence(), self.w.opening(), self.w.proof(0), self.w.proof(1), self.w.escrow.clone()] {
            evidence.add(&Hash::of(&piece).hex(), &piece).unwrap();
        }
        guilty(&judge(&self.w.x, &evidence, self.w.crypto.as_ref()))
    }
}

/// Something to say to the bank; the notary is not honest here.
fn for_bank(run: &mut Run, what: u8) -> Option<Event> {
    let (amount, payee) = (run.w.core().amount, run.w.core().payee);
    let captured = run.captured_hash();
    let (from, content) = match what {
        0..=2 => {
            let hold = run.sign(Buyer, st::Hold { amount, payee });
            let account_key = run.w.buyer.public.clone();
            let debit = st::DebitOrder { account: "buyer".to_owned(), account_key, amount, hold: hold.hash };
            (Buyer, Checked::Hold { hold, debit: run.sign(Buyer, debit) })
        }
        3 => (Buyer, Checked::Release { release: run.sign(Buyer, st::Release { amount }), by: Buyer }),
        4 => (Seller, Checked::Release { release: run.sign(Seller, st::Release { amount }), by: Seller }),
        5..=7 => {
            let mandate = run.sign(Buyer, st::Mandate { amount, payee });
            let capture = run.w.capture(mandate.hash);
            (Seller, Checked::Capture { capture: run.sign(Seller, capture), mandate })
        }
        8 => {
            let receipt = run.w.receipt();
            (Seller, Checked::Receipt(run.sign(Buyer, receipt)))
        }
        9 | 10 => (Buyer, Checked::Contest(run.sign(Buyer, st::Contest { captured }))),
        11 => {
            let key = run.w.key.clone();
            (Seller, Checked::PassKey(run.sign(Seller, st::PassKey { key })))
        }
        12 => {
            let at = run.now;
            (Notary, Checked::Answer(Answer::Opened(run.sign(Notary, st::Opened { at, captured }))))
        }
        13 => {
            let bad = run.w.bad_escrow(run.now, captured);
            (Notary, Checked::Answer(Answer::BadEscrow(run.sign(Notary, bad))))
        }
        14 => return None,
        _ => {
            run.sign(Buyer, st::Status { round: 0 });
            (Buyer, Checked::Status { by: Buyer, of: Bank, issued: run.now })
        }
    };
    Some(Event::Message { from, content })
}

/// Something to say to the notary; the bank is not honest here.
fn for_notary(run: &mut Run, what: u8) -> Option<Checked> {
    let at = run.now;
    let mandate = run.w.mandate().hash;
    Some(match what {
        0..=3 => {
            // Another hour inside the hold each time: a bank that captures again and again.
            let captured = run.w.captured(hour(u64::from(what) + 1), mandate);
            let captured = run.sign(Bank, captured);
            run.captured.push(captured);
            return None;
        }
        4..=8 => {
            let captured = run.captured.last()?.clone();
            let request = run.sign(Buyer, st::EscrowRequest { captured: captured.hash });
            let sealed = EscrowBox(semper_base::Blob64(run.w.escrow.clone()));
            Checked::EscrowRequest { request, captured, sealed }
        }
        9..=11 => {
            let captured = run.captured.last()?.clone();
            let proof = run.w.proof(u64::from(what) - 9);
            let body = st::Complaint { captured: captured.hash, proof: Hash::of(&proof) };
            let complaint = run.sign(Buyer, body);
            let proof = Box::new(semper_base::json::read(&proof).unwrap());
            Checked::Complaint { complaint, captured, proof }
        }
        12 | 13 => {
            let opened = run.opened.last().map_or(mandate, |opened| opened.hash);
            let recorded = run.w.recorded(at, opened);
            Checked::Answer(Answer::Recorded(run.sign(Bank, recorded)))
        }
        14 => {
            let refunded = run.w.refunded(at, st::RefundBasis::Contest, None);
            Checked::Answer(Answer::Refunded(run.sign(Bank, refunded)))
        }
        _ => Checked::Status { by: Buyer, of: Notary, issued: at },
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_honest_bank_is_never_convicted(story in happenings()) {
        let mut run = Run::new(Goods::Good);
        for (what, length, fast) in story {
            run.pass(length);
            let event = for_bank(&mut run, what).unwrap_or(Event::Deadline);
            run.tell_bank(fast, &event);
        }
        let guilty = run.guilty();
        prop_assert!(guilty.iter().all(|(who, _)| *who != Bank), "{:?}", guilty);
        prop_assert!(guilty.iter().all(|(who, _)| *who != Seller), "{:?}", guilty);
    }

    #[test]
    fn an_honest_notary_is_never_convicted(story in happenings(), goods in 0_usize..4) {
        let goods = [Goods::Good, Goods::WrongChunk, Goods::BadEscrow, Goods::OversizedEscrow][goods];
        let mut run = Run::new(goods);
        for (what, length, fast) in story {
            run.pass(length);
            if let Some(content) = for_notary(&mut run, what) {
                run.tell_notary(fast, content);
            }
        }
        let guilty = run.guilty();
        prop_assert!(guilty.iter().all(|(who, _)| *who != Notary), "{:?}", guilty);
    }
}

/// The stories above go everywhere: each row is written in some of them.
#[test]
fn the_bank_writes_every_row_in_some_story() {
    let story = |steps: &[(u8, u8)]| {
        let mut run = Run::new(Goods::Good);
        for (what, length) in steps {
            run.pass(*length);
            let event = for_bank(&mut run, *what).unwrap_or(Event::Deadline);
            run.tell_bank(false, &event);
        }
        let pieces = run.pieces.iter().map(|piece| piece as &dyn Bytes).collect::<Vec<_>>();
        let verdict = run.w.judge(&pieces);
        (
            guilty(&verdict),
            verdict.claims.into_iter().filter(|c| c.finding == Finding::Proven).map(|c| c.claim).collect(),
        )
    };
    let expect = |steps: &[(u8, u8)], kinds: &[ClaimKind], culprits: &[(Role, Misdeed)]| {
        let (guilty, claims): (_, Vec<ClaimKind>) = story(steps);
        assert_eq!(guilty, culprits);
        assert!(kinds.iter().all(|kind| claims.contains(kind)), "{claims:?}");
    };
    expect(&[(0, 0), (5, 3), (8, 3)], &[K::Held, K::Captured, K::ReceiptGiven, K::Settled], &[]);
    expect(&[(0, 0), (3, 3)], &[K::Released], &[]);
    expect(&[(0, 0), (14, 5)], &[K::Released], &[]);
    expect(&[(0, 0), (5, 3), (9, 3), (11, 3), (14, 7), (14, 7)], &[K::Contested, K::KeyHandedOver, K::Settled], &[]);
    expect(&[(0, 0), (5, 3), (9, 3), (14, 7)], &[K::Contested, K::Refunded], &[]);
    expect(&[(0, 0), (5, 3), (12, 3), (14, 7), (14, 7)], &[K::EscrowOpened, K::KeyHandedOver, K::Settled], &[]);
    // The key may still be handed over after settlement.
    expect(&[(0, 0), (5, 3), (14, 7), (14, 7), (12, 3)], &[K::Settled, K::KeyHandedOver], &[]);
    expect(&[(0, 0), (5, 3), (13, 3)], &[K::EscrowFoundBad, K::Refunded], &[]);
    let both = [(Notary, Misdeed::OpenedAndBadEscrow)];
    expect(&[(0, 0), (5, 3), (12, 3), (13, 3)], &[K::EscrowFoundBad, K::KeyHandedOver, K::Refunded], &both);
}

/// What an honest check refuses, an honest register never sees: the judge and the check agree on
/// which statements are of this exchange.
#[test]
fn the_judge_counts_what_the_check_lets_in() {
    let w = World::new(Goods::Good);
    let receipt = w.sign(Buyer, hour(3), w.receipt());
    let content = Content::Receipt { statement: receipt.text.clone() };
    let packet = Packet { content, descriptor: semper_base::Blob64(w.x.bytes().to_vec()) };
    let packet = semper_base::json::canonical(&packet).unwrap();
    assert!(check(&packet, w.crypto.as_ref(), hour(3)).is_ok());
    assert_eq!(w.judge(&[&receipt]).set_aside, []);
}
