//! Where the writer leaves what must happen after a commit, and where the tasks find it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use semper_base::limits::{DIALOGS_WAITING_MAX, NOTICES_WAITING_MAX};
use semper_base::tx::{Notice, Question};
use semper_base::{DealId, Error, Hash, PeerId};
use semper_driver::Output;
use tokio::sync::{Notify, broadcast, watch};

/// Wakers without a listener are swept out when there are more than this.
const WAKERS_KEPT: usize = 256;

/// Locks a mutex. A holder that panicked left nothing half done: every critical section here is a
/// few map operations.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the operator reads when a peer answers "stale".
pub(crate) const STALE: &str = "a peer says that this party runs on an old copy of its database, or twice: nothing more is \
                                sent there; stop it, and start it on the right data directory; if there is no newer \
                                one, `semper restore --peers-say-so`";

/// How it stands with one outgoing relationship, for the operator.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    /// Connected, and hello was said.
    Connected,
    /// The last attempt failed; another follows.
    Waiting(#[serde(serialize_with = "as_text")] Error),
    /// The peer took our number with another message: this party runs on an old copy of its
    /// database, or twice. Nothing more is sent there until it is started anew.
    Stale,
}

fn as_text<S: serde::Serializer>(error: &Error, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(error)
}

/// The outputs of all commits, sorted by who wants them.
#[derive(Debug)]
pub(crate) struct Hub {
    wakes: Mutex<Wakes>,
    /// Peers were woken that nobody listens for, or links changed.
    pub(crate) look: Notify,
    questions: Mutex<Questions>,
    /// A question came or went.
    pub(crate) asked: Notify,
    notices: broadcast::Sender<Notice>,
    commits: watch::Sender<u64>,
    standing: Mutex<BTreeMap<String, Standing>>,
    closing: AtomicBool,
}

/// What whoever serves a peer's queue listens to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signs {
    /// How often something was to be looked at.
    wakes: u64,
    /// How often the peer itself has opened a connection: if it was away, it is back.
    pub(crate) hellos: u64,
}

#[derive(Debug, Default)]
struct Wakes {
    listeners: BTreeMap<PeerId, watch::Sender<Signs>>,
    unheard: BTreeSet<PeerId>,
    links_changed: bool,
}

#[derive(Debug, Default)]
struct Questions {
    waiting: VecDeque<Question>,
    withdrawn: Vec<String>,
}

/// What the client's supervisor should look at.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// These peers have messages waiting and nobody serves them.
    pub(crate) peers: BTreeSet<PeerId>,
    /// A link or a peer's address may have changed.
    pub(crate) links_changed: bool,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Hub {
            wakes: Mutex::default(),
            look: Notify::new(),
            questions: Mutex::default(),
            asked: Notify::new(),
            notices: broadcast::Sender::new(NOTICES_WAITING_MAX),
            commits: watch::Sender::new(0),
            standing: Mutex::default(),
            closing: AtomicBool::new(false),
        }
    }

    /// Hands out what a commit wants done. Called by the writer's thread; never waits.
    pub(crate) fn publish(&self, outputs: Vec<Output>, commit: u64) {
        for output in outputs {
            match output {
                Output::Wake(peer) => self.wake(&peer),
                Output::Ask(question) => self.ask(question),
                Output::Unask(id) => self.unask(id),
                Output::Tell(notice) => self.tell(notice),
            }
        }
        self.commits.send_replace(commit);
    }

    /// Wakes whoever serves this peer's queue.
    pub(crate) fn wake(&self, peer: &PeerId) {
        self.sign(peer, |signs| signs.wakes += 1);
    }

    /// The peer said hello to us: what waits for it need not wait for the next attempt.
    pub(crate) fn greet(&self, peer: &PeerId) {
        self.sign(peer, |signs| signs.hellos += 1);
    }

    fn sign(&self, peer: &PeerId, change: impl FnOnce(&mut Signs)) {
        let mut wakes = lock(&self.wakes);
        match wakes.listeners.get(peer) {
            Some(listener) if listener.receiver_count() > 0 => listener.send_modify(change),
            _ => {
                wakes.listeners.remove(peer);
                wakes.unheard.insert(*peer);
                self.look.notify_one();
            }
        }
    }

    /// Listens for messages to this peer. Look at the queue after calling this, not before.
    pub(crate) fn listen(&self, peer: &PeerId) -> watch::Receiver<Signs> {
        let mut wakes = lock(&self.wakes);
        if wakes.listeners.len() > WAKERS_KEPT {
            wakes.listeners.retain(|_, listener| listener.receiver_count() > 0);
        }
        wakes.listeners.entry(*peer).or_insert_with(|| watch::Sender::new(Signs::default())).subscribe()
    }

    /// Stops listening, unless a wake came that was not looked at: then gives the listener back.
    pub(crate) fn leave(&self, listener: watch::Receiver<Signs>) -> Option<watch::Receiver<Signs>> {
        let _wakes = lock(&self.wakes);
        listener.has_changed().unwrap_or(false).then_some(listener)
    }

    /// Takes what the supervisor should look at.
    pub(crate) fn take_look(&self) -> Look {
        let mut wakes = lock(&self.wakes);
        let links_changed = std::mem::take(&mut wakes.links_changed);
        Look { peers: std::mem::take(&mut wakes.unheard), links_changed }
    }

    /// Rings after every commit.
    pub(crate) fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Notices from now on.
    pub(crate) fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    fn tell(&self, notice: Notice) {
        if tracing::enabled!(tracing::Level::INFO) {
            log(&notice);
        }
        if notice.event == "link" || notice.event == "peer" {
            lock(&self.wakes).links_changed = true;
            self.look.notify_one();
        }
        // Nobody listening is fine: notices are never relied on.
        let _ = self.notices.send(notice);
    }

    /// Puts a question before the screen, behind those that wait.
    pub(crate) fn ask(&self, question: Question) {
        let mut questions = lock(&self.questions);
        questions.withdrawn.retain(|id| *id != question.id);
        questions.waiting.retain(|waiting| waiting.id != question.id);
        if questions.waiting.len() >= DIALOGS_WAITING_MAX {
            // Its row stays: it is asked again when there is room.
            return tracing::warn!(id = question.id, "too many questions wait for the user");
        }
        questions.waiting.push_back(question);
        self.asked.notify_one();
    }

    fn unask(&self, id: String) {
        let mut questions = lock(&self.questions);
        questions.waiting.retain(|waiting| waiting.id != id);
        if questions.withdrawn.len() >= DIALOGS_WAITING_MAX {
            questions.withdrawn.remove(0);
        }
        questions.withdrawn.push(id);
        self.asked.notify_one();
    }

    /// The next question for the screen.
    pub(crate) fn next_question(&self) -> Option<Question> {
        let mut questions = lock(&self.questions);
        questions.withdrawn.clear();
        questions.waiting.pop_front()
    }

    /// The party stops: whoever waits for the user should not.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Whether the question on the screen was withdrawn since it was taken, or the party stops.
    pub(crate) fn was_withdrawn(&self, id: &str) -> bool {
        self.closing.load(Ordering::Relaxed) || lock(&self.questions).withdrawn.iter().any(|withdrawn| withdrawn == id)
    }

    /// Notes how it stands with a relationship; says whether that is news.
    pub(crate) fn set_standing(&self, name: &str, standing: Standing) -> bool {
        let mut all = lock(&self.standing);
        let news = all.get(name) != Some(&standing);
        all.insert(name.to_owned(), standing);
        news
    }

    /// Forgets a relationship.
    pub(crate) fn clear_standing(&self, name: &str) {
        lock(&self.standing).remove(name);
    }

    /// How it stands with each relationship.
    pub(crate) fn standing(&self) -> BTreeMap<String, Standing> {
        lock(&self.standing).clone()
    }
}

/// A line for each step that users hear of. Texts name people and goods, and some subjects are accounts:
/// only ids of deals and exchanges are written down.
fn log(notice: &Notice) {
    let event = notice.event.as_str();
    if DealId::parse(&notice.subject).is_some() {
        tracing::info!(event, deal = notice.subject, "a deal went on");
    } else if Hash::from_hex(&notice.subject).is_some() {
        // The xid of an exchange, or the hash of the statement that was offered or ordered.
        tracing::info!(event, id = notice.subject, "an exchange went on");
    } else {
        tracing::info!(event, "the user was told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wake_is_lost_between_listening_and_leaving() {
        let (hub, peer) = (Hub::new(), PeerId(Hash::of(b"peer")));
        hub.wake(&peer);
        assert!(hub.take_look().peers.contains(&peer));
        let listener = hub.listen(&peer);
        hub.wake(&peer);
        assert!(hub.take_look().peers.is_empty());
        let mut listener = hub.leave(listener).unwrap();
        listener.mark_unchanged();
        assert!(hub.leave(listener).is_none());
        hub.wake(&peer);
        assert!(hub.take_look().peers.contains(&peer));
    }
}
