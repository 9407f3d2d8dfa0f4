//! One party of a joint deal: its machine in the deal, and those about the money. What they tell each other they
//! tell within one step, as the services bind them.

use std::collections::{BTreeMap, VecDeque};

use semper_base::{Code, Error, Misuse, Step, Timestamp};
use semper_blocks::statement::Kind;
use semper_exchange::fair::deal::Dealer;
use semper_exchange::fair::frame::{self, Effect};
use semper_exchange::fair::lock::{self, Answer, Checked, Payee, Payer};
use semper_exchange::fair::party::Standing;

use super::world::{self, World};
use crate::cast::Who;
use crate::lock::deeds_among;
use crate::piece::{Ask, Deed, Said};
use semper_support::Context;

/// About the money of one payment.
#[derive(Clone, Debug)]
pub(super) enum Money {
    Payee(Payee),
    Payer(Payer),
}

#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) dealer: Dealer,
    /// By leg. They begin when the deal is signed.
    money: BTreeMap<u8, Money>,
    place: u8,
}

/// What happens to one of the machines.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one or two at a time")]
pub(super) enum Inner {
    Deal(frame::Event),
    Money(u8, lock::Event),
}

impl Money {
    fn standing(&self) -> lock::Standing {
        match self {
            Money::Payee(machine) => machine.standing(),
            Money::Payer(machine) => machine.standing(),
        }
    }
}

impl Side {
    pub(super) fn start(place: u8, world: &World, base: Context<'_>) -> Result<(Side, Vec<Deed>), Error> {
        let (cx, mut out) = (frame::Cx { base, author: None }, Vec::new());
        let dealer = Dealer::start(world.own(place), world.stock(place), &world.x, &cx, &mut out)?;
        Ok((Side { dealer, money: BTreeMap::new(), place }, of_deal(out, world)))
    }

    /// When each of the machines acts by itself: in the deal, and about each payment.
    pub(super) fn deadlines(&self, world: &World) -> (Option<Timestamp>, Vec<(u8, Timestamp)>) {
        let one = |(leg, machine): (&u8, &Money)| {
            let due = match machine {
                Money::Payee(machine) => machine.deadline(),
                Money::Payer(machine) => machine.deadline(&world.paid(*leg).ok()?.lock),
            };
            due.map(|due| (*leg, due))
        };
        (self.dealer.deadline(), self.money.iter().filter_map(one).collect())
    }

    /// The payment that somebody was asked about, by what it was asked.
    pub(super) fn asked(&self, kind: Kind) -> Option<u8> {
        let is_it = |machine: &Money| matches!(machine, Money::Payee(_)) == (kind == Kind::Claim);
        self.money.iter().find(|(_, machine)| is_it(machine)).map(|(leg, _)| *leg)
    }

    /// One step: what happens, and all that follows from it here.
    pub(super) fn step(&self, what: Vec<Inner>, world: &World, base: Context<'_>) -> Result<(Side, Vec<Deed>), Error> {
        let (mut side, mut deeds, mut todo) = (self.clone(), Vec::new(), VecDeque::from(what));
        let mut first = true;
        while let Some(inner) = todo.pop_front() {
            let done = match inner {
                Inner::Deal(event) => side.deal(&event, world, base, &mut todo),
                Inner::Money(leg, event) => side.pay(leg, &event, world, base, &mut todo),
            };
            match done {
                Ok(more) => deeds.extend(more),
                // What only follows may be refused: then it does not follow.
                Err(error) if first => return Err(error),
                Err(_) => {}
            }
            first = false;
        }
        Ok((side, deeds))
    }

    fn deal(
        &mut self,
        event: &frame::Event,
        world: &World,
        base: Context<'_>,
        todo: &mut VecDeque<Inner>,
    ) -> Result<Vec<Deed>, Error> {
        let (cx, mut out) = (frame::Cx { base, author: None }, Vec::new());
        let (was, ended) = (self.dealer.standing(), self.dealer.ended().is_some());
        match self.dealer.clone().step(event, &world.x, &cx, &mut out)? {
            Step::Advance(next) => self.dealer = next,
            Step::Reject(_, violation) => return Err(violation.into()),
        }
        let mut deeds = of_deal(out, world);
        if self.dealer.standing() == Standing::Signed && was != Standing::Signed && self.money.is_empty() {
            deeds.extend(self.begin(world, base)?);
        }
        if let Some(shown) = self.dealer.ended().filter(|_| !ended) {
            todo.extend(self.money.keys().map(|leg| Inner::Money(*leg, lock::Event::Decided(shown.clone()))));
        }
        Ok(deeds)
    }

    /// Whoever pays orders the lock, whoever is paid waits for it.
    fn begin(&mut self, world: &World, base: Context<'_>) -> Result<Vec<Deed>, Error> {
        let mut deeds = Vec::new();
        for (leg, paid) in world.numbered() {
            let (cx, mut out) = (lock::Cx { base, author: None }, Vec::new());
            let machine = if paid.giver == self.place {
                Money::Payer(Payer::start(paid.payer_own(), &paid.lock, &cx, &mut out)?)
            } else {
                Money::Payee(Payee::start(world::payee_own(), &paid.lock, &cx)?)
            };
            self.money.insert(leg, machine);
            deeds.extend(of_money(out, leg, world)?);
        }
        Ok(deeds)
    }

    fn pay(
        &mut self,
        leg: u8,
        event: &lock::Event,
        world: &World,
        base: Context<'_>,
        todo: &mut VecDeque<Inner>,
    ) -> Result<Vec<Deed>, Error> {
        let missing = || Misuse::new(Code::StateWrong, "nothing to do with money yet");
        let (cx, mut out) = (lock::Cx { base, author: None }, Vec::new());
        let (machine, lock) = (self.money.get(&leg).cloned().ok_or_else(missing)?, &world.paid(leg)?.lock);
        let next = match machine {
            Money::Payee(machine) => machine.step(event, lock, &cx, &mut out)?.map(Money::Payee),
            Money::Payer(machine) => machine.step(event, lock, &cx, &mut out)?.map(Money::Payer),
        };
        let next = match next {
            Step::Advance(next) => next,
            Step::Reject(_, violation) => return Err(violation.into()),
        };
        let (pays, standing) = (matches!(next, Money::Payer(_)), next.standing());
        self.money.insert(leg, next);
        if let (true, lock::Event::Message { content: Checked::Answer(Answer::Locked(locked)), .. }) = (pays, event) {
            todo.push_back(Inner::Deal(frame::Event::Locked(locked.text.clone())));
        }
        let lost = matches!(standing, lock::Standing::Declined | lock::Standing::Lapsed | lock::Standing::Returned);
        if pays && lost && self.dealer.standing() == Standing::Signed {
            todo.push_back(Inner::Deal(frame::Event::Command(frame::Command::Abort)));
        }
        of_money(out, leg, world)
    }
}

fn of_deal(effects: Vec<Effect>, world: &World) -> Vec<Deed> {
    of_register(effects, world.parties)
}

/// What follows in the deal, among these two and the notary.
pub(super) fn of_register(effects: Vec<Effect>, [first, second]: [Who; 2]) -> Vec<Deed> {
    let at = |seat| match seat {
        frame::Seat::Party(0) => first,
        frame::Seat::Party(_) => second,
        frame::Seat::Notary => Who::Notary,
    };
    let deed = |effect| match effect {
        Effect::Ask { kind, payload, key } => Some(Deed::Ask(Ask { kind, key, payload })),
        Effect::Keep(text) => Some(Deed::Keep(text)),
        Effect::Row { slot, statement } => Some(Deed::Row { slot: slot.word(), statement }),
        Effect::Send { to, content } => Some(Deed::Send { to: at(to), said: Said::Frame(content) }),
        Effect::Tell(_) => None,
    };
    effects.into_iter().filter_map(deed).collect()
}

/// What follows about one payment. Where there are two, it shows at the banks where the money is.
pub(super) fn of_money(effects: Vec<lock::Effect>, leg: u8, world: &World) -> Result<Vec<Deed>, Error> {
    let paid = world.paid(leg)?;
    let deeds = deeds_among(effects, |seat| world.at_seat(paid, seat));
    Ok(deeds.into_iter().filter(|deed| !(world.is_change() && matches!(deed, Deed::Money(_)))).collect())
}

/// Whether this is asked about the money.
pub(super) fn is_money(kind: Kind) -> bool {
    matches!(kind, Kind::Claim | Kind::GiveBack | Kind::Lock | Kind::LockDebit)
}
