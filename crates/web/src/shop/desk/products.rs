//! The catalogue with stock and price to be changed in place; each product says why it is not for sale.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use super::board::encoded;
use super::operator::Operator;
use super::view::{Theirs, amount, flag, list, some, text, theirs, typed_amount};
use crate::forms::{Form, Wrong};
use crate::page::{Page, go, show_as};
use crate::texts::fill;
use crate::texts::shop_desk::{Orders, Wares};

/// Products on one page.
const PAGE: usize = 30;
/// Products that one answer of the party brings at most.
const BATCH: usize = 100;
/// How many products a search looks at.
const SEARCHED_MAX: usize = 3000;

/// `?show=all|published|drafts&q=…&after=ID&saved=ID`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    saved: String,
}

/// One product in the list, with its form.
struct Row {
    id: String,
    title: Theirs,
    price: String,
    was_price: String,
    currency: String,
    stock: String,
    was_stock: String,
    published: bool,
    was_published: bool,
    for_sale: bool,
    why_not: Option<&'static str>,
    wrong: Wrong,
}

#[derive(Template)]
#[template(path = "shop/desk/products.html")]
struct Products {
    page: Page,
    t: &'static Wares,
    o: &'static Orders,
    acting: Option<String>,
    may: bool,
    count: String,
    tabs: [(&'static str, &'static str, bool); 3],
    show: &'static str,
    q: String,
    after: String,
    rows: Vec<Row>,
    is_search: bool,
    partly: Option<String>,
    next: Option<String>,
    wrong: Wrong,
    failed: Option<String>,
}

/// Why a product is not for sale, in words that say what to do.
pub(super) fn why_not(word: &str, t: &'static Wares) -> Option<&'static str> {
    Some(match word {
        "unpublished" => t.unpublished,
        "unsigned" => t.unsigned,
        "list-expired" => t.list_expired,
        "sold-out" => t.sold_out,
        "no-file" => t.no_file,
        _ => return None,
    })
}

/// The stock as a form has it: empty if it is not counted.
pub(super) fn stock_text(product: &Value) -> String {
    product.get("stock").and_then(Value::as_u64).map_or_else(String::new, |stock| stock.to_string())
}

/// A product's title with what tells it from its sister variants.
fn full_title(product: &Value) -> String {
    let values: Vec<&str> = list(product, "/options").iter().map(|option| text(option, "/1")).collect();
    let title = text(product, "/title");
    if values.is_empty() { title.to_owned() } else { format!("{title} ({})", values.join(", ")) }
}

impl Row {
    fn read(product: &Value, operator: &Operator, t: &'static Wares) -> Self {
        let price = amount(text(product, "/price"));
        let decimal = price.map_or_else(String::new, |price| operator.money(&price.decimal()));
        let (stock, published) = (stock_text(product), flag(product, "/published"));
        Row {
            id: text(product, "/id").to_owned(),
            title: theirs(&full_title(product)),
            price: decimal.clone(),
            was_price: decimal,
            currency: price.map_or_else(String::new, |price| price.currency().to_string()),
            stock: stock.clone(),
            was_stock: stock,
            published,
            was_published: published,
            for_sale: flag(product, "/for_sale"),
            why_not: why_not(text(product, "/why_not"), t),
            wrong: Wrong::default(),
        }
    }

    /// As it was typed.
    fn typed(mut self, form: &Form, wrong: &Wrong) -> Self {
        form.get("price").clone_into(&mut self.price);
        form.get("stock").clone_into(&mut self.stock);
        self.published = form.has("published");
        self.wrong = wrong.clone();
        self
    }
}

struct Found {
    products: Vec<Value>,
    next: Option<String>,
    count: u64,
    /// Whether there was more to search.
    partly: bool,
}

async fn find(operator: &Operator, wanted: &Wanted) -> Result<Found, Error> {
    let q = wanted.q.trim().to_lowercase();
    let (mut found, mut after, mut seen, mut count) = (Vec::new(), some_text(&wanted.after), 0, 0);
    let limit = if q.is_empty() { PAGE } else { BATCH };
    loop {
        let mut request = json!({ "command": "products", "limit": limit });
        if let Some(members) = request.as_object_mut() {
            members.extend(after.take().map(|after| ("after".to_owned(), json!(after))));
            match wanted.show.as_str() {
                "published" => drop(members.insert("published".to_owned(), json!(true))),
                "drafts" => drop(members.insert("published".to_owned(), json!(false))),
                _ => {}
            }
        }
        let reply = operator.call(request).await?;
        let has = |product: &Value, path| text(product, path).to_lowercase().contains(&q);
        let fits = |product: &&Value| q.is_empty() || ["/id", "/title", "/sku"].iter().any(|path| has(product, path));
        let batch = list(&reply, "/products");
        seen += batch.len();
        found.extend(batch.iter().filter(fits).cloned());
        count = super::view::number(&reply, "/count").max(count);
        after = some(&reply, "/next");
        let enough = q.is_empty() || found.len() >= PAGE || seen >= SEARCHED_MAX;
        if enough || after.is_none() {
            let partly = !q.is_empty() && after.is_some() && found.len() < PAGE;
            return Ok(Found { products: found, next: after, count, partly });
        }
    }
}

fn some_text(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The list. One row may be as it was typed, with what is wrong with it.
async fn page(operator: &Operator, wanted: &Wanted, typed: Option<(&Form, Wrong, Option<String>)>) -> Response {
    let found = match find(operator, wanted).await {
        Ok(found) => found,
        Err(error) => return operator.oops(&error),
    };
    let t = Wares::of(operator.language());
    let may = operator.rights().await.prices;
    let mut rows: Vec<Row> = found.products.iter().map(|product| Row::read(product, operator, t)).collect();
    let (mut status, mut wrong, mut failed) = (StatusCode::OK, Wrong::default(), None);
    if let Some((form, problems, why)) = typed {
        status = StatusCode::UNPROCESSABLE_ENTITY;
        rows = rows
            .into_iter()
            .map(|row| if row.id == form.get("id") { row.typed(form, &problems) } else { row })
            .collect();
        (wrong, failed) = (problems, why);
    }
    let show = match wanted.show.as_str() {
        "published" => "published",
        "drafts" => "drafts",
        _ => "all",
    };
    let q: String = wanted.q.trim().chars().take(100).collect();
    let next = found.next.map(|next| format!("/desk/products?show={show}&q={}&after={}", encoded(&q), encoded(&next)));
    let tab = |word: &'static str, name| (word, name, word == show);
    let saved = some_text(&wanted.saved).map(|saved| fill(t.saved, &[&theirs(&saved).text]));
    show_as(
        status,
        &Products {
            page: operator.page(t.title).noting(saved),
            t,
            o: Orders::of(operator.language()),
            acting: operator.acting(),
            may,
            count: fill(t.count, &[&found.count.to_string()]),
            tabs: [tab("all", t.all), tab("published", t.published), tab("drafts", t.drafts)],
            show,
            after: wanted.after.clone(),
            rows,
            is_search: !q.is_empty(),
            q,
            partly: found.partly.then(|| fill(t.search_part, &[&SEARCHED_MAX.to_string()])),
            next,
            wrong,
            failed,
        },
    )
}

pub(super) async fn show(operator: Operator, Query(wanted): Query<Wanted>) -> Response {
    page(&operator, &wanted, None).await
}

/// What is wrong with a row, or what the party is to be told: what was changed and nothing else, so that a
/// sale between looking and saving is not undone.
fn changes(form: &Form, now: &Value, operator: &Operator) -> Result<Value, Wrong> {
    let t = Wares::of(operator.language());
    let mut wrong = Wrong::default();
    let mut request = json!({ "command": "product-set", "id": form.get("id") });
    let mut set = |name: &str, value: Value| {
        if let Some(members) = request.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
    };
    if form.get("price") != form.get("was_price") {
        let currency = amount(text(now, "/price")).map(|price| price.currency().to_string()).unwrap_or_default();
        match typed_amount(form.get("price"), &currency) {
            Some(price) => set("price", json!(price.to_string())),
            None => wrong.note("price", t.wrong_price),
        }
    }
    if form.get("stock") != form.get("was_stock") {
        let stock = form.get("stock");
        let stock_now = stock_text(now);
        match (stock.parse::<u64>(), stock.is_empty()) {
            _ if form.get("was_stock") != stock_now => {
                let meanwhile = if stock_now.is_empty() { t.not_counted } else { stock_now.as_str() };
                wrong.note("stock", fill(t.wrong_stock_moved, &[meanwhile]));
            }
            (Ok(count), _) => set("stock", json!(count)),
            (Err(_), true) => set("stock", Value::Null),
            (Err(_), false) => wrong.note("stock", t.wrong_stock),
        }
    }
    if form.has("published") != (form.get("was_published") == "true") {
        set("published", json!(form.has("published")));
    }
    if wrong.is_empty() { Ok(request) } else { Err(wrong) }
}

/// Saves one row.
pub(super) async fn save(operator: Operator, form: Form) -> Response {
    let wanted = Wanted {
        show: form.get("show").to_owned(),
        q: form.get("q").to_owned(),
        after: form.get("after").to_owned(),
        saved: String::new(),
    };
    let now = match operator.call(json!({ "command": "product-get", "id": form.get("id") })).await {
        Ok(now) => now,
        Err(error) => return operator.oops(&error),
    };
    let request = match changes(&form, &now, &operator) {
        Ok(request) => request,
        Err(wrong) => return page(&operator, &wanted, Some((&form, wrong, None))).await,
    };
    match operator.call(request).await {
        Ok(_) => {
            let (q, after, id) = (encoded(&wanted.q), encoded(&wanted.after), encoded(form.get("id")));
            go(&format!("/desk/products?show={}&q={q}&after={after}&saved={id}#p-{id}", encoded(&wanted.show)))
        }
        Err(error) => page(&operator, &wanted, Some((&form, Wrong::default(), Some(operator.sentence(&error))))).await,
    }
}
