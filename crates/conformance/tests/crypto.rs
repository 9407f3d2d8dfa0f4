//! The pure providers against the suite; aws-lc runs it in its own crate.

use semper_conformance::crypto::suite;
use semper_support::crypto::{Ideal, Seeded};

#[test]
fn seeded() {
    suite(&Seeded::new([3; 32]), true);
}

#[test]
fn ideal() {
    suite(&Ideal::new(3), false);
}
