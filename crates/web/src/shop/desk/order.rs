//! One order: lines, address, shipments, money, time line, documents, and what can be done.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use semper_base::{Error, bytes};
use semper_blocks::statement::{Kind, wording};
use serde::Deserialize;
use serde_json::{Value, json};

use super::acts::Act;
use super::locked;
use super::operator::{Operator, strange};
use super::view::{self, Line, Summary, Theirs, flag, list, number, some, text, theirs};
use crate::page::{Page, show as finish};
use crate::texts::shop_desk::{Acts, Kept, Orders};
use crate::texts::wallet::Who;
use crate::texts::{Language, When, codes, fill};

/// `?done=ship`: what was just done; `&waits`: the others have not answered yet.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    done: String,
    #[serde(default)]
    waits: String,
}

/// Name, value: a row of a list of facts.
type Fact = (String, String);

struct Part {
    title: String,
    word: String,
    next: String,
    until: Option<When>,
    lines: String,
    facts: Vec<Fact>,
    times: Vec<(&'static str, When)>,
    complaint: Option<Theirs>,
}

struct Event {
    at: When,
    text: String,
    by: String,
}

struct Document {
    kind: String,
    hash: String,
    signer: Theirs,
    issued: When,
}

#[derive(Template)]
#[template(path = "shop/desk/order.html")]
struct OrderPage {
    page: Page,
    t: &'static Orders,
    acting: Option<String>,
    order: Summary,
    facts: Vec<Fact>,
    money: Vec<Fact>,
    refused: Option<String>,
    lines: Vec<Line>,
    address: Vec<Theirs>,
    parts: Vec<Part>,
    timeline: Vec<Event>,
    documents: Vec<Document>,
    acts: Vec<(&'static str, &'static str, bool)>,
    has_evidence: bool,
    locks: Vec<locked::Locked>,
    k: &'static Kept,
    /// Whether a ruling or a carrier's word can be shown to the bank.
    can_bring: bool,
}

/// The order, or the page that says why there is none.
pub(super) async fn load(operator: &Operator, order: &str) -> Result<Value, Response> {
    let sale = operator.call(json!({ "command": "sale", "deal": order })).await;
    sale.map_err(|error| operator.oops(&error))
}

pub(super) async fn show(operator: Operator, Path(order): Path<String>, Query(told): Query<Told>) -> Response {
    let sale = match load(&operator, &order).await {
        Ok(sale) => sale,
        Err(response) => return response,
    };
    let rights = operator.rights().await;
    let (t, language) = (Orders::of(operator.language()), operator.language());
    let order = Summary::read(&sale, &operator);
    let acts = Act::ALL.into_iter().filter(|act| act.can(&sale, &rights));
    let acts = acts.map(|act| (act.word(), act.name(language), act == Act::Ship)).collect();
    let waits = (!told.waits.is_empty()).then_some(Acts::of(language).waits);
    let brought = (told.done == "bring").then_some(Kept::of(language).brought);
    let done = Act::of(&told.done).map(|act| act.done(language)).or(brought);
    let done = done.map(|done| [done].into_iter().chain(waits).collect::<Vec<_>>().join(" "));
    // Who buys a file stays unknown to the shop.
    let title = match order.buyer {
        Some(_) => fill(t.orders_of, &[&order.buyer_name(t)]),
        None => t.order.to_owned(),
    };
    finish(&OrderPage {
        page: operator.page(title).noting(done),
        t,
        acting: operator.acting(),
        facts: facts(&sale, &operator, t),
        money: money(&sale, &operator, t),
        refused: sale.get("refused").and_then(|refused| codes::refused(operator.language(), refused)),
        lines: view::lines(&sale, &operator),
        address: address(&sale),
        parts: list(&sale, "/parts").iter().map(|one| part(one, &sale, &operator, t)).collect(),
        timeline: timeline(&sale, &operator, t),
        documents: documents(&sale, &operator),
        acts,
        locks: locked::all(&sale, &operator),
        k: Kept::of(language),
        can_bring: rights.ship && list(&sale, "/can").iter().any(|can| can == "bring"),
        has_evidence: list(&sale, "/can").iter().any(|can| can == "export"),
        order,
    })
}

fn facts(sale: &Value, operator: &Operator, t: &'static Orders) -> Vec<Fact> {
    let mut facts = vec![(t.number.to_owned(), view::id(sale).to_owned())];
    let process = if is_mail_order(sale) { t.mail_order } else { t.file };
    facts.push((t.process.to_owned(), process.to_owned()));
    let grade = match text(sale, "/grade") {
        "strong" => Some(t.strong),
        "weak" => Some(t.weak),
        "escrow" => Some(t.kept_money),
        _ => None,
    };
    facts.extend(grade.map(|grade| (t.grade.to_owned(), grade.to_owned())));
    let risk = some(sale, "/at_risk").filter(|risk| view::amount(risk).is_none_or(|risk| risk.minor() > 0));
    let weak = text(sale, "/grade") == "weak";
    let risk = risk.map(|risk| operator.money(&risk));
    let kept = text(sale, "/grade") == "escrow";
    let risk = risk.map(|risk| match (weak, kept) {
        (true, _) => fill(t.at_risk_proof, &[&risk]),
        (_, true) => fill(t.at_risk_kept, &[&risk]),
        _ => risk,
    });
    facts.extend(risk.map(|risk| (t.at_risk.to_owned(), risk)));
    facts
}

fn money(sale: &Value, operator: &Operator, t: &'static Orders) -> Vec<Fact> {
    let mut rows = Vec::new();
    for (path, name) in [("/shipping", t.shipping), ("/total", t.total), ("/paid", t.paid), ("/refunded", t.refunded)] {
        rows.extend(some(sale, path).map(|amount| (name.to_owned(), operator.money(&amount))));
    }
    rows.extend(view::kept(sale).map(|kept| (t.kept.to_owned(), operator.money(&kept.to_string()))));
    rows
}

/// How the locked money of a part stands.
pub(super) fn state(word: &str, t: &'static Orders) -> &'static str {
    match word {
        "agreed" => t.money_agreed,
        "locked" => t.money_locked,
        "consigned" => t.money_consigned,
        "arrived" => t.money_arrived,
        "disputed" => t.money_disputed,
        "divided" => t.money_divided,
        _ => t.money_returned,
    }
}

fn address(sale: &Value) -> Vec<Theirs> {
    let part = |path: &str| text(sale, &format!("/address/{path}")).to_owned();
    let place = format!("{} {}", part("postcode"), part("city"));
    let lines = [part("name"), part("street"), place.trim().to_owned(), part("country")];
    lines.iter().filter(|line| !line.is_empty()).map(|line| theirs(line)).collect()
}

fn part(part: &Value, sale: &Value, operator: &Operator, t: &'static Orders) -> Part {
    let language = operator.language();
    let title = |id: &str| {
        let line = list(sale, "/lines").iter().find(|line| text(line, "/id") == id);
        theirs(line.map_or(id, |line| text(line, "/title"))).text
    };
    let lines = list(part, "/lines").iter().map(|l| format!("{} × {}", number(l, "/quantity"), title(text(l, "/id"))));
    let paid = if flag(part, "/paid") { t.is_paid } else { t.not_paid };
    let mut facts = vec![(t.amount.to_owned(), format!("{}, {paid}", operator.money(text(part, "/amount"))))];
    let money = some(part, "/money");
    facts.extend(money.as_deref().map(|money| (t.money_of.to_owned(), state(money, t).to_owned())));
    let plain = [("/refunded", t.refunded), ("/carrier", t.carrier), ("/tracking", t.tracking)];
    for (path, name) in plain {
        let value = some(part, path).map(|value| if path == "/refunded" { operator.money(&value) } else { value });
        facts.extend(value.map(|value| (name.to_owned(), theirs(&value).text)));
    }
    if flag(part, "/by_default") {
        facts.push((t.received.to_owned(), t.by_default.to_owned()));
    }
    let times = [
        ("/handed_over", t.handed_over),
        ("/pay_until", t.pay_until),
        ("/accept_until", t.accept_until),
        ("/received", t.received),
        ("/withdraw_until", t.withdraw_until),
        ("/withdrawn", t.withdrawn),
    ];
    let times =
        times.into_iter().filter(|(path, _)| money.is_none() || !matches!(*path, "/pay_until" | "/accept_until"));
    let times = times.filter_map(|(path, name)| Some((name, When::new(language, &some(part, path)?))));
    let summary = Summary::read(part, operator);
    Part {
        title: fill(t.part, &[&number(part, "/part").to_string()]),
        word: summary.word,
        next: summary.next.sentence,
        until: summary.next.until,
        lines: lines.collect::<Vec<_>>().join(", "),
        facts,
        times: times.collect(),
        complaint: some(part, "/complaint").map(|complaint| theirs(&complaint)),
    }
}

fn timeline(sale: &Value, operator: &Operator, t: &'static Orders) -> Vec<Event> {
    let event = |event: &Value| {
        // In the reader's language if it is a kind of statement; else as the party says it.
        let (word, said) = (text(event, "/what"), theirs(text(event, "/text")).text);
        let what = match Kind::from_word(word) {
            None if !said.is_empty() => said,
            Some(_) | None => title(operator.language(), word),
        };
        let part = number(event, "/part");
        let by = who(operator.language(), text(event, "/by"));
        let text = if part > 0 { format!("{what} ({})", fill(t.part, &[&part.to_string()])) } else { what };
        Event { at: When::new(operator.language(), self::text(event, "/at")), text, by }
    };
    list(sale, "/timeline").iter().map(event).collect()
}

/// A role's name; what is no role stands as it is.
fn who(language: Language, word: &str) -> String {
    let w = Who::of(language);
    let name = match word {
        "buyer" => w.buyer,
        "seller" => w.seller,
        "arbiter" => w.arbiter,
        "bank" => w.bank,
        "carrier" => w.carrier,
        "notary" => w.notary,
        other => other,
    };
    name.to_owned()
}

/// What a kind of statement is called.
fn title(language: Language, word: &str) -> String {
    let kind = Kind::from_word(word);
    let wording = kind.and_then(|kind| wording::find(&wording::current(kind, language.into())));
    wording.map_or_else(|| word.to_owned(), |wording| wording.title().to_owned())
}

fn documents(sale: &Value, operator: &Operator) -> Vec<Document> {
    let document = |document: &Value| Document {
        kind: title(operator.language(), text(document, "/kind")),
        hash: text(document, "/hash").to_owned(),
        signer: theirs(&who(operator.language(), text(document, "/signer"))),
        issued: When::new(operator.language(), text(document, "/issued")),
    };
    list(sale, "/documents").iter().map(document).collect()
}

/// Whether it is a mail order; a file's sale is known by its exchange.
pub(super) fn is_mail_order(sale: &Value) -> bool {
    text(sale, "/process") == "mail-order"
}

/// The evidence pack, as a file.
pub(super) async fn evidence(operator: Operator, Path(order): Path<String>) -> Response {
    let sale = match load(&operator, &order).await {
        Ok(sale) => sale,
        Err(response) => return response,
    };
    match pack(&operator, &sale).await {
        Ok(pack) => {
            let short: String = view::id(&sale).chars().filter(char::is_ascii_alphanumeric).take(12).collect();
            let name = format!("attachment; filename=\"order-{short}.zip\"");
            ([(header::CONTENT_TYPE, "application/zip".to_owned()), (header::CONTENT_DISPOSITION, name)], pack)
                .into_response()
        }
        Err(error) => operator.oops(&error),
    }
}

async fn pack(operator: &Operator, sale: &Value) -> Result<Vec<u8>, Error> {
    let request = if is_mail_order(sale) {
        json!({ "command": "export", "order": view::id(sale) })
    } else {
        json!({ "command": "export", "xid": sale.get("xid") })
    };
    let reply = operator.call(request).await?;
    let pack = reply.get("pack").and_then(Value::as_str).ok_or_else(|| strange("pack"))?;
    Ok(bytes::decode(pack)?)
}

/// The names of acts, for the buttons of this page.
pub(super) fn name(act: Act, acts: &'static Acts) -> &'static str {
    match act {
        Act::Accept => acts.accept,
        Act::Cancel => acts.cancel,
        Act::Dispute => acts.dispute,
        Act::Refund => acts.refund,
        Act::Release => acts.release,
        Act::Ship => acts.ship,
    }
}
