//! What the wallet's pages say.

mod contracts;
mod data;
mod deals;
mod handover;
mod joint;
mod locks;
mod mails;
mod notaries;
mod own;
mod payments;
mod screen;
mod transfers;
mod welcome;

pub use contracts::Contracts;
pub use data::Wares;
pub use deals::{Acts, Deals, Otherwises, Who, Words};
pub use handover::Handing;
pub use joint::Joint;
pub use locks::Locks;
pub use mails::Mails;
pub use notaries::Notaries;
pub use own::{Contacts, Purses, Seen, Wishes};
pub use payments::Payments;
pub use screen::{Asking, Line, Telling, Trusted};
pub use transfers::Sendings;
pub use welcome::Welcome;
