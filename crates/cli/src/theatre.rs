//! `semper theatre`: the theatre's pages alone, for somebody who only wants to look. There is no party, no key and no
//! data directory behind them.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use semper_base::{Code, Error, Fault, Misuse};
use semper_crypto_aws_lc::AwsLc;
use semper_node::serve::runtime;
use semper_web::{Party, Role, Site};
use serde_json::json;

use crate::output::{say, say_json};

/// Where the theatre is to be.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Let messages arrive or get lost, let time pass, let somebody fall silent or lie, and see who holds what and\n\
                  what the judge would say. The programs on this stage are those of the market; keys, money and clock are\n\
                  made up. Nothing is stored, no party is asked, and only this machine can reach it. The address of a\n\
                  page is the whole performance: keep it, or pass it on.\n\n\
                  Examples:\n  \
                  semper theatre                          at http://theatre.localhost:7490/, until Ctrl-C\n  \
                  semper theatre --pages 127.0.0.1:0      at any free port\n  \
                  semper --json theatre                   says as JSON where it is"
)]
pub(crate) struct Options {
    /// Where to serve: an address of this machine alone; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7490")]
    pages: SocketAddr,
}

pub(crate) fn run(options: &Options, json: bool) -> Result<ExitCode, Error> {
    if !options.pages.ip().is_loopback() {
        let why = "--pages: the theatre is for this machine alone; take 127.0.0.1 and a port";
        return Err(Misuse::new(Code::Usage, why).into());
    }
    runtime()?.block_on(serve(options.pages, json))
}

async fn serve(pages: SocketAddr, json: bool) -> Result<ExitCode, Error> {
    let nobody = Party::new(|_| async { Err(Misuse::new(Code::NotFound, "no party is behind these pages").into()) });
    let site = Site::new("Semper", Role::Theatre, "theatre", "", nobody, Arc::new(AwsLc::new()));
    let site = Arc::new(site);
    let (_, serving) = semper_web::start(Arc::clone(&site), pages).await?;
    if json {
        say_json(&json!({ "event": "ready", "role": "theatre", "pid": std::process::id(), "pages": site.address() }));
    } else {
        say(format!("The theatre is open at {}\nCtrl-C closes it.", site.address()));
    }
    tokio::select! {
        () = serving => Err(Fault::new(Code::Network, "the pages are gone").into()),
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::SUCCESS),
    }
}
