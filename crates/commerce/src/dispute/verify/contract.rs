//! The contract: acceptance of an order of an offer, and the descriptor that it carries.

use semper_base::{Code, Hash, Violation};
use semper_blocks::statement::{Body, Kind, Meta, Statement, Verified, typed};
use semper_exchange::fair::dgp::Descriptor;

use super::super::pack::Item;
use super::super::report::Agreement;
use crate::process::offer::Offer;
use crate::process::purchase::{Acceptance, Order, check_acceptance, check_order};

/// A statement of the pair, and its file.
pub(super) struct Filed<B> {
    pub(super) statement: Statement<B>,
    pub(super) file: String,
}

/// The statements that stay inside the pair, by kind.
#[derive(Default)]
pub(super) struct Papers {
    pub(super) offers: Vec<Filed<Offer>>,
    pub(super) orders: Vec<Filed<Order>>,
    pub(super) acceptances: Vec<Filed<Acceptance>>,
}

/// A contract about exactly the pack's descriptor, complete and without contradiction.
pub(super) struct Contract<'a> {
    pub(super) offer: &'a Filed<Offer>,
    pub(super) order: &'a Filed<Order>,
    pub(super) acceptance: &'a Filed<Acceptance>,
}

impl Papers {
    /// Whether the kind stays inside the pair, and so means nothing to the judge.
    pub(super) fn takes(kind: Kind) -> bool {
        matches!(kind, Kind::Acceptance | Kind::Offer | Kind::Order)
    }

    /// Files a verified statement of the pair.
    pub(super) fn add(&mut self, item: &Item, verified: Verified<'_>) -> Result<(), Violation> {
        match item.kind {
            Kind::Acceptance => self.acceptances.push(filed(item, verified)?),
            Kind::Offer => self.offers.push(filed(item, verified)?),
            Kind::Order => self.orders.push(filed(item, verified)?),
            other => return Err(Violation::new(Code::KindWrong, other.word())),
        }
        Ok(())
    }

    /// The contract about `x`, if its three statements are here. Errors name the file that contradicts.
    pub(super) fn contract(&self, x: &Descriptor) -> Result<Option<Contract<'_>>, (String, Violation)> {
        for acceptance in &self.acceptances {
            if acceptance.statement.body.descriptor.0 != x.bytes() {
                continue;
            }
            let order = named(&self.orders, &acceptance.statement.meta, Kind::Order);
            let offer = order.and_then(|order| named(&self.offers, &order.statement.meta, Kind::Offer));
            let (Some(order), Some(offer)) = (order, offer) else { continue };
            check_order(&offer.statement, &order.statement).map_err(|why| (order.file.clone(), why))?;
            check_acceptance(&offer.statement, &order.statement, &acceptance.statement)
                .map_err(|why| (acceptance.file.clone(), why))?;
            return Ok(Some(Contract { offer, order, acceptance }));
        }
        Ok(None)
    }

    /// Files of acceptances of something else.
    pub(super) fn foreign(&self, x: &Descriptor) -> impl Iterator<Item = &String> {
        let foreign = |filed: &&Filed<Acceptance>| filed.statement.body.descriptor.0 != x.bytes();
        self.acceptances.iter().filter(foreign).map(|filed| &filed.file).collect::<Vec<_>>().into_iter()
    }
}

fn filed<B: Body>(item: &Item, verified: Verified<'_>) -> Result<Filed<B>, Violation> {
    Ok(Filed { statement: typed(verified)?, file: item.file() })
}

/// The statement of this kind that `meta` follows.
fn named<'a, B>(list: &'a [Filed<B>], meta: &Meta, kind: Kind) -> Option<&'a Filed<B>> {
    let hash: Hash = meta.refs.iter().find(|reference| reference.kind == kind)?.hash;
    list.iter().find(|filed| filed.statement.hash == hash)
}

/// What was agreed, as far as the contract is here.
pub(super) fn agreement(x: &Descriptor, contract: Option<&Contract<'_>>) -> Agreement {
    Agreement {
        amount: x.core.amount,
        opened: x.core.opened,
        title: contract.map(|contract| contract.order.statement.body.goods.clone()),
        shown_by: contract.map_or_else(Vec::new, |contract| {
            vec![contract.offer.file.clone(), contract.order.file.clone(), contract.acceptance.file.clone()]
        }),
    }
}
