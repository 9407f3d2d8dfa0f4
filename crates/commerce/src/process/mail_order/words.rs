//! The words of a mail order: pure functions of the book and the time.
//!
//! | word of a part | when |
//! |---|---|
//! | due | shipped and not paid |
//! | shipped | paid; not yet here |
//! | received | here by receipt or silence, and the right of withdrawal lasts |
//! | disputed | the buyer objects |
//! | withdrawn | the buyer withdrew; the refund is not complete |
//! | closed | nothing is owed any more |
//!
//! A part whose money is locked is never due: the bank has it.
//!
//! | word of such a part | when |
//! |---|---|
//! | shipped | the bank has the money, and nobody has spoken |
//! | received | the buyer has it, or the bank has paid, and the right of withdrawal lasts |
//! | disputed | somebody objects, and the money is not divided |
//! | withdrawn | the buyer withdrew, and what was paid or is locked is not back |
//! | closed | nothing is owed any more |
//!
//! The word of the deal is that of the most pressing of its parts; *signed* while something is left to
//! ship, *withdrawn* if all of it was cancelled.

use semper_base::{Amount, Role, Timestamp};
use semper_exchange::fair::lock::escrow::Side;

use super::book::{Book, How, LockState, Part};
use crate::deal::{Act, Next, Otherwise, Word};

/// The word of a part.
#[must_use]
pub fn of_part(book: &Book, part: &Part, now: Timestamp) -> Word {
    if let Some(lock) = book.lock_of(part) {
        return of_locked(book, part, lock.state, now);
    }
    let owed_back = part.paid.is_some() && part.refunded != part.amount;
    if part.withdrawn.is_some() {
        return if part.acknowledged.is_some() && !owed_back { Word::Closed } else { Word::Withdrawn };
    }
    if part.paid.is_some() && !owed_back {
        return Word::Closed;
    }
    match (part.arrival.map(|arrival| arrival.how), part.paid) {
        (Some(How::Objection), _) => Word::Disputed,
        (_, None) => Word::Due,
        (None, Some(_)) => Word::Shipped,
        (Some(How::Receipt | How::Silence), Some(_)) if now <= book.withdraw_until(part) => Word::Received,
        (Some(How::Receipt | How::Silence), Some(_)) => Word::Closed,
    }
}

/// The word of a part whose money the bank keeps.
fn of_locked(book: &Book, part: &Part, state: LockState, now: Timestamp) -> Word {
    let is_back = part.paid.is_none() || part.refunded == part.amount;
    let received = part.arrival.is_some_and(|arrival| arrival.how == How::Receipt);
    match state {
        _ if state.is_over() && is_back => Word::Closed,
        _ if part.withdrawn.is_some() => Word::Withdrawn,
        LockState::Disputed { .. } => Word::Disputed,
        _ if state.is_over() || received => {
            if now <= book.withdraw_until(part) {
                Word::Received
            } else {
                Word::Closed
            }
        }
        _ if part.arrival.is_some_and(|arrival| arrival.how == How::Objection) => Word::Disputed,
        _ => Word::Shipped,
    }
}

/// Who must act on a part whose money the bank still keeps.
fn next_of_locked(book: &Book, part: &Part, state: LockState) -> Next {
    let next = |who, act, until, otherwise| Next { who: Some(who), act, until: Some(until), otherwise };
    let silent = book.contract.escrow.as_ref().map_or(Side::Payer, |escrow| escrow.silent);
    match state {
        // The seller has said so to the buyer, and not yet to the bank.
        LockState::Agreed | LockState::Locked | LockState::Divided { .. } | LockState::Returned => {
            next(Role::Seller, Act::Ship, book.contract.ship_until, Otherwise::GoesBack)
        }
        LockState::Disputed { until } => {
            let otherwise = if silent == Side::Payee { Otherwise::Paid } else { Otherwise::GoesBack };
            next(Role::Arbiter, Act::Rule, until, otherwise)
        }
        LockState::Consigned { until } if book.is_carried() => {
            next(Role::Carrier, Act::Deliver, until, Otherwise::GoesBack)
        }
        LockState::Consigned { until } | LockState::Arrived { until, .. } => {
            let act = if part.withdrawn.is_some() { (Role::Seller, Act::Refund) } else { (Role::Buyer, Act::Look) };
            next(act.0, act.1, until, Otherwise::Paid)
        }
    }
}

/// What comes next of what nothing was shipped for, with its money locked or to be locked.
fn next_of_lock(book: &Book, state: LockState) -> Next {
    let (until, otherwise) = (Some(book.contract.ship_until), Otherwise::GoesBack);
    match state {
        LockState::Agreed => Next { who: Some(Role::Buyer), act: Act::Lock, until, otherwise: Otherwise::Lapses },
        _ => Next { who: Some(Role::Seller), act: Act::Ship, until, otherwise },
    }
}

/// Who must act on a part, until when, and what happens otherwise.
#[must_use]
pub fn next_of_part(book: &Book, part: &Part, now: Timestamp) -> Next {
    if let Some(lock) = book.lock_of(part).filter(|lock| !lock.state.is_over()) {
        return next_of_locked(book, part, lock.state);
    }
    let times = book.contract.times;
    let next = |who, act, until, otherwise| Next { who: Some(who), act, until: Some(until), otherwise };
    match of_part(book, part, now) {
        Word::Due => next(Role::Buyer, Act::Pay, part.shipped.plus(times.pay_ms), Otherwise::ClaimStands),
        Word::Shipped => next(Role::Buyer, Act::Look, book.accept_until(part), Otherwise::CountsAsReceived),
        Word::Received => {
            let until = Some(book.withdraw_until(part));
            Next { who: None, act: Act::MayWithdraw, until, otherwise: Otherwise::RightEnds }
        }
        Word::Disputed => {
            let since = part.arrival.map_or(part.shipped, |arrival| arrival.at);
            next(Role::Seller, Act::Answer, since.plus(times.refund_ms), Otherwise::ProofStays)
        }
        Word::Withdrawn => {
            let since = part.acknowledged.or(part.withdrawn).unwrap_or(part.shipped);
            let act = if part.acknowledged.is_some() { Act::Refund } else { Act::Acknowledge };
            next(Role::Seller, act, since.plus(times.refund_ms), Otherwise::ClaimStands)
        }
        _ => Next::nothing(),
    }
}

/// How pressing a word is.
fn rank(word: Word) -> u8 {
    match word {
        Word::Disputed => 6,
        Word::Withdrawn => 5,
        Word::Due => 4,
        Word::Signed => 3,
        Word::Shipped => 2,
        Word::Received => 1,
        _ => 0,
    }
}

/// The word of the deal, and what comes next.
#[must_use]
pub fn of_deal(book: &Book, now: Timestamp) -> (Word, Next) {
    let parts = book.parts.iter().map(|part| (of_part(book, part, now), next_of_part(book, part, now)));
    let open = (!book.rest().is_empty()).then(|| {
        let (act, until) = match book.cancel_asked {
            Some(asked) => (Act::Answer, asked.plus(book.contract.times.refund_ms)),
            None => (Act::Ship, book.contract.ship_until),
        };
        let idle = book.locks.iter().filter(|lock| !lock.state.is_over() && book.part_of(&lock.lock).is_none());
        let idle = idle.map(|lock| lock.state).min_by_key(|state| *state != LockState::Agreed);
        if let (None, Some(state)) = (book.cancel_asked, idle) {
            return (Word::Signed, next_of_lock(book, state));
        }
        (Word::Signed, Next { who: Some(Role::Seller), act, until: Some(until), otherwise: Otherwise::MayStepOut })
    });
    let all = parts.chain(open);
    let pressing = all.reduce(|one, other| {
        let earlier = (rank(other.0), one.1.until) > (rank(one.0), other.1.until);
        if earlier { other } else { one }
    });
    pressing.unwrap_or((Word::Withdrawn, Next::nothing()))
}

/// What the buyer may lose if the seller stops now: what the bank keeps for what is on its way, and what was paid for parts that are not here as ordered, or
/// that it withdrew from, and did not come back. It holds signed proof for it.
#[must_use]
pub fn buyers_risk(book: &Book, now: Timestamp) -> Amount {
    sum(book, |part| {
        if let Some(open) = open_lock(book, part) {
            let happy = part.arrival.is_some_and(|arrival| arrival.how == How::Receipt) && part.withdrawn.is_none();
            return (!happy).then_some(open);
        }
        let open = matches!(of_part(book, part, now), Word::Shipped | Word::Disputed | Word::Withdrawn);
        (open && part.paid.is_some()).then(|| part.amount.minus(part.refunded).ok()).flatten()
    })
}

/// What the seller may lose if the buyer stops now: what the bank keeps for what is on its way, and the price of what is on its way and was not paid.
#[must_use]
pub fn sellers_risk(book: &Book, now: Timestamp) -> Amount {
    sum(book, |part| {
        if part.lock.is_some() {
            return open_lock(book, part);
        }
        let open = part.paid.is_none() && of_part(book, part, now) != Word::Closed;
        open.then_some(part.amount)
    })
}

/// What the bank keeps for a part that is on its way: who has it in the end is not decided.
fn open_lock(book: &Book, part: &Part) -> Option<Amount> {
    book.lock_of(part).filter(|lock| lock.state.is_consigned()).map(|lock| lock.amount)
}

fn sum(book: &Book, of: impl Fn(&Part) -> Option<Amount>) -> Amount {
    let zero = Amount::zero(book.contract.total.currency());
    book.parts.iter().filter_map(of).fold(zero, |sum, amount| sum.plus(amount).unwrap_or(sum))
}
