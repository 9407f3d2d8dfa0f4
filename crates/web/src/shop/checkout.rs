//! The hand-over to the visitor's wallet. Parcels go by a cart that the shop keeps for a day, each file by
//! its id.

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use semper_base::{Code, Error};
use serde_json::{Value, json};

use super::basket::{Basket, Filled, Line, Row};
use super::basket_pages::{Shown, Sums, plain};
use super::item::Said;
use super::product::Terms;
use super::{Asked, or_oops, texts};
use crate::cookies;
use crate::desk::with_cookie;
use crate::door::Visit;
use crate::forms::{Form, Wrong};
use crate::handover::{self, Goods, Handover, wallet_address};
use crate::page::{Page, go, show_as};
use crate::texts::When;
use crate::texts::shop::Shop;

/// The cookie that remembers where the visitor's wallet is.
const COOKIE: &str = "wallet";
/// How long, in seconds: a year.
const LIFE: u32 = 365 * 24 * 3600;
/// The cookie with the cart that was handed over last, so that the basket can be rid of it once it is ordered.
const HANDED: &str = "handed";
/// How long, in seconds: two days; a cart stands for one.
const HANDED_LIFE: u32 = 2 * 24 * 3600;
/// Longest name of a cart.
const CART_CHARS_MAX: usize = 64;

/// One hand-over: a link, if it is known where to, and a code.
#[derive(Debug)]
struct Way {
    link: Option<String>,
    code: String,
    price: String,
    title: String,
}

#[derive(Template)]
#[template(path = "shop/checkout.html")]
struct Checkout {
    page: Page,
    t: &'static Shop,
    seller: Option<String>,
    has_address: bool,
    wallet: String,
    /// Whether links can be made.
    has_wallet: bool,
    wrong: Wrong,
    parcels: Vec<Shown>,
    sums: Option<Sums>,
    /// Whether the bank keeps the money of parcels until they are there.
    is_locked: bool,
    cart: Option<(Way, When)>,
    cart_notice: Option<&'static str>,
    files: Vec<(Shown, Option<Way>)>,
    cart_id: String,
}

/// Where the visitor says the wallet is, or where the shop supposes it.
fn wallet_of(visit: &Visit, headers: &HeaderMap) -> String {
    let remembered = cookies::get(headers, COOKIE).and_then(|text| wallet_address(text).ok());
    remembered.or_else(|| visit.site.wallet.clone()).unwrap_or_default()
}

fn is_cart(id: &str) -> bool {
    (1..=CART_CHARS_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// `/checkout?cart=ID`.
pub(super) async fn page(visit: Visit, headers: HeaderMap, asked: Asked) -> Response {
    let notice = Some(texts(&visit).wallet_saved).filter(|_| asked.get("done") == "wallet");
    let wallet = wallet_of(&visit, &headers);
    let answer = checkout(&visit, &headers, asked.get("cart"), &wallet, Wrong::default(), notice).await;
    or_oops(&visit, answer)
}

/// Lines that can be bought as they stand; nothing if there is something to settle first.
async fn ready(visit: &Visit, headers: &HeaderMap) -> Result<Option<Filled>, Error> {
    let filled = Basket::read(headers).look_up(&visit.site.party).await?;
    Ok(Some(filled).filter(|filled| filled.is_ready() && !filled.has_lost))
}

fn lines(rows: &[Row]) -> Vec<handover::Line> {
    let line =
        |row: &Row| handover::Line { item: row.line.id.clone(), quantity: row.line.quantity, price: row.item.price };
    rows.iter().map(line).collect()
}

/// What the shop says of itself, as far as the hand-over needs it.
struct Own {
    name: Option<String>,
    address: Option<(String, String)>,
}

impl Own {
    async fn ask(visit: &Visit) -> Result<Own, Error> {
        let who = visit.site.party.call(json!({ "command": "who" })).await?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let address = who.get("address");
        let part = |name: &str| text(address.and_then(|address| address.get(name)));
        let name = text(who.get("name")).map(|name| Said::new(&name).text);
        Ok(Own { name, address: part("socket").zip(part("server_name")) })
    }

    fn way(&self, goods: Goods, rows: &[Row], wallet: Option<&str>, price: String) -> Result<Option<Way>, Error> {
        let Some((socket, server_name)) = &self.address else { return Ok(None) };
        let Ok(way) = Handover::new(socket, server_name, goods, handover::lines_hash(&lines(rows))?) else {
            return Ok(None);
        };
        let title = rows.first().map(|row| row.item.full_title()).unwrap_or_default();
        Ok(Some(Way { link: wallet.map(|wallet| way.link(wallet)), code: way.code(), price, title }))
    }
}

/// A cart as the shop keeps it.
struct Cart {
    lines: Vec<(String, u64)>,
    expires: String,
    /// Whether a wallet has ordered it.
    ordered: bool,
}

/// The cart of this name; none if there is no such one any more.
async fn cart(visit: &Visit, id: &str) -> Result<Option<Cart>, Error> {
    if !is_cart(id) {
        return Ok(None);
    }
    let answer = match visit.site.party.call(json!({ "command": "cart", "cart": id })).await {
        Ok(answer) => answer,
        Err(error) if matches!(error.code(), Code::NotFound | Code::NotForSale) => return Ok(None),
        Err(error) => return Err(error),
    };
    let lines = answer.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let line = |line: &Value| Some((line.get("item")?.as_str()?.to_owned(), line.get("quantity")?.as_u64()?));
    let expires = answer.get("expires").and_then(Value::as_str).unwrap_or_default().to_owned();
    let ordered = answer.get("ordered").and_then(Value::as_bool).unwrap_or(false);
    Ok(Some(Cart { lines: lines.iter().filter_map(line).collect(), expires, ordered }))
}

/// The basket without what was handed over and then ordered; none if nothing was.
pub(super) async fn without_ordered(visit: &Visit, headers: &HeaderMap) -> Option<Basket> {
    let id = cookies::get(headers, HANDED).filter(|id| is_cart(id))?;
    let cart = cart(visit, id).await.ok().flatten().filter(|cart| cart.ordered)?;
    let mut basket = Basket::read(headers);
    for line in &mut basket.lines {
        let ordered = cart.lines.iter().find(|(item, _)| *item == line.id).map_or(0, |(_, quantity)| *quantity);
        line.quantity = line.quantity.saturating_sub(ordered);
    }
    basket.lines.retain(|line| line.quantity > 0);
    Some(basket)
}

/// The answer that puts what was ordered out of the basket.
pub(super) fn take_out(basket: &Basket) -> Response {
    forget_handed(basket.keep(go("/basket?done=ordered")))
}

/// The answer, after which no hand-over is remembered.
pub(super) fn forget_handed(response: Response) -> Response {
    with_cookie(response, HANDED, "", Some(0))
}

fn is_same(cart: &[(String, u64)], parcels: &[Row]) -> bool {
    let sorted = |mut lines: Vec<(String, u64)>| {
        lines.sort();
        lines
    };
    let basket = parcels.iter().map(|row| (row.line.id.clone(), row.line.quantity)).collect();
    sorted(cart.to_vec()) == sorted(basket)
}

async fn checkout(
    visit: &Visit,
    headers: &HeaderMap,
    cart_id: &str,
    wallet: &str,
    wrong: Wrong,
    notice: Option<&'static str>,
) -> Result<Response, Error> {
    if let Some(basket) = without_ordered(visit, headers).await {
        return Ok(take_out(&basket));
    }
    let Some(filled) = ready(visit, headers).await? else { return Ok(go("/basket?done=settle")) };
    if filled.rows.is_empty() {
        return Ok(go("/basket"));
    }
    let t = texts(visit);
    let own = Own::ask(visit).await?;
    let known = Some(wallet).filter(|wallet| wrong.is_empty() && wallet_address(wallet).is_ok());
    let page = Page::new(visit, t.checkout).noting(notice);
    let (parcels, files) = (filled.of_kind(false), filled.of_kind(true));
    let terms = if parcels.is_empty() { Terms::default() } else { Terms::ask(visit).await };
    let sums = Sums::of(&parcels, &terms, &page);
    let mut cart_notice = None;
    let mut way = None;
    if !cart_id.is_empty() && !parcels.is_empty() {
        match cart(visit, cart_id).await? {
            None => cart_notice = Some(t.cart_gone),
            Some(cart) if !is_same(&cart.lines, &parcels) => cart_notice = Some(t.cart_other),
            Some(Cart { expires, .. }) => {
                let price = sums.as_ref().map(|sums| sums.total.clone()).unwrap_or_default();
                let found = own.way(Goods::Cart(cart_id.to_owned()), &parcels, known, price)?;
                way = found.map(|way| (way, When::new(visit.language, &expires)));
            }
        }
    }
    let file = |row: &Row| {
        let rows = std::slice::from_ref(row);
        let price = page.money(&row.item.price.to_string());
        let way = own.way(Goods::Item(row.line.id.clone()), rows, known, price)?;
        Ok::<_, Error>(plain(rows, &page, t).pop().map(|shown| (shown, way)))
    };
    let files: Vec<_> = files.iter().map(file).collect::<Result<_, _>>()?;
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let checkout = Checkout {
        t,
        has_address: own.address.is_some(),
        seller: own.name,
        wallet: wallet.to_owned(),
        has_wallet: known.is_some(),
        wrong,
        parcels: plain(&parcels, &page, t),
        sums,
        is_locked: terms.is_locked,
        cart: way,
        cart_notice,
        files: files.into_iter().flatten().collect(),
        cart_id: cart_id.to_owned(),
        page,
    };
    Ok(show_as(status, &checkout))
}

/// Notes the parcels of the basket as a cart that a wallet can fetch. Orders nothing; doing it twice makes
/// another list, and both run out.
pub(super) async fn prepare(visit: Visit, headers: HeaderMap, _form: Form) -> Response {
    let answer = put(&visit, &headers).await;
    or_oops(&visit, answer)
}

async fn put(visit: &Visit, headers: &HeaderMap) -> Result<Response, Error> {
    let Some(filled) = ready(visit, headers).await? else { return Ok(go("/basket?done=settle")) };
    let parcels = filled.of_kind(false);
    if parcels.is_empty() {
        return Ok(go("/checkout"));
    }
    let line = |Line { id, quantity, .. }: &Line| json!({ "item": id, "quantity": quantity });
    let lines: Vec<Value> = parcels.iter().map(|row| line(&row.line)).collect();
    let answer = visit.site.party.call(json!({ "command": "cart-put", "lines": lines })).await?;
    let cart = answer.get("cart").and_then(Value::as_str).filter(|cart| is_cart(cart)).unwrap_or_default();
    Ok(with_cookie(go(&format!("/checkout?cart={cart}#parcels")), HANDED, cart, Some(HANDED_LIFE)))
}

/// Remembers where the visitor's wallet is.
pub(super) async fn remember(visit: Visit, headers: HeaderMap, form: Form) -> Response {
    let typed: String = form.get("wallet").chars().take(300).collect();
    let cart = form.get("cart");
    let cart = if is_cart(cart) { cart } else { "" };
    match wallet_address(&typed) {
        Ok(address) => {
            let back = if cart.is_empty() { String::new() } else { format!("&cart={cart}") };
            with_cookie(go(&format!("/checkout?done=wallet{back}")), COOKIE, &address, Some(LIFE))
        }
        Err(_) => {
            let mut wrong = Wrong::default();
            wrong.note("wallet", texts(&visit).wallet_wrong);
            let answer = checkout(&visit, &headers, cart, &typed, wrong, None).await;
            or_oops(&visit, answer)
        }
    }
}
