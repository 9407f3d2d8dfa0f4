//! Relationships: hello over every new connection, as a client of node does it.

use semper_base::Key;
use semper_driver::service::{Input, Reply};
use semper_support::comm::Link;
use serde_json::{Value, json};

use super::{Dialling, Happening, Route, Who, World};
use crate::fate::{self, Mishap, Way};
use crate::host::Job;
use crate::trouble::Trouble;

/// First and longest pause between two attempts, in milliseconds. Longer than node's, so that a day
/// without a peer costs few happenings; whoever comes back is dialled at once.
const PAUSE: (u64, u64) = (1_000, 900_000);

impl World {
    /// Opens every relationship of a party that is not open.
    pub(super) fn dial_all(&mut self, who: Who) -> Result<(), Trouble> {
        let links = self.look(who, |transaction| transaction.scan("link/", None, 64))?;
        for (key, _) in links {
            let link = key.0.trim_start_matches("link/").to_owned();
            if !self.dialling.contains_key(&(who, link.clone())) {
                let attempt = self.fresh();
                self.dialling.insert((who, link.clone()), Dialling { attempt, ..Dialling::default() });
                self.after(1, Happening::Dial { who, link, attempt });
            }
        }
        Ok(())
    }

    /// A server is there again: whoever tries to reach it does so now.
    pub(super) fn dial_again(&mut self, server: Who) {
        let all = self.dialling.iter().filter(|(_, state)| !state.open && state.server == Some(server));
        for (who, link) in all.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            let attempt = self.fresh();
            let state = Dialling { attempt, server: Some(server), ..Dialling::default() };
            self.dialling.insert((who, link.clone()), state);
            self.after(1_000, Happening::Dial { who, link, attempt });
        }
    }

    pub(super) fn dial(&mut self, who: Who, link: &str, attempt: u64) -> Result<(), Trouble> {
        let next = self.fresh();
        let Some(state) = self.dialling.get_mut(&(who, link.to_owned())) else { return Ok(()) };
        if state.attempt != attempt || state.open {
            return Ok(());
        }
        state.attempt = next;
        state.patience = state.patience.saturating_add(1);
        let (attempt, pause) = (next, (PAUSE.0 << state.patience.min(10)).min(PAUSE.1));
        if !self.is_up(who) {
            return Ok(());
        }
        self.after(pause, Happening::Dial { who, link: link.to_owned(), attempt });
        let Some(row) = self.row::<Link>(who, &Key::new("link", link))? else { return Ok(()) };
        let Some(to) = self.named(&row.address.socket) else {
            return Err(Trouble::new(format!("nobody is at {}", row.address.socket)));
        };
        if let Some(state) = self.dialling.get_mut(&(who, link.to_owned())) {
            state.server = Some(to);
        }
        let tls = row.tls_key;
        let hello = json!({ "command": "hello", "link": link, "tls": tls });
        let hello = Input::Command(hello.to_string().into_bytes());
        let worked = self.work(who, Job::Local(vec![hello]))?;
        let reply = worked.reply();
        self.finish(who, worked)?;
        let Ok(packet) = reply else { return Ok(()) };
        let statement = text(&packet)?;
        let input = Input::Hello { tls, statement };
        self.hello_under_way(
            Way::Hello,
            who,
            to,
            |link, attempt| Happening::Hello { who, link, attempt, to, input },
            link,
            attempt,
        );
        Ok(())
    }

    fn hello_under_way(
        &mut self,
        way: Way,
        from: Who,
        to: Who,
        happening: impl FnOnce(String, u64) -> Happening,
        link: &str,
        attempt: u64,
    ) {
        let happens = self.trip(way, from, to, 1);
        if self.parted(from, to) || happens.contains(&Mishap::Lose) {
            return self.fault(from, format_args!("a hello is lost"));
        }
        self.after(fate::delay(&happens, self.usual()), happening(link.to_owned(), attempt));
    }

    pub(super) fn hello(&mut self, who: Who, link: &str, attempt: u64, to: Who, input: Input) -> Result<(), Trouble> {
        if !self.is_up(to) {
            return Ok(());
        }
        let worked = self.work(to, Job::Local(vec![input]))?;
        let reply = worked.reply();
        self.finish(to, worked)?;
        let Ok(reply) = reply else { return Ok(()) };
        let reply = text(&reply)?;
        self.hello_under_way(
            Way::Welcome,
            to,
            who,
            |link, attempt| Happening::Met { who, link, attempt, to, reply },
            link,
            attempt,
        );
        Ok(())
    }

    pub(super) fn met(&mut self, who: Who, link: &str, attempt: u64, to: Who, reply: &str) -> Result<(), Trouble> {
        let current = self.dialling.get(&(who, link.to_owned())).is_some_and(|state| state.attempt == attempt);
        if !current || !self.is_up(who) || !self.is_up(to) {
            return Ok(());
        }
        let reply: Value = serde_json::from_str(reply).map_err(|e| Trouble::new(e.to_string()))?;
        let met = json!({ "command": "met", "link": link, "reply": reply });
        let worked = self.work(who, Job::Local(vec![Input::Command(met.to_string().into_bytes())]))?;
        let taken = worked.reply().is_ok();
        self.finish(who, worked)?;
        if !taken || !self.is_up(who) {
            return Ok(());
        }
        let row = self.row::<Link>(who, &Key::new("link", link))?;
        let ours = reply.get("peer").cloned().and_then(|peer| serde_json::from_value(peer).ok());
        let (Some(theirs), Some(ours)) = (row.and_then(|row| row.peer), ours) else {
            return Err(Trouble::new("a hello without names"));
        };
        if let Some(state) = self.dialling.get_mut(&(who, link.to_owned())) {
            state.open = true;
            state.patience = 0;
        }
        self.note(who, format_args!("connected to {}", self.name(to)));
        self.routes.insert((who, theirs), Route { to, known_as: ours });
        self.routes.insert((to, ours), Route { to: who, known_as: theirs });
        self.push_anew(who, theirs);
        self.push_anew(to, ours);
        Ok(())
    }
}

fn text(reply: &Reply) -> Result<String, Trouble> {
    serde_json::to_string(reply).map_err(|e| Trouble::new(e.to_string()))
}
