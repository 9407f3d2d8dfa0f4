//! Lies about parcels and the money that the bank keeps for them.

use semper_base::tx::Body as Carried;
use semper_base::{Blob64, Code, Error, Hash, Key, KeyId, Misuse, Nonce, Role, Write, Xid};
use semper_blocks::certificate::Kind as CertificateKind;
use semper_blocks::statement::{About, Body, Compact, Kind, danger_typed_unverified};
use semper_exchange::fair::lock::escrow::{Goods, statements as st};
use semper_exchange::fair::lock::{Content, Effect, Holder, Lock, Packet, Seat, Slot};
use semper_services::bank::ledger;
use semper_services::common::locks::run::{PACKET, Run, apply, send_to};
use semper_services::common::parcel::kinds::NOTICE;
use semper_services::common::{Desk, hello, keys, locks, text};
use semper_services::shop::Certified;
use serde_json::{Value, json};

use crate::words::{fault, pass_on, say};

/// States that a parcel is on its way, and sends none.
#[expect(clippy::unnecessary_wraps, reason = "what every lie gives back")]
pub(crate) fn ship_nothing(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if writes.iter().any(|write| states(write, Kind::Shipment)) {
        say("States that a parcel is on its way. There is none.", desk);
    }
    pass_on(writes, desk);
    Ok(())
}

/// Complains that nothing came, and has it.
#[expect(clippy::unnecessary_wraps, reason = "what every lie gives back")]
pub(crate) fn deny_parcel(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if writes.iter().any(|write| states(write, Kind::Objection)) {
        say("Has the parcel, and complains that nothing came.", desk);
    }
    pass_on(writes, desk);
    Ok(())
}

/// Whether this write tells the other side something of this kind.
fn states(write: &Write, kind: Kind) -> bool {
    let Write::Send { kind: NOTICE, body: Carried::Inline(body), .. } = write else { return false };
    let Ok(notice) = serde_json::from_slice::<Certified>(body) else { return false };
    Compact::parse(&notice.statement).is_ok_and(|compact| compact.kind() == kind)
}

fn lock_of(cheat: &Value) -> Result<Xid, Error> {
    let lock = Hash::from_hex(text(cheat, "lock")?).map(Xid);
    Ok(lock.ok_or_else(|| Misuse::new(Code::FieldWrong, "lock"))?)
}

fn own_key(desk: &Desk<'_, '_>) -> Result<KeyId, Error> {
    let own = keys::identity(desk.tx, CertificateKind::Statement)?;
    Ok(own.ok_or_else(|| Misuse::new(Code::KeyMissing, "not enrolled yet"))?.key)
}

/// Signs about a lock with one of its own keys, in whatever role.
fn signed<B: Body>(role: Role, key: KeyId, lock: &Lock, body: B, desk: &Desk<'_, '_>) -> Result<String, Error> {
    let author = keys::plain_author(role, key, desk.tx, desk.cx)?;
    Ok(author.answer(desk.cx, About::exchange(lock.xid, vec![lock.core.holder.key.id()]), body)?.text)
}

fn guessed(desk: &Desk<'_, '_>) -> st::HandedOver {
    let mut code = [0; 16];
    desk.cx.crypto.random(&mut code);
    st::HandedOver { at: desk.cx.now, code: Nonce(code) }
}

fn tell_bank(lock: &Lock, statement: String, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let bank = hello::met_at("bank", desk)?.peer;
    send_to(bank, lock, Content::Act { statement }, desk)
}

/// Signs in the carrier's name that the parcel was given away: `{"command":"cheat","lock"}`.
pub(crate) fn forge_word(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let lock = locks::descriptor(lock_of(cheat)?, desk)?;
    say("Signs in the carrier's name that the parcel was given away, and brings that to the bank.", desk);
    let statement = signed(Role::Carrier, own_key(desk)?, &lock, guessed(desk), desk)?;
    tell_bank(&lock, statement, desk)?;
    Ok(Value::Null)
}

/// Says that it gave the parcel away, with a code that it has made up: `{"command":"cheat","waybill"}`.
pub(crate) fn guess_code(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let wrong = || Misuse::new(Code::FieldWrong, "waybill");
    let waybill: Blob64 =
        serde_json::from_value(cheat.get("waybill").cloned().unwrap_or_default()).map_err(|_| wrong())?;
    let lock = Lock::read(&waybill.0)?;
    say("Keeps the parcel, and says that it gave it away, with a pickup code that it has made up.", desk);
    let statement = signed(Role::Carrier, own_key(desk)?, &lock, guessed(desk), desk)?;
    Ok(json!({ "statement": statement }))
}

/// Has approved, and wants the arbiter to decide all the same: `{"command":"cheat","lock"}`.
pub(crate) fn dispute_paid(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let id = lock_of(cheat)?;
    let (lock, side) = (locks::descriptor(id, desk)?, locks::side(id, desk)?);
    let side = side.ok_or_else(|| Misuse::new(Code::NotFound, "lock"))?;
    let mut rows = side.parcel().rows().iter();
    let row = rows.find_map(|told| danger_typed_unverified::<st::Consigned>(&told.statement).ok());
    let consignment = row.ok_or_else(|| Misuse::new(Code::TooEarly, "nothing was consigned"))?.body.consignment;
    say("Has said that all is well and the shop is paid; tells the bank now that it objects.", desk);
    let body = st::Dispute { consignment, evidence: Hash::of(b"a picture of another mug") };
    let statement = signed(Role::Party, lock.core.payer.id(), &lock, body, desk)?;
    tell_bank(&lock, statement, desk)?;
    Ok(Value::Null)
}

/// Forgets what it has ruled, and may so rule once more: `{"command":"cheat","lock"}`.
pub(crate) fn forget_ruling(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let lock = lock_of(cheat)?;
    say("Has ruled for one side, and rules for the other one, too.", desk);
    desk.tx.delete(Key::new("ruling", lock));
    Ok(Value::Null)
}

/// Has the arbiter's ruling, and pays the shop all that it asked for, as if nobody had objected.
pub(crate) fn ignore_ruling(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some((lock, ruling)) = writes.iter().find_map(ruled) else {
        pass_on(writes, desk);
        return Ok(());
    };
    let missing = || Misuse::new(Code::StateWrong, "nothing is disputed");
    let mut run = Run::<Holder>::load(desk.tx, lock.xid)?.ok_or_else(missing)?;
    let mut machine = serde_json::to_value(&run.machine).map_err(|e| fault(&e))?;
    let goods = machine.pointer("/escrow/course/Disputed/goods").cloned().ok_or_else(missing)?;
    let Goods { account, due, .. } = serde_json::from_value(goods).map_err(|e| fault(&e))?;
    say("Has the arbiter's ruling, and pays the shop all of it, as if nobody had objected.", desk);
    let (at, payer) = (desk.cx.now, lock.core.amount.minus(due)?);
    let basis = st::DivideBasis::Unobjected;
    let divided = st::Divided { at, basis, ground: None, payee: due, payer };
    let author = keys::author(Role::Bank, desk.tx, desk.cx)?;
    let about = About::exchange(lock.xid, vec![lock.core.payer.id(), lock.core.payee.id()]);
    let statement = author.answer(desk.cx, about, divided)?.text;
    let told = Content::Escrow { ground: None, statement: statement.clone() };
    let send = |to| Effect::Send { to, content: told.clone() };
    let row = Effect::Row { slot: Slot::Outcome, statement };
    apply(&run, &lock, vec![Effect::Keep(ruling), row, send(Seat::Payer), send(Seat::Payee)], desk)?;
    let rows = machine.pointer_mut("/escrow/told").and_then(Value::as_array_mut).ok_or_else(missing)?;
    rows.push(serde_json::to_value(&told).map_err(|e| fault(&e))?);
    for (path, value) in [("/escrow/is_divided", json!(true)), ("/state", json!("Divided"))] {
        *machine.pointer_mut(path).ok_or_else(missing)? = value;
    }
    run.machine = serde_json::from_value(machine).map_err(|e| fault(&e))?;
    let from = ledger::unlock(desk.tx, at, lock.xid, &account, ledger::Unlock::Split(due))?;
    desk.tx.delete(Key::new("lock-open", format_args!("{from}/{}", lock.xid)));
    Ok(run.store(lock.xid, None, desk)?)
}

/// The lock and the ruling by which this write says that the money is divided.
fn ruled(write: &Write) -> Option<(Lock, String)> {
    let Write::Send { kind: PACKET, body: Carried::Inline(body), .. } = write else { return None };
    let Packet { content, descriptor } = serde_json::from_slice(body).ok()?;
    let Content::Escrow { ground: Some(ruling), statement } = content else { return None };
    let divided = danger_typed_unverified::<st::Divided>(&statement).ok()?;
    (divided.body.basis == st::DivideBasis::Ruled).then_some(())?;
    Some((Lock::read(&descriptor.0).ok()?, ruling))
}
