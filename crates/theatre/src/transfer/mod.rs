//! A container of goods that goes one way: all of it arrives or nothing. The machines of sender and receiver are those
//! of production; what a service does around them is done here in the same order.

mod lies;
mod world;

use std::collections::BTreeMap;

use semper_base::{Amount, Code, Error, Hash, KeyId, Millis, Misuse, Timestamp, Violation};
use semper_blocks::statement::{Kind, Statement, sign_payload, verify};
use semper_exchange::transfer::{
    Announcement, Answer, AnswerWord, Ending, Manifest, Origin, Piece as Part, Receiver, ReceiverEffect, ReceiverEvent,
    Sender, SenderEffect, SenderEvent, Sending, StopWord, What, open_piece,
};
use semper_support::crypto::Ideal;

use crate::cast::Who;
use crate::piece::{Ask, At, Cheat, Claim, Deed, Happening, Piece, Ruling, Said, Seen, Trick, Wish};
use world::World;

const SENDER: Who = Who::Party(0);
const RECEIVER: Who = Who::Party(1);
/// Tolerated difference of clocks.
const SKEW: Millis = Millis::seconds(120);

/// A message about a transfer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Carried {
    Announced(Announcement),
    Answer(Answer),
    Part(Part),
    Stop(StopWord),
}

/// The sender.
#[derive(Clone, Debug)]
enum Going {
    /// Its owner has not signed the list yet.
    Asked,
    /// Its owner has not agreed; nothing has left.
    Unsent,
    Sends {
        machine: Sender,
        statement: String,
    },
}

/// What the receiver has, once it was announced.
#[derive(Clone, Debug)]
struct Coming {
    machine: Receiver,
    /// Nobody sees them before all of it is taken.
    parts: BTreeMap<(u64, u64), Vec<u8>>,
}

/// The machines.
#[derive(Debug)]
pub(crate) struct Transfer {
    world: World,
    going: Going,
    coming: Option<Coming>,
}

impl Transfer {
    pub(crate) fn new(twist: Option<&'static str>) -> Result<Transfer, Error> {
        Ok(Transfer { world: World::new(twist)?, going: Going::Asked, coming: None })
    }

    fn sends(&mut self, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        match (&self.going, what) {
            (Going::Asked, Happening::Signed(Kind::Sending, text)) => {
                let (machine, effects) = Sender::announced(at.now);
                self.going = Going::Sends { machine, statement: text.clone() };
                let kept = Deed::Keep(text.clone());
                Ok([vec![kept], self.leaves(effects)?].concat())
            }
            (Going::Asked, Happening::Declined(_) | Happening::Command(Wish::Abort) | Happening::Deadline) => {
                self.going = Going::Unsent;
                Ok(vec![])
            }
            (Going::Sends { .. }, Happening::Deadline) => self.tell_sender(SenderEvent::Timer { ordered: false }, at),
            (Going::Sends { .. }, Happening::Command(Wish::Abort)) => {
                self.tell_sender(SenderEvent::Stop { code: Code::Declined, ordered: false }, at)
            }
            (Going::Sends { .. }, Happening::Letter { said: Said::Transfer(Carried::Answer(answer)), .. }) => {
                answer.check()?;
                if answer.transfer != self.world.id {
                    return Err(out_of_turn("nothing of this is sent").into());
                }
                self.tell_sender(SenderEvent::Answer(answer.word.clone()), at)
            }
            (_, Happening::Letter { .. }) => Err(out_of_turn("nothing is sent").into()),
            _ => Err(Misuse::new(Code::StateWrong, "nothing for the sender").into()),
        }
    }

    fn tell_sender(&mut self, event: SenderEvent, at: At) -> Result<Vec<Deed>, Error> {
        let Going::Sends { machine, statement } = &self.going else { return Ok(vec![]) };
        let (machine, effects) = machine.step(event, &self.world.plan, at.now)?;
        self.going = Going::Sends { machine, statement: statement.clone() };
        self.leaves(effects)
    }

    fn leaves(&self, effects: Vec<SenderEffect>) -> Result<Vec<Deed>, Error> {
        let Going::Sends { statement, .. } = &self.going else { return Ok(vec![]) };
        let mut deeds = Vec::new();
        for effect in effects {
            match effect {
                SenderEffect::Announce => {
                    let announced = self.world.sealed(statement, self.world.sender_id())?;
                    deeds.push(sent(RECEIVER, Carried::Announced(announced)));
                }
                SenderEffect::Pieces(parts) => {
                    for (good, index) in parts {
                        let part = self.world.part(good, index)?;
                        deeds.extend(part.map(|part| sent(RECEIVER, Carried::Part(part))));
                    }
                }
                SenderEffect::Stop(code) => {
                    let stop = StopWord { code, transfer: self.world.id };
                    deeds.push(sent(RECEIVER, Carried::Stop(stop)));
                }
                // No money is in it, and what was sent stays here.
                SenderEffect::CancelPay | SenderEffect::Drop | SenderEffect::Pay(_) => {}
            }
        }
        Ok(deeds)
    }

    fn receives(&mut self, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        match what {
            Happening::Command(Wish::Abort) => self.tell(ReceiverEvent::Stop(Code::Declined), at),
            Happening::Command(Wish::Accept) => self.tell(ReceiverEvent::Accept, at),
            Happening::Command(Wish::Decline) => self.tell(ReceiverEvent::Decline(Code::Declined), at),
            Happening::Deadline => self.tell(ReceiverEvent::Timer, at),
            Happening::Letter { said: Said::Transfer(Carried::Announced(announced)), .. } => {
                self.announced(announced, at)
            }
            Happening::Letter { said: Said::Transfer(Carried::Part(part)), .. } => self.part(part, at),
            Happening::Letter { said: Said::Transfer(Carried::Stop(stop)), .. } => self.stopped(*stop, at),
            Happening::Letter { .. } => Err(out_of_turn("nothing for a receiver").into()),
            _ => Err(Misuse::new(Code::StateWrong, "nothing for the receiver").into()),
        }
    }

    /// What is to come: opened, verified, compared with the quality that it names.
    fn announced(&mut self, announced: &Announcement, at: At) -> Result<Vec<Deed>, Error> {
        let (world, crypto) = (&self.world, Ideal::new(1));
        let opener = Some((&world.seal.public, &world.seal.secret));
        let (papers, confidentiality) = announced.clone().open(world.sender_id(), opener, &crypto)?;
        let (sending, statement) = match papers.manifest {
            Manifest::Deniable(sending) => (sending, None),
            Manifest::Signed(signed) => {
                let said: Statement<Sending> = verify(&crypto, &world.sender.public, &signed.statement)?;
                said.meta.check_time(at.now, SKEW)?;
                (said.body, Some(signed.statement))
            }
        };
        let origin = if statement.is_some() { Origin::Signed } else { Origin::Deniable };
        sending.check_quality(confidentiality, origin)?;
        if sending.receiver != world.receiver.public.id() {
            return Err(Violation::new(Code::PeerWrong, "it is for somebody else").into());
        }
        if sending.id() != world.id {
            return Err(out_of_turn("another transfer than the one on stage").into());
        }
        if self.coming.is_some() {
            return self.tell(ReceiverEvent::Again, at);
        }
        sending.check()?;
        sending.check_time(at.now)?;
        self.coming = Some(Coming { machine: Receiver::announced(&world.plan), parts: BTreeMap::new() });
        Ok(statement.into_iter().map(Deed::Keep).collect())
    }

    /// Stored if it is the one that the list fixes. One that is not ends it.
    fn part(&mut self, part: &Part, at: At) -> Result<Vec<Deed>, Error> {
        let (good, index) = (part.good, part.index);
        let Some(coming) = self.coming.as_mut().filter(|_| part.transfer == self.world.id) else {
            return Err(out_of_turn("nothing of this was announced").into());
        };
        if !coming.machine.is_missing(good, index, &self.world.plan) {
            return Ok(vec![]);
        }
        match open_piece(&self.world.sending, part, &world::key()) {
            Ok(leaf) => {
                coming.parts.insert((good, index), leaf.data().to_vec());
                self.tell(ReceiverEvent::Chunk { good, index }, at)
            }
            Err(why) => self.tell(ReceiverEvent::Stop(why.code()), at),
        }
    }

    /// Of what was never heard of, nothing came.
    fn stopped(&mut self, stop: StopWord, at: At) -> Result<Vec<Deed>, Error> {
        if self.coming.is_some() {
            return self.tell(ReceiverEvent::Stopped(stop.code), at);
        }
        let word = AnswerWord::Over(Ending::Stopped(stop.code));
        Ok(vec![sent(SENDER, Carried::Answer(Answer { transfer: stop.transfer, word }))])
    }

    fn tell(&mut self, event: ReceiverEvent, at: At) -> Result<Vec<Deed>, Error> {
        let Some(coming) = &mut self.coming else {
            return Err(Misuse::new(Code::StateWrong, "nothing was announced").into());
        };
        let (machine, effects) = coming.machine.step(event, &self.world.plan, at.now)?;
        coming.machine = machine;
        let mut deeds = Vec::new();
        for effect in effects {
            match effect {
                ReceiverEffect::Check => {
                    let found = self.looked().map_err(|why| why.code());
                    deeds.extend(self.tell(ReceiverEvent::Checked(found), at)?);
                }
                ReceiverEffect::Drop => {
                    if let Some(coming) = &mut self.coming {
                        coming.parts.clear();
                    }
                }
                ReceiverEffect::Send(word) => {
                    deeds.push(sent(SENDER, Carried::Answer(Answer { transfer: self.world.id, word })));
                }
                // No money is in it; that it is taken shows by the machine.
                ReceiverEffect::AskReference | ReceiverEffect::Take => {}
            }
        }
        Ok(deeds)
    }

    /// Looks at every content as what it is: these are bytes under a hash.
    fn looked(&self) -> Result<(), Violation> {
        let parts = self.coming.iter().flat_map(|coming| &coming.parts);
        let parts: Vec<_> = parts.collect();
        for (number, good) in (0_u64..).zip(&self.world.sending.goods) {
            let What::Data(data) = &good.what else { continue };
            let bytes: Vec<u8> =
                parts.iter().filter(|((of, _), _)| *of == number).flat_map(|(_, part)| part.iter().copied()).collect();
            if data.hash != Hash::of(&bytes) {
                return Err(Violation::new(Code::FileWrong, "another hash than announced"));
            }
        }
        Ok(())
    }

    fn machine(&self) -> Option<&Receiver> {
        self.coming.as_ref().map(|coming| &coming.machine)
    }

    fn is_sending(&self) -> bool {
        matches!(&self.going, Going::Sends { machine, .. } if machine.outcome().is_none())
    }
}

fn sent(to: Who, carried: Carried) -> Deed {
    Deed::Send { to, said: Said::Transfer(carried) }
}

fn out_of_turn(what: &str) -> Violation {
    Violation::new(Code::OutOfTurn, what)
}

/// What a message says, in one word.
pub(crate) fn word(carried: &Carried) -> &'static str {
    match carried {
        Carried::Announced(_) => "announced",
        Carried::Answer(answer) => match &answer.word {
            AnswerWord::Accepted(_) => "accepted",
            AnswerWord::Over(Ending::Declined(_)) => "declined",
            AnswerWord::Over(Ending::Stopped(_)) => "stopped",
            AnswerWord::Over(Ending::Taken) => "taken",
            AnswerWord::Ready => "ready",
            AnswerWord::Want(_) => "want",
        },
        Carried::Part(_) => "part",
        Carried::Stop(_) => "let-be",
    }
}

/// The statements in it that can be read on the way.
pub(crate) fn texts(carried: &Carried) -> Vec<String> {
    match carried {
        Carried::Announced(Announcement::Open(papers)) => match &papers.manifest {
            Manifest::Signed(signed) => vec![signed.statement.clone()],
            Manifest::Deniable(_) => vec![],
        },
        Carried::Announced(Announcement::Sealed(_)) | Carried::Answer(_) | Carried::Part(_) | Carried::Stop(_) => {
            vec![]
        }
    }
}

impl Piece for Transfer {
    fn cast(&self) -> Vec<Who> {
        vec![SENDER, RECEIVER]
    }

    fn amount(&self) -> Option<Amount> {
        None
    }

    fn begin(&mut self) -> Vec<(Who, Vec<Deed>)> {
        let at = At { now: crate::time::OPENED, seed: 0 };
        let payload = world::statement(&self.world.sending, &self.world.sender, at);
        let ask = |payload| Deed::Ask(Ask { kind: Kind::Sending, key: self.world.sender_id(), payload });
        vec![(SENDER, payload.into_iter().map(ask).collect())]
    }

    fn step(&mut self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        if who == SENDER { self.sends(what, at) } else { self.receives(what, at) }
    }

    fn would(&self, who: Who, wish: Wish, at: At) -> bool {
        match (who, wish) {
            (SENDER, Wish::Abort) => match &self.going {
                Going::Asked => true,
                Going::Sends { machine, .. } => {
                    let stop = SenderEvent::Stop { code: Code::Declined, ordered: false };
                    self.is_sending()
                        && machine.word() != "stopping"
                        && machine.step(stop, &self.world.plan, at.now).is_ok()
                }
                Going::Unsent => false,
            },
            (RECEIVER, wish) => {
                let event = match wish {
                    Wish::Abort => ReceiverEvent::Stop(Code::Declined),
                    Wish::Accept => ReceiverEvent::Accept,
                    Wish::Decline => ReceiverEvent::Decline(Code::Declined),
                    _ => return false,
                };
                let is_asked = self.machine().is_some_and(|machine| machine.word() == "announced");
                (is_asked != (wish == Wish::Abort))
                    && self.machine().is_some_and(|machine| machine.step(event, &self.world.plan, at.now).is_ok())
            }
            _ => false,
        }
    }

    fn plain(&self) -> Option<(Who, Wish)> {
        Some((RECEIVER, Wish::Accept))
    }

    fn deadline(&self, who: Who) -> Option<Timestamp> {
        match (who, &self.going) {
            (SENDER, Going::Asked) => Some(self.world.sending.until),
            (SENDER, Going::Sends { machine, .. }) => machine.deadline(&self.world.plan),
            (SENDER, Going::Unsent) => None,
            _ => self.machine().and_then(|machine| machine.deadline(&self.world.plan)),
        }
    }

    fn state(&self, who: Who) -> &'static str {
        match (who, &self.going) {
            (SENDER, Going::Asked) => "asked",
            (SENDER, Going::Sends { machine, .. }) => machine.word(),
            (SENDER, Going::Unsent) => "unsent",
            _ => self.machine().map_or("blank", Receiver::word),
        }
    }

    fn looks(&self) -> Option<Who> {
        None
    }

    fn sign(&self, _: Who, ask: &Ask, at: At) -> Result<String, Error> {
        sign_payload(&Ideal::new(at.seed), &self.world.sender.secret, &ask.payload)
    }

    fn has(&self, who: Who) -> Vec<&'static str> {
        match (who, &self.coming) {
            (SENDER, _) => vec!["container"],
            (_, Some(coming)) if coming.machine.is_taken() => vec!["container"],
            (_, Some(coming)) if !coming.parts.is_empty() => vec!["hidden-parts"],
            _ => vec![],
        }
    }

    fn proofs(&self, _: Who, _: &[String]) -> Vec<String> {
        vec![]
    }

    /// There is nothing to decide: what is asked is whether the list with the sender's signature is there.
    fn judge(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
        let holds = |text: &String| verify::<Sending>(&Ideal::new(1), &self.world.sender.public, text).is_ok();
        let sent = pieces.iter().any(holds).then(|| Claim { word: "sent".to_owned(), who: Some(SENDER) });
        Ok(Ruling { of, standings: vec![], convictions: vec![], proven: sent.into_iter().collect() })
    }

    fn cheats(&self) -> &'static [Cheat] {
        lies::CHEATS
    }

    fn lie(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        self.trick(name, seen, at)
    }

    fn signer(&self, key: &KeyId) -> Option<Who> {
        (*key == self.world.sender_id()).then_some(SENDER)
    }

    /// Nobody keeps a register.
    fn row(&self, _: &str) -> Said {
        Said::Transfer(Carried::Stop(StopWord { code: Code::OutOfTurn.number(), transfer: self.world.id }))
    }
}
