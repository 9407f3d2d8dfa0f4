//! The `semper` command line: runs parties, plays the demo, shows deals, checks evidence.
//!
//! Two programs are made of it. `semper` is the whole command line and honest. `semper-liar`, for play
//! markets, runs one party that lies: it brings its own [`Build`] and nothing else.

mod advice;
mod backup;
mod catalogue;
mod contract;
mod crash;
mod data;
mod deal;
mod demo;
mod directory;
mod doctor;
mod evidence;
mod files;
mod init;
mod keeper;
mod ledger;
mod link;
mod logs;
mod mail;
mod manual;
mod market;
mod notary;
mod operate;
mod output;
mod pages;
mod parcels;
mod party;
mod passphrase;
mod payment;
mod purse;
mod recovery;
mod restore;
mod scratch;
mod screen;
mod serve;
mod settings;
mod shop;
mod sim;
mod stamp;
mod theatre;
mod times;
mod transfer;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use semper_base::Error;

pub use serve::{Build, Options as ServeOptions, Role as ServeRole};

#[derive(Debug, Parser)]
#[command(
    name = "semper",
    version,
    about = "Trade between parties who do not have to trust each other",
    long_about = "Semper runs a market of play money: a buyer's wallet, shops, a bank, a certification authority, a notary.\n\
                  Contract, payment and delivery are linked, so that an honest party ends with what was agreed or with\n\
                  evidence that wins the dispute.\n\n\
                  First steps:\n  \
                  semper market                      a play market for your browser; begin here\n  \
                  semper theatre                     exchanges to play with, message by message, and to cheat in\n  \
                  semper demo                        one whole deal between five processes\n  \
                  semper demo --exchange list        other exchanges than a file for money: contracts and more\n  \
                  semper demo --way list             every way that a deal can end, to be played\n  \
                  semper demo --cheat list           every lie that one party may tell, and what becomes of it\n  \
                  semper evidence verify PACK --root ROOT.pem   what a pack proves, checked offline\n  \
                  semper doctor                      is this machine fit?",
    after_help = "Exit codes: 0 ok, 1 fault on our side, 2 usage, 3 not found, 4 refused by policy, 5 needs a person at the\n\
                  trusted screen, 6 peer or network, 7 verification failed, 8 state conflict, 9 expired."
)]
struct Arguments {
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A play market with pages for your browser, until Ctrl-C. Begin here.
    Market(market::Options),
    /// Any exchange in your browser, message by message, with every cheat a button; only to look.
    Theatre(theatre::Options),
    /// One whole deal over a real file, between five processes on this machine.
    Demo(demo::Options),
    /// Run one party until Ctrl-C.
    Serve(serve::Options),
    /// Your deals: list, show, go on, export the evidence.
    #[command(subcommand)]
    Deal(deal::Command),
    /// Contracts: make one, sign it with others, see who is bound, export the evidence.
    #[command(subcommand)]
    Contract(contract::Command),
    /// A file for money, locked at the bank until the key is shown: sell, buy.
    #[command(subcommand)]
    Data(data::Command),
    /// Goods one way: files, statements, certificates and a payment in one container, all of it or nothing.
    #[command(subcommand)]
    Transfer(transfer::Command),
    /// Certified mail: a letter for its signed receipt, and an outcome with a reason if nobody takes it.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Payments for a receipt: ask to be paid, pay, show the receipt.
    #[command(subcommand)]
    Payment(payment::Command),
    /// The accounts that a wallet or a shop pays from and is paid into.
    #[command(subcommand)]
    Purse(purse::Command),
    /// A bank's books.
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// Evidence packs.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// A register's public log: check that nothing was hidden, changed or shown in two ways.
    #[command(subcommand)]
    Notary(notary::Command),
    /// Have a file stamped by the notary: its word by when the file existed (RFC 3161); or look at such a stamp.
    Stamp(stamp::Stamp),
    /// Certification: registration codes, revocation, the root.
    #[command(subcommand)]
    Authority(operate::Authority),
    /// A shop's goods and sales.
    #[command(subcommand)]
    Shop(operate::Shop),
    /// Rule on disputes about parcels whose money is locked.
    #[command(subcommand)]
    Arbiter(parcels::Arbiter),
    /// State that parcels came, where their money waits for that.
    #[command(subcommand)]
    Carrier(parcels::Carrier),
    /// A shop's catalogue: import feeds, list, change, sign the prices.
    #[command(subcommand)]
    Catalogue(catalogue::Command),
    /// The trusted screen of a running party: who is in line, look, withdraw.
    #[command(subcommand)]
    Screen(screen::sessions::Command),
    /// Let one running party meet another.
    Link(link::Link),
    /// A new one-time link to the pages of a running party.
    Open {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// For somebody of the shop's staff, by name.
        #[arg(long)]
        staff: Option<String>,
    },
    /// The account of a running wallet or shop at its bank.
    Account {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// Open it first.
        #[arg(long)]
        open: bool,
    },
    /// Send one command to a running party (for operators and scripts).
    Call {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The command as JSON, such as '{"command":"who"}'.
        request: String,
    },
    /// Write, check or unpack a backup: one locked file.
    #[command(subcommand)]
    Backup(backup::Command),
    /// Twelve words that open a party's keys when the pass phrase is lost.
    #[command(subcommand)]
    Recovery(recovery::Command),
    /// Set a new pass phrase with the recovery words.
    Recover(recovery::Recover),
    /// Make the settings of a new party.
    Init(init::Options),
    /// The settings of a party.
    #[command(subcommand)]
    Config(settings::Command),
    /// Write what a shell needs to complete commands and options.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Write manual pages, one for each command.
    Man {
        /// Where to; made if it does not exist. Without it the first page goes to standard output.
        directory: Option<PathBuf>,
    },
    /// Go on with a database that was put back from a backup.
    Restore(restore::Options),
    /// Simulated markets under faults, crashes and lies.
    Sim(sim::Options),
    /// Look at this machine, and at a data directory if you name one.
    Doctor {
        /// A party's data directory.
        #[arg(long)]
        data_dir: Option<PathBuf>,
        /// It is bad if the party does not run (for health checks).
        #[arg(long, requires = "data_dir")]
        running: bool,
    },
}

#[derive(Debug, Subcommand)]
enum EvidenceCommand {
    /// Say in plain words what a pack proves; offline.
    Verify {
        /// The pack (a ZIP file).
        pack: PathBuf,
        /// The market's root certificate (PEM), which you got from somebody you trust.
        #[arg(long)]
        root: PathBuf,
        /// As of another moment than now, such as 2026-11-22T12:00:00.000Z: stamps count until their certificates
        /// end.
        #[arg(long, value_parser = stamp::moment)]
        at: Option<semper_base::Timestamp>,
    },
    /// Stamp a whole pack once more, so that it stays provable when its stamps have ended. Do it before the end
    /// that `semper evidence verify` shows, any number of times.
    Renew(stamp::Renew),
}

/// What `semper` does with its arguments.
#[must_use]
pub fn main() -> ExitCode {
    let line: Vec<OsString> = std::env::args_os().collect();
    let as_json = line.iter().any(|word| word == "--json");
    let line = match settings::layered(line) {
        Ok(line) => line,
        Err(error) => return output::failed(&error, as_json),
    };
    let arguments = Arguments::parse_from(line);
    let json = arguments.json;
    let result = match arguments.command {
        Command::Market(options) => market::run(&options, json),
        Command::Demo(options) => demo::run(&options, json),
        Command::Theatre(options) => theatre::run(&options, json),
        Command::Serve(options) => serve::run(&options, json),
        Command::Arbiter(command) => parcels::arbiter(&command, json).map(|()| ExitCode::SUCCESS),
        Command::Carrier(command) => parcels::carrier(&command, json).map(|()| ExitCode::SUCCESS),
        Command::Deal(command) => deal::run(&command, json),
        Command::Data(command) => data::run(&command, json),
        Command::Transfer(command) => transfer::run(&command, json),
        Command::Mail(command) => mail::run(&command, json),
        Command::Payment(command) => payment::run(&command, json),
        Command::Purse(command) => purse::run(&command, json),
        Command::Contract(command) => contract::run(&command, json),
        Command::Ledger(command) => ledger::run(&command, json),
        Command::Evidence(EvidenceCommand::Verify { pack, root, at }) => {
            evidence::run(&pack, &root, at, &semper_crypto_aws_lc::AwsLc::new(), json)
        }
        Command::Evidence(EvidenceCommand::Renew(options)) => stamp::renew(&options, json),
        Command::Stamp(stamp) => stamp::run(&stamp, json),
        Command::Notary(command) => notary::run(&command, &semper_crypto_aws_lc::AwsLc::new(), json),
        Command::Authority(command) => operate::authority(&command, json),
        Command::Shop(command) => operate::shop(&command, json),
        Command::Catalogue(command) => catalogue::run(&command, json),
        Command::Screen(command) => screen::sessions::run(&command, json),
        Command::Link(link) => link::run(&link, json),
        Command::Open { data_dir, staff } => pages::open(&data_dir, staff.as_deref(), json),
        Command::Account { data_dir, open } => operate::account(&data_dir, open, json),
        Command::Call { data_dir, request } => deal::call(&data_dir, &request),
        Command::Backup(command) => backup::run(&command, json),
        Command::Recovery(command) => recovery::run(&command, json),
        Command::Recover(options) => recovery::recover(&options, json),
        Command::Init(options) => init::run(&options, json),
        Command::Config(command) => settings::run(&command, json),
        Command::Completions { shell } => Ok(manual::completions(shell)),
        Command::Man { directory } => manual::pages(directory.as_deref()),
        Command::Restore(options) => restore::run(&options, json),
        Command::Sim(options) => sim::run(&options, json),
        Command::Doctor { data_dir, running } => Ok(doctor::run(data_dir.as_deref(), running, json)),
    };
    exit(result, json)
}

/// Runs one party as `build` makes it, until it is told to stop.
#[must_use]
pub fn serve_as<B: Build>(options: &ServeOptions, build: B, json: bool) -> ExitCode {
    exit(serve::run_as(options, build, json), json)
}

fn exit(result: Result<ExitCode, Error>, json: bool) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => output::failed(&error, json),
    }
}
