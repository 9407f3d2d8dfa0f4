//! A play market: five parties, each a process of its own, registered and introduced to each other.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Scope;
use std::time::{Duration, Instant};

use semper_base::{Code, Error, Fault, Misuse, bytes};
use semper_blocks::certificate::pem;
use semper_node::control;
use serde_json::{Value, json};

use super::child::{Child, Launch};
use super::crash::Crashes;
use super::network::Network;
use super::story::Story;
use super::way::Plan;
use crate::link;
use crate::serve::Role;

/// How long the parties may take to get ready.
const READY_WAIT: Duration = Duration::from_mins(2);
/// How soon a party that went away is listened to again.
const WATCH_PAUSE: Duration = Duration::from_millis(10);
/// Ports of parties that may be killed are drawn from here on, so many.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;
/// How often a taken port is drawn anew.
const PORT_DRAWS_MAX: u32 = 50;
/// The limit in the certificates of the play market.
const LIMIT: &str = "1000.00 EUR";
/// What a new account begins with.
const PLAY_DEPOSIT: &str = "500.00 EUR";
/// What somebody with no part in the deal is called.
pub(super) const STRANGER: &str = "stranger";

/// Somebody in a market of other parties than a purchase needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cast {
    pub(super) role: Role,
    /// Its directory, and what others call it here.
    pub(super) name: &'static str,
    /// The name in its certificates.
    pub(super) called: &'static str,
    /// Whom it is linked with, besides the authority.
    pub(super) knows: &'static [&'static str],
    /// The lie that it tells, if it lies.
    pub(super) lie: Option<&'static str>,
}

pub(super) struct Market<'a> {
    pub(super) directory: PathBuf,
    story: &'a Story,
    children: Vec<Child>,
    /// Where parties are cut off, if anywhere.
    pub(super) crashes: Option<Arc<Crashes>>,
    /// What every connection goes through, if it is to be cut.
    pub(super) network: Option<Arc<Network>>,
    stopping: Arc<AtomicBool>,
}

impl<'a> Market<'a> {
    pub(super) fn new(directory: &Path, crashes: Option<Arc<Crashes>>, story: &'a Story) -> Result<Self, Error> {
        secret(directory)?;
        let (children, stopping) = (Vec::new(), Arc::default());
        Ok(Market { directory: directory.to_path_buf(), story, children, crashes, network: None, stopping })
    }

    /// Starts the five parties and introduces them to each other.
    pub(super) fn start<'s>(&mut self, scope: &'s Scope<'s, '_>, plan: &Plan, times: Option<&str>) -> Result<(), Error>
    where
        'a: 's,
    {
        self.authority(scope)?;
        for role in [Role::Bank, Role::Notary, Role::Shop, Role::Wallet] {
            let mut arguments = self.enrolment(role, called(role))?;
            arguments.extend(plan.arguments(role, times));
            let launch = self.launch(role, role.word(), plan.lie(role.word()), arguments);
            self.add(scope, launch)?;
            let (pid, word) = (self.party(role)?.pid(), role.word());
            let lie = plan.lie(word);
            let lies = lie.map_or_else(String::new, |lie| format!(" THIS ONE LIES ({lie})."));
            let more = json!({ "party": word, "pid": pid, "lie": lie });
            self.story.tell("ready", &format!("{word}: runs as process {pid}, registered.{lies}"), &more);
        }
        self.introduce()?;
        plan.lie(STRANGER).map_or(Ok(()), |lie| self.stranger(scope, lie))
    }

    /// Starts the authority and these, each introduced to those that it names.
    pub(super) fn start_cast<'s>(&mut self, scope: &'s Scope<'s, '_>, cast: &[Cast]) -> Result<(), Error>
    where
        'a: 's,
    {
        self.authority(scope)?;
        for Cast { role, name, called, lie, .. } in cast {
            let mut arguments = self.enrolment(*role, called)?;
            if matches!(role, Role::Shop | Role::Wallet) {
                arguments.extend(["--consent", "script"].map(str::to_owned));
            }
            if *role == Role::Bank {
                arguments.extend(["--play-deposit", PLAY_DEPOSIT].map(str::to_owned));
            }
            if *role != Role::Wallet {
                arguments.extend(["--host".to_owned(), host(name)]);
            }
            self.add(scope, self.launch(*role, name, *lie, arguments))?;
            let pid = self.named(name)?.pid();
            let lies = lie.map_or_else(String::new, |lie| format!(" THIS ONE LIES ({lie})."));
            let more = json!({ "party": name, "called": called, "pid": pid, "lie": lie });
            self.story.tell("ready", &format!("{name}: {called} runs as process {pid}, registered.{lies}"), &more);
        }
        for Cast { name, knows, .. } in cast {
            for other in *knows {
                self.link(name, other)?;
            }
            let expected = knows.len().saturating_add(1);
            self.until(self.named(name)?, &json!({ "command": "who" }), |who| links(who) >= expected)?;
        }
        Ok(())
    }

    /// Has one party open a link to another one, which it calls by its name here, without showing its own.
    pub(super) fn link(&self, from: &str, to: &'static str) -> Result<(), Error> {
        let there = self.named(to)?;
        let socket = there.address.ok_or_else(|| Misuse::new(Code::StateWrong, format!("{to} has no address")))?;
        // As `semper link` is given it: a second bank or notary stands at a host of its own.
        let (socket, host) = link::place(&format!("{}:{}", host(to), socket.port()))?;
        let host = host.unwrap_or_else(|| there.role.host());
        self.named(from)?.call(&link::request(to, socket, &host, false))?;
        Ok(())
    }

    /// Starts the authority and writes its root down.
    fn authority<'s>(&mut self, scope: &'s Scope<'s, '_>) -> Result<(), Error>
    where
        'a: 's,
    {
        if self.directory.join(Role::Ca.word()).exists() {
            return Err(Misuse::new(Code::StateWrong, "this directory holds a market already; name another").into());
        }
        self.add(scope, self.launch(Role::Ca, Role::Ca.word(), None, Vec::new()))?;
        let (root, words, digits) = ca_root(self.party(Role::Ca)?)?;
        write(&self.root_file(), root.as_bytes())?;
        self.story.tell("root", &format!("The market's root, in words: {words}"), &json!({ "digits": digits }));
        Ok(())
    }

    /// Somebody with no part in the deal, who knows the bank as everybody does.
    fn stranger<'s>(&mut self, scope: &'s Scope<'s, '_>, lie: &'static str) -> Result<(), Error>
    where
        'a: 's,
    {
        let mut arguments = self.enrolment(Role::Wallet, "Eve Stranger")?;
        arguments.extend(["--consent", "script"].map(str::to_owned));
        self.add(scope, self.launch(Role::Wallet, STRANGER, Some(lie), arguments))?;
        let socket = self.party(Role::Bank)?.address.map(|address| address.to_string());
        let stranger = self.named(STRANGER)?;
        stranger.call(&json!({
            "command": "link", "name": "bank", "socket": socket, "server_name": Role::Bank.host(), "as": "nobody",
        }))?;
        self.until(stranger, &json!({ "command": "who" }), |who| links(who) >= 2)
    }

    fn launch(&self, role: Role, name: &'static str, lie: Option<&'static str>, mut arguments: Vec<String>) -> Launch {
        let port = if role == Role::Wallet { None } else { quiet_port() };
        if role != Role::Wallet {
            let number = port.as_ref().and_then(|port| port.local_addr().ok()).map_or(0, |address| address.port());
            arguments.extend(["--listen".to_owned(), format!("127.0.0.1:{number}")]);
        }
        Launch {
            role,
            name,
            lie,
            market: self.directory.clone(),
            arguments,
            crashes: self.crashes.clone(),
            held_port: port,
        }
    }

    fn introduce(&self) -> Result<(), Error> {
        let link = |from: Role, to: Role, who: &str| -> Result<(), Error> {
            let socket = self.party(to)?.address.map(|address| address.to_string());
            let request = json!({
                "command": "link", "name": to.word(), "socket": socket, "server_name": to.host(), "as": who,
            });
            self.party(from)?.call(&request).map(|_| ())
        };
        link(Role::Notary, Role::Bank, "self")?;
        link(Role::Shop, Role::Bank, "self")?;
        link(Role::Shop, Role::Notary, "self")?;
        // The buyer shows its name to nobody until it orders; bank and notary never see it.
        link(Role::Wallet, Role::Bank, "nobody")?;
        link(Role::Wallet, Role::Notary, "nobody")?;
        link(Role::Wallet, Role::Shop, "nobody")?;
        for role in [Role::Shop, Role::Wallet] {
            let open = json!({ "command": "open-account", "currency": "EUR" });
            self.party(role)?.call_soon(&open)?;
            self.until(self.party(role)?, &json!({ "command": "purse" }), |purse| {
                purse.get("account").is_some_and(Value::is_string)
            })?;
        }
        self.until(self.party(Role::Shop)?, &json!({ "command": "who" }), |who| links(who) >= 3)?;
        self.until(self.party(Role::Wallet)?, &json!({ "command": "who" }), |who| links(who) >= 4)?;
        self.until(self.party(Role::Notary)?, &json!({ "command": "who" }), |who| links(who) >= 2)?;
        Ok(())
    }

    fn add<'s>(&mut self, scope: &'s Scope<'s, '_>, mut launch: Launch) -> Result<(), Error>
    where
        'a: 's,
    {
        if let Some(network) = &self.network {
            launch.arguments.extend(["--through".to_owned(), network.proxy(launch.role)?.to_string()]);
        }
        let child = Child::start(launch)?;
        if let (Some(network), Some(address)) = (&self.network, child.address) {
            network.listens(child.role, address);
        }
        self.watch(scope, &child);
        self.children.push(child);
        Ok(())
    }

    /// Tells what the party has to say, as long as the market runs.
    fn watch<'s>(&self, scope: &'s Scope<'s, '_>, child: &Child)
    where
        'a: 's,
    {
        let (directory, name, story) = (child.directory.clone(), child.name, self.story);
        let stopping = Arc::clone(&self.stopping);
        scope.spawn(move || {
            while !stopping.load(Ordering::Relaxed) {
                if let Ok(notices) = control::notices(&directory) {
                    notices.map_while(Result::ok).for_each(|notice| story.notice(name, &notice));
                }
                std::thread::sleep(WATCH_PAUSE);
            }
        });
    }

    /// Kills a party without warning and starts it again with the same arguments.
    pub(super) fn kill_and_restart(&mut self, role: Role) -> Result<(), Error> {
        let child = self.children.iter_mut().find(|child| child.role == role);
        let child = child.ok_or_else(|| Misuse::new(Code::NotFound, role.word()))?;
        child.kill();
        self.story.tell("killed", &format!("{}: killed without warning.", role.word()), &json!({}));
        child.restart()?;
        self.story.tell("restarted", &format!("{}: runs again.", role.word()), &json!({ "party": role.word() }));
        Ok(())
    }

    /// Switches a party off for good.
    pub(super) fn switch_off(&mut self, role: Role) {
        self.children.iter_mut().filter(|child| child.role == role).for_each(Child::stop);
        self.story.tell("off", &format!("{}: is switched off.", role.word()), &json!({ "party": role.word() }));
    }

    fn enrolment(&self, role: Role, name: &str) -> Result<Vec<String>, Error> {
        let (market_role, certificates) = (market_role(role), role.certificates());
        let ca = self.party(Role::Ca)?;
        // `again`: an authority that is killed may have made a code that nobody has heard.
        let invited = ca.call(&json!({
            "command": "invite", "role": market_role, "name": name, "certificates": certificates,
            "limit": LIMIT, "warranty": LIMIT, "again": true,
        }))?;
        let code = invited.get("code").and_then(Value::as_str).unwrap_or_default();
        let address = ca.address.map(|address| address.to_string()).unwrap_or_default();
        let root = self.root_file().display().to_string();
        let pairs = [("--name", name), ("--code", code), ("--ca", &address), ("--root", &root)];
        Ok(pairs.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()]).collect())
    }

    pub(super) fn party(&self, role: Role) -> Result<&Child, Error> {
        let child = self.children.iter().find(|child| child.role == role);
        child.ok_or_else(|| Misuse::new(Code::NotFound, role.word()).into())
    }

    pub(super) fn named(&self, name: &str) -> Result<&Child, Error> {
        let child = self.children.iter().find(|child| child.name == name);
        child.ok_or_else(|| Misuse::new(Code::NotFound, name).into())
    }

    /// Repeats a question until the answer is what we wait for.
    #[expect(clippy::unused_self, reason = "reads as a question to this market")]
    fn until(&self, party: &Child, question: &Value, done: impl Fn(&Value) -> bool) -> Result<(), Error> {
        let started = Instant::now();
        while started.elapsed() < READY_WAIT {
            if party.call(question).is_ok_and(|answer| done(&answer)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(Fault::new(Code::Pending, format!("the {} is not ready: {question}", party.name)).into())
    }

    pub(super) fn stop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.crashes.iter().for_each(|crashes| crashes.end());
        self.children.iter_mut().rev().for_each(Child::stop);
    }

    pub(super) fn root_file(&self) -> PathBuf {
        self.directory.join("root.pem")
    }

    pub(super) fn summary(&self) -> Value {
        let party =
            |child: &Child| (child.name.to_owned(), json!({ "database": child.database(), "pid": child.pid() }));
        Value::Object(self.children.iter().map(party).collect())
    }
}

/// What a party is called in its certificates.
pub(super) fn called(role: Role) -> &'static str {
    match role {
        Role::Ca => "Semper play market",
        Role::Bank => "First Play Bank",
        Role::Broker => "Play Broker",
        Role::Notary => "Play Notary",
        Role::Shop => "Corner Shop",
        Role::Wallet => "Bea Buyer",
        Role::Witness => "Play Witness",
    }
}

fn links(who: &Value) -> usize {
    who.get("links").and_then(Value::as_array).map_or(0, Vec::len)
}

/// A free port below those that systems give to connections: whoever is killed and starts again finds it free again.
/// None, so any port, if none was found.
///
/// UDP's port of the same number is held as long as the party may start again, and nothing is sent through it: another
/// market that draws the same number finds it taken even while the party is away.
fn quiet_port() -> Option<UdpSocket> {
    let crypto = semper_crypto_aws_lc::AwsLc::new();
    (0..PORT_DRAWS_MAX).find_map(|_| {
        let mut dice = [0_u8; 2];
        semper_support::crypto::Crypto::random(&crypto, &mut dice);
        hold(FIRST_PORT + u16::from_be_bytes(dice) % PORTS)
    })
}

/// Takes a port if nobody listens at it and nobody holds it.
fn hold(port: u16) -> Option<UdpSocket> {
    let held = UdpSocket::bind(("127.0.0.1", port)).ok()?;
    std::net::TcpListener::bind(("127.0.0.1", port)).ok().map(|_| held)
}

/// The word that certificates have for a party's role.
fn market_role(role: Role) -> &'static str {
    match role {
        Role::Ca => "authority",
        Role::Bank => "bank",
        Role::Broker => "broker",
        Role::Witness => "witness",
        Role::Notary => "notary",
        Role::Shop => "seller",
        Role::Wallet => "buyer",
    }
}

/// The name in the TLS certificate of whoever is called so here.
fn host(name: &str) -> String {
    format!("{name}.semper.test")
}

/// The root as PEM, words and digits.
fn ca_root(ca: &Child) -> Result<(String, String, String), Error> {
    let reply = ca.call(&json!({ "command": "root" }))?;
    let text = |name: &str| reply.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let der = bytes::decode(&text("root"))?;
    Ok((pem::to_pem(pem::Label::Certificate, &der)?, text("words"), text("digits")))
}

/// One pass phrase for all parties of the play market, readable by its owner alone.
pub(crate) fn secret(market: &Path) -> Result<(), Error> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = market.join("secrets/passphrase");
    let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("{}: {e}", file.display()));
    std::fs::create_dir_all(market.join("secrets")).map_err(disk)?;
    if file.exists() {
        return Ok(());
    }
    let phrase = semper_support::crypto::draw_phrase(&semper_crypto_aws_lc::AwsLc::new());
    let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
    options.and_then(|mut open| open.write_all(phrase.as_bytes())).map_err(disk)?;
    Ok(())
}

pub(crate) fn write(file: &Path, content: &[u8]) -> Result<(), Error> {
    std::fs::write(file, content).map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", file.display())).into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// While a party is away nobody listens at its port, and still no other market can draw it; the party itself can
    /// listen there again.
    #[test]
    fn a_port_is_held_while_its_party_is_away() {
        let held = quiet_port().unwrap();
        let port = held.local_addr().unwrap().port();
        assert!((FIRST_PORT..FIRST_PORT + PORTS).contains(&port));
        assert!(hold(port).is_none(), "another market, with the party away");
        let party = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert!(hold(port).is_none(), "another market, with the party there");
        drop(held);
        assert!(hold(port).is_none(), "a port that somebody listens at");
        drop(party);
        assert!(hold(port).is_some(), "when the market is over");
    }
}
