//! A sale's exchange: the seller's role, its chunks, and what is given back when it is over.

use semper_base::code::Code;
use semper_base::limits::OUTBOX_AGE_MAX_MS;
use semper_base::{Error, Hash, Key, Millis, Misuse, PeerId, Role, Violation, Write, Xid};
use semper_blocks::delivery::Parcel;
use semper_exchange::fair::dgp::seller::{Seller, Stage};
use semper_exchange::fair::dgp::{CheckedPacket, Command, Cx, Descriptor, Effect, Event};
use serde_json::{Value, json};

use super::super::{Lie, goods, open};
use super::{Sale, sale_key, sealed_chunk, sealed_leaves};
use crate::common::exchange::{self, Own, Run, apply};
use crate::common::{Desk, keys, rows};

/// A packet of an exchange of ours.
pub(in crate::shop) fn packet(
    from: PeerId,
    packet: CheckedPacket,
    lie: Lie,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let xid = packet.descriptor.xid;
    let run: Run<Seller> =
        Run::load(desk.tx, xid)?.ok_or_else(|| Violation::new(Code::XidWrong, "no such exchange"))?;
    let role = packet.signer.or_else(|| run.role(from)).ok_or_else(|| Violation::new(Code::PeerWrong, ""))?;
    step(run, &packet.descriptor, &Event::Message { from: role, content: packet.content }, lie, desk)
}

/// The time of a run has come.
pub(in crate::shop) fn deadline(xid: Xid, lie: Lie, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match Run::<Seller>::load(desk.tx, xid)? {
        Some(run) => {
            let x = run.known_x(xid, desk)?;
            step(run, &x, &Event::Deadline, lie, desk)
        }
        None => Ok(()),
    }
}

/// What the operator wants of a run.
pub(in crate::shop) fn command(xid: Xid, command: Command, lie: Lie, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let run: Run<Seller> = Run::load(desk.tx, xid)?.ok_or_else(|| Misuse::new(Code::NotFound, xid.to_string()))?;
    let x = run.known_x(xid, desk)?;
    step(run, &x, &Event::Command(command), lie, desk)?;
    Ok(json!({ "xid": xid }))
}

fn step(run: Run<Seller>, x: &Descriptor, event: &Event, lie: Lie, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let xid = x.xid;
    let mut sale = sale_of(xid, desk)?;
    let was_over = is_over(run.machine.stage());
    let author = keys::plain_author(Role::Seller, sale.1.deal_key, desk.tx, desk.cx)?;
    let cx = Cx { base: *desk.cx, author: Some(&author) };
    let mut effects: Vec<Effect> = Vec::new();
    let run = run.stepped(|machine| machine.step(event, x, &cx, &mut effects))?;
    let effects = lie.effects(effects, x, desk)?;
    for own in apply(&run, x, &[], effects, desk)? {
        if let Own::Chunks { from, count } = own
            && (!was_over || is_kept(sale.0, &sale.1, desk))
        {
            serve(x, sale.0, &sale.1, from, count, desk)?;
        }
    }
    if !was_over {
        give_back(x, run.machine.stage(), sale.0, &mut sale.1, desk)?;
    }
    let deadline = run.machine.deadline();
    Ok(run.store(xid, deadline, desk)?)
}

/// Gives back what was kept for the buyer: the count as soon as there is money, the encrypted chunks when
/// nobody can ask for them any more: a buyer who paid may for a while, if its wallet is restored from an older copy.
/// Those that wait in a queue go after the last of them has run out.
fn give_back(
    x: &Descriptor,
    stage: &Stage,
    order: Hash,
    sale: &mut Sale,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    if matches!(stage, Stage::Proposed { .. } | Stage::Releasing) {
        return Ok(());
    }
    let was_unpaid = sale.unpaid.take();
    if let Some(buyer) = was_unpaid {
        open::end_sale(buyer, x.core.length, desk)?;
    }
    if is_over(stage) {
        let queued = if was_unpaid.is_some() { Millis(0) } else { Millis(OUTBOX_AGE_MAX_MS) };
        let until = desk.cx.now.plus(queued);
        sale.again_until = (*stage == Stage::Settled).then_some(until);
        desk.tx.push(Write::Timer(sealed_key(order), Some(until)));
    }
    if was_unpaid.is_some() || sale.again_until.is_some() {
        sale.store(order, desk)?;
    }
    Ok(())
}

/// Whether the chunks of a sale that is over may go out once more. Then they are kept for as long as they may wait in a
/// queue; nobody can keep them here for longer than twice that.
fn is_kept(order: Hash, sale: &Sale, desk: &mut Desk<'_, '_>) -> bool {
    let kept = sale.again_until.is_some_and(|until| desk.cx.now < until);
    if kept {
        let until = desk.cx.now.plus(Millis(OUTBOX_AGE_MAX_MS));
        desk.tx.push(Write::Timer(sealed_key(order), Some(until)));
    }
    kept
}

/// The timer that drops the encrypted chunks.
fn sealed_key(order: Hash) -> Key {
    Key::new("sealed", order)
}

fn is_over(stage: &Stage) -> bool {
    matches!(stage, Stage::Released | Stage::Settled | Stage::Refunded)
}

/// Drops the encrypted chunks of a sale that is over.
pub(in crate::shop) fn drop_sealed(order: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.tx.push(Write::Timer(sealed_key(order), None));
    desk.tx.push(Write::DropBlob(sealed_chunk(order, 0).blob));
    goods::forget_leaves(&sealed_leaves(order), desk)
}

fn sale_of(xid: Xid, desk: &Desk<'_, '_>) -> Result<(Hash, Sale), Error> {
    let order: Hash =
        rows::get(desk.tx, &Key::new("sale-of", xid))?.ok_or_else(|| Misuse::new(Code::NotFound, "sale"))?;
    let sale = rows::get(desk.tx, &sale_key(order))?.ok_or_else(|| Misuse::new(Code::NotFound, "sale"))?;
    Ok((order, sale))
}

/// Queues chunks with their places.
fn serve(
    x: &Descriptor,
    order: Hash,
    sale: &Sale,
    from: u64,
    count: u64,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let plain = goods::leaves(desk.tx, &sale.goods, x.core.leaves)?;
    let sealed = goods::leaves(desk.tx, &sealed_leaves(order), x.core.leaves)?;
    let parcel = Parcel::new(plain, sealed)?;
    for index in from..from.saturating_add(count).min(x.core.leaves) {
        let place = parcel.place(index).ok_or_else(|| Misuse::new(Code::NotFound, "chunk"))?;
        exchange::queue_chunk(x.xid, &place, sealed_chunk(order, index), sale.buyer, desk)?;
    }
    Ok(())
}
