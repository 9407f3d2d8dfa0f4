//! The spine of Semper against its floors: `cargo bench`, or `cargo bench -- statement` for one figure.
//!
//! A floor is what the work could not be done without, done bare: the same crypto library, the same
//! database with the same syncs, nothing of ours. Floor and subject run in turns in the same process,
//! so the ratio holds on a busy machine although the microseconds do not.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod bare;
mod capture;
mod contract;
mod deal;
mod decision;
mod durable;
mod floor;
mod market;
mod measure;
mod recorder;
mod register;
mod start;
mod statement;

use comfy_table::Table;
use measure::{Figure, Outcome};

/// One figure to measure: word to choose it by, and what measures it.
type Entry = (&'static str, fn() -> Outcome<Figure>);

const FIGURES: [Entry; 7] = [
    ("statement", statement::measure),
    ("register", register::measure),
    ("capture", capture::measure),
    ("contract", contract::measure),
    ("contracts-durable", durable::measure),
    ("deal", deal::measure),
    ("decision", decision::measure),
];

/// Figures that take minutes: only by name.
const LONG: [Entry; 1] = [("million", decision::measure_large)];

fn main() -> Outcome<()> {
    // Cargo passes options of its own (`--bench`); words choose figures.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let is_wanted = |word: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == word);
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN).set_header([
        "microseconds, median (least)",
        "floor, CPU",
        "subject, CPU",
        "ratio",
        "floor, wall",
        "subject, wall",
        "ratio",
        "goal",
    ]);
    let long = LONG.into_iter().filter(|(word, _)| wanted.iter().any(|wanted| wanted == word));
    for (word, measure) in FIGURES.into_iter().filter(|(word, _)| is_wanted(word)).chain(long) {
        println!("measuring: {word}");
        table.add_row(measure()?.row());
    }
    let start = if is_wanted("start") { start::measure()? } else { String::new() };
    println!("\n{table}\n\n{start}");
    Ok(())
}
