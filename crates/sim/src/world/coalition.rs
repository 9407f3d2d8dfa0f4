//! Liars: parties that may say anything they can make from their keys and from all that any of them has
//! said or heard.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use semper_base::PeerId;
use semper_blocks::statement::sign_payload;
use semper_support::comm::Envelope;

use super::{Who, World};
use crate::dice::Dice;
use crate::fate::{Label, Mishap, Twist};
use crate::lies::NOTHING;
use crate::trouble::Trouble;
use crate::twist::twisted;

/// Messages that liars remember.
const KNOWN_MAX: usize = 4_000;
/// Kinds that a smuggled message may have.
const KINDS: [&str; 20] = [
    "account-open",
    "account-opened",
    "acceptance",
    "dgp",
    "dgp-chunk",
    "fair",
    "lock",
    "lock-watch",
    "offer",
    "offer-request",
    "order",
    "parcel-acceptance",
    "parcel-notice",
    "parcel-offer",
    "parcel-order",
    "parcel-request",
    "sending",
    "sending-answer",
    "sending-chunk",
    "sending-stop",
];

/// See the module.
#[derive(Debug, Default)]
pub struct Coalition {
    /// Who lies.
    pub members: BTreeSet<Who>,
    known: Vec<(String, String)>,
    said: BTreeMap<(Who, PeerId, u64), Option<(String, String)>>,
    /// How many messages they changed.
    pub lies: u64,
}

impl World {
    /// Liars remember what they say and hear.
    pub(super) fn overhear(&mut self, one: Who, other: Who, messages: &[Envelope]) {
        let coalition = &mut self.coalition;
        if coalition.members.contains(&one) || coalition.members.contains(&other) {
            let room = KNOWN_MAX.saturating_sub(coalition.known.len());
            let known = messages.iter().take(room).map(|message| (message.kind.clone(), message.body.clone()));
            coalition.known.extend(known);
        }
    }

    /// What a liar says instead of this message; a message that is sent again says the same again.
    pub(super) fn say_instead(
        &mut self,
        from: Who,
        to: Who,
        peer: PeerId,
        message: &Envelope,
    ) -> Option<(String, String)> {
        if !self.coalition.members.contains(&from) {
            return None;
        }
        let place = (from, peer, message.seq);
        if let Some(said) = self.coalition.said.get(&place) {
            return said.clone();
        }
        let label = Label::Say(self.name(from), self.name(to), 0);
        let chance = self.weather.at(self.now).twist;
        let happens = self.fate.at(label, self.now, |dice| {
            if !dice.chance(chance) {
                return Vec::new();
            }
            vec![Mishap::Twist(match dice.below(8) {
                0 => Twist::Withhold,
                1 | 2 => Twist::Replay(dice.below(KNOWN_MAX as u64)),
                3 => Twist::Tamper(dice.draw() >> 12),
                _ => Twist::Resign(dice.draw() >> 12),
            })]
        });
        let said = happens.iter().find_map(|mishap| match mishap {
            Mishap::Twist(twist) => self.twist(*twist, message),
            _ => None,
        });
        if said.is_some() {
            self.coalition.lies = self.coalition.lies.saturating_add(1);
            self.fault(from, format_args!("says something else"));
        }
        self.coalition.said.insert(place, said.clone());
        said
    }

    fn twist(&mut self, twist: Twist, message: &Envelope) -> Option<(String, String)> {
        match twist {
            Twist::Withhold => Some((NOTHING.to_owned(), "{}".to_owned())),
            Twist::Replay(n) => self.known(n),
            Twist::Tamper(seed) => {
                let body = twisted(&message.body, &mut Dice::new(seed, "twist"), None)?;
                Some((message.kind.clone(), body))
            }
            Twist::Resign(seed) => {
                let members: Vec<Who> = self.coalition.members.iter().copied().collect();
                let world = RefCell::new(self);
                let sign = |key, payload: &[u8]| {
                    members.iter().find_map(|who| {
                        let mut world = world.borrow_mut();
                        let pair = world.pair(*who, key).ok()?;
                        let provider = world.provider(*who).ok()?;
                        sign_payload(&*provider, &pair.secret, payload).ok()
                    })
                };
                let body = twisted(&message.body, &mut Dice::new(seed, "twist"), Some(&sign))?;
                Some((message.kind.clone(), body))
            }
        }
    }

    fn known(&self, n: u64) -> Option<(String, String)> {
        let known = &self.coalition.known;
        let at = usize::try_from(n.checked_rem(known.len() as u64)?).ok()?;
        known.get(at).cloned()
    }

    /// A liar says once more what was said or heard, as a message of its own.
    pub fn inject(&mut self, from: Who, to: Who, n: u64) -> Result<(), Trouble> {
        let (Some(peer), Some((kind, body))) = (self.peer(from, to), self.known(n)) else { return Ok(()) };
        let Some(kind) = KINDS.iter().copied().find(|known| *known == kind) else { return Ok(()) };
        if !self.is_up(from) || !self.coalition.members.contains(&from) {
            return Ok(());
        }
        self.says(from, peer, kind, body.as_bytes())
    }

    /// A liar says something that its service would never say.
    pub(crate) fn says(&mut self, from: Who, peer: PeerId, kind: &'static str, body: &[u8]) -> Result<(), Trouble> {
        self.coalition.lies = self.coalition.lies.saturating_add(1);
        self.fault(from, format_args!("says something of its own"));
        // The disk may be full or failing at this moment: then it is not said.
        let said = self.smuggle(from, peer, kind, body);
        if self.is_up(from) {
            return Ok(());
        }
        drop(said);
        self.crash(from)
    }

    /// How a party knows another one that it is connected with.
    pub(crate) fn peer(&self, who: Who, to: Who) -> Option<PeerId> {
        let mut routes = self.routes.iter();
        routes.find(|((from, _), route)| *from == who && route.to == to).map(|((_, peer), _)| *peer)
    }
}
