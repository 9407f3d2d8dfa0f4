//! The commands about containers of goods, which wallet and shop have alike.

use super::table::{Command, c};

/// Of a party that sends and receives goods.
pub(super) const SENDING: &[Command] = &[
    c("transfer", "One transfer: what is in it, with what quality, where it stands.", r#"{"transfer":"ID"}"#, ""),
    c("transfer-accept", "Takes what a peer has announced: its chunks are fetched.", r#"{"transfer":"ID"}"#, ""),
    c(
        "transfer-begin",
        "Begins a container: the list of goods in preorder. Nobody hears of it yet. A container says how many goods lie in it.",
        r#"{"to":"shop","title":"Papers","goods":[{"kind":"data","name":"a.txt","media":"text/plain","length":1},{"kind":"payment","name":"rent","amount":"5.00 EUR"}],"confidential":true,"origin":true,"life_ms":604800000}"#,
        "confidential origin life_ms",
    ),
    c(
        "transfer-chunk",
        "The next chunks of one good, in order.",
        r#"{"transfer":"ID","good":0,"index":0,"data":["BASE64URL"]}"#,
        "",
    ),
    c("transfer-decline", "Does not want what a peer has announced.", r#"{"transfer":"ID"}"#, ""),
    c("transfer-export", "The evidence pack of a transfer whose origin is proven.", r#"{"transfer":"ID"}"#, ""),
    c("transfer-list", "Everything sent and received, newest last.", r"{}", ""),
    c(
        "transfer-open",
        "One chunk of one good, once all of them are here.",
        r#"{"transfer":"ID","good":0,"index":0}"#,
        "index",
    ),
    c(
        "transfer-send",
        "Has the owner asked on the trusted screen, and sends what was brought.",
        r#"{"transfer":"ID"}"#,
        "",
    ),
    c("transfer-stop", "Lets nothing come of a transfer.", r#"{"transfer":"ID"}"#, ""),
];
