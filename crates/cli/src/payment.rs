//! `semper payment …`: asking to be paid with a receipt, and paying for one. See
//! `semper_exchange::fair::receipt`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use comfy_table::{ContentArrangement, Table};
use semper_base::{Code, Error, Fault, Misuse, json};
use semper_node::control;
use semper_support::tinguin::neutral::neutralise_inline;
use serde_json::{Value, json};

use crate::deal::exported;
use crate::files::{contents, write_new};
use crate::output::{say, say_json};

/// Most that a payment request may have: a statement and a certificate.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;
/// Most characters shown of a name or text.
const TEXT_CHARS: usize = 120;
/// How often it is looked whether the request is signed.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Ask to be paid: writes a payment request that you hand to the payer by whatever way.
    ///
    /// The receipt is in it, signed by you in advance: it counts as soon as the bank says that this payment was
    /// made, and for nothing before. So whoever pays is sure to have the receipt, and you need not be there.
    #[command(
        after_help = "Example:\n  semper payment request --data-dir D/shop --amount \"12.50 EUR\" --text \"Rent of March\" --output march.payment"
    )]
    Request {
        /// The data directory of the payee, a shop or a wallet that runs.
        #[arg(long)]
        data_dir: PathBuf,
        /// How much, such as "12.50 EUR".
        #[arg(long)]
        amount: String,
        /// What for, as the receipt will say it; up to 500 bytes. The bank does not see it.
        #[arg(long)]
        text: String,
        /// Into which of your purses; without it the first in that currency.
        #[arg(long)]
        purse: Option<String>,
        /// How many days it may be paid, 1 to 30.
        #[arg(long, default_value_t = 14)]
        days: u64,
        /// Write the request to this new file.
        #[arg(long)]
        output: PathBuf,
        /// How many seconds to wait for the bank, and for your own signature on the trusted screen.
        #[arg(long, default_value_t = 60)]
        wait: u64,
    },
    /// Pay what a payment request asks for. You are asked on the trusted screen, with the payee's certified name.
    ///
    /// The bank pays at once and for good, and learns neither the payee's name nor what it is for.
    Pay {
        /// The data directory of the payer, a wallet or a shop that runs.
        #[arg(long)]
        data_dir: PathBuf,
        /// The payment request.
        #[arg(required_unless_present = "bill")]
        request: Option<PathBuf>,
        /// Instead of a request: the exchange for which a notary bills you, by its id or the id's beginning.
        #[arg(long, value_name = "EXCHANGE", conflicts_with = "request")]
        bill: Option<String>,
    },
    /// What you asked to be paid, and the receipts that you hold.
    List {
        /// The data directory of the party.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// Write a receipt as an evidence pack, which `semper evidence verify` and anybody else can check.
    Receipt {
        /// The data directory of the party.
        #[arg(long)]
        data_dir: PathBuf,
        /// The payment, by its number in the list or the number's beginning.
        payment: String,
        /// Write it to this new file.
        #[arg(long)]
        output: PathBuf,
    },
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::Request { data_dir, amount, text, purse, days, output, wait } => {
            let ask = json!({
                "command": "payment-request", "amount": amount, "text": text, "days": days, "purse": purse,
            });
            let purpose = control::call(data_dir, &ask)?.get("purpose").cloned().unwrap_or_default();
            let request = ready(data_dir, &purpose, Duration::from_secs(*wait))?;
            write_new(output, request.to_string().as_bytes())?;
            if json {
                say_json(&json!({ "purpose": purpose, "request": output }));
            } else {
                say(format!(
                    "Wrote {}. Hand it to the payer; `semper payment list` shows when it is paid.",
                    output.display()
                ));
            }
        }
        Command::Pay { data_dir, request, bill } => {
            let request = request.as_deref().map(read).transpose()?;
            let (name, what) = if let Some(bill) = bill { ("bill", json!(bill)) } else { ("request", json!(request)) };
            let accept = json!({ "command": "payment-accept", name: what });
            let asked = control::call(data_dir, &accept)?;
            if json {
                say_json(&asked);
            } else {
                let text = |name: &str| shown(&asked, name);
                say(format!("{} to {} for {}.", text("amount"), text("payee"), text("text")));
                say(
                    "A wallet asks you on its trusted screen; then the bank pays. `semper payment list` shows the receipt.",
                );
            }
        }
        Command::List { data_dir } => list(data_dir, json)?,
        Command::Receipt { data_dir, payment, output } => {
            let purpose = named(data_dir, payment)?;
            let reply = control::call(data_dir, &json!({ "command": "payment-export", "purpose": purpose }))?;
            let pack = exported(&reply)?;
            write_new(output, &pack)?;
            if json {
                say_json(&json!({ "pack": output }));
            } else {
                say(format!("Wrote {} ({} bytes).", output.display(), pack.len()));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits until bank and user have done their part.
fn ready(directory: &Path, purpose: &Value, wait: Duration) -> Result<Value, Error> {
    let began = Instant::now();
    loop {
        let reply = control::call(directory, &json!({ "command": "payment-request", "purpose": purpose }))?;
        match reply.get("request") {
            Some(request) if !request.is_null() => return Ok(request.clone()),
            _ if began.elapsed() >= wait => {
                let why = "the bank has given no reference, or you have not signed on the trusted screen yet; \
                           `semper payment list` shows which. Ask again with a longer --wait";
                return Err(Fault::new(Code::CouldNotAsk, why).into());
            }
            _ => std::thread::sleep(LOOK_AGAIN),
        }
    }
}

fn read(path: &Path) -> Result<Value, Error> {
    Ok(json::read(&contents(path, REQUEST_BYTES_MAX)?)?)
}

fn payments(directory: &Path) -> Result<Vec<Value>, Error> {
    let reply = control::call(directory, &json!({ "command": "payments" }))?;
    Ok(reply.get("payments").and_then(Value::as_array).cloned().unwrap_or_default())
}

fn named(directory: &Path, beginning: &str) -> Result<String, Error> {
    let all = payments(directory)?;
    let all = all.iter().filter_map(|one| one.get("purpose").and_then(Value::as_str));
    let found: Vec<&str> = all.filter(|purpose| !beginning.is_empty() && purpose.starts_with(beginning)).collect();
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Misuse::new(Code::NotFound, format!("no payment {beginning}")).into()),
        _ => Err(Misuse::new(Code::Usage, format!("{beginning} is the beginning of several payments")).into()),
    }
}

fn shown(one: &Value, name: &str) -> String {
    neutralise_inline(one.get(name).and_then(Value::as_str).unwrap_or("-"), TEXT_CHARS)
}

fn list(directory: &Path, json: bool) -> Result<(), Error> {
    let all = payments(directory)?;
    if json {
        all.iter().for_each(say_json);
        return Ok(());
    }
    if all.is_empty() {
        say("No payments for receipt yet. `semper payment request` asks to be paid.");
        return Ok(());
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["payment", "", "amount", "who", "for", "until", "state"]);
    for one in &all {
        let incoming = one.get("in").and_then(Value::as_bool).unwrap_or_default();
        let number: String = shown(one, "purpose").chars().take(8).collect();
        let (way, who) = if incoming { ("in", "-".to_owned()) } else { ("out", shown(one, "payee")) };
        let cells = [number, way.to_owned(), shown(one, "amount"), who, shown(one, "text"), shown(one, "until")];
        table.add_row(cells.into_iter().chain([words(one)]));
    }
    say(table.to_string());
    Ok(())
}

/// What a state means, and who has to act.
fn words(one: &Value) -> String {
    match one.get("state").and_then(Value::as_str).unwrap_or_default() {
        "waiting" => "the bank has not given a reference yet",
        "asked" => "waits for you at the trusted screen",
        "open" => "can be paid",
        "ended" => "ran out, nothing was paid",
        "paid" => "paid: the payer holds your receipt",
        "due" => "a notary's fee: `semper payment pay --bill`",
        "ordered" => "the bank is to pay",
        "receipt" => "paid: you hold the receipt",
        other => other,
    }
    .to_owned()
}
