//! Offers of parcels: UCP's official models take them, and so do we; nothing else is taken. And every
//! statement of a mail order has a wording for each of its members.

use crate::ucp_support;

use proptest::prelude::*;
use semper_base::code::Code;
use semper_base::{Amount, Currency, Hash, Millis, Nonce, Timestamp, Xid};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{
    About, Body, Compact, Language, Statement, make, payload, sign_payload, verify, wording,
};
use semper_commerce::process::mail_order::contract::{order_lines, shipping};
use semper_commerce::process::mail_order::offer::{
    Bearer, Conditions, Good, ParcelTimes, Shipping, Summary, check, checkout,
};
use semper_commerce::process::mail_order::statements::{Carrier, Source};
use semper_commerce::process::mail_order::{
    Address, Cancellation, Objection, ParcelAcceptance, ParcelOffer, ParcelOrder, ParcelReceipt, PartLine,
    RefundAddress, Shipment, Withdrawal, WithdrawalReceipt,
};
use semper_commerce::process::offer::{Item, Link, LinkType};
use semper_commerce::process::vat::VatRate;
use semper_exchange::fair::dgp::descriptor::Third;
use semper_support::Context;
use semper_support::crypto::Keyring;
use semper_support::tinguin::{Level, Screen, to_text};
use serde_json::{Value, json};
use ucp_support::{Shop, is_set_up, refusals};

fn good(id: &str, price: u64, quantity: u64, vat: &str) -> Good {
    let item = Item { id: id.to_owned(), price, title: format!("A {id}, „schön“ \u{1f426}") };
    Good { item, quantity, vat: VatRate::parse(vat).unwrap() }
}

fn at() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap()
}

fn offer(shop: &Shop, goods: &[Good], freight: u64) -> Result<Statement<ParcelOffer>, Code> {
    let keyring = Keyring::for_simulation([1; 32]);
    let cx = Context { now: at(), crypto: &shop.crypto, keyring: &keyring };
    let meta = shop.author.meta::<ParcelOffer>(&cx, About::default(), Millis::hours(1));
    let conditions = Conditions {
        bank: Third { key: shop.author.public.clone(), certificate: Hash::of(b"bank") },
        currency: Currency::EUR,
        escrow: None,
        return_costs: Bearer::Buyer,
        shipping: Shipping { price: freight, vat: VatRate::STANDARD },
        times: ParcelTimes::standard(),
    };
    let body = checkout(&meta, goods, conditions).map_err(|wrong| wrong.code())?;
    let link = Link { r#type: LinkType::TermsOfService, url: "https://shop.example/terms".into() };
    Ok(make(&shop.crypto, &shop.author.secret, meta, ParcelOffer { links: vec![link], ..body }).unwrap())
}

fn read(offer: &Statement<ParcelOffer>) -> Value {
    serde_json::from_slice(Compact::parse(&offer.text).unwrap().payload()).unwrap()
}

/// Signs another payload with the shop's key and reads it as a buyer does.
fn read_signed(shop: &Shop, payload: &Value) -> Result<Summary, Code> {
    let bytes = serde_json::to_vec(payload).unwrap();
    let text = sign_payload(&shop.crypto, &shop.author.secret, &bytes).map_err(|error| error.code())?;
    let offer = verify::<ParcelOffer>(&shop.crypto, &shop.author.public, &text).map_err(|wrong| wrong.code())?;
    check(&offer).map_err(|wrong| wrong.code())
}

fn basket() -> [Good; 3] {
    [good("mug", 1000, 2, "19"), good("tea", 490, 3, "7"), good("book", 1990, 1, "7")]
}

#[test]
fn the_official_models_accept_an_offer_of_parcels_as_it_is() {
    let offer = read(&offer(&Shop::new(), &basket(), 490).unwrap());
    let totals = |amount: u64, kind: &str| json!({ "amount": amount, "type": kind });
    // 20.00 with 3.19 of VAT, 14.70 with 0.96, 19.90 with 1.30, freight 4.90 with 0.78.
    assert_eq!(
        offer["totals"],
        json!([totals(4915, "subtotal"), totals(412, "fulfillment"), totals(623, "tax"), totals(5950, "total")])
    );
    let vat = &offer["semper"]["terms"]["vat"];
    assert_eq!(vat[0], json!({ "gross": 3460, "lines": ["2", "3"], "rate": "7", "tax": 226 }));
    assert_eq!(vat[1], json!({ "gross": 2490, "lines": ["1", "shipping"], "rate": "19", "tax": 397 }));
    if is_set_up() {
        let mut without_links = offer.clone();
        without_links["links"] = json!([]);
        let free = read(&self::offer(&Shop::new(), &basket(), 0).unwrap());
        let mut wrong = offer.clone();
        wrong["totals"][1]["amount"] = json!(-412);
        let said = refusals(&[offer, without_links, free, wrong]);
        assert_eq!(said[..3], [None, None, None]);
        assert!(said[3].is_some(), "a model that takes anything");
    }
}

#[test]
fn what_is_changed_is_refused() {
    let shop = Shop::new();
    let honest = read(&offer(&shop, &basket(), 490).unwrap());
    assert!(read_signed(&shop, &honest).is_ok());
    let cases: &[(&str, Value, Code)] = &[
        ("/line_items/0/quantity", json!(3), Code::MismatchAmount),
        ("/line_items/0/quantity", json!(0), Code::TermsWrong),
        ("/line_items/0/item/price", json!(999), Code::MismatchAmount),
        ("/line_items/0/item/id", json!("tea"), Code::TermsWrong),
        ("/line_items/0/item/title", json!("\u{7}"), Code::TermsWrong),
        ("/line_items/1/id", json!("1"), Code::TermsWrong),
        ("/line_items/0/totals/1/amount", json!(1), Code::MismatchAmount),
        ("/totals/1/amount", json!(411), Code::MismatchAmount),
        ("/totals/3/amount", json!(5949), Code::MismatchAmount),
        ("/semper/terms/shipping/price", json!(0), Code::MismatchAmount),
        ("/semper/terms/vat/0/tax", json!(225), Code::MismatchAmount),
        ("/semper/terms/vat/0/lines/0", json!("1"), Code::TermsWrong),
        ("/semper/terms/vat/0/rate", json!("8"), Code::MismatchAmount),
        ("/semper/terms/times/withdraw_ms", json!(86_400_000), Code::TermsWrong),
        ("/semper/terms/times/refund_ms", json!(86_400_000_u64 * 15), Code::TermsWrong),
        ("/semper/terms/grade", json!("strong"), Code::FieldWrong),
        ("/semper/terms/more", json!(1), Code::FieldUnknown),
        ("/expires_at", json!("2026-11-23T13:00:00.000Z"), Code::MismatchDeadline),
        ("/id", json!("x"), Code::TermsWrong),
        ("/links/0/url", json!("javascript:alert(1)"), Code::TermsWrong),
        ("/ucp/version", json!("2026-08-24"), Code::VersionUnknown),
        ("/buyer", json!({}), Code::FieldUnknown),
    ];
    for (place, value, code) in cases {
        let mut changed = honest.clone();
        match changed.pointer_mut(place) {
            Some(at) => *at = value.clone(),
            None => {
                let (parent, name) = place.rsplit_once('/').unwrap();
                changed.pointer_mut(parent).unwrap()[name] = value.clone();
            }
        }
        assert_eq!(read_signed(&shop, &changed), Err(*code), "{place}: {value}");
    }
    assert_eq!(offer(&shop, &[], 490).unwrap_err(), Code::TermsWrong);
    let many: Vec<Good> = (0..51).map(|number| good(&format!("n{number}"), 1, 1, "19")).collect();
    assert_eq!(offer(&shop, &many, 490).unwrap_err(), Code::TermsWrong);
    assert_eq!(offer(&shop, &[good("gold", 1 << 52, 3, "19")], 0).unwrap_err(), Code::TermsWrong);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_add_up_whatever_is_sold(
        goods in prop::collection::vec((1..5_000_000_u64, 1..50_u64, prop::sample::select(vec!["0", "7", "19", "8.1"])), 1..8),
        freight in 0..10_000_u64,
    ) {
        let shop = Shop::new();
        let total: u64 = goods.iter().map(|(price, quantity, _)| price * quantity).sum::<u64>() + freight;
        let goods: Vec<Good> = goods.iter().enumerate()
            .map(|(number, (price, quantity, vat))| good(&format!("g{number}"), *price, *quantity, vat)).collect();
        let offer = offer(&shop, &goods, freight).unwrap();
        prop_assert_eq!(check(&offer).unwrap().amount.minor(), total);
        let [net, carriage, tax, all] = offer.body.totals[..] else { panic!() };
        prop_assert_eq!((net.amount + carriage.amount + tax.amount, all.amount), (total, total));
        let vat = &offer.body.terms.vat;
        prop_assert_eq!(vat.iter().map(|sum| sum.gross).sum::<u64>(), total);
        prop_assert_eq!(vat.iter().map(|sum| sum.tax).sum::<u64>(), tax.amount);
        prop_assert_eq!(vat.iter().map(|sum| sum.lines.len()).sum::<usize>(), goods.len() + 1);
        let order: u64 = order_lines(&offer.body).unwrap().iter().map(|line| line.amount.minor()).sum();
        prop_assert_eq!(order + shipping(&offer.body).unwrap().minor(), total);
    }
}

/// The screens of a statement in both languages; nothing of it may be without a label.
fn shown<B: Body>(body: &B) -> [Screen; 2] {
    let shop = Shop::new();
    let keyring = Keyring::for_simulation([1; 32]);
    let cx = Context { now: at(), crypto: &shop.crypto, keyring: &keyring };
    [Language::En, Language::De].map(|language| {
        let about = About { to: vec![shop.author.public.id()], xid: Some(Xid(Hash::of(b"xid"))), refs: Vec::new() };
        let mut meta = shop.author.meta::<B>(&cx, about, Millis::hours(1));
        (meta.language, meta.wording) = (language, wording::current(B::KIND, language));
        let payload = payload(&meta, body).unwrap();
        let known = wording::find(&meta.wording).unwrap();
        assert_eq!(wording::unlabelled(&payload, &known).unwrap(), [""; 0], "{} {language:?}", B::KIND);
        wording::render(&payload, language, 0).unwrap_or_else(|e| panic!("{} {language:?}: {e}", B::KIND))
    })
}

fn eur(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

#[test]
fn offer_and_order_say_what_the_buyer_trusts_in() {
    let offer = offer(&Shop::new(), &basket(), 490).unwrap().body;
    let [english, german] = shown(&offer);
    let line = |screen: &Screen, label: &str| screen.lines.iter().find(|line| line.label == label).unwrap().clone();
    let fairness = line(&english, "Fairness");
    assert_eq!(fairness.level, Level::Material);
    assert!(fairness.value.contains("Who pays on shipping trusts the carrier's statement"));
    assert!(line(&german, "Fairness").value.contains("vertraut der Angabe des Transporteurs"));
    assert_eq!(line(&english, "Time to withdraw after the arrival").value, "14 days");
    let body = order(&offer);
    let [english, german] = shown(&body);
    assert_eq!(english.confirm, "Order with obligation to pay 59.50 EUR");
    assert_eq!(german.confirm, "Zahlungspflichtig bestellen: 59.50 EUR");
    for label in ["Goes to", "Street", "Postal code", "City", "Country", "Fairness", "Total"] {
        assert_eq!(line(&english, label).level, Level::Material, "{label}");
    }
    let text = to_text(&english, 80);
    assert!(
        text.contains("trusts the") && text.contains("Deichstr. 1") && text.contains("Goods 3, quantity: 1"),
        "{text}"
    );
}

fn order(offer: &ParcelOffer) -> ParcelOrder {
    ParcelOrder {
        address: Address {
            city: "Hamburg".into(),
            country: "DE".into(),
            name: "Berta Buyer".into(),
            postcode: "20459".into(),
            street: "Deichstr. 1".into(),
        },
        amount: eur(5950),
        escrow: None,
        grade: offer.terms.grade,
        lines: order_lines(offer).unwrap(),
        pay: offer.terms.pay,
        seller: "Play shop".into(),
        shipping: eur(490),
    }
}

#[test]
fn every_notice_is_shown_whole() {
    let lines = vec![PartLine { id: "1".into(), quantity: 2 }, PartLine { id: "3".into(), quantity: 1 }];
    let pay_to = PayTo(Nonce([7; 16]));
    let purpose = Hash::of(b"purpose");
    let carrier = Carrier { handed_over: at(), name: "Post".into(), source: Source::Seller, tracking: "T-1".into() };
    let [english, _] =
        shown(&Shipment { amount: eur(990), carrier, lines: lines.clone(), part: 1, pay_to: Some(pay_to) });
    assert_eq!(english.intent, "You state that part 1 was handed to “Post”; 9.90 EUR is due.");
    shown(&ParcelAcceptance { amount: eur(5950), escrow: None, ship_until: at() });
    for reason in [None, Some("Too late.".to_owned())] {
        shown(&Cancellation { lines: lines.clone(), reason });
    }
    shown(&ParcelReceipt { lines: lines.clone(), part: 1 });
    shown(&Objection { lines: lines.clone(), part: 1, pay_to, purpose, reason: "It is broken.".into() });
    let [english, german] = shown(&Withdrawal { amount: eur(990), lines, part: 1, pay_to, purpose });
    assert_eq!(english.confirm, "Withdraw from part 1: 9.90 EUR");
    assert_eq!(german.confirm, "Teillieferung 1 widerrufen: 9.90 EUR");
    shown(&WithdrawalReceipt { part: 1, received: at(), refund_until: at() });
    for part in [None, Some(1)] {
        shown(&RefundAddress { part, pay_to, purpose });
    }
}
