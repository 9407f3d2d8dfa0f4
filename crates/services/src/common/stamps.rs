//! A party has its notary stamp what it may have to prove: the statements of a deal when it ends or is
//! exported, and any hash that its owner gives.
//!
//! ```text
//! stamp-due/SUBJECT          Due: statements under this subject want a stamp, and when to ask next
//! stamp-turn/MILLIS/SUBJECT  the same in the order of time
//! stamp-wait/REFERENCE       Waiting: what was asked of the notary
//! stamped/SUBJECT/SERIAL     Stamped: the hashes of statements that a stamp covers, and the stamp
//! stamp-hash/HASH            the stamp over a hash that the owner gave
//! ```
//!
//! What goes to the notary is one hash: it learns neither the deal nor how many statements there are. A notary
//! that is away holds nothing up: the queue waits, exports are written without.

use std::collections::BTreeSet;

use semper_base::limits::{STAMP_BYTES_MAX, STAMP_REQUEST_BYTES_MAX, STAMPS_PER_SUBJECT_MAX, STAMPS_WAITING_MAX};
use semper_base::tx::{Need, Record};
use semper_base::{Blob64, Code, Error, Hash, Key, Millis, Misuse, PeerId, Role, Timestamp, Violation, Write, json};
use semper_blocks::stamp::{Request, Token, read_reply};
use semper_blocks::statement::Kind;
use semper_commerce::dispute::stamps::{Stamp, cover};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::exchange::{self, EVIDENCE_KEPT};
use super::{Desk, keys, notaries, rows, text};

/// How long after a deal's last word its stamp is asked for: more of its words may still come.
const SETTLING: Millis = Millis::seconds(600);
/// When an unanswered request is put again, and how often in all; an export begins anew.
const PAUSES: [Millis; 3] = [Millis::hours(1), Millis::hours(24), Millis::days(7)];
/// How long an export takes a request for under way, and asks no second time.
const UNDER_WAY: Millis = Millis::seconds(30);
/// Subjects whose turn comes at once.
const SUBJECTS_AT_ONCE: usize = 16;
/// Difference of clocks that is tolerated.
const SKEW: Millis = Millis::seconds(120);

/// Message kinds.
pub mod kinds {
    use crate::common::traffic::Plain;

    /// See [`super::StampRequest`].
    pub const REQUEST: &str = Plain::StampRequest.word();
    /// See [`super::StampReply`].
    pub const REPLY: &str = Plain::StampReply.word();
}

/// Asks a notary for a time stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StampRequest {
    /// Comes back with the answer, also with one that has no stamp.
    pub reference: Hash,
    /// `TimeStampReq` (RFC 3161), DER.
    pub request: Blob64,
}

/// The notary's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StampReply {
    /// Of the request.
    pub reference: Hash,
    /// `TimeStampResp` (RFC 3161), DER.
    pub reply: Blob64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Due {
    /// When to ask.
    at: Timestamp,
    /// How often the notary was asked.
    tries: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    /// What the stamp is to cover.
    hash: Hash,
    /// The statements behind the hash; none if the owner gave it.
    of: Option<Of>,
    request: Blob64,
    sent: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Of {
    hashes: BTreeSet<Hash>,
    subject: String,
}

/// Hashes of statements, and the stamp over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamped {
    /// SHA-256 of each statement's text.
    pub hashes: BTreeSet<Hash>,
    /// The stamp over the list of them, see [`cover`].
    pub token: Blob64,
}

/// The timer that asks for what is due.
#[must_use]
pub fn timer() -> Key {
    Key::new("timer", "stamps")
}

fn due_row(subject: &str) -> Key {
    Key::new("stamp-due", subject)
}

const TURNS: &str = "stamp-turn/";

fn turn_row(at: Timestamp, subject: &str) -> Key {
    Key::new("stamp-turn", format_args!("{:015}/{subject}", at.millis()))
}

/// The time and the subject of a turn's row.
fn turn_of(key: &Key) -> Option<(Timestamp, &str)> {
    let (millis, subject) = key.0.strip_prefix(TURNS)?.split_once('/')?;
    Some((Timestamp::from_millis(millis.parse().ok()?), subject))
}

/// Sets when to ask for a subject's stamp, or that nobody needs to.
fn set_due(subject: &str, due: Option<&Due>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let row = due_row(subject);
    if let Some(known) = rows::get::<Due>(desk.tx, &row)? {
        desk.tx.delete(turn_row(known.at, subject));
    }
    match due {
        Some(due) => {
            desk.tx.put(turn_row(due.at, subject), Vec::new());
            rows::put(desk.tx, row, due)?;
        }
        None => desk.tx.delete(row),
    }
    Ok(())
}

/// Puts what older programs left without a turn into the order of time: at each start as many as they ever saw.
pub(super) fn start(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (key, row) in desk.tx.scan("stamp-due/", STAMPS_WAITING_MAX)? {
        let due: Due = rows::parse(&key, &row)?;
        let turn = turn_row(due.at, key.0.trim_start_matches("stamp-due/"));
        if desk.tx.get(&turn)?.is_none() {
            desk.tx.put(turn, Vec::new());
        }
    }
    Ok(())
}

fn wait_row(reference: &Hash) -> Key {
    Key::new("stamp-wait", reference)
}

fn hash_row(hash: &Hash) -> Key {
    Key::new("stamp-hash", hash)
}

/// Whether a party in this role takes answers of this kind: who has deals to prove.
#[must_use]
pub fn takes(role: Role, kind: &str) -> bool {
    kind == kinds::REPLY && matches!(role, Role::Buyer | Role::Seller)
}

/// Checks a request's size and form; what is in it, the notary's answer says.
pub fn check_request(body: &[u8]) -> Result<StampRequest, Violation> {
    let request: StampRequest = json::read(body)?;
    if request.request.0.len() > STAMP_REQUEST_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "stamp-request"));
    }
    Ok(request)
}

/// Checks an answer's size and form.
pub fn check(body: &[u8]) -> Result<StampReply, Violation> {
    let reply: StampReply = json::read(body)?;
    if reply.reply.0.len() > STAMP_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "stamp-reply"));
    }
    Ok(reply)
}

/// Whether a statement of this kind is the last word of a deal, or may be.
fn ends(kind: &str) -> bool {
    [Kind::ParcelReceipt, Kind::Refunded, Kind::Released, Kind::Settled, Kind::WithdrawalReceipt]
        .iter()
        .any(|last| last.word() == kind)
}

/// Whether packs show such a statement: what is between a party and its bank alone they do not.
fn is_shown(kind: Kind) -> bool {
    !matches!(kind, Kind::DebitOrder | Kind::Transfer)
}

/// Told of every statement that is kept: after a deal's last word its stamp becomes due.
pub(super) fn kept(subject: &str, kind: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if !ends(kind) || notary(0, desk)?.is_none() {
        return Ok(());
    }
    let at = desk.cx.now.plus(SETTLING);
    set_due(subject, Some(&Due { at, tries: 0 }), desk)?;
    wake(desk)
}

/// The notary that is asked: the first of the list, and the next one each time that none has answered.
fn notary(tries: usize, desk: &Desk<'_, '_>) -> Result<Option<PeerId>, Error> {
    let listed = notaries::listed(desk)?;
    let next = tries.checked_rem(listed.len()).and_then(|at| listed.get(at));
    Ok(next.map(|known| known.met.peer))
}

/// Sets the timer to the first that is due.
fn wake(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let first = desk.tx.scan(TURNS, 1)?.first().and_then(|(key, _)| turn_of(key)).map(|(at, _)| at);
    desk.tx.push(Write::Timer(timer(), first));
    Ok(())
}

/// Asks for what is due.
pub(super) fn work(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let first = desk.tx.scan(TURNS, SUBJECTS_AT_ONCE)?;
    let due = first.iter().filter_map(|(key, _)| turn_of(key)).take_while(|(at, _)| *at <= desk.cx.now);
    for (_, subject) in due {
        let tries = rows::get::<Due>(desk.tx, &due_row(subject))?.map_or(0, |due| due.tries);
        let again = match PAUSES.get(tries) {
            Some(pause) if ask_for(subject, tries, desk)? > 0 => Some(desk.cx.now.plus(*pause)),
            _ => None,
        };
        set_due(subject, again.map(|at| Due { at, tries: tries.saturating_add(1) }).as_ref(), desk)?;
    }
    wake(desk)
}

/// The stamps of a subject.
pub fn of(subject: &str, desk: &Desk<'_, '_>) -> Result<Vec<Stamped>, Error> {
    let found = desk.tx.scan(&format!("stamped/{subject}/"), STAMPS_PER_SUBJECT_MAX)?;
    let found: Result<Vec<Stamped>, _> = found.iter().map(|(key, row)| rows::parse(key, row)).collect();
    Ok(found?)
}

/// The stamps of a subject, as a pack takes them.
pub fn in_pack(subject: &str, desk: &Desk<'_, '_>) -> Result<Vec<Stamp>, Error> {
    let stamps = of(subject, desk)?;
    Ok(stamps.into_iter().map(|stamped| Stamp { hashes: stamped.hashes, token: stamped.token.0 }).collect())
}

/// The statements of a subject that no stamp covers.
fn open(subject: &str, desk: &Desk<'_, '_>) -> Result<BTreeSet<Hash>, Error> {
    let covered: BTreeSet<Hash> = of(subject, desk)?.into_iter().flat_map(|stamped| stamped.hashes).collect();
    let all = exchange::kept_of(desk.tx, subject, is_shown)?;
    Ok(all.iter().map(|text| Hash::of(text.as_bytes())).filter(|hash| !covered.contains(hash)).collect())
}

/// Asks for a stamp over the statements of a subject that have none, unless that is under way: somebody exports
/// them, and may wait a moment for the answer, or not.
pub fn hurry(subject: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if notary(0, desk)?.is_none() {
        return Ok(());
    }
    for (key, row) in desk.tx.scan("stamp-wait/", STAMPS_WAITING_MAX)? {
        let waiting: Waiting = rows::parse(&key, &row)?;
        let same = waiting.of.as_ref().is_some_and(|of| of.subject == subject);
        if same && desk.cx.now < waiting.sent.plus(UNDER_WAY) {
            return Ok(());
        }
    }
    // If somebody has waited for one in vain, another one is asked now.
    let tries = rows::get::<Due>(desk.tx, &due_row(subject))?.map_or(0, |due| due.tries);
    if ask_for(subject, tries, desk)? > 0 {
        let at = desk.cx.now.plus(Millis::hours(1));
        let tries = tries.saturating_add(1).checked_rem(PAUSES.len()).unwrap_or(0).max(1);
        set_due(subject, Some(&Due { at, tries }), desk)?;
        wake(desk)?;
    }
    Ok(())
}

/// How many statements of a subject a stamp may still come for: none where there is no notary to ask.
pub fn left(subject: &str, desk: &Desk<'_, '_>) -> Result<usize, Error> {
    if notary(0, desk)?.is_none() { Ok(0) } else { Ok(open(subject, desk)?.len()) }
}

/// Asks for a stamp over the statements of a subject that have none; how many they are.
fn ask_for(subject: &str, tries: usize, desk: &mut Desk<'_, '_>) -> Result<usize, Error> {
    let hashes = open(subject, desk)?;
    let count = hashes.len();
    if count == 0 || of(subject, desk)?.len() >= STAMPS_PER_SUBJECT_MAX {
        return Ok(0);
    }
    let hash = Hash::of(cover(&hashes).as_bytes());
    ask(hash, Some(Of { hashes, subject: subject.to_owned() }), tries, desk)?;
    Ok(count)
}

fn ask(hash: Hash, of: Option<Of>, tries: usize, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(peer) = notary(tries, desk)? else {
        return Err(Misuse::new(Code::NotFound, "not connected to a notary: `semper link`").into());
    };
    let mut random = [0; 32];
    desk.cx.crypto.random(&mut random);
    let (nonce, reference) = (*random.first_chunk::<16>().unwrap_or(&[1; 16]), Hash::of(&random));
    let request = Blob64(Request::new(hash, nonce).to_der()?);
    make_room(desk)?;
    rows::put(desk.tx, wait_row(&reference), &Waiting { hash, of, request: request.clone(), sent: desk.cx.now })?;
    desk.send(peer, kinds::REQUEST, &StampRequest { reference, request })
}

/// Forgets the oldest request if too many wait: its answer would come too late to be missed.
fn make_room(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let waiting = desk.tx.scan("stamp-wait/", STAMPS_WAITING_MAX)?;
    if waiting.len() < STAMPS_WAITING_MAX {
        return Ok(());
    }
    let mut oldest: Option<(Timestamp, Key)> = None;
    for (key, row) in waiting {
        let sent = rows::parse::<Waiting>(&key, &row)?.sent;
        oldest = Some(oldest.map_or((sent, key.clone()), |known| known.min((sent, key))));
    }
    if let Some((_, key)) = oldest {
        desk.tx.delete(key);
    }
    Ok(())
}

/// Takes an answer of our notary to something that we asked.
pub(super) fn take(from: PeerId, reply: &StampReply, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if !notaries::is_one(from, desk)? {
        return Err(Violation::new(Code::PeerWrong, "not a notary of ours").into());
    }
    let row = wait_row(&reply.reference);
    // Answered before, or forgotten.
    let Some(waiting) = rows::get::<Waiting>(desk.tx, &row)? else { return Ok(()) };
    let token = match read_reply(&reply.reply.0)? {
        Ok(token) => token,
        Err(refused) => {
            desk.tx.delete(row);
            desk.tell("stamp", waiting.hash, format!("The notary made no stamp: {}.", refused.text));
            return Ok(());
        }
    };
    verify(&token, &waiting, desk)?;
    desk.tx.delete(row);
    let subject = match &waiting.of {
        Some(of) => {
            let key = format!("{}/{}", of.subject, token.info().serial);
            let stamped = Stamped { hashes: of.hashes.clone(), token: Blob64(token.der().to_vec()) };
            rows::put(desk.tx, Key::new("stamped", key), &stamped)?;
            format!("stamp:{}", of.subject)
        }
        None => {
            rows::put(desk.tx, hash_row(&waiting.hash), &Blob64(token.der().to_vec()))?;
            format!("stamp:{}", waiting.hash)
        }
    };
    // Under a subject of its own: a deal's subject has statements only.
    desk.tell("stamp", &subject, format!("Stamped by the notary at {}.", token.info().at));
    let (kind, bytes) = ("time-stamp".to_owned(), token.der().to_vec());
    let expires = desk.cx.now.plus(EVIDENCE_KEPT);
    desk.tx.push(Write::Archive(Record { subject, kind, bytes, need: Need::Evidence, expires }));
    Ok(())
}

/// Whether the stamp is what was asked for, by what we trust now and about when it should be.
fn verify(token: &Token, waiting: &Waiting, desk: &Desk<'_, '_>) -> Result<(), Error> {
    let wrong = |what: &str| Violation::new(Code::StampWrong, what);
    let asked = Request::read(&waiting.request.0).map_err(|failure| wrong(failure.text()))?;
    let now = desk.cx.now;
    if token.info().nonce != asked.nonce || token.info().imprint != asked.imprint {
        return Err(wrong("nonce").into());
    }
    let at = token.info().at;
    if at > now.plus(SKEW) || at.plus(SKEW) < waiting.sent.whole_seconds() {
        return Err(wrong("time").into());
    }
    let trust = keys::trust_now(desk)?.ok_or_else(|| Violation::new(Code::StatusMissing, "no root"))?;
    // The certificate and the time lie in the token; a clock ahead of ours is no reason to refuse it.
    token.verify_at(&waiting.hash, &trust, now, desk.cx.crypto)?;
    Ok(())
}

/// `{"command":"stamp","hash"}`: has a hash stamped. Answers the stamp if it is here, else asks for it: give the
/// command again after a moment.
/// Without a hash it asks for nothing, and answers what stands there beside a stamp.
pub(crate) fn command(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    if request.get("hash").is_none() {
        return shown(None, None, desk);
    }
    let hash = Hash::from_hex(text(request, "hash")?).ok_or_else(|| Misuse::new(Code::FieldWrong, "hash"))?;
    if let Some(token) = rows::get::<Blob64>(desk.tx, &hash_row(&hash))? {
        return shown(Some(&hash), Some(&Token::read(&token.0)?), desk);
    }
    let mut tries = 0_usize;
    for (key, row) in desk.tx.scan("stamp-wait/", STAMPS_WAITING_MAX)? {
        let waiting: Waiting = rows::parse(&key, &row)?;
        if waiting.of.is_none() && waiting.hash == hash {
            if desk.cx.now < waiting.sent.plus(UNDER_WAY) {
                return shown(Some(&hash), None, desk);
            }
            tries = tries.saturating_add(1);
        }
    }
    ask(hash, None, tries, desk)?;
    shown(Some(&hash), None, desk)
}

/// A stamp over a hash, with the root and the revocation list of now: what a later look at it needs.
pub(crate) fn shown(hash: Option<&Hash>, token: Option<&Token>, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    Ok(json!({
        "hash": hash,
        "token": token.map(|token| Blob64(token.der().to_vec())),
        "at": token.map(|token| token.info().at),
        "root": keys::root_der(desk.tx)?.map(Blob64),
        "status": keys::status_der(desk.tx)?.map(Blob64),
        "time": desk.cx.now,
    }))
}
