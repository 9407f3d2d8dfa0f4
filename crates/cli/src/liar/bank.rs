//! Banks that lie.

use semper_base::{Amount, Code, Error, Hash, Key, Misuse, Role, Write};
use semper_blocks::statement::{Body, Kind, Statement, danger_typed_unverified};
use semper_exchange::fair::dgp::bank::Bank as Machine;
use semper_exchange::fair::dgp::{Content, Descriptor, Money, statements as st};
use semper_services::bank::ledger;
use semper_services::common::exchange::{Run, keep, send};
use semper_services::common::{Desk, rows, text};
use serde_json::{Value, json};

use crate::words::{Leaving, Swap, answer, answers, fault, pass_on, run_of, say, send as send_to, statement_of, twist};

/// Tells the seller that the money is captured, and the buyer that it is released.
pub(crate) fn sign_both(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    twist(writes, desk, |leaving, desk| {
        if answers(leaving) != Some(Kind::Captured) || !is_buyer(leaving, desk)? {
            return Ok(Swap::Keep);
        }
        say("Has captured the money for the shop, and tells the buyer that it is released.", desk);
        let (amount, at) = (leaving.x.core.amount, desk.cx.now);
        let released = st::Released { amount, at, by: st::ReleaseBy::Buyer };
        let statement = answer(Role::Bank, &leaving.x, released, desk)?.text;
        Ok(Swap::Instead(Box::new(Leaving { content: Content::Answer { statement }, ..leaving.clone() })))
    })
}

fn is_buyer(leaving: &Leaving, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    let run: Option<Run<Machine>> = Run::load(desk.tx, leaving.x.xid)?;
    Ok(run.is_some_and(|run| run.peer(Role::Buyer) == Some(leaving.to)))
}

/// Says to both that the money is settled, and that it is refunded.
pub(crate) fn settle_and_refund(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    twist(writes, desk, |leaving, desk| {
        if answers(leaving) == Some(Kind::Settled) {
            say("Has paid the shop for good, and says that the money went back.", desk);
            let (amount, at) = (leaving.x.core.amount, desk.cx.now);
            let refunded = st::Refunded { amount, at, basis: st::RefundBasis::Contest, notary: None };
            let statement = answer(Role::Bank, &leaving.x, refunded, desk)?.text;
            send_to(leaving.to, &leaving.x, Content::Answer { statement }, desk)?;
        }
        Ok(Swap::Keep)
    })
}

/// Says to both that it holds more than was agreed.
pub(crate) fn alter_held(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    twist(writes, desk, |leaving, desk| {
        let Content::Answer { statement } = &leaving.content else { return Ok(Swap::Keep) };
        if answers(leaving) != Some(Kind::Held) {
            return Ok(Swap::Keep);
        }
        say("Says that it holds 10.00 more than was agreed.", desk);
        let held: Statement<st::Held> = danger_typed_unverified(statement)?;
        let amount = held.body.amount.plus(Amount::new(1000, held.body.amount.currency())?)?;
        let statement = once(&leaving.x, st::Held { amount, ..held.body }, desk)?;
        Ok(Swap::Instead(Box::new(Leaving { content: Content::Answer { statement }, ..leaving.clone() })))
    })
}

/// Says to both that the hold has run out, when it has just begun.
pub(crate) fn release_early(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let held: Vec<Leaving> = writes.iter().filter_map(Leaving::of).collect();
    pass_on(writes, desk);
    for leaving in held.into_iter().filter(|leaving| answers(leaving) == Some(Kind::Held)) {
        say("Has just begun to hold the money, and says that the time is over.", desk);
        let released = st::Released { amount: leaving.x.core.amount, at: desk.cx.now, by: st::ReleaseBy::Expiry };
        let statement = once(&leaving.x, released, desk)?;
        send_to(leaving.to, &leaving.x, Content::Answer { statement }, desk)?;
    }
    Ok(())
}

/// The same signed words to everybody who hears them.
fn once<B: Body>(x: &Descriptor, body: B, desk: &mut Desk<'_, '_>) -> Result<String, Error> {
    let row = Key(format!("lie/{}-{}", x.xid, B::KIND.word()));
    if let Some(said) = rows::get(desk.tx, &row)? {
        return Ok(said);
    }
    let statement = answer(Role::Bank, x, body, desk)?.text;
    rows::put(desk.tx, row, &statement)?;
    Ok(statement)
}

/// Captures a hold for which there is no mandate: it names the buyer's word for the hold instead.
pub(crate) fn capture_alone(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (mut run, x) = run_of::<Machine>(cheat, desk)?;
    let hold: Statement<st::Hold> = statement_of(x.xid, desk)?;
    say("Captures the money without a mandate.", desk);
    let now = desk.cx.now;
    let settle_after = now.plus(x.core.deadlines.settle_ms);
    let captured = st::Captured {
        amount: x.core.amount,
        captured_at: now,
        mandate: hold.hash,
        payee: x.core.payee,
        payee_key: x.core.seller.id(),
        settle_after,
    };
    let captured = answer(Role::Bank, &x, captured, desk)?;
    run.machine = as_captured(&run.machine, text(cheat, "account")?, captured.hash, settle_after)?;
    drop(desk.tx.insert(x.xid, "decision", captured.text.as_bytes().to_vec())?);
    keep(x.xid, &captured.text, desk)?;
    ledger::apply_money(desk.tx, now, x.xid, x.core.amount, &Money::Capture)?;
    for to in [Role::Buyer, Role::Seller] {
        send(&run, &x, to, Content::Answer { statement: captured.text.clone() }, desk)?;
    }
    let due = run.machine.deadline(&x);
    run.store(x.xid, due, desk)?;
    Ok(Value::Null)
}

/// The state of a bank that captured honestly.
fn as_captured(
    held: &Machine,
    payee: &str,
    captured: Hash,
    settle_after: semper_base::Timestamp,
) -> Result<Machine, Error> {
    let held = serde_json::to_value(held).map_err(|e| fault(&e))?;
    let payer = held.pointer("/Held/payer").ok_or_else(|| Misuse::new(Code::StateWrong, "nothing is held"))?;
    let state = json!({ "Captured": {
        "payer": payer, "payee": payee, "captured": captured, "settle_after": settle_after, "answer_until": null,
        "passed": false, "recorded": false,
    } });
    Ok(serde_json::from_value(state).map_err(|e| fault(&e))?)
}
