//! Questions to the user, answered by script through the same event as the trusted screen's answer.

use semper_base::tx::Question;
use semper_driver::service::{Answer, Input};
use semper_support::tinguin::{Consent, Outcome};

use super::{Happening, Who, World};
use crate::fate::{self, Label, Mishap};
use crate::host::Job;
use crate::screen::Decision;
use crate::trouble::Trouble;

/// How long a user usually thinks, in milliseconds.
const THINKING: u64 = 500;

impl World {
    pub(super) fn ask(&mut self, who: Who, question: Question) -> Result<(), Trouble> {
        self.note(who, format_args!("asks {}", question.id));
        let serial = self.number.saturating_add(1);
        let id = question.id.clone();
        self.seat(who)?.questions.insert(id.clone(), (serial, question));
        self.think(who, id, serial);
        Ok(())
    }

    fn think(&mut self, who: Who, id: String, serial: u64) {
        let weather = self.weather.at(self.now);
        let label = Label::Think(self.name(who), 0);
        let range = weather.thinking;
        let happens = self.fate.at(label, self.now, |dice| {
            if range.0 < range.1 { vec![Mishap::Delay(dice.within(range))] } else { Vec::new() }
        });
        let usual = if range.0 == range.1 { range.0 } else { THINKING };
        self.after(fate::delay(&happens, usual), Happening::Answer { who, id, serial });
    }

    /// Whether a question of this kind is on a party's screen.
    pub fn is_asked(&mut self, who: Who, kind: &str) -> Result<bool, Trouble> {
        Ok(self.seat(who)?.questions.values().any(|(_, question)| question.kind == kind))
    }

    /// The user looks again at everything that is on the screen: after a change of the script.
    pub fn look_again(&mut self, who: Who) -> Result<(), Trouble> {
        let open: Vec<(String, u64)> =
            self.seat(who)?.questions.iter().map(|(id, (serial, _))| (id.clone(), *serial)).collect();
        for (id, serial) in open {
            self.think(who, id, serial);
        }
        Ok(())
    }

    pub(super) fn answer(&mut self, who: Who, id: &str, serial: u64) -> Result<(), Trouble> {
        let seat = self.seat(who)?;
        let Some((_, question)) = seat.questions.get(id).filter(|(number, _)| *number == serial && seat.up) else {
            return Ok(());
        };
        let question = question.clone();
        let outcome = match seat.script.decide(&question.kind) {
            Decision::Wait => return Ok(()),
            Decision::Decline => Outcome::Declined { transcript: format!("script: {}", question.id) },
            Decision::CannotAsk => Outcome::CouldNotAsk,
            Decision::Sign => Outcome::Signed {
                statement: seat.process.sign(&question)?,
                consent: Consent::Script,
                transcript: format!("script: {}", question.id),
            },
        };
        let word = match &outcome {
            Outcome::Signed { .. } => "signed",
            Outcome::Declined { .. } => "declined",
            Outcome::CouldNotAsk => "could not be asked",
        };
        seat.questions.remove(id);
        self.note(who, format_args!("user {word} {id}"));
        let worked = self.work(who, Job::Local(vec![Input::Answer(Answer { question, outcome })]))?;
        self.finish(who, worked)
    }
}
