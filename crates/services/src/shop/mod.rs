//! The shop: its catalogue, files on sale, offers, orders, sales.

mod cart;
pub mod catalogue;
mod goods;
mod joined;
mod lie;
mod once;
mod open;
pub(crate) mod parcel;
mod sale;
mod staff;

use semper_base::code::Code;
use semper_base::limits::NOTARIES_NAMED_MAX;
use semper_base::{Blob64, Error, Hash, Key, KeyId, Millis, Misuse, PeerId, Role, Violation, Write, Xid, json};
use semper_blocks::certificate::{Kind as CertificateKind, Valid};
use semper_blocks::statement::{Head, Statement, verify};
use semper_commerce::process::mail_order::ParcelOrder;
use semper_commerce::process::offer::Times;
use semper_commerce::process::purchase::Order;
use semper_driver::service::Answer;
use semper_exchange::fair::dgp::{CheckedPacket, Command};
use semper_exchange::fair::{frame, lock};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::common::enrol::kind_of;
use crate::common::exchange::{PACKET, check_packet, xid_of};
use crate::common::parcel::{CheckedNotice, ParcelRequest, check_notice, kinds as parcels};
use crate::common::{Desk, Logic, Look, data, locks, pay, questions, signing, stamps, text, transfer, unknown_command};

pub use lie::Lie;

/// The shop.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The times of the exchanges that it offers.
    pub times: Times,
    /// How it cheats; not at all outside of demonstrations and tests.
    pub lie: Lie,
}

impl Default for Shop {
    /// An honest shop with the default times.
    fn default() -> Self {
        Shop { times: Times::standard(), lie: Lie::None }
    }
}

/// Message kinds between a shop and its customers.
pub mod kinds {
    use crate::common::traffic::Plain;

    /// Body: [`super::OfferRequest`].
    pub const OFFER_REQUEST: &str = Plain::OfferRequest.word();
    /// Body: [`super::Certified`]; the statement is an offer.
    pub const OFFER: &str = Plain::Offer.word();
    /// Body: [`super::Certified`]; the statement is an order.
    pub const ORDER: &str = Plain::Order.word();
    /// Body: [`super::Certified`]; the statement is an acceptance.
    pub const ACCEPTANCE: &str = Plain::Acceptance.word();
    /// Body: [`super::Refused`].
    pub const REFUSED: &str = Plain::Refused.word();
}

/// A buyer asks for an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferRequest {
    /// The shop's id of the good.
    pub item: String,
    /// The keys of the notaries that the buyer takes, best first.
    pub notaries: Vec<KeyId>,
    /// The buyer's own reference, which the answer repeats.
    pub reference: String,
}

/// A statement with the certificate of its signer and the list that it was good by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certified {
    /// The signer's certificate (DER).
    pub certificate: Blob64,
    /// The reference of the request that this answers, if it answers one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<String>,
    /// The statement.
    pub statement: String,
}

/// The shop says no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// Why.
    pub code: u16,
    /// If the two have no notary in common: the names of those that the shop takes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notaries: Vec<String>,
    /// Hash of the order that it will not accept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order: Option<Hash>,
    /// The reference of the request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<String>,
}

/// Verifies a certified statement: certificate, kind, role, signature, time.
pub(crate) fn check_certified<B: semper_blocks::statement::Body>(
    certified: &Certified,
    role: Role,
    look: &Look<'_>,
) -> Result<(Statement<B>, Valid), Violation> {
    let named = Head::of(&certified.statement)?.certificate;
    let valid = look.trust()?.validate(&certified.certificate.0, look.now, look.crypto)?;
    valid.require(CertificateKind::Statement, &[role])?;
    if named != Some(valid.certificate_hash) {
        return Err(Violation::new(Code::KeyWrong, "another certificate"));
    }
    let statement: Statement<B> = verify(look.crypto, &valid.key, &certified.statement)?;
    statement.meta.check_time(look.now, Millis::seconds(120))?;
    if statement.meta.signer.role != role {
        return Err(Violation::new(Code::RoleWrong, statement.meta.signer.role.word()));
    }
    Ok((statement, valid))
}

/// A checked message.
#[derive(Clone, Debug)]
pub enum Message {
    /// Our account is open.
    Account(crate::bank::AccountOpened),
    /// A broker has taken what we told it, or not.
    Listed(crate::broker::Taken),
    /// Of a buyer, in a mail order.
    Notice(Box<CheckedNotice>),
    /// Somebody wants an offer.
    OfferRequest(OfferRequest),
    /// An order with its signer.
    Order(Box<(Statement<Order>, Valid, Vec<u8>)>),
    /// About goods that are sent in a container.
    Goods(transfer::Message),
    /// Of an exchange whose register is a notary.
    Fair(Box<frame::CheckedPacket>),
    /// About a lock.
    Lock(Box<lock::CheckedPacket>),
    /// Of an exchange.
    Packet(Box<CheckedPacket>),
    /// A broker asks whether we are there.
    Ping(crate::broker::Ping),
    /// An order of parcels with its signer.
    ParcelOrder(Box<(Statement<ParcelOrder>, Valid, Vec<u8>)>),
    /// Somebody wants an offer of parcels.
    ParcelRequest(ParcelRequest),
    /// Of our bank, about a transfer.
    Pay(pay::FromBank),
}

impl Logic for Shop {
    type Message = Message;

    fn role(&self) -> Role {
        Role::Seller
    }

    fn check(&self, kind: &str, body: &[u8], look: &Look<'_>) -> Result<Message, Violation> {
        match kind {
            PACKET => Ok(Message::Packet(Box::new(check_packet(body, look)?))),
            signing::PACKET => Ok(Message::Fair(Box::new(signing::check_packet(body, look)?))),
            locks::PACKET => Ok(Message::Lock(Box::new(locks::check_packet(body, look)?))),
            kinds::OFFER_REQUEST => {
                let request: OfferRequest = json::read(body)?;
                let long = request.reference.len() > 64 || request.item.len() > 64;
                if long || request.notaries.len() > NOTARIES_NAMED_MAX {
                    return Err(Violation::new(Code::TooLarge, "offer-request"));
                }
                Ok(Message::OfferRequest(request))
            }
            kinds::ORDER => {
                let certified: Certified = json::read(body)?;
                let (order, valid): (Statement<Order>, _) = check_certified(&certified, Role::Buyer, look)?;
                look.crypto.check_key(&order.body.deal_key)?;
                Ok(Message::Order(Box::new((order, valid, certified.certificate.0))))
            }
            parcels::REQUEST => {
                let request: ParcelRequest = json::read(body)?;
                request.check()?;
                Ok(Message::ParcelRequest(request))
            }
            parcels::ORDER => {
                let certified: Certified = json::read(body)?;
                let (order, valid): (Statement<ParcelOrder>, _) = check_certified(&certified, Role::Buyer, look)?;
                order.body.address.check()?;
                Ok(Message::ParcelOrder(Box::new((order, valid, certified.certificate.0))))
            }
            parcels::NOTICE => Ok(Message::Notice(Box::new(check_notice(body, Role::Buyer, look)?))),
            crate::broker::kinds::TAKEN => Ok(Message::Listed(json::read(body)?)),
            crate::broker::kinds::PING => Ok(Message::Ping(json::read(body)?)),
            crate::bank::kinds::OPENED => Ok(Message::Account(json::read(body)?)),
            other => match pay::check(other, body, look)? {
                Some(message) => Ok(Message::Pay(message)),
                None => match transfer::check(other, body)? {
                    Some(message) => Ok(Message::Goods(message)),
                    None => Err(Violation::new(Code::KindUnknown, other)),
                },
            },
        }
    }

    fn message(&self, from: PeerId, message: Message, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        match message {
            Message::Account(opened) => crate::wallet::purse::opened(from, &opened, desk),
            Message::Notice(notice) if sale::notice(from, &notice, desk)? => Ok(()),
            Message::Notice(notice) => parcel::notice(from, &notice, desk),
            Message::Listed(taken) => joined::taken(from, &taken, desk),
            Message::Ping(ping) => joined::ping(from, ping, desk),
            Message::OfferRequest(request) => sale::offer(from, &request, &self.times, desk),
            Message::Order(order) => sale::order(from, &order.0, &order.1, &order.2, self.lie, desk),
            Message::Goods(message) => transfer::message(Role::Seller, from, message, desk),
            Message::Fair(packet) => signing::packet(from, *packet, desk),
            Message::Lock(packet) => locks::packet(from, *packet, desk),
            Message::Packet(packet) => sale::packet(from, *packet, self.lie, desk),
            Message::ParcelOrder(order) => parcel::order(from, &order.0, &order.1, &order.2, desk),
            Message::ParcelRequest(request) => parcel::offer(from, &request, desk),
            Message::Pay(message) => pay::message(self, from, message, desk),
        }
    }

    fn valids<'m>(&self, message: &'m Message) -> Vec<&'m Valid> {
        match message {
            Message::Notice(notice) => vec![&notice.valid],
            Message::Order(order) => vec![&order.1],
            Message::ParcelOrder(order) => vec![&order.1],
            Message::Pay(message) => message.valids(),
            Message::Account(_)
            | Message::Fair(_)
            | Message::Goods(_)
            | Message::Listed(_)
            | Message::Lock(_)
            | Message::OfferRequest(_)
            | Message::Packet(_)
            | Message::ParcelRequest(_)
            | Message::Ping(_) => Vec::new(),
        }
    }

    fn before(&self, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
        if let Some(answered) = once::answered(word, request, desk)? {
            return Ok(Some(answered));
        }
        staff::permit(word, request, desk)?;
        Ok(None)
    }

    fn command(&self, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
        if let Some(done) = signing::command(word, request, desk)? {
            return Ok(done);
        }
        match word {
            "goods-begin" => goods::begin(request, desk),
            "goods-chunk" => goods::chunk(request, desk),
            "goods-end" => goods::end(request, desk),
            "goods" => goods::list(desk),
            "join" => joined::join(request, desk),
            "joined" => joined::list(desk),
            "leave" => joined::leave(request, desk),
            "open-account" => crate::wallet::purse::open(Role::Seller, request, desk),
            "purse" => crate::wallet::purse::show(desk),
            "sales" => {
                let mut sales = sale::summaries(desk)?;
                sales.extend(parcel::summaries(desk)?);
                Ok(serde_json::json!({ "sales": sales }))
            }
            "sale" if parcel::is_sale(request, desk)? => parcel::show(request, desk),
            "sale" => sale::show(request, desk),
            "cart-put" => cart::put(request, desk),
            "cart" => cart::show(request, desk),
            "accept" => parcel::accept_asked(request, desk),
            "bring" => parcel::bring(request, desk),
            "dispute" => parcel::dispute(request, desk),
            "waybill" => parcel::waybill(request, desk),
            "ship" => parcel::ship(request, desk),
            "cancel" => parcel::cancel(request, desk),
            "refund" if parcel::is_sale(request, desk)? => parcel::refund(request, desk),
            "refund" => sale::refund(request, desk),
            "shipping" => parcel::shipping(request, desk),
            "export" if parcel::is_sale(request, desk)? => parcel::export(request, desk),
            "export" => sale::export(xid(request)?, desk),
            "release" => sale::command(xid(request)?, Command::Release, self.lie, desk),
            "status" => sale::command(xid(request)?, Command::Status, self.lie, desk),
            "stamp" => stamps::command(request, desk),
            "staff-list" => staff::list(desk),
            "staff-me" => staff::me(request, desk),
            "staff-put" => staff::put(request, desk),
            "staff-remove" => staff::remove(request, desk),
            other => match pay::command(Role::Seller, other, request, desk)? {
                Some(done) => Ok(done),
                None if other.starts_with("transfer") => {
                    transfer::command(Role::Seller, other, request, desk)?.ok_or_else(|| unknown_command(other))
                }
                None if other.starts_with("data") => {
                    data::command(Role::Seller, other, request, desk)?.ok_or_else(|| unknown_command(other))
                }
                None => catalogue::command(other, request, desk)?.ok_or_else(|| unknown_command(other)),
            },
        }
    }

    fn after(&self, word: &str, request: &Value, done: &Value, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        once::keep(word, request, done, desk)?;
        staff::done(word, request, desk)
    }

    fn answer(&self, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let asker = &answer.question.asker;
        if let Some(xid) = signing::id_of(asker) {
            questions::check_answer(answer, desk)?;
            return signing::answer(xid, answer, desk);
        }
        if let Some(id) = locks::id_of(asker) {
            questions::check_answer(answer, desk)?;
            return locks::answer(id, answer, desk);
        }
        if let Some(id) = data::id_of(asker) {
            questions::check_answer(answer, desk)?;
            return data::answer(Role::Seller, id, answer, desk);
        }
        if let Some(id) = transfer::id_of(asker) {
            questions::check_answer(answer, desk)?;
            return transfer::answer(Role::Seller, id, answer, desk);
        }
        catalogue::answer(answer, desk)
    }

    fn timer(&self, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if let Some(order) = key.0.strip_prefix("work/").and_then(Hash::from_hex) {
            return sale::prepare(order, self.lie, desk);
        }
        if let Some(offer) = key.0.strip_prefix("offer/").and_then(Hash::from_hex) {
            return sale::forget_offer(offer, desk);
        }
        if let Some(offer) = key.0.strip_prefix("parcel-offer/").and_then(Hash::from_hex) {
            return parcel::forget_offer(offer, desk);
        }
        if let Some(order) = key.0.strip_prefix("parcel-asked/").and_then(Hash::from_hex) {
            return parcel::lapse(order, desk);
        }
        if let Some(order) = key.0.strip_prefix("parcel-sale/").and_then(Hash::from_hex) {
            return parcel::deadline(order, desk);
        }
        if key.0.starts_with("cart/") {
            return cart::forget(key, desk);
        }
        if let Some(order) = key.0.strip_prefix("sealed/").and_then(Hash::from_hex) {
            return sale::drop_sealed(order, desk);
        }
        if let Some(link) = key.0.strip_prefix("joined/") {
            return joined::look(link, desk);
        }
        if let Some(xid) = key.0.strip_prefix("late/").and_then(Hash::from_hex) {
            return lie::late(Xid(xid), desk);
        }
        match key.0.as_str() {
            timer if catalogue::WORK.contains(&timer) => return catalogue::work(timer, desk),
            timer if catalogue::PRICE_LIST_WORK.contains(&timer) => return catalogue::job(timer, desk),
            _ => {}
        }
        if transfer::timer(Role::Seller, key, desk)? {
            return Ok(());
        }
        if once::timer(key, desk) || pay::timer(key, desk)? || signing::timer(key, desk)? || locks::timer(key, desk)? {
            return Ok(());
        }
        match xid_of(key) {
            Some(xid) => sale::deadline(xid, self.lie, desk),
            None => {
                desk.tx.push(Write::Timer(key.clone(), None));
                Ok(())
            }
        }
    }

    fn money(&self, news: &pay::News, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if transfer::money(Role::Seller, news, desk)? {
            return Ok(());
        }
        if parcel::money(news, desk)? { Ok(()) } else { sale::money(news, desk) }
    }

    fn start(&self, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn met(&self, _link: &str, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

/// The exchange that a command names.
pub(crate) fn xid(request: &Value) -> Result<Xid, Error> {
    let xid = Hash::from_hex(text(request, "xid")?).map(Xid);
    xid.ok_or_else(|| Misuse::new(Code::FieldWrong, "xid").into())
}

/// The certificate with which we sign, for those who must check our signature.
pub(crate) fn own_certificate(desk: &Desk<'_, '_>) -> Result<Blob64, Error> {
    let identity = crate::common::keys::identity(desk.tx, kind_of("statement")?)?;
    let identity = identity.ok_or_else(|| Misuse::new(Code::KeyMissing, "not enrolled yet"))?;
    let der = crate::common::keys::certificate(desk.tx, &identity.certificate)?;
    Ok(Blob64(der.ok_or_else(|| Misuse::new(Code::NotFound, "own certificate"))?))
}
