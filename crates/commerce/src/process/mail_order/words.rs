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
//! The word of the deal is that of the most pressing of its parts; *signed* while something is left to
//! ship, *withdrawn* if all of it was cancelled.

use semper_base::{Amount, Role, Timestamp};

use super::book::{Book, How, Part};
use crate::deal::{Act, Next, Otherwise, Word};

/// The word of a part.
#[must_use]
pub fn of_part(book: &Book, part: &Part, now: Timestamp) -> Word {
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

/// Who must act on a part, until when, and what happens otherwise.
#[must_use]
pub fn next_of_part(book: &Book, part: &Part, now: Timestamp) -> Next {
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
        (Word::Signed, Next { who: Some(Role::Seller), act, until: Some(until), otherwise: Otherwise::MayStepOut })
    });
    let all = parts.chain(open);
    let pressing = all.reduce(|one, other| {
        let earlier = (rank(other.0), one.1.until) > (rank(one.0), other.1.until);
        if earlier { other } else { one }
    });
    pressing.unwrap_or((Word::Withdrawn, Next::nothing()))
}

/// What the buyer loses if the seller stops now: what was paid for parts that are not here as ordered, or
/// that it withdrew from, and did not come back. It holds signed proof for it.
#[must_use]
pub fn buyers_risk(book: &Book, now: Timestamp) -> Amount {
    sum(book, |part| {
        let open = matches!(of_part(book, part, now), Word::Shipped | Word::Disputed | Word::Withdrawn);
        (open && part.paid.is_some()).then(|| part.amount.minus(part.refunded).ok()).flatten()
    })
}

/// What the seller loses if the buyer stops now: the price of what is on its way and was not paid.
#[must_use]
pub fn sellers_risk(book: &Book, now: Timestamp) -> Amount {
    sum(book, |part| {
        let open = part.paid.is_none() && of_part(book, part, now) != Word::Closed;
        open.then_some(part.amount)
    })
}

fn sum(book: &Book, of: impl Fn(&Part) -> Option<Amount>) -> Amount {
    let zero = Amount::zero(book.contract.total.currency());
    book.parts.iter().filter_map(of).fold(zero, |sum, amount| sum.plus(amount).unwrap_or(sum))
}
