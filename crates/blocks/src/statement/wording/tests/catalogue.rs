use std::collections::BTreeSet;

use semper_base::{Hash, Role};
use semper_support::tinguin::neutral::neutralise;
use semper_support::tinguin::{Level, to_text};

use super::super::super::{Kind, Language};
use super::super::format::Format;
use super::super::template::fill;
use super::super::version::TEXTS;
use super::super::{Wording, current, find, render, titles, unlabelled};
use super::sample::{LANGUAGES, bytes_of, payload, wording};
use crate::delivery::BadEscrow;

/// While a version is not released: change the file, then its row. After that: a new file and row.
#[test]
fn files_are_as_written_down() {
    for text in TEXTS {
        let found = Hash::of(text.json.as_bytes());
        assert_eq!(
            found.hex(),
            text.sha256,
            "{:?}-{}.json changed: put its hash into version.rs",
            text.language,
            text.version
        );
        // Read aloud so that a mistake in the file shows its place.
        let book: super::super::book::Book = semper_base::json::read(text.json.as_bytes()).unwrap();
        assert_eq!(book.kinds.len(), Kind::ALL.len());
    }
}

#[test]
fn every_hash_is_one_wording() {
    let mut hashes = BTreeSet::new();
    for kind in Kind::ALL {
        for language in LANGUAGES {
            let hash = current(kind, language);
            let found = find(&hash).unwrap();
            assert_eq!((found.kind(), found.language(), found.version()), (kind, language, 1));
            assert_eq!(found.hash(), hash);
            assert!(hashes.insert(hash));
        }
    }
    assert!(find(&Hash::of(b"another")).is_none());
}

#[test]
fn titles_are_those_of_the_wordings() {
    for language in [Language::En, Language::De] {
        let all = Kind::ALL.into_iter().filter_map(|kind| find(&current(kind, language)));
        let all: std::collections::BTreeMap<_, _> = all.map(|w| (w.kind(), w.title().to_owned())).collect();
        assert!(!all.is_empty());
        assert_eq!(titles(language), all);
    }
}

#[test]
fn the_languages_differ_in_words_only() {
    for kind in Kind::ALL {
        let [english, german] = LANGUAGES.map(|language| wording(kind, language));
        let form = |wording: &Wording| -> Vec<_> {
            wording
                .members
                .iter()
                .map(|m| (m.path.clone(), m.level, format!("{:?}", m.format), marks(&m.label)))
                .collect()
        };
        assert_eq!(form(&english), form(&german), "{kind}");
        let choices = |wording: &Wording| -> Vec<_> {
            wording
                .book
                .choices
                .iter()
                .map(|(name, list)| (name.clone(), list.keys().cloned().collect::<Vec<_>>()))
                .collect()
        };
        assert_eq!(choices(&english), choices(&german));
        assert_ne!(english.title(), german.title(), "{kind}");
    }
}

/// The names between braces, sorted.
fn marks(template: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    fill(template, |name| {
        names.insert(name.to_owned());
        Ok(String::new())
    })
    .unwrap();
    names
}

#[test]
fn members_are_complete_and_plain() {
    for (kind, language) in Kind::ALL.into_iter().flat_map(|kind| LANGUAGES.map(|language| (kind, language))) {
        let wording = wording(kind, language);
        let paths: BTreeSet<&str> = wording.members.iter().map(|member| member.path.as_str()).collect();
        assert_eq!(paths.len(), wording.members.len(), "{kind}: a path twice");
        let mut labels = BTreeSet::new();
        for member in &wording.members {
            let at = format!("{kind} {language:?} {}", member.path);
            assert!(!member.label.is_empty() && member.label.chars().count() <= 60, "{at}");
            assert!(labels.insert(&member.label), "{at}: two members of one label");
            assert_eq!(member.path.contains("[]"), marks(&member.label).contains("n"), "{at}");
            assert_eq!(member.path.contains("{}"), marks(&member.label).contains("key"), "{at}");
            if let Format::Choice(name) = &member.format {
                assert!(wording.book.choices.contains_key(name), "{at}");
            }
            // Nothing stands below a value, except in a text that holds JSON itself.
            let below = format!("{}.", member.path);
            assert!(member.format == Format::Embedded || paths.iter().all(|path| !path.starts_with(&below)), "{at}");
        }
    }
}

#[test]
fn sentences_are_complete_and_plain() {
    for (kind, language) in Kind::ALL.into_iter().flat_map(|kind| LANGUAGES.map(|language| (kind, language))) {
        let wording = wording(kind, language);
        let s = &wording.sentences;
        for (text, most) in [(&s.title, 60), (&s.intent, 160), (&s.confirm, 80), (&s.refuse, 40), (&s.effect, 400)] {
            assert!(!text.is_empty() && text.chars().count() <= most, "{kind} {language:?}: {text}");
            assert_eq!(neutralise(text).text, *text);
        }
        for name in marks(&s.intent).iter().chain(&marks(&s.effect)).chain(&marks(&s.confirm)) {
            let path = name.replace("[type=total]", "[]");
            assert!(wording.member(&path).is_some(), "{kind} {language:?}: {{{name}}}");
        }
        // Whatever is an amount of this kind at its top stands on the button that agrees.
        if wording.member("amount").is_some() {
            assert!(s.confirm.contains("{amount}"), "{kind} {language:?}");
        }
    }
}

/// The lists that types in this and lower layers have.
#[test]
fn choices_are_those_of_the_types() {
    let wording = wording(Kind::Hold, Language::En);
    let words = |name: &str| wording.book.choices[name].keys().cloned().collect::<BTreeSet<_>>();
    let roles = [
        Role::Arbiter,
        Role::Authority,
        Role::Bank,
        Role::Broker,
        Role::Buyer,
        Role::Carrier,
        Role::Notary,
        Role::Party,
        Role::Seller,
        Role::Witness,
    ];
    assert_eq!(words("role"), roles.into_iter().map(|role| role.word().to_owned()).collect());
    let reasons = [BadEscrow::TooLarge, BadEscrow::DoesNotDecrypt, BadEscrow::Malformed, BadEscrow::OtherKey];
    let word = |reason| serde_json::to_value(reason).unwrap().as_str().unwrap().to_owned();
    assert_eq!(words("bad-escrow"), reasons.into_iter().map(word).collect());
}

/// Every kind in both languages, to be signed and as a translation.
#[test]
fn every_kind_is_shown() {
    for (kind, language) in Kind::ALL.into_iter().flat_map(|kind| LANGUAGES.map(|language| (kind, language))) {
        let payload = bytes_of(&payload(kind, language));
        assert_eq!(unlabelled(&payload, &wording(kind, language)).unwrap(), [""; 0]);
        for shown_in in LANGUAGES {
            let screen = render(&payload, shown_in, 60).unwrap_or_else(|e| panic!("{kind} {language:?}: {e}"));
            assert_eq!(screen.may_be_signed(), language == shown_in);
            assert_eq!(screen.wording, current(kind, language));
            // One line for each label, material ones first, and nothing left to fill in.
            assert_eq!(screen.lines.len(), wording(kind, language).members.len() + 1, "the second addressee");
            assert!(screen.lines.is_sorted_by_key(|line| line.level));
            assert!(!to_text(&screen, 80).contains(['{', '}']) || kind.is_checkout(), "{}", to_text(&screen, 80));
            assert_eq!(screen.fingerprint.split(' ').count(), 4);
        }
    }
}

/// Acts that cost money or rights say so in full view.
#[test]
fn amounts_are_material() {
    for kind in Kind::ALL {
        let wording = wording(kind, Language::En);
        for member in wording.members.iter().filter(|member| member.format == Format::Amount) {
            assert_eq!(member.level, Level::Material, "{kind} {}", member.path);
        }
    }
}
