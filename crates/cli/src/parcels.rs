//! Money for parcels that the bank keeps: what a shop sets about it, and what arbiter and carrier say.
//!
//! The words of arbiter and carrier are files: whoever has one may bring it to the bank, which takes it from buyer and
//! seller.

use std::path::{Path, PathBuf};

use semper_base::limits::{NOTARIES_NAMED_MAX, REASON_CHARS_MAX};
use semper_base::{Blob64, Code, Error, Misuse};
use semper_blocks::certificate::pem;
use semper_node::control;
use serde_json::{Map, Value, json};

use crate::files::{blob, contents, write};
use crate::output::{say, say_json};

/// Largest evidence pack that an arbiter reads, in bytes.
const PACK_BYTES_MAX: u64 = 8 << 20;
/// Largest waybill, word or certificate file, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arbiter {
    /// Show the case of an evidence pack: what is disputed, who says what, what shows it, and what the judge makes of it.
    ///
    /// The pack is verified under this party's root. Nothing is signed and nothing is sent.
    Show {
        /// The evidence pack of the order.
        pack: PathBuf,
        /// The arbiter's data directory; it must run.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// Rule on a disputed parcel: how its locked money is divided. Once, and for good.
    #[command(
        after_help = "The arbiter is named in the offer: the notary that the shop is connected with. Buyer or seller give it their \
        evidence pack (`semper deal export`, `semper shop order --evidence`). The pack is verified first; read what it proves with \
        `semper arbiter show`. You say what the seller is to have of what is due, from nothing to all of it; the rest goes \
        back to the buyer. The ruling is a file. It does nothing by itself: buyer or seller bring it to the bank, which \
        carries out the first one, only in a dispute, and only before the last day that both agreed to. Without a \
        ruling the money goes where the offer says.\n\n\
        Example:\n  semper arbiter rule pack.zip --data-dir D/notary --payee \"5.00 EUR\" --reasons \"Half is broken.\" -o ruling.jws\n  \
        semper deal bring 0192 ruling.jws --data-dir D/wallet"
    )]
    Rule {
        /// The evidence pack of the order.
        pack: PathBuf,
        /// The arbiter's data directory; it must run.
        #[arg(long)]
        data_dir: PathBuf,
        /// What the seller is to have, such as "5.00 EUR"; "0.00 EUR" gives everything back.
        #[arg(long)]
        payee: String,
        /// Why, in words; the ruling holds their hash, and both sides may ask for them.
        #[arg(long)]
        reasons: String,
        /// The part's number, if several are disputed.
        #[arg(long)]
        part: Option<u64>,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Carrier {
    /// Show what a waybill asks of you, until when, and what you have stated about it.
    Show {
        /// The waybill, from the shop.
        waybill: PathBuf,
        /// The carrier's data directory; it must run.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// State, signed, that you gave a parcel to somebody who had its pickup code.
    #[command(
        after_help = "A shop that asks for a carrier's word (`semper shop shipping --carrier`) gives you a waybill with the parcel \
        (`semper shop waybill`). The buyer has the pickup code and tells it to whoever brings the parcel: do not hand it over \
        without. Your word is a file for the shop, which brings it to the bank; the buyer's time to object begins then. \
        If you say nothing in time, the buyer has the money back.\n\n\
        Example:\n  semper carrier handed-over waybill.bin --data-dir D/carrier --code 9f0c…  -o word.jws\n  \
        semper shop bring 3f9a word.jws --data-dir D/shop"
    )]
    HandedOver {
        /// The waybill, from the shop.
        waybill: PathBuf,
        /// The carrier's data directory (a wallet or a shop); it must run.
        #[arg(long)]
        data_dir: PathBuf,
        /// The pickup code, 32 digits.
        #[arg(long)]
        code: String,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
}

/// What shipping costs and how parcels are paid. Without an option it is shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Shipping {
    /// The shop's data directory.
    #[arg(long)]
    data_dir: PathBuf,
    /// For all parts of an order together, such as "4.90 EUR".
    #[arg(long)]
    cost: Option<String>,
    /// Within how many days you ship, and a parcel comes after that.
    #[arg(long)]
    delivery_days: Option<u64>,
    /// "locked", which also holds if you say nothing: the buyer's money is locked at the bank before you ship, and yours
    /// when the parcel came. "on-shipping": the buyer pays when you say that you shipped, and trusts you.
    #[arg(long, value_parser = ["locked", "on-shipping"])]
    pay: Option<String>,
    /// Of locked money: "whole" has one lock for the order, "lines" one for each line, which can then be shipped by itself;
    /// with "ask" each order of several lines waits for you to say it (`semper shop accept`).
    #[arg(long, value_parser = ["whole", "lines", "ask"])]
    parts: Option<String>,
    /// Of locked money: the carrier whose word that a parcel came is asked for, by its card (`semper contract card`).
    #[arg(long, conflicts_with = "no_carrier")]
    carrier: Option<PathBuf>,
    /// No carrier's word is asked for: silence after the time to come and to look is enough.
    #[arg(long)]
    no_carrier: bool,
}

/// What `semper shop accept` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Accept {
    /// The shop's data directory.
    #[arg(long)]
    pub(crate) data_dir: PathBuf,
    /// The order's number, or its beginning.
    pub(crate) order: String,
    /// Lines that are shipped together, such as `1,3`; once for each part. All of it is one part if you name none.
    #[arg(long = "part", value_name = "LINES")]
    parts: Vec<String>,
}

impl Accept {
    /// The command for this order.
    pub(crate) fn request(&self, order: &str) -> Value {
        let part = |text: &String| text.split(',').map(|line| line.trim().to_owned()).collect::<Vec<_>>();
        let parts: Vec<Vec<String>> = self.parts.iter().map(part).collect();
        let parts = if parts.is_empty() { Value::Null } else { json!(parts) };
        json!({ "command": "accept", "order": order, "parts": parts })
    }
}

pub(crate) fn arbiter(command: &Arbiter, json: bool) -> Result<(), Error> {
    let Arbiter::Rule { pack, data_dir, payee, reasons, part, output } = command else { return show(command, json) };
    unused(output)?;
    let request = json!({
        "command": "arbiter-rule", "pack": Blob64(contents(pack, PACK_BYTES_MAX)?), "part": part, "payee": payee,
        "reasons": reasons,
    });
    let reply = control::call(data_dir, &request)?;
    word(&reply, output, json)?;
    if !json {
        let of = |name: &str| reply.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        say(format!("Ruled: {} for the seller, {} for the buyer.", of("payee"), of("payer")));
        say("Give the file to buyer or seller, who bring it to the bank: `semper deal bring`, `semper shop bring`.");
    }
    Ok(())
}

/// What an arbiter has on its desk: first what is to be ruled on, then everything that the pack shows.
fn show(command: &Arbiter, json: bool) -> Result<(), Error> {
    let Arbiter::Show { pack, data_dir } = command else { return Ok(()) };
    let request = json!({ "command": "arbiter-show", "pack": Blob64(contents(pack, PACK_BYTES_MAX)?) });
    let reply = control::call(data_dir, &request)?;
    if json {
        say_json(&reply);
        return Ok(());
    }
    let disputes = reply.get("disputes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if disputes.is_empty() {
        say("Nothing is to be ruled on: the pack shows no dispute on the bank's record that is open.");
    }
    for open in disputes {
        dispute(open);
    }
    say("");
    say(reply.get("text").and_then(Value::as_str).unwrap_or_default().trim_end());
    Ok(())
}

fn dispute(open: &Value) {
    let of = |name: &str| plain(open.get(name));
    let is = |name: &str| open.get(name).and_then(Value::as_bool) == Some(true);
    say(format!("Dispute about part {}: {} are due of {} that are locked", of("part"), of("due"), of("amount")));
    say(format!("  by the {}; its evidence has the hash {}", of("by"), of("evidence")));
    let complaint = open.get("complaint").and_then(Value::as_str).unwrap_or_default();
    if !complaint.is_empty() {
        let said = semper_support::tinguin::neutral::neutralise_inline(complaint, REASON_CHARS_MAX);
        say(format!("  complaint: \"{said}\" ({})", of("complaint_file")));
    }
    let late = if is("late") { ", which is over" } else { "" };
    say(format!("  ruled on before {}{late}; otherwise the money is for the {}", of("until"), of("otherwise")));
    if !is("yours") {
        say("  another arbiter is named for it, not this party");
    }
    if let Some(ruled) = open.get("ruled").filter(|ruled| !ruled.is_null()) {
        let of = |name: &str| plain(ruled.get(name));
        say(format!("  ruled already: {} for the seller, {} for the buyer", of("payee"), of("payer")));
    }
}

pub(crate) fn carrier(command: &Carrier, json: bool) -> Result<(), Error> {
    let (waybill, data_dir) = match command {
        Carrier::HandedOver { waybill, data_dir, .. } | Carrier::Show { waybill, data_dir } => (waybill, data_dir),
    };
    let lock = Blob64(contents(waybill, FILE_BYTES_MAX)?);
    let Carrier::HandedOver { code, output, .. } = command else { return carried(data_dir, &lock, json) };
    unused(output)?;
    let reply = control::call(data_dir, &json!({ "command": "carrier-handed-over", "lock": lock, "code": code }))?;
    word(&reply, output, json)?;
    if !json {
        say("Give the file to the shop, which brings it to the bank: `semper shop bring`.");
    }
    Ok(())
}

fn carried(data_dir: &Path, lock: &Blob64, json: bool) -> Result<(), Error> {
    let reply = control::call(data_dir, &json!({ "command": "carrier-show", "lock": lock }))?;
    if json {
        say_json(&reply);
        return Ok(());
    }
    let of = |name: &str| plain(reply.get(name));
    let is = |name: &str| reply.get(name).and_then(Value::as_bool) == Some(true);
    say(format!("Goods for which {} are locked, lock {}", of("amount"), of("lock")));
    say(format!(
        "  to be shipped before {}, and handed over within {} days of that",
        of("ship_by"),
        of("deliver_days")
    ));
    say(format!("  later, and after {} in any case, the buyer has the money back", of("latest")));
    say(match (is("yours"), reply.get("said").is_some_and(|said| !said.is_null())) {
        (false, _) => "  another carrier is named for it, not this party",
        (true, false) => "  you have stated nothing about it: hand it over for the pickup code only",
        (true, true) => "  you have stated that it was handed over",
    });
    Ok(())
}

/// Before anything is signed that could not be written.
fn unused(output: &Path) -> Result<(), Misuse> {
    if output.exists() {
        return Err(Misuse::new(Code::FileWrong, format!("{} is there already", output.display())));
    }
    Ok(())
}

fn word(reply: &Value, output: &Path, json: bool) -> Result<(), Error> {
    let statement = reply.get("statement").and_then(Value::as_str).unwrap_or_default();
    write(output, statement.as_bytes(), json)
}

/// A statement that somebody wrote into a file.
pub(crate) fn statement(file: &Path) -> Result<String, Error> {
    let text = String::from_utf8(contents(file, FILE_BYTES_MAX)?);
    let wrong = |_| Misuse::new(Code::FileWrong, format!("{}: not a signed statement", file.display()));
    Ok(text.map_err(wrong)?.trim().to_owned())
}

pub(crate) fn waybill(
    directory: &Path,
    order: &str,
    part: Option<u64>,
    output: &Path,
    json: bool,
) -> Result<(), Error> {
    let request = json!({ "command": "waybill", "order": order, "part": part });
    write(output, &blob(&control::call(directory, &request)?, "waybill")?, json)
}

pub(crate) fn shipping(shipping: &Shipping, json: bool) -> Result<(), Error> {
    let mut set = Map::new();
    let texts = [("cost", &shipping.cost), ("pay", &shipping.pay), ("parts", &shipping.parts)];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
    set.extend(texts);
    set.extend(shipping.delivery_days.map(|days| ("delivery_days".to_owned(), json!(days))));
    if let Some(card) = &shipping.carrier {
        set.insert("carrier".to_owned(), json!(Blob64(certificate(card)?)));
    } else if shipping.no_carrier {
        set.insert("carrier".to_owned(), Value::Null);
    }
    let request =
        if set.is_empty() { json!({ "command": "shipping" }) } else { json!({ "command": "shipping", "set": set }) };
    let reply = control::call(&shipping.data_dir, &request)?;
    if json {
        say_json(&reply);
        return Ok(());
    }
    for (name, label) in
        [("cost", "Cost"), ("delivery_days", "Days"), ("vat", "VAT"), ("return_costs", "Returns cost the")]
    {
        say(format!("{label:<18}{}", plain(reply.get(name))));
    }
    for (name, label) in
        [("pay", "Paid"), ("parts", "Locked as"), ("carrier", "Carrier's word"), ("arbiter", "Disputes ruled by")]
    {
        say(format!("{label:<18}{}", plain(reply.get(name))));
    }
    Ok(())
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => semper_support::tinguin::neutral::neutralise_inline(text, 80),
        Some(other) => other.to_string(),
    }
}

/// The first certificate of a card.
fn certificate(card: &Path) -> Result<Vec<u8>, Error> {
    let wrong = || Misuse::new(Code::FileWrong, format!("{}: not a card in PEM", card.display()));
    let text = String::from_utf8(contents(card, FILE_BYTES_MAX)?).map_err(|_| wrong())?;
    let all = pem::all_from_pem(pem::Label::Certificate, &text, NOTARIES_NAMED_MAX + 1).map_err(|_| wrong())?;
    Ok(all.into_iter().next().ok_or_else(wrong)?)
}
