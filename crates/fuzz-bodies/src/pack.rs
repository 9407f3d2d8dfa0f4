//! The evidence pack: its reader and its verifier. Packs come as bytes, or as edits of a good pack whose
//! index and side files are made to fit again, as an exporter with every key could.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use semper_base::{Hash, bytes, json};
use semper_blocks::certificate::Root;
use semper_blocks::statement::Compact;
use semper_commerce::dispute::{read, verify};
use semper_support::crypto::Ideal;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use crate::clear::{clear, spell};
use crate::gullible::Gullible;
use crate::input::Input;

/// A pack of a simulated deal.
const PACK: &[u8] = include_bytes!("../fixtures/pack.zip");
/// The root of that deal's market.
const ROOT: &[u8] = include_bytes!("../fixtures/root.der");
/// Changes to one pack.
const EDITS_MAX: usize = 8;

type Files = BTreeMap<String, Vec<u8>>;

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    if input.flag() {
        let mut files = files(PACK);
        for _ in 0..EDITS_MAX {
            if input.is_empty() {
                break;
            }
            edit(&mut files, &mut input);
        }
        index(&mut files);
        look(&pack(&files));
    } else {
        look(input.rest());
    }
}

fn look(pack: &[u8]) {
    let gullible = Gullible::new();
    let Ok(found) = read(pack, &gullible) else { return };
    assert!(read(pack, &Ideal::new(0)).is_err(), "nothing here was signed by an ideal key");
    let root = Root::read(ROOT, &gullible).expect("the fixture is in order");
    let report = verify(&found, &root, &gullible);
    assert!(serde_json::to_string(&report).is_ok(), "a report is JSON");
    assert!(!report.to_string().is_empty());
    let honest = verify(&found, &root, &Ideal::new(0));
    assert!(!honest.is_sound(), "believed without a signature");
}

/// One change: a file is gone, changed in one place, or has other content, which is given in clear.
fn edit(files: &mut Files, input: &mut Input<'_>) {
    let names: Vec<String> = files.keys().cloned().collect();
    let at = input.below(names.len());
    let Some(name) = names.get(at) else { return };
    match input.byte() % 4 {
        0 => {
            files.remove(name);
        }
        1 => {
            let (place, change) = (usize::from(input.short()), input.byte());
            let mut content = clear(&files[name]);
            let length = content.len().max(1);
            if let Some(byte) = content.get_mut(place % length) {
                *byte ^= change;
            }
            put(files, name, &content);
        }
        2 => put(files, name, input.piece()),
        _ => {
            let name = String::from_utf8_lossy(input.piece()).into_owned();
            let content = input.piece();
            if !name.is_empty() {
                put(files, &name, content);
            }
        }
    }
}

/// Puts a file, and for a statement what lies beside it.
fn put(files: &mut Files, name: &str, content: &[u8]) {
    let is_statement = name.strip_suffix(".jws").is_some();
    // A statement's file is no JSON string, so that its clear form stands in quotes for a moment.
    let quoted = if is_statement { [b"\"", content, b"\""].concat() } else { content.to_vec() };
    let spelled = spell(&quoted, &|_, _| [1; 64]);
    let spelled = if is_statement { spelled[1..spelled.len() - 1].to_vec() } else { spelled };
    if let (Some(stem), Some(compact)) = (name.strip_suffix(".jws"), parse(&spelled)) {
        files.insert(format!("{stem}.signing-input"), compact.signing_input().as_bytes().to_vec());
        files.insert(format!("{stem}.sig.der"), compact.signature().to_der());
    }
    files.insert(name.to_owned(), spelled);
}

fn parse(text: &[u8]) -> Option<Compact<'_>> {
    Compact::parse(std::str::from_utf8(text).ok()?).ok()
}

/// Makes the index name what there is.
fn index(files: &mut Files) {
    let remade = files.get("index.jws").and_then(|text| {
        let compact = parse(text)?;
        let mut payload: serde_json::Value = serde_json::from_slice(compact.payload()).ok()?;
        let others = files.iter().filter(|(name, _)| !name.starts_with("index."));
        let hashes: BTreeMap<&String, Hash> = others.map(|(name, content)| (name, Hash::of(content))).collect();
        payload.as_object_mut()?.insert("files".to_owned(), serde_json::to_value(hashes).ok()?);
        let header = compact.signing_input().split('.').next()?.to_owned();
        let payload = json::canonical(&payload).ok()?;
        let text = format!("{header}.{}.{}", bytes::encode(&payload), bytes::encode(&[1; 64]));
        Some((text, payload))
    });
    if let Some((text, payload)) = remade {
        put(files, "index.jws", text.as_bytes());
        files.insert("index.json".to_owned(), payload);
    }
}

/// The stored files of a pack, by their local headers (APPNOTE 6.3.10, section 4.3.7).
fn files(pack: &[u8]) -> Files {
    let (mut files, mut rest) = (Files::new(), pack);
    while let Some((header, after)) = rest.split_at_checked(30).filter(|(header, _)| header.starts_with(b"PK\x03\x04"))
    {
        let number = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let (size, name) = (number(18) + (number(20) << 16), number(26));
        let (name, after) = after.split_at(name);
        let (content, after) = after.split_at(size);
        files.insert(String::from_utf8_lossy(name).into_owned(), content.to_vec());
        rest = after;
    }
    files
}

/// The one form of a pack; made with the same library as the program's own.
fn pack(files: &Files) -> Vec<u8> {
    let options = SimpleFileOptions::DEFAULT
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644)
        .system(System::Unix);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        // A name that the library refuses makes no pack.
        if writer.start_file(name, options).and_then(|()| Ok(writer.write_all(content)?)).is_err() {
            return Vec::new();
        }
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixture_is_read_and_an_edit_that_fits_is_too() {
        let gullible = Gullible::new();
        assert!(read(PACK, &gullible).is_ok());
        let mut files = files(PACK);
        assert!(files.len() > 20);
        index(&mut files);
        assert!(read(&pack(&files), &gullible).is_ok());
        // The same statement with another signature.
        let name = files.keys().find(|name| name.starts_with("statements/")).unwrap().clone();
        let text = files[&name].clone();
        put(&mut files, &name, &text);
        index(&mut files);
        assert!(read(&pack(&files), &gullible).is_ok());
    }
}
