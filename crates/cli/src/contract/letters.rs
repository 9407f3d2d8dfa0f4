//! Letters and payments in a contract: prepared first, effective all at once when everybody has signed.

use std::path::{Path, PathBuf};

use semper_base::limits::{CONTRACT_FILE_BYTES_MAX, LETTER_BYTES_MAX};
use semper_base::{Blob64, Error};
use semper_node::control;
use semper_support::tinguin::neutral::neutralise_cut;
use serde_json::{Value, json};

use super::{Named, Place, other, request};
use crate::files::{blob, contents, write};
use crate::mail::file_name;
use crate::output::{say, say_json};

/// Most characters shown of a name that somebody else wrote.
const NAME_CHARS: usize = 120;

#[derive(Debug, clap::Args)]
pub(crate) struct Seal {
    #[command(flatten)]
    place: Place,
    /// The file; all letters of one contract have room in half a megabyte.
    #[arg(long)]
    file: PathBuf,
    /// Its media type.
    #[arg(long, default_value = "application/octet-stream")]
    media_type: String,
    /// Who can read it then: the name of a link, or a file with their card. Without it, everybody else in the contract.
    #[arg(long, value_name = "LINK|CARD")]
    to: Option<String>,
    /// Do not tell the others the hash of the content. With the hash in the terms another content convicts you.
    #[arg(long)]
    unnamed: bool,
    /// The part file to write; not overwritten.
    #[arg(long, short)]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Bill {
    #[command(flatten)]
    place: Place,
    /// How much you want to be paid, such as "12.00 EUR".
    #[arg(long)]
    amount: String,
    /// Into which of your purses; without it the first in that currency.
    #[arg(long)]
    purse: Option<String>,
    /// Not a price but a compensation: what the payer is to do for you outside of the contract, in plain words. The
    /// money is yours only if you claim that this was not done.
    #[arg(long, value_name = "WHAT", requires = "due")]
    unless: Option<String>,
    /// By when it is to be done, such as 2026-12-24T18:00:00.000Z. From then on you can claim the compensation.
    #[arg(long, value_name = "TIME", requires = "unless")]
    due: Option<String>,
    /// How long you can claim it: 48h, 14d. After that it goes back.
    #[arg(long, value_name = "LENGTH", default_value = "14d", value_parser = super::length)]
    claim: u64,
    /// The bill to write; not overwritten.
    #[arg(long, short)]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Pay {
    #[command(flatten)]
    place: Place,
    /// The bill that the payee wrote.
    bill: PathBuf,
    /// Out of which of your purses; without it the first one at the payee's bank in that currency.
    #[arg(long)]
    purse: Option<String>,
    /// The part file to write; not overwritten.
    #[arg(long, short)]
    output: PathBuf,
}

pub(super) fn bill(wish: &Bill, json: bool) -> Result<(), Error> {
    let unless = |what: &String| json!({ "what": what, "due": wish.due, "claim_ms": wish.claim });
    let unless = wish.unless.as_ref().map(unless);
    let request = json!({
        "command": "contract-bill", "amount": wish.amount, "purse": wish.purse, "unless": unless,
    });
    let reply = control::call(&wish.place.data_dir, &request)?;
    write(&wish.output, &blob(&reply, "file")?, json)?;
    if !json {
        say("Give the bill to whoever pays it (`semper contract pay`), within a contract.");
    }
    Ok(())
}

pub(super) fn pay(wish: &Pay, json: bool) -> Result<(), Error> {
    let bill = Blob64(contents(&wish.bill, CONTRACT_FILE_BYTES_MAX as u64)?);
    let reply =
        control::call(&wish.place.data_dir, &json!({ "command": "contract-pay", "bill": bill, "purse": wish.purse }))?;
    write(&wish.output, &blob(&reply, "file")?, json)?;
    if !json {
        say(
            "Give the part to whoever writes the contract. Nothing is locked before you sign that on the trusted screen.",
        );
    }
    Ok(())
}

pub(super) fn seal(wish: &Seal, json: bool) -> Result<(), Error> {
    let data = contents(&wish.file, LETTER_BYTES_MAX as u64)?;
    let name = wish.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut request = json!({
        "command": "contract-seal", "name": name, "media_type": wish.media_type, "data": Blob64(data),
        "unnamed": wish.unnamed,
    });
    if let (Some(to), Some(members)) = (&wish.to, request.as_object_mut()) {
        members.insert("to".to_owned(), other(to)?);
    }
    let reply = control::call(&wish.place.data_dir, &request)?;
    write(&wish.output, &blob(&reply, "file")?, json)?;
    if !json {
        say("Give the part to whoever writes the contract (`semper contract new --part`). Nobody can read it yet.");
    }
    Ok(())
}

/// What is said of something that was to be done outside.
pub(super) fn settle(named: &Named, part: Option<u64>, done: bool, json: bool) -> Result<(), Error> {
    let wish = of_part(request(if done { "contract-done" } else { "contract-claim" }, &named.contract), part);
    let reply = control::call(&named.place.data_dir, &wish)?;
    if json {
        say_json(&reply);
        return Ok(());
    }
    let amount = reply.get("amount").and_then(Value::as_str).unwrap_or_default();
    say(if done {
        format!("It is done: once you have signed on the trusted screen, {amount} go back.")
    } else {
        format!("Not done: once you have signed on the trusted screen, {amount} are yours.")
    });
    Ok(())
}

/// A request about one part, if one is named.
pub(super) fn of_part(mut wish: Value, part: Option<u64>) -> Value {
    if let (Some(part), Some(members)) = (part, wish.as_object_mut()) {
        members.insert("part".to_owned(), json!(part));
    }
    wish
}

/// The parts of a new contract.
pub(super) fn parts(files: &[PathBuf]) -> Result<Vec<Blob64>, Error> {
    files.iter().map(|file| Ok(Blob64(contents(file, CONTRACT_FILE_BYTES_MAX as u64)?))).collect()
}

/// Prints the letters, or writes them into a folder.
pub(super) fn read(named: &Named, folder: Option<&Path>, json: bool) -> Result<(), Error> {
    let reply = control::call(&named.place.data_dir, &request("contract-read", &named.contract))?;
    if json && folder.is_none() {
        say_json(&reply);
        return Ok(());
    }
    for (at, letter) in reply.get("letters").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let text = |name: &str| letter.get(name).and_then(Value::as_str).unwrap_or_default();
        let line = format!("{} from {}", text("name"), text("from"));
        if !json {
            say(neutralise_cut(&line, NAME_CHARS).text);
        }
        if letter.get("as_agreed").and_then(Value::as_bool) != Some(true) {
            say("  This is not what the terms say of it. The letter, the terms and the signature convict its giver.");
        }
        if letter.get("data").is_none_or(Value::is_null) {
            continue;
        }
        if let Some(folder) = folder {
            write(&folder.join(file_name(text("name"), at)), &blob(letter, "data")?, json)?;
        }
    }
    Ok(())
}
