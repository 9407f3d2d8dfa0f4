//! `cargo xtask tidy`: the rules of this repository that no compiler knows. Fast and offline.
//!
//! Each rule lives in a file of its own, looks at the whole [`Tree`] and returns [`Finding`]s: where
//! it is, what is wrong, what to do. Each has a test that shows it failing on a bad sample.

mod adr;
mod arrows;
mod codes;
mod diagrams;
mod lexer;
mod links;
mod markdown;
mod modules;
mod purity;
mod requirements;
mod size;
mod speech;
mod threats;
mod tree;

use std::path::Path;

pub(crate) use tree::Tree;

/// One breach of one rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// The file, relative to the root.
    path: String,
    /// The line, from 1; 0 for the file as a whole.
    line: usize,
    /// What is wrong and what to do about it.
    text: String,
}

impl Finding {
    fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Finding { path: path.to_owned(), line, text: text.into() }
    }
}

struct Rule {
    name: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule { name: "arrows", check: arrows::check },
    Rule { name: "purity", check: purity::check },
    Rule { name: "size", check: size::check },
    Rule { name: "modules", check: modules::check },
    Rule { name: "diagrams", check: diagrams::check },
    Rule { name: "speech", check: speech::check },
    Rule { name: "links", check: links::check },
    Rule { name: "adr", check: adr::check },
    Rule { name: "codes", check: codes::check },
    Rule { name: "requirements", check: requirements::check },
    Rule { name: "threats", check: threats::check },
];

/// Runs every rule and prints what they found.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root)?;
    let mut count = 0;
    for rule in RULES {
        let mut findings = (rule.check)(&tree);
        findings.sort();
        count += findings.len();
        for finding in findings {
            println!("{}  {}:{}: {}", rule.name, finding.path, finding.line, finding.text);
        }
    }
    if count > 0 {
        return Err(format!("tidy: {count} to put right"));
    }
    println!("tidy: {} rules, {} files, nothing to put right", RULES.len(), tree.len());
    Ok(())
}
