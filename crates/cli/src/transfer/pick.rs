//! What is to be sent, picked from the disk: folders become containers.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use semper_base::limits::{
    CERTIFICATE_BYTES_MAX, CHUNK_BYTES, STATEMENT_BYTES_MAX, TRANSFER_BYTES_MAX, TRANSFER_DEPTH_MAX, TRANSFER_GOODS_MAX,
};
use semper_base::{Blob64, Code, Error, Misuse};
use semper_blocks::certificate::pem;
use semper_node::control;
use serde_json::{Value, json};

use super::Sent;
use crate::files::contents;

/// Chunks in one command.
const CHUNKS_PER_COMMAND: u64 = 8;

/// One good.
#[derive(Debug)]
pub(super) enum Picked {
    Certificate { name: String, der: Vec<u8> },
    Container { name: String, goods: u64 },
    File { name: String, path: PathBuf, length: u64 },
    Payment { amount: String },
    Statement { name: String, text: String },
}

impl Picked {
    pub(super) fn name(&self) -> &str {
        match self {
            Picked::Certificate { name, .. }
            | Picked::Container { name, .. }
            | Picked::File { name, .. }
            | Picked::Statement { name, .. } => name,
            Picked::Payment { .. } => "payment",
        }
    }

    /// As the party's command names it.
    pub(super) fn wish(&self) -> Value {
        let name = self.name();
        match self {
            Picked::Certificate { der, .. } => {
                json!({ "kind": "certificate", "name": name, "certificate": Blob64(der.clone()) })
            }
            Picked::Container { goods, .. } => json!({ "kind": "container", "name": name, "goods": goods }),
            Picked::File { length, .. } => {
                json!({ "kind": "data", "name": name, "media": "application/octet-stream", "length": length })
            }
            Picked::Payment { amount } => json!({ "kind": "payment", "name": name, "amount": amount }),
            Picked::Statement { text, .. } => json!({ "kind": "statement", "name": name, "statement": text }),
        }
    }
}

/// Everything that was named, in preorder.
pub(super) fn pick(sent: &Sent) -> Result<Vec<Picked>, Error> {
    let mut all = Vec::new();
    for path in &sent.files {
        walk(path, 0, &mut all)?;
    }
    for path in &sent.statements {
        let text = String::from_utf8(contents(path, STATEMENT_BYTES_MAX as u64)?);
        let text = text.map_err(|_| Misuse::new(Code::FileWrong, format!("{}: no statement", path.display())))?;
        all.push(Picked::Statement { name: name(path), text: text.trim().to_owned() });
    }
    for path in &sent.certificates {
        let bytes = contents(path, 4 * CERTIFICATE_BYTES_MAX as u64)?;
        let der = if bytes.starts_with(b"-----") {
            pem::from_pem(pem::Label::Certificate, &String::from_utf8_lossy(&bytes))?
        } else {
            bytes
        };
        all.push(Picked::Certificate { name: name(path), der });
    }
    all.extend(sent.pay.iter().map(|amount| Picked::Payment { amount: amount.clone() }));
    Ok(all)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A file, or a folder with all that is in it, by name. What a link leads to is not followed.
fn walk(path: &Path, depth: usize, all: &mut Vec<Picked>) -> Result<(), Error> {
    let failed = |e: std::io::Error| Misuse::new(Code::FileWrong, format!("{}: {e}", path.display()));
    if all.len() >= TRANSFER_GOODS_MAX || depth > TRANSFER_DEPTH_MAX {
        let why = format!("{}: at most {TRANSFER_GOODS_MAX} goods, {TRANSFER_DEPTH_MAX} folders deep", path.display());
        return Err(Misuse::new(Code::TooMany, why).into());
    }
    // What the owner named may be a link; what is found in a folder may not.
    let kind = if depth == 0 { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) }.map_err(failed)?;
    let plain = if depth == 0 { std::fs::canonicalize(path).map_err(failed)? } else { path.to_owned() };
    if kind.is_file() {
        if kind.len() > TRANSFER_BYTES_MAX {
            return Err(Misuse::new(Code::TooLarge, path.display().to_string()).into());
        }
        all.push(Picked::File { name: name(&plain), path: plain, length: kind.len() });
        return Ok(());
    }
    if !kind.is_dir() {
        let why = format!("{}: neither a file nor a folder", path.display());
        return Err(Misuse::new(Code::FileWrong, why).into());
    }
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(&plain).map_err(failed)?.take(TRANSFER_GOODS_MAX.saturating_add(1)) {
        inside.push(entry.map_err(failed)?.path());
    }
    inside.sort();
    all.push(Picked::Container { name: name(&plain), goods: inside.len() as u64 });
    inside.iter().try_for_each(|path| walk(path, depth.saturating_add(1), all))
}

/// Brings the contents of files to the party, chunk by chunk.
pub(super) fn bring(directory: &Path, begun: &Value, picked: &[Picked], json: bool) -> Result<(), Error> {
    let files = || {
        (0_u64..).zip(picked).filter_map(|(number, good)| match good {
            Picked::File { path, length, .. } => Some((number, path, *length)),
            _ => None,
        })
    };
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(files().map(|(_, _, length)| length).sum()) };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}") {
        bar.set_style(style);
    }
    for (number, path, length) in files() {
        let failed = |e: std::io::Error| Misuse::new(Code::FileWrong, format!("{}: {e}", path.display()));
        let mut file = std::fs::File::open(path).map_err(failed)?;
        let (mut index, leaves) = (0_u64, length.div_ceil(u64::from(CHUNK_BYTES)).max(1));
        while index < leaves {
            let mut data = Vec::new();
            for _ in 0..CHUNKS_PER_COMMAND.min(leaves.saturating_sub(index)) {
                let mut chunk = Vec::new();
                (&mut file).take(u64::from(CHUNK_BYTES)).read_to_end(&mut chunk).map_err(failed)?;
                bar.inc(chunk.len() as u64);
                data.push(Blob64(chunk));
            }
            let count = data.len() as u64;
            let draft = begun.get("transfer");
            control::call(
                directory,
                &json!({ "command": "transfer-chunk", "transfer": draft, "good": number, "index": index, "data": data }),
            )?;
            index = index.saturating_add(count);
        }
    }
    bar.finish_and_clear();
    Ok(())
}
