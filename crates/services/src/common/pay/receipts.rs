//! Payment for receipt, from both sides: a payee asks to be paid with a receipt that it has signed already, a
//! payer pays and has it. See [`semper_exchange::fair::receipt`].
//!
//! ```text
//! receipt-given/PURPOSE    Given: what we ask to be paid; the asker of the question
//! receipt-held/PURPOSE     Held: a receipt for which we pay; the asker of the question
//! ```
//!
//! ```text
//!  payee: [Waiting] -- reference --> [Asked] -- user agreed --> [Signed] -- the bank's word: it is paid
//!              |  no reference           |  declined
//!              +------> row goes <-------+
//!  payer: [Asked] -- user agreed --> [Agreed] -- the bank's word: it is a receipt
//!             |  declined               |  the bank refuses: may be tried again
//!             +--> row goes             +--> [Agreed]
//! ```

use semper_base::code::Code;
use semper_base::limits::RECEIPT_LIFE_MS;
use semper_base::tx::Question;
use semper_base::{Amount, Blob64, Currency, Error, Hash, Key, Millis, Misuse, Role, Timestamp, Violation, Write};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{About, Body, Statement, author, danger_typed_unverified, payload};
use semper_driver::service::Answer;
use semper_exchange::fair::receipt::{ConditionalReceipt, PaymentAgreement};
use semper_support::access::{Action, Revealed};
use semper_support::tinguin::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{News, Payment, ask_pay_to, pay, pay_to};
use crate::common::access::permit_owner;
use crate::common::standing::language;
use crate::common::{Desk, Look, bills, evidence, exchange, keys, rows, text};
use crate::shop::{Certified, check_certified, own_certificate};
use crate::wallet::purse;

/// Rows of each kind that a list shows.
const LISTED_MAX: usize = 1000;

/// What we ask to be paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    amount: Amount,
    text: String,
    until: Timestamp,
    state: Giving,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Giving {
    Waiting,
    Asked,
    Signed(String),
}

/// A receipt that is ours as soon as we have paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    payee: String,
    receipt: String,
    /// Hash of what the user agreed to; none as long as it was only asked.
    agreed: Option<Hash>,
}

fn given_row(purpose: &Hash) -> Key {
    Key::new("receipt-given", purpose)
}

fn held_row(purpose: &Hash) -> Key {
    Key::new("receipt-held", purpose)
}

/// Where the evidence is kept.
fn subject(purpose: &Hash) -> String {
    format!("pay:{purpose}")
}

/// A command about payments for receipt; none if it is another.
pub(super) fn command(
    role: Role,
    word: &str,
    request: &Value,
    desk: &mut Desk<'_, '_>,
) -> Result<Option<Value>, Error> {
    Ok(Some(match word {
        "payment-request" if request.get("purpose").is_some() => show(request, desk)?,
        "payment-request" => ask_for(role, request, desk)?,
        "payment-accept" => accept(role, request, desk)?,
        "payments" => list(desk)?,
        "payment-export" => export(role, request, desk)?,
        _ => return Ok(None),
    }))
}

/// `{"command":"payment-request","amount":"1.00 EUR","text","days"?,"purse"?}`: asks to be paid, with a receipt that is
/// signed in advance. `{"command":"payment-request","purpose"}` shows what to hand to the payer once it is.
fn ask_for(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let amount = amount(text(request, "amount")?)?;
    let days = request.get("days").map_or(Some(14), Value::as_u64);
    let life = days.and_then(|days| days.checked_mul(86_400_000)).filter(|life| (1..=RECEIPT_LIFE_MS).contains(life));
    let life = life.ok_or_else(|| Misuse::new(Code::FieldWrong, "days: 1 to 30"))?;
    let mut bits = [0; 32];
    desk.cx.crypto.random(&mut bits);
    let purpose = Hash(bits);
    let until = desk.cx.now.plus(Millis(life));
    let given = Given { amount, text: text(request, "text")?.trim().to_owned(), until, state: Giving::Waiting };
    let me = keys::author(role, desk.tx, desk.cx)?;
    let probe = body(&given, purpose, PayTo(semper_base::Nonce([0; 16])), until, me.public.id());
    probe.check().map_err(|wrong| Misuse::new(wrong.code(), "text: 1 to 500 bytes; amount: more than nothing"))?;
    rows::put(desk.tx, given_row(&purpose), &given)?;
    super::bind(&subject(&purpose), &purse::chosen(request, amount.currency(), desk)?, desk)?;
    if ask_pay_to(role, purpose, &subject(&purpose), desk)?.is_some() {
        make(role, purpose, desk)?;
    }
    Ok(json!({ "purpose": purpose }))
}

fn amount(text: &str) -> Result<Amount, Error> {
    let (number, currency) = text.split_once(' ').ok_or_else(|| Misuse::new(Code::AmountMalformed, text))?;
    Ok(Amount::parse(number, Currency::parse(currency)?)?)
}

fn body(given: &Given, purpose: Hash, pay_to: PayTo, until: Timestamp, bank: semper_base::KeyId) -> ConditionalReceipt {
    let until = given.until.min(until);
    ConditionalReceipt { amount: given.amount, bank, pay_to, purpose, text: given.text.clone(), until }
}

/// The reference is here: the receipt can be made. A buyer is asked to sign it.
fn make(role: Role, purpose: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(given) = rows::get::<Given>(desk.tx, &given_row(&purpose))? else { return Ok(()) };
    let Some(known) = pay_to(&purpose, desk)?.filter(|_| matches!(given.state, Giving::Waiting)) else {
        return Ok(());
    };
    let receipt =
        body(&given, purpose, known.pay_to, known.until, super::through::purse(&known.subject, desk)?.bank.key);
    if role != Role::Buyer {
        let me = keys::author(role, desk.tx, desk.cx)?;
        let signed = me.request(desk.cx, About::default(), receipt)?;
        return keep_given(purpose, given, signed.text, desk);
    }
    ask(given_row(&purpose), About::default(), &receipt, desk)?;
    Ok(rows::put(desk.tx, given_row(&purpose), &Given { state: Giving::Asked, ..given })?)
}

fn keep_given(purpose: Hash, given: Given, statement: String, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    exchange::keep_as(subject(&purpose), &statement, desk)?;
    rows::put(desk.tx, given_row(&purpose), &Given { state: Giving::Signed(statement), ..given })?;
    desk.tell("payment-request", purpose, "The payment request is ready.");
    Ok(())
}

/// Puts a statement of the owner's own certified key on the trusted screen.
fn ask<B: Body>(asker: Key, about: About, body: &B, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let me = keys::author(Role::Buyer, desk.tx, desk.cx)?;
    let meta = author::meta::<B>(desk.cx, me.signer(), language(desk)?, about, author::REQUEST_VALIDITY);
    let payload = String::from_utf8(payload(&meta, body)?).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
    desk.tx.push(Write::Ask(Question {
        id: format!("{}/{}", asker.0, B::KIND),
        asker: asker.0,
        payload,
        kind: B::KIND.word().to_owned(),
        key: me.public.id(),
        follows: None,
    }));
    Ok(())
}

/// What a payer needs: the receipt and the certificate of whoever signed it.
fn show(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let purpose = purpose_of(request)?;
    let given: Option<Given> = rows::get(desk.tx, &given_row(&purpose))?;
    let given = given.ok_or_else(|| Misuse::new(Code::NotFound, "no such payment request"))?;
    let Giving::Signed(receipt) = given.state else { return Ok(json!({ "purpose": purpose, "request": null })) };
    Ok(json!({ "purpose": purpose, "request": { "certificate": own_certificate(desk)?, "receipt": receipt } }))
}

/// `{"command":"payment-accept","request":{"certificate","receipt"}}`, or `"bill"` with the exchange that a notary bills
/// us for: pays what a payment request asks for. A buyer is asked on the trusted screen, with the payee's certified name and what it is for.
fn accept(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let bill = request.get("bill").and_then(Value::as_str).map(|bill| bills::named(bill, desk)).transpose()?;
    let request = bill.as_ref().or_else(|| request.get("request")).unwrap_or(&Value::Null);
    let (receipt, payee, certificate) = checked(request, desk)?;
    let ConditionalReceipt { amount, bank, pay_to: to, purpose, until, .. } = receipt.body;
    let purse = purse::at(&bank, amount.currency(), desk)?;
    let other = || Misuse::new(Code::RegisterWrong, "the payee is with another bank than you");
    let purse = purse.ok_or_else(other)?;
    if desk.cx.now > until {
        return Err(Misuse::new(Code::Expired, "the payment request has run out: ask for a new one").into());
    }
    let before: Option<Held> = rows::get(desk.tx, &held_row(&purpose))?;
    if before.as_ref().is_some_and(|held| held.receipt != receipt.text) {
        return Err(Violation::new(Code::TermsWrong, "another receipt for the same payment").into());
    }
    keys::keep_certificate(&certificate, desk);
    exchange::keep_as(subject(&purpose), &receipt.text, desk)?;
    if before.is_none() {
        super::bind(&subject(&purpose), &purse, desk)?;
    }
    match before.and_then(|held| held.agreed) {
        // Agreed before: the same order goes out again, should the bank have refused the first.
        Some(agreed) => pay(role, &payment(&receipt.body, agreed), desk)?,
        None => {
            let held = Held { payee: payee.clone(), receipt: receipt.text.clone(), agreed: None };
            rows::put(desk.tx, held_row(&purpose), &held)?;
            let about = About { to: vec![receipt.meta.signer.key], ..About::default() };
            let agreement = PaymentAgreement::with(&receipt, payee.clone());
            if role == Role::Buyer {
                ask(held_row(&purpose), about, &agreement, desk)?;
            } else {
                let signed = keys::author(role, desk.tx, desk.cx)?.request(desk.cx, about, agreement)?;
                agreed(role, purpose, held, &signed.text, desk)?;
            }
        }
    }
    Ok(json!({ "purpose": purpose, "payee": payee, "amount": amount.to_string(), "to": to, "text": receipt.body.text }))
}

/// A payment request that somebody sent, and who signed it by certificate.
pub fn request(request: &Value, desk: &Desk<'_, '_>) -> Result<(Statement<ConditionalReceipt>, String), Error> {
    checked(request, desk).map(|(receipt, payee, _)| (receipt, payee))
}

/// Whether we were told to pay this.
pub fn is_accepted(purpose: &Hash, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    Ok(desk.tx.get(&held_row(purpose))?.is_some())
}

/// Reads a payment request that somebody handed over, and who signed it by certificate.
fn checked(request: &Value, desk: &Desk<'_, '_>) -> Result<(Statement<ConditionalReceipt>, String, Vec<u8>), Error> {
    let statement = text(request, "receipt")?.to_owned();
    let certificate = serde_json::from_value(request.get("certificate").cloned().unwrap_or_default());
    let certificate: Blob64 = certificate.map_err(|_| Misuse::new(Code::FieldWrong, "certificate"))?;
    let claimed: Statement<ConditionalReceipt> = danger_typed_unverified(&statement)?;
    let role = claimed.meta.signer.role;
    if !matches!(role, Role::Buyer | Role::Notary | Role::Seller) {
        return Err(Violation::new(Code::RoleWrong, role.word()).into());
    }
    let trust = keys::trust_now(desk)?;
    let look = Look { trust: trust.as_deref(), crypto: desk.cx.crypto, now: desk.cx.now, known: None };
    let certified = Certified { certificate: certificate.clone(), reference: None, statement };
    let (receipt, valid): (Statement<ConditionalReceipt>, _) = check_certified(&certified, role, &look)?;
    receipt.body.check()?;
    valid.covers(receipt.body.amount)?;
    Ok((receipt, valid.name, certificate.0))
}

fn payment(receipt: &ConditionalReceipt, agreed: Hash) -> Payment {
    let ConditionalReceipt { amount, pay_to: to, purpose, until, .. } = *receipt;
    Payment { amount, follows: Some(agreed), purpose, subject: subject(&purpose), to, until: Some(until) }
}

/// The user agrees to pay: the bank is ordered to.
fn agreed(role: Role, purpose: Hash, held: Held, statement: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    exchange::keep_as(subject(&purpose), statement, desk)?;
    let receipt: Statement<ConditionalReceipt> = danger_typed_unverified(&held.receipt)?;
    let hash = Hash::of(statement.as_bytes());
    rows::put(desk.tx, held_row(&purpose), &Held { agreed: Some(hash), ..held })?;
    pay(role, &payment(&receipt.body, hash), desk)
}

/// Takes the user's answer to a question of ours; false if it is another's.
pub fn answer(role: Role, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let purpose = |prefix: &str| answer.question.asker.strip_prefix(prefix).and_then(Hash::from_hex);
    let signed = match &answer.outcome {
        Outcome::Signed { statement, .. } => Some(statement),
        Outcome::Declined { .. } => None,
        Outcome::CouldNotAsk => {
            return Ok(purpose("receipt-given/").or_else(|| purpose("receipt-held/")).is_some());
        }
    };
    if let Some(purpose) = purpose("receipt-given/") {
        let given: Option<Given> = rows::get(desk.tx, &given_row(&purpose))?;
        match (given.filter(|given| matches!(given.state, Giving::Asked)), signed) {
            (Some(given), Some(statement)) => keep_given(purpose, given, statement.clone(), desk)?,
            (Some(_), None) => desk.tx.delete(given_row(&purpose)),
            (None, _) => {}
        }
        return Ok(true);
    }
    let Some(purpose) = purpose("receipt-held/") else { return Ok(false) };
    let held: Option<Held> = rows::get(desk.tx, &held_row(&purpose))?;
    match (held.filter(|held| held.agreed.is_none()), signed) {
        (Some(held), Some(statement)) => agreed(role, purpose, held, statement, desk)?,
        (Some(_), None) => desk.tx.delete(held_row(&purpose)),
        (None, _) => {}
    }
    Ok(true)
}

/// News of the bank, which may be about one of ours.
pub(super) fn heard(role: Role, news: &News, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match news {
        News::PayTo { purpose, .. } => make(role, *purpose, desk),
        News::NoPayTo { purpose, code } if desk.tx.get(&given_row(purpose))?.is_some() => {
            desk.tx.delete(given_row(purpose));
            desk.tell("refused", purpose, format!("The bank gives no reference: {}.", code.text()));
            Ok(())
        }
        News::Left(paid) => {
            let Some(held) = rows::get::<Held>(desk.tx, &held_row(&paid.purpose))? else { return Ok(()) };
            desk.tell("receipt", paid.purpose, format!("You hold {}'s receipt for {}.", held.payee, paid.amount));
            Ok(())
        }
        News::Arrived(_) | News::NoPayTo { .. } | News::NotPaid { .. } => Ok(()),
    }
}

/// `{"command":"payments"}`: what we ask to be paid, and what we pay for receipts.
fn list(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Balance);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let mut list = Vec::new();
    for (key, row) in desk.tx.scan("receipt-given/", LISTED_MAX)? {
        let given: Given = rows::parse(&key, &row)?;
        let Some(purpose) = id(&key) else { continue };
        let paid = super::paid(&purpose, desk)?;
        let state = match (&given.state, &paid) {
            (_, Some(_)) => "paid",
            (Giving::Waiting, _) => "waiting",
            (Giving::Asked, _) => "asked",
            (Giving::Signed(_), _) if desk.cx.now > given.until => "ended",
            (Giving::Signed(_), _) => "open",
        };
        list.push(json!({
            "in": true, "purpose": purpose, "amount": given.amount.to_string(), "text": given.text,
            "until": given.until, "state": state, "at": paid.map(|paid| paid.at),
        }));
    }
    for (key, row) in desk.tx.scan("receipt-held/", LISTED_MAX)? {
        let held: Held = rows::parse(&key, &row)?;
        let receipt: Statement<ConditionalReceipt> = danger_typed_unverified(&held.receipt)?;
        let body = receipt.body;
        let paid = super::paid(&body.purpose, desk)?;
        let state = match (&paid, held.agreed) {
            (Some(_), _) => "receipt",
            (None, Some(_)) => "ordered",
            (None, None) => "asked",
        };
        list.push(json!({
            "in": false, "purpose": body.purpose, "amount": body.amount.to_string(), "text": body.text,
            "payee": held.payee, "until": body.until, "state": state, "at": paid.map(|paid| paid.at),
        }));
    }
    list.extend(bills::due(desk)?);
    Ok(json!({ "payments": list }))
}

/// `{"command":"payment-export","purpose"}`: the receipt as an evidence pack.
fn export(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let purpose = purpose_of(request)?;
    if super::paid(&purpose, desk)?.is_none() {
        return Err(Misuse::new(Code::StateWrong, "nothing was paid yet, so there is no receipt").into());
    }
    let author = keys::author(role, desk.tx, desk.cx)?;
    let transcripts = vec![format!("receipt-held:{purpose}"), format!("receipt-given:{purpose}")];
    let extra = evidence::Extra { pieces: Vec::new(), transcripts };
    let pack = evidence::export_subject(&subject(&purpose), extra, &author, desk)?;
    Ok(json!({ "pack": Blob64(pack) }))
}

fn purpose_of(request: &Value) -> Result<Hash, Error> {
    Hash::from_hex(text(request, "purpose")?).ok_or_else(|| Misuse::new(Code::FieldWrong, "purpose").into())
}

fn id(key: &Key) -> Option<Hash> {
    key.0.split_once('/').and_then(|(_, id)| Hash::from_hex(id))
}
