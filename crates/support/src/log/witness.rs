//! What a witness compares before it cosigns (C2SP tlog-witness).

use semper_base::{Code, Hash, Violation};

use super::tile::check_length;
use super::tree::{Head, is_extended};

/// Whether a log's new head continues the last one that was cosigned. `old` is the size from which `path`
/// leads, by the word of whoever offers it.
///
/// # Errors
/// - [`Code::TooMany`]: more hashes than a proof has.
/// - [`Code::FieldWrong`]: the old size is above the new one.
/// - [`Code::LogBehind`]: the proof does not start where we stand. Nothing is wrong with the log yet.
/// - [`Code::LogForked`]: the same size with another root. Two signatures of the log's key show it.
/// - [`Code::ProofWrong`]: the proof shows no continuation. Either the proof is wrong or the log has forked.
pub fn examine(seen: &Head, old: u64, new: &Head, path: &[Hash]) -> Result<(), Violation> {
    check_length(path)?;
    if old > new.size {
        return Err(Violation::new(Code::FieldWrong, "old size"));
    }
    if new.size == seen.size && new.root != seen.root && seen.size > 0 {
        return Err(Violation::new(Code::LogForked, ""));
    }
    if old != seen.size {
        return Err(Violation::new(Code::LogBehind, ""));
    }
    if is_extended(seen, new, path) { Ok(()) } else { Err(Violation::new(Code::ProofWrong, "log")) }
}
