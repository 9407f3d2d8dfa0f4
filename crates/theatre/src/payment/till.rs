//! The bank: gives a reference for each purpose, and pays once over each.

use semper_base::{Code, Error, Hash, Violation, json};
use semper_blocks::statement::{Body, Compact, Meta, Statement};
use semper_exchange::transfer::{PayToRequest, Transfer};
use semper_support::crypto::{Ideal, PublicKey};

use super::world::{Of, REFERENCE, World, account};
use super::{Slip, out_of_turn, sent};
use crate::cast::Who;
use crate::piece::{At, Deed, Purse};

/// The register row of an order.
const SLOT: &str = "transferred";

/// What the bank has on its books about this.
#[derive(Clone, Debug, Default)]
pub(super) struct Till {
    /// The one reference was asked for.
    is_given: bool,
    /// By which order it was used up, and what the bank said.
    pub(super) paid: Option<(Hash, String)>,
}

impl Till {
    pub(super) fn word(&self) -> &'static str {
        match (self.is_given, &self.paid) {
            (_, Some(_)) => "paid",
            (true, None) => "given",
            (false, None) => "blank",
        }
    }

    pub(super) fn hears(&mut self, world: &World, from: Who, slip: &Slip, at: At) -> Result<Vec<Deed>, Error> {
        match slip {
            Slip::Asked(text) => self.asked(world, from, text),
            Slip::Order(text) => self.ordered(world, from, text, at),
            _ => Err(out_of_turn("nothing for a bank")),
        }
    }

    /// One purpose has one reference, however often it is asked for.
    fn asked(&mut self, world: &World, from: Who, text: &str) -> Result<Vec<Deed>, Error> {
        let request: Statement<PayToRequest> = own(text)?;
        addressed(world, &request.meta)?;
        let PayToRequest { account, account_key, purpose } = &request.body;
        if owner(world, account, account_key) != Some(Who::Seller) {
            return Ok(vec![sent(from, Slip::Refused(Code::AccountUnknown, request.hash))]);
        }
        if *purpose != world.purpose {
            return Ok(vec![sent(from, Slip::Refused(Code::PayToUnfit, request.hash))]);
        }
        self.is_given = true;
        let again = self.paid.iter().map(|(_, said)| sent(from, Slip::Paid(said.clone())));
        Ok([sent(from, Slip::Given(REFERENCE))].into_iter().chain(again).collect())
    }

    /// What is refused is not written: that nothing is paid twice rests on the reference.
    fn ordered(&mut self, world: &World, from: Who, text: &str, at: At) -> Result<Vec<Deed>, Error> {
        let order: Statement<Transfer> = own(text)?;
        addressed(world, &order.meta)?;
        if let Some((_, said)) = self.paid.as_ref().filter(|(by, _)| *by == order.hash) {
            return Ok(vec![sent(from, Slip::Paid(said.clone()))]);
        }
        if let Some(code) = self.why_not(world, &order, at) {
            return Ok(vec![sent(from, Slip::Refused(code, order.hash))]);
        }
        let said = world.signed(Who::Bank, Of::Person, vec![], world.said(order.body.amount, order.hash, at), at)?;
        self.paid = Some((order.hash, said.clone()));
        let money = (order.body.amount == world.amount).then_some(Deed::Money(Purse::Seller));
        let told = [Who::Buyer, Who::Seller].map(|who| sent(who, Slip::Paid(said.clone())));
        let row = Deed::Row { slot: SLOT, statement: said };
        Ok([row].into_iter().chain(money).chain(told).collect())
    }

    fn why_not(&self, world: &World, order: &Statement<Transfer>, at: At) -> Option<Code> {
        let body = &order.body;
        if owner(world, &body.account, &body.account_key) != Some(Who::Buyer) {
            return Some(Code::AccountUnknown);
        }
        if at.now > order.meta.expires {
            return Some(Code::Expired);
        }
        if !self.is_given || body.pay_to != REFERENCE {
            return Some(Code::PayToUnknown);
        }
        if self.paid.is_some() {
            return Some(Code::PayToUsed);
        }
        let fits = body.purpose == world.purpose && body.amount.currency() == world.amount.currency();
        (!fits || body.amount.minor() == 0).then_some(Code::PayToUnfit)
    }
}

/// An order or request brings the key along that it verifies under; the books say whose it is.
fn own<B: Body>(text: &str) -> Result<Statement<B>, Error> {
    let compact = Compact::parse(text)?;
    let key = json::read_value(compact.payload())?.get("account_key").map(json::typed::<PublicKey>);
    let key = key.ok_or_else(|| Violation::new(Code::FieldMissing, "account_key"))??;
    Ok(compact.verify_typed(&Ideal::new(1), &key)?)
}

fn addressed(world: &World, meta: &Meta) -> Result<(), Error> {
    if meta.to == [world.bank()?] { Ok(()) } else { Err(Violation::new(Code::RegisterWrong, "another bank").into()) }
}

/// Whose account of this name it is, if this is its key.
fn owner(world: &World, name: &str, key: &PublicKey) -> Option<Who> {
    let is = |who: &Who| account(*who) == name && world.pair(*who, Of::Account).is_ok_and(|pair| pair.public == *key);
    [Who::Buyer, Who::Seller].into_iter().find(is)
}
