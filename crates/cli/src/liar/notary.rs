//! Notaries that lie.

use semper_base::{Blob64, Code, Error, Hash, Misuse, Role, Write};
use semper_blocks::delivery::BadEscrow;
use semper_blocks::statement::{Kind, Statement, danger_typed_unverified};
use semper_exchange::fair::dgp::notary::Notary as Machine;
use semper_exchange::fair::dgp::{Content, Descriptor, statements as st};
use semper_services::common::exchange::{Run, keep, send};
use semper_services::common::{Desk, text};
use serde_json::Value;

use crate::words::{Leaving, answer, answers, keeps, pass_on, say, send_over};

/// Says that it opened the escrow of a deal in which nothing was captured:
/// `{"command":"cheat","descriptor","captured"}`.
pub(crate) fn open_without_capture(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let wrong = |what: &str| Misuse::new(Code::FieldWrong, what);
    let x = cheat.get("descriptor").cloned().unwrap_or_default();
    let x: Blob64 = serde_json::from_value(x).map_err(|_| wrong("descriptor"))?;
    let x = Descriptor::read(&x.0)?;
    let captured = Hash::from_hex(text(cheat, "captured")?).ok_or_else(|| wrong("captured"))?;
    say("Signs that it opened the escrow, and has the bank put that on record.", desk);
    let opened = answer(Role::Notary, &x, st::Opened { at: desk.cx.now, captured }, desk)?;
    send_over("bank", &x, Content::Answer { statement: opened.text }, desk)?;
    Ok(Value::Null)
}

/// The opening that these writes make public, if they make one public.
fn opening(writes: &[Write]) -> Result<Option<(Leaving, Statement<st::Opened>)>, Error> {
    let opens = |leaving: &Leaving| answers(leaving) == Some(Kind::Opened);
    let is_new = writes.iter().any(|write| matches!(write, Write::Insert(_, "escrow", _)));
    let Some(leaving) = writes.iter().filter_map(Leaving::of).find(opens).filter(|_| is_new) else { return Ok(None) };
    let Content::Answer { statement } = &leaving.content else { return Ok(None) };
    let opened = danger_typed_unverified(statement)?;
    Ok(Some((leaving, opened)))
}

fn bad(leaving: &Leaving, opened: &Statement<st::Opened>, desk: &Desk<'_, '_>) -> Result<String, Error> {
    let body = st::BadEscrow {
        at: desk.cx.now,
        captured: opened.body.captured,
        escrow: leaving.x.escrow_hash,
        reason: BadEscrow::DoesNotDecrypt,
    };
    Ok(answer(Role::Notary, &leaving.x, body, desk)?.text)
}

/// Opens a good box, and says to everybody that it is bad.
pub(crate) fn cry_bad_escrow(mut writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some((leaving, opened)) = opening(&writes)? else {
        pass_on(writes, desk);
        return Ok(());
    };
    say("Opens the escrow, finds the key in it, and signs that it is bad.", desk);
    let (xid, statement) = (leaving.x.xid, bad(&leaving, &opened, desk)?);
    writes.retain(|write| !keeps(write, Kind::Opened) && Leaving::of(write).is_none_or(|l| answers(&l).is_none()));
    writes.retain(|write| !matches!(write, Write::Insert(_, "escrow", _)));
    pass_on(writes, desk);
    drop(desk.tx.insert(xid, "escrow", statement.as_bytes().to_vec())?);
    keep(xid, &statement, desk)?;
    let run: Run<Machine> = Run::load(desk.tx, xid)?.ok_or_else(|| Misuse::new(Code::NotFound, "run"))?;
    for to in [Role::Bank, Role::Buyer] {
        send(&run, &leaving.x, to, Content::Answer { statement: statement.clone() }, desk)?;
    }
    Ok(())
}

/// Tells the bank that the box was good, and the buyer that it is bad.
pub(crate) fn say_both(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let opening = opening(&writes)?;
    pass_on(writes, desk);
    let Some((leaving, opened)) = opening else { return Ok(()) };
    say("Tells the bank that the escrow is opened, and the buyer that it is bad.", desk);
    let statement = bad(&leaving, &opened, desk)?;
    let run: Run<Machine> = Run::load(desk.tx, leaving.x.xid)?.ok_or_else(|| Misuse::new(Code::NotFound, "run"))?;
    send(&run, &leaving.x, Role::Buyer, Content::Answer { statement }, desk)
}
