//! Money: whole minor units and a currency. No fractions, no floats, no silent overflow.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::code::{Code, Misuse, Violation};
use crate::limits::INTEGER_MAX;
use crate::text;

/// An ISO 4217 currency that this build knows the exponent of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Decimal places of each currency we accept (ISO 4217, list one).
const EXPONENTS: [(&[u8; 3], u8); 6] = [(b"CHF", 2), (b"EUR", 2), (b"GBP", 2), (b"JPY", 0), (b"SEK", 2), (b"USD", 2)];

impl Currency {
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");

    /// Reads a three-letter code; unknown currencies are refused because their exponent is.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        EXPONENTS
            .iter()
            .find(|(code, _)| code.as_slice() == text.as_bytes())
            .map(|(code, _)| Currency(**code))
            .ok_or_else(|| Violation::new(Code::CurrencyUnknown, text))
    }

    /// Digits after the decimal point.
    #[must_use]
    pub fn exponent(self) -> u8 {
        EXPONENTS.iter().find(|(code, _)| **code == self.0).map_or(2, |(_, places)| *places)
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer, "a known currency", |text| Currency::parse(text).ok())
    }
}

/// An amount of money, zero or more, at most 2^53-1 minor units (the largest integer that every
/// JSON reader keeps exactly).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    // In canonical order.
    currency: Currency,
    /// Minor units (cents), 0 to 2^53-1.
    #[serde(deserialize_with = "bounded_minor")]
    minor: u64,
}

fn bounded_minor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let minor = u64::deserialize(deserializer)?;
    if minor > INTEGER_MAX {
        return Err(de::Error::custom("amount beyond 2^53-1 minor units"));
    }
    Ok(minor)
}

impl Amount {
    /// `minor` units of `currency`; refuses more than 2^53-1.
    pub fn new(minor: u64, currency: Currency) -> Result<Self, Misuse> {
        if minor > INTEGER_MAX {
            return Err(Misuse::new(Code::AmountOverflow, ""));
        }
        Ok(Amount { currency, minor })
    }

    /// Nothing, in `currency`.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Amount { minor: 0, currency }
    }

    /// Minor units.
    #[must_use]
    pub fn minor(self) -> u64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Sum; refuses another currency and overflow.
    pub fn plus(self, other: Amount) -> Result<Amount, Misuse> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor);
        Amount::new(minor.unwrap_or(u64::MAX), self.currency)
    }

    /// Difference; refuses another currency and a negative result.
    pub fn minus(self, other: Amount) -> Result<Amount, Misuse> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor);
        minor
            .map(|minor| Amount { minor, currency: self.currency })
            .ok_or_else(|| Misuse::new(Code::AmountNegative, ""))
    }

    /// `quantity` times this amount.
    pub fn times(self, quantity: u64) -> Result<Amount, Misuse> {
        let minor = self.minor.checked_mul(quantity);
        Amount::new(minor.unwrap_or(u64::MAX), self.currency)
    }

    fn same_currency(self, other: Amount) -> Result<(), Misuse> {
        if self.currency == other.currency { Ok(()) } else { Err(Misuse::new(Code::CurrencyMixed, "")) }
    }

    /// The number alone, as people write it: `184.90`.
    #[must_use]
    pub fn decimal(self) -> String {
        let places = usize::from(self.currency.exponent());
        let digits = format!("{:0width$}", self.minor, width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        if places == 0 { whole.to_owned() } else { format!("{whole}.{part}") }
    }

    /// Reads `184.90`, `184` or `184.9` of `currency`; refuses signs, blanks and more places than
    /// the currency has.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, Violation> {
        let wrong = || Violation::new(Code::AmountMalformed, text);
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let places = usize::from(currency.exponent());
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(part) || part.len() > places {
            return Err(wrong());
        }
        let digits = format!("{whole}{part:0<places$}");
        let minor: u64 = digits.parse().map_err(|_| wrong())?;
        Amount::new(minor, currency).map_err(|_| wrong())
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

impl std::fmt::Debug for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prints_and_reads_like_people_do() {
        let eur = |text| Amount::parse(text, Currency::EUR);
        assert_eq!(eur("184.90").unwrap().to_string(), "184.90 EUR");
        assert_eq!(eur("0.05").unwrap().minor(), 5);
        assert_eq!(eur("7").unwrap().minor(), 700);
        for bad in ["", ".5", "1.234", "-1", "+1", "1e3", " 1", "1,00", "99999999999999999999"] {
            assert!(eur(bad).is_err(), "{bad}");
        }
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(Amount::new(12, yen).unwrap().to_string(), "12 JPY");
        assert!(Amount::parse("1.0", yen).is_err());
    }

    #[test]
    fn currencies_do_not_mix() {
        let eur = Amount::new(1, Currency::EUR).unwrap();
        let usd = Amount::new(1, Currency::parse("USD").unwrap()).unwrap();
        assert_eq!(eur.plus(usd).unwrap_err().code(), Code::CurrencyMixed);
    }

    proptest! {
        #[test]
        fn decimal_round_trip(minor in 0..=INTEGER_MAX) {
            let amount = Amount::new(minor, Currency::EUR).unwrap();
            prop_assert_eq!(Amount::parse(&amount.decimal(), Currency::EUR).unwrap(), amount);
        }

        #[test]
        fn sums_come_apart_again(a in 0..=INTEGER_MAX, b in 0..=INTEGER_MAX) {
            let (a, b) = (Amount::new(a, Currency::EUR).unwrap(), Amount::new(b, Currency::EUR).unwrap());
            match a.plus(b) {
                Ok(sum) => prop_assert_eq!(sum.minus(b).unwrap(), a),
                Err(error) => prop_assert_eq!(error.code(), Code::AmountOverflow),
            }
        }
    }
}
