//! What pages say, in both languages. The compiler sees to it that no sentence lacks one.

pub mod authority;
pub mod bank;
pub mod broker;
pub mod codes;
mod common;
pub mod details;
pub mod docs;
pub mod log;
pub mod notary;
pub mod shop;
pub mod shop_desk;
pub mod shop_shipping;
pub mod theatre;
pub mod titles;
pub mod wallet;
mod when;
pub mod witness;

use axum::http::HeaderMap;
pub use common::Common;
pub use semper_support::tinguin::Language;
pub use when::When;

/// Makes a struct of texts and its two editions: `name: "English" / "Deutsch";`.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $en:literal / $de:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[allow(missing_docs, reason = "the English text says what it is")]
        pub struct $name { $(pub $field: &'static str,)* }

        impl $name {
            const EN: $name = $name { $($field: $en,)* };
            const DE: $name = $name { $($field: $de,)* };

            /// The edition in this language.
            #[must_use]
            pub const fn of(language: $crate::texts::Language) -> &'static $name {
                match language {
                    $crate::texts::Language::En => &$name::EN,
                    $crate::texts::Language::De => &$name::DE,
                }
            }
        }
    };
}
pub(crate) use texts;

/// The word of a language in addresses and cookies.
#[must_use]
pub fn code(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::De => "de",
    }
}

/// The language with this word.
#[must_use]
pub fn language(word: &str) -> Option<Language> {
    match word {
        "en" => Some(Language::En),
        "de" => Some(Language::De),
        _ => None,
    }
}

/// The language that the visitor chose, or else the first that the browser asks for and we speak.
#[must_use]
pub fn preferred(headers: &HeaderMap) -> Language {
    if let Some(chosen) = crate::cookies::get(headers, LANGUAGE_COOKIE).and_then(language) {
        return chosen;
    }
    let wanted = headers.get(axum::http::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut words = wanted.split(',').filter_map(|one| one.trim().get(..2)).map(str::to_ascii_lowercase);
    words.find_map(|word| language(&word)).unwrap_or_default()
}

/// The cookie that holds the chosen language.
pub const LANGUAGE_COOKIE: &str = "language";

/// An amount as it is read in this language: `"184.90 EUR"` becomes `184,90 EUR` in German.
#[must_use]
pub fn money(language: Language, amount: &str) -> String {
    match language {
        Language::En => amount.to_owned(),
        Language::De => amount.replace('.', ","),
    }
}

/// A text with its places `{}` filled, one after the other.
#[must_use]
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut parts = text.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for (at, part) in parts.enumerate() {
        filled.push_str(values.get(at).copied().unwrap_or_default());
        filled.push_str(part);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_is_heard() {
        let of = |line: &str| {
            preferred(&HeaderMap::from_iter([(axum::http::header::ACCEPT_LANGUAGE, line.parse().unwrap())]))
        };
        assert_eq!(of("de-AT,de;q=0.9,en;q=0.8"), Language::De);
        assert_eq!(of("fr, en;q=0.5, de;q=0.4"), Language::En);
        assert_eq!(of("*"), Language::En);
    }
}
