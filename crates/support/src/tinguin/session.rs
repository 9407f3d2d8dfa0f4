//! Sessions: each program that wants to show something opens one; the user sees their list, goes from
//! one to another, and can end each of them.

use std::collections::BTreeMap;

use semper_base::limits::{SESSION_NAME_CHARS_MAX, SESSIONS_MAX};
use semper_base::{Code, Misuse};

use super::neutral::neutralise_cut;

/// A session's number; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What the user reads, neutralised.
    pub name: String,
    /// Which program opened it, as access control knows it.
    pub handle: String,
}

/// The open sessions and the one that the user looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    open: BTreeMap<SessionId, Session>,
    current: Option<SessionId>,
    last: u64,
}

impl Sessions {
    /// Opens a session; the first one becomes the current one. [`Code::TooMany`] beyond the limit.
    pub fn open(&mut self, name: &str, handle: &str) -> Result<SessionId, Misuse> {
        if self.open.len() >= SESSIONS_MAX {
            return Err(Misuse::new(Code::TooMany, "sessions"));
        }
        self.last += 1;
        let id = SessionId(self.last);
        self.open.insert(id, Session { name: clean(name), handle: handle.to_owned() });
        self.current.get_or_insert(id);
        Ok(id)
    }

    /// Ends a session. Whoever draws closes its dialogs; a question in one of them could not be asked.
    pub fn end(&mut self, id: SessionId) -> Result<Session, Misuse> {
        let ended = self.open.remove(&id).ok_or_else(|| Misuse::new(Code::NotFound, "session"))?;
        if self.current == Some(id) {
            self.current = self.open.keys().next().copied();
        }
        Ok(ended)
    }

    /// Gives a session another name.
    pub fn rename(&mut self, id: SessionId, name: &str) -> Result<(), Misuse> {
        self.get_mut(id)?.name = clean(name);
        Ok(())
    }

    /// Makes a session the current one. Only the user does this, never a session itself.
    pub fn switch(&mut self, id: SessionId) -> Result<(), Misuse> {
        self.get_mut(id)?;
        self.current = Some(id);
        Ok(())
    }

    /// The one that the user looks at.
    #[must_use]
    pub fn current(&self) -> Option<(SessionId, &Session)> {
        self.current.and_then(|id| self.open.get(&id).map(|session| (id, session)))
    }

    /// All of them, in the order of opening.
    pub fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.open.iter().map(|(id, session)| (*id, session))
    }

    fn get_mut(&mut self, id: SessionId) -> Result<&mut Session, Misuse> {
        self.open.get_mut(&id).ok_or_else(|| Misuse::new(Code::NotFound, "session"))
    }
}

fn clean(name: &str) -> String {
    neutralise_cut(name, SESSION_NAME_CHARS_MAX).text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_goes_from_one_to_another() {
        let mut sessions = Sessions::default();
        let shop = sessions.open("Shop A", "shop-a").unwrap();
        let agent = sessions.open("Agent\u{202e}", "agent").unwrap();
        assert_eq!(sessions.current().unwrap().0, shop);
        sessions.switch(agent).unwrap();
        assert_eq!(sessions.current().unwrap().1.name, "Agent\\u{202E}");
        sessions.rename(agent, "Agent").unwrap();
        assert_eq!(sessions.end(agent).unwrap().name, "Agent");
        assert_eq!(sessions.current().unwrap().0, shop);
        assert_eq!(sessions.switch(agent).unwrap_err().code(), Code::NotFound);
        let again = sessions.open("Agent", "agent").unwrap();
        assert_ne!(again, agent);
    }

    #[test]
    fn there_is_an_end_to_them() {
        let mut sessions = Sessions::default();
        for _ in 0..SESSIONS_MAX {
            sessions.open("s", "h").unwrap();
        }
        assert_eq!(sessions.open("s", "h").unwrap_err().code(), Code::TooMany);
    }
}
