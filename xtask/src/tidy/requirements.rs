//! docs/requirements.md claims only what a test shows: every name in its last column is a test
//! (`crate::file::function`, or `web::file::sentence` for a test in a browser, which has a sentence for its name),
//! each row has an id of its own, and an empty claim says `not begun`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Tree, lexer, markdown};

const DOCUMENT: &str = "docs/requirements.md";
const NOT_BEGUN: &str = "not begun";
/// How files of browser tests end.
const BROWSER_TEST: &str = ".test.mjs";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(DOCUMENT) else { return Vec::new() };
    let functions = functions(tree);
    let mut ids = BTreeSet::new();
    let mut findings = Vec::new();
    for (line, row) in markdown::prose(text) {
        let Some(cells) = markdown::cells(row).filter(|cells| cells.first().is_some_and(|id| id.starts_with("R-")))
        else {
            continue;
        };
        let (id, shown_by) = (cells.first().copied().unwrap_or(""), cells.last().copied().unwrap_or(""));
        if !ids.insert(id.to_owned()) {
            findings.push(Finding::new(DOCUMENT, line, format!("{id} is taken: a number never changes its meaning")));
        }
        findings.extend(
            problem(shown_by, &functions).map(|problem| Finding::new(DOCUMENT, line, format!("{id}: {problem}"))),
        );
    }
    findings
}

fn problem(shown_by: &str, functions: &Functions<'_>) -> Option<String> {
    let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
    if names.is_empty() {
        let text = format!("the last column says `{NOT_BEGUN}` or names tests between back quotes");
        return (shown_by != NOT_BEGUN).then_some(text);
    }
    let unknown = names.iter().find(|name| !functions.has(name))?;
    Some(format!("there is no test `{unknown}`"))
}

/// Every function of the tree, with its file, and whether it is a test.
pub(super) struct Functions<'a>(BTreeMap<(&'a str, &'a str), bool>);

pub(super) fn functions(tree: &Tree) -> Functions<'_> {
    let in_file = |(path, source)| named(source).into_iter().map(move |(name, is_test)| ((name, path), is_test));
    let in_browser = |(path, source)| sentences(source).map(move |name| ((name, path), true));
    let browser = tree.texts().filter(|(path, _)| path.ends_with(BROWSER_TEST)).flat_map(in_browser);
    Functions(tree.sources().flat_map(in_file).chain(browser).collect())
}

/// The names of the tests in a file of browser tests: each begins a line.
fn sentences(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| line.strip_prefix("test(\"")?.split_once("\", ").map(|(name, _)| name))
}

impl Functions<'_> {
    /// Whether there is a function of this name. That it is a test is left to the reader: a test may be made by
    /// a macro.
    fn has(&self, name: &str) -> bool {
        self.0.keys().any(|(function, path)| is_named(name, function, path))
    }

    /// Whether there is a test of this name.
    pub(super) fn has_test(&self, name: &str) -> bool {
        self.0.iter().any(|((function, path), is_test)| *is_test && is_named(name, function, path))
    }
}

/// Whether `name` is this function in this file: `base::json::reads` stands in a `json.rs` or under
/// a `json/` of `crates/base`.
fn is_named(name: &str, function: &str, path: &str) -> bool {
    let Some((place, last)) = name.rsplit_once("::") else { return false };
    let parts: Vec<&str> = {
        let path = path.strip_prefix("crates/").unwrap_or(path);
        path.trim_end_matches(".rs").trim_end_matches(BROWSER_TEST).split('/').collect()
    };
    let mut wanted = place.split("::");
    last == function && wanted.next() == parts.first().copied() && wanted.all(|part| parts.contains(&part))
}

/// The names of all functions in a file, and whether `#[test]` stands before each.
fn named(source: &str) -> Vec<(&str, bool)> {
    let tokens = lexer::tokens(source);
    let (mut found, mut is_test) = (Vec::new(), false);
    for three in tokens.windows(3) {
        match three {
            // `#[test]`, `#[tokio::test]`.
            [open, test, close] if ["[", "::"].contains(&open.text) && test.text == "test" && close.text == "]" => {
                is_test = true;
            }
            [keyword, name, _] if keyword.text == "fn" => found.push((name.text, std::mem::take(&mut is_test))),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_name_tests() {
        let source = ("crates/a/src/ledger.rs", "fn money_is_kept() {}");
        let pages = ("web/tests/shop.test.mjs", "test(\"a file, bought: once\", async () => {\n});");
        let document = |rows: &str| format!("| id | what | shown by |\n|---|---|---|\n{rows}");
        for (rows, expected) in [
            ("| R-L-1 | a | not begun |\n| R-L-2 | b | `a::ledger::money_is_kept` |", 0),
            ("| R-L-1 | a | partly: `a::money_is_kept` (sums only) |", 0),
            ("| R-L-1 | a | `web::shop::a file, bought: once` |", 0),
            ("| R-L-1 | a | `web::shop::a file` |", 1),
            ("| R-L-1 | a | done |", 1),
            ("| R-L-1 | a | |", 1),
            ("| R-L-1 | a | `a::money_is_lost` |", 1),
            ("| R-L-1 | a | `money_is_kept` |", 1),
            ("| R-L-1 | a | `b::ledger::money_is_kept` |", 1),
            ("| R-L-1 | a | `a::bank::money_is_kept` |", 1),
            ("| R-L-1 | a | not begun |\n| R-L-1 | b | not begun |", 1),
        ] {
            let text = document(rows);
            assert_eq!(check(&Tree::of(&[source, pages, (DOCUMENT, &text)])).len(), expected, "{rows}");
        }
    }
}
