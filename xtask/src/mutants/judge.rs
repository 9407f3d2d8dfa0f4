//! Rules of the judge.

use super::{Killer, Mutant};

const fn rule(
    killer: Killer,
    file: &'static str,
    name: &'static str,
    from: &'static str,
    to: &'static str,
    breaks: &'static str,
) -> Mutant {
    Mutant { name, file, from, to, breaks, killer }
}

const BANK: &str = "crates/exchange/src/judge/bank.rs";
const OTHERS: &str = "crates/exchange/src/judge/others.rs";
const FACTS: &str = "crates/exchange/src/judge/facts.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    rule(
        Killer::Judge,
        BANK,
        "judge-two-captured",
        "different(WHO, &facts.captured, out);",
        "",
        "two captured convict",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-captured-released",
        "both(WHO, Misdeed::CapturedAndReleased, &facts.captured, &facts.released, out);",
        "",
        "both answers of the decision convict",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-settled-refunded",
        "both(WHO, Misdeed::SettledAndRefunded, &facts.settled, &facts.refunded, out);",
        "",
        "both answers of the remedy convict",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-settled-early",
        "let captured = facts.captured.iter().filter(|c| at < c.body.settle_after);",
        "let captured = facts.captured.iter().filter(|c| at < c.body.settle_after && false);",
        "settlement before settle_after convicts",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-settled-at",
        "let captured = facts.captured.iter().filter(|c| at < c.body.settle_after);",
        "let captured = facts.captured.iter().filter(|c| at <= c.body.settle_after);",
        "settlement at settle_after is right",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-refunded-early",
        "filter(|c| row.body.at < c.body.answer_until)",
        "filter(|c| row.body.at <= c.body.answer_until)",
        "refund at answer_until is right",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-captured-late",
        "row.captured_at >= times.hold_until",
        "row.captured_at > times.hold_until",
        "capture at hold_until convicts",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-expiry-early",
        "row.by == ReleaseBy::Expiry && row.at < times.hold_until",
        "row.by == ReleaseBy::Expiry && row.at <= times.hold_until",
        "expiry at hold_until is right",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-order-skew",
        "if *earlier > later.plus(skew) {",
        "if *earlier >= later.plus(skew) {",
        "the skew is tolerated",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-order",
        "if *earlier > later.plus(skew) {",
        "if false {",
        "rows out of order convict",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-denial",
        "if unmet.body.at > written.plus(skew) {",
        "if false {",
        "a denied record convicts",
    ),
    rule(
        Killer::Judge,
        BANK,
        "judge-passed-key",
        "row.key.check(&core.com_k).is_err()) {\n        out.convict(WHO, Misdeed::FalseKey",
        "false && row.key.check(&core.com_k).is_err()) {\n        out.convict(WHO, Misdeed::FalseKey",
        "a false key convicts",
    ),
    rule(
        Killer::Judge,
        OTHERS,
        "judge-cried-bad-escrow",
        "if !facts.defences.is_empty() {",
        "if false {",
        "the seed convicts who cried bad escrow",
    ),
    rule(
        Killer::Judge,
        OTHERS,
        "judge-upheld",
        "(!holds).then_some(bytes)",
        "holds.then_some(bytes)",
        "a refused proof convicts who upheld it",
    ),
    rule(
        Killer::Judge,
        OTHERS,
        "judge-unbound",
        "if !bound.is_empty() && !shown.is_empty() {",
        "if !shown.is_empty() {",
        "a descriptor that somebody else wrote binds nobody",
    ),
    rule(
        Killer::Judge,
        OTHERS,
        "judge-another-account",
        "payee_commitment(&row.body.account, row.body.salt.danger_bytes()) != core.payee",
        "false",
        "a capture for another account convicts",
    ),
    rule(
        Killer::Judge,
        OTHERS,
        "judge-receipt-complaint",
        "both(WHO, Misdeed::ReceiptAndComplaint, &facts.receipt, &facts.complaint, out);",
        "",
        "receipt and complaint convict",
    ),
    rule(
        Killer::Judge,
        FACTS,
        "judge-role",
        "if statement.meta.signer.role != by {",
        "if false {",
        "a signature counts for the role it names",
    ),
    rule(
        Killer::Judge,
        FACTS,
        "judge-xid",
        "if statement.meta.xid != Some(self.x.xid) {",
        "if false {",
        "evidence is about this exchange",
    ),
];
