//! Compact statements: one spelling per statement, and no other text verifies.

use semper_base::{Code, KeyId};
use semper_blocks::statement::{Compact, Kind, Language, danger_typed_unverified, sign_payload, verify, wording};
use semper_exchange::fair::dgp::statements as st;
use semper_support::crypto::{Crypto, Ideal, KeyPair};

use crate::clear::spell;
use crate::input::Input;

fn signer() -> (Ideal, KeyPair) {
    let crypto = Ideal::new(1);
    let pair = crypto.generate().expect("an ideal key");
    (crypto, pair)
}

/// The id of the key that signs, for the seeds.
///
/// # Panics
/// Never.
#[must_use]
pub fn signer_id() -> String {
    signer().1.public.id().0.hex()
}

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (crypto, pair) = signer();
    let (is_signed, place, change) = (input.flag(), usize::from(input.short()), input.byte());
    let sign = |_: &[u8], text: &str| match crypto.sign(&pair.secret, text.as_bytes()) {
        Ok(signature) if is_signed => signature.0,
        _ => [1; 64],
    };
    let spelled = spell(input.rest(), &sign);
    let Ok(text) = std::str::from_utf8(&spelled) else { return };
    form(text);
    let own = |text: &str| Compact::parse(text).and_then(|compact| compact.verify(&crypto, &pair.public).map(drop));
    let Ok(()) = own(text) else { return };
    verified(text, &crypto, &pair);
    // One bit of one character.
    let mut other = spelled.clone();
    let at = place % other.len();
    other[at] ^= 1 << (change % 8);
    if let Ok(other) = std::str::from_utf8(&other) {
        assert!(own(other).is_err(), "two texts verify");
    }
}

/// What reads without any key.
fn form(text: &str) {
    let Ok(compact) = Compact::parse(text) else {
        assert!(danger_typed_unverified::<st::Held>(text).is_err());
        return;
    };
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { panic!("three parts") };
    let encode = semper_base::bytes::encode;
    assert_eq!(compact.signing_input(), format!("{header}.{payload}"));
    assert_eq!(&encode(compact.payload()), payload);
    assert_eq!(&encode(&compact.signature().0), signature);
    for language in [Language::En, Language::De] {
        let Ok(screen) = wording::render(compact.payload(), language, 60) else { continue };
        assert!(!format!("{screen:?}").is_empty());
    }
}

fn verified(text: &str, crypto: &Ideal, pair: &KeyPair) {
    let compact = Compact::parse(text).expect("it verified");
    assert_eq!(compact.key(), pair.public.id());
    let (kind, named, payload) = (compact.kind(), compact.certificate(), compact.payload().to_vec());
    let statement = compact.verify(crypto, &pair.public).expect("it verified");
    assert_eq!(statement.meta.kind, kind);
    assert_eq!(statement.meta.signer.key, pair.public.id());
    assert_eq!(statement.meta.signer.certificate, named);
    // Whoever signs what the payload says makes a statement that says the same.
    let again = sign_payload(crypto, &pair.secret, &payload).expect("it was signed before");
    assert_eq!(Compact::parse(&again).expect("ours").payload(), payload);
    let stranger = crypto.generate().expect("an ideal key").public;
    assert!(stranger.id() != KeyId(pair.public.id().0));
    let refused = Compact::parse(text).expect("it verified").verify(crypto, &stranger);
    assert_eq!(refused.expect_err("another key").code(), Code::KeyWrong);
    typed(text, kind, crypto, pair);
}

/// The reader without signature takes at least what the one with it takes, and only its own kind.
fn typed(text: &str, kind: Kind, crypto: &Ideal, pair: &KeyPair) {
    macro_rules! each {
        ($($body:ident)*) => {
            $(if let Ok(statement) = verify::<st::$body>(crypto, &pair.public, text) {
                assert_eq!(kind, Kind::$body);
                assert_eq!(danger_typed_unverified(text).as_ref(), Ok(&statement));
            })*
        };
    }
    each! {
        BadEscrow Capture Captured Complaint Contest Contested DebitOrder EscrowRequest Held Hold Mandate
        Opened PassKey PassedKey Receipt Recorded Refunded Release Released Settled Status Unmet WrongFile
    }
}
