//! What operators do: settings, backups, recovery words, stopping, logs.

use crate::common;
use crate::play;

mod backup;
mod config;
mod examples;
mod keeper;
mod link;
mod logs;
mod manual;
mod recovery;
mod stop;
#[cfg(target_os = "linux")]
mod terminal;

use std::path::Path;
use std::process::Output;

use semper_base::Code;

/// Asserts exit code, stable code and a text that helps.
fn fails(output: &Output, exit: i32, code: Code, text: &str) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{said}");
    assert!(said.contains(&format!("[{}]", code.number())), "{code:?} not in: {said}");
    assert!(said.contains(text), "{text:?} not in: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// What a command that succeeds says.
fn works(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Names of what lies in a directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
