//! The catalogue of messages agrees with what the parties' checks know: a party takes a message if and only if
//! its check has heard of the kind.

use semper_base::{Code, Role, Timestamp};
use semper_driver::fault::{Moment, Passage, Point, points};
use semper_services::authority::Authority;
use semper_services::bank::Bank;
use semper_services::broker::Broker;
use semper_services::common::exchange::{CHUNK, PACKET};
use semper_services::common::traffic::{self, Plain, What};
use semper_services::common::{Logic, Look, enrol, fees, locks, log, signing, stamps};
use semper_services::notary::Notary;
use semper_services::shop::Shop;
use semper_services::wallet::Wallet;
use semper_services::witness::Witness;
use semper_support::crypto::seeded::Seeded;

fn knows<L: Logic>(logic: &L, kind: &str) -> bool {
    let crypto = Seeded::new([1; 32]);
    let look = Look { trust: None, crypto: &crypto, now: Timestamp::EPOCH, known: None };
    // Every member of the market takes the authority's messages, but the authority.
    let of_authority = !matches!(enrol::check(kind, b"{}", &look), Ok(None)) && logic.role() != Role::Authority;
    let own = logic.check(kind, b"{}", &look);
    of_authority
        || fees::takes(logic.role(), kind)
        || stamps::takes(logic.role(), kind)
        || log::takes(logic.role(), kind)
        || !matches!(own, Err(violation) if violation.code() == Code::KindUnknown)
}

fn agrees<L: Logic>(logic: &L) {
    let role = logic.role();
    let takes = |what: fn(&What) -> bool| {
        traffic::of(role).iter().any(|(one, passage)| *passage == Passage::Taken && what(one))
    };
    for plain in Plain::ALL {
        let listed = traffic::of(role).contains(&(What::Plain(plain), Passage::Taken));
        assert_eq!(knows(logic, plain.word()), listed, "{role:?} {}", plain.word());
    }
    assert_eq!(knows(logic, PACKET), takes(|what| matches!(what, What::Packet(_))), "{role:?}");
    assert_eq!(knows(logic, CHUNK), takes(|what| *what == What::Chunk), "{role:?}");
    assert_eq!(knows(logic, locks::PACKET), takes(|what| matches!(what, What::Lock(_))), "{role:?}");
    assert_eq!(knows(logic, signing::PACKET), takes(|what| matches!(what, What::Fair(_))), "{role:?}");
    assert!(!knows(logic, "nonsense"));
}

#[test]
fn what_is_taken_is_what_the_checks_know() {
    agrees(&Authority { name: "A".to_owned() });
    agrees(&Bank { play_deposit: None });
    agrees(&Broker);
    agrees(&Notary);
    agrees(&Shop::default());
    agrees(&Wallet);
    agrees(&Witness);
}

#[test]
fn whatever_is_sent_is_taken_by_somebody() {
    let roles = [Role::Authority, Role::Bank, Role::Broker, Role::Notary, Role::Seller, Role::Buyer, Role::Witness];
    let all: Vec<_> = roles.into_iter().flat_map(traffic::of).collect();
    for (what, passage) in &all {
        match passage {
            Passage::Sent => assert!(all.contains(&(*what, Passage::Taken)), "{what:?}"),
            Passage::Taken => assert!(all.contains(&(*what, Passage::Sent)), "{what:?}"),
            Passage::Own => {}
        }
    }
}

#[test]
fn points_are_written_and_read_alike() {
    for role in [Role::Authority, Role::Bank, Role::Broker, Role::Notary, Role::Seller, Role::Buyer, Role::Witness] {
        for point in points(&traffic::traffic(role)) {
            assert_eq!(point.to_string().parse::<Point>().unwrap(), point);
        }
    }
    assert!("after-lunch:dgp-hold".parse::<Point>().is_err());
    assert!("dgp-hold".parse::<Point>().is_err());
    let point: Point = "after-send:dgp-hold".parse().unwrap();
    assert_eq!((point.moment, point.kind.as_str()), (Moment::AfterSend, "dgp-hold"));
}
