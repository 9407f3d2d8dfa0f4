//! Logs of a party: on standard error, lines for people at a terminal, JSON everywhere else. They name
//! deals, exchanges, peers and codes, never people, addresses, accounts or goods.

use std::io::IsTerminal as _;

use semper_base::{Code, Misuse};
use tracing_subscriber::EnvFilter;

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Text at a terminal, JSON elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text,
}

/// What to log, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Logs {
    /// How logs are written to standard error.
    #[arg(long, value_enum, default_value = "auto", value_name = "FORMAT")]
    log: Format,
    /// What is logged: error, warn, info, debug, or a filter such as `warn,semper_node=debug`. Info has a line
    /// for each step of a deal. Warn if you say nothing, here or in `SEMPER_LOG`.
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

/// Begins to log. A second call changes nothing.
pub(crate) fn begin(options: &Logs) -> Result<(), Misuse> {
    let wrong = |e: tracing_subscriber::filter::ParseError| Misuse::new(Code::Usage, format!("--log-level: {e}"));
    let level = options.log_level.clone().or_else(|| std::env::var("SEMPER_LOG").ok());
    let filter = EnvFilter::builder().parse(level.as_deref().unwrap_or("warn")).map_err(wrong)?;
    let as_json = match options.log {
        Format::Auto => !std::io::stderr().is_terminal(),
        Format::Json => true,
        Format::Text => false,
    };
    let to = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if as_json { to.json().flatten_event(true).try_init() } else { to.try_init() };
    Ok(())
}
