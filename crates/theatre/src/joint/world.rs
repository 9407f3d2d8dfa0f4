//! Keys, terms and descriptor of a joint deal: the buyer pays the seller for a letter.

use semper_base::{Error, Fault, Hash, KeyId, Millis, Nonce};
use semper_blocks::item::Grade;
use semper_blocks::statement::Language;
use semper_exchange::fair::deal::{Content as Letter, Deal, Leg, Payment, Stock};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::frame::{
    Contract, Core, Deadlines, Descriptor, Named, NamedLeg, Own, Protocol, Receiver, Terms, Third,
};
use semper_exchange::fair::lock::{Lock, PayeeOwn, PayerOwn};
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::crypto::{Crypto, Ideal, KeyPair};

use crate::cast::Who;
use crate::lock::{PAYEE, PAYER, eur};
use crate::time::{OPENED, secret};

const CONTENT: &[u8] = b"Twenty paces north of the palm, then dig.";
const PATIENCE: Millis = Millis::seconds(10);
/// The leg that is paid.
const LEG: u8 = 0;

/// What does not change while it is played.
#[derive(Debug)]
pub(super) struct World {
    pub(super) x: Descriptor,
    pub(super) lock: Lock,
    pub(super) letter: Letter,
    pub(super) seal: KeyPair,
    /// Who signs with what; the first of each signs in the deal, bank and notary what they keep.
    keys: Vec<(Who, KeyPair)>,
    terms: Terms,
}

fn contract(payment: &Payment, keys: &[KeyPair], notary: &Third, expires: semper_base::Timestamp) -> Contract {
    let named = |name: &str, key, certificate| Named { certificate, key, name: name.to_owned() };
    let [buyer, seller] = ["1: Buyer", "2: Seller"].map(str::to_owned);
    let paid = NamedLeg::Payment {
        amount: payment.amount,
        giver: buyer.clone(),
        holder: "Bank".to_owned(),
        receiver: seller.clone(),
    };
    let letter = NamedLeg::Letter {
        bytes: CONTENT.len() as u64,
        giver: seller,
        hash: Some(Hash::of(CONTENT)),
        media: "text/plain".to_owned(),
        name: "map.txt".to_owned(),
        receiver: buyer,
    };
    Contract {
        expires,
        fee: None,
        file: None,
        grade: Grade::Strong,
        language: Language::En,
        legs: vec![paid, letter],
        notary: named("Notary", notary.key.clone(), Some(notary.certificate)),
        parties: ["Buyer", "Seller"]
            .iter()
            .zip(keys)
            .map(|(name, key)| named(name, key.public.clone(), None))
            .collect(),
        protocol: Protocol::Deal,
        text: Some("For your own use.".to_owned()),
        title: "A map of the island".to_owned(),
    }
}

impl World {
    pub(super) fn new() -> Result<World, Error> {
        let crypto = Ideal::new(77);
        let [buyer, seller, bank, notary] = [(); 4].map(|()| crypto.generate());
        let [payer, payee, account, seal] = [(); 4].map(|()| crypto.generate());
        let (bank, notary, payer, payee, account) = (bank?, notary?, payer?, payee?, account?);
        let parties = vec![buyer?, seller?];
        let third = |pair: &KeyPair| Third { key: pair.public.clone(), certificate: Hash::of(b"certificate") };
        let letter = Letter::seal(CONTENT, &crypto)?;
        let payment = Payment {
            amount: eur(40_00)?,
            giver: 0,
            holder: third(&bank),
            payee: payee.public.clone(),
            payee_account: payee_commitment(PAYEE, secret("salt").danger_bytes()),
            payer: payer.public.clone(),
            receiver: 1,
            unless: None,
        };
        let deadlines = Deadlines::standard(OPENED);
        let terms =
            Terms { contract: contract(&payment, &parties, &third(&notary), deadlines.expires), salt: secret("terms") };
        let commitment = terms.commitment()?;
        let deal = Deal { legs: vec![Leg::Payment(payment.clone()), letter.leg(1, Receiver::Party(0))] };
        let core = Core {
            items: deal.items(commitment),
            deal: Some(deal),
            deadlines,
            fee: None,
            grade: Grade::Strong,
            judge: JUDGE_VERSION,
            mail: None,
            nonce: Nonce([7; 16]),
            notary: third(&notary),
            notary_seal: None,
            opened: OPENED,
            parties: parties.iter().map(|pair| pair.public.clone()).collect(),
            protocol: Protocol::Deal,
            terms: commitment,
        };
        let x = Descriptor::new(&core, None)?;
        let lock = payment.lock(LEG, &x)?;
        let all = [Who::Buyer, Who::Seller, Who::Bank, Who::Notary, Who::Buyer, Who::Seller, Who::Buyer];
        let pairs = parties.into_iter().chain([bank, notary, payer, payee, account]);
        Ok(World { x, lock, letter, seal: seal?, keys: all.into_iter().zip(pairs).collect(), terms })
    }

    /// With what somebody signs in the deal, or what it keeps.
    pub(super) fn pair(&self, who: Who) -> Result<&KeyPair, Error> {
        let found = self.keys.iter().find(|(whose, _)| *whose == who);
        found.map(|(_, pair)| pair).ok_or_else(|| Fault::new(semper_base::Code::KeyMissing, who.word()).into())
    }

    pub(super) fn by_id(&self, key: KeyId) -> Option<&(Who, KeyPair)> {
        self.keys.iter().find(|(_, pair)| pair.public.id() == key)
    }

    /// With what somebody signs about the lock.
    pub(super) fn payer(&self) -> Result<&KeyPair, Error> {
        self.of_lock(self.lock.core.payer.id())
    }

    pub(super) fn payee(&self) -> Result<&KeyPair, Error> {
        self.of_lock(self.lock.core.payee.id())
    }

    fn of_lock(&self, key: KeyId) -> Result<&KeyPair, Error> {
        let found = self.by_id(key).map(|(_, pair)| pair);
        found.ok_or_else(|| Fault::new(semper_base::Code::KeyMissing, "of the lock").into())
    }

    pub(super) fn own(&self, place: u8) -> Own {
        Own { place, certificate: None, language: Language::En, terms: self.terms.clone() }
    }

    pub(super) fn stock(&self, place: u8) -> Stock {
        if place == 1 {
            return Stock { keys: vec![self.letter.key.clone()], parcels: Vec::new() };
        }
        Stock { keys: Vec::new(), parcels: vec![self.letter.parcel.clone()] }
    }

    pub(super) fn payer_own(&self) -> Result<PayerOwn, Error> {
        let (_, account) = self.keys.last().ok_or_else(|| Fault::new(semper_base::Code::KeyMissing, "account"))?;
        Ok(PayerOwn {
            account: PAYER.to_owned(),
            account_key: account.public.clone(),
            certificate: None,
            language: Language::En,
            patience_ms: PATIENCE,
        })
    }
}

pub(super) fn payee_own() -> PayeeOwn {
    PayeeOwn {
        account: PAYEE.to_owned(),
        certificate: None,
        language: Language::En,
        margin_ms: Millis(0),
        patience_ms: PATIENCE,
        preimage: None,
        salt: secret("salt"),
    }
}
