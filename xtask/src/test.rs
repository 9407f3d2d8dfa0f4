//! `cargo xtask test`: one table of stages, cheap ones first, stopping at the first that fails.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{mutants, setup, shell, tidy};

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
    /// The same, and a function beside it: tests of real processes mostly wait.
    TestsBeside(&'static [&'static str], fn(&Path) -> Result<(), String>),
}

/// Tests too long for every change are marked `#[ignore = "long: ..."]`; the last stage runs them.
const STAGES: &[Stage] = &[
    Stage { name: "setup", is_long: false, what: What::Call(setup::run) },
    Stage { name: "format", is_long: false, what: What::Cargo(&["fmt", "--all", "--check"]) },
    Stage { name: "tidy", is_long: false, what: What::Call(tidy::run) },
    // Tests and benchmarks have lints too. To look at them on every change would cost minutes of a cold start.
    Stage {
        name: "clippy of tests",
        is_long: true,
        what: What::Cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
    },
    Stage { name: "documentation", is_long: true, what: What::Cargo(DOCUMENTATION) },
    Stage {
        name: "build",
        is_long: false,
        what: What::Cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--locked", "--no-run", "--quiet"]),
    },
    // One run names every failure, not only the first crate's.
    Stage { name: "tests, lints, fuzz, markets", is_long: false, what: What::TestsBeside(TESTS, computed) },
    Stage { name: "people, new markets", is_long: false, what: What::Call(people_and_markets) },
    Stage { name: "long simulator", is_long: true, what: What::Cargo(MANY_DEALS) },
    Stage { name: "mutants", is_long: true, what: What::Call(|root| mutants::run(root, &[])) },
    Stage {
        name: "long tests",
        is_long: true,
        // Optimised: what is long has millions of states.
        what: What::Tests(&["--release", "--workspace", "--locked", "--no-fail-fast", "--", "--ignored"]),
    },
];

/// No examples: nothing is tested in documentation, and to look for it there takes half a minute.
const TESTS: &[&str] = &["--workspace", "--lib", "--bins", "--tests", "--locked", "--no-fail-fast"];

/// A broken link in a doc comment is a failure.
const DOCUMENTATION: &[&str] =
    &["doc", "--workspace", "--no-deps", "--locked", "--config", "build.rustdocflags=[\"-D\",\"warnings\"]"];

/// So many purchases that rare meetings of faults meet.
const MANY_DEALS: &[&str] =
    &["run", "--release", "--locked", "--package", "semper-cli", "--", "sim", "--seed", "0", "--deals", "100000"];

/// What only computes, at the lowest priority.
fn computed(root: &Path) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|e| format!("which program this is: {e}"))?;
    let lints = ["clippy", "--workspace", "--locked", "--quiet", "--", "-D", "warnings"];
    shell::run_aside(root, &shell::cargo(), &lints)?;
    shell::run_aside(root, &own.display().to_string(), &["fuzz"])?;
    let [first, second] = FIXED;
    beside(|| markets(root, first), || markets(root, second))
}

/// People at a browser mostly wait, markets only compute: together they take little longer than one.
fn people_and_markets(root: &Path) -> Result<(), String> {
    beside(|| browser(root), || markets(root, FRESH))
}

/// Both to their ends, the second one in a thread of its own.
fn beside(
    first: impl FnOnce() -> Result<(), String>,
    second: impl FnOnce() -> Result<(), String> + Send,
) -> Result<(), String> {
    std::thread::scope(|threads| {
        let second = threads.spawn(second);
        let first = first();
        let second = second.join().unwrap_or_else(|_| Err("what ran beside it ended".to_owned()));
        match (first, second) {
            (Err(first), Err(second)) => Err(format!("{first}; {second}")),
            (first, second) => first.and(second),
        }
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

/// 300 markets that are the same every time, in two parts, one for each processor.
const FIXED: [&[&str]; 2] = [&["--seed", "0", "--seeds", "150"], &["--seed", "150", "--seeds", "150"]];
/// Others for two minutes.
const FRESH: &[&str] = &["--minutes", "2"];

/// Simulated markets; it says how many deals, faults and crashes it played.
fn markets(root: &Path, which: &[&str]) -> Result<(), String> {
    shell::run_aside(root, &program(root), &[&["sim"], which].concat())
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
        What::Tests(words) => tests(root, words, |line| count.add(line)).and_then(|()| enough(words, count)),
        What::TestsBeside(words, aside) => tests_beside(root, words, *aside, count),
    }
}

/// The longest tests play demos of real processes, which wait more than they work: twice as many as there are cores.
fn tests(root: &Path, words: &[&str], note: impl FnMut(&str)) -> Result<(), String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = format!("RUST_TEST_THREADS={}", cores.saturating_mul(2));
    shell::run_noting(root, "env", &[&[&threads, &shell::cargo(), "test"], words].concat(), note)
}

fn enough(words: &[&str], count: &Count) -> Result<(), String> {
    if words.contains(&"--ignored") { Ok(()) } else { count.shows_something() }
}

/// The other one begins with the first test: before that cargo still looks at what is built, and lets nobody else.
fn tests_beside(
    root: &Path,
    words: &[&str],
    aside: fn(&Path) -> Result<(), String>,
    count: &mut Count,
) -> Result<(), String> {
    let (begins, begun) = std::sync::mpsc::channel();
    let counted = &mut *count;
    let run = || {
        tests(root, words, move |line| {
            counted.add(line);
            // Sent again and again: whoever listens takes the first.
            let _ = begins.send(());
        })
    };
    // Without a test there is nothing that it could run beside.
    beside(run, move || begun.recv().map_or(Ok(()), |()| aside(root)))?;
    enough(words, count)
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
