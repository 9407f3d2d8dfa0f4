//! Lies in contracts.

use semper_base::tx::Body;
use semper_base::{Error, PeerId, Role, Write};
use semper_blocks::statement::{About, Author};
use semper_exchange::fair::frame::{Content, Descriptor, Packet, Reader, Seat, statements as st};
use semper_services::common::exchange::kept;
use semper_services::common::signing::PACKET;
use semper_services::common::signing::run::send_to;
use semper_services::common::{Desk, hello, keys};
use semper_support::crypto::PublicKey;

use crate::words::{pass_on, say};

/// A packet of a contract that is about to leave.
struct Leaving {
    to: PeerId,
    content: Content,
    x: Descriptor,
}

impl Leaving {
    fn of(write: &Write) -> Option<Self> {
        let Write::Send { to, kind: PACKET, body: Body::Inline(body) } = write else { return None };
        let Packet { content, descriptor } = serde_json::from_slice(body).ok()?;
        Some(Leaving { to: *to, content, x: Descriptor::read(&descriptor.0).ok()? })
    }
}

/// Asks the notary to end the contract, and gives its signature all the same.
pub(crate) fn abort_and_sign(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let signs = |leaving: &Leaving| matches!(leaving.content, Content::Signature { .. });
    if let Some(leaving) = writes.iter().filter_map(Leaving::of).find(signs) {
        say("Asks the notary to end the contract, and signs it all the same.", desk);
        let key = leaving.x.key(Seat::Party(0))?.id();
        let author = keys::plain_author(Role::Party, key, desk.tx, desk.cx)?;
        let about = About::exchange(leaving.x.xid, vec![leaving.x.core.notary.key.id()]);
        let statement = author.answer(desk.cx, about, st::Abort {})?.text;
        let notary = hello::met_at("notary", desk)?.peer;
        send_to(notary, &leaving.x, Content::Abort { statement }, desk)?;
    }
    pass_on(writes, desk);
    Ok(())
}

/// Keeps its promise to itself, and has the notary complete the contract with it.
pub(crate) fn resolve_unseen(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        let leaving = Leaving::of(&write);
        match leaving {
            Some(Leaving { content: Content::Promise { statement: second }, x, .. }) => {
                say("Promises nothing to the other side, and has the notary complete the contract.", desk);
                if let Some(first) = promise_of_starter(&x, desk)? {
                    let notary = hello::met_at("notary", desk)?.peer;
                    send_to(notary, &x, Content::Resolve { first, second }, desk)?;
                }
            }
            _ => pass_on(vec![write], desk),
        }
    }
    Ok(())
}

fn promise_of_starter(x: &Descriptor, desk: &Desk<'_, '_>) -> Result<Option<String>, Error> {
    let reader = Reader { x, crypto: desk.cx.crypto };
    let first = |text: &String| reader.party::<st::Promise>(text).is_ok_and(|(place, _)| place == 0);
    Ok(kept(desk.tx, &format!("xid:{}", x.xid))?.into_iter().find(first))
}

/// Tells the first party that its time is over, and all others that the contract is complete.
pub(crate) fn decide_both(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let is_new = writes.iter().any(|write| matches!(write, Write::Insert(_, "decision", _)));
    let mut deceived = false;
    for write in writes {
        match Leaving::of(&write).filter(|leaving| matches!(leaving.content, Content::Decision { .. })) {
            Some(Leaving { to, x, .. }) if is_new && !deceived => {
                deceived = true;
                say("Tells one party that the contract came to nothing, and the others that it is complete.", desk);
                let author: Author = keys::author(Role::Notary, desk.tx, desk.cx)?;
                let (at, basis) = (x.core.deadlines.expires, st::AbortBasis::Expired);
                let about = About::exchange(x.xid, x.core.parties.iter().map(PublicKey::id).collect());
                let statement = author.answer(desk.cx, about, st::Aborted { at, basis, ground: vec![] })?.text;
                send_to(to, &x, Content::Decision { pieces: vec![], statement }, desk)?;
            }
            _ => pass_on(vec![write], desk),
        }
    }
    Ok(())
}
