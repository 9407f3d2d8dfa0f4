//! What stays of an exchange that this notary has decided: its register's row and, in the archive, what that names.
//! Whoever asks later is answered from these two, with the same bytes for ever; nothing else is kept of it but a line
//! for the operator. See `docs/adr/0031-a-decided-exchange-is-its-row.md`.
//!
//! ```text
//! (XID, decision)    the signed statement; the pieces that it names are archived under `xid:XID`
//! ended/TIME/XID     Ended: one line, the newest first
//! ```

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::{Error, Fault, Hash, Key, Timestamp, Violation, Xid};
use semper_exchange::fair::frame::{Descriptor, Protocol, Slot};
use semper_exchange::fair::register::Register;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{COUNTED_MAX, NAMED_MAX};
use crate::common::signing::run::{self, Run, xid_of};
use crate::common::{Desk, exchange, rows};

const OPEN: &str = "fair/";
const ENDED: &str = "ended/";

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ended {
    opened: Timestamp,
    parties: u8,
    protocol: Protocol,
    word: String,
}

impl Ended {
    fn of(x: &Descriptor, register: &Register) -> Self {
        let (opened, protocol) = (x.core.opened, x.core.protocol);
        Ended { opened, parties: x.parties(), protocol, word: register.word().to_owned() }
    }
}

/// Later times sort first: rows are only read in ascending order, and the newest are wanted.
fn line_key(at: Timestamp, xid: Xid) -> Key {
    Key::new("ended", format_args!("{:016x}/{xid}", u64::MAX - at.millis()))
}

/// The decision about an exchange, if there is one, as it was made. A piece that is lost is a fault of ours, and nobody
/// is given an answer without it.
pub(super) fn register(x: &Descriptor, desk: &Desk<'_, '_>) -> Result<Option<Register>, Error> {
    let corrupt = |why| Fault::new(Code::DatabaseCorrupt, format!("decision of {}: {why}", x.xid)).into();
    stored(x, desk)?.transpose().map_err(corrupt)
}

fn stored(x: &Descriptor, desk: &Desk<'_, '_>) -> Result<Option<Result<Register, Violation>>, Fault> {
    let Some(row) = desk.tx.register(&x.xid, Slot::Decision.word())? else { return Ok(None) };
    let kept = exchange::kept(desk.tx, &format!("xid:{}", x.xid))?;
    Ok(Some(Register::decided(&String::from_utf8_lossy(&row), kept, x)))
}

/// Removes the run of an exchange that was decided now, if it has rows, and writes its line.
pub(super) fn close(run: &Run<Register>, x: &Descriptor, stored: bool, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if stored {
        run::forget(x.xid, desk);
    }
    Ok(rows::put(desk.tx, line_key(desk.cx.now, x.xid), &Ended::of(x, &run.machine))?)
}

/// The same for one that an older program decided, which kept its run: only if it can be answered without.
pub(super) fn close_old(run: &Run<Register>, x: &Descriptor, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if stored(x, desk)?.is_some_and(|register| register.as_ref() == Ok(&run.machine)) {
        close(run, x, true, desk)?;
    }
    Ok(())
}

/// `{"command":"contracts","after"?}`: every exchange of which this notary is the register: first those under way, then
/// those that are decided, the latest decision first. Of a page the newest are named, and all are counted.
pub(super) fn list(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let after = request.get("after").and_then(Value::as_str);
    let mut page = Page::default();
    if !after.is_some_and(|after| after.contains('/')) {
        page.open(after, desk)?;
    }
    page.ended(after.filter(|after| after.contains('/')), desk)?;
    let mut counts = BTreeMap::<&str, u64>::new();
    for (line, _) in &page.lines {
        *counts.entry(line.word.as_str()).or_default() += 1;
    }
    let mut newest: Vec<&(Ended, Xid)> = page.lines.iter().collect();
    newest.sort_unstable_by_key(|(line, xid)| std::cmp::Reverse((line.opened, *xid)));
    let shown = |(line, xid): &&(Ended, Xid)| {
        let Ended { opened, parties, protocol, word } = line;
        json!({ "xid": xid, "opened": opened, "protocol": protocol, "parties": parties, "word": word })
    };
    let shown: Vec<Value> = newest.iter().take(NAMED_MAX).map(shown).collect();
    Ok(json!({ "counts": counts, "contracts": shown, "next": page.next, "time": desk.cx.now }))
}

/// Part of the list.
#[derive(Default)]
struct Page {
    lines: Vec<(Ended, Xid)>,
    /// What the next page comes after, if there may be one.
    next: Option<String>,
}

impl Page {
    /// Those that have a run: an exchange's id is what comes before the next of them.
    fn open(&mut self, after: Option<&str>, desk: &Desk<'_, '_>) -> Result<(), Error> {
        let after = after.map(|after| Key::new("fair", after));
        for (key, row) in desk.tx.scan_after(OPEN, after.as_ref(), COUNTED_MAX)? {
            let run: Run<Register> = rows::parse(&key, &row)?;
            let xid = xid_of(&key.0).ok_or_else(|| Fault::new(Code::DatabaseCorrupt, &key.0))?;
            self.add(&key, OPEN, (Ended::of(&*run.x(xid, desk)?, &run.machine), xid));
        }
        Ok(())
    }

    /// Those that are decided, as many as there is room for: time and id come before the next of them.
    fn ended(&mut self, after: Option<&str>, desk: &Desk<'_, '_>) -> Result<(), Error> {
        let room = COUNTED_MAX.saturating_sub(self.lines.len());
        let after = after.map(|after| Key::new("ended", after));
        for (key, row) in desk.tx.scan_after(ENDED, after.as_ref(), room)? {
            let xid = key.0.rsplit_once('/').and_then(|(_, id)| Hash::from_hex(id)).map(Xid);
            let xid = xid.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, &key.0))?;
            self.add(&key, ENDED, (rows::parse(&key, &row)?, xid));
        }
        Ok(())
    }

    fn add(&mut self, key: &Key, table: &str, line: (Ended, Xid)) {
        self.lines.push(line);
        if self.lines.len() == COUNTED_MAX {
            self.next = key.0.strip_prefix(table).map(str::to_owned);
        }
    }
}
