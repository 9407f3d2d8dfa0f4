//! Prices as people and programs write them.

use semper_base::{Amount, Currency};

/// Why a text is no price.
pub(crate) struct Wrong {
    pub(crate) what: String,
    pub(crate) fix: &'static str,
}

fn wrong<T>(what: impl Into<String>, fix: &'static str) -> Result<T, Wrong> {
    Err(Wrong { what: what.into(), fix })
}

const WRITE_SO: &str = "Write a number with a point and a currency, such as 19.90 EUR";

/// Signs and words of currencies.
const SIGNS: [(&str, &str); 6] =
    [("€", "EUR"), ("$", "USD"), ("£", "GBP"), ("¥", "JPY"), ("Fr.", "CHF"), ("kr", "SEK")];

/// Reads `19.90 EUR`, `EUR 19,90`, `€1,299.00`, `1.299,00 €`, `19`. What can be read in two ways is not read.
pub(crate) fn price(text: &str, default: Currency) -> Result<Amount, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return wrong("there is no price", WRITE_SO);
    }
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return wrong("this is not a price", WRITE_SO);
    }
    let (number, currency) = parts(text, default)?;
    if number.starts_with('-') {
        return wrong("the price is negative", "Write what the buyer pays");
    }
    let minor = minor(&number, currency)?;
    if minor == 0 {
        return wrong("the price is zero", "Write what the buyer pays; what is free cannot be sold here");
    }
    Amount::new(minor, currency).or_else(|_| wrong("the price is larger than any amount here", WRITE_SO))
}

/// The digits and the currency.
fn parts(text: &str, default: Currency) -> Result<(String, Currency), Wrong> {
    let mut number = text.to_owned();
    let mut currency = None;
    for (sign, code) in SIGNS {
        if let Some(rest) = number.strip_prefix(sign).or_else(|| number.strip_suffix(sign)) {
            (number, currency) = (rest.trim().to_owned(), Currency::parse(code).ok());
            break;
        }
    }
    let is_word = |c: char| c.is_alphabetic();
    let word: String = number.chars().filter(|c| is_word(*c)).collect();
    if !word.is_empty() {
        let bare = number.trim_start_matches(is_word).trim_end_matches(is_word).trim();
        let named = Currency::parse(&word.to_uppercase()).ok();
        let (Some(named), None) = (named, currency) else {
            return wrong(format!("{word} is no currency that is known here"), "Write EUR, CHF, GBP, USD, SEK or JPY");
        };
        (number, currency) = (bare.to_owned(), Some(named));
    }
    Ok((number, currency.unwrap_or(default)))
}

fn minor(number: &str, currency: Currency) -> Result<u64, Wrong> {
    let compact: String =
        number.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}')).collect();
    if compact.is_empty() || !compact.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')) {
        return wrong("this is not a price", WRITE_SO);
    }
    let exponent = usize::from(currency.exponent());
    let (whole, fraction) = match compact.rfind(['.', ',']) {
        None => (compact.as_str(), ""),
        Some(at) => {
            let (whole, rest) = compact.split_at(at);
            let fraction = rest.get(1..).unwrap_or_default();
            let mark = rest.chars().next().unwrap_or('.');
            if whole.contains(mark) || fraction.len() == 3 && !whole.contains(['.', ',']) {
                // 1.299.000 has groups of thousands only; 1,299 may be one or the other.
                if !whole.contains(mark) || whole.contains(if mark == '.' { ',' } else { '.' }) {
                    return wrong("this can be read as thousands or as decimals", WRITE_SO);
                }
                (compact.as_str(), "")
            } else {
                (whole, fraction)
            }
        }
    };
    if !grouped(whole) {
        return wrong("the groups of digits are not of three", WRITE_SO);
    }
    let (kept, dropped) = fraction.split_at(fraction.len().min(exponent));
    if dropped.bytes().any(|b| b != b'0') {
        return wrong(format!("{currency} has {exponent} decimal places"), "Round it");
    }
    let digits: String = whole.chars().filter(char::is_ascii_digit).chain(kept.chars()).collect();
    let padded = format!("{digits:0<width$}", width = digits.len() + exponent - kept.len());
    padded.parse().or_else(|_| wrong("the price is larger than any amount here", WRITE_SO))
}

/// Digits, perhaps in groups of three after the first.
fn grouped(whole: &str) -> bool {
    let mut groups = whole.split(['.', ',']);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    (!first.is_empty() || rest.is_empty()) && (rest.is_empty() || first.len() <= 3) && rest.iter().all(|g| g.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        price(text, Currency::EUR).ok().map(|amount| amount.to_string())
    }

    #[test]
    fn prices_as_people_write_them() {
        for (text, expected) in [
            ("19.90", "19.90 EUR"),
            ("19,90", "19.90 EUR"),
            ("19.9", "19.90 EUR"),
            ("19", "19.00 EUR"),
            ("19.90 EUR", "19.90 EUR"),
            ("EUR19.90", "19.90 EUR"),
            ("usd 5", "5.00 USD"),
            ("€1,299.00", "1299.00 EUR"),
            ("1.299,00 €", "1299.00 EUR"),
            ("1 299,00", "1299.00 EUR"),
            ("1'299.00 CHF", "1299.00 CHF"),
            ("1,299,000.00", "1299000.00 EUR"),
            ("1.299.000", "1299000.00 EUR"),
            ("$4", "4.00 USD"),
            ("¥500", "500 JPY"),
            ("19.900", "(wrong)"),
            ("1,299", "(wrong)"),
            ("0.5", "0.50 EUR"),
            (".5", "0.50 EUR"),
            ("19.9000 EUR", "19.90 EUR"),
        ] {
            assert_eq!(read(text).unwrap_or("(wrong)".to_owned()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_price() {
        for text in [
            "",
            "0",
            "0.00",
            "-1",
            "free",
            "from 19.90",
            "19.90 XYZ",
            "1,2,3",
            "12.34.56",
            "19.901",
            "19.90.90",
            "€5 USD",
            "99999999999999999999",
            "1.2,3.4",
            "٣",
            "NaN",
            "1e3",
            "--5",
            "5-",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
