//! What came is written into a new folder: all of it, or none.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use semper_base::{Code, Error, Fault, Hash, Misuse};
use semper_node::control;
use serde_json::{Value, json};

use super::{Named, ask};
use crate::files::blob;
use crate::output::{say, say_json};

/// Writes beside the folder first, so that a folder that is there has everything in it.
pub(super) fn run(named: &Named, output: &Path, json: bool) -> Result<(), Error> {
    if output.exists() {
        return Err(Misuse::new(Code::FileWrong, format!("{} is there already", output.display())).into());
    }
    let shown = ask(named, "transfer")?;
    if shown.get("word").and_then(Value::as_str) != Some("taken") {
        let why = "not all of it is here; nothing can be seen before (`semper transfer show`)";
        return Err(Misuse::new(Code::StateWrong, why).into());
    }
    let mut beside = output.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    std::fs::create_dir(&beside).map_err(|e| disk(&beside, &e))?;
    let written = fill(named, &shown, &beside);
    let done = written.and_then(|files| {
        std::fs::rename(&beside, output).map_err(|e| disk(output, &e))?;
        Ok(files)
    });
    let files = done.inspect_err(|_| {
        // What is left is ours and not whole.
        let _ = std::fs::remove_dir_all(&beside);
    })?;
    if json {
        say_json(&json!({ "folder": output, "files": files }));
    } else {
        say(format!("wrote {} ({} files)", output.display(), files));
    }
    Ok(())
}

fn fill(named: &Named, shown: &Value, folder: &Path) -> Result<u64, Error> {
    let goods = shown.get("goods").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut files = 0_u64;
    for (number, good) in (0_u64..).zip(goods) {
        let text = |name: &str| good.get(name).and_then(Value::as_str).unwrap_or_default();
        let path = folder.join(inside(text("path"))?);
        match text("kind") {
            "container" => std::fs::create_dir(&path).map_err(|e| disk(&path, &e))?,
            "payment" => {}
            kind => {
                let found = content(named, number, &path)?;
                if kind == "data" && found.hex() != text("hash") {
                    return Err(Fault::new(Code::FileWrong, path.display().to_string()).into());
                }
                files = files.saturating_add(1);
            }
        }
    }
    Ok(files)
}

/// Names from elsewhere lead nowhere but into the folder.
fn inside(path: &str) -> Result<&Path, Error> {
    let path = Path::new(path);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    if plain && !path.as_os_str().is_empty() {
        return Ok(path);
    }
    Err(Misuse::new(Code::FileWrong, "a name that leads out of the folder").into())
}

fn content(named: &Named, good: u64, path: &Path) -> Result<Hash, Error> {
    let mut file = std::fs::File::create_new(path).map_err(|e| disk(path, &e))?;
    let mut all = Vec::new();
    for index in 0.. {
        let request = json!({ "command": "transfer-open", "transfer": named.transfer, "good": good, "index": index });
        let found = control::call(&named.data_dir, &request)?;
        all.extend(blob(&found, "data")?);
        let chunks = found.get("chunks").and_then(Value::as_u64).unwrap_or_default();
        if index >= chunks.saturating_sub(1) {
            break;
        }
    }
    file.write_all(&all).and_then(|()| file.sync_all()).map_err(|e| disk(path, &e))?;
    Ok(Hash::of(&all))
}

fn disk(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(Code::Disk, format!("{}: {error}", path.display()))
}
