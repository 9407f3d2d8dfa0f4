//! All that a step may look at besides its own state: the time, the crypto manager, the keys.

use semper_base::Timestamp;

use crate::crypto::{Crypto, Keyring};

/// Passed into every step. Time is the party's durable clock, which never goes back.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Now, by the party's own clock.
    pub now: Timestamp,
    /// Signatures, sealed boxes, dice.
    pub crypto: &'a dyn Crypto,
    /// Wraps and unwraps the party's own keys.
    pub keyring: &'a Keyring,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({})", self.now)
    }
}
