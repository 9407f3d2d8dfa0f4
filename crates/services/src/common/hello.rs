//! How a relationship begins: each side says with a signature which key it is and over which TLS key
//! it is met. Who somebody *is* comes from the certificates beside the hello, if there are any.
//!
//! ```text
//! link/NAME      where we dial, as whom, and who answered (comm::Link)
//! met/NAME       who that is, by its certificates
//! peer/PEERID    a peer that said hello: its TLS key, its address if it has one (comm::Peer)
//! own/peers      how many of them there are
//! ```

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::limits::{PEERS_DRAWN_MAX, PEERS_MAX};
use semper_base::{
    Blob64, Error, Fault, Hash, Key, KeyId, Millis, Misuse, PeerId, Refusal, Role, Timestamp, Violation, json,
};
use semper_blocks::certificate::{Kind as CertificateKind, Root, RootRequest, Serial, Trust, Valid, Validity};
use semper_blocks::statement::{About, Body, Compact, Kind, Statement, verify};
use semper_support::comm::{Address, Link, Peer};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fees::{self, Tariff};
use super::known::Known;
use super::{Desk, Look, keys, rows, text};

/// Tolerated difference of clocks in a hello.
const SKEW: Millis = Millis::seconds(120);
/// Certificates beside one hello: statement, seal, TLS.
const CERTIFICATES_MAX: usize = 4;

/// What a hello says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Where to push messages to; a party without an address polls.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<Address>,
    /// Of a notary: what it takes.
    #[serde(skip_serializing_if = "Tariff::is_empty", default)]
    pub fees: Tariff,
    /// The key that signs this.
    pub key: PublicKey,
    /// SHA-256 of the TLS key's `SubjectPublicKeyInfo` over which the signer is met.
    pub tls: KeyId,
}

impl Body for Hello {
    const KIND: Kind = Kind::Hello;
}

/// A hello with what goes beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packet {
    certificates: Vec<Blob64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    peer: Option<PeerId>,
    statement: String,
    /// A revocation list, from the authority itself or passed on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    status: Option<Blob64>,
}

/// A hello that verified.
#[derive(Clone, Debug)]
pub struct CheckedHello {
    /// The statement.
    pub statement: Statement<Hello>,
    /// Certificates that are valid now, with their bytes.
    pub certificates: Vec<(Valid, Vec<u8>)>,
    /// The revocation list beside it.
    status: Option<Vec<u8>>,
}

impl CheckedHello {
    /// The peer's name on the wire.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        PeerId(self.statement.body.key.id().0)
    }

    /// Its certified signing key, if the hello is signed with one.
    fn signing(&self) -> Option<&Valid> {
        self.certificates.iter().map(|(valid, _)| valid).find(|valid| valid.kind == CertificateKind::Statement)
    }

    fn sealing(&self) -> Option<&Valid> {
        self.certificates.iter().map(|(valid, _)| valid).find(|valid| valid.kind == CertificateKind::Seal)
    }
}

/// Who answers at one of our links, by its certificates: row `met/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Met {
    /// Its name on the wire.
    pub peer: PeerId,
    /// Its role.
    pub role: Role,
    /// Its certified name.
    pub name: String,
    /// Its signing key.
    pub key: PublicKey,
    /// SHA-256 of that key's certificate.
    pub certificate: Hash,
    /// Of a notary: what it takes.
    #[serde(skip_serializing_if = "Tariff::is_empty", default)]
    pub fees: Tariff,
    /// When it last said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub heard: Option<Timestamp>,
    /// Up to what amount per deal it may be relied on, by that certificate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<semper_base::Amount>,
    /// Its sealing key, if it has one.
    pub seal: Option<PublicKey>,
    /// SHA-256 of the sealing key's certificate.
    pub seal_certificate: Option<Hash>,
}

/// Checks a hello. `tls` is the key that the other end of the connection proved to hold.
pub fn check(text: &[u8], tls: Option<KeyId>, look: &Look<'_>) -> Result<CheckedHello, Violation> {
    let packet: Packet = json::read(text)?;
    if packet.certificates.len() > CERTIFICATES_MAX {
        return Err(Violation::new(Code::TooMany, "certificates"));
    }
    let compact = Compact::parse(&packet.statement)?;
    let claimed: Value = json::read(compact.payload())?;
    let key = serde_json::from_value(claimed.get("key").cloned().unwrap_or_default());
    let key: PublicKey = key.map_err(|e| Violation::new(Code::KeyMalformed, e.to_string()))?;
    let statement: Statement<Hello> = verify(look.crypto, &key, &packet.statement)?;
    statement.meta.check_time(look.now, SKEW)?;
    if tls.is_some_and(|tls| tls != statement.body.tls) {
        return Err(Violation::new(Code::HelloWrong, ""));
    }
    let status = packet.status.map(|status| status.0);
    let certificates = check_certificates(&packet.certificates, status.as_deref(), look)?;
    let hello = CheckedHello { statement, certificates, status };
    match (hello.statement.meta.signer.certificate, hello.signing()) {
        (None, None) => Ok(hello),
        (Some(named), Some(valid)) if valid.certificate_hash == named && valid.key == hello.statement.body.key => {
            if valid.role == hello.statement.meta.signer.role {
                return Ok(hello);
            }
            Err(Violation::new(Code::RoleWrong, valid.role.word()))
        }
        _ => Err(Violation::new(Code::HelloWrong, "certificate")),
    }
}

fn check_certificates(
    certificates: &[Blob64],
    status: Option<&[u8]>,
    look: &Look<'_>,
) -> Result<Vec<(Valid, Vec<u8>)>, Violation> {
    if certificates.is_empty() {
        return Ok(Vec::new());
    }
    let trust = fresher(look.trust()?, status, look)?;
    let valid = |der: &Blob64| Ok((trust.validate(&der.0, look.now, look.crypto)?, der.0.clone()));
    certificates.iter().map(valid).collect()
}

/// The snapshot with the list that came along, if that is newer than ours.
fn fresher(trust: &Trust, status: Option<&[u8]>, look: &Look<'_>) -> Result<Trust, Violation> {
    let Some(status) = status else {
        return Ok(trust.clone());
    };
    match trust.with_status(status, look.crypto) {
        Ok(fresh) => Ok(fresh),
        Err(stale) if stale.code() == Code::StatusStale => Ok(trust.clone()),
        Err(other) => Err(other),
    }
}

/// Takes a peer's hello to us and answers with ours.
pub fn greet(role: Role, hello: &CheckedHello, desk: &mut Desk<'_, '_>) -> Result<json::Value, Error> {
    keep(hello, desk)?;
    let peer = hello.peer();
    bind(hello, desk)?;
    let server = super::enrol::server_tls(desk)?;
    let ours = packet(role, server, None, Some(peer), None, desk)?;
    let ours = serde_json::to_vec(&ours).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
    Ok(json::read_value(&ours)?)
}

/// Binds a peer to the TLS key that its hello names. A peer that moves says a new hello.
fn bind(hello: &CheckedHello, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let body = &hello.statement.body;
    let (issued, role) = (hello.statement.meta.issued, hello.signing().map(|valid| valid.role));
    let peer = Peer { issued, tls: body.tls, address: body.address.clone(), role };
    let key = Key::new("peer", hello.peer());
    match rows::get::<Peer>(desk.tx, &key)? {
        Some(known) if known == peer => return Ok(()),
        // Whoever still has a key of this peer's past, and a hello of that time, does not get its queue.
        Some(known) if issued < known.issued || (issued == known.issued && known.tls != peer.tls) => {
            return Err(Violation::new(Code::HelloWrong, "there is a newer one").into());
        }
        Some(known) if (known.tls, &known.address, known.role) == (peer.tls, &peer.address, peer.role) => {
            return Ok(rows::put(desk.tx, key, &peer)?);
        }
        Some(_) => {}
        None => count_peer(hello.signing().is_some(), desk)?,
    }
    rows::put(desk.tx, key, &peer)?;
    desk.tell("peer", hello.peer(), "A peer said hello.");
    Ok(())
}

/// Counts a new peer. Keys cost nothing, so those without a certificate are let in up to a bound; then one
/// of them must go for each that comes.
fn count_peer(certified: bool, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let row = Key::new("own", "peers");
    let count: u64 = rows::get(desk.tx, &row)?.unwrap_or(0);
    if count < PEERS_MAX || certified {
        return Ok(rows::put(desk.tx, row, &count.saturating_add(1))?);
    }
    let longest_silent = stranger(desk)?.ok_or_else(|| Refusal::new(Code::Overloaded, "peers"))?;
    desk.tx.delete(longest_silent);
    Ok(())
}

/// Of a few peers without certificate, drawn by lot, the one that has said hello least lately. It loses
/// nothing but its place: its queue waits under its name, and its next hello binds it anew. The lot falls
/// on one beginning of a name, then on ever shorter ones until somebody is found there.
fn stranger(desk: &Desk<'_, '_>) -> Result<Option<Key>, Error> {
    let mut lot = [0_u8; 2];
    desk.cx.crypto.random(&mut lot);
    let lot = semper_base::hash::hex(&lot);
    for length in (0..lot.len()).rev() {
        let mut found = Vec::new();
        for (key, row) in desk.tx.scan(&format!("peer/{}", lot.get(..length).unwrap_or("")), PEERS_DRAWN_MAX)? {
            let peer: Peer = rows::parse(&key, &row)?;
            found.extend(peer.role.is_none().then_some((peer.issued, key)));
        }
        if let Some((_, key)) = found.into_iter().min() {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// Takes the answer to our hello.
pub fn met(link: Option<&str>, hello: &CheckedHello, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    keep(hello, desk)?;
    let Some(name) = link else {
        return Ok(());
    };
    let key = Key::new("link", name);
    let mut row: Link = rows::get(desk.tx, &key)?.ok_or_else(|| Misuse::new(Code::NotFound, name))?;
    let signing = hello.signing().ok_or_else(|| Violation::new(Code::HelloWrong, "a server must be certified"))?;
    let met = Met {
        peer: hello.peer(),
        role: signing.role,
        name: signing.name.clone(),
        key: signing.key.clone(),
        certificate: signing.certificate_hash,
        fees: hello.statement.body.fees.clone(),
        heard: (signing.role == Role::Notary).then_some(desk.cx.now),
        limit: signing.limit,
        seal: hello.sealing().map(|valid| valid.key.clone()),
        seal_certificate: hello.sealing().map(|valid| valid.certificate_hash),
    };
    // What a link is called by everybody tells what must be at its end.
    let due = match name {
        "bank" => Some(Role::Bank),
        "ca" => Some(Role::Authority),
        "notary" => Some(Role::Notary),
        _ => None,
    };
    if due.is_some_and(|due| due != met.role) {
        return Err(Violation::new(Code::RoleWrong, format!("{} answers as {name}", met.role.word())).into());
    }
    // A link is to one party: a server with another key is somebody else until the user says so.
    if row.peer.is_some_and(|known| known != met.peer) {
        return Err(Violation::new(Code::PeerWrong, "another party answers at this address").into());
    }
    rows::put(desk.tx, Key::new("met", name), &met)?;
    if row.peer.is_none() {
        row.peer = Some(met.peer);
        rows::put(desk.tx, key, &row)?;
        desk.tell("link", name, format!("Connected to {}.", met.name));
    }
    Ok(())
}

fn keep(hello: &CheckedHello, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (valid, der) in &hello.certificates {
        if keys::certificate(desk.tx, &valid.certificate_hash)?.is_none() {
            keys::keep_certificate(der, desk);
        }
    }
    if let Some(status) = &hello.status {
        match keys::set_status(status, desk) {
            Err(Error::Violation(stale)) if stale.code() == Code::StatusStale => {}
            other => other?,
        }
    }
    let valids: Vec<&Valid> = hello.certificates.iter().map(|(valid, _)| valid).collect();
    if valids.is_empty() { Ok(()) } else { keys::recheck(&valids, desk) }
}

/// Our hello for a connection that we open.
pub fn ours(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let tls = text(request, "tls")?;
    let tls = Hash::from_hex(tls).map(KeyId).ok_or_else(|| Misuse::new(Code::FieldWrong, "tls"))?;
    let link = text(request, "link")?;
    let row: Option<Link> = if link.is_empty() { None } else { rows::get(desk.tx, &Key::new("link", link))? };
    let server = super::enrol::server_tls(desk)?;
    // We give our address where we dial as a server.
    let address = if server == Some(tls) { rows::get(desk.tx, &Key::new("own", "address"))? } else { None };
    packet(role, Some(tls), row.map(|row| row.hello_key), None, address, desk)
}

/// Signs a hello: with our certified key where we have one and the link does not say otherwise.
fn packet(
    role: Role,
    tls: Option<KeyId>,
    hello_key: Option<KeyId>,
    peer: Option<PeerId>,
    address: Option<Address>,
    desk: &mut Desk<'_, '_>,
) -> Result<Value, Error> {
    let tls = tls.ok_or_else(|| Misuse::new(Code::KeyMissing, "no TLS certificate yet"))?;
    let certified = keys::identity(desk.tx, CertificateKind::Statement)?;
    let own = certified.as_ref().is_some_and(|identity| hello_key.is_none_or(|key| key == identity.key));
    let author = match hello_key {
        Some(key) if !own => keys::plain_author(role, key, desk.tx, desk.cx)?,
        _ => keys::author(role, desk.tx, desk.cx)?,
    };
    let mut certificates = Vec::new();
    let mut status = None;
    if own {
        for kind in [CertificateKind::Statement, CertificateKind::Seal] {
            if let Some(identity) = keys::identity(desk.tx, kind)? {
                let der = keys::certificate(desk.tx, &identity.certificate)?;
                certificates.push(Blob64(der.ok_or_else(|| Misuse::new(Code::NotFound, "own certificate"))?));
            }
        }
        status = keys::status_der(desk.tx)?.map(Blob64);
    }
    let fees = if role == Role::Notary { fees::tariff(desk)? } else { Tariff::default() };
    let body = Hello { address, fees, key: author.public.clone(), tls };
    let statement = author.request(desk.cx, About::default(), body)?.text;
    let packet = Packet { certificates, peer, statement, status };
    serde_json::to_value(packet).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()).into())
}

/// Opens a relationship: `{"command":"link","name","socket","server_name","as":"self"|"nobody"}`.
/// "self" shows our certificate; "nobody" uses a fresh key, so that the peer learns no name.
pub fn open_link(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let name = text(request, "name")?;
    let key = Key::new("link", name);
    let address =
        Address { socket: text(request, "socket")?.to_owned(), server_name: text(request, "server_name")?.to_owned() };
    if let Some(known) = rows::get::<Link>(desk.tx, &key)? {
        if known.address != address {
            // The party is the same, its place is new.
            rows::put(desk.tx, key, &Link { address, ..known })?;
            desk.tell("link", name, "The address has changed.");
        }
        return Ok(json!({ "link": name }));
    }
    let own = text(request, "as")? == "self";
    let certified = keys::identity(desk.tx, CertificateKind::Statement)?.filter(|_| own);
    let hello_key = match certified {
        Some(identity) => identity.key,
        None => keys::generate(desk)?.public.id(),
    };
    let server = super::enrol::server_tls(desk)?.filter(|_| own);
    let (tls_key, tls_certificate) = match server {
        Some(key) => (key, Vec::new()),
        None => client_certificate(desk)?,
    };
    let tls_certificate = Blob64(tls_certificate);
    rows::put(desk.tx, key, &Link { name: name.to_owned(), address, peer: None, hello_key, tls_key, tls_certificate })?;
    desk.tell("link", name, "A relationship is opened.");
    Ok(json!({ "link": name }))
}

/// A self-signed certificate over a fresh TLS key: it names nobody.
fn client_certificate(desk: &mut Desk<'_, '_>) -> Result<(KeyId, Vec<u8>), Error> {
    let pair = keys::generate(desk)?;
    let year = Millis::days(365);
    let validity = Validity::new(desk.cx.now.minus(Millis::days(1)), desk.cx.now.plus(year))?;
    let request = RootRequest { name: "client".to_owned(), organisation: None };
    let own = Root::issue(request, &pair, Serial::draw(desk.cx.crypto), validity, desk.cx.crypto)?;
    Ok((pair.public.id(), own.der().to_vec()))
}

/// Notes where we are reached: `{"command":"address","socket","server_name"}`. Peers learn it with our
/// next hello.
pub fn set_address(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let address =
        Address { socket: text(request, "socket")?.to_owned(), server_name: text(request, "server_name")?.to_owned() };
    rows::put(desk.tx, Key::new("own", "address"), &address)?;
    Ok(json!({ "address": address.socket }))
}

/// Who answers at a link.
pub fn met_at(name: &str, desk: &Desk<'_, '_>) -> Result<Met, Error> {
    let met = met_in(&Key::new("met", name), desk)?;
    met.ok_or_else(|| Misuse::new(Code::NotFound, format!("not connected to {name} yet")).into())
}

/// Who is behind one of our links under this name on the wire, if anybody.
pub fn linked(peer: PeerId, desk: &Desk<'_, '_>) -> Result<Option<Met>, Fault> {
    for (key, row) in desk.tx.scan("met/", semper_base::limits::LINKS_MAX)? {
        let met = read_met(&key, &row, desk)?;
        if met.peer == peer {
            return Ok(Some(Met::clone(&met)));
        }
    }
    Ok(None)
}

/// Who is met, by this row.
pub(super) fn met_in(key: &Key, desk: &Desk<'_, '_>) -> Result<Option<Met>, Fault> {
    let Some(row) = desk.tx.get(key)? else { return Ok(None) };
    Ok(Some(Met::clone(&*read_met(key, &row, desk)?)))
}

/// Who is met, by what stands in this row.
pub(super) fn read_met(key: &Key, row: &[u8], desk: &Desk<'_, '_>) -> Result<Arc<Met>, Fault> {
    Known::read(desk.known(), |known| &known.mets, row, || rows::parse(key, row))
}

/// The peer behind one of our links that has this key: a peer's name on the wire is its key's.
pub fn peer_of(key: &PublicKey, desk: &Desk<'_, '_>) -> Result<Option<PeerId>, Error> {
    Ok(linked(PeerId(key.id().0), desk)?.map(|met| met.peer))
}

/// Whether one of our links leads to the party with this key, in this role.
pub fn is_linked(key: &PublicKey, role: Role, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    Ok(linked(PeerId(key.id().0), desk)?.is_some_and(|met| met.role == role))
}

/// Who this party is and whom it knows: for its operator, and for the pages on which it introduces itself.
pub fn who(role: Role, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let links = desk.tx.scan("met/", semper_base::limits::LINKS_MAX)?;
    let links: Result<Vec<Met>, _> = links.iter().map(|(key, row)| rows::parse(key, row)).collect();
    let identity = keys::identity(desk.tx, CertificateKind::Statement)?;
    let address: Option<Address> = rows::get(desk.tx, &Key::new("own", "address"))?;
    let now: Timestamp = desk.cx.now;
    let mut own = json!({
        "role": role,
        "time": now,
        "enrolled": identity.is_some(),
        "certificate": identity.as_ref().map(|identity| identity.certificate),
        "address": address,
        "links": links?.iter().map(|met| json!({"role": met.role, "name": met.name})).collect::<Vec<_>>(),
    });
    if let (Some(own), Some(Value::Object(certified))) = (own.as_object_mut(), certified(identity.as_ref(), desk)?) {
        own.extend(certified);
    }
    Ok(own)
}

/// What our certificate says of us, if it counts now.
fn certified(identity: Option<&keys::Identity>, desk: &Desk<'_, '_>) -> Result<Option<Value>, Error> {
    let (Some(identity), Some(trust)) = (identity, keys::trust_now(desk)?) else { return Ok(None) };
    let Some(der) = keys::certificate(desk.tx, &identity.certificate)? else { return Ok(None) };
    let Ok(valid) = trust.validate(&der, desk.cx.now, desk.cx.crypto) else { return Ok(None) };
    let text = |amount: Option<semper_base::Amount>| amount.map(|amount| amount.to_string());
    Ok(Some(json!({
        "name": valid.name, "organisation": valid.organisation, "issuer": valid.issuer, "until": valid.not_after,
        "limit": text(valid.limit), "warranty": text(valid.warranty),
    })))
}
