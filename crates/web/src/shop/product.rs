//! The page of one product.

use askama::Template;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use semper_base::Error;

use super::basket::{Basket, QUANTITY_MAX};
use super::item::{Item, Said};
use super::shelf;
use super::{or_oops, texts};
use crate::door::Visit;
use crate::forms::Wrong;
use crate::oops::Oops;
use crate::page::{Page, show_as};
use crate::texts::shop::Shop;

/// What the shop promises for parcels, as far as it says.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    /// In the reader's language.
    pub(super) cost: Option<String>,
    pub(super) amount: Option<semper_base::Amount>,
    pub(super) days: Option<u64>,
    pub(super) return_costs: String,
    /// Whether the bank keeps the money until a parcel is there.
    pub(super) is_locked: bool,
}

impl Terms {
    /// Asks the party; what it does not say stays open.
    pub(super) async fn ask(visit: &Visit) -> Terms {
        let request = serde_json::json!({ "command": "shipping" });
        let Ok(answer) = visit.site.party.call(request).await else { return Terms::default() };
        let text = |name: &str| answer.get(name).and_then(serde_json::Value::as_str);
        let amount = text("cost").and_then(super::item::amount);
        Terms {
            cost: amount.map(|amount| crate::texts::money(visit.language, &amount.to_string())),
            amount,
            days: answer.get("delivery_days").and_then(serde_json::Value::as_u64),
            return_costs: text("return_costs").unwrap_or_default().to_owned(),
            is_locked: text("pay") == Some("locked"),
        }
    }

    /// When and for how much a parcel comes.
    pub(super) fn delivery(&self, t: &Shop) -> String {
        let when =
            self.days.map_or(t.delivery_parcel.to_owned(), |days| t.delivery_days.replace("{n}", &days.to_string()));
        let cost =
            self.cost.as_ref().map_or(t.shipping_later.to_owned(), |cost| t.shipping_cost.replace("{price}", cost));
        format!("{when} {cost}")
    }

    /// Until when it may be sent back, and at whose cost.
    pub(super) fn withdrawal(&self, t: &Shop) -> String {
        let costs = match self.return_costs.as_str() {
            "buyer" => t.return_buyer,
            "seller" => t.return_seller,
            _ => t.return_unsaid,
        };
        format!("{} {costs}", t.withdrawal_parcel)
    }
}

/// Another variant, or this one.
#[derive(Debug)]
struct Sister {
    id: String,
    name: String,
    price: String,
    stock: (String, &'static str),
    is_this: bool,
}

#[derive(Template)]
#[template(path = "shop/product.html")]
struct Product {
    page: Page,
    t: &'static Shop,
    basket: u64,
    q: String,
    item: Item,
    warnings: Vec<&'static str>,
    stock: (String, &'static str),
    price: String,
    vat: String,
    sisters: Vec<Sister>,
    category: Option<(String, Said)>,
    delivery: String,
    /// Of a parcel: whether the bank keeps the money until it is there.
    is_locked: bool,
    withdrawal: String,
    most: u64,
    quantity: String,
    wrong: Wrong,
}

/// `/product/ID`.
pub(super) async fn page(visit: Visit, headers: HeaderMap, id: Result<Path<String>, PathRejection>) -> Response {
    let Ok(Path(id)) = id else { return Oops::not_found(&visit) };
    let basket = Basket::read(&headers).count();
    let answer = product(&visit, &id, basket, "1", Wrong::default()).await;
    or_oops(&visit, answer)
}

/// The page, also with what is wrong with the quantity that was typed.
pub(super) async fn product(
    visit: &Visit,
    id: &str,
    basket: u64,
    quantity: &str,
    wrong: Wrong,
) -> Result<Response, Error> {
    let party = &visit.site.party;
    let Some(item) = shelf::get(party, id).await? else { return Ok(Oops::not_found(visit)) };
    let t = texts(visit);
    let page = Page::new(visit, item.full_title());
    let sisters = shelf::sisters(party, &item).await?;
    let sisters = if sisters.len() > 1 { sisters } else { Vec::new() };
    let sister = |other: &Item| Sister {
        id: other.id.clone(),
        name: other.variant(),
        price: page.money(&other.price.to_string()),
        stock: (other.stock.word(t), other.stock.class()),
        is_this: other.id == item.id,
    };
    let (delivery, withdrawal, is_locked) = if item.is_file {
        (t.delivery_file.to_owned(), t.withdrawal_file.to_owned(), false)
    } else {
        let terms = Terms::ask(visit).await;
        (terms.delivery(t), terms.withdrawal(t), terms.is_locked)
    };
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let product = Product {
        t,
        basket,
        q: String::new(),
        warnings: item.warnings(t),
        stock: (item.stock.word(t), item.stock.class()),
        price: page.money(&item.price.to_string()),
        vat: item.vat_text(visit.language),
        sisters: sisters.iter().map(sister).collect(),
        category: item.category.clone().zip(item.category_shown()),
        delivery,
        is_locked,
        withdrawal,
        most: item.counted.unwrap_or(QUANTITY_MAX).clamp(1, QUANTITY_MAX),
        quantity: quantity.to_owned(),
        wrong,
        page,
        item,
    };
    Ok(show_as(status, &product))
}
