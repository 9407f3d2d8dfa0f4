//! The pages of a running party: its site, the link that signs its owner in, and the way from pages to
//! the party.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use semper_base::{Code, Error, Fault, Misuse};
use semper_driver::service::{Input, Service};
use semper_node::control::{self, OwnWords};
use semper_node::writer::Handle;
use semper_support::crypto::Crypto;
use semper_web::session::Who;
use semper_web::{Display, Party, Site};
use serde_json::{Value, json};

use crate::catalogue::search::{self, Search};
use crate::keeper::Keeper;
use crate::output::{say, say_json};
use crate::screen::Guiding;
use crate::serve::Role;
use crate::{passphrase, recovery};

/// The command that asks a running party for a new link.
const OPEN: &str = "open-pages";
/// The command with which a script that sets up a play market hands over to people.
pub(crate) const SETUP_DONE: &str = "setup-done";

/// Where a party's pages are to be.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    /// The label before `.localhost`.
    pub(crate) label: String,
    /// The party's name, as people know it.
    pub(crate) name: String,
    /// Where a shop's visitors are thought to have their wallet.
    pub(crate) wallet: Option<String>,
}

/// Pages that are served as long as this lives.
#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) site: Arc<Site>,
    task: tokio::task::JoinHandle<()>,
    /// Keeps a broker's index.
    _keeper: Option<Keeper>,
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn web_role(role: Role) -> semper_web::Role {
    match role {
        Role::Ca => semper_web::Role::Authority,
        Role::Bank => semper_web::Role::Bank,
        Role::Broker => semper_web::Role::Broker,
        Role::Notary => semper_web::Role::Notary,
        Role::Shop => semper_web::Role::Shop,
        Role::Wallet => semper_web::Role::Wallet,
        Role::Witness => semper_web::Role::Witness,
    }
}

/// The way to a party for its pages: the commands that its control socket takes, and what needs files
/// beside the party's.
pub(crate) fn party<S: Service>(
    directory: &Path,
    passphrase_file: Option<&Path>,
    handle: &Handle<S>,
    search: Option<Arc<Search>>,
) -> Party {
    let (handle, directory) = (handle.clone(), directory.to_path_buf());
    let passphrase_file = passphrase_file.map(Path::to_path_buf);
    Party::new(move |request: Value| {
        let (handle, directory, file) = (handle.clone(), directory.clone(), passphrase_file.clone());
        let is_search = request.get("command").and_then(Value::as_str) == Some(search::COMMAND);
        let search = search.clone().filter(|_| is_search);
        async move {
            if let Some(search) = search {
                let found = tokio::task::spawn_blocking(move || search.answer(&request)).await;
                return found.map_err(|_| Fault::new(Code::Overloaded, "the work broke off"))?;
            }
            let aside = tokio::task::spawn_blocking(move || aside(&directory, file.as_deref(), request)).await;
            let aside = aside.map_err(|_| Fault::new(Code::Overloaded, "the work broke off"))??;
            let reply = handle.local(Input::Command(aside.command.to_string().into_bytes())).await?;
            if let Some(change) = aside.change {
                change.done()?;
            }
            Ok(serde_json::to_value(reply).map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()))?)
        }
    })
}

/// Does what the party itself cannot, because it needs files; what is left to ask the party.
fn aside(directory: &Path, passphrase_file: Option<&Path>, request: Value) -> Result<Aside, Error> {
    if let Some(mut change) = passphrase::change(directory, passphrase_file, &request).transpose()? {
        return Ok(Aside { command: change.command.take(), change: Some(change) });
    }
    let command = recovery::aside(directory, &request).unwrap_or(Ok(request))?;
    let command = crate::directory::with_pulse(directory, crate::directory::with_hits(directory, command)?)?;
    Ok(Aside { command, change: None })
}

/// What is left to ask the party, and what its answer lets happen.
struct Aside {
    command: Value,
    change: Option<passphrase::Change>,
}

/// Starts the pages of a party that runs.
pub(crate) async fn start<S: Service>(
    role: Role,
    place: &Place,
    directory: &Path,
    passphrase_file: Option<&Path>,
    handle: &Handle<S>,
    display: Option<Arc<Display>>,
    crypto: Arc<dyn Crypto>,
) -> Result<Pages, Error> {
    let shown = directory.display().to_string();
    let search = (role == Role::Shop).then(|| Search::start(directory)).transpose()?;
    let party = party(directory, passphrase_file, handle, search);
    let site = Site::new(&place.name, web_role(role), &place.label, &shown, party, crypto);
    let site = Arc::new(site.with_display(display).with_wallet(place.wallet.clone()));
    let (_, serving) = semper_web::start(Arc::clone(&site), place.address).await?;
    let keeper = (role == Role::Broker).then(|| crate::directory::keep(directory)).transpose()?;
    Ok(Pages { site, task: tokio::spawn(serving), _keeper: keeper })
}

/// The words of the control socket that concern the pages, and the end of a play market's set-up.
pub(crate) fn own_words(
    site: Arc<OnceLock<Arc<Site>>>,
    set_up: Arc<AtomicBool>,
    display: Arc<Display>,
    guiding: Guiding,
) -> OwnWords {
    Arc::new(move |request| match request.get("command").and_then(semper_base::json::Value::as_str)? {
        word if word.starts_with("screen-") || word.starts_with("guided-") => {
            let plain = serde_json::to_value(request).ok()?;
            let screen = crate::screen::sessions::own_words(&display, word, &plain);
            screen.or_else(|| crate::screen::guided::own_words(&guiding, word, &plain))
        }
        OPEN => Some(link(site.get(), request.get("staff").and_then(semper_base::json::Value::as_str))),
        SETUP_DONE => {
            set_up.store(true, Ordering::Release);
            Some(Ok(Value::Null))
        }
        // Whoever is removed is out at once; the command itself is the party's.
        "staff-remove" => {
            let name = request.get("name").and_then(semper_base::json::Value::as_str).unwrap_or_default();
            if let Some(site) = site.get() {
                site.sessions.shut_out(name);
            }
            None
        }
        _ => None,
    })
}

fn link(site: Option<&Arc<Site>>, staff: Option<&str>) -> Result<Value, Error> {
    let none = || Misuse::new(Code::NotFound, "this party has no pages; start it with --pages");
    let site = site.ok_or_else(none)?;
    let who = staff.map_or(Who::Owner, |name| Who::Staff(name.to_owned()));
    Ok(json!({ "pages": site.address(), "link": site.link(who) }))
}

/// `semper open`: a new one-time link to the pages of a running party.
pub(crate) fn open(directory: &Path, staff: Option<&str>, json: bool) -> Result<ExitCode, Error> {
    let reply = control::call(directory, &json!({ "command": OPEN, "staff": staff }))?;
    if json {
        say_json(&reply);
    } else {
        say(format!("Good once: {}", reply.get("link").and_then(Value::as_str).unwrap_or_default()));
    }
    Ok(ExitCode::SUCCESS)
}
