//! The buyer's role, from the agreed descriptor on.
//!
//! ```text
//!  [Agreed] --hold signed--> [Holding] --held--> [Fetching] --all here--> [Fetched]
//!                                                                            | mandate signed
//!      [Received] <--receipt-- [Checked] <--good-- [Checking] <--key-- [Captured] <-- [Mandated]
//!          |                                          | not what was agreed    |
//!          v                                          v                        | no key: escrow
//!      [Settled]                [Refunded] <-- [Complained] <-- [Bad]          | request, contest
//!
//!  before capture: release signed --> [Cancelling] --> [Released]
//!  captured without our mandate: from wherever we are, through [Fetching], to [Captured]
//! ```
//!
//! Nothing here signs: every signature is asked of the user, through the trusted screen, and comes
//! back as an event. All chunks, the leaf hashes and the escrow box are durable before the mandate;
//! the key is durable before the receipt; the decision to cancel is durable before the release.

use semper_base::code::Code;
use semper_base::limits::CHUNK_WINDOW_MAX;
use semper_base::{Error, Hash, KeyId, Millis, Misuse, Role, Step, Timestamp};
use semper_blocks::delivery::{KeyOpening, Missing, ShareOpening, verify_chunk};
use semper_blocks::statement::author::{self, REQUEST_VALIDITY};
use semper_blocks::statement::{About, Body, Kind, Language, Signer, payload};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

use super::descriptor::{Deadlines, Descriptor, RootOpening};
use super::effect::{Command, Cx, Effect, Event, Verified, conclude, out_of_turn};
use super::message::{Answer, Checked, Content};
use super::patience::Patience;
use super::statements as st;
use super::statements::EscrowBox;

mod answer;
mod wait;

/// One exchange on the buyer's side.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Buyer {
    stage: Stage,
    facts: Facts,
    patience: Patience,
}

/// What the buyer brought or got so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Facts {
    /// Where the money comes from.
    account: String,
    account_key: PublicKey,
    language: Language,
    /// What was offered.
    root: RootOpening,
    /// Our half of the content key.
    share: ShareOpening,
    /// Which chunks are still to come.
    missing: Missing,
    /// The escrow box, once it came.
    escrow: Option<EscrowBox>,
    /// The bank's `captured`, once it came.
    captured: Option<Captured>,
    /// The seller's half of the content key, from whomever it came.
    key: Option<KeyOpening>,
    /// When the user was first asked to have the escrow opened.
    escrow_asked: Option<Timestamp>,
    /// The request for that is out, and the notary has not denied knowing of it.
    requested: bool,
    /// Settlement is known to be stopped, or we asked for that.
    contested: bool,
    /// Why the bank would not hold, if it would not.
    refused: Option<u16>,
    /// JSON text of the proof that the goods are not as agreed, if they are not. Stays when all is
    /// over: nothing else convicts the seller.
    proof: Option<String>,
    /// The signed complaint about it, to be shown again until there is an answer.
    complaint: Option<String>,
}

/// What the buyer brings into the exchange.
#[derive(Clone, Debug)]
pub struct Own {
    /// Where the money comes from.
    pub account: String,
    /// Its key.
    pub account_key: PublicKey,
    /// The user's language.
    pub language: Language,
    /// What was offered.
    pub root: RootOpening,
    /// Our half of the content key.
    pub share: ShareOpening,
}

/// The bank's `captured` as it is needed later.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Captured {
    text: String,
    hash: Hash,
    settle_after: Timestamp,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// The user is asked for the hold, then for the debit order.
    Agreed {
        /// The signed hold, once it is there.
        hold: Option<String>,
    },
    /// The hold is out.
    Holding,
    /// The money is held; chunks come in.
    Fetching,
    /// Everything is here; the user is asked for the mandate.
    Fetched,
    /// The mandate is out: from here on the seller may take the money.
    Mandated,
    /// The money is taken; the key has not come.
    Captured,
    /// The key is here; the goods are being looked at.
    Checking,
    /// The goods are as agreed; the user is asked for the receipt.
    Checked,
    /// The receipt is out, or the user would not give one.
    Received,
    /// The goods are not as agreed; the user is asked for the complaint.
    Bad,
    /// The complaint is with the notary.
    Complained,
    /// The release is out.
    Cancelling,
    /// Final: no money moved.
    Released,
    /// Final: paid.
    Settled,
    /// Final: paid back.
    Refunded,
}

impl Buyer {
    /// Starts with an agreed X: asks the user for the hold.
    pub fn start(own: Own, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        own.share.check(&x.core.com_s)?;
        let facts = Facts {
            missing: Missing::all(&x.core.goods(&own.root)?.layout),
            account: own.account,
            account_key: own.account_key,
            language: own.language,
            root: own.root,
            share: own.share,
            escrow: None,
            captured: None,
            key: None,
            escrow_asked: None,
            requested: false,
            contested: false,
            refused: None,
            proof: None,
            complaint: None,
        };
        let patience = Patience::until(x.core.deadlines.hold_until.plus(x.core.deadlines.skew_ms), &x.core.deadlines);
        let buyer = Buyer { stage: Stage::Agreed { hold: None }, facts, patience };
        let desk = Desk { x, cx };
        desk.ask(&buyer, &st::Hold { amount: x.core.amount, payee: x.core.payee }, out)?;
        Ok(buyer)
    }

    /// One step.
    pub fn step(self, event: &Event, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Step<Buyer>, Error> {
        let next = Desk { x, cx }.next(&self, event, out);
        conclude(self, next, out)
    }

    /// Where the exchange stands.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// What the content is opened with, once both halves are here.
    #[must_use]
    pub fn halves(&self) -> Option<(&KeyOpening, &ShareOpening)> {
        self.facts.key.as_ref().map(|key| (key, &self.facts.share))
    }

    /// What was offered.
    #[must_use]
    pub fn root(&self) -> &RootOpening {
        &self.facts.root
    }

    /// The escrow box, once it came.
    #[must_use]
    pub fn escrow(&self) -> Option<&EscrowBox> {
        self.facts.escrow.as_ref()
    }

    /// How many chunks are here, of how many.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.facts.missing.stored(), self.facts.missing.leaves())
    }

    /// The proof that the goods are not what was agreed, if they are not.
    #[must_use]
    pub fn proof(&self) -> Option<&str> {
        self.facts.proof.as_deref()
    }

    /// Why the bank would not hold, if it would not.
    #[must_use]
    pub fn refused(&self) -> Option<u16> {
        self.facts.refused
    }
}

struct Desk<'a> {
    x: &'a Descriptor,
    cx: &'a Cx<'a>,
}

impl Desk<'_> {
    fn next(&self, state: &Buyer, event: &Event, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        match event {
            Event::Message { from, content } => self.message(state, *from, content, out),
            Event::Signed(kind, text) => self.signed(state, *kind, text, out),
            Event::Declined(kind) => self.declined(state, *kind, out),
            Event::Verified(verified) => self.verified(state, verified, out),
            Event::Command(command) => self.command(state, *command, out),
            Event::Deadline => self.deadline(state, out),
        }
    }

    fn message(&self, state: &Buyer, from: Role, content: &Checked, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        match (&state.stage, content) {
            (_, Checked::Answer(answer)) => self.answer(state, answer, out),
            (Stage::Fetching, Checked::Chunk(chunk)) => {
                verify_chunk(&self.x.core.goods(&state.facts.root)?, chunk)?;
                let mut next = state.clone();
                // A second copy asks for nothing: every copy that did would double the traffic for good.
                if !next.facts.missing.arrived(chunk.place.index) {
                    return Ok(next);
                }
                out.push(Effect::Store(chunk.clone()));
                next.patience = Patience::start(self.cx.now(), &self.x.core.deadlines);
                self.more(next, chunk.place.index, out)
            }
            (Stage::Fetching, Checked::EscrowBox(sealed)) => {
                semper_blocks::delivery::check_escrow(&sealed.0.0, &self.x.escrow_hash)?;
                let mut next = state.clone();
                next.facts.escrow = Some(sealed.clone());
                self.complete(next, out)
            }
            (Stage::Mandated | Stage::Cancelling | Stage::Captured, Checked::Key(key)) => {
                out.push(Effect::Tell("key"));
                Ok(self.with_key(state, key))
            }
            (Stage::Holding, Checked::Refused { what: Kind::Hold, code }) if from == Role::Bank => {
                out.push(Effect::Tell("refused"));
                let mut next = state.clone();
                next.facts.refused = Some(*code);
                Ok(next)
            }
            (Stage::Fetching, Checked::Key(key)) if state.facts.captured.is_some() => {
                let mut next = state.clone();
                next.facts.key = Some(key.clone());
                Ok(next)
            }
            // What comes twice or too late changes nothing.
            (_, Checked::Chunk(_) | Checked::EscrowBox(_) | Checked::Key(_) | Checked::Refused { .. }) => {
                Ok(state.clone())
            }
            _ => Err(out_of_turn("buyer").into()),
        }
    }

    /// Asks for the next window when one is complete, in whatever order it came, and goes on when all
    /// are here.
    fn more(&self, state: Buyer, index: u64, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let begin = index - index % CHUNK_WINDOW_MAX;
        let end = begin.saturating_add(CHUNK_WINDOW_MAX);
        let whole = !(begin..end).any(|index| state.facts.missing.is_missing(index));
        if whole && !state.facts.missing.is_complete() {
            self.fetch(&state, end, out);
        }
        self.complete(state, out)
    }

    fn complete(&self, state: Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        if !state.facts.missing.is_complete() || state.facts.escrow.is_none() {
            return Ok(state);
        }
        out.push(Effect::Tell("fetched"));
        if state.facts.captured.is_some() {
            return Ok(self.paid(&state, out));
        }
        self.ask(&state, &st::Mandate { amount: self.x.core.amount, payee: self.x.core.payee }, out)?;
        let patience = Patience::until(
            self.x.core.deadlines.hold_until.plus(self.x.core.deadlines.skew_ms),
            &self.x.core.deadlines,
        );
        Ok(Buyer { patience, ..at(&state, Stage::Fetched) })
    }

    /// Asks for missing chunks from `from` on, or from the beginning if none is missing there.
    fn fetch(&self, state: &Buyer, from: u64, out: &mut Vec<Effect>) {
        let missing = &state.facts.missing;
        let mut window = missing.window(from, CHUNK_WINDOW_MAX);
        if window.is_empty() {
            window = missing.window(0, CHUNK_WINDOW_MAX);
        }
        // Only the escrow box is missing: the first chunk brings it again.
        let first = window.first().copied().unwrap_or(0);
        let end = (first / CHUNK_WINDOW_MAX + 1).saturating_mul(CHUNK_WINDOW_MAX).min(self.x.core.leaves);
        let from = if state.facts.escrow.is_none() { 0 } else { first };
        let content = Content::Fetch { from, count: end.saturating_sub(from).clamp(1, CHUNK_WINDOW_MAX) };
        out.push(Effect::Send { to: Role::Seller, content });
    }

    fn verified(&self, state: &Buyer, verified: &Verified, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        if state.stage != Stage::Checking {
            return Err(Misuse::new(Code::StateWrong, "nothing to check").into());
        }
        let core = &self.x.core;
        match verified {
            Verified::Good => {
                out.push(Effect::Tell("checked"));
                self.ask(state, &st::Receipt { amount: core.amount, plain: core.plain }, out)?;
                Ok(Buyer { patience: self.until_settled(state)?, ..at(state, Stage::Checked) })
            }
            Verified::Bad(proof) => {
                out.push(Effect::Tell("wrong"));
                self.complain(state, proof, out)
            }
        }
    }

    fn complain(&self, state: &Buyer, proof: &str, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let captured = state.captured()?.hash;
        self.ask(state, &st::Complaint { captured, proof: Hash::of(proof.as_bytes()) }, out)?;
        let mut next = Buyer { patience: self.until_settled(state)?, ..at(state, Stage::Bad) };
        next.facts.proof = Some(proof.to_owned());
        Ok(next)
    }

    fn signed(&self, state: &Buyer, kind: Kind, text: &str, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let statement = text.to_owned();
        if kind == Kind::Status {
            self.send_status(statement, out)?;
            return Ok(state.clone());
        }
        let (next, to, content) = match (&state.stage, kind) {
            (Stage::Agreed { hold: None }, Kind::Hold) => {
                out.push(Effect::Keep(statement.clone()));
                self.ask_debit(state, &statement, out)?;
                return Ok(at(state, Stage::Agreed { hold: Some(statement) }));
            }
            (Stage::Agreed { hold: Some(hold) }, Kind::DebitOrder) => {
                let content = Content::Hold { statement: hold.clone(), debit: statement.clone() };
                (Stage::Holding, Role::Bank, content)
            }
            (Stage::Fetched, Kind::Mandate) => {
                (Stage::Mandated, Role::Seller, Content::Mandate { statement: statement.clone() })
            }
            (Stage::Checked, Kind::Receipt) => {
                (Stage::Received, Role::Seller, Content::Receipt { statement: statement.clone() })
            }
            (Stage::Bad, Kind::Complaint) => (Stage::Complained, Role::Notary, state.complaint(&statement)?),
            (_, Kind::Release) if before_capture(state) => {
                (Stage::Cancelling, Role::Bank, Content::Release { statement: statement.clone() })
            }
            (Stage::Captured, Kind::EscrowRequest) => {
                let captured = state.captured()?.text.clone();
                let sealed =
                    state.facts.escrow.clone().ok_or_else(|| Misuse::new(Code::StateWrong, "no escrow box"))?;
                let content = Content::EscrowRequest { statement: statement.clone(), captured, sealed };
                (Stage::Captured, Role::Notary, content)
            }
            (Stage::Captured, Kind::Contest) => {
                (Stage::Captured, Role::Bank, Content::Contest { statement: statement.clone() })
            }
            // The world has moved on since the user was asked: what was signed stays here.
            _ => return Ok(state.clone()),
        };
        out.push(Effect::Keep(statement));
        out.push(Effect::Send { to, content });
        out.push(Effect::Tell(kind.word()));
        // Where the stage stays, waiting goes on: a notary that denies each request anew must not keep us
        // from the last call.
        let patience = if next == state.stage { state.patience } else { self.patience_in(&next) };
        let mut next = Buyer { patience, ..at(state, next) };
        next.facts.contested |= kind == Kind::Contest;
        next.facts.requested |= kind == Kind::EscrowRequest;
        if kind == Kind::Complaint {
            next.facts.complaint = Some(text.to_owned());
        }
        Ok(next)
    }

    fn declined(&self, state: &Buyer, kind: Kind, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        out.push(Effect::Tell("declined"));
        match (&state.stage, kind) {
            // Nothing has left us: no money can move.
            (Stage::Agreed { .. }, Kind::Hold | Kind::DebitOrder) => Ok(at(state, Stage::Released)),
            (Stage::Fetched, Kind::Mandate) => self.ask_release(state, out),
            (Stage::Checked, Kind::Receipt) => Ok(at(state, Stage::Received)),
            _ => Ok(state.clone()),
        }
    }

    fn ask_debit(&self, state: &Buyer, hold: &str, out: &mut Vec<Effect>) -> Result<(), Error> {
        let body = st::DebitOrder {
            account: state.facts.account.clone(),
            account_key: state.facts.account_key.clone(),
            amount: self.x.core.amount,
            hold: Hash::of(hold.as_bytes()),
        };
        self.ask_with(state, state.facts.account_key.id(), Role::Bank, &body, out)
    }

    fn ask_release(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        self.ask(state, &st::Release { amount: self.x.core.amount }, out)?;
        Ok(state.clone())
    }

    /// Asks the user for a signature of the deal's key.
    fn ask<B: Body>(&self, state: &Buyer, body: &B, out: &mut Vec<Effect>) -> Result<(), Error> {
        let to = match B::KIND {
            Kind::Mandate | Kind::Receipt => Role::Seller,
            Kind::Complaint | Kind::EscrowRequest => Role::Notary,
            _ => Role::Bank,
        };
        self.ask_with(state, self.x.core.buyer.id(), to, body, out)
    }

    fn ask_with<B: Body>(
        &self,
        state: &Buyer,
        key: KeyId,
        addressee: Role,
        body: &B,
        out: &mut Vec<Effect>,
    ) -> Result<(), Error> {
        let core = &self.x.core;
        let bank = core.bank.key.id();
        let to = match addressee {
            Role::Seller => vec![core.seller.id(), bank],
            // A question is for one register alone.
            Role::Notary if B::KIND == Kind::Status => vec![core.notary.key.id()],
            Role::Notary => vec![core.notary.key.id(), bank],
            _ => vec![bank],
        };
        let signer = Signer { role: Role::Buyer, key, certificate: None };
        let about = About::exchange(self.x.xid, to);
        let meta = author::meta::<B>(&self.cx.base, signer, state.facts.language, about, REQUEST_VALIDITY);
        out.push(Effect::Ask { kind: B::KIND, payload: payload(&meta, body)?, key, to: addressee });
        Ok(())
    }
}

impl Buyer {
    fn captured(&self) -> Result<&Captured, Misuse> {
        self.facts.captured.as_ref().ok_or_else(|| Misuse::new(Code::StateWrong, "not captured"))
    }

    fn complaint(&self, statement: &str) -> Result<Content, Misuse> {
        let proof = self.facts.proof.clone().ok_or_else(|| Misuse::new(Code::StateWrong, "no proof"))?;
        Ok(Content::Complaint { statement: statement.to_owned(), captured: self.captured()?.text.clone(), proof })
    }
}

fn before_capture(state: &Buyer) -> bool {
    use Stage::{Agreed, Fetched, Fetching, Holding, Mandated};
    // A bank that captures alone does so while chunks are still to come.
    state.facts.captured.is_none() && matches!(state.stage, Agreed { .. } | Holding | Fetching | Fetched | Mandated)
}

fn at(state: &Buyer, stage: Stage) -> Buyer {
    Buyer { stage, ..state.clone() }
}
