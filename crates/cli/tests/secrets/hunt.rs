//! Looks for many secrets at once, in files, in logs and in the memory of running processes, however they
//! are written: as they are, backward as numbers stand in memory, in hexadecimal, as a list of bytes, in base64 wherever they begin in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use semper_base::{bytes, hash};

/// An allocator overwrites the first bytes of what it takes back; the end would stay. So ends are looked for.
const OVERWRITTEN: usize = 16;
/// Shorter pieces stand in many places by chance.
const BYTES_MIN: usize = 12;
/// Shorter runs of base64 hold no secret.
const RUN_MIN: usize = 24;
const PAGE: [u8; 4096] = [0; 4096];

/// Something that must not be everywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Secret {
    /// Whose it is: a party, or nobody in particular.
    pub(crate) owner: String,
    pub(crate) what: String,
    end: Vec<u8>,
    /// The last bytes of what stands with the least significant byte first, as numbers do in memory.
    backward: Vec<u8>,
}

impl Secret {
    pub(crate) fn new(owner: &str, what: &str, raw: &[u8]) -> Self {
        assert!(raw.len() >= BYTES_MIN, "{what}");
        let from = OVERWRITTEN.min(raw.len() - BYTES_MIN);
        let backward: Vec<u8> = raw.iter().rev().copied().collect();
        let (end, backward) = (raw[from..].to_vec(), backward[from..].to_vec());
        Secret { owner: owner.to_owned(), what: what.to_owned(), end, backward }
    }

    fn forms(&self) -> BTreeSet<Vec<u8>> {
        let hex = hash::hex(&self.end);
        let numbers = self.end.iter().map(u8::to_string).collect::<Vec<_>>().join(", ").into_bytes();
        let mut forms = BTreeSet::from([self.end.clone(), self.backward.clone(), numbers]);
        forms.extend([hex.to_ascii_uppercase().into_bytes(), hex.into_bytes()]);
        for before in 0..3_usize {
            let shifted = [vec![0; before], self.end.clone()].concat();
            // Characters at both ends that also depend on what stands beside it are left out.
            let (from, to) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
            let text = bytes::encode(&shifted).chars().take(to).skip(from).collect::<String>();
            forms.insert(text.replace('-', "+").replace('_', "/").into_bytes());
            forms.insert(text.into_bytes());
        }
        forms
    }
}

/// All the forms of all the secrets, by their first bytes.
pub(crate) struct Hunt {
    secrets: Vec<Secret>,
    begins: Vec<bool>,
    forms: BTreeMap<[u8; 3], Vec<(usize, Vec<u8>)>>,
}

fn place([a, b, c]: [u8; 3]) -> usize {
    usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)
}

impl Hunt {
    pub(crate) fn new(secrets: Vec<Secret>) -> Self {
        let (mut begins, mut forms) = (vec![false; 1 << 24], BTreeMap::<_, Vec<_>>::new());
        for (index, secret) in secrets.iter().enumerate() {
            for form in secret.forms() {
                let begin = [form[0], form[1], form[2]];
                begins[place(begin)] = true;
                forms.entry(begin).or_default().push((index, form));
            }
        }
        Hunt { secrets, begins, forms }
    }

    /// What is somewhere in these bytes.
    pub(crate) fn within(&self, text: &[u8]) -> BTreeSet<&Secret> {
        let mut found = BTreeSet::new();
        for at in (0..text.len()).step_by(PAGE.len()) {
            let page = &text[at..text.len().min(at + PAGE.len())];
            if page == &PAGE[..page.len()] {
                continue;
            }
            for (offset, begin) in text[at..].windows(3).take(page.len()).enumerate() {
                let begin = [begin[0], begin[1], begin[2]];
                if self.begins[place(begin)] {
                    let rest = &text[at + offset..];
                    let here = self.forms[&begin].iter().filter(|(_, form)| rest.starts_with(form));
                    found.extend(here.map(|(index, _)| &self.secrets[*index]));
                }
            }
        }
        found
    }

    /// What is somewhere in these bytes, also within base64 within base64: a secret in a statement in a message.
    /// A run of base64 may begin anywhere, for databases break long texts into pages.
    pub(crate) fn deep(&self, text: &[u8]) -> BTreeSet<&Secret> {
        let mut found = self.within(text);
        self.unwrap(text, 2, &mut found);
        found
    }

    fn unwrap<'h>(&'h self, text: &[u8], depth: u8, found: &mut BTreeSet<&'h Secret>) {
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        for run in text.split(|byte| !is_base64(byte)).filter(|run| run.len() >= RUN_MIN) {
            for from in 0..4 {
                let whole = &run[from..from + (run.len() - from) / 4 * 4];
                let Ok(inner) = bytes::decode(std::str::from_utf8(whole).unwrap()) else { continue };
                found.extend(self.within(&inner));
                if depth > 1 {
                    self.unwrap(&inner, depth - 1, found);
                }
            }
        }
    }

    /// What is somewhere in the files below a directory, with the file.
    pub(crate) fn below(&self, directory: &Path) -> BTreeSet<(&Secret, PathBuf)> {
        let mut all = Vec::new();
        files(directory, &mut all);
        let mut found = BTreeSet::new();
        for file in all {
            found.extend(self.deep(&std::fs::read(&file).unwrap()).into_iter().map(|secret| (secret, file.clone())));
        }
        found
    }

    /// What is somewhere in the memory of a process.
    pub(crate) fn inside(&self, pid: u32) -> std::io::Result<BTreeSet<&Secret>> {
        let pieces = memory(pid)?;
        Ok(pieces.iter().flat_map(|piece| self.within(piece)).collect())
    }
}

/// Every file below a directory.
pub(crate) fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            files(&path, found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}

/// Readable, private memory of a process, in pieces: heaps, stacks, data.
pub(crate) fn memory(pid: u32) -> std::io::Result<Vec<Vec<u8>>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let mut file = std::fs::File::open(format!("/proc/{pid}/mem"))?;
    let mut pieces = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut piece = vec![0; usize::try_from(to - from).unwrap()];
        file.seek(SeekFrom::Start(from))?;
        if file.read_exact(&mut piece).is_ok() {
            pieces.push(piece);
        }
    }
    Ok(pieces)
}

/// A secret is found in whatever form it was left, and nothing is found where nothing is.
#[test]
fn a_planted_secret_is_found() {
    let raw: Vec<u8> = (0..32_u8).map(|n| n.wrapping_mul(37).wrapping_add(11)).collect();
    let hunt = Hunt::new(vec![Secret::new("test", "planted", &raw), Secret::new("test", "other", &[0xEE; 32])]);
    let backward = raw.iter().rev().copied().collect();
    let mut texts = vec![raw.clone(), backward, hash::hex(&raw).into_bytes(), format!("{raw:?}").into_bytes()];
    texts.push(hash::hex(&raw).to_ascii_uppercase().into_bytes());
    for before in ["", "a", "ab", "abc"] {
        let text = bytes::encode(&[before.as_bytes(), &raw, before.as_bytes()].concat());
        texts.push(text.replace('-', "+").replace('_', "/").into_bytes());
        texts.push(text.into_bytes());
    }
    for text in &texts {
        for before in [0, 1, 4085, 4090, 8192, 20_000] {
            let text = [vec![0; before], text.clone(), vec![b'x'; 5000]].concat();
            let found: Vec<&str> = hunt.within(&text).into_iter().map(|secret| secret.what.as_str()).collect();
            assert_eq!(found, ["planted"], "{}", String::from_utf8_lossy(&text[before..before + 60]));
        }
        let half = &text[..text.len() / 2];
        assert!(hunt.within(half).is_empty());
    }
    assert!(hunt.within(&vec![7; 50_000]).is_empty());
    // A message that holds a statement that holds a secret.
    let wrap = |inner: &str| format!("{{\"a\":\"{}\"}}", bytes::encode(inner.as_bytes()));
    let statement = wrap(&format!("{{\"k\":\"{}\"}}", bytes::encode(&raw)));
    for cut in 0..8 {
        let found = hunt.deep(&wrap(&statement).as_bytes()[cut..]).len();
        assert_eq!((hunt.within(statement.as_bytes()).len(), found), (0, 1), "{cut}");
    }
    let folder = std::env::temp_dir().join(format!("semper-hunt-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("a/b")).unwrap();
    std::fs::write(folder.join("a/b/c.blob"), [b"before", raw.as_slice()].concat()).unwrap();
    let found = hunt.below(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(found.len(), 1);
}
