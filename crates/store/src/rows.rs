//! Rows: as the open batch leaves them, and as they were read or committed lately.
//!
//! Nearly every step of a party reads the same few rows: its keys, whom it knows, the machine that a message is
//! for. SQLite looks for a row in two trees on disk pages; here it is found in one in memory. What is kept was
//! committed, and only the one writer changes rows, so that it is never older than the database.

use std::collections::BTreeMap;

use semper_base::Key;

/// Rows that one batch keeps in memory, at most: beyond that they go to the database and are forgotten.
const BATCH_ROWS_MAX: usize = 4096;
/// Bytes of rows in one of the two generations of [`Lately`].
const GENERATION_BYTES_MAX: usize = 1 << 20;
/// A longer row is not kept: few are, and they are read seldom.
const KEPT_BYTES_MAX: usize = 64 << 10;
/// What a row takes besides its bytes, about.
const ROW_BYTES: usize = 128;

/// A row's value, or that there is none.
pub(crate) type Row = Option<Vec<u8>>;

/// Rows as an open batch leaves them. They go to the database together: what is written again and again is one
/// change, and neighbours meet on one page.
#[derive(Default)]
pub(crate) struct Batch {
    /// Each with whether the database has it already.
    rows: BTreeMap<Key, (Row, bool)>,
    /// There were too many: some are in the database and not here.
    pub(crate) spilt: bool,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Batch({} rows)", self.rows.len())
    }
}

impl Batch {
    pub(crate) fn get(&self, key: &Key) -> Option<Row> {
        self.rows.get(key).map(|(row, _)| row.clone())
    }

    pub(crate) fn set(&mut self, key: Key, row: Row) {
        self.rows.insert(key, (row, false));
    }

    /// Whether rows below `prefix` wait for their way into the database.
    pub(crate) fn waits(&self, prefix: &str) -> bool {
        let below = self.rows.range(Key(prefix.to_owned())..).take_while(|(key, _)| key.0.starts_with(prefix));
        below.into_iter().any(|(_, (_, written))| !written)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() > BATCH_ROWS_MAX
    }

    /// Hands what waits to `write`, in the order of keys. If that fails all of it waits on, so that no half is ever
    /// taken for all.
    pub(crate) fn settle<E>(&mut self, mut write: impl FnMut(&Key, &Row) -> Result<(), E>) -> Result<(), E> {
        for (key, (row, _)) in self.rows.iter().filter(|(_, (_, written))| !written) {
            write(key, row)?;
        }
        if self.is_full() {
            self.rows.clear();
            self.spilt = true;
        }
        for (_, written) in self.rows.values_mut() {
            *written = true;
        }
        Ok(())
    }
}

/// Rows that were read or committed lately, in two generations: what is used stays, the rest goes all at once.
#[derive(Default)]
pub(crate) struct Lately {
    young: BTreeMap<Key, Row>,
    old: BTreeMap<Key, Row>,
    /// Of the younger ones.
    bytes: usize,
}

impl std::fmt::Debug for Lately {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lately({} rows)", self.young.len().saturating_add(self.old.len()))
    }
}

impl Lately {
    /// The row, if it is known here.
    pub(crate) fn get(&mut self, key: &Key) -> Option<Row> {
        if let Some(row) = self.young.get(key) {
            return Some(row.clone());
        }
        let (key, row) = self.old.remove_entry(key)?;
        let found = row.clone();
        self.put(key, row);
        Some(found)
    }

    pub(crate) fn put(&mut self, key: Key, row: Row) {
        let bytes = row.as_ref().map_or(0, Vec::len).saturating_add(key.0.len());
        if bytes > KEPT_BYTES_MAX {
            self.young.remove(&key);
            self.old.remove(&key);
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes).saturating_add(ROW_BYTES);
        if self.bytes > GENERATION_BYTES_MAX {
            self.old = std::mem::take(&mut self.young);
            self.bytes = bytes;
        }
        self.young.insert(key, row);
    }

    /// Takes the rows of a batch that is committed.
    pub(crate) fn take(&mut self, batch: &mut Batch) {
        if batch.spilt {
            *self = Lately::default();
        }
        for (key, (row, _)) in std::mem::take(&mut batch.rows) {
            self.put(key, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        Key(format!("a/{number:08}"))
    }

    #[test]
    fn stays_within_its_bound_and_never_shows_what_was_before() {
        let mut lately = Lately::default();
        for number in 0..20_000 {
            lately.put(key(number), Some(vec![1; 300]));
            lately.put(key(0), Some(number.to_be_bytes().to_vec()));
            if number % 3 == 0 {
                assert_eq!(lately.get(&key(0)), Some(Some(number.to_be_bytes().to_vec())));
            }
            let bytes = |rows: &BTreeMap<Key, Row>| rows.values().flatten().map(Vec::len).sum::<usize>();
            assert!(bytes(&lately.young) <= GENERATION_BYTES_MAX && bytes(&lately.old) <= GENERATION_BYTES_MAX);
        }
        assert_eq!(lately.get(&key(1)), None, "long unused");
        lately.put(key(0), Some(vec![0; KEPT_BYTES_MAX]));
        assert_eq!(lately.get(&key(0)), None, "too long to keep, and what stood there before is gone");
        lately.put(key(2), None);
        assert_eq!(lately.get(&key(2)), Some(None), "that there is none is known as well");
    }

    #[test]
    fn a_batch_that_spilt_leaves_nothing_behind() {
        let (mut lately, mut batch) = (Lately::default(), Batch::default());
        lately.put(key(7), Some(vec![1]));
        for number in 0..=BATCH_ROWS_MAX {
            batch.set(key(number), Some(vec![2]));
        }
        let mut written = 0;
        let count = |_: &Key, _: &Row| {
            written += 1;
            Ok::<(), ()>(())
        };
        batch.settle(count).unwrap();
        assert_eq!((written, batch.spilt, batch.get(&key(7))), (BATCH_ROWS_MAX + 1, true, None));
        batch.set(key(8), None);
        assert!(batch.waits("a/") && !batch.waits("b/"));
        batch.settle(|_, _| Ok::<(), ()>(())).unwrap();
        assert!(!batch.waits("a/"));
        lately.take(&mut batch);
        assert_eq!((lately.get(&key(7)), lately.get(&key(8))), (None, Some(None)));
    }
}
