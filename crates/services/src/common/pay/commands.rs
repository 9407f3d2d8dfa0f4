//! Transfers by the owner's own hand, and what there was of them.

use semper_base::code::Code;
use semper_base::{Amount, Currency, Error, Hash, Misuse, Role};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_exchange::transfer::Transfer;
use semper_support::access::{Action, Revealed};
use serde_json::{Value, json};

use super::{Asking, Known, Paid, Paying, Payment, State, ask_pay_to, bind, out_row, pay};
use crate::common::access::permit_owner;
use crate::common::parcel::optional;
use crate::common::{Desk, rows, text};
use crate::wallet::purse;

/// Rows of each kind that a list shows.
const LISTED_MAX: usize = 1000;

/// A command about transfers; none if it is another.
pub fn command(role: Role, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
    Ok(Some(match word {
        "pay" => by_hand(role, request, desk)?,
        "pay-to" => be_paid(role, request, desk)?,
        "transfers" => list(desk)?,
        _ => return super::receipts::command(role, word, request, desk),
    }))
}

/// `{"command":"pay-to","purse"?}`, with `"purpose"` if it was asked before: a reference to be paid over, which is
/// there at once or as soon as the bank has answered.
fn be_paid(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let purpose = match request.get("purpose") {
        Some(_) => purpose_of(request)?,
        None => {
            let mut bits = [0; 32];
            desk.cx.crypto.random(&mut bits);
            Hash(bits)
        }
    };
    if let (None, Some(name)) = (request.get("purpose"), optional(request, "purse")?) {
        bind(&subject(&purpose), &purse::named(name, desk)?, desk)?;
    }
    let pay_to = ask_pay_to(role, purpose, &subject(&purpose), desk)?;
    Ok(json!({ "purpose": purpose, "pay_to": pay_to }))
}

/// `{"command":"pay","purpose","to","amount":"1.00 EUR","purse"?}`: pays to a reference that the payee handed over
/// with its purpose, out of the purse of that name, else out of the first in that currency. A bank pays references of
/// its own accounts only.
fn by_hand(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let purpose = purpose_of(request)?;
    let to = PayTo::parse(text(request, "to")?).ok_or_else(|| Misuse::new(Code::FieldWrong, "to"))?;
    let amount = text(request, "amount")?;
    let (number, currency) = amount.split_once(' ').ok_or_else(|| Misuse::new(Code::AmountMalformed, amount))?;
    let amount = Amount::parse(number, Currency::parse(currency)?)?;
    let payment = Payment { amount, follows: None, purpose, subject: subject(&purpose), to, until: None };
    // An order that was signed is its purse's; it goes out again as it is.
    if rows::get::<Paying>(desk.tx, &out_row(&purpose))?.is_none() {
        bind(&payment.subject, &purse::chosen(request, amount.currency(), desk)?, desk)?;
    }
    pay(role, &payment, desk)?;
    Ok(json!({ "purpose": purpose, "to": to, "amount": amount.to_string() }))
}

fn purpose_of(request: &Value) -> Result<Hash, Error> {
    Hash::from_hex(text(request, "purpose")?).ok_or_else(|| Misuse::new(Code::FieldWrong, "purpose").into())
}

/// What belongs to no deal is kept under its own purpose.
fn subject(purpose: &Hash) -> String {
    format!("pay:{purpose}")
}

/// `{"command":"transfers"}`: what was asked for, what runs, what was paid.
fn list(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Balance);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let mut list = Vec::new();
    for (key, row) in desk.tx.scan("pay-ask/", LISTED_MAX)? {
        let asking: Asking = rows::parse(&key, &row)?;
        list.push(json!({ "in": true, "purpose": id(&key.0), "subject": asking.subject, "state": "asked" }));
    }
    for (key, row) in desk.tx.scan("pay-to/", LISTED_MAX)? {
        let known: Known = rows::parse(&key, &row)?;
        let paid = id(&key.0).map(|purpose| super::paid(&purpose, desk)).transpose()?.flatten();
        let paid = paid.filter(|paid| !paid.left);
        list.push(json!({
            "in": true, "purpose": id(&key.0), "subject": known.subject, "pay_to": known.pay_to, "until": known.until,
            "state": if paid.is_some() { "paid" } else { "open" },
            "amount": paid.as_ref().map(|paid| paid.amount.to_string()), "at": paid.map(|paid| paid.at),
        }));
    }
    for (key, row) in desk.tx.scan("pay-out/", LISTED_MAX)? {
        let paying: Paying = rows::parse(&key, &row)?;
        let paid: Option<Paid> = id(&key.0).map(|purpose| super::paid(&purpose, desk)).transpose()?.flatten();
        let (state, code) = match &paying.state {
            State::Asked => ("asked", None),
            State::Sent { .. } => ("sent", None),
            State::Done => ("paid", None),
            State::Refused { code, .. } => ("refused", Code::from_number(*code)),
        };
        let order = paying.order().map(|text| danger_typed_unverified(text)).transpose()?;
        let order: Option<Statement<Transfer>> = order;
        list.push(json!({
            "in": false, "purpose": id(&key.0), "subject": paying.subject, "pay_to": paying.to, "state": state,
            "until": order.map(|order| order.meta.expires), "amount": paying.amount.to_string(),
            "at": paid.filter(|paid| paid.left).map(|paid| paid.at),
            "refused": code.map(|code| json!({ "code": code.number(), "text": code.text() })),
        }));
    }
    Ok(json!({ "transfers": list }))
}

fn id(key: &str) -> Option<Hash> {
    key.split_once('/').and_then(|(_, id)| Hash::from_hex(id))
}
