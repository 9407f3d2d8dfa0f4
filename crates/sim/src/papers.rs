//! Contracts, joint deals and certified mail between the customers of a market, by the same commands that their owners give.
//! The file goes from hand to hand at once: how it travels is no part of these exchanges.

use std::sync::Arc;

use semper_base::{Amount, Blob64, Xid};
use semper_exchange::fair::frame::Descriptor;
use semper_exchange::fair::party::Party;
use semper_services::common::signing::run::{Run, run_key};
use serde_json::{Value, json};

use crate::dice::seed_of;
use crate::market::Market;
use crate::trouble::Trouble;
use crate::world::Who;

/// What is signed or sent, and by which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// A contract of two over their own link.
    Contract,
    /// A contract of any number through the notary.
    ContractOnline,
    /// The first pays the second for a letter; whoever else is named only signs.
    Deal,
    /// A letter for its receipt, over the link of the two.
    Mail,
    /// The same through the notary.
    MailOnline,
    /// Everybody writes a letter to the next one, who pays for it.
    Ring,
    /// A contract of three to five in rounds, passed on by a notary that decides nothing unless somebody stops.
    Rounds,
}

const FORMS: [(Form, &str); 7] = [
    (Form::Contract, "contract"),
    (Form::ContractOnline, "contract-online"),
    (Form::Deal, "deal"),
    (Form::Mail, "mail"),
    (Form::MailOnline, "mail-online"),
    (Form::Ring, "ring"),
    (Form::Rounds, "rounds"),
];

impl Form {
    /// The word of a script.
    #[must_use]
    pub fn word(self) -> &'static str {
        FORMS.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| *word)
    }

    /// What a word of a script means.
    #[must_use]
    pub fn read(word: &str) -> Option<Form> {
        FORMS.iter().find(|(_, known)| *known == word).map(|(form, _)| *form)
    }

    fn is_mail(self) -> bool {
        matches!(self, Form::Mail | Form::MailOnline)
    }

    /// Whether the parties speak to each other.
    fn is_direct(self) -> bool {
        matches!(self, Form::Contract | Form::Mail)
    }

    /// Its table at wallet and shop, which is also the member that names it in a command.
    fn table(self) -> &'static str {
        if self.is_mail() { "mail" } else { "contract" }
    }
}

/// One contract or mail.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Which kind.
    pub form: Form,
    /// In the order of their places.
    pub parties: Vec<Who>,
    /// Its register.
    pub notary: Who,
    /// X.
    pub x: Arc<Descriptor>,
    /// What is agreed on, or written: nobody else may read it.
    pub text: String,
    /// As commands want it.
    file: Value,
}

/// What an owner may wish of a paper that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wish {
    /// Let nothing come of it.
    Abort,
    /// Have the notary complete it.
    Resolve,
    /// Ask the notary what it has.
    Resume,
}

const WISHES: [(Wish, &str); 3] = [(Wish::Abort, "abort"), (Wish::Resolve, "resolve"), (Wish::Resume, "ask")];

impl Wish {
    /// The word of a script.
    #[must_use]
    pub fn word(self) -> &'static str {
        WISHES.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| *word)
    }

    /// What a word of a script means.
    #[must_use]
    pub fn read(word: &str) -> Option<Wish> {
        WISHES.iter().find(|(_, known)| *known == word).map(|(wish, _)| *wish)
    }
}

impl Market {
    /// The first of these makes a contract or mail with the others, to be signed within so many milliseconds, and
    /// signs it; the others sign when [`Market::sign`] says so.
    pub fn make_paper(&mut self, form: Form, parties: &[Who], lasts: u64) -> Result<(), Trouble> {
        let (maker, others) = parties.split_first().ok_or_else(|| Trouble::new("a paper of nobody"))?;
        let secret = seed_of(self.plan.seed, &format!("paper/{}", self.papers.len()));
        let text = format!("Paper {} says {}.", self.papers.len(), semper_base::bytes::encode(&secret));
        let parts = self.parts(form, parties, &text)?;
        let mut with = Vec::new();
        for other in others {
            with.push(if form.is_direct() {
                json!({ "link": self.world.seat(*other)?.name.to_string() })
            } else {
                let card = self.world.command(*other, &json!({ "command": "contract-card" }))?;
                json!({ "certificate": card.get("certificate") })
            });
        }
        let command = if form.is_mail() { "mail-send" } else { "contract-new" };
        let request = json!({
            "command": command, "title": format!("Paper {}", self.papers.len()), "text": text,
            "to": with.first(), "with": with, "parts": parts, "optimistic": form.is_direct(), "expires_ms": lasts,
            "asynchronous": form == Form::Rounds,
        });
        let made = self.world.command(*maker, &request)?;
        let file = made.get("file").cloned().unwrap_or_default();
        let Blob64(bytes) = serde_json::from_value(file.clone()).map_err(|e| Trouble::new(e.to_string()))?;
        let read: Value = serde_json::from_slice(&bytes).map_err(|e| Trouble::new(e.to_string()))?;
        let x = read.get("descriptor").cloned().unwrap_or_default();
        let Blob64(x) = serde_json::from_value(x).map_err(|e| Trouble::new(e.to_string()))?;
        let (x, notary) = (Arc::new(Descriptor::read(&x)?), self.home(*maker)?.notary);
        self.papers.push(Paper { form, parties: parties.to_vec(), notary, x, text, file });
        self.sign(*maker)
    }

    /// The letters and payments of a joint deal, as those make them who give them.
    fn parts(&mut self, form: Form, parties: &[Who], text: &str) -> Result<Vec<Value>, Trouble> {
        let mut parts = Vec::new();
        let legs: Vec<(usize, usize)> = match form {
            Form::Deal => vec![(1, 0)],
            Form::Ring => (0..parties.len()).map(|from| (from, (from + 1) % parties.len())).collect(),
            _ => Vec::new(),
        };
        for (from, to) in legs {
            let of = |place: usize| parties.get(place).copied().ok_or_else(|| Trouble::new("nobody to deal with"));
            let (giver, receiver) = (of(from)?, of(to)?);
            let card = self.world.command(receiver, &json!({ "command": "contract-card" }))?;
            let sealed = self.world.command(
                giver,
                &json!({
                    "command": "contract-seal", "name": "letter.txt", "media_type": "text/plain",
                    "data": Blob64(letter_of(text, from)), "to": { "certificate": card.get("certificate") },
                }),
            )?;
            let amount = Amount::new(100 * (from as u64 + 1), self.home(giver)?.currency)?;
            let bill = json!({ "command": "contract-bill", "amount": amount.to_string() });
            let bill = self.world.command(giver, &bill)?;
            let paid = json!({ "command": "contract-pay", "bill": bill.get("file") });
            let paid = self.world.command(receiver, &paid)?;
            parts.extend([sealed, paid].iter().filter_map(|part| part.get("file").cloned()));
        }
        Ok(parts)
    }

    /// A party is asked to sign, or to take, whatever lies before it and is not begun.
    pub fn sign(&mut self, who: Who) -> Result<(), Trouble> {
        for paper in self.papers.clone() {
            let Some(place) = paper.parties.iter().position(|party| *party == who) else { continue };
            if !self.world.is_up(who) || self.paper_run(who, paper.x.xid)?.is_some() {
                continue;
            }
            let command = match (paper.form.is_mail(), place) {
                // It was sent as it was made.
                (true, 0) => continue,
                (true, _) => "mail-take",
                (false, _) => "contract-sign",
            };
            // Too late, another notary, a disk that is full: the owner lets it be.
            drop(self.world.command(who, &json!({ "command": command, "file": paper.file })));
        }
        Ok(())
    }

    /// The owner wishes something of the newest paper that has begun.
    pub fn wish_of_paper(&mut self, who: Who, wish: Wish) -> Result<(), Trouble> {
        for paper in self.papers.clone().iter().rev().filter(|paper| paper.parties.contains(&who)) {
            if !self.world.is_up(who) {
                return Ok(());
            }
            if self.paper_run(who, paper.x.xid)?.is_none() {
                continue;
            }
            let table = paper.form.table();
            let word = match wish {
                Wish::Abort => "abort",
                Wish::Resolve => "resolve",
                Wish::Resume => "resume",
            };
            let mut request = json!({ "command": format!("{table}-{word}") });
            if let Value::Object(members) = &mut request {
                members.insert(table.to_owned(), json!(paper.x.xid));
            }
            drop(self.world.command(who, &request));
            return Ok(());
        }
        Ok(())
    }

    /// How far a party has come with a paper.
    pub fn paper_run(&mut self, who: Who, xid: Xid) -> Result<Option<Run<Party>>, Trouble> {
        self.world.row(who, &run_key(xid))
    }
}

/// What the party at this place of a joint deal writes.
pub(crate) fn letter_of(text: &str, place: usize) -> Vec<u8> {
    format!("{text} Place {place} wrote this.").into_bytes()
}
