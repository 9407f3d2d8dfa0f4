//! `cargo xtask setup`: brings what the tests need and this machine lacks. Afterwards everything
//! runs offline.
//!
//! It asks package registries only: cargo's for our crates, the distribution's for tools (Debian
//! and as root; elsewhere it says what to install), npm's and Python's for the foreign programs in
//! `peers/`, each pinned by a lock file there. A stamp in `target/` makes the next call quick.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::shell;

/// A program that must be there, how to see that it works, and the Debian packages that bring it.
struct Tool {
    program: &'static str,
    words: &'static [&'static str],
    packages: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool { program: "cc", words: &["--version"], packages: &["gcc", "libc6-dev"] },
    Tool { program: "openssl", words: &["version"], packages: &["openssl"] },
    Tool { program: "node", words: &["--version"], packages: &["nodejs"] },
    Tool { program: "npm", words: &["--version"], packages: &["npm"] },
    Tool { program: "python3", words: &["-c", "import ensurepip, venv"], packages: &["python3", "python3-venv"] },
];

/// What the installed state follows from.
const LOCKS: &[&str] = &["Cargo.lock", "peers/jose/package-lock.json", "peers/requirements.txt"];
/// What is there afterwards.
const RESULTS: &[&str] = &["peers/jose/node_modules/jose/package.json", "peers/.venv/bin/python"];
/// Holds [`LOCKS`] as they were when everything was installed.
const STAMP: &str = "target/setup.stamp";

/// Installs what is missing.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let wanted = locks(root)?;
    if is_fresh(root, &wanted) {
        println!("setup: nothing to do");
        return Ok(());
    }
    toolchain(root)?;
    tools(root)?;
    crates(root)?;
    jose(root)?;
    python(root)?;
    write(&root.join(STAMP), &wanted)
}

fn is_fresh(root: &Path, wanted: &str) -> bool {
    let stamped = std::fs::read_to_string(root.join(STAMP)).is_ok_and(|stamp| stamp == wanted);
    stamped && RESULTS.iter().all(|path| root.join(path).exists())
}

fn locks(root: &Path) -> Result<String, String> {
    let mut text = String::new();
    for path in LOCKS {
        text.push_str(&std::fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"))?);
    }
    Ok(text)
}

fn toolchain(root: &Path) -> Result<(), String> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(command, _)| !shell::works(root, &shell::cargo(), &[command, "--version"]))
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("the Rust toolchain lacks {0}: `rustup component add {0}`", missing.join(" ")))
}

fn tools(root: &Path) -> Result<(), String> {
    let missing = || TOOLS.iter().filter(|tool| !shell::works(root, tool.program, tool.words)).collect::<Vec<_>>();
    let lacking = missing();
    if lacking.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = lacking.iter().flat_map(|tool| tool.packages).copied().collect();
    let is_superuser = std::fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0);
    if !(is_superuser && shell::works(root, "apt-get", &["--version"])) {
        return Err(advice(&lacking, &packages));
    }
    shell::run(root, "apt-get", &["update", "-q"])?;
    let words = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-q", "-y", "--no-install-recommends"];
    shell::run(root, "env", &[&words, packages.as_slice()].concat())?;
    let lacking = missing();
    if lacking.is_empty() { Ok(()) } else { Err(advice(&lacking, &packages)) }
}

fn advice(lacking: &[&Tool], packages: &[&str]) -> String {
    let names: Vec<&str> = lacking.iter().map(|tool| tool.program).collect();
    format!(
        "these programs are missing or do not work: {}\non Debian: sudo apt-get install {}\nelsewhere: whatever brings them; then call `cargo xtask setup` again",
        names.join(", "),
        packages.join(" ")
    )
}

/// Our crates' dependencies, for this kind of machine only.
fn crates(root: &Path) -> Result<(), String> {
    let host = shell::output(root, "rustc", &["--print", "host-tuple"])?;
    shell::run(root, &shell::cargo(), &["fetch", "--quiet", "--locked", "--target", host.trim()])
}

/// A second implementation of JOSE, for signatures crosswise.
fn jose(root: &Path) -> Result<(), String> {
    shell::run(&root.join("peers/jose"), "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
}

/// The official models of the Universal Commerce Protocol, for offers.
fn python(root: &Path) -> Result<(), String> {
    let peers = root.join("peers");
    shell::run(&peers, "python3", &["-m", "venv", ".venv"])?;
    let python = peers.join(".venv/bin/python").to_string_lossy().into_owned();
    // Every package is pinned in the file, so nothing else may come along.
    let pip = ["-m", "pip", "--disable-pip-version-check", "--no-input"];
    shell::run(
        &peers,
        &python,
        &[pip.as_slice(), &["install", "--quiet", "--no-deps", "-r", "requirements.txt"]].concat(),
    )?;
    shell::run(&peers, &python, &[pip.as_slice(), &["check"]].concat())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_is_stale_when_a_lock_changed_or_a_result_is_gone() {
        let root = std::env::temp_dir().join(format!("semper-xtask-setup-{}", std::process::id()));
        for path in LOCKS.iter().chain(RESULTS) {
            write(&root.join(path), path).unwrap();
        }
        let wanted = locks(&root).unwrap();
        assert!(!is_fresh(&root, &wanted));
        write(&root.join(STAMP), &wanted).unwrap();
        assert!(is_fresh(&root, &wanted));
        write(&root.join(LOCKS[1]), "other").unwrap();
        assert!(!is_fresh(&root, &locks(&root).unwrap()));
        std::fs::remove_file(root.join(RESULTS[0])).unwrap();
        assert!(!is_fresh(&root, &wanted));
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn advice_names_programs_and_packages() {
        let lacking: Vec<&Tool> = TOOLS.iter().filter(|tool| tool.program == "node").collect();
        let text = advice(&lacking, &["nodejs"]);
        assert!(text.contains("do not work: node\n") && text.contains("apt-get install nodejs\n"));
    }
}
