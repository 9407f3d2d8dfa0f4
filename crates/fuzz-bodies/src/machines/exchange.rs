//! One exchange of a small file, under the ideal provider: the same in every run.

use semper_base::{Amount, Blob64, Currency, Fault, Hash, KeyId, Millis, Nonce, Role, Timestamp};
use semper_blocks::delivery::{
    CataloguePass, Chunk, ContentKey, KeyOpening, Layout, Parcel, PlainLeaf, ShareOpening, encrypt_chunk, seal_escrow,
    tree,
};
use semper_blocks::statement::Author;
use semper_exchange::fair::dgp::descriptor::{PROTOCOL, core_bytes, payee_commitment};
use semper_exchange::fair::dgp::statements::EscrowBox;
use semper_exchange::fair::dgp::{Core, Deadlines, Descriptor, Funds, Proof, RootOpening, Third};
use semper_support::crypto::{Crypto, Ideal, KeyPair, Keyring, Secret32};

/// When the exchange opens.
pub(super) const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
pub(super) const BANK: usize = 0;
pub(super) const BUYER: usize = 1;
pub(super) const NOTARY: usize = 2;
pub(super) const SELLER: usize = 3;
pub(super) const ACCOUNT: usize = 4;
pub(super) const SEAL: usize = 5;
/// Whose keys the first four are.
pub(super) const ROLES: [Role; 4] = [Role::Bank, Role::Buyer, Role::Notary, Role::Seller];

const FILE: &[u8] = b"ten bytes.";
const CHUNK: u32 = 4;

/// How the seller cheats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goods {
    Good,
    WrongChunk,
    BadEscrow,
}

/// Everything that is fixed before the first step.
pub(super) struct Exchange {
    pub(super) goods: Goods,
    pub(super) x: Descriptor,
    pub(super) keys: [KeyPair; 6],
    pub(super) key: KeyOpening,
    pub(super) share: ShareOpening,
    pub(super) salt: Secret32,
    pub(super) escrow: EscrowBox,
    pub(super) root: RootOpening,
    pub(super) keyring: Keyring,
    parcel: Parcel,
    ciphertexts: Vec<Vec<u8>>,
}

pub(super) fn secret(name: &str) -> Secret32 {
    Secret32::from_bytes(Hash::tagged("semper-fuzz/1", name.as_bytes()).0)
}

/// A payer who has enough, a payee, and nobody else.
#[derive(Debug)]
pub(super) struct Books(pub(super) KeyId);

impl Funds for Books {
    fn account(&self, account: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        let available = match account {
            "payer" => 1_000_000,
            "payee" => 0,
            _ => return Ok(None),
        };
        Ok(Amount::new(available, Currency::EUR).ok().map(|amount| (amount, self.0)))
    }
}

fn times() -> Deadlines {
    Deadlines {
        hold_until: OPENED.plus(Millis::hours(4)),
        settle_ms: Millis::hours(8),
        contest_ms: Millis::hours(4),
        complaint_ms: Millis::hours(2),
        answer_ms: Millis::hours(1),
        skew_ms: Millis::seconds(1),
    }
}

impl Exchange {
    pub(super) fn new(goods: Goods) -> Self {
        let crypto = Ideal::new(7);
        let keys = [(); 6].map(|()| crypto.generate().expect("an ideal key"));
        let key = KeyOpening { k: secret("k"), r: secret("r") };
        let share = ShareOpening { s: secret("s"), r_s: secret("r_s") };
        let layout = Layout::new(FILE.len() as u64, CHUNK).expect("a layout");
        let pieces: Vec<&[u8]> = FILE.chunks(CHUNK as usize).collect();
        let mut pass = CataloguePass::new(layout, secret("leaf"));
        for piece in &pieces {
            pass.push(piece).expect("in order");
        }
        let plain = pass.finish().expect("complete");
        let content = ContentKey::derive(&key.k, &share.s, &layout, &tree::root(&plain));
        let sealed = |(index, piece): (usize, &&[u8])| {
            let wrong = goods == Goods::WrongChunk && index == 1;
            let piece = if wrong { b"evil" } else { *piece };
            let leaf = PlainLeaf::new(&layout, &secret("leaf"), index as u64, piece).expect("it fits");
            encrypt_chunk(&content, &layout, index as u64, leaf).expect("it fits")
        };
        let ciphertexts: Vec<Vec<u8>> = pieces.iter().enumerate().map(sealed).collect();
        let leaves = ciphertexts.iter().map(|chunk| tree::leaf_hash(chunk)).collect();
        let parcel = Parcel::new(plain, leaves).expect("as many");
        let root = RootOpening { root: parcel.r_root(), salt: secret("root") };
        let salt = secret("salt");
        let core = core(&keys, &parcel, &key, &share, &root, &salt);
        let bytes = core_bytes(&core).expect("it is JSON");
        let escrow = match goods {
            Goods::BadEscrow => vec![0; 120],
            _ => seal_escrow(&crypto, &keys[SEAL].public, &secret("seed"), &key, &bytes).expect("sealed"),
        };
        let escrow = EscrowBox(Blob64(escrow));
        let x = Descriptor::new(&core, &escrow.hash()).expect("in order");
        let keyring = Keyring::for_simulation([0; 32]);
        Exchange { goods, x, keys, key, share, salt, escrow, root, keyring, parcel, ciphertexts }
    }

    pub(super) fn author(&self, role: Role) -> Author {
        let at = ROLES.iter().position(|known| *known == role).unwrap_or(SELLER);
        Author::uncertified(role, &self.keys[at])
    }

    /// The pair with this id, if it is one of this exchange's.
    pub(super) fn pair(&self, id: &KeyId) -> Option<&KeyPair> {
        self.keys.iter().find(|pair| pair.public.id() == *id)
    }

    pub(super) fn chunk(&self, index: u64) -> Option<Chunk> {
        let data = self.ciphertexts.get(usize::try_from(index).ok()?)?.clone();
        Some(Chunk { place: self.parcel.place(index)?, data: Blob64(data) })
    }

    /// What the buyer shows if the goods are wrong.
    pub(super) fn proof(&self) -> String {
        let ciphertext = self.ciphertexts[1].clone();
        let chunk = self.parcel.complaint(1, ciphertext, self.key.clone(), self.share.clone()).expect("a chunk");
        serde_json::to_string(&Proof { chunk, root: self.root.clone() }).expect("it is JSON")
    }
}

fn core(
    keys: &[KeyPair; 6],
    parcel: &Parcel,
    key: &KeyOpening,
    share: &ShareOpening,
    root: &RootOpening,
    salt: &Secret32,
) -> Core {
    let third = |at: usize| Third { key: keys[at].public.clone(), certificate: Hash::of(b"certificate") };
    Core {
        amount: Amount::new(4000, Currency::EUR).expect("small"),
        bank: third(BANK),
        buyer: keys[BUYER].public.clone(),
        chunk: CHUNK,
        cipher_root: parcel.z_root(),
        com_k: key.commitment(),
        com_s: share.commitment(),
        deadlines: times(),
        leaves: FILE.len().div_ceil(CHUNK as usize) as u64,
        length: FILE.len() as u64,
        nonce: Nonce([1; 16]),
        notary: third(NOTARY),
        notary_seal: keys[SEAL].public.clone(),
        opened: OPENED,
        payee: payee_commitment("payee", salt.danger_bytes()),
        plain: root.commitment(),
        private: Hash::of(b"private"),
        protocol: PROTOCOL.to_owned(),
        seller: keys[SELLER].public.clone(),
    }
}
