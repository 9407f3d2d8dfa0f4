//! Deliveries, checked when they come.

use semper_base::limits::{DELIVERY_MESSAGES_MAX, INTEGER_MAX, MESSAGE_BYTES_MAX};
use semper_base::{Code, Violation};
use semper_support::comm::{Delivery, Envelope};

/// Longest word for a message's kind.
const KIND_BYTES_MAX: usize = 64;
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

    proptest! {
        #[test]
        fn what_is_sent_is_read_as_it_was(bodies in proptest::collection::vec("[ -~\\PC]{0,40}", 0..8)) {
            let envelope = |(at, body): (u64, String)| Envelope { seq: at + 1, prev: at, kind: "k".to_owned(), body };
            let messages: Vec<Envelope> = (0..).zip(bodies).map(envelope).collect();
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
