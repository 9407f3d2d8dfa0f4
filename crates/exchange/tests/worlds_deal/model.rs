//! The model: what may happen, what the dishonest may say, what must hold.
//!
//! | property | says |
//! |---|---|
//! | one way | the money of a leg is held at most once, and goes one way at most once, after it was held |
//! | timely | from here every honest party comes to an end alone with notary and holders, whatever is under way being lost |
//! | fair | whose money was paid is paid in turn, and has the letter; who ends with nothing has its money back |
//! | just | nobody honest is convicted by the decisions that were ever told |
//! | accountable | whoever loses money by a dishonest notary convicts it by the decisions that were told |

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use semper_base::Hash;
use semper_exchange::fair::frame;
use semper_exchange::fair::lock;
use semper_exchange::fair::party::Standing;
use semper_exchange::judge::Evidence;
use semper_exchange::judge::frame::judge;
use semper_support::crypto::Ideal;
use stateright::{Model, Property};

use super::world::{Cash, EXPIRES, Input, Machine, Said, Who, World};

/// Steps after which a party that has not ended never will.
const STEPS_MAX: usize = 200;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) parties: u8,
    /// The first gives a letter instead of money.
    pub(crate) letter: bool,
    pub(crate) dishonest: &'static [Who],
    pub(crate) lies: u8,
    /// How often an owner may say no or change its mind.
    pub(crate) whims: u8,
    /// A broken driver of this one may lose a step after what it sends has left, once.
    pub(crate) early: Option<Who>,
    pub(crate) ticks: u8,
}

impl Setting {
    pub(crate) const TWO: Setting =
        Setting { parties: 2, letter: false, dishonest: &[], lies: 3, whims: 0, early: None, ticks: 2 };
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State {
    /// The parties in order, then the holders of their legs, then the notary.
    pub(crate) machines: Vec<u32>,
    /// By leg.
    pub(crate) cash: Vec<Cash>,
    pub(crate) tick: u8,
    /// Everything that was ever sent. It may arrive at any time, any number of times, or never.
    pub(crate) net: Vec<u32>,
    pub(crate) lies: u8,
    pub(crate) whims: u8,
    pub(crate) crashes: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Its step is lost after what it sends has left.
    Early(Who, Input),
    Happen(Who, Input),
    Lie(u32),
    Tick,
}

pub(crate) struct Table {
    pub(crate) setting: Setting,
    core: Mutex<Core>,
}

/// A party, all machines, the money, the clock.
type Alone = (u8, Vec<u32>, Vec<Cash>, u8);

pub(crate) struct Core {
    pub(crate) world: World,
    pub(crate) setting: Setting,
    alone: HashMap<Alone, Option<State>>,
    verdicts: HashMap<Vec<u32>, bool>,
}

impl Table {
    pub(crate) fn new(setting: Setting) -> Self {
        let world = World::new(setting.parties, setting.letter);
        Table { setting, core: Mutex::new(Core { world, setting, alone: HashMap::new(), verdicts: HashMap::new() }) }
    }

    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap()
    }
}

impl Model for Table {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.core().begin()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.core().actions(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        self.core().next(last, action)
    }

    fn within_boundary(&self, state: &State) -> bool {
        state.tick < self.setting.ticks
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("one way", |_, state: &State| {
                state.cash.iter().all(|cash| cash.held <= 1 && cash.paid + cash.back <= cash.held)
            }),
            Property::always("timely", |table: &Table, state| table.core().timely(state)),
            Property::always("fair", |table: &Table, state| table.core().fair(state)),
            Property::always("just", |table: &Table, state| table.core().just(state)),
            Property::always("accountable", |table: &Table, state| table.core().accountable(state)),
        ]
    }
}

impl Core {
    pub(crate) fn begin(&mut self) -> State {
        let parties = self.setting.parties;
        let mut machines: Vec<u32> = (0..parties).map(|place| self.world.begin(place)).collect();
        machines.extend((0..parties).map(|_| self.world.put(Machine::Holder(lock::Holder::default()))));
        machines.push(self.world.put(Machine::Register(semper_exchange::fair::register::Register::default())));
        let cash = vec![Cash::default(); usize::from(parties)];
        let crashes = u8::from(self.setting.early.is_some());
        State { machines, cash, tick: 0, net: vec![], lies: self.setting.lies, whims: self.setting.whims, crashes }
    }

    fn place(&self, who: Who) -> usize {
        let parties = usize::from(self.setting.parties);
        match who {
            Who::Party(place) => usize::from(place),
            Who::Holder(leg) => parties + usize::from(leg),
            Who::Notary => 2 * parties,
        }
    }

    pub(crate) fn runs(&self, who: Who) -> bool {
        !self.setting.dishonest.contains(&who)
    }

    pub(crate) fn honest(&self) -> Vec<u8> {
        (0..self.setting.parties).filter(|place| self.runs(Who::Party(*place))).collect()
    }

    fn actions(&mut self, state: &State, actions: &mut Vec<Action>) {
        for number in &state.net {
            let to = self.world.messages.get(*number).to;
            if self.runs(to) {
                actions.push(Action::Happen(to, Input::Message(*number)));
                if state.crashes > 0 && self.setting.early == Some(to) {
                    actions.push(Action::Early(to, Input::Message(*number)));
                }
            }
        }
        for place in self.honest() {
            let side = self.world.side(state.machines[usize::from(place)]).clone();
            let who = Who::Party(place);
            if side.asked.is_some() {
                actions.push(Action::Happen(who, Input::Consent));
            }
            if self.world.due(place, &side, state.tick).contains(&true) {
                actions.push(Action::Happen(who, Input::Deadline));
            }
            if state.whims > 0 {
                actions.extend([Input::Abort, Input::Decline].map(|input| Action::Happen(who, input)));
            }
        }
        if self.runs(Who::Notary) && state.tick >= EXPIRES {
            actions.push(Action::Happen(Who::Notary, Input::Deadline));
        }
        actions.push(Action::Tick);
        if state.lies > 0 && !self.setting.dishonest.is_empty() {
            actions.extend(self.lies(state).into_iter().map(Action::Lie));
        }
    }

    pub(crate) fn next(&mut self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Tick => state.tick = state.tick.saturating_add(1),
            // It says so when it wants that to be heard: what is late is another time.
            Action::Lie(number) => {
                state.lies -= 1;
                let to = self.world.messages.get(number).to;
                self.happen(&mut state, to, Input::Message(number))?;
            }
            Action::Early(who, input) => {
                let (_, sent, _) = self.world.step(who, state.machines[self.place(who)], input, state.tick)?;
                state.crashes -= 1;
                for number in sent {
                    insert(&mut state.net, number);
                }
            }
            Action::Happen(who, input) => {
                if matches!(input, Input::Abort | Input::Decline) {
                    state.whims -= 1;
                }
                self.happen(&mut state, who, input)?;
            }
        }
        (state != *last).then_some(state)
    }

    fn happen(&mut self, state: &mut State, who: Who, input: Input) -> Option<()> {
        let place = self.place(who);
        let (next, sent, cash) = self.world.step(who, state.machines[place], input, state.tick)?;
        state.machines[place] = next;
        for number in sent {
            insert(&mut state.net, number);
        }
        if let Who::Holder(leg) = who {
            let at = &mut state.cash[usize::from(leg)];
            (at.held, at.paid, at.back) = (at.held + cash.held, at.paid + cash.paid, at.back + cash.back);
        }
        Some(())
    }

    /// How this party ends when only it, the notary and the holders of its money are there.
    fn alone(&mut self, state: &State, place: u8) -> Option<State> {
        let name = (place, state.machines.clone(), state.cash.clone(), state.tick);
        if let Some(known) = self.alone.get(&name) {
            return known.clone();
        }
        let mut here = State { net: vec![], lies: 0, whims: 0, crashes: 0, ..state.clone() };
        let mut end = None;
        for _ in 0..STEPS_MAX {
            if self.world.side(here.machines[usize::from(place)]).is_over() {
                end = Some(here);
                break;
            }
            here = self.little(&here, place);
        }
        self.alone.insert(name, end.clone());
        end
    }

    fn little(&mut self, here: &State, place: u8) -> State {
        let me = Who::Party(place);
        let others = [Who::Notary, Who::Holder(place), Who::Holder(self.world.incoming(place))];
        let here_too = |who: Who| who == me || others.contains(&who);
        let between = here.net.iter().copied().find(|number| {
            let message = self.world.messages.get(*number);
            here_too(message.from) && here_too(message.to)
        });
        if let Some(number) = between {
            let to = self.world.messages.get(number).to;
            let mut rest = here.clone();
            rest.net.retain(|known| *known != number);
            return self.next(&rest, Action::Happen(to, Input::Message(number))).unwrap_or(rest);
        }
        let due = [(me, Input::Consent), (me, Input::Deadline), (Who::Notary, Input::Deadline)];
        for (who, input) in due {
            let side = self.world.side(here.machines[usize::from(place)]).clone();
            let is_due = match (who, input) {
                (Who::Party(_), Input::Deadline) => self.world.due(place, &side, here.tick).contains(&true),
                (Who::Notary, _) => here.tick >= EXPIRES,
                _ => side.asked.is_some(),
            };
            if is_due && let Some(next) = self.next(here, Action::Happen(who, input)) {
                return next;
            }
        }
        self.next(here, Action::Tick).unwrap_or_else(|| here.clone())
    }

    fn timely(&mut self, state: &State) -> bool {
        !self.runs(Who::Notary) || self.honest().into_iter().all(|place| self.alone(state, place).is_some())
    }

    fn fair(&mut self, state: &State) -> bool {
        if !self.runs(Who::Notary) {
            return true;
        }
        self.honest().into_iter().all(|place| {
            let was_paid = state.cash[usize::from(place)].paid > 0;
            self.alone(state, place).is_none_or(|end| self.is_square(&end, place, was_paid))
        })
    }

    /// Whether a party that came to its end has lost nothing.
    fn is_square(&self, end: &State, place: u8, was_paid: bool) -> bool {
        let side = self.world.side(end.machines[usize::from(place)]);
        let (mine, theirs) = (end.cash[usize::from(place)], end.cash[usize::from(self.world.incoming(place))]);
        if side.dealer.standing() == Standing::Complete {
            let has_letter = !self.setting.letter || place != 1 || side.dealer.keys().len() == 1;
            return has_letter && (side.payee.is_none() || theirs.paid == 1);
        }
        !was_paid && mine.paid == 0 && mine.held == mine.back && side.dealer.keys().is_empty()
    }

    /// Decisions that were told to anybody, or shown.
    pub(crate) fn told(&self, state: &State) -> Vec<u32> {
        let is = |number: &u32| match &self.world.messages.get(*number).said {
            Said::Deal(content) => matches!(content, frame::Content::Decision { .. }),
            Said::Lock(..) => false,
        };
        state.net.iter().copied().filter(is).collect()
    }

    fn convicts(&mut self, told: Vec<u32>) -> bool {
        if let Some(known) = self.verdicts.get(&told) {
            return *known;
        }
        let mut evidence = Evidence::new();
        for number in &told {
            let Said::Deal(frame::Content::Decision { pieces, statement }) = &self.world.messages.get(*number).said
            else {
                continue;
            };
            for text in pieces.iter().chain([statement]) {
                evidence.add(&Hash::of(text.as_bytes()).hex(), text.as_bytes()).unwrap();
            }
        }
        let convicted = !judge(&self.world.x, &evidence, &Ideal::new(1)).convictions.is_empty();
        self.verdicts.insert(told, convicted);
        convicted
    }

    fn just(&mut self, state: &State) -> bool {
        let told = self.told(state);
        !self.runs(Who::Notary) || self.setting.early.is_some() || told.is_empty() || !self.convicts(told)
    }

    fn accountable(&mut self, state: &State) -> bool {
        if self.runs(Who::Notary) {
            return true;
        }
        let lost = self.honest().into_iter().any(|place| {
            let back = state.cash[usize::from(self.world.incoming(place))].back > 0;
            state.cash[usize::from(place)].paid > 0 && back
        });
        !lost || self.convicts(self.told(state))
    }

    pub(crate) fn show(&self, state: &State) -> String {
        let standings: Vec<_> = self
            .honest()
            .iter()
            .map(|place| self.world.side(state.machines[usize::from(*place)]).dealer.standing())
            .collect();
        let notary = self.world.decided(*state.machines.last().unwrap());
        format!("tick {}, {standings:?}, notary {notary}, {:?}", state.tick, state.cash)
    }

    pub(crate) fn show_action(&self, action: Action) -> String {
        let message = |number: u32| {
            let message = self.world.messages.get(number);
            let text = format!("{:?}", message.said);
            format!("{:?} -> {:?}: {}", message.from, message.to, text.chars().take(60).collect::<String>())
        };
        match action {
            Action::Happen(_, Input::Message(number)) => message(number),
            Action::Early(_, Input::Message(number)) => format!("breaks down after {}", message(number)),
            Action::Lie(number) => format!("lie: {}", message(number)),
            other => format!("{other:?}"),
        }
    }
}

fn insert(sorted: &mut Vec<u32>, number: u32) {
    if let Err(at) = sorted.binary_search(&number) {
        sorted.insert(at, number);
    }
}
