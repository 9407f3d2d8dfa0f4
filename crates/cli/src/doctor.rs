//! `semper doctor`: is this machine fit, is this data directory whole?

use std::path::Path;
use std::process::ExitCode;

use semper_node::control;
use semper_store::SqliteReader;
use semper_support::tinguin::neutral::neutralise;
use serde_json::json;

use crate::output::{say, say_json};
use crate::party;

struct Finding {
    what: &'static str,
    good: bool,
    text: String,
}

pub(crate) fn run(directory: Option<&Path>, running: bool, json: bool) -> ExitCode {
    let mut findings = vec![clock(), loopback(), disk(directory)];
    if let Some(directory) = directory {
        findings.extend(party_findings(directory, running));
    }
    let good = findings.iter().all(|finding| finding.good);
    for finding in &findings {
        if json {
            say_json(&json!({"event": "finding", "what": finding.what, "good": finding.good, "text": finding.text}));
        } else {
            say(format!("{} {:<12} {}", if finding.good { "ok  " } else { "BAD " }, finding.what, finding.text));
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// A clock before this build's time would make every certificate "not yet valid".
fn clock() -> Finding {
    let now = party::wall();
    let good = now.to_string().as_str() > "2026-01-01";
    let text = if good { format!("it is {now}") } else { format!("{now} is in the past: set the clock") };
    Finding { what: "clock", good, text }
}

fn loopback() -> Finding {
    let bound = std::net::TcpListener::bind("127.0.0.1:0");
    let (good, text) = match bound {
        Ok(_) => (true, "127.0.0.1 can be listened on".to_owned()),
        Err(e) => (false, format!("127.0.0.1 cannot be listened on: {e}")),
    };
    Finding { what: "network", good, text }
}

/// Unix sockets have short names (`sun_path` has 108 bytes on Linux): deep directories cannot hold one.
fn socket_path(directory: &Path) -> Finding {
    const SOCKET_PATH_MAX: usize = 107;
    let length = directory.join(control::SOCKET).as_os_str().len();
    let good = length <= SOCKET_PATH_MAX;
    let text = if good {
        "short enough for a control socket".to_owned()
    } else {
        format!(
            "its control socket's path has {length} bytes, {SOCKET_PATH_MAX} are possible: use a shorter --data-dir"
        )
    };
    Finding { what: "directory", good, text }
}

/// Looks where the party writes: in a container nothing else may be writable.
fn disk(directory: Option<&Path>) -> Finding {
    let place = directory.filter(|directory| directory.is_dir());
    let place = place.map_or_else(std::env::temp_dir, Path::to_path_buf);
    let file = place.join(format!("semper-doctor-{}", std::process::id()));
    let written = std::fs::write(&file, b"x");
    let _ = std::fs::remove_file(&file);
    let (good, text) = match written {
        Ok(()) => (true, format!("{} takes files", place.display())),
        Err(e) => (false, format!("{} refuses files: {e}", place.display())),
    };
    Finding { what: "disk", good, text }
}

/// An older schema is no fault: the party brings it up to date when it starts.
fn schema(directory: &Path) -> Finding {
    let (good, text) = match semper_store::version_of(directory) {
        Ok((found, ours)) if found == ours => (true, format!("version {found}, which is this program's")),
        Ok((found, ours)) => (true, format!("version {found}; starting the party brings it to {ours}")),
        Err(e) => (false, e.to_string()),
    };
    Finding { what: "schema", good, text }
}

/// Who runs there, in words.
fn running_as(who: &serde_json::Value) -> String {
    let text = |name: &str| who.get(name).and_then(serde_json::Value::as_str);
    let name = text("name").map(|name| format!(" \"{}\"", neutralise(name).text)).unwrap_or_default();
    let until = text("until").map(|until| format!(", certified until {until}")).unwrap_or_default();
    let links = who.get("links").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
    format!("running: {}{name}{until}, met {links} others", text("role").unwrap_or("a party"))
}

fn party_findings(directory: &Path, running: bool) -> Vec<Finding> {
    let opened = SqliteReader::open_read_only(directory).and_then(|reader| reader.status());
    let database = match &opened {
        Ok(status) if status.recovering => {
            let text = "restored and not confirmed: run `semper restore --data-dir DIR`".to_owned();
            Finding { what: "database", good: false, text }
        }
        Ok(status) => {
            let text = format!(
                "commit {}, last active {}, {} objects in the archive",
                status.commits, status.clock, status.archived
            );
            Finding { what: "database", good: true, text }
        }
        Err(e) => Finding { what: "database", good: false, text: e.to_string() },
    };
    // A party that does not run is no fault unless it ought to; what keeps it from running is said by `serve`.
    let (answers, text) = match control::call(directory, &json!({"command": "who"})) {
        Ok(who) => (true, running_as(&who)),
        Err(e) => (false, format!("not running ({e})")),
    };
    vec![
        socket_path(directory),
        schema(directory),
        database,
        Finding { what: "process", good: answers || !running, text },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A container whose root may not be written is healthy as long as the party's own directory may.
    #[test]
    fn the_disk_is_looked_at_where_the_party_writes() {
        let own = std::env::temp_dir().join(format!("semper-doctor-test-{}", std::process::id()));
        std::fs::create_dir_all(&own).unwrap();
        let found = disk(Some(&own));
        assert!(found.good && found.text.contains(own.to_str().unwrap()), "{}", found.text);
        assert_eq!(std::fs::read_dir(&own).unwrap().count(), 0, "it leaves nothing behind");
        std::fs::remove_dir_all(&own).unwrap();
    }
}
