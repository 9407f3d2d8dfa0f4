//! The model: who may do what when, and what follows at the holder.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use semper_base::Nonce;
use semper_blocks::statement::{Compact, Kind, danger_typed_unverified};
use semper_exchange::fair::lock::escrow::Side;
use semper_exchange::fair::lock::escrow::statements::{self as st, DivideBasis};
use semper_exchange::fair::lock::{Content, Effect, Event, Holder, Seat};
use semper_exchange::log::slot_of;
use stateright::{Model, Property};

use super::bench::{Bench, CODE, Times, act, told};
use super::props;

pub(crate) const TIMES: Times = Times { ship: 2, deliver: 2, accept: 2, hearing: 1 };
pub(crate) const LAST: u64 = 7;
/// What the payee asks of the 100 that are locked.
pub(crate) const DUE: u64 = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Arbiter,
    Carrier,
    Payee,
    Payer,
}

/// Which row leaves before the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Early {
    Arrived,
    Consigned,
    Disputed,
    Outcome,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) with_carrier: bool,
    pub(crate) silent: Side,
    /// They say whatever they can sign, whenever they like, and know what any of them knows.
    pub(crate) dishonest: &'static [Who],
    /// The holder breaks down once after sending this row.
    pub(crate) early: Option<Early>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Parcel {
    Empty,
    Good,
    None,
}

/// How it ended, as the holder says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct End {
    pub(crate) payee: u64,
    pub(crate) basis: Option<DivideBasis>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) holder: u32,
    pub(crate) tick: u64,
    /// At the carrier.
    pub(crate) sent: Parcel,
    /// With the payer.
    pub(crate) received: Parcel,
    /// The carrier has the code.
    pub(crate) code: bool,
    /// What was said, by number.
    pub(crate) said: u32,
    /// What the holder told, by number, in order.
    pub(crate) rows: Vec<u32>,
    /// Of the last of them but the outcome.
    pub(crate) stage: Option<Kind>,
    /// When it was consigned.
    pub(crate) consigned: Option<u64>,
    pub(crate) ends: Vec<End>,
    /// How often the books moved money.
    pub(crate) moved: u8,
    pub(crate) broke: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Somebody says this, for the first time or again.
    Say(usize),
    /// The same, and the holder breaks down when its answer has left.
    SayEarly(usize),
    Deadline,
    DeadlineEarly,
    /// The carrier gives the parcel to the payer, for the code.
    HandOver,
    /// A courier takes the code and gives nothing.
    Steal,
    Send(Parcel),
    Tick,
}

/// One thing that can be said.
pub(crate) struct Word {
    pub(crate) by: Who,
    pub(crate) kind: Kind,
    /// Of a ruling: the payee's part.
    pub(crate) payee: u64,
    pub(crate) about: Option<Side>,
    pub(crate) text: String,
    content: Content,
    from: Seat,
}

pub(crate) struct Core {
    pub(crate) bench: Bench,
    pub(crate) words: Vec<Word>,
    pub(crate) machines: Vec<Holder>,
    pub(crate) rows: Vec<(String, Option<String>)>,
    steps: HashMap<(u32, Option<usize>, u64), Stepped>,
    numbers: HashMap<Holder, u32>,
    row_numbers: HashMap<String, u32>,
    pub(crate) verdicts: HashMap<(u32, Vec<u32>), bool>,
}

/// None if the holder does not take it. Next machine, rows, money moved.
type Stepped = Option<(u32, Vec<u32>, u8)>;

pub(crate) struct Table {
    pub(crate) setting: Setting,
    core: Mutex<Core>,
}

fn words(bench: &Bench) -> Vec<Word> {
    let word = |by, kind, text: String, from| Word { by, kind, payee: 0, about: None, content: act(&text), text, from };
    let mut words = vec![
        word(Who::Payee, Kind::Consignment, bench.consignment(DUE).text, Seat::Payee),
        word(Who::Carrier, Kind::HandedOver, bench.handed_over(CODE).text, Seat::Payee),
        word(Who::Carrier, Kind::HandedOver, bench.handed_over(Nonce([6; 16])).text, Seat::Payee),
        word(Who::Payer, Kind::Approval, bench.approval(DUE).text, Seat::Payer),
    ];
    for (side, by) in [(Side::Payee, Who::Payee), (Side::Payer, Who::Payer)] {
        words.push(word(by, Kind::Dispute, bench.dispute(side, DUE).text, side.seat()));
        for payee in [0, 40, DUE] {
            let ruling = word(Who::Arbiter, Kind::Ruling, bench.ruling(side, DUE, payee).text, Seat::Payee);
            words.push(Word { payee, about: Some(side), ..ruling });
        }
        let pair = if side == Side::Payee { &bench.payee } else { &bench.payer };
        let content = bench.give_back(pair);
        let Content::GiveBack { statement, .. } = &content else { panic!("give-back") };
        let back = word(by, Kind::GiveBack, statement.clone(), side.seat());
        words.push(Word { content, ..back });
    }
    words
}

/// The number of the word with the right code.
const CODE_WORD: usize = 1;

impl Table {
    pub(crate) fn new(setting: Setting) -> Self {
        let bench = Bench::new(TIMES, setting.with_carrier, setting.silent);
        let words = words(&bench);
        let core = Core {
            bench,
            words,
            machines: Vec::new(),
            rows: Vec::new(),
            steps: HashMap::new(),
            numbers: HashMap::new(),
            row_numbers: HashMap::new(),
            verdicts: HashMap::new(),
        };
        Table { setting, core: Mutex::new(core) }
    }

    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap()
    }

    pub(crate) fn honest(&self, who: Who) -> bool {
        !self.setting.dishonest.contains(&who)
    }

    /// The holder's next moment.
    fn deadline(&self, state: &State) -> Option<u64> {
        let core = self.core();
        let deadline = core.machines[state.holder as usize].deadline(&core.bench.lock)?;
        Some(deadline.since(super::bench::OPENED).0)
    }

    /// Whether this parcel can still come in time.
    fn is_under_way(state: &State) -> bool {
        let in_time = state.consigned.is_none_or(|since| state.tick < since + TIMES.deliver);
        state.sent != Parcel::None && state.received == Parcel::None && in_time
    }

    /// Whether silence is for the payee now.
    fn speaks_for_payee(&self, state: &State) -> bool {
        state.stage == Some(Kind::Arrived) || state.stage == Some(Kind::Consigned) && !self.setting.with_carrier
    }

    /// Whether somebody would say this of its own.
    fn may_say(&self, state: &State, number: usize) -> bool {
        let core = self.core();
        let word = &core.words[number];
        let (stage, good) = (state.stage, state.received == Parcel::Good);
        if !self.honest(word.by) {
            // A third ruling shows no more than two.
            if word.kind == Kind::Ruling && core.ruled(state) >= 2 {
                return false;
            }
            // Nobody knows the code that nobody gave away.
            return number != CODE_WORD || state.code || !self.honest(Who::Payer);
        }
        match (word.by, word.kind) {
            (Who::Payee, Kind::Consignment) => state.sent == Parcel::Good,
            (Who::Payee, Kind::Dispute) => self.setting.with_carrier && stage == Some(Kind::Consigned),
            (Who::Payer, Kind::Approval) => good && stage.is_some(),
            (Who::Payer, Kind::Dispute) => !good && self.speaks_for_payee(state),
            (Who::Carrier, _) => number == CODE_WORD && state.code && state.received != Parcel::None,
            (Who::Arbiter, _) => {
                let disputed = stage == Some(Kind::Disputed) && state.ends.is_empty();
                let ruled = core
                    .words
                    .iter()
                    .enumerate()
                    .any(|(at, other)| at != number && other.kind == Kind::Ruling && state.said & (1 << at) != 0);
                let truth = if good { DUE } else { 0 };
                disputed
                    && !ruled
                    && word.payee == truth
                    && !Table::is_under_way(state)
                    && word.about == core.objected(state)
            }
            _ => false,
        }
    }

    /// Honest people act before the moment has passed.
    fn may_tick(&self, state: &State) -> bool {
        if state.tick > LAST || !state.ends.is_empty() {
            return state.tick <= LAST;
        }
        let next = self.deadline(state).is_some_and(|deadline| deadline == state.tick + 1);
        if !next {
            return true;
        }
        let payer = self.honest(Who::Payer) && self.speaks_for_payee(state) && state.received != Parcel::Good;
        let payee = self.honest(Who::Payee) && self.setting.with_carrier && state.stage == Some(Kind::Consigned);
        let arbiter = self.honest(Who::Arbiter) && state.stage == Some(Kind::Disputed);
        !payer && !payee && !arbiter
    }
}

impl Core {
    fn number(&mut self, holder: Holder) -> u32 {
        if let Some(known) = self.numbers.get(&holder) {
            return *known;
        }
        let number = u32::try_from(self.machines.len()).unwrap();
        self.machines.push(holder.clone());
        self.numbers.insert(holder, number);
        number
    }

    /// What a word, or the clock, does at the holder.
    pub(crate) fn step(&mut self, holder: u32, word: Option<usize>, tick: u64) -> Stepped {
        if let Some(known) = self.steps.get(&(holder, word, tick)) {
            return known.clone();
        }
        let machine = &self.machines[holder as usize];
        let step = match word {
            Some(word) => {
                let word = &self.words[word];
                self.bench.say(machine, word.from, word.content.clone(), tick)
            }
            None => self.bench.step(machine, &Event::Deadline, tick),
        };
        let stepped = step.map(|(next, effects)| {
            let moved = effects.iter().filter(|effect| matches!(effect, Effect::Money(_))).count();
            // What is told again was told before.
            let is_new = |text: &str| {
                effects.iter().any(|effect| matches!(effect, Effect::Row { statement, .. } if statement == text))
            };
            for effect in &effects {
                if let Effect::Row { slot, statement } = effect {
                    let kind = Compact::parse(statement).unwrap().kind();
                    assert_eq!(slot_of(kind, statement), Some(slot.word()), "the name that the log knows");
                }
            }
            let rows: Vec<_> = told(&effects).into_iter().filter(|(text, _)| is_new(text)).collect();
            let rows = rows.into_iter().map(|row| self.row(row)).collect::<Vec<u32>>();
            (self.number(next), unique(rows), u8::try_from(moved).unwrap())
        });
        self.steps.insert((holder, word, tick), stepped.clone());
        stepped
    }

    /// How many rulings were said.
    fn ruled(&self, state: &State) -> usize {
        let said = |at: usize| state.said & (1 << at) != 0;
        self.words.iter().enumerate().filter(|(at, word)| word.kind == Kind::Ruling && said(*at)).count()
    }

    /// Who objected, as the holder says.
    fn objected(&self, state: &State) -> Option<Side> {
        state.rows.iter().find_map(|row| {
            let (text, _) = &self.rows[*row as usize];
            let disputed = Compact::parse(text).unwrap().kind() == Kind::Disputed;
            disputed.then(|| danger_typed_unverified::<st::Disputed>(text).unwrap().body.by)
        })
    }

    fn row(&mut self, row: (String, Option<String>)) -> u32 {
        if let Some(known) = self.row_numbers.get(&row.0) {
            return *known;
        }
        let number = u32::try_from(self.rows.len()).unwrap();
        self.row_numbers.insert(row.0.clone(), number);
        self.rows.push(row);
        number
    }

    /// Enters what the holder told.
    fn enter(&self, state: &mut State, rows: &[u32]) {
        for row in rows {
            let (text, _) = &self.rows[*row as usize];
            let kind = Compact::parse(text).unwrap().kind();
            match kind {
                Kind::Divided => {
                    let body = danger_typed_unverified::<st::Divided>(text).unwrap().body;
                    state.ends.push(End { payee: body.payee.minor(), basis: Some(body.basis) });
                }
                Kind::Returned => state.ends.push(End { payee: 0, basis: None }),
                Kind::Consigned => {
                    state.consigned = Some(state.tick);
                    state.stage = Some(kind);
                }
                _ => state.stage = Some(kind),
            }
            if !state.rows.contains(row) {
                state.rows.push(*row);
            }
        }
    }

    fn is_early(&self, rows: &[u32], early: Early) -> bool {
        rows.iter().any(|row| {
            let kind = Compact::parse(&self.rows[*row as usize].0).unwrap().kind();
            match early {
                Early::Arrived => kind == Kind::Arrived,
                Early::Consigned => kind == Kind::Consigned,
                Early::Disputed => kind == Kind::Disputed,
                Early::Outcome => matches!(kind, Kind::Divided | Kind::Returned),
            }
        })
    }
}

/// A row is told once to each, and once more to who asked for something too late.
fn unique(rows: Vec<u32>) -> Vec<u32> {
    let mut once = Vec::new();
    for row in rows {
        if !once.contains(&row) {
            once.push(row);
        }
    }
    once
}

impl Model for Table {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut core = self.core();
        let holder = core.bench.locked();
        let holder = core.number(holder);
        vec![State {
            holder,
            tick: 0,
            sent: Parcel::None,
            received: Parcel::None,
            code: false,
            said: 0,
            rows: Vec::new(),
            stage: None,
            consigned: None,
            ends: Vec::new(),
            moved: 0,
            broke: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let words = self.core().words.len();
        let early = self.setting.early.is_some() && !state.broke;
        for number in 0..words {
            if state.said & (1 << number) != 0 || self.may_say(state, number) {
                actions.push(Action::Say(number));
                actions.extend(early.then_some(Action::SayEarly(number)));
            }
        }
        actions.push(Action::Deadline);
        if !state.ends.is_empty() {
            return;
        }
        if state.sent == Parcel::None && state.tick < TIMES.ship {
            actions.push(Action::Send(Parcel::Good));
            actions.extend((!self.honest(Who::Payee)).then_some(Action::Send(Parcel::Empty)));
        }
        actions.extend(Table::is_under_way(state).then_some(Action::HandOver));
        actions.extend((!self.honest(Who::Carrier) && !state.code).then_some(Action::Steal));
        actions.extend(early.then_some(Action::DeadlineEarly));
        actions.extend(self.may_tick(state).then_some(Action::Tick));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let word = match action {
            Action::Say(number) | Action::SayEarly(number) => Some(number),
            _ => None,
        };
        match action {
            Action::HandOver => (state.received, state.code) = (state.sent, true),
            Action::Send(parcel) => state.sent = parcel,
            Action::Steal => state.code = true,
            Action::Tick => state.tick += 1,
            Action::Deadline | Action::DeadlineEarly | Action::Say(_) | Action::SayEarly(_) => {
                let is_early = matches!(action, Action::DeadlineEarly | Action::SayEarly(_));
                let mut core = self.core();
                match core.step(state.holder, word, state.tick) {
                    Some((_, rows, _)) if is_early => {
                        let early = self.setting.early.unwrap();
                        if !core.is_early(&rows, early) {
                            return None;
                        }
                        // What was told is known; the holder is as it was.
                        let known: Vec<u32> = rows.into_iter().filter(|row| !state.rows.contains(row)).collect();
                        state.rows.extend(known);
                        state.broke = true;
                    }
                    Some((next, rows, moved)) => {
                        // What changes nothing is as good as never said, but for a ruling.
                        let word = word.filter(|_| next != state.holder);
                        state.said |= word.map_or(0, |word| 1 << word);
                        state.holder = next;
                        state.moved += moved;
                        core.enter(&mut state, &rows);
                    }
                    None if is_early => return None,
                    None => {}
                }
            }
        }
        if let Some(number) = word
            && self.core().words[number].kind == Kind::Ruling
        {
            state.said |= 1 << number;
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        props::all()
    }
}
