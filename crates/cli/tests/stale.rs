//! A whole machine is put back from a backup, the party's `head` file with it: nothing on that machine tells
//! that the copy is old. The peers do, because a number comes a second time with another message.

use crate::common;

use std::path::Path;
use std::process::Command;

use common::{Folder, Market, Party, link};
use serde_json::json;

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

#[test]
fn peers_tell_an_older_copy_that_brought_its_head_along() {
    let folder = Folder::new("peers");
    let market = Market::new(&folder);
    let bank = market.start("bank", &folder, &["--play-deposit", "500.00 EUR"]);
    let consent = ["--consent", "nobody"];
    let wallet = market.start("wallet", &folder, &consent);
    link(&wallet, &bank, "bank", "nobody");
    wallet.until(&json!({ "command": "who" }), |who| who["links"].as_array().unwrap().len() == 2);
    let (directory, backup) = (wallet.directory.clone(), folder.join("backup"));
    let (head, head_backup) = (folder.join("wallet.head"), folder.join("backup.head"));
    assert!(wallet.stop());
    copy(&directory, &backup);
    copy(&head, &head_backup);

    let open = json!({ "command": "open-account", "currency": "EUR" });
    let start = || Party::start("wallet", &folder, &consent);
    let wallet = start();
    wallet.until(&open, |asked| asked["asked"] == true);
    wallet.until(&json!({ "command": "purse" }), |purse| purse["account"].is_string());
    assert!(wallet.stop());
    copy(&backup, &directory);
    copy(&head_backup, &head);

    // It starts; the bank knows better, says so, and nothing more is sent there.
    let wallet = start();
    wallet.until(&open, |asked| asked["asked"] == true);
    wallet.until(&json!({ "command": "connections" }), |links| links["bank"] == "stale");
    assert!(wallet.said().contains("old copy"), "{}", wallet.said());
    assert!(wallet.call(&json!({ "command": "purse" }))["account"].is_null());
}
