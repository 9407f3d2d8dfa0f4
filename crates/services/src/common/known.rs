//! What was read since one snapshot of trust was taken, so that it is not read again: every packet of an exchange
//! carries the same exact bytes of its descriptor, what follows from an offer goes back to its text, and each step asks
//! who is met.
//!
//! What is remembered depends on nothing but those bytes. It says nothing about what is trusted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use semper_base::limits::DESCRIPTORS_KNOWN_BYTES_MAX;
use semper_base::{Violation, Xid};
use semper_blocks::payment::Purse;
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_commerce::process::offer::Offer;
use semper_exchange::fair::{dgp, frame};
use semper_support::log::tile::Nodes;

use super::hello::Met;

/// Descriptors that were read, and whose keys were checked; offers that were verified, or made; rows that hardly ever
/// change.
#[derive(Debug, Default)]
pub struct Known {
    /// Of exchanges of a file for money, by their ids: whoever has a run of one need not read its bytes to find it.
    deals: Memory<dgp::Descriptor>,
    /// The same by their spelling in packets.
    spelled: Memory<dgp::Descriptor>,
    /// Of exchanges whose register is a notary, by their ids.
    frames: Memory<frame::Descriptor>,
    /// Of files.
    offers: Memory<Statement<Offer>>,
    /// Who answers at our links, by its row.
    pub(super) mets: Memory<Met>,
    /// The party's purses, by their rows.
    pub(crate) purses: Memory<Purse>,
    /// Of a register's own log, what proofs under one checkpoint have in common, with the checkpoint's text.
    tree: Mutex<Option<(String, Nodes)>>,
}

/// Tiles of a log that are remembered: one for each level, and a few for old decisions.
const TILES_KNOWN_MAX: usize = 16;

impl Known {
    /// What stands in these bytes: remembered, or as `read` reads it now.
    pub(crate) fn read<X, E>(
        known: Option<&Known>,
        kind: impl FnOnce(&Known) -> &Memory<X>,
        bytes: &[u8],
        read: impl FnOnce() -> Result<X, E>,
    ) -> Result<Arc<X>, E> {
        let memory = known.map(kind);
        if let Some(known) = memory.and_then(|memory| memory.get(bytes)) {
            return Ok(known);
        }
        let new = Arc::new(read()?);
        if let Some(memory) = memory {
            memory.add(bytes, &new);
        }
        Ok(new)
    }

    /// X of an exchange of a file for money, if it was read before.
    pub(super) fn deal(known: Option<&Known>, xid: Xid) -> Option<Arc<dgp::Descriptor>> {
        known?.deals.get(xid.0.bytes())
    }

    /// Remembers it. An id is the hash of the exact bytes.
    pub(super) fn note_deal(known: Option<&Known>, x: &Arc<dgp::Descriptor>) {
        if let Some(known) = known {
            known.deals.add_as(x.xid.0.bytes(), x.bytes().len(), x);
        }
    }

    /// X as a packet spells it, if it was read from the same spelling before.
    pub(super) fn spelled(known: Option<&Known>, spelling: &str) -> Option<Arc<dgp::Descriptor>> {
        known?.spelled.get(spelling.as_bytes())
    }

    /// Remembers what was read from this spelling.
    pub(super) fn note_spelled(known: Option<&Known>, spelling: &str, x: &Arc<dgp::Descriptor>) {
        if let Some(known) = known {
            known.spelled.add(spelling.as_bytes(), x);
        }
    }

    /// X of an exchange whose register is a notary, if it was read before.
    pub(super) fn frame(known: Option<&Known>, xid: Xid) -> Option<Arc<frame::Descriptor>> {
        known?.frames.get(xid.0.bytes())
    }

    /// Remembers it. An id is the hash of the exact bytes.
    pub(super) fn note_frame(known: Option<&Known>, x: &Arc<frame::Descriptor>) {
        if let Some(known) = known {
            known.frames.add_as(x.xid.0.bytes(), x.bytes().len(), x);
        }
    }

    /// What is known of the tree under this checkpoint, taken out: to be noted again with what was added.
    pub(super) fn tree(known: Option<&Known>, checkpoint: &str) -> Nodes {
        let kept = known.and_then(|known| known.tree.lock().unwrap_or_else(PoisonError::into_inner).take());
        kept.filter(|(of, _)| of == checkpoint).map(|(_, nodes)| nodes).unwrap_or_default()
    }

    /// Remembers it in place of what was known before, unless it is much.
    pub(super) fn note_tree(known: Option<&Known>, checkpoint: String, nodes: Nodes) {
        if let Some(known) = known.filter(|_| nodes.tiles() <= TILES_KNOWN_MAX) {
            *known.tree.lock().unwrap_or_else(PoisonError::into_inner) = Some((checkpoint, nodes));
        }
    }

    /// Remembers an offer of a file.
    pub(crate) fn note_offer(known: Option<&Known>, offer: &Arc<Statement<Offer>>) {
        if let Some(known) = known {
            known.offers.add(offer.text.as_bytes(), offer);
        }
    }

    /// The offer of a file that this party made or verified before and then stored: remembered, or read again.
    pub(crate) fn stored_offer(known: Option<&Known>, text: &str) -> Result<Arc<Statement<Offer>>, Violation> {
        match known.and_then(|known| known.offers.get(text.as_bytes())) {
            Some(offer) => Ok(offer),
            None => danger_typed_unverified(text).map(Arc::new),
        }
    }
}

/// Things by the exact bytes that they were read from.
pub(crate) struct Memory<X>(Mutex<Kept<X>>);

struct Kept<X> {
    bytes: usize,
    things: BTreeMap<Vec<u8>, Arc<X>>,
}

impl<X> Default for Memory<X> {
    fn default() -> Self {
        Memory(Mutex::new(Kept { bytes: 0, things: BTreeMap::new() }))
    }
}

impl<X> std::fmt::Debug for Memory<X> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl<X> Memory<X> {
    pub(super) fn get(&self, bytes: &[u8]) -> Option<Arc<X>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).things.get(bytes).cloned()
    }

    /// Remembers one; a full memory begins anew.
    fn add(&self, bytes: &[u8], thing: &Arc<X>) {
        self.add_as(bytes, bytes.len(), thing);
    }

    /// The same under a shorter name for so many bytes.
    fn add_as(&self, name: &[u8], length: usize, thing: &Arc<X>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes.saturating_add(length) > DESCRIPTORS_KNOWN_BYTES_MAX {
            *kept = Kept { bytes: 0, things: BTreeMap::new() };
        }
        if kept.things.insert(name.to_vec(), Arc::clone(thing)).is_none() {
            kept.bytes = kept.bytes.saturating_add(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_found_by_its_bytes_alone_and_there_is_a_bound() {
        let memory = Memory::default();
        let thing = |number: usize| [number.to_be_bytes().as_slice(), &[0; 4096]].concat();
        for number in 0..1_000 {
            assert_eq!(memory.get(&thing(number)), None);
            memory.add(&thing(number), &Arc::new(number));
            memory.add(&thing(number), &Arc::new(number));
            assert_eq!(memory.get(&thing(number)).as_deref(), Some(&number));
            let kept = memory.0.lock().unwrap();
            assert_eq!(kept.bytes, kept.things.keys().map(Vec::len).sum::<usize>());
            assert!(kept.bytes <= DESCRIPTORS_KNOWN_BYTES_MAX);
        }
    }
}
