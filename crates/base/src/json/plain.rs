//! Looks through text for what does not stand for itself in a JSON string, many bytes at a time: most of what is read
//! and written is long and without anything of that kind.

/// How many bytes at the beginning are no control characters, quotes or backslashes; with `ASCII`, and nothing beyond
/// ASCII either.
pub(super) fn plain_length<const ASCII: bool>(bytes: &[u8]) -> usize {
    // Names of members and most words end in the first two steps.
    let (short, ended) = by_eights::<ASCII>(bytes, 2);
    if ended {
        return short;
    }
    let rest = bytes.get(short..).unwrap_or_default();
    let others = |part: &[u8; 32]| part.iter().fold(0, |others, byte| others | other::<ASCII>(*byte));
    let long = rest.as_chunks::<32>().0.iter().take_while(|part| others(part) == 0).count() * 32;
    let (end, _) = by_eights::<ASCII>(rest.get(long..).unwrap_or_default(), usize::MAX);
    short + long + end
}

/// The same in steps of eight bytes, at most so many; and whether what is plain ends there.
fn by_eights<const ASCII: bool>(bytes: &[u8], most: usize) -> (usize, bool) {
    let (eights, rest) = bytes.as_chunks::<8>();
    for (number, eight) in eights.iter().take(most).enumerate() {
        if let Some(at) = first_other::<ASCII>(*eight) {
            return (number * 8 + at, true);
        }
    }
    if eights.len() >= most {
        return (most * 8, false);
    }
    (eights.len() * 8 + rest.iter().take_while(|byte| other::<ASCII>(**byte) == 0).count(), true)
}

/// Not 0 if the byte is not plain. Without a branch.
fn other<const ASCII: bool>(byte: u8) -> u8 {
    let beyond = if ASCII { byte & 0x80 } else { 0 };
    u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\') | beyond
}

/// Which of eight bytes is the first that is not plain.
fn first_other<const ASCII: bool>(eight: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let word = u64::from_le_bytes(eight);
    // The first byte that is marked is marked rightly: a borrow comes from below only.
    let below = |limit: u64, word: u64| word.wrapping_sub(ONES * limit) & !word;
    let (quotes, slashes) = (word ^ (ONES * u64::from(b'"')), word ^ (ONES * u64::from(b'\\')));
    let beyond = if ASCII { word } else { 0 };
    let marks = (below(0x20, word) | below(1, quotes) | below(1, slashes) | beyond) & HIGH;
    (marks != 0).then(|| marks.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_plain_is_counted_right(text in "[ -~]{0,70}[\"\\\\\u{0}-\u{1f}\u{7f}ü]{0,2}[ -~]{0,40}") {
            let plain = |b: &u8| *b >= 0x20 && *b != b'"' && *b != b'\\';
            prop_assert_eq!(plain_length::<false>(text.as_bytes()), text.bytes().take_while(plain).count());
            let ascii = text.bytes().take_while(|b| plain(b) && b.is_ascii()).count();
            prop_assert_eq!(plain_length::<true>(text.as_bytes()), ascii);
        }
    }
}
