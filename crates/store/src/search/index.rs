//! The index itself, on SQLite's FTS5.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use semper_base::Fault;

use super::words::{fold, sought, with_beginnings, words};
use super::{Document, Field, HITS_MAX, Hit, Hits, OFFSET_MAX, Query, terms};
use crate::fault::OrFault as _;
use crate::open::connect;
use crate::queries::{int, limit};

/// The index's name in the data directory.
const INDEX_FILE: &str = "search.db";
/// Goes up when the tables below change: an index of another format is made anew.
const FORMAT: i32 = 2;
/// Page cache, in KiB (SQLite counts negative numbers so).
const CACHE_KIB: i64 = -1024;
/// Most documents that are ranked: where more than these fit, the words say too little to find anything,
/// and the first that fit, by number, are ranked among each other.
const RANKED_MAX: usize = 20_000;
/// Documents in one transaction.
const BATCH: usize = 1000;

/// `doc` is kept in the order of ids, so that it can be compared with its source without sorting. What
/// buyers see has numbers from 1 up, what they do not see from -1 down: so the most usual filter costs
/// nothing. The full text keeps no copy of what it indexes. `flags` holds words for filters: they are met
/// with the others in one pass.
const SCHEMA: &str = "
CREATE TABLE mark (value INTEGER NOT NULL) STRICT;
INSERT INTO mark VALUES (0);
CREATE TABLE doc (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, changed INTEGER NOT NULL,
    title TEXT NOT NULL, brand TEXT NOT NULL, category TEXT NOT NULL, options TEXT NOT NULL, numbers TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE words USING fts5(
    title, numbers, options, brand, category, description, flags,
    content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'
);
";

/// What a word is worth in each column of `words`.
const WEIGHTS: &str = "10.0, 8.0, 5.0, 4.0, 3.0, 1.0, 0.0";

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Documents that were added or written anew.
    pub written: u64,
    /// Documents that are gone.
    pub removed: u64,
}

/// A connection to an index.
#[derive(Debug)]
pub struct Index {
    db: Connection,
    path: PathBuf,
}

/// The documents after an id, in the order of their ids, a few at a time, and nothing at the end.
pub type Source<'a> = &'a mut dyn FnMut(Option<&str>) -> Result<Vec<Document>, Fault>;

impl Index {
    /// Opens the index in `directory` for writing; makes it if there is none, if it has another format or
    /// if it is damaged.
    pub fn open(directory: &Path) -> Result<Self, Fault> {
        let path = directory.join(INDEX_FILE);
        if let Ok(Some(index)) = Self::open_existing(&path) {
            return Ok(index);
        }
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            match std::fs::remove_file(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(crate::fault::of_io(&path, &error));
                }
                _ => {}
            }
        }
        let db = writing(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        db.execute_batch(SCHEMA).or_fault()?;
        db.pragma_update(None, "user_version", FORMAT).or_fault()?;
        Ok(Index { db, path })
    }

    fn open_existing(path: &Path) -> Result<Option<Self>, Fault> {
        if !path.is_file() {
            return Ok(None);
        }
        let db = writing(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let format: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).or_fault()?;
        let index = Index { db, path: path.to_owned() };
        index.mark()?;
        Ok((format == FORMAT).then_some(index))
    }

    /// Opens the index in `directory` for queries alone; none if there is none yet.
    pub fn open_read_only(directory: &Path) -> Result<Option<Self>, Fault> {
        let path = directory.join(INDEX_FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let db = small(connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?;
        let format: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).or_fault()?;
        Ok((format == FORMAT).then_some(Index { db, path }))
    }

    /// The version of the source that this index was last made from; 0 if it never was, or not to the end.
    pub fn mark(&self) -> Result<u64, Fault> {
        self.db.query_row("SELECT value FROM mark", [], |row| row.get(0)).or_fault()
    }

    /// Brings the index up to `mark`. `source` gives the documents after an id, in the order of their ids,
    /// a few at a time, and nothing at the end. Only what changed is written. Queries may run meanwhile and
    /// see some of it.
    pub fn update(&mut self, mark: u64, source: Source<'_>) -> Result<Changes, Fault> {
        self.set_mark(0)?;
        // Reads one moment of the index while the other connection writes to it.
        let before = small(connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?;
        let mut known = before.prepare("SELECT id, number, changed FROM doc ORDER BY id").or_fault()?;
        let mut known = known.query([]).or_fault()?;
        let mut next = next_known(&mut known)?;
        let (mut changes, mut after) = (Changes::default(), None::<String>);
        loop {
            let page = source(after.as_deref())?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            let mut batch = Batch::new(&mut self.db)?;
            for document in &page {
                // What the source passes over is gone.
                while let Some(gone) = next.take_if(|known| known.id < document.id) {
                    changes.removed += batch.remove(gone.number)?;
                    next = next_known(&mut known)?;
                }
                let old = next.take_if(|known| known.id == document.id);
                let number = old.as_ref().map(|old| old.number);
                if old.is_none_or(|old| old.changed != document.changed) {
                    changes.written += batch.write(document, number)?;
                }
                if number.is_some() {
                    next = next_known(&mut known)?;
                }
            }
            batch.commit()?;
        }
        while let Some(gone) = next {
            let mut batch = Batch::new(&mut self.db)?;
            changes.removed += batch.remove(gone.number)?;
            next = next_known(&mut known)?;
            while let (true, Some(gone)) = (batch.writes < BATCH, &next) {
                changes.removed += batch.remove(gone.number)?;
                next = next_known(&mut known)?;
            }
            batch.commit()?;
        }
        self.set_mark(mark)?;
        Ok(changes)
    }

    fn set_mark(&self, mark: u64) -> Result<(), Fault> {
        self.db.execute("UPDATE mark SET value = ?1", [int(mark)]).or_fault().map(|_| ())
    }

    /// What fits, best first.
    pub fn query(&self, query: &Query) -> Result<Hits, Fault> {
        let terms = terms(&query.text);
        let (count, offset) = (query.limit.min(HITS_MAX), query.offset.min(OFFSET_MAX));
        let expression = expression(&terms, query.kind.as_deref());
        let seen = seen(query.published);
        let read = |row: &rusqlite::Row<'_>| {
            let hit = Found {
                id: row.get(0)?,
                score: row.get(1)?,
                texts: [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?],
            };
            Ok(hit)
        };
        let found: Vec<Found> = if expression.is_empty() {
            // By number where only some are listed: a look at each would be needed to list them by id.
            let order = if query.published.is_some() { "number" } else { "id" };
            let sql =
                format!("SELECT id, 0.0, '', '', '', '', '' FROM doc WHERE {seen} ORDER BY {order} LIMIT ?1 OFFSET ?2");
            crate::queries::all(&self.db, &sql, (limit(count + 1), limit(offset)), read)?
        } else {
            let score = if terms.is_empty() { "0.0".to_owned() } else { format!("bm25(words, {WEIGHTS})") };
            // Ranked first, and only the few that are shown are looked up.
            let sql = format!(
                "SELECT doc.id, -best.score, doc.title, doc.numbers, doc.options, doc.brand, doc.category FROM
                 (SELECT number, score FROM
                  (SELECT rowid AS number, {score} AS score FROM words WHERE words MATCH ?1 AND {seen}
                   LIMIT {RANKED_MAX})
                  ORDER BY score, number LIMIT ?2 OFFSET ?3) AS best
                 JOIN doc ON doc.number = best.number ORDER BY best.score, best.number",
                seen = seen.replace("number", "rowid"),
            );
            crate::queries::all(&self.db, &sql, (expression, limit(count + 1), limit(offset)), read)?
        };
        let more = found.len() > count;
        let hits = found.into_iter().take(count).map(|found| found.hit(&terms)).collect();
        Ok(Hits { hits, more })
    }
}

/// A row of a ranked answer.
struct Found {
    id: String,
    score: f64,
    /// Title, numbers, options, brand, category.
    texts: [String; 5],
}

impl Found {
    fn hit(self, terms: &[String]) -> Hit {
        let fields = [Field::Title, Field::Numbers, Field::Options, Field::Brand, Field::Category];
        let holds = |text: &String| {
            let text = fold(text);
            words(&text).any(|word| terms.iter().any(|term| word.starts_with(term.as_str())))
        };
        let field = fields.into_iter().zip(&self.texts).find(|(_, text)| holds(text)).map(|(field, _)| field);
        let field = (!terms.is_empty()).then(|| field.unwrap_or(Field::Description));
        Hit { id: self.id, field, score: self.score }
    }
}

/// The numbers of what is to be found: see `SCHEMA`.
fn seen(published: Option<bool>) -> &'static str {
    match published {
        None => "TRUE",
        Some(true) => "number > 0",
        Some(false) => "number < 0",
    }
}

/// The word of the column `flags` for how something is delivered.
fn flag(kind: &str) -> String {
    format!("kind{}", words(&fold(kind)).collect::<String>())
}

/// What FTS5 is asked: every word, perhaps longer than it was typed. The beginning of a word stands in almost
/// every running text, so it is looked for in the short texts alone.
fn expression(terms: &[String], kind: Option<&str>) -> String {
    let terms =
        terms.iter().map(|term| format!("{{title numbers options brand category description}} : {}", sought(term)));
    let flag = kind.map(|kind| format!("flags : \"{}\"", flag(kind)));
    terms.chain(flag).collect::<Vec<_>>().join(" AND ")
}

struct Known {
    id: String,
    number: i64,
    changed: u64,
}

fn next_known(rows: &mut rusqlite::Rows<'_>) -> Result<Option<Known>, Fault> {
    let Some(row) = rows.next().or_fault()? else { return Ok(None) };
    let read = || Ok(Known { id: row.get(0)?, number: row.get(1)?, changed: row.get(2)? });
    read().or_fault().map(Some)
}

/// One transaction of an update.
struct Batch<'a> {
    transaction: rusqlite::Transaction<'a>,
    writes: usize,
}

impl<'a> Batch<'a> {
    fn new(db: &'a mut Connection) -> Result<Self, Fault> {
        Ok(Batch { transaction: db.transaction().or_fault()?, writes: 0 })
    }

    fn write(&mut self, document: &Document, number: Option<i64>) -> Result<u64, Fault> {
        self.writes += 1;
        if let Some(number) = number {
            self.remove(number)?;
        }
        let db = &self.transaction;
        let Document { id, title, brand, category, options, numbers, description, published, kind, changed } = document;
        let mut insert = db
            .prepare_cached(
                "INSERT INTO doc (number, id, changed, title, brand, category, options, numbers) VALUES (
                   iif(?1, max(0, ifnull((SELECT max(number) FROM doc), 0)) + 1,
                           min(0, ifnull((SELECT min(number) FROM doc), 0)) - 1),
                   ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING number",
            )
            .or_fault()?;
        let values = (*published, id, int(*changed), title, brand, category, options, numbers);
        let number: i64 = insert.query_row(values, |row| row.get(0)).or_fault()?;
        let mut insert = db
            .prepare_cached(
                "INSERT INTO words (rowid, title, numbers, options, brand, category, description, flags)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )
            .or_fault()?;
        let numbers = format!("{numbers} {id}");
        let [title, numbers, options, brand, category] =
            [title, &numbers, options, brand, category].map(|text| with_beginnings(&fold(text)));
        let values = (number, title, numbers, options, brand, category, fold(description), flag(kind));
        insert.execute(values).or_fault()?;
        Ok(1)
    }

    fn remove(&mut self, number: i64) -> Result<u64, Fault> {
        self.writes += 1;
        crate::queries::run(&self.transaction, "DELETE FROM words WHERE rowid = ?1", [number])?;
        crate::queries::run(&self.transaction, "DELETE FROM doc WHERE number = ?1", [number])?;
        Ok(1)
    }

    fn commit(self) -> Result<(), Fault> {
        self.transaction.commit().or_fault()
    }
}

fn small(db: Connection) -> Result<Connection, Fault> {
    db.pragma_update(None, "cache_size", CACHE_KIB).or_fault()?;
    Ok(db)
}

/// What is lost can be made anew, so nothing waits for the disk.
fn writing(path: &Path, flags: OpenFlags) -> Result<Connection, Fault> {
    let db = small(connect(path, flags)?)?;
    let _: Option<String> =
        db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).optional().or_fault()?;
    db.pragma_update(None, "synchronous", "OFF").or_fault()?;
    db.pragma_update(None, "temp_store", "MEMORY").or_fault()?;
    Ok(db)
}
