//! What this notary takes, and its bills. Nobody waits for money: it decides first, and then asks the payer whom the
//! exchange names, which has signed for the fee. See `docs/adr/0028-several-notaries-and-fees.md`.
//!
//! ```text
//! own/fees           the tariffs that were published
//! fee-due/XID        Owing: what the payer of this exchange owes us
//! fee-of/PURPOSE     the exchange that a payment is for
//! ```
//!
//! ```text
//!  the exchange is complete,      the bank's reference          the bank's word
//!  its payer is known here
//! ------------------------> [asked] -----------> [sent] --------------------> [paid]
//! ```

use semper_base::{Amount, Blob64, Code, Error, Fault, Hash, Key, Misuse, PeerId, Role, Timestamp, Xid};
use semper_exchange::fair::frame::{Checked, CheckedPacket, Descriptor, Fee, Seat};
use semper_exchange::fair::register::Register;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{COUNTED_MAX, NAMED_MAX};
use crate::common::fees::{self, Bill, Tariff, TooSmall, kinds};
use crate::common::signing::run::Run;
use crate::common::{Desk, pay, rows, text};
use crate::wallet::purse;

/// What somebody owes us for one exchange.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Owing {
    amount: Amount,
    /// When the bank says that it was paid.
    paid: Option<Timestamp>,
    payer: PeerId,
    purpose: Hash,
    sent: bool,
}

fn bill_row(xid: Xid) -> Key {
    Key::new("fee-due", xid)
}

fn of_row(purpose: &Hash) -> Key {
    Key::new("fee-of", purpose)
}

/// Whether this begins something that this notary takes more for than the exchange states: then the sender is told,
/// and nothing is begun. What is begun is never refused for a fee, and neither is any question about it.
pub(super) fn refuses(from: PeerId, packet: &CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let begins = matches!(
        packet.content,
        Checked::Key { .. }
            | Checked::Resolve(_)
            | Checked::ResolveMail { .. }
            | Checked::Signature { .. }
            | Checked::Submission { .. }
    );
    let core = &packet.descriptor.core;
    let due = if begins { fees::due(&fees::published(desk)?, core.protocol, core.opened) } else { None };
    match due.filter(|due| fees::suffices(Some(*due), core.fee).is_err()) {
        Some(due) => {
            desk.send(from, kinds::TOO_SMALL, &TooSmall { due, xid: packet.descriptor.xid })?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Bills the payer of an exchange that is complete, once it is known where the payer is met. Whoever is aborted owes
/// nothing: that the payer agreed to the fee is shown only by a signature that counts.
pub(super) fn bill(run: &Run<Register>, x: &Descriptor, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(Fee { amount, payer }) = x.core.fee else { return Ok(()) };
    if run.machine.word() != "resolved" || desk.tx.get(&bill_row(x.xid))?.is_some() {
        return Ok(());
    }
    let Some(payer) = run.peer(Seat::Party(payer)) else { return Ok(()) };
    if purse::the(desk).is_err() {
        desk.tell("fee", x.xid, "A fee is due, and this notary has no account to be paid on: `semper account --open`.");
        return Ok(());
    }
    let what = format!("Fee of the notary for the exchange {}", x.xid);
    let wish = json!({ "amount": amount.to_string(), "text": what, "days": 30 });
    let asked = pay::command(Role::Notary, "payment-request", &wish, desk)?.unwrap_or_default();
    let purpose = asked.get("purpose").and_then(Value::as_str).and_then(Hash::from_hex);
    let purpose = purpose.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, "purpose"))?;
    rows::put(desk.tx, of_row(&purpose), &x.xid)?;
    rows::put(desk.tx, bill_row(x.xid), &Owing { amount, paid: None, payer, purpose, sent: false })?;
    Ok(())
}

/// News of our bank.
pub(super) fn money(news: &pay::News, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let (pay::News::PayTo { purpose, .. } | pay::News::NoPayTo { purpose, .. }) = news else {
        return match news {
            pay::News::Arrived(paid) => arrived(paid, desk),
            _ => Ok(()),
        };
    };
    let Some((xid, owing)) = owing(purpose, desk)? else { return Ok(()) };
    if matches!(news, pay::News::NoPayTo { .. }) {
        // The payer's next question brings the bill up again.
        desk.tx.delete(of_row(purpose));
        desk.tx.delete(bill_row(xid));
        return Ok(());
    }
    let shown = pay::command(Role::Notary, "payment-request", &json!({ "purpose": purpose }), desk)?;
    let request = shown.unwrap_or_default().get("request").cloned().unwrap_or_default();
    if owing.sent || request.is_null() {
        return Ok(());
    }
    let wrong = |_| Fault::new(Code::DatabaseCorrupt, "payment-request");
    let certificate: Blob64 =
        serde_json::from_value(request.get("certificate").cloned().unwrap_or_default()).map_err(wrong)?;
    let bill = Bill { certificate, receipt: text(&request, "receipt")?.to_owned(), xid };
    desk.send(owing.payer, kinds::BILL, &bill)?;
    Ok(rows::put(desk.tx, bill_row(xid), &Owing { sent: true, ..owing })?)
}

fn arrived(paid: &pay::Paid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some((xid, owing)) = owing(&paid.purpose, desk)?.filter(|(_, owing)| owing.amount == paid.amount) else {
        return Ok(());
    };
    desk.tell("fee", xid, format!("The fee of {} is paid.", paid.amount));
    Ok(rows::put(desk.tx, bill_row(xid), &Owing { paid: Some(paid.at), ..owing })?)
}

fn owing(purpose: &Hash, desk: &Desk<'_, '_>) -> Result<Option<(Xid, Owing)>, Error> {
    let Some(xid) = rows::get::<Xid>(desk.tx, &of_row(purpose))? else { return Ok(None) };
    Ok(rows::get(desk.tx, &bill_row(xid))?.map(|owing| (xid, owing)))
}

/// `{"command":"fees"}`: what this notary takes, and what it is owed, newest last;
/// `{"command":"fees","set":{"semper-csn-a/1":"0.50 EUR"}}`: publishes another tariff. More than before counts for
/// exchanges that are made a week from now.
pub(super) fn command(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    if let Some(set) = request.get("set") {
        let tariff = Tariff::parse(set)?;
        if !tariff.is_empty() && purse::the(desk).is_err() {
            let text = "fees are paid on an account: `semper account --open` first";
            return Err(Misuse::new(Code::AccountUnknown, text).into());
        }
        fees::publish(tariff, desk)?;
    }
    let (mut bills, mut open) = (Vec::new(), 0_u64);
    for (key, row) in desk.tx.scan("fee-due/", COUNTED_MAX)? {
        let owing: Owing = rows::parse(&key, &row)?;
        open = open.saturating_add(u64::from(owing.paid.is_none()));
        bills.push(json!({
            "xid": key.0.strip_prefix("fee-due/"), "amount": owing.amount.to_string(), "sent": owing.sent, "paid": owing.paid,
        }));
    }
    let shown = bills.split_off(bills.len().saturating_sub(NAMED_MAX));
    Ok(json!({ "fees": fees::tariff(desk)?.shown(), "bills": shown, "open": open, "time": desk.cx.now }))
}
