//! `semper catalogue`: what a shop has on sale, and the feeds that it comes from.

mod import;
pub(crate) mod search;
mod shop;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use semper_base::{Code, Error, Fault, Misuse};
use semper_store::search::Index;
use serde_json::{Value, json};

use crate::output::{say, say_json};
use shop::Shop;

/// Products in one answer of the shop.
const PAGE: u64 = 100;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Bring the products of a feed: Shopify, Google Merchant or schema.org. All or nothing.
    Import(import::Import),
    /// What is in the catalogue.
    List {
        #[command(flatten)]
        at: At,
        /// Only what buyers see.
        #[arg(long)]
        published: bool,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// One product with everything that is known of it.
    Show {
        #[command(flatten)]
        at: At,
        /// Its id.
        id: String,
    },
    /// Change price, stock or whether buyers see it.
    Set {
        #[command(flatten)]
        at: At,
        /// Its id.
        id: String,
        /// The new price, VAT included, such as "4.90 EUR".
        #[arg(long)]
        price: Option<String>,
        /// How many there are, or "uncounted".
        #[arg(long)]
        stock: Option<String>,
        /// Whether buyers see it.
        #[arg(long)]
        published: Option<bool>,
    },
    /// Take a product out of the catalogue.
    Remove {
        #[command(flatten)]
        at: At,
        /// Its id.
        id: String,
    },
    /// Write the whole catalogue as JSON, one product a line.
    Export {
        #[command(flatten)]
        at: At,
        /// The file to write; standard output if you name none.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Have the prices of everything that is published signed on the trusted screen of the running shop.
    Sign {
        #[command(flatten)]
        at: At,
        /// For how many days the shop may offer at these prices.
        #[arg(long, default_value_t = 90)]
        days: u64,
    },
    /// Search as buyers do, and say where the words were found.
    Search {
        #[command(flatten)]
        at: At,
        /// The words.
        text: String,
    },
}

/// Which shop.
#[derive(Debug, clap::Args)]
pub(crate) struct At {
    /// The shop's data directory.
    #[arg(long)]
    data_dir: PathBuf,
    /// Read the pass phrase from this file, if the shop does not run.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
}

impl At {
    fn shop(&self) -> Result<Shop, Error> {
        Shop::open(&self.data_dir, self.passphrase_file.as_deref())
    }
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::Import(import) => return import::run(import, json),
        Command::List { at, published, limit } => list(&mut at.shop()?, *published, *limit, json)?,
        Command::Show { at, id } => show(&at.shop()?.call(&json!({ "command": "product-get", "id": id }))?, json),
        Command::Set { at, id, price, stock, published } => {
            let request = set(id, price.as_deref(), stock.as_deref(), *published)?;
            show(&at.shop()?.call(&request)?, json);
        }
        Command::Remove { at, id } => {
            let reply = at.shop()?.call(&json!({ "command": "product-remove", "id": id }))?;
            if json { say_json(&reply) } else { say(format!("{id} is gone.")) }
        }
        Command::Export { at, output } => export(&mut at.shop()?, output.as_deref())?,
        Command::Sign { at, days } => {
            let reply = at.shop()?.call(&json!({ "command": "price-list", "days": days }))?;
            if json {
                say_json(&reply);
            } else {
                say("The price list is being made; it will wait at the trusted screen.");
            }
        }
        Command::Search { at, text } => find(at, text, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn set(id: &str, price: Option<&str>, stock: Option<&str>, published: Option<bool>) -> Result<Value, Error> {
    let mut request = json!({ "command": "product-set", "id": id });
    let stock = match stock {
        None => None,
        Some("uncounted") => Some(Value::Null),
        Some(count) => {
            let count: u64 =
                count.parse().map_err(|_| Misuse::new(Code::Usage, "--stock: a whole number, or uncounted"))?;
            Some(json!(count))
        }
    };
    let members = [("price", price.map(Value::from)), ("stock", stock), ("published", published.map(Value::from))];
    if let Some(request) = request.as_object_mut() {
        request.extend(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    Ok(request)
}

fn text(product: &Value, name: &str) -> String {
    match product.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

fn show(product: &Value, json: bool) {
    if json {
        say_json(product);
        return;
    }
    for (name, value) in product.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        say(format!("{name:12} {value}"));
    }
}

/// Gives every product to `each`, at most `limit`.
fn all(
    shop: &mut Shop,
    published: bool,
    limit: u64,
    each: &mut dyn FnMut(&Value) -> Result<(), Error>,
) -> Result<u64, Error> {
    let (mut after, mut left) = (Value::Null, limit);
    loop {
        let mut request = json!({ "command": "products", "after": after, "limit": left.clamp(1, PAGE) });
        if let (true, Some(request)) = (published, request.as_object_mut()) {
            request.insert("published".to_owned(), json!(true));
        }
        let reply = shop.call(&request)?;
        for product in reply.get("products").and_then(Value::as_array).into_iter().flatten() {
            each(product)?;
            left = left.saturating_sub(1);
        }
        after = reply.get("next").cloned().unwrap_or_default();
        if after.is_null() || left == 0 {
            return Ok(reply.get("count").and_then(Value::as_u64).unwrap_or(0));
        }
    }
}

fn list(shop: &mut Shop, published: bool, limit: u64, json: bool) -> Result<(), Error> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(["id", "title", "price", "stock", "for sale"]);
    let mut shown = 0_u64;
    let count = all(shop, published, limit, &mut |product| {
        shown += 1;
        if json {
            say_json(product);
            return Ok(());
        }
        let is_sold = product.get("for_sale").and_then(Value::as_bool) == Some(true);
        let sale = if is_sold { "yes".to_owned() } else { text(product, "why_not") };
        table.add_row([
            text(product, "id"),
            text(product, "title"),
            text(product, "price"),
            text(product, "stock"),
            sale,
        ]);
        Ok(())
    })?;
    if !json {
        say(table.to_string());
        say(format!("{shown} of {count} products."));
    }
    Ok(())
}

fn export(shop: &mut Shop, output: Option<&std::path::Path>) -> Result<(), Error> {
    let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("export: {e}"));
    let mut to: Box<dyn std::io::Write> = match output {
        Some(path) => Box::new(std::io::BufWriter::new(std::fs::File::create(path).map_err(disk)?)),
        None => Box::new(std::io::stdout().lock()),
    };
    let mut ids = Vec::new();
    all(shop, false, u64::MAX, &mut |product| {
        ids.push(text(product, "id"));
        Ok(())
    })?;
    for id in ids {
        // With the description, which lists leave out.
        let product = shop.call(&json!({ "command": "product-get", "id": id }))?;
        writeln!(to, "{product}").map_err(disk)?;
    }
    to.flush().map_err(disk)?;
    Ok(())
}

fn find(at: &At, words: &str, json: bool) -> Result<(), Error> {
    search::refresh(&at.data_dir)?;
    let none = || Misuse::new(Code::NotFound, "there is nothing in the catalogue yet");
    let index = Index::open_read_only(&at.data_dir)?.ok_or_else(none)?;
    let found = search::find(&index, &json!({ "text": words, "limit": 50 }), None)?;
    for hit in found.get("hits").and_then(Value::as_array).into_iter().flatten() {
        if json { say_json(hit) } else { say(format!("{}  ({})", text(hit, "id"), text(hit, "field"))) }
    }
    Ok(())
}
