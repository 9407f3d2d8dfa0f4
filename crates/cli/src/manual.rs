//! Completions for shells and manual pages, made from the same description as `--help`.

use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;
use semper_base::{Code, Error, Fault};

use crate::Arguments;
use crate::output::say;

pub(crate) fn completions(shell: Shell) -> ExitCode {
    clap_complete::generate(shell, &mut Arguments::command(), "semper", &mut std::io::stdout().lock());
    ExitCode::SUCCESS
}

pub(crate) fn pages(directory: Option<&Path>) -> Result<ExitCode, Error> {
    let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("manual pages: {e}"));
    let command = Arguments::command();
    match directory {
        None => clap_mangen::Man::new(command).render(&mut std::io::stdout().lock()).map_err(disk)?,
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(disk)?;
            clap_mangen::generate_to(command, directory).map_err(disk)?;
            say(format!("The manual pages are in {0}; `man {0}/semper.1` shows the first.", directory.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
