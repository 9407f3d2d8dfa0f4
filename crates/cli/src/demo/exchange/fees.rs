//! Two notaries and a fee: both signers have both on their lists and prefer the one that takes a fee. It decides first,
//! then bills whoever the contract names, and is paid by way of its bank, for a receipt.

use semper_base::{Amount, Error};
use serde_json::{Value, json};

use super::contract::sign;
use super::locks::{again, amount};
use super::papers::{Paper, ROUNDS_MAX, text};
use super::scene::Scene;
use super::swap::account;
use super::{BANK, NOTARY, SHOP as SHOP_CAST, WALLET as WALLET_CAST};
use crate::demo::market::Cast;

const WALLET: &str = "wallet";
const SHOP: &str = "shop";
/// Takes a fee.
const DEAR: &str = "notary";
/// Takes none.
const FREE: &str = "notary-2";
/// What it takes for a contract of several.
const FEE: &str = "0.50 EUR";
/// What a pack shows.
const PROVABLE: &str = "that the fee is paid";

/// A notary with an account, one without, and two who are linked to them when the fee is known.
pub(super) const OFFICES: &[Cast] = &[
    BANK,
    Cast { called: "Dear Notary", knows: &["bank"], ..NOTARY },
    Cast { name: FREE, called: "Free Notary", ..NOTARY },
    Cast { knows: &["bank"], ..SHOP_CAST },
    Cast { knows: &["bank"], ..WALLET_CAST },
];

/// One contract whose fee each of the two pays, over and over until every crash point was met.
pub(super) fn paid(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let accounts = [account(scene, DEAR)?, account(scene, WALLET)?, account(scene, SHOP)?];
    open(scene)?;
    let before = balances(scene, &accounts)?;
    let (mut ends, mut rounds) = (Vec::new(), 0);
    while rounds < ROUNDS_MAX {
        rounds += 1;
        ends.extend([signed(scene, WALLET)?, signed(scene, SHOP)?]);
        if !scene.is_cut_off_again()? {
            break;
        }
    }
    let after = balances(scene, &accounts)?;
    let complete = ends.iter().all(|end| end.complete);
    let crashes = scene.market.crashes.as_ref().map(|crashes| crashes.report());
    let told = |of: &[Amount; 3]| of.map(|amount| amount.to_string());
    Ok(json!({
        "event": "summary",
        "protocol": "semper-csn-a/1",
        "outcome": if complete && after == owed(before, rounds)? { "fair" } else { "unfair" },
        "notary": ends.first().map(|end| &end.notary),
        "balances": { "before": told(&before), "after": told(&after) },
        "holds": ends.last().map(|end| end.holds.clone()).into_iter().collect::<Vec<_>>(),
        "verified": ends.iter().all(|end| end.sound),
        "provable": PROVABLE,
        "convicted": [],
        "registers": ends.last().map(|end| scene.rows(&end.id)).transpose()?.into_iter().collect::<Vec<_>>(),
        "crashes": crashes,
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

/// The fee is published before anybody is linked: whoever says hello hears of it.
fn open(scene: &Scene<'_>) -> Result<(), Error> {
    scene.call(DEAR, &json!({ "command": "fees", "set": { "semper-csn-a/1": FEE } }))?;
    for party in [WALLET, SHOP] {
        for notary in [FREE, DEAR] {
            scene.market.link(party, notary)?;
        }
        let notaries = |shown: &Value| shown.get("notaries").and_then(Value::as_array).cloned().unwrap_or_default();
        let both = |shown: &Value| notaries(shown).len() == 2;
        scene.until(party, &json!({ "command": "notaries" }), both)?;
        scene.call(party, &json!({ "command": "notary-prefer", "link": DEAR }))?;
        let line = format!("{party}: Takes both notaries, the dear one first: it trusts it more.");
        scene.story.tell("notaries", &line, &json!({ "party": party }));
    }
    Ok(())
}

/// One contract that was completed and billed.
struct End {
    id: String,
    complete: bool,
    /// Whom it names.
    notary: Value,
    holds: Value,
    sound: bool,
}

/// Both sign; the payer is billed and pays.
fn signed(scene: &Scene<'_>, payer: &str) -> Result<End, Error> {
    let card = json!({ "command": "contract-card" });
    let card = again(|| Ok(Some(scene.call(SHOP, &card)?).filter(Value::is_object)), "no card")?;
    let request = json!({
        "command": "contract-new", "title": "Loan of a ladder", "text": "Until the apples are in.", "with": [card],
        "expires_ms": 3_600_000, "fee_payer": u8::from(payer == SHOP),
    });
    let paper = Paper::read("contract", || scene.call(WALLET, &request))?;
    for party in [WALLET, SHOP] {
        sign(scene, party, &paper.json())?;
    }
    let mut complete = true;
    for party in [WALLET, SHOP] {
        complete &= text(&paper.until(scene, party, "none")?, "stage") == "complete";
    }
    let question = json!({ "command": "contract", "contract": paper.id });
    let notary = again(|| Ok(scene.call(WALLET, &question)?.get("notary").cloned()), "no contract")?;
    let line = format!("notary: The contract stands; {payer} is billed for {FEE}.");
    scene.story.tell("contract-end", &line, &json!({ "contract": paper.id }));
    let purpose = bill(scene, payer, &paper.id)?;
    scene.call(payer, &json!({ "command": "payment-accept", "bill": paper.id }))?;
    let is_paid = |shown: &Value| {
        let bills = shown.get("bills").and_then(Value::as_array).cloned().unwrap_or_default();
        let ours = |bill: &Value| text(bill, "xid") == paper.id && bill.get("paid").is_some_and(Value::is_string);
        bills.iter().any(ours)
    };
    scene.until(DEAR, &json!({ "command": "fees" }), is_paid)?;
    let export = json!({ "command": "payment-export", "purpose": purpose });
    let pack = again(|| Ok(Some(scene.call(payer, &export)?).filter(Value::is_object)), "no receipt")?;
    let (pack, report) = scene.evidence(payer, &pack)?;
    let line = format!("{payer}: Has paid the fee, and holds the notary's receipt.");
    scene.story.tell("fee", &line, &json!({ "party": payer }));
    let sound = report.get("problems").and_then(Value::as_array).is_some_and(Vec::is_empty);
    let proves = report.pointer("/payment_verdict/outcome") == Some(&json!("received"));
    let holds = json!({ "party": payer, "word": "paid", "proves": proves, "pack": pack });
    Ok(End { id: paper.id.clone(), complete, notary, holds, sound })
}

/// Waits for the notary's bill; what its payment is called.
fn bill(scene: &Scene<'_>, payer: &str, contract: &str) -> Result<Value, Error> {
    let of = |shown: &Value| {
        let all = shown.get("payments").and_then(Value::as_array)?.clone();
        all.into_iter().find(|one| text(one, "bill") == contract)
    };
    let shown = scene.until(payer, &json!({ "command": "payments" }), |shown| of(shown).is_some())?;
    Ok(of(&shown).and_then(|bill| bill.get("purpose").cloned()).unwrap_or_default())
}

/// What notary, wallet and shop have.
fn balances(scene: &Scene<'_>, accounts: &[String; 3]) -> Result<[Amount; 3], Error> {
    let balance = |account: &String| -> Result<Amount, Error> {
        let request = json!({ "command": "balance", "account": account });
        let shown = again(|| Ok(scene.call("bank", &request)?.get("available").cloned()), "no balance")?;
        amount(shown.as_str().unwrap_or_default())
    };
    let [notary, wallet, shop] = accounts;
    Ok([balance(notary)?, balance(wallet)?, balance(shop)?])
}

/// What all must have if each of the two has paid the fee so often.
fn owed([mut notary, mut wallet, mut shop]: [Amount; 3], times: usize) -> Result<[Amount; 3], Error> {
    let fee = amount(FEE)?;
    for _ in 0..times {
        (notary, wallet, shop) = (notary.plus(fee)?.plus(fee)?, wallet.minus(fee)?, shop.minus(fee)?);
    }
    Ok([notary, wallet, shop])
}
