//! Times as people read them.

use semper_base::Timestamp;

use super::Language;

/// A time for a `<time>` element. What is not a time is shown as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// As machines read it (RFC 3339, UTC).
    pub iso: String,
    /// As people read it, to the minute, in UTC.
    pub text: String,
}

impl When {
    /// Reads RFC 3339 in UTC, as the commands write it.
    #[must_use]
    pub fn new(language: Language, iso: &str) -> Self {
        let text = Timestamp::parse(iso).and_then(|_| written(language, iso));
        When { iso: iso.to_owned(), text: text.unwrap_or_else(|| iso.to_owned()) }
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("January", "Januar"),
    ("February", "Februar"),
    ("March", "März"),
    ("April", "April"),
    ("May", "Mai"),
    ("June", "Juni"),
    ("July", "Juli"),
    ("August", "August"),
    ("September", "September"),
    ("October", "Oktober"),
    ("November", "November"),
    ("December", "Dezember"),
];

fn written(language: Language, iso: &str) -> Option<String> {
    let (year, month, day) = (iso.get(..4)?, iso.get(5..7)?, iso.get(8..10)?.trim_start_matches('0'));
    let time = iso.get(11..16)?;
    let names = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(match language {
        Language::En => format!("{day} {} {year}, {time} UTC", names.0),
        Language::De => format!("{day}. {} {year}, {time} UTC", names.1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_the_minute() {
        let text = |language, iso| When::new(language, iso).text;
        assert_eq!(text(Language::En, "2026-11-02T04:06:00.000Z"), "2 November 2026, 04:06 UTC");
        assert_eq!(text(Language::De, "2026-03-22T14:06:59.123Z"), "22. März 2026, 14:06 UTC");
        assert_eq!(text(Language::De, "2026-13-22T14:06:59.123Z"), "2026-13-22T14:06:59.123Z");
    }
}
