//! `semper mail …`: certified mail, a letter for its receipt.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table};
use semper_base::limits::{CONTRACT_FILE_BYTES_MAX, LETTER_BYTES_MAX};
use semper_base::{Blob64, Code, Error, Misuse};
use semper_node::control;
use semper_support::tinguin::neutral::neutralise;
use serde_json::{Value, json};

use crate::contract::{fee, length, other};
use crate::files::{blob, contents, write};
use crate::output::{member, say, say_json};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Seal a letter and write it into a file that you give to the receiver. You are asked on the trusted screen.
    #[command(after_help = "Nobody can read the file on its way, and neither can the notary: it opens only for the \
        receiver's signed receipt. If the receiver stays silent, the notary says so, and that is your proof.\n\n\
        The receiver is named by a link (`--to shop`) or by a card (`--to bea.pem`, from `semper contract card`). \
        Without --optimistic key and receipt go through the notary, so the two of you need no link. With \
        --optimistic, over your link, the notary hears nothing unless somebody stops half-way.\n\n\
        Example:\n  semper mail send --data-dir D/wallet --to bea.pem --title Notice --text notice.txt -o notice.mail")]
    Send(Letter),
    /// Take a letter: you are asked on the trusted screen to sign its receipt, and can read it then.
    Take {
        /// The party's data directory (a wallet or a shop).
        #[arg(long)]
        data_dir: PathBuf,
        /// The mail file.
        file: PathBuf,
    },
    /// Read a letter whose receipt is given, and write its files into a folder if you name one.
    Read {
        #[command(flatten)]
        named: Named,
        /// Where the letter's files go; nothing is overwritten.
        #[arg(long)]
        files: Option<PathBuf>,
    },
    /// One mail: where it stands, what happens otherwise, its delivery record.
    Show(Named),
    /// All certified mail of a party, sent and received.
    List {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// Take a mail back, or give up on one: the notary ends it, unless it is delivered already.
    Abort(Named),
    /// Do not wait for the other side: have the notary deliver key and receipt.
    Resolve(Named),
    /// Ask the notary what it has, now.
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
pub(crate) struct Letter {
    /// The sender's data directory (a wallet or a shop).
    #[arg(long)]
    data_dir: PathBuf,
    /// Who gets it: the name of a link, or a file with a card.
    #[arg(long, value_name = "LINK|CARD")]
    to: String,
    /// The subject. The receiver sees it before signing; the notary does not.
    #[arg(long)]
    title: String,
    /// What is written, a text file (UTF-8).
    #[arg(long)]
    text: PathBuf,
    /// A file to go with it; all together have room in 256 KiB.
    #[arg(long = "attach")]
    attached: Vec<PathBuf>,
    /// Over your link; the notary is asked only if somebody stops.
    #[arg(long)]
    optimistic: bool,
    /// The notary, by the name of your link to it (`semper notary list`). Without it the first of your list that the
    /// receiver takes, if the card says so.
    #[arg(long, value_name = "LINK")]
    notary: Option<String>,
    /// Until when it can be taken: 30m, 48h, 7d.
    #[arg(long, default_value = "7d", value_parser = length)]
    expires: u64,
    /// The file to write; not overwritten.
    #[arg(long, short)]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// The party's data directory.
    #[arg(long)]
    data_dir: PathBuf,
    /// The mail's id, or its beginning.
    mail: String,
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::Send(letter) => send(letter, json)?,
        Command::Take { data_dir, file } => {
            let file = contents(file, CONTRACT_FILE_BYTES_MAX as u64)?;
            show(&control::call(data_dir, &json!({ "command": "mail-take", "file": Blob64(file) }))?, json);
        }
        Command::Read { named, files } => read(named, files.as_deref(), json)?,
        Command::Show(named) => show(&ask(named, "mail")?, json),
        Command::List { data_dir } => list(&control::call(data_dir, &json!({ "command": "mails" }))?, json),
        Command::Abort(named) => show(&ask(named, "mail-abort")?, json),
        Command::Resolve(named) => show(&ask(named, "mail-resolve")?, json),
        Command::Resume(named) => show(&ask(named, "mail-resume")?, json),
        Command::Export { named, output } => write(output, &blob(&ask(named, "mail-export")?, "pack")?, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn ask(named: &Named, word: &str) -> Result<Value, Error> {
    control::call(&named.data_dir, &json!({ "command": word, "mail": named.mail }))
}

fn send(letter: &Letter, json: bool) -> Result<(), Error> {
    if letter.output.exists() {
        return Err(Misuse::new(Code::FileWrong, format!("{} is there already", letter.output.display())).into());
    }
    let text = String::from_utf8(contents(&letter.text, LETTER_BYTES_MAX as u64)?);
    let text = text.map_err(|_| Misuse::new(Code::FileWrong, format!("{}: not UTF-8", letter.text.display())))?;
    let files = letter.attached.iter().map(|path| enclosed(path)).collect::<Result<Vec<Value>, Error>>()?;
    let request = json!({
        "command": "mail-send", "title": letter.title, "text": text, "files": files, "to": other(&letter.to)?,
        "optimistic": letter.optimistic, "expires_ms": letter.expires, "notary": letter.notary,
    });
    let reply = control::call(&letter.data_dir, &request)?;
    write(&letter.output, &blob(&reply, "file")?, json)?;
    if !json {
        show(&reply, json);
        say("Give the file to the receiver by any means; it is opened with `semper mail take`.");
    }
    Ok(())
}

fn enclosed(path: &Path) -> Result<Value, Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let data = Blob64(contents(path, LETTER_BYTES_MAX as u64)?);
    Ok(json!({ "name": name, "media_type": "application/octet-stream", "data": data }))
}

fn read(named: &Named, folder: Option<&Path>, json: bool) -> Result<(), Error> {
    let reply = ask(named, "mail-read")?;
    if let (Some(folder), Some(files)) = (folder, reply.get("files").and_then(Value::as_array)) {
        for (at, file) in files.iter().enumerate() {
            let name = file_name(file.get("name").and_then(Value::as_str).unwrap_or_default(), at);
            write(&folder.join(name), &blob(file, "data")?, json)?;
        }
    }
    if json {
        say_json(&reply);
        return Ok(());
    }
    match reply.get("text").and_then(Value::as_str) {
        Some(text) => say(neutralise(text).text.trim_end()),
        None => say("What came is no letter that can be read. The receipt stands for exactly these bytes."),
    }
    for file in reply.get("files").and_then(Value::as_array).into_iter().flatten() {
        let bytes = blob(file, "data")?.len();
        say(format!("[{}, {bytes} bytes]", member(file, "name")));
    }
    Ok(())
}

/// A name that a sender gave must not choose where a file goes.
pub(crate) fn file_name(given: &str, at: usize) -> String {
    let kept: String =
        given.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_')).take(100).collect();
    let kept = kept.trim_start_matches('.');
    if kept.is_empty() { format!("file-{at}") } else { kept.to_owned() }
}

fn show(mail: &Value, json: bool) {
    if json {
        say_json(mail);
        return;
    }
    say(format!("Mail      {}", member(mail, "mail")));
    say(format!("Subject   {}", member(mail, "title")));
    say(format!("From      {}", member(mail, "from")));
    say(format!("To        {}", member(mail, "to")));
    say(format!("Notary    {}", member(mail, "notary")));
    if let Some(fee) = fee(mail) {
        say(format!("Fee       {fee}"));
    }
    say(format!("Until     {}", member(mail, "expires")));
    say(format!("{}: {}", member(mail, "word"), mail.get("sentence").and_then(Value::as_str).unwrap_or_default()));
    if let Some(otherwise) = mail.get("otherwise").and_then(Value::as_str).filter(|text| !text.is_empty()) {
        say(format!("If the other side stops: {otherwise}."));
    }
    for record in mail.get("records").and_then(Value::as_array).into_iter().flatten() {
        let token = record.get("token").and_then(Value::as_str).unwrap_or("   ");
        say(format!("  {}  {token}  {} ({})", member(record, "at"), member(record, "event"), by(record)));
    }
}

/// Whose word a line of the record is.
fn by(record: &Value) -> String {
    match record.get("by") {
        Some(Value::Object(party)) if party.get("party") == Some(&json!(0)) => "the sender".to_owned(),
        Some(Value::Object(_)) => "the receiver".to_owned(),
        _ => "the notary".to_owned(),
    }
}

fn list(reply: &Value, json: bool) {
    let mails = reply.get("mails").and_then(Value::as_array).cloned().unwrap_or_default();
    if json {
        mails.iter().for_each(say_json);
        return;
    }
    if mails.is_empty() {
        say("No certified mail yet. `semper mail send` seals a letter.");
        return;
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["mail", "", "subject", "with", "until", "word"]);
    for mail in &mails {
        let sent = mail.get("sent").and_then(Value::as_bool).unwrap_or_default();
        let (way, with) = if sent { ("sent", "to") } else { ("received", "from") };
        let number: String = member(mail, "mail").chars().take(8).collect();
        let cells = [member(mail, "title"), member(mail, with), member(mail, "expires"), member(mail, "word")];
        table.add_row([number, way.to_owned()].into_iter().chain(cells));
    }
    say(table.to_string());
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_of_files_stay_in_the_folder() {
        for (given, kept) in [
            ("terms.txt", "terms.txt"),
            ("../../etc/passwd", "etcpasswd"),
            ("..", "file-3"),
            ("", "file-3"),
            ("a/b", "ab"),
        ] {
            assert_eq!(file_name(given, 3), kept);
        }
    }
}
