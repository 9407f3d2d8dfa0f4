//! How long a shop's pages take over loopback with 10,000 products, beside a floor: axum answering a
//! static text of the same size. `cargo bench -p semper-web --bench pages`.
//!
//! Floor and page take turns in one process over one kept connection each. The party is a table in memory:
//! what a shop's writer and index take is measured elsewhere.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use semper_base::{Code, Error, Misuse};
use semper_crypto_aws_lc::AwsLc;
use semper_web::{Party, Role, Site};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Products of the catalogue.
const PRODUCTS: usize = 10_000;
/// Requests of each page that count, and those before that do not.
const ROUNDS: usize = 1000;
const WARM: usize = 50;
/// What the slowest of twenty may take.
const GOAL: Duration = Duration::from_millis(20);

fn product(number: usize) -> (String, Value) {
    let id = format!("product-{number:05}");
    let product = json!({
        "id": id, "sku": format!("SKU/{number}"), "title": format!("Product {number} with an ordinary name"),
        "group": format!("group-{}", number / 3), "options": [["size", format!("{} g", number % 3 * 100 + 100)]],
        "description": "A line of the description.\n".repeat(10), "price": format!("{}.90 EUR", number % 90 + 1),
        "vat": "19", "kind": "parcel", "stock": number % 40 + 10, "brand": "Brand",
        "category": format!("Part {} > Shelf {}", number % 10, number % 100), "published": true, "for_sale": true,
    });
    (id, product)
}

fn list(all: &BTreeMap<String, Value>, request: &Value) -> Value {
    let limit =
        request.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(50);
    let group = request.get("group");
    let after = request.get("after").and_then(Value::as_str).map_or(Bound::Unbounded, Bound::Excluded);
    let rows = all.range::<str, _>((after, Bound::Unbounded)).map(|(_, product)| product);
    let found = rows.filter(|row| group.is_none() || row.get("group") == group).take(limit);
    let brief = |row: &Value| {
        let mut row = row.clone();
        row.as_object_mut().map(|members| members.remove("description"));
        row
    };
    let found: Vec<Value> = found.map(brief).collect();
    let next = if found.len() == limit { found.last().and_then(|last| last.get("id")).cloned() } else { None };
    json!({ "products": found, "next": next, "count": all.len() })
}

fn answer(all: &BTreeMap<String, Value>, request: &Value) -> Result<Value, Error> {
    let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("command") {
        "products" => Ok(list(all, request)),
        "product-get" => all.get(text("id")).cloned().ok_or_else(|| Misuse::new(Code::NotFound, text("id")).into()),
        "catalogue" => Ok(json!({ "count": all.len(), "version": 1 })),
        "search" => {
            let hits: Vec<Value> = all.keys().step_by(397).take(24).map(|id| json!({ "id": id })).collect();
            Ok(json!({ "hits": hits, "total": 400 }))
        }
        "shipping" => Ok(json!({ "cost": "4.90 EUR", "delivery_days": 5 })),
        _ => Ok(json!({})),
    }
}

/// A kept connection.
struct Client {
    stream: TcpStream,
    host: String,
    cookie: String,
}

impl Client {
    async fn connect(address: SocketAddr, host: String, cookie: String) -> Outcome<Client> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, host, cookie })
    }

    /// How long an answer takes to its last byte, and how long it is.
    async fn get(&mut self, path: &str) -> Outcome<(Duration, usize)> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", self.host, self.cookie);
        let started = Instant::now();
        self.stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::with_capacity(1 << 16);
        let (mut end, mut length) = (usize::MAX, 0);
        while answer.len() < end {
            if self.stream.read_buf(&mut answer).await? == 0 {
                return Err("the connection ended".into());
            }
            let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let (usize::MAX, Some(head)) = (end, head) {
                let text = String::from_utf8_lossy(answer.get(..head).unwrap_or_default()).to_lowercase();
                if !text.starts_with("http/1.1 200") {
                    return Err(format!("{path}: {text}").into());
                }
                let found = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                length = found.ok_or("no length")?.trim().parse()?;
                end = head + 4 + length;
            }
        }
        Ok((started.elapsed(), length))
    }
}

/// axum with a static text of this size.
async fn floor(size: usize) -> Outcome<SocketAddr> {
    let text: &'static str = Box::leak("a".repeat(size).into_boxed_str());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/", get(move || async move { Html(text) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// The times at half and at 19 of 20.
fn quantiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    (at(50), at(95))
}

async fn measure(name: &str, path: &str, page: &mut Client) -> Outcome<bool> {
    let (_, size) = page.get(path).await?;
    let mut bare = Client::connect(floor(size).await?, "localhost".to_owned(), page.cookie.clone()).await?;
    let (mut floors, mut pages) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + WARM {
        let (floor, _) = bare.get("/").await?;
        let (took, _) = page.get(path).await?;
        if round >= WARM {
            floors.push(floor);
            pages.push(took);
        }
    }
    let ((floor_50, floor_95), (page_50, page_95)) = (quantiles(floors), quantiles(pages));
    let ratio = page_50.as_secs_f64() / floor_50.as_secs_f64();
    let micros = |time: Duration| time.as_micros();
    println!(
        "| {name:<8} | {size:>6} | {:>6} | {:>6} | {:>6} | {:>6} | {ratio:>5.1} | {} |",
        micros(floor_50),
        micros(floor_95),
        micros(page_50),
        micros(page_95),
        if page_95 <= GOAL { "met" } else { "missed" },
    );
    Ok(page_95 <= GOAL)
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let all: Arc<BTreeMap<String, Value>> = Arc::new((0..PRODUCTS).map(product).collect());
    let party = Party::new(move |request| {
        let all = Arc::clone(&all);
        async move { answer(&all, &request) }
    });
    let site = Arc::new(Site::new("Shop", Role::Shop, "shop", "/data", party, Arc::new(AwsLc::new())));
    let (address, serving) = semper_web::start(Arc::clone(&site), "127.0.0.1:0".parse()?).await?;
    tokio::spawn(serving);
    let lines: Vec<String> =
        (0..20).map(|n| format!("product-{:05}.2.{}", n * 450, (n * 450 % 90 + 1) * 100 + 90)).collect();
    let cookie = format!("visit={}; basket={}", "0".repeat(32), lines.join("_"));
    let mut page = Client::connect(address, site.host(), cookie).await?;
    println!("{PRODUCTS} products, {ROUNDS} requests each, microseconds over loopback; goal: page p95 <= {GOAL:?}\n");
    println!("| page     |  bytes | floor p50 | p95 | page p50 | p95 | ratio | goal |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut met = true;
    for (name, path) in [
        ("list", "/?after=product-05000"),
        ("category", "/?category=Part%203"),
        ("product", "/product/product-05000"),
        ("search", "/search?q=ordinary"),
        ("basket", "/basket"),
    ] {
        met &= measure(name, path, &mut page).await?;
    }
    if met { Ok(()) } else { Err("a page is slower than its goal".into()) }
}
