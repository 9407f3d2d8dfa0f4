//! One party as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child as Process, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use semper_base::{Code, Error, Fault};
use semper_node::control;
use serde_json::{Value, json};

use crate::party::DATABASE;
use crate::serve::Role;

/// How long a party may take until it is ready: registration included.
const READY_WAIT: Duration = Duration::from_mins(1);
/// How long a party may take to stop before it is killed.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// A running party.
pub(super) struct Child {
    pub(super) role: Role,
    pub(super) directory: PathBuf,
    arguments: Vec<String>,
    process: Process,
    pub(super) address: Option<SocketAddr>,
}

impl Child {
    /// Starts `semper serve ROLE` and waits until it says that it is ready.
    pub(super) fn start(role: Role, market: &Path, arguments: Vec<String>) -> Result<Self, Error> {
        let directory = market.join(role.word());
        let (process, address) = spawn(role, market, &arguments)?;
        Ok(Child { role, directory, arguments, process, address })
    }

    /// Ends it as a power cut would: no farewell, no last write.
    pub(super) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again as it was started first.
    pub(super) fn restart(&mut self, market: &Path) -> Result<(), Error> {
        (self.process, self.address) = spawn(self.role, market, &self.arguments)?;
        Ok(())
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// One command over the control socket.
    pub(super) fn call(&self, command: &Value) -> Result<Value, Error> {
        control::call(&self.directory, command)
    }

    /// Repeats a command until it succeeds: relationships need a moment to come up.
    pub(super) fn call_soon(&self, command: &Value) -> Result<Value, Error> {
        let started = Instant::now();
        loop {
            match self.call(command) {
                Err(_) if started.elapsed() < READY_WAIT => std::thread::sleep(Duration::from_millis(20)),
                done => return done,
            }
        }
    }

    pub(super) fn database(&self) -> PathBuf {
        self.directory.join(DATABASE)
    }

    /// Asks it to stop; kills it if it does not.
    pub(super) fn stop(&mut self) {
        let _ = self.call(&json!({ "command": "stop" }));
        let started = Instant::now();
        while started.elapsed() < STOP_WAIT {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !matches!(self.process.try_wait(), Ok(Some(_))) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// Starts the process and waits until it is ready; its address, if it listens.
fn spawn(role: Role, market: &Path, arguments: &[String]) -> Result<(Process, Option<SocketAddr>), Error> {
    let fault = |what: String| Fault::new(Code::Disk, what);
    let program = std::env::current_exe().map_err(|e| fault(e.to_string()))?;
    let mut process = Command::new(program)
        .args(["--json", "serve", role.word(), "--with-parent", "--data-dir"])
        .arg(market.join(role.word()))
        .arg("--passphrase-file")
        .arg(market.join("secrets/passphrase"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| fault(format!("serve {}: {e}", role.word())))?;
    let lines = process.stdout.take().map(follow);
    let ready = lines.and_then(|lines| first_line(&lines));
    if ready.as_ref().and_then(|line| line.get("event")).and_then(Value::as_str) == Some("ready") {
        let address = ready.and_then(|line| line.get("address")?.as_str()?.parse().ok());
        return Ok((process, address));
    }
    let _ = process.kill();
    let _ = process.wait();
    let text = ready.map_or_else(|| "it said nothing".to_owned(), |line| line.to_string());
    Err(Fault::new(Code::Network, format!("the {} did not start: {text}", role.word())).into())
}

/// Reads the party's output to its end, so that it never blocks on a full pipe.
fn follow(output: std::process::ChildStdout) -> mpsc::Receiver<Value> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Ok(value) = serde_json::from_str(&line) {
                let _ = send.send(value);
            }
        }
    });
    receive
}

fn first_line(lines: &mpsc::Receiver<Value>) -> Option<Value> {
    lines.recv_timeout(READY_WAIT).ok()
}
