//! What the wallet's pages say.

mod deals;
mod screen;

pub use deals::{Acts, Deals, Otherwises, Who, Words};
pub use screen::Trusted;
