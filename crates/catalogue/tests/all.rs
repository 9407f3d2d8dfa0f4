//! All tests of this crate from outside, in one program: what they share is built and linked once.

mod support;

mod bounds;
mod formats;
mod problems;
