//! The commands about money of a party that is neither wallet nor shop: a notary is paid its fees.

use super::table::{Command, c};

/// Of a notary.
pub(super) const PAYING: &[Command] = &[
    c(
        "fees",
        "What this notary takes, by protocol, and its bills; with `set`, what it takes from now on.",
        r#"{"set":{"semper-csn-a/1":"0.50 EUR"}}"#,
        "set",
    ),
    c("open-account", "Opens an account at the bank; asked again, asks what is on it.", r#"{"currency":"EUR"}"#, ""),
    c(
        "pay",
        "Pays to a reference that the payee handed over.",
        r#"{"purpose":"HASH","to":"REFERENCE","amount":"1.00 EUR"}"#,
        "",
    ),
    c("pay-to", "A reference to be paid over.", r#"{"purpose":"HASH"}"#, "purpose"),
    c(
        "payment-accept",
        "Pays what a payment request asks for, against the receipt in it.",
        r#"{"request":{"certificate":"BASE64URL","receipt":"JWS"}}"#,
        "",
    ),
    c("payment-export", "A receipt as an evidence pack.", r#"{"purpose":"HASH"}"#, ""),
    c(
        "payment-request",
        "Asks to be paid, with a receipt signed in advance; with its purpose: what to hand to the payer.",
        r#"{"amount":"12.50 EUR","text":"Rent of March","days":14}"#,
        "days",
    ),
    c("payments", "What was asked to be paid, and what is paid for receipts.", r"{}", ""),
    c("purse", "The account and what is on it.", r"{}", ""),
    c("transfers", "Payments and references.", r"{}", ""),
];
