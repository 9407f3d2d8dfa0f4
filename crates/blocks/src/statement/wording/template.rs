//! Sentences and labels with places for values.

use semper_base::json::Value;
use semper_base::{Code, Violation};
use semper_support::tinguin::neutral::neutralise_inline;

use super::book::Wording;
use super::format::{Format, Setting};
use super::walk::{Place, embedded};

/// Characters of an open name that a label repeats: as many as a file's name may have.
const KEY_CHARS_MAX: usize = 255;

/// Splits a template into plain text and the names between braces, and joins the text with what
/// `fill` makes of each name.
pub(super) fn fill(
    template: &str,
    mut fill: impl FnMut(&str) -> Result<String, Violation>,
) -> Result<String, Violation> {
    let (mut text, mut rest) = (String::new(), template);
    while let Some((plain, tail)) = rest.split_once('{') {
        let (name, tail) = tail.split_once('}').ok_or_else(|| Violation::new(Code::WordingUnknown, template))?;
        text.push_str(plain);
        text.push_str(&fill(name)?);
        rest = tail;
    }
    text.push_str(rest);
    Ok(text)
}

/// A sentence about the whole payload.
pub(super) fn sentence(template: &str, wording: &Wording, setting: &Setting<'_>) -> Result<String, Violation> {
    fill(template, |path| resolve(path, wording, setting))
}

/// The label of one value: `{n}` is its number (1, or 2.1 within lists), `{key}` its open name, `{.name}`
/// the value beside it.
pub(super) fn label(place: &Place<'_>, wording: &Wording, setting: &Setting<'_>) -> Result<String, Violation> {
    fill(&place.member.label, |name| match (name, name.strip_prefix('.')) {
        ("key", _) => Ok(neutralise_inline(place.key.unwrap_or_default(), KEY_CHARS_MAX)),
        (_, None) => Ok(place.numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(".")),
        (_, Some(name)) => {
            let value = place.beside.get(name).ok_or_else(|| Violation::new(Code::FieldMissing, name))?;
            inline(&format!("{}{name}", place.prefix), value, wording, setting)
        }
    })
}

/// Follows a path of a sentence through the payload.
fn resolve(path: &str, wording: &Wording, setting: &Setting<'_>) -> Result<String, Violation> {
    let missing = || Violation::new(Code::FieldMissing, path);
    let (mut value, mut pattern) = (setting.root.clone(), String::new());
    for segment in path.split('.') {
        if wording.member(&pattern).is_some_and(|member| member.format == Format::Embedded) {
            value = embedded(&value, &pattern)?;
        }
        let (name, only) = segment.split_once('[').map_or((segment, None), |(name, only)| (name, Some(only)));
        let dot = if pattern.is_empty() { "" } else { "." };
        pattern = format!("{pattern}{dot}{name}");
        value = value.get(name).ok_or_else(missing)?.clone();
        if let Some(only) = only {
            let (key, word) = only.trim_end_matches(']').split_once('=').ok_or_else(missing)?;
            value = the_only(&value, key, word).ok_or_else(|| Violation::new(Code::FieldWrong, path))?.clone();
            pattern.push_str("[]");
        }
    }
    inline(&pattern, &value, wording, setting)
}

/// The one element whose member `key` is `word`. Two of them would leave open which one the sentence
/// means.
fn the_only<'a>(list: &'a Value, key: &str, word: &str) -> Option<&'a Value> {
    let Value::List(items) = list else { return None };
    let mut found = items.iter().filter(|item| item.get(key).and_then(Value::as_str) == Some(word));
    found.next().filter(|_| found.next().is_none())
}

fn inline(pattern: &str, value: &Value, wording: &Wording, setting: &Setting<'_>) -> Result<String, Violation> {
    let member = wording.member(pattern).ok_or_else(|| Violation::new(Code::FieldUnknown, pattern))?;
    member.format.inline(value, setting).ok_or_else(|| Violation::new(Code::FieldWrong, pattern))
}
