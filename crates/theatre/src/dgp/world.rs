//! Keys, goods and descriptor of one exchange.

use semper_base::{Amount, Blob64, Code, Currency, Error, Hash, Misuse, Nonce};
use semper_blocks::delivery::{
    CataloguePass, Chunk, ContentKey, EscrowDefence, KeyOpening, Layout, Parcel, PlainLeaf, ShareOpening,
    encrypt_chunk, seal_escrow, tree,
};
use semper_blocks::statement::Language;
use semper_exchange::fair::dgp::buyer::Own;
use semper_exchange::fair::dgp::descriptor::{PROTOCOL, core_bytes, payee_commitment};
use semper_exchange::fair::dgp::seller::Secrets;
use semper_exchange::fair::dgp::statements::EscrowBox;
use semper_exchange::fair::dgp::{Core, Deadlines, Descriptor, Proof, RootOpening, Third};
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

use crate::cast::Who;
use crate::time::{OPENED, secret};

pub(super) const PAYER: &str = "payer";
pub(super) const PAYEE: &str = "payee";
pub(super) const CURRENCY: Currency = Currency::EUR;
/// 40.00
const PRICE: u64 = 4000;
const GOODS: &[u8] = b"A photograph of the sea in winter";
const OTHER: &[u8] = b"A photograph of somebody's thumb!";
/// What a liar puts in place of the box.
const GARBAGE_BYTES: usize = 120;

/// What does not change while it is played.
#[derive(Debug)]
pub(super) struct World {
    pub(super) x: Descriptor,
    pub(super) account: KeyPair,
    pub(super) seal: KeyPair,
    bank: KeyPair,
    buyer: KeyPair,
    notary: KeyPair,
    seller: KeyPair,
    pub(super) key: KeyOpening,
    pub(super) share: ShareOpening,
    pub(super) salt: Secret32,
    pub(super) escrow: EscrowBox,
    root: RootOpening,
    parcel: Parcel,
    ciphertext: Vec<u8>,
}

impl World {
    /// `twist` is a lie from the beginning.
    pub(super) fn new(twist: Option<&str>) -> Result<World, Error> {
        let crypto = Ideal::new(7);
        let [bank, buyer, notary, seller] =
            [crypto.generate()?, crypto.generate()?, crypto.generate()?, crypto.generate()?];
        let [account, seal] = [crypto.generate()?, crypto.generate()?];
        let (key, share) =
            (KeyOpening { k: secret("k"), r: secret("r") }, ShareOpening { s: secret("s"), r_s: secret("r_s") });
        let layout = Layout::new(GOODS.len() as u64, u32::try_from(GOODS.len()).unwrap_or(u32::MAX))?;
        let mut pass = CataloguePass::new(layout, secret("leaf"));
        pass.push(GOODS)?;
        let plain = pass.finish()?;
        let content = ContentKey::derive(&key.k, &share.s, &layout, &tree::root(&plain));
        let sold = if twist == Some("seller-sends-another-file") { OTHER } else { GOODS };
        let leaf = PlainLeaf::new(&layout, &secret("leaf"), 0, sold)?;
        let ciphertext = encrypt_chunk(&content, &layout, 0, leaf)?;
        let parcel = Parcel::new(plain, vec![tree::leaf_hash(&ciphertext)])?;
        let root = RootOpening { root: parcel.r_root(), salt: secret("root") };
        let salt = secret("salt");
        let third = |pair: &KeyPair| Third { key: pair.public.clone(), certificate: Hash::of(b"certificate") };
        let core = Core {
            amount: Amount::new(PRICE, CURRENCY)?,
            bank: third(&bank),
            buyer: buyer.public.clone(),
            chunk: u32::try_from(GOODS.len()).unwrap_or(u32::MAX),
            cipher_root: parcel.z_root(),
            com_k: key.commitment(),
            com_s: share.commitment(),
            deadlines: Deadlines::standard(OPENED),
            leaves: 1,
            length: GOODS.len() as u64,
            nonce: Nonce([1; 16]),
            notary: third(&notary),
            notary_seal: seal.public.clone(),
            opened: OPENED,
            payee: payee_commitment(PAYEE, salt.danger_bytes()),
            plain: root.commitment(),
            private: Hash::of(b"private"),
            protocol: PROTOCOL.to_owned(),
            seller: seller.public.clone(),
        };
        let bytes = core_bytes(&core)?;
        let escrow = if twist == Some("seller-seals-garbage") {
            vec![0; GARBAGE_BYTES]
        } else {
            seal_escrow(&crypto, &seal.public, &secret("seed"), &key, &bytes)?
        };
        let escrow = EscrowBox(Blob64(escrow));
        let x = Descriptor::new(&core, &escrow.hash())?;
        Ok(World { x, account, seal, bank, buyer, notary, seller, key, share, salt, escrow, root, parcel, ciphertext })
    }

    pub(super) fn key(&self, who: Who) -> &KeyPair {
        match who {
            Who::Bank => &self.bank,
            Who::Buyer => &self.buyer,
            Who::Notary => &self.notary,
            Who::Arbiter | Who::Carrier | Who::OtherBank | Who::Party(_) | Who::Seller => &self.seller,
        }
    }

    pub(super) fn own(&self) -> Own {
        Own {
            account: PAYER.to_owned(),
            account_key: self.account.public.clone(),
            language: Language::En,
            root: self.root.clone(),
            share: self.share.clone(),
        }
    }

    pub(super) fn secrets(&self) -> Secrets {
        Secrets {
            account: PAYEE.to_owned(),
            escrow: self.escrow.clone(),
            seed: secret("seed"),
            key: self.key.clone(),
            salt: self.salt.clone(),
        }
    }

    pub(super) fn chunk(&self, good: bool) -> Result<Chunk, Error> {
        let data = if good { self.ciphertext.clone() } else { vec![0; self.ciphertext.len()] };
        Ok(Chunk { place: self.parcel.place(0).ok_or_else(missing)?, data: Blob64(data) })
    }

    /// What anybody who has chunk and key can put together.
    pub(super) fn proof(&self, key: &KeyOpening, share: &ShareOpening) -> Result<Proof, Error> {
        let chunk = self.parcel.complaint(0, self.ciphertext.clone(), key.clone(), share.clone());
        let chunk = chunk.ok_or_else(missing)?;
        Ok(Proof { chunk, root: self.root.clone() })
    }

    /// What convicts a notary who calls a good box bad.
    pub(super) fn defence(&self) -> EscrowDefence {
        EscrowDefence { seed: secret("seed"), key: self.key.clone() }
    }
}

fn missing() -> Misuse {
    Misuse::new(Code::StateWrong, "the goods have one chunk")
}
