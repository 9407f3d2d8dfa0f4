//! The side that stamps.

use semper_base::{Code, Error, Hash, Misuse, Timestamp};
use semper_support::crypto::{Crypto, SecretKey, Signature};

use super::request::{Number, Request};
use super::token::{Holder, Info, Parts, Token, digest, signed_bytes};

/// A time-stamping authority at work: its certificate and the key in it.
#[derive(Clone, Copy, Debug)]
pub struct Authority<'a> {
    /// The stamping certificate (DER), validated before.
    pub certificate: &'a [u8],
    /// Its private key.
    pub key: &'a SecretKey,
    /// How far the clock may be from true time, in seconds.
    pub accuracy_seconds: u32,
}

impl Authority<'_> {
    /// Stamps. `serial` is used for this stamp only, whatever happens; `at`, cut to its second, never lies
    /// before the time of a stamp that was made earlier. The caller keeps both promises.
    pub fn stamp(&self, request: &Request, serial: Number, at: Timestamp, crypto: &dyn Crypto) -> Result<Token, Error> {
        let holder = Holder::of(self.certificate)?;
        let info = Info {
            imprint: request.imprint,
            serial,
            at: at.whole_seconds(),
            accuracy_seconds: self.accuracy_seconds,
            nonce: request.nonce.clone(),
        };
        let mut parts = Parts {
            digest: digest(&info, &holder)?,
            info,
            holder,
            certificate_hash: Hash::of(self.certificate),
            certificate: request.certificate.then(|| self.certificate.to_vec()),
            signature: Signature([0; 64]),
        };
        parts.signature = crypto.sign(self.key, &signed_bytes(&parts)?)?.to_low_s();
        let token = Token::new(parts)?;
        // A token that nobody can read would be found by everybody but us.
        match Token::read(token.der()) {
            Ok(again) if again == token => Ok(token),
            _ => Err(Misuse::new(Code::StampMalformed, "the certificate cannot stamp").into()),
        }
    }
}
