//! The way to the trusted screen: one question at a time, on a thread that may wait for a person.

use std::sync::Arc;
use std::time::Duration;

use semper_base::Error;
use semper_base::limits::{ASK_AGAIN_FIRST_MS, ASK_AGAIN_MAX_MS, DIALOGS_WAITING_MAX};
use semper_base::tx::Question;
use semper_driver::service::{Answer, Input, Service};
use semper_support::tinguin::Outcome;
use tokio::time::{Instant, sleep_until};

use crate::hub::Hub;
use crate::writer::Handle;

/// First pause before a question is put again.
const ASK_AGAIN_FIRST: Duration = Duration::from_millis(ASK_AGAIN_FIRST_MS);
/// Longest such pause.
const ASK_AGAIN_MAX: Duration = Duration::from_millis(ASK_AGAIN_MAX_MS);

/// A trusted screen. The display belongs to one question at a time.
pub trait Screen: Send + Sync + 'static {
    /// Shows the question and waits for the user. Called on a thread of its own. `withdrawn` says
    /// whether the question has meanwhile lost its object or the party stops; a screen that waits
    /// must look at it at least every second and then return [`Outcome::CouldNotAsk`].
    fn ask(&self, question: &Question, withdrawn: &dyn Fn() -> bool) -> Outcome;
}

/// No screen: nobody can be asked.
#[derive(Clone, Copy, Debug)]
pub struct NoScreen;

impl Screen for NoScreen {
    fn ask(&self, _question: &Question, _withdrawn: &dyn Fn() -> bool) -> Outcome {
        Outcome::CouldNotAsk
    }
}

/// Brings questions to the screen and answers to the party. Runs for ever. A question that could not be
/// put, or whose answer could not be written down, is put again after a pause: it stands in the store.
pub(crate) async fn run<S: Service>(handle: Handle<S>, hub: Arc<Hub>, screen: Arc<dyn Screen>) {
    let mut again = Again::default();
    loop {
        let Some(question) = hub.next_question() else {
            tokio::select! {
                () = hub.asked.notified() => {}
                () = sleep_until(again.next) => put_again(&handle, &hub, &mut again).await,
            }
            continue;
        };
        let (screen, shown, watched) = (Arc::clone(&screen), question.clone(), Arc::clone(&hub));
        let show = move || screen.ask(&shown, &|| watched.was_withdrawn(&shown.id));
        // A screen that breaks down could not ask.
        let outcome = tokio::task::spawn_blocking(show).await.unwrap_or(Outcome::CouldNotAsk);
        if hub.was_withdrawn(&question.id) {
            continue;
        }
        let (id, asked) = (question.id.clone(), outcome != Outcome::CouldNotAsk);
        let taken = handle.local(Input::Answer(Answer { question, outcome })).await;
        if let Err(error) = &taken {
            tracing::warn!(id, %error, "an answer of the trusted screen was not taken");
        }
        again.note(!asked || matches!(taken, Err(Error::Fault(_))));
    }
}

/// When to look for open questions that nobody was asked.
struct Again {
    next: Instant,
    pause: Duration,
}

impl Default for Again {
    fn default() -> Self {
        // Now and then in any case: more may be open than wait for the screen.
        Again { next: Instant::now() + ASK_AGAIN_MAX, pause: ASK_AGAIN_FIRST }
    }
}

impl Again {
    /// After a failure soon, then less and less often.
    fn note(&mut self, failed: bool) {
        if failed {
            self.next = Instant::now() + self.pause;
            self.pause = (self.pause * 2).min(ASK_AGAIN_MAX);
        } else {
            *self = Again::default();
        }
    }
}

/// Puts every open question before the screen again.
async fn put_again<S: Service>(handle: &Handle<S>, hub: &Hub, again: &mut Again) {
    again.next = Instant::now() + ASK_AGAIN_MAX;
    match handle.read(|store| store.scan("ask/", None, DIALOGS_WAITING_MAX)).await {
        Ok(rows) => {
            let questions = rows.iter().filter_map(|(_, row)| serde_json::from_slice(row).ok());
            questions.for_each(|question| hub.ask(question));
        }
        Err(fault) => {
            tracing::warn!(%fault, "open questions could not be read");
            again.note(true);
        }
    }
}
