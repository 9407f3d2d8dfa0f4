//! Each party's logic: no I/O, no clock, no dice but the context's. What runs here in production is
//! what the simulator runs.

pub mod authority;
pub mod bank;
pub mod broker;
pub mod common;
pub mod notary;
pub mod shop;
pub mod wallet;
pub mod witness;
