//! Texts from feeds: one line, or running text without markup.

use semper_base::Hash;
use semper_base::limits::{PRODUCT_DESCRIPTION_BYTES_MAX, PRODUCT_ID_CHARS_MAX};
use semper_commerce::process::product::is_plain;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// As much of a running text with its markup is looked at.
const MARKUP_BYTES_MAX: usize = 64 << 10;
/// As much of one tag is looked at.
const TAG_BYTES_MAX: usize = 1024;

/// A text in one line, in normal form C. The error is the first character that cannot be seen or that
/// turns the direction of others.
pub(crate) fn line(text: &str) -> Result<String, char> {
    let text: String = text.nfc().collect();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().find(|c| !is_plain(*c)) {
        Some(hidden) => Err(hidden),
        None => Ok(line),
    }
}

/// Running text: markup goes, blocks become lines, what cannot be seen is dropped, and what is longer
/// than a description may be is cut.
pub(crate) fn running(text: &str) -> String {
    let text = text.get(..text.floor_char_boundary(MARKUP_BYTES_MAX)).unwrap_or_default();
    let text = if text.contains(['<', '&']) { without_markup(text) } else { text.to_owned() };
    let mut lines: Vec<String> = Vec::new();
    for line in text.split(['\n', '\r']) {
        let plain = line.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| is_plain(*c));
        // Normal form last: what is dropped may have stood between a letter and its accent.
        let plain: String = plain.nfc().collect();
        let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        // At most one empty line between others.
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    let text = lines.join("\n");
    let text = text.trim();
    if text.len() <= PRODUCT_DESCRIPTION_BYTES_MAX {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(PRODUCT_DESCRIPTION_BYTES_MAX - '…'.len_utf8());
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// Elements that begin a line of their own.
const BLOCKS: [&str; 22] = [
    "address",
    "article",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "ol",
    "p",
    "section",
    "table",
    "td",
    "tr",
    "ul",
];

/// Reads HTML as text. Nothing of it is kept but characters: what looks like a tag goes, whether or not
/// it is one.
fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        rest = if rest.starts_with('<') { tag(rest, &mut text) } else { entity(rest, &mut text) };
    }
    text.push_str(rest);
    text
}

/// Reads a tag; returns what comes after it.
fn tag<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let after = rest.get(1..).unwrap_or_default();
    if let Some(comment) = after.strip_prefix("!--") {
        return comment.find("-->").and_then(|at| comment.get(at + 3..)).unwrap_or_default();
    }
    let name: String = after.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
    if name.is_empty() && !after.starts_with(['!', '?', '/']) {
        // A sign of comparison.
        text.push('<');
        return after;
    }
    let name = name.to_ascii_lowercase();
    let Some(end) = end_of_tag(after) else { return "" };
    let rest = after.get(end + 1..).unwrap_or_default();
    if matches!(name.as_str(), "script" | "style") && !after.starts_with('/') {
        let closes =
            |at: &usize| rest.get(at + 2..at + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(&name));
        let close = rest.match_indices("</").map(|(at, _)| at).find(closes);
        return close.and_then(|at| rest.get(at..)).unwrap_or_default();
    }
    if name == "li" && !after.starts_with('/') {
        text.push_str("\n- ");
    } else if BLOCKS.contains(&name.as_str()) {
        text.push('\n');
    }
    rest
}

/// Where a tag ends: the first `>` that is not within quotes. A tag is not longer than what is looked at.
fn end_of_tag(tag: &str) -> Option<usize> {
    let tag = tag.get(..tag.floor_char_boundary(TAG_BYTES_MAX)).unwrap_or_default();
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    // A quote that nothing closes: the first `>` then.
    tag.find('>')
}

const ENTITIES: [(&str, &str); 24] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("euro", "€"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("bull", "•"),
    ("rsquo", "’"),
    ("lsquo", "‘"),
    ("ldquo", "“"),
    ("rdquo", "”"),
];

/// Reads a character reference; returns what comes after it.
fn entity<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let after = rest.get(1..).unwrap_or_default();
    let name: String = after.chars().take(12).take_while(|c| c.is_ascii_alphanumeric() || *c == '#').collect();
    let Some(end) = after.get(name.len()..).and_then(|tail| tail.strip_prefix(';')) else {
        text.push('&');
        return after;
    };
    match reference(&name) {
        Some(character) => text.push_str(&character),
        None => text.push(' '),
    }
    end
}

/// What `&name;` stands for.
pub(crate) fn reference(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).map(String::from);
    }
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
}

/// An id of small letters, digits and dashes from any text: the same at every import. What would be too
/// long ends with a part of its hash; what has no letters at all is its hash. White space does not count.
pub(crate) fn slug(text: &str) -> String {
    let text: String = text.nfc().collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut slug = String::new();
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' => slug.push_str("ss"),
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_end_matches('-');
    if !slug.is_empty() && slug.len() <= PRODUCT_ID_CHARS_MAX {
        return slug.to_owned();
    }
    let hash = Hash::tagged("semper-product-id/1", text.as_bytes()).hex();
    let hash = hash.get(..10).unwrap_or_default();
    if slug.is_empty() {
        return format!("p-{hash}");
    }
    format!("{}-{hash}", slug.get(..PRODUCT_ID_CHARS_MAX - 11).unwrap_or_default().trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        let html = "<p>Tea &amp; <b>biscuits</b></p><ul><li>one<li>two</ul><script>alert('x')</script>3 < 4 &euro;&#x41;&nope;<br>\
                    <a href=\"x>y\">z</a><!-- gone --><img src=x onerror=alert(1)>";
        assert_eq!(running(html), "Tea & biscuits\n\n- one\n- two\n3 < 4 €A\nz");
        assert_eq!(running("e\u{200b}\u{301}"), "é", "normal form C");
        assert_eq!(running("a\u{202e}b\u{0}c\r\n\r\n\r\nd\te"), "abc\n\nd e");
        for hostile in ["<", "&", "<a", "<!--", "<script>", "<<<<", "&#xffffffff;", "&#0;", "</", "<a href='", "&amp"] {
            let _ = running(hostile);
        }
        assert!(running(&"ä".repeat(9000)).len() <= PRODUCT_DESCRIPTION_BYTES_MAX);
    }

    #[test]
    fn ids_are_plain_and_stable() {
        assert_eq!(slug("Assam Tea, 250 g"), "assam-tea-250-g");
        assert_eq!(slug("Grüße/Öl_Ø"), "grusse-ol");
        assert_eq!(slug("--A--"), "a");
        assert_eq!(slug("茶"), slug(" 茶\u{a0}"));
        assert_ne!(slug("茶"), slug("酒"));
        let long = slug(&"very long name ".repeat(20));
        assert!(long.len() <= PRODUCT_ID_CHARS_MAX, "{long}");
        assert_ne!(long, slug(&"very long name ".repeat(21)));
    }

    #[test]
    fn a_line_holds_nothing_unseen() {
        assert_eq!(line("  a \u{a0} b\n c ").as_deref(), Ok("a b c"));
        assert_eq!(line("e\u{301}").as_deref(), Ok("é"));
        assert_eq!(line("a\u{202e}b"), Err('\u{202e}'));
        assert_eq!(line("a\u{0}b"), Err('\u{0}'));
    }
}
