//! The commands that a pack's own VERIFY.txt names, run as they stand there, by programs of others:
//! coreutils, OpenSSL 3, Node.js with the package `jose` from `peers/jose`.
#![expect(clippy::print_stderr, reason = "a skipped check must be heard")]

use crate::pack_support;

use std::path::{Path, PathBuf};
use std::process::Command;

use pack_support::stamper::Stamper;
use pack_support::zip::{Files, unpack};
use pack_support::{Ending, Sale, Setting, minutes, noon};
use semper_base::{Millis, Role};
use semper_blocks::certificate::pem;

/// An unpacked pack with the reader's root beside it, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &Files, root: &[u8]) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pack-{name}-{}", std::process::id()));
        for (name, content) in files {
            let file = path.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, content).unwrap();
        }
        std::fs::write(path.join("root.pem"), pem::to_pem(pem::Label::Certificate, root).unwrap()).unwrap();
        Folder(path)
    }

    /// Runs one command; whether it succeeded, and everything it said.
    fn run(&self, command: &str) -> (bool, String) {
        let run = Command::new("sh").args(["-c", command]).current_dir(&self.0).output();
        let run = run.expect("there must be a shell");
        let said = String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned();
        (run.status.success() && verified(command, &said), said)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Some programs tell by words and not by their exit status.
fn verified(command: &str, said: &str) -> bool {
    match command.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["openssl", "crl"] if command.contains("-CAfile") => said.contains("verify OK"),
        ["openssl", "dgst"] => said.contains("Verified OK"),
        ["openssl", "verify"] => said.contains(": OK"),
        _ => true,
    }
}

fn commands(files: &Files) -> Vec<String> {
    let guide = String::from_utf8(files["VERIFY.txt"].clone()).unwrap();
    guide
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Makes `jose` available in the folder; loud if it is not there.
fn jose(folder: &Folder) -> bool {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../peers/jose/node_modules");
    if !modules.join("jose").is_dir() {
        assert!(std::env::var_os("CI").is_none(), "peers/jose/node_modules is missing: run `cargo xtask setup`");
        eprintln!("NOT CHECKED with jose: peers/jose/node_modules is missing; run `cargo xtask setup`");
        return false;
    }
    std::os::unix::fs::symlink(modules.canonicalize().unwrap(), folder.0.join("node_modules")).unwrap();
    true
}

#[test]
fn every_command_of_the_guide_succeeds() {
    for (name, setting) in [
        ("settled", Setting::new(Ending::Settled)),
        ("wrong", Setting::new(Ending::WrongFile)),
        ("without", Setting { lists: false, ..Setting::new(Ending::Settled) }),
    ] {
        let sale = Sale::with(1, setting);
        let files = unpack(&sale.pack());
        let folder = Folder::new(name, &files, sale.root.der());
        let with_jose = jose(&folder);
        let commands = commands(&files);
        for program in ["openssl verify", "openssl dgst", "openssl x509", "openssl pkey", "sha256sum -c", "node"] {
            assert!(commands.iter().any(|command| command.contains(program)), "no {program}");
        }
        assert_eq!(commands.iter().any(|command| command.contains("openssl crl")), setting.lists);
        for command in commands.iter().filter(|command| with_jose || !command.starts_with("node")) {
            let (good, said) = folder.run(command);
            assert!(good, "{command}\n{said}");
            if command.starts_with("node") {
                assert_eq!(said.lines().count(), sale.contents.statements.len() + 1, "{said}");
            }
        }
    }
}

/// Stamps and renewals are checked by the same guide: with `openssl ts` and `sha256sum`.
#[test]
fn the_commands_check_stamps_and_renewals() {
    let mut sale = Sale::new(3, Ending::Settled);
    let first = Stamper::new(&sale, noon(), noon().plus(Millis::days(30)));
    let second = Stamper::new(&sale, noon().plus(Millis::days(10)), noon().plus(Millis::days(100)));
    sale.contents.stamps = vec![first.stamp(&sale, minutes(25))];
    let once = second.renew(&sale, &sale.pack(), noon().plus(Millis::days(20)), &[]);
    let pack = second.renew(&sale, &once, noon().plus(Millis::days(50)), &[]);
    let good = unpack(&pack);
    let of_stamps = |command: &&String| command.contains("tst");
    let commands: Vec<String> = commands(&good).iter().filter(of_stamps).cloned().collect();
    assert_eq!(commands.len(), 4, "{commands:?}");
    let failing = |name: &str, files: &Files| {
        let folder = Folder::new(name, files, sale.root.der());
        let failed = commands.iter().filter(|command| !folder.run(command).0);
        failed.cloned().collect::<Vec<_>>()
    };
    assert_eq!(failing("stamps", &good), Vec::<String>::new());
    for (number, name) in [
        "tst/001.tst",
        "tst/001.txt",
        "renewals/001/stamp.tst",
        "renewals/002/files.txt",
        "renewals/002/stamp.tst",
        "renewals/002/status-1.der",
        "statements/001-offer.jws",
    ]
    .into_iter()
    .enumerate()
    {
        let mut changed = good.clone();
        changed.get_mut(name).unwrap()[40] ^= 1;
        assert!(!failing(&format!("stamps-{number}"), &changed).is_empty(), "{name}");
    }
}

/// The commands can fail, and for each kind of change at least one does.
#[test]
fn the_commands_notice_changes() {
    let revoked = Some((Role::Bank, noon().plus(Millis::hours(20))));
    let sale = Sale::with(1, Setting { revoked, ..Setting::new(Ending::Settled) });
    let files = unpack(&sale.pack());
    let commands = commands(&files);
    let failing = |name: &str, files: &Files, root: &[u8], wanted: &str| {
        let folder = Folder::new(name, files, root);
        let with_jose = jose(&folder);
        let mut run = commands.iter().filter(|command| with_jose || !command.starts_with("node"));
        run.any(|command| command.contains(wanted) && !folder.run(command).0)
    };
    assert!(!failing("good", &files, sale.root.der(), ""));
    let other = Sale::new(2, Ending::Settled);
    assert!(failing("root-1", &files, other.root.der(), "openssl verify"));
    assert!(failing("root-2", &files, other.root.der(), "openssl crl"));
    let held: Vec<&String> = files.keys().filter(|name| name.contains("-held.")).collect();
    for (name, wanted) in [(held[0], "cmp"), (held[1], "openssl dgst"), (held[2], "openssl dgst")] {
        assert!(failing("held", &changed(&files, name), sale.root.der(), wanted), "{name}");
    }
    for name in files.keys().filter(|name| *name != "VERIFY.txt") {
        assert!(failing("changed", &changed(&files, name), sale.root.der(), ""), "{name}");
    }
}

fn changed(files: &Files, name: &str) -> Files {
    let mut changed = files.clone();
    let content = changed.get_mut(name).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    changed
}
