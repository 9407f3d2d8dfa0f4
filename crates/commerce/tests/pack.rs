//! What the verifier says about evidence packs, good and bad.

use crate::pack_support;

use pack_support::{Ending, Sale, Setting, minutes, noon};
use semper_base::{Code, Error, Millis, Role};
use semper_blocks::statement::{Compact, Kind};
use semper_commerce::dispute::{Report, verify, verify_together, write};
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::judge::{ClaimKind, Finding, Misdeed};
use semper_support::access::{Action, Permit, Request, Rules, Subject, SubjectKind, check};

fn finding(report: &Report, kind: ClaimKind) -> (Finding, Vec<String>) {
    let claims = &report.verdict.as_ref().unwrap().claims;
    let claim = claims.iter().find(|claim| claim.claim == kind).unwrap();
    (claim.finding, claim.shown_by.clone())
}

fn problems(report: &Report) -> Vec<(&str, u16)> {
    report.problems.iter().map(|note| (note.file.as_str(), note.code)).collect()
}

fn remarks(report: &Report) -> Vec<(&str, u16)> {
    report.remarks.iter().map(|note| (note.file.as_str(), note.code)).collect()
}

#[test]
fn a_settled_sale() {
    let sale = Sale::new(1, Ending::Settled);
    let report = sale.report(&sale.contents);
    assert_eq!((problems(&report), remarks(&report)), (vec![], vec![]));
    let names: Vec<_> = report.parties.iter().map(|party| (party.role, party.name.as_deref().unwrap())).collect();
    let expected = [
        (Role::Buyer, "Alice Example"),
        (Role::Seller, "Söhne & Töchter"),
        (Role::Bank, "Bank of Two"),
        (Role::Notary, "Notary Public"),
    ];
    assert_eq!(names, expected);
    assert_eq!(report.agreement.title.as_deref(), Some("A poem"));
    assert_eq!(finding(&report, ClaimKind::Settled), (Finding::Proven, vec!["statements/011-settled.jws".into()]));
    assert_eq!(finding(&report, ClaimKind::Refunded).0, Finding::Contradicted);
    assert!(report.verdict.as_ref().unwrap().convictions.is_empty());
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["agreement"]["amount"], serde_json::json!({"amount": "184.90", "currency": "EUR"}));
    let text = report.to_string();
    for expected in ["everything in it verifies", "\"A poem\" for 184.90 EUR", "Söhne & Töchter", "Nobody."] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_wrong_file_convicts_the_seller() {
    let sale = Sale::new(1, Ending::WrongFile);
    let report = sale.report(&sale.contents);
    let conviction = &report.verdict.as_ref().unwrap().convictions[0];
    assert_eq!((conviction.who, conviction.misdeed), (Role::Seller, Misdeed::WrongFile));
    assert!(conviction.shown_by.contains(&"pieces/complaint-proof-1.json".to_owned()));
    assert_eq!(finding(&report, ClaimKind::Refunded).0, Finding::Proven);
}

#[test]
fn the_contract_says_whose_a_deal_key_is() {
    let sale = Sale::new(1, Ending::Settled);
    let exporter = |author| sale.report_by(author, &sale.contents).exporter.party;
    assert_eq!(exporter(&sale.buyer), exporter(&sale.alice));
    assert_eq!(exporter(&sale.seller).name.as_deref(), Some("Söhne & Töchter"));
}

#[test]
fn a_bank_of_two_faces_is_convicted() {
    let sale = Sale::new(1, Ending::BothWays);
    let report = sale.report(&sale.contents);
    assert!(report.is_sound());
    let convictions = &report.verdict.as_ref().unwrap().convictions;
    assert!(convictions.iter().any(|one| (one.who, one.misdeed) == (Role::Bank, Misdeed::SettledAndRefunded)));
}

#[test]
fn the_text_fits_and_is_harmless() {
    let other = Sale::new(9, Ending::Settled).root;
    for ending in [Ending::Settled, Ending::WrongFile, Ending::BothWays] {
        let sale = Sale::new(1, ending);
        let pack = sale.read(&sale.pack());
        for root in [&sale.root, &other] {
            let mut report = verify(&pack, root, &sale.crypto);
            report.parties[1].name = Some(format!("Eve\u{202e}\u{1b}[31m{}", "x".repeat(300)));
            report.agreement.title = Some("two\nlines".into());
            let text = report.to_string();
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
            assert!(!text.contains(['\u{202e}', '\u{1b}']) && !text.contains("two\nlines"), "{text}");
        }
    }
}

#[test]
fn another_root_is_said_plainly_and_nothing_is_proven() {
    let (sale, other) = (Sale::new(1, Ending::Settled), Sale::new(2, Ending::Settled));
    let report = verify(&sale.read(&sale.pack()), &other.root, &sale.crypto);
    assert!(!report.root.same && report.verdict.is_none());
    let found = problems(&report);
    assert!(found.contains(&("roots/untrusted-root.pem", Code::RootWrong.number())));
    assert!(found.contains(&("statements/006-held.jws", Code::CertificatePath.number())));
    assert!(found.contains(&("status/crl-1.der", Code::CertificatePath.number())));
    assert!(report.parties.iter().all(|party| party.name.is_none()));
    assert!(report.to_string().contains("THE PACK HAS ANOTHER"));
}

#[test]
fn what_is_missing_is_said_and_is_no_problem() {
    let sale = Sale::new(1, Ending::Settled);
    let report = sale.report_by(&sale.buyer, &sale.without(&[Kind::Order]));
    let missing = Code::RefMissing.number();
    assert_eq!(problems(&report), vec![]);
    assert_eq!(remarks(&report), vec![("statements/002-acceptance.jws", missing), ("transcripts/001.json", missing)]);
    assert!(report.remarks[0].sentence.contains("the order"), "{:?}", report.remarks);
    assert!(report.absent.contains(&"statements/order".to_owned()));
    assert_eq!(report.agreement.title, None);
    assert!(report.parties[1].name.is_none(), "without the contract nobody says whose the deal key is");

    let mut contents = sale.without(&[Kind::Settled]);
    contents.certificates.retain(|(role, _)| *role != Role::Bank);
    contents.transcripts.clear();
    let report = sale.report(&contents);
    assert!(report.is_sound());
    assert!(remarks(&report).contains(&("descriptor.json", Code::RefMissing.number())));
    assert_eq!(report.parties[2].name, None);
    assert_eq!(finding(&report, ClaimKind::Settled).0, Finding::NotProvable);
    assert!(report.absent.contains(&"transcripts".to_owned()));
}

#[test]
fn the_status_is_as_it_was() {
    let at = noon().plus(Millis::hours(20));
    let revoked = Setting { revoked: Some((Role::Bank, at)), ..Setting::new(Ending::Settled) };
    // The list of the time does not name it: what happened later does not matter.
    let sale = Sale::with(1, revoked);
    assert!(sale.report(&sale.contents).is_sound());
    // Only the later list is here, and it names the bank.
    let mut contents = sale.contents.clone();
    contents.lists.remove(0);
    let report = sale.report(&contents);
    assert!(problems(&report).contains(&("statements/006-held.jws", Code::CertificateRevoked.number())));
    // Only a later list is here, and it names nobody.
    let sale = Sale::new(1, Ending::Settled);
    let mut contents = sale.contents.clone();
    contents.lists.remove(0);
    let report = sale.report(&contents);
    assert!(report.is_sound() && report.parties[2].name.is_some());
    assert!(remarks(&report).contains(&("certs/bank-1.pem", Code::StatusMissing.number())));
    // No list: the certificates say nothing that is relied on.
    let sale = Sale::with(1, Setting { lists: false, ..Setting::new(Ending::Settled) });
    let report = sale.report(&sale.contents);
    assert!(report.is_sound() && report.parties.iter().all(|party| party.name.is_none()));
    assert!(remarks(&report).contains(&("certs/bank-1.pem", Code::StatusMissing.number())));
    assert!(report.absent.contains(&"status".to_owned()));
}

#[test]
fn a_bank_that_is_not_certified_for_so_much() {
    let sale = Sale::with(1, Setting { bank_limit: "184.89", ..Setting::new(Ending::Settled) });
    let report = sale.report(&sale.contents);
    assert_eq!(problems(&report), vec![("descriptor.json", Code::LimitExceeded.number())]);
    let sale = Sale::with(1, Setting { bank_limit: "184.90", ..Setting::new(Ending::Settled) });
    assert!(sale.report(&sale.contents).is_sound());
}

#[test]
fn a_contract_that_differs_from_the_order() {
    let sale = Sale::with(1, Setting { ordered: "99.00", ..Setting::new(Ending::Settled) });
    let report = sale.report_by(&sale.seller, &sale.contents);
    assert_eq!(problems(&report), vec![("statements/002-order.jws", Code::MismatchAmount.number())]);
}

#[test]
fn a_statement_that_does_not_verify_is_named() {
    let sale = Sale::new(1, Ending::Settled);
    let mut contents = sale.contents.clone();
    let held = contents.statements.iter_mut().find(|text| Compact::parse(text).unwrap().kind() == Kind::Held).unwrap();
    let other = sale.contents.statements.iter().find(|text| Compact::parse(text).unwrap().kind() == Kind::Captured);
    let signature = other.unwrap().rsplit_once('.').unwrap().1;
    *held = format!("{}.{signature}", held.rsplit_once('.').unwrap().0);
    assert_eq!(problems(&sale.report(&contents)), vec![("statements/006-held.jws", Code::SignatureWrong.number())]);
}

#[test]
fn statements_of_strangers_and_other_deals_have_no_weight() {
    let (sale, other) = (Sale::new(1, Ending::Settled), Sale::new(1, Ending::WrongFile));
    let mut contents = sale.contents.clone();
    contents.statements.extend(other.contents.statements.iter().skip(3).cloned());
    // Another bank says that the hold was released.
    let stranger = Sale::new(3, Ending::Settled).bank;
    let (amount, at) = (sale.x.core.amount, minutes(16));
    contents.statements.push(sale.signed(&stranger, at, st::Released { amount, at, by: st::ReleaseBy::Seller }).text);
    contents.keys.push(stranger.public);
    let report = sale.report(&contents);
    assert!(report.is_sound());
    assert_eq!(finding(&report, ClaimKind::Refunded).0, Finding::Contradicted);
    assert_eq!(finding(&report, ClaimKind::Released).0, Finding::Contradicted);
    assert!(remarks(&report).iter().any(|(_, code)| *code == Code::XidWrong.number()));
    let released = |(file, code): &(&str, u16)| file.ends_with("-released.jws") && *code == Code::RefMissing.number();
    assert!(remarks(&report).iter().any(released), "its certificate is not here");
}

#[test]
fn a_transcript_must_be_of_what_was_signed() {
    let sale = Sale::new(1, Ending::Settled);
    let mut contents = sale.contents.clone();
    let compact = Compact::parse(&sale.contents.statements[1]).unwrap();
    let payload = semper_base::Hash::of(compact.payload()).hex();
    contents.transcripts[0] = contents.transcripts[0].replace(&payload, &"0".repeat(64));
    assert_eq!(problems(&sale.report(&contents)), vec![("transcripts/001.json", Code::PackMember.number())]);
}

fn denied() -> Permit {
    let subject = Subject { kind: SubjectKind::Owner, handle: "owner".into() };
    let action = Action::Reveal(semper_support::access::Revealed::Goods);
    check(&Rules::owner_only(), &Request { subject, action }).unwrap()
}

#[test]
fn writing_needs_a_permit_and_every_key() {
    let sale = Sale::new(1, Ending::Settled);
    let cx = sale.cx(minutes(30));
    let refused = write(&cx, denied(), &sale.alice, &sale.contents).unwrap_err();
    assert!(matches!(refused, Error::Refusal(_)), "{refused}");
    let mut contents = sale.contents.clone();
    contents.certificates.retain(|(role, _)| *role != Role::Seller);
    let missing = write(&cx, pack_support::permit(), &sale.alice, &contents).unwrap_err();
    assert_eq!((missing.code(), missing.to_string().contains("offer")), (Code::PackMember, true));
    // The key may be known otherwise.
    contents.keys.push(sale.shop.public.clone());
    assert!(sale.report(&contents).is_sound());
}

/// A bank that tells each side something else is found out by whoever reads both packs.
#[test]
fn packs_read_together_prove_what_neither_does_alone() {
    let sale = Sale::new(1, Ending::Settled);
    let (at, amount) = (minutes(12), sale.x.core.amount);
    let mut buyers = sale.without(&[Kind::Captured, Kind::Settled, Kind::Receipt]);
    buyers.statements.push(sale.signed(&sale.bank, at, st::Released { amount, at, by: st::ReleaseBy::Buyer }).text);
    let (alone, other) = (sale.report(&buyers), sale.report_by(&sale.shop, &sale.contents));
    for report in [&alone, &other] {
        assert!(report.verdict.as_ref().unwrap().convictions.is_empty());
    }
    let (buyers, sellers) =
        (sale.read(&sale.pack_by(&sale.alice, &buyers)), sale.read(&sale.pack_by(&sale.shop, &sale.contents)));
    let verdict = verify_together(&[("buyer", &buyers), ("seller", &sellers)], &sale.root, &sale.crypto).unwrap();
    let misdeeds: Vec<_> = verdict.convictions.iter().map(|one| (one.who, one.misdeed)).collect();
    assert!(misdeeds.contains(&(Role::Bank, Misdeed::CapturedAndReleased)), "{misdeeds:?}");
    let shown = &verdict.convictions[0].shown_by;
    assert!(
        shown.iter().any(|file| file.starts_with("buyer/")) && shown.iter().any(|file| file.starts_with("seller/"))
    );
    // Nothing is read together with a pack of another deal, under another root, or with nothing.
    let stranger = Sale::new(2, Ending::Settled);
    let foreign = stranger.read(&stranger.pack());
    assert_eq!(verify_together(&[("buyer", &buyers), ("seller", &foreign)], &sale.root, &sale.crypto), None);
    assert_eq!(verify_together(&[("buyer", &buyers)], &stranger.root, &sale.crypto), None);
    assert_eq!(verify_together(&[], &sale.root, &sale.crypto), None);
}
