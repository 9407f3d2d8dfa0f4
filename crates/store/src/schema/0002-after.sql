CREATE INDEX archive_place ON archive (subject, mark);
CREATE TRIGGER archive_is_never_changed BEFORE UPDATE ON archive
BEGIN SELECT RAISE(ABORT, 'archived objects are never changed'); END;
