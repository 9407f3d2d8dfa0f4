//! What the pieces of a pack show about the logs of its registers.

use semper_base::Role;
use semper_blocks::certificate::{Kind as CertificateKind, Root};
use semper_blocks::statement::{Kind, verify};
use semper_exchange::judge::log::{Case, LogVerdict, judge_log};
use semper_exchange::log::LogKey;
use semper_support::crypto::{Crypto, PublicKey};
use semper_support::log::{KeyUse, NoteKey};

use super::super::pack::{Pack, Sorted};
use super::certificates::Certificates;

/// One verdict per register of the exchange. Nothing here has weight if the pack has problems.
pub(super) fn look(pack: &Pack, root: &Root, crypto: &dyn Crypto) -> Vec<LogVerdict> {
    together(&[("", pack)], root, crypto)
}

/// What several packs of one exchange show together about the logs of its registers, on the same terms as
/// [`super::verify_together`].
#[must_use]
pub fn logs_together(packs: &[(&str, &Pack)], root: &Root, crypto: &dyn Crypto) -> Vec<LogVerdict> {
    let xid = packs.first().and_then(|(_, pack)| pack.sorted.xid());
    let sound = packs.iter().all(|(_, pack)| pack.sorted.xid() == xid && super::verify(pack, root, crypto).is_sound());
    if sound { together(packs, root, crypto) } else { Vec::new() }
}

/// The same of several packs of one exchange: views that were shown to different parties meet here.
fn together(packs: &[(&str, &Pack)], root: &Root, crypto: &dyn Crypto) -> Vec<LogVerdict> {
    let Some(sorted) = packs.first().map(|(_, pack)| &pack.sorted) else { return Vec::new() };
    let Some(xid) = sorted.xid() else { return Vec::new() };
    let witnesses: Vec<NoteKey> = packs.iter().flat_map(|(_, pack)| witnesses(&pack.sorted, root, crypto)).collect();
    let mut pieces: Vec<(String, &[u8])> = Vec::new();
    for (name, pack) in packs {
        let before = if name.is_empty() { String::new() } else { format!("{name}/") };
        let statements = pack.sorted.statements.iter().map(|item| (item.file(), item.text.as_bytes()));
        let proofs = pack.sorted.logs.iter().map(|item| (item.file(), item.part.proof.as_bytes()));
        pieces.extend(statements.chain(proofs).map(|(file, bytes)| (format!("{before}{file}"), bytes)));
    }
    let of = |(role, key): (Role, &PublicKey)| {
        let verdict = judge_log(&Case { role, key, xid, witnesses: &witnesses }, &pieces, crypto);
        let says = verdict.log.is_some() || verdict.decisions.iter().any(|decision| !decision.shown_by.is_empty());
        (says || !verdict.decisions.is_empty()).then_some(verdict)
    };
    registers(sorted).into_iter().filter_map(of).collect()
}

fn registers(sorted: &Sorted) -> Vec<(Role, &PublicKey)> {
    let sale =
        sorted.descriptor.iter().flat_map(|x| [(Role::Bank, &x.core.bank.key), (Role::Notary, &x.core.notary.key)]);
    let framed = sorted.frame.iter().map(|x| (Role::Notary, &x.core.notary.key));
    sale.chain(framed).collect()
}

/// The keys of witnesses that this market certifies.
fn witnesses(sorted: &Sorted, root: &Root, crypto: &dyn Crypto) -> Vec<NoteKey> {
    let (certificates, _) = Certificates::new(sorted, root, crypto);
    let mut keys = Vec::new();
    for item in sorted.statements.iter().filter(|item| item.kind == Kind::LogKey) {
        let Some(certified) = item.certificate.and_then(|hash| certificates.find(&hash)) else { continue };
        let Ok(status) = certificates.at(certified, item.issued) else { continue };
        let Some(valid) = status.valid() else { continue };
        let statement = verify::<LogKey>(crypto, &valid.key, &item.text);
        let fits = valid.require(CertificateKind::Statement, &[Role::Witness]).is_ok();
        if let (Ok(statement), true) = (statement, fits) {
            keys.push(statement.body.key);
        }
    }
    keys.retain(|key| key.key_use() == KeyUse::Witness);
    keys
}
