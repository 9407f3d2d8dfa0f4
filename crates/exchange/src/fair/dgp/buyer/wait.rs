//! What the buyer does when nobody answers, and what the user may command.

use semper_base::code::Code;

use super::{
    Buyer, Command, Content, Desk, Effect, Error, Millis, Misuse, Patience, Role, Stage, Timestamp, before_capture, st,
};

impl Buyer {
    /// When the buyer must act by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Released | Stage::Settled | Stage::Refunded => None,
            // The goods are being looked at, or the user is being asked: the world may wait.
            Stage::Checking | Stage::Checked | Stage::Bad { .. } => None,
            _ => Some(self.patience.ends()),
        }
    }
}

impl Desk<'_> {
    pub(super) fn deadline(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let patience = state.patience.again(self.cx.now(), &self.x.core.deadlines);
        let next = match &state.stage {
            Stage::Fetching => {
                self.fetch(state, 0, out);
                state.clone()
            }
            Stage::Captured => self.ask_for_key(state, out)?,
            _ => {
                self.ask_registers(state, out)?;
                state.clone()
            }
        };
        Ok(Buyer { patience, ..next })
    }

    pub(super) fn command(&self, state: &Buyer, command: Command, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        match (command, &state.stage) {
            (Command::Release, stage) if before_capture(stage) => self.ask_release(state, out),
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
        let deadlines = &self.x.core.deadlines;
        let settle_after = state.captured()?.settle_after;
        let last_call = settle_after.minus(lead(deadlines.settle_ms, deadlines.skew_ms));
        let notary_late = now >= asked.plus(deadlines.answer_ms);
        if !state.facts.contested && now < settle_after && (now >= last_call || notary_late) {
            return self.contest(state, out);
        }
        self.ask_registers(state, out)?;
        Ok(state.clone())
    }

    pub(super) fn contest(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let captured = state.captured()?.hash;
        self.ask(state, st::Contest { captured }, out)?;
        Ok(state.clone())
    }

    fn request_escrow(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<Buyer, Error> {
        let captured = state.captured()?.hash;
        self.ask(state, st::EscrowRequest { captured }, out)?;
        let mut next = state.clone();
        next.facts.escrow_asked = Some(self.cx.now());
        Ok(next)
    }

    /// Asks the bank, and the notary if it has something to answer, for their rows. A question about
    /// rows binds nobody to anything: the policy signs it.
    fn ask_registers(&self, state: &Buyer, out: &mut Vec<Effect>) -> Result<(), Error> {
        self.ask(state, st::Status { round: self.cx.now().millis() }, out)
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

/// How long before settlement a contest goes out: a quarter of the window, but at least four times
/// the tolerated difference of clocks.
fn lead(settle: Millis, skew: Millis) -> Millis {
    Millis((settle.0 / 4).max(skew.0.saturating_mul(4)).min(settle.0))
}

/// A signed question about rows goes to the bank and, once it was asked for the key, to the notary.
pub(super) fn send_status(state: &Buyer, statement: &str, out: &mut Vec<Effect>) {
    let content = Content::Status { statement: statement.to_owned() };
    out.push(Effect::Send { to: Role::Bank, content: content.clone() });
    if state.facts.escrow_asked.is_some() || matches!(state.stage, Stage::Complained { .. }) {
        out.push(Effect::Send { to: Role::Notary, content });
    }
}
