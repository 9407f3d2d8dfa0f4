//! What lies are made of: packets on their way out, and statements under the liar's own keys.

use semper_base::code::Code;
use semper_base::tx::Body as Carried;
use semper_base::{Blob64, Error, Fault, Hash, KeyId, Misuse, PeerId, Role, Write, Xid};
use semper_blocks::statement::{About, Author, Body, Compact, Kind, Statement, danger_typed_unverified};
use semper_exchange::fair::dgp::{Content, Descriptor, Packet};
use semper_services::common::exchange::{PACKET, Run, kept};
use semper_services::common::{Desk, hello, keys, text};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Lets these writes happen.
pub(crate) fn pass_on(writes: Vec<Write>, desk: &mut Desk<'_, '_>) {
    for write in writes {
        match write {
            Write::Put(key, value) => desk.tx.put(key, value),
            Write::Delete(key) => desk.tx.delete(key),
            // The honest step has looked: the row is free.
            Write::Insert(xid, slot, value) => drop(desk.tx.insert(xid, slot, value)),
            other => desk.tx.push(other),
        }
    }
}

/// Tells whoever watches what the lie is.
pub(crate) fn say(text: &str, desk: &mut Desk<'_, '_>) {
    desk.tell("lie", "", text);
}

/// A packet of an exchange that is about to leave.
#[derive(Clone)]
pub(crate) struct Leaving {
    pub(crate) to: PeerId,
    pub(crate) content: Content,
    pub(crate) x: Descriptor,
}

impl Leaving {
    /// The packet that this write sends, if it sends one.
    pub(crate) fn of(write: &Write) -> Option<Self> {
        let Write::Send { to, kind: PACKET, body: Carried::Inline(body) } = write else { return None };
        let Packet { content, descriptor } = serde_json::from_slice(body).ok()?;
        Some(Leaving { to: *to, content, x: Descriptor::read(&descriptor.0).ok()? })
    }

    pub(crate) fn send(self, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        send(self.to, &self.x, self.content, desk)
    }
}

/// Sends content to a peer, whoever that is.
pub(crate) fn send(to: PeerId, x: &Descriptor, content: Content, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.send(to, PACKET, &Packet { content, descriptor: Blob64(x.bytes().to_vec()) })
}

/// Sends content over one of our links.
pub(crate) fn send_over(link: &str, x: &Descriptor, content: Content, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let to = hello::met_at(link, desk)?.peer;
    send(to, x, content, desk)
}

/// Passes on everything but the packets that `drop` finds; what is left out is told as `text`.
pub(crate) fn without(
    writes: Vec<Write>,
    text: &str,
    desk: &mut Desk<'_, '_>,
    drop: impl Fn(&Content) -> bool,
) -> Result<(), Error> {
    twist(writes, desk, |leaving, desk| {
        if !drop(&leaving.content) {
            return Ok(Swap::Keep);
        }
        say(text, desk);
        Ok(Swap::Drop)
    })
}

/// Passes on everything but the packets that `swap` takes, and does for each of those what it says.
pub(crate) fn twist(
    writes: Vec<Write>,
    desk: &mut Desk<'_, '_>,
    mut swap: impl FnMut(&Leaving, &mut Desk<'_, '_>) -> Result<Swap, Error>,
) -> Result<(), Error> {
    for write in writes {
        let swap = match Leaving::of(&write) {
            Some(leaving) => swap(&leaving, desk)?,
            None => Swap::Keep,
        };
        match swap {
            Swap::Drop => {}
            Swap::Keep => pass_on(vec![write], desk),
            Swap::Instead(leaving) => leaving.send(desk)?,
        }
    }
    Ok(())
}

/// What becomes of a packet.
pub(crate) enum Swap {
    Drop,
    Keep,
    Instead(Box<Leaving>),
}

/// The exchange that the script means, with this party's part in it.
pub(crate) fn run_of<M: Serialize + DeserializeOwned>(
    request: &Value,
    desk: &Desk<'_, '_>,
) -> Result<(Run<M>, Descriptor), Error> {
    let xid = Hash::from_hex(text(request, "xid")?).map(Xid);
    let xid = xid.ok_or_else(|| Misuse::new(Code::FieldWrong, "xid"))?;
    let run: Run<M> = Run::load(desk.tx, xid)?.ok_or_else(|| Misuse::new(Code::NotFound, xid.to_string()))?;
    let x = Descriptor::clone(&*run.x(xid, desk.tx)?);
    Ok((run, x))
}

/// Signs a request with the key that we have in this deal, in whatever role.
pub(crate) fn request<B: Body>(
    role: Role,
    key: KeyId,
    x: &Descriptor,
    body: B,
    desk: &Desk<'_, '_>,
) -> Result<Statement<B>, Error> {
    let author = keys::plain_author(role, key, desk.tx, desk.cx)?;
    author.request(desk.cx, to_thirds(x), body)
}

/// Signs an answer as the register that we are.
pub(crate) fn answer<B: Body>(role: Role, x: &Descriptor, body: B, desk: &Desk<'_, '_>) -> Result<Statement<B>, Error> {
    let author: Author = keys::author(role, desk.tx, desk.cx)?;
    let about = About::exchange(x.xid, vec![x.core.buyer.id(), x.core.seller.id()]);
    author.answer(desk.cx, about, body)
}

fn to_thirds(x: &Descriptor) -> About {
    About::exchange(x.xid, vec![x.core.bank.key.id(), x.core.notary.key.id()])
}

/// The statement of this kind that we kept of an exchange.
pub(crate) fn statement_of<B: Body>(xid: Xid, desk: &Desk<'_, '_>) -> Result<Statement<B>, Error> {
    let is_that = |text: &String| Compact::parse(text).is_ok_and(|compact| compact.kind() == B::KIND);
    let text = kept(desk.tx, &format!("xid:{xid}"))?.into_iter().find(is_that);
    let text = text.ok_or_else(|| Misuse::new(Code::NotFound, B::KIND.word()))?;
    Ok(danger_typed_unverified(&text)?)
}

/// The kind of an answer that leaves.
pub(crate) fn answers(leaving: &Leaving) -> Option<Kind> {
    match &leaving.content {
        Content::Answer { statement } => Compact::parse(statement).ok().map(|compact| compact.kind()),
        _ => None,
    }
}

/// Whether this write keeps a statement of that kind.
pub(crate) fn keeps(write: &Write, kind: Kind) -> bool {
    let bytes = match write {
        Write::Archive(record) => &record.bytes,
        _ => return false,
    };
    std::str::from_utf8(bytes).ok().and_then(|text| Compact::parse(text).ok()).is_some_and(|found| found.kind() == kind)
}

/// A machine's state as JSON, to be changed in a way that the machine itself would not.
pub(crate) fn fault(error: &serde_json::Error) -> Fault {
    Fault::new(Code::FieldWrong, error.to_string())
}
