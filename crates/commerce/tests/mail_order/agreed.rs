//! What offer, order and acceptance must say of locked money to fit together: each member by itself.

use semper_base::code::Code;
use semper_base::{Hash, Millis, Nonce, Role};
use semper_blocks::statement::{About, Author, Body, Kind, Ref, Statement, make};
use semper_commerce::process::mail_order::contract::{order_lines, shipping};
use semper_commerce::process::mail_order::escrow::{self, AcceptedEscrow, EscrowTerms, Named, OrderEscrow, Seller};
use semper_commerce::process::mail_order::offer::{
    Bearer, Conditions, Good, Grade, ParcelTimes, PayWhen, Shipping, check, checkout,
};
use semper_commerce::process::mail_order::{
    Address, Contract, ParcelAcceptance, ParcelOffer, ParcelOrder, PartLine, check_acceptance, check_order,
};
use semper_commerce::process::offer::Item;
use semper_commerce::process::vat::VatRate;
use semper_exchange::fair::dgp::descriptor::Third;
use semper_exchange::fair::lock::escrow::{Side, pickup};
use semper_support::Context;
use semper_support::crypto::{Crypto as _, Keyring, PublicKey, Seeded};

use super::{eur, start};

/// A shop and a buyer, and everybody whom they name.
struct Street {
    crypto: Seeded,
    keyring: Keyring,
    shop: Author,
    buyer: Author,
    bank: PublicKey,
    carrier: Option<Named>,
    arbiter: Named,
    payer: PublicKey,
    payee: PublicKey,
}

impl Street {
    fn new(carried: bool) -> Street {
        let crypto = Seeded::new([7; 32]);
        let key = || crypto.generate().unwrap();
        let author = |role| Author { certificate: Some(Hash::of(b"certificate")), ..Author::uncertified(role, &key()) };
        let named = |name: &str| Named { certificate: Hash::of(name.as_bytes()), key: key().public, name: name.into() };
        let (shop, buyer, bank) = (author(Role::Seller), author(Role::Buyer), key().public);
        let (carrier, arbiter) = (carried.then(|| named("Post")), named("Notary"));
        let (payer, payee) = (key().public, key().public);
        Street { keyring: Keyring::for_simulation([1; 32]), shop, buyer, bank, carrier, arbiter, payer, payee, crypto }
    }

    fn sign<B: Body>(&self, author: &Author, refs: &[Ref], body: B) -> Statement<B> {
        let cx = Context { now: start(), crypto: &self.crypto, keyring: &self.keyring };
        let about = About { refs: refs.to_vec(), ..About::default() };
        make(&self.crypto, &author.secret, author.meta::<B>(&cx, about, Millis::hours(1)), body).unwrap()
    }

    fn terms(&self) -> EscrowTerms {
        let (arbiter, carrier) = (self.arbiter.clone(), self.carrier.clone());
        EscrowTerms { arbiter, carrier, hearing_ms: Millis::days(14), silent: Side::Payer }
    }

    /// Two mugs for 10.00 EUR, three teas for 4.90 EUR, shipping 4.90 EUR.
    fn offer(&self) -> Statement<ParcelOffer> {
        let cx = Context { now: start(), crypto: &self.crypto, keyring: &self.keyring };
        let meta = self.shop.meta::<ParcelOffer>(&cx, About::default(), Millis::hours(1));
        let good = |id: &str, price, quantity| Good {
            item: Item { id: id.into(), price, title: format!("A {id}") },
            quantity,
            vat: VatRate::STANDARD,
        };
        let conditions = Conditions {
            bank: Third { key: self.bank.clone(), certificate: Hash::of(b"bank") },
            currency: semper_base::Currency::EUR,
            escrow: Some(self.terms()),
            return_costs: Bearer::Buyer,
            shipping: Shipping { price: 490, vat: VatRate::STANDARD },
            times: ParcelTimes::standard(),
        };
        let body = checkout(&meta, &[good("mug", 1000, 2), good("tea", 490, 3)], conditions).unwrap();
        make(&self.crypto, &self.shop.secret, meta, body).unwrap()
    }

    fn order(&self, offer: &Statement<ParcelOffer>, change: impl Fn(&mut ParcelOrder)) -> Statement<ParcelOrder> {
        let codes = if self.carrier.is_some() { 2 } else { 0 };
        let pickups = (0..codes).map(|code| pickup(&Nonce([code; 16]))).collect();
        let times = offer.body.terms.times;
        let mut body = ParcelOrder {
            address: Address {
                city: "Hamburg".into(),
                country: "DE".into(),
                name: "Berta Buyer".into(),
                postcode: "20459".into(),
                street: "Deichstr. 1".into(),
            },
            amount: eur(3960),
            escrow: Some(OrderEscrow::new(&self.terms(), &times, self.payer.clone(), pickups)),
            grade: Grade::Escrow,
            lines: order_lines(&offer.body).unwrap(),
            pay: PayWhen::Locked,
            seller: "Play shop".into(),
            shipping: shipping(&offer.body).unwrap(),
        };
        change(&mut body);
        self.sign(&self.buyer, &[Ref { kind: Kind::ParcelOffer, hash: offer.hash }], body)
    }

    /// What the acceptance says of the escrow, with these parts.
    fn escrow(
        &self,
        offer: &Statement<ParcelOffer>,
        order: &Statement<ParcelOrder>,
        parts: &[Vec<PartLine>],
    ) -> Result<AcceptedEscrow, Code> {
        let seller = Seller { account: Hash::of(b"account"), payee: self.payee.clone() };
        let accepted = escrow::accept(offer, order, seller, parts, start());
        accepted.map(|(escrow, _)| escrow).map_err(|why| why.code())
    }

    fn agree(
        &self,
        offer: &Statement<ParcelOffer>,
        order: &Statement<ParcelOrder>,
        escrow: Option<AcceptedEscrow>,
    ) -> Result<Contract, Code> {
        let ship_until = start().plus(offer.body.terms.times.delivery_ms);
        let body = ParcelAcceptance { amount: order.body.amount, escrow, ship_until };
        let acceptance = self.sign(&self.shop, &[Ref { kind: Kind::ParcelOrder, hash: order.hash }], body);
        check_acceptance(offer, order, &acceptance).map_err(|why| why.code())
    }
}

fn line(id: &str, quantity: u64) -> PartLine {
    PartLine { id: id.into(), quantity }
}

fn parts(of: &[&[(&str, u64)]]) -> Vec<Vec<PartLine>> {
    of.iter().map(|part| part.iter().map(|(id, quantity)| line(id, *quantity)).collect()).collect()
}

#[test]
fn an_order_repeats_everything_of_the_escrow() {
    for carried in [false, true] {
        let street = Street::new(carried);
        let offer = street.offer();
        assert!(check(&offer).is_ok());
        assert!(check_order(&offer, &street.order(&offer, |_| {})).is_ok());
        let mut changes: Vec<fn(&mut OrderEscrow)> = vec![
            |escrow| escrow.accept_ms = Millis::days(13),
            |escrow| escrow.arbiter = "Somebody".into(),
            |escrow| escrow.carrier = Some("Somebody".into()),
            |escrow| escrow.deliver_ms = Millis::days(8),
            |escrow| escrow.hearing_ms = Millis::days(15),
            |escrow| escrow.ship_ms = Millis::days(8),
            |escrow| escrow.silent = Side::Payee,
            // A code for each part that there may be, and for no other.
            |escrow| escrow.pickups.push(Hash::of(b"more")),
        ];
        if carried {
            changes.push(|escrow| escrow.pickups.truncate(1));
        }
        for (number, change) in changes.into_iter().enumerate() {
            let order = street.order(&offer, |order| change(order.escrow.as_mut().unwrap()));
            let said = check_order(&offer, &order).map_err(|why| why.code());
            assert_eq!(said, Err(Code::TermsWrong), "{number}, carried: {carried}");
        }
        let without = street.order(&offer, |order| order.escrow = None);
        assert_eq!(check_order(&offer, &without).map_err(|why| why.code()), Err(Code::TermsWrong));
        for weaker in [
            street.order(&offer, |order| order.grade = Grade::EvidenceOnly),
            street.order(&offer, |order| order.pay = PayWhen::OnShipping),
        ] {
            assert_eq!(check_order(&offer, &weaker).map_err(|why| why.code()), Err(Code::TermsWrong));
        }
    }
}

#[test]
fn parts_are_the_lines_of_the_order_each_once_and_whole() {
    let street = Street::new(true);
    let offer = street.offer();
    let order = street.order(&offer, |_| {});
    for good in [parts(&[&[("1", 2), ("2", 3)]]), parts(&[&[("2", 3)], &[("1", 2)]])] {
        let escrow = street.escrow(&offer, &order, &good).unwrap();
        let contract = street.agree(&offer, &order, Some(escrow.clone())).unwrap();
        let (first, all) = (&escrow.parts[0], escrow.parts.iter().map(|part| part.amount.minor()).sum::<u64>());
        assert_eq!(all, 3960, "all of it is locked, and no more");
        assert_eq!(
            first.amount.minor() - 490,
            contract.price(&first.lines).unwrap().minor(),
            "the first pays the shipping"
        );
    }
    for wrong in [
        parts(&[]),
        parts(&[&[("1", 2)]]),
        parts(&[&[("1", 2), ("2", 3)], &[("2", 3)]]),
        parts(&[&[("1", 2), ("2", 3)], &[]]),
        parts(&[&[("1", 1), ("2", 3)]]),
        parts(&[&[("1", 2), ("3", 3)]]),
        parts(&[&[("1", 2)], &[("1", 2)]]),
        parts(&[&[("1", 2)], &[("2", 2)], &[("2", 1)]]),
    ] {
        assert!(street.escrow(&offer, &order, &wrong).is_err(), "{wrong:?}");
    }
}

type Change = Box<dyn Fn(&mut AcceptedEscrow)>;

#[test]
fn what_is_changed_in_the_acceptance_is_refused() {
    let street = Street::new(true);
    let offer = street.offer();
    let order = street.order(&offer, |_| {});
    let honest = street.escrow(&offer, &order, &parts(&[&[("1", 2)], &[("2", 3)]])).unwrap();
    assert!(street.agree(&offer, &order, Some(honest.clone())).is_ok());
    let other = street.crypto.generate().unwrap().public;
    let cases: Vec<(Code, Change)> = vec![
        (Code::MismatchAmount, Box::new(|escrow| escrow.parts[0].amount = eur(2489))),
        // As much in all, and not for what it is for.
        (
            Code::MismatchAmount,
            Box::new(|escrow| {
                escrow.parts[0].amount = eur(2000);
                escrow.parts[1].amount = eur(1960);
            }),
        ),
        (Code::XidWrong, Box::new(|escrow| escrow.parts.swap(0, 1))),
        (Code::XidWrong, Box::new(|escrow| escrow.parts[1].lock = escrow.parts[0].lock)),
        (Code::XidWrong, Box::new(|escrow| escrow.account = Hash::of(b"another account"))),
        (Code::XidWrong, Box::new(move |escrow| escrow.payee = other.clone())),
        (Code::TermsWrong, Box::new(|escrow| drop(escrow.parts.pop()))),
        (Code::TermsWrong, Box::new(|escrow| escrow.parts[1].lines = escrow.parts[0].lines.clone())),
        (Code::TermsWrong, Box::new(|escrow| escrow.parts[1].lines[0].quantity = 2)),
    ];
    for (number, (code, change)) in cases.into_iter().enumerate() {
        let mut escrow = honest.clone();
        change(&mut escrow);
        let said = street.agree(&offer, &order, Some(escrow));
        // Amounts are looked at before names.
        let fits = said.as_ref().err().is_some_and(|said| *said == code || *said == Code::MismatchAmount);
        assert!(fits, "{number}: {said:?}");
    }
    assert_eq!(street.agree(&offer, &order, None).err(), Some(Code::TermsWrong), "as ordered");
}

/// Each order and each part has locks of its own.
#[test]
fn no_two_locks_have_the_same_name() {
    let street = Street::new(true);
    let offer = street.offer();
    let (one, two) = (street.order(&offer, |_| {}), street.order(&offer, |order| order.seller = "Another".into()));
    let both = parts(&[&[("1", 2)], &[("2", 3)]]);
    let names: std::collections::BTreeSet<_> = [one, two]
        .iter()
        .flat_map(|order| street.escrow(&offer, order, &both).unwrap().parts.into_iter().map(|part| part.lock))
        .collect();
    assert_eq!(names.len(), 4);
}
