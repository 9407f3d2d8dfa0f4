//! `semper-peer-tlog DIR VKEY`: reads a log from files as anybody would who never heard of Semper: the note is
//! signed by the key, the tiles hash to the root, every entry is included, every earlier tree is a beginning.

use std::path::PathBuf;
use std::process::ExitCode;

use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, HashReader as _, Tile, TileHashReader, TileReader, tlog};

struct Folder(PathBuf);

impl TileReader for Folder {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog::Error> {
        let read = |tile: &Tile| {
            // Here a path names the height too.
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            std::fs::read(self.0.join(&path)).map_err(|e| tlog::Error::InvalidInput(format!("{path}: {e}")))
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

fn check(folder: &str, vkey: &str) -> Result<u64, String> {
    let folder = Folder(PathBuf::from(folder));
    let bytes = std::fs::read(folder.0.join("checkpoint")).map_err(|e| e.to_string())?;
    let note = Note::from_bytes(&bytes).map_err(|e| e.to_string())?;
    let verifier = StandardVerifier::new(vkey).map_err(|e| e.to_string())?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).map_err(|e| e.to_string())?;
    let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|e| e.to_string())?;
    let (size, root) = (checkpoint.size(), *checkpoint.hash());
    let reader = TileHashReader::new(size, root, &folder);
    let failed = |e: tlog::Error| format!("{e:?}");
    for index in 0..size {
        let leaf = reader.read_hashes(&[tlog::stored_hash_index(0, index)]).map_err(failed)?;
        let proof = tlog::prove_record(size, index, &reader).map_err(failed)?;
        tlog::check_record(&proof, size, root, index, leaf[0]).map_err(failed)?;
        let old = tlog::tree_hash(index + 1, &reader).map_err(failed)?;
        let proof = tlog::prove_tree(size, index + 1, &reader).map_err(failed)?;
        tlog::check_tree(&proof, size, root, index + 1, old).map_err(failed)?;
    }
    Ok(size)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, vkey] = arguments.as_slice() else { return ExitCode::from(2) };
    match check(folder, vkey) {
        Ok(size) => {
            println!("{size} entries, each included, each tree a beginning");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(1)
        }
    }
}
