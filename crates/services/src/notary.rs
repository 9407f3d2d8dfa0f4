//! The notary: one machine per exchange, a signing key, a sealing key, a stamping key. It holds no goods and
//! no names.

mod contracts;
mod ended;
mod fees;
mod relay;
mod stamp;

use semper_base::code::Code;
use semper_base::{Error, Key, Misuse, PeerId, Role, Violation, json};
use semper_blocks::certificate::{Kind, Valid};
use semper_driver::service::Answer;
use semper_exchange::fair::dgp::notary::Notary as Machine;
use semper_exchange::fair::dgp::{CheckedPacket, Cx, Event, Slot};
use semper_exchange::fair::frame;
use serde_json::{Value, json as value};

use crate::bank::{AccountOpened, kinds as bank};
use crate::common::exchange::{PACKET, Run, apply, check_packet, rows_of, xid_of};
use crate::common::stamps::{self, StampRequest};
use crate::common::{Desk, Logic, Look, hello, keys, pay, rows, signing, unknown_command};
use crate::wallet::purse;

/// Exchanges that one answer counts.
const COUNTED_MAX: usize = 4_000;
/// Exchanges that one answer names.
const NAMED_MAX: usize = 50;

/// The notary.
#[derive(Clone, Debug)]
pub struct Notary;

/// A checked message.
#[derive(Clone, Debug)]
pub enum Message {
    /// Our account is open.
    Account(AccountOpened),
    /// Of an exchange whose register is this notary.
    Fair(Box<frame::CheckedPacket>),
    /// Of an exchange.
    Packet(Box<CheckedPacket>),
    /// Of our bank, about a transfer.
    Pay(pay::FromBank),
    /// Somebody wants a time stamp.
    Stamp(StampRequest),
}

impl Logic for Notary {
    type Message = Message;

    fn role(&self) -> Role {
        Role::Notary
    }

    fn check(&self, kind: &str, body: &[u8], look: &Look<'_>) -> Result<Message, Violation> {
        match kind {
            PACKET => Ok(Message::Packet(Box::new(check_packet(body, look)?))),
            signing::PACKET => Ok(Message::Fair(Box::new(signing::check_packet(body, look)?))),
            stamps::kinds::REQUEST => Ok(Message::Stamp(stamps::check_request(body)?)),
            bank::OPENED => Ok(Message::Account(json::read(body)?)),
            other => match pay::check(other, body, look)? {
                Some(message) => Ok(Message::Pay(message)),
                None => Err(Violation::new(Code::KindUnknown, other)),
            },
        }
    }

    fn valids<'m>(&self, message: &'m Message) -> Vec<&'m Valid> {
        match message {
            Message::Pay(message) => message.valids(),
            Message::Account(_) | Message::Fair(_) | Message::Packet(_) | Message::Stamp(_) => Vec::new(),
        }
    }

    fn message(&self, from: PeerId, message: Message, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        match message {
            Message::Account(opened) => purse::opened(from, &opened, desk),
            Message::Fair(packet) => contracts::packet(from, *packet, desk),
            Message::Packet(packet) => self::packet(from, *packet, desk),
            Message::Pay(message) => pay::message(self, from, message, desk),
            Message::Stamp(request) => stamp::message(from, &request, desk),
        }
    }

    fn command(&self, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
        match word {
            "contracts" => ended::list(request, desk),
            "fees" => fees::command(request, desk),
            "open-account" => purse::open(Role::Notary, request, desk),
            "purse" => purse::show(desk),
            "requests" => requests(request, desk),
            "rows" => {
                let mut all = rows_of(request, &Slot::NOTARY.map(Slot::word), desk)?;
                if let Some(Value::Array(rows)) = all.get_mut("rows") {
                    rows.extend(contracts::rows_of(request, desk)?);
                }
                Ok(all)
            }
            "stamp" => stamp::command(request, desk),
            "stamps" => stamp::show(desk),
            other => pay::command(Role::Notary, other, request, desk)?.ok_or_else(|| unknown_command(other)),
        }
    }

    fn money(&self, news: &pay::News, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        fees::money(news, desk)
    }

    fn answer(&self, _answer: &Answer, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn timer(&self, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if pay::timer(key, desk)? { Ok(()) } else { contracts::timer(key, desk) }
    }

    fn start(&self, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn met(&self, _link: &str, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

/// A packet of an exchange.
fn packet(from: PeerId, packet: CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let author = keys::author(Role::Notary, desk.tx, desk.cx)?;
    let x = &packet.descriptor;
    if x.core.notary.key != author.public {
        return Err(Violation::new(Code::RegisterWrong, "another notary").into());
    }
    let signer = packet.signer.ok_or_else(|| Violation::new(Code::RoleWrong, "unsigned"))?;
    // Without its bank nobody could be helped, and whoever made up a bank would only fill our rows.
    if !hello::is_linked(x.key(Role::Bank)?, Role::Bank, desk)? {
        return Err(Violation::new(Code::RegisterWrong, "a bank that this notary is not connected with").into());
    }
    let mut run = Run::load(desk.tx, x.xid)?.unwrap_or_else(|| Run::new(x, Machine::default()));
    run.bind_signer(&packet, from, desk.cx.now);
    let seal = keys::identity(desk.tx, Kind::Seal)?;
    let seal = seal.ok_or_else(|| Misuse::new(Code::KeyMissing, "the sealing key is not certified yet"))?;
    let seal = keys::pair(desk.tx, desk.cx, seal.key)?;
    if x.core.notary_seal != seal.public {
        return Err(Violation::new(Code::RegisterWrong, "another sealing key").into());
    }
    let cx = Cx { base: *desk.cx, author: Some(&author) };
    let mut effects = Vec::new();
    let event = Event::Message { from: signer, content: packet.content };
    let run = run.stepped(|machine| machine.step(&event, x, &seal, &cx, &mut effects))?;
    apply(&run, x, &Slot::NOTARY, effects, desk)?;
    // Nothing decided, nothing to remember: a question alone costs us no row.
    if run.machine == Machine::default() { Ok(()) } else { Ok(run.store(x.xid, None, desk)?) }
}

/// `{"command":"requests","after"?}`: every exchange in which this notary was asked and decided something.
fn requests(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let after = request.get("after").and_then(Value::as_str).map(|after| Key::new("dgp", after));
    let found = desk.tx.scan_after("dgp/", after.as_ref(), COUNTED_MAX)?;
    let mut counts = std::collections::BTreeMap::<&str, u64>::new();
    let mut lines = Vec::new();
    for (key, row) in &found {
        let run: Run<Machine> = rows::parse(key, row)?;
        let (word, complaint) = (run.machine.word(), run.machine.has_complaint());
        *counts.entry(word).or_default() += 1;
        if complaint {
            *counts.entry("wrong-file").or_default() += 1;
        }
        let Some(xid) = xid_of(key) else { continue };
        lines.push((run.x(xid, desk.tx)?.core.opened, xid, word, complaint));
    }
    lines.sort_unstable_by(|a, b| b.cmp(a));
    let open = counts.get("opening").copied().unwrap_or(0);
    let lines = lines.iter().take(NAMED_MAX).map(
        |(opened, xid, word, complaint)| value!({ "xid": xid, "opened": opened, "word": word, "complaint": complaint }),
    );
    let next = found.last().filter(|_| found.len() == COUNTED_MAX).and_then(|(key, _)| key.0.strip_prefix("dgp/"));
    Ok(
        value!({ "counts": counts, "open": open, "requests": lines.collect::<Vec<_>>(), "next": next, "time": desk.cx.now }),
    )
}
