//! `semper link`: a party meets another one, over the address where that is and the name in its TLS certificate.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::ExitCode;

use semper_base::{Code, Error, Fault, Misuse};
use semper_node::control;
use semper_support::tinguin::neutral::neutralise_inline;
use serde_json::{Value, json};

use crate::output::{say, say_json};
use crate::serve::Role;

/// Longest name of a host (RFC 1035, section 2.3.4).
const HOST_CHARS_MAX: usize = 253;
/// Most characters shown of a name.
const NAME_CHARS: usize = 60;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A party has one link for each name. The first notary is called `notary`; another one needs a name of its \
    own, and perhaps stands at another host:\n  \
    semper serve notary --data-dir D/notary-2 --host notary-2.semper.test --listen 127.0.0.1:7008 …\n  \
    semper link --data-dir D/wallet notary notary-2.semper.test:7008 --called notary-2\n  \
    semper notary list --data-dir D/wallet          shows it, once it has answered, with its fees\n  \
    semper notary prefer --data-dir D/wallet notary-2\n\n\
    A deal names one notary that is on the lists of both sides, so the other side needs the link too. Names that end in \
    .localhost or .semper.test are this machine. A party that has moved is linked again with --moved: it must be the same."
)]
pub(crate) struct Link {
    /// The data directory of the party that opens the relationship.
    #[arg(long)]
    data_dir: PathBuf,
    /// Who is there.
    to: Role,
    /// Where, such as 127.0.0.1:4711 or notary-2.semper.test:4711.
    address: String,
    /// The name in its TLS certificate, if neither the address nor ROLE.semper.test is it.
    #[arg(long)]
    host: Option<String>,
    /// Show who we are; without it the peer learns only a fresh key.
    #[arg(long)]
    named: bool,
    /// What the link is called here; without it after who is there. A second bank or notary needs a name of its own.
    #[arg(long)]
    called: Option<String>,
    /// The party of this link is at a new address.
    #[arg(long)]
    moved: bool,
}

pub(crate) fn run(link: &Link, json: bool) -> Result<ExitCode, Error> {
    let (socket, named) = place(&link.address)?;
    let host = match (&link.host, named) {
        (Some(host), _) => name(host)?.to_owned(),
        (None, Some(named)) => named,
        (None, None) => link.to.host(),
    };
    let called = link.called.as_deref().unwrap_or(link.to.word());
    if !link.moved {
        let contacts = control::call(&link.data_dir, &json!({ "command": "contacts" }))?;
        unused(&contacts, called, &socket.to_string(), &host)?;
    }
    let reply = control::call(&link.data_dir, &request(called, socket, &host, link.named))?;
    if json {
        say_json(&reply);
        return Ok(ExitCode::SUCCESS);
    }
    let more = match link.to {
        Role::Notary => " `semper notary list` shows it once it has answered.",
        _ => "",
    };
    say(format!("The relationship with the {} is opened, as {called}.{more}", link.to.word()));
    Ok(ExitCode::SUCCESS)
}

/// The command that opens a link.
pub(crate) fn request(called: &str, socket: SocketAddr, host: &str, named: bool) -> Value {
    let who = if named { "self" } else { "nobody" };
    json!({ "command": "link", "name": called, "socket": socket.to_string(), "server_name": host, "as": who })
}

/// Where to dial, and the name that was given for it, if it was one.
pub(crate) fn place(address: &str) -> Result<(SocketAddr, Option<String>), Error> {
    if let Ok(socket) = address.parse() {
        return Ok((socket, None));
    }
    let wrong = || Misuse::new(Code::Usage, format!("{address}: an address and a port, such as 127.0.0.1:4711"));
    let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
    let (host, port) = (name(host)?, port.parse::<u16>().map_err(|_| wrong())?);
    if [".localhost", ".semper.test"].iter().any(|end| host.ends_with(end)) {
        return Ok((SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port), Some(host.to_owned())));
    }
    let unknown = |why: String| Fault::new(Code::Network, format!("{host}: {why}"));
    let mut found = (host, port).to_socket_addrs().map_err(|e| unknown(e.to_string()))?;
    let socket = found.next().ok_or_else(|| unknown("no such host".to_owned()))?;
    Ok((socket, Some(host.to_owned())))
}

/// A name that a TLS certificate may have.
fn name(host: &str) -> Result<&str, Error> {
    let label = |label: &str| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(fits) && !label.starts_with('-') && !label.ends_with('-')
    };
    if host.len() <= HOST_CHARS_MAX && host.split('.').all(label) {
        return Ok(host);
    }
    Err(Misuse::new(Code::Usage, format!("{host}: a host's name, in small letters")).into())
}

/// Refuses to turn a link towards somebody else: the one who answers there now would be lost, and whoever answers at the
/// new address is refused.
fn unused(contacts: &Value, called: &str, socket: &str, host: &str) -> Result<(), Error> {
    let all = contacts.get("contacts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(known) = all.iter().find(|one| text(one, "link") == called) else { return Ok(()) };
    let is_met = known.get("met").and_then(Value::as_bool).unwrap_or_default();
    if !is_met || (text(known, "socket") == socket && text(known, "server_name") == host) {
        return Ok(());
    }
    let who = neutralise_inline(&text(known, "name"), NAME_CHARS);
    let why = format!(
        "{called} is {who} at {} already: another one needs a name of its own (--called NAME); if {who} has moved, say --moved",
        text(known, "socket")
    );
    Err(Misuse::new(Code::StateWrong, why).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_somebody_is() {
        let local = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        assert_eq!(place("127.0.0.1:4711").unwrap(), (local(4711), None));
        for host in ["notary-2.semper.test", "shop-a.localhost"] {
            assert_eq!(place(&format!("{host}:7008")).unwrap(), (local(7008), Some(host.to_owned())));
        }
        for wrong in [
            "",
            "127.0.0.1",
            "notary-2.semper.test",
            "x.semper.test:70000",
            "-x.semper.test:1",
            "A.semper.test:1",
            ".:1",
        ] {
            assert_eq!(place(wrong).unwrap_err().code(), Code::Usage, "{wrong}");
        }
    }

    #[test]
    fn a_link_is_not_turned_towards_somebody_else() {
        let met = |met| {
            json!({ "contacts": [{
            "link": "notary", "met": met, "name": "Play Notary", "socket": "127.0.0.1:1", "server_name": "notary.semper.test",
        }] })
        };
        let there =
            |contacts: &Value, called: &str, socket: &str| unused(contacts, called, socket, "notary.semper.test");
        assert!(there(&met(true), "notary", "127.0.0.1:1").is_ok());
        assert!(there(&met(true), "notary-2", "127.0.0.1:2").is_ok());
        assert!(there(&met(false), "notary", "127.0.0.1:2").is_ok(), "nobody has answered there");
        let refused = there(&met(true), "notary", "127.0.0.1:2").unwrap_err();
        assert_eq!(refused.code(), Code::StateWrong);
        assert!(refused.to_string().contains("--called NAME"), "{refused}");
        assert!(unused(&met(true), "notary", "127.0.0.1:1", "notary-2.semper.test").is_err());
    }
}
