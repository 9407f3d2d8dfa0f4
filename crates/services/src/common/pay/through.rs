//! Through which purse a subject's money goes: what is paid for it, and what is paid to us.
//!
//! ```text
//! purse-for/SUBJECT  the purse's id, where it is not the first
//! ```

use semper_base::{Currency, Error, Hash, Key};
use semper_blocks::payment::{BankRef, Purse};
use semper_exchange::fair::dgp::Third;

use super::{Asking, FromBank, Paying, ask_row, out_row, pay_to};
use crate::common::{Desk, rows};
use crate::wallet::purse;

fn row(subject: &str) -> Key {
    Key::new("purse-for", subject)
}

/// Money of this subject goes through this purse. Said before anything is asked or ordered for it.
pub fn bind(subject: &str, purse: &Purse, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if self::purse(subject, desk)?.id == purse.id {
        return Ok(());
    }
    Ok(rows::put(desk.tx, row(subject), &purse.id)?)
}

/// Money of this subject goes through the purse that we have at the bank that its contract names.
pub fn bind_at(subject: &str, bank: &Third, currency: Currency, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match purse::at(&bank.key.id(), currency, desk)? {
        Some(purse) => bind(subject, &purse, desk),
        None => Ok(()),
    }
}

/// The purse of a subject: the first, if nothing else was said.
pub(super) fn purse(subject: &str, desk: &Desk<'_, '_>) -> Result<Purse, Error> {
    purse::of(desk, rows::get(desk.tx, &row(subject))?)
}

/// The bank of what we have about a purpose; where we have nothing, of the first purse.
pub(super) fn bank(purpose: &Hash, desk: &Desk<'_, '_>) -> Result<BankRef, Error> {
    let asking: Option<Asking> = rows::get(desk.tx, &ask_row(purpose))?;
    let known = pay_to(purpose, desk)?.map(|known| known.subject);
    let paying: Option<Paying> = rows::get(desk.tx, &out_row(purpose))?;
    let subject = asking.map(|asking| asking.subject).or(known).or(paying.map(|paying| paying.subject));
    Ok(purse(subject.as_deref().unwrap_or_default(), desk)?.bank)
}

impl FromBank {
    pub(super) fn purpose(&self) -> &Hash {
        match self {
            FromBank::Given(given) => &given.purpose,
            FromBank::Refused(refused) => &refused.purpose,
            FromBank::Transferred(transferred) => &transferred.0.body.purpose,
        }
    }
}
