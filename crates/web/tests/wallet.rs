//! The wallet's pages in front of a party that answers as a wallet does.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::http::StatusCode;
use common::{Answer, Browser, Log, asked, is_sound, party};
use semper_base::{Amount, Code, Currency, Error, Hash, Misuse, json as strict};
use semper_blocks::statement::{Kind, Language, wording};
use semper_crypto_aws_lc::AwsLc;
use semper_support::crypto::{Crypto as _, Seeded};
use semper_support::preferences::Preferences;
use semper_support::tinguin::{Choice, Dialog, Field, FieldKind, Reply, Screen, Severity, dialog_to_text, to_text};
use semper_web::handover::{Goods, Handover, Line, lines_hash};
use semper_web::screen::Shown;
use semper_web::session::Who;
use semper_web::{Display, Role, Site};
use serde_json::{Value, json};

const LANGUAGES: [Language; 2] = [Language::En, Language::De];

/// The screen of an order of these goods.
fn order(goods: &str, language: Language) -> Screen {
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
    wording::render(&strict::canonical(&payload).unwrap(), language.into(), 0).unwrap()
}

fn shown(id: &str, dialog: Dialog) -> Shown {
    Shown {
        id: id.to_owned(),
        asker: "deal/d-1".to_owned(),
        dialog,
        phrase: Some("blue heron at dawn".to_owned()),
        receivers: vec!["Otto Demo GmbH, seller (certified by Demo CA)".to_owned()],
    }
}

/// A wallet with its display; what the party is told lies in the log.
struct Wallet {
    browser: Browser,
    display: Arc<Display>,
    log: Log,
}

impl Wallet {
    async fn new(answer: impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static) -> Self {
        let mut wallet = Wallet::outside(answer);
        wallet.browser.enter(Who::Owner).await;
        wallet
    }

    fn outside(answer: impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static) -> Self {
        let display = Arc::new(Display::default());
        let (party, log) = party(answer);
        let site = Site::new("Anna's wallet", Role::Wallet, "wallet", "/data", party, Arc::new(AwsLc::new()));
        let browser = Browser::of(site.with_display(Some(Arc::clone(&display))));
        Wallet { browser, display, log }
    }

    /// Puts a question on the screen; the thread ends with its reply, or when the flag is set.
    fn ask(&self, shown: Shown) -> (JoinHandle<Option<Reply>>, Arc<AtomicBool>) {
        let (display, gone) = (Arc::clone(&self.display), Arc::new(AtomicBool::new(false)));
        let (id, withdrawn) = (shown.id.clone(), Arc::clone(&gone));
        let thread = std::thread::spawn(move || display.ask(shown, &|| withdrawn.load(Ordering::Relaxed)));
        while !self.display.holds(&id) {
            std::thread::yield_now();
        }
        (thread, gone)
    }
}

fn fields<'a>(id: &'a str, mark: &'a str, pressed: &'a str) -> [(&'static str, &'a str); 3] {
    [("question", id), ("mark", mark), ("answer", pressed)]
}

fn unset(what: &str) -> Error {
    Misuse::new(Code::NotFound, what).into()
}

/// What every wallet says; tests overlay it.
fn plain(request: &Value) -> Result<Value, Error> {
    match request["command"].as_str().unwrap() {
        "deals" => Ok(json!({"deals": [deal("d-1", "offered")]})),
        "deal" => Ok(deal("d-1", "offered")),
        "preferences" => Ok(serde_json::to_value(Preferences::default()).unwrap()),
        "passphrase" => Ok(json!({"chosen": null})),
        "recovery" => Ok(json!({"state": "none", "waiting": false, "proved": null})),
        "purse" => Ok(json!({"account": "P-1", "balance": "500.00 EUR"})),
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
            json!({"contacts": [{"link": "bank", "socket": "127.0.0.1:1", "server_name": "bank.test", "met": true, "name": "Bank <i>", "role": "bank", "issuer": "Demo CA", "valid_until": "2027-11-22T04:06:00.000Z", "limit": "1000.00 EUR", "warranty": null, "fingerprint": "oak lamp river wind", "key": "ab"}]}),
        ),
        "address-book" => Ok(
            json!({"address": {"name": "Anna", "street": "Weg 1", "postcode": "10115", "city": "Berlin", "country": "DE"}}),
        ),
        "withdraw" if request.get("preview").is_some() => Ok(
            json!({"parts": [{"part": 1, "amount": "12.00 EUR", "withdraw_until": "2026-12-06T04:06:00.000Z"}, {"part": 2, "amount": "4.90 EUR"}], "return_costs": "buyer", "refund_at_most": "16.90 EUR"}),
        ),
        "export" => Ok(json!({"pack": "UEsDBA"})),
        "goods-read" => Ok(json!({"data": if request["index"] == 0 { "aGVs" } else { "bG8" }, "chunks": 2})),
        "cancel" | "received" | "complain" | "withdraw" | "resume" | "open-account" | "link" => Ok(json!({})),
        other => Err(unset(other)),
    }
}

fn deal(id: &str, word: &str) -> Value {
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
fn readable(page: &str) -> String {
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

fn squeezed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// Each label, value and sentence of the text form is on the page.
#[track_caller]
fn says_the_same(page: &Answer, text: &str) {
    let page = readable(&page.body);
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("    ").filter(|_| !line.trim_start().starts_with("(!)")) {
            Some(more) => lines.last_mut().unwrap().push_str(more),
            None => lines.push(line.to_owned()),
        }
    }
    for line in lines.iter().filter(|line| !line.chars().all(|character| "=- ".contains(character))) {
        let line = line.trim_start_matches("[ ").trim_end_matches(" ]").trim_start_matches("( ) ");
        let found = page.contains(&squeezed(line))
            || line
                .split_once(':')
                .is_some_and(|(label, value)| page.contains(&squeezed(label)) && page.contains(&squeezed(value)));
        assert!(found, "{line:?} is not on the page:\n{page}");
    }
}

#[tokio::test]
async fn the_page_says_what_the_terminal_says() {
    for language in LANGUAGES {
        let mut wallet = Wallet::new(plain).await;
        let hostile = "Mug <b>for free</b> \u{202e}gnp.exe p\u{430}ypal \u{5d0} & more";
        let screen = order(hostile, language);
        let (thread, _) = wallet.ask(shown("q", Dialog::Confirm(Box::new(screen.clone()))));
        let page = wallet.browser.get("/screen").await;
        is_sound(&page);
        says_the_same(&page, &to_text(&screen, 80));
        page.says("blue heron at dawn");
        page.says("class=\"screen\"");
        page.lacks("<b>for free");
        page.lacks("\u{202e}");
        assert!(page.body.contains("class=\"wrong\">(!) "), "cautions are spelled out");
        assert!(!page.body.contains("autofocus"));
        let (no, yes) = (page.body.find("value=\"refuse\""), page.body.find("value=\"agree\""));
        assert!(no.unwrap() < yes.unwrap(), "refusing comes first");
        // Nothing that the shop wrote stands before the wording's own words.
        assert!(page.body.find("phrase").unwrap() < page.body.find("\\u{202E}").unwrap());
        let home = wallet.browser.get("/").await;
        home.says("href=\"/screen\"");
        let mark = screen.payload.hex();
        let answer = wallet.browser.post("/screen", &fields("q", &mark, "refuse")).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/deal/d-1"));
        assert_eq!(thread.join().unwrap(), Some(Reply::Refused));
    }
}

#[tokio::test]
async fn one_answer_counts_once() {
    let mut wallet = Wallet::new(plain).await;
    let screen = order("Mug", Language::En);
    let mark = screen.payload.hex();
    let (thread, _) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(screen.clone()))));
    // Another payload, another question, a button that is not there: nothing happens.
    let other = Hash::of(b"other").hex();
    for (id, mark, pressed) in [("q-1", other.as_str(), "agree"), ("q-0", &mark, "agree"), ("q-1", &mark, "seen")] {
        let answer = wallet.browser.post("/screen", &fields(id, mark, pressed)).await;
        assert!(answer.status.is_client_error(), "{id} {pressed} {}", answer.status);
        assert!(wallet.display.current().is_some());
    }
    // From another site: refused at the door.
    let token = wallet.browser.site.sessions.token(&wallet.browser.cookies["visit"]);
    let mut all = vec![("token", token.as_str())];
    all.extend(fields("q-1", &mark, "agree"));
    let foreign = wallet.browser.post_from("/screen", &all, "http://shop.localhost:1").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert!(wallet.display.current().is_some());

    let answer = wallet.browser.post("/screen", &fields("q-1", &mark, "agree")).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/deal/d-1"));
    assert_eq!(thread.join().unwrap(), Some(Reply::Confirmed));
    // A double click, and an old page that now says no.
    for pressed in ["agree", "refuse"] {
        let again = wallet.browser.post("/screen", &fields("q-1", &mark, pressed)).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        again.says("You have answered this already");
        again.says("href=\"/deal/d-1\"");
        again.says("Your answer was yes");
    }
    let empty = wallet.browser.get("/screen").await;
    empty.says("Nothing is asked at the moment");
    is_sound(&empty);
}

#[tokio::test]
async fn a_withdrawn_question_cannot_be_answered() {
    let mut wallet = Wallet::new(plain).await;
    let screen = order("Mug", Language::En);
    let (thread, gone) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(screen.clone()))));
    gone.store(true, Ordering::Relaxed);
    assert_eq!(thread.join().unwrap(), None);
    let answer = wallet.browser.post("/screen", &fields("q-1", &screen.payload.hex(), "agree")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.says("This question is not open any more");
}

/// Every kind of dialog, and what is pressed.
fn dialogs() -> Vec<(Dialog, Vec<(&'static str, &'static str)>, Reply)> {
    let field =
        |name: &str, kind, optional| Field { name: name.into(), label: format!("Label {name}"), kind, optional };
    let choice = |name: &str| Choice { name: name.into(), label: format!("Choose \u{202e}{name}") };
    let form = vec![
        field("limit", FieldKind::Amount(Currency::EUR), false),
        field("phrase", FieldKind::Secret, false),
        field("days", FieldKind::Count { max: 30 }, true),
    ];
    let filled = [("limit", "12.50"), ("phrase", " pass "), ("days", "")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    vec![
        (
            Dialog::YesNo { question: "Show Agent <7> your deals?".into(), yes: "Show".into(), no: "Hide".into() },
            vec![("answer", "agree")],
            Reply::Yes,
        ),
        (
            Dialog::Message { severity: Severity::Warning, text: "The bank \u{202e}is away.".into() },
            vec![("answer", "seen")],
            Reply::Seen,
        ),
        (
            Dialog::Choose { question: "Which?".into(), choices: vec![choice("a"), choice("b")] },
            vec![("choice", "1"), ("answer", "send")],
            Reply::Chosen("b".into()),
        ),
        (
            Dialog::Form { question: "How much?".into(), fields: form },
            vec![("field-0", "12.50"), ("field-1", " pass "), ("field-2", ""), ("answer", "send")],
            Reply::Filled(filled.into_iter().collect()),
        ),
        (Dialog::Show(Box::new(order("Mug", Language::En))), vec![("answer", "seen")], Reply::Seen),
        (Dialog::Confirm(Box::new(order("Mug", Language::En))), vec![("answer", "agree")], Reply::Confirmed),
    ]
}

#[tokio::test]
async fn every_dialog_says_what_its_text_says_and_takes_its_reply() {
    let mut wallet = Wallet::new(plain).await;
    for (at, (dialog, pressed, reply)) in dialogs().into_iter().enumerate() {
        let id = format!("dialog-{at}");
        let shown = shown(&id, dialog.clone());
        let mark = shown.mark().hex();
        let (thread, _) = wallet.ask(shown);
        let page = wallet.browser.get("/screen").await;
        is_sound(&page);
        says_the_same(&page, &dialog_to_text(&dialog, semper_support::tinguin::Language::En, 80));
        page.lacks("\u{202e}");
        let mut all = vec![("question", id.as_str()), ("mark", mark.as_str())];
        all.extend(pressed);
        let answer = wallet.browser.post("/screen", &all).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{dialog:?} {}", answer.body);
        assert_eq!(thread.join().unwrap(), Some(reply), "{dialog:?}");
    }
}

#[tokio::test]
async fn a_form_that_does_not_fit_keeps_what_was_typed_but_no_secret() {
    let mut wallet = Wallet::new(plain).await;
    let (dialog, _, _) = dialogs().remove(3);
    let shown = shown("form", dialog);
    let mark = shown.mark().hex();
    let (thread, gone) = wallet.ask(shown);
    let all = [
        ("question", "form"),
        ("mark", mark.as_str()),
        ("field-0", "12.5.0"),
        ("field-1", "hunter2"),
        ("field-2", "7"),
        ("answer", "send"),
    ];
    let page = wallet.browser.post("/screen", &all).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("href=\"#field-0\"");
    page.says("value=\"12.5.0\"");
    page.says("value=\"7\"");
    page.says("aria-invalid=\"true\"");
    page.lacks("hunter2");
    is_sound(&page);
    gone.store(true, Ordering::Relaxed);
    assert_eq!(thread.join().unwrap(), None);
}

#[tokio::test]
async fn nobody_sees_anything_without_signing_in() {
    let mut wallet = Wallet::outside(plain);
    let (thread, gone) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(order("Mug", Language::En)))));
    let pages = [
        "/",
        "/screen",
        "/deal/d-1",
        "/deal/d-1/cancel",
        "/deal/d-1/evidence",
        "/deal/d-1/file",
        "/waiting/d-1",
        "/handover/address?code=x",
        "/purse",
        "/preferences",
        "/transcripts",
        "/transcripts/deal:d-1/ab",
        "/contacts",
        "/welcome",
        "/welcome/backup",
    ];
    for path in pages {
        let page = wallet.browser.get(path).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        page.lacks("blue heron");
        page.lacks("Mug");
        page.lacks("href=\"/screen\"");
    }
    let forms =
        ["/screen", "/deal/d-1/cancel", "/handover", "/handover/address", "/purse", "/preferences", "/welcome/phrase"];
    for path in forms {
        let page = wallet.browser.post(path, &[("answer", "agree")]).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert!(wallet.log.lock().unwrap().is_empty(), "the party was asked");
    gone.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[tokio::test]
async fn every_page_is_sound_in_both_languages() {
    let pages = [
        "/",
        "/screen",
        "/deal/d-1",
        "/deal/d-1/cancel",
        "/deal/d-1/complain",
        "/deal/d-1/received",
        "/deal/d-1/withdraw",
        "/deal/d-1/release",
        "/handover",
        "/purse",
        "/preferences",
        "/transcripts",
        "/transcripts/deal:d-1/ab",
        "/contacts",
        "/welcome",
        "/welcome/language",
        "/welcome/phrase",
        "/welcome/pass-phrase",
        "/welcome/backup",
        "/welcome/account",
    ];
    for language in ["en", "de"] {
        let mut wallet = Wallet::new(plain).await;
        wallet.browser = wallet.browser.speaking(language);
        for path in pages {
            let page = wallet.browser.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            page.says(&format!("<html lang=\"{language}\">"));
            page.lacks("\u{202e}");
            page.lacks("<i>");
            is_sound(&page);
        }
    }
    let mut wallet = Wallet::new(plain).await;
    wallet.browser = wallet.browser.speaking("de");
    let page = wallet.browser.get("/deal/d-1").await;
    page.says("16,90 EUR");
    page.says("6. Dezember 2026, 04:06 UTC");
    page.says("gilt es als erhalten");
    page.says("Sie haben dafür einen Beweis.");
}

#[tokio::test]
async fn actions_say_their_effect_and_name_what_is_wrong() {
    let mut wallet = Wallet::new(plain).await;
    let page = wallet.browser.get("/deal/d-1/withdraw").await;
    page.says("Step 1 of 2");
    page.says("16.90 EUR");
    page.says("All of them");
    assert_eq!(wallet.browser.post("/deal/d-1/withdraw", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked(&wallet.log, "withdraw").iter().all(|request| request["preview"] == true));
    let long = "x".repeat(501);
    for (reason, part) in [("", "1"), (long.as_str(), "1"), ("broken <b>", "")] {
        let page = wallet.browser.post("/deal/d-1/complain", &[("reason", reason), ("part", part)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.says("aria-invalid=\"true\"");
        page.says(if reason.contains('<') { "broken &#60;b&#62;" } else { reason });
        is_sound(&page);
    }
    assert!(asked(&wallet.log, "complain").is_empty());
    let done = wallet.browser.post("/deal/d-1/complain", &[("reason", "broken"), ("part", "2")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/deal/d-1?done=1"));
    let sent = asked(&wallet.log, "complain");
    assert_eq!((&sent[0]["reason"], &sent[0]["part"]), (&json!("broken"), &json!(2)));
    let nothing = wallet.browser.post("/deal/d-1/explode", &[]).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn downloads_have_plain_names() {
    let mut wallet = Wallet::new(plain).await;
    let file = wallet.browser.get("/deal/d-1/file").await;
    assert_eq!(file.body, "hello");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"Mug-and-2-more\"");
    let pack = wallet.browser.get("/deal/d-1/evidence").await;
    assert_eq!(pack.headers["content-disposition"], "attachment; filename=\"evidence-d-1.zip\"");
    assert_eq!(pack.headers["content-type"], "application/octet-stream");
}

fn handover(hash: Hash) -> Handover {
    Handover::new("127.0.0.1:7411", "shop-a.semper.test", Goods::Cart("c-17".to_owned()), hash).unwrap()
}

fn mugs() -> Hash {
    let price = Amount::parse("6.00", Currency::EUR).unwrap();
    lines_hash(&[Line { item: "mug".to_owned(), quantity: 2, price }]).unwrap()
}

/// A wallet that meets a shop when it is told to link it.
fn buyer() -> impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static {
    let linked = Mutex::new(Vec::<Value>::new());
    move |request| match request["command"].as_str().unwrap() {
        "contacts" => Ok(json!({"contacts": *linked.lock().unwrap()})),
        "link" => {
            let mut contact = request.clone();
            contact["link"] = request["name"].clone();
            contact["met"] = json!(true);
            linked.lock().unwrap().push(contact);
            Ok(json!({}))
        }
        "buy" => Ok(json!({"deal": "d-1"})),
        _ => plain(request),
    }
}

const ADDRESS: [(&str, &str); 5] =
    [("name", "Anna"), ("street", "Weg 1"), ("postcode", "10115"), ("city", "Berlin"), ("country", "de")];

#[tokio::test]
async fn a_hand_over_orders_nothing_by_itself() {
    let mut stranger = Wallet::outside(plain);
    let handover = handover(mugs());
    let page = stranger.browser.get(&format!("/handover?{}", handover.query())).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("shop-a.semper.test");
    is_sound(&page);
    assert!(stranger.log.lock().unwrap().is_empty());
    for bad in ["/handover?shop=x", "/handover?code=%3Cb%3E", &format!("/handover?{}&more=1", handover.query())] {
        let page = stranger.browser.get(bad).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        page.lacks("<b>");
        is_sound(&page);
    }
    stranger.browser.get(&format!("/handover?code={}", handover.code())).await.says("shop-a.semper.test");
}

#[tokio::test]
async fn from_the_link_to_the_trusted_screen() {
    let mut wallet = Wallet::new(buyer()).await;
    let code = handover(mugs()).code();
    let page = wallet.browser.submit("/handover", &[("handover", &code)]).await;
    page.says("value=\"Weg 1\"");
    is_sound(&page);
    assert!(asked(&wallet.log, "buy").is_empty());
    let mut wrong: Vec<(&str, &str)> = vec![("handover", &code)];
    wrong.extend(ADDRESS.map(|(name, value)| (name, if name == "city" { "" } else { value })));
    let page = wallet.browser.post("/handover/address", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("href=\"#city\"");
    page.says("value=\"Weg 1\"");
    is_sound(&page);

    let (thread, gone) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(order("Mug", Language::En)))));
    let mut right: Vec<(&str, &str)> = vec![("handover", &code)];
    right.extend(ADDRESS);
    for _ in 0..2 {
        let answer = wallet.browser.post("/handover/address", &right).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/waiting/d-1"));
    }
    let bought = asked(&wallet.log, "buy");
    assert_eq!(bought.len(), 1, "a double click asks once");
    assert_eq!((&bought[0]["shop"], &bought[0]["cart"]), (&json!("shop-a"), &json!("c-17")));
    assert_eq!(bought[0]["address"]["country"], "DE");
    assert_eq!(asked(&wallet.log, "link")[0]["as"], "nobody");
    assert_eq!(wallet.browser.get("/waiting/d-1").await.location(), "/screen");
    gone.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[tokio::test]
async fn another_offer_than_was_shown_is_said() {
    let mut wallet = Wallet::new(buyer()).await;
    let code = handover(Hash::of(b"something cheaper")).code();
    let (thread, gone) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(order("Mug", Language::En)))));
    let mut fields: Vec<(&str, &str)> = vec![("handover", &code)];
    fields.extend(ADDRESS);
    wallet.browser.post("/handover/address", &fields).await;
    assert_eq!(wallet.browser.get("/waiting/d-1").await.location(), "/deal/d-1");
    wallet.browser.get("/deal/d-1").await.says("something else than its page showed");
    gone.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[tokio::test]
async fn waiting_can_be_stopped() {
    let asked_only = |request: &Value| match request["command"].as_str().unwrap() {
        "deal" => Ok(json!({"deal": "d-1", "word": "asked"})),
        _ => plain(request),
    };
    let mut wallet = Wallet::new(asked_only).await;
    let page = wallet.browser.get("/waiting/d-1").await;
    assert_eq!(page.headers["refresh"], "2");
    page.says("/waiting/d-1?stop=1");
    let page = wallet.browser.get("/waiting/d-1?stop=1").await;
    assert!(!page.headers.contains_key("refresh"));
    is_sound(&page);
}

/// A wallet that remembers what it was set up with.
fn fresh() -> impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static {
    let state = Mutex::new((serde_json::to_value(Preferences::default()).unwrap(), false, "none", false));
    move |request| {
        let mut state = state.lock().unwrap();
        match request["command"].as_str().unwrap() {
            "preferences" => {
                if let Some(set) = request.get("set") {
                    state.0 = set.clone();
                }
                Ok(state.0.clone())
            }
            "passphrase" => Ok(json!({"chosen": state.1.then_some("2026-11-22T04:06:00.000Z")})),
            "passphrase-change" => {
                state.1 = true;
                Ok(json!({}))
            }
            "recovery" => {
                Ok(json!({"state": state.2, "waiting": state.2 == "unproved", "proved": {"keys": 3, "deals": 0}}))
            }
            "recovery-make" => {
                state.2 = "unproved";
                Ok(json!({"words": "oak lamp river"}))
            }
            "recovery-prove" if request["words"] != "oak lamp river" => {
                Err(Misuse::new(Code::RecoveryWords, "word 2 is not in the list").into())
            }
            "recovery-prove" => {
                state.2 = "proved";
                Ok(json!({}))
            }
            "purse" => Ok(json!({"account": state.3.then_some("P-1")})),
            "open-account" => {
                state.3 = true;
                Ok(json!({"asked": true}))
            }
            _ => plain(request),
        }
    }
}

#[tokio::test]
async fn the_first_run_counts_what_is_done_and_nothing_else() {
    let mut wallet = Wallet::new(fresh()).await;
    let open = |page: &Answer| page.body.matches(">open</span>").count();
    assert_eq!(open(&wallet.browser.get("/welcome").await), 5);
    wallet.browser.get("/").await.says("5 of 5 steps are open");
    let page = wallet.browser.submit("/welcome/language", &[("language", "en")]).await;
    assert_eq!(open(&page), 4);
    let odd = wallet.browser.post("/welcome/phrase", &[("phrase", "blue  \u{202e}heron")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = wallet.browser.submit("/welcome/phrase", &[("phrase", "blue heron")]).await;
    assert_eq!(open(&page), 3);

    for (new, again) in
        [("password12345", "password12345"), ("marmalade tugboat velvet anchor", "other"), ("blue heron", "blue heron")]
    {
        let page = wallet.browser.post("/welcome/pass-phrase", &[("new", new), ("again", again), ("old", "")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{new}");
        page.lacks("marmalade");
        page.lacks("password12345");
        is_sound(&page);
    }
    assert!(asked(&wallet.log, "passphrase-change").is_empty());
    let good = "marmalade tugboat velvet anchor";
    let page = wallet.browser.submit("/welcome/pass-phrase", &[("new", good), ("again", good)]).await;
    assert_eq!(open(&page), 2);

    let words = wallet.browser.post("/welcome/backup", &[("make", "1")]).await;
    words.says("<strong>lamp</strong>");
    assert_eq!(words.headers["cache-control"], "no-store");
    is_sound(&words);
    assert_eq!(open(&wallet.browser.get("/welcome").await), 2, "words that were only shown count for nothing");
    let slip = wallet.browser.post("/welcome/backup", &[("words", "oak lump river")]).await;
    assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY);
    slip.says("word 2");
    slip.lacks("lump");
    let page = wallet.browser.submit("/welcome/backup", &[("words", "oak lamp river")]).await;
    page.says("3 keys");
    assert_eq!(open(&page), 1);
    let page = wallet.browser.submit("/welcome/account", &[]).await;
    assert_eq!(open(&page), 0);
    page.says("Everything is set up");
    wallet.browser.get("/").await.lacks("steps are open");
}

#[tokio::test]
async fn preferences_are_saved_whole_or_not_at_all() {
    let mut wallet = Wallet::new(fresh()).await;
    let mut typed = vec![
        ("language", "de"),
        ("phrase", "blue heron"),
        ("orders", "up-to"),
        ("limit", "zwanzig"),
        ("follow", "sign"),
        ("release", "ask"),
        ("contest", "sign"),
        ("complaint", "ask"),
        ("escrow_request", "sign"),
        ("never_above", "200,00"),
    ];
    let page = wallet.browser.post("/preferences", &typed).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("value=\"zwanzig\"");
    page.says("value=\"blue heron\"");
    is_sound(&page);
    assert!(asked(&wallet.log, "preferences").iter().all(|request| request.get("set").is_none()));
    typed[3] = ("limit", "20,00");
    let page = wallet.browser.submit("/preferences", &typed).await;
    page.says("value=\"20.00\"");
    page.says("value=\"200.00\"");
    page.says("Saved.");
}
