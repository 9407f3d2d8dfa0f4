//! The one ZIP that a set of files has: stored, in the order of the names, every date 1980-01-01, no
//! extra field, no comment, nothing before, between or behind.
//!
//! The writer is a ZIP library with every choice made; a test pins its bytes, because packs must
//! verify for years. The reader follows the local headers only. What it overlooks (another date, a
//! comment, bytes between, a directory that says something else) the comparison with the files
//! packed again finds.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use semper_base::limits::{PACK_BYTES_MAX, PACK_MEMBERS_MAX};
use semper_base::{Code, Violation};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// Content by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Bytes of a local header before the name (APPNOTE 6.3.10, section 4.3.7).
const LOCAL: usize = 30;
/// Bytes of a directory entry before the name (section 4.3.12).
const ENTRY: usize = 46;
const LOCAL_MARK: &[u8] = b"PK\x03\x04";
/// What a violation names that lies in no file.
const DIRECTORY: &str = "the ZIP directory";

/// Packs. Refuses more files or bytes than a pack may have.
pub(crate) fn pack(files: &Files) -> Result<Vec<u8>, Violation> {
    if files.len() > PACK_MEMBERS_MAX {
        return Err(Violation::new(Code::TooMany, "files of the pack"));
    }
    let size: u64 = files.iter().map(|(name, content)| (name.len() * 2 + content.len() + LOCAL + ENTRY) as u64).sum();
    if size.saturating_add(22) > PACK_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "pack"));
    }
    let options = SimpleFileOptions::DEFAULT
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644)
        .system(System::Unix);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let failed = |_| Violation::new(Code::PackMalformed, name);
        writer.start_file(name, options).map_err(failed)?;
        writer.write_all(content).map_err(|_| Violation::new(Code::PackMalformed, name))?;
    }
    let done = writer.finish().map_err(|_| Violation::new(Code::PackMalformed, DIRECTORY))?;
    Ok(done.into_inner())
}

/// Unpacks what [`pack`] made and nothing else; a violation names the file that differs.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Files, Violation> {
    if bytes.len() as u64 > PACK_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "pack"));
    }
    let mut files = Files::new();
    let mut rest = bytes;
    while let Some((name, content, after)) = first_file(rest) {
        let in_order = files.last_key_value().is_none_or(|(last, _): (&String, _)| last.as_str() < name);
        if !in_order {
            return Err(Violation::new(Code::PackMalformed, format!("{name} is out of order or there twice")));
        }
        if files.len() >= PACK_MEMBERS_MAX {
            return Err(Violation::new(Code::TooMany, "files of the pack"));
        }
        files.insert(name.to_owned(), content.to_vec());
        rest = after;
    }
    let again = pack(&files)?;
    if again == bytes {
        return Ok(files);
    }
    let at = again.iter().zip(bytes).take_while(|(one, other)| one == other).count();
    Err(Violation::new(Code::PackMalformed, place(&files, at)))
}

/// (name, content, what follows)
fn first_file(bytes: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (header, rest) = bytes.split_at_checked(LOCAL)?;
    if !header.starts_with(LOCAL_MARK) {
        return None;
    }
    let size = u32::from_le_bytes(*header.get(18..)?.first_chunk()?);
    let name = u16::from_le_bytes(*header.get(26..)?.first_chunk()?);
    let (name, rest) = rest.split_at_checked(usize::from(name))?;
    let (content, rest) = rest.split_at_checked(usize::try_from(size).ok()?)?;
    Some((std::str::from_utf8(name).ok()?, content, rest))
}

/// The file that has the byte at `at` in the packed form.
fn place(files: &Files, at: usize) -> String {
    let mut end = 0;
    for (name, content) in files {
        end += LOCAL + name.len() + content.len();
        if at < end {
            return name.clone();
        }
    }
    match files.keys().next_back() {
        // The first header that could not be followed lies right behind the last one that could.
        Some(last) if at == end => format!("what follows {last}"),
        _ => DIRECTORY.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use semper_base::Hash;

    use super::*;

    fn files(list: &[(&str, &[u8])]) -> Files {
        list.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect()
    }

    /// Frozen: other bytes would make every pack ever written fail. The hash is that of the same two
    /// files as Python's zipfile writes them (version 10, Unix, mode 0644, 1980-01-01).
    #[test]
    fn the_form_does_not_change() {
        let bytes = pack(&files(&[("a.txt", b"abc"), ("b/c", b"")])).unwrap();
        assert_eq!(bytes.len(), 30 + 5 + 3 + 30 + 3 + 46 + 5 + 46 + 3 + 22);
        assert_eq!(&bytes[..30], b"PK\x03\x04\x0a\0\0\0\0\0\0\0\x21\0\xc2\x41\x24\x35\x03\0\0\0\x03\0\0\0\x05\0\0\0");
        assert_eq!(Hash::of(&bytes).short(), "2c55e356");
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let bytes = pack(&files(&[("a.txt", b"abc"), ("b/c", b"some more"), ("d", b"")])).unwrap();
        assert_eq!(unpack(&bytes).unwrap().len(), 3);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(unpack(&changed).is_err(), "byte {at} bit {bit}");
            }
            assert!(unpack(&bytes[..at]).is_err(), "cut at {at}");
        }
        assert_eq!(unpack(&[&bytes[..], b"\0"].concat()).unwrap_err().detail(), DIRECTORY);
    }

    #[test]
    fn a_changed_content_names_its_file() {
        let bytes = pack(&files(&[("a", b"one"), ("b", b"two"), ("c", b"three")])).unwrap();
        let at = bytes.windows(3).position(|part| part == b"two").unwrap();
        let mut changed = bytes.clone();
        changed[at] = b'x';
        assert_eq!(unpack(&changed).unwrap_err().detail(), "b");
    }

    proptest! {
        #[test]
        fn reads_back(list in proptest::collection::btree_map("[a-z]{1,6}(/[a-z.]{1,6})?", proptest::collection::vec(any::<u8>(), 0..50), 0..8)) {
            prop_assert_eq!(unpack(&pack(&list).unwrap()).unwrap(), list);
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), marked: bool) {
            let bytes = if marked { [LOCAL_MARK, &bytes].concat() } else { bytes };
            let _ = unpack(&bytes);
        }
    }
}
