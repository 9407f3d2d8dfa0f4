//! Completions and manual pages.

use super::common::{Folder, run, semper};
use super::works;

#[test]
fn shells_and_manuals_are_served() {
    for (shell, sign) in [("bash", "complete -F _semper"), ("zsh", "#compdef semper"), ("fish", "complete -c semper")] {
        let script = works(&semper().args(["completions", shell]).output().unwrap());
        assert!(script.contains(sign) && script.contains("backup"), "{shell}");
    }
    if let Ok(bash) = std::process::Command::new("bash").arg("-n").stdin(std::process::Stdio::piped()).spawn() {
        let mut bash = bash;
        let script = works(&semper().args(["completions", "bash"]).output().unwrap());
        std::io::Write::write_all(&mut bash.stdin.take().unwrap(), script.as_bytes()).unwrap();
        assert!(bash.wait().unwrap().success(), "bash takes its completions");
    }
    let folder = Folder::new("man");
    works(&run(semper().arg("man").arg(folder.join("man"))));
    let pages = super::names(&folder.join("man"));
    for page in ["semper.1", "semper-serve.1", "semper-backup-create.1", "semper-config-show.1"] {
        assert!(pages.iter().any(|name| name == page), "{page} not in {pages:?}");
    }
    let first = std::fs::read_to_string(folder.join("man").join("semper.1")).unwrap();
    assert!(first.contains(".TH semper 1") && works(&run(semper().arg("man"))).contains(".TH semper 1"));
}

#[test]
fn the_doctor_tells_the_schema() {
    let folder = Folder::new("schema");
    let party = super::common::Party::start("ca", &folder, &[]);
    let said = works(&run(semper().args(["doctor", "--data-dir"]).arg(&party.directory)));
    assert!(said.contains("schema") && said.contains("which is this program's"), "{said}");
}
