//! Contracts between wallets that know nobody but a notary: whoever stops, lies or repeats, either everybody is
//! bound or nobody is, and the notary gives the same answer for ever.

use crate::common;
#[path = "contracts/refused.rs"]
mod refused;
#[path = "contracts/rounds.rs"]
mod rounds;

use common::Hands;
use common::table::{Table, answers, consent, decline};
use semper_base::{Code, Millis};
use semper_exchange::judge::frame::FrameOutcome;
use semper_support::comm::Outcome;
use serde_json::{Value, json};

const SIGNED: &str = "signed";
const WITHDRAWN: &str = "withdrawn";

/// What every wallet says of the contract.
fn words(table: &mut Table, id: &str) -> Vec<String> {
    (0..table.wallets.len()).map(|at| table.word(at, id)).collect()
}

#[test]
fn everybody_signs_and_everybody_can_prove_it() {
    let mut table = Table::new("all", 5);
    let (id, file) = table.make(5);
    for at in 0..5 {
        assert!(words(&mut table, &id).iter().take(at).all(|word| word == "agreed"), "nobody is bound before all are");
        table.sign(at, &file);
        table.carry();
    }
    assert_eq!(words(&mut table, &id), [SIGNED; 5]);
    let root = table.root();
    for at in 0..5 {
        let pack = table.wallets[at].command(&json!({ "command": "contract-export", "contract": id }));
        let report = table.verify(&pack, &root);
        assert!(report.is_sound(), "{report}");
        let text = report.to_string();
        assert!(text.contains("Play buyer 3") && text.contains("Repair of the roof"), "{text}");
        assert!(text.contains("Everybody pays a fifth."), "{text}");
        let verdict = report.frame_verdict.as_ref().unwrap();
        assert_eq!(verdict.outcome, FrameOutcome::Complete, "{text}");
        assert!(verdict.convictions.is_empty() && verdict.set_aside.is_empty(), "{text}");
        let signed = report.proven.iter().filter(|one| one.sentence.ends_with(" signed")).count();
        assert_eq!(signed, 5, "{text}");
    }
}

#[test]
fn the_notary_is_silent_until_all_have_signed() {
    let mut table = Table::new("silent", 3);
    let (_, file) = table.make(3);
    for at in 0..2 {
        table.sign(at, &file);
        table.carry_up(at);
    }
    for at in 0..3 {
        assert!(table.said_to(at).is_empty(), "wallet {at} hears nothing of who has signed");
    }
}

#[test]
fn whoever_declines_binds_nobody_and_anybody_may_end_it() {
    let mut table = Table::new("declines", 3);
    let (id, file) = table.make(3);
    table.sign(0, &file);
    table.sign(1, &file);
    table.wallets[2].command(&json!({ "command": "contract-sign", "file": file }));
    decline(&mut table.wallets[2], "agreement");
    table.carry();
    assert_eq!(words(&mut table, &id), ["agreed", "agreed", WITHDRAWN]);
    let shown = table.wallets[2].command(&json!({ "command": "contract", "contract": id }));
    assert_eq!(shown["documents"], json!([]), "nothing of the one who declined was signed");

    table.wallets[1].command(&json!({ "command": "contract-abort", "contract": id }));
    consent(&mut table.wallets[1]);
    table.carry();
    assert_eq!(words(&mut table, &id), [WITHDRAWN; 3]);
}

#[test]
fn whoever_never_answers_lets_the_time_run_out_for_all() {
    let mut table = Table::new("silence", 3);
    let (id, file) = table.make(3);
    table.sign(0, &file);
    table.sign(1, &file);
    table.carry();
    table.pass(Millis::days(8));
    table.run_timers();
    table.carry();
    assert_eq!(words(&mut table, &id), [WITHDRAWN, WITHDRAWN, WITHDRAWN]);
    // Too late for the third.
    let sign = json!({ "command": "contract-sign", "file": file });
    let refused = table.wallets[2].local(&common::command(&sign)).unwrap_err();
    assert_eq!(refused.code(), Code::Expired);
}

/// The last signature and somebody's abort are both on their way: whichever comes first decides for all.
#[test]
fn an_abort_that_races_with_the_last_signature() {
    for abort_first in [true, false] {
        let mut table = Table::new(if abort_first { "race-a" } else { "race-s" }, 3);
        let (id, file) = table.make(3);
        table.sign(0, &file);
        table.sign(1, &file);
        table.carry();
        table.sign(2, &file);
        table.wallets[0].command(&json!({ "command": "contract-abort", "contract": id }));
        consent(&mut table.wallets[0]);
        let order = if abort_first { [0, 2] } else { [2, 0] };
        for at in order {
            table.carry_up(at);
        }
        table.carry();
        let word = if abort_first { WITHDRAWN } else { SIGNED };
        assert_eq!(words(&mut table, &id), [word; 3], "abort first: {abort_first}");
    }
}

#[test]
fn the_notary_gives_the_same_answer_after_a_year() {
    let mut table = Table::new("year", 2);
    let (id, file) = table.make(2);
    table.sign(0, &file);
    table.sign(1, &file);
    let first = table.carry_noting(0);
    assert_eq!(words(&mut table, &id), [SIGNED; 2]);
    table.pass(Millis::days(365));
    table.notary = table.notary.restart();
    let tie = table.ties[0];
    // What the wallet asked then, asked again now; a question of now is what its timer would make.
    let again = table.ask_again(0, &id);
    assert_eq!(table.notary.deliver(tie.client, again), Outcome::Taken);
    let second = answers(&table.notary.fetch(tie.client));
    assert_eq!(first, second, "byte for byte");
}

#[test]
fn a_second_copy_of_anything_changes_nothing() {
    let mut table = Table::new("copies", 2);
    let (id, file) = table.make(2);
    table.sign(0, &file);
    table.sign(0, &file);
    table.sign(1, &file);
    let sent: Vec<_> = (0..2).map(|at| table.wallets[at].fetch(table.ties[at].server)).collect();
    for round in 0..2 {
        for (at, messages) in sent.iter().enumerate() {
            for message in messages {
                let mut copy = message.clone();
                copy.seq += round * 1000;
                assert_eq!(table.notary.deliver(table.ties[at].client, copy), Outcome::Taken);
            }
        }
    }
    let rows = table.notary.command(&json!({ "command": "rows", "xid": id }));
    assert_eq!(rows["rows"].as_array().unwrap().len(), 1, "{rows}");
    for _ in 0..2 {
        let said = table.said_to(1);
        table.take(1, said);
    }
    table.carry();
    assert_eq!(words(&mut table, &id), [SIGNED; 2]);
}

#[test]
fn a_restart_at_any_point_loses_nothing() {
    let mut table = Table::new("restarts", 3);
    let (id, file) = table.make(3);
    for at in 0..3 {
        table.wallets[at].command(&json!({ "command": "contract-sign", "file": file }));
        table.restart(at);
        consent(&mut table.wallets[at]);
        table.restart(at);
        table.carry_up(at);
        table.notary = table.notary.restart();
    }
    for at in 0..3 {
        table.restart(at);
    }
    table.carry();
    assert_eq!(words(&mut table, &id), [SIGNED; 3]);
}

/// Delivers a changed contract packet to the notary and wants this refusal, with nothing changed.
fn refused(table: &mut Table, what: &str, body: String, code: Code) {
    let before = table.notary.state();
    let outcome = table.tell_notary(0, body);
    assert_eq!(outcome, Outcome::rejected(code), "{what}");
    assert_eq!(table.notary.state(), before, "{what}");
}

#[test]
fn bad_packets_are_refused_by_type_and_change_nothing() {
    let mut table = Table::new("bad", 2);
    let (_, file) = table.make(2);
    table.sign(0, &file);
    let good = table.wallets[0].fetch(table.ties[0].server).remove(0).body;
    let value: Value = serde_json::from_str(&good).unwrap();

    refused(&mut table, "garbage", "{\"content\":7}".to_owned(), Code::JsonMalformed);
    refused(&mut table, "no JSON", "\u{0}".to_owned(), Code::JsonMalformed);

    let other = Table::descriptor(&value, |core| {
        core["notary"] = json!({
            "key": core["parties"][0], "certificate": core["notary"]["certificate"],
        });
    });
    refused(&mut table, "one key in two places", Table::with(&value, other), Code::DescriptorWrong);

    let version = Table::descriptor(&value, |core| core["protocol"] = json!("semper-csn-a/2"));
    refused(&mut table, "another version", Table::with(&value, version), Code::FieldUnknown);

    let unknown = Table::descriptor(&value, |core| core["more"] = json!(1));
    refused(&mut table, "an unknown member", Table::with(&value, unknown), Code::FieldUnknown);

    let large = Table::descriptor(&value, |core| core["more"] = json!("x".repeat(20_000)));
    refused(&mut table, "oversized", Table::with(&value, large), Code::TooLarge);

    // A signature for one exchange, shown with the descriptor of another run of the same terms.
    let second = Table::descriptor(&value, |core| core["nonce"] = json!("00000000000000000000000000000001"));
    refused(&mut table, "of another exchange", Table::with(&value, second), Code::XidWrong);

    // Signed by a party, as what only the notary may say.
    let mut decided = value.clone();
    let statement = value["content"]["signature"]["statement"].clone();
    decided["content"] = json!({ "decision": { "pieces": [], "statement": statement } });
    refused(&mut table, "a decision by a party", decided.to_string(), Code::KindWrong);

    // What was good is still good.
    assert_eq!(table.tell_notary(0, good), Outcome::Taken);
}

#[test]
fn a_notary_refuses_what_names_another_one() {
    let mut table = Table::new("other-notary", 2);
    let (_, file) = table.make(2);
    table.sign(0, &file);
    let good = table.wallets[0].fetch(table.ties[0].server).remove(0).body;
    let mut other = Table::another_notary("other-notary-2", &mut table.ca);
    let before = other.state();
    let outcome = Table::tell(&mut other, table.ties[0].client, 1, good);
    assert_eq!(outcome, Outcome::rejected(Code::RegisterWrong));
    assert_eq!(other.state(), before);
}

#[test]
fn a_changed_file_is_another_contract_or_none() {
    let mut table = Table::new("file", 2);
    let (_, file) = table.make(2);
    let text = String::from_utf8(semper_base::bytes::decode(file.as_str().unwrap()).unwrap()).unwrap();
    let changed = text.replace("by the end of May", "by the end of June");
    assert_ne!(changed, text);
    let attempt = |wallet: &mut Hands<_>, text: &str| {
        let file = semper_base::Blob64(text.as_bytes().to_vec());
        wallet.local(&common::command(&json!({ "command": "contract-sign", "file": file }))).unwrap_err().code()
    };
    let wallet = &mut table.wallets[1];
    let before = wallet.state();
    assert_eq!(attempt(wallet, &changed), Code::FileWrong);
    assert_eq!(attempt(wallet, &text.replace("\"semper_contract\":1", "\"semper_contract\":2")), Code::FileWrong);
    assert_eq!(attempt(wallet, "{}"), Code::FileWrong);
    assert_eq!(attempt(wallet, &"x".repeat(300_000)), Code::FileWrong);
    assert_eq!(wallet.state(), before);
}
