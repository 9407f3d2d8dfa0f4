//! What the buyer says after the contract: cancel, received, complain, withdraw, where to pay back. Each is
//! asked on the trusted screen; those that name a reference ask the bank for one first.

use semper_base::code::Code;
use semper_base::{Amount, Error, Hash, KeyId, Misuse, Role, Violation};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{About, Body, Compact, Kind, Ref, Statement, author, danger_typed_unverified, payload};
use semper_commerce::process::mail_order::{
    Book, Cancellation, Fact, How, Notice, Objection, ParcelOffer, ParcelReceipt, Part, RefundAddress, Withdrawal,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Agreed, ParcelDeal, State, ask, named, of_key};
use crate::common::parcel::{self as common, subject};
use crate::common::pay::{self, News};
use crate::common::standing::language;
use crate::common::{Desk, keys, rows, text};

/// A notice that waits for a reference of our bank.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waiting {
    part: u64,
    purpose: Hash,
    what: What,
}

/// Which notice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum What {
    Address,
    Objection { reason: String },
    Withdrawal,
}

/// `{"command":"cancel","deal"}`: asks the shop to cancel what was not shipped.
pub(in crate::wallet) fn cancel(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut deal = named(request, desk)?;
    let reason = common::optional(request, "reason")?.map(str::to_owned);
    let id = deal.id;
    let agreed = deal.agreed()?;
    let lines = agreed.machine.book.rest();
    if lines.is_empty() {
        return Err(Misuse::new(Code::StateWrong, "nothing is left to cancel; to send goods back, withdraw").into());
    }
    let body = Cancellation { lines, reason };
    body.check().map_err(|wrong| Misuse::new(wrong.code(), wrong.detail()))?;
    agreed.ask(id, None, &[], &body, desk)?;
    Ok(json!({ "deal": id, "asked": Kind::Cancellation }))
}

/// `{"command":"received","deal","part"?}`.
pub(in crate::wallet) fn received(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut deal = named(request, desk)?;
    let id = deal.id;
    let agreed = deal.agreed()?;
    let fits = |part: &Part| part.withdrawn.is_none();
    // What is disputed may be agreed to after all: that pays.
    let book = &agreed.machine.book;
    let kept = |part: &Part| book.lock_of(part).is_some_and(|lock| lock.state.is_consigned());
    let unsaid = |part: &Part| part.arrival.is_none_or(|arrival| arrival.how != How::Receipt);
    let open = |part: &Part| fits(part) && (part.arrival.is_none() || (kept(part) && unsaid(part)));
    let part = pick(&agreed.machine.book, common::part(request)?, fits, open)?.clone();
    let body = ParcelReceipt { lines: part.lines.clone(), part: part.number };
    agreed.ask(id, Some(&part), &[shipment(&part)], &body, desk)?;
    Ok(json!({ "deal": id, "part": part.number, "asked": Kind::ParcelReceipt }))
}

/// `{"command":"complain","deal","part"?,"reason"}`.
pub(in crate::wallet) fn complain(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let reason = text(request, "reason")?.to_owned();
    semper_commerce::process::mail_order::statements::check_reason(Some(&reason))
        .map_err(|wrong| Misuse::new(wrong.code(), wrong.detail()))?;
    let mut deal = named(request, desk)?;
    let now = desk.cx.now;
    let number = {
        let book = &deal.agreed()?.machine.book;
        let fits = |part: &Part| part.withdrawn.is_none() && now <= book.accept_until(part);
        let open = |part: &Part| fits(part) && part.arrival.is_none();
        pick(book, common::part(request)?, fits, open)?.number
    };
    deal.with_reference(number, What::Objection { reason }, desk)?;
    Ok(json!({ "deal": deal.id, "part": number, "asked": Kind::Objection }))
}

/// `{"command":"withdraw","deal","part"?,"preview"?}`: from a part, or from all that can be withdrawn from. With
/// `preview` it only says what that would be: the first step; the trusted screen is the second.
pub(in crate::wallet) fn withdraw(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut deal = named(request, desk)?;
    let (id, now, wanted) = (deal.id, desk.cx.now, common::part(request)?);
    let parts: Vec<Part> = {
        let book = &deal.agreed()?.machine.book;
        let fits = |part: &&Part| part.withdrawn.is_none() && now <= book.withdraw_until(part);
        let named = |part: &&Part| wanted.is_none_or(|wanted| part.number == wanted);
        book.parts.iter().filter(fits).filter(named).cloned().collect()
    };
    if parts.is_empty() {
        return Err(Misuse::new(Code::StateWrong, "there is no part that can be withdrawn from").into());
    }
    let book = &deal.agreed()?.machine.book;
    let list: Vec<Value> = parts
        .iter()
        .map(|part| {
            let (amount, until) = (part.amount.to_string(), book.withdraw_until(part));
            json!({ "part": part.number, "amount": amount, "paid": part.paid.is_some(), "withdraw_until": until })
        })
        .collect();
    let currency = book.paid_total().currency();
    let paid = parts.iter().filter(|part| part.paid.is_some()).map(|part| part.amount);
    let refund = paid.fold(Amount::zero(currency), |sum, amount| sum.plus(amount).unwrap_or(sum));
    let offer: Statement<ParcelOffer> = danger_typed_unverified(&deal.agreed()?.offer)?;
    let return_costs = offer.body.terms.return_costs;
    let preview = request.get("preview").and_then(Value::as_bool).unwrap_or(false);
    if !preview {
        for part in &parts {
            deal.with_reference(part.number, What::Withdrawal, desk)?;
        }
    }
    Ok(json!({
        "deal": id, "parts": list, "refund_at_most": refund.to_string(), "return_costs": return_costs,
        "asked": if preview { None } else { Some(Kind::Withdrawal) },
    }))
}

/// `{"command":"refund-address","deal","part"?}`: tells the shop where a part can be paid back.
pub(in crate::wallet) fn refund_address(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut deal = named(request, desk)?;
    let number = {
        let fits = |part: &Part| part.paid.is_some() && part.refunded != part.amount;
        pick(&deal.agreed()?.machine.book, common::part(request)?, fits, fits)?.number
    };
    deal.with_reference(number, What::Address, desk)?;
    Ok(json!({ "deal": deal.id, "part": number, "asked": Kind::RefundAddress }))
}

/// The part that is named and fits, or the only one that is open.
fn pick(
    book: &Book,
    wanted: Option<u64>,
    fits: impl Fn(&Part) -> bool,
    open: impl Fn(&Part) -> bool,
) -> Result<&Part, Error> {
    let found: Vec<&Part> = match wanted {
        Some(wanted) => book.parts.iter().filter(|part| part.number == wanted && fits(part)).collect(),
        None => book.parts.iter().filter(|part| open(part)).collect(),
    };
    match found.as_slice() {
        [only] => Ok(only),
        [] => Err(Misuse::new(Code::StateWrong, "there is no such part, or it is too late for this").into()),
        _ => Err(Misuse::new(Code::Usage, "name the part: there is more than one").into()),
    }
}

fn shipment(part: &Part) -> Ref {
    Ref { kind: Kind::Shipment, hash: part.shipment }
}

impl Agreed {
    /// Asks the user to sign a notice.
    fn ask<B: Body>(
        &self,
        id: semper_base::DealId,
        part: Option<&Part>,
        refs: &[Ref],
        body: &B,
        desk: &mut Desk<'_, '_>,
    ) -> Result<(), Error> {
        let contract = &self.machine.book.contract;
        let order = Ref { kind: Kind::ParcelOrder, hash: contract.order };
        let refs = [order].into_iter().chain(refs.iter().copied()).collect();
        let xid = part.map(|part| contract.xid(part.number));
        let about = About { to: vec![contract.seller], xid, refs };
        let me = keys::author(Role::Buyer, desk.tx, desk.cx)?;
        let meta = author::meta::<B>(desk.cx, me.signer(), language(desk)?, about, author::REQUEST_VALIDITY);
        let signer: KeyId = me.public.id();
        ask(id, B::KIND, part.map(|part| part.number), payload(&meta, body)?, signer, desk)
    }

    /// Asks for the notice that has waited for this reference.
    fn ask_with(
        &self,
        id: semper_base::DealId,
        waiting: &Waiting,
        pay_to: PayTo,
        desk: &mut Desk<'_, '_>,
    ) -> Result<(), Error> {
        let (book, purpose) = (&self.machine.book, waiting.purpose);
        let part = book.part(waiting.part)?;
        let (lines, number) = (part.lines.clone(), part.number);
        let refs = [shipment(part)];
        match &waiting.what {
            What::Address => {
                let body = RefundAddress { part: Some(number), pay_to, purpose };
                self.ask(id, Some(part), &[], &body, desk)
            }
            What::Objection { reason } => {
                let offer = Ref { kind: Kind::ParcelOffer, hash: book.contract.offer };
                let body = Objection { lines, part: number, pay_to, purpose, reason: reason.clone() };
                self.ask(id, Some(part), &[offer, shipment(part)], &body, desk)
            }
            What::Withdrawal => {
                let body = Withdrawal { amount: part.amount, lines, part: number, pay_to, purpose };
                self.ask(id, Some(part), &refs, &body, desk)
            }
        }
    }
}

/// Notices that may wait for references at the same time.
const WAITING_MAX: usize = 64;

impl ParcelDeal {
    /// Gets a reference for a refund, then asks for the notice. The bank learns a random name only.
    fn with_reference(&mut self, part: u64, what: What, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let id = self.id;
        let mut random = [0_u8; 32];
        desk.cx.crypto.random(&mut random);
        let purpose = Hash::tagged("semper-refund/1", &random);
        let agreed = self.agreed()?;
        if agreed.waiting.len() >= WAITING_MAX || agreed.refunds.len() >= WAITING_MAX {
            return Err(Misuse::new(Code::TooMany, "too many references for refunds").into());
        }
        rows::put(desk.tx, of_key(purpose), &id)?;
        let waiting = Waiting { part, purpose, what };
        agreed.refunds.push((purpose, part));
        match pay::ask_pay_to(Role::Buyer, purpose, &subject(&agreed.machine.book.contract.order), desk)? {
            Some(pay_to) => agreed.ask_with(id, &waiting, pay_to, desk)?,
            None => agreed.waiting.push(waiting),
        }
        let until = agreed.machine.deadline();
        self.store(until, desk)
    }
}

/// The user has signed a notice: it is entered and sent.
pub(super) fn signed(mut deal: ParcelDeal, statement: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let me = keys::author(Role::Buyer, desk.tx, desk.cx)?;
    let notice = Notice::read(Compact::parse(statement)?.verify(desk.cx.crypto, &me.public)?)?;
    let agreed = deal.agreed()?;
    let order = agreed.machine.book.contract.order;
    match notice.fact(&agreed.machine.book)? {
        Some(fact) => match deal.step(&fact, Role::Buyer, Some(statement), desk) {
            // What was to be said has been overtaken: nothing leaves the house.
            Err(Error::Violation(late)) => {
                desk.tell("refused", deal.id, format!("{late}."));
                Ok(())
            }
            other => other,
        },
        None => {
            common::keep(&order, statement, desk)?;
            let peer = crate::common::hello::met_at(&deal.shop, desk)?.peer;
            common::send(peer, common::kinds::NOTICE, None, statement.to_owned(), desk)
        }
    }
}

/// News of the bank about a mail order. False if it is of something else.
pub(in crate::wallet) fn money(news: &News, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let purpose = match news {
        News::Arrived(paid) | News::Left(paid) => paid.purpose,
        News::NoPayTo { purpose, .. } | News::NotPaid { purpose, .. } | News::PayTo { purpose, .. } => *purpose,
    };
    let Some(id) = rows::get(desk.tx, &of_key(purpose))? else { return Ok(false) };
    let Some(mut deal) = super::load(id, desk)? else { return Ok(false) };
    let State::Agreed(agreed) = &mut deal.state else { return Ok(true) };
    let contract = &agreed.machine.book.contract;
    let parts = agreed.machine.book.parts.iter().map(|part| part.number);
    let paid_part = parts.into_iter().find(|part| contract.xid(*part).0 == purpose);
    match news {
        News::Left(paid) => {
            let part = paid_part.ok_or_else(|| Violation::new(Code::OutOfTurn, "payment"))?;
            deal.step(&Fact::Paid { part, amount: paid.amount, at: paid.at }, Role::Bank, None, desk)?;
        }
        News::Arrived(paid) => {
            let part = agreed.refunds.iter().find(|(known, _)| *known == purpose).map(|(_, part)| *part);
            let part = part.ok_or_else(|| Violation::new(Code::OutOfTurn, "refund"))?;
            desk.tell("refunded", id, format!("{} came back.", paid.amount));
            deal.step(&Fact::Refunded { part, amount: paid.amount }, Role::Bank, None, desk)?;
        }
        News::PayTo { pay_to, .. } => {
            let at = agreed.waiting.iter().position(|waiting| waiting.purpose == purpose);
            if let Some(at) = at {
                let waiting = agreed.waiting.remove(at);
                agreed.ask_with(id, &waiting, *pay_to, desk)?;
                let until = agreed.machine.deadline();
                deal.store(until, desk)?;
            }
        }
        News::NoPayTo { code, .. } => {
            agreed.waiting.retain(|waiting| waiting.purpose != purpose);
            agreed.refunds.retain(|(known, _)| *known != purpose);
            desk.tell("refused", id, format!("The bank gives no reference: {}.", code.text()));
            let until = agreed.machine.deadline();
            deal.store(until, desk)?;
        }
        News::NotPaid { code, .. } => {
            if let Some(part) = paid_part {
                agreed.unpaid.retain(|(unpaid, _)| *unpaid != part);
                agreed.unpaid.push((part, code.number()));
            }
            desk.tell("refused", id, format!("Not paid: {}.", code.text()));
            let until = agreed.machine.deadline();
            deal.store(until, desk)?;
        }
    }
    Ok(true)
}
