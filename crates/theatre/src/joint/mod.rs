//! A joint deal in one decision of a notary that the banks obey: the buyer's money for the seller's letter, or money of
//! one currency for money of another.

mod lies;
mod side;
mod world;

use semper_base::{Amount, Blob64, Code, Error, KeyId, Misuse, Role, Step, Timestamp};
use semper_blocks::statement::{Author, Compact, Kind, sign_payload};
use semper_exchange::fair::frame::{self, Command, Event, Seat};
use semper_exchange::fair::lock::{self, Content, Holder};
use semper_exchange::fair::register::Register;
use semper_support::crypto::Ideal;

use crate::cast::{Play, Who};
use crate::frame::ruling;
use crate::lock::{Rich, arrival, ruled};
use crate::piece::{self, Ask, At, Cheat, Claim, Deed, Happening, Piece, Ruling, Said, Seen, Trick, Wish};
use crate::time::{OPENED, Surroundings};
use side::{Inner, Side, is_money, of_money, of_register};
use world::World;

/// The machines.
#[derive(Debug)]
pub(crate) struct Joint {
    world: World,
    sides: [Side; 2],
    /// By leg.
    holders: Vec<Holder>,
    register: Register,
    begun: Vec<(Who, Vec<Deed>)>,
}

impl Joint {
    pub(crate) fn new(play: Play) -> Result<Joint, Error> {
        let world = World::new(play)?;
        let side = |place: u8| {
            let at = At { now: OPENED, seed: place.into() };
            Side::start(place, &world, Surroundings::of(at).context(at))
        };
        let ((first, asked), (second, also)) = (side(0)?, side(1)?);
        let [one, other] = world.parties;
        let begun = vec![(one, asked), (other, also)];
        let holders = world.paid.iter().map(|_| Holder::default()).collect();
        Ok(Joint { world, sides: [first, second], holders, register: Register::default(), begun })
    }

    fn side(&self, who: Who) -> Result<&Side, Misuse> {
        let place = self.world.place(who);
        let found = place.and_then(|place| self.sides.get(usize::from(place)));
        found.ok_or_else(|| Misuse::new(Code::RoleUnfit, "no party of the deal"))
    }

    fn holder(&self, bank: Who) -> Option<(u8, &Holder)> {
        let leg = self.world.leg_at(bank)?;
        Some((leg, self.holders.get(usize::from(leg))?))
    }

    /// What happens to a party.
    fn inner(&self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Inner>, Error> {
        let nothing = || Misuse::new(Code::StateWrong, "nothing to do with money yet");
        Ok(match what {
            Happening::Command(wish) => vec![Inner::Deal(Event::Command(command(*wish)?))],
            Happening::Deadline => {
                let (deal, money) = self.side(who)?.deadlines(&self.world);
                let deal = deal.filter(|due| *due <= at.now).map(|_| Inner::Deal(Event::Deadline));
                let money = money.into_iter().filter(|(_, due)| *due <= at.now);
                deal.into_iter().chain(money.map(|(leg, _)| Inner::Money(leg, lock::Event::Deadline))).collect()
            }
            Happening::Declined(kind) if is_money(*kind) => {
                let leg = self.side(who)?.asked(*kind).ok_or_else(nothing)?;
                vec![Inner::Money(leg, lock::Event::Declined(*kind))]
            }
            Happening::Declined(kind) => vec![Inner::Deal(Event::Declined(*kind))],
            Happening::Looked => return Err(Misuse::new(Code::StateWrong, "nothing to look at").into()),
            Happening::Signed(kind, text) => {
                let leg = Compact::parse(text).ok().and_then(|known| self.world.leg_of(known.key()));
                match leg {
                    None => vec![Inner::Deal(Event::Signed(*kind, text.clone()))],
                    Some(leg) => vec![Inner::Money(leg, lock::Event::Signed(*kind, text.clone()))],
                }
            }
            Happening::Letter { from, said: Said::Frame(content) } => {
                vec![Inner::Deal(self.of_deal(*from, content, at)?)]
            }
            Happening::Letter { from, said: Said::Lock(content) } => {
                let leg = self.world.leg_at(*from).ok_or_else(nothing)?;
                vec![Inner::Money(leg, self.of_lock(leg, *from, content, at)?)]
            }
            Happening::Letter { .. } => return Err(Misuse::new(Code::KindWrong, "another exchange").into()),
        })
    }

    fn of_lock(&self, leg: u8, from: Who, content: &Content, at: At) -> Result<lock::Event, Error> {
        let paid = self.world.paid(leg)?;
        arrival(&paid.lock, self.world.seat(paid, from), content, at)
    }

    fn of_deal(&self, from: Who, content: &frame::Content, at: At) -> Result<Event, Error> {
        let descriptor = Blob64(self.world.x.bytes().to_vec());
        let packet = frame::Packet { content: content.clone(), descriptor };
        let text = serde_json::to_vec(&packet).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        let checked = frame::check(&text, &Ideal::new(1), at.now)?;
        let seat = self.world.place(from).map_or(Seat::Notary, Seat::Party);
        Ok(Event::Message { from: checked.signer.unwrap_or(seat), content: checked.content })
    }

    fn bank(&self, bank: Who, what: &Happening<'_>, at: At) -> Result<(u8, Holder, Vec<Deed>), Error> {
        let nothing = || Misuse::new(Code::StateWrong, "nothing for a bank");
        let (leg, holder) = self.holder(bank).ok_or_else(nothing)?;
        let event = match what {
            Happening::Deadline => lock::Event::Deadline,
            Happening::Letter { from, said: Said::Lock(content) } => self.of_lock(leg, *from, content, at)?,
            _ => return Err(nothing().into()),
        };
        let (around, mut out) = (Surroundings::of(at), Vec::new());
        let author = Author::uncertified(Role::Bank, self.world.pair(bank)?);
        let cx = lock::Cx { base: around.context(at), author: Some(&author) };
        let paid = self.world.paid(leg)?;
        let funds = Rich(paid.account(), paid.lock.core.amount.currency());
        let step = holder.clone().step(&event, &paid.lock, &funds, &cx, &mut out)?;
        Ok((leg, advanced(step)?, of_money(out, leg, &self.world)?))
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
        Ok((advanced(step)?, of_register(out, self.world.parties)))
    }

    /// Who a party of the frame's judge is.
    fn by_place(&self, who: Who) -> Who {
        match (who, self.world.parties) {
            (Who::Party(0), [first, _]) => first,
            (Who::Party(_), [_, second]) => second,
            (other, _) => other,
        }
    }

    /// Which money somebody has, where money is given for money: it is where the banks' books say.
    fn money(&self, who: Who) -> Vec<&'static str> {
        let mut has = Vec::new();
        for ((paid, holder), [own, kept]) in
            self.world.paid.iter().zip(&self.holders).zip([["euros", "kept-euros"], ["dollars", "kept-dollars"]])
        {
            let seat = match holder.word() {
                "claimed" => lock::Seat::Payee,
                "locked" => lock::Seat::Holder,
                _ => lock::Seat::Payer,
            };
            if self.world.at_seat(paid, seat) == who {
                has.push(if seat == lock::Seat::Holder { kept } else { own });
            }
        }
        has
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

impl Piece for Joint {
    fn cast(&self) -> Vec<Who> {
        let banks = self.world.paid.iter().map(|paid| paid.bank);
        self.world.parties.into_iter().chain(banks).chain([Who::Notary]).collect()
    }

    fn amount(&self) -> Option<Amount> {
        match self.world.paid.as_slice() {
            [one] => Some(one.lock.core.amount),
            _ => None,
        }
    }

    fn begin(&mut self) -> Vec<(Who, Vec<Deed>)> {
        std::mem::take(&mut self.begun)
    }

    fn step(&mut self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        match who {
            Who::Bank | Who::OtherBank => {
                let (leg, next, deeds) = self.bank(who, what, at)?;
                if let Some(holder) = self.holders.get_mut(usize::from(leg)) {
                    *holder = next;
                }
                Ok(deeds)
            }
            Who::Notary => {
                let (register, deeds) = self.notary(what, at)?;
                self.register = register;
                Ok(deeds)
            }
            _ => {
                let inner = self.inner(who, what, at)?;
                let (next, deeds) = self.side(who)?.step(inner, &self.world, Surroundings::of(at).context(at))?;
                let place = self.world.place(who).map(usize::from);
                if let Some(side) = place.and_then(|place| self.sides.get_mut(place)) {
                    *side = next;
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
            Who::Bank | Who::OtherBank => {
                let (leg, holder) = self.holder(who)?;
                holder.deadline(&self.world.paid(leg).ok()?.lock)
            }
            Who::Notary => self.register.deadline(&self.world.x),
            _ => {
                let (deal, money) = self.side(who).ok()?.deadlines(&self.world);
                deal.into_iter().chain(money.into_iter().map(|(_, due)| due)).min()
            }
        }
    }

    fn state(&self, who: Who) -> &'static str {
        match who {
            Who::Bank | Who::OtherBank => self.holder(who).map_or("", |(_, holder)| holder.word()),
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
        let mut has = if self.world.is_change() { self.money(who) } else { vec![] };
        let Ok(side) = self.side(who) else { return has };
        if !self.world.is_change() {
            let reads = who == Who::Seller || !side.dealer.keys().is_empty();
            let data: &[&str] = if reads { &["data", "key"] } else { &["sealed-data"] };
            has.extend(data);
        }
        has.extend((!side.dealer.proof().is_empty()).then_some("deal"));
        has
    }

    fn proofs(&self, _: Who, _: &[String]) -> Vec<String> {
        vec![]
    }

    fn judge(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
        let deal = ruling(&self.world.x, of, pieces)?;
        let mut convictions: Vec<_> =
            deal.convictions.into_iter().map(|(who, what)| (self.by_place(who), what)).collect();
        // Where there are two, whose money was locked is said by the lock.
        let mut proven: Vec<Claim> =
            deal.proven.into_iter().filter(|claim| !self.world.is_change() || claim.word != "locked").collect();
        for claim in &mut proven {
            claim.who = claim.who.map(|who| self.by_place(who));
        }
        let mut standings = deal.standings;
        for paid in &self.world.paid {
            let at_bank = |who: Who| if who == Who::Bank { paid.bank } else { who };
            let money = ruled(&paid.lock, of, pieces, None)?;
            convictions.extend(money.convictions.into_iter().map(|(who, what)| (at_bank(who), what)));
            let about =
                |claim: Claim| if self.world.is_change() { Claim { who: Some(paid.bank), ..claim } } else { claim };
            proven.extend(money.proven.into_iter().map(about));
            standings.extend(money.standings.into_iter().map(|(_, word)| (Some(paid.bank), word)));
        }
        Ok(Ruling { of, standings, convictions, proven })
    }

    fn cheats(&self) -> &'static [Cheat] {
        if self.world.is_change() { lies::OF_CHANGE } else { lies::CHEATS }
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
