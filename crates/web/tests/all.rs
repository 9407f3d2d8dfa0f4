//! All tests of this crate from outside, in one program: what they share is built and linked once.

mod common;

#[path = "desk/main.rs"]
mod desk;
mod offices;
mod open_pages;
#[path = "shop/main.rs"]
mod shop;
#[path = "wallet/main.rs"]
mod wallet;
