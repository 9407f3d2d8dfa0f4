//! `semper-liar`: one party of a play market that lies, as `semper demo --cheat` starts it.
//!
//! It is a build of its own, so that no lie is in the honest program. The party runs the honest service
//! and is a liar only at the edges: in what leaves a step, in what a step reads, or in statements that it
//! signs with its own keys besides. Everything else about it is as it should be, which makes it hard to
//! tell.
//!
//! A new lie is a function in the file of the party that tells it and a line in [`lies`].

mod bank;
mod buyer;
mod containers;
mod contract;
mod deals;
mod lies;
mod locks;
mod log;
mod notary;
mod parcels;
mod party;
mod rounds;
mod seller;
mod stranger;
mod words;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use semper_cli::ServeOptions;

#[derive(Debug, Parser)]
#[command(
    name = "semper-liar",
    version,
    about = "One party of a play market that lies; `semper demo --cheat` starts it"
)]
struct Arguments {
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "one, once, at the start")]
enum Command {
    /// The names of all lies, one a line.
    Lies,
    /// Run one party that tells a lie, until Ctrl-C.
    Serve {
        #[command(flatten)]
        options: ServeOptions,
        /// Which lie.
        #[arg(long, value_parser = lies::find)]
        lie: &'static lies::Lie,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Lies => {
            let names: Vec<&str> = lies::ALL.iter().map(|lie| lie.name).collect();
            let _ = writeln!(std::io::stdout(), "{}", names.join("\n"));
            ExitCode::SUCCESS
        }
        Command::Serve { options, lie } => {
            let warning =
                format!("THIS PARTY LIES ({}): it is here to show what becomes of that. Play money only.", lie.name);
            let _ = writeln!(std::io::stderr(), "{warning}");
            semper_cli::serve_as(&options, party::Lying(lie), arguments.json)
        }
    }
}
