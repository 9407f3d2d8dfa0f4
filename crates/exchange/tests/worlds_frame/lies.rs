//! What dishonest parties may say: whatever can be made with their own keys and what they have seen.

use std::collections::BTreeMap;

use semper_base::Hash;
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Body, Kind, make};
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::frame::{Content, Means, Protocol, Seat};
use semper_support::Context;
use semper_support::crypto::Ideal;

use super::model::Core;
use super::props::kind;
use super::state::State;
use super::world::{EXPIRES, OPENED, at};

impl Core {
    /// Whether the coalition reads it.
    pub(crate) fn reads(&self, message: u32) -> bool {
        let message = self.world.messages.get(message);
        !self.runs(message.to) || !self.runs(message.from)
    }

    /// What may be said now.
    pub(crate) fn lies(&mut self, state: &State) -> Vec<u32> {
        let known: Vec<u32> = state.net.iter().copied().filter(|message| self.reads(*message)).collect();
        if let Some(made) = self.lies.get(&known) {
            return made.clone();
        }
        let mut made = Vec::new();
        for seat in self.setting.dishonest {
            if *seat == Seat::Notary && self.in_rounds() {
                self.of_rounds_notary(&known, &mut made);
                continue;
            }
            if *seat == Seat::Notary {
                self.of_notary(&known, &mut made);
                continue;
            }
            match self.setting.protocol {
                Protocol::CsnC => self.of_rounds(*seat, &known, &mut made),
                Protocol::Cm | Protocol::Cs2 => self.of_two(*seat, &known, &mut made),
                _ => self.of_many(*seat, &mut made),
            }
        }
        // What was read can be said again by anybody.
        made.retain(|message| self.runs(self.world.messages.get(*message).to));
        made.sort_unstable();
        made.dedup();
        self.lies.insert(known, made.clone());
        made
    }

    /// `other` makes another statement with the same content.
    pub(crate) fn sign<B: Body>(&self, seat: Seat, body: B, other: bool) -> String {
        let (crypto, author) = (Ideal::new(2 + u64::from(other)), self.world.author(seat));
        let base = Context { now: OPENED, crypto: &crypto, keyring: &self.world.keyring };
        let meta = author.meta::<B>(&base, About::exchange(self.world.x.xid, vec![]), ANSWER_VALIDITY);
        make(&crypto, &author.secret, meta, body).unwrap().text
    }

    pub(crate) fn say(&mut self, from: Seat, to: Seat, content: Content, made: &mut Vec<u32>) {
        made.push(self.world.message(from, to, content));
    }

    /// Promises and signatures that the coalition has seen, with their signers.
    fn seen(&self, known: &[u32]) -> Vec<(Seat, String)> {
        let mut seen = Vec::new();
        for message in known {
            let message = self.world.messages.get(*message);
            match &message.content {
                Content::Promise { statement } => seen.push((message.from, statement.clone())),
                Content::Decision { pieces, .. } => {
                    seen.extend(
                        pieces
                            .iter()
                            .enumerate()
                            .map(|(at, piece)| (Seat::Party(u8::try_from(at).unwrap()), piece.clone())),
                    );
                }
                _ => {}
            }
        }
        seen.sort();
        seen.dedup();
        seen
    }

    fn of_two(&mut self, seat: Seat, known: &[u32], made: &mut Vec<u32>) {
        let seen = self.seen(known);
        let (a, b) = (Seat::Party(0), Seat::Party(1));
        let peer = if seat == a { b } else { a };
        let mut firsts: Vec<String> = seen.iter().filter(|(by, _)| *by == a).map(|(_, text)| text.clone()).collect();
        if seat == a || !self.runs(a) {
            firsts.extend([false, true].map(|other| self.sign(a, st::Promise { answers: None }, other)));
        }
        let abort = self.sign(seat, st::Abort {}, false);
        self.say(seat, Seat::Notary, Content::Abort { statement: abort }, made);
        for first in firsts {
            let answers = Some(Hash::of(first.as_bytes()));
            let mut seconds: Vec<String> = seen
                .iter()
                .filter(|(by, text)| *by == b && answers_to(text, answers))
                .map(|(_, text)| text.clone())
                .collect();
            if seat == a {
                self.say(a, b, Content::Promise { statement: first.clone() }, made);
            } else {
                let mine = self.sign(b, st::Promise { answers }, false);
                self.say(b, a, Content::Promise { statement: mine.clone() }, made);
                seconds.push(mine);
            }
            for second in seconds {
                let promises = [&first, &second].map(|text| Hash::of(text.as_bytes())).to_vec();
                let statement = self.sign(seat, st::Signature { promises }, false);
                if seat == a
                    && let Some(opening) = self.key()
                {
                    self.say(a, b, Content::Key { opening, statement: statement.clone() }, made);
                }
                self.say(seat, peer, Content::Signature { statement }, made);
                for content in self.requests(seat, known, &first, &second) {
                    self.say(seat, Seat::Notary, content, made);
                }
            }
        }
    }

    fn key(&self) -> Option<KeyOpening> {
        self.world.sending.as_ref().map(|sending| sending.defence.key.clone())
    }

    /// Whether the coalition has what opens the mail.
    pub(crate) fn has_key(&self, known: &[u32]) -> bool {
        let shown = |number: &u32| match &self.world.messages.get(*number).content {
            Content::Key { .. } | Content::ResolveMail { means: Means::Key(_), .. } => true,
            Content::ResolveMail { means: Means::Box(_), .. } => !self.runs(Seat::Notary) && !self.setting.bad_box,
            Content::Decision { statement, .. } => kind(statement) == Kind::Resolved,
            _ => false,
        };
        self.world.sending.is_some() && (!self.runs(Seat::Party(0)) || known.iter().any(shown))
    }

    /// What has the notary complete an exchange of two.
    fn requests(&self, seat: Seat, known: &[u32], first: &str, second: &str) -> Vec<Content> {
        let (first, second) = (first.to_owned(), second.to_owned());
        let Some(sending) = &self.world.sending else { return vec![Content::Resolve { first, second }] };
        let sealed = sending.parcel.sealed.clone().map(Means::Box);
        let key = self.key().filter(|_| seat == Seat::Party(0) || self.has_key(known)).map(Means::Key);
        let request = |means| Content::ResolveMail { first: first.clone(), second: second.clone(), means };
        sealed.into_iter().chain(key).map(request).collect()
    }

    /// Whatever it has ground for, to whomever it likes.
    fn of_notary(&mut self, known: &[u32], made: &mut Vec<u32>) {
        let mut grounds = Vec::new();
        let mut signatures = BTreeMap::new();
        for message in known {
            let message = self.world.messages.get(*message);
            match &message.content {
                Content::Abort { statement } => grounds.push((Some(st::AbortBasis::Asked), vec![statement.clone()])),
                Content::Resolve { first, second } => grounds.push((None, vec![first.clone(), second.clone()])),
                Content::ResolveMail { first, second, .. } => {
                    let promises = vec![first.clone(), second.clone()];
                    grounds.push((Some(st::AbortBasis::BadEscrow), promises.clone()));
                    grounds.extend(self.has_key(known).then_some((None, promises)));
                }
                Content::Key { statement, .. }
                | Content::Signature { statement }
                | Content::Submission { statement, .. } => {
                    signatures.insert(message.from, statement.clone());
                }
                _ => {}
            }
        }
        if self.setting.protocol.collects() {
            grounds.push((Some(st::AbortBasis::Expired), vec![]));
            if signatures.len() == usize::from(self.world.parties()) {
                grounds.push((None, signatures.into_values().collect()));
            }
        }
        for (basis, pieces) in grounds {
            let (at, ground) = (at(EXPIRES), pieces.iter().map(|piece| Hash::of(piece.as_bytes())).collect());
            let statements = match basis {
                Some(basis) => vec![self.sign(Seat::Notary, st::Aborted { at, basis, ground }, false)],
                None => {
                    let keys: Vec<_> = self.world.letters.iter().map(|letter| letter.key.clone()).collect();
                    let mut resolved = vec![st::Resolved { at, ground, key: self.key(), keys }];
                    if resolved[0].key.is_some() {
                        // It may keep the letter's key to itself.
                        resolved.push(st::Resolved { key: None, ..resolved[0].clone() });
                    }
                    resolved.into_iter().map(|resolved| self.sign(Seat::Notary, resolved, false)).collect()
                }
            };
            for statement in statements {
                for place in 0..self.world.parties() {
                    let content = Content::Decision { pieces: pieces.clone(), statement: statement.clone() };
                    self.say(Seat::Notary, Seat::Party(place), content, made);
                }
            }
        }
    }

    fn of_many(&mut self, seat: Seat, made: &mut Vec<u32>) {
        let abort = self.sign(seat, st::Abort {}, false);
        self.say(seat, Seat::Notary, Content::Abort { statement: abort }, made);
        for other in [false, true] {
            let statement = self.sign(seat, st::Signature { promises: vec![] }, other);
            let content = match (self.setting.protocol, seat) {
                (Protocol::Deal, Seat::Party(place)) => {
                    Content::Submission { keys: self.world.stock(place).keys, locks: vec![], statement }
                }
                (Protocol::CmOnline, Seat::Party(0)) => {
                    let opening = self.key().unwrap();
                    self.say(seat, Seat::Notary, Content::Signature { statement: statement.clone() }, made);
                    Content::Key { opening, statement }
                }
                _ => Content::Signature { statement },
            };
            self.say(seat, Seat::Notary, content, made);
        }
    }
}

fn answers_to(text: &str, answers: Option<Hash>) -> bool {
    let promise = semper_blocks::statement::danger_typed_unverified::<st::Promise>(text);
    promise.is_ok_and(|promise| promise.body.answers == answers)
}
