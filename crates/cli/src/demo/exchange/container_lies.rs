//! Cheats with containers: the sender or the receiver lies.

use semper_base::Error;
use serde_json::{Value, json};

use super::containers::{AMOUNT, End, Way};
use super::deceit::{Cheat, Outcome};
use super::locks::{amount, balances};
use super::scene::Scene;
use super::swap::account;
use super::{BANK, NOTARY, SHOP, WALLET};
use crate::demo::market::Cast;

const SENDS: Cast = Cast { knows: &["notary", "bank", "shop"], ..WALLET };
const TAKES: Cast = Cast { knows: &["notary", "bank"], ..SHOP };

/// Every cheat. Who lies is the first word of its name.
pub(super) const CHEATS: &[Cheat] = &[
    Cheat {
        name: "sender-sends-other-goods",
        line: "The sender puts something else into a container than its signed list says.",
        exchange: "transfer",
        cast: &[NOTARY, BANK, TAKES, Cast { lie: Some("sender-sends-other-goods"), ..SENDS }],
        role: "sender",
        play: other_goods,
        seen: &[("sender", "stopped"), ("receiver", "stopped"), ("paid", "0.00 EUR"), ("taken", "0")],
        convicted: &[],
        noticed: &[],
    },
    Cheat {
        name: "sender-replays-container",
        line: "The sender sends a container with a payment in it once more, as it was.",
        exchange: "transfer",
        cast: &[NOTARY, BANK, TAKES, Cast { lie: Some("sender-replays-container"), ..SENDS }],
        role: "sender",
        play: replays,
        seen: &[("sender", "taken"), ("receiver", "taken"), ("paid", AMOUNT), ("taken", "1")],
        convicted: &[],
        noticed: &[],
    },
    Cheat {
        name: "receiver-denies-taking",
        line: "The receiver has goods and money of a container, and says that nothing of it is here.",
        exchange: "transfer",
        cast: &[NOTARY, BANK, Cast { lie: Some("receiver-denies-taking"), ..TAKES }, SENDS],
        role: "receiver",
        play: denies,
        seen: &[("sender", "stopped"), ("receiver", "taken"), ("paid", AMOUNT), ("taken", "1")],
        convicted: &[],
        noticed: &[],
    },
];

fn way() -> Way {
    Way { from: "wallet", to: "shop", called: "shop".to_owned() }
}

fn other_goods(scene: &Scene<'_>) -> Result<Outcome, Error> {
    played(scene, |_| Ok(()))
}

fn denies(scene: &Scene<'_>) -> Result<Outcome, Error> {
    played(scene, |_| Ok(()))
}

fn replays(scene: &Scene<'_>) -> Result<Outcome, Error> {
    played(scene, |scene| {
        scene.call("wallet", &json!({ "command": "cheat" }))?;
        // What is said after it is heard after it.
        let next = way().announced(scene, AMOUNT)?;
        scene.call("shop", &json!({ "command": "transfer-decline", "transfer": next }))?;
        way().ended(scene, &next).map(|_| ())
    })
}

/// One container is sent and accepted; what else happens, happens then.
fn played(scene: &Scene<'_>, then: impl FnOnce(&Scene<'_>) -> Result<(), Error>) -> Result<Outcome, Error> {
    let accounts = [account(scene, "wallet")?, account(scene, "shop")?];
    let before = balances(scene, &accounts)?;
    let id = way().announced(scene, AMOUNT)?;
    let End { words: [sender, receiver], .. } = way().accepted(scene, &id)?;
    then(scene)?;
    let after = balances(scene, &accounts)?;
    let paid = after[1].minus(before[1])?;
    let list = scene.call("shop", &json!({ "command": "transfer-list" }))?;
    let list = list.get("transfers").and_then(Value::as_array).cloned().unwrap_or_default();
    let taken = list.iter().filter(|one| one.get("word") == Some(&json!("taken"))).count();
    let (mut holds, mut sound) = (Vec::new(), true);
    for (party, word) in [("wallet", &sender), ("shop", &receiver)] {
        // Whoever has nothing of it has nothing to show.
        let Ok(pack) = scene.call(party, &json!({ "command": "transfer-export", "transfer": id })) else { continue };
        let (pack, report) = scene.evidence(party, &pack)?;
        sound &= report.get("problems").and_then(Value::as_array).is_some_and(Vec::is_empty);
        holds.push(json!({ "party": party, "word": word, "proves": true, "pack": pack }));
    }
    // All of it for one payment, or nothing for nothing.
    let whole = if taken == 0 { paid.minor() == 0 } else { taken == 1 && paid == amount(AMOUNT)? };
    let even = whole && before[0].minus(after[0])? == paid;
    Ok(Outcome {
        seen: vec![
            ("sender", sender),
            ("receiver", receiver),
            ("paid", paid.to_string()),
            ("taken", taken.to_string()),
        ],
        even,
        verdicts: vec![],
        refused: None,
        holds,
        sound,
        provable: "what was sent, and the payment by the bank's word",
        registers: vec![],
    })
}
