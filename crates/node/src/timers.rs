//! Fires the party's timers. They are rows: what was due while the process was down fires now.

use std::collections::BTreeMap;
use std::time::Duration;

use semper_base::limits::TIMERS_PER_TURN_MAX;
use semper_base::{Fault, Key, Timestamp};
use semper_driver::service::{Input, Service};
use tokio::time::{Instant, sleep, sleep_until};

use crate::hub::Hub;
use crate::writer::Handle;

/// Commits within this time are looked at together, so that a busy writer is not asked after each.
const GATHER: Duration = Duration::from_millis(20);
/// First pause after a timer that stays due although it fired; doubles each time.
const RETRY_FIRST: Duration = Duration::from_millis(200);
/// Longest such pause.
const RETRY_MAX: Duration = Duration::from_mins(5);
/// Longest sleep without a look, in case the wall clock was set forward.
const SLEEP_MAX: Duration = Duration::from_mins(1);
/// Timers that stay due and are remembered as such; beyond it all wait together.
const FAILING_MAX: usize = 1024;

/// Timers that stay due although they fired: how often, and when to try again.
type Failing = BTreeMap<Key, (u32, Instant)>;

/// Runs for ever.
pub(crate) async fn run<S: Service>(handle: Handle<S>, hub: &Hub) {
    let mut commits = hub.commits();
    let mut failing = Failing::new();
    loop {
        commits.mark_unchanged();
        let pause = match turn(&handle, &mut failing).await {
            Ok(pause) => pause,
            Err(fault) => {
                tracing::warn!(%fault, "timers could not be read");
                RETRY_FIRST
            }
        };
        let until = Instant::now() + pause.min(SLEEP_MAX);
        tokio::select! {
            () = sleep_until(until) => {}
            changed = commits.changed() => {
                if changed.is_err() {
                    return;
                }
                sleep(GATHER).await;
            }
        }
    }
}

/// Fires what is due and returns how long nothing will be.
async fn turn<S: Service>(handle: &Handle<S>, failing: &mut Failing) -> Result<Duration, Fault> {
    let now = handle.now();
    // Those that only wait for their next try must not hide others behind them.
    let limit = TIMERS_PER_TURN_MAX + failing.len();
    let (due, next) =
        handle.read(move |transaction| Ok((transaction.due(now, limit)?, transaction.next_due()?))).await?;
    failing.retain(|key, _| due.contains(key));
    let started = Instant::now();
    let may_fire = |key: &Key| failing.get(key).is_none_or(|(_, again)| *again <= started);
    let fire: Vec<Key> = due.iter().filter(|key| may_fire(key)).take(TIMERS_PER_TURN_MAX).cloned().collect();
    if fire.is_empty() {
        return Ok(idle(failing, next, now, started, due.is_empty()));
    }
    let inputs = fire.iter().cloned().map(Input::Timer).collect();
    let results = handle.locals(inputs).await.unwrap_or_else(|error| vec![Err(error); fire.len()]);
    for (key, result) in fire.into_iter().zip(results) {
        if let Err(error) = &result {
            tracing::warn!(timer = key.0, %error, "a timer failed");
        }
        // Noted whatever it answered: if it is not due in the next turn, this is forgotten.
        note(failing, key, started, result.is_err());
    }
    Ok(Duration::ZERO)
}

fn note(failing: &mut Failing, key: Key, now: Instant, failed: bool) {
    if failing.len() >= FAILING_MAX && !failing.contains_key(&key) {
        failing.pop_first();
    }
    let (count, again) = failing.entry(key).or_insert((0, now));
    *again = now + RETRY_FIRST.saturating_mul(1 << (*count).min(16)).min(RETRY_MAX);
    // One that succeeded and is due again at once is slowed down, but no more each time.
    *count = if failed { *count + 1 } else { 0 };
}

/// Until the next timer is due or a failing one may be tried again.
fn idle(failing: &Failing, next: Option<Timestamp>, now: Timestamp, started: Instant, none_due: bool) -> Duration {
    let retry = failing.values().map(|(_, again)| again.duration_since(started)).min().unwrap_or(SLEEP_MAX);
    // While something stays due, the earliest timer says nothing about the others: look again soon.
    let due = match next {
        Some(next) if none_due => Duration::from_millis(next.since(now).0),
        Some(_) => RETRY_FIRST,
        None => SLEEP_MAX,
    };
    due.min(retry)
}
