//! Sales whose money the bank keeps: what is offered and accepted of it, and what the bank's word makes the shop do.

use semper_base::code::Code;
use semper_base::{Amount, Blob64, Error, Hash, Millis, Misuse, Role, Xid};
use semper_blocks::certificate::Kind as CertificateKind;
use semper_blocks::statement::Statement;
use semper_commerce::process::mail_order::escrow::{self, AcceptedEscrow, EscrowTerms, Named};
use semper_commerce::process::mail_order::seller::Effect;
use semper_commerce::process::mail_order::statements::Carrier;
use semper_commerce::process::mail_order::{Fact, LockState, ParcelOffer, ParcelOrder, PartLine, PartLock, Shipment};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::lock::escrow::Side;
use semper_exchange::fair::lock::escrow::side::Wish;
use semper_exchange::fair::lock::{Command, Lock, PayeeOwn};
use semper_support::crypto::{Secret32, random_secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ParcelSale, Pending, load, sale_key};
use crate::common::parcel::{self as common, PATIENCE};
use crate::common::standing::language;
use crate::common::{Desk, keys, locks, notaries, text};
use crate::wallet::purse;

/// What an arbiter has for its ruling.
const HEARING: Millis = Millis::days(14);

/// Which lines are shipped together, and have a lock of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Parts {
    /// The operator says it of each order of more than one line, and the order waits until then.
    Ask,
    /// Each line by itself, if there are not too many.
    Lines,
    /// All of them.
    #[default]
    Whole,
}

/// What an offer says of the escrow, if there is somebody who could rule: none makes it the old way, evidence only.
pub(super) fn terms(carrier: Option<Named>, desk: &Desk<'_, '_>) -> Result<Option<EscrowTerms>, Error> {
    let Some(arbiter) = notaries::listed(desk)?.into_iter().next() else { return Ok(None) };
    let arbiter = arbiter.met;
    let arbiter = Named { certificate: arbiter.certificate, key: arbiter.key, name: arbiter.name };
    Ok(Some(EscrowTerms { arbiter, carrier, hearing_ms: HEARING, silent: Side::Payer }))
}

/// The parts of an order; none if the operator is to say.
pub(super) fn split(parts: Parts, order: &ParcelOrder) -> Option<Vec<Vec<PartLine>>> {
    let lines = order.lines.iter().map(|line| PartLine { id: line.id.clone(), quantity: line.quantity });
    let lines: Vec<PartLine> = lines.collect();
    let few = lines.len() <= escrow::parts_max(lines.len());
    match parts {
        Parts::Ask if lines.len() > 1 => None,
        Parts::Lines if few => Some(lines.into_iter().map(|line| vec![line]).collect()),
        Parts::Ask | Parts::Lines | Parts::Whole => Some(vec![lines]),
    }
}

/// The carrier whose certificate the operator has: its word that goods came is then asked for.
pub(super) fn carrier(der: &[u8], desk: &mut Desk<'_, '_>) -> Result<Named, Error> {
    let trust = keys::trust_now(desk)?;
    let trust = trust.ok_or_else(|| Misuse::new(Code::StatusMissing, "not connected with a market yet"))?;
    let wrong = |why: semper_base::Violation| Misuse::new(why.code(), format!("carrier: {why}"));
    let valid = trust.validate(der, desk.cx.now, desk.cx.crypto).map_err(wrong)?;
    if valid.kind != CertificateKind::Statement {
        return Err(Misuse::new(Code::FieldWrong, "carrier: no certificate of a statement key").into());
    }
    keys::keep_certificate(der, desk);
    Ok(Named { certificate: valid.certificate_hash, key: valid.key, name: valid.name })
}

/// What a sale brings into its locks.
pub(super) struct Own {
    account: String,
    payee: semper_base::KeyId,
    salt: Secret32,
    pub(super) escrow: AcceptedEscrow,
    holder: semper_support::crypto::PublicKey,
    locks: Vec<Lock>,
}

/// What the acceptance of an order says of its escrow; none if there is none.
pub(super) fn accept(
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    parts: &[Vec<PartLine>],
    desk: &mut Desk<'_, '_>,
) -> Result<Option<Own>, Error> {
    if offer.body.terms.escrow.is_none() {
        return Ok(None);
    }
    let payee = keys::generate(desk)?.public;
    let currency = order.body.amount.currency();
    let purse = purse::at(&offer.body.terms.bank.key.id(), currency, desk)?;
    let purse = purse.ok_or_else(|| Misuse::new(Code::AccountUnknown, "no account at the bank that was offered"))?;
    let account = purse::payee(&purse, order.body.amount)?.account;
    let salt = random_secret(desk.cx.crypto);
    let ours = escrow::Seller { account: payee_commitment(&account, salt.danger_bytes()), payee: payee.clone() };
    let (escrow, locks) = escrow::accept(offer, order, ours, parts, desk.cx.now)?;
    let holder = offer.body.terms.bank.key.clone();
    Ok(Some(Own { account, payee: payee.id(), salt, escrow, holder, locks }))
}

/// The contract stands: the bank is to tell us of its locks.
pub(super) fn expect(own: &Own, order: Hash, acceptance: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for lock in &own.locks {
        let side = PayeeOwn {
            account: own.account.clone(),
            certificate: None,
            language: language(desk)?,
            margin_ms: Millis(0),
            patience_ms: PATIENCE,
            preimage: None,
            salt: own.salt.clone(),
        };
        locks::be_paid_by_service(lock, side, &sale_key(order), acceptance, desk)?;
    }
    locks::watch(Role::Party, own.payee, &own.holder, desk)
}

/// The bank's word about a lock of a sale.
pub(crate) fn lock_news(order: &str, lock: Xid, side: &locks::Side, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(order) = Hash::from_hex(order) else { return Ok(()) };
    let Some(mut sale) = load(order, desk)? else { return Ok(()) };
    sale.step(&Fact::Lock { lock, state: side.state() }, Role::Bank, None, desk)
}

impl ParcelSale {
    /// Tells the operator how the money of a part stands now.
    pub(super) fn tell_lock(&self, name: Xid, desk: &mut Desk<'_, '_>) {
        let Some(lock) = self.book().lock(&name) else { return };
        let amount = lock.amount;
        let (event, sentence) = match lock.state {
            LockState::Agreed => return,
            LockState::Locked => ("locked", format!("{amount} are locked: what they are for can be shipped.")),
            LockState::Consigned { until } => {
                ("consigned", format!("The bank knows that it is on its way; until {until}."))
            }
            LockState::Arrived { until, .. } => {
                ("arrived", format!("The carrier has handed it over; {amount} until {until}."))
            }
            LockState::Disputed { until } => {
                ("disputed", format!("{amount} are disputed; the arbiter has until {until}."))
            }
            LockState::Divided { payee, payer, .. } => {
                ("divided", format!("{payee} are on our account, {payer} went back to the buyer."))
            }
            LockState::Returned => ("returned", format!("{amount} went back to the buyer, or were never locked.")),
        };
        desk.tell(event, self.order(), sentence);
    }

    /// Does what the machine wants of a lock.
    pub(super) fn tell_bank(&self, effect: &Effect, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        match effect {
            Effect::Consign(lock) => {
                let due = self.book().part_of(lock).map(|part| part.amount);
                let due = due.ok_or_else(|| Misuse::new(Code::StateWrong, "nothing was shipped for this lock"))?;
                locks::wish(*lock, Wish::Consign { due }, desk)
            }
            Effect::GiveBack(lock) => locks::command(*lock, Command::GiveBack, desk),
            _ => Ok(()),
        }
    }

    /// States that these lines were handed over, or all that are left: each lock is a part.
    pub(super) fn ship_locked(
        &mut self,
        wanted: Option<&[PartLine]>,
        carrier: &Carrier,
        desk: &mut Desk<'_, '_>,
    ) -> Result<Value, Error> {
        let (parts, part) = (self.to_ship(wanted)?, self.book().next_part());
        let mut total = Amount::zero(self.book().contract.total.currency());
        for (lines, amount) in &parts {
            total = total.plus(*amount)?;
            let (amount, carrier, lines) = (*amount, carrier.clone(), lines.clone());
            let shipment = Shipment { amount, carrier, lines, part, pay_to: None };
            shipment.check().map_err(|wrong| Misuse::new(wrong.code(), wrong.detail()))?;
        }
        let count = parts.len();
        for (lines, _) in parts {
            self.pending = Some(Pending { lines, carrier: carrier.clone() });
            self.shipped(None, desk)?;
        }
        Ok(json!({ "part": part, "parts": count, "amount": total.to_string(), "stated": true }))
    }

    /// The parts that these lines come to, with what each costs. What is shipped must be locked.
    fn to_ship(&self, wanted: Option<&[PartLine]>) -> Result<Vec<(Vec<PartLine>, Amount)>, Error> {
        let book = self.book();
        let idle = book.locks.iter().filter(|lock| !lock.state.is_over() && book.part_of(&lock.lock).is_none());
        let is_in = |lock: &&PartLock| wanted.is_none_or(|lines| lock.lines.iter().all(|line| lines.contains(line)));
        let found: Vec<&PartLock> = idle.filter(is_in).collect();
        let lines = found.iter().map(|lock| lock.lines.len()).sum::<usize>();
        if found.is_empty() || wanted.is_some_and(|wanted| wanted.len() != lines) {
            let text = "lines: a parcel is a whole part of the contract; its money is locked for all of it";
            return Err(Misuse::new(Code::TermsWrong, text).into());
        }
        if found.iter().any(|lock| lock.state != LockState::Locked) {
            return Err(Misuse::new(Code::StateWrong, "the money for this is not locked: do not ship").into());
        }
        Ok(found.into_iter().map(|lock| (lock.lines.clone(), lock.amount)).collect())
    }

    /// Gives back what is locked for a part, all of it; none if nothing is.
    pub(super) fn give_back(&self, number: u64, desk: &mut Desk<'_, '_>) -> Result<Option<Amount>, Error> {
        let part = self.book().part(number)?;
        let Some(lock) = self.book().lock_of(part).filter(|lock| !lock.state.is_over()) else { return Ok(None) };
        let amount = lock.amount;
        locks::command(lock.lock, Command::GiveBack, desk)?;
        Ok(Some(amount))
    }
}

/// `{"command":"bring","order":HASH,"statement"}`: shows the bank what carrier or arbiter has signed.
pub(in crate::shop) fn bring(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let sale = super::ship::named(request, desk)?;
    let lock = common::bring(sale.book(), text(request, "statement")?, desk)?;
    Ok(json!({ "order": sale.order(), "lock": lock }))
}

/// `{"command":"dispute","order":HASH,"part"?,"reason"}`: the arbiter shall decide, while silence speaks against us.
pub(in crate::shop) fn dispute(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let sale = super::ship::named(request, desk)?;
    let lock = common::dispute(sale.book(), request, desk)?;
    Ok(json!({ "order": sale.order(), "lock": lock }))
}

/// `{"command":"waybill","order":HASH,"part"?}`: what the carrier is given with the goods, to say that it gave them away.
pub(in crate::shop) fn waybill(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let sale = super::ship::named(request, desk)?;
    let number = common::part(request)?;
    let parts = sale.book().parts.iter().filter(|part| number.is_none_or(|number| part.number == number));
    let locks: Vec<Xid> = parts.filter_map(|part| part.lock).collect();
    let [lock] = locks.as_slice() else {
        return Err(Misuse::new(Code::StateWrong, "no part, or not only one, has locked money; name the part").into());
    };
    let bytes = Blob64(locks::descriptor(*lock, desk)?.bytes().to_vec());
    Ok(json!({ "order": sale.order(), "lock": lock, "waybill": bytes }))
}
