//! The hidden switch of `semper serve` that ends the process at a crash point, as a power cut would.
//!
//! Points are given on the command line and only there: nothing that a peer sends can arm one. The process
//! says on standard output which point it has reached, then kills itself with SIGKILL.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use semper_driver::fault::{Point, Signal, Switch};
use semper_services::common::traffic;
use serde_json::json;

use crate::output::say_json;
use crate::serve::Role;

/// Reads a list of points, separated by commas; an empty one arms nothing and watches all the same.
pub(crate) fn parse(text: &str) -> Result<Vec<Point>, String> {
    text.split(',').filter(|part| !part.is_empty()).map(|part| part.parse().map_err(|e| format!("{e}"))).collect()
}

/// The switch with these points armed.
pub(crate) fn switch(role: Role, points: &[Point]) -> Arc<Switch> {
    let armed: BTreeSet<Point> = points.iter().cloned().collect();
    Arc::new(Switch::new(traffic::traffic(role.in_market()), armed, Box::new(traffic::label), Box::new(hear)))
}

fn hear(signal: Signal<'_>) {
    match signal {
        Signal::Reached(points) => {
            let points: Vec<String> = points.iter().map(Point::to_string).collect();
            say_json(&json!({ "event": "crash", "points": points }));
            die();
        }
        Signal::Unlisted(traffic) => {
            say_json(
                &json!({ "event": "unlisted", "kind": traffic.kind, "passage": format!("{:?}", traffic.passage) }),
            );
        }
    }
}

/// Kills this process: no farewell, no last write. The calling thread does nothing more.
fn die() {
    let script = format!("kill -KILL {}", std::process::id());
    let _ = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).status();
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}
