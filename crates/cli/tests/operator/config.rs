//! `semper init`, `semper.toml`, the environment, and which of them wins.

use std::path::Path;
use std::process::Output;

use semper_base::Code;
use serde_json::{Value, json};

use super::common::{Folder, Market, Party, run, semper};
use super::{fails, works};

/// Value and origin of one setting, as `config show` has them.
fn setting(directory: &Path, name: &str, environment: &[(&str, &str)]) -> (Value, String) {
    let mut command = semper();
    command.args(["--json", "config", "show", "--origin", "--data-dir"]).arg(directory);
    let text = works(&run(command.envs(environment.iter().copied())));
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found = lines.into_iter().find(|line| line["setting"] == name).unwrap_or_else(|| panic!("no {name} in {text}"));
    (found["value"].clone(), found["origin"].as_str().unwrap().to_owned())
}

fn init(words: &[&str], directory: &Path) -> Output {
    run(semper().args(["init"]).args(words).arg("--data-dir").arg(directory))
}

#[test]
fn each_party_is_made_and_starts() {
    let folder = Folder::new("init");
    let market = Market::new(&folder);
    let root = market.root_file.to_str().unwrap();
    let code = market.invite("bank", "Tiny Bank", &["statement", "tls"]);
    let (directory, ca) = (folder.join("bank"), market.ca.at().to_string());
    fails(&init(&["bank"], &directory), 5, Code::CouldNotAsk, "--yes");
    fails(&init(&["bank", "--yes", "--currency", "EURO"], &directory), 2, Code::Usage, "Currency");
    fails(&init(&["bank", "--yes", "--root", "/nowhere.pem"], &directory), 2, Code::FileWrong, "/nowhere.pem");
    assert!(!directory.exists(), "nothing is half made");
    let named = ["bank", "--yes", "--name", "Tiny Bank", "--ca", &ca, "--root", root, "--code", &code];
    let said = works(&init(&[named.as_slice(), &["--generate-passphrase", "--country", "AT"]].concat(), &directory));
    let next = said.lines().find_map(|line| line.strip_prefix("Next: semper ")).unwrap().to_owned();
    fails(&init(&named, &directory), 2, Code::FileWrong, "a party already");
    let written = std::fs::read_to_string(directory.join("semper.toml")).unwrap();
    assert!(written.contains("country = \"AT\"") && !written.contains(&code), "{written}");
    let phrase = std::fs::read_to_string(directory.join("secrets/passphrase")).unwrap();
    assert_eq!(phrase.split(' ').count(), 10);
    assert!(!written.contains(&phrase));
    for secret in ["secrets", "secrets/passphrase", "secrets/code"] {
        let mode = std::fs::metadata(directory.join(secret)).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o077, 0, "{secret}");
    }
    // The printed command does, now and for ever after.
    assert!(!next.contains(&code), "{next}");
    for _ in 0..2 {
        let mut child = semper().args(next.split(' ')).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
        assert!(line.starts_with("bank ready"), "{line}");
        semper_node::control::call(&directory, &json!({ "command": "stop" })).unwrap();
        assert!(child.wait().unwrap().success());
    }
    let other = run(semper().args(["serve", "shop", "--data-dir"]).arg(&directory));
    fails(&other, 2, Code::Usage, "this is a bank, not a shop");
}

#[test]
fn file_environment_flag_the_later_wins() {
    let folder = Folder::new("layers");
    let directory = folder.join("ca");
    works(&init(&["ca", "--yes", "--listen", "127.0.0.1:1"], &directory));
    let file = format!("file {}", directory.join("semper.toml").display());
    assert_eq!(setting(&directory, "listen", &[]), (json!("127.0.0.1:1"), file));
    assert_eq!(setting(&directory, "wait", &[]), (json!("60"), "default".to_owned()));
    let environment = [("SEMPER_LISTEN", "127.0.0.1:2"), ("SEMPER_CONSENT", "nobody")];
    let (value, origin) = setting(&directory, "listen", &environment);
    assert_eq!((value, origin.as_str()), (json!("127.0.0.1:2"), "environment SEMPER_LISTEN"));
    assert_eq!(setting(&directory, "log-level", &[("SEMPER_LOG", "info")]).0, json!("info"));
    // Which address could not be listened on tells which one won.
    let taken: Vec<_> = (0..2).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let at: Vec<String> = taken.iter().map(|taken| taken.local_addr().unwrap().to_string()).collect();
    let serve = || {
        let mut command = semper();
        command.args(["serve", "ca", "--passphrase-file"]).arg(folder.phrase()).env("SEMPER_DATA_DIR", &directory);
        command
    };
    let text = std::fs::read_to_string(directory.join("semper.toml")).unwrap();
    std::fs::write(directory.join("semper.toml"), text.replace("127.0.0.1:1", &at[0])).unwrap();
    fails(&run(&mut serve()), 8, Code::PortTaken, &at[0]);
    fails(&run(serve().env("SEMPER_LISTEN", &at[1])), 8, Code::PortTaken, &at[1]);
    fails(&run(serve().env("SEMPER_LISTEN", "192.0.2.1:9").args(["--listen", &at[1]])), 8, Code::PortTaken, &at[1]);
}

#[test]
fn what_is_wrong_in_the_file_is_named() {
    let folder = Folder::new("toml");
    let directory = folder.join("ca");
    works(&init(&["ca", "--yes"], &directory));
    let validate = |more: &str| {
        let file = directory.join("semper.toml");
        let good = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{good}{more}")).unwrap();
        let output = run(semper().args(["config", "validate", "--data-dir"]).arg(&directory));
        std::fs::write(&file, good).unwrap();
        output
    };
    works(&validate(""));
    works(&validate("wait = 5\nlog = \"json\"\n"));
    fails(&validate("lisen = \"127.0.0.1:1\"\n"), 2, Code::FileWrong, "do you mean \"listen\"?");
    fails(&validate("crash-at = \"x\"\n"), 2, Code::FileWrong, "no setting \"crash-at\"");
    fails(&validate("code = \"x\"\n"), 2, Code::FileWrong, "no setting \"code\"");
    fails(&validate("wait = [1]\n"), 2, Code::FileWrong, "wait must be");
    fails(&validate("wait = 0\n"), 2, Code::Usage, "--wait");
    fails(&validate("wait = 1\nwait = 2\n"), 2, Code::FileWrong, "duplicate key");
    fails(&validate("this is no TOML"), 2, Code::FileWrong, "semper.toml");
    fails(&validate(&format!("# {}\n", "x".repeat(70_000))), 2, Code::FileWrong, "bytes");
}

#[test]
fn a_new_wallet_speaks_the_language_of_its_settings() {
    let folder = Folder::new("language");
    let market = Market::new(&folder);
    let (root, ca) = (market.root_file.to_str().unwrap(), market.ca.at().to_string());
    let code = market.invite("buyer", "Wilma", &["statement"]);
    let directory = folder.join("wallet");
    let named =
        ["wallet", "--yes", "--name", "Wilma", "--language", "de", "--ca", &ca, "--root", root, "--code", &code];
    works(&init(&named, &directory));
    let wallet = Party::start("wallet", &folder, &["--consent", "nobody"]);
    let language = |wallet: &Party| wallet.call(&json!({ "command": "preferences" }))["screen"]["language"].clone();
    assert_eq!(language(&wallet), "de");
    let mut set = wallet.call(&json!({ "command": "preferences" }));
    set["screen"]["language"] = json!("en");
    wallet.call(&json!({ "command": "preferences", "set": set }));
    assert!(wallet.stop());
    let wallet = Party::start("wallet", &folder, &["--consent", "nobody"]);
    assert_eq!(language(&wallet), "en", "the preferences have the last word");
}
