//! Recovery words: made, proved, and needed.

use std::path::Path;
use std::process::Output;

use semper_base::Code;
use serde_json::{Value, json};

use super::common::{Folder, Market, Party, run, semper, serve};
use super::{fails, names, works};

fn recovery(word: &str, directory: &Path, more: &[&str]) -> Output {
    run(semper().args(["--json", "recovery", word, "--data-dir"]).arg(directory).args(more))
}

fn json_of(output: &Output) -> Value {
    serde_json::from_str(&works(output)).unwrap()
}

#[test]
fn words_count_once_a_restored_copy_was_opened_with_them() {
    let folder = Folder::new("recovery");
    let market = Market::new(&folder);
    let wallet = market.start("wallet", &folder, &["--consent", "nobody"]);
    let directory = wallet.directory.clone();
    assert_eq!(json_of(&recovery("show", &directory, &[]))["state"], "none");
    let first = json_of(&recovery("make", &directory, &[]))["words"].as_str().unwrap().to_owned();
    assert_eq!(first.split(' ').count(), 12);
    assert_eq!(json_of(&recovery("show", &directory, &[]))["state"], "unproved");

    let file = folder.join("words");
    let prove = |words: &str| {
        std::fs::write(&file, words).unwrap();
        run(semper().args(["recovery", "prove", "--data-dir"]).arg(&directory).arg("--words-file").arg(&file))
    };
    let place = |place: usize, other: &str| {
        let mut list: Vec<&str> = first.split(' ').collect();
        list[place] = other;
        list.join(" ")
    };
    fails(&prove("only three words"), 2, Code::RecoveryWords, "3 words, not 12");
    let said = fails(&prove(&place(4, "xylophone")), 2, Code::RecoveryWords, "word 5 is not in the list");
    assert!(!said.contains("xylophone"));
    let stranger = Folder::new("recovery-other");
    let other = Party::start("ca", &stranger, &[]);
    let foreign = other.call(&json!({ "command": "recovery-make" }))["words"].as_str().unwrap().to_owned();
    fails(&prove(&foreign), 2, Code::RecoveryWords, "not this party's");
    assert!(!names(&directory).iter().any(|name| name.starts_with("scratch")), "the copy is gone");

    assert!(works(&prove(&first.to_uppercase())).contains("They were proved"));
    let shown = json_of(&recovery("show", &directory, &[]));
    assert_eq!((&shown["state"], &shown["waiting"]), (&json!("proved"), &json!(false)));
    assert!(shown["proved"]["keys"].as_u64().unwrap() >= 1, "{shown}");

    // Newer words wait; the ones that count are still good. A proof of words that are gone proves nothing.
    let second = json_of(&recovery("make", &directory, &[]))["words"].as_str().unwrap().to_owned();
    assert!(works(&prove(&first)).contains("They were proved"));
    works(&prove(&second));
    fails(&prove(&first), 2, Code::RecoveryWords, "not this party's");
    let stale = json!({ "command": "recovery-proved", "slot": "00".repeat(32), "commits": 1, "deals": 0, "keys": 1 });
    assert_eq!(wallet.try_call(&stale).unwrap_err().code(), Code::StateWrong);
    assert!(!wallet.said().contains(second.split(' ').next().unwrap()), "words are not logged");

    // The pass phrase is lost and so is the machine: a backup for the words, and the words, are enough.
    std::fs::write(&file, &second).unwrap();
    let (backup, words) = (folder.join("w.age"), file.to_str().unwrap());
    let command = |words: &[&str], more: &[&str]| run(semper().args(words).args(more));
    let create = ["backup", "create", "--data-dir", directory.to_str().unwrap(), "--out", backup.to_str().unwrap()];
    works(&command(&create, &["--words-file", words]));
    assert!(wallet.stop());
    let new = folder.join("new");
    let at = ["--data-dir", new.to_str().unwrap()];
    works(&command(&["backup", "verify", backup.to_str().unwrap(), "--words-file", words], &[]));
    works(&command(&["backup", "restore", backup.to_str().unwrap(), "--words-file", words], &at));
    let phrase = folder.join("new-phrase");
    std::fs::write(&phrase, "an-entirely-new-phrase-77").unwrap();
    let recover = ["recover", "--words-file", words, "--passphrase-file", phrase.to_str().unwrap()];
    fails(&command(&recover, &at), 1, Code::Recovering, "semper restore");
    works(&command(&["restore", "--yes"], &at));
    works(&command(&recover, &at));
    fails(&run(&mut serve("wallet", &folder, &new)), 4, Code::PassphraseWrong, "--passphrase-file");
    let mut again = semper();
    again.args(["serve", "wallet", "--consent", "nobody", "--passphrase-file"]).arg(&phrase).args(at);
    let mut child = again.stdout(std::process::Stdio::null()).spawn().unwrap();
    let started = std::time::Instant::now();
    while !new.join("control.sock").exists() {
        assert!(started.elapsed().as_secs() < 20 && child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut stopped = semper_node::control::call(&new, &json!({ "command": "stop" }));
    while stopped.is_err() && started.elapsed().as_secs() < 20 {
        stopped = semper_node::control::call(&new, &json!({ "command": "stop" }));
    }
    assert!(child.wait().unwrap().success());
}
