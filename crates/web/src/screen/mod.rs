//! The trusted screen's display in a browser: what it is to show, and the answer.
//!
//! ```text
//!            ask (the screen's own thread waits)
//! [empty] ---------------------------------------> [shown]
//!    ^          answered: by a form                 |   |
//!    +---------------------------------------------+   |
//!    +--------------------------------------------------+  withdrawn: the party stops, or needs no answer
//! ```
//!
//! One dialog at a time: the display is exclusive. The form names the dialog and the hash of what it says,
//! so that an old page cannot agree to a newer question; what was answered is remembered for a while, so
//! that a form sent twice is told from one that comes too late.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use semper_base::{Code, Error, Hash, Misuse};
use semper_support::tinguin::{Dialog, Language, Reply, Screen, dialog_to_text};

/// How often a waiting screen looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(200);
/// How many answers are remembered.
const ANSWERED_MAX: usize = 32;
/// The width in which a dialog that signs nothing is hashed.
const WIDTH: usize = 80;

/// A dialog as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The question's id.
    pub id: String,
    /// Who asks: the row of the deal or exchange, or the name of a session.
    pub asker: String,
    /// What is shown. A statement's screen is computed from its exact bytes.
    pub dialog: Dialog,
    /// The owner's own phrase.
    pub phrase: Option<String>,
    /// Who receives the statement, by certificate.
    pub receivers: Vec<String>,
}

impl Shown {
    /// The statement that is shown, if it is one.
    #[must_use]
    pub fn screen(&self) -> Option<&Screen> {
        match &self.dialog {
            Dialog::Confirm(screen) | Dialog::Show(screen) => Some(screen),
            Dialog::Choose { .. }
            | Dialog::Form { .. }
            | Dialog::Message { .. }
            | Dialog::Status { .. }
            | Dialog::YesNo { .. } => None,
        }
    }

    /// What an answer must name: the payload's hash, or that of the dialog's text.
    #[must_use]
    pub fn mark(&self) -> Hash {
        self.screen().map_or_else(
            || Hash::of(dialog_to_text(&self.dialog, Language::En, WIDTH).as_bytes()),
            |screen| screen.payload,
        )
    }
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The question's id.
    pub id: String,
    /// What was shown, see [`Shown::mark`].
    pub mark: Hash,
    /// Who asked.
    pub asker: String,
    /// Whether it was a yes.
    pub agreed: bool,
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
    answer: Option<Reply>,
    answered: VecDeque<Answered>,
}

impl Display {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a dialog, as soon as no other is shown, and waits for the reply; none if nobody was there or the dialog lost its object. Blocks
    /// its thread; `withdrawn` is asked several times a second.
    pub fn ask(&self, shown: Shown, withdrawn: &dyn Fn() -> bool) -> Option<Reply> {
        let mut slot = self.slot();
        while slot.shown.is_some() {
            if withdrawn() {
                return None;
            }
            slot = self.changed.wait_timeout(slot, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        (slot.shown, slot.answer) = (Some(Arc::new(shown)), None);
        let reply = loop {
            if slot.answer.is_some() || withdrawn() {
                break slot.answer.take();
            }
            slot = self.changed.wait_timeout(slot, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        };
        (slot.shown, slot.answer) = (None, None);
        self.changed.notify_all();
        reply
    }

    /// What is shown now and has no answer yet.
    pub fn current(&self) -> Option<Arc<Shown>> {
        let slot = self.slot();
        slot.shown.clone().filter(|_| slot.answer.is_none())
    }

    /// Whether this question is still there, answered or not.
    pub fn holds(&self, id: &str) -> bool {
        self.slot().shown.as_ref().is_some_and(|shown| shown.id == id)
    }

    /// The person's reply to this dialog about these bytes.
    ///
    /// # Errors
    /// [`Code::StateWrong`]: it is not what is shown now; it was answered already or withdrawn. A reply that
    /// does not fit the dialog names the field.
    pub fn answer(&self, id: &str, mark: Hash, reply: Reply) -> Result<(), Error> {
        let mut slot = self.slot();
        let open = slot.shown.clone().filter(|shown| shown.id == id && shown.mark() == mark);
        let Some(shown) = open.filter(|_| slot.answer.is_none()) else {
            return Err(Misuse::new(Code::StateWrong, "this question is not open any more").into());
        };
        shown.dialog.check_reply(&reply)?;
        let agreed = !matches!(reply, Reply::Cancelled | Reply::Refused);
        slot.answered.push_back(Answered { id: id.to_owned(), mark, asker: shown.asker.clone(), agreed });
        if slot.answered.len() > ANSWERED_MAX {
            slot.answered.pop_front();
        }
        slot.answer = Some(reply);
        self.changed.notify_all();
        Ok(())
    }

    /// What was answered to this dialog, if it was one of the last.
    pub fn answered(&self, id: &str, mark: Hash) -> Option<Answered> {
        let slot = self.slot();
        slot.answered.iter().rev().find(|answered| answered.id == id && answered.mark == mark).cloned()
    }
}
