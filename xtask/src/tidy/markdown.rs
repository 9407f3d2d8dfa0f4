//! As much of Markdown as the rules need: links, headings, table rows; code left out.

use std::collections::BTreeMap;

/// The lines outside fenced code, with their numbers from 1.
pub(crate) fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => return Some((at + 1, line)),
            (Some(_), _) => {}
        }
        None
    })
}

/// Where inline links, images and reference definitions lead, with their lines.
pub(crate) fn links(text: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (line, text) in prose(text) {
        let text = without_code(text);
        for (_, after) in text.match_indices("](").map(|(at, mark)| text.split_at(at + mark.len())) {
            found.extend(target(after, ')').map(|target| (target, line)));
        }
        let definition = text.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        if let Some((_, after)) = definition.filter(|(name, _)| !name.contains(']')) {
            found.extend(target(after, '\n').map(|target| (target, line)));
        }
    }
    found
}

/// The target without a title or angle brackets.
fn target(after: &str, end: char) -> Option<String> {
    let inside = after.split(end).next()?;
    let first = inside.split_whitespace().next()?;
    Some(first.trim_start_matches('<').trim_end_matches('>').to_owned())
}

/// The line with its `code spans` taken out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// The anchors that headings get: lower case, signs dropped, blanks as hyphens, repeats numbered.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let keep = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let slug: String =
            title.trim().to_lowercase().chars().filter(keep).map(|c| if c == ' ' { '-' } else { c }).collect();
        let repeats = seen.entry(slug.clone()).and_modify(|n| *n += 1).or_insert(0);
        found.push(if *repeats == 0 { slug } else { format!("{slug}-{repeats}") });
    }
    found
}

/// The cells of a table row, trimmed; none for other lines and for the line under the head.
pub(crate) fn cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let is_rule = inside.chars().all(|c| matches!(c, '-' | ':' | '|' | ' '));
    (!is_rule).then(|| inside.split('|').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_and_code_is_not() {
        let text = "[a](b.md) ![c](<d.png> \"e\") `[no](f.md)`\n```\n[no](g.md)\n```\n[h]: i.md\n[j](k.md#l).";
        let targets: Vec<_> = links(text).into_iter().collect();
        let expected = [("b.md", 1), ("d.png", 1), ("i.md", 5), ("k.md#l", 6)].map(|(t, n)| (t.to_owned(), n));
        assert_eq!(targets, expected);
    }

    #[test]
    fn headings_become_anchors() {
        assert_eq!(anchors("# A `b`, c\n## A b c\n#no\n```\n# no\n```"), ["a-b-c", "a-b-c-1"]);
    }

    #[test]
    fn rows_have_cells() {
        assert_eq!(cells("| a | b c |"), Some(vec!["a", "b c"]));
        assert_eq!(cells("|---|:-:|"), None);
        assert_eq!(cells("text"), None);
    }
}
