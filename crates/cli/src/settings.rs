//! Settings of a party: `semper.toml` in its data directory, the environment, the command line; the later
//! one wins. Every option of `semper serve` that is not for tests can stand in the file, under its own name.
//!
//! The file and the environment become options before the command line is read, so that there is one place
//! that knows what an option may be.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, CommandFactory as _, ValueEnum as _};
use semper_base::{Code, Error, Misuse};
use serde_json::json;

use crate::Arguments;
use crate::output::{say, say_json};
use crate::serve::Role;

/// The settings' name in the data directory. No secret stands in it.
pub(crate) const FILE: &str = "semper.toml";
/// Settings that are no options of `serve`, and what they are for.
const ABOUT: [(&str, &str); 4] = [
    ("role", "the party"),
    ("country", "where the party is, as ISO 3166-1 has it"),
    ("language", "the language of a new wallet's screens"),
    ("currency", "the currency of a new account"),
];
/// A registration code that `semper init` was given: good once, so it is no setting.
pub(crate) const CODE_FILE: &str = "secrets/code";
/// Options that never stand in the file: the first says where it is, the second is a secret.
const NEVER: [&str; 3] = ["data-dir", "code", "help"];
/// Options that name files; in the file they are relative to it.
const FILES: [&str; 2] = ["passphrase-file", "root"];
/// Largest file of settings, in bytes.
const BYTES_MAX: u64 = 64 << 10;
/// Longest registration code that is read, in bytes.
const CODE_BYTES_MAX: usize = 256;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Each setting of a party, its value, and with --origin where it comes from.
    Show {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// Say where each value comes from: default, file or environment.
        #[arg(long)]
        origin: bool,
    },
    /// Whether `semper serve` would take the settings.
    Validate {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Default,
    File(PathBuf),
    Environment(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "file {}", path.display()),
            Origin::Environment(name) => write!(f, "environment {name}"),
        }
    }
}

#[derive(Clone, Debug)]
struct Setting {
    name: String,
    /// None where nothing is set and there is no default.
    value: Option<String>,
    origin: Origin,
    is_switch: bool,
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::Show { data_dir, origin } => {
            for setting in resolve(data_dir)? {
                let from = setting.origin.to_string();
                if json {
                    say_json(&json!({ "setting": setting.name, "value": setting.value, "origin": from }));
                } else {
                    let value = setting.value.as_deref().unwrap_or("-");
                    let from = if *origin { format!("  ({from})") } else { String::new() };
                    say(format!("{:<18} {value}{from}", setting.name));
                }
            }
        }
        Command::Validate { data_dir } => {
            validate(data_dir)?;
            if json {
                say_json(&json!({ "event": "valid", "data_dir": data_dir }));
            } else {
                say("The settings are good.");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn validate(directory: &Path) -> Result<(), Error> {
    let role = about(directory)?.remove("role").unwrap_or_else(|| Role::Wallet.word().to_owned());
    let mut line = ["semper", "serve", &role, "--data-dir"].map(OsString::from).to_vec();
    line.push(directory.into());
    let line = layered(line)?;
    let parsed = Arguments::command().try_get_matches_from(line);
    parsed.map_err(|e| {
        let text = e.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        Misuse::new(Code::Usage, first)
    })?;
    Ok(())
}

/// The command line with what file and environment add to it. Only `semper serve` has settings.
pub(crate) fn layered(mut line: Vec<OsString>) -> Result<Vec<OsString>, Error> {
    let word = line.iter().skip(1).position(|word| !word.as_encoded_bytes().starts_with(b"-")).map(|at| at + 1);
    let Some(at) = word.filter(|at| line.get(*at).is_some_and(|word| word == "serve")) else { return Ok(line) };
    let Some(directory) = data_dir(&line) else { return Ok(line) };
    check_role(&directory, line.get(at + 1).map(OsString::as_os_str))?;
    let added: Vec<OsString> = resolve(&directory)?
        .into_iter()
        .filter(|setting| setting.origin != Origin::Default && !ABOUT.iter().any(|(name, _)| *name == setting.name))
        .filter(|setting| !is_given(&line, &setting.name))
        .filter_map(|setting| flag(&setting))
        .collect();
    if !is_given(&line, "data-dir") {
        line.push(format!("--data-dir={}", directory.display()).into());
    }
    line.extend(added);
    let code = std::fs::read_to_string(directory.join(CODE_FILE)).ok().filter(|code| code.len() <= CODE_BYTES_MAX);
    if let Some(code) = code.filter(|_| !is_given(&line, "code")) {
        line.push(format!("--code={}", code.trim()).into());
    }
    Ok(line)
}

fn flag(setting: &Setting) -> Option<OsString> {
    match (&setting.value, setting.is_switch) {
        (Some(value), true) => (value == "true").then(|| format!("--{}", setting.name).into()),
        (Some(value), false) => Some(format!("--{}={value}", setting.name).into()),
        (None, _) => None,
    }
}

fn is_given(line: &[OsString], name: &str) -> bool {
    let flag = format!("--{name}");
    let with_value = format!("{flag}=");
    line.iter().any(|word| *word == *flag || word.as_encoded_bytes().starts_with(with_value.as_bytes()))
}

fn data_dir(line: &[OsString]) -> Option<PathBuf> {
    let after = line.iter().position(|word| word == "--data-dir").and_then(|at| line.get(at + 1));
    let joined = line.iter().find_map(|word| word.to_str()?.strip_prefix("--data-dir="));
    after
        .map(PathBuf::from)
        .or(joined.map(PathBuf::from))
        .or_else(|| std::env::var_os("SEMPER_DATA_DIR").map(PathBuf::from))
}

fn check_role(directory: &Path, given: Option<&OsStr>) -> Result<(), Error> {
    let Some(role) = about(directory)?.remove("role") else { return Ok(()) };
    match given.and_then(OsStr::to_str) {
        Some(given) if Role::from_str(given, false).is_ok() && given != role => {
            let text = format!("{} says that this is a {role}, not a {given}", directory.join(FILE).display());
            Err(Misuse::new(Code::Usage, text).into())
        }
        _ => Ok(()),
    }
}

/// What the file says of the party: `role`, `country`, `language`, `currency`, as far as they stand there.
pub(crate) fn about(directory: &Path) -> Result<BTreeMap<String, String>, Error> {
    let file = read(directory)?;
    Ok(file.into_iter().filter(|(name, _)| ABOUT.iter().any(|(known, _)| known == name)).collect())
}

/// The name of an option in the environment.
fn variable(name: &str) -> String {
    match name {
        "log" => "SEMPER_LOG_FORMAT".to_owned(),
        "log-level" => "SEMPER_LOG".to_owned(),
        _ => format!("SEMPER_{}", name.to_ascii_uppercase().replace('-', "_")),
    }
}

fn options() -> Vec<Arg> {
    let all = Arguments::command();
    let serve = all.find_subcommand("serve").map(clap::Command::get_arguments);
    let named = |arg: &&Arg| arg.get_long().is_some_and(|name| !NEVER.contains(&name)) && !arg.is_hide_set();
    serve.into_iter().flatten().filter(named).cloned().collect()
}

fn resolve(directory: &Path) -> Result<Vec<Setting>, Error> {
    let mut file = read(directory)?;
    let path = directory.join(FILE);
    let mut settings: Vec<Setting> = Vec::new();
    for (name, _) in ABOUT {
        let value = file.remove(name);
        let origin = if value.is_some() { Origin::File(path.clone()) } else { Origin::Default };
        settings.push(Setting { name: name.to_owned(), value, origin, is_switch: false });
    }
    for option in options() {
        let name = option.get_long().unwrap_or_default().to_owned();
        let is_switch = !option.get_action().takes_values();
        let variable = variable(&name);
        let from_file = file.remove(&name);
        let (value, origin) = match (std::env::var(&variable).ok().filter(|value| !value.is_empty()), from_file) {
            (Some(value), _) => (Some(value), Origin::Environment(variable)),
            (None, Some(value)) => (Some(in_directory(directory, &name, value)), Origin::File(path.clone())),
            (None, None) => {
                let default = option.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
                (default, Origin::Default)
            }
        };
        settings.push(Setting { name, value, origin, is_switch });
    }
    Ok(settings)
}

fn in_directory(directory: &Path, name: &str, value: String) -> String {
    if FILES.contains(&name) { directory.join(value).display().to_string() } else { value }
}

/// Reads the file; a name that is no setting is refused with the nearest one that is.
fn read(directory: &Path) -> Result<BTreeMap<String, String>, Error> {
    let path = directory.join(FILE);
    let wrong = |why: String| Misuse::new(Code::FileWrong, format!("{}: {why}", path.display()));
    match std::fs::metadata(&path) {
        // A place that cannot be a directory is for whoever opens it to complain of.
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(BTreeMap::new());
        }
        Err(e) => return Err(wrong(e.to_string()).into()),
        Ok(data) if data.len() > BYTES_MAX => return Err(wrong(format!("more than {BYTES_MAX} bytes")).into()),
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(&path).map_err(|e| wrong(e.to_string()))?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
    let known: Vec<String> = options().iter().filter_map(|option| option.get_long().map(str::to_owned)).collect();
    let known: Vec<&str> = ABOUT.iter().map(|(name, _)| *name).chain(known.iter().map(String::as_str)).collect();
    let mut settings = BTreeMap::new();
    for (name, value) in table {
        if !known.contains(&name.as_str()) {
            let nearest = known.iter().min_by_key(|known| distance(known, &name)).unwrap_or(&"");
            return Err(wrong(format!("there is no setting {name:?}; do you mean {nearest:?}?")).into());
        }
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(switch) => switch.to_string(),
            _ => return Err(wrong(format!("{name} must be a text, a number, true or false")).into()),
        };
        settings.insert(name, value);
    }
    Ok(settings)
}

/// How many letters must be put in, left out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = i;
        let mut next = vec![i + 1];
        for (y, above) in b.bytes().zip(row.iter().skip(1)) {
            let best = (before + usize::from(x != y)).min(above + 1).min(next.last().unwrap_or(&0) + 1);
            before = *above;
            next.push(best);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!((distance("", "abc"), distance("listen", "listen"), distance("lisen", "listen")), (3, 0, 1));
        assert_eq!((distance("kitten", "sitting"), distance("port", "root")), (3, 2));
    }

    #[test]
    fn names_in_the_environment_are_different() {
        let mut names: Vec<String> = options().iter().map(|option| variable(option.get_long().unwrap())).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.contains(&"SEMPER_LISTEN".to_owned()), "{names:?}");
    }
}
