//! The manual's table of codes is the one in the source.

use super::{Finding, Tree};
use crate::codes;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(source) = tree.text(codes::SOURCE) else { return Vec::new() };
    match codes::render(source) {
        Err(problem) => vec![Finding::new(codes::SOURCE, 0, problem)],
        Ok(table) if tree.text(codes::TABLE) == Some(table.as_str()) => Vec::new(),
        Ok(_) => {
            vec![Finding::new(codes::TABLE, 0, format!("differs from {}: run `cargo xtask codes`", codes::SOURCE))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_table_is_reported() {
        let source = "codes! {\n    // 10xx form\n    1001 JsonMalformed \"not JSON\";\n}\n";
        let table = codes::render(source).unwrap();
        assert_eq!(check(&Tree::of(&[(codes::SOURCE, source), (codes::TABLE, &table)])), []);
        assert_eq!(check(&Tree::of(&[(codes::SOURCE, source), (codes::TABLE, "old")])).len(), 1);
        assert_eq!(check(&Tree::of(&[(codes::SOURCE, source)])).len(), 1);
        assert_eq!(check(&Tree::of(&[(codes::SOURCE, "codes! {\n  odd\n}\n")])).len(), 1);
    }
}
