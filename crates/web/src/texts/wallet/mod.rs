//! What the wallet's pages say.

mod deals;
mod handover;
mod screen;

pub use deals::{Acts, Deals, Otherwises, Who, Words};
pub use handover::Handing;
pub use screen::Trusted;
