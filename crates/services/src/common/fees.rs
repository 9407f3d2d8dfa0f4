//! What notaries take, and what a notary and its customers say to each other about it.

use std::collections::BTreeMap;

use semper_base::{
    Amount, Blob64, Code, Currency, Error, Key, Millis, Misuse, Refusal, Role, Timestamp, Violation, Xid,
    json as strict,
};
use semper_exchange::fair::frame::Protocol;
use semper_exchange::fair::frame::descriptor::{Core, Fee};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::hello::Met;
use super::traffic::Plain;
use super::{Desk, rows};

/// Message kinds.
pub mod kinds {
    use super::Plain;

    /// Body: [`super::Bill`].
    pub const BILL: &str = Plain::Bill.word();
    /// Body: [`super::TooSmall`].
    pub const TOO_SMALL: &str = Plain::FeeRefused.word();
}

/// How long a notary goes on with its old fee after it has asked for more, and for how long what a party knows of a
/// notary's fees may be relied on: who knew the old one is never refused.
pub const NOTICE: Millis = Millis::days(7);

/// For how long old tariffs are kept: no exchange that is older than a year can be begun.
const KEPT: Millis = Millis::days(400);

/// What a notary takes for completing an exchange, by protocol; nothing for those that are not named, and nothing
/// for whatever is aborted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Rate>", into = "Vec<Rate>")]
pub struct Tariff(BTreeMap<Protocol, Amount>);

/// One line of a tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rate {
    amount: Amount,
    protocol: Protocol,
}

impl From<Tariff> for Vec<Rate> {
    fn from(tariff: Tariff) -> Self {
        tariff.0.into_iter().map(|(protocol, amount)| Rate { amount, protocol }).collect()
    }
}

impl TryFrom<Vec<Rate>> for Tariff {
    type Error = &'static str;

    fn try_from(rates: Vec<Rate>) -> Result<Self, &'static str> {
        let lines = rates.len();
        let fees: BTreeMap<_, _> = rates.into_iter().map(|rate| (rate.protocol, rate.amount)).collect();
        if fees.len() == lines { Ok(Tariff(fees)) } else { Err("one protocol, two fees") }
    }
}

impl Tariff {
    /// Whether it takes nothing for anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fee for an exchange by this protocol.
    #[must_use]
    pub fn of(&self, protocol: Protocol) -> Option<Amount> {
        self.0.get(&protocol).copied().filter(|amount| amount.minor() > 0)
    }

    /// Reads `{"semper-csn-a/1":"0.50 EUR"}`.
    pub(crate) fn parse(value: &Value) -> Result<Tariff, Error> {
        let wrong =
            || Misuse::new(Code::FieldWrong, "fees: a protocol and an amount each, such as semper-csn-a/1 0.50 EUR");
        let mut fees = BTreeMap::new();
        for (word, text) in value.as_object().ok_or_else(wrong)? {
            let protocol = Protocol::ALL.into_iter().find(|known| known.word() == word).ok_or_else(wrong)?;
            let (number, currency) = text.as_str().and_then(|text| text.split_once(' ')).ok_or_else(wrong)?;
            fees.insert(protocol, Amount::parse(number, Currency::parse(currency)?)?);
        }
        Ok(Tariff(fees.into_iter().filter(|(_, amount)| amount.minor() > 0).collect()))
    }

    /// As people read it: `{"semper-csn-a/1":"0.50 EUR"}`.
    #[must_use]
    pub fn shown(&self) -> Value {
        let fee = |(protocol, amount): (&Protocol, &Amount)| (protocol.word().to_owned(), json!(amount.to_string()));
        Value::Object(self.0.iter().map(fee).collect())
    }

    /// Whether an exchange states enough.
    pub fn check(&self, core: &Core) -> Result<(), Refusal> {
        suffices(self.of(core.protocol), core.fee)
    }
}

/// Whether what is stated is as much as what is due.
pub fn suffices(due: Option<Amount>, stated: Option<Fee>) -> Result<(), Refusal> {
    let Some(due) = due else { return Ok(()) };
    match stated {
        Some(fee) if fee.amount.currency() == due.currency() && fee.amount.minor() >= due.minor() => Ok(()),
        stated => {
            let stated = stated.map_or_else(|| "nothing".to_owned(), |fee| fee.amount.to_string());
            let text = format!("the notary takes {due}, the exchange states {stated}: make it anew");
            Err(Refusal::new(Code::FeeTooSmall, text))
        }
    }
}

/// Whether what we know of a notary's fees can be relied on. Where the notary is asked only if somebody stops, it would
/// be too late to hear then that it takes more.
pub fn check_heard(notary: &Met, now: Timestamp) -> Result<(), Refusal> {
    match notary.heard {
        Some(heard) if now < heard.plus(NOTICE) => Ok(()),
        _ => {
            let text = format!(
                "nothing was heard of {} for a week, so what it takes is not known: be online first",
                notary.name
            );
            Err(Refusal::new(Code::FeeTooSmall, text))
        }
    }
}

/// A notary's tariff and since when it has told it to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Since when.
    pub since: Timestamp,
    /// What it takes.
    pub tariff: Tariff,
}

/// What is due for an exchange that was opened then, by all tariffs in the order of time: the least of those that
/// were in force at any moment of the [`NOTICE`] before. Before the first nothing was taken.
#[must_use]
pub fn due(published: &[Published], protocol: Protocol, opened: Timestamp) -> Option<Amount> {
    let from = opened.minus(NOTICE);
    let before = published.iter().rfind(|one| one.since <= from);
    let later = published.iter().filter(|one| one.since > from && one.since <= opened);
    let least = |a: Amount, b: Amount| if b.currency() == a.currency() && b.minor() < a.minor() { b } else { a };
    let mut fee = before?.tariff.of(protocol)?;
    for one in later {
        fee = least(fee, one.tariff.of(protocol)?);
    }
    Some(fee)
}

/// Notary to the payer of an exchange that it has completed: its bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bill {
    /// The certificate of whoever signed the receipt (DER).
    pub certificate: Blob64,
    /// The notary's conditional receipt: received, if the bank says that it was paid.
    pub receipt: String,
    /// The exchange.
    pub xid: Xid,
}

impl Bill {
    /// As a payment request, which anybody pays in the same way.
    #[must_use]
    pub fn request(&self) -> Value {
        json!({ "certificate": self.certificate, "receipt": self.receipt })
    }
}

/// Notary to a party: it does not take part in this exchange, whose fee is too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooSmall {
    /// What it takes.
    pub due: Amount,
    /// The exchange.
    pub xid: Xid,
}

/// What a notary said about a fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromNotary {
    /// A bill.
    Bill(Bill),
    /// No.
    TooSmall(TooSmall),
}

/// Whether a party in this role takes messages of this kind here.
#[must_use]
pub fn takes(role: Role, kind: &str) -> bool {
    matches!(kind, kinds::BILL | kinds::TOO_SMALL) && matches!(role, Role::Buyer | Role::Seller)
}

/// Checks the form of such a message.
pub fn check(kind: &str, body: &[u8]) -> Result<FromNotary, Violation> {
    match kind {
        kinds::BILL => Ok(FromNotary::Bill(strict::read(body)?)),
        kinds::TOO_SMALL => Ok(FromNotary::TooSmall(strict::read(body)?)),
        other => Err(Violation::new(Code::KindUnknown, other)),
    }
}

fn row() -> Key {
    Key::new("own", "fees")
}

/// The tariffs that we as a notary have published, in the order of time.
pub(crate) fn published(desk: &Desk<'_, '_>) -> Result<Vec<Published>, Error> {
    Ok(rows::get(desk.tx, &row())?.unwrap_or_default())
}

/// The tariff of now.
pub fn tariff(desk: &Desk<'_, '_>) -> Result<Tariff, Error> {
    Ok(published(desk)?.pop().map(|last| last.tariff).unwrap_or_default())
}

/// Publishes another one. Those that no exchange can meet any more are forgotten.
pub(crate) fn publish(tariff: Tariff, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let (since, oldest) = (desk.cx.now, desk.cx.now.minus(KEPT));
    let mut all = published(desk)?;
    all.push(Published { since, tariff });
    let first = all.iter().rposition(|one| one.since <= oldest).unwrap_or(0);
    Ok(rows::put(desk.tx, row(), &all.split_off(first))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: u64) -> Amount {
        Amount::new(minor, Currency::EUR).unwrap()
    }

    fn day(number: u64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus(Millis::days(number))
    }

    fn published(steps: &[(u64, u64)]) -> Vec<Published> {
        let tariff = |minor: u64| Tariff(BTreeMap::from([(Protocol::Cs2, eur(minor))]));
        steps.iter().map(|(at, minor)| Published { since: day(*at), tariff: tariff(*minor) }).collect()
    }

    #[test]
    fn a_raise_waits_for_a_week_and_less_counts_at_once() {
        let due = |steps: &[(u64, u64)], opened| due(&published(steps), Protocol::Cs2, day(opened)).map(Amount::minor);
        assert_eq!(due(&[], 9), None);
        // The first fee is a raise too.
        assert_eq!(due(&[(10, 50)], 16), None);
        assert_eq!(due(&[(10, 50)], 17), Some(50));
        assert_eq!(due(&[(10, 50)], 9), None);
        assert_eq!(due(&[(10, 50), (30, 80)], 36), Some(50));
        assert_eq!(due(&[(10, 50), (30, 80)], 37), Some(80));
        assert_eq!(due(&[(10, 50), (30, 20)], 30), Some(20));
        assert_eq!(due(&[(10, 50), (30, 20), (31, 90)], 37), Some(20));
        assert_eq!(due(&[(10, 50), (30, 20), (31, 90)], 38), Some(90));
        // What was made under the old one stays so for ever.
        assert_eq!(due(&[(10, 50), (30, 80)], 20), Some(50));
        assert_eq!(super::due(&published(&[(10, 50)]), Protocol::CsnA, day(60)), None);
    }

    #[test]
    fn a_tariff_is_read_as_it_is_shown() {
        let shown = json!({ "semper-csn-a/1": "0.50 EUR", "semper-cs2/1": "1.00 CHF" });
        assert_eq!(Tariff::parse(&shown).unwrap().shown(), shown);
        let tariff = Tariff::parse(&shown).unwrap();
        let text = serde_json::to_string(&tariff).unwrap();
        assert_eq!(serde_json::from_str::<Tariff>(&text).unwrap(), tariff);
        let line = r#"{"amount":{"currency":"EUR","minor":1},"protocol":"semper-cs2/1"}"#;
        assert!(serde_json::from_str::<Tariff>(&format!("[{line}]")).is_ok());
        assert!(serde_json::from_str::<Tariff>(&format!("[{line},{line}]")).is_err());
        let free = Tariff::parse(&json!({ "semper-cs2/1": "0.00 EUR" })).unwrap();
        assert!(free.is_empty() && free.of(Protocol::Cs2).is_none());
    }

    #[test]
    fn another_currency_is_nothing() {
        let stated = |amount| Some(Fee { amount, payer: 0 });
        assert!(suffices(None, None).is_ok());
        assert!(suffices(Some(eur(50)), stated(eur(50))).is_ok());
        assert!(suffices(Some(eur(50)), stated(eur(51))).is_ok());
        let chf = Amount::parse("9.00", Currency::parse("CHF").unwrap()).unwrap();
        for wrong in [None, stated(eur(49)), stated(chf)] {
            assert_eq!(suffices(Some(eur(50)), wrong).unwrap_err().code(), Code::FeeTooSmall);
        }
    }
}
