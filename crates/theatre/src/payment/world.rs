//! Keys and members of one payment for receipt: a rent.

use semper_base::{Amount, Currency, Error, Fault, Hash, KeyId, Millis, Misuse, Nonce, Role, Timestamp};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{About, Author, Body, author, payload};
use semper_exchange::fair::receipt::{ConditionalReceipt, PaymentAgreement};
use semper_exchange::transfer::{PayToRequest, Transfer, Transferred};
use semper_support::crypto::{Crypto, Ideal, KeyPair};

use crate::cast::Who;
use crate::piece::{Ask, At};
use crate::time::{OPENED, Surroundings};

const PAYEE: &str = "A-payee";
const PAYER: &str = "A-payer";
/// What the payee is called by its certificate.
const NAME: &str = "Payee";
/// How long it may be paid.
const LIFE: Millis = Millis::days(14);

/// Which key of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// That of the account at the bank.
    Account,
    /// The certified one.
    Person,
}

/// What does not change while it is played.
#[derive(Debug)]
pub(super) struct World {
    pub(super) amount: Amount,
    pub(super) purpose: Hash,
    pub(super) until: Timestamp,
    keys: Vec<(Who, Of, KeyPair)>,
}

/// Somebody's account at the bank.
pub(super) fn account(who: Who) -> &'static str {
    if who == Who::Buyer { PAYER } else { PAYEE }
}

fn role(who: Who) -> Role {
    match who {
        Who::Bank => Role::Bank,
        Who::Buyer => Role::Buyer,
        _ => Role::Seller,
    }
}

pub(super) fn eur(minor: u64) -> Result<Amount, Error> {
    Ok(Amount::new(minor, Currency::EUR)?)
}

/// What the bank gives.
pub(super) const REFERENCE: PayTo = PayTo(Nonce([3; 16]));

impl World {
    pub(super) fn new() -> Result<World, Error> {
        let crypto = Ideal::new(77);
        let all = [
            (Who::Bank, Of::Person),
            (Who::Buyer, Of::Person),
            (Who::Seller, Of::Person),
            (Who::Buyer, Of::Account),
            (Who::Seller, Of::Account),
        ];
        let keys = all.into_iter().map(|(who, of)| Ok((who, of, crypto.generate()?))).collect::<Result<_, Error>>()?;
        Ok(World { amount: eur(40_00)?, purpose: Hash::of(b"rent"), until: OPENED.plus(LIFE), keys })
    }

    pub(super) fn pair(&self, who: Who, of: Of) -> Result<&KeyPair, Error> {
        let found = self.keys.iter().find(|(whose, which, _)| (*whose, *which) == (who, of));
        found.map(|(.., pair)| pair).ok_or_else(|| Fault::new(semper_base::Code::KeyMissing, who.word()).into())
    }

    pub(super) fn by_id(&self, key: &KeyId) -> Option<(Who, &KeyPair)> {
        self.keys.iter().find(|(.., pair)| pair.public.id() == *key).map(|(who, _, pair)| (*who, pair))
    }

    /// The certified keys.
    pub(super) fn persons(&self) -> impl Iterator<Item = &KeyPair> {
        self.keys.iter().filter(|(_, of, _)| *of == Of::Person).map(|(.., pair)| pair)
    }

    /// A statement of somebody's, which no owner is asked about.
    pub(super) fn signed<B: Body>(&self, who: Who, of: Of, to: Vec<KeyId>, body: B, at: At) -> Result<String, Error> {
        let around = Surroundings::of(at);
        let author = Author::uncertified(role(who), self.pair(who, of)?);
        let about = About { to, ..About::default() };
        let cx = around.context(at);
        Ok(if who == Who::Bank { author.answer(&cx, about, body)? } else { author.request(&cx, about, body)? }.text)
    }

    /// The same, to be shown to the owner first. `life` is how long it counts.
    pub(super) fn ask<B: Body>(
        &self,
        who: Who,
        of: Of,
        to: Vec<KeyId>,
        body: &B,
        life: Millis,
        at: At,
    ) -> Result<Ask, Error> {
        let around = Surroundings::of(at);
        let author = Author::uncertified(role(who), self.pair(who, of)?);
        let about = About { to, ..About::default() };
        let meta = author::meta::<B>(&around.context(at), author.signer(), author.language, about, life);
        Ok(Ask { kind: B::KIND, key: author.public.id(), payload: payload(&meta, body)? })
    }

    pub(super) fn bank(&self) -> Result<KeyId, Error> {
        Ok(self.pair(Who::Bank, Of::Person)?.public.id())
    }

    pub(super) fn request(&self, at: At) -> Result<String, Error> {
        let account_key = self.pair(Who::Seller, Of::Account)?.public.clone();
        let body = PayToRequest { account: PAYEE.to_owned(), account_key, purpose: self.purpose };
        self.signed(Who::Seller, Of::Account, vec![self.bank()?], body, at)
    }

    pub(super) fn receipt(&self, pay_to: PayTo) -> Result<ConditionalReceipt, Error> {
        Ok(ConditionalReceipt {
            amount: self.amount,
            bank: self.bank()?,
            pay_to,
            purpose: self.purpose,
            text: "Rent for May".to_owned(),
            until: self.until,
        })
    }

    pub(super) fn order(&self, whose: Who, with: Who, amount: Amount, pay_to: PayTo) -> Result<Transfer, Error> {
        let account_key = self.pair(with, Of::Account)?.public.clone();
        Ok(Transfer { account: account(whose).to_owned(), account_key, amount, pay_to, purpose: self.purpose })
    }

    pub(super) fn said(&self, amount: Amount, transfer: Hash, at: At) -> Transferred {
        Transferred { amount, at: at.now, pay_to: REFERENCE, purpose: self.purpose, transfer }
    }
}

/// What a payer agrees to who pays for this receipt.
pub(super) fn agreement(receipt: &semper_blocks::statement::Statement<ConditionalReceipt>) -> PaymentAgreement {
    PaymentAgreement::with(receipt, NAME.to_owned())
}

/// Something that no state allows.
pub(super) fn misplaced(what: &str) -> Error {
    Misuse::new(semper_base::Code::StateWrong, what).into()
}
