//! Data for data: letters in a ring, all of which open at once or not at all.

use semper_base::{Blob64, Error};
use serde_json::{Value, json};

use super::contract::{End, card, ends, sign, signers};
use super::scene::Scene;
use crate::demo::facts;

/// Each of three wallets gives the next one what it knows.
pub(super) fn ring(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let names = signers(scene);
    let mut parts = Vec::new();
    for (name, next) in names.iter().zip(names.iter().cycle().skip(1)) {
        let sealed = scene.call(
            name,
            &json!({
                "command": "contract-seal", "name": format!("of-{name}.txt"), "media_type": "text/plain",
                "data": Blob64(known(name).into_bytes()), "to": card(scene, next)?,
            }),
        )?;
        let text = format!("{name}: Seals what it knows for {next}, who cannot read it yet.");
        scene.story.tell("letter-sealed", &text, &json!({ "party": name, "letter": sealed.get("letter") }));
        parts.push(sealed.get("file").cloned().unwrap_or_default());
    }
    let maker = names.first().copied().unwrap_or_default();
    let request = json!({
        "command": "contract-new", "title": "Swap of recipes", "text": "Each may use what it gets, and tells nobody.",
        "parts": parts, "expires_ms": 3_600_000,
    });
    let made = scene.call(maker, &request)?;
    for name in &names {
        sign(scene, name, &made)?;
    }
    let ends = ends(scene, &made)?;
    let id = made.get("contract").cloned().unwrap_or_default();
    let mut read = Vec::new();
    for (name, before) in names.iter().zip(names.iter().cycle().skip(names.len().saturating_sub(1))) {
        let is_right = reads(scene, name, &id, before)?;
        let text =
            format!("{name}: Reads what {before} knows: {}.", if is_right { "as agreed" } else { "NOT as agreed" });
        scene.story.tell("letter-read", &text, &json!({ "party": name, "as_agreed": is_right }));
        read.push(is_right);
    }
    summary(scene, &made, &ends, &read)
}

fn known(name: &str) -> String {
    format!("What {name} knows.\n")
}

/// Whether a party can read exactly what another one knows.
fn reads(scene: &Scene<'_>, name: &str, id: &Value, from: &str) -> Result<bool, Error> {
    let reply = scene.call(name, &json!({ "command": "contract-read", "contract": id }))?;
    let due = json!(Blob64(known(from).into_bytes()));
    let letters = reply.get("letters").and_then(Value::as_array).cloned().unwrap_or_default();
    let is = |letter: &Value| letter.get("data") == Some(&due) && letter.get("as_agreed") == Some(&Value::Bool(true));
    Ok(letters.iter().any(is))
}

fn summary(scene: &Scene<'_>, made: &Value, ends: &[End], read: &[bool]) -> Result<Value, Error> {
    let id = made.get("contract").and_then(Value::as_str).unwrap_or_default();
    let (bound, has) = (ends.iter().filter(|end| end.proves).count(), read.iter().filter(|read| **read).count());
    // Everybody has what it was to get and can show it, or nobody.
    let fair = (bound, has) == (ends.len(), read.len()) || (bound, has) == (0, 0);
    let convicted: Vec<Value> = ends.iter().map(End::convictions).collect();
    Ok(json!({
        "event": "summary",
        "protocol": made.get("protocol"),
        "outcome": if fair { "fair" } else { "unfair" },
        "contract": id,
        "stands": bound == ends.len(),
        "letters_read": has,
        "holds": ends.iter().map(End::json).collect::<Vec<_>>(),
        "verified": ends.iter().all(|end| end.sound),
        "convicted": facts::convicted(&convicted),
        "registers": [scene.rows(id)?],
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}
