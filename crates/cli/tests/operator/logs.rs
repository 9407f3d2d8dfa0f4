//! The logs of all parties over a whole deal, at the finest level: ids are there, people and goods are not.

use std::process::Command;

use serde_json::Value;

use super::common::{Folder, run, semper};
use super::play::Place;
use super::works;

/// A title, so odd that it stands nowhere else.
const TITLE: &str = "Zanzibar-Quagga-7291.txt";
/// The names in the certificates of the demo.
const NAMES: [&str; 2] = ["Bea Buyer", "Quiver"];

#[test]
fn logs_name_deals_and_no_people() {
    let place = Place::new("lg");
    let file = place.0.join(TITLE);
    std::fs::write(&file, b"the goods are as odd as their name, line 7291\n").unwrap();
    let market = place.0.join("m").display().to_string();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_semper"));
    demo.args(["--json", "demo", "--data-dir", &market, "--price", "123.45 EUR", "--file"]).arg(&file);
    let output = demo.env("SEMPER_LOG", "debug").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let (logs, told) = (String::from_utf8(output.stderr).unwrap(), String::from_utf8(output.stdout).unwrap());
    let summary: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    let lines: Vec<Value> = logs.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(lines.len() > 20, "{logs}");
    for line in &lines {
        assert!(line["timestamp"].is_string() && line["level"].is_string() && line["target"].is_string(), "{line}");
    }
    // Each party said something about the deal that can be found by its id.
    let xid = summary.pointer("/purchase/xid").and_then(Value::as_str).unwrap();
    let about = lines.iter().filter(|line| line["id"] == xid).count();
    let deals = lines.iter().filter(|line| line["deal"].is_string()).count();
    assert!(about >= 3 && deals >= 3, "{about} {deals} {logs}");
    let account = |who: &str| summary.pointer(&format!("/accounts/{who}")).and_then(Value::as_str).unwrap().to_owned();
    let accounts = [account("buyer"), account("seller")];
    let secret = [TITLE, "123.45", "12345", "the goods are as odd", super::common::PHRASE];
    for needle in secret.into_iter().chain(NAMES).chain(accounts.iter().map(String::as_str)) {
        let hits: Vec<&str> = logs.lines().filter(|line| line.contains(needle)).collect();
        assert_eq!(hits, Vec::<&str>::new(), "{needle}");
    }
}

#[test]
fn formats_and_levels() {
    let folder = Folder::new("formats");
    let serve = |more: &[&str]| {
        let mut command = super::common::serve("ca", &folder, &folder.join("ca"));
        command.args(more);
        run(&mut command)
    };
    super::fails(&serve(&["--log-level", "semper=loud"]), 2, semper_base::Code::Usage, "--log-level");
    let bad = serve(&["--log", "xml"]);
    assert_eq!(bad.status.code(), Some(2));
    for (format, is_json) in [("json", true), ("text", false), ("auto", true)] {
        let party = super::common::Party::start("ca", &folder, &["--log", format, "--log-level", "info"]);
        party.call(
            &serde_json::json!({ "command": "link", "name": "x", "socket": "127.0.0.1:9", "server_name": "x.test", "as": "nobody" }),
        );
        party.until(&serde_json::json!({ "command": "connections" }), |all| all.get("x").is_some());
        let said = party.said();
        assert_eq!(said.lines().any(|line| serde_json::from_str::<Value>(line).is_ok()), is_json, "{said}");
        assert!(party.stop());
        std::fs::remove_file(folder.join("ca.log")).unwrap();
    }
    works(&run(semper().arg("--version")));
}
