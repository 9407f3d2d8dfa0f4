//! The examples do what they say.

#[path = "../../examples/judge_pack.rs"]
mod judge_pack;

use judge_pack::one_deal;

#[test]
fn a_deal_is_played_and_its_evidence_judged() {
    let done = one_deal::deal().unwrap();
    assert_eq!(done.goods, one_deal::GOODS);
    let report = judge_pack::judge(&done.pack, &done.root).unwrap();
    assert!(report.is_sound(), "{report}");
    let text = report.to_string();
    assert!(text.contains("seller  The seller was paid for good."), "{text}");
    // One byte of the pack is another: it is no pack any more, or no longer sound.
    let mut changed = done.pack.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert!(!judge_pack::judge(&changed, &done.root).is_ok_and(|report| report.is_sound()));
}
