//! What a party says about other people's parcels: as arbiter of a dispute, or as the carrier who brought them. Its
//! certified key is named in the lock; buyer or seller brings its word to the bank.
//!
//! ```text
//! ruling/LOCK    Ruled: what we have ruled about a lock; there is no second one
//! ```

use semper_base::code::Code;
use semper_base::{Amount, Blob64, Currency, Error, Hash, Key, Misuse, Nonce, Role};
use semper_blocks::certificate::{Kind as CertificateKind, Root};
use semper_blocks::statement::{About, Author};
use semper_commerce::dispute::{self, Open};
use semper_commerce::process::mail_order::statements::check_reason;
use semper_exchange::fair::lock::escrow::statements::{HandedOver, Ruling};
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

/// The dispute that a command is about: the pack must verify under our market's root.
fn disputed(request: &Value, desk: &Desk<'_, '_>) -> Result<Open, Error> {
    let pack: Blob64 = serde_json::from_value(request.get("pack").cloned().unwrap_or_default())
        .map_err(|_| Misuse::new(Code::FieldWrong, "pack"))?;
    let root = keys::root_der(desk.tx)?.ok_or_else(|| Misuse::new(Code::NotFound, "root"))?;
    let crypto = desk.cx.crypto;
    let pack = dispute::read(&pack.0, crypto).map_err(|why| Misuse::new(why.code(), format!("pack: {why}")))?;
    let report = dispute::verify(&pack, &Root::read(&root, crypto)?, crypto);
    if !report.is_sound() {
        return Err(Misuse::new(Code::FileWrong, "the pack does not verify; `semper evidence verify` says why").into());
    }
    let wanted = super::parcel::part(request)?;
    let mut open = dispute::open_disputes(&pack, crypto);
    let part = |open: &Open| report.locks.iter().find(|kept| kept.verdict.xid == open.lock.xid)?.part;
    open.retain(|open| wanted.is_none_or(|wanted| part(open) == Some(wanted)));
    match open.len() {
        0 => Err(Misuse::new(Code::StateWrong, "the pack shows no dispute on the bank's record that is open").into()),
        1 => Ok(open.remove(0)),
        _ => Err(Misuse::new(Code::Usage, "more than one part is disputed: name the part").into()),
    }
}

/// `{"command":"carrier-handed-over","lock","code"}`: states that what the lock is for was given to whoever had this
/// pickup code. `lock` is what the seller gave with the goods.
pub(super) fn handed_over(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let lock: Blob64 = serde_json::from_value(request.get("lock").cloned().unwrap_or_default())
        .map_err(|_| Misuse::new(Code::FieldWrong, "lock"))?;
    let lock = Lock::read(&lock.0).map_err(|why| Misuse::new(why.code(), format!("lock: {why}")))?;
    let Condition::Escrow(terms) = &lock.core.condition else {
        return Err(Misuse::new(Code::KindWrong, "lock: nothing that is carried").into());
    };
    let none = || Misuse::new(Code::RoleUnfit, "no carrier's word is asked for here");
    let carrier = terms.carrier.as_ref().ok_or_else(none)?;
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
