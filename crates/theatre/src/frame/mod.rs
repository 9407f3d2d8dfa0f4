//! Contracts and certified mail, whose register is a notary.

mod judging;
mod lies;
mod rounds;
mod world;

use semper_base::{Amount, Blob64, Code, Error, KeyId, Misuse, Role, Step, Timestamp};
use semper_blocks::statement::{Author, sign_payload};
use semper_exchange::fair::frame::{Command, Content, Cx, Descriptor, Effect, Event, Packet, Seat, check};
use semper_exchange::fair::party::Party;
use semper_exchange::fair::register::Register;
use semper_support::crypto::Ideal;

use crate::cast::{Play, Who};
use crate::piece::{Ask, At, Cheat, Deed, Happening, Piece, Ruling, Said, Seen, Trick, Wish};
use crate::time::{OPENED, Surroundings};
use world::World;

pub(crate) use judging::ruling;

/// The machines.
#[derive(Debug)]
pub(crate) struct Paper {
    play: Play,
    world: World,
    parties: Vec<Party>,
    register: Register,
    begun: Vec<(Who, Vec<Deed>)>,
}

impl Paper {
    pub(crate) fn new(play: Play, twist: Option<&'static str>) -> Result<Paper, Error> {
        let world = World::new(play, twist)?;
        let at = At { now: OPENED, seed: 0 };
        let (mut parties, mut begun) = (Vec::new(), Vec::new());
        for place in 0..world.x.parties() {
            let (around, mut out) = (Surroundings::of(At { seed: place.into(), ..at }), Vec::new());
            let cx = Cx { base: around.context(at), author: None };
            let own = world.own(place);
            let party = match (&world.sending, place) {
                (Some(sending), 0) => Party::send(own, sending.clone(), &world.x, &cx, &mut out)?,
                (Some(sending), _) => Party::receive(own, sending.parcel.clone(), &world.x, &cx, &mut out)?,
                (None, _) => Party::start(own, &world.x, &cx, &mut out)?,
            };
            parties.push(party);
            begun.push((Who::Party(place), deeds(out)));
        }
        Ok(Paper { play, world, parties, register: Register::default(), begun })
    }

    fn x(&self) -> &Descriptor {
        &self.world.x
    }

    fn party(&self, who: Who) -> Option<&Party> {
        let Who::Party(place) = who else { return None };
        self.parties.get(usize::from(place))
    }

    fn event(&self, what: &Happening<'_>, at: At) -> Result<Event, Error> {
        Ok(match what {
            Happening::Command(wish) => Event::Command(command(*wish)?),
            Happening::Deadline => Event::Deadline,
            Happening::Declined(kind) => Event::Declined(*kind),
            Happening::Looked => return Err(Misuse::new(Code::StateWrong, "nothing to look at").into()),
            Happening::Signed(kind, text) => Event::Signed(*kind, text.clone()),
            Happening::Letter { from, said: Said::Frame(content) } => self.arrival(*from, content, at)?,
            Happening::Letter { .. } => return Err(Misuse::new(Code::KindWrong, "another exchange").into()),
        })
    }

    /// As a service hands it on: what carries no signature comes from whom the peer is known to be.
    fn arrival(&self, from: Who, content: &Content, at: At) -> Result<Event, Error> {
        let packet = Packet { content: content.clone(), descriptor: Blob64(self.x().bytes().to_vec()) };
        let text = serde_json::to_vec(&packet).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        let checked = check(&text, &Ideal::new(1), at.now)?;
        Ok(Event::Message { from: checked.signer.unwrap_or(seat(from)), content: checked.content })
    }

    fn stepped(&self, who: Who, event: &Event, at: At) -> Result<(Next, Vec<Effect>), Error> {
        let (around, mut out) = (Surroundings::of(at), Vec::new());
        let author = Author::uncertified(Role::Notary, &self.world.notary);
        let base = around.context(at);
        let next = match self.party(who) {
            Some(party) => {
                let cx = Cx { base, author: None };
                Next::Party(advanced(party.clone().step(event, self.x(), &cx, &mut out)?)?)
            }
            None => {
                let cx = Cx { base, author: Some(&author) };
                let step = self.register.clone().step(event, self.x(), &self.world.seal, &cx, &mut out)?;
                Next::Register(advanced(step)?)
            }
        };
        Ok((next, out))
    }

    /// Whether the receiver has what opens the letter.
    fn has_key(&self) -> bool {
        self.parties.iter().any(|party| matches!(party, Party::Receiver(receiver) if receiver.key().is_some()))
    }
}

enum Next {
    Party(Party),
    Register(Register),
}

fn advanced<M>(step: Step<M>) -> Result<M, Error> {
    match step {
        Step::Advance(next) => Ok(next),
        Step::Reject(_, violation) => Err(violation.into()),
    }
}

fn command(wish: Wish) -> Result<Command, Misuse> {
    match wish {
        Wish::Abort => Ok(Command::Abort),
        Wish::Resolve => Ok(Command::Resolve),
        other => Err(Misuse::new(Code::StateWrong, other.word())),
    }
}

fn seat(who: Who) -> Seat {
    if let Who::Party(place) = who { Seat::Party(place) } else { Seat::Notary }
}

fn who(seat: Seat) -> Who {
    if let Seat::Party(place) = seat { Who::Party(place) } else { Who::Notary }
}

fn deeds(effects: Vec<Effect>) -> Vec<Deed> {
    let deed = |effect| match effect {
        Effect::Ask { kind, payload, key } => Some(Deed::Ask(Ask { kind, key, payload })),
        Effect::Keep(text) => Some(Deed::Keep(text)),
        Effect::Row { slot, statement } => Some(Deed::Row { slot: slot.word(), statement }),
        Effect::Send { to, content } => Some(Deed::Send { to: who(to), said: Said::Frame(content) }),
        Effect::Tell(_) => None,
    };
    effects.into_iter().filter_map(deed).collect()
}

impl Piece for Paper {
    fn cast(&self) -> Vec<Who> {
        self.x().seats().map(who).collect()
    }

    fn amount(&self) -> Option<Amount> {
        None
    }

    fn begin(&mut self) -> Vec<(Who, Vec<Deed>)> {
        std::mem::take(&mut self.begun)
    }

    fn step(&mut self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        let event = self.event(what, at)?;
        let (next, effects) = self.stepped(who, &event, at)?;
        match (next, who) {
            (Next::Party(next), Who::Party(place)) => {
                if let Some(party) = self.parties.get_mut(usize::from(place)) {
                    *party = next;
                }
            }
            (Next::Register(register), _) => self.register = register,
            (Next::Party(_), _) => {}
        }
        Ok(deeds(effects))
    }

    fn would(&self, who: Who, wish: Wish, at: At) -> bool {
        let fits = self.party(who).is_some_and(|party| !party.standing().is_final());
        fits && command(wish).is_ok_and(|command| self.stepped(who, &Event::Command(command), at).is_ok())
    }

    fn deadline(&self, who: Who) -> Option<Timestamp> {
        self.party(who).map_or_else(|| self.register.deadline(self.x()), Party::deadline)
    }

    fn state(&self, who: Who) -> &'static str {
        self.party(who).map_or_else(|| self.register.word(), |party| party.standing().word())
    }

    fn looks(&self) -> Option<Who> {
        None
    }

    fn sign(&self, who: Who, ask: &Ask, at: At) -> Result<String, Error> {
        sign_payload(&Ideal::new(at.seed), &self.world.pair(who)?.secret, &ask.payload)
    }

    fn has(&self, who: Who) -> Vec<&'static str> {
        let Some(party) = self.party(who) else { return vec![] };
        let proven = !party.proof().is_empty();
        match party {
            Party::Sender(_) => {
                [Some("letter"), Some("key"), proven.then_some("receipt")].into_iter().flatten().collect()
            }
            Party::Receiver(_) if self.has_key() => {
                [Some("letter"), Some("key"), proven.then_some("origin")].into_iter().flatten().collect()
            }
            Party::Receiver(_) => vec!["sealed-letter"],
            Party::Answerer(_) | Party::Dealer(_) | Party::Rounds(_) | Party::Signer(_) | Party::Starter(_) => {
                proven.then_some("contract").into_iter().collect()
            }
        }
    }

    fn proofs(&self, _: Who, _: &[String]) -> Vec<String> {
        vec![]
    }

    fn judge(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
        ruling(self.x(), of, pieces)
    }

    fn cheats(&self) -> &'static [Cheat] {
        lies::cheats(self.x().core.protocol)
    }

    fn lie(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        self.trick(name, seen, at)
    }

    fn signer(&self, key: &KeyId) -> Option<Who> {
        self.x().seat(key).map(who)
    }

    fn row(&self, statement: &str) -> Said {
        // The notary of these exchanges sends its decision with what it rests on, never a bare row.
        Said::Frame(Content::Unmet { statement: statement.to_owned() })
    }
}
