//! Payments in a contract: a deal whose money is locked at a bank, and obeys the notary's decision. See
//! [`semper_exchange::fair::deal`].
//!
//! ```text
//!  payee: contract-bill       payer: contract-pay        contract-new, with it      contract-sign
//! [bill] -------------------> [bill, with our key] ----> [deal file] -------------> agreed, signed, money locked,
//!                                                                                   then the notary is told
//!
//! bill/KEY    Own: account and salt behind a payee's key of ours
//! ```

use semper_base::code::Code;
use semper_base::limits::{CONTRACT_FILE_BYTES_MAX, LETTERS_SEALED_MAX};
use semper_base::{
    Amount, Blob64, Currency, Error, Fault, Hash, Key, KeyId, Millis, Misuse, Role, Violation, Xid, json,
};
use semper_blocks::statement::{Compact, Kind};
use semper_exchange::fair::deal::{Deal, Dealer, Payment};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::frame::{Command, Descriptor, Event, NamedLeg, Third};
use semper_exchange::fair::lock::{Lock, PayeeOwn, PayerOwn, Standing as LockStanding};
use semper_exchange::fair::party::{Party, Standing};
use semper_support::crypto::{PublicKey, Secret32, random_secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::file::{Paper, blob};
use super::run::Run;
use super::{Record, load, make, record_key, step};
use crate::common::standing::language;
use crate::common::{Desk, exchange, hello, keys, locks, rows, text};
use crate::wallet::purse;

/// Version of the form of a bill.
const VERSION: u64 = 1;
/// How long payer and payee wait before they ask the bank.
const PATIENCE: Millis = Millis::seconds(10);

/// Who is to be paid what, where. There is no secret in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the member that tells this form from others")]
pub(super) struct Bill {
    amount: Amount,
    /// Who pays: its card, DER, once it has said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) giver: Option<Blob64>,
    holder: Third,
    /// The holder's certificate, DER.
    pub(super) holder_card: Blob64,
    /// The holder's certified name.
    pub(super) holder_name: String,
    payee: PublicKey,
    payee_account: Hash,
    /// The payer's key for this payment, once it has said that it pays.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    payer: Option<PublicKey>,
    /// Who is paid: its card, DER.
    pub(super) receiver: Blob64,
    /// [`VERSION`] of this form.
    semper_bill: u64,
}

/// What stands behind a payee's key of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    account: String,
    salt: Secret32,
}

fn own_row(key: &KeyId) -> Key {
    Key::new("bill", key)
}

/// Whether these bytes are a bill, and not another part.
pub(super) fn is_bill(value: &Value) -> bool {
    value.get("semper_bill").is_some()
}

pub(super) fn read(bytes: &[u8]) -> Result<Bill, Misuse> {
    let wrong = |why: Violation| Misuse::new(Code::FileWrong, format!("bill: {why}"));
    if bytes.len() > CONTRACT_FILE_BYTES_MAX {
        return Err(wrong(Violation::new(Code::TooLarge, "bill")));
    }
    let bill: Bill = json::read(bytes).map_err(wrong)?;
    if bill.semper_bill == VERSION { Ok(bill) } else { Err(wrong(Violation::new(Code::VersionUnknown, "bill"))) }
}

/// `{"command":"contract-bill","amount":"12.00 EUR"}`: says where we want to be paid within a contract.
pub(super) fn bill(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (number, currency) = text(request, "amount")?.split_once(' ').unwrap_or_default();
    let amount = Amount::parse(number, Currency::parse(currency)?)?;
    if desk.tx.scan("bill/", LETTERS_SEALED_MAX)?.len() >= LETTERS_SEALED_MAX {
        return Err(Misuse::new(Code::TooMany, "bills").into());
    }
    let bank = hello::met_at("bank", desk)?;
    let card = keys::certificate(desk.tx, &bank.certificate)?;
    let card = card.ok_or_else(|| Misuse::new(Code::NotFound, "the bank's certificate"))?;
    let own = Own { account: purse::payee(amount, desk)?.account, salt: random_secret(desk.cx.crypto) };
    let payee = keys::generate(desk)?;
    rows::put(desk.tx, own_row(&payee.public.id()), &own)?;
    let bill = Bill {
        amount,
        giver: None,
        holder: Third { key: bank.key, certificate: bank.certificate },
        holder_card: Blob64(card),
        holder_name: bank.name,
        payee: payee.public,
        payee_account: payee_commitment(&own.account, own.salt.danger_bytes()),
        payer: None,
        receiver: Blob64(make::own_certificate(desk)?),
        semper_bill: VERSION,
    };
    shown(&bill)
}

/// `{"command":"contract-pay","bill"}`: says that we pay a bill within a contract. Nothing is paid or locked yet.
pub(super) fn pay(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let bill = read(&blob(request.get("bill"), "bill")?)?;
    if bill.payer.is_some() {
        return Err(Misuse::new(Code::FileWrong, "somebody pays this bill already").into());
    }
    let bank = hello::met_at("bank", desk)?;
    if bank.key != bill.holder.key || bank.certificate != bill.holder.certificate {
        return Err(Misuse::new(Code::RegisterWrong, "the payee is with another bank than you").into());
    }
    let (giver, payer) = (Some(Blob64(make::own_certificate(desk)?)), Some(keys::generate(desk)?.public));
    shown(&Bill { giver, payer, ..bill })
}

fn shown(bill: &Bill) -> Result<Value, Error> {
    let file = Blob64(json::canonical(bill)?);
    Ok(json!({ "file": file, "amount": bill.amount.to_string(), "holder": bill.holder_name }))
}

/// The leg of a bill that somebody pays.
pub(super) fn payment(bill: &Bill, giver: u8, receiver: u8) -> Result<Payment, Misuse> {
    let unpaid = || Misuse::new(Code::FileWrong, "a bill that nobody has said to pay: `semper contract pay`");
    Ok(Payment {
        amount: bill.amount,
        giver,
        holder: bill.holder.clone(),
        payee: bill.payee.clone(),
        payee_account: bill.payee_account,
        payer: bill.payer.clone().ok_or_else(unpaid)?,
        receiver,
    })
}

pub(super) fn named(bill: &Bill, giver: String, receiver: String) -> NamedLeg {
    NamedLeg::Payment { amount: bill.amount, giver, holder: bill.holder_name.clone(), receiver }
}

/// Who holds the money of a deal, as its terms call them, in the order of the legs.
pub(super) fn holders(paper: &Paper) -> impl Iterator<Item = (&Third, &str)> {
    let legs = paper.x.core.deal.iter().flat_map(Deal::payments);
    legs.filter_map(|(leg, payment)| match paper.terms.contract.legs.get(usize::from(leg)) {
        Some(NamedLeg::Payment { holder, .. }) => Some((&payment.holder, holder.as_str())),
        _ => None,
    })
}

/// Before anybody is asked: whether we can pay what we are to pay, and be paid what we are to get.
pub(super) fn check(x: &Descriptor, place: u8, desk: &Desk<'_, '_>) -> Result<(), Error> {
    for (leg, payment) in x.core.deal.iter().flat_map(Deal::payments) {
        if payment.giver == place {
            keys::pair(desk.tx, desk.cx, payment.payer.id())?;
            purse::lock_under(&payment.lock(leg, x)?, desk)?;
        }
        if payment.receiver == place {
            own(payment, desk)?;
        }
    }
    Ok(())
}

fn own(payment: &Payment, desk: &Desk<'_, '_>) -> Result<Own, Error> {
    let missing = || Misuse::new(Code::KeyMissing, "a payment to you in this contract does not go to a bill of yours");
    let own: Own = rows::get(desk.tx, &own_row(&payment.payee.id()))?.ok_or_else(missing)?;
    if payee_commitment(&own.account, own.salt.danger_bytes()) != payment.payee_account {
        return Err(missing().into());
    }
    Ok(own)
}

/// What the deal's new standing means for its money: once we have signed it is locked, once the notary has decided
/// it is claimed or asked back.
pub(super) fn follow(run: &Run<Party>, x: &Descriptor, was: Standing, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Party::Dealer(dealer) = &run.machine else { return Ok(()) };
    let now = dealer.standing();
    if was == now {
        return Ok(());
    }
    let Some(Record { agreement: Some(agreed), place, .. }) = Record::load(x.xid, desk)? else { return Ok(()) };
    if now == Standing::Signed {
        order(dealer, x, agreed, desk)?;
        return expect(x, place, agreed, desk);
    }
    let Some(shown) = dealer.ended() else { return Ok(()) };
    for (leg, payment) in x.core.deal.iter().flat_map(Deal::payments) {
        let id = payment.lock(leg, x)?.xid;
        let ours = payment.giver == place || payment.receiver == place;
        if ours && locks::side(id, desk)?.is_some_and(|side| !side.standing().is_final()) {
            locks::decided(id, shown.clone(), desk)?;
        }
    }
    Ok(())
}

fn order(dealer: &Dealer, x: &Descriptor, agreed: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (_, lock) in dealer.due(x) {
        let debit = purse::lock_under(&lock, desk)?;
        let own = PayerOwn {
            account: debit.account,
            account_key: debit.account_key,
            certificate: None,
            language: language(desk)?,
            patience_ms: PATIENCE,
        };
        locks::pay_into(&lock, own, &record_key("contract", x.xid), agreed, desk)?;
    }
    Ok(())
}

fn expect(x: &Descriptor, place: u8, agreed: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (leg, payment) in x.core.deal.iter().flat_map(Deal::payments) {
        if payment.receiver != place {
            continue;
        }
        let own = own(payment, desk)?;
        let own = PayeeOwn {
            account: own.account,
            certificate: None,
            language: language(desk)?,
            margin_ms: Millis(0),
            patience_ms: PATIENCE,
            preimage: None,
            salt: own.salt,
        };
        locks::be_paid(&payment.lock(leg, x)?, own, &record_key("contract", x.xid), agreed, desk)?;
        locks::watch(Role::Party, payment.payee.id(), desk)?;
    }
    Ok(())
}

/// A lock of a deal stands elsewhere now: with the money there the notary can be told; without it nobody need wait.
pub fn news(deal: &str, lock: &Lock, side: &locks::Side, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let locks::Side::Payer(payer) = side else { return Ok(()) };
    let Some(xid) = Hash::from_hex(deal).map(Xid) else { return Ok(()) };
    let run = load(xid, desk)?;
    if run.machine.standing().is_final() {
        return Ok(());
    }
    match payer.standing() {
        LockStanding::Locked => {
            let said = exchange::kept(desk.tx, &format!("xid:{}", lock.xid))?;
            let is = |text: &String| Compact::parse(text).is_ok_and(|compact| compact.kind() == Kind::Locked);
            let locked = said.into_iter().find(is);
            let locked = locked.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, "the bank's locked"))?;
            step(run, &Event::Locked(locked), desk)
        }
        LockStanding::Returned | LockStanding::Declined | LockStanding::Lapsed
            if run.machine.standing() == Standing::Signed =>
        {
            step(run, &Event::Command(Command::Abort), desk)
        }
        _ => Ok(()),
    }
}
