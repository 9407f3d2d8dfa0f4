//! Where a party's pass phrase comes from: a file, a credential directory, or the terminal.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use semper_base::{Code, Error, Fault, Misuse};
use zeroize::Zeroizing;

/// A pass phrase; wiped when dropped, and never held in memory that grows and leaves copies behind. `Debug`
/// shows nothing, which that of `Zeroizing` would.
#[derive(PartialEq, Eq)]
pub(crate) struct Passphrase(Zeroizing<String>);

impl From<Zeroizing<String>> for Passphrase {
    fn from(text: Zeroizing<String>) -> Self {
        Passphrase(text)
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

impl std::ops::Deref for Passphrase {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// The name of the credential (systemd sets `CREDENTIALS_DIRECTORY` for `LoadCredential=`).
const CREDENTIAL: &str = "semper-passphrase";
/// Longest file that can be a pass phrase.
const BYTES_MAX: usize = 4096;

/// Reads the pass phrase. `fresh` asks for it twice.
pub(crate) fn obtain(file: Option<&Path>, fresh: bool) -> Result<Passphrase, Error> {
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
    let ask = |prompt: &str| {
        let typed = rpassword::prompt_password(prompt).map(|text| Passphrase(Zeroizing::new(text)));
        typed.map_err(|e| Fault::new(Code::CouldNotAsk, e.to_string()))
    };
    let first = ask("Pass phrase: ")?;
    if fresh && ask("The same again: ")? != first {
        return Err(Misuse::new(Code::PassphraseWrong, "the two differ").into());
    }
    Ok(first)
}

/// One read into memory of its final size, then one copy without the line end.
fn read(file: &Path) -> Result<Passphrase, Error> {
    let wrong = |what: String| Misuse::new(Code::FileWrong, format!("pass phrase file {}: {what}", file.display()));
    let mut bytes = Zeroizing::new(vec![0_u8; BYTES_MAX + 1]);
    let mut open = File::open(file).map_err(|e| wrong(e.to_string()))?;
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match open.read(rest).map_err(|e| wrong(e.to_string()))? {
            0 => break,
            count => length += count,
        }
    }
    if length > BYTES_MAX {
        return Err(wrong("too long for a pass phrase".to_owned()).into());
    }
    let text = std::str::from_utf8(bytes.get(..length).unwrap_or_default());
    let text = text.map_err(|_| wrong("not UTF-8".to_owned()))?;
    Ok(Passphrase(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let phrase = Passphrase(Zeroizing::new("marmalade-tugboat".to_owned()));
        assert_eq!((format!("{phrase:?}").as_str(), &*phrase), ("Passphrase", "marmalade-tugboat"));
    }
}
