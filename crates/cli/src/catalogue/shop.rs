//! The shop that catalogue commands go to: the process that runs on the data directory, or, if none
//! runs, the shop opened here for as long as the command takes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use semper_base::limits::TIMERS_PER_TURN_MAX;
use semper_base::{Code, Error, Fault, Key};
use semper_driver::party::{Done, check};
use semper_driver::service::Input;
use semper_driver::{Event, Party};
use semper_node::control;
use semper_services::common::Member;
use semper_services::shop::Shop as Logic;
use serde_json::{Value, json};

use crate::party::{self, wall};

/// How long the shop may take to move an import to its place.
const PATIENCE: Duration = Duration::from_mins(10);

type Own = Party<Member<Logic>>;

/// See the module.
#[derive(Debug)]
pub(super) struct Shop {
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// Over its control socket.
    Running(std::path::PathBuf),
    /// In this process.
    Here(Box<Own>),
}

impl Shop {
    /// Finds the process that runs on `directory`; opens the shop if there is none.
    pub(super) fn open(directory: &Path, passphrase_file: Option<&Path>) -> Result<Self, Error> {
        let way = match control::call(directory, &json!({ "command": "catalogue" })) {
            Err(error) if error.code() == Code::NotFound => Way::Here(Box::new(open(directory, passphrase_file)?)),
            other => {
                other?;
                Way::Running(directory.to_path_buf())
            }
        };
        Ok(Shop { way })
    }

    /// Asks the shop.
    pub(super) fn call(&mut self, request: &Value) -> Result<Value, Error> {
        match &mut self.way {
            Way::Running(directory) => control::call(directory, request),
            Way::Here(party) => {
                let mut replies = run(party, vec![Input::Command(request.to_string().into_bytes())])?;
                let reply = replies.pop().unwrap_or_else(|| Err(Fault::new(Code::Overloaded, "no reply").into()))?;
                serde_json::to_value(reply).map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()).into())
            }
        }
    }

    /// Waits until the last import is in its place.
    pub(super) fn until_settled(&mut self) -> Result<(), Error> {
        let since = Instant::now();
        let is_settled =
            |catalogue: &Value| catalogue.pointer("/import/state").and_then(Value::as_str) != Some("folding");
        while !is_settled(&self.call(&json!({ "command": "catalogue" }))?) {
            if since.elapsed() > PATIENCE {
                return Err(Fault::new(Code::Pending, "the import is in force; the shop still files it away").into());
            }
            match &mut self.way {
                Way::Running(_) => std::thread::sleep(Duration::from_millis(20)),
                Way::Here(party) => work(party)?,
            }
        }
        Ok(())
    }
}

fn open(directory: &Path, passphrase_file: Option<&Path>) -> Result<Own, Error> {
    if !directory.join(party::DATABASE).exists() {
        return Err(Fault::new(Code::DatabaseMissing, directory.display().to_string()).into());
    }
    let opened = party::open(directory, passphrase_file)?;
    let service = Arc::new(Member(Logic::default()));
    let (party, _) = Party::open(service, Box::new(opened.store), opened.crypto, opened.keyring, wall())?;
    Ok(party)
}

fn run(party: &mut Own, inputs: Vec<Input>) -> Result<Vec<Result<semper_driver::service::Reply, Error>>, Error> {
    let (snapshot, service, crypto) = (party.snapshot(), party.service(), party.crypto());
    let mut events = Vec::with_capacity(inputs.len());
    for input in inputs {
        events.push(Event::Local(check(&*service, &input, &snapshot, &*crypto, wall())?));
    }
    let report = party.run(&events, wall())?;
    let replies = report.done.into_iter().filter_map(|done| match done {
        Done::Reply(reply) => Some(reply),
        Done::Ack(_) => None,
    });
    Ok(replies.collect())
}

/// Fires the timers of the catalogue that are due; those of deals wait for the shop itself.
fn work(party: &mut Own) -> Result<(), Error> {
    let due = party.read(|transaction| transaction.due(wall(), TIMERS_PER_TURN_MAX))?;
    let own = |key: &Key| key.0.starts_with("catalogue/");
    let inputs: Vec<Input> = due.into_iter().filter(own).map(Input::Timer).collect();
    if inputs.is_empty() {
        return Err(Fault::new(Code::Pending, "other work of the shop comes first: start it").into());
    }
    run(party, inputs)?.into_iter().try_for_each(|reply| reply.map(|_| ()))
}
