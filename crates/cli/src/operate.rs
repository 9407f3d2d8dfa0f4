//! What operators do to a running party by hand: registration codes, relationships, accounts, goods.
//! Each is one or a few commands over the party's control socket.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use semper_base::limits::CHUNK_BYTES;
use semper_base::{Blob64, Code, Error, Fault, Misuse, bytes};
use semper_blocks::certificate::pem;
use semper_node::control;
use serde_json::{Value, json};

use crate::output::{say, say_json};
use crate::serve::Role;
use crate::settings;

/// How long an account is waited for.
const ACCOUNT_WAIT: Duration = Duration::from_secs(5);
/// How often it is looked whether the account is open.
const ACCOUNT_LOOK: Duration = Duration::from_millis(50);
/// Chunks that one command brings to the shop.
const CHUNKS_PER_COMMAND: u64 = 4;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Authority {
    /// Make a one-time registration code for a new party. Shown once.
    Invite {
        /// The authority's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// Which party.
        role: Role,
        /// Its name in the market, as in its certificates.
        name: String,
        /// Up to what amount per deal its statements may be relied on, such as "1000.00 EUR".
        #[arg(long)]
        limit: Option<String>,
        /// What the authority warrants per deal.
        #[arg(long)]
        warranty: Option<String>,
        /// The earlier code was lost: make another one and let that be worth nothing, if nobody has used it.
        #[arg(long)]
        again: bool,
    },
    /// Revoke every certificate of a name.
    Revoke {
        /// The authority's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The name.
        name: String,
        /// Why, such as key-compromise or cessation-of-operation.
        #[arg(long)]
        reason: String,
    },
    /// Write the market's root certificate and show it as words and digits, to be compared by voice.
    Root {
        /// The authority's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The file to write (PEM).
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Shop {
    /// Put a file on sale.
    Add {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// Short id: small letters, digits and dashes.
        #[arg(long)]
        id: String,
        /// What it is called.
        #[arg(long)]
        title: String,
        /// What it costs, VAT included, such as "4.90 EUR".
        #[arg(long)]
        price: String,
        /// The file; at most 4 GiB.
        file: PathBuf,
    },
    /// What is on sale.
    Goods {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// What was ordered, and where each sale stands.
    Sales {
        /// The shop's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
    #[command(flatten)]
    Desk(crate::shop::Desk),
}

pub(crate) fn authority(command: &Authority, json: bool) -> Result<ExitCode, Error> {
    match command {
        Authority::Invite { data_dir, role, name, limit, warranty, again } => {
            let request = json!({
                "command": "invite", "role": role.market_word(), "name": name, "certificates": role.certificates(),
                "limit": limit, "warranty": warranty, "again": again,
            });
            let reply = control::call(data_dir, &request)?;
            let code = reply.get("code").and_then(Value::as_str).unwrap_or_default();
            let text = format!("{code}\nGood once, for a {} named {name}. It is not shown again.", role.word());
            tell(&text, &reply, json);
        }
        Authority::Revoke { data_dir, name, reason } => {
            let reply = control::call(data_dir, &json!({"command": "revoke", "name": name, "reason": reason}))?;
            tell(&format!("Revoked. {reply}"), &reply, json);
        }
        Authority::Root { data_dir, output } => {
            let root = root(data_dir)?;
            if let Some(output) = output {
                let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("{}: {e}", output.display()));
                std::fs::write(output, &root.pem).map_err(disk)?;
            }
            let value = json!({"pem": root.pem, "words": root.words, "digits": root.digits});
            tell(&format!("{}\n{}\n{}", root.words, root.digits, root.pem.trim_end()), &value, json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn shop(command: &Shop, json: bool) -> Result<ExitCode, Error> {
    match command {
        Shop::Add { data_dir, id, title, price, file } => {
            put_on_sale(data_dir, &Sale { id, title, price, file }, &mut |_, _| {})?;
            tell(&format!("{title} is on sale for {price}, as {id}."), &json!({ "id": id }), json);
        }
        Shop::Goods { data_dir } => list(data_dir, "goods", json)?,
        Shop::Sales { data_dir } => list(data_dir, "sales", json)?,
        Shop::Desk(command) => crate::shop::run(command, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `semper account --data-dir DIR [--open]`.
pub(crate) fn account(directory: &Path, open: bool, json: bool) -> Result<ExitCode, Error> {
    let purse = if open { open_account(directory)? } else { control::call(directory, &json!({"command": "purse"}))? };
    let text = |name: &str| purse.get(name).and_then(Value::as_str).unwrap_or("not open yet").to_owned();
    tell(
        &format!("account {}\nbalance when the bank last said so: {}", text("account"), text("balance")),
        &purse,
        json,
    );
    Ok(ExitCode::SUCCESS)
}

/// Asks for an account and waits until the bank has opened it. Right after `semper link` the bank may not
/// have answered yet; then it is asked again.
fn open_account(directory: &Path) -> Result<Value, Error> {
    let currency = settings::about(directory)?.remove("currency").unwrap_or_else(|| "EUR".to_owned());
    let started = Instant::now();
    let late = || started.elapsed() > ACCOUNT_WAIT;
    while let Err(error) = control::call(directory, &json!({"command": "open-account", "currency": currency})) {
        if error.code() != Code::NotFound || late() {
            return Err(error);
        }
        std::thread::sleep(ACCOUNT_LOOK);
    }
    loop {
        let purse = control::call(directory, &json!({"command": "purse"}))?;
        if purse.get("account").is_some_and(Value::is_string) || late() {
            return Ok(purse);
        }
        std::thread::sleep(ACCOUNT_LOOK);
    }
}

fn tell(text: &str, value: &Value, json: bool) {
    if json { say_json(value) } else { say(text) }
}

fn list(directory: &Path, what: &str, json: bool) -> Result<(), Error> {
    let reply = control::call(directory, &json!({ "command": what }))?;
    let rows = reply.get(what).and_then(Value::as_array).cloned().unwrap_or_default();
    for row in &rows {
        if json {
            say_json(row);
        } else {
            let members = row.as_object().into_iter().flatten();
            let line: Vec<String> = members.map(|(name, value)| format!("{name}={value}")).collect();
            say(line.join("  "));
        }
    }
    if rows.is_empty() && !json {
        say("Nothing yet.");
    }
    Ok(())
}

/// A market's root as people compare it.
pub(crate) struct RootCard {
    pub(crate) pem: String,
    pub(crate) words: String,
    pub(crate) digits: String,
}

/// Asks the authority for its root.
pub(crate) fn root(directory: &Path) -> Result<RootCard, Error> {
    let reply = control::call(directory, &json!({ "command": "root" }))?;
    let text = |name: &str| reply.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let der = bytes::decode(&text("root"))?;
    Ok(RootCard { pem: pem::to_pem(pem::Label::Certificate, &der)?, words: text("words"), digits: text("digits") })
}

/// A file to be sold.
pub(crate) struct Sale<'a> {
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) price: &'a str,
    pub(crate) file: &'a Path,
}

/// Brings a file to the shop, chunk by chunk, and puts it on sale. `progress` hears of chunks that are
/// there, of how many.
pub(crate) fn put_on_sale(shop: &Path, sale: &Sale<'_>, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Error> {
    let unreadable = |e: std::io::Error| Misuse::new(Code::FileWrong, format!("{}: {e}", sale.file.display()));
    let mut file = std::fs::File::open(sale.file).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let name = sale.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    control::call(
        shop,
        &json!({
            "command": "goods-begin", "id": sale.id, "title": sale.title, "price": sale.price, "file_name": name,
            "media_type": "application/octet-stream", "length": length,
        }),
    )?;
    let (mut index, leaves) = (0_u64, length.div_ceil(u64::from(CHUNK_BYTES)).max(1));
    while index < leaves {
        let count = CHUNKS_PER_COMMAND.min(leaves - index);
        let mut data = Vec::new();
        for _ in 0..count {
            let mut chunk = Vec::new();
            (&mut file).take(u64::from(CHUNK_BYTES)).read_to_end(&mut chunk).map_err(unreadable)?;
            data.push(Blob64(chunk));
        }
        control::call(shop, &json!({ "command": "goods-chunk", "id": sale.id, "index": index, "data": data }))?;
        index += count;
        progress(index, leaves);
    }
    control::call(shop, &json!({ "command": "goods-end", "id": sale.id }))?;
    Ok(())
}
