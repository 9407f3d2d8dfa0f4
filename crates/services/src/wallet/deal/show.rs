//! What the owner is shown of deals, and what can be done about each.

use semper_base::{Amount, Code, Error, Misuse, Role, Timestamp};
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_commerce::deal::{self as words, Word};
use semper_commerce::process::offer::Offer;
use semper_exchange::fair::dgp::buyer::{Buyer, Stage};
use serde_json::{Value, json};

use super::{Deal, State, named, refund, xid};
use crate::common::exchange::{self, Run};
use crate::common::{Desk, board, rows};

/// Every deal with the time it was opened, newest last.
pub(in crate::wallet) fn summaries(desk: &Desk<'_, '_>) -> Result<Vec<(Timestamp, Value)>, Error> {
    let mut list = Vec::new();
    for (key, row) in desk.tx.scan("deal/", 1000)? {
        let deal: Deal = rows::parse(&key, &row)?;
        list.push((deal.opened, summary(&deal, desk)?));
    }
    Ok(list)
}

/// One deal, as it stands in a list.
pub(super) fn summary(deal: &Deal, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let offer: Option<Statement<Offer>> = match &deal.state {
        State::Offered { offer, .. } | State::Ordered { offer, .. } | State::Agreed { offer, .. } => {
            Some(danger_typed_unverified(offer)?)
        }
        State::Asked | State::Ended { .. } => None,
    };
    let run = match &deal.state {
        State::Agreed { xid, .. } => Run::<Buyer>::load(desk.tx, *xid)?,
        _ => None,
    };
    let word = match (&deal.state, &run) {
        (_, Some(run)) => words::of_buyer(run.machine.stage()),
        (State::Asked, None) => Word::Asked,
        (State::Offered { .. }, None) => Word::Offered,
        (State::Ordered { .. } | State::Agreed { .. }, None) => Word::Agreed,
        (State::Ended { .. }, None) => Word::Withdrawn,
    };
    let why = match deal.state {
        State::Ended { why } => Code::from_number(why),
        _ => run.as_ref().and_then(|run| run.machine.refused()).and_then(Code::from_number),
    };
    let until = run.as_ref().and_then(|run| run.machine.deadline());
    let mut members = match &offer {
        Some(offer) => board::purchase(offer, word, until, Role::Buyer),
        None => board::asked(word, None, Role::Buyer),
    };
    let amount = offer.as_ref().and_then(amount_of);
    let (paid, refunded) = match run.as_ref().map(|run| run.machine.stage()) {
        Some(Stage::Refunded) => (true, true),
        Some(stage) if is_captured(stage) => (true, false),
        _ => (false, false),
    };
    board::extend(
        &mut members,
        json!({
            "deal": deal.id,
            "opened": deal.opened,
            "shop": deal.shop,
            "item": deal.item,
            "paid": amount.map(|amount| board::some(paid, amount)),
            "refunded": match refund::refunded(deal.id, desk)? {
                Some(back) => Some(back.to_string()),
                None => amount.map(|amount| board::some(refunded, amount)),
            },
            "stage": run.as_ref().map(|run| exchange::stage_word(run.machine.stage())),
            "xid": xid(deal).ok(),
            "refused": why.map(|code| json!({ "code": code.number(), "text": code.text() })),
            "can": can(deal, run.as_ref()),
        }),
    );
    Ok(Value::Object(members))
}

fn amount_of(offer: &Statement<Offer>) -> Option<Amount> {
    semper_commerce::process::offer::check(offer).ok().map(|summary| summary.amount)
}

/// Whether the money is the seller's, for the time being or for good.
fn is_captured(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::Captured
            | Stage::Checking
            | Stage::Checked
            | Stage::Received
            | Stage::Bad
            | Stage::Complained
            | Stage::Settled
    )
}

/// The commands that make sense now.
fn can(deal: &Deal, run: Option<&Run<Buyer>>) -> Vec<&'static str> {
    match (&deal.state, run.map(|run| run.machine.stage())) {
        (State::Asked | State::Ordered { .. }, _) | (State::Agreed { .. }, None) => vec!["resume"],
        (_, Some(Stage::Agreed { .. } | Stage::Holding | Stage::Fetching | Stage::Fetched | Stage::Mandated)) => {
            vec!["release", "resume", "export"]
        }
        (_, Some(Stage::Captured)) => vec!["contest", "escrow", "resume", "export"],
        (_, Some(Stage::Checked | Stage::Received)) => vec!["save", "resume", "export"],
        (_, Some(Stage::Settled)) => vec!["save", "refund-address", "export"],
        (_, Some(Stage::Checking | Stage::Bad | Stage::Complained | Stage::Cancelling)) => vec!["resume", "export"],
        (_, Some(Stage::Released | Stage::Refunded)) => vec!["export"],
        (State::Offered { .. } | State::Ended { .. }, None) => Vec::new(),
    }
}

/// One deal with everything that is known about it.
pub(in crate::wallet) fn show(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let deal = named(request, desk)?;
    let mut shown = summary(&deal, desk)?;
    let Ok(xid) = xid(&deal) else { return Ok(shown) };
    let run: Run<Buyer> = Run::load(desk.tx, xid)?.ok_or_else(|| Misuse::new(Code::NotFound, "exchange"))?;
    let x = run.x(xid, desk.tx)?;
    let (timeline, documents) = board::documents(desk.tx, &[format!("xid:{xid}")])?;
    let (stored, all) = run.machine.progress();
    let documents = [("timeline", json!(timeline)), ("documents", json!(documents))];
    let goods = [("chunks", json!({ "here": stored, "of": all })), ("file", json!({ "length": x.core.length }))];
    let more = documents.into_iter().chain(goods).chain([("hold_until", json!(x.core.deadlines.hold_until))]);
    if let Some(object) = shown.as_object_mut() {
        object.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    Ok(shown)
}
