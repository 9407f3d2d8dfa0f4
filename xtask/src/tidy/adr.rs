//! Every decision record is in the list, and numbers are used once.

use std::collections::BTreeMap;

use super::{Finding, Tree, tree};

const FOLDER: &str = "docs/adr/";
const LIST: &str = "docs/adr/README.md";
const TEMPLATE: &str = "template.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let list = tree.text(LIST).unwrap_or("");
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    let names = tree.documents().filter_map(|(path, _)| Some((path, path.strip_prefix(FOLDER)?)));
    for (path, name) in names.filter(|(path, name)| *path != LIST && *name != TEMPLATE) {
        if !list.contains(&format!("({name})")) {
            findings.push(Finding::new(path, 0, format!("not in {LIST}: add a line that links to ({name})")));
        }
        let number = name.split('-').next().unwrap_or("");
        let is_number = number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit());
        if !is_number || !tree::has_extension(name, "md") || name.contains('/') {
            findings.push(Finding::new(path, 0, "a record is called NNNN-what-was-decided.md"));
        } else if let Some(other) = numbers.insert(number, name) {
            findings.push(Finding::new(path, 0, format!("number {number} is taken by {other}")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_listed_and_numbered() {
        let list = (LIST, "[1](0001-a.md) [2](0002-b.md) [again](0002-c.md) [odd](odd.md)");
        let good = [list, ("docs/adr/0001-a.md", ""), ("docs/adr/0002-b.md", ""), ("docs/adr/template.md", "")];
        assert_eq!(check(&Tree::of(&good)), []);
        for bad in ["docs/adr/0003-c.md", "docs/adr/0002-c.md", "docs/adr/odd.md"] {
            let mut files = good.to_vec();
            files.push((bad, ""));
            assert_eq!(check(&Tree::of(&files)).len(), 1, "{bad}");
        }
    }
}
