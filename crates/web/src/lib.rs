//! The pages of each party: what people see in a browser.
//!
//! A page acts through its own party's *commands*, the same that the control socket and `semper call`
//! take, so a page can do nothing that the command line cannot. It sees no database, no key and no other
//! party. Everything is plain HTML from templates that the compiler checks, works without JavaScript,
//! and speaks English and German.
//!
//! ```text
//!  browser --> door      host, origin, session, token, size; headers of every answer
//!                |
//!                v
//!              pages     /         public     /desk   operator     (one folder a role)
//!                |
//!                v
//!              Party     commands of this party: JSON in, JSON out
//! ```

mod authority;
mod bank;
mod broker;
pub mod cookies;
pub mod desk;
pub mod docs;
pub mod door;
pub mod forms;
mod gauge;
pub mod handover;
mod log;
mod notary;
mod offices;
pub mod oops;
pub mod page;
pub mod party;
pub mod screen;
pub mod serve;
pub mod session;
mod shop;
pub mod texts;
mod theatre;
mod wallet;
mod witness;

use axum::Router;
use page::Entry;

pub use page::Page;
pub use party::Party;
pub use screen::Display;
pub use serve::{Site, start};

/// Whose pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Certification authority.
    Authority,
    /// Bank.
    Bank,
    /// Broker.
    Broker,
    /// Notary.
    Notary,
    /// Shop.
    Shop,
    /// Nobody's: the theatre alone, for whoever only wants to look.
    Theatre,
    /// Wallet.
    Wallet,
    /// Witness.
    Witness,
}

impl Role {
    /// Colours the frame, so that nobody takes one party for another.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Authority => "authority",
            Role::Bank => "bank",
            Role::Broker => "broker",
            Role::Notary => "notary",
            Role::Shop => "shop",
            Role::Theatre => "theatre",
            Role::Wallet => "wallet",
            Role::Witness => "witness",
        }
    }

    /// The role's pages.
    pub fn pages(self) -> Router {
        match self {
            Role::Authority => authority::pages(),
            Role::Bank => bank::pages().merge(log::files()),
            Role::Broker => broker::pages(),
            Role::Notary => notary::pages().merge(log::files()).merge(theatre::pages()),
            Role::Shop => shop::pages(),
            Role::Theatre => theatre::alone(),
            Role::Wallet => wallet::pages().merge(theatre::pages()),
            Role::Witness => witness::pages().merge(log::witnessed()),
        }
    }

    /// The role's menu.
    #[must_use]
    pub fn menu(self) -> &'static [Entry] {
        match self {
            Role::Authority => authority::MENU,
            Role::Bank => bank::MENU,
            Role::Broker => broker::MENU,
            Role::Notary => notary::MENU,
            Role::Shop => shop::MENU,
            Role::Theatre => theatre::MENU,
            Role::Wallet => wallet::MENU,
            Role::Witness => witness::MENU,
        }
    }

    /// Where somebody begins who came through a one-time link.
    #[must_use]
    pub fn inside(self) -> &'static str {
        match self {
            Role::Theatre | Role::Wallet | Role::Witness => "/",
            Role::Authority | Role::Bank | Role::Broker | Role::Notary | Role::Shop => "/desk",
        }
    }
}
