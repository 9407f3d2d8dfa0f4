//! The shop's operator pages: orders and what is to be done with them, products, prices, imports, the
//! account, staff. Whatever is done here is a command of the party, given in the name of whoever is signed
//! in; the party decides whether they may.

mod account;
mod acts;
mod board;
mod feed;
mod locked;
mod operator;
mod order;
mod parts;
mod prices;
mod product;
mod products;
mod shipping;
mod staff;
mod view;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Extension, routing::post};

use crate::page::Entry;

/// The menu, for whoever is signed in.
pub(crate) const MENU: [Entry; 7] = [
    Entry { path: "/desk", names: ("Orders", "Bestellungen"), inside: true },
    Entry { path: "/desk/products", names: ("Stock", "Bestand"), inside: true },
    Entry { path: "/desk/prices", names: ("Price list", "Preisliste"), inside: true },
    Entry { path: "/desk/import", names: ("Import", "Import"), inside: true },
    Entry { path: "/desk/shipping", names: ("Shipping", "Versand"), inside: true },
    Entry { path: "/desk/account", names: ("Account", "Konto"), inside: true },
    Entry { path: "/desk/staff", names: ("Staff", "Mitarbeiter"), inside: true },
];

/// The pages.
pub(crate) fn pages() -> Router {
    let word = DefaultBodyLimit::max(crate::wallet::upload::UPLOAD_BYTES_MAX);
    let upload = get(feed::form).post(feed::upload).layer(DefaultBodyLimit::max(feed::UPLOAD_BYTES_MAX));
    Router::new()
        .route("/desk", get(board::show))
        .route("/desk/order/{order}", get(order::show))
        .route("/desk/order/{order}/evidence", get(order::evidence))
        .route("/desk/order/{order}/bring", get(locked::form).post(locked::bring).layer(word))
        .route("/desk/order/{order}/waybill/{part}", get(locked::waybill))
        .route("/desk/order/{order}/{act}", get(acts::form).post(acts::act))
        .route("/desk/products", get(products::show).post(products::save))
        .route("/desk/product", get(product::new).post(product::create))
        .route("/desk/product/{id}", get(product::edit).post(product::update))
        .route("/desk/prices", get(prices::show).post(prices::sign))
        .route("/desk/import", upload)
        .route("/desk/import/{id}", get(feed::preview).post(feed::import))
        .route("/desk/shipping", get(shipping::show).post(shipping::save).layer(word))
        .route("/desk/shipping/notary", post(shipping::notary))
        .route("/desk/account", get(account::show).post(account::ask))
        .route("/desk/staff", get(staff::list).post(staff::put))
        .route("/desk/staff/{name}/link", post(staff::link))
        .route("/desk/staff/{name}/remove", get(staff::removing).post(staff::remove))
        .route("/screen", get(prices::screen).post(prices::answer))
        .layer(Extension(feed::Uploads::default()))
}
