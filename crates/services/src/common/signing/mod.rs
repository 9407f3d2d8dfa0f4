//! Contracts that several parties sign: bound to wallet and shop alike.
//!
//! ```text
//!  contract-new        contract-sign            the owner agrees          everybody has signed
//! [file] ---------> [Record] ---------> [agreement asked] ---------> [fair/XID runs] ------> stands
//!                                               |                           |
//!                                               +--- declined ---> over     +--- aborted ---> over
//!
//! contract/XID    Record: the file, our place
//! mail/XID        Record of a certified mail, which runs in the same way; see [`mail`]
//! early/XID       Early: a promise that came before our owner had the file; also the timer that forgets it
//! fair/XID        the run, see [`run`]
//! ```
//!
//! The file travels by any means. Where the notary collects the signatures nobody needs a link to anybody but
//! the notary; an optimistic contract runs over the link of the two.

mod deal;
mod file;
mod mail;
mod make;
mod pack;
pub mod payments;
pub mod run;
mod show;

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::limits::{CONTRACTS_LISTED_MAX, EARLY_PROMISES_MAX};
use semper_base::{Blob64, Error, Hash, Key, Misuse, PeerId, Step, Timestamp, Violation, Write, Xid};
use semper_blocks::certificate::Kind as CertificateKind;
use semper_blocks::statement::Kind;
use semper_driver::service::Answer;
use semper_driver::store::question_key;
use semper_exchange::fair::frame::{
    Checked, CheckedPacket, Command, Cx, Descriptor, Effect, Event, Own, Protocol, Reader, Seat,
};
use semper_exchange::fair::mail::Sending;
use semper_exchange::fair::party::{Party, Standing};
use semper_support::access::{Action, Revealed};
use semper_support::tinguin::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::permit_owner;
use super::standing::language;
use super::{Desk, fees, idle, keys, notaries, rows, text};
use file::Paper;
use run::{Run, apply, question_id};

pub use run::{PACKET, check_packet};

/// More questions than an exchange has open at one time.
const ASKED_MAX: usize = 16;

/// A contract or mail that is known here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// Hash of the agreement, if an older program saw the owner sign it: since then it stands in the run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    agreement: Option<Hash>,
    /// When it came here.
    came: Timestamp,
    /// The contract file.
    file: Blob64,
    /// Our place among the parties.
    place: u8,
}

/// A promise that came too early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Early {
    from: PeerId,
    statement: String,
}

/// Mails and contracts have lists of their own.
fn record_key(table: &'static str, xid: Xid) -> Key {
    Key::new(table, xid)
}

fn table(x: &Descriptor) -> &'static str {
    if x.core.mail.is_some() { "mail" } else { "contract" }
}

fn early_key(xid: Xid) -> Key {
    Key::new("early", xid)
}

/// The exchange that a question's asker or a timer names, if it is one of these.
#[must_use]
pub fn id_of(key: &str) -> Option<Xid> {
    run::xid_of(key)
}

impl Record {
    fn load(xid: Xid, desk: &Desk<'_, '_>) -> Result<Option<Self>, Error> {
        match rows::get(desk.tx, &record_key("contract", xid))? {
            Some(record) => Ok(Some(record)),
            None => Ok(rows::get(desk.tx, &record_key("mail", xid))?),
        }
    }

    fn store(&self, x: &Descriptor, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(rows::put(desk.tx, record_key(table(x), x.xid), self)?)
    }

    fn read(&self) -> Result<Paper, Error> {
        Ok(Paper::read(&self.file.0).map_err(|e| semper_base::Fault::new(Code::DatabaseCorrupt, e.to_string()))?)
    }
}

/// The exact bytes of X in the file of a contract or mail.
fn descriptor_in_file(xid: Xid, desk: &Desk<'_, '_>) -> Result<Option<Vec<u8>>, Error> {
    let Some(record) = Record::load(xid, desk)? else { return Ok(None) };
    let found = file::descriptor(&record.file.0);
    Ok(Some(found.map_err(|e| semper_base::Fault::new(Code::DatabaseCorrupt, e.to_string()))?))
}

/// The commands about contracts; none if it is none of them.
pub fn command(word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
    Ok(Some(match word {
        "contract" => show::one(&one_of(request, desk)?.1, desk)?,
        "contract-abort" => wished(request, Command::Abort, desk)?,
        "contract-bill" => payments::bill(request, desk)?,
        "contract-card" => make::card(desk)?,
        "contract-claim" => payments::settle(false, request, desk)?,
        "contract-done" => payments::settle(true, request, desk)?,
        "contract-export" => {
            let (xid, record) = one_of(request, desk)?;
            match request.get("part").and_then(Value::as_u64) {
                Some(part) => pack::payment(xid, &record, part, desk)?,
                None => pack::export(xid, &record, desk)?,
            }
        }
        "contract-file" => json!({ "file": one_of(request, desk)?.1.file }),
        "contract-new" => new(request, desk)?,
        "contract-pay" => payments::pay(request, desk)?,
        "contract-read" => deal::read(request, desk)?,
        "contract-resolve" => wished(request, Command::Resolve, desk)?,
        "contract-seal" => deal::seal(request, desk)?,
        "contract-resume" => wished(request, Command::Status, desk)?,
        "contract-sign" => sign(request, desk)?,
        "contract-take" => take(request, desk)?,
        "contracts" => list(desk)?,
        "notaries" | "notary-drop" | "notary-prefer" => return notaries::command(word, request, desk),
        other => return mail::command(other, request, desk),
    }))
}

/// `{"command":"contracts"}`: every contract, newest last.
fn list(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Deals);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let mut contracts = Vec::new();
    for (key, row) in desk.tx.scan("contract/", CONTRACTS_LISTED_MAX)? {
        let record: Record = rows::parse(&key, &row)?;
        contracts.push((record.came, show::one(&record, desk)?));
    }
    contracts.sort_by_key(|(came, _)| *came);
    let contracts: Vec<Value> = contracts.into_iter().map(|(_, contract)| contract).collect();
    Ok(json!({ "contracts": contracts }))
}

/// An exchange of ours whose register is a notary.
#[derive(Clone, Debug)]
pub struct Ours {
    /// Our place among the parties.
    pub place: u8,
    /// Where we stand; none if our owner was never asked.
    pub standing: Option<Standing>,
    /// X.
    pub x: Descriptor,
}

/// The exchange with this id, if it is one of ours.
pub fn ours(xid: Xid, desk: &Desk<'_, '_>) -> Result<Option<Ours>, Error> {
    let Some(record) = Record::load(xid, desk)? else { return Ok(None) };
    let standing = Run::<Party>::load(desk.tx, xid)?.map(|run| run.machine.standing());
    Ok(Some(Ours { place: record.place, standing, x: record.read()?.x }))
}

fn one_of(request: &Value, desk: &Desk<'_, '_>) -> Result<(Xid, Record), Error> {
    named(request, "contract", desk)
}

/// The contract or mail that a command names, by its whole id or a beginning that fits only one.
fn named(request: &Value, table: &str, desk: &Desk<'_, '_>) -> Result<(Xid, Record), Error> {
    let wanted = text(request, table)?;
    let found = desk.tx.scan(&format!("{table}/{wanted}"), 2)?;
    match found.as_slice() {
        [(key, row)] if !wanted.is_empty() => {
            let xid = key.0.split_once('/').and_then(|(_, id)| Hash::from_hex(id)).map(Xid);
            let xid = xid.ok_or_else(|| semper_base::Fault::new(Code::DatabaseCorrupt, key.0.clone()))?;
            Ok((xid, rows::parse(key, row)?))
        }
        [] => {
            let text = format!("no {table} {wanted}; `semper {table} list` shows them");
            Err(Misuse::new(Code::NotFound, text).into())
        }
        _ => {
            let text = format!("{wanted:?} fits more than one {table}; give more of it");
            Err(Misuse::new(Code::Usage, text).into())
        }
    }
}

/// `{"command":"contract-new","title","text"|"document","with":[{"link"}|{"certificate"}],"parts"?:[FILE],"optimistic"?,"expires_ms"?}`.
fn new(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let read = make::make(request, desk)?;
    let record = keep(&read, 0, desk)?;
    let mut shown = show::one(&record, desk)?;
    if let Value::Object(members) = &mut shown {
        super::board::extend(members, json!({ "file": record.file }));
    }
    Ok(shown)
}

fn keep(read: &Paper, place: u8, desk: &mut Desk<'_, '_>) -> Result<Record, Error> {
    for der in &read.certificates {
        keys::keep_certificate(der, desk);
    }
    let record = Record { agreement: None, came: desk.cx.now, file: Blob64(read.bytes.clone()), place };
    record.store(&read.x, desk)?;
    Ok(record)
}

/// `{"command":"contract-take","file"}`: keeps a contract file to be looked at; nobody is asked.
fn take(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let read = read_file(request)?;
    let place = own_place(&read.x, desk)?;
    let record = match Record::load(read.x.xid, desk)? {
        Some(record) => record,
        None => keep(&read, place, desk)?,
    };
    show::one(&record, desk)
}

fn read_file(request: &Value) -> Result<Paper, Error> {
    let file = file::blob(request.get("file"), "file")?;
    Ok(Paper::read(&file).map_err(|why| Misuse::new(Code::FileWrong, format!("contract file: {why}")))?)
}

/// `{"command":"contract-sign","file"|"contract","document"?}`: the owner is asked to agree, and what is due
/// begins. Asked again, nothing is begun twice.
fn sign(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let read = match request.get("file") {
        Some(file) => {
            let file = file::blob(Some(file), "file")?;
            Paper::read(&file).map_err(|why| Misuse::new(Code::FileWrong, format!("contract file: {why}")))?
        }
        None => one_of(request, desk)?.1.read()?,
    };
    if read.x.core.mail.is_some() {
        return Err(Misuse::new(Code::FileWrong, "this is certified mail: `semper mail take`").into());
    }
    if let Some(document) = request.get("document") {
        check_document(&read, document)?;
    }
    let xid = read.x.xid;
    let place = own_place(&read.x, desk)?;
    let record = match Record::load(xid, desk)? {
        Some(record) => record,
        None => keep(&read, place, desk)?,
    };
    if Run::<Party>::load(desk.tx, xid)?.is_none() {
        begin(&read, place, None, desk)?;
    }
    show::one(&record, desk)
}

/// The document in the owner's hands must be the one that the contract names.
fn check_document(read: &Paper, document: &Value) -> Result<(), Error> {
    let hash = document.get("hash").and_then(Value::as_str).and_then(Hash::from_hex);
    match &read.terms.contract.file {
        Some(file) if Some(file.hash) == hash => Ok(()),
        Some(file) => {
            let text = format!("this is not the document that the contract names ({}, {})", file.name, file.hash);
            Err(Misuse::new(Code::FileWrong, text).into())
        }
        None => Err(Misuse::new(Code::Usage, "the contract has its text in it and names no document").into()),
    }
}

fn own_place(x: &Descriptor, desk: &Desk<'_, '_>) -> Result<u8, Error> {
    let identity = keys::identity(desk.tx, CertificateKind::Statement)?;
    let identity = identity.ok_or_else(|| Misuse::new(Code::KeyMissing, "not enrolled yet"))?;
    match x.seat(&identity.key) {
        Some(Seat::Party(place)) => Ok(place),
        _ => {
            Err(Misuse::new(Code::RoleUnfit, "this contract is not for the key that this party signs with now").into())
        }
    }
}

/// Looks whether everybody is who they are said to be, then has the owner asked. Whoever sends a mail has what
/// only the sender has.
fn begin(read: &Paper, place: u8, sending: Option<Sending>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let x = &read.x;
    let core = &x.core;
    // Who never heard of this notary, or takes it no more, is bound by nothing that it would decide.
    let notary = notaries::require(&core.notary.key, &read.terms.contract.notary.name, desk)?;
    notary.fees.check(core)?;
    if !core.protocol.collects() {
        fees::check_heard(&notary, desk.cx.now)?;
    }
    if core.deadlines.expires <= desk.cx.now {
        return Err(Misuse::new(Code::Expired, "nobody can sign this contract any more").into());
    }
    if core.opened > desk.cx.now.plus(core.deadlines.skew_ms) {
        return Err(Misuse::new(Code::NotYetValid, "the contract is dated in the future").into());
    }
    let trust = keys::trust_now(desk)?.ok_or_else(|| Misuse::new(Code::KeyMissing, "no root yet"))?;
    let unfit = |why: &Violation| Misuse::new(why.code(), format!("somebody in this contract: {why}"));
    read.check_names(&trust, desk).map_err(|why| unfit(&why))?;
    let direct = matches!(core.protocol, Protocol::Cm | Protocol::Cs2);
    if direct && place == 0 && run::linked(x, Seat::Party(1), desk)?.is_none() {
        return Err(Misuse::new(Code::NotFound, "no link to the other party, over which this runs").into());
    }
    let cx = Cx { base: *desk.cx, author: None };
    let mut effects = Vec::new();
    let certificate = read.terms.contract.parties.get(usize::from(place)).and_then(|party| party.certificate);
    let own = Own { place, certificate, language: language(desk)?, terms: read.terms.clone() };
    let machine = match (sending, read.parcel.clone()) {
        (Some(sending), _) => Party::send(own, sending, x, &cx, &mut effects)?,
        (None, Some(parcel)) => Party::receive(own, parcel, x, &cx, &mut effects)?,
        (None, None) if x.core.deal.is_some() => {
            payments::check(x, place, desk)?;
            Party::deal(own, deal::stock(read, place, desk)?, x, &cx, &mut effects)?
        }
        (None, None) => Party::start(own, x, &cx, &mut effects)?,
    };
    let run = Run::of_file(machine);
    apply(&run, x, None, effects, desk)?;
    run.store(x.xid, run.machine.deadline(), desk)?;
    let x = Arc::new(x.clone());
    run::remember(&x, desk);
    late(&x, desk)
}

/// A promise that came before we knew of the contract counts now.
fn late(x: &Arc<Descriptor>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(early) = rows::get::<Early>(desk.tx, &early_key(x.xid))? else { return Ok(()) };
    forget_early(&early_key(x.xid), desk);
    let (by, promise) = Reader { x, crypto: desk.cx.crypto }.party(&early.statement)?;
    let (descriptor, content) = (Arc::clone(x), Checked::Promise { by, promise });
    let packet = CheckedPacket { descriptor, signer: Some(Seat::Party(by)), content };
    self::packet(early.from, packet, desk)
}

fn forget_early(key: &Key, desk: &mut Desk<'_, '_>) {
    desk.tx.delete(key.clone());
    desk.tx.push(Write::Timer(key.clone(), None));
}

/// What the owner wishes of a contract that is being signed.
fn wished(request: &Value, command: Command, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (xid, record) = one_of(request, desk)?;
    if wish(xid, &record, command, desk)? {
        return show::one(&record, desk);
    }
    Ok(json!({ "contract": xid, "word": "withdrawn", "sentence": "Dropped; nothing was signed." }))
}

/// The same of a mail too; false if it was only dropped.
fn wish(xid: Xid, record: &Record, command: Command, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    match Run::<Party>::load(desk.tx, xid)? {
        Some(run) if run.machine.standing().is_final() && command == Command::Status => {}
        Some(run) => step(xid, run, &Event::Command(command), desk)?,
        // Nobody was asked and nothing was sent: it is only dropped.
        None if command == Command::Abort => {
            desk.tx.delete(record_key(table(&record.read()?.x), xid));
            return Ok(false);
        }
        None => return Err(Misuse::new(Code::StateWrong, "nothing was signed yet").into()),
    }
    Ok(true)
}

/// A packet of a contract.
pub fn packet(from: PeerId, packet: CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let x = packet.descriptor.clone();
    let Some(mut run) = Run::<Party>::load(desk.tx, x.xid)? else { return early(from, &packet, desk) };
    let seat = packet.signer.or_else(|| run.seat(&x, from));
    let seat = seat.ok_or_else(|| Violation::new(Code::PeerWrong, "no party of this exchange"))?;
    // What the notary passes on in rounds does not say where its signer is met.
    if x.core.protocol != Protocol::CsnC || packet.signer == Some(Seat::Notary) {
        run.bind_signer(&packet, from, desk.cx.now);
    }
    step_with(run, &x, &Event::Message { from: seat, content: packet.content }, desk)
}

/// Something about a contract of which our owner has not heard yet: a promise of whoever begins waits for a
/// while, anything else is out of turn.
fn early(from: PeerId, packet: &CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let (x, unknown) = (&packet.descriptor, || Violation::new(Code::XidWrong, "no such exchange"));
    let Checked::Promise { by: 0, promise } = &packet.content else { return Err(unknown().into()) };
    let ours = keys::identity(desk.tx, CertificateKind::Statement)?.map(|identity| identity.key);
    let direct = matches!(x.core.protocol, Protocol::Cm | Protocol::Cs2);
    let for_us = ours.and_then(|key| x.seat(&key)) == Some(Seat::Party(1)) && direct;
    if !for_us || x.core.deadlines.expires <= desk.cx.now {
        return Err(unknown().into());
    }
    let key = early_key(x.xid);
    if desk.tx.get(&key)?.is_none() {
        if desk.tx.scan("early/", EARLY_PROMISES_MAX)?.len() >= EARLY_PROMISES_MAX {
            return Err(Violation::new(Code::TooMany, "promises that nobody has looked at").into());
        }
        idle::count(from, desk)?;
        let text = if x.core.mail.is_some() {
            "Somebody sends certified mail to this party. `semper mail take` with its file."
        } else {
            "Somebody has promised to sign a contract with this party. `semper contract sign` with its file."
        };
        desk.tell("contract-promised", x.xid, text);
    }
    desk.tx.push(Write::Timer(key.clone(), Some(x.core.deadlines.expires)));
    Ok(rows::put(desk.tx, key, &Early { from, statement: promise.text.clone() })?)
}

/// The owner's answer to a question about a contract.
pub fn answer(xid: Xid, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let kind = Kind::from_word(&answer.question.kind);
    let kind = kind.ok_or_else(|| Misuse::new(Code::KindUnknown, answer.question.kind.clone()))?;
    let mut run = load(xid, desk)?;
    let event = match &answer.outcome {
        Outcome::Signed { statement, .. } => {
            if matches!(kind, Kind::Agreement | Kind::Dispatch | Kind::JointDeal | Kind::Reception) {
                run.follows = Some(Hash::of(statement.as_bytes()));
            }
            Event::Signed(kind, statement.clone())
        }
        Outcome::Declined { .. } => Event::Declined(kind),
        // A fault, never a no: the question stays open.
        Outcome::CouldNotAsk => return Ok(()),
    };
    step(xid, run, &event, desk)
}

/// A timer of a contract; none if it is none of ours.
pub fn timer(key: &Key, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    if key.0.starts_with("early/") {
        forget_early(key, desk);
        return Ok(true);
    }
    match id_of(&key.0) {
        Some(xid) => step(xid, load(xid, desk)?, &Event::Deadline, desk).map(|()| true),
        None => Ok(false),
    }
}

fn load(xid: Xid, desk: &Desk<'_, '_>) -> Result<Run<Party>, Error> {
    Run::load(desk.tx, xid)?.ok_or_else(|| Violation::new(Code::XidWrong, "no such exchange").into())
}

fn step(xid: Xid, run: Run<Party>, event: &Event, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let x = run.known_x(xid, desk)?;
    step_with(run, &x, event, desk)
}

/// Nothing is left to be asked.
fn withdraw(xid: Xid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (key, _) in desk.tx.scan(&question_key(&question_id(xid, "")).0, ASKED_MAX)? {
        if let Some(id) = key.0.strip_prefix("ask/") {
            desk.tx.push(Write::Unask(id.to_owned()));
        }
    }
    Ok(())
}

/// One step of our machine.
fn step_with(mut run: Run<Party>, x: &Descriptor, event: &Event, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let cx = Cx { base: *desk.cx, author: None };
    let (mut effects, was) = (Vec::new(), run.machine.standing());
    match run.machine.clone().step(event, x, &cx, &mut effects)? {
        Step::Reject(_, violation) => Err(violation.into()),
        Step::Advance(machine) => {
            run.machine = machine;
            if run.follows.is_none() && effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })) {
                run.follows = Record::load(x.xid, desk)?.and_then(|record| record.agreement);
            }
            apply(&run, x, run.follows, effects, desk)?;
            if run.machine.standing().is_final() {
                withdraw(x.xid, desk)?;
            }
            run.store(x.xid, run.machine.deadline(), desk)?;
            payments::follow(&run, x, was, desk)
        }
    }
}
