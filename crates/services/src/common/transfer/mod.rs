//! Containers of goods, one way, between a wallet and a shop that are connected: all of it arrives or nothing.
//!
//! ```text
//! transfer/ID            Record: our side of one; also the timer of its machine
//! transfer-leaves/ID/N   leaf hashes of good N that we send
//! transfer-open/PEER/ID  one that a peer has announced to us, and that has not ended
//! transfer-of/PURPOSE    ID: which transfer a payment is of
//! chunk transfer-ID-N, i the plain chunks of good N
//! ```
//!
//! The machines are [`semper_exchange::transfer`]; here their effects become rows, queues, questions and payments.
//! While goods are on their way to us, no command shows them: [`receive`] opens them when the machine has taken all.

mod make;
mod pack;
mod receive;
mod send;
mod show;

use semper_base::code::Code;
use semper_base::limits::TRANSFERS_LISTED_MAX;
use semper_base::tx::ChunkRef;
use semper_base::{Error, Fault, Hash, Key, KeyId, Misuse, PeerId, Role, Timestamp, Violation, Write, json};
use semper_driver::service::Answer;
use semper_exchange::transfer::{self as goods, Announcement, Piece, Plan, Sending, StopWord};
use semper_support::access::{Action, Revealed};
use semper_support::comm::Link;
use semper_support::tinguin::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::permit_owner;
use super::{Desk, keys, pay, rows, text};
use make::Draft;
use receive::In;
use send::Out;

/// Message kinds between the two.
pub mod kinds {
    use crate::common::traffic::Plain;

    /// Body: [`semper_exchange::transfer::Announcement`].
    pub const SENDING: &str = Plain::Sending.word();
    /// Body: [`semper_exchange::transfer::Piece`].
    pub const CHUNK: &str = Plain::SendingChunk.word();
    /// Body: [`semper_exchange::transfer::StopWord`].
    pub const STOP: &str = Plain::SendingStop.word();
    /// Body: [`semper_exchange::transfer::Answer`].
    pub const ANSWER: &str = Plain::SendingAnswer.word();
}

/// Our side of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    came: Timestamp,
    side: Side,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Side {
    /// Ours, not signed yet.
    Draft(Draft),
    /// To us.
    In(In),
    /// From us.
    Out(Out),
}

fn record_key(id: &Hash) -> Key {
    Key::new("transfer", id)
}

fn purpose_row(purpose: &Hash) -> Key {
    Key::new("transfer-of", purpose)
}

/// Where the evidence of it is kept.
fn subject(id: &Hash) -> String {
    format!("transfer:{id}")
}

/// Where statements are kept that came in it: they are evidence of whatever they are about.
fn goods_subject(id: &Hash) -> String {
    format!("transfer-goods:{id}")
}

/// Where a chunk is. `of` is what the blobs are called by: the draft's name at the sender, the transfer's at the
/// receiver.
fn chunk_ref(of: &Hash, good: u64, index: u64) -> ChunkRef {
    ChunkRef { blob: blob(of, good), index }
}

fn blob(of: &Hash, good: u64) -> String {
    format!("transfer-{of}-{good}")
}

impl Record {
    fn load(id: &Hash, desk: &Desk<'_, '_>) -> Result<Option<Self>, Fault> {
        rows::get(desk.tx, &record_key(id))
    }

    fn store(&self, id: &Hash, desk: &mut Desk<'_, '_>) -> Result<(), Fault> {
        let key = record_key(id);
        let due = match &self.side {
            Side::Draft(_) => None,
            Side::In(coming) => coming.machine.deadline(&Plan::of(&coming.sending)),
            Side::Out(going) => going.machine.as_ref().and_then(|machine| machine.deadline(&Plan::of(&going.sending))),
        };
        desk.tx.push(Write::Timer(key.clone(), due));
        rows::put(desk.tx, key, self)
    }
}

/// Forgets the contents of all goods.
fn drop_contents(of: &Hash, sending: &Sending, desk: &mut Desk<'_, '_>) {
    for (good, _) in Plan::of(sending).contents {
        desk.tx.push(Write::DropBlob(blob(of, good)));
    }
}

/// The key under which a peer knows us: what we said hello with over our link, or our certified one where it dialled.
fn own_key(peer: PeerId, desk: &Desk<'_, '_>) -> Result<KeyId, Error> {
    for (key, row) in desk.tx.scan("link/", semper_base::limits::LINKS_MAX)? {
        let link: Link = rows::parse(&key, &row)?;
        if link.peer == Some(peer) {
            return Ok(link.hello_key);
        }
    }
    let own = keys::identity(desk.tx, semper_blocks::certificate::Kind::Statement)?;
    Ok(own.ok_or_else(|| Misuse::new(Code::KeyMissing, "not enrolled yet"))?.key)
}

/// A message between the two that passed the check.
#[derive(Clone, Debug)]
pub enum Message {
    /// Receiver to sender.
    Answer(goods::Answer),
    /// Sender to receiver: what is to come. Opened by the step, which has the key.
    Announced(Box<Announcement>),
    /// Sender to receiver.
    Chunk(Box<Piece>),
    /// Sender to receiver.
    Stop(StopWord),
}

/// Checks a message about containers; none if it is of another kind.
pub fn check(kind: &str, body: &[u8]) -> Result<Option<Message>, Violation> {
    Ok(Some(match kind {
        kinds::SENDING => Message::Announced(json::read(body)?),
        kinds::CHUNK => Message::Chunk(json::read(body)?),
        kinds::STOP => Message::Stop(json::read(body)?),
        kinds::ANSWER => {
            let answer: goods::Answer = json::read(body)?;
            answer.check()?;
            Message::Answer(answer)
        }
        _ => return Ok(None),
    }))
}

/// Takes a checked message.
pub fn message(role: Role, from: PeerId, message: Message, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match message {
        Message::Answer(answer) => send::answer(role, from, answer, desk),
        Message::Announced(announcement) => receive::announced(role, from, *announcement, desk),
        Message::Chunk(piece) => receive::chunk(role, from, &piece, desk),
        Message::Stop(stop) => receive::stopped(role, from, stop, desk),
    }
}

/// The commands about containers; none if it is another.
pub fn command(role: Role, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
    Ok(Some(match word {
        "transfer" => {
            let (id, record) = named(request, desk)?;
            show::one(&id, &record, desk)?
        }
        "transfer-accept" => receive::accept(role, request, desk)?,
        "transfer-begin" => make::begin(request, desk)?,
        "transfer-chunk" => make::chunk(request, desk)?,
        "transfer-decline" => receive::decline(role, request, desk)?,
        "transfer-export" => pack::export(role, request, desk)?,
        "transfer-list" => list(desk)?,
        "transfer-open" => receive::open(request, desk)?,
        "transfer-send" => make::send(role, request, desk)?,
        "transfer-stop" => stop(role, request, desk)?,
        _ => return Ok(None),
    }))
}

/// `{"command":"transfer-list"}`: everything sent and received, newest last.
fn list(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Deals);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let mut all = Vec::new();
    for (key, row) in desk.tx.scan("transfer/", TRANSFERS_LISTED_MAX)? {
        let record: Record = rows::parse(&key, &row)?;
        let Some(id) = id_of(&key.0) else { continue };
        all.push((record.came, show::one(&id, &record, desk)?));
    }
    all.sort_by_key(|(came, _)| *came);
    Ok(json!({ "transfers": all.into_iter().map(|(_, one)| one).collect::<Vec<Value>>() }))
}

/// The transfer that a command names, by its whole id or a beginning that fits only one.
fn named(request: &Value, desk: &Desk<'_, '_>) -> Result<(Hash, Record), Error> {
    let wanted = text(request, "transfer")?;
    let found = desk.tx.scan(&format!("transfer/{wanted}"), 2)?;
    match found.as_slice() {
        [(key, row)] if !wanted.is_empty() => {
            let id = id_of(&key.0).ok_or_else(|| Fault::new(Code::DatabaseCorrupt, key.0.clone()))?;
            Ok((id, rows::parse(key, row)?))
        }
        [] => {
            Err(Misuse::new(Code::NotFound, format!("no transfer {wanted}; `semper transfer list` shows all")).into())
        }
        _ => Err(Misuse::new(Code::Usage, format!("{wanted:?} fits more than one transfer; give more of it")).into()),
    }
}

/// `{"command":"transfer-stop","transfer"}`: nothing shall come of it.
fn stop(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (id, record) = named(request, desk)?;
    match record.side {
        Side::Draft(draft) => make::forget(&id, &draft, desk),
        Side::In(_) => receive::tell(role, &id, goods::ReceiverEvent::Stop(Code::Declined), desk)?,
        Side::Out(Out { machine: None, .. }) => send::forget(&id, desk)?,
        Side::Out(_) => send::stop(role, &id, desk)?,
    }
    match Record::load(&id, desk)? {
        Some(record) => show::one(&id, &record, desk),
        None => Ok(json!({ "transfer": id, "word": "withdrawn", "sentence": "Dropped; nothing was sent." })),
    }
}

/// The transfer that a question's asker or a timer names.
#[must_use]
pub fn id_of(asker: &str) -> Option<Hash> {
    asker.strip_prefix("transfer/").and_then(Hash::from_hex)
}

/// The owner's answer at the trusted screen.
pub fn answer(role: Role, id: Hash, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match &answer.outcome {
        // A fault, never a no: the question stays open.
        Outcome::CouldNotAsk => Ok(()),
        Outcome::Declined { .. } => {
            desk.tell("transfer-declined", id, "Says no at the trusted screen; nothing is sent.");
            send::forget(&id, desk)
        }
        Outcome::Signed { statement, .. } => send::signed(role, &id, statement, desk),
    }
}

/// A timer. False if it is of something else.
pub fn timer(role: Role, key: &Key, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let Some(id) = id_of(&key.0) else { return Ok(false) };
    match Record::load(&id, desk)?.map(|record| record.side) {
        Some(Side::In(_)) => receive::tell(role, &id, goods::ReceiverEvent::Timer, desk)?,
        Some(Side::Out(Out { machine: Some(_), .. })) => send::timer(role, &id, desk)?,
        _ => desk.tx.push(Write::Timer(key.clone(), None)),
    }
    Ok(true)
}

/// News about money. False if it is of something else.
pub fn money(role: Role, news: &pay::News, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let purpose = match news {
        pay::News::Arrived(paid) | pay::News::Left(paid) => paid.purpose,
        pay::News::NoPayTo { purpose, .. } | pay::News::NotPaid { purpose, .. } | pay::News::PayTo { purpose, .. } => {
            *purpose
        }
    };
    let Some(id) = rows::get::<Hash>(desk.tx, &purpose_row(&purpose))? else { return Ok(false) };
    match Record::load(&id, desk)?.map(|record| record.side) {
        Some(Side::In(coming)) => receive::money(role, &id, &coming, news, desk)?,
        Some(Side::Out(_)) => send::money(role, &id, news, desk)?,
        Some(Side::Draft(_)) | None => {}
    }
    Ok(true)
}
