//! A mail order that has come to a halt is set going again.

use semper_base::code::Code;
use semper_base::{DealId, Error, Misuse, Role};
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_commerce::process::mail_order::{Part, Shipment};
use semper_exchange::fair::lock::Command;
use serde_json::Value;

use super::{Agreed, State, ask_offer, common, named, of_key, show};
use crate::common::parcel::subject;
use crate::common::pay::{self, Payment};
use crate::common::{Desk, hello, locks, rows};

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

impl Agreed {
    /// Pays a part: exactly what the machine found due, to the reference of its shipment, following the order.
    pub(super) fn pay(&mut self, number: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let contract = &self.machine.book.contract;
        let part = self.machine.book.part(number)?;
        let shipments: Result<Vec<Statement<Shipment>>, _> =
            self.shipments.iter().map(|text| danger_typed_unverified(text)).collect();
        let shipment = shipments?.into_iter().find(|shipment| shipment.hash == part.shipment);
        let shipment = shipment.ok_or_else(|| Misuse::new(Code::NotFound, "shipment"))?;
        let to =
            shipment.body.pay_to.ok_or_else(|| Misuse::new(Code::StateWrong, "the shipment names no reference"))?;
        let payment = Payment {
            amount: part.amount,
            follows: Some(contract.order),
            purpose: contract.xid(number).0,
            subject: subject(&contract.order),
            to,
            until: None,
        };
        let id: Option<DealId> = rows::get(desk.tx, &of_key(contract.order))?;
        let id = id.ok_or_else(|| Misuse::new(Code::NotFound, "deal"))?;
        rows::put(desk.tx, of_key(payment.purpose), &id)?;
        self.unpaid.retain(|(unpaid, _)| *unpaid != number);
        match pay::pay(Role::Buyer, &payment, desk) {
            Err(Error::Refusal(refusal)) => {
                self.unpaid.push((number, refusal.code().number()));
                desk.tell("refused", number, format!("Part {number} cannot be paid: {refusal}."));
                Ok(())
            }
            other => other,
        }
    }
}
