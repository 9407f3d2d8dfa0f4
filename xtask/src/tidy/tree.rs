//! The repository as the rules see it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

/// Folders that are never part of the repository; `.gitignore` names the same.
const SKIPPED: &[&str] = &[".git", ".semper", ".venv", "__pycache__", "node_modules", "target"];
/// Larger files are data, not text for people.
const TEXT_BYTES_MAX: u64 = 1 << 20;
/// A bound on the walk.
const FILES_MAX: usize = 20_000;

/// All files, the texts among them, and what cargo says about our packages.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, Option<String>>,
    folders: BTreeSet<String>,
    /// `packages` of `cargo metadata`.
    pub(crate) packages: Vec<Value>,
}

impl Tree {
    /// Reads the files under `root` and asks cargo for the packages.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let mut tree = Tree { packages: packages(root)?, ..Tree::default() };
        let mut waiting = vec![root.to_path_buf()];
        while let Some(folder) = waiting.pop() {
            let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            for entry in entries {
                let entry = entry.map_err(|e| format!("{}: {e}", folder.display()))?;
                let kind = entry.file_type().map_err(|e| format!("{}: {e}", folder.display()))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                    waiting.push(entry.path());
                } else if kind.is_file() && !name.to_ascii_lowercase().ends_with(".tmp") {
                    let path = entry.path();
                    let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                    tree.add(relative, text(&path));
                }
            }
            if tree.files.len() > FILES_MAX {
                return Err(format!("more than {FILES_MAX} files: is a build folder inside the repository?"));
            }
        }
        Ok(tree)
    }

    /// A made-up repository.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.add((*path).to_owned(), Some((*text).to_owned()));
        }
        tree
    }

    fn add(&mut self, path: String, text: Option<String>) {
        let folders = path.char_indices().filter(|(_, c)| *c == '/').filter_map(|(at, _)| path.get(..at));
        self.folders.extend(folders.map(str::to_owned));
        self.files.insert(path, text);
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is such a file or folder.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.folders.contains(path)
    }

    /// The text of a file, if it is text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Every text file with its path, in order.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Every Rust source.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| has_extension(path, "rs"))
    }

    /// Every Markdown document.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| has_extension(path, "md"))
    }
}

/// Whether the path ends with that extension.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// Whether a source file holds tests only: a target under `tests` or `benches`, or a `tests.rs`.
pub(crate) fn is_test_path(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs"))
}

fn text(path: &Path) -> Option<String> {
    let small = std::fs::metadata(path).is_ok_and(|data| data.len() <= TEXT_BYTES_MAX);
    if small { std::fs::read_to_string(path).ok() } else { None }
}

fn packages(root: &Path) -> Result<Vec<Value>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    match metadata.get("packages") {
        Some(Value::Array(packages)) => Ok(packages.clone()),
        _ => Err("cargo metadata: no packages".to_owned()),
    }
}
