//! What lies in a backup: a tar archive of `manifest.json`, `semper.db`, `semper.toml` if there is one, and
//! `blobs/NAME`, in this order. Ordinary tools read it once it is unlocked.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use semper_base::{Code, Error, Hash, Misuse, Timestamp, json};
use semper_driver::store::blob_name_is_plain;
use semper_store::{BLOBS_FOLDER, DATABASE_FILE};
use serde::{Deserialize, Serialize};

use super::seal::stream_fault;

/// The first member.
const MANIFEST: &str = "manifest.json";
/// Version of the layout.
pub(super) const VERSION: u64 = 1;
/// Largest manifest, in bytes.
const MANIFEST_BYTES_MAX: u64 = 64 << 10;

/// What a backup says of itself; `verify` compares it with what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Of this layout.
    pub(crate) version: u64,
    /// When it was made, by the clock of the machine.
    pub(crate) made: Timestamp,
    /// Which program made it.
    pub(crate) program: String,
    /// The party's role, if it is registered.
    pub(crate) role: Option<String>,
    /// The party's name, if it is registered.
    pub(crate) name: Option<String>,
    /// The last commit.
    pub(crate) commits: u64,
    /// What the head file said, if there was one.
    pub(crate) head: Option<u64>,
    /// The latest time that the party acted at.
    pub(crate) clock: Timestamp,
    /// The schema's version.
    pub(crate) schema: u64,
    /// Objects in the archive, and the link of the last.
    pub(crate) archived: u64,
    /// See `archived`.
    pub(crate) link: Hash,
    /// Files with large content.
    pub(crate) blobs: u64,
}

/// A file that goes into a backup.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// Writes the archive; says how many bytes the members had.
pub(super) fn write<W: Write>(into: W, manifest: &Manifest, members: &[Member]) -> Result<(W, u64), io::Error> {
    let mut tar = tar::Builder::new(into);
    tar.mode(tar::HeaderMode::Deterministic);
    tar.sparse(false);
    let text = serde_json::to_vec(manifest)?;
    let mut header = tar::Header::new_ustar();
    header.set_size(text.len() as u64);
    header.set_mode(0o600);
    header.set_cksum();
    tar.append_data(&mut header, MANIFEST, text.as_slice())?;
    let mut bytes = 0_u64;
    for member in members {
        let mut file = File::open(&member.path)?;
        bytes = bytes.saturating_add(file.metadata()?.len());
        tar.append_file(&member.name, &mut file)?;
    }
    Ok((tar.into_inner()?, bytes))
}

/// Unpacks into `folder`, which is private and empty. Only what [`write`] writes is taken.
pub(super) fn read(from: impl Read, folder: &Path, path: &Path) -> Result<Manifest, Error> {
    let wrong = |what: &str| Misuse::new(Code::FileWrong, format!("{}: {what}", path.display()));
    let broken = |e: io::Error| stream_fault(path, &e);
    let mut tar = tar::Archive::new(from);
    let mut entries = tar.entries().map_err(broken)?;
    let mut first = entries.next().ok_or_else(|| wrong("it is empty"))?.map_err(broken)?;
    if first.path_bytes().as_ref() != MANIFEST.as_bytes() || first.size() > MANIFEST_BYTES_MAX {
        return Err(wrong("this is no backup of a party").into());
    }
    let mut text = Vec::new();
    first.read_to_end(&mut text).map_err(broken)?;
    let manifest: Manifest = json::read(&text).map_err(|e| wrong(&format!("manifest: {e}")))?;
    if manifest.version != VERSION {
        return Err(wrong("a later program made it; use that one").into());
    }
    std::fs::create_dir(folder.join(BLOBS_FOLDER)).map_err(broken)?;
    for entry in entries {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.into_owned();
        if !is_ours(&name) || !entry.header().entry_type().is_file() {
            return Err(wrong("it holds a file that no backup has").into());
        }
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(folder.join(&name));
        let mut file = file.map_err(broken)?;
        io::copy(&mut entry, &mut file).map_err(broken)?;
        file.sync_all().map_err(broken)?;
    }
    // The end of the locked stream is what shows that nothing was cut off.
    let mut rest = tar.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(broken)?;
    if folder.join(DATABASE_FILE).is_file() { Ok(manifest) } else { Err(wrong("it holds no database").into()) }
}

fn is_ours(name: &Path) -> bool {
    let parts: Vec<&str> = name
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str().unwrap_or("/"),
            _ => "/",
        })
        .collect();
    match parts.as_slice() {
        [name] => [DATABASE_FILE, crate::settings::FILE].contains(name),
        [folder, name] => *folder == BLOBS_FOLDER && blob_name_is_plain(name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_unpacked() {
        for good in ["semper.db", "semper.toml", "blobs/a-1"] {
            assert!(is_ours(Path::new(good)), "{good}");
        }
        for bad in ["/etc/passwd", "../semper.db", "blobs/../semper.db", "blobs/A", "lock", "", "blobs", "blobs/a/b"] {
            assert!(!is_ours(Path::new(bad)), "{bad}");
        }
    }
}
