//! `semper market`: a whole play market on this machine, with pages, until Ctrl-C.
//!
//! It is the same parties as `semper serve` runs, each with its own keys, database and ports; they meet
//! over TLS on loopback only. By default each is a thread of this process, with `--processes` a process.
//! What they hold stays in the data directory: starting again resumes everything. A party that ends by
//! itself is started again.

mod goods;
mod keeper;
mod parties;
mod run;
mod setup;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use comfy_table::Table;
use semper_base::{Code, Error, Fault, Misuse};
use serde_json::{Value, json};

use crate::demo::market::{secret, write};
use crate::output::{say, say_json};
use crate::pages::SETUP_DONE;
use crate::serve::Role;
use parties::{PARTIES, Party, SECOND_NOTARY};
use run::Running;

/// Which file says that a directory is a market, and which ports its pages have.
const MARKER: &str = "market.json";
/// The first port of the pages, unless another is asked for.
const FIRST_PORT: u16 = 7410;

/// A play market.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where everything is kept; your data directory for Semper if you name none.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Run each party as a process of its own.
    #[arg(long)]
    processes: bool,
    /// With a second notary, which takes a fee, to see how parties choose one (first start).
    #[arg(long)]
    second_notary: bool,
    /// The first of the ports for pages (first start); 0 takes free ones.
    #[arg(long, default_value_t = FIRST_PORT)]
    first_port: u16,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Forget the market: every party's keys, deals and money.
    Reset {
        /// Where it is kept; your data directory for Semper if you name none.
        #[arg(long)]
        data_dir: Option<PathBuf>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) fn run(options: &Options, json: bool) -> Result<ExitCode, Error> {
    match &options.command {
        Some(Command::Reset { data_dir, yes }) => reset(&directory(data_dir.as_deref())?, *yes, json),
        None => market(options, json),
    }
}

/// The directory that was named, or the usual one (XDG Base Directory Specification).
fn directory(named: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(named) = named {
        return Ok(named.to_path_buf());
    }
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = from("XDG_DATA_HOME").or_else(|| from("HOME").map(|home| home.join(".local/share")));
    let base = base.ok_or_else(|| Misuse::new(Code::Usage, "no home directory; name one with --data-dir"))?;
    Ok(base.join("semper/market"))
}

fn market(options: &Options, json: bool) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let directory = directory(options.data_dir.as_deref())?;
    let known = ports(&directory)?;
    let occupied = std::fs::read_dir(&directory).is_ok_and(|mut entries| entries.next().is_some());
    if known.is_none() && occupied {
        let advice = if directory.join("secrets/passphrase").exists() {
            "holds a market whose set-up broke off; `semper market reset` removes it"
        } else {
            "holds something else than a market; name another directory"
        };
        let text = format!("{} {advice}", directory.display());
        return Err(Misuse::new(Code::StateWrong, text).into());
    }
    if runs(&directory) {
        let open = format!("`semper open --data-dir {}`", directory.join("wallet").display());
        let text = format!("this market is running already; {open} makes a new link to the wallet's pages");
        return Err(Misuse::new(Code::StateWrong, text).into());
    }
    let first = known.is_none();
    // Who was there at first is there again.
    let second = known.as_ref().map_or(options.second_notary, |known| known.contains_key(SECOND_NOTARY.label));
    let parties: Vec<&'static Party> = PARTIES.iter().chain(second.then_some(SECOND_NOTARY)).collect();
    if first {
        free_ports(options.first_port, parties.len())?;
    }
    if !json {
        let what = if first { "Setting up a play market in" } else { "Resuming the play market in" };
        say(format!("{what} {} …", directory.display()));
    }
    secret(&directory)?;
    let plan = Plan {
        directory,
        parties,
        process: options.processes,
        ports: known.unwrap_or_default(),
        first_port: options.first_port,
    };
    let all = if first { plan.found()? } else { plan.resume()? };
    tell(&plan, &all, started.elapsed(), json);
    // From here on they are where they were at first.
    let plan = Plan { ports: ports(&plan.directory)?.unwrap_or_default(), ..plan };
    keeper::keep(&plan, all, json)
}

/// Whether one of the market's parties answers.
fn runs(directory: &Path) -> bool {
    let answers = |label| semper_node::control::call(&directory.join(label), &json!({ "command": "who" })).is_ok();
    PARTIES.iter().any(|party| answers(party.label))
}

/// Looks whether the ports of the pages are free before anything is made: a set-up that breaks off half-way
/// would have to be removed by hand.
fn free_ports(first: u16, count: usize) -> Result<(), Error> {
    if first == 0 {
        return Ok(());
    }
    for port in (first..=u16::MAX).take(count) {
        if std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
            let text = format!("127.0.0.1:{port}, for pages; --first-port PORT begins elsewhere, 0 takes free ones");
            return Err(Fault::new(Code::PortTaken, text).into());
        }
    }
    Ok(())
}

/// How the parties are to run.
struct Plan {
    directory: PathBuf,
    /// Who is in the market, in the order in which they are told.
    parties: Vec<&'static Party>,
    process: bool,
    /// The ports of the pages, by label.
    ports: BTreeMap<String, u16>,
    first_port: u16,
}

impl Plan {
    fn root(&self) -> PathBuf {
        self.directory.join("root.pem")
    }

    fn start(&self, party: &'static Party, more: Vec<String>) -> Result<run::Starting, Error> {
        let place = self.parties.iter().position(|one| one.label == party.label).unwrap_or_default();
        let port = match (self.ports.get(party.label), self.first_port) {
            (Some(port), _) => *port,
            (None, 0) => 0,
            (None, first) => first.saturating_add(u16::try_from(place).unwrap_or_default()),
        };
        let mut arguments = party.arguments(
            &self.directory,
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
            self.ports.is_empty(),
        );
        arguments.extend(more);
        run::start(party, self.directory.join(party.label), arguments, self.process)
    }

    /// The first start: the authority, the wallet, whose address the shops propose to their visitors, then
    /// all others at once, then what they need to know of each other.
    fn found(&self) -> Result<Vec<Running>, Error> {
        let of = |role: Role| self.parties.iter().copied().filter(move |party| party.role == role);
        let mut all = Vec::new();
        for party in of(Role::Ca) {
            all.push(self.start(party, Vec::new())?.wait()?);
        }
        let Some(ca) = all.first() else { return Ok(all) };
        setup::root(ca, &self.root())?;
        let register = |party: &Party| setup::registration(ca, party, &self.root());
        let mut wallets = Vec::new();
        for party in of(Role::Wallet) {
            wallets.push(self.start(party, register(party)?)?.wait()?);
        }
        let mut starting = Vec::new();
        for party in self.parties.iter().copied().filter(|party| !matches!(party.role, Role::Ca | Role::Wallet)) {
            let mut arguments = register(party)?;
            arguments.extend(party.wallet_at(wallets.first().map(|wallet| wallet.pages.as_str())));
            starting.push(self.start(party, arguments)?);
        }
        all.extend(wallets);
        for one in starting {
            all.push(one.wait()?);
        }
        all.sort_by_key(|one| self.parties.iter().position(|party| party.label == one.party.label));
        setup::introduce(&all)?;
        for shop in &all {
            if let Some(shelf) = shop.party.shelf {
                goods::stock(shop, shelf)?;
                shop.call(&json!({ "command": SETUP_DONE }))?;
            }
        }
        setup::join(&all)?;
        // Written last: what broke off before is begun anew after a reset.
        let ports: BTreeMap<&str, Option<u16>> = all.iter().map(|one| (one.party.label, port_of(&one.pages))).collect();
        write(&self.directory.join(MARKER), json!({ "version": 1, "pages": ports }).to_string().as_bytes())?;
        Ok(all)
    }

    /// A later start: all at once, where they were.
    fn resume(&self) -> Result<Vec<Running>, Error> {
        let starting: Result<Vec<_>, _> = self.parties.iter().map(|party| self.again(party)).collect();
        starting?.into_iter().map(run::Starting::wait).collect()
    }

    /// Begins to start a party that was there before.
    fn again(&self, party: &'static Party) -> Result<run::Starting, Error> {
        let port =
            self.parties.iter().find(|party| party.role == Role::Wallet).and_then(|party| self.ports.get(party.label));
        let wallet = port.map(|port| format!("http://wallet.localhost:{port}/"));
        self.start(party, party.wallet_at(wallet.as_deref()))
    }
}

/// The port in an address such as `http://wallet.localhost:7410/`.
fn port_of(pages: &str) -> Option<u16> {
    pages.trim_end_matches('/').rsplit_once(':').and_then(|(_, port)| port.parse().ok())
}

/// The ports of the pages of the market in this directory; none if there is no market.
fn ports(directory: &Path) -> Result<Option<BTreeMap<String, u16>>, Error> {
    let file = directory.join(MARKER);
    let text = match std::fs::read(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", file.display())))?,
    };
    let marker: Value = serde_json::from_slice(&text).unwrap_or_default();
    let pages = marker.get("pages").cloned().unwrap_or_default();
    let damaged = || Fault::new(Code::DatabaseCorrupt, format!("{}: use `semper market reset`", file.display()));
    Ok(Some(serde_json::from_value(pages).map_err(|_| damaged())?))
}

/// One table: who, what for, where; and what to open first.
fn tell(plan: &Plan, all: &[Running], took: Duration, json: bool) {
    let first = all.first().map(|one| one.link.as_str()).unwrap_or_default();
    if json {
        let party = |one: &Running| {
            json!({
                "label": one.party.label, "role": one.party.role.word(), "name": one.party.name, "what": one.party.what,
                "pages": one.pages, "link": one.link, "address": one.address.map(|address| address.to_string()),
                "server_name": one.party.host, "data_dir": one.directory, "pid": one.pid(),
            })
        };
        let parties: Vec<Value> = all.iter().map(party).collect();
        let elapsed = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        return say_json(&json!({
            "event": "ready", "open_first": first, "data_dir": plan.directory, "root": plan.root(),
            "elapsed_ms": elapsed, "parties": parties,
        }));
    }
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(["Who", "What for", "Open in a browser"]);
    for one in all {
        // Whoever keeps a shop or a bank comes in by a link that is good once; a shop's front is for everybody.
        let address = if one.party.role == Role::Shop { &one.pages } else { &one.link };
        table.add_row([one.party.name, one.party.what, address.as_str()]);
    }
    say(table.to_string());
    let operators = all.iter().filter(|one| one.party.role == Role::Shop);
    say("\nThe shops' own desks:");
    operators.for_each(|one| say(format!("  {:<20} {}", one.party.name, one.link)));
    say(format!("\nReady in {:.1} s. OPEN THIS FIRST: {first}", took.as_secs_f64()));
    let wallet = plan.directory.join("wallet");
    say(format!("A link with a key is good once; a new one: semper open --data-dir {}", wallet.display()));
    say(format!("The market's root, to check evidence with: {}", plan.root().display()));
    say("All money is play money. Ctrl-C stops; the same command resumes everything.");
}

/// Removes a market, after asking.
fn reset(directory: &Path, yes: bool, json: bool) -> Result<ExitCode, Error> {
    let is_market = directory.join(MARKER).exists() || directory.join("secrets/passphrase").exists();
    if !is_market {
        return Err(Misuse::new(Code::NotFound, format!("no market in {}", directory.display())).into());
    }
    if runs(directory) {
        return Err(Misuse::new(Code::StateWrong, "this market is running; stop it first").into());
    }
    if !yes && !agreed(directory)? {
        return Ok(ExitCode::SUCCESS);
    }
    std::fs::remove_dir_all(directory).map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", directory.display())))?;
    if json {
        say_json(&json!({ "event": "reset", "data_dir": directory }));
    } else {
        say(format!("The market in {} is gone.", directory.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn agreed(directory: &Path) -> Result<bool, Error> {
    use std::io::{IsTerminal as _, Write as _};
    if !std::io::stdin().is_terminal() {
        return Err(Fault::new(Code::CouldNotAsk, "nobody to ask; use --yes").into());
    }
    let mut error = std::io::stderr().lock();
    let _ = write!(
        error,
        "This forgets every deal, key and account of the play market in {}. Type yes: ",
        directory.display()
    );
    let _ = error.flush();
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    Ok(line.trim() == "yes")
}
