//! `semper-liar`: one party of a play market that lies.

fn main() {}
