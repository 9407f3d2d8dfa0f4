//! The account purse: an account at a bank, its key, and what is on it as far as we know. Wallets pay
//! from it, shops are paid to it.
//!
//! ```text
//! purse/bank     Purse
//! ```

use semper_base::code::Code;
use semper_base::{Amount, Currency, Error, Key, KeyId, Misuse, PeerId, Role, Tx, Violation};
use semper_blocks::statement::{About, Author};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bank::{AccountOpened, AccountOpening, OpenAccount, kinds};
use crate::common::{Desk, hello, keys, rows, text};

/// An account at a bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purse {
    /// Its name at the bank; empty until the bank has answered.
    pub account: String,
    /// The key that orders debits.
    pub key: KeyId,
    /// What was on it when the bank last said so.
    pub balance: Option<Amount>,
}

fn key() -> Key {
    Key::new("purse", "bank")
}

/// The purse, once the account is open.
pub fn the(tx: &Tx<'_>) -> Result<Purse, Error> {
    let purse: Option<Purse> = rows::get(tx, &key())?;
    let purse = purse.filter(|purse| !purse.account.is_empty());
    purse.ok_or_else(|| Misuse::new(Code::AccountUnknown, "open an account first").into())
}

/// Opens an account: `{"command":"open-account","currency"}`. Asked again, asks the bank again, which
/// repeats its answer.
pub fn open(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let currency = Currency::parse(text(request, "currency")?)?;
    let bank = hello::met_at("bank", desk)?.peer;
    let purse = match rows::get::<Purse>(desk.tx, &key())? {
        Some(purse) => purse,
        None => {
            let purse = Purse { account: String::new(), key: keys::generate(desk)?.public.id(), balance: None };
            rows::put(desk.tx, key(), &purse)?;
            purse
        }
    };
    let author = keys::pair(desk.tx, desk.cx, purse.key)?;
    let body = AccountOpening { account_key: author.public.clone(), currency };
    let statement = Author::uncertified(role, &author).request(desk.cx, About::default(), body)?.text;
    desk.send(bank, kinds::OPEN, &OpenAccount { statement })?;
    Ok(json!({ "asked": true }))
}

/// The bank has opened the account.
pub fn opened(from: PeerId, opened: AccountOpened, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if hello::met_at("bank", desk)?.peer != from {
        return Err(Violation::new(Code::PeerWrong, "not our bank").into());
    }
    let purse: Option<Purse> = rows::get(desk.tx, &key())?;
    let purse = purse.filter(|purse| purse.key == opened.account_key);
    let Some(purse) = purse else {
        return Err(Violation::new(Code::OutOfTurn, "an account that was not asked for").into());
    };
    let news = purse.account.is_empty();
    desk.tell("purse", &opened.account, format!("{} on the account.", opened.balance));
    if !news && purse.account != opened.account {
        return Err(Violation::new(Code::AccountUnknown, "another account for the same key").into());
    }
    rows::put(desk.tx, key(), &Purse { account: opened.account, balance: Some(opened.balance), ..purse })?;
    Ok(())
}

/// What the owner sees.
pub fn show(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let purse: Option<Purse> = rows::get(desk.tx, &key())?;
    Ok(json!({
        "account": purse.as_ref().map(|purse| purse.account.clone()).filter(|account| !account.is_empty()),
        "balance": purse.and_then(|purse| purse.balance).map(|balance| balance.to_string()),
    }))
}
