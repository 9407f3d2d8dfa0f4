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

mod counts;
mod disk;
mod lies;
mod outages;
#[path = "papers/main.rs"]
mod papers;
mod planted;
mod scripts;
mod seeds;
mod threats;
mod ways_out;
