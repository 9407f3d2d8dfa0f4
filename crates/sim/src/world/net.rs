//! Deliveries: filled from the head of the queue, sent again until they are taken.

use semper_base::PeerId;
use semper_base::limits::ACKS_WAIT_MS;
use semper_support::comm::{Ack, Envelope, Outcome};

use super::{Happening, Pushing, Who, World};
use crate::host::Job;
use crate::trouble::Trouble;

/// First and longest pause before a delivery is sent again, in milliseconds.
const AGAIN: (u64, u64) = (1_000, 900_000);

/// A delivery under way.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) from: Who,
    pub(super) peer: PeerId,
    pub(super) attempt: u64,
    pub(super) to: Who,
    pub(super) known_as: PeerId,
    pub(super) messages: Vec<Envelope>,
}

impl World {
    /// Something waits for a peer.
    pub(super) fn wake(&mut self, who: Who, peer: PeerId) {
        if !self.routes.contains_key(&(who, peer)) {
            return;
        }
        let state = self.pushing.entry((who, peer)).or_default();
        if state.busy || state.stale {
            return;
        }
        state.busy = true;
        let attempt = state.attempt;
        self.after(1, Happening::Push { who, peer, attempt });
    }

    /// There is a new connection: whatever was under way is forgotten.
    pub(super) fn push_anew(&mut self, who: Who, peer: PeerId) {
        let attempt = self.fresh();
        let state = self.pushing.entry((who, peer)).or_default();
        *state = Pushing { attempt, stale: state.stale, ..Pushing::default() };
        self.wake(who, peer);
    }

    pub(super) fn push(&mut self, who: Who, peer: PeerId, attempt: u64) -> Result<(), Trouble> {
        let (up, route, wall) = (self.is_up(who), self.routes.get(&(who, peer)).copied(), self.wall(who));
        let Some(state) = self.pushing.get_mut(&(who, peer)).filter(|state| state.attempt == attempt) else {
            return Ok(());
        };
        state.busy = false;
        let Some(route) = route.filter(|_| up && !state.stale) else { return Ok(()) };
        let messages = self.seat(who)?.process.waiting(&peer, wall)?;
        let next = self.fresh();
        let Some(state) = self.pushing.get_mut(&(who, peer)) else { return Ok(()) };
        if messages.is_empty() {
            state.patience = 0;
            return Ok(());
        }
        state.busy = true;
        state.attempt = next;
        let (attempt, pause) = (next, (AGAIN.0 << state.patience.min(10)).min(AGAIN.1));
        state.patience = state.patience.saturating_add(1);
        self.after(pause, Happening::Push { who, peer, attempt });
        self.send(Parcel { from: who, peer, attempt, to: route.to, known_as: route.known_as, messages });
        Ok(())
    }

    fn send(&mut self, mut parcel: Parcel) {
        self.lie(&mut parcel);
        let weather = self.weather.at(self.now);
        for message in &parcel.messages {
            let line = format!("sends {} {} {}", self.name(parcel.to), message.seq, describe(message));
            self.note(parcel.from, &line);
        }
        if self.parted(parcel.from, parcel.to) {
            return self.note(parcel.from, "parted: nothing arrives");
        }
        let halves = if parcel.messages.len() > 1 && self.dice.chance(weather.split) {
            self.fault(parcel.from, "a delivery is cut in two");
            let at = 1 + self.dice.below(parcel.messages.len() as u64 - 1);
            let second = parcel.messages.split_off(usize::try_from(at).unwrap_or(1));
            vec![parcel.clone(), Parcel { messages: second, ..parcel }]
        } else {
            vec![parcel]
        };
        for half in halves {
            let copies = if self.dice.chance(weather.repeat) {
                self.fault(half.from, "a delivery is repeated");
                2
            } else {
                1
            };
            for _ in 0..copies {
                if self.dice.chance(weather.loss) {
                    self.fault(half.from, "a delivery is lost");
                    continue;
                }
                let Parcel { from, peer, attempt, to, known_as, messages } = half.clone();
                let delay = self.dice.within(weather.delay);
                self.after(delay, Happening::Arrive { from, peer, attempt, to, known_as, messages });
            }
        }
    }

    /// Lets liars change what they say.
    fn lie(&mut self, parcel: &mut Parcel) {
        let (from, to) = (self.name(parcel.from), self.name(parcel.to));
        for message in &mut parcel.messages {
            let instead = self.lies.iter_mut().find_map(|lie| lie.instead(&from, &to, message));
            if let Some((kind, body)) = instead {
                message.kind = kind;
                message.body = body;
            }
        }
    }

    pub(super) fn arrive(&mut self, parcel: Parcel) -> Result<(), Trouble> {
        let Parcel { from, peer, attempt, to, known_as, messages } = parcel;
        if !self.is_up(to) {
            return Ok(());
        }
        let worked = self.work(to, Job::Delivery(known_as, messages))?;
        let acks = worked.acks();
        for ack in &acks {
            let sender = self.name(from);
            self.note(to, &format!("takes {} of {sender}: {:?}", ack.seq, ack.outcome));
        }
        let ended = worked.ended;
        self.finish(to, worked)?;
        let weather = self.weather.at(self.now);
        if ended || acks.is_empty() || self.parted(from, to) {
            return Ok(());
        }
        if self.dice.chance(weather.ack_loss) {
            self.fault(to, "acknowledgements are lost");
            return Ok(());
        }
        let delay = self.dice.within(weather.delay);
        self.after(delay, Happening::Acks { who: from, peer, attempt, acks });
        Ok(())
    }

    pub(super) fn acks(&mut self, who: Who, peer: PeerId, attempt: u64, acks: Vec<Ack>) -> Result<(), Trouble> {
        if !self.is_up(who) {
            return Ok(());
        }
        if acks.iter().any(|ack| ack.outcome == Outcome::Stale) {
            self.note(who, "a peer says that this is an old copy: nothing more is sent there");
            self.pushing.entry((who, peer)).or_default().stale = true;
        }
        if !acks.iter().any(|ack| ack.outcome.is_final()) {
            return Ok(());
        }
        let seat = self.seat(who)?;
        if seat.process.acknowledged(&peer, &acks) {
            self.flush(who)?;
        } else if !std::mem::replace(&mut seat.flushing, true) {
            self.after(ACKS_WAIT_MS, Happening::Flush { who });
        }
        let next = self.fresh();
        let Some(state) = self.pushing.get_mut(&(who, peer)) else { return Ok(()) };
        if state.attempt == attempt && !state.stale {
            state.attempt = next;
            state.patience = 0;
            let attempt = next;
            self.after(1, Happening::Push { who, peer, attempt });
        }
        Ok(())
    }
}

impl World {
    /// What peers took is written down, if no batch did so meanwhile.
    pub(super) fn flush(&mut self, who: Who) -> Result<(), Trouble> {
        let seat = self.seat(who)?;
        seat.flushing = false;
        if !seat.process.has_acknowledgements() {
            return Ok(());
        }
        let worked = self.work(who, Job::Flush)?;
        self.finish(who, worked)
    }
}

/// The kind of a message and, of an exchange's packet, what it says, without secrets.
fn describe(message: &Envelope) -> String {
    let content = message.body.strip_prefix(r#"{"content":{""#).and_then(|rest| rest.split('"').next());
    let hash = message.hash().short();
    content.map_or_else(|| format!("{} {hash}", message.kind), |word| format!("{} {word} {hash}", message.kind))
}
