//! Containers of goods between a wallet and a shop, by the same commands that their owners give.

use semper_base::tx::ChunkRef;
use semper_base::{Amount, Blob64, Hash, Key};
use semper_exchange::transfer::{Receiver, Sender};
use serde_json::{Value, json};

use crate::dice::seed_of;
use crate::market::Market;
use crate::trouble::Trouble;
use crate::world::Who;

/// Bytes of a chunk.
const CHUNK: usize = 65_536;
/// Bytes of a content of more than one chunk.
const LARGE: usize = 150_000;

/// What is in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Load {
    /// A letter and a payment of more than there is.
    Dear,
    /// A letter without proof of its origin.
    Deniable,
    /// A letter and a file of several chunks.
    Large,
    /// A letter.
    Letter,
    /// A letter, and containers in the container.
    Nested,
    /// A letter and a payment.
    Paid,
}

const LOADS: [(Load, &str); 6] = [
    (Load::Dear, "dear"),
    (Load::Deniable, "deniable"),
    (Load::Large, "large"),
    (Load::Letter, "letter"),
    (Load::Nested, "nested"),
    (Load::Paid, "paid"),
];

impl Load {
    /// All of them.
    pub const ALL: [Load; 6] = [Load::Dear, Load::Deniable, Load::Large, Load::Letter, Load::Nested, Load::Paid];

    /// The word of a script.
    #[must_use]
    pub fn word(self) -> &'static str {
        LOADS.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| *word)
    }

    /// What a word of a script means.
    #[must_use]
    pub fn read(word: &str) -> Option<Load> {
        LOADS.iter().find(|(_, known)| *known == word).map(|(load, _)| *load)
    }
}

/// What an owner says about containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Say {
    /// It takes whatever it was told of.
    Accept,
    /// It does not want the newest that it was told of.
    Decline,
    /// The newest that it sends or takes shall come to nothing.
    Stop,
}

const SAYINGS: [(Say, &str); 3] = [(Say::Accept, "accept"), (Say::Decline, "decline"), (Say::Stop, "stop")];

impl Say {
    /// The word of a script.
    #[must_use]
    pub fn word(self) -> &'static str {
        SAYINGS.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| *word)
    }

    /// What a word of a script means.
    #[must_use]
    pub fn read(word: &str) -> Option<Say> {
        SAYINGS.iter().find(|(_, known)| *known == word).map(|(say, _)| *say)
    }
}

/// One container.
#[derive(Clone, Debug)]
pub struct Sent {
    /// From whom.
    pub from: Who,
    /// To whom.
    pub to: Who,
    /// Its name.
    pub id: Hash,
    /// What its contents are called by at the sender.
    pub draft: Hash,
    /// What is in it.
    pub load: Load,
    /// Good by good, what has bytes.
    pub contents: Vec<(u64, Vec<u8>)>,
    /// What is paid in it, in minor units.
    pub amount: Option<u64>,
}

impl Market {
    /// Somebody puts a container together and is asked whether to send it.
    pub fn send(&mut self, load: Load, from: Who, to: Who, lasts: u64) -> Result<(), Trouble> {
        let text = self.letter_in(self.containers.len());
        let (mut goods, mut contents) = (Vec::new(), Vec::new());
        if load == Load::Nested {
            goods.push(json!({ "kind": "container", "name": "outer", "goods": 2 }));
            goods.push(json!({ "kind": "container", "name": "inner", "goods": 1 }));
        }
        let mut data = |goods: &mut Vec<Value>, name: &str, bytes: Vec<u8>| {
            let media = "application/octet-stream";
            contents.push((goods.len() as u64, bytes.clone()));
            goods.push(json!({ "kind": "data", "name": name, "media": media, "length": bytes.len() }));
        };
        data(&mut goods, "letter.txt", text.clone().into_bytes());
        match load {
            Load::Nested => data(&mut goods, "second.txt", format!("{text} Once more.").into_bytes()),
            Load::Large => data(&mut goods, "book.bin", text.bytes().cycle().take(LARGE).collect()),
            _ => {}
        }
        let amount = match load {
            Load::Paid => Some(500),
            Load::Dear => Some(self.plan.deposit.saturating_add(self.plan.deposit)),
            _ => None,
        };
        if let Some(minor) = amount {
            let amount = Amount::new(minor, self.home(from)?.currency)?.to_string();
            goods.push(json!({ "kind": "payment", "name": "price", "amount": amount }));
        }
        let peer = if self.shops.contains(&to) {
            self.world.seat(to)?.name.to_string()
        } else {
            let peer = self.world.peer(from, to).ok_or_else(|| Trouble::new("not connected"))?;
            peer.to_string()
        };
        let begin = json!({
            "command": "transfer-begin", "to": peer, "title": "Papers", "goods": goods, "life_ms": lasts,
            "origin": load != Load::Deniable,
        });
        let begun = self.world.command(from, &begin)?;
        let draft = begun.get("transfer").cloned().unwrap_or_default();
        for (good, bytes) in &contents {
            for (index, chunk) in bytes.chunks(CHUNK).enumerate() {
                let data = [Blob64(chunk.to_vec())];
                let chunk = json!({
                    "command": "transfer-chunk", "transfer": draft, "good": good, "index": index, "data": data,
                });
                self.world.command(from, &chunk)?;
            }
        }
        let sent = self.world.command(from, &json!({ "command": "transfer-send", "transfer": draft }))?;
        let hash = |value: Option<&Value>| value.and_then(Value::as_str).and_then(Hash::from_hex);
        let (Some(id), Some(draft)) = (hash(sent.get("transfer")), hash(Some(&draft))) else {
            return Err(Trouble::new("a container without a name"));
        };
        self.containers.push(Sent { from, to, id, draft, load, contents, amount });
        Ok(())
    }

    /// What the letter in the n-th container says: nobody but the two may read it.
    #[must_use]
    pub fn letter_in(&self, number: usize) -> String {
        let secret = seed_of(self.plan.seed, &format!("container/{number}"));
        format!("Container {number} holds {}.", semper_base::bytes::encode(&secret))
    }

    /// An owner says something. Nothing happens if it is too late, or the process is down.
    pub fn say_of_container(&mut self, who: Who, say: Say) -> Result<(), Trouble> {
        for sent in self.containers.clone().into_iter().rev() {
            let concerns = sent.to == who || (sent.from == who && say == Say::Stop);
            if !concerns || !self.world.is_up(who) {
                continue;
            }
            let request = json!({ "command": format!("transfer-{}", say.word()), "transfer": sent.id });
            if self.world.command(who, &request).is_ok() && say != Say::Accept {
                return Ok(());
            }
        }
        Ok(())
    }

    fn container_row(&mut self, who: Who, id: Hash) -> Result<Option<Value>, Trouble> {
        self.world.row(who, &Key::new("transfer", id))
    }

    /// The sender's machine, once its owner has signed.
    pub fn sender_of(&mut self, sent: &Sent) -> Result<Option<Sender>, Trouble> {
        let row = self.container_row(sent.from, sent.id)?;
        let machine =
            row.and_then(|row| row.pointer("/side/Out/machine").cloned()).filter(|machine| !machine.is_null());
        machine.map(serde_json::from_value).transpose().map_err(|e| Trouble::new(e.to_string()))
    }

    /// The receiver's machine, once it was told.
    pub fn receiver_of(&mut self, sent: &Sent) -> Result<Option<Receiver>, Trouble> {
        let row = self.container_row(sent.to, sent.id)?;
        let machine = row.and_then(|row| row.pointer("/side/In/machine").cloned());
        machine.map(serde_json::from_value).transpose().map_err(|e| Trouble::new(e.to_string()))
    }

    /// The bytes of a good as its receiver reads them; none if it shows nothing.
    pub fn read_good(&mut self, sent: &Sent, good: u64) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        for index in 0..1_000_u64 {
            let open = json!({ "command": "transfer-open", "transfer": sent.id, "good": good, "index": index });
            let found = self.world.command(sent.to, &open).ok()?;
            let data: Blob64 = serde_json::from_value(found.get("data").cloned()?).ok()?;
            all.extend(data.0);
            if found.get("chunks").and_then(Value::as_u64)? <= index + 1 {
                break;
            }
        }
        Some(all)
    }

    /// Whether a party still has a chunk of what lay in it.
    pub fn has_content(&mut self, who: Who, of: Hash, good: u64) -> Result<bool, Trouble> {
        let chunk = ChunkRef { blob: format!("transfer-{of}-{good}"), index: 0 };
        Ok(self.world.look(who, |transaction| transaction.chunk(&chunk))?.is_some())
    }
}
