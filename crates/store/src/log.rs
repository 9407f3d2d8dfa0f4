//! Room in the write-ahead log before it is needed.
//!
//! To sync a file that has grown, the file system must write its own journal as well; to sync one that holds its
//! length, the data alone. Measured, that is half of a commit's time, both of the processor and of the disk. So the
//! log is made longer ahead of what is written to it. SQLite goes by checksums and by the salt of the log's
//! present round, never by the file's length: zeros are no frame, today or after a crash.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Room is made for at least so many bytes.
const STEP_BYTES_MIN: u64 = 64 << 10;
/// And for at most so many at once: whoever waits for that commit waits for these too.
const STEP_BYTES_MAX: u64 = 1 << 20;
const ZEROS: [u8; 1 << 14] = [0; 1 << 14];

/// The log's file. Opened for appending, so that it cannot write over anything.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    /// Where the room ends that was made.
    end: u64,
    most: u64,
}

impl Log {
    /// Of the log at `path`, which is there already. Room is made up to `most` bytes.
    pub(crate) fn open(path: &Path, most: u64) -> io::Result<Log> {
        Ok(Log { file: OpenOptions::new().append(true).open(path)?, end: 0, most })
    }

    /// Makes room if the log has outgrown it: as much again as it has, within bounds. To be called after a commit.
    /// Where that fails the log grows by itself, or the disk is full and the next commit says so.
    pub(crate) fn make_room(&mut self) {
        let Ok(length) = self.file.metadata().map(|data| data.len()) else { return };
        if length <= self.end || length >= self.most {
            self.end = self.end.min(length);
            return;
        }
        let due = length.saturating_add(length.clamp(STEP_BYTES_MIN, STEP_BYTES_MAX)).min(self.most);
        self.end = length;
        while self.end < due {
            let bytes = usize::try_from(due - self.end).unwrap_or(ZEROS.len()).min(ZEROS.len());
            let Ok(written) = self.file.write(ZEROS.get(..bytes).unwrap_or(&ZEROS)) else { return };
            if written == 0 {
                return;
            }
            self.end = self.end.saturating_add(written as u64);
        }
    }
}
