//! `semper serve ROLE`: one party. On first start it makes its keys and, unless it is the authority,
//! registers; then it serves until it is told to stop.

mod registration;
mod role;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use semper_base::{Amount, Code, Currency, Error, Fault, Key, KeyId, Misuse, View as _};
use semper_blocks::certificate::pem;
use semper_commerce::process::offer::Times;
use semper_driver::fault::{Point, Switch, Watched, WatchedStore};
use semper_driver::service::{Input, Service};
use semper_driver::store::Store;
use semper_node::control::OwnWords;
use semper_node::screen::{NoScreen, Screen};
use semper_node::serve::{Listen, Running, ServeOptions, runtime, serve};
use semper_node::tls::Identity;
use semper_services::authority::Authority;
use semper_services::bank::Bank;
use semper_services::broker::Broker;
use semper_services::common::{Logic, Member, keys};
use semper_services::notary::Notary;
use semper_services::shop::{Lie, Shop};
use semper_services::wallet::Wallet;
use semper_services::witness::Witness;
use semper_store::{SqliteReader, SqliteStore};
use semper_support::comm::Address;
use semper_support::crypto::{Crypto, Keyring};
use semper_web::session::Who;
use semper_web::{Display, Site};
use serde_json::json;

use crate::crash;
use crate::logs;
use crate::output::{say, say_json};
use crate::pages::{self, Pages, Place};
use crate::party::{self, Opened};
use crate::screen::{Consenter, Guiding, Manners, SigningScreen, guided, terminal};
use crate::times;

pub use role::Role;

/// Makes the service of a party from its logic: the honest one, or one of its own.
pub trait Build: Send + 'static {
    /// The service around this logic.
    type Service<L: Logic>: Service;
    /// Makes it.
    fn build<L: Logic>(self, logic: L) -> Self::Service<L>;
}

/// Everybody does their part.
struct Honest;

impl Build for Honest {
    type Service<L: Logic> = Member<L>;
    fn build<L: Logic>(self, logic: L) -> Member<L> {
        Member(logic)
    }
}

/// Crash points: a list that is one value on the command line.
type CrashPoints = Vec<Point>;

/// How to run one party.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Which party to run.
    role: Role,
    /// Where it keeps everything; made if it does not exist.
    #[arg(long)]
    data_dir: PathBuf,
    /// Where to listen; port 0 takes a free one at first start and keeps it.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Its name in the market (first start).
    #[arg(long)]
    name: Option<String>,
    /// The host name in its TLS certificate (first start); ROLE.semper.test if you name none.
    #[arg(long)]
    host: Option<String>,
    /// The authority's address (first start).
    #[arg(long)]
    ca: Option<SocketAddr>,
    /// The market's root certificate, PEM, from a source you trust (first start).
    #[arg(long)]
    root: Option<PathBuf>,
    /// The one-time registration code that the authority's operator gave you (first start).
    #[arg(long)]
    code: Option<String>,
    /// Serve this party's pages to browsers, at `http://LABEL.localhost:PORT/`; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    pages: Option<SocketAddr>,
    /// The label in the address of the pages; the role if you name none.
    #[arg(long, value_name = "LABEL", requires = "pages")]
    pages_label: Option<String>,
    /// Where the visitors of this shop's pages have their wallet, such as `http://wallet.localhost:7410`; they may
    /// say something else.
    #[arg(long, value_name = "URL", requires = "pages")]
    wallet_at: Option<String>,
    /// How long registration may take before it says what is missing, in seconds (first start).
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
    /// Read the pass phrase from this file; otherwise a credential directory or the terminal.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
    /// Who agrees where the preferences say "ask" (wallet).
    #[arg(long, value_enum, default_value = "terminal")]
    consent: Consenter,
    /// Play money that a new account starts with, such as "500.00 EUR" (bank).
    #[arg(long)]
    play_deposit: Option<String>,
    /// What the script that consents says no to, such as "receipt" (wallet).
    #[arg(long, hide = true, value_name = "KIND")]
    decline: Vec<String>,
    /// What the script that consents never answers (wallet).
    #[arg(long, hide = true, value_name = "KIND")]
    ignore: Vec<String>,
    #[arg(long, value_name = "SPEC", value_parser = times::parse, help = times::HELP)]
    times: Option<Times>,
    /// Dial through this proxy (HTTP CONNECT).
    #[arg(long, hide = true, value_name = "ADDRESS")]
    through: Option<SocketAddr>,
    /// Kill this process at the first of these crash points that it reaches, such as
    /// `after-commit:dgp-mandate` (tests).
    #[arg(long, hide = true, value_name = "POINTS", value_parser = crash::parse)]
    crash_at: Option<CrashPoints>,
    /// Let programs of this user look into the memory (tests).
    #[arg(long, hide = true)]
    traceable: bool,
    /// Stop when standard input closes (for programs that start parties).
    #[arg(long, hide = true)]
    with_parent: bool,
    #[command(flatten)]
    logs: logs::Logs,
}

/// What a party says once it serves.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// Where peers reach it, if they do.
    pub(crate) address: Option<SocketAddr>,
    /// The address of its pages and the link that signs its owner in, once.
    pub(crate) pages: Option<(String, String)>,
}

pub(crate) fn run(options: &Options, json: bool) -> Result<ExitCode, Error> {
    run_as(options, Honest, json)
}

pub(crate) fn run_as<B: Build>(options: &Options, build: B, json: bool) -> Result<ExitCode, Error> {
    serve_as(options, build, |ready| announce(options, json, ready))
}

/// Runs an honest party within this process until it is told to stop. `told` hears when it serves.
pub(crate) fn run_within(options: &Options, told: impl FnOnce(&Ready)) -> Result<ExitCode, Error> {
    serve_as(options, Honest, told)
}

fn serve_as<B: Build>(options: &Options, build: B, told: impl FnOnce(&Ready)) -> Result<ExitCode, Error> {
    logs::begin(&options.logs)?;
    if !options.traceable {
        close_memory()?;
    }
    let opened = party::open(&options.data_dir, options.passphrase_file.as_deref())?;
    let party =
        Party { options, keyring: Arc::clone(&opened.keyring), crypto: Arc::clone(&opened.crypto), parts: opened };
    match options.role {
        Role::Ca => {
            let name = options.name.clone().unwrap_or_else(|| "Semper play market".to_owned());
            party.run(build.build(Authority { name }), told)
        }
        Role::Bank => {
            let play_deposit = options.play_deposit.as_deref().map(amount).transpose()?;
            party.run(build.build(Bank { play_deposit }), told)
        }
        Role::Broker => party.run(build.build(Broker), told),
        Role::Notary => party.run(build.build(Notary), told),
        Role::Shop => {
            let shop = Shop { times: options.times.unwrap_or_else(Times::standard), lie: Lie::None };
            party.run(build.build(shop), told)
        }
        Role::Wallet => party.run(build.build(Wallet), told),
        Role::Witness => party.run(build.build(Witness), told),
    }
}

/// From here on no crash writes a core file, and no other program of this user may read the memory, where
/// keys are. Other systems than Linux have no such switch.
fn close_memory() -> Result<(), Fault> {
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_dumpable(false).map_err(|e| Fault::new(Code::Disk, format!("core dumps: {e}")))?;
    Ok(())
}

/// `"500.00 EUR"`.
pub(crate) fn amount(text: &str) -> Result<Amount, Error> {
    let (number, currency) = text.split_once(' ').unwrap_or((text, "EUR"));
    Ok(Amount::parse(number, Currency::parse(currency)?)?)
}

struct Party<'a> {
    options: &'a Options,
    keyring: Arc<Keyring>,
    crypto: Arc<dyn Crypto>,
    parts: Opened,
}

impl Party<'_> {
    fn run<S: Service>(self, service: S, told: impl FnOnce(&Ready)) -> Result<ExitCode, Error> {
        let runtime = runtime()?;
        let Party { options, keyring, crypto, parts } = self;
        let switch = options.crash_at.as_deref().map(|points| crash::switch(options.role, points));
        let service = Arc::new(Watched::new(service, switch.clone()));
        let result = runtime.block_on(async {
            let start = Start {
                options,
                keyring: &keyring,
                crypto: &crypto,
                service: &service,
                switch,
                set_up: Arc::default(),
            };
            let store = start.enrolled(parts.store).await?;
            let (display, guiding) = (Arc::new(Display::default()), Guiding::default());
            let site = Arc::new(OnceLock::new());
            let running = start.serving(store, &display, &site, &guiding).await?;
            let pages = start.pages(&running, Arc::clone(&display)).await?;
            start.guide(&running, &display, &guiding);
            if let Some(pages) = &pages {
                let _ = site.set(Arc::clone(&pages.site));
            }
            let pages_at = pages.as_ref().map(|pages| (pages.site.address(), pages.site.link(Who::Owner)));
            told(&Ready { address: running.address(), pages: pages_at });
            if options.with_parent {
                let stop = running.stopper();
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
                    stop();
                });
            }
            running.wait().await
        });
        // A screen that waits for a person does not hold up the end.
        runtime.shutdown_timeout(Duration::from_secs(1));
        result.map(|()| ExitCode::SUCCESS)
    }
}

fn announce(options: &Options, json: bool, ready: &Ready) {
    let Ready { address, pages } = ready;
    if json {
        say_json(&json!({
            "event": "ready", "role": options.role.word(), "pid": std::process::id(),
            "address": address.map(|address| address.to_string()), "data_dir": options.data_dir,
            "pages": pages.as_ref().map(|pages| &pages.0), "link": pages.as_ref().map(|pages| &pages.1),
        }));
        return;
    }
    let place = address.map_or_else(|| "reached by nobody, polls".to_owned(), |address| format!("on {address}"));
    say(format!("{} ready, {place}. Data in {}. Ctrl-C stops.", options.role.word(), options.data_dir.display()));
    if let Some((address, link)) = pages {
        say(format!("Pages at {address}\nOpen this once in your browser: {link}"));
    }
}

struct Start<'a, S: Service> {
    options: &'a Options,
    keyring: &'a Arc<Keyring>,
    crypto: &'a Arc<dyn Crypto>,
    service: &'a Arc<S>,
    switch: Option<Arc<Switch>>,
    /// Whether the script that sets up a play market is done.
    set_up: Arc<AtomicBool>,
}

impl<S: Service> Start<'_, S> {
    /// The pages, if there are to be some.
    async fn pages(&self, running: &Running<S>, display: Arc<Display>) -> Result<Option<Pages>, Error> {
        let options = self.options;
        let Some(address) = options.pages else { return Ok(None) };
        let label = options.pages_label.clone().unwrap_or_else(|| options.role.word().to_owned());
        let place = Place { address, label, name: self.name()?, wallet: options.wallet_at.clone() };
        // Whoever is asked at the terminal is not asked at the pages as well.
        let display = Some(display).filter(|_| options.role.signs() && options.consent != Consenter::Terminal);
        let crypto = Arc::clone(self.crypto);
        let (directory, file) = (&options.data_dir, options.passphrase_file.as_deref());
        Ok(Some(pages::start(options.role, &place, directory, file, running.handle(), display, crypto).await?))
    }

    /// Has a wallet's trusted screen ask and tell what signs nothing, where a person sits before it.
    fn guide(&self, running: &Running<S>, display: &Arc<Display>, guiding: &Guiding) {
        let options = self.options;
        if options.consent == Consenter::Terminal && options.role.signs() && std::io::stdin().is_terminal() {
            terminal::start(Arc::clone(display));
        }
        let people = [Consenter::Page, Consenter::Setup, Consenter::Terminal].contains(&options.consent);
        if options.role != Role::Wallet || !people {
            return;
        }
        let party = pages::party(&options.data_dir, options.passphrase_file.as_deref(), running.handle(), None);
        let (guide, runtime) = guided::of(party, display);
        let begun = (options.consent == Consenter::Setup).then(|| Arc::clone(&self.set_up));
        guided::tell(&guide, running.notices(), begun);
        let _ = guiding.set((guide, runtime));
    }

    /// The party's name in its certificate.
    fn name(&self) -> Result<String, Error> {
        let identity = self.row("identity", "statement")?;
        let name = identity.and_then(|row| serde_json::from_slice::<keys::Identity>(&row).ok()).map(|own| own.name);
        Ok(name.unwrap_or_else(|| self.options.role.word().to_owned()))
    }

    /// Runs for good.
    async fn serving(
        &self,
        store: SqliteStore,
        display: &Arc<Display>,
        site: &Arc<OnceLock<Arc<Site>>>,
        guiding: &Guiding,
    ) -> Result<Running<S>, Error> {
        let options = self.options;
        let screen: Arc<dyn Screen> = if options.role.signs() {
            Arc::new(SigningScreen {
                directory: options.data_dir.clone(),
                keyring: Arc::clone(self.keyring),
                crypto: Arc::clone(self.crypto),
                consenter: options.consent,
                set_up: Arc::clone(&self.set_up),
                display: Arc::clone(display),
                guide: Arc::clone(guiding),
                manners: Manners { decline: options.decline.clone(), ignore: options.ignore.clone() },
            })
        } else {
            Arc::new(NoScreen)
        };
        let (site, set_up) = (Arc::clone(site), Arc::clone(&self.set_up));
        let own_words = pages::own_words(site, set_up, Arc::clone(display), Arc::clone(guiding));
        if options.role == Role::Wallet {
            return self.begin(store, None, screen, Some(own_words)).await;
        }
        let identity = self.tls_identity()?;
        let listen = Listen { address: self.port()?, identity };
        let running = self.begin(store, Some(listen), screen, Some(own_words)).await?;
        if let Some(address) = running.address() {
            let request = json!({
                "command": "address", "socket": address.to_string(), "server_name": self.host()?,
            });
            running.handle().local(Input::Command(request.to_string().into_bytes())).await?;
        }
        Ok(running)
    }

    async fn begin(
        &self,
        store: SqliteStore,
        listen: Option<Listen>,
        screen: Arc<dyn Screen>,
        own_words: Option<OwnWords>,
    ) -> Result<Running<S>, Error> {
        let given = || self.options.root.as_ref().map(|file| read_root(file)).transpose();
        let kept = self.row("trust", "root")?;
        // Until the party belongs to a market, a wrong root can be put right by naming the right one.
        let root = if self.missing()?.is_empty() { kept } else { given()?.or(kept) }.unwrap_or_default();
        let (dir, through) = (self.options.data_dir.clone(), self.options.through);
        let options = ServeOptions { dir, listen, root, through, signals: true, own_words };
        let (service, crypto) = (Arc::clone(self.service), Arc::clone(self.crypto));
        let store: Box<dyn Store> = match &self.switch {
            Some(switch) => Box::new(WatchedStore::new(Box::new(store), Arc::clone(switch))),
            None => Box::new(store),
        };
        serve(options, service, store, crypto, Arc::clone(self.keyring), screen).await
    }

    fn row(&self, table: &'static str, id: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(SqliteReader::open_read_only(&self.options.data_dir)?.get(&Key::new(table, id))?)
    }

    fn tls_identity(&self) -> Result<Identity, Error> {
        let missing = || Misuse::new(Code::KeyMissing, "no TLS certificate");
        let identity: keys::Identity = serde_json::from_slice(&self.row("identity", "tls")?.ok_or_else(missing)?)
            .map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()))?;
        let id: KeyId = identity.key;
        let wrapped = self.row("key", &id.to_string())?.ok_or_else(missing)?;
        let certificate = self.row("certificate", &identity.certificate.to_string())?.ok_or_else(missing)?;
        Ok(Identity { pair: self.keyring.unwrap_key(id, &wrapped)?, chain: vec![certificate] })
    }

    /// Where peers found this party at its last start.
    fn last_address(&self) -> Result<Option<Address>, Error> {
        Ok(self.row("own", "address")?.and_then(|row| serde_json::from_slice(&row).ok()))
    }

    /// The name under which peers reach this party: the one that was asked for, or the earlier one.
    fn host(&self) -> Result<String, Error> {
        let kept = self.last_address()?.map(|address| address.server_name);
        Ok(self.options.host.clone().or(kept).unwrap_or_else(|| self.options.role.host()))
    }

    /// The port that was asked for, or the one that was taken at first start.
    fn port(&self) -> Result<SocketAddr, Error> {
        let wanted = self.options.listen;
        let kept = self.last_address()?.and_then(|address| address.socket.parse().ok());
        Ok(if wanted.port() == 0 { kept.unwrap_or(wanted) } else { wanted })
    }
}

/// Reads a root certificate from PEM.
pub(crate) fn read_root(file: &Path) -> Result<Vec<u8>, Error> {
    let wrong = |why: String| Misuse::new(Code::FileWrong, format!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| wrong(e.to_string()))?;
    Ok(pem::from_pem(pem::Label::Certificate, &text).map_err(|e| wrong(e.to_string()))?)
}
