//! Plays `semper demo` from the built program, and looks at what it leaves behind.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Runs `semper --json` with these arguments.
pub(crate) fn semper(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_semper")).arg("--json").args(arguments).output().unwrap()
}

/// A directory under the one for temporary files, gone when the test passes. Its name is short: the
/// path of a Unix socket has about a hundred bytes.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sw-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Place(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// A demo that has been played.
pub(crate) struct Played {
    pub(crate) place: Place,
    pub(crate) summary: Value,
    /// Every line that was told.
    pub(crate) story: String,
}

/// Plays a demo; it must end with a summary, a fair one.
pub(crate) fn play(name: &str, arguments: &[&str]) -> Played {
    play_at(Place::new(name), arguments)
}

/// Like [`play`], in a directory that may hold files already.
pub(crate) fn play_at(place: Place, arguments: &[&str]) -> Played {
    let market = place.0.join("m").display().to_string();
    let output = semper(&[["demo", "--data-dir", &market].as_slice(), arguments].concat());
    let story = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?} in {market}: {}\n{story}\n{errors}", output.status);
    let summary: Value = serde_json::from_str(story.lines().last().unwrap()).unwrap();
    Played { place, summary, story }
}

impl Played {
    pub(crate) fn market(&self) -> PathBuf {
        self.place.0.join("m")
    }

    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.summary.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {}", self.summary))
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_else(|| panic!("{pointer}: {}", self.at(pointer)))
    }

    /// (buyer, seller) in minor units: how much more than before.
    pub(crate) fn change(&self) -> (i64, i64) {
        let minor =
            |pointer: &str| -> i64 { self.text(pointer).replace(['.', ' '], "").replace("EUR", "").parse().unwrap() };
        let of = |who: &str| minor(&format!("/balances_after/{who}")) - minor(&format!("/balances_before/{who}"));
        (of("buyer"), of("seller"))
    }

    /// The kinds of a register's rows, in the order of its slots.
    pub(crate) fn rows(&self, register: usize) -> Vec<&str> {
        let rows = self.at(&format!("/registers/{register}/rows")).as_array().unwrap();
        rows.iter().map(|row| row["kind"].as_str().unwrap()).collect()
    }

    /// What `semper evidence verify` says; nothing may be wrong with the pack.
    pub(crate) fn verify(&self, pack: &str) -> Value {
        let (pack, root) = (self.text(pack), self.text("/root"));
        let output = semper(&["evidence", "verify", pack, "--root", root]);
        assert_eq!(output.status.code(), Some(0), "{pack}: {}", String::from_utf8_lossy(&output.stdout));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The bank's books add up, and nothing is held or claimed any more.
    pub(crate) fn check_ledger(&self) {
        let bank = self.market().join("bank").display().to_string();
        let output = semper(&["ledger", "check", &bank]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{report}");
        assert_eq!(
            (&report["clean"], &report["open_holds"], &report["open_claims"]),
            (&true.into(), &0.into(), &0.into())
        );
    }

    /// The file that the buyer has is the one that was on sale.
    pub(crate) fn check_file(&self, original: &Path) {
        let received = std::fs::read(self.text("/received")).unwrap();
        assert!(received == std::fs::read(original).unwrap(), "{} bytes are not the file", received.len());
    }
}

/// The finding about a claim.
pub(crate) fn finding(report: &Value, claim: &str) -> String {
    let claims = report["verdict"]["claims"].as_array().unwrap();
    let found = claims.iter().find(|one| one["claim"] == claim);
    found.unwrap_or_else(|| panic!("no claim {claim}"))["finding"].as_str().unwrap().to_owned()
}

/// The first member of a ZIP whose name ends so. Packs store their members uncompressed (APPNOTE 4.3.7:
/// sizes at 18, lengths of name and extra field at 26 and 28 of each local header).
pub(crate) fn member(zip: &[u8], ending: &str) -> Vec<u8> {
    let mut rest = zip;
    while rest.starts_with(b"PK\x03\x04") {
        let u16_at = |at: usize| usize::from(u16::from_le_bytes(rest[at..at + 2].try_into().unwrap()));
        let size = u32::from_le_bytes(rest[18..22].try_into().unwrap()) as usize;
        let (name, data) = (30, 30 + u16_at(26) + u16_at(28));
        if rest[name..name + u16_at(26)].ends_with(ending.as_bytes()) {
            return rest[data..data + size].to_vec();
        }
        rest = &rest[data + size..];
    }
    panic!("no member ends with {ending}");
}
