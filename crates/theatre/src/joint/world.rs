//! Keys, terms and descriptor of a joint deal: the buyer pays the seller for a letter, or two change money.

use semper_base::{Amount, Code, Currency, Error, Fault, Hash, KeyId, Millis, Nonce};
use semper_blocks::item::Grade;
use semper_blocks::statement::Language;
use semper_exchange::fair::deal::{Content as Letter, Deal, Leg, Payment, Stock};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::frame::{
    Contract, Core, Deadlines, Descriptor, Named, NamedLeg, Own, Protocol, Receiver, Terms, Third,
};
use semper_exchange::fair::lock::{Lock, PayeeOwn, PayerOwn, Seat};
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::crypto::{Crypto, Ideal, KeyPair, PublicKey};

use crate::cast::{Play, Who};
use crate::lock::{PAYEE, PAYER};
use crate::time::{OPENED, secret};

const CONTENT: &[u8] = b"Twenty paces north of the palm, then dig.";
const PATIENCE: Millis = Millis::seconds(10);

/// One payment of the deal, and the bank that keeps its money.
#[derive(Debug)]
pub(super) struct Paid {
    pub(super) bank: Who,
    pub(super) giver: u8,
    pub(super) lock: Lock,
    account: PublicKey,
}

/// What does not change while it is played.
#[derive(Debug)]
pub(super) struct World {
    pub(super) x: Descriptor,
    /// By leg.
    pub(super) paid: Vec<Paid>,
    /// By place.
    pub(super) parties: [Who; 2],
    letter: Option<Letter>,
    pub(super) seal: KeyPair,
    /// Who signs with what; the first of each signs in the deal, banks and notary what they keep.
    keys: Vec<(Who, KeyPair)>,
    terms: Terms,
}

/// Who pays how much where.
struct Plan {
    parties: [Who; 2],
    names: [&'static str; 2],
    payments: Vec<(Who, &'static str, u8, Amount)>,
    title: &'static str,
}

impl Plan {
    fn of(play: Play) -> Result<Plan, Error> {
        let euros = Amount::new(40_00, Currency::EUR)?;
        if play != Play::Change {
            let payments = vec![(Who::Bank, "Bank", 0, euros)];
            let (parties, names) = ([Who::Buyer, Who::Seller], ["Buyer", "Seller"]);
            return Ok(Plan { parties, names, payments, title: "A map of the island" });
        }
        let dollars = Amount::new(43_20, Currency::parse("USD")?)?;
        let payments = vec![(Who::Bank, "Euro bank", 0, euros), (Who::OtherBank, "Dollar bank", 1, dollars)];
        let (parties, names) = ([Who::Party(0), Who::Party(1)], ["Anna", "Ben"]);
        Ok(Plan { parties, names, payments, title: "Euros for dollars" })
    }

    fn party(&self, place: u8) -> String {
        let name = self.names.get(usize::from(place)).copied().unwrap_or_default();
        format!("{}: {name}", place.saturating_add(1))
    }

    fn legs(&self) -> Vec<NamedLeg> {
        let paid = |(_, holder, giver, amount): &(Who, &str, u8, Amount)| NamedLeg::Payment {
            amount: *amount,
            giver: self.party(*giver),
            holder: (*holder).to_owned(),
            receiver: self.party(1 - giver),
        };
        let letter = NamedLeg::Letter {
            bytes: CONTENT.len() as u64,
            giver: self.party(1),
            hash: Some(Hash::of(CONTENT)),
            media: "text/plain".to_owned(),
            name: "map.txt".to_owned(),
            receiver: self.party(0),
        };
        let gives_letter = self.payments.len() == 1;
        self.payments.iter().map(paid).chain(gives_letter.then_some(letter)).collect()
    }
}

fn contract(plan: &Plan, keys: &[KeyPair], notary: &Third, expires: semper_base::Timestamp) -> Contract {
    let named = |name: &str, key, certificate| Named { certificate, key, name: name.to_owned() };
    Contract {
        expires,
        fee: None,
        file: None,
        grade: Grade::Strong,
        language: Language::En,
        legs: plan.legs(),
        notary: named("Notary", notary.key.clone(), Some(notary.certificate)),
        parties: plan.names.iter().zip(keys).map(|(name, key)| named(name, key.public.clone(), None)).collect(),
        protocol: Protocol::Deal,
        text: Some("For your own use.".to_owned()),
        title: plan.title.to_owned(),
    }
}

fn third(pair: &KeyPair) -> Third {
    Third { key: pair.public.clone(), certificate: Hash::of(b"certificate") }
}

/// The keys for one payment.
struct Keys {
    holder: KeyPair,
    payer: KeyPair,
    payee: KeyPair,
    account: KeyPair,
}

impl Keys {
    fn draw(crypto: &Ideal) -> Result<Keys, Error> {
        let [holder, payer, payee, account] = [(); 4].map(|()| crypto.generate());
        Ok(Keys { holder: holder?, payer: payer?, payee: payee?, account: account? })
    }
}

impl World {
    pub(super) fn new(play: Play) -> Result<World, Error> {
        let (crypto, plan) = (Ideal::new(77), Plan::of(play)?);
        let [first, second, notary, seal] = [(); 4].map(|()| crypto.generate());
        let (parties, notary) = (vec![first?, second?], notary?);
        let keys = plan.payments.iter().map(|_| Keys::draw(&crypto)).collect::<Result<Vec<Keys>, Error>>()?;
        let letter = if plan.payments.len() == 1 { Some(Letter::seal(CONTENT, &crypto)?) } else { None };
        let payment = |((_, _, giver, amount), keys): (&(Who, &str, u8, Amount), &Keys)| Payment {
            amount: *amount,
            giver: *giver,
            holder: third(&keys.holder),
            payee: keys.payee.public.clone(),
            payee_account: payee_commitment(PAYEE, secret("salt").danger_bytes()),
            payer: keys.payer.public.clone(),
            receiver: 1 - giver,
            unless: None,
        };
        let payments: Vec<Payment> = plan.payments.iter().zip(&keys).map(payment).collect();
        let deadlines = Deadlines::standard(OPENED);
        let salt = secret("terms");
        let terms = Terms { contract: contract(&plan, &parties, &third(&notary), deadlines.expires), salt };
        let commitment = terms.commitment()?;
        let letters = letter.iter().map(|letter| letter.leg(1, Receiver::Party(0)));
        let deal = Deal { legs: payments.iter().cloned().map(Leg::Payment).chain(letters).collect() };
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
        let mut all: Vec<(Who, KeyPair)> = plan.parties.into_iter().zip(parties).collect();
        all.push((Who::Notary, notary));
        let mut paid = Vec::new();
        for (leg, ((payment, (bank, ..)), keys)) in (0..).zip(payments.iter().zip(&plan.payments).zip(keys)) {
            let (lock, account) = (payment.lock(leg, &x)?, keys.account.public.clone());
            paid.push(Paid { bank: *bank, giver: payment.giver, lock, account });
            let [giver, receiver] = at_places(plan.parties, payment.giver);
            all.extend([(*bank, keys.holder), (giver, keys.payer), (receiver, keys.payee), (giver, keys.account)]);
        }
        Ok(World { x, paid, parties: plan.parties, letter, seal: seal?, keys: all, terms })
    }

    /// With what somebody signs in the deal, or what it keeps.
    pub(super) fn pair(&self, who: Who) -> Result<&KeyPair, Error> {
        let found = self.keys.iter().find(|(whose, _)| *whose == who);
        found.map(|(_, pair)| pair).ok_or_else(|| Fault::new(Code::KeyMissing, who.word()).into())
    }

    pub(super) fn by_id(&self, key: KeyId) -> Option<&(Who, KeyPair)> {
        self.keys.iter().find(|(_, pair)| pair.public.id() == key)
    }

    /// The pair of a key of a lock.
    pub(super) fn of_lock(&self, key: KeyId) -> Result<&KeyPair, Error> {
        let found = self.by_id(key).map(|(_, pair)| pair);
        found.ok_or_else(|| Fault::new(Code::KeyMissing, "of the lock").into())
    }

    /// The payment about which this key signs.
    pub(super) fn leg_of(&self, key: KeyId) -> Option<u8> {
        let signs =
            |paid: &Paid| [paid.lock.core.payer.id(), paid.lock.core.payee.id(), paid.account.id()].contains(&key);
        self.numbered().find(|(_, paid)| signs(paid)).map(|(leg, _)| leg)
    }

    /// The payment of which this bank keeps the money.
    pub(super) fn leg_at(&self, bank: Who) -> Option<u8> {
        self.numbered().find(|(_, paid)| paid.bank == bank).map(|(leg, _)| leg)
    }

    /// The payments with the numbers of their legs.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (u8, &Paid)> {
        (0..).zip(&self.paid)
    }

    pub(super) fn paid(&self, leg: u8) -> Result<&Paid, Error> {
        let found = self.paid.get(usize::from(leg));
        found.ok_or_else(|| Fault::new(Code::NotFound, "no such payment").into())
    }

    /// Who sits where in the lock of a payment.
    pub(super) fn at_seat(&self, paid: &Paid, seat: Seat) -> Who {
        let [giver, receiver] = at_places(self.parties, paid.giver);
        match seat {
            Seat::Holder => paid.bank,
            Seat::Payee => receiver,
            Seat::Payer => giver,
        }
    }

    pub(super) fn seat(&self, paid: &Paid, who: Who) -> Seat {
        let all = [Seat::Holder, Seat::Payer];
        all.into_iter().find(|seat| self.at_seat(paid, *seat) == who).unwrap_or(Seat::Payee)
    }

    pub(super) fn place(&self, who: Who) -> Option<u8> {
        let at = self.parties.iter().position(|party| *party == who)?;
        u8::try_from(at).ok()
    }

    /// Whether money is given for money.
    pub(super) fn is_change(&self) -> bool {
        self.paid.len() > 1
    }

    pub(super) fn own(&self, place: u8) -> Own {
        Own { place, certificate: None, language: Language::En, terms: self.terms.clone() }
    }

    pub(super) fn stock(&self, place: u8) -> Stock {
        let letter = self.letter.iter();
        if place == 1 {
            return Stock { keys: letter.map(|letter| letter.key.clone()).collect(), parcels: Vec::new() };
        }
        Stock { keys: Vec::new(), parcels: letter.map(|letter| letter.parcel.clone()).collect() }
    }
}

/// The giver of this place, and the other.
fn at_places([first, second]: [Who; 2], giver: u8) -> [Who; 2] {
    if giver == 0 { [first, second] } else { [second, first] }
}

impl Paid {
    pub(super) fn account(&self) -> KeyId {
        self.account.id()
    }

    pub(super) fn payer_own(&self) -> PayerOwn {
        PayerOwn {
            account: PAYER.to_owned(),
            account_key: self.account.clone(),
            certificate: None,
            language: Language::En,
            patience_ms: PATIENCE,
        }
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
