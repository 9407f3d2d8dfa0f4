//! Payment for receipt: the receipt is signed before there is any money, and the bank's word that it was paid makes it
//! one. What wallets and a bank do around their databases is done here in the same order; what a receipt, an order and
//! the bank's word are worth is decided by the code of production.
//!
//! ```text
//!   payee --- pay-to-request ---> bank                payer
//!         <------ reference -----
//!         ------ conditional-receipt --------------->
//!                                      <-- transfer --
//!         <----- transferred ---- [row] transferred ->
//! ```

mod judging;
mod lies;
mod till;
mod world;

use semper_base::limits::{PAY_AGAIN_FIRST_MS, PAY_AGAIN_MAX_MS};
use semper_base::{Amount, Code, Error, Hash, KeyId, Millis, Timestamp, Violation};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{Body, Kind, Statement, danger_typed_unverified, sign_payload, verify};
use semper_exchange::fair::receipt::ConditionalReceipt;
use semper_exchange::transfer::{Transfer, Transferred};
use semper_support::crypto::Ideal;

use crate::cast::Who;
use crate::piece::{Ask, At, Cheat, Deed, Happening, Piece, Ruling, Said, Seen, Trick, Wish};
use till::Till;
use world::{Of, World, misplaced};

/// A message about a payment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Slip {
    /// What the payer agreed to; nobody honest shows it to the payee.
    Agreement(String),
    /// The payee wants a reference.
    Asked(String),
    /// The bank gives one.
    Given(PayTo),
    Order(String),
    /// The bank's word.
    Paid(String),
    Receipt(String),
    /// The bank says no to what has this hash.
    Refused(Code, Hash),
}

/// When somebody asks again.
#[derive(Clone, Copy, Debug)]
struct Patience {
    next: Timestamp,
    tries: u32,
}

impl Patience {
    fn begin(now: Timestamp) -> Self {
        Patience { next: now.plus(Millis(PAY_AGAIN_FIRST_MS)), tries: 0 }
    }

    fn again(self, now: Timestamp) -> Self {
        let tries = self.tries.saturating_add(1);
        let pause = PAY_AGAIN_FIRST_MS.saturating_mul(1_u64.checked_shl(tries).unwrap_or(u64::MAX));
        Patience { next: now.plus(Millis(pause.min(PAY_AGAIN_MAX_MS))), tries }
    }
}

/// Whoever wants to be paid.
#[derive(Clone, Debug)]
enum Payee {
    Waiting(Patience),
    /// Its owner has not signed the receipt.
    Asked,
    Signed(String),
    /// The receipt was signed, and nothing was paid in time.
    Ended(String),
    /// Nothing was signed.
    Gone,
    /// Paid as the receipt asks for, or not.
    Paid {
        said: String,
        as_asked: bool,
    },
}

/// Whoever pays.
#[derive(Clone, Debug)]
enum Payer {
    Blank,
    Asked(Box<Statement<ConditionalReceipt>>),
    /// Its owner has agreed and not signed the order.
    Agreed(Box<Statement<ConditionalReceipt>>),
    /// No order was signed: its owner said no, or nothing in time.
    Gone {
        declined: bool,
        receipt: String,
    },
    Ordered {
        receipt: Box<Statement<ConditionalReceipt>>,
        order: Box<Statement<Transfer>>,
        patience: Patience,
    },
    Refused {
        receipt: Box<Statement<ConditionalReceipt>>,
        order: Box<Statement<Transfer>>,
    },
    Paid {
        receipt: String,
        said: String,
        as_asked: bool,
    },
}

/// The machines.
#[derive(Debug)]
pub(crate) struct Payment {
    world: World,
    payee: Payee,
    payer: Payer,
    till: Till,
    /// What the payee asks the bank with, again and again.
    request: String,
}

impl Payment {
    pub(crate) fn new() -> Result<Payment, Error> {
        let world = World::new()?;
        let at = At { now: crate::time::OPENED, seed: 0 };
        let request = world.request(at)?;
        let payee = Payee::Waiting(Patience::begin(at.now));
        Ok(Payment { world, payee, payer: Payer::Blank, till: Till::default(), request })
    }

    fn verified<B: Body>(&self, by: Who, text: &str) -> Result<Statement<B>, Error> {
        Ok(verify(&Ideal::new(1), &self.world.pair(by, Of::Person)?.public, text)?)
    }

    fn payee(&mut self, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        match (&self.payee, what) {
            (_, Happening::Letter { said: Said::Payment(slip), .. }) => self.payee_hears(slip, at),
            (Payee::Waiting(_), Happening::Deadline) if at.now > self.world.until => {
                self.payee = Payee::Gone;
                Ok(vec![])
            }
            (Payee::Waiting(patience), Happening::Deadline) => {
                self.payee = Payee::Waiting(patience.again(at.now));
                Ok(vec![self.asks()])
            }
            (Payee::Asked, Happening::Signed(Kind::ConditionalReceipt, text)) => {
                self.payee = Payee::Signed(text.clone());
                Ok(vec![sent(Who::Buyer, Slip::Receipt(text.clone()))])
            }
            (Payee::Asked, Happening::Declined(_) | Happening::Deadline) => {
                self.payee = Payee::Gone;
                Ok(vec![])
            }
            (Payee::Signed(receipt), Happening::Deadline) => {
                self.payee = Payee::Ended(receipt.clone());
                Ok(vec![])
            }
            (Payee::Signed(receipt), Happening::Command(Wish::Hand)) => {
                Ok(vec![sent(Who::Buyer, Slip::Receipt(receipt.clone()))])
            }
            (Payee::Signed(_) | Payee::Ended(_), Happening::Command(Wish::Again)) => Ok(vec![self.asks()]),
            _ => Err(misplaced("nothing for the payee")),
        }
    }

    fn asks(&self) -> Deed {
        sent(Who::Bank, Slip::Asked(self.request.clone()))
    }

    fn payee_hears(&mut self, slip: &Slip, at: At) -> Result<Vec<Deed>, Error> {
        match (&self.payee, slip) {
            (Payee::Waiting(_), Slip::Given(pay_to)) => {
                self.payee = Payee::Asked;
                let life = self.world.until.since(at.now);
                let body = self.world.receipt(*pay_to)?;
                Ok(vec![Deed::Ask(self.world.ask(Who::Seller, Of::Person, vec![], &body, life, at)?)])
            }
            (Payee::Waiting(_), Slip::Refused(_, refused)) if *refused == Hash::of(self.request.as_bytes()) => {
                self.payee = Payee::Gone;
                Ok(vec![])
            }
            // Asked twice, answered twice; what is not of the present request tells nothing.
            (_, Slip::Given(_) | Slip::Refused(..)) => Ok(vec![]),
            (Payee::Signed(receipt) | Payee::Ended(receipt), Slip::Paid(said)) => {
                let as_asked = self.is_paid(receipt, said, None)?;
                self.payee = Payee::Paid { said: said.clone(), as_asked };
                Ok(vec![])
            }
            (Payee::Paid { said, .. }, Slip::Paid(again)) => heard_again(said, again),
            _ => Err(out_of_turn("nothing that a payee waits for")),
        }
    }

    /// Whether the bank's word makes the receipt one. It has to be about this payment, and if there was an order of
    /// ours then about that.
    fn is_paid(&self, receipt: &str, said: &str, order: Option<&Statement<Transfer>>) -> Result<bool, Error> {
        let said: Statement<Transferred> = self.verified(Who::Bank, said)?;
        let receipt: Statement<ConditionalReceipt> = danger_typed_unverified(receipt)?;
        match order {
            Some(order) => said.body.fits(&order.body, &order.hash)?,
            None if said.body.pay_to == receipt.body.pay_to => {}
            None => return Err(out_of_turn("not over our reference")),
        }
        Ok(receipt.body.fulfilled(&said).is_ok())
    }

    fn payer(&mut self, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        match (&self.payer, what) {
            (_, Happening::Letter { said: Said::Payment(slip), .. }) => self.payer_hears(slip, at),
            (Payer::Asked(receipt), Happening::Signed(Kind::PaymentAgreement, text)) => {
                let ask = self.order(receipt, at)?;
                self.payer = Payer::Agreed(receipt.clone());
                Ok(vec![Deed::Keep(text.clone()), Deed::Ask(ask)])
            }
            (Payer::Agreed(receipt), Happening::Signed(Kind::Transfer, text)) => {
                let order = Box::new(danger_typed_unverified(text)?);
                let (receipt, patience) = (receipt.clone(), Patience::begin(at.now));
                self.payer = Payer::Ordered { receipt, order, patience };
                Ok(vec![sent(Who::Bank, Slip::Order(text.clone()))])
            }
            (Payer::Asked(receipt) | Payer::Agreed(receipt), Happening::Declined(_) | Happening::Deadline) => {
                let declined = matches!(what, Happening::Declined(_));
                self.payer = Payer::Gone { declined, receipt: receipt.text.clone() };
                Ok(vec![])
            }
            (Payer::Ordered { receipt, order, patience }, Happening::Deadline) => {
                let again = sent(Who::Bank, Slip::Order(order.text.clone()));
                let (receipt, order, patience) = (receipt.clone(), order.clone(), patience.again(at.now));
                self.payer = Payer::Ordered { receipt, order, patience };
                Ok(vec![again])
            }
            // The same order: what one order pays is paid once.
            (Payer::Refused { receipt, order }, Happening::Command(Wish::Again)) => {
                let again = sent(Who::Bank, Slip::Order(order.text.clone()));
                let (receipt, order, patience) = (receipt.clone(), order.clone(), Patience::begin(at.now));
                self.payer = Payer::Ordered { receipt, order, patience };
                Ok(vec![again])
            }
            _ => Err(misplaced("nothing for the payer")),
        }
    }

    /// The order that follows from the receipt and ends with it: what is paid later would be paid for nothing.
    fn order(&self, receipt: &Statement<ConditionalReceipt>, at: At) -> Result<Ask, Error> {
        let ConditionalReceipt { amount, pay_to, until, .. } = receipt.body;
        let body = self.world.order(Who::Buyer, Who::Buyer, amount, pay_to)?;
        self.world.ask(Who::Buyer, Of::Account, vec![self.world.bank()?], &body, until.since(at.now), at)
    }

    fn payer_hears(&mut self, slip: &Slip, at: At) -> Result<Vec<Deed>, Error> {
        match (&self.payer, slip) {
            (_, Slip::Receipt(text)) => self.receipt(text, at),
            (Payer::Ordered { receipt, order, .. } | Payer::Refused { receipt, order }, Slip::Paid(said)) => {
                let as_asked = self.is_paid(&receipt.text, said, Some(order))?;
                self.payer = Payer::Paid { receipt: receipt.text.clone(), said: said.clone(), as_asked };
                Ok(vec![])
            }
            (Payer::Paid { said, .. }, Slip::Paid(again)) => heard_again(said, again),
            (Payer::Ordered { receipt, order, .. }, Slip::Refused(_, refused)) if *refused == order.hash => {
                self.payer = Payer::Refused { receipt: receipt.clone(), order: order.clone() };
                Ok(vec![])
            }
            (_, Slip::Refused(..)) => Ok(vec![]),
            _ => Err(out_of_turn("nothing that a payer waits for")),
        }
    }

    /// Something to pay: read, checked, and put before the owner.
    fn receipt(&mut self, text: &str, at: At) -> Result<Vec<Deed>, Error> {
        let receipt: Statement<ConditionalReceipt> = self.verified(Who::Seller, text)?;
        receipt.body.check()?;
        if receipt.body.bank != self.world.bank()? {
            return Err(Violation::new(Code::RegisterWrong, "another bank than ours").into());
        }
        match self.known() {
            Some(known) if known == text => return Ok(vec![]),
            Some(_) => return Err(Violation::new(Code::TermsWrong, "another receipt for the same payment").into()),
            None => {}
        }
        if at.now > receipt.body.until {
            return Err(Violation::new(Code::Expired, "it can be paid no longer").into());
        }
        let (to, life) = (vec![receipt.meta.signer.key], receipt.body.until.since(at.now));
        let ask = self.world.ask(Who::Buyer, Of::Person, to, &world::agreement(&receipt), life, at)?;
        self.payer = Payer::Asked(Box::new(receipt));
        Ok(vec![Deed::Ask(ask)])
    }

    /// The receipt that the payer knows of.
    fn known(&self) -> Option<&str> {
        match &self.payer {
            Payer::Blank => None,
            Payer::Asked(receipt)
            | Payer::Agreed(receipt)
            | Payer::Ordered { receipt, .. }
            | Payer::Refused { receipt, .. } => Some(&receipt.text),
            Payer::Gone { receipt, .. } | Payer::Paid { receipt, .. } => Some(receipt),
        }
    }
}

fn heard_again(known: &str, again: &str) -> Result<Vec<Deed>, Error> {
    if known == again { Ok(vec![]) } else { Err(out_of_turn("paid before, by another word")) }
}

fn sent(to: Who, slip: Slip) -> Deed {
    Deed::Send { to, said: Said::Payment(slip) }
}

fn out_of_turn(what: &str) -> Error {
    Violation::new(Code::OutOfTurn, what).into()
}

/// What a message says, in one word.
pub(crate) fn word(slip: &Slip) -> &'static str {
    match slip {
        Slip::Agreement(_) => "payment-agreement",
        Slip::Asked(_) => "pay-to-request",
        Slip::Given(_) => "reference",
        Slip::Order(_) => "transfer",
        Slip::Paid(_) => "transferred",
        Slip::Receipt(_) => "conditional-receipt",
        Slip::Refused(..) => "refused",
    }
}

/// The statements in it.
pub(crate) fn texts(slip: &Slip) -> Vec<String> {
    match slip {
        Slip::Agreement(text) | Slip::Asked(text) | Slip::Order(text) | Slip::Paid(text) | Slip::Receipt(text) => {
            vec![text.clone()]
        }
        Slip::Given(_) | Slip::Refused(..) => vec![],
    }
}

impl Piece for Payment {
    fn cast(&self) -> Vec<Who> {
        vec![Who::Buyer, Who::Seller, Who::Bank]
    }

    fn amount(&self) -> Option<Amount> {
        Some(self.world.amount)
    }

    fn begin(&mut self) -> Vec<(Who, Vec<Deed>)> {
        vec![(Who::Seller, vec![self.asks()])]
    }

    fn step(&mut self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        match (who, what) {
            (Who::Buyer, _) => self.payer(what, at),
            (Who::Seller, _) => self.payee(what, at),
            (_, Happening::Letter { from, said: Said::Payment(slip) }) => self.till.hears(&self.world, *from, slip, at),
            _ => Err(misplaced("nothing for the bank")),
        }
    }

    fn would(&self, who: Who, wish: Wish, _: At) -> bool {
        match (who, wish) {
            (Who::Buyer, Wish::Again) => matches!(self.payer, Payer::Refused { .. }),
            (Who::Seller, Wish::Again) => matches!(self.payee, Payee::Signed(_) | Payee::Ended(_)),
            (Who::Seller, Wish::Hand) => matches!(self.payee, Payee::Signed(_)),
            _ => false,
        }
    }

    fn deadline(&self, who: Who) -> Option<Timestamp> {
        let ended = self.world.until.plus(Millis(1));
        match who {
            Who::Buyer => match &self.payer {
                Payer::Asked(_) | Payer::Agreed(_) => Some(ended),
                Payer::Ordered { patience, .. } => Some(patience.next),
                _ => None,
            },
            Who::Seller => match &self.payee {
                Payee::Waiting(patience) => Some(patience.next.min(ended)),
                Payee::Asked | Payee::Signed(_) => Some(ended),
                _ => None,
            },
            _ => None,
        }
    }

    fn state(&self, who: Who) -> &'static str {
        match who {
            Who::Buyer => match &self.payer {
                Payer::Blank => "blank",
                Payer::Asked(_) => "asked",
                Payer::Agreed(_) => "agreed",
                Payer::Gone { declined: true, .. } => "declined",
                Payer::Gone { .. } => "ended",
                Payer::Ordered { .. } => "ordered",
                Payer::Refused { .. } => "refused",
                Payer::Paid { as_asked: true, .. } => "receipt",
                Payer::Paid { .. } => "otherwise",
            },
            Who::Seller => match &self.payee {
                Payee::Waiting(_) => "waiting",
                Payee::Asked => "asked",
                Payee::Signed(_) => "signed",
                Payee::Ended(_) => "ended",
                Payee::Gone => "unsigned",
                Payee::Paid { as_asked: true, .. } => "paid",
                Payee::Paid { .. } => "otherwise",
            },
            _ => self.till.word(),
        }
    }

    fn looks(&self) -> Option<Who> {
        None
    }

    fn sign(&self, _: Who, ask: &Ask, at: At) -> Result<String, Error> {
        let (_, pair) = self.world.by_id(&ask.key).ok_or_else(|| misplaced("nobody's key"))?;
        sign_payload(&Ideal::new(at.seed), &pair.secret, &ask.payload)
    }

    fn has(&self, who: Who) -> Vec<&'static str> {
        match (who, &self.payer) {
            (Who::Buyer, Payer::Paid { as_asked: true, .. }) => vec!["receipt"],
            (Who::Buyer, payer) if !matches!(payer, Payer::Blank) => vec!["promised-receipt"],
            _ => vec![],
        }
    }

    fn proofs(&self, _: Who, _: &[String]) -> Vec<String> {
        vec![]
    }

    fn judge(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
        self.ruling(of, pieces)
    }

    fn cheats(&self) -> &'static [Cheat] {
        lies::CHEATS
    }

    fn lie(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        self.trick(name, seen, at)
    }

    fn signer(&self, key: &KeyId) -> Option<Who> {
        self.world.by_id(key).map(|(who, _)| who)
    }

    fn row(&self, statement: &str) -> Said {
        Said::Payment(Slip::Paid(statement.to_owned()))
    }
}
