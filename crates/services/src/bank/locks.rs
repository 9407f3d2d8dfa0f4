//! Locks at the bank: money set aside under a condition, and the one row that frees it.
//!
//! ```text
//! lock/ID                     the run, see common::locks::run; also the timer that lets the money go back
//! (ID, SLOT)                  register rows: locked; consigned, arrived, disputed; claimed, divided or returned
//! lock-open/ACCOUNT/ID        locks of an account that have not ended
//! lock-payee/KEYID/ID         locks by their payee's key
//! lock-watch/KEYID            Watching: who is told of locks for this payee's key
//! lock-watches/PEER/END-KEYID the keys that a peer waits for, the soonest to end first
//! ```
//!
//! The bank knows amount, condition and accounts, and never what the money is for: not the letter that a
//! preimage opens, and of a notary's decision no more than what is signed.

use semper_base::code::Code;
use semper_base::limits::{LOCK_WATCHES_MAX, LOCKS_OPEN_MAX};
use semper_base::{Error, Hash, Key, KeyId, Millis, PeerId, Role, Step, Timestamp, Violation, Xid, json};
use semper_blocks::statement::{Kind, Statement};
use semper_exchange::fair::lock::statements::LockWatch;
use semper_exchange::fair::lock::{Checked, CheckedPacket, Content, Cx, Event, Holder, Lock, Money, Seat};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ledger, lists, verified_under};
use crate::common::locks::run::{Run, apply, id_of, send_to};
use crate::common::{Desk, Look, idle, keys, rows};

/// Tolerated difference of clocks.
const SKEW: Millis = Millis::seconds(120);
/// Waits that ran out and are removed for each new one.
const SWEPT_PER_WATCH: usize = 4;

/// A payee waits for locks: the message that carries a signed [`LockWatch`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// The statement.
    pub statement: String,
}

/// Who is told of locks for a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Watching {
    /// When the newest wish was made: only a newer one moves it to another peer.
    asked: Timestamp,
    peer: PeerId,
    until: Timestamp,
}

/// Checks a wish to be told of locks, without state.
pub(super) fn check_watch(body: &[u8], look: &Look<'_>) -> Result<Statement<LockWatch>, Violation> {
    let watch: Watch = json::read(body)?;
    let statement: Statement<LockWatch> = verified_under("payee", &watch.statement, look)?;
    statement.meta.check_time(look.now, SKEW)?;
    Ok(statement)
}

/// A payee wants to hear of locks for its key; it hears at once of those that there are.
pub(super) fn watch(from: PeerId, wish: &Statement<LockWatch>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let own = keys::author(Role::Bank, desk.tx, desk.cx)?.public.id();
    if wish.meta.to != [own] {
        return Err(Violation::new(Code::RegisterWrong, "another bank").into());
    }
    let key = wish.body.payee.id();
    let known: Option<Watching> = rows::get(desk.tx, &watch_row(&key))?;
    match &known {
        // Whoever has a copy of an old wish does not hear what its maker hears.
        Some(known) if wish.meta.issued < known.asked || (wish.meta.issued == known.asked && known.peer != from) => {
            return Err(Violation::new(Code::PeerWrong, "there is a newer one").into());
        }
        Some(known) => desk.tx.delete(waits_row(&key, known)),
        None => {
            make_room(from, desk)?;
            idle::count(from, desk)?;
        }
    }
    let watching = Watching { asked: wish.meta.issued, peer: from, until: wish.meta.expires };
    rows::put(desk.tx, waits_row(&key, &watching), &key)?;
    rows::put(desk.tx, watch_row(&key), &watching)?;
    for (row, _) in desk.tx.scan(&format!("lock-payee/{key}/"), LOCKS_OPEN_MAX)? {
        let id = row.0.rsplit_once('/').and_then(|(_, id)| Hash::from_hex(id)).map(Xid);
        let Some(run) = id.map(|id| Run::<Holder>::load(desk.tx, id)).transpose()?.flatten() else { continue };
        say_again(from, &run, desk)?;
    }
    Ok(())
}

/// Removes a few of a peer's waits that ran out; refuses one that waits for too much.
fn make_room(peer: PeerId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let prefix = format!("lock-watches/{peer}/");
    let all = desk.tx.scan(&prefix, LOCK_WATCHES_MAX)?;
    let mut ended = 0;
    for (row, value) in all.iter().take(SWEPT_PER_WATCH) {
        let key: KeyId = rows::parse(row, value)?;
        let watching: Option<Watching> = rows::get(desk.tx, &watch_row(&key))?;
        if watching.is_none_or(|watching| watching.until < desk.cx.now) {
            desk.tx.delete(watch_row(&key));
            desk.tx.delete(row.clone());
            ended += 1;
        }
    }
    if all.len() - ended >= LOCK_WATCHES_MAX {
        return Err(Violation::new(Code::TooManyOpen, "waits for locks").into());
    }
    Ok(())
}

/// What the rows of a lock say, once more.
fn say_again(to: PeerId, run: &Run<Holder>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let lock = run.lock()?;
    for content in run.machine.answers() {
        send_to(to, &lock, content, desk)?;
    }
    Ok(())
}

/// A packet about a lock.
pub(super) fn packet(from: PeerId, packet: CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let lock = std::sync::Arc::clone(&packet.lock);
    let known = Run::<Holder>::load(desk.tx, lock.xid)?;
    let signer = match (packet.signer, &packet.content) {
        (Some(signer), _) => signer,
        // The word of carrier or arbiter, whoever brings it.
        (None, Checked::Act { .. }) => {
            let payers = known.as_ref().is_some_and(|run| run.peer(Seat::Payer) == Some(from));
            if payers { Seat::Payer } else { Seat::Payee }
        }
        (None, _) => return Err(Violation::new(Code::RoleWrong, "unsigned").into()),
    };
    let new = known.is_none();
    // Else what nobody pays for could be made to stay for ever.
    if new && lock.core.opened > desk.cx.now.plus(lock.core.skew_ms) {
        return Err(Violation::new(Code::NotYetValid, "opened").into());
    }
    let mut run = known.unwrap_or_else(|| Run::new(&lock, Holder::default()));
    run.bind_signer(&packet, from, desk.cx.now);
    if run.peer(Seat::Payee).is_none() {
        let watching: Option<Watching> = rows::get(desk.tx, &watch_row(&lock.core.payee.id()))?;
        if let Some(watching) = watching {
            run.bind(Seat::Payee, watching.peer);
        }
    }
    if let Some(account) = debited(&packet.content).filter(|_| new)
        && desk.tx.scan(&open_prefix(account), LOCKS_OPEN_MAX)?.len() >= LOCKS_OPEN_MAX
    {
        let refused = Content::Refused { what: Kind::Lock, code: Code::TooManyOpen.number() };
        return send_to(from, &lock, refused, desk);
    }
    let before = run.machine.clone();
    let run = step(run, &lock, &Event::Message { from: signer, content: packet.content }, desk)?;
    // Nothing decided, nothing to remember: a question or a refusal costs us no row.
    if new && run.machine == before {
        return Ok(());
    }
    // Behind what is cancelled before it began there is no money.
    if new && run.machine.word() != "locked" {
        idle::count(from, desk)?;
    }
    keep(&run, &lock, desk)
}

/// The account that is to pay, if that is what is asked.
fn debited(content: &Checked) -> Option<&str> {
    match content {
        Checked::Lock { debit, .. } => Some(&debit.body.account),
        _ => None,
    }
}

/// The time of a lock has come.
pub(super) fn timer(key: &Key, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let Some(id) = id_of(&key.0) else { return Ok(false) };
    if let Some(run) = Run::<Holder>::load(desk.tx, id)? {
        let lock = run.lock()?;
        let run = step(run, &lock, &Event::Deadline, desk)?;
        keep(&run, &lock, desk)?;
    }
    Ok(true)
}

fn keep(run: &Run<Holder>, lock: &Lock, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    Ok(run.store(lock.xid, run.machine.deadline(lock), desk)?)
}

fn step(mut run: Run<Holder>, lock: &Lock, event: &Event, desk: &mut Desk<'_, '_>) -> Result<Run<Holder>, Error> {
    let author = keys::author(Role::Bank, desk.tx, desk.cx)?;
    if lock.core.holder.key != author.public {
        return Err(Violation::new(Code::RegisterWrong, "another bank").into());
    }
    let cx = Cx { base: *desk.cx, author: Some(&author) };
    let mut effects = Vec::new();
    let books = ledger::Books { tx: desk.tx, currency: lock.core.amount.currency() };
    match run.machine.clone().step(event, lock, &books, &cx, &mut effects)? {
        Step::Reject(_, violation) => Err(violation.into()),
        Step::Advance(machine) => {
            run.machine = machine;
            for money in apply(&run, lock, effects, desk)? {
                move_money(lock, &money, desk)?;
            }
            Ok(run)
        }
    }
}

/// Does what a step asks of the books, and keeps count.
fn move_money(lock: &Lock, money: &Money, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let (id, now) = (lock.xid, desk.cx.now);
    let payer = match money {
        Money::Hold { account } => {
            ledger::lock(desk.tx, now, id, account, lock.core.amount)?;
            desk.tx.put(open_row(account, id), Vec::new());
            desk.tx.put(Key::new("lock-payee", format_args!("{}/{id}", lock.core.payee.id())), Vec::new());
            return Ok(());
        }
        Money::Divide { payee: Some(payee), paid, .. } => {
            ledger::unlock(desk.tx, now, id, payee, ledger::Unlock::Split(*paid))?
        }
        Money::Pay { account } => ledger::unlock(desk.tx, now, id, account, ledger::Unlock::Paid)?,
        Money::Divide { payee: None, .. } | Money::Release { .. } => {
            ledger::unlock(desk.tx, now, id, "", ledger::Unlock::Back)?
        }
    };
    desk.tx.delete(open_row(&payer, id));
    Ok(())
}

/// `{"command":"locks"}`: what is locked and has not ended, page by page.
pub(super) fn list(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let (locks, next) = lists::page("lock-open/", request, desk, |key, _| {
        let id = key.0.rsplit_once('/').and_then(|(_, id)| Hash::from_hex(id)).map(Xid);
        let Some(run) = id.map(|id| Run::<Holder>::load(desk.tx, id)).transpose()?.flatten() else { return Ok(None) };
        let (account, lock) = (key.0.split('/').nth(1).unwrap_or_default(), run.lock()?);
        Ok(Some(json!({
            "lock": lock.xid, "account": account, "amount": lock.core.amount.to_string(),
            "until": run.machine.deadline(&lock),
        })))
    })?;
    Ok(json!({ "locks": locks, "next": next }))
}

fn watch_row(key: &KeyId) -> Key {
    Key::new("lock-watch", key)
}

fn waits_row(key: &KeyId, watching: &Watching) -> Key {
    Key::new("lock-watches", format_args!("{}/{:015}-{key}", watching.peer, watching.until.millis()))
}

fn open_prefix(account: &str) -> String {
    format!("lock-open/{account}/")
}

fn open_row(account: &str, id: Xid) -> Key {
    Key::new("lock-open", format_args!("{account}/{id}"))
}
