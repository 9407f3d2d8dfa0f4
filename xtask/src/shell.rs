//! Calling other programs.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The cargo that runs us, so that `cargo +toolchain xtask` stays with its toolchain.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs a program in `folder` with its output going to ours; an error unless it succeeds.
pub(crate) fn run(folder: &Path, program: &str, words: &[&str]) -> Result<(), String> {
    let line = say(program, words);
    let status = Command::new(program).args(words).current_dir(folder).stdin(Stdio::null()).status();
    judge(&line, status)
}

/// The same, and gives every line of standard output to `note` besides.
pub(crate) fn run_noting(
    folder: &Path,
    program: &str,
    words: &[&str],
    mut note: impl FnMut(&str),
) -> Result<(), String> {
    let line = say(program, words);
    let mut command = Command::new(program);
    let command = command.args(words).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("`{line}`: {e}"))?;
    if let Some(output) = child.stdout.take() {
        let mut out = std::io::stdout();
        let mut reader = BufReader::new(output);
        let mut bytes = Vec::new();
        // Lines need not be UTF-8; they are passed on as they are.
        while reader.read_until(b'\n', &mut bytes).map_err(|e| format!("`{line}`: {e}"))? > 0 {
            out.write_all(&bytes).map_err(|e| format!("standard output: {e}"))?;
            note(String::from_utf8_lossy(&bytes).trim_end());
            bytes.clear();
        }
    }
    judge(&line, child.wait())
}

/// The same at the lowest priority, for what runs beside something that must not wait. What it says comes in one piece at
/// its end: all of it if it failed, the last lines of its output otherwise.
pub(crate) fn run_aside(folder: &Path, program: &str, words: &[&str]) -> Result<(), String> {
    let words = [&["-n", "19", program], words].concat();
    let line = say("nice", &words);
    let output = Command::new("nice").args(&words).current_dir(folder).stdin(Stdio::null()).output();
    let output = output.map_err(|e| format!("`{line}` did not start: {e}"))?;
    let (out, progress) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        let skipped = out.lines().count().saturating_sub(LAST_LINES);
        println!("\n$ {line}\n{}\n", out.lines().skip(skipped).collect::<Vec<&str>>().join("\n"));
    } else {
        println!("\n$ {line}\n{out}\n{progress}");
    }
    judge(&line, Ok(output.status))
}

/// Lines that are shown of what went well.
const LAST_LINES: usize = 3;

/// Whether a program is there and succeeds; says nothing.
pub(crate) fn works(folder: &Path, program: &str, words: &[&str]) -> bool {
    let mut command = Command::new(program);
    let command = command.args(words).current_dir(folder);
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What a program prints, if it succeeds.
pub(crate) fn output(folder: &Path, program: &str, words: &[&str]) -> Result<String, String> {
    let line = format!("{program} {}", words.join(" "));
    let output = Command::new(program).args(words).current_dir(folder).stdin(Stdio::null()).output();
    let output = output.map_err(|e| format!("`{line}` did not start: {e}"))?;
    if !output.status.success() {
        return Err(format!("`{line}` failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn say(program: &str, words: &[&str]) -> String {
    let name = Path::new(program).file_name().map_or_else(|| program.into(), |name| name.to_string_lossy());
    let line = format!("{name} {}", words.join(" "));
    println!("$ {line}");
    line
}

fn judge(line: &str, status: std::io::Result<std::process::ExitStatus>) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed: {status}")),
        Err(e) => Err(format!("`{line}` did not start: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_noted_and_failure_is_an_error() {
        let here = Path::new(".");
        let mut lines = Vec::new();
        run_noting(here, "sh", &["-c", "echo a; printf b"], |line| lines.push(line.to_owned())).unwrap();
        assert_eq!(lines, ["a", "b"]);
        assert!(run(here, "sh", &["-c", "exit 3"]).unwrap_err().contains('3'));
        assert!(run(here, "no-such-program-anywhere", &[]).is_err());
        assert!(run_aside(here, "sh", &["-c", "exit 3"]).unwrap_err().contains('3'));
        run_aside(here, "sh", &["-c", "test $(nice) = 19"]).unwrap();
        assert!(works(here, "sh", &["-c", "true"]) && !works(here, "sh", &["-c", "false"]));
    }
}
