//! All tests of this crate from outside, in one program: what they share is built and linked once.

mod common;
mod play;

mod audit;
mod bad_input;
mod goods;
mod operations;
#[path = "operator/main.rs"]
mod operator;
mod privacy;
mod stale;
