//! Time stamps between parties: the notary's serial numbers, its bounds and refusals; deals that are stamped when
//! they end or are exported; what a notary may not make a party take.

use crate::common;

use std::collections::BTreeSet;

use common::street::{Street, agree, carry, run_timers};
use common::{Hands, enrol, morning};
use semper_base::limits::{STAMPS_PER_MINUTE_MAX, STAMPS_WAITING_MAX};
use semper_base::tx::{Need, Record};
use semper_base::{Blob64, Code, Hash, Key, Millis, PeerId, Timestamp, Write};
use semper_blocks::certificate::Root;
use semper_blocks::stamp::{Failure, Refused, Request, Token, read_reply};
use semper_commerce::dispute::{Standing, read, verify_at};
use semper_driver::service::Input;
use semper_services::notary::Notary;
use semper_services::wallet::Wallet;
use semper_support::comm::{Envelope, Outcome};
use serde_json::{Value, json};

/// Notary and wallet as they know each other.
fn tie(street: &mut Street) -> (PeerId, PeerId) {
    let link: Value = serde_json::from_slice(&street.wallet.get("link", "notary").unwrap()).unwrap();
    let peer = |id: &Value| PeerId(Hash::from_hex(id.as_str().unwrap()).unwrap());
    (peer(&link["peer"]), peer(&link["hello_key"]))
}

/// What the wallet asks the notary reaches it, and the answers come back.
fn ask_notary(street: &mut Street) -> Vec<Envelope> {
    let (notary, wallet) = tie(street);
    let asked = street.wallet.fetch(notary);
    carry(&mut street.notary, wallet, asked);
    street.notary.fetch(wallet)
}

fn reach_notary_and_back(street: &mut Street) {
    let answers = ask_notary(street);
    let (notary, _) = tie(street);
    carry(&mut street.wallet, notary, answers);
}

fn page(notary: &mut Hands<Notary>, request: &[u8]) -> Result<Token, Refused> {
    let reply = notary.command(&json!({ "command": "stamp", "request": Blob64(request.to_vec()) }));
    let reply: Blob64 = serde_json::from_value(reply["reply"].clone()).unwrap();
    read_reply(&reply.0).unwrap()
}

fn request(text: &str) -> Vec<u8> {
    Request::new(Hash::of(text.as_bytes()), [3; 16]).to_der().unwrap()
}

#[test]
fn serial_numbers_are_never_used_twice_and_times_do_not_go_back() {
    let mut street = Street::new("stamps-serial", 100);
    let mut serials = BTreeSet::new();
    let mut latest = morning();
    for round in 0..30_u64 {
        let token = page(&mut street.notary, &request("thing")).unwrap();
        assert!(serials.insert(token.info().serial.to_string()), "{round}");
        assert!(token.info().at.plus(Millis::seconds(1)) > latest);
        latest = token.info().at;
        street.notary.now = street.notary.now.plus(Millis(700));
        if round == 10 {
            street.notary = street.notary.restart();
        }
    }
    assert_eq!(street.notary.command(&json!({ "command": "stamps" }))["made"], 30);
}

#[test]
fn each_peer_gets_so_many_a_minute() {
    let mut street = Street::new("stamps-rate", 100);
    for _ in 0..STAMPS_PER_MINUTE_MAX {
        assert!(page(&mut street.notary, &request("thing")).is_ok());
    }
    let refused = page(&mut street.notary, &request("thing")).unwrap_err();
    assert_eq!(refused.failure, Some(Failure::SystemFailure));
    // Others are not held up by it; and the next minute begins anew.
    street.wallet.command(&json!({ "command": "stamp", "hash": Hash::of(b"mine") }));
    reach_notary_and_back(&mut street);
    let mine = street.wallet.command(&json!({ "command": "stamp", "hash": Hash::of(b"mine") }));
    assert!(mine["token"].is_string(), "{mine}");
    street.notary.now = street.notary.now.plus(Millis::seconds(61));
    assert!(page(&mut street.notary, &request("thing")).is_ok());
}

#[test]
fn what_is_no_request_gets_an_answer_that_says_so() {
    let mut street = Street::new("stamps-bad", 100);
    for (bytes, failure) in [
        (b"garbage".to_vec(), Failure::BadDataFormat),
        (vec![0x30; 60_000], Failure::BadRequest),
        ([request("thing"), vec![0]].concat(), Failure::BadDataFormat),
    ] {
        assert_eq!(page(&mut street.notary, &bytes).unwrap_err().failure, Some(failure));
    }
    assert_eq!(street.notary.command(&json!({ "command": "stamps" }))["made"], 0);
    // A notary without a stamping key says so too.
    let mut ca = common::cases::authority("stamps-keyless-ca");
    let mut notary = Hands::new("stamps-keyless", Notary);
    enrol(&mut ca, &mut notary, "notary", &["statement", "seal", "tls"]);
    assert_eq!(page(&mut notary, &request("thing")).unwrap_err().failure, Some(Failure::SystemFailure));
}

/// Plays a sale as far as the wallet has an exchange to export.
fn contract(street: &mut Street) -> String {
    let deal = street.order();
    street.reach_shop();
    run_timers(&mut street.shop);
    street.reach_wallet();
    deal
}

fn export(street: &mut Street, deal: &str) -> (Value, semper_commerce::dispute::Report) {
    let reply = street.wallet.command(&json!({ "command": "export", "deal": deal }));
    let pack: Blob64 = serde_json::from_value(reply["pack"].clone()).unwrap();
    let root: Vec<u8> = street.wallet.get("trust", "root").unwrap();
    let crypto = &*street.wallet.crypto;
    let root = Root::read(&root, crypto).unwrap();
    let report = verify_at(&read(&pack.0, crypto).unwrap(), &root, Some(street.wallet.now), crypto);
    assert!(report.is_sound(), "{report}");
    (reply, report)
}

#[test]
fn an_export_is_stamped_as_soon_as_the_notary_answers_and_waits_for_nobody() {
    let mut street = Street::new("stamps-export", 100);
    let deal = contract(&mut street);
    // The notary is away: the pack comes at once, without a stamp.
    let (reply, report) = export(&mut street, &deal);
    assert!(reply["unstamped"].as_u64().unwrap() >= 3, "{reply}");
    assert!(report.stamps.stamps.is_empty() && report.absent.contains(&"tst".to_owned()));
    // Asked again, it does not ask the notary again.
    export(&mut street, &deal);
    let answers = ask_notary(&mut street);
    assert_eq!(answers.iter().filter(|answer| answer.kind == "stamp-reply").count(), 1);
    let (notary, _) = tie(&mut street);
    carry(&mut street.wallet, notary, answers);
    let (reply, report) = export(&mut street, &deal);
    assert_eq!(reply["unstamped"], 0);
    let [stamped] = &report.stamps.stamps[..] else { panic!("{report}") };
    assert_eq!((stamped.standing, stamped.by.as_str()), (Standing::Counts, "Play notary"));
    assert_eq!(stamped.covers.len(), report.statements);
    let offer = report.stamps.of(&stamped.covers).unwrap();
    assert!(offer.by <= street.wallet.now.plus(Millis::seconds(121)));
}

#[test]
fn a_deal_that_ended_is_stamped_by_itself_and_asked_for_again_if_nobody_answers() {
    let mut street = Street::new("stamps-end", 100);
    let deal = contract(&mut street);
    agree(&mut street.wallet, "hold");
    street.wallet.command(&json!({ "command": "release", "deal": deal }));
    agree(&mut street.wallet, "release");
    street.reach_bank_and_back();
    let (notary, _) = tie(&mut street);
    assert!(street.wallet.fetch(notary).is_empty(), "a moment later: more of the deal's words may come");
    for (wait, expected) in [(601, 1), (3_700, 1), (86_500, 1), (8 * 86_400, 0)] {
        let now = street.wallet.now.plus(Millis::seconds(wait));
        street.wallet.now = now;
        run_timers(&mut street.wallet);
        let asked = street.wallet.fetch(notary);
        assert_eq!(asked.iter().filter(|message| message.kind == "stamp-request").count(), expected, "{wait}");
    }
}

/// Subjects whose last word was kept, and that wait for their stamp: their names in the opposite order of their times.
fn waiting(many: u64, at: Timestamp, with_turns: bool) -> Vec<Write> {
    let mut writes = Vec::new();
    for number in 0..many {
        let (subject, at) = (format!("mail:{number:03}"), at.minus(Millis(number)));
        let record = Record {
            subject: subject.clone(),
            kind: "settled".to_owned(),
            bytes: subject.clone().into_bytes(),
            need: Need::Evidence,
            expires: at.plus(Millis::days(1_000)),
        };
        writes.push(Write::Archive(record));
        let due = json!({ "at": at, "tries": 0 }).to_string().into_bytes();
        writes.push(Write::Put(Key::new("stamp-due", &subject), due));
        if with_turns {
            let turn = format!("{:015}/{subject}", at.millis());
            writes.push(Write::Put(Key::new("stamp-turn", turn), Vec::new()));
        }
    }
    writes.push(Write::Timer(Key::new("timer", "stamps"), Some(at)));
    writes
}

/// Fires the timer of stamps once; the subjects that were asked for, each for the first time.
fn turn(wallet: &mut Hands<Wallet>) -> Vec<String> {
    wallet.local(&Input::Timer(Key::new("timer", "stamps"))).unwrap();
    let due = wallet.scan("stamp-due/").into_iter();
    let asked = due.filter(|(_, row)| serde_json::from_slice::<Value>(row).unwrap()["tries"] == 1);
    asked.map(|(key, _)| key.0.trim_start_matches("stamp-due/").to_owned()).collect()
}

/// More wait than a turn looks at, and than requests may be under way: the longest waiting come first, and nobody is
/// forgotten behind others, whatever their names are.
#[test]
fn whoever_waits_longest_is_stamped_first_and_nobody_is_forgotten() {
    let mut street = Street::new("stamps-turns", 100);
    let (at, many) = (street.wallet.now, 100);
    street.wallet = street.wallet.written(&waiting(many, at, true));
    let mut asked = turn(&mut street.wallet);
    let first: Vec<String> = (many - 16..many).map(|number| format!("mail:{number:03}")).collect();
    assert_eq!(asked, first);
    for _ in 0..10 {
        if asked.len() as u64 == many {
            break;
        }
        assert!(street.wallet.due().contains(&Key::new("timer", "stamps")), "the rest is due at once");
        let more = turn(&mut street.wallet);
        assert_eq!(more.len(), (asked.len() + 16).min(100), "a turn is bounded");
        asked = more;
    }
    assert_eq!(asked.len() as u64, many);
    assert_eq!(street.wallet.scan("stamp-wait/").len(), STAMPS_WAITING_MAX, "what is under way is bounded too");
    assert!(!street.wallet.due().contains(&Key::new("timer", "stamps")), "nothing is due for an hour");
}

/// What an older program left without a turn gets one with the next start.
#[test]
fn what_waited_before_there_were_turns_gets_one() {
    let mut street = Street::new("stamps-no-turns", 100);
    let at = street.wallet.now;
    street.wallet = street.wallet.written(&waiting(20, at, false));
    assert_eq!(street.wallet.scan("stamp-turn/").len(), 20);
    assert_eq!(turn(&mut street.wallet).len(), 16);
    assert_eq!(turn(&mut street.wallet).len(), 20);
}

#[test]
fn a_party_takes_only_the_stamp_that_it_asked_for() {
    let mut street = Street::new("stamps-liar", 100);
    let (notary, _) = tie(&mut street);
    let hash = Hash::of(b"mine");
    let stamp = |street: &mut Street| street.wallet.command(&json!({ "command": "stamp", "hash": hash }));
    assert_eq!(stamp(&mut street)["token"], Value::Null);
    let answers = ask_notary(&mut street);
    let good = answers.iter().find(|answer| answer.kind == "stamp-reply").unwrap().clone();
    let body: Value = serde_json::from_slice(good.body.as_bytes()).unwrap();
    let token = page(&mut street.notary, &Request::new(Hash::of(b"other"), [3; 16]).to_der().unwrap()).unwrap();
    let other = semper_blocks::stamp::Reply::Granted(Box::new(token)).to_der().unwrap();
    let mut seq = good.seq;
    let mut deliver = |street: &mut Street, from: PeerId, body: &Value| {
        let envelope = Envelope { seq, prev: seq - 1, kind: good.kind.clone(), body: body.to_string() };
        let outcome = street.wallet.deliver(from, envelope);
        seq += 1;
        outcome
    };
    let refused = |code: Code| Outcome::rejected(code);
    let foreign = json!({ "reference": body["reference"], "reply": Blob64(other) });
    assert_eq!(deliver(&mut street, notary, &foreign), refused(Code::StampWrong));
    let garbage = json!({ "reference": body["reference"], "reply": Blob64(b"garbage".to_vec()) });
    assert_eq!(deliver(&mut street, notary, &garbage), refused(Code::StampMalformed));
    let unknown = json!({ "reference": Hash::of(b"unknown"), "reply": body["reply"] });
    assert_eq!(deliver(&mut street, notary, &unknown), Outcome::Taken);
    assert_eq!(stamp(&mut street)["token"], Value::Null);
    assert_eq!(deliver(&mut street, notary, &body), Outcome::Taken);
    assert!(stamp(&mut street)["token"].is_string());
}
