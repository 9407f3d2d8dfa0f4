//! What costs a register a row and its sender nothing: exchanges that no money stands behind, accounts
//! with nothing of one's own on them. Keys are free, so it is counted by day, per peer and over all
//! peers that nobody has certified.
//!
//! ```text
//! idle/PEERID       {day, count}
//! idle/strangers    {day, count}
//! ```

use semper_base::code::Code;
use semper_base::limits::{IDLE_OF_STRANGERS_DAY_MAX, IDLE_PER_PEER_DAY_MAX, IDLE_PER_STRANGER_DAY_MAX};
use semper_base::{Error, Key, PeerId, Violation};
use semper_support::comm::Peer;
use serde::{Deserialize, Serialize};

use super::{Desk, rows};

/// Rows that are looked at for each new one.
const SWEPT_PER_ROW: usize = 8;

/// One row per peer, whatever the day.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    day: u64,
    count: u64,
}

/// Counts one more; refuses the peer that has had enough for today.
pub fn count(peer: PeerId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let known: Option<Peer> = rows::get(desk.tx, &Key::new("peer", peer))?;
    let certified = known.is_some_and(|known| known.role.is_some());
    let most = if certified { IDLE_PER_PEER_DAY_MAX } else { IDLE_PER_STRANGER_DAY_MAX };
    one_more(Key::new("idle", peer), most, desk)?;
    if certified { Ok(()) } else { one_more(Key::new("idle", "strangers"), IDLE_OF_STRANGERS_DAY_MAX, desk) }
}

/// For each new row a few that count for a day gone by are removed, wherever the lot falls: there are soon none left.
fn sweep(day: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let mut lot = [0_u8; 2];
    desk.cx.crypto.random(&mut lot);
    let from = Key::new("idle", semper_base::hash::hex(&lot));
    for (key, value) in desk.tx.scan_after("idle/", Some(&from), SWEPT_PER_ROW)? {
        if rows::parse::<Counted>(&key, &value)?.day < day {
            desk.tx.delete(key);
        }
    }
    Ok(())
}

fn one_more(row: Key, most: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let day = desk.cx.now.seconds() / 86_400;
    let counted: Option<Counted> = rows::get(desk.tx, &row)?;
    if counted.is_none() {
        sweep(day, desk)?;
    }
    let count = counted.filter(|counted| counted.day == day).map_or(0, |counted| counted.count);
    if count >= most {
        return Err(Violation::new(Code::TooMany, "begun today").into());
    }
    Ok(rows::put(desk.tx, row, &Counted { day, count: count.saturating_add(1) })?)
}
