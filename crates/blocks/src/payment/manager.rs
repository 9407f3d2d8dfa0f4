//! The manager: finds the purse for a payment and the module for a purse.

use semper_base::limits::PURSES_MAX;
use semper_base::{Amount, Code, Misuse, Refusal};

use super::module::{Capabilities, Debit, LockRequest, PayRequest, Payee, PaymentModule};
use super::purse::{Direction, Purse, PurseId};
use crate::item::{Lock, RegisterRef};

/// What a payment must be able to do.
#[expect(clippy::struct_excessive_bools, reason = "answers that have nothing to do with each other")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Lock the money for an exchange in this way.
    pub lock: Option<Lock>,
    /// Pay without asking anybody.
    pub offline: bool,
    /// Pay in one step, without an exchange.
    pub outright: bool,
    /// Hide who paid.
    pub payer_anonymous: bool,
    /// Allow to be paid back over the same way.
    pub refundable: bool,
}

/// A payment that a purse is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How much.
    pub amount: Amount,
    /// Which way it goes.
    pub direction: Direction,
    /// What it must be able to do.
    pub needs: Needs,
    /// Who must keep the money, if that is settled already.
    pub register: Option<RegisterRef>,
}

/// Why a purse cannot make a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unfit {
    /// It is nothing, or above the purse's or the system's limit.
    Amount,
    /// It would show who paid.
    Anonymous,
    /// The purse is in another currency, or its system does not pay in it.
    Currency,
    /// The purse may not pay, or not be paid.
    Direction,
    /// Its money cannot be locked for an exchange in that way.
    Lock,
    /// No module of that word is attached.
    Module,
    /// It must ask somebody.
    Offline,
    /// It pays only as part of an exchange.
    Outright,
    /// The purse itself is incomplete.
    Purse,
    /// It could not be paid back.
    Refundable,
    /// Somebody else keeps its money.
    Register,
}

impl Unfit {
    /// The word for output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Unfit::Amount => "amount",
            Unfit::Anonymous => "anonymous",
            Unfit::Currency => "currency",
            Unfit::Direction => "direction",
            Unfit::Lock => "lock",
            Unfit::Module => "module",
            Unfit::Offline => "offline",
            Unfit::Outright => "outright",
            Unfit::Purse => "purse",
            Unfit::Refundable => "refundable",
            Unfit::Register => "register",
        }
    }
}

impl From<Unfit> for Refusal {
    fn from(unfit: Unfit) -> Refusal {
        Refusal::new(Code::NoPurse, unfit.word())
    }
}

/// No purse can make a payment; for each, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPurse {
    /// In the order of the purses.
    pub why: Vec<(PurseId, Unfit)>,
}

impl From<NoPurse> for Refusal {
    fn from(none: NoPurse) -> Refusal {
        let why: Vec<String> = none.why.iter().map(|(id, unfit)| format!("{id}: {}", unfit.word())).collect();
        Refusal::new(Code::NoPurse, why.join(", "))
    }
}

/// The modules of one party.
#[derive(Clone, Debug, Default)]
pub struct Manager {
    modules: Vec<&'static dyn PaymentModule>,
}

impl Manager {
    /// A manager of these modules.
    pub fn new(modules: &'static [&'static dyn PaymentModule]) -> Result<Self, Misuse> {
        modules.iter().try_fold(Manager::default(), |manager, module| manager.attach(*module))
    }

    /// Adds a module; refuses a second one of the same word.
    pub fn attach(mut self, module: &'static dyn PaymentModule) -> Result<Self, Misuse> {
        if self.modules.iter().any(|known| known.word() == module.word()) {
            return Err(Misuse::new(Code::StateWrong, module.word()));
        }
        self.modules.push(module);
        Ok(self)
    }

    /// The words of what is attached, in order.
    pub fn words(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.modules.iter().map(|module| module.word())
    }

    /// The purses that can make this payment: first those that the user prefers, in that order, then
    /// the others as they come. Looks at no more than [`PURSES_MAX`].
    pub fn choose<'p>(
        &self,
        purses: &'p [Purse],
        wanted: &Wanted,
        prefer: &[PurseId],
    ) -> Result<Vec<&'p Purse>, NoPurse> {
        let mut why = Vec::new();
        let mut fit = Vec::new();
        for purse in purses.iter().take(PURSES_MAX) {
            match self.fit(purse, wanted) {
                Ok(_) => fit.push(purse),
                Err(unfit) => why.push((purse.id, unfit)),
            }
        }
        // Stable: those that nobody prefers keep their order.
        fit.sort_by_key(|purse| prefer.iter().position(|id| *id == purse.id).unwrap_or(usize::MAX));
        if fit.is_empty() { Err(NoPurse { why }) } else { Ok(fit) }
    }

    /// What the payer must order so that `request.register` locks the amount out of this purse.
    pub fn lock(&self, purse: &Purse, request: &LockRequest) -> Result<Debit, Unfit> {
        let needs = Needs { lock: Some(request.way), ..Needs::default() };
        let register = Some(request.register);
        let wanted = Wanted { amount: request.amount, direction: Direction::Pay, needs, register };
        let module = self.fit(purse, &wanted)?;
        module.lockable().ok_or(Unfit::Lock)?.lock(purse, request)
    }

    /// What the payer must order so that `request.register` pays out of this purse.
    pub fn pay(&self, purse: &Purse, request: &PayRequest) -> Result<Debit, Unfit> {
        let needs = Needs { outright: true, ..Needs::default() };
        let register = Some(request.register);
        let wanted = Wanted { amount: request.amount, direction: Direction::Pay, needs, register };
        let module = self.fit(purse, &wanted)?;
        module.payable().ok_or(Unfit::Outright)?.pay(purse, request)
    }

    /// Where this purse is paid `amount`.
    pub fn payee(&self, purse: &Purse, amount: Amount) -> Result<Payee, Unfit> {
        let wanted = Wanted { amount, direction: Direction::Receive, needs: Needs::default(), register: None };
        Ok(self.fit(purse, &wanted)?.payee(purse))
    }

    /// The purse's module, if the two can make this payment.
    fn fit(&self, purse: &Purse, wanted: &Wanted) -> Result<&'static dyn PaymentModule, Unfit> {
        let module = self.modules.iter().find(|module| module.word() == purse.module).ok_or(Unfit::Module)?;
        purse.check().and_then(|()| module.check(purse)).map_err(|_| Unfit::Purse)?;
        fits_purse(purse, wanted)?;
        fits_system(&module.capabilities(), wanted)?;
        match wanted.register {
            Some(register) if register != module.payee(purse).register => Err(Unfit::Register),
            _ => Ok(*module),
        }
    }
}

fn fits_purse(purse: &Purse, wanted: &Wanted) -> Result<(), Unfit> {
    let own_limit = purse.limit.filter(|_| wanted.direction == Direction::Pay);
    match wanted.direction {
        direction if !purse.uses.allow(direction) => Err(Unfit::Direction),
        _ if wanted.amount.currency() != purse.currency => Err(Unfit::Currency),
        _ if wanted.amount.minor() == 0 => Err(Unfit::Amount),
        _ if own_limit.is_some_and(|limit| wanted.amount.minor() > limit.minor()) => Err(Unfit::Amount),
        _ => Ok(()),
    }
}

fn fits_system(can: &Capabilities, wanted: &Wanted) -> Result<(), Unfit> {
    let needs = &wanted.needs;
    let pays_in = can.currencies.is_none_or(|list| list.contains(&wanted.amount.currency()));
    let checks = [
        (pays_in, Unfit::Currency),
        (wanted.amount.minor() <= can.amount_max, Unfit::Amount),
        (needs.lock.is_none_or(|way| can.locks.contains(&way)), Unfit::Lock),
        (!needs.offline || can.offline, Unfit::Offline),
        (!needs.outright || can.outright, Unfit::Outright),
        (!needs.payer_anonymous || can.payer_anonymous, Unfit::Anonymous),
        (!needs.refundable || can.refundable, Unfit::Refundable),
    ];
    checks.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, unfit)| Err(*unfit))
}
