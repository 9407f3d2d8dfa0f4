//! Every protocol machine shows its states and events in a drawing beside its code.

use super::{Finding, Tree, lexer, tree};

/// How a step of a machine begins: it takes the state by value.
const STEP: [&str; 4] = ["fn", "step", "(", "self"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let sources = tree.sources().filter(|(path, _)| path.starts_with("crates/") && !tree::is_test_path(path));
    sources.filter_map(|(path, text)| file(path, text)).collect()
}

fn file(path: &str, text: &str) -> Option<Finding> {
    let all = lexer::tokens(text);
    let tokens = lexer::production(&all);
    let is_step = |four: &&[lexer::Token<'_>]| four.iter().map(|token| token.text).eq(STEP);
    let step = tokens.windows(STEP.len()).find(is_step)?.first()?;
    let drawn = text.lines().map(str::trim_start).any(|line| {
        let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        comment.is_some_and(|comment| comment.trim() == "```text")
    });
    (!drawn).then(|| {
        let text =
            "a machine without a drawing: put its states and events into a ```text block of a doc comment in this file";
        Finding::new(path, step.line, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_needs_its_drawing() {
        let bare = "impl Buyer { fn step(self, event: &Event) -> Step<Buyer> { x } }";
        let drawn = format!("/// ```text\n/// a -> b\n/// ```\nenum Buyer {{}}\n{bare}");
        let service = "trait Service { fn step(&self); }";
        assert_eq!(check(&Tree::of(&[("crates/exchange/src/a.rs", bare)])).len(), 1);
        assert_eq!(check(&Tree::of(&[("crates/exchange/src/a.rs", &drawn), ("crates/driver/src/b.rs", service)])), []);
    }
}
