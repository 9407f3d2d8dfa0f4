//! Runs `semper` as an operator would: processes, directories, a play market of their own.

#![allow(dead_code, reason = "each test binary uses a part of it")]

#[path = "../../../services/tests/common/forge.rs"]
pub(crate) mod forge;
pub(crate) mod wire;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use semper_base::{Error, Timestamp, bytes};
use semper_blocks::certificate::pem;
use semper_node::control;
use serde_json::{Value, json};

/// Now, by the wall clock.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap())
}

/// The pass phrase of every party here.
pub(crate) const PHRASE: &str = "marmalade-tugboat-quiver-1887";

/// A directory that goes away with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("semper-cli-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("phrase"), format!("{PHRASE}\n")).unwrap();
        Folder(path)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn phrase(&self) -> PathBuf {
        self.join("phrase")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn semper() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_semper"));
    command.stdin(Stdio::null()).env_remove("CREDENTIALS_DIRECTORY");
    command
}

/// Runs to the end; a command that hangs is killed.
pub(crate) fn run(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_mins(1) {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

/// `semper serve ROLE` on a directory, with the pass phrase.
pub(crate) fn serve(role: &str, folder: &Folder, directory: &Path) -> Command {
    let mut command = semper();
    command.args(["serve", role, "--data-dir"]).arg(directory).arg("--passphrase-file").arg(folder.phrase());
    command
}

/// A running party; killed when dropped.
pub(crate) struct Party {
    pub(crate) directory: PathBuf,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) log: PathBuf,
    child: Child,
}

impl Party {
    /// Starts it and waits until it is ready. Standard error goes to `DIRECTORY.log`.
    pub(crate) fn start(role: &str, folder: &Folder, more: &[&str]) -> Party {
        Party::start_in(role, folder, &folder.join(role), more)
    }

    pub(crate) fn start_in(role: &str, folder: &Folder, directory: &Path, more: &[&str]) -> Party {
        let log = directory.with_extension("log");
        let errors = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = serve(role, folder, directory);
        let mut child = command.arg("--json").args(more).stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(ready["event"], "ready", "{role}: {line} {}", std::fs::read_to_string(&log).unwrap());
        let address = ready["address"].as_str().map(|text| text.parse().unwrap());
        Party { directory: directory.to_owned(), address, log, child }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn at(&self) -> SocketAddr {
        self.address.unwrap()
    }

    pub(crate) fn call(&self, command: &Value) -> Value {
        control::call(&self.directory, command).unwrap()
    }

    pub(crate) fn try_call(&self, command: &Value) -> Result<Value, Error> {
        control::call(&self.directory, command)
    }

    /// Asks until the answer is as wanted.
    pub(crate) fn until(&self, command: &Value, wanted: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let answer = self.try_call(command);
            match answer {
                Ok(answer) if wanted(&answer) => return answer,
                other => assert!(started.elapsed() < Duration::from_secs(20), "{command}: {other:?}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it in order; true if it ended with success.
    pub(crate) fn stop(mut self) -> bool {
        self.call(&json!({ "command": "stop" }));
        self.child.wait().unwrap().success()
    }

    /// Waits until it ends by itself.
    pub(crate) fn ends(&mut self) -> Option<i32> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it goes on");
    }

    /// What it wrote to standard error.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An authority, and what it takes to register with it.
pub(crate) struct Market {
    pub(crate) ca: Party,
    pub(crate) root: Vec<u8>,
    pub(crate) root_file: PathBuf,
}

impl Market {
    pub(crate) fn new(folder: &Folder) -> Market {
        Market::named(folder, "ca")
    }

    /// Several markets in one folder need several names.
    pub(crate) fn named(folder: &Folder, name: &str) -> Market {
        Market::with(folder, name, &[])
    }

    /// One whose authority lets its memory be read.
    pub(crate) fn traceable(folder: &Folder) -> Market {
        Market::with(folder, "ca", &["--traceable"])
    }

    fn with(folder: &Folder, name: &str, more: &[&str]) -> Market {
        let ca = Party::start_in("ca", folder, &folder.join(name), more);
        let root = bytes::decode(ca.call(&json!({ "command": "root" }))["root"].as_str().unwrap()).unwrap();
        let root_file = folder.join(&format!("{name}.pem"));
        std::fs::write(&root_file, pem::to_pem(pem::Label::Certificate, &root).unwrap()).unwrap();
        Market { ca, root, root_file }
    }

    /// A registration code.
    pub(crate) fn invite(&self, role: &str, name: &str, certificates: &[&str]) -> String {
        let request = json!({ "command": "invite", "role": role, "name": name, "certificates": certificates });
        self.ca.call(&request)["code"].as_str().unwrap().to_owned()
    }

    /// The options of a first start.
    pub(crate) fn options(&self, role: &str, name: &str) -> Vec<String> {
        let (word, certificates): (_, &[&str]) = match role {
            "wallet" => ("buyer", &["statement"]),
            "bank" => ("bank", &["statement", "tls"]),
            "shop" => ("seller", &["statement", "seal", "tls"]),
            "notary" => ("notary", &["statement", "seal", "stamp", "tls"]),
            role => (role, &["statement", "seal", "tls"]),
        };
        let code = self.invite(word, name, certificates);
        let (ca, root) = (self.ca.at().to_string(), self.root_file.display().to_string());
        ["--name", name, "--ca", &ca, "--root", &root, "--code", &code].map(str::to_owned).to_vec()
    }

    pub(crate) fn start(&self, role: &str, folder: &Folder, more: &[&str]) -> Party {
        let options = self.options(role, &format!("Play {role}"));
        let all: Vec<&str> = options.iter().map(String::as_str).chain(more.iter().copied()).collect();
        Party::start(role, folder, &all)
    }
}

/// Introduces one party to another.
pub(crate) fn link(from: &Party, to: &Party, name: &str, who: &str) {
    from.call(&json!({
        "command": "link", "name": name, "socket": to.at().to_string(), "server_name": format!("{name}.semper.test"), "as": who,
    }));
}

/// A hash over everything that counts: rows without the notes about misbehaviour, and registers.
pub(crate) fn state(directory: &Path) -> String {
    let db = open(directory);
    let sql = "SELECT key, value FROM row WHERE key NOT LIKE 'misdeeds/%' ORDER BY key";
    let mut all = Vec::new();
    let mut statement = db.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (key, value): (String, Vec<u8>) = (row.get(0).unwrap(), row.get(1).unwrap());
        all.push(format!("{key} {}", semper_base::Hash::of(&value)));
    }
    let mut statement = db.prepare("SELECT xid, slot, value FROM register ORDER BY xid, slot").unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (xid, slot, value): (Vec<u8>, String, Vec<u8>) =
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        all.push(format!("{} {slot} {}", semper_base::hash::hex(&xid), semper_base::Hash::of(&value)));
    }
    all.join("\n")
}

/// How many objects of this need the archive holds.
pub(crate) fn archived(directory: &Path, need: &str) -> u64 {
    open(directory).query_row("SELECT count(*) FROM archive WHERE need = ?1", [need], |row| row.get(0)).unwrap()
}

pub(crate) fn open(directory: &Path) -> rusqlite::Connection {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    rusqlite::Connection::open_with_flags(directory.join("semper.db"), flags).unwrap()
}
