//! What a pack does not have.

use semper_blocks::statement::Kind;

use super::super::zip::Files;
use super::subject::Sort;
use super::{DESCRIPTOR, PIECES, PieceKind, STATEMENTS};

/// What a pack could hold and does not: kinds of parts, and the three statements that make a contract.
pub(crate) fn absent(files: &Files) -> Vec<String> {
    let sort = files.get(DESCRIPTOR).map(|bytes| Sort::of(bytes));
    let pieces = PieceKind::ALL.into_iter().filter(|kind| sort == Some(kind.sort()));
    let pieces = pieces.map(|kind| format!("{PIECES}{}", kind.words().0));
    let folders = ["certs", "reliance", "status", "tlog", "transcripts", "tst"].into_iter().map(str::to_owned);
    let kinds: &[Kind] = match sort {
        Some(Sort::Sale) => &[Kind::Offer, Kind::Order, Kind::Acceptance],
        Some(Sort::Frame | Sort::Lock) => &[],
        None if is_receipt(files) => &[Kind::ConditionalReceipt, Kind::PaymentAgreement, Kind::Transferred],
        None => &[Kind::ParcelOffer, Kind::ParcelOrder, Kind::ParcelAcceptance],
    };
    let statements = kinds.iter().map(|kind| format!("{STATEMENTS}{kind}"));
    let is_absent = |part: &String| {
        let (folder, rest) = part.split_once('/').unwrap_or((part, ""));
        !files.keys().filter_map(|name| name.strip_prefix(folder)?.strip_prefix('/')).any(|name| {
            let name =
                if folder == "statements" { name.trim_start_matches(|c: char| c.is_ascii_digit()) } else { name };
            name.trim_start_matches('-').starts_with(rest)
        })
    };
    let mut absent: Vec<String> = pieces.chain(folders).chain(statements).filter(is_absent).collect();
    absent.sort();
    absent
}

/// Whether the files are of a payment for receipt.
fn is_receipt(files: &Files) -> bool {
    let of = |name: &String, kind: Kind| name.ends_with(&format!("-{kind}.jws"));
    files.keys().any(|name| of(name, Kind::ConditionalReceipt)) && !files.keys().any(|name| of(name, Kind::ParcelOrder))
}
