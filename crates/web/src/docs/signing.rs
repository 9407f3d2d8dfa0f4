//! The commands about contracts and certified mail, which wallet and shop have alike.

use super::table::{Command, c};

/// Of a party that signs contracts.
pub(super) const SIGNING: &[Command] = &[
    c("contract", "One contract: who has signed as far as can be known, what is due.", r#"{"contract":"XID"}"#, ""),
    c("contract-abort", "Steps back from a contract that is not complete.", r#"{"contract":"XID"}"#, ""),
    c(
        "contract-bill",
        "Says where we want to be paid within a contract; with `unless`, that it is a compensation for what is not done.",
        r#"{"amount":"12.00 EUR","purse":"francs","unless":{"what":"12 chairs are delivered","due":"2026-12-24T18:00:00.000Z","claim_ms":1209600000}}"#,
        "purse unless",
    ),
    c(
        "contract-card",
        "Our certificate, by which others name us in a contract, and those of the notaries that we take.",
        r"{}",
        "",
    ),
    c(
        "contract-claim",
        "Claims a compensation: what was to be done for us was not done in time.",
        r#"{"contract":"XID","part":2}"#,
        "part",
    ),
    c(
        "contract-done",
        "Says that what was to be done for us is done: the compensation goes back.",
        r#"{"contract":"XID","part":2}"#,
        "part",
    ),
    c(
        "contract-export",
        "The evidence pack of a contract; with `part` that of a payment in it, for whoever pays or is paid.",
        r#"{"contract":"XID","part":2}"#,
        "part",
    ),
    c("contract-file", "The contract file again.", r#"{"contract":"XID"}"#, ""),
    c(
        "contract-new",
        "Makes a contract: ourselves and the others, each by a link or a certificate. Nobody is bound yet.",
        r#"{"title":"Loan","text":"The terms.","document":{"hash":"HASH","length":1,"media_type":"text/plain","name":"a.txt"},"with":[{"link":"shop"},{"certificate":"BASE64URL"}],"parts":["BASE64URL"],"asynchronous":false,"optimistic":true,"expires_ms":604800000,"notary":"notary","fee_payer":0}"#,
        "text document with parts asynchronous optimistic expires_ms notary fee_payer",
    ),
    c(
        "contract-pay",
        "Takes a bill upon us, within a contract; nothing is locked yet.",
        r#"{"bill":"BASE64URL","purse":"francs"}"#,
        "purse",
    ),
    c(
        "contract-read",
        "The letters of a contract in which letters are exchanged, once it is complete.",
        r#"{"contract":"XID"}"#,
        "",
    ),
    c("contract-resolve", "Has the notary complete a contract, instead of waiting.", r#"{"contract":"XID"}"#, ""),
    c("contract-resume", "Asks the notary what it has.", r#"{"contract":"XID"}"#, ""),
    c(
        "contract-seal",
        "Seals a letter for a contract: for one other party, or for all. The part file goes to whoever makes the contract.",
        r#"{"name":"a.txt","media_type":"text/plain","data":"BASE64URL","to":{"certificate":"BASE64URL"},"unnamed":false}"#,
        "to unnamed",
    ),
    c(
        "contract-sign",
        "Has the owner asked on the trusted screen, and signs if the owner agrees.",
        r#"{"file":"BASE64URL","contract":"XID","document":{"hash":"HASH","length":1,"media_type":"text/plain","name":"a.txt"}}"#,
        "file contract document",
    ),
    c("contract-take", "Keeps a contract file to be looked at; nobody is asked.", r#"{"file":"BASE64URL"}"#, ""),
    c("contracts", "Every contract, newest last.", r"{}", ""),
    c("mail", "One certified mail: where it stands, its delivery record.", r#"{"mail":"XID"}"#, ""),
    c("mail-abort", "Has the notary end a mail that is not delivered yet.", r#"{"mail":"XID"}"#, ""),
    c("mail-export", "The evidence pack of a mail.", r#"{"mail":"XID"}"#, ""),
    c("mail-file", "The mail file again.", r#"{"mail":"XID"}"#, ""),
    c("mail-read", "The letter, once its receipt is given.", r#"{"mail":"XID"}"#, ""),
    c("mail-resolve", "Has the notary deliver key and receipt, instead of waiting.", r#"{"mail":"XID"}"#, ""),
    c("mail-resume", "Asks the notary what it has.", r#"{"mail":"XID"}"#, ""),
    c(
        "mail-send",
        "Seals a letter and has the owner asked; the file goes to the receiver by any means.",
        r#"{"title":"Notice","text":"We give notice.","files":[{"name":"a.txt","media_type":"text/plain","data":"BASE64URL"}],"to":{"link":"shop"},"optimistic":true,"expires_ms":604800000,"notary":"notary"}"#,
        "files optimistic expires_ms notary",
    ),
    c("mail-take", "Has the owner asked for the receipt of a letter.", r#"{"file":"BASE64URL"}"#, ""),
    c("mails", "Every certified mail, newest last.", r"{}", ""),
    c("notaries", "The notaries that we take, best first, with their fees; then who is off the list.", r"{}", ""),
    c("notary-drop", "Takes a notary off the list; what is under way goes on.", r#"{"link":"notary"}"#, ""),
    c("notary-prefer", "Puts a notary first, on the list if it was off it.", r#"{"link":"notary"}"#, ""),
];
