//! Rows: as the open batch leaves them, and as they were read or committed lately.
//!
//! Nearly every step of a party reads the same few rows: its keys, whom it knows, the machine that a message is
//! for. SQLite looks for a row in two trees on disk pages; here it is found in one in memory. What is kept was
//! committed, and only the one writer changes rows, so that it is never older than the database.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;

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
/// Rows with their keys, in order.
pub(crate) type Rows = Vec<(Key, Vec<u8>)>;

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

    /// Rows below `prefix` after the key `after`, in order.
    fn below<'a>(&'a self, prefix: &'a str, after: Option<&Key>) -> impl Iterator<Item = (&'a Key, &'a Row)> {
        let start = match after.filter(|after| after.0.as_str() >= prefix) {
            Some(after) => Bound::Excluded(after.clone()),
            None => Bound::Included(Key(prefix.to_owned())),
        };
        let rows = self.rows.range((start, Bound::Unbounded)).map(|(key, (row, _))| (key, row));
        rows.take_while(move |(key, _)| key.0.starts_with(prefix))
    }

    /// How many rows below `prefix` are gone: so many more must be read to have enough of those that stand.
    pub(crate) fn gone(&self, prefix: &str, after: Option<&Key>) -> usize {
        self.below(prefix, after).filter(|(_, row)| row.is_none()).count()
    }

    /// The first `limit` rows below `prefix`, of those that the database has, in order, and as this batch leaves
    /// them. Nothing need be written for that: what is written again and again stays one change.
    pub(crate) fn over(&self, stored: Vec<(Key, Vec<u8>)>, prefix: &str, after: Option<&Key>, limit: usize) -> Rows {
        let mut own = self.below(prefix, after).peekable();
        if own.peek().is_none() {
            let mut stored = stored;
            stored.truncate(limit);
            return stored;
        }
        let (mut stored, mut found) = (stored.into_iter().peekable(), Vec::new());
        while found.len() < limit {
            let order = match (own.peek(), stored.peek()) {
                (Some((own, _)), Some((stored, _))) => (*own).cmp(stored),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            if order == Ordering::Greater {
                found.extend(stored.next());
                continue;
            }
            if order == Ordering::Equal {
                stored.next();
            }
            let row = own.next().and_then(|(key, row)| row.clone().map(|row| (key.clone(), row)));
            found.extend(row);
        }
        found
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

/// Short lists that are kept.
const LISTS_MAX: usize = 64;
/// Bytes of the rows of a list that is kept.
const LIST_BYTES_MAX: usize = 8 << 10;

/// Which rows: those below a prefix, at most so many.
type Wanted = (String, usize);

/// Short lists of committed rows, as they were read. The same few are read again and again: whom the party is
/// connected with, what it publishes.
#[derive(Default)]
pub(crate) struct Lists {
    /// By table: what stands before the first slash.
    of: BTreeMap<String, Vec<(Wanted, Rows)>>,
    count: usize,
}

impl std::fmt::Debug for Lists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lists({})", self.count)
    }
}

/// The table that a key belongs to; none of one without.
fn table(key: &str) -> Option<&str> {
    key.split_once('/').map(|(table, _)| table)
}

impl Lists {
    pub(crate) fn get(&self, prefix: &str, limit: usize) -> Option<Rows> {
        let mut lists = self.of.get(table(prefix)?)?.iter();
        let same = |wanted: &Wanted| (&*wanted.0, wanted.1) == (prefix, limit);
        lists.find(|(wanted, _)| same(wanted)).map(|(_, rows)| rows.clone())
    }

    pub(crate) fn put(&mut self, prefix: &str, limit: usize, rows: &Rows) {
        let bytes: usize = rows.iter().map(|(key, row)| key.0.len().saturating_add(row.len())).sum();
        let Some(table) = table(prefix).filter(|_| bytes <= LIST_BYTES_MAX) else { return };
        if self.count >= LISTS_MAX {
            *self = Lists::default();
        }
        let lists = self.of.entry(table.to_owned()).or_default();
        lists.push(((prefix.to_owned(), limit), rows.clone()));
        self.count = self.count.saturating_add(1);
    }

    /// Forgets what a change of this row may have changed.
    fn forget(&mut self, key: &Key) {
        let lists = table(&key.0).and_then(|table| self.of.remove(table));
        self.count = self.count.saturating_sub(lists.map_or(0, |lists| lists.len()));
    }
}

/// Rows that were read or committed lately, in two generations: what is used stays, the rest goes all at once.
#[derive(Default)]
pub(crate) struct Lately {
    young: BTreeMap<Key, Row>,
    old: BTreeMap<Key, Row>,
    /// Of the younger ones.
    bytes: usize,
    pub(crate) lists: Lists,
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
            self.lists.forget(&key);
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
        let mut waited = 0;
        let mut settle = |batch: &mut Batch| {
            let count = |_: &Key, _: &Row| {
                waited += 1;
                Ok::<(), ()>(())
            };
            batch.settle(count).unwrap();
        };
        settle(&mut batch);
        settle(&mut batch);
        assert_eq!(waited, 1);
        lately.take(&mut batch);
        assert_eq!((lately.get(&key(7)), lately.get(&key(8))), (None, Some(None)));
    }

    #[test]
    fn a_list_is_as_the_batch_leaves_it() {
        let stored = |numbers: &[usize]| -> Rows { numbers.iter().map(|number| (key(*number), vec![0])).collect() };
        let numbers = |rows: &Rows| -> Vec<(usize, u8)> {
            let number = |key: &Key| key.0.trim_start_matches("a/").parse::<usize>().unwrap();
            rows.iter().map(|(key, row)| (number(key), row[0])).collect()
        };
        let mut batch = Batch::default();
        assert_eq!(numbers(&batch.over(stored(&[1, 2, 3]), "a/", None, 2)), [(1, 0), (2, 0)]);
        for (number, row) in [(1, None), (2, Some(vec![2])), (4, None), (5, Some(vec![5]))] {
            batch.set(key(number), row);
        }
        batch.set(Key("b/".to_owned()), None);
        assert_eq!((batch.gone("a/", None), batch.gone("a/", Some(&key(1))), batch.gone("b/", None)), (2, 1, 1));
        assert_eq!(numbers(&batch.over(stored(&[1, 2, 3, 4, 6]), "a/", None, 9)), [(2, 2), (3, 0), (5, 5), (6, 0)]);
        assert_eq!(numbers(&batch.over(stored(&[1, 2, 3]), "a/", None, 1)), [(2, 2)]);
        assert_eq!(numbers(&batch.over(stored(&[3, 4, 6]), "a/", Some(&key(2)), 2)), [(3, 0), (5, 5)]);
        assert_eq!(numbers(&batch.over(stored(&[]), "a/", Some(&Key("a".to_owned())), 9)), [(2, 2), (5, 5)]);
    }

    #[test]
    fn lists_are_forgotten_with_any_change_of_their_table_and_there_is_a_bound() {
        let (mut lately, mut batch) = (Lately::default(), Batch::default());
        let rows: Rows = vec![(key(1), vec![1])];
        for prefix in ["a/", "b/", "none"] {
            lately.lists.put(prefix, 4, &rows);
        }
        assert_eq!(lately.lists.get("a/", 4), Some(rows.clone()));
        assert_eq!((lately.lists.get("a/", 5), lately.lists.get("none", 4)), (None, None));
        batch.set(Key("a/x/y".to_owned()), None);
        lately.take(&mut batch);
        assert_eq!((lately.lists.get("a/", 4), lately.lists.get("b/", 4)), (None, Some(rows.clone())));
        lately.lists.put("a/", 4, &vec![(key(1), vec![0; LIST_BYTES_MAX])]);
        assert_eq!(lately.lists.get("a/", 4), None, "too long");
        for number in 0..10 * LISTS_MAX {
            lately.lists.put(&format!("c/{number}"), 4, &rows);
            assert!(lately.lists.of.values().map(Vec::len).sum::<usize>() <= LISTS_MAX);
        }
    }
}
