//! What the judge makes of a register's log: honest ones are never convicted, whatever is shown of them; each lie
//! is, by what the register itself signed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;
use semper_base::{Hash, Role, Timestamp, Xid};
use semper_blocks::statement::{About, Author};
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::judge::Finding;
use semper_exchange::judge::log::{Case, LogMisdeed, LogVerdict, judge_log};
use semper_exchange::log::{Logged, LoggedRow};
use semper_support::Context;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Keyring, Secret32};
use semper_support::log::{Checkpoint, Entry, Head, KeyUse, NoteKey, Proof, Record, Tile, Tiles, tree};

/// A register with everything that it may do, honestly or not.
struct Register {
    crypto: Ideal,
    keyring: Keyring,
    pair: KeyPair,
    log: (NoteKey, Secret32),
    witness: (NoteKey, Secret32),
    now: u64,
}

fn xid() -> Xid {
    Xid(Hash::of(b"the exchange"))
}

impl Register {
    fn new() -> Register {
        let crypto = Ideal::new(3);
        let pair = crypto.generate().unwrap();
        let key = |name: &str, key_use, byte| {
            let secret = Secret32::from_bytes([byte; 32]);
            (NoteKey::new(name, key_use, crypto.ed_public(&secret).unwrap()).unwrap(), secret)
        };
        let (log, witness) = (key("bank.test/log", KeyUse::Log, 1), key("w.test", KeyUse::Witness, 2));
        Register { log, witness, pair, keyring: Keyring::for_simulation([4; 32]), crypto, now: 1_790_000_000_000 }
    }

    fn signed<B: semper_blocks::statement::Body>(&mut self, body: B) -> String {
        self.now += 1000;
        let now = Timestamp::from_millis(self.now);
        let cx = Context { now, crypto: &self.crypto, keyring: &self.keyring };
        let author = Author::uncertified(Role::Bank, &self.pair);
        author.answer(&cx, About::exchange(xid(), vec![]), body).unwrap().text
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    fn recorded(&mut self) -> (String, Entry) {
        let body = st::Recorded { at: self.at(), opened: Hash::of(b"opened"), settle_after: self.at() };
        self.sealed("recorded", "recorded", body)
    }

    fn contested(&mut self) -> (String, Entry) {
        let body = st::Contested { answer_until: self.at(), at: self.at() };
        self.sealed("contest", "contested", body)
    }

    fn sealed<B: semper_blocks::statement::Body>(&mut self, slot: &str, kind: &str, body: B) -> (String, Entry) {
        let text = self.signed(body);
        let entry = Record::of(xid(), slot, kind, &text, self.at()).entry(&text).unwrap();
        (text, entry)
    }

    fn logged(&mut self, rows: &[(&str, u64, Entry)]) -> String {
        let row = |(slot, index, entry): &(&str, u64, Entry)| LoggedRow {
            slot: (*slot).to_owned(),
            index: *index,
            leaf: entry.leaf(),
        };
        let body = Logged { at: self.at(), log: self.log.0.clone(), rows: rows.iter().map(row).collect() };
        self.signed(body)
    }

    fn checkpoint(&self, entries: &[Entry]) -> Checkpoint {
        let leaves: Vec<Hash> = entries.iter().map(Entry::leaf).collect();
        let head = Head { size: leaves.len() as u64, root: tree::root(&leaves) };
        let mut checkpoint = Checkpoint::sign(head, &self.log.0, &self.log.1, &self.crypto).unwrap();
        let line = checkpoint.cosign(&self.witness.0, &self.witness.1, self.at(), &self.crypto).unwrap();
        checkpoint.add(line, &self.witness.0, &self.crypto).unwrap();
        checkpoint
    }

    fn proof(&self, entries: &[Entry], index: u64) -> String {
        let leaves: Vec<Hash> = entries.iter().map(Entry::leaf).collect();
        let mut tiles =
            Tiles::new(leaves.len() as u64, |tile: Tile| Ok(leaves[..usize::try_from(tile.width).unwrap()].to_vec()));
        let path = tiles.inclusion(index).unwrap();
        let entry = entries[usize::try_from(index).unwrap()];
        Proof { entry, index, path, checkpoint: self.checkpoint(entries).to_string() }.to_string()
    }

    fn judge(&self, pieces: &[&String]) -> LogVerdict {
        let pieces: Vec<(String, &[u8])> =
            pieces.iter().enumerate().map(|(at, piece)| (format!("p{at}"), piece.as_bytes())).collect();
        let witnesses = [self.witness.0.clone()];
        let case = Case { role: Role::Bank, key: &self.pair.public, xid: xid(), witnesses: &witnesses };
        judge_log(&case, &pieces, &self.crypto)
    }

    fn convicted(&self, pieces: &[&String]) -> Vec<LogMisdeed> {
        self.judge(pieces).convictions.into_iter().map(|one| one.misdeed).collect()
    }
}

fn other(number: u8) -> Entry {
    Entry { place: Hash::of(&[number]), seal: Hash::of(&[number, number]) }
}

#[test]
fn an_answer_in_the_log_is_proven_with_who_cosigned_it() {
    let mut register = Register::new();
    let (answer, entry) = register.recorded();
    let entries = [other(1), entry, other(2)];
    let (logged, proof) = (register.logged(&[("recorded", 1, entry)]), register.proof(&entries, 1));
    let verdict = register.judge(&[&answer, &logged, &proof]);
    assert_eq!(verdict.convictions, []);
    let decision = &verdict.decisions[0];
    assert_eq!((decision.finding, decision.index, decision.cosigned.len()), (Finding::Proven, Some(1), 1));
    assert_eq!(decision.shown_by, ["p0", "p2"]);
    // The promise alone, or the proof without what says whose log it is: not provable, nobody convicted.
    for pieces in [vec![&answer, &logged], vec![&answer, &proof], vec![&answer]] {
        let verdict = register.judge(&pieces);
        assert_eq!((verdict.decisions[0].finding, verdict.convictions.len()), (Finding::NotProvable, 0));
    }
    // Somebody else's log shows nothing.
    let stranger = Register { log: Register::new().witness, ..Register::new() };
    assert_eq!(
        register.judge(&[&answer, &logged, &stranger.proof(&entries, 1)]).decisions[0].finding,
        Finding::NotProvable
    );
}

#[test]
fn each_lie_convicts() {
    let mut register = Register::new();
    let (answer, entry) = register.recorded();
    let entries = [other(1), entry, other(2)];
    let honest = register.logged(&[("recorded", 1, entry)]);

    let hidden = register.proof(&[other(1), other(3), other(2)], 1);
    assert_eq!(register.convicted(&[&honest, &hidden]), [LogMisdeed::NotWherePromised]);

    let sealed_otherwise = register.logged(&[("recorded", 1, other(3))]);
    assert_eq!(register.convicted(&[&answer, &sealed_otherwise]), [LogMisdeed::SealedOtherwise]);

    let elsewhere = register.logged(&[("recorded", 2, entry)]);
    assert_eq!(register.convicted(&[&honest, &elsewhere]), [LogMisdeed::TwoPlaces]);
    let same_place = register.logged(&[("contest", 1, other(4))]);
    assert_eq!(register.convicted(&[&honest, &same_place]), [LogMisdeed::TwoPlaces]);

    let views = [entries.to_vec(), vec![other(1), entry, other(5)]].map(|view| register.checkpoint(&view).to_string());
    assert_eq!(register.convicted(&[&honest, &views[0], &views[1]]), [LogMisdeed::SplitView]);
    // Of different sizes: by the first place where they differ.
    let longer = [other(1), entry, other(5), other(6), other(7)];
    let split = [register.proof(&entries, 2), register.proof(&longer, 2)];
    assert_eq!(register.convicted(&[&honest, &split[0], &split[1]]), [LogMisdeed::SplitView]);

    let again = Entry { place: entry.place, seal: Hash::of(b"another answer") };
    let twice = [other(1), entry, again];
    let twice = [register.proof(&twice, 1), register.proof(&twice, 2)];
    assert_eq!(register.convicted(&[&honest, &twice[0], &twice[1]]), [LogMisdeed::DecidedTwice]);

    let second = Register { log: Register::new().witness, ..Register::new() };
    let key = NoteKey::new("bank.test/log-2", KeyUse::Log, register.crypto.ed_public(&second.log.1).unwrap()).unwrap();
    let first_log = std::mem::replace(&mut register.log, (key, second.log.1.clone()));
    let other_log = register.logged(&[("recorded", 1, entry)]);
    register.log = first_log;
    assert_eq!(register.convicted(&[&honest, &other_log]), [LogMisdeed::TwoLogs]);
    // Without the promise nobody knows whose log it is.
    assert_eq!(register.convicted(&[&views[0], &views[1]]), []);
}

proptest! {
    /// An honest register's log grows; any of what it ever signed, in any number, convicts it of nothing, and
    /// more of it never takes a finding away.
    #[test]
    fn nothing_honest_convicts(picks in proptest::collection::vec(any::<prop::sample::Index>(), 1..12), cut in 0_usize..12) {
        let mut register = Register::new();
        let (answer, entry) = register.recorded();
        let early = register.logged(&[("recorded", 1, entry)]);
        let (later, second) = register.contested();
        let entries = [other(1), entry, other(2), other(3), second, other(4), other(5)];
        let both = register.logged(&[("recorded", 1, entry), ("contest", 4, second)]);
        let mut all = vec![answer, later, early, both];
        for size in [2, 3, 5, 7] {
            all.push(register.checkpoint(&entries[..size]).to_string());
            all.extend((0..size as u64).map(|index| register.proof(&entries[..size], index)));
        }
        let some: Vec<&String> = picks.iter().map(|pick| pick.get(&all)).collect();
        let whole = register.judge(&some);
        prop_assert_eq!(&whole.convictions, &[]);
        let part = register.judge(&some[..cut.min(some.len())]);
        let proven = |verdict: &LogVerdict| verdict.decisions.iter().filter(|one| one.finding == Finding::Proven).map(|one| one.value).collect::<Vec<_>>();
        prop_assert!(proven(&part).iter().all(|value| proven(&whole).contains(value)));
    }

    #[test]
    fn no_piece_makes_it_panic(bytes: Vec<u8>, text in "\\PC{0,40}\n\n\\PC{0,40}\n") {
        let register = Register::new();
        let pieces = [("a".to_owned(), bytes.as_slice()), ("b".to_owned(), text.as_bytes())];
        let case = Case { role: Role::Bank, key: &register.pair.public, xid: xid(), witnesses: &[] };
        prop_assert_eq!(judge_log(&case, &pieces, &register.crypto).convictions, []);
    }
}
