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
    let running =
        |directory: &std::path::Path| run(semper().args(["doctor", "--running", "--data-dir"]).arg(directory));
    works(&running(&party.directory));
    let directory = party.directory.clone();
    assert!(party.stop());
    let said = running(&directory);
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    works(&run(semper().args(["doctor", "--data-dir"]).arg(&directory)));
}

/// Every file of `packaging/` names only options that there are.
#[test]
fn what_is_packaged_starts() {
    let read = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let (unit, image) = (read("semper@.service"), read("Dockerfile"));
    assert!(
        unit.contains("semper-passphrase:") && unit.contains("ExecStart=/usr/local/bin/semper serve %i --data-dir")
    );
    for hardening in ["NoNewPrivileges=yes", "ProtectSystem=strict", "MemoryDenyWriteExecute=yes", "DynamicUser=yes"] {
        assert!(unit.lines().any(|line| line == hardening), "{hardening}");
    }
    assert!(image.contains("\nUSER ") && image.contains("HEALTHCHECK") && image.contains("\"doctor\""), "{image}");
    let folder = Folder::new("unit");
    let file = folder.join("semper@shop.service");
    std::fs::write(&file, unit.replace("/usr/local/bin/semper", env!("CARGO_BIN_EXE_semper"))).unwrap();
    match std::process::Command::new("systemd-analyze").arg("verify").arg(&file).output() {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(e) => eprintln!("skipped: systemd-analyze: {e}"),
    }
}
