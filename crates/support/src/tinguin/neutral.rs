//! Text that somebody else wrote, made harmless and honest before it is shown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use semper_base::Hash;
use serde::{Deserialize, Serialize};

use super::script::{self, Script};

/// Marks on one letter; more of them paint over other lines.
const MARKS_MAX: usize = 3;
/// Blanks in a row; more of them push the rest out of view.
const BLANKS_MAX: usize = 2;

/// What is odd about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caution {
    /// It is longer than what is shown.
    Cut,
    /// It has characters that would not be seen, or would disturb what is seen; they are shown by number.
    Hidden,
    /// It has a word that mixes scripts, or one of another script that looks like Latin letters.
    LookAlike,
    /// It has letters written from right to left; neighbours may stand in another order than they are read.
    RightToLeft,
}

/// A text that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neutral {
    /// One line of drawable characters.
    pub text: String,
    /// What is odd about it.
    pub cautions: BTreeSet<Caution>,
}

/// Makes a text harmless: every character that the screen does not draw becomes `\u{…}` with its
/// number (hexadecimal), and so do blanks at either end, a third blank in a row, and marks without a
/// letter or beyond the third. The result is one line and does not change if it is neutralised again.
#[must_use]
pub fn neutralise(text: &str) -> Neutral {
    let mut shown = String::with_capacity(text.len());
    let (mut blanks, mut marks, mut on_letter) = (0_usize, 0_usize, false);
    let end = text.trim_end_matches(' ').len();
    for (at, character) in text.char_indices() {
        let found = script::script(character);
        blanks = if character == ' ' { blanks + 1 } else { 0 };
        marks = if found == Some(Script::Mark) { marks + 1 } else { 0 };
        let fits = match found {
            None => false,
            Some(Script::Mark) => on_letter && marks <= MARKS_MAX,
            Some(_) if character == ' ' => at > 0 && at < end && blanks <= BLANKS_MAX,
            Some(_) => true,
        };
        if found != Some(Script::Mark) {
            on_letter = !matches!(found, None | Some(Script::Common));
        }
        if fits { shown.push(character) } else { push_escape(&mut shown, character) }
    }
    let mut cautions = BTreeSet::new();
    if shown != text {
        cautions.insert(Caution::Hidden);
    }
    if text.chars().any(script::is_right_to_left) {
        cautions.insert(Caution::RightToLeft);
    }
    if words(text).any(looks_alike) {
        cautions.insert(Caution::LookAlike);
    }
    Neutral { text: shown, cautions }
}

/// Like [`neutralise`], but shows at most `chars_max` characters of the text, and then how many there
/// are and the SHA-256 of all of it.
#[must_use]
pub fn neutralise_cut(text: &str, chars_max: usize) -> Neutral {
    let all = text.chars().count();
    if all <= chars_max {
        return neutralise(text);
    }
    let head: String = text.chars().take(chars_max).collect();
    let mut neutral = neutralise(&head);
    // What is odd in the part that is not shown is odd all the same.
    neutral.cautions.extend(neutralise(text).cautions);
    neutral.cautions.insert(Caution::Cut);
    let _ = write!(neutral.text, " […] ({chars_max}/{all}, SHA-256 {})", Hash::of(text.as_bytes()));
    neutral
}

/// A text for the inside of a sentence: neutralised, at most `chars_max` characters of it, without
/// quotation marks of its own and without letters that change the order of their neighbours.
#[must_use]
pub fn neutralise_inline(text: &str, chars_max: usize) -> String {
    let mut shown = String::new();
    let neutral = neutralise(text).text;
    for character in neutral.chars().take(chars_max) {
        let quotes = matches!(character, '"' | '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201f}' | '\u{2039}' | '\u{203a}');
        if quotes || script::is_right_to_left(character) {
            push_escape(&mut shown, character);
        } else {
            shown.push(character);
        }
    }
    if neutral.chars().count() > chars_max {
        shown.push('…');
    }
    shown
}

fn push_escape(text: &mut String, character: char) {
    let _ = write!(text, "\\u{{{:X}}}", u32::from(character));
}

/// Runs of letters, digits and marks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| match script::script(c) {
        None => true,
        Some(Script::Common) => !c.is_ascii_digit(),
        Some(_) => false,
    };
    text.split(between).filter(|word| !word.is_empty())
}

fn looks_alike(word: &str) -> bool {
    let letters = || word.chars().filter(|c| !matches!(script::script(*c), None | Some(Script::Common | Script::Mark)));
    let scripts: BTreeSet<Option<Script>> = letters().map(script::script).collect();
    scripts.len() > 1 || letters().next().is_some() && letters().all(script::is_like_latin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        neutralise(text).text
    }

    fn cautions(text: &str) -> Vec<Caution> {
        neutralise(text).cautions.into_iter().collect()
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in
            ["Regenjacke, grün, Größe M", "L’été à 5 °C", "Київ", "東京タワー", "O'Brien & Söhne GmbH", "", "a  b"]
        {
            assert_eq!((shown(text), cautions(text)), (text.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_shown_by_number() {
        assert_eq!(shown("pay \u{202e}00.1\u{202c} EUR"), "pay \\u{202E}00.1\\u{202C} EUR");
        assert_eq!(shown("a\nAmount: 0.01 EUR"), "a\\u{A}Amount: 0.01 EUR");
        assert_eq!(shown("\u{1b}[2Jgone"), "\\u{1B}[2Jgone");
        assert_eq!(shown("Otto\u{200b}"), "Otto\\u{200B}");
        assert_eq!(shown("a    b"), "a  \\u{20}\\u{20}b");
        assert_eq!((shown(" a"), shown("a ")), ("\\u{20}a".into(), "a\\u{20}".into()));
        assert_eq!(shown("1\u{308}"), "1\\u{308}");
        assert_eq!(shown("q\u{308}\u{308}\u{308}\u{308}"), "q\u{308}\u{308}\u{308}\\u{308}");
        assert_eq!(shown("\u{2714} verified"), "\\u{2714} verified");
        assert_eq!(cautions("a\0"), [Caution::Hidden]);
        // Markup is text like any other; whoever writes a page escapes it there.
        assert_eq!(shown("<b onclick=x>&amp;</b>"), "<b onclick=x>&amp;</b>");
    }

    #[test]
    fn look_alikes_are_marked() {
        for text in
            ["P\u{430}ypal", "\u{440}\u{430}\u{443}\u{440}\u{430}\u{4cf}", "Οtto", "Shop \u{421}\u{41e}\u{41e}\u{420}"]
        {
            assert_eq!(cautions(text), [Caution::LookAlike], "{text}");
        }
        for text in ["Otto", "Магазин Otto", "Александр", "Ελληνικά", "日本のラーメン"] {
            assert_eq!(cautions(text), [], "{text}");
        }
        assert_eq!(cautions("שלום"), [Caution::RightToLeft]);
    }

    #[test]
    fn long_text_is_cut_where_everybody_sees_it() {
        let cut = neutralise_cut("abcdef", 4);
        assert_eq!(cut.text, format!("abcd […] (4/6, SHA-256 {})", Hash::of(b"abcdef")));
        assert_eq!(cut.cautions, BTreeSet::from([Caution::Cut]));
        let tail = neutralise_cut("abcdef\u{202e}", 4);
        assert!(tail.cautions.contains(&Caution::Hidden));
        assert_eq!(neutralise_cut("abcd", 4).text, "abcd");
    }

    #[test]
    fn inside_a_sentence_nothing_ends_the_quotation() {
        assert_eq!(neutralise_inline("x” to “y", 20), "x\\u{201D} to \\u{201C}y");
        assert_eq!(neutralise_inline("\u{5d0}1", 20), "\\u{5D0}1");
        assert_eq!(neutralise_inline("abcdef", 3), "abc…");
    }

    proptest! {
        #[test]
        fn only_drawable_characters_remain(text in any::<String>()) {
            let once = neutralise(&text).text;
            prop_assert!(once.chars().all(|c| script::script(c).is_some()));
            prop_assert_eq!(&neutralise(&once).text, &once);
            prop_assert!(neutralise_cut(&text, 10).text.chars().all(|c| script::script(c).is_some()));
            prop_assert!(!neutralise_inline(&text, 10).contains(['"', '“', '”', '„']));
        }
    }
}
