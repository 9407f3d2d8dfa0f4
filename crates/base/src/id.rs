//! Names of things. Each is its own type, so that a deal never stands where a key is meant.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::{Hash, from_hex, hex};
use crate::text;
use crate::time::Timestamp;

macro_rules! hash_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Hash);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.short())
            }
        }
    };
}

hash_id! {
    /// One exchange: `SHA-256("semper-xid/1" || exact bytes of the public descriptor)`.
    Xid
}
hash_id! {
    /// A public key: SHA-256 of its DER `SubjectPublicKeyInfo`.
    KeyId
}
hash_id! {
    /// A party as a peer: the [`KeyId`] of the key that signed its `hello`.
    PeerId
}

impl Xid {
    /// The id of the exchange that these exact descriptor bytes describe.
    #[must_use]
    pub fn of(descriptor: &[u8]) -> Self {
        Xid(Hash::tagged("semper-xid/1", descriptor))
    }
}

/// A deal on one party's books: 48 bits of time (milliseconds), then 80 random bits. Ordered by
/// time because ordered keys are several times cheaper in a B-tree than random ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DealId([u8; 16]);

impl DealId {
    /// Joins `now` and ten random bytes.
    #[must_use]
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let mut id = [0_u8; 16];
        for (to, from) in id.iter_mut().zip(now.millis().to_be_bytes().iter().skip(2).chain(&random)) {
            *to = *from;
        }
        DealId(id)
    }

    /// Reads the 32 hexadecimal digits that `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        from_hex(text).map(DealId)
    }
}

impl std::fmt::Display for DealId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::fmt::Debug for DealId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DealId({self})")
    }
}

impl Serialize for DealId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for DealId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer, "a deal id of 32 hex digits", DealId::parse)
    }
}

/// 128 random bits that make a statement unlike every other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; 16]);

impl std::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nonce({})", hex(&self.0))
    }
}

impl Serialize for Nonce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer, "a nonce of 32 hex digits", |text| from_hex(text).map(Nonce))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deal_ids_sort_by_time() {
        let early = DealId::new(Timestamp::from_millis(1), [255; 10]);
        let late = DealId::new(Timestamp::from_millis(2), [0; 10]);
        assert!(early < late);
        assert_eq!(DealId::parse(&late.to_string()), Some(late));
    }
}
