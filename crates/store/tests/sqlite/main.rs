//! SQLite's store on a real disk.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests fail as tests do")]

mod copy;
mod damage;
mod drop;
mod full;
mod kill;
mod old;
mod place;
mod restore;
mod suite;
mod torn;
