//! Convictions, claims, and what holds of any evidence.

mod deal;
mod rounds;

use proptest::prelude::*;
use semper_base::{Hash, Millis, Nonce, Role, Timestamp};
use semper_blocks::delivery::EscrowDefence;
use semper_blocks::item::Grade;
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, Kind, make};
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

use super::super::evidence::Evidence;
use super::super::verdict::{Finding, Misdeed};
use super::{FrameClaimKind, FrameOutcome, FrameVerdict, judge};
use crate::fair::frame::descriptor::signatures;
use crate::fair::frame::statements as st;
use crate::fair::frame::{Core, Deadlines, Descriptor, Protocol, Third};
use crate::fair::mail;
use st::AbortBasis::{Asked, BadEscrow, Expired};

const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const SKEW: Millis = Millis::seconds(120);

struct Court {
    x: Descriptor,
    keys: Vec<KeyPair>,
    notary: KeyPair,
    keyring: Keyring,
}

impl Court {
    fn of(protocol: Protocol, parties: u8) -> Self {
        let crypto = Ideal::new(5);
        let keys: Vec<KeyPair> = (0..parties).map(|_| crypto.generate().unwrap()).collect();
        let notary = crypto.generate().unwrap();
        let terms = Hash::of(b"terms");
        let core = Core {
            deal: None,
            deadlines: Deadlines::standard(OPENED),
            fee: None,
            grade: Grade::Strong,
            items: signatures(parties, terms),
            judge: crate::judge::JUDGE_VERSION,
            mail: None,
            nonce: Nonce([1; 16]),
            notary: Third { key: notary.public.clone(), certificate: Hash::of(b"certificate") },
            notary_seal: None,
            opened: OPENED,
            parties: keys.iter().map(|key| key.public.clone()).collect(),
            protocol,
            terms,
        };
        let x = Descriptor::new(&core, None).unwrap();
        Court { x, keys, notary, keyring: Keyring::for_simulation([9; 32]) }
    }

    /// An optimistic mail with a good box or a bad one, and what its sender has.
    fn mail(good: bool) -> (Self, EscrowDefence) {
        let (court, crypto) = (Court::of(Protocol::Cs2, 2), Ideal::new(5));
        let seal = Ideal::new(8).generate().unwrap();
        let core = Core { notary_seal: Some(seal.public), protocol: Protocol::Cm, ..court.x.core.clone() };
        let (x, sending) = mail::seal(b"letter", &crypto).unwrap().address(core, &crypto).unwrap();
        let x = if good { x } else { Descriptor::new(&x.core, Some(&Hash::of(b"another box"))).unwrap() };
        (Court { x, ..court }, sending.defence)
    }

    fn sign<B: Body>(&self, role: Role, key: &KeyPair, now: Timestamp, body: B) -> String {
        let crypto = Ideal::new(6);
        let author = Author::uncertified(role, key);
        let base = Context { now, crypto: &crypto, keyring: &self.keyring };
        let meta = author.meta::<B>(&base, About::exchange(self.x.xid, vec![]), ANSWER_VALIDITY);
        make(&crypto, &author.secret, meta, body).unwrap().text
    }

    fn party<B: Body>(&self, place: usize, body: B) -> String {
        self.sign(Role::Party, &self.keys[place], OPENED, body)
    }

    fn resolved(&self, at: Timestamp, ground: &[&String]) -> String {
        let ground = ground.iter().map(|text| hash(text)).collect();
        self.sign(Role::Notary, &self.notary, at, st::Resolved { at, ground, key: None, keys: vec![] })
    }

    fn aborted(&self, at: Timestamp, basis: st::AbortBasis, ground: &[&String]) -> String {
        let ground = ground.iter().map(|text| hash(text)).collect();
        self.sign(Role::Notary, &self.notary, at, st::Aborted { at, basis, ground })
    }

    fn unmet(&self, at: Timestamp) -> String {
        self.sign(Role::Notary, &self.notary, at, st::Unmet { at, what: Kind::Resolved })
    }

    fn promises(&self) -> (String, String) {
        let first = self.party(0, st::Promise { answers: None });
        let second = self.party(1, st::Promise { answers: Some(hash(&first)) });
        (first, second)
    }

    fn try_on(&self, pieces: &[&String]) -> FrameVerdict {
        let mut evidence = Evidence::new();
        for (at, piece) in pieces.iter().enumerate() {
            evidence.add(&format!("{at}"), piece.as_bytes()).unwrap();
        }
        judge(&self.x, &evidence, &Ideal::new(1))
    }
}

fn hash(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}

fn misdeeds(verdict: &FrameVerdict) -> Vec<Misdeed> {
    assert!(verdict.convictions.iter().all(|conviction| conviction.who == Role::Notary));
    verdict.convictions.iter().map(|conviction| conviction.misdeed).collect()
}

fn found(verdict: &FrameVerdict, claim: FrameClaimKind) -> Finding {
    verdict.claims.iter().find(|known| known.claim == claim).unwrap().finding
}

#[test]
fn a_contract_of_signatures() {
    let court = Court::of(Protocol::Cs2, 2);
    let [one, other] = [0, 1].map(|place| court.party(place, st::Signature { promises: vec![] }));
    let verdict = court.try_on(&[&one, &other]);
    assert_eq!((verdict.outcome, misdeeds(&verdict)), (FrameOutcome::Complete, vec![]));
    for some in [vec![], vec![&one], vec![&other]] {
        let verdict = court.try_on(&some);
        assert_eq!((verdict.outcome, misdeeds(&verdict)), (FrameOutcome::Undecided, vec![]));
    }
}

/// A notary that collects has every signature. If they counted without its word, it could tell a party that nothing
/// came of it, help another to a contract, and be convicted of nothing.
#[test]
fn signatures_that_a_notary_collects_need_its_word() {
    let court = Court::of(Protocol::CsnA, 3);
    let all = [0, 1, 2].map(|place| court.party(place, st::Signature { promises: vec![] }));
    let abort = court.party(2, st::Abort {});
    let aborted = court.aborted(OPENED, Asked, &[&abort]);
    let resolved = court.resolved(OPENED, &[&all[0], &all[1], &all[2]]);
    let outcome = |more: &[&String]| {
        let verdict = court.try_on(&[&[&all[0], &all[1], &all[2]], more].concat());
        (verdict.outcome, misdeeds(&verdict))
    };
    assert_eq!(outcome(&[]), (FrameOutcome::Undecided, vec![]));
    assert_eq!(outcome(&[&aborted, &abort]), (FrameOutcome::Nothing, vec![]));
    assert_eq!(outcome(&[&resolved]), (FrameOutcome::Complete, vec![]));
    let both = outcome(&[&resolved, &aborted, &abort]);
    assert_eq!(both, (FrameOutcome::Complete, vec![Misdeed::AbortedAndResolved]));
}

/// `resolved` counts with its ground, and without is no reason to convict anybody.
#[test]
fn a_contract_by_the_notary() {
    let court = Court::of(Protocol::Cs2, 2);
    let (first, second) = court.promises();
    let resolved = court.resolved(OPENED, &[&first, &second]);
    let verdict = court.try_on(&[&resolved, &first, &second]);
    assert_eq!((verdict.outcome, misdeeds(&verdict)), (FrameOutcome::Complete, vec![]));
    for some in [vec![&resolved], vec![&resolved, &first], vec![&first, &second]] {
        let verdict = court.try_on(&some);
        assert_eq!((verdict.outcome, misdeeds(&verdict)), (FrameOutcome::Undecided, vec![]));
    }
}

/// A party that aborts and signs all the same harms only itself: it is bound, named, and not convicted.
#[test]
fn an_abort_is_nothing_against_a_contract() {
    let court = Court::of(Protocol::Cs2, 2);
    let abort = court.party(0, st::Abort {});
    let aborted = court.aborted(OPENED, Asked, &[&abort]);
    let verdict = court.try_on(&[&abort, &aborted]);
    assert_eq!((verdict.outcome, misdeeds(&verdict)), (FrameOutcome::Nothing, vec![]));
    assert_eq!(found(&verdict, FrameClaimKind::Complete), Finding::Contradicted);
    let signed = [0, 1].map(|place| court.party(place, st::Signature { promises: vec![] }));
    let verdict = court.try_on(&[&abort, &aborted, &signed[0], &signed[1]]);
    assert_eq!((verdict.outcome, misdeeds(&verdict)), (FrameOutcome::Complete, vec![]));
    for claim in [FrameClaimKind::AbortAsked { party: 0 }, FrameClaimKind::Signed { party: 0 }] {
        assert_eq!(found(&verdict, claim), Finding::Proven);
    }
}

#[test]
fn opposite_answers_convict() {
    let court = Court::of(Protocol::Cs2, 2);
    let (first, second) = court.promises();
    let abort = court.party(0, st::Abort {});
    let (aborted, resolved) = (court.aborted(OPENED, Asked, &[&abort]), court.resolved(OPENED, &[&first, &second]));
    assert_eq!(misdeeds(&court.try_on(&[&aborted, &resolved])), [Misdeed::AbortedAndResolved]);
    // Two of one kind differ in what they say, not in how often it was signed.
    let later = court.resolved(OPENED.plus(Millis(1)), &[&first, &second]);
    assert_eq!(misdeeds(&court.try_on(&[&resolved, &later])), [Misdeed::TwoAnswers]);
    let later = court.aborted(OPENED.plus(Millis(1)), Asked, &[&abort]);
    assert_eq!(misdeeds(&court.try_on(&[&aborted, &later])), [Misdeed::TwoAnswers]);
}

#[test]
fn decisions_without_ground_convict() {
    let court = Court::of(Protocol::Cs2, 2);
    let (first, second) = court.promises();
    let abort = court.party(0, st::Abort {});
    for wrong in [
        court.resolved(OPENED, &[]),
        court.resolved(OPENED, &[&first]),
        court.resolved(OPENED, &[&first, &second, &second]),
        court.aborted(OPENED, Asked, &[]),
        court.aborted(OPENED, Asked, &[&abort, &abort]),
        court.aborted(OPENED, BadEscrow, &[&first, &second]),
    ] {
        let verdict = court.try_on(&[&wrong]);
        assert_eq!((verdict.outcome, misdeeds(&verdict)), (FrameOutcome::Undecided, vec![Misdeed::NoGround]));
    }
}

#[test]
fn false_grounds_convict() {
    let court = Court::of(Protocol::Cs2, 2);
    let (first, second) = court.promises();
    let of_b = court.party(1, st::Abort {});
    let noise = "no statement".to_owned();
    let loose = court.party(1, st::Promise { answers: None });
    for (decision, shown) in [
        (court.aborted(OPENED, Asked, &[&of_b]), &of_b),
        (court.aborted(OPENED, Asked, &[&first]), &first),
        (court.resolved(OPENED, &[&second, &first]), &second),
        (court.resolved(OPENED, &[&first, &noise]), &noise),
        (court.resolved(OPENED, &[&first, &loose]), &loose),
        (court.resolved(OPENED, &[&first, &first]), &first),
    ] {
        assert_eq!(misdeeds(&court.try_on(&[&decision])), [], "not without the bytes");
        assert_eq!(misdeeds(&court.try_on(&[&decision, shown])), [Misdeed::FalseGround]);
    }
    let court = Court::of(Protocol::CsnA, 3);
    let all = [0, 1, 2].map(|place| court.party(place, st::Signature { promises: vec![] }));
    let promised = court.party(1, st::Signature { promises: vec![hash("promise")] });
    for (decision, shown) in [
        (court.resolved(OPENED, &[&all[0], &all[2], &all[1]]), &all[2]),
        (court.resolved(OPENED, &[&all[0], &promised, &all[2]]), &promised),
    ] {
        assert_eq!(misdeeds(&court.try_on(&[&decision])), []);
        assert_eq!(misdeeds(&court.try_on(&[&decision, shown])), [Misdeed::FalseGround]);
    }
    let any = court.party(2, st::Abort {});
    assert_eq!(misdeeds(&court.try_on(&[&court.aborted(OPENED, Asked, &[&any]), &any])), []);
}

#[test]
fn the_end_of_the_time_convicts_who_did_not_wait_for_it() {
    let end = Deadlines::standard(OPENED).expires;
    let (two, many) = (Court::of(Protocol::Cs2, 2), Court::of(Protocol::CsnA, 2));
    assert_eq!(misdeeds(&many.try_on(&[&many.aborted(end, Expired, &[])])), []);
    assert_eq!(many.try_on(&[&many.aborted(end, Expired, &[])]).outcome, FrameOutcome::Nothing);
    assert_eq!(
        misdeeds(&many.try_on(&[&many.aborted(end.minus(Millis(1)), Expired, &[])])),
        [Misdeed::AbortedTooEarly]
    );
    assert_eq!(misdeeds(&two.try_on(&[&two.aborted(end, Expired, &[])])), [Misdeed::AbortedTooEarly]);
}

#[test]
fn denying_a_decision_convicts() {
    let court = Court::of(Protocol::CsnA, 2);
    let abort = court.party(1, st::Abort {});
    let aborted = court.aborted(OPENED, Asked, &[&abort]);
    assert_eq!(misdeeds(&court.try_on(&[&aborted, &court.unmet(OPENED.plus(SKEW))])), []);
    let late = court.unmet(OPENED.plus(SKEW).plus(Millis(1)));
    assert_eq!(misdeeds(&court.try_on(&[&aborted, &late])), [Misdeed::DeniedRecord]);
    let verdict = court.try_on(&[&late]);
    assert_eq!(found(&verdict, FrameClaimKind::Unmet), Finding::Proven);
}

#[test]
fn a_key_where_there_is_no_mail_convicts() {
    let court = Court::of(Protocol::Cs2, 2);
    let (first, second) = court.promises();
    let secret = |byte| Secret32::from_bytes([byte; 32]);
    let key = Some(semper_blocks::delivery::KeyOpening { k: secret(1), r: secret(2) });
    let ground = vec![hash(&first), hash(&second)];
    let wrong = court.sign(Role::Notary, &court.notary, OPENED, st::Resolved { at: OPENED, ground, key, keys: vec![] });
    let verdict = court.try_on(&[&wrong, &first, &second]);
    assert_eq!((verdict.outcome, misdeeds(&verdict)), (FrameOutcome::Undecided, vec![Misdeed::FalseKey]));
}

/// A notary that calls a good box bad is convicted by what the sender alone has; by nothing else, and not if
/// the box is bad.
#[test]
fn a_good_box_called_bad_convicts() {
    let shown = |good: bool, change: &dyn Fn(&mut EscrowDefence)| {
        let (court, mut defence) = Court::mail(good);
        let (first, second) = court.promises();
        change(&mut defence);
        let (aborted, defence) =
            (court.aborted(OPENED, BadEscrow, &[&first, &second]), serde_json::to_string(&defence).unwrap());
        let abort = court.party(0, st::Abort {});
        let asked = court.aborted(OPENED, Asked, &[&abort]);
        assert_eq!(misdeeds(&court.try_on(&[&aborted, &first, &second])), []);
        assert_eq!(misdeeds(&court.try_on(&[&asked, &abort, &defence])), [], "that was another reason");
        let wrong = court.aborted(OPENED, BadEscrow, &[&abort, &second]);
        assert_eq!(misdeeds(&court.try_on(&[&wrong, &abort])), [Misdeed::FalseGround]);
        let verdict = court.try_on(&[&aborted, &first, &second, &defence]);
        (misdeeds(&verdict), verdict.set_aside.len())
    };
    let other = Secret32::from_bytes([77; 32]);
    assert_eq!(shown(true, &|_| ()), (vec![Misdeed::CriedBadEscrow], 0));
    assert_eq!(shown(true, &|defence| defence.seed = other.clone()), (vec![], 1));
    assert_eq!(shown(true, &|defence| defence.key.k = other.clone()), (vec![], 1));
    assert_eq!(shown(false, &|_| ()), (vec![], 1));
}

/// Statements of every kind, good and bad, of which any set may be shown.
fn heap(court: &Court) -> Vec<String> {
    let (first, second) = court.promises();
    let other = court.sign(Role::Party, &court.keys[0], OPENED.plus(Millis(1)), st::Promise { answers: None });
    let signed = [0, 1].map(|place| court.party(place, st::Signature { promises: vec![] }));
    let (abort, of_b) = (court.party(0, st::Abort {}), court.party(1, st::Abort {}));
    let twin = Court::of(Protocol::CsnA, 2);
    let mut heap = vec![
        court.resolved(OPENED, &[&first, &second]),
        court.resolved(OPENED, &[&other, &second]),
        court.resolved(OPENED, &[&signed[0], &signed[1]]),
        court.aborted(OPENED, Asked, &[&abort]),
        court.aborted(OPENED, Asked, &[&of_b]),
        court.aborted(Deadlines::standard(OPENED).expires, Expired, &[]),
        court.aborted(OPENED, Expired, &[&abort]),
        court.unmet(OPENED),
        court.unmet(OPENED.plus(Millis::days(1))),
        twin.party(0, st::Signature { promises: vec![] }),
        "noise".to_owned(),
        "{}".to_owned(),
    ];
    heap.extend([first, second, other, abort, of_b]);
    heap.extend(signed);
    heap
}

proptest! {
    /// More evidence takes back no conviction and nothing that was proven; order and copies change nothing.
    #[test]
    fn verdicts_are_monotone(many in any::<bool>(), picks in prop::collection::vec(0..19_usize, 0..12), more in 0..19_usize) {
        let court = if many { Court::of(Protocol::CsnA, 2) } else { Court::of(Protocol::Cs2, 2) };
        let heap = heap(&court);
        let mut pieces: Vec<&String> = picks.iter().map(|pick| &heap[*pick]).collect();
        let named = |pieces: &[&String]| {
            let mut evidence = Evidence::new();
            for piece in pieces {
                evidence.add(&hash(piece).hex(), piece.as_bytes()).unwrap();
            }
            judge(&court.x, &evidence, &Ideal::new(1))
        };
        let before = named(&pieces);
        pieces.reverse();
        prop_assert_eq!(&before, &named(&pieces));
        pieces.push(&heap[more]);
        let after = named(&pieces);
        for known in misdeeds(&before) {
            prop_assert!(misdeeds(&after).contains(&known));
        }
        for claim in before.claims.iter().filter(|claim| claim.finding == Finding::Proven) {
            prop_assert_eq!(found(&after, claim.claim), Finding::Proven);
        }
        if before.outcome == FrameOutcome::Complete {
            prop_assert_eq!(after.outcome, FrameOutcome::Complete);
        }
    }

    /// Any bytes may be a piece.
    #[test]
    fn the_judge_is_total(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8)) {
        let court = Court::of(Protocol::CsnA, 2);
        let mut evidence = Evidence::new();
        for (at, piece) in pieces.iter().enumerate() {
            evidence.add(&at.to_string(), piece).unwrap();
        }
        let verdict = judge(&court.x, &evidence, &Ideal::new(1));
        prop_assert_eq!(verdict.outcome, FrameOutcome::Undecided);
        prop_assert!(verdict.convictions.is_empty());
    }
}
