//! Both sides of a mail order in every order of events of a small world, and whatever facts come.

#[path = "mail_order/agreed.rs"]
mod agreed;
#[path = "mail_order/kept.rs"]
mod kept;
#[path = "mail_order/rules.rs"]
mod rules;

use std::collections::{BTreeSet, VecDeque};

use proptest::prelude::*;
use semper_base::{Amount, Currency, Hash, KeyId, Millis, Role, Step, Timestamp};
use semper_commerce::deal::Word;
use semper_commerce::process::mail_order::book::GRACE;
use semper_commerce::process::mail_order::buyer::{self, Buyer};
use semper_commerce::process::mail_order::contract::ContractLine;
use semper_commerce::process::mail_order::offer::ParcelTimes;
use semper_commerce::process::mail_order::seller::{self, Seller};
use semper_commerce::process::mail_order::{Book, Contract, Fact, How, PartLine, words};

fn eur(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

fn start() -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000)
}

fn contract(lines: &[(u64, u64)]) -> Contract {
    let of = |(number, (price, quantity)): (usize, &(u64, u64))| ContractLine {
        id: (number + 1).to_string(),
        price: eur(*price),
        quantity: *quantity,
    };
    let goods: u64 = lines.iter().map(|(price, quantity)| price * quantity).sum();
    Contract {
        acceptance: Hash::of(b"acceptance"),
        accepted: start(),
        buyer: KeyId(Hash::of(b"buyer")),
        escrow: None,
        lines: lines.iter().enumerate().map(of).collect(),
        offer: Hash::of(b"offer"),
        order: Hash::of(b"order"),
        seller: KeyId(Hash::of(b"seller")),
        ship_until: start().plus(Millis::days(7)),
        shipping: eur(490),
        times: ParcelTimes::standard(),
        total: eur(goods + 490),
    }
}

/// Two parties, what is on the way between them, and what the bank has still to tell.
#[derive(Clone)]
struct World {
    buyer: Buyer,
    seller: Seller,
    to_buyer: VecDeque<Fact>,
    to_seller: VecDeque<Fact>,
    /// (fact, the buyer knows, the seller knows)
    bank: Vec<(Fact, bool, bool)>,
    now: Timestamp,
}

#[derive(Clone, Debug)]
enum Move {
    Bank { at: usize, to: Role },
    Buyer(Fact),
    Deliver(Role),
    Refund(u64, Amount),
    Seller(Fact),
    Time(Timestamp),
}

impl World {
    fn new(contract: &Contract) -> World {
        let book = Book::new(contract.clone());
        World {
            buyer: Buyer { book: book.clone() },
            seller: Seller { book },
            to_buyer: VecDeque::new(),
            to_seller: VecDeque::new(),
            bank: Vec::new(),
            now: start(),
        }
    }

    fn is_quiet(&self) -> bool {
        self.to_buyer.is_empty()
            && self.to_seller.is_empty()
            && self.bank.iter().all(|(_, mine, theirs)| *mine && *theirs)
    }

    fn moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        let at = self.now;
        let rest = self.seller.book.rest();
        if !rest.is_empty() {
            for quantity in 1..=rest[0].quantity {
                let lines = vec![PartLine { id: rest[0].id.clone(), quantity }];
                let (amount, part) = (self.seller.book.due(&lines).unwrap(), self.seller.book.next_part());
                let shipment = Hash::of(&part.to_be_bytes());
                moves.push(Move::Seller(Fact::Shipped { part, lines, amount, at, shipment }));
            }
            moves.push(Move::Seller(Fact::Cancelled { lines: rest, at }));
        }
        let book = &self.buyer.book;
        if !book.rest().is_empty() && book.cancel_asked.is_none() {
            moves.push(Move::Buyer(Fact::CancelAsked { at }));
        }
        for part in &book.parts {
            let number = part.number;
            if part.arrival.is_none_or(|arrival| arrival.how != How::Receipt) {
                moves.push(Move::Buyer(Fact::Received { part: number, at }));
            }
            if part.arrival.is_none() && at <= book.accept_until(part) {
                moves.push(Move::Buyer(Fact::Objected { part: number, at }));
            }
            if part.withdrawn.is_none() && at <= book.withdraw_until(part) {
                moves.push(Move::Buyer(Fact::Withdrawn { part: number, at }));
            }
        }
        for part in &self.seller.book.parts {
            let runs = self
                .bank
                .iter()
                .any(|(fact, _, _)| matches!(fact, Fact::Refunded { part: p, .. } if *p == part.number));
            if part.acknowledged.is_some() && part.paid.is_some() && !runs {
                moves.push(Move::Refund(part.number, part.amount));
            }
        }
        if !self.to_buyer.is_empty() {
            moves.push(Move::Deliver(Role::Buyer));
        }
        if !self.to_seller.is_empty() {
            moves.push(Move::Deliver(Role::Seller));
        }
        // Each queue keeps its order.
        moves.extend(self.bank.iter().position(|(_, mine, _)| !mine).map(|at| Move::Bank { at, to: Role::Buyer }));
        moves.extend(self.bank.iter().position(|(_, _, theirs)| !theirs).map(|at| Move::Bank { at, to: Role::Seller }));
        // A day is enough for whatever is on its way.
        if self.is_quiet() {
            let next = [self.buyer.deadline(), self.seller.deadline()].into_iter().flatten().min();
            moves.extend(next.map(Move::Time));
        }
        moves
    }

    fn step(&mut self, one: Move) {
        match one {
            Move::Bank { at, to: Role::Buyer } => {
                self.bank[at].1 = true;
                let fact = self.bank[at].0.clone();
                self.at_buyer(&fact, Role::Bank);
            }
            Move::Bank { at, .. } => {
                self.bank[at].2 = true;
                let fact = self.bank[at].0.clone();
                self.at_seller(&fact, Role::Bank);
            }
            Move::Buyer(fact) => self.at_buyer(&fact, Role::Buyer),
            Move::Deliver(Role::Buyer) => {
                let fact = self.to_buyer.pop_front().unwrap();
                self.at_buyer(&fact, Role::Seller);
            }
            Move::Deliver(_) => {
                let fact = self.to_seller.pop_front().unwrap();
                self.at_seller(&fact, Role::Buyer);
            }
            Move::Refund(part, amount) => self.bank.push((Fact::Refunded { part, amount }, false, false)),
            Move::Seller(fact) => self.at_seller(&fact, Role::Seller),
            Move::Time(at) => {
                self.now = at;
                if self.buyer.deadline().is_some_and(|due| due <= at) {
                    self.at_buyer(&Fact::Deadline, Role::Buyer);
                }
                if self.seller.deadline().is_some_and(|due| due <= at) {
                    self.at_seller(&Fact::Deadline, Role::Seller);
                }
            }
        }
    }

    fn at_buyer(&mut self, fact: &Fact, from: Role) {
        let mut effects = Vec::new();
        match self.buyer.clone().step(fact, from, self.now, &mut effects) {
            Step::Advance(buyer) => self.buyer = buyer,
            Step::Reject(_, why) => panic!("buyer, {fact:?} of {from}: {why}"),
        }
        for effect in effects {
            match effect {
                buyer::Effect::Pay(part) => {
                    let amount = self.buyer.book.part(part).unwrap().amount;
                    self.bank.push((Fact::Paid { part, amount, at: self.now }, false, false));
                }
                buyer::Effect::Send => self.to_seller.push_back(fact.clone()),
                buyer::Effect::TellSilence(_) | buyer::Effect::TellLock(_) => {}
                buyer::Effect::Approve(_) | buyer::Effect::Cancel(_) | buyer::Effect::Dispute(_) => {
                    panic!("nothing is locked")
                }
            }
        }
    }

    fn at_seller(&mut self, fact: &Fact, from: Role) {
        let mut effects = Vec::new();
        match self.seller.clone().step(fact, from, self.now, &mut effects) {
            Step::Advance(seller) => self.seller = seller,
            Step::Reject(_, why) => panic!("seller, {fact:?} of {from}: {why}"),
        }
        for effect in effects {
            match effect {
                seller::Effect::Acknowledge(part) => {
                    self.at_seller(&Fact::Acknowledged { part, at: self.now }, Role::Seller);
                }
                seller::Effect::Cancel(lines) => {
                    self.at_seller(&Fact::Cancelled { lines, at: self.now }, Role::Seller);
                }
                seller::Effect::Send => self.to_buyer.push_back(fact.clone()),
                seller::Effect::Restock(_)
                | seller::Effect::TellLock(_)
                | seller::Effect::TellSilence(_)
                | seller::Effect::TooLate => {}
                seller::Effect::Consign(_) | seller::Effect::GiveBack(_) => panic!("nothing is locked"),
            }
        }
    }

    /// What holds in every state.
    fn check(&self) {
        for book in [&self.buyer.book, &self.seller.book] {
            balanced(book);
            assert!(book.paid_total().minus(book.refunded_total()).is_ok());
            let _ = words::of_deal(book, self.now);
        }
        if self.is_quiet() {
            assert_eq!(agreed(&self.buyer.book, self.now), agreed(&self.seller.book, self.now));
        }
    }

    fn name(&self) -> Hash {
        let parts =
            (&self.buyer, &self.seller, format!("{:?}", (&self.to_buyer, &self.to_seller, &self.bank, self.now)));
        Hash::of(&serde_json::to_vec(&parts).unwrap())
    }
}

/// The book without what the two sides may see at different times: a silence.
fn agreed(book: &Book, now: Timestamp) -> Book {
    let mut book = book.clone();
    let until: Vec<Timestamp> = book.parts.iter().map(|part| book.accept_until(part)).collect();
    for (part, until) in book.parts.iter_mut().zip(until) {
        let is_silent = part.arrival.is_some_and(|arrival| arrival.how == How::Silence);
        if is_silent && now < until.plus(GRACE) {
            part.arrival = None;
        }
    }
    book
}

/// Whatever was ordered is left, shipped or cancelled; and nothing costs more than was ordered.
fn balanced(book: &Book) {
    for line in &book.contract.lines {
        let of = |lines: &[PartLine]| lines.iter().filter(|one| one.id == line.id).map(|one| one.quantity).sum::<u64>();
        let shipped: u64 = book.parts.iter().map(|part| of(&part.lines)).sum();
        let cancelled = book.cancelled.as_ref().map_or(0, |cancelled| of(&cancelled.lines));
        assert_eq!(of(&book.rest()) + shipped + cancelled, line.quantity);
    }
    let due: u64 = book.parts.iter().map(|part| part.amount.minor()).sum();
    assert!(due <= book.contract.total.minor());
    assert!(book.paid_total().minor() <= due);
}

#[test]
fn in_every_order_of_events_both_sides_come_to_the_same_facts() {
    let first = World::new(&contract(&[(1000, 2)]));
    let (mut seen, mut waiting) = (BTreeSet::from([first.name()]), vec![first]);
    let mut words_seen = BTreeSet::new();
    while let Some(world) = waiting.pop() {
        assert!(seen.len() < 400_000, "the world is larger than it was");
        for one in world.moves() {
            // Two parts and everything that can be said of each is more than a test may take: what the buyer says
            // of the second part, the smaller worlds have shown of the first.
            if matches!(
                &one,
                Move::Buyer(
                    Fact::Objected { part: 2, .. } | Fact::Withdrawn { part: 2, .. } | Fact::Received { part: 2, .. }
                )
            ) {
                continue;
            }
            let mut next = world.clone();
            next.step(one);
            next.check();
            words_seen.insert(words::of_deal(&next.buyer.book, next.now).0);
            if seen.insert(next.name()) {
                waiting.push(next);
            }
        }
    }
    let all = [Word::Signed, Word::Due, Word::Shipped, Word::Received, Word::Disputed, Word::Withdrawn, Word::Closed];
    assert!(all.iter().all(|word| words_seen.contains(word)), "{words_seen:?}");
    assert!(seen.len() > 1_000, "{}", seen.len());
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let at = (0..40_u64).prop_map(|day| start().plus(Millis::days(day)));
    let lines = prop::collection::vec((1..4_u64, 0..4_u64), 0..3).prop_map(|lines| {
        lines.into_iter().map(|(id, quantity)| PartLine { id: id.to_string(), quantity }).collect::<Vec<_>>()
    });
    (0..9_u8, 0..4_u64, at, lines, prop::sample::select(vec![0, 490, 1000, 1490, 2490, 700, 1190])).prop_map(
        |(kind, part, at, lines, minor)| {
            let amount = eur(minor);
            match kind {
                0 => Fact::Shipped { part, lines, amount, at, shipment: Hash::of(b"shipment") },
                1 => Fact::CancelAsked { at },
                2 => Fact::Cancelled { lines, at },
                3 => Fact::Paid { part, amount, at },
                4 => Fact::Received { part, at },
                5 => Fact::Objected { part, at },
                6 => Fact::Withdrawn { part, at },
                7 => Fact::Acknowledged { part, at },
                _ => Fact::Refunded { part, amount },
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, the book stays in order, and what it refuses has changed nothing.
    #[test]
    fn a_book_takes_whatever_comes(facts in prop::collection::vec(any_fact(), 0..40), day in 0..40_u64) {
        let mut book = Book::new(contract(&[(1000, 2), (700, 1)]));
        let now = start().plus(Millis::days(day));
        for fact in &facts {
            if let Ok(next) = book.enter(fact, now) {
                book = next;
            }
            balanced(&book);
            prop_assert!(book.refunded_total().minor() <= book.parts.iter().map(|part| part.amount.minor()).sum());
            let (_, next) = words::of_deal(&book, now);
            prop_assert!(next.who.is_none_or(|who| matches!(who, Role::Buyer | Role::Seller)));
        }
        // It can be stored and read.
        let stored = serde_json::to_vec(&book).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Book>(&stored).unwrap(), book);
    }

    /// Nobody can state what only another may.
    #[test]
    fn facts_have_their_signer(fact in any_fact(), from in prop::sample::select(vec![Role::Buyer, Role::Seller, Role::Bank, Role::Notary])) {
        let book = Book::new(contract(&[(1000, 2)]));
        let (buyer, seller) = (Buyer { book: book.clone() }, Seller { book });
        let may = match semper_commerce::process::mail_order::book::signer(&fact) {
            Some(role) => role == from,
            None => from == Role::Bank,
        };
        if !may {
            prop_assert!(matches!(buyer.step(&fact, from, start(), &mut Vec::new()), Step::Reject(..)));
            prop_assert!(matches!(seller.step(&fact, from, start(), &mut Vec::new()), Step::Reject(..)));
        }
    }
}
