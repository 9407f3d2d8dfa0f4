//! What is changed, repeated or forged in a mail order is refused, and nothing is paid for it.

use crate::common;

use common::Hands;
use common::mail::{Mail, agree_all, word};
use common::street::{carry, own_key};
use semper_base::{Amount, Code, Currency, Hash, PeerId};
use semper_blocks::statement::{Body, Compact, Kind, Statement, danger_typed_unverified, make};
use semper_commerce::process::mail_order::{
    Objection, ParcelAcceptance, ParcelOffer, ParcelOrder, ParcelReceipt, Shipment, Withdrawal,
};
use semper_commerce::process::price_list::PriceList;
use semper_services::common::Logic;
use semper_support::comm::{Envelope, Outcome};
use serde_json::{Value, json};

fn kind_of(message: &Envelope) -> Kind {
    let body: Value = serde_json::from_str(&message.body).unwrap();
    Compact::parse(body["statement"].as_str().unwrap()).unwrap().kind()
}

/// The same message with its statement changed and signed again by the same party.
fn resigned<L: Logic, B: Body>(party: &mut Hands<L>, message: &Envelope, edit: impl Fn(&mut Statement<B>)) -> Envelope {
    let pair = own_key(party, "statement");
    let mut body: Value = serde_json::from_str(&message.body).unwrap();
    let mut statement: Statement<B> = danger_typed_unverified(body["statement"].as_str().unwrap()).unwrap();
    edit(&mut statement);
    body["statement"] = json!(make(&*party.crypto, &pair.secret, statement.meta, statement.body).unwrap().text);
    Envelope { body: body.to_string(), ..message.clone() }
}

fn eur(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

/// The next message that the shop sends to the wallet, not delivered.
fn from_shop(mail: &mut Mail) -> (PeerId, Envelope) {
    let tie = mail.street.wallet_shop;
    let mut said = mail.street.shop.fetch(tie.client);
    assert_eq!(said.len(), 1, "{said:?}");
    (tie.server, later(&said.remove(0), mail.more_to_wallet))
}

/// The next message that the wallet sends to the shop, not delivered.
fn from_wallet(mail: &mut Mail) -> (PeerId, Envelope) {
    let tie = mail.street.wallet_shop;
    let mut said = mail.street.wallet.fetch(tie.server);
    assert_eq!(said.len(), 1, "{said:?}");
    (tie.client, later(&said.remove(0), mail.more_to_shop))
}

/// The message at the place after so many that were refused.
fn later(message: &Envelope, refused: u64) -> Envelope {
    Envelope { seq: message.seq + refused, prev: message.prev + refused, ..message.clone() }
}

/// What is changed, and the code that it is refused with.
type Change<B> = (Code, fn(&mut Statement<B>));

/// Delivers every change to the wallet; each is refused with its code. Then the honest one, which is taken.
fn wallet_refuses<B: Body>(mail: &mut Mail, changes: Vec<Change<B>>) {
    let (from, honest) = from_shop(mail);
    let count = changes.len() as u64;
    for (at, (code, edit)) in (0..).zip(changes) {
        let changed = resigned::<_, B>(&mut mail.street.shop, &later(&honest, at), edit);
        assert_eq!(mail.street.wallet.deliver(from, changed), Outcome::rejected(code), "change {at}");
        assert_eq!(mail.questions_of("transfer"), 0, "nobody is asked to pay");
    }
    carry(&mut mail.street.wallet, from, vec![later(&honest, count)]);
    mail.more_to_wallet += count;
}

fn shop_refuses<B: Body>(mail: &mut Mail, changes: Vec<Change<B>>) {
    let (from, honest) = from_wallet(mail);
    let count = changes.len() as u64;
    for (at, (code, edit)) in (0..).zip(changes) {
        let changed = resigned::<_, B>(&mut mail.street.wallet, &later(&honest, at), edit);
        assert_eq!(mail.street.shop.deliver(from, changed), Outcome::rejected(code), "change {at}");
    }
    carry(&mut mail.street.shop, from, vec![later(&honest, count)]);
    mail.more_to_shop += count;
}

#[test]
fn a_changed_offer_order_or_acceptance_is_refused() {
    let mut mail = Mail::new("changed-contract");
    let deal = mail.ask(&json!([{ "item": "mug", "quantity": 2 }]));
    wallet_refuses::<ParcelOffer>(
        &mut mail,
        vec![
            (Code::MismatchAmount, |offer| offer.body.line_items[0].item.price = 999),
            (Code::MismatchAmount, |offer| offer.body.terms.shipping.price = 1),
            (Code::MismatchDeadline, |offer| offer.body.expires_at = semper_base::Timestamp::EPOCH),
        ],
    );
    assert_eq!(word(&mail.deal(&deal)), "offered");
    mail.agree_only("parcel-order");
    shop_refuses::<ParcelOrder>(
        &mut mail,
        vec![
            (Code::MismatchAmount, |order| order.body.amount = eur(1)),
            (Code::TermsWrong, |order| order.body.lines[0].quantity = 3),
            (Code::MismatchAmount, |order| order.body.shipping = eur(0)),
            (Code::FieldWrong, |order| order.body.address.city = "\u{7}".to_owned()),
        ],
    );
    assert_eq!(mail.stock("mug"), 3, "one order was taken");
    wallet_refuses::<ParcelAcceptance>(
        &mut mail,
        vec![
            (Code::MismatchAmount, |acceptance| acceptance.body.amount = eur(5000)),
            (Code::MismatchDeadline, |acceptance| {
                acceptance.body.ship_until = acceptance.body.ship_until.plus(semper_base::Millis::days(30));
            }),
            (Code::RefWrong, |acceptance| acceptance.meta.refs[0].hash = Hash::of(b"another order")),
        ],
    );
    assert_eq!(word(&mail.deal(&deal)), "signed");
}

/// The shop shows the price list that its offer names, and no other.
#[test]
fn a_price_list_that_the_offer_does_not_name_is_refused() {
    let mut mail = Mail::new("changed-list");
    let deal = mail.ask(&json!([{ "item": "mug", "quantity": 1 }]));
    wallet_refuses::<ParcelOffer>(&mut mail, Vec::new());
    mail.agree_only("parcel-order");
    shop_refuses::<ParcelOrder>(&mut mail, Vec::new());
    let (from, honest) = from_shop(&mut mail);
    let mut body: Value = serde_json::from_str(&honest.body).unwrap();
    assert_eq!(body["price_lists"].as_array().unwrap().len(), 1);
    let text = body["price_lists"][0]["statement"].as_str().unwrap();
    let mut list: Statement<PriceList> = danger_typed_unverified(text).unwrap();
    list.body.catalogue += 1;
    let pair = own_key(&mut mail.street.shop, "statement");
    let other = make(&*mail.street.shop.crypto, &pair.secret, list.meta, list.body).unwrap();
    body["price_lists"][0]["statement"] = json!(other.text);
    let changed = Envelope { body: body.to_string(), ..honest.clone() };
    assert_eq!(mail.street.wallet.deliver(from, changed), Outcome::rejected(Code::RefWrong));
    carry(&mut mail.street.wallet, from, vec![later(&honest, 1)]);
    assert_eq!(word(&mail.deal(&deal)), "signed");
}

#[test]
fn an_offer_of_something_else_or_of_another_bank_is_not_put_to_the_user() {
    let mut mail = Mail::new("other-offer");
    let deal = mail.ask(&json!([{ "item": "mug", "quantity": 2 }]));
    let (_, offer_of_tea) = {
        mail.ask(&json!([{ "item": "tea", "quantity": 2 }]));
        let tie = mail.street.wallet_shop;
        let mut said = mail.street.shop.fetch(tie.client);
        assert_eq!(said.len(), 2);
        let tea = said.remove(1);
        let mut body: Value = serde_json::from_str(&tea.body).unwrap();
        body["reference"] = json!(deal);
        (tie.server, Envelope { seq: said[0].seq, prev: said[0].prev, body: body.to_string(), ..tea })
    };
    let from = mail.street.wallet_shop.server;
    assert_eq!(mail.street.wallet.deliver(from, offer_of_tea.clone()), Outcome::rejected(Code::TermsWrong));
    let third = mail.ask(&json!([{ "item": "mug", "quantity": 1 }]));
    let (_, offer) = from_shop(&mut mail);
    let other = resigned::<_, ParcelOffer>(&mut mail.street.shop, &offer, |offer| {
        offer.body.terms.bank.certificate = Hash::of(b"another bank");
    });
    let at = Envelope { seq: offer_of_tea.seq + 1, prev: offer_of_tea.seq, ..other };
    assert_eq!(mail.street.wallet.deliver(from, at), Outcome::Taken);
    assert_eq!((word(&mail.deal(&third)), mail.questions()), ("withdrawn", 0));
}

#[test]
fn a_changed_shipment_is_not_paid() {
    let mut mail = Mail::new("changed-shipment");
    let deal = mail.order(&[("mug", 2), ("tea", 1)]);
    mail.ship_without_carrying(&json!([{ "id": "1", "quantity": 1 }]));
    wallet_refuses::<Shipment>(
        &mut mail,
        vec![
            (Code::MismatchAmount, |shipment| shipment.body.amount = eur(1491)),
            (Code::MismatchAmount, |shipment| shipment.body.amount = eur(5000)),
            (Code::TermsWrong, |shipment| shipment.body.lines[0].quantity = 3),
            (Code::TermsWrong, |shipment| shipment.body.lines[0].id = "3".to_owned()),
            (Code::TermsWrong, |shipment| shipment.body.lines.clear()),
            (Code::XidWrong, |shipment| shipment.body.part = 2),
            (Code::XidWrong, |shipment| shipment.meta.xid = None),
            (Code::RefWrong, |shipment| shipment.meta.refs[0].hash = Hash::of(b"another order")),
            (Code::FieldWrong, |shipment| shipment.body.carrier.name = String::new()),
        ],
    );
    assert_eq!(mail.questions_of("transfer"), 1);
    agree_all(&mut mail, "transfer");
    assert_eq!(mail.deal(&deal)["paid"], "14.90 EUR");
}

/// The same statement once more, in a message of its own, does nothing.
#[test]
fn a_repeated_shipment_is_paid_once() {
    let mut mail = Mail::new("repeated");
    let deal = mail.order(&[("mug", 2)]);
    mail.ship_without_carrying(&json!([{ "id": "1", "quantity": 1 }]));
    let (from, shipment) = from_shop(&mut mail);
    assert_eq!(kind_of(&shipment), Kind::Shipment);
    carry(&mut mail.street.wallet, from, vec![shipment.clone()]);
    agree_all(&mut mail, "transfer");
    let before = mail.balances();
    let again = Envelope { seq: shipment.seq + 1, prev: shipment.seq, ..shipment };
    assert_eq!(mail.street.wallet.deliver(from, again), Outcome::Taken);
    mail.carry_from_wallet();
    let shown = mail.deal(&deal);
    assert_eq!((shown["parts"].as_array().unwrap().len(), mail.questions()), (1, 0));
    assert_eq!(mail.balances(), before);
}

#[test]
fn a_changed_notice_of_the_buyer_is_refused() {
    let mut mail = Mail::new("changed-notice");
    let deal = mail.order(&[("mug", 2)]);
    mail.ship(&Value::Null);
    agree_all(&mut mail, "transfer");
    mail.wallet(&json!({ "command": "complain", "deal": deal, "reason": "It is red." }));
    mail.carry();
    mail.agree_only("objection");
    shop_refuses::<Objection>(
        &mut mail,
        vec![
            (Code::TermsWrong, |objection| objection.body.lines[0].quantity = 1),
            (Code::XidWrong, |objection| objection.body.part = 2),
            (Code::FieldWrong, |objection| objection.body.reason = " ".to_owned()),
            (Code::RefWrong, |objection| {
                for reference in objection.meta.refs.iter_mut().filter(|one| one.kind == Kind::Shipment) {
                    reference.hash = Hash::of(b"another shipment");
                }
            }),
        ],
    );
    mail.wallet(&json!({ "command": "withdraw", "deal": deal }));
    mail.carry();
    mail.agree_only("withdrawal");
    shop_refuses::<Withdrawal>(
        &mut mail,
        vec![(Code::MismatchAmount, |withdrawal| withdrawal.body.amount = eur(9999))],
    );
    assert_eq!(word(&mail.sale()), "withdrawn");
}

/// Who signs in another role than its own, or in the name of a deal that is not its own, is refused.
#[test]
fn a_shop_cannot_receive_for_the_buyer() {
    let mut mail = Mail::new("forged-receipt");
    let deal = mail.order(&[("mug", 1)]);
    mail.ship(&Value::Null);
    agree_all(&mut mail, "transfer");
    mail.wallet(&json!({ "command": "received", "deal": deal }));
    mail.agree_only("parcel-receipt");
    let (from, receipt) = from_wallet(&mut mail);
    // The shop signs the buyer's receipt: its certificate is none of a buyer.
    let forged = resigned::<_, ParcelReceipt>(&mut mail.street.shop, &receipt, |_| {});
    assert_eq!(mail.street.shop.deliver(from, forged), Outcome::rejected(Code::SignatureWrong));
    assert_eq!(word(&mail.sale()), "shipped");
}
