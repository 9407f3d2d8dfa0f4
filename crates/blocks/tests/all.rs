//! All tests of this crate from outside, in one program: what they share is built and linked once.

mod certificate_support;

mod certificate;
mod certificate_openssl;
mod stamp;
mod stamp_openssl;
