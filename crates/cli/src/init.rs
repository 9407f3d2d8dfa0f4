//! `semper init ROLE`: asks what a new party needs, writes its `semper.toml` and says how to start it.

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use semper_base::{Code, Currency, Error, Fault, Misuse};
use semper_blocks::certificate::{Fingerprint, fingerprint, pem};
use semper_crypto_aws_lc::AwsLc;
use semper_support::crypto::Crypto as _;
use serde_json::json;
use zeroize::Zeroizing;

use crate::output::{say, say_json};
use crate::party::DATABASE;
use crate::serve::{Role, read_root};
use crate::settings;

/// Words of a pass phrase that is made here: 8 bits each.
const PASSPHRASE_WORDS: usize = 10;
/// Where it lies in the data directory.
const PASSPHRASE: &str = "secrets/passphrase";
/// The market's root in the data directory.
const ROOT: &str = "root.pem";

/// What to make, and what not to ask for.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which party.
    role: Role,
    /// Where it is to keep everything.
    #[arg(long)]
    data_dir: PathBuf,
    /// Ask nothing: take what is said here and the defaults.
    #[arg(long)]
    yes: bool,
    /// Its name in the market.
    #[arg(long)]
    name: Option<String>,
    /// Its country, such as DE (ISO 3166-1).
    #[arg(long)]
    country: Option<String>,
    /// Language of its screens: en or de.
    #[arg(long)]
    language: Option<String>,
    /// Currency of its account, such as EUR.
    #[arg(long)]
    currency: Option<String>,
    /// The authority's address.
    #[arg(long)]
    ca: Option<SocketAddr>,
    /// The market's root certificate (PEM), from a source you trust; it is copied.
    #[arg(long)]
    root: Option<PathBuf>,
    /// The registration code from the authority's operator. It is kept in `secrets/` for the first start.
    #[arg(long)]
    code: Option<String>,
    /// Where to listen for other parties.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Make a pass phrase and keep it in `secrets/`, for a party that must start without a person. Whoever can
    /// read the directory then has the keys.
    #[arg(long)]
    generate_passphrase: bool,
}

/// Asks a person, or takes what was said and the defaults.
struct Asker {
    yes: bool,
}

impl Asker {
    fn ask(&self, what: &str, said: Option<String>, default: &str, check: Check) -> Result<String, Error> {
        if let Some(said) = said {
            return check(&said)
                .map_err(|why| Misuse::new(Code::Usage, format!("{what}: {why}")).into())
                .map(|()| said);
        }
        if self.yes {
            return Ok(default.to_owned());
        }
        loop {
            let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
            let _ = write!(std::io::stderr().lock(), "{what}{shown}: ");
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            if read.map_err(|e| Fault::new(Code::CouldNotAsk, e.to_string()))? == 0 {
                return Err(Fault::new(Code::CouldNotAsk, "nothing was made").into());
            }
            let answer = if line.trim().is_empty() { default } else { line.trim() };
            match check(answer) {
                Ok(()) => return Ok(answer.to_owned()),
                Err(why) => {
                    let _ = writeln!(std::io::stderr().lock(), "  {why}");
                }
            }
        }
    }
}

type Check = fn(&str) -> Result<(), String>;

fn name(text: &str) -> Result<(), String> {
    let good = (1..=64).contains(&text.chars().count()) && !text.contains(char::is_control);
    if good { Ok(()) } else { Err("1 to 64 characters".to_owned()) }
}

fn country(text: &str) -> Result<(), String> {
    let good = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    if good { Ok(()) } else { Err("two capital letters, such as DE".to_owned()) }
}

fn language(text: &str) -> Result<(), String> {
    if ["en", "de"].contains(&text) { Ok(()) } else { Err("en or de".to_owned()) }
}

fn currency(text: &str) -> Result<(), String> {
    Currency::parse(text).map(|_| ()).map_err(|e| e.to_string())
}

fn address(text: &str) -> Result<(), String> {
    text.parse::<SocketAddr>().map(|_| ()).map_err(|_| "an address and a port, such as 127.0.0.1:4711".to_owned())
}

fn root(text: &str) -> Result<(), String> {
    read_root(Path::new(text)).map(|_| ()).map_err(|e| e.to_string())
}

/// Both can be named later, in the file or as options.
fn unless_empty(text: &str, check: Check) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { check(text) }
}

fn yes_or_no(text: &str) -> Result<(), String> {
    if ["yes", "no"].contains(&text) { Ok(()) } else { Err("yes or no".to_owned()) }
}

pub(crate) fn run(options: &Options, json: bool) -> Result<ExitCode, Error> {
    let directory = &options.data_dir;
    for taken in [settings::FILE, DATABASE] {
        if directory.join(taken).exists() {
            let text = format!("{}: there is a party already; name a new --data-dir", directory.join(taken).display());
            return Err(Misuse::new(Code::FileWrong, text).into());
        }
    }
    if !options.yes && !std::io::stdin().is_terminal() {
        let text = "there is nobody to ask: --yes takes the defaults and what you name";
        return Err(Fault::new(Code::CouldNotAsk, text).into());
    }
    let asker = Asker { yes: options.yes };
    let (mut text, root) = questions(options, &asker)?;
    let generate = asker.ask(
        "Make a pass phrase and keep it in the directory, so that it starts without you (yes, no)",
        options.generate_passphrase.then(|| "yes".to_owned()),
        "no",
        yes_or_no,
    )?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|e| disk(directory, &e))?;
    if generate == "yes" || options.code.is_some() {
        let secrets = directory.join("secrets");
        std::fs::DirBuilder::new().mode(0o700).create(&secrets).map_err(|e| disk(&secrets, &e))?;
    }
    if let Some(code) = &options.code {
        write_new(&directory.join(settings::CODE_FILE), code.as_bytes(), 0o600)?;
    }
    if generate == "yes" {
        make_passphrase(directory)?;
        line(&mut text, "passphrase-file", PASSPHRASE);
    }
    let words = root.map(|root| keep_root(directory, &root)).transpose()?;
    write_new(&directory.join(settings::FILE), text.as_bytes(), 0o644)?;
    tell(options, words.as_deref(), json);
    Ok(ExitCode::SUCCESS)
}

/// The file's text, and the root to copy.
fn questions(options: &Options, asker: &Asker) -> Result<(String, Option<PathBuf>), Error> {
    let role = options.role;
    let mut text = String::from("# Settings of this party. `semper config show --origin` lists all there are.\n");
    line(&mut text, "role", role.word());
    let standard = if role == Role::Ca { "Semper play market".to_owned() } else { format!("My {}", role.word()) };
    line(&mut text, "name", &asker.ask("Name in the market", options.name.clone(), &standard, name)?);
    line(&mut text, "country", &asker.ask("Country", options.country.clone(), "DE", country)?);
    line(&mut text, "language", &asker.ask("Language (en, de)", options.language.clone(), "en", language)?);
    line(&mut text, "currency", &asker.ask("Currency", options.currency.clone(), "EUR", currency)?);
    if role != Role::Wallet {
        let said = options.listen.map(|address| address.to_string());
        line(&mut text, "listen", &asker.ask("Listen on (port 0: any that is free)", said, "127.0.0.1:0", address)?);
    }
    if role == Role::Ca {
        return Ok((text, None));
    }
    let said = options.ca.map(|address| address.to_string());
    let ca = asker.ask("Address of the market's authority", said, "", |text| unless_empty(text, address))?;
    if !ca.is_empty() {
        line(&mut text, "ca", &ca);
    }
    let said = options.root.as_ref().map(|root| root.display().to_string());
    let from = asker.ask("The market's root certificate (PEM file)", said, "", |text| unless_empty(text, root))?;
    if from.is_empty() {
        return Ok((text, None));
    }
    root(&from).map_err(|why| Misuse::new(Code::FileWrong, why))?;
    line(&mut text, "root", ROOT);
    Ok((text, Some(PathBuf::from(from))))
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{name} = {}", toml::Value::String(value.to_owned()));
}

fn make_passphrase(directory: &Path) -> Result<(), Error> {
    let mut bytes = Zeroizing::new([0_u8; PASSPHRASE_WORDS]);
    AwsLc::new().random(bytes.as_mut_slice());
    let words = Zeroizing::new(fingerprint::words(bytes.as_slice()));
    write_new(&directory.join(PASSPHRASE), words.as_bytes(), 0o600)
}

/// Copies the root and returns its fingerprint.
fn keep_root(directory: &Path, from: &Path) -> Result<String, Error> {
    let der = read_root(from)?;
    write_new(&directory.join(ROOT), pem::to_pem(pem::Label::Certificate, &der)?.as_bytes(), 0o644)?;
    Ok(Fingerprint::of(&der).to_string())
}

fn tell(options: &Options, words: Option<&str>, json: bool) {
    let (role, directory) = (options.role.word(), options.data_dir.display());
    let asks = options.role != Role::Ca && options.code.is_none();
    let code = if asks { " --code CODE" } else { "" };
    let next = format!("semper serve {role} --data-dir {directory}{code}");
    if json {
        return say_json(
            &json!({ "event": "made", "role": role, "data_dir": options.data_dir, "next": next, "root": words }),
        );
    }
    say(format!("Wrote {directory}/{}.", settings::FILE));
    if let Some(words) = words {
        say(format!("Compare the market's root with its operator, by voice: {words}"));
    }
    if asks {
        say(
            "The authority's operator gives you a registration code (`semper authority invite`); it stands for CODE below.",
        );
    }
    say(format!("Next: {next}"));
}

fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = file.and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()));
    Ok(written.map_err(|e| disk(path, &e))?)
}

fn disk(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(Code::Disk, format!("{}: {error}", path.display()))
}
