//! What is asked at a terminal: a real one, as far as the program can tell (a pair of pseudo-terminals).

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::common::{Folder, Market, semper};

const WAIT: Duration = Duration::from_secs(20);

/// A program at a terminal, and what stands on the screen.
struct Terminal {
    child: Child,
    keys: File,
    screen: Receiver<Vec<u8>>,
    /// Everything that was shown.
    shown: String,
    /// Up to where it was read.
    read: usize,
}

impl Terminal {
    fn start(command: &mut Command) -> Self {
        let pair = nix::pty::openpty(None, None).unwrap();
        let ours = File::from(pair.master);
        let theirs = || Stdio::from(pair.slave.try_clone().unwrap());
        let child = command.stdin(theirs()).stdout(theirs()).stderr(theirs()).spawn().unwrap();
        let (send, screen) = channel();
        let mut output = ours.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            // Reading fails when the last program at the terminal has gone.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let _ = send.send(bytes[..count].to_vec());
            }
        });
        Terminal { child, keys: ours, screen, shown: String::new(), read: 0 }
    }

    fn unread(&self) -> &str {
        self.shown.get(self.read..).unwrap_or_default()
    }

    /// Waits until this is shown after what was read before.
    fn reads(&mut self, text: &str) {
        let started = Instant::now();
        loop {
            if let Some(at) = self.unread().find(text) {
                self.read += at + text.len();
                return;
            }
            let left = WAIT.saturating_sub(started.elapsed());
            let more = self.screen.recv_timeout(left);
            let more = more.unwrap_or_else(|_| panic!("{text:?} is not shown: {}", self.unread()));
            self.shown.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Answers a question by a line.
    fn answers(&mut self, question: &str, line: &str) {
        self.reads(question);
        writeln!(self.keys, "{line}").unwrap();
    }

    fn ends(&mut self) -> Option<i32> {
        let started = Instant::now();
        while started.elapsed() < WAIT {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it goes on: {}", self.shown);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn init(role: &str, directory: &Path) -> Terminal {
    Terminal::start(semper().args(["init", role, "--data-dir"]).arg(directory))
}

#[test]
fn a_person_is_asked_what_a_party_needs() {
    let folder = Folder::new("asked");
    let market = Market::new(&folder);
    let directory = folder.join("bank");
    let mut person = init("bank", &directory);
    person.answers("Name in the market [My bank]: ", "Sparkasse Talaue");
    person.answers("Country [DE]: ", "Austria");
    person.reads("two capital letters, such as DE");
    person.answers("Country [DE]: ", "AT");
    person.answers("Language (en, de) [en]: ", "");
    person.answers("Currency [EUR]: ", "");
    person.answers("[127.0.0.1:0]: ", "here");
    person.reads("such as 127.0.0.1:4711");
    person.answers("[127.0.0.1:0]: ", "");
    person.answers("authority: ", &market.ca.at().to_string());
    person.answers("(PEM file): ", "/nowhere.pem");
    person.reads("/nowhere.pem");
    person.answers("(PEM file): ", market.root_file.to_str().unwrap());
    person.answers("(yes, no) [no]: ", "perhaps");
    person.reads("yes or no");
    person.answers("(yes, no) [no]: ", "yes");
    person.reads("Compare the market's root with its operator, by voice: ");
    person.reads("Next: semper serve bank");
    assert_eq!(person.ends(), Some(0));
    let written = std::fs::read_to_string(directory.join("semper.toml")).unwrap();
    for line in [
        "role = \"bank\"",
        "name = \"Sparkasse Talaue\"",
        "country = \"AT\"",
        "language = \"en\"",
        "currency = \"EUR\"",
        "listen = \"127.0.0.1:0\"",
        "root = \"root.pem\"",
        "passphrase-file = \"secrets/passphrase\"",
    ] {
        assert!(written.lines().any(|written| written == line), "{line} not in {written}");
    }
    assert!(directory.join("root.pem").exists() && directory.join("secrets/passphrase").exists());
}

#[test]
fn whoever_goes_away_has_made_nothing() {
    let folder = Folder::new("goes-away");
    let directory = folder.join("shop");
    let mut person = init("shop", &directory);
    person.answers("Name in the market [My shop]: ", "");
    person.reads("Country [DE]: ");
    // Ctrl-D: the end of what is typed.
    person.keys.write_all(b"\x04").unwrap();
    person.reads("nothing was made");
    assert_eq!(person.ends(), Some(5));
    assert!(!directory.exists());
}
