//! `semper stamp`, `semper evidence renew`: time stamps from a running party, and looking at them without one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use semper_base::limits::{FILE_BYTES_MAX, PACK_BYTES_MAX, STAMP_BYTES_MAX};
use semper_base::{Blob64, Code, Error, Fault, Hash, Misuse, Timestamp, Violation};
use semper_blocks::certificate::{Kind, Root, Trust};
use semper_blocks::stamp::{Token, read_reply};
use semper_commerce::dispute::{Renewing, read, verify_at};
use semper_crypto_aws_lc::AwsLc;
use semper_node::control;
use semper_support::crypto::Crypto;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::evidence::{FAILED, trusted};
use crate::files::{contents, write_new};
use crate::output::{say, say_json};
use crate::party;

/// How long a person waits for the notary's answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long an export waits for it; then it goes without.
pub(crate) const EXPORT_PATIENCE: Duration = Duration::from_secs(3);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(150);

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Stamp {
    #[command(subcommand)]
    verify: Option<Verify>,
    /// The file; only its SHA-256 leaves this machine's party.
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// The data directory of a running wallet, shop or notary.
    #[arg(long, required = true)]
    data_dir: Option<PathBuf>,
    /// Where to write the stamp; not overwritten. Without it, beside the file with `.tst` behind its name.
    #[arg(long, short)]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Verify {
    /// Say by when a file existed, by whose word; offline.
    Verify {
        /// The file.
        file: PathBuf,
        /// The stamp: a token (.tst), or a whole reply (.tsr).
        stamp: PathBuf,
        /// The market's root certificate (PEM), which you got from somebody you trust.
        #[arg(long)]
        root: PathBuf,
        /// As of another moment than now, such as 2026-11-22T12:00:00.000Z.
        #[arg(long, value_parser = moment)]
        at: Option<Timestamp>,
    },
}

/// Reads a moment as JSON has it.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| format!("{text}: write it like 2026-11-22T12:00:00.000Z"))
}

#[derive(Debug, clap::Args)]
pub(crate) struct Renew {
    /// The pack (a ZIP file), renewed before or not.
    pack: PathBuf,
    /// The data directory of a running wallet, shop or notary, which asks for the stamp.
    #[arg(long)]
    data_dir: PathBuf,
    /// Where to write the renewed pack; not overwritten. Without it, the pack itself is replaced.
    #[arg(long, short)]
    output: Option<PathBuf>,
}

pub(crate) fn run(stamp: &Stamp, json: bool) -> Result<ExitCode, Error> {
    match (&stamp.verify, &stamp.file, &stamp.data_dir) {
        (Some(Verify::Verify { file, stamp, root, at }), ..) => verify(file, stamp, root, *at, json),
        (None, Some(file), Some(data_dir)) => make(file, data_dir, stamp.output.as_deref(), json),
        _ => Err(Misuse::new(Code::Usage, "semper stamp FILE --data-dir DIR").into()),
    }
}

fn make(file: &Path, data_dir: &Path, output: Option<&Path>, json: bool) -> Result<ExitCode, Error> {
    let hash = hash_of(file)?;
    let stamp = ask(data_dir, hash, PATIENCE)?.ok_or_else(no_answer)?;
    let default = PathBuf::from(format!("{}.tst", file.display()));
    let output = output.unwrap_or(&default);
    write_new(output, stamp.der())?;
    let at = stamp.info().at;
    if json {
        say_json(&json!({ "file": file, "hash": hash, "stamp": output, "at": at }));
    } else {
        say(format!("{} existed at {at}: the stamp is in {}.", file.display(), output.display()));
        say(format!("To look at it:  semper stamp verify {} {} --root ROOT.pem", file.display(), output.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn no_answer() -> Fault {
    Fault::new(Code::NoAnswer, "the notary; the request waits, so give the same command again")
}

/// The SHA-256 of a file, read in pieces.
fn hash_of(file: &Path) -> Result<Hash, Error> {
    use std::io::Read as _;
    let failed = |e: std::io::Error| {
        let code = if e.kind() == std::io::ErrorKind::NotFound { Code::NotFound } else { Code::FileWrong };
        Misuse::new(code, format!("{}: {e}", file.display()))
    };
    let mut reader = std::fs::File::open(file).map_err(failed)?.take(FILE_BYTES_MAX.saturating_add(1));
    let (mut digest, mut piece, mut length) = (Sha256::new(), vec![0; 1 << 16], 0_u64);
    loop {
        let count = reader.read(&mut piece).map_err(failed)?;
        if count == 0 {
            return Ok(Hash(digest.finalize().into()));
        }
        length = length.saturating_add(count as u64);
        if length > FILE_BYTES_MAX {
            return Err(Misuse::new(Code::TooLarge, file.display().to_string()).into());
        }
        digest.update(piece.get(..count).unwrap_or_default());
    }
}

/// A stamp over a hash from a running party, if it comes in time.
fn ask(data_dir: &Path, hash: Hash, patience: Duration) -> Result<Option<Token>, Error> {
    let (request, begun) = (json!({ "command": "stamp", "hash": hash }), Instant::now());
    loop {
        let reply = control::call(data_dir, &request)?;
        if let Some(token) = blob(&reply, "token") {
            return Ok(Some(Token::read(&token)?));
        }
        if begun.elapsed() >= patience {
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
}

fn blob(reply: &Value, member: &str) -> Option<Vec<u8>> {
    serde_json::from_value::<Blob64>(reply.get(member)?.clone()).ok().map(|blob| blob.0)
}

fn verify(file: &Path, stamp: &Path, root: &Path, at: Option<Timestamp>, json: bool) -> Result<ExitCode, Error> {
    let crypto = AwsLc::new();
    let root = trusted(root, &crypto)?;
    let (hash, bytes) = (hash_of(file)?, contents(stamp, STAMP_BYTES_MAX as u64)?);
    let found = token(&bytes).and_then(|token| looked(&token, &hash, root, at, &crypto).map(|valid| (token, valid)));
    match found {
        Ok((token, (by, until))) => {
            let info = token.info();
            let (at, accuracy) = (info.at, info.accuracy_seconds);
            if json {
                say_json(&json!({
                    "verified": true, "hash": hash, "at": at, "accuracy_seconds": accuracy, "by": by, "until": until,
                    "serial": info.serial.to_string(),
                }));
            } else {
                say(format!("{} existed by {at}, says {by}; its clock is good to {accuracy} s.", file.display()));
                say(format!("The stamp can be relied on until {until}. No revocation list was looked at."));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(why) => {
            if json {
                say_json(&json!({ "verified": false, "code": why.code().number(), "sentence": why.to_string() }));
            } else {
                say(format!("The stamp does not show that: {why}"));
            }
            Ok(ExitCode::from(FAILED))
        }
    }
}

/// A token, bare or in a reply.
fn token(bytes: &[u8]) -> Result<Token, Violation> {
    Token::read(bytes).or_else(|bare| read_reply(bytes).ok().and_then(Result::ok).ok_or(bare))
}

/// Who stamped, and until when that counts.
fn looked(
    token: &Token,
    hash: &Hash,
    root: Root,
    at: Option<Timestamp>,
    crypto: &dyn Crypto,
) -> Result<(String, Timestamp), Violation> {
    let certificate = token.certificate().ok_or_else(|| Violation::new(Code::StampWrong, "certificate"))?;
    let at = at.unwrap_or_else(party::wall);
    let valid = Trust::new(root).validate_unlisted(certificate, at, crypto)?;
    valid.require(Kind::Stamp, &[semper_base::Role::Notary])?;
    token.verify(hash, &valid, certificate, crypto)?;
    Ok((valid.name, valid.not_after))
}

/// `semper evidence renew`.
pub(crate) fn renew(options: &Renew, json: bool) -> Result<ExitCode, Error> {
    let pack = contents(&options.pack, PACK_BYTES_MAX)?;
    let renewed = renewed(&pack, &options.data_dir, PATIENCE)?.ok_or_else(no_answer)?;
    let output = options.output.as_deref().unwrap_or(&options.pack);
    match &options.output {
        Some(output) => write_new(output, &renewed.pack)?,
        None => replace(&options.pack, &renewed.pack)?,
    }
    if json {
        say_json(
            &json!({ "pack": output, "at": renewed.at, "problems": renewed.problems, "remarks": renewed.remarks }),
        );
    } else {
        say(format!("{}: everything in it is stamped once more, at {}.", output.display(), renewed.at));
        renewed.problems.iter().chain(&renewed.remarks).for_each(|line| say(format!("  {line}")));
    }
    Ok(if renewed.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// A pack with one more stamp.
pub(crate) struct Renewed {
    pub(crate) pack: Vec<u8>,
    pub(crate) at: Timestamp,
    /// What is wrong with it, or was before.
    problems: Vec<String>,
    /// What the verifier says of the stamps.
    remarks: Vec<String>,
}

/// Has a pack stamped by a running party, if the stamp comes in time.
pub(crate) fn renewed(pack: &[u8], data_dir: &Path, patience: Duration) -> Result<Option<Renewed>, Error> {
    let crypto = AwsLc::new();
    let known = control::call(data_dir, &json!({ "command": "stamp" }))?;
    let lists: Vec<Vec<u8>> = blob(&known, "status").into_iter().collect();
    let root = blob(&known, "root").ok_or_else(|| Misuse::new(Code::NotFound, "the party has no root yet"))?;
    let renewing = Renewing::begin(pack, &lists, &crypto)?;
    let Some(token) = ask(data_dir, renewing.hash(), patience)? else { return Ok(None) };
    let (at, pack) = (token.info().at, renewing.finish(&token)?);
    let report = verify_at(&read(&pack, &crypto)?, &Root::read(&root, &crypto)?, Some(at), &crypto);
    let line = |note: &semper_commerce::dispute::Note| format!("{} {}", note.file, note.sentence);
    let of_stamps = report.remarks.iter().filter(|note| note.file.starts_with("tst/") || note.file.contains("/stamp."));
    Ok(Some(Renewed {
        problems: report.problems.iter().map(line).collect(),
        remarks: of_stamps.map(line).collect(),
        pack,
        at,
    }))
}

/// Replaces a file by another that is complete on the disk before.
fn replace(file: &Path, content: &[u8]) -> Result<(), Error> {
    let new = PathBuf::from(format!("{}.new", file.display()));
    write_new(&new, content)?;
    std::fs::rename(&new, file).map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", file.display())).into())
}

/// What an export answers, asked again until its statements are stamped or the patience is over; then stamped as
/// a whole, if the notary is there. A notary that is away costs the patience and nothing else.
pub(crate) fn exported(
    call: impl Fn() -> Result<Value, Error>,
    data_dir: &Path,
    patience: Duration,
) -> Result<Vec<u8>, Error> {
    let begun = Instant::now();
    let mut reply = call()?;
    while left(&reply) && begun.elapsed() < patience {
        std::thread::sleep(PAUSE);
        reply = call()?;
    }
    let pack = crate::deal::exported(&reply)?;
    let is_stamped = read(&pack, &AwsLc::new())?.has_stamps();
    if left(&reply) || !is_stamped {
        return Ok(pack);
    }
    match renewed(&pack, data_dir, patience.saturating_sub(begun.elapsed())) {
        Ok(Some(renewed)) if renewed.problems.is_empty() => Ok(renewed.pack),
        _ => Ok(pack),
    }
}

fn left(reply: &Value) -> bool {
    reply.get("unstamped").and_then(Value::as_u64).is_some_and(|left| left > 0)
}
