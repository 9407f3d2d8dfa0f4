//! A bounded cache in two generations: what was used lately stays, the rest goes all at once.

use std::collections::BTreeMap;

use semper_base::Hash;

/// Keys in one generation. A read key pair takes about a kilobyte, so a full cache takes about two
/// megabytes, which covers the deals that are open at a party at one time.
const GENERATION_KEYS_MAX: usize = 1024;

/// Holds at most two generations. Reading moves an entry to the younger one; when that is full it
/// becomes the older one and the older one is dropped. Every operation is a map operation or two.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    young: BTreeMap<Hash, V>,
    old: BTreeMap<Hash, V>,
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Cache { young: BTreeMap::new(), old: BTreeMap::new() }
    }
}

impl<V: Clone> Cache<V> {
    pub(crate) fn get(&mut self, id: Hash) -> Option<V> {
        if let Some(value) = self.young.get(&id) {
            return Some(value.clone());
        }
        let value = self.old.remove(&id)?;
        self.insert(id, value.clone());
        Some(value)
    }

    pub(crate) fn insert(&mut self, id: Hash, value: V) {
        if self.young.len() >= GENERATION_KEYS_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> Hash {
        Hash::of(&number.to_be_bytes())
    }

    #[test]
    fn stays_within_its_bound_and_keeps_what_is_used() {
        let mut cache = Cache::default();
        cache.insert(id(0), 0);
        for number in 1..5 * GENERATION_KEYS_MAX {
            cache.insert(id(number), number);
            assert_eq!(cache.get(id(number)), Some(number));
            assert_eq!(cache.get(id(0)), Some(0), "used after each, so never dropped");
            assert!(cache.young.len() + cache.old.len() <= 2 * GENERATION_KEYS_MAX);
        }
        assert_eq!(cache.get(id(1)), None, "long unused");
    }
}
