//! What SQLite and the file system say, as the codes that operators and tests see.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;
use semper_base::Fault;
use semper_base::code::Code;

/// The fault that an error of SQLite is. Its text never holds stored values.
pub(crate) fn of_sqlite(error: &rusqlite::Error) -> Fault {
    use rusqlite::Error as E;
    let code = match error {
        E::SqliteFailure(inner, _) => match inner.code {
            ErrorCode::DiskFull => Code::DiskFull,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Code::DatabaseCorrupt,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Code::Locked,
            _ => Code::Disk,
        },
        // A column that is not what the schema says.
        E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::InvalidColumnType(..)
        | E::Utf8Error(..) => Code::DatabaseCorrupt,
        _ => Code::Disk,
    };
    Fault::new(code, error.to_string())
}

/// The fault that an error of the file system is.
pub(crate) fn of_io(path: &Path, error: &io::Error) -> Fault {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Code::DiskFull,
        _ => Code::Disk,
    };
    Fault::new(code, format!("{}: {error}", path.display()))
}

/// A database that holds what this program never writes.
pub(crate) fn corrupt(what: &str) -> Fault {
    Fault::new(Code::DatabaseCorrupt, what)
}

/// Shorthand for results of SQLite.
pub(crate) trait OrFault<T> {
    fn or_fault(self) -> Result<T, Fault>;
}

impl<T> OrFault<T> for Result<T, rusqlite::Error> {
    fn or_fault(self) -> Result<T, Fault> {
        self.map_err(|error| of_sqlite(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_full_damaged_and_broken_apart() {
        let of = |number| of_sqlite(&rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(number), None)).code();
        // Primary and extended result codes of SQLite (sqlite.org/rescode.html).
        assert_eq!(of(13), Code::DiskFull);
        assert_eq!(of(11), Code::DatabaseCorrupt);
        assert_eq!(of(26), Code::DatabaseCorrupt);
        assert_eq!(of(0x040a), Code::Disk);
        assert_eq!(of(5), Code::Locked);
        assert_eq!(of_io(Path::new("x"), &io::ErrorKind::StorageFull.into()).code(), Code::DiskFull);
    }
}
