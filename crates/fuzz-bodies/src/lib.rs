//! What the fuzz targets do with their bytes: one pure function per target, which panics when
//! something that must always hold does not.
//!
//! ```text
//!  fuzz/fuzz_targets/NAME.rs --+
//!                              +--> TARGETS: NAME, fn(&[u8])
//!  tests/corpus.rs ------------+         every file of fuzz/corpus/NAME
//! ```
//!
//! So whatever a fuzzer found stays found: its input is a file of the corpus, and the corpus is a plain
//! test. Nothing here reads a clock, draws dice or touches a file.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a body fails by panicking: that is what a fuzzer notices"
)]

mod after;
mod again;
pub mod clear;
pub mod contracts;
pub mod delivery;
pub mod driver;
pub mod feeds;
mod gullible;
pub mod input;
pub mod json;
pub mod jws;
pub mod locks;
pub mod machines;
pub mod messages;
pub mod pack;
pub mod stamp;
pub mod transfers;
pub mod words;
pub mod x509;

/// A target: its name, which is also its folder in the corpus, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 16] = [
    ("contracts", contracts::run),
    ("delivery", delivery::run),
    ("driver", driver::run),
    ("json", json::run),
    ("jsonld", feeds::jsonld),
    ("jws", jws::run),
    ("locks", locks::run),
    ("machines", machines::run),
    ("merchant", feeds::merchant),
    ("messages", messages::run),
    ("pack", pack::run),
    ("shopify", feeds::shopify),
    ("stamp", stamp::run),
    ("transfers", transfers::run),
    ("words", words::run),
    ("x509", x509::run),
];
