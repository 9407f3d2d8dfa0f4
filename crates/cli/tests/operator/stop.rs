//! SIGTERM and SIGINT: what runs is finished, nothing new begins, and it is over within two seconds.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use semper_node::control;
use serde_json::json;

use super::common::{Folder, Market, Party};

const LIMIT: Duration = Duration::from_secs(2);

fn signal(party: &Party, name: &str) {
    let pid = party.pid().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

#[test]
fn an_idle_party_stops_at_once() {
    let folder = Folder::new("stop-idle");
    for name in ["-TERM", "-INT"] {
        let mut party = Party::start("ca", &folder, &[]);
        let started = Instant::now();
        signal(&party, name);
        assert_eq!(party.ends(), Some(0), "{}", party.said());
        assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
        assert!(!party.directory.join("control.sock").exists());
    }
}

/// Eight callers write all the time. Whatever was answered is on disk after the stop.
#[test]
fn a_busy_party_stops_as_fast_and_keeps_what_it_answered() {
    let folder = Folder::new("stop-busy");
    let market = Market::new(&folder);
    let mut shop = market.start("shop", &folder, &[]);
    let directory = shop.directory.clone();
    let (answered, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let took = std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let unknown = control::call(&directory, &json!({ "command": "nothing" }));
                    assert!(unknown.is_err());
                    let set =
                        json!({ "command": "address", "socket": "127.0.0.1:9", "server_name": "shop.semper.test" });
                    match control::call(&directory, &set) {
                        Ok(_) => answered.fetch_add(1, Ordering::Relaxed),
                        Err(_) => break,
                    };
                }
            });
        }
        let started = Instant::now();
        while answered.load(Ordering::Relaxed) < 50 {
            assert!(started.elapsed() < Duration::from_secs(20), "too slow to be busy");
            std::thread::sleep(Duration::from_millis(5));
        }
        let commits = || semper_store::SqliteReader::open_read_only(&directory).unwrap().status().unwrap().commits;
        let before = commits();
        let started = Instant::now();
        signal(&shop, "-TERM");
        let code = shop.ends();
        let took = started.elapsed();
        over.store(true, Ordering::Relaxed);
        assert_eq!(code, Some(0), "{}", shop.said());
        assert!(commits() >= before);
        took
    });
    assert!(took < LIMIT, "{took:?}");
    let shop = Party::start("shop", &folder, &[]);
    assert!(shop.stop(), "and it starts again");
}
