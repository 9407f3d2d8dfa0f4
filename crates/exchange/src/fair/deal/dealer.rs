//! One party of a deal. Its states are those of the machine beneath, [`super::super::csn_a::Signer`].
//!
//! ```text
//!   joint deal agreed --> [ the signer beneath ] --- signature ------> signature, keys, locks: once it has all
//!             locked ---> [                    ]                       that we owe; until then nothing leaves
//!                         [                    ] <-- resolved, keys -- the letters open
//!                         [                    ] --- anything else --> as it is
//! ```
//!
//! It begins with everything in its hands: the keys of what it gives, the sealed letters that it gets. What it has not
//! got it signs for nothing. Its payments are ordered once it has signed ([`Dealer::due`]), so that from then on only
//! the notary's decision ends it, and that also frees the money. If a holder never locks, the deal ends with the time:
//! then it asks the notary, which otherwise would not know that anybody waits.

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::{Blob64, Error, Step, Timestamp, Violation};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::Kind;
use serde::{Deserialize, Serialize};

use super::super::csn_a::Signer;
use super::super::frame::effect::conclude;
use super::super::frame::{Checked, Command, Content, Cx, Decided, Decision, Descriptor, Effect, Event, Own};
use super::super::lock::{Lock, Shown};
use super::super::mail::beneath;
use super::super::party::Standing;
use super::{ByLeg, Leg, Parcel, Payment, ground};

/// What a party brings into a deal and has been given for it.
#[derive(Clone, Debug, Default)]
pub struct Stock {
    /// Keys of the letters that it gives, in the order of the legs.
    pub keys: Vec<KeyOpening>,
    /// The sealed letters that it gets, in the order of the legs.
    pub parcels: Vec<Parcel>,
}

/// One deal on the side of one of its parties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dealer {
    beneath: Signer,
    /// Of what we give.
    own: Vec<KeyOpening>,
    /// Of all letters, once the deal is complete.
    keys: Vec<KeyOpening>,
    /// The holders' `locked` of what we pay.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    locks: ByLeg<String>,
    /// The decision that ended it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ended: Option<Shown>,
    place: u8,
}

impl Stock {
    fn check(&self, x: &Descriptor, place: u8) -> Result<(), Violation> {
        ground::keys(x, place, self.keys.clone())?;
        let legs = x.core.deal.as_ref().map(|deal| deal.legs.as_slice()).unwrap_or_default();
        let due: Vec<_> = legs
            .iter()
            .filter_map(|leg| match leg {
                Leg::Letter { cipher, .. } if leg.is_for(place) => Some(cipher),
                _ => None,
            })
            .collect();
        if due.len() != self.parcels.len() {
            return Err(Violation::new(Code::FieldMissing, "a sealed letter"));
        }
        due.into_iter().zip(&self.parcels).try_for_each(|(cipher, parcel)| parcel.check(cipher))
    }
}

impl Dealer {
    /// Begins: compares what is here with X and asks the owner to agree.
    pub fn start(own: Own, stock: Stock, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Dealer, Error> {
        if x.core.deal.is_none() || own.place >= x.parties() {
            return Err(Violation::new(Code::RoleWrong, "no party of a deal").into());
        }
        stock.check(x, own.place)?;
        let (place, beneath) = (own.place, Signer::start(own, x, cx, out)?);
        Ok(Dealer { beneath, own: stock.keys, keys: vec![], locks: ByLeg::new(), ended: None, place })
    }

    /// One step.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Dealer>, Error> {
        let event = match event {
            Event::Locked(text) => match self.locked(text, x, cx) {
                Ok(locks) => return Dealer { locks, ..self }.submit(x, cx, out),
                Err(violation) => return conclude(self, Err(violation.into()), out),
            },
            other => beneath(other, Kind::JointDeal),
        };
        let mut step = self.beneath.clone().step(&event, x, cx, out)?;
        // Nobody may have told the notary of this deal, and so nobody ends it.
        if let (Step::Advance(next), Event::Deadline) = (&step, &event)
            && next.standing() == Standing::Signed
            && !self.has_all(x)
            && cx.now() >= x.core.deadlines.expires
        {
            step = next.clone().step(&Event::Command(Command::Status), x, cx, out)?;
        }
        self.sent(x, out);
        let mut after = self;
        if let Step::Advance(next) = &step
            && next.standing() != after.standing()
            && let Some(decision) = told(&event)
        {
            after.ended = Some(shown(decision, x));
            if let Decided::Resolved(resolved) = &decision.verdict {
                after.keys.clone_from(&resolved.body.keys);
            }
        }
        Ok(match step {
            Step::Advance(beneath) => Step::Advance(Dealer { beneath, ..after }),
            Step::Reject(beneath, violation) => Step::Reject(Dealer { beneath, ..after }, violation),
        })
    }

    /// Our own `locked` beside what we have.
    fn locked(&self, text: &str, x: &Descriptor, cx: &Cx<'_>) -> Result<ByLeg<String>, Violation> {
        let ours = |(leg, payment): &(u8, &Payment)| payment.locked(*leg, x, text, cx.base.crypto).is_ok();
        let unknown = || Violation::new(Code::ProofWrong, "no payment of ours");
        let (leg, _) = ground::owed(x, self.place).find(ours).ok_or_else(unknown)?;
        let mut locks = self.locks.clone();
        locks.entry(leg).or_insert_with(|| text.to_owned());
        Ok(locks)
    }

    /// Everything that we owe is here: it leaves, if our signature is there already.
    fn submit(self, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Step<Dealer>, Error> {
        if self.standing() == Standing::Signed && self.has_all(x) {
            return self.step(&Event::Command(Command::Resolve), x, cx, out);
        }
        Ok(Step::Advance(self))
    }

    fn has_all(&self, x: &Descriptor) -> bool {
        ground::owed(x, self.place).all(|(leg, _)| self.locks.contains_key(&leg))
    }

    /// Puts what we give beside our signature, or keeps it back while something of it is missing.
    fn sent(&self, x: &Descriptor, out: &mut Vec<Effect>) {
        let has_all = self.has_all(x);
        let is_signature = |effect: &Effect| matches!(effect, Effect::Send { content: Content::Signature { .. }, .. });
        out.retain(|effect| has_all || !is_signature(effect));
        for effect in out.iter_mut() {
            if let Effect::Send { content, .. } = effect
                && let Content::Signature { statement } = content
            {
                let locks = self.locks.values().cloned().collect();
                let statement = std::mem::take(statement);
                *content = Content::Submission { keys: self.own.clone(), locks, statement };
            }
        }
    }

    /// The payments to be ordered now: we have signed, and nobody has locked them yet as far as we know. Each with the
    /// number of its leg.
    #[must_use]
    pub fn due(&self, x: &Descriptor) -> Vec<(u8, Lock)> {
        if self.standing() != Standing::Signed {
            return vec![];
        }
        let missing = ground::owed(x, self.place).filter(|(leg, _)| !self.locks.contains_key(leg));
        missing.filter_map(|(leg, payment)| Some((leg, payment.lock(leg, x).ok()?))).collect()
    }

    /// The decision that ended the deal, as payers and payees of its locks show it.
    #[must_use]
    pub fn ended(&self) -> Option<&Shown> {
        self.ended.as_ref()
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.beneath.standing()
    }

    /// What proves the deal, once it is complete.
    #[must_use]
    pub fn proof(&self) -> &[String] {
        self.beneath.proof()
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.beneath.deadline()
    }

    /// The keys of all letters in the order of the legs, once the deal is complete.
    #[must_use]
    pub fn keys(&self) -> &[KeyOpening] {
        &self.keys
    }
}

/// The decision in a message.
fn told(event: &Event) -> Option<&Decision> {
    match event {
        Event::Message { content: Checked::Decision(decision), .. } => Some(decision),
        _ => None,
    }
}

fn shown(decision: &Decision, x: &Descriptor) -> Shown {
    let (descriptor, statement) = (Blob64(x.bytes().to_vec()), decision.verdict.text().to_owned());
    Shown { descriptor, pieces: decision.pieces.clone(), statement }
}
