//! `cargo xtask mutants`: does any test notice when a rule of the protocol is broken?
//!
//! The tables under `mutants/` name rules of the spine, each with a small change that breaks it and the
//! quick test that must notice. A copy of the workspace under `target/mutants` gets one change at a
//! time: the test must fail ("killed"). A change that no test notices ("SURVIVED"), that does not build
//! or whose text is not found exactly once is a failure of the whole run.

mod bank;
mod bench;
mod deal;
mod driver;
mod escrow;
mod frame;
mod judge;
mod lock;
mod mail;
mod message;
mod parcels;
mod parties;
mod rounds;
mod transfer;

use std::path::Path;
use std::time::{Duration, Instant};

use bench::{Bench, Fate};

/// A rule broken on purpose.
#[derive(Debug)]
pub(crate) struct Mutant {
    /// Short, without spaces, for the command line.
    name: &'static str,
    /// Where.
    file: &'static str,
    /// Stands there exactly once.
    from: &'static str,
    /// Stands there instead.
    to: &'static str,
    /// The rule that it breaks.
    breaks: &'static str,
    /// Which of the tests must notice.
    killer: Killer,
}

/// One row of a table.
const fn rule(
    killer: Killer,
    file: &'static str,
    name: &'static str,
    from: &'static str,
    to: &'static str,
    breaks: &'static str,
) -> Mutant {
    Mutant { name, file, from, to, breaks, killer }
}

/// The words for `cargo test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killer {
    /// The tables of wrong fields and times, without the checker.
    Fields,
    /// The model checker.
    Worlds,
    /// What a notary keeps of what it has decided.
    Decided,
    /// The model checker on deals with payments.
    DealWorlds,
    /// Courses of parcels at the holder.
    EscrowCourse,
    /// The table of rules of money for parcels.
    EscrowRules,
    /// The tables of wrong fields and the single transitions of contracts.
    FrameFields,
    /// The model checker on contracts.
    FrameWorlds,
    /// The tables of wrong fields and the single transitions of locks.
    LockFields,
    /// Compensations in deals, field by field.
    DealCompensations,
    /// What buyer and seller of a letter check.
    LockSale,
    /// The model checker on locks.
    LockWorlds,
    /// Certified mail between the machines, message by message.
    Mail,
    /// Contracts and mail in the simulator, under faults and among liars.
    Papers,
    /// The judge's unit tests.
    Judge,
    /// What is agreed and done where the money of a mail order is locked, rule by rule.
    Parcels,
    /// The same between shop, wallet, bank and arbiter.
    ParcelParties,
    /// The rule of signing in rounds, looked at by itself.
    Rounds,
    /// The model checker on signing in rounds.
    RoundsWorlds,
    /// The model checker on containers, their lists and single transitions.
    Transfer,
    /// Whole deals in the simulator, with faulty disks.
    Driver,
}

impl Killer {
    fn words(self) -> &'static [&'static str] {
        match self {
            Killer::Fields => &["-p", "semper-exchange", "--test", "worlds", "--", "fields"],
            Killer::Worlds => &["-p", "semper-exchange", "--test", "worlds"],
            Killer::Decided => &["-p", "semper-services", "--test", "all", "--", "decided::"],
            Killer::DealWorlds => &["-p", "semper-exchange", "--test", "worlds_deal"],
            Killer::EscrowCourse => &["-p", "semper-exchange", "--test", "escrow"],
            Killer::EscrowRules => &["-p", "semper-exchange", "--lib", "escrow"],
            Killer::FrameFields => &["-p", "semper-exchange", "--test", "worlds_frame", "--", "fields", "turns"],
            Killer::FrameWorlds => &["-p", "semper-exchange", "--test", "worlds_frame"],
            Killer::DealCompensations => {
                &["-p", "semper-exchange", "--test", "worlds_deal", "--", "compensations_are_shown"]
            }
            Killer::LockFields => &["-p", "semper-exchange", "--test", "worlds_lock", "--", "fields", "turns"],
            Killer::LockSale => &["-p", "semper-exchange", "--test", "lock_sale"],
            Killer::LockWorlds => &["-p", "semper-exchange", "--test", "worlds_lock"],
            Killer::Mail => &["-p", "semper-exchange", "--test", "mail"],
            Killer::Papers => &["-p", "semper-sim", "--test", "all", "--", "papers::"],
            Killer::Judge => &["-p", "semper-exchange", "--lib"],
            Killer::Parcels => {
                &["-p", "semper-commerce", "--test", "all", "--", "mail_order::agreed", "mail_order::rules"]
            }
            Killer::ParcelParties => {
                &["-p", "semper-services", "--test", "all", "--", "escrow::chosen", "escrow::kept"]
            }
            Killer::Rounds => &["-p", "semper-exchange", "--lib", "--", "csn_c"],
            Killer::RoundsWorlds => &["-p", "semper-exchange", "--test", "worlds_frame", "--", "rounds::rounds_"],
            Killer::Transfer => &["-p", "semper-exchange", "--test", "worlds_transfer"],
            Killer::Driver => &["-p", "semper-sim", "--test", "all", "--", "outages::"],
        }
    }
}

/// No test of the table takes longer; one that does because of its mutant has noticed.
const LONGEST: Duration = Duration::from_mins(5);

/// Every mutant.
fn all() -> impl Iterator<Item = &'static Mutant> {
    [
        bank::MUTANTS,
        parcels::MUTANTS,
        parties::MUTANTS,
        message::MUTANTS,
        escrow::MUTANTS,
        frame::MUTANTS,
        deal::MUTANTS,
        lock::MUTANTS,
        mail::MUTANTS,
        judge::MUTANTS,
        rounds::MUTANTS,
        transfer::MUTANTS,
        driver::MUTANTS,
    ]
    .into_iter()
    .flatten()
}

/// `words` are `--list`, `--json` and names or beginnings of names; no name means all.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<(), String> {
    let (options, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("--"));
    if let Some(unknown) = options.iter().find(|option| !["--list", "--json"].contains(option)) {
        return Err(format!("`{unknown}` is neither --list nor --json"));
    }
    let chosen: Vec<&Mutant> =
        all().filter(|mutant| names.is_empty() || names.iter().any(|name| mutant.name.starts_with(name))).collect();
    if chosen.is_empty() {
        return Err("no mutant has such a name; see --list".to_owned());
    }
    if options.contains(&"--list") {
        for mutant in &chosen {
            println!("{:<28} {}", mutant.name, mutant.breaks);
        }
        println!("{} mutants", chosen.len());
        return Ok(());
    }
    examine(root, &chosen, options.contains(&"--json"))
}

fn examine(root: &Path, chosen: &[&Mutant], is_json: bool) -> Result<(), String> {
    let bench = Bench::set_up(root)?;
    let mut killers: Vec<Killer> = Vec::new();
    for mutant in chosen {
        if !killers.contains(&mutant.killer) {
            killers.push(mutant.killer);
        }
    }
    for killer in killers {
        match bench.test(killer.words(), LONGEST)? {
            Fate::Survived => {}
            fate => return Err(format!("without any mutant `{}`: {fate:?}", killer.words().join(" "))),
        }
    }
    let mut bad = 0;
    for mutant in chosen {
        let began = Instant::now();
        let fate = bench.try_out(mutant, LONGEST)?;
        bad += usize::from(fate != Fate::Killed);
        say(mutant, fate, began.elapsed(), is_json);
    }
    if bad > 0 {
        return Err(format!("mutants: {bad} of {} were not killed", chosen.len()));
    }
    println!("mutants: all {} killed", chosen.len());
    Ok(())
}

fn say(mutant: &Mutant, fate: Fate, took: Duration, is_json: bool) {
    let (name, file, breaks, seconds) = (mutant.name, mutant.file, mutant.breaks, took.as_secs_f64());
    if is_json {
        let row = serde_json::json!({ "name": name, "file": file, "breaks": breaks, "fate": fate.word(), "seconds": seconds });
        println!("{row}");
    } else {
        println!("{name:<28} {:<14} {seconds:>6.1} s  {breaks}", fate.word());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_still_applies_exactly_once() {
        let root = crate::root();
        let mut wrong = Vec::new();
        let mut names = std::collections::BTreeSet::new();
        for mutant in all() {
            let text = std::fs::read_to_string(root.join(mutant.file)).unwrap();
            let count = text.matches(mutant.from).count();
            wrong.extend((count != 1).then(|| format!("{} stands {count} times in {}", mutant.name, mutant.file)));
            assert_ne!(mutant.from, mutant.to, "{}", mutant.name);
            assert!(names.insert(mutant.name), "{} stands twice", mutant.name);
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(names.len() >= 60, "{}", names.len());
    }
}
