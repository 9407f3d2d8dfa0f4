//! The notary stamps: what comes by message from parties, and what comes from anybody by its page.
//!
//! ```text
//! stamp/next    how many stamps were made: the first half of the next serial number
//! stamp/rate    the minute, and how many stamps each peer got in it
//! ```
//!
//! A serial number is that count and eight random bytes. The count is written in the transaction in which the
//! stamp is made, and the stamp leaves after its commit; the random half keeps numbers apart even where an
//! operator goes on with a restored copy that does not know the last ones.

use std::collections::BTreeMap;

use semper_base::limits::{STAMP_PEERS_MAX, STAMPS_PER_MINUTE_MAX};
use semper_base::{Blob64, Code, Error, Hash, Key, Misuse, PeerId, Violation};
use semper_blocks::certificate::Kind;
use semper_blocks::stamp::{Authority, Failure, Number, Reply, Request, Token};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::common::stamps::{self, StampReply, StampRequest, kinds};
use crate::common::{Desk, keys, rows, text};

/// How far the notary's clock may be from true time, in seconds: the skew that the market's protocols bear.
/// Nothing here compares the clock with another, so nothing better is claimed.
const ACCURACY_SECONDS: u32 = 120;
/// Under what the clients of the page are counted.
const PAGE: &str = "page";

/// Stamps of the present minute.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rate {
    minute: u64,
    peers: BTreeMap<String, u64>,
}

fn next_row() -> Key {
    Key::new("stamp", "next")
}

/// Answers a party.
pub(super) fn message(from: PeerId, request: &StampRequest, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let reply = Blob64(answer(&request.request.0, &from.to_string(), desk)?.to_der()?);
    desk.send(from, kinds::REPLY, &StampReply { reference: request.reference, reply })
}

/// `{"command":"stamp","request"}`: the DER of a request of RFC 3161, as the page got it; answers the DER of the
/// reply, also where it refuses. `{"command":"stamp","hash"}`: the operator's own stamp over a hash.
pub(super) fn command(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    if let Some(der) = request.get("request") {
        let der: Blob64 = serde_json::from_value(der.clone()).map_err(|_| Misuse::new(Code::FieldWrong, "request"))?;
        let reply = answer(&der.0, PAGE, desk)?.to_der()?;
        return Ok(json!({ "reply": Blob64(reply) }));
    }
    if request.get("hash").is_none() {
        return stamps::shown(None, None, desk);
    }
    let hash = Hash::from_hex(text(request, "hash")?).ok_or_else(|| Misuse::new(Code::FieldWrong, "hash"))?;
    let mut nonce = [0; 16];
    desk.cx.crypto.random(&mut nonce);
    match stamp(&Request::new(hash, nonce), desk)? {
        Some(token) => stamps::shown(Some(&hash), Some(&token), desk),
        None => Err(Misuse::new(Code::KeyMissing, "no stamping key that is certified now").into()),
    }
}

/// `{"command":"stamps"}`: how many were made, and whether more can be.
pub(super) fn show(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let made: u64 = rows::get(desk.tx, &next_row())?.unwrap_or(0);
    let own = keys::identity(desk.tx, Kind::Stamp)?;
    Ok(json!({ "made": made, "certified": own.is_some(), "renew_at": own.map(|own| own.renew_at) }))
}

fn answer(der: &[u8], peer: &str, desk: &mut Desk<'_, '_>) -> Result<Reply, Error> {
    let request = match Request::read(der) {
        Ok(request) => request,
        Err(failure) => return Ok(Reply::Refused(failure)),
    };
    if !count(peer, desk)? {
        return Ok(Reply::Refused(Failure::SystemFailure));
    }
    Ok(stamp(&request, desk)?.map_or(Reply::Refused(Failure::SystemFailure), |token| Reply::Granted(Box::new(token))))
}

/// Counts a stamp of a peer; false if it has had enough for this minute.
fn count(peer: &str, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let row = Key::new("stamp", "rate");
    let minute = desk.cx.now.seconds() / 60;
    let mut rate: Rate = rows::get(desk.tx, &row)?.unwrap_or_default();
    if rate.minute != minute {
        rate = Rate { minute, peers: BTreeMap::new() };
    }
    let full = rate.peers.len() >= STAMP_PEERS_MAX && !rate.peers.contains_key(peer);
    let had = rate.peers.entry(peer.to_owned()).or_default();
    if full || *had >= STAMPS_PER_MINUTE_MAX {
        return Ok(false);
    }
    *had = had.saturating_add(1);
    rows::put(desk.tx, row, &rate)?;
    Ok(true)
}

/// Stamps with our stamping key; none if it has no certificate that counts now.
fn stamp(request: &Request, desk: &mut Desk<'_, '_>) -> Result<Option<Token>, Error> {
    let Some(own) = keys::identity(desk.tx, Kind::Stamp)? else { return Ok(None) };
    let Some(certificate) = keys::certificate(desk.tx, &own.certificate)? else { return Ok(None) };
    let Some(trust) = keys::trust_now(desk)? else { return Ok(None) };
    if trust.validate(&certificate, desk.cx.now, desk.cx.crypto).is_err() {
        return Ok(None);
    }
    let pair = keys::pair(desk.tx, desk.cx, own.key)?;
    let serial = serial(desk)?;
    let authority = Authority { certificate: &certificate, key: &pair.secret, accuracy_seconds: ACCURACY_SECONDS };
    Ok(Some(authority.stamp(request, serial, desk.cx.now, desk.cx.crypto)?))
}

/// The next serial number. Our clock never goes back, so a later one never has an earlier time.
fn serial(desk: &mut Desk<'_, '_>) -> Result<Number, Error> {
    let made: u64 = rows::get(desk.tx, &next_row())?.unwrap_or(0);
    let count = made.saturating_add(1);
    rows::put(desk.tx, next_row(), &count)?;
    let mut random = [0; 8];
    desk.cx.crypto.random(&mut random);
    let number = Number::new(&[count.to_be_bytes(), random].concat());
    number.ok_or_else(|| Violation::new(Code::FieldWrong, "serial").into())
}
