//! Renewals: stamps over everything that a pack holds, earlier renewals included, so that what it shows stays
//! provable when the certificates and stamps in it have ended.
//!
//! ```text
//! renewals/NNN/files.txt     SHA-256 and name of every file before, in the form of sha256sum
//! renewals/NNN/stamp.tst     the time stamp over files.txt
//! renewals/NNN/status-N.der  revocation lists of its time, also named in files.txt
//! ```
//!
//! The exporter's index does not name them: anybody may renew a pack, any number of times, and nothing that the
//! exporter signed changes. A renewal names every file outside of the renewals, every file of the renewals
//! before it, and its own revocation lists, which say whether the stamps before it counted at its time (RFC 4998
//! section 5.2 renews in the same way: the new stamp covers the old ones with what is needed to check them).

use std::collections::BTreeMap;

use semper_base::{Code, Hash, Violation};
use semper_blocks::stamp::Token;
use semper_support::crypto::Crypto;

use super::zip::{self, Files};

const FOLDER: &str = "renewals/";
const LIST: &str = "files.txt";
const STAMP: &str = "stamp.tst";
const STATUS: &str = "status-";
/// Revocation lists in one renewal.
const LISTS_MAX: usize = 8;
/// Renewals of one pack: three digits would allow more, the files of a pack do not.
const RENEWALS_MAX: usize = 100;

/// One renewal as it stands in a pack. Its list is complete and right; its stamp is read, not verified.
#[derive(Clone, Debug)]
pub(crate) struct Renewal {
    /// Its folder: `renewals/001/`.
    pub(crate) folder: String,
    /// The hash that is stamped.
    pub(crate) hash: Hash,
    pub(crate) token: Token,
    /// (file, DER)
    pub(crate) lists: Vec<(String, Vec<u8>)>,
}

impl Renewal {
    /// The file of its stamp.
    pub(crate) fn stamp_file(&self) -> String {
        format!("{}{STAMP}", self.folder)
    }
}

/// Parts the files that the exporter's index names from those of the renewals.
pub(super) fn split(files: Files) -> (Files, Files) {
    files.into_iter().partition(|(name, _)| !name.starts_with(FOLDER))
}

fn folder(number: usize) -> String {
    format!("{FOLDER}{number:03}/")
}

fn wrong(name: &str, what: &str) -> Violation {
    Violation::new(Code::PackMember, format!("{name}{what}"))
}

/// Reads the renewals of a pack in order. Refuses a missing number, an unknown file, a list that does not name
/// exactly what it must with the hashes that the files have.
pub(super) fn read(pack: &Files, renewals: &Files) -> Result<Vec<Renewal>, Violation> {
    let mut before = hashes(pack);
    let (mut read, mut seen) = (Vec::new(), 0);
    while seen < renewals.len() {
        let folder = folder(read.len() + 1);
        let files: Files = renewals
            .iter()
            .filter_map(|(name, bytes)| Some((name.strip_prefix(&folder)?.to_owned(), bytes.clone())))
            .collect();
        if files.is_empty() || read.len() >= RENEWALS_MAX {
            return Err(wrong(&folder, " is missing, or one of its files has no place"));
        }
        seen += files.len();
        let renewal = one(&folder, &files, &mut before)?;
        read.push(renewal);
    }
    Ok(read)
}

fn one(folder: &str, files: &Files, before: &mut BTreeMap<String, Hash>) -> Result<Renewal, Violation> {
    let named = |name: &str| files.get(name).ok_or_else(|| wrong(&format!("{folder}{name}"), " is missing"));
    let (list, stamp) = (named(LIST)?, named(STAMP)?);
    let lists: Vec<(String, Vec<u8>)> =
        (1..=LISTS_MAX).map_while(|at| files.get_key_value(&format!("{STATUS}{at}.der"))).map(full(folder)).collect();
    if files.len() != lists.len() + 2 {
        return Err(wrong(folder, " has a file without a place"));
    }
    before.extend(lists.iter().map(|(name, der)| (name.clone(), Hash::of(der))));
    if text(before).as_bytes() != list.as_slice() {
        return Err(wrong(&format!("{folder}{LIST}"), " does not name the files before it as they are"));
    }
    let token =
        Token::read(stamp).map_err(|why| Violation::new(why.code(), format!("{folder}{STAMP}: {}", why.detail())))?;
    before.insert(format!("{folder}{LIST}"), Hash::of(list));
    before.insert(format!("{folder}{STAMP}"), Hash::of(stamp));
    Ok(Renewal { folder: folder.to_owned(), hash: Hash::of(list), token, lists })
}

fn full(folder: &str) -> impl Fn((&String, &Vec<u8>)) -> (String, Vec<u8>) {
    move |(name, der)| (format!("{folder}{name}"), der.clone())
}

fn hashes(files: &Files) -> BTreeMap<String, Hash> {
    files.iter().map(|(name, bytes)| (name.clone(), Hash::of(bytes))).collect()
}

/// The form that `sha256sum -c` reads.
fn text(hashes: &BTreeMap<String, Hash>) -> String {
    let lines: Vec<String> = hashes.iter().map(|(name, hash)| format!("{}  {name}\n", hash.hex())).collect();
    lines.concat()
}

/// A renewal that waits for its stamp.
#[derive(Clone, Debug)]
pub struct Renewing {
    files: Files,
    folder: String,
    hash: Hash,
}

impl Renewing {
    /// Prepares the next renewal of a pack. `lists` are revocation lists (DER) of now: with them it can be seen
    /// later that the stamps so far counted now.
    ///
    /// # Errors
    /// The pack is none: nothing is stamped that does not read. What it is worth is not looked at.
    pub fn begin(pack: &[u8], lists: &[Vec<u8>], crypto: &dyn Crypto) -> Result<Self, Violation> {
        let known = super::read(pack, crypto)?;
        if known.renewals.len() >= RENEWALS_MAX || lists.len() > LISTS_MAX {
            return Err(Violation::new(Code::TooMany, "renewals"));
        }
        let folder = folder(known.renewals.len() + 1);
        let mut files = zip::unpack(pack)?;
        let status = lists.iter().enumerate();
        files.extend(status.map(|(at, der)| (format!("{folder}{STATUS}{}.der", at + 1), der.clone())));
        let list = text(&hashes(&files));
        let hash = Hash::of(list.as_bytes());
        files.insert(format!("{folder}{LIST}"), list.into_bytes());
        Ok(Renewing { files, folder, hash })
    }

    /// What is to be stamped.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The pack with the stamp.
    ///
    /// # Errors
    /// [`Code::StampWrong`] if the stamp is over something else.
    pub fn finish(mut self, token: &Token) -> Result<Vec<u8>, Violation> {
        if token.info().imprint.hash != self.hash {
            return Err(Violation::new(Code::StampWrong, "imprint"));
        }
        self.files.insert(format!("{}{STAMP}", self.folder), token.der().to_vec());
        zip::pack(&self.files)
    }
}
