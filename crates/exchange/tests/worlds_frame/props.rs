//! What holds in every state of every world.
//!
//! | property | says |
//! |---|---|
//! | one row | each slot of the notary is written at most once |
//! | timely | from here every honest party comes to an end alone with the notary, whatever is under way being lost |
//! | fair | if anybody can show a contract, every honest party has one or gets one, alone with the notary; and honest parties end alike |
//! | letter | of a mail: the receipt for the letter and the letter for the receipt |
//! | kept | what was complete stays so, and proves itself |
//! | quiet | hearing something a second time causes nothing new |
//! | just | nobody honest is convicted by all that was ever signed |
//! | accountable | a notary that tells two honest parties different ends, that a good box is bad, or that nothing came of what others can show, is convicted by what it told them |
//! | silent | nothing that leaves a notary that collects, before it decides |

use std::collections::BTreeSet;

use semper_base::{Hash, Role};
use semper_blocks::statement::{Compact, Kind, danger_typed_unverified};
use semper_exchange::fair::frame::statements::{AbortBasis, Aborted, Signature};
use semper_exchange::fair::frame::{Content, Decided, Protocol, Reader, Seat, Slot};
use semper_exchange::fair::party::Standing;
use semper_exchange::judge::Evidence;
use semper_exchange::judge::frame::{FrameOutcome, judge};
use semper_support::crypto::Ideal;
use stateright::Property;

use super::model::{Core, Table};
use super::state::State;
use super::world::{Effected, Happening};

pub(crate) fn all() -> Vec<Property<Table>> {
    vec![
        Property::always("one row", |_, state: &State| {
            let slots: BTreeSet<Slot> = state.rows.iter().map(|(slot, _)| *slot).collect();
            slots.len() == state.rows.len()
        }),
        Property::always("timely", |table: &Table, state| timely(&mut table.core(), state)),
        Property::always("fair", |table: &Table, state| fair(&mut table.core(), state)),
        Property::always("letter", |table: &Table, state| letter(&mut table.core(), state)),
        Property::always("kept", |table: &Table, state| kept(&mut table.core(), state)),
        Property::always("quiet", |table: &Table, state| quiet(&mut table.core(), state)),
        Property::always("just", |table: &Table, state| just(&mut table.core(), state)),
        Property::always("accountable", |table: &Table, state| accountable(&mut table.core(), state)),
        Property::always("silent", |table: &Table, state| silent(&table.core(), state)),
    ]
}

/// Steps after which a party that has not ended never will.
const STEPS_MAX: usize = 60;

impl Core {
    fn honest(&self) -> Vec<Seat> {
        self.seats().filter(|seat| *seat != Seat::Notary && self.runs(*seat)).collect()
    }

    /// How this party ends when only it and the notary are there: its machine and the notary's. Its owner
    /// signs what it is asked.
    pub(crate) fn alone(&mut self, state: &State, seat: Seat) -> Option<(u32, u32)> {
        let (mine, notary) = (state.machines[self.place(seat)], state.machines[self.place(Seat::Notary)]);
        let asked: Vec<u32> =
            state.questions.iter().copied().filter(|question| self.world.questions.get(*question).of == seat).collect();
        let name = (seat, mine, notary, state.tick, asked.clone());
        if let Some(known) = self.alone.get(&name) {
            return *known;
        }
        let mut here = State { net: vec![], questions: asked, lies: 0, whims: 0, crashes: 0, ..state.clone() };
        let mut end = None;
        for _ in 0..STEPS_MAX {
            let mine = here.machines[self.place(seat)];
            if self.world.standing(mine).is_final() {
                end = Some((mine, here.machines[self.place(Seat::Notary)]));
                break;
            }
            here = self.little(&here, seat);
        }
        self.alone.insert(name, end);
        end
    }

    /// The next thing that happens between the two.
    fn little(&mut self, here: &State, seat: Seat) -> State {
        use super::state::Action::{Deadline, Deliver, Sign, Tick};
        let between = here.net.iter().copied().find(|message| {
            let message = self.world.messages.get(*message);
            [message.from, message.to].iter().all(|end| *end == seat || *end == Seat::Notary)
        });
        if let Some(message) = between {
            let mut next = self.next(here, Deliver(message)).unwrap_or_else(|| here.clone());
            // Once: what the machine says again is new.
            if let Some(at) = next.net.iter().position(|known| *known == message) {
                next.net.remove(at);
            }
            return next;
        }
        let rest = here.questions.first().map(|question| Sign(*question)).into_iter();
        let due = [Deadline(seat), Deadline(Seat::Notary)];
        for action in rest.chain(due) {
            let is_due = match action {
                Deadline(seat) => self
                    .world
                    .deadline(here.machines[self.place(seat)])
                    .is_some_and(|due| due <= super::world::at(here.tick)),
                _ => true,
            };
            if is_due && let Some(next) = self.next(here, action) {
                return next;
            }
        }
        self.next(here, Tick).unwrap()
    }

    /// Whether somebody can show a contract: a party that is through, the notary's word, or signatures of
    /// everybody. The dishonest sign whatever they like; what honest parties signed must have left them, to
    /// where the coalition reads it.
    pub(crate) fn is_shown(&self, state: &State) -> bool {
        let complete = |seat: &Seat| self.world.standing(state.machines[self.place(*seat)]) == Standing::Complete;
        if self.honest().iter().any(complete) {
            return true;
        }
        if self.setting.dishonest.is_empty() {
            return false;
        }
        let resolved = |message: &u32| {
            let content = &self.world.messages.get(*message).content;
            self.reads(*message)
                && matches!(content, Content::Decision { statement, .. } if kind(statement) == Kind::Resolved)
        };
        let signed = |seat: &Seat| {
            state.net.iter().any(|message| {
                let sent = self.world.messages.get(*message);
                sent.from == *seat
                    && self.reads(*message)
                    && matches!(
                        sent.content,
                        Content::Key { .. } | Content::Signature { .. } | Content::Submission { .. }
                    )
            })
        };
        state.net.iter().any(resolved) || self.honest().iter().all(signed)
    }
}

pub(crate) fn kind(statement: &str) -> Kind {
    Compact::parse(statement).unwrap().kind()
}

fn timely(core: &mut Core, state: &State) -> bool {
    if !core.runs(Seat::Notary) {
        return true;
    }
    core.honest().into_iter().all(|seat| core.alone(state, seat).is_some())
}

fn fair(core: &mut Core, state: &State) -> bool {
    let complete = |core: &mut Core, seat| {
        core.alone(state, seat).is_some_and(|(machine, _)| core.world.standing(machine) == Standing::Complete)
    };
    // Against a notary that helps one side there is only its conviction.
    !core.runs(Seat::Notary) || !core.is_shown(state) || core.honest().into_iter().all(|seat| complete(core, seat))
}

/// The proof of a complete party is one: every signature, or the notary's word with its ground.
fn kept(core: &mut Core, state: &State) -> bool {
    core.honest().into_iter().all(|seat| {
        let machine = state.machines[core.place(seat)];
        if let Some(known) = core.proofs.get(&machine) {
            return *known;
        }
        let fine = proves(core, machine);
        core.proofs.insert(machine, fine);
        fine
    })
}

fn proves(core: &Core, machine: u32) -> bool {
    let reader = Reader { x: &core.world.x, crypto: &Ideal::new(1) };
    let proof = core.world.proof(machine);
    let complete = core.world.standing(machine) == Standing::Complete;
    if core.world.opens(machine) != (complete && core.setting.protocol == Protocol::Deal) {
        return false;
    }
    if !complete {
        return proof.is_empty();
    }
    let (head, rest) = proof.split_first().unwrap();
    if kind(head) == Kind::Resolved {
        return reader.decision(head, rest.to_vec()).is_ok_and(|d| matches!(d.verdict, Decided::Resolved(_)));
    }
    let place = |text: &String| reader.party::<Signature>(text).unwrap().0;
    proof.iter().map(place).eq(0..core.world.parties())
}

fn just(core: &mut Core, state: &State) -> bool {
    let quiet = state.rows.is_empty() && core.setting.protocol != Protocol::CsnC;
    quiet || !judged(core, &state.net).honest
}

fn accountable(core: &mut Core, state: &State) -> bool {
    let standing = |seat: &Seat| core.world.standing(state.machines[core.place(*seat)]);
    let ends: Vec<Standing> = core.honest().iter().map(standing).collect();
    let differ = ends.contains(&Standing::Complete) && ends.contains(&Standing::Aborted);
    if !differ && !cried(core, state) && !bound(core, state) {
        return true;
    }
    let told = |number: &u32| core.world.messages.get(*number).from == Seat::Notary;
    let told: Vec<u32> = state.net.iter().copied().filter(told).collect();
    judged(core, &told).notary
}

/// Whether a dishonest notary has told an honest party that nothing came of it, and the coalition can show that it
/// is complete.
fn bound(core: &mut Core, state: &State) -> bool {
    let aborted = |seat: &Seat| core.world.standing(state.machines[core.place(*seat)]) == Standing::Aborted;
    if core.runs(Seat::Notary) || !core.honest().iter().any(aborted) {
        return false;
    }
    let read: Vec<u32> = state.net.iter().copied().filter(|number| core.reads(*number)).collect();
    judged(core, &read).complete
}

/// Whether an honest sender was told that its box is bad, which it is not.
fn cried(core: &Core, state: &State) -> bool {
    let a = Seat::Party(0);
    if core.world.sending.is_none() || !core.runs(a) {
        return false;
    }
    let told = |number: &u32| {
        let message = core.world.messages.get(*number);
        let Content::Decision { statement, .. } = &message.content else { return false };
        let aborted = danger_typed_unverified::<Aborted>(statement);
        message.to == a && aborted.is_ok_and(|aborted| aborted.body.basis == AbortBasis::BadEscrow)
    };
    core.world.standing(state.machines[0]) == Standing::Aborted && state.net.iter().any(told)
}

/// Of a mail: who gave the receipt can read the letter, and who can read it has given the receipt, as far as the
/// sender can bring about alone with the notary.
fn letter(core: &mut Core, state: &State) -> bool {
    let (a, b) = (Seat::Party(0), Seat::Party(1));
    if core.world.sending.is_none() {
        return true;
    }
    let reads = core.world.reads_letter(state.machines[1]);
    if core.runs(b) && core.world.standing(state.machines[1]) == Standing::Complete && !reads {
        return false;
    }
    if !core.runs(a) || !core.runs(Seat::Notary) {
        return true;
    }
    let known: Vec<u32> = state.net.iter().copied().filter(|number| core.reads(*number)).collect();
    let is_read = if core.runs(b) { reads } else { core.has_key(&known) };
    !is_read || core.alone(state, a).is_some_and(|(machine, _)| core.world.standing(machine) == Standing::Complete)
}

/// What everything within these messages comes to before the judge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    /// Whether it convicts the notary.
    notary: bool,
    /// Whether it convicts anybody honest.
    honest: bool,
    /// Whether it shows that the exchange is complete.
    complete: bool,
}

fn judged(core: &mut Core, messages: &[u32]) -> Judged {
    if let Some(known) = core.verdicts.get(messages) {
        return *known;
    }
    let mut evidence = Evidence::new();
    for number in messages {
        let content = &core.world.messages.get(*number).content;
        let texts = match content {
            Content::Decision { pieces, statement } => [pieces.as_slice(), std::slice::from_ref(statement)].concat(),
            Content::Resolve { first, second } | Content::ResolveMail { first, second, .. } => {
                vec![first.clone(), second.clone()]
            }
            Content::Stop { pledges, statement } => [pledges.as_slice(), std::slice::from_ref(statement)].concat(),
            Content::Abort { statement }
            | Content::Pledge { statement }
            | Content::Key { statement, .. }
            | Content::Promise { statement }
            | Content::Signature { statement }
            | Content::Submission { statement, .. } => vec![statement.clone()],
            _ => vec![],
        };
        for text in texts {
            evidence.add(&Hash::of(text.as_bytes()).hex(), text.as_bytes()).unwrap();
        }
    }
    // An honest sender shows what made its box.
    if let Some(sending) = core.world.sending.as_ref().filter(|_| core.runs(Seat::Party(0))) {
        evidence.add("defence", &serde_json::to_vec(&sending.defence).unwrap()).unwrap();
    }
    let verdict = judge(&core.world.x, &evidence, &Ideal::new(1));
    let seat = |who: Role, party: Option<u8>| party.filter(|_| who == Role::Party).map_or(Seat::Notary, Seat::Party);
    let convicted: Vec<Seat> = verdict.convictions.iter().map(|one| seat(one.who, one.party)).collect();
    let judged = Judged {
        notary: convicted.contains(&Seat::Notary),
        honest: convicted.iter().any(|seat| core.runs(*seat)),
        complete: verdict.outcome == FrameOutcome::Complete,
    };
    core.verdicts.insert(messages.to_vec(), judged);
    judged
}

/// If a repetition caused anything else than the same again, two honest parties could answer each other
/// without end.
fn quiet(core: &mut Core, state: &State) -> bool {
    state.net.iter().all(|number| {
        let to = core.world.messages.get(*number).to;
        if !core.runs(to) {
            return true;
        }
        let what = Happening::Message(*number);
        let Some((once, _)) = core.world.step(to, state.machines[core.place(to)], what, state.tick) else {
            return true;
        };
        let Some((twice, effects)) = core.world.step(to, once, what, state.tick) else { return true };
        let asks = effects.iter().any(|effect| matches!(effect, Effected::Ask(_) | Effected::Row(..)));
        once == twice && !asks
    })
}

/// A notary that collects has said nothing to anybody as long as its row is empty.
fn silent(core: &Core, state: &State) -> bool {
    if !core.setting.protocol.collects()
        || !core.runs(Seat::Notary)
        || !state.rows.is_empty()
        || core.setting.early.is_some()
    {
        return true;
    }
    !state.net.iter().any(|message| core.world.messages.get(*message).from == Seat::Notary)
}
