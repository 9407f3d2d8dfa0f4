//! The hash lock: before `until` the payee takes the money with the 32 bytes whose SHA-256 is `h`; from `until` on
//! it goes back. By the holder's clock it is always one of the two, and never both.

use semper_base::code::Code;
use semper_base::{Hash, Timestamp, Violation};
use semper_support::crypto::Secret32;
use serde::{Deserialize, Serialize};

use super::descriptor::{Core, LENGTH_MAX};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByHash {
    /// SHA-256 of exactly 32 bytes, as in Cashu's NUT-14 and in Lightning.
    pub h: Hash,
    /// From this moment on the money goes back.
    pub until: Timestamp,
}

/// What a hash lock is made of.
#[must_use]
pub fn hash_of(preimage: &Secret32) -> Hash {
    Hash::of(preimage.danger_bytes())
}

impl ByHash {
    pub(super) fn check(&self, core: &Core) -> Result<(), Violation> {
        if self.until <= core.opened || self.until > core.opened.plus(LENGTH_MAX) {
            return Err(Violation::new(Code::DescriptorWrong, "until"));
        }
        Ok(())
    }

    /// Whether these are the bytes: [`Code::FieldMissing`] if there are none, [`Code::CommitmentWrong`] if others.
    pub fn opens(&self, preimage: Option<&Secret32>) -> Result<(), Violation> {
        let preimage = preimage.ok_or_else(|| Violation::new(Code::FieldMissing, "preimage"))?;
        // Hashes are compared, not secrets: how long it takes tells nothing.
        if hash_of(preimage) == self.h { Ok(()) } else { Err(Violation::new(Code::CommitmentWrong, "preimage")) }
    }
}
