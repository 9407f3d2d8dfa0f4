//! Time stamps: a notary's signed word that something with a given hash existed at a given second.
//!
//! ```text
//! client                                   notary
//! Request::new(hash, nonce)  --- DER --->  Request::read, or the bit that says what is wrong with it
//!                                          Authority::stamp(request, serial, time)
//! read_reply  <--- granted / refused ----  Reply::{Granted, Refused}
//! Token::read, Token::verify (by a snapshot of trust, or by a certificate that was validated before)
//! ```
//!
//! The protocol is RFC 3161 as RFC 5816 updates it: SHA-256 imprints, tokens that are CMS signed data (RFC
//! 5652) of one signer with ECDSA P-256 and SHA-256 and the signed attributes contentType, messageDigest and
//! signingCertificateV2. The stamping certificate is of kind [`crate::certificate::Kind::Stamp`].
//!
//! Requests of any client are read, as long as they are DER and ask for what there is. Tokens are read in the
//! one spelling in which [`Authority::stamp`] writes them: what was read is written again and compared, so
//! nothing hides in a token (unsigned attributes, a second signer, a second certificate), and no byte of it
//! can be changed without notice. Stamps of other authorities are for other programs to judge.
//!
//! Nothing reads a clock or draws a number: time, serial number and nonce are arguments.

mod asn1;
mod authority;
mod reply;
mod request;
mod token;

pub use authority::Authority;
pub use reply::{Failure, Refused, Reply, read_reply};
pub use request::{Imprint, Number, Request};
pub use token::{Info, Token};
