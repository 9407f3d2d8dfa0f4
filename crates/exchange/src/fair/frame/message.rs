//! What travels in an exchange, and the check that needs no state.
//!
//! Every packet carries the exact bytes of the descriptor. So whoever receives one can compute the
//! exchange's id, find the keys that may speak, and verify every signature before looking at any row.

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::{Blob64, Timestamp, Violation, json};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::Statement;
use semper_support::crypto::Crypto;
use serde::{Deserialize, Serialize};

use super::descriptor::{Descriptor, Seat};
use super::ground::{Decision, Reader};
use super::statements as st;
use crate::fair::deal::{self, ByLeg};
use crate::fair::dgp::statements::EscrowBox;

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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Content {
    /// Party to notary.
    Abort {
        /** by the party */
        statement: String,
    },
    /// Notary to a party: `aborted`, `halted` or `resolved`.
    Decision {
        /** what forced it, in the order in which it names them */
        pieces: Vec<String>,
        /** by the notary */
        statement: String,
    },
    /// Sender of a mail to its receiver, or to the notary that collects: its signature and the key.
    Key {
        /** opens `com_k` */
        opening: KeyOpening,
        /** by the sender */
        statement: String,
    },
    /// Party to party, in an exchange of rounds.
    Pledge {
        /** by the party */
        statement: String,
    },
    /// Party to party.
    Promise {
        /** by the party */
        statement: String,
    },
    /// Party to notary: complete this exchange of two. It needs no signature of its own: nobody but the two
    /// can have both promises, so a party can ask even while its key is locked.
    Resolve {
        /** by party 0 */
        first: String,
        /** by party 1 */
        second: String,
    },
    /// Party to notary: complete this mail.
    ResolveMail {
        /** by party 0 */
        first: String,
        /** by party 1 */
        second: String,
        /** where the key is */
        means: Means,
    },
    /// Party to party; where the notary collects, party to notary and to nobody else.
    Signature {
        /** by the party */
        statement: String,
    },
    /// Party to notary.
    Status {
        /** by the party */
        statement: String,
    },
    /// Party of an exchange of rounds to the notary: it has stopped, and what comes of it?
    Stop {
        /** all of the round before that in which it stopped, in the order of the parties */
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        pledges: Vec<String>,
        /** by the party */
        statement: String,
    },
    /// Party of a deal to the notary and to nobody else: everything that it gives.
    Submission {
        /** what opens its letters, in the order of the legs */
        keys: Vec<KeyOpening>,
        /** by the holders: the `locked` of its payments, in the order of the legs */
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        locks: Vec<String>,
        /** by the party: its signature */
        statement: String,
    },
    /// Notary to a party: nothing is decided.
    Unmet {
        /** by the notary */
        statement: String,
    },
}

/// How the notary comes by the key of a mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Means {
    /// The receiver has only the box that it opens.
    Box(EscrowBox),
    /// The sender has the key.
    Key(KeyOpening),
}

/// Content whose signatures verified under the keys that X names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the content of that name, see `Content`")]
pub enum Checked {
    /// Of a party that may abort.
    Abort {
        by: u8,
        abort: Statement<st::Abort>,
    },
    /// Together with its ground.
    Decision(Box<Decision>),
    /// The key opens `com_k`.
    Key {
        by: u8,
        signature: Statement<st::Signature>,
        opening: KeyOpening,
    },
    /// Of a round that there is.
    Pledge {
        by: u8,
        pledge: Statement<st::Pledge>,
    },
    Promise {
        by: u8,
        promise: Statement<st::Promise>,
    },
    /// Both promises, the second naming the first.
    Resolve(Box<[Statement<st::Promise>; 2]>),
    /// The same; a key opens `com_k`, a box is any box.
    ResolveMail {
        promises: Box<[Statement<st::Promise>; 2]>,
        means: Means,
    },
    Signature {
        by: u8,
        signature: Statement<st::Signature>,
    },
    Status {
        by: u8,
        issued: Timestamp,
    },
    /// With the pledges that brought the party to the round in which it stopped.
    Stop {
        by: u8,
        pledges: Vec<String>,
        stop: Statement<st::Stop>,
    },
    /// Everything that the party gives, by the number of the leg.
    Submission {
        by: u8,
        signature: Statement<st::Signature>,
        keys: ByLeg<KeyOpening>,
        locks: ByLeg<String>,
    },
    Unmet(Statement<st::Unmet>),
}

impl Checked {
    /// When a party made it, by its own clock; none of what no party signs in this packet.
    #[must_use]
    pub fn issued(&self) -> Option<Timestamp> {
        match self {
            Checked::Abort { abort, .. } => Some(abort.meta.issued),
            Checked::Pledge { pledge, .. } => Some(pledge.meta.issued),
            Checked::Promise { promise, .. } => Some(promise.meta.issued),
            Checked::Key { signature, .. }
            | Checked::Signature { signature, .. }
            | Checked::Submission { signature, .. } => Some(signature.meta.issued),
            Checked::Status { issued, .. } => Some(*issued),
            Checked::Stop { stop, .. } => Some(stop.meta.issued),
            Checked::Decision(_) | Checked::Resolve(_) | Checked::ResolveMail { .. } | Checked::Unmet(_) => None,
        }
    }
}

/// A packet that passed the check.
#[derive(Clone, Debug)]
pub struct CheckedPacket {
    /// X.
    pub descriptor: Arc<Descriptor>,
    /// Who signed the content; none if it carries no signature of its own, and then the connection's peer
    /// must be known to be one of the parties.
    pub signer: Option<Seat>,
    /// What is said.
    pub content: Checked,
}

/// Checks a packet without state: form, descriptor, signatures, and that a decision comes with its ground.
/// Only a question is compared with `now`.
pub fn check(text: &[u8], crypto: &dyn Crypto, now: Timestamp) -> Result<CheckedPacket, Violation> {
    check_with(text, crypto, now, |x| Descriptor::read(x).map(Arc::new))
}

/// The same for whoever remembers descriptors: `read` reads one as [`Descriptor::read`] does, or has read it before.
pub fn check_with(
    text: &[u8],
    crypto: &dyn Crypto,
    now: Timestamp,
    read: impl FnOnce(&[u8]) -> Result<Arc<Descriptor>, Violation>,
) -> Result<CheckedPacket, Violation> {
    let packet: Packet = json::read(text)?;
    let descriptor = read(&packet.descriptor.0)?;
    let (signer, content) = Checker { reader: Reader { x: &descriptor, crypto }, now }.content(packet.content)?;
    Ok(CheckedPacket { descriptor, signer, content })
}

struct Checker<'a> {
    reader: Reader<'a>,
    now: Timestamp,
}

impl Checker<'_> {
    fn content(&self, content: Content) -> Result<(Option<Seat>, Checked), Violation> {
        let reader = &self.reader;
        Ok(match content {
            Content::Abort { statement } => {
                let (by, abort) = reader.abort(&statement)?;
                (Some(Seat::Party(by)), Checked::Abort { by, abort })
            }
            Content::Decision { statement, pieces } => {
                let decision = Box::new(reader.decision(&statement, pieces)?);
                (Some(Seat::Notary), Checked::Decision(decision))
            }
            Content::Key { opening, statement } => {
                reader.opens(&opening)?;
                let (by, signature) = reader.party(&statement)?;
                (Some(Seat::Party(by)), Checked::Key { by, signature, opening })
            }
            Content::Pledge { statement } => {
                let (by, pledge) = reader.pledge(&statement)?;
                (Some(Seat::Party(by)), Checked::Pledge { by, pledge })
            }
            Content::Promise { statement } => {
                let (by, promise) = reader.party(&statement)?;
                (Some(Seat::Party(by)), Checked::Promise { by, promise })
            }
            Content::Resolve { first, second } => (None, Checked::Resolve(Box::new(reader.promises(&first, &second)?))),
            Content::ResolveMail { first, second, means } => {
                if let Means::Key(opening) = &means {
                    reader.opens(opening)?;
                }
                let promises = Box::new(reader.promises(&first, &second)?);
                (None, Checked::ResolveMail { promises, means })
            }
            Content::Signature { statement } => {
                let (by, signature) = reader.party(&statement)?;
                (Some(Seat::Party(by)), Checked::Signature { by, signature })
            }
            Content::Status { statement } => {
                let (by, issued) = self.status(&statement)?;
                (Some(Seat::Party(by)), Checked::Status { by, issued })
            }
            Content::Stop { pledges, statement } => {
                let (by, stop) = reader.stuck(&statement, &pledges)?;
                (Some(Seat::Party(by)), Checked::Stop { by, pledges, stop })
            }
            Content::Submission { keys, locks, statement } => {
                let (by, signature) = reader.alone(&statement)?;
                let keys = deal::ground::keys(reader.x, by, keys)?;
                let locks = deal::ground::locks(reader.x, by, locks, reader.crypto)?;
                (Some(Seat::Party(by)), Checked::Submission { by, signature, keys, locks })
            }
            Content::Unmet { statement } => (Some(Seat::Notary), Checked::Unmet(reader.notary(&statement)?)),
        })
    }

    /// A question is for this notary alone, so that nobody can show it to another one, and for now.
    fn status(&self, text: &str) -> Result<(u8, Timestamp), Violation> {
        let (by, status) = self.reader.party::<st::Status>(text)?;
        let core = &self.reader.x.core;
        status.meta.check_time(self.now, core.deadlines.skew_ms)?;
        if status.meta.to != [core.notary.key.id()] {
            return Err(Violation::new(Code::KeyWrong, "addressed to another register"));
        }
        Ok((by, status.meta.issued))
    }
}
