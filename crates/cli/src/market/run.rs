//! One party of the market at work: a thread of this process, or a process of its own. Both are
//! `semper serve` with the same arguments, and both are reached over sockets only.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
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
/// Lines of a party's log that are kept to be shown when it has ended.
const LOG_LINES_MAX: usize = 20;

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
    Process(Child, Arc<Mutex<Said>>),
}

/// What a process said last.
#[derive(Debug, Default)]
struct Said {
    /// The end of its log.
    log: VecDeque<String>,
    /// Why it ended.
    error: Option<Error>,
}

/// How a party ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// It was told to.
    Told,
    /// Nobody told it to.
    Itself(Error),
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
    // It cannot see where its log goes.
    command.args(["--log", if std::io::stderr().is_terminal() { "text" } else { "json" }]);
    let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut process = process.map_err(|e| failed(e.to_string()))?;
    let lines = process.stdout.take().map(follow).ok_or_else(|| failed("no output".to_owned()))?;
    let said = Arc::new(Mutex::new(Said::default()));
    if let Some(log) = process.stderr.take() {
        let said = Arc::clone(&said);
        std::thread::spawn(move || pass_on(log, &said));
    }
    let of_process = Arc::clone(&said);
    std::thread::spawn(move || {
        while let Ok(line) = lines.recv() {
            if is_event(&line, "ready") {
                let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
                let pages = text("pages").zip(text("link"));
                let address = text("address").and_then(|address| address.parse().ok());
                let _ = tell.send(Ok(Ready { address, pages }));
            } else if is_event(&line, "error") {
                let why = line.get("text").and_then(Value::as_str).unwrap_or("it said nothing").to_owned();
                let code = line.get("code").and_then(Value::as_u64);
                let code = Code::ALL.iter().copied().find(|known| Some(u64::from(known.number())) == code);
                let code = code.unwrap_or(Code::Ended);
                let known = format!("{} [{}]: ", code.text(), code.number());
                let error = Error::from(Fault::new(code, why.strip_prefix(&known).unwrap_or(&why)));
                lock(&said).error = Some(error.clone());
                let _ = tell.send(Err(error));
            }
        }
    });
    Ok(Work::Process(process, of_process))
}

fn lock(said: &Mutex<Said>) -> std::sync::MutexGuard<'_, Said> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A party's log goes where that of this process goes; its end is kept.
fn pass_on(log: ChildStderr, said: &Mutex<Said>) {
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        crate::output::warn(&line);
        let kept = &mut lock(said).log;
        kept.push_back(line);
        if kept.len() > LOG_LINES_MAX {
            kept.pop_front();
        }
    }
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

    /// The process that it is or is in.
    pub(super) fn pid(&self) -> u32 {
        match &self.work {
            Work::Thread(_) => std::process::id(),
            Work::Process(process, _) => process.id(),
        }
    }

    /// The end of its log, if it has one of its own.
    pub(super) fn log(&self) -> Vec<String> {
        match &self.work {
            Work::Thread(_) => Vec::new(),
            Work::Process(_, said) => lock(said).log.iter().cloned().collect(),
        }
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<Ended> {
        match &mut self.work {
            Work::Thread(thread) => match thread.take_if(|thread| thread.is_finished())?.join() {
                Ok(Ok(())) => Some(Ended::Told),
                Ok(Err(error)) => Some(Ended::Itself(error)),
                Err(_) => Some(Ended::Itself(Fault::new(Code::Ended, "its thread broke off").into())),
            },
            Work::Process(process, said) => {
                let status = match process.try_wait() {
                    Ok(status) => status?,
                    Err(error) => return Some(Ended::Itself(Fault::new(Code::Disk, error.to_string()).into())),
                };
                if status.success() {
                    return Some(Ended::Told);
                }
                let why = || Fault::new(Code::Ended, format!("its process ended with {status}")).into();
                Some(Ended::Itself(lock(said).error.clone().unwrap_or_else(why)))
            }
        }
    }

    fn has_ended(&mut self) -> bool {
        match &mut self.work {
            Work::Thread(thread) => thread.as_ref().is_none_or(JoinHandle::is_finished),
            Work::Process(process, _) => !matches!(process.try_wait(), Ok(None)),
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
            Work::Process(process, _) => {
                let _ = process.kill();
                let _ = process.wait();
                Ok(())
            }
        }
    }
}
