//! What travels in an exchange, and the check that needs no state.
//!
//! Every packet carries the exact bytes of the descriptor. So whoever receives one can compute the
//! exchange's id, find the keys that may speak, and verify every signature before looking at any row.

use std::sync::Arc;

use semper_base::{Blob64, Code, Role, Timestamp, Violation, json};
use semper_blocks::delivery::{self, Chunk, KeyOpening, WrongFile, judge_complaint};
use semper_blocks::statement::{Body, Compact, Head, Kind, Statement, verify};
use semper_support::crypto::Crypto;
use serde::{Deserialize, Serialize};

use super::descriptor::{Core, Descriptor, RootOpening};
use super::statements as st;
use super::statements::EscrowBox;

/// One message of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packet {
    /// What is said.
    pub content: Content,
    /// The exact bytes of X.
    pub descriptor: Blob64,
}

/// What a packet says. Statements are compact JWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Content {
    /// A register's statement.
    Answer {
        /** of bank or notary */
        statement: String,
    },
    /// Seller to bank.
    Capture {
        /** by the seller */
        statement: String,
        /** by the buyer */
        mandate: String,
    },
    /// Buyer to notary.
    Complaint {
        /** by the buyer */
        statement: String,
        /** by the bank */
        captured: String,
        /** JSON text of the proof */
        proof: String,
    },
    /// Buyer to bank.
    Contest {
        /** by the buyer */
        statement: String,
    },
    /// Seller to buyer: the box that only the notary can open.
    EscrowBox {
        /** the box */
        sealed: EscrowBox,
    },
    /// Buyer to notary.
    EscrowRequest {
        /** by the buyer */
        statement: String,
        /** by the bank */
        captured: String,
        /** the box */
        sealed: EscrowBox,
    },
    /// Buyer to seller: send these chunks.
    Fetch {
        /** first */
        from: u64,
        /** how many */
        count: u64,
    },
    /// Buyer to bank.
    Hold {
        /** by the buyer's deal key */
        statement: String,
        /** by the payer's account key */
        debit: String,
    },
    /// Seller or notary to buyer: the seller's half of the content key.
    Key {
        /** opens `com_k` */
        opening: KeyOpening,
    },
    /// Buyer to seller.
    Mandate {
        /** by the buyer */
        statement: String,
    },
    /// Seller to bank.
    PassKey {
        /** by the seller */
        statement: String,
    },
    /// Buyer to seller, seller to bank.
    Receipt {
        /** by the buyer */
        statement: String,
    },
    /// A register to whoever asked for something that it need not do.
    Refused {
        /** what was asked */
        what: Kind,
        /** why not */
        code: u16,
    },
    /// Buyer or seller to bank.
    Release {
        /** by buyer or seller */
        statement: String,
    },
    /// Buyer or seller to a register.
    Status {
        /** by buyer or seller */
        statement: String,
    },
}

/// What a complaint rests on: enough to decide it from X alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The chunk, its place, both halves of the key.
    pub chunk: delivery::Complaint,
    /// Opens X's commitment to R.
    pub root: RootOpening,
}

/// Decides a complaint from X alone; see [`judge_complaint`].
pub fn judge_proof(core: &Core, proof: &Proof) -> Result<WrongFile, Violation> {
    judge_complaint(&core.goods(&proof.root)?, &proof.chunk)
}

/// A register's statement, typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the statement of that name")]
pub enum Answer {
    BadEscrow(Statement<st::BadEscrow>),
    Captured(Statement<st::Captured>),
    Contested(Statement<st::Contested>),
    Held(Statement<st::Held>),
    Opened(Statement<st::Opened>),
    PassedKey(Statement<st::PassedKey>),
    Recorded(Statement<st::Recorded>),
    Refunded(Statement<st::Refunded>),
    Released(Statement<st::Released>),
    Settled(Statement<st::Settled>),
    Unmet(Statement<st::Unmet>),
    WrongFile(Statement<st::WrongFile>),
}

/// Content whose signatures verified under the keys that X names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the content of that name, see `Content`")]
pub enum Checked {
    Answer(Answer),
    Capture {
        capture: Statement<st::Capture>,
        mandate: Statement<st::Mandate>,
    },
    Chunk(Box<Chunk>),
    Complaint {
        complaint: Statement<st::Complaint>,
        captured: Statement<st::Captured>,
        proof: Box<Proof>,
    },
    Contest(Statement<st::Contest>),
    EscrowBox(EscrowBox),
    EscrowRequest {
        request: Statement<st::EscrowRequest>,
        captured: Statement<st::Captured>,
        sealed: EscrowBox,
    },
    Fetch {
        from: u64,
        count: u64,
    },
    Hold {
        hold: Statement<st::Hold>,
        debit: Statement<st::DebitOrder>,
    },
    Key(KeyOpening),
    Mandate(Statement<st::Mandate>),
    PassKey(Statement<st::PassKey>),
    Receipt(Statement<st::Receipt>),
    Refused {
        what: Kind,
        code: u16,
    },
    Release {
        release: Statement<st::Release>,
        by: Role,
    },
    /// `of` is the one register that it is addressed to.
    Status {
        by: Role,
        of: Role,
        issued: Timestamp,
    },
}

impl Checked {
    /// When buyer or seller made it, by their own clock; none of what neither of them signs.
    #[must_use]
    pub fn issued(&self) -> Option<Timestamp> {
        let meta = match self {
            Checked::Capture { capture, .. } => &capture.meta,
            Checked::Complaint { complaint, .. } => &complaint.meta,
            Checked::Contest(contest) => &contest.meta,
            Checked::EscrowRequest { request, .. } => &request.meta,
            Checked::Hold { hold, .. } => &hold.meta,
            Checked::Mandate(mandate) => &mandate.meta,
            Checked::PassKey(key) => &key.meta,
            Checked::Receipt(receipt) => &receipt.meta,
            Checked::Release { release, .. } => &release.meta,
            Checked::Status { issued, .. } => return Some(*issued),
            Checked::Answer(_)
            | Checked::Chunk(_)
            | Checked::EscrowBox(_)
            | Checked::Fetch { .. }
            | Checked::Key(_)
            | Checked::Refused { .. } => return None,
        };
        Some(meta.issued)
    }
}

/// A packet that passed the check.
#[derive(Clone, Debug)]
pub struct CheckedPacket {
    /// X.
    pub descriptor: Arc<Descriptor>,
    /// The role that signed the content; none if it carries no signature, and then the connection's
    /// peer must be known to have the role that may say it.
    pub signer: Option<Role>,
    /// What is said.
    pub content: Checked,
}

/// Checks a packet without state: form, descriptor, signatures, validity of requests at `now`.
pub fn check(text: &[u8], crypto: &dyn Crypto, now: Timestamp) -> Result<CheckedPacket, Violation> {
    check_with(text, crypto, now, |x| Descriptor::read(&Descriptor::spelled(x)?).map(Arc::new))
}

/// A packet as it came: whoever remembers X knows it by its spelling, of which there is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Received {
    content: Content,
    descriptor: String,
}

/// The same for whoever remembers descriptors: `read` reads one from its [spelling](Descriptor::spelled), or has before.
pub fn check_with(
    text: &[u8],
    crypto: &dyn Crypto,
    now: Timestamp,
    read: impl FnOnce(&str) -> Result<Arc<Descriptor>, Violation>,
) -> Result<CheckedPacket, Violation> {
    let packet: Received = json::read(text)?;
    let descriptor = read(&packet.descriptor)?;
    let (signer, content) = Checker { descriptor: &descriptor, crypto, now }.content(packet.content)?;
    Ok(CheckedPacket { descriptor, signer, content })
}

/// Verifies one register's statement about an exchange, as the judge does.
pub fn read_answer(text: &str, descriptor: &Descriptor, crypto: &dyn Crypto) -> Result<Answer, Violation> {
    Checker { descriptor, crypto, now: Timestamp::EPOCH }.answer(text)
}

struct Checker<'a> {
    descriptor: &'a Descriptor,
    crypto: &'a dyn Crypto,
    now: Timestamp,
}

impl Checker<'_> {
    fn content(&self, content: Content) -> Result<(Option<Role>, Checked), Violation> {
        use Role::{Buyer, Seller};
        Ok(match content {
            Content::Answer { statement } => {
                let answer = self.answer(&statement)?;
                (Some(answer.role()), Checked::Answer(answer))
            }
            Content::Capture { statement, mandate } => {
                let (capture, mandate) = (self.request(&statement, Seller)?, self.request(&mandate, Buyer)?);
                (Some(Seller), Checked::Capture { capture, mandate })
            }
            Content::Complaint { statement, captured, proof } => {
                let complaint: Statement<st::Complaint> = self.request(&statement, Buyer)?;
                if complaint.body.proof != semper_base::Hash::of(proof.as_bytes()) {
                    return Err(Violation::new(Code::ProofWrong, "another proof was signed"));
                }
                let proof = Box::new(json::read(proof.as_bytes())?);
                (Some(Buyer), Checked::Complaint { complaint, captured: self.captured(&captured)?, proof })
            }
            Content::Contest { statement } => (Some(Buyer), Checked::Contest(self.request(&statement, Buyer)?)),
            Content::EscrowBox { sealed } => (None, Checked::EscrowBox(sealed)),
            Content::EscrowRequest { statement, captured, sealed } => {
                let (request, captured) = (self.request(&statement, Buyer)?, self.captured(&captured)?);
                (Some(Buyer), Checked::EscrowRequest { request, captured, sealed })
            }
            Content::Fetch { from, count } => (None, Checked::Fetch { from, count }),
            Content::Hold { statement, debit } => {
                let hold = self.request(&statement, Buyer)?;
                (Some(Buyer), Checked::Hold { hold, debit: self.debit(&debit)? })
            }
            Content::Key { opening } => {
                opening.check(&self.descriptor.core.com_k)?;
                (None, Checked::Key(opening))
            }
            Content::Mandate { statement } => (Some(Buyer), Checked::Mandate(self.request(&statement, Buyer)?)),
            Content::PassKey { statement } => (Some(Seller), Checked::PassKey(self.request(&statement, Seller)?)),
            Content::Receipt { statement } => (Some(Buyer), Checked::Receipt(self.request(&statement, Buyer)?)),
            Content::Refused { what, code } => (None, Checked::Refused { what, code }),
            Content::Release { statement } => {
                let by = self.pair_role(&statement)?;
                (Some(by), Checked::Release { release: self.request(&statement, by)?, by })
            }
            Content::Status { statement } => {
                let by = self.pair_role(&statement)?;
                let status: Statement<st::Status> = self.request(&statement, by)?;
                (Some(by), Checked::Status { by, of: self.addressee(&status)?, issued: status.meta.issued })
            }
        })
    }

    /// A request: signed by the key of `role` in X, about this exchange, valid now.
    fn request<B: Body>(&self, text: &str, role: Role) -> Result<Statement<B>, Violation> {
        let statement = self.signed(text, role)?;
        statement.meta.check_time(self.now, self.descriptor.core.deadlines.skew_ms)?;
        Ok(statement)
    }

    fn signed<B: Body>(&self, text: &str, role: Role) -> Result<Statement<B>, Violation> {
        let statement: Statement<B> = verify(self.crypto, self.descriptor.key(role)?, text)?;
        if statement.meta.signer.role != role {
            return Err(Violation::new(Code::RoleWrong, statement.meta.signer.role.word()));
        }
        if statement.meta.xid != Some(self.descriptor.xid) {
            return Err(Violation::new(Code::XidWrong, B::KIND.word()));
        }
        Ok(statement)
    }

    /// The account's key stands in the statement itself; whether it is the account's, the bank's
    /// books tell.
    fn debit(&self, text: &str) -> Result<Statement<st::DebitOrder>, Violation> {
        let debit: Statement<st::DebitOrder> =
            Compact::parse(text)?
                .verify_self_signed(self.crypto, "account_key", |debit: &st::DebitOrder| &debit.account_key)?;
        debit.meta.check_time(self.now, self.descriptor.core.deadlines.skew_ms)?;
        if debit.meta.xid != Some(self.descriptor.xid) {
            return Err(Violation::new(Code::XidWrong, "debit-order"));
        }
        Ok(debit)
    }

    fn captured(&self, text: &str) -> Result<Statement<st::Captured>, Violation> {
        let captured: Statement<st::Captured> = self.signed(text, Role::Bank)?;
        captured_fits(&captured.body, self.descriptor)?;
        Ok(captured)
    }

    /// The register that a question is for: one, so that it cannot show the question to the other and
    /// have the answers sent to itself.
    fn addressee(&self, status: &Statement<st::Status>) -> Result<Role, Violation> {
        let role = match status.meta.to.as_slice() {
            [key] => self.descriptor.role(key),
            _ => None,
        };
        let role = role.filter(|role| matches!(role, Role::Bank | Role::Notary));
        role.ok_or_else(|| Violation::new(Code::KeyWrong, "addressed to no register of this exchange"))
    }

    /// Which of the two parties of the deal claims to have signed.
    fn pair_role(&self, text: &str) -> Result<Role, Violation> {
        match self.descriptor.role(&Head::of(text)?.key) {
            Some(role @ (Role::Buyer | Role::Seller)) => Ok(role),
            _ => Err(Violation::new(Code::KeyWrong, "neither buyer nor seller of this exchange")),
        }
    }

    fn answer(&self, text: &str) -> Result<Answer, Violation> {
        use Role::{Bank, Notary};
        Ok(match Head::of(text)?.kind {
            Kind::BadEscrow => Answer::BadEscrow(self.signed(text, Notary)?),
            Kind::Captured => Answer::Captured(self.signed(text, Bank)?),
            Kind::Contested => Answer::Contested(self.signed(text, Bank)?),
            Kind::Held => Answer::Held(self.signed(text, Bank)?),
            Kind::Opened => Answer::Opened(self.signed(text, Notary)?),
            Kind::PassedKey => Answer::PassedKey(self.signed(text, Bank)?),
            Kind::Recorded => Answer::Recorded(self.signed(text, Bank)?),
            Kind::Refunded => Answer::Refunded(self.signed(text, Bank)?),
            Kind::Released => Answer::Released(self.signed(text, Bank)?),
            Kind::Settled => Answer::Settled(self.signed(text, Bank)?),
            Kind::Unmet => Answer::Unmet(self.signed(text, self.register_role(text)?)?),
            Kind::WrongFile => Answer::WrongFile(self.signed(text, Notary)?),
            other => return Err(Violation::new(Code::KindWrong, other.word())),
        })
    }

    fn register_role(&self, text: &str) -> Result<Role, Violation> {
        match self.descriptor.role(&Head::of(text)?.key) {
            Some(role @ (Role::Bank | Role::Notary)) => Ok(role),
            _ => Err(Violation::new(Code::KeyWrong, "no register of this exchange")),
        }
    }
}

impl Answer {
    /// The register that gives this answer.
    #[must_use]
    pub fn role(&self) -> Role {
        match self {
            Answer::BadEscrow(_) | Answer::Opened(_) | Answer::WrongFile(_) => Role::Notary,
            Answer::Unmet(statement) => statement.meta.signer.role,
            _ => Role::Bank,
        }
    }

    /// Whether it repeats of X what it must, as far as that moves buyer or seller. One that does not is no
    /// reason to do anything, and evidence against its signer.
    pub fn fits(&self, x: &Descriptor) -> Result<(), Violation> {
        match self {
            Answer::Captured(statement) => captured_fits(&statement.body, x),
            Answer::Held(statement) => held_fits(&statement.body, x),
            Answer::PassedKey(statement) => statement.body.key.check(&x.core.com_k),
            _ => Ok(()),
        }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.said().0
    }

    /// The compact text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.said().1
    }

    fn said(&self) -> (Kind, &str) {
        match self {
            Answer::BadEscrow(s) => (s.meta.kind, &s.text),
            Answer::Captured(s) => (s.meta.kind, &s.text),
            Answer::Contested(s) => (s.meta.kind, &s.text),
            Answer::Held(s) => (s.meta.kind, &s.text),
            Answer::Opened(s) => (s.meta.kind, &s.text),
            Answer::PassedKey(s) => (s.meta.kind, &s.text),
            Answer::Recorded(s) => (s.meta.kind, &s.text),
            Answer::Refunded(s) => (s.meta.kind, &s.text),
            Answer::Released(s) => (s.meta.kind, &s.text),
            Answer::Settled(s) => (s.meta.kind, &s.text),
            Answer::Unmet(s) => (s.meta.kind, &s.text),
            Answer::WrongFile(s) => (s.meta.kind, &s.text),
        }
    }
}

/// Whether a `held` repeats X member by member.
pub fn held_fits(held: &st::Held, descriptor: &Descriptor) -> Result<(), Violation> {
    let core = &descriptor.core;
    if held.amount != core.amount {
        return Err(Violation::new(Code::MismatchAmount, "held"));
    }
    if held.payee != core.payee || held.payee_key != core.seller.id() {
        return Err(Violation::new(Code::MismatchPayee, "held"));
    }
    if held.hold_until != core.deadlines.hold_until {
        return Err(Violation::new(Code::MismatchDeadline, "held"));
    }
    Ok(())
}

/// Whether a `captured` repeats X member by member.
pub fn captured_fits(captured: &st::Captured, descriptor: &Descriptor) -> Result<(), Violation> {
    let core = &descriptor.core;
    if captured.amount != core.amount {
        return Err(Violation::new(Code::MismatchAmount, "captured"));
    }
    if captured.payee != core.payee || captured.payee_key != core.seller.id() {
        return Err(Violation::new(Code::MismatchPayee, "captured"));
    }
    if captured.settle_after != captured.captured_at.plus(core.deadlines.settle_ms) {
        return Err(Violation::new(Code::MismatchDeadline, "captured"));
    }
    if captured.captured_at >= core.deadlines.hold_until {
        return Err(Violation::new(Code::TooLate, "captured"));
    }
    Ok(())
}
