//! Rules of certified mail, and rules of contracts that the simulator must miss when they are gone.

use super::{Killer, Mutant, rule};

const SENDER: &str = "crates/exchange/src/fair/mail/sender.rs";
const RECEIVER: &str = "crates/exchange/src/fair/mail/receiver.rs";
const REGISTER: &str = "crates/exchange/src/fair/register.rs";
const GROUND: &str = "crates/exchange/src/fair/frame/ground.rs";
const MESSAGE: &str = "crates/exchange/src/fair/frame/message.rs";
const RUN: &str = "crates/services/src/common/signing/run.rs";
const CONVICT: &str = "crates/exchange/src/judge/frame/convict.rs";
const FACTS: &str = "crates/exchange/src/judge/frame/facts.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    rule(
        Killer::Mail,
        SENDER,
        "mail-key-beside-signature",
        "*content = Content::Key { opening: key(), statement: std::mem::take(statement) };",
        "let _ = (key(), statement);",
        "the key goes beside the sender's signature",
    ),
    rule(
        Killer::Mail,
        SENDER,
        "mail-sender-key",
        "sending.defence.key.check(&mail.com_k)?;",
        "",
        "nobody sends a letter whose key is not the one that X commits to",
    ),
    rule(
        Killer::Mail,
        SENDER,
        "mail-sender-letter",
        "check_letter(&sending.parcel.letter.0, &mail.cipher)?;",
        "",
        "nobody sends another letter than X names",
    ),
    rule(
        Killer::FrameWorlds,
        RECEIVER,
        "mail-no-bare-signature",
        "Checked::Signature { .. } => return",
        "Checked::Signature { .. } if false => return",
        "no receipt for a signature without the key",
    ),
    rule(
        Killer::FrameWorlds,
        RECEIVER,
        "mail-keeps-key",
        "known.or(key) } else",
        "known } else",
        "the key that came is kept",
    ),
    rule(
        Killer::FrameWorlds,
        RECEIVER,
        "mail-key-of-decision",
        "Decided::Resolved(resolved) => resolved.body.key.clone(),",
        "Decided::Resolved(_) => None,",
        "the key is taken out of the notary's word",
    ),
    rule(
        Killer::Mail,
        RECEIVER,
        "mail-box-check",
        "(Some(sealed), Some(hash)) => check_escrow(&sealed.0.0, hash),",
        "(Some(_), Some(_)) => Ok(()),",
        "no receipt before the box that X names is here",
    ),
    rule(
        Killer::Mail,
        RECEIVER,
        "mail-letter-check",
        "        check_letter(&self.letter.0, &mail.cipher)?;\n        if x.core",
        "        if x.core",
        "no receipt before the letter that X names is here",
    ),
    rule(
        Killer::Mail,
        RECEIVER,
        "mail-share-check",
        "if !self.letter.0.starts_with(self.share.commitment().bytes()) {",
        "if false {",
        "no receipt before the letter's own half of the key is here",
    ),
    rule(
        Killer::FrameWorlds,
        RECEIVER,
        "mail-box-beside-wish",
        "means: Means::Box(sealed.clone()) };",
        "means: Means::Box(sealed.clone()) };\n        *content = Content::Unmet { statement: String::new() };",
        "the receiver brings the box to the notary",
    ),
    rule(
        Killer::FrameWorlds,
        REGISTER,
        "mail-bad-box",
        "EscrowOpening::Bad(_) => self.abort(st::AbortBasis::BadEscrow, promises, out),",
        "EscrowOpening::Bad(_) => Err(out_of_turn(\"box\").into()),",
        "a bad box ends the mail",
    ),
    rule(
        Killer::Mail,
        REGISTER,
        "mail-key-of-sender",
        "(Protocol::CmOnline, Checked::Key { by: by @ 0, signature, opening }) => {",
        "(Protocol::CmOnline, Checked::Key { by, signature, opening }) => {",
        "the notary takes the key from the sender alone",
    ),
    rule(
        Killer::FrameWorlds,
        GROUND,
        "mail-resolved-with-key",
        "None if self.x.core.mail.is_none() => Ok(()),",
        "None if self.x.core.mail.is_none() || self.x.core.deal.is_none() => Ok(()),",
        "a mail is not complete without its key",
    ),
    rule(
        Killer::Mail,
        MESSAGE,
        "mail-key-opens",
        "            Content::Key { opening, statement } => {\n                reader.opens(&opening)?;",
        "            Content::Key { opening, statement } => {",
        "the key is the one that X commits to",
    ),
    rule(
        Killer::Judge,
        CONVICT,
        "judge-cried-bad-box",
        "if !facts.defences.is_empty() {",
        "if false {",
        "who calls a good box bad is convicted by the sender's seed",
    ),
    rule(
        Killer::Judge,
        FACTS,
        "judge-good-box",
        "        judged.map_err(|error| match error {",
        "        judged.or(Ok(())).map_err(|error: Error| match error {",
        "a seed counts if it makes exactly the box that X names",
    ),
    rule(
        Killer::Judge,
        FACTS,
        "judge-collected",
        "if self.reader.x.core.protocol.collects() {",
        "if false {",
        "what a notary collects completes nothing without its word",
    ),
    rule(
        Killer::Papers,
        RECEIVER,
        "papers-keeps-key",
        "known.or(key) } else",
        "known } else",
        "the key that came is kept",
    ),
    rule(
        Killer::Papers,
        RUN,
        "papers-keeps-run",
        "rows::put(desk.tx, run_key(xid), self)?;\n        desk.tx.push(Write::Timer(run_key(xid), deadline));",
        "rows::put(desk.tx, run_key(xid), self)?;\n        let _ = deadline;",
        "nobody waits without a timer",
    ),
];
