//! The `semper` command line.
fn main() {}
