//! What an archived object belongs to, as the index writes it.

use semper_base::{DealId, Hash, PeerId, Xid};

/// The subject of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// `deal:` and 32 digits: one deal on this party's books.
    Deal(DealId),
    /// `xid:` and 64 digits: one exchange.
    Exchange(Xid),
    /// `peer:` and 64 digits: one peer.
    Peer(PeerId),
}

impl Subject {
    /// Reads what `Display` writes, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("deal", id) => DealId::parse(id).map(Subject::Deal),
            ("peer", id) => Hash::from_hex(id).map(|hash| Subject::Peer(PeerId(hash))),
            ("xid", id) => Hash::from_hex(id).map(|hash| Subject::Exchange(Xid(hash))),
            _ => None,
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Subject::Deal(id) => write!(f, "deal:{id}"),
            Subject::Peer(id) => write!(f, "peer:{id}"),
            Subject::Exchange(id) => write!(f, "xid:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use semper_base::Timestamp;

    proptest! {
        #[test]
        fn reads_back(bytes: [u8; 32], random: [u8; 10]) {
            let deal = DealId::new(Timestamp::from_millis(5), random);
            for subject in [Subject::Deal(deal), Subject::Peer(PeerId(Hash(bytes))), Subject::Exchange(Xid(Hash(bytes)))] {
                prop_assert_eq!(Subject::parse(&subject.to_string()), Some(subject));
                prop_assert_eq!(Subject::parse(&format!("{subject} ")), None);
                prop_assert_eq!(Subject::parse(&subject.to_string().replace(':', "::")), None);
            }
        }
    }
}
