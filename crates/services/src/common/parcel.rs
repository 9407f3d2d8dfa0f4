//! What wallet and shop have in common in a mail order: messages, their checks, where evidence is kept.

use semper_base::code::Code;
use semper_base::limits::{OFFER_QUANTITY_MAX, ORDER_LINES_MAX};
use semper_base::{Blob64, Error, Hash, Millis, Misuse, PeerId, Role, Timestamp, Violation, Xid, json};
use semper_blocks::certificate::{Kind as CertificateKind, Valid};
use semper_blocks::statement::{Compact, Statement};
use semper_commerce::process::mail_order::statements::check_reason;
use semper_commerce::process::mail_order::{Book, Notice, ParcelAcceptance, PartLine, PartLock};
use semper_commerce::process::price_list::{self, PriceList};
use semper_exchange::fair::lock::escrow::read::act;
use semper_exchange::fair::lock::escrow::side::Wish;
use semper_exchange::fair::lock::message::Reader;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Desk, Look, exchange, locks};
use crate::shop::{Certified, check_certified, own_certificate};

/// Message kinds of a mail order.
pub mod kinds {
    use crate::common::traffic::Plain;

    /// Body: [`super::ParcelRequest`].
    pub const REQUEST: &str = Plain::ParcelRequest.word();
    /// Body: [`crate::shop::Certified`]; the statement is an offer of parcels.
    pub const OFFER: &str = Plain::ParcelOffer.word();
    /// Body: [`crate::shop::Certified`]; the statement is an order of parcels.
    pub const ORDER: &str = Plain::ParcelOrder.word();
    /// Body: [`super::Accepted`].
    pub const ACCEPTANCE: &str = Plain::ParcelAcceptance.word();
    /// Body: [`crate::shop::Certified`]; the statement is a [`super::Notice`].
    pub const NOTICE: &str = Plain::ParcelNotice.word();
}

/// The table of a buyer's mail orders.
pub const DEALS: &str = "parcel";
/// The table of a shop's.
pub const SALES: &str = "parcel-sale";
/// How long the bank is waited for before it is asked about a lock.
pub const PATIENCE: Millis = Millis::seconds(10);

/// So many of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedLine {
    /// The shop's id of it.
    pub item: String,
    /// How many.
    pub quantity: u64,
}

/// Most price lists that one contract stands on.
const PRICE_LISTS_MAX: usize = 8;

/// The shop accepts an order of parcels, and shows the price lists that its offer names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The shop's certificate (DER).
    pub certificate: Blob64,
    /// The signed lists with their certificates; an offer whose list was not shown counts all the same.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub price_lists: Vec<Certified>,
    /// The acceptance.
    pub statement: String,
}

/// An acceptance that passed the check.
#[derive(Clone, Debug)]
pub struct CheckedAcceptance {
    /// The statement.
    pub acceptance: Statement<ParcelAcceptance>,
    /// Who signed.
    pub shop: Valid,
    /// The price lists, by the same shop, with their certificates (DER).
    pub price_lists: Vec<(Statement<PriceList>, Vec<u8>)>,
}

/// Checks an acceptance with its price lists.
pub fn check_accepted(body: &[u8], look: &Look<'_>) -> Result<CheckedAcceptance, Violation> {
    let Accepted { certificate, price_lists, statement } = json::read(body)?;
    if price_lists.len() > PRICE_LISTS_MAX {
        return Err(Violation::new(Code::TooMany, "price_lists"));
    }
    let certified = Certified { certificate, reference: None, statement };
    let (acceptance, shop) = check_certified::<ParcelAcceptance>(&certified, Role::Seller, look)?;
    let list = |one: Certified| {
        let (list, signer) = check_certified::<PriceList>(&one, Role::Seller, look)?;
        price_list::check(&list)?;
        if signer.name == shop.name {
            Ok((list, one.certificate.0))
        } else {
            Err(Violation::new(Code::KeyWrong, "price list"))
        }
    };
    let price_lists: Result<Vec<_>, Violation> = price_lists.into_iter().map(list).collect();
    Ok(CheckedAcceptance { acceptance, shop, price_lists: price_lists? })
}

/// A buyer asks for an offer of parcels: of these lines, or of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelRequest {
    /// The shop's name of a cart.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cart: Option<String>,
    /// What is wanted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lines: Option<Vec<WantedLine>>,
    /// The buyer's own reference, which the answer repeats.
    pub reference: String,
}

impl ParcelRequest {
    /// Bounds, and one of the two.
    pub fn check(&self) -> Result<(), Violation> {
        let long = self.reference.len() > 64 || self.cart.as_ref().is_some_and(|cart| cart.len() > 64);
        if long {
            return Err(Violation::new(Code::TooLarge, "parcel-request"));
        }
        match (&self.cart, &self.lines) {
            (Some(_), None) => Ok(()),
            (None, Some(lines)) => check_wanted(lines),
            _ => Err(Violation::new(Code::FieldWrong, "cart or lines")),
        }
    }
}

/// Whether lines can be wanted at all: some, not too many, each item once.
pub fn check_wanted(lines: &[WantedLine]) -> Result<(), Violation> {
    if lines.is_empty() || lines.len() > ORDER_LINES_MAX {
        return Err(Violation::new(Code::TooMany, "lines"));
    }
    let fits = |line: &WantedLine| {
        let is_once = lines.iter().filter(|other| other.item == line.item).count() == 1;
        is_once && !line.item.is_empty() && line.item.len() <= 64 && (1..=OFFER_QUANTITY_MAX).contains(&line.quantity)
    };
    if lines.iter().all(fits) { Ok(()) } else { Err(Violation::new(Code::FieldWrong, "lines")) }
}

/// The lines that a command names.
pub fn wanted(request: &Value) -> Result<Vec<WantedLine>, Error> {
    let lines = request.get("lines").cloned().unwrap_or_default();
    let lines: Vec<WantedLine> =
        serde_json::from_value(lines).map_err(|_| Misuse::new(Code::FieldWrong, "lines: [{\"item\",\"quantity\"}]"))?;
    check_wanted(&lines).map_err(|why| Misuse::new(why.code(), why.detail()))?;
    Ok(lines)
}

/// A notice with its signer's certificate.
#[derive(Clone, Debug)]
pub struct CheckedNotice {
    /// What it says.
    pub notice: Notice,
    /// Who signed.
    pub valid: Valid,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
}

/// Checks a notice of somebody with this role: certificate, kind, signature, time, form.
pub fn check_notice(body: &[u8], role: Role, look: &Look<'_>) -> Result<CheckedNotice, Violation> {
    let certified: Certified = json::read(body)?;
    let compact = Compact::parse(&certified.statement)?;
    if !Notice::takes(compact.kind()) {
        return Err(Violation::new(Code::KindWrong, compact.kind().word()));
    }
    let valid = look.trust()?.validate(&certified.certificate.0, look.now, look.crypto)?;
    valid.require(CertificateKind::Statement, &[role])?;
    if compact.certificate() != Some(valid.certificate_hash) {
        return Err(Violation::new(Code::KeyWrong, "another certificate"));
    }
    let verified = compact.verify(look.crypto, &valid.key)?;
    verified.meta.check_time(look.now, Millis::seconds(120))?;
    if verified.meta.signer.role != role {
        return Err(Violation::new(Code::RoleWrong, verified.meta.signer.role.word()));
    }
    let notice = Notice::read(verified)?;
    Ok(CheckedNotice { notice, valid, certificate: certified.certificate.0 })
}

/// Where the evidence of a mail order is kept, on both sides.
#[must_use]
pub fn subject(order: &Hash) -> String {
    format!("order:{order}")
}

/// Keeps a statement of a mail order.
pub fn keep(order: &Hash, statement: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    exchange::keep_as(subject(order), statement, desk)
}

/// Sends a statement with our certificate.
pub fn send(
    to: PeerId,
    kind: &'static str,
    reference: Option<String>,
    statement: String,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let certificate = own_certificate(desk)?;
    desk.send(to, kind, &Certified { certificate, reference, statement })
}

/// The part that a command names, if it names one.
pub fn part(request: &Value) -> Result<Option<u64>, Error> {
    match request.get("part") {
        None | Some(Value::Null) => Ok(None),
        Some(part) => Ok(Some(part.as_u64().ok_or_else(|| Misuse::new(Code::FieldWrong, "part"))?)),
    }
}

/// An optional text of a command.
pub fn optional<'a>(request: &'a Value, name: &str) -> Result<Option<&'a str>, Error> {
    match request.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => Ok(Some(value.as_str().ok_or_else(|| Misuse::new(Code::FieldWrong, name))?)),
    }
}

/// An optional moment of a command.
pub fn moment(request: &Value, name: &str) -> Result<Option<Timestamp>, Error> {
    let parse = |text| Timestamp::parse(text).ok_or_else(|| Error::from(Misuse::new(Code::FieldWrong, name)));
    optional(request, name)?.map(parse).transpose()
}

/// The lines of an offer that a command names.
pub fn part_lines(request: &Value) -> Result<Option<Vec<PartLine>>, Error> {
    match request.get("lines") {
        None | Some(Value::Null) => Ok(None),
        Some(lines) => {
            let lines = serde_json::from_value(lines.clone());
            Ok(Some(lines.map_err(|_| Misuse::new(Code::FieldWrong, "lines: [{\"id\",\"quantity\"}]"))?))
        }
    }
}

/// Shows the bank the word of carrier or arbiter about a lock of this book: which lock. Once the money is divided the
/// word moves nothing more; it is kept all the same, because two rulings convict who signed them.
pub fn bring(book: &Book, statement: &str, desk: &mut Desk<'_, '_>) -> Result<Xid, Error> {
    let wrong = |why: Violation| Misuse::new(why.code(), format!("statement: {why}"));
    let meta = Compact::parse(statement).and_then(|compact| compact.danger_meta_unverified()).map_err(wrong)?;
    let lock = meta.xid.filter(|xid| book.lock(xid).is_some());
    let lock = lock.ok_or_else(|| Misuse::new(Code::XidWrong, "it is about no lock of this order"))?;
    let descriptor = locks::descriptor(lock, desk)?;
    let (by, act) = act(&Reader { lock: &descriptor, crypto: desk.cx.crypto }, statement).map_err(wrong)?;
    if by.is_some() {
        return Err(Misuse::new(Code::RoleWrong, "this is the word of neither carrier nor arbiter").into());
    }
    exchange::keep(lock, act.text(), desk)?;
    if locks::side(lock, desk)?.is_some_and(|side| side.standing().is_final()) {
        desk.tell("kept", lock, "The money is divided already; this word moves nothing, and is kept as evidence.");
        return Ok(lock);
    }
    locks::wish(lock, Wish::Bring(statement.to_owned()), desk).map(|()| lock)
}

/// Tells the bank that the arbiter shall decide about a part, or about the only lock that this can be said of: which
/// lock. The bank learns that there is a reason, not which.
pub fn dispute(book: &Book, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Xid, Error> {
    let reason = super::text(request, "reason")?;
    check_reason(Some(reason)).map_err(|why| Misuse::new(why.code(), why.detail()))?;
    let part = part(request)?.map(|number| book.part(number)).transpose()?;
    let named = |lock: &&PartLock| part.is_none_or(|part| part.lock == Some(lock.lock));
    let open: Vec<&PartLock> = book.locks.iter().filter(|lock| lock.state.is_contestable()).filter(named).collect();
    let [only] = open.as_slice() else {
        let text = "there is no part, or not only one, whose locked money can be disputed now; name the part";
        return Err(Misuse::new(Code::StateWrong, text).into());
    };
    let lock = only.lock;
    let evidence = Hash::tagged("semper-dispute-reason/1", reason.as_bytes());
    locks::wish(lock, Wish::Dispute { evidence }, desk)?;
    Ok(lock)
}
