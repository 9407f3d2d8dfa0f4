-- Version 4. What is small and changes with nearly every commit stood in six trees: where the party stands, its peers'
-- queues, what was taken from them, timers by key and by time, where a queued message is; and an index over the archive.
-- Each of them cost each commit a page. In one tree, as long as it is small, they share one or two. Timers and places
-- in the archive are moved by the program, between this and 0004-after.sql.

CREATE TABLE state (
  kind  INTEGER NOT NULL, -- see src/state.rs
  name  BLOB    NOT NULL, -- a peer, a timer's key, or a time and a timer's key
  seq   INTEGER NOT NULL, -- number of a message, else 0
  one   INTEGER,
  two   INTEGER,
  three INTEGER,
  hash  BLOB,
  PRIMARY KEY (kind, name, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO state SELECT 1, x'', 0, clock, commits, archived, link FROM meta;
INSERT INTO state (kind, name, seq, one, two) SELECT 2, peer, 0, sent, waiting FROM peer;
INSERT INTO state (kind, name, seq, one) SELECT 5, peer, seq, number FROM outbox;
INSERT INTO state (kind, name, seq, one, hash) SELECT 6, peer, seq, code, hash FROM inbox;

CREATE TABLE queued (
  number  INTEGER PRIMARY KEY,
  peer    BLOB    NOT NULL,
  seq     INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  body    BLOB    NOT NULL,
  blob    TEXT,
  idx     INTEGER,
  expires INTEGER NOT NULL
) STRICT;
INSERT INTO queued SELECT number, peer, seq, kind, body, blob, idx, expires FROM outbox;
