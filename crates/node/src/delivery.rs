//! Deliveries: filled from the outbox, checked when they come.

use semper_base::limits::{DELIVERY_FILL_BYTES, DELIVERY_MESSAGES_MAX, INTEGER_MAX, MESSAGE_BYTES_MAX};
use semper_base::tx::Body;
use semper_base::{Code, Fault, PeerId, Violation, bytes};
use semper_driver::{Queued, Service, Transaction};
use semper_support::comm::{Delivery, Envelope};

use crate::writer::Handle;

/// Longest word for a message's kind.
const KIND_BYTES_MAX: usize = 64;
/// What an envelope adds to its body: member names, two numbers, the kind.
const FRAME_BYTES: usize = 160;

/// What waits for `peer`, from the head of its queue, as much as one delivery holds.
pub(crate) async fn waiting<S: Service>(handle: &Handle<S>, peer: PeerId) -> Result<Vec<Envelope>, Fault> {
    let now = handle.now();
    handle.read(move |transaction| fill(transaction, transaction.outbox(&peer, 0, DELIVERY_MESSAGES_MAX, now)?)).await
}

/// Turns queued messages into envelopes until the delivery is full; the first always fits.
fn fill(transaction: &dyn Transaction, queued: Vec<Queued>) -> Result<Vec<Envelope>, Fault> {
    let mut envelopes = Vec::with_capacity(queued.len());
    let mut filled = 0;
    for message in queued {
        let envelope = envelope(transaction, message)?;
        filled += FRAME_BYTES + envelope.kind.len() + escaped_len(&envelope.body);
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

/// Length as a JSON string: JSON text holds no raw control characters, so only these two grow.
fn escaped_len(text: &str) -> usize {
    text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

/// Reads a delivery: bounded, in order, every envelope in the form that a sender may use.
pub(crate) fn read_delivery(text: &[u8]) -> Result<Delivery, Violation> {
    // Larger than one JSON value of ours may be; the type bounds depth and refuses what it does not
    // know, and each body is read strictly by the service.
    let delivery: Delivery =
        serde_json::from_slice(text).map_err(|error| Violation::new(Code::JsonMalformed, error.to_string()))?;
    if delivery.messages.len() > DELIVERY_MESSAGES_MAX {
        return Err(Violation::new(Code::TooMany, "messages"));
    }
    let mut last = 0;
    for envelope in &delivery.messages {
        check_envelope(envelope, last)?;
        last = envelope.seq;
    }
    Ok(delivery)
}

fn check_envelope(envelope: &Envelope, last: u64) -> Result<(), Violation> {
    let Envelope { seq, prev, kind, body } = envelope;
    if *seq <= last || *seq > INTEGER_MAX {
        return Err(Violation::new(Code::FieldWrong, "seq"));
    }
    if prev >= seq {
        return Err(Violation::new(Code::FieldWrong, "prev"));
    }
    if kind.is_empty() || kind.len() > KIND_BYTES_MAX || !kind.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Violation::new(Code::FieldWrong, "kind"));
    }
    if body.len() > MESSAGE_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "body"));
    }
    Ok(())
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
        fn what_is_sent_is_read_as_it_was(bodies in proptest::collection::vec("[ -~\\PC]{0,40}", 0..8)) {
            let envelope = |(at, body): (u64, String)| Envelope { seq: at + 1, prev: at, kind: "k".to_owned(), body };
            let messages: Vec<Envelope> = (0..).zip(bodies).map(envelope).collect();
            for message in &messages {
                let text = serde_json::to_string(&message.body).unwrap();
                prop_assert_eq!(text.len(), escaped_len(&message.body) + 2);
            }
            let delivery = Delivery { messages };
            let text = serde_json::to_vec(&delivery).unwrap();
            prop_assert_eq!(read_delivery(&text), Ok(delivery));
        }

        #[test]
        fn reading_never_panics(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_delivery(&text);
        }
    }

    #[test]
    fn deliveries_are_bounded_and_in_order() {
        let one = |seq: u64, prev: u64| format!(r#"{{"seq":{seq},"prev":{prev},"kind":"k","body":""}}"#);
        let many = |messages: &[String]| format!(r#"{{"messages":[{}]}}"#, messages.join(","));
        let code = |text: &str| read_delivery(text.as_bytes()).map(|d| d.messages.len()).map_err(|e| e.code());
        assert_eq!(code(&many(&[one(1, 0), one(3, 1)])), Ok(2));
        assert_eq!(code(&many(&[one(3, 1), one(3, 1)])), Err(Code::FieldWrong));
        assert_eq!(code(&many(&[one(2, 2)])), Err(Code::FieldWrong));
        assert_eq!(code(&many(&[one(0, 0)])), Err(Code::FieldWrong));
        let flood: Vec<_> = (1..=65).map(|seq| one(seq, 0)).collect();
        assert_eq!(code(&many(&flood)), Err(Code::TooMany));
        assert_eq!(code(r#"{"messages":[],"more":1}"#), Err(Code::JsonMalformed));
    }
}
