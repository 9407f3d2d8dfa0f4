//! Deliveries: filled from the head of the queue, sent again until they are taken.

use std::fmt;

use semper_base::PeerId;
use semper_base::limits::ACKS_WAIT_MS;
use semper_support::comm::{Ack, Envelope, Outcome};

use super::{Happening, Pushing, Who, World};
use crate::fate::{self, Label, Mishap, Moment, Way};
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
        self.perhaps_crash(Moment::AfterSend, who)
    }

    fn send(&mut self, mut parcel: Parcel) {
        self.lie(&mut parcel);
        let to = self.name(parcel.to);
        for message in &parcel.messages {
            self.note(parcel.from, format_args!("sends {to} {} {}", message.seq, Described(message)));
        }
        if self.parted(parcel.from, parcel.to) {
            return self.note(parcel.from, format_args!("parted: nothing arrives"));
        }
        let happens = self.trip(Way::Delivery, parcel.from, parcel.to, parcel.messages.len() as u64);
        for mishap in &happens {
            match mishap {
                Mishap::Split(at, later) if *at > 0 && *at < parcel.messages.len() as u64 => {
                    self.fault(parcel.from, format_args!("a delivery is cut in two"));
                    let messages = parcel.messages.split_off(usize::try_from(*at).unwrap_or(1));
                    let Parcel { from, peer, attempt, to, known_as, .. } = parcel;
                    self.under_way(*later, Parcel { from, peer, attempt, to, known_as, messages });
                }
                Mishap::Repeat(later) => {
                    self.fault(parcel.from, format_args!("a delivery is repeated"));
                    self.under_way(*later, parcel.clone());
                }
                _ => {}
            }
        }
        if happens.contains(&Mishap::Lose) {
            return self.fault(parcel.from, format_args!("a delivery is lost"));
        }
        self.under_way(fate::delay(&happens, self.usual()), parcel);
    }

    fn under_way(&mut self, delay: u64, parcel: Parcel) {
        let Parcel { from, peer, attempt, to, known_as, messages } = parcel;
        self.after(delay, Happening::Arrive { from, peer, attempt, to, known_as, messages });
    }

    /// How long things usually take in this weather.
    pub(super) fn usual(&self) -> u64 {
        let (from, to) = self.weather.at(self.now).delay;
        if from == to { from } else { fate::USUAL }
    }

    /// What happens to the next thing of a kind that travels between two; it has so many parts.
    pub(super) fn trip(&mut self, way: Way, from: Who, to: Who, parts: u64) -> Vec<Mishap> {
        let weather = self.weather.at(self.now);
        let label = Label::Trip(way, self.name(from), self.name(to), 0);
        let loss = if way == Way::Acks { weather.ack_loss } else { weather.loss };
        self.fate.at(label, self.now, |dice| {
            let mut happens = Vec::new();
            if way == Way::Delivery {
                if parts > 1 && dice.chance(weather.split) {
                    happens.push(Mishap::Split(1 + dice.below(parts - 1), dice.within(weather.delay)));
                }
                if dice.chance(weather.repeat) {
                    happens.push(Mishap::Repeat(dice.within(weather.delay)));
                }
            }
            if dice.chance(loss) {
                happens.push(Mishap::Lose);
            } else if weather.delay.0 < weather.delay.1 && dice.chance(weather.late) {
                happens.push(Mishap::Delay(dice.within(weather.delay)));
            }
            happens
        })
    }

    /// Lets liars change what they say.
    fn lie(&mut self, parcel: &mut Parcel) {
        let (from, to) = (self.name(parcel.from), self.name(parcel.to));
        self.overhear(parcel.from, parcel.from, &parcel.messages);
        for message in &mut parcel.messages {
            if let Some((kind, body)) = self.say_instead(parcel.from, parcel.to, parcel.peer, message) {
                message.kind = kind;
                message.body = body;
                continue;
            }
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
        self.overhear(to, to, &messages);
        if let Some(heard) = self.heard.get_mut(&to) {
            for message in &messages {
                heard.note(&message.body);
            }
        }
        let worked = self.work(to, Job::Delivery(known_as, messages))?;
        let acks = worked.acks();
        for ack in &acks {
            let sender = self.name(from);
            self.note(to, format_args!("takes {} of {sender}: {:?}", ack.seq, ack.outcome));
        }
        let ended = worked.ended;
        self.finish(to, worked)?;
        if ended || !self.is_up(to) || acks.is_empty() || self.parted(from, to) {
            return Ok(());
        }
        let happens = self.trip(Way::Acks, to, from, 1);
        if happens.contains(&Mishap::Lose) {
            self.fault(to, format_args!("acknowledgements are lost"));
            return Ok(());
        }
        self.after(fate::delay(&happens, self.usual()), Happening::Acks { who: from, peer, attempt, acks });
        Ok(())
    }

    pub(super) fn acks(&mut self, who: Who, peer: PeerId, attempt: u64, acks: &[Ack]) -> Result<(), Trouble> {
        if !self.is_up(who) {
            return Ok(());
        }
        if acks.iter().any(|ack| ack.outcome == Outcome::Stale) {
            self.note(who, format_args!("a peer says that this is an old copy: nothing more is sent there"));
            self.pushing.entry((who, peer)).or_default().stale = true;
        }
        if !acks.iter().any(|ack| ack.outcome.is_final()) {
            return Ok(());
        }
        let seat = self.seat(who)?;
        if seat.process.acknowledged(&peer, acks) {
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
        self.perhaps_crash(Moment::AfterAck, who)
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
struct Described<'a>(&'a Envelope);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Described(message) = self;
        let content = message.body.strip_prefix(r#"{"content":{""#).and_then(|rest| rest.split('"').next());
        let hash = message.hash().short();
        match content {
            Some(word) => write!(f, "{} {word} {hash}", message.kind),
            None => write!(f, "{} {hash}", message.kind),
        }
    }
}
