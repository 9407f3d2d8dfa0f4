//! A log of ours, read by a foreign program: Cloudflare's crates for C2SP tlog-tiles and signed-note, in `peers/tlog`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use semper_base::Hash;
use semper_support::crypto::{Crypto, Secret32, Seeded};
use semper_support::log::tile::pack;
use semper_support::log::tree::{leaf_hash, root};
use semper_support::log::{Checkpoint, Head, KeyUse, NoteKey, Tile};

/// The log of `count` entries in a folder, as it would be served.
fn written(folder: &Path, count: u64) -> String {
    let leaves: Vec<Hash> = (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect();
    let crypto = Seeded::new([1; 32]);
    let secret = Secret32::from_bytes([2; 32]);
    let key = NoteKey::new("bank.test/log", KeyUse::Log, crypto.ed_public(&secret).unwrap()).unwrap();
    let checkpoint = Checkpoint::sign(Head { size: count, root: root(&leaves) }, &key, &secret, &crypto).unwrap();
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("checkpoint"), checkpoint.to_string()).unwrap();
    for tile in Tile::all(count) {
        let each = 256_usize.pow(tile.level);
        let from = usize::try_from(tile.index).unwrap() * 256 * each;
        let hashes: Vec<Hash> =
            leaves[from..].chunks_exact(each).take(usize::try_from(tile.width).unwrap()).map(root).collect();
        let file = folder.join(tile.path());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, pack(&hashes)).unwrap();
    }
    key.to_string()
}

#[test]
#[ignore = "long: builds a foreign reader of logs"]
fn a_foreign_program_reads_our_logs() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("log-peer");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../peers/tlog/Cargo.toml");
    for count in [1, 2, 255, 256, 257, 700] {
        let _ = std::fs::remove_dir_all(&folder);
        let key = written(&folder, count);
        let run = |folder: &Path, key: &str| {
            let mut command = Command::new(env!("CARGO"));
            command
                .args(["run", "--quiet", "--locked", "--offline", "--target-dir"])
                .arg(folder.with_file_name("log-peer-target"));
            command.arg("--manifest-path").arg(&manifest).arg("--").arg(folder).arg(key);
            command.output().unwrap()
        };
        let output = run(&folder, &key);
        assert!(output.status.success(), "{count}: {}", String::from_utf8_lossy(&output.stderr));
        // It can fail: another byte in a tile, another key.
        let tile = folder.join(Tile::of(0, 0, count).unwrap().path());
        let mut bytes = std::fs::read(&tile).unwrap();
        bytes[0] ^= 1;
        std::fs::write(&tile, bytes).unwrap();
        assert!(!run(&folder, &key).status.success());
    }
    let _ = std::fs::remove_dir_all(&folder);
}
