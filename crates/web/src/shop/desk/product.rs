//! One product: a form for a new one, and for everything about one that is there.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::Code;
use serde_json::{Value, json};

use super::board::encoded;
use super::operator::Operator;
use super::products::{stock_text, why_not};
use super::view::{amount, flag, some, text, typed_amount};
use crate::forms::{Form, Wrong};
use crate::page::{Page, go, show_as};
use crate::texts::shop_desk::{Orders, Wares};

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Fields as they are shown in the form.
#[derive(Clone, Debug, Default)]
struct Fields {
    id: String,
    title: String,
    price: String,
    currency: String,
    vat: String,
    kind: String,
    stock: String,
    description: String,
    published: bool,
}

#[derive(Template)]
#[template(path = "shop/desk/product.html")]
struct ProductPage {
    page: Page,
    t: &'static Wares,
    o: &'static Orders,
    action: String,
    is_new: bool,
    f: Fields,
    why: Option<&'static str>,
    wrong: Wrong,
    failed: Option<String>,
}

fn form_page(operator: &Operator, old: Option<&Value>, f: Fields, wrong: Wrong, failed: Option<String>) -> Response {
    let t = Wares::of(operator.language());
    let status = if wrong.is_empty() && failed.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let action = old.map_or_else(|| "/desk/product".to_owned(), |old| format!("/desk/product/{}", text(old, "/id")));
    show_as(
        status,
        &ProductPage {
            page: operator.page(if old.is_some() { t.edit } else { t.new }),
            t,
            o: Orders::of(operator.language()),
            action,
            is_new: old.is_none(),
            why: old.and_then(|old| why_not(text(old, "/why_not"), t)),
            f,
            wrong,
            failed,
        },
    )
}

/// The currency of the catalogue, or the usual one.
async fn currency(operator: &Operator) -> String {
    let catalogue = operator.call(json!({ "command": "catalogue" })).await.unwrap_or_default();
    some(&catalogue, "/currency").unwrap_or_else(|| "EUR".to_owned())
}

pub(super) async fn new(operator: Operator) -> Response {
    let currency = currency(&operator).await;
    let f = Fields { currency, vat: "19".to_owned(), kind: "parcel".to_owned(), published: true, ..Fields::default() };
    form_page(&operator, None, f, Wrong::default(), None)
}

fn typed(form: &Form, currency: String, id: &str) -> Fields {
    let get = |name: &str| form.get(name).to_owned();
    Fields {
        id: id.to_owned(),
        title: get("title"),
        price: get("price"),
        currency,
        vat: get("vat"),
        kind: get("kind"),
        stock: get("stock"),
        description: get("description").replace("\r\n", "\n"),
        published: form.has("published"),
    }
}

/// The product as the party takes it. What the form does not have stays as it is.
fn product(f: &Fields, old: Option<&Value>, t: &'static Wares) -> Result<Value, Wrong> {
    let mut wrong = Wrong::default();
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=50).contains(&f.id.len()) || !f.id.bytes().all(fits) {
        wrong.note("id", t.wrong_id);
    }
    if f.title.is_empty() || f.title.chars().count() > NAME_CHARS_MAX {
        wrong.note("title", t.wrong_name);
    }
    let price = typed_amount(&f.price, &f.currency);
    if price.is_none() {
        wrong.note("price", t.wrong_price);
    }
    let vat = f.vat.replace(',', ".");
    if vat.parse::<f64>().map_or(true, |rate| !(0.0..100.0).contains(&rate)) {
        wrong.note("vat", t.wrong_vat);
    }
    let stock = f.stock.parse::<u64>();
    if stock.is_err() && !f.stock.is_empty() {
        wrong.note("stock", t.wrong_stock);
    }
    let mut product = old.cloned().unwrap_or_else(|| json!({}));
    if let Some(members) = product.as_object_mut() {
        for told in ["for_sale", "why_not", "was"] {
            members.remove(told);
        }
        let kind = if f.kind == "file" { "file" } else { "parcel" };
        let set = [
            ("id", json!(f.id)),
            ("title", json!(f.title)),
            ("price", json!(price.map(|price| price.to_string()))),
            ("vat", json!(vat)),
            ("kind", json!(kind)),
            ("stock", json!(stock.ok())),
            ("description", json!(f.description)),
            ("published", json!(f.published)),
        ];
        members.extend(set.map(|(name, value)| (name.to_owned(), value)));
    }
    if wrong.is_empty() { Ok(product) } else { Err(wrong) }
}

async fn put(operator: &Operator, product: Value) -> Result<(), semper_base::Error> {
    operator.call(json!({ "command": "product-put", "product": product })).await.map(drop)
}

pub(super) async fn create(operator: Operator, form: Form) -> Response {
    let t = Wares::of(operator.language());
    let f = typed(&form, currency(&operator).await, form.get("id"));
    let product = match product(&f, None, t) {
        Ok(product) => product,
        Err(wrong) => return form_page(&operator, None, f, wrong, None),
    };
    // A new product must not replace another one; a second click finds its own and is content.
    match operator.call(json!({ "command": "product-get", "id": f.id })).await {
        Ok(old) if text(&old, "/title") != f.title || text(&old, "/price") != text(&product, "/price") => {
            let mut wrong = Wrong::default();
            wrong.note("id", t.wrong_id_taken);
            return form_page(&operator, None, f, wrong, None);
        }
        Ok(_) => {}
        Err(error) if error.code() == Code::NotFound => {
            if let Err(error) = put(&operator, product).await {
                return form_page(&operator, None, f, Wrong::default(), Some(operator.sentence(&error)));
            }
        }
        Err(error) => return operator.oops(&error),
    }
    go(&format!("/desk/products?q={0}&saved={0}", encoded(&f.id)))
}

async fn load(operator: &Operator, id: &str) -> Result<Value, Response> {
    let product = operator.call(json!({ "command": "product-get", "id": id })).await;
    product.map_err(|error| operator.oops(&error))
}

pub(super) async fn edit(operator: Operator, Path(id): Path<String>) -> Response {
    let old = match load(&operator, &id).await {
        Ok(old) => old,
        Err(response) => return response,
    };
    let price = amount(text(&old, "/price"));
    let f = Fields {
        id: text(&old, "/id").to_owned(),
        title: text(&old, "/title").to_owned(),
        price: price.map_or_else(String::new, |price| operator.money(&price.decimal())),
        currency: price.map_or_else(String::new, |price| price.currency().to_string()),
        vat: old.get("vat").map_or_else(String::new, |vat| vat.as_str().map_or_else(|| vat.to_string(), str::to_owned)),
        kind: text(&old, "/kind").to_owned(),
        stock: stock_text(&old),
        description: text(&old, "/description").to_owned(),
        published: flag(&old, "/published"),
    };
    form_page(&operator, Some(&old), f, Wrong::default(), None)
}

pub(super) async fn update(operator: Operator, Path(id): Path<String>, form: Form) -> Response {
    let old = match load(&operator, &id).await {
        Ok(old) => old,
        Err(response) => return response,
    };
    let currency = amount(text(&old, "/price")).map(|price| price.currency().to_string()).unwrap_or_default();
    let f = typed(&form, currency, text(&old, "/id"));
    let product = match product(&f, Some(&old), Wares::of(operator.language())) {
        Ok(product) => product,
        Err(wrong) => return form_page(&operator, Some(&old), f, wrong, None),
    };
    match put(&operator, product).await {
        Ok(()) => go(&format!("/desk/products?q={0}&saved={0}", encoded(&f.id))),
        Err(error) => form_page(&operator, Some(&old), f, Wrong::default(), Some(operator.sentence(&error))),
    }
}
