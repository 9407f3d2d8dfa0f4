//! A sale by mail order: offer, order, contract; then the seller's machine and what it makes the shop do.
//!
//! ```text
//! parcel-offer/HASH   what was offered to whom, until it expires or is ordered (also a timer)
//! parcel-asked/ORDER  an order that waits for the operator, see `chosen`
//! parcel-sale/ORDER   ParcelSale; also the timer by which a part counts as received
//! parcel-of/PURPOSE   which sale a payment is of
//! parcels-open/KEYID  how many orders of one buyer wait for their first shipment or their end
//! ```

mod chosen;
mod kept;
mod offer;
mod ship;
mod show;

use semper_base::code::Code;
use semper_base::limits::PARCELS_OPEN_PER_BUYER_MAX;
use semper_base::{Amount, Blob64, Error, Hash, Key, KeyId, Misuse, PeerId, Refusal, Role, Step, Violation, Write};
use semper_blocks::certificate::Valid;
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{About, Compact, Kind, Ref, Statement, danger_typed_unverified};
use semper_commerce::process::mail_order::seller::{Effect, Seller};
use semper_commerce::process::mail_order::statements::Carrier;
use semper_commerce::process::mail_order::{
    Book, Cancellation, Fact, Notice, ParcelAcceptance, ParcelOffer, ParcelOrder, PartLine, WithdrawalReceipt,
    check_acceptance, check_order,
};
use serde::{Deserialize, Serialize};

use super::{Certified, Refused, catalogue, kinds, open, own_certificate};
use crate::common::parcel::{self as common, Accepted, CheckedNotice};
use crate::common::{Desk, keys, rows};

pub(super) use chosen::{accept as accept_asked, lapse};
pub(crate) use kept::lock_news;
pub(super) use kept::{bring, dispute, waybill};
pub(super) use offer::{forget_offer, offer, shipping};
pub(super) use ship::{cancel, money, refund, ship};
pub(super) use show::{export, is_sale, show, summaries};

/// One order that we took.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParcelSale {
    buyer: PeerId,
    /// By its certificate.
    name: String,
    /// Compact texts.
    offer: String,
    order: String,
    acceptance: String,
    machine: Seller,
    /// Whom it is counted for until the first shipment or the end.
    open: Option<KeyId>,
    /// What the operator has handed over and we cannot state yet: the bank's reference is not here.
    pending: Option<Pending>,
    /// Compact texts.
    shipments: Vec<String>,
    /// Where and what to pay back.
    refunds: Vec<Refund>,
}

/// See [`ParcelSale::pending`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    lines: Vec<PartLine>,
    carrier: Carrier,
}

/// A reference of the buyer's, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refund {
    /// None for an address for whatever part.
    part: Option<u64>,
    pay_to: PayTo,
    purpose: Hash,
    /// The part and the amount that were ordered to be paid.
    ordered: Option<(u64, Amount)>,
    /// Whether it was paid.
    done: bool,
}

fn sale_key(order: Hash) -> Key {
    Key::new("parcel-sale", order)
}

fn of_key(purpose: Hash) -> Key {
    Key::new("parcel-of", purpose)
}

fn load(order: Hash, desk: &Desk<'_, '_>) -> Result<Option<ParcelSale>, Error> {
    Ok(rows::get(desk.tx, &sale_key(order))?)
}

impl ParcelSale {
    fn book(&self) -> &Book {
        &self.machine.book
    }

    fn order(&self) -> Hash {
        self.book().contract.order
    }

    /// Stores the sale and sets its timer.
    fn store(&self, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let key = sale_key(self.order());
        desk.tx.push(Write::Timer(key.clone(), self.machine.deadline()));
        Ok(rows::put(desk.tx, key, self)?)
    }

    /// Whom a statement about this sale is for, and what it follows.
    fn about(&self, part: Option<u64>, refs: &[Ref]) -> About {
        let contract = &self.book().contract;
        let order = Ref { kind: Kind::ParcelOrder, hash: contract.order };
        let refs = [order].into_iter().chain(refs.iter().copied()).collect();
        About { to: vec![contract.buyer], xid: part.map(|part| contract.xid(part)), refs }
    }

    /// One step of the machine and what follows from it. `text` is the statement of the fact, if it has one.
    fn step(&mut self, fact: &Fact, from: Role, text: Option<&str>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let mut effects = Vec::new();
        match self.machine.clone().step(fact, from, desk.cx.now, &mut effects) {
            Step::Reject(_, violation) => return Err(violation.into()),
            Step::Advance(machine) => self.machine = machine,
        }
        if let Some(text) = text {
            common::keep(&self.order(), text, desk)?;
        }
        let over = self.book().rest().is_empty() || !self.book().parts.is_empty();
        if let Some(buyer) = self.open.take_if(|_| over) {
            end_open(buyer, desk)?;
        }
        // What is said about locks comes last: it may come back to the sale, as it is stored.
        let about_lock = |effect: &Effect| matches!(effect, Effect::Consign(_) | Effect::GiveBack(_));
        let (locks, effects): (Vec<Effect>, Vec<Effect>) = effects.into_iter().partition(about_lock);
        for effect in effects {
            self.apply(effect, text, desk)?;
        }
        self.store(desk)?;
        locks.iter().try_for_each(|effect| self.tell_bank(effect, desk))
    }

    fn apply(&mut self, effect: Effect, text: Option<&str>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        match effect {
            Effect::Acknowledge(part) => self.acknowledge(part, desk),
            // What was handed over is stated first; then what is left is cancelled.
            Effect::Cancel(_) if self.pending.is_some() => Ok(()),
            Effect::Cancel(lines) => self.cancel_now(lines, None, desk),
            Effect::Consign(_) | Effect::GiveBack(_) => Ok(()),
            Effect::Restock(lines) => self.restock(&lines, desk),
            Effect::Send => match text {
                Some(text) => common::send(self.buyer, common::kinds::NOTICE, None, text.to_owned(), desk),
                None => Ok(()),
            },
            Effect::TellLock(lock) => {
                self.tell_lock(lock, desk);
                Ok(())
            }
            Effect::TellSilence(part) => {
                desk.tell("received", self.order(), format!("Part {part} counts as received: nobody objected."));
                Ok(())
            }
            Effect::TooLate => {
                let refused = Refused {
                    code: Code::TooLate.number(),
                    notaries: vec![],
                    order: Some(self.order()),
                    reference: None,
                };
                desk.send(self.buyer, kinds::REFUSED, &refused)
            }
        }
    }

    /// Signs and sends that the withdrawal is here: at once, nobody is asked.
    fn acknowledge(&mut self, part: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let received = desk.cx.now;
        let refund_until = received.plus(self.book().contract.times.refund_ms);
        let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
        let body = WithdrawalReceipt { part, received, refund_until };
        let statement = author.answer(desk.cx, self.about(Some(part), &[]), body)?;
        let fact = Fact::Acknowledged { part, at: received };
        self.step(&fact, Role::Seller, Some(&statement.text), desk)
    }

    fn cancel_now(
        &mut self,
        lines: Vec<PartLine>,
        reason: Option<String>,
        desk: &mut Desk<'_, '_>,
    ) -> Result<(), Error> {
        let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
        let body = Cancellation { lines: lines.clone(), reason };
        body.check().map_err(|wrong| Misuse::new(wrong.code(), wrong.detail()))?;
        let statement = author.answer(desk.cx, self.about(None, &[]), body)?;
        let fact = Fact::Cancelled { lines, at: statement.meta.issued };
        desk.tell("cancelled", self.order(), "What was not shipped is cancelled.");
        self.step(&fact, Role::Seller, Some(&statement.text), desk)
    }

    fn restock(&self, lines: &[PartLine], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let offer: Statement<ParcelOffer> = danger_typed_unverified(&self.offer)?;
        let items = &offer.body.line_items;
        let item = |line: &PartLine| items.iter().find(|item| item.id == line.id).map(|item| item.item.id.as_str());
        let back = lines.iter().filter_map(|line| Some(catalogue::Line { id: item(line)?, quantity: line.quantity }));
        catalogue::give_back(&back.collect::<Vec<_>>(), desk)
    }
}

/// Takes an order: checks it against the offer, takes the goods out of stock, accepts.
pub(super) fn order(
    from: PeerId,
    order: &Statement<ParcelOrder>,
    buyer: &Valid,
    certificate: &[u8],
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    if let Some(known) = load(order.hash, desk)? {
        // Asked again: the acceptance did not arrive. One order is one contract.
        return if known.buyer == from {
            let offer: Statement<ParcelOffer> = danger_typed_unverified(&known.offer)?;
            send_acceptance(from, &offer, known.acceptance, desk)
        } else {
            Err(Violation::new(Code::PeerWrong, "order").into())
        };
    }
    if chosen::known(from, order.hash, desk)? {
        return Ok(());
    }
    match take(order, buyer, desk) {
        Err(Error::Refusal(refusal)) => {
            let refused =
                Refused { code: refusal.code().number(), notaries: vec![], order: Some(order.hash), reference: None };
            desk.send(from, kinds::REFUSED, &refused)
        }
        Err(other) => Err(other),
        Ok(offer) => {
            keys::keep_certificate(certificate, desk);
            let buyer = Buyer { key: buyer.key.id(), name: &buyer.name };
            let is_kept = offer.body.terms.escrow.is_some();
            match kept::split(offer::terms(desk)?.parts, &order.body) {
                None if is_kept => chosen::ask(from, &offer, order, buyer, desk),
                parts => accept(from, &offer, order, buyer, &parts.unwrap_or_default(), desk),
            }
        }
    }
}

/// Everything that may be refused; nothing is written if it is.
fn take(
    order: &Statement<ParcelOrder>,
    buyer: &Valid,
    desk: &mut Desk<'_, '_>,
) -> Result<Box<Statement<ParcelOffer>>, Error> {
    let read = |text: &str| danger_typed_unverified(text).map(Box::new);
    let offer: Box<Statement<ParcelOffer>> = open::ordered(&order.meta, desk, read)?;
    check_order(&offer, order)?;
    if buyer.covers(order.body.amount).is_err() {
        return Err(Refusal::new(Code::RiskTooHigh, "above the limit of the buyer's certificate").into());
    }
    for line in &offer.body.line_items {
        let (product, _) = catalogue::sellable(&line.item.id, desk)?;
        if (product.price.minor(), product.price.currency()) != (line.item.price, offer.body.currency) {
            return Err(Refusal::new(Code::PriceChanged, &line.item.id).into());
        }
    }
    let open: u64 = rows::get(desk.tx, &open_row(buyer.key.id()))?.unwrap_or(0);
    if open >= PARCELS_OPEN_PER_BUYER_MAX {
        return Err(Refusal::new(Code::TooManyOpen, "").into());
    }
    let lines = offer.body.line_items.iter();
    let lines: Vec<_> = lines.map(|line| catalogue::Line { id: &line.item.id, quantity: line.quantity }).collect();
    catalogue::reserve(&lines, desk)?;
    Ok(offer)
}

/// Who ordered, by its certificate.
#[derive(Clone, Copy)]
struct Buyer<'a> {
    key: KeyId,
    name: &'a str,
}

/// The contract. `parts` is what is shipped together, if the money of each part is locked.
fn accept(
    from: PeerId,
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    buyer: Buyer<'_>,
    parts: &[Vec<PartLine>],
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
    let refs = vec![Ref { kind: Kind::ParcelOrder, hash: order.hash }];
    let about = About { to: vec![order.meta.signer.key], xid: None, refs };
    let ship_until = desk.cx.now.plus(offer.body.terms.times.delivery_ms);
    let kept = kept::accept(offer, order, parts, desk)?;
    let escrow = kept.as_ref().map(|kept| kept.escrow.clone());
    let acceptance =
        author.answer(desk.cx, about, ParcelAcceptance { amount: order.body.amount, escrow, ship_until })?;
    let contract = check_acceptance(offer, order, &acceptance)
        .map_err(|wrong| Misuse::new(wrong.code(), format!("our own acceptance: {wrong}")))?;
    for text in [&offer.text, &order.text, &acceptance.text] {
        common::keep(&order.hash, text, desk)?;
    }
    count_open(buyer.key, desk)?;
    offer::note_ordered(offer.hash, desk)?;
    forget_offer(offer.hash, desk)?;
    super::pay::bind_at(&common::subject(&order.hash), &offer.body.terms.bank, order.body.amount.currency(), desk)?;
    let sale = ParcelSale {
        buyer: from,
        name: buyer.name.to_owned(),
        offer: offer.text.clone(),
        order: order.text.clone(),
        acceptance: acceptance.text.clone(),
        machine: Seller { book: Book::new(contract) },
        open: Some(buyer.key),
        pending: None,
        shipments: Vec::new(),
        refunds: Vec::new(),
    };
    sale.store(desk)?;
    if let Some(kept) = kept {
        kept::expect(&kept, order.hash, acceptance.hash, desk)?;
    }
    desk.tell("ordered", order.hash, format!("{} ordered for {}.", buyer.name, order.body.amount));
    for list in price_lists(offer, desk)? {
        common::keep(&order.hash, &list.statement, desk)?;
    }
    send_acceptance(from, offer, acceptance.text, desk)
}

/// The price lists that an offer names, as far as their certificates still count.
fn price_lists(offer: &Statement<ParcelOffer>, desk: &Desk<'_, '_>) -> Result<Vec<Certified>, Error> {
    let Some(trust) = keys::trust_now(desk)? else { return Ok(Vec::new()) };
    let named = offer.meta.refs.iter().filter(|named| named.kind == Kind::PriceList);
    let mut lists = Vec::new();
    for named in named {
        let Some(statement) = catalogue::price_list_text(named.hash, desk)? else { continue };
        let Some(certificate) = Compact::parse(&statement)?.certificate() else { continue };
        let der = keys::certificate(desk.tx, &certificate)?;
        let counts = |der: &Vec<u8>| trust.validate(der, desk.cx.now, desk.cx.crypto).is_ok();
        lists.extend(der.filter(counts).map(|der| Certified { certificate: Blob64(der), reference: None, statement }));
    }
    Ok(lists)
}

fn send_acceptance(
    to: PeerId,
    offer: &Statement<ParcelOffer>,
    statement: String,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let (certificate, price_lists) = (own_certificate(desk)?, price_lists(offer, desk)?);
    desk.send(to, common::kinds::ACCEPTANCE, &Accepted { certificate, price_lists, statement })
}

fn open_row(buyer: KeyId) -> Key {
    Key::new("parcels-open", buyer)
}

fn count_open(buyer: KeyId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let open: u64 = rows::get(desk.tx, &open_row(buyer))?.unwrap_or(0);
    Ok(rows::put(desk.tx, open_row(buyer), &open.saturating_add(1))?)
}

fn end_open(buyer: KeyId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match rows::get::<u64>(desk.tx, &open_row(buyer))?.unwrap_or(0).saturating_sub(1) {
        0 => desk.tx.delete(open_row(buyer)),
        rest => rows::put(desk.tx, open_row(buyer), &rest)?,
    }
    Ok(())
}

/// A notice of the buyer.
pub(super) fn notice(from: PeerId, checked: &CheckedNotice, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let order = checked.notice.order()?;
    let sale = load(order, desk)?.filter(|sale| sale.buyer == from);
    let mut sale = sale.ok_or_else(|| Violation::new(Code::RefWrong, "order"))?;
    let text = checked.notice.text();
    // Said twice is said once.
    if desk.tx.is_archived(&common::subject(&order), text.as_bytes())? {
        return Ok(());
    }
    let fact = checked.notice.fact(sale.book())?;
    keys::keep_certificate(&checked.certificate, desk);
    if let Some(to) = checked.notice.refund_to() {
        rows::put(desk.tx, of_key(to.purpose), &order)?;
        let refund = Refund { part: to.part, pay_to: to.pay_to, purpose: to.purpose, ordered: None, done: false };
        if sale.refunds.len() >= REFUNDS_MAX {
            return Err(Violation::new(Code::TooMany, "refund addresses").into());
        }
        sale.refunds.push(refund);
    }
    match &checked.notice {
        Notice::Objection(_) => desk.tell("disputed", order, "The buyer complains about a part."),
        Notice::Withdrawal(_) => desk.tell("withdrawn", order, "The buyer withdraws from a part."),
        Notice::Receipt(_) => desk.tell("received", order, "The buyer has a part."),
        _ => {}
    }
    match fact {
        Some(fact) => sale.step(&fact, Role::Buyer, Some(text), desk),
        None => {
            common::keep(&order, text, desk)?;
            sale.store(desk)
        }
    }
}

/// References of the buyer's that one sale keeps.
const REFUNDS_MAX: usize = 96;

/// The time of a sale has come.
pub(super) fn deadline(order: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.tx.push(Write::Timer(sale_key(order), None));
    match load(order, desk)? {
        Some(mut sale) => sale.step(&Fact::Deadline, Role::Seller, None, desk),
        None => Ok(()),
    }
}
