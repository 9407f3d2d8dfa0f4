//! Lies about locks.

use semper_base::tx::Body;
use semper_base::{Error, Hash, PeerId, Role, Write};
use semper_blocks::statement::{About, Compact, Kind};
use semper_exchange::fair::lock::statements::{ReturnBasis, Returned};
use semper_exchange::fair::lock::{Content, Holder, Lock, Packet, Seat};
use semper_services::common::locks::run::{PACKET, Run, send_to};
use semper_services::common::{Desk, keys};

use crate::words::{pass_on, say};

/// A packet about a lock that is about to leave.
struct Leaving {
    to: PeerId,
    content: Content,
    lock: Lock,
}

impl Leaving {
    fn of(write: &Write) -> Option<Self> {
        let Write::Send { to, kind: PACKET, body: Body::Inline(body) } = write else { return None };
        let Packet { content, descriptor } = serde_json::from_slice(body).ok()?;
        Some(Leaving { to: *to, content, lock: Lock::read(&descriptor.0).ok()? })
    }
}

/// Has the money locked, and never shows the key.
#[expect(clippy::unnecessary_wraps, reason = "what every lie gives back")]
pub(crate) fn never_claim(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        match Leaving::of(&write) {
            Some(Leaving { content: Content::Claim { .. }, .. }) => {
                say("Does not show the bank the key, though the money is locked.", desk);
            }
            _ => pass_on(vec![write], desk),
        }
    }
    Ok(())
}

/// Signs that the letter holds something else than it does.
#[expect(clippy::unnecessary_wraps, reason = "what every lie gives back")]
pub(crate) fn sell_other_data(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let promised = writes.iter().find_map(|write| {
        let Write::Ask(question) = write else { return None };
        let payload: serde_json::Value = serde_json::from_str(&question.payload).ok()?;
        let is_offer = question.kind == Kind::DataOffer.word();
        payload.get("content").filter(|_| is_offer)?.as_str().map(str::to_owned)
    });
    let Some(promised) = promised else {
        pass_on(writes, desk);
        return Ok(());
    };
    say("Promises another content than the one that it has sealed.", desk);
    let other = Hash::of(b"what it never had").hex();
    let swap = |text: &str| text.replace(&promised, &other);
    let writes = writes.into_iter().map(|write| match write {
        Write::Put(key, row) => match String::from_utf8(row) {
            Ok(text) => Write::Put(key, swap(&text).into_bytes()),
            Err(bytes) => Write::Put(key, bytes.into_bytes()),
        },
        Write::Ask(question) => {
            let payload = swap(&question.payload);
            Write::Ask(semper_base::tx::Question { payload, ..question })
        }
        other => other,
    });
    pass_on(writes.collect(), desk);
    Ok(())
}

/// Pays the payee, and tells the payer that the money went back.
pub(crate) fn pay_and_return(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        let Some(Leaving { to, content: Content::Answer { statement, .. }, lock }) = Leaving::of(&write) else {
            pass_on(vec![write], desk);
            continue;
        };
        let payer = Run::<Holder>::load(desk.tx, lock.xid)?.and_then(|run| run.peer(Seat::Payer));
        let kind = Compact::parse(&statement).map(|compact| compact.kind());
        match kind {
            Ok(Kind::Claimed) if payer == Some(to) => {
                say("Has paid, and tells the one who pays that the money went back.", desk);
                let body = Returned {
                    amount: lock.core.amount,
                    at: desk.cx.now,
                    basis: ReturnBasis::Payee,
                    ground: None,
                    request: Some(Hash::of(b"a wish that nobody has signed")),
                };
                let author = keys::author(Role::Bank, desk.tx, desk.cx)?;
                let about = About::exchange(lock.xid, vec![lock.core.payer.id(), lock.core.payee.id()]);
                let statement = author.answer(desk.cx, about, body)?.text;
                send_to(to, &lock, Content::Answer { shown: None, statement }, desk)?;
            }
            _ => pass_on(vec![write], desk),
        }
    }
    Ok(())
}
