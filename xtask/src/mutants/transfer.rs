//! Rules of containers: what a list may be, what is taken, when it is paid, who may stop when.

use super::{Killer, Mutant, rule};

const GOODS: &str = "crates/exchange/src/transfer/goods.rs";
const PAPER: &str = "crates/exchange/src/transfer/paper.rs";
const RECEIVER: &str = "crates/exchange/src/transfer/receiver.rs";
const SENDER: &str = "crates/exchange/src/transfer/sender.rs";

const fn of(
    file: &'static str,
    name: &'static str,
    from: &'static str,
    to: &'static str,
    breaks: &'static str,
) -> Mutant {
    rule(Killer::Transfer, file, name, from, to, breaks)
}

pub(super) const MUTANTS: &[Mutant] = &[
    of(GOODS, "transfer-depth", "if open.len() > TRANSFER_DEPTH_MAX {", "if false {", "containers have a depth"),
    of(GOODS, "transfer-two-payments", "if total.payments > 1 {", "if false {", "two rows at a bank are not one act"),
    of(
        GOODS,
        "transfer-list-end",
        "if open.iter().any(|(_, lacks)| *lacks > 0) {",
        "if false {",
        "a list does not end inside a container",
    ),
    of(PAPER, "transfer-root", "if !tree::verify(", "if false && !tree::verify(", "a chunk lies under its root"),
    of(
        PAPER,
        "transfer-box-of-another",
        "associated(from, public.id()).bytes()",
        "associated(public.id(), public.id()).bytes()",
        "what is sealed belongs to who speaks",
    ),
    of(
        RECEIVER,
        "transfer-unpaid",
        "Some((to, until)) if !paid => {",
        "Some((to, until)) if false && !paid => {",
        "money comes before anything is seen",
    ),
    of(RECEIVER, "transfer-not-all", "if complete {", "if true {", "all is here before it is checked"),
    of(
        RECEIVER,
        "transfer-drop",
        "vec![ReceiverEffect::Drop, told]",
        "vec![told]",
        "what comes to nothing leaves nothing",
    ),
    of(
        RECEIVER,
        "transfer-bad-goods",
        "ReceiverEvent::Checked(Err(code)) => Ok(ended(Ending::Stopped(code.number()), now)),",
        "ReceiverEvent::Checked(Err(_)) => Ok(taken(now)),",
        "what is found bad is not taken",
    ),
    of(
        RECEIVER,
        "transfer-due-for-ever",
        "ReceiverEvent::Timer if last_news(until) <= now =>",
        "ReceiverEvent::Timer if false && last_news(until) <= now =>",
        "a payment is not awaited for ever",
    ),
    of(
        RECEIVER,
        "transfer-due-stop",
        "ReceiverEvent::Timer if last_news(until) <= now =>",
        "ReceiverEvent::Timer if true =>",
        "whoever was told that all is here may be paying",
    ),
    of(
        RECEIVER,
        "transfer-word-again",
        "Ok((self.clone(), vec![ReceiverEffect::Send(AnswerWord::Over(ending))]))",
        "Ok((self.clone(), vec![]))",
        "how it ended is said to whoever asks again",
    ),
    of(
        SENDER,
        "transfer-stop-ordered",
        "Err(Misuse::new(Code::StateWrong, \"the payment is ordered; the bank's word decides\").into())",
        "Ok(stop(Code::Declined, now))",
        "an order at the bank is not taken back",
    ),
    of(
        SENDER,
        "transfer-late-ordered",
        "SenderEvent::Timer { ordered: false } if plan.until <= now =>",
        "SenderEvent::Timer { .. } if plan.until <= now =>",
        "what was ordered is decided by the bank, however late",
    ),
    of(
        SENDER,
        "transfer-want",
        "if chunks.iter().all(|(good, index)| plan.has(*good, *index)) =>",
        "if true =>",
        "only what is in the list is sent",
    ),
    of(
        SENDER,
        "transfer-silence",
        "SenderEvent::Timer { .. } if give_up <= now => over(None, false, now),",
        "SenderEvent::Timer { .. } if false => over(None, false, now),",
        "a receiver that says nothing is not asked for ever",
    ),
];
