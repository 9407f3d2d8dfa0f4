//! Which of our crates may see which. Calls go down only:
//!
//! ```text
//! base <- support <- blocks <- exchange <- commerce <- services <- node <- cli
//!            ^          ^                                 |           |
//!            |          +---------- modules <-------------+           +-> crypto-aws-lc, store
//!            +--------------------- driver  <-------------+               (leaf adapters)
//! ```
//!
//! `driver` is the contract (`Service`, `Store`) and the one loop, without any party's logic; it
//! needs base and support only. The services implement its `Service`, so the arrow goes from
//! services to driver; node, sim and conformance bind the two.

use serde_json::Value;

use super::{Finding, Tree};

/// Crate, and what its code may see of ours, tests apart.
const ALLOWED: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("support", &["base"]),
    ("blocks", &["base", "support"]),
    ("exchange", &["base", "support", "blocks"]),
    ("commerce", &["base", "support", "blocks", "exchange"]),
    // Feeds of products, read from bytes that somebody else brings.
    ("catalogue", &["base", "support", "blocks", "exchange", "commerce"]),
    // Exchanges on show: the machines of production, with made-up keys and time.
    ("theatre", &["base", "support", "blocks", "exchange"]),
    ("modules", &["base", "support", "blocks"]),
    ("driver", &["base", "support"]),
    ("services", &["base", "support", "blocks", "exchange", "commerce", "modules", "driver"]),
    ("crypto-aws-lc", &["base", "support"]),
    ("store", &["base", "support", "driver"]),
    (
        "node",
        &[
            "base",
            "support",
            "blocks",
            "exchange",
            "commerce",
            "modules",
            "driver",
            "services",
            "crypto-aws-lc",
            "store",
        ],
    ),
    // Pages act through their party's commands only; a feed is read before it becomes commands. The theatre touches
    // no party.
    ("web", &["base", "support", "blocks", "catalogue", "theatre"]),
    ("sim", &["base", "support", "blocks", "exchange", "commerce", "modules", "driver", "services"]),
    ("conformance", &["base", "support", "blocks", "exchange", "modules", "driver"]),
    (
        "cli",
        &[
            "base",
            "support",
            "blocks",
            "exchange",
            "commerce",
            "modules",
            "driver",
            "services",
            "crypto-aws-lc",
            "store",
            "node",
            "sim",
            "web",
            "catalogue",
        ],
    ),
    // Test code as a whole: what the fuzz targets do.
    (
        "fuzz-bodies",
        &["base", "support", "blocks", "exchange", "commerce", "modules", "driver", "services", "sim", "catalogue"],
    ),
    // Must build when everything else is broken.
    ("xtask", &[]),
];

/// What any crate but xtask may see in its tests besides.
const ALLOWED_IN_TESTS: &[&str] = &["conformance", "sim", "crypto-aws-lc", "store"];

/// Foreign crates that only these of ours may name; nobody may name the ones with an empty list.
const FOREIGN: &[(&str, &[&str])] = &[
    ("aws-lc-rs", &["crypto-aws-lc"]),
    ("aws-lc-sys", &["crypto-aws-lc"]),
    ("age", &["cli"]),
    ("askama", &["web"]),
    ("axum", &["node", "web"]),
    ("clap", &["cli"]),
    ("getrandom", &[]),
    ("hyper", &["node"]),
    ("rand", &[]),
    ("rusqlite", &["store"]),
    ("rustls", &["node"]),
    ("tokio", &["node", "cli", "web"]),
    ("tokio-rustls", &["node"]),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tree.packages.iter().flat_map(package).collect();
    for package in &tree.packages {
        let path = manifest(package);
        let inherits = tree.text(&path).is_none_or(|text| text.contains("[lints]\nworkspace = true"));
        if !inherits {
            findings.push(Finding::new(
                &path,
                0,
                "does not take the workspace's lints: add `[lints] workspace = true`",
            ));
        }
    }
    findings
}

fn package(package: &Value) -> Vec<Finding> {
    let name = short(text(package, "name"));
    let path = manifest(package);
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        let text =
            format!("crate `{name}` has no place in the map: add it to xtask/src/tidy/arrows.rs and ARCHITECTURE.md");
        return vec![Finding::new(&path, 0, text)];
    };
    let mut findings = Vec::new();
    if package.get("features").and_then(Value::as_object).is_some_and(|features| !features.is_empty()) {
        findings.push(Finding::new(&path, 0, "our crates have no features: what runs is what is tested"));
    }
    for dependency in package.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
        let is_test = text(dependency, "kind") == "dev";
        let wanted = text(dependency, "name");
        let problem = if wanted.starts_with("semper-") {
            ours(name, allowed, short(wanted), is_test)
        } else {
            foreign(name, wanted, is_test)
        };
        findings.extend(problem.map(|problem| Finding::new(&path, 0, problem)));
    }
    findings
}

fn ours(name: &str, allowed: &[&str], wanted: &str, is_test: bool) -> Option<String> {
    let in_tests = is_test && name != "xtask" && ALLOWED_IN_TESTS.contains(&wanted);
    let fits = allowed.contains(&wanted) || in_tests;
    (!fits).then(|| {
        format!(
            "`{name}` may not see `{wanted}`; it may see [{}]: move what you need down, or pass it in as a value",
            allowed.join(", ")
        )
    })
}

fn foreign(name: &str, wanted: &str, is_test: bool) -> Option<String> {
    let (_, allowed) = FOREIGN.iter().find(|(known, _)| *known == wanted)?;
    let fits = is_test || allowed.contains(&name);
    (!fits).then(|| format!("`{name}` may not name `{wanted}`; only [{}] may", allowed.join(", ")))
}

fn short(name: &str) -> &str {
    name.strip_prefix("semper-").unwrap_or(name)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or("")
}

/// The manifest's path relative to the root: our packages lie two or one folders deep.
fn manifest(package: &Value) -> String {
    let name = short(text(package, "name"));
    if name == "xtask" { "xtask/Cargo.toml".to_owned() } else { format!("crates/{name}/Cargo.toml") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(name: &str, wanted: &str, kind: Option<&str>) -> Vec<Finding> {
        package(&json!({ "name": name, "dependencies": [{ "name": wanted, "kind": kind }], "features": {} }))
    }

    #[test]
    fn arrows_point_down() {
        assert_eq!(one("semper-blocks", "semper-support", None), []);
        assert_eq!(one("semper-blocks", "semper-exchange", None).len(), 1);
        assert_eq!(one("semper-services", "semper-driver", None), []);
        assert_eq!(one("semper-driver", "semper-services", None).len(), 1);
        assert_eq!(one("semper-modules", "semper-exchange", None).len(), 1);
    }

    #[test]
    fn leaf_adapters_and_suites_are_for_tests() {
        assert_eq!(one("semper-services", "semper-store", None).len(), 1);
        assert_eq!(one("semper-services", "semper-store", Some("dev")), []);
        assert_eq!(one("semper-node", "semper-sim", None).len(), 1);
        assert_eq!(one("semper-cli", "semper-sim", None), []);
        assert_eq!(one("semper-base", "semper-node", Some("dev")).len(), 1);
        assert_eq!(one("xtask", "semper-base", None).len(), 1);
    }

    #[test]
    fn heavy_foreign_crates_stay_where_they_are() {
        assert_eq!(one("semper-support", "aws-lc-rs", None).len(), 1);
        assert_eq!(one("semper-crypto-aws-lc", "aws-lc-rs", None), []);
        assert_eq!(one("semper-base", "rand", None).len(), 1);
    }

    #[test]
    fn strangers_features_and_missing_lints_are_reported() {
        assert_eq!(package(&json!({ "name": "semper-surprise" })).len(), 1);
        assert_eq!(package(&json!({ "name": "semper-base", "features": { "fast": [] } })).len(), 1);
        let mut tree = Tree::of(&[("crates/base/Cargo.toml", "[package]\nname = \"semper-base\"")]);
        tree.packages = vec![json!({ "name": "semper-base" })];
        assert_eq!(check(&tree).len(), 1);
    }

    #[test]
    fn the_table_has_no_cycle() {
        for (at, (name, allowed)) in ALLOWED.iter().enumerate() {
            for seen in *allowed {
                let place = ALLOWED.iter().position(|(other, _)| other == seen);
                assert!(
                    place.is_some_and(|place| place < at),
                    "{name} sees {seen}, which stands below it in the table"
                );
            }
        }
    }
}
