//! A party that answers as a wallet does, and what its screen asks.

use crate::common::{Answer, Browser, Log, party};
use semper_base::{Code, Error, Hash, Misuse, Timestamp, json as strict};
use semper_blocks::statement::{Kind, Language, wording};
use semper_crypto_aws_lc::AwsLc;
use semper_support::crypto::{Crypto as _, Seeded};
use semper_support::preferences::Preferences;
use semper_support::tinguin::{Dialog, Language as ScreenLanguage, Reply, Screen};
use semper_web::screen::Shown;
use semper_web::session::Who;
use semper_web::{Display, Role, Site};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

pub(crate) const LANGUAGES: [Language; 2] = [Language::En, Language::De];

/// The screen of an order of these goods.
pub(crate) fn order(goods: &str, language: Language) -> Screen {
    let key = Seeded::new([7; 32]).generate().unwrap().public;
    let payload = json!({
        "semper": {
            "version": 1, "kind": "order",
            "signer": {"role": "buyer", "key": Hash::of(b"signer"), "certificate": Hash::of(b"certificate")},
            "to": [Hash::of(b"seller")],
            "issued": "2026-11-22T04:06:00.000Z", "expires": "2026-12-22T04:06:00.000Z",
            "nonce": "000102030405060708090a0b0c0d0e0f", "language": language,
            "wording": wording::current(Kind::Order, language),
            "refs": [{"kind": "offer", "hash": Hash::of(b"offer")}],
        },
        "amount": {"minor": 18490, "currency": "EUR"}, "com_s": Hash::of(b"share"), "deal_key": key, "goods": goods,
        "sealed_share": "c2VhbGVk",
    });
    wording::render(&strict::canonical(&payload).unwrap(), language, 0).unwrap()
}

pub(crate) fn shown(id: &str, dialog: Dialog) -> Shown {
    Shown {
        id: id.to_owned(),
        asker: "deal/d-1".to_owned(),
        dialog,
        language: ScreenLanguage::En,
        phrase: Some("blue heron at dawn".to_owned()),
        since: Timestamp::parse("2026-11-22T04:06:00.000Z").unwrap(),
        receivers: vec!["Otto Demo GmbH, seller (certified by Demo CA)".to_owned()],
    }
}

/// A wallet with its display; what the party is told lies in the log.
pub(crate) struct Wallet {
    pub(crate) browser: Browser,
    pub(crate) display: Arc<Display>,
    pub(crate) log: Log,
}

impl Wallet {
    pub(crate) async fn new(answer: impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static) -> Self {
        let mut wallet = Wallet::outside(answer);
        wallet.browser.enter(Who::Owner).await;
        wallet
    }

    pub(crate) fn outside(answer: impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static) -> Self {
        let display = Arc::new(Display::default());
        let (party, log) = party(answer);
        let site = Site::new("Anna's wallet", Role::Wallet, "wallet", "/data", party, Arc::new(AwsLc::new()));
        let browser = Browser::of(site.with_display(Some(Arc::clone(&display))));
        Wallet { browser, display, log }
    }

    /// Puts a question on the screen; the thread ends with its reply, or when the flag is set.
    pub(crate) fn ask(&self, shown: Shown) -> (JoinHandle<Option<Reply>>, Arc<AtomicBool>) {
        let (display, gone) = (Arc::clone(&self.display), Arc::new(AtomicBool::new(false)));
        let (id, withdrawn) = (shown.id.clone(), Arc::clone(&gone));
        let thread = std::thread::spawn(move || display.ask(shown, &|| withdrawn.load(Ordering::Relaxed)));
        while !self.display.holds(&id) {
            std::thread::yield_now();
        }
        (thread, gone)
    }
}

pub(crate) fn fields<'a>(id: &'a str, mark: &'a str, pressed: &'a str) -> [(&'static str, &'a str); 3] {
    [("question", id), ("mark", mark), ("answer", pressed)]
}

pub(crate) fn unset(what: &str) -> Error {
    Misuse::new(Code::NotFound, what).into()
}

/// What every wallet says; tests overlay it.
pub(crate) fn plain(request: &Value) -> Result<Value, Error> {
    match request["command"].as_str().unwrap() {
        "deals" => Ok(json!({"deals": [deal("d-1", "offered")]})),
        "deal" => Ok(deal("d-1", "offered")),
        "preferences" => Ok(serde_json::to_value(Preferences::default()).unwrap()),
        "passphrase" => Ok(json!({"chosen": null})),
        "recovery" => Ok(json!({"state": "none", "waiting": false, "proved": null})),
        "purse" => Ok(json!({"account": "P-1", "balance": "500.00 EUR", "purses": [
            {"purse": "Account", "account": "P-1", "bank": "First Play Bank", "currency": "EUR", "balance": "500.00 EUR"},
            {"purse": "francs", "account": "P-2", "bank": "<i>Second</i>", "currency": "CHF", "balance": "9.40 CHF"},
        ]})),
        "transfers" => Ok(
            json!({"transfers": [{"in": false, "subject": "deal:d-1", "state": "paid", "amount": "4.90 EUR", "at": "2026-11-22T04:06:00.000Z"}]}),
        ),
        "transcripts" if request.get("id").is_some() => Ok(
            json!({"id": "deal:d-1/ab", "about": "deal:d-1", "kind": "order", "asked": "2026-11-22T04:06:00.000Z", "answered": "2026-11-22T04:06:00.000Z", "consent": "human", "answer": "signed", "seen": true, "shown": "Order\n=====\n<b>x</b>"}),
        ),
        "transcripts" => Ok(
            json!({"transcripts": [{"id": "deal:d-1/ab", "about": "deal:d-1", "kind": "order", "answered": "2026-11-22T04:06:00.000Z", "consent": "policy"}]}),
        ),
        "contacts" => Ok(
            json!({"contacts": [{"link": "bank", "socket": "127.0.0.1:1", "server_name": "bank.test", "met": true, "name": "Bank <i>", "role": "bank", "issuer": "Demo CA", "valid_until": "2027-11-22T04:06:00.000Z", "limit": "1000.00 EUR", "warranty": null, "fingerprint": "oak lamp river wind", "key": "ab"},
                {"link": "notary-2", "socket": "127.0.0.1:2", "server_name": "n.test", "met": true, "name": "Second Notary", "role": "notary", "fingerprint": "elm", "key": "cd", "place": 2, "fees": {"semper-csn-a/1": "0.50 EUR", "semper-cs2/1": "0.50 EUR"}}]}),
        ),
        "address-book" => Ok(
            json!({"address": {"name": "Anna", "street": "Weg 1", "postcode": "10115", "city": "Berlin", "country": "DE"}}),
        ),
        "withdraw" if request.get("preview").is_some() => Ok(
            json!({"parts": [{"part": 1, "amount": "12.00 EUR", "withdraw_until": "2026-12-06T04:06:00.000Z"}, {"part": 2, "amount": "4.90 EUR"}], "return_costs": "buyer", "refund_at_most": "16.90 EUR"}),
        ),
        "export" => Ok(json!({"pack": "UEsDBA"})),
        "goods-read" => Ok(json!({"data": if request["index"] == 0 { "aGVs" } else { "bG8" }, "chunks": 2})),
        "questions" => Ok(json!({"questions": []})),
        "note-dialog" => Ok(Value::Null),
        "cancel" | "received" | "complain" | "withdraw" | "resume" | "open-account" | "link" => Ok(json!({})),
        other => Err(unset(other)),
    }
}

pub(crate) fn deal(id: &str, word: &str) -> Value {
    json!({
        "deal": id, "process": "mail-order", "grade": "weak", "word": word, "shop": "shop-a", "title": "Mug and 2 more",
        "next": {"who": "buyer", "you": true, "act": "confirm", "until": "2026-12-06T04:06:00.000Z", "otherwise": "counts-as-received"},
        "at_risk": "16.90 EUR", "total": "16.90 EUR", "shipping": "4.90 EUR", "paid": "16.90 EUR", "refunded": "0.00 EUR",
        "opened": "2026-11-22T04:06:00.000Z", "xid": null, "refused": null,
        "lines": [{"id": "1", "item": "mug", "title": "Mug \u{202e}evil", "quantity": 2, "price": "6.00 EUR", "total": "12.00 EUR", "vat": "19", "shipped": 2, "cancelled": 0}],
        "parts": [{"part": 1, "word": "shipped", "amount": "12.00 EUR", "carrier": "DHL", "tracking": "123", "next": {"who": "buyer", "you": true, "act": "confirm", "until": null, "otherwise": "none"}},
                  {"part": 2, "word": "shipped", "amount": "4.90 EUR"}],
        "can": ["cancel", "received", "complain", "withdraw", "export", "resume", "save"],
        "timeline": [{"at": "2026-11-22T04:06:00.000Z", "what": "order", "by": "buyer", "text": "Order", "part": null}],
        "documents": [{"hash": "abcd", "kind": "order", "issued": "2026-11-22T04:06:00.000Z", "signer": "buyer"}],
        "offer": {"delivery_days": 5, "accept_days": 14, "withdraw_days": 14, "return_costs": "buyer", "pay_days": 3},
        "address": {"name": "Anna", "street": "Weg 1", "postcode": "10115", "city": "Berlin", "country": "DE"},
    })
}

/// What a person reads: no tags, blanks as one.
pub(crate) fn readable(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    for (entity, sign) in [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")] {
        text = text.replace(entity, sign);
    }
    squeezed(&text)
}

pub(crate) fn squeezed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// Each label, value and sentence of the text form is on the page.
#[track_caller]
pub(crate) fn says_the_same(page: &Answer, text: &str) {
    let page = readable(&page.body);
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("    ").filter(|_| !line.trim_start().starts_with("(!)")) {
            Some(more) => lines.last_mut().unwrap().push_str(more),
            None => lines.push(line.to_owned()),
        }
    }
    for line in lines.iter().filter(|line| !line.chars().all(|character| "=- ".contains(character))) {
        let line = line.trim_start_matches("[ ").trim_end_matches(" ]");
        let found = page.contains(&squeezed(line))
            || line
                .split_once(':')
                .is_some_and(|(label, value)| page.contains(&squeezed(label)) && page.contains(&squeezed(value)));
        assert!(found, "{line:?} is not on the page:\n{page}");
    }
}
