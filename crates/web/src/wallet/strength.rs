//! How hard a pass phrase is to guess, with reasons. A rough estimate of what a guesser who knows how people
//! choose would need; it refuses what is surely bad and proves nothing good.

/// Points that are enough.
pub(super) const ENOUGH: u8 = 3;
/// Fewest characters.
const CHARS_MIN: usize = 12;
/// Bits from which on there are 1, 2, 3 and 4 points.
const STEPS: [u32; 4] = [20, 35, 48, 64];
/// What everybody tries first, in small letters.
const COMMON: [&str; 44] = [
    "password",
    "passwort",
    "passphrase",
    "kennwort",
    "geheim",
    "secret",
    "qwerty",
    "qwertz",
    "asdf",
    "letmein",
    "welcome",
    "willkommen",
    "admin",
    "login",
    "hallo",
    "hello",
    "iloveyou",
    "ichliebedich",
    "schatz",
    "monkey",
    "dragon",
    "master",
    "football",
    "fussball",
    "baseball",
    "sunshine",
    "princess",
    "superman",
    "batman",
    "michael",
    "daniel",
    "berlin",
    "sommer",
    "winter",
    "summer",
    "mustermann",
    "wallet",
    "semper",
    "money",
    "geld",
    "test",
    "trustno1",
    "changeme",
    "default",
];

/// Why a pass phrase is weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weakness {
    Common,
    Few,
    Repeats,
    Row,
    Short,
}

/// Points from 0 to 4, and what is weak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strength {
    pub(super) points: u8,
    pub(super) weak: Vec<Weakness>,
}

impl Strength {
    /// Whether it will do.
    pub(super) fn is_enough(&self) -> bool {
        self.points >= ENOUGH && !self.weak.contains(&Weakness::Short)
    }
}

/// Estimates.
pub(super) fn of(phrase: &str) -> Strength {
    let lower = phrase.to_lowercase();
    let mut weak = Vec::new();
    if phrase.chars().count() < CHARS_MIN {
        weak.push(Weakness::Short);
    }
    let mut bits = 0;
    let mut seen: Vec<&str> = Vec::new();
    for word in lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if seen.contains(&word) {
            weak.push(Weakness::Repeats);
            bits += 1;
            continue;
        }
        seen.push(word);
        bits += word_bits(word, &mut weak);
    }
    // Capitals and signs: something, but not much.
    bits += u32::from(phrase != lower) * 2;
    bits += u32::from(phrase.chars().any(|character| !character.is_alphanumeric() && character != ' ')) * 3;
    let points = u8::try_from(STEPS.iter().filter(|step| bits >= **step).count()).unwrap_or_default();
    if points < ENOUGH {
        weak.push(Weakness::Few);
    }
    weak.dedup();
    Strength { points, weak }
}

/// What one word is worth: that of a dictionary (12 bits) at most if it is letters alone, less if it is common.
fn word_bits(word: &str, weak: &mut Vec<Weakness>) -> u32 {
    let common = COMMON.iter().find(|common| word.contains(**common));
    let rest = common.map_or_else(|| word.to_owned(), |common| word.replace(common, ""));
    let mut bits = 0;
    if common.is_some() {
        weak.push(Weakness::Common);
        bits += 4;
    }
    let mut last: Option<char> = None;
    let (mut letters, mut others, mut same, mut row) = (0_u32, 0_u32, 0_u32, 0_u32);
    for character in rest.chars() {
        let step = last.map(|last| i64::from(u32::from(character)) - i64::from(u32::from(last)));
        match step {
            Some(0) => same += 1,
            Some(1 | -1) => row += 1,
            _ if character.is_alphabetic() => letters += 1,
            _ => others += 1,
        }
        last = Some(character);
    }
    if same >= 3 {
        weak.push(Weakness::Repeats);
    }
    if row >= 3 {
        weak.push(Weakness::Row);
    }
    // Letters beside digits are no dictionary word.
    let letter_bits = if others > 1 && letters > 3 { letters * 4 } else { (letters * 3).min(14) };
    bits + letter_bits + others * 3 + u32::midpoint(same, row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_phrases() {
        let enough = |phrase: &str| of(phrase).is_enough();
        for bad in [
            "",
            "password1234",
            "aaaaaaaaaaaaaaaa",
            "abcdefghijklmnop",
            "12345678901234",
            "Berlin2026!",
            "short Xy7!",
            "test test test test test",
            "geheim geheim 1",
            "hallohallohallo",
        ] {
            assert!(!enough(bad), "{bad} {:?}", of(bad));
        }
        for good in [
            "marmalade tugboat velvet anchor",
            "wolken tragen leise steine fort",
            "k8#Vq2!rT9zL4m&x",
            "t4kf9wq7zr2mpx6v",
        ] {
            assert!(enough(good), "{good} {:?}", of(good));
        }
    }

    #[test]
    fn reasons_are_given() {
        assert!(of("aaaaaaaaaaaaaaaa").weak.contains(&Weakness::Repeats));
        assert!(of("12345678901234").weak.contains(&Weakness::Row));
        assert!(of("password password").weak.contains(&Weakness::Common));
        assert!(of("x").weak.contains(&Weakness::Short));
    }
}
