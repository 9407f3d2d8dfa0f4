//! Virtual time and the surroundings of a step.

use semper_base::{Millis, Timestamp};
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Ideal, Secret32};

use crate::piece::At;

/// When every play begins: a Monday morning.
pub const OPENED: Timestamp = Timestamp::from_millis(1_798_448_400_000);
/// What passes where nobody waits for anything.
pub(crate) const DAY: Millis = Millis::days(1);
/// How many deadlines that change nothing are passed over in one act: patience grows to hours, so this is months.
pub(crate) const DEADLINES_MAX: usize = 400;

/// Dice and keys of one step.
#[derive(Debug)]
pub(crate) struct Surroundings {
    crypto: Ideal,
    keyring: Keyring,
}

impl Surroundings {
    pub(crate) fn of(at: At) -> Self {
        Surroundings { crypto: Ideal::new(at.seed.wrapping_add(1000)), keyring: Keyring::for_simulation([9; 32]) }
    }

    pub(crate) fn context(&self, at: At) -> Context<'_> {
        Context { now: at.now, crypto: &self.crypto, keyring: &self.keyring }
    }
}

/// A secret that everybody may know: this is play.
pub(crate) fn secret(name: &str) -> Secret32 {
    Secret32::from_bytes(semper_base::Hash::tagged("semper-theatre/1", name.as_bytes()).0)
}
