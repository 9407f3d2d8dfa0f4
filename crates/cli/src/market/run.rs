//! One party of the market at work: a thread of this process, or a process of its own. Both are
//! `semper serve` with the same arguments, and both are reached over sockets only.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::Parser;
use semper_base::{Code, Error, Fault};
use semper_node::control;
use serde_json::{Value, json};

use super::parties::Party;
use crate::demo::child::{follow, is_event, own_program};
use crate::serve::{self, Ready};

/// How long a party may take until it serves.
const READY_WAIT: Duration = Duration::from_mins(1);
/// How long a party may take to end.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// The arguments of one party, as the command line takes them.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    options: serve::Options,
}

/// A party at work.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) party: &'static Party,
    pub(super) directory: PathBuf,
    pub(super) address: Option<SocketAddr>,
    /// Its pages, and the link that opens them.
    pub(super) pages: String,
    pub(super) link: String,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Thread(Option<JoinHandle<Result<(), Error>>>),
    Process(Child),
}

/// Begins to start a party; [`Starting::wait`] says when it serves.
pub(super) struct Starting {
    party: &'static Party,
    directory: PathBuf,
    work: Work,
    told: mpsc::Receiver<Result<Ready, Error>>,
}

/// Starts a party with these arguments of `semper serve`.
pub(super) fn start(
    party: &'static Party,
    directory: PathBuf,
    arguments: Vec<String>,
    process: bool,
) -> Result<Starting, Error> {
    let (tell, told) = mpsc::channel();
    let work = if process { in_process(party, arguments, tell)? } else { in_thread(party, arguments, tell)? };
    Ok(Starting { party, directory, work, told })
}

type Tell = mpsc::Sender<Result<Ready, Error>>;

fn in_thread(party: &'static Party, arguments: Vec<String>, tell: Tell) -> Result<Work, Error> {
    let words = ["serve".to_owned(), party.role.word().to_owned()].into_iter().chain(arguments);
    let options = Arguments::try_parse_from(words)
        .map_err(|error| Fault::new(Code::Usage, format!("serve {}: {error}", party.label)))?
        .options;
    let body = move || {
        let first = tell.clone();
        let ended = serve::run_within(&options, |ready| drop(first.send(Ok(ready.clone()))));
        match ended {
            Ok(_) => Ok(()),
            Err(error) => {
                // Heard only if it never served.
                let _ = tell.send(Err(error.clone()));
                Err(error)
            }
        }
    };
    let thread = std::thread::Builder::new().name(party.label.to_owned()).spawn(body);
    let thread = thread.map_err(|e| Fault::new(Code::Overloaded, format!("{}: {e}", party.label)))?;
    Ok(Work::Thread(Some(thread)))
}

fn in_process(party: &'static Party, arguments: Vec<String>, tell: Tell) -> Result<Work, Error> {
    let failed = |what: String| Fault::new(Code::Disk, format!("serve {}: {what}", party.label));
    let mut command = Command::new(own_program()?);
    command.args(["--json", "serve", party.role.word(), "--with-parent"]).args(arguments);
    let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut process = process.map_err(|e| failed(e.to_string()))?;
    let lines = process.stdout.take().map(follow).ok_or_else(|| failed("no output".to_owned()))?;
    std::thread::spawn(move || {
        while let Ok(line) = lines.recv() {
            if is_event(&line, "ready") {
                let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
                let pages = text("pages").zip(text("link"));
                let address = text("address").and_then(|address| address.parse().ok());
                let _ = tell.send(Ok(Ready { address, pages }));
            } else if is_event(&line, "error") {
                let why = line.get("text").and_then(Value::as_str).unwrap_or("it said nothing").to_owned();
                let _ = tell.send(Err(Fault::new(Code::Network, why).into()));
            }
        }
    });
    Ok(Work::Process(process))
}

impl Starting {
    /// Waits until the party serves.
    pub(super) fn wait(self) -> Result<Running, Error> {
        let Starting { party, directory, work, told } = self;
        let late = |_| Fault::new(Code::Pending, format!("the {} did not start in time", party.label));
        let Ready { address, pages } = told.recv_timeout(READY_WAIT).map_err(late)??;
        let (pages, link) = pages.unwrap_or_default();
        Ok(Running { party, directory, address, pages, link, work })
    }
}

impl Running {
    /// One command over the party's control socket.
    pub(super) fn call(&self, command: &Value) -> Result<Value, Error> {
        control::call(&self.directory, command)
    }

    /// Repeats a question until the answer is what is waited for.
    pub(super) fn until(&self, question: &Value, done: impl Fn(&Value) -> bool) -> Result<Value, Error> {
        let started = Instant::now();
        loop {
            match self.call(question) {
                Ok(answer) if done(&answer) => return Ok(answer),
                Err(error) if started.elapsed() > READY_WAIT => return Err(error),
                Ok(_) if started.elapsed() > READY_WAIT => {
                    return Err(Fault::new(Code::Pending, format!("the {} is not ready", self.party.label)).into());
                }
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        match &mut self.work {
            Work::Thread(thread) => thread.as_ref().is_none_or(JoinHandle::is_finished),
            Work::Process(process) => !matches!(process.try_wait(), Ok(None)),
        }
    }

    /// Asks it to end and waits for that. What it said, if it ended by a fault.
    pub(super) fn stop(mut self) -> Result<(), Error> {
        let _ = self.call(&json!({ "command": "stop" }));
        let started = Instant::now();
        while !self.has_ended() && started.elapsed() < STOP_WAIT {
            std::thread::sleep(Duration::from_millis(10));
        }
        match &mut self.work {
            Work::Thread(thread) => match thread.take().filter(JoinHandle::is_finished).map(JoinHandle::join) {
                Some(Ok(ended)) => ended,
                // One that hangs goes with this process; its store is safe at any moment.
                Some(Err(_)) | None => Ok(()),
            },
            Work::Process(process) => {
                let _ = process.kill();
                let _ = process.wait();
                Ok(())
            }
        }
    }
}
