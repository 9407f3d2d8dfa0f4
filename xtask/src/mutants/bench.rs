//! A copy of the workspace in which mutants are tried out, one at a time.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Mutant;
use crate::shell;

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its text does not stand in the file exactly once.
    DoesNotApply,
    /// It is no program.
    DoesNotBuild,
    /// A test failed, or did not end.
    Killed,
    /// No test noticed.
    Survived,
}

impl Fate {
    pub(super) fn word(self) -> &'static str {
        match self {
            Fate::DoesNotApply => "DOES NOT APPLY",
            Fate::DoesNotBuild => "DID NOT BUILD",
            Fate::Killed => "killed",
            Fate::Survived => "SURVIVED",
        }
    }
}

/// The copy.
pub(super) struct Bench {
    tree: PathBuf,
    target: PathBuf,
}

/// What the copy needs. The rest of the repository is read by no test that is called here.
const PARTS: &[&str] = &["Cargo.toml", "Cargo.lock", "crates", "xtask"];

impl Bench {
    /// Copies what differs from the last copy: what is the same keeps its time, so that cargo builds only
    /// what changed.
    pub(super) fn set_up(root: &Path) -> Result<Bench, String> {
        let home = root.join("target").join("mutants");
        let bench = Bench { tree: home.join("tree"), target: home.join("build") };
        for part in PARTS {
            mirror(&root.join(part), &bench.tree.join(part))?;
        }
        Ok(bench)
    }

    /// Puts the mutant in, tests, takes it out again.
    pub(super) fn try_out(&self, mutant: &Mutant, longest: Duration) -> Result<Fate, String> {
        let path = self.tree.join(mutant.file);
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", mutant.file))?;
        if text.matches(mutant.from).count() != 1 {
            return Ok(Fate::DoesNotApply);
        }
        write(&path, text.replacen(mutant.from, mutant.to, 1).as_bytes())?;
        let fate = self.test(mutant.killer.words(), longest);
        write(&path, text.as_bytes())?;
        fate
    }

    /// Builds and runs tests.
    pub(super) fn test(&self, words: &[&str], longest: Duration) -> Result<Fate, String> {
        // A build is not hurried: what does not come to an end here is a matter of the machine.
        let build: Vec<&str> = words.iter().copied().take_while(|word| *word != "--").chain(["--no-run"]).collect();
        if !self.cargo(&build, Duration::from_hours(1))? {
            return Ok(Fate::DoesNotBuild);
        }
        Ok(if self.cargo(words, longest)? { Fate::Survived } else { Fate::Killed })
    }

    /// Whether `cargo test` succeeds in time. Ends with everything that it started.
    fn cargo(&self, words: &[&str], longest: Duration) -> Result<bool, String> {
        let mut command = Command::new(shell::cargo());
        let command = command.args(["test", "--offline", "--quiet"]).args(words).current_dir(&self.tree);
        let command = command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_PROFILE_DEV_DEBUG", "0");
        // A checker that is compiled for three seconds more runs minutes less.
        let command = command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn().map_err(|e| format!("cargo: {e}"))?;
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait().map_err(|e| format!("cargo: {e}"))? {
                return Ok(status.success());
            }
            if began.elapsed() > longest {
                let group = format!("-{}", child.id());
                let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
                let _ = child.wait();
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Makes `to` the same as `from`.
fn mirror(from: &Path, to: &Path) -> Result<(), String> {
    let say = |e: std::io::Error| format!("{}: {e}", from.display());
    if from.is_file() {
        let bytes = fs::read(from).map_err(say)?;
        return if fs::read(to).is_ok_and(|known| known == bytes) { Ok(()) } else { write(to, &bytes) };
    }
    fs::create_dir_all(to).map_err(say)?;
    for entry in fs::read_dir(to).map_err(say)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).map_err(say)?;
        if !from.join(name).exists() {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(say)?;
        }
    }
    for entry in fs::read_dir(from).map_err(say)? {
        let entry = entry.map_err(say)?;
        mirror(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn write(to: &Path, bytes: &[u8]) -> Result<(), String> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    fs::write(to, bytes).map_err(|e| format!("{}: {e}", to.display()))
}
