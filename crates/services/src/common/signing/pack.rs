//! The evidence pack of a contract: what a stranger needs to see who signed what.

use semper_base::code::Code;
use semper_base::{Blob64, Error, Hash, Misuse, Role, Xid, json};
use semper_blocks::statement::Author;
use semper_commerce::dispute::pack::PieceKind;
use semper_exchange::fair::deal::Deal;
use semper_exchange::fair::frame::statements::AbortBasis;
use semper_exchange::fair::frame::{Decided, Descriptor, Reader};
use semper_exchange::fair::party::Party;
use serde_json::{Value, json};

use super::Record;
use super::run::{Run, run_key};
use crate::common::evidence::{Extra, export_contract, export_lock};
use crate::common::locks::run::run_key as lock_key;
use crate::common::{Desk, exchange, keys};

/// Writes the pack and signs its index with the key that signs the contract.
pub(super) fn export(xid: Xid, record: &Record, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let read = record.read()?;
    let ours = read.terms.contract.parties.get(usize::from(record.place));
    let ours = ours.ok_or_else(|| Misuse::new(Code::RoleUnfit, "no party of this contract"))?;
    let certificate = ours.certificate;
    let author = keys::plain_author(Role::Party, ours.key.id(), desk.tx, desk.cx)?;
    let author = Author { certificate, ..author };
    let mut pieces = vec![(PieceKind::ContractTerms, json::canonical(&read.terms)?)];
    pieces.extend(super::deal::wrong(&read, record.place, desk)?.into_iter().map(|one| (PieceKind::DealParcel, one)));
    pieces.extend(defence(&read.x, desk)?.map(|defence| (PieceKind::EscrowDefence, defence)));
    let extra = Extra { pieces, transcripts: vec![run_key(xid).0.replace('/', ":")] };
    let pack = export_contract(&read.x, holders(&read.x, &read.certificates, desk)?, extra, &author, desk)?;
    Ok(json!({ "contract": xid, "pack": Blob64(pack) }))
}

/// Writes the pack of the lock that a payment of the deal is; `part` is its number among the parts, from 1 on. Only
/// whoever pays or is paid has one.
pub(super) fn payment(xid: Xid, record: &Record, part: u64, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let x = record.read()?.x;
    let legs = || x.core.deal.iter().flat_map(Deal::payments);
    let found = legs().find(|(leg, _)| u64::from(*leg).checked_add(1) == Some(part));
    let (leg, payment) = found.ok_or_else(|| Misuse::new(Code::NotFound, "no payment has this number in the deal"))?;
    let lock = payment.lock(leg, &x)?;
    let key = match record.place {
        place if place == payment.giver => &payment.payer,
        place if place == payment.receiver => &payment.payee,
        _ => return Err(Misuse::new(Code::RoleUnfit, "neither paid by you nor to you").into()),
    };
    let author = keys::plain_author(Role::Party, key.id(), desk.tx, desk.cx)?;
    let transcripts = vec![lock_key(lock.xid).0.replace('/', ":")];
    let pack = export_lock(&lock, Extra { pieces: Vec::new(), transcripts }, &author, desk)?;
    Ok(json!({ "contract": xid, "lock": lock.xid, "pack": Blob64(pack) }))
}

/// What convicts a notary that called the box of our mail bad though it was good. It gives the letter's key away,
/// so it is shown only then.
fn defence(x: &Descriptor, desk: &Desk<'_, '_>) -> Result<Option<Vec<u8>>, Error> {
    let Some(Party::Sender(sender)) = Run::<Party>::load(desk.tx, x.xid)?.map(|run| run.machine) else {
        return Ok(None);
    };
    let reader = Reader { x, crypto: desk.cx.crypto };
    let cried = |text: &String| {
        let decided = reader.decided(text);
        decided.is_ok_and(|one| matches!(one, Decided::Aborted(row) if row.body.basis == AbortBasis::BadEscrow))
    };
    if exchange::kept(desk.tx, &format!("xid:{}", x.xid))?.iter().any(cried) {
        return Ok(Some(json::canonical(&sender.sending().defence)?));
    }
    Ok(None)
}

/// Every certificate with the role in it; one that has ended or was revoked since still shows whose key it was, in the
/// role that X has it in.
fn holders(x: &Descriptor, certificates: &[Vec<u8>], desk: &Desk<'_, '_>) -> Result<Vec<(Role, Vec<u8>)>, Error> {
    let trust = keys::trust_now(desk)?.ok_or_else(|| Misuse::new(Code::KeyMissing, "no root yet"))?;
    let banks: Vec<Hash> =
        x.core.deal.iter().flat_map(Deal::payments).map(|(_, payment)| payment.holder.certificate).collect();
    let role = |der: &[u8]| match (Hash::of(der), trust.validate(der, desk.cx.now, desk.cx.crypto)) {
        (_, Ok(valid)) => valid.role,
        (hash, Err(_)) if hash == x.core.notary.certificate => Role::Notary,
        (hash, Err(_)) if banks.contains(&hash) => Role::Bank,
        (_, Err(_)) => Role::Buyer,
    };
    Ok(certificates.iter().map(|der| (role(der), der.clone())).collect())
}
