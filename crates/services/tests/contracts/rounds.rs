//! Contracts signed in rounds by wallets that are linked to nobody but a notary, which passes on what they say.

use semper_base::{Blob64, Code, Millis};
use semper_exchange::judge::frame::FrameOutcome;
use serde_json::{Value, json};

use super::common::command;
use super::common::table::{Table, consent, decline};
use super::{SIGNED, WITHDRAWN, refused, words};

fn begun(name: &str, many: usize) -> (Table, String, Value) {
    let mut table = Table::new(name, many);
    let (id, file) = table.make_as(many, true);
    (table, id, file)
}

/// What the notary has decided about it, by slot.
fn rows(table: &mut Table, id: &str) -> Vec<(String, String)> {
    let rows = table.notary.command(&json!({ "command": "rows", "xid": id }))["rows"].clone();
    let row = |row: &Value| (row["slot"].as_str().unwrap().to_owned(), row["kind"].as_str().unwrap().to_owned());
    rows.as_array().unwrap().iter().map(row).collect()
}

fn proves(table: &mut Table, at: usize, id: &str) {
    let root = table.root();
    let pack = table.wallets[at].command(&json!({ "command": "contract-export", "contract": id }));
    let report = table.verify(&pack, &root);
    assert!(report.is_sound(), "{report}");
    let verdict = report.frame_verdict.as_ref().unwrap();
    assert_eq!(verdict.outcome, FrameOutcome::Complete, "{report}");
    assert!(verdict.convictions.is_empty() && verdict.set_aside.is_empty(), "{report}");
}

#[test]
fn everybody_signs_in_rounds_and_the_notary_decides_nothing() {
    for many in [3, 5] {
        let (mut table, id, file) = begun(&format!("rounds-{many}"), many);
        for at in 0..many {
            table.sign(at, &file);
            table.carry_and_sign();
        }
        assert_eq!(words(&mut table, &id), vec![SIGNED; many]);
        assert_eq!(rows(&mut table, &id), []);
        proves(&mut table, many - 1, &id);
        assert!(table.notary.scan("relay/").is_empty(), "what everybody has heard is forgotten");
    }
}

/// One stops answering under way: the others are stuck, ask, and hear that it is complete; so does the one.
#[test]
fn whoever_is_stuck_in_rounds_is_bound_with_all_the_others() {
    let (mut table, id, file) = begun("stuck", 3);
    (0..3).for_each(|at| table.sign(at, &file));
    // All have pledged once; the third does not go on.
    table.carry();
    consent(&mut table.wallets[0]);
    consent(&mut table.wallets[1]);
    table.carry();
    assert_eq!(words(&mut table, &id), ["agreed"; 3]);
    table.pass(Millis::seconds(11));
    table.run_timers();
    table.carry_and_sign();
    assert_eq!(words(&mut table, &id), [SIGNED; 3]);
    assert_eq!(rows(&mut table, &id), [("decision".to_owned(), "resolved".to_owned())]);
    (0..3).for_each(|at| proves(&mut table, at, &id));
}

/// Whoever says no binds nobody; each of the others stops when it likes, and is told for itself.
#[test]
fn whoever_declines_in_rounds_binds_nobody() {
    let (mut table, id, file) = begun("no", 3);
    table.sign(0, &file);
    table.sign(1, &file);
    table.wallets[2].command(&json!({ "command": "contract-sign", "file": file }));
    decline(&mut table.wallets[2], "agreement");
    table.carry_and_sign();
    assert_eq!(words(&mut table, &id), ["agreed", "agreed", WITHDRAWN]);
    table.wallets[1].command(&json!({ "command": "contract-abort", "contract": id }));
    consent(&mut table.wallets[1]);
    table.carry_and_sign();
    assert_eq!(words(&mut table, &id), ["agreed", WITHDRAWN, WITHDRAWN]);
    let root = table.root();
    let pack = table.wallets[1].command(&json!({ "command": "contract-export", "contract": id }));
    let report = table.verify(&pack, &root);
    assert!(report.is_sound(), "{report}");
    let verdict = report.frame_verdict.as_ref().unwrap();
    assert_eq!(verdict.outcome, FrameOutcome::Nothing, "{report}");
    assert!(verdict.convictions.is_empty() && verdict.set_aside.is_empty(), "{report}");
    table.pass(Millis::days(8));
    table.run_timers();
    table.carry_and_sign();
    assert_eq!(words(&mut table, &id), [WITHDRAWN; 3]);
    let halted = |slot: &str| (slot.to_owned(), "halted".to_owned());
    assert_eq!(rows(&mut table, &id), [halted("stopped-1"), halted("stopped-2")]);
    // Somebody who breaks its word may still have it completed: the notary keeps what it was told.
    assert_eq!(table.notary.scan("fair/").len(), 1);
    assert_eq!(table.notary.command(&json!({ "command": "contracts" }))["counts"], json!({ "halted": 1 }));
}

/// A pledge on its way while the others had it completed: whoever sends it hears what was decided, and nobody else does.
#[test]
fn what_comes_after_the_decision_is_answered_with_it() {
    let (mut table, id, file) = begun("after", 3);
    (0..3).for_each(|at| table.sign(at, &file));
    let said = table.wallets[0].fetch(table.ties[0].server);
    let pledge = said.last().unwrap().body.clone();
    assert!(pledge.contains("pledge"), "{pledge}");
    for message in said {
        table.notary.deliver(table.ties[0].client, message);
    }
    table.carry();
    consent(&mut table.wallets[0]);
    consent(&mut table.wallets[1]);
    table.carry();
    table.pass(Millis::seconds(11));
    table.run_timers();
    table.carry_and_sign();
    assert_eq!(words(&mut table, &id), [SIGNED; 3]);
    assert!(table.notary.scan("fair/").is_empty());
    assert_eq!(table.notary.command(&json!({ "command": "contracts" }))["counts"], json!({ "resolved": 1 }));
    let before = table.notary.state();
    assert_eq!(table.tell_notary(0, pledge), semper_support::comm::Outcome::Taken);
    let told = super::common::table::answers(&table.said_to(0));
    assert_eq!(told.len(), 1);
    assert!(table.said_to(1).is_empty() && table.said_to(2).is_empty());
    assert_eq!(table.notary.state(), before);
}

#[test]
fn restarts_and_copies_change_nothing_in_rounds() {
    let (mut table, id, file) = begun("again", 3);
    (0..3).for_each(|at| table.sign(at, &file));
    for round in 0..8 {
        for at in 0..3 {
            for message in table.wallets[at].fetch(table.ties[at].server) {
                let from = table.ties[at].client;
                table.notary.deliver(from, message.clone());
                // The same bytes once more, as a message of their own.
                let again = semper_support::comm::Envelope { seq: 5_000_000 + round * 1000 + message.seq, ..message };
                table.notary.deliver(from, again);
            }
        }
        for at in 0..3 {
            let said = table.said_to(at);
            table.take(at, said);
            table.restart(at);
            consent(&mut table.wallets[at]);
        }
    }
    assert_eq!(words(&mut table, &id), [SIGNED; 3]);
    assert_eq!(rows(&mut table, &id), []);
}

/// What nobody has agreed to is passed to nobody, and what came before is passed to whoever agrees later.
#[test]
fn who_agrees_late_hears_what_was_said_before() {
    let (mut table, id, file) = begun("late", 3);
    table.sign(0, &file);
    table.sign(1, &file);
    table.carry_and_sign();
    assert!(table.said_to(2).is_empty());
    table.sign(2, &file);
    table.carry_and_sign();
    assert_eq!(words(&mut table, &id), [SIGNED; 3]);
}

#[test]
fn rounds_are_for_a_few_who_ask_for_them() {
    let mut table = Table::new("few", 4);
    let (_, file) = table.make(4);
    let x: Value = serde_json::from_value(file).unwrap();
    let file: Blob64 = serde_json::from_value(x).unwrap();
    assert!(String::from_utf8_lossy(&file.0).contains("semper-csn-a/1"), "nobody gets rounds without asking");
    let card = table.wallets[1].command(&json!({ "command": "contract-card" }))["certificate"].clone();
    let wish = json!({
        "command": "contract-new", "title": "Two", "text": "Text", "with": [{ "certificate": card }], "asynchronous": true,
    });
    assert_eq!(table.wallets[0].local(&command(&wish)).unwrap_err().code(), Code::Usage);
    // Pledges of an exchange whose time is over are not passed on.
    let (mut table, _, file) = begun("over", 3);
    table.sign(0, &file);
    let pledge = table.wallets[0].fetch(table.ties[0].server).pop().unwrap();
    table.pass(Millis::days(8));
    refused(&mut table, "late", pledge.body, Code::Expired);
}
