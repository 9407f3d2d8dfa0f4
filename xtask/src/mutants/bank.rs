//! Rules of the bank: the register, its deadlines, its ledger.

use super::{Killer, Mutant};

const fn rule(name: &'static str, from: &'static str, to: &'static str, breaks: &'static str) -> Mutant {
    Mutant { name, file: "crates/exchange/src/fair/dgp/bank.rs", from, to, breaks, killer: Killer::Worlds }
}

const fn field(name: &'static str, from: &'static str, to: &'static str, breaks: &'static str) -> Mutant {
    Mutant { killer: Killer::Fields, ..rule(name, from, to, breaks) }
}

pub(super) const MUTANTS: &[Mutant] = &[
    // Deadlines.
    rule(
        "bank-hold-expiry",
        "Bank::Held(held) if now >= self.x.core.deadlines.hold_until =>",
        "Bank::Held(held) if now > self.x.core.deadlines.hold_until =>",
        "at hold_until the hold is over",
    ),
    field(
        "bank-due",
        "Bank::Captured(captured) if now >= captured.due().0 =>",
        "Bank::Captured(captured) if now > captured.due().0 =>",
        "at the due moment the bank settles or pays back",
    ),
    rule(
        "bank-overdue-first",
        "let state = self.overdue(state, out)?;",
        "let state = if *event == Event::Deadline { self.overdue(state, out)? } else { state.clone() };",
        "a deadline that has passed is acted upon before any message that comes after it",
    ),
    rule(
        "bank-hold-too-late",
        "if self.cx.now() >= core.deadlines.hold_until {",
        "if self.cx.now() > core.deadlines.hold_until {",
        "no hold is taken at or after hold_until",
    ),
    field(
        "bank-blank-release-late",
        "(Bank::Blank, Checked::Release { by, .. }) if self.cx.now() >= self.x.core.deadlines.hold_until => {",
        "(Bank::Blank, Checked::Release { by, .. }) if self.cx.now() > self.x.core.deadlines.hold_until => {",
        "after hold_until nothing is decided about a hold that never came",
    ),
    field(
        "bank-deadline-held",
        "Bank::Held(_) => Some(x.core.deadlines.hold_until),",
        "Bank::Held(_) => None,",
        "the bank lets a hold go by itself",
    ),
    field(
        "bank-deadline-captured",
        "Bank::Captured(state) => Some(state.due().0),",
        "Bank::Captured(state) => Some(state.settle_after),",
        "the bank pays an unanswered contest back by itself",
    ),
    rule(
        "bank-settle-window",
        "let settle_after = now.plus(core.deadlines.settle_ms);",
        "let settle_after = now.plus(core.deadlines.contest_ms);",
        "settlement waits for W",
    ),
    field(
        "bank-contest-window",
        "let answer_until = at.plus(self.x.core.deadlines.contest_ms);",
        "let answer_until = at.plus(self.x.core.deadlines.answer_ms);",
        "a contest waits V for an answer",
    ),
    rule(
        "bank-due-refund",
        "Some(until) => (until, Due::Refund),",
        "Some(until) => (until, Due::Settle),",
        "an unanswered contest leads to refund",
    ),
    rule(
        "bank-window-at-least",
        "state.settle_after.max(self.cx.now().plus(self.x.core.deadlines.complaint_ms))",
        "self.cx.now().plus(self.x.core.deadlines.complaint_ms)",
        "a key that was handed over never makes settlement earlier",
    ),
    rule(
        "bank-window-complaint",
        "state.settle_after.max(self.cx.now().plus(self.x.core.deadlines.complaint_ms))",
        "state.settle_after.max(self.cx.now())",
        "who just got the key has a complaint window",
    ),
    field(
        "bank-passed-window",
        "let (at, settle_after) = (self.cx.now(), self.with_complaint_window(&state));",
        "let (at, settle_after) = (self.cx.now(), state.settle_after);",
        "a complaint window follows a key that the bank passed on",
    ),
    field(
        "bank-recorded-window",
        "let settle_after = self.with_complaint_window(&state);\n",
        "let settle_after = state.settle_after;\n",
        "a complaint window follows a recorded opening",
    ),
    // What a hold must say.
    field(
        "bank-hold-amount",
        "if hold.body.amount != core.amount || debit.body.amount != core.amount {",
        "if debit.body.amount != core.amount {",
        "the hold's amount is the descriptor's",
    ),
    field(
        "bank-debit-amount",
        "if hold.body.amount != core.amount || debit.body.amount != core.amount {",
        "if hold.body.amount != core.amount {",
        "the debit order's amount is the descriptor's",
    ),
    field(
        "bank-hold-payee",
        "if hold.body.payee != core.payee {",
        "if false {",
        "the hold's payee is the descriptor's",
    ),
    field("bank-debit-ref", "if debit.body.hold != hold.hash {", "if false {", "a debit order is for this hold alone"),
    field(
        "bank-account-key",
        ".filter(|(_, key)| *key == debit.body.account_key.id())",
        ".filter(|_| true)",
        "the debit order is signed by the account's own key",
    ),
    field(
        "bank-no-funds",
        "if available.minus(core.amount).is_err() {",
        "if false {",
        "nothing is held that is not there",
    ),
    field(
        "bank-another-run",
        "(Bank::Held(held), Checked::Hold { hold, .. }) if held.hold == hold.hash => {",
        "(Bank::Held(held), Checked::Hold { .. }) => {",
        "a second hold for one exchange is refused",
    ),
    // What a capture must say.
    field(
        "bank-mandate-amount",
        "if mandate.body.amount != core.amount {",
        "if false {",
        "the mandate's amount is the descriptor's",
    ),
    field(
        "bank-mandate-payee",
        "if mandate.body.payee != core.payee || opened != core.payee {",
        "if opened != core.payee {",
        "the mandate's payee is the descriptor's",
    ),
    field(
        "bank-capture-account",
        "if mandate.body.payee != core.payee || opened != core.payee {",
        "if mandate.body.payee != core.payee {",
        "money goes to the account that the descriptor commits to",
    ),
    field(
        "bank-capture-ref",
        "if capture.body.mandate != mandate.hash {",
        "if false {",
        "a capture is for this mandate alone",
    ),
    // After capture.
    field(
        "bank-receipt-amount",
        "if receipt.body.amount != self.x.core.amount || receipt.body.plain != self.x.core.plain {",
        "if receipt.body.plain != self.x.core.plain {",
        "the receipt's amount is the descriptor's",
    ),
    field(
        "bank-receipt-plain",
        "if receipt.body.amount != self.x.core.amount || receipt.body.plain != self.x.core.plain {",
        "if receipt.body.amount != self.x.core.amount {",
        "the receipt is for the goods of the descriptor",
    ),
    field(
        "bank-contest-ref",
        "if contest.body.captured != state.captured {",
        "if false {",
        "a contest names the bank's own captured",
    ),
    rule(
        "bank-contest-once",
        "if state.answer_until.is_some() || state.passed || state.recorded {",
        "if state.passed || state.recorded {",
        "one contest per exchange",
    ),
    rule(
        "bank-contest-after-pass",
        "if state.answer_until.is_some() || state.passed || state.recorded {",
        "if state.answer_until.is_some() || state.recorded {",
        "no contest after a key was passed on",
    ),
    rule(
        "bank-contest-after-record",
        "if state.answer_until.is_some() || state.passed || state.recorded {",
        "if state.answer_until.is_some() || state.passed {",
        "no contest after an opening was recorded",
    ),
    field(
        "bank-pass-key-opens",
        "pass.body.key.check(&self.x.core.com_k)?;",
        "let _ = pass.body.key.check(&self.x.core.com_k);",
        "only a key that opens com_k is passed on",
    ),
    rule("bank-pass-once", "if state.passed {", "if false {", "a key is passed on once"),
    rule(
        "bank-pass-lifts",
        "Ok(Bank::Captured(Captured { passed: true, settle_after, answer_until: None, ..state }))",
        "Ok(Bank::Captured(Captured { passed: true, settle_after, ..state }))",
        "the seller's key answers a contest",
    ),
    rule(
        "bank-record-lifts",
        "Ok(Bank::Captured(Captured { recorded: true, settle_after, answer_until: None, ..state }))",
        "Ok(Bank::Captured(Captured { recorded: true, settle_after, ..state }))",
        "the notary's opening answers a contest",
    ),
    field(
        "bank-opened-ref",
        "self.check_captured(&state, &opened.body.captured)?;",
        "",
        "an opening names the bank's own captured",
    ),
    field(
        "bank-bad-escrow-ref",
        "self.check_captured(&state, &bad.body.captured)?;",
        "",
        "a bad-escrow names the bank's own captured",
    ),
    field(
        "bank-bad-escrow-box",
        "if bad.body.escrow != self.x.escrow_hash {",
        "if false {",
        "a bad-escrow is about the descriptor's box",
    ),
    field(
        "bank-wrong-file-ref",
        "self.check_captured(&state, &wrong.body.captured)?;",
        "",
        "a wrong-file names the bank's own captured",
    ),
    rule(
        "bank-record-once",
        "                if state.recorded {\n",
        "                if false {\n",
        "an opening is recorded once",
    ),
    rule(
        "bank-record-late-once",
        "        if state.recorded {\n            out.push(Effect::Rows(Role::Notary));\n            return Ok(Bank::Settled(state));",
        "        if false {\n            out.push(Effect::Rows(Role::Notary));\n            return Ok(Bank::Settled(state));",
        "an opening is recorded once, after settlement too",
    ),
    rule(
        "bank-record-late",
        "(Bank::Settled(state), Checked::Answer(Answer::Opened(opened))) => self.record_late(state, opened, out),",
        "",
        "a buyer who paid for good still gets the key",
    ),
    rule(
        "bank-tells-accused-box",
        "accuse(&bad.text, out);",
        "",
        "the seller gets the notary's bad-escrow, to convict it with the seed",
    ),
    rule("bank-tells-accused-file", "accuse(&wrong.text, out);", "", "the seller gets the notary's wrong-file"),
    // Money and answers.
    rule(
        "bank-release-money",
        "out.push(Effect::Money(Money::Release { account: account.clone() }));",
        "let _ = account;",
        "a released hold goes back",
    ),
    rule(
        "bank-settle-to",
        "out.push(Effect::Money(Money::Settle { account: state.payee.clone() }));",
        "out.push(Effect::Money(Money::Settle { account: state.payer.clone() }));",
        "settled money is the payee's",
    ),
    rule(
        "bank-refund-to",
        "out.push(Effect::Money(Money::Refund { account: state.payer.clone() }));",
        "out.push(Effect::Money(Money::Refund { account: state.payee.clone() }));",
        "refunded money is the payer's",
    ),
    rule(
        "bank-answers-both",
        "for to in [Role::Buyer, Role::Seller] {",
        "for to in [Role::Buyer] {",
        "both parties get every answer",
    ),
    rule(
        "bank-unmet-only-blank",
        "if state == Bank::Blank {",
        "if !matches!(state, Bank::Captured(_)) {",
        "unmet is said only while nothing is on record",
    ),
    rule(
        "bank-release-blank",
        "(Bank::Blank, Checked::Release { by, .. }) => self.release(None, released_by(*by), out),",
        "(Bank::Blank, Checked::Release { by, .. }) => self.tell(Bank::Blank, *by, out),",
        "a release that comes before the hold stops it",
    ),
    rule(
        "bank-record-tells-notary",
        "        let hash = self.row(Slot::Recorded, st::Recorded { at: self.cx.now(), opened, settle_after }, out)?;\n        out.push(Effect::Rows(Role::Notary));",
        "        let hash = self.row(Slot::Recorded, st::Recorded { at: self.cx.now(), opened, settle_after }, out)?;",
        "the notary hears that its opening is on record",
    ),
    rule(
        "bank-release-after-capture",
        "Checked::PassKey(pass) => self.pass_key(state, pass, out),",
        "Checked::PassKey(pass) => self.pass_key(state, pass, out),\n            Checked::Release { by, .. } => self.release(Some(&state.payer), released_by(*by), out),",
        "what was captured is not released",
    ),
    rule(
        "bank-capture-after-release",
        "(Bank::Captured(state), content) => self.after_capture(state, from, content, out),",
        "(Bank::Captured(state), content) => self.after_capture(state, from, content, out),\n            (Bank::Released, Checked::Capture { capture, mandate }) => self.capture(Held { payer: \"payer\".to_owned(), hold: mandate.hash }, capture, mandate, out),",
        "what was released is not captured",
    ),
    rule(
        "bank-refund-after-settle",
        "(Bank::Settled(state), Checked::Answer(Answer::Opened(opened))) =>",
        "(Bank::Settled(_), Checked::Answer(Answer::WrongFile(wrong))) => {\n                self.row(Slot::Remedy, st::Refunded { amount: self.x.core.amount, at: self.cx.now(), basis: st::RefundBasis::WrongFile, notary: Some(wrong.hash) }, out)?;\n                Ok(Bank::Refunded)\n            }\n            (Bank::Settled(state), Checked::Answer(Answer::Opened(opened))) =>",
        "what was settled is not paid back",
    ),
];
