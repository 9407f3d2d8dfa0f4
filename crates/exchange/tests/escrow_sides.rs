//! Payer and payee of money for parcels: their machines, with the holder's, message by message.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared with tests of the holder alone")]
#[path = "escrow/bench.rs"]
mod bench;

use std::collections::VecDeque;

use bench::{Bench, CODE, Times, at, eur};
use semper_base::{Blob64, Code, Error, Hash, Millis, Role, Step};
use semper_blocks::statement::{Compact, Kind, Language, sign_payload};
use semper_exchange::fair::lock::escrow::Side;
use semper_exchange::fair::lock::escrow::side::{Parcel, Wish};
use semper_exchange::fair::lock::escrow::statements::{self as st, DivideBasis};
use semper_exchange::fair::lock::{
    Checked, Content, Cx, Effect, Event, Holder, Packet, Payee, PayeeOwn, Payer, PayerOwn, Seat, check,
};
use semper_support::Context;
use semper_support::crypto::{Ideal, Secret32};

const TIMES: Times = Times { ship: 10, deliver: 20, accept: 40, hearing: 80 };
const PATIENCE: u64 = 3;

struct Play {
    bench: Bench,
    holder: Holder,
    payer: Payer,
    payee: Payee,
    tick: u64,
    /// Under way: from, to, what.
    net: VecDeque<(Seat, Seat, Content)>,
    /// What leaves a party is lost.
    lossy: bool,
    kept: Vec<String>,
}

impl Play {
    /// Locked, and both know.
    fn new(with_carrier: bool) -> Play {
        let bench = Bench::new(TIMES, with_carrier, Side::Payer);
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now: at(0), crypto: &crypto, keyring: &bench.keyring };
        let cx = Cx { base, author: None };
        let payer = PayerOwn {
            account: "payer".to_owned(),
            account_key: bench.account.public.clone(),
            certificate: None,
            language: Language::En,
            patience_ms: Millis(PATIENCE),
        };
        let payee = PayeeOwn {
            account: "payee".to_owned(),
            certificate: None,
            language: Language::En,
            margin_ms: Millis(1),
            patience_ms: Millis(PATIENCE),
            preimage: None,
            salt: Secret32::from_bytes([4; 32]),
        };
        let payer = Payer::start(payer, &bench.lock, &cx, &mut out).unwrap();
        let payee = Payee::start(payee, &bench.lock, &cx).unwrap();
        let (holder, net, kept) = (Holder::default(), VecDeque::new(), Vec::new());
        let mut play = Play { bench, holder, payer, payee, tick: 0, net, lossy: false, kept };
        play.apply(Seat::Payer, out);
        play.run();
        assert_eq!((play.payer.standing().word(), play.payee.standing().word()), ("locked", "locked"));
        play
    }

    fn apply(&mut self, of: Seat, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask { kind, payload, .. } => {
                    let pair = match (of, kind) {
                        (_, Kind::LockDebit) => &self.bench.account,
                        (Seat::Payee, _) => &self.bench.payee,
                        _ => &self.bench.payer,
                    };
                    let text = sign_payload(&Ideal::new(1), &pair.secret, &payload).unwrap();
                    self.event(of, &Event::Signed(kind, text)).unwrap();
                }
                Effect::Keep(text) if of != Seat::Holder => self.kept.push(text),
                Effect::Send { to, content } if !self.lossy || of == Seat::Holder => {
                    self.net.push_back((of, to, content));
                }
                Effect::Keep(_) | Effect::Money(_) | Effect::Row { .. } | Effect::Send { .. } | Effect::Tell(_) => {}
            }
        }
    }

    fn event(&mut self, of: Seat, event: &Event) -> Result<(), Error> {
        let (crypto, mut out) = (Ideal::new(1), Vec::new());
        let base = Context { now: at(self.tick), crypto: &crypto, keyring: &self.bench.keyring };
        let cx = Cx { base, author: None };
        match of {
            Seat::Payer => match self.payer.clone().step(event, &self.bench.lock, &cx, &mut out)? {
                Step::Advance(next) => self.payer = next,
                Step::Reject(_, violation) => return Err(violation.into()),
            },
            Seat::Payee => match self.payee.clone().step(event, &self.bench.lock, &cx, &mut out)? {
                Step::Advance(next) => self.payee = next,
                Step::Reject(_, violation) => return Err(violation.into()),
            },
            Seat::Holder => {
                let Some((next, effects)) = self.bench.step(&self.holder, event, self.tick) else { return Ok(()) };
                (self.holder, out) = (next, effects);
            }
        }
        self.apply(of, out);
        Ok(())
    }

    /// Everything that is under way arrives.
    fn run(&mut self) {
        while let Some((from, to, content)) = self.net.pop_front() {
            let packet = Packet { content, descriptor: Blob64(self.bench.lock.bytes().to_vec()) };
            let checked = check(&serde_json::to_vec(&packet).unwrap(), &Ideal::new(1), at(self.tick)).unwrap();
            let event = Event::Message { from: checked.signer.unwrap_or(from), content: checked.content };
            self.event(to, &event).unwrap();
        }
    }

    fn wishes(&mut self, of: Seat, wish: Wish) {
        self.event(of, &Event::Escrow(wish)).unwrap();
        self.run();
    }

    fn refused(&mut self, of: Seat, wish: Wish) -> Code {
        self.event(of, &Event::Escrow(wish)).unwrap_err().code()
    }

    fn brings(&mut self, of: Seat, text: String) {
        self.wishes(of, Wish::Bring(text));
    }

    fn consigned(with_carrier: bool) -> Play {
        let mut play = Play::new(with_carrier);
        play.wishes(Seat::Payee, Wish::Consign { due: eur(80) });
        play
    }

    fn handed_over(&self) -> String {
        self.bench.handed_over(CODE).text
    }

    /// The arbiter rules on the dispute that is on record.
    fn ruling(&self, payee: u64) -> String {
        let rows = self.payer.parcel().rows();
        let row = rows.iter().find(|told| kind(&told.statement) == Kind::Disputed).unwrap();
        let dispute = Hash::of(row.ground.as_ref().unwrap().as_bytes());
        let body = st::Ruling { dispute, payee: eur(payee), payer: eur(100 - payee), reasons: Hash::of(b"reasons") };
        self.bench.sign(Role::Arbiter, &self.bench.arbiter, body, 0).text
    }
}

fn kind(text: &str) -> Kind {
    Compact::parse(text).unwrap().kind()
}

fn kinds(parcel: &Parcel) -> Vec<Kind> {
    parcel.rows().iter().map(|told| kind(&told.statement)).collect()
}

#[test]
fn the_plain_way_of_both() {
    let mut play = Play::consigned(true);
    let word = play.handed_over();
    play.brings(Seat::Payee, word);
    assert_eq!(play.payer.parcel().last(), Some(Kind::Arrived));
    play.wishes(Seat::Payer, Wish::Approve);
    assert_eq!((play.payer.standing().word(), play.payee.standing().word()), ("divided", "divided"));
    let rows = [Kind::Consigned, Kind::Arrived, Kind::Divided];
    assert_eq!((kinds(play.payer.parcel()), kinds(play.payee.parcel())), (rows.to_vec(), rows.to_vec()));
    assert_eq!(play.payer.outcome().unwrap().statement, play.payee.outcome().unwrap().statement);
    // Nothing is left to do, and all of it is evidence.
    assert_eq!((play.payer.deadline(&play.bench.lock), play.payee.deadline()), (None, None));
    let kept: Vec<Kind> = play.kept.iter().map(|text| kind(text)).collect();
    let needed = [Kind::Locked, Kind::Consignment, Kind::HandedOver, Kind::Approval, Kind::Divided];
    assert!(needed.iter().all(|kind| kept.contains(kind)), "{kept:?}");
}

#[test]
fn a_dispute_and_its_ruling_reach_both() {
    for by in [Seat::Payee, Seat::Payer] {
        let mut play = Play::consigned(true);
        play.wishes(by, Wish::Dispute { evidence: Hash::of(b"picture") });
        let ruling = play.ruling(30);
        play.brings(Seat::Payer, ruling.clone());
        assert_eq!(play.payee.standing().word(), "divided");
        let told = play.payee.parcel().rows().last().unwrap().clone();
        assert_eq!(told.ground, Some(ruling), "with what it rests on");
        let divided = semper_blocks::statement::danger_typed_unverified::<st::Divided>(&told.statement).unwrap().body;
        assert_eq!((divided.payee, divided.payer, divided.basis), (eur(30), eur(70), DivideBasis::Ruled));
    }
}

#[test]
fn what_was_lost_is_said_again_until_it_is_on_record() {
    let mut play = Play::new(false);
    play.lossy = true;
    play.wishes(Seat::Payee, Wish::Consign { due: eur(80) });
    assert_eq!(play.payer.parcel().last(), None);
    play.lossy = false;
    play.tick = 4;
    play.event(Seat::Payee, &Event::Deadline).unwrap();
    assert!(matches!(play.net.front(), Some((_, _, Content::Act { .. }))));
    play.run();
    assert_eq!(play.payer.parcel().last(), Some(Kind::Consigned));
    // Then it asks what there is, as it would without any word of its own.
    play.tick = 40;
    play.event(Seat::Payee, &Event::Deadline).unwrap();
    assert!(matches!(play.net.front(), Some((_, _, Content::Status { .. }))));
    // The holder's clock has not decided; its answers change nothing.
    let before = play.payee.parcel().clone();
    play.run();
    assert_eq!(play.payee.parcel(), &before);
    play.tick = 65;
    play.event(Seat::Holder, &Event::Deadline).unwrap();
    play.run();
    assert_eq!((play.payer.standing().word(), play.payee.standing().word()), ("divided", "divided"));
}

#[test]
fn nobody_wishes_for_the_other_side_or_too_early() {
    let evidence = Hash::of(b"picture");
    let mut play = Play::new(true);
    assert_eq!(play.refused(Seat::Payer, Wish::Approve), Code::TooEarly);
    assert_eq!(play.refused(Seat::Payer, Wish::Dispute { evidence }), Code::TooEarly);
    assert_eq!(play.refused(Seat::Payer, Wish::Consign { due: eur(80) }), Code::RoleWrong);
    assert_eq!(play.refused(Seat::Payee, Wish::Consign { due: eur(101) }), Code::MismatchAmount);
    assert_eq!(play.refused(Seat::Payee, Wish::Consign { due: eur(0) }), Code::MismatchAmount);
    play.wishes(Seat::Payee, Wish::Consign { due: eur(80) });
    assert_eq!(play.refused(Seat::Payee, Wish::Approve), Code::RoleWrong);
    let own = play.bench.dispute(Side::Payer, 80).text;
    assert_eq!(play.refused(Seat::Payer, Wish::Bring(own)), Code::RoleWrong);
    play.wishes(Seat::Payer, Wish::Approve);
    assert_eq!(play.refused(Seat::Payer, Wish::Approve), Code::StateWrong, "over");
}

/// A second outcome moves nothing, and is kept: it convicts the holder.
#[test]
fn a_second_outcome_is_evidence_and_no_more() {
    let mut play = Play::consigned(false);
    play.wishes(Seat::Payer, Wish::Approve);
    let outcome = play.payer.outcome().unwrap().clone();
    let body = st::Divided { at: at(200), basis: DivideBasis::Unruled, ground: None, payee: eur(0), payer: eur(100) };
    let statement = play.bench.sign(Role::Bank, &play.bench.holder, body, 5).text;
    let said = Content::Escrow { ground: None, statement: statement.clone() };
    play.net.push_back((Seat::Holder, Seat::Payer, said));
    play.run();
    assert_eq!(play.payer.outcome(), Some(&outcome));
    assert!(play.kept.contains(&statement));
}

/// A row that does not bear itself out is no reason to do anything.
#[test]
fn rows_without_their_ground_are_refused() {
    let play = Play::consigned(true);
    let bench = &play.bench;
    let good = st::Arrived { at: at(6), handed_over: bench.handed_over(CODE).hash, until: at(46) };
    let short = st::Arrived { until: at(45), ..good.clone() };
    let sign = |body| bench.sign(Role::Bank, &bench.holder, body, 0).text;
    let said = |statement: String, ground: Option<String>| {
        let content = Content::Escrow { ground, statement };
        let packet = Packet { content, descriptor: Blob64(bench.lock.bytes().to_vec()) };
        check(&serde_json::to_vec(&packet).unwrap(), &Ideal::new(1), at(6)).map(|checked| checked.content)
    };
    let word = bench.handed_over(CODE).text;
    assert!(matches!(said(sign(good.clone()), Some(word.clone())), Ok(Checked::Answer(_))));
    assert_eq!(said(sign(good.clone()), None).unwrap_err().code(), Code::ProofWrong);
    let other = bench.handed_over(semper_base::Nonce([6; 16])).text;
    assert_eq!(said(sign(good), Some(other)).unwrap_err().code(), Code::CommitmentWrong);
    assert_eq!(said(sign(short), Some(word)).unwrap_err().code(), Code::MismatchDeadline);
    let ruled = st::Divided {
        at: at(20),
        basis: DivideBasis::Ruled,
        ground: Some(bench.ruling(Side::Payer, 80, 30).hash),
        payee: eur(40),
        payer: eur(60),
    };
    let ruled = bench.sign(Role::Bank, &bench.holder, ruled, 0).text;
    let ruling = bench.ruling(Side::Payer, 80, 30).text;
    assert_eq!(said(ruled, Some(ruling)).unwrap_err().code(), Code::ProofWrong);
}
