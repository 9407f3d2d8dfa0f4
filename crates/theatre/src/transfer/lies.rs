//! What a dishonest sender or receiver may say.

use semper_base::Error;
use semper_blocks::statement::sign_payload;
use semper_exchange::transfer::{Announcement, Answer, AnswerWord, Ending, Manifest, Papers};
use semper_support::crypto::{Ideal, KeyPair};

use super::{Carried, Going, RECEIVER, SENDER, Transfer, world};
use crate::cast::Who;
use crate::piece::{At, Cheat, Said, Seen, Trick};

const fn cheat(name: &'static str, who: Who) -> Cheat {
    Cheat { name, who }
}

pub(super) const CHEATS: &[Cheat] = &[
    cheat("a-names-another-file", SENDER),
    cheat("a-leaves-signature-out", SENDER),
    cheat("a-sends-openly", SENDER),
    cheat("a-forges-sender", SENDER),
    cheat("a-passes-box-on", SENDER),
    cheat("a-sends-noise", SENDER),
    cheat("a-keeps-parts", SENDER),
    cheat("b-asks-for-more", RECEIVER),
    cheat("b-says-taken-early", RECEIVER),
    cheat("b-denies", RECEIVER),
];

fn says(to: Who, carried: Carried) -> Trick {
    Trick::says(vec![(to, Said::Transfer(carried))])
}

impl Transfer {
    pub(super) fn trick(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        match name {
            "a-names-another-file" if !seen.begun => Ok(Some(Trick { anew: true, ..Trick::default() })),
            "a-keeps-parts" => Ok(Some(Trick { keeps: &["part"], ..Trick::default() })),
            "a-sends-noise" if self.receiver_word() == "fetching" => {
                Ok(self.world.noise(1, 0)?.map(|part| says(RECEIVER, Carried::Part(part))))
            }
            name if name.starts_with("a-") && self.coming.is_none() => self.announces(name, at),
            name if name.starts_with("b-") => Ok(self.of_receiver(name)),
            _ => Ok(None),
        }
    }

    fn receiver_word(&self) -> &'static str {
        self.machine().map_or("blank", |machine| machine.word())
    }

    /// The list in the sender's name, signed with this key.
    fn signed(&self, with: &KeyPair, at: At) -> Result<String, Error> {
        let payload = world::statement(&self.world.sending, &self.world.sender, at)?;
        sign_payload(&Ideal::new(at.seed), &with.secret, &payload)
    }

    /// The list in another way than it says of itself, or than it may come.
    fn announces(&self, name: &str, at: At) -> Result<Option<Trick>, Error> {
        let world = &self.world;
        let deniable = || Papers { key: world::key(), manifest: Manifest::Deniable(world.sending.clone()) };
        let announced = match name {
            "a-leaves-signature-out" => Announcement::Open(Box::new(deniable())),
            "a-sends-openly" => Announcement::Open(Box::new(world::papers(&self.signed(&world.sender, at)?))),
            "a-forges-sender" => world.sealed(&self.signed(&world.nobody, at)?, world.sender_id())?,
            // Sealed by somebody else, for the same receiver.
            "a-passes-box-on" => world.sealed(&self.signed(&world.nobody, at)?, world.nobody.public.id())?,
            _ => return Ok(None),
        };
        Ok(Some(says(RECEIVER, Carried::Announced(announced))))
    }

    fn of_receiver(&self, name: &str) -> Option<Trick> {
        let Going::Sends { machine, .. } = &self.going else { return None };
        let told = |word| says(SENDER, Carried::Answer(Answer { transfer: self.world.id, word }));
        match name {
            "b-asks-for-more" if machine.word() == "sending" => Some(told(AnswerWord::Want(vec![(1, 0), (9, 9)]))),
            "b-says-taken-early" if machine.word() == "sending" && self.receiver_word() == "fetching" => {
                Some(told(AnswerWord::Over(Ending::Taken)))
            }
            "b-denies" if machine.word() == "sending" => {
                let denied = told(AnswerWord::Over(Ending::Stopped(semper_base::Code::Declined.number())));
                (self.receiver_word() == "taken").then(|| Trick { keeps: &["taken"], ..denied })
            }
            _ => None,
        }
    }
}
