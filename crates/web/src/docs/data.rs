//! The commands about data for money, which wallet and shop have alike.

use super::table::{Command, c};

/// Of a party that sells and buys data.
pub(super) const DATA: &[Command] = &[
    c("data", "One sale of data: where it stands, who must act, what happens otherwise.", r#"{"data":"ID"}"#, ""),
    c(
        "data-abort",
        "A buyer orders nothing, or cancels the order; a seller sells no more of it and gives back what is locked.",
        r#"{"data":"ID"}"#,
        "",
    ),
    c("data-buy", "Has the owner asked, then has the bank lock the price.", r#"{"file":"BASE64URL"}"#, ""),
    c("data-export", "The evidence pack of one lock.", r#"{"data":"ID","lock":"ID"}"#, "lock"),
    c("data-file", "The file for buyers, once the offer is signed.", r#"{"data":"ID"}"#, ""),
    c("data-list", "Everything sold and bought, newest last.", r"{}", ""),
    c("data-read", "What was bought.", r#"{"data":"ID"}"#, ""),
    c("data-resume", "Asks the bank what it has.", r#"{"data":"ID"}"#, ""),
    c(
        "data-sell",
        "Seals bytes and has the owner asked to offer their key for money; their SHA-256 is named if `hash` says so.",
        r#"{"data":"BASE64URL","name":"map.pdf","title":"A map","price":"12.00 EUR","lock_ms":86400000,"until_ms":604800000,"hash":true}"#,
        "lock_ms until_ms hash",
    ),
];
