//! `semper contract …`: contracts that several parties sign, so that either all of them are bound or nobody is.

mod letters;
mod show;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use semper_base::limits::{CONTRACT_FILE_BYTES_MAX, CONTRACT_TEXT_BYTES_MAX, NOTARIES_NAMED_MAX, PEM_BYTES_MAX};
use semper_base::{Blob64, Code, Error, Hash, Misuse, json};
use semper_blocks::certificate::pem;
use semper_node::control;
use semper_services::wallet::Wallet;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::deal;
use crate::files::{blob, contents, write, write_new};
use crate::output::{say, say_json};
use crate::party;

pub(crate) use show::fee;

/// Most that a card may have: a certificate, and those of notaries.
const CARD_BYTES_MAX: u64 = (PEM_BYTES_MAX * (NOTARIES_NAMED_MAX + 1)) as u64;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Write a contract into a file that you give to the others. Nobody is bound by it yet.
    #[command(after_help = "The file holds the terms, the names and certificates of all parties and the notary's \
        conditions. Give it to the others in any way: whoever changes it makes another contract, which the others' \
        wallets tell apart. Then everybody, you too, runs `semper contract sign FILE`.\n\n\
        Others are named by a link (`--with shop`) or by their card, a certificate that they wrote with \
        `semper contract card` (`--with bea.pem`).\n\n\
        Without --optimistic all signatures go to the notary, which gives them out when it has all: it learns who \
        signs, never what, and nobody can show half a contract around. With --optimistic (two parties, over your \
        link to the other) the notary hears nothing unless somebody stops half-way.")]
    New(New),
    /// Seal a file for a contract in which letters are exchanged: they open all at once, when everybody has signed.
    #[command(
        after_help = "Each giver seals its letter and gives the part file to whoever writes the contract: nobody \
        can read it, and the notary never gets it. When everybody has signed, the notary gives out the keys of all \
        letters in one answer, or of none.\n\n\
        Example, data for data:\n  semper contract seal --data-dir D/ann --file a.txt --to bea.pem -o a.part\n  \
        semper contract seal --data-dir D/bea --file b.txt --to ann.pem -o b.part\n  \
        semper contract new --data-dir D/ann --title Swap --text terms.txt --part a.part --part b.part -o swap.contract\n  \
        semper contract sign --data-dir D/ann swap.contract      (and Bea the same)\n  \
        semper contract read --data-dir D/ann ID --files letters"
    )]
    Seal(letters::Seal),
    /// Say where you want to be paid, within a contract; or what compensation you want if something is not done.
    #[command(
        after_help = "A delivery or a service is nothing that a notary can decide. Its price if it is not done is: whoever has to \
        do it has the compensation locked with the contract. You claim it from the time on when it should be done, on \
        your signed word alone; you give it back when it is done; without a word from you it goes back by itself.\n\n\
        Example:\n  semper contract bill --data-dir D/ann --amount \"50.00 EUR\" --unless \"12 chairs are delivered\" \\\n    \
        --due 2026-12-24T18:00:00.000Z -o chairs.bill\n  \
        semper contract pay --data-dir D/bob chairs.bill -o chairs.part     (Bob delivers)\n  \
        semper contract new --data-dir D/ann --title Chairs --text terms.txt --part price.part --part chairs.part -o deal\n  \
        semper contract done --data-dir D/ann ID        or        semper contract claim --data-dir D/ann ID"
    )]
    Bill(letters::Bill),
    /// Take a bill upon you, within a contract: your bank locks the money once you have signed, and pays by the notary's
    /// decision.
    Pay(letters::Pay),
    /// Claim a compensation: what somebody was to do for you outside was not done in time. Your word counts, and is
    /// signed.
    Claim {
        #[command(flatten)]
        named: Named,
        /// Which part, if several compensations are for you.
        #[arg(long)]
        part: Option<u64>,
    },
    /// Say that it was done: the compensation goes back at once.
    Done {
        #[command(flatten)]
        named: Named,
        /// Which part, if several compensations are for you.
        #[arg(long)]
        part: Option<u64>,
    },
    /// Read the letters of a contract that everybody has signed, or write them into a folder.
    Read {
        #[command(flatten)]
        named: Named,
        /// Where the letters go; nothing is overwritten.
        #[arg(long)]
        files: Option<PathBuf>,
    },
    /// Read the terms on the trusted screen and sign: you are bound once everybody has signed, and not before.
    Sign {
        #[command(flatten)]
        place: Place,
        /// The contract file, or the id of a contract that is here already.
        file: PathBuf,
        /// The document, if the contract names one by its hash: refused unless it is exactly that one.
        #[arg(long)]
        document: Option<PathBuf>,
    },
    /// One contract: who has signed as far as you can know, what is due, what happens otherwise.
    Show(Named),
    /// All contracts of a party.
    List(Place),
    /// Step back from a contract that not everybody has signed yet. The notary's answer is final either way.
    Abort(Named),
    /// Ask the notary what it has, now. It is asked by itself too, ever more rarely.
    Resume(Named),
    /// Do not wait any longer for the other side: have the notary complete it.
    Resolve(Named),
    /// Write your card: the certificate that tells others your key and your name, and those of the notaries that you take.
    Card {
        #[command(flatten)]
        place: Place,
        /// The file to write (PEM); not overwritten. Without it the card goes to standard output.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Write the contract file again.
    File {
        #[command(flatten)]
        named: Named,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
    /// Write the evidence pack: what `semper evidence verify` shows to a stranger.
    Export {
        #[command(flatten)]
        named: Named,
        /// Of one payment in it instead: the number of the part. What the bank said of its money, for whoever pays or is
        /// paid.
        #[arg(long)]
        part: Option<u64>,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        output: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct New {
    #[command(flatten)]
    place: Place,
    /// What it is called.
    #[arg(long)]
    title: String,
    /// The terms, a text file (UTF-8, at most 16 KiB).
    #[arg(long, required_unless_present = "file")]
    text: Option<PathBuf>,
    /// A document of any size and kind; the contract names it by its SHA-256, so keep it.
    #[arg(long, conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Its media type.
    #[arg(long, requires = "file", default_value = "application/octet-stream")]
    media_type: String,
    /// Who else signs: the name of a link, or a file with their card. Once for each.
    #[arg(long, value_name = "LINK|CARD", required_unless_present = "part")]
    with: Vec<String>,
    /// A sealed letter (`semper contract seal`) or a bill with its payer (`semper contract pay`), once for each; who gives or gets one need not be named besides.
    #[arg(long, value_name = "PART", conflicts_with = "optimistic")]
    part: Vec<PathBuf>,
    /// Two parties sign over their own link; the notary is asked only if somebody stops.
    #[arg(long)]
    optimistic: bool,
    /// Three to five parties sign in rounds, so that no decision of the notary is needed and no clock is waited for; it passes
    /// on what they say, and is asked only if somebody stops. Costs many more messages.
    #[arg(long, conflicts_with_all = ["optimistic", "part"])]
    asynchronous: bool,
    /// The notary, by the name of your link to it (`semper notary list`). Without it the first of your list that all others
    /// take whose card says so.
    #[arg(long, value_name = "LINK")]
    notary: Option<String>,
    /// Who pays the notary's fee, if it takes one: 1 for you, then the others in their order.
    #[arg(long, default_value_t = 1, value_name = "PLACE", value_parser = clap::value_parser!(u8).range(1..))]
    fee_payer: u8,
    /// Until when it can be signed: 30m, 48h, 7d.
    #[arg(long, default_value = "7d", value_parser = length)]
    expires: u64,
    /// The file to write; not overwritten.
    #[arg(long, short)]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The party's data directory (a wallet or a shop).
    #[arg(long)]
    data_dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    #[command(flatten)]
    place: Place,
    /// The contract's id, or its beginning.
    contract: String,
}

/// Reads `30m`, `48h`, `7d` as milliseconds.
pub(crate) fn length(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text}: a number and s, m, h or d, such as 7d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: u64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    let ms: u64 = match unit {
        's' => 1000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(ms).filter(|ms| *ms > 0).ok_or_else(wrong)
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::New(new) => make(new, json)?,
        Command::Read { named, files } => letters::read(named, files.as_deref(), json)?,
        Command::Seal(wish) => letters::seal(wish, json)?,
        Command::Claim { named, part } => letters::settle(named, *part, false, json)?,
        Command::Done { named, part } => letters::settle(named, *part, true, json)?,
        Command::Bill(wish) => letters::bill(wish, json)?,
        Command::Pay(wish) => letters::pay(wish, json)?,
        Command::Sign { place, file, document } => sign(place, file, document.as_deref(), json)?,
        Command::Show(named) => show::one(&look(&named.place, &request("contract", &named.contract))?, json),
        Command::List(place) => show::all(&look(place, &json!({ "command": "contracts" }))?, json),
        Command::Abort(named) => show::one(&ask(named, "contract-abort")?, json),
        Command::Resume(named) => show::one(&ask(named, "contract-resume")?, json),
        Command::Resolve(named) => show::one(&ask(named, "contract-resolve")?, json),
        Command::Card { place, output } => card(place, output.as_deref(), json)?,
        Command::File { named, output } => {
            let reply = look(&named.place, &request("contract-file", &named.contract))?;
            write(output, &blob(&reply, "file")?, json)?;
        }
        Command::Export { named, part, output } => {
            let wish = letters::of_part(request("contract-export", &named.contract), *part);
            write(output, &deal::exported(&control::call(&named.place.data_dir, &wish)?)?, json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn request(word: &str, contract: &str) -> Value {
    json!({ "command": word, "contract": contract })
}

fn ask(named: &Named, word: &str) -> Result<Value, Error> {
    control::call(&named.place.data_dir, &request(word, &named.contract))
}

/// Asks the running party; if none runs, reads its database. Contracts lie in the same rows at each party.
fn look(place: &Place, request: &Value) -> Result<Value, Error> {
    match control::call(&place.data_dir, request) {
        Err(Error::Misuse(none)) if none.code() == Code::NotFound && place.data_dir.join(party::DATABASE).exists() => {
            deal::read_only(&Wallet, &place.data_dir, request)
        }
        other => other,
    }
}

fn make(new: &New, json: bool) -> Result<(), Error> {
    let with: Vec<Value> = new.with.iter().map(|with| other(with)).collect::<Result<_, Error>>()?;
    let mut request = json!({
        "command": "contract-new", "title": new.title, "with": with, "optimistic": new.optimistic,
        "asynchronous": new.asynchronous,
        "expires_ms": new.expires, "parts": letters::parts(&new.part)?, "notary": new.notary,
        "fee_payer": new.fee_payer.saturating_sub(1),
    });
    let (name, terms) = match (&new.text, &new.file) {
        (Some(text), _) => ("text", json!(terms(text)?)),
        (None, Some(file)) => ("document", document(file, &new.media_type)?),
        (None, None) => return Err(Misuse::new(Code::Usage, "--text or --file").into()),
    };
    if let Some(members) = request.as_object_mut() {
        members.insert(name.to_owned(), terms);
    }
    let made = control::call(&new.place.data_dir, &request)?;
    let file = blob(&made, "file")?;
    write_new(&new.output, &file)?;
    if json {
        say_json(&json!({ "contract": made.get("contract"), "file": new.output, "protocol": made.get("protocol") }));
        return Ok(());
    }
    show::one(&made, false);
    say(format!(
        "\nwrote {} ({} bytes). Give it to the others; then everybody signs, you too:\n  semper contract sign --data-dir {} {}",
        new.output.display(),
        file.len(),
        new.place.data_dir.display(),
        new.output.display(),
    ));
    Ok(())
}

/// Another party: its card, or the link that leads to it.
pub(crate) fn other(with: &str) -> Result<Value, Error> {
    if !Path::new(with).is_file() {
        return Ok(json!({ "link": with }));
    }
    let text = String::from_utf8(contents(Path::new(with), CARD_BYTES_MAX)?);
    let text = text.map_err(|_| Misuse::new(Code::FileWrong, with))?;
    let cards = pem::all_from_pem(pem::Label::Certificate, &text, NOTARIES_NAMED_MAX + 1)
        .map_err(|why| Misuse::new(Code::FileWrong, format!("{with}: {why}")))?;
    let mut cards = cards.into_iter().map(Blob64);
    let (card, notaries) = (cards.next(), cards.collect::<Vec<Blob64>>());
    // Cards of before say nothing of notaries.
    Ok(if notaries.is_empty() {
        json!({ "certificate": card })
    } else {
        json!({ "certificate": card, "notaries": notaries })
    })
}

fn terms(path: &Path) -> Result<String, Error> {
    let text = String::from_utf8(contents(path, CONTRACT_TEXT_BYTES_MAX as u64)?);
    Ok(text.map_err(|_| Misuse::new(Code::FileWrong, format!("{}: not UTF-8", path.display())))?)
}

/// What a contract says of a document that stays outside of it.
fn document(path: &Path, media_type: &str) -> Result<Value, Error> {
    let unreadable = |e: std::io::Error| Misuse::new(Code::FileWrong, format!("{}: {e}", path.display()));
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut digest = Sha256::new();
    let (mut buffer, mut length) = (vec![0_u8; 65_536], 0_u64);
    loop {
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => break,
            count => {
                digest.update(buffer.get(..count).unwrap_or_default());
                length = length.saturating_add(count as u64);
            }
        }
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(json!({ "hash": Hash(digest.finalize().into()), "length": length, "media_type": media_type, "name": name }))
}

fn sign(place: &Place, file: &Path, paper: Option<&Path>, json: bool) -> Result<(), Error> {
    let mut wish = if file.is_file() {
        let text = contents(file, CONTRACT_FILE_BYTES_MAX as u64)?;
        // Read here only to say early that it is no such file.
        json::read::<Value>(&text).map_err(|why| Misuse::new(Code::FileWrong, format!("{}: {why}", file.display())))?;
        json!({ "command": "contract-sign", "file": Blob64(text) })
    } else {
        request("contract-sign", &file.to_string_lossy())
    };
    if let (Some(paper), Some(members)) = (paper, wish.as_object_mut()) {
        members.insert("document".to_owned(), document(paper, "")?);
    }
    show::one(&control::call(&place.data_dir, &wish)?, json);
    if !json {
        say("\nThe trusted screen asks you to agree. Nothing is signed before you do.");
    }
    Ok(())
}

fn card(place: &Place, output: Option<&Path>, json: bool) -> Result<(), Error> {
    let reply = control::call(&place.data_dir, &json!({ "command": "contract-card" }))?;
    let mut text = pem::to_pem(pem::Label::Certificate, &blob(&reply, "certificate")?)?;
    let notaries = serde_json::from_value(reply.get("notaries").cloned().unwrap_or_default());
    let notaries: Vec<Blob64> = notaries.unwrap_or_default();
    for notary in notaries {
        text.push_str(&pem::to_pem(pem::Label::Certificate, &notary.0)?);
    }
    match output {
        Some(output) => write(output, text.as_bytes(), json),
        None if json => {
            say_json(&reply);
            Ok(())
        }
        None => {
            say(text.trim_end());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        assert_eq!(length("7d"), Ok(604_800_000));
        assert_eq!(length("90s"), Ok(90_000));
        for wrong in ["", "7", "d", "0d", "-1d", "1.5h", "9999999999999999999d", "7w", "7é"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}
