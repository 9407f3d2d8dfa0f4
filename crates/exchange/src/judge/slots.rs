//! Write-once slots: two answers that differ convict whoever signed them.

use semper_base::Role;

use super::facts::Found;
use super::verdict::{Docket, Misdeed};

/// Two texts of one kind with different payloads. Two signatures under one payload say one thing.
pub(super) fn different<B>(who: Role, rows: &[Found<'_, B>], out: &mut Docket) {
    let Some(first) = rows.first() else { return };
    if rows.iter().any(|row| row.content != first.content) {
        out.convict(who, Misdeed::TwoAnswers, rows.iter().map(|row| row.piece));
    }
}

/// Two kinds that exclude each other.
pub(super) fn both<A, B>(who: Role, misdeed: Misdeed, one: &[Found<'_, A>], other: &[Found<'_, B>], out: &mut Docket) {
    if !one.is_empty() && !other.is_empty() {
        let pieces = one.iter().map(|row| row.piece).chain(other.iter().map(|row| row.piece));
        out.convict(who, misdeed, pieces);
    }
}
