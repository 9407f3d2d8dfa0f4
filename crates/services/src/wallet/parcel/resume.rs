//! A mail order that has come to a halt is set going again.

use semper_base::Error;
use semper_commerce::process::mail_order::Part;
use semper_exchange::fair::lock::Command;
use serde_json::Value;

use super::{State, ask_offer, common, named, show};
use crate::common::{Desk, hello, locks};

/// Asks again what was asked before, and pays again what could not be paid.
pub(in crate::wallet) fn resume(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut deal = named(request, desk)?;
    match &mut deal.state {
        State::Asked => ask_offer(&deal, desk)?,
        State::Ordered { order, .. } => {
            let (peer, order) = (hello::met_at(&deal.shop, desk)?.peer, order.clone());
            common::send(peer, common::kinds::ORDER, None, order, desk)?;
        }
        State::Agreed(agreed) => {
            let book = &agreed.machine.book;
            for lock in book.locks.iter().filter(|lock| !lock.state.is_over()).map(|lock| lock.lock) {
                locks::command(lock, Command::Status, desk)?;
            }
            let due = |part: &&Part| part.paid.is_none() && part.withdrawn.is_none() && part.lock.is_none();
            let open = book.parts.iter().filter(due);
            for part in open.map(|part| part.number).collect::<Vec<_>>() {
                agreed.pay(part, desk)?;
            }
            let until = agreed.machine.deadline();
            deal.store(until, desk)?;
        }
        State::Offered { .. } | State::Ended { .. } => {}
    }
    show(request, desk)
}
