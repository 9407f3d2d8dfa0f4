//! How a party gets its certificates: it draws the keys itself, signs one registration per key with
//! that key, shows the one-time code that the authority's operator gave it, and takes what comes back
//! only from the authority it met and only for a key it asked about.
//!
//! ```text
//! enrol/KIND    the key that waits for its certificate
//! refused/KIND  the code with which the authority refused it
//! ```

use semper_base::code::Code;
use semper_base::{Blob64, Error, Hash, Key, KeyId, Millis, Misuse, PeerId, Role, Timestamp, Violation, Write, json};
use semper_blocks::certificate::{Kind as CertificateKind, Valid};
use semper_blocks::statement::{About, Author, Body, Kind};
use semper_support::crypto::{KeyPair, PublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Desk, Look, hello, keys, rows, text};

/// How often the revocation list is fetched anew: half of its life.
const STATUS_PAUSE: Millis = Millis::hours(12);

/// How old the authority's last word may be where somebody is about to be relied on anew: at an order, at an
/// offer, and as long as an order waits for its owner.
const FRESH: Millis = Millis::seconds(600);

/// Pause before a renewal that brought nothing is asked for again.
const RENEWAL_PAUSE: Millis = Millis::days(1);

/// What an applicant asks the authority to certify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// What the key is for: `statement`, `seal`, `stamp` or `tls`.
    pub certificate: String,
    /// Hash of the one-time code: the code itself is never written down.
    pub code: Hash,
    /// Host names, for `tls`.
    pub dns: Vec<String>,
    /// The key.
    pub key: PublicKey,
    /// The name that people will see.
    pub name: String,
    /// In which role.
    pub role: Role,
}

impl Body for Registration {
    const KIND: Kind = Kind::Registration;
}

/// The message that carries a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRequest {
    /// The signed registration.
    pub statement: String,
}

/// The authority's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateReply {
    /// The certificate (DER).
    pub certificate: Blob64,
    /// The revocation list (DER).
    pub status: Blob64,
}

/// The authority says no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRefused {
    /// What for.
    pub certificate: String,
    /// Why.
    pub code: u16,
}

/// The authority's revocation list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusReply {
    /// The list (DER).
    pub status: Blob64,
}

/// Message kinds of registration.
pub mod kinds {
    use crate::common::traffic::Plain;

    /// See [`super::CertificateRequest`].
    pub const REQUEST: &str = Plain::CertificateRequest.word();
    /// See [`super::CertificateReply`].
    pub const REPLY: &str = Plain::Certificate.word();
    /// See [`super::CertificateRefused`].
    pub const REFUSED: &str = Plain::CertificateRefused.word();
    /// Asks for the revocation list.
    pub const STATUS_REQUEST: &str = Plain::StatusRequest.word();
    /// See [`super::StatusReply`].
    pub const STATUS: &str = Plain::Status.word();
}

/// A checked message of the authority.
#[derive(Clone, Debug)]
pub enum FromAuthority {
    /// A certificate that is valid now.
    Certificate {
        /// What it says.
        valid: Box<Valid>,
        /// Its bytes.
        der: Vec<u8>,
        /// The list it was checked with.
        status: Vec<u8>,
    },
    /// It will not certify.
    Refused(CertificateRefused),
    /// A revocation list.
    Status(Vec<u8>),
}

/// The hash that a registration shows of its one-time code.
#[must_use]
pub fn code_hash(code: &str) -> Hash {
    Hash::tagged("semper-enrolment-code/1", code.trim().as_bytes())
}

/// The key of our TLS server certificate, once there is one.
pub fn server_tls(desk: &Desk<'_, '_>) -> Result<Option<KeyId>, Error> {
    Ok(keys::identity(desk.tx, CertificateKind::Tls)?.map(|identity| identity.key))
}

/// Why the authority refused a certificate of this kind, until we ask again.
fn refused_row(kind: CertificateKind) -> Key {
    Key::new("refused", kind.word())
}

/// The timer that fetches the revocation list.
#[must_use]
pub fn status_timer() -> Key {
    Key::new("timer", "status")
}

/// Checks a message of the authority; none if it is of another kind.
pub fn check(kind: &str, body: &[u8], look: &Look<'_>) -> Result<Option<FromAuthority>, Violation> {
    Ok(Some(match kind {
        kinds::REPLY => {
            let reply: CertificateReply = json::read(body)?;
            let trust = look.trust()?;
            let trust = match trust.with_status(&reply.status.0, look.crypto) {
                Err(stale) if stale.code() == Code::StatusStale => trust.clone(),
                other => other?,
            };
            let valid = Box::new(trust.validate(&reply.certificate.0, look.now, look.crypto)?);
            FromAuthority::Certificate { valid, der: reply.certificate.0, status: reply.status.0 }
        }
        kinds::REFUSED => FromAuthority::Refused(json::read(body)?),
        kinds::STATUS => {
            let reply: StatusReply = json::read(body)?;
            FromAuthority::Status(reply.status.0)
        }
        _ => return Ok(None),
    }))
}

/// Takes a message of the authority. True if the last certificate that we waited for has come.
pub fn take(from: PeerId, message: FromAuthority, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    if hello::met_at("ca", desk)?.peer != from {
        return Err(Violation::new(Code::PeerWrong, "not our authority").into());
    }
    match message {
        FromAuthority::Certificate { valid, der, status } => take_certificate(&valid, &der, &status, desk),
        FromAuthority::Refused(refused) => {
            let code = Code::from_number(refused.code).unwrap_or(Code::AccessDenied);
            // Only what we wait for: an earlier request may have brought the certificate.
            let kind = kind_of(&refused.certificate)?;
            if rows::get::<KeyId>(desk.tx, &Key::new("enrol", kind.word()))?.is_some() {
                rows::put(desk.tx, refused_row(kind), &code.number())?;
            }
            let text = format!("The authority refused a {} certificate: {}.", refused.certificate, code.text());
            desk.tell("enrol-refused", code.number(), text);
            Ok(false)
        }
        FromAuthority::Status(status) => {
            take_status(&status, desk)?;
            Ok(false)
        }
    }
}

fn take_status(status: &[u8], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    rows::put(desk.tx, heard_row(), &desk.cx.now)?;
    match keys::set_status(status, desk) {
        Err(Error::Violation(stale)) if stale.code() == Code::StatusStale => Ok(()),
        other => other,
    }
}

fn take_certificate(valid: &Valid, der: &[u8], status: &[u8], desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let row = Key::new("enrol", valid.kind.word());
    let waiting: Option<KeyId> = rows::get(desk.tx, &row)?;
    if waiting != Some(valid.key.id()) {
        // Who was cut off in between has asked twice.
        if keys::identity(desk.tx, valid.kind)?.is_some_and(|own| own.certificate == Hash::of(der)) {
            return Ok(false);
        }
        return Err(Violation::new(Code::OutOfTurn, "a certificate that was not asked for").into());
    }
    take_status(status, desk)?;
    let certificate = keys::keep_certificate(der, desk);
    let renew_at = valid.not_before.plus(renewal_after(valid.not_after.since(valid.not_before)));
    let (key, name) = (valid.key.id(), valid.name.clone());
    keys::set_identity(valid.kind, &keys::Identity { key, certificate, name, renew_at }, desk)?;
    desk.tx.push(Write::Timer(renewal_timer(), Some(renew_at)));
    desk.tx.delete(row);
    let next = desk.cx.now.plus(STATUS_PAUSE);
    desk.tx.push(Write::Timer(status_timer(), Some(next)));
    Ok(desk.tx.scan("enrol/", 1)?.is_empty())
}

/// Applies for certificates: `{"command":"enrol","name","code","dns":[…],"certificates":[…]}`.
pub fn apply(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (name, code) = (text(request, "name")?, code_hash(text(request, "code")?));
    let list = |member: &str| -> Result<Vec<String>, Error> {
        let value = request.get(member).cloned().unwrap_or_else(|| json!([]));
        serde_json::from_value(value).map_err(|_| Misuse::new(Code::FieldWrong, member).into())
    };
    let authority = hello::met_at("ca", desk)?.peer;
    let mut asked = Vec::new();
    for word in list("certificates")? {
        let kind = kind_of(&word)?;
        if keys::identity(desk.tx, kind)?.is_some() {
            continue;
        }
        let row = Key::new("enrol", kind.word());
        desk.tx.delete(refused_row(kind));
        let pair = match rows::get::<KeyId>(desk.tx, &row)? {
            Some(waiting) => keys::pair(desk.tx, desk.cx, waiting)?,
            None => keys::generate(desk)?,
        };
        rows::put(desk.tx, row, &pair.public.id())?;
        let dns = if kind == CertificateKind::Tls { list("dns")? } else { Vec::new() };
        let (certificate, key) = (word.clone(), pair.public.clone());
        let body = Registration { certificate, code, dns, key, name: name.to_owned(), role };
        ask_for(authority, body, &pair, desk)?;
        asked.push(word);
    }
    Ok(json!({ "asked": asked }))
}

fn ask_for(authority: PeerId, body: Registration, pair: &KeyPair, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let statement = Author::uncertified(body.role, pair).request(desk.cx, About::default(), body)?.text;
    desk.send(authority, kinds::REQUEST, &CertificateRequest { statement })
}

/// The code with which a certificate is renewed.
#[must_use]
pub fn renewal_code(certificate: &Hash) -> Hash {
    Hash::tagged("semper-renewal/1", certificate.bytes())
}

/// After how much of its life a certificate is renewed: two thirds.
#[must_use]
pub fn renewal_after(life: Millis) -> Millis {
    Millis(life.0 / 3 * 2)
}

/// The timer that renews our certificates.
#[must_use]
pub fn renewal_timer() -> Key {
    Key::new("timer", "renew")
}

/// Asks for the successors of the certificates whose time has come: same key, same terms. What is refused
/// or lost is asked for again, as long as the old one stands.
pub fn renew(role: Role, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let authority = hello::met_at("ca", desk)?.peer;
    let mut next = None;
    for kind in CertificateKind::ALL {
        let Some(own) = keys::identity(desk.tx, kind)? else { continue };
        let mut at = own.renew_at;
        if at <= desk.cx.now {
            at = desk.cx.now.plus(RENEWAL_PAUSE);
            let pair = keys::pair(desk.tx, desk.cx, own.key)?;
            rows::put(desk.tx, Key::new("enrol", kind.word()), &own.key)?;
            let (certificate, code) = (kind.word().to_owned(), renewal_code(&own.certificate));
            let (key, name) = (pair.public.clone(), own.name);
            let body = Registration { certificate, code, dns: Vec::new(), key, name, role };
            ask_for(authority, body, &pair, desk)?;
        }
        next = Some(next.map_or(at, |next: Timestamp| next.min(at)));
    }
    desk.tx.push(Write::Timer(renewal_timer(), next));
    Ok(())
}

/// The kind of certificate with this word.
pub fn kind_of(word: &str) -> Result<CertificateKind, Violation> {
    CertificateKind::ALL
        .into_iter()
        .find(|kind| kind.word() == word)
        .ok_or_else(|| Violation::new(Code::FieldWrong, "certificate"))
}

/// When the authority last sent its list, new or not.
fn heard_row() -> Key {
    Key::new("status-word", "heard")
}

/// When it was last asked for it.
fn asked_row() -> Key {
    Key::new("status-word", "asked")
}

/// Asks for the revocation list if the authority's last word is older than ten minutes and it is not asked
/// already. Nobody waits for the answer: it withdraws what the user is asked in vain. An authority that is
/// away holds nothing up; until its list runs out, it counts.
pub fn freshen(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let since = |heard: Option<Timestamp>, pause| heard.is_some_and(|heard| desk.cx.now < heard.plus(pause));
    let (heard, asked) = (rows::get(desk.tx, &heard_row())?, rows::get(desk.tx, &asked_row())?);
    let waiting = asked > heard && since(asked, STATUS_PAUSE);
    if since(heard, FRESH) || waiting || desk.tx.get(&Key::new("met", "ca"))?.is_none() {
        return Ok(());
    }
    ask_status(desk)
}

/// The user is asked whether to rely on somebody: the list is looked at every ten minutes meanwhile.
pub fn watch(desk: &mut Desk<'_, '_>) {
    desk.tx.push(Write::Timer(status_timer(), Some(desk.cx.now.plus(FRESH))));
}

/// The time to fetch the list, or to look whether it is.
pub fn status_due(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let due = rows::get::<Timestamp>(desk.tx, &heard_row())?.map(|heard| heard.plus(STATUS_PAUSE));
    let due = due.filter(|due| *due > desk.cx.now);
    match (desk.tx.scan("ask/", 1)?.is_empty(), due) {
        (true, Some(due)) => {
            desk.tx.push(Write::Timer(status_timer(), Some(due)));
            Ok(())
        }
        (true, None) => ask_status(desk),
        (false, _) => {
            watch(desk);
            freshen(desk)
        }
    }
}

/// Fetches the revocation list and sets the next time.
pub fn ask_status(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let pause = if desk.tx.scan("ask/", 1)?.is_empty() { STATUS_PAUSE } else { FRESH };
    desk.tx.push(Write::Timer(status_timer(), Some(desk.cx.now.plus(pause))));
    rows::put(desk.tx, asked_row(), &desk.cx.now)?;
    let authority = hello::met_at("ca", desk)?.peer;
    desk.send(authority, kinds::STATUS_REQUEST, &json!({}))
}
