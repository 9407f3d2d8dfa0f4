//! Keys, terms and X of a deal with payments.

use semper_base::{Amount, Currency, Fault, Hash, KeyId, Millis, Nonce};
use semper_blocks::item::Grade;
use semper_blocks::statement::Language;
use semper_exchange::fair::deal::{Content as Letter, Deal, Leg, Payment};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::frame::{
    Contract, Core, Deadlines, Descriptor, Named, NamedLeg, Protocol, Receiver, Terms, Third,
};
use semper_exchange::fair::lock::Funds;
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::crypto::{Crypto, Ideal, KeyPair};

use super::world::{EXPIRES, OPENED, PATIENCE, account, at, salt};

/// What a world is made of. Of each party: payer, payee, account, and of the leg that it gives the holder.
pub(crate) struct Ring {
    pub(crate) x: Descriptor,
    pub(crate) terms: Terms,
    pub(crate) keys: Vec<KeyPair>,
    pub(crate) payers: Vec<KeyPair>,
    pub(crate) payees: Vec<KeyPair>,
    pub(crate) accounts: Vec<KeyPair>,
    pub(crate) holders: Vec<KeyPair>,
    pub(crate) letter: Letter,
    pub(crate) notary: KeyPair,
    pub(crate) seal: KeyPair,
}

/// An account with this key and enough money.
pub(crate) struct Rich(pub(crate) KeyId);

impl Funds for Rich {
    fn account(&self, _: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        Ok(Some((Amount::new(1_000_000, Currency::EUR).unwrap(), self.0)))
    }
}

/// Keys, terms and X of a ring.
#[expect(clippy::too_many_lines, reason = "member by member")]
pub(crate) fn ring(parties: u8, letter: bool) -> Ring {
    let crypto = Ideal::new(77);
    let many = || (0..parties).map(|_| crypto.generate().unwrap()).collect::<Vec<KeyPair>>();
    let [keys, payers, payees, accounts, holders] = [(); 5].map(|()| many());
    let [notary, seal] = [(), ()].map(|()| crypto.generate().unwrap());
    let sealed = Letter::seal(b"letter", &crypto).unwrap();
    let next = |place: u8| (place + 1) % parties;
    let leg = |giver: u8| {
        let receiver = next(giver);
        if letter && giver == 0 {
            return sealed.leg(0, Receiver::Party(receiver));
        }
        Leg::Payment(Payment {
            amount: Amount::new(100, Currency::EUR).unwrap(),
            giver,
            holder: Third { key: holders[usize::from(giver)].public.clone(), certificate: Hash::of(b"holder") },
            payee: payees[usize::from(receiver)].public.clone(),
            payee_account: payee_commitment(&account(receiver), salt().danger_bytes()),
            payer: payers[usize::from(giver)].public.clone(),
            receiver,
            unless: None,
        })
    };
    let deal = Deal { legs: (0..parties).map(leg).collect() };
    let named =
        |name: &str, key: &KeyPair, certificate| Named { certificate, key: key.public.clone(), name: name.into() };
    let third = Third { key: notary.public.clone(), certificate: Hash::of(b"certificate") };
    let text = |place: u8| format!("{}: Party", place + 1);
    let shown = |leg: &Leg| match leg {
        Leg::Payment(payment) => NamedLeg::Payment {
            amount: payment.amount,
            giver: text(payment.giver),
            holder: "Bank".to_owned(),
            receiver: text(payment.receiver),
        },
        leg => NamedLeg::Letter {
            bytes: 6,
            giver: text(leg.giver()),
            hash: None,
            media: "text/plain".to_owned(),
            name: "letter".to_owned(),
            receiver: text(next(leg.giver())),
        },
    };
    let contract = Contract {
        expires: at(EXPIRES),
        fee: None,
        file: None,
        grade: Grade::Strong,
        legs: deal.legs.iter().map(shown).collect(),
        language: Language::En,
        notary: named("Notary", &notary, Some(third.certificate)),
        parties: keys.iter().map(|key| named("Party", key, None)).collect(),
        protocol: Protocol::Deal,
        text: Some("Swap.".to_owned()),
        title: "Swap".to_owned(),
    };
    let terms = Terms { contract, salt: salt() };
    let commitment = terms.commitment().unwrap();
    let core = Core {
        deadlines: Deadlines { expires: at(EXPIRES), patience_ms: PATIENCE, skew_ms: Millis(1) },
        fee: None,
        grade: Grade::Strong,
        items: deal.items(commitment),
        deal: Some(deal),
        judge: JUDGE_VERSION,
        mail: None,
        nonce: Nonce([7; 16]),
        notary: third,
        notary_seal: None,
        opened: OPENED,
        parties: keys.iter().map(|key| key.public.clone()).collect(),
        protocol: Protocol::Deal,
        terms: commitment,
    };
    let x = Descriptor::new(&core, None).unwrap();
    Ring { x, terms, keys, payers, payees, accounts, holders, letter: sealed, notary, seal }
}
