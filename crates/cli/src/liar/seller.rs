//! Shops that lie.

use semper_base::tx::{Body, ChunkRef};
use semper_base::{Amount, Blob64, Code, Error, Key, Misuse, Role, Write};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::{About, Kind, Statement, danger_typed_unverified};
use semper_commerce::process::purchase::Acceptance;
use semper_exchange::fair::dgp::seller::{Secrets, Seller};
use semper_exchange::fair::dgp::{Content, Descriptor, statements as st};
use semper_services::common::exchange::CHUNK;
use semper_services::common::{Desk, keys, rows};
use semper_services::shop::{Certified, kinds};
use semper_support::crypto::random_secret;
use serde_json::{Value, json};

use crate::lies::TIMER;
use crate::words::{
    Leaving, Swap, fault, keeps, pass_on, request, run_of, say, send_over, statement_of, twist, without,
};

/// Takes the money and never gives the key, whoever asks.
pub(crate) fn keep_key(mut writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    writes.retain(|write| !keeps(write, Kind::PassKey));
    without(writes, "Has the money, and keeps the key to itself.", desk, |content| {
        matches!(content, Content::Key { .. } | Content::PassKey { .. })
    })
}

/// The same, and what it sealed to the notary is garbage.
pub(crate) fn seal_garbage(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if accepts(&writes) {
        say("Signs the contract, and has sealed garbage to the notary in place of the key.", desk);
    }
    keep_key(writes, desk)
}

fn accepts(writes: &[Write]) -> bool {
    writes.iter().any(|write| matches!(write, Write::Send { kind: kinds::ACCEPTANCE, .. }))
}

/// The key gets lost on its way to the buyer; asked through the bank, the shop gives it.
pub(crate) fn lose_key(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    without(writes, "Sends the key, which gets lost on its way.", desk, |content| {
        matches!(content, Content::Key { .. })
    })
}

/// Says when the other file is encrypted.
#[expect(clippy::unnecessary_wraps, reason = "the form of every twist")]
pub(crate) fn send_another_file(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if accepts(&writes) {
        say("Signs the contract, and has encrypted another file than the one that it offered.", desk);
    }
    pass_on(writes, desk);
    Ok(())
}

/// Encrypts another file than the one that is offered: one bit of each chunk differs.
pub(crate) fn another_file(chunk: &ChunkRef, mut data: Vec<u8>) -> Vec<u8> {
    if let (true, Some(byte)) = (chunk.blob.starts_with("goods-"), data.last_mut()) {
        *byte ^= 1;
    }
    data
}

/// Delivers random bytes in place of the encrypted chunks that the contract names.
pub(crate) fn noise(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        match write {
            Write::Send { to, kind: CHUNK, body: Body::Chunk { head, .. } } => {
                let mut message: Value = serde_json::from_slice(&head).map_err(|e| fault(&e))?;
                say("Delivers random bytes in place of an encrypted chunk.", desk);
                let mut data = vec![0_u8; 1024];
                desk.cx.crypto.random(&mut data);
                if let Some(message) = message.as_object_mut() {
                    message.insert("data".to_owned(), json!(Blob64(data)));
                }
                desk.send(to, CHUNK, &message)?;
            }
            other => pass_on(vec![other], desk),
        }
    }
    Ok(())
}

/// Accepts the order at a higher price than was ordered.
pub(crate) fn raise_price(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        match write {
            Write::Send { to, kind: kinds::ACCEPTANCE, body: Body::Inline(body) } => {
                let certified: Certified = serde_json::from_slice(&body).map_err(|e| fault(&e))?;
                say("Accepts the order for 10.00 more than was ordered.", desk);
                let statement = dearer(&danger_typed_unverified(&certified.statement)?, desk)?;
                desk.send(to, kinds::ACCEPTANCE, &Certified { statement, ..certified })?;
            }
            other => pass_on(vec![other], desk),
        }
    }
    Ok(())
}

fn dearer(acceptance: &Statement<Acceptance>, desk: &Desk<'_, '_>) -> Result<String, Error> {
    let x = Descriptor::read(&acceptance.body.descriptor.0)?;
    let mut core = x.core.clone();
    core.amount = core.amount.plus(Amount::new(1000, core.amount.currency())?)?;
    let x = Descriptor::new(&core, &x.escrow_hash)?;
    let body = Acceptance { amount: core.amount, descriptor: Blob64(x.bytes().to_vec()), ..acceptance.body.clone() };
    let about = About { to: acceptance.meta.to.clone(), xid: None, refs: acceptance.meta.refs.clone() };
    Ok(keys::author(Role::Seller, desk.tx, desk.cx)?.answer(desk.cx, about, body)?.text)
}

/// Asks for the money with a mandate that it signed itself.
pub(crate) fn forge_mandate(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (run, x) = run_of::<Seller>(cheat, desk)?;
    say("Signs a mandate in the buyer's name, and asks the bank for the money with it.", desk);
    let key = x.core.seller.id();
    let mandate = st::Mandate { amount: x.core.amount, payee: x.core.payee };
    let mandate = request(Role::Buyer, key, &x, mandate, desk)?;
    let secrets = secrets(&run.machine)?;
    let capture = st::Capture { account: secrets.account, mandate: mandate.hash, salt: secrets.salt };
    let statement = request(Role::Seller, key, &x, capture, desk)?.text;
    send_over("bank", &x, Content::Capture { statement, mandate: mandate.text }, desk)?;
    Ok(Value::Null)
}

fn secrets(machine: &Seller) -> Result<Secrets, Error> {
    let state = serde_json::to_value(machine).map_err(|e| fault(&e))?;
    let secrets = state.get("secrets").cloned().unwrap_or_default();
    Ok(serde_json::from_value(secrets).map_err(|e| fault(&e))?)
}

/// Asks for the money of every later deal with the mandate of the first one.
pub(crate) fn reuse_mandate(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let first = Key::new("lie", "mandate");
    twist(writes, desk, |leaving, desk| {
        let Content::Capture { statement, mandate } = &leaving.content else { return Ok(Swap::Keep) };
        let Some(old) = rows::get::<String>(desk.tx, &first)? else {
            rows::put(desk.tx, first.clone(), mandate)?;
            return Ok(Swap::Keep);
        };
        say("Asks the bank for the money with the mandate of the first deal.", desk);
        let honest: Statement<st::Capture> = danger_typed_unverified(statement)?;
        let named = semper_base::Hash::of(old.as_bytes());
        let capture = st::Capture { mandate: named, ..honest.body };
        let statement = request(Role::Seller, leaving.x.core.seller.id(), &leaving.x, capture, desk)?.text;
        let content = Content::Capture { statement, mandate: old };
        Ok(Swap::Instead(Box::new(Leaving { content, ..leaving.clone() })))
    })
}

/// Asks for the money again: once in the same words, once in new ones.
pub(crate) fn capture_again(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (_, x) = run_of::<Seller>(cheat, desk)?;
    let capture: Statement<st::Capture> = statement_of(x.xid, desk)?;
    let mandate: Statement<st::Mandate> = statement_of(x.xid, desk)?;
    let again = request(Role::Seller, x.core.seller.id(), &x, capture.body.clone(), desk)?;
    for statement in [capture.text, again.text] {
        say("Asks the bank for the same money again.", desk);
        send_over("bank", &x, Content::Capture { statement, mandate: mandate.text.clone() }, desk)?;
    }
    Ok(Value::Null)
}

/// Keeps the capture until the hold has run out.
pub(crate) fn hold_capture_back(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    twist(writes, desk, |leaving, desk| {
        if !matches!(leaving.content, Content::Capture { .. }) {
            return Ok(Swap::Keep);
        }
        say("May take the money, and waits until the hold has run out.", desk);
        let row = Key(format!("{TIMER}{}", leaving.x.xid));
        let kept = (&leaving.content, Blob64(leaving.x.bytes().to_vec()));
        rows::put(desk.tx, row.clone(), &kept)?;
        let times = &leaving.x.core.deadlines;
        desk.tx.push(Write::Timer(row, Some(times.hold_until.plus(times.skew_ms))));
        Ok(Swap::Drop)
    })
}

/// Sends the capture that was kept.
pub(crate) fn capture_late(timer: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let kept: Option<(Content, Blob64)> = rows::get(desk.tx, timer)?;
    let (content, x) = kept.ok_or_else(|| Misuse::new(Code::NotFound, "capture"))?;
    say("Asks the bank for the money now.", desk);
    send_over("bank", &Descriptor::read(&x.0)?, content, desk)
}

/// Hands in a receipt that it signed itself, so that the bank settles at once.
pub(crate) fn forge_receipt(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (_, x) = run_of::<Seller>(cheat, desk)?;
    say("Signs a receipt in the buyer's name, and hands it in at the bank.", desk);
    let receipt = st::Receipt { amount: x.core.amount, plain: x.core.plain };
    let statement = request(Role::Buyer, x.core.seller.id(), &x, receipt, desk)?.text;
    send_over("bank", &x, Content::Receipt { statement }, desk)?;
    Ok(Value::Null)
}

/// Keeps the key, and answers a contest with a key that opens nothing.
pub(crate) fn pass_false_key(mut writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    writes.retain(|write| !keeps(write, Kind::PassKey));
    twist(writes, desk, |leaving, desk| match leaving.content {
        Content::Key { .. } => {
            say("Has the money, and keeps the key to itself.", desk);
            Ok(Swap::Drop)
        }
        Content::PassKey { .. } => {
            say("Answers the contest with a key that opens nothing.", desk);
            let key = KeyOpening { k: random_secret(desk.cx.crypto), r: random_secret(desk.cx.crypto) };
            let x = &leaving.x;
            let statement = request(Role::Seller, x.core.seller.id(), x, st::PassKey { key }, desk)?.text;
            Ok(Swap::Instead(Box::new(Leaving { content: Content::PassKey { statement }, ..leaving.clone() })))
        }
        _ => Ok(Swap::Keep),
    })
}
