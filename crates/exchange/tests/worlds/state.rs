//! What the checker looks at: four machines, everything that was ever sent, the clock, the money.

use semper_base::Role;
use semper_exchange::fair::dgp::{Money, Slot};

use super::lies::Coalition;
use super::world::{Goods, Wish};

/// In the order of a state's machines.
pub(crate) const ROLES: [Role; 4] = [Role::Bank, Role::Buyer, Role::Notary, Role::Seller];

pub(crate) fn place(role: Role) -> usize {
    ROLES.iter().position(|known| *known == role).unwrap()
}

/// A world: who is dishonest, what was sold, what may go wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) coalition: Coalition,
    pub(crate) goods: Goods,
    /// Who is up acts before the clock goes on, and what the honest say to each other arrives by then.
    /// Otherwise anything may take any time.
    pub(crate) timely: bool,
    /// The honest may do what is to be done in any order. Otherwise in one order, with everything that the
    /// dishonest can say between any two.
    pub(crate) every_order: bool,
    /// How often a machine may break down.
    pub(crate) crashes: u8,
    /// How often something dishonest may be said.
    pub(crate) lies: u8,
    /// How often a user may change its mind or say no.
    pub(crate) whims: u8,
    /// A broken driver: what a step sends leaves before the step is durable.
    pub(crate) early: Option<Role>,
    /// Nothing new is looked at from this tick on.
    pub(crate) ticks: u8,
}

/// A budget that is never used up.
pub(crate) const ENDLESS: u8 = u8::MAX;

impl Setting {
    pub(crate) const HONEST: Setting = Setting {
        coalition: Coalition::of(&[]),
        goods: Goods::Good,
        timely: true,
        every_order: true,
        crashes: 0,
        lies: ENDLESS,
        whims: 0,
        early: None,
        ticks: super::world::LAST_TICK,
    };
}

/// Where the one amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Purse {
    Payer,
    Held,
    Released,
    Claim,
    Paid,
    Refunded,
}

/// What must never happen in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Wrong {
    /// A slot was written twice.
    Slot,
    /// Money moved from where it is not, or to somebody else.
    Money,
    /// The key left for the buyer before the money was taken.
    Key,
    /// The goods left for the buyer before the money was held.
    Goods,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State {
    pub(crate) machines: [u32; 4],
    pub(crate) tick: u8,
    /// Everything that was ever sent, sorted. It may arrive at any time, any number of times, or never.
    pub(crate) net: Vec<u32>,
    /// Of that, what an honest party sent to one who has not got it yet. Only where that must arrive.
    pub(crate) fresh: Vec<u32>,
    /// What the user has been asked. Durable, like the machines.
    pub(crate) questions: Vec<u32>,
    /// Of bank and notary, with their slots.
    pub(crate) rows: [Vec<(Slot, u32)>; 2],
    pub(crate) purse: Purse,
    pub(crate) crashes: u8,
    pub(crate) lies: u8,
    pub(crate) whims: u8,
    /// One bit per role: broken down, not up again yet.
    pub(crate) down: u8,
    /// One bit per role: was down when the clock went on.
    pub(crate) late: u8,
    /// The buyer was sent the key.
    pub(crate) keyed: bool,
    /// What buyer and seller archived of a dishonest register.
    pub(crate) kept: [Vec<u32>; 2],
    pub(crate) wrong: Option<Wrong>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// A machine breaks down; with a broken driver, in the middle of handling this message.
    Crash(Role, Option<u32>),
    Deadline(Role),
    Decline(u32),
    /// Of an honest party.
    Deliver(u32),
    /// The same of a dishonest one: it may be said at any time.
    Lie(u32),
    Look,
    Restart(Role),
    Sign(u32),
    Tick,
    Wish(Role, Wish),
}

pub(crate) fn bit(role: Role) -> u8 {
    1 << place(role)
}

pub(crate) fn insert(sorted: &mut Vec<u32>, number: u32) -> bool {
    match sorted.binary_search(&number) {
        Ok(_) => false,
        Err(at) => {
            sorted.insert(at, number);
            true
        }
    }
}

/// The same amount all the way, each move once. None if it cannot be.
pub(crate) fn moved(purse: Purse, money: &Money) -> Option<Purse> {
    match (purse, money) {
        (Purse::Payer, Money::Hold { account }) if account == "payer" => Some(Purse::Held),
        (Purse::Held, Money::Release { account }) if account == "payer" => Some(Purse::Released),
        (Purse::Held, Money::Capture) => Some(Purse::Claim),
        (Purse::Claim, Money::Settle { account }) if account == "payee" => Some(Purse::Paid),
        (Purse::Claim, Money::Refund { account }) if account == "payer" => Some(Purse::Refunded),
        _ => None,
    }
}
