//! Currency change: euro at one bank for francs at another, in one decision that both banks obey.

use semper_base::Error;
use serde_json::{Value, json};

use super::contract::{End, ends, sign};
use super::scene::Scene;
use super::{BANK, NOTARY, WALLET};
use crate::demo::facts;
use crate::demo::market::Cast;

/// Two banks, and two who have an account at both.
pub(super) const CHANGERS: &[Cast] = &[
    NOTARY,
    BANK,
    Cast { name: "bank-2", called: "Second Play Bank", ..BANK },
    Cast { called: "Ann Able", knows: &["notary", "bank", "bank-2"], ..WALLET },
    Cast { name: "wallet-2", called: "Bob Best", knows: &["notary", "bank", "bank-2"], ..WALLET },
];

/// What the first pays the second, and what it gets for it.
const EURO: &str = "10.00 EUR";
const FRANCS: &str = "9.40 CHF";

/// One account.
struct Purse {
    party: &'static str,
    bank: &'static str,
    account: Value,
}

/// Each writes a bill for what it is to get, the other takes it upon itself, and both sign.
pub(super) fn currency(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let (ann, bob) = ("wallet", "wallet-2");
    let mut purses = Vec::new();
    for party in [ann, bob] {
        for (bank, currency) in [("bank", "EUR"), ("bank-2", "CHF")] {
            purses.push(open(scene, party, bank, currency)?);
        }
    }
    let before = balances(scene, &purses)?;
    let parts = [billed(scene, bob, ann, EURO)?, billed(scene, ann, bob, FRANCS)?];
    let made = scene.call(
        ann,
        &json!({
            "command": "contract-new", "title": "Change", "text": "0.94 francs for a euro.", "parts": parts,
            "expires_ms": 3_600_000,
        }),
    )?;
    let text = format!("{ann}: Wrote the deal: {EURO} at one bank for {FRANCS} at the other. Nobody is bound yet.");
    scene.story.tell("contract-made", &text, &json!({ "party": ann, "contract": made.get("contract") }));
    for party in [ann, bob] {
        sign(scene, party, &made)?;
    }
    let ends = ends(scene, &made)?;
    let after = settled(scene, &purses, &before)?;
    for (purse, now) in purses.iter().zip(&after) {
        let text = format!("{}: {} has {} there.", purse.bank, purse.party, now.as_str().unwrap_or_default());
        scene.story.tell("balance", &text, &json!({ "party": purse.bank, "of": purse.party, "available": now }));
    }
    summary(scene, &made, &ends, &before, &after)
}

/// Opens an account, which the play bank fills.
fn open(scene: &Scene<'_>, party: &'static str, bank: &'static str, currency: &str) -> Result<Purse, Error> {
    let wish = json!({ "command": "open-account", "bank": bank, "currency": currency });
    let name = scene.call(party, &wish)?.get("purse").cloned().unwrap_or_default();
    let find = |purses: &Value| {
        let purses = purses.get("purses").and_then(Value::as_array).cloned().unwrap_or_default();
        purses.into_iter().find(|purse| purse.get("purse") == Some(&name))
    };
    let all = scene.until(party, &json!({ "command": "purse" }), |purses| find(purses).is_some())?;
    let account = find(&all).and_then(|purse| purse.get("account").cloned()).unwrap_or_default();
    Ok(Purse { party, bank, account })
}

/// A bill of the payee that the payer has taken upon itself.
fn billed(scene: &Scene<'_>, payee: &str, payer: &str, amount: &str) -> Result<Value, Error> {
    let bill = scene.call(payee, &json!({ "command": "contract-bill", "amount": amount }))?;
    let part = scene.call(payer, &json!({ "command": "contract-pay", "bill": bill.get("file") }))?;
    let text = format!("{payee}: Writes a bill over {amount}, which {payer} takes upon itself.");
    scene.story.tell("bill", &text, &json!({ "party": payee, "amount": amount, "holder": bill.get("holder") }));
    Ok(part.get("file").cloned().unwrap_or_default())
}

fn balances(scene: &Scene<'_>, purses: &[Purse]) -> Result<Vec<Value>, Error> {
    let balance = |purse: &Purse| {
        let reply = scene.call(purse.bank, &json!({ "command": "balance", "account": purse.account }))?;
        Ok(reply.get("available").cloned().unwrap_or_default())
    };
    purses.iter().map(balance).collect()
}

/// Waits until each bank has obeyed the notary.
fn settled(scene: &Scene<'_>, purses: &[Purse], before: &[Value]) -> Result<Vec<Value>, Error> {
    for (purse, was) in purses.iter().zip(before) {
        let question = json!({ "command": "balance", "account": purse.account });
        scene.until(purse.bank, &question, |now| now.get("available") != Some(was))?;
    }
    balances(scene, purses)
}

fn summary(scene: &Scene<'_>, made: &Value, ends: &[End], before: &[Value], after: &[Value]) -> Result<Value, Error> {
    let id = made.get("contract").and_then(Value::as_str).unwrap_or_default();
    let proofs = ends.iter().filter(|end| end.proves).count();
    let moved = before.iter().zip(after).filter(|(before, after)| before != after).count();
    // Everything has moved and everybody can show why, or nothing.
    let fair = (proofs, moved) == (ends.len(), before.len()) || (proofs, moved) == (0, 0);
    let convicted: Vec<Value> = ends.iter().map(End::convictions).collect();
    Ok(json!({
        "event": "summary",
        "protocol": made.get("protocol"),
        "outcome": if fair { "fair" } else { "unfair" },
        "contract": id,
        "stands": proofs == ends.len(),
        "balances": { "before": before, "after": after },
        "holds": ends.iter().map(End::json).collect::<Vec<_>>(),
        "verified": ends.iter().all(|end| end.sound),
        "convicted": facts::convicted(&convicted),
        "registers": [scene.rows(id)?],
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}
