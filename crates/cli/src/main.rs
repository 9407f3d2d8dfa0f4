//! The program `semper`.

use std::process::ExitCode;

fn main() -> ExitCode {
    semper_cli::main()
}
