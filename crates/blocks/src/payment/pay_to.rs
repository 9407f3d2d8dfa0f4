//! What a payer names instead of an account.

use semper_base::hash::hex;
use semper_base::{Nonce, json};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A one-time reference that a bank gave to a payee: 128 random bits, written as four groups of eight
/// hexadecimal digits. Whoever has it can pay to it once, and learns nothing about whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayTo(pub Nonce);

/// Digits of a group.
const GROUP: usize = 8;
/// How many groups there are.
const GROUPS: usize = 4;

impl PayTo {
    /// Reads the one form that `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let groups: Vec<&str> = text.split('-').take(GROUPS + 1).collect();
        if groups.len() != GROUPS || groups.iter().any(|group| group.len() != GROUP) {
            return None;
        }
        let nonce = json::from_checked(serde_json::Value::String(groups.concat()));
        nonce.ok().map(PayTo)
    }
}

impl std::fmt::Display for PayTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, group) in self.0.0.chunks(GROUP / 2).enumerate() {
            let dash = if at == 0 { "" } else { "-" };
            write!(f, "{dash}{}", hex(group))?;
        }
        Ok(())
    }
}

impl Serialize for PayTo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PayTo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        PayTo::parse(&text).ok_or_else(|| de::Error::custom("not a pay-to reference"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn its_form_does_not_move() {
        let mut bits = [0; 16];
        bits.iter_mut().zip(0..).for_each(|(byte, value)| *byte = value);
        assert_eq!(PayTo(Nonce(bits)).to_string(), "00010203-04050607-08090a0b-0c0d0e0f");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bits: [u8; 16]) {
            let pay_to = PayTo(Nonce(bits));
            prop_assert_eq!(PayTo::parse(&pay_to.to_string()), Some(pay_to));
            prop_assert_eq!(PayTo::parse(&pay_to.to_string().to_uppercase()).is_some(), bits.iter().all(|byte| {
                byte >> 4 < 10 && byte & 15 < 10
            }));
        }

        #[test]
        fn nothing_else_is(text in "[0-9a-f-]{30,40}|\\PC{0,40}") {
            prop_assert!(PayTo::parse(&text).is_none_or(|read| read.to_string() == text));
        }
    }
}
