//! An order that waits at the trusted screen while what is trusted changes.

use semper_base::{DealId, Error};

use super::{State, load};
use crate::common::{Desk, keys};

/// Withdraws the question about an order, and ends the deal, if the seller is no longer to be relied on.
pub(in crate::wallet) fn look_again(id: DealId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(deal) = load(id, desk)? else { return Ok(()) };
    let State::Offered { offer, .. } = &deal.state else { return Ok(()) };
    match keys::lapsed(&id, &offer.clone(), desk)? {
        Some(why) => deal.end(why, desk),
        None => Ok(()),
    }
}
