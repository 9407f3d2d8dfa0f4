//! The evidence of a transfer whose origin is proven: the signed list with the hash of each good, and the bank's word
//! about a payment in it.

use semper_base::code::Code;
use semper_base::{Blob64, Error, Misuse, Role};
use serde_json::{Value, json};

use super::{Side, named, record_key, subject};
use crate::common::evidence::{Extra, export_subject};
use crate::common::{Desk, keys};

/// `{"command":"transfer-export","transfer"}`.
pub(super) fn export(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (id, record) = named(request, desk)?;
    let proven = match &record.side {
        Side::Draft(_) => false,
        Side::In(coming) => coming.machine.is_taken() && coming.statement.is_some(),
        Side::Out(out) => out.statement.is_some(),
    };
    if !proven {
        let why = "there is nothing to prove it by: it has not come, or its origin is deniable";
        return Err(Misuse::new(Code::StateWrong, why).into());
    }
    // With the key by which the list knows us.
    let certified = keys::author(role, desk.tx, desk.cx);
    let author = match &record.side {
        Side::In(coming)
            if certified.as_ref().map(|author| author.public.id()).ok() != Some(coming.sending.receiver) =>
        {
            keys::plain_author(role, coming.sending.receiver, desk.tx, desk.cx)?
        }
        _ => certified?,
    };
    let transcripts = vec![record_key(&id).0.replace('/', ":")];
    let pack = export_subject(&subject(&id), Extra { pieces: Vec::new(), transcripts }, &author, desk)?;
    Ok(json!({ "transfer": id, "pack": Blob64(pack) }))
}
