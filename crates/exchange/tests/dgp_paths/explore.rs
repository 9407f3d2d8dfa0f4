//! The product of four machines, network, clock, books and user, and the ways through it.

use std::collections::BTreeSet;

use super::world::{Effected, Goods, Happening, Payload, World, at, kind};
use semper_base::Role;
use semper_blocks::statement::Kind;
use semper_exchange::fair::dgp::buyer::Stage;
use semper_exchange::fair::dgp::{Content, Money, Slot};

/// More states than this are not looked at breadth first; beyond them go walks. With a liar about, they
/// are fewer than the second.
const STATES_MAX: [usize; 2] = [3_000, 16_000];
/// Walks that choose each step by dice with a fixed seed, from the beginning to the end.
const WALKS: u64 = 200;
/// Steps of one walk.
const WALK_STEPS_MAX: usize = 300;
/// By then everything is over.
const LAST_TICK: u8 = 16;
/// Steps within one tick: more of them never end.
const STEPS_PER_TICK_MAX: usize = 400;

const ROLES: [Role; 4] = [Role::Bank, Role::Buyer, Role::Notary, Role::Seller];

fn place(role: Role) -> usize {
    ROLES.iter().position(|known| *known == role).unwrap()
}

/// Where the one amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purse {
    Payer,
    Held,
    Released,
    Claim,
    Paid,
    Refunded,
}

/// What may still go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spare {
    pub(crate) copies: u8,
    pub(crate) losses: u8,
    /// The user changes its mind or says no.
    pub(crate) whims: u8,
    /// What the dishonest party says.
    pub(crate) lies: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct State {
    pub(crate) machines: [u32; 4],
    pub(crate) tick: u8,
    /// Under way, sorted.
    pub(crate) net: Vec<u32>,
    pub(crate) questions: Vec<u32>,
    /// Of bank and notary, with their slots.
    pub(crate) rows: [Vec<(Slot, u32)>; 2],
    pub(crate) purse: Purse,
    pub(crate) spare: Spare,
    /// The buyer was sent the key.
    pub(crate) keyed: bool,
    /// The mandate, once the seller was sent it.
    pub(crate) mandate: Option<u32>,
    /// Lies that were told: each once.
    said: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Deadline(Role),
    Decline(u32),
    Deliver(u32),
    DeliverCopy(u32),
    Lie(u32),
    Look,
    Lose(u32),
    Release(Role),
    Sign(u32),
    Tick,
}

pub(crate) struct Explorer {
    pub(crate) world: World,
    /// Whose machine does not run: it says what it likes.
    pub(crate) liar: Option<Role>,
    pub(crate) states: Vec<State>,
    from: Vec<(usize, Option<Action>)>,
    pub(crate) known: BTreeSet<State>,
    /// From these the timely way was seen to end well.
    pub(crate) fine: BTreeSet<State>,
}

impl Explorer {
    pub(crate) fn new(goods: Goods, liar: Option<Role>, spare: Spare) -> Self {
        let mut world = World::new(goods);
        let (machines, effects) = world.begin();
        let rows = [vec![], vec![]];
        let mut state = State {
            machines,
            tick: 0,
            net: vec![],
            questions: vec![],
            rows,
            purse: Purse::Payer,
            spare,
            keyed: false,
            mandate: None,
            said: vec![],
        };
        let mut explorer =
            Explorer { world, liar, states: vec![], from: vec![], known: BTreeSet::new(), fine: BTreeSet::new() };
        for (role, effects) in effects {
            if explorer.runs(role) {
                explorer.apply(&mut state, role, &effects);
            }
        }
        explorer.add(state, 0, None);
        explorer
    }

    fn add(&mut self, state: State, from: usize, action: Option<Action>) {
        let most = STATES_MAX[usize::from(self.liar.is_some())];
        if self.states.len() < most && self.known.insert(state.clone()) {
            self.states.push(state);
            self.from.push((from, action));
        }
    }

    /// Looks at states until there are no new ones; returns how many there are.
    pub(crate) fn run(&mut self, mut look: impl FnMut(&mut Explorer, usize)) -> usize {
        let mut next = 0;
        while next < self.states.len() {
            look(self, next);
            for action in self.actions(next, self.liar.is_none()) {
                let mut state = self.states[next].clone();
                if self.act(&mut state, action) {
                    self.add(state, next, Some(action));
                }
            }
            next += 1;
        }
        for seed in 0..WALKS {
            self.walk(seed, &mut look);
        }
        self.states.len()
    }

    /// One way from the beginning, each step drawn.
    fn walk(&mut self, seed: u64, look: &mut impl FnMut(&mut Explorer, usize)) {
        let (mut dice, mut here) = (seed, 0);
        for _ in 0..WALK_STEPS_MAX {
            let actions = self.actions(here, true);
            if actions.is_empty() || self.over(&self.states[here]) {
                return;
            }
            // Knuth's multiplier (MMIX); the high bits are the good ones.
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let action = actions[usize::try_from((dice >> 33) % actions.len() as u64).unwrap()];
            if action == Action::Tick && actions.len() > 1 && (dice >> 40) % 4 != 0 {
                continue;
            }
            let mut state = self.states[here].clone();
            if self.act(&mut state, action) {
                self.states.push(state);
                self.from.push((here, Some(action)));
                here = self.states.len() - 1;
                look(self, here);
            }
        }
    }

    fn runs(&self, role: Role) -> bool {
        self.liar != Some(role)
    }

    fn due(&self, state: &State, role: Role) -> bool {
        let due = self.world.deadline(state.machines[place(role)]);
        self.runs(role) && due.is_some_and(|due| due <= at(state.tick))
    }

    fn looks(&self, state: &State) -> bool {
        self.runs(Role::Buyer) && *self.world.buyer(state.machines[1]).stage() == Stage::Checking
    }

    /// What the honest have to do.
    fn open(&self, state: &State) -> Vec<Action> {
        let mut open: Vec<Action> = state.net.iter().map(|message| Action::Deliver(*message)).collect();
        open.extend(state.questions.iter().map(|question| Action::Sign(*question)));
        if self.looks(state) {
            open.push(Action::Look);
        }
        open.extend(ROLES.iter().filter(|role| self.due(state, **role)).map(|role| Action::Deadline(*role)));
        open
    }

    /// What may happen next. With a liar about, breadth first leaves out the order within what the honest
    /// do at once (the walks have it) and so gets through every lie between any two of their actions.
    fn actions(&mut self, number: usize, every_order: bool) -> Vec<Action> {
        let state = self.states[number].clone();
        let mut actions = self.open(&state);
        if !every_order {
            actions.truncate(1);
        }
        if state.spare.copies > 0 {
            actions.extend(state.net.iter().map(|message| Action::DeliverCopy(*message)));
        }
        if state.spare.losses > 0 {
            actions.extend(state.net.iter().map(|message| Action::Lose(*message)));
        }
        if state.spare.whims > 0 {
            actions.extend(state.questions.iter().map(|question| Action::Decline(*question)));
            let may = [Role::Buyer, Role::Seller].into_iter().filter(|role| self.runs(*role));
            actions.extend(may.map(Action::Release));
        }
        if state.spare.lies > 0 && (every_order || actions.is_empty()) {
            let said = match self.liar {
                Some(Role::Buyer) => {
                    let captured = state.rows[0].iter().find(|(slot, _)| *slot == Slot::Decision).map(|(_, row)| *row);
                    self.world.lies(Role::Buyer, captured)
                }
                Some(Role::Seller) => self.world.lies(Role::Seller, state.mandate),
                _ => vec![],
            };
            actions.extend(said.into_iter().filter(|said| !state.said.contains(said)).map(Action::Lie));
        }
        // With a liar about, time waits for the honest.
        if state.tick < LAST_TICK && (self.liar.is_none() || self.open(&state).is_empty()) {
            actions.push(Action::Tick);
        }
        actions
    }

    /// False if nothing comes of it.
    fn act(&mut self, state: &mut State, action: Action) -> bool {
        match action {
            Action::Deadline(role) => self.step(state, role, Happening::Deadline),
            Action::Decline(question) => {
                state.questions.retain(|open| *open != question);
                state.spare.whims -= 1;
                self.step(state, Role::Buyer, Happening::Declined(question))
            }
            Action::Deliver(message) => {
                state.net.retain(|waiting| *waiting != message);
                let to = self.world.messages.get(message).to;
                // What is refused is used up all the same.
                self.step(state, to, Happening::Message(message));
                true
            }
            Action::DeliverCopy(message) => {
                state.spare.copies -= 1;
                let to = self.world.messages.get(message).to;
                self.step(state, to, Happening::Message(message))
            }
            Action::Lie(message) => {
                state.spare.lies -= 1;
                state.said.push(message);
                state.said.sort_unstable();
                self.send(state, message);
                true
            }
            Action::Look => self.step(state, Role::Buyer, Happening::Looked),
            Action::Lose(message) => {
                state.spare.losses -= 1;
                state.net.retain(|waiting| *waiting != message);
                true
            }
            Action::Release(role) => {
                state.spare.whims -= 1;
                self.step(state, role, Happening::Command(true))
            }
            Action::Sign(question) => {
                state.questions.retain(|open| *open != question);
                self.step(state, Role::Buyer, Happening::Signed(question))
            }
            Action::Tick => {
                state.tick += 1;
                true
            }
        }
    }

    fn step(&mut self, state: &mut State, role: Role, what: Happening) -> bool {
        let Some((machine, effects)) = self.world.step(state.machines[place(role)], what, state.tick) else {
            return false;
        };
        state.machines[place(role)] = machine;
        self.apply(state, role, &effects);
        true
    }

    fn apply(&mut self, state: &mut State, role: Role, effects: &[Effected]) {
        for effect in effects {
            match effect {
                Effected::Ask(question) => {
                    let asked = self.world.questions.get(*question).clone();
                    let same = |open: &u32| {
                        let open = self.world.questions.get(*open);
                        (open.kind, open.to) == (asked.kind, asked.to)
                    };
                    if !self.runs(Role::Buyer) {
                        continue;
                    }
                    if matches!(asked.kind, Kind::Hold | Kind::DebitOrder | Kind::Status) {
                        // The policy signs these at once.
                        self.step(state, Role::Buyer, Happening::Signed(*question));
                        continue;
                    }
                    state.questions.retain(|open| !same(open));
                    state.questions.push(*question);
                    state.questions.sort_unstable();
                }
                Effected::Money(money) => state.purse = moved(state.purse, money),
                Effected::Row(slot, statement) => {
                    let register = usize::from(role == Role::Notary);
                    let rows = &mut state.rows[register];
                    assert!(rows.iter().all(|(known, _)| known != slot), "{slot:?} was decided twice");
                    rows.push((*slot, *statement));
                }
                Effected::Rows(to) => {
                    let slots: &[Slot] = if role == Role::Notary { &Slot::NOTARY } else { &Slot::BANK };
                    for slot in slots {
                        let rows = &state.rows[usize::from(role == Role::Notary)];
                        if let Some((_, row)) = rows.iter().find(|(known, _)| known == slot) {
                            let message = self.world.row(role, *to, *row);
                            self.send(state, message);
                        }
                    }
                }
                Effected::Send(message) => self.send(state, *message),
            }
        }
    }

    fn send(&self, state: &mut State, number: u32) {
        let message = self.world.messages.get(number);
        state.keyed |= message.to == Role::Buyer && message.gives_key();
        if matches!(message.payload, Payload::Packet(Content::Mandate { .. })) {
            state.mandate = Some(number);
        }
        // One of a kind under way is enough: copies are counted apart.
        if self.runs(message.to) && !state.net.contains(&number) {
            state.net.push(number);
            state.net.sort_unstable();
        }
    }

    /// One way to the last tick: everybody does at once what is to be done, unless `choose` prefers
    /// something else.
    pub(crate) fn drive(
        &mut self,
        choose: impl Fn(&Explorer, Action) -> Action,
        look: impl Fn(&mut Explorer, usize),
    ) -> State {
        let mut steps = 0;
        while self.states[self.states.len() - 1].tick < LAST_TICK {
            let here = self.states.len() - 1;
            let mut state = self.states[here].clone();
            let action = self.open(&state).first().map_or(Action::Tick, |open| choose(self, *open));
            steps = if action == Action::Tick { 0 } else { steps + 1 };
            assert!(steps <= STEPS_PER_TICK_MAX, "without end in {}", self.show(&state));
            self.act(&mut state, action);
            self.states.push(state);
            self.from.push((here, Some(action)));
            look(self, here + 1);
        }
        self.states[self.states.len() - 1].clone()
    }

    /// From here on everybody does at once what is to be done. How it ends.
    pub(crate) fn timely(&mut self, number: usize) -> Option<State> {
        let mut state = self.states[number].clone();
        let mut way = Vec::new();
        let mut steps = 0;
        while !self.over(&state) {
            if self.fine.contains(&state) {
                self.fine.extend(way);
                return None;
            }
            way.push(state.clone());
            let action = self.open(&state).first().copied().unwrap_or(Action::Tick);
            steps = if action == Action::Tick { 0 } else { steps + 1 };
            self.act(&mut state, action);
            let goes_on = state.tick <= 2 * LAST_TICK && steps <= STEPS_PER_TICK_MAX;
            assert!(goes_on, "stranded, or without end, in {}\n{}", self.show(&state), self.path(number));
        }
        self.fine.extend(way);
        Some(state)
    }

    pub(crate) fn over(&self, state: &State) -> bool {
        let buyer = !self.runs(Role::Buyer) || self.world.buyer_ended(state.machines[1]);
        let seller = !self.runs(Role::Seller) || self.world.seller_ended(state.machines[3]);
        buyer && seller && !matches!(state.purse, Purse::Held | Purse::Claim)
    }

    pub(crate) fn show(&self, state: &State) -> String {
        let net: Vec<String> = state.net.iter().map(|message| self.show_message(*message)).collect();
        let bank = format!("{:?}", self.world.machines.get(state.machines[0]));
        format!(
            "tick {} purse {:?} keyed {} bank {} buyer {:?} seller {:?} net {net:?} questions {:?}",
            state.tick,
            state.purse,
            state.keyed,
            bank.get(..40).unwrap_or(&bank),
            self.world.buyer(state.machines[1]).stage(),
            self.world.seller_stage(state.machines[3]),
            state.questions.iter().map(|q| self.world.questions.get(*q).kind).collect::<Vec<_>>(),
        )
    }

    pub(crate) fn show_message(&self, number: u32) -> String {
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

    /// How a state was reached, one line per action.
    pub(crate) fn path(&self, number: usize) -> String {
        let mut lines = Vec::new();
        let mut at = number;
        while let (before, Some(action)) = self.from[at] {
            let shown = match action {
                Action::Deliver(m) | Action::DeliverCopy(m) | Action::Lie(m) | Action::Lose(m) => self.show_message(m),
                Action::Sign(q) | Action::Decline(q) => self.world.questions.get(q).kind.word().to_owned(),
                _ => String::new(),
            };
            lines.push(format!("{action:?} {shown}"));
            at = before;
        }
        lines.reverse();
        lines.join("\n")
    }
}

/// The same amount all the way, each move once.
fn moved(purse: Purse, money: &Money) -> Purse {
    match (purse, money) {
        (Purse::Payer, Money::Hold { account }) if account == "payer" => Purse::Held,
        (Purse::Held, Money::Release { account }) if account == "payer" => Purse::Released,
        (Purse::Held, Money::Capture) => Purse::Claim,
        (Purse::Claim, Money::Settle { account }) if account == "payee" => Purse::Paid,
        (Purse::Claim, Money::Refund { account }) if account == "payer" => Purse::Refunded,
        other => panic!("{other:?}"),
    }
}
