//! What happens once, at the market's first start: registration, introductions, accounts, goods.

use std::path::Path;

use semper_base::{Error, bytes};
use semper_blocks::certificate::pem;
use semper_exchange::fair::frame::Protocol;
use serde_json::{Map, Value, json};

use super::parties::{LIMIT, Party, SECOND_NOTARY};
use super::run::Running;
use crate::demo::market::write;
use crate::serve::Role;

/// What the second notary takes.
const FEE: &str = "0.20 EUR";

/// Writes the market's root, and says it in words.
pub(super) fn root(ca: &Running, file: &Path) -> Result<String, Error> {
    let reply = ca.call(&json!({ "command": "root" }))?;
    let text = |name: &str| reply.get(name).and_then(Value::as_str).unwrap_or_default();
    let der = bytes::decode(text("root"))?;
    write(file, pem::to_pem(pem::Label::Certificate, &der)?.as_bytes())?;
    Ok(text("words").to_owned())
}

/// The arguments with which a party registers.
pub(super) fn registration(ca: &Running, party: &Party, root: &Path) -> Result<Vec<String>, Error> {
    let invited = ca.call(&json!({
        "command": "invite", "role": party.role.market_word(), "name": party.name,
        "certificates": party.role.certificates(), "limit": LIMIT, "warranty": LIMIT,
    }))?;
    let code = invited.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
    let address = ca.address.map(|address| address.to_string()).unwrap_or_default();
    let pairs = [
        ("--name", party.name.to_owned()),
        ("--code", code),
        ("--ca", address),
        ("--root", root.display().to_string()),
    ];
    Ok(pairs.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect())
}

/// Lets the parties meet. The buyer shows its name to nobody until it orders.
pub(super) fn introduce(all: &[Running]) -> Result<(), Error> {
    let of = |role: Role| all.iter().filter(move |one| one.party.role == role);
    let link = |from: &Running, to: &Running, as_whom: &str| {
        let socket = to.address.map(|address| address.to_string());
        from.call(&json!({
            "command": "link", "name": name_of(to), "socket": socket, "server_name": to.party.host, "as": as_whom,
        }))
    };
    for bank in of(Role::Bank) {
        for member in of(Role::Notary).chain(of(Role::Shop)) {
            link(member, bank, "self")?;
        }
        for wallet in of(Role::Wallet) {
            link(wallet, bank, "nobody")?;
        }
    }
    for notary in of(Role::Notary).filter(|notary| notary.party.label == SECOND_NOTARY.label) {
        notary.until(&json!({ "command": "who" }), |who| has(who, Role::Bank))?;
        notary.call(&json!({ "command": "open-account", "currency": "EUR" }))?;
        notary.until(&json!({ "command": "purse" }), |purse| purse.get("account").is_some_and(Value::is_string))?;
        let fee = |protocol: &Protocol| (protocol.word().to_owned(), json!(FEE));
        let fees: Map<String, Value> = Protocol::ALL.iter().map(fee).collect();
        notary.call(&json!({ "command": "fees", "set": fees }))?;
    }
    for notary in of(Role::Notary) {
        for shop in of(Role::Shop) {
            link(shop, notary, "self")?;
        }
        for wallet in of(Role::Wallet) {
            link(wallet, notary, "nobody")?;
        }
    }
    for witness in of(Role::Witness) {
        for register in of(Role::Bank).chain(of(Role::Notary)) {
            link(witness, register, "self")?;
        }
    }
    for shop in of(Role::Shop) {
        for wallet in of(Role::Wallet) {
            link(wallet, shop, "nobody")?;
        }
        for broker in of(Role::Broker) {
            link(shop, broker, "self")?;
        }
    }
    for customer in of(Role::Shop).chain(of(Role::Wallet)) {
        let met = |who: &Value| has(who, Role::Bank) && has(who, Role::Notary);
        customer.until(&json!({ "command": "who" }), met)?;
        customer.call(&json!({ "command": "open-account", "currency": "EUR" }))?;
    }
    for customer in of(Role::Shop).chain(of(Role::Wallet)) {
        let open = |purse: &Value| purse.get("account").is_some_and(Value::is_string);
        customer.until(&json!({ "command": "purse" }), open)?;
    }
    Ok(())
}

/// Lets the shops stand in the directory.
pub(super) fn join(all: &[Running]) -> Result<(), Error> {
    for (shop, shelf) in all.iter().filter_map(|one| Some((one, one.party.shelf?))) {
        shop.until(&json!({ "command": "who" }), |who| has(who, Role::Broker))?;
        shop.call(&json!({
            "command": "join", "broker": Role::Broker.word(), "about": shelf.about(), "countries": ["DE", "AT", "FR"],
            "languages": ["en", "de"], "pages": shop.pages, "return_costs": "buyer", "withdraw_days": 14,
        }))?;
    }
    Ok(())
}

/// What a party is called in the links of others: its label where there may be several, its role else.
fn name_of(party: &Running) -> &'static str {
    match party.party.role {
        Role::Notary | Role::Shop => party.party.label,
        role => role.word(),
    }
}

/// Whether somebody of this role was met.
fn has(who: &Value, role: Role) -> bool {
    let links = who.get("links").and_then(Value::as_array);
    let is = |link: &Value| link.get("role").and_then(Value::as_str) == Some(role.market_word());
    links.is_some_and(|links| links.iter().any(is))
}
