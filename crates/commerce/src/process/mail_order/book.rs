//! The book of a mail order: the facts that signed statements and the bank's word have established. Both
//! sides keep one; [`Book::enter`] is total and knows no side.
//!
//! ```text
//!  a part:   shipped ---> arrived ------------------------------> (withdraw_until) nothing more
//!              | paid        receipt: the buyer says so
//!              |             silence: at accept_until
//!              |             objection: until accept_until; a later receipt settles it
//!              +--> withdrawn --> acknowledged --> refunded
//!
//!  a lock:   agreed --> locked --> consigned --> arrived --> disputed     by the bank's rows alone
//!              +-----------+-----------+------------+------------+--> divided or returned: the end of it
//! ```
//!
//! Where money is locked, a part is paid when its lock is divided, silence is the bank's to state, and what is
//! shipped is what a lock is for.
//!
//! A fact carries its own time, made by its signer. What must come before a date is early enough if it was
//! made before that date and came in not more than [`GRACE`] later: a parcel of bytes may be late, too.

mod locks;

use semper_base::code::Code;
use semper_base::limits::PARTS_MAX;
use semper_base::{Amount, Hash, Millis, Misuse, Role, Timestamp, Violation, Xid};
use serde::{Deserialize, Serialize};

use super::contract::Contract;
use super::escrow::EscrowPart;
use super::statements::{PartLine, check_lines};

pub use locks::{LockState, PartLock};

/// How long a statement that was made in time may take to come in.
pub const GRACE: Millis = Millis::days(1);

/// The facts of one mail order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// What was agreed.
    pub contract: Contract,
    /// When the buyer asked to cancel, while the seller has not answered.
    pub cancel_asked: Option<Timestamp>,
    /// What will not be shipped.
    pub cancelled: Option<Cancelled>,
    /// The locks, as agreed with the acceptance; none if the money is not kept.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub locks: Vec<PartLock>,
    /// The shipments, by number.
    pub parts: Vec<Part>,
}

/// The rest of an order that will not be shipped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancelled {
    /// When the seller signed it.
    pub at: Timestamp,
    /// Which lines.
    pub lines: Vec<PartLine>,
}

/// One shipment: an exchange of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// From 1.
    pub number: u64,
    /// What is in it.
    pub lines: Vec<PartLine>,
    /// What is due for it.
    pub amount: Amount,
    /// The lock that pays for it, if its money is kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lock: Option<Xid>,
    /// Hash of the seller's statement that it was handed over.
    pub shipment: Hash,
    /// When the seller stated that.
    pub shipped: Timestamp,
    /// When it was paid.
    pub paid: Option<Timestamp>,
    /// When it arrived, and how that is known.
    pub arrival: Option<Arrival>,
    /// When the buyer withdrew from it.
    pub withdrawn: Option<Timestamp>,
    /// When the seller had that.
    pub acknowledged: Option<Timestamp>,
    /// What was paid back.
    pub refunded: Amount,
}

/// The arrival of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// When, for the time to withdraw.
    pub at: Timestamp,
    /// How it is known.
    pub how: How,
}

/// See [`Arrival`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It is not here, or not what was ordered: the buyer said so.
    Objection,
    /// The buyer said so.
    Receipt,
    /// The buyer said nothing in time.
    Silence,
}

/// What has come to be so. Times are those of the statements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Seller: the withdrawal is here.
    Acknowledged {
        /// Which part.
        part: u64,
        /// When it came in.
        at: Timestamp,
    },
    /// Buyer: please cancel.
    CancelAsked {
        /// When.
        at: Timestamp,
    },
    /// Seller: the rest will not be shipped.
    Cancelled {
        /// Which lines.
        lines: Vec<PartLine>,
        /// When.
        at: Timestamp,
    },
    /// The clock: what was to be said in time was not.
    Deadline,
    /// Bank: the money of a part stands so.
    Lock {
        /// Which lock.
        lock: Xid,
        /// How it stands.
        state: LockState,
    },
    /// Buyer: not here, or not what was ordered.
    Objected {
        /// Which part.
        part: u64,
        /// When.
        at: Timestamp,
    },
    /// Bank: a part was paid.
    Paid {
        /// Which part.
        part: u64,
        /// How much.
        amount: Amount,
        /// When.
        at: Timestamp,
    },
    /// Buyer: here, and what was ordered.
    Received {
        /// Which part.
        part: u64,
        /// When.
        at: Timestamp,
    },
    /// Bank: money went back.
    Refunded {
        /// For which part.
        part: u64,
        /// How much.
        amount: Amount,
    },
    /// Seller: handed to the carrier.
    Shipped {
        /// The part's number.
        part: u64,
        /// What is in it.
        lines: Vec<PartLine>,
        /// What is due.
        amount: Amount,
        /// When.
        at: Timestamp,
        /// Hash of the statement.
        shipment: Hash,
    },
    /// Buyer: I withdraw.
    Withdrawn {
        /// From which part.
        part: u64,
        /// When.
        at: Timestamp,
    },
}

impl Book {
    /// An order that was accepted, and nothing more.
    #[must_use]
    pub fn new(contract: Contract) -> Self {
        let parts = contract.escrow.iter().flat_map(|escrow| &escrow.parts);
        let lock = |part: &EscrowPart| {
            let EscrowPart { amount, lines, lock } = part.clone();
            PartLock { amount, lines, lock, state: LockState::Agreed, until: None }
        };
        let locks = parts.map(lock).collect();
        Book { contract, cancel_asked: None, cancelled: None, locks, parts: Vec::new() }
    }

    /// Enters a fact at `now`.
    ///
    /// # Errors
    /// It contradicts what was agreed or what is in the book; the book stays as it was.
    pub fn enter(&self, fact: &Fact, now: Timestamp) -> Result<Book, Violation> {
        let mut book = self.clone();
        book.take(fact, now)?;
        Ok(book)
    }

    fn take(&mut self, fact: &Fact, now: Timestamp) -> Result<(), Violation> {
        match fact {
            Fact::Shipped { part, lines, amount, at, shipment } => {
                self.shipped(*part, lines, *amount, *at)?;
                if let Some(part) = self.parts.last_mut() {
                    part.shipment = *shipment;
                }
                self.settle();
                Ok(())
            }
            Fact::CancelAsked { at } => self.cancel_asked(*at),
            Fact::Cancelled { lines, at } => self.cancelled(lines, *at),
            Fact::Lock { lock, state } => self.lock_stands(*lock, *state),
            Fact::Paid { part, amount, at } => self.paid(*part, *amount, *at),
            Fact::Received { part, at } => self.received(*part, *at),
            Fact::Objected { part, at } => self.objected(*part, *at, now),
            Fact::Withdrawn { part, at } => self.withdrawn(*part, *at, now),
            Fact::Acknowledged { part, at } => self.acknowledged(*part, *at),
            Fact::Refunded { part, amount } => self.refunded(*part, *amount),
            Fact::Deadline => {
                self.silence(now);
                Ok(())
            }
        }
    }

    /// What was neither shipped nor cancelled.
    #[must_use]
    pub fn rest(&self) -> Vec<PartLine> {
        if self.cancelled.is_some() {
            return Vec::new();
        }
        if !self.locks.is_empty() {
            return self.unshipped(|state| !state.is_over());
        }
        let gone = |id: &str| {
            let lines = self.parts.iter().flat_map(|part| &part.lines).filter(|line| line.id == id);
            lines.fold(0_u64, |sum, line| sum.saturating_add(line.quantity))
        };
        let left = self
            .contract
            .lines
            .iter()
            .map(|line| PartLine { id: line.id.clone(), quantity: line.quantity.saturating_sub(gone(&line.id)) });
        left.filter(|line| line.quantity > 0).collect()
    }

    /// What is due for a shipment of these lines, if it is the next one: the lines' prices, and the cost of
    /// shipping with the first.
    pub fn due(&self, lines: &[PartLine]) -> Result<Amount, Violation> {
        check_lines(lines)?;
        // Whether its money is still there is the bank's word, which may cross with the shipment.
        let rest = if self.locks.is_empty() { self.rest() } else { self.unshipped(|_| self.cancelled.is_none()) };
        let left = |line: &PartLine| rest.iter().any(|left| left.id == line.id && left.quantity >= line.quantity);
        if !lines.iter().all(left) {
            return Err(Violation::new(Code::TermsWrong, "more than was ordered or is left"));
        }
        if !self.locks.is_empty() {
            let lock = self.lock_for(lines);
            let lock = lock.ok_or_else(|| Violation::new(Code::TermsWrong, "no part of the contract is these lines"));
            return lock.map(|lock| lock.amount);
        }
        let price = self.contract.price(lines)?;
        let shipping = if self.parts.is_empty() { self.contract.shipping } else { Amount::zero(price.currency()) };
        price.plus(shipping).map_err(|_| Violation::new(Code::MismatchAmount, "part"))
    }

    /// The number that the next part has.
    #[must_use]
    pub fn next_part(&self) -> u64 {
        (self.parts.len() as u64).saturating_add(1)
    }

    /// A part by its number.
    pub fn part(&self, number: u64) -> Result<&Part, Violation> {
        let found = self.parts.iter().find(|part| part.number == number);
        found.ok_or_else(|| Violation::new(Code::OutOfTurn, "no such part"))
    }

    /// Until when silence about a part means nothing.
    #[must_use]
    pub fn accept_until(&self, part: &Part) -> Timestamp {
        let lock = self.lock_of(part);
        if let Some((lock, until)) = lock.and_then(|lock| Some((lock, lock.until?))) {
            let waits = matches!(lock.state, LockState::Consigned { .. }) && self.is_carried();
            return if waits { until.plus(self.contract.times.accept_ms) } else { until };
        }
        part.shipped.plus(self.contract.times.delivery_ms).plus(self.contract.times.accept_ms)
    }

    /// Whether a carrier must say that the goods came.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        self.contract.escrow.as_ref().is_some_and(|escrow| escrow.carried)
    }

    /// Until when the buyer may withdraw from a part, as far as that is known now.
    #[must_use]
    pub fn withdraw_until(&self, part: &Part) -> Timestamp {
        let arrived = part.arrival.map_or_else(|| self.accept_until(part), |arrival| arrival.at);
        arrived.plus(self.contract.times.withdraw_ms)
    }

    /// When the book changes by itself, if it does.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let open = self.parts.iter().filter(|part| part.arrival.is_none() && part.lock.is_none());
        open.map(|part| self.accept_until(part)).min()
    }

    /// What was paid, over all parts.
    #[must_use]
    pub fn paid_total(&self) -> Amount {
        self.sum(|part| if part.paid.is_some() { part.amount } else { Amount::zero(part.amount.currency()) })
    }

    /// What was paid back, over all parts.
    #[must_use]
    pub fn refunded_total(&self) -> Amount {
        self.sum(|part| part.refunded)
    }

    fn sum(&self, of: impl Fn(&Part) -> Amount) -> Amount {
        let zero = Amount::zero(self.contract.total.currency());
        self.parts.iter().fold(zero, |sum, part| sum.plus(of(part)).unwrap_or(sum))
    }

    fn shipped(&mut self, part: u64, lines: &[PartLine], amount: Amount, at: Timestamp) -> Result<(), Violation> {
        if part != self.next_part() || self.parts.len() >= PARTS_MAX {
            return Err(Violation::new(Code::OutOfTurn, "part"));
        }
        if amount != self.due(lines)? {
            return Err(Violation::new(Code::MismatchAmount, "part"));
        }
        if at < self.contract.accepted {
            return Err(Violation::new(Code::MismatchDeadline, "shipped before it was accepted"));
        }
        let lock = self.lock_for(lines).map(|lock| lock.lock);
        self.parts.push(Part {
            number: part,
            lines: lines.to_vec(),
            amount,
            lock,
            shipment: Hash([0; 32]),
            shipped: at,
            paid: None,
            arrival: None,
            withdrawn: None,
            acknowledged: None,
            refunded: Amount::zero(amount.currency()),
        });
        if self.rest().is_empty() {
            self.cancel_asked = None;
        }
        Ok(())
    }

    fn cancel_asked(&mut self, at: Timestamp) -> Result<(), Violation> {
        if self.rest().is_empty() {
            return Err(Violation::new(Code::TooLate, "nothing is left to cancel"));
        }
        self.cancel_asked.get_or_insert(at);
        Ok(())
    }

    fn cancelled(&mut self, lines: &[PartLine], at: Timestamp) -> Result<(), Violation> {
        // The bank's word about a lock may cross with it; then there is less to cancel than the seller thought.
        let rest = if self.locks.is_empty() { self.rest() } else { self.unshipped(|_| true) };
        if rest.is_empty() || self.cancelled.is_some() {
            return Err(Violation::new(Code::OutOfTurn, "nothing is left to cancel"));
        }
        let fits = if self.locks.is_empty() { rest == lines } else { lines.iter().all(|line| rest.contains(line)) };
        if !fits {
            return Err(Violation::new(Code::TermsWrong, "lines"));
        }
        self.cancel_asked = None;
        self.cancelled = Some(Cancelled { at, lines: lines.to_vec() });
        Ok(())
    }

    fn paid(&mut self, number: u64, amount: Amount, at: Timestamp) -> Result<(), Violation> {
        let part = self.part_mut(number)?;
        if amount != part.amount {
            return Err(Violation::new(Code::MismatchAmount, "payment"));
        }
        part.paid.get_or_insert(at);
        Ok(())
    }

    fn received(&mut self, number: u64, at: Timestamp) -> Result<(), Violation> {
        let until = self.accept_until(self.part(number)?);
        let part = self.part_mut(number)?;
        let first = match part.arrival {
            None => at.min(until),
            // A receipt settles an objection and confirms a silence; the arrival stays when it was.
            Some(Arrival { at, how: How::Objection | How::Silence }) => at,
            Some(Arrival { how: How::Receipt, .. }) => return Ok(()),
        };
        part.arrival = Some(Arrival { at: first.max(part.shipped), how: How::Receipt });
        Ok(())
    }

    fn objected(&mut self, number: u64, at: Timestamp, now: Timestamp) -> Result<(), Violation> {
        let until = self.accept_until(self.part(number)?);
        let part = self.part_mut(number)?;
        match part.arrival {
            None | Some(Arrival { how: How::Silence, .. }) => {}
            Some(Arrival { how: How::Objection, .. }) => return Ok(()),
            Some(Arrival { how: How::Receipt, .. }) => {
                return Err(Violation::new(Code::OutOfTurn, "confirmed before"));
            }
        }
        // The silence about locked money is the bank's to state: its clock counts, and its word may be on its way.
        let late = if part.lock.is_some() { at > until.plus(GRACE) } else { at > until || now > until.plus(GRACE) };
        if late {
            return Err(Violation::new(Code::TooLate, "objection"));
        }
        part.arrival = Some(Arrival { at: at.max(part.shipped), how: How::Objection });
        Ok(())
    }

    fn withdrawn(&mut self, number: u64, at: Timestamp, now: Timestamp) -> Result<(), Violation> {
        let until = self.withdraw_until(self.part(number)?);
        let part = self.part_mut(number)?;
        if part.withdrawn.is_some() {
            return Ok(());
        }
        if at > until || now > until.plus(GRACE) {
            return Err(Violation::new(Code::TooLate, "withdrawal"));
        }
        part.withdrawn = Some(at);
        Ok(())
    }

    fn acknowledged(&mut self, number: u64, at: Timestamp) -> Result<(), Violation> {
        let part = self.part_mut(number)?;
        if part.withdrawn.is_none() {
            return Err(Violation::new(Code::OutOfTurn, "nobody withdrew"));
        }
        part.acknowledged.get_or_insert(at);
        Ok(())
    }

    fn refunded(&mut self, number: u64, amount: Amount) -> Result<(), Violation> {
        let part = self.part_mut(number)?;
        let wrong = |_: Misuse| Violation::new(Code::MismatchAmount, "refund");
        let sum = part.refunded.plus(amount).map_err(wrong)?;
        part.amount.minus(sum).map_err(wrong)?;
        part.refunded = sum;
        Ok(())
    }

    fn silence(&mut self, now: Timestamp) {
        let until: Vec<Timestamp> = self.parts.iter().map(|part| self.accept_until(part)).collect();
        for (part, until) in self.parts.iter_mut().zip(until) {
            if part.arrival.is_none() && part.lock.is_none() && now >= until {
                part.arrival = Some(Arrival { at: until, how: How::Silence });
            }
        }
    }

    fn part_mut(&mut self, number: u64) -> Result<&mut Part, Violation> {
        let found = self.parts.iter_mut().find(|part| part.number == number);
        found.ok_or_else(|| Violation::new(Code::OutOfTurn, "no such part"))
    }
}

/// Who may establish a fact by signing it; none for the bank's word and the clock.
#[must_use]
pub fn signer(fact: &Fact) -> Option<Role> {
    match fact {
        Fact::Acknowledged { .. } | Fact::Cancelled { .. } | Fact::Shipped { .. } => Some(Role::Seller),
        Fact::CancelAsked { .. } | Fact::Objected { .. } | Fact::Received { .. } | Fact::Withdrawn { .. } => {
            Some(Role::Buyer)
        }
        Fact::Deadline | Fact::Lock { .. } | Fact::Paid { .. } | Fact::Refunded { .. } => None,
    }
}
