//! A second writer of the one ZIP form, from the specification alone: what a forger would use.

use std::collections::BTreeMap;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// What local header and directory entry have in common.
fn common(name: &str, content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    let mut header = vec![10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    header.extend(crc(content).to_le_bytes());
    header.extend(size);
    header.extend(size);
    header.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    header.extend([0, 0]);
    header
}

/// In the order given, which need not be the right one.
pub(crate) fn pack_in_order(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let at = u32::try_from(body.len()).unwrap().to_le_bytes();
        body.extend([&b"PK\x03\x04"[..], &common(name, content), name.as_bytes(), content].concat());
        let mode = [0, 0, 0, 0, 0, 0, 0, 0, 0xa4, 0x81];
        directory.extend([&b"PK\x01\x02\x0a\x03"[..], &common(name, content), &mode, &at, name.as_bytes()].concat());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let size = u32::try_from(directory.len()).unwrap().to_le_bytes();
    let at = u32::try_from(body.len()).unwrap().to_le_bytes();
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &at, &[0, 0]].concat();
    [body, directory, end].concat()
}

pub(crate) fn pack(files: &Files) -> Vec<u8> {
    let list: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    pack_in_order(&list)
}

/// Trusts the file: for packs of our own.
pub(crate) fn unpack(bytes: &[u8]) -> Files {
    let mut files = Files::new();
    let mut rest = bytes;
    while rest.starts_with(b"PK\x03\x04") {
        let size = usize::try_from(u32::from_le_bytes(rest[18..22].try_into().unwrap())).unwrap();
        let name = usize::from(u16::from_le_bytes(rest[26..28].try_into().unwrap()));
        let (name, content) = (&rest[30..30 + name], &rest[30 + name..30 + name + size]);
        files.insert(String::from_utf8(name.to_vec()).unwrap(), content.to_vec());
        rest = &rest[30 + name.len() + size..];
    }
    files
}
