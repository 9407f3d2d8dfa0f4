//! What a party says about other people's parcels: as arbiter of a dispute, or as the carrier who brought them. Its
//! certified key is named in the lock; buyer or seller brings its word to the bank.
//!
//! ```text
//! ruling/LOCK    Ruled: what we have ruled about a lock; there is no second one
//! ```

use semper_base::code::Code;
use semper_base::{Amount, Blob64, Currency, Error, Hash, Key, Misuse, Nonce, Role};
use semper_blocks::certificate::{Kind as CertificateKind, Root};
use semper_blocks::statement::{About, Author, Body as _};
use semper_commerce::dispute::{self, Open, Report};
use semper_commerce::process::mail_order::statements::check_reason;
use semper_exchange::fair::lock::escrow::statements::{HandedOver, Ruling};
use semper_exchange::fair::lock::escrow::{Carrier, Escrow, Side};
use semper_exchange::fair::lock::{Condition, Lock};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Desk, exchange, keys, rows, text};

/// A ruling of ours.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ruled {
    payee: Amount,
    reasons: String,
    statement: String,
}

/// The key that we are certified under, as who we speak here. The lock names key and certificate, so the statement
/// needs to name none.
fn author(role: Role, key: &semper_support::crypto::PublicKey, desk: &Desk<'_, '_>) -> Result<Author, Error> {
    let own = keys::identity(desk.tx, CertificateKind::Statement)?.map(|own| own.key);
    match own.filter(|own| *own == key.id()) {
        Some(own) => keys::plain_author(role, own, desk.tx, desk.cx),
        None => Err(Misuse::new(Code::RoleUnfit, format!("another {role} is named for it, not this party")).into()),
    }
}

/// `{"command":"arbiter-rule","pack","part"?,"payee":"5.00 EUR","reasons"}`: rules on the one dispute that the pack of a
/// mail order shows, or on that of the part that is named. `payee` is what the seller is to have of what is due; the
/// buyer has the rest. Asked again, it says what was ruled.
pub(super) fn rule(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let open = disputed(request, desk)?;
    let (lock, reasons) = (&open.lock, text(request, "reasons")?);
    check_reason(Some(reasons)).map_err(|why| Misuse::new(why.code(), why.detail()))?;
    let (number, currency) = text(request, "payee")?.split_once(' ').unwrap_or_default();
    let payee = Amount::parse(number, Currency::parse(currency)?)?;
    let too_much = |_| Misuse::new(Code::FieldWrong, format!("payee: at most the {} that are due", open.due));
    open.due.minus(payee).map_err(too_much)?;
    let payer = lock.core.amount.minus(payee)?;
    let row = Key::new("ruling", lock.xid);
    if let Some(ruled) = rows::get::<Ruled>(desk.tx, &row)? {
        if (ruled.payee, ruled.reasons.as_str()) != (payee, reasons) {
            let text = format!("{} were given to the seller already: a dispute is ruled on once", ruled.payee);
            return Err(Misuse::new(Code::StateWrong, text).into());
        }
        return Ok(said(lock, payee, payer, &ruled.statement));
    }
    let Condition::Escrow(terms) = &lock.core.condition else {
        return Err(Misuse::new(Code::KindWrong, "no escrow").into());
    };
    let author = author(Role::Arbiter, &terms.arbiter.key, desk)?;
    let body = Ruling { dispute: open.dispute, payee, payer, reasons: Hash::of(reasons.as_bytes()) };
    let about = About::exchange(lock.xid, vec![lock.core.holder.key.id()]);
    let statement = author.answer(desk.cx, about, body)?.text;
    exchange::keep(lock.xid, &statement, desk)?;
    rows::put(desk.tx, row, &Ruled { payee, reasons: reasons.to_owned(), statement: statement.clone() })?;
    desk.tell("ruled", lock.xid, format!("{payee} for the seller, {payer} for the buyer."));
    Ok(said(lock, payee, payer, &statement))
}

fn said(lock: &Lock, payee: Amount, payer: Amount, statement: &str) -> Value {
    json!({ "lock": lock.xid, "payee": payee.to_string(), "payer": payer.to_string(), "statement": statement })
}

/// The pack that a command brings, as it verifies under our market's root, and the disputes that it shows.
fn case(request: &Value, desk: &Desk<'_, '_>) -> Result<(Report, Vec<Open>), Error> {
    let pack: Blob64 = serde_json::from_value(request.get("pack").cloned().unwrap_or_default())
        .map_err(|_| Misuse::new(Code::FieldWrong, "pack"))?;
    let root = keys::root_der(desk.tx)?.ok_or_else(|| Misuse::new(Code::NotFound, "root"))?;
    let crypto = desk.cx.crypto;
    let pack = dispute::read(&pack.0, crypto).map_err(|why| Misuse::new(why.code(), format!("pack: {why}")))?;
    let report = dispute::verify(&pack, &Root::read(&root, crypto)?, crypto);
    let open = if report.is_sound() { dispute::open_disputes(&pack, crypto) } else { Vec::new() };
    Ok((report, open))
}

/// The shipment that a lock pays for.
fn part_of(report: &Report, lock: &Lock) -> Option<u64> {
    report.locks.iter().find(|kept| kept.verdict.xid == lock.xid)?.part
}

/// `{"command":"arbiter-show","pack"}`: what a pack shows, whose dispute it is to decide, and what was ruled of it here. What
/// is stated, by whom, and what the judge makes of it is in `report`, and in `text` for people.
pub(super) fn show(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let (report, open) = case(request, desk)?;
    let own = keys::identity(desk.tx, CertificateKind::Statement)?.map(|own| own.key);
    let mut disputes = Vec::with_capacity(open.len());
    for open in &open {
        let Condition::Escrow(terms) = &open.lock.core.condition else { continue };
        let ruled: Option<Ruled> = rows::get(desk.tx, &Key::new("ruling", open.lock.xid))?;
        let back = ruled.as_ref().and_then(|ruled| open.lock.core.amount.minus(ruled.payee).ok());
        disputes.push(json!({
            "lock": open.lock.xid, "part": part_of(&report, &open.lock), "amount": open.lock.core.amount.to_string(),
            "due": open.due.to_string(), "by": if open.by == Side::Payee { Role::Seller } else { Role::Buyer },
            "complaint": open.complaint.as_ref().map(|(_, reason)| reason),
            "complaint_file": open.complaint.as_ref().map(|(file, _)| file), "evidence": open.evidence,
            "until": open.until, "late": desk.cx.now >= open.until, "yours": own == Some(terms.arbiter.key.id()),
            "otherwise": if terms.silent == Side::Payee { Role::Seller } else { Role::Buyer },
            "ruled": ruled.map(|ruled| json!({
                "payee": ruled.payee.to_string(), "payer": back.map(|back| back.to_string()), "reasons": ruled.reasons,
                "statement": ruled.statement,
            })),
        }));
    }
    let (text, sound) = (report.to_string(), report.is_sound());
    let report = serde_json::to_value(&report).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
    Ok(json!({ "sound": sound, "disputes": disputes, "report": report, "text": text }))
}

/// The dispute that a command is about: the pack must verify.
fn disputed(request: &Value, desk: &Desk<'_, '_>) -> Result<Open, Error> {
    let (report, mut open) = case(request, desk)?;
    if !report.is_sound() {
        return Err(Misuse::new(Code::FileWrong, "the pack does not verify; `semper arbiter show` says why").into());
    }
    let wanted = super::parcel::part(request)?;
    open.retain(|open| wanted.is_none_or(|wanted| part_of(&report, &open.lock) == Some(wanted)));
    match open.len() {
        0 => Err(Misuse::new(Code::StateWrong, "the pack shows no dispute on the bank's record that is open").into()),
        1 => Ok(open.remove(0)),
        _ => Err(Misuse::new(Code::Usage, "more than one part is disputed: name the part").into()),
    }
}

/// The waybill of a command: the lock, its terms, and the carrier that they name.
fn waybill(request: &Value) -> Result<(Lock, Escrow, Carrier), Error> {
    let lock: Blob64 = serde_json::from_value(request.get("lock").cloned().unwrap_or_default())
        .map_err(|_| Misuse::new(Code::FieldWrong, "lock"))?;
    let lock = Lock::read(&lock.0).map_err(|why| Misuse::new(why.code(), format!("lock: {why}")))?;
    let Condition::Escrow(terms) = lock.core.condition.clone() else {
        return Err(Misuse::new(Code::KindWrong, "lock: nothing that is carried").into());
    };
    let none = || Misuse::new(Code::RoleUnfit, "no carrier's word is asked for here");
    let carrier = terms.carrier.clone().ok_or_else(none)?;
    Ok((lock, terms, carrier))
}

/// `{"command":"carrier-show","lock"}`: what a waybill asks of us, until when, and what we have stated about it.
pub(super) fn carried(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let (lock, terms, carrier) = waybill(request)?;
    let own = keys::identity(desk.tx, CertificateKind::Statement)?.map(|own| own.key);
    let said = exchange::kept_of(desk.tx, &format!("xid:{}", lock.xid), |kind| kind == HandedOver::KIND)?;
    let days = |length: semper_base::Millis| length.0 / 86_400_000;
    let yours = own == Some(carrier.key.id());
    Ok(json!({
        "lock": lock.xid, "yours": yours, "amount": lock.core.amount.to_string(), "ship_by": terms.ship_by,
        "deliver_days": days(terms.deliver_ms), "accept_days": days(terms.accept_ms),
        "latest": terms.ship_by.plus(terms.deliver_ms), "said": said.first(),
    }))
}

/// `{"command":"carrier-handed-over","lock","code"}`: states that what the lock is for was given to whoever had this
/// pickup code. `lock` is what the seller gave with the goods.
pub(super) fn handed_over(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (lock, _, carrier) = waybill(request)?;
    let code: Nonce = serde_json::from_value(request.get("code").cloned().unwrap_or_default())
        .map_err(|_| Misuse::new(Code::FieldWrong, "code: 32 hexadecimal digits"))?;
    if semper_exchange::fair::lock::escrow::pickup(&code) != carrier.pickup {
        return Err(Misuse::new(Code::CommitmentWrong, "code: not the pickup code of these goods").into());
    }
    let author = author(Role::Carrier, &carrier.key, desk)?;
    let about = About::exchange(lock.xid, vec![lock.core.holder.key.id()]);
    let statement = author.answer(desk.cx, about, HandedOver { at: desk.cx.now, code })?.text;
    exchange::keep(lock.xid, &statement, desk)?;
    desk.tell("handed-over", lock.xid, "The goods were given away for the pickup code.");
    Ok(json!({ "lock": lock.xid, "statement": statement }))
}
