-- Version 1. Small rows of ordered keys lie in their key's own tree (WITHOUT ROWID); tables whose
-- values are signed statements append to a row tree and keep a narrow index, so that a random key
-- dirties a page of short index entries instead of splitting pages of long values.

CREATE TABLE meta (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  clock      INTEGER NOT NULL, -- the latest time the party acted at, milliseconds
  commits    INTEGER NOT NULL, -- number of the last commit
  archived   INTEGER NOT NULL, -- number of the last archived object
  link       BLOB    NOT NULL, -- and its link
  recovering INTEGER NOT NULL, -- 1 from a restore until the operator's confirmation
  sent_base  INTEGER NOT NULL  -- sequence numbers of new peers begin after this
) STRICT;
INSERT INTO meta VALUES (1, 0, 0, 0, zeroblob(32), 0, 0);

CREATE TABLE row (
  key   TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;

CREATE TABLE register (
  xid   BLOB NOT NULL,
  slot  TEXT NOT NULL,
  value BLOB NOT NULL,
  UNIQUE (xid, slot)
) STRICT;
CREATE TRIGGER register_is_never_changed BEFORE UPDATE ON register
BEGIN SELECT RAISE(ABORT, 'register rows are written once'); END;
CREATE TRIGGER register_is_never_emptied BEFORE DELETE ON register
BEGIN SELECT RAISE(ABORT, 'register rows are kept for ever'); END;

-- What was sent to whom: the last number used, and how many messages wait.
CREATE TABLE peer (
  peer    BLOB    NOT NULL PRIMARY KEY,
  sent    INTEGER NOT NULL,
  waiting INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- In order of queueing: every message waits equally long, so the first is the first to expire.
CREATE TABLE outbox (
  number  INTEGER PRIMARY KEY,
  peer    BLOB    NOT NULL,
  seq     INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  body    BLOB    NOT NULL,
  blob    TEXT,    -- with idx: where the data of the message is
  idx     INTEGER,
  expires INTEGER NOT NULL,
  UNIQUE (peer, seq)
) STRICT;

CREATE TABLE inbox (
  peer BLOB    NOT NULL,
  seq  INTEGER NOT NULL,
  hash BLOB    NOT NULL,
  code INTEGER,            -- why it was rejected, if it was
  PRIMARY KEY (peer, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE timer (
  key TEXT    NOT NULL PRIMARY KEY,
  at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_at ON timer (at, key);

CREATE TABLE archive (
  number  INTEGER PRIMARY KEY,
  link    BLOB    NOT NULL,
  at      INTEGER NOT NULL,
  subject TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  need    TEXT    NOT NULL,
  expires INTEGER NOT NULL,
  bytes   BLOB    NOT NULL
) STRICT;
CREATE INDEX archive_subject ON archive (subject, number);
CREATE TRIGGER archive_is_never_changed BEFORE UPDATE ON archive
BEGIN SELECT RAISE(ABORT, 'archived objects are never changed'); END;
CREATE TRIGGER archive_is_never_emptied BEFORE DELETE ON archive
BEGIN SELECT RAISE(ABORT, 'archived objects are not deleted'); END;

-- Which chunks of which blob are there: a row each, because chunks come in order, a few per commit.
-- Appending twelve bytes beats rewriting a bitmap, and the row remembers the length.
CREATE TABLE blob (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE chunk (
  blob   INTEGER NOT NULL,
  idx    INTEGER NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (blob, idx)
) STRICT, WITHOUT ROWID;
