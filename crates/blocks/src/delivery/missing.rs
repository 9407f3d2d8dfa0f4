//! Which chunks a buyer has, so that a broken transfer goes on where it stopped.

use semper_base::limits::{CHUNK_WINDOW_MAX, LEAVES_MAX};
use semper_base::{Blob64, Code, Violation};
use serde::{Deserialize, Serialize};

use super::layout::Layout;

/// One bit per chunk: set when the chunk is stored. Bit `i` is bit `i mod 8` (lowest first) of byte
/// `i / 8`; spare bits are clear, so that one state has one form. At most 8 KiB.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
pub struct Missing {
    leaves: u64,
    have: Blob64,
}

/// What is read, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    leaves: u64,
    have: Blob64,
}

impl TryFrom<Wire> for Missing {
    type Error = Violation;
    fn try_from(wire: Wire) -> Result<Self, Violation> {
        let wrong = |what| Err(Violation::new(Code::FieldWrong, what));
        if wire.leaves == 0 || wire.leaves > LEAVES_MAX {
            return wrong("leaves");
        }
        if wire.have.0.len() as u64 != wire.leaves.div_ceil(8) {
            return wrong("have: length");
        }
        // Bits of the last byte that stand for a chunk; all eight when the count is a multiple of 8.
        let used = (wire.leaves - 1) % 8 + 1;
        let spare = wire.have.0.last().is_some_and(|last| u16::from(*last) >> used != 0);
        if spare {
            return wrong("have: spare bits");
        }
        Ok(Missing { leaves: wire.leaves, have: wire.have })
    }
}

impl Missing {
    /// Nothing has arrived yet.
    #[must_use]
    pub fn all(layout: &Layout) -> Self {
        let leaves = layout.leaves();
        let bytes = usize::try_from(leaves.div_ceil(8)).unwrap_or(0);
        Missing { leaves, have: Blob64(vec![0; bytes]) }
    }

    /// Number of chunks in all.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Whether chunk `index` exists and is still missing.
    #[must_use]
    pub fn is_missing(&self, index: u64) -> bool {
        index < self.leaves && self.byte(index).is_some_and(|byte| byte & bit(index) == 0)
    }

    /// Notes that chunk `index` is stored; false if it was before or does not exist.
    pub fn arrived(&mut self, index: u64) -> bool {
        let new = self.is_missing(index);
        if new && let Some(byte) = place(index).and_then(|at| self.have.0.get_mut(at)) {
            *byte |= bit(index);
        }
        new
    }

    /// How many chunks are stored.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.have.0.iter().map(|byte| u64::from(byte.count_ones())).sum()
    }

    /// Whether every chunk is stored.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stored() == self.leaves
    }

    /// The next chunks to ask for: the first missing ones from `from` on, in order, at most `most` and
    /// at most [`CHUNK_WINDOW_MAX`].
    #[must_use]
    pub fn window(&self, from: u64, most: u64) -> Vec<u64> {
        let most = usize::try_from(most.min(CHUNK_WINDOW_MAX)).unwrap_or(0);
        (from..self.leaves).filter(|index| self.is_missing(*index)).take(most).collect()
    }

    fn byte(&self, index: u64) -> Option<u8> {
        self.have.0.get(place(index)?).copied()
    }
}

impl std::fmt::Debug for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Missing({} of {})", self.leaves.saturating_sub(self.stored()), self.leaves)
    }
}

fn place(index: u64) -> Option<usize> {
    usize::try_from(index / 8).ok()
}

fn bit(index: u64) -> u8 {
    1 << (index % 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn of(leaves: u64) -> Missing {
        Missing::all(&Layout::new(leaves, 1).unwrap())
    }

    #[test]
    fn reading_is_strict() {
        let read = |leaves: u64, have: &[u8]| {
            let text = format!("{{\"leaves\":{leaves},\"have\":\"{}\"}}", semper_base::bytes::encode(have));
            serde_json::from_str::<Missing>(&text)
        };
        assert!(read(8, &[0xff]).unwrap().is_complete());
        assert_eq!(read(9, &[0, 1]).unwrap().stored(), 1);
        for (leaves, have) in [(0, &[][..]), (1, &[]), (1, &[2]), (9, &[0, 2]), (9, &[0]), (8, &[0, 0]), (7, &[0x80])] {
            assert!(read(leaves, have).is_err(), "{leaves} {have:?}");
        }
        assert!(read(LEAVES_MAX, &[0; 8192]).is_ok());
        assert!(read(LEAVES_MAX + 1, &[0; 8193]).is_err());
        assert!(read(u64::MAX, &[]).is_err());
        assert!(serde_json::from_str::<Missing>(r#"{"leaves":1,"have":"AA","x":0}"#).is_err());
    }

    #[test]
    fn a_window_is_bounded() {
        let missing = of(1000);
        assert_eq!(missing.window(0, u64::MAX).len() as u64, CHUNK_WINDOW_MAX);
        assert_eq!(missing.window(998, 10), [998, 999]);
        assert_eq!(missing.window(1000, 10), [0_u64; 0]);
        assert_eq!(missing.window(u64::MAX, 10), [0_u64; 0]);
        assert_eq!(missing.window(0, 0), [0_u64; 0]);
    }

    #[test]
    fn the_largest_file_stays_small() {
        let text = serde_json::to_string(&of(LEAVES_MAX)).unwrap();
        assert!(text.len() < 11 << 10, "{}", text.len());
    }

    proptest! {
        #[test]
        fn behaves_like_a_set(
            leaves in 1_u64..100,
            arrivals in prop::collection::vec(0_u64..110, 0..150),
            from in 0_u64..110,
        ) {
            let (mut missing, mut set) = (of(leaves), (0..leaves).collect::<BTreeSet<u64>>());
            for index in arrivals {
                prop_assert_eq!(missing.arrived(index), set.remove(&index));
            }
            prop_assert_eq!(missing.stored(), leaves - set.len() as u64);
            prop_assert_eq!(missing.is_complete(), set.is_empty());
            prop_assert!((0..=leaves).all(|index| missing.is_missing(index) == set.contains(&index)));
            let window: Vec<u64> = set.range(from..).copied().take(5).collect();
            prop_assert_eq!(missing.window(from, 5), window);
            let text = serde_json::to_string(&missing).unwrap();
            prop_assert_eq!(serde_json::from_str::<Missing>(&text).unwrap(), missing);
        }
    }
}
