//! What came of a deal, computed from what can be looked at: balances, the received file, the
//! registers' rows, the evidence packs. Nothing here knows which way was played.

use std::path::Path;

use semper_base::{Amount, Code, Error};
use semper_store::SqliteReader;
use serde_json::{Value, json};

use crate::serve;

/// Notes about misbehaviour that are looked at.
const NOTES_MAX: usize = 10_000;

/// What buyer and seller could spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Balances {
    pub(super) buyer: Amount,
    pub(super) seller: Amount,
}

impl Balances {
    pub(super) fn json(self) -> Value {
        json!({ "buyer": self.buyer.to_string(), "seller": self.seller.to_string() })
    }
}

/// What is known when a deal is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) price: Amount,
    pub(super) before: Balances,
    pub(super) after: Balances,
    /// Whether the buyer can read exactly the file that was offered.
    pub(super) file: bool,
}

impl Facts {
    /// Whether nobody lost anything: the buyer paid the price for the file or nothing at all; the seller
    /// has the price or the buyer does not have the file; and what one paid, the other got.
    pub(super) fn fair(&self) -> bool {
        let (paid, earned) = (self.paid(), self.earned());
        let price = i128::from(self.price.minor());
        let buyer = paid == 0 || (paid == price && self.file);
        let seller = earned == price || (earned == 0 && !self.file);
        buyer && seller && paid == earned
    }

    /// Minor units that the buyer has less than before.
    pub(super) fn paid(&self) -> i128 {
        i128::from(self.before.buyer.minor()) - i128::from(self.after.buyer.minor())
    }

    /// Minor units that the seller has more than before.
    pub(super) fn earned(&self) -> i128 {
        i128::from(self.after.seller.minor()) - i128::from(self.before.seller.minor())
    }

    /// Who holds what of the deal.
    pub(super) fn holds(&self) -> Value {
        let buyer = if self.file { "file" } else { "money" };
        let seller = if self.earned() > 0 { "money" } else { "file" };
        json!({ "buyer": buyer, "seller": seller })
    }
}

/// Reads `{"available":"495.10 EUR"}`.
pub(super) fn available(reply: &Value) -> Result<Amount, Error> {
    serve::amount(reply.get("available").and_then(Value::as_str).unwrap_or_default())
}

/// Who is convicted in these reports, each misdeed once: `[{"who":"seller","misdeed":"wrong-file"}]`.
pub(super) fn convicted<'a>(reports: impl IntoIterator<Item = &'a Value>) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for report in reports {
        let convictions = report.pointer("/verdict/convictions").and_then(Value::as_array);
        for conviction in convictions.into_iter().flatten() {
            let one = json!({ "who": conviction.get("who"), "misdeed": conviction.get("misdeed") });
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

/// What a party wrote down about messages that it refused: why, and what kind of message it was.
pub(super) fn notes(directory: &Path) -> Result<Vec<(Code, String)>, Error> {
    let archive = SqliteReader::open_read_only(directory)?.archive("", 0, NOTES_MAX)?;
    let note = |record: &semper_base::tx::Record| {
        let note = String::from_utf8_lossy(&record.bytes).into_owned();
        let mut words = note.splitn(3, ' ');
        let code = words.next()?.parse().ok().and_then(Code::from_number)?;
        Some((code, words.next().unwrap_or_default().to_owned()))
    };
    Ok(archive.iter().filter(|one| one.record.kind == "misdeed").filter_map(|one| note(&one.record)).collect())
}

/// That a party noticed something, and in which message.
pub(super) fn notice(party: &str, code: Code, message: &str) -> Value {
    json!({ "party": party, "code": code.number(), "name": code.name(), "text": code.text(), "message": message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(paid: u64, earned: u64, file: bool) -> Facts {
        let amount = |text: &str| serve::amount(text).unwrap();
        let (price, start) = (amount("4.90 EUR"), amount("500.00 EUR"));
        let minor = |minor: u64| Amount::new(minor, price.currency()).unwrap();
        let after = Balances { buyer: start.minus(minor(paid)).unwrap(), seller: start.plus(minor(earned)).unwrap() };
        Facts { price, before: Balances { buyer: start, seller: start }, after, file }
    }

    #[test]
    fn fair_is_all_or_nothing() {
        assert!(facts(490, 490, true).fair());
        assert!(facts(0, 0, false).fair());
        // The buyer has both, or neither; the money is short, or somewhere else.
        assert!(!facts(0, 0, true).fair());
        assert!(!facts(490, 490, false).fair());
        assert!(!facts(489, 489, true).fair());
        assert!(!facts(490, 0, true).fair());
        assert!(!facts(0, 490, false).fair());
        assert!(!facts(490, 0, false).fair());
    }
}
