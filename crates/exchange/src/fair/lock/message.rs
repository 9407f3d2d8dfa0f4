//! What travels about a lock, and the check that needs no state.
//!
//! Every packet carries the exact bytes of L. So whoever receives one can compute the lock's id, find the keys that
//! may speak, and verify every signature before looking at any row.

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::{Blob64, Timestamp, Violation, json};
use semper_blocks::statement::{Body, Compact, Kind, Statement, verify};
use semper_support::crypto::Crypto;
use serde::{Deserialize, Serialize};

use super::by_decision::Shown;
use super::condition::Ground;
use super::descriptor::{Lock, Seat};
use super::escrow::read::Said;
use super::escrow::{self, Act};
use super::statements as st;

/// One message about a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packet {
    /// What is said.
    pub content: Content,
    /// The exact bytes of L.
    pub descriptor: Blob64,
}

/// What a packet says. Statements are compact JWS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Content {
    /// Payer or payee to holder, of an escrow: their own word, or that of carrier or arbiter.
    Act {
        /** by whoever may say it */
        statement: String,
    },
    /// Holder to payer and payee.
    Answer {
        /** what an outcome rests on, if it was shown */
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shown: Option<Shown>,
        /** by the holder */
        statement: String,
    },
    /// Payee to holder.
    Claim {
        /** what the condition asks for */
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shown: Option<Shown>,
        /** by the payee */
        statement: String,
    },
    /// Holder to payer and payee: a row of an escrow.
    Escrow {
        /** what it rests on, unless that is for the holder alone */
        #[serde(skip_serializing_if = "Option::is_none", default)]
        ground: Option<String>,
        /** by the holder */
        statement: String,
    },
    /// Payer or payee to holder.
    GiveBack {
        /** what the condition asks for */
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shown: Option<Shown>,
        /** by payer or payee */
        statement: String,
    },
    /// Payer to holder.
    Lock {
        /** by the payer's account key */
        debit: String,
        /** by the payer's key in L */
        statement: String,
    },
    /// Holder to whoever asked for something that it need not do.
    Refused {
        /** why not */
        code: u16,
        /** what was asked */
        what: Kind,
    },
    /// Payer or payee to holder.
    Status {
        /** by payer or payee */
        statement: String,
    },
}

/// An answer of the holder that repeats L and comes with its ground: good to act upon.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the statement of that name")]
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack of one step")]
pub enum Answer {
    Claimed { claimed: Box<Statement<st::Claimed>>, shown: Option<Shown> },
    Escrow(Said),
    Locked(Box<Statement<st::Locked>>),
    Returned { returned: Box<Statement<st::Returned>>, shown: Option<Shown> },
    Unmet(Box<Statement<st::Unmet>>),
}

/// Content whose signatures verified under the keys that L names, and whose ground is one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the content of that name, see `Content`")]
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack of one step")]
pub enum Checked {
    /// `by` is none if carrier or arbiter said it.
    Act {
        by: Option<Seat>,
        act: Act,
    },
    Answer(Answer),
    Claim {
        claim: Statement<st::Claim>,
        ground: Option<Ground>,
        shown: Option<Shown>,
    },
    GiveBack {
        by: Seat,
        back: Statement<st::GiveBack>,
        ground: Option<Ground>,
        shown: Option<Shown>,
    },
    Lock {
        lock: Statement<st::Lock>,
        debit: Statement<st::LockDebit>,
    },
    Refused {
        what: Kind,
        code: u16,
    },
    Status {
        by: Seat,
        issued: Timestamp,
    },
}

impl Checked {
    /// When payer or payee made it, by its own clock; none of what neither of them signs.
    #[must_use]
    pub fn issued(&self) -> Option<Timestamp> {
        match self {
            Checked::Claim { claim, .. } => Some(claim.meta.issued),
            Checked::GiveBack { back, .. } => Some(back.meta.issued),
            Checked::Lock { lock, .. } => Some(lock.meta.issued),
            Checked::Status { issued, .. } => Some(*issued),
            Checked::Act { .. } | Checked::Answer(_) | Checked::Refused { .. } => None,
        }
    }
}

/// A packet that passed the check.
#[derive(Clone, Debug)]
pub struct CheckedPacket {
    /// L.
    pub lock: Arc<Lock>,
    /// Who signed the content; none if it carries no signature, and then the connection's peer must be known to be
    /// the holder.
    pub signer: Option<Seat>,
    /// What is said.
    pub content: Checked,
}

/// Checks a packet without state: form, L, signatures, validity of requests at `now`, and that what rests on
/// something comes with it.
pub fn check(text: &[u8], crypto: &dyn Crypto, now: Timestamp) -> Result<CheckedPacket, Violation> {
    let packet: Packet = json::read(text)?;
    let lock = Arc::new(Lock::read(&packet.descriptor.0)?);
    let (signer, content) = Checker { reader: Reader { lock: &lock, crypto }, now }.content(packet.content)?;
    Ok(CheckedPacket { lock, signer, content })
}

/// Reads what was signed about one lock.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// L.
    pub lock: &'a Lock,
    /// What verifies.
    pub crypto: &'a dyn Crypto,
}

impl Reader<'_> {
    /// A statement of somebody in this lock.
    pub fn signed<B: Body>(&self, text: &str, by: Seat) -> Result<Statement<B>, Violation> {
        let statement: Statement<B> = verify(self.crypto, self.lock.key(by), text)?;
        if statement.meta.signer.role != by.role() {
            return Err(Violation::new(Code::RoleWrong, statement.meta.signer.role.word()));
        }
        self.about_this(&statement)?;
        Ok(statement)
    }

    /// A statement of payer or payee, and which of them.
    pub fn either<B: Body>(&self, text: &str) -> Result<(Seat, Statement<B>), Violation> {
        let Some(by @ (Seat::Payee | Seat::Payer)) = self.lock.seat(&Compact::parse(text)?.key()) else {
            return Err(Violation::new(Code::KeyWrong, "neither payer nor payee of this lock"));
        };
        Ok((by, self.signed(text, by)?))
    }

    /// The account's key stands in the statement itself; whether it is the account's, the holder's books tell.
    pub fn debit(&self, text: &str) -> Result<Statement<st::LockDebit>, Violation> {
        let debit: Statement<st::LockDebit> =
            Compact::parse(text)?
                .verify_self_signed(self.crypto, "account_key", |debit: &st::LockDebit| &debit.account_key)?;
        self.about_this(&debit)?;
        Ok(debit)
    }

    fn about_this<B: Body>(&self, statement: &Statement<B>) -> Result<(), Violation> {
        if statement.meta.xid == Some(self.lock.xid) {
            return Ok(());
        }
        Err(Violation::new(Code::XidWrong, B::KIND.word()))
    }

    /// What is shown, verified against the condition.
    pub fn ground(&self, shown: Option<&Shown>) -> Result<Option<Ground>, Violation> {
        self.lock.core.condition.ground(shown, self.crypto)
    }

    /// An answer of the holder that is good to act upon: it repeats L, and an outcome rests on what the condition
    /// asks for. Any other is no reason to do anything, and evidence against its signer.
    pub fn answer(&self, text: &str, shown: Option<Shown>) -> Result<Answer, Violation> {
        let kind = Compact::parse(text)?.kind();
        let (condition, ground) = (&self.lock.core.condition, self.ground(shown.as_ref())?);
        if ground.is_some() && !matches!(kind, Kind::Claimed | Kind::Returned) {
            return Err(Violation::new(Code::FieldUnknown, "shown"));
        }
        Ok(match kind {
            Kind::Claimed => {
                let claimed: Statement<st::Claimed> = self.signed(text, Seat::Holder)?;
                claimed.body.fits(self.lock)?;
                condition.bears_claimed(&claimed.body, ground.as_ref())?;
                Answer::Claimed { claimed: Box::new(claimed), shown }
            }
            Kind::Locked => {
                let locked: Statement<st::Locked> = self.signed(text, Seat::Holder)?;
                locked.body.fits(self.lock)?;
                Answer::Locked(Box::new(locked))
            }
            Kind::Returned => {
                let returned: Statement<st::Returned> = self.signed(text, Seat::Holder)?;
                returned.body.fits(self.lock)?;
                condition.bears_returned(&returned.body, ground.as_ref())?;
                Answer::Returned { returned: Box::new(returned), shown }
            }
            Kind::Unmet => Answer::Unmet(Box::new(self.signed(text, Seat::Holder)?)),
            other => return Err(Violation::new(Code::KindWrong, other.word())),
        })
    }
}

struct Checker<'a> {
    reader: Reader<'a>,
    now: Timestamp,
}

impl Checker<'_> {
    fn content(&self, content: Content) -> Result<(Option<Seat>, Checked), Violation> {
        let reader = &self.reader;
        Ok(match content {
            Content::Act { statement } => {
                let (by, act) = escrow::read::act(reader, &statement)?;
                act.meta().check_time(self.now, reader.lock.core.skew_ms)?;
                (by, Checked::Act { by, act })
            }
            Content::Escrow { ground, statement } => {
                let said = escrow::read::said(reader, &statement, ground.as_deref())?;
                (Some(Seat::Holder), Checked::Answer(Answer::Escrow(said)))
            }
            Content::Answer { shown, statement } => {
                (Some(Seat::Holder), Checked::Answer(reader.answer(&statement, shown)?))
            }
            Content::Claim { shown, statement } => {
                let claim: Statement<st::Claim> = self.timely(reader.signed(&statement, Seat::Payee)?)?;
                let ground = reader.ground(shown.as_ref())?;
                (Some(Seat::Payee), Checked::Claim { claim, ground, shown })
            }
            Content::GiveBack { shown, statement } => {
                let (by, back) = reader.either(&statement)?;
                let (back, ground) = (self.timely(back)?, reader.ground(shown.as_ref())?);
                (Some(by), Checked::GiveBack { by, back, ground, shown })
            }
            Content::Lock { debit, statement } => {
                let lock = self.timely(reader.signed(&statement, Seat::Payer)?)?;
                (Some(Seat::Payer), Checked::Lock { lock, debit: self.timely(reader.debit(&debit)?)? })
            }
            Content::Refused { what, code } => (None, Checked::Refused { what, code }),
            Content::Status { statement } => {
                let (by, status): (Seat, Statement<st::Status>) = reader.either(&statement)?;
                let status = self.timely(status)?;
                // For this holder alone, so that nobody can show it to another one.
                if status.meta.to != [reader.lock.core.holder.key.id()] {
                    return Err(Violation::new(Code::KeyWrong, "addressed to another register"));
                }
                (Some(by), Checked::Status { by, issued: status.meta.issued })
            }
        })
    }

    fn timely<B: Body>(&self, statement: Statement<B>) -> Result<Statement<B>, Violation> {
        statement.meta.check_time(self.now, self.reader.lock.core.skew_ms)?;
        Ok(statement)
    }
}

impl st::Locked {
    /// Whether it repeats L member by member.
    pub fn fits(&self, lock: &Lock) -> Result<(), Violation> {
        repeats(lock, self.amount, self.payee, self.payee_key, "locked")
    }
}

impl st::Claimed {
    /// Whether it repeats L member by member.
    pub fn fits(&self, lock: &Lock) -> Result<(), Violation> {
        repeats(lock, self.amount, self.payee, self.payee_key, "claimed")
    }
}

impl st::Returned {
    /// Whether it repeats L.
    pub fn fits(&self, lock: &Lock) -> Result<(), Violation> {
        if self.amount == lock.core.amount { Ok(()) } else { Err(Violation::new(Code::MismatchAmount, "returned")) }
    }
}

fn repeats(
    lock: &Lock,
    amount: semper_base::Amount,
    payee: semper_base::Hash,
    payee_key: semper_base::KeyId,
    what: &str,
) -> Result<(), Violation> {
    let core = &lock.core;
    if amount != core.amount {
        return Err(Violation::new(Code::MismatchAmount, what));
    }
    if payee != core.payee_account || payee_key != core.payee.id() {
        return Err(Violation::new(Code::MismatchPayee, what));
    }
    Ok(())
}
