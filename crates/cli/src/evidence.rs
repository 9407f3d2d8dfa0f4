//! `semper evidence verify`: what an evidence pack proves. Offline; reads two files and nothing else.
//!
//! Exit codes: 0 everything in the pack verifies and the verdict is printed; 7 something does not, the
//! output names the file; 2 a file cannot be used; 3 there is no such file.

use std::path::Path;
use std::process::ExitCode;

use semper_base::limits::{PACK_BYTES_MAX, PEM_BYTES_MAX};
use semper_base::{Code, Error, Misuse, Timestamp, Violation};
use semper_blocks::certificate::{Root, pem};
use semper_commerce::dispute::{
    Pack, Report, logs_together, read, verify_at, verify_contract_together, verify_lock_together,
    verify_order_together, verify_together,
};
use semper_exchange::judge::Verdict;
use semper_exchange::judge::frame::FrameVerdict;
use semper_exchange::judge::lock::LockVerdict;
use semper_exchange::judge::log::LogVerdict;
use semper_support::crypto::Crypto;
use serde_json::json;

use crate::files::contents;
use crate::output::{say, say_json};
use crate::party;

/// Verification failed.
pub(crate) const FAILED: u8 = 7;

/// Verifies the pack at `pack` under the root (PEM) at `root`, which the user has from elsewhere.
/// `at` is the reader's time if it is not now.
pub(crate) fn run(
    pack: &Path,
    root: &Path,
    at: Option<Timestamp>,
    crypto: &dyn Crypto,
    json: bool,
) -> Result<ExitCode, Error> {
    let report = match report_at(pack, root, at.unwrap_or_else(party::wall), crypto)? {
        Ok(report) => report,
        Err(why) => {
            broken(&why, json);
            return Ok(ExitCode::from(FAILED));
        }
    };
    if json {
        say_json(&serde_json::to_value(&report).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?);
    } else {
        say(report.to_string().trim_end());
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// What the verifier says of a pack now, or why it is none.
pub(crate) fn report(pack: &Path, root: &Path, crypto: &dyn Crypto) -> Result<Result<Report, Violation>, Error> {
    report_at(pack, root, party::wall(), crypto)
}

fn report_at(pack: &Path, root: &Path, at: Timestamp, crypto: &dyn Crypto) -> Result<Result<Report, Violation>, Error> {
    let root = trusted(root, crypto)?;
    let bytes = contents(pack, PACK_BYTES_MAX)?;
    Ok(read(&bytes, crypto).map(|pack| verify_at(&pack, &root, Some(at), crypto)))
}

/// What packs of one exchange prove together, each with the name of whoever brought it; nothing unless
/// all of them verify.
pub(crate) fn together(packs: &[(&str, &Path)], root: &Path, crypto: &dyn Crypto) -> Result<Option<Verdict>, Error> {
    let (root, opened) = (trusted(root, crypto)?, opened(packs, crypto)?);
    let packs: Vec<_> = opened.iter().map(|(name, pack)| (*name, pack)).collect();
    Ok(verify_together(&packs, &root, crypto))
}

/// What packs of one exchange show together about the registers' logs.
pub(crate) fn logs(packs: &[(&str, &Path)], root: &Path, crypto: &dyn Crypto) -> Result<Vec<LogVerdict>, Error> {
    let (root, opened) = (trusted(root, crypto)?, opened(packs, crypto)?);
    let packs: Vec<_> = opened.iter().map(|(name, pack)| (*name, pack)).collect();
    Ok(logs_together(&packs, &root, crypto))
}

/// The same of packs of one contract.
pub(crate) fn contract_together(
    packs: &[(&str, &Path)],
    root: &Path,
    crypto: &dyn Crypto,
) -> Result<Option<FrameVerdict>, Error> {
    let (root, opened) = (trusted(root, crypto)?, opened(packs, crypto)?);
    let packs: Vec<_> = opened.iter().map(|(name, pack)| (*name, pack)).collect();
    Ok(verify_contract_together(&packs, &root, crypto))
}

/// What packs of one mail order show together about each of its locks.
pub(crate) fn order_together(
    packs: &[(&str, &Path)],
    root: &Path,
    crypto: &dyn Crypto,
) -> Result<Vec<LockVerdict>, Error> {
    let (root, opened) = (trusted(root, crypto)?, opened(packs, crypto)?);
    let packs: Vec<_> = opened.iter().map(|(name, pack)| (*name, pack)).collect();
    Ok(verify_order_together(&packs, &root, crypto))
}

/// The same of packs of one lock.
pub(crate) fn lock_together(
    packs: &[(&str, &Path)],
    root: &Path,
    crypto: &dyn Crypto,
) -> Result<Option<LockVerdict>, Error> {
    let (root, opened) = (trusted(root, crypto)?, opened(packs, crypto)?);
    let packs: Vec<_> = opened.iter().map(|(name, pack)| (*name, pack)).collect();
    Ok(verify_lock_together(&packs, &root, crypto))
}

fn opened<'n>(packs: &[(&'n str, &Path)], crypto: &dyn Crypto) -> Result<Vec<(&'n str, Pack)>, Error> {
    let open = |(name, pack): &(&'n str, &Path)| Ok((*name, read(&contents(pack, PACK_BYTES_MAX)?, crypto)?));
    packs.iter().map(open).collect()
}

pub(crate) fn trusted(root: &Path, crypto: &dyn Crypto) -> Result<Root, Error> {
    let text = contents(root, PEM_BYTES_MAX as u64)?;
    let unfit = |why: Violation| Misuse::new(Code::FileWrong, format!("{}: {why}", root.display()));
    let text = String::from_utf8(text).map_err(|_| Misuse::new(Code::FileWrong, root.display().to_string()))?;
    let der = pem::from_pem(pem::Label::Certificate, &text);
    Ok(der.and_then(|der| Root::read(&der, crypto)).map_err(unfit)?)
}

/// A pack that cannot be read as one; the violation names the file.
fn broken(why: &Violation, json: bool) {
    if json {
        let problem = json!({"file": why.detail(), "code": why.code().number(), "sentence": why.code().text()});
        say_json(&json!({"version": 1, "problems": [problem], "verdict": null}));
    } else {
        say("EVIDENCE PACK: VERIFICATION FAILED. There is no verdict.");
        say(format!("\n  {why}\n\nThe pack is not as its exporter signed it."));
    }
}
