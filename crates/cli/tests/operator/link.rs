//! A party is linked with several of one role, each by a name and a host of its own.

use semper_base::Code;
use serde_json::json;

use super::common::{Folder, Party, run, semper};
use super::{fails, works};

#[test]
fn a_second_notary_has_a_name_and_a_host_of_its_own() {
    let folder = Folder::new("link-second");
    let party = Party::start("ca", &folder, &[]);
    let data = folder.join("ca").display().to_string();
    let link = |words: &[&str]| run(semper().args(["link", "--data-dir", &data, "notary"]).args(words));
    works(&link(&["127.0.0.1:9"]));
    let said = works(&link(&["notary-2.semper.test:9", "--called", "notary-2"]));
    assert!(said.contains("notary-2") && said.contains("semper notary list"), "{said}");
    works(&link(&["127.0.0.1:9", "--called", "third", "--host", "dear.example"]));
    let contacts = party.call(&json!({ "command": "contacts" }));
    let mut known: Vec<[&str; 3]> = contacts["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| ["link", "socket", "server_name"].map(|name| one[name].as_str().unwrap()))
        .collect();
    known.sort_unstable();
    let at = "127.0.0.1:9";
    assert_eq!(
        known,
        [["notary", at, "notary.semper.test"], ["notary-2", at, "notary-2.semper.test"], ["third", at, "dear.example"]]
    );
    for wrong in ["notary-2.semper.test", "x.semper.test:port"] {
        fails(&link(&[wrong]), 2, Code::Usage, "127.0.0.1:4711");
    }
    let help = works(&run(semper().args(["link", "--help"])));
    for taught in ["--called notary-2", "--host", "--moved", "semper notary list"] {
        assert!(help.contains(taught), "{help}");
    }
    assert!(party.stop());
}
