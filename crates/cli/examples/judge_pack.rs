//! What an arbiter does with an evidence pack: verifies every signature and certificate in it under the root
//! that it has from elsewhere, then judges. Nothing but the pack and the root is needed.
//!
//! `cargo run -p semper-cli --example judge_pack`

#![allow(clippy::print_stdout, reason = "it is what an example is for")]

#[path = "one_deal.rs"]
pub(crate) mod one_deal;

use semper_blocks::certificate::Root;
use semper_commerce::dispute::{Report, read, verify};
use semper_crypto_aws_lc::AwsLc;
use semper_sim::trouble::Trouble;

#[allow(dead_code, reason = "tests call `judge`")]
fn main() -> Result<(), Trouble> {
    let done = one_deal::deal()?;
    let report = judge(&done.pack, &done.root)?;
    println!("{report}");
    Ok(())
}

/// What the pack proves.
pub(crate) fn judge(pack: &[u8], root: &[u8]) -> Result<Report, Trouble> {
    let crypto = AwsLc::new();
    let root = Root::read(root, &crypto)?;
    let pack = read(pack, &crypto)?;
    Ok(verify(&pack, &root, &crypto))
}
