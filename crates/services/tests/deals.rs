//! Deals between wallets that know nobody but a notary: letters for letters, a statement for a letter. Whoever stops,
//! everybody can read what they were to get, or nobody can.

use crate::common;

use common::street::own_key;
use common::table::{Table, consent, decline};
use semper_base::{Blob64, Code, Hash, Millis, Role};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::{About, Author};
use semper_driver::service::Input;
use semper_exchange::fair::frame::{Content, Descriptor, Packet, statements::Signature};
use semper_exchange::judge::Misdeed;
use semper_exchange::judge::frame::FrameOutcome;
use semper_support::Context;
use semper_support::comm::Outcome;
use semper_support::crypto::Keyring;
use serde_json::{Value, json};

fn card(table: &mut Table, at: usize) -> Value {
    json!({ "certificate": table.wallets[at].command(&json!({ "command": "contract-card" }))["certificate"] })
}

/// Wallet `at` seals this for wallet `to`, or for everybody else.
fn seal(table: &mut Table, at: usize, to: Option<usize>, content: &str) -> Value {
    let to = to.map(|to| card(table, to));
    let mut wish = json!({
        "command": "contract-seal", "name": format!("letter-{at}.txt"), "media_type": "text/plain",
        "data": Blob64(content.as_bytes().to_vec()),
    });
    if let Some(to) = to {
        wish["to"] = to;
    }
    table.wallets[at].command(&wish)["file"].clone()
}

/// Wallet 0 writes the deal down: its id and its file.
fn new(table: &mut Table, parts: &[Value], with: &[Value]) -> (String, Value) {
    let made = table.wallets[0].command(&json!({
        "command": "contract-new", "title": "Formulas", "text": "Each may use what it gets.", "parts": parts, "with": with,
    }));
    assert_eq!(made["protocol"], "semper-deal/1");
    (made["contract"].as_str().unwrap().to_owned(), made["file"].clone())
}

/// The letters that a wallet can read, by the number of the part; none while they are sealed.
fn read(table: &mut Table, at: usize, id: &str) -> Option<Vec<(u64, String)>> {
    let wish = json!({ "command": "contract-read", "contract": id }).to_string();
    let reply = serde_json::to_value(&table.wallets[at].local(&Input::Command(wish.into_bytes())).ok()?).unwrap();
    let one = |letter: &Value| {
        assert_eq!(letter["as_agreed"], true);
        let data: Blob64 = serde_json::from_value(letter["data"].clone()).unwrap();
        (letter["part"].as_u64().unwrap(), String::from_utf8(data.0).unwrap())
    };
    Some(reply["letters"].as_array().unwrap().iter().map(one).collect())
}

/// A ring of letters: 0 to 1, 1 to 2, 2 to 0.
fn ring(name: &str) -> (Table, String, Value) {
    let mut table = Table::new(name, 3);
    let parts: Vec<Value> =
        (0..3).map(|at| seal(&mut table, at, Some((at + 1) % 3), &format!("formula {at}"))).collect();
    let (id, file) = new(&mut table, &parts, &[]);
    (table, id, file)
}

fn due(of: &[usize]) -> Vec<(u64, String)> {
    of.iter().map(|at| (*at as u64 + 1, format!("formula {at}"))).collect()
}

#[test]
fn three_letters_in_a_ring() {
    let (mut table, id, file) = ring("deal-ring");
    for at in 0..3 {
        assert!((0..3).all(|one| read(&mut table, one, &id).is_none()), "sealed until all have signed");
        table.sign(at, &file);
        table.carry();
    }
    for at in 0..3 {
        assert_eq!(table.word(at, &id), "signed");
        let before = (at + 2) % 3;
        let mut both = [at, before];
        both.sort_unstable();
        assert_eq!(read(&mut table, at, &id).unwrap(), due(&both), "its own and the one for it");
    }
    let root = table.root();
    for at in 0..3 {
        let pack = table.wallets[at].command(&json!({ "command": "contract-export", "contract": id }));
        let report = table.verify(&pack, &root);
        assert!(report.is_sound(), "{report}");
        assert!(report.to_string().contains("letter-1.txt"), "{report}");
        let verdict = report.frame_verdict.as_ref().unwrap();
        assert_eq!(verdict.outcome, FrameOutcome::Complete, "{report}");
        assert!(verdict.convictions.is_empty() && verdict.set_aside.is_empty(), "{report}");
    }
    // The notary has keys and no letters.
    let all = table.notary.scan("");
    assert!(all.iter().all(|(_, row)| !String::from_utf8_lossy(row).contains("letter-0.txt")));
}

#[test]
fn a_statement_for_a_letter_and_one_letter_for_all() {
    let mut table = Table::new("deal-statement", 3);
    let part = seal(&mut table, 0, None, "formula 0");
    let with = [card(&mut table, 1), card(&mut table, 2)];
    let (id, file) = new(&mut table, &[part], &with);
    let shown = table.wallets[0].command(&json!({ "command": "contract", "contract": id }));
    assert_eq!(shown["parts"][0]["to"], "2: Play buyer 1, 3: Play buyer 2");
    let signs = json!({ "what": "signature", "from": "2: Play buyer 1", "in": true, "out": false });
    assert_eq!(shown["parts"][1], signs);
    assert_eq!(shown["parts"][0]["hash"], json!(Hash::of(b"formula 0")));
    for at in 0..3 {
        table.sign(at, &file);
    }
    table.carry();
    for at in 0..3 {
        assert_eq!(read(&mut table, at, &id).unwrap(), due(&[0]));
    }
}

#[test]
fn whoever_says_no_or_nothing_leaves_all_letters_sealed() {
    let (mut table, id, file) = ring("deal-no");
    table.sign(0, &file);
    table.sign(1, &file);
    table.carry();
    table.wallets[2].command(&json!({ "command": "contract-sign", "file": file }));
    decline(&mut table.wallets[2], "joint-deal");
    table.carry();
    assert!((0..3).all(|at| read(&mut table, at, &id).is_none()));
    table.pass(Millis::days(8));
    table.run_timers();
    table.carry();
    for at in 0..3 {
        assert_eq!(table.word(at, &id), "withdrawn");
        assert!(read(&mut table, at, &id).is_none());
    }
    // One who has signed may end it at once.
    let (mut table, id, file) = ring("deal-abort");
    table.sign(0, &file);
    table.carry();
    table.wallets[0].command(&json!({ "command": "contract-abort", "contract": id }));
    consent(&mut table.wallets[0]);
    table.carry();
    table.sign(1, &file);
    table.sign(2, &file);
    table.carry();
    for at in 0..3 {
        assert_eq!((table.word(at, &id), read(&mut table, at, &id)), ("withdrawn".to_owned(), None));
    }
}

#[test]
fn a_restart_at_any_point_loses_no_letter() {
    let (mut table, id, file) = ring("deal-restarts");
    for at in 0..3 {
        table.restart(at);
        table.wallets[at].command(&json!({ "command": "contract-sign", "file": file }));
        table.restart(at);
        consent(&mut table.wallets[at]);
        table.restart(at);
        table.carry_up(at);
        table.notary = table.notary.restart();
    }
    table.carry();
    for at in 0..3 {
        table.restart(at);
        assert_eq!(read(&mut table, at, &id).unwrap().len(), 2);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut table = Table::new("deal-bad", 3);
    let refused = |table: &mut Table, at: usize, wish: Value| {
        table.wallets[at].local(&Input::Command(wish.to_string().into_bytes())).unwrap_err().code()
    };
    let mine = seal(&mut table, 0, Some(1), "formula 0");
    let theirs = seal(&mut table, 1, Some(0), "formula 1");
    let made = |parts: Value| json!({ "command": "contract-new", "title": "T", "text": "t", "parts": parts });
    assert_eq!(refused(&mut table, 0, made(json!([mine, mine]))), Code::DescriptorWrong);
    assert_eq!(refused(&mut table, 0, made(json!([Blob64(b"{}".to_vec())]))), Code::FileWrong);
    let mut wish = made(json!([mine, theirs]));
    wish["optimistic"] = json!(true);
    assert_eq!(refused(&mut table, 0, wish), Code::Usage);
    // A letter of ours that we did not seal: somebody wrote a deal with our name in it.
    let (_, file) = new(&mut table, &[mine.clone(), theirs], &[]);
    let whole: Blob64 = serde_json::from_value(file.clone()).unwrap();
    let whole: Value = serde_json::from_slice(&whole.0).unwrap();
    for (pointer, value) in [
        ("/parcels", json!([])),
        ("/parcels/0/letter", json!(Blob64(vec![7; 100]))),
        ("/parcels/0/share/s", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("/terms/contract/legs/0/letter/name", json!("another.txt")),
        ("/terms/contract/legs/0/letter/receiver", json!("3: Play buyer 2")),
    ] {
        let mut other = whole.clone();
        *other.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        let file = Blob64(other.to_string().into_bytes());
        refused(&mut table, 1, json!({ "command": "contract-sign", "file": file }));
        assert!(table.wallets[1].scan("contract/").is_empty() && table.wallets[1].scan("ask/").is_empty());
    }
    let part: Blob64 = serde_json::from_value(mine).unwrap();
    let mut part: Value = serde_json::from_slice(&part.0).unwrap();
    part["giver"] = card(&mut table, 2)["certificate"].clone();
    let (_, stolen) = new(&mut table, &[json!(Blob64(part.to_string().into_bytes()))], &[]);
    let sign = json!({ "command": "contract-sign", "file": stolen });
    assert_eq!(refused(&mut table, 2, sign), Code::KeyMissing);
    // Nobody reads letters of a contract that has none.
    let (plain, _) = table.make(2);
    assert_eq!(refused(&mut table, 0, json!({ "command": "contract-read", "contract": plain })), Code::RoleUnfit);
}

/// A part file that says something else of its letter.
fn says(part: &Value, member: &str, value: Value) -> Value {
    let bytes: Blob64 = serde_json::from_value(part.clone()).unwrap();
    let mut part: Value = serde_json::from_slice(&bytes.0).unwrap();
    part[member] = value;
    json!(Blob64(part.to_string().into_bytes()))
}

/// Who writes a deal down cannot make another answer for a letter that the other did not seal so.
#[test]
fn nobody_signs_for_what_their_letter_is_not() {
    let mut table = Table::new("deal-framed", 2);
    let (mine, theirs) = (seal(&mut table, 0, Some(1), "formula 0"), seal(&mut table, 1, Some(0), "formula 1"));
    for (member, value) in [("hash", json!(Hash::of(b"gold"))), ("bytes", json!(8))] {
        let (_, file) = new(&mut table, &[mine.clone(), says(&theirs, member, value)], &[]);
        let sign = json!({ "command": "contract-sign", "file": file }).to_string().into_bytes();
        assert_eq!(table.wallets[1].local(&Input::Command(sign)).unwrap_err().code(), Code::TermsWrong);
        assert!(table.wallets[1].scan("ask/").is_empty() && table.wallets[1].scan("contract/").is_empty());
    }
}

/// What a wallet would hand to the notary that signs for anything.
fn submission(table: &mut Table, at: usize, file: &Value) -> String {
    let bytes: Blob64 = serde_json::from_value(file.clone()).unwrap();
    let whole: Value = serde_json::from_slice(&bytes.0).unwrap();
    let descriptor: Blob64 = serde_json::from_value(whole["descriptor"].clone()).unwrap();
    let x = Descriptor::read(&descriptor.0).unwrap();
    let pair = own_key(&mut table.wallets[at], "statement");
    let key: KeyOpening = serde_json::from_slice(&table.wallets[at].scan("sealed/").remove(0).1).unwrap();
    let keyring = Keyring::for_simulation([4; 32]);
    let cx = Context { now: table.notary.now, crypto: &*table.wallets[at].crypto, keyring: &keyring };
    let about = About::exchange(x.xid, vec![x.core.notary.key.id()]);
    let signature = Author::uncertified(Role::Party, &pair).answer(&cx, about, Signature { promises: vec![] });
    let content = Content::Submission { keys: vec![key], locks: vec![], statement: signature.unwrap().text };
    serde_json::to_string(&Packet { content, descriptor }).unwrap()
}

#[test]
fn a_letter_that_is_not_as_agreed_convicts_its_giver_in_the_pack() {
    let mut table = Table::new("deal-stone", 2);
    let (mine, theirs) = (seal(&mut table, 0, Some(1), "formula 0"), seal(&mut table, 1, Some(0), "formula 1"));
    let (id, file) = new(&mut table, &[mine, says(&theirs, "hash", json!(Hash::of(b"gold")))], &[]);
    table.sign(0, &file);
    table.carry();
    let body = submission(&mut table, 1, &file);
    assert_eq!(table.tell_notary(1, body), Outcome::Taken);
    let said = table.said_to(0);
    table.take(0, said);
    let read = table.wallets[0].command(&json!({ "command": "contract-read", "contract": id }));
    let as_agreed: Vec<&Value> = read["letters"].as_array().unwrap().iter().map(|one| &one["as_agreed"]).collect();
    assert_eq!(as_agreed, [&json!(true), &json!(false)]);
    let pack = table.wallets[0].command(&json!({ "command": "contract-export", "contract": id }));
    let root = table.root();
    let report = table.verify(&pack, &root);
    assert!(report.is_sound(), "{report}");
    let verdict = report.frame_verdict.as_ref().unwrap();
    let convicted: Vec<_> = verdict.convictions.iter().map(|one| (one.who, one.party, one.misdeed)).collect();
    assert_eq!(convicted, [(Role::Party, Some(1), Misdeed::WrongFile)], "{report}");
    assert!(verdict.set_aside.is_empty(), "{report}");
    let shown = &verdict.convictions[0].shown_by;
    assert!(shown.iter().any(|file| file.contains("deal-parcel")), "{shown:?}");
    assert!(report.to_string().contains("Proven: the letter of part 2 is not what was agreed."), "{report}");
}
