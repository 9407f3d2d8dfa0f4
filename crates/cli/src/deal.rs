//! `semper deal …`: what the owner of a wallet does with deals.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table};
use semper_base::{Code, Error, Fault, Tx, bytes, json};
use semper_crypto_aws_lc::AwsLc;
use semper_node::control;
use semper_services::common::{Desk, Logic};
use semper_services::wallet::Wallet;
use semper_store::SqliteReader;
use semper_support::Context;
use semper_support::crypto::Keyring;
use serde_json::{Value, json};

use crate::files::{blob, write_new};
use crate::output::{say, say_json};
use crate::screen::guided;
use crate::{party, stamp};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// All deals of a wallet.
    List(Place),
    /// One deal: where it stands, its documents, what happens next.
    Show(Named),
    /// Ask everybody again, and the registers for their rows.
    Resume(Named),
    /// Ask the shop for an offer; the trusted screen then asks you to order.
    Buy {
        #[command(flatten)]
        place: Place,
        /// The shop, by the name of the link.
        #[arg(long, default_value = "shop")]
        shop: String,
        /// The shop's id of the good.
        item: String,
    },
    /// Ask the shop for an offer of parcels; the trusted screen then asks you to order.
    Order {
        #[command(flatten)]
        place: Place,
        /// The shop, by the name of the link.
        #[arg(long, default_value = "shop")]
        shop: String,
        /// A cart that the shop has put together.
        #[arg(long, conflicts_with = "lines")]
        cart: Option<String>,
        /// What, and how many: `mug=2 tea`.
        #[arg(value_parser = line, required_unless_present = "cart")]
        lines: Vec<Line>,
    },
    /// Where parcels go; without options, shows it.
    Address {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        address: Option<Address>,
    },
    /// Ask the shop to cancel what it has not shipped.
    Cancel(Named),
    /// Confirm that a part is here and is what was ordered.
    Received(PartOf),
    /// Bring to the bank what an arbiter or a carrier has signed about a part whose money is locked.
    #[command(after_help = "Example:\n  semper deal bring 0192 ruling.jws --data-dir D/wallet")]
    Bring {
        #[command(flatten)]
        named: Named,
        /// The file with the word.
        file: PathBuf,
    },
    /// Tell the bank that the arbiter shall decide about locked money, and nothing to the shop. `complain` does both.
    Dispute {
        #[command(flatten)]
        part: PartOf,
        /// What is wrong; the bank gets its hash only.
        #[arg(long)]
        reason: String,
    },
    /// Complain that a part is not here, or not what was offered.
    Complain {
        #[command(flatten)]
        part: PartOf,
        /// What is wrong; without it the trusted screen offers reasons to choose from.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Withdraw from a part, or from all that can be withdrawn from: without `--yes` it only says what that
    /// would be.
    Withdraw {
        #[command(flatten)]
        part: PartOf,
        /// Do it: the trusted screen then asks you to sign.
        #[arg(long)]
        yes: bool,
    },
    /// Tell the shop where a part can be paid back.
    RefundAddress(PartOf),
    /// Release the hold: stop before the money is captured.
    Release(Named),
    /// Stop the settlement because the key was withheld.
    Contest(Named),
    /// Have the notary open the escrow.
    Escrow(Named),
    /// Write the evidence pack of a deal.
    Export {
        #[command(flatten)]
        named: Named,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
    /// Write the delivered file.
    Save {
        #[command(flatten)]
        named: Named,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The wallet's data directory.
    #[arg(long)]
    data_dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// The wallet's data directory.
    #[arg(long)]
    data_dir: PathBuf,
    /// The deal's id, or its beginning.
    deal: String,
}

/// A part of a mail order.
#[derive(Debug, clap::Args)]
pub(crate) struct PartOf {
    #[command(flatten)]
    named: Named,
    /// The part's number; may be left out if only one fits.
    #[arg(long)]
    part: Option<u64>,
}

/// Where parcels go.
#[derive(Debug, clap::Args)]
#[group(id = "delivery-address", requires_all = ["name", "street", "postcode", "city"])]
pub(crate) struct Address {
    /// Who receives them.
    #[arg(long, required = false)]
    name: String,
    /// Street and number.
    #[arg(long, required = false)]
    street: String,
    /// Postal code.
    #[arg(long, required = false)]
    postcode: String,
    /// City.
    #[arg(long, required = false)]
    city: String,
    /// Country, two capital letters.
    #[arg(long, default_value = "DE", required = false)]
    country: String,
}

/// So many of an item.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    item: String,
    quantity: u64,
}

/// Reads `ITEM=QUANTITY`, or `ITEM` for one of it.
fn line(text: &str) -> Result<Line, String> {
    let (item, quantity) = text.split_once('=').unwrap_or((text, "1"));
    let quantity = quantity.parse().map_err(|_| format!("{text}: ITEM or ITEM=QUANTITY"))?;
    Ok(Line { item: item.to_owned(), quantity })
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::List(place) => list(&place.data_dir, json)?,
        Command::Show(named) => show(&look(&named.data_dir, &request("deal", &named.deal))?, json),
        Command::Resume(named) => show(&ask(named, "resume")?, json),
        Command::Buy { place, shop, item } => {
            let reply = control::call(&place.data_dir, &json!({"command": "buy", "shop": shop, "item": item}))?;
            show(&reply, json);
        }
        Command::Order { place, shop, cart, lines } => {
            let lines: Vec<Value> =
                lines.iter().map(|line| json!({"item": line.item, "quantity": line.quantity})).collect();
            let request = match cart {
                Some(cart) => json!({"command": "buy", "shop": shop, "cart": cart}),
                None => json!({"command": "buy", "shop": shop, "lines": lines}),
            };
            show(&order(&place.data_dir, request)?, json);
        }
        Command::Address { place, address } => {
            let set = address.as_ref().map(|to| {
                json!({
                    "name": to.name, "street": to.street, "postcode": to.postcode, "city": to.city,
                    "country": to.country,
                })
            });
            let request = match set {
                Some(set) => json!({"command": "address-book", "set": set}),
                None => json!({"command": "address-book"}),
            };
            show(&control::call(&place.data_dir, &request)?, json);
        }
        Command::Cancel(named) => show(&ask(named, "cancel")?, json),
        Command::Received(part) => show(&ask_part(part, "received", &json!({}))?, json),
        Command::Bring { named, file } => {
            let mut request = request("bring", &named.deal);
            if let Some(members) = request.as_object_mut() {
                members.insert("statement".to_owned(), json!(crate::parcels::statement(file)?));
            }
            show(&control::call(&named.data_dir, &request)?, json);
        }
        Command::Dispute { part, reason } => show(&ask_part(part, "dispute", &json!({"reason": reason}))?, json),
        Command::Complain { part, reason: Some(reason) } => {
            show(&ask_part(part, "complain", &json!({"reason": reason}))?, json);
        }
        Command::Complain { part, reason: None } => show(&ask_part(part, guided::COMPLAIN, &json!({}))?, json),
        Command::Withdraw { part, yes } => {
            show(&ask_part(part, "withdraw", &json!({"preview": !yes}))?, json);
            if !yes && !json {
                say("Nothing is done yet. `--yes` asks you to sign the withdrawal on the trusted screen.");
            }
        }
        Command::RefundAddress(part) => show(&ask_part(part, "refund-address", &json!({}))?, json),
        Command::Release(named) => show(&ask(named, "release")?, json),
        Command::Contest(named) => show(&ask(named, "contest")?, json),
        Command::Escrow(named) => show(&ask(named, "escrow")?, json),
        Command::Export { named, output } => {
            let pack = export(&named.data_dir, &named.deal)?;
            write_new(output, &pack)?;
            done(&format!("wrote {} ({} bytes)", output.display(), pack.len()), &json!({"pack": output}), json);
        }
        Command::Save { named, output } => {
            let length = save(&named.data_dir, &named.deal, output)?;
            done(&format!("wrote {} ({length} bytes)", output.display()), &json!({"file": output}), json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Orders parcels. Where the wallet knows no address, its trusted screen asks for one first.
fn order(directory: &Path, mut request: Value) -> Result<Value, Error> {
    let known = control::call(directory, &json!({"command": "address-book"}))?;
    if known.get("address").is_none_or(Value::is_null)
        && let Some(members) = request.as_object_mut()
    {
        members.insert("command".to_owned(), json!(guided::BUY));
    }
    control::call(directory, &request)
}

fn done(text: &str, value: &Value, json: bool) {
    if json { say_json(value) } else { say(text) }
}

fn request(word: &str, deal: &str) -> Value {
    json!({ "command": word, "deal": deal })
}

fn ask(named: &Named, word: &str) -> Result<Value, Error> {
    control::call(&named.data_dir, &request(word, &named.deal))
}

fn ask_part(part: &PartOf, word: &str, more: &Value) -> Result<Value, Error> {
    let mut request = request(word, &part.named.deal);
    if let (Some(request), Some(more)) = (request.as_object_mut(), more.as_object()) {
        request.extend(more.clone());
        if let Some(part) = part.part {
            request.insert("part".to_owned(), json!(part));
        }
    }
    control::call(&part.named.data_dir, &request)
}

/// Asks the running wallet; if none runs, reads its database.
fn look(directory: &Path, request: &Value) -> Result<Value, Error> {
    match control::call(directory, request) {
        Err(Error::Misuse(none)) if none.code() == Code::NotFound && directory.join(party::DATABASE).exists() => {
            read_only(&Wallet, directory, request)
        }
        other => other,
    }
}

/// Runs a command that only reads on a party's database, without its keys.
pub(crate) fn read_only<L: Logic>(logic: &L, directory: &Path, request: &Value) -> Result<Value, Error> {
    let reader = SqliteReader::open_read_only(directory)?;
    let (crypto, keyring) = (AwsLc::new(), Keyring::for_simulation([0; 32]));
    let cx = Context { now: party::wall(), crypto: &crypto, keyring: &keyring };
    let mut tx = Tx::new(&reader);
    let word = request.get("command").and_then(Value::as_str).unwrap_or_default();
    logic.command(word, request, &mut Desk { tx: &mut tx, cx: &cx, checked: None })
}

fn list(directory: &Path, json: bool) -> Result<(), Error> {
    let reply = look(directory, &json!({"command": "deals"}))?;
    let deals = reply.get("deals").and_then(Value::as_array).cloned().unwrap_or_default();
    if json {
        deals.iter().for_each(say_json);
        return Ok(());
    }
    if deals.is_empty() {
        say("No deals yet. `semper deal buy` asks a shop for an offer.");
        return Ok(());
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["deal", "opened", "goods", "amount", "word", "stage"]);
    for deal in &deals {
        let text = |name: &str| deal.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
        table.add_row([text("deal"), text("opened"), text("title"), text("amount"), text("word"), text("stage")]);
    }
    say(table.to_string());
    Ok(())
}

fn show(deal: &Value, json: bool) {
    if json {
        say_json(deal);
        return;
    }
    let Some(members) = deal.as_object() else { return };
    for (name, value) in members {
        match value {
            Value::Null => {}
            Value::Array(entries) if entries.is_empty() => {}
            Value::Array(entries) => {
                say(format!("{name}:"));
                for entry in entries {
                    say(format!("  {}", one_line(entry)));
                }
            }
            Value::String(text) => say(format!("{name}: {text}")),
            other => say(format!("{name}: {other}")),
        }
    }
}

/// A document, an event, or whatever else stands in a list.
fn one_line(entry: &Value) -> String {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    match (text("issued"), text("kind"), text("at"), text("what")) {
        (Some(issued), Some(kind), _, _) => format!("{issued}  {kind:<18} by {}", text("signer").unwrap_or("-")),
        (_, _, Some(at), Some(what)) => format!("{at}  {what:<18} by {}", text("by").unwrap_or("-")),
        _ => entry.as_str().map_or_else(|| entry.to_string(), str::to_owned),
    }
}

/// The evidence pack of a deal, from the running wallet.
pub(crate) fn export(directory: &Path, deal: &str) -> Result<Vec<u8>, Error> {
    stamp::exported(|| control::call(directory, &request("export", deal)), directory, stamp::EXPORT_PATIENCE)
}

/// The evidence pack in a party's reply.
pub(crate) fn exported(reply: &Value) -> Result<Vec<u8>, Error> {
    blob(reply, "pack")
}

/// Writes the delivered file, chunk by chunk; returns its length.
pub(crate) fn save(directory: &Path, deal: &str, output: &Path) -> Result<u64, Error> {
    use std::io::Write as _;
    let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("{}: {e}", output.display()));
    let file = std::fs::File::create_new(output).map_err(disk)?;
    let mut file = std::io::BufWriter::new(file);
    let (mut index, mut length) = (0_u64, 0_u64);
    loop {
        let request = json!({"command": "goods-read", "deal": deal, "index": index});
        let reply = control::call(directory, &request)?;
        let data = bytes::decode(reply.get("data").and_then(Value::as_str).unwrap_or_default())?;
        file.write_all(&data).map_err(disk)?;
        length = length.saturating_add(data.len() as u64);
        index = index.saturating_add(1);
        if index >= reply.get("chunks").and_then(Value::as_u64).unwrap_or(0) {
            break;
        }
    }
    file.into_inner().map_err(|e| disk(e.into_error()))?.sync_all().map_err(disk)?;
    Ok(length)
}

/// `semper call`: one command to a running party.
pub(crate) fn call(directory: &Path, request: &str) -> Result<ExitCode, Error> {
    let request: Value = json::read(request.as_bytes())?;
    let reply = control::call(directory, &request)?;
    // What answers nothing was done; a person at a terminal is told so.
    if reply.is_null() && std::io::stdout().is_terminal() {
        say("Done.");
    } else {
        say_json(&reply);
    }
    Ok(ExitCode::SUCCESS)
}
