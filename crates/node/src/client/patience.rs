//! Trying again for ever, but ever less often.

use std::sync::Arc;
use std::time::Duration;

use semper_base::limits::PATIENCE_MAX_MS;
use semper_support::crypto::Crypto;

/// First pause in milliseconds.
const FIRST_MS: u64 = 100;

/// Pauses that double up to [`PATIENCE_MAX_MS`], each shortened at random by up to a half, so that
/// many who lost the same peer do not all come back at once.
#[derive(Debug)]
pub(super) struct Patience {
    crypto: Arc<dyn Crypto>,
    next_ms: u64,
}

impl Patience {
    pub(super) fn new(crypto: Arc<dyn Crypto>) -> Self {
        Patience { crypto, next_ms: FIRST_MS }
    }

    /// After many attempts.
    #[cfg(test)]
    pub(super) fn grown(crypto: Arc<dyn Crypto>) -> Self {
        Patience { crypto, next_ms: PATIENCE_MAX_MS }
    }

    /// It worked: the next pause is short again.
    pub(super) fn reset(&mut self) {
        self.next_ms = FIRST_MS;
    }

    fn pause(&mut self) -> Duration {
        let full = self.next_ms;
        self.next_ms = (full * 2).min(PATIENCE_MAX_MS);
        let mut dice = [0_u8; 2];
        self.crypto.random(&mut dice);
        Duration::from_millis(full - full / 2 * u64::from(u16::from_be_bytes(dice)) / u64::from(u16::MAX))
    }

    /// Waits before the next attempt.
    pub(super) async fn wait(&mut self) {
        let pause = self.pause();
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use semper_support::crypto::seeded::Seeded;

    use super::*;

    #[test]
    fn pauses_grow_to_the_cap_and_start_again() {
        let mut patience = Patience::new(Arc::new(Seeded::new([1; 32])));
        for round in 0..64 {
            let full = (FIRST_MS << round.min(20)).min(PATIENCE_MAX_MS);
            let pause = u64::try_from(patience.pause().as_millis()).unwrap();
            assert!((full / 2..=full).contains(&pause), "{round}: {pause}");
        }
        patience.reset();
        assert!(patience.pause() <= Duration::from_millis(FIRST_MS));
    }
}
