//! Two processes, killed again and again at random moments: in the end every ping was counted once.

use crate::common;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::ping::Ping;
use common::*;
use semper_support::crypto::Crypto;

const ROLE: &str = "SEMPER_TEST_ROLE";
const DIR: &str = "SEMPER_TEST_DIR";
const PORT: &str = "SEMPER_TEST_PORT";
const PINGS: u64 = 220;

/// Not a test of its own: what the spawned processes run.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let dir = std::env::var(DIR).unwrap();
    let port: SocketAddr = std::env::var(PORT).unwrap().parse().unwrap();
    let market = Market::new();
    semper_node::runtime().unwrap().block_on(async {
        let party = if role == "server" {
            start(Path::new(&dir), &market, Ping::new("server"), Some(port), &[]).await
        } else {
            let service = Ping { link: Some(link(&market.client, port)), goal: PINGS, ..Ping::new("client") };
            start(Path::new(&dir), &market, service, None, &[&market.client]).await
        };
        party.wait().await.unwrap();
    });
}

struct Party {
    role: &'static str,
    dir: Folder,
    port: SocketAddr,
    child: Child,
}

impl Party {
    fn new(role: &'static str, port: SocketAddr) -> Self {
        let dir = Folder::new(role);
        let child = spawn(role, &dir.0, port);
        Party { role, dir, port, child }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.role, &self.dir.0, self.port);
    }

    /// Resident memory in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(role: &str, dir: &Path, port: SocketAddr) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DIR, dir)
        .env(PORT, port.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

async fn counts(party: &Party) -> Option<serde_json::Value> {
    try_command(&party.dir.0, serde_json::json!({ "command": "count" })).await.ok()
}

#[test]
fn every_ping_is_counted_once_although_both_sides_are_killed() {
    let probe = std::net::TcpListener::bind(anywhere()).unwrap();
    let port = probe.local_addr().unwrap();
    drop(probe);
    let mut parties = [Party::new("server", port), Party::new("client", port)];
    let dice = semper_crypto_aws_lc::AwsLc::new();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(8) {
        let mut drawn = [0_u8; 2];
        dice.random(&mut drawn);
        std::thread::sleep(Duration::from_millis(150 + u64::from(drawn[0]) * 2));
        parties[usize::from(drawn[1] % 2)].kill();
    }
    semper_node::runtime().unwrap().block_on(async {
        let [server, client] = &parties;
        let done = |counts: &Option<serde_json::Value>, what: &str| {
            counts.as_ref().is_some_and(|counts| counts[what] == PINGS && counts["worst"] == 1)
        };
        let limit = Instant::now() + Duration::from_secs(30);
        loop {
            let both = (counts(server).await, counts(client).await);
            if done(&both.0, "pings") && done(&both.1, "pongs") {
                break;
            }
            assert!(Instant::now() < limit, "{both:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for party in &parties {
            let memory = party.memory();
            assert!(memory < 30 << 10, "{} uses {memory} KiB", party.role);
        }
    });
}
