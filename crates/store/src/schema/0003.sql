-- Version 3. A small chunk lies in its row instead of a file: a file of its own costs its making and two syncs.
-- What older programs wrote stays where it is.

ALTER TABLE chunk ADD COLUMN data BLOB; -- the chunk, unless it lies in the blob's file
