//! What notaries say to us about their fees: bills for what they have completed, and that they take more than an
//! exchange states.
//!
//! ```text
//! fee-due/XID        Due: a notary's bill; paid like any payment request
//! fee-refused/XID    what the notary takes
//! ```

use semper_base::limits::CONTRACTS_LISTED_MAX;
use semper_base::{Amount, Code, Error, Key, KeyId, Misuse, PeerId, Violation, Xid};
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_exchange::fair::party::Standing;
use semper_exchange::fair::receipt::ConditionalReceipt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fees::{Bill, FromNotary, TooSmall};
use super::{Desk, hello, pay, rows, signing};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Due {
    bill: Bill,
    /// The notary's certified name.
    payee: String,
}

fn bill_row(xid: Xid) -> Key {
    Key::new("fee-due", xid)
}

fn refused_row(xid: Xid) -> Key {
    Key::new("fee-refused", xid)
}

/// Takes what a notary says about an exchange of ours that names it.
pub fn message(from: PeerId, message: &FromNotary, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let (FromNotary::Bill(Bill { xid, .. }) | FromNotary::TooSmall(TooSmall { xid, .. })) = message;
    let unknown = || Violation::new(Code::XidWrong, "no such exchange");
    let ours = signing::ours(*xid, desk)?.ok_or_else(unknown)?;
    let core = &ours.x.core;
    if hello::peer_of(&core.notary.key, desk)? != Some(from) {
        return Err(Violation::new(Code::PeerWrong, "not the notary of this exchange").into());
    }
    match message {
        FromNotary::Bill(bill) => {
            let fee = core.fee.filter(|fee| fee.payer == ours.place);
            let fee = fee.ok_or_else(|| Violation::new(Code::OutOfTurn, "we owe nothing for this exchange"))?;
            if matches!(ours.standing, Some(Standing::Aborted | Standing::Declined) | None) {
                return Err(Violation::new(Code::OutOfTurn, "nothing was completed").into());
            }
            keep(bill, fee.amount, &core.notary.key.id(), desk)
        }
        FromNotary::TooSmall(too_small) => {
            rows::put(desk.tx, refused_row(*xid), &too_small.due)?;
            let text = format!(
                "The notary takes {} and does not take part: nobody is bound. Have it made anew with that fee.",
                too_small.due
            );
            desk.tell("fee-refused", xid, text);
            Ok(())
        }
    }
}

fn keep(bill: &Bill, fee: Amount, notary: &KeyId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if let Some(known) = rows::get::<Due>(desk.tx, &bill_row(bill.xid))? {
        return if known.bill == *bill { Ok(()) } else { Err(Violation::new(Code::AnotherRun, "another bill").into()) };
    }
    let (receipt, payee) = pay::request(&bill.request(), desk)?;
    if receipt.meta.signer.key != *notary || receipt.body.amount != fee {
        return Err(Violation::new(Code::TermsWrong, "another fee than the one that was agreed").into());
    }
    rows::put(desk.tx, bill_row(bill.xid), &Due { bill: bill.clone(), payee: payee.clone() })?;
    let text = format!("{payee} asks for its fee of {fee}: `semper payment pay --bill {}`.", bill.xid);
    desk.tell("bill", bill.xid, text);
    Ok(())
}

/// The payment request in the bill that a command names by its exchange, or by the beginning of its id.
pub(super) fn named(wanted: &str, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let found = desk.tx.scan(&format!("fee-due/{wanted}"), 2)?;
    match found.as_slice() {
        [(key, row)] if !wanted.is_empty() => Ok(rows::parse::<Due>(key, row)?.bill.request()),
        _ => Err(Misuse::new(Code::NotFound, format!("no one bill {wanted}; `semper payment list` shows them")).into()),
    }
}

/// The bills for which nothing was ordered yet, as a list of payments shows them.
pub(super) fn due(desk: &Desk<'_, '_>) -> Result<Vec<Value>, Error> {
    let mut due = Vec::new();
    for (key, row) in desk.tx.scan("fee-due/", CONTRACTS_LISTED_MAX)? {
        let Due { bill, payee } = rows::parse(&key, &row)?;
        let Statement::<ConditionalReceipt> { body, .. } = danger_typed_unverified(&bill.receipt)?;
        if pay::is_accepted(&body.purpose, desk)? {
            continue;
        }
        let state = if desk.cx.now > body.until { "ended" } else { "due" };
        due.push(json!({
            "in": false, "purpose": body.purpose, "amount": body.amount.to_string(), "text": body.text, "payee": payee,
            "until": body.until, "state": state, "bill": bill.xid,
        }));
    }
    Ok(due)
}

/// What the notary takes for an exchange, if it did not take part because of it.
pub(super) fn refused(xid: Xid, desk: &Desk<'_, '_>) -> Result<Option<Amount>, Error> {
    Ok(rows::get(desk.tx, &refused_row(xid))?)
}
