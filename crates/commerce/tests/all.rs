//! All tests of this crate from outside, in one program: what they share is built and linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod pack_support;
mod ucp_support;

mod acceptance;
mod mail_order;
mod pack;
mod pack_commands;
mod pack_log;
mod pack_stamps;
mod pack_tamper;
mod parcel_offer;
mod ucp;
mod ucp_rules;
mod wording;
