//! Large content in files beside the database: one file per blob, one slot per chunk. Small chunks lie in rows.
//!
//! A slot holds the chunk's length (4 bytes, big endian) and the chunk. The database says which
//! slots count. Bytes are written while the transaction runs and synced before its COMMIT, so a
//! crash between the two leaves bytes that nothing refers to, and the next write goes over them.
//! A dropped blob's file is removed after COMMIT. What a crash left is removed at the next opening.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use semper_base::limits::CHUNK_SLOT_BYTES;
use semper_base::tx::ChunkRef;
use semper_base::{Code, Fault};
use semper_driver::store::blob_name_is_plain;

use crate::fault;

const LENGTH_BYTES: usize = 4;
/// Distance between two slots; what a chunk leaves free of its slot is a hole in the file.
const SLOT: u64 = (CHUNK_SLOT_BYTES + LENGTH_BYTES) as u64;
/// Files that one transaction holds open; with one more it syncs and closes them all.
const OPEN_FILES_MAX: usize = 64;

/// Reads a chunk that the database says is there with this length.
pub(crate) fn read(folder: &Path, place: &ChunkRef, length: usize) -> Result<Vec<u8>, Fault> {
    let path = folder.join(&place.blob);
    let file = File::open(&path).map_err(|error| lost_or_io(&path, place, &error))?;
    read_slot(&file, place, length).map_err(|error| lost_or_io(&path, place, &error))
}

/// Removes files that nothing refers to any more. One that stays costs room until the next opening.
pub(crate) fn remove(folder: &Path, names: &BTreeSet<String>) {
    for name in names {
        let _ = std::fs::remove_file(folder.join(name));
    }
}

/// Removes every file of the folder of which `is_known` knows nothing.
pub(crate) fn sweep(folder: &Path, is_known: impl Fn(&str) -> Result<bool, Fault>) -> Result<(), Fault> {
    for entry in std::fs::read_dir(folder).map_err(|error| fault::of_io(folder, &error))? {
        let entry = entry.map_err(|error| fault::of_io(folder, &error))?;
        let name = entry.file_name();
        let ours = name.to_str().filter(|name| blob_name_is_plain(name));
        if let Some(name) = ours.filter(|_| entry.file_type().is_ok_and(|kind| kind.is_file()))
            && !is_known(name)?
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Where a file ends whose last chunk is this one.
pub(crate) fn end_of(index: u64, length: u64) -> u64 {
    index.saturating_mul(SLOT).saturating_add(LENGTH_BYTES as u64).saturating_add(length)
}

fn read_slot(file: &File, place: &ChunkRef, length: usize) -> io::Result<Vec<u8>> {
    let mut slot = vec![0; LENGTH_BYTES.saturating_add(length)];
    file.read_exact_at(&mut slot, place.index.saturating_mul(SLOT))?;
    let bytes = slot.split_off(LENGTH_BYTES);
    let written = <[u8; LENGTH_BYTES]>::try_from(slot).map(u32::from_be_bytes);
    if written.map(u64::from) == Ok(length as u64) { Ok(bytes) } else { Err(io::ErrorKind::InvalidData.into()) }
}

fn lost_or_io(path: &Path, place: &ChunkRef, error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => Fault::new(
            Code::DatabaseCorrupt,
            format!("chunk {} of {} is not what was written; restore it from a backup", place.index, path.display()),
        ),
        _ => fault::of_io(path, error),
    }
}

/// The files that one transaction wrote to.
#[derive(Debug, Default)]
pub(crate) struct Written {
    files: BTreeMap<String, File>,
    created: bool,
}

impl Written {
    /// Writes a chunk into its slot. The caller has checked name, index and length.
    pub(crate) fn write(&mut self, folder: &Path, place: &ChunkRef, bytes: &[u8]) -> Result<(), Fault> {
        let path = folder.join(&place.blob);
        let length = u32::try_from(bytes.len()).map_err(|_| Fault::new(Code::TooLarge, "chunk"))?;
        let mut slot = Vec::with_capacity(LENGTH_BYTES.saturating_add(bytes.len()));
        slot.extend(length.to_be_bytes());
        slot.extend_from_slice(bytes);
        let open = self.files.remove(&place.blob);
        if open.is_none() && self.files.len() >= OPEN_FILES_MAX {
            self.sync(folder)?;
            self.files.clear();
        }
        let file = open.map_or_else(|| self.open(&path), Ok)?;
        let wrote = file.write_all_at(&slot, place.index.saturating_mul(SLOT));
        self.files.insert(place.blob.clone(), file);
        wrote.map_err(|error| fault::of_io(&path, &error))
    }

    fn open(&mut self, path: &Path) -> Result<File, Fault> {
        let mut options = OpenOptions::new();
        match options.write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.created = true;
                options.create(true).truncate(false).open(path)
            }
            result => result,
        }
        .map_err(|error| fault::of_io(path, &error))
    }

    /// Makes all that was written survive a power failure.
    pub(crate) fn sync(&self, folder: &Path) -> Result<(), Fault> {
        let files = self.files.values().try_for_each(File::sync_data);
        let names = if self.created { File::open(folder).and_then(|f| f.sync_all()) } else { Ok(()) };
        files.and(names).map_err(|error| fault::of_io(folder, &error))
    }
}
