//! Below node nothing reads a clock, throws dice, or touches files, sockets, threads or the
//! environment: all of that comes in through the context, so that a run can be replayed.
//!
//! Tests are exempt: they may call a foreign tool or read a file of vectors. So are the two leaf
//! adapters, `crypto-aws-lc` and `store`, and `conformance`, which is test code as a whole.

use super::lexer::{self, Token};
use super::{Finding, Tree, tree};

/// The crates that hold the rule.
const PURE: &[&str] = &[
    "base",
    "support",
    "blocks",
    "exchange",
    "commerce",
    "catalogue",
    "theatre",
    "modules",
    "driver",
    "services",
    "sim",
];

/// A path and everything below it, and what to use instead.
const PATHS: &[(&str, &str)] = &[
    ("std::env", "configuration comes in as values"),
    ("std::fs", "rows go through the transaction, files belong to node"),
    ("std::io::stderr", "report by return value or effect"),
    ("std::io::stdin", "the trusted screen asks"),
    ("std::io::stdout", "report by return value or effect"),
    ("std::net", "send by an effect; a machine knows roles, not addresses"),
    ("std::os", "nothing here depends on the machine"),
    ("std::process", "foreign programs belong to tests"),
    ("std::thread", "node schedules; the logic has one thread"),
    ("getrandom", "dice come through the context"),
    ("rand", "dice come through the context"),
    ("tokio", "no runtime below node"),
];

/// A word anywhere in a path, and what to use instead.
const WORDS: &[(&str, &str)] = &[
    ("HashMap", "its order differs from run to run; take BTreeMap"),
    ("HashSet", "its order differs from run to run; take BTreeSet"),
    ("Instant", "time comes through the context"),
    ("LazyLock", "parties in one process share nothing; take a const or a field"),
    ("OnceLock", "parties in one process share nothing; take a const or a field"),
    ("OsRng", "dice come through the context"),
    ("SysRng", "dice come through the context"),
    ("SystemTime", "time comes through the context"),
    ("ThreadRng", "dice come through the context"),
    ("thread_rng", "dice come through the context"),
    ("async", "no async below node; effects wait, functions do not"),
    ("await", "no async below node; effects wait, functions do not"),
    ("static", "parties in one process share nothing; take a const or a field"),
];

/// A macro, and what to use instead.
const MACROS: &[(&str, &str)] = &[
    ("dbg", "report by return value or effect"),
    ("eprint", "report by return value or effect"),
    ("eprintln", "report by return value or effect"),
    ("lazy_static", "parties in one process share nothing; take a const or a field"),
    ("print", "report by return value or effect"),
    ("println", "report by return value or effect"),
    ("thread_local", "parties in one process share nothing; take a const or a field"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_pure = |path: &str| {
        let folder = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next());
        folder.is_some_and(|folder| PURE.contains(&folder)) && !tree::is_test_path(path)
    };
    tree.sources().filter(|(path, _)| is_pure(path)).flat_map(|(path, text)| file(path, text)).collect()
}

fn file(path: &str, text: &str) -> Vec<Finding> {
    let all = lexer::tokens(text);
    let tokens = lexer::production(&all);
    let named = lexer::paths(&tokens).into_iter().filter_map(|(name, line)| {
        let instead = banned(&name)?;
        Some(Finding::new(path, line, format!("`{name}` below node: {instead}")))
    });
    let called = tokens.windows(2).filter_map(|pair| {
        let [name, bang] = pair else { return None };
        let (_, instead) = MACROS.iter().find(|(word, _)| is_call(name, bang, word))?;
        Some(Finding::new(path, name.line, format!("`{}!` below node: {instead}", name.text)))
    });
    named.chain(called).collect()
}

fn is_call(name: &Token<'_>, bang: &Token<'_>, word: &str) -> bool {
    name.kind == lexer::Kind::Word && name.text == word && bang.text == "!"
}

fn banned(name: &str) -> Option<&'static str> {
    let by_path = PATHS.iter().find(|(path, _)| {
        // A variable may be called `rand`; the crate shows by what follows.
        let tail = name.strip_prefix(path);
        tail.is_some_and(|tail| tail.starts_with("::") || tail.is_empty() && path.contains("::"))
    });
    let by_word = || WORDS.iter().find(|(word, _)| name.split("::").any(|part| part == *word));
    by_path.or_else(by_word).map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn every_banned_name_is_found() {
        for sample in [
            "use std::time::SystemTime;",
            "use std::{collections::BTreeMap, fs};",
            "fn f() { let t = std::time::Instant::now(); }",
            "fn f() { ::std::thread::spawn(g) }",
            "use core::net::IpAddr;",
            "fn f() -> u8 { rand::random() }",
            "fn f() { println!(\"x\") }",
            "static mut N: u8 = 0;",
            "static N: u8 = 0;",
            "thread_local! { x }",
            "async fn f() {}",
            "use std::collections::HashMap as Map;",
            "fn f() { std::env::var(\"X\") }",
            "fn f() { tokio::spawn(g) }",
        ] {
            assert_eq!(count("crates/base/src/a.rs", sample), 1, "{sample}");
        }
    }

    #[test]
    fn comments_strings_tests_and_look_alikes_pass() {
        for sample in [
            "// std::fs::read\nconst A: &str = \"std::fs println! SystemTime\";",
            "fn f<'a>(x: &'static str, rand: u8) -> u8 { rand }",
            "#[cfg(test)] mod tests { use std::fs; static A: u8 = 0; }",
            "use std::time::Duration; use std::io::Read; use rand_core::CryptoRng;",
        ] {
            assert_eq!(count("crates/base/src/a.rs", sample), 0, "{sample}");
        }
    }

    #[test]
    fn only_the_crates_below_node_hold_it() {
        for path in
            ["crates/store/src/a.rs", "crates/node/src/a.rs", "crates/base/tests/a.rs", "crates/base/src/x/tests.rs"]
        {
            assert_eq!(count(path, "use std::fs;"), 0, "{path}");
        }
    }
}
