//! Developer tasks: `cargo xtask`.
#![expect(clippy::print_stdout, reason = "a command for people speaks on standard output")]

mod codes;
mod fuzz;
mod mutants;
mod setup;
mod shell;
mod test;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  setup         install what the tests need and this machine lacks; afterwards everything runs offline
  test          setup, then every stage that a change must pass; stops at the first failure
  test --all    the same and the long stages
  mutants [--list] [--json] [NAME..]
                break each rule of the protocol in a copy; a test must notice (an hour)
  tidy          the rules of the repository that no compiler knows (seconds, offline)
  codes         write docs/codes.md from crates/base/src/code.rs
  fuzz [--seconds N] [TARGET ...]   every target, or these, for N seconds each
  fuzz --keep [TARGET ...]          put what fuzzing found and reaches something new into the corpus
  fuzz --seeds                      write the beginnings of the corpus anew";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let root = root();
    let outcome = match words.as_slice() {
        ["codes"] => codes::run(&root),
        ["fuzz", words @ ..] => fuzz::run(&root, words),
        ["mutants", words @ ..] => mutants::run(&root, words),
        ["setup"] => setup::run(&root),
        ["test"] => test::run(&root, false),
        ["test", "--all"] => test::run(&root, true),
        ["tidy"] => tidy::run(&root),
        ["help" | "--help" | "-h"] | [] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// The repository, wherever the command was called.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
