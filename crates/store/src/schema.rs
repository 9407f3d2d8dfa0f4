//! Versions of the schema and how a database moves from one to the next.

use rusqlite::Connection;
use semper_base::{Code, Fault};

use crate::fault::{OrFault as _, corrupt};

/// Marks the file as ours, in SQLite's header: "SMPR".
const APPLICATION_ID: i32 = 0x534d_5052;

/// Step `n` (from 0) makes version `n + 1` from version `n`. A released step is never edited.
const STEPS: [&str; 1] = [include_str!("schema/0001.sql")];

/// The version that this build reads and writes.
const VERSION: usize = STEPS.len();

/// What a file was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing was ever stored in it.
    Empty,
    /// A database of ours of this version, at most [`VERSION`].
    Version(usize),
}

/// Looks at a database's header. Refuses foreign files, damaged ones and newer versions.
pub(crate) fn look(db: &Connection) -> Result<Found, Fault> {
    let number = |pragma| db.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0)).or_fault();
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).or_fault()?;
    if (application, version, tables) == (0, 0, 0) {
        return Ok(Found::Empty);
    }
    if application != APPLICATION_ID {
        return Err(corrupt("semper.db is a database of another program"));
    }
    let version = usize::try_from(version).map_err(|_| corrupt("schema version"))?;
    if version > VERSION {
        let text = format!(
            "its schema has version {version}, this program knows up to {VERSION}: run the newer program again, \
             or restore the backup made before the update"
        );
        return Err(Fault::new(Code::DatabaseNewer, text));
    }
    Ok(Found::Version(version))
}

/// Refuses a database that a reader, which may not write, cannot read.
pub(crate) fn require_current(found: Found) -> Result<(), Fault> {
    match found {
        Found::Version(VERSION) => Ok(()),
        Found::Version(_) => Err(Fault::new(
            Code::DatabaseMissing,
            "it is of an older version: start the party once to bring it up to date",
        )),
        Found::Empty => Err(Fault::new(Code::DatabaseMissing, "it is empty")),
    }
}

/// Brings a database up to this build's version, one transaction per step.
pub(crate) fn migrate(db: &mut Connection, found: Found) -> Result<(), Fault> {
    let from = match found {
        Found::Empty => 0,
        Found::Version(version) => version,
    };
    for (step, sql) in (1_i32..).zip(STEPS).skip(from) {
        let transaction = db.transaction().or_fault()?;
        transaction.execute_batch(sql).or_fault()?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).or_fault()?;
        transaction.pragma_update(None, "user_version", step).or_fault()?;
        transaction.commit().or_fault()?;
    }
    Ok(())
}
