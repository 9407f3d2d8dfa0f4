//! Containers of goods: lists from bytes, and both machines driven by bytes, each with a peer that says anything in any
//! order. What must hold:
//!
//! - a list that is taken has one spelling, one place for each good, and keeps its bounds;
//! - nothing panics, and a state comes back from the store as it went in;
//! - nothing is seen before all chunks were there, were found good, and a payment came; what has ended stays so;
//! - a payment is ordered once, after the receiver said that all else is there.

use std::collections::BTreeSet;

use semper_base::limits::{TRANSFER_BYTES_MAX, TRANSFER_CHUNKS_MAX, TRANSFER_GOODS_MAX};
use semper_base::{Code, Millis, Nonce, Timestamp, json};
use semper_blocks::delivery::Layout;
use semper_blocks::payment::PayTo;
use semper_exchange::transfer::{
    Announcement, Answer, AnswerWord, Ending, Piece, Plan, Receiver, ReceiverEffect, ReceiverEvent, Sender,
    SenderEffect, SenderEvent, Sending, StopWord,
};

use crate::input::Input;

/// Acts of one run.
const ACTS_MAX: usize = 96;
const BEGIN: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const TO: PayTo = PayTo(Nonce([7; 16]));

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    match input.byte() % 4 {
        0 => list(input.rest()),
        1 => messages(input.rest()),
        2 => receiver(&mut input),
        _ => sender(&mut input),
    }
}

fn list(bytes: &[u8]) {
    let Ok(sending) = json::read::<Sending>(bytes) else { return };
    let spelled = json::canonical(&sending).expect("what was read can be written");
    assert_eq!(json::read::<Sending>(&spelled).expect("and read again"), sending);
    if sending.check().is_err() {
        return;
    }
    let paths = sending.paths().expect("a list that was taken");
    let distinct: BTreeSet<&String> = paths.iter().collect();
    assert!(paths.len() == sending.goods.len() && distinct.len() == paths.len() && paths.len() <= TRANSFER_GOODS_MAX);
    let plan = Plan::of(&sending);
    let chunks: u64 = plan.contents.iter().map(|(_, layout)| layout.leaves()).sum();
    assert!(sending.bytes <= TRANSFER_BYTES_MAX && chunks <= TRANSFER_CHUNKS_MAX);
    assert_eq!(plan.pays, sending.amount().is_some());
}

fn messages(bytes: &[u8]) {
    let _ = json::read::<Announcement>(bytes);
    let _ = json::read::<Piece>(bytes);
    let _ = json::read::<StopWord>(bytes);
    if let Ok(answer) = json::read::<Answer>(bytes) {
        let _ = answer.check();
    }
}

fn plan(input: &mut Input<'_>) -> Plan {
    let contents = (0..u64::try_from(input.below(3)).unwrap_or(0))
        .map(|good| (2 * good, Layout::new(u64::from(input.byte() % 24), 2).expect("small")))
        .collect();
    Plan { contents, pays: input.flag(), until: BEGIN.plus(Millis::days(7)) }
}

fn receiver(input: &mut Input<'_>) {
    let plan = plan(input);
    let mut machine = Receiver::announced(&plan);
    let (mut now, mut here, mut paid) = (BEGIN, BTreeSet::new(), false);
    for _ in 0..ACTS_MAX {
        if input.is_empty() {
            return;
        }
        let event = match input.byte() % 12 {
            0 => ReceiverEvent::Accept,
            1 => ReceiverEvent::Again,
            2 => ReceiverEvent::Decline(Code::Declined),
            3 => ReceiverEvent::NoReference(Code::Declined),
            4 => ReceiverEvent::Paid,
            5 => ReceiverEvent::Reference(TO, BEGIN.plus(Millis::days(20))),
            6 => ReceiverEvent::Stop(Code::Declined),
            7 => ReceiverEvent::Stopped(u16::from(input.byte())),
            8 => {
                now = now.plus(Millis::hours(u64::from(input.byte())));
                ReceiverEvent::Timer
            }
            _ => ReceiverEvent::Chunk { good: u64::from(input.byte() % 6), index: u64::from(input.byte() % 16) },
        };
        let before = machine.clone();
        let Ok((mut next, mut effects)) = machine.step(event, &plan, now) else { continue };
        if let ReceiverEvent::Chunk { good, index } = event
            && before.is_missing(good, index, &plan)
        {
            here.insert((good, index));
        }
        paid |= event == ReceiverEvent::Paid && before.word() != "announced";
        if effects.contains(&ReceiverEffect::Check) {
            let found = if input.flag() { Ok(()) } else { Err(Code::FileWrong) };
            let (last, more) = next.step(ReceiverEvent::Checked(found), &plan, now).expect("it was asked for");
            assert!(found.is_ok() || !last.is_taken());
            effects.extend(more);
            next = last;
        }
        let all: u64 = plan.contents.iter().map(|(_, layout)| layout.leaves()).sum();
        if effects.contains(&ReceiverEffect::Take) {
            assert!(here.len() as u64 == all && (paid || !plan.pays), "seen too early");
        }
        assert!(before.ending().is_none() || before.ending() == next.ending(), "it was over");
        assert_eq!(next.is_taken(), before.is_taken() || effects.contains(&ReceiverEffect::Take));
        machine = stored(&next);
    }
}

fn sender(input: &mut Input<'_>) {
    let plan = plan(input);
    let (mut machine, _) = Sender::announced(BEGIN);
    let (mut now, mut orders, mut ready) = (BEGIN, 0, false);
    for _ in 0..ACTS_MAX {
        if input.is_empty() {
            return;
        }
        let event = match input.byte() % 12 {
            0 => SenderEvent::Answer(AnswerWord::Accepted(input.flag().then_some(TO))),
            1 => SenderEvent::Answer(AnswerWord::Over(Ending::Declined(1))),
            2 => SenderEvent::Answer(AnswerWord::Over(Ending::Stopped(1))),
            3 => SenderEvent::Answer(AnswerWord::Over(Ending::Taken)),
            4 => SenderEvent::Answer(AnswerWord::Ready),
            5 => SenderEvent::Left,
            6 => SenderEvent::NotPaid(Code::Declined),
            7 => SenderEvent::Stop { code: Code::Declined, ordered: input.flag() },
            8 => {
                now = now.plus(Millis::hours(u64::from(input.byte())));
                SenderEvent::Timer { ordered: input.flag() }
            }
            _ => {
                let wanted = (u64::from(input.byte() % 6), u64::from(input.byte() % 16));
                SenderEvent::Answer(AnswerWord::Want(vec![wanted]))
            }
        };
        ready |= event == SenderEvent::Answer(AnswerWord::Ready);
        let before = machine.outcome();
        let Ok((next, effects)) = machine.step(event, &plan, now) else { continue };
        for effect in effects {
            match effect {
                SenderEffect::Pay(to) => {
                    assert!(plan.pays && ready && to == TO, "paid too early");
                    orders += 1;
                }
                SenderEffect::Pieces(chunks) => {
                    assert!(chunks.iter().all(|(good, index)| plan.has(*good, *index)), "no such chunk");
                }
                SenderEffect::Announce | SenderEffect::CancelPay | SenderEffect::Drop | SenderEffect::Stop(_) => {}
            }
        }
        assert!(orders <= 1, "ordered twice");
        let after = next.outcome();
        let stays = before.is_none_or(|before| {
            after.is_some_and(|after| after.paid == before.paid && (before.ending.is_none() || after == before))
        });
        assert!(stays, "it was over");
        machine = stored(&next);
    }
}

fn stored<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(state: &T) -> T {
    let text = json::canonical(state).expect("a state can be written");
    let read = json::read(&text).expect("and read");
    assert_eq!(&read, state);
    read
}
