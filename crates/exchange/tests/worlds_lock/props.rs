//! What holds in every state of every world.
//!
//! | property | says |
//! |---|---|
//! | one way | money is held at most once and leaves at most once, as the one row of each slot says; a compensation is not paid before it is due |
//! | timely | from here every honest party comes to an end alone with the holder, whatever is under way being lost |
//! | fair | it ends as the holder's row says; who has paid by a hash has what it paid for |
//! | earned | what was decided is paid or given back to whoever is honest |
//! | secret | nobody but the holder reads what a hash lock asks for before the payee is paid |
//! | quiet | hearing something a second time causes nothing new |
//! | just | nobody honest is convicted by all that was ever signed |
//! | accountable | a holder that tells the two different ends is convicted by what it told them |

use semper_base::Hash;
use semper_exchange::fair::lock::{Content, Seat, Shown, Standing};
use semper_exchange::judge::Evidence;
use semper_exchange::judge::lock::judge;
use semper_support::crypto::Ideal;
use stateright::Property;

use super::model::{Core, Table, place};
use super::state::{By, Cash, State};
use super::world::{Effected, Happening, UNLESS, k};

pub(crate) fn all() -> Vec<Property<Table>> {
    vec![
        Property::always("one way", |table: &Table, state| one_way(&table.core(), state)),
        Property::always("timely", |table: &Table, state| timely(&mut table.core(), state)),
        Property::always("fair", |table: &Table, state| fair(&mut table.core(), state)),
        Property::always("earned", |table: &Table, state| earned(&mut table.core(), state)),
        Property::always("secret", |table: &Table, state| secret(&table.core(), state)),
        Property::always("quiet", |table: &Table, state| quiet(&mut table.core(), state)),
        Property::always("just", |table: &Table, state| just(&mut table.core(), state)),
        Property::always("accountable", |table: &Table, state| accountable(&mut table.core(), state)),
    ]
}

/// Steps after which a party that has not ended never will.
const STEPS_MAX: usize = 60;

impl Core {
    fn honest(&self) -> Vec<Seat> {
        [Seat::Payer, Seat::Payee].into_iter().filter(|seat| self.runs(*seat)).collect()
    }

    fn of(&self, state: &State, seat: Seat) -> Standing {
        self.world.standing(state.machines[place(seat)])
    }

    /// How this party ends when only it and the holder are there: its machine and the holder's. Its owner signs what
    /// it is asked.
    pub(crate) fn alone(&mut self, state: &State, seat: Seat) -> Option<(u32, u32)> {
        let (mine, holder) = (state.machines[place(seat)], state.machines[place(Seat::Holder)]);
        let asked: Vec<u32> =
            state.questions.iter().copied().filter(|question| self.world.questions.get(*question).of == seat).collect();
        let name = (seat, mine, holder, state.tick, asked.clone(), state.decided);
        if let Some(known) = self.alone.get(&name) {
            return *known;
        }
        let mut here = State { net: vec![], questions: asked, lies: 0, whims: 0, crashes: 0, ..state.clone() };
        let mut end = None;
        for _ in 0..STEPS_MAX {
            let mine = here.machines[place(seat)];
            if self.world.standing(mine).is_final() {
                end = Some((mine, here.machines[place(Seat::Holder)]));
                break;
            }
            here = self.little(&here, seat);
        }
        self.alone.insert(name, end);
        end
    }

    /// The next thing that happens between the two.
    fn little(&mut self, here: &State, seat: Seat) -> State {
        use super::state::Action::{Deadline, Deliver, Sign, Tick, Told};
        let between = here.net.iter().copied().find(|message| {
            let message = self.world.messages.get(*message);
            [message.from, message.to].iter().all(|end| *end == seat || *end == Seat::Holder)
        });
        if let Some(message) = between {
            let mut next = self.next(here, Deliver(message)).unwrap_or_else(|| here.clone());
            // Once: what the machine says again is new.
            if let Some(at) = next.net.iter().position(|known| *known == message) {
                next.net.remove(at);
            }
            return next;
        }
        let asked = here.questions.first().map(|question| Sign(*question)).into_iter();
        let due = [Deadline(seat), Deadline(Seat::Holder), Told(seat)];
        for action in asked.chain(due) {
            let may = match action {
                Deadline(of) => self.is_due(here, of),
                _ => true,
            };
            if may && let Some(next) = self.next(here, action) {
                return next;
            }
        }
        self.next(here, Tick).unwrap()
    }
}

fn one_way(core: &Core, state: &State) -> bool {
    if !core.runs(Seat::Holder) {
        return state.cash.is_empty() && state.rows.is_empty();
    }
    let cash = match core.world.word(state.machines[place(Seat::Holder)]) {
        "blank" => state.cash.is_empty(),
        "locked" => state.cash == [Cash::Hold],
        "claimed" => state.cash == [Cash::Hold, Cash::Pay],
        _ => matches!(state.cash.as_slice(), [] | [Cash::Hold, Cash::Release]),
    };
    let mut slots: Vec<u8> = state.rows.iter().map(|(slot, _)| *slot).collect();
    slots.sort_unstable();
    slots.dedup();
    let early = core.setting.by == By::Unless && state.tick < UNLESS.0;
    let unearned = core.setting.by == By::Unless && state.decided != Some(true);
    let cash = cash && !((early || unearned) && state.cash.contains(&Cash::Pay));
    cash && slots.len() == state.rows.len()
}

/// Whether it may be that a party waits for something that neither it nor the holder can bring about.
fn waits(core: &Core, state: &State, seat: Seat) -> bool {
    // Their clocks end them.
    if core.setting.by != By::Decision {
        return false;
    }
    let holder = core.world.word(state.machines[place(Seat::Holder)]);
    let open = matches!(holder, "blank" | "locked");
    match (seat, state.decided) {
        // Nothing is decided, or it is locked and freed by the other, or it is never locked.
        (_, None) | (Seat::Payer, Some(true)) | (Seat::Payee, Some(false)) => open,
        (Seat::Payee, Some(true)) => holder == "blank",
        (Seat::Payer, Some(false)) | (Seat::Holder, _) => false,
    }
}

fn timely(core: &mut Core, state: &State) -> bool {
    if !core.runs(Seat::Holder) {
        return true;
    }
    core.honest().into_iter().all(|seat| waits(core, state, seat) || core.alone(state, seat).is_some())
}

fn fair(core: &mut Core, state: &State) -> bool {
    if !core.runs(Seat::Holder) {
        return true;
    }
    core.honest().into_iter().all(|seat| {
        let Some((machine, holder)) = core.alone(state, seat) else { return true };
        let standing = core.world.standing(machine);
        let paid_for = seat == Seat::Payee || core.setting.by != By::Hash || core.world.preimage(machine) == Some(&k());
        match core.world.word(holder) {
            "claimed" => standing == Standing::Claimed && paid_for,
            "returned" => matches!(standing, Standing::Returned | Standing::Declined | Standing::Lapsed),
            "blank" => matches!(standing, Standing::Declined | Standing::Lapsed),
            // A payee that knows that nothing comes of it waits for nothing: the rest is between payer and holder.
            _ => seat == Seat::Payee && state.decided == Some(false) && standing == Standing::Lapsed,
        }
    })
}

/// A decision that was made while the money is locked moves it to whom it is due, if that one is honest and wants it.
fn earned(core: &mut Core, state: &State) -> bool {
    let locked = core.world.word(state.machines[place(Seat::Holder)]) == "locked";
    if !core.runs(Seat::Holder) || core.setting.whims > 0 || !locked {
        return true;
    }
    let (seat, due) = match state.decided {
        // It must have heard of the lock, and its claim leaves with the margin of a tick.
        Some(true) if core.setting.by == By::Unless && !may_claim(core, state) => return true,
        Some(true) => (Seat::Payee, Standing::Claimed),
        Some(false) => (Seat::Payer, Standing::Returned),
        None => return true,
    };
    !core.runs(seat) || core.alone(state, seat).is_some_and(|(machine, _)| core.world.standing(machine) == due)
}

fn may_claim(core: &Core, state: &State) -> bool {
    core.of(state, Seat::Payee) == Standing::Locked && state.tick.saturating_add(1) < UNLESS.1
}

fn secret(core: &Core, state: &State) -> bool {
    if core.setting.by != By::Hash || !core.runs(Seat::Payee) || !core.runs(Seat::Holder) {
        return true;
    }
    let paid = state.cash.contains(&Cash::Pay);
    let payer = state.machines[place(Seat::Payer)];
    let known = state.net.iter().any(|message| {
        let message = core.world.messages.get(*message);
        message.to != Seat::Holder
            && matches!(&message.content, Content::Answer { statement, .. } if is_claimed(statement))
    });
    paid || (!known && core.world.preimage(payer).is_none())
}

fn is_claimed(statement: &str) -> bool {
    semper_blocks::statement::Compact::parse(statement).unwrap().kind() == semper_blocks::statement::Kind::Claimed
}

fn just(core: &mut Core, state: &State) -> bool {
    !core.runs(Seat::Holder) || state.rows.is_empty() || !convicts(core, &state.net)
}

fn accountable(core: &mut Core, state: &State) -> bool {
    let ends: Vec<Standing> = core.honest().iter().map(|seat| core.of(state, *seat)).collect();
    if !(ends.contains(&Standing::Claimed) && ends.contains(&Standing::Returned)) {
        return true;
    }
    let told: Vec<u32> =
        state.net.iter().copied().filter(|number| core.world.messages.get(*number).from == Seat::Holder).collect();
    convicts(core, &told)
}

/// Whether everything within these messages convicts anybody.
fn convicts(core: &mut Core, messages: &[u32]) -> bool {
    if let Some(known) = core.verdicts.get(messages) {
        return *known;
    }
    let mut evidence = Evidence::new();
    let mut put = |bytes: &[u8]| evidence.add(&Hash::of(bytes).hex(), bytes).unwrap();
    let with = |shown: &Option<Shown>, put: &mut dyn FnMut(&[u8])| {
        if let Some(shown) = shown {
            put(&shown.descriptor.0);
            shown.pieces.iter().chain([&shown.statement]).for_each(|text| put(text.as_bytes()));
        }
    };
    for number in messages {
        match &core.world.messages.get(*number).content {
            Content::Answer { shown, statement }
            | Content::Claim { shown, statement }
            | Content::GiveBack { shown, statement } => {
                put(statement.as_bytes());
                with(shown, &mut put);
            }
            Content::Lock { debit, statement } => {
                put(statement.as_bytes());
                put(debit.as_bytes());
            }
            _ => {}
        }
    }
    let verdict = judge(&core.world.lock, &evidence, &Ideal::new(1));
    core.verdicts.insert(messages.to_vec(), !verdict.convictions.is_empty());
    !verdict.convictions.is_empty()
}

/// If a repetition caused anything else than the same again, two honest ones could answer each other without end.
fn quiet(core: &mut Core, state: &State) -> bool {
    state.net.iter().all(|number| {
        let to = core.world.messages.get(*number).to;
        if !core.runs(to) {
            return true;
        }
        let what = Happening::Message(*number);
        let Some((once, _)) = core.world.step(to, state.machines[place(to)], what, state.tick) else {
            return true;
        };
        let Some((twice, effects)) = core.world.step(to, once, what, state.tick) else { return true };
        let new = effects.iter().any(|effect| !matches!(effect, Effected::Send(_)));
        once == twice && !new
    })
}
