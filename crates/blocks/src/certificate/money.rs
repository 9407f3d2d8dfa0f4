//! Amounts in certificates. Two standards, two opposite scales: ETSI's value is `amount *
//! 10^exponent`, RFC 4059's is `amount / 10^amtExp10`. Every conversion is here, and nowhere else.

use der::asn1::PrintableString;
use semper_base::{Amount, Currency, Violation};

use super::asn1::{QcLimit, WarrantyAmount, WarrantyData, WarrantyInfo, malformed};

/// ISO 4217 numbers of the currencies that `Currency` knows (RFC 4059 has no letters).
const NUMBERS: [(&str, u16); 6] = [("CHF", 756), ("EUR", 978), ("GBP", 826), ("JPY", 392), ("SEK", 752), ("USD", 840)];

/// `perTransaction` of RFC 4059's `WarrantyType`.
const PER_TRANSACTION: u8 = 1;

/// Ten to the currency's decimal places.
fn scale(currency: Currency) -> u64 {
    10_u64.saturating_pow(u32::from(currency.exponent()))
}

/// Whole units with exponent 0 where the amount is whole (every validator reads that), else minor
/// units with a negative exponent.
pub(super) fn to_limit(amount: Amount) -> Result<QcLimit, Violation> {
    let currency = amount.currency();
    let places = i8::try_from(currency.exponent()).map_err(|_| malformed("limit"))?;
    let whole = amount.minor().is_multiple_of(scale(currency));
    let (value, exponent) = if whole { (amount.minor() / scale(currency), 0) } else { (amount.minor(), -places) };
    let value = i64::try_from(value).map_err(|_| malformed("limit"))?;
    let currency = PrintableString::new(currency.as_str()).map_err(|_| malformed("limit"))?;
    Ok(QcLimit { currency, amount: value, exponent })
}

/// Reads what [`to_limit`] writes; other spellings of the same value are refused later, when the
/// certificate is written again and compared.
pub(super) fn from_limit(limit: &QcLimit) -> Result<Amount, Violation> {
    let currency = Currency::parse(limit.currency.as_str())?;
    let value = u64::try_from(limit.amount).map_err(|_| malformed("limit"))?;
    let minor = if limit.exponent == 0 { value.checked_mul(scale(currency)) } else { Some(value) };
    let minor = minor.ok_or_else(|| malformed("limit"))?;
    Amount::new(minor, currency).map_err(|_| malformed("limit"))
}

/// A base warranty per transaction, valid as long as the certificate, in minor units.
pub(super) fn to_warranty(amount: Amount) -> Result<WarrantyData, Violation> {
    let letters = amount.currency();
    let number = NUMBERS.iter().find(|(known, _)| *known == letters.as_str());
    let (_, currency) = number.ok_or_else(|| malformed("warranty"))?;
    let value = i64::try_from(amount.minor()).map_err(|_| malformed("warranty"))?;
    let amount = WarrantyAmount { currency: *currency, amount: value, amt_exp10: letters.exponent() };
    Ok(WarrantyData { base: WarrantyInfo { validity: der::asn1::Null, amount, w_type: PER_TRANSACTION } })
}

/// Reads what [`to_warranty`] writes.
pub(super) fn from_warranty(data: &WarrantyData) -> Result<Amount, Violation> {
    let amount = &data.base.amount;
    let letters = NUMBERS.iter().find(|(_, number)| *number == amount.currency);
    let (letters, _) = letters.ok_or_else(|| malformed("warranty"))?;
    let currency = Currency::parse(letters)?;
    let minor = u64::try_from(amount.amount).map_err(|_| malformed("warranty"))?;
    Amount::new(minor, currency).map_err(|_| malformed("warranty"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use semper_base::limits::INTEGER_MAX;

    #[test]
    fn the_two_scales_are_opposite() {
        let amount = Amount::parse("184.90", Currency::EUR).unwrap();
        let limit = to_limit(amount).unwrap();
        assert_eq!((limit.amount, limit.exponent), (18_490, -2));
        let warranty = to_warranty(amount).unwrap().base.amount;
        assert_eq!((warranty.currency, warranty.amount, warranty.amt_exp10), (978, 18_490, 2));
        let whole = to_limit(Amount::parse("5000", Currency::EUR).unwrap()).unwrap();
        assert_eq!((whole.amount, whole.exponent), (5000, 0));
    }

    proptest! {
        #[test]
        fn amounts_round_trip(minor in 0..=INTEGER_MAX, which in 0..NUMBERS.len()) {
            let amount = Amount::new(minor, Currency::parse(NUMBERS[which].0).unwrap()).unwrap();
            prop_assert_eq!(from_limit(&to_limit(amount).unwrap()).unwrap(), amount);
            prop_assert_eq!(from_warranty(&to_warranty(amount).unwrap()).unwrap(), amount);
        }
    }
}
