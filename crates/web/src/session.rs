//! Who is at the browser: a visitor, or somebody who came through a one-time link.
//!
//! ```text
//!                  link printed in the terminal, once
//!  [visitor] ------------------------------------------> [signed in: owner or staff]
//!      ^                  12 h, or "leave"                        |
//!      +----------------------------------------------------------+
//! ```
//!
//! Sessions live in memory: a party that starts again prints a new link.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use semper_base::hash::hex;
use semper_base::{Code, Hash, Misuse};
use semper_support::crypto::Crypto;

/// How long somebody stays signed in.
const SESSION_LIFE: Duration = Duration::from_hours(12);
/// How long a link is good.
const LINK_LIFE: Duration = Duration::from_hours(12);
/// Most sessions and most links at a time; the oldest go first.
const KEPT_MAX: usize = 64;

/// Who came through a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever started the party.
    Owner,
    /// Somebody whom the owner gave a link; the party's commands know what this name may do.
    Staff(String),
}

/// Open links and sessions. What is kept is the hash of each secret.
pub struct Sessions {
    crypto: Arc<dyn Crypto>,
    /// Makes the tokens of forms.
    secret: [u8; 32],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    links: BTreeMap<Hash, (Instant, Who)>,
    sessions: BTreeMap<Hash, (Instant, Who)>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

fn name_of(secret: &str) -> Hash {
    Hash::tagged("semper-session/1", secret.as_bytes())
}

/// Drops what is too old, and the oldest if there are too many.
fn prune(kept: &mut BTreeMap<Hash, (Instant, Who)>, life: Duration) {
    kept.retain(|_, (since, _)| since.elapsed() < life);
    while kept.len() >= KEPT_MAX {
        let oldest = kept.iter().min_by_key(|(_, (since, _))| *since).map(|(name, _)| *name);
        let Some(oldest) = oldest else { return };
        kept.remove(&oldest);
    }
}

impl Sessions {
    /// None open yet.
    pub fn new(crypto: Arc<dyn Crypto>) -> Self {
        let mut secret = [0_u8; 32];
        crypto.random(&mut secret);
        Sessions { crypto, secret, state: Mutex::default() }
    }

    /// A random text of 32 hexadecimal characters.
    pub fn draw(&self) -> String {
        let mut bytes = [0_u8; 16];
        self.crypto.random(&mut bytes);
        hex(&bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The secret of a new link that is good once.
    pub fn link(&self, who: Who) -> String {
        let secret = self.draw();
        let mut state = self.state();
        prune(&mut state.links, LINK_LIFE);
        state.links.insert(name_of(&secret), (Instant::now(), who));
        secret
    }

    /// Uses up a link; the secret of the session that it opens.
    ///
    /// # Errors
    /// [`Code::AccessDenied`]: used already, too old, or never given.
    pub fn enter(&self, link: &str) -> Result<String, Misuse> {
        let session = self.draw();
        let mut state = self.state();
        let used = state.links.remove(&name_of(link)).filter(|(since, _)| since.elapsed() < LINK_LIFE);
        let (_, who) =
            used.ok_or_else(|| Misuse::new(Code::AccessDenied, "this link was used already or is too old"))?;
        prune(&mut state.sessions, SESSION_LIFE);
        state.sessions.insert(name_of(&session), (Instant::now(), who));
        Ok(session)
    }

    /// Who holds the session.
    pub fn who(&self, session: &str) -> Option<Who> {
        let state = self.state();
        let (since, who) = state.sessions.get(&name_of(session))?;
        (since.elapsed() < SESSION_LIFE).then(|| who.clone())
    }

    /// Ends a session.
    pub fn leave(&self, session: &str) {
        self.state().sessions.remove(&name_of(session));
    }

    /// Ends every session and link of somebody of the staff.
    pub fn shut_out(&self, name: &str) {
        let is = |who: &Who| *who == Who::Staff(name.to_owned());
        let mut state = self.state();
        state.links.retain(|_, (_, who)| !is(who));
        state.sessions.retain(|_, (_, who)| !is(who));
    }

    /// What a form of this visit must bring back.
    pub fn token(&self, visit: &str) -> String {
        let bytes = [self.secret.as_slice(), visit.as_bytes()].concat();
        hex(Hash::tagged("semper-form/1", &bytes).bytes().get(..16).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> Sessions {
        Sessions::new(Arc::new(semper_crypto_aws_lc::AwsLc::new()))
    }

    #[test]
    fn a_link_is_good_once() {
        let sessions = sessions();
        let link = sessions.link(Who::Owner);
        let session = sessions.enter(&link).unwrap();
        assert_eq!(sessions.who(&session), Some(Who::Owner));
        assert_eq!(sessions.enter(&link).unwrap_err().code(), Code::AccessDenied);
        assert_eq!(sessions.who(&link), None);
        sessions.leave(&session);
        assert_eq!(sessions.who(&session), None);
    }

    #[test]
    fn staff_is_shut_out_everywhere() {
        let sessions = sessions();
        let (one, two) = (sessions.link(Who::Staff("ann".into())), sessions.link(Who::Staff("ann".into())));
        let (owner, session) = (sessions.link(Who::Owner), sessions.enter(&one).unwrap());
        sessions.shut_out("ann");
        assert_eq!(sessions.who(&session), None);
        assert!(sessions.enter(&two).is_err());
        assert!(sessions.enter(&owner).is_ok());
    }

    #[test]
    fn there_is_an_end_to_them() {
        let sessions = sessions();
        let first = sessions.link(Who::Owner);
        (0..KEPT_MAX).for_each(|_| drop(sessions.link(Who::Owner)));
        assert!(sessions.enter(&first).is_err(), "the oldest is gone");
        assert_eq!(sessions.state().links.len(), KEPT_MAX);
    }

    #[test]
    fn tokens_follow_the_visit() {
        let sessions = sessions();
        assert_eq!(sessions.token("a"), sessions.token("a"));
        assert_ne!(sessions.token("a"), sessions.token("b"));
    }
}
