//! The caller's side of the control socket, for the command line: plain blocking calls.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use semper_base::limits::JSON_BYTES_MAX;
use semper_base::{Code, Error, Fault, Misuse, Refusal, Violation};
use serde_json::Value;

use super::SOCKET;

/// How long a party may take to answer a command.
const ANSWER_WAIT: Duration = Duration::from_mins(1);
/// Largest answer: a reply may list many rows.
const ANSWER_BYTES_MAX: u64 = 8 * JSON_BYTES_MAX as u64;

/// Sends one command to the party that runs on `dir` and returns its reply.
///
/// # Errors
/// What the party answered, with its code; [`Code::NotFound`] if no process runs there.
pub fn call(dir: &Path, command: &Value) -> Result<Value, Error> {
    let stream = connect(dir)?;
    let late = |error: std::io::Error| lost(dir, &error);
    stream.set_read_timeout(Some(ANSWER_WAIT)).map_err(late)?;
    stream.set_write_timeout(Some(ANSWER_WAIT)).map_err(late)?;
    let mut lines = ask(stream, dir, command)?;
    let line = next_line(&mut lines).map_err(late)?.ok_or_else(|| lost(dir, &ErrorKind::UnexpectedEof.into()))?;
    reply(&line)
}

/// Follows the notices of the party that runs on `dir`, from now on, without end.
///
/// # Errors
/// As [`call`].
pub fn notices(dir: &Path) -> Result<Notices, Error> {
    let mut lines = ask(connect(dir)?, dir, &serde_json::json!({ "command": "notices" }))?;
    let late = |error: std::io::Error| lost(dir, &error);
    let line = next_line(&mut lines).map_err(late)?.ok_or_else(|| lost(dir, &ErrorKind::UnexpectedEof.into()))?;
    reply(&line)?;
    Ok(Notices { lines })
}

/// A party's notices, as JSON; ends when the party stops.
#[derive(Debug)]
pub struct Notices {
    lines: BufReader<UnixStream>,
}

impl Iterator for Notices {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match next_line(&mut self.lines) {
            Ok(Some(line)) if line.get("error").is_some() => Some(reply(&line)),
            Ok(line) => line.map(Ok),
            Err(error) => Some(Err(Fault::new(Code::Network, error.to_string()).into())),
        }
    }
}

fn connect(dir: &Path) -> Result<UnixStream, Error> {
    let path = dir.join(SOCKET);
    UnixStream::connect(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            let advice = format!("no process runs on {}; start it with `semper serve`", dir.display());
            Misuse::new(Code::NotFound, advice).into()
        }
        ErrorKind::PermissionDenied => {
            let advice = format!("{} belongs to another user", path.display());
            Refusal::new(Code::AccessDenied, advice).into()
        }
        _ => lost(dir, &error).into(),
    })
}

fn ask(mut stream: UnixStream, dir: &Path, command: &Value) -> Result<BufReader<UnixStream>, Error> {
    stream.write_all(format!("{command}\n").as_bytes()).map_err(|error| lost(dir, &error))?;
    Ok(BufReader::new(stream))
}

fn lost(dir: &Path, error: &std::io::Error) -> Fault {
    Fault::new(Code::Network, format!("the process on {} did not answer: {error}", dir.display()))
}

fn next_line(lines: &mut BufReader<UnixStream>) -> std::io::Result<Option<Value>> {
    let mut line = String::new();
    lines.take(ANSWER_BYTES_MAX).read_line(&mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}

/// The reply, or the error in the family that its code tells.
fn reply(line: &Value) -> Result<Value, Error> {
    let Some(error) = line.get("error") else {
        return Ok(line.get("ok").cloned().unwrap_or(Value::Null));
    };
    let number = error.get("code").and_then(Value::as_u64).and_then(|number| u16::try_from(number).ok());
    let detail = error.get("detail").and_then(Value::as_str).unwrap_or("");
    let Some(code) = number.and_then(Code::from_number) else {
        return Err(Fault::new(Code::Network, "the process answered in a way that this build does not know").into());
    };
    Err(match code.number() / 1000 {
        1 => Violation::new(code, detail).into(),
        2 => Refusal::new(code, detail).into(),
        3 => Fault::new(code, detail).into(),
        _ => Misuse::new(code, detail).into(),
    })
}
