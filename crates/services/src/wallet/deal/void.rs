//! An order that waits at the trusted screen while what is trusted changes.

use semper_base::{DealId, Error};

use super::{Deal, State, end, key};
use crate::common::{Desk, keys, rows};

/// Withdraws the question, and ends the deal, if the seller is no longer to be relied on.
pub(in crate::wallet) fn look_again(id: DealId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(deal) = rows::get::<Deal>(desk.tx, &key(id))? else { return Ok(()) };
    let State::Offered { offer, .. } = deal.state.clone() else { return Ok(()) };
    match keys::lapsed(&id, &offer, desk)? {
        Some(why) => end(deal, why, desk),
        None => Ok(()),
    }
}
