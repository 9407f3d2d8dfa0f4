//! Choices out of a fuzzer's bytes. When the bytes are used up, every choice is the first one.

/// The bytes that are left.
#[derive(Clone, Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// All of them.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Input(bytes)
    }

    /// Whether none are left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number of two bytes, the high one first.
    pub fn short(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// One of the numbers below `count`, which is at most 256; 0 if there are none.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()).checked_rem(count).unwrap_or(0)
    }

    /// Whether the next byte is odd.
    pub fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    /// The next bytes, their count in front of them as two bytes; fewer if fewer are left.
    pub fn piece(&mut self) -> &'a [u8] {
        let count = usize::from(self.short()).min(self.0.len());
        let (piece, rest) = self.0.split_at(count);
        self.0 = rest;
        piece
    }

    /// Everything that is left.
    #[must_use]
    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}
