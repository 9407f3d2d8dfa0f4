//! Keys and descriptors of one lock: for data whose key is sold, or for goods that somebody carries.

use semper_base::{Amount, Currency, Error, Fault, Hash, KeyId, Millis, Nonce, Role};
use semper_blocks::delivery::ShareOpening;
use semper_blocks::statement::{About, Author, Language, Statement};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::lock::descriptor::PROTOCOL;
use semper_exchange::fair::lock::escrow::{Carrier, Escrow, Side, pickup};
use semper_exchange::fair::lock::sale::{self, Sealed};
use semper_exchange::fair::lock::statements::DataOffer;
use semper_exchange::fair::lock::{Condition, Core, Funds, Lock, PayeeOwn, PayerOwn, Third};
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::crypto::{Crypto, Ideal, KeyPair};

use crate::cast::{Play, Who};
use crate::piece::At;
use crate::time::{OPENED, Surroundings, secret};

pub(crate) const PAYEE: &str = "A-payee";
pub(crate) const PAYER: &str = "A-payer";
/// What opens the door to whoever brings the goods.
pub(super) const CODE: Nonce = Nonce([5; 16]);
const CONTENT: &[u8] = b"Twenty paces north of the palm, then dig.";
const PATIENCE: Millis = Millis::seconds(10);

pub(crate) fn eur(minor: u64) -> Result<Amount, Error> {
    Ok(Amount::new(minor, Currency::EUR)?)
}

/// A bank at which the payer has enough, under this key, of this currency.
#[derive(Debug)]
pub(crate) struct Rich(pub(crate) KeyId, pub(crate) Currency);

impl Funds for Rich {
    fn account(&self, account: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        let plenty = Amount::new(100_000, self.1);
        let plenty = plenty.map_err(|e| Fault::new(semper_base::Code::DatabaseCorrupt, e.to_string()))?;
        Ok([PAYEE, PAYER].contains(&account).then_some((plenty, self.0)))
    }
}

/// Data on sale, as its buyer has it before it pays.
#[derive(Debug)]
pub(super) struct Sold {
    pub(super) offer: Statement<DataOffer>,
    pub(super) letter: Vec<u8>,
    pub(super) share: ShareOpening,
}

/// What does not change while it is played.
#[derive(Debug)]
pub(super) struct World {
    pub(super) lock: Lock,
    pub(super) sold: Option<Sold>,
    pub(super) payee_own: PayeeOwn,
    pub(super) payer_own: PayerOwn,
    /// Who signs with what; the first of each is the one in L.
    pub(super) keys: Vec<(Who, KeyPair)>,
}

fn third(pair: &KeyPair, name: &[u8]) -> Third {
    Third { key: pair.public.clone(), certificate: Hash::of(name) }
}

fn escrow(arbiter: &KeyPair, carrier: &KeyPair) -> Condition {
    Condition::Escrow(Escrow {
        accept_ms: Millis::days(7),
        arbiter: third(arbiter, b"arbiter"),
        carrier: Some(Carrier { key: carrier.public.clone(), pickup: pickup(&CODE) }),
        deliver_ms: Millis::days(5),
        hearing_ms: Millis::days(14),
        ship_by: OPENED.plus(Millis::days(3)),
        silent: Side::Payer,
    })
}

/// The seller's signed word; `other` content is a lie from the beginning.
fn offer(sealed: &Sealed, core: &Core, seller: &KeyPair, other: bool) -> Result<Statement<DataOffer>, Error> {
    let body = DataOffer {
        amount: core.amount,
        bytes: sealed.letter.len() as u64,
        cipher: sealed.cipher(),
        content: if other { Hash::of(b"something that it never had") } else { sealed.content },
        description: "A map of the island".to_owned(),
        h: sealed.h(),
        holder: core.holder.clone(),
        lock_ms: Millis::days(1),
        name: "map.txt".to_owned(),
        payee: core.payee.clone(),
        payee_account: core.payee_account,
        sha256: None,
        until: OPENED.plus(Millis::days(7)),
    };
    let at = At { now: OPENED, seed: 0 };
    let around = Surroundings::of(at);
    Author::uncertified(Role::Seller, seller).answer(&around.context(at), About::default(), body)
}

impl World {
    /// `twist` is a lie from the beginning.
    pub(super) fn new(play: Play, twist: Option<&str>) -> Result<World, Error> {
        let crypto = Ideal::new(77);
        let all = [Who::Buyer, Who::Seller, Who::Bank, Who::Carrier, Who::Arbiter, Who::Buyer, Who::Seller];
        let pairs = [(); 7].map(|()| crypto.generate());
        let [payer, payee, holder, carrier, arbiter, account, seller] = pairs;
        let (payer, payee, holder) = (payer?, payee?, holder?);
        let (carrier, arbiter, account, seller) = (carrier?, arbiter?, account?, seller?);
        let salt = secret("salt");
        let mut core = Core {
            amount: eur(40_00)?,
            condition: escrow(&arbiter, &carrier),
            holder: third(&holder, b"bank"),
            judge: JUDGE_VERSION,
            nonce: Nonce([7; 16]),
            opened: OPENED,
            payee: payee.public.clone(),
            payee_account: payee_commitment(PAYEE, salt.danger_bytes()),
            payer: payer.public.clone(),
            protocol: PROTOCOL.to_owned(),
            skew_ms: Millis::seconds(120),
            terms: None,
        };
        let (mut preimage, mut sold, mut margin_ms) = (None, None, Millis(0));
        if play == Play::Data {
            let sealed = sale::seal(CONTENT, &crypto)?;
            let offer = offer(&sealed, &core, &seller, twist == Some("seller-sells-other-data"))?;
            core = sale::lock(&offer, &sealed.share, &payer.public, core.nonce, OPENED)?;
            margin_ms = sale::margin(&offer.body);
            preimage = Some(sealed.k);
            sold = Some(Sold { offer, letter: sealed.letter, share: sealed.share });
        }
        let payee_own = PayeeOwn {
            account: PAYEE.to_owned(),
            certificate: None,
            language: Language::En,
            margin_ms,
            patience_ms: PATIENCE,
            preimage,
            salt,
        };
        let payer_own = PayerOwn {
            account: PAYER.to_owned(),
            account_key: account.public.clone(),
            certificate: None,
            language: Language::En,
            patience_ms: PATIENCE,
        };
        let pairs = [payer, payee, holder, carrier, arbiter, account, seller];
        Ok(World { lock: Lock::new(&core)?, sold, payee_own, payer_own, keys: all.into_iter().zip(pairs).collect() })
    }

    /// The key of somebody that L names.
    pub(super) fn pair(&self, who: Who) -> Result<&KeyPair, Error> {
        let found = self.keys.iter().find(|(whose, _)| *whose == who);
        found.map(|(_, pair)| pair).ok_or_else(|| Fault::new(semper_base::Code::KeyMissing, who.word()).into())
    }

    pub(super) fn by_id(&self, key: KeyId) -> Option<&(Who, KeyPair)> {
        self.keys.iter().find(|(_, pair)| pair.public.id() == key)
    }
}
