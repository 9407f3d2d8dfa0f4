//! What the buyer does when nobody answers, and what the user may command.

use semper_base::code::Code;

use super::{
    Buyer, Command, Content, Deadlines, Desk, Effect, Error, Millis, Misuse, Patience, Role, Stage, Timestamp,
    before_capture, st,
};
use semper_blocks::statement::{Statement, danger_typed_unverified};

impl Buyer {
    /// When the buyer must act by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self.stage {
            // It is over, or the goods are being looked at: the world may wait.
            Stage::Checking | Stage::Released | Stage::Settled | Stage::Refunded => None,
            _ => Some(self.patience.ends()),
        }
    }
}

impl Desk<'_> {
    pub(super) fn deadline(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let now = self.cx.now();
        let mut patience = state.patience.again(now, &self.x.core.deadlines);
        let next = match &state.stage {
            Stage::Fetching if now < self.x.core.deadlines.hold_until => {
                self.fetch(state, 0, out);
                state.clone()
            }
            // Paid for, and the bank may say that it is over for good.
            Stage::Fetching if state.facts.captured.is_some() => {
                self.fetch(state, 0, out);
                self.ask_registers(state, out)?;
                state.clone()
            }
            Stage::Captured => {
                // No pause may be so long that the last call goes by.
                let last_call = self.last_call(state)?;
                if now < last_call && !state.facts.contested {
                    patience = patience.no_later_than(last_call);
                }
                self.ask_for_key(state, out)?
            }
            _ => {
                if let (Stage::Complained, Some(complaint)) = (&state.stage, &state.facts.complaint) {
                    // Its answer may still be under way; if it was rejected, nobody would tell us.
                    out.push(Effect::Send { to: Role::Notary, content: state.complaint(complaint)? });
                }
                self.ask_registers(state, out)?;
                state.clone()
            }
        };
        Ok(Buyer { patience, ..next })
    }

    pub(super) fn command(&self, state: &Buyer, command: Command, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        match (command, &state.stage) {
            (Command::Release, _) if before_capture(state) => self.ask_release(state, out),
            (Command::Release, _) => Err(Misuse::new(Code::StateWrong, "the money was captured, or it is over").into()),
            (Command::Contest, Stage::Captured) => self.contest(state, out),
            (Command::Escrow, Stage::Captured) => self.request_escrow(state, out),
            (Command::Contest | Command::Escrow, _) => {
                Err(Misuse::new(Code::StateWrong, "only between capture and key").into())
            }
            (Command::Status, _) => {
                self.ask_registers(state, out)?;
                Ok(state.clone())
            }
        }
    }

    /// No key though the money is taken: first the notary, and before the money is settled a contest.
    pub(super) fn ask_for_key(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let now = self.cx.now();
        let Some(asked) = state.facts.escrow_asked else {
            return self.request_escrow(state, out);
        };
        let settle_after = state.captured()?.settle_after;
        let notary_late = now >= asked.plus(self.x.core.deadlines.answer_ms);
        if !state.facts.contested && now < settle_after && (now >= self.last_call(state)? || notary_late) {
            return self.contest(state, out);
        }
        self.ask_registers(state, out)?;
        Ok(state.clone())
    }

    pub(super) fn contest(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let captured = state.captured()?.hash;
        self.ask(state, &st::Contest { captured }, out)?;
        Ok(state.clone())
    }

    fn last_call(&self, state: &Buyer) -> Result<Timestamp, Misuse> {
        Ok(state.captured()?.settle_after.minus(lead(&self.x.core.deadlines)))
    }

    /// When the bank must have settled without our help.
    pub(super) fn until_settled(&self, state: &Buyer) -> Result<Patience, Misuse> {
        let times = &self.x.core.deadlines;
        let at = state.captured()?.settle_after.plus(times.skew_ms);
        let soon = Patience::start(self.cx.now(), times);
        Ok(if at > soon.ends() { Patience::until(at, times) } else { soon })
    }

    pub(super) fn request_escrow(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let captured = state.captured()?.hash;
        self.ask(state, &st::EscrowRequest { captured }, out)?;
        let mut next = state.clone();
        next.facts.escrow_asked.get_or_insert(self.cx.now());
        Ok(next)
    }

    /// Asks the bank, and the notary if it has something to answer, for their rows. A question about
    /// rows binds nobody to anything: the policy signs it.
    fn ask_registers(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<(), Error> {
        let status = st::Status { round: self.cx.now().millis() };
        self.ask(state, &status, out)?;
        if state.facts.requested || state.stage == Stage::Complained {
            self.ask_with(state, self.x.core.buyer.id(), Role::Notary, &status, out)?;
        }
        Ok(())
    }

    /// A signed question goes to the register that it is addressed to.
    pub(super) fn send_status(&self, statement: String, out: &mut Vec<Effect>) -> Result<(), Error> {
        let status: Statement<st::Status> = danger_typed_unverified(&statement)?;
        let notary = status.meta.to.contains(&self.x.core.notary.key.id());
        let to = if notary { Role::Notary } else { Role::Bank };
        out.push(Effect::Send { to, content: Content::Status { statement } });
        Ok(())
    }

    pub(super) fn patience_in(&self, stage: &Stage) -> Patience {
        let deadlines = &self.x.core.deadlines;
        match stage {
            Stage::Fetching | Stage::Holding | Stage::Mandated | Stage::Captured | Stage::Cancelling => {
                Patience::start(self.cx.now(), deadlines)
            }
            _ => Patience::until(self.cx.now().plus(deadlines.settle_ms), deadlines),
        }
    }
}

/// How long before settlement a contest goes out: a quarter of the window, but at least four times the
/// tolerated difference of clocks, and at least the complaint window, so that a key which comes just
/// before still leaves the time to look at the goods and to have a complaint judged.
fn lead(times: &Deadlines) -> Millis {
    let least = times.complaint_ms.0.max(times.skew_ms.0.saturating_mul(4));
    Millis((times.settle_ms.0 / 4).max(least).min(times.settle_ms.0))
}
