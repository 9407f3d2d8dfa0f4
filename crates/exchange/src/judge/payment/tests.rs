//! Each conviction with what just misses it, what is read, and what holds of any evidence.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use proptest::prelude::*;
use semper_base::{Amount, Currency, Hash, KeyId, Millis, Nonce, Role, Timestamp};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, make};
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair};

use super::super::evidence::Evidence;
use super::super::verdict::{Finding, Misdeed};
use super::{PAYEE, PAYER, Payment, PaymentClaimKind, PaymentOutcome, PaymentVerdict, judge};
use crate::fair::receipt::{ConditionalReceipt, PaymentAgreement};
use crate::transfer::{Transfer, Transferred};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const UNTIL: Timestamp = NOW.plus(Millis::days(14));

struct Court {
    payer: KeyPair,
    payee: KeyPair,
    bank: KeyPair,
    account: KeyPair,
    keyring: Keyring,
}

fn euros(cents: u64) -> Amount {
    Amount::new(cents, Currency::EUR).unwrap()
}

fn hash(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}

impl Court {
    fn new() -> Self {
        let crypto = Ideal::new(3);
        let [payer, payee, bank, account] = [(); 4].map(|()| crypto.generate().unwrap());
        Court { payer, payee, bank, account, keyring: Keyring::for_simulation([0; 32]) }
    }

    fn sign<B: Body>(&self, role: Role, key: &KeyPair, to: Vec<KeyId>, now: Timestamp, body: B) -> String {
        let crypto = Ideal::new(4);
        let author = Author::uncertified(role, key);
        let cx = Context { now, crypto: &crypto, keyring: &self.keyring };
        let meta = author.meta::<B>(&cx, About { to, ..About::default() }, ANSWER_VALIDITY);
        make(&crypto, &author.secret, meta, body).unwrap().text
    }

    fn receipt_body(&self) -> ConditionalReceipt {
        ConditionalReceipt {
            amount: euros(12_50),
            bank: self.bank.public.id(),
            pay_to: PayTo(Nonce([1; 16])),
            purpose: hash("purpose"),
            text: "Rent".to_owned(),
            until: UNTIL,
        }
    }

    fn receipt(&self, body: ConditionalReceipt) -> String {
        self.sign(Role::Seller, &self.payee, vec![], NOW, body)
    }

    fn main(&self) -> String {
        self.receipt(self.receipt_body())
    }

    fn agreement(&self) -> PaymentAgreement {
        let ConditionalReceipt { amount, pay_to, purpose, text, until, .. } = self.receipt_body();
        let receipt = hash(&self.main());
        PaymentAgreement { amount, pay_to, payee: "Landlord".to_owned(), purpose, receipt, text, until }
    }

    fn agreed(&self, body: PaymentAgreement) -> String {
        self.sign(Role::Buyer, &self.payer, vec![], NOW, body)
    }

    fn order_body(&self) -> Transfer {
        let ConditionalReceipt { amount, pay_to, purpose, .. } = self.receipt_body();
        Transfer { account: "A-1".to_owned(), account_key: self.account.public.clone(), amount, pay_to, purpose }
    }

    fn order(&self, body: Transfer) -> String {
        self.sign(Role::Buyer, &self.account, vec![self.bank.public.id()], NOW, body)
    }

    fn said_body(&self, order: &str) -> Transferred {
        let ConditionalReceipt { amount, pay_to, purpose, .. } = self.receipt_body();
        Transferred { amount, at: NOW, pay_to, purpose, transfer: hash(order) }
    }

    fn said(&self, body: Transferred) -> String {
        self.sign(Role::Bank, &self.bank, vec![], NOW, body)
    }

    fn payment(&self, receipt: &str) -> Payment {
        let keys = [&self.payer, &self.payee, &self.bank].map(|pair| pair.public.clone());
        Payment::new(receipt, Some(self.payer.public.id()), keys, &Ideal::new(1)).unwrap()
    }

    fn try_on(&self, pieces: &[&str]) -> PaymentVerdict {
        judge(&self.payment(&self.main()), &evidence(pieces), &Ideal::new(1))
    }

    fn convicted(&self, pieces: &[&str]) -> Vec<(Role, Option<u8>, Misdeed)> {
        let convictions = self.try_on(pieces).convictions;
        convictions.iter().map(|one| (one.who, one.party, one.misdeed)).collect()
    }
}

fn evidence(pieces: &[&str]) -> Evidence {
    let mut evidence = Evidence::new();
    for piece in pieces {
        evidence.add(&hash(piece).hex(), piece.as_bytes()).unwrap();
    }
    evidence
}

fn found(verdict: &PaymentVerdict, claim: PaymentClaimKind) -> Finding {
    verdict.claims.iter().find(|one| one.claim == claim).unwrap().finding
}

const BANK: Role = Role::Bank;

#[test]
fn receipt_and_the_banks_word_prove_that_the_money_arrived() {
    use PaymentClaimKind as K;
    let court = Court::new();
    let (receipt, agreed, order) = (court.main(), court.agreed(court.agreement()), court.order(court.order_body()));
    let said = court.said(court.said_body(&order));
    let verdict = court.try_on(&[&receipt, &agreed, &order, &said]);
    assert_eq!((verdict.outcome, verdict.convictions.len()), (PaymentOutcome::Received, 0));
    assert!(verdict.set_aside.is_empty(), "{:?}", verdict.set_aside);
    for claim in [K::Promised, K::Agreed, K::Ordered, K::Paid, K::Received] {
        assert_eq!(found(&verdict, claim), Finding::Proven, "{claim:?}");
    }
    assert!(verdict.claims.iter().any(|claim| claim.claim == K::Received && claim.at == Some(NOW)));
    // Without either of the two it is open, and nobody is convicted for what is missing.
    for pieces in [&[receipt.as_str(), &agreed, &order][..], &[&said], &[]] {
        let verdict = court.try_on(pieces);
        assert_eq!((verdict.outcome, verdict.convictions.len()), (PaymentOutcome::Undecided, 0));
        assert_eq!(found(&verdict, K::Received), Finding::NotProvable);
    }
}

/// Whoever shows another payment of the same reference has no receipt, whatever they say.
#[test]
fn who_paid_something_else_claims_falsely() {
    let court = Court::new();
    let (receipt, order) = (court.main(), court.order(court.order_body()));
    let body = court.said_body(&order);
    let late = Transferred { at: UNTIL.plus(Millis(1)), ..body.clone() };
    let less = Transferred { amount: euros(12_49), ..body.clone() };
    let other = Transferred { purpose: hash("another"), ..body.clone() };
    for wrong in [late, less, other] {
        let verdict = court.try_on(&[&receipt, &court.said(wrong)]);
        assert_eq!((verdict.outcome, verdict.convictions.len()), (PaymentOutcome::Otherwise, 0));
        assert_eq!(found(&verdict, PaymentClaimKind::Received), Finding::Contradicted);
    }
    let at_the_end = Transferred { at: UNTIL, ..body.clone() };
    assert_eq!(court.try_on(&[&receipt, &court.said(at_the_end)]).outcome, PaymentOutcome::Received);
    // Another reference says nothing about this one.
    let elsewhere = Transferred { pay_to: PayTo(Nonce([2; 16])), ..body };
    assert_eq!(court.try_on(&[&receipt, &court.said(elsewhere)]).outcome, PaymentOutcome::Undecided);
}

#[test]
fn a_payee_that_denies_its_receipt_is_convicted() {
    let court = Court::new();
    let receipt = court.main();
    let denial = [(Role::Party, Some(PAYEE), Misdeed::TwoReceipts)];
    let body = court.receipt_body();
    let others = [
        ConditionalReceipt { amount: euros(13_00), ..body.clone() },
        ConditionalReceipt { purpose: hash("another"), ..body.clone() },
        ConditionalReceipt { text: "A present".to_owned(), ..body.clone() },
        ConditionalReceipt { until: NOW, ..body.clone() },
    ];
    for other in others {
        assert_eq!(court.convicted(&[&receipt, &court.receipt(other)]), denial);
    }
    let said = court.said(court.said_body("order"));
    let denies = court.receipt(ConditionalReceipt { amount: euros(13_00), ..body.clone() });
    let verdict = court.try_on(&[&receipt, &said, &denies]);
    assert_eq!((verdict.outcome, verdict.convictions.len()), (PaymentOutcome::Received, 1));
    assert_eq!(verdict.convictions[0].sentence, "The payee signed two different receipts for one payment.");
    // Signed again after a crash, another payment, another's receipt for the same reference.
    let again = court.sign(Role::Seller, &court.payee, vec![], NOW.plus(Millis(9)), body.clone());
    assert_eq!(court.convicted(&[&receipt, &again]), []);
    let elsewhere = ConditionalReceipt { pay_to: PayTo(Nonce([2; 16])), ..body.clone() };
    assert_eq!(court.convicted(&[&receipt, &court.receipt(elsewhere)]), []);
    let elsewhere = ConditionalReceipt { bank: court.payer.public.id(), ..body.clone() };
    assert_eq!(court.convicted(&[&receipt, &court.receipt(elsewhere)]), []);
    let others = court.sign(Role::Seller, &court.payer, vec![], NOW, ConditionalReceipt { until: NOW, ..body });
    assert_eq!(court.convicted(&[&receipt, &others]), []);
}

#[test]
fn a_payer_that_misquotes_the_receipt_is_convicted() {
    let court = Court::new();
    let (receipt, body) = (court.main(), court.agreement());
    let wrong = [
        PaymentAgreement { amount: euros(1), ..body.clone() },
        PaymentAgreement { pay_to: PayTo(Nonce([2; 16])), ..body.clone() },
        PaymentAgreement { purpose: hash("another"), ..body.clone() },
        PaymentAgreement { text: "A loan".to_owned(), ..body.clone() },
        PaymentAgreement { until: NOW, ..body.clone() },
    ];
    for wrong in wrong {
        let verdict = court.try_on(&[&receipt, &court.agreed(wrong)]);
        assert_eq!(found(&verdict, PaymentClaimKind::Agreed), Finding::NotProvable);
        let convicted: Vec<_> = verdict.convictions.iter().map(|one| (one.who, one.party, one.misdeed)).collect();
        assert_eq!(convicted, [(Role::Party, Some(PAYER), Misdeed::MisquotedReceipt)]);
    }
    let other = PaymentAgreement { receipt: hash("another"), until: NOW, ..body.clone() };
    assert_eq!(court.convicted(&[&receipt, &court.agreed(other)]), []);
    let by_another = PaymentAgreement { until: NOW, ..body };
    let by_another = court.sign(Role::Buyer, &court.payee, vec![], NOW, by_another);
    assert_eq!(court.convicted(&[&receipt, &by_another]), []);
}

#[test]
fn a_bank_answers_once() {
    let court = Court::new();
    let (order, other) = (court.order(court.order_body()), hash("another order"));
    let body = court.said_body(&order);
    let said = court.said(body.clone());
    let two = [(BANK, None, Misdeed::TwoAnswers)];
    let rivals = [
        Transferred { amount: euros(1), ..body.clone() },
        Transferred { at: NOW.plus(Millis(1)), ..body.clone() },
        Transferred { transfer: other, ..body.clone() },
        // The same order to another reference.
        Transferred { pay_to: PayTo(Nonce([2; 16])), ..body.clone() },
    ];
    for rival in rivals {
        assert_eq!(court.convicted(&[&said, &court.said(rival)]), two);
    }
    let elsewhere = Transferred { pay_to: PayTo(Nonce([2; 16])), transfer: other, ..body.clone() };
    let elsewhere = [elsewhere.clone(), Transferred { at: UNTIL, ..elsewhere }].map(|body| court.said(body));
    assert_eq!(court.convicted(&[&said, &elsewhere[0], &elsewhere[1]]), [], "about other payments");
    let not_as_bank = court.sign(Role::Notary, &court.bank, vec![], NOW, Transferred { at: UNTIL, ..body.clone() });
    assert_eq!(court.convicted(&[&said, &not_as_bank]), []);
    let not_the_bank = court.sign(BANK, &court.payer, vec![], NOW, Transferred { at: UNTIL, ..body });
    assert_eq!(court.convicted(&[&said, &not_the_bank]), []);
}

#[test]
fn a_bank_pays_by_order() {
    let court = Court::new();
    let false_ground = [(BANK, None, Misdeed::FalseGround)];
    let by = |order: &str, at: Timestamp| court.said(Transferred { at, ..court.said_body(order) });
    let body = court.order_body();
    let orders = [
        court.order(Transfer { amount: euros(1), ..body.clone() }),
        court.order(Transfer { pay_to: PayTo(Nonce([2; 16])), ..body.clone() }),
        court.order(Transfer { purpose: hash("another"), ..body.clone() }),
        court.order(Transfer { account_key: court.payee.public.clone(), ..body.clone() }),
        court.sign(Role::Buyer, &court.account, vec![court.payer.public.id()], NOW, body.clone()),
        court.sign(Role::Buyer, &court.account, vec![], NOW, body.clone()),
        court.main(),
        "no order".to_owned(),
        String::new(),
    ];
    for order in orders {
        assert_eq!(court.convicted(&[&by(&order, NOW)]), [], "what is missing convicts nobody");
        assert_eq!(court.convicted(&[&by(&order, NOW), &order]), false_ground, "{order}");
    }
    let order = court.order(body);
    let end = NOW.plus(ANSWER_VALIDITY);
    assert_eq!(court.convicted(&[&by(&order, end), &order]), []);
    assert_eq!(court.convicted(&[&by(&order, end.plus(Millis(1))), &order]), false_ground);
}

#[test]
fn a_receipt_is_judged_under_its_own_key() {
    let (court, crypto) = (Court::new(), Ideal::new(1));
    let receipt = court.main();
    let payer = Some(court.payee.public.id());
    assert!(Payment::new(&receipt, None, [court.payer.public.clone()], &crypto).is_err());
    assert!(Payment::new(&court.agreed(court.agreement()), None, [court.payer.public.clone()], &crypto).is_err());
    let empty = ConditionalReceipt { amount: euros(0), ..court.receipt_body() };
    assert!(Payment::new(&court.receipt(empty), None, [court.payee.public.clone()], &crypto).is_err());
    let own = Payment::new(&receipt, payer, [court.payee.public.clone()], &crypto).unwrap();
    assert_eq!((own.payer, own.receipt().hash), (None, hash(&receipt)), "nobody pays themselves");
    let denies = court.receipt(ConditionalReceipt { until: NOW, ..court.receipt_body() });
    assert!(court.payment(&receipt).is_same(&court.payment(&denies)));
    let elsewhere = ConditionalReceipt { pay_to: PayTo(Nonce([2; 16])), ..court.receipt_body() };
    assert!(!court.payment(&receipt).is_same(&court.payment(&court.receipt(elsewhere))));
}

/// Everything at once: honest pieces, contradictions, strangers' words, junk.
fn pool() -> &'static (Court, Vec<String>) {
    static POOL: OnceLock<(Court, Vec<String>)> = OnceLock::new();
    POOL.get_or_init(|| {
        let court = Court::new();
        let order = court.order(court.order_body());
        let less = court.order(Transfer { amount: euros(1), ..court.order_body() });
        let (receipt, agreement) = (court.receipt_body(), court.agreement());
        let said = |order: &str| court.said_body(order);
        let pieces = vec![
            court.main(),
            court.agreed(agreement.clone()),
            order.clone(),
            court.said(said(&order)),
            court.sign(BANK, &court.bank, vec![], NOW.plus(Millis(1)), said(&order)),
            court.said(Transferred { amount: euros(1), ..said(&order) }),
            court.said(Transferred { at: UNTIL.plus(Millis(1)), ..said(&less) }),
            court.said(said("junk")),
            court.said(Transferred { pay_to: PayTo(Nonce([2; 16])), ..said(&order) }),
            court.sign(BANK, &court.payer, vec![], NOW, said(&order)),
            court.receipt(ConditionalReceipt { until: NOW, ..receipt.clone() }),
            court.receipt(ConditionalReceipt { text: "A present".to_owned(), ..receipt.clone() }),
            court.receipt(ConditionalReceipt { pay_to: PayTo(Nonce([2; 16])), ..receipt }),
            court.agreed(PaymentAgreement { amount: euros(1), ..agreement.clone() }),
            court.sign(Role::Buyer, &court.payee, vec![], NOW, PaymentAgreement { amount: euros(1), ..agreement }),
            less,
            "junk".to_owned(),
        ];
        (court, pieces)
    })
}

fn on(mask: u64) -> PaymentVerdict {
    let (court, pieces) = pool();
    let chosen: Vec<&str> =
        pieces.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, piece)| piece.as_str()).collect();
    court.try_on(&chosen)
}

fn shown(verdict: &PaymentVerdict) -> BTreeSet<(Role, Option<u8>, Misdeed, String)> {
    let all = verdict.convictions.iter();
    all.flat_map(|one| one.shown_by.iter().map(|name| (one.who, one.party, one.misdeed, name.clone()))).collect()
}

fn proven(verdict: &PaymentVerdict) -> BTreeSet<PaymentClaimKind> {
    verdict.claims.iter().filter(|claim| claim.finding == Finding::Proven).map(|claim| claim.claim).collect()
}

/// The pool is worth something: every misdeed is in it.
#[test]
fn the_pool_convicts_everybody() {
    let verdict = on(u64::MAX);
    let misdeeds: Vec<Misdeed> = verdict.convictions.iter().map(|one| one.misdeed).collect();
    let due = [Misdeed::FalseGround, Misdeed::TwoAnswers, Misdeed::MisquotedReceipt, Misdeed::TwoReceipts];
    assert_eq!((misdeeds, proven(&verdict).len()), (due.to_vec(), 5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn more_evidence_takes_nothing_back(all: u64, some: u64) {
        let (less, more) = (on(all & some), on(all));
        prop_assert!(shown(&less).is_subset(&shown(&more)));
        prop_assert!(proven(&less).is_subset(&proven(&more)));
        for claim in less.claims.iter().filter(|claim| claim.finding == Finding::Contradicted) {
            prop_assert!(found(&more, claim.claim) != Finding::NotProvable);
        }
        if less.outcome == PaymentOutcome::Received {
            prop_assert_eq!(more.outcome, PaymentOutcome::Received);
        }
    }

    #[test]
    fn order_does_not_matter(order in Just((0..17_usize).collect::<Vec<_>>()).prop_shuffle(), mask: u64) {
        let (court, pieces) = pool();
        let chosen: Vec<&str> =
            order.into_iter().filter(|at| mask >> at & 1 == 1).map(|at| pieces[at].as_str()).collect();
        prop_assert_eq!(court.try_on(&chosen), on(mask));
    }

    /// One changed byte has no weight, and anything may be a piece.
    #[test]
    fn any_bytes_may_be_a_piece(at in 0_usize..17, flip: usize, bit in 0_u8..7, junk: Vec<u8>) {
        let (court, pieces) = pool();
        let mut changed = pieces[at].clone().into_bytes();
        let place = flip % changed.len();
        changed[place] ^= 1 << bit;
        let mut evidence = Evidence::new();
        evidence.add("changed", &changed).unwrap();
        if !junk.is_empty() {
            evidence.add("junk", &junk).unwrap();
        }
        let verdict = judge(&court.payment(&court.main()), &evidence, &Ideal::new(1));
        prop_assert_eq!(verdict.convictions, vec![]);
        prop_assert!(!verdict.set_aside.is_empty());
    }
}
