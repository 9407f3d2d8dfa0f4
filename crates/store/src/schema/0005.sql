-- Version 5. A register's row was found by an index of its own, so that a decision changed a page of that index and, for what the
-- archive keeps of the same exchange, a page of `state`: among many others two pages that nothing else of the batch
-- needs. Both are in `state` now, side by side. The register is only appended to, as the archive is; that a slot is
-- written once is the key of `state`. The places are noted by the program, after this.

CREATE TABLE appended (
  number INTEGER PRIMARY KEY,
  xid    BLOB NOT NULL,
  slot   TEXT NOT NULL,
  value  BLOB NOT NULL
) STRICT;
INSERT INTO appended SELECT rowid, xid, slot, value FROM register ORDER BY rowid;
DROP TABLE register;
ALTER TABLE appended RENAME TO register;
CREATE TRIGGER register_is_never_changed BEFORE UPDATE ON register
BEGIN SELECT RAISE(ABORT, 'register rows are written once'); END;
CREATE TRIGGER register_is_never_emptied BEFORE DELETE ON register
BEGIN SELECT RAISE(ABORT, 'register rows are kept for ever'); END;

-- Of these columns only a commit's own row changes `three`, so that queues and timers pay nothing for the guard.
CREATE TRIGGER place_is_never_changed BEFORE UPDATE OF kind, name, seq, three ON state WHEN OLD.kind = 7
BEGIN SELECT RAISE(ABORT, 'places are written once'); END;
CREATE TRIGGER place_is_never_emptied BEFORE DELETE ON state WHEN OLD.kind = 7
BEGIN SELECT RAISE(ABORT, 'places are kept for ever'); END;
