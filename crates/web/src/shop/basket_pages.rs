//! The pages around the basket.

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use semper_base::Error;

use super::basket::{Basket, Filled, LINES_MAX, QUANTITY_MAX, Row, sum};
use super::checkout::{forget_handed, take_out, without_ordered};
use super::product::{Terms, product};
use super::shelf;
use super::{Asked, or_oops, texts};
use crate::door::Visit;
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show_as};
use crate::texts::shop::Shop;

/// A line as it is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) warnings: Vec<&'static str>,
    pub(super) is_file: bool,
    pub(super) price: String,
    pub(super) sum: String,
    pub(super) quantity: String,
    /// What has changed since it was put in.
    pub(super) note: Option<String>,
    /// Why it cannot stay as it is.
    pub(super) problem: Option<String>,
}

/// What was typed for a line that is refused.
struct Typed<'a> {
    form: Option<&'a Form>,
}

impl Typed<'_> {
    /// The quantity as it was typed, and whether it is none.
    fn quantity(&self, row: &Row) -> (String, bool) {
        let name = format!("q-{}", row.line.id);
        match self.form {
            Some(form) if form.has(&name) => {
                let text: String = form.get(&name).chars().take(20).collect();
                let is_wrong = quantity(&text).is_none();
                (text, is_wrong)
            }
            _ => (row.line.quantity.to_string(), false),
        }
    }
}

/// Reads a quantity that was typed; zero takes a line out.
fn quantity(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number <= QUANTITY_MAX)
}

fn quantity_wrong(t: &Shop) -> String {
    t.quantity_wrong.replace("{max}", &QUANTITY_MAX.to_string())
}

/// Why a line cannot stay as it is.
fn problem(row: &Row, t: &Shop) -> Option<String> {
    match row.too_many()? {
        0 if row.is_sold_out() => Some(t.sold_out.to_owned()),
        0 => Some(t.not_now.to_owned()),
        most => Some(t.quantity_stock.replace("{n}", &most.to_string())),
    }
}

/// What has changed of its price.
fn note(row: &Row, page: &Page, t: &Shop) -> Option<String> {
    let (old, new) = (page.money(&row.was()?.to_string()), page.money(&row.item.price.to_string()));
    Some(t.price_was.replace("{old}", &old).replace("{new}", &new))
}

fn shown(row: &Row, typed: &Typed<'_>, page: &Page, t: &'static Shop) -> Shown {
    let (quantity, is_wrong) = typed.quantity(row);
    Shown {
        id: row.line.id.clone(),
        title: row.item.full_title(),
        warnings: row.item.title.warnings(t),
        is_file: row.item.is_file,
        price: page.money(&row.item.price.to_string()),
        sum: row.sum().map(|sum| page.money(&sum.to_string())).unwrap_or_default(),
        quantity,
        note: note(row, page, t),
        problem: if is_wrong { Some(quantity_wrong(t)) } else { problem(row, t) },
    }
}

/// Lines to look at without changing them.
pub(super) fn plain(rows: &[Row], page: &Page, t: &'static Shop) -> Vec<Shown> {
    rows.iter().map(|row| shown(row, &Typed { form: None }, page, t)).collect()
}

/// Goods, shipping and both together, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) goods: String,
    pub(super) shipping: Option<String>,
    pub(super) total: String,
}

impl Sums {
    /// Of parcels.
    pub(super) fn of(rows: &[Row], terms: &Terms, page: &Page) -> Option<Sums> {
        let goods = sum(rows)?;
        let total = terms.amount.and_then(|cost| goods.plus(cost).ok()).unwrap_or(goods);
        let text = |amount: semper_base::Amount| page.money(&amount.to_string());
        Some(Sums { goods: text(goods), shipping: terms.cost.clone(), total: text(total) })
    }
}

#[derive(Template)]
#[template(path = "shop/basket.html")]
struct BasketPage {
    page: Page,
    t: &'static Shop,
    parcels: Vec<Shown>,
    files: Vec<Shown>,
    sums: Option<Sums>,
    problems: Vec<(String, String)>,
}

async fn fill(visit: &Visit, filled: &Filled, typed: &Typed<'_>, notice: Option<String>) -> BasketPage {
    let t = texts(visit);
    let page = Page::new(visit, t.basket).noting(notice);
    let (parcels, files) = (filled.of_kind(false), filled.of_kind(true));
    let terms = if parcels.is_empty() { Terms::default() } else { Terms::ask(visit).await };
    let sums = Sums::of(&parcels, &terms, &page);
    let to_show = |rows: &[Row]| rows.iter().map(|row| shown(row, typed, &page, t)).collect::<Vec<_>>();
    let (parcels, files) = (to_show(&parcels), to_show(&files));
    let all = parcels.iter().chain(&files);
    let problems = all.filter_map(|line| {
        let problem = line.problem.as_ref()?;
        Some((line.id.clone(), format!("{}: {problem}", line.title)))
    });
    let problems = problems.collect();
    BasketPage { page, t, parcels, files, sums, problems }
}

/// The word for what just happened.
fn told(asked: &Asked, filled: &Filled, t: &Shop) -> Option<String> {
    let added = filled.rows.iter().find(|row| row.line.id == asked.get("added"));
    if let Some(row) = added {
        return Some(t.added.replace("{title}", &row.item.full_title()));
    }
    let text = match asked.get("done") {
        "updated" => t.updated,
        "removed" => t.removed,
        "cleared" => t.cleared,
        "ordered" => t.taken_out,
        "settle" => t.settle_first,
        _ => return None,
    };
    Some(text.to_owned())
}

/// `/basket`.
pub(super) async fn show_basket(visit: Visit, headers: HeaderMap, asked: Asked) -> Response {
    if let Some(basket) = without_ordered(&visit, &headers).await {
        return take_out(&basket);
    }
    let basket = Basket::read(&headers);
    let filled = match basket.look_up(&visit.site.party).await {
        Ok(filled) => filled,
        Err(error) => return Oops::error(&visit, &error),
    };
    let t = texts(&visit);
    let lost = filled.has_lost.then(|| t.dropped.to_owned());
    let told = told(&asked, &filled, t);
    let notice = lost.into_iter().chain(told).collect::<Vec<_>>().join(" ");
    let notice = Some(notice).filter(|notice| !notice.is_empty());
    let page = fill(&visit, &filled, &Typed { form: None }, notice).await;
    let response = show_as(StatusCode::OK, &page);
    // What fell out is told once.
    if filled.has_lost { filled.basket().keep(response) } else { response }
}

/// Puts a product in: fields `item` and `quantity`.
pub(super) async fn add(visit: Visit, headers: HeaderMap, form: Form) -> Response {
    let rid = without_ordered(&visit, &headers).await;
    let is_rid = rid.is_some();
    let answer = put(&visit, rid.unwrap_or_else(|| Basket::read(&headers)), &form).await;
    let answer = or_oops(&visit, answer);
    if is_rid { forget_handed(answer) } else { answer }
}

async fn put(visit: &Visit, mut basket: Basket, form: &Form) -> Result<Response, Error> {
    let (id, typed) = (form.get("item"), form.get("quantity"));
    let Some(item) = shelf::get(&visit.site.party, id).await? else { return Ok(Oops::not_found(visit)) };
    let t = texts(visit);
    let mut wrong = Wrong::default();
    let in_basket = basket.line(id).map_or(0, |line| line.quantity);
    let most = item.stock.most(item.counted);
    match quantity(typed).filter(|quantity| *quantity > 0) {
        _ if !item.stock.is_there() => wrong.note("quantity", item.stock.word(t)),
        None => wrong.note("quantity", quantity_wrong(t)),
        Some(wanted) if item.is_file && wanted > 1 => wrong.note("quantity", t.file_once),
        Some(wanted) if !item.is_file && most.is_some_and(|most| in_basket.saturating_add(wanted) > most) => {
            wrong.note("quantity", t.quantity_stock.replace("{n}", &most.unwrap_or(0).to_string()));
        }
        Some(wanted) => {
            if !basket.add(&item, wanted) {
                wrong.note("quantity", t.basket_full.replace("{max}", &LINES_MAX.to_string()));
            }
        }
    }
    if wrong.is_empty() {
        return Ok(basket.keep(go(&format!("/basket?added={}", item.id))));
    }
    let typed: String = typed.chars().take(20).collect();
    product(visit, id, basket.count(), &typed, wrong).await
}

/// Changes quantities (`q-ID`), takes a line out (`remove=ID`) or all of them (`clear`).
pub(super) async fn change(visit: Visit, headers: HeaderMap, form: Form) -> Response {
    let mut basket = Basket::read(&headers);
    if form.has("clear") {
        return Basket::default().keep(go("/basket?done=cleared"));
    }
    if form.has("remove") {
        basket.lines.retain(|line| line.id != form.get("remove"));
        return basket.keep(go("/basket?done=removed"));
    }
    let filled = match basket.look_up(&visit.site.party).await {
        Ok(filled) => filled,
        Err(error) => return Oops::error(&visit, &error),
    };
    let typed = Typed { form: Some(&form) };
    if filled.rows.iter().any(|row| typed.quantity(row).1) {
        let mut page = fill(&visit, &filled, &typed, None).await;
        page.page.notice = Some(visit.common().field_wrong.to_owned());
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let mut basket = filled.basket();
    for (line, row) in basket.lines.iter_mut().zip(&filled.rows) {
        let wanted = quantity(&typed.quantity(row).0).unwrap_or(line.quantity);
        line.quantity = if row.item.is_file { wanted.min(1) } else { wanted };
        // Whoever takes over changes has seen the price of now.
        line.seen = row.item.price.minor();
    }
    basket.lines.retain(|line| line.quantity > 0);
    basket.keep(go("/basket?done=updated"))
}
