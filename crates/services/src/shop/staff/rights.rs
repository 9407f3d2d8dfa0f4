//! What somebody of the staff may do, and what each command needs.

use semper_base::Amount;
use semper_commerce::process::product::read_price;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Rights of one person; each stands for itself.
#[expect(clippy::struct_excessive_bools, reason = "four independent rights, as they are ticked on a page")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rights {
    /// Orders with names and addresses, products, evidence of an order.
    see: bool,
    /// Hand parcels over.
    ship: bool,
    /// Cancel what is not shipped; step out of an exchange.
    cancel: bool,
    /// Products, prices, stock, imports, the price list up to its signature.
    prices: bool,
    /// Send money back, up to this amount of one order, such as `20.00 EUR`.
    #[serde(deserialize_with = "amount")]
    refund_up_to: Option<String>,
}

fn amount<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let wrong = || serde::de::Error::custom("refund_up_to: a number and a currency, such as 20.00 EUR");
    // As it is written back: 20 EUR becomes 20.00 EUR.
    text.map(|text| read_price(&text).map(|amount| amount.to_string()).map_err(|_| wrong())).transpose()
}

impl Rights {
    /// Everything that can be allowed but refunds, which need a limit: how the owner is shown.
    pub(super) fn all() -> Self {
        Rights { see: true, ship: true, cancel: true, prices: true, refund_up_to: None }
    }

    /// Whether these allow it. Refunds have their own question.
    pub(super) fn allow(&self, right: Right) -> bool {
        match right {
            Right::Cancel => self.cancel,
            Right::Myself => true,
            Right::Prices => self.prices,
            Right::Refund => false,
            Right::See => self.see,
            Right::Ship => self.ship,
        }
    }

    /// Up to what money may be sent back of one order.
    pub(super) fn refund_limit(&self) -> Option<Amount> {
        self.refund_up_to.as_deref().and_then(|text| read_price(text).ok())
    }
}

/// What a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Cancel,
    /// What anybody may ask about themselves.
    Myself,
    Prices,
    Refund,
    See,
    Ship,
}

impl Right {
    /// Its name in `staff-put`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Right::Cancel => "cancel",
            Right::Myself => "myself",
            Right::Prices => "prices",
            Right::Refund => "refund",
            Right::See => "see",
            Right::Ship => "ship",
        }
    }
}

/// The right that a command needs. None: the owner alone may give it, and so every command that is not
/// named here, of whatever part of the party.
pub(super) fn needed(word: &str, request: &Value) -> Option<Right> {
    let sets = request.get("set").is_some();
    Some(match word {
        "staff-me" => Right::Myself,
        "cart" | "catalogue" | "export" | "goods" | "product-get" | "products" | "sale" | "sales" => Right::See,
        "shipping" if !sets => Right::See,
        "accept" | "bring" | "ship" | "status" | "waybill" => Right::Ship,
        "cancel" | "release" => Right::Cancel,
        "refund" => Right::Refund,
        "catalogue-import" | "price-list" | "product-put" | "product-remove" | "product-set" | "shipping" => {
            Right::Prices
        }
        "goods-begin" | "goods-chunk" | "goods-end" => Right::Prices,
        _ => return None,
    })
}
