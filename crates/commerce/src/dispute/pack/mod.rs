//! One canonical ZIP with everything that shows what happened in one exchange.
//!
//! ```text
//! VERIFY.txt                               ordinary commands that check the pack
//! certs/ROLE-N.pem                         certificates
//! descriptor.json                          the exact bytes of X; none in the pack of a mail order
//! index.json, index.jws                    hash of every other file; signed by the exporter
//! index.signing-input, index.sig.der       the same for openssl
//! keys/ID.pem                              public keys; ID is the beginning of the key's SHA-256
//! pieces/NAME-N.json or .bin               escrow box, proofs, openings; the goods only where they convict
//! renewals/NNN/                            later stamps over all of it, which the index does not name
//! roots/untrusted-root.pem                 the exporter's root, to be compared
//! statements/NNN-KIND.jws                  statements in the order of their dates
//! statements/NNN-KIND.signing-input        what the signature covers
//! statements/NNN-KIND.sig.der              the signature in DER
//! status/crl-N.der, .pem                   revocation lists as they were
//! transcripts/NNN.json                     what was shown before somebody signed
//! tst/NNN.tst, .txt                        time stamps, and the hashes of the statements that each covers
//! ```
//!
//! There is exactly one pack for given contents, exporter, time and nonce: the reader finds the
//! contents again, lays them out anew, and refuses every byte that differs.
//!
//! For callers: gather the archive's rows into [`PackContents`], have access control permit the export
//! (`Action::Export(Exported::EvidencePack)`), call [`write()`].

mod contents;
mod guide;
mod renewals;
mod zip;

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Code, Error, Hash, Violation};
use semper_blocks::statement::{About, Author, Body, Compact, Kind, Ref, Statement, verify};
use semper_support::Context;
use semper_support::access::{Action, Exported, Permit};
use semper_support::crypto::Crypto;
use serde::{Deserialize, Serialize};

pub use contents::{PackContents, PieceKind};
pub use renewals::Renewing;

pub(crate) use contents::{Certified, DESCRIPTOR, GUIDE, INDEX_STATEMENT, Item, ROOT, Sorted, StampItem, account_key};
use contents::{INDEX, INPUT, SIGNATURE, absent, gather, key_file};
pub(crate) use guide::guide;
pub(crate) use renewals::Renewal;
use zip::Files;

/// Version of the layout.
pub const LAYOUT: u64 = 1;

/// The index: what the exporter signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackIndex {
    /// Parts that a pack could hold and this one does not.
    pub absent: Vec<String>,
    /// SHA-256 of every file but the index itself.
    pub files: BTreeMap<String, Hash>,
    /// [`LAYOUT`].
    pub layout: u64,
}

impl Body for PackIndex {
    const KIND: Kind = Kind::PackIndex;
}

/// A pack whose form is right and whose index was signed by the key that it names. What the contents
/// are worth, [`super::verify::verify`] says.
#[derive(Clone)]
pub struct Pack {
    pub(crate) sorted: Sorted,
    pub(crate) index: Statement<PackIndex>,
    /// The index as one more statement.
    pub(crate) index_item: Item,
    pub(crate) guide: Vec<u8>,
    pub(crate) renewals: Vec<Renewal>,
}

impl Pack {
    /// Parts that the pack does not have.
    #[must_use]
    pub fn absent(&self) -> &[String] {
        &self.index.body.absent
    }

    /// Whether there is a time stamp over any of its statements.
    #[must_use]
    pub fn has_stamps(&self) -> bool {
        !self.sorted.stamps.is_empty()
    }
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let xid = self.sorted.xid();
        write!(f, "Pack({xid:?}, {} files)", self.index.body.files.len())
    }
}

/// Writes the pack and signs its index as `exporter`, a party of the deal. Best is its key in the
/// descriptor; the key that signed order or acceptance is known as a party's only while offer, order
/// and acceptance are all in the pack. Pure: time and nonce come from `cx`.
///
/// # Errors
/// A refusal unless `permit` is for exporting an evidence pack. Violations name what is wrong with the
/// contents: a descriptor or statement that cannot be read, a statement whose public key is not here
/// ([`Code::PackMember`]), more than `PACK_MEMBERS_MAX` files or `PACK_BYTES_MAX` bytes.
#[expect(clippy::needless_pass_by_value, reason = "a permit is used up")]
pub fn write(cx: &Context<'_>, permit: Permit, exporter: &Author, contents: &PackContents) -> Result<Vec<u8>, Error> {
    permit.require(&Action::Export(Exported::EvidencePack))?;
    let mut contents = contents.clone();
    contents.keys.push(exporter.public.clone());
    let sorted = Sorted::new(&contents, &exporter.public.id())?;
    let mut files = sorted.files()?;
    files.insert(GUIDE.to_owned(), guide(&sorted, cx.crypto).into_bytes());
    let body = PackIndex { absent: absent(&files), files: hashes(&files), layout: LAYOUT };
    let about = about(&sorted)?;
    let index = exporter.answer(cx, about, body)?;
    put_index(&mut files, &index.text)?;
    Ok(zip::pack(&files)?)
}

/// What the index says that the pack is of: an exchange, a mail order by its order, or a payment by the receipt
/// for it.
fn about(sorted: &Sorted) -> Result<About, Violation> {
    if let Some(xid) = sorted.xid() {
        return Ok(About::exchange(xid, Vec::new()));
    }
    let first = |kind| sorted.statements.iter().find(|item| item.kind == kind);
    let main = first(Kind::Sending).or_else(|| first(Kind::ParcelOrder)).or_else(|| first(Kind::ConditionalReceipt));
    let main = main.ok_or_else(|| {
        Violation::new(Code::PackMember, "no descriptor, no order of parcels, no receipt, nothing sent")
    })?;
    Ok(About { refs: vec![Ref { kind: main.kind, hash: main.hash }], ..About::default() })
}

/// Reads a pack: the one ZIP form, the index's signature, the hash of every file, the layout. Every
/// violation names the file that is wrong.
pub fn read(bytes: &[u8], crypto: &dyn Crypto) -> Result<Pack, Violation> {
    let (files, renewed) = renewals::split(zip::unpack(bytes)?);
    let wrong = |file: &str| Violation::new(Code::PackMember, format!("{file} is missing"));
    let text = files.get(INDEX_STATEMENT).ok_or_else(|| wrong(INDEX_STATEMENT))?;
    let text = std::str::from_utf8(text).map_err(|_| Violation::new(Code::PackIndex, INDEX_STATEMENT))?;
    let named = |why: Violation| Violation::new(Code::PackIndex, format!("{INDEX_STATEMENT}: {why}"));
    let index_item = Item::new("index".to_owned(), text).map_err(named)?;
    let contents = gather(&files)?;
    let key = contents.keys.iter().find(|key| key.id() == index_item.key);
    let key = key.ok_or_else(|| wrong(&key_file(&index_item.key)))?;
    let index: Statement<PackIndex> = verify(crypto, key, text).map_err(named)?;
    if index.body.layout != LAYOUT {
        return Err(Violation::new(Code::VersionUnknown, INDEX_STATEMENT));
    }
    check_hashes(&files, &index.body)?;
    let sorted = Sorted::new(&contents, &index_item.key)?;
    let guide = files.get(GUIDE).ok_or_else(|| wrong(GUIDE))?.clone();
    let mut again = sorted.files()?;
    again.insert(GUIDE.to_owned(), guide.clone());
    if index.body.absent != absent(&again) {
        return Err(Violation::new(Code::PackIndex, "absent"));
    }
    put_index(&mut again, text)?;
    check_layout(&files, &again)?;
    let renewals = renewals::read(&files, &renewed)?;
    Ok(Pack { sorted, index, index_item, guide, renewals })
}

fn hashes(files: &Files) -> BTreeMap<String, Hash> {
    files.iter().map(|(name, content)| (name.clone(), Hash::of(content))).collect()
}

fn put_index(files: &mut Files, text: &str) -> Result<(), Violation> {
    let compact = Compact::parse(text)?;
    files.insert(INDEX.to_owned(), compact.payload().to_vec());
    files.insert(INDEX_STATEMENT.to_owned(), text.as_bytes().to_vec());
    files.insert(format!("index{INPUT}"), compact.signing_input().as_bytes().to_vec());
    files.insert(format!("index{SIGNATURE}"), compact.signature().to_der());
    Ok(())
}

fn is_index(name: &str) -> bool {
    name.strip_prefix("index").is_some_and(|rest| [".json", ".jws", INPUT, SIGNATURE].contains(&rest))
}

fn check_hashes(files: &Files, index: &PackIndex) -> Result<(), Violation> {
    let found: BTreeSet<&String> = files.keys().filter(|name| !is_index(name)).collect();
    let named: BTreeSet<&String> = index.files.keys().collect();
    if let Some(name) = named.difference(&found).next() {
        return Err(Violation::new(Code::PackMember, format!("{name} is missing")));
    }
    if let Some(name) = found.difference(&named).next() {
        return Err(Violation::new(Code::PackMember, format!("{name} is not in the index")));
    }
    let changed =
        files.iter().find(|(name, content)| index.files.get(*name).is_some_and(|hash| *hash != Hash::of(content)));
    changed.map_or(Ok(()), |(name, _)| Err(Violation::new(Code::PackMember, format!("{name} was changed"))))
}

/// The files must be those that their contents make.
fn check_layout(files: &Files, again: &Files) -> Result<(), Violation> {
    let names: BTreeSet<&String> = files.keys().chain(again.keys()).collect();
    match names.into_iter().find(|name| files.get(*name) != again.get(*name)) {
        Some(name) => Err(Violation::new(Code::PackMember, format!("{name} is not what the other files make it"))),
        None => Ok(()),
    }
}
