//! The head file: the number of the last commit, kept outside the database.
//!
//! A database that was put back from a copy looks healthy, yet it has forgotten what was signed
//! since: its party would sign the opposite, and use sequence numbers twice. The head file gives the
//! copy away, because it is not in the directory that people copy. It is written after every COMMIT
//! and before anything is sent, without a sync: killing the process loses nothing of it, and a power
//! failure can only leave it behind the database, which is harmless.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use semper_base::Fault;

use crate::fault;

/// Digits of the number and a line feed: one write within one sector.
const LENGTH: usize = 21;

/// An open head file.
#[derive(Debug)]
pub(crate) struct Head {
    path: PathBuf,
    file: File,
}

/// What a head file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// There is none.
    Nothing,
    /// It cannot be read as a number.
    Garbage,
    /// The last commit had this number.
    Commit(u64),
}

/// Reads the head file without opening it for writing.
pub(crate) fn read(path: &Path) -> Result<Says, Fault> {
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(LENGTH as u64 + 1).read_to_string(&mut text)) {
        Ok(_) => Ok(parse(&text).map_or(Says::Garbage, Says::Commit)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Says::Nothing),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Says::Garbage),
        Err(error) => Err(fault::of_io(path, &error)),
    }
}

/// The commit that a head file speaks of, if there is one that can be read.
///
/// # Errors
/// `Disk` if it is there and cannot be looked at.
pub fn head_number(path: &Path) -> Result<Option<u64>, Fault> {
    Ok(match read(path)? {
        Says::Commit(number) => Some(number),
        Says::Nothing | Says::Garbage => None,
    })
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('\n')?;
    let all = digits.len() == LENGTH - 1 && digits.bytes().all(|b| b.is_ascii_digit());
    if all { digits.parse().ok() } else { None }
}

impl Head {
    /// Opens the file, makes it say `number`, and makes sure that the file itself survives a power failure.
    pub(crate) fn open(path: &Path, number: u64) -> Result<Self, Fault> {
        let at = |error: io::Error| fault::of_io(path, &error);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(at)?;
        let head = Head { path: path.to_owned(), file };
        head.write(number)?;
        head.file.set_len(LENGTH as u64).and_then(|()| head.file.sync_all()).map_err(at)?;
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent).and_then(|directory| directory.sync_all()).map_err(at)?;
        }
        Ok(head)
    }

    /// Makes the file say `number`.
    pub(crate) fn write(&self, number: u64) -> Result<(), Fault> {
        let line = format!("{number:020}\n");
        self.file.write_all_at(line.as_bytes(), 0).map_err(|error| fault::of_io(&self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_its_own_form() {
        assert_eq!(parse("00000000000000000042\n"), Some(42));
        for bad in [
            "",
            "42\n",
            "00000000000000000042",
            "99999999999999999999\n",
            "0000000000000000004x\n",
            "+0000000000000000042\n",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
