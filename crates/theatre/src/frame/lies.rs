//! What dishonest parties may say: whatever can be made with their own key and what they have seen.

use semper_base::{Error, Hash, Role, Timestamp};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, Kind, make};
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::frame::{Content, Protocol};
use semper_support::crypto::Ideal;

use super::Paper;
use crate::cast::{Play, Who};
use crate::piece::{At, Cheat, Said, Seen, Trick};
use crate::time::{Surroundings, secret};

pub(super) const A: Who = Who::Party(0);
pub(super) const B: Who = Who::Party(1);

pub(super) const fn cheat(name: &'static str, who: Who) -> Cheat {
    Cheat { name, who }
}

/// Of the notary, wherever it decides.
const SAYS_BOTH: Cheat = cheat("notary-says-both", Who::Notary);
const DENIES: Cheat = cheat("notary-denies", Who::Notary);

const PAIR: &[Cheat] = &[
    cheat("a-aborts-and-signs", A),
    cheat("a-keeps-signature", A),
    cheat("a-promises-twice", A),
    cheat("b-keeps-signature", B),
    cheat("b-aborts", B),
    cheat("notary-aborts-alone", Who::Notary),
    SAYS_BOTH,
    DENIES,
];
const THROUGH: &[Cheat] = &[
    cheat("a-signs-and-aborts", A),
    cheat("b-signs-for-a", B),
    cheat("notary-ends-early", Who::Notary),
    SAYS_BOTH,
    DENIES,
];
const MAIL: &[Cheat] = &[
    cheat("a-bad-box", A),
    cheat("a-keeps-key", A),
    cheat("a-signs-without-key", A),
    cheat("a-sends-false-key", A),
    cheat("a-aborts-and-signs", A),
    cheat("b-keeps-receipt", B),
    cheat("notary-cries-bad-box", Who::Notary),
    cheat("notary-gives-false-key", Who::Notary),
    SAYS_BOTH,
    DENIES,
];
const MAIL_THROUGH: &[Cheat] = &[
    cheat("a-keeps-key", A),
    cheat("a-signs-and-aborts", A),
    cheat("b-signs-for-a", B),
    cheat("notary-ends-early", Who::Notary),
    cheat("notary-gives-false-key", Who::Notary),
    SAYS_BOTH,
    DENIES,
];

pub(super) fn cheats(protocol: Protocol) -> &'static [Cheat] {
    match protocol {
        // Joint deals are another play.
        Protocol::Cs2 | Protocol::Deal => PAIR,
        Protocol::Cm => MAIL,
        Protocol::CmOnline => MAIL_THROUGH,
        Protocol::CsnC => super::rounds::CHEATS,
        Protocol::CsnA => THROUGH,
    }
}

pub(super) struct Liar<'a> {
    pub(super) paper: &'a Paper,
    pub(super) seen: Seen<'a>,
    pub(super) at: At,
}

impl Paper {
    pub(super) fn trick(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        let liar = Liar { paper: self, seen, at };
        if self.play == Play::Rounds {
            return liar.of_rounds(name);
        }
        if name.starts_with("notary-") { liar.of_notary(name) } else { liar.of_party(name) }
    }

    fn through(&self) -> bool {
        matches!(self.play, Play::MailThrough | Play::Through(_))
    }

    fn is_mail(&self) -> bool {
        self.world.sending.is_some()
    }
}

pub(super) fn says(to: Who, content: Content) -> (Who, Said) {
    (to, Said::Frame(content))
}

pub(super) fn hash(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}

fn wrong_key() -> KeyOpening {
    KeyOpening { k: secret("no"), r: secret("no") }
}

impl Liar<'_> {
    pub(super) fn sign<B: Body>(&self, who: Who, body: B) -> Result<String, Error> {
        let role = if who == Who::Notary { Role::Notary } else { Role::Party };
        let around = Surroundings::of(self.at);
        let author = Author::uncertified(role, self.paper.world.pair(who)?);
        let about = About::exchange(self.paper.x().xid, vec![]);
        let meta = author.meta::<B>(&around.context(self.at), about, ANSWER_VALIDITY);
        Ok(make(&Ideal::new(self.at.seed), &author.secret, meta, body)?.text)
    }

    /// What the two promised, if somebody has both.
    fn promises(&self, who: Who) -> Option<[String; 2]> {
        let all = self.seen.statements(who, Kind::Promise);
        let by = |whose| all.iter().find(|text| self.signer(text) == Some(whose)).cloned();
        Some([by(A)?, by(B)?])
    }

    /// What everybody signed, if somebody has all.
    fn signatures(&self, who: Who) -> Option<Vec<String>> {
        let all = self.seen.statements(who, Kind::Signature);
        let parties = 0..self.paper.x().parties();
        parties.map(|place| all.iter().find(|text| self.signer(text) == Some(Who::Party(place))).cloned()).collect()
    }

    pub(super) fn signer(&self, text: &str) -> Option<Who> {
        let compact = semper_blocks::statement::Compact::parse(text).ok()?;
        self.paper.x().seat(&compact.key()).map(super::who)
    }

    fn of_party(&self, name: &str) -> Result<Option<Trick>, Error> {
        let abort =
            |who| Ok::<_, Error>(says(Who::Notary, Content::Abort { statement: self.sign(who, st::Abort {})? }));
        let key = || self.paper.world.sending.as_ref().map(|sending| sending.defence.key.clone());
        Ok(Some(match name {
            "a-bad-box" if !self.seen.begun => Trick { anew: true, ..Trick::default() },
            "a-aborts-and-signs" => {
                if self.promises(A).is_none() {
                    return Ok(None);
                }
                Trick::says(vec![abort(A)?])
            }
            "a-keeps-signature" | "b-keeps-signature" | "b-keeps-receipt" => {
                Trick { keeps: &["signature"], ..Trick::default() }
            }
            "a-keeps-key" => Trick { keeps: &["key", "resolve-mail"], ..Trick::default() },
            "a-promises-twice" => {
                if self.seen.statement(A, Kind::Promise).is_none() {
                    return Ok(None);
                }
                let statement = self.sign(A, st::Promise { answers: None })?;
                Trick::says(vec![says(B, Content::Promise { statement })])
            }
            "b-aborts" => Trick::says(vec![abort(B)?]),
            "a-signs-and-aborts" => {
                let statement = self.sign(A, st::Signature { promises: vec![] })?;
                let content = match key() {
                    Some(opening) => Content::Key { opening, statement },
                    None => Content::Signature { statement },
                };
                Trick::says(vec![says(Who::Notary, content), abort(A)?])
            }
            "b-signs-for-a" => {
                let statement = self.sign(B, st::Signature { promises: vec![] })?;
                let content = match key() {
                    Some(opening) => Content::Key { opening, statement },
                    None => Content::Signature { statement },
                };
                Trick::says(vec![says(Who::Notary, content)])
            }
            "a-signs-without-key" | "a-sends-false-key" => {
                let Some(promises) = self.promises(A) else { return Ok(None) };
                let promises = promises.iter().map(|text| hash(text)).collect();
                let statement = self.sign(A, st::Signature { promises })?;
                let content = if name == "a-signs-without-key" {
                    Content::Signature { statement }
                } else {
                    Content::Key { opening: wrong_key(), statement }
                };
                Trick::says(vec![says(B, content)])
            }
            _ => return Ok(None),
        }))
    }

    fn aborted(&self, at: Timestamp, basis: st::AbortBasis, pieces: Vec<String>) -> Result<Content, Error> {
        let ground = pieces.iter().map(|piece| hash(piece)).collect();
        let statement = self.sign(Who::Notary, st::Aborted { at, basis, ground })?;
        Ok(Content::Decision { pieces, statement })
    }

    fn resolved(&self, key: Option<KeyOpening>, pieces: Vec<String>) -> Result<Content, Error> {
        let ground = pieces.iter().map(|piece| hash(piece)).collect();
        let statement = self.sign(Who::Notary, st::Resolved { at: self.at.now, ground, key, keys: Vec::new() })?;
        Ok(Content::Decision { pieces, statement })
    }

    /// What could complete it, as far as the notary has seen.
    fn grounds(&self) -> Option<Vec<String>> {
        if self.paper.through() { self.signatures(Who::Notary) } else { self.promises(Who::Notary).map(Vec::from) }
    }

    pub(super) fn to_all(&self, content: &Content) -> Vec<(Who, Said)> {
        (0..self.paper.x().parties()).map(|place| says(Who::Party(place), content.clone())).collect()
    }

    fn of_notary(&self, name: &str) -> Result<Option<Trick>, Error> {
        let (now, times) = (self.at.now, &self.paper.x().core.deadlines);
        let decided = self.seen.rows.first();
        Ok(Some(match name {
            "notary-aborts-alone" => Trick::says(self.to_all(&self.aborted(now, st::AbortBasis::Asked, vec![])?)),
            "notary-ends-early" if now < times.expires => {
                Trick::says(self.to_all(&self.aborted(now, st::AbortBasis::Expired, vec![])?))
            }
            "notary-cries-bad-box" => {
                let Some(pieces) = self.grounds() else { return Ok(None) };
                let content = self.aborted(now, st::AbortBasis::BadEscrow, pieces)?;
                Trick { mute: true, ..Trick::says(self.to_all(&content)) }
            }
            "notary-gives-false-key" => {
                let Some(pieces) = self.grounds() else { return Ok(None) };
                let content = self.resolved(Some(wrong_key()), pieces)?;
                Trick { mute: true, ..Trick::says(vec![says(B, content)]) }
            }
            "notary-says-both" => return self.says_both(),
            "notary-denies" if decided.is_some_and(|row| now > row.at.plus(times.skew_ms)) => {
                let statement = self.sign(Who::Notary, st::Unmet { at: now, what: Kind::Resolved })?;
                Trick::says(vec![says(A, Content::Unmet { statement })])
            }
            _ => return Ok(None),
        }))
    }

    /// That it is complete to the last, that nothing came of it to the first: each with its ground.
    fn says_both(&self) -> Result<Option<Trick>, Error> {
        let Some(pieces) = self.grounds() else { return Ok(None) };
        let key =
            self.paper.is_mail().then(|| self.paper.world.sending.as_ref().map(|s| s.defence.key.clone())).flatten();
        let aborted = match (self.paper.through(), self.seen.statement(Who::Notary, Kind::Abort)) {
            (_, Some(abort)) => self.aborted(self.at.now, st::AbortBasis::Asked, vec![abort])?,
            // It lies about the time too.
            (true, None) => self.aborted(self.paper.x().core.deadlines.expires, st::AbortBasis::Expired, vec![])?,
            (false, None) if self.paper.is_mail() => {
                self.aborted(self.at.now, st::AbortBasis::BadEscrow, pieces.clone())?
            }
            (false, None) => return Ok(None),
        };
        let resolved = self.resolved(key, pieces)?;
        Ok(Some(Trick { mute: true, ..Trick::says(vec![says(A, aborted), says(B, resolved)]) }))
    }
}
