//! `semper shop …`: what a merchant does with orders, stock, prices and staff. Each is a command that the
//! operator pages give too.

use std::path::{Path, PathBuf};

use semper_base::{Code, Error, Fault, Misuse, bytes};
use semper_node::control;
use semper_support::tinguin::neutral::neutralise;
use serde_json::{Map, Value, json};

use crate::output::{say, say_json};
use crate::parcels;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Desk {
    /// The orders: what is to be done next, by whom, until when.
    ///
    /// Open orders come first by their date. Whoever must act next is named; "you" is the shop.
    Orders {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// Also what is done.
        #[arg(long)]
        all: bool,
    },
    /// One order: lines, address, shipments, money, what happened.
    Order {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The order's number, or its beginning.
        order: String,
        /// Write its evidence pack to this file; `semper evidence verify` checks it.
        #[arg(long)]
        evidence: Option<PathBuf>,
    },
    /// Accept an order that waits for you (`semper shop shipping --parts ask`), and say what is shipped together.
    Accept(parcels::Accept),
    /// State, signed, that a parcel was handed to the carrier.
    ///
    /// Without --line everything that is left goes into it. A part of an order is shipped with
    /// `--line LINE=QUANTITY`, as often as needed; `semper shop order` shows the lines. The rest can follow later.
    #[command(
        after_help = "Example:\n  semper shop ship 3f9a --data-dir D/shop --carrier Post --tracking RR1 --line 1=2"
    )]
    Ship {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The order's number, or its beginning.
        order: String,
        /// Who carries it.
        #[arg(long)]
        carrier: String,
        /// The carrier's number for it.
        #[arg(long)]
        tracking: String,
        /// A line and how many of it.
        #[arg(long = "line", value_name = "LINE=QUANTITY")]
        lines: Vec<String>,
    },
    /// Send money back: all that may go back, or a part of it.
    ///
    /// It needs a withdrawal or complaint of the buyer, or money that is too much. It cannot be undone.
    Refund {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The order's number, or its beginning.
        order: String,
        /// How much, such as "4.90 EUR"; all of it if you name none.
        #[arg(long)]
        amount: Option<String>,
    },
    /// Cancel what is not shipped. It cannot be undone; what is on its way stays ordered.
    Cancel {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The order's number, or its beginning.
        order: String,
        /// Why, as the buyer reads it.
        #[arg(long)]
        reason: Option<String>,
    },
    /// What shipping costs, and how parcels are paid: before you ship, or when you say that you did.
    Shipping(parcels::Shipping),
    /// Write what the carrier is given with a parcel, where its word is asked for before locked money is paid.
    Waybill {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The order's number, or its beginning.
        order: String,
        /// The part's number; may be left out if only one fits.
        #[arg(long)]
        part: Option<u64>,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
    /// Bring to the bank what an arbiter or a carrier has signed about a part whose money is locked.
    Bring {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The order's number, or its beginning.
        order: String,
        /// The file with the word.
        file: PathBuf,
    },
    /// Tell the bank that the arbiter shall decide about locked money, while a carrier says nothing.
    Dispute {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The order's number, or its beginning.
        order: String,
        /// The part's number; may be left out if only one fits.
        #[arg(long)]
        part: Option<u64>,
        /// Why; the bank gets its hash only.
        #[arg(long)]
        reason: String,
    },
    /// The catalogue, with why a product is not for sale.
    Products {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// Only those whose id or name has this text.
        #[arg(long)]
        search: Option<String>,
    },
    /// Set how many of a product there are.
    Stock {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The product's id.
        id: String,
        /// How many; "uncounted" if they are not counted.
        count: String,
    },
    /// Set a product's price. It is for sale again once the price list is signed.
    Price {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The product's id.
        id: String,
        /// VAT included, such as "4.90 EUR".
        price: String,
    },
    /// Who may do what in the owner's place.
    #[command(subcommand)]
    Staff(Staff),
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Staff {
    /// Everybody with their rights, and what they did last.
    List {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// Add somebody, or set all rights of somebody anew. What is not named is not allowed.
    ///
    /// Then `semper open --data-dir DIR --staff NAME` makes the one-time link for this person.
    #[command(
        after_help = "Example:\n  semper shop staff put ann --data-dir D/shop --see --ship --refund-up-to \"20.00 EUR\""
    )]
    Put {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// Small letters, digits and dashes.
        name: String,
        /// May see orders and products.
        #[arg(long)]
        see: bool,
        /// May ship.
        #[arg(long)]
        ship: bool,
        /// May cancel orders.
        #[arg(long)]
        cancel: bool,
        /// May change products and prices.
        #[arg(long)]
        prices: bool,
        /// May send money back, of one order up to this amount.
        #[arg(long)]
        refund_up_to: Option<String>,
    },
    /// Remove somebody: open sessions and links end at once.
    Remove {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The name.
        name: String,
    },
}

pub(crate) fn run(command: &Desk, json: bool) -> Result<(), Error> {
    match command {
        Desk::Orders { data_dir, all } => orders(data_dir, *all, json),
        Desk::Order { data_dir, order, evidence } => one(data_dir, order, evidence.as_deref(), json),
        Desk::Accept(accept) => {
            let order = number(&accept.data_dir, &accept.order)?;
            done(&accept.data_dir, &accept.request(&order), "Accepted.", json)
        }
        Desk::Ship { data_dir, order, carrier, tracking, lines } => {
            let mut request = json!({
                "command": "ship", "order": number(data_dir, order)?, "carrier": carrier, "tracking": tracking,
            });
            if let (false, Some(members)) = (lines.is_empty(), request.as_object_mut()) {
                members.insert("lines".to_owned(), lines.iter().map(|text| line(text)).collect::<Result<_, _>>()?);
            }
            done(data_dir, &request, "Marked as shipped.", json)
        }
        Desk::Refund { data_dir, order, amount } => {
            let request = json!({ "command": "refund", "order": number(data_dir, order)? });
            done(data_dir, &with(request, "amount", amount.as_deref()), "The refund is on its way.", json)
        }
        Desk::Cancel { data_dir, order, reason } => {
            let request = json!({ "command": "cancel", "order": number(data_dir, order)? });
            done(data_dir, &with(request, "reason", reason.as_deref()), "Cancelled.", json)
        }
        Desk::Shipping(shipping) => parcels::shipping(shipping, json),
        Desk::Waybill { data_dir, order, part, output } => {
            parcels::waybill(data_dir, &number(data_dir, order)?, *part, output, json)
        }
        Desk::Bring { data_dir, order, file } => {
            let statement = parcels::statement(file)?;
            let request = json!({ "command": "bring", "order": number(data_dir, order)?, "statement": statement });
            done(data_dir, &request, "The bank is shown it.", json)
        }
        Desk::Dispute { data_dir, order, part, reason } => {
            let order = number(data_dir, order)?;
            let request = json!({ "command": "dispute", "order": order, "part": part, "reason": reason });
            done(data_dir, &request, "The bank is told; the arbiter decides.", json)
        }
        Desk::Products { data_dir, search } => products(data_dir, search.as_deref(), json),
        Desk::Stock { data_dir, id, count } => {
            let count = if count == "uncounted" { Value::Null } else { json!(whole(count)?) };
            done(data_dir, &json!({ "command": "product-set", "id": id, "stock": count }), "Saved.", json)
        }
        Desk::Price { data_dir, id, price } => {
            let request = json!({ "command": "product-set", "id": id, "price": price });
            done(data_dir, &request, "Saved. Sign the price list, so that it is for sale at this price.", json)
        }
        Desk::Staff(command) => staff(command, json),
    }
}

fn staff(command: &Staff, json: bool) -> Result<(), Error> {
    match command {
        Staff::List { data_dir } => {
            let reply = control::call(data_dir, &json!({ "command": "staff-list" }))?;
            for (rows, kind) in [(list(&reply, "staff"), "staff"), (list(&reply, "acts"), "act")] {
                for row in rows {
                    row_of(row, kind, json);
                }
            }
            Ok(())
        }
        Staff::Put { data_dir, name, see, ship, cancel, prices, refund_up_to } => {
            let may =
                json!({ "see": see, "ship": ship, "cancel": cancel, "prices": prices, "refund_up_to": refund_up_to });
            let text = format!("The rights of {name} are set. A link for {name}: semper open --staff {name}");
            done(data_dir, &json!({ "command": "staff-put", "name": name, "may": may }), &text, json)
        }
        Staff::Remove { data_dir, name } => {
            done(data_dir, &json!({ "command": "staff-remove", "name": name }), "Removed.", json)
        }
    }
}

fn row_of(row: &Value, kind: &str, json: bool) {
    if json {
        let mut row = row.clone();
        if let Some(members) = row.as_object_mut() {
            members.insert("kind".to_owned(), json!(kind));
        }
        say_json(&row);
    } else if kind == "staff" {
        let may = row.get("may").and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
        let rights = may.iter().filter_map(|(right, value)| match value {
            Value::Bool(true) => Some(right.clone()),
            Value::String(limit) => Some(format!("refund up to {limit}")),
            _ => None,
        });
        say(format!("{}: {}", text(row, "name"), rights.collect::<Vec<_>>().join(", ")));
    } else {
        let words = ["at", "name", "command", "subject", "amount"].map(|name| text(row, name));
        say(words.join("  "));
    }
}

fn done(directory: &Path, request: &Value, text: &str, json: bool) -> Result<(), Error> {
    let reply = control::call(directory, request)?;
    if json {
        say_json(&reply);
    } else {
        say(text);
    }
    Ok(())
}

fn with(mut request: Value, name: &str, value: Option<&str>) -> Value {
    if let (Some(members), Some(value)) = (request.as_object_mut(), value) {
        members.insert(name.to_owned(), json!(value));
    }
    request
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A text that others may have written, for a terminal.
fn shown(value: &Value, name: &str) -> String {
    neutralise(text(value, name)).text
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn whole(text: &str) -> Result<u64, Misuse> {
    text.parse().map_err(|_| Misuse::new(Code::Usage, format!("{text}: a whole number is needed")))
}

/// `LINE=QUANTITY`.
fn line(text: &str) -> Result<Value, Misuse> {
    let wrong = || Misuse::new(Code::Usage, format!("{text}: write LINE=QUANTITY, such as 1=2"));
    let (id, quantity) = text.split_once('=').ok_or_else(wrong)?;
    Ok(json!({ "id": id, "quantity": whole(quantity)? }))
}

fn sale(directory: &Path, order: &str) -> Result<Value, Error> {
    control::call(directory, &json!({ "command": "sale", "deal": order }))
}

/// The whole number of an order.
fn number(directory: &Path, order: &str) -> Result<String, Error> {
    Ok(text(&sale(directory, order)?, "order").to_owned())
}

fn orders(directory: &Path, all: bool, json: bool) -> Result<(), Error> {
    let reply = control::call(directory, &json!({ "command": "sales" }))?;
    let is_over = |sale: &&Value| {
        matches!(text(sale, "word"), "closed" | "withdrawn") && sale.pointer("/next/you") != Some(&json!(true))
    };
    let mut sales: Vec<&Value> = list(&reply, "sales").iter().filter(|sale| all || !is_over(sale)).collect();
    sales.sort_by_key(|sale| (is_over(sale), until(sale).unwrap_or("9").to_owned()));
    for sale in &sales {
        if json { say_json(sale) } else { say(brief(sale)) }
    }
    if sales.is_empty() && !json {
        say("Nothing waits for anybody.");
    }
    Ok(())
}

fn until(sale: &Value) -> Option<&str> {
    sale.pointer("/next/until").and_then(Value::as_str)
}

/// An order in one line.
fn brief(sale: &Value) -> String {
    let next = sale.get("next").map_or_else(String::new, |next| shown(next, "act_text"));
    let you = if sale.pointer("/next/you") == Some(&json!(true)) { "you: " } else { "" };
    let until = until(sale).map_or_else(String::new, |until| format!(" until {until}"));
    let short: String = text(sale, "order").chars().take(8).collect();
    let title = if text(sale, "title").is_empty() { shown(sale, "goods") } else { shown(sale, "title") };
    format!(
        "{short}  {}  {}  {title}  {}  {you}{next}{until}",
        text(sale, "word"),
        text(sale, "amount"),
        shown(sale, "buyer")
    )
}

fn one(directory: &Path, order: &str, evidence: Option<&Path>, json: bool) -> Result<(), Error> {
    let sale = sale(directory, order)?;
    if let Some(file) = evidence {
        let request = match (text(&sale, "process"), sale.get("xid")) {
            ("mail-order", _) | (_, None | Some(Value::Null)) => {
                json!({ "command": "export", "order": sale.get("order") })
            }
            (_, Some(xid)) => json!({ "command": "export", "xid": xid }),
        };
        let reply = control::call(directory, &request)?;
        let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("{}: {e}", file.display()));
        std::fs::write(file, bytes::decode(text(&reply, "pack"))?).map_err(disk)?;
    }
    if json {
        say_json(&sale);
        return Ok(());
    }
    say(brief(&sale));
    for line in list(&sale, "lines") {
        let count = |name: &str| line.get(name).and_then(Value::as_u64).unwrap_or(0);
        say(format!(
            "  line {}: {} × {} at {}; shipped {}, cancelled {}",
            text(line, "id"),
            count("quantity"),
            shown(line, "title"),
            text(line, "price"),
            count("shipped"),
            count("cancelled"),
        ));
    }
    let address = ["name", "street", "postcode", "city", "country"];
    let address = address.map(|part| sale.get("address").map_or_else(String::new, |address| shown(address, part)));
    if address.iter().any(|part| !part.is_empty()) {
        say(format!("  to: {}", address.join(", ")));
    }
    for part in list(&sale, "parts") {
        let paid = if part.get("paid") == Some(&json!(true)) { "paid" } else { "not paid" };
        let words = ["word", "amount", "carrier", "tracking"].map(|name| shown(part, name)).join(", ");
        say(format!("  shipment {}: {words}, {paid}", part.get("part").unwrap_or(&Value::Null)));
    }
    for lock in list(&sale, "locks") {
        say(format!("  lock of {}: {}, until {}", text(lock, "amount"), text(lock, "state"), shown(lock, "until")));
    }
    say(format!("  paid {}, sent back {}", text(&sale, "paid"), text(&sale, "refunded")));
    for event in list(&sale, "timeline") {
        say(format!("  {}  {}  {}", text(event, "at"), text(event, "by"), shown(event, "text")));
    }
    Ok(())
}

fn products(directory: &Path, search: Option<&str>, json: bool) -> Result<(), Error> {
    let wanted = search.map(str::to_lowercase);
    let mut after: Option<String> = None;
    loop {
        let request = with(json!({ "command": "products", "limit": 100 }), "after", after.as_deref());
        let reply = control::call(directory, &request)?;
        for product in list(&reply, "products") {
            let has = |wanted: &String| {
                ["id", "title", "sku"].iter().any(|name| text(product, name).to_lowercase().contains(wanted))
            };
            if wanted.as_ref().is_some_and(|wanted| !has(wanted)) {
                continue;
            }
            if json {
                say_json(product);
                continue;
            }
            let stock =
                product.get("stock").and_then(Value::as_u64).map_or("uncounted".to_owned(), |stock| stock.to_string());
            let why = if text(product, "why_not").is_empty() { "for sale" } else { text(product, "why_not") };
            say(format!(
                "{}  {}  {}  stock {stock}  {why}",
                text(product, "id"),
                text(product, "title"),
                text(product, "price")
            ));
        }
        let next = reply.get("next").and_then(Value::as_str).map(str::to_owned);
        // A list that does not move on would never end.
        if next.is_none() || next == after {
            return Ok(());
        }
        after = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_quantity() {
        assert_eq!(line("1=2").unwrap(), json!({ "id": "1", "quantity": 2 }));
        for bad in ["1", "1=", "1=-1", "1=x", ""] {
            assert!(line(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_order_in_one_line_says_who_must_act() {
        let sale = json!({"order": "ab".repeat(32), "word": "agreed", "amount": "5.00 EUR", "title": "Mug", "buyer": "Bea",
            "next": {"you": true, "act_text": "hand over to the carrier", "until": "2026-12-01T12:00:00.000Z"}});
        let said = brief(&sale);
        assert!(said.starts_with("abababab  agreed  5.00 EUR  Mug  Bea  you: hand over"), "{said}");
        assert!(brief(&json!({})).starts_with("  "), "members may be missing");
    }
}
