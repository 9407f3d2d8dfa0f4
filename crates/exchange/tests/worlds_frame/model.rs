//! The model: which actions a state has, and what follows from each.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use semper_exchange::fair::frame::word::Word;
use semper_exchange::fair::frame::{Protocol, Seat};
use semper_exchange::fair::party::Standing;
use stateright::{Model, Property};

use super::props::{self, Judged};
use super::state::{Action, Cause, Setting, State, insert};
use super::world::{Effected, Happening, Wish, World, at, made};

/// One world with its setting.
pub(crate) struct Table {
    pub(crate) setting: Setting,
    pub(crate) core: Mutex<Core>,
}

/// A party, its machine, the notary's, the clock, what the party is asked.
type Pair = (Seat, u32, u32, u8, Vec<u32>);

/// The machines, and what was found out about states. Behind one lock: each checker has one thread.
pub(crate) struct Core {
    pub(crate) world: World,
    pub(crate) setting: Setting,
    /// How a party ends alone with the notary.
    pub(crate) alone: HashMap<Pair, Option<(u32, u32)>>,
    pub(crate) lies: HashMap<Vec<u32>, Vec<u32>>,
    /// Whether what stands in these messages convicts anybody, and whether it shows that the exchange is complete.
    pub(crate) verdicts: HashMap<Vec<u32>, Judged>,
    /// Whether what a machine holds as proof is one.
    pub(crate) proofs: HashMap<u32, bool>,
}

impl Table {
    pub(crate) fn new(setting: Setting) -> Self {
        let mut world = made(setting.protocol, setting.parties, 1);
        if setting.bad_box {
            world.spoil_box();
        }
        Table { setting, core: Mutex::new(Core::new(world, setting)) }
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
        props::all()
    }
}

impl Core {
    pub(crate) fn new(world: World, setting: Setting) -> Self {
        Core {
            world,
            setting,
            alone: HashMap::new(),
            lies: HashMap::new(),
            proofs: HashMap::new(),
            verdicts: HashMap::new(),
        }
    }

    pub(crate) fn begin(&mut self) -> State {
        let Setting { lies, whims, crashes, parties, .. } = self.setting;
        let mut state =
            State { machines: vec![], tick: 0, net: vec![], questions: vec![], rows: vec![], lies, whims, crashes };
        for place in 0..parties {
            let (machine, effects) = self.world.begin(place);
            state.machines.push(machine);
            if self.runs(Seat::Party(place)) {
                self.apply(&mut state, &effects);
            }
        }
        let register = self.world.register();
        state.machines.push(register);
        state
    }

    pub(crate) fn runs(&self, seat: Seat) -> bool {
        !self.setting.dishonest.contains(&seat)
    }

    pub(crate) fn seats(&self) -> impl Iterator<Item = Seat> + use<> {
        self.world.x.seats()
    }

    pub(crate) fn place(&self, seat: Seat) -> usize {
        match seat {
            Seat::Notary => usize::from(self.world.parties()),
            Seat::Party(place) => usize::from(place),
        }
    }

    fn actions(&mut self, state: &State, actions: &mut Vec<Action>) {
        for message in &state.net {
            let ends = self.world.messages.get(*message);
            let waits = self.setting.prompt && ends.from == Seat::Notary;
            if self.runs(ends.to) && !waits {
                actions.push(Action::Deliver(*message));
            }
        }
        actions.extend(state.questions.iter().map(|question| Action::Sign(*question)));
        for seat in self.seats().filter(|seat| self.runs(*seat)) {
            if self.is_due(state, seat) {
                actions.push(Action::Deadline(seat));
            }
            if state.whims > 0 && seat != Seat::Notary {
                actions.extend([Wish::Abort, Wish::Resolve].map(|wish| Action::Wish(seat, wish)));
            }
        }
        if state.whims > 0 {
            actions.extend(state.questions.iter().map(|question| Action::Decline(*question)));
        }
        if !self.in_rounds() {
            actions.push(Action::Tick);
        }
        self.early(state, actions);
        if state.lies > 0 && !self.setting.dishonest.is_empty() {
            actions.extend(self.lies(state).into_iter().map(Action::Lie));
        }
    }

    pub(crate) fn in_rounds(&self) -> bool {
        self.setting.protocol == Protocol::CsnC
    }

    /// Patience in rounds may end at any time; whoever has asked the notary asks it again, which changes nothing.
    fn is_due(&self, state: &State, seat: Seat) -> bool {
        let machine = state.machines[self.place(seat)];
        if self.in_rounds() {
            let standing = (seat != Seat::Notary).then(|| self.world.standing(machine));
            return matches!(standing, Some(Standing::Promised | Standing::Signed));
        }
        self.world.deadline(machine).is_some_and(|due| due <= at(state.tick))
    }

    fn early(&self, state: &State, actions: &mut Vec<Action>) {
        let Some((seat, _)) = self.setting.early.filter(|_| state.crashes > 0) else { return };
        let to_it = state.net.iter().filter(|message| self.world.messages.get(**message).to == seat);
        actions.extend(to_it.map(|message| Action::Early(seat, Cause::Message(*message))));
        let asked = state.questions.iter().filter(|question| self.world.questions.get(**question).of == seat);
        actions.extend(asked.map(|question| Action::Early(seat, Cause::Signed(*question))));
        if self.is_due(state, seat) {
            actions.push(Action::Early(seat, Cause::Deadline));
        }
    }

    /// None if nothing comes of it.
    pub(crate) fn next(&mut self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Deadline(seat) => self.happen(&mut state, seat, Happening::Deadline)?,
            Action::Decline(question) => {
                state.whims -= 1;
                state.questions.retain(|known| *known != question);
                let of = self.world.questions.get(question).of;
                self.happen(&mut state, of, Happening::Declined(question))?;
            }
            Action::Deliver(message) => {
                let to = self.world.messages.get(message).to;
                self.happen(&mut state, to, Happening::Message(message))?;
            }
            Action::Early(seat, cause) => self.lose(&mut state, seat, cause)?,
            // In rounds the coalition says whatever it can say, whenever it likes: it need not wait.
            Action::Lie(message) if self.in_rounds() && self.runs(Seat::Notary) => {
                let to = self.world.messages.get(message).to;
                self.happen(&mut state, to, Happening::Message(message))?;
            }
            Action::Lie(message) => {
                state.lies -= 1;
                insert(&mut state.net, message);
            }
            Action::Sign(question) => {
                state.questions.retain(|known| *known != question);
                let of = self.world.questions.get(question).of;
                self.happen(&mut state, of, Happening::Signed(question))?;
            }
            Action::Tick => state.tick += 1,
            Action::Wish(seat, wish) => {
                state.whims -= 1;
                self.happen(&mut state, seat, Happening::Command(wish))?;
            }
        }
        (state != *last).then_some(state)
    }

    fn happen(&mut self, state: &mut State, seat: Seat, what: Happening) -> Option<()> {
        let place = self.place(seat);
        let (next, effects) = self.world.step(seat, state.machines[place], what, state.tick)?;
        state.machines[place] = next;
        self.apply(state, &effects);
        Some(())
    }

    /// What is sent has left, the rest is forgotten.
    fn lose(&mut self, state: &mut State, seat: Seat, cause: Cause) -> Option<()> {
        let (_, word) = self.setting.early?;
        let what = match cause {
            Cause::Deadline => Happening::Deadline,
            Cause::Message(message) => Happening::Message(message),
            Cause::Signed(question) => Happening::Signed(question),
        };
        let (_, effects) = self.world.step(seat, state.machines[self.place(seat)], what, state.tick)?;
        let mut sent = false;
        for effect in effects.iter() {
            if let Effected::Send(message) = *effect
                && Word::of(&self.world.messages.get(message).content) == Some(word)
            {
                sent |= insert(&mut state.net, message);
            }
        }
        state.crashes -= 1;
        sent.then_some(())
    }

    fn apply(&mut self, state: &mut State, effects: &[Effected]) {
        for effect in effects {
            match effect {
                Effected::Ask(question) => {
                    let (of, kind) = {
                        let asked = self.world.questions.get(*question);
                        (asked.of, asked.kind)
                    };
                    if self.setting.prompt {
                        self.happen(state, of, Happening::Signed(*question));
                        continue;
                    }
                    state.questions.retain(|known| {
                        let known = self.world.questions.get(*known);
                        (known.of, known.kind) != (of, kind)
                    });
                    insert(&mut state.questions, *question);
                }
                Effected::Keep => {}
                Effected::Row(slot, statement) => state.rows.push((*slot, *statement)),
                Effected::Send(message) => {
                    insert(&mut state.net, *message);
                }
            }
        }
    }

    pub(crate) fn show(&self, state: &State) -> String {
        let parties = state.machines.iter().take(usize::from(self.setting.parties));
        let standings: Vec<_> = parties.map(|machine| self.world.standing(*machine)).collect();
        let notary = self.world.decided(*state.machines.last().unwrap());
        format!("tick {}, {standings:?}, notary {notary}, {} rows", state.tick, state.rows.len())
    }

    pub(crate) fn show_action(&self, action: Action) -> String {
        let message = |number: u32| {
            let message = self.world.messages.get(number);
            format!("{:?} {:?} -> {:?}", Word::of(&message.content), message.from, message.to)
        };
        match action {
            Action::Deliver(number) => format!("deliver {}", message(number)),
            Action::Lie(number) => format!("lie {}", message(number)),
            Action::Early(seat, Cause::Message(number)) => format!("{seat:?} breaks down after {}", message(number)),
            Action::Sign(number) | Action::Decline(number) => {
                let question = self.world.questions.get(number);
                format!("{action:?}: {} of {:?}", question.kind, question.of)
            }
            other => format!("{other:?}"),
        }
    }
}
