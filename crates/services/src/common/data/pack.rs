//! The evidence pack of a sale: what a stranger needs to see who was paid, for what, and whether that is what came.

use semper_base::code::Code;
use semper_base::{Blob64, Error, Hash, Misuse, Role, json};
use semper_commerce::dispute::pack::PieceKind;
use semper_exchange::fair::lock::Lock;
use serde_json::{Value, json};

use super::{Record, Side, file, record_key};
use crate::common::evidence::{Extra, export_lock};
use crate::common::locks::run::{Run, run_key};
use crate::common::{Desk, keys, locks, text};

/// `{"command":"data-export","data","lock"?}`: the pack of one lock; a seller with several buyers names it.
pub(super) fn export(id: &Hash, record: &Record, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let all = record.locks()?;
    let wanted = match request.get("lock") {
        None | Some(Value::Null) => all.first().filter(|_| all.len() == 1).copied(),
        Some(_) => Hash::from_hex(text(request, "lock")?).map(semper_base::Xid).filter(|lock| all.contains(lock)),
    };
    let wanted = wanted.ok_or_else(|| Misuse::new(Code::Usage, "nothing is locked yet, or name one of the locks"))?;
    let run = Run::<locks::Side>::load(desk.tx, wanted)?;
    let lock: std::sync::Arc<Lock> = run.ok_or_else(|| Misuse::new(Code::StateWrong, "nothing was ordered"))?.lock()?;
    let (parts, key) = match &record.side {
        Side::Buying(buying) => (Some((file::parts(&buying.file.0)?, buying.good)), lock.core.payer.id()),
        Side::Selling(_) => (None, lock.core.payee.id()),
    };
    let mut pieces = Vec::new();
    // Only where it convicts: a good letter is nobody else's business.
    if let Some((parts, Some(false))) = parts {
        pieces.push((PieceKind::DataLetter, parts.letter));
        pieces.push((PieceKind::DataShare, json::canonical(&parts.share)?));
    }
    let transcripts = [record_key(id), run_key(wanted)].map(|key| key.0.replace('/', ":")).to_vec();
    let author = keys::plain_author(Role::Party, key, desk.tx, desk.cx)?;
    let pack = export_lock(&lock, Extra { pieces, transcripts }, &author, desk)?;
    Ok(json!({ "data": id, "lock": wanted, "pack": Blob64(pack) }))
}
