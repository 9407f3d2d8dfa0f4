//! What can be seen of a stage, and what can be done next.

use semper_base::{Amount, Error, Timestamp};
use semper_blocks::statement::{Compact, Kind};

use super::{Fate, LETTERS_MAX, Letter, Stage};
use crate::act::{ACTS_MAX, Act};
use crate::cast::Who;
use crate::piece::{At, Cheat, Ruling, Wish};

/// What can be seen and done.
impl Stage {
    /// Who takes part.
    #[must_use]
    pub fn cast(&self) -> Vec<Who> {
        self.piece.cast()
    }

    /// Who was asked what by the question of this number, answered or not.
    #[must_use]
    pub fn asked(&self, number: usize) -> Option<(Who, Kind)> {
        self.asked.get(number).copied()
    }

    /// Whether no act can be added.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.scenes.len() >= ACTS_MAX || self.letters.len() >= LETTERS_MAX
    }

    /// How much it is about.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        self.piece.amount()
    }

    /// What was done so far, as [`crate::act::write`] takes it.
    #[must_use]
    pub fn acts(&self) -> Vec<Act> {
        self.scenes.iter().map(|scene| scene.act.clone()).collect()
    }

    /// Letters on their way.
    pub fn on_the_way(&self) -> impl Iterator<Item = &Letter> {
        self.letters.iter().filter(|letter| letter.fate == Fate::OnTheWay)
    }

    /// Where somebody stands, in one word of its machine.
    #[must_use]
    pub fn state(&self, who: Who) -> &'static str {
        self.piece.state(who)
    }

    /// When somebody acts by itself.
    #[must_use]
    pub fn deadline(&self, who: Who) -> Option<Timestamp> {
        self.piece.deadline(who).filter(|_| !self.silent.contains(&who))
    }

    /// What somebody has besides statements and money.
    #[must_use]
    pub fn has(&self, who: Who) -> Vec<&'static str> {
        self.piece.has(who)
    }

    /// The statements that somebody has: of which kind, by whom.
    #[must_use]
    pub fn statements(&self, who: Who) -> Vec<(&'static str, Option<Who>)> {
        let held = self.held.get(&who).into_iter().flatten();
        let one = |text: &String| {
            let known = Compact::parse(text).ok()?;
            Some((known.kind().word(), self.piece.signer(&known.key())))
        };
        held.filter_map(one).collect()
    }

    /// What each owner may want now.
    #[must_use]
    pub fn wishes(&self) -> Vec<(Who, Wish)> {
        let at = At { now: self.now, seed: 0 };
        let awake = self.piece.cast().into_iter().filter(|who| !self.silent.contains(who));
        let pairs = awake.flat_map(|who| Wish::ALL.map(|wish| (who, wish)));
        pairs.filter(|(who, wish)| self.piece.would(*who, *wish, at)).collect()
    }

    /// Every lie of this play, and whether the liar has what it needs now.
    #[must_use]
    pub fn cheats(&self) -> Vec<(Cheat, bool)> {
        let at = At { now: self.now, seed: 0 };
        let can = |cheat: Cheat| self.trick(cheat, at).is_ok_and(|trick| trick.is_some());
        self.piece.cheats().iter().map(|cheat| (*cheat, can(*cheat))).collect()
    }

    /// What would most plainly come next; none if all is over or nothing more happens by itself.
    #[must_use]
    pub fn next(&self) -> Option<Act> {
        if self.is_full() {
            return None;
        }
        if let Some(question) = self.questions.first() {
            return Some(Act::Sign(question.number));
        }
        if let Some(letter) = self.on_the_way().next() {
            return Some(Act::Deliver(letter.number));
        }
        let wish = self.piece.plain().filter(|wish| !self.silent.contains(&wish.0));
        if let Some((who, wish)) = wish.filter(|wish| self.wishes().contains(wish)) {
            return Some(Act::Command(who, wish));
        }
        let waits = self.piece.cast().into_iter().any(|who| self.deadline(who).is_some());
        (waits && !self.still).then_some(Act::Time)
    }

    /// Plays on in the plainest way until nothing more happens.
    ///
    /// # Errors
    /// Only what would be a fault of this program.
    pub fn play_on(&mut self) -> Result<(), Error> {
        for _ in 0..ACTS_MAX {
            let Some(act) = self.next() else { break };
            self.act(&act)?;
        }
        Ok(())
    }

    /// What the judge says about what one side has, or everybody together.
    ///
    /// # Errors
    /// Only what would be a fault of this program.
    pub fn ruling(&self, of: Option<Who>) -> Result<Ruling, Error> {
        let sides: Vec<Who> = self.piece.cast().into_iter().filter(|who| of.is_none_or(|of| of == *who)).collect();
        let mut pieces: Vec<String> = sides.iter().filter_map(|who| self.held.get(who)).flatten().cloned().collect();
        let proofs: Vec<String> = sides.iter().flat_map(|who| self.piece.proofs(*who, &pieces)).collect();
        pieces.extend(proofs);
        self.piece.judge(of, &pieces)
    }
}
