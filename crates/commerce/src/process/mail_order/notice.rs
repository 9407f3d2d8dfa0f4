//! The statements that move a mail order after its contract, and the facts that they establish.

use semper_base::code::Code;
use semper_base::{Hash, Role, Timestamp, Violation};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{Kind, Meta, Statement, Verified, typed};

use super::book::{Book, Fact};
use super::statements::{
    Cancellation, Objection, ParcelReceipt, PartLine, RefundAddress, Shipment, Withdrawal, WithdrawalReceipt,
    check_reason,
};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// See [`Cancellation`].
    Cancellation(Statement<Cancellation>),
    /// See [`Objection`].
    Objection(Statement<Objection>),
    /// See [`ParcelReceipt`].
    Receipt(Statement<ParcelReceipt>),
    /// See [`RefundAddress`].
    RefundAddress(Statement<RefundAddress>),
    /// See [`Shipment`].
    Shipment(Statement<Shipment>),
    /// See [`Withdrawal`].
    Withdrawal(Statement<Withdrawal>),
    /// See [`WithdrawalReceipt`].
    WithdrawalReceipt(Statement<WithdrawalReceipt>),
}

/// Where money can be paid back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundTo {
    /// The part; none for the purchase of a file.
    pub part: Option<u64>,
    /// The reference.
    pub pay_to: PayTo,
    /// What the bank knows it for.
    pub purpose: Hash,
}

impl Notice {
    /// Whether the kind is one of these.
    #[must_use]
    pub fn takes(kind: Kind) -> bool {
        matches!(
            kind,
            Kind::Cancellation
                | Kind::Objection
                | Kind::ParcelReceipt
                | Kind::RefundAddress
                | Kind::Shipment
                | Kind::Withdrawal
                | Kind::WithdrawalReceipt
        )
    }

    /// Reads a verified statement of one of these kinds, and checks its form.
    pub fn read(verified: Verified<'_>) -> Result<Self, Violation> {
        let notice = match verified.meta.kind {
            Kind::Cancellation => Notice::Cancellation(typed(verified)?),
            Kind::Objection => Notice::Objection(typed(verified)?),
            Kind::ParcelReceipt => Notice::Receipt(typed(verified)?),
            Kind::RefundAddress => Notice::RefundAddress(typed(verified)?),
            Kind::Shipment => Notice::Shipment(typed(verified)?),
            Kind::Withdrawal => Notice::Withdrawal(typed(verified)?),
            Kind::WithdrawalReceipt => Notice::WithdrawalReceipt(typed(verified)?),
            other => return Err(Violation::new(Code::KindWrong, other.word())),
        };
        match &notice {
            Notice::Cancellation(statement) => statement.body.check()?,
            Notice::Objection(statement) => check_reason(Some(&statement.body.reason))?,
            Notice::Shipment(statement) => statement.body.check()?,
            Notice::Receipt(_) | Notice::RefundAddress(_) | Notice::Withdrawal(_) | Notice::WithdrawalReceipt(_) => {}
        }
        Ok(notice)
    }

    /// What every statement says.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        match self {
            Notice::Cancellation(statement) => &statement.meta,
            Notice::Objection(statement) => &statement.meta,
            Notice::Receipt(statement) => &statement.meta,
            Notice::RefundAddress(statement) => &statement.meta,
            Notice::Shipment(statement) => &statement.meta,
            Notice::Withdrawal(statement) => &statement.meta,
            Notice::WithdrawalReceipt(statement) => &statement.meta,
        }
    }

    /// The compact text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Notice::Cancellation(statement) => &statement.text,
            Notice::Objection(statement) => &statement.text,
            Notice::Receipt(statement) => &statement.text,
            Notice::RefundAddress(statement) => &statement.text,
            Notice::Shipment(statement) => &statement.text,
            Notice::Withdrawal(statement) => &statement.text,
            Notice::WithdrawalReceipt(statement) => &statement.text,
        }
    }

    /// The part that it is about.
    #[must_use]
    pub fn part(&self) -> Option<u64> {
        match self {
            Notice::Cancellation(_) => None,
            Notice::Objection(statement) => Some(statement.body.part),
            Notice::Receipt(statement) => Some(statement.body.part),
            Notice::RefundAddress(statement) => statement.body.part,
            Notice::Shipment(statement) => Some(statement.body.part),
            Notice::Withdrawal(statement) => Some(statement.body.part),
            Notice::WithdrawalReceipt(statement) => Some(statement.body.part),
        }
    }

    /// The order that it follows.
    pub fn order(&self) -> Result<Hash, Violation> {
        let found = self.meta().refs.iter().find(|reference| reference.kind == Kind::ParcelOrder);
        found.map(|found| found.hash).ok_or_else(|| Violation::new(Code::RefMissing, Kind::ParcelOrder.word()))
    }

    /// Where it says that money can be paid back.
    #[must_use]
    pub fn refund_to(&self) -> Option<RefundTo> {
        let to = |part, pay_to, purpose| Some(RefundTo { part, pay_to, purpose });
        match self {
            Notice::Objection(Statement { body, .. }) => to(Some(body.part), body.pay_to, body.purpose),
            Notice::RefundAddress(Statement { body, .. }) => to(body.part, body.pay_to, body.purpose),
            Notice::Withdrawal(Statement { body, .. }) => to(Some(body.part), body.pay_to, body.purpose),
            _ => None,
        }
    }

    /// The fact that it establishes in this book, if it establishes any: who signs, what it follows and what it
    /// repeats must be as the book has it.
    pub fn fact(&self, book: &Book) -> Result<Option<Fact>, Violation> {
        let (meta, contract) = (self.meta(), &book.contract);
        let key = match meta.signer.role {
            Role::Buyer => contract.buyer,
            Role::Seller => contract.seller,
            other => return Err(Violation::new(Code::RoleWrong, other.word())),
        };
        meta.check_signer(&key)?;
        meta.check_ref(Kind::ParcelOrder, &contract.order)?;
        if meta.xid != self.part().map(|part| contract.xid(part)) {
            return Err(Violation::new(Code::XidWrong, "part"));
        }
        let at = meta.issued;
        Ok(Some(match (self, meta.signer.role) {
            (Notice::Cancellation(_), Role::Buyer) => Fact::CancelAsked { at },
            (Notice::Cancellation(statement), _) => Fact::Cancelled { lines: statement.body.lines.clone(), at },
            (Notice::Objection(statement), Role::Buyer) => {
                meta.check_ref(Kind::ParcelOffer, &contract.offer)?;
                let part = follows(book, meta, statement.body.part, &statement.body.lines)?;
                Fact::Objected { part, at }
            }
            (Notice::Receipt(statement), Role::Buyer) => {
                let part = follows(book, meta, statement.body.part, &statement.body.lines)?;
                Fact::Received { part, at }
            }
            (Notice::Shipment(statement), Role::Seller) => shipped(statement, at),
            (Notice::Withdrawal(statement), Role::Buyer) => {
                let part = follows(book, meta, statement.body.part, &statement.body.lines)?;
                if book.part(part)?.amount != statement.body.amount {
                    return Err(Violation::new(Code::MismatchAmount, "withdrawal"));
                }
                Fact::Withdrawn { part, at }
            }
            (Notice::WithdrawalReceipt(statement), Role::Seller) => acknowledged(book, statement)?,
            (Notice::RefundAddress(statement), Role::Buyer) => {
                statement.body.part.map(|part| book.part(part)).transpose()?;
                return Ok(None);
            }
            (_, role) => return Err(Violation::new(Code::RoleWrong, role.word())),
        }))
    }
}

fn shipped(statement: &Statement<Shipment>, at: Timestamp) -> Fact {
    let Shipment { amount, lines, part, .. } = statement.body.clone();
    Fact::Shipped { part, lines, amount, at, shipment: statement.hash }
}

fn acknowledged(book: &Book, statement: &Statement<WithdrawalReceipt>) -> Result<Fact, Violation> {
    let WithdrawalReceipt { part, received, refund_until } = statement.body;
    if refund_until > received.plus(book.contract.times.refund_ms) {
        return Err(Violation::new(Code::MismatchDeadline, "refund_until"));
    }
    Ok(Fact::Acknowledged { part, at: received })
}

/// What the buyer says of a part must be about the shipment that it got.
fn follows(book: &Book, meta: &Meta, number: u64, lines: &[PartLine]) -> Result<u64, Violation> {
    let part = book.part(number)?;
    meta.check_ref(Kind::Shipment, &part.shipment)?;
    if part.lines != lines {
        return Err(Violation::new(Code::TermsWrong, "lines"));
    }
    Ok(number)
}
