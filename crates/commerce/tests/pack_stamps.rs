//! Time stamps in packs, and packs that are renewed: what is proven when clocks have moved on.

use crate::pack_support;

use std::collections::BTreeSet;

use pack_support::stamper::{Stamper, given_up, list, lost};
use pack_support::zip::{self, Files};
use pack_support::{Ending, Sale, minutes, noon};
use semper_base::{Code, Hash, Millis, Timestamp};
use semper_commerce::dispute::stamps::Stamp;
use semper_commerce::dispute::{Existed, Renewing, Report, Standing, read, verify_at};

/// A sale, stamped when it ended by a certificate that lives thirty days, and a stamper that comes later.
struct Case {
    sale: Sale,
    first: Stamper,
    second: Stamper,
    pack: Vec<u8>,
}

fn day(count: u64) -> Timestamp {
    noon().plus(Millis::days(count))
}

impl Case {
    fn new(seed: u8) -> Self {
        let mut sale = Sale::new(seed, Ending::Settled);
        let first = Stamper::new(&sale, noon(), day(30));
        let second = Stamper::new(&sale, day(10), day(100));
        sale.contents.stamps = vec![first.stamp(&sale, minutes(25))];
        let pack = sale.pack();
        Case { sale, first, second, pack }
    }

    fn look(&self, pack: &[u8], now: Option<Timestamp>) -> Report {
        verify_at(&self.sale.read(pack), &self.sale.root, now, &self.sale.crypto)
    }

    /// The first statement and the index: by when they existed.
    fn existed(&self, pack: &[u8], now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        let report = self.look(pack, Some(now));
        assert!(report.is_sound(), "{report}");
        let by = |existed: Option<&Existed>| existed.map(|existed| existed.by);
        let first = report.stamps.of(&["statements/001-offer.jws".to_owned()]).cloned();
        (by(first.as_ref()), by(report.stamps.all_existed.as_ref()))
    }
}

fn skew(at: Timestamp) -> Timestamp {
    at.plus(Millis::seconds(120))
}

fn standings(report: &Report) -> Vec<Standing> {
    report.stamps.stamps.iter().map(|stamped| stamped.standing).collect()
}

fn remarked(report: &Report, file: &str) -> Vec<Code> {
    let of_file = report.remarks.iter().filter(|note| note.file == file);
    of_file.map(|note| Code::from_number(note.code).unwrap()).collect()
}

#[test]
fn a_claim_says_by_when_it_existed_and_who_says_so() {
    let case = Case::new(1);
    let report = case.look(&case.pack, Some(day(2)));
    assert_eq!((report.problems.len(), report.remarks.len()), (0, 0), "{report}");
    assert_eq!(report.stamps.existed.len(), case.sale.contents.statements.len());
    assert_eq!(report.stamps.stamps[0].until, day(30));
    let text = report.to_string();
    for expected in [
        "existed by 2026-11-22T12:27:00.000Z, says Notary Public (tst/001.tst)",
        "2026-12-22T12:00:00.000Z, if it is not renewed before",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!report.absent.contains(&"tst".to_owned()));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["stamps"]["existed"]["statements/001-offer.jws"]["by"], "2026-11-22T12:27:00.000Z");
    assert_eq!(case.existed(&case.pack, day(2)), (Some(skew(minutes(25))), None));
}

#[test]
fn without_stamps_they_are_listed_as_absent() {
    let sale = Sale::new(1, Ending::Settled);
    let report = sale.report(&sale.contents);
    assert!(report.absent.contains(&"tst".to_owned()));
    assert_eq!(report.stamps.of(&["statements/001-offer.jws".to_owned()]), None);
    assert!(!report.to_string().contains("existed by"));
}

#[test]
fn a_stamp_of_something_else_is_a_problem() {
    let problem = |change: &dyn Fn(&Sale, &Stamper) -> Stamp| {
        let mut sale = Sale::new(1, Ending::Settled);
        let stamper = Stamper::new(&sale, noon(), day(30));
        sale.contents.stamps = vec![change(&sale, &stamper)];
        let report = sale.report(&sale.contents);
        assert!(report.verdict.is_none());
        report.problems.iter().map(|note| (note.file.clone(), note.code)).collect::<Vec<_>>()
    };
    let tst = |code: Code| vec![("tst/001.tst".to_owned(), code.number())];
    let other = |sale: &Sale, stamper: &Stamper| {
        let stamp = stamper.stamp(sale, minutes(25));
        Stamp { hashes: stamp.hashes.into_iter().skip(1).collect(), ..stamp }
    };
    assert_eq!(problem(&other), tst(Code::StampWrong));
    let foreign = |_: &Sale, _: &Stamper| {
        let sale = Sale::new(9, Ending::Settled);
        Stamper::new(&sale, noon(), day(30)).stamp(&sale, minutes(25))
    };
    assert_eq!(problem(&foreign), tst(Code::CertificatePath));
    let early = |sale: &Sale, stamper: &Stamper| stamper.stamp(sale, noon().minus(Millis::seconds(1)));
    assert_eq!(problem(&early), tst(Code::CertificateExpired));
}

#[test]
fn an_ended_stamp_proves_nothing_unless_it_was_renewed_in_time() {
    let case = Case::new(2);
    // Not renewed.
    let report = case.look(&case.pack, Some(day(31)));
    assert!(report.is_sound());
    assert_eq!(standings(&report), [Standing::Ended]);
    assert_eq!(remarked(&report, "tst/001.tst"), [Code::CertificateExpired]);
    assert_eq!(case.existed(&case.pack, day(31)), (None, None));
    // Renewed before its end: proven long after.
    let renewed = case.second.renew(&case.sale, &case.pack, day(20), &[]);
    assert_eq!(case.existed(&renewed, day(60)), (Some(skew(minutes(25))), Some(skew(day(20)))));
    assert_eq!(standings(&case.look(&renewed, Some(day(60)))), [Standing::Counts; 2]);
    // Renewed too late: said so, and only the renewal's own time is proven.
    let late = case.second.renew(&case.sale, &case.pack, day(40), &[]);
    let report = case.look(&late, Some(day(60)));
    assert_eq!(standings(&report), [Standing::Ended, Standing::Counts]);
    let said = report.remarks.iter().find(|note| note.file == "tst/001.tst").unwrap();
    assert!(said.sentence.contains("before a newer stamp covered it"), "{}", said.sentence);
    assert_eq!(case.existed(&late, day(60)), (Some(skew(day(40))), Some(skew(day(40)))));
}

#[test]
fn packs_are_renewed_any_number_of_times() {
    let case = Case::new(3);
    let mut pack = case.second.renew(&case.sale, &case.pack, day(20), &[]);
    for round in 1..8 {
        let stamper = Stamper::new(&case.sale, day(round * 70), day(round * 70 + 90));
        pack = stamper.renew(&case.sale, &pack, day(round * 70 + 10), &[]);
        let now = day(round * 70 + 80);
        assert_eq!(case.existed(&pack, now), (Some(skew(minutes(25))), Some(skew(day(20)))), "{round}");
    }
    // One link broken in the middle: nothing earlier is proven.
    let mut broken = case.second.renew(&case.sale, &case.pack, day(20), &[]);
    let (third, fourth) = (Stamper::new(&case.sale, day(100), day(200)), Stamper::new(&case.sale, day(150), day(300)));
    broken = third.renew(&case.sale, &broken, day(120), &[]);
    broken = fourth.renew(&case.sale, &broken, day(180), &[]);
    assert_eq!(case.existed(&broken, day(250)), (Some(skew(day(120))), Some(skew(day(120)))));
    assert_eq!(
        standings(&case.look(&broken, Some(day(250)))),
        [Standing::Counts, Standing::Ended, Standing::Counts, Standing::Counts]
    );
}

#[test]
fn revoked_stamps_prove_nothing_unless_covered_before() {
    let case = Case::new(4);
    let revoked = |entry| case.second.renew(&case.sale, &case.pack, day(20), &[entry]);
    // The key was lost before the renewal.
    let pack = revoked(lost(case.first.serial, day(15)));
    assert_eq!(standings(&case.look(&pack, None)), [Standing::Revoked, Standing::Counts]);
    assert_eq!(remarked(&case.look(&pack, None), "tst/001.tst"), [Code::CertificateRevoked]);
    assert_eq!(case.existed(&pack, day(21)), (Some(skew(day(20))), Some(skew(day(20)))));
    // It was given up in good order after the stamp.
    let pack = revoked(given_up(case.first.serial, day(15)));
    assert_eq!(case.existed(&pack, day(21)).0, Some(skew(minutes(25))));
    // It was lost after the renewal had covered the stamp.
    let pack = case.second.renew(&case.sale, &case.pack, day(20), &[]);
    let third = Stamper::new(&case.sale, day(20), day(300));
    let pack = third.renew(&case.sale, &pack, day(29), &[lost(case.first.serial, day(25))]);
    assert_eq!(case.existed(&pack, day(200)).0, Some(skew(minutes(25))));
}

#[test]
fn without_a_list_of_the_time_a_stamp_is_not_relied_on() {
    let case = Case::new(5);
    let renewed = case.second.renew_with(&case.sale, &case.pack, day(20), &[]);
    let report = case.look(&renewed, Some(day(60)));
    assert_eq!(standings(&report), [Standing::StatusUnknown; 2]);
    assert_eq!(remarked(&report, "tst/001.tst"), [Code::StatusMissing]);
    assert_eq!(case.existed(&renewed, day(60)), (None, None));
}

#[test]
fn a_renewal_is_not_older_than_what_it_covers() {
    let case = Case::new(6);
    let pack = case.second.renew(&case.sale, &case.pack, day(20), &[]);
    let pack = case.second.renew(&case.sale, &pack, day(19), &[]);
    let report = case.look(&pack, Some(day(21)));
    let problems: Vec<_> = report.problems.iter().map(|note| (note.file.as_str(), note.code)).collect();
    assert_eq!(problems, [("renewals/002/stamp.tst", Code::StampWrong.number())]);
}

fn repacked(files: &Files) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    zip::pack_in_order(&files)
}

/// Whatever is changed, left out or added in a renewed pack, it does not read, or its stamps do not verify.
#[test]
fn every_change_of_a_renewed_pack_is_noticed() {
    let case = Case::new(7);
    let once = case.second.renew(&case.sale, &case.pack, day(20), &[]);
    let twice = case.second.renew(&case.sale, &once, day(22), &[]);
    let good = zip::unpack(&twice);
    assert_eq!(repacked(&good), twice);
    let sound = |files: &Files| {
        let read = read(&repacked(files), &case.sale.crypto);
        read.is_ok_and(|pack| verify_at(&pack, &case.sale.root, None, &case.sale.crypto).is_sound())
    };
    assert!(sound(&good));
    for name in good.keys().filter(|name| name.starts_with("renewals/") || name.starts_with("tst/")) {
        let length = good[name].len();
        for at in [0, length / 3, length / 2, length - 1] {
            let mut changed = good.clone();
            changed.get_mut(name).unwrap()[at] ^= 1;
            assert!(!sound(&changed), "{name} byte {at}");
        }
        let mut without = good.clone();
        without.remove(name);
        assert!(!sound(&without), "without {name}");
    }
    for name in ["renewals/001/more", "renewals/003/files.txt", "renewals/x", "renewals/0001/files.txt", "tst/002.txt"]
    {
        let mut more = good.clone();
        more.insert(name.to_owned(), b"more".to_vec());
        assert!(!sound(&more), "{name}");
    }
    // The newest renewal as a whole may be left out: whoever does shows less, as it was before.
    let mut before = good.clone();
    before.retain(|name, _| !name.starts_with("renewals/002/"));
    assert_eq!(repacked(&before), once);
    let mut gap = good;
    gap.retain(|name, _| !name.starts_with("renewals/001/"));
    assert!(!sound(&gap));
}

#[test]
fn only_packs_are_renewed_and_only_by_their_own_stamp() {
    let case = Case::new(8);
    assert_eq!(Renewing::begin(b"no pack", &[], &case.sale.crypto).unwrap_err().code(), Code::PackMalformed);
    let lists = [list(&case.sale, day(20), &[])];
    let renewing = Renewing::begin(&case.pack, &lists, &case.sale.crypto).unwrap();
    let other = case.second.token(&case.sale, Hash::of(b"another"), day(20));
    assert_eq!(renewing.finish(&other).unwrap_err().code(), Code::StampWrong);
    let covered: BTreeSet<Hash> = case.sale.contents.stamps[0].hashes.clone();
    assert_eq!(covered.len(), case.sale.contents.statements.len());
}
