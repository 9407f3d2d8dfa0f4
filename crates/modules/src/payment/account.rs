//! The account purse: money on an account at a bank, paid by a hold or a lock.
//!
//! The payer's account key signs an order to debit the account for one hold or lock; the bank sets the
//! amount aside and answers for it in its register. The bank knows both accounts and the amount, and neither
//! the goods nor the deal. What stays as evidence is the exchange's: the order, the bank's `held` and
//! what it decided.

use semper_base::Misuse;
use semper_base::limits::INTEGER_MAX;
use semper_blocks::item::{Lock, RegisterKind, RegisterRef};
use semper_blocks::payment::{Capabilities, Debit, LockRequest, Lockable, Payee, PaymentModule, Purse, Unfit};

/// An account at a bank.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account;

impl PaymentModule for Account {
    fn word(&self) -> &'static str {
        "account"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            amount_max: INTEGER_MAX,
            currencies: None,
            locks: &Lock::ALL,
            offline: false,
            outright: false,
            payer_anonymous: false,
            refundable: true,
        }
    }

    fn check(&self, _purse: &Purse) -> Result<(), Misuse> {
        // How a bank names its accounts is the bank's affair.
        Ok(())
    }

    fn payee(&self, purse: &Purse) -> Payee {
        Payee { account: purse.account.clone(), register: register(purse) }
    }

    fn lockable(&self) -> Option<&dyn Lockable> {
        Some(self)
    }
}

impl Lockable for Account {
    fn lock(&self, purse: &Purse, request: &LockRequest) -> Result<Debit, Unfit> {
        if request.register != register(purse) {
            return Err(Unfit::Register);
        }
        let (account, account_key) = (purse.account.clone(), purse.account_key.clone());
        Ok(Debit { account, account_key, amount: request.amount })
    }
}

pub(super) fn register(purse: &Purse) -> RegisterRef {
    RegisterRef { key: purse.bank.key, kind: RegisterKind::Bank }
}

#[cfg(test)]
mod tests {
    use semper_blocks::payment::Manager;

    use super::*;

    #[test]
    fn conforms() {
        semper_conformance::payment::suite(&Account);
    }

    #[test]
    fn is_in_the_bundle() {
        let manager = Manager::new(crate::payment::ALL).unwrap();
        assert_eq!(manager.words().collect::<Vec<_>>(), ["account", "transfer"]);
    }
}
