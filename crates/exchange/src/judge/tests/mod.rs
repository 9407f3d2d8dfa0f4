//! One exchange with all its keys, to make evidence with.

mod convictions;
mod honest;
mod readings;
mod sets;

use semper_base::{Amount, Currency, Hash, Millis, Nonce, Role, Timestamp};
use semper_blocks::delivery::{
    BadEscrow, CataloguePass, ContentKey, EscrowDefence, KeyOpening, Layout, Parcel, PlainLeaf, ShareOpening,
    encrypt_chunk, seal_escrow, tree,
};
use semper_blocks::statement::{About, Author, Body, Language, Statement};
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32, Seeded};

use super::*;
use crate::fair::dgp::descriptor::payee_commitment;
use crate::fair::dgp::statements as st;
use crate::fair::dgp::{Core, Deadlines, Descriptor, Proof, RootOpening, Third};

/// When the exchange opens. Everything else is told from here.
pub(super) const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// `hours` after the opening.
pub(super) fn hour(hours: u64) -> Timestamp {
    OPENED.plus(Millis::hours(hours))
}

/// What is wrong with the goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goods {
    Good,
    WrongChunk,
    BadEscrow,
    OversizedEscrow,
}

pub(super) struct World {
    pub(super) crypto: Box<dyn Crypto>,
    pub(super) keyring: Keyring,
    pub(super) x: Descriptor,
    pub(super) bank: Author,
    pub(super) notary: Author,
    pub(super) buyer: Author,
    pub(super) seller: Author,
    pub(super) seal: KeyPair,
    pub(super) key: KeyOpening,
    pub(super) share: ShareOpening,
    pub(super) seed: Secret32,
    pub(super) escrow: Vec<u8>,
    pub(super) salt: Secret32,
    root: RootOpening,
    parcel: Parcel,
    ciphertexts: Vec<Vec<u8>>,
}

pub(super) fn secret(name: &str) -> Secret32 {
    Secret32::from_bytes(Hash::tagged("semper-test/1", name.as_bytes()).0)
}

impl World {
    pub(super) fn new(goods: Goods) -> World {
        World::with(Box::new(Ideal::new(7)), goods)
    }

    /// The same with real signatures.
    pub(super) fn real(goods: Goods) -> World {
        World::with(Box::new(Seeded::new([7; 32])), goods)
    }

    fn with(crypto: Box<dyn Crypto>, goods: Goods) -> World {
        let layout = Layout::new(30, 10).unwrap();
        let (key, share) =
            (KeyOpening { k: secret("k"), r: secret("r") }, ShareOpening { s: secret("s"), r_s: secret("r_s") });
        let (parcel, ciphertexts) = parcel(layout, &key, &share, goods);
        let [bank, notary, buyer, seller, seal] = [(); 5].map(|()| crypto.generate().unwrap());
        let (salt, seed) = (secret("salt"), secret("seed"));
        let root = RootOpening { root: parcel.r_root(), salt: secret("root") };
        let core = Core {
            amount: Amount::new(4000, Currency::EUR).unwrap(),
            bank: Third { key: bank.public.clone(), certificate: Hash::of(b"bank") },
            buyer: buyer.public.clone(),
            chunk: 10,
            cipher_root: parcel.z_root(),
            com_k: key.commitment(),
            com_s: share.commitment(),
            deadlines: Deadlines::standard(OPENED),
            leaves: 3,
            length: 30,
            nonce: Nonce([1; 16]),
            notary: Third { key: notary.public.clone(), certificate: Hash::of(b"notary") },
            notary_seal: seal.public.clone(),
            opened: OPENED,
            payee: payee_commitment("seller", salt.danger_bytes()),
            plain: root.commitment(),
            private: Hash::of(b"private"),
            protocol: crate::fair::dgp::descriptor::PROTOCOL.to_owned(),
            seller: seller.public.clone(),
        };
        let bytes = crate::fair::dgp::descriptor::core_bytes(&core).unwrap();
        let escrow = match goods {
            Goods::BadEscrow => vec![0; 120],
            Goods::OversizedEscrow => vec![0; 1025],
            Goods::Good | Goods::WrongChunk => seal_escrow(crypto.as_ref(), &seal.public, &seed, &key, &bytes).unwrap(),
        };
        let author = |role, pair: &KeyPair| Author::uncertified(role, pair);
        World {
            x: Descriptor::new(&core, &Hash::of(&escrow)).unwrap(),
            bank: author(Role::Bank, &bank),
            notary: author(Role::Notary, &notary),
            buyer: author(Role::Buyer, &buyer),
            seller: author(Role::Seller, &seller),
            keyring: Keyring::for_simulation([0; 32]),
            crypto,
            seal,
            key,
            share,
            seed,
            escrow,
            salt,
            root,
            parcel,
            ciphertexts,
        }
    }

    pub(super) fn context(&self, now: Timestamp) -> Context<'_> {
        Context { now, crypto: self.crypto.as_ref(), keyring: &self.keyring }
    }

    pub(super) fn author(&self, role: Role) -> &Author {
        match role {
            Role::Bank => &self.bank,
            Role::Notary => &self.notary,
            Role::Buyer => &self.buyer,
            _ => &self.seller,
        }
    }

    pub(super) fn sign<B: Body>(&self, role: Role, now: Timestamp, body: B) -> Statement<B> {
        let about = About::exchange(self.x.xid, vec![]);
        self.author(role).answer(&self.context(now), about, body).unwrap()
    }

    pub(super) fn core(&self) -> &Core {
        &self.x.core
    }

    pub(super) fn proof(&self, index: u64) -> Vec<u8> {
        let ciphertext = self.ciphertexts[usize::try_from(index).unwrap()].clone();
        let chunk = self.parcel.complaint(index, ciphertext, self.key.clone(), self.share.clone()).unwrap();
        semper_base::json::canonical(&Proof { chunk, root: self.root.clone() }).unwrap()
    }

    pub(super) fn defence(&self) -> Vec<u8> {
        let defence = EscrowDefence { seed: self.seed.clone(), key: self.key.clone() };
        semper_base::json::canonical(&defence).unwrap()
    }

    pub(super) fn opening(&self) -> Vec<u8> {
        semper_base::json::canonical(&self.key).unwrap()
    }

    pub(super) fn hold(&self) -> Statement<st::Hold> {
        let core = self.core();
        self.sign(Role::Buyer, OPENED, st::Hold { amount: core.amount, payee: core.payee })
    }

    pub(super) fn held(&self, hold: Hash) -> st::Held {
        let core = self.core();
        st::Held {
            amount: core.amount,
            hold,
            hold_until: core.deadlines.hold_until,
            payee: core.payee,
            payee_key: core.seller.id(),
        }
    }

    pub(super) fn mandate(&self) -> Statement<st::Mandate> {
        let core = self.core();
        self.sign(Role::Buyer, hour(1), st::Mandate { amount: core.amount, payee: core.payee })
    }

    pub(super) fn capture(&self, mandate: Hash) -> st::Capture {
        st::Capture { account: "seller".to_owned(), mandate, salt: self.salt.clone() }
    }

    pub(super) fn captured(&self, at: Timestamp, mandate: Hash) -> st::Captured {
        let core = self.core();
        st::Captured {
            amount: core.amount,
            captured_at: at,
            mandate,
            payee: core.payee,
            payee_key: core.seller.id(),
            settle_after: at.plus(core.deadlines.settle_ms),
        }
    }

    pub(super) fn released(&self, at: Timestamp, by: st::ReleaseBy) -> st::Released {
        st::Released { amount: self.core().amount, at, by }
    }

    pub(super) fn contested(&self, at: Timestamp) -> st::Contested {
        st::Contested { at, answer_until: at.plus(self.core().deadlines.contest_ms) }
    }

    pub(super) fn passed(&self, at: Timestamp) -> st::PassedKey {
        st::PassedKey { at, key: self.key.clone(), settle_after: at.plus(self.core().deadlines.complaint_ms) }
    }

    pub(super) fn recorded(&self, at: Timestamp, opened: Hash) -> st::Recorded {
        st::Recorded { at, opened, settle_after: at.plus(self.core().deadlines.complaint_ms) }
    }

    pub(super) fn settled(&self, at: Timestamp, receipt: Option<Hash>) -> st::Settled {
        let basis = if receipt.is_some() { st::SettleBasis::Receipt } else { st::SettleBasis::Timer };
        st::Settled { amount: self.core().amount, at, basis, receipt }
    }

    pub(super) fn refunded(&self, at: Timestamp, basis: st::RefundBasis, notary: Option<Hash>) -> st::Refunded {
        st::Refunded { amount: self.core().amount, at, basis, notary }
    }

    pub(super) fn receipt(&self) -> st::Receipt {
        st::Receipt { amount: self.core().amount, plain: self.core().plain }
    }

    pub(super) fn bad_escrow(&self, at: Timestamp, captured: Hash) -> st::BadEscrow {
        st::BadEscrow { at, captured, escrow: self.x.escrow_hash, reason: BadEscrow::DoesNotDecrypt }
    }

    pub(super) fn judge(&self, pieces: &[&dyn Bytes]) -> Verdict {
        let mut evidence = Evidence::new();
        for (at, piece) in pieces.iter().enumerate() {
            evidence.add(&format!("piece-{at:03}"), piece.bytes()).unwrap();
        }
        judge(&self.x, &evidence, self.crypto.as_ref())
    }

    /// Who is convicted of what.
    pub(super) fn guilty(&self, pieces: &[&dyn Bytes]) -> Vec<(Role, Misdeed)> {
        guilty(&self.judge(pieces))
    }
}

pub(super) fn guilty(verdict: &Verdict) -> Vec<(Role, Misdeed)> {
    verdict.convictions.iter().map(|conviction| (conviction.who, conviction.misdeed)).collect()
}

pub(super) fn finding(verdict: &Verdict, kind: ClaimKind) -> Finding {
    verdict.claims.iter().find(|claim| claim.claim == kind).unwrap().finding
}

/// Whatever can be a piece.
pub(super) trait Bytes {
    fn bytes(&self) -> &[u8];
}

impl<B> Bytes for Statement<B> {
    fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

fn parcel(layout: Layout, key: &KeyOpening, share: &ShareOpening, goods: Goods) -> (Parcel, Vec<Vec<u8>>) {
    let (seed, data) = (secret("salts"), |index: u64| [u8::try_from(index).unwrap(); 10]);
    let mut pass = CataloguePass::new(layout, seed.clone());
    (0..3).for_each(|index| pass.push(&data(index)).unwrap());
    let plain = pass.finish().unwrap();
    let content = ContentKey::derive(&key.k, &share.s, &layout, &tree::root(&plain));
    let seal = |index: u64| {
        let leaf = PlainLeaf::new(&layout, &seed, index, &data(index)).unwrap();
        encrypt_chunk(&content, &layout, index, leaf).unwrap()
    };
    let mut ciphertexts: Vec<Vec<u8>> = (0..3).map(seal).collect();
    if goods == Goods::WrongChunk {
        ciphertexts[1] = vec![7; 58];
    }
    let sealed = ciphertexts.iter().map(|chunk| tree::leaf_hash(chunk)).collect();
    (Parcel::new(plain, sealed).unwrap(), ciphertexts)
}

/// The language does not matter to the judge.
#[test]
fn statements_in_any_language_count() {
    let mut world = World::new(Goods::Good);
    world.bank.language = Language::De;
    let held = world.sign(Role::Bank, OPENED, world.held(world.hold().hash));
    assert_eq!(finding(&world.judge(&[&held]), ClaimKind::Held), Finding::Proven);
}
