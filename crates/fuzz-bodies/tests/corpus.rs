//! Every file of the corpus, as a plain test: what a fuzzer found once stays found.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says with which file"
)]

use std::path::Path;

use semper_fuzz_bodies::TARGETS;

/// More than this belongs into nobody's repository.
const FILES_MAX: usize = 100;
const BYTES_MAX: u64 = 1 << 20;

fn replay(target: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty() && files.len() <= FILES_MAX, "{} files", files.len());
    let (_, body) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    for file in files {
        // Shown if the body panics.
        println!("{}", file.display());
        body(&std::fs::read(file).unwrap());
    }
}

#[test]
fn each_target_has_a_test_a_program_and_a_small_corpus() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let mut total = 0;
    for (target, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
        assert!(fuzz.join(format!("fuzz_targets/{target}.rs")).exists(), "{target}");
        let files = std::fs::read_dir(fuzz.join("corpus").join(target)).unwrap();
        total += files.map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>();
    }
    assert!(total <= BYTES_MAX, "{total} bytes");
    assert_eq!(std::fs::read_dir(fuzz.join("fuzz_targets")).unwrap().count(), TARGETS.len());
}

macro_rules! replayed {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target));
        })*
    };
}

replayed! { contracts delivery driver json jsonld jws locks machines merchant messages pack shopify stamp transfers words x509 }
