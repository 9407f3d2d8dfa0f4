//! The way through a payload, along the members that a wording names.

use semper_base::json::{self, Value};
use semper_base::{Code, Violation, bytes};

use super::book::{Member, Wording};
use super::format::Format;

/// What the walk meets.
pub(super) enum Found<'a> {
    /// A value with a label.
    Labelled(Place<'a>),
    /// A value, or a list or object that nothing is known of.
    Unlabelled,
}

/// A labelled value and its surroundings.
pub(super) struct Place<'a> {
    pub(super) member: &'a Member,
    pub(super) value: &'a Value,
    /// The object that it is a member of.
    pub(super) beside: &'a Value,
    /// The paths of `beside`'s members begin with this.
    pub(super) prefix: &'a str,
    /// The numbers of the list elements on the way, from 1.
    pub(super) numbers: &'a [usize],
    /// Its name, if the wording leaves names open there.
    pub(super) key: Option<&'a str>,
}

type Visit<'v> = &'v mut dyn FnMut(&str, Found<'_>) -> Result<(), Violation>;

/// Where the walk stands: as in the wording, and as in the payload (for messages).
#[derive(Clone, Default)]
struct Step {
    prefix: String,
    pattern: String,
    path: String,
    numbers: Vec<usize>,
    key: Option<String>,
}

/// Every path in the payload that has no label in this wording; empty if [`super::render`] would show
/// all of it. Fails if the payload is not strict JSON.
pub fn unlabelled(payload: &[u8], wording: &Wording) -> Result<Vec<String>, Violation> {
    let mut paths = Vec::new();
    walk(wording, &json::read_value(payload)?, &mut |path, found| {
        if matches!(found, Found::Unlabelled) {
            paths.push(path.to_owned());
        }
        Ok(())
    })?;
    Ok(paths)
}

/// Calls `visit` with the path of every value, in the wording's order, unlabelled ones last within
/// their object. Ends with the first error.
pub(super) fn walk(wording: &Wording, root: &Value, visit: Visit<'_>) -> Result<(), Violation> {
    members(wording, root, &Step::default(), visit)
}

fn members(wording: &Wording, object: &Value, at: &Step, visit: Visit<'_>) -> Result<(), Violation> {
    let Value::Object(found) = object else {
        return visit(&at.path, Found::Unlabelled);
    };
    let prefix = if at.pattern.is_empty() { String::new() } else { format!("{}.", at.pattern) };
    let mut steps: Vec<(usize, Step, &Value)> = Vec::with_capacity(found.len());
    for (name, value) in found {
        let pattern = format!("{prefix}{name}");
        // A name that looks like a path must not pass for one.
        let rank = if name.contains(['.', '[', ']']) { None } else { wording.rank(&pattern) };
        let path = if at.path.is_empty() { name.clone() } else { format!("{}.{name}", at.path) };
        let (numbers, key) = (at.numbers.clone(), at.key.clone());
        steps.push((rank.unwrap_or(usize::MAX), Step { prefix: prefix.clone(), pattern, path, numbers, key }, value));
    }
    steps.sort_by_key(|(rank, _, _)| *rank);
    for (rank, step, value) in steps {
        match rank {
            usize::MAX => visit(&step.path, Found::Unlabelled)?,
            _ => one(wording, value, object, &step, visit)?,
        }
    }
    Ok(())
}

fn one(wording: &Wording, value: &Value, beside: &Value, at: &Step, visit: Visit<'_>) -> Result<(), Violation> {
    if let Some(member) = wording.member(&at.pattern) {
        let key = at.key.as_deref();
        let place = Place { member, value, beside, prefix: &at.prefix, numbers: &at.numbers, key };
        visit(&at.path, Found::Labelled(place))?;
        return match member.format {
            Format::Embedded => members(wording, &embedded(value, &at.path)?, at, visit),
            _ => Ok(()),
        };
    }
    // A list where an object belongs, or the other way round, is no less unknown for being empty. An
    // empty list says nothing; an empty object is a member that nobody would see.
    match value {
        Value::Object(inner) if !inner.is_empty() && wording.knows(&format!("{}.", at.pattern)) => {
            members(wording, value, at, visit)
        }
        Value::Object(inner) if wording.knows(&format!("{}{{}}", at.pattern)) => {
            for (name, item) in inner {
                let mut step = at.clone();
                step.pattern.push_str("{}");
                step.path = format!("{}{{{name}}}", at.path);
                step.key = Some(name.clone());
                one(wording, item, value, &step, visit)?;
            }
            Ok(())
        }
        Value::List(items) if wording.knows(&format!("{}[]", at.pattern)) => {
            for (item, number) in items.iter().zip(1..) {
                let mut step = at.clone();
                step.pattern.push_str("[]");
                step.path = format!("{}[{}]", at.path, number - 1);
                step.numbers.push(number);
                one(wording, item, beside, &step, visit)?;
            }
            Ok(())
        }
        _ => visit(&at.path, Found::Unlabelled),
    }
}

/// The strict JSON inside a base64url text.
pub(super) fn embedded(value: &Value, path: &str) -> Result<Value, Violation> {
    let text = value.as_str().ok_or_else(|| Violation::new(Code::FieldWrong, path))?;
    json::read_value(&bytes::decode(text)?)
}
