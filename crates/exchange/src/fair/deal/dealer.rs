//! One party of a deal. Its states are those of the machine beneath, [`super::super::csn_a::Signer`].
//!
//! ```text
//!   joint deal agreed --> [ the signer beneath ] --- signature ------> signature, keys of our letters
//!                         [                    ] <-- resolved, keys -- the letters open
//!                         [                    ] --- anything else --> as it is
//! ```
//!
//! It begins with everything in its hands: the keys of what it gives, the sealed letters that it gets. What it has not
//! got it signs for nothing.

use semper_base::code::Code;
use semper_base::{Error, Step, Timestamp, Violation};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::Kind;
use serde::{Deserialize, Serialize};

use super::super::csn_a::Signer;
use super::super::frame::{Checked, Content, Cx, Decided, Descriptor, Effect, Event, Own};
use super::super::mail::beneath;
use super::super::party::Standing;
use super::{Leg, Parcel, brought};

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
}

impl Stock {
    fn check(&self, x: &Descriptor, place: u8) -> Result<(), Violation> {
        brought(x, place, self.keys.clone())?;
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
        Ok(Dealer { beneath: Signer::start(own, x, cx, out)?, own: stock.keys, keys: vec![] })
    }

    /// One step.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Dealer>, Error> {
        let event = beneath(event, Kind::JointDeal);
        let Dealer { beneath, own, keys } = self;
        let step = beneath.step(&event, x, cx, out)?;
        for effect in out.iter_mut() {
            if let Effect::Send { content, .. } = effect {
                submitted(content, &own);
            }
        }
        let keys = match &step {
            Step::Advance(next) if next.standing() == Standing::Complete => told(&event).unwrap_or(keys),
            _ => keys,
        };
        Ok(step.map(|beneath| Dealer { beneath, own, keys }))
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

/// The keys that came with the decision; that they are all of them was checked with it.
fn told(event: &Event) -> Option<Vec<KeyOpening>> {
    let Event::Message { content: Checked::Decision(decision), .. } = event else { return None };
    match &decision.verdict {
        Decided::Resolved(resolved) => Some(resolved.body.keys.clone()),
        Decided::Aborted(_) => None,
    }
}

/// Puts what we give beside our signature.
fn submitted(content: &mut Content, own: &[KeyOpening]) {
    if let Content::Signature { statement } = content {
        *content = Content::Submission { keys: own.to_vec(), statement: std::mem::take(statement) };
    }
}
