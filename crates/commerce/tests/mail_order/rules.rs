//! Where money is locked: who may do what when, and how much it is about; each rule by itself.

use semper_base::code::Code;
use semper_base::{Hash, Millis, Role, Step, Timestamp};
use semper_commerce::deal::Word;
use semper_commerce::process::mail_order::buyer::{self, Buyer};
use semper_commerce::process::mail_order::seller::{self, Seller};
use semper_commerce::process::mail_order::{Book, Fact, How, LockState, PartLine, words};
use semper_exchange::fair::lock::escrow::statements::DivideBasis;

use super::kept::{kept, lock};
use super::{eur, start};

fn entered(book: &Book, fact: &Fact) -> Result<Book, Code> {
    book.enter(fact, start()).map_err(|why| why.code())
}

fn stands(number: usize, state: LockState) -> Fact {
    Fact::Lock { lock: lock(number), state }
}

fn later() -> Timestamp {
    start().plus(Millis::days(7))
}

fn consigned() -> LockState {
    LockState::Consigned { until: later() }
}

fn divided(payee: u64, payer: u64, basis: DivideBasis) -> LockState {
    LockState::Divided { at: later(), basis, payee: eur(payee), payer: eur(payer) }
}

/// One mug of the line with this number.
fn shipped(part: u64, id: &str, amount: u64) -> Fact {
    let lines = vec![PartLine { id: id.into(), quantity: 1 }];
    Fact::Shipped { part, lines, amount: eur(amount), at: start(), shipment: Hash::of(id.as_bytes()) }
}

/// Two parts of 14.90 and 10.00 EUR, with the first in this state and shipped.
fn under_way(state: LockState) -> Book {
    let book = entered(&Book::new(kept(2)), &stands(0, LockState::Locked)).unwrap();
    let book = entered(&book, &shipped(1, "1", 1490)).unwrap();
    entered(&book, &stands(0, state)).unwrap()
}

#[test]
fn what_the_bank_says_of_a_lock_fits_it_and_never_goes_back() {
    let book = under_way(consigned());
    let strange = Fact::Lock { lock: lock(7), state: LockState::Locked };
    assert_eq!(entered(&book, &strange), Err(Code::OutOfTurn));
    for (payee, payer) in [(1490, 1), (1489, 0), (0, 1489), (1000, 500)] {
        let fact = stands(0, divided(payee, payer, DivideBasis::Ruled));
        assert_eq!(entered(&book, &fact), Err(Code::MismatchAmount), "{payee} and {payer} are not what is locked");
    }
    for earlier in [LockState::Agreed, LockState::Locked, consigned()] {
        assert_eq!(entered(&book, &stands(0, earlier)).unwrap(), book, "{earlier:?} came late");
    }
    let over = entered(&book, &stands(0, LockState::Returned)).unwrap();
    let again = stands(0, divided(1490, 0, DivideBasis::Approved));
    assert_eq!(entered(&over, &again).unwrap(), over, "one end");
    // Nobody but the bank says so.
    for from in [Role::Buyer, Role::Seller] {
        let fact = stands(1, LockState::Locked);
        let step = Buyer { book: book.clone() }.step(&fact, from, start(), &mut Vec::new());
        assert!(matches!(step, Step::Reject(_, why) if why.code() == Code::RoleWrong));
        let step = Seller { book: book.clone() }.step(&fact, from, start(), &mut Vec::new());
        assert!(matches!(step, Step::Reject(_, why) if why.code() == Code::RoleWrong));
    }
}

#[test]
fn what_is_shipped_is_what_a_lock_is_for_and_costs_what_is_locked() {
    let book = entered(&Book::new(kept(2)), &stands(0, LockState::Locked)).unwrap();
    for (fact, code) in [
        (shipped(1, "1", 1491), Code::MismatchAmount),
        (shipped(1, "1", 1000), Code::MismatchAmount),
        (shipped(1, "3", 1000), Code::TermsWrong),
        (shipped(2, "1", 1490), Code::OutOfTurn),
    ] {
        assert_eq!(entered(&book, &fact), Err(code), "{fact:?}");
    }
    let both = vec![PartLine { id: "1".into(), quantity: 1 }, PartLine { id: "2".into(), quantity: 1 }];
    let both = Fact::Shipped { part: 1, lines: both, amount: eur(2490), at: start(), shipment: Hash::of(b"both") };
    assert_eq!(entered(&book, &both), Err(Code::TermsWrong), "two locks are two parts");
    let once = entered(&book, &shipped(1, "1", 1490)).unwrap();
    assert_eq!(entered(&once, &shipped(2, "1", 1490)), Err(Code::TermsWrong), "once");
    assert_eq!(once.parts[0].lock, Some(lock(0)));
    // What was cancelled is not shipped.
    let cancelled = Fact::Cancelled { lines: once.rest(), at: start() };
    let cancelled = entered(&once, &cancelled).unwrap();
    assert_eq!(entered(&cancelled, &shipped(2, "2", 1000)), Err(Code::TermsWrong));
}

#[test]
fn nothing_is_left_to_ship_of_what_the_bank_has_given_back() {
    let book = Book::new(kept(2));
    let line = |id: &str| PartLine { id: id.into(), quantity: 1 };
    assert_eq!(book.rest(), [line("1"), line("2")]);
    let book = entered(&book, &stands(0, LockState::Returned)).unwrap();
    assert_eq!(book.rest(), [line("2")]);
    assert_eq!(words::of_deal(&book, start()).0, Word::Signed);
    let over = entered(&book, &stands(1, divided(0, 1000, DivideBasis::NotShipped))).unwrap();
    assert_eq!((over.rest().len(), words::of_deal(&over, start()).0), (0, Word::Withdrawn));
    let cancel = Fact::Cancelled { lines: vec![line("1"), line("3")], at: start() };
    assert_eq!(entered(&book, &cancel), Err(Code::TermsWrong), "what was never ordered");
}

#[test]
fn a_part_is_paid_when_and_how_its_lock_was_divided() {
    for (payee, payer, basis, how) in [
        (1490, 0, DivideBasis::Approved, None),
        (1490, 0, DivideBasis::Unobjected, Some(How::Silence)),
        (490, 1000, DivideBasis::Ruled, Some(How::Silence)),
    ] {
        let book = under_way(consigned());
        assert_eq!(book.parts[0].paid, None);
        let book = entered(&book, &stands(0, divided(payee, payer, basis))).unwrap();
        let part = &book.parts[0];
        assert_eq!((part.paid, part.refunded), (Some(later()), eur(payer)), "{basis:?}");
        assert_eq!(part.arrival.map(|arrival| arrival.how), how, "{basis:?}");
        assert_eq!(book.paid_total().minus(book.refunded_total()).unwrap(), eur(payee));
    }
    let book = entered(&under_way(consigned()), &stands(0, divided(0, 1490, DivideBasis::Unruled))).unwrap();
    assert_eq!((book.parts[0].paid, book.parts[0].refunded, book.paid_total()), (None, eur(0), eur(0)));
    assert_eq!(words::of_part(&book, &book.parts[0], later()), Word::Closed);
    // A payment by transfer has no place here: the amount is the lock's, and the bank's row pays.
    let transfer = Fact::Paid { part: 1, amount: eur(1489), at: later() };
    assert_eq!(entered(&under_way(consigned()), &transfer), Err(Code::MismatchAmount));
}

/// The carrier's day counts for the time to withdraw, also after the money is divided.
#[test]
fn what_came_by_the_carriers_word_came_then() {
    let came = start().plus(Millis::days(3));
    let book = under_way(LockState::Arrived { at: came, until: later() });
    let book = entered(&book, &stands(0, divided(1490, 0, DivideBasis::Unobjected))).unwrap();
    assert_eq!(book.parts[0].arrival.map(|arrival| arrival.at), Some(came));
}

fn of_buyer(book: &Book, fact: &Fact, from: Role) -> Vec<buyer::Effect> {
    let mut effects = Vec::new();
    let step = Buyer { book: book.clone() }.step(fact, from, start(), &mut effects);
    assert!(matches!(step, Step::Advance(_)), "{fact:?}");
    effects
}

fn of_seller(book: &Book, fact: &Fact, from: Role) -> Vec<seller::Effect> {
    let mut effects = Vec::new();
    let step = Seller { book: book.clone() }.step(fact, from, start(), &mut effects);
    assert!(matches!(step, Step::Advance(_)), "{fact:?}");
    effects
}

#[test]
fn the_wallet_tells_the_bank_what_its_user_says_and_only_when_it_counts() {
    use buyer::Effect;
    let (received, objected) = (Fact::Received { part: 1, at: start() }, Fact::Objected { part: 1, at: start() });
    let withdrawn = Fact::Withdrawn { part: 1, at: start() };
    let arrived = LockState::Arrived { at: start(), until: later() };
    let disputed = LockState::Disputed { until: later() };
    for (state, fact, effect) in [
        (LockState::Locked, &received, None),
        (LockState::Locked, &objected, None),
        (consigned(), &received, Some(Effect::Approve(lock(0)))),
        (arrived, &received, Some(Effect::Approve(lock(0)))),
        (disputed, &received, Some(Effect::Approve(lock(0)))),
        (consigned(), &objected, Some(Effect::Dispute(lock(0)))),
        (arrived, &withdrawn, Some(Effect::Dispute(lock(0)))),
        (disputed, &objected, None),
        (disputed, &withdrawn, None),
        (LockState::Returned, &received, None),
    ] {
        let told: Vec<Effect> = of_buyer(&under_way(state), fact, Role::Buyer);
        let expected: Vec<Effect> = [Effect::Send].into_iter().chain(effect).collect();
        assert_eq!(told, expected, "{state:?}, {fact:?}");
    }
    // Said before the bank had the seller's word, it is said again.
    let early = entered(&under_way(LockState::Locked), &received).unwrap();
    let told = of_buyer(&early, &stands(0, consigned()), Role::Bank);
    assert_eq!(told, [Effect::TellLock(lock(0)), Effect::Approve(lock(0))]);
    let early = entered(&under_way(LockState::Locked), &objected).unwrap();
    assert_eq!(of_buyer(&early, &stands(0, consigned()), Role::Bank)[1], Effect::Dispute(lock(0)));
    // What is locked is not paid a second time.
    let book = entered(&Book::new(kept(1)), &stands(0, LockState::Locked)).unwrap();
    assert_eq!(of_buyer(&book, &shipped(1, "1", 1490), Role::Seller), []);
    // What was not locked yet will not be.
    let book = entered(&Book::new(kept(2)), &stands(0, LockState::Locked)).unwrap();
    let cancelled = Fact::Cancelled { lines: book.rest(), at: start() };
    assert_eq!(of_buyer(&book, &cancelled, Role::Seller), [Effect::Cancel(lock(1))]);
}

#[test]
fn the_shop_tells_the_bank_what_it_shipped_and_gives_back_what_it_will_not_ship() {
    use seller::Effect;
    let book = entered(&Book::new(kept(2)), &stands(0, LockState::Locked)).unwrap();
    assert_eq!(of_seller(&book, &shipped(1, "1", 1490), Role::Seller), [Effect::Send, Effect::Consign(lock(0))]);
    let book = under_way(consigned());
    let cancelled = Fact::Cancelled { lines: book.rest(), at: start() };
    let told = of_seller(&book, &cancelled, Role::Seller);
    assert_eq!(told[1..], [Effect::Send, Effect::GiveBack(lock(1))], "and not what is on its way");
    // What went back unshipped is in stock again; what was shipped is not.
    let back = |number, state| of_seller(&book, &stands(number, state), Role::Bank);
    let lines = book.locks[1].lines.clone();
    let unlocked = back(1, LockState::Returned);
    assert_eq!(unlocked, [Effect::TellLock(lock(1)), Effect::Restock(lines)]);
    assert_eq!(back(0, LockState::Returned), [Effect::TellLock(lock(0))]);
    assert_eq!(back(0, consigned()), [], "no news");
}

/// With a carrier the time to look begins with its word: until then the buyer may object.
#[test]
fn the_time_to_look_is_what_the_bank_says() {
    let look = kept(1).times.accept_ms;
    let book = under_way(consigned());
    assert_eq!(book.accept_until(&book.parts[0]), later());
    let mut carried = book.clone();
    carried.contract.escrow.as_mut().unwrap().carried = true;
    assert_eq!(carried.accept_until(&carried.parts[0]), later().plus(look));
    assert_eq!(book.deadline(), None, "silence about locked money is the bank's to state");
    let late = book.enter(&Fact::Deadline, start().plus(Millis::days(400))).unwrap();
    assert_eq!(late, book);
}

#[test]
fn what_is_at_risk_is_what_is_locked_and_on_its_way() {
    let book = under_way(consigned());
    assert_eq!((words::buyers_risk(&book, start()), words::sellers_risk(&book, start())), (eur(1490), eur(1490)));
    let idle = under_way(LockState::Locked);
    assert_eq!((words::buyers_risk(&idle, start()), words::sellers_risk(&idle, start())), (eur(0), eur(0)));
    let happy = entered(&book, &Fact::Received { part: 1, at: start() }).unwrap();
    assert_eq!(words::buyers_risk(&happy, start()), eur(0));
    let over = entered(&book, &stands(0, divided(490, 1000, DivideBasis::Ruled))).unwrap();
    assert_eq!(words::sellers_risk(&over, start()), eur(0));
}
