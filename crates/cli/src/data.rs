//! `semper data …`: a file for money that the bank locks until the file's key is shown to it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use comfy_table::{ContentArrangement, Table};
use semper_base::limits::{DATA_FILE_BYTES_MAX, LETTER_BYTES_MAX};
use semper_base::{Blob64, Code, Error, Fault, Misuse};
use semper_node::control;
use serde_json::{Value, json};

use crate::contract::length;
use crate::files::{blob, contents, write};
use crate::output::{member, say, say_json};

/// How often the party is asked whether its owner has answered.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Seal a file and offer its key for money. You are asked on the trusted screen.
    #[command(
        after_help = "Whoever finds the written file on its way reads nothing; it opens for the money. The buyer's bank locks \
        the price; your party shows the bank the key, which pays you and gives the key to the buyer in one step. If you \
        do not, the money goes back by itself. You and the buyer are customers of the same bank. Whoever has the file \
        can buy.\n\n\
        Example:\n  semper data sell map.pdf --data-dir D/wallet --price \"12.00 EUR\" --output map.semper-data"
    )]
    Sell(Offer),
    /// Buy what such a file holds: you are asked on the trusted screen, and your bank locks the price.
    Buy {
        /// The buyer's data directory (a wallet or a shop).
        #[arg(long)]
        data_dir: PathBuf,
        /// The file from the seller.
        file: PathBuf,
    },
    /// Write the file for buyers again.
    File {
        #[command(flatten)]
        named: Named,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
    /// Write what was bought into a file.
    Save {
        #[command(flatten)]
        named: Named,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
    /// One sale: where it stands, who must act, what happens otherwise.
    Show(Named),
    /// All data sold and bought.
    List {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// Step back: before the money is locked nothing was bought; a seller who will not give the key gives the money back.
    Abort(Named),
    /// Ask the bank what it has, now.
    Resume(Named),
    /// Write the evidence pack: what `semper evidence verify` shows to a stranger.
    Export {
        #[command(flatten)]
        named: Named,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Offer {
    /// The file to sell, at most 256 KiB.
    file: PathBuf,
    /// The seller's data directory (a wallet or a shop).
    #[arg(long)]
    data_dir: PathBuf,
    /// The price, such as "12.00 EUR".
    #[arg(long)]
    price: String,
    /// What the buyer is told that it is; the file's name if you say nothing.
    #[arg(long)]
    title: Option<String>,
    /// How long a buyer's money stays locked at most: 30m, 48h, 7d.
    #[arg(long, default_value = "24h", value_parser = length)]
    lock: u64,
    /// How long it is on sale: at most 29d.
    #[arg(long, default_value = "7d", value_parser = length)]
    until: u64,
    /// Name the file's SHA-256 in the offer, for buyers who know it from elsewhere.
    #[arg(long)]
    hash: bool,
    /// How many seconds to wait for your answer at the trusted screen.
    #[arg(long, default_value_t = 60)]
    wait: u64,
    /// The file to write; not overwritten.
    #[arg(long, short)]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// The party's data directory.
    #[arg(long)]
    data_dir: PathBuf,
    /// The sale's id, or its beginning.
    data: String,
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::Sell(offer) => sell(offer, json)?,
        Command::Buy { data_dir, file } => {
            let file = contents(file, DATA_FILE_BYTES_MAX as u64)?;
            show(&control::call(data_dir, &json!({ "command": "data-buy", "file": Blob64(file) }))?, json);
        }
        Command::File { named, output } => write(output, &blob(&ask(named, "data-file")?, "file")?, json)?,
        Command::Save { named, output } => write(output, &blob(&ask(named, "data-read")?, "data")?, json)?,
        Command::Show(named) => show(&ask(named, "data")?, json),
        Command::List { data_dir } => list(&control::call(data_dir, &json!({ "command": "data-list" }))?, json),
        Command::Abort(named) => show(&ask(named, "data-abort")?, json),
        Command::Resume(named) => show(&ask(named, "data-resume")?, json),
        Command::Export { named, output } => write(output, &blob(&ask(named, "data-export")?, "pack")?, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn ask(named: &Named, word: &str) -> Result<Value, Error> {
    control::call(&named.data_dir, &json!({ "command": word, "data": named.data }))
}

fn sell(offer: &Offer, json: bool) -> Result<(), Error> {
    if offer.output.exists() {
        return Err(Misuse::new(Code::FileWrong, format!("{} is there already", offer.output.display())).into());
    }
    let name = offer.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let request = json!({
        "command": "data-sell", "title": offer.title.as_ref().unwrap_or(&name), "name": name, "hash": offer.hash,
        "data": Blob64(contents(&offer.file, LETTER_BYTES_MAX as u64)?), "price": offer.price,
        "lock_ms": offer.lock, "until_ms": offer.until,
    });
    let asked = control::call(&offer.data_dir, &request)?;
    if !json {
        say("The trusted screen asks whether to offer it.");
    }
    let reply = signed(&offer.data_dir, &asked, Duration::from_secs(offer.wait))?;
    write(&offer.output, &blob(&reply, "file")?, json)?;
    if !json {
        show(&reply, json);
        say("Give the file to buyers by any means: `semper data buy`.");
    }
    Ok(())
}

/// Waits until the owner has signed the offer.
fn signed(directory: &Path, asked: &Value, wait: Duration) -> Result<Value, Error> {
    let (began, id) = (Instant::now(), asked.get("data"));
    loop {
        match control::call(directory, &json!({ "command": "data-file", "data": id })) {
            Err(Error::Misuse(early)) if early.code() == Code::StateWrong => {}
            done => return done,
        }
        if began.elapsed() >= wait {
            let why =
                "you have not signed the offer on the trusted screen yet; `semper data file` writes the file then";
            return Err(Fault::new(Code::CouldNotAsk, why).into());
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

fn show(data: &Value, json: bool) {
    if json {
        say_json(data);
        return;
    }
    say(format!("Data      {}", member(data, "data")));
    say(format!("What      {}", member(data, "title")));
    say(format!("File      {}, {} bytes", member(data, "name"), data.get("length").cloned().unwrap_or_default()));
    say(format!("Seller    {}", member(data, "seller")));
    say(format!("Buyer     {}", member(data, "buyer")));
    say(format!("Price     {}", member(data, "price")));
    say(format!("Bank      {}", member(data, "bank")));
    say(format!("Until     {}", member(data, "until")));
    say(format!("{}: {}", member(data, "word"), data.get("sentence").and_then(Value::as_str).unwrap_or_default()));
    if let Some(otherwise) = data.get("otherwise").and_then(Value::as_str).filter(|text| !text.is_empty()) {
        say(format!("If the other side stops: {otherwise}."));
    }
}

fn list(reply: &Value, json: bool) {
    let all = reply.get("sales").and_then(Value::as_array).cloned().unwrap_or_default();
    if json {
        all.iter().for_each(say_json);
        return;
    }
    if all.is_empty() {
        say("No data sold or bought yet. `semper data sell` seals a file.");
        return;
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["data", "", "what", "with", "price", "until", "word"]);
    for data in &all {
        let sold = data.get("sold").and_then(Value::as_bool).unwrap_or_default();
        let (way, with) = if sold { ("sold", "buyer") } else { ("bought", "seller") };
        let number: String = member(data, "data").chars().take(8).collect();
        let cells = ["title", with, "price", "until", "word"].map(|name| member(data, name));
        table.add_row([number, way.to_owned()].into_iter().chain(cells));
    }
    say(table.to_string());
}
