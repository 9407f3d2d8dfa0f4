//! How a file is cut: its length, the size of a chunk, the number of chunks.

use semper_base::limits::{CHUNK_BYTES, FILE_BYTES_MAX, LEAVES_MAX};
use semper_base::{Code, Violation};
use serde::{Deserialize, Serialize};

/// Salt in front of each chunk's data, in bytes.
pub(super) const SALT_BYTES: usize = 32;
/// Authentication tag behind each ciphertext (RFC 8439 section 2.8), in bytes.
pub(super) const TAG_BYTES: usize = 16;

/// The plan of one file. Every chunk is full but the last; an empty file is one empty chunk, so that
/// there is always a leaf. The number of leaves follows from the rest and is written out all the
/// same: it is what fixes the shape of the trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
pub struct Layout {
    length: u64,
    chunk: u32,
    leaves: u64,
}

/// What is read, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    length: u64,
    chunk: u32,
    leaves: u64,
}

impl TryFrom<Wire> for Layout {
    type Error = Violation;
    fn try_from(wire: Wire) -> Result<Self, Violation> {
        let layout = Layout::new(wire.length, wire.chunk)?;
        if layout.leaves != wire.leaves {
            return Err(Violation::new(Code::FieldWrong, "leaves"));
        }
        Ok(layout)
    }
}

impl Layout {
    /// The plan of a file of `length` bytes in chunks of `chunk` bytes. Bounds: the file
    /// [`FILE_BYTES_MAX`], the chunk 1 to [`CHUNK_BYTES`], the chunks' number [`LEAVES_MAX`].
    pub fn new(length: u64, chunk: u32) -> Result<Self, Violation> {
        if length > FILE_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "file"));
        }
        if chunk == 0 || chunk > CHUNK_BYTES {
            return Err(Violation::new(Code::FieldWrong, "chunk"));
        }
        let leaves = length.div_ceil(u64::from(chunk)).max(1);
        if leaves > LEAVES_MAX {
            return Err(Violation::new(Code::TooMany, "chunks"));
        }
        Ok(Layout { length, chunk, leaves })
    }

    /// Bytes of the file.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes of a full chunk.
    #[must_use]
    pub fn chunk(&self) -> u32 {
        self.chunk
    }

    /// Number of chunks, at least 1.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Where chunk `index` begins and ends in the file; none if there is no such chunk.
    #[must_use]
    pub fn range(&self, index: u64) -> Option<std::ops::Range<u64>> {
        if index >= self.leaves {
            return None;
        }
        let start = index.checked_mul(u64::from(self.chunk))?;
        let end = start.checked_add(u64::from(self.chunk))?.min(self.length);
        Some(start..end)
    }

    /// Bytes of the file in chunk `index`.
    #[must_use]
    pub fn data_len(&self, index: u64) -> Option<usize> {
        let range = self.range(index)?;
        usize::try_from(range.end.checked_sub(range.start)?).ok()
    }

    /// Bytes of chunk `index` as it travels: salt, data and tag.
    #[must_use]
    pub fn sealed_len(&self, index: u64) -> Option<usize> {
        Some(self.data_len(index)? + SALT_BYTES + TAG_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounds() {
        assert_eq!(Layout::new(0, CHUNK_BYTES).unwrap().leaves(), 1);
        assert_eq!(Layout::new(0, 1).unwrap().range(0), Some(0..0));
        assert_eq!(Layout::new(FILE_BYTES_MAX, CHUNK_BYTES).unwrap().leaves(), LEAVES_MAX);
        assert_eq!(Layout::new(FILE_BYTES_MAX + 1, CHUNK_BYTES).unwrap_err().code(), Code::TooLarge);
        assert_eq!(Layout::new(1, 0).unwrap_err().code(), Code::FieldWrong);
        assert_eq!(Layout::new(1, CHUNK_BYTES + 1).unwrap_err().code(), Code::FieldWrong);
        assert_eq!(Layout::new(LEAVES_MAX + 1, 1).unwrap_err().code(), Code::TooMany);
        assert_eq!(Layout::new(u64::MAX, 1).unwrap_err().code(), Code::TooLarge);
    }

    #[test]
    fn the_wire_form_is_strict() {
        let read = |text: &str| serde_json::from_str::<Layout>(text);
        assert_eq!(read(r#"{"length":5,"chunk":4,"leaves":2}"#).unwrap(), Layout::new(5, 4).unwrap());
        assert!(read(r#"{"length":5,"chunk":4,"leaves":3}"#).is_err());
        assert!(read(r#"{"length":5,"chunk":4,"leaves":2,"x":0}"#).is_err());
        assert!(read(r#"{"length":5,"chunk":0,"leaves":2}"#).is_err());
        assert!(read(r#"{"length":5,"chunk":4}"#).is_err());
    }

    proptest! {
        /// The chunks lie end to end, cover the file, and each but the last is full.
        #[test]
        fn chunks_tile_the_file(length in 0_u64..5000, chunk in 1_u32..200) {
            let layout = Layout::new(length, chunk).unwrap();
            let mut end = 0;
            for index in 0..layout.leaves() {
                let range = layout.range(index).unwrap();
                prop_assert_eq!(range.start, end);
                prop_assert_eq!(layout.data_len(index).unwrap() as u64, range.end - range.start);
                prop_assert!(index + 1 == layout.leaves() || range.end - range.start == u64::from(chunk));
                prop_assert!(length == 0 || range.end > range.start);
                end = range.end;
            }
            prop_assert_eq!(end, length);
            prop_assert_eq!(layout.range(layout.leaves()), None);
            prop_assert_eq!(layout.sealed_len(u64::MAX), None);
            let text = serde_json::to_string(&layout).unwrap();
            prop_assert_eq!(serde_json::from_str::<Layout>(&text).unwrap(), layout);
        }

        #[test]
        fn no_numbers_make_it_panic(length in any::<u64>(), chunk in any::<u32>(), index in any::<u64>()) {
            if let Ok(layout) = Layout::new(length, chunk) {
                let _ = layout.sealed_len(index);
            }
        }
    }
}
