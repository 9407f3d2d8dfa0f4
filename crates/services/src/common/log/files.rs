//! The log's files and lists, for the pages of its owner: public, all of it.

use semper_base::{Blob64, Code, Error, Hash, Misuse, Role, Xid};
use semper_support::log::tile::{WIDTH, pack, pack_entries};
use semper_support::log::{KeyUse, Resource, Tile};
use serde_json::{Value, json};

use super::book::{self, Said, Signed, checkpoint_row, cosigned_row, said_row};
use super::{ask, key, witnesses};
use crate::common::{Desk, rows, text};

/// Entries that one answer lists.
const LISTED_MAX: u64 = 100;

/// The commands of a log's owner: `log`, `log-file`, `log-entries`, `log-of`, `log-proof`. None if it is another.
pub(super) fn command(
    role: Role,
    word: &str,
    request: &Value,
    desk: &mut Desk<'_, '_>,
) -> Result<Option<Value>, Error> {
    Ok(Some(match word {
        "log" => about(role, desk)?,
        "log-entries" => listed(request, desk)?,
        "log-file" => file(role, text(request, "path")?, desk)?,
        "log-of" => of(text(request, "xid")?, desk)?,
        "log-proof" => proof(request, desk)?,
        _ => return Ok(None),
    }))
}

/// `{"command":"log"}`
fn about(role: Role, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let own = key::own(role, KeyUse::Log, desk)?;
    let signed: Option<Signed> = rows::get(desk.tx, &checkpoint_row())?;
    let witnesses = witnesses::all(desk)?;
    let witnesses =
        witnesses.iter().map(|(_, one)| json!({ "key": one.key, "name": one.key.name(), "size": one.size }));
    Ok(json!({
        "key": own.key,
        "certified": key::statement(role, KeyUse::Log, desk).ok(),
        "size": book::size(desk.tx)?.size,
        "sealed": signed.as_ref().map_or(0, |signed| signed.size),
        "checkpoint": signed.map(|signed| signed.text),
        "witnesses": witnesses.collect::<Vec<_>>(),
    }))
}

/// `{"command":"log-file","path"}`: what stands at a path below the log's address (C2SP tlog-tiles).
fn file(role: Role, path: &str, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let missing = || Misuse::new(Code::NotFound, "file of the log");
    let resource = Resource::parse(path).ok_or_else(missing)?;
    let sealed = book::latest(role, desk)?;
    let tile = match resource {
        Resource::Checkpoint => {
            // The newest that a witness has cosigned, unless it lags behind what the merge delay allows.
            let cosigned: Option<Signed> = rows::get(desk.tx, &cosigned_row())?;
            let fresh = |one: &Signed| {
                one.size == sealed.size || desk.cx.now.since(sealed.at).0 < semper_base::limits::LOG_MERGE_DELAY_MS / 2
            };
            return Ok(json!({ "text": cosigned.filter(fresh).unwrap_or(sealed).text }));
        }
        Resource::Entries(tile) | Resource::Hashes(tile) => tile,
    };
    let whole = Tile::of(tile.level, tile.index, sealed.size).ok_or_else(missing)?;
    if tile.width > whole.width {
        return Err(missing().into());
    }
    let bytes = if matches!(resource, Resource::Entries(_)) {
        let width = usize::try_from(tile.width).unwrap_or(0);
        let entries = book::entries(tile.index * WIDTH, width, desk.tx)?;
        let bytes: Vec<_> = entries.iter().map(semper_support::log::Entry::bytes).collect();
        pack_entries(bytes.iter().map(<[u8; 65]>::as_slice))?
    } else {
        pack(&book::tile(tile, desk.tx)?)
    };
    Ok(json!({ "data": Blob64(bytes), "partial": tile.is_partial() }))
}

/// `{"command":"log-entries","before"?,"limit"?}`: newest first.
fn listed(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let number = |name: &str| request.get(name).and_then(Value::as_u64);
    let size = book::size(desk.tx)?.size;
    let end = number("before").unwrap_or(size).min(size);
    let first = end.saturating_sub(number("limit").unwrap_or(LISTED_MAX).clamp(1, LISTED_MAX));
    let entries = book::entries(first, usize::try_from(end - first).unwrap_or(0), desk.tx)?;
    let one = |(index, entry): (u64, &semper_support::log::Entry)| json!({ "index": index, "place": entry.place, "seal": entry.seal });
    let entries: Vec<_> = (first..end).rev().zip(entries.iter().rev()).map(one).collect();
    Ok(json!({ "size": size, "entries": entries, "next": (first > 0).then_some(first) }))
}

/// `{"command":"log-of","xid"}`: the entries of one exchange.
fn of(xid: &str, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let xid = Hash::from_hex(xid).map(Xid).ok_or_else(|| Misuse::new(Code::FieldWrong, "xid"))?;
    let said: Said = rows::get(desk.tx, &said_row(&xid))?.unwrap_or_default();
    let one = |place: &book::Placed| {
        let record = &place.record;
        json!({ "index": place.index, "slot": record.slot, "value": record.value, "at": record.at, "answer": record.answer })
    };
    Ok(json!({ "xid": xid, "entries": said.places.iter().map(one).collect::<Vec<_>>() }))
}

/// `{"command":"log-proof","index"}`: that an entry stands there, under the published checkpoint.
fn proof(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let index = request.get("index").and_then(Value::as_u64);
    let index = index.ok_or_else(|| Misuse::new(Code::FieldWrong, "index"))?;
    Ok(json!({ "index": index, "proof": ask::proof_of(index, desk)?.to_string() }))
}
