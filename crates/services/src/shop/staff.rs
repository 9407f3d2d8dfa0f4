//! Staff: people who act for the shop and are not its owner. A command that carries a name (`"by":"ann"`)
//! is done with that person's rights; whoever reaches the control socket without one is the owner. Nothing
//! is allowed that no right allows.
//!
//! ```text
//! staff/NAME                  Member
//! staff-refunds/NAME/ORDER    what this person has sent back of one order
//! staff-acts/NUMBER           Act, the latest; all of them are archived under staff:NAME
//! staff-count/acts            how many acts there were
//! ```

mod rights;

use semper_base::code::Code;
use semper_base::limits::{STAFF_ACTS_LISTED, STAFF_MAX};
use semper_base::tx::{Need, Record};
use semper_base::{Amount, Error, Key, Millis, Misuse, Refusal, Timestamp, Write};
use semper_commerce::process::product::read_price;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::common::{Desk, rows, text};
use rights::{Right, Rights};

/// The member of a command that names who gives it.
const BY: &str = "by";
/// How long an act stays in the archive: ten years, as long as a merchant keeps books.
const ACT_KEPT: Millis = Millis::days(3653);

/// Somebody of the staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    name: String,
    may: Rights,
    since: Timestamp,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    at: Timestamp,
    name: String,
    command: String,
    /// The order or product, if it was about one.
    subject: Option<String>,
    amount: Option<String>,
}

fn member_row(name: &str) -> Key {
    Key::new("staff", name)
}

fn refunds_row(name: &str, order: &str) -> Key {
    Key::new("staff-refunds", format_args!("{name}/{order}"))
}

fn act_row(number: u64) -> Key {
    Key::new("staff-acts", format_args!("{number:012}"))
}

fn count_row() -> Key {
    Key::new("staff-count", "acts")
}

/// A name that fits in an address and in a row: 1 to 40 small letters, digits and dashes.
fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=40).contains(&name.len()) && name.bytes().all(fits)
}

/// Refuses a command that the person whom it names may not give.
pub(super) fn permit(word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(by) = request.get(BY) else { return Ok(()) };
    let denied = |what: &str| Refusal::new(Code::AccessDenied, what);
    let name = by.as_str().filter(|name| is_name(name)).ok_or_else(|| denied("nobody of the staff"))?;
    let member = rows::get::<Member>(desk.tx, &member_row(name))?;
    let member = member.ok_or_else(|| denied(&format!("{name} is not of the staff")))?;
    let right = rights::needed(word, request).ok_or_else(|| denied(&format!("{word}: for the owner alone")))?;
    if right == Right::Refund {
        permit_refund(&member, request, desk)?;
    } else if !member.may.allow(right) {
        return Err(denied(&format!("{name} lacks the right: {}", right.word())).into());
    }
    Ok(())
}

/// Of one order nobody sends back more than their limit, in however many parts.
fn permit_refund(member: &Member, request: &Value, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let denied = |what: String| Refusal::new(Code::AccessDenied, what);
    let limit = member.may.refund_limit().ok_or_else(|| denied(format!("{} lacks the right: refund", member.name)))?;
    let amount = request.get("amount").and_then(Value::as_str);
    let amount = amount.ok_or_else(|| denied("staff must name the amount of a refund".to_owned()))?;
    let amount = read_price(amount)?;
    let sum = refunded(&member.name, request, desk)?.map_or(Ok(amount), |before| before.plus(amount));
    let fits = sum.is_ok_and(|sum| sum.currency() == limit.currency() && sum.minor() <= limit.minor());
    if fits { Ok(()) } else { Err(denied(format!("{} may send back up to {limit} of one order", member.name)).into()) }
}

fn refunded(name: &str, request: &Value, desk: &Desk<'_, '_>) -> Result<Option<Amount>, Error> {
    Ok(rows::get(desk.tx, &refunds_row(name, text(request, "order")?))?)
}

/// Writes down what somebody of the staff has done. Reading the books is not written down, but taking a
/// copy of evidence with names and addresses is.
pub(super) fn done(word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let member = |name: &str| request.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(name), Some(right)) = (member(BY), rights::needed(word, request)) else { return Ok(()) };
    // Of work in many steps, the step that brings it into force.
    let is_part = word == "goods-chunk" || (word == "catalogue-import" && member("step").as_deref() != Some("commit"));
    if is_part || (matches!(right, Right::Myself | Right::See) && word != "export") {
        return Ok(());
    }
    let subject = member("order").or_else(|| member("id")).or_else(|| member("xid"));
    let subject = subject.or_else(|| request.get("product").and_then(|p| p.get("id")?.as_str().map(str::to_owned)));
    let amount = member("amount").or_else(|| member("price"));
    if right == Right::Refund {
        let amount = read_price(text(request, "amount")?)?;
        let sum = refunded(&name, request, desk)?.map_or(Ok(amount), |before| before.plus(amount))?;
        rows::put(desk.tx, refunds_row(&name, text(request, "order")?), &sum)?;
    }
    let act = Act { at: desk.cx.now, name, command: word.to_owned(), subject, amount };
    keep(&act, desk)
}

fn keep(act: &Act, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let number = rows::get::<u64>(desk.tx, &count_row())?.unwrap_or(0);
    rows::put(desk.tx, count_row(), &(number + 1))?;
    rows::put(desk.tx, act_row(number), act)?;
    if let Some(old) = number.checked_sub(STAFF_ACTS_LISTED) {
        desk.tx.delete(act_row(old));
    }
    let bytes = serde_json::to_vec(act).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
    desk.tx.push(Write::Archive(Record {
        subject: format!("staff:{}", act.name),
        kind: "staff-act".to_owned(),
        bytes,
        need: Need::Evidence,
        expires: desk.cx.now.plus(ACT_KEPT),
    }));
    desk.tell("staff-act", &act.name, format!("{}: {}", act.name, act.command));
    Ok(())
}

/// `{"command":"staff-put","name","may":{"see"?,"ship"?,"cancel"?,"prices"?,"refund_up_to"?}}`: somebody new, or
/// all rights of somebody anew. What is left out is not allowed.
pub(super) fn put(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let name = text(request, "name")?;
    if !is_name(name) {
        return Err(Misuse::new(Code::FieldWrong, "name: 1 to 40 small letters, digits and dashes").into());
    }
    let may: Rights = serde_json::from_value(request.get("may").cloned().unwrap_or_default())
        .map_err(|e| Misuse::new(Code::FieldWrong, format!("may: {e}")))?;
    let old = rows::get::<Member>(desk.tx, &member_row(name))?;
    if old.is_none() && desk.tx.scan("staff/", STAFF_MAX)?.len() >= STAFF_MAX {
        return Err(Misuse::new(Code::TooMany, "staff").into());
    }
    let since = old.map_or(desk.cx.now, |old| old.since);
    let member = Member { name: name.to_owned(), may, since };
    rows::put(desk.tx, member_row(name), &member)?;
    desk.tell("staff", name, "Rights were set.");
    Ok(json!(member))
}

/// `{"command":"staff-remove","name"}`: from now on nothing is done in this name. What the person has sent
/// back of orders stays counted, should they come again.
pub(super) fn remove(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let row = member_row(text(request, "name")?);
    let member = rows::get::<Member>(desk.tx, &row)?;
    let member = member.ok_or_else(|| Misuse::new(Code::NotFound, text(request, "name").unwrap_or_default()))?;
    desk.tx.delete(row);
    desk.tell("staff", &member.name, "Removed.");
    Ok(json!({ "name": member.name }))
}

/// `{"command":"staff-list"}`: who, and what was done, latest first.
pub(super) fn list(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let rows = desk.tx.scan("staff/", STAFF_MAX)?;
    let staff: Vec<Member> = rows.iter().map(|(key, row)| rows::parse(key, row)).collect::<Result<_, _>>()?;
    let acts = desk.tx.scan("staff-acts/", usize::try_from(STAFF_ACTS_LISTED).unwrap_or(usize::MAX))?;
    let acts: Vec<Act> = acts.iter().rev().map(|(key, row)| rows::parse(key, row)).collect::<Result<_, _>>()?;
    Ok(json!({ "staff": staff, "acts": acts }))
}

/// `{"command":"staff-me"}`: what whoever asks may do, so that a page offers nothing that is refused.
pub(super) fn me(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let Some(name) = request.get(BY).and_then(Value::as_str) else {
        return Ok(json!({ "name": null, "owner": true, "may": Rights::all() }));
    };
    let member = rows::get::<Member>(desk.tx, &member_row(name))?;
    Ok(json!({ "name": name, "owner": false, "may": member.map(|member| member.may).unwrap_or_default() }))
}
