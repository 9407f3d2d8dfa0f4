//! Exchanges that are no purchase, between real processes: everybody has the contract or nobody, whoever lies;
//! what the demo says of itself is compared with what the packs show a stranger.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod play;

use play::{Played, play};
use serde_json::{Value, json};

/// What a stranger reads in each pack: the outcome, and who is convicted.
fn readings(played: &Played, parties: usize) -> Vec<(String, Vec<Value>)> {
    let reading = |at: usize| {
        let report = played.verify(&format!("/holds/{at}/pack"));
        let verdict = &report["frame_verdict"];
        (verdict["outcome"].as_str().unwrap().to_owned(), verdict["convictions"].as_array().unwrap().clone())
    };
    (0..parties).map(reading).collect()
}

fn stands(name: &str, parties: usize, rows: &[&str]) {
    let played = play(name, &["--exchange", name]);
    assert_eq!(
        (played.text("/outcome"), played.at("/stands"), played.at("/verified")),
        ("fair", &json!(true), &json!(true))
    );
    assert_eq!(played.rows(0), rows);
    assert_eq!(readings(&played, parties), vec![("complete".to_owned(), vec![]); parties]);
}

#[test]
fn a_contract_of_two_without_the_notary() {
    stands("contract", 2, &[]);
}

#[test]
fn a_contract_of_five_through_the_notary() {
    stands("contract-5", 5, &["resolved"]);
}

#[test]
fn data_for_data_in_a_ring() {
    stands("data-for-data", 3, &["resolved"]);
}

#[test]
fn a_letter_a_payment_and_a_signature_in_one_decision() {
    stands("joint-deal", 3, &["resolved"]);
}

#[test]
fn a_container_each_way() {
    let played = play("transfer", &["--exchange", "transfer"]);
    assert_eq!((played.text("/outcome"), played.at("/verified")), ("fair", &json!(true)), "{}", played.summary);
    assert_eq!(played.at("/balances/between"), &json!(["495.00 EUR", "505.00 EUR"]));
    assert_eq!(played.at("/balances/after"), &json!(["500.00 EUR", "500.00 EUR"]));
}

#[test]
fn a_contract_of_three_in_rounds() {
    stands("rounds", 3, &[]);
}

#[test]
fn one_parcel_that_comes_and_one_that_an_arbiter_rules_on() {
    let played = play("escrow", &["--exchange", "escrow"]);
    let done = (played.text("/outcome"), played.at("/verified"));
    assert_eq!(done, ("fair", &json!(true)), "{}", played.summary);
    assert_eq!(played.rows(0), ["locked", "consigned", "arrived", "disputed", "divided"]);
    // One mug with shipping, and what the arbiter gave the shop of the other.
    assert_eq!(played.at("/balances/after"), &json!({ "wallet": "480.20 EUR", "shop": "519.80 EUR" }));
    for side in 0..2 {
        let report = played.verify(&format!("/holds/{side}/pack"));
        let verdict = &report["locks"][0]["verdict"];
        assert_eq!((&verdict["outcome"], &verdict["convictions"]), (&json!("divided"), &json!([])), "{report}");
    }
    played.check_ledger();
}

#[test]
fn the_notary_that_both_prefer_bills_its_fee_and_is_paid() {
    let played = play("fees", &["--exchange", "two-notaries"]);
    let done = (played.text("/outcome"), played.at("/verified"), played.text("/notary"));
    assert_eq!(done, ("fair", &json!(true), "Dear Notary"), "{}", played.summary);
    assert_eq!(played.rows(0), ["resolved"]);
    assert_eq!(played.at("/balances/after"), &json!(["501.00 EUR", "499.50 EUR", "499.50 EUR"]));
    let report = played.verify("/holds/0/pack").to_string();
    assert!(report.contains("Dear Notary") && report.contains("0.50"), "{report}");
    played.check_ledger();
}

#[test]
fn euro_at_one_bank_for_francs_at_another() {
    let played = play("currency-change", &["--exchange", "currency-change"]);
    let done = (played.text("/outcome"), played.at("/stands"), played.at("/verified"), played.at("/convicted"));
    assert_eq!(done, ("fair", &json!(true), &json!(true), &json!([])), "{}", played.summary);
    assert_eq!(played.rows(0), ["resolved"]);
    let after = json!(["490.00 EUR", "509.40 CHF", "510.00 EUR", "490.60 CHF"]);
    assert_eq!(played.at("/balances/after"), &after);
    assert_eq!(readings(&played, 2), vec![("complete".to_owned(), vec![]); 2]);
}

#[test]
fn data_for_money_by_a_hash_lock() {
    let played = play("hash-lock", &["--exchange", "hash-lock"]);
    let done = (played.text("/outcome"), played.at("/file"), played.at("/verified"), played.at("/convicted"));
    assert_eq!(done, ("fair", &json!(true), &json!(true), &json!([])), "{}", played.summary);
    assert_eq!(played.rows(0), ["locked", "claimed"]);
    for side in 0..2 {
        let report = played.verify(&format!("/holds/{side}/pack"));
        assert_eq!(report["lock_verdict"]["outcome"], "paid", "{report}");
        assert_eq!(report["agreement"]["title"], "A map of the island");
    }
}

/// Plays a cheat; the liar told its lie and nobody honest lost without a verdict.
fn cheat(name: &str, end: &str) -> Played {
    let played = play(name, &["--cheat", name]);
    assert_eq!((played.at("/fair"), played.at("/as_expected")), (&json!(true), &json!(true)), "{}", played.summary);
    assert_eq!((played.text("/end"), played.at("/verified")), (end, &json!(true)));
    let liar = played.text("/liar");
    let lied = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["event"] == "lie" && line["party"] == liar
    };
    assert!(played.story.lines().any(lied), "{}", played.story);
    played
}

#[test]
fn starter_aborts_and_signs() {
    let played = cheat("starter-aborts-and-signs", "contract");
    // The notary's row is there, and proves nothing against the contract.
    assert_eq!(played.rows(0), ["aborted"]);
    assert_eq!(readings(&played, 2)[1], ("complete".to_owned(), vec![]));
}

#[test]
fn answerer_resolves_unseen() {
    let played = cheat("answerer-resolves-unseen", "contract");
    assert_eq!(played.rows(0), ["resolved"]);
    assert_eq!(readings(&played, 2), vec![("complete".to_owned(), vec![]); 2]);
}

#[test]
fn notary_decides_both() {
    let played = cheat("notary-decides-both", "verdict");
    let readings = readings(&played, 5);
    assert_eq!(readings[0].0, "nothing", "this one was told that nothing came of it");
    assert!(readings[1..].iter().all(|(outcome, _)| outcome == "complete"));
    assert!(readings.iter().all(|(_, convicted)| convicted.is_empty()), "one pack alone convicts nobody");
    assert_eq!(played.at("/convicted"), &json!([{ "who": "notary", "misdeed": "aborted-and-resolved" }]));
}

#[test]
fn seller_never_claims() {
    let played = cheat("seller-never-claims", "even");
    assert_eq!(played.rows(0), ["locked", "returned"]);
    assert_eq!(played.at("/balances/before"), played.at("/balances/after"));
}

#[test]
fn seller_sells_other_data() {
    let played = cheat("seller-sells-other-data", "verdict");
    assert_eq!(played.rows(0), ["locked", "claimed"]);
    // The buyer's own pack is enough.
    let report = played.verify("/holds/0/pack");
    assert_eq!(report["lock_verdict"]["convictions"][0]["misdeed"], "wrong-file");
    let report = played.verify("/holds/1/pack");
    assert_eq!(report["lock_verdict"]["convictions"], json!([]));
}

#[test]
fn bank_pays_and_returns() {
    let played = cheat("bank-pays-and-returns", "verdict");
    assert_eq!(played.at("/convicted"), &json!([{ "who": "bank", "misdeed": "claimed-and-returned" }]));
    for side in 0..2 {
        let report = played.verify(&format!("/holds/{side}/pack"));
        assert_eq!(report["lock_verdict"]["convictions"], json!([]), "one pack alone convicts nobody");
    }
}

/// A joint deal in which somebody lies: the rows of notary and bank, and what the packs of deal and payment show.
fn joint(name: &str, end: &str, notary: &[&str]) -> Played {
    let played = cheat(name, end);
    assert_eq!(played.rows(0), notary);
    for (at, pack) in played.at("/payments").as_array().unwrap().iter().enumerate() {
        let report = played.verify(&format!("/payments/{at}/pack"));
        assert_eq!(report["lock_verdict"]["convictions"], json!([]), "one pack alone convicts nobody: {pack}");
    }
    played.check_ledger();
    played
}

#[test]
fn payer_locks_less() {
    let played = joint("payer-locks-less", "even", &["aborted"]);
    assert_eq!(played.at("/balances/before"), played.at("/balances/after"));
}

#[test]
fn payer_takes_back() {
    let played = joint("payer-takes-back", "even", &["resolved"]);
    assert_eq!((played.at("/read"), played.at("/paid")), (&json!(true), &json!(true)));
}

#[test]
fn giver_keeps_key() {
    let played = joint("giver-keeps-key", "even", &["aborted"]);
    assert_eq!(played.at("/balances/before"), played.at("/balances/after"));
}

#[test]
fn giver_claims_undecided() {
    let played = joint("giver-claims-undecided", "even", &["resolved"]);
    assert_eq!((played.at("/read"), played.at("/paid")), (&json!(true), &json!(true)));
}

#[test]
fn bank_frees_against_row() {
    let played = joint("bank-frees-against-row", "even", &["resolved"]);
    assert_eq!(played.at("/convicted"), &json!([{ "who": "bank", "misdeed": "claimed-and-returned" }]));
}

#[test]
fn notary_parts_a_deal() {
    // Whether the bank hears of the one decision first or of the other is a race: the notary is convicted by both.
    let played = play("notary-parts-a-deal", &["--cheat", "notary-parts-a-deal"]);
    assert_eq!((played.at("/fair"), played.at("/as_expected")), (&json!(true), &json!(true)), "{}", played.summary);
    assert_eq!(played.at("/convicted"), &json!([{ "who": "notary", "misdeed": "aborted-and-resolved" }]));
    assert_eq!((played.at("/read"), played.rows(0)), (&json!(false), vec!["resolved"]));
    played.check_ledger();
}

/// What was seen of a cheat, word for word.
fn seen(played: &Played, name: &str) -> String {
    played.text(&format!("/seen/{name}")).to_owned()
}

/// A cheat in mail order under escrow: what the bank's rows are, and what the shop has in the end.
fn parcel(name: &str, rows: &[&str], shop: &str) -> Played {
    let played = cheat(name, "even");
    assert_eq!((played.rows(0), seen(&played, "shop")), (rows.to_vec(), format!("{shop} EUR")));
    played.check_ledger();
    played
}

const NEVER_ARRIVED: &[&str] = &["locked", "consigned", "disputed", "divided"];
const ARRIVED: &[&str] = &["locked", "consigned", "arrived", "disputed", "divided"];

#[test]
fn seller_ships_nothing() {
    parcel("seller-ships-nothing", NEVER_ARRIVED, "0.00");
}

#[test]
fn seller_forges_carrier() {
    let played = parcel("seller-forges-carrier", NEVER_ARRIVED, "0.00");
    assert_eq!(played.at("/noticed/0/party"), "bank");
}

#[test]
fn carrier_guesses_code() {
    let played = parcel("carrier-guesses-code", NEVER_ARRIVED, "0.00");
    assert_eq!((played.at("/noticed/0/party"), played.at("/noticed/0/code")), (&json!("shop"), &json!(1409)));
}

#[test]
fn buyer_denies_parcel() {
    parcel("buyer-denies-parcel", ARRIVED, "14.90");
}

#[test]
fn buyer_disputes_paid() {
    parcel("buyer-disputes-paid", &["locked", "consigned", "arrived", "divided"], "14.90");
}

#[test]
fn arbiter_rules_twice() {
    let played = parcel("arbiter-rules-twice", ARRIVED, "4.90");
    // The shop has both rulings, and needs nobody's help.
    let report = played.verify("/holds/1/pack");
    let convictions = &report["locks"][0]["verdict"]["convictions"];
    assert_eq!((&convictions[0]["who"], &convictions[0]["misdeed"]), (&json!("arbiter"), &json!("two-answers")));
    let report = played.verify("/holds/0/pack");
    assert_eq!(report["locks"][0]["verdict"]["convictions"], json!([]), "the buyer has one of them");
}

#[test]
fn bank_divides_otherwise() {
    let played = cheat("bank-divides-otherwise", "verdict");
    assert_eq!((played.rows(0), seen(&played, "shop")), (ARRIVED.to_vec(), "14.90 EUR".to_owned()));
    // Either pack has both rows of the bank's: nobody needs the other's help, and the buyer knows what is owed.
    for side in 0..2 {
        let report = played.verify(&format!("/holds/{side}/pack"));
        let convictions = report["locks"][0]["verdict"]["convictions"].as_array().unwrap().clone();
        let found: Vec<_> = convictions.iter().map(|one| (&one["who"], &one["misdeed"])).collect();
        let bank = json!("bank");
        let due = [(&bank, &json!("divided-against-record")), (&bank, &json!("divided-too-early"))];
        assert_eq!(found, due, "{report}");
    }
    played.check_ledger();
}

#[test]
fn signer_falls_silent() {
    let played = cheat("signer-falls-silent", "even");
    assert_eq!(played.rows(0), ["resolved"]);
    assert_eq!(readings(&played, 3), vec![("complete".to_owned(), vec![]); 3]);
}

#[test]
fn signer_pledges_twice() {
    let played = cheat("signer-pledges-twice", "even");
    assert_eq!(played.rows(0), ["resolved"]);
    assert_eq!(readings(&played, 3), vec![("complete".to_owned(), vec![]); 3]);
}

#[test]
fn signer_stops_after_signing() {
    let played = cheat("signer-stops-after-signing", "even");
    assert_eq!(played.rows(0), ["halted"]);
    let readings = readings(&played, 3);
    assert!(readings.iter().all(|(outcome, _)| outcome == "complete"), "the notary's word undoes nothing");
    assert!(readings[..2].iter().all(|(_, convicted)| convicted.is_empty()), "the others have not seen it");
    // Whoever shows the notary's word shows that it has gone on after it.
    assert_eq!(readings[2].1[0]["misdeed"], "went-on");
}

#[test]
fn notary_parts_the_rounds() {
    let played = cheat("notary-parts-the-rounds", "verdict");
    let readings = readings(&played, 3);
    let outcomes: Vec<&str> = readings.iter().map(|(outcome, _)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["complete", "nothing", "complete"]);
    assert!(readings.iter().all(|(_, convicted)| convicted.is_empty()), "one pack alone convicts nobody");
    assert_eq!(played.at("/convicted"), &json!([{ "who": "notary", "misdeed": "resolved-despite-halt" }]));
}

#[test]
fn sender_sends_other_goods() {
    let played = cheat("sender-sends-other-goods", "even");
    assert_eq!((seen(&played, "receiver"), seen(&played, "paid")), ("stopped".to_owned(), "0.00 EUR".to_owned()));
    played.check_ledger();
}

#[test]
fn sender_replays_container() {
    let played = cheat("sender-replays-container", "even");
    assert_eq!((seen(&played, "taken"), seen(&played, "paid")), ("1".to_owned(), "1.25 EUR".to_owned()));
    played.check_ledger();
}

#[test]
fn receiver_denies_taking() {
    let played = cheat("receiver-denies-taking", "even");
    assert_eq!((seen(&played, "sender"), seen(&played, "receiver")), ("stopped".to_owned(), "taken".to_owned()));
    // The sender's pack shows what was sent, and that it was paid.
    let report = played.verify("/holds/0/pack").to_string();
    assert!(report.contains("1.25 EUR"), "{report}");
    played.check_ledger();
}
