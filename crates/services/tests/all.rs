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

mod bad_input;
mod bad_input_others;
mod broker;
mod catalogue;
mod certified_mail;
mod contracts;
mod contracts_pair;
mod data;
mod deals;
mod deals_money;
mod decided;
mod escrow;
mod log;
mod log_large;
mod mail_order;
mod mail_order_bad;
#[path = "notaries/main.rs"]
mod notaries;
mod offices;
mod open_sales;
mod registers;
mod renewal;
mod restored;
mod staff;
mod stamps;
mod terms;
mod threats;
mod traffic;
mod transfers;
mod transfers_bank;
mod wording;
