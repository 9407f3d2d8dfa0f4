//! Contracts and certified mail between the customers of a market, by the same commands that their owners give.
//! The file goes from hand to hand at once: how it travels is no part of these exchanges.

use std::sync::Arc;

use semper_base::{Blob64, Xid};
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
    /// A letter for its receipt, over the link of the two.
    Mail,
    /// The same through the notary.
    MailOnline,
}

const FORMS: [(Form, &str); 4] = [
    (Form::Contract, "contract"),
    (Form::ContractOnline, "contract-online"),
    (Form::Mail, "mail"),
    (Form::MailOnline, "mail-online"),
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
            "to": with.first(), "with": with, "optimistic": form.is_direct(), "expires_ms": lasts,
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
