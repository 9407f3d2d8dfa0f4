//! The pages of the wallet. Who is not signed in sees none of them but the hand-over.

mod deals;
mod screen;
mod view;

use axum::Router;
use axum::routing::get;

use crate::page::Entry;

/// The menu.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/", names: ("Deals", "Geschäfte"), inside: true },
    Entry { path: "/screen", names: ("Trusted screen", "Vertrauenswürdiger Schirm"), inside: true },
];

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new().route("/", get(deals::list)).route("/screen", get(screen::show).post(screen::answer))
}
