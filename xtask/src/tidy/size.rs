//! A file that does not fit a head is two files. Tests in the same file count.

use super::{Finding, Tree};

const LINES_MAX: usize = 500;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let too_long = |(path, text): (&str, &str)| {
        let lines = text.lines().count();
        (lines > LINES_MAX).then(|| {
            let text =
                format!("{lines} lines, at most {LINES_MAX}: split it by what it is about, not by where it is long");
            Finding::new(path, LINES_MAX + 1, text)
        })
    };
    tree.sources().filter_map(too_long).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sources_are_reported_long_documents_are_not() {
        let fits = "\n".repeat(LINES_MAX);
        let long = "\n".repeat(LINES_MAX + 1);
        assert_eq!(check(&Tree::of(&[("a.rs", &fits), ("b.md", &long)])), []);
        assert_eq!(check(&Tree::of(&[("a.rs", &long)])).len(), 1);
    }
}
