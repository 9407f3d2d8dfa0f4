//! A joint deal: the buyer's money for the seller's letter, in one decision of a notary that the bank obeys.

mod lies;
mod side;
mod world;

use semper_base::{Amount, Blob64, Code, Error, KeyId, Misuse, Role, Step, Timestamp};
use semper_blocks::statement::{Author, Compact, Kind, sign_payload};
use semper_exchange::fair::frame::{self, Command, Event, Seat};
use semper_exchange::fair::lock::{self, Content, Holder};
use semper_exchange::fair::register::Register;
use semper_support::crypto::Ideal;

use crate::cast::Who;
use crate::frame::ruling;
use crate::lock::{Rich, arrival, deeds, ruled};
use crate::piece::{self, Ask, At, Cheat, Deed, Happening, Piece, Ruling, Said, Seen, Trick, Wish};
use crate::time::{OPENED, Surroundings};
use side::{Inner, Side, is_money, of_register};
use world::World;

const CAST: [Who; 4] = [Who::Buyer, Who::Seller, Who::Bank, Who::Notary];

/// The machines.
#[derive(Debug)]
pub(crate) struct Joint {
    world: World,
    buyer: Side,
    seller: Side,
    holder: Holder,
    register: Register,
    begun: Vec<(Who, Vec<Deed>)>,
}

impl Joint {
    pub(crate) fn new() -> Result<Joint, Error> {
        let world = World::new()?;
        let side = |place: u8| {
            let at = At { now: OPENED, seed: place.into() };
            Side::start(place, &world, Surroundings::of(at).context(at))
        };
        let ((buyer, first), (seller, second)) = (side(0)?, side(1)?);
        let begun = vec![(Who::Buyer, first), (Who::Seller, second)];
        Ok(Joint { world, buyer, seller, holder: Holder::default(), register: Register::default(), begun })
    }

    fn side(&self, who: Who) -> Result<&Side, Misuse> {
        match who {
            Who::Buyer => Ok(&self.buyer),
            Who::Seller => Ok(&self.seller),
            _ => Err(Misuse::new(Code::RoleUnfit, "no party of the deal")),
        }
    }

    /// What happens to a party.
    fn inner(&self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Inner>, Error> {
        Ok(match what {
            Happening::Command(wish) => vec![Inner::Deal(Event::Command(command(*wish)?))],
            Happening::Deadline => {
                let [deal, money] =
                    self.side(who)?.deadlines(&self.world).map(|due| due.is_some_and(|due| due <= at.now));
                let deal = deal.then_some(Inner::Deal(Event::Deadline));
                deal.into_iter().chain(money.then_some(Inner::Money(lock::Event::Deadline))).collect()
            }
            Happening::Declined(kind) if is_money(*kind) => vec![Inner::Money(lock::Event::Declined(*kind))],
            Happening::Declined(kind) => vec![Inner::Deal(Event::Declined(*kind))],
            Happening::Looked => return Err(Misuse::new(Code::StateWrong, "nothing to look at").into()),
            Happening::Signed(kind, text) => {
                let own = self.world.pair(who)?.public.id();
                if Compact::parse(text).is_ok_and(|known| known.key() == own) {
                    vec![Inner::Deal(Event::Signed(*kind, text.clone()))]
                } else {
                    vec![Inner::Money(lock::Event::Signed(*kind, text.clone()))]
                }
            }
            Happening::Letter { from, said: Said::Frame(content) } => {
                vec![Inner::Deal(self.of_deal(*from, content, at)?)]
            }
            Happening::Letter { from, said: Said::Lock(content) } => {
                vec![Inner::Money(arrival(&self.world.lock, *from, content, at)?)]
            }
            Happening::Letter { .. } => return Err(Misuse::new(Code::KindWrong, "another exchange").into()),
        })
    }

    fn of_deal(&self, from: Who, content: &frame::Content, at: At) -> Result<Event, Error> {
        let descriptor = Blob64(self.world.x.bytes().to_vec());
        let packet = frame::Packet { content: content.clone(), descriptor };
        let text = serde_json::to_vec(&packet).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        let checked = frame::check(&text, &Ideal::new(1), at.now)?;
        Ok(Event::Message { from: checked.signer.unwrap_or(seat(from)), content: checked.content })
    }

    fn bank(&self, what: &Happening<'_>, at: At) -> Result<(Holder, Vec<Deed>), Error> {
        let event = match what {
            Happening::Deadline => lock::Event::Deadline,
            Happening::Letter { from, said: Said::Lock(content) } => arrival(&self.world.lock, *from, content, at)?,
            _ => return Err(Misuse::new(Code::StateWrong, "nothing for a bank").into()),
        };
        let (around, mut out) = (Surroundings::of(at), Vec::new());
        let author = Author::uncertified(Role::Bank, self.world.pair(Who::Bank)?);
        let cx = lock::Cx { base: around.context(at), author: Some(&author) };
        let funds = Rich(self.world.payer_own()?.account_key.id());
        let step = self.holder.clone().step(&event, &self.world.lock, &funds, &cx, &mut out)?;
        Ok((advanced(step)?, deeds(out)))
    }

    fn notary(&self, what: &Happening<'_>, at: At) -> Result<(Register, Vec<Deed>), Error> {
        let event = match what {
            Happening::Deadline => Event::Deadline,
            Happening::Letter { from, said: Said::Frame(content) } => self.of_deal(*from, content, at)?,
            _ => return Err(Misuse::new(Code::StateWrong, "nothing for a notary").into()),
        };
        let (around, mut out) = (Surroundings::of(at), Vec::new());
        let author = Author::uncertified(Role::Notary, self.world.pair(Who::Notary)?);
        let cx = frame::Cx { base: around.context(at), author: Some(&author) };
        let step = self.register.clone().step(&event, &self.world.x, &self.world.seal, &cx, &mut out)?;
        Ok((advanced(step)?, of_register(out)))
    }
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
        other => Err(Misuse::new(Code::StateWrong, other.word())),
    }
}

fn seat(who: Who) -> Seat {
    match who {
        Who::Buyer => Seat::Party(0),
        Who::Seller => Seat::Party(1),
        _ => Seat::Notary,
    }
}

fn at_seat(seat: Seat) -> Who {
    match seat {
        Seat::Party(0) => Who::Buyer,
        Seat::Party(_) => Who::Seller,
        Seat::Notary => Who::Notary,
    }
}

/// Who a party of the frame's judge is.
fn by_place(who: Who) -> Who {
    match who {
        Who::Party(0) => Who::Buyer,
        Who::Party(_) => Who::Seller,
        other => other,
    }
}

impl Piece for Joint {
    fn cast(&self) -> Vec<Who> {
        CAST.to_vec()
    }

    fn amount(&self) -> Option<Amount> {
        Some(self.world.lock.core.amount)
    }

    fn begin(&mut self) -> Vec<(Who, Vec<Deed>)> {
        std::mem::take(&mut self.begun)
    }

    fn step(&mut self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        match who {
            Who::Bank => {
                let (holder, deeds) = self.bank(what, at)?;
                self.holder = holder;
                Ok(deeds)
            }
            Who::Notary => {
                let (register, deeds) = self.notary(what, at)?;
                self.register = register;
                Ok(deeds)
            }
            _ => {
                let inner = self.inner(who, what, at)?;
                let (side, deeds) = self.side(who)?.step(inner, &self.world, Surroundings::of(at).context(at))?;
                if who == Who::Buyer {
                    self.buyer = side;
                } else {
                    self.seller = side;
                }
                Ok(deeds)
            }
        }
    }

    fn would(&self, who: Who, wish: Wish, at: At) -> bool {
        let Ok(side) = self.side(who) else { return false };
        let inner = self.inner(who, &Happening::Command(wish), at);
        let around = Surroundings::of(at);
        let steps = |inner| side.step(inner, &self.world, around.context(at)).is_ok();
        !side.dealer.standing().is_final() && inner.is_ok_and(steps)
    }

    fn deadline(&self, who: Who) -> Option<Timestamp> {
        match who {
            Who::Bank => self.holder.deadline(&self.world.lock),
            Who::Notary => self.register.deadline(&self.world.x),
            _ => self.side(who).ok()?.deadlines(&self.world).into_iter().flatten().min(),
        }
    }

    fn state(&self, who: Who) -> &'static str {
        match who {
            Who::Bank => self.holder.word(),
            Who::Notary => self.register.word(),
            _ => self.side(who).map_or("", |side| side.dealer.standing().word()),
        }
    }

    fn looks(&self) -> Option<Who> {
        None
    }

    fn sign(&self, _: Who, ask: &Ask, at: At) -> Result<String, Error> {
        let (_, pair) = self.world.by_id(ask.key).ok_or_else(|| Misuse::new(Code::KeyMissing, "nobody's"))?;
        sign_payload(&Ideal::new(at.seed), &pair.secret, &ask.payload)
    }

    fn has(&self, who: Who) -> Vec<&'static str> {
        let Ok(side) = self.side(who) else { return vec![] };
        let reads = who == Who::Seller || !side.dealer.keys().is_empty();
        let contract = (!side.dealer.proof().is_empty()).then_some("deal");
        let data: &[&str] = if reads { &["data", "key"] } else { &["sealed-data"] };
        data.iter().copied().chain(contract).collect()
    }

    fn proofs(&self, _: Who, _: &[String]) -> Vec<String> {
        vec![]
    }

    fn judge(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
        let deal = ruling(&self.world.x, of, pieces)?;
        let money = ruled(&self.world.lock, of, pieces, None)?;
        let mut convictions: Vec<_> = deal.convictions.into_iter().map(|(who, what)| (by_place(who), what)).collect();
        convictions.extend(money.convictions);
        let mut proven = deal.proven;
        for claim in &mut proven {
            claim.who = claim.who.map(by_place);
        }
        proven.extend(money.proven);
        let at_bank = money.standings.into_iter().map(|(_, word)| (Some(Who::Bank), word));
        Ok(Ruling { of, standings: deal.standings.into_iter().chain(at_bank).collect(), convictions, proven })
    }

    fn cheats(&self) -> &'static [Cheat] {
        lies::CHEATS
    }

    fn lie(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        self.trick(name, seen, at)
    }

    fn signer(&self, key: &KeyId) -> Option<Who> {
        self.world.by_id(*key).map(|(who, _)| *who)
    }

    fn row(&self, statement: &str) -> Said {
        let is_notary = matches!(piece::kind_of(statement), Some(Kind::Aborted | Kind::Resolved));
        let statement = statement.to_owned();
        if is_notary {
            return Said::Frame(frame::Content::Unmet { statement });
        }
        Said::Lock(Content::Answer { shown: None, statement })
    }
}
