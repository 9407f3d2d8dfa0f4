//! What the offers of parcels say: what shipping costs, when it is paid, what is one shipment, whose word counts; and the
//! notaries, the first of which decides disputes.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Amount, Blob64, Currency};
use semper_blocks::certificate::pem;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::operator::Operator;
use super::view::{Theirs, amount, flag, list, number, some, text, theirs};
use crate::forms::{Form, Wrong};
use crate::page::{Page, go, show_as};
use crate::texts::fill;
use crate::texts::shop_desk::Orders;
use crate::texts::shop_shipping::Terms;
use crate::wallet::upload::Upload;

/// Longest card that is shown again in the form, in characters.
const CARD_CHARS_MAX: usize = 16_384;
/// Most certificates of a card that are looked at; the first is the carrier's.
const CARD_CERTIFICATES_MAX: usize = 40;

/// `?done=saved`, `?done=same`, `?done=list`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    done: String,
}

/// What the form has in its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Fields {
    cost: String,
    vat: String,
    days: String,
    returns: String,
    pay: String,
    parts: String,
    /// `keep`, `drop`, or `set` with a card.
    carrier: String,
    card: String,
}

/// A notary that the shop is linked with.
struct One {
    link: String,
    name: Theirs,
    place: Option<usize>,
    words: String,
    limit: String,
    prefer: Option<String>,
    drop: Option<String>,
}

#[derive(Template)]
#[template(path = "shop/desk/shipping.html")]
struct Shipping {
    page: Page,
    t: &'static Terms,
    o: &'static Orders,
    acting: Option<String>,
    may: bool,
    is_owner: bool,
    f: Fields,
    pays_locked: bool,
    arbiter: Option<Theirs>,
    carrier: Option<Theirs>,
    notaries: Vec<One>,
    wrong: Wrong,
    failed: Option<String>,
}

impl Fields {
    /// As the party has it.
    fn of(terms: &Value, operator: &Operator) -> Self {
        let cost = amount(text(terms, "/cost")).map(|cost| operator.money(&cost.decimal())).unwrap_or_default();
        let vat = terms.get("vat").map(|vat| vat.as_str().map_or_else(|| vat.to_string(), str::to_owned));
        Fields {
            cost,
            vat: vat.unwrap_or_default(),
            days: number(terms, "/delivery_days").to_string(),
            returns: text(terms, "/return_costs").to_owned(),
            pay: text(terms, "/pay").to_owned(),
            parts: text(terms, "/parts").to_owned(),
            carrier: "keep".to_owned(),
            card: String::new(),
        }
    }

    fn typed(upload: &Upload) -> Self {
        let get = |name: &str| upload.get(name).to_owned();
        // Whoever brings a card means it.
        let has_card = !upload.files.is_empty();
        Fields {
            cost: get("cost"),
            vat: get("vat"),
            days: get("days"),
            returns: get("returns"),
            pay: get("pay"),
            parts: get("parts"),
            carrier: if has_card { "set".to_owned() } else { get("carrier") },
            card: String::from_utf8_lossy(&upload.content("card")).trim().chars().take(CARD_CHARS_MAX).collect(),
        }
    }

    /// What is to be set: only what is otherwise than it was, so that what the shop has never said stays unsaid.
    fn changes(&self, was: &Fields, t: &'static Terms) -> Result<Map<String, Value>, Wrong> {
        let (mut wrong, mut set) = (Wrong::default(), Map::new());
        let mut put = |name: &str, value: Value| drop(set.insert(name.to_owned(), value));
        match Amount::parse(&plain(&self.cost), Currency::EUR) {
            Ok(cost) if self.cost != was.cost => put("cost", json!(cost.to_string())),
            Ok(_) => {}
            Err(_) => wrong.note("cost", t.wrong_cost),
        }
        let vat = self.vat.trim_end_matches('%').trim().replace(',', ".");
        match vat.parse::<f64>().ok().filter(|rate| (0.0..100.0).contains(rate)) {
            Some(_) if self.vat != was.vat => put("vat", json!(vat)),
            Some(_) => {}
            None => wrong.note("vat", t.wrong_vat),
        }
        match self.days.parse::<u64>().ok().filter(|days| (1..=365).contains(days)) {
            Some(days) if self.days != was.days => put("delivery_days", json!(days)),
            Some(_) => {}
            None => wrong.note("days", t.wrong_days),
        }
        let choices = [
            ("returns", "return_costs", &self.returns, &was.returns, &["buyer", "seller"][..]),
            ("pay", "pay", &self.pay, &was.pay, &["locked", "on-shipping"]),
            ("parts", "parts", &self.parts, &was.parts, &["whole", "lines", "ask"]),
        ];
        for (field, name, typed, before, known) in choices {
            match known.contains(&typed.as_str()) {
                true if typed != before => put(name, json!(typed)),
                true => {}
                false => wrong.note(field, t.wrong_choice),
            }
        }
        match self.carrier.as_str() {
            "keep" => {}
            "drop" => put("carrier", Value::Null),
            _ => match card(&self.card) {
                Some(der) => put("carrier", json!(Blob64(der))),
                None => wrong.note("card", t.wrong_card),
            },
        }
        if wrong.is_empty() { Ok(set) } else { Err(wrong) }
    }
}

/// `4,90 EUR` as `4.90`.
fn plain(cost: &str) -> String {
    cost.strip_suffix("EUR").unwrap_or(cost).trim().replace(',', ".")
}

/// The first certificate of a card: the carrier's own.
fn card(text: &str) -> Option<Vec<u8>> {
    let all = pem::all_from_pem(pem::Label::Certificate, text.trim(), CARD_CERTIFICATES_MAX).ok()?;
    all.into_iter().next()
}

async fn page(operator: &Operator, typed: Option<(Fields, Wrong, Option<String>)>, told: Option<&str>) -> Response {
    let terms = match operator.call(json!({ "command": "shipping" })).await {
        Ok(terms) => terms,
        Err(error) => return operator.oops(&error),
    };
    let t = Terms::of(operator.language());
    let status = if typed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (f, wrong, failed) = typed.unwrap_or_else(|| (Fields::of(&terms, operator), Wrong::default(), None));
    let notice = match told {
        Some("saved") => Some(t.saved),
        Some("same") => Some(t.same),
        Some("list") => Some(t.list_changed),
        _ => None,
    };
    show_as(
        status,
        &Shipping {
            page: operator.page(t.title).noting(notice),
            t,
            o: Orders::of(operator.language()),
            acting: operator.acting(),
            may: operator.rights().await.prices,
            is_owner: operator.is_owner(),
            pays_locked: text(&terms, "/pay") == "locked",
            arbiter: some(&terms, "/arbiter").map(|name| theirs(&name)),
            carrier: some(&terms, "/carrier").map(|name| theirs(&name)),
            notaries: if operator.is_owner() { notaries(operator, t).await } else { Vec::new() },
            f,
            wrong,
            failed,
        },
    )
}

async fn notaries(operator: &Operator, t: &'static Terms) -> Vec<One> {
    let answer = operator.call(json!({ "command": "notaries" })).await.unwrap_or_default();
    let one = |(place, one): (usize, &Value)| {
        let (listed, name) = (flag(one, "/listed"), theirs(text(one, "/name")));
        One {
            link: text(one, "/link").to_owned(),
            place: listed.then_some(place),
            words: text(one, "/fingerprint").to_owned(),
            limit: some(one, "/limit").map_or_else(|| t.no_limit.to_owned(), |limit| operator.money(&limit)),
            prefer: (!listed || place > 1).then(|| fill(t.prefer, &[&name.text])),
            drop: listed.then(|| fill(t.drop, &[&name.text])),
            name,
        }
    };
    (1..).zip(list(&answer, "/notaries")).map(one).collect()
}

/// `/desk/shipping`
pub(super) async fn show(operator: Operator, Query(told): Query<Told>) -> Response {
    page(&operator, None, Some(&told.done)).await
}

/// Sets what was changed.
pub(super) async fn save(operator: Operator, upload: Upload) -> Response {
    let terms = match operator.call(json!({ "command": "shipping" })).await {
        Ok(terms) => terms,
        Err(error) => return operator.oops(&error),
    };
    let (typed, was) = (Fields::typed(&upload), Fields::of(&terms, &operator));
    let set = match typed.changes(&was, Terms::of(operator.language())) {
        Ok(set) if set.is_empty() => return go("/desk/shipping?done=same"),
        Ok(set) => set,
        Err(wrong) => return page(&operator, Some((typed, wrong, None)), None).await,
    };
    match operator.call(json!({ "command": "shipping", "set": set })).await {
        Ok(_) => go("/desk/shipping?done=saved"),
        Err(error) => {
            let why = operator.sentence(&error);
            page(&operator, Some((typed, Wrong::default(), Some(why))), None).await
        }
    }
}

/// Changes the list of notaries. For the owner alone; the party refuses it in anybody else's name.
pub(super) async fn notary(operator: Operator, form: Form) -> Response {
    if !operator.is_owner() {
        return operator.for_owner();
    }
    let word = if form.has("prefer") { "notary-prefer" } else { "notary-drop" };
    match operator.call(json!({ "command": word, "link": form.get("link") })).await {
        Ok(_) => go("/desk/shipping?done=list#notaries"),
        Err(error) => operator.oops(&error),
    }
}
