//! Numbers for values.

use std::collections::HashMap;
use std::hash::Hash;

/// Values with numbers, by name.
#[derive(Debug)]
pub(crate) struct Interned<T, N = String> {
    numbers: HashMap<N, u32>,
    values: Vec<T>,
}

impl<T, N> Default for Interned<T, N> {
    fn default() -> Self {
        Interned { numbers: HashMap::new(), values: Vec::new() }
    }
}

impl<T: Clone, N: Eq + Hash> Interned<T, N> {
    pub(crate) fn put(&mut self, name: N, value: T) -> u32 {
        let next = u32::try_from(self.values.len()).unwrap();
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.values.push(value);
        }
        number
    }

    /// The number of what is there already.
    #[allow(dead_code, reason = "one of the worlds does not look up")]
    pub(crate) fn number(&self, name: &N) -> u32 {
        self.numbers[name]
    }

    pub(crate) fn get(&self, number: u32) -> &T {
        &self.values[usize::try_from(number).unwrap()]
    }
}
