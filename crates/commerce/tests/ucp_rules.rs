//! The rules that hold within an offer, beyond its form: sums, VAT, names, and nothing unknown anywhere.

use crate::ucp_support;

use proptest::prelude::*;
use proptest::sample::Index;
use semper_base::code::Code;
use semper_base::limits::INTEGER_MAX;
use semper_base::{Currency, Millis};
use semper_blocks::statement::Statement;
use semper_commerce::process::offer::{Link, LinkType, Offer, Total, TotalType, UCP_VERSION, check};
use semper_commerce::process::vat::VatRate;
use serde_json::{Value, json};
use ucp_support::{Goods, POEM, Shop, payload};

fn refused(change: impl FnOnce(&mut Statement<Offer>)) -> Code {
    let mut offer = Shop::new().offer(&POEM);
    check(&offer).unwrap();
    change(&mut offer);
    check(&offer).unwrap_err().code()
}

fn rate() -> impl Strategy<Value = VatRate> {
    (0..100_u16, 0..100_u16).prop_map(|(whole, part)| {
        let text = format!("{whole}.{part:02}");
        VatRate::parse(text.trim_end_matches('0').trim_end_matches('.')).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn net_and_vat_add_up_to_every_price(price in 1..=INTEGER_MAX, vat in rate()) {
        let shop = Shop::new();
        let offer = shop.offer(&Goods { title: "A poem", price, vat });
        let summary = check(&offer).unwrap();
        prop_assert_eq!((summary.amount.minor(), summary.amount.currency()), (price, Currency::EUR));
        let [net, tax, total] = offer.body.totals[..] else { panic!() };
        prop_assert_eq!([net.r#type, tax.r#type, total.r#type], [TotalType::Subtotal, TotalType::Tax, TotalType::Total]);
        prop_assert_eq!((net.amount + tax.amount, total.amount), (price, price));
        prop_assert_eq!(&offer.body.line_items[0].totals, &offer.body.totals);
        // And so it arrives.
        prop_assert_eq!(shop.read_signed(&payload(&offer)).unwrap().body, offer.body);
    }

    #[test]
    fn no_other_sums_are_taken(price in 1..INTEGER_MAX, vat in rate(), at in any::<Index>(), amount in 0..INTEGER_MAX, of_line: bool) {
        let mut offer = Shop::new().offer(&Goods { title: "A poem", price, vat });
        let body = &mut offer.body;
        let totals = if of_line { &mut body.line_items[0].totals } else { &mut body.totals };
        let place = at.index(totals.len());
        prop_assume!(totals[place].amount != amount);
        totals[place].amount = amount;
        prop_assert_eq!(check(&offer).unwrap_err().code(), Code::MismatchAmount);
    }

    /// Sums that add up, but are not those of the rate.
    #[test]
    fn vat_cannot_be_moved_into_the_net_price(price in 100..INTEGER_MAX, moved in 1..5_u64) {
        let mut offer = Shop::new().offer(&Goods { title: "A poem", price, vat: VatRate::STANDARD });
        for totals in [&mut offer.body.totals, &mut offer.body.line_items[0].totals] {
            totals[0].amount += moved;
            totals[1].amount -= moved;
        }
        prop_assert_eq!(check(&offer).unwrap_err().code(), Code::MismatchAmount);
    }

    #[test]
    fn a_file_name_names_no_folder(name in "[a-z./\\\\:\u{0}\u{7f}\n ä€]{0,12}") {
        let mut offer = Shop::new().offer(&POEM);
        offer.body.terms.file.name.clone_from(&name);
        let is_bad = name.trim().is_empty() || name.starts_with('.') || name.contains(['/', '\\', ':', '\0', '\n', '\u{7f}']);
        prop_assert_eq!(check(&offer).is_err(), is_bad, "{:?}", name);
    }

    /// Wherever an object stands: one more member, and the offer is refused.
    #[test]
    fn nothing_unknown_is_signed(at in any::<Index>(), name in "[a-z_]{1,12}", value in prop_oneof![Just(json!(null)), Just(json!("x")), Just(json!([])), Just(json!(1))]) {
        let shop = Shop::new();
        let mut payload = payload(&shop.offer(&POEM));
        let places = objects(&payload, String::new());
        prop_assert!(places.len() >= 20);
        let place = &places[at.index(places.len())];
        let object = payload.pointer_mut(place).unwrap().as_object_mut().unwrap();
        prop_assume!(!object.contains_key(&name) && !["xid", "extends"].contains(&name.as_str()));
        object.insert(name, value);
        let code = shop.read_signed(&payload).unwrap_err().code();
        // Two objects are lists by name: their form may be right, their content is not.
        let is_list = ["/ucp/capabilities", "/ucp/payment_handlers"].contains(&place.as_str());
        let expected: &[Code] = if is_list { &[Code::FieldWrong, Code::TermsWrong] } else { &[Code::FieldUnknown] };
        prop_assert!(expected.contains(&code), "{place}: {code:?}");
    }
}

/// Pointers to all objects.
fn objects(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let inner = members.iter().flat_map(|(name, value)| objects(value, format!("{at}/{name}")));
            let inner: Vec<String> = inner.collect();
            [vec![at], inner].concat()
        }
        Value::Array(list) => {
            list.iter().enumerate().flat_map(|(i, value)| objects(value, format!("{at}/{i}"))).collect()
        }
        _ => vec![],
    }
}

#[test]
fn one_line_of_one_piece() {
    assert_eq!(refused(|offer| offer.body.line_items.clear()), Code::TermsWrong);
    assert_eq!(refused(|offer| offer.body.line_items.push(offer.body.line_items[0].clone())), Code::TermsWrong);
    for quantity in [0, 2, u64::MAX] {
        assert_eq!(refused(|offer| offer.body.line_items[0].quantity = quantity), Code::MismatchAmount);
    }
}

#[test]
fn sums_have_one_form() {
    let total = |amount, r#type| Total { amount, r#type };
    let cases: [(&str, Vec<Total>); 6] = [
        ("none", vec![]),
        ("no VAT", vec![total(18_490, TotalType::Subtotal), total(18_490, TotalType::Total)]),
        (
            "VAT on top",
            vec![total(18_490, TotalType::Subtotal), total(3_513, TotalType::Tax), total(22_003, TotalType::Total)],
        ),
        (
            "VAT twice",
            vec![
                total(15_538, TotalType::Subtotal),
                total(2_900, TotalType::Tax),
                total(52, TotalType::Tax),
                total(18_490, TotalType::Total),
            ],
        ),
        (
            "another order",
            vec![total(18_490, TotalType::Total), total(15_538, TotalType::Subtotal), total(2_952, TotalType::Tax)],
        ),
        (
            "overflow",
            vec![total(u64::MAX, TotalType::Subtotal), total(18_491, TotalType::Tax), total(18_490, TotalType::Total)],
        ),
    ];
    for (name, totals) in cases {
        assert_eq!(refused(|offer| offer.body.totals.clone_from(&totals)), Code::MismatchAmount, "{name}");
        assert_eq!(
            refused(|offer| offer.body.line_items[0].totals.clone_from(&totals)),
            Code::MismatchAmount,
            "{name}"
        );
    }
    assert_eq!(refused(|offer| offer.body.terms.vat = VatRate::parse("7").unwrap()), Code::MismatchAmount);
    // Consistent, but not an amount of money.
    let of =
        |price, vat| check(&Shop::new().offer(&Goods { title: "A poem", price, vat })).map_err(|wrong| wrong.code());
    assert_eq!(of(0, VatRate::STANDARD), Err(Code::TermsWrong));
    // Nobody signs such a number, but a check must not rest on that.
    let beyond = INTEGER_MAX + 1;
    let totals = [(beyond, TotalType::Subtotal), (0, TotalType::Tax), (beyond, TotalType::Total)];
    let totals: Vec<Total> = totals.into_iter().map(|(amount, r#type)| total(amount, r#type)).collect();
    let too_much = refused(|offer| {
        offer.body.terms.vat = VatRate::parse("0").unwrap();
        offer.body.line_items[0].item.price = beyond;
        offer.body.line_items[0].totals.clone_from(&totals);
        offer.body.totals = totals;
    });
    assert_eq!(too_much, Code::TermsWrong);
    assert!(of(INTEGER_MAX, VatRate::parse("99.99").unwrap()).is_ok());
}

#[test]
fn the_header_says_what_ours_says() {
    assert_eq!(refused(|offer| offer.body.ucp.version = "2026-04-08".into()), Code::VersionUnknown);
    assert_eq!(refused(|offer| offer.body.ucp.capabilities.clear()), Code::TermsWrong);
    assert_eq!(refused(|offer| offer.body.ucp.payment_handlers.clear()), Code::TermsWrong);
    assert_eq!(
        refused(|offer| {
            let handlers = offer.body.ucp.payment_handlers.values().next().unwrap().clone();
            offer.body.ucp.payment_handlers.insert("com.example.card".into(), handlers);
        }),
        Code::TermsWrong,
        "a way to pay that this wallet does not know"
    );
    assert_eq!(
        refused(|offer| offer
            .body
            .ucp
            .payment_handlers
            .values_mut()
            .for_each(|list| list[0].version = UCP_VERSION.into())),
        Code::TermsWrong
    );
}

#[test]
fn id_and_end_are_those_of_the_statement() {
    assert_eq!(refused(|offer| offer.body.id = "offer-1".into()), Code::TermsWrong);
    assert_eq!(
        refused(|offer| offer.body.expires_at = offer.body.expires_at.plus(Millis::seconds(1))),
        Code::MismatchDeadline
    );
}

#[test]
fn texts_are_there_and_not_too_long() {
    for title in ["", " ", "two\nlines", &"x".repeat(301)] {
        assert_eq!(refused(|offer| offer.body.line_items[0].item.title = title.into()), Code::TermsWrong, "{title:?}");
    }
    for id in ["", "\u{0}", &"x".repeat(129)] {
        assert_eq!(refused(|offer| offer.body.line_items[0].item.id = id.into()), Code::TermsWrong, "{id:?}");
    }
    assert_eq!(refused(|offer| offer.body.line_items[0].id = "2".into()), Code::TermsWrong);
    for media_type in [
        "",
        "text",
        "/",
        "text/",
        "text/plain; charset=utf-8",
        "text/a/b",
        "te xt/plain",
        &format!("a/{}", "x".repeat(126)),
    ] {
        assert_eq!(
            refused(|offer| offer.body.terms.file.media_type = media_type.into()),
            Code::TermsWrong,
            "{media_type}"
        );
    }
    assert_eq!(refused(|offer| offer.body.terms.file.name = "ä".repeat(101)), Code::TermsWrong);
    assert_eq!(refused(|offer| offer.body.terms.file.chunk = 0), Code::FieldWrong);
    assert_eq!(refused(|offer| offer.body.terms.file.length = u64::MAX), Code::TooLarge);
}

#[test]
fn links_lead_to_the_web() {
    let link = |url: &str| Link { r#type: LinkType::PrivacyPolicy, url: url.to_owned() };
    for url in [
        "",
        "terms",
        "https://",
        "https:///x",
        "javascript:alert(1)",
        "http://a b",
        "https://a/\u{202e}",
        "data:text/html,x",
        &format!("https://a/{}", "x".repeat(503)),
    ] {
        assert_eq!(refused(|offer| offer.body.links = vec![link(url)]), Code::TermsWrong, "{url}");
    }
    assert_eq!(refused(|offer| offer.body.links = vec![link("https://shop.example/"); 9]), Code::TermsWrong);
    let mut offer = Shop::new().offer(&POEM);
    offer.body.links = vec![link("http://shop.localhost:8080/privacy?x=1#y"); 8];
    check(&offer).unwrap();
}
