//! What a notary keeps of a contract that it has decided, and what it answers from that; where X of a contract stands.

use crate::common;

use common::Hands;
use common::table::{Table, answers, consent};
use semper_base::tx::{Need, Record};
use semper_base::{Blob64, Code, Hash, Key, Millis, Timestamp, Write, Xid, bytes};
use semper_services::notary::Notary;
use semper_support::comm::Outcome;
use serde_json::{Value, json};

/// So many wallets, and a contract of theirs.
fn begun(name: &str, many: usize) -> (Table, String, Value) {
    let mut table = Table::new(&format!("decided-{name}"), many);
    let (id, file) = table.make(many);
    (table, id, file)
}

/// All sign; what the first was told.
fn signed(name: &str, many: usize) -> (Table, String, Vec<Value>) {
    let (mut table, id, file) = begun(name, many);
    (0..many).for_each(|at| table.sign(at, &file));
    let told = table.carry_noting(0);
    assert_eq!(told.len(), 1);
    (table, id, told)
}

/// What this wallet is told, if it asks now.
fn told(table: &mut Table, at: usize, id: &str) -> Vec<Value> {
    let again = table.ask_again(at, id);
    assert_eq!(table.notary.deliver(table.ties[at].client, again), Outcome::Taken);
    answers(&table.said_to(at))
}

fn tables(notary: &mut Hands<Notary>) -> [usize; 3] {
    ["fair/", "fair-x/", "ended/"].map(|table| notary.scan(table).len())
}

/// Timers of exchanges that are due.
fn due(notary: &mut Hands<Notary>) -> usize {
    notary.due().iter().filter(|key| key.0.starts_with("fair")).count()
}

fn list(notary: &mut Hands<Notary>, after: Option<&Value>) -> Value {
    let mut ask = json!({ "command": "contracts" });
    if let Some(after) = after {
        ask["after"] = after.clone();
    }
    notary.command(&ask)
}

fn xid(id: &str) -> Xid {
    Hash::from_hex(id).map(Xid).unwrap()
}

/// X, as the contract's file has it.
fn descriptor(table: &mut Table, id: &str) -> Value {
    let file = table.wallets[0].command(&json!({ "command": "contract-file", "contract": id }))["file"].clone();
    let file: Value = serde_json::from_slice(&bytes::decode(file.as_str().unwrap()).unwrap()).unwrap();
    file["descriptor"].clone()
}

/// The run as older programs left it when it was decided: X, statement and pieces in one row.
fn old_run(descriptor: &Value, told: &Value) -> Vec<u8> {
    let decision = &told["decision"];
    let state = json!({ "Resolved": { "statement": decision["statement"], "pieces": decision["pieces"] } });
    json!({ "descriptor": descriptor, "machine": { "state": state }, "peers": [], "newest": [] })
        .to_string()
        .into_bytes()
}

#[test]
fn a_decided_contract_is_its_row_and_every_party_has_the_same_answer_for_ever() {
    let (mut table, id, first) = signed("row", 3);
    assert_eq!(tables(&mut table.notary), [0, 0, 1], "no run, no X, one line");
    let rows = table.notary.state();
    for at in 0..3 {
        assert_eq!(told(&mut table, at, &id), first, "byte for byte, to wallet {at}");
    }
    table.pass(Millis::days(365));
    table.notary = table.notary.restart();
    for at in 0..3 {
        assert_eq!(told(&mut table, at, &id), first, "a year later, to wallet {at}");
    }
    assert_eq!(table.notary.state(), rows, "to answer costs no row");
    // What no party may ask of a notary is refused as before.
    let again = table.ask_again(0, &id);
    let mut packet: Value = serde_json::from_str(&again.body).unwrap();
    packet["content"] = first[0].clone();
    assert_eq!(table.tell_notary(0, packet.to_string()), Outcome::rejected(Code::OutOfTurn));
}

#[test]
fn what_is_decided_by_the_first_packet_has_never_a_run() {
    let (mut table, id, file) = begun("first", 2);
    table.sign(0, &file);
    table.wallets[0].fetch(table.ties[0].server);
    table.pass(Millis::days(8));
    // Nobody has told the notary anything; it is asked when the time is over.
    let said = told(&mut table, 0, &id);
    assert!(said[0]["decision"]["statement"].is_string(), "{said:?}");
    assert_eq!(tables(&mut table.notary), [0, 0, 1]);
    assert_eq!(list(&mut table.notary, None)["counts"], json!({ "aborted": 1 }));
    assert_eq!(told(&mut table, 1, &id), said);
}

#[test]
fn the_end_of_the_time_leaves_no_run_and_no_timer() {
    let (mut table, id, file) = begun("time", 2);
    table.sign(0, &file);
    table.carry();
    assert_eq!(tables(&mut table.notary), [1, 1, 0]);
    table.pass(Millis::days(8));
    assert_eq!(due(&mut table.notary), 1);
    table.run_timers();
    assert_eq!(tables(&mut table.notary), [0, 0, 1]);
    assert_eq!(due(&mut table.notary), 0);
    let first = answers(&table.said_to(0));
    assert_eq!(first.len(), 1);
    assert_eq!(told(&mut table, 0, &id), first);
    assert_eq!(told(&mut table, 1, &id), first, "also whoever never said anything");
}

#[test]
fn an_old_row_of_a_decided_contract_answers_and_is_moved() {
    let (mut table, id, first) = signed("old", 2);
    let (line, _) = table.notary.scan("ended/").remove(0);
    let row = old_run(&descriptor(&mut table, &id), &first[0]);
    table.notary = table.notary.written(&[Write::Delete(line), Write::Put(Key::new("fair", &id), row)]);
    let shown = list(&mut table.notary, None);
    assert_eq!((&shown["counts"], &shown["contracts"][0]["xid"]), (&json!({ "resolved": 1 }), &json!(id)));
    assert_eq!(told(&mut table, 1, &id), first);
    assert_eq!(tables(&mut table.notary), [0, 0, 1]);
    assert_eq!(told(&mut table, 0, &id), first);
    assert_eq!(list(&mut table.notary, None)["counts"], json!({ "resolved": 1 }));
}

/// A notary with the same rows as this one, whose archive has of the contract what `keeps` says.
fn copied(table: &mut Table, name: &str, id: &str, keeps: impl Fn(usize) -> bool) -> Hands<Notary> {
    let slot = table.notary.look(|view| view.register(&xid(id), "decision")).unwrap();
    let mut writes = vec![Write::Insert(xid(id), "decision", slot)];
    writes.extend(table.notary.scan("").into_iter().map(|(key, row)| Write::Put(key, row)));
    for (at, bytes) in table.notary.kept(&format!("xid:{id}")).into_iter().enumerate().filter(|(at, _)| keeps(*at)) {
        let (subject, kind) = (format!("xid:{id}"), format!("kind-{at}"));
        let expires = Timestamp::from_millis(u64::from(u32::MAX));
        writes.push(Write::Archive(Record { subject, kind, bytes, need: Need::Evidence, expires }));
    }
    Hands::prepared(name, Notary, &writes)
}

#[test]
fn a_lost_piece_is_a_fault_and_no_answer() {
    let (mut table, id, first) = signed("lost", 2);
    let kept = table.notary.kept(&format!("xid:{id}")).len();
    assert_eq!(kept, 3, "the decision and two signatures");
    let tie = table.ties[0];
    for lost in 0..=kept {
        let mut notary = copied(&mut table, &format!("decided-lost-{lost}"), &id, |at| at != lost);
        notary.now = table.notary.now;
        let again = table.ask_again(0, &id);
        let outcome = notary.try_deliver(tie.client, again);
        // The decision itself is in the register.
        if lost == 0 || lost == kept {
            assert_eq!(outcome.unwrap(), Outcome::Taken, "{lost}");
            assert_eq!(answers(&notary.fetch(tie.client)), first);
        } else {
            assert_eq!(outcome.unwrap_err().code(), Code::DatabaseCorrupt, "{lost}");
            assert!(notary.fetch(tie.client).is_empty());
        }
    }
    // What an older program kept whole answers all the same, and stays.
    let row = old_run(&descriptor(&mut table, &id), &first[0]);
    let notary = copied(&mut table, "decided-lost-old", &id, |at| at != 1);
    let mut notary = notary.written(&[Write::Put(Key::new("fair", &id), row)]);
    notary.now = table.notary.now;
    for _ in 0..2 {
        let again = table.ask_again(0, &id);
        assert_eq!(notary.deliver(tie.client, again), Outcome::Taken);
        assert_eq!(answers(&notary.fetch(tie.client)), first);
        assert_eq!(notary.scan("fair/").len(), 1);
    }
}

#[test]
fn the_list_has_what_is_open_and_what_is_decided_the_newest_first() {
    let (mut table, id, _) = signed("list", 2);
    table.pass(Millis::seconds(60));
    let (open, file) = table.make(2);
    table.sign(0, &file);
    table.carry();
    let shown = list(&mut table.notary, None);
    assert_eq!(shown["counts"], json!({ "open": 1, "resolved": 1 }));
    let lines = shown["contracts"].as_array().unwrap();
    assert_eq!((&lines[0]["xid"], &lines[1]["xid"]), (&json!(open), &json!(id)));
    assert_eq!((&lines[1]["parties"], &lines[1]["protocol"]), (&json!(2), &json!("semper-csn-a/1")));
    assert_eq!(shown["next"], Value::Null);

    // More than one answer counts: 4,500 that were decided before.
    let (_, line) = table.notary.scan("ended/").remove(0);
    let key = |at: u64| Key::new("ended", format_args!("{:016x}/{}", u64::MAX - at, Hash::of(&at.to_be_bytes())));
    let before: Vec<Write> = (1..=4500).map(|at| Write::Put(key(at), line.clone())).collect();
    let mut notary = table.notary;
    for some in before.chunks(500) {
        notary = notary.written(some);
    }
    let first = list(&mut notary, None);
    assert_eq!(first["counts"], json!({ "open": 1, "resolved": 3999 }));
    assert_eq!(first["contracts"].as_array().unwrap().len(), 50);
    let second = list(&mut notary, Some(&first["next"]));
    assert_eq!(second["counts"], json!({ "resolved": 502 }));
    assert_eq!(second["next"], Value::Null);
    // After the last of those that are open come those that are decided.
    let third = list(&mut notary, Some(&json!(open)));
    assert_eq!(third["counts"], json!({ "resolved": 4000 }));
}

/// A run as older programs left it, with X in it.
fn with_x<L: semper_services::common::Logic>(party: Hands<L>, id: &str, x: &Value) -> Hands<L> {
    let mut party = party;
    let mut run: Value = serde_json::from_slice(&party.get("fair", id).unwrap()).unwrap();
    assert_eq!(run.get("descriptor"), None, "X does not stand in the run");
    run["descriptor"] = x.clone();
    let put = Write::Put(Key::new("fair", id), run.to_string().into_bytes());
    party.written(&[put, Write::Delete(Key::new("fair-x", id))])
}

#[test]
fn x_stands_in_a_row_of_its_own_or_in_the_file_and_old_rows_are_read() {
    let (mut table, id, file) = begun("x", 3);
    table.sign(0, &file);
    table.carry();
    let x: Blob64 = serde_json::from_value(descriptor(&mut table, &id)).unwrap();
    assert_eq!(table.notary.get("fair-x", &id), Some(x.0.clone()));
    assert!(table.wallets[0].scan("fair-x/").is_empty(), "a party has it in the file");
    // A notary and a wallet of an older program go on.
    let old = json!(x);
    table.notary = with_x(table.notary, &id, &old);
    let wallet = table.wallets.remove(0);
    table.wallets.insert(0, with_x(wallet, &id, &old));
    assert_eq!(list(&mut table.notary, None)["counts"], json!({ "open": 1 }));
    table.sign(1, &file);
    table.carry();
    assert_eq!(table.notary.get("fair-x", &id), Some(x.0.clone()), "moved with the next step");
    let run: Value = serde_json::from_slice(&table.notary.get("fair", &id).unwrap()).unwrap();
    assert_eq!(run.get("descriptor"), None);
    // Restarts: nothing is remembered but what is written down.
    (0..3).for_each(|at| table.restart(at));
    table.notary = table.notary.restart();
    table.wallets[2].command(&json!({ "command": "contract-sign", "file": file }));
    table.restart(2);
    consent(&mut table.wallets[2]);
    table.carry();
    for at in 0..3 {
        assert_eq!(table.word(at, &id), "signed");
    }
    assert_eq!(tables(&mut table.notary), [0, 0, 1]);
    // The time of what nobody else signs comes in a notary that was started anew, too.
    let (id, file) = table.make(3);
    table.sign(0, &file);
    table.carry();
    table.notary = table.notary.restart();
    table.pass(Millis::days(8));
    table.run_timers();
    assert_eq!(tables(&mut table.notary), [0, 0, 2]);
    assert_eq!(told(&mut table, 1, &id).len(), 1);
}
