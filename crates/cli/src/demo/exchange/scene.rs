//! The market of an exchange that is no purchase: its parties, and what can be looked at afterwards.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use semper_base::{Code, Error, Fault};
use semper_crypto_aws_lc::AwsLc;
use semper_services::notary::Notary;
use serde_json::{Value, json};

use super::super::crash::Crashes;
use super::super::facts;
use super::super::market::{Cast, Market, write};
use super::super::story::Story;
use crate::{deal, evidence};

/// How long an exchange may take.
const EXCHANGE_WAIT: Duration = Duration::from_mins(1);
/// How long nobody must be cut off until it can be said which crash points were not met.
const CALM: Duration = Duration::from_secs(3);

/// Who takes part, and what is told.
pub(in crate::demo) struct Scene<'a> {
    pub(in crate::demo) market: Market<'a>,
    pub(in crate::demo) story: &'a Story,
    pub(in crate::demo) cast: &'static [Cast],
}

impl<'a> Scene<'a> {
    /// Starts the parties, plays, stops them.
    pub(in crate::demo) fn play(
        directory: &Path,
        story: &'a Story,
        cast: &'static [Cast],
        crashes: Option<Arc<Crashes>>,
        play: impl FnOnce(&mut Scene<'a>) -> Result<Value, Error>,
    ) -> Result<Value, Error> {
        let mut scene = Scene { market: Market::new(directory, crashes, story)?, story, cast };
        std::thread::scope(|scope| {
            let started = scene.market.start_cast(scope, cast);
            let result = started.and_then(|()| play(&mut scene));
            // Watchers end with their parties.
            scene.market.stop();
            result
        })
    }

    pub(in crate::demo) fn call(&self, party: &str, command: &Value) -> Result<Value, Error> {
        self.market.named(party)?.call(command)
    }

    /// Waits until everybody is back; whether there are crash points that nobody has met.
    pub(in crate::demo) fn is_cut_off_again(&self) -> Result<bool, Error> {
        let Some(crashes) = &self.market.crashes else { return Ok(false) };
        crashes.quiet(CALM)?;
        Ok(crashes.is_armed())
    }

    /// Asks until the answer is what we wait for.
    pub(in crate::demo) fn until(
        &self,
        party: &str,
        question: &Value,
        done: impl Fn(&Value) -> bool,
    ) -> Result<Value, Error> {
        let started = Instant::now();
        loop {
            let answer = self.call(party, question)?;
            if done(&answer) {
                return Ok(answer);
            }
            if started.elapsed() > EXCHANGE_WAIT {
                let word = answer.get("word").and_then(Value::as_str).unwrap_or("?");
                return Err(Fault::new(Code::Pending, format!("at {party} it is still {word}")).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a party has refused a message and written that down.
    pub(in crate::demo) fn noted(&self, party: &str) -> Result<(), Error> {
        let (directory, started) = (&self.market.named(party)?.directory, Instant::now());
        while facts::notes(directory)?.is_empty() {
            if started.elapsed() > EXCHANGE_WAIT {
                return Err(Fault::new(Code::Pending, format!("{party} refuses nothing")).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Writes a pack beside the market and verifies it as a stranger would.
    pub(in crate::demo) fn evidence(&self, party: &str, reply: &Value) -> Result<(PathBuf, Value), Error> {
        let (file, pack) = (self.market.directory.join(format!("evidence-{party}.zip")), deal::exported(reply)?);
        write(&file, &pack)?;
        let text = format!("{party}: Wrote the evidence pack, {} bytes.", pack.len());
        self.story.tell("evidence", &text, &json!({ "party": party }));
        let report = evidence::report(&file, &self.market.root_file(), &AwsLc::new())??;
        Ok((file, serde_json::to_value(&report).unwrap_or_default()))
    }

    /// The notary's rows, straight from its database.
    pub(in crate::demo) fn rows(&self, xid: &str) -> Result<Value, Error> {
        let request = json!({ "command": "rows", "xid": xid });
        let reply = deal::read_only(&Notary, &self.market.named("notary")?.directory, &request)?;
        Ok(json!({ "register": "notary", "xid": xid, "rows": reply.get("rows") }))
    }
}
