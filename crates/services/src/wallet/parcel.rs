//! A mail order on the buyer's books, from the wish to the contract; then the buyer's machine.
//!
//! ```text
//!  buy        offer            user agreed        acceptance
//! [Asked] --> [Offered] -----> [Ordered] -------> [Agreed]   (book of facts)
//!    |            |                |
//!    +------------+----------------+--> [Ended]   refused, declined, no answer in time
//!
//! parcel/ID           ParcelDeal; also the timer of whatever ends by itself
//! parcel-of/HASH      which deal an order or a payment's purpose belongs to
//! ```

mod address;
mod kept;
mod notices;
mod resume;
mod show;
mod void;

use semper_base::code::Code;
use semper_base::limits::{ACCEPTANCE_WAIT_MS, OFFER_WAIT_MS};
use semper_base::tx::Question;
use semper_base::{
    DealId, Error, Hash, Key, KeyId, Millis, Misuse, Nonce, PeerId, Role, Step, Timestamp, Violation, Write,
};
use semper_blocks::certificate::Valid;
use semper_blocks::statement::{About, Kind, Ref, Statement, author, danger_typed_unverified, payload};
use semper_commerce::process::mail_order::buyer::{Buyer, Effect};
use semper_commerce::process::mail_order::contract::{order_lines, shipping};
use semper_commerce::process::mail_order::offer::Summary;
use semper_commerce::process::mail_order::{Address, Book, Fact, Notice, ParcelOffer, ParcelOrder, check_acceptance};
use semper_driver::service::Answer;
use semper_support::tinguin::Outcome;
use semper_support::tinguin::neutral::neutralise_inline;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::purse;
use crate::common::parcel::{self as common, CheckedAcceptance, CheckedNotice, ParcelRequest, WantedLine, subject};
use crate::common::pay;
use crate::common::standing::language;
use crate::common::{Desk, enrol, hello, keys, rows, text};
use crate::shop::Refused;

pub(super) use address::address_book;
pub(crate) use kept::lock_news;
pub(super) use kept::{bring, dispute};
pub(super) use notices::{cancel, complain, money, received, refund_address, withdraw};
pub(super) use resume::resume;
pub(super) use show::{export, show, summaries};
pub(super) use void::look_again;

/// A deal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParcelDeal {
    id: DealId,
    opened: Timestamp,
    /// Our link to the shop.
    shop: String,
    address: Address,
    cart: Option<String>,
    /// Pickup codes of the order that is asked or signed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    codes: Vec<Nonce>,
    lines: Option<Vec<WantedLine>>,
    state: State,
}

/// See the diagram. Texts are compact statements.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum State {
    Asked,
    Offered { offer: String, until: Timestamp },
    Ordered { offer: String, order: String, until: Timestamp },
    Agreed(Box<Agreed>),
    Ended { why: u16 },
}

/// A contract.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agreed {
    /// The pickup code of each part, if a carrier is to ask for one.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    codes: Vec<Nonce>,
    offer: String,
    order: String,
    machine: Buyer,
    shipments: Vec<String>,
    /// Notices that wait for a reference of our bank.
    waiting: Vec<notices::Waiting>,
    /// What each reference that we gave is for.
    refunds: Vec<(Hash, u64)>,
    /// Why a part could not be paid, the last time.
    unpaid: Vec<(u64, u16)>,
}

/// An offer with its signer.
#[derive(Clone, Debug)]
pub struct CheckedParcelOffer {
    /// The statement.
    pub offer: Statement<ParcelOffer>,
    /// Amount and title.
    pub summary: Summary,
    /// Who signed.
    pub shop: Valid,
    /// The shop's certificate (DER).
    pub certificate: Vec<u8>,
    /// Which request it answers.
    pub reference: String,
}

/// Longest name that is shown of somebody, in characters.
const NAME_CHARS_MAX: usize = 60;

fn key(id: DealId) -> Key {
    Key::new("parcel", id)
}

fn of_key(hash: Hash) -> Key {
    Key::new("parcel-of", hash)
}

/// The deal that the timer or question with this key is of.
pub(super) fn id_of(key: &str) -> Option<DealId> {
    key.strip_prefix("parcel/").and_then(DealId::parse)
}

fn load(id: DealId, desk: &Desk<'_, '_>) -> Result<Option<ParcelDeal>, Error> {
    Ok(rows::get(desk.tx, &key(id))?)
}

impl ParcelDeal {
    fn store(&self, until: Option<Timestamp>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        desk.tx.push(Write::Timer(key(self.id), until));
        Ok(rows::put(desk.tx, key(self.id), self)?)
    }

    fn agreed(&mut self) -> Result<&mut Agreed, Error> {
        match &mut self.state {
            State::Agreed(agreed) => Ok(agreed),
            _ => Err(Misuse::new(Code::StateWrong, "there is no contract yet").into()),
        }
    }

    fn end(self, why: Code, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        desk.tx.push(Write::Unask(question_id(self.id, Kind::ParcelOrder, None)));
        keys::forget_checked(&self.id, desk);
        ParcelDeal { state: State::Ended { why: why.number() }, ..self }.store(None, desk)
    }
}

/// `{"command":"buy","shop":LINK,"lines":[…] | "cart":ID,"address"?:{…}}`: asks the shop for an offer.
pub(super) fn buy(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let shop = text(request, "shop")?.to_owned();
    let address = match request.get("address") {
        None | Some(Value::Null) => {
            address::home(desk)?.ok_or_else(|| Misuse::new(Code::FieldMissing, "address: where the goods go"))?
        }
        Some(address) => address::set(address, desk)?,
    };
    let cart = common::optional(request, "cart")?.map(str::to_owned);
    let lines = if cart.is_some() { None } else { Some(common::wanted(request)?) };
    purse::the(desk)?;
    enrol::freshen(desk)?;
    hello::met_at(&shop, desk)?;
    let mut random = [0_u8; 10];
    desk.cx.crypto.random(&mut random);
    let id = DealId::new(desk.cx.now, random);
    let opened = desk.cx.now;
    let deal = ParcelDeal { id, opened, shop, address, cart, codes: Vec::new(), lines, state: State::Asked };
    deal.store(Some(desk.cx.now.plus(Millis(OFFER_WAIT_MS))), desk)?;
    ask_offer(&deal, desk)?;
    desk.tell("asked", id, "An offer was asked for.");
    Ok(json!({ "deal": id }))
}

fn ask_offer(deal: &ParcelDeal, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let request = ParcelRequest { cart: deal.cart.clone(), lines: deal.lines.clone(), reference: deal.id.to_string() };
    request.check().map_err(|wrong| Misuse::new(wrong.code(), wrong.detail()))?;
    let peer = hello::met_at(&deal.shop, desk)?.peer;
    desk.send(peer, common::kinds::REQUEST, &request)
}

/// An offer has come: by the shop that was asked, of what was asked, to be paid at the bank that we know.
/// Then the user is asked to order.
pub(super) fn offered(from: PeerId, checked: &CheckedParcelOffer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let id = DealId::parse(&checked.reference).ok_or_else(|| Violation::new(Code::FieldWrong, "reference"))?;
    let mut deal = load(id, desk)?.ok_or_else(|| Violation::new(Code::OutOfTurn, "offer"))?;
    let shop = hello::met_at(&deal.shop, desk)?;
    match deal.state {
        State::Asked if shop.peer == from => {}
        // Too late for us, and nothing that the shop did wrong.
        State::Ended { .. } if shop.peer == from => return Ok(()),
        _ => return Err(Violation::new(Code::OutOfTurn, "offer").into()),
    }
    if shop.key != checked.shop.key {
        return Err(Violation::new(Code::KeyWrong, "offered by another than who was asked").into());
    }
    let offer = &checked.offer;
    let wanted = deal.lines.as_ref().is_none_or(|lines| {
        let found = offer.body.line_items.iter().map(|line| (line.item.id.as_str(), line.quantity));
        found.eq(lines.iter().map(|line| (line.item.as_str(), line.quantity)))
    });
    if !wanted {
        return Err(Violation::new(Code::TermsWrong, "another offer than what was asked for").into());
    }
    if purse::our_bank(&offer.body.terms.bank, checked.summary.amount, desk)?.is_none() {
        desk.tell("refused", id, "The offer is to be paid at a bank that this wallet is not connected with.");
        return deal.end(Code::RoleUnfit, desk);
    }
    let escrow = match &offer.body.terms.escrow {
        None => None,
        Some(terms) => match kept::order(offer, terms, desk)? {
            Some((escrow, codes)) => {
                deal.codes = codes;
                Some(escrow)
            }
            None => {
                let name = neutralise_inline(&terms.arbiter.name, NAME_CHARS_MAX);
                let text = format!("Disputes would be ruled on by {name}, a notary that this wallet does not know.");
                desk.tell("refused", id, text);
                return deal.end(Code::RoleUnfit, desk);
            }
        },
    };
    keys::keep_certificate(&checked.certificate, desk);
    let body = ParcelOrder {
        address: deal.address.clone(),
        amount: checked.summary.amount,
        escrow,
        grade: offer.body.terms.grade,
        lines: order_lines(&offer.body)?,
        pay: offer.body.terms.pay,
        seller: checked.shop.name.clone(),
        shipping: shipping(&offer.body)?,
    };
    let me = keys::author(Role::Buyer, desk.tx, desk.cx)?;
    let refs = vec![Ref { kind: Kind::ParcelOffer, hash: offer.hash }];
    let about = About { to: vec![checked.shop.key.id()], xid: None, refs };
    // Where money is locked the shop may have to say in which parts, and has as long as the wallet waits.
    let stands = if body.escrow.is_some() { Millis(ACCEPTANCE_WAIT_MS) } else { Millis::hours(1) };
    let meta = author::meta::<ParcelOrder>(desk.cx, me.signer(), language(desk)?, about, stands);
    ask(id, Kind::ParcelOrder, None, payload(&meta, &body)?, me.public.id(), desk)?;
    let (title, amount) = (&checked.summary.title, checked.summary.amount);
    desk.tell("offered", id, format!("{title} for {amount} from {}.", checked.shop.name));
    let until = offer.meta.expires;
    keys::note_checked(&id, desk)?;
    enrol::watch(desk);
    deal.state = State::Offered { offer: offer.text.clone(), until };
    deal.store(Some(until), desk)
}

fn question_id(id: DealId, kind: Kind, part: Option<u64>) -> String {
    match part {
        None => format!("{id}/{kind}"),
        Some(part) => format!("{id}/{kind}/{part}"),
    }
}

fn ask(
    id: DealId,
    kind: Kind,
    part: Option<u64>,
    payload: Vec<u8>,
    signer: KeyId,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let payload = String::from_utf8(payload).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
    desk.tx.push(Write::Ask(Question {
        id: question_id(id, kind, part),
        asker: key(id).0,
        payload,
        kind: kind.word().to_owned(),
        key: signer,
        follows: None,
    }));
    Ok(())
}

/// The user's answer about the order, or about a notice.
pub(super) fn answer(id: DealId, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(mut deal) = load(id, desk)? else { return Ok(()) };
    match (&answer.outcome, &mut deal.state) {
        (Outcome::Signed { statement, .. }, State::Offered { offer, .. }) => {
            let (offer, statement) = (offer.clone(), statement.clone());
            // The question may have waited for longer than the shop could be trusted.
            if let Some(why) = keys::lapsed(&id, &offer, desk)? {
                return deal.end(why, desk);
            }
            keys::forget_checked(&id, desk);
            ordered(deal, offer, statement, desk)
        }
        (Outcome::Declined { .. }, State::Offered { .. }) => {
            desk.tell("declined", id, "Nothing was ordered.");
            deal.end(Code::Declined, desk)
        }
        (Outcome::Signed { statement, .. }, State::Agreed(_)) => notices::signed(deal, statement, desk),
        _ => Ok(()),
    }
}

fn ordered(mut deal: ParcelDeal, offer: String, order: String, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let peer = hello::met_at(&deal.shop, desk)?.peer;
    rows::put(desk.tx, of_key(Hash::of(order.as_bytes())), &deal.id)?;
    let until = desk.cx.now.plus(Millis(ACCEPTANCE_WAIT_MS));
    deal.state = State::Ordered { offer, order: order.clone(), until };
    deal.store(Some(until), desk)?;
    desk.tell("ordered", deal.id, "The order is signed.");
    common::send(peer, common::kinds::ORDER, None, order, desk)
}

/// The deal that a statement of the shop follows.
fn following(order: Hash, from: PeerId, desk: &Desk<'_, '_>) -> Result<ParcelDeal, Error> {
    let id: Option<DealId> = rows::get(desk.tx, &of_key(order))?;
    let id = id.ok_or_else(|| Violation::new(Code::RefWrong, "order"))?;
    let deal = load(id, desk)?.ok_or_else(|| Misuse::new(Code::NotFound, id.to_string()))?;
    if hello::met_at(&deal.shop, desk)?.peer != from {
        return Err(Violation::new(Code::PeerWrong, "order").into());
    }
    Ok(deal)
}

/// The contract has come.
pub(super) fn accepted(from: PeerId, checked: &CheckedAcceptance, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let acceptance = &checked.acceptance;
    let order = acceptance.meta.refs.iter().find(|reference| reference.kind == Kind::ParcelOrder);
    let order = order.ok_or_else(|| Violation::new(Code::RefMissing, "order"))?.hash;
    let mut deal = following(order, from, desk)?;
    let (offer, order) = match &deal.state {
        State::Ordered { offer, order, .. } => (offer.clone(), order.clone()),
        State::Agreed(agreed) if agreed.machine.book.contract.acceptance == acceptance.hash => return Ok(()),
        // Too late for us: the shop hears of it.
        State::Ended { .. } => return Ok(()),
        _ => return Err(Violation::new(Code::OutOfTurn, "acceptance").into()),
    };
    let (offered, ordered): (Statement<ParcelOffer>, Statement<ParcelOrder>) =
        (danger_typed_unverified(&offer)?, danger_typed_unverified(&order)?);
    let contract = check_acceptance(&offered, &ordered, acceptance)?;
    for text in [&offer, &order, &acceptance.text] {
        common::keep(&ordered.hash, text, desk)?;
    }
    for (list, certificate) in &checked.price_lists {
        if offered.meta.refs.iter().all(|named| named.hash != list.hash) {
            return Err(Violation::new(Code::RefWrong, "a price list that the offer does not name").into());
        }
        keys::keep_certificate(certificate, desk);
        common::keep(&ordered.hash, &list.text, desk)?;
    }
    desk.tell("accepted", deal.id, "The contract is signed.");
    let (bank, currency) = (&offered.body.terms.bank, ordered.body.amount.currency());
    pay::bind_at(&subject(&ordered.hash), bank, currency, desk)?;
    let machine = Buyer { book: Book::new(contract) };
    let (shipments, waiting, refunds, unpaid) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (id, codes) = (deal.id, std::mem::take(&mut deal.codes));
    deal.state = State::Agreed(Box::new(Agreed { codes, offer, order, machine, shipments, waiting, refunds, unpaid }));
    deal.store(None, desk)?;
    kept::lock(id, &offered, &ordered, acceptance, desk)
}

/// A notice of the shop.
pub(super) fn notice(from: PeerId, checked: &CheckedNotice, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let order = checked.notice.order()?;
    let mut deal = following(order, from, desk)?;
    let text = checked.notice.text();
    if desk.tx.is_archived(&subject(&order), text.as_bytes())? {
        return Ok(());
    }
    let State::Agreed(agreed) = &mut deal.state else {
        return Err(Violation::new(Code::OutOfTurn, "no contract").into());
    };
    let fact = checked.notice.fact(&agreed.machine.book)?;
    let fact = fact.ok_or_else(|| Violation::new(Code::RoleWrong, "notice"))?;
    if let Notice::Shipment(shipment) = &checked.notice {
        agreed.shipments.push(shipment.text.clone());
    }
    keys::keep_certificate(&checked.certificate, desk);
    let text = text.to_owned();
    let told = match &checked.notice {
        Notice::Cancellation(_) => Some(("cancelled", "What was not shipped is cancelled; nothing of it is owed.")),
        Notice::Shipment(shipment) if shipment.body.pay_to.is_none() => Some(("shipped", "A part is on its way.")),
        Notice::Shipment(_) => Some(("shipped", "A part is on its way, and due.")),
        Notice::WithdrawalReceipt(_) => Some(("withdrawn", "The shop has your withdrawal.")),
        _ => None,
    };
    if let Some((event, sentence)) = told {
        desk.tell(event, deal.id, sentence);
    }
    deal.step(&fact, Role::Seller, Some(&text), desk)
}

impl ParcelDeal {
    /// One step of the machine and what follows from it.
    fn step(&mut self, fact: &Fact, from: Role, text: Option<&str>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let id = self.id;
        let shop = self.shop.clone();
        let agreed = self.agreed()?;
        let mut effects = Vec::new();
        match agreed.machine.clone().step(fact, from, desk.cx.now, &mut effects) {
            Step::Reject(_, violation) => return Err(violation.into()),
            Step::Advance(machine) => agreed.machine = machine,
        }
        if let Some(text) = text {
            common::keep(&agreed.machine.book.contract.order, text, desk)?;
        }
        // What is said about locks comes last: it may come back to the deal, as it is stored.
        let about_lock =
            |effect: &Effect| matches!(effect, Effect::Approve(_) | Effect::Cancel(_) | Effect::Dispute(_));
        let (locks, effects): (Vec<Effect>, Vec<Effect>) = effects.into_iter().partition(about_lock);
        for effect in effects {
            match (effect, text) {
                (Effect::TellLock(lock), _) => agreed.tell_lock(id, lock, desk),
                (Effect::Pay(part), _) => agreed.pay(part, desk)?,
                (Effect::Send, Some(text)) => {
                    let peer = hello::met_at(&shop, desk)?.peer;
                    common::send(peer, common::kinds::NOTICE, None, text.to_owned(), desk)?;
                }
                (Effect::TellSilence(part), _) => {
                    desk.tell("received", id, format!("Part {part} counts as received: you did not object."));
                }
                (Effect::Send, None) | (Effect::Approve(_) | Effect::Cancel(_) | Effect::Dispute(_), _) => {}
            }
        }
        let (until, order) = (agreed.machine.deadline(), agreed.machine.book.contract.order);
        self.store(until, desk)?;
        locks.into_iter().try_for_each(|effect| kept::tell_bank(effect, order, text, desk))
    }
}

/// The shop will not sell, or it is too late to cancel. False if it says so about another deal.
pub(super) fn refused(from: PeerId, refused: &Refused, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let id = match (&refused.order, &refused.reference) {
        (Some(order), _) => rows::get(desk.tx, &of_key(*order))?,
        (None, Some(reference)) => DealId::parse(reference),
        (None, None) => None,
    };
    let Some(id) = id else { return Ok(false) };
    let Some(deal) = load(id, desk)? else { return Ok(false) };
    if hello::met_at(&deal.shop, desk)?.peer != from {
        return Err(Violation::new(Code::PeerWrong, "refused").into());
    }
    let code = Code::from_number(refused.code).unwrap_or(Code::Declined);
    match &deal.state {
        State::Asked | State::Offered { .. } | State::Ordered { .. } => {
            desk.tell("refused", id, format!("The shop says: {}.", code.text()));
            deal.end(code, desk)?;
        }
        // A contract stands: what the shop says now is about a cancellation that came too late.
        State::Agreed(_) if code == Code::TooLate => {
            desk.tell("refused", id, "Nothing is left to cancel: it is on its way.");
        }
        State::Agreed(_) | State::Ended { .. } => {
            return Err(Violation::new(Code::OutOfTurn, "refused").into());
        }
    }
    Ok(true)
}

/// The time for an answer is over, or a part counts as received.
pub(super) fn deadline(id: DealId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.tx.push(Write::Timer(key(id), None));
    let Some(mut deal) = load(id, desk)? else { return Ok(()) };
    let why = match deal.state {
        State::Asked | State::Ordered { .. } => Code::NoAnswer,
        State::Offered { .. } => Code::OfferExpired,
        State::Agreed(_) => return deal.step(&Fact::Deadline, Role::Buyer, None, desk),
        State::Ended { .. } => return Ok(()),
    };
    desk.tell("ended", id, format!("{}.", why.text()));
    deal.end(why, desk)
}

/// The deal that a command names, by its whole id or a beginning that fits only one; none if it fits none.
fn found(request: &Value, desk: &Desk<'_, '_>) -> Result<Option<ParcelDeal>, Error> {
    let wanted = text(request, "deal")?;
    let found = desk.tx.scan(&format!("parcel/{wanted}"), 2)?;
    match found.as_slice() {
        [(key, row)] if !wanted.is_empty() => Ok(Some(rows::parse(key, row)?)),
        [] => Ok(None),
        _ => Err(Misuse::new(Code::Usage, format!("{wanted:?} fits more than one deal; give more of it")).into()),
    }
}

/// Whether a command names a mail order.
pub(super) fn is_deal(request: &Value, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    Ok(request.get("deal").and_then(Value::as_str).is_some() && found(request, desk)?.is_some())
}

fn named(request: &Value, desk: &Desk<'_, '_>) -> Result<ParcelDeal, Error> {
    let missing = || Misuse::new(Code::NotFound, "no such mail order; `semper deal list` shows them");
    Ok(found(request, desk)?.ok_or_else(missing)?)
}
