//! The pages of the shop that anybody may see. Nothing here orders anything: a visitor looks, fills a
//! basket that lies in the browser, and is handed over to the own wallet.
//!
//! ```text
//! /  /search  /product/ID ---> /basket ---> /checkout ---> WALLET/handover
//! ```

mod about;
mod basket;
mod basket_pages;
mod checkout;
mod desk;
mod item;
mod list;
mod product;
mod shelf;

use axum::Router;
use axum::extract::{Extension, FromRequestParts, Query};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;

use crate::door::Visit;
use crate::oops::Oops;
use crate::page::{Entry, go};
use crate::texts::shop::Shop;

/// The menu.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/", names: ("Products", "Waren"), inside: false },
    Entry { path: "/search", names: ("Search", "Suche"), inside: false },
    Entry { path: "/basket", names: ("Basket", "Korb"), inside: false },
    Entry { path: "/about", names: ("About this shop", "Über diesen Shop"), inside: false },
    desk::MENU[0],
    desk::MENU[1],
    desk::MENU[2],
    desk::MENU[3],
    desk::MENU[4],
    desk::MENU[5],
    desk::MENU[6],
];

/// Most characters of a member of an address that are looked at.
const MEMBER_CHARS_MAX: usize = 200;

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new()
        .route("/", get(list::home))
        .route("/search", get(list::search))
        .route("/product/{id}", get(product::page))
        .route("/basket", get(basket_pages::show_basket).post(basket_pages::change))
        .route("/basket/add", get(back_to_basket).post(basket_pages::add))
        .route("/checkout", get(checkout::page).post(checkout::prepare))
        .route("/checkout/wallet", get(back_to_checkout).post(checkout::remember))
        .route("/about", get(about::page))
        .layer(Extension(shelf::Categories::default()))
        .merge(desk::pages())
}

/// What follows the question mark. Members that are there twice, too long or unreadable are as if they
/// were not there.
#[derive(Clone, Debug, Default)]
struct Asked(Vec<(String, String)>);

impl Asked {
    fn get(&self, name: &str) -> &str {
        let mut found = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim());
        match (found.next(), found.next()) {
            (Some(value), None) if value.chars().count() <= MEMBER_CHARS_MAX => value,
            _ => "",
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let members = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        Ok(Asked(members.map(|Query(members)| members).unwrap_or_default()))
    }
}

/// Whoever loads the page of a refused form anew, or in another language.
async fn back_to_basket() -> Response {
    go("/basket")
}

/// See [`back_to_basket`].
async fn back_to_checkout() -> Response {
    go("/checkout")
}

/// The texts of these pages.
fn texts(visit: &Visit) -> &'static Shop {
    Shop::of(visit.language)
}

/// An answer, or the page that says why there is none.
fn or_oops(visit: &Visit, answer: Result<Response, semper_base::Error>) -> Response {
    answer.unwrap_or_else(|error| Oops::error(visit, &error))
}
