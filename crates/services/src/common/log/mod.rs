//! A register's transparency log: each decision is sealed into it in the deciding transaction, checkpoints
//! are signed over batches, witnesses cosign them, parties ask for the places of their decisions.
//!
//! ```text
//!  decision ----> log-entry/N, log-place/HASH, log/size           (one transaction)
//!  timer -------> log-tile/L/N, log/edge, log/checkpoint          (a second later, many entries at once)
//!                   --checkpoint, proof--> witness --line--> log/checkpoint, log/cosigned
//!  party --ask(xid)--> logged (signed promise), proofs
//!
//! log/key             the log's own key, wrapped
//! log/size            how many entries there are, and whether the timer is set
//! log/edge            the tree's right edge at the last checkpoint
//! log/checkpoint      the last checkpoint; log/cosigned: the last one that a witness cosigned
//! log-entry/N         entry N, 65 bytes
//! log-place/PLACE     Placed: where the entry of an exchange's slot stands, and its record
//! log-of/XID          Said: the exchange's places, and the last promise that was signed
//! log-tile/L/N        hashes of a tile: full ones of level 0, all of higher levels
//! log-witness/PEERID  a witness that follows this log
//! ```
//!
//! Nothing here reads the whole tree: a decision writes three short rows, a checkpoint reads what is new.

mod ask;
mod book;
mod files;
mod key;
mod witnesses;
mod words;

use semper_base::{Error, Key, PeerId, Role};
use serde_json::Value;

use super::Desk;

pub use ask::{hurry, in_pack, note, proof_of};
pub use book::{append, append_answer};
pub use key::{Own, own, statement};
pub use words::{Ask, Certified, Cosigned, Follow, Message, Offered, Place, Places, Refused, certified, check, kinds};

/// Whether a party in this role takes messages of this kind here. A witness's own logic takes its own.
#[must_use]
pub fn takes(role: Role, kind: &str) -> bool {
    match kind {
        kinds::ASK | kinds::COSIGNED | kinds::FOLLOW | kinds::REFUSED => matches!(role, Role::Bank | Role::Notary),
        kinds::PLACES => matches!(role, Role::Buyer | Role::Seller),
        _ => false,
    }
}

/// Takes a message that passed [`check`].
pub fn take(role: Role, from: PeerId, message: Message, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match message {
        Message::Ask(ask) => ask::answer(role, from, &ask, desk),
        Message::Cosigned(cosigned) => witnesses::cosigned(role, from, &cosigned, desk),
        Message::Follow(follow) => {
            let (follow, valid, statement) = *follow;
            witnesses::follow(role, from, &follow, &valid, &statement, desk)
        }
        Message::Places(places) => ask::take(from, *places, desk),
        Message::Refused(refused) => witnesses::refused(role, from, &refused, desk),
        // Only a witness checks these.
        Message::Offered(_) => Ok(()),
    }
}

/// Whether this timer is about a log.
#[must_use]
pub fn is_timer(key: &Key) -> bool {
    *key == book::timer() || key.0.starts_with(ask::TIMERS)
}

/// Acts on such a timer.
pub fn timer(role: Role, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if *key == book::timer() { book::seal(role, desk) } else { ask::due(role, key, desk) }
}

/// The commands of whoever keeps a log; none if it is another, or this party keeps no log.
pub fn command(role: Role, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
    if matches!(role, Role::Bank | Role::Notary) { files::command(role, word, request, desk) } else { Ok(None) }
}
