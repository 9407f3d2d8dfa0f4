//! The purse: an account at a bank, opened with a key of its own. Wallets pay from it, shops are paid
//! into it. Which module handles it, and what it may do, is the payment block's business.
//!
//! ```text
//! purse/waiting    the key whose account the bank has not opened yet, and its currency
//! purse/bank       the purse (blocks::payment::Purse)
//! purse/balance    what was on it when the bank last said so
//! purse/said       when that was
//! ```

use semper_base::code::Code;
use semper_base::{
    Amount, Currency, Error, Key, KeyId, Misuse, Nonce, PeerId, Refusal, Role, Timestamp, Tx, Violation,
};
use semper_blocks::item::{Lock as Way, RegisterKind, RegisterRef};
use semper_blocks::payment::{
    BankRef, Debit, LockRequest, Manager, PayRequest, PayTo, Payee, Purse, PurseId, Unfit, Uses,
};
use semper_blocks::statement::{About, Author};
use semper_exchange::fair::dgp::Descriptor;
use semper_exchange::fair::lock::Lock;
use semper_support::access::{Action, Revealed};
use serde_json::{Value, json};

use crate::bank::{AccountOpened, AccountOpening, OpenAccount, kinds};
use crate::common::access::permit_owner;
use crate::common::{Desk, hello, keys, rows, text};

fn purse_row() -> Key {
    Key::new("purse", "bank")
}

fn waiting_row() -> Key {
    Key::new("purse", "waiting")
}

fn said_row() -> Key {
    Key::new("purse", "said")
}

fn balance_row() -> Key {
    Key::new("purse", "balance")
}

/// The purse, once the account is open.
pub fn the(tx: &Tx<'_>) -> Result<Purse, Error> {
    let purse = tx.get(&purse_row())?.ok_or_else(|| Misuse::new(Code::AccountUnknown, "open an account first"))?;
    Purse::read(&purse)
}

/// The payment manager with the bundled modules.
fn manager() -> Result<Manager, Misuse> {
    Manager::new(semper_modules::payment::ALL)
}

fn unfit(purse: &Purse, why: Unfit) -> Refusal {
    Refusal::new(Code::NoPurse, format!("{}: {}", purse.name, why.word()))
}

/// What the payer must order so that the register of `x` holds the amount. Needs the owner's permit to
/// pay that much.
pub fn lock(x: &Descriptor, desk: &Desk<'_, '_>) -> Result<Debit, Error> {
    let purse = the(desk.tx)?;
    let action = Action::Pay(x.core.amount);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let register = RegisterRef { key: x.core.bank.key.id(), kind: RegisterKind::Bank };
    let request = LockRequest { amount: x.core.amount, register, way: Way::Hold, xid: x.xid };
    Ok(manager()?.lock(&purse, &request).map_err(|why| unfit(&purse, why))?)
}

/// What the payer must order so that the holder of this lock keeps the amount under its condition. Needs the owner's
/// permit to pay that much.
pub fn lock_under(lock: &Lock, desk: &Desk<'_, '_>) -> Result<Debit, Error> {
    let core = &lock.core;
    let purse = the(desk.tx)?;
    let action = Action::Pay(core.amount);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let register = RegisterRef { key: core.holder.key.id(), kind: RegisterKind::Bank };
    let request = LockRequest { amount: core.amount, register, way: core.condition.way(), xid: lock.xid };
    Ok(manager()?.lock(&purse, &request).map_err(|why| unfit(&purse, why))?)
}

/// What the payer must order so that our bank pays this reference. The account is the same; it is paid from
/// by another module. Needs the owner's permit to pay that much.
pub fn pay(to: PayTo, amount: Amount, desk: &Desk<'_, '_>) -> Result<Debit, Error> {
    let purse = Purse { module: "transfer".to_owned(), ..the(desk.tx)? };
    let action = Action::Pay(amount);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let register = RegisterRef { key: purse.bank.key, kind: RegisterKind::Bank };
    let request = PayRequest { amount, register, to };
    Ok(manager()?.pay(&purse, &request).map_err(|why| unfit(&purse, why))?)
}

/// Where we are paid.
pub fn payee(amount: Amount, desk: &Desk<'_, '_>) -> Result<Payee, Error> {
    let purse = the(desk.tx)?;
    Ok(manager()?.payee(&purse, amount).map_err(|why| unfit(&purse, why))?)
}

/// Opens an account: `{"command":"open-account","currency"}`. Asked again, asks the bank again, which
/// repeats its answer.
pub fn open(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let currency = Currency::parse(text(request, "currency")?)?;
    let bank = hello::met_at("bank", desk)?.peer;
    let key = match (the(desk.tx), rows::get::<(KeyId, Currency)>(desk.tx, &waiting_row())?) {
        (Ok(purse), _) => purse.account_key.id(),
        (Err(_), Some((key, _))) => key,
        (Err(_), None) => {
            let key = keys::generate(desk)?.public.id();
            rows::put(desk.tx, waiting_row(), &(key, currency))?;
            key
        }
    };
    let author = keys::pair(desk.tx, desk.cx, key)?;
    let body = AccountOpening { account_key: author.public.clone(), currency };
    let statement = Author::uncertified(role, &author).request(desk.cx, About::default(), body)?.text;
    desk.send(bank, kinds::OPEN, &OpenAccount { statement })?;
    Ok(json!({ "asked": true }))
}

/// The bank has opened the account, or says again what is on it.
pub fn opened(from: PeerId, opened: &AccountOpened, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let bank = hello::met_at("bank", desk)?;
    if bank.peer != from {
        return Err(Violation::new(Code::PeerWrong, "not our bank").into());
    }
    if let Ok(purse) = the(desk.tx) {
        if purse.account != opened.account || purse.account_key.id() != opened.account_key {
            return Err(Violation::new(Code::AccountUnknown, "another account than ours").into());
        }
    } else {
        let waiting: Option<(KeyId, Currency)> = rows::get(desk.tx, &waiting_row())?;
        let waiting = waiting.filter(|(key, _)| *key == opened.account_key);
        let (key, currency) =
            waiting.ok_or_else(|| Violation::new(Code::OutOfTurn, "nobody asked for this account"))?;
        let mut id = [0_u8; 16];
        desk.cx.crypto.random(&mut id);
        let purse = Purse {
            account: opened.account.clone(),
            account_key: keys::public(desk.tx, desk.cx, key)?,
            bank: BankRef { certificate: bank.certificate, key: bank.key.id(), peer: bank.peer },
            currency,
            id: PurseId(Nonce(id)),
            limit: None,
            module: "account".to_owned(),
            name: "Account".to_owned(),
            uses: Uses::Both,
        };
        purse.check()?;
        rows::put(desk.tx, purse_row(), &purse)?;
        desk.tx.delete(waiting_row());
    }
    rows::put(desk.tx, balance_row(), &opened.balance)?;
    rows::put(desk.tx, said_row(), &desk.cx.now)?;
    desk.tell("purse", &opened.account, format!("{} on the account.", opened.balance));
    Ok(())
}

/// What the owner sees.
pub fn show(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Balance);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let account = the(desk.tx).ok().map(|purse| purse.account);
    let balance: Option<Amount> = rows::get(desk.tx, &balance_row())?;
    let said: Option<Timestamp> = rows::get(desk.tx, &said_row())?;
    Ok(json!({ "account": account, "as_of": said, "balance": balance.map(|balance| balance.to_string()) }))
}
