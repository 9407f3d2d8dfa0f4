//! The simulation's dice: `SplitMix64`. Good enough to choose faults; never for secrets.

use semper_base::Hash;

/// A stream that follows from a seed and a word.
#[derive(Clone, Debug)]
pub struct Dice(u64);

/// The seed of a provider or of dice, for one purpose.
#[must_use]
pub fn seed_of(seed: u64, word: &str) -> [u8; 32] {
    Hash::tagged_parts("semper-sim-seed/1", &[&seed.to_be_bytes(), word.as_bytes()]).0
}

impl Dice {
    /// The stream of this seed for this purpose.
    #[must_use]
    pub fn new(seed: u64, word: &str) -> Self {
        let mut state = [0_u8; 8];
        for (to, from) in state.iter_mut().zip(seed_of(seed, word)) {
            *to = from;
        }
        Dice(u64::from_be_bytes(state))
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw().checked_rem(bound).unwrap_or(0)
    }

    /// A number from `range.0` to `range.1`, both included.
    pub fn within(&mut self, range: (u64, u64)) -> u64 {
        range.0.saturating_add(self.below(range.1.saturating_sub(range.0).saturating_add(1)))
    }

    /// True so many times of a thousand. Draws nothing where the answer is fixed, so that a calm
    /// network does not depend on how often it was asked.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.below(1000) < u64::from(per_mille)
    }

    /// Bytes for contents.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count.saturating_add(8));
        while bytes.len() < count {
            bytes.extend_from_slice(&self.draw().to_be_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}
