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

pub mod clear;
mod delivery;
mod driver;
mod gullible;
pub mod input;
mod json;
mod jws;
pub mod machines;
pub mod messages;
mod pack;
mod words;
pub mod x509;

/// A target: its name, which is also its folder in the corpus, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 9] = [
    ("delivery", delivery::run),
    ("driver", driver::run),
    ("json", json::run),
    ("jws", jws::run),
    ("machines", machines::run),
    ("messages", messages::run),
    ("pack", pack::run),
    ("words", words::run),
    ("x509", x509::run),
];

/// Runs the body of a target; for the fuzz targets.
///
/// # Panics
/// When something that must always hold does not, or when there is no such target.
pub fn run(target: &str, bytes: &[u8]) {
    let (_, body) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target of that name");
    body(bytes);
}

/// The id of the key that the target `jws` signs with, for its seeds.
#[must_use]
pub fn signer_id() -> String {
    jws::signer().1.public.id().0.hex()
}
