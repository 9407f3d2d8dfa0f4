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
    pub(super) fn tell(&self, event: &str, text: &str, more: &Value) {
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
            self.tell(event, &sentence, &json!({ "party": party, "subject": subject }));
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
        let holds = |who: &str| text(&format!("/holds/{who}"));
        say(format!("  the buyer has the {}, the seller has the {}", holds("buyer"), holds("seller")));
        for register in array(summary, "/registers") {
            let kinds: Vec<&str> = array(register, "/rows").filter_map(|row| row.get("kind")?.as_str()).collect();
            let name = register.get("register").and_then(Value::as_str).unwrap_or_default();
            say(format!("  {name:<8} {}", if kinds.is_empty() { "no rows".to_owned() } else { kinds.join(", ") }));
        }
        for one in array(summary, "/convicted") {
            let word = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            say(format!("  convicted by own signature: {} ({})", word("who"), word("misdeed")));
        }
        say(format!("  goods    {}", text("/received")));
        say(format!("  evidence {}", text("/evidence_pack")));
        say(format!("           {}", text("/evidence_pack_seller")));
        say(format!("  root     {}", text("/root")));
    }
}

fn array<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
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
        ("wallet", "key") => "wallet: The shop's half of the key is here.".to_owned(),
        ("wallet", "checked") => "wallet: Decrypted; every chunk is what was offered.".to_owned(),
        ("wallet", "receipt") => "wallet: Signs the receipt.".to_owned(),
        ("wallet", "settled") => "bank: Settled; the money is the shop's for good.".to_owned(),
        ("wallet", "refused") if text.is_empty() => "bank: Will not hold the amount.".to_owned(),
        ("wallet", "refused" | "wrong-chunk") => format!("wallet: {text}"),
        ("wallet", "declined") => "wallet: Says no at the trusted screen.".to_owned(),
        ("wallet", "release") => "wallet: Gives up: asks the bank to release.".to_owned(),
        ("wallet", "released") => "bank: Released; nobody has paid anything.".to_owned(),
        ("wallet", "escrow-request") => "wallet: The key has not come. Asks the notary to open the escrow.".to_owned(),
        ("wallet", "bad-escrow") => "notary: The escrow does not hold the key.".to_owned(),
        ("wallet", "contest") => "wallet: Contests, so that the bank does not settle.".to_owned(),
        ("shop", "contested") => "bank: Contested; the shop is asked for the key.".to_owned(),
        ("wallet", "complaint") => "wallet: Complains to the notary, with a proof from one chunk.".to_owned(),
        ("wallet", "wrong-file") => "notary: The proof holds; it is another file.".to_owned(),
        ("wallet", "refunded") => "bank: The money is back on the buyer's account.".to_owned(),
        (_, event) if event.starts_with("contract-") || event.starts_with("data-") => format!("{party}: {text}"),
        (_, "enrol-refused") => format!("{party}: {text}"),
        (_, "unfit") => format!("{party}: The bank's answer does not fit the contract. It is kept as evidence."),
        (_, "lie") => format!("{party}: LIES. {text}"),
        _ => return None,
    })
}
