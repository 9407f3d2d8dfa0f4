//! What dishonest parties of a contract in rounds may say.

use semper_base::{Error, Hash};
use semper_blocks::statement::{Kind, danger_typed_unverified};
use semper_exchange::fair::frame::Content;
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::party::Standing;

use super::lies::{A, B, Liar, cheat, hash, says};
use crate::cast::Who;
use crate::piece::{Cheat, Trick};
use crate::stage::{Fate, Letter};

const C: Who = Who::Party(2);

pub(super) const CHEATS: &[Cheat] = &[
    cheat("a-pledges-twice", A),
    cheat("a-stops-after-round", A),
    cheat("a-stops-and-goes-on", A),
    cheat("b-stops-next", B),
    cheat("b-keeps-signature", B),
    cheat("c-stops-when-done", C),
    cheat("notary-halts-alone", Who::Notary),
    cheat("notary-halts-late", Who::Notary),
    cheat("notary-says-both", Who::Notary),
    cheat("notary-denies", Who::Notary),
];

/// Whatever somebody says after its first pledge.
const LATER: &[&str] = &["pledge-2", "pledge-3", "signature", "stop-1", "stop-2", "stop-3", "stop-4"];

/// A stop that the notary has, and the pledges that came with it.
struct Stuck {
    by: u8,
    pledges: Vec<String>,
    round: u8,
    stop: String,
}

impl Liar<'_> {
    pub(super) fn of_rounds(&self, name: &str) -> Result<Option<Trick>, Error> {
        match name {
            "a-pledges-twice" => self.pledges_twice(),
            "a-stops-after-round" if self.heard_by_all() => Ok(Some(Trick { keeps: LATER, ..Trick::default() })),
            "a-stops-and-goes-on" => self.stops(A, 1),
            "b-stops-next" => self.stops(B, 2),
            "b-keeps-signature" => Ok(Some(Trick { keeps: &["signature"], ..Trick::default() })),
            "c-stops-when-done" if self.is_complete(C) => self.stops(C, 1),
            "notary-halts-alone" => self.halts_alone(),
            "notary-halts-late" => self.halts_late(),
            "notary-says-both" => self.says_two(),
            "notary-denies" => self.denies(),
            _ => Ok(None),
        }
    }

    fn is_complete(&self, who: Who) -> bool {
        self.paper.party(who).is_some_and(|party| party.standing() == Standing::Complete)
    }

    /// Whether both others have heard the first pledge of Anna's.
    fn heard_by_all(&self) -> bool {
        let heard = |letter: &&Letter| letter.from == A && letter.word == "pledge-1" && letter.fate == Fate::Taken;
        self.seen.letters.iter().filter(heard).count() >= 2
    }

    /// What somebody itself has said of this kind.
    fn said(&self, who: Who, kind: Kind) -> Vec<String> {
        self.seen.statements(who, kind).into_iter().filter(|text| self.signer(text) == Some(who)).collect()
    }

    /// Everybody's pledge of one round, in their order, if somebody has them all.
    fn pledges(&self, who: Who, round: u8) -> Option<Vec<String>> {
        let all = self.seen.statements(who, Kind::Pledge);
        let is_of = |text: &&String, place| self.signer(text) == Some(Who::Party(place)) && in_round(text) == round;
        let one = |place| all.iter().find(|text| is_of(text, place)).cloned();
        (0..self.paper.x().parties()).map(one).collect()
    }

    /// Ben hears another first pledge than Clara: what they pledge next cannot fit together.
    fn pledges_twice(&self) -> Result<Option<Trick>, Error> {
        if !self.said(A, Kind::Pledge).is_empty() {
            return Ok(None);
        }
        let statement = self.sign(A, st::Pledge { round: 1, vector: None })?;
        Ok(Some(Trick::says(vec![says(B, Content::Pledge { statement })])))
    }

    /// Tells the notary that it has stopped in this round, and has its program go on.
    fn stops(&self, who: Who, round: u8) -> Result<Option<Trick>, Error> {
        let again = self.said(who, Kind::Stop).iter().any(|text| stopped_in(text) == Some(round));
        let pledges = if round == 1 { Some(vec![]) } else { self.pledges(who, round.saturating_sub(1)) };
        let Some(pledges) = pledges.filter(|_| !again) else { return Ok(None) };
        let statement = self.sign(who, st::Stop { round })?;
        Ok(Some(Trick::says(vec![says(Who::Notary, Content::Stop { pledges, statement })])))
    }

    fn halted(&self, party: u8, round: u8, pieces: Vec<String>) -> Result<Content, Error> {
        let ground = pieces.iter().map(|piece| hash(piece)).collect();
        let body = st::Halted { at: self.at.now, party: party.saturating_add(1), round, ground };
        Ok(Content::Decision { pieces, statement: self.sign(Who::Notary, body)? })
    }

    fn halts_alone(&self) -> Result<Option<Trick>, Error> {
        Ok(Some(Trick::says(vec![says(A, self.halted(0, 1, vec![])?)])))
    }

    /// The last who stopped where everybody had pledged, so that by its rule the notary has to complete it.
    fn stuck(&self) -> Option<Stuck> {
        let stops = self.seen.statements(Who::Notary, Kind::Stop);
        let one = |stop: String| {
            let (round, Who::Party(by)) = (stopped_in(&stop)?, self.signer(&stop)?) else { return None };
            let pledges = self.pledges(Who::Notary, round.checked_sub(1)?)?;
            Some(Stuck { by, pledges, round, stop })
        };
        stops.into_iter().filter_map(one).next_back()
    }

    fn halts_late(&self) -> Result<Option<Trick>, Error> {
        let Some(Stuck { by, round, stop, .. }) = self.stuck() else { return Ok(None) };
        let content = self.halted(by, round, vec![stop])?;
        Ok(Some(Trick { mute: true, ..Trick::says(vec![says(Who::Party(by), content)]) }))
    }

    /// To whoever stopped that nothing comes of it, to the others that it is complete.
    fn says_two(&self) -> Result<Option<Trick>, Error> {
        let Some(Stuck { by, pledges, round, stop }) = self.stuck() else { return Ok(None) };
        let ground: Vec<Hash> = pledges.iter().map(|piece| hash(piece)).collect();
        let body = st::Resolved { at: self.at.now, ground, key: None, keys: Vec::new() };
        let resolved = Content::Decision { pieces: pledges, statement: self.sign(Who::Notary, body)? };
        let mut letters = vec![says(Who::Party(by), self.halted(by, round, vec![stop])?)];
        letters.extend(self.to_all(&resolved).into_iter().filter(|(to, _)| *to != Who::Party(by)));
        Ok(Some(Trick { mute: true, ..Trick::says(letters) }))
    }

    fn denies(&self) -> Result<Option<Trick>, Error> {
        let skew = self.paper.x().core.deadlines.skew_ms;
        let decided = self.seen.rows.iter().find(|row| row.kind == Kind::Resolved);
        if decided.is_none_or(|row| self.at.now <= row.at.plus(skew)) {
            return Ok(None);
        }
        let statement = self.sign(Who::Notary, st::Unmet { at: self.at.now, what: Kind::Resolved })?;
        Ok(Some(Trick::says(vec![says(A, Content::Unmet { statement })])))
    }
}

fn in_round(pledge: &str) -> u8 {
    danger_typed_unverified::<st::Pledge>(pledge).map_or(0, |pledge| pledge.body.round)
}

fn stopped_in(stop: &str) -> Option<u8> {
    Some(danger_typed_unverified::<st::Stop>(stop).ok()?.body.round)
}
