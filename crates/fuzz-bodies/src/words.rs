//! Small texts and byte forms with one spelling each: what is read is written the same way again.

use std::fmt::Display;

use semper_base::limits::INTEGER_MAX;
use semper_base::{Amount, Blob64, Currency, DealId, Hash, Timestamp, bytes};
use semper_blocks::certificate::pem::{Label, from_pem, to_pem};
use semper_blocks::certificate::{Fingerprint, Reason, Serial};
use semper_blocks::delivery::Missing;
use semper_blocks::statement::Kind;
use semper_support::crypto::{PublicKey, Signature};

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(input: &[u8]) {
    let Some((which, rest)) = input.split_first() else { return };
    let text = std::str::from_utf8(rest).unwrap_or("");
    match which % 10 {
        0 => amount(text),
        1 => same(Timestamp::parse(text), text),
        2 => same(DealId::parse(text), text),
        3 => same(Hash::from_hex(text).map(|hash| hash.hex()), text),
        4 => same(bytes::decode(text).ok().map(|bytes| bytes::encode(&bytes)), text),
        5 => pem(text),
        6 => key(rest),
        7 => small(text),
        8 => missing(rest),
        _ => signature(rest),
    }
}

fn same<T: Display>(read: Option<T>, text: &str) {
    if let Some(read) = read {
        assert_eq!(read.to_string(), text, "two spellings");
    }
}

fn amount(text: &str) {
    let (currency, number) = text.split_at_checked(3).unwrap_or(("", text));
    let currency = Currency::parse(currency).unwrap_or(Currency::EUR);
    let Ok(amount) = Amount::parse(number, currency) else { return };
    assert!(amount.minor() <= INTEGER_MAX);
    let written = amount.decimal();
    assert_eq!(Amount::parse(&written, currency).ok(), Some(amount), "{written}");
    let zero = Amount::zero(currency);
    assert_eq!(amount.plus(zero).ok(), Some(amount));
    assert_eq!(amount.minus(amount).ok(), Some(zero));
    if let Ok(double) = amount.plus(amount) {
        assert_eq!(double.minus(amount).ok(), Some(amount));
        assert_eq!(amount.times(2).ok(), Some(double));
    } else {
        assert!(amount.minor() > INTEGER_MAX / 2);
    }
}

fn pem(text: &str) {
    for label in [Label::Certificate, Label::StatusList] {
        if let Ok(der) = from_pem(label, text) {
            let again = to_pem(label, &der).expect("what was read can be written");
            assert_eq!(again.trim_end(), text.replace("\r\n", "\n").trim_end());
        }
    }
}

fn key(bytes: &[u8]) {
    let Ok(key) = PublicKey::from_spki(bytes) else { return };
    assert_eq!(key.spki(), bytes);
    assert_eq!(PublicKey::from_point(key.point()).as_ref(), Ok(&key));
    let json = serde_json::to_string(&key).expect("a key is JSON");
    assert_eq!(serde_json::from_str::<PublicKey>(&json).ok(), Some(key));
}

fn small(text: &str) {
    if let Some(kind) = Kind::from_word(text) {
        assert_eq!(kind.word(), text);
    }
    if let Some(reason) = Reason::parse(text) {
        assert_eq!(reason.word(), text);
    }
    if let Some(serial) = Serial::parse(text) {
        let again = serial.to_string();
        assert_eq!(Serial::parse(&again), Some(serial));
    }
    if let Ok(fingerprint) = Fingerprint::parse(text) {
        assert_eq!(Fingerprint::parse(&fingerprint.words()).ok(), Some(fingerprint));
        assert_eq!(Fingerprint::parse(&fingerprint.digits()).ok(), Some(fingerprint));
    }
    if let Ok(currency) = Currency::parse(text) {
        assert_eq!(currency.as_str(), text);
    }
}

fn missing(bytes: &[u8]) {
    let Ok(mut missing) = serde_json::from_slice::<Missing>(bytes) else { return };
    let json = serde_json::to_vec(&missing).expect("it is JSON");
    assert_eq!(serde_json::from_slice::<Missing>(&json).ok().as_ref(), Some(&missing));
    let (stored, first) = (missing.stored(), missing.window(0, 1));
    assert_eq!(missing.is_complete(), first.is_empty());
    if let [first] = first.as_slice() {
        assert!(missing.is_missing(*first) && missing.arrived(*first) && !missing.arrived(*first));
        assert_eq!(missing.stored(), stored + 1);
    }
}

fn signature(bytes: &[u8]) {
    let Some(bytes) = bytes.first_chunk::<64>() else { return };
    let signature = Signature(*bytes);
    let der = signature.to_der();
    assert!(der.len() <= 72 && der[1] as usize == der.len() - 2);
    let low = signature.to_low_s();
    if signature.is_low_s() {
        assert_eq!(low, signature);
    }
    let json = serde_json::to_string(&Blob64(bytes.to_vec())).expect("bytes are JSON");
    assert_eq!(serde_json::from_str::<Blob64>(&json).ok(), Some(Blob64(bytes.to_vec())));
}
