//! Plain transfers from the side of those who pay and are paid: wallet and shop alike.
//!
//! ```text
//! pay-ask/PURPOSE    Asking: a reference that the bank has not given yet; also the timer that asks again
//! pay-to/PURPOSE     Known: the reference over which we are paid for this
//! pay-out/PURPOSE    Paying: an order of ours; also the timer that asks again
//! paid/PURPOSE       Paid: what the bank says was paid, by us or to us
//! purse-for/SUBJECT  see [`through`]
//! ```
//!
//! ```text
//!  pay()            user agreed         transferred
//! [Asked] --------> [Sent] -----------> [Done]
//!    |  declined       |  refused          ^
//!    +-> [Refused] <---+                   |
//!             +--- pay() again: the same order, if it is signed and has not ended
//! ```
//!
//! One purpose is paid once: the same order is sent again and again until the bank answers, and another one
//! for the same purpose is begun only where the bank has refused the first. Should it change its mind, the
//! payee's reference is good for one payment all the same.

mod commands;
mod receipts;
mod through;

use semper_base::code::Code;
use semper_base::limits::{PAY_AGAIN_FIRST_MS, PAY_AGAIN_MAX_MS};
use semper_base::tx::Question;
use semper_base::{
    Amount, Currency, Error, Hash, Key, Millis, Misuse, PeerId, Role, Timestamp, Violation, Write, json,
};
use semper_blocks::certificate::Valid;
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{About, Kind, Signer, Statement, author, danger_typed_unverified, make, payload};
use semper_driver::service::Answer;
use semper_exchange::transfer::{PayToRequest, Transfer, Transferred};
use semper_support::tinguin::Outcome;
use serde::{Deserialize, Serialize};

use super::standing::language;
use super::{Desk, Logic, Look, exchange, keys, rows};
use crate::bank::kinds;
use crate::bank::transfers::{Ordered, PayToGiven, TransferRefused};
use crate::shop::{Certified, check_certified};
use crate::wallet::purse;

pub use commands::command;
pub use receipts::{answer as answer_about_receipt, is_accepted, request};
pub use through::{bind, bind_at};

/// A payment to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// How much.
    pub amount: Amount,
    /// The statement with which the user agreed to pay this, to whom and how much, if there is one: the
    /// trusted screen may then sign without asking again, as the user's preferences say.
    pub follows: Option<Hash>,
    /// What for, as the payee gave it to the bank.
    pub purpose: Hash,
    /// Where the evidence is kept: `deal:ID`, `xid:XID`.
    pub subject: String,
    /// Whom.
    pub to: PayTo,
    /// When the order to the bank ends, if sooner than any order: what is paid later would be paid for nothing.
    pub until: Option<Timestamp>,
}

/// What a party learns about its money, through [`Logic::money`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// What somebody paid to us is on our account.
    Arrived(Paid),
    /// What we paid has left our account, for good.
    Left(Paid),
    /// The bank gives no reference for this purpose.
    NoPayTo {
        /// What for.
        purpose: Hash,
        /// Why.
        code: Code,
    },
    /// Nothing was paid: the user or the bank said no.
    NotPaid {
        /// What for.
        purpose: Hash,
        /// Why.
        code: Code,
    },
    /// We can be paid for this purpose over this reference.
    PayTo {
        /// What for.
        purpose: Hash,
        /// The reference.
        pay_to: PayTo,
        /// Until when it can be paid to.
        until: Timestamp,
    },
}

/// What the bank says was paid: row `paid/PURPOSE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paid {
    /// How much.
    pub amount: Amount,
    /// When.
    pub at: Timestamp,
    /// Whether it went out; else it came in.
    pub left: bool,
    /// To which reference.
    pub pay_to: PayTo,
    /// What for.
    pub purpose: Hash,
    /// The bank's signed [`Transferred`].
    pub statement: String,
    /// Where the evidence is kept.
    pub subject: String,
}

/// A reference over which we are paid: row `pay-to/PURPOSE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// In what.
    pub currency: Currency,
    /// The reference.
    pub pay_to: PayTo,
    /// Where the evidence is kept.
    pub subject: String,
    /// Until when it can be paid to.
    pub until: Timestamp,
}

/// A reference that we wait for: row `pay-ask/PURPOSE`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    /// The signed request.
    statement: String,
    subject: String,
    tries: u32,
}

/// An order of ours: row `pay-out/PURPOSE`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paying {
    amount: Amount,
    state: State,
    subject: String,
    to: PayTo,
}

/// See the diagram. Texts are the signed order.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum State {
    Asked,
    Sent { statement: String, tries: u32 },
    Done,
    Refused { code: u16, statement: Option<String> },
}

/// A message of the bank that passed the check.
#[derive(Clone, Debug)]
pub enum FromBank {
    /// A reference.
    Given(PayToGiven),
    /// No.
    Refused(TransferRefused),
    /// Paid, with the bank's certificate.
    Transferred(Box<(Statement<Transferred>, Valid, Vec<u8>)>),
}

impl FromBank {
    /// The certificates that it was accepted with.
    #[must_use]
    pub fn valids(&self) -> Vec<&Valid> {
        match self {
            FromBank::Transferred(transferred) => vec![&transferred.1],
            FromBank::Given(_) | FromBank::Refused(_) => Vec::new(),
        }
    }
}

/// Checks a message of a bank about transfers; none if it is of another kind.
pub fn check(kind: &str, body: &[u8], look: &Look<'_>) -> Result<Option<FromBank>, Violation> {
    Ok(Some(match kind {
        kinds::PAY_TO => FromBank::Given(json::read(body)?),
        kinds::TRANSFER_REFUSED => FromBank::Refused(json::read(body)?),
        kinds::TRANSFERRED => {
            let certified: Certified = json::read(body)?;
            let (statement, valid) = check_certified(&certified, Role::Bank, look)?;
            FromBank::Transferred(Box::new((statement, valid, certified.certificate.0)))
        }
        _ => return Ok(None),
    }))
}

/// The reference over which we are paid for this purpose; if there is none yet, or it has ended, the bank is
/// asked for one, and [`News::PayTo`] or [`News::NoPayTo`] follows. May be called again at any time.
pub fn ask_pay_to(role: Role, purpose: Hash, subject: &str, desk: &mut Desk<'_, '_>) -> Result<Option<PayTo>, Error> {
    if let Some(known) = pay_to(&purpose, desk)?.filter(|known| desk.cx.now < known.until) {
        return Ok(Some(known.pay_to));
    }
    if rows::get::<Asking>(desk.tx, &ask_row(&purpose))?.is_some() {
        return Ok(None);
    }
    if desk.tx.get(&out_row(&purpose))?.is_some() {
        return Err(Misuse::new(Code::StateWrong, "we pay for this purpose ourselves").into());
    }
    let purse = through::purse(subject, desk)?;
    let author = keys::plain_author(role, purse.account_key.id(), desk.tx, desk.cx)?;
    let body = PayToRequest { account: purse.account, account_key: purse.account_key, purpose };
    let about = About { to: vec![purse.bank.key], ..About::default() };
    let statement = author.request(desk.cx, about, body)?.text;
    let asking = Asking { statement, subject: subject.to_owned(), tries: 0 };
    send_request(&purpose, asking, desk)?;
    Ok(None)
}

/// The reference that was given for this purpose, if one was.
pub fn pay_to(purpose: &Hash, desk: &Desk<'_, '_>) -> Result<Option<Known>, Error> {
    Ok(rows::get(desk.tx, &known_row(purpose))?)
}

/// What was paid for this purpose, by us or to us, if anything was.
pub fn paid(purpose: &Hash, desk: &Desk<'_, '_>) -> Result<Option<Paid>, Error> {
    Ok(rows::get(desk.tx, &paid_row(purpose))?)
}

/// Pays, once for a purpose: [`News::Left`] or [`News::NotPaid`] follows. A buyer's order is signed on the
/// trusted screen, any other party's by its own service. Called again with the same payment it does nothing
/// as long as the first order runs, and sends that order again if the bank has refused it.
pub fn pay(role: Role, payment: &Payment, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let row = out_row(&payment.purpose);
    let other = || Error::from(Misuse::new(Code::StateWrong, "another payment for this purpose runs"));
    if let Some(paying) = rows::get::<Paying>(desk.tx, &row)? {
        let is_same = (paying.amount, paying.to) == (payment.amount, payment.to);
        match paying.state {
            State::Asked | State::Sent { .. } | State::Done if is_same => return Ok(()),
            State::Asked | State::Sent { .. } | State::Done => return Err(other()),
            State::Refused { statement: Some(statement), .. } if is_same => {
                let signed: Statement<Transfer> = danger_typed_unverified(&statement)?;
                if desk.cx.now < signed.meta.expires {
                    let state = State::Sent { statement, tries: 0 };
                    return send_order(&payment.purpose, Paying { state, ..paying }, desk);
                }
            }
            State::Refused { .. } => {}
        }
    }
    if desk.tx.get(&known_row(&payment.purpose))?.is_some() || desk.tx.get(&ask_row(&payment.purpose))?.is_some() {
        return Err(Misuse::new(Code::StateWrong, "we are paid for this purpose ourselves").into());
    }
    begin(role, payment, desk)
}

fn begin(role: Role, payment: &Payment, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let purse = through::purse(&payment.subject, desk)?;
    let debit = purse::pay(&purse, payment.to, payment.amount, desk)?;
    let key = debit.account_key.id();
    let body = Transfer {
        account: debit.account,
        account_key: debit.account_key,
        amount: debit.amount,
        pay_to: payment.to,
        purpose: payment.purpose,
    };
    let about = About { to: vec![purse.bank.key], ..About::default() };
    let life = author::REQUEST_VALIDITY;
    let life = payment.until.map_or(life, |until| until.since(desk.cx.now).min(life));
    let (amount, subject, to) = (payment.amount, payment.subject.clone(), payment.to);
    let paying = |state| Paying { amount, state, subject, to };
    if role != Role::Buyer {
        let author = keys::plain_author(role, key, desk.tx, desk.cx)?;
        let statement = make(desk.cx.crypto, &author.secret, author.meta::<Transfer>(desk.cx, about, life), body)?.text;
        return send_order(&payment.purpose, paying(State::Sent { statement, tries: 0 }), desk);
    }
    let signer = Signer { role, key, certificate: None };
    let meta = author::meta::<Transfer>(desk.cx, signer, language(desk)?, about, life);
    let payload = String::from_utf8(payload(&meta, &body)?).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
    rows::put(desk.tx, out_row(&payment.purpose), &paying(State::Asked))?;
    desk.tx.push(Write::Ask(Question {
        id: question_id(&payment.purpose),
        asker: out_row(&payment.purpose).0,
        payload,
        kind: Kind::Transfer.word().to_owned(),
        key,
        follows: payment.follows,
    }));
    Ok(())
}

/// Whether an order for this purpose has left for the bank: then the bank's word decides.
pub fn is_ordered(purpose: &Hash, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    let paying = rows::get::<Paying>(desk.tx, &out_row(purpose))?;
    Ok(paying.is_some_and(|paying| matches!(paying.state, State::Sent { .. } | State::Done)))
}

/// Withdraws what the user was asked and has not answered. What was sent cannot be taken back.
pub fn cancel(purpose: &Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if let Some(Paying { state: State::Asked, .. }) = rows::get(desk.tx, &out_row(purpose))? {
        desk.tx.delete(out_row(purpose));
        desk.tx.push(Write::Unask(question_id(purpose)));
    }
    Ok(())
}

/// The purpose that a question about a payment is of.
#[must_use]
pub fn purpose_of_question(asker: &str) -> Option<Hash> {
    asker.strip_prefix("pay-out/").and_then(Hash::from_hex)
}

/// Takes the user's answer about a payment.
pub fn answer<L: Logic>(logic: &L, purpose: Hash, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(paying) = rows::get::<Paying>(desk.tx, &out_row(&purpose))? else { return Ok(()) };
    if !matches!(paying.state, State::Asked) {
        return Ok(());
    }
    match &answer.outcome {
        Outcome::CouldNotAsk => Ok(()),
        Outcome::Signed { statement, .. } => {
            let state = State::Sent { statement: statement.clone(), tries: 0 };
            send_order(&purpose, Paying { state, ..paying }, desk)
        }
        Outcome::Declined { .. } => {
            let code = Code::Declined;
            let state = State::Refused { code: code.number(), statement: None };
            rows::put(desk.tx, out_row(&purpose), &Paying { state, ..paying })?;
            logic.money(&News::NotPaid { purpose, code }, desk)
        }
    }
}

/// Asks the bank again. False if the timer is of something else.
pub fn timer(key: &Key, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let purpose = |prefix: &str| key.0.strip_prefix(prefix).and_then(Hash::from_hex);
    if let Some(purpose) = purpose("pay-ask/") {
        match rows::get::<Asking>(desk.tx, key)? {
            Some(asking) => send_request(&purpose, asking, desk)?,
            None => desk.tx.push(Write::Timer(key.clone(), None)),
        }
        return Ok(true);
    }
    let Some(purpose) = purpose("pay-out/") else { return Ok(false) };
    match rows::get::<Paying>(desk.tx, key)? {
        Some(paying @ Paying { state: State::Sent { .. }, .. }) => send_order(&purpose, paying, desk)?,
        _ => desk.tx.push(Write::Timer(key.clone(), None)),
    }
    Ok(true)
}

/// Takes a checked message of the bank.
pub fn message<L: Logic>(logic: &L, from: PeerId, message: FromBank, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let bank = through::bank(message.purpose(), desk)?;
    if bank.peer != from {
        return Err(Violation::new(Code::PeerWrong, "not our bank").into());
    }
    let news = match message {
        FromBank::Given(given) => take_reference(&given, desk)?,
        FromBank::Refused(refused) => take_refusal(&refused, desk)?,
        FromBank::Transferred(transferred) => {
            let (statement, valid, certificate) = *transferred;
            if valid.key.id() != bank.key {
                return Err(Violation::new(Code::KeyWrong, "not our bank's").into());
            }
            keys::keep_certificate(&certificate, desk);
            take_payment(&statement, desk)?
        }
    };
    let Some(news) = news else { return Ok(()) };
    receipts::heard(logic.role(), &news, desk)?;
    logic.money(&news, desk)
}

fn take_reference(given: &PayToGiven, desk: &mut Desk<'_, '_>) -> Result<Option<News>, Error> {
    let PayToGiven { currency, pay_to, purpose, until } = *given;
    let row = ask_row(&purpose);
    let Some(Asking { subject, .. }) = rows::get(desk.tx, &row)? else {
        // Asked twice, answered twice.
        return match rows::get::<Known>(desk.tx, &known_row(&purpose))? {
            Some(known) if known.pay_to == pay_to => Ok(None),
            _ => Err(Violation::new(Code::OutOfTurn, "nobody asked for this reference").into()),
        };
    };
    desk.tx.delete(row.clone());
    desk.tx.push(Write::Timer(row, None));
    rows::put(desk.tx, known_row(&purpose), &Known { currency, pay_to, subject, until })?;
    Ok(Some(News::PayTo { purpose, pay_to, until }))
}

/// What is not of the present request or order is late, and tells nothing.
fn take_refusal(refused: &TransferRefused, desk: &mut Desk<'_, '_>) -> Result<Option<News>, Error> {
    let (purpose, code) = (refused.purpose, Code::from_number(refused.code).unwrap_or(Code::Declined));
    let is_it = |statement: &str| Hash::of(statement.as_bytes()) == refused.refused;
    let (ask, out) = (ask_row(&purpose), out_row(&purpose));
    if rows::get::<Asking>(desk.tx, &ask)?.is_some_and(|asking| is_it(&asking.statement)) {
        desk.tx.delete(ask.clone());
        desk.tx.push(Write::Timer(ask, None));
        return Ok(Some(News::NoPayTo { purpose, code }));
    }
    let Some(paying) = rows::get::<Paying>(desk.tx, &out)? else { return Ok(None) };
    match &paying.state {
        State::Sent { statement, .. } if is_it(statement) => {
            let state = State::Refused { code: code.number(), statement: Some(statement.clone()) };
            rows::put(desk.tx, out.clone(), &Paying { state, ..paying })?;
            desk.tx.push(Write::Timer(out, None));
            Ok(Some(News::NotPaid { purpose, code }))
        }
        _ => Ok(None),
    }
}

/// The bank's word that money moved: of an order of ours, or to a reference of ours.
fn take_payment(said: &Statement<Transferred>, desk: &mut Desk<'_, '_>) -> Result<Option<News>, Error> {
    let Transferred { amount, at, pay_to, purpose, transfer } = said.body;
    let is_ours = |text: &String| Hash::of(text.as_bytes()) == transfer;
    let paying: Option<Paying> = rows::get(desk.tx, &out_row(&purpose))?;
    let known: Option<Known> = rows::get(desk.tx, &known_row(&purpose))?;
    if let Some(before) = paid(&purpose, desk)? {
        let again = before.statement == said.text;
        return if again { Ok(None) } else { Err(Violation::new(Code::OutOfTurn, "paid before").into()) };
    }
    let (left, subject) = match (paying, known) {
        (Some(paying), _) if paying.order().is_some_and(is_ours) => {
            let order: Statement<Transfer> = danger_typed_unverified(paying.order().map_or("", String::as_str))?;
            said.body.fits(&order.body, &order.hash)?;
            rows::put(desk.tx, out_row(&purpose), &Paying { state: State::Done, ..paying.clone() })?;
            desk.tx.push(Write::Timer(out_row(&purpose), None));
            (true, paying.subject)
        }
        (_, Some(known)) if (known.pay_to, known.currency) == (pay_to, amount.currency()) => (false, known.subject),
        _ => return Err(Violation::new(Code::OutOfTurn, "neither ours nor to us").into()),
    };
    exchange::keep_as(subject.clone(), &said.text, desk)?;
    let paid = Paid { amount, at, left, pay_to, purpose, statement: said.text.clone(), subject };
    rows::put(desk.tx, paid_row(&purpose), &paid)?;
    desk.tell(if left { "paid" } else { "arrived" }, purpose, format!("{amount}."));
    Ok(Some(if left { News::Left(paid) } else { News::Arrived(paid) }))
}

impl Paying {
    /// The signed order, as long as there is no answer to it.
    fn order(&self) -> Option<&String> {
        match &self.state {
            State::Sent { statement, .. } => Some(statement),
            State::Refused { statement, .. } => statement.as_ref(),
            State::Asked | State::Done => None,
        }
    }
}

fn send_request(purpose: &Hash, asking: Asking, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let (row, statement) = (ask_row(purpose), asking.statement.clone());
    let bank = through::purse(&asking.subject, desk)?.bank.peer;
    again_at(&row, asking.tries, desk);
    rows::put(desk.tx, row, &Asking { tries: asking.tries.saturating_add(1), ..asking })?;
    desk.send(bank, kinds::PAY_TO_REQUEST, &Ordered { statement })
}

/// Sends an order, for the first time or again.
fn send_order(purpose: &Hash, mut paying: Paying, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let State::Sent { statement, tries } = &mut paying.state else { return Ok(()) };
    let (row, statement) = (out_row(purpose), statement.clone());
    again_at(&row, *tries, desk);
    *tries = tries.saturating_add(1);
    exchange::keep_as(paying.subject.clone(), &statement, desk)?;
    rows::put(desk.tx, row, &paying)?;
    let bank = through::purse(&paying.subject, desk)?.bank.peer;
    desk.send(bank, kinds::TRANSFER, &Ordered { statement })
}

/// The queue loses nothing; the bank may, if it goes back to an older copy. So there is no hurry.
fn again_at(row: &Key, tries: u32, desk: &mut Desk<'_, '_>) {
    let pause = PAY_AGAIN_FIRST_MS.saturating_mul(1_u64.checked_shl(tries).unwrap_or(u64::MAX)).min(PAY_AGAIN_MAX_MS);
    desk.tx.push(Write::Timer(row.clone(), Some(desk.cx.now.plus(Millis(pause)))));
}

fn question_id(purpose: &Hash) -> String {
    format!("{purpose}/{}", Kind::Transfer)
}

fn ask_row(purpose: &Hash) -> Key {
    Key::new("pay-ask", purpose)
}

fn known_row(purpose: &Hash) -> Key {
    Key::new("pay-to", purpose)
}

fn out_row(purpose: &Hash) -> Key {
    Key::new("pay-out", purpose)
}

fn paid_row(purpose: &Hash) -> Key {
    Key::new("paid", purpose)
}
