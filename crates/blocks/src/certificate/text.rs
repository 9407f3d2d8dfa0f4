//! What names, host names and addresses in a certificate may look like. A name is shown on the
//! trusted screen beside a button that costs money, so it must not be able to lie by invisible or
//! reordering characters.

use semper_base::limits::{CERTIFICATE_NAME_CHARS_MAX, URI_BYTES_MAX};
use semper_base::{Code, Violation};
use unicode_normalization::is_nfc;

/// Ranges that are invisible, reorder text, or have no agreed look: soft hyphen, grapheme joiner,
/// Arabic letter mark, Hangul fillers, Mongolian separators, zero-width and bidirectional controls,
/// line and paragraph separators, private use, variation selectors, specials, tags.
const HIDDEN: [(char, char); 18] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{ffff}'),
    ('\u{e0000}', '\u{10ffff}'),
];

fn wrong(field: &'static str) -> Violation {
    Violation::new(Code::FieldWrong, field)
}

/// A display name: 1 to 64 characters (the bound of RFC 5280 appendix A), normal form C, no control,
/// invisible or direction-changing characters, the ASCII space alone as a blank and never at an end.
pub(super) fn check_name(name: &str) -> Result<(), Violation> {
    let hidden = |c: char| HIDDEN.iter().any(|(from, to)| (*from..=*to).contains(&c));
    let refused = |c: char| c.is_control() || hidden(c) || (c.is_whitespace() && c != ' ');
    let blanks = name.starts_with(' ') || name.ends_with(' ') || name.contains("  ");
    let length = name.chars().take(CERTIFICATE_NAME_CHARS_MAX + 1).count();
    if length == 0 || length > CERTIFICATE_NAME_CHARS_MAX || blanks || name.chars().any(refused) || !is_nfc(name) {
        return Err(wrong("name"));
    }
    Ok(())
}

/// An organisation identifier like `VATDE-123456789` or `LEIXG-5299...` (ETSI EN 319 412-1 section
/// 5.1.4): three letters of scheme, two of country, a hyphen, then the reference; ASCII, at most 64.
pub(super) fn check_organisation(id: &str) -> Result<(), Violation> {
    let (scheme, reference) = id.split_once('-').ok_or_else(|| wrong("organisation"))?;
    let scheme_fits = scheme.len() == 5 && scheme.bytes().all(|b| b.is_ascii_uppercase());
    let reference_fits = !reference.is_empty() && reference.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    if id.len() > CERTIFICATE_NAME_CHARS_MAX || !scheme_fits || !reference_fits {
        return Err(wrong("organisation"));
    }
    Ok(())
}

/// A host name in lower case (RFC 5280 section 4.2.1.6, RFC 1123): labels of letters, digits and
/// inner hyphens, no wildcard, no final dot; the last label is not a number, so no IP address.
pub(super) fn check_dns(name: &str) -> Result<(), Violation> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let label = |label: &str| {
        let fits = !label.is_empty() && label.len() <= 63 && label.bytes().all(inner);
        fits && !label.starts_with('-') && !label.ends_with('-')
    };
    let number = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if name.len() > 253 || number || !name.split('.').all(label) {
        return Err(wrong("dns"));
    }
    Ok(())
}

/// An `http` or `https` address of visible ASCII, without the characters that RFC 3986 excludes.
pub(super) fn check_uri(uri: &str, field: &'static str) -> Result<(), Violation> {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"));
    let fits = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b);
    if uri.len() > URI_BYTES_MAX || !rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(fits)) {
        return Err(wrong(field));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_hide_anything() {
        for good in ["Bank of Two", "Café Zoë", "株式会社", "O'Neill & Söhne"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        let long = "a".repeat(65);
        for bad in [
            "",
            " a",
            "a ",
            "a  b",
            "a\u{a0}b",
            "a\nb",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{2066}b",
            "a\u{7f}b",
            "a\u{ad}b",
            "e\u{301}",
            "a\u{feff}",
            "a\u{e0041}",
            "a\u{f8ff}",
            "\u{3164}",
            &long,
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert!(check_name(&"é".repeat(64)).is_ok());
    }

    #[test]
    fn hosts_and_addresses() {
        for good in ["localhost", "shop-a.localhost", "a.b.example"] {
            assert!(check_dns(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "a.", "*.a", "A.b", "-a.b", "a-.b", "a..b", "a_b", "127.0.0.1", "ä.de"] {
            assert!(check_dns(bad).is_err(), "{bad}");
        }
        assert!(check_uri("https://ca.localhost/terms?v=1", "uri").is_ok());
        for bad in ["", "https://", "ftp://a", "https://a b", "https://a\"b", "https://ä"] {
            assert!(check_uri(bad, "uri").is_err(), "{bad}");
        }
        assert!(check_organisation("VATDE-123456789").is_ok());
        for bad in ["", "VATDE", "VATDE-", "vatde-1", "VATD-1", "VATDE-1 2"] {
            assert!(check_organisation(bad).is_err(), "{bad}");
        }
    }
}
