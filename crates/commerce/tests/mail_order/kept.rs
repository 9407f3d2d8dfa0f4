//! The same where the bank keeps the money: one lock, or two, the bank's word on its way to each side, and everything
//! that buyer, seller, arbiter and clock may do.

use std::collections::{BTreeSet, VecDeque};

use semper_base::{Amount, Hash, Role, Step, Timestamp, Xid};
use semper_commerce::deal::Word;
use semper_commerce::process::mail_order::buyer::{self, Buyer};
use semper_commerce::process::mail_order::escrow::{ContractEscrow, EscrowPart};
use semper_commerce::process::mail_order::seller::{self, Seller};
use semper_commerce::process::mail_order::{Book, Contract, Fact, How, LockState, PartLine, words};
use semper_exchange::fair::lock::escrow::Side;
use semper_exchange::fair::lock::escrow::statements::DivideBasis;

use super::{contract, eur, start};

pub(crate) fn lock(number: usize) -> Xid {
    Xid(Hash::of(&number.to_be_bytes()))
}

/// One mug for each part.
pub(crate) fn kept(parts: usize) -> Contract {
    let bare = contract(&vec![(1000, 1); parts]);
    let part = |number: usize| EscrowPart {
        amount: eur(if number == 0 { 1490 } else { 1000 }),
        lines: vec![PartLine { id: (number + 1).to_string(), quantity: 1 }],
        lock: lock(number),
    };
    let parts = (0..parts).map(part).collect();
    Contract { escrow: Some(ContractEscrow { carried: false, parts, silent: Side::Payer }), ..bare }
}

#[derive(Clone)]
struct World {
    buyer: Buyer,
    seller: Seller,
    to_buyer: VecDeque<Fact>,
    to_seller: VecDeque<Fact>,
    /// What the bank has of each lock, and what it said that is on its way.
    bank: Vec<LockState>,
    bank_to_buyer: VecDeque<Fact>,
    bank_to_seller: VecDeque<Fact>,
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Bank(Role),
    Buyer(u8, u64),
    Clock(usize),
    Deliver(Role),
    GiveBack(usize),
    Lock(usize),
    Rule(usize),
    Seller(u8, usize),
}

impl World {
    fn new(parts: usize) -> World {
        let book = Book::new(kept(parts));
        World {
            buyer: Buyer { book: book.clone() },
            seller: Seller { book },
            to_buyer: VecDeque::new(),
            to_seller: VecDeque::new(),
            bank: vec![LockState::Agreed; parts],
            bank_to_buyer: VecDeque::new(),
            bank_to_seller: VecDeque::new(),
        }
    }

    fn is_quiet(&self) -> bool {
        let queues = [&self.to_buyer, &self.to_seller, &self.bank_to_buyer, &self.bank_to_seller];
        queues.iter().all(|queue| queue.is_empty())
    }

    fn moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        let (mine, theirs) = (&self.buyer.book, &self.seller.book);
        for (at, state) in self.bank.iter().enumerate() {
            let asked = mine.cancelled.is_none();
            moves.extend((*state == LockState::Agreed && asked).then_some(Move::Lock(at)));
            moves.extend((!state.is_over()).then_some(Move::Clock(at)));
            moves.extend(matches!(state, LockState::Disputed { .. }).then_some(Move::Rule(at)));
            let known = &theirs.locks[at];
            let part = theirs.part_of(&known.lock);
            let ready = known.state == LockState::Locked && part.is_none() && theirs.cancelled.is_none();
            moves.extend(ready.then_some(Move::Seller(0, at)));
            moves.extend(part.filter(|_| !known.state.is_over()).map(|_| Move::GiveBack(at)));
        }
        moves.extend((!theirs.rest().is_empty()).then_some(Move::Seller(1, 0)));
        moves.extend((!mine.rest().is_empty() && mine.cancel_asked.is_none()).then_some(Move::Buyer(0, 0)));
        for part in &mine.parts {
            let receipt = part.arrival.is_some_and(|arrival| arrival.how == How::Receipt);
            moves.extend((!receipt).then_some(Move::Buyer(1, part.number)));
            let contestable = mine.lock_of(part).is_some_and(|lock| lock.state.is_contestable());
            let objected = part.arrival.is_some_and(|arrival| arrival.how == How::Objection);
            moves.extend((contestable && !receipt && !objected).then_some(Move::Buyer(2, part.number)));
            moves.extend(part.withdrawn.is_none().then_some(Move::Buyer(3, part.number)));
        }
        let queues = [
            (&self.to_buyer, Move::Deliver(Role::Buyer)),
            (&self.to_seller, Move::Deliver(Role::Seller)),
            (&self.bank_to_buyer, Move::Bank(Role::Buyer)),
            (&self.bank_to_seller, Move::Bank(Role::Seller)),
        ];
        moves.extend(queues.into_iter().filter(|(queue, _)| !queue.is_empty()).map(|(_, one)| one));
        moves
    }

    fn step(&mut self, one: Move) {
        let at = start();
        match one {
            Move::Bank(Role::Buyer) => {
                let fact = self.bank_to_buyer.pop_front().unwrap();
                self.at_buyer(&fact, Role::Bank);
            }
            Move::Bank(_) => {
                let fact = self.bank_to_seller.pop_front().unwrap();
                self.at_seller(&fact, Role::Bank);
            }
            Move::Deliver(Role::Buyer) => {
                let fact = self.to_buyer.pop_front().unwrap();
                self.at_buyer(&fact, Role::Seller);
            }
            Move::Deliver(_) => {
                let fact = self.to_seller.pop_front().unwrap();
                self.at_seller(&fact, Role::Buyer);
            }
            Move::Buyer(0, _) => self.at_buyer(&Fact::CancelAsked { at }, Role::Buyer),
            Move::Buyer(1, part) => self.at_buyer(&Fact::Received { part, at }, Role::Buyer),
            Move::Buyer(2, part) => self.at_buyer(&Fact::Objected { part, at }, Role::Buyer),
            Move::Buyer(_, part) => self.at_buyer(&Fact::Withdrawn { part, at }, Role::Buyer),
            Move::Seller(0, number) => {
                let book = &self.seller.book;
                let (lines, part) = (book.locks[number].lines.clone(), book.next_part());
                let amount = book.due(&lines).unwrap();
                let shipment = Hash::of(&part.to_be_bytes());
                self.at_seller(&Fact::Shipped { part, lines, amount, at, shipment }, Role::Seller);
            }
            Move::Seller(..) => {
                let lines = self.seller.book.rest();
                self.at_seller(&Fact::Cancelled { lines, at }, Role::Seller);
            }
            Move::Lock(number) => self.row(number, LockState::Locked),
            Move::GiveBack(number) => self.row(number, LockState::Returned),
            Move::Rule(number) => self.divide(number, DivideBasis::Ruled, 500),
            Move::Clock(number) => match self.bank[number] {
                LockState::Agreed => self.row(number, LockState::Returned),
                LockState::Locked => self.divide(number, DivideBasis::NotShipped, 0),
                LockState::Disputed { .. } => self.divide(number, DivideBasis::Unruled, 0),
                _ => self.divide(number, DivideBasis::Unobjected, u64::MAX),
            },
        }
    }

    /// The bank writes a row if it is one that it may write, and tells both.
    fn row(&mut self, number: usize, state: LockState) {
        if self.bank[number].is_over() {
            return;
        }
        self.bank[number] = state;
        let fact = Fact::Lock { lock: lock(number), state };
        self.bank_to_buyer.push_back(fact.clone());
        self.bank_to_seller.push_back(fact);
    }

    fn divide(&mut self, number: usize, basis: DivideBasis, payee: u64) {
        let amount = self.buyer.book.locks[number].amount;
        let payee = eur(payee.min(amount.minor()));
        let payer = amount.minus(payee).unwrap();
        self.row(number, LockState::Divided { at: start(), basis, payee, payer });
    }

    fn number(name: Xid) -> usize {
        (0..2).find(|number| lock(*number) == name).unwrap()
    }

    fn at_buyer(&mut self, fact: &Fact, from: Role) {
        let mut effects = Vec::new();
        match self.buyer.clone().step(fact, from, start(), &mut effects) {
            Step::Advance(buyer) => self.buyer = buyer,
            Step::Reject(_, why) => panic!("buyer, {fact:?} of {from}: {why}"),
        }
        for effect in effects {
            match effect {
                buyer::Effect::Approve(name) if self.bank[World::number(name)].is_consigned() => {
                    self.divide(World::number(name), DivideBasis::Approved, u64::MAX);
                }
                buyer::Effect::Cancel(name) if self.bank[World::number(name)] == LockState::Agreed => {
                    self.row(World::number(name), LockState::Returned);
                }
                buyer::Effect::Dispute(name) if self.bank[World::number(name)].is_contestable() => {
                    self.row(World::number(name), LockState::Disputed { until: start() });
                }
                buyer::Effect::Send => self.to_seller.push_back(fact.clone()),
                buyer::Effect::Pay(_) => panic!("what is locked is not paid"),
                _ => {}
            }
        }
    }

    fn at_seller(&mut self, fact: &Fact, from: Role) {
        let mut effects = Vec::new();
        match self.seller.clone().step(fact, from, start(), &mut effects) {
            Step::Advance(seller) => self.seller = seller,
            Step::Reject(_, why) => panic!("seller, {fact:?} of {from}: {why}"),
        }
        for effect in effects {
            match effect {
                seller::Effect::Acknowledge(part) => {
                    self.at_seller(&Fact::Acknowledged { part, at: start() }, Role::Seller);
                }
                seller::Effect::Cancel(lines) => {
                    self.at_seller(&Fact::Cancelled { lines, at: start() }, Role::Seller);
                }
                seller::Effect::Consign(name) if self.bank[World::number(name)] == LockState::Locked => {
                    self.row(World::number(name), LockState::Consigned { until: start() });
                }
                seller::Effect::GiveBack(name) => self.row(World::number(name), LockState::Returned),
                seller::Effect::Send => self.to_buyer.push_back(fact.clone()),
                _ => {}
            }
        }
    }

    /// What holds in every state.
    fn check(&self) {
        let zero = eur(0);
        for book in [&self.buyer.book, &self.seller.book] {
            let all: u64 = book.locks.iter().filter(|lock| book.part_of(&lock.lock).is_some()).count() as u64;
            assert_eq!(all, book.parts.len() as u64, "a shipment for each lock, and no other");
            assert!(book.paid_total().minus(book.refunded_total()).is_ok());
            let (_, next) = words::of_deal(book, start());
            assert!(next.who.is_none() || next.until.is_some());
            let _ = (words::buyers_risk(book, start()), words::sellers_risk(book, start()));
        }
        if !self.is_quiet() {
            return;
        }
        assert_eq!(self.buyer.book, self.seller.book, "both sides know the same");
        // The books say of the money what the bank has done with it.
        let paid = |state: &LockState| match state {
            LockState::Divided { payee, .. } => *payee,
            _ => zero,
        };
        let sum = |amounts: &mut dyn Iterator<Item = Amount>| amounts.fold(zero, |sum, one| sum.plus(one).unwrap());
        let book = &self.buyer.book;
        let kept = book.paid_total().minus(book.refunded_total()).unwrap();
        assert_eq!(kept, sum(&mut self.bank.iter().map(paid)));
        if self.bank.iter().all(|state| state.is_over()) {
            assert!(book.rest().is_empty(), "nothing is left to ship without money");
            let word = words::of_deal(book, start()).0;
            assert!(!matches!(word, Word::Due | Word::Signed | Word::Shipped), "{word:?}");
        }
    }

    fn name(&self) -> Hash {
        let queues = (&self.to_buyer, &self.to_seller, &self.bank, &self.bank_to_buyer, &self.bank_to_seller);
        let all = (&self.buyer, &self.seller, format!("{queues:?}"));
        Hash::of(&serde_json::to_vec(&all).unwrap())
    }
}

fn explore(parts: usize, skip: impl Fn(&Move) -> bool) -> (usize, BTreeSet<Word>) {
    let first = World::new(parts);
    let (mut seen, mut waiting) = (BTreeSet::from([first.name()]), vec![first]);
    let mut words_seen = BTreeSet::new();
    while let Some(world) = waiting.pop() {
        assert!(seen.len() < 400_000, "the world is larger than it was");
        for one in world.moves().into_iter().filter(|one| !skip(one)) {
            let mut next = world.clone();
            next.step(one);
            next.check();
            words_seen.insert(words::of_deal(&next.buyer.book, Timestamp::EPOCH.max(start())).0);
            if seen.insert(next.name()) {
                waiting.push(next);
            }
        }
    }
    (seen.len(), words_seen)
}

#[test]
fn with_locked_money_both_sides_come_to_the_same_facts_and_the_banks() {
    let (states, words_seen) = explore(1, |_| false);
    let all = [Word::Signed, Word::Shipped, Word::Received, Word::Disputed, Word::Withdrawn, Word::Closed];
    assert!(all.iter().all(|word| words_seen.contains(word)), "{words_seen:?}");
    assert!(!words_seen.contains(&Word::Due) && states > 500, "{states}");
}

#[test]
fn two_parts_go_their_own_ways() {
    // What is said of goods the smaller world has shown of one part.
    let other = |one: &Move| matches!(one, Move::Buyer(..) | Move::Clock(1) | Move::Rule(_) | Move::GiveBack(_));
    let (states, _) = explore(2, other);
    assert!(states > 500, "{states}");
}
