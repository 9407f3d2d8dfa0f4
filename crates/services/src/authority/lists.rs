//! What the authority's operator looks through.

use semper_base::{Blob64, Error, Key, Timestamp};
use serde_json::{Value, json};

use super::renewal;
use super::{Invitation, Issued, ListRow, list, list_row};
use crate::common::{Desk, rows};

/// Most lines of one answer.
const LINES_MAX: usize = 100;
/// Certificates that one search looks at.
const LOOKED_AT: usize = 1_000;

/// `{"command":"certificates","text"?,"after"?,"limit"?}`: what was issued, by serial number; with `text`
/// what has it in its name. `next`, if there is one, is the `after` of the next page.
pub(super) fn certificates(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let member = |name: &str| request.get(name).and_then(Value::as_str);
    let text = member("text").unwrap_or_default().trim().to_lowercase();
    let limit = request.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(50).clamp(1, LINES_MAX);
    let after = member("after").map(|after| Key::new("issued", after));
    let revoked: ListRow = rows::get(desk.tx, &list_row())?.unwrap_or_default();
    let found = desk.tx.scan_after("issued/", after.as_ref(), LOOKED_AT)?;
    let (mut lines, mut last) = (Vec::new(), None);
    for (key, row) in &found {
        if lines.len() == limit {
            break;
        }
        let serial = key.0.strip_prefix("issued/").unwrap_or_default();
        last = Some(serial);
        let issued: Issued = rows::parse(key, row)?;
        if text.is_empty() || issued.name.to_lowercase().contains(&text) {
            lines.push(line(serial, &issued, &revoked, desk)?);
        }
    }
    let is_all =
        found.len() < LOOKED_AT && last.map(|serial| Key::new("issued", serial)).as_ref() == found.last().map(|f| &f.0);
    Ok(json!({ "certificates": lines, "next": last.filter(|_| !is_all), "now": desk.cx.now }))
}

fn line(serial: &str, issued: &Issued, revoked: &ListRow, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let times: Option<(Timestamp, Timestamp)> = renewal::life(&issued.certificate, desk)?;
    let gone = revoked.revoked.get(serial).map(|(at, reason)| json!({ "at": at, "reason": reason }));
    Ok(json!({
        "serial": serial, "role": issued.role, "name": issued.name, "kind": issued.kind,
        "certificate": issued.certificate, "renewable_from": times.map(|times| times.0),
        "not_after": times.map(|times| times.1), "revoked": gone,
    }))
}

/// `{"command":"invitations"}`: who was invited and has not got every certificate yet. The codes are not
/// known here any more.
pub(super) fn invitations(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let mut lines = Vec::new();
    for (key, row) in desk.tx.scan("code/", LINES_MAX)? {
        let Invitation { role, name, certificates, .. } = rows::parse(&key, &row)?;
        lines.push(json!({ "role": role, "name": name, "certificates": certificates }));
    }
    Ok(json!({ "invitations": lines }))
}

/// `{"command":"revocations"}`: the list as everybody gets it, and what stands on it.
pub(super) fn revocations(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let der = list(desk)?;
    let (root, _) = super::root(desk)?;
    let now = semper_blocks::certificate::read_list(&root, &der, desk.cx.crypto)?;
    let lines = now.revoked.iter().take(LINES_MAX);
    let lines = lines
        .map(|(serial, gone)| json!({ "serial": serial.to_string(), "at": gone.at, "reason": gone.reason.word() }));
    Ok(json!({
        "number": now.number, "from": now.this_update, "until": now.next_update, "count": now.revoked.len(),
        "revoked": lines.collect::<Vec<_>>(), "list": Blob64(der),
    }))
}
