//! Data for money: a sealed file whose key a hash lock buys. Bound to wallet and shop alike.
//!
//! ```text
//!  seller: data-sell                 the bank: locked        claimed
//!  [offer asked] --signed--> [on sale] ------> [claiming] ------> paid        a lock for each buyer
//!       |  declined: row goes    |  data-abort: what is locked from now on is given back
//!
//!  buyer: data-buy                   locked         claimed
//!  [purchase asked] --signed--> [ordered] --> [locked] --> the key is here: the file opens, or it convicts the seller
//!       |  declined: row goes        |            +------> returned: the money is back
//!
//! data/ID          Record: our side of a sale; ID is the hash of what the seller signs
//! data-key/KEYID   ID: the sale whose payee this key of ours is
//! lock/LOCKID      the lock, see [`super::locks`]
//! ```
//!
//! The file travels by any means; everything else goes over the bank, of which both are customers. Whoever has
//! the file can buy.

mod buy;
mod file;
mod pack;
mod sell;
mod show;

use semper_base::code::Code;
use semper_base::limits::DATA_LISTED_MAX;
use semper_base::tx::Question;
use semper_base::{Blob64, Error, Fault, Hash, Key, KeyId, Millis, Misuse, Role, Timestamp, Write, Xid};
use semper_blocks::statement::{About, Author, Body, Statement, author, danger_typed_unverified, payload};
use semper_driver::service::Answer;
use semper_exchange::fair::lock::statements::DataOffer;
use semper_exchange::fair::lock::{Answer as Holds, Checked, Command, Core, Lock};
use semper_support::access::{Action, Revealed};
use semper_support::crypto::Secret32;
use semper_support::tinguin::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::permit_owner;
use super::locks::{self, Side as LockSide};
use super::standing::language;
use super::{Desk, rows, text};

/// The rows of sales, and what the locks of sales are owned by.
pub const TABLE: &str = "data";
/// How long the bank is waited for before it is asked.
const PATIENCE: Millis = Millis::seconds(10);
/// Locks for one offer that its seller looks at.
const BUYERS_MAX: usize = 64;

/// Our side of a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    came: Timestamp,
    side: Side,
}

#[expect(clippy::large_enum_variant, reason = "one at a time, on its way to or from a row")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Side {
    Buying(Buying),
    Selling(Selling),
}

/// What a buyer has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Buying {
    /// Hash of the signed purchase; none as long as it was only asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    agreed: Option<Hash>,
    /// Whether what the key opened is what was on sale, once it is here.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    good: Option<bool>,
    /// The file.
    file: Blob64,
    lock: Core,
    /// The bank's and the seller's certified names.
    names: [String; 2],
}

/// What a seller has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Selling {
    account: String,
    /// The half of the letter's key that is paid for.
    key: Secret32,
    letter: Blob64,
    locks: Vec<Xid>,
    /// The bank's name.
    name: String,
    /// What is signed, before and after.
    offer: Offered,
    /// Our key for this sale.
    payee: KeyId,
    /// Opens the commitment to our account.
    salt: Secret32,
    share: semper_blocks::delivery::ShareOpening,
    /// The owner sells no more of it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    withdrawn: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Offered {
    /// The payload that the owner is asked to sign.
    Asked(String),
    /// The signed offer.
    Signed(String),
}

fn record_key(id: &Hash) -> Key {
    Key::new(TABLE, id)
}

fn key_row(key: &KeyId) -> Key {
    Key::new("data-key", key)
}

impl Record {
    fn load(id: &Hash, desk: &Desk<'_, '_>) -> Result<Option<Self>, Fault> {
        rows::get(desk.tx, &record_key(id))
    }

    fn store(&self, id: &Hash, desk: &mut Desk<'_, '_>) -> Result<(), Fault> {
        rows::put(desk.tx, record_key(id), self)
    }

    /// The locks of it.
    fn locks(&self) -> Result<Vec<Xid>, Error> {
        match &self.side {
            Side::Buying(Buying { agreed: None, .. }) => Ok(Vec::new()),
            Side::Buying(buying) => Ok(vec![Lock::new(&buying.lock)?.xid]),
            Side::Selling(selling) => Ok(selling.locks.clone()),
        }
    }
}

/// The commands about data; none if it is another.
pub fn command(role: Role, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
    Ok(Some(match word {
        "data" => {
            let (id, record) = named(request, desk)?;
            show::one(&id, &record, desk)?
        }
        "data-abort" => abort(request, desk)?,
        "data-buy" => buy::buy(role, request, desk)?,
        "data-export" => {
            let (id, record) = named(request, desk)?;
            pack::export(&id, &record, request, desk)?
        }
        "data-file" => sell::file(request, desk)?,
        "data-list" => list(desk)?,
        "data-read" => buy::read(request, desk)?,
        "data-resume" => resume(role, request, desk)?,
        "data-sell" => sell::sell(role, request, desk)?,
        _ => return Ok(None),
    }))
}

/// `{"command":"data-list"}`: everything sold and bought, newest last.
fn list(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Deals);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let mut all = Vec::new();
    for (key, row) in desk.tx.scan("data/", DATA_LISTED_MAX)? {
        let record: Record = rows::parse(&key, &row)?;
        let Some(id) = key.0.strip_prefix("data/").and_then(Hash::from_hex) else { continue };
        all.push((record.came, show::one(&id, &record, desk)?));
    }
    all.sort_by_key(|(came, _)| *came);
    Ok(json!({ "sales": all.into_iter().map(|(_, one)| one).collect::<Vec<Value>>() }))
}

/// The sale that a command names, by its whole id or a beginning that fits only one.
fn named(request: &Value, desk: &Desk<'_, '_>) -> Result<(Hash, Record), Error> {
    let wanted = text(request, "data")?;
    let found = desk.tx.scan(&format!("{TABLE}/{wanted}"), 2)?;
    match found.as_slice() {
        [(key, row)] if !wanted.is_empty() => {
            let id = key.0.split_once('/').and_then(|(_, id)| Hash::from_hex(id));
            let id = id.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, key.0.clone()))?;
            Ok((id, rows::parse(key, row)?))
        }
        [] => Err(Misuse::new(Code::NotFound, format!("no data {wanted}; `semper data list` shows all")).into()),
        _ => Err(Misuse::new(Code::Usage, format!("{wanted:?} fits more than one sale; give more of it")).into()),
    }
}

/// `{"command":"data-abort","data"}`: a buyer orders nothing, or cancels an order that the bank has not carried out; a
/// seller sells no more of it, and gives back what is locked and not claimed.
fn abort(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (id, mut record) = named(request, desk)?;
    let unsigned = match &record.side {
        Side::Buying(buying) => buying.agreed.is_none(),
        Side::Selling(selling) => matches!(selling.offer, Offered::Asked(_)),
    };
    if unsigned {
        forget(&id, &record, desk);
        return Ok(json!({ "data": id, "word": "withdrawn", "sentence": "Dropped; nothing was signed." }));
    }
    if let Side::Selling(selling) = &mut record.side {
        selling.withdrawn = true;
        record.store(&id, desk)?;
    }
    for lock in record.locks()? {
        let side = locks::side(lock, desk)?.map(|side| side.standing());
        match locks::command(lock, Command::GiveBack, desk) {
            // Of several locks those that are over, or claimed already, stay as they are.
            Err(Error::Misuse(_)) if matches!(record.side, Side::Selling(_)) => {}
            Err(Error::Misuse(_)) if side.is_some_and(semper_exchange::fair::lock::Standing::is_final) => {}
            done => done?,
        }
    }
    show::one(&id, &record, desk)
}

/// What was asked and not signed leaves nothing behind.
fn forget(id: &Hash, record: &Record, desk: &mut Desk<'_, '_>) {
    desk.tx.push(Write::Unask(question_id(id)));
    desk.tx.delete(record_key(id));
    if let Side::Selling(selling) = &record.side {
        desk.tx.delete(key_row(&selling.payee));
    }
}

/// `{"command":"data-resume","data"}`: asks the bank what it has.
fn resume(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (id, record) = named(request, desk)?;
    if let Side::Selling(Selling { offer: Offered::Signed(offer), payee, .. }) = &record.side {
        let offer: Statement<DataOffer> = danger_typed_unverified(offer)?;
        locks::watch(role, *payee, &offer.body.holder.key, desk)?;
    }
    for lock in record.locks()? {
        if locks::side(lock, desk)?.is_some_and(|side| !side.standing().is_final()) {
            locks::command(lock, Command::Status, desk)?;
        }
    }
    show::one(&id, &record, desk)
}

fn question_id(id: &Hash) -> String {
    format!("data/{id}")
}

/// Puts a statement of the owner's own certified key on the trusted screen, under the name that its payload gives it.
fn ask<B: Body>(author: &Author, body: &B, desk: &mut Desk<'_, '_>) -> Result<(Hash, String), Error> {
    let about = About::default();
    let meta = author::meta::<B>(desk.cx, author.signer(), language(desk)?, about, author::REQUEST_VALIDITY);
    let payload = String::from_utf8(payload(&meta, body)?).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
    Ok((file::id(payload.as_bytes()), payload))
}

fn put_question(id: &Hash, kind: &str, key: KeyId, payload: String, desk: &mut Desk<'_, '_>) {
    desk.tx.push(Write::Ask(Question {
        id: question_id(id),
        asker: record_key(id).0,
        payload,
        kind: kind.to_owned(),
        key,
        follows: None,
    }));
}

/// The sale that a question's asker names.
#[must_use]
pub fn id_of(asker: &str) -> Option<Hash> {
    asker.strip_prefix("data/").and_then(Hash::from_hex)
}

/// The owner's answer.
pub fn answer(role: Role, id: Hash, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(record) = Record::load(&id, desk)? else { return Ok(()) };
    match (&answer.outcome, record.side.clone()) {
        // A fault, never a no: the question stays open.
        (Outcome::CouldNotAsk, _) => Ok(()),
        (Outcome::Declined { .. }, _) => {
            forget(&id, &record, desk);
            desk.tell("data-declined", id, "Says no at the trusted screen.");
            Ok(())
        }
        (Outcome::Signed { statement, .. }, Side::Buying(buying)) => {
            buy::agreed(&id, record.came, buying, statement, desk)
        }
        (Outcome::Signed { statement, .. }, Side::Selling(selling)) => {
            sell::signed(role, &id, record.came, selling, statement, desk)
        }
    }
}

/// The holder speaks of a lock that we do not know: whether our side of it has begun and is to hear this; none if it
/// is not for a key of ours.
pub fn lock_for_us(lock: &Lock, content: &Checked, desk: &mut Desk<'_, '_>) -> Result<Option<bool>, Error> {
    let Some(id) = rows::get::<Hash>(desk.tx, &key_row(&lock.core.payee.id()))? else { return Ok(None) };
    match content {
        Checked::Answer(Holds::Locked(locked)) => sell::locked(&id, lock, &locked.body, desk).map(Some),
        _ => Ok(Some(false)),
    }
}

/// One of our locks stands elsewhere now.
pub fn news(id: &str, side: &LockSide, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(id) = Hash::from_hex(id) else { return Ok(()) };
    match (Record::load(&id, desk)?, side) {
        (Some(record), LockSide::Payer(payer)) => buy::news(&id, &record, payer, desk),
        (Some(_), LockSide::Payee(payee)) => {
            sell::news(&id, payee, desk);
            Ok(())
        }
        (None, _) => Ok(()),
    }
}
