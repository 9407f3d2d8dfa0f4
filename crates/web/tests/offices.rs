//! The pages of bank, authority, notary and broker, before parties that answer by rote; the table of commands.

use crate::common;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::{Answer, Browser, asked, is_sound, party};
use http_body_util::BodyExt as _;
use semper_base::{Code, Misuse, Refusal};
use semper_web::session::Who;
use semper_web::{Role, docs};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const EVIL: &str = "<b>Shop</b> \u{202e}gnp";

fn shop(number: u64, standing: &str) -> Value {
    json!({
        "shop": number, "name": EVIL, "about": "Tea <script>", "pages": "http://shop.localhost:8004/", "standing": standing,
        "since": "2026-11-22T04:06:00.000Z", "seen": "2026-11-22T04:06:00.000Z", "products": 3, "languages": ["en"],
        "countries": ["DE"], "reason": "no wares", "withdraw_days": 14, "return_costs": "seller",
        "joined": "2026-11-22T04:06:00.000Z", "pings": 3, "answered": 3, "profile": "ab", "price_list": "cd",
        "address": { "socket": "127.0.0.1:1", "server_name": "shop.semper.test" },
        "certificate": { "not_after": "2027-01-22T04:06:00.000Z", "says": [["Name", "Tea shop"]] },
    })
}

fn broker() -> (Browser, common::Log) {
    let (party, log) = party(|request| {
        Ok(match request["command"].as_str().unwrap() {
            "find" => json!({
                "hits": [{ "title": EVIL, "description": "One.\n\n- Two", "price": "4.90 EUR", "shop": 1, "shop_name": "Tea shop",
                    "link": "javascript:alert(1)", "why": [{ "word": "tea", "in": ["title", "brand"] }] }],
                "next": 20, "words": ["tea"], "shops": [{ "shop": 1, "name": "Tea shop" }],
            }),
            "shop" if request["shop"] == 9 => return Err(Misuse::new(Code::NotFound, "shop 9").into()),
            "shop" => shop(1, "revoked"),
            "shops" => json!({ "shops": [shop(1, "listed")], "next": 1, "count": 1, "products": 3 }),
            "drop-shop" if request["reason"] == "" => return Err(Misuse::new(Code::FieldWrong, "reason").into()),
            "drop-shop" | "admit-shop" => json!({}),
            _ => json!({ "time": "2026-11-22T04:06:00.000Z", "links": [{ "role": "authority", "name": "CA" }],
                "shops": [shop(1, "silent"), shop(2, "dropped")],
                "revocations": { "number": 3, "until": "2026-11-23T04:06:00.000Z" } }),
        })
    });
    (Browser::new(Role::Broker, party), log)
}

#[tokio::test]
async fn the_brokers_pages() {
    let (mut browser, log) = broker();
    let found = browser.get("/?q=green%20tea&from=20").await;
    is_sound(&found);
    found.says("“tea” in the name and brand");
    found.says("One. - Two");
    found.says("/?q=green%20tea&#38;from=20".replace("&#38;", "&amp;").as_str());
    found.lacks("javascript:");
    found.lacks("<b>Shop");
    found.lacks("\u{202e}");
    assert_eq!(asked(&log, "find")[0]["text"], "green tea");
    assert_eq!(asked(&log, "find")[0]["offset"], 20);
    for path in ["/shops", "/shop/1", "/status"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        is_sound(&page);
        page.lacks("<script");
        page.lacks("\u{202e}");
    }
    browser.get("/shop/1").await.says("revoked its certificate");
    browser.get("/status").await.says("no wares");
    assert_eq!(browser.get("/shop/9").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/shop/x").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/desk").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.post("/desk/drop/1", &[("reason", "x")]).await.status, StatusCode::UNAUTHORIZED);
    browser.enter(Who::Owner).await;
    is_sound(&browser.get("/desk").await);
    is_sound(&browser.get("/desk/drop/1").await);
    let refused = browser.post("/desk/drop/1", &[("reason", " ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("aria-invalid=\"true\"");
    browser.submit("/desk/drop/1", &[("reason", "no wares")]).await.says("The shop was removed.");
    browser.submit("/desk/admit/2", &[]).await.says("The shop may come back.");
}

#[tokio::test]
async fn the_banks_pages() {
    let (party, log) = party(|request| {
        Ok(match request["command"].as_str().unwrap() {
            "accounts" => {
                json!({ "accounts": [{ "account": "A-1", "available": "4.90 EUR", "entries": 2, "opened": "2026-11-22T04:06:00.000Z" }], "next": "A-1" })
            }
            "books" => {
                json!({ "books": [{ "currency": "EUR", "given_out": "5.00 EUR", "customers": "4.90 EUR", "held": "0.10 EUR", "claims": "0.00 EUR", "locked": "0.00 EUR" }] })
            }
            "balance" if request["account"] == "A-1" => json!({ "account": "A-1", "available": "4.90 EUR" }),
            "balance" => return Err(Refusal::new(Code::AccountUnknown, "").into()),
            "statement" => {
                json!({ "lines": [{ "number": 2, "at": "2026-11-22T04:06:00.000Z", "minor": -490, "after": 510, "what": "hold", "xid": "abcdef" }] })
            }
            "holds" => {
                json!({ "holds": [{ "xid": "ab", "amount": "0.10 EUR", "until": "2026-11-22T04:06:00.000Z" }], "next": null })
            }
            "pay-tos" => {
                json!({ "pay_tos": [{ "pay_to": "P", "account": "A-1", "until": "2026-11-22T04:06:00.000Z", "transfer": "t" }] })
            }
            "deposit" if request["account"] != "A-1" => return Err(Refusal::new(Code::AccountUnknown, "").into()),
            "deposit" if request["amount"] == "much EUR" => return Err(Misuse::new(Code::AmountMalformed, "").into()),
            _ => json!({ "enrolled": true, "certificate": "abc" }),
        })
    });
    let mut browser = Browser::new(Role::Bank, party).speaking("de");
    is_sound(&browser.get("/").await);
    assert_eq!(browser.get("/desk/holds").await.status, StatusCode::UNAUTHORIZED);
    browser.enter(Who::Owner).await;
    for path in ["/desk", "/desk/holds", "/desk/transfers", "/desk/deposit?account=A-1", "/desk/account/A-1"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        is_sound(&page);
    }
    browser.get("/desk/account/A-1").await.says("−4,90 EUR");
    assert_eq!(browser.get("/desk/account/nobody").await.status, StatusCode::NOT_FOUND);
    let unknown = browser.post("/desk/deposit/give", &[("account", "B"), ("amount", "5,00")]).await;
    unknown.says("id=\"account-wrong\"");
    unknown.says("value=\"5,00\"");
    browser.post("/desk/deposit/give", &[("account", "A-1"), ("amount", "much")]).await.says("id=\"amount-wrong\"");
    browser
        .submit("/desk/deposit/give", &[("account", "A-1"), ("amount", "5,00")])
        .await
        .says("Das Geld ist auf dem Konto.");
    assert_eq!(asked(&log, "deposit").last().unwrap()["amount"], "5.00 EUR");
}

#[tokio::test]
async fn the_authoritys_pages() {
    let (party, log) = party(|request| {
        Ok(match request["command"].as_str().unwrap() {
            "root" => json!({ "root": "AAAA", "words": "one two three", "digits": "00001 00002" }),
            "revocations" => {
                json!({ "number": 3, "count": 1, "from": "2026-11-22T04:06:00.000Z", "until": "2026-11-23T04:06:00.000Z", "list": "AAAA" })
            }
            "certificates" => json!({ "now": "2026-11-22T04:06:00.000Z", "certificates": [
                { "serial": "01", "role": "seller", "name": "Tea & Co", "kind": "statement", "not_after": "2026-12-01T00:00:00.000Z", "revoked": null },
                { "serial": "02", "role": "buyer", "name": "Otto", "kind": "statement", "not_after": "2027-02-01T00:00:00.000Z", "revoked": { "at": "x" } } ] }),
            "invitations" => {
                json!({ "invitations": [{ "role": "buyer", "name": "Eve", "certificates": ["statement"] }] })
            }
            "invite" if request["name"] == "Otto" => return Err(Refusal::new(Code::NameTaken, "buyer").into()),
            "invite" => json!({ "code": "c0de" }),
            _ => json!({ "revoked": ["01"] }),
        })
    });
    let mut browser = Browser::new(Role::Authority, party);
    let home = browser.get("/").await;
    is_sound(&home);
    home.says("<li>two</li>");
    let pem = browser.get("/root.pem").await;
    assert!(pem.body.starts_with("-----BEGIN CERTIFICATE-----"), "{}", pem.body);
    assert_eq!(browser.get("/status.crl").await.headers["content-type"], "application/pkix-crl");
    assert_eq!(browser.get("/desk").await.status, StatusCode::UNAUTHORIZED);
    browser.enter(Who::Owner).await;
    let desk = browser.get("/desk?q=tea").await;
    is_sound(&desk);
    desk.says("ends soon");
    desk.says("/desk/revoke?name=Tea%20%26%20Co");
    is_sound(&browser.get("/desk/invite").await);
    let invited = browser.post("/desk/invite", &[("name", "Corner"), ("role", "seller"), ("limit", "5,00")]).await;
    is_sound(&invited);
    invited.says("c0de");
    assert_eq!(invited.headers["cache-control"], "no-store");
    let request = &asked(&log, "invite")[0];
    assert_eq!(
        (&request["limit"], &request["certificates"]),
        (&json!("5.00 EUR"), &json!(["statement", "seal", "tls"]))
    );
    browser.post("/desk/invite", &[("name", "Otto"), ("role", "buyer")]).await.says("registered already");
    browser.post("/desk/invite", &[("name", ""), ("role", "king")]).await.says("id=\"role-wrong\"");
    is_sound(&browser.get("/desk/revoke?name=Tea%20%26%20Co").await);
    assert_eq!(browser.get("/desk/revoke?name=Otto").await.status, StatusCode::NOT_FOUND, "revoked already");
    let unsure = [("name", "Tea & Co"), ("reason", "superseded")];
    browser.post("/desk/revoke", &unsure).await.says("id=\"sure-wrong\"");
    assert!(asked(&log, "revoke").is_empty());
    browser.submit("/desk/revoke", &[unsure[0], unsure[1], ("sure", "1")]).await.says("The certificates are revoked");
}

#[tokio::test]
async fn the_notarys_pages() {
    let (party, _) = party(|request| {
        Ok(match request["command"].as_str().unwrap() {
            "pulse" => {
                json!({ "time": "2020-01-01T00:00:00.000Z", "commit": 77, "waiting": 0, "parked": 0, "archived": 3, "questions": 0 })
            }
            _ => {
                json!({ "counts": { "given": 2 }, "open": 1, "requests": [{ "xid": "ab", "opened": "2026-11-22T04:06:00.000Z", "word": "blank", "complaint": true }] })
            }
        })
    });
    let mut browser = Browser::new(Role::Notary, party);
    is_sound(&browser.get("/").await);
    let health = browser.get("/health").await;
    is_sound(&health);
    health.says("<dd>77</dd>");
    health.says("The clocks differ by");
    let metrics = browser.get("/metrics").await;
    metrics.says("semper_commit 77");
    metrics.says("semper_info{role=\"notary\"");
    metrics.says("process_resident_memory_bytes");
    browser.enter(Who::Owner).await;
    let desk = browser.get("/desk").await;
    is_sound(&desk);
    desk.says("file was the wrong one");
}

/// Programs of others ask for time stamps under any of the machine's names; a browser cannot be made to.
#[tokio::test]
async fn the_notary_stamps_for_programs() {
    let (party, log) = party(|request| match request["request"].as_str() {
        Some("cXVlcnk") => Ok(json!({ "reply": "cmVwbHk" })),
        _ => Err(Misuse::new(Code::KeyMissing, "").into()),
    });
    let browser = Browser::new(Role::Notary, party);
    let post = |kind: &'static str, origin: Option<&'static str>, body: &'static str| {
        let request = Request::post("/tsa").header("host", "127.0.0.1:7000").header("content-type", kind);
        let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        let router = semper_web::serve::router(Arc::clone(&browser.site));
        async move {
            let answer = router.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
            let kind = answer.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
            (answer.status().as_u16(), kind, answer.into_body().collect().await.unwrap().to_bytes())
        }
    };
    let query = "application/timestamp-query";
    let (status, kind, body) = post(query, None, "query").await;
    assert_eq!((status, kind.as_str(), &body[..]), (200, "application/timestamp-reply", &b"reply"[..]));
    assert_eq!(asked(&log, "stamp").len(), 1);
    assert_eq!(post("text/plain", None, "query").await.0, 415);
    assert_eq!(post(query, Some("http://elsewhere.example"), "query").await.0, 403);
    assert_eq!(asked(&log, "stamp").len(), 1);
    assert_eq!(post(query, None, "other").await.0, 503);
}

#[tokio::test]
async fn a_register_serves_its_log_to_everybody() {
    let answer = |request: &Value| match (request["command"].as_str(), request["path"].as_str()) {
        (Some("log-file"), Some("checkpoint")) => Ok(json!({ "text": "bank.test/log\n1\nAAAA\n" })),
        (Some("log-file"), Some("tile/0/x001/234.p/7")) => Ok(json!({ "data": "AAEC", "partial": true })),
        (Some("log"), _) => Ok(json!({ "key": "bank.test/log+00000000+AAAA", "certified": Value::Null })),
        (Some("logs"), _) => Ok(
            json!({ "key": "w+1+A", "logs": [{ "name": "A <b>bank</b>", "size": 3, "at": "2026-11-22T15:00:00.000Z" }] }),
        ),
        (Some("forks"), _) => Ok(json!({ "forks": [] })),
        _ => Err(Misuse::new(Code::NotFound, "file of the log").into()),
    };
    let mut browser = Browser::new(Role::Bank, party(answer).0);
    let kind = |answer: &Answer| answer.headers["content-type"].to_str().unwrap().to_owned();
    let checkpoint = browser.get("/log/checkpoint").await;
    assert_eq!((checkpoint.status.as_u16(), kind(&checkpoint).as_str()), (200, "text/plain; charset=utf-8"));
    assert!(checkpoint.body.starts_with("bank.test/log\n1\n"));
    let tile = browser.get("/log/tile/0/x001/234.p/7").await;
    assert_eq!((tile.status.as_u16(), kind(&tile).as_str()), (200, "application/octet-stream"));
    assert_eq!(browser.get("/log/key").await.body, "bank.test/log+00000000+AAAA\n");
    for missing in ["/log/tile/0/000", "/log/tile/entries/000", "/log/owner", "/log/witnessed"] {
        assert_eq!(browser.get(missing).await.status.as_u16(), 404, "{missing}");
    }
    let mut browser = Browser::new(Role::Witness, party(answer).0);
    let home = browser.get("/").await;
    is_sound(&home);
    home.lacks("<b>bank");
    assert!(browser.get("/log/witnessed").await.body.contains("bank"));
    assert_eq!(browser.get("/log/checkpoint").await.status.as_u16(), 404);
}

const ROLES: [Role; 7] =
    [Role::Authority, Role::Bank, Role::Broker, Role::Notary, Role::Shop, Role::Wallet, Role::Witness];

#[tokio::test]
async fn every_party_has_its_interfaces_written_down() {
    for role in ROLES {
        let (party, _) = party(|_| Ok(json!({})));
        let mut browser = Browser::new(role, party);
        let page = browser.get("/docs").await;
        is_sound(&page);
        let found = browser.get("/docs/openapi.json").await;
        let document: Value = serde_json::from_str(&found.body).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        for (path, item) in document["paths"].as_object().unwrap() {
            assert!(path.starts_with('/'));
            assert_ne!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
            assert!(item["get"]["responses"]["200"]["description"].is_string());
        }
        let schemas = document["components"]["schemas"].as_object().unwrap();
        assert_eq!(schemas.len(), docs::commands(role).len(), "{role:?}: a command twice");
        for (word, schema) in schemas {
            page.says(&format!("id=\"{word}\""));
            let example = schema["examples"][0].as_object().unwrap();
            assert_eq!(schema["properties"]["command"]["const"], **word);
            for member in schema["required"].as_array().unwrap() {
                assert!(example.contains_key(member.as_str().unwrap()));
            }
        }
        for command in docs::commands(role) {
            assert!(command.request().as_object().unwrap().len() > 1 || !command.may_lack("x"), "{}", command.word);
        }
    }
}

/// The words before `=>` in the function `of` of a source file.
fn words(file: &str, of: &str) -> BTreeSet<String> {
    let path = format!("{}/../services/src/{file}", env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let body = source.split(of).nth(1).unwrap_or_else(|| panic!("{path}: no {of}"));
    let body = body.split("\n    }\n").next().unwrap().split("\n}\n").next().unwrap();
    let arms = body.lines().map(str::trim).filter(|line| line.starts_with('"') && line.contains("=>"));
    let arms = arms.flat_map(|line| line.split("=>").next().unwrap().split('|').map(str::trim).map(str::to_owned));
    arms.filter_map(|word| Some(word.strip_prefix('"')?.split('"').next()?.to_owned())).collect()
}

#[test]
fn the_table_has_every_command_that_the_parties_know() {
    let common = words("common/mod.rs", "fn common_command");
    assert!(common.len() > 10, "{common:?}");
    // What whoever pays and signs has alike.
    let both = || -> BTreeSet<String> {
        let files = [
            "data/mod.rs",
            "pay/commands.rs",
            "pay/receipts.rs",
            "signing/mail.rs",
            "signing/mod.rs",
            "transfer/mod.rs",
        ];
        files.into_iter().flat_map(|file| words(&format!("common/{file}"), "fn command(")).collect()
    };
    let own = |role| -> BTreeSet<String> {
        match role {
            Role::Authority => words("authority.rs", "fn command("),
            Role::Bank => {
                [words("bank/mod.rs", "fn command("), words("common/log/files.rs", "fn command(")].concat_sets()
            }
            Role::Broker => words("broker.rs", "fn command("),
            Role::Notary => {
                let files = ["notary.rs", "common/log/files.rs", "common/pay/commands.rs", "common/pay/receipts.rs"];
                files.map(|file| words(file, "fn command(")).concat_sets()
            }
            Role::Shop => {
                [words("shop/mod.rs", "fn command("), words("shop/catalogue/commands.rs", "fn command("), both()]
                    .concat_sets()
            }
            // No party is behind it.
            Role::Theatre => BTreeSet::new(),
            Role::Wallet => [words("wallet/mod.rs", "fn command("), both()].concat_sets(),
            Role::Witness => words("witness.rs", "fn command("),
        }
    };
    for role in ROLES {
        let known: BTreeSet<String> = common.union(&own(role)).cloned().collect();
        let listed: BTreeSet<String> = docs::commands(role).iter().map(|command| command.word.to_owned()).collect();
        assert_eq!(known, listed, "{role:?}: put new commands into crates/web/src/docs/table.rs");
    }
}

trait Union {
    fn concat_sets(self) -> BTreeSet<String>;
}

impl<const N: usize> Union for [BTreeSet<String>; N] {
    fn concat_sets(self) -> BTreeSet<String> {
        self.into_iter().flatten().collect()
    }
}
