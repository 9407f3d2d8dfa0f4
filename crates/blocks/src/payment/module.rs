//! What a payment module is.

use semper_base::{Amount, Currency, Misuse, Xid};
use semper_support::crypto::PublicKey;

use super::manager::Unfit;
use super::pay_to::PayTo;
use super::purse::Purse;
use crate::item::{Lock, RegisterRef};

/// One payment system. A stateless value: configuration belongs to the purse, state to the exchange.
pub trait PaymentModule: std::fmt::Debug + Send + Sync {
    /// The system's word, as purses name it: 1 to 32 of `a-z 0-9 -`.
    fn word(&self) -> &'static str;

    /// What it can do. Never changes.
    fn capabilities(&self) -> Capabilities;

    /// Whether the purse holds what this system needs; asked when a purse is set up and before it is
    /// used. [`Purse::check`] has passed.
    fn check(&self, purse: &Purse) -> Result<(), Misuse>;

    /// Where this purse is paid. The manager has checked that it may receive the amount.
    fn payee(&self, purse: &Purse) -> Payee;

    /// How to lock money for an exchange, for a system that can: exactly if
    /// [`Capabilities::locks`] names a way.
    fn lockable(&self) -> Option<&dyn Lockable> {
        None
    }

    /// How to pay outright, for a system that can: exactly if [`Capabilities::outright`] says so.
    fn payable(&self) -> Option<&dyn Payable> {
        None
    }
}

/// The part of a module that locks money for one exchange.
pub trait Lockable {
    /// What the payer must order so that the register locks the amount. The manager has checked that
    /// the purse may pay it, and that [`Capabilities::locks`] names the way; refuses a register that does not keep
    /// this purse's money.
    fn lock(&self, purse: &Purse, request: &LockRequest) -> Result<Debit, Unfit>;
}

/// The part of a module that pays in one step, for good.
pub trait Payable {
    /// What the payer must order so that the register pays. The manager has checked that the purse may
    /// pay it; refuses a register that does not keep this purse's money.
    fn pay(&self, purse: &Purse, request: &PayRequest) -> Result<Debit, Unfit>;
}

/// What a payment system can do.
#[expect(clippy::struct_excessive_bools, reason = "answers that have nothing to do with each other")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Most minor units in one payment, 1 to 2^53-1.
    pub amount_max: u64,
    /// The currencies it pays in; none means all that this build knows.
    pub currencies: Option<&'static [Currency]>,
    /// The ways in which it locks money for an exchange; empty if it cannot.
    pub locks: &'static [Lock],
    /// Whether it pays without asking anybody.
    pub offline: bool,
    /// Whether it pays in one step, without an exchange.
    pub outright: bool,
    /// Whether the payee cannot learn who paid, nor whoever keeps the money to whom it went.
    pub payer_anonymous: bool,
    /// Whether a payment can be paid back over the same way.
    pub refundable: bool,
}

/// Money to be locked for one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockRequest {
    /// How much.
    pub amount: Amount,
    /// Who shall lock it.
    pub register: RegisterRef,
    /// In which way.
    pub way: Lock,
    /// For which exchange. An account needs no more than that the order is a statement of it.
    pub xid: Xid,
}

/// Money to be paid outright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayRequest {
    /// How much.
    pub amount: Amount,
    /// Who keeps the money and shall pay it.
    pub register: RegisterRef,
    /// Whom to pay.
    pub to: PayTo,
}

/// What the payer signs over: an order to debit this account, with this key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debit {
    /// The account at the register.
    pub account: String,
    /// The account's key.
    pub account_key: PublicKey,
    /// How much.
    pub amount: Amount,
}

/// Where money goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// The account at the register.
    pub account: String,
    /// Who keeps it.
    pub register: RegisterRef,
}
