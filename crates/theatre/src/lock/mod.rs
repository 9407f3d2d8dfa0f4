//! Money under a lock at one bank: data whose key it pays for, or goods that somebody carries.

mod judging;
mod lies;
mod world;

pub(crate) use judging::ruled;
pub(crate) use world::{PAYEE, PAYER, Rich, eur};

use semper_base::{Amount, Blob64, Code, Currency, Error, Hash, KeyId, Misuse, Role, Step, Timestamp};
use semper_blocks::statement::{About, Author, Body, Kind, danger_typed_unverified, sign_payload};
use semper_exchange::fair::lock::escrow::side::Wish as Parcel;
use semper_exchange::fair::lock::escrow::statements as st;
use semper_exchange::fair::lock::{
    Command, Condition, Content, Cx, Effect, Event, Holder, Lock, Money, Packet, Payee, Payer, Seat, Standing, check,
    sale,
};
use semper_support::crypto::Ideal;

use crate::cast::{Play, Who};
use crate::piece::{self, Ask, At, Cheat, Deed, Happening, Piece, Purse, Ruling, Said, Seen, Trick, Wish};
use crate::time::{OPENED, Surroundings};
use world::World;

/// The machines, and the two who have none.
#[derive(Debug)]
pub(crate) struct Locked {
    play: Play,
    world: World,
    payer: Payer,
    payee: Payee,
    holder: Holder,
    /// Who has the goods.
    goods: Who,
    /// What carrier and arbiter have signed.
    said: Vec<(Who, Kind)>,
    begun: Vec<(Who, Vec<Deed>)>,
}

impl Locked {
    pub(crate) fn new(play: Play, twist: Option<&'static str>) -> Result<Locked, Error> {
        let world = World::new(play, twist)?;
        let at = At { now: OPENED, seed: 0 };
        let (around, mut out) = (Surroundings::of(at), Vec::new());
        let cx = Cx { base: around.context(at), author: None };
        let payer = Payer::start(world.payer_own.clone(), &world.lock, &cx, &mut out)?;
        let payee = Payee::start(world.payee_own.clone(), &world.lock, &cx)?;
        let kept = |who| (who, world.sold.iter().map(|sold| Deed::Keep(sold.offer.text.clone())).collect());
        let begun = vec![(Who::Buyer, deeds(out)), kept(Who::Buyer), kept(Who::Seller)];
        let (holder, goods, said) = (Holder::default(), Who::Seller, Vec::new());
        Ok(Locked { play, world, payer, payee, holder, goods, said, begun })
    }

    fn lock(&self) -> &Lock {
        &self.world.lock
    }

    fn is_data(&self) -> bool {
        self.play == Play::Data
    }

    fn event(&self, what: &Happening<'_>, at: At) -> Result<Event, Error> {
        Ok(match what {
            Happening::Command(Wish::Abort) => Event::Command(Command::GiveBack),
            Happening::Command(Wish::Approve) => Event::Escrow(Parcel::Approve),
            Happening::Command(Wish::Consign) => Event::Escrow(Parcel::Consign { due: self.lock().core.amount }),
            Happening::Command(Wish::Dispute) => Event::Escrow(Parcel::Dispute { evidence: Hash::of(b"pictures") }),
            Happening::Command(wish) => return Err(Misuse::new(Code::StateWrong, wish.word()).into()),
            Happening::Deadline => Event::Deadline,
            Happening::Declined(kind) => Event::Declined(*kind),
            Happening::Looked => return Err(Misuse::new(Code::StateWrong, "nothing to look at").into()),
            Happening::Signed(kind, text) => Event::Signed(*kind, text.clone()),
            Happening::Letter { from, said: Said::Lock(content) } => arrival(self.lock(), seat(*from), content, at)?,
            Happening::Letter { .. } => return Err(Misuse::new(Code::KindWrong, "another exchange").into()),
        })
    }

    fn stepped(&self, who: Who, event: &Event, at: At) -> Result<(Next, Vec<Effect>), Error> {
        let (around, mut out) = (Surroundings::of(at), Vec::new());
        let base = around.context(at);
        let cx = Cx { base, author: None };
        let next = match who {
            Who::Bank => {
                let author = Author::uncertified(Role::Bank, self.world.pair(Who::Bank)?);
                let (cx, funds) =
                    (Cx { base, author: Some(&author) }, Rich(self.world.payer_own.account_key.id(), Currency::EUR));
                Next::Holder(advanced(self.holder.clone().step(event, self.lock(), &funds, &cx, &mut out)?)?)
            }
            Who::Buyer => Next::Payer(advanced(self.payer.clone().step(event, self.lock(), &cx, &mut out)?)?),
            Who::Seller => Next::Payee(advanced(self.payee.clone().step(event, self.lock(), &cx, &mut out)?)?),
            Who::Arbiter | Who::Carrier | Who::Notary | Who::OtherBank | Who::Party(_) => {
                return Err(Misuse::new(Code::RoleUnfit, "has no program here").into());
            }
        };
        Ok((next, out))
    }

    /// The last row but the outcome, if the bank has one.
    fn course(&self) -> Option<Kind> {
        let rows = self.holder.answers();
        let kind = |content: &Content| match content {
            Content::Escrow { statement, .. } => piece::kind_of(statement),
            _ => None,
        };
        rows.iter().filter_map(kind).next_back()
    }

    /// Hash of the objection that the arbiter is to decide.
    fn dispute(&self) -> Option<Hash> {
        let rows = self.holder.answers();
        rows.iter().find_map(|content| match content {
            Content::Escrow { statement, .. } if piece::kind_of(statement) == Some(Kind::Disputed) => {
                Some(danger_typed_unverified::<st::Disputed>(statement).ok()?.body.dispute)
            }
            _ => None,
        })
    }

    /// What carrier or arbiter signs now, if the wish fits.
    fn spoken(&self, who: Who, wish: Wish, at: At) -> Result<Option<String>, Error> {
        let here = |kind| !self.said.contains(&(who, kind));
        Ok(match (who, wish, self.course()) {
            (Who::Carrier, Wish::Hand, Some(Kind::Consigned)) if here(Kind::HandedOver) => {
                Some(self.sign_as(Who::Carrier, Who::Carrier, st::HandedOver { at: at.now, code: world::CODE }, at)?)
            }
            (Who::Arbiter, Wish::Rule, Some(Kind::Disputed)) if here(Kind::Ruling) => {
                let half = eur(self.lock().core.amount.minor() / 2)?;
                Some(self.ruling(half, at)?)
            }
            _ => None,
        })
    }

    /// Divides the money so: this much for the seller.
    fn ruling(&self, payee: Amount, at: At) -> Result<String, Error> {
        let dispute = self.dispute().unwrap_or_else(|| Hash::of(b"a dispute that nobody began"));
        let (payer, reasons) = (self.lock().core.amount.minus(payee)?, Hash::of(b"reasons"));
        self.sign_as(Who::Arbiter, Who::Arbiter, st::Ruling { dispute, payee, payer, reasons }, at)
    }

    /// Signs in the role of one with the key of another.
    fn sign_as<B: Body>(&self, role: Who, by: Who, body: B, at: At) -> Result<String, Error> {
        let around = Surroundings::of(at);
        let author = Author::uncertified(self::role(role), self.world.pair(by)?);
        Ok(author.answer(&around.context(at), About::exchange(self.lock().xid, vec![]), body)?.text)
    }

    /// What the key opened for the buyer.
    fn opened(&self) -> Option<bool> {
        let (sold, key) = (self.world.sold.as_ref()?, self.payer.preimage()?);
        let opened = sale::open(&sold.offer.body, &sold.letter, &sold.share, key);
        Some(matches!(opened, Ok(Ok(_))))
    }
}

enum Next {
    Holder(Holder),
    Payee(Payee),
    Payer(Payer),
}

fn advanced<M>(step: Step<M>) -> Result<M, Error> {
    match step {
        Step::Advance(next) => Ok(next),
        Step::Reject(_, violation) => Err(violation.into()),
    }
}

fn role(who: Who) -> Role {
    match who {
        Who::Arbiter => Role::Arbiter,
        Who::Bank | Who::OtherBank => Role::Bank,
        Who::Carrier => Role::Carrier,
        Who::Buyer | Who::Notary | Who::Party(_) | Who::Seller => Role::Party,
    }
}

pub(crate) fn seat(who: Who) -> Seat {
    match who {
        Who::Bank => Seat::Holder,
        Who::Buyer => Seat::Payer,
        _ => Seat::Payee,
    }
}

fn at_seat(seat: Seat) -> Who {
    match seat {
        Seat::Holder => Who::Bank,
        Seat::Payee => Who::Seller,
        Seat::Payer => Who::Buyer,
    }
}

/// As a service hands it on: what carries no signature comes from whom the peer is known to be.
pub(crate) fn arrival(lock: &Lock, from: Seat, content: &Content, at: At) -> Result<Event, Error> {
    let packet = Packet { content: content.clone(), descriptor: Blob64(lock.bytes().to_vec()) };
    let text = serde_json::to_vec(&packet).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
    let checked = check(&text, &Ideal::new(1), at.now)?;
    Ok(Event::Message { from: checked.signer.unwrap_or(from), content: checked.content })
}

fn deeds(effects: Vec<Effect>) -> Vec<Deed> {
    deeds_among(effects, at_seat)
}

/// What follows, where these sit in the seats of the lock.
pub(crate) fn deeds_among(effects: Vec<Effect>, at_seat: impl Fn(Seat) -> Who) -> Vec<Deed> {
    let deed = |effect| match effect {
        Effect::Ask { kind, payload, key } => Some(Deed::Ask(Ask { kind, key, payload })),
        Effect::Keep(text) => Some(Deed::Keep(text)),
        Effect::Money(money) => Some(Deed::Money(purse(&money))),
        Effect::Row { slot, statement } => Some(Deed::Row { slot: slot.word(), statement }),
        Effect::Send { to, content } => Some(Deed::Send { to: at_seat(to), said: Said::Lock(content) }),
        Effect::Tell(_) => None,
    };
    effects.into_iter().filter_map(deed).collect()
}

fn purse(money: &Money) -> Purse {
    match money {
        Money::Hold { .. } => Purse::Held,
        Money::Divide { payee: None, .. } | Money::Release { .. } => Purse::Buyer,
        Money::Divide { back, .. } if back.minor() > 0 => Purse::Shared,
        Money::Divide { .. } | Money::Pay { .. } => Purse::Seller,
    }
}

impl Piece for Locked {
    fn cast(&self) -> Vec<Who> {
        let mut cast = vec![Who::Buyer, Who::Seller, Who::Bank];
        if !self.is_data() {
            cast.extend([Who::Carrier, Who::Arbiter]);
        }
        cast
    }

    fn amount(&self) -> Option<Amount> {
        Some(self.lock().core.amount)
    }

    fn begin(&mut self) -> Vec<(Who, Vec<Deed>)> {
        std::mem::take(&mut self.begun)
    }

    fn step(&mut self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        if let Happening::Command(wish @ (Wish::Hand | Wish::Rule)) = what {
            let Some(statement) = self.spoken(who, *wish, at)? else {
                return Err(Misuse::new(Code::StateWrong, wish.word()).into());
            };
            self.said.extend(piece::kind_of(&statement).map(|kind| (who, kind)));
            self.goods = if *wish == Wish::Hand { Who::Buyer } else { self.goods };
            let said = Said::Lock(Content::Act { statement: statement.clone() });
            return Ok(vec![Deed::Keep(statement), Deed::Send { to: Who::Bank, said }]);
        }
        let event = self.event(what, at)?;
        let (next, effects) = self.stepped(who, &event, at)?;
        match next {
            Next::Holder(holder) => self.holder = holder,
            Next::Payee(payee) => self.payee = payee,
            Next::Payer(payer) => self.payer = payer,
        }
        if self.goods == Who::Seller && self.course().is_some() {
            self.goods = Who::Carrier;
        }
        Ok(deeds(effects))
    }

    fn would(&self, who: Who, wish: Wish, at: At) -> bool {
        if matches!(wish, Wish::Hand | Wish::Rule) {
            return self.spoken(who, wish, at).is_ok_and(|said| said.is_some());
        }
        // The bank has nothing of its own to want, and what is done is not wanted again.
        let wants = matches!(who, Who::Buyer | Who::Seller) && !(self.is_data() && wish != Wish::Abort);
        let done = wish == Wish::Consign && self.course().is_some();
        let done = done || (wish == Wish::Dispute && self.course() == Some(Kind::Disputed));
        let event = self.event(&Happening::Command(wish), at);
        wants && !done && event.is_ok_and(|event| self.stepped(who, &event, at).is_ok())
    }

    fn plain(&self) -> Option<(Who, Wish)> {
        if self.is_data() || self.payer.standing() != Standing::Locked {
            return None;
        }
        match self.course() {
            None => Some((Who::Seller, Wish::Consign)),
            Some(Kind::Consigned) => Some((Who::Carrier, Wish::Hand)),
            Some(Kind::Arrived) => Some((Who::Buyer, Wish::Approve)),
            Some(Kind::Disputed) => Some((Who::Arbiter, Wish::Rule)),
            Some(_) => None,
        }
    }

    fn deadline(&self, who: Who) -> Option<Timestamp> {
        match who {
            Who::Bank => self.holder.deadline(self.lock()),
            Who::Buyer => self.payer.deadline(self.lock()),
            Who::Seller => self.payee.deadline(),
            _ => None,
        }
    }

    fn state(&self, who: Who) -> &'static str {
        match who {
            Who::Bank => match self.course().filter(|_| self.holder.word() == "locked") {
                Some(kind) => kind.word(),
                None => self.holder.word(),
            },
            Who::Buyer => self.payer.standing().word(),
            Who::Seller => self.payee.standing().word(),
            who if self.said.iter().any(|(whose, _)| *whose == who) => "spoken",
            _ => "silent",
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
        if !self.is_data() {
            let goods = (self.goods == who).then_some("parcel");
            let code = (who == Who::Buyer && self.goods != Who::Buyer).then_some("code");
            return goods.into_iter().chain(code).collect();
        }
        match (who, self.opened()) {
            (Who::Seller, _) | (Who::Buyer, Some(true)) => vec!["data", "key"],
            (Who::Buyer, None) => vec!["sealed-data"],
            (Who::Buyer, Some(false)) => vec!["other-data", "key"],
            _ => vec![],
        }
    }

    fn proofs(&self, who: Who, _: &[String]) -> Vec<String> {
        let mine = self.world.sold.iter().filter(|_| matches!(who, Who::Buyer | Who::Seller));
        mine.filter_map(|sold| serde_json::to_string(&sold.share).ok()).collect()
    }

    fn judge(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
        let sold = self.world.sold.as_ref().map(|sold| (sold.offer.text.as_str(), sold.letter.as_slice()));
        ruled(self.lock(), of, pieces, sold)
    }

    fn cheats(&self) -> &'static [Cheat] {
        lies::cheats(self.play)
    }

    fn lie(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        self.trick(name, seen, at)
    }

    fn signer(&self, key: &KeyId) -> Option<Who> {
        self.world.by_id(*key).map(|(who, _)| *who)
    }

    fn row(&self, statement: &str) -> Said {
        Said::Lock(Content::Answer { shown: None, statement: statement.to_owned() })
    }
}

/// When the clock frees the money of data.
fn ends(lock: &Lock) -> Option<Timestamp> {
    match &lock.core.condition {
        Condition::Hash(by) => Some(by.until),
        Condition::Decision(_) | Condition::Escrow(_) => None,
    }
}
