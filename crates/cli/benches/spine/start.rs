//! A party's process: how long from its start to its first answer, how much of that is the pass
//! phrase's price, and what it takes while nothing happens. No floor: the figures are what they are.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use semper_base::bytes;
use semper_blocks::certificate::pem;
use semper_crypto_aws_lc::AwsLc;
use semper_node::control::call;
use semper_support::crypto::Keyring;
use semper_support::crypto::keyring::{KDF_LANES, KDF_MEMORY_KIB, KDF_PASSES};
use serde_json::{Value, json};

use crate::measure::{Outcome, Place, median};

const STARTS: usize = 15;
const PHRASE: &str = "measured with patience";
/// Until whatever a start left to do is done.
const IDLE_AFTER: Duration = Duration::from_secs(1);

/// Starts a bank again and again, and tells what it took.
pub(crate) fn measure() -> Outcome<String> {
    let place = Place::new("start")?;
    let bank = Bank::new(place.path())?;
    let (_, record) = Keyring::create(PHRASE, &AwsLc::new())?;
    let (mut unlocks, mut answers, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let clock = Instant::now();
        Keyring::unlock(&record, PHRASE)?;
        unlocks.push(millis(clock));
        let clock = Instant::now();
        let running = bank.start()?;
        call(&bank.directory, &json!({ "command": "who" }))?;
        answers.push(millis(clock));
        std::thread::sleep(IDLE_AFTER);
        memory.push(running.resident_mib()?);
    }
    let unlock = median(unlocks);
    let answer = median(answers);
    let met = |is: bool| if is { "met" } else { "NOT MET" };
    let after = answer - unlock;
    let memory = median(memory);
    Ok(format!(
        "process: a bank of {STARTS} starts, medians\n\
         - unlock, Argon2id {} MiB, {KDF_PASSES} passes, {KDF_LANES} lane: {unlock:.0} ms\n\
         - start of the process to its first answer: {answer:.0} ms, so {after:.0} ms besides the unlock (goal 100 ms: {})\n\
         - resident while idle: {memory:.1} MiB (goal 30 MiB: {})",
        KDF_MEMORY_KIB >> 10,
        met(after <= 100.0),
        met(memory < 30.0),
    ))
}

fn millis(clock: Instant) -> f64 {
    clock.elapsed().as_secs_f64() * 1e3
}

/// A bank that is registered already.
struct Bank {
    directory: PathBuf,
    phrase: PathBuf,
}

impl Bank {
    fn new(place: &Path) -> Outcome<Bank> {
        let phrase = place.join("phrase");
        std::fs::write(&phrase, PHRASE)?;
        let authority = place.join("ca");
        let ca = Running::start("ca", &authority, &phrase, &[])?;
        let root = call(&authority, &json!({ "command": "root" }))?;
        let der = bytes::decode(root.get("root").and_then(Value::as_str).unwrap_or_default())?;
        let file = place.join("root.pem");
        std::fs::write(&file, pem::to_pem(pem::Label::Certificate, &der)?)?;
        let invite = json!({
            "command": "invite", "role": "bank", "name": "Bank", "certificates": ["statement", "tls"],
        });
        let invited = call(&authority, &invite)?;
        let code = invited.get("code").and_then(Value::as_str).ok_or("no code")?;
        let bank = Bank { directory: place.join("bank"), phrase };
        let root = file.display().to_string();
        let enrol = ["--name", "Bank", "--code", code, "--ca", &ca.address, "--root", &root];
        Running::start("bank", &bank.directory, &bank.phrase, &enrol)?;
        Ok(bank)
    }

    fn start(&self) -> Outcome<Running> {
        Running::start("bank", &self.directory, &self.phrase, &[])
    }
}

/// A party's process; ends with this.
struct Running {
    process: Child,
    address: String,
}

impl Running {
    /// Starts it and waits for its word that it is ready.
    fn start(role: &str, directory: &Path, phrase: &Path, more: &[&str]) -> Outcome<Running> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_semper"))
            .env("SEMPER_LOG", "off")
            .args(["--json", "serve", role, "--with-parent", "--data-dir"])
            .arg(directory)
            .arg("--passphrase-file")
            .arg(phrase)
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let mut running = Running { process, address: String::new() };
        let ready: Value = serde_json::from_str(&line)?;
        ready.get("address").and_then(Value::as_str).unwrap_or_default().clone_into(&mut running.address);
        Ok(running)
    }

    fn resident_mib(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The party stops when its standard input closes.
        drop(self.process.stdin.take());
        if self.process.wait().is_err() {
            let _ = self.process.kill();
        }
    }
}
