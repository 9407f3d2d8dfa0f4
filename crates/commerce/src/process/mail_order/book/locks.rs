//! The locks in a book: the money of each part, as the bank's rows have it, and what that means for the parts.

use semper_base::code::Code;
use semper_base::{Amount, Timestamp, Violation, Xid};
use semper_exchange::fair::lock::escrow::statements::DivideBasis;
use serde::{Deserialize, Serialize};

use super::super::statements::PartLine;
use super::{Arrival, Book, How, Part};

/// The money of one part.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartLock {
    /// How much.
    pub amount: Amount,
    /// What it is for.
    pub lines: Vec<PartLine>,
    /// The lock's name.
    pub lock: Xid,
    /// Where it stands, by the bank's word.
    pub state: LockState,
    /// When silence decides, as the bank said last.
    pub until: Option<Timestamp>,
}

/// See [`PartLock::state`]. It only goes on, never back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockState {
    /// Nothing is locked yet.
    Agreed,
    /// The bank has the money.
    Locked,
    /// The bank has the seller's word that the goods are on their way.
    Consigned {
        /// Silence decides then.
        until: Timestamp,
    },
    /// The bank has the carrier's word that they came.
    Arrived {
        /// When.
        at: Timestamp,
        /// The buyer may object until then.
        until: Timestamp,
    },
    /// Somebody objected: the arbiter may rule.
    Disputed {
        /// Without a ruling it is divided then.
        until: Timestamp,
    },
    /// The end: divided.
    Divided {
        /// When.
        at: Timestamp,
        /// On what ground.
        basis: DivideBasis,
        /// What the seller got.
        payee: Amount,
        /// What the buyer got back.
        payer: Amount,
    },
    /// The end: nothing was locked, or all of it went back.
    Returned,
}

impl LockState {
    fn rank(self) -> u8 {
        match self {
            LockState::Agreed => 0,
            LockState::Locked => 1,
            LockState::Consigned { .. } => 2,
            LockState::Arrived { .. } => 3,
            LockState::Disputed { .. } => 4,
            LockState::Divided { .. } | LockState::Returned => 5,
        }
    }

    /// Whether nothing more happens to it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, LockState::Divided { .. } | LockState::Returned)
    }

    /// Whether the bank has the money and the seller's word that the goods are on their way.
    #[must_use]
    pub fn is_consigned(self) -> bool {
        matches!(self, LockState::Consigned { .. } | LockState::Arrived { .. } | LockState::Disputed { .. })
    }

    /// Whether the buyer can stop the silence.
    #[must_use]
    pub fn is_contestable(self) -> bool {
        matches!(self, LockState::Consigned { .. } | LockState::Arrived { .. })
    }
}

impl Book {
    /// The lines of locks that nothing was shipped for, and that stand so.
    pub(super) fn unshipped(&self, fits: impl Fn(LockState) -> bool) -> Vec<PartLine> {
        let open = self.locks.iter().filter(|lock| fits(lock.state) && self.part_of(&lock.lock).is_none());
        let mut lines: Vec<PartLine> = open.flat_map(|lock| lock.lines.iter().cloned()).collect();
        lines.sort_by_key(|line| line.id.parse::<usize>().unwrap_or(usize::MAX));
        lines
    }

    /// A lock by its name.
    #[must_use]
    pub fn lock(&self, lock: &Xid) -> Option<&PartLock> {
        self.locks.iter().find(|known| known.lock == *lock)
    }

    /// What was shipped for a lock, if anything was.
    #[must_use]
    pub fn part_of(&self, lock: &Xid) -> Option<&Part> {
        self.parts.iter().find(|part| part.lock == Some(*lock))
    }

    /// The lock of a part, if its money is kept.
    #[must_use]
    pub fn lock_of(&self, part: &Part) -> Option<&PartLock> {
        self.lock(&part.lock?)
    }

    /// The lock that a shipment of these lines is for: one for exactly these, and nothing was shipped for it.
    #[must_use]
    pub fn lock_for(&self, lines: &[PartLine]) -> Option<&PartLock> {
        self.locks.iter().find(|lock| lock.lines == lines && self.part_of(&lock.lock).is_none())
    }

    pub(super) fn lock_stands(&mut self, lock: Xid, state: LockState) -> Result<(), Violation> {
        let found = self.locks.iter_mut().find(|known| known.lock == lock);
        let known = found.ok_or_else(|| Violation::new(Code::OutOfTurn, "no such lock"))?;
        if let LockState::Divided { payee, payer, .. } = state
            && payee.plus(payer).ok() != Some(known.amount)
        {
            return Err(Violation::new(Code::MismatchAmount, "divided"));
        }
        // Told again, or overtaken.
        if state.rank() <= known.state.rank() {
            return Ok(());
        }
        if let LockState::Consigned { until } | LockState::Arrived { until, .. } = state {
            known.until = Some(until);
        }
        // Else it would be forgotten when the carrier said so.
        let came = match (known.state, state) {
            (LockState::Arrived { at, .. }, LockState::Divided { .. }) => Some(at),
            _ => None,
        };
        known.state = state;
        self.settle_at(came);
        if self.rest().is_empty() {
            self.cancel_asked = None;
        }
        Ok(())
    }

    pub(super) fn settle(&mut self) {
        self.settle_at(None);
    }

    /// Enters into the parts what the end of their locks means for them.
    fn settle_at(&mut self, came: Option<Timestamp>) {
        let locks = std::mem::take(&mut self.locks);
        for part in self.parts.iter_mut().filter(|part| part.paid.is_none()) {
            let lock = part.lock.and_then(|name| locks.iter().find(|lock| lock.lock == name));
            let Some(LockState::Divided { at, basis, payee, .. }) = lock.map(|lock| lock.state) else { continue };
            if payee.minor() == 0 {
                continue;
            }
            part.paid = Some(at);
            if let Ok(back) = part.amount.minus(payee) {
                part.refunded = back;
            }
            // Who approves has said so in a receipt, which comes by itself and knows when the goods came.
            if basis != DivideBasis::Approved {
                let at = came.unwrap_or(at).max(part.shipped);
                part.arrival.get_or_insert(Arrival { at, how: How::Silence });
            }
        }
        self.locks = locks;
    }
}
