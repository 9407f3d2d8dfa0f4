//! Files of every kind of size, and parties that are killed in the middle of a deal.

use crate::play;

use play::{Place, play, play_at};

fn sells(name: &str, content: &[u8]) {
    let place = Place::new(name);
    let file = place.0.join("goods.bin");
    std::fs::write(&file, content).unwrap();
    let played = play_at(place, &["--file", file.to_str().unwrap()]);
    assert_eq!((played.text("/outcome"), played.text("/purchase/stage")), ("fair", "settled"));
    assert_eq!(played.change(), (-490, 490));
    played.check_file(&file);
    played.check_ledger();
}

#[test]
fn an_empty_file() {
    sells("f0", b"");
}

#[test]
fn one_byte() {
    sells("f1", b"x");
}

#[test]
fn three_mebibytes_and_a_bit() {
    // Not compressible and not periodic: a xorshift (Marsaglia 2003) from a fixed seed.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let content: Vec<u8> = (0..=(3 << 20) / 8).flat_map(|_| next()).collect();
    sells("f3", &content);
}

/// Kills a party at a random moment, starts it again with the same arguments, and nothing is lost: the
/// deal goes through as if nothing had happened. A failure tells the moment.
fn survives(role: &str) {
    let times = "hold=120s,settle=60s,contest=40s,complaint=4s,answer=2s,skew=500ms";
    let played = play(&format!("k-{role}"), &["--kill", role, "--times", times]);
    assert!(played.story.contains("\"killed\"") && played.story.contains("\"restarted\""));
    assert_eq!((played.text("/outcome"), played.text("/purchase/stage")), ("fair", "settled"), "{}", played.story);
    assert_eq!(played.change(), (-490, 490));
    assert_eq!(played.at("/convicted").as_array().map(Vec::len), Some(0));
    played.check_file(&played.market().join("sample.txt"));
    played.check_ledger();
}

#[test]
fn the_wallet_is_killed() {
    survives("wallet");
}

#[test]
fn the_shop_is_killed() {
    survives("shop");
}

#[test]
fn the_bank_is_killed() {
    survives("bank");
}

#[test]
fn the_notary_is_killed() {
    survives("notary");
}

#[test]
fn the_authority_is_killed() {
    survives("ca");
}
