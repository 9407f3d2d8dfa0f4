//! What the operator does with a sale by mail order: ship, cancel, pay back; and what the bank says of it.

use semper_base::code::Code;
use semper_base::{Amount, Currency, Error, Hash, Misuse, Role};
use semper_blocks::payment::PayTo;
use semper_commerce::process::mail_order::statements::{Carrier, Source};
use semper_commerce::process::mail_order::{Fact, Part, Shipment};
use serde_json::{Value, json};

use super::{ParcelSale, Pending, chosen, load, of_key};
use crate::common::parcel::{self as common, subject};
use crate::common::pay::{self, News, Paid, Payment};
use crate::common::{Desk, keys, rows, text};

/// The sale that a command names: `order` or `deal`, the order's hash.
pub(super) fn named(request: &Value, desk: &Desk<'_, '_>) -> Result<ParcelSale, Error> {
    let name = if request.get("order").is_some() { "order" } else { "deal" };
    let order = Hash::from_hex(text(request, name)?).ok_or_else(|| Misuse::new(Code::FieldWrong, name))?;
    load(order, desk)?.ok_or_else(|| Misuse::new(Code::NotFound, "no such sale of parcels").into())
}

/// `{"command":"ship","order":HASH,"lines"?:[{"id","quantity"}],"carrier","tracking","handed_over"?}`: these
/// lines, or all that are left, were handed over. The statement is made as soon as the bank has given a
/// reference for its payment; where the money is locked, at once, and the lines are those of one lock or of several, each a part.
pub(in crate::shop) fn ship(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut sale = named(request, desk)?;
    if sale.pending.is_some() {
        return Err(Misuse::new(Code::StateWrong, "the last shipment waits for the bank's reference").into());
    }
    let wanted = common::part_lines(request)?;
    let handed_over = common::moment(request, "handed_over")?.unwrap_or(desk.cx.now);
    if handed_over > desk.cx.now {
        return Err(Misuse::new(Code::FieldWrong, "handed_over: in the future").into());
    }
    let carrier = Carrier {
        handed_over,
        name: text(request, "carrier")?.to_owned(),
        source: Source::Seller,
        tracking: text(request, "tracking")?.to_owned(),
    };
    if !sale.book().locks.is_empty() {
        return sale.ship_locked(wanted.as_deref(), &carrier, desk);
    }
    let lines = wanted.unwrap_or_else(|| sale.book().rest());
    let ours = |wrong: semper_base::Violation| Misuse::new(wrong.code(), wrong.detail());
    let amount = sale.book().due(&lines).map_err(ours)?;
    let part = sale.book().next_part();
    Shipment { amount, carrier: carrier.clone(), lines: lines.clone(), part, pay_to: None }.check().map_err(ours)?;
    let (order, purpose) = (sale.order(), sale.book().contract.xid(part).0);
    sale.pending = Some(Pending { lines, carrier });
    rows::put(desk.tx, of_key(purpose), &order)?;
    match pay::ask_pay_to(Role::Seller, purpose, &subject(&order), desk)? {
        Some(pay_to) => sale.shipped(Some(pay_to), desk)?,
        None => sale.store(desk)?,
    }
    Ok(json!({ "part": part, "amount": amount.to_string(), "stated": sale.pending.is_none() }))
}

impl ParcelSale {
    /// Signs and sends what was handed over.
    pub(super) fn shipped(&mut self, pay_to: Option<PayTo>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let Some(Pending { lines, carrier }) = self.pending.take() else { return Ok(()) };
        let (part, amount) = (self.book().next_part(), self.book().due(&lines)?);
        let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
        let body = Shipment { amount, carrier, lines: lines.clone(), part, pay_to };
        let statement = author.answer(desk.cx, self.about(Some(part), &[]), body)?;
        self.shipments.push(statement.text.clone());
        let fact = Fact::Shipped { part, lines, amount, at: statement.meta.issued, shipment: statement.hash };
        let money = if pay_to.is_some() { "are due" } else { "are locked for it" };
        desk.tell("shipped", self.order(), format!("Part {part} is on its way; {amount} {money}."));
        self.step(&fact, Role::Seller, Some(&statement.text), desk)?;
        // The buyer asked to cancel while we waited for the bank: what is left is cancelled now.
        let rest = self.book().rest();
        if self.book().cancel_asked.is_some() && !rest.is_empty() {
            self.cancel_now(rest, None, desk)?;
        }
        Ok(())
    }
}

/// `{"command":"cancel","order":HASH,"reason"?}`: what is not shipped will not be. An order that waits is not taken.
pub(in crate::shop) fn cancel(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    if let Some(order) = request.get("order").and_then(Value::as_str).and_then(Hash::from_hex)
        && chosen::refuse(order, desk)?
    {
        return Ok(json!({ "order": order, "cancelled": [] }));
    }
    let mut sale = named(request, desk)?;
    if sale.pending.is_some() {
        return Err(Misuse::new(Code::StateWrong, "the last shipment waits for the bank's reference").into());
    }
    let rest = sale.book().rest();
    if rest.is_empty() {
        return Err(Misuse::new(Code::StateWrong, "nothing is left to cancel").into());
    }
    let reason = common::optional(request, "reason")?.map(str::to_owned);
    let lines = json!(rest);
    sale.cancel_now(rest, reason, desk)?;
    Ok(json!({ "order": sale.order(), "cancelled": lines }))
}

/// `{"command":"refund","order":HASH,"part"?,"amount"?}`: pays back to a reference that the buyer gave with a
/// withdrawal, a complaint or by itself. All that was paid for the part, if no amount is named.
pub(in crate::shop) fn refund(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut sale = named(request, desk)?;
    let part = sale.refundable(common::part(request)?)?;
    if part.paid.is_none() {
        let whole = part.amount.to_string();
        if common::optional(request, "amount")?.is_some_and(|amount| amount != whole) {
            let text = "amount: the money is locked, and goes back whole; a part of it is the arbiter's ruling";
            return Err(Misuse::new(Code::FieldWrong, text).into());
        }
        let amount = sale.give_back(part.number, desk)?.unwrap_or(part.amount);
        return Ok(json!({ "order": sale.order(), "part": part.number, "amount": amount.to_string() }));
    }
    let left = part.amount.minus(part.refunded)?;
    let amount = match common::optional(request, "amount")? {
        None => left,
        Some(amount) => {
            let (number, currency) = amount.split_once(' ').unwrap_or((amount, ""));
            let currency = if currency.is_empty() { left.currency() } else { Currency::parse(currency)? };
            Amount::parse(number, currency)?
        }
    };
    if amount.minor() == 0 || left.minus(amount).is_err() {
        return Err(Misuse::new(Code::FieldWrong, format!("amount: more than nothing, at most {left}")).into());
    }
    let number = part.number;
    let runs = |refund: &super::Refund| refund.ordered.is_some_and(|(part, _)| part == number) && !refund.done;
    if sale.refunds.iter().any(runs) {
        return Err(Misuse::new(Code::StateWrong, "a refund of this part is on its way").into());
    }
    let fits = |refund: &&mut super::Refund| refund.ordered.is_none() && refund.part.is_none_or(|part| part == number);
    let order = sale.order();
    let found = sale.refunds.iter_mut().find(fits);
    let found = found.ok_or_else(|| Misuse::new(Code::PayToUnknown, "the buyer has not said where to pay back"))?;
    found.ordered = Some((number, amount));
    let payment = Payment {
        amount,
        follows: None,
        purpose: found.purpose,
        subject: subject(&order),
        to: found.pay_to,
        until: None,
    };
    sale.store(desk)?;
    pay::pay(Role::Seller, &payment, desk)?;
    Ok(json!({ "order": order, "part": number, "amount": amount.to_string() }))
}

impl ParcelSale {
    /// The part that is named, or the only one of which something can be paid back.
    fn refundable(&self, named: Option<u64>) -> Result<Part, Error> {
        let kept = |part: &Part| self.book().lock_of(part).is_some_and(|lock| !lock.state.is_over());
        let owes = |part: &&Part| kept(part) || (part.paid.is_some() && part.refunded != part.amount);
        let parts: Vec<&Part> = self.book().parts.iter().filter(owes).collect();
        let asked =
            |part: &&&Part| part.withdrawn.is_some() || self.refunds.iter().any(|to| to.part == Some(part.number));
        let found = match named {
            Some(number) => parts.into_iter().find(|part| part.number == number),
            None => match (parts.as_slice(), parts.iter().filter(asked).collect::<Vec<_>>().as_slice()) {
                (_, [only]) => Some(**only),
                ([only], _) => Some(*only),
                _ => None,
            },
        };
        found
            .cloned()
            .ok_or_else(|| Misuse::new(Code::StateWrong, "part: none, or not only one, can be refunded").into())
    }
}

/// News of the bank about a sale by mail order. False if it is of something else.
pub(in crate::shop) fn money(news: &News, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let purpose = match news {
        News::Arrived(paid) | News::Left(paid) => paid.purpose,
        News::NoPayTo { purpose, .. } | News::NotPaid { purpose, .. } | News::PayTo { purpose, .. } => *purpose,
    };
    let Some(order) = rows::get::<Hash>(desk.tx, &of_key(purpose))? else { return Ok(false) };
    let mut sale = load(order, desk)?.ok_or_else(|| Misuse::new(Code::NotFound, "sale"))?;
    match news {
        News::Arrived(paid) => sale.arrived(paid, desk)?,
        News::Left(paid) => sale.left(paid, desk)?,
        News::PayTo { pay_to, .. } => sale.shipped(Some(*pay_to), desk)?,
        News::NoPayTo { code, .. } => {
            sale.pending = None;
            desk.tell("refused", order, format!("The bank gives no reference: {}. Ship again.", code.text()));
            sale.store(desk)?;
        }
        News::NotPaid { code, .. } => {
            for refund in sale.refunds.iter_mut().filter(|refund| refund.purpose == purpose) {
                refund.ordered = None;
            }
            desk.tell("refused", order, format!("The refund was not paid: {}.", code.text()));
            sale.store(desk)?;
        }
    }
    Ok(true)
}

impl ParcelSale {
    /// A part was paid. Another amount than what is due pays nothing; the operator is told.
    fn arrived(&mut self, paid: &Paid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let contract = &self.book().contract;
        let parts = self.book().parts.iter();
        let Some(part) = parts.map(|part| part.number).find(|part| contract.xid(*part).0 == paid.purpose) else {
            return Ok(());
        };
        let due = self.book().part(part)?.amount;
        if due != paid.amount {
            desk.tell("refused", self.order(), format!("Part {part}: {} came, {due} are due.", paid.amount));
            return Ok(());
        }
        self.step(&Fact::Paid { part, amount: paid.amount, at: paid.at }, Role::Bank, None, desk)
    }

    /// A refund has left.
    fn left(&mut self, paid: &Paid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let Some(refund) = self.refunds.iter_mut().find(|refund| refund.purpose == paid.purpose) else {
            return Ok(());
        };
        refund.done = true;
        let Some((part, _)) = refund.ordered else { return Ok(()) };
        self.step(&Fact::Refunded { part, amount: paid.amount }, Role::Bank, None, desk)
    }
}
