//! Worlds of certified mail, optimistic and through the notary: each coalition, a box that does not hold the key,
//! a step that is lost after what it sends has left.

use semper_exchange::fair::frame::word::Word;

use super::state::Setting;
use super::{A, B, Notary, check, look};

const BAD_BOX: Setting = Setting { bad_box: true, dishonest: &[A], ..Setting::CM };

#[test]
fn a_letter_for_its_receipt() {
    check("CM", Setting { ticks: 3, ..Setting::CM });
    check("CM, a whim", Setting { whims: 1, ticks: 2, ..Setting::CM });
    check("CM-online", Setting::CM_ONLINE);
}

#[test]
fn one_end_of_a_letter_is_dishonest() {
    check("CM, sender", Setting { dishonest: &[A], lies: 3, ..Setting::CM });
    check("CM, sender, bad box", Setting { lies: 3, ..BAD_BOX });
    check("CM, receiver", Setting { dishonest: &[B], lies: 3, ..Setting::CM });
    check("CM-online, sender", Setting { dishonest: &[A], lies: 3, ..Setting::CM_ONLINE });
    check("CM-online, receiver", Setting { dishonest: &[B], lies: 3, ..Setting::CM_ONLINE });
}

/// A notary that decides as it likes, alone or with one end, gets nobody convicted but itself.
#[test]
fn a_notary_of_letters_is_dishonest() {
    check("CM, notary", Setting { dishonest: &[Notary], whims: 1, lies: 2, ticks: 2, ..Setting::CM });
    check("CM, notary and sender", Setting { dishonest: &[Notary, A], lies: 2, ticks: 2, ..Setting::CM });
    check("CM, notary and receiver", Setting { dishonest: &[Notary, B], lies: 2, ticks: 2, ..Setting::CM });
    check("CM-online, notary", Setting { dishonest: &[Notary], lies: 3, ..Setting::CM_ONLINE });
    check("CM-online, notary and sender", Setting { dishonest: &[Notary, A], lies: 2, ..Setting::CM_ONLINE });
    check("CM-online, notary and receiver", Setting { dishonest: &[Notary, B], lies: 2, ..Setting::CM_ONLINE });
}

#[test]
#[ignore = "long: minutes, optimised"]
fn larger_worlds_of_letters() {
    let long = Setting { ticks: 6, lies: 8, ..Setting::CM };
    check("CM", long);
    check("CM, two whims", Setting { whims: 2, ticks: 4, ..long });
    check("CM, sender", Setting { dishonest: &[A], whims: 1, ..long });
    check("CM, sender, bad box", Setting { whims: 1, ticks: 6, ..BAD_BOX });
    check("CM, receiver", Setting { dishonest: &[B], whims: 1, ..long });
    check("CM, notary", Setting { dishonest: &[Notary], whims: 1, lies: 3, ..Setting::CM });
    check("CM, notary and sender", Setting { dishonest: &[Notary, A], whims: 1, ..Setting::CM });
    check("CM-online, two whims", Setting { whims: 2, ticks: 6, ..Setting::CM_ONLINE });
    check("CM-online, receiver", Setting { dishonest: &[B], whims: 1, ..Setting::CM_ONLINE });
}

/// Each step of mail that sends before it is durable is found out.
#[test]
fn sending_a_letter_before_the_commit_is_found_out() {
    let two = Setting { crashes: 1, ..Setting::CM };
    let online = Setting { crashes: 1, ..Setting::CM_ONLINE };
    let rules = [
        ("sender before m1", Setting { early: Some((A, Word::Promise)), ..two }),
        ("sender before the key", Setting { early: Some((A, Word::Key)), ..two }),
        ("receiver before m2", Setting { early: Some((B, Word::Promise)), ..two }),
        ("receiver before the receipt", Setting { early: Some((B, Word::Signature)), dishonest: &[A], ..two }),
        ("T before resolved", Setting { early: Some((Notary, Word::Resolved)), ..two }),
        ("T before aborted", Setting { early: Some((Notary, Word::Aborted)), ..two }),
        ("online, sender before the key", Setting { early: Some((A, Word::Key)), ..online }),
        ("online, receiver before the receipt", Setting { early: Some((B, Word::Signature)), ..online }),
        ("online, T before resolved", Setting { early: Some((Notary, Word::Resolved)), ..online }),
    ];
    for (name, setting) in rules {
        assert!(look(name, setting).is_some(), "{name} is not found out");
    }
}
