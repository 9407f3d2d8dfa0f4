//! A source file that no `mod` line names is not compiled, and nobody notices.

use super::{Finding, Tree, lexer};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources().filter_map(|(path, _)| unlisted(tree, path)).collect()
}

fn unlisted(tree: &Tree, path: &str) -> Option<Finding> {
    let (folder, file) = path.rsplit_once('/')?;
    if is_root(folder, file) {
        return unrun(tree, path, folder, file);
    }
    // `a/b/mod.rs` and `a/b.rs` are both the module `b`, named by the file that is the module `a`.
    let (folder, module) =
        if file == "mod.rs" { folder.rsplit_once('/')? } else { (folder, file.strip_suffix(".rs")?) };
    let parents = parents(tree, folder);
    let listed = parents.iter().any(|parent| tree.text(parent).is_some_and(|text| lists(text, module)));
    let place = if parents.is_empty() {
        format!("{folder}.rs or {folder}/mod.rs, which is missing")
    } else {
        parents.join(" or ")
    };
    (!listed)
        .then(|| Finding::new(path, 0, format!("not compiled: write `mod {module};` in {place}, or delete the file")))
}

/// With `autotests = false` cargo looks for no programs of tests by itself: each file is a module of `all.rs`, or a
/// program that the manifest names. Any other would never run.
fn unrun(tree: &Tree, path: &str, folder: &str, file: &str) -> Option<Finding> {
    let (tests, name) = if file == "main.rs" { folder.rsplit_once('/')? } else { (folder, file.strip_suffix(".rs")?) };
    let place = tests.strip_suffix("/tests")?;
    let manifest = tree.text(&format!("{place}/Cargo.toml")).filter(|text| text.contains("autotests = false"))?;
    let named = manifest.contains(&format!("[[test]]\nname = \"{name}\""));
    let listed = tree.text(&format!("{tests}/all.rs")).is_some_and(|text| lists(text, name));
    let problem = || format!("never run: write `mod {name};` in {tests}/all.rs, or `[[test]]` in {place}/Cargo.toml");
    (!named && !listed).then(|| Finding::new(path, 0, problem()))
}

/// Whether cargo itself finds the file: a crate root, a build script, a fuzz target.
fn is_root(folder: &str, file: &str) -> bool {
    let (_, last) = folder.rsplit_once('/').unwrap_or(("", folder));
    match file {
        "lib.rs" | "main.rs" | "build.rs" => true,
        "mod.rs" => false,
        _ => matches!(last, "bin" | "tests" | "benches" | "examples" | "fuzz_targets"),
    }
}

/// The files that may name a module which lies in `folder`.
fn parents(tree: &Tree, folder: &str) -> Vec<String> {
    let inside = ["mod.rs", "lib.rs", "main.rs"].map(|file| format!("{folder}/{file}"));
    let mut found: Vec<String> =
        inside.into_iter().chain([format!("{folder}.rs")]).filter(|path| tree.has(path)).collect();
    // Modules that several test targets share: each target may name them.
    if folder.ends_with("/tests") || folder.ends_with("/benches") {
        let targets = tree.sources().filter(|(path, _)| path.rsplit_once('/').is_some_and(|(at, _)| at == folder));
        found.extend(targets.map(|(path, _)| path.to_owned()));
    }
    found
}

fn lists(text: &str, module: &str) -> bool {
    let tokens = lexer::tokens(text);
    tokens.windows(3).any(|three| {
        let [keyword, name, end] = three else { return false };
        keyword.text == "mod" && name.text.trim_start_matches("r#") == module && end.text == ";"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_a_mod_line_are_reported() {
        let tree = Tree::of(&[
            ("c/src/lib.rs", "mod a; // mod lost;\npub mod d;"),
            ("c/src/a.rs", ""),
            ("c/src/lost.rs", ""),
            ("c/src/d/mod.rs", "#[cfg(test)] mod tests;"),
            ("c/src/d/tests.rs", ""),
            ("c/src/d/lost.rs", ""),
            ("c/src/e/mod.rs", ""),
            ("c/src/bin/tool.rs", ""),
            ("c/tests/it.rs", "mod common;"),
            ("c/tests/common/mod.rs", ""),
            ("c/tests/unused/mod.rs", ""),
        ]);
        let found: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["c/src/d/lost.rs", "c/src/e/mod.rs", "c/src/lost.rs", "c/tests/unused/mod.rs"]);
    }

    #[test]
    fn tests_that_no_program_has_are_reported() {
        let tree = Tree::of(&[
            ("c/Cargo.toml", "autotests = false\n\n[[test]]\nname = \"all\"\n\n[[test]]\nname = \"own\"\n"),
            ("c/tests/all.rs", "mod one;\n#[path = \"two/main.rs\"]\nmod two;"),
            ("c/tests/one.rs", ""),
            ("c/tests/two/main.rs", ""),
            ("c/tests/own.rs", ""),
            ("c/tests/lost.rs", ""),
            ("c/tests/gone/main.rs", ""),
            ("d/Cargo.toml", ""),
            ("d/tests/found.rs", ""),
        ]);
        let found: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["c/tests/gone/main.rs", "c/tests/lost.rs"]);
    }
}
