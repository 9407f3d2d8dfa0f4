//! What liars do in contracts, joint deals and certified mail beside what their services do: each signs something that the
//! honest machine never signs, with its own key, and sends it.

use std::collections::BTreeMap;

use semper_base::{Blob64, Hash, Key, Role};
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, make};
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::frame::{Content, Means, Packet, Protocol};
use semper_exchange::fair::party::Party;
use semper_services::common::signing::PACKET;
use semper_services::common::signing::run::run_key;
use semper_support::Context;
use semper_support::crypto::Keyring;
use serde_json::Value;

use crate::market::Market;
use crate::papers::Paper;
use crate::trouble::Trouble;
use crate::world::Who;

/// A lie about the newest paper, or the newest lock, that the liar has to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Forgery {
    /// A party has the notary abort, or stops, and goes on as if it had not.
    Abort,
    /// Whoever is paid claims money by a key that opens nothing, or by a decision that it cannot show.
    Claim,
    /// A shop tells the bank that a parcel is on its way, and nobody else.
    Consign,
    /// A notary tells the first party that nothing came of it: that the time is over, or that the box is bad. In rounds, that
    /// it is complete.
    Decide,
    /// A bank tells the buyer of a parcel that the shop has all the money.
    Divide,
    /// Whoever pays wants money back that it cannot have; whoever is paid gives it back and claims it.
    GiveBack,
    /// The party that answers has the notary complete what it never answered.
    Resolve,
    /// A bank tells the payer of a lock that its money went back.
    Return,
    /// An arbiter gives everything to the shop, whatever it ruled before.
    Rule,
}

const FORGERIES: [(Forgery, &str); 9] = [
    (Forgery::Abort, "abort"),
    (Forgery::Claim, "claim"),
    (Forgery::Consign, "consign"),
    (Forgery::Decide, "decide"),
    (Forgery::Divide, "divide"),
    (Forgery::GiveBack, "give-back"),
    (Forgery::Resolve, "resolve"),
    (Forgery::Return, "return"),
    (Forgery::Rule, "rule"),
];

impl Forgery {
    /// The word of a script.
    #[must_use]
    pub fn word(self) -> &'static str {
        FORGERIES.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| *word)
    }

    /// What a word of a script means.
    #[must_use]
    pub fn read(word: &str) -> Option<Forgery> {
        FORGERIES.iter().find(|(_, known)| *known == word).map(|(forgery, _)| *forgery)
    }
}

impl Market {
    /// Somebody lies. Nothing happens if there is nothing to lie about, or it is down.
    pub fn forge(&mut self, who: Who, forgery: Forgery) -> Result<(), Trouble> {
        if matches!(forgery, Forgery::Claim | Forgery::GiveBack | Forgery::Return) {
            return if self.world.is_up(who) { self.forge_lock(who, forgery) } else { Ok(()) };
        }
        if matches!(forgery, Forgery::Consign | Forgery::Divide | Forgery::Rule) {
            return if self.world.is_up(who) { self.forge_parcel(who, forgery) } else { Ok(()) };
        }
        let concerns = |paper: &&Paper| paper.notary == who || paper.parties.contains(&who);
        let Some(paper) = self.papers.iter().rev().find(concerns).cloned() else { return Ok(()) };
        if !self.world.is_up(who) {
            return Ok(());
        }
        let place = paper.parties.iter().position(|party| *party == who);
        let (to, content) = match (forgery, place) {
            (Forgery::Abort, Some(place)) if paper.x.core.protocol == Protocol::CsnC => {
                (paper.notary, self.stopped(who, &paper, place)?)
            }
            (Forgery::Abort, Some(place)) => {
                let statement = self.forged(who, &paper, Some(place), st::Abort {})?;
                (paper.notary, Some(Content::Abort { statement }))
            }
            (Forgery::Resolve, Some(1)) => (paper.notary, self.unanswered(who, &paper)?),
            (Forgery::Decide, None) => (first(&paper)?, self.decided(who, &paper)?),
            _ => return Ok(()),
        };
        let (Some(content), Some(peer)) = (content, self.world.peer(who, to)) else { return Ok(()) };
        let packet = Packet { content, descriptor: Blob64(paper.x.bytes().to_vec()) };
        let body = serde_json::to_vec(&packet).map_err(|e| Trouble::new(e.to_string()))?;
        self.world.says(who, peer, PACKET, &body)
    }

    /// Signs with the key that X names for a place, or for the notary.
    fn forged<B: Body>(&mut self, who: Who, paper: &Paper, place: Option<usize>, body: B) -> Result<String, Trouble> {
        let core = &paper.x.core;
        let (role, key) = match place {
            Some(place) => (Role::Party, core.parties.get(place).ok_or_else(|| Trouble::new("no such place"))?),
            None => (Role::Notary, &core.notary.key),
        };
        let (pair, crypto) = (self.world.pair(who, key.id())?, self.world.provider(who)?);
        let (author, keyring) = (Author::uncertified(role, &pair), Keyring::for_simulation([0; 32]));
        let base = Context { now: self.world.now(), crypto: &*crypto, keyring: &keyring };
        let meta = author.meta::<B>(&base, About::exchange(paper.x.xid, vec![]), ANSWER_VALIDITY);
        Ok(make(&*crypto, &author.secret, meta, body)?.text)
    }

    /// Statements of one kind that a party has about a paper.
    fn known(&mut self, who: Who, paper: &Paper, kind: &str) -> Result<Vec<String>, Trouble> {
        let kept = self.kept(who, paper.x.xid)?.into_iter().filter(|(known, _)| known == kind);
        Ok(kept.filter_map(|(_, bytes)| String::from_utf8(bytes).ok()).collect())
    }

    /// The first promise with a second that the sender of the first never sees.
    fn unanswered(&mut self, who: Who, paper: &Paper) -> Result<Option<Content>, Trouble> {
        let Some(first) = self.known(who, paper, "promise")?.into_iter().next() else { return Ok(None) };
        let answers = Some(Hash::of(first.as_bytes()));
        let second = self.forged(who, paper, Some(1), st::Promise { answers })?;
        if paper.x.core.protocol != Protocol::Cm {
            return Ok(Some(Content::Resolve { first, second }));
        }
        let Some(Party::Receiver(receiver)) = self.paper_run(who, paper.x.xid)?.map(|run| run.machine) else {
            return Ok(None);
        };
        let sealed = receiver.parcel().sealed.clone();
        Ok(sealed.map(|sealed| Content::ResolveMail { first, second, means: Means::Box(sealed) }))
    }

    /// A stop in the round in which the party is, of which its machine knows nothing.
    fn stopped(&mut self, who: Who, paper: &Paper, place: usize) -> Result<Option<Content>, Trouble> {
        let run: Option<Value> = self.world.row(who, &run_key(paper.x.xid))?;
        let round = run.and_then(|run| run.pointer("/machine/rounds/stage/Running/round").cloned()).unwrap_or_default();
        let number = round.get("number").and_then(Value::as_u64).and_then(|number| u8::try_from(number).ok());
        let Some(round_number) = number else { return Ok(None) };
        let pledges = round.get("last").cloned().and_then(|last| serde_json::from_value(last).ok()).unwrap_or_default();
        let statement = self.forged(who, paper, Some(place), st::Stop { round: round_number })?;
        Ok(Some(Content::Stop { pledges, statement }))
    }

    /// What the notary has passed on: the latest round in which all have pledged, as if somebody had stopped after it.
    fn completed(&mut self, who: Who, paper: &Paper) -> Result<Option<Content>, Trouble> {
        let said: Option<Value> = self.world.row(who, &Key::new("relay", paper.x.xid))?;
        let lines = said.and_then(|said| said.get("lines").cloned()).unwrap_or_default();
        let mut rounds: BTreeMap<u64, BTreeMap<u64, String>> = BTreeMap::new();
        for line in lines.as_array().into_iter().flatten() {
            let number = |name: &str| line.get(name).and_then(Value::as_u64).unwrap_or_default();
            let pledge = line.pointer("/content/pledge/statement").and_then(Value::as_str);
            if let Some(pledge) = pledge {
                rounds.entry(number("round")).or_default().insert(number("by"), pledge.to_owned());
            }
        }
        let full = rounds.into_values().rev().find(|round| round.len() == paper.parties.len());
        let Some(pieces) = full.map(|round| round.into_values().collect::<Vec<_>>()) else { return Ok(None) };
        let ground = pieces.iter().map(|text| Hash::of(text.as_bytes())).collect();
        let resolved = st::Resolved { at: self.world.now(), ground, key: None, keys: vec![] };
        let statement = self.forged(who, paper, None, resolved)?;
        Ok(Some(Content::Decision { pieces, statement }))
    }

    /// Another decision than the true one, on what ground there is.
    fn decided(&mut self, who: Who, paper: &Paper) -> Result<Option<Content>, Trouble> {
        if paper.x.core.protocol == Protocol::CsnC {
            return self.completed(who, paper);
        }
        let (basis, pieces) = match paper.x.core.protocol {
            Protocol::CmOnline | Protocol::CsnA | Protocol::Deal => (st::AbortBasis::Expired, Vec::new()),
            Protocol::Cm => (st::AbortBasis::BadEscrow, self.known(who, paper, "promise")?),
            Protocol::Cs2 | Protocol::CsnC => return Ok(None),
        };
        if basis == st::AbortBasis::BadEscrow && pieces.len() != 2 {
            return Ok(None);
        }
        let (at, ground) = (paper.x.core.deadlines.expires, pieces.iter().map(|text| Hash::of(text.as_bytes())));
        let aborted = st::Aborted { at, basis, ground: ground.collect() };
        let statement = self.forged(who, paper, None, aborted)?;
        Ok(Some(Content::Decision { pieces, statement }))
    }
}

fn first(paper: &Paper) -> Result<Who, Trouble> {
    paper.parties.first().copied().ok_or_else(|| Trouble::new("a paper of nobody"))
}
