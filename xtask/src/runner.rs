//! Runs the tests of the workspace: built once, then two programs at a time, the long ones first. Many of
//! them wait for processes and disks more than they work, so two together take little longer than one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::shell;

/// How many test programs run at a time.
const AT_A_TIME: usize = 2;
/// Those that take longest, so that none of them is left to the end.
const LONG: &[&str] = &["crash", "cheats", "ways", "worlds", "planted", "stale", "goods", "main"];

/// A built test program.
struct Program {
    name: String,
    file: PathBuf,
    /// Where it expects to run: its package.
    folder: PathBuf,
}

/// What became of one.
struct Ended {
    name: String,
    took: Duration,
    ok: bool,
}

/// Builds with these words of `cargo test`, then runs every program with `arguments`. Each output comes in one
/// piece, and every line of it is given to `note`. Names every program that failed.
pub(crate) fn run(
    root: &Path,
    words: &[&str],
    arguments: &[&str],
    note: &mut (dyn FnMut(&str) + Send),
) -> Result<(), String> {
    let build = [&["test", "--no-run", "--message-format=json-render-diagnostics"], words].concat();
    let mut programs = Vec::new();
    shell::run_reading(root, &shell::cargo(), &build, |line| programs.extend(program(line)))?;
    programs.sort_by_key(|program| LONG.iter().rev().position(|long| *long == program.name));
    let count = programs.len();
    let (queue, ended, out) = (Mutex::new(programs), Mutex::new(Vec::new()), Mutex::new(note));
    std::thread::scope(|threads| {
        for _ in 0..AT_A_TIME {
            threads.spawn(|| {
                while let Some(program) = { lock(&queue).pop() } {
                    let (result, text) = run_one(&program, arguments);
                    let mut note = lock(&out);
                    println!("---- {} ({:.1} s)", program.name, result.took.as_secs_f64());
                    for line in text.lines() {
                        println!("{line}");
                        (*note)(line);
                    }
                    lock(&ended).push(result);
                }
            });
        }
    });
    let ended = ended.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let failed: Vec<&str> = ended.iter().filter(|one| !one.ok).map(|one| one.name.as_str()).collect();
    let mut longest: Vec<&Ended> = ended.iter().collect();
    longest.sort_by_key(|one| std::cmp::Reverse(one.took));
    let longest: Vec<String> =
        longest.iter().take(8).map(|one| format!("{} {:.0} s", one.name, one.took.as_secs_f64())).collect();
    println!("{count} test programs; longest: {}", longest.join(", "));
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// A holder that panicked left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The test program that a line of cargo's messages tells of.
fn program(line: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_test = message.pointer("/profile/test").and_then(Value::as_bool) == Some(true);
    let file = message.get("executable").and_then(Value::as_str).filter(|_| is_test)?;
    let manifest = message.get("manifest_path").and_then(Value::as_str)?;
    let name = message.pointer("/target/name").and_then(Value::as_str)?;
    Some(Program {
        name: name.to_owned(),
        file: PathBuf::from(file),
        folder: Path::new(manifest).parent()?.to_path_buf(),
    })
}

fn run_one(program: &Program, arguments: &[&str]) -> (Ended, String) {
    let began = Instant::now();
    let mut command = Command::new(&program.file);
    command.args(arguments).current_dir(&program.folder).env("CARGO_MANIFEST_DIR", &program.folder);
    let output = command.stdin(Stdio::null()).output();
    let (ok, text) = match output {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            (output.status.success(), String::from_utf8_lossy(&text).into_owned())
        }
        Err(error) => (false, format!("{}: {error}", program.file.display())),
    };
    (Ended { name: program.name.clone(), took: began.elapsed(), ok }, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_are_programs_to_run() {
        let line = |test: bool, file: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/p/Cargo.toml","target":{{"name":"t"}},"profile":{{"test":{test}}},"executable":{file}}}"#
            )
        };
        let found = program(&line(true, "\"/p/t-1\"")).unwrap();
        assert_eq!((found.name.as_str(), found.folder.as_path()), ("t", Path::new("/p")));
        assert!(program(&line(false, "\"/p/t-1\"")).is_none(), "a program of ours, not a test of it");
        assert!(program(&line(true, "null")).is_none(), "a library");
        assert!(program("warning: something").is_none());
    }

    #[test]
    fn failures_are_named_and_output_is_kept() {
        let here = std::env::temp_dir();
        let program = |words: &str| Program { name: words.to_owned(), file: "/bin/sh".into(), folder: here.clone() };
        let (ended, text) = run_one(&program("x"), &["-c", "echo out; echo err >&2; exit 3"]);
        assert!(!ended.ok && text.contains("out\n") && text.contains("err\n"));
        assert!(run_one(&program("x"), &["-c", "true"]).0.ok);
    }
}
