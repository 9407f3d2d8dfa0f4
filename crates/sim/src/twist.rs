//! What a liar can make of a message: any member changed, also inside a signed statement, which it signs
//! again if it has the key.

use semper_base::{Hash, KeyId, bytes};
use serde_json::Value;

use crate::dice::Dice;

/// Signs a payload with the key of this id, if a liar has it.
pub type Sign<'a> = &'a dyn Fn(KeyId, &[u8]) -> Option<String>;

/// Another body of the same shape; none if there is nothing to change.
pub fn twisted(body: &str, dice: &mut Dice, sign: Option<Sign<'_>>) -> Option<String> {
    let mut value: Value = serde_json::from_str(body).ok()?;
    change(&mut value, dice, sign, 0).then(|| value.to_string())
}

fn leaves(value: &Value) -> u64 {
    match value {
        Value::Array(items) => items.iter().map(leaves).sum(),
        Value::Object(members) => members.values().map(leaves).sum(),
        _ => 1,
    }
}

/// Changes one leaf, or leaves a member out.
fn change(value: &mut Value, dice: &mut Dice, sign: Option<Sign<'_>>, depth: u8) -> bool {
    let count = leaves(value);
    if count == 0 {
        return false;
    }
    let mut at = dice.below(count);
    let drop = dice.chance(80);
    walk(value, &mut at, &mut |leaf| twist(leaf, dice, sign, depth), drop)
}

/// Goes to the leaf with this number.
fn walk(value: &mut Value, at: &mut u64, twist: &mut dyn FnMut(&mut Value) -> bool, drop: bool) -> bool {
    match value {
        Value::Array(items) => {
            for item in items {
                let size = leaves(item);
                if *at < size {
                    return walk(item, at, twist, drop);
                }
                *at -= size;
            }
            false
        }
        Value::Object(members) => {
            for name in members.keys().cloned().collect::<Vec<_>>() {
                let Some(member) = members.get_mut(&name) else { continue };
                let size = leaves(member);
                if *at < size {
                    if drop && !member.is_object() && !member.is_array() {
                        members.remove(&name);
                        return true;
                    }
                    return walk(member, at, twist, drop);
                }
                *at -= size;
            }
            false
        }
        leaf => twist(leaf),
    }
}

fn twist(leaf: &mut Value, dice: &mut Dice, sign: Option<Sign<'_>>, depth: u8) -> bool {
    match leaf {
        Value::Bool(flag) => *flag = !*flag,
        Value::Number(number) => {
            let old = number.as_u64().unwrap_or(0);
            let new = match dice.below(5) {
                0 => 0,
                1 => old.saturating_add(1),
                2 => old.saturating_sub(1),
                3 => old.saturating_add(86_400_000),
                _ => (1 << 53) - 1,
            };
            *leaf = new.into();
        }
        Value::String(text) => {
            if let Some(other) = statement(text, dice, sign, depth) {
                *text = other;
            } else {
                *text = other_text(text, dice);
            }
        }
        _ => *leaf = 0.into(),
    }
    true
}

/// A statement that says something else.
fn statement(text: &str, dice: &mut Dice, sign: Option<Sign<'_>>, depth: u8) -> Option<String> {
    let (head, signature) = text.rsplit_once('.')?;
    let (header, payload) = head.split_once('.')?;
    let header_value: Value = serde_json::from_slice(&bytes::decode(header).ok()?).ok()?;
    let mut inner: Value = serde_json::from_slice(&bytes::decode(payload).ok()?).ok()?;
    if depth > 2 {
        return None;
    }
    if !change(&mut inner, dice, sign, depth + 1) {
        return None;
    }
    let new = serde_json::to_vec(&inner).ok()?;
    let key = header_value.get("kid").and_then(Value::as_str).and_then(Hash::from_hex).map(KeyId);
    if let (Some(sign), Some(key)) = (sign, key)
        && let Some(signed) = sign(key, &new)
    {
        return Some(signed);
    }
    Some(format!("{header}.{}.{signature}", bytes::encode(&new)))
}

fn other_text(text: &str, dice: &mut Dice) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return "x".to_owned();
    }
    let at = usize::try_from(dice.below(chars.len() as u64)).unwrap_or(0);
    match dice.below(5) {
        0 => String::new(),
        1 => chars.iter().take(at).collect(),
        2 => text.repeat(2),
        _ => {
            if let Some(char) = chars.get_mut(at) {
                *char = if *char == '0' { '1' } else { '0' };
            }
            chars.into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_changes_and_it_stays_json() {
        let body = r#"{"a":1,"b":["x","y",true],"c":{"d":"long text","e":null}}"#;
        let mut different = std::collections::BTreeSet::new();
        for seed in 0..500 {
            let other = twisted(body, &mut Dice::new(seed, "twist"), None).unwrap();
            assert!(serde_json::from_str::<Value>(&other).is_ok());
            different.insert(other);
        }
        assert!(different.len() > 20, "{}", different.len());
    }
}
