//! A run from a seed.

use crate::play::{Played, play};
use crate::script::draw;
use crate::trace::Trace;
use crate::trouble::Trouble;

pub use crate::play::Report;

/// Runs a market with so many purchases under the faults of this seed. An error is something that
/// must not happen; it names the seed.
pub fn run(seed: u64, deals: u64) -> Result<Report, Trouble> {
    run_traced(seed, deals).0
}

/// The same, with the trace up to where it ended.
pub fn run_traced(seed: u64, deals: u64) -> (Result<Report, Trouble>, Trace) {
    let Played { result, trace, .. } = play(&draw(seed, deals));
    (result, trace)
}
