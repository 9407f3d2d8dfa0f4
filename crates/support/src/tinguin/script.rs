//! Which characters the trusted screen draws, and to which script each belongs.
//!
//! A short list of what is allowed, frozen with this build, instead of a list of what is dangerous:
//! what is not here is shown as its number. So control and format characters, bidi marks, invisible
//! fillers, unusual blanks, private and unassigned characters, digits of other scripts, mathematical
//! and full-width letters, pictograms (a tick or a lock in a seller's name imitates the screen's own
//! signs) never reach the display, and what is shown does not depend on any Unicode version.

/// What a character is, as far as the screen cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Script {
    Arabic,
    Armenian,
    /// Digits, punctuation, signs.
    Common,
    Cyrillic,
    Devanagari,
    /// Chinese, Japanese and Korean writing; drawn two columns wide.
    East,
    Georgian,
    Greek,
    Hebrew,
    Latin,
    /// Stands on the letter before it.
    Mark,
    Thai,
}

use Script::{Arabic, Armenian, Common, Cyrillic, Devanagari, East, Georgian, Greek, Hebrew, Latin, Mark, Thai};

/// First and last of each range, in order. Blocks of the Unicode character database.
const RANGES: &[(u32, u32, Script)] = &[
    (0x20, 0x40, Common),
    (0x41, 0x5a, Latin),
    (0x5b, 0x60, Common),
    (0x61, 0x7a, Latin),
    (0x7b, 0x7e, Common),
    (0xa1, 0xa9, Common),
    (0xaa, 0xaa, Latin),
    (0xab, 0xac, Common),
    (0xae, 0xb9, Common),
    (0xba, 0xba, Latin),
    (0xbb, 0xbf, Common),
    (0xc0, 0xd6, Latin),
    (0xd7, 0xd7, Common),
    (0xd8, 0xf6, Latin),
    (0xf7, 0xf7, Common),
    (0xf8, 0x17f, Latin),
    (0x1a0, 0x1a1, Latin),
    (0x1af, 0x1b0, Latin),
    (0x1cd, 0x1dc, Latin),
    (0x218, 0x21b, Latin),
    (0x300, 0x304, Mark),
    (0x306, 0x30c, Mark),
    (0x323, 0x328, Mark),
    (0x331, 0x331, Mark),
    (0x386, 0x386, Greek),
    (0x388, 0x38a, Greek),
    (0x38c, 0x38c, Greek),
    (0x38e, 0x3a1, Greek),
    (0x3a3, 0x3ce, Greek),
    (0x400, 0x481, Cyrillic),
    (0x48a, 0x52f, Cyrillic),
    (0x531, 0x556, Armenian),
    (0x561, 0x586, Armenian),
    (0x5b0, 0x5bc, Mark),
    (0x5c1, 0x5c2, Mark),
    (0x5d0, 0x5ea, Hebrew),
    (0x620, 0x63f, Arabic),
    (0x641, 0x64a, Arabic),
    (0x64b, 0x652, Mark),
    (0x670, 0x670, Mark),
    (0x671, 0x6d3, Arabic),
    (0x901, 0x903, Mark),
    (0x904, 0x939, Devanagari),
    (0x93e, 0x94d, Mark),
    (0x950, 0x950, Devanagari),
    (0x958, 0x961, Devanagari),
    (0xe01, 0xe30, Thai),
    (0xe31, 0xe31, Mark),
    (0xe32, 0xe33, Thai),
    (0xe34, 0xe3a, Mark),
    (0xe40, 0xe46, Thai),
    (0xe47, 0xe4e, Mark),
    (0x10d0, 0x10fa, Georgian),
    (0x1e00, 0x1e9b, Latin),
    (0x1e9e, 0x1e9e, Latin),
    (0x1ea0, 0x1eff, Latin),
    (0x1f00, 0x1f15, Greek),
    (0x1f18, 0x1f1d, Greek),
    (0x1f20, 0x1f45, Greek),
    (0x2010, 0x2015, Common),
    (0x2018, 0x201f, Common),
    (0x2020, 0x2022, Common),
    (0x2026, 0x2026, Common),
    (0x2030, 0x2030, Common),
    (0x2039, 0x203a, Common),
    (0x20a0, 0x20bf, Common),
    (0x2116, 0x2116, Common),
    (0x2122, 0x2122, Common),
    (0x2190, 0x2193, Common),
    (0x2212, 0x2212, Common),
    (0x2248, 0x2248, Common),
    (0x2260, 0x2260, Common),
    (0x2264, 0x2265, Common),
    (0x3001, 0x3002, East),
    (0x3005, 0x3006, East),
    (0x3008, 0x3011, East),
    (0x3041, 0x3096, East),
    (0x30a1, 0x30fe, East),
    (0x3400, 0x4dbf, East),
    (0x4e00, 0x9fff, East),
    (0xac00, 0xd7a3, East),
];

/// The script of a character that may be drawn; none if it may not.
pub(super) fn script(character: char) -> Option<Script> {
    let number = u32::from(character);
    let after = RANGES.partition_point(|(first, _, _)| *first <= number);
    let (_, last, script) = RANGES.get(after.checked_sub(1)?)?;
    (number <= *last).then_some(*script)
}

/// Columns that a character takes on a terminal.
pub(super) fn columns(character: char) -> usize {
    match script(character) {
        Some(Mark) => 0,
        Some(East) => 2,
        _ => 1,
    }
}

/// Whether the character is written from right to left.
pub(super) fn is_right_to_left(character: char) -> bool {
    matches!(script(character), Some(Arabic | Hebrew))
}

/// Letters of other scripts that are drawn like Latin ones (the common part of Unicode Technical
/// Standard 39's confusables for the scripts above).
const LIKE_LATIN: &str = "АВЕЅІЈКМНОРСТУХԌԛԜаеѕіјорсухһԁԛԝӏкмтвнгьЬүҮп\
                          ΑΒΕΖΗΙΚΜΝΟΡΤΥΧανιοορτυχκγ\
                          օսոհզցՏՕՍ";

/// Whether a letter that is not Latin looks like one that is.
pub(super) fn is_like_latin(character: char) -> bool {
    LIKE_LATIN.contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_in_order_and_apart() {
        assert!(RANGES.iter().all(|(first, last, _)| first <= last));
        assert!(RANGES.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn nothing_invisible_is_drawn() {
        let hidden = [
            '\0',
            '\t',
            '\n',
            '\r',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{2000}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{202f}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fffd}',
            '\u{e000}',
            '\u{e0041}',
            '\u{1d400}',
            '\u{1f512}',
            '\u{2713}',
            '\u{ff21}',
            '\u{660}',
            '\u{966}',
            '\u{338}',
            '\u{2215}',
            '\u{1c3}',
        ];
        for character in hidden {
            assert_eq!(script(character), None, "{character:?}");
        }
        // Whatever the library knows as control or blank, beside the space itself.
        for character in ('\0'..=char::MAX).filter(|c| c.is_control() || c.is_whitespace() && *c != ' ') {
            assert_eq!(script(character), None, "{character:?}");
        }
    }

    #[test]
    fn like_latin_letters_are_drawn_and_not_latin() {
        for character in LIKE_LATIN.chars() {
            assert!(!matches!(script(character), None | Some(Latin | Common | Mark)), "{character:?}");
        }
    }
}
