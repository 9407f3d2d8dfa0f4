//! Numbers for whoever watches a party, in Prometheus' text format.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn one(text: &mut String, name: &str, help: &str, value: u64) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
}

/// The process: role, version, start, memory.
pub(crate) fn of_process(role: &str, started: u64) -> String {
    let mut text = format!(
        "# HELP semper_info Which party this is.\n# TYPE semper_info gauge\nsemper_info{{role=\"{role}\",version=\"{}\"}} 1\n",
        env!("CARGO_PKG_VERSION")
    );
    one(&mut text, "process_start_time_seconds", "When the pages began, in seconds since 1970.", started);
    if let Some(bytes) = resident() {
        one(&mut text, "process_resident_memory_bytes", "Memory in use.", bytes);
    }
    text
}

/// What the process has in memory; Linux says it, other systems do not say it like this.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The party's pulse.
pub(crate) fn of_party(pulse: &Value) -> String {
    let gauges = [
        ("commit", "semper_commit", "Number of the last commit of the party's database."),
        ("waiting", "semper_receivers_waiting", "Peers for which messages wait."),
        ("questions", "semper_questions_open", "Questions that wait for the trusted screen."),
        ("parked", "semper_messages_parked", "Messages that wait for a newer revocation list."),
        ("archived", "semper_archived_objects", "Objects in the archive."),
    ];
    let mut text = String::new();
    for (member, name, help) in gauges {
        if let Some(value) = pulse.get(member).and_then(Value::as_u64) {
            one(&mut text, name, help, value);
        }
    }
    text
}
