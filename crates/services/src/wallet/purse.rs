//! The purses: accounts at banks, each opened with a key of its own. Wallets pay from them, shops are paid into
//! them. Which module handles one, and what it may do, is the payment block's business. The first purse is the one
//! that is used where nobody says otherwise; others have a name, which is their owner's alone.
//!
//! ```text
//! purse/waiting[:NAME]    the key whose account the bank has not opened yet, and what it shall be
//! purse/bank[:NAME]       the purse (blocks::payment::Purse)
//! purse/balance[:NAME]    what was on it when the bank last said so
//! purse/said[:NAME]       when that was
//! ```

use semper_base::code::Code;
use semper_base::limits::PURSES_MAX;
use semper_base::{Amount, Currency, Error, Key, KeyId, Misuse, Nonce, PeerId, Refusal, Role, Timestamp, Violation};
use semper_blocks::item::{Lock as Way, RegisterKind, RegisterRef};
use semper_blocks::payment::{
    BankRef, Debit, Direction, LockRequest, Manager, Needs, PayRequest, PayTo, Payee, Purse, PurseId, Unfit, Uses,
    Wanted,
};
use semper_blocks::statement::{About, Author};
use semper_exchange::fair::dgp::{Descriptor, Third};
use semper_exchange::fair::lock::Lock;
use semper_support::access::{Action, Revealed};
use serde_json::{Value, json};

use crate::bank::{AccountOpened, AccountOpening, OpenAccount, kinds};
use crate::common::access::permit_owner;
use crate::common::hello::Met;
use crate::common::known::Known;
use crate::common::parcel::optional;
use crate::common::{Desk, hello, keys, rows, text};

/// What the first purse is called.
const FIRST: &str = "Account";
/// Longest name of a further purse, in bytes.
const NAME_BYTES_MAX: usize = 32;

/// What waits for its bank: the link, the key of the account, its currency.
type Waiting = (String, KeyId, Currency);

/// The row of a purse, by what is in it and the purse's name.
fn row(what: &str, name: &str) -> Key {
    if name == FIRST { Key::new("purse", what) } else { Key::new("purse", format_args!("{what}:{name}")) }
}

/// The first purse, once its account is open.
pub fn the(desk: &Desk<'_, '_>) -> Result<Purse, Error> {
    let none = || Misuse::new(Code::AccountUnknown, "open an account first");
    Ok(all(desk)?.into_iter().next().ok_or_else(none)?)
}

/// All purses, the first one first, the others by their names.
pub fn all(desk: &Desk<'_, '_>) -> Result<Vec<Purse>, Error> {
    let read = |(_, row): &(Key, Vec<u8>)| {
        let purse = Known::read(desk.known(), |known| &known.purses, row, || Purse::read(row))?;
        Ok(Purse::clone(&purse))
    };
    desk.tx.scan("purse/bank", PURSES_MAX)?.iter().map(read).collect()
}

/// The purse with this id; without one the first.
pub fn of(desk: &Desk<'_, '_>, id: Option<PurseId>) -> Result<Purse, Error> {
    let Some(id) = id else { return the(desk) };
    let found = all(desk)?.into_iter().find(|purse| purse.id == id);
    found.ok_or_else(|| Misuse::new(Code::AccountUnknown, "no such purse any more").into())
}

/// The purse that a command names as `"purse"`; else the first in this currency, else the first of all.
pub fn chosen(request: &Value, currency: Currency, desk: &Desk<'_, '_>) -> Result<Purse, Error> {
    match optional(request, "purse")? {
        Some(name) => named(name, desk),
        None => in_currency(currency, desk),
    }
}

/// The first purse in this currency, else the first of all.
pub fn in_currency(currency: Currency, desk: &Desk<'_, '_>) -> Result<Purse, Error> {
    match all(desk)?.into_iter().find(|purse| purse.currency == currency) {
        Some(purse) => Ok(purse),
        None => the(desk),
    }
}

/// The purse of this name.
pub fn named(name: &str, desk: &Desk<'_, '_>) -> Result<Purse, Error> {
    let found = all(desk)?.into_iter().find(|purse| purse.name == name);
    let none = || Misuse::new(Code::NotFound, format!("no purse {name:?}; `semper purse list` shows them"));
    found.ok_or_else(|| none().into())
}

/// The first purse at this bank, in this currency if one is there. A purse at another bank is of no use there.
pub fn at(bank: &KeyId, currency: Currency, desk: &Desk<'_, '_>) -> Result<Option<Purse>, Error> {
    let there: Vec<Purse> = all(desk)?.into_iter().filter(|purse| purse.bank.key == *bank).collect();
    let fits = there.iter().find(|purse| purse.currency == currency).or(there.first());
    Ok(fits.cloned())
}

/// Who keeps this purse's money, as it is met now.
pub fn bank(purse: &Purse, desk: &Desk<'_, '_>) -> Result<Met, Error> {
    let none = || Misuse::new(Code::NotFound, format!("no link to the bank of {}", purse.name));
    Ok(met_as(&purse.bank.key, desk)?.ok_or_else(none)?)
}

/// Who answers at whichever of our links leads to this key.
pub fn met_as(key: &KeyId, desk: &Desk<'_, '_>) -> Result<Option<Met>, Error> {
    // A peer's name on the wire is its key's.
    Ok(hello::linked(PeerId(key.0), desk)?)
}

/// The bank that an offer names, if we have a purse there.
pub fn our_bank(named: &Third, amount: Amount, desk: &Desk<'_, '_>) -> Result<Option<Met>, Error> {
    let key = named.key.id();
    let bank = met_as(&key, desk)?.filter(|bank| bank.certificate == named.certificate);
    let has = at(&key, amount.currency(), desk)?.is_some();
    Ok(bank.filter(|_| has))
}

/// The payment manager with the bundled modules.
fn manager() -> Result<Manager, Misuse> {
    Manager::new(semper_modules::payment::ALL)
}

fn unfit(purse: &Purse, why: Unfit) -> Refusal {
    Refusal::new(Code::NoPurse, format!("{}: {}", purse.name, why.word()))
}

/// The purse out of which a register can have an amount locked: the one that is preferred, if it can.
fn fit(request: &LockRequest, prefer: Option<PurseId>, desk: &Desk<'_, '_>) -> Result<Purse, Error> {
    let needs = Needs { lock: Some(request.way), ..Needs::default() };
    let register = Some(request.register);
    let wanted = Wanted { amount: request.amount, direction: Direction::Pay, needs, register };
    let purses = all(desk)?;
    if purses.is_empty() {
        return the(desk);
    }
    let manager = manager()?;
    let fits = manager.choose(&purses, &wanted, prefer.as_slice());
    let fits = fits.map_err(|none| {
        let name = |id: &PurseId| purses.iter().find(|purse| purse.id == *id).map_or("", |purse| purse.name.as_str());
        let why: Vec<String> = none.why.iter().map(|(id, why)| format!("{}: {}", name(id), why.word())).collect();
        Refusal::new(Code::NoPurse, why.join(", "))
    })?;
    fits.first().map(|purse| (*purse).clone()).ok_or_else(|| Refusal::new(Code::NoPurse, "").into())
}

fn locked(request: &LockRequest, prefer: Option<PurseId>, desk: &Desk<'_, '_>) -> Result<Debit, Error> {
    let action = Action::Pay(request.amount);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let purse = fit(request, prefer, desk)?;
    Ok(manager()?.lock(&purse, request).map_err(|why| unfit(&purse, why))?)
}

/// What the payer must order so that the register of `x` holds the amount, out of the purse that is there. Needs the
/// owner's permit to pay that much.
pub fn lock(x: &Descriptor, desk: &Desk<'_, '_>) -> Result<Debit, Error> {
    let register = RegisterRef { key: x.core.bank.key.id(), kind: RegisterKind::Bank };
    locked(&LockRequest { amount: x.core.amount, register, way: Way::Hold, xid: x.xid }, None, desk)
}

/// What the payer must order so that the holder of this lock keeps the amount under its condition, out of a purse that
/// is there: the preferred one, if it can. Needs the owner's permit to pay that much.
pub fn lock_under(lock: &Lock, prefer: Option<PurseId>, desk: &Desk<'_, '_>) -> Result<Debit, Error> {
    let core = &lock.core;
    let register = RegisterRef { key: core.holder.key.id(), kind: RegisterKind::Bank };
    let request = LockRequest { amount: core.amount, register, way: core.condition.way(), xid: lock.xid };
    locked(&request, prefer, desk)
}

/// What the payer must order so that this purse's bank pays this reference. The account is the same; it is paid from
/// by another module. Needs the owner's permit to pay that much.
pub fn pay(purse: &Purse, to: PayTo, amount: Amount, desk: &Desk<'_, '_>) -> Result<Debit, Error> {
    let purse = Purse { module: "transfer".to_owned(), ..purse.clone() };
    let action = Action::Pay(amount);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let register = RegisterRef { key: purse.bank.key, kind: RegisterKind::Bank };
    let request = PayRequest { amount, register, to };
    Ok(manager()?.pay(&purse, &request).map_err(|why| unfit(&purse, why))?)
}

/// Where we are paid into this purse.
pub fn payee(purse: &Purse, amount: Amount) -> Result<Payee, Error> {
    Ok(manager()?.payee(purse, amount).map_err(|why| unfit(purse, why))?)
}

/// Opens an account: `{"command":"open-account","currency","bank"?:LINK,"purse"?:NAME}`. Without link and name it is the
/// first purse, at the link `bank`. Asked again, also by its name alone, asks the bank again, which repeats its answer.
pub fn open(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let currency = Currency::parse(text(request, "currency")?)?;
    let known = optional(request, "purse")?.and_then(|name| named(name, desk).ok());
    let (link, bank) = match (optional(request, "bank")?, &known) {
        // Its own bank is asked again.
        (None, Some(purse)) => (String::new(), bank(purse, desk)?),
        (link, _) => {
            let link = link.unwrap_or("bank");
            (link.to_owned(), hello::met_at(link, desk)?)
        }
    };
    if bank.role != Role::Bank {
        return Err(Misuse::new(Code::RoleUnfit, format!("{link} is no bank")).into());
    }
    let name = new_name(request, &link, &bank, currency, desk)?;
    let known = all(desk)?.into_iter().find(|purse| purse.name == name);
    let key = match (known, waiting(&name, desk)?) {
        (Some(purse), _) if purse.bank.key != bank.key.id() => {
            return Err(Misuse::new(Code::StateWrong, format!("the purse {name:?} is at another bank")).into());
        }
        (Some(purse), _) => purse.account_key.id(),
        (None, Some((_, key, _))) => key,
        (None, None) => {
            if desk.tx.scan("purse/bank", PURSES_MAX)?.len() >= PURSES_MAX {
                return Err(Misuse::new(Code::TooMany, "purses").into());
            }
            let key = keys::generate(desk)?.public.id();
            rows::put(desk.tx, row("waiting", &name), &(link, key, currency))?;
            key
        }
    };
    let author = keys::pair(desk.tx, desk.cx, key)?;
    let body = AccountOpening { account_key: author.public.clone(), currency };
    let statement = Author::uncertified(role, &author).request(desk.cx, About::default(), body)?.text;
    desk.send(bank.peer, kinds::OPEN, &OpenAccount { statement })?;
    Ok(json!({ "asked": true, "purse": name }))
}

/// What a purse that is opened is called: as the owner says, else after bank and currency. The first has its name.
fn new_name(request: &Value, link: &str, bank: &Met, currency: Currency, desk: &Desk<'_, '_>) -> Result<String, Error> {
    let first = match (all(desk)?.into_iter().find(|purse| purse.name == FIRST), waiting(FIRST, desk)?) {
        (Some(purse), _) => (purse.bank.key, purse.currency) == (bank.key.id(), currency),
        (None, Some((at, _, other))) => (at.as_str(), other) == (link, currency),
        (None, None) => true,
    };
    let name = match optional(request, "purse")? {
        Some(name) => name.to_owned(),
        None if first || optional(request, "bank")?.is_none() => return Ok(FIRST.to_owned()),
        None => format!("{link}-{currency}").to_ascii_lowercase(),
    };
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name != FIRST && (!(1..=NAME_BYTES_MAX).contains(&name.len()) || !name.bytes().all(is_word)) {
        let text = format!("{name:?}: a purse's name has up to {NAME_BYTES_MAX} of a to z, 0 to 9 and -");
        return Err(Misuse::new(Code::FieldWrong, text).into());
    }
    Ok(name)
}

/// Rows from before there were several purses name no link.
fn waiting(name: &str, desk: &Desk<'_, '_>) -> Result<Option<Waiting>, Error> {
    let key = row("waiting", name);
    match rows::get::<Waiting>(desk.tx, &key) {
        Ok(waiting) => Ok(waiting),
        Err(_) => Ok(rows::get::<(KeyId, Currency)>(desk.tx, &key)?.map(|(key, cur)| ("bank".to_owned(), key, cur))),
    }
}

/// The bank has opened the account, or says again what is on it.
pub fn opened(from: PeerId, opened: &AccountOpened, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let purses = all(desk)?;
    let name = match purses.iter().find(|purse| purse.account_key.id() == opened.account_key) {
        Some(purse) if purse.bank.peer != from => {
            return Err(Violation::new(Code::PeerWrong, "not this account's bank").into());
        }
        Some(purse) if purse.account != opened.account => {
            return Err(Violation::new(Code::AccountUnknown, "another account than ours").into());
        }
        Some(purse) => purse.name.clone(),
        None => begin(from, opened, &purses, desk)?,
    };
    rows::put(desk.tx, row("balance", &name), &opened.balance)?;
    rows::put(desk.tx, row("said", &name), &desk.cx.now)?;
    desk.tell("purse", &opened.account, format!("{} on the account.", opened.balance));
    Ok(())
}

/// An account that was waited for becomes a purse: its name.
fn begin(from: PeerId, opened: &AccountOpened, purses: &[Purse], desk: &mut Desk<'_, '_>) -> Result<String, Error> {
    let mut known = purses.iter().any(|purse| purse.bank.peer == from);
    let mut found = None;
    for (key, _) in desk.tx.scan("purse/waiting", PURSES_MAX)? {
        let name = key.0.split_once(':').map_or(FIRST, |(_, name)| name).to_owned();
        let Some((link, key, currency)) = waiting(&name, desk)? else { continue };
        let bank = hello::met_at(&link, desk)?;
        known |= bank.peer == from;
        if bank.peer == from && key == opened.account_key {
            found = Some((name, bank, key, currency));
        }
    }
    let Some((name, bank, key, currency)) = found else {
        let violation = match (known, purses.is_empty()) {
            (false, _) => Violation::new(Code::PeerWrong, "not our bank"),
            (true, false) => Violation::new(Code::AccountUnknown, "another account than ours"),
            (true, true) => Violation::new(Code::OutOfTurn, "nobody asked for this account"),
        };
        return Err(violation.into());
    };
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
        name: name.clone(),
        uses: Uses::Both,
    };
    purse.check()?;
    rows::put(desk.tx, row("bank", &name), &purse)?;
    desk.tx.delete(row("waiting", &name));
    Ok(name)
}

/// What the owner sees: the first purse, and all of them.
pub fn show(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Balance);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let mut list = Vec::new();
    for purse in all(desk)? {
        let balance: Option<Amount> = rows::get(desk.tx, &row("balance", &purse.name))?;
        let said: Option<Timestamp> = rows::get(desk.tx, &row("said", &purse.name))?;
        list.push(json!({
            "purse": purse.name, "account": purse.account, "bank": bank(&purse, desk).ok().map(|bank| bank.name),
            "currency": purse.currency, "as_of": said, "balance": balance.map(|balance| balance.to_string()),
        }));
    }
    let first = |name: &str| list.first().and_then(|one| one.get(name));
    let (account, as_of, balance) = (first("account"), first("as_of"), first("balance"));
    Ok(json!({ "account": account, "as_of": as_of, "balance": balance, "purses": list }))
}
