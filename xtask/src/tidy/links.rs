//! Links between the repository's documents lead somewhere.

use super::{Finding, Tree, markdown};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.documents() {
        for (target, line) in markdown::links(text) {
            let is_outside = target.contains("://") || target.starts_with("mailto:");
            let problem = if is_outside { None } else { broken(tree, path, &target) };
            findings.extend(problem.map(|problem| Finding::new(path, line, problem)));
        }
    }
    findings
}

fn broken(tree: &Tree, from: &str, target: &str) -> Option<String> {
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let Some(path) = resolve(from, file) else {
        return Some(format!("`{target}` leads out of the repository"));
    };
    if !path.is_empty() && !tree.has(&path) {
        return Some(format!("`{target}`: there is no {path}"));
    }
    let anchors = markdown::anchors(tree.text(&path)?);
    let anchor = anchor.filter(|anchor| !anchors.iter().any(|known| known == anchor))?;
    Some(format!("`{target}`: {path} has no heading `{anchor}`"))
}

/// The target's path from the root; none if it climbs above it.
fn resolve(from: &str, target: &str) -> Option<String> {
    if target.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from.split('/').collect(),
    };
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_links_are_reported() {
        let good = "[a](b.md) [c](b.md#two-words) [d](../e.rs) [f](#g) [h](https://example.org/x.md)\n# G";
        let tree = |text| Tree::of(&[("docs/a.md", text), ("docs/b.md", "# Two words"), ("e.rs", "")]);
        assert_eq!(check(&tree(good)), []);
        for bad in ["[a](c.md)", "[a](b.md#three)", "[a](../../x.md)", "[a](#none)", "[a]: c.md"] {
            assert_eq!(check(&tree(bad)).len(), 1, "{bad}");
        }
    }
}
