//! The demo's voice: one line per thing that happened, for people or as JSON.

use std::sync::Mutex;
use std::time::Instant;

use serde_json::{Value, json};

use crate::output::{say, say_json};

/// Tells what happens, in order, from several threads.
pub(super) struct Story {
    json: bool,
    started: Instant,
    last: Mutex<String>,
}

impl Story {
    pub(super) fn new(json: bool) -> Self {
        Story { json, started: Instant::now(), last: Mutex::new(String::new()) }
    }

    /// One line. `more` is added to the JSON form.
    pub(super) fn tell(&self, event: &str, text: &str, more: Value) {
        let elapsed = self.started.elapsed();
        if self.json {
            let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            let mut line = json!({ "event": event, "text": text, "elapsed_ms": millis });
            if let (Some(line), Some(more)) = (line.as_object_mut(), more.as_object()) {
                line.extend(more.clone());
            }
            say_json(&line);
            return;
        }
        // The same sentence from both ends of one message is told once.
        if let Ok(mut last) = self.last.lock() {
            if *last == text {
                return;
            }
            text.clone_into(&mut last);
        }
        say(format!("{:>6.2} s  {text}", elapsed.as_secs_f64()));
    }

    /// A notice of a party, if it is worth a line.
    pub(super) fn notice(&self, party: &'static str, notice: &Value) {
        let event = notice.get("event").and_then(Value::as_str).unwrap_or_default();
        let text = notice.get("text").and_then(Value::as_str).unwrap_or_default();
        let subject = notice.get("subject").cloned().unwrap_or_default();
        if let Some(sentence) = sentence(party, event, text) {
            self.tell(event, &sentence, json!({ "party": party, "subject": subject }));
        }
    }

    pub(super) fn summary(&self, summary: &Value) {
        if self.json {
            say_json(summary);
            return;
        }
        let text = |pointer: &str| summary.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
        say(String::new());
        say(format!("Outcome: {}", text("/outcome")));
        let change = |who: &str| {
            format!("{} -> {}", text(&format!("/balances_before/{who}")), text(&format!("/balances_after/{who}")))
        };
        say(format!("  buyer    {}", change("buyer")));
        say(format!("  seller   {}", change("seller")));
        say(format!("  goods    {}", text("/received")));
        say(format!("  evidence {}", text("/evidence_pack")));
        say(format!("  root     {}", text("/root")));
    }
}

/// What a notice means, in a sentence; none for what only an engineer would want to know.
fn sentence(party: &str, event: &str, text: &str) -> Option<String> {
    Some(match (party, event) {
        ("ca", "certified") => format!("authority: {text}"),
        ("bank", "account") => "bank: An account is open, filled with play money.".to_owned(),
        ("shop", "on-sale" | "ordered" | "accepted") => format!("shop: {text}"),
        ("wallet", "offered") => format!("wallet: An offer: {text} The trusted screen asks to order."),
        ("wallet", "ordered") => "wallet: Ordered with obligation to pay.".to_owned(),
        ("wallet", "accepted") => "wallet: The contract is signed; it says what was ordered.".to_owned(),
        ("wallet", "debit-order") => "wallet: Asks the bank to hold the amount.".to_owned(),
        ("wallet", "held") => "bank: The amount is held; nobody has it yet.".to_owned(),
        ("wallet", "fetched") => {
            "wallet: All encrypted chunks and the escrow box are here and fit the contract.".to_owned()
        }
        ("wallet", "mandate") => "wallet: The shop may take the money now.".to_owned(),
        ("wallet", "captured") => "bank: The amount is captured for the shop.".to_owned(),
        ("wallet", "key") => "shop: Hands over its half of the key.".to_owned(),
        ("wallet", "checked") => "wallet: Decrypted; every chunk is what was offered.".to_owned(),
        ("wallet", "receipt") => "wallet: Signs the receipt.".to_owned(),
        ("wallet", "settled") => "bank: Settled; the money is the shop's for good.".to_owned(),
        ("wallet", "refused" | "declined" | "released" | "refunded" | "wrong" | "wrong-chunk" | "bad-escrow") => {
            format!("wallet: {event}. {text}")
        }
        (_, "enrol-refused") => format!("{party}: {text}"),
        _ => return None,
    })
}
