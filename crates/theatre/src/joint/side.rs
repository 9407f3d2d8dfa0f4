//! One party of a joint deal: its machine in the deal, and the one about the money. What they tell each other they
//! tell within one step, as the services bind them.

use std::collections::VecDeque;

use semper_base::{Code, Error, Misuse, Step, Timestamp};
use semper_blocks::statement::Kind;
use semper_exchange::fair::deal::Dealer;
use semper_exchange::fair::frame::{self, Effect};
use semper_exchange::fair::lock::{self, Answer, Checked, Payee, Payer};
use semper_exchange::fair::party::Standing;

use super::world::{self, World};
use crate::lock::deeds as of_lock;
use crate::piece::{Ask, Deed, Said};
use semper_support::Context;

/// About the money.
#[derive(Clone, Debug)]
pub(super) enum Money {
    Payee(Payee),
    Payer(Payer),
}

#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) dealer: Dealer,
    /// Begins when the deal is signed.
    pub(super) money: Option<Money>,
    place: u8,
}

/// What happens to one of the two machines.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one or two at a time")]
pub(super) enum Inner {
    Deal(frame::Event),
    Money(lock::Event),
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
        Ok((Side { dealer, money: None, place }, of_deal(out)))
    }

    /// When each of the two acts by itself.
    pub(super) fn deadlines(&self, world: &World) -> [Option<Timestamp>; 2] {
        let money = match &self.money {
            Some(Money::Payee(machine)) => machine.deadline(),
            Some(Money::Payer(machine)) => machine.deadline(&world.lock),
            None => None,
        };
        [self.dealer.deadline(), money]
    }

    /// One step: what happens, and all that follows from it here.
    pub(super) fn step(&self, what: Vec<Inner>, world: &World, base: Context<'_>) -> Result<(Side, Vec<Deed>), Error> {
        let (mut side, mut deeds, mut todo) = (self.clone(), Vec::new(), VecDeque::from(what));
        let mut first = true;
        while let Some(inner) = todo.pop_front() {
            let done = match inner {
                Inner::Deal(event) => side.deal(&event, world, base, &mut todo),
                Inner::Money(event) => side.pay(&event, world, base, &mut todo),
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
        let mut deeds = of_deal(out);
        if self.dealer.standing() == Standing::Signed && was != Standing::Signed && self.money.is_none() {
            deeds.extend(self.begin(world, base)?);
        }
        if let Some(shown) = self.dealer.ended().filter(|_| !ended && self.money.is_some()) {
            todo.push_back(Inner::Money(lock::Event::Decided(shown.clone())));
        }
        Ok(deeds)
    }

    /// The buyer orders the lock, the seller waits for it.
    fn begin(&mut self, world: &World, base: Context<'_>) -> Result<Vec<Deed>, Error> {
        let (cx, mut out) = (lock::Cx { base, author: None }, Vec::new());
        self.money = Some(if self.place == 0 {
            Money::Payer(Payer::start(world.payer_own()?, &world.lock, &cx, &mut out)?)
        } else {
            Money::Payee(Payee::start(world::payee_own(), &world.lock, &cx)?)
        });
        Ok(of_lock(out))
    }

    fn pay(
        &mut self,
        event: &lock::Event,
        world: &World,
        base: Context<'_>,
        todo: &mut VecDeque<Inner>,
    ) -> Result<Vec<Deed>, Error> {
        let missing = || Misuse::new(Code::StateWrong, "nothing to do with money yet");
        let (cx, mut out) = (lock::Cx { base, author: None }, Vec::new());
        let next = match self.money.clone().ok_or_else(missing)? {
            Money::Payee(machine) => machine.step(event, &world.lock, &cx, &mut out)?.map(Money::Payee),
            Money::Payer(machine) => machine.step(event, &world.lock, &cx, &mut out)?.map(Money::Payer),
        };
        match next {
            Step::Advance(next) => self.money = Some(next),
            Step::Reject(_, violation) => return Err(violation.into()),
        }
        if let (Some(Money::Payer(_)), lock::Event::Message { content: Checked::Answer(Answer::Locked(locked)), .. }) =
            (&self.money, event)
        {
            todo.push_back(Inner::Deal(frame::Event::Locked(locked.text.clone())));
        }
        let standing = self.money.as_ref().map(Money::standing);
        let lost =
            matches!(standing, Some(lock::Standing::Declined | lock::Standing::Lapsed | lock::Standing::Returned));
        if self.place == 0 && lost && self.dealer.standing() == Standing::Signed {
            todo.push_back(Inner::Deal(frame::Event::Command(frame::Command::Abort)));
        }
        Ok(of_lock(out))
    }
}

fn of_deal(effects: Vec<Effect>) -> Vec<Deed> {
    let deed = |effect| match effect {
        Effect::Ask { kind, payload, key } => Some(Deed::Ask(Ask { kind, key, payload })),
        Effect::Keep(text) => Some(Deed::Keep(text)),
        Effect::Row { slot, statement } => Some(Deed::Row { slot: slot.word(), statement }),
        Effect::Send { to, content } => Some(Deed::Send { to: super::at_seat(to), said: Said::Frame(content) }),
        Effect::Tell(_) => None,
    };
    effects.into_iter().filter_map(deed).collect()
}

/// What the notary's register does.
pub(super) fn of_register(effects: Vec<Effect>) -> Vec<Deed> {
    of_deal(effects)
}

/// Whether this is asked about the money.
pub(super) fn is_money(kind: Kind) -> bool {
    matches!(kind, Kind::Claim | Kind::GiveBack | Kind::Lock | Kind::LockDebit)
}
