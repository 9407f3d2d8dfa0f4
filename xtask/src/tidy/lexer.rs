//! Rust source as tokens, so that a word in a comment or a string is not taken for code.
//!
//! This is not a parser: it knows where comments, literals and words begin and end, which items
//! belong to the tests, and which paths a file names. That is all the rules need.

/// One word, sign or literal of a source file. Comments and white space are no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// The text; of a literal as it stands in the source, quotes included.
    pub(crate) text: &'a str,
    /// Line, counted from 1.
    pub(crate) line: usize,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string, character or number.
    Literal,
    /// `::` or any other single character.
    Sign,
    /// An identifier, a keyword or (with its tick) a lifetime.
    Word,
}

impl Token<'_> {
    fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }

    fn is_word(&self) -> bool {
        self.kind == Kind::Word && !self.text.starts_with('\'')
    }
}

/// Splits a file into tokens. Never fails: what it does not understand becomes a [`Kind::Sign`].
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut rest = source;
    let mut line = 1;
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (kind, len) = piece(rest, first);
        let (text, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
        if let Some(kind) = kind {
            found.push(Token { text, line, kind });
        }
        line += text.matches('\n').count();
        rest = after;
    }
    found
}

/// Kind (none for what is skipped) and length in bytes of what `rest` begins with.
fn piece(rest: &str, first: char) -> (Option<Kind>, usize) {
    if first.is_whitespace() {
        (None, first.len_utf8())
    } else if rest.starts_with("//") {
        (None, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (None, block_comment(rest))
    } else if let Some(len) = string(rest).or_else(|| character(rest)) {
        (Some(Kind::Literal), len)
    } else if first == '\'' || first == '_' || first.is_alphabetic() {
        (Some(Kind::Word), word(rest))
    } else if first.is_ascii_digit() {
        (Some(Kind::Literal), word(rest))
    } else if rest.starts_with("::") {
        (Some(Kind::Sign), 2)
    } else {
        (Some(Kind::Sign), first.len_utf8())
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match here.chars().next() {
                Some(c) => at += c.len_utf8(),
                None => break,
            }
        }
    }
    rest.len()
}

/// Length of a string literal of any kind: plain, byte, C, raw.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|p| {
        let after = rest.get(p.len()..).unwrap_or("");
        rest.starts_with(p)
            && (after.starts_with('"') || p.contains('r') && after.trim_start_matches('#').starts_with('"'))
    })?;
    let after = rest.get(prefix.len()..)?;
    let fence = after.len() - after.trim_start_matches('#').len();
    let opening = prefix.len() + fence + 1;
    let body = rest.get(opening..)?;
    let length = if prefix.contains('r') {
        let end = format!("\"{}", "#".repeat(fence));
        body.find(&end).map_or(body.len(), |at| at + end.len())
    } else {
        escaped(body, '"')
    };
    Some(opening + length)
}

/// Length of a character or byte literal; `None` for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let prefix = usize::from(rest.starts_with("b'"));
    let body = rest.get(prefix..)?.strip_prefix('\'')?;
    let mut chars = body.chars();
    let first = chars.next()?;
    (first == '\\' || chars.next() == Some('\'')).then(|| prefix + 1 + escaped(body, '\''))
}

/// Bytes up to and with the closing quote, of which `\` takes away the meaning.
fn escaped(body: &str, quote: char) -> usize {
    let mut skip = false;
    for (at, c) in body.char_indices() {
        if !skip && c == quote {
            return at + 1;
        }
        skip = !skip && c == '\\';
    }
    body.len()
}

/// A lifetime's tick, a raw identifier's `r#`, then the word itself.
fn word(rest: &str) -> usize {
    let prefix = if rest.starts_with("r#") { 2 } else { usize::from(rest.starts_with('\'')) };
    let body = rest.get(prefix..).unwrap_or("");
    let len = body.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(body.len());
    (prefix + len).max(1)
}

/// The tokens without the items under `#[cfg(test)]` and `#[test]`: what a release is made of.
pub(crate) fn production<'a>(all: &[Token<'a>]) -> Vec<Token<'a>> {
    const WHOLE_FILE: [&str; 8] = ["#", "!", "[", "cfg", "(", "test", ")", "]"];
    const ITEM: [&[&str]; 2] = [&["#", "[", "cfg", "(", "test", ")", "]"], &["#", "[", "test", "]"]];
    if starts(all, &WHOLE_FILE) {
        return Vec::new();
    }
    let mut kept = Vec::new();
    let mut rest = all;
    while let Some((first, after)) = rest.split_first() {
        if let Some(attribute) = ITEM.iter().find(|words| starts(rest, words)) {
            rest = after_item(rest.get(attribute.len()..).unwrap_or(&[]));
        } else {
            kept.push(*first);
            rest = after;
        }
    }
    kept
}

fn starts(tokens: &[Token<'_>], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.is(word))
}

/// What follows the item that `tokens` begin with: an item ends with its `;` or its outermost `}`.
fn after_item<'a, 'b>(tokens: &'b [Token<'a>]) -> &'b [Token<'a>] {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        let after = || tokens.get(at + 1..).unwrap_or(&[]);
        if token.is("{") || token.is("(") || token.is("[") {
            depth += 1;
        } else if token.is("}") || token.is(")") || token.is("]") {
            depth = depth.saturating_sub(1);
            if depth == 0 && token.is("}") {
                return after();
            }
        } else if depth == 0 && token.is(";") {
            return after();
        }
    }
    &[]
}

/// Every path that the tokens name, `use` trees spelled out: `use std::{fs, io::Read}` gives
/// `std::fs` and `std::io::Read`. `core` and `alloc` are written `std`.
pub(crate) fn paths(tokens: &[Token<'_>]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        let is_import = first.is("use") && !after.first().is_some_and(|next| next.is("<"));
        if is_import {
            rest = tree("", after, &mut found);
        } else if first.is_word() {
            let (path, after) = straight(rest);
            found.push((path, first.line));
            rest = after;
        } else {
            rest = after;
        }
    }
    for (path, _) in &mut found {
        for alias in ["core::", "alloc::"] {
            if let Some(tail) = path.strip_prefix(alias) {
                *path = format!("std::{tail}");
            }
        }
    }
    found
}

/// `a::b::c` as far as it goes.
fn straight<'a, 'b>(tokens: &'b [Token<'a>]) -> (String, &'b [Token<'a>]) {
    let mut path = String::new();
    let mut rest = tokens;
    while let Some((word, after)) = rest.split_first().filter(|(word, _)| word.is_word()) {
        path.push_str(word.text.trim_start_matches("r#"));
        let next_is_word = after.get(1).is_some_and(Token::is_word);
        if !(next_is_word && after.first().is_some_and(|sign| sign.is("::"))) {
            return (path, after);
        }
        path.push_str("::");
        rest = after.get(1..).unwrap_or(&[]);
    }
    (path, rest)
}

/// One branch of a `use` tree: a path, then perhaps `::*`, `::{...}` or `as name`.
fn tree<'a, 'b>(prefix: &str, tokens: &'b [Token<'a>], found: &mut Vec<(String, usize)>) -> &'b [Token<'a>] {
    let line = tokens.first().map_or(0, |token| token.line);
    let tokens = if tokens.first().is_some_and(|sign| sign.is("::")) { tokens.get(1..).unwrap_or(&[]) } else { tokens };
    let (path, mut rest) = straight(tokens);
    let here = [prefix, &path].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("::");
    if rest.first().is_some_and(|sign| sign.is("::")) {
        rest = rest.get(1..).unwrap_or(&[]);
    }
    if rest.first().is_some_and(|sign| sign.is("{")) {
        rest = rest.get(1..).unwrap_or(&[]);
        while let Some(next) = rest.first().filter(|token| !token.is("}")) {
            rest = if next.is(",") { rest.get(1..).unwrap_or(&[]) } else { tree(&here, rest, found) };
        }
        return rest.get(1..).unwrap_or(&[]);
    }
    found.push((here, line));
    // `*` or `as name`: go on to what ends this branch.
    let end = rest.iter().position(|t| t.is(",") || t.is("}") || t.is(";")).unwrap_or(rest.len());
    rest.get(end..).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<String> {
        tokens(source).iter().filter(|t| t.is_word()).map(|t| t.text.to_owned()).collect()
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        let source =
            "a /* b /* c */ d */ e // f\n\"g \\\" h\" r#\"i \" j\"# b'k' 'l' '\\'' 'm n br\"o\" c\"p\" r#type 1u8";
        assert_eq!(words(source), ["a", "e", "n", "r#type"]);
    }

    #[test]
    fn lines_are_counted_through_comments_and_strings() {
        let source = "a\n/* \n */ b\n\"\n\n\" c";
        let lines: Vec<_> = tokens(source).iter().filter(|t| t.kind == Kind::Word).map(|t| t.line).collect();
        assert_eq!(lines, [1, 3, 6]);
    }

    #[test]
    fn unfinished_literals_and_comments_end_with_the_file() {
        for source in ["\"abc", "r#\"abc\"", "/* abc", "'\\", "'", "b'", "r#", "é", "\"\\"] {
            let total: usize = tokens(source).iter().map(|t| t.text.len()).sum();
            assert!(total <= source.len(), "{source}");
        }
    }

    #[test]
    fn test_items_are_left_out() {
        let source = "a #[cfg(test)] mod tests { fn b() { c[1]; } } d #[test] fn e() {} f \
                      #[cfg(test)] mod tests; g #[cfg(test)] #[path(x)] use h::{i}; j";
        let all = tokens(source);
        let kept: Vec<_> = production(&all).iter().map(|t| t.text).collect();
        assert_eq!(kept, ["a", "d", "f", "g", ";", "j"]);
        assert!(production(&tokens("#![cfg(test)] a")).is_empty());
    }

    #[test]
    fn paths_are_spelled_out() {
        let source = "use std::{fs, io::{self, Read as R}, net::*}; use core::time::Duration; \
                      fn f() { std::thread::spawn(a.b::<c>()) } use ::x::y;";
        let found: Vec<String> = paths(&tokens(source)).into_iter().map(|(path, _)| path).collect();
        for expected in [
            "std::fs",
            "std::io::self",
            "std::io::Read",
            "std::net",
            "std::time::Duration",
            "std::thread::spawn",
            "x::y",
        ] {
            assert!(found.iter().any(|path| path == expected), "{expected} in {found:?}");
        }
    }
}
