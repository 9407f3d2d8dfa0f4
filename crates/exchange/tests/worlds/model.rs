//! The model: which actions a state has, and what follows from each.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use semper_base::{Role, Timestamp};
use semper_blocks::statement::Kind;
use semper_exchange::fair::dgp::buyer::Stage;
use semper_exchange::fair::dgp::{Content, Slot};
use stateright::{Model, Property};

use super::props;
use super::state::{Action, ENDLESS, Purse, ROLES, Setting, State, Wrong, bit, insert, moved, place};
use super::world::{Effected, HOLD, Happening, LEAD, OPENED, Payload, Wish, World, at, kind};

/// One world with its setting.
pub(crate) struct Market {
    pub(crate) setting: Setting,
    pub(crate) core: Mutex<Core>,
}

/// The machines, and what was found out about states. Behind one lock: each checker has one thread.
pub(crate) struct Core {
    pub(crate) world: World,
    pub(crate) setting: Setting,
    /// States from which the way to rest was walked already, and how it ends. See `rest.rs`.
    pub(crate) rests: HashMap<u64, Option<u32>>,
    pub(crate) ends: Vec<State>,
}

impl Market {
    pub(crate) fn new(setting: Setting) -> Self {
        let world = World::new(setting.goods);
        Market { setting, core: Mutex::new(Core { world, setting, rests: HashMap::new(), ends: Vec::new() }) }
    }

    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap()
    }
}

impl Model for Market {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.core().begin()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        // What is wrong stays wrong: nothing beyond it is worth a look.
        if state.wrong.is_none() {
            self.core().actions(state, actions);
        }
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
    pub(crate) fn begin(&mut self) -> State {
        let (machines, effects) = self.world.begin();
        let mut state = State {
            machines,
            tick: 0,
            net: vec![],
            fresh: vec![],
            questions: vec![],
            rows: [vec![], vec![]],
            purse: Purse::Payer,
            crashes: self.setting.crashes,
            lies: self.setting.lies,
            whims: self.setting.whims,
            down: 0,
            late: 0,
            keyed: false,
            kept: [vec![], vec![]],
            wrong: None,
        };
        for (role, effects) in effects {
            if self.runs(role) {
                self.apply(&mut state, role, &effects, false);
            }
        }
        state
    }

    pub(crate) fn runs(&self, role: Role) -> bool {
        !self.setting.coalition.has(role)
    }

    fn is_up(&self, state: &State, role: Role) -> bool {
        self.runs(role) && state.down & bit(role) == 0
    }

    pub(crate) fn due(&self, state: &State, role: Role) -> bool {
        let due = self.world.deadline(state.machines[place(role)]);
        self.is_up(state, role) && due.is_some_and(|due| due <= at(state.tick))
    }

    pub(crate) fn looks(&self, state: &State) -> bool {
        self.is_up(state, Role::Buyer) && *self.world.buyer(state.machines[1]).stage() == Stage::Checking
    }

    fn actions(&mut self, state: &State, actions: &mut Vec<Action>) {
        let due = self.duties(state);
        let must = !due.is_empty();
        if self.setting.every_order {
            let others = state.net.iter().filter(|message| !state.fresh.contains(message));
            let others = others.filter(|message| self.is_up(state, self.world.messages.get(**message).to));
            actions.extend(others.map(|message| Action::Deliver(*message)));
            actions.extend(due);
        } else {
            actions.extend(due.first());
        }
        if !self.setting.timely || !must {
            actions.push(Action::Tick);
        }
        self.faults(state, actions);
        if state.lies > 0 {
            let known = self.world.known(self.setting.coalition, state);
            let lies = self.world.lies(self.setting.coalition, known);
            actions.extend(lies.into_iter().map(Action::Lie));
        }
    }

    /// What the honest have to do before the clock goes on, if everybody is in time.
    fn duties(&mut self, state: &State) -> Vec<Action> {
        let up = |message: &&u32| self.is_up(state, self.world.messages.get(**message).to);
        let mut due: Vec<Action> = state.fresh.iter().filter(up).map(|message| Action::Deliver(*message)).collect();
        if self.is_up(state, Role::Buyer) {
            due.extend(state.questions.iter().map(|question| Action::Sign(*question)));
        }
        if self.looks(state) {
            due.push(Action::Look);
        }
        for role in ROLES {
            // A deadline that only asks what is known already changes nothing.
            if self.due(state, role) && self.next(state, Action::Deadline(role)).is_some() {
                due.push(Action::Deadline(role));
            }
        }
        due
    }

    /// The next moment at which a comparison of times can come out differently: a deadline or the moment
    /// before it.
    fn next_tick(&self, state: &State) -> u8 {
        let tick = |moment: Timestamp| u8::try_from(moment.since(OPENED).0).unwrap();
        let mut deadlines = vec![HOLD];
        let due = self.world.deadline(state.machines[0]).map(tick);
        deadlines.extend(due.into_iter().flat_map(|due| [due.saturating_sub(LEAD), due]));
        let moments = deadlines.into_iter().flat_map(|deadline| [deadline.saturating_sub(1), deadline]);
        moments.filter(|moment| *moment > state.tick).min().unwrap_or(self.setting.ticks)
    }

    fn faults(&self, state: &State, actions: &mut Vec<Action>) {
        if state.whims > 0 && self.is_up(state, Role::Buyer) {
            actions.extend(state.questions.iter().map(|question| Action::Decline(*question)));
            let wishes = [Wish::Release, Wish::Contest, Wish::Escrow];
            actions.extend(wishes.map(|wish| Action::Wish(Role::Buyer, wish)));
        }
        if state.whims > 0 && self.is_up(state, Role::Seller) {
            actions.push(Action::Wish(Role::Seller, Wish::Release));
        }
        for role in ROLES {
            if state.crashes > 0 && self.is_up(state, role) {
                actions.push(Action::Crash(role, None));
                if self.setting.early == Some(role) {
                    let to_it = |message: &&u32| self.world.messages.get(**message).to == role;
                    actions.extend(state.net.iter().filter(to_it).map(|m| Action::Crash(role, Some(*m))));
                }
            }
            if state.down & bit(role) != 0 {
                actions.push(Action::Restart(role));
            }
        }
    }

    /// Whether the clock can only go out of sight from here.
    pub(crate) fn last(&self, state: &State) -> bool {
        self.next_tick(state) >= self.setting.ticks
    }

    /// None if nothing comes of it.
    pub(crate) fn next(&mut self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        self.act(&mut state, action, false);
        let only_patience = matches!(action, Action::Deadline(Role::Buyer | Role::Seller))
            && state.net == last.net
            && state.questions == last.questions
            && state.rows == last.rows;
        (state != *last && !only_patience).then_some(state)
    }

    /// With `all`, questions about rows travel like everything else. Otherwise those whose answers are on
    /// their way already, because the rows themselves are, are left out.
    pub(crate) fn act(&mut self, state: &mut State, action: Action, all: bool) {
        match action {
            Action::Crash(role, handling) => {
                state.crashes -= 1;
                if let Some(message) = handling {
                    let mut lost = state.clone();
                    self.step(&mut lost, role, Happening::Message(message), all);
                    state.net = lost.net;
                    state.fresh = lost.fresh;
                    state.keyed = lost.keyed;
                    state.wrong = lost.wrong;
                }
                state.down |= bit(role);
            }
            Action::Deadline(role) => self.step(state, role, Happening::Deadline, all),
            Action::Decline(question) => {
                state.whims -= 1;
                state.questions.retain(|open| *open != question);
                self.step(state, Role::Buyer, Happening::Declined(question), all);
            }
            Action::Deliver(message) => {
                state.fresh.retain(|waiting| *waiting != message);
                let to = self.world.messages.get(message).to;
                self.step(state, to, Happening::Message(message), all);
            }
            Action::Lie(message) => {
                let before = state.clone();
                let to = self.world.messages.get(message).to;
                if self.is_up(state, to) {
                    self.step(state, to, Happening::Message(message), all);
                }
                if state.lies != ENDLESS && *state != before {
                    state.lies -= 1;
                }
            }
            Action::Look => self.step(state, Role::Buyer, Happening::Looked, all),
            Action::Restart(role) => state.down &= !bit(role),
            Action::Sign(question) => {
                state.questions.retain(|open| *open != question);
                self.step(state, Role::Buyer, Happening::Signed(question), all);
            }
            Action::Tick => {
                state.tick = if all { state.tick + 1 } else { self.next_tick(state) };
                state.late |= state.down;
            }
            Action::Wish(role, wish) => {
                let before = state.clone();
                self.step(state, role, Happening::Command(wish), all);
                if *state != before {
                    state.whims -= 1;
                }
            }
        }
    }

    fn step(&mut self, state: &mut State, role: Role, what: Happening, all: bool) {
        let Some((machine, effects)) = self.world.step(state.machines[place(role)], what, state.tick) else {
            return;
        };
        state.machines[place(role)] = machine;
        self.apply(state, role, &effects, all);
    }

    fn apply(&mut self, state: &mut State, role: Role, effects: &[Effected], all: bool) {
        for effect in effects {
            match effect {
                Effected::Ask(question) => self.ask(state, *question, all),
                Effected::Keep(statement) => self.keep(state, role, *statement),
                Effected::Money(money) => match moved(state.purse, money) {
                    Some(purse) => state.purse = purse,
                    None => state.wrong = Some(Wrong::Money),
                },
                Effected::Row(slot, statement) => {
                    let rows = &mut state.rows[usize::from(role == Role::Notary)];
                    if rows.iter().any(|(known, _)| known == slot) {
                        state.wrong = Some(Wrong::Slot);
                    }
                    rows.push((*slot, *statement));
                    rows.sort_unstable();
                }
                Effected::Rows(to) => {
                    let slots: &[Slot] = if role == Role::Notary { &Slot::NOTARY } else { &Slot::BANK };
                    for slot in slots {
                        let rows = &state.rows[usize::from(role == Role::Notary)];
                        if let Some((_, row)) = rows.iter().find(|(known, _)| known == slot) {
                            let message = self.world.row(role, *to, *row);
                            self.send(state, message, all);
                        }
                    }
                }
                Effected::Send(message) => self.send(state, *message, all),
            }
        }
    }

    fn ask(&mut self, state: &mut State, question: u32, all: bool) {
        let asked = self.world.questions.get(question).clone();
        if matches!(asked.kind, Kind::Hold | Kind::DebitOrder | Kind::Status) {
            // The policy signs these at once.
            self.step(state, Role::Buyer, Happening::Signed(question), all);
            return;
        }
        state.questions.retain(|open| {
            let open = self.world.questions.get(*open);
            (open.kind, open.to) != (asked.kind, asked.to)
        });
        insert(&mut state.questions, question);
    }

    fn keep(&self, state: &mut State, role: Role, statement: u32) {
        let text = self.world.statements.get(statement);
        let register = self.world.signer(text);
        let counts = register.is_some_and(|register| !self.runs(register));
        match role {
            Role::Buyer if counts => insert(&mut state.kept[0], statement),
            Role::Seller if counts => insert(&mut state.kept[1], statement),
            _ => false,
        };
    }

    fn send(&mut self, state: &mut State, number: u32, all: bool) {
        let message = self.world.messages.get(number);
        let (from, to) = (message.from, message.to);
        if to == Role::Buyer && matches!(message.payload, Payload::Chunk(_)) && state.rows[0].is_empty() {
            state.wrong = self.runs(Role::Bank).then_some(Wrong::Goods).or(state.wrong);
        }
        if to == Role::Buyer && message.gives_key() {
            state.keyed = true;
            let taken = matches!(state.purse, Purse::Claim | Purse::Paid | Purse::Refunded);
            let recorded = from != Role::Notary || state.rows[0].iter().any(|(slot, _)| *slot == Slot::Recorded);
            if !(taken && recorded) && self.runs(Role::Bank) {
                state.wrong = Some(Wrong::Key);
            }
        }
        if let Payload::Packet(Content::Status { .. }) = message.payload
            && !all
        {
            // Its answer repeats what is on its way already, unless there is nothing on record.
            if self.runs(to) {
                self.step(state, to, Happening::Message(number), all);
            }
            return;
        }
        if let Payload::Packet(Content::Answer { statement }) = &message.payload
            && kind(statement) == Kind::Unmet
            && !all
            && !unmet_matters(state, from, to)
        {
            return;
        }
        let is_new = insert(&mut state.net, number);
        if (self.setting.timely || all)
            && self.runs(from)
            && self.runs(to)
            && (all || is_new || self.matters(state, number))
        {
            insert(&mut state.fresh, number);
        }
    }

    /// Whether a message that was sent before does anything now.
    fn matters(&mut self, state: &State, number: u32) -> bool {
        let to = self.world.messages.get(number).to;
        let machine = state.machines[place(to)];
        let stepped = self.world.step(machine, Happening::Message(number), state.tick);
        stepped.is_some_and(|(next, effects)| next != machine || !effects.is_empty())
    }
}

impl Core {
    pub(crate) fn show(&self, state: &State) -> String {
        let net: Vec<String> = state.net.iter().map(|message| self.show_message(*message)).collect();
        format!(
            "tick {} purse {:?} keyed {} wrong {:?} down {} late {}\nbank {:?}\nbuyer {:?}\nseller {:?}\nnotary {:?}\nnet {net:?}\nfresh {:?}\nquestions {:?}",
            state.tick,
            state.purse,
            state.keyed,
            state.wrong,
            state.down,
            state.late,
            self.world.machines.get(state.machines[0]),
            self.world.buyer(state.machines[1]).stage(),
            self.world.seller_stage(state.machines[3]),
            self.world.machines.get(state.machines[2]),
            state.fresh.iter().map(|message| self.show_message(*message)).collect::<Vec<_>>(),
            state.questions.iter().map(|q| self.world.questions.get(*q).kind).collect::<Vec<_>>(),
        )
    }

    fn show_message(&self, number: u32) -> String {
        let message = self.world.messages.get(number);
        let what = match &message.payload {
            Payload::Chunk(_) => "chunk".to_owned(),
            Payload::Packet(Content::Answer { statement }) => kind(statement).word().to_owned(),
            Payload::Packet(content) => {
                let content = format!("{content:?}");
                content.split(' ').next().unwrap_or_default().to_owned()
            }
        };
        format!("{}>{}:{what}", message.from, message.to)
    }

    pub(crate) fn show_action(&self, action: Action) -> String {
        let shown = match action {
            Action::Deliver(m) | Action::Lie(m) => self.show_message(m),
            Action::Sign(q) | Action::Decline(q) => self.world.questions.get(q).kind.word().to_owned(),
            _ => String::new(),
        };
        format!("{action:?} {shown}")
    }
}

/// A bank that has nothing on record ends the exchange once no hold can come, by any clock; a notary that has
/// nothing is asked again, if it was asked.
fn unmet_matters(state: &State, from: Role, to: Role) -> bool {
    match from {
        Role::Bank => state.tick > HOLD,
        _ => to == Role::Buyer,
    }
}
