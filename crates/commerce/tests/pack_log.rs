//! Places in a register's log, as a pack carries them and the verifier reads them.

use crate::pack_support;

use pack_support::zip::{pack, unpack};
use pack_support::{Ending, Sale, minutes};
use semper_base::{Hash, Role};
use semper_blocks::statement::Compact;
use semper_commerce::dispute::logs::{LogPart, Sealed};
use semper_commerce::dispute::{PackContents, logs_together, read};
use semper_exchange::judge::Finding;
use semper_exchange::judge::log::LogMisdeed;
use semper_exchange::log::{Logged, LoggedRow, slot_of};
use semper_support::crypto::{Crypto, Secret32};
use semper_support::log::record::salt;
use semper_support::log::{Checkpoint, Entry, Head, KeyUse, NoteKey, Proof, Record, Tile, Tiles, tree};

struct Log {
    key: NoteKey,
    secret: Secret32,
    /// The bank's answers, in order, and what was sealed of each.
    answers: Vec<(String, Record)>,
    entries: Vec<Entry>,
}

impl Log {
    fn new(sale: &Sale) -> Log {
        let secret = Secret32::from_bytes([6; 32]);
        let key = NoteKey::new("bank.test/log", KeyUse::Log, sale.crypto.ed_public(&secret).unwrap()).unwrap();
        let of_bank = |text: &&String| Compact::parse(text).is_ok_and(|one| one.key() == sale.bank.public.id());
        let answers: Vec<(String, Record)> = sale
            .contents
            .statements
            .iter()
            .filter(of_bank)
            .map(|text| {
                let compact = Compact::parse(text).unwrap();
                let payload: serde_json::Value = serde_json::from_slice(compact.payload()).unwrap();
                let at = serde_json::from_value(payload["semper"]["issued"].clone()).unwrap();
                let kind = compact.kind();
                (text.clone(), Record::of(sale.x.xid, slot_of(kind, text).unwrap(), kind.word(), text, at))
            })
            .collect();
        let entries = answers.iter().map(|(text, record)| record.entry(text).unwrap()).collect();
        Log { key, secret, answers, entries }
    }

    fn part(&self, sale: &Sale, entries: &[Entry], index: usize) -> LogPart {
        let leaves: Vec<Hash> = entries.iter().map(Entry::leaf).collect();
        let head = Head { size: leaves.len() as u64, root: tree::root(&leaves) };
        let checkpoint = Checkpoint::sign(head, &self.key, &self.secret, &sale.crypto).unwrap().to_string();
        let path = Tiles::new(head.size, |_: Tile| Ok(leaves.clone())).inclusion(index as u64).unwrap();
        let proof = Proof { entry: entries[index], index: index as u64, path, checkpoint }.to_string();
        let (text, record) = &self.answers[index];
        let sealed = Sealed { record: record.clone(), salt: salt(text) };
        LogPart { register: Role::Bank, sealed: Some(sealed), proof }
    }

    fn logged(&self, sale: &Sale) -> String {
        let row = |(index, entry): (usize, &Entry)| LoggedRow {
            slot: self.answers[index].1.slot.clone(),
            index: index as u64,
            leaf: entry.leaf(),
        };
        let rows = self.entries.iter().enumerate().map(row).collect();
        sale.signed(&sale.bank, minutes(25), Logged { at: minutes(25), log: self.key.clone(), rows }).text
    }

    fn contents(&self, sale: &Sale) -> PackContents {
        let mut contents = sale.contents.clone();
        contents.statements.push(self.logged(sale));
        contents.logs = (0..self.entries.len()).map(|index| self.part(sale, &self.entries, index)).collect();
        contents
    }
}

#[test]
fn what_is_in_the_log_is_said_per_answer() {
    let sale = Sale::new(11, Ending::Settled);
    let log = Log::new(&sale);
    let report = sale.report(&log.contents(&sale));
    assert!(report.is_sound(), "{:?}", report.problems);
    let bank = report.logs.iter().find(|one| one.register == Role::Bank).unwrap();
    assert_eq!(bank.decisions.len(), 3);
    assert!(bank.decisions.iter().all(|one| one.finding == Finding::Proven), "{bank:?}");
    assert_eq!(bank.convictions, []);
    let text = report.to_string();
    assert!(
        text.contains("the bank's answer \"captured\" stands in its log at place 1; no witness signed that"),
        "{text}"
    );
    assert!(!report.absent.contains(&"tlog".to_owned()));
    // Statements about logs are no pieces without weight to the judge of the exchange.
    assert!(report.remarks.iter().all(|note| !note.sentence.contains("has no weight")), "{:?}", report.remarks);
    // Without them it is said that they are absent, and nobody is convicted.
    let without = sale.report(&sale.contents);
    assert!(without.absent.contains(&"tlog".to_owned()));
    let findings: Vec<Finding> = without.logs.iter().flat_map(|one| &one.decisions).map(|one| one.finding).collect();
    assert!(findings.iter().all(|one| *one == Finding::NotProvable));
    assert!(without.logs.iter().all(|one| one.convictions.is_empty()));
}

#[test]
fn every_byte_of_it_counts() {
    let sale = Sale::new(12, Ending::Settled);
    let bytes = sale.pack_by(&sale.alice, &Log::new(&sale).contents(&sale));
    let files = unpack(&bytes);
    let names: Vec<&String> = files.keys().filter(|name| name.starts_with("tlog/")).collect();
    assert_eq!(names.len(), 6);
    for name in names {
        for at in [0, files[name].len() / 2, files[name].len() - 1] {
            let mut changed = files.clone();
            changed.get_mut(name).unwrap()[at] ^= 1;
            assert!(read(&pack(&changed), &sale.crypto).is_err(), "{name} {at}");
        }
        let mut fewer = files.clone();
        fewer.remove(name);
        assert!(read(&pack(&fewer), &sale.crypto).is_err(), "{name}");
    }
}

#[test]
fn lies_convict_alone_or_together() {
    let sale = Sale::new(13, Ending::Settled);
    let log = Log::new(&sale);
    let mut other = log.entries.clone();
    other[1] = Entry { place: other[1].place, seal: Hash::of(b"something else") };
    // Something else stands at the promised place.
    let mut contents = log.contents(&sale);
    contents.logs = vec![LogPart { sealed: None, ..log.part(&sale, &other, 1) }];
    let report = sale.report(&contents);
    assert!(report.is_sound(), "{:?}", report.problems);
    let misdeeds = |verdicts: &[semper_exchange::judge::log::LogVerdict]| -> Vec<LogMisdeed> {
        verdicts.iter().flat_map(|one| &one.convictions).map(|one| one.misdeed).collect()
    };
    assert_eq!(misdeeds(&report.logs), [LogMisdeed::NotWherePromised]);
    // Two views of one size, each in a pack that shows nothing wrong.
    let mut first = other.clone();
    first[1] = log.entries[1];
    first[0] = Entry { place: Hash::of(b"nobody"), seal: Hash::of(b"nothing") };
    let mut shown = log.contents(&sale);
    shown.logs = vec![log.part(&sale, &first, 1)];
    let packs = [sale.pack_by(&sale.alice, &log.contents(&sale)), sale.pack_by(&sale.shop, &shown)];
    let packs = packs.map(|bytes| sale.read(&bytes));
    for one in &packs {
        assert_eq!(misdeeds(&logs_together(&[("one", one)], &sale.root, &sale.crypto)), []);
    }
    let together = logs_together(&[("buyer", &packs[0]), ("seller", &packs[1])], &sale.root, &sale.crypto);
    assert_eq!(misdeeds(&together), [LogMisdeed::SplitView]);
}
