//! Processes: start, timers, death, old copies.

use semper_base::limits::TIMERS_PER_TURN_MAX;
use semper_base::tx::Body;
use semper_base::{PeerId, Write};
use semper_driver::Store as _;
use semper_driver::service::Input;

use super::{Dialling, Happening, Who, World};
use crate::disk::{CommitFault, ModelStore};
use crate::fate::{self, Label, Mishap, Moment};
use crate::host::Job;
use crate::trouble::Trouble;

/// How soon a timer that is due is looked at, in milliseconds.
const SOON: u64 = 20;
/// First and longest pause after timers that stay due, in milliseconds.
const STUCK: (u64, u64) = (200, 300_000);

/// How long a process is usually down, in milliseconds.
const DOWN: u64 = 5_000;

impl World {
    /// Starts a party's process.
    pub fn start(&mut self, who: Who) -> Result<(), Trouble> {
        let wall = self.wall(who);
        let report = self.seat(who)?.process.start(wall)?;
        let seat = self.seat(who)?;
        seat.up = true;
        seat.commits += 1;
        self.note(who, format_args!("starts, commit {}", report.commit));
        self.publish(who, report.outputs)?;
        self.dial_all(who)?;
        self.dial_again(who);
        self.watch(who)?;
        self.schedule_tick(who)
    }

    /// A process dies at once and stays down.
    pub fn kill(&mut self, who: Who) -> Result<(), Trouble> {
        let seat = self.seat(who)?;
        seat.process.kill();
        seat.up = false;
        seat.questions.clear();
        seat.tick += 1;
        self.note(who, format_args!("dies"));
        self.routes.retain(|(from, _), route| *from != who && route.to != who);
        self.pushing.retain(|(from, _), _| *from != who);
        self.dialling.retain(|(from, _), _| *from != who);
        let lost: Vec<(Who, String)> =
            self.dialling.iter().filter(|(_, state)| state.server == Some(who)).map(|(key, _)| key.clone()).collect();
        for (dialler, link) in lost {
            let attempt = self.fresh();
            let state = Dialling { attempt, server: Some(who), ..Dialling::default() };
            self.dialling.insert((dialler, link.clone()), state);
            self.after(1_000, Happening::Dial { who: dialler, link, attempt });
        }
        Ok(())
    }

    /// A process dies and is started again after a while.
    pub fn crash(&mut self, who: Who) -> Result<(), Trouble> {
        self.kill(who)?;
        let pause = self.down(who);
        self.after(pause, Happening::Restart { who });
        Ok(())
    }

    /// For how long a party is down this time.
    fn down(&mut self, who: Who) -> u64 {
        let range = self.weather.at(self.now).down;
        let label = Label::Down(self.name(who), 0);
        let happens = self.fate.at(label, self.now, |dice| {
            if range.0 < range.1 { vec![Mishap::Delay(dice.within(range))] } else { Vec::new() }
        });
        fate::delay(&happens, if range.0 == range.1 { range.0 } else { DOWN })
    }

    /// A process that is down is started, unless that is on its way.
    pub fn restart_soon(&mut self, who: Who) {
        if !self.is_up(who) {
            self.after(1, Happening::Restart { who });
        }
    }

    /// A restored party knows nothing of a peer that called it an old copy.
    pub fn forget_stale(&mut self, who: Who) {
        self.pushing.retain(|(from, _), _| *from != who);
    }

    /// A process that is down is started; if its disk fails at once, again and again.
    pub fn restart(&mut self, who: Who) -> Result<(), Trouble> {
        if self.is_up(who) {
            return Ok(());
        }
        let Err(trouble) = self.start(who) else { return Ok(()) };
        if self.is_up(who) {
            return Err(trouble);
        }
        // Its disk failed at the first commit: it is started again, until that succeeds.
        self.note(who, format_args!("does not start: {trouble}"));
        let pause = self.down(who);
        self.after(pause, Happening::Restart { who });
        Ok(())
    }

    /// Stops a party, does something to its disk, and starts it again.
    pub fn tamper<T>(&mut self, who: Who, work: impl FnOnce(&mut ModelStore) -> T) -> Result<T, Trouble> {
        self.kill(who)?;
        let done = self.seat(who)?.drive.with(work);
        let done = done.ok_or_else(|| Trouble::new("the disk is mounted"))?;
        self.start(who)?;
        Ok(done)
    }

    /// A liar queues a message that its service would never send.
    pub fn smuggle(&mut self, who: Who, to: PeerId, kind: &'static str, body: &[u8]) -> Result<(), Trouble> {
        let now = self.wall(who);
        self.tamper(who, |disk| {
            disk.reopen()?;
            let mut transaction = disk.begin()?;
            let _ = transaction.apply(&[Write::Send { to, kind, body: Body::Inline(body.to_vec()) }], now)?;
            transaction.commit()
        })??;
        Ok(())
    }

    /// Whether a party dies at this moment.
    pub(super) fn dies(&mut self, moment: Moment, who: Who) -> bool {
        let weather = self.weather.at(self.now);
        let chance = match moment {
            Moment::AfterAck | Moment::AfterSend => weather.crash,
            Moment::AfterCommit => weather.crash.div_ceil(2),
            Moment::BeforeCommit | Moment::UnknownCommit => weather.bad_commit.div_ceil(2),
        };
        let label = Label::Crash(moment, self.name(who), 0);
        let draw = |dice: &mut crate::dice::Dice| if dice.chance(chance) { vec![Mishap::Crash] } else { Vec::new() };
        !self.fate.at(label, self.now, draw).is_empty()
    }

    /// A party dies at this moment, or not.
    pub(super) fn perhaps_crash(&mut self, moment: Moment, who: Who) -> Result<(), Trouble> {
        if self.is_up(who) && self.dies(moment, who) {
            self.crashes = self.crashes.saturating_add(1);
            self.fault(who, format_args!("dies {moment:?}"));
            self.crash(who)?;
        }
        Ok(())
    }

    /// The commit that comes now fails, or not.
    pub(super) fn perhaps_fail_commit(&mut self, who: Who) -> Result<(), Trouble> {
        let broken = self.seats.get(who.0).is_some_and(|seat| seat.sync_fails_until > self.now);
        if broken || self.dies(Moment::BeforeCommit, who) {
            self.crashes = self.crashes.saturating_add(1);
            self.fail_commit(who, CommitFault::Lost)?;
        } else if self.dies(Moment::UnknownCommit, who) {
            self.crashes = self.crashes.saturating_add(1);
            self.fail_commit(who, CommitFault::Unknown)?;
        }
        Ok(())
    }

    /// Notes when the party's timers are to be looked at.
    pub(super) fn schedule_tick(&mut self, who: Who) -> Result<(), Trouble> {
        if !self.is_up(who) {
            return Ok(());
        }
        let wall = self.wall(who);
        let next = self.look(who, |transaction| transaction.next_due())?;
        let seat = self.seat(who)?;
        seat.tick += 1;
        let (tick, stuck) = (seat.tick, seat.stuck);
        let Some(next) = next else { return Ok(()) };
        let pause = match next.since(wall).0 {
            0 if stuck > 0 => (STUCK.0 << stuck.min(16)).min(STUCK.1),
            0 => SOON,
            later => later,
        };
        self.after(pause, Happening::Tick { who, tick });
        Ok(())
    }

    pub(super) fn tick(&mut self, who: Who, tick: u64) -> Result<(), Trouble> {
        let wall = self.wall(who);
        if self.seat(who)?.tick != tick || !self.is_up(who) {
            return Ok(());
        }
        let due = self.look(who, |transaction| transaction.due(wall, TIMERS_PER_TURN_MAX))?;
        for key in &due {
            self.note(who, format_args!("timer {}", key.0));
        }
        if due.is_empty() {
            return self.schedule_tick(who);
        }
        let worked = self.work(who, Job::Local(due.into_iter().map(Input::Timer).collect()))?;
        let failed = worked.done.iter().any(|done| !matches!(done, Ok(semper_driver::party::Done::Reply(Ok(_)))));
        let seat = self.seat(who)?;
        seat.stuck = if failed { seat.stuck.saturating_add(1) } else { 0 };
        self.finish(who, worked)
    }
}
