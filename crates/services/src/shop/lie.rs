//! Shops that cheat in one way each, to show and to test what becomes of it. For play markets only.
//!
//! A lie is a value that the sale consults at four places: the chunk that is encrypted, the key that is
//! sealed, the effects of a step, and a timer. [`Lie::None`] changes nothing at any of them.

use semper_base::{Error, Key, Role, Write, Xid};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::{Compact, Kind};
use semper_exchange::fair::dgp::descriptor::Descriptor;
use semper_exchange::fair::dgp::seller::Seller;
use semper_exchange::fair::dgp::{Content, Effect};
use semper_support::crypto::{Crypto, random_secret};

use crate::common::exchange::{self, Run};
use crate::common::{Desk, rows};

/// What a shop does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lie {
    /// Nothing.
    #[default]
    None,
    /// Seals something else than the key to the notary, and keeps the key.
    GarbageEscrow,
    /// Captures only after the hold has run out.
    LateCapture,
    /// The key gets lost on its way to the buyer; asked through the bank, the shop gives it.
    LoseKey,
    /// Takes the money and never gives the key.
    WithholdKey,
    /// Encrypts another file than the one that is offered: the last chunk differs in one bit.
    WrongFile,
}

impl Lie {
    /// What is encrypted in place of a chunk of the file.
    pub(super) fn chunk(self, mut data: Vec<u8>, is_last: bool) -> Vec<u8> {
        if let (Lie::WrongFile, true, Some(byte)) = (self, is_last, data.last_mut()) {
            *byte ^= 1;
        }
        data
    }

    /// What is sealed to the notary in place of the key.
    pub(super) fn sealed(self, key: &KeyOpening, crypto: &dyn Crypto) -> KeyOpening {
        match self {
            Lie::GarbageEscrow => KeyOpening { k: random_secret(crypto), r: random_secret(crypto) },
            _ => key.clone(),
        }
    }

    /// What is done in place of a step's effects.
    pub(super) fn effects(
        self,
        mut effects: Vec<Effect>,
        x: &Descriptor,
        desk: &mut Desk<'_, '_>,
    ) -> Result<Vec<Effect>, Error> {
        match self {
            Lie::None | Lie::WrongFile => {}
            Lie::LoseKey => effects.retain(|effect| !gives_key(effect)),
            Lie::GarbageEscrow | Lie::WithholdKey => {
                effects.retain(|effect| !gives_key(effect) && !passes_key(effect));
            }
            Lie::LateCapture => {
                for late in effects.extract_if(.., |effect| captures(effect)) {
                    if let Effect::Send { content, .. } = late {
                        rows::put(desk.tx, late_key(x.xid), &content)?;
                        let due = x.core.deadlines.hold_until.plus(x.core.deadlines.skew_ms);
                        desk.tx.push(Write::Timer(late_key(x.xid), Some(due)));
                    }
                }
            }
        }
        Ok(effects)
    }
}

fn gives_key(effect: &Effect) -> bool {
    matches!(effect, Effect::Send { to: Role::Buyer, content: Content::Key { .. } })
}

fn passes_key(effect: &Effect) -> bool {
    match effect {
        Effect::Send { content, .. } => matches!(content, Content::PassKey { .. }),
        Effect::Keep(text) => Compact::parse(text).is_ok_and(|statement| statement.kind() == Kind::PassKey),
        _ => false,
    }
}

fn captures(effect: &Effect) -> bool {
    matches!(effect, Effect::Send { content: Content::Capture { .. }, .. })
}

/// The capture that is held back; also its timer.
fn late_key(xid: Xid) -> Key {
    Key::new("late", xid)
}

/// Sends a capture that was held back.
pub(super) fn late(xid: Xid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let content: Option<Content> = rows::get(desk.tx, &late_key(xid))?;
    desk.tx.delete(late_key(xid));
    desk.tx.push(Write::Timer(late_key(xid), None));
    match (content, Run::<Seller>::load(desk.tx, xid)?) {
        (Some(content), Some(run)) => exchange::send(&run, &*run.x(xid, desk.tx)?, Role::Bank, content, desk),
        _ => Ok(()),
    }
}
