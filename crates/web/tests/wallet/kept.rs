//! Deals whose money is locked, in the wallet.

use axum::http::StatusCode;
use semper_base::{Code, Error, Misuse};
use serde_json::{Value, json};

use super::common::{asked, is_sound};
use super::fake::{Wallet, deal, plain};

/// Where the bank keeps the money: who has it, until when, what is at risk, and the code for whoever brings the goods.
#[tokio::test]
async fn a_deal_with_locked_money_says_where_it_is() {
    let answer = |request: &Value| {
        if request["command"] != "deal" {
            return plain(request);
        }
        let mut deal = deal("d-1", "shipped");
        deal["grade"] = json!("escrow");
        deal["next"] = json!({"who": "carrier", "you": false, "act": "deliver", "until": "2026-12-06T04:06:00.000Z", "otherwise": "goes-back"});
        deal["locks"] = json!([
            {"lock": "aa", "part": 1, "amount": "12.00 EUR", "state": "consigned", "until": "2026-12-06T04:06:00.000Z", "paid": null, "back": null, "pickup_code": "00112233445566778899aabbccddeeff"},
            {"lock": "bb", "part": null, "amount": "4.90 EUR", "state": "divided", "until": null, "paid": "0.00 EUR", "back": "4.90 EUR", "basis": "not-shipped", "pickup_code": "ffeeddccbbaa99887766554433221100"},
        ]);
        deal["parts"][0]["money"] = json!("consigned");
        deal["parts"][0]["pay_until"] = json!("2026-12-06T04:06:00.000Z");
        deal["offer"]["arbiter"] = json!("Second <b>Notary");
        deal["offer"]["silent"] = json!("payer");
        deal["offer"]["carrier"] = json!("Post");
        deal["offer"]["delivery_days"] = json!(7);
        deal["locks"][0]["lines"] = json!([{"id": "1", "quantity": 2}]);
        Ok(deal)
    };
    let mut wallet = Wallet::new(answer).await;
    let page = wallet.browser.get("/deal/d-1").await;
    for text in [
        "weak, but nobody pays first",
        "The carrier",
        "the bank gives the money back to the buyer",
        "locked for what is on its way",
        "For parcel 1",
        "locked; shipped",
        "00112233445566778899aabbccddeeff",
        "divided for good",
        "Back with you",
        "Who rules on a dispute",
        "Without a ruling, disputed money is for",
        "What silence means",
        "If the carrier has not said by then that it came, the bank gives it back to you.",
        "7 days for the carrier to bring it; from its word on, 14 days for you to look at it",
        "2 × Mug",
        "it was not shipped in time",
    ] {
        page.says(text);
    }
    page.lacks("<b>Notary");
    page.lacks("ffeeddccbbaa99887766554433221100");
    page.lacks("Pay until");
    is_sound(&page);
}

/// A deal that is on its way, without a carrier's word, in this state.
fn kept(state: &str) -> Value {
    let mut deal = deal("d-1", "shipped");
    deal["grade"] = json!("escrow");
    deal["can"] = json!(["received", "complain", "dispute", "bring", "withdraw", "export"]);
    deal["locks"] = json!([{"lock": "aa", "part": 1, "amount": "12.00 EUR", "state": state, "until": "2026-12-06T04:06:00.000Z",
        "lines": [{"id": "1", "quantity": 2}]}]);
    deal
}

#[tokio::test]
async fn silence_is_said_for_every_state() {
    for (state, silent, sentence) in [
        ("agreed", "payer", "nobody owes anything for it"),
        ("locked", "payer", "If the shop has not shipped by then, the bank gives it back to you."),
        ("consigned", "payer", "If you say nothing by then, the bank pays the shop."),
        ("arrived", "payer", "If you say nothing by then, the bank pays the shop."),
        ("disputed", "payer", "If the arbiter has not ruled by then, the bank gives it back to you."),
        ("disputed", "payee", "If the arbiter has not ruled by then, the bank pays the shop."),
    ] {
        let answer = move |request: &Value| {
            if request["command"] != "deal" {
                return plain(request);
            }
            let mut deal = kept(state);
            deal["offer"]["silent"] = json!(silent);
            Ok(deal)
        };
        let mut wallet = Wallet::new(answer).await;
        wallet.browser.get("/deal/d-1").await.says(sentence);
    }
}

fn answers(request: &Value) -> Result<Value, Error> {
    match request["command"].as_str().unwrap() {
        "deal" => Ok(kept("consigned")),
        "bring" if request["statement"] == "a.b.c" => Ok(json!({ "deal": "d-1", "lock": "aa" })),
        "bring" => Err(Misuse::new(Code::SignatureWrong, "statement").into()),
        "dispute" => Ok(json!({ "deal": "d-1", "lock": "aa" })),
        _ => plain(request),
    }
}

#[tokio::test]
async fn what_others_signed_is_brought_to_the_bank() {
    let mut wallet = Wallet::new(answers).await;
    wallet.browser.get("/deal/d-1").await.says("Show the bank a ruling");
    let form = wallet.browser.get("/deal/d-1/bring").await;
    is_sound(&form);
    let empty = wallet.browser.upload("/deal/d-1/bring", &[("file", ""), ("statement", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    is_sound(&empty);
    empty.says("Choose the file, or paste its content.");
    let wrong = wallet.browser.upload("/deal/d-1/bring", &[("file", ""), ("statement", "x.<b>y.z")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("The bank is not shown this");
    wrong.says("x.&#60;b&#62;y.z");
    for field in ["file", "statement"] {
        let other = if field == "file" { "statement" } else { "file" };
        let done = wallet.browser.upload("/deal/d-1/bring", &[(field, "a.b.c\n"), (other, "")]).await;
        assert_eq!(done.location(), "/deal/d-1?done=brought");
    }
    wallet.browser.get("/deal/d-1?done=brought").await.says("The bank is shown it.");
    assert_eq!(asked(&wallet.log, "bring").len(), 3);
}

#[tokio::test]
async fn a_dispute_needs_a_reason_and_says_whom_it_tells() {
    let mut wallet = Wallet::new(answers).await;
    let form = wallet.browser.get("/deal/d-1/dispute").await;
    is_sound(&form);
    form.says("You tell the bank that you object, and nobody else");
    form.says("the arbiter compares them with the hash");
    let empty = wallet.browser.post("/deal/d-1/dispute", &[("part", "1"), ("reason", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.says("Say what is wrong.");
    assert_eq!(asked(&wallet.log, "dispute").len(), 0);
    wallet.browser.post("/deal/d-1/dispute", &[("part", "1"), ("reason", "Nothing came.")]).await;
    let told = asked(&wallet.log, "dispute");
    assert_eq!((&told[0]["reason"], &told[0]["part"]), (&json!("Nothing came."), &json!(1)));
    // The same acts as without locked money say that the bank hears of it.
    wallet.browser.get("/deal/d-1/complain").await.says("and the bank that you object");
    wallet.browser.get("/deal/d-1/received").await.says("the bank pays the shop at once");
}
