//! Evidence is a set, and more of it never helps a culprit.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use Role::{Bank, Buyer, Notary, Seller};
use proptest::prelude::*;
use semper_blocks::statement::Kind;

use super::*;

/// Everything at once: rows that contradict each other, grounds that are none, forgeries, junk.
struct Pool {
    w: World,
    pieces: Vec<Vec<u8>>,
}

fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let w = World::new(Goods::WrongChunk);
        let mut pieces = honest_pieces(&w);
        pieces.extend(dishonest_pieces(&w, &pieces));
        Pool { w, pieces }
    })
}

fn text<B>(statement: &Statement<B>) -> Vec<u8> {
    statement.text.clone().into_bytes()
}

fn honest_pieces(w: &World) -> Vec<Vec<u8>> {
    let (hold, mandate) = (w.hold(), w.mandate());
    let captured = w.sign(Bank, hour(2), w.captured(hour(2), mandate.hash));
    let opened = w.sign(Notary, hour(4), st::Opened { at: hour(4), captured: captured.hash });
    let bad = w.sign(Notary, hour(4), w.bad_escrow(hour(4), captured.hash));
    let proof = Hash::of(&w.proof(1));
    let wrong = w.sign(Notary, hour(5), st::WrongFile { at: hour(5), captured: captured.hash, proof });
    let receipt = w.sign(Buyer, hour(5), w.receipt());
    let unmet = |role, what, at| text(&w.sign(role, at, st::Unmet { at, what }));
    vec![
        text(&w.sign(Bank, hour(1), w.held(hold.hash))),
        text(&w.sign(Seller, hour(2), w.capture(mandate.hash))),
        text(&w.sign(Buyer, hour(5), st::Complaint { captured: captured.hash, proof })),
        text(&w.sign(Buyer, hour(5), st::Contest { captured: captured.hash })),
        text(&w.sign(Buyer, hour(3), st::EscrowRequest { captured: captured.hash })),
        text(&w.sign(Bank, hour(6), w.contested(hour(6)))),
        text(&w.sign(Seller, hour(7), st::PassKey { key: w.key.clone() })),
        text(&w.sign(Bank, hour(7), w.passed(hour(7)))),
        text(&w.sign(Bank, hour(4), w.recorded(hour(4), opened.hash))),
        text(&w.sign(Bank, hour(9), w.settled(hour(9), Some(receipt.hash)))),
        text(&w.sign(Bank, hour(10), w.refunded(hour(10), st::RefundBasis::BadEscrow, Some(bad.hash)))),
        text(&w.sign(Bank, hour(10), w.refunded(hour(10), st::RefundBasis::WrongFile, Some(wrong.hash)))),
        text(&w.sign(Bank, hour(2), w.released(hour(2), st::ReleaseBy::Buyer))),
        unmet(Bank, Kind::Held, hour(0)),
        unmet(Notary, Kind::Opened, hour(1)),
        w.proof(1),
        w.opening(),
        w.defence(),
        w.escrow.clone(),
        text(&hold),
        text(&mandate),
        text(&captured),
        text(&opened),
        text(&bad),
        text(&wrong),
        text(&receipt),
    ]
}

fn dishonest_pieces(w: &World, honest: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let other = Amount::new(1, Currency::EUR).unwrap();
    let refused = w.proof(0);
    let (refused_hash, junk) = (Hash::of(&refused), b"junk".to_vec());
    let unlike = w.sign(Buyer, hour(1), st::Mandate { amount: other, payee: w.core().payee });
    let unmet = |role, what, at| text(&w.sign(role, at, st::Unmet { at, what }));
    let elsewhere = About::exchange(semper_base::Xid::of(b"another"), vec![]);
    let elsewhere = w.bank.answer(&w.context(hour(1)), elsewhere, w.held(unlike.hash)).unwrap();
    let false_key = KeyOpening { k: secret("?"), r: secret("?") };
    let mut forged = honest[21].clone();
    let middle_of_signature = forged.len() - 40;
    forged[middle_of_signature] = if forged[middle_of_signature] == b'A' { b'B' } else { b'A' };
    vec![
        text(&w.sign(Bank, hour(30), w.captured(hour(30), unlike.hash))),
        text(&w.sign(Bank, hour(3), w.held(Hash::of(&junk)))),
        text(&w.sign(Bank, hour(8), w.settled(hour(8), None))),
        text(&w.sign(Bank, hour(8), w.settled(hour(8), Some(Hash::of(&junk))))),
        text(&w.sign(Bank, hour(8), w.refunded(hour(8), st::RefundBasis::Contest, None))),
        text(&w.sign(Bank, hour(8), w.recorded(hour(8), unlike.hash))),
        text(&w.sign(Bank, hour(8), st::PassedKey { key: false_key.clone(), ..w.passed(hour(8)) })),
        text(&w.sign(Notary, hour(4), st::Opened { at: hour(4), captured: Hash::of(&junk) })),
        text(&w.sign(Notary, hour(4), st::WrongFile { at: hour(4), captured: unlike.hash, proof: refused_hash })),
        text(&w.sign(Seller, hour(4), w.capture(unlike.hash))),
        text(&w.sign(Seller, hour(4), st::PassKey { key: false_key })),
        unmet(Bank, Kind::Held, hour(20)),
        unmet(Notary, Kind::WrongFile, hour(20)),
        text(&unlike),
        text(&elsewhere),
        text(&w.sign(Buyer, hour(2), w.captured(hour(2), unlike.hash))),
        forged,
        refused,
        junk,
    ]
}

fn evidence<'a>(pieces: impl IntoIterator<Item = (String, &'a Vec<u8>)>) -> Evidence {
    let mut evidence = Evidence::new();
    pieces.into_iter().for_each(|(name, bytes)| evidence.add(&name, bytes).unwrap());
    evidence
}

/// The verdict on the pieces with these numbers.
fn on(numbers: impl IntoIterator<Item = usize>) -> Verdict {
    let Pool { w, pieces } = pool();
    judge(&w.x, &evidence(numbers.into_iter().map(|at| (format!("{at:02}"), &pieces[at]))), w.crypto.as_ref())
}

fn chosen(mask: u64) -> Vec<usize> {
    (0..pool().pieces.len()).filter(|at| mask >> at & 1 == 1).collect()
}

type Shown = BTreeSet<(Role, Misdeed, String)>;

fn convicted(verdict: &Verdict) -> Shown {
    let all = verdict.convictions.iter();
    all.flat_map(|c| c.shown_by.iter().map(|name| (c.who, c.misdeed, name.clone()))).collect()
}

fn proven(verdict: &Verdict) -> BTreeSet<ClaimKind> {
    let proven = verdict.claims.iter().filter(|claim| claim.finding == Finding::Proven);
    proven.map(|claim| claim.claim).collect()
}

/// The pool is worth something: nearly every misdeed is in it.
#[test]
fn the_pool_convicts_everybody() {
    let verdict = on(0..pool().pieces.len());
    let misdeeds: BTreeSet<Misdeed> = verdict.convictions.iter().map(|c| c.misdeed).collect();
    let who: BTreeSet<Role> = verdict.convictions.iter().map(|c| c.who).collect();
    assert_eq!((misdeeds.len(), who.len(), pool().pieces.len()), (18, 4, 45), "{misdeeds:?}");
    assert_eq!(proven(&verdict).len(), 16 + 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn more_evidence_takes_nothing_back(all: u64, some: u64) {
        let (less, more) = (on(chosen(all & some)), on(chosen(all)));
        prop_assert!(convicted(&less).is_subset(&convicted(&more)));
        prop_assert!(proven(&less).is_subset(&proven(&more)));
        // A contradicted claim stays contradicted or turns out to be proven too.
        for claim in less.claims.iter().filter(|claim| claim.finding == Finding::Contradicted) {
            prop_assert!(finding(&more, claim.claim) != Finding::NotProvable);
        }
    }

    #[test]
    fn order_does_not_matter(order in Just((0..pool().pieces.len()).collect::<Vec<_>>()).prop_shuffle(), mask: u64) {
        let numbers = order.into_iter().filter(|at| mask >> at & 1 == 1);
        prop_assert_eq!(on(numbers), on(chosen(mask)));
    }

    #[test]
    fn copies_do_not_matter(mask: u64, again: u64) {
        let Pool { w, pieces } = pool();
        let copies = chosen(mask & again).into_iter().map(|at| (format!("copy-{at:02}"), &pieces[at]));
        let once = chosen(mask).into_iter().map(|at| (format!("{at:02}"), &pieces[at]));
        let verdict = judge(&w.x, &evidence(once.chain(copies)), w.crypto.as_ref());
        let single = on(chosen(mask));
        prop_assert_eq!(guilty(&verdict), guilty(&single));
        prop_assert_eq!(&verdict.outcome, &single.outcome);
        let findings = |v: &Verdict| v.claims.iter().map(|c| (c.claim, c.finding)).collect::<Vec<_>>();
        prop_assert_eq!(findings(&verdict), findings(&single));
    }

    /// One piece alone convicts only by what it says itself, and anything may be a piece.
    #[test]
    fn any_bytes_may_be_a_piece(at in 0_usize..45, flip in any::<usize>(), bit in 0_u8..8, junk: Vec<u8>) {
        let Pool { w, pieces } = pool();
        let mut changed = pieces[at].clone();
        let place = flip % changed.len();
        changed[place] ^= 1 << bit;
        let verdict = w.judge(&[&changed, &junk]);
        prop_assert_eq!(verdict.convictions, vec![]);
        prop_assert!(!verdict.set_aside.is_empty());
    }
}

/// The same pieces under real signatures.
#[test]
fn providers_agree() {
    let judged = |w: World| {
        let mut pieces = honest_pieces(&w);
        pieces.extend(dishonest_pieces(&w, &pieces));
        let named = pieces.iter().enumerate().map(|(at, bytes)| (format!("{at:02}"), bytes));
        let mut verdict = judge(&w.x, &evidence(named), w.crypto.as_ref());
        verdict.set_aside.iter_mut().for_each(|piece| piece.sentence.clear());
        (verdict.claims, verdict.convictions, verdict.outcome, verdict.set_aside)
    };
    assert_eq!(judged(World::new(Goods::WrongChunk)), judged(World::real(Goods::WrongChunk)));
}
