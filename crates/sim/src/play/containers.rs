//! What must hold of containers, at the end.
//!
//! | said | unless |
//! |---|---|
//! | a container is stranded | every whole side has ended, if its bank is sound where money is in it, and its peer where money is due |
//! | the two ends of a container disagree | whole sides say alike how it ended |
//! | paid for nothing in a container | between whole sides at sound banks it is paid if and only if it is taken |
//! | something of a container can be seen | who has not taken it reads nothing of it and keeps nothing |
//! | a container holds something else | who has taken it reads what was sent |
//! | cannot show its container | who has taken one of proven origin can show what was in it; of another there is nothing to show |
//! | learns what it must not | what lies in a container, only its two ends know |

use std::collections::BTreeMap;

use semper_base::Hash;
use semper_exchange::transfer::{Ending, Receiver, Sender};
use serde_json::json;

use super::Play;
use crate::containers::{Load, Sent};
use crate::secrecy::Secret;
use crate::trouble::Trouble;
use crate::world::Who;

impl Play<'_> {
    /// Checks all of them; returns how they ended.
    pub(super) fn containers(&mut self) -> Result<BTreeMap<String, u64>, Trouble> {
        let mut words = BTreeMap::new();
        if let Some(container) = self.stranded_container()? {
            return Err(Trouble::new(format!("a container is stranded: {container}")));
        }
        for sent in self.market.containers.clone() {
            let (sender, receiver) = (self.market.sender_of(&sent)?, self.market.receiver_of(&sent)?);
            self.both_ends(&sent, sender.as_ref(), receiver.as_ref())?;
            if self.is_whole(sent.to) {
                self.inside(&sent, receiver.as_ref())?;
            }
            if self.is_whole(sent.from) && sender.as_ref().is_some_and(|machine| machine.outcome().is_some()) {
                self.nothing_left(&sent, sent.from, sent.draft)?;
            }
            let word = receiver.as_ref().map_or("unheard", Receiver::word);
            *words.entry(format!("{}-{word}", sent.load.word())).or_insert(0) += 1;
        }
        Ok(words)
    }

    /// A whole end of a container that waits for something.
    pub(super) fn stranded_container(&mut self) -> Result<Option<String>, Trouble> {
        for sent in self.market.containers.clone() {
            let banks =
                [sent.from, sent.to].map(|who| self.market.home(who).is_ok_and(|home| self.is_sound(home.bank)));
            let is_paid = sent.amount.is_some();
            if let Some(machine) = self.market.sender_of(&sent)?.filter(|_| self.is_whole(sent.from))
                && machine.outcome().is_none()
                && (banks[0] || !is_paid)
            {
                return Ok(Some(format!("{}: {} {}", sent.id, sent.load.word(), machine.word())));
            }
            if let Some(machine) = self.market.receiver_of(&sent)?.filter(|_| self.is_whole(sent.to))
                && machine.ending().is_none()
                // Whoever said that all is there waits for the money for months, if the sender says nothing.
                && (!is_paid || (banks == [true, true] && self.is_whole(sent.from)))
            {
                return Ok(Some(format!("{}: {} {}", sent.id, sent.load.word(), machine.word())));
            }
        }
        Ok(None)
    }

    fn both_ends(&self, sent: &Sent, sender: Option<&Sender>, receiver: Option<&Receiver>) -> Result<(), Trouble> {
        let banks = [sent.from, sent.to].map(|who| self.market.home(who).is_ok_and(|home| self.is_sound(home.bank)));
        if !self.is_whole(sent.from) || !self.is_whole(sent.to) || (sent.amount.is_some() && banks != [true, true]) {
            return Ok(());
        }
        let (one, other) = (sender.map_or("draft", Sender::word), receiver.map_or("unheard", Receiver::word));
        let wrong =
            |what: &str| Err(Trouble::new(format!("{what}: {} {}: {one} / {other}", sent.load.word(), sent.id)));
        let Some(outcome) = sender.and_then(Sender::outcome) else {
            return if other == "unheard" { Ok(()) } else { wrong("the two ends of a container disagree") };
        };
        let same = match receiver.and_then(Receiver::ending) {
            Some(ending) => outcome.ending == Some(ending),
            // It was stopped, or there was no room, before anything was noted.
            None => matches!(outcome.ending, Some(Ending::Declined(_) | Ending::Stopped(_))),
        };
        if !same {
            return wrong("the two ends of a container disagree");
        }
        let taken = outcome.ending == Some(Ending::Taken);
        if outcome.paid != (taken && sent.amount.is_some()) {
            return wrong("paid for nothing in a container");
        }
        Ok(())
    }

    /// A whole receiver reads all of it, or nothing.
    fn inside(&mut self, sent: &Sent, receiver: Option<&Receiver>) -> Result<(), Trouble> {
        let wrong = |what: &str| Err(Trouble::new(format!("{what}: {} {}", sent.load.word(), sent.id)));
        if !receiver.is_some_and(Receiver::is_taken) {
            let seen = sent.contents.iter().any(|(good, _)| self.market.read_good(sent, *good).is_some());
            if seen {
                return wrong("something of a container can be seen");
            }
            return match receiver.and_then(Receiver::ending) {
                Some(_) => self.nothing_left(sent, sent.to, sent.id),
                None => Ok(()),
            };
        }
        for (good, bytes) in &sent.contents {
            if self.market.read_good(sent, *good).as_ref() != Some(bytes) && self.is_sound(sent.from) {
                return wrong("a container holds something else");
            }
        }
        let pack = self.market.world.command(sent.to, &json!({ "command": "transfer-export", "transfer": sent.id }));
        if sent.load == Load::Deniable {
            let silent = pack.is_err() || !self.is_sound(sent.from);
            return if silent { Ok(()) } else { wrong("cannot show its container: it can show it") };
        }
        let Ok(pack) = pack else { return wrong("cannot show its container") };
        let pack = serde_json::from_value::<semper_base::Blob64>(pack.get("pack").cloned().unwrap_or_default());
        let report = self.read_pack(&pack.map_err(|e| Trouble::new(e.to_string()))?.0)?;
        let text = report.to_string();
        let shown = sent.contents.iter().all(|(_, bytes)| text.contains(&Hash::of(bytes).hex()));
        if !report.is_sound() || (!shown && self.is_sound(sent.from)) {
            return wrong("cannot show its container");
        }
        Ok(())
    }

    /// What is over and was not taken leaves nothing behind.
    fn nothing_left(&mut self, sent: &Sent, who: Who, of: Hash) -> Result<(), Trouble> {
        for (good, _) in &sent.contents {
            if self.market.has_content(who, of, *good)? {
                let load = sent.load.word();
                return Err(Trouble::new(format!("something of a container can be seen: {load} {} is kept", sent.id)));
            }
        }
        Ok(())
    }

    /// What lies in containers of others, and in those that it has not taken.
    pub(super) fn packed(&self, who: Who) -> Vec<Secret> {
        let mut secrets = Vec::new();
        for sent in self.market.containers.clone() {
            let is_end = who == sent.from || who == sent.to;
            let (one, other) = (self.is_sound(sent.from), self.is_sound(sent.to));
            if is_end || !one || !other {
                continue;
            }
            for (_, bytes) in sent.contents {
                // A file is as long as the letter many times.
                let bytes = bytes.into_iter().take(60).collect();
                secrets.push(Secret { name: "what lies in a container".to_owned(), bytes });
            }
        }
        secrets
    }
}
