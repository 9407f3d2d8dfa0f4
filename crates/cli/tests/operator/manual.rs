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

#[test]
fn the_theatre_is_open_to_this_machine_alone() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let refused = semper().args(["theatre", "--pages", "0.0.0.0:0"]).output().unwrap();
    super::fails(&refused, 2, semper_base::Code::Usage, "this machine alone");
    let mut theatre = semper();
    theatre.args(["--json", "theatre", "--pages", "127.0.0.1:0"]);
    let mut child = theatre.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let host = ready["pages"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let port = host.rsplit(':').next().unwrap().to_owned();
    let mut stream = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let request = format!("GET /theatre HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("/theatre/csn-c"), "{page}");
}
