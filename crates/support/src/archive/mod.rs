//! The archive: how its objects are named, how long they are kept, and how their chain is checked.
//!
//! Objects are [`Record`]s; the store appends them, each with a link over everything before it. Whoever
//! has the last link can tell a changed, dropped or moved object by computing the chain again.

mod chain;
mod retention;
mod subject;

pub use chain::{link_after, need_word, verify_chain};
pub use retention::Kept;
pub use subject::Subject;

use semper_base::Timestamp;
use semper_base::limits::MISDEED_BYTES_MAX;
use semper_base::tx::Record;

/// A record as it is to be archived at `now`: named, with the need and the expiry of what it is. Bytes
/// of a misdeed beyond [`MISDEED_BYTES_MAX`] are left out; all others are kept whole.
#[must_use]
pub fn record(subject: Subject, kept: &Kept, mut bytes: Vec<u8>, now: Timestamp) -> Record {
    if *kept == Kept::Misdeed {
        bytes.truncate(MISDEED_BYTES_MAX);
    }
    Record {
        subject: subject.to_string(),
        kind: kept.word().to_owned(),
        bytes,
        need: kept.need(),
        expires: now.plus(kept.for_how_long()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tinguin::KindWord;
    use semper_base::tx::Need;
    use semper_base::{Hash, Millis, Xid};

    #[test]
    fn records_follow_from_what_they_are() {
        let subject = Subject::Exchange(Xid(Hash::of(b"x")));
        let mandate = Kept::Statement(KindWord::new("mandate").unwrap());
        let found = record(subject, &mandate, b"a.b.c".to_vec(), Timestamp::EPOCH);
        assert_eq!((found.kind.as_str(), found.need), ("mandate", Need::Evidence));
        assert_eq!(found.expires, Timestamp::EPOCH.plus(Millis::days(3650)));
        assert_eq!(Subject::parse(&found.subject), Some(subject));
        let long = vec![0; MISDEED_BYTES_MAX + 1];
        assert_eq!(record(subject, &Kept::Misdeed, long.clone(), Timestamp::EPOCH).bytes.len(), MISDEED_BYTES_MAX);
        assert_eq!(record(subject, &mandate, long.clone(), Timestamp::EPOCH).bytes.len(), long.len());
    }
}
