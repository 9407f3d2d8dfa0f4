//! Queues, memory and kept evidence stay in their bounds.

use semper_base::limits::{
    DELIVERY_MESSAGES_MAX, DIALOGS_WAITING_MAX, MISDEEDS_PER_DAY_MAX, MISDEEDS_PER_PEER_DAY_MAX, OUTBOX_PER_PEER_MAX,
};
use semper_base::{Fault, Timestamp};
use semper_driver::Transaction;

use crate::trouble::Trouble;

/// Bytes that a party may keep before there is any deal: keys, certificates, revocation lists.
const KEPT_BASE_BYTES: usize = 2 << 20;
/// Bytes that it may keep per deal beside the file.
const KEPT_DEAL_BYTES: usize = 1 << 20;
/// Rows that are looked at in one go.
const ROWS_MAX: usize = 200_000;

/// How much a party has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    /// In rows and the archive.
    pub bytes: usize,
    /// The longest queue.
    pub queue: usize,
    /// Open questions.
    pub asked: usize,
    /// Records of misbehaviour.
    pub misdeeds: u64,
}

/// Measures a party.
pub fn measure(transaction: &dyn Transaction) -> Result<Kept, Fault> {
    let mut kept = Kept::default();
    for (key, row) in transaction.scan("", None, ROWS_MAX)? {
        kept.bytes = kept.bytes.saturating_add(key.0.len()).saturating_add(row.len());
        kept.asked += usize::from(key.0.starts_with("ask/"));
    }
    for archived in transaction.archive("", 0, ROWS_MAX)? {
        kept.bytes = kept.bytes.saturating_add(archived.record.bytes.len());
        kept.misdeeds += u64::from(archived.record.kind == "misdeed");
    }
    let most = usize::try_from(OUTBOX_PER_PEER_MAX).unwrap_or(usize::MAX).saturating_add(1);
    for peer in transaction.outbox_peers()? {
        kept.queue = kept.queue.max(transaction.outbox(&peer, 0, most, Timestamp::EPOCH)?.len());
    }
    Ok(kept)
}

/// Says what a party has too much of after so many deals and days, of a file of this length. At rest,
/// no queue holds more than one delivery.
pub fn check(name: &str, kept: Kept, deals: u64, days: u64, length: usize) -> Result<(), Trouble> {
    let deals = usize::try_from(deals).unwrap_or(usize::MAX);
    let per_deal = KEPT_DEAL_BYTES.saturating_add(length.saturating_mul(4));
    let most = KEPT_BASE_BYTES.saturating_add(per_deal.saturating_mul(deals.saturating_add(1)));
    let misdeeds = days.saturating_add(2).saturating_mul(MISDEEDS_PER_DAY_MAX.min(MISDEEDS_PER_PEER_DAY_MAX * 32));
    let wrong = |what: &str, has: u64, may: u64| {
        Err(Trouble::new(format!("{name}: out of bounds with {what}: {has} instead of at most {may}")))
    };
    match kept {
        Kept { queue, .. } if queue >= DELIVERY_MESSAGES_MAX => {
            wrong("a queue at rest", queue as u64, DELIVERY_MESSAGES_MAX as u64)
        }
        Kept { asked, .. } if asked > DIALOGS_WAITING_MAX => {
            wrong("questions", asked as u64, DIALOGS_WAITING_MAX as u64)
        }
        Kept { bytes, .. } if bytes > most => wrong("kept bytes", bytes as u64, most as u64),
        Kept { misdeeds: has, .. } if has > misdeeds => wrong("kept misdeeds", has, misdeeds),
        _ => Ok(()),
    }
}
