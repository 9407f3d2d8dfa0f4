//! `semper transfer …`: files, statements, certificates, money in one container, all of it or nothing.

mod open;
mod pick;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use comfy_table::{ContentArrangement, Table};
use semper_base::{Code, Error, Fault, Misuse};
use semper_node::control;
use serde_json::{Value, json};

use crate::contract::length;
use crate::files::{blob, write};
use crate::output::{member, say, say_json};

/// How often the party is asked whether its owner has answered.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Send files, folders, signed statements, certificates and a payment as one container. You are asked on the trusted
    /// screen.
    #[command(
        after_help = "All of it arrives or nothing: the receiver sees nothing of it before every part is there and was \
        checked. A payment in it is made last and cannot be taken back; the goods were with the receiver's program by \
        then. A transfer promises nothing in return: for a receipt use `semper mail`, for money against a file `semper \
        data`, for money against a receipt `semper payment`.\n\n\
        By default your signature goes along as proof of origin, and all is sealed to the receiver's certified key if it \
        has one. Both sides go on where they stood after a crash.\n\n\
        Examples:\n  semper transfer send --data-dir D/wallet --to shop plans/ --pay \"5.00 EUR\"\n  \
        semper transfer send --data-dir D/wallet --to shop letter.txt --deniable"
    )]
    Send(Sent),
    /// All transfers, sent and received.
    List {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// One transfer: what is in it, with what quality, where it stands.
    Show(Named),
    /// Take what somebody announced: its chunks are fetched.
    Accept {
        #[command(flatten)]
        named: Named,
        /// How many seconds to wait until all of it is here; a payment in it may take until the sender agrees.
        #[arg(long, default_value_t = 0)]
        wait: u64,
    },
    /// Say that you do not want what somebody announced.
    Decline(Named),
    /// Let nothing come of it. A payment that is ordered is not taken back, and who waits for one does not stop.
    Stop(Named),
    /// Write what came into a new folder.
    Open {
        #[command(flatten)]
        named: Named,
        /// The folder to make; it must not be there.
        #[arg(long, short)]
        output: PathBuf,
    },
    /// Write the evidence pack: who sent what, each part by its hash (`semper evidence verify`).
    Export {
        #[command(flatten)]
        named: Named,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Sent {
    /// Files, and folders with all that is in them.
    files: Vec<PathBuf>,
    /// The sender's data directory (a wallet or a shop).
    #[arg(long)]
    data_dir: PathBuf,
    /// To whom: one of your links (`semper link`), or the id of a peer that is connected to you.
    #[arg(long)]
    to: String,
    /// What it is about; the first file's name if you say nothing.
    #[arg(long)]
    title: Option<String>,
    /// A signed statement (a JWS file); the receiver checks signature and certificate. May be given several times.
    #[arg(long = "statement", value_name = "FILE")]
    statements: Vec<PathBuf>,
    /// A certificate (DER or PEM file) of this market. May be given several times.
    #[arg(long = "certificate", value_name = "FILE")]
    certificates: Vec<PathBuf>,
    /// Money, such as "5.00 EUR": paid when all else is there.
    #[arg(long)]
    pay: Option<String>,
    /// Keep your signature at home: the receiver can prove to nobody that you sent it.
    #[arg(long)]
    deniable: bool,
    /// Do not seal it to the receiver's certified key; the connection is encrypted all the same.
    #[arg(long)]
    unsealed: bool,
    /// How long it may take: at most 29d.
    #[arg(long, default_value = "7d", value_parser = length)]
    until: u64,
    /// How many seconds to wait for your answer at the trusted screen.
    #[arg(long, default_value_t = 60)]
    wait: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// The party's data directory.
    #[arg(long)]
    pub(crate) data_dir: PathBuf,
    /// The transfer's id, or its beginning.
    pub(crate) transfer: String,
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::Send(sent) => send(sent, json)?,
        Command::List { data_dir } => list(&control::call(data_dir, &json!({ "command": "transfer-list" }))?, json),
        Command::Show(named) => show(&ask(named, "transfer")?, json),
        Command::Accept { named, wait } => {
            ask(named, "transfer-accept")?;
            show(&whole(named, Duration::from_secs(*wait))?, json);
        }
        Command::Decline(named) => show(&ask(named, "transfer-decline")?, json),
        Command::Stop(named) => show(&ask(named, "transfer-stop")?, json),
        Command::Open { named, output } => open::run(named, output, json)?,
        Command::Export { named, output } => write(output, &blob(&ask(named, "transfer-export")?, "pack")?, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn ask(named: &Named, word: &str) -> Result<Value, Error> {
    control::call(&named.data_dir, &json!({ "command": word, "transfer": named.transfer }))
}

fn send(sent: &Sent, json: bool) -> Result<(), Error> {
    let picked = pick::pick(sent)?;
    let title = match (&sent.title, picked.first()) {
        (Some(title), _) => title.clone(),
        (None, Some(good)) => good.name().to_owned(),
        (None, None) => return Err(Misuse::new(Code::Usage, "name what is to be sent: files, or --pay").into()),
    };
    let mut request = json!({
        "command": "transfer-begin", "to": sent.to, "title": title, "life_ms": sent.until, "origin": !sent.deniable,
        "goods": picked.iter().map(pick::Picked::wish).collect::<Vec<_>>(),
    });
    if sent.unsealed
        && let Some(members) = request.as_object_mut()
    {
        members.insert("confidential".to_owned(), Value::Bool(false));
    }
    let begun = control::call(&sent.data_dir, &request)?;
    pick::bring(&sent.data_dir, &begun, &picked, json)?;
    let draft = begun.get("transfer");
    let asked = control::call(&sent.data_dir, &json!({ "command": "transfer-send", "transfer": draft }))?;
    if !json {
        say("The trusted screen asks whether to send it.");
    }
    show(&signed(&sent.data_dir, &asked, Duration::from_secs(sent.wait))?, json);
    Ok(())
}

/// Waits until the owner has answered.
fn signed(directory: &Path, asked: &Value, wait: Duration) -> Result<Value, Error> {
    let (began, id) = (Instant::now(), asked.get("transfer"));
    loop {
        let shown = match control::call(directory, &json!({ "command": "transfer", "transfer": id })) {
            Err(Error::Misuse(gone)) if gone.code() == Code::NotFound => {
                return Err(Misuse::new(Code::Declined, "you said no on the trusted screen; nothing was sent").into());
            }
            shown => shown?,
        };
        if member(&shown, "word") != "draft" {
            return Ok(shown);
        }
        if began.elapsed() >= wait {
            let why = "you have not answered on the trusted screen yet; nothing leaves before that";
            return Err(Fault::new(Code::CouldNotAsk, why).into());
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Waits until all of it is here, or it is over in another way.
fn whole(named: &Named, wait: Duration) -> Result<Value, Error> {
    let began = Instant::now();
    loop {
        let shown = ask(named, "transfer")?;
        if shown.get("over") == Some(&Value::Bool(true)) || began.elapsed() >= wait {
            return Ok(shown);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

fn show(transfer: &Value, json: bool) {
    if json {
        say_json(transfer);
        return;
    }
    say(format!("Transfer  {}", member(transfer, "transfer")));
    say(format!("What      {}", member(transfer, "title")));
    say(format!("From      {}", member(transfer, "from")));
    say(format!("To        {}", member(transfer, "to")));
    for good in transfer.get("goods").and_then(Value::as_array).into_iter().flatten() {
        say(format!("          {}", good_line(good)));
    }
    let quality = transfer.get("quality").cloned().unwrap_or_default();
    say(format!("Integrity        {}", member(&quality, "integrity")));
    say(format!("Confidentiality  {}", member(&quality, "confidentiality")));
    say(format!("Proof of origin  {}", member(&quality, "origin")));
    say(format!("Until     {}", member(transfer, "until")));
    if let (Some(here), Some(all)) = (count(transfer, "arrived"), count(transfer, "chunks")) {
        say(format!("Arrived   {here} of {all} chunks"));
    }
    say(format!(
        "{}: {}",
        member(transfer, "word"),
        transfer.get("sentence").and_then(Value::as_str).unwrap_or_default()
    ));
}

fn count(value: &Value, name: &str) -> Option<u64> {
    value.get(name).and_then(Value::as_u64)
}

fn good_line(good: &Value) -> String {
    let path = member(good, "path");
    match good.get("kind").and_then(Value::as_str).unwrap_or_default() {
        "container" => format!("{path}/"),
        "payment" => format!("{path}: a payment of {}", member(good, "amount")),
        "statement" => format!("{path}: a signed {}", member(good, "statement")),
        "certificate" => format!("{path}: a certificate"),
        _ => format!("{path}: {} bytes, SHA-256 {}", count(good, "bytes").unwrap_or_default(), member(good, "hash")),
    }
}

fn list(reply: &Value, json: bool) {
    let all = reply.get("transfers").and_then(Value::as_array).cloned().unwrap_or_default();
    if json {
        all.iter().for_each(say_json);
        return;
    }
    if all.is_empty() {
        say("Nothing sent or received yet. `semper transfer send --help` says how.");
        return;
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["transfer", "", "what", "with", "bytes", "until", "word"]);
    for one in &all {
        let out = one.get("outgoing").and_then(Value::as_bool).unwrap_or_default();
        let (way, with) = if out { ("sent", "to") } else { ("received", "from") };
        let number: String = member(one, "transfer").chars().take(8).collect();
        let bytes = count(one, "bytes").unwrap_or_default().to_string();
        let [title, with, until, word] = ["title", with, "until", "word"].map(|name| member(one, name));
        table.add_row([number, way.to_owned(), title, with, bytes, until, word]);
    }
    say(table.to_string());
}
