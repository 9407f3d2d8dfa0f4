//! Money for goods that somebody carries: what frees a lock whose condition is an [`Escrow`].
//!
//! ```text
//!                consignment (payee)            handed-over (carrier, with the pickup code)
//!  [Waiting] ------------------------> [Consigned] -------------------> [Arrived]
//!      | ship_by                           |   \ dispute                   | dispute (payer)
//!      |                                   |    \ (either)                 v
//!      |                                   |     +--------------------> [Disputed]
//!      v                                   v                              | ruling (arbiter)
//!    divided: everything that follows from the row above, once <----------+ or the last moment
//!
//!  divided, and on what ground                      the payee gets      the payer gets
//!    not shipped by ship_by                         nothing             everything
//!    not arrived in time (there is a carrier)       nothing             everything
//!    nobody objected in time                        what is due         the rest
//!    approval (payer), once it was consigned        what is due         the rest
//!    ruling, in a dispute                           as it says          as it says
//!    no ruling by the last moment                   as X says: what is due or nothing
//! ```
//!
//! No register can see whether a parcel came. So this is no fair exchange in the strong sense: it says who has
//! the money if somebody is silent, gives each side the time to speak, and names who decides if they disagree.
//! Every moment is one of the holder's own clock, compared in the step that writes the row, and nobody is
//! stranded: without anybody's help the money is divided at [`Escrow::last`] at the latest. With a carrier, what
//! counts is that the payer gave the pickup code away; without one, the time to object begins when the goods
//! should have come.
//!
//! Whoever the silence speaks against may dispute: the payer once it was consigned, the payee while it waits
//! for the carrier's word. The payee may at any time give everything back; that is a matter of every lock.

pub mod read;
pub(super) mod register;
pub mod side;
pub mod statements;

use semper_base::code::Code;
use semper_base::{Amount, Hash, Millis, Nonce, Timestamp, Violation};
use semper_blocks::statement::Statement;
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

use crate::fair::dgp::Third;
use statements as st;

/// Longest any of the lengths of time may be: a year.
const LENGTH_MAX: Millis = Millis::days(366);

/// The condition, as the lock's descriptor has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escrow {
    /// How long the payer may look and object.
    pub accept_ms: Millis,
    /// Decides a dispute.
    pub arbiter: Third,
    /// Whose word it is that the goods came, if somebody's is to count.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub carrier: Option<Carrier>,
    /// From the consignment until the goods should be there.
    pub deliver_ms: Millis,
    /// What the arbiter has at least for its ruling.
    pub hearing_ms: Millis,
    /// At or after this moment nothing can be consigned.
    pub ship_by: Timestamp,
    /// Who has the money that is disputed if the arbiter does not rule.
    pub silent: Side,
}

/// Who brings the goods, and how it proves that it gave them to the payer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    /// Signs its word.
    pub key: PublicKey,
    /// [`pickup`] of the code, which the payer alone has until it gives it to whoever brings the goods.
    pub pickup: Hash,
}

/// One of the two whose money it may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Who ships.
    Payee,
    /// Who had the money locked.
    Payer,
}

/// Commitment to a pickup code.
#[must_use]
pub fn pickup(code: &Nonce) -> Hash {
    Hash::tagged_parts("semper-pickup/1", &[&code.0])
}

impl Escrow {
    /// The rules that hold within the condition itself, of a lock opened at `opened`.
    ///
    /// # Errors
    /// A length of nothing or of more than a year, a time to ship that is over before it begins, one key for two.
    pub fn check(&self, opened: Timestamp) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::DescriptorWrong, what));
        let lengths = [self.accept_ms, self.deliver_ms, self.hearing_ms];
        if lengths.iter().any(|length| length.0 == 0 || *length > LENGTH_MAX) {
            return wrong("a length of time");
        }
        if self.ship_by <= opened || self.ship_by > opened.plus(LENGTH_MAX) {
            return wrong("ship_by");
        }
        if self.carrier.as_ref().is_some_and(|carrier| carrier.key == self.arbiter.key) {
            return wrong("one key in two roles");
        }
        Ok(())
    }

    /// The keys that it brings in; all keys of a lock differ.
    pub fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        [&self.arbiter.key].into_iter().chain(self.carrier.iter().map(|carrier| &carrier.key))
    }

    /// When silence decides about what was consigned at a moment, if no carrier says more.
    #[must_use]
    pub fn silence_after(&self, consigned: Timestamp) -> Timestamp {
        let there = consigned.plus(self.deliver_ms);
        if self.carrier.is_some() { there } else { there.plus(self.accept_ms) }
    }

    /// At this moment at the latest the money is divided, whatever anybody does.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        self.ship_by.plus(self.deliver_ms).plus(self.accept_ms).plus(self.hearing_ms)
    }
}

/// Where a locked escrow stands, as the holder keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Course {
    /// Nothing is on its way.
    Waiting,
    /// On its way, by the payee's word.
    Consigned(Goods),
    /// There, by the carrier's word.
    Arrived(Goods),
    /// Somebody objected.
    Disputed(Disputed),
}

/// What is asked for the goods.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Goods {
    /// The payee's account, which it showed with its consignment.
    pub account: String,
    /// Hash of the payee's `consignment`.
    pub consignment: Hash,
    /// What the payee is to have; the rest goes back.
    pub due: Amount,
    /// At or after this moment silence decides.
    pub until: Timestamp,
}

/// See [`Course::Disputed`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Disputed {
    /// What it is about.
    pub goods: Goods,
    /// Hash of the `dispute`.
    pub dispute: Hash,
}

/// What somebody asks of the holder; signed by whom X says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Payer: pay what is due.
    Approval(Statement<st::Approval>),
    /// Payee: on its way.
    Consignment(Statement<st::Consignment>),
    /// Either: hear us.
    Dispute {
        /// Who objects.
        by: Side,
        /// The word.
        dispute: Statement<st::Dispute>,
    },
    /// Carrier: given to whoever had the code.
    HandedOver(Statement<st::HandedOver>),
    /// Arbiter: divide it so.
    Ruling(Statement<st::Ruling>),
}

/// What follows from an act, or from the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is on record already: the rows say what stands.
    Again,
    /// The money is divided, and nothing more can happen.
    End(End),
    /// One row more.
    Row(Course, Row),
    /// Nothing.
    Wait,
}

/// A row that does not end it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the statement of that name")]
pub enum Row {
    Arrived(st::Arrived),
    Consigned(st::Consigned),
    Disputed(st::Disputed),
}

/// How the money is divided: the two amounts are the lock's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Where the payee's part goes; none if it gets nothing.
    pub account: Option<String>,
    /// What is signed.
    pub divided: st::Divided,
}

impl Course {
    /// When the holder must act by itself.
    #[must_use]
    pub fn deadline(&self, terms: &Escrow) -> Timestamp {
        match self {
            Course::Waiting => terms.ship_by,
            Course::Consigned(goods) | Course::Arrived(goods) => goods.until,
            Course::Disputed(_) => terms.last(),
        }
    }

    /// What follows from an act, or from the clock alone, for a lock of `amount` at the holder's `now`. A moment
    /// that has passed decides before anything that comes after it.
    ///
    /// # Errors
    /// The act does not fit what was agreed or what is on record.
    pub fn turn(&self, act: Option<&Act>, terms: &Escrow, amount: Amount, now: Timestamp) -> Result<Turn, Violation> {
        if now >= self.deadline(terms) {
            return Ok(Turn::End(self.silence(terms, amount, now)?));
        }
        match (act, self) {
            (None, _) => Ok(Turn::Wait),
            (Some(Act::Consignment(act)), Course::Waiting) => consigned(act, terms, amount, now),
            (Some(Act::Consignment(act)), course) => again(course.named(&act.hash)),
            (Some(Act::HandedOver(act)), Course::Consigned(goods)) => arrived(act, goods, terms, now),
            (Some(Act::HandedOver(_)), Course::Arrived(_) | Course::Disputed(_))
            | (Some(Act::Dispute { .. }), Course::Disputed(_)) => Ok(Turn::Again),
            (Some(Act::Dispute { by, dispute }), Course::Consigned(goods) | Course::Arrived(goods)) => {
                let waits = matches!(self, Course::Consigned(_)) && terms.carrier.is_some();
                if *by == Side::Payee && !waits {
                    return Err(Violation::new(Code::OutOfTurn, "silence speaks for the payee"));
                }
                disputed(*by, dispute, goods, terms, now)
            }
            (Some(Act::Approval(act)), course) => course.approved(act, amount, now),
            (Some(Act::Ruling(act)), Course::Disputed(disputed)) => ruled(act, disputed, amount, now),
            _ => Err(Violation::new(Code::OutOfTurn, "escrow")),
        }
    }

    /// What was asked for the goods, once something was.
    fn goods(&self) -> Option<&Goods> {
        match self {
            Course::Waiting => None,
            Course::Consigned(goods) | Course::Arrived(goods) => Some(goods),
            Course::Disputed(disputed) => Some(&disputed.goods),
        }
    }

    fn named(&self, consignment: &Hash) -> bool {
        self.goods().is_some_and(|goods| goods.consignment == *consignment)
    }

    /// What the clock decides.
    fn silence(&self, terms: &Escrow, amount: Amount, now: Timestamp) -> Result<End, Violation> {
        match self {
            Course::Waiting => divide(None, st::DivideBasis::NotShipped, None, amount, now),
            Course::Consigned(_) if terms.carrier.is_some() => {
                divide(None, st::DivideBasis::NotArrived, None, amount, now)
            }
            Course::Consigned(goods) | Course::Arrived(goods) => {
                divide(Some((goods, goods.due)), st::DivideBasis::Unobjected, None, amount, now)
            }
            Course::Disputed(disputed) => {
                let goods = (terms.silent == Side::Payee).then_some((&disputed.goods, disputed.goods.due));
                divide(goods, st::DivideBasis::Unruled, None, amount, now)
            }
        }
    }

    fn approved(&self, act: &Statement<st::Approval>, amount: Amount, now: Timestamp) -> Result<Turn, Violation> {
        let goods = self.goods().ok_or_else(|| Violation::new(Code::OutOfTurn, "nothing was consigned"))?;
        if act.body.consignment != goods.consignment {
            return Err(Violation::new(Code::RefWrong, "approval"));
        }
        if act.body.amount != goods.due {
            return Err(Violation::new(Code::MismatchAmount, "approval"));
        }
        let basis = st::DivideBasis::Approved;
        Ok(Turn::End(divide(Some((goods, goods.due)), basis, Some(act.hash), amount, now)?))
    }
}

fn again(is_known: bool) -> Result<Turn, Violation> {
    if is_known { Ok(Turn::Again) } else { Err(Violation::new(Code::AnotherRun, "consignment")) }
}

/// `payee` is what it gets, and for what.
fn divide(
    payee: Option<(&Goods, Amount)>,
    basis: st::DivideBasis,
    ground: Option<Hash>,
    amount: Amount,
    now: Timestamp,
) -> Result<End, Violation> {
    let gets = payee.map_or_else(|| Amount::zero(amount.currency()), |(_, gets)| gets);
    let payer = amount.minus(gets).map_err(|_| Violation::new(Code::MismatchAmount, "more than is locked"))?;
    let account = payee.filter(|(_, gets)| gets.minor() > 0).map(|(goods, _)| goods.account.clone());
    Ok(End { account, divided: st::Divided { at: now, basis, ground, payee: gets, payer } })
}

fn consigned(
    act: &Statement<st::Consignment>,
    terms: &Escrow,
    amount: Amount,
    now: Timestamp,
) -> Result<Turn, Violation> {
    let due = act.body.due;
    if due.minor() == 0 || amount.minus(due).is_err() {
        return Err(Violation::new(Code::MismatchAmount, "consignment"));
    }
    let until = terms.silence_after(now);
    let goods = Goods { account: act.body.account.clone(), consignment: act.hash, due, until };
    let row = st::Consigned { at: now, consignment: act.hash, due, until };
    Ok(Turn::Row(Course::Consigned(goods), Row::Consigned(row)))
}

fn arrived(act: &Statement<st::HandedOver>, goods: &Goods, terms: &Escrow, now: Timestamp) -> Result<Turn, Violation> {
    let carrier = terms.carrier.as_ref().ok_or_else(|| Violation::new(Code::OutOfTurn, "no carrier was named"))?;
    if pickup(&act.body.code) != carrier.pickup {
        return Err(Violation::new(Code::CommitmentWrong, "pickup code"));
    }
    let until = now.plus(terms.accept_ms);
    let row = st::Arrived { at: now, handed_over: act.hash, until };
    Ok(Turn::Row(Course::Arrived(Goods { until, ..goods.clone() }), Row::Arrived(row)))
}

fn disputed(
    by: Side,
    act: &Statement<st::Dispute>,
    goods: &Goods,
    terms: &Escrow,
    now: Timestamp,
) -> Result<Turn, Violation> {
    if act.body.consignment != goods.consignment {
        return Err(Violation::new(Code::RefWrong, "dispute"));
    }
    let row = st::Disputed { at: now, by, dispute: act.hash, until: terms.last() };
    let course = Course::Disputed(Disputed { goods: goods.clone(), dispute: act.hash });
    Ok(Turn::Row(course, Row::Disputed(row)))
}

/// The first ruling counts. The payee cannot be given more than it asked for.
fn ruled(act: &Statement<st::Ruling>, disputed: &Disputed, amount: Amount, now: Timestamp) -> Result<Turn, Violation> {
    if act.body.dispute != disputed.dispute {
        return Err(Violation::new(Code::RefWrong, "ruling"));
    }
    let (goods, gets) = (&disputed.goods, act.body.payee);
    if goods.due.minus(gets).is_err() || gets.plus(act.body.payer).ok() != Some(amount) {
        return Err(Violation::new(Code::MismatchAmount, "ruling"));
    }
    let basis = st::DivideBasis::Ruled;
    Ok(Turn::End(divide(Some((goods, gets)), basis, Some(act.hash), amount, now)?))
}

#[cfg(test)]
mod tests;
