//! The chain over the archive.

use semper_base::tx::{Need, Record};
use semper_base::{Code, Fault, Hash, Timestamp};

/// The link of `record`, archived at `at`, after the link `previous` (zero before the first):
/// `SHA-256("semper-archive/1" || previous || own)`, where `own` is the tagged hash
/// `semper-record/1` over subject, kind, bytes, need, expiry and time, each with its length.
#[must_use]
pub fn link_after(previous: &Hash, record: &Record, at: Timestamp) -> Hash {
    let own = Hash::tagged_parts(
        "semper-record/1",
        &[
            record.subject.as_bytes(),
            record.kind.as_bytes(),
            &record.bytes,
            need_word(record.need).as_bytes(),
            &record.expires.millis().to_be_bytes(),
            &at.millis().to_be_bytes(),
        ],
    );
    let mut both = [0; 64];
    both.iter_mut().zip(previous.bytes().iter().chain(own.bytes())).for_each(|(to, from)| *to = *from);
    Hash::tagged("semper-archive/1", &both)
}

/// How the archive writes a [`Need`].
#[must_use]
pub const fn need_word(need: Need) -> &'static str {
    match need {
        Need::Evidence => "evidence",
        Need::Misdeed => "misdeed",
        Need::Transcript => "transcript",
    }
}

/// Computes every link again, after `start` (zero for the whole archive), and returns the last one,
/// to be compared with a copy kept elsewhere: a chain cut off at its end looks whole.
/// [`Code::DatabaseCorrupt`] names the first record (counted from 1) whose link is another.
pub fn verify_chain<'a>(
    start: Hash,
    records: impl IntoIterator<Item = (&'a Hash, Timestamp, &'a Record)>,
) -> Result<Hash, Fault> {
    let mut last = start;
    for (at, (link, archived, record)) in records.into_iter().enumerate() {
        last = link_after(&last, record, archived);
        if last != *link {
            return Err(Fault::new(Code::DatabaseCorrupt, format!("archive: link {}", at + 1)));
        }
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Hash = Hash([0; 32]);

    fn records(bytes: &[Vec<u8>]) -> Vec<(Hash, Timestamp, Record)> {
        let mut last = START;
        let chained = bytes.iter().zip(1_u64..).map(|(bytes, at)| {
            let record = Record {
                subject: "xid:1".into(),
                kind: "hold".into(),
                bytes: bytes.clone(),
                need: Need::Evidence,
                expires: Timestamp::from_millis(1000),
            };
            let at = Timestamp::from_millis(at);
            last = link_after(&last, &record, at);
            (last, at, record)
        });
        chained.collect()
    }

    fn verify(chain: &[(Hash, Timestamp, Record)]) -> Result<Hash, Fault> {
        verify_chain(START, chain.iter().map(|(link, at, record)| (link, *at, record)))
    }

    /// Computed with another program from the definition above.
    #[test]
    fn known_link() {
        let link = records(&[b"abc".to_vec()])[0].0;
        assert_eq!(link.hex(), "1a6723725cc4cd977ca54813847dfd0d26acc068b35c9827e26009a814c74acb");
    }

    proptest! {
        #[test]
        fn every_change_is_found(
            bytes in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 2..6),
            place in any::<prop::sample::Index>(),
            what in 0..8,
        ) {
            let good = records(&bytes);
            prop_assert_eq!(verify(&good).unwrap(), good.last().unwrap().0);
            let (mut bad, at) = (good.clone(), place.index(good.len() - 1));
            match what {
                0 => bad[at].2.bytes.push(0),
                1 => bad[at].2.kind.push('x'),
                2 => bad[at].2.subject.push('x'),
                3 => bad[at].2.need = Need::Misdeed,
                4 => bad[at].2.expires = Timestamp::EPOCH,
                5 => bad[at].1 = Timestamp::from_millis(99),
                6 => { bad.remove(at); }
                _ => bad.swap(at, at + 1),
            }
            prop_assert_eq!(verify(&bad).unwrap_err().code(), Code::DatabaseCorrupt);
            // A chain that was cut off at its end is whole, but ends elsewhere.
            prop_assert_ne!(verify(&good[..=at]).unwrap(), good.last().unwrap().0);
        }
    }
}
