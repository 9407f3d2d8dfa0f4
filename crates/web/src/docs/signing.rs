//! The commands about contracts, which wallet and shop have alike.

use super::table::{Command, c};

/// Of a party that signs contracts.
pub(super) const SIGNING: &[Command] = &[
    c("contract", "One contract: who has signed as far as can be known, what is due.", r#"{"contract":"XID"}"#, ""),
    c("contract-abort", "Steps back from a contract that is not complete.", r#"{"contract":"XID"}"#, ""),
    c("contract-card", "Our certificate, by which others name us in a contract.", r"{}", ""),
    c("contract-export", "The evidence pack of a contract.", r#"{"contract":"XID"}"#, ""),
    c("contract-file", "The contract file again.", r#"{"contract":"XID"}"#, ""),
    c(
        "contract-new",
        "Makes a contract: ourselves and the others, each by a link or a certificate. Nobody is bound yet.",
        r#"{"title":"Loan","text":"The terms.","document":{"hash":"HASH","length":1,"media_type":"text/plain","name":"a.txt"},"with":[{"link":"shop"},{"certificate":"BASE64URL"}],"optimistic":true,"expires_ms":604800000}"#,
        "text document optimistic expires_ms",
    ),
    c("contract-resolve", "Has the notary complete a contract, instead of waiting.", r#"{"contract":"XID"}"#, ""),
    c("contract-resume", "Asks the notary what it has.", r#"{"contract":"XID"}"#, ""),
    c(
        "contract-sign",
        "Has the owner asked on the trusted screen, and signs if the owner agrees.",
        r#"{"file":"BASE64URL","contract":"XID","document":{"hash":"HASH","length":1,"media_type":"text/plain","name":"a.txt"}}"#,
        "file contract document",
    ),
    c("contracts", "Every contract, newest last.", r"{}", ""),
];
