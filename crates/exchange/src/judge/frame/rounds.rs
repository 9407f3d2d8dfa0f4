//! What can be shown about an exchange in rounds: of the notary that it answered against its rule, of a party that
//! it went on after it had stopped.

use semper_base::{Hash, Role};

use super::super::evidence::Piece;
use super::super::verdict::{Docket, Misdeed};
use super::facts::{Act, Facts, Row};
use super::{FrameClaim, FrameClaimKind as K, Names, names, weigh};
use crate::fair::frame::statements as st;
use crate::fair::frame::{Decided, Protocol};

pub(super) fn notary(facts: &Facts<'_>, out: &mut Docket) {
    for row in &facts.halted {
        ground(facts, row, out);
        for other in facts.halted.iter().filter(|other| !agree(row, other)) {
            out.convict(Role::Notary, Misdeed::TwoAnswers, [row.piece, other.piece]);
        }
    }
    if facts.reader.x.core.protocol == Protocol::CsnC {
        facts.resolved.iter().for_each(|row| resolved(facts, row, out));
    }
}

/// On pledges of one round, which show that everybody who was halted went on.
fn resolved(facts: &Facts<'_>, row: &Row<'_>, out: &mut Docket) {
    let Some(named) = facts.named(row) else { return };
    let texts: Vec<String> = named.iter().map(|(_, text)| text.clone()).collect();
    let pieces: Vec<&Piece> = named.iter().map(|(piece, _)| *piece).collect();
    let Ok(round) = facts.reader.round(&texts) else {
        out.convict(Role::Notary, Misdeed::FalseGround, pieces.into_iter().chain([row.piece]));
        return;
    };
    for halted in facts.halted.iter().filter(|halted| body(halted).is_some_and(|halted| round <= halted.round)) {
        let shown = pieces.iter().copied().chain([row.piece, halted.piece]);
        out.convict(Role::Notary, Misdeed::ResolvedDespiteHalt, shown);
    }
}

/// Stops and halts in turn, which lead to this one by the notary's own rule.
fn ground(facts: &Facts<'_>, row: &Row<'_>, out: &mut Docket) {
    let Some(halted) = body(row) else { return };
    let parties = facts.reader.x.core.parties.len();
    if halted.ground.len().is_multiple_of(2) || halted.ground.len() >= parties.saturating_mul(2) {
        out.convict(Role::Notary, Misdeed::NoGround, [row.piece]);
    }
    for (at, hash) in halted.ground.iter().enumerate() {
        if let Some((piece, text)) = facts.preimage(hash)
            && !bears(facts, at, &text)
        {
            out.convict(Role::Notary, Misdeed::FalseGround, [row.piece, piece]);
        }
    }
    if let Some(pieces) = facts.named(row) {
        let texts: Vec<String> = pieces.iter().map(|(_, text)| text.clone()).collect();
        if facts.reader.halts(halted, &texts).is_err() {
            let shown = pieces.iter().map(|(piece, _)| *piece).chain([row.piece]);
            out.convict(Role::Notary, Misdeed::NoGround, shown);
        }
    }
}

fn bears(facts: &Facts<'_>, at: usize, text: &str) -> bool {
    if at.is_multiple_of(2) {
        facts.reader.stop(text).is_ok()
    } else {
        facts.reader.decided(text).is_ok_and(|decided| matches!(decided, Decided::Halted(_)))
    }
}

fn body<'r>(row: &'r Row<'_>) -> Option<&'r st::Halted> {
    if let Decided::Halted(halted) = &row.decided { Some(&halted.body) } else { None }
}

/// Whether one continues the other, or is the same.
fn agree(one: &Row<'_>, other: &Row<'_>) -> bool {
    let (shorter, longer): (&[Hash], &[Hash]) = (one.decided.ground(), other.decided.ground());
    match shorter.len().cmp(&longer.len()) {
        std::cmp::Ordering::Equal => one.content == other.content,
        std::cmp::Ordering::Greater => agree(other, one),
        std::cmp::Ordering::Less => {
            let same = |rows: [&Row<'_>; 2]| rows.map(|row| body(row).map(|halted| halted.party));
            let [mine, theirs] = same([one, other]);
            longer.starts_with(shorter) && mine != theirs
        }
    }
}

/// A stop, and a pledge or signature from a later round.
pub(super) fn parties(facts: &Facts<'_>, out: &mut Docket) {
    let last = facts.reader.x.parties().saturating_add(1);
    for (stopped, stop) in &facts.stopped {
        let pledges = facts.pledged.iter().map(|(round, act)| (*round, act));
        let signatures = facts.signed.iter().map(|act| (last, act));
        let later = |(round, act): &(u8, &Act<'_>)| act.by == stop.by && round > stopped;
        for (_, act) in pledges.chain(signatures).filter(later) {
            out.convict_party(stop.by, Misdeed::WentOn, [stop.piece, act.piece]);
        }
    }
}

/// What is claimed of one party.
pub(super) fn claims(facts: &Facts<'_>, party: u8) -> [FrameClaim; 2] {
    let of = |row: &&Row<'_>| body(row).is_some_and(|halted| halted.party == party.saturating_add(1));
    let rows: Vec<&Row<'_>> = facts.halted.iter().filter(of).collect();
    let shown: Names = rows.iter().flat_map(|row| facts.grounded(std::slice::from_ref(*row))).collect();
    let stopped = names(facts.stopped.iter().filter(|(_, act)| act.by == party).map(|(_, act)| act.piece));
    let nothing = Names::new();
    [weigh(K::Halted { party }, &shown, &nothing), weigh(K::Stopped { party }, &stopped, &nothing)]
}
