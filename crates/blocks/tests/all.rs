//! All tests of this crate from outside, in one program: what they share is built and linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod certificate_support;

mod certificate;
mod certificate_openssl;
mod stamp;
mod stamp_openssl;
