//! One party as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child as Process, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use semper_base::{Code, Error, Fault};
use semper_node::control;
use serde_json::{Value, json};

use super::crash::Crashes;
use super::liar;
use crate::party::DATABASE;
use crate::serve::Role;

/// How long a party may take until it is ready: registration included.
const READY_WAIT: Duration = Duration::from_mins(1);
/// How long a party may take to stop before it is killed.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// A running party.
pub(super) struct Child {
    pub(super) role: Role,
    pub(super) name: &'static str,
    pub(super) directory: PathBuf,
    pub(super) address: Option<SocketAddr>,
    launch: Arc<Launch>,
    process: Arc<Mutex<Process>>,
}

/// How a party is started, the first time and again.
pub(super) struct Launch {
    pub(super) role: Role,
    /// What it is called here, and its directory.
    pub(super) name: &'static str,
    /// The lie that it tells, if it lies.
    pub(super) lie: Option<&'static str>,
    pub(super) market: PathBuf,
    pub(super) arguments: Vec<String>,
    /// Where it is to be cut off, if anywhere.
    pub(super) crashes: Option<Arc<Crashes>>,
    /// Keeps other markets from the port that it listens at, also while it is away.
    #[expect(dead_code, reason = "held, never read")]
    pub(super) held_port: Option<UdpSocket>,
}

/// What a start gives: a process that is ready.
struct Ready {
    process: Process,
    address: Option<SocketAddr>,
    lines: mpsc::Receiver<Value>,
}

impl Child {
    /// Starts `semper serve ROLE` and waits until it says that it is ready.
    pub(super) fn start(launch: Launch) -> Result<Self, Error> {
        let directory = launch.directory();
        let launch = Arc::new(launch);
        let Ready { process, address, lines } = launch.ready()?;
        let process = Arc::new(Mutex::new(process));
        if let Some(crashes) = launch.crashes.clone() {
            let (launch, process) = (Arc::clone(&launch), Arc::clone(&process));
            std::thread::spawn(move || restarts(&launch, &crashes, &process, lines));
        }
        Ok(Child { role: launch.role, name: launch.name, directory, address, launch, process })
    }

    /// Ends it as a power cut would: no farewell, no last write.
    pub(super) fn kill(&mut self) {
        let mut process = lock(&self.process);
        let _ = process.kill();
        let _ = process.wait();
    }

    /// Starts it again as it was started first.
    pub(super) fn restart(&mut self) -> Result<(), Error> {
        let ready = self.launch.ready()?;
        self.address = ready.address;
        *lock(&self.process) = ready.process;
        Ok(())
    }

    pub(super) fn pid(&self) -> u32 {
        lock(&self.process).id()
    }

    /// One command over the control socket. A party that is cut off now and then is asked until it answers;
    /// what it says to a repetition of something that it has done already is no news.
    pub(super) fn call(&self, command: &Value) -> Result<Value, Error> {
        if self.launch.crashes.is_none() {
            return self.call_once(command);
        }
        let started = Instant::now();
        let mut repeated = false;
        loop {
            match self.call_once(command) {
                Err(error) if !is_away(&error) && repeated => return Ok(Value::Null),
                Err(error) if is_away(&error) && started.elapsed() < READY_WAIT => {
                    std::thread::sleep(Duration::from_millis(20));
                    repeated = true;
                }
                done => return done,
            }
        }
    }

    /// One command, once. [`is_away`] tells whether its answer was lost.
    pub(super) fn call_once(&self, command: &Value) -> Result<Value, Error> {
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
        let _ = self.call_once(&json!({ "command": "stop" }));
        let started = Instant::now();
        while started.elapsed() < STOP_WAIT {
            if matches!(lock(&self.process).try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let ended = matches!(lock(&self.process).try_wait(), Ok(Some(_)));
        if !ended {
            self.kill();
        }
    }
}

/// Whether a command got no answer because its party is away: it may have been done or not.
pub(super) fn is_away(error: &Error) -> bool {
    matches!(error.code(), Code::Network | Code::NotFound | Code::Commit)
}

/// A holder that panicked left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a party again whenever it was cut off, until it ends in another way or the market stops.
fn restarts(launch: &Launch, crashes: &Crashes, process: &Mutex<Process>, mut lines: mpsc::Receiver<Value>) {
    while let Ok(line) = lines.recv() {
        if !crashes.hear(launch, &line) {
            continue;
        }
        let mut process = lock(process);
        let _ = process.wait();
        if crashes.is_over() {
            return;
        }
        match crashes.between(launch).and_then(|()| launch.ready()) {
            Ok(ready) => (*process, lines) = (ready.process, ready.lines),
            Err(error) => return crashes.fail(launch.role, &error),
        }
    }
}

impl Launch {
    pub(super) fn directory(&self) -> PathBuf {
        self.market.join(self.name)
    }

    /// The process, not waited for.
    pub(super) fn spawn(&self, directory: &Path) -> Result<(Process, mpsc::Receiver<Value>), Fault> {
        let fault = |what: String| Fault::new(Code::Disk, what);
        let program = match self.lie {
            None => own_program()?,
            Some(_) => liar::program()?,
        };
        let mut command = Command::new(program);
        command.args(["--json", "serve", self.role.word(), "--with-parent", "--data-dir"]).arg(directory);
        command.arg("--passphrase-file").arg(self.market.join("secrets/passphrase")).args(&self.arguments);
        if let Some(lie) = self.lie {
            command.args(["--lie", lie]);
        }
        if let Some(crashes) = &self.crashes {
            // Of several with one role, the one that is called by it is cut off; the others only watch.
            let is_cut_off = self.name == self.role.word();
            command.arg("--crash-at").arg(if is_cut_off { crashes.left(self.role) } else { String::new() });
        }
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.map_err(|e| fault(format!("serve {}: {e}", self.role.word())))?;
        let lines = process.stdout.take().map(follow);
        let lines = lines.ok_or_else(|| fault(format!("serve {}: no output", self.role.word())))?;
        Ok((process, lines))
    }

    /// Starts the process until it is ready, over and over if it is cut off before.
    fn ready(&self) -> Result<Ready, Error> {
        loop {
            let (mut process, lines) = self.spawn(&self.directory())?;
            let said = self.first_word(&lines);
            if let Some(ready) = said.as_ref().filter(|line| is_event(line, "ready")) {
                self.crashes.iter().for_each(|crashes| crashes.back(self.role));
                let address = ready.get("address").and_then(|address| address.as_str()?.parse().ok());
                return Ok(Ready { process, address, lines });
            }
            let cut = said.as_ref().is_some_and(|line| is_event(line, "crash"));
            if !cut {
                let _ = process.kill();
            }
            let _ = process.wait();
            match &self.crashes {
                Some(crashes) if cut && !crashes.is_over() => crashes.between(self)?,
                _ => return Err(self.failed(said)),
            }
        }
    }

    fn failed(&self, said: Option<Value>) -> Error {
        let text = said.map_or_else(|| "it said nothing".to_owned(), |line| line.to_string());
        Fault::new(Code::Network, format!("the {} did not start: {text}", self.role.word())).into()
    }

    /// The first line that tells how the start went.
    fn first_word(&self, lines: &mpsc::Receiver<Value>) -> Option<Value> {
        loop {
            let line = lines.recv_timeout(READY_WAIT).ok()?;
            let cut = self.crashes.as_ref().is_some_and(|crashes| crashes.hear(self, &line));
            if cut || is_event(&line, "ready") || is_event(&line, "error") {
                return Some(line);
            }
        }
    }
}

/// The program that runs here, even if its file was replaced meanwhile: parties start again for minutes.
pub(crate) fn own_program() -> Result<PathBuf, Fault> {
    let running = Path::new("/proc/self/exe");
    if running.exists() {
        return Ok(running.to_path_buf());
    }
    std::env::current_exe().map_err(|e| Fault::new(Code::Disk, e.to_string()))
}

pub(crate) fn is_event(line: &Value, event: &str) -> bool {
    line.get("event").and_then(Value::as_str) == Some(event)
}

/// Reads the party's output to its end, so that it never blocks on a full pipe.
pub(crate) fn follow(output: std::process::ChildStdout) -> mpsc::Receiver<Value> {
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
