//! Payment for receipt: money one way, the payee's receipt the other way.
//!
//! ```text
//!   payee S                    bank P (register)         payer B
//!     | -- pay-to-request ---->  |                         |
//!     | <- reference ----------  |                         |
//!     | -- conditional receipt, by whatever way ---------> |   "received, if the bank says that it was paid"
//!     |                          | <------- transfer ----- |
//!     | <- transferred --------  | --------> transferred - |   row of the reference: used once
//! ```
//!
//! The receipt is the two together: what the payee signed before there was any money, and the bank's word that
//! the payment which it names was made. So there is no moment in which one side has given and can be denied
//! the other's part: whoever takes the money has given the receipt. Nothing is asked of the payee after the
//! payment, and it may as well be gone. The register is the bank's row of the reference, which is used once
//! (after Asokan, Schunter and Waidner's exchange of a payment for a receipt, where the payment is verifiable).
//!
//! What it does not give: the payer may keep silent about having paid, which harms nobody, and the payee may
//! refuse to deliver what was paid for, which another exchange is for.

use semper_base::limits::RECEIPT_TEXT_BYTES_MAX;
use semper_base::{Amount, Code, Hash, KeyId, Timestamp, Violation};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{Body, Kind, Statement};
use serde::{Deserialize, Serialize};

use crate::transfer::Transferred;

/// Payee, before anything is paid: received, if the bank says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionalReceipt {
    /// How much.
    pub amount: Amount,
    /// The bank whose word it needs.
    pub bank: KeyId,
    /// The reference that must have been paid to.
    pub pay_to: PayTo,
    /// What the bank knows the payment by.
    pub purpose: Hash,
    /// What for, in the payee's words; not empty, at most [`RECEIPT_TEXT_BYTES_MAX`]. The bank does not see it.
    pub text: String,
    /// It must have been paid by then, by the bank's clock.
    pub until: Timestamp,
}

impl Body for ConditionalReceipt {
    const KIND: Kind = Kind::ConditionalReceipt;
}

/// Payer, to nobody but itself: what it agreed to on the trusted screen before the bank was ordered to pay.
/// The order to the bank follows from it and shows the bank neither payee nor purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentAgreement {
    /// How much.
    pub amount: Amount,
    /// To which reference.
    pub pay_to: PayTo,
    /// The payee's certified name.
    pub payee: String,
    /// What the bank knows the payment by.
    pub purpose: Hash,
    /// The payee's [`ConditionalReceipt`].
    pub receipt: Hash,
    /// What for, copied from the receipt.
    pub text: String,
    /// Until when the receipt counts, copied from it.
    pub until: Timestamp,
}

impl Body for PaymentAgreement {
    const KIND: Kind = Kind::PaymentAgreement;
}

impl ConditionalReceipt {
    /// Whether it is one that anybody can use. [`Code::FieldWrong`] or [`Code::AmountMalformed`] if not.
    pub fn check(&self) -> Result<(), Violation> {
        if self.amount.minor() == 0 {
            return Err(Violation::new(Code::AmountMalformed, "nothing to pay"));
        }
        if self.text.trim().is_empty() || self.text.len() > RECEIPT_TEXT_BYTES_MAX {
            return Err(Violation::new(Code::FieldWrong, "text"));
        }
        Ok(())
    }

    /// Whether the bank's word makes this a receipt: the same reference, purpose and amount, said by the bank
    /// that is named, of a payment in time. Then the moment of the payment. Whether the two signatures hold
    /// is for whoever read the statements.
    pub fn fulfilled(&self, said: &Statement<Transferred>) -> Result<Timestamp, Violation> {
        let Transferred { amount, at, pay_to, purpose, .. } = said.body;
        if said.meta.signer.key != self.bank {
            return Err(Violation::new(Code::KeyWrong, "another bank"));
        }
        if amount != self.amount {
            return Err(Violation::new(Code::MismatchAmount, amount.to_string()));
        }
        if (pay_to, purpose) != (self.pay_to, self.purpose) {
            return Err(Violation::new(Code::MismatchPayee, pay_to.to_string()));
        }
        if at > self.until {
            return Err(Violation::new(Code::Expired, at.to_string()));
        }
        Ok(at)
    }
}

impl PaymentAgreement {
    /// What a payer agrees to who pays for this receipt.
    #[must_use]
    pub fn with(receipt: &Statement<ConditionalReceipt>, payee: String) -> PaymentAgreement {
        let ConditionalReceipt { amount, pay_to, purpose, ref text, until, .. } = receipt.body;
        PaymentAgreement { amount, pay_to, payee, purpose, receipt: receipt.hash, text: text.clone(), until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use semper_base::{Currency, Millis, Nonce, Role};
    use semper_blocks::statement::{About, Author};
    use semper_support::Context;
    use semper_support::crypto::keyring::Keyring;
    use semper_support::crypto::{Crypto, ideal::Ideal};

    /// What is changed, and what becomes of it.
    type Case<'a> = (Code, &'a dyn Fn(&mut ConditionalReceipt));

    struct Two {
        receipt: ConditionalReceipt,
        said: Statement<Transferred>,
    }

    /// A receipt and the word of the bank that makes it one.
    fn two() -> Two {
        let crypto = Ideal::new(1);
        let pair = crypto.generate().unwrap();
        let now = Timestamp::EPOCH.plus(Millis::hours(1));
        let keyring = Keyring::for_simulation([0; 32]);
        let cx = Context { crypto: &crypto, now, keyring: &keyring };
        let bank = Author::uncertified(Role::Bank, &pair);
        let amount = Amount::new(12_50, Currency::EUR).unwrap();
        let (pay_to, purpose) = (PayTo(Nonce([1; 16])), Hash::of(b"purpose"));
        let said = Transferred { amount, at: now, pay_to, purpose, transfer: Hash::of(b"order") };
        let said = bank.answer(&cx, About::default(), said).unwrap();
        let receipt =
            ConditionalReceipt { amount, bank: pair.public.id(), pay_to, purpose, text: "Rent".to_owned(), until: now };
        Two { receipt, said }
    }

    #[test]
    fn the_banks_word_makes_it_a_receipt() {
        let Two { receipt, said } = two();
        assert_eq!(receipt.check(), Ok(()));
        assert_eq!(receipt.fulfilled(&said), Ok(said.body.at));
    }

    #[test]
    fn each_member_counts() {
        let Two { receipt, said } = two();
        let cases: [Case<'_>; 5] = [
            (Code::KeyWrong, &|r| r.bank = KeyId(Hash::of(b"another"))),
            (Code::MismatchAmount, &|r| r.amount = Amount::new(12_51, Currency::EUR).unwrap()),
            (Code::MismatchPayee, &|r| r.pay_to = PayTo(Nonce([2; 16]))),
            (Code::MismatchPayee, &|r| r.purpose = Hash::of(b"another")),
            (Code::Expired, &|r| r.until = r.until.minus(Millis(1))),
        ];
        for (code, change) in cases {
            let mut other = receipt.clone();
            change(&mut other);
            assert_eq!(other.fulfilled(&said).unwrap_err().code(), code);
        }
    }

    #[test]
    fn nobody_can_use_an_empty_one() {
        let receipt = two().receipt;
        let nothing = ConditionalReceipt { amount: Amount::zero(Currency::EUR), ..receipt.clone() };
        assert_eq!(nothing.check().unwrap_err().code(), Code::AmountMalformed);
        for text in [String::new(), "  ".to_owned(), "x".repeat(RECEIPT_TEXT_BYTES_MAX + 1)] {
            let wrong = ConditionalReceipt { text, ..receipt.clone() };
            assert_eq!(wrong.check().unwrap_err().code(), Code::FieldWrong);
        }
    }
}
