//! Who may accept an order: nobody but who made the offer.

use crate::pack_support;

use pack_support::{Ending, Sale};
use semper_base::{Code, Hash, KeyId};
use semper_blocks::statement::{Body, Compact, Statement, danger_typed_unverified};
use semper_commerce::process::offer::Offer;
use semper_commerce::process::purchase::{Acceptance, Order, check_acceptance};

fn find<B: Body>(statements: &[String]) -> Statement<B> {
    let text = statements.iter().find(|text| Compact::parse(text).unwrap().kind() == B::KIND);
    danger_typed_unverified(text.unwrap()).unwrap()
}

#[test]
fn whoever_offered_accepts() {
    let statements = Sale::new(1, Ending::Settled).contents.statements;
    let (offer, order): (Statement<Offer>, Statement<Order>) = (find(&statements), find(&statements));
    let acceptance: Statement<Acceptance> = find(&statements);
    check_acceptance(&offer, &order, &acceptance).unwrap();

    // Another certified shop, or the same key under a certificate that the buyer was not shown.
    let mut other_key = acceptance.clone();
    other_key.meta.signer.key = KeyId(Hash::of(b"another shop"));
    let mut other_certificate = acceptance;
    other_certificate.meta.signer.certificate = Some(Hash::of(b"another certificate"));
    for acceptance in [other_key, other_certificate] {
        let refused = check_acceptance(&offer, &order, &acceptance).unwrap_err();
        assert_eq!(refused.code(), Code::KeyWrong);
    }
}
