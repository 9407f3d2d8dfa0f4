//! Payments in a contract: a deal whose money is locked at a bank, and obeys the notary's decision. See
//! [`semper_exchange::fair::deal`].
//!
//! ```text
//!  payee: contract-bill       payer: contract-pay        contract-new, with it      contract-sign
//! [bill] -------------------> [bill, with our key] ----> [deal file] -------------> agreed, signed, money locked,
//!                                                                                   then the notary is told
//!
//! bill/KEY       Own: account and salt behind a payee's key of ours
//! bill-from/KEY  the purse out of which a payer's key of ours pays
//! ```

use semper_base::code::Code;
use semper_base::limits::{CONTRACT_FILE_BYTES_MAX, LETTERS_SEALED_MAX, UNLESS_CHARS_MAX};
use semper_base::{
    Amount, Blob64, Currency, Error, Fault, Hash, Key, KeyId, Millis, Misuse, Role, Timestamp, Violation, Xid, json,
};
use semper_blocks::payment::PurseId;
use semper_blocks::statement::{Compact, Kind};
use semper_exchange::fair::deal::{Deal, Dealer, Payment};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::frame::{Command, Descriptor, Event, NamedLeg, Third};
use semper_exchange::fair::lock::{Command as LockCommand, Lock, PayeeOwn, PayerOwn, Standing as LockStanding, Unless};
use semper_exchange::fair::party::{Party, Standing};
use semper_support::crypto::{PublicKey, Secret32, random_secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::file::{Paper, blob};
use super::run::Run;
use super::{Record, load, make, one_of, record_key, step};
use crate::common::parcel::optional;
use crate::common::standing::language;
use crate::common::{Desk, exchange, keys, locks, rows, text};
use crate::wallet::purse;

/// Version of the form of a bill.
const VERSION: u64 = 1;
/// How long a compensation can be claimed, if nobody says otherwise.
const CLAIM: Millis = Millis::days(14);
/// The least time for it.
const CLAIM_MIN: Millis = Millis::seconds(3600);
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
    /// If it is a compensation: it is paid only if this is not done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    unless: Option<Outside>,
}

/// What somebody does outside of the deal, or pays a compensation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outside {
    times: Unless,
    /// In plain words.
    what: String,
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

fn payer_row(key: &KeyId) -> Key {
    Key::new("bill-from", key)
}

/// The purse out of which a payer's key of ours pays; none for one from before it was noted.
fn purse_of(payment: &Payment, desk: &Desk<'_, '_>) -> Result<Option<PurseId>, Error> {
    Ok(rows::get(desk.tx, &payer_row(&payment.payer.id()))?)
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

/// `{"command":"contract-bill","amount":"12.00 EUR","purse"?,"unless"?:{"what","due","claim_ms"?}}`: says where we want
/// to be paid within a contract; with `unless`, what the payer is to do for us, so that it need not pay.
pub(super) fn bill(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (number, currency) = text(request, "amount")?.split_once(' ').unwrap_or_default();
    let currency = Currency::parse(currency)?;
    let amount = Amount::parse(number, currency)?;
    if desk.tx.scan("bill/", LETTERS_SEALED_MAX)?.len() >= LETTERS_SEALED_MAX {
        return Err(Misuse::new(Code::TooMany, "bills").into());
    }
    let purse = purse::chosen(request, currency, desk)?;
    let bank = purse::bank(&purse, desk)?;
    let card = keys::certificate(desk.tx, &bank.certificate)?;
    let card = card.ok_or_else(|| Misuse::new(Code::NotFound, "the bank's certificate"))?;
    let own = Own { account: purse::payee(&purse, amount)?.account, salt: random_secret(desk.cx.crypto) };
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
        unless: outside(request, desk)?,
    };
    shown(&bill, desk)
}

/// What shall be done, by when, and how long we may claim the compensation then.
fn outside(request: &Value, desk: &Desk<'_, '_>) -> Result<Option<Outside>, Error> {
    let Some(unless) = request.get("unless").filter(|unless| !unless.is_null()) else { return Ok(None) };
    let due = Timestamp::parse(text(unless, "due")?).ok_or_else(|| Misuse::new(Code::FieldWrong, "due"))?;
    let claim = unless.get("claim_ms").and_then(Value::as_u64).map_or(CLAIM, Millis);
    if due <= desk.cx.now || claim < CLAIM_MIN {
        return Err(Misuse::new(Code::FieldWrong, "due in the future, and an hour or more to claim after it").into());
    }
    let what = text(unless, "what")?.trim().to_owned();
    if what.is_empty() || what.chars().count() > UNLESS_CHARS_MAX {
        return Err(Misuse::new(Code::FieldWrong, format!("what: 1 to {UNLESS_CHARS_MAX} characters")).into());
    }
    Ok(Some(Outside { times: Unless { due, until: due.plus(claim) }, what }))
}

/// `{"command":"contract-pay","bill","purse"?}`: says that we pay a bill within a contract, out of the purse of that
/// name or the first that we have there. Nothing is paid or locked yet.
pub(super) fn pay(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let bill = read(&blob(request.get("bill"), "bill")?)?;
    if bill.payer.is_some() {
        return Err(Misuse::new(Code::FileWrong, "somebody pays this bill already").into());
    }
    let holder = bill.holder.key.id();
    let purse = match optional(request, "purse")? {
        Some(name) => Some(purse::named(name, desk)?).filter(|purse| purse.bank.key == holder),
        None => purse::at(&holder, bill.amount.currency(), desk)?,
    };
    let met = purse::met_as(&holder, desk)?.filter(|bank| bank.certificate == bill.holder.certificate);
    let (Some(purse), Some(_)) = (purse, met) else {
        return Err(Misuse::new(Code::RegisterWrong, "the payee is with another bank than you").into());
    };
    let (giver, payer) = (Some(Blob64(make::own_certificate(desk)?)), keys::generate(desk)?.public);
    rows::put(desk.tx, payer_row(&payer.id()), &purse.id)?;
    shown(&Bill { giver, payer: Some(payer), ..bill }, desk)
}

/// What the owner is told of a bill: who is paid by certificate, how much, where, and for what if it is a compensation.
fn shown(bill: &Bill, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let file = Blob64(json::canonical(bill)?);
    let trust = keys::trust_now(desk)?;
    let payee = trust.and_then(|trust| trust.validate(&bill.receiver.0, desk.cx.now, desk.cx.crypto).ok());
    let unless = bill.unless.as_ref();
    let unless = unless.map(|one| json!({ "what": one.what, "due": one.times.due, "until": one.times.until }));
    Ok(json!({
        "file": file, "amount": bill.amount.to_string(), "holder": bill.holder_name,
        "payee": payee.map(|valid| valid.name), "unless": unless,
    }))
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
        unless: bill.unless.as_ref().map(|unless| unless.times),
    })
}

pub(super) fn named(bill: &Bill, giver: String, receiver: String) -> NamedLeg {
    let (amount, holder) = (bill.amount, bill.holder_name.clone());
    match &bill.unless {
        None => NamedLeg::Payment { amount, giver, holder, receiver },
        Some(Outside { times: Unless { due, until }, what }) => {
            NamedLeg::Compensation { amount, due: *due, giver, holder, receiver, until: *until, what: what.clone() }
        }
    }
}

/// Who holds the money of a deal, as its terms call them, in the order of the legs.
pub(super) fn holders(paper: &Paper) -> impl Iterator<Item = (&Third, &str)> {
    let legs = paper.x.core.deal.iter().flat_map(Deal::payments);
    legs.filter_map(|(leg, payment)| match paper.terms.contract.legs.get(usize::from(leg)) {
        Some(NamedLeg::Payment { holder, .. } | NamedLeg::Compensation { holder, .. }) => {
            Some((&payment.holder, holder.as_str()))
        }
        _ => None,
    })
}

/// Where the money of a payment is, if we pay it or are paid by it, and what can be done about it now.
pub(super) fn standing(
    (leg, payment): (u8, &Payment),
    x: &Descriptor,
    place: u8,
    deal: Option<Standing>,
    desk: &Desk<'_, '_>,
) -> Result<Value, Error> {
    let ours = payment.giver == place || payment.receiver == place;
    let side = if ours { locks::side(payment.lock(leg, x)?.xid, desk)? } else { None };
    let state = side.map(|side| side.standing());
    let waits = payment.receiver == place && deal == Some(Standing::Complete) && state == Some(LockStanding::Locked);
    let unless = payment.unless.filter(|_| waits);
    let can = [
        ("done", unless.is_some()),
        ("claim", unless.is_some_and(|unless| unless.is_open(desk.cx.now).is_ok())),
        ("export", state.is_some_and(|state| !matches!(state, LockStanding::Declined | LockStanding::Waiting))),
    ];
    let can: Vec<&str> = can.into_iter().filter(|(_, may)| *may).map(|(word, _)| word).collect();
    Ok(json!({ "state": state.map(LockStanding::word), "can": can }))
}

/// Before anybody is asked: whether we can pay what we are to pay, and be paid what we are to get.
pub(super) fn check(x: &Descriptor, place: u8, desk: &Desk<'_, '_>) -> Result<(), Error> {
    for (leg, payment) in x.core.deal.iter().flat_map(Deal::payments) {
        if payment.giver == place {
            keys::pair(desk.tx, desk.cx, payment.payer.id())?;
            purse::lock_under(&payment.lock(leg, x)?, purse_of(payment, desk)?, desk)?;
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
    let Some(Record { agreement, place, .. }) = Record::load(x.xid, desk)? else { return Ok(()) };
    let Some(agreed) = run.follows.or(agreement) else { return Ok(()) };
    if now == Standing::Signed {
        order(dealer, x, agreed, desk)?;
        return expect(x, place, agreed, desk);
    }
    let Some(shown) = dealer.ended() else { return Ok(()) };
    for (leg, payment) in x.core.deal.iter().flat_map(Deal::payments) {
        let id = payment.lock(leg, x)?.xid;
        // A compensation is claimed by its payee's own word, later: see `settle`.
        let ours = payment.giver == place || (payment.receiver == place && payment.unless.is_none());
        if ours && locks::side(id, desk)?.is_some_and(|side| !side.standing().is_final()) {
            locks::decided(id, shown.clone(), desk)?;
        }
    }
    Ok(())
}

/// `{"command":"contract-claim"|"contract-done","contract","part"?}`: what we say of something that somebody had to do
/// for us: it was not done, so we claim the compensation; or it is done, and the money goes back.
pub(super) fn settle(done: bool, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (xid, record) = one_of(request, desk)?;
    let run = load(xid, desk)?;
    let x = run.x(xid, desk)?;
    let Party::Dealer(dealer) = &run.machine else {
        return Err(Misuse::new(Code::StateWrong, "no deal").into());
    };
    let (leg, payment) = owed_to_us(&x, record.place, request)?;
    let unless = payment.unless.ok_or_else(|| Misuse::new(Code::StateWrong, "no compensation"))?;
    let shown = dealer.ended().filter(|_| dealer.standing() == Standing::Complete);
    let shown = shown.ok_or_else(|| Misuse::new(Code::StateWrong, "the deal is not made"))?;
    let id = payment.lock(leg, &x)?.xid;
    if locks::side(id, desk)?.is_none_or(|side| side.standing() != LockStanding::Locked) {
        return Err(
            Misuse::new(Code::StateWrong, "it is claimed or back already, or the bank has not told of it yet").into()
        );
    }
    if done {
        locks::command(id, LockCommand::GiveBack, desk)?;
    } else {
        let early =
            |why: Violation| Misuse::new(why.code(), format!("{}: it can be claimed from {} on", why, unless.due));
        unless.is_open(desk.cx.now).map_err(early)?;
        locks::decided(id, shown.clone(), desk)?;
    }
    Ok(json!({ "contract": xid, "part": leg + 1, "amount": payment.amount.to_string(), "lock": id }))
}

/// The compensation that is meant: the one that is named, or the only one that is for us.
fn owed_to_us<'x>(x: &'x Descriptor, place: u8, request: &Value) -> Result<(u8, &'x Payment), Misuse> {
    let named = request.get("part").and_then(Value::as_u64);
    let ours = |(leg, payment): &(u8, &Payment)| {
        payment.unless.is_some() && payment.receiver == place && named.is_none_or(|part| part == u64::from(*leg) + 1)
    };
    let mut found = x.core.deal.iter().flat_map(Deal::payments).filter(ours);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Misuse::new(Code::NotFound, "no such compensation for you in this contract")),
        (Some(_), Some(_)) => Err(Misuse::new(Code::Usage, "several compensations: say which part")),
    }
}

fn order(dealer: &Dealer, x: &Descriptor, agreed: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (leg, lock) in dealer.due(x) {
        let payment = x.core.deal.iter().flat_map(Deal::payments).find(|(at, _)| *at == leg);
        let prefer = payment.map(|(_, payment)| purse_of(payment, desk)).transpose()?.flatten();
        let debit = purse::lock_under(&lock, prefer, desk)?;
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
        locks::watch(Role::Party, payment.payee.id(), &payment.holder.key, desk)?;
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
            step(xid, run, &Event::Locked(locked), desk)
        }
        LockStanding::Returned | LockStanding::Declined | LockStanding::Lapsed
            if run.machine.standing() == Standing::Signed =>
        {
            step(xid, run, &Event::Command(Command::Abort), desk)
        }
        _ => Ok(()),
    }
}
