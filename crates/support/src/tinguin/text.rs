//! The text form of a screen: what the terminal prints and what a page without style shows. One
//! function of the screen and the width, so that a transcript can be made again and compared.

use super::dialog::{Dialog, FieldKind, Severity};
use super::neutral::neutralise;
use super::screen::{Language, Level, Line, Screen};
use super::script::columns;

/// Narrowest form; a smaller width is taken as this.
pub const WIDTH_MIN: usize = 24;
/// Widest form; a greater width is taken as this.
pub const WIDTH_MAX: usize = 120;

/// How far continued lines are indented. Nothing that others wrote ever begins in the first column.
const INDENT: &str = "    ";

/// Writes `screen` with lines of at most `width` columns (24 to 120). Nothing is left out: a value that
/// does not fit a line goes on in the next one, indented.
#[must_use]
pub fn to_text(screen: &Screen, width: usize) -> String {
    let mut page = to_read(screen, width);
    page.blank();
    page.paragraph(&format!("[ {} ]", screen.refuse));
    page.paragraph(&format!("[ {} ]", screen.confirm));
    page.text
}

/// A screen without its buttons.
fn to_read(screen: &Screen, width: usize) -> Page {
    let mut page = Page { text: String::new(), width: width.clamp(WIDTH_MIN, WIDTH_MAX) };
    if !screen.may_be_signed() {
        page.paragraph(&screen.frame.translation);
        page.blank();
    }
    page.heading(&screen.title, '=');
    page.paragraph(&screen.intent);
    page.lines(screen, Level::Material, None);
    page.lines(screen, Level::Detail, Some(&screen.frame.detail));
    page.lines(screen, Level::Technical, Some(&screen.frame.technical));
    page.blank();
    page.labelled(&screen.frame.effect, &screen.effect);
    page.labelled(&screen.frame.fingerprint, &screen.fingerprint);
    page
}

/// Writes any dialog, in the same form. What others may have written in it is made harmless here.
#[must_use]
pub fn dialog_to_text(dialog: &Dialog, language: Language, width: usize) -> String {
    let mut page = Page { text: String::new(), width: width.clamp(WIDTH_MIN, WIDTH_MAX) };
    match dialog {
        Dialog::Confirm(screen) => return to_text(screen, width),
        Dialog::Show(screen) => return to_read(screen, width).text,
        Dialog::Choose { question, choices } => {
            page.paragraph(question);
            page.blank();
            for (choice, number) in choices.iter().zip(1_usize..) {
                page.paragraph(&format!("{number}. {}", choice.label));
            }
        }
        Dialog::Form { question, fields } => {
            page.paragraph(question);
            page.blank();
            for field in fields {
                let unit = match field.kind {
                    FieldKind::Amount(currency) => format!(" ({})", currency.as_str()),
                    FieldKind::Count { .. } | FieldKind::Secret | FieldKind::Text { .. } => String::new(),
                };
                let value = if field.value.is_empty() { String::new() } else { format!(" {}", field.value) };
                page.paragraph(&format!("{}{unit}:{value}", field.label));
            }
        }
        Dialog::Message { severity, text } => page.labelled(severity.word(language), text),
        Dialog::Status { text } => page.paragraph(text),
        Dialog::YesNo { question, yes, no } => {
            page.paragraph(question);
            page.blank();
            page.paragraph(&format!("[ {no} ]"));
            page.paragraph(&format!("[ {yes} ]"));
        }
    }
    page.text
}

impl Severity {
    /// How it is called.
    #[must_use]
    pub fn word(self, language: Language) -> &'static str {
        match (self, language) {
            (Severity::Info, Language::En) => "Note",
            (Severity::Info, Language::De) => "Hinweis",
            (Severity::Warning, Language::En) => "Warning",
            (Severity::Warning, Language::De) => "Warnung",
            (Severity::Error, Language::En) => "Error",
            (Severity::Error, Language::De) => "Fehler",
        }
    }
}

struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn heading(&mut self, title: &str, rule: char) {
        self.paragraph(title);
        let width: usize = title.chars().map(columns).sum();
        self.text.extend(std::iter::repeat_n(rule, width.min(self.width)));
        self.blank();
    }

    fn lines(&mut self, screen: &Screen, level: Level, heading: Option<&str>) {
        if screen.lines_of(level).next().is_none() {
            return;
        }
        self.blank();
        if let Some(heading) = heading {
            self.heading(heading, '-');
        }
        for line in screen.lines_of(level) {
            self.line(screen, line);
        }
    }

    fn line(&mut self, screen: &Screen, line: &Line) {
        self.labelled(&line.label, &line.value);
        for caution in &line.cautions {
            self.wrapped(&format!("{INDENT}(!) "), screen.frame.cautions.of(*caution));
        }
    }

    fn labelled(&mut self, label: &str, value: &str) {
        self.wrapped("", &format!("{label}: {value}"));
    }

    fn paragraph(&mut self, text: &str) {
        self.wrapped("", text);
    }

    /// Breaks between words where it can, inside a word where it must. The text was made harmless when
    /// the screen was computed; doing it again changes nothing then, and saves us if it was not.
    fn wrapped(&mut self, lead: &str, text: &str) {
        let text = neutralise(text).text;
        self.text.push_str(lead);
        let mut used: usize = lead.chars().map(columns).sum();
        let mut fresh = true;
        for word in text.split(' ') {
            let length: usize = word.chars().map(columns).sum();
            // Between two spaces is an empty word, before which there must be room for a space as well.
            if !fresh && used + 1 + length > self.width {
                used = self.next_line();
                fresh = true;
            }
            if !fresh {
                self.text.push(' ');
                used += 1;
            }
            used = self.word(word, used);
            fresh = false;
        }
        self.blank();
    }

    fn word(&mut self, word: &str, mut used: usize) -> usize {
        for character in word.chars() {
            if used + columns(character) > self.width {
                used = self.next_line();
            }
            self.text.push(character);
            used += columns(character);
        }
        used
    }

    fn next_line(&mut self) -> usize {
        self.text.push('\n');
        self.text.push_str(INDENT);
        INDENT.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::neutral::Caution;
    use super::super::screen::{CautionWords, Frame};
    use super::super::{KindWord, Language};
    use super::*;
    use proptest::prelude::*;
    use semper_base::Hash;

    fn screen(value: &str) -> Screen {
        let word = |text: &str| text.to_owned();
        Screen {
            kind: KindWord::new("order").unwrap(),
            language: Language::En,
            signed_language: Language::En,
            wording: Hash::of(b"w"),
            payload: Hash::of(b"p"),
            title: word("Order"),
            intent: word("You order."),
            lines: vec![
                Line { label: word("Goods"), value: word(value), level: Level::Material, cautions: vec![] },
                Line { label: word("Key"), value: word("k"), level: Level::Technical, cautions: vec![Caution::Hidden] },
            ],
            effect: word("You owe."),
            confirm: word("Order with obligation to pay 184.90 EUR"),
            refuse: word("Do not order"),
            fingerprint: word("oak lamp river wind"),
            frame: Frame {
                detail: word("Details"),
                technical: word("Technical"),
                effect: word("Effect"),
                fingerprint: word("Fingerprint"),
                translation: word("A translation."),
                cautions: CautionWords {
                    cut: word("cut"),
                    hidden: word("hidden characters"),
                    look_alike: word("look-alike"),
                    right_to_left: word("right to left"),
                },
            },
        }
    }

    #[test]
    fn known_form() {
        let expected = "\
Order
=====
You order.

Goods: Rain jacket

Technical
---------
Key: k
    (!) hidden
    characters

Effect: You owe.
Fingerprint: oak lamp
    river wind

[ Do not order ]
[ Order with obligation
    to pay 184.90 EUR ]
";
        assert_eq!(to_text(&screen("Rain jacket"), 24), expected);
        let mut read = screen("Rain jacket");
        read.language = Language::De;
        assert!(to_text(&read, 24).starts_with("A translation.\n\nOrder\n"));
    }

    #[test]
    fn spaces_at_the_end_of_a_line_make_it_no_longer() {
        let value = format!("{}   b", "a".repeat(WIDTH_MIN - "Goods: ".len()));
        let text = to_text(&screen(&value), WIDTH_MIN);
        assert!(text.lines().all(|line| line.len() <= WIDTH_MIN), "{text}");
    }

    proptest! {
        /// No line is too long, no value begins a line in the first column, nothing is lost.
        #[test]
        fn values_stay_in_their_place(value in "[ -~]{0,200}|\\PC{0,60}|.{0,60}", width in 0_usize..140) {
            let text = to_text(&screen(&value), width);
            let limit = width.clamp(WIDTH_MIN, WIDTH_MAX);
            let known = ["Order", "=====", "You", "Goods:", "Tech", "----", "Key:", "Effect:", "Finger", "["];
            for line in text.lines() {
                prop_assert!(line.chars().map(columns).sum::<usize>() <= limit, "{}", line);
                prop_assert!(line.is_empty() || line.starts_with(INDENT) || known.iter().any(|k| line.starts_with(k)));
            }
            let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let harmless = neutralise(&value).text;
            prop_assert!(squeezed(&to_text(&screen(&harmless), width)).contains(&squeezed(&harmless)));
        }
    }
}
