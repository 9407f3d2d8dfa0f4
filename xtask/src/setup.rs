//! `cargo xtask setup`: brings what the tests need and this machine lacks. Afterwards everything
//! runs offline.
//!
//! It asks package registries only: cargo's for our crates, the distribution's for tools (Debian
//! and as root; elsewhere it says what to install), npm's and Python's for the foreign programs in
//! `peers/` and `web/`, each pinned by a lock file there. Stamps in `target/setup/` make the next call quick.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::shell;

/// A program that must be there, how to see that it works, and the Debian packages that bring it.
struct Tool {
    program: &'static str,
    words: &'static [&'static str],
    packages: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool { program: "cc", words: &["--version"], packages: &["gcc", "libc6-dev"] },
    // libFuzzer is C++.
    Tool { program: "c++", words: &["--version"], packages: &["g++"] },
    Tool { program: "openssl", words: &["version"], packages: &["openssl"] },
    Tool { program: "node", words: &["--version"], packages: &["nodejs"] },
    Tool { program: "npm", words: &["--version"], packages: &["npm"] },
    // The pages are tried in a real browser.
    Tool { program: "chromium", words: &["--version"], packages: &["chromium"] },
    // A second model checker, for a model of its own.
    Tool { program: "spin", words: &["-V"], packages: &["spin"] },
    Tool { program: "python3", words: &["-c", "import ensurepip, venv"], packages: &["python3", "python3-venv"] },
];

/// Something to install. It is there if its result is, and its lock is the one it was installed from.
struct Part {
    name: &'static str,
    lock: &'static str,
    result: &'static str,
    install: fn(&Path) -> Result<(), String>,
}

const PARTS: &[Part] = &[
    Part { name: "crates", lock: "Cargo.lock", result: "Cargo.lock", install: crates },
    Part { name: "fuzz", lock: "fuzz/Cargo.lock", result: "fuzz/Cargo.lock", install: fuzz },
    Part { name: "tlog", lock: "peers/tlog/Cargo.lock", result: "peers/tlog/Cargo.lock", install: tlog },
    Part {
        name: "jose",
        lock: "peers/jose/package-lock.json",
        result: "peers/jose/node_modules/jose/package.json",
        install: jose,
    },
    Part {
        name: "web",
        lock: "web/package-lock.json",
        result: "web/node_modules/playwright-core/package.json",
        install: web,
    },
    Part { name: "python", lock: "peers/requirements.txt", result: "peers/.venv/bin/python", install: python },
];

/// Installs what is missing.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let stale: Vec<&Part> = PARTS.iter().filter(|part| !is_fresh(root, part)).collect();
    if stale.is_empty() {
        println!("setup: nothing to do");
        return Ok(());
    }
    toolchain(root)?;
    tools(root)?;
    for part in stale {
        (part.install)(root)?;
        write(&stamp(root, part), &lock(root, part)?)?;
    }
    Ok(())
}

/// Where the lock is kept as it was when the part was installed.
fn stamp(root: &Path, part: &Part) -> PathBuf {
    root.join("target/setup").join(part.name)
}

fn lock(root: &Path, part: &Part) -> Result<String, String> {
    std::fs::read_to_string(root.join(part.lock)).map_err(|e| format!("{}: {e}", part.lock))
}

fn is_fresh(root: &Path, part: &Part) -> bool {
    let installed = std::fs::read_to_string(stamp(root, part));
    let is_same = installed.is_ok_and(|installed| lock(root, part).is_ok_and(|wanted| wanted == installed));
    is_same && root.join(part.result).exists()
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
    fetch(root)
}

/// The same for the fuzz targets, a workspace of their own.
fn fuzz(root: &Path) -> Result<(), String> {
    fetch(&root.join("fuzz"))
}

/// The same for the foreign reader of logs.
fn tlog(root: &Path) -> Result<(), String> {
    fetch(&root.join("peers/tlog"))
}

fn fetch(workspace: &Path) -> Result<(), String> {
    let host = shell::output(workspace, "rustc", &["--print", "host-tuple"])?;
    shell::run(workspace, &shell::cargo(), &["fetch", "--quiet", "--locked", "--target", host.trim()])
}

/// A second implementation of JOSE, for signatures crosswise.
fn jose(root: &Path) -> Result<(), String> {
    shell::run(&root.join("peers/jose"), "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
}

/// What drives the browser, and what looks for barriers on pages. The browser is the distribution's.
fn web(root: &Path) -> Result<(), String> {
    shell::run(&root.join("web"), "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
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
    fn a_part_is_stale_when_its_lock_changed_or_its_result_is_gone() {
        let root = std::env::temp_dir().join(format!("semper-xtask-setup-{}", std::process::id()));
        let part = Part { name: "p", lock: "p.lock", result: "p/result", install: |_| Ok(()) };
        assert!(!is_fresh(&root, &part));
        for path in [root.join(part.lock), root.join(part.result), stamp(&root, &part)] {
            write(&path, "one").unwrap();
        }
        assert!(is_fresh(&root, &part));
        write(&root.join(part.lock), "two").unwrap();
        assert!(!is_fresh(&root, &part));
        write(&stamp(&root, &part), "two").unwrap();
        assert!(is_fresh(&root, &part));
        std::fs::remove_file(root.join(part.result)).unwrap();
        assert!(!is_fresh(&root, &part));
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn advice_names_programs_and_packages() {
        let lacking: Vec<&Tool> = TOOLS.iter().filter(|tool| tool.program == "node").collect();
        let text = advice(&lacking, &["nodejs"]);
        assert!(text.contains("do not work: node\n") && text.contains("apt-get install nodejs\n"));
    }
}
