//! What the buyer makes of the registers' answers.

use semper_blocks::delivery::KeyOpening;

use super::{Answer, Buyer, Content, Desk, Effect, Error, Patience, Role, Stage, at};

impl Desk<'_> {
    pub(super) fn answer(&self, state: &Buyer, answer: &Answer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        use Stage::{Agreed, Cancelling, Captured, Complained, Fetched, Fetching, Holding, Mandated};
        if !matches!(answer, Answer::Unmet(_)) {
            out.push(Effect::Keep(answer.text().to_owned()));
        }
        if answer.fits(self.x).is_err() {
            out.push(Effect::Tell("unfit"));
            return Ok(state.clone());
        }
        match (&state.stage, answer) {
            (Holding, Answer::Held(_)) => {
                out.push(Effect::Tell("held"));
                carry(answer, out);
                let next =
                    Buyer { patience: Patience::start(self.cx.now(), &self.x.core.deadlines), ..at(state, Fetching) };
                self.fetch(&next, 0, out);
                Ok(next)
            }
            (Fetching | Fetched | Mandated | Cancelling, Answer::Captured(captured))
                if state.facts.captured.is_none() =>
            {
                out.push(Effect::Tell("captured"));
                let mut next = state.clone();
                next.facts.captured = Some(super::Captured {
                    text: captured.text.clone(),
                    hash: captured.hash,
                    settle_after: captured.body.settle_after,
                });
                Ok(self.paid(&next, out))
            }
            (Agreed { .. } | Holding | Fetching | Fetched | Mandated | Cancelling, Answer::Released(_)) => {
                out.push(Effect::Tell("released"));
                carry(answer, out);
                Ok(at(state, Stage::Released))
            }
            // The bank takes no hold any more: no money can move.
            (Agreed { .. } | Holding | Cancelling, Answer::Unmet(unmet))
                if unmet.meta.signer.role == Role::Bank && unmet.body.at >= self.x.core.deadlines.over_if_unmet() =>
            {
                // It ends the deal, so it is kept; those before it say nothing that lasts.
                out.push(Effect::Keep(answer.text().to_owned()));
                out.push(Effect::Tell("released"));
                Ok(at(state, Stage::Released))
            }
            (_, Answer::Unmet(_)) if answer.role() == Role::Notary => self.denied(state, out),
            (Captured, Answer::PassedKey(passed)) => {
                out.push(Effect::Tell("key"));
                Ok(self.with_key(state, &passed.body.key))
            }
            (_, Answer::Contested(_)) => {
                let mut next = state.clone();
                next.facts.contested = true;
                Ok(next)
            }
            (Stage::Released | Stage::Settled | Stage::Refunded, _) => Ok(state.clone()),
            (_, Answer::Settled(_)) if state.facts.captured.is_some() => self.settled(state, out),
            (_, Answer::Refunded(_)) if state.facts.captured.is_some() => {
                out.push(Effect::Tell("refunded"));
                Ok(at(state, Stage::Refunded))
            }
            (Complained | Captured, Answer::BadEscrow(_) | Answer::WrongFile(_)) => {
                out.push(Effect::Tell(if matches!(answer, Answer::BadEscrow(_)) {
                    "bad-escrow"
                } else {
                    "wrong-file"
                }));
                Ok(state.clone())
            }
            // A repetition is no news; a contradiction is evidence. Both are kept, neither moves us.
            _ => Ok(state.clone()),
        }
    }

    /// The money is taken: now it is about the key. Where chunks are still to come they are fetched first;
    /// that happens to a wallet that was restored from an older copy, or with a bank that captures alone.
    pub(super) fn paid(&self, state: &Buyer, out: &mut Vec<Effect>) -> Buyer {
        let patience = Patience::start(self.cx.now(), &self.x.core.deadlines);
        if !state.facts.missing.is_complete() || state.facts.escrow.is_none() {
            self.fetch(state, 0, out);
            return Buyer { patience, ..at(state, Stage::Fetching) };
        }
        let next = Buyer { patience, ..at(state, Stage::Captured) };
        match next.facts.key.clone() {
            Some(key) => self.with_key(&next, &key),
            None => next,
        }
    }

    /// The goods may still be locked when the money is gone for good: only what is here and opened
    /// ends the buyer's part.
    fn settled(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        out.push(Effect::Tell("settled"));
        match state.stage {
            // Asked for once more only by our own clock: each answer asking again would never end.
            Stage::Captured if state.facts.escrow_asked.is_none() => self.request_escrow(state, out),
            Stage::Fetching | Stage::Captured | Stage::Checking => Ok(state.clone()),
            _ => Ok(at(state, Stage::Settled)),
        }
    }

    pub(super) fn with_key(&self, state: &Buyer, key: &KeyOpening) -> Buyer {
        let mut next = state.clone();
        next.facts.key = Some(key.clone());
        // Without `captured` there would be nothing to complain with: wait for it.
        if next.facts.captured.is_some() {
            next.stage = Stage::Checking;
            next.patience = Patience::start(self.cx.now(), &self.x.core.deadlines);
        }
        next
    }

    /// The notary has nothing on record, though what we want had gone out before we asked: it was
    /// rejected, and the transport will not bring it again. A question of ours that the user has not
    /// answered is asked anew, no more.
    fn denied(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        if state.stage != Stage::Captured || !state.facts.requested {
            return Ok(state.clone());
        }
        let mut next = self.request_escrow(state, out)?;
        next.facts.requested = false;
        Ok(next)
    }
}

/// Brings the bank's word to the seller, of whom the bank may not have heard yet. The seller goes by the bank's
/// signature, and asks the bank itself if nothing comes.
fn carry(answer: &Answer, out: &mut Vec<Effect>) {
    out.push(Effect::Send { to: Role::Seller, content: Content::Answer { statement: answer.text().to_owned() } });
}
