//! Time stamps: requests of strangers, replies of a notary, tokens in packs. What is read has one spelling, a
//! refusal has its bit, and an honest reader takes less than one that believes every signature.

use std::sync::LazyLock;

use semper_base::{Hash, Timestamp};
use semper_blocks::certificate::Trust;
use semper_blocks::stamp::{Failure, Reply, Request, Token, read_reply};
use semper_support::crypto::Ideal;

use crate::gullible::Gullible;
use crate::x509::Authority;

static TRUST: LazyLock<Trust> = LazyLock::new(|| Authority::new().trust());

/// The target: the first byte says what the rest is.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let Some((which, der)) = bytes.split_first() else { return };
    match which % 3 {
        0 => request(der),
        1 => reply(der),
        _ => token(der),
    }
}

fn request(der: &[u8]) {
    match Request::read(der) {
        Ok(request) => {
            let again = request.to_der().expect("what was read can be written");
            assert_eq!(Request::read(&again), Ok(request));
            assert!(again.len() <= der.len(), "the reader takes no shorter spelling");
        }
        Err(failure) => refused(failure),
    }
}

fn refused(failure: Failure) {
    let der = Reply::Refused(failure).to_der().expect("in order");
    let refused = read_reply(&der).expect("in order").expect_err("there is no token");
    assert_eq!(refused.failure, Some(failure));
}

fn reply(der: &[u8]) {
    match read_reply(der) {
        Ok(Ok(granted)) => {
            assert_eq!(Token::read(granted.der()).as_ref(), Ok(&granted));
            let again = Reply::Granted(Box::new(granted.clone())).to_der().expect("what was read can be written");
            assert_eq!(read_reply(&again), Ok(Ok(granted)));
        }
        Ok(Err(refused)) => assert!(refused.text.chars().count() <= 200),
        Err(_) => {}
    }
}

fn token(der: &[u8]) {
    let Ok(token) = Token::read(der) else { return };
    assert_eq!(token.der(), der);
    let info = token.info();
    assert_eq!(info.at, info.at.whole_seconds());
    let at = Timestamp::from_millis(info.at.millis());
    let by = |hash: &Hash| token.verify_at(hash, &TRUST, at, &Gullible::new());
    assert!(by(&Hash::of(&info.imprint.hash.0)).is_err(), "a stamp over something else");
    if by(&info.imprint.hash).is_err() {
        assert!(
            token.verify_at(&info.imprint.hash, &TRUST, at, &Ideal::new(2)).is_err(),
            "an honest reader takes less"
        );
    }
}
