//! What goes into a pack, and what it is called there.

mod absent;
mod piece;
mod subject;

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Code, Hash, KeyId, Role, Timestamp, Violation, Xid, json};
use semper_blocks::certificate::pem;
use semper_blocks::stamp::Token;
use semper_blocks::statement::{Compact, Kind};
use semper_exchange::fair::dgp::{Descriptor, statements::DebitOrder};
use semper_exchange::fair::frame;
use semper_exchange::fair::lock::{Lock, Seat};
use semper_support::crypto::PublicKey;

use super::super::logs::{LogItem, LogPart, log_items, read_log};
use super::super::stamps::{Stamp, cover, read_cover};
use super::zip::Files;

pub(crate) use absent::absent;
pub use piece::PieceKind;
use subject::Subject;

/// The exact bytes of X.
pub(crate) const DESCRIPTOR: &str = "descriptor.json";
/// Ordinary commands that check the pack.
pub(crate) const GUIDE: &str = "VERIFY.txt";
/// The index for reading: the payload of [`INDEX_STATEMENT`].
pub(crate) const INDEX: &str = "index.json";
/// The index as the exporter signed it.
pub(crate) const INDEX_STATEMENT: &str = "index.jws";
/// The exporter's root. A convenience: whoever verifies must have the right one already.
pub(crate) const ROOT: &str = "roots/untrusted-root.pem";
/// Behind a statement's name: what its signature covers, and the signature in DER.
pub(crate) const INPUT: &str = ".signing-input";
pub(crate) const SIGNATURE: &str = ".sig.der";

const CERTIFICATES: &str = "certs/";
const KEYS: &str = "keys/";
const LISTS: &str = "status/";
const LOGS: &str = "tlog/";
const PIECES: &str = "pieces/";
const STAMPS: &str = "tst/";
const STATEMENTS: &str = "statements/";
const TRANSCRIPTS: &str = "transcripts/";

/// What wallet or shop gathers from its archive. Order and copies do not matter.
#[derive(Clone, Default)]
pub struct PackContents {
    /// The exact bytes of X; none for a mail order, whose parts have none.
    pub descriptor: Option<Vec<u8>>,
    /// Compact JWS, as signed or received.
    pub statements: Vec<String>,
    /// Certificates (DER) that the statements or the descriptor name, with the holder's role.
    pub certificates: Vec<(Role, Vec<u8>)>,
    /// Revocation lists (DER), as fetched: for each moment at which a certificate was used, the one of
    /// that time.
    pub lists: Vec<Vec<u8>>,
    /// The market's root (DER) as the exporter knows it.
    pub root: Vec<u8>,
    /// Keys of statements that neither a certificate, nor the descriptor, nor the statement itself
    /// shows. Keys that no statement uses are left out.
    pub keys: Vec<PublicKey>,
    /// Escrow box, proofs, openings.
    pub pieces: Vec<(PieceKind, Vec<u8>)>,
    /// Time stamps over statements.
    pub stamps: Vec<Stamp>,
    /// Places of decisions in registers' logs.
    pub logs: Vec<LogPart>,
    /// Display transcripts: canonical JSON.
    pub transcripts: Vec<String>,
}

impl std::fmt::Debug for PackContents {
    /// Numbers only: a piece may be a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (statements, pieces) = (self.statements.len(), self.pieces.len());
        write!(f, "PackContents({statements} statements, {pieces} pieces)")
    }
}

/// A statement and its place in the pack.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// File name without ending.
    pub(crate) stem: String,
    pub(crate) text: String,
    pub(crate) hash: Hash,
    pub(crate) kind: Kind,
    pub(crate) key: KeyId,
    pub(crate) certificate: Option<Hash>,
    /// As the statement says; not verified.
    pub(crate) issued: Timestamp,
}

impl Item {
    pub(crate) fn new(stem: String, text: &str) -> Result<Self, Violation> {
        let named = |why: Violation| Violation::new(why.code(), format!("{stem}: {}", why.detail()));
        let compact = Compact::parse(text).map_err(named)?;
        let payload = json::read_value(compact.payload()).map_err(named)?;
        let issued = payload.get("semper").and_then(|own| own.get("issued")).and_then(json::Value::as_str);
        let issued = issued.and_then(Timestamp::parse).ok_or_else(|| Violation::new(Code::FieldMissing, &stem))?;
        let (hash, kind, key, certificate) = (compact.hash(), compact.kind(), compact.key(), compact.certificate());
        Ok(Item { stem, text: text.to_owned(), hash, kind, key, certificate, issued })
    }

    pub(crate) fn file(&self) -> String {
        format!("{}.jws", self.stem)
    }

    fn put(&self, files: &mut Files) -> Result<(), Violation> {
        let compact = Compact::parse(&self.text)?;
        files.insert(format!("{}{INPUT}", self.stem), compact.signing_input().as_bytes().to_vec());
        files.insert(format!("{}{SIGNATURE}", self.stem), compact.signature().to_der());
        files.insert(self.file(), self.text.as_bytes().to_vec());
        Ok(())
    }
}

/// A certificate and its place in the pack.
#[derive(Clone, Debug)]
pub(crate) struct Certified {
    pub(crate) file: String,
    pub(crate) role: Role,
    pub(crate) der: Vec<u8>,
    pub(crate) hash: Hash,
}

/// A time stamp over statements and its place in the pack.
#[derive(Clone, Debug)]
pub(crate) struct StampItem {
    /// File name without ending.
    pub(crate) stem: String,
    /// The statements that it is over.
    pub(crate) hashes: BTreeSet<Hash>,
    /// What it has to be over.
    pub(crate) hash: Hash,
    pub(crate) token: Token,
}

impl StampItem {
    pub(crate) fn file(&self) -> String {
        format!("{}.tst", self.stem)
    }

    /// The file with the hashes.
    pub(crate) fn list(&self) -> String {
        format!("{}.txt", self.stem)
    }
}

/// Contents put in order: what reading and writing have in common. Equal contents give equal files.
#[derive(Clone)]
pub(crate) struct Sorted {
    /// X, if the pack is of a sale whose register is a bank.
    pub(crate) descriptor: Option<Descriptor>,
    /// X, if the pack is of an exchange whose register is a notary.
    pub(crate) frame: Option<frame::Descriptor>,
    /// L, if the pack is of a lock.
    pub(crate) lock: Option<Lock>,
    pub(crate) statements: Vec<Item>,
    pub(crate) certificates: Vec<Certified>,
    /// (file name without ending, DER)
    pub(crate) lists: Vec<(String, Vec<u8>)>,
    pub(crate) root: Vec<u8>,
    pub(crate) keys: BTreeMap<KeyId, PublicKey>,
    /// Whose key signs the index.
    pub(crate) exporter: KeyId,
    /// (file name, bytes)
    pub(crate) pieces: Vec<(String, Vec<u8>)>,
    pub(crate) stamps: Vec<StampItem>,
    pub(crate) logs: Vec<LogItem>,
    /// (file name, JSON)
    pub(crate) transcripts: Vec<(String, String)>,
}

/// The file that holds a key.
pub(crate) fn key_file(key: &KeyId) -> String {
    // Half of the hash: nobody makes two keys of equal halves, and the command lines stay readable.
    let hex = key.0.hex();
    format!("{KEYS}{}.pem", hex.get(..32).unwrap_or(&hex))
}

impl Sorted {
    /// `exporter` signs the index, so its key belongs to the pack.
    pub(crate) fn new(contents: &PackContents, exporter: &KeyId) -> Result<Self, Violation> {
        let (descriptor, frame, lock) = match contents.descriptor.as_deref().map(Subject::read).transpose()? {
            Some(Subject::Frame(x)) => (None, Some(*x), None),
            Some(Subject::Lock(lock)) => (None, None, Some(*lock)),
            Some(Subject::Sale(x)) => (Some(*x), None, None),
            None => (None, None, None),
        };
        let statements = statements(&contents.statements)?;
        let certificates = certificates(&contents.certificates);
        let mut lists = contents.lists.clone();
        unique(&mut lists, |list| Hash::of(list));
        let numbered = |(at, der): (usize, Vec<u8>)| (format!("{LISTS}crl-{}", at + 1), der);
        let mut sorted = Sorted {
            descriptor,
            frame,
            lock,
            statements,
            certificates,
            lists: lists.into_iter().enumerate().map(numbered).collect(),
            root: contents.root.clone(),
            keys: BTreeMap::new(),
            exporter: *exporter,
            pieces: pieces(&contents.pieces),
            stamps: stamps(&contents.stamps)?,
            logs: log_items(LOGS, &contents.logs)?,
            transcripts: transcripts(&contents.transcripts),
        };
        sorted.keys = sorted.find_keys(&contents.keys)?;
        Ok(sorted)
    }

    /// The public half of every key that signed something here. A key's hash says that it is the one;
    /// what it is worth is another question.
    fn find_keys(&self, given: &[PublicKey]) -> Result<BTreeMap<KeyId, PublicKey>, Violation> {
        let cores = self.descriptor.iter().map(|x| &x.core);
        let named = cores.flat_map(|core| [&core.bank.key, &core.buyer, &core.notary.key, &core.seller]);
        let framed = self.frame.iter().map(|x| &x.core);
        let framed = framed.flat_map(|core| core.parties.iter().chain([&core.notary.key]));
        let locked =
            self.lock.iter().flat_map(|lock| [Seat::Holder, Seat::Payee, Seat::Payer].map(|seat| lock.key(seat)));
        let named = named.chain(framed).chain(locked).chain(given).cloned();
        let windows = self.certificates.iter().flat_map(|certificate| certificate.der.windows(KEY_BYTES));
        let certified = windows.filter_map(|window| PublicKey::from_spki(window).ok());
        let orders = self.statements.iter().filter(|item| item.kind == Kind::DebitOrder);
        let accounts = orders.filter_map(|item| account_key(&item.text));
        let known: BTreeMap<KeyId, PublicKey> =
            named.chain(certified).chain(accounts).map(|key| (key.id(), key)).collect();
        let mut found = BTreeMap::new();
        let wanted = self.statements.iter().map(|item| (item.key, item.stem.as_str()));
        for (id, what) in wanted.chain([(self.exporter, "the index")]) {
            let key = known.get(&id).cloned();
            found.insert(id, key.ok_or_else(|| Violation::new(Code::PackMember, format!("the key of {what}")))?);
        }
        Ok(found)
    }

    /// The exchange's id, if the pack is of one.
    pub(crate) fn xid(&self) -> Option<Xid> {
        let framed = self.frame.as_ref().map(|x| x.xid).or(self.lock.as_ref().map(|lock| lock.xid));
        self.descriptor.as_ref().map(|x| x.xid).or(framed)
    }

    /// The exact bytes of X, if the pack is of an exchange.
    fn exact(&self) -> Option<&[u8]> {
        let framed = self.frame.as_ref().map(frame::Descriptor::bytes).or(self.lock.as_ref().map(Lock::bytes));
        self.descriptor.as_ref().map(Descriptor::bytes).or(framed)
    }

    /// Every file but guide and index.
    pub(crate) fn files(&self) -> Result<Files, Violation> {
        let mut files = Files::new();
        files.extend(self.exact().map(|bytes| (DESCRIPTOR.to_owned(), bytes.to_vec())));
        files.insert(ROOT.to_owned(), to_pem(pem::Label::Certificate, &self.root, ROOT)?);
        for item in &self.statements {
            item.put(&mut files)?;
        }
        for certificate in &self.certificates {
            let text = to_pem(pem::Label::Certificate, &certificate.der, &certificate.file)?;
            files.insert(certificate.file.clone(), text);
        }
        for (stem, der) in &self.lists {
            files.insert(format!("{stem}.pem"), to_pem(pem::Label::StatusList, der, stem)?);
            files.insert(format!("{stem}.der"), der.clone());
        }
        for (id, key) in &self.keys {
            files.insert(key_file(id), key_pem(key).into_bytes());
        }
        files.extend(self.pieces.iter().cloned());
        for stamp in &self.stamps {
            files.insert(stamp.file(), stamp.token.der().to_vec());
            files.insert(stamp.list(), cover(&stamp.hashes).into_bytes());
        }
        for log in &self.logs {
            files.insert(log.file(), log.part.proof.clone().into_bytes());
            files.extend(log.sealed.iter().map(|sealed| (log.record(), sealed.clone())));
        }
        files.extend(self.transcripts.iter().map(|(file, text)| (file.clone(), text.as_bytes().to_vec())));
        Ok(files)
    }
}

/// Finds the contents again in the files of a pack. Files that are computed from others are not looked
/// at, nor is anything that has no place: whoever reads compares with the files written again.
pub(crate) fn gather(files: &Files) -> Result<PackContents, Violation> {
    let missing = |file: &str| Violation::new(Code::PackMember, format!("{file} is missing"));
    let file = |name: &str| files.get(name).ok_or_else(|| missing(name));
    let mut contents = PackContents {
        descriptor: files.get(DESCRIPTOR).cloned(),
        root: from_pem(pem::Label::Certificate, ROOT, file(ROOT)?)?,
        ..PackContents::default()
    };
    for (name, bytes) in files {
        if let Some(rest) = name.strip_prefix(CERTIFICATES) {
            contents.certificates.push((role_of(name, rest)?, from_pem(pem::Label::Certificate, name, bytes)?));
        } else if name.starts_with(KEYS) {
            contents.keys.push(read_key(name, bytes)?);
        } else if let Some(rest) = name.strip_prefix(PIECES) {
            let kind = PieceKind::ALL.into_iter().find(|kind| rest.starts_with(kind.words().0));
            contents.pieces.push((kind.ok_or_else(|| Violation::new(Code::PackMember, name))?, bytes.clone()));
        } else if name.starts_with(STATEMENTS) && is(name, ".jws") {
            contents.statements.push(text(name, bytes)?);
        } else if name.starts_with(STAMPS) && is(name, ".tst") {
            let list = name.replace(".tst", ".txt");
            let hashes = read_cover(&text(&list, file(&list)?)?);
            let hashes = hashes.map_err(|why| Violation::new(why.code(), format!("{list}: {}", why.detail())))?;
            contents.stamps.push(Stamp { hashes, token: bytes.clone() });
        } else if let Some(rest) = name.strip_prefix(LOGS).filter(|_| is(name, ".tlog-proof")) {
            let sealed = name.replace(".tlog-proof", ".json");
            let sealed = files.get(&sealed).map(|bytes| (sealed.as_str(), bytes.as_slice()));
            contents.logs.push(read_log(role_of(name, rest)?, &text(name, bytes)?, sealed)?);
        } else if name.starts_with(TRANSCRIPTS) {
            contents.transcripts.push(text(name, bytes)?);
        } else if name.starts_with(LISTS) && is(name, ".der") {
            contents.lists.push(bytes.clone());
        }
    }
    Ok(contents)
}

const ROLES: [Role; 9] = [
    Role::Arbiter,
    Role::Authority,
    Role::Bank,
    Role::Broker,
    Role::Buyer,
    Role::Carrier,
    Role::Notary,
    Role::Seller,
    Role::Witness,
];

/// The role in a file's name, such as `bank-1.pem`.
fn role_of(name: &str, rest: &str) -> Result<Role, Violation> {
    let word = rest.split_once('-').map_or(rest, |(word, _)| word);
    let role = ROLES.into_iter().find(|role| role.word() == word);
    role.ok_or_else(|| Violation::new(Code::PackMember, name))
}

/// Sorts by `by` and drops copies.
fn unique<T, K: Ord>(list: &mut Vec<T>, by: impl Fn(&T) -> K) {
    list.sort_by_cached_key(&by);
    list.dedup_by(|one, other| by(one) == by(other));
}

fn statements(texts: &[String]) -> Result<Vec<Item>, Violation> {
    let items: Result<Vec<Item>, Violation> = texts.iter().map(|text| Item::new(String::new(), text)).collect();
    let mut items = items?;
    unique(&mut items, |item| (item.issued, item.kind, item.hash));
    for (at, item) in items.iter_mut().enumerate() {
        item.stem = format!("{STATEMENTS}{:03}-{}", at + 1, item.kind);
    }
    Ok(items)
}

fn certificates(given: &[(Role, Vec<u8>)]) -> Vec<Certified> {
    let mut all: Vec<(Role, Hash, &Vec<u8>)> = given.iter().map(|(role, der)| (*role, Hash::of(der), der)).collect();
    unique(&mut all, |(role, hash, _)| (*role, *hash));
    let mut counts = BTreeMap::<Role, u32>::new();
    let mut name = |role: Role| {
        let count = counts.entry(role).or_default();
        *count += 1;
        format!("{CERTIFICATES}{role}-{count}.pem")
    };
    all.into_iter().map(|(role, hash, der)| Certified { file: name(role), role, der: der.clone(), hash }).collect()
}

fn pieces(given: &[(PieceKind, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(PieceKind, Hash, &Vec<u8>)> =
        given.iter().map(|(kind, bytes)| (*kind, Hash::of(bytes), bytes)).collect();
    unique(&mut all, |(kind, hash, _)| (*kind, *hash));
    let mut counts = BTreeMap::<PieceKind, u32>::new();
    let mut name = |kind: PieceKind| {
        let count = counts.entry(kind).or_default();
        *count += 1;
        let (word, ending) = kind.words();
        format!("{PIECES}{word}-{count}.{ending}")
    };
    all.into_iter().map(|(kind, _, bytes)| (name(kind), bytes.clone())).collect()
}

/// By their times.
fn stamps(given: &[Stamp]) -> Result<Vec<StampItem>, Violation> {
    let read = |stamp: &Stamp| {
        let token = Token::read(&stamp.token);
        let token = token.map_err(|why| Violation::new(why.code(), format!("{STAMPS}: {}", why.detail())))?;
        let hash = Hash::of(cover(&stamp.hashes).as_bytes());
        Ok(StampItem { stem: String::new(), hashes: stamp.hashes.clone(), hash, token })
    };
    let items: Result<Vec<StampItem>, Violation> = given.iter().map(read).collect();
    let mut items = items?;
    unique(&mut items, |item| (item.token.info().at, item.hash, Hash::of(item.token.der())));
    for (at, item) in items.iter_mut().enumerate() {
        item.stem = format!("{STAMPS}{:03}", at + 1);
    }
    Ok(items)
}

fn transcripts(given: &[String]) -> Vec<(String, String)> {
    let mut all = given.to_vec();
    unique(&mut all, |text| Hash::of(text.as_bytes()));
    let numbered = |(at, text)| (format!("{TRANSCRIPTS}{:03}.json", at + 1), text);
    all.into_iter().enumerate().map(numbered).collect()
}

/// The key that a debit order brings along.
pub(crate) fn account_key(text: &str) -> Option<PublicKey> {
    let compact = Compact::parse(text).ok()?;
    let payload = json::read_value(compact.payload()).ok()?;
    // Read as the member of a debit order; whether it is one, the verifier finds out.
    let key = payload.get(ACCOUNT_KEY)?;
    json::typed(key).ok()
}

/// Length of a `SubjectPublicKeyInfo`.
const KEY_BYTES: usize = 91;
/// Member of [`DebitOrder`].
const ACCOUNT_KEY: &str = "account_key";
const _: fn(&DebitOrder) -> &PublicKey = |order| &order.account_key;

fn is(name: &str, ending: &str) -> bool {
    name.ends_with(ending)
}

fn text(name: &str, bytes: &[u8]) -> Result<String, Violation> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Violation::new(Code::PackMember, name))
}

fn to_pem(label: pem::Label, der: &[u8], name: &str) -> Result<Vec<u8>, Violation> {
    let text = pem::to_pem(label, der).map_err(|_| Violation::new(Code::PackMember, name))?;
    Ok(text.into_bytes())
}

fn from_pem(label: pem::Label, name: &str, bytes: &[u8]) -> Result<Vec<u8>, Violation> {
    pem::from_pem(label, &text(name, bytes)?).map_err(|_| Violation::new(Code::PackMember, name))
}

/// The form that `openssl pkey -pubout` writes.
fn key_pem(key: &PublicKey) -> String {
    der::pem::encode_string("PUBLIC KEY", der::pem::LineEnding::LF, key.spki()).unwrap_or_default()
}

fn read_key(name: &str, bytes: &[u8]) -> Result<PublicKey, Violation> {
    let wrong = || Violation::new(Code::PackMember, name);
    let (_, der) = der::pem::decode_vec(bytes).map_err(|_| wrong())?;
    let key = PublicKey::from_spki(&der).map_err(|_| wrong())?;
    if key_pem(&key).as_bytes() == bytes && key_file(&key.id()) == name { Ok(key) } else { Err(wrong()) }
}
