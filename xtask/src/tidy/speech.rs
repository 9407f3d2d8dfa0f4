//! The repository speaks of Semper alone, and of nothing as unfinished by a mark in the code: no
//! paths of somebody's machine, no package hosts, no tools that wrote a line, no tracker numbers.

use super::{Finding, Tree, lexer};

/// Text that must not stand anywhere, and why. The middle dot stands for nothing: it keeps this
/// list from finding itself.
const BANNED: &[(&str, &str)] = &[
    ("/fa·rm/", "a path of one machine; say it relative to the repository"),
    ("/ho·me/", "a path of one machine; say `~`"),
    ("/ro·ot/", "a path of one machine; say it relative to the repository"),
    ("/wo·rk/", "a path of one machine; say it relative to the repository"),
    ("crate·s.io", "a package host; the tool's own configuration knows it"),
    ("npm·js.", "a package host; the tool's own configuration knows it"),
    ("py·pi.org", "a package host; the tool's own configuration knows it"),
    ("python·hosted.org", "a package host; the tool's own configuration knows it"),
    ("proxy.go·lang.org", "a package host; the tool's own configuration knows it"),
    ("deb·.debian.org", "a package host; the tool's own configuration knows it"),
    ("iss·ue #", "a tracker's number; say the reason itself"),
    ("pull requ·est #", "a tracker's number; say the reason itself"),
    ("chat·gpt", "speak of Semper only"),
    ("clau·de", "speak of Semper only"),
    ("anthro·pic", "speak of Semper only"),
    ("a·i assistant", "speak of Semper only"),
    ("a·i-generated", "speak of Semper only"),
    ("language mod·el wrote", "speak of Semper only"),
    ("this ses·sion", "speak of Semper, not of how it was written"),
    ("earlier ses·sion", "speak of Semper, not of how it was written"),
    ("fi·xme", "finish it, or write down what is missing in docs/status.md"),
    ("xx·x", "finish it, or write down what is missing in docs/status.md"),
];

/// Macros that stand for missing code.
const UNFINISHED: &[&str] = &["todo", "unimplemented"];

/// Files that other tools write, where a package host is part of the format.
const EXEMPT: &[&str] = &["Cargo.lock"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let exempt = |path: &str| EXEMPT.contains(&path.rsplit('/').next().unwrap_or(path));
    let words = tree.texts().filter(|(path, _)| !exempt(path)).flat_map(|(path, text)| words(path, text));
    let macros = tree.sources().flat_map(|(path, text)| macros(path, text));
    words.chain(macros).collect()
}

fn words(path: &str, text: &str) -> Vec<Finding> {
    let banned: Vec<(String, &str)> = BANNED.iter().map(|(word, why)| (word.replace('·', ""), *why)).collect();
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.to_ascii_lowercase();
        let found = banned.iter().filter(|(word, _)| stands_alone(&line, word));
        findings.extend(found.map(|(word, why)| Finding::new(path, at + 1, format!("`{word}`: {why}"))));
    }
    findings
}

/// Whether `word` occurs in `line` other than inside a longer word.
fn stands_alone(line: &str, word: &str) -> bool {
    let joins = |neighbour: Option<char>, edge: Option<char>| {
        let is_letter = |c: char| c.is_alphanumeric();
        neighbour.is_some_and(is_letter) && edge.is_some_and(is_letter)
    };
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|tail| tail.chars().next());
        !joins(before, word.chars().next()) && !joins(after, word.chars().next_back())
    })
}

fn macros(path: &str, text: &str) -> Vec<Finding> {
    let tokens = lexer::tokens(text);
    let found = tokens.windows(2).filter_map(|pair| {
        let [name, bang] = pair else { return None };
        (UNFINISHED.contains(&name.text) && bang.text == "!").then_some(name)
    });
    found
        .map(|name| Finding::new(path, name.line, format!("`{}!`: no code promises to be written later", name.text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn every_banned_word_is_found() {
        for (word, _) in BANNED {
            let sample = format!("see {} there", word.replace('·', "").to_ascii_uppercase());
            assert_eq!(count("a.md", &sample), 1, "{sample}");
        }
    }

    #[test]
    fn longer_words_and_lock_files_pass() {
        let host = BANNED[4].0.replace('·', "");
        assert_eq!(count("a.md", "xxxx, /network/, reuse"), 0);
        assert_eq!(count("Cargo.lock", &host), 0);
        assert_eq!(count("other.lock", &host), 1);
    }

    #[test]
    fn unfinished_macros_are_found_in_code_only() {
        assert_eq!(count("a.rs", &format!("fn f() {{ {}!() }}", UNFINISHED[0])), 1);
        assert_eq!(count("a.rs", &format!("// {}!()\nfn f() {{}}", UNFINISHED[1])), 0);
    }
}
