//! All tests of this crate from outside, in one program: what they share is built and linked once.

mod common;

mod delivery;
mod faults;
mod kill;
