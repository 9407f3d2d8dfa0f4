//! `semper notary audit` over the pages of a bank that runs, after deals in which it lied in its log.

use crate::play;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use play::{Played, member, play, semper};
use serde_json::Value;

/// The bank of a market that was played, honest again, with its pages.
struct Bank {
    process: Child,
    pages: String,
}

impl Bank {
    fn serve(market: &Path) -> Bank {
        let (data, secret) = (market.join("bank"), market.join("secrets/passphrase"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_semper"));
        command.args(["--json", "serve", "bank", "--pages", "127.0.0.1:0", "--with-parent", "--data-dir"]).arg(data);
        command.arg("--passphrase-file").arg(secret).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Bank { pages: ready["pages"].as_str().unwrap().to_owned(), process }
    }

    fn audit(&self, more: &[&str]) -> (i32, Value) {
        let output = semper(&[&["notary", "audit", &self.pages], more].concat());
        let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code().unwrap(), report)
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a side of the deal had in its pack, in a file of its own.
fn piece(played: &Played, pack: usize, ending: &str, name: &str) -> PathBuf {
    let zip = std::fs::read(played.text(&format!("/packs/{pack}/file"))).unwrap();
    let mut bytes = member(&zip, ending);
    if ending.ends_with(".tlog-proof") {
        // The checkpoint stands after the proof.
        let text = String::from_utf8(bytes).unwrap();
        bytes = text.split_once("\n\n").unwrap().1.as_bytes().to_vec();
    }
    let file = played.market().join(name);
    std::fs::write(&file, bytes).unwrap();
    file
}

fn found(report: &Value) -> Vec<(&str, bool)> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|one| (one["what"].as_str().unwrap(), one["convicts"].as_bool().unwrap())).collect()
}

#[test]
fn two_histories_are_found_by_whoever_kept_one() {
    let played = play("audit-split", &["--cheat", "bank-log-splits"]);
    let bank = Bank::serve(&played.market());
    let kept = played.market().join("kept.note");
    let (code, report) = bank.audit(&["--keep", kept.to_str().unwrap()]);
    assert_eq!((code, found(&report), report["size"].as_u64()), (0, vec![], Some(3)));
    let shop = piece(&played, 1, "tlog/bank-1.tlog-proof", "shop.note");
    let (code, report) = bank.audit(&["--since", shop.to_str().unwrap(), "--since", kept.to_str().unwrap()]);
    assert_eq!((code, found(&report)), (0, vec![]));
    // The buyer was shown another log.
    let wallet = piece(&played, 0, "tlog/bank-1.tlog-proof", "wallet.note");
    let (code, report) = bank.audit(&["--since", wallet.to_str().unwrap()]);
    assert_eq!((code, found(&report)), (7, vec![("split-view", true)]));
    // Another log's checkpoint proves nothing, another key is not the log's.
    std::fs::write(&kept, "x\n").unwrap();
    let (code, report) = bank.audit(&["--since", kept.to_str().unwrap()]);
    assert_eq!((code, found(&report)), (7, vec![("not-of-this-log", false)]));
    assert_eq!(bank.audit(&["--key", "x"]).0, 2);
    assert_eq!(bank.audit(&["--since", "/nowhere/at/all"]).0, 3);
    let root = played.text("/root");
    let (_, report) = bank.audit(&["--root", root]);
    assert_eq!(report["owner"], "First Play Bank");
    drop(bank);
    let output = semper(&["notary", "audit", "http://bank.localhost:1/"]);
    assert_eq!(output.status.code(), Some(6));
}

#[test]
fn an_answer_that_is_not_in_the_log_is_found_by_whoever_has_it() {
    let played = play("audit-forgets", &["--cheat", "bank-log-forgets"]);
    let bank = Bank::serve(&played.market());
    let root = played.text("/root");
    let (held, refunded) =
        (piece(&played, 0, "-held.jws", "held.jws"), piece(&played, 0, "-refunded.jws", "refunded.jws"));
    let (code, report) = bank.audit(&["--root", root, "--answer", held.to_str().unwrap()]);
    assert_eq!((code, found(&report)), (0, vec![]));
    let (code, report) = bank.audit(&["--root", root, "--answer", refunded.to_str().unwrap()]);
    assert_eq!((code, found(&report)), (7, vec![("another-answer", true)]));
    // Without the root nobody knows whose answer it is: it is wrong, and convicts nobody.
    let (code, report) = bank.audit(&["--answer", refunded.to_str().unwrap()]);
    assert_eq!((code, found(&report)), (7, vec![("another-answer", false)]));
}
