//! Where a party's pass phrase comes from: a file, a credential directory, or the terminal.

use std::io::IsTerminal as _;
use std::path::Path;

use semper_base::{Code, Error, Fault, Misuse};

/// The name of the credential (systemd sets `CREDENTIALS_DIRECTORY` for `LoadCredential=`).
const CREDENTIAL: &str = "semper-passphrase";
/// Longest file that can be a pass phrase.
const BYTES_MAX: u64 = 4096;

/// Reads the pass phrase. `fresh` asks for it twice.
pub(crate) fn obtain(file: Option<&Path>, fresh: bool) -> Result<String, Error> {
    if let Some(file) = file {
        return read(file);
    }
    if let Some(directory) = std::env::var_os("CREDENTIALS_DIRECTORY") {
        let file = Path::new(&directory).join(CREDENTIAL);
        if file.exists() {
            return read(&file);
        }
    }
    if !std::io::stdin().is_terminal() {
        let text = "there is no terminal to ask for the pass phrase: give --passphrase-file FILE";
        return Err(Fault::new(Code::CouldNotAsk, text).into());
    }
    let ask =
        |prompt: &str| rpassword::prompt_password(prompt).map_err(|e| Fault::new(Code::CouldNotAsk, e.to_string()));
    let first = ask("Pass phrase: ")?;
    if fresh && ask("The same again: ")? != first {
        return Err(Misuse::new(Code::PassphraseWrong, "the two differ").into());
    }
    Ok(first)
}

fn read(file: &Path) -> Result<String, Error> {
    let wrong = |what: String| Misuse::new(Code::FileWrong, format!("{}: {what}", file.display()));
    let length = std::fs::metadata(file).map_err(|e| wrong(e.to_string()))?.len();
    if length > BYTES_MAX {
        return Err(wrong("too long for a pass phrase".to_owned()).into());
    }
    let text = std::fs::read_to_string(file).map_err(|e| wrong(e.to_string()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
