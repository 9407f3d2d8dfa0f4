//! Messages that cannot be judged yet because our own revocation list is too old. They are taken and wait
//! here, bounded, until there is a newer list, which is asked for at once. Their sender's queue goes on:
//! what must arrive in time does not stand behind what must wait.
//!
//! ```text
//! parked/PEERID/NUMBER    Waiting
//! parked-number/next      the next number
//! ```

use semper_base::code::Code;
use semper_base::limits::{PARKED_MAX, PARKED_PER_PEER_MAX};
use semper_base::{Error, Key, PeerId, Violation, Write};
use serde::{Deserialize, Serialize};

use super::{Desk, Look, enrol, keys, rows};

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Who sent it.
    pub from: PeerId,
    /// Its kind.
    pub kind: String,
    /// Its body.
    pub body: String,
}

/// The timer that looks at what waits.
#[must_use]
pub fn timer() -> Key {
    Key::new("timer", "parked")
}

/// Whether a message failed its check only because of the list that we have.
#[must_use]
pub fn is_ours(violation: &Violation, look: &Look<'_>) -> bool {
    matches!(violation.code(), Code::StatusStale | Code::StatusMissing) && look.trust.is_some()
}

/// Takes a message in to wait; if there are too many, it is refused as if it could not.
pub fn park(waiting: &Waiting, why: &Violation, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let of_peer = desk.tx.scan(&format!("parked/{}/", waiting.from), PARKED_PER_PEER_MAX)?.len();
    let all = desk.tx.scan("parked/", PARKED_MAX)?.len();
    if of_peer >= PARKED_PER_PEER_MAX || all >= PARKED_MAX {
        return Err(why.clone().into());
    }
    if all == 0 {
        enrol::ask_status(desk)?;
    }
    let next: u64 = rows::get(desk.tx, &Key::new("parked-number", "next"))?.unwrap_or(0);
    rows::put(desk.tx, Key::new("parked-number", "next"), &next.saturating_add(1))?;
    desk.tell("parked", waiting.from, format!("A {} waits for a newer revocation list.", waiting.kind));
    Ok(rows::put(desk.tx, Key::new("parked", format_args!("{}/{next:020}", waiting.from)), waiting)?)
}

/// There is a newer list: whatever waits is looked at again.
pub fn wake(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if !desk.tx.scan("parked/", 1)?.is_empty() {
        desk.tx.push(Write::Timer(timer(), Some(desk.cx.now)));
    }
    Ok(())
}

/// Gives the first that waits to `judge`. If that fails, what it did until then is undone, and the message
/// is dropped all the same.
pub fn look_again(
    desk: &mut Desk<'_, '_>,
    judge: impl FnOnce(&Waiting, &mut Desk<'_, '_>) -> Result<(), Error>,
) -> Result<(), Error> {
    desk.tx.push(Write::Timer(timer(), None));
    let Some((key, row)) = desk.tx.scan("parked/", 1)?.into_iter().next() else { return Ok(()) };
    let waiting: Waiting = rows::parse(&key, &row)?;
    let trust = keys::trust_now(desk)?;
    let is_stale = trust.as_ref().and_then(|trust| trust.status()).is_none_or(|list| desk.cx.now > list.next_update);
    if is_stale {
        return Ok(());
    }
    let saved = desk.tx.save();
    match judge(&waiting, desk) {
        Err(Error::Fault(fault)) => return Err(fault.into()),
        Err(error) => {
            desk.tx.rewind(saved);
            desk.tell("dropped", waiting.from, format!("A {} that waited: {error}.", waiting.kind));
        }
        Ok(()) => {}
    }
    desk.tx.delete(key);
    wake(desk)
}
