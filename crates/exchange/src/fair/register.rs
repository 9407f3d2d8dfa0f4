//! The notary's role in all exchanges of the frame: one row, written once.
//!
//! ```text
//!            abort by a party that may, or (where it collects) the end of the time
//!  [Open] ------------------------------------------------------------------> [Aborted]
//!     |      both promises, or (where it collects) a signature of every party
//!     +---------------------------------------------------------------------> [Resolved]
//!
//!  in rounds, [Open] or [Halted]: who stopped is answered by [`super::csn_c::rule`]
//!             halted -----------> [Halted]        resolved -----------> [Resolved]
//!
//!  [Aborted], [Resolved]: the same answer to every party that asks, for ever
//! ```
//!
//! What it may decide, and on what, is in [`super::frame::ground`]. Signatures that it collects it shows to
//! nobody and acknowledges to nobody: until it decides, what it says does not depend on who has signed.

use std::collections::BTreeMap;

use semper_base::code::{Code, Misuse};
use semper_base::{Error, Hash, Step, Timestamp, Violation, Xid};
use semper_blocks::delivery::{EscrowOpening, KeyOpening, open_escrow};
use semper_blocks::statement::{About, Compact, Kind, Statement, danger_typed_unverified};
use semper_support::crypto::KeyPair;
use serde::{Deserialize, Serialize};

use super::csn_c::rule::Answer;
use super::csn_c::{Told, table};
use super::deal::ByLeg;
use super::frame::effect::{conclude, out_of_turn};
use super::frame::statements as st;
use super::frame::{Checked, Content, Cx, Descriptor, Effect, Event, Means, Protocol, Seat, Slot};

/// One exchange on the notary's side.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Register {
    state: State,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum State {
    /// Nothing is decided. What was collected so far, by place.
    Open {
        signatures: BTreeMap<u8, String>,
        /// Of a mail: the key that came with the sender's.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        key: Option<KeyOpening>,
        /// Of a deal: the keys that came with the signatures, by leg.
        #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
        keys: ByLeg<KeyOpening>,
        /// And the holders' `locked`.
        #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
        locks: ByLeg<String>,
    },
    /// Final. With what forced it.
    Aborted { statement: String, pieces: Vec<String> },
    /// In an exchange of rounds: these were told that nothing comes of it for them.
    Halted { told: Vec<Told> },
    /// Final. With what forced it.
    Resolved { statement: String, pieces: Vec<String> },
}

impl Default for Register {
    fn default() -> Self {
        let state =
            State::Open { signatures: BTreeMap::new(), key: None, keys: BTreeMap::new(), locks: BTreeMap::new() };
        Register { state }
    }
}

impl Register {
    /// What is decided, in one word; `open` if nothing.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.state {
            State::Open { .. } => "open",
            State::Aborted { .. } => "aborted",
            State::Halted { .. } => "halted",
            State::Resolved { .. } => "resolved",
        }
    }

    /// When the notary must act by itself: at the end of the time, if somebody waits for it.
    #[must_use]
    pub fn deadline(&self, x: &Descriptor) -> Option<Timestamp> {
        match &self.state {
            State::Open { signatures, .. } if !signatures.is_empty() => Some(x.core.deadlines.expires),
            _ => None,
        }
    }

    /// One step. `seal` is the notary's sealing key; if X names another one, that is a fault of ours.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        seal: &KeyPair,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Register>, Error> {
        let next = Desk { x, seal, cx }.next(&self, event, out);
        conclude(self, next, out)
    }
}

struct Desk<'a> {
    x: &'a Descriptor,
    seal: &'a KeyPair,
    cx: &'a Cx<'a>,
}

impl Desk<'_> {
    fn next(&self, register: &Register, event: &Event, out: &mut Vec<Effect>) -> Result<Register, Error> {
        if self.cx.author()?.public != self.x.core.notary.key {
            return Err(Violation::new(Code::RegisterWrong, "another notary").into());
        }
        if self.x.core.notary_seal.as_ref().is_some_and(|named| *named != self.seal.public) {
            return Err(Misuse::new(Code::KeyMissing, "the sealing key of this descriptor").into());
        }
        match (event, &register.state) {
            (Event::Message { from: from @ Seat::Party(by), content }, State::Halted { told }) => {
                self.rounds(told, (*by, *from), content, out)
            }
            (Event::Message { from: from @ Seat::Party(by), content }, State::Open { .. })
                if self.x.core.protocol == Protocol::CsnC =>
            {
                self.rounds(&[], (*by, *from), content, out)
            }
            (Event::Message { from: from @ Seat::Party(_), content }, State::Open { signatures, key, keys, locks }) => {
                let have = Have { signatures, key: key.as_ref(), keys, locks };
                self.open(have, *from, content, out)
            }
            (Event::Message { from: from @ Seat::Party(_), content }, _) if is_request(content) => {
                out.extend(register.answer(*from));
                Ok(register.clone())
            }
            (Event::Deadline, State::Open { .. }) if self.is_over() => self.expire(out),
            (Event::Deadline, _) => Ok(register.clone()),
            _ => Err(out_of_turn("notary").into()),
        }
    }

    fn open(&self, have: Have<'_>, from: Seat, content: &Checked, out: &mut Vec<Effect>) -> Result<Register, Error> {
        match (self.x.core.protocol, content) {
            (_, Checked::Abort { abort, .. }) => self.abort(st::AbortBasis::Asked, vec![abort.text.clone()], out),
            (Protocol::Cs2, Checked::Resolve(promises)) => self.resolve(texts(promises), None, vec![], out),
            (Protocol::Cm, Checked::ResolveMail { promises, means }) => self.deliver(texts(promises), means, out),
            (
                _,
                Checked::Key { .. } | Checked::Signature { .. } | Checked::Submission { .. } | Checked::Status { .. },
            ) if self.is_over() => self.expire(out),
            (Protocol::CmOnline, Checked::Key { by: by @ 0, signature, opening }) => {
                self.collect(Have { key: Some(opening), ..have }, *by, signature, out)
            }
            (Protocol::CmOnline, Checked::Signature { by: by @ 1, signature })
            | (Protocol::CsnA, Checked::Signature { by, signature }) => self.collect(have, *by, signature, out),
            (Protocol::Deal, Checked::Submission { by, signature, keys, locks }) => {
                let (keys, locks) = (&both(have.keys, keys), &both(have.locks, locks));
                self.collect(Have { keys, locks, ..have }, *by, signature, out)
            }
            (_, Checked::Status { .. }) => {
                self.unmet(from, out)?;
                Ok(have.kept(have.signatures.clone()))
            }
            _ => Err(out_of_turn("notary").into()),
        }
    }

    /// Whoever was told that nothing comes of it is told so again, whoever stops now gets what is due by
    /// [`super::csn_c::rule`].
    fn rounds(
        &self,
        told: &[Told],
        (by, from): (u8, Seat),
        content: &Checked,
        out: &mut Vec<Effect>,
    ) -> Result<Register, Error> {
        if let (Checked::Status { .. } | Checked::Stop { .. }, Some((statement, pieces))) =
            (content, table::told(told, by))
        {
            out.push(Effect::Send { to: from, content: Content::Decision { pieces, statement } });
            return Ok(halted(told.to_vec()));
        }
        match content {
            Checked::Stop { by, pledges, stop } => match table::due(told, stop.body.round) {
                Answer::Resolved => self.resolve(pledges.clone(), None, vec![], out),
                Answer::Halted => self.halt(told, *by, stop, out),
            },
            Checked::Status { .. } => {
                self.unmet(from, out)?;
                Ok(halted(told.to_vec()))
            }
            _ => Err(out_of_turn("notary").into()),
        }
    }

    /// Tells whoever stopped, and nobody else: it says nothing about anybody who has not.
    fn halt(
        &self,
        told: &[Told],
        by: u8,
        stop: &Statement<st::Stop>,
        out: &mut Vec<Effect>,
    ) -> Result<Register, Error> {
        let (round, pieces) = (stop.body.round, table::pieces(told, &stop.text));
        let body = st::Halted { at: self.cx.now(), party: by.saturating_add(1), round, ground: hashes(&pieces) };
        let statement = self.cx.author()?.answer(&self.cx.base, self.about(), body)?.text;
        out.push(Effect::Row { slot: Slot::Stopped(by), statement: statement.clone() });
        out.push(Effect::Keep(stop.text.clone()));
        let one = Told { by, round, stop: stop.text.clone(), halted: statement.clone() };
        let content = Content::Decision { pieces, statement };
        out.push(Effect::Send { to: Seat::Party(by), content });
        Ok(halted(told.iter().cloned().chain([one]).collect()))
    }

    fn unmet(&self, to: Seat, out: &mut Vec<Effect>) -> Result<(), Error> {
        let unmet = st::Unmet { at: self.cx.now(), what: Kind::Resolved };
        let statement = self.cx.author()?.answer(&self.cx.base, self.about(), unmet)?.text;
        out.push(Effect::Send { to, content: Content::Unmet { statement } });
        Ok(())
    }

    /// Only where the notary collects does the time end anything.
    fn is_over(&self) -> bool {
        let collects = self.x.core.protocol.collects();
        collects && self.cx.now() >= self.x.core.deadlines.expires
    }

    fn expire(&self, out: &mut Vec<Effect>) -> Result<Register, Error> {
        self.abort(st::AbortBasis::Expired, vec![], out)
    }

    /// Keeps the first signature of each party, and says nothing before all are here.
    fn collect(
        &self,
        have: Have<'_>,
        by: u8,
        signature: &Statement<st::Signature>,
        out: &mut Vec<Effect>,
    ) -> Result<Register, Error> {
        if !signature.body.promises.is_empty() {
            return Err(Violation::new(Code::RefWrong, "signature").into());
        }
        let mut signatures = have.signatures.clone();
        signatures.entry(by).or_insert_with(|| signature.text.clone());
        if signatures.len() < self.x.core.parties.len() {
            return Ok(have.kept(signatures));
        }
        let keys = have.keys.values().cloned().collect();
        let pieces = signatures.into_values().chain(have.locks.values().cloned()).collect();
        self.resolve(pieces, have.key.cloned(), keys, out)
    }

    fn abort(&self, basis: st::AbortBasis, pieces: Vec<String>, out: &mut Vec<Effect>) -> Result<Register, Error> {
        let body = st::Aborted { at: self.cx.now(), basis, ground: hashes(&pieces) };
        let statement = self.cx.author()?.answer(&self.cx.base, self.about(), body)?.text;
        Ok(self.decided(State::Aborted { statement, pieces }, out))
    }

    /// A mail whose key is here, or in the box that X names. What is wrong with a box that is another one, or with
    /// our own key, says nothing about the sender.
    fn deliver(&self, promises: Vec<String>, means: &Means, out: &mut Vec<Effect>) -> Result<Register, Error> {
        let sealed = match means {
            Means::Key(opening) => return self.resolve(promises, Some(opening.clone()), vec![], out),
            Means::Box(sealed) => &sealed.0.0,
        };
        let x = self.x;
        let missing = || Misuse::new(Code::DescriptorWrong, "no escrow");
        let (named, hash) = (x.core.notary_seal.as_ref().ok_or_else(missing)?, x.escrow_hash.ok_or_else(missing)?);
        let com_k = x.core.mail.as_ref().ok_or_else(missing)?.com_k;
        match open_escrow(self.cx.base.crypto, self.seal, named, sealed, &hash, x.core_bytes(), &com_k)? {
            EscrowOpening::Opened(key) => self.resolve(promises, Some(key), vec![], out),
            EscrowOpening::Bad(_) => self.abort(st::AbortBasis::BadEscrow, promises, out),
        }
    }

    fn resolve(
        &self,
        pieces: Vec<String>,
        key: Option<KeyOpening>,
        keys: Vec<KeyOpening>,
        out: &mut Vec<Effect>,
    ) -> Result<Register, Error> {
        let body = st::Resolved { at: self.cx.now(), ground: hashes(&pieces), key, keys };
        let statement = self.cx.author()?.answer(&self.cx.base, self.about(), body)?.text;
        Ok(self.decided(State::Resolved { statement, pieces }, out))
    }

    /// The row, what forced it, and the answer to everybody.
    fn decided(&self, state: State, out: &mut Vec<Effect>) -> Register {
        let register = Register { state };
        if let State::Aborted { statement, pieces } | State::Resolved { statement, pieces } = &register.state {
            out.push(Effect::Row { slot: Slot::Decision, statement: statement.clone() });
            out.extend(pieces.iter().cloned().map(Effect::Keep));
        }
        out.extend((0..self.x.parties()).filter_map(|place| register.answer(Seat::Party(place))));
        register
    }

    fn about(&self) -> About {
        About::exchange(self.x.xid, self.x.core.parties.iter().map(semper_support::crypto::PublicKey::id).collect())
    }
}

impl Register {
    /// The register that wrote this row, with the pieces that the row names: they are looked for, in its order, in all
    /// that was kept about the exchange. It is our own row and our own archive, so that no signature is verified again.
    ///
    /// # Errors
    /// What is no final decision about this exchange, and a piece that is missing.
    pub fn decided(row: &str, kept: Vec<String>, x: &Descriptor) -> Result<Register, Violation> {
        let kept: BTreeMap<Hash, String> = kept.into_iter().map(|text| (Hash::of(text.as_bytes()), text)).collect();
        let pieces = |xid: Option<Xid>, ground: &[Hash]| {
            if xid != Some(x.xid) {
                return Err(Violation::new(Code::XidWrong, "decision"));
            }
            let missing = |hash: &Hash| Violation::new(Code::ProofWrong, format!("no piece {hash}"));
            ground.iter().map(|hash| kept.get(hash).cloned().ok_or_else(|| missing(hash))).collect()
        };
        let statement = row.to_owned();
        let state = match Compact::parse(row)?.kind() {
            Kind::Aborted => {
                let aborted = danger_typed_unverified::<st::Aborted>(row)?;
                State::Aborted { statement, pieces: pieces(aborted.meta.xid, &aborted.body.ground)? }
            }
            Kind::Resolved => {
                let resolved = danger_typed_unverified::<st::Resolved>(row)?;
                State::Resolved { statement, pieces: pieces(resolved.meta.xid, &resolved.body.ground)? }
            }
            other => return Err(Violation::new(Code::KindWrong, other.word())),
        };
        Ok(Register { state })
    }

    /// Whether nothing else can come of it.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        matches!(self.state, State::Aborted { .. } | State::Resolved { .. })
    }

    /// The decision, as it is told to anybody at any time.
    #[must_use]
    pub fn decision(&self) -> Option<Content> {
        match &self.state {
            State::Halted { .. } | State::Open { .. } => None,
            State::Aborted { statement, pieces } | State::Resolved { statement, pieces } => {
                Some(Content::Decision { pieces: pieces.clone(), statement: statement.clone() })
            }
        }
    }

    fn answer(&self, to: Seat) -> Option<Effect> {
        self.decision().map(|content| Effect::Send { to, content })
    }
}

fn hashes(pieces: &[String]) -> Vec<Hash> {
    pieces.iter().map(|piece| Hash::of(piece.as_bytes())).collect()
}

/// Nobody stopped: nothing is there.
fn halted(told: Vec<Told>) -> Register {
    if told.is_empty() { Register::default() } else { Register { state: State::Halted { told } } }
}

/// What the notary has while nothing is decided.
#[derive(Clone, Copy)]
struct Have<'a> {
    signatures: &'a BTreeMap<u8, String>,
    key: Option<&'a KeyOpening>,
    keys: &'a ByLeg<KeyOpening>,
    locks: &'a ByLeg<String>,
}

impl Have<'_> {
    fn kept(&self, signatures: BTreeMap<u8, String>) -> Register {
        let (keys, locks) = (self.keys.clone(), self.locks.clone());
        Register { state: State::Open { signatures, key: self.key.cloned(), keys, locks } }
    }
}

/// What came first stays.
fn both<T: Clone>(first: &ByLeg<T>, then: &ByLeg<T>) -> ByLeg<T> {
    then.iter().chain(first).map(|(leg, one)| (*leg, one.clone())).collect()
}

fn texts(promises: &[Statement<st::Promise>; 2]) -> Vec<String> {
    promises.iter().map(|promise| promise.text.clone()).collect()
}

/// What a party may ask of a notary.
fn is_request(content: &Checked) -> bool {
    match content {
        Checked::Abort { .. }
        | Checked::Key { .. }
        | Checked::Resolve(_)
        | Checked::ResolveMail { .. }
        | Checked::Signature { .. }
        | Checked::Status { .. }
        | Checked::Stop { .. }
        | Checked::Submission { .. } => true,
        Checked::Decision(_) | Checked::Pledge { .. } | Checked::Promise { .. } | Checked::Unmet(_) => false,
    }
}

#[cfg(test)]
mod tests;
