//! Convictions and claims of exchanges in rounds.

use proptest::prelude::*;
use semper_base::{Hash, Millis, Role};
use semper_support::crypto::Ideal;

use super::super::{FrameClaimKind, FrameOutcome, FrameVerdict, judge};
use super::{Court, OPENED, SKEW, found, hash};
use crate::fair::csn_c::ground::vector;
use crate::fair::frame::Protocol;
use crate::fair::frame::statements as st;
use crate::judge::evidence::Evidence;
use crate::judge::verdict::{Finding, Misdeed};

const PARTIES: u8 = 3;

/// Three parties, what each says in each round, and where each stops.
struct Rounds {
    court: Court,
    /// By round, from 1.
    pledges: Vec<Vec<String>>,
    signatures: Vec<String>,
}

impl Rounds {
    fn new() -> Self {
        let court = Court::of(Protocol::CsnC, PARTIES);
        let mut pledges: Vec<Vec<String>> = vec![];
        for round in 1..=PARTIES {
            let pledge = st::Pledge { round, vector: pledges.last().map(|last| vector(last)) };
            pledges.push((0..PARTIES).map(|place| court.party(usize::from(place), pledge.clone())).collect());
        }
        let promises: Vec<Hash> = pledges.last().unwrap().iter().map(|text| hash(text)).collect();
        let sign = |place: u8| court.party(usize::from(place), st::Signature { promises: promises.clone() });
        let signatures = (0..PARTIES).map(sign).collect();
        Rounds { court, pledges, signatures }
    }

    fn stop(&self, place: u8, round: u8) -> String {
        self.court.party(usize::from(place), st::Stop { round })
    }

    fn halted(&self, place: u8, round: u8, ground: &[&String]) -> String {
        let ground = ground.iter().map(|text| hash(text)).collect();
        let body = st::Halted { at: OPENED, party: place + 1, round, ground };
        self.court.sign(Role::Notary, &self.court.notary, OPENED, body)
    }

    fn resolved(&self, round: u8) -> String {
        self.court.resolved(OPENED, &self.round(round))
    }

    fn round(&self, round: u8) -> Vec<&String> {
        self.pledges[usize::from(round) - 1].iter().collect()
    }
}

/// Who is convicted of what: none is the notary.
fn convicted(verdict: &FrameVerdict) -> Vec<(Option<u8>, Misdeed)> {
    verdict.convictions.iter().map(|one| (one.party, one.misdeed)).collect()
}

#[test]
fn rounds_that_are_complete() {
    let run = Rounds::new();
    let all: Vec<&String> = run.signatures.iter().collect();
    assert_eq!(run.court.try_on(&all).outcome, FrameOutcome::Complete);
    assert_eq!(run.court.try_on(&all[1..]).outcome, FrameOutcome::Undecided);
    for round in 1..=PARTIES {
        let resolved = run.resolved(round);
        let pieces = run.round(round);
        let verdict = run.court.try_on(&[vec![&resolved], pieces.clone()].concat());
        assert_eq!((verdict.outcome, convicted(&verdict)), (FrameOutcome::Complete, vec![]), "{round}");
        let verdict = run.court.try_on(&[vec![&resolved], pieces[1..].to_vec()].concat());
        assert_eq!((verdict.outcome, convicted(&verdict)), (FrameOutcome::Undecided, vec![]), "{round}");
    }
}

#[test]
fn rounds_that_were_halted() {
    let run = Rounds::new();
    let (stop, second) = (run.stop(0, 1), run.stop(1, 2));
    let halted = run.halted(0, 1, &[&stop]);
    let verdict = run.court.try_on(&[&stop, &halted]);
    assert_eq!((verdict.outcome, convicted(&verdict)), (FrameOutcome::Nothing, vec![]));
    assert_eq!(found(&verdict, FrameClaimKind::Halted { party: 0 }), Finding::Proven);
    assert_eq!(found(&verdict, FrameClaimKind::Halted { party: 1 }), Finding::NotProvable);
    assert_eq!(found(&verdict, FrameClaimKind::Stopped { party: 0 }), Finding::Proven);
    assert_eq!(found(&verdict, FrameClaimKind::Complete), Finding::Contradicted);
    assert_eq!(run.court.try_on(&[&halted]).outcome, FrameOutcome::Undecided);
    let then = run.halted(1, 2, &[&stop, &halted, &second]);
    let verdict = run.court.try_on(&[&stop, &halted, &second, &then]);
    assert_eq!((verdict.outcome, convicted(&verdict)), (FrameOutcome::Nothing, vec![]));
    assert_eq!(found(&verdict, FrameClaimKind::Halted { party: 1 }), Finding::Proven);
}

/// A party that went on after it had stopped is convicted, and the notary that passed it over is not.
#[test]
fn who_went_on_in_rounds() {
    let run = Rounds::new();
    let (stop, halted) = (run.stop(0, 1), run.halted(0, 1, &[&run.stop(0, 1)]));
    let resolved = run.resolved(2);
    let verdict = run.court.try_on(&[vec![&stop, &halted, &resolved], run.round(2)].concat());
    assert_eq!(verdict.outcome, FrameOutcome::Complete);
    assert_eq!(convicted(&verdict), [(Some(0), Misdeed::WentOn)]);
    assert!(verdict.convictions[0].sentence.starts_with("Party 1 went on"));
    // The same round convicts nobody, an earlier one neither; a signature counts as the last.
    for (at, later) in [(2, false), (3, false), (1, true)] {
        let stop = run.stop(0, at);
        let pieces = [vec![&stop], run.round(2)].concat();
        assert_eq!(convicted(&run.court.try_on(&pieces)) == [(Some(0), Misdeed::WentOn)], later, "{at}");
    }
    for (at, later) in [(3, true), (4, false)] {
        let stop = run.stop(2, at);
        let verdict = run.court.try_on(&[&stop, &run.signatures[2]]);
        assert_eq!(convicted(&verdict) == [(Some(2), Misdeed::WentOn)], later, "{at}");
        assert_eq!(convicted(&run.court.try_on(&[&stop, &run.signatures[1]])), []);
    }
}

/// `resolved` on pledges that do not show that whoever was halted went on.
#[test]
fn a_notary_resolves_despite_a_halt() {
    let run = Rounds::new();
    let (stop, halted) = (run.stop(0, 2), run.halted(0, 2, &[&run.stop(1, 1), &run.stop(0, 2)]));
    for (round, despite) in [(1, true), (2, true), (3, false)] {
        let resolved = run.resolved(round);
        let verdict = run.court.try_on(&[vec![&stop, &halted, &resolved], run.round(round)].concat());
        let found = convicted(&verdict).contains(&(None, Misdeed::ResolvedDespiteHalt));
        assert_eq!(found, despite, "{round}");
        // Without the pledges it is not known on which it rests.
        let verdict = run.court.try_on(&[&halted, &resolved]);
        assert!(!convicted(&verdict).contains(&(None, Misdeed::ResolvedDespiteHalt)));
    }
}

/// Halts that its own rule cannot lead to.
#[test]
fn a_notary_halts_against_its_rule() {
    let run = Rounds::new();
    let [one, two, three] = [run.stop(0, 1), run.stop(1, 2), run.stop(2, 3)];
    let first = run.halted(0, 1, &[&one]);
    let second = run.halted(1, 2, &[&one, &first, &two]);
    let tried = |halted: &String, with: &[&String]| convicted(&run.court.try_on(&[&[halted], with].concat()));
    let none: Vec<(Option<u8>, Misdeed)> = vec![];
    let baseless = (None, Misdeed::NoGround);
    assert_eq!(tried(&second, &[&one, &first, &two]), none);
    // In round 2 without anybody before; in round 3 after one in round 1: both had to be resolved.
    let early = run.halted(1, 2, &[&two]);
    assert_eq!(tried(&early, &[&two]), [baseless]);
    let early = run.halted(2, 3, &[&one, &first, &three]);
    assert_eq!(tried(&early, &[&one, &first, &three]), [baseless]);
    assert_eq!(tried(&early, &[&three]), none, "what is missing convicts nobody");
    // Of another party or round than the stop; no stop at all; more than there can be.
    for wrong in [run.halted(1, 1, &[&one]), run.halted(0, 2, &[&one])] {
        assert_eq!(tried(&wrong, &[&one]), [baseless]);
    }
    assert_eq!(tried(&run.halted(0, 1, &[]), &[]), [baseless]);
    assert_eq!(tried(&run.halted(1, 2, &[&one, &first]), &[]), [baseless]);
    let long = run.halted(0, 1, &[&one; 7]);
    assert!(tried(&long, &[]).contains(&baseless));
    // Other things than stops and halts.
    let pledge = &run.pledges[0][0];
    let wrong = run.halted(0, 1, &[pledge]);
    assert_eq!(tried(&wrong, &[pledge]), [(None, Misdeed::FalseGround), baseless]);
    let wrong = run.halted(1, 2, &[&one, pledge, &two]);
    assert!(tried(&wrong, &[pledge]).contains(&(None, Misdeed::FalseGround)));
}

/// Its answers continue each other: who was told something else, or something twice, shows that they do not.
#[test]
fn a_notary_forks_its_halts() {
    let run = Rounds::new();
    let [one, other, two] = [run.stop(0, 1), run.stop(1, 1), run.stop(2, 2)];
    let [first, second] = [run.halted(0, 1, &[&one]), run.halted(1, 1, &[&other])];
    let twice = (None, Misdeed::TwoAnswers);
    assert_eq!(convicted(&run.court.try_on(&[&first, &second])), [twice]);
    let then = run.halted(1, 1, &[&one, &first, &other]);
    assert_eq!(convicted(&run.court.try_on(&[&first, &then])), []);
    assert_eq!(convicted(&run.court.try_on(&[&second, &run.halted(2, 2, &[&one, &first, &two])])), [twice]);
    assert_eq!(convicted(&run.court.try_on(&[&first, &run.halted(0, 2, &[&one, &first, &two])])), [twice]);
    let body = st::Halted { at: OPENED.plus(Millis(1)), party: 1, round: 1, ground: vec![hash(&one)] };
    let later = run.court.sign(Role::Notary, &run.court.notary, OPENED, body);
    assert_eq!(convicted(&run.court.try_on(&[&first, &later])), [twice]);
}

#[test]
fn a_notary_resolves_rounds_on_other_ground() {
    let run = Rounds::new();
    let mixed = [&run.pledges[0][0], &run.pledges[1][1], &run.pledges[1][2]];
    let resolved = run.court.resolved(OPENED, &mixed);
    assert_eq!(
        convicted(&run.court.try_on(&[&resolved, mixed[0], mixed[1], mixed[2]])),
        [(None, Misdeed::FalseGround)]
    );
    let short = run.court.resolved(OPENED, &run.round(1)[..2]);
    assert_eq!(convicted(&run.court.try_on(&[&short])), [(None, Misdeed::NoGround)]);
    let swapped = [&run.pledges[0][1], &run.pledges[0][0], &run.pledges[0][2]];
    let resolved = run.court.resolved(OPENED, &swapped);
    assert_eq!(convicted(&run.court.try_on(&[&resolved, swapped[0]])), [(None, Misdeed::FalseGround)]);
    // To say that it has not resolved after it halted somebody contradicts nothing; after it resolved it does.
    let (stop, unmet) = (run.stop(0, 1), run.court.unmet(OPENED.plus(SKEW).plus(Millis(1))));
    let halted = run.halted(0, 1, &[&stop]);
    assert_eq!(convicted(&run.court.try_on(&[&halted, &unmet])), []);
    assert_eq!(convicted(&run.court.try_on(&[&run.resolved(2), &unmet])), [(None, Misdeed::DeniedRecord)]);
    // Nobody is halted where there are no rounds.
    let court = Court::of(Protocol::CsnA, PARTIES);
    let body = st::Halted { at: OPENED, party: 1, round: 1, ground: vec![hash(&stop)] };
    let halted = court.sign(Role::Notary, &court.notary, OPENED, body);
    assert_eq!(convicted(&court.try_on(&[&halted, &stop])), [(None, Misdeed::FalseGround), (None, Misdeed::NoGround)]);
}

/// Statements of every kind, good and bad, of which any set may be shown.
fn heap(run: &Rounds) -> Vec<String> {
    let [one, two, three] = [run.stop(0, 1), run.stop(1, 2), run.stop(2, 4)];
    let first = run.halted(0, 1, &[&one]);
    let mut heap = vec![
        run.halted(1, 2, &[&one, &first, &two]),
        run.halted(1, 2, &[&two]),
        run.halted(0, 1, &[&run.pledges[0][0]]),
        run.resolved(1),
        run.resolved(2),
        run.resolved(3),
        run.court.unmet(OPENED.plus(Millis::days(1))),
        "noise".to_owned(),
    ];
    heap.extend([one, two, three, first]);
    heap.extend(run.pledges.iter().flatten().cloned());
    heap.extend(run.signatures.iter().cloned());
    heap
}

proptest! {
    /// More evidence takes back no conviction and nothing that was proven; order and copies change nothing.
    #[test]
    fn verdicts_about_rounds_are_monotone(picks in prop::collection::vec(0..24_usize, 0..16), more in 0..24_usize) {
        let run = Rounds::new();
        let heap = heap(&run);
        prop_assert_eq!(heap.len(), 24);
        let mut pieces: Vec<&String> = picks.iter().map(|pick| &heap[*pick]).collect();
        let named = |pieces: &[&String]| {
            let mut evidence = Evidence::new();
            for piece in pieces {
                evidence.add(&hash(piece).hex(), piece.as_bytes()).unwrap();
            }
            judge(&run.court.x, &evidence, &Ideal::new(1))
        };
        let before = named(&pieces);
        pieces.reverse();
        prop_assert_eq!(&before, &named(&pieces));
        pieces.push(&heap[more]);
        let after = named(&pieces);
        for known in convicted(&before) {
            prop_assert!(convicted(&after).contains(&known));
        }
        for claim in before.claims.iter().filter(|claim| claim.finding == Finding::Proven) {
            prop_assert_eq!(found(&after, claim.claim), Finding::Proven);
        }
    }
}
