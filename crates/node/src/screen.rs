//! The way to the trusted screen: one question at a time, on a thread that may wait for a person.

use std::sync::Arc;

use semper_base::tx::Question;
use semper_driver::service::{Answer, Input, Service};
use semper_support::tinguin::Outcome;

use crate::hub::Hub;
use crate::writer::Handle;

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

/// Brings questions to the screen and answers to the party. Runs for ever.
pub(crate) async fn run<S: Service>(handle: Handle<S>, hub: Arc<Hub>, screen: Arc<dyn Screen>) {
    loop {
        let Some(question) = hub.next_question() else {
            hub.asked.notified().await;
            continue;
        };
        let (screen, shown, watched) = (Arc::clone(&screen), question.clone(), Arc::clone(&hub));
        let show = move || screen.ask(&shown, &|| watched.was_withdrawn(&shown.id));
        // A screen that breaks down could not ask.
        let outcome = tokio::task::spawn_blocking(show).await.unwrap_or(Outcome::CouldNotAsk);
        if hub.was_withdrawn(&question.id) {
            continue;
        }
        let id = question.id.clone();
        if let Err(error) = handle.local(Input::Answer(Answer { question, outcome })).await {
            tracing::warn!(id, %error, "an answer of the trusted screen was not taken");
        }
    }
}
