//! Mail orders whose money the bank keeps: the buyer's part of the locks, and what the bank's word makes the wallet do.

use semper_base::code::Code;
use semper_base::{DealId, Error, Hash, Misuse, Nonce, Role, Xid};
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_commerce::process::mail_order::buyer::Effect;
use semper_commerce::process::mail_order::escrow::{EscrowTerms, OrderEscrow, locks as locks_of, parts_max};
use semper_commerce::process::mail_order::{Fact, LockState, ParcelAcceptance, ParcelOffer, ParcelOrder};
use semper_exchange::fair::lock::escrow::pickup;
use semper_exchange::fair::lock::escrow::side::Wish;
use semper_exchange::fair::lock::{Command, PayerOwn};
use serde_json::{Value, json};

use super::{Agreed, ParcelDeal, State, key, load, named};
use crate::common::parcel::{self as common, PATIENCE};
use crate::common::standing::language;
use crate::common::{Desk, keys, locks, notaries, text};
use crate::wallet::purse;

/// What the order says of the escrow on the offer's terms, and the pickup codes that stay here. None if the offer names
/// somebody to rule whom this wallet does not know.
pub(super) fn order(
    offer: &Statement<ParcelOffer>,
    terms: &EscrowTerms,
    desk: &mut Desk<'_, '_>,
) -> Result<Option<(OrderEscrow, Vec<Nonce>)>, Error> {
    let known = notaries::on_list(&terms.arbiter.key, desk)?;
    let same =
        known.is_some_and(|met| (met.certificate, &met.name) == (terms.arbiter.certificate, &terms.arbiter.name));
    if !same {
        return Ok(None);
    }
    let parts = if terms.carrier.is_some() { parts_max(offer.body.line_items.len()) } else { 0 };
    let mut codes = Vec::with_capacity(parts);
    for _ in 0..parts {
        let mut code = [0; 16];
        desk.cx.crypto.random(&mut code);
        codes.push(Nonce(code));
    }
    let pickups = codes.iter().map(pickup).collect();
    let payer = keys::generate(desk)?.public;
    Ok(Some((OrderEscrow::new(terms, &offer.body.terms.times, payer, pickups), codes)))
}

/// The contract stands: the money of each part is locked. All of it follows from the order.
pub(super) fn lock(
    id: DealId,
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    acceptance: &Statement<ParcelAcceptance>,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    for lock in locks_of(offer, order, acceptance)? {
        let debit = purse::lock_under(&lock, None, desk)?;
        let own = PayerOwn {
            account: debit.account,
            account_key: debit.account_key,
            certificate: None,
            language: language(desk)?,
            patience_ms: PATIENCE,
        };
        locks::pay_into(&lock, own, &key(id), order.hash, desk)?;
    }
    Ok(())
}

/// The bank's word about a lock of a deal.
pub(crate) fn lock_news(deal: &str, lock: Xid, side: &locks::Side, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(id) = DealId::parse(deal) else { return Ok(()) };
    let Some(mut deal) = load(id, desk)? else { return Ok(()) };
    match deal.state {
        State::Agreed(_) => deal.step(&Fact::Lock { lock, state: side.state() }, Role::Bank, None, desk),
        _ => Ok(()),
    }
}

impl Agreed {
    /// Tells the user how the money of a part stands now.
    pub(super) fn tell_lock(&self, id: DealId, name: Xid, desk: &mut Desk<'_, '_>) {
        let Some(lock) = self.machine.book.lock(&name) else { return };
        let amount = lock.amount;
        let (event, sentence) = match lock.state {
            LockState::Agreed => return,
            LockState::Locked => ("locked", format!("The bank keeps {amount}; the shop can ship.")),
            LockState::Consigned { until } => ("consigned", format!("It is on its way, says the shop; until {until}.")),
            LockState::Arrived { until, .. } => {
                ("arrived", format!("It came, says the carrier; object until {until}."))
            }
            LockState::Disputed { until } => ("disputed", format!("The arbiter has until {until}.")),
            LockState::Divided { payee, payer, .. } => ("divided", format!("{payee} were paid, {payer} came back.")),
            LockState::Returned => ("returned", format!("{amount} came back, or were never locked.")),
        };
        desk.tell(event, id, sentence);
    }

    /// The locks of the deal, with the codes that the user gives to whoever brings the goods.
    pub(super) fn shown(&self) -> Result<Vec<Value>, Error> {
        let order: Statement<ParcelOrder> = danger_typed_unverified(&self.order)?;
        let pickups = order.body.escrow.map_or_else(Vec::new, |escrow| escrow.pickups);
        let book = &self.machine.book;
        let one = |(index, lock)| {
            let mut shown = crate::common::board::lock(book, lock);
            let hash = pickups.get(index);
            let code = self.codes.iter().find(|code| Some(&pickup(code)) == hash);
            if let (Value::Object(members), Some(code)) = (&mut shown, code) {
                members.insert("pickup_code".to_owned(), json!(code));
            }
            shown
        };
        Ok(book.locks.iter().enumerate().map(one).collect())
    }
}

/// Does what the machine wants of a lock. `text` is what the user has signed, if that was the reason.
pub(super) fn tell_bank(effect: Effect, order: Hash, text: Option<&str>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let done = match effect {
        Effect::Approve(lock) => locks::wish(lock, Wish::Approve, desk),
        // What is locked already the shop gives back.
        Effect::Cancel(lock) => locks::command(lock, Command::GiveBack, desk),
        Effect::Dispute(lock) => {
            let evidence = text.map_or(order, |text| Hash::of(text.as_bytes()));
            locks::wish(lock, Wish::Dispute { evidence }, desk)
        }
        Effect::Pay(_) | Effect::Send | Effect::TellLock(_) | Effect::TellSilence(_) => Ok(()),
    };
    match done {
        // The bank was told before, or the money is divided already: nothing is wrong.
        Err(Error::Misuse(_)) => Ok(()),
        other => other,
    }
}

impl ParcelDeal {
    fn book(&mut self) -> Result<&semper_commerce::process::mail_order::Book, Error> {
        Ok(&self.agreed()?.machine.book)
    }
}

/// `{"command":"bring","deal","statement"}`: shows the bank what carrier or arbiter has signed.
pub(in crate::wallet) fn bring(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut deal = named(request, desk)?;
    let lock = common::bring(deal.book()?, text(request, "statement")?, desk)?;
    Ok(json!({ "deal": deal.id, "lock": lock }))
}

/// `{"command":"dispute","deal","part"?,"reason"}`: the arbiter shall decide. To say to the shop what is wrong, complain:
/// that disputes, too.
pub(in crate::wallet) fn dispute(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut deal = named(request, desk)?;
    if deal.book()?.locks.is_empty() {
        return Err(Misuse::new(Code::StateWrong, "no money is locked in this deal; complain to the shop").into());
    }
    let lock = common::dispute(deal.book()?, request, desk)?;
    Ok(json!({ "deal": deal.id, "lock": lock }))
}
