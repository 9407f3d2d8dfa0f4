//! The plain transfer: money on an account at a bank, paid in one step to a reference of the payee's.
//!
//! The payer's account key signs the order; the bank pays once and tells both. Nothing is exchanged: who
//! pays first must trust, or have a word of the payee's that it can go to a judge with. The bank knows both
//! accounts; payer and payee learn only the reference.

use semper_base::Misuse;
use semper_base::limits::INTEGER_MAX;
use semper_blocks::payment::{Capabilities, Debit, PayRequest, Payable, Payee, PaymentModule, Purse, Unfit};

use super::account::register;

/// An account at a bank that takes transfers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer;

impl PaymentModule for Transfer {
    fn word(&self) -> &'static str {
        "transfer"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            amount_max: INTEGER_MAX,
            currencies: None,
            locks: &[],
            offline: false,
            outright: true,
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

    fn payable(&self) -> Option<&dyn Payable> {
        Some(self)
    }
}

impl Payable for Transfer {
    fn pay(&self, purse: &Purse, request: &PayRequest) -> Result<Debit, Unfit> {
        if request.register != register(purse) {
            return Err(Unfit::Register);
        }
        let (account, account_key) = (purse.account.clone(), purse.account_key.clone());
        Ok(Debit { account, account_key, amount: request.amount })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        semper_conformance::payment::suite(&Transfer);
    }
}
