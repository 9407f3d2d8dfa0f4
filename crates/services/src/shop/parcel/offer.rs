//! Offers of parcels, and what shipping costs.
//!
//! ```text
//! shipping/terms   ShippingTerms, if the operator has set other than the first ones
//! cart-of/HASH     the cart that an offer which stands is of
//! ```

use semper_base::code::Code;
use semper_base::{
    Amount, Blob64, Currency, Error, Hash, Key, Millis, Misuse, PeerId, Refusal, Role, Violation, Write,
};
use semper_blocks::statement::{About, Kind, Ref, make};
use semper_commerce::process::mail_order::ParcelOffer;
use semper_commerce::process::mail_order::escrow::{EscrowTerms, Named};
use semper_commerce::process::mail_order::offer::{
    Bearer, Conditions, Good, ParcelTimes, PayWhen, Shipping, check, checkout,
};
use semper_commerce::process::offer::Item;
use semper_commerce::process::product::{Product, ProductKind};
use semper_commerce::process::vat::VatRate;
use semper_exchange::fair::dgp::descriptor::Third;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{Refused, cart, catalogue, kinds, open};
use super::kept::{self, Parts};
use crate::common::parcel::{self as common, ParcelRequest, WantedLine};
use crate::common::{Desk, keys, rows};
use crate::wallet::purse;

/// How long an offer stands.
const OFFER_LIFE: Millis = Millis::hours(1);

/// What the operator sets about shipping.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShippingTerms {
    /// Who must say that goods came, if their money is locked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    carrier: Option<Named>,
    /// Minor units of the goods' currency, VAT included.
    cost: u64,
    delivery_days: u64,
    /// What is shipped together, if its money is locked.
    #[serde(default)]
    pub(super) parts: Parts,
    /// When goods are paid, if the operator has said it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pay: Option<PayWhen>,
    return_costs: Bearer,
    vat: VatRate,
}

fn terms_row() -> Key {
    Key::new("shipping", "terms")
}

impl ShippingTerms {
    /// What an offer says of the escrow; none if goods are paid when they are shipped. If the operator has said nothing, the
    /// money is locked as soon as there is somebody who could rule on a dispute. What the operator has said holds:
    /// without an arbiter nothing is offered then.
    fn escrow(&self, desk: &Desk<'_, '_>) -> Result<Option<EscrowTerms>, Error> {
        if self.pay == Some(PayWhen::OnShipping) {
            return Ok(None);
        }
        let escrow = kept::terms(self.carrier.clone(), desk)?;
        match (self.pay, escrow) {
            (Some(PayWhen::Locked), None) => {
                Err(Refusal::new(Code::NoExchangeFits, "nobody could rule on a dispute").into())
            }
            (_, escrow) => Ok(escrow),
        }
    }
}

pub(super) fn terms(desk: &Desk<'_, '_>) -> Result<ShippingTerms, Error> {
    let first = ShippingTerms {
        carrier: None,
        cost: 490,
        delivery_days: 7,
        parts: Parts::Whole,
        pay: None,
        return_costs: Bearer::Buyer,
        vat: VatRate::STANDARD,
    };
    Ok(rows::get(desk.tx, &terms_row())?.unwrap_or(first))
}

/// `{"command":"shipping","set":{"cost":"4.90 EUR","delivery_days":7,"return_costs":"buyer","vat":"19",
/// "pay":"locked"|"on-shipping","parts":"whole"|"lines"|"ask","carrier":CERTIFICATE|null}}`; each member may be left out;
/// without `set`, shows them, and who would rule on a dispute (none: nobody could, and nothing is locked).
pub(in crate::shop) fn shipping(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut terms = terms(desk)?;
    if let Some(set) = request.get("set") {
        if let Some(cost) = common::optional(set, "cost")? {
            let (number, currency) = cost.split_once(' ').unwrap_or((cost, "EUR"));
            terms.cost = Amount::parse(number, Currency::parse(currency)?)?.minor();
        }
        if let Some(days) = set.get("delivery_days") {
            let days = days.as_u64().filter(|days| (1..=365).contains(days));
            terms.delivery_days = days.ok_or_else(|| Misuse::new(Code::FieldWrong, "delivery_days: 1 to 365"))?;
        }
        if let Some(bearer) = set.get("return_costs") {
            let bearer = serde_json::from_value(bearer.clone());
            terms.return_costs = bearer.map_err(|_| Misuse::new(Code::FieldWrong, "return_costs: buyer or seller"))?;
        }
        if let Some(vat) = common::optional(set, "vat")? {
            terms.vat = VatRate::parse(vat)?;
        }
        if let Some(pay) = set.get("pay") {
            let pay = serde_json::from_value(pay.clone());
            terms.pay = Some(pay.map_err(|_| Misuse::new(Code::FieldWrong, "pay: locked or on-shipping"))?);
        }
        if let Some(parts) = set.get("parts") {
            let parts = serde_json::from_value(parts.clone());
            terms.parts = parts.map_err(|_| Misuse::new(Code::FieldWrong, "parts: whole, lines or ask"))?;
        }
        if let Some(card) = set.get("carrier") {
            let card: Option<Blob64> = serde_json::from_value(card.clone())
                .map_err(|_| Misuse::new(Code::FieldWrong, "carrier: a certificate, or null"))?;
            terms.carrier = card.map(|card| kept::carrier(&card.0, desk)).transpose()?;
        }
        rows::put(desk.tx, terms_row(), &terms)?;
    }
    let cost = Amount::new(terms.cost, Currency::EUR)?.to_string();
    let escrow = match terms.escrow(desk) {
        Err(Error::Refusal(_)) => None,
        other => other?,
    };
    let by_itself = if escrow.is_some() { PayWhen::Locked } else { PayWhen::OnShipping };
    let ShippingTerms { carrier, delivery_days, parts, pay, return_costs, vat, .. } = terms;
    Ok(json!({
        "arbiter": escrow.map(|escrow| escrow.arbiter.name), "carrier": carrier.map(|carrier| carrier.name), "cost": cost,
        "delivery_days": delivery_days, "parts": parts, "pay": pay.unwrap_or(by_itself), "return_costs": return_costs,
        "vat": vat,
    }))
}

/// Answers a request for an offer of parcels.
pub(in crate::shop) fn offer(from: PeerId, request: &ParcelRequest, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let found = wanted(request, desk).and_then(|goods| {
        let escrow = terms(desk)?.escrow(desk)?;
        open::add_offer(from, desk).map(|()| (goods, escrow))
    });
    match found {
        Err(Error::Refusal(refusal)) => {
            let reference = Some(request.reference.clone());
            let refused = Refused { code: refusal.code().number(), notaries: vec![], order: None, reference };
            desk.send(from, kinds::REFUSED, &refused)
        }
        Err(other) => Err(other),
        Ok(((goods, lists), escrow)) => sign(from, request, &goods, (lists, escrow), desk),
    }
}

/// Goods as they are sold now, and the price lists that their prices stand on.
type Wanted = (Vec<(Good, Currency)>, Vec<Hash>);

fn wanted(request: &ParcelRequest, desk: &mut Desk<'_, '_>) -> Result<Wanted, Error> {
    let lines: Vec<WantedLine> = match (&request.cart, &request.lines) {
        (Some(cart), _) => cart::lines(cart, desk)?,
        (None, Some(lines)) => lines.clone(),
        (None, None) => return Err(Violation::new(Code::FieldMissing, "lines").into()),
    };
    let (mut goods, mut lists) = (Vec::new(), Vec::new());
    for line in lines {
        let (product, list) = catalogue::sellable(&line.item, desk)?;
        if product.kind != ProductKind::Parcel {
            return Err(Refusal::new(Code::NotForSale, &line.item).into());
        }
        if product.stock.is_some_and(|stock| stock < line.quantity) {
            return Err(Refusal::new(Code::SoldOut, &line.item).into());
        }
        if !lists.contains(&list) {
            lists.push(list);
        }
        let title = product.full_title();
        let Product { id, price, vat, .. } = product;
        let item = Item { id, price: price.minor(), title };
        goods.push((Good { item, quantity: line.quantity, vat }, price.currency()));
    }
    Ok((goods, lists))
}

fn sign(
    from: PeerId,
    request: &ParcelRequest,
    goods: &[(Good, Currency)],
    (lists, escrow): (Vec<Hash>, Option<EscrowTerms>),
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let currency = goods.first().map_or(Currency::EUR, |(_, currency)| *currency);
    let bank = purse::bank(&purse::in_currency(currency, desk)?, desk)?;
    let terms = terms(desk)?;
    if goods.iter().any(|(_, other)| *other != currency) {
        return Err(Misuse::new(Code::CurrencyMixed, "one offer").into());
    }
    let times = ParcelTimes { delivery_ms: Millis::days(terms.delivery_days), ..ParcelTimes::standard() };
    let conditions = Conditions {
        bank: Third { key: bank.key, certificate: bank.certificate },
        currency,
        escrow,
        return_costs: terms.return_costs,
        shipping: Shipping { price: terms.cost, vat: terms.vat },
        times,
    };
    let goods: Vec<Good> = goods.iter().map(|(good, _)| good.clone()).collect();
    let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
    let refs = lists.into_iter().map(|hash| Ref { kind: Kind::PriceList, hash }).collect();
    let meta = author.meta::<ParcelOffer>(desk.cx, About { refs, ..About::default() }, OFFER_LIFE);
    let ours = |wrong: Violation| Misuse::new(wrong.code(), format!("our own offer: {wrong}"));
    let body = checkout(&meta, &goods, conditions).map_err(ours)?;
    let offer = make(desk.cx.crypto, &author.secret, meta, body)?;
    let summary = check(&offer).map_err(ours)?;
    let row = Key::new("parcel-offer", offer.hash);
    rows::put(desk.tx, row.clone(), &open::Standing { offer: offer.text.clone(), peer: from })?;
    desk.tx.push(Write::Timer(row, Some(offer.meta.expires.plus(Millis::seconds(300)))));
    if let Some(cart) = &request.cart {
        rows::put(desk.tx, cart_row(offer.hash), cart)?;
    }
    desk.tell("offered", offer.hash, format!("{} for {}.", summary.title, summary.amount));
    common::send(from, common::kinds::OFFER, Some(request.reference.clone()), offer.text, desk)
}

/// An offer that nobody ordered is forgotten.
pub(in crate::shop) fn forget_offer(offer: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let row = Key::new("parcel-offer", offer);
    if let Some(standing) = rows::get::<open::Standing>(desk.tx, &row)? {
        open::end_offer(standing.peer, desk)?;
    }
    desk.tx.delete(cart_row(offer));
    desk.tx.delete(row.clone());
    desk.tx.push(Write::Timer(row, None));
    Ok(())
}

/// Which cart an offer is of.
fn cart_row(offer: Hash) -> Key {
    Key::new("cart-of", offer)
}

/// The cart of this offer was ordered: whoever has its name may put its lines out of the basket.
pub(super) fn note_ordered(offer: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match rows::get::<String>(desk.tx, &cart_row(offer))? {
        Some(cart) => cart::note_ordered(&cart, desk),
        None => Ok(()),
    }
}
