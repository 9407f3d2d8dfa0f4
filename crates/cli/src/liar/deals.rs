//! Lies about the money and the keys of joint deals.

use semper_base::tx::Body;
use semper_base::{Amount, Error, PeerId, Role, Write};
use semper_blocks::statement::{About, danger_typed_unverified};
use semper_exchange::fair::frame;
use semper_exchange::fair::lock::{Content, Lock, Packet, statements as st};
use semper_services::common::locks::Side;
use semper_services::common::locks::run::{PACKET, Run, send_to};
use semper_services::common::{Desk, hello, keys, signing};

use crate::words::{pass_on, say};

/// A packet about a lock that is about to leave.
fn leaving(write: &Write) -> Option<(PeerId, Content, Lock)> {
    let Write::Send { to, kind: PACKET, body: Body::Inline(body) } = write else { return None };
    let Packet { content, descriptor } = serde_json::from_slice(body).ok()?;
    Some((*to, content, Lock::read(&descriptor.0).ok()?))
}

/// A party gives the notary its signature, and whatever it gives.
fn submits(write: &Write) -> bool {
    let Write::Send { kind: signing::PACKET, body: Body::Inline(body), .. } = write else { return false };
    let packet = serde_json::from_slice::<frame::Packet>(body);
    packet.is_ok_and(|packet| matches!(packet.content, frame::Content::Submission { .. }))
}

/// Signs about a lock with one of its own keys.
fn signed<B: semper_blocks::statement::Body>(
    key: semper_base::KeyId,
    lock: &Lock,
    body: B,
    desk: &Desk<'_, '_>,
) -> Result<String, Error> {
    let author = keys::plain_author(Role::Party, key, desk.tx, desk.cx)?;
    Ok(author.answer(desk.cx, About::exchange(lock.xid, vec![lock.core.holder.key.id()]), body)?.text)
}

/// Orders the bank to lock a cent.
pub(crate) fn lock_less(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        let Some((to, Content::Lock { debit, statement }, lock)) = leaving(&write) else {
            pass_on(vec![write], desk);
            continue;
        };
        say("Orders the bank to lock a cent in place of the price.", desk);
        let amount = Amount::new(1, lock.core.amount.currency())?;
        let order = danger_typed_unverified::<st::Lock>(&statement)?.body;
        let statement = signed(lock.core.payer.id(), &lock, st::Lock { amount, ..order }, desk)?;
        let debit = danger_typed_unverified::<st::LockDebit>(&debit)?.body;
        let named = semper_base::Hash::of(statement.as_bytes());
        let key = debit.account_key.id();
        let debit = signed(key, &lock, st::LockDebit { amount, lock: named, ..debit }, desk)?;
        send_to(to, &lock, Content::Lock { debit, statement }, desk)?;
    }
    Ok(())
}

/// Has submitted, and asks the bank for the money back all the same.
pub(crate) fn take_back(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let is_over = writes.iter().any(submits);
    pass_on(writes, desk);
    if !is_over {
        return Ok(());
    }
    for (_, row) in desk.tx.scan("lock/", 8)? {
        let Ok(run) = serde_json::from_slice::<Run<Side>>(&row) else { continue };
        let lock = run.lock()?;
        if let Side::Payer(_) = run.machine {
            say("Has signed, and asks the bank for its money back.", desk);
            let body = st::GiveBack { amount: lock.core.amount };
            let statement = signed(lock.core.payer.id(), &lock, body, desk)?;
            let bank = hello::met_at("bank", desk)?.peer;
            send_to(bank, &lock, Content::GiveBack { shown: None, statement }, desk)?;
        }
    }
    Ok(())
}

/// Signs, and gives the notary nothing.
#[expect(clippy::unnecessary_wraps, reason = "what every lie gives back")]
pub(crate) fn keep_key(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        if submits(&write) {
            say("Has signed, and keeps signature and key to itself.", desk);
        } else {
            pass_on(vec![write], desk);
        }
    }
    Ok(())
}

/// Claims the money as soon as it has signed, though nobody has decided.
pub(crate) fn claim_undecided(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let signs = writes.iter().any(submits);
    pass_on(writes, desk);
    if !signs {
        return Ok(());
    }
    for (_, row) in desk.tx.scan("lock/", 8)? {
        let Ok(run) = serde_json::from_slice::<Run<Side>>(&row) else { continue };
        let lock = run.lock()?;
        // The machine keeps account and salt to itself; its row has them.
        let row: serde_json::Value = serde_json::from_slice(&row).unwrap_or_default();
        let Some(own) = row.pointer("/machine/Payee") else { continue };
        let (account, salt) = (own.get("account").cloned(), own.get("salt").cloned());
        let read = |value: Option<serde_json::Value>| value.unwrap_or_default();
        let (Ok(account), Ok(salt)) = (serde_json::from_value(read(account)), serde_json::from_value(read(salt)))
        else {
            continue;
        };
        say("Claims the money, though nobody has decided.", desk);
        let body = st::Claim { account, preimage: None, salt };
        let statement = signed(lock.core.payee.id(), &lock, body, desk)?;
        let bank = hello::met_at("bank", desk)?.peer;
        send_to(bank, &lock, Content::Claim { shown: None, statement }, desk)?;
    }
    Ok(())
}
