//! Value added tax that a price includes (in the EU a consumer is shown prices with it: Directive
//! 98/6/EC, article 2).

use semper_base::code::Code;
use semper_base::{Amount, Violation};
use serde::{Deserialize, Serialize};

/// A rate, in hundredths of a percent, below 100 %.
///
/// On the wire it is a text, the percentage as people write it: `"19"`, `"8.1"`, `"0"`. At most two
/// decimal places, no zeros that say nothing: each rate has one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VatRate(u16);

/// 100 %, in hundredths of a percent.
const WHOLE: u16 = 10_000;

impl VatRate {
    /// Germany's standard rate (`UStG`, section 12 (1)).
    pub const STANDARD: VatRate = VatRate(1900);

    /// Reads the wire form.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let wrong = || Violation::new(Code::FieldWrong, "VAT rate: a percentage such as 19 or 8.1");
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return Err(wrong());
        }
        let number = |text: &str| text.parse::<u16>().map_err(|_| wrong());
        let tenfold = if part.len() == 1 { 10 } else { 1 };
        let rate = VatRate(number(whole)? * 100 + number(part)? * tenfold);
        // What the one form does not say does not survive the round trip.
        if rate.to_string() == text { Ok(rate) } else { Err(wrong()) }
    }

    /// The tax within `price`, rounded to the nearest minor unit, halves up.
    #[must_use]
    pub fn within(self, price: Amount) -> Amount {
        let (rate, whole) = (u128::from(self.0), u128::from(WHOLE) + u128::from(self.0));
        let tax = (u128::from(price.minor()) * rate + whole / 2) / whole;
        // It is less than the price, which is an amount.
        u64::try_from(tax).ok().and_then(|tax| Amount::new(tax, price.currency()).ok()).unwrap_or(price)
    }
}

impl std::fmt::Display for VatRate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match (part, part % 10) {
            (0, _) => write!(f, "{whole}"),
            (_, 0) => write!(f, "{whole}.{}", part / 10),
            _ => write!(f, "{whole}.{part:02}"),
        }
    }
}

impl From<VatRate> for String {
    fn from(rate: VatRate) -> String {
        rate.to_string()
    }
}

impl TryFrom<String> for VatRate {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        VatRate::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use semper_base::Currency;
    use semper_base::limits::INTEGER_MAX;

    use super::*;

    #[test]
    fn every_rate_has_one_form() {
        for hundredths in 0..WHOLE {
            let rate = VatRate(hundredths);
            assert_eq!(VatRate::parse(&rate.to_string()), Ok(rate));
        }
        assert_eq!(VatRate::STANDARD.to_string(), "19");
        assert_eq!([VatRate(810), VatRate(5), VatRate(1)].map(|rate| rate.to_string()), ["8.1", "0.05", "0.01"]);
        for bad in
            ["", ".", "19.", ".5", "19.0", "8.10", "019", "00", "100", "-1", "+1", "1e1", "19 ", "8,1", "7.255", "٣"]
        {
            assert!(VatRate::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tax_within_a_price() {
        let within = |rate: VatRate, minor| rate.within(Amount::new(minor, Currency::EUR).unwrap()).minor();
        assert_eq!(within(VatRate::STANDARD, 11_900), 1_900);
        assert_eq!(within(VatRate::STANDARD, 18_490), 2_952, "29.522 is rounded down");
        assert_eq!(within(VatRate::STANDARD, 3), 0, "0.479");
        assert_eq!(within(VatRate::STANDARD, 4), 1, "0.639");
        assert_eq!(within(VatRate(2500), 5), 1);
        assert_eq!(within(VatRate(0), 18_490), 0);
        for rate in [0, 1, 1900, WHOLE - 1] {
            let tax = within(VatRate(rate), INTEGER_MAX);
            assert!(tax < INTEGER_MAX / 2 + 1);
            // Of the net price, the rate gives the tax again, but for rounding.
            let net = u128::from(INTEGER_MAX - tax);
            assert!((net * u128::from(rate) / u128::from(WHOLE)).abs_diff(u128::from(tax)) <= 1);
        }
    }
}
