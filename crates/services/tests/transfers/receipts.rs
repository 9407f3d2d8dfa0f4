//! Payment for receipt between a wallet and a shop: each side, refusals, and what the packs prove.

use semper_base::{Blob64, Millis, Role};
use semper_blocks::statement::{About, Author, Compact, Statement, danger_typed_unverified};
use semper_commerce::dispute::{PackContents, verify_payment_together, write};
use semper_driver::service::Input;
use semper_exchange::fair::receipt::ConditionalReceipt;
use semper_exchange::judge::Misdeed;
use semper_exchange::judge::payment::{PAYEE, PaymentOutcome};
use semper_support::Context;
use semper_support::access::{self, Action, Exported, Request, Rules, Subject, SubjectKind};
use semper_support::crypto::Keyring;
use serde_json::{Value, json};

use super::common::street::{Street, agree, own_key};
use super::{balances, verified};

/// A payment request, made and carried out. The payee's own bank word makes the payer's receipt.
#[test]
fn a_wallet_pays_for_a_receipt() {
    let mut street = Street::new("pay-receipt", 10);
    let asked = json!({ "command": "payment-request", "amount": "12.50 EUR", "text": "Rent of March" });
    let purpose = street.shop.command(&asked)["purpose"].clone();
    let show = json!({ "command": "payment-request", "purpose": purpose });
    assert_eq!(street.shop.command(&show)["request"], Value::Null, "no reference yet");
    street.reach_bank_and_back();
    let request = street.shop.command(&show)["request"].clone();
    let accept = json!({ "command": "payment-accept", "request": request });
    assert_eq!(street.wallet.command(&accept)["text"], "Rent of March");
    assert!(street.wallet.scan("pay-out/").is_empty(), "nothing is ordered before the user agrees");
    agree(&mut street.wallet, "payment-agreement");
    let question = street.wallet.scan("ask/").remove(0).1;
    let question: semper_base::tx::Question = serde_json::from_slice(&question).unwrap();
    assert!(question.follows.is_some(), "the order to the bank follows from what was agreed");
    agree(&mut street.wallet, "transfer");
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["487.50 EUR", "512.50 EUR"]);
    let state = |party: Value| party["payments"][0]["state"].clone();
    assert_eq!(state(street.wallet.command(&json!({ "command": "payments" }))), "receipt");
    assert_eq!(state(street.shop.command(&json!({ "command": "payments" }))), "paid");
    // Paid once: the same request again moves nothing.
    street.wallet.command(&accept);
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["487.50 EUR", "512.50 EUR"]);
    let export = json!({ "command": "payment-export", "purpose": purpose });
    for (pack, statements) in [(street.wallet.command(&export), 3), (street.shop.command(&export), 2)] {
        let report = verified(&mut street, &pack);
        assert!(report.is_sound(), "{report}");
        assert_eq!(report.statements, statements, "{report}");
        assert_eq!(report.agreement.title.as_deref(), Some("Rent of March"));
        let complete = report.proven.iter().any(|one| one.sentence.contains("the receipt is complete"));
        assert!(complete, "{report}");
        let verdict = report.payment_verdict.as_ref().unwrap();
        assert_eq!((verdict.outcome, verdict.convictions.len()), (PaymentOutcome::Received, 0), "{report}");
        assert!(verdict.set_aside.is_empty(), "{report}");
        assert!(report.to_string().contains("the payee has received the money for what the receipt says"), "{report}");
    }
}

/// The pack of a payee that shows the bank's word with another receipt than the one that it gave.
fn denial(street: &mut Street, request: &Value, purpose: &Value) -> Value {
    let given: Statement<ConditionalReceipt> = danger_typed_unverified(request["receipt"].as_str().unwrap()).unwrap();
    let other = ConditionalReceipt { text: "A present".to_owned(), ..given.body };
    let pair = own_key(&mut street.shop, "statement");
    let author = Author { certificate: given.meta.signer.certificate, ..Author::uncertified(Role::Seller, &pair) };
    let keyring = Keyring::for_simulation([4; 32]);
    let crypto = std::sync::Arc::clone(&street.shop.crypto);
    let cx = Context { now: street.shop.now, crypto: &*crypto, keyring: &keyring };
    let other = author.request(&cx, About::default(), other).unwrap().text;
    let kept = street.shop.kept(&format!("pay:{}", purpose.as_str().unwrap()));
    let kept = kept.into_iter().map(|text| String::from_utf8(text).unwrap()).filter(|text| *text != given.text);
    let statements: Vec<String> = kept.chain([other]).collect();
    let mut certificate = |text: &String| {
        let compact = Compact::parse(text).unwrap();
        let meta = compact.danger_meta_unverified().unwrap();
        let der = street.shop.get("certificate", &compact.certificate().unwrap().hex()).unwrap();
        (meta.signer.role, der)
    };
    let certificates = statements.iter().map(&mut certificate).collect();
    let contents = PackContents {
        certificates,
        lists: street.shop.scan("status-list/").into_iter().map(|(_, der)| der).collect(),
        root: street.shop.get("trust", "root").unwrap(),
        statements,
        ..PackContents::default()
    };
    let subject = Subject { kind: SubjectKind::Owner, handle: "owner".into() };
    let request = Request { subject, action: Action::Export(Exported::EvidencePack) };
    let permit = access::check(&Rules::owner_only(), &request).unwrap();
    json!({ "pack": Blob64(write(&cx, permit, &author, &contents).unwrap()) })
}

/// A payee that took the money and now shows another receipt: its own two signatures convict it.
#[test]
fn a_payee_cannot_deny_what_it_was_paid_for() {
    let mut street = Street::new("receipt-denied", 10);
    let asked = json!({ "command": "payment-request", "amount": "12.50 EUR", "text": "Rent of March" });
    let purpose = street.shop.command(&asked)["purpose"].clone();
    street.reach_bank_and_back();
    let show = json!({ "command": "payment-request", "purpose": purpose });
    let request = street.shop.command(&show)["request"].clone();
    street.wallet.command(&json!({ "command": "payment-accept", "request": request }));
    agree(&mut street.wallet, "payment-agreement");
    agree(&mut street.wallet, "transfer");
    street.reach_bank_and_back();
    let export = json!({ "command": "payment-export", "purpose": purpose });
    let payers = street.wallet.command(&export);
    let honest = street.shop.command(&export);
    let payees = denial(&mut street, &request, &purpose);
    let report = verified(&mut street, &payees);
    assert!(report.is_sound(), "{report}");
    assert!(report.payment_verdict.as_ref().unwrap().convictions.is_empty(), "{report}");

    let together = |packs: [&Value; 2], street: &mut Street| {
        let root = street.wallet.get("trust", "root").unwrap();
        let crypto = &*street.wallet.crypto;
        let root = semper_blocks::certificate::Root::read(&root, crypto).unwrap();
        let read = |pack: &Value| {
            let bytes: Blob64 = serde_json::from_value(pack["pack"].clone()).unwrap();
            semper_commerce::dispute::read(&bytes.0, crypto).unwrap()
        };
        let [one, two] = packs.map(read);
        verify_payment_together(&[("payer", &one), ("payee", &two)], &root, crypto).unwrap()
    };
    assert_eq!(together([&payers, &honest], &mut street).convictions, []);
    let verdict = together([&payers, &payees], &mut street);
    let convicted: Vec<_> = verdict.convictions.iter().map(|one| (one.party, one.misdeed)).collect();
    assert_eq!((verdict.outcome, convicted), (PaymentOutcome::Received, vec![(Some(PAYEE), Misdeed::TwoReceipts)]));
}

/// An order that comes to the bank when the receipt has ended moves nothing: nobody pays and has no receipt for it.
#[test]
fn an_order_ends_with_its_receipt() {
    let mut street = Street::new("receipt-late", 10);
    let asked = json!({ "command": "payment-request", "amount": "12.50 EUR", "text": "Rent of March", "days": 1 });
    let purpose = street.shop.command(&asked)["purpose"].clone();
    street.reach_bank_and_back();
    let request = street.shop.command(&json!({ "command": "payment-request", "purpose": purpose }))["request"].clone();
    street.wallet.command(&json!({ "command": "payment-accept", "request": request }));
    agree(&mut street.wallet, "payment-agreement");
    agree(&mut street.wallet, "transfer");
    let late = street.wallet.now.plus(Millis::days(1)).plus(Millis(1));
    street.set_time(late);
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["500.00 EUR", "500.00 EUR"]);
    let shown = street.wallet.command(&json!({ "command": "transfers" }));
    assert_eq!(shown["transfers"][0]["state"], "refused", "{shown}");
}

#[test]
fn a_wallet_gives_a_receipt_only_if_its_user_agrees() {
    let mut street = Street::new("receipt-asked", 10);
    let asked = json!({ "command": "payment-request", "amount": "2.00 EUR", "text": "Lunch", "days": 3 });
    let purpose = street.wallet.command(&asked)["purpose"].clone();
    street.reach_bank_and_back();
    let show = json!({ "command": "payment-request", "purpose": purpose });
    assert_eq!(street.wallet.command(&show)["request"], Value::Null, "not signed yet");
    agree(&mut street.wallet, "conditional-receipt");
    let request = street.wallet.command(&show)["request"].clone();
    street.shop.command(&json!({ "command": "payment-accept", "request": request }));
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["502.00 EUR", "498.00 EUR"]);
    let pack = street.shop.command(&json!({ "command": "payment-export", "purpose": purpose }));
    assert!(verified(&mut street, &pack).is_sound());
}

#[test]
fn a_payment_request_that_was_touched_is_refused() {
    let mut street = Street::new("receipt-bad", 10);
    let asked = |amount: &str, text: &str| json!({ "command": "payment-request", "amount": amount, "text": text });
    for (amount, text) in [("0.00 EUR", "Rent"), ("1.00 EUR", " "), ("1.00 EUR", &"x".repeat(501)), ("1.00", "Rent")] {
        street.shop.local(&Input::Command(asked(amount, text).to_string().into_bytes())).unwrap_err();
    }
    let purpose = street.shop.command(&asked("1.00 EUR", "Rent"))["purpose"].clone();
    street.reach_bank_and_back();
    let request = street.shop.command(&json!({ "command": "payment-request", "purpose": purpose }))["request"].clone();
    let export = json!({ "command": "payment-export", "purpose": purpose });
    street.shop.local(&Input::Command(export.to_string().into_bytes())).unwrap_err();
    let mut touched = request.clone();
    let receipt = touched["receipt"].as_str().unwrap().replacen('.', "A.", 1);
    touched["receipt"] = json!(receipt);
    let mut anonymous = request.clone();
    anonymous["certificate"] = json!("");
    for wrong in [touched, anonymous, json!({}), json!(7)] {
        let accept = json!({ "command": "payment-accept", "request": wrong });
        street.wallet.local(&Input::Command(accept.to_string().into_bytes())).unwrap_err();
        assert!(street.wallet.scan("receipt-held/").is_empty() && street.wallet.scan("ask/").is_empty());
    }
    // Too late: the receipt would not count.
    street.set_time(street.wallet.now.plus(Millis::days(15)));
    let accept = json!({ "command": "payment-accept", "request": request });
    street.wallet.local(&Input::Command(accept.to_string().into_bytes())).unwrap_err();
}
