//! Rules of deals: letters, signatures and payments in one row.

use super::{Killer, Mutant, rule};

const LEGS: &str = "crates/exchange/src/fair/deal/legs.rs";
const GROUND: &str = "crates/exchange/src/fair/deal/ground.rs";
const DEALER: &str = "crates/exchange/src/fair/deal/dealer.rs";
const CONTENT: &str = "crates/exchange/src/fair/deal/content.rs";
const FRAME: &str = "crates/exchange/src/fair/frame/ground.rs";
const DESCRIPTOR: &str = "crates/exchange/src/fair/frame/descriptor.rs";
const TERMS: &str = "crates/exchange/src/fair/frame/terms.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    rule(
        Killer::FrameFields,
        LEGS,
        "deal-everybody-gives",
        "return wrong(\"a party that gives nothing\");",
        "",
        "nobody is in a deal for nothing",
    ),
    rule(
        Killer::FrameFields,
        LEGS,
        "deal-one-key-one-letter",
        "c1 == c2 || k1 == k2",
        "c1 == c2",
        "the key of one letter gives no other away",
    ),
    rule(
        Killer::FrameFields,
        LEGS,
        "deal-number-of-keys",
        "if keys.len() != self.letters().count() {",
        "if false {",
        "complete with the key of every letter",
    ),
    rule(
        Killer::FrameFields,
        GROUND,
        "deal-own-keys",
        "if own.len() != keys.len() {",
        "if false {",
        "a party brings the keys of all that it gives",
    ),
    rule(
        Killer::FrameFields,
        GROUND,
        "deal-right-keys",
        "key.check(com_k).map(|()| (leg, key))",
        "Ok((leg, key))",
        "the keys that are brought are those that X commits to",
    ),
    rule(
        Killer::DealWorlds,
        GROUND,
        "deal-number-of-locks",
        "if owed(x, place).count() != locks.len() {",
        "if false {",
        "a party brings the locks of all that it pays",
    ),
    rule(
        Killer::DealWorlds,
        GROUND,
        "deal-right-locks",
        "payment.locked(leg, x, &text, crypto).map(|()| (leg, text))",
        "Ok((leg, text))",
        "a lock is the word of the holder that X names, about the lock that follows from X",
    ),
    rule(
        Killer::FrameFields,
        GROUND,
        "deal-all-pieces",
        "if pieces.len() != needed(reader.x) {",
        "if false {",
        "a decision about a deal names everything that forced it",
    ),
    rule(
        Killer::FrameFields,
        FRAME,
        "deal-keyed",
        "Some(deal) => deal.open(&resolved.keys)?,",
        "Some(_) => {}",
        "a deal is complete with its keys",
    ),
    rule(
        Killer::FrameFields,
        DESCRIPTOR,
        "deal-items",
        "if deal.items(self.terms) != self.items {",
        "if false {",
        "the items of X are its legs",
    ),
    rule(
        Killer::FrameFields,
        TERMS,
        "deal-legs-shown",
        "legs.len() == self.legs.len() && ",
        "",
        "every leg of X is shown",
    ),
    rule(
        Killer::FrameFields,
        DEALER,
        "deal-letters-in-hand",
        "if due.len() != self.parcels.len() {",
        "if false {",
        "nobody signs for a letter that is not there",
    ),
    rule(
        Killer::FrameFields,
        DEALER,
        "deal-letters-of-x",
        "due.into_iter().zip(&self.parcels).try_for_each(|(cipher, parcel)| parcel.check(cipher))",
        "Ok(())",
        "the letter in one's hands is the one that X names",
    ),
    rule(
        Killer::DealWorlds,
        DEALER,
        "deal-signed-before-paid",
        "if self.standing() != Standing::Signed {\n            return vec![];",
        "if false {\n            return vec![];",
        "money is locked only when nothing but the decision ends the deal",
    ),
    rule(
        Killer::DealWorlds,
        DEALER,
        "deal-ended",
        "after.ended = Some(shown(decision, x));",
        "let _ = shown(decision, x);",
        "payers and payees learn how the deal ended",
    ),
    rule(
        Killer::FrameFields,
        CONTENT,
        "deal-content-hash",
        " && hash.is_none_or(|hash| hash == Hash::of(&content)))",
        ")",
        "another content than the terms name convicts its giver",
    ),
];
