//! What a wallet and a shop refuse of each other before there is a contract.

use crate::common;

use common::Hands;
use common::street::{Street, agree, carry, own_key, signed};
use semper_base::limits::{ACCEPTANCE_WAIT_MS, OFFER_WAIT_MS};
use semper_base::{Blob64, Code, Millis};
use semper_blocks::statement::{Body, Statement, danger_typed_unverified, make};
use semper_commerce::process::offer::Offer;
use semper_commerce::process::purchase::Order;
use semper_driver::service::Input;
use semper_services::shop::Shop;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::{Crypto, KeyPair, PublicKey};
use serde_json::{Value, json};

/// Another key in the same form, which is no point of the curve.
fn off_curve(key: &PublicKey) -> PublicKey {
    let mut spki = key.spki().to_vec();
    spki[90] ^= 1;
    PublicKey::from_spki(&spki).unwrap()
}

/// The same message with its statement changed and signed again.
fn resigned<B: Body>(message: &Envelope, crypto: &dyn Crypto, pair: &KeyPair, edit: impl Fn(&mut B)) -> Envelope {
    let mut body: Value = serde_json::from_str(&message.body).unwrap();
    let statement: Statement<B> = danger_typed_unverified(body["statement"].as_str().unwrap()).unwrap();
    let Statement { meta, body: mut terms, .. } = statement;
    edit(&mut terms);
    body["statement"] = json!(make(crypto, &pair.secret, meta, terms).unwrap().text);
    Envelope { body: body.to_string(), ..message.clone() }
}

fn state(street: &mut Street, deal: &str) -> String {
    street.deal(deal)["word"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_off_the_curve_is_the_senders_violation() {
    let mut street = Street::new("off-curve", 10);
    let malformed = Outcome::rejected(Code::KeyMalformed);
    let deal = street.ask();
    let offer = street.shop.fetch(street.wallet_shop.client).remove(0);
    let (pair, crypto) = (own_key(&mut street.shop, "statement"), std::sync::Arc::clone(&street.shop.crypto));
    let bad = resigned(&offer, &*crypto, &pair, |offer: &mut Offer| {
        offer.terms.seal_key = off_curve(&offer.terms.seal_key);
    });
    assert_eq!(street.wallet.deliver(street.wallet_shop.server, bad), malformed);
    assert_eq!(state(&mut street, &deal), "asked");
    // The shop's next number: an honest offer is still welcome.
    let good = Envelope { seq: offer.seq + 1, prev: offer.seq, ..offer };
    carry(&mut street.wallet, street.wallet_shop.server, vec![good]);
    agree(&mut street.wallet, "order");
    let order = street.wallet.fetch(street.wallet_shop.server).remove(0);
    let (pair, crypto) = (own_key(&mut street.wallet, "statement"), std::sync::Arc::clone(&street.wallet.crypto));
    let bad = resigned(&order, &*crypto, &pair, |order: &mut Order| order.deal_key = off_curve(&order.deal_key));
    assert_eq!(street.shop.deliver(street.wallet_shop.client, bad), malformed);
}

#[test]
fn an_offer_is_signed_by_the_shop_that_was_asked() {
    let mut street = Street::new("other-signer", 10);
    let mut other: Hands<Shop> = Hands::new("other-signer-shop-2", Shop::default());
    enrol_as(&mut street, &mut other);
    let deal = street.ask();
    let offer = street.shop.fetch(street.wallet_shop.client).remove(0);
    let certificate = other.get("identity", "statement").unwrap();
    let certificate: Value = serde_json::from_slice(&certificate).unwrap();
    let hash = certificate["certificate"].as_str().unwrap().to_owned();
    let der = other.get("certificate", &hash).unwrap();
    // The asked shop passes on what another certified shop signed.
    let pair = own_key(&mut other, "statement");
    let mut body: Value = serde_json::from_str(&offer.body).unwrap();
    let statement: Statement<Offer> = danger_typed_unverified(body["statement"].as_str().unwrap()).unwrap();
    let Statement { mut meta, body: terms, .. } = statement;
    meta.signer.key = pair.public.id();
    meta.signer.certificate = semper_base::Hash::from_hex(&hash);
    body["statement"] = json!(make(&*other.crypto, &pair.secret, meta, terms).unwrap().text);
    body["certificate"] = json!(Blob64(der));
    let passed_on = Envelope { body: body.to_string(), ..offer };
    let outcome = street.wallet.deliver(street.wallet_shop.server, passed_on);
    assert_eq!(outcome, Outcome::rejected(Code::KeyWrong));
    assert_eq!(state(&mut street, &deal), "asked");
}

fn enrol_as(street: &mut Street, other: &mut Hands<Shop>) {
    // The name of the first shop is taken.
    common::enrol_named(&mut street.ca, other, "seller", "Other shop", &["statement"]);
}

#[test]
fn a_wallet_takes_no_answer_over_other_bytes() {
    let mut street = Street::new("other-bytes", 10);
    let deal = street.ask();
    street.reach_wallet();
    let honest = signed(&mut street.wallet, "order");
    let mut other = honest.clone();
    let payload: Value = serde_json::from_str(&other.question.payload).unwrap();
    assert!(payload["amount"]["minor"].is_u64(), "{payload}");
    let mut dearer = payload;
    dearer["amount"]["minor"] = json!(9_999);
    let dearer = String::from_utf8(semper_base::json::canonical(&dearer).unwrap()).unwrap();
    let pair = own_key(&mut street.wallet, "statement");
    let statement = semper_blocks::statement::sign_payload(&*street.wallet.crypto, &pair.secret, dearer.as_bytes());
    let semper_support::tinguin::Outcome::Signed { statement: text, .. } = &mut other.outcome else { panic!() };
    *text = statement.unwrap();
    assert_eq!(street.wallet.local(&Input::Answer(other)).unwrap_err().code(), Code::TermsWrong);
    // A screen that changes the question with the answer does not get through either.
    let mut both = honest.clone();
    both.question.payload = dearer.clone();
    let statement = semper_blocks::statement::sign_payload(&*street.wallet.crypto, &pair.secret, dearer.as_bytes());
    let semper_support::tinguin::Outcome::Signed { statement: text, .. } = &mut both.outcome else { panic!() };
    *text = statement.unwrap();
    assert_eq!(street.wallet.local(&Input::Answer(both)).unwrap_err().code(), Code::TermsWrong);
    assert_eq!(state(&mut street, &deal), "offered");
    assert!(street.wallet.fetch(street.wallet_shop.server).is_empty(), "nothing left the house");
    street.wallet.local(&Input::Answer(honest)).unwrap();
    assert_eq!(state(&mut street, &deal), "agreed");
}

/// A wallet waits for nobody for ever: before there is a contract, whoever keeps silent ends the deal.
#[test]
fn a_deal_without_a_contract_ends_by_itself() {
    let mut street = Street::new("silent", 10);
    let ended = |street: &mut Street, deal: &str| {
        let shown = street.deal(deal);
        (shown["word"].as_str().unwrap().to_owned(), shown["refused"]["code"].as_u64().unwrap_or(0))
    };
    let withdrawn = |code: Code| ("withdrawn".to_owned(), u64::from(code.number()));
    let pass = |street: &mut Street, millis: u64| {
        street.set_time(street.wallet.now.plus(Millis(millis)));
        common::street::run_timers(&mut street.wallet);
    };
    // The shop never answers the request; what it says later does no harm.
    let asked = street.ask();
    pass(&mut street, OFFER_WAIT_MS - 1);
    assert_eq!(ended(&mut street, &asked), ("asked".to_owned(), 0));
    pass(&mut street, 1);
    assert_eq!(ended(&mut street, &asked), withdrawn(Code::NoAnswer));
    let late = street.shop.fetch(street.wallet_shop.client).remove(0);
    assert_eq!(street.wallet.deliver(street.wallet_shop.server, late), Outcome::Taken);
    assert_eq!(ended(&mut street, &asked), withdrawn(Code::NoAnswer));
    // The user never answers, and the question goes.
    let offered = street.ask();
    street.reach_wallet();
    assert_eq!(street.wallet.scan("ask/").len(), 1);
    pass(&mut street, 2 * 3_600_000);
    assert_eq!(ended(&mut street, &offered), withdrawn(Code::OfferExpired));
    assert!(street.wallet.scan("ask/").is_empty());
    // The shop never accepts, or too late: that is no misdeed of its own.
    let ordered = street.order();
    street.reach_shop();
    common::street::run_timers(&mut street.shop);
    pass(&mut street, ACCEPTANCE_WAIT_MS);
    assert_eq!(ended(&mut street, &ordered), withdrawn(Code::NoAnswer));
    assert!(street.wallet.due().is_empty());
}

/// A list that ran out is our own trouble: what came meanwhile waits for the next one, and nothing else does.
#[test]
fn what_cannot_be_judged_by_an_old_list_waits_for_a_new_one() {
    let mut street = Street::new("stale-list", 10);
    let (authority, wallet_at_ca) = street.wallet_ca();
    let deal = street.ask();
    // The shop's list is as old; it signs all the same. Its offer arrives late.
    let late = street.wallet.now.plus(Millis::hours(25));
    street.set_time(late);
    common::street::run_timers(&mut street.ca);
    let second = street.ask();
    street.wallet.fetch(authority);
    street.reach_wallet();
    assert_eq!(street.wallet.scan("parked/").len(), 2);
    assert_eq!(state(&mut street, &second), "asked");
    let asked = street.wallet.fetch(authority);
    assert_eq!(asked.iter().filter(|message| message.kind == "status-request").count(), 1, "at once, and once");
    // Whatever else arrives is taken meanwhile: nothing stands behind what waits.
    let third = street.wallet.command(&json!({ "command": "buy", "shop": "shop", "item": "none" }));
    street.reach_shop();
    street.reach_wallet();
    assert_eq!(state(&mut street, third["deal"].as_str().unwrap()), "withdrawn");
    common::street::run_timers(&mut street.wallet);
    assert_eq!(street.wallet.scan("parked/").len(), 2);
    carry(&mut street.ca, wallet_at_ca, asked);
    let list = street.ca.fetch(wallet_at_ca);
    carry(&mut street.wallet, authority, list);
    common::street::run_timers(&mut street.wallet);
    assert!(street.wallet.scan("parked/").is_empty());
    // The first offer has run out, the second is put to the user.
    assert_eq!([&deal, &second].map(|deal| state(&mut street, deal)), ["withdrawn", "offered"]);
}

/// A check and its step may be far apart: who was revoked in between is refused.
#[test]
fn a_certificate_that_is_revoked_between_check_and_step_is_refused() {
    let mut street = Street::new("revoked-between", 10);
    let (authority, wallet_at_ca) = street.wallet_ca();
    let deal = street.ask();
    let offer = street.shop.fetch(street.wallet_shop.client).remove(0);
    let Street { ca, wallet, wallet_shop, .. } = &mut street;
    let outcome = wallet.deliver_after(wallet_shop.server, offer, |wallet| {
        ca.command(&json!({ "command": "revoke", "name": "Play seller", "reason": "key-compromise" }));
        wallet.command(&json!({ "command": "fetch-status" }));
        let asked = wallet.fetch(authority);
        carry(ca, wallet_at_ca, asked);
        let list = ca.fetch(wallet_at_ca);
        carry(wallet, authority, list);
    });
    assert_eq!(outcome, Outcome::rejected(Code::CertificateRevoked));
    assert_eq!(state(&mut street, &deal), "asked");
    assert!(street.wallet.scan("ask/").is_empty());
}

/// Buyer and seller cannot end up with a bank or a notary each: the wallet takes an offer with those that it
/// knows itself, or none.
#[test]
fn an_offer_with_another_notary_is_not_even_shown() {
    type Edit = fn(&mut Offer);
    let edits: [(&str, Edit); 4] = [
        ("no-edit", |_| {}),
        ("other-notary", |offer| offer.terms.notary.certificate = semper_base::Hash::of(b"another")),
        ("other-bank", |offer| offer.terms.bank.certificate = semper_base::Hash::of(b"another")),
        ("other-seal", |offer| offer.terms.notary_seal = offer.terms.seal_key.clone()),
    ];
    for (name, edit) in edits {
        let mut street = Street::new(name, 10);
        street.ask();
        let offer = street.shop.fetch(street.wallet_shop.client).remove(0);
        let (pair, crypto) = (own_key(&mut street.shop, "statement"), std::sync::Arc::clone(&street.shop.crypto));
        let offer = resigned(&offer, &*crypto, &pair, edit);
        let _ = street.wallet.deliver(street.wallet_shop.server, offer);
        let asked = street.wallet.scan("ask/").len();
        assert_eq!(asked, usize::from(name == "no-edit"), "{name}: somebody is asked to order");
    }
}

/// A question may wait for longer than the shop can be trusted.
#[test]
fn nothing_is_ordered_from_a_shop_that_was_revoked_meanwhile() {
    let mut street = Street::new("revoked-meanwhile", 10);
    let deal = street.ask();
    let offer = street.shop.fetch(street.wallet_shop.client);
    carry(&mut street.wallet, street.wallet_shop.server, offer);
    let asked = signed(&mut street.wallet, "order");
    let (at_wallet, at_ca) = street.wallet_ca();
    street.ca.command(&json!({ "command": "revoke", "name": "Play seller", "reason": "key-compromise" }));
    street.wallet.command(&json!({ "command": "fetch-status" }));
    let request = street.wallet.fetch(at_wallet);
    carry(&mut street.ca, at_ca, request);
    let list = street.ca.fetch(at_ca);
    carry(&mut street.wallet, at_wallet, list);
    street.wallet.local(&Input::Answer(asked)).unwrap();
    assert!(street.wallet.fetch(street.wallet_shop.server).iter().all(|message| message.kind != "order"));
    assert_eq!(street.deal(&deal)["refused"]["code"], json!(Code::CertificateRevoked.number()));
}

/// A question that is on the trusted screen is withdrawn as soon as the seller is known to be revoked, and the
/// deal says why; the answer of a screen that was slower counts no more.
#[test]
fn a_question_about_a_shop_that_is_revoked_goes_away() {
    let mut street = Street::new("revoked-asked", 10);
    let deal = street.ask();
    street.reach_wallet();
    let asked = signed(&mut street.wallet, "order");
    let open = street.wallet.command(&json!({ "command": "questions" }));
    assert_eq!(open["questions"][0]["kind"], "order");
    street.ca.command(&json!({ "command": "revoke", "name": "Play seller", "reason": "key-compromise" }));
    street.wallet.command(&json!({ "command": "fetch-status" }));
    exchange_list(&mut street);
    street.wallet.local(&Input::Timer(semper_services::common::keys::trust_timer())).unwrap();
    assert!(street.wallet.scan("ask/").is_empty());
    assert_eq!(street.wallet.command(&json!({ "command": "questions" }))["questions"], json!([]));
    assert_eq!(street.deal(&deal)["refused"]["code"], json!(Code::CertificateRevoked.number()));
    street.wallet.local(&Input::Answer(asked)).unwrap();
    assert!(street.wallet.fetch(street.wallet_shop.server).iter().all(|message| message.kind != "order"));
    assert!(street.wallet.scan("checked/").is_empty());
}

/// What the authority sends to the wallet that asked.
fn exchange_list(street: &mut Street) -> usize {
    let (at_wallet, at_ca) = street.wallet_ca();
    let request = street.wallet.fetch(at_wallet);
    let count = request.len();
    carry(&mut street.ca, at_ca, request);
    let list = street.ca.fetch(at_ca);
    carry(&mut street.wallet, at_wallet, list);
    count
}

/// An order looks at a revocation list no older than ten minutes, if the authority answers: it is asked at the
/// wish, and every ten minutes as long as the order waits for its owner; never twice at once.
#[test]
fn an_order_looks_at_a_fresh_list() {
    let mut street = Street::new("fresh-list", 10);
    exchange_list(&mut street);
    let start = street.wallet.now;
    street.ask();
    assert_eq!(exchange_list(&mut street), 0, "a list of this minute is fresh");
    street.set_time(start.plus(Millis::seconds(601)));
    street.ask();
    street.ask();
    let (at_wallet, at_shop) = (street.wallet_ca().0, own_authority(&mut street));
    let request = street.wallet.fetch(at_wallet);
    assert_eq!(request.len(), 1, "asked once");
    street.reach_shop();
    assert_eq!(street.shop.fetch(at_shop).len(), 1, "the shop looks as well before it offers");
    // Away: the order is asked all the same, and the authority not again.
    street.reach_wallet();
    let timer = semper_services::common::enrol::status_timer();
    for minutes in [12, 23] {
        street.set_time(start.plus(Millis::seconds(60 * minutes)));
        street.wallet.local(&Input::Timer(timer.clone())).unwrap();
        assert!(street.wallet.fetch(at_wallet).is_empty(), "the first question is still under way");
    }
    assert!(!street.wallet.scan("ask/").is_empty());
    let at_ca = street.wallet_ca().1;
    carry(&mut street.ca, at_ca, request);
    assert_eq!(exchange_list(&mut street), 0);
    // Answered: ten minutes later it is asked anew, since an order still waits.
    street.set_time(start.plus(Millis::seconds(60 * 34)));
    street.wallet.local(&Input::Timer(timer)).unwrap();
    assert_eq!(exchange_list(&mut street), 1);
}

fn own_authority(street: &mut Street) -> semper_base::PeerId {
    let link: Value = serde_json::from_slice(&street.shop.get("link", "ca").unwrap()).unwrap();
    semper_base::PeerId(semper_base::Hash::from_hex(link["peer"].as_str().unwrap()).unwrap())
}
