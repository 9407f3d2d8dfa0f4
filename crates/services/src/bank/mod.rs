//! The bank: accounts, a ledger, and the register of every exchange that one of its holds secures.
//!
//! It learns amounts, accounts, deadlines and salted hashes. It never sees an order, a good, or who
//! is behind a deal's keys; who pays and who is paid it knows only as its own accounts.

pub mod accounts;
pub mod ledger;
mod lists;
pub mod locks;
pub mod transfers;

use semper_base::code::Code;
use semper_base::{Amount, Error, Key, KeyId, PeerId, Role, Violation, json};
use semper_blocks::statement::{Body, Kind, Statement, verify};
use semper_driver::service::Answer;
use semper_exchange::fair::dgp::bank::Bank as Machine;
use semper_exchange::fair::dgp::{CheckedPacket, Cx, Descriptor, Event, Slot};
use semper_exchange::fair::lock;
use semper_exchange::transfer::{PayToRequest, Transfer};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::common::exchange::{Own, PACKET, Run, apply, check_packet, forget, rows_of, xid_of};
use crate::common::locks::run as locked;
use crate::common::{Desk, Logic, Look, idle, keys, text, unknown_command};

/// Lines that one statement of account shows.
const LINES_MAX: usize = 100;

/// The bank.
#[derive(Clone, Debug)]
pub struct Bank {
    /// Play money that a new account starts with; none outside a play market.
    pub play_deposit: Option<Amount>,
}

/// A customer opens an account with a key of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountOpening {
    /// The key that orders debits of the account.
    pub account_key: PublicKey,
    /// ISO 4217.
    pub currency: semper_base::Currency,
}

impl Body for AccountOpening {
    const KIND: Kind = Kind::AccountOpening;
}

/// Message kinds between a bank and its customers.
pub mod kinds {
    use crate::common::traffic::Plain;

    /// Body: [`super::OpenAccount`].
    pub const OPEN: &str = Plain::AccountOpen.word();
    /// Body: [`super::AccountOpened`].
    pub const OPENED: &str = Plain::AccountOpened.word();
    /// Body: [`super::locks::Watch`].
    pub const LOCK_WATCH: &str = Plain::LockWatch.word();
    /// Body: [`super::transfers::Ordered`]; the statement is a request for a reference.
    pub const PAY_TO_REQUEST: &str = Plain::PayToRequest.word();
    /// Body: [`super::transfers::PayToGiven`].
    pub const PAY_TO: &str = Plain::PayTo.word();
    /// Body: [`super::transfers::Ordered`]; the statement is a transfer.
    pub const TRANSFER: &str = Plain::Transfer.word();
    /// Body: [`crate::shop::Certified`]; the statement says what was transferred.
    pub const TRANSFERRED: &str = Plain::Transferred.word();
    /// Body: [`super::transfers::TransferRefused`].
    pub const TRANSFER_REFUSED: &str = Plain::TransferRefused.word();
}

/// Asks for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenAccount {
    /// The signed [`AccountOpening`].
    pub statement: String,
}

/// The account is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountOpened {
    /// Its name at this bank.
    pub account: String,
    /// Its key.
    pub account_key: KeyId,
    /// What is on it.
    pub balance: Amount,
}

/// A checked message.
#[derive(Clone, Debug)]
pub enum Message {
    /// About a lock.
    Lock(Box<lock::CheckedPacket>),
    /// Somebody waits for locks.
    LockWatch(Box<Statement<lock::statements::LockWatch>>),
    /// Of an exchange.
    Packet(Box<CheckedPacket>),
    /// A new account.
    Open(Box<Statement<AccountOpening>>),
    /// Somebody wants to be paid.
    PayTo(Box<Statement<PayToRequest>>),
    /// Somebody pays.
    Transfer(Box<Statement<Transfer>>),
}

impl Logic for Bank {
    type Message = Message;

    fn role(&self) -> Role {
        Role::Bank
    }

    fn check(&self, kind: &str, body: &[u8], look: &Look<'_>) -> Result<Message, Violation> {
        match kind {
            PACKET => Ok(Message::Packet(Box::new(check_packet(body, look)?))),
            kinds::OPEN => {
                let open: OpenAccount = json::read(body)?;
                Ok(Message::Open(Box::new(check_opening(&open.statement, look)?)))
            }
            locked::PACKET => Ok(Message::Lock(Box::new(locked::check_packet(body, look)?))),
            kinds::LOCK_WATCH => Ok(Message::LockWatch(Box::new(locks::check_watch(body, look)?))),
            kinds::PAY_TO_REQUEST => Ok(Message::PayTo(Box::new(transfers::check(body, look)?))),
            kinds::TRANSFER => Ok(Message::Transfer(Box::new(transfers::check(body, look)?))),
            other => Err(Violation::new(Code::KindUnknown, other)),
        }
    }

    fn message(&self, from: PeerId, message: Message, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        match message {
            Message::Lock(packet) => locks::packet(from, *packet, desk),
            Message::LockWatch(wish) => locks::watch(from, &wish, desk),
            Message::Packet(packet) => packet_in(from, *packet, desk),
            Message::Open(opening) => self.open(from, &opening, desk),
            Message::PayTo(request) => transfers::ask(from, &request, desk),
            Message::Transfer(order) => transfers::pay(from, &order, desk),
        }
    }

    fn command(&self, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
        match word {
            "balance" => balance(text(request, "account")?, desk),
            "statement" => {
                let before = request.get("before").and_then(Value::as_u64);
                let lines = accounts::statement(desk.tx, text(request, "account")?, before, LINES_MAX)?;
                Ok(json!({ "lines": lines }))
            }
            "accounts" => lists::accounts(request, desk),
            "books" => lists::books(desk),
            "holds" => lists::holds(request, desk),
            "locks" => locks::list(request, desk),
            "pay-tos" => lists::pay_tos(request, desk),
            "deposit" => deposit(text(request, "account")?, text(request, "amount")?, desk),
            "rows" => rows_of(request, &slots(), desk),
            other => Err(unknown_command(other)),
        }
    }

    fn answer(&self, _answer: &Answer, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    /// The time of a run has come: the machine decides by its own clock what that means.
    fn timer(&self, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if locks::timer(key, desk)? {
            return Ok(());
        }
        let Some(xid) = xid_of(key) else { return Ok(()) };
        let Some(run) = Run::<Machine>::load(desk.tx, xid)? else { return Ok(()) };
        let x = run.known_x(xid, desk)?;
        if run.machine == Machine::Blank {
            forget(xid, desk);
            return Ok(());
        }
        let run = step(run, &x, &Event::Deadline, desk)?;
        keep(&run, &x, desk)
    }

    fn start(&self, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn met(&self, _link: &str, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

/// The words of every row that this register may write.
fn slots() -> Vec<&'static str> {
    Slot::BANK.into_iter().map(Slot::word).chain(lock::Slot::ALL.into_iter().map(lock::Slot::word)).collect()
}

fn check_opening(text: &str, look: &Look<'_>) -> Result<Statement<AccountOpening>, Violation> {
    let statement: Statement<AccountOpening> = self_signed(text, look)?;
    statement.meta.check_time(look.now, semper_base::Millis::seconds(120))?;
    Ok(statement)
}

/// Verifies a statement under the account key that it names itself. Whose key that is, the books say.
fn self_signed<B: Body>(text: &str, look: &Look<'_>) -> Result<Statement<B>, Violation> {
    verified_under("account_key", text, look)
}

/// Verifies a statement under the key in this member of it.
fn verified_under<B: Body>(member: &str, text: &str, look: &Look<'_>) -> Result<Statement<B>, Violation> {
    let compact = semper_blocks::statement::Compact::parse(text)?;
    let claimed: Value = json::read(compact.payload())?;
    let key = serde_json::from_value(claimed.get(member).cloned().unwrap_or_default());
    let key: PublicKey = key.map_err(|e| Violation::new(Code::KeyMalformed, e.to_string()))?;
    verify(look.crypto, &key, text)
}

fn packet_in(from: PeerId, packet: CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let x = std::sync::Arc::clone(&packet.descriptor);
    let signer = packet.signer.ok_or_else(|| Violation::new(Code::RoleWrong, "unsigned"))?;
    let known = Run::load(desk.tx, x.xid)?;
    let new = known.is_none();
    // Else what nobody pays for could be made to stay for ever.
    if new && x.core.opened > desk.cx.now.plus(x.core.deadlines.skew_ms) {
        return Err(Violation::new(Code::NotYetValid, "opened").into());
    }
    let mut run = known.unwrap_or_else(|| Run::new(&x, Machine::Blank));
    run.bind_signer(&packet, from, desk.cx.now);
    let run = step(run, &x, &Event::Message { from: signer, content: packet.content }, desk)?;
    match run.machine {
        // Before there is money, only the seller needs to be found again: it waits for `held`.
        Machine::Blank if run.peer(Role::Seller).is_none() || desk.cx.now >= x.core.deadlines.hold_until => {
            return Ok(());
        }
        Machine::Blank | Machine::Released if new => idle::count(from, desk)?,
        _ => {}
    }
    keep(&run, &x, desk)
}

/// Stores a run. What is blank goes when no hold can come any more.
fn keep(run: &Run<Machine>, x: &Descriptor, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let due = match run.machine {
        Machine::Blank => Some(x.core.deadlines.hold_until),
        _ => run.machine.deadline(x),
    };
    Ok(run.store(x.xid, due, desk)?)
}

fn step(run: Run<Machine>, x: &Descriptor, event: &Event, desk: &mut Desk<'_, '_>) -> Result<Run<Machine>, Error> {
    let author = keys::author(Role::Bank, desk.tx, desk.cx)?;
    if x.core.bank.key != author.public {
        return Err(Violation::new(Code::RegisterWrong, "another bank").into());
    }
    let cx = Cx { base: *desk.cx, author: Some(&author) };
    let mut effects = Vec::new();
    let books = ledger::Books { tx: desk.tx, currency: x.core.amount.currency() };
    let run = run.stepped(|machine| machine.step(event, x, &books, &cx, &mut effects))?;
    for own in apply(&run, x, &Slot::BANK, effects, desk)? {
        if let Own::Money(money) = own {
            ledger::apply_money(desk.tx, desk.cx.now, x.xid, x.core.amount, &money)?;
        }
    }
    Ok(run)
}

impl Bank {
    /// Opens an account for a key, once: asked again, the bank repeats what it said.
    fn open(&self, from: PeerId, opening: &Statement<AccountOpening>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let key = &opening.body.account_key;
        let account = match accounts::of_key(desk.tx, &key.id())?.first() {
            Some(name) => accounts::known(desk.tx, name)?,
            None => {
                idle::count(from, desk)?;
                let account = accounts::open(desk.tx, desk.cx, key, opening.body.currency)?;
                if let Some(deposit) = self.play_deposit {
                    // Play money: as many of whatever the account is in.
                    let deposit = Amount::new(deposit.minor(), account.currency)?;
                    accounts::deposit(desk.tx, desk.cx.now, &account.name, deposit)?;
                }
                desk.tell("account", &account.name, "An account was opened.");
                account
            }
        };
        let balance = accounts::available(desk.tx, &account)?;
        desk.send(from, kinds::OPENED, &AccountOpened { account: account.name, account_key: key.id(), balance })
    }
}

fn balance(account: &str, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let account = accounts::known(desk.tx, account)?;
    Ok(json!({ "account": account.name, "available": accounts::available(desk.tx, &account)?.to_string() }))
}

/// `{"command":"deposit","account","amount":"10.00 EUR"}`: play money.
fn deposit(account: &str, amount: &str, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (number, currency) = amount.split_once(' ').unwrap_or((amount, "EUR"));
    let amount = Amount::parse(number, semper_base::Currency::parse(currency)?)?;
    accounts::deposit(desk.tx, desk.cx.now, account, amount)?;
    balance(account, desk)
}
