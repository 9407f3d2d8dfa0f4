//! Rules of the driver: durable before anything leaves.

use super::{Killer, Mutant};

const fn rule(name: &'static str, from: &'static str, to: &'static str, breaks: &'static str) -> Mutant {
    Mutant { name, file: "crates/driver/src/party.rs", from, to, breaks, killer: Killer::Driver }
}

pub(super) const MUTANTS: &[Mutant] = &[
    rule(
        "driver-commit-error",
        "let commit = transaction.commit().map_err(|fault| Failed { at: None, fault: final_fault(&fault) })?;",
        "let commit = transaction.commit().unwrap_or_default();",
        "nothing leaves, no acknowledgement either, unless the commit succeeded",
    ),
    rule(
        "driver-commit-is-final",
        "self.ended = failed.fault.code() == Code::Commit;",
        "self.ended = false;",
        "an error of COMMIT ends the writer",
    ),
];
