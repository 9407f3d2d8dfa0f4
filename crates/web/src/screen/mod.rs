//! The trusted screen's display, for the pages and for the terminal alike: what it is to show, what waits
//! behind that, and the answer.
//!
//! ```text
//!             ask (the asker's own thread waits)
//! [no session] ---------------------> [waits] <-----------------+
//!     ^  ^                               | first in line        | gives way
//!     |  |                               v                      |
//!     |  +---- answered: by a form --- [shown] -----------------+  a message, to what wants an answer
//!     |                                  |                         any, to another that the owner takes first
//!     +----------------------------------+  withdrawn: by whoever asks, or by the owner
//! ```
//!
//! One dialog at a time: the display is exclusive, whoever else asks waits in line, and the owner sees the line.
//! The form names the dialog and the hash of what it says, so that an old page cannot agree to a newer
//! question; what was answered is remembered for a while, so that a form sent twice is told from one that
//! comes too late.

mod guide;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use semper_base::{Code, Error, Hash, Misuse, Timestamp};
use semper_blocks::statement::wording;
use semper_support::tinguin::{Dialog, Language, Reply, Screen, SessionId, Sessions, dialog_to_text};
use serde_json::Value;

use crate::texts;

pub use guide::{Guide, Topic, addressed};

/// How often a waiting screen looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(200);
/// How many answers are remembered, and how many withdrawals of what is not in line yet.
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
    /// The language that it speaks.
    pub language: Language,
    /// The owner's own phrase.
    pub phrase: Option<String>,
    /// Who receives the statement, by certificate.
    pub receivers: Vec<String>,
    /// Since when it is asked.
    pub since: Timestamp,
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

    /// Whether this is the statement with this payload.
    #[must_use]
    pub fn says(&self, payload: &Hash) -> bool {
        self.screen().is_some_and(|screen| screen.payload == *payload)
    }

    /// What an answer must name: the hash of all that it is about. If a receiver's standing changes, an older
    /// page agrees to nothing any more.
    #[must_use]
    pub fn mark(&self) -> Hash {
        let said = match self.screen() {
            Some(screen) => screen.payload.hex(),
            None => dialog_to_text(&self.dialog, Language::En, WIDTH),
        };
        Hash::tagged("semper-shown/1", format!("{said}\n{}", self.receivers.join("\n")).as_bytes())
    }

    /// A short name for addresses and commands.
    #[must_use]
    pub fn name(&self) -> String {
        short(&self.id)
    }
}

/// A question as the party's command `questions` says it, as it will be shown; none if it cannot be.
#[must_use]
pub fn of_question(question: &Value) -> Option<Shown> {
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let payload = text(question, "/payload")?;
    let said: Value = semper_base::json::read(payload.as_bytes()).ok()?;
    let language = texts::language(&text(&said, "/semper/language")?)?;
    let screen = wording::render(payload.as_bytes(), language.into(), 0).ok()?;
    Some(Shown {
        id: text(question, "/id")?,
        asker: text(question, "/asker")?,
        dialog: Dialog::Confirm(Box::new(screen)),
        language,
        phrase: None,
        receivers: Vec::new(),
        since: Timestamp::parse(&text(question, "/since")?)?,
    })
}

/// The short name of a question: the beginning of its id's hash.
#[must_use]
pub fn short(id: &str) -> String {
    Hash::of(id.as_bytes()).hex().chars().take(12).collect()
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

/// The display. Shared by the askers' threads, the pages and the terminal.
#[derive(Debug, Default)]
pub struct Display {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    /// Who is in line. The current one has the display.
    sessions: Sessions,
    open: BTreeMap<SessionId, Entry>,
    answered: VecDeque<Answered>,
    /// What the owner withdrew before it was its turn: id and payload.
    refused: VecDeque<(String, Hash)>,
    /// What is under way, while nothing is asked.
    status: Option<String>,
    /// Grows with every change.
    changes: u64,
}

#[derive(Debug)]
struct Entry {
    shown: Arc<Shown>,
    answer: Option<Reply>,
    /// Whether it ever had the display.
    was_shown: bool,
}

impl Slot {
    fn current(&self) -> Option<&Entry> {
        self.sessions.current().and_then(|(id, _)| self.open.get(&id))
    }

    fn entry(&mut self, id: &str) -> Option<&mut Entry> {
        self.open.values_mut().find(|entry| entry.shown.id == id)
    }

    fn enter(&mut self, shown: Shown) -> Option<SessionId> {
        let payload = shown.screen().map(|screen| screen.payload);
        if self.entry(&shown.id).is_some() {
            return None;
        }
        let before = self.refused.iter().position(|(id, hash)| *id == shown.id && Some(*hash) == payload);
        let answer = before.and_then(|at| self.refused.remove(at)).map(|_| Reply::Refused);
        let yields = self.current().is_some_and(|entry| entry.shown.dialog.gives_way());
        let session = self.sessions.open(&shown.asker, &shown.id).ok()?;
        let urgent = !shown.dialog.gives_way();
        self.open.insert(session, Entry { shown: Arc::new(shown), answer, was_shown: false });
        if yields && urgent {
            let _ = self.sessions.switch(session);
        }
        self.turned();
        Some(session)
    }

    fn leave(&mut self, session: SessionId) -> Option<Reply> {
        let answer = self.open.remove(&session).and_then(|entry| entry.answer);
        let _ = self.sessions.end(session);
        // What wants an answer comes before what only wants to be read.
        let first = self.open.iter().find(|(_, entry)| !entry.shown.dialog.gives_way()).map(|(id, _)| *id);
        if let Some(first) = first.filter(|_| self.current().is_some_and(|entry| entry.shown.dialog.gives_way())) {
            let _ = self.sessions.switch(first);
        }
        self.turned();
        answer
    }

    /// Somebody came, went or was taken first.
    fn turned(&mut self) {
        self.changes += 1;
        if let Some((id, _)) = self.sessions.current()
            && let Some(entry) = self.open.get_mut(&id)
        {
            entry.was_shown = true;
        }
    }

    fn note(&mut self, shown: &Shown, reply: &Reply) {
        let agreed = !matches!(reply, Reply::Cancelled | Reply::Refused);
        let (id, mark, asker) = (shown.id.clone(), shown.mark(), shown.asker.clone());
        self.answered.push_back(Answered { id, mark, asker, agreed });
        if self.answered.len() > ANSWERED_MAX {
            self.answered.pop_front();
        }
    }
}

/// One who is in line.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// What is asked.
    pub shown: Arc<Shown>,
    /// Whether it has the display.
    pub has_display: bool,
}

fn not_open() -> Error {
    Misuse::new(Code::StateWrong, "this question is not open any more").into()
}

impl Display {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gets in line, and waits for the reply; none if nobody was there, the dialog lost its object, the line
    /// is full, or this question is in it already. Blocks its thread; `withdrawn` is asked several times a second.
    pub fn ask(&self, shown: Shown, withdrawn: &dyn Fn() -> bool) -> Option<Reply> {
        let session = self.slot().enter(shown)?;
        self.changed.notify_all();
        while !withdrawn() {
            let slot = self.slot();
            let waits = |slot: &mut Slot| slot.open.get(&session).is_some_and(|entry| entry.answer.is_none());
            let waited = self.changed.wait_timeout_while(slot, LOOK, waits);
            if !waits(&mut waited.unwrap_or_else(PoisonError::into_inner).0) {
                break;
            }
        }
        let reply = self.slot().leave(session);
        self.changed.notify_all();
        reply
    }

    /// What is shown now and has no answer yet.
    pub fn current(&self) -> Option<Arc<Shown>> {
        let slot = self.slot();
        slot.current().filter(|entry| entry.answer.is_none()).map(|entry| Arc::clone(&entry.shown))
    }

    /// Whether this question is still there, answered or not.
    pub fn holds(&self, id: &str) -> bool {
        self.slot().entry(id).is_some()
    }

    /// Everybody in line, in the order of coming.
    pub fn line(&self) -> Vec<Waiting> {
        let slot = self.slot();
        let current = slot.sessions.current().map(|(id, _)| id);
        let waiting = |(id, entry): (&SessionId, &Entry)| {
            let has_display = Some(*id) == current;
            entry.answer.is_none().then(|| Waiting { shown: Arc::clone(&entry.shown), has_display })
        };
        slot.open.iter().filter_map(waiting).collect()
    }

    /// Gives the display to another of the line, because the owner wants to see that first.
    ///
    /// # Errors
    /// [`Code::StateWrong`]: it is not in line.
    pub fn take_first(&self, id: &str) -> Result<(), Error> {
        let mut slot = self.slot();
        let session = slot.open.iter().find(|(_, entry)| entry.shown.id == id && entry.answer.is_none());
        let session = session.map(|(session, _)| *session).ok_or_else(not_open)?;
        slot.sessions.switch(session)?;
        slot.turned();
        self.changed.notify_all();
        Ok(())
    }

    /// The person's reply to this dialog about these bytes.
    ///
    /// # Errors
    /// [`Code::StateWrong`]: it is not what is shown now; it was answered already or withdrawn. A reply that
    /// does not fit the dialog names the field.
    pub fn answer(&self, id: &str, mark: Hash, reply: Reply) -> Result<(), Error> {
        let mut slot = self.slot();
        let current = slot.current().map(|entry| entry.shown.id.clone());
        let entry = slot.entry(id).filter(|entry| entry.answer.is_none() && entry.shown.mark() == mark);
        // What was read may be put away although something else has taken the display meanwhile.
        let was_read = |entry: &Entry| entry.was_shown && entry.shown.dialog.gives_way();
        let entry = entry.filter(|entry| current.as_deref() == Some(id) || was_read(entry)).ok_or_else(not_open)?;
        entry.shown.dialog.check_reply(&reply)?;
        let shown = Arc::clone(&entry.shown);
        slot.note(&shown, &reply);
        if let Some(entry) = slot.entry(id) {
            entry.answer = Some(reply);
        }
        self.changed.notify_all();
        Ok(())
    }

    /// The owner ends a session, wherever in line it is: a no where there is a no, else no answer.
    ///
    /// # Errors
    /// [`Code::StateWrong`]: it is not in line, or says something else.
    pub fn withdraw(&self, id: &str, mark: Hash) -> Result<(), Error> {
        let mut slot = self.slot();
        let entry = slot.entry(id).filter(|entry| entry.answer.is_none() && entry.shown.mark() == mark);
        let entry = entry.ok_or_else(not_open)?;
        let reply = entry.shown.dialog.withdrawn();
        entry.answer = Some(reply.clone());
        let shown = Arc::clone(&entry.shown);
        slot.note(&shown, &reply);
        self.changed.notify_all();
        Ok(())
    }

    /// The owner says no to a question that is not in line yet: as soon as it comes, that is the answer.
    pub fn refuse_ahead(&self, id: &str, payload: Hash) {
        let mut slot = self.slot();
        slot.refused.push_back((id.to_owned(), payload));
        if slot.refused.len() > ANSWERED_MAX {
            slot.refused.pop_front();
        }
    }

    /// What the owner withdrew before it came, by id and payload.
    pub fn refused_ahead(&self) -> Vec<(String, Hash)> {
        self.slot().refused.iter().cloned().collect()
    }

    /// What was answered to this dialog, if it was one of the last.
    pub fn answered(&self, id: &str, mark: Hash) -> Option<Answered> {
        let slot = self.slot();
        slot.answered.iter().rev().find(|answered| answered.id == id && answered.mark == mark).cloned()
    }

    /// What stands there while nothing is asked.
    pub fn set_status(&self, text: Option<String>) {
        let mut slot = self.slot();
        if slot.status != text {
            slot.status = text;
            slot.changes += 1;
            self.changed.notify_all();
        }
    }

    /// What is under way.
    pub fn status(&self) -> Option<String> {
        self.slot().status.clone()
    }

    /// Waits, a moment at most, for something to change since `seen`; how far the changes are now.
    pub fn next_change(&self, seen: u64) -> u64 {
        let same = |slot: &mut Slot| slot.changes == seen;
        let waited = self.changed.wait_timeout_while(self.slot(), LOOK, same);
        waited.unwrap_or_else(PoisonError::into_inner).0.changes
    }
}
