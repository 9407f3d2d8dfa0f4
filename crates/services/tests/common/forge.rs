//! Makes statements and packets, right ones and wrong ones, with keys that belong to nobody.

use std::sync::Arc;

use semper_base::{Amount, Blob64, Currency, Hash, KeyId, Nonce, Role, Timestamp, bytes};
use semper_blocks::statement::{About, Author, Body, Statement};
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::dgp::{Content, Core, Deadlines, Descriptor, Packet, Third};
use semper_services::bank::{AccountOpening, OpenAccount};
use semper_services::common::fees::Tariff;
use semper_services::common::hello::Hello;
use semper_support::Context;
use semper_support::crypto::{Crypto, KeyPair, Keyring, Secret32};
use serde_json::{Value, json};

/// The salt of every payee commitment here.
const SALT: [u8; 32] = [9; 32];
/// The account that is paid, where it need not exist.
pub(crate) const PAYEE: &str = "P-PAYEE";

/// A workshop for statements at a moment.
#[derive(Clone)]
pub(crate) struct Forge {
    pub(crate) crypto: Arc<dyn Crypto>,
    pub(crate) now: Timestamp,
    keyring: Arc<Keyring>,
}

impl Forge {
    pub(crate) fn new(crypto: Arc<dyn Crypto>, now: Timestamp) -> Self {
        Forge { crypto, now, keyring: Arc::new(Keyring::for_simulation([1; 32])) }
    }

    /// The same at another time.
    pub(crate) fn at(&self, now: Timestamp) -> Self {
        Forge { now, ..self.clone() }
    }

    pub(crate) fn pair(&self) -> KeyPair {
        self.crypto.generate().unwrap()
    }

    fn cx(&self) -> Context<'_> {
        Context { now: self.now, crypto: &*self.crypto, keyring: &self.keyring }
    }

    pub(crate) fn sign<B: Body>(&self, role: Role, pair: &KeyPair, about: About, body: B) -> Statement<B> {
        Author::uncertified(role, pair).request(&self.cx(), about, body).unwrap()
    }

    /// Signs a payload that was changed first, whatever came of it.
    pub(crate) fn edited<B: Body>(&self, pair: &KeyPair, body: &B, edit: impl Fn(&mut Value)) -> String {
        let good = self.sign(Role::Buyer, pair, About::default(), body.clone()).text;
        let [header, payload, _] = parts(&good);
        let mut value: Value = serde_json::from_slice(&bytes::decode(payload).unwrap()).unwrap();
        edit(&mut value);
        let input = format!("{header}.{}", bytes::encode(&semper_base::json::canonical(&value).unwrap()));
        let signature = self.crypto.sign(&pair.secret, input.as_bytes()).unwrap();
        format!("{input}.{}", bytes::encode(&signature.0))
    }

    /// A hello of `pair` over the TLS key `tls`, without certificates.
    pub(crate) fn hello(&self, pair: &KeyPair, tls: KeyId) -> Value {
        let body = Hello { address: None, fees: Tariff::default(), key: pair.public.clone(), tls };
        json!({ "certificates": [], "statement": self.sign(Role::Buyer, pair, About::default(), body).text })
    }

    /// A hello that shows certificates; the first is the signing key's.
    pub(crate) fn certified_hello(&self, role: Role, pair: &KeyPair, tls: KeyId, certificate: &[u8]) -> Value {
        let body = Hello { address: None, fees: Tariff::default(), key: pair.public.clone(), tls };
        let author = Author { certificate: Some(Hash::of(certificate)), ..Author::uncertified(role, pair) };
        let statement = author.request(&self.cx(), About::default(), body).unwrap().text;
        json!({ "certificates": [Blob64(certificate.to_vec())], "statement": statement })
    }

    pub(crate) fn account_opening(&self, pair: &KeyPair) -> AccountOpening {
        let _ = self;
        AccountOpening { account_key: pair.public.clone(), currency: Currency::parse("EUR").unwrap() }
    }

    /// The body of an `account-open` message.
    pub(crate) fn open(&self, pair: &KeyPair) -> String {
        open_text(&self.sign(Role::Buyer, pair, About::default(), self.account_opening(pair)).text)
    }

    /// A descriptor of a small deal between these keys.
    pub(crate) fn core(&self, bank: Third, notary: Third, seal: &KeyPair, deal: &Deal) -> Core {
        let mut nonce = [0; 16];
        self.crypto.random(&mut nonce);
        Core {
            amount: deal.amount,
            bank,
            buyer: deal.buyer.public.clone(),
            chunk: 65_536,
            cipher_root: Hash::of(b"Z"),
            com_k: Hash::of(b"com_k"),
            com_s: Hash::of(b"com_s"),
            deadlines: Deadlines::standard(self.now),
            leaves: 1,
            length: 10,
            nonce: Nonce(nonce),
            notary,
            notary_seal: seal.public.clone(),
            opened: self.now,
            payee: payee_commitment(&deal.payee, &SALT),
            plain: Hash::of(b"plain"),
            private: Hash::of(b"private"),
            protocol: "dg-p/1".to_owned(),
            seller: deal.seller.public.clone(),
        }
    }

    /// A third party that nobody knows.
    pub(crate) fn stranger(&self) -> Third {
        Third { key: self.pair().public, certificate: Hash::of(b"no certificate") }
    }

    pub(crate) fn hold(&self, x: &Descriptor, deal: &Deal) -> Statement<st::Hold> {
        let body = st::Hold { amount: x.core.amount, payee: x.core.payee };
        self.sign(Role::Buyer, &deal.buyer, about(x), body)
    }

    pub(crate) fn debit(&self, x: &Descriptor, deal: &Deal, hold: Hash) -> Statement<st::DebitOrder> {
        let body = st::DebitOrder {
            account: deal.account.clone(),
            account_key: deal.account_key.public.clone(),
            amount: x.core.amount,
            hold,
        };
        self.sign(Role::Buyer, &deal.account_key, about(x), body)
    }

    /// A hold with its debit order, as it should be.
    pub(crate) fn held(&self, x: &Descriptor, deal: &Deal) -> String {
        let hold = self.hold(x, deal);
        let debit = self.debit(x, deal, hold.hash).text;
        packet(x, Content::Hold { statement: hold.text, debit })
    }

    pub(crate) fn mandate(&self, x: &Descriptor, deal: &Deal) -> Statement<st::Mandate> {
        let body = st::Mandate { amount: x.core.amount, payee: x.core.payee };
        self.sign(Role::Buyer, &deal.buyer, about(x), body)
    }

    /// A `captured` that the bank never said, by whoever has the key.
    pub(crate) fn captured(&self, x: &Descriptor, role: Role, pair: &KeyPair) -> Statement<st::Captured> {
        let body = st::Captured {
            amount: x.core.amount,
            captured_at: self.now,
            mandate: Hash::of(b"mandate"),
            payee: x.core.payee,
            payee_key: x.core.seller.id(),
            settle_after: self.now.plus(x.core.deadlines.settle_ms),
        };
        self.sign(role, pair, about(x), body)
    }

    pub(crate) fn capture(&self, x: &Descriptor, deal: &Deal, mandate: Hash) -> Statement<st::Capture> {
        let body = st::Capture { account: deal.payee.clone(), mandate, salt: Secret32::from_bytes(SALT) };
        self.sign(Role::Seller, &deal.seller, about(x), body)
    }
}

/// The keys of one deal.
#[derive(Clone)]
pub(crate) struct Deal {
    pub(crate) amount: Amount,
    pub(crate) buyer: KeyPair,
    pub(crate) seller: KeyPair,
    pub(crate) account: String,
    pub(crate) account_key: KeyPair,
    pub(crate) payee: String,
}

pub(crate) fn about(x: &Descriptor) -> About {
    About::exchange(x.xid, Vec::new())
}

pub(crate) fn packet(x: &Descriptor, content: Content) -> String {
    serde_json::to_string(&Packet { content, descriptor: Blob64(x.bytes().to_vec()) }).unwrap()
}

pub(crate) fn open_text(statement: &str) -> String {
    serde_json::to_string(&OpenAccount { statement: statement.to_owned() }).unwrap()
}

/// The three parts of a compact JWS.
fn parts(statement: &str) -> [&str; 3] {
    statement.split('.').collect::<Vec<_>>().try_into().unwrap()
}

/// The other signature that the same key and message allow: `n - s` (SEC 1).
pub(crate) fn high_s(statement: &str) -> String {
    const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let [header, body, signature] = parts(statement);
    let mut signature = bytes::decode(signature).unwrap();
    let order = Hash::from_hex(ORDER).unwrap();
    let mut borrow = 0_i16;
    for at in (0..32).rev() {
        let difference = i16::from(order.bytes()[at]) - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        signature[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    format!("{header}.{body}.{}", bytes::encode(&signature))
}

/// One bit of the signature changed.
pub(crate) fn spoiled(statement: &str) -> String {
    let [header, body, signature] = parts(statement);
    let mut signature = bytes::decode(signature).unwrap();
    signature[5] ^= 4;
    format!("{header}.{body}.{}", bytes::encode(&signature))
}

/// The header changed; the signature stays.
pub(crate) fn with_header(statement: &str, edit: impl Fn(&mut Value)) -> String {
    let [header, body, signature] = parts(statement);
    let mut value: Value = serde_json::from_slice(&bytes::decode(header).unwrap()).unwrap();
    edit(&mut value);
    format!("{}.{body}.{signature}", bytes::encode(value.to_string().as_bytes()))
}
