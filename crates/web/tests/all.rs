//! All tests of this crate from outside, in one program: what they share is built and linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod common;

#[path = "desk/main.rs"]
mod desk;
mod offices;
mod open_pages;
#[path = "shop/main.rs"]
mod shop;
#[path = "wallet/main.rs"]
mod wallet;
