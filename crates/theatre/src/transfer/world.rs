//! Keys, list and contents of one transfer: the papers of a flat, in one container.

use semper_base::{Blob64, Error, Hash, KeyId, Millis, Nonce, Role};
use semper_blocks::delivery::tree::Tree;
use semper_blocks::delivery::{Layout, PlainLeaf};
use semper_blocks::statement::{About, Author, author, payload};
use semper_exchange::transfer::{
    Announcement, Confidentiality, Content, Data, Good, Inside, Manifest, Origin, Papers, Piece, Plan, Quality,
    Sending, Signed, What, seal_papers, seal_piece,
};
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

use crate::piece::At;
use crate::time::{OPENED, Surroundings, secret};

/// What lies in the container, by its name.
const FILES: [(&str, &[u8]); 2] =
    [("keys.txt", b"Two for the door, one for the cellar."), ("meter.txt", b"Water 00417, power 20931.")];
/// Small enough that each file has several parts.
const CHUNK_BYTES: u32 = 20;
const LIFE: Millis = Millis::days(7);

/// What does not change while it is played.
#[derive(Debug)]
pub(super) struct World {
    pub(super) sending: Sending,
    pub(super) id: Hash,
    pub(super) plan: Plan,
    pub(super) sender: KeyPair,
    pub(super) receiver: KeyPair,
    /// With what the receiver opens what is sealed to it.
    pub(super) seal: KeyPair,
    /// Somebody who is not on stage.
    pub(super) nobody: KeyPair,
}

/// The salts of a file follow from it.
fn seed(good: u64) -> Secret32 {
    secret(if good == 1 { "first file" } else { "second file" })
}

/// Encrypts the parts.
pub(super) fn key() -> Secret32 {
    secret("parts")
}

fn file(good: u64) -> Option<&'static [u8]> {
    let at = usize::try_from(good.checked_sub(1)?).ok()?;
    FILES.get(at).map(|(_, bytes)| *bytes)
}

fn leaves(good: u64, layout: &Layout, bytes: &[u8]) -> Result<Vec<PlainLeaf>, Error> {
    let parts = bytes.chunks(usize::try_from(layout.chunk()).unwrap_or(usize::MAX));
    (0..).zip(parts).map(|(index, part)| Ok(PlainLeaf::new(layout, &seed(good), index, part)?)).collect()
}

fn tree(leaves: &[PlainLeaf]) -> Tree {
    Tree::new(leaves.iter().map(PlainLeaf::hash).collect())
}

impl World {
    /// `twist` is a lie from the beginning.
    pub(super) fn new(twist: Option<&str>) -> Result<World, Error> {
        let crypto = Ideal::new(77);
        let [sender, receiver, seal, nobody] = [(); 4].map(|()| crypto.generate());
        let (sender, receiver) = (sender?, receiver?);
        let sending = listed(receiver.public.id(), twist)?;
        let (id, plan) = (sending.id(), Plan::of(&sending));
        Ok(World { sending, id, plan, sender, receiver, seal: seal?, nobody: nobody? })
    }

    pub(super) fn sender_id(&self) -> KeyId {
        self.sender.public.id()
    }

    /// List and key, sealed to the receiver by whoever has this key.
    pub(super) fn sealed(&self, statement: &str, from: KeyId) -> Result<Announcement, Error> {
        seal_papers(&papers(statement), from, &self.seal.public, &secret("box"), &Ideal::new(1))
    }

    /// One part as it travels.
    pub(super) fn part(&self, good: u64, index: u64) -> Result<Option<Piece>, Error> {
        self.part_of(good, index, file(good).unwrap_or_default())
    }

    /// A part of other bytes in the place of the right one.
    pub(super) fn noise(&self, good: u64, index: u64) -> Result<Option<Piece>, Error> {
        let other = vec![b'?'; file(good).unwrap_or_default().len()];
        self.part_of(good, index, &other)
    }

    fn part_of(&self, good: u64, index: u64, bytes: &[u8]) -> Result<Option<Piece>, Error> {
        let Some((_, layout)) = self.plan.contents.iter().find(|(number, _)| *number == good) else { return Ok(None) };
        let leaves = leaves(good, layout, bytes)?;
        let tree = tree(&leaves);
        let leaf = usize::try_from(index).ok().and_then(|at| leaves.into_iter().nth(at));
        let Some(leaf) = leaf else { return Ok(None) };
        Ok(Some(seal_piece(&self.sending, self.id, (good, index), &key(), leaf, &tree)?))
    }
}

/// With proof of origin. Nobody on stage has a certificate: the two know each other's keys.
pub(super) fn papers(statement: &str) -> Papers {
    let signed = Signed { certificate: Blob64(Vec::new()), statement: statement.to_owned() };
    Papers { key: key(), manifest: Manifest::Signed(signed) }
}

/// The list as a statement to be signed by whoever has this key.
pub(super) fn statement(sending: &Sending, by: &KeyPair, at: At) -> Result<Vec<u8>, Error> {
    let around = Surroundings::of(at);
    let own = Author::uncertified(Role::Seller, by);
    let about = About { to: vec![sending.receiver], ..About::default() };
    let meta =
        author::meta::<Sending>(&around.context(at), own.signer(), own.language, about, author::REQUEST_VALIDITY);
    payload(&meta, sending)
}

fn listed(receiver: KeyId, twist: Option<&str>) -> Result<Sending, Error> {
    let mut goods = vec![Good { name: "flat".to_owned(), what: What::Container(Inside { goods: FILES.len() as u64 }) }];
    for (number, (name, bytes)) in (1..).zip(FILES) {
        let layout = Layout::new(bytes.len() as u64, CHUNK_BYTES)?;
        let root = tree(&leaves(number, &layout, bytes)?).root();
        let lied = twist == Some("a-names-another-file") && number == 1;
        let hash = Hash::of(if lied { b"Three for the door." } else { bytes });
        let data = Data { content: Content { layout, root }, hash, media: "text/plain".to_owned() };
        goods.push(Good { name: name.to_owned(), what: What::Data(data) });
    }
    Ok(Sending {
        bytes: goods.iter().filter_map(Good::content).map(|content| content.layout.length()).sum(),
        goods,
        nonce: Nonce([7; 16]),
        quality: Quality { confidentiality: Confidentiality::Sealed, origin: Origin::Signed },
        receiver,
        title: "Papers of the flat".to_owned(),
        to: "Receiver".to_owned(),
        until: OPENED.plus(LIFE),
    })
}
