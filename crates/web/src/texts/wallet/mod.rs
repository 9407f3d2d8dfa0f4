//! What the wallet's pages say.

mod contracts;
mod data;
mod deals;
mod handover;
mod mails;
mod own;
mod payments;
mod notaries;
mod screen;
mod welcome;

pub use contracts::Contracts;
pub use deals::{Acts, Deals, Otherwises, Who, Words};
pub use handover::Handing;
pub use data::Wares;
pub use mails::Mails;
pub use own::{Contacts, Purses, Seen, Wishes};
pub use payments::Payments;
pub use screen::{Asking, Line, Telling, Trusted};
pub use welcome::Welcome;
pub use notaries::Notaries;
