//! Where the program is that runs a party which lies.

use std::path::{Path, PathBuf};
use std::process::Command;

use semper_base::{Code, Fault};

use crate::output::warn;

/// The program's name.
const NAME: &str = "semper-liar";

/// The program beside this one. Lies are in a program of their own, so that the honest one has none; it is
/// made whenever all programs are, but not by `cargo run`, which makes only what it runs: then it is made
/// now.
pub(super) fn program() -> Result<PathBuf, Fault> {
    let own = std::env::current_exe().map_err(|e| Fault::new(Code::Disk, e.to_string()))?;
    let liar = own.with_file_name(format!("{NAME}{}", std::env::consts::EXE_SUFFIX));
    if !liar.exists() {
        make(&own);
    }
    if liar.exists() {
        return Ok(liar);
    }
    let advice = format!("{} is missing; build it beside this program: `cargo build --bin {NAME}`", liar.display());
    Err(Fault::new(Code::NotFound, advice))
}

/// Runs the cargo that runs us, if one does.
fn make(own: &Path) {
    let (Some(cargo), Some(package)) = (std::env::var_os("CARGO"), std::env::var_os("CARGO_MANIFEST_DIR")) else {
        return;
    };
    warn(format!("{NAME}, the program for parties that lie, is built first."));
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--bin", NAME, "--manifest-path"]).arg(Path::new(&package).join("Cargo.toml"));
    let folder = own.parent().and_then(Path::file_name);
    if folder.is_some_and(|folder| folder == "release") {
        command.arg("--release");
    }
    // What it says, it says itself; whether the program is there now, the caller looks.
    let _ = command.status();
}
