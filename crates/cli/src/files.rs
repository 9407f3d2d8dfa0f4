//! Files that the owner names: read up to a bound, written only where none is, and the bytes in a party's reply.

use std::io::{Read as _, Write as _};
use std::path::Path;

use semper_base::{Code, Error, Fault, Misuse, bytes};
use serde_json::{Value, json};

use crate::output::{say, say_json};

/// The bytes of a file of at most `most`.
pub(crate) fn contents(path: &Path, most: u64) -> Result<Vec<u8>, Misuse> {
    let failed = |e: std::io::Error| {
        let code = if e.kind() == std::io::ErrorKind::NotFound { Code::NotFound } else { Code::FileWrong };
        Misuse::new(code, format!("{}: {e}", path.display()))
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(Misuse::new(Code::FileWrong, format!("{}: larger than {most} bytes", path.display())));
    }
    Ok(bytes)
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(output: &Path, content: &[u8]) -> Result<(), Error> {
    let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("{}: {e}", output.display()));
    let mut file = std::fs::File::create_new(output).map_err(disk)?;
    file.write_all(content).map_err(disk)?;
    Ok(file.sync_all().map_err(disk)?)
}

/// The same, and says so.
pub(crate) fn write(output: &Path, content: &[u8], json: bool) -> Result<(), Error> {
    write_new(output, content)?;
    if json {
        say_json(&json!({ "file": output, "bytes": content.len() }));
    } else {
        say(format!("wrote {} ({} bytes)", output.display(), content.len()));
    }
    Ok(())
}

/// The bytes of a member of a reply.
pub(crate) fn blob(reply: &Value, name: &str) -> Result<Vec<u8>, Error> {
    let text = reply.get(name).and_then(Value::as_str).unwrap_or_default();
    Ok(bytes::decode(text)?)
}
