//! What a person or a script reads: lines on standard output, failures on standard error.

use std::io::Write as _;
use std::process::ExitCode;

use semper_base::{Code, Error};
use semper_support::tinguin::neutral::neutralise_inline;
use serde_json::{Value, json};

use crate::advice;

/// Prints a line. A reader that has gone away is no fault of ours.
pub(crate) fn say(line: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", line.as_ref());
    let _ = out.flush();
}

/// Prints a JSON object on one line.
pub(crate) fn say_json(value: &Value) {
    say(value.to_string());
}

/// Characters of a name or text of somebody else's that are shown in a line.
const MEMBER_CHARS: usize = 80;

/// A member of an answer as it may stand in a line: what others wrote is harmless and short.
pub(crate) fn member(value: &Value, name: &str) -> String {
    neutralise_inline(value.get(name).and_then(Value::as_str).unwrap_or("-"), MEMBER_CHARS)
}

/// Prints a line on standard error.
pub(crate) fn warn(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
}

/// Says what failed and returns the exit code that scripts look at.
pub(crate) fn failed(error: &Error, json: bool) -> ExitCode {
    let code = error.code();
    if json {
        say_json(&json!({
            "event": "error", "code": code.number(), "name": code.name(), "text": error.to_string(), "exit": exit(error),
            "advice": advice::of(code),
        }));
    } else {
        warn(format!("semper: {error}"));
        if let Some(advice) = advice::of(code) {
            warn(format!("What to do: {advice}."));
        }
    }
    ExitCode::from(exit(error))
}

/// The exit code of an error (see `semper --help`).
fn exit(error: &Error) -> u8 {
    match (error, error.code()) {
        (_, Code::NotFound | Code::DatabaseMissing) => 3,
        (_, Code::Usage | Code::FieldMissing | Code::FileWrong | Code::PassphraseWeak) => 2,
        (_, Code::CouldNotAsk) => 5,
        (_, Code::Network | Code::Tls) => 6,
        (_, Code::StateWrong | Code::Locked | Code::Conflict | Code::PortTaken) => 8,
        (_, Code::Expired | Code::OfferExpired | Code::TooLate | Code::CertificateExpired) => 9,
        (Error::Refusal(_), _) | (_, Code::PassphraseWrong) => 4,
        (Error::Violation(_), _) => 7,
        (Error::Misuse(_), _) => 2,
        (Error::Fault(_), _) => 1,
    }
}
