//! What the two say to each other.

use semper_base::{Blob64, Code, Error, Hash, KeyId, Misuse, Violation, json};
use semper_blocks::delivery::tree::{self, Path, Tree};
use semper_blocks::delivery::{ContentKey, PlainLeaf, decrypt_chunk, encrypt_chunk};
use semper_blocks::payment::PayTo;
use semper_support::crypto::{Crypto, PublicKey, Secret32, SecretKey};
use serde::{Deserialize, Serialize};

use super::plan::WINDOW;
use super::{Confidentiality, Content, Origin, Sending};

/// A list with its sender's signature and certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The signer's certificate (DER).
    pub certificate: Blob64,
    /// The signed [`Sending`].
    pub statement: String,
}

/// The list, with proof of origin or without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manifest {
    /// Nobody's, but for the connection over which it comes.
    Deniable(Sending),
    /// Its sender's, provably.
    Signed(Signed),
}

/// What the receiver needs in order to read what comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Papers {
    /// Encrypts the chunks, whatever the quality: one way for all.
    pub key: Secret32,
    /// The list.
    pub manifest: Manifest,
}

/// The first message: sender to receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Announcement {
    /// Without confidentiality beyond the connection.
    Open(Box<Papers>),
    /// HPKE of the canonical [`Papers`] to the receiver's certified sealing key.
    Sealed(Blob64),
}

/// Who speaks belongs to what is sealed: nobody passes on as its own what was sealed by another.
fn associated(from: KeyId, to: KeyId) -> Hash {
    Hash::tagged_parts("semper-sending-box/1", &[from.0.bytes(), to.0.bytes()])
}

/// Seals papers to the receiver's certified key. `from` is the key that the sender is connected under.
pub fn seal_papers(
    papers: &Papers,
    from: KeyId,
    to: &PublicKey,
    seed: &Secret32,
    crypto: &dyn Crypto,
) -> Result<Announcement, Error> {
    let (plain, aad) = (json::canonical(papers)?, associated(from, to.id()));
    let once = Hash::tagged_parts("semper-sending-seed/1", &[seed.danger_bytes(), &plain, aad.bytes()]);
    Ok(Announcement::Sealed(Blob64(crypto.seal(to, &Secret32::from_bytes(once.0), &plain, aad.bytes())?)))
}

impl Announcement {
    /// Reads it. `key` opens what is sealed to us: [`Code::SealWrong`] if it is for somebody else or from somebody else.
    pub fn open(
        self,
        from: KeyId,
        key: Option<(&PublicKey, &SecretKey)>,
        crypto: &dyn Crypto,
    ) -> Result<(Papers, Confidentiality), Violation> {
        match self {
            Announcement::Open(papers) => Ok((*papers, Confidentiality::Connection)),
            Announcement::Sealed(sealed) => {
                let (public, secret) = key.ok_or_else(|| Violation::new(Code::SealWrong, "no sealing key"))?;
                let plain = crypto.open(secret, &sealed.0, associated(from, public.id()).bytes())?;
                Ok((json::read(&plain)?, Confidentiality::Sealed))
            }
        }
    }
}

impl Sending {
    /// Whether a list came with the quality that it names.
    pub fn check_quality(&self, confidentiality: Confidentiality, origin: Origin) -> Result<(), Violation> {
        if (self.quality.confidentiality, self.quality.origin) == (confidentiality, origin) {
            return Ok(());
        }
        Err(Violation::new(Code::TermsWrong, "it came with another quality than it names"))
    }

    fn content(&self, good: u64) -> Option<&Content> {
        self.goods.get(usize::try_from(good).ok()?)?.content()
    }
}

/// One chunk on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// The salted leaf, encrypted.
    pub data: Blob64,
    /// Which good of the list.
    pub good: u64,
    /// Which chunk of it.
    pub index: u64,
    /// From its leaf to the good's root.
    pub path: Path,
    /// Which transfer.
    pub transfer: Hash,
}

fn chunk_key(key: &Secret32, transfer: &Hash, content: &Content) -> ContentKey {
    ContentKey::derive(key, &Secret32::from_bytes(transfer.0), &content.layout, &content.root)
}

/// Makes a chunk ready to leave. `leaves` are those of its good, in a tree.
pub fn seal_piece(
    sending: &Sending,
    transfer: Hash,
    (good, index): (u64, u64),
    key: &Secret32,
    leaf: PlainLeaf,
    leaves: &Tree,
) -> Result<Piece, Misuse> {
    let missing = || Misuse::new(Code::ChunkWrong, format!("good {good} has no chunk {index}"));
    let content = sending.content(good).ok_or_else(missing)?;
    let path = leaves.path(index).ok_or_else(missing)?;
    let data = encrypt_chunk(&chunk_key(key, &transfer, content), &content.layout, index, leaf)?;
    Ok(Piece { data: Blob64(data), good, index, path, transfer })
}

/// Opens a chunk and checks that it is the one that the list fixes: [`Code::ChunkWrong`] if it is not.
pub fn open_piece(sending: &Sending, piece: &Piece, key: &Secret32) -> Result<PlainLeaf, Violation> {
    let wrong =
        |what: &str| Violation::new(Code::ChunkWrong, format!("good {} chunk {}: {what}", piece.good, piece.index));
    let content = sending.content(piece.good).ok_or_else(|| wrong("there is none"))?;
    let key = chunk_key(key, &piece.transfer, content);
    let leaf = decrypt_chunk(&key, &content.layout, piece.index, &piece.data.0).map_err(|_| wrong("does not open"))?;
    if !tree::verify(&content.root, &leaf.hash(), piece.index, content.layout.leaves(), &piece.path) {
        return Err(wrong("not under the root"));
    }
    Ok(leaf)
}

/// How it ended at the receiver, whose row decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The receiver did not want it: a [`Code`] says why.
    Declined(u16),
    /// Either side stopped, or the time was over, or something was wrong: nothing of it is there.
    Stopped(u16),
    /// All of it is there.
    Taken,
}

/// What a receiver says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerWord {
    /// It may come; where to pay, if there is a payment in it.
    Accepted(Option<PayTo>),
    /// This is how it ended.
    Over(Ending),
    /// All is here and good but the payment.
    Ready,
    /// These chunks, please: good and index.
    Want(Vec<(u64, u64)>),
}

/// Receiver to sender.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Which transfer.
    pub transfer: Hash,
    /// What.
    pub word: AnswerWord,
}

impl Answer {
    /// Bounds of what stands in it.
    pub fn check(&self) -> Result<(), Violation> {
        match &self.word {
            AnswerWord::Want(chunks) if chunks.is_empty() || chunks.len() as u64 > WINDOW => {
                Err(Violation::new(Code::TooMany, "chunks"))
            }
            _ => Ok(()),
        }
    }
}

/// Sender to receiver: let nothing come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopWord {
    /// A [`Code`]: why.
    pub code: u16,
    /// Which transfer.
    pub transfer: Hash,
}
