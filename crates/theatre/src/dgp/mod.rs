//! A digital good for money held at a bank (DG-P).

pub(crate) mod judging;
mod lies;
mod world;

use semper_base::{Amount, Code, Error, Fault, KeyId, Misuse, Step, Timestamp};
use semper_base::{Blob64, Role};
use semper_blocks::delivery::{KeyOpening, ShareOpening};
use semper_blocks::statement::{Author, sign_payload};
use semper_exchange::fair::dgp::bank::Bank;
use semper_exchange::fair::dgp::buyer::{Buyer, Stage};
use semper_exchange::fair::dgp::notary::Notary;
use semper_exchange::fair::dgp::seller::{self, Seller};
use semper_exchange::fair::dgp::{
    Checked, Command, Content, Cx, Descriptor, Effect, Event, Funds, Money, Packet, Proof, Verified, check, judge_proof,
};
use semper_support::crypto::{Ideal, KeyPair};

use crate::cast::Who;
use crate::piece::{Ask, At, Cheat, Deed, Happening, Piece, Purse, Ruling, Said, Seen, Trick, Wish};
use crate::time::Surroundings;
use world::World;

const CAST: [Who; 4] = [Who::Buyer, Who::Seller, Who::Bank, Who::Notary];

/// The four machines.
#[derive(Debug)]
pub(crate) struct Goods {
    world: World,
    bank: Bank,
    buyer: Buyer,
    notary: Notary,
    seller: Seller,
    begun: Vec<(Who, Vec<Deed>)>,
}

/// A payer who has enough.
#[derive(Debug)]
struct Rich(KeyId);

impl Funds for Rich {
    fn account(&self, account: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        let plenty = || Amount::new(100_000, world::CURRENCY).map_err(|_| Fault::new(Code::DatabaseCorrupt, "funds"));
        if [world::PAYER, world::PAYEE].contains(&account) { Ok(Some((plenty()?, self.0))) } else { Ok(None) }
    }
}

impl Goods {
    pub(crate) fn new(twist: Option<&'static str>) -> Result<Goods, Error> {
        let world = World::new(twist)?;
        let at = At { now: crate::time::OPENED, seed: 0 };
        let (around, mut out) = (Surroundings::of(at), Vec::new());
        let buyer = Buyer::start(world.own(), &world.x, &Cx { base: around.context(at), author: None }, &mut out)?;
        let seller = Seller::propose(world.secrets(), &world.x);
        let begun = vec![(Who::Buyer, deeds(out))];
        Ok(Goods { world, bank: Bank::Blank, buyer, notary: Notary::default(), seller, begun })
    }

    fn x(&self) -> &Descriptor {
        &self.world.x
    }

    fn author(&self, who: Who) -> Author {
        Author::uncertified(role(who), self.world.key(who))
    }

    fn event(&self, what: &Happening<'_>, at: At) -> Result<Event, Error> {
        Ok(match what {
            Happening::Command(wish) => Event::Command(command(*wish)?),
            Happening::Deadline => Event::Deadline,
            Happening::Declined(kind) => Event::Declined(*kind),
            Happening::Looked => Event::Verified(self.verified()?),
            Happening::Signed(kind, text) => Event::Signed(*kind, text.clone()),
            Happening::Letter { from, said } => self.arrival(*from, said, at)?,
        })
    }

    /// As a service hands it on: what carries no signature comes from whom the peer is known to be.
    fn arrival(&self, from: Who, said: &Said, at: At) -> Result<Event, Error> {
        let content = match said {
            Said::Chunk(good) => {
                let chunk = Checked::Chunk(Box::new(self.world.chunk(*good)?));
                return Ok(Event::Message { from: role(from), content: chunk });
            }
            Said::Goods(content) => content.clone(),
            Said::Frame(_) | Said::Lock(_) | Said::Payment(_) | Said::Transfer(_) => {
                return Err(Misuse::new(Code::KindWrong, "another exchange").into());
            }
        };
        let packet = Packet { content, descriptor: Blob64(self.x().bytes().to_vec()) };
        let text = serde_json::to_vec(&packet).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        let checked = check(&text, &Ideal::new(1), at.now)?;
        Ok(Event::Message { from: checked.signer.unwrap_or(role(from)), content: checked.content })
    }

    fn proof(&self, key: &KeyOpening, share: &ShareOpening) -> Result<Proof, Error> {
        self.world.proof(key, share)
    }

    /// What the buyer's look at the goods comes to.
    fn verified(&self) -> Result<Verified, Error> {
        let (key, share) = self.buyer.halves().ok_or_else(|| Misuse::new(Code::StateWrong, "the key has not come"))?;
        let proof = self.proof(key, share)?;
        if judge_proof(&self.x().core, &proof).is_err() {
            return Ok(Verified::Good);
        }
        let text = serde_json::to_string(&proof).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        Ok(Verified::Bad(text))
    }

    fn stepped(&self, who: Who, event: &Event, at: At) -> Result<(Next, Vec<Effect>), Error> {
        let (around, author, mut out) = (Surroundings::of(at), self.author(who), Vec::new());
        let cx = Cx { base: around.context(at), author: Some(&author) };
        let x = self.x();
        let next = match who {
            Who::Bank => {
                let funds = Rich(self.world.account.public.id());
                Next::Bank(advanced(self.bank.clone().step(event, x, &funds, &cx, &mut out)?)?)
            }
            Who::Buyer => {
                let cx = Cx { author: None, ..cx };
                Next::Buyer(advanced(self.buyer.clone().step(event, x, &cx, &mut out)?)?)
            }
            Who::Notary => {
                Next::Notary(advanced(self.notary.clone().step(event, x, &self.world.seal, &cx, &mut out)?)?)
            }
            Who::Seller => Next::Seller(advanced(self.seller.clone().step(event, x, &cx, &mut out)?)?),
            Who::Arbiter | Who::Carrier | Who::OtherBank | Who::Party(_) => {
                return Err(Misuse::new(Code::RoleUnfit, "nobody here").into());
            }
        };
        Ok((next, out))
    }
}

#[expect(clippy::large_enum_variant, reason = "one at a time")]
enum Next {
    Bank(Bank),
    Buyer(Buyer),
    Notary(Notary),
    Seller(Seller),
}

fn advanced<M>(step: Step<M>) -> Result<M, Error> {
    match step {
        Step::Advance(next) => Ok(next),
        Step::Reject(_, violation) => Err(violation.into()),
    }
}

fn command(wish: Wish) -> Result<Command, Misuse> {
    match wish {
        Wish::Contest => Ok(Command::Contest),
        Wish::Escrow => Ok(Command::Escrow),
        Wish::Release => Ok(Command::Release),
        other => Err(Misuse::new(Code::StateWrong, other.word())),
    }
}

fn role(who: Who) -> Role {
    match who {
        Who::Bank | Who::OtherBank => Role::Bank,
        Who::Buyer => Role::Buyer,
        Who::Notary => Role::Notary,
        Who::Arbiter => Role::Arbiter,
        Who::Carrier => Role::Carrier,
        Who::Party(_) => Role::Party,
        Who::Seller => Role::Seller,
    }
}

pub(crate) fn who(role: Role) -> Who {
    match role {
        Role::Bank => Who::Bank,
        Role::Buyer => Who::Buyer,
        Role::Seller => Who::Seller,
        _ => Who::Notary,
    }
}

fn deeds(effects: Vec<Effect>) -> Vec<Deed> {
    effects.into_iter().filter_map(deed).collect()
}

fn deed(effect: Effect) -> Option<Deed> {
    Some(match effect {
        Effect::Ask { kind, payload, key, .. } => Deed::Ask(Ask { kind, key, payload }),
        Effect::Chunks { .. } => Deed::Send { to: Who::Buyer, said: Said::Chunk(true) },
        Effect::Keep(text) => Deed::Keep(text),
        Effect::Money(money) => Deed::Money(match money {
            Money::Hold { .. } => Purse::Held,
            Money::Release { .. } | Money::Refund { .. } => Purse::Buyer,
            Money::Capture => Purse::Claim,
            Money::Settle { .. } => Purse::Seller,
        }),
        Effect::Row { slot, statement } => Deed::Row { slot: slot.word(), statement },
        Effect::Rows(to) => Deed::Rows(who(to)),
        Effect::Send { to, content } => Deed::Send { to: who(to), said: Said::Goods(content) },
        Effect::Store(_) | Effect::Tell(_) => return None,
    })
}

impl Piece for Goods {
    fn cast(&self) -> Vec<Who> {
        CAST.to_vec()
    }

    fn amount(&self) -> Option<Amount> {
        Some(self.x().core.amount)
    }

    fn begin(&mut self) -> Vec<(Who, Vec<Deed>)> {
        std::mem::take(&mut self.begun)
    }

    fn step(&mut self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error> {
        let event = self.event(what, at)?;
        let (next, effects) = self.stepped(who, &event, at)?;
        match next {
            Next::Bank(bank) => self.bank = bank,
            Next::Buyer(buyer) => self.buyer = buyer,
            Next::Notary(notary) => self.notary = notary,
            Next::Seller(seller) => self.seller = seller,
        }
        Ok(deeds(effects))
    }

    fn would(&self, who: Who, wish: Wish, at: At) -> bool {
        let may = match wish {
            Wish::Release => matches!(who, Who::Buyer | Who::Seller),
            Wish::Contest | Wish::Escrow => who == Who::Buyer,
            _ => false,
        };
        may && command(wish).is_ok_and(|command| self.stepped(who, &Event::Command(command), at).is_ok())
    }

    fn deadline(&self, who: Who) -> Option<Timestamp> {
        match who {
            Who::Bank => self.bank.deadline(self.x()),
            Who::Buyer => self.buyer.deadline(),
            Who::Seller => self.seller.deadline(),
            _ => None,
        }
    }

    fn state(&self, who: Who) -> &'static str {
        match who {
            Who::Bank => bank_state(&self.bank),
            Who::Buyer => buyer_state(self.buyer.stage()),
            Who::Notary if self.notary.has_complaint() => "complained",
            Who::Notary => self.notary.word(),
            _ => seller_state(self.seller.stage()),
        }
    }

    fn looks(&self) -> Option<Who> {
        (*self.buyer.stage() == Stage::Checking).then_some(Who::Buyer)
    }

    fn sign(&self, _: Who, ask: &Ask, at: At) -> Result<String, Error> {
        let (account, deal) = (&self.world.account, self.world.key(Who::Buyer));
        let key: &KeyPair = if ask.key == account.public.id() { account } else { deal };
        sign_payload(&Ideal::new(at.seed), &key.secret, &ask.payload)
    }

    fn has(&self, who: Who) -> Vec<&'static str> {
        match who {
            Who::Buyer => self.buyers(),
            Who::Seller => vec!["goods", "key"],
            Who::Notary if self.notary.word() == "given" || self.notary.word() == "opening" => vec!["key"],
            _ => vec![],
        }
    }

    fn proofs(&self, who: Who, statements: &[String]) -> Vec<String> {
        self.shown(who, statements)
    }

    fn judge(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
        self.ruling(of, pieces)
    }

    fn cheats(&self) -> &'static [Cheat] {
        lies::CHEATS
    }

    fn lie(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        self.trick(name, seen, at)
    }

    fn signer(&self, key: &KeyId) -> Option<Who> {
        if *key == self.world.account.public.id() { Some(Who::Buyer) } else { self.x().role(key).map(who) }
    }

    fn row(&self, statement: &str) -> Said {
        Said::Goods(Content::Answer { statement: statement.to_owned() })
    }
}

impl Goods {
    fn buyers(&self) -> Vec<&'static str> {
        let mut has = Vec::new();
        let (stored, all) = self.buyer.progress();
        let complete = stored == all;
        match self.buyer.halves() {
            Some(_) if complete => {
                has.push(if matches!(self.verified(), Ok(Verified::Good)) { "goods" } else { "another-file" });
            }
            _ if complete => has.push("sealed-goods"),
            _ => {}
        }
        if self.buyer.halves().is_some() {
            has.push("key");
        }
        if self.buyer.escrow().is_some() {
            has.push("box");
        }
        if self.buyer.proof().is_some() {
            has.push("proof");
        }
        has
    }
}

fn bank_state(bank: &Bank) -> &'static str {
    match bank {
        Bank::Blank => "blank",
        Bank::Held(_) => "held",
        Bank::Captured(_) => "captured",
        Bank::Released => "released",
        Bank::Settled(_) => "settled",
        Bank::Refunded => "refunded",
    }
}

fn buyer_state(stage: &Stage) -> &'static str {
    match stage {
        Stage::Agreed { .. } => "agreed",
        Stage::Holding => "holding",
        Stage::Fetching => "fetching",
        Stage::Fetched => "fetched",
        Stage::Mandated => "mandated",
        Stage::Captured => "captured",
        Stage::Checking => "checking",
        Stage::Checked => "checked",
        Stage::Received => "received",
        Stage::Bad => "bad",
        Stage::Complained => "complained",
        Stage::Cancelling => "cancelling",
        Stage::Released => "released",
        Stage::Settled => "settled",
        Stage::Refunded => "refunded",
    }
}

fn seller_state(stage: &seller::Stage) -> &'static str {
    match stage {
        seller::Stage::Proposed { .. } => "proposed",
        seller::Stage::Delivering => "delivering",
        seller::Stage::Capturing => "capturing",
        seller::Stage::Captured => "captured",
        seller::Stage::Releasing => "releasing",
        seller::Stage::Released => "released",
        seller::Stage::Settled => "settled",
        seller::Stage::Refunded => "refunded",
    }
}
