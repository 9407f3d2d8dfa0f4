//! The certification and registration authority: makes the root, hands out one-time codes, certifies
//! keys, revokes, and publishes what it revoked.
//!
//! ```text
//! authority/root       {key, name}: the root's key
//! authority/list       the revocation list's number and entries
//! code/HASH            what a one-time code is good for; goes as its certificates are issued
//! issued/SERIAL        {role, name, kind, certificate}: everything that was certified
//! issued-to/HASH/SERIAL  which of them a name has, by the name's hash
//! name/NAME            the role that a name is registered for
//! host/HOST            the role that a host name was certified for first
//! ```

mod lists;
mod renewal;

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::limits::CERTIFICATE_DNS_MAX;
use semper_base::{
    Amount, Blob64, Currency, Error, Hash, Key, KeyId, Millis, Misuse, PeerId, Role, Violation, Write, json,
};
use semper_blocks::certificate::{
    Claims, Fingerprint, Issuer, Kind, LiabilityTerms, Reason, Revoked, Root, RootRequest, Serial, StatusList, Validity,
};
use semper_blocks::statement::{Compact, Statement, verify};
use semper_driver::service::Answer;
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::common::enrol::{
    CertificateRefused, CertificateReply, CertificateRequest, Registration, StatusReply, code_hash, kind_of, kinds,
};
use crate::common::{Desk, Logic, Look, enrol, keys, rows, text, unknown_command};

/// How long the root lives.
const ROOT_LIFE: Millis = Millis::days(3650);
/// How long a leaf lives: short, so that a lost key ends by itself.
const LEAF_LIFE: Millis = Millis::days(90);
/// How long a leaf lives that stamps: what it stamped needs a new stamp before it ends, so as long as a lost
/// key can be borne, which the revocation list ends.
const STAMP_LIFE: Millis = Millis::days(1095);
/// How long a revocation list may be relied on.
const LIST_LIFE: Millis = Millis::hours(24);
/// Certificates of one name that are looked at when it is revoked: a life of renewals, and more.
const CERTIFICATES_PER_NAME_MAX: usize = 10_000;
/// Where the authority is met.
const OWN_HOST: &str = "ca.semper.test";
/// Leaves are valid a little before they are made: clocks differ.
const BACKDATE: Millis = Millis::seconds(300);
/// The liability document that the play market's certificates name.
pub const LIABILITY_TERMS: &str = include_str!("../assets/liability-terms.txt");

/// The authority.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The name in the root certificate.
    pub name: String,
}

/// A registration whose own key signed it.
#[derive(Clone, Debug)]
pub enum Message {
    /// Certify this key.
    Register(Box<Statement<Registration>>),
    /// Send the revocation list.
    Status,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RootRow {
    key: KeyId,
}

/// What a code is good for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Invitation {
    role: Role,
    name: String,
    certificates: Vec<String>,
    limit: Option<Amount>,
    warranty: Option<Amount>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issued {
    role: Role,
    name: String,
    kind: String,
    certificate: Hash,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListRow {
    number: u64,
    revoked: BTreeMap<String, (semper_base::Timestamp, String)>,
}

impl Logic for Authority {
    type Message = Message;

    fn role(&self) -> Role {
        Role::Authority
    }

    fn check(&self, kind: &str, body: &[u8], look: &Look<'_>) -> Result<Message, Violation> {
        match kind {
            kinds::REQUEST => {
                let request: CertificateRequest = json::read(body)?;
                let claimed: Value = json::read(Compact::parse(&request.statement)?.payload())?;
                let key = serde_json::from_value(claimed.get("key").cloned().unwrap_or_default());
                let key: PublicKey = key.map_err(|e| Violation::new(Code::KeyMalformed, e.to_string()))?;
                let statement: Statement<Registration> = verify(look.crypto, &key, &request.statement)?;
                statement.meta.check_time(look.now, Millis::seconds(120))?;
                Ok(Message::Register(Box::new(statement)))
            }
            kinds::STATUS_REQUEST => Ok(Message::Status),
            other => Err(Violation::new(Code::KindUnknown, other)),
        }
    }

    fn message(&self, from: PeerId, message: Message, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        match message {
            Message::Register(registration) => Authority::register(from, &registration, desk),
            Message::Status => {
                let status = Blob64(list(desk)?);
                desk.send(from, kinds::STATUS, &StatusReply { status })
            }
        }
    }

    fn command(&self, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
        match word {
            "certificates" => lists::certificates(request, desk),
            "invitations" => lists::invitations(desk),
            "invite" => invite(request, desk),
            "revocations" => lists::revocations(desk),
            "revoke" => revoke(request, desk),
            "root" => {
                let der = keys::root_der(desk.tx)?.ok_or_else(|| Misuse::new(Code::NotFound, "root"))?;
                let fingerprint = Fingerprint::of(&der);
                Ok(json!({ "root": Blob64(der), "words": fingerprint.words(), "digits": fingerprint.digits() }))
            }
            "issued" => {
                let issued = desk.tx.scan("issued/", 200)?;
                let issued: Result<Vec<Issued>, _> = issued.iter().map(|(key, row)| rows::parse(key, row)).collect();
                Ok(json!(issued?))
            }
            other => Err(unknown_command(other)),
        }
    }

    fn answer(&self, _answer: &Answer, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn timer(&self, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if *key == list_timer() {
            return Authority::keep_fresh(desk);
        }
        desk.tx.push(Write::Timer(key.clone(), None));
        Ok(())
    }

    /// The first start makes the root and certifies the authority's own keys.
    fn start(&self, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if rows::get::<RootRow>(desk.tx, &root_row())?.is_some() {
            return Authority::keep_fresh(desk);
        }
        let pair = keys::generate(desk)?;
        let validity = Validity::new(desk.cx.now.minus(BACKDATE), desk.cx.now.plus(ROOT_LIFE))?;
        let request = RootRequest { name: self.name.clone(), organisation: None };
        let root = Root::issue(request, &pair, Serial::draw(desk.cx.crypto), validity, desk.cx.crypto)?;
        rows::put(desk.tx, root_row(), &RootRow { key: pair.public.id() })?;
        keys::set_root(root.der(), desk)?;
        for kind in [Kind::Statement, Kind::Tls] {
            let own = keys::generate(desk)?;
            let dns = if kind == Kind::Tls { vec![OWN_HOST.to_owned()] } else { Vec::new() };
            take_hosts(Role::Authority, &dns, desk)?;
            let claims = claims(kind, Role::Authority, &self.name, dns, own.public.clone());
            let der = issue(&claims, desk)?;
            let certificate = keys::keep_certificate(&der, desk);
            let (key, name) = (own.public.id(), self.name.clone());
            let renew_at = desk.cx.now.plus(enrol::renewal_after(LEAF_LIFE));
            keys::set_identity(kind, &keys::Identity { key, certificate, name, renew_at }, desk)?;
        }
        Authority::keep_fresh(desk)
    }

    fn met(&self, _link: &str, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

fn root_row() -> Key {
    Key::new("authority", "root")
}

fn list_row() -> Key {
    Key::new("authority", "list")
}

/// The timer that renews the revocation list.
fn list_timer() -> Key {
    Key::new("timer", "list")
}

fn claims(kind: Kind, role: Role, name: &str, dns: Vec<String>, key: PublicKey) -> Claims {
    Claims {
        kind,
        role,
        name: name.to_owned(),
        organisation: None,
        dns,
        key,
        limit: None,
        warranty: None,
        liability_terms: None,
    }
}

/// What backs a certificate that signs statements.
fn with_terms(claims: Claims, limit: Option<Amount>, warranty: Option<Amount>) -> Claims {
    if claims.kind != Kind::Statement {
        return claims;
    }
    let (hash, uri) = (Hash::of(LIABILITY_TERMS.as_bytes()), "https://ca.semper.test/liability-terms.txt".to_owned());
    Claims { limit, warranty, liability_terms: Some(LiabilityTerms { hash, uri }), ..claims }
}

/// Where the code stands that was made for a name and that nobody has used.
fn unused_row(name: &str) -> Key {
    Key::new("invited", name)
}

/// Makes a one-time code: `{"command":"invite","role","name","certificates":[…],"limit"?,"warranty"?,"again"?}`.
/// Amounts as `"500.00 EUR"`. The code is shown once; only its hash is kept. With `again` a code that nobody has used
/// yet is replaced: who lost it, or never saw the answer, would otherwise have lost the name.
fn invite(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let wrong = |what: &str| Error::from(Misuse::new(Code::FieldWrong, what));
    let role = serde_json::from_value(json!(text(request, "role")?)).map_err(|_| wrong("role"))?;
    let certificates = request.get("certificates").cloned().unwrap_or_else(|| json!(["statement"]));
    let certificates: Vec<String> = serde_json::from_value(certificates).map_err(|_| wrong("certificates"))?;
    for word in &certificates {
        kind_of(word)?;
    }
    let name = text(request, "name")?.to_owned();
    if let Some(taken) = rows::get::<Role>(desk.tx, &Key::new("name", &name))? {
        let again = request.get("again").and_then(Value::as_bool).unwrap_or(false) && taken == role;
        match rows::get::<Hash>(desk.tx, &unused_row(&name))?.filter(|_| again) {
            Some(lost) => desk.tx.delete(Key::new("code", lost)),
            None => return Err(semper_base::Refusal::new(Code::NameTaken, taken.word()).into()),
        }
    }
    let (limit, warranty) = (amount(request, "limit")?, amount(request, "warranty")?);
    let mut random = [0_u8; 10];
    desk.cx.crypto.random(&mut random);
    let code = semper_base::hash::hex(&random);
    rows::put(desk.tx, Key::new("name", &name), &role)?;
    rows::put(desk.tx, unused_row(&name), &code_hash(&code))?;
    let invitation = Invitation { role, name, certificates, limit, warranty };
    rows::put(desk.tx, Key::new("code", code_hash(&code)), &invitation)?;
    Ok(json!({ "code": code }))
}

fn amount(request: &Value, member: &str) -> Result<Option<Amount>, Error> {
    let Some(text) = request.get(member).and_then(Value::as_str) else {
        return Ok(None);
    };
    let (number, currency) = text.split_once(' ').unwrap_or((text, "EUR"));
    Ok(Some(Amount::parse(number, Currency::parse(currency)?)?))
}

impl Authority {
    fn register(from: PeerId, registration: &Statement<Registration>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let body = &registration.body;
        if let Some(known) = renewal::of_code(&body.code, desk)? {
            return renewal::renew(from, known, registration, desk);
        }
        if let Some(der) = renewal::given(body, desk)? {
            let status = Blob64(list(desk)?);
            return desk.send(from, kinds::REPLY, &CertificateReply { certificate: Blob64(der), status });
        }
        let code = Key::new("code", body.code);
        let invitation: Option<Invitation> = rows::get(desk.tx, &code)?;
        let fits = |invitation: &Invitation| {
            invitation.role == body.role
                && invitation.name == body.name
                && invitation.certificates.contains(&body.certificate)
        };
        let Some(mut invitation) = invitation.filter(fits) else {
            let refused =
                CertificateRefused { certificate: body.certificate.clone(), code: Code::EnrolmentCode.number() };
            return desk.send(from, kinds::REFUSED, &refused);
        };
        let kind = kind_of(&body.certificate)?;
        if let Some(taken) = take_hosts(body.role, if kind == Kind::Tls { &body.dns } else { &[] }, desk)? {
            let text = format!("{} asked for {taken}, which belongs to another role.", body.name);
            desk.tell("host-refused", body.role, text);
            let refused = CertificateRefused { certificate: body.certificate.clone(), code: Code::NameTaken.number() };
            return desk.send(from, kinds::REFUSED, &refused);
        }
        let claims = claims(kind, body.role, &body.name, body.dns.clone(), body.key.clone());
        let certificate = Blob64(issue(&with_terms(claims, invitation.limit, invitation.warranty), desk)?);
        renewal::give(body, &certificate.0, desk)?;
        desk.tx.delete(unused_row(&body.name));
        // A code is good once for each of its certificates.
        invitation.certificates.retain(|word| *word != body.certificate);
        if invitation.certificates.is_empty() {
            desk.tx.delete(code);
        } else {
            rows::put(desk.tx, code, &invitation)?;
        }
        let status = Blob64(list(desk)?);
        desk.tell("certified", body.role, format!("Certified a {} key of {}.", body.certificate, body.name));
        desk.send(from, kinds::REPLY, &CertificateReply { certificate, status })
    }

    /// Certifies the authority's own keys again before their certificates end.
    fn renew_own(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        for kind in [Kind::Statement, Kind::Tls] {
            let Some(own) = keys::identity(desk.tx, kind)?.filter(|own| own.renew_at <= desk.cx.now) else { continue };
            let dns = if kind == Kind::Tls { vec![OWN_HOST.to_owned()] } else { Vec::new() };
            let key = keys::public(desk.tx, desk.cx, own.key)?;
            let der = issue(&claims(kind, Role::Authority, &own.name, dns, key), desk)?;
            let certificate = keys::keep_certificate(&der, desk);
            let renew_at = desk.cx.now.plus(enrol::renewal_after(LEAF_LIFE));
            keys::set_identity(kind, &keys::Identity { certificate, renew_at, ..own }, desk)?;
        }
        Ok(())
    }

    /// Keeps the list young even if nobody asks for it: it stands in our hello, and with an old one there
    /// nobody whose own is old too could ever reach us again.
    fn keep_fresh(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        list(desk)?;
        Authority::renew_own(desk)?;
        let next = desk.cx.now.plus(Millis(LIST_LIFE.0 / 4));
        desk.tx.push(Write::Timer(list_timer(), Some(next)));
        Ok(())
    }
}

/// Where the list is said to be; informational, the list travels with the certificates.
const STATUS_URI: &str = "https://ca.semper.test/status.crl";

/// Notes that these hosts belong to a role; the first of them that belongs to another one, if any does.
/// Who is invited as a buyer could otherwise have itself certified under the bank's host name, and be
/// the bank to everybody who dials.
fn take_hosts(role: Role, hosts: &[String], desk: &mut Desk<'_, '_>) -> Result<Option<String>, Error> {
    if hosts.len() > CERTIFICATE_DNS_MAX {
        return Err(Violation::new(Code::TooMany, "host names").into());
    }
    let rows = hosts.iter().map(|host| Key::new("host", host.to_ascii_lowercase()));
    let rows: Vec<Key> = rows.collect();
    for row in &rows {
        if rows::get::<Role>(desk.tx, row)?.is_some_and(|known| known != role) {
            return Ok(row.0.strip_prefix("host/").map(str::to_owned));
        }
    }
    for row in rows {
        rows::put(desk.tx, row, &role)?;
    }
    Ok(None)
}

/// The root and its key.
fn root(desk: &Desk<'_, '_>) -> Result<(Root, semper_support::crypto::KeyPair), Error> {
    let row: RootRow = rows::get(desk.tx, &root_row())?.ok_or_else(|| Misuse::new(Code::NotFound, "root"))?;
    let der = keys::root_der(desk.tx)?.ok_or_else(|| Misuse::new(Code::NotFound, "root"))?;
    Ok((Root::read(&der, desk.cx.crypto)?, keys::pair(desk.tx, desk.cx, row.key)?))
}

fn issue(claims: &Claims, desk: &mut Desk<'_, '_>) -> Result<Vec<u8>, Error> {
    let (root, pair) = root(desk)?;
    let serial = Serial::draw(desk.cx.crypto);
    let life = if claims.kind == Kind::Stamp { STAMP_LIFE } else { LEAF_LIFE };
    let end = desk.cx.now.plus(life).min(root.validity().not_after);
    let validity = Validity::new(desk.cx.now.minus(BACKDATE), end)?;
    let issuer = Issuer { root: &root, key: &pair.secret, status_uri: Some(STATUS_URI.to_owned()) };
    let issued = Issued {
        role: claims.role,
        name: claims.name.clone(),
        kind: claims.kind.word().to_owned(),
        certificate: Hash([0; 32]),
    };
    let der = issuer.issue(claims.clone(), serial, validity, desk.cx.crypto)?;
    renewal::note(claims, &serial.to_string(), validity, &der, desk)?;
    desk.tx.put(issued_to(&issued.name, &serial.to_string()), Vec::new());
    rows::put(desk.tx, Key::new("issued", serial), &Issued { certificate: Hash::of(&der), ..issued })?;
    Ok(der)
}

/// Rows by name: a name may hold a slash, its hash does not.
fn issued_to(name: &str, serial: &str) -> Key {
    Key::new("issued-to", format_args!("{}/{serial}", Hash::tagged("semper-issued-to/1", name.as_bytes())))
}

fn new_list(desk: &mut Desk<'_, '_>) -> Result<Vec<u8>, Error> {
    let (root, pair) = root(desk)?;
    let mut row: ListRow = rows::get(desk.tx, &list_row())?.unwrap_or_default();
    row.number = row.number.saturating_add(1);
    let corrupt = || semper_base::Fault::new(Code::DatabaseCorrupt, "authority/list");
    let entry = |(serial, (at, reason)): (&String, &(semper_base::Timestamp, String))| {
        let serial = Serial::parse(serial).ok_or_else(corrupt)?;
        let reason = Reason::parse(reason).ok_or_else(corrupt)?;
        Ok::<_, semper_base::Fault>((serial, Revoked { at: *at, reason }))
    };
    let revoked = row.revoked.iter().map(entry).collect::<Result<BTreeMap<_, _>, _>>()?;
    let now = desk.cx.now.whole_seconds();
    let list = StatusList { number: row.number, this_update: now, next_update: now.plus(LIST_LIFE), revoked };
    let issuer = Issuer { root: &root, key: &pair.secret, status_uri: None };
    let der = issuer.issue_list(&list, desk.cx.crypto)?;
    rows::put(desk.tx, list_row(), &row)?;
    keys::set_status(&der, desk)?;
    Ok(der)
}

/// The list that is good now: the one at hand while it is young, or a new one.
fn list(desk: &mut Desk<'_, '_>) -> Result<Vec<u8>, Error> {
    let (root, _) = root(desk)?;
    if let Some(der) = keys::status_der(desk.tx)? {
        let list = semper_blocks::certificate::read_list(&root, &der, desk.cx.crypto)?;
        if desk.cx.now < list.this_update.plus(Millis(LIST_LIFE.0 / 2)) {
            return Ok(der);
        }
    }
    new_list(desk)
}

/// Revokes by name: `{"command":"revoke","name","reason"}`. Every certificate of that name goes.
fn revoke(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (name, reason) = (text(request, "name")?, text(request, "reason")?);
    Reason::parse(reason).ok_or_else(|| Misuse::new(Code::FieldWrong, "reason"))?;
    let mut row: ListRow = rows::get(desk.tx, &list_row())?.unwrap_or_default();
    let mut revoked = Vec::new();
    let of_name = issued_to(name, "").0;
    for (key, _) in desk.tx.scan(&of_name, CERTIFICATES_PER_NAME_MAX)? {
        let serial = key.0.strip_prefix(&of_name).unwrap_or_default().to_owned();
        if !row.revoked.contains_key(&serial) {
            row.revoked.insert(serial.clone(), (desk.cx.now.whole_seconds(), reason.to_owned()));
            revoked.push(serial);
        }
    }
    if revoked.is_empty() {
        return Err(Misuse::new(Code::NotFound, name).into());
    }
    rows::put(desk.tx, list_row(), &row)?;
    new_list(desk)?;
    Ok(json!({ "revoked": revoked }))
}
