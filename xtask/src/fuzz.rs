//! `cargo xtask fuzz`: builds the fuzz targets and runs each for a while from its corpus.
//!
//! ```text
//!  fuzz/corpus/TARGET          committed; also replayed by `cargo test -p semper-fuzz-bodies`
//!  fuzz/target/found/TARGET    what this machine's fuzzing found; stays here until --keep
//!  fuzz/artifacts/TARGET       inputs that crash
//! ```
//!
//! The coverage that libFuzzer follows is switched on by options of the stable compiler, so that
//! neither another toolchain nor another program is needed. `cargo fuzz` works as well.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::shell;

/// How long each target runs in the smoke of a test run, in seconds.
const SMOKE_SECONDS: u64 = 2;
/// Slower than this on one input is a finding, in seconds.
const SLOW_SECONDS: u64 = 10;
/// More memory than this is a finding, in MiB.
const MEMORY_MAX: u64 = 2048;
/// Longest input, in bytes.
const INPUT_MAX: u64 = 16_384;
/// Files that a target's corpus may have in the repository.
const KEPT_MAX: usize = 60;
/// Largest file that is put into the repository, in bytes.
const KEPT_BYTES_MAX: u64 = 8_192;
/// Lines of a failed run that are shown.
const TAIL: usize = 40;

/// What `cargo fuzz` asks of the compiler, as far as it needs no sanitizer.
const COVERAGE: [&str; 7] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=16",
];

/// The words of `cargo xtask fuzz`.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<(), String> {
    let wish = Wish::read(words, &targets(root)?)?;
    if wish.seeds {
        let words = ["run", "--quiet", "--locked", "--package", "semper-fuzz-bodies", "--example", "seeds"];
        return shell::run(root, &shell::cargo(), &words);
    }
    let programs = build(root)?;
    if wish.keep {
        return wish.targets.iter().try_for_each(|target| keep(root, &programs, target));
    }
    fuzz(root, &programs, &wish)
}

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    seconds: u64,
    seeds: bool,
    keep: bool,
    targets: Vec<String>,
}

impl Wish {
    fn read(words: &[&str], known: &[String]) -> Result<Self, String> {
        let mut wish = Wish { seconds: SMOKE_SECONDS, seeds: false, keep: false, targets: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--seconds" => {
                    let number = words.next().and_then(|number| number.parse().ok());
                    wish.seconds = number.filter(|seconds| *seconds > 0).ok_or("--seconds: how many?")?;
                }
                "--seeds" => wish.seeds = true,
                "--keep" => wish.keep = true,
                target if known.iter().any(|known| known == target) => wish.targets.push(target.to_owned()),
                other => return Err(format!("no target `{other}`; there are {}", known.join(", "))),
            }
        }
        if wish.targets.is_empty() {
            wish.targets = known.to_vec();
        }
        Ok(wish)
    }
}

/// The targets, by their programs.
fn targets(root: &Path) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = files(&root.join("fuzz/fuzz_targets"))?
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// Builds all targets; returns the folder of the programs.
fn build(root: &Path) -> Result<PathBuf, String> {
    let host = shell::output(root, "rustc", &["--print", "host-tuple"])?;
    let quoted = COVERAGE.map(|word| format!("\"{word}\""));
    let flags = format!("build.rustflags=[{}]", quoted.join(","));
    // A target of its own name keeps build scripts and macros without coverage.
    let words = ["build", "--release", "--locked", "--target", host.trim(), "--config", &flags];
    let fuzz = root.join("fuzz");
    shell::run(&fuzz, &shell::cargo(), &words).map_err(|problem| {
        format!("{problem}\nif our crates' dependencies have changed: `cargo fetch` in fuzz/ brings its Cargo.lock up to date")
    })?;
    Ok(fuzz.join("target").join(host.trim()).join("release"))
}

/// Runs the targets, as many at a time as there are processors; names every one that failed.
fn fuzz(root: &Path, programs: &Path, wish: &Wish) -> Result<(), String> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(target) = wish.targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(problem) = run_target(root, programs, target, wish.seconds) {
                        println!("{problem}");
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(target.clone());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() { Ok(()) } else { Err(format!("fuzzing found something: {}", failed.join(", "))) }
}

fn run_target(root: &Path, programs: &Path, target: &str, seconds: u64) -> Result<(), String> {
    let (found, artifacts) = (found(root, target), root.join("fuzz/artifacts").join(target));
    for folder in [&found, &artifacts] {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let mut command = Command::new(programs.join(target));
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={SLOW_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MAX}"))
        .arg(format!("-max_len={INPUT_MAX}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg("-print_final_stats=1")
        .args([&found, &root.join("fuzz/corpus").join(target)])
        .current_dir(root)
        .stdin(Stdio::null());
    let output = command.output().map_err(|e| format!("{target}: {e}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(report(&programs.join(target), target, &text));
    }
    println!("{target:<10} {}", summary(&text));
    Ok(())
}

/// What a failed run says, and how to see it again.
fn report(program: &Path, target: &str, text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default().join("\n");
    let file = lines.iter().find_map(|line| line.split("Test unit written to ").nth(1)).unwrap_or("the input");
    format!(
        "{tail}\n\n{target} failed. To see it again as a plain test, and to keep it found:\n  cp {file} fuzz/corpus/{target}/\n  cargo test -p semper-fuzz-bodies --test corpus {target}\nTo make it smaller first:\n  {} -minimize_crash=1 -runs=20000 {file}",
        program.display()
    )
}

/// How much was tried and reached.
fn summary(text: &str) -> String {
    let last = |word: &str| text.lines().rev().find_map(|line| line.split(word).nth(1)).map(str::trim);
    let number = |found: Option<&str>| found.and_then(|found| found.split(' ').next()).unwrap_or("?").to_owned();
    let (runs, points) = (number(last("stat::number_of_executed_units:")), number(last(" cov: ")));
    format!("{runs} runs, {points} points of coverage")
}

fn found(root: &Path, target: &str) -> PathBuf {
    root.join("fuzz/target/found").join(target)
}

/// Puts the smallest set of what was found and reaches something new into the corpus.
fn keep(root: &Path, programs: &Path, target: &str) -> Result<(), String> {
    let (corpus, merged) = (root.join("fuzz/corpus").join(target), root.join("fuzz/target/merged").join(target));
    let _ = std::fs::remove_dir_all(&merged);
    std::fs::create_dir_all(&merged).map_err(|e| format!("{}: {e}", merged.display()))?;
    let known = files(&corpus)?;
    for path in &known {
        copy(path, &merged)?;
    }
    let words = [
        "-merge=1".to_owned(),
        format!("-max_len={KEPT_BYTES_MAX}"),
        merged.display().to_string(),
        found(root, target).display().to_string(),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    shell::run(root, &programs.join(target).display().to_string(), &words)?;
    let mut new = files(&merged)?;
    new.retain(|path| !known.iter().any(|known| known.file_name() == path.file_name()));
    // The smallest say most per byte.
    new.sort_by_key(|path| std::fs::metadata(path).map_or(u64::MAX, |data| data.len()));
    new.truncate(KEPT_MAX.saturating_sub(known.len()));
    for path in &new {
        copy(path, &corpus)?;
    }
    println!("{target}: {} files more in the corpus", new.len());
    Ok(())
}

fn copy(path: &Path, folder: &Path) -> Result<(), String> {
    let name = path.file_name().unwrap_or_default();
    std::fs::copy(path, folder.join(name)).map(drop).map_err(|e| format!("{}: {e}", path.display()))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let problem = |e: std::io::Error| format!("{}: {e}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(problem)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(problem)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes() {
        let known = ["json".to_owned(), "jws".to_owned()];
        let all = Wish::read(&[], &known).unwrap();
        assert_eq!((all.seconds, all.targets.as_slice()), (SMOKE_SECONDS, &known[..]));
        let one = Wish::read(&["--seconds", "90", "jws"], &known).unwrap();
        assert_eq!((one.seconds, one.targets), (90, vec!["jws".to_owned()]));
        assert!(Wish::read(&["--keep"], &known).unwrap().keep && Wish::read(&["--seeds"], &known).unwrap().seeds);
        for bad in [&["--seconds"][..], &["--seconds", "0"], &["yaml"], &["--what"]] {
            assert!(Wish::read(bad, &known).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_run_is_summed_up_and_a_crash_says_how_to_replay() {
        let text =
            "#2\tINITED cov: 7 ft: 9\n#90\tDONE   cov: 12 ft: 20 corp: 3/1b\nstat::number_of_executed_units: 90\n";
        assert_eq!(summary(text), "90 runs, 12 points of coverage");
        let text = "thread panicked\nartifact_prefix='a/'; Test unit written to fuzz/artifacts/json/crash-1\n";
        let said = report(Path::new("bin/json"), "json", text);
        assert!(said.contains("cp fuzz/artifacts/json/crash-1 fuzz/corpus/json/") && said.contains("panicked"));
    }
}
