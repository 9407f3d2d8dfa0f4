//! A copy of a party's database for backups, and the look through one that says whether it is whole.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use semper_base::{Fault, Hash};
use semper_driver::store::Archived;

use crate::fault::{OrFault as _, corrupt, of_io};
use crate::queries::{self, all, int, limit};
use crate::reader::SqliteReader;
use crate::{blobs, register, schema};

/// Archived objects, and blobs, that are looked at in one go.
const PAGE: usize = 256;

/// A blob that the database knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobFile {
    /// Its name, also that of its file.
    pub name: String,
    /// Bytes of its file that hold chunks.
    pub bytes: u64,
}

/// What [`SqliteReader::audit`] went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Objects of the archive, each in its place in the chain.
    pub archived: u64,
    /// Rows of the register, each found where it is looked for.
    pub registered: u64,
    /// Chunks that were read.
    pub chunks: u64,
}

impl SqliteReader {
    /// Copies the database as of one moment into a new file; a party that runs goes on meanwhile. Blobs are
    /// not in it: [`SqliteReader::blobs`] of the *copy* says which files to copy after it.
    pub fn copy_to(&self, file: &Path) -> Result<(), Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut copy = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).or_fault()?;
        copy.pragma_update(None, "synchronous", "OFF").or_fault()?;
        let backup = Backup::new(self.connection(), &mut copy).or_fault()?;
        // All pages in one step are one moment, and a writer's commits meanwhile do not begin it anew.
        if backup.step(-1).or_fault()? != StepResult::Done {
            return Err(Fault::new(semper_base::Code::Locked, "the database could not be copied"));
        }
        drop(backup);
        // One file, without a log beside it.
        copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).or_fault()?;
        copy.close().map_err(|(_, error)| crate::fault::of_sqlite(&error))?;
        std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(|error| of_io(file, &error))
    }

    /// The blobs after name `after` that have a file, in order, at most 256.
    pub fn blobs(&self, after: &str) -> Result<Vec<BlobFile>, Fault> {
        let sql = "SELECT name, idx, length FROM blob JOIN chunk ON chunk.blob = blob.id WHERE name > ?1
                   AND idx = (SELECT max(idx) FROM chunk WHERE blob = blob.id AND data IS NULL) ORDER BY name LIMIT ?2";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let rows: Vec<(String, u64, u64)> = all(self.connection(), sql, (after, limit(PAGE)), read)?;
        Ok(rows.into_iter().map(|(name, last, length)| BlobFile { name, bytes: blobs::end_of(last, length) }).collect())
    }

    /// The schema's version, which is this build's.
    pub fn schema_version(&self) -> usize {
        schema::VERSION
    }

    /// Goes through everything: SQLite's own check of the whole file, every link of the archive, every row of
    /// the register, every chunk of every blob. Takes as long as reading all of it does.
    ///
    /// # Errors
    /// `DatabaseCorrupt` says what is not as it was written.
    pub fn audit(&self) -> Result<Audit, Fault> {
        let db = self.connection();
        let answer: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).or_fault()?;
        if answer != "ok" {
            return Err(corrupt(&answer));
        }
        Ok(Audit { archived: self.audit_archive()?, registered: register::audit(db)?, chunks: self.audit_chunks()? })
    }

    fn audit_archive(&self) -> Result<u64, Fault> {
        let (mut link, mut number) = (Hash([0; 32]), 0_u64);
        loop {
            let page = self.archive("", number, PAGE)?;
            if page.is_empty() {
                break;
            }
            for object in page {
                link = Archived::link_after(&link, &object.record, object.at);
                if link != object.link || object.number != number.saturating_add(1) {
                    return Err(corrupt(&format!("archive: link {}", object.number)));
                }
                number = object.number;
            }
        }
        let status = self.status()?;
        let whole = (number, link) == (status.archived, status.link);
        if whole { Ok(number) } else { Err(corrupt("archive: its end is missing")) }
    }

    fn audit_chunks(&self) -> Result<u64, Fault> {
        let sql = "SELECT name, idx FROM blob JOIN chunk ON chunk.blob = blob.id
                   WHERE (name, idx) > (?1, ?2) ORDER BY name, idx LIMIT ?3";
        let (mut after, mut count) = ((String::new(), 0_u64), 0_u64);
        loop {
            let params = (&after.0, int(after.1), limit(PAGE));
            let page: Vec<(String, u64)> = all(self.connection(), sql, params, |row| Ok((row.get(0)?, row.get(1)?)))?;
            let Some(last) = page.last().cloned() else { return Ok(count) };
            for (blob, index) in page {
                let place = semper_base::tx::ChunkRef { blob, index };
                queries::chunk(self.connection(), self.blobs_folder(), &place)?;
                count = count.saturating_add(1);
            }
            after = last;
        }
    }
}
