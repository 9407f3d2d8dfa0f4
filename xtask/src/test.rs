//! `cargo xtask test`: one table of stages, cheap ones first, stopping at the first that fails.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{fuzz, mutants, setup, shell, tidy};

/// One stage. To add one, add a line to [`STAGES`].
struct Stage {
    name: &'static str,
    /// Only with `--all`: too long for every change.
    is_long: bool,
    what: What,
}

enum What {
    /// A function of ours.
    Call(fn(&Path) -> Result<(), String>),
    /// `cargo` with these words.
    Cargo(&'static [&'static str]),
    /// `cargo test` with these words; its results are counted.
    Tests(&'static [&'static str]),
}

/// Tests too long for every change are marked `#[ignore = "long: ..."]`; the last stage runs them.
const STAGES: &[Stage] = &[
    Stage { name: "setup", is_long: false, what: What::Call(setup::run) },
    Stage { name: "format", is_long: false, what: What::Cargo(&["fmt", "--all", "--check"]) },
    Stage { name: "tidy", is_long: false, what: What::Call(tidy::run) },
    Stage {
        name: "clippy",
        is_long: false,
        what: What::Cargo(&["clippy", "--workspace", "--locked", "--", "-D", "warnings"]),
    },
    // Tests and benchmarks have lints too. To look at them on every change would cost minutes of a cold start.
    Stage {
        name: "clippy of tests",
        is_long: true,
        what: What::Cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
    },
    Stage { name: "documentation", is_long: true, what: What::Cargo(DOCUMENTATION) },
    // One run names every failure, not only the first crate's.
    Stage { name: "tests", is_long: false, what: What::Tests(&["--workspace", "--locked", "--no-fail-fast"]) },
    // People at a browser mostly wait, markets only compute: together they take little longer than one.
    Stage { name: "people, markets", is_long: false, what: What::Call(people_and_markets) },
    Stage { name: "fuzz", is_long: false, what: What::Call(|root| fuzz::run(root, &[])) },
    Stage { name: "long simulator", is_long: true, what: What::Cargo(MANY_DEALS) },
    Stage { name: "mutants", is_long: true, what: What::Call(|root| mutants::run(root, &[])) },
    Stage {
        name: "long tests",
        is_long: true,
        // Optimised: what is long has millions of states.
        what: What::Tests(&["--release", "--workspace", "--locked", "--no-fail-fast", "--", "--ignored"]),
    },
];

/// A broken link in a doc comment is a failure.
const DOCUMENTATION: &[&str] =
    &["doc", "--workspace", "--no-deps", "--locked", "--config", "build.rustdocflags=[\"-D\",\"warnings\"]"];

/// So many purchases that rare meetings of faults meet.
const MANY_DEALS: &[&str] =
    &["run", "--release", "--locked", "--package", "semper-cli", "--", "sim", "--seed", "0", "--deals", "100000"];

fn people_and_markets(root: &Path) -> Result<(), String> {
    std::thread::scope(|threads| {
        let markets = threads.spawn(|| simulator(root));
        let people = browser(root);
        people.and(markets.join().unwrap_or_else(|_| Err("the simulator's thread ended".to_owned())))
    })
}

/// People at a browser, with the program that the tests were run with.
fn browser(root: &Path) -> Result<(), String> {
    // Bounded: a test that hangs fails, and a handle that somebody forgot keeps nobody.
    let words = ["--test", "--test-concurrency=1", "--test-timeout=300000", "--test-force-exit", "tests/"];
    shell::run(&root.join("web"), "env", &[&[&format!("SEMPER={}", program(root)), "node"], words.as_slice()].concat())
}

/// The program that the tests were run with: to build it by itself would build half of the workspace anew.
fn program(root: &Path) -> String {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("debug").join(format!("semper{}", std::env::consts::EXE_SUFFIX)).display().to_string()
}

/// 300 markets that are the same every time, in two halves, and beside them fresh ones for two minutes. Each says
/// how many deals, faults and crashes it played.
fn simulator(root: &Path) -> Result<(), String> {
    let program = program(root);
    let play = |words: &[&str]| shell::run(root, &program, &[&["sim"], words].concat());
    std::thread::scope(|threads| {
        let fresh =
            threads.spawn(|| play(&["--minutes", "2"]).and_then(|()| play(&["--seed", "200", "--seeds", "100"])));
        let fixed = play(&["--seed", "0", "--seeds", "200"]);
        fixed.and(fresh.join().unwrap_or_else(|_| Err("the simulator's thread ended".to_owned())))
    })
}

/// What became of a stage.
struct Row {
    name: &'static str,
    took: Duration,
    note: String,
}

/// Runs the stages; with `is_all` the long ones too.
pub(crate) fn run(root: &Path, is_all: bool) -> Result<(), String> {
    let start = Instant::now();
    let mut rows = Vec::new();
    let mut failure = None;
    for stage in STAGES.iter().filter(|stage| is_all || !stage.is_long) {
        println!("\n==== {} ====", stage.name);
        let began = Instant::now();
        let mut count = Count::default();
        let outcome = perform(root, &stage.what, &mut count);
        let note = match &outcome {
            Ok(()) => format!("ok     {count}"),
            Err(problem) => format!("FAILED {count}{problem}"),
        };
        rows.push(Row { name: stage.name, took: began.elapsed(), note });
        if outcome.is_err() {
            failure = Some(format!("stage `{}` failed", stage.name));
            break;
        }
    }
    println!("\n==== summary ====");
    for row in &rows {
        println!("{:<14} {:>8}  {}", row.name, seconds(row.took), row.note.trim_end());
    }
    println!("{:<14} {:>8}", "all", seconds(start.elapsed()));
    failure.map_or(Ok(()), Err)
}

fn perform(root: &Path, what: &What, count: &mut Count) -> Result<(), String> {
    match what {
        What::Call(function) => function(root),
        What::Cargo(words) => shell::run(root, &shell::cargo(), words),
        What::Tests(words) => {
            let words = [&["test"], *words].concat();
            shell::run_noting(root, &shell::cargo(), &words, |line| count.add(line))?;
            if words.contains(&"--ignored") { Ok(()) } else { count.shows_something() }
        }
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// Sums of the test runner's result lines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Count {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; ...`; others count nothing.
    fn add(&mut self, line: &str) {
        let Some(results) = line.strip_prefix("test result: ") else { return };
        for part in results.split([';', '.']) {
            let number = |word| part.trim().strip_suffix(word).and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0);
            self.passed += number(" passed");
            self.failed += number(" failed");
            self.ignored += number(" ignored");
        }
    }

    /// A runner that found nothing to run has shown nothing.
    fn shows_something(&self) -> Result<(), String> {
        if self.passed == 0 { Err("no test ran".to_owned()) } else { Ok(()) }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Count::default() {
            return Ok(());
        }
        write!(f, "{} passed, {} failed, {} ignored ", self.passed, self.failed, self.ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_summed() {
        let mut count = Count::default();
        count.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s");
        count.add("test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        count.add("test some::test ... ok");
        assert_eq!(count, Count { passed: 7, failed: 2, ignored: 1 });
    }

    #[test]
    fn a_run_without_tests_fails() {
        assert!(Count::default().shows_something().is_err());
        assert!(Count { passed: 1, ..Count::default() }.shows_something().is_ok());
    }
}
