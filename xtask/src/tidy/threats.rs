//! docs/threats.md keeps its word: each scenario from 1 to 110 stands there once and is held by tests that
//! exist, or waits for something that is named, or does not apply for a reason that is named.
//!
//! | written | means |
//! |---|---|
//! | `crate::file::function` | a test; see the rule for requirements |
//! | `semper demo --cheat NAME`, `--way NAME` | a lie, a way: an entry of the program's own list |
//! | waits for FEATURE | not before that exists |
//! | does not apply: REASON | never |

use std::collections::{BTreeMap, BTreeSet};

use super::requirements::{Functions, functions};
use super::{Finding, Tree, markdown};

const DOCUMENT: &str = "docs/threats.md";
const SCENARIOS: u32 = 110;
const WAITS: &str = "waits for ";
const NEVER: &str = "does not apply: ";
/// Where the demo's lists stand, and how an entry is written there.
const LISTS: [(&str, &str); 8] = [
    ("semper demo --cheat ", "crates/cli/src/demo/cheat/table.rs"),
    ("semper demo --cheat ", "crates/cli/src/demo/exchange/cheat.rs"),
    ("semper demo --cheat ", "crates/cli/src/demo/exchange/hashed.rs"),
    ("semper demo --cheat ", "crates/cli/src/demo/exchange/joint.rs"),
    ("semper demo --cheat ", "crates/cli/src/demo/exchange/parcel_lies.rs"),
    ("semper demo --cheat ", "crates/cli/src/demo/exchange/round_lies.rs"),
    ("semper demo --cheat ", "crates/cli/src/demo/exchange/container_lies.rs"),
    ("semper demo --way ", "crates/cli/src/demo/way.rs"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(DOCUMENT) else { return Vec::new() };
    let functions = functions(tree);
    let mut seen = BTreeMap::<u32, usize>::new();
    let mut findings = Vec::new();
    for (line, row) in markdown::prose(text) {
        let Some(cells) = markdown::cells(row) else { continue };
        let Some(number) = cells.first().and_then(|cell| cell.parse::<u32>().ok()) else { continue };
        *seen.entry(number).or_default() += 1;
        let problem = match cells.as_slice() {
            [_, what, state, _] if !what.is_empty() => problem(state, tree, &functions),
            _ => Some("a row has a number, a scenario, a state, and what it is shown again for".to_owned()),
        };
        findings.extend(problem.map(|problem| Finding::new(DOCUMENT, line, format!("{number}: {problem}"))));
    }
    let wanted: BTreeSet<u32> = (1..=SCENARIOS).collect();
    let wrong = wanted.iter().filter(|number| seen.get(number) != Some(&1));
    findings.extend(wrong.map(|number| Finding::new(DOCUMENT, 0, format!("{number} must stand there once"))));
    let strange = seen.keys().filter(|number| !wanted.contains(number));
    findings.extend(strange.map(|number| Finding::new(DOCUMENT, 0, format!("{number}: no such scenario"))));
    findings
}

fn problem(state: &str, tree: &Tree, functions: &Functions<'_>) -> Option<String> {
    if let Some(named) = state.strip_prefix(WAITS).or_else(|| state.strip_prefix(NEVER)) {
        let bare = named.trim().is_empty() || named.contains('`');
        return bare.then(|| "name what it waits for, or why it does not apply, and no test".to_owned());
    }
    let names: Vec<&str> = state.split('`').skip(1).step_by(2).collect();
    let beside: String = state.split('`').step_by(2).collect();
    if names.is_empty() || !beside.trim().is_empty() {
        return Some(format!("the state is tests between back quotes, `{WAITS}...` or `{NEVER}...`"));
    }
    let unknown = names.iter().find(|name| !exists(name, tree, functions))?;
    Some(format!("there is no `{unknown}`"))
}

fn exists(name: &str, tree: &Tree, functions: &Functions<'_>) -> bool {
    let mut lists = LISTS.iter().filter_map(|(command, list)| Some((name.strip_prefix(command)?, list))).peekable();
    if lists.peek().is_none() {
        return functions.has_test(name);
    }
    lists.any(|(entry, list)| tree.text(list).is_some_and(|source| source.contains(&format!("name: \"{entry}\""))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(change: &str, with: &str) -> String {
        let row = |number: u32| format!("| {number} | a | waits for b | |\n");
        let rows: String = (1..=SCENARIOS).map(row).collect();
        format!("| # | what | state | again |\n|---|---|---|---|\n{}", rows.replacen(change, with, 1))
    }

    #[test]
    fn rows_say_one_of_three_things() {
        let sources = [
            ("crates/a/src/ledger.rs", "#[test] fn kept() {} #[tokio::test] async fn kept_too() {} fn not_a_test() {}"),
            ("crates/cli/src/demo/cheat/table.rs", "Plan { name: \"bank-lies\", .. }"),
        ];
        let first = "| 1 | a | waits for b | |";
        for (with, expected) in [
            (first, 0),
            ("| 1 | a | `a::ledger::kept` `semper demo --cheat bank-lies` | CS2 |", 0),
            ("| 1 | a | `a::ledger::kept_too` | |", 0),
            ("| 1 | a | does not apply: nobody can | |", 0),
            ("| 1 | a | `a::ledger::lost` | |", 1),
            ("| 1 | a | `a::ledger::not_a_test` | |", 1),
            ("| 1 | a | `semper demo --cheat bank-sings` | |", 1),
            ("| 1 | a | partly `a::ledger::kept` | |", 1),
            ("| 1 | a | waits for | |", 1),
            ("| 1 | a | waits for `a::ledger::kept` | |", 1),
            ("| 1 | a | | |", 1),
            ("| 1 | | waits for b | |", 1),
            ("| 1 | a | waits for b |", 1),
            ("", 1),
            ("| 2 | a | waits for b | |", 2),
            ("| 111 | a | waits for b | |", 2),
        ] {
            let text = document(first, with);
            let tree = Tree::of(&[sources[0], sources[1], (DOCUMENT, &text)]);
            assert_eq!(check(&tree).len(), expected, "{with}: {:?}", check(&tree));
        }
    }
}
