//! From the exact bytes of a payload to the trusted screen.

use semper_base::json::{self, Value};
use semper_base::limits::{SCREEN_LINES_MAX, SCREEN_TEXT_BYTES_MAX};
use semper_base::{Code, Hash, Violation};
use semper_support::tinguin::neutral::neutralise;
use semper_support::tinguin::{KindWord, Line, Screen, to_text};

use super::super::{Language, meta};
use super::book::Wording;
use super::format::Setting;
use super::walk::{Found, Place, walk};
use super::{find, four_words, template};

/// Computes the screen of an unsigned (or received) payload, in `language`, with times at
/// `offset_minutes` east of UTC.
///
/// The wording is the one that the payload names. In another language than the payload's own the
/// screen is a translation ([`Screen::may_be_signed`] is false). Refused are: what is no strict JSON or
/// no statement, an unknown wording or one of another kind or language (`WordingUnknown`), a member
/// without label (`FieldUnknown`, with its path), a value in another form than its label demands
/// (`FieldWrong`), a member that a sentence needs and that is not there (`FieldMissing`).
pub fn render(payload: &[u8], language: Language, offset_minutes: i16) -> Result<Screen, Violation> {
    let meta = meta::read(payload)?;
    let root = json::read_value(payload)?;
    let signed = find(&meta.wording).filter(|found| found.kind == meta.kind && found.language() == meta.language);
    let signed = signed.ok_or_else(|| Violation::new(Code::WordingUnknown, meta.wording.to_string()))?;
    let wording = if language == meta.language {
        signed
    } else {
        signed.in_language(language).ok_or_else(|| Violation::new(Code::WordingUnknown, "translation"))?
    };
    let setting = Setting { book: &wording.book, root: &root, offset_minutes };
    let sentence = |text: &str| template::sentence(text, &wording, &setting);
    let (sentences, hash) = (&wording.sentences, Hash::of(payload));
    let screen = Screen {
        kind: KindWord::new(meta.kind.word())?,
        language: language.into(),
        signed_language: meta.language.into(),
        wording: meta.wording,
        payload: hash,
        title: sentences.title.clone(),
        intent: sentence(&sentences.intent)?,
        lines: lines(&root, &wording, &setting)?,
        effect: sentence(&sentences.effect)?,
        confirm: sentence(&sentences.confirm)?,
        refuse: sentences.refuse.clone(),
        fingerprint: four_words(&hash),
        frame: wording.book.frame.clone(),
    };
    if to_text(&screen, 80).len() > SCREEN_TEXT_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "screen"));
    }
    Ok(screen)
}

/// Every value of the payload under its label, the material ones first.
fn lines(root: &Value, wording: &Wording, setting: &Setting<'_>) -> Result<Vec<Line>, Violation> {
    let mut lines = Vec::new();
    walk(wording, root, &mut |path, found| {
        let Found::Labelled(place) = found else {
            return Err(Violation::new(Code::FieldUnknown, path));
        };
        if lines.len() >= SCREEN_LINES_MAX {
            return Err(Violation::new(Code::TooMany, "lines of one screen"));
        }
        lines.push(line(&place, path, wording, setting)?);
        Ok(())
    })?;
    lines.sort_by_key(|line| line.level);
    Ok(lines)
}

fn line(place: &Place<'_>, path: &str, wording: &Wording, setting: &Setting<'_>) -> Result<Line, Violation> {
    let shown = place.member.format.show(place.value, setting);
    let shown = shown.ok_or_else(|| Violation::new(Code::FieldWrong, path))?;
    let mut cautions = shown.cautions;
    cautions.extend(neutralise(place.key.unwrap_or_default()).cautions);
    Ok(Line {
        label: template::label(place, wording, setting)?,
        value: shown.text,
        level: place.member.level,
        cautions: cautions.into_iter().collect(),
    })
}
