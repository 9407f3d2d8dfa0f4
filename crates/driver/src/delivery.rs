//! Deliveries: what waits for a peer, as envelopes, and what a peer took, until a commit notes it.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::limits::{ACKS_WAITING_MAX, DELIVERY_FILL_BYTES, DELIVERY_MESSAGES_MAX};
use semper_base::tx::Body;
use semper_base::{Code, Fault, PeerId, Timestamp, bytes};
use semper_support::comm::{Ack, Envelope};

use crate::store::{Queued, Transaction};

/// What an envelope adds to its body: member names, two numbers, the kind.
const FRAME_BYTES: usize = 160;

/// Messages that peers took and whose removal from the queue no commit holds yet. Losing this list in a
/// crash is harmless: the messages are sent again and taken as known. So it waits for the party's next
/// batch instead of having a commit of its own.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    of: BTreeMap<PeerId, BTreeSet<u64>>,
    count: usize,
}

impl Taken {
    /// Notes what a peer took or rejected. What is too much is forgotten: it will be taken again.
    pub(crate) fn note(&mut self, peer: &PeerId, acks: &[Ack]) {
        for ack in acks.iter().filter(|ack| ack.outcome.is_final()) {
            if self.count < ACKS_WAITING_MAX && self.of.entry(*peer).or_default().insert(ack.seq) {
                self.count = self.count.saturating_add(1);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// So many that they should not wait any longer.
    pub(crate) fn is_much(&self) -> bool {
        self.count >= ACKS_WAITING_MAX / 2
    }

    /// Removes the messages from their queues in this transaction.
    pub(crate) fn write(&self, transaction: &mut dyn Transaction) -> Result<(), Fault> {
        for (peer, numbers) in &self.of {
            for seq in numbers {
                transaction.acknowledge(peer, *seq)?;
            }
        }
        Ok(())
    }

    /// What waits for `peer` and was not taken, from the head of its queue, as much as one delivery holds.
    pub(crate) fn rest(
        &self,
        transaction: &dyn Transaction,
        peer: &PeerId,
        now: Timestamp,
    ) -> Result<Vec<Envelope>, Fault> {
        // A peer takes in order: what stands before something that it took is not read, it was taken as well.
        let last = self.of.get(peer).and_then(|taken| taken.last()).copied().unwrap_or(0);
        fill(transaction, transaction.outbox(peer, last, DELIVERY_MESSAGES_MAX, now)?)
    }
}

/// Turns queued messages into envelopes until the delivery is full; the first always fits.
fn fill(transaction: &dyn Transaction, queued: Vec<Queued>) -> Result<Vec<Envelope>, Fault> {
    let mut envelopes = Vec::with_capacity(queued.len());
    let mut filled: usize = 0;
    for message in queued {
        let envelope = envelope(transaction, message)?;
        let size = FRAME_BYTES.saturating_add(envelope.kind.len()).saturating_add(escaped_len(&envelope.body));
        filled = filled.saturating_add(size);
        if filled > DELIVERY_FILL_BYTES && !envelopes.is_empty() {
            break;
        }
        envelopes.push(envelope);
    }
    Ok(envelopes)
}

fn envelope(transaction: &dyn Transaction, message: Queued) -> Result<Envelope, Fault> {
    let Queued { seq, prev, kind, body } = message;
    let body = match body {
        Body::Inline(text) => text,
        Body::Chunk { head, chunk } => {
            let data = transaction.chunk(&chunk)?;
            let data = data.ok_or_else(|| corrupt(&format!("chunk {} of {}", chunk.index, chunk.blob)))?;
            with_data(head, &data).ok_or_else(|| corrupt("head of a chunk message"))?
        }
    };
    let body = String::from_utf8(body).map_err(|_| corrupt("text of a message"))?;
    Ok(Envelope { seq, prev, kind, body })
}

fn corrupt(what: &str) -> Fault {
    Fault::new(Code::DatabaseCorrupt, what)
}

/// Adds the member `data` to a JSON object, as text: the object was made by us.
fn with_data(mut head: Vec<u8>, data: &[u8]) -> Option<Vec<u8>> {
    if head.pop() != Some(b'}') || head.is_empty() {
        return None;
    }
    if head.last() != Some(&b'{') {
        head.push(b',');
    }
    head.extend_from_slice(br#""data":""#);
    head.extend_from_slice(bytes::encode(data).as_bytes());
    head.extend_from_slice(br#""}"#);
    Some(head)
}

/// So many bytes that a byte counts them, which computers do many at a time; in whole steps of theirs.
const COUNTED_AT_ONCE: usize = 192;

/// Length as a JSON string: JSON text holds no raw control characters, so only these two grow.
fn escaped_len(text: &str) -> usize {
    let grows = |sum: u8, byte: &u8| sum.wrapping_add(u8::from(*byte == b'"') | u8::from(*byte == b'\\'));
    let parts = text.as_bytes().chunks(COUNTED_AT_ONCE);
    parts.map(|part| usize::from(part.iter().fold(0, grows))).fold(text.len(), usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn data_joins_the_head() {
        assert_eq!(with_data(br#"{"a":1}"#.to_vec(), &[0, 1]).unwrap(), br#"{"a":1,"data":"AAE"}"#);
        assert_eq!(with_data(b"{}".to_vec(), &[]).unwrap(), br#"{"data":""}"#);
        assert_eq!(with_data(b"}".to_vec(), &[]), None);
        assert_eq!(with_data(b"[]".to_vec(), &[]), None);
    }

    proptest! {
        #[test]
        fn the_length_of_a_body_is_known(body in "[ -~\\PC]{0,40}", times in 0..30_usize) {
            let body = body.repeat(times);
            let text = serde_json::to_string(&body).unwrap();
            prop_assert_eq!(text.len(), escaped_len(&body) + 2);
        }
    }
}
