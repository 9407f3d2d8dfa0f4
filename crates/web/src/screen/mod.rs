//! The trusted screen's display in a browser: what it is to show, and the answer.
//!
//! ```text
//!            ask (the screen's own thread waits)
//! [empty] ---------------------------------------> [shown]
//!    ^          agreed, refused: by a form          |   |
//!    +---------------------------------------------+   |
//!    +--------------------------------------------------+  withdrawn: the party stops, or needs no answer
//! ```
//!
//! One question at a time: the display is exclusive. The form names the question and the payload's hash,
//! so that an old page cannot agree to a newer question.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use semper_base::{Code, Hash, Misuse};
use semper_support::tinguin::Screen;

/// How often a waiting screen looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(200);

/// A question as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The question's id.
    pub id: String,
    /// Who asks: the row of the deal or exchange.
    pub asker: String,
    /// What is signed, computed from its exact bytes.
    pub screen: Screen,
    /// The owner's own phrase.
    pub phrase: Option<String>,
    /// Who receives it, by certificate.
    pub receivers: Vec<String>,
}

/// What the person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Agreed to exactly what was shown.
    Agreed,
    /// Said no.
    Refused,
    /// Was not there, or the question lost its object.
    Unanswered,
}

/// The display. Shared by the screen's thread and the pages.
#[derive(Debug, Default)]
pub struct Display {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    shown: Option<Arc<Shown>>,
    answer: Option<Verdict>,
}

impl Display {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a question and waits for the answer. Blocks its thread; `withdrawn` is asked several times a
    /// second.
    pub fn ask(&self, shown: Shown, withdrawn: &dyn Fn() -> bool) -> Verdict {
        let mut slot = self.slot();
        *slot = Slot { shown: Some(Arc::new(shown)), answer: None };
        let verdict = loop {
            if let Some(answer) = slot.answer {
                break answer;
            }
            if withdrawn() {
                break Verdict::Unanswered;
            }
            slot = self.changed.wait_timeout(slot, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        };
        *slot = Slot::default();
        verdict
    }

    /// What is shown now.
    pub fn current(&self) -> Option<Arc<Shown>> {
        let slot = self.slot();
        slot.shown.clone().filter(|_| slot.answer.is_none())
    }

    /// The person's answer to this question about these bytes.
    ///
    /// # Errors
    /// [`Code::StateWrong`]: it is not what is shown now; it was answered already or withdrawn.
    pub fn answer(&self, id: &str, payload: Hash, agreed: bool) -> Result<(), Misuse> {
        let mut slot = self.slot();
        let fits = slot.shown.as_ref().is_some_and(|shown| shown.id == id && shown.screen.payload == payload);
        if !fits || slot.answer.is_some() {
            return Err(Misuse::new(Code::StateWrong, "this question is not open any more"));
        }
        slot.answer = Some(if agreed { Verdict::Agreed } else { Verdict::Refused });
        self.changed.notify_all();
        Ok(())
    }
}
