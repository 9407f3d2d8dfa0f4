//! Contract signing of two before another tool: the model `peers/spin/cs2.pml`, written from the protocol's
//! description, looked at by Spin. Safety, and that everybody comes to an end under weak fairness. Spin and a C
//! compiler are installed by `cargo xtask setup`; without them the short test says so and passes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "how much was looked at is part of the result")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A case: who is dishonest and which rule is broken, then what is claimed.
struct Case {
    name: &'static str,
    defines: &'static [&'static str],
    claims: &'static [&'static str],
}

const HONEST: Case = Case {
    name: "honest",
    defines: &[],
    claims: &["one_answer", "fair_to_a", "fair_to_b", "timely_for_a", "timely_for_b"],
};
const BAD_A: Case = Case { name: "bad-a", defines: &["BAD_A"], claims: &["one_answer", "fair_to_b", "timely_for_b"] };
const BAD_B: Case = Case { name: "bad-b", defines: &["BAD_B"], claims: &["one_answer", "fair_to_a", "timely_for_a"] };

/// Rules, each broken, and the one claim that must fail then.
const MUTANTS: [Case; 8] = [
    Case { name: "abort before it is durable", defines: &["M_A_ABORT"], claims: &["fair_to_a"] },
    Case { name: "m3 before it is durable", defines: &["M_A_M3", "BAD_B"], claims: &["fair_to_a"] },
    Case { name: "goes on after asking T", defines: &["M_A_BACK", "BAD_B"], claims: &["fair_to_a"] },
    Case { name: "waits for m4 for ever", defines: &["M_A_WAITS", "BAD_B"], claims: &["timely_for_a"] },
    Case { name: "m2 before it is durable", defines: &["M_B_M2"], claims: &["fair_to_b"] },
    Case { name: "T tells before its row is durable", defines: &["M_T_TELLS_FIRST"], claims: &["one_answer"] },
    Case { name: "T lets B abort", defines: &["M_T_ABORT_B", "BAD_B"], claims: &["fair_to_a"] },
    Case { name: "T resolves on one promise", defines: &["M_T_EMPTY", "BAD_A"], claims: &["fair_to_b"] },
];

/// Whether all that is needed is here.
fn is_here() -> bool {
    let works =
        |program: &str, word: &str| Command::new(program).arg(word).output().is_ok_and(|out| out.status.success());
    works("spin", "-V") && works("cc", "--version")
}

fn output(folder: &Path, program: &str, words: &[&str]) -> String {
    let out =
        Command::new(program).args(words).current_dir(folder).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(out.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Whether each claim holds.
fn run(case: &Case) -> Vec<bool> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("spin").join(case.name.replace(' ', "-"));
    std::fs::create_dir_all(&folder).unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../peers/spin/cs2.pml");
    let defines: Vec<String> = case.defines.iter().map(|name| format!("-D{name}")).collect();
    let words: Vec<&str> =
        ["-a"].into_iter().chain(defines.iter().map(String::as_str)).chain([model.to_str().unwrap()]).collect();
    output(&folder, "spin", &words);
    // Three processes under weak fairness.
    output(&folder, "cc", &["-O1", "-w", "-DNFAIR=3", "-o", "pan", "pan.c"]);
    case.claims.iter().map(|claim| holds(&folder, case, claim)).collect()
}

fn holds(folder: &Path, case: &Case, claim: &str) -> bool {
    let said = output(folder, "./pan", &["-a", "-f", "-m200000", "-N", claim]);
    let number =
        |before: &str| said.split(before).next().unwrap_or_default().split_whitespace().next_back().map(str::to_owned);
    let errors =
        said.split("errors: ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or("?").to_owned();
    assert!(!said.contains("max search depth too small"), "{said}");
    println!(
        "{:<34} {claim:<13} {:>8} states, {errors} errors",
        case.name,
        number(" states, stored").unwrap_or_default()
    );
    match errors.as_str() {
        "0" => true,
        "1" => false,
        _ => panic!("{said}"),
    }
}

#[test]
fn two_honest_parties_by_another_tool() {
    if !is_here() {
        println!("no spin or no C compiler here: call `cargo xtask setup`");
        return;
    }
    assert_eq!(run(&HONEST), [true; 5]);
}

#[test]
#[ignore = "long: needs spin; a C program per case"]
fn dishonest_parties_and_broken_rules_by_another_tool() {
    assert!(is_here(), "no spin or no C compiler here: call `cargo xtask setup`");
    assert_eq!(run(&BAD_A), [true; 3]);
    assert_eq!(run(&BAD_B), [true; 3]);
    for mutant in &MUTANTS {
        assert_eq!(run(mutant), [false], "{} is not found", mutant.name);
    }
}
