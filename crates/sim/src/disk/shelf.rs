//! Rows in the order of their keys.

use std::collections::BTreeMap;

use semper_base::Key;

/// The first bytes of a key as numbers: most keys differ in these, and comparing them follows no pointer.
type Head = [u64; 3];

/// An ordered map from keys to rows. Rows whose keys begin alike stand together, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf(BTreeMap<Head, Vec<(Key, Vec<u8>)>>);

/// Orders as the text does; texts that end within the head or are equal there share it.
fn head(text: &str) -> Head {
    let mut bytes = text.as_bytes().chunks(8);
    [0; 3].map(|_: u64| {
        let mut eight = [0; 8];
        eight.iter_mut().zip(bytes.next().unwrap_or_default()).for_each(|(to, from)| *to = *from);
        u64::from_be_bytes(eight)
    })
}

impl Shelf {
    pub(super) fn get(&self, key: &Key) -> Option<&Vec<u8>> {
        let group = self.0.get(&head(&key.0))?;
        let at = group.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        group.get(at).map(|(_, row)| row)
    }

    pub(super) fn contains_key(&self, key: &Key) -> bool {
        self.get(key).is_some()
    }

    /// Sets or removes a row; returns what was there.
    pub(super) fn set(&mut self, key: &Key, row: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let head = head(&key.0);
        let Some(row) = row else {
            let group = self.0.get_mut(&head)?;
            let at = group.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
            let (_, old) = group.remove(at);
            if group.is_empty() {
                self.0.remove(&head);
            }
            return Some(old);
        };
        let group = self.0.entry(head).or_default();
        match group.binary_search_by(|(known, _)| known.cmp(key)) {
            Ok(at) => group.get_mut(at).map(|(_, old)| std::mem::replace(old, row)),
            Err(at) => {
                group.insert(at, (key.clone(), row));
                None
            }
        }
    }

    /// Rows from the first key that is not before `from` on.
    pub(super) fn from(&self, from: &str) -> impl Iterator<Item = (&Key, &Vec<u8>)> {
        let groups = self.0.range(head(from)..);
        groups
            .flat_map(|(_, group)| group.iter().map(|(key, row)| (key, row)))
            .skip_while(move |(key, _)| *key.0 < *from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_an_ordered_map(
            changes in prop::collection::vec(("[a-b\u{0}/]{0,2}(evidence/xid:0123456789)?[a-b\u{0}ü]{0,3}", prop::option::of(0_u8..3)), 0..60),
            from in "[a-b]{0,2}(evidence/xid:0123456789)?[a-b]{0,2}",
        ) {
            let (mut shelf, mut map) = (Shelf::default(), BTreeMap::new());
            for (text, row) in changes {
                let (key, row) = (Key(text), row.map(|row| vec![row]));
                prop_assert_eq!(shelf.get(&key), map.get(&key));
                let old = match row.clone() {
                    Some(row) => map.insert(key.clone(), row),
                    None => map.remove(&key),
                };
                prop_assert_eq!(shelf.set(&key, row), old);
            }
            prop_assert!(shelf.from("").eq(map.iter()));
            prop_assert!(shelf.from(&from).eq(map.range(Key(from.clone())..)));
        }
    }
}
