//! `semper catalogue import`: a feed is read twice, first to find every mistake, then to bring it to the
//! shop. Nothing is published unless all of it is right.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use semper_base::limits::PRODUCTS_PER_COMMAND_MAX;
use semper_base::{Code, Currency, Error, Misuse};
use semper_catalogue::{Report, Settings, read};
use semper_commerce::process::product::{Product, ProductKind};
use semper_commerce::process::vat::VatRate;
use serde_json::{Value, json};

use super::shop::Shop;
use crate::output::{say, say_json};

/// Bytes of one command that brings products; a line of the control socket has at most 1 MiB.
const BATCH_BYTES: usize = 700 << 10;
/// Problems that are shown to people; scripts get all that the report has.
const SHOWN_MAX: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The feed: Shopify product CSV, Google Merchant table or XML, schema.org JSON-LD or a page with it.
    file: PathBuf,
    /// The shop's data directory.
    #[arg(long)]
    data_dir: PathBuf,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// The currency of prices that name none.
    #[arg(long, default_value = "EUR")]
    currency: String,
    /// The rate of the VAT that the prices include, in percent.
    #[arg(long, default_value = "19")]
    vat: String,
    /// How products are delivered that the feed says nothing about.
    #[arg(long, value_enum, default_value = "parcel")]
    kind: Kind,
    /// Show the products to buyers, but for those that the feed keeps back. They are for sale once the
    /// price list is signed.
    #[arg(long)]
    publish: bool,
    /// Take out of the catalogue what an earlier import brought and this feed has no more.
    #[arg(long)]
    remove_missing: bool,
    /// Read the pass phrase from this file, if the shop does not run.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    File,
    Parcel,
}

/// What an import does or would do.
#[derive(Debug, Default)]
struct Counts {
    new: u64,
    changed: u64,
    unchanged: u64,
    missing: u64,
    prices: Vec<Value>,
}

impl Counts {
    fn add(&mut self, reply: &Value) {
        let number = |name: &str| reply.get(name).and_then(Value::as_u64).unwrap_or(0);
        self.new += number("new");
        self.changed += number("changed");
        self.unchanged += number("unchanged");
        let prices = reply.get("prices").and_then(Value::as_array).cloned().unwrap_or_default();
        let room = SHOWN_MAX.saturating_sub(self.prices.len());
        self.prices.extend(prices.into_iter().take(room));
    }
}

pub(crate) fn run(import: &Import, json: bool) -> Result<ExitCode, Error> {
    let settings = Settings {
        currency: Currency::parse(&import.currency)?,
        vat: VatRate::parse(&import.vat)?,
        kind: if import.kind == Kind::File { ProductKind::File } else { ProductKind::Parcel },
        publish: import.publish,
    };
    let report = pass(&import.file, &settings, "reading", json, &mut |_| Ok(()))?;
    if report.problems_total > 0 {
        return Ok(refused(&report, json));
    }
    let mut shop = Shop::open(&import.data_dir, import.passphrase_file.as_deref())?;
    let counts = if import.dry_run {
        compare(import, &settings, &mut shop, json)?
    } else {
        bring(import, &settings, &mut shop, json)?
    };
    tell(import, &report, &counts, json);
    Ok(ExitCode::SUCCESS)
}

/// Reads the feed once, with progress.
fn pass(
    file: &Path,
    settings: &Settings,
    what: &'static str,
    json: bool,
    sink: &mut dyn FnMut(Product) -> Result<(), Error>,
) -> Result<Report, Error> {
    let unreadable = |e: std::io::Error| Misuse::new(Code::FileWrong, format!("{}: {e}", file.display()));
    let feed = File::open(file).map_err(unreadable)?;
    let length = feed.metadata().map_err(unreadable)?.len();
    let bar = if json || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new(length) };
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    let report = read(bar.wrap_read(feed), settings, sink);
    bar.finish_and_clear();
    report
}

/// Products on their way to the shop, a few at a time.
struct Batch<'a> {
    shop: &'a mut Shop,
    request: Value,
    waiting: Vec<Value>,
    bytes: usize,
    counts: Counts,
    met: u64,
    imported: u64,
}

impl<'a> Batch<'a> {
    fn new(shop: &'a mut Shop, request: Value) -> Self {
        Batch { shop, request, waiting: Vec::new(), bytes: 0, counts: Counts::default(), met: 0, imported: 0 }
    }

    fn push(&mut self, product: &Product) -> Result<(), Error> {
        let product = serde_json::to_value(product).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        self.bytes += product.to_string().len() + 1;
        self.waiting.push(product);
        if self.waiting.len() == PRODUCTS_PER_COMMAND_MAX || self.bytes > BATCH_BYTES { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), Error> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut request = self.request.clone();
        if let Some(members) = request.as_object_mut() {
            members.insert("products".to_owned(), Value::Array(std::mem::take(&mut self.waiting)));
        }
        self.bytes = 0;
        let reply = self.shop.call(&request)?;
        self.counts.add(&reply);
        self.met += reply.get("met").and_then(Value::as_u64).unwrap_or(0);
        self.imported = reply.get("imported").and_then(Value::as_u64).unwrap_or(self.imported);
        Ok(())
    }
}

/// What an import would do.
fn compare(import: &Import, settings: &Settings, shop: &mut Shop, json: bool) -> Result<Counts, Error> {
    let mut batch = Batch::new(shop, json!({ "command": "catalogue-import", "step": "compare" }));
    pass(&import.file, settings, "comparing", json, &mut |product| batch.push(&product))?;
    batch.send()?;
    batch.counts.missing = batch.imported.saturating_sub(batch.met);
    Ok(batch.counts)
}

/// Brings the products, then puts all of them into force at once.
fn bring(import: &Import, settings: &Settings, shop: &mut Shop, json: bool) -> Result<Counts, Error> {
    shop.until_settled()?;
    let begin = json!({ "command": "catalogue-import", "step": "begin", "remove_missing": import.remove_missing });
    let session = shop.call(&begin)?.get("session").cloned().unwrap_or_default();
    let brought = stage(import, settings, shop, &session, json);
    let mut counts = match brought {
        Ok(counts) => counts,
        Err(error) => {
            // Nobody has seen any of it; what is left is swept away.
            let _ = shop.call(&json!({ "command": "catalogue-import", "step": "abort", "session": session }));
            return Err(error);
        }
    };
    let reply = shop.call(&json!({ "command": "catalogue-import", "step": "commit", "session": session }))?;
    counts.missing = reply.get("missing").and_then(Value::as_u64).unwrap_or(0);
    shop.until_settled()?;
    Ok(counts)
}

fn stage(import: &Import, settings: &Settings, shop: &mut Shop, session: &Value, json: bool) -> Result<Counts, Error> {
    let mut batch = Batch::new(shop, json!({ "command": "catalogue-import", "step": "put", "session": session }));
    let report = pass(&import.file, settings, "importing", json, &mut |product| batch.push(&product))?;
    batch.send()?;
    if report.problems_total > 0 {
        let text = format!("{} has changed while it was read", import.file.display());
        return Err(Misuse::new(Code::FileWrong, text).into());
    }
    Ok(batch.counts)
}

/// A feed with mistakes: all of them, and nothing is done.
fn refused(report: &Report, json: bool) -> ExitCode {
    if json {
        say_json(&json!({ "event": "import", "ok": false, "report": report }));
    } else {
        say_format(report);
        for problem in report.problems.iter().take(SHOWN_MAX) {
            say(format!("  {problem}."));
        }
        let more = report.problems_total.saturating_sub(SHOWN_MAX as u64);
        if more > 0 {
            say(format!("  ... and {more} more (--json lists up to 100)."));
        }
        say(format!("{} mistakes. Nothing was imported; correct them and try again.", report.problems_total));
    }
    // The file cannot be used for this.
    ExitCode::from(2)
}

fn say_format(report: &Report) {
    let format = report.format.map_or("not a feed that is known here", semper_catalogue::Format::name);
    say(format!("{format}: {} rows, {} products.", report.rows, report.products));
}

fn tell(import: &Import, report: &Report, counts: &Counts, json: bool) {
    let Counts { new, changed, unchanged, missing, prices } = counts;
    let removed = if import.remove_missing { *missing } else { 0 };
    if json {
        say_json(&json!({
            "event": "import", "ok": true, "dry_run": import.dry_run, "report": report, "new": new, "changed": changed,
            "unchanged": unchanged, "missing": missing, "removed": removed, "prices": prices,
        }));
        return;
    }
    say_format(report);
    if import.dry_run {
        let read = report.mapping.iter().filter(|mapping| mapping.field.is_some());
        for mapping in read {
            say(format!("  {:32} -> {}", mapping.column, mapping.field.unwrap_or_default()));
        }
        let unread: BTreeSet<&str> =
            report.mapping.iter().filter(|one| one.field.is_none()).map(|one| one.column.as_str()).collect();
        if !unread.is_empty() {
            say(format!("  not read: {}", unread.into_iter().collect::<Vec<_>>().join(", ")));
        }
        for price in prices {
            let text = |name: &str| price.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            say(format!("  {}: {} -> {}", text("id"), text("was"), text("price")));
        }
    }
    let fate = if import.remove_missing { "removed" } else { "missing in the feed, kept" };
    say(format!("{new} new, {changed} changed, {unchanged} unchanged, {missing} {fate}."));
    if import.dry_run {
        say("Nothing was changed (--dry-run).");
    } else {
        say("Imported. Prices are in force once the price list is signed: semper catalogue sign.");
    }
}
