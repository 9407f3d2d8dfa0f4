//! What others can make a shop keep before there is money: offers that nobody orders, files encrypted for
//! orders that nobody pays. Both are counted, of one buyer and of all, and given back as soon as the deal is
//! paid for or over.
//!
//! ```text
//! offer/HASH            Standing; parcel-offer/HASH likewise
//! open-offers/PEERID    how many of one peer stand; open-offers/all
//! unpaid/KEYID          how many sales of one certified buyer wait for their hold; unpaid/all
//! unpaid/bytes          how many bytes were encrypted for them
//! ```

use std::ops::Deref;

use semper_base::code::Code;
use semper_base::limits::{
    OFFERS_OPEN_MAX, OFFERS_OPEN_PER_PEER_MAX, SALES_UNPAID_BYTES_MAX, SALES_UNPAID_MAX, SALES_UNPAID_PER_BUYER_MAX,
};
use semper_base::{Error, Key, KeyId, PeerId, Refusal, Violation};
use semper_blocks::statement::{Body, Meta, Statement};
use serde::{Deserialize, Serialize};

use crate::common::{Desk, enrol, rows};

/// An offer that stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Standing {
    pub(super) offer: String,
    /// Who asked.
    pub(super) peer: PeerId,
}

/// The offer that an order names, if it still stands and has not run out. `read` reads its text.
pub(super) fn ordered<B: Body, S: Deref<Target = Statement<B>>>(
    order: &Meta,
    desk: &Desk<'_, '_>,
    read: impl FnOnce(&str) -> Result<S, Violation>,
) -> Result<S, Error> {
    let named = order.refs.iter().find(|reference| reference.kind == B::KIND);
    let hash = named.ok_or_else(|| Violation::new(Code::RefMissing, B::KIND.word()))?.hash;
    let standing: Option<Standing> = rows::get(desk.tx, &Key::new(B::KIND.word(), hash))?;
    let text = standing.ok_or_else(|| Refusal::new(Code::OfferExpired, ""))?.offer;
    let offer = read(&text)?;
    if desk.cx.now > offer.meta.expires {
        return Err(Refusal::new(Code::OfferExpired, "").into());
    }
    Ok(offer)
}

/// One more offer stands; refused if there are too many. Who will order is judged by a fresh list.
pub(super) fn add_offer(peer: PeerId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let all = (Key::new("open-offers", "all"), 1, OFFERS_OPEN_MAX);
    enrol::freshen(desk)?;
    add(&[(offers(peer), 1, OFFERS_OPEN_PER_PEER_MAX), all], desk)
}

/// An offer was ordered, or has run out.
pub(super) fn end_offer(peer: PeerId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    take(offers(peer), 1, desk)?;
    take(Key::new("open-offers", "all"), 1, desk)
}

/// One more file is encrypted without money; refused if there are too many.
pub(super) fn add_sale(buyer: KeyId, bytes: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let of_buyer = (sales(buyer), 1, SALES_UNPAID_PER_BUYER_MAX);
    let all = (Key::new("unpaid", "all"), 1, SALES_UNPAID_MAX);
    add(&[of_buyer, all, (Key::new("unpaid", "bytes"), bytes, SALES_UNPAID_BYTES_MAX)], desk)
}

/// The money is held, or the sale is over.
pub(super) fn end_sale(buyer: KeyId, bytes: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    take(sales(buyer), 1, desk)?;
    take(Key::new("unpaid", "all"), 1, desk)?;
    take(Key::new("unpaid", "bytes"), bytes, desk)
}

fn offers(peer: PeerId) -> Key {
    Key::new("open-offers", peer)
}

fn sales(buyer: KeyId) -> Key {
    Key::new("unpaid", buyer)
}

/// Adds to all of these counts (row, how much, at most), or to none of them: a refusal is an answer, not the
/// end of the step.
fn add(counts: &[(Key, u64, u64)], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let mut sums = Vec::new();
    for (row, count, most) in counts {
        let sum = rows::get::<u64>(desk.tx, row)?.unwrap_or(0).saturating_add(*count);
        if sum > *most {
            return Err(Refusal::new(Code::TooManyOpen, "").into());
        }
        sums.push((row, sum));
    }
    Ok(sums.into_iter().try_for_each(|(row, sum)| rows::put(desk.tx, row.clone(), &sum))?)
}

fn take(row: Key, count: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match rows::get::<u64>(desk.tx, &row)?.unwrap_or(0).saturating_sub(count) {
        0 => desk.tx.delete(row),
        rest => rows::put(desk.tx, row, &rest)?,
    }
    Ok(())
}
