//! The bank: accounts, a ledger, and the register of every exchange that one of its holds secures.
//!
//! It learns amounts, accounts, deadlines and salted hashes. It never sees an order, a good, or who
//! is behind a deal's keys; who pays and who is paid it knows only as its own accounts.

pub mod accounts;
pub mod ledger;

use semper_base::code::Code;
use semper_base::{Amount, Error, Fault, Key, KeyId, PeerId, Role, Step, Tx, Violation, json};
use semper_blocks::statement::{Body, Kind, Statement, verify};
use semper_driver::service::Answer;
use semper_exchange::fair::dgp::bank::Bank as Machine;
use semper_exchange::fair::dgp::{CheckedPacket, Cx, Descriptor, Event, Funds, Slot};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::common::exchange::{Own, PACKET, Run, apply, check_packet, run_key, xid_of};
use crate::common::{Desk, Logic, Look, keys, rows, text, unknown_command};

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
    /// Body: [`super::OpenAccount`].
    pub const OPEN: &str = "account-open";
    /// Body: [`super::AccountOpened`].
    pub const OPENED: &str = "account-opened";
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
    /// Of an exchange.
    Packet(Box<CheckedPacket>),
    /// A new account.
    Open(Box<Statement<AccountOpening>>),
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
            other => Err(Violation::new(Code::KindUnknown, other)),
        }
    }

    fn message(&self, from: PeerId, message: Message, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        match message {
            Message::Packet(packet) => packet_in(from, *packet, desk),
            Message::Open(opening) => self.open(from, &opening, desk),
        }
    }

    fn command(&self, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
        match word {
            "accounts" => accounts::list(desk),
            "deposit" => accounts::deposit_command(text(request, "account")?, text(request, "amount")?, desk),
            "exchanges" => Ok(json!({ "exchanges": desk.tx.scan("dgp/", 1000)?.len() })),
            other => Err(unknown_command(other)),
        }
    }

    fn answer(&self, _answer: &Answer, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    /// The time of a run has come: the machine decides by its own clock what that means.
    fn timer(&self, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let Some(xid) = xid_of(key) else { return Ok(()) };
        let Some(run) = Run::<Machine>::load(desk.tx, xid)? else { return Ok(()) };
        let x = run.x()?;
        step(run, &x, &Event::Deadline, desk)
    }

    fn start(&self, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn met(&self, _link: &str, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

fn check_opening(text: &str, look: &Look<'_>) -> Result<Statement<AccountOpening>, Violation> {
    let compact = semper_blocks::statement::Compact::parse(text)?;
    let claimed: Value = json::read(compact.payload())?;
    let key = serde_json::from_value(claimed.get("account_key").cloned().unwrap_or_default());
    let key: PublicKey = key.map_err(|e| Violation::new(Code::KeyMalformed, e.to_string()))?;
    let statement: Statement<AccountOpening> = verify(look.crypto, &key, text)?;
    statement.meta.check_time(look.now, semper_base::Millis::seconds(120))?;
    Ok(statement)
}

fn packet_in(from: PeerId, packet: CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let x = std::sync::Arc::clone(&packet.descriptor);
    let signer = packet.signer.ok_or_else(|| Violation::new(Code::RoleWrong, "unsigned"))?;
    let mut run = Run::load(desk.tx, x.xid)?.unwrap_or_else(|| Run::new(&x, Machine::Blank));
    run.bind_signer(&packet, from);
    step(run, &x, &Event::Message { from: signer, content: packet.content }, desk)
}

fn step(mut run: Run<Machine>, x: &Descriptor, event: &Event, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let author = keys::author(Role::Bank, desk.tx, desk.cx)?;
    if x.core.bank.key != author.public {
        return Err(Violation::new(Code::RegisterWrong, "another bank").into());
    }
    let cx = Cx { base: *desk.cx, author: Some(&author) };
    let mut effects = Vec::new();
    let books = Books(desk.tx);
    match run.machine.clone().step(event, x, &books, &cx, &mut effects)? {
        Step::Reject(_, violation) => Err(violation.into()),
        Step::Advance(machine) => {
            run.machine = machine;
            for own in apply(&run, x, &Slot::BANK, effects, desk)? {
                if let Own::Money(money) = own {
                    ledger::apply_money(desk.tx, desk.cx.now, x.xid, x.core.amount, &money)?;
                }
            }
            let deadline = run.machine.deadline(x);
            Ok(run.store(x.xid, deadline, desk)?)
        }
    }
}

/// The books, as the register's machine asks about them.
struct Books<'a, 'v>(&'a Tx<'v>);

impl Funds for Books<'_, '_> {
    fn account(&self, account: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        accounts::spendable(self.0, account)
    }
}

impl Bank {
    /// Opens an account for a key, once: asked again, the bank repeats what it said.
    fn open(&self, from: PeerId, opening: &Statement<AccountOpening>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let key = &opening.body.account_key;
        let by_key = Key::new("account-of", key.id());
        let account = match rows::get::<String>(desk.tx, &by_key)? {
            Some(account) => account,
            None => {
                let account = accounts::open(key, opening.body.currency, desk)?;
                rows::put(desk.tx, by_key, &account)?;
                if let Some(deposit) = self.play_deposit {
                    accounts::deposit(&account, deposit, desk)?;
                }
                desk.tell("account", &account, "An account was opened.");
                account
            }
        };
        let funds = accounts::spendable(desk.tx, &account)?;
        let balance = funds.map_or(Amount::zero(opening.body.currency), |(amount, _)| amount);
        desk.send(from, kinds::OPENED, &AccountOpened { account, account_key: key.id(), balance })
    }
}

/// The row of a run, for those who look at the books from outside.
#[must_use]
pub fn exchange_row(xid: semper_base::Xid) -> Key {
    run_key(xid)
}
