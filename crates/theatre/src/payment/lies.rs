//! What a dishonest payee, payer or bank may say.

use semper_base::{Code, Error, Hash, Nonce};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{Kind, Statement, danger_typed_unverified};
use semper_exchange::fair::receipt::{ConditionalReceipt, PaymentAgreement};

use super::world::{Of, REFERENCE, eur};
use super::{Payee, Payer, Payment, Slip, world};
use crate::cast::Who;
use crate::piece::{At, Cheat, Said, Seen, Trick};

const fn cheat(name: &'static str, who: Who) -> Cheat {
    Cheat { name, who }
}

pub(super) const CHEATS: &[Cheat] = &[
    cheat("seller-keeps-receipt", Who::Seller),
    cheat("seller-invents-reference", Who::Seller),
    cheat("seller-orders-for-payer", Who::Seller),
    cheat("seller-denies-receipt", Who::Seller),
    cheat("buyer-pays-less", Who::Buyer),
    cheat("buyer-misquotes-receipt", Who::Buyer),
    cheat("buyer-forges-word", Who::Buyer),
    cheat("bank-says-unordered", Who::Bank),
    cheat("bank-passes-on-less", Who::Bank),
    cheat("bank-tells-two-stories", Who::Bank),
    cheat("bank-denies-payment", Who::Bank),
];

fn says(to: Who, slip: Slip) -> Trick {
    Trick::says(vec![(to, Said::Payment(slip))])
}

impl Payment {
    pub(super) fn trick(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        match name.split_once('-').map_or("", |(who, _)| who) {
            "seller" => self.of_payee(name, at),
            "buyer" => self.of_payer(name, at),
            _ => self.of_bank(name, seen, at),
        }
    }

    fn receipt_of_payee(&self, body: ConditionalReceipt, at: At) -> Result<Trick, Error> {
        Ok(says(Who::Buyer, Slip::Receipt(self.world.signed(Who::Seller, Of::Person, vec![], body, at)?)))
    }

    fn of_payee(&self, name: &str, at: At) -> Result<Option<Trick>, Error> {
        let world = &self.world;
        Ok(match (name, &self.payee) {
            ("seller-keeps-receipt", Payee::Waiting(_) | Payee::Asked) => {
                Some(Trick { keeps: &["conditional-receipt"], ..Trick::default() })
            }
            ("seller-invents-reference", Payee::Asked) => {
                Some(self.receipt_of_payee(world.receipt(PayTo(Nonce([4; 16])))?, at)?)
            }
            ("seller-orders-for-payer", _) if self.till.word() == "given" => {
                let body = world.order(Who::Buyer, Who::Seller, world.amount, REFERENCE)?;
                let order = world.signed(Who::Seller, Of::Account, vec![world.bank()?], body, at)?;
                Some(says(Who::Bank, Slip::Order(order)))
            }
            ("seller-denies-receipt", Payee::Paid { .. }) => {
                let body = world.receipt(REFERENCE)?;
                Some(self.receipt_of_payee(ConditionalReceipt { text: "Rent for April".to_owned(), ..body }, at)?)
            }
            _ => None,
        })
    }

    fn of_payer(&self, name: &str, at: At) -> Result<Option<Trick>, Error> {
        let world = &self.world;
        Ok(match (name, &self.payer) {
            ("buyer-pays-less", Payer::Asked(_) | Payer::Agreed(_)) => {
                let body = world.order(Who::Buyer, Who::Buyer, eur(1)?, REFERENCE)?;
                let order = world.signed(Who::Buyer, Of::Account, vec![world.bank()?], body, at)?;
                Some(says(Who::Bank, Slip::Order(order)))
            }
            ("buyer-misquotes-receipt", _) => match self.known() {
                Some(receipt) => {
                    let receipt: Statement<ConditionalReceipt> = danger_typed_unverified(receipt)?;
                    let body = PaymentAgreement { text: "Rent for a year".to_owned(), ..world::agreement(&receipt) };
                    let to = vec![receipt.meta.signer.key];
                    let agreement = world.signed(Who::Buyer, Of::Person, to, body, at)?;
                    Some(says(Who::Seller, Slip::Agreement(agreement)))
                }
                None => None,
            },
            ("buyer-forges-word", Payer::Asked(_) | Payer::Agreed(_)) => {
                let body = world.said(world.amount, Hash::of(b"no order"), at);
                let said = world.signed(Who::Buyer, Of::Person, vec![], body, at)?;
                Some(says(Who::Seller, Slip::Paid(said)))
            }
            _ => None,
        })
    }

    fn of_bank(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        let world = &self.world;
        let word = |minor: u64, order: Hash| -> Result<Slip, Error> {
            let body = world.said(eur(minor)?, order, at);
            Ok(Slip::Paid(world.signed(Who::Bank, Of::Person, vec![], body, at)?))
        };
        Ok(match (name, &self.till.paid) {
            ("bank-says-unordered", None) if matches!(self.payee, Payee::Signed(_)) => {
                let said = word(world.amount.minor(), Hash::of(b"an order that nobody gave"))?;
                Some(Trick { mute: true, ..says(Who::Seller, said) })
            }
            // The order is on its way to the bank: it has not written its row.
            ("bank-passes-on-less", None) => match seen.statement(Who::Bank, Kind::Transfer) {
                Some(order) => {
                    let said = Said::Payment(word(30_00, Hash::of(order.as_bytes()))?);
                    let letters = vec![(Who::Buyer, said.clone()), (Who::Seller, said)];
                    Some(Trick { mute: true, letters, ..Trick::default() })
                }
                None => None,
            },
            ("bank-tells-two-stories", Some((order, _))) => Some(says(Who::Seller, word(30_00, *order)?)),
            ("bank-denies-payment", Some((order, _))) => {
                let denied = says(Who::Buyer, Slip::Refused(Code::PayToUsed, *order));
                Some(Trick { keeps: &["transferred"], ..denied })
            }
            _ => None,
        })
    }
}
