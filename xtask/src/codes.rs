//! `cargo xtask codes`: writes docs/codes.md from the one table in the source.

use std::fmt::Write;
use std::path::Path;

/// Where the table stands.
pub(crate) const SOURCE: &str = "crates/base/src/code.rs";
/// Where the manual's copy stands.
pub(crate) const TABLE: &str = "docs/codes.md";

const HEAD: &str = "# Codes

Every message, archive and `--json` output of Semper names what went wrong by one of these numbers. A number never changes
its meaning; the sentence may be improved. The first digit says whose fault it is:

- **1** violation: the peer broke the protocol; what it sent may be evidence.
- **2** refusal: somebody was entitled to say no and did.
- **3** fault: our disk, our network, or a third party; perhaps worth another try.
- **4** misuse: the caller's own mistake.

This file is written by `cargo xtask codes`; edit the table in `crates/base/src/code.rs` instead.
";

/// Writes the manual's copy.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let source = std::fs::read_to_string(root.join(SOURCE)).map_err(|e| format!("{SOURCE}: {e}"))?;
    let table = render(&source)?;
    std::fs::write(root.join(TABLE), table).map_err(|e| format!("{TABLE}: {e}"))?;
    println!("wrote {TABLE}");
    Ok(())
}

/// The manual's copy for the given source: a section per comment, a row per code.
pub(crate) fn render(source: &str) -> Result<String, String> {
    let begin = source.find("\ncodes! {\n").map_or(source.strip_prefix("codes! {\n"), |at| source.get(at + 10..));
    let (table, _) = begin.and_then(|rest| rest.split_once("\n}\n")).ok_or("there is no `codes! { ... }` table")?;
    let mut text = HEAD.to_owned();
    let mut last = 0;
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_prefix("// ") {
            let _ = write!(text, "\n## {title}\n\n| code | name | meaning |\n|---|---|---|\n");
            continue;
        }
        let (number, name, sentence) =
            row(line).ok_or_else(|| format!("cannot read the row `{line}`: NNNN Name \"sentence\";"))?;
        if number <= last {
            return Err(format!("{number} stands after {last}: keep the rows in order"));
        }
        last = number;
        let _ = writeln!(text, "| {number} | {name} | {} |", sentence.replace('|', "\\|"));
    }
    Ok(text)
}

fn row(line: &str) -> Option<(u16, &str, String)> {
    let (number, rest) = line.split_once(' ')?;
    let (name, sentence) = rest.split_once(' ')?;
    let sentence = sentence.trim().strip_prefix('"')?.strip_suffix("\";")?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    let number = number.parse().ok().filter(|_| is_name && number.len() == 4)?;
    Some((number, name, sentence.replace("\\\"", "\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_a_table() {
        let source =
            "x\ncodes! {\n    // 10xx form\n    1001 Json \"not \\\"JSON\\\"\";\n\n    1002 Deep \"a|b\";\n}\ny\n";
        let text = render(source).unwrap();
        assert!(text.contains("## 10xx form\n\n| code | name | meaning |\n|---|---|---|\n| 1001 | Json | not \"JSON\" |\n| 1002 | Deep | a\\|b |\n"));
    }

    #[test]
    fn rows_that_cannot_be_read_are_errors() {
        for rows in [
            "1001 Json",
            "1001 Json \"a\"",
            "101 Json \"a\";",
            "2001 A \"a\";\n1001 B \"b\";",
            "1001 A \"a\";\n1001 B \"b\";",
        ] {
            assert!(render(&format!("codes! {{\n{rows}\n}}\n")).is_err(), "{rows}");
        }
        assert!(render("").is_err());
    }
}
