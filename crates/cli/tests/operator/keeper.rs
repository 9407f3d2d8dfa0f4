//! A party of a running market that is killed is started again and its deals go on; one that never stays
//! ends the market with the reason.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use semper_base::Code;
use semper_node::control;
use serde_json::{Value, json};

use super::common::{Folder, open, semper};

const WAIT: Duration = Duration::from_mins(1);

/// A market of processes, until it is dropped.
struct Play {
    directory: PathBuf,
    child: Child,
    lines: Receiver<Value>,
}

impl Drop for Play {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Play {
    fn start(directory: &Path) -> (Self, Value) {
        let mut command = semper();
        command.args(["--json", "market", "--processes", "--first-port", "0", "--data-dir"]).arg(directory);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (send, lines) = channel();
        let said = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                let _ = send.send(serde_json::from_str(&line).unwrap_or_default());
            }
        });
        let play = Play { directory: directory.to_owned(), child, lines };
        let ready = play.hears("ready");
        (play, ready)
    }

    /// The next event, which must be this one.
    fn hears(&self, event: &str) -> Value {
        let line = self.lines.recv_timeout(WAIT).unwrap();
        assert_eq!(line["event"], event, "{line}");
        line
    }

    fn call(&self, party: &str, command: &Value) -> Value {
        control::call(&self.directory.join(party), command).unwrap()
    }

    /// Kills a party; returns its new process.
    fn kill(&self, party: &str, pid: &Value) -> Value {
        kill(pid);
        let back = self.hears("restarted");
        assert_eq!(back["label"], party, "{back}");
        assert!(back["why"].as_str().unwrap().contains("signal"), "{back}");
        assert_ne!(&back["pid"], pid);
        back
    }
}

fn kill(pid: &Value) {
    assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
}

/// Lets the wallet order from this shop without a person.
fn may_order(play: &Play, shop: &str) {
    let sql = "SELECT value FROM row WHERE key = 'identity/statement'";
    let identity: Vec<u8> = open(&play.directory.join(shop)).query_row(sql, [], |row| row.get(0)).unwrap();
    let identity: Value = serde_json::from_slice(&identity).unwrap();
    play.call("wallet", &json!({ "command": "known", "key": identity["key"], "set": true }));
    let mut preferences = play.call("wallet", &json!({ "command": "preferences" }));
    preferences["consent"]["orders"] = json!({ "up-to": { "minor": 2000, "currency": "EUR" } });
    play.call("wallet", &json!({ "command": "preferences", "set": preferences }));
}

#[test]
fn who_is_killed_comes_back_and_the_deal_goes_on() {
    let folder = Folder::new("keeper");
    let (play, ready) = Play::start(&folder.join("m"));
    let pid = |label: &str| {
        let parties = ready["parties"].as_array().unwrap();
        parties.iter().find(|party| party["label"] == label).unwrap()["pid"].clone()
    };
    may_order(&play, "paper-ink");
    // The shop dies under the order, the bank under the payment.
    kill(&pid("paper-ink"));
    let bought = play.call("wallet", &json!({ "command": "buy", "shop": "paper-ink", "item": "bookplate" }));
    assert_eq!(play.hears("restarted")["label"], "paper-ink");
    play.kill("bank", &pid("bank"));
    let started = Instant::now();
    let show = json!({ "command": "deal", "deal": bought["deal"] });
    loop {
        let deal = play.call("wallet", &show);
        if deal["stage"] == "settled" {
            break;
        }
        assert!(started.elapsed() < WAIT, "{deal}");
        std::thread::sleep(Duration::from_millis(50));
    }

    // Five times in a minute it comes back; the next end is the market's.
    let mut process = pid("broker");
    for time in 1..=5 {
        let back = play.kill("broker", &process);
        assert_eq!(back["within_a_minute"], time);
        process = back["pid"].clone();
    }
    kill(&process);
    let end = play.hears("error");
    assert_eq!(end["code"], Code::Ended.number(), "{end}");
    let text = end["text"].as_str().unwrap();
    assert!(text.contains("broker ended 6 times") && text.contains("signal"), "{text}");
    assert!(control::call(&play.directory.join("wallet"), &json!({ "command": "who" })).is_err(), "all have ended");
}
