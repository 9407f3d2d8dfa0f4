//! What the model disk holds, and the one way to change it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use semper_base::tx::{Body, ChunkRef, Record};
use semper_base::{Hash, Key, PeerId, Timestamp, Xid};
use semper_driver::store::Archived;

use super::shelf::Shelf;

#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    pub(super) clock: Timestamp,
    pub(super) commits: u64,
    pub(super) recovering: bool,
    pub(super) sent_base: u64,
}

impl Default for Numbers {
    fn default() -> Self {
        Numbers { clock: Timestamp::EPOCH, commits: 0, recovering: false, sent_base: 0 }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Peer {
    pub(super) sent: u64,
    pub(super) waiting: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) hash: Hash,
    pub(super) code: Option<u16>,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) peer: PeerId,
    pub(super) seq: u64,
    pub(super) kind: &'static str,
    pub(super) body: Body,
    pub(super) expires: Timestamp,
}

/// An archived object.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) at: Timestamp,
    pub(super) record: Record,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Image {
    pub(super) numbers: Numbers,
    pub(super) rows: Shelf,
    pub(super) register: BTreeMap<(Xid, &'static str), Vec<u8>>,
    pub(super) peers: BTreeMap<PeerId, Peer>,
    pub(super) inbox: BTreeMap<(PeerId, u64), Taken>,
    /// In order of queueing, which is the order of expiry.
    pub(super) outbox: BTreeMap<u64, Message>,
    /// Where each message is in `outbox`.
    pub(super) queues: BTreeMap<(PeerId, u64), u64>,
    pub(super) timers: BTreeMap<Key, Timestamp>,
    pub(super) timers_by_time: BTreeSet<(Timestamp, Key)>,
    pub(super) archive: Vec<Kept>,
    /// The links of the first of them: the chain is worked out when somebody reads it.
    links: RefCell<Vec<Hash>>,
    /// Where the objects of a subject stand in `archive`.
    pub(super) subjects: BTreeMap<String, Vec<usize>>,
    pub(super) chunks: BTreeMap<ChunkRef, Vec<u8>>,
}

/// One primitive change: what a place holds from now on.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Numbers(Numbers),
    Row(Key, Option<Vec<u8>>),
    Register((Xid, &'static str), Option<Vec<u8>>),
    Peer(PeerId, Option<Peer>),
    Taken((PeerId, u64), Option<Taken>),
    Message(u64, Option<Message>),
    Timer(Key, Option<Timestamp>),
    /// Appends, or takes the last one away.
    Archived(Option<Kept>),
    Chunk(ChunkRef, Option<Vec<u8>>),
}

fn set<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}

impl Image {
    /// Makes a change and returns its inverse.
    pub(super) fn make(&mut self, change: Change) -> Change {
        match change {
            Change::Numbers(new) => Change::Numbers(std::mem::replace(&mut self.numbers, new)),
            Change::Row(key, new) => {
                let old = self.rows.set(&key, new);
                Change::Row(key, old)
            }
            Change::Register(key, new) => Change::Register(key, set(&mut self.register, key, new)),
            Change::Peer(key, new) => Change::Peer(key, set(&mut self.peers, key, new)),
            Change::Taken(key, new) => Change::Taken(key, set(&mut self.inbox, key, new)),
            Change::Message(number, new) => {
                let place = new.as_ref().map(|m| (m.peer, m.seq));
                let old = set(&mut self.outbox, number, new);
                if let Some(m) = &old {
                    self.queues.remove(&(m.peer, m.seq));
                }
                self.queues.extend(place.map(|place| (place, number)));
                Change::Message(number, old)
            }
            Change::Timer(key, new) => {
                self.timers_by_time.extend(new.map(|at| (at, key.clone())));
                let old = set(&mut self.timers, key.clone(), new);
                if let Some(at) = old.filter(|at| Some(*at) != new) {
                    self.timers_by_time.remove(&(at, key.clone()));
                }
                Change::Timer(key, old)
            }
            Change::Archived(Some(new)) => {
                self.subjects.entry(new.record.subject.clone()).or_default().push(self.archive.len());
                self.archive.push(new);
                Change::Archived(None)
            }
            Change::Archived(None) => {
                let old = self.archive.pop();
                self.links.get_mut().truncate(self.archive.len());
                if let Some(places) = old.as_ref().and_then(|old| self.subjects.get_mut(&old.record.subject)) {
                    places.pop();
                }
                Change::Archived(old)
            }
            Change::Chunk(place, new) => Change::Chunk(place.clone(), set(&mut self.chunks, place, new)),
        }
    }

    /// What is archived under a subject, in order.
    pub(super) fn archived(&self, subject: &str) -> impl Iterator<Item = &Record> {
        let places = self.subjects.get(subject).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|at| self.archive.get(*at)).map(|kept| &kept.record)
    }

    /// Objects after the first `after`, of a subject or of all, with their places in the chain.
    pub(super) fn chained(&self, subject: &str, after: usize, limit: usize) -> Vec<Archived> {
        let wanted = |(_, kept): &(usize, &Kept)| subject.is_empty() || kept.record.subject == subject;
        let found = self.archive.iter().enumerate().skip(after).filter(wanted).take(limit);
        found.map(|(at, kept)| self.in_chain(at, kept)).collect()
    }

    fn in_chain(&self, at: usize, kept: &Kept) -> Archived {
        let mut links = self.links.borrow_mut();
        for next in self.archive.get(links.len()..=at).unwrap_or_default() {
            let last = links.last().copied().unwrap_or(Hash([0; 32]));
            links.push(Archived::link_after(&last, &next.record, next.at));
        }
        let link = links.get(at).copied().unwrap_or(Hash([0; 32]));
        Archived { number: (at as u64).saturating_add(1), link, at: kept.at, record: kept.record.clone() }
    }

    /// The last number taken from `peer`, 0 if none was.
    pub(super) fn last_taken(&self, peer: &PeerId) -> u64 {
        self.inbox.range((*peer, 0)..=(*peer, u64::MAX)).next_back().map_or(0, |((_, seq), _)| *seq)
    }
}
