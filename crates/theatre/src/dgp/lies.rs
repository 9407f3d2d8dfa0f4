//! What dishonest parties may say: whatever can be made with their own key and what they have seen.

use semper_base::{Amount, Error, Hash, Role, Timestamp};
use semper_blocks::delivery::{BadEscrow, KeyOpening};
use semper_blocks::statement::{About, Author, Body, Kind};
use semper_exchange::fair::dgp::Content;
use semper_exchange::fair::dgp::statements as st;

use super::Goods;
use crate::cast::Who::{self, Bank, Buyer, Notary, Seller};
use crate::piece::{At, Cheat, Said, Seen, Trick};
use crate::time::{Surroundings, secret};

const fn cheat(name: &'static str, who: Who) -> Cheat {
    Cheat { name, who }
}

/// Every lie.
pub(super) const CHEATS: &[Cheat] = &[
    cheat("seller-seals-garbage", Seller),
    cheat("seller-sends-another-file", Seller),
    cheat("seller-keeps-key", Seller),
    cheat("seller-sends-noise", Seller),
    cheat("seller-forges-mandate", Seller),
    cheat("seller-forges-receipt", Seller),
    cheat("seller-sends-false-key", Seller),
    cheat("seller-passes-false-key", Seller),
    cheat("buyer-keeps-receipt", Buyer),
    cheat("buyer-forges-complaint", Buyer),
    cheat("buyer-contests-with-key", Buyer),
    cheat("buyer-releases-late", Buyer),
    cheat("buyer-forges-capture", Buyer),
    cheat("bank-signs-both", Bank),
    cheat("bank-captures-alone", Bank),
    cheat("bank-alters-held", Bank),
    cheat("bank-releases-early", Bank),
    cheat("bank-settles-and-refunds", Bank),
    cheat("bank-denies-hold", Bank),
    cheat("notary-cries-bad-escrow", Notary),
    cheat("notary-says-both", Notary),
    cheat("notary-opens-without-capture", Notary),
];

struct Liar<'a> {
    goods: &'a Goods,
    seen: Seen<'a>,
    at: At,
}

impl Goods {
    pub(super) fn trick(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        let liar = Liar { goods: self, seen, at };
        match name.split('-').next() {
            Some("bank") => liar.of_bank(name),
            Some("buyer") => liar.of_buyer(name),
            Some("notary") => liar.of_notary(name),
            _ => liar.of_seller(name),
        }
    }
}

fn one(to: Who, content: Content) -> Trick {
    Trick::says(vec![(to, Said::Goods(content))])
}

fn answers(statement: &str, to: &[Who]) -> Vec<(Who, Said)> {
    to.iter().map(|to| (*to, Said::Goods(Content::Answer { statement: statement.to_owned() }))).collect()
}

fn hash(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}

impl Liar<'_> {
    /// `role` is what the liar gives itself out as.
    fn make<B: Body>(&self, who: Who, role: Role, when: Timestamp, body: B, lasting: bool) -> Result<String, Error> {
        let at = At { now: when, ..self.at };
        let (around, author) = (Surroundings::of(at), Author::uncertified(role, self.goods.world.key(who)));
        let (base, about) = (around.context(at), About::exchange(self.goods.x().xid, vec![]));
        let made = if lasting { author.answer(&base, about, body)? } else { author.request(&base, about, body)? };
        Ok(made.text)
    }

    fn sign<B: Body>(&self, who: Who, body: B) -> Result<String, Error> {
        self.make(who, super::role(who), self.at.now, body, false)
    }

    fn says<B: Body>(&self, who: Who, body: B) -> Result<String, Error> {
        self.make(who, super::role(who), self.at.now, body, true)
    }

    fn captured(&self, who: Who) -> Option<String> {
        self.seen.statement(who, Kind::Captured)
    }

    fn of_seller(&self, name: &str) -> Result<Option<Trick>, Error> {
        let world = &self.goods.world;
        let core = &self.goods.x().core;
        let wrong = || KeyOpening { k: secret("no"), r: secret("no") };
        let held = self.seen.has_row(Kind::Held);
        Ok(Some(match name {
            "seller-seals-garbage" | "seller-sends-another-file" if !self.seen.begun => {
                Trick { anew: true, ..Trick::default() }
            }
            "seller-keeps-key" => Trick { keeps: &["key", "pass-key"], ..Trick::default() },
            "seller-sends-noise" if held => Trick::says(vec![(Buyer, Said::Chunk(false))]),
            "seller-forges-mandate" if held => {
                let body = st::Mandate { amount: core.amount, payee: core.payee };
                let mandate = self.make(Seller, Role::Buyer, self.at.now, body, false)?;
                let body = st::Capture {
                    account: super::world::PAYEE.to_owned(),
                    mandate: hash(&mandate),
                    salt: world.salt.clone(),
                };
                one(Bank, Content::Capture { statement: self.sign(Seller, body)?, mandate })
            }
            "seller-forges-receipt" if self.captured(Seller).is_some() => {
                let body = st::Receipt { amount: core.amount, plain: core.plain };
                let statement = self.make(Seller, Role::Buyer, self.at.now, body, false)?;
                one(Bank, Content::Receipt { statement })
            }
            "seller-sends-false-key" if self.captured(Seller).is_some() => {
                one(Buyer, Content::Key { opening: wrong() })
            }
            "seller-passes-false-key" if self.captured(Seller).is_some() => {
                let statement = self.sign(Seller, st::PassKey { key: wrong() })?;
                one(Bank, Content::PassKey { statement })
            }
            _ => return Ok(None),
        }))
    }

    fn of_buyer(&self, name: &str) -> Result<Option<Trick>, Error> {
        let (core, captured) = (&self.goods.x().core, self.captured(Buyer));
        Ok(Some(match (name, captured) {
            ("buyer-keeps-receipt", _) => Trick { keeps: &["receipt"], ..Trick::default() },
            ("buyer-forges-complaint", Some(captured)) => {
                let Some((key, share)) = self.goods.buyer.halves() else { return Ok(None) };
                let Ok(proof) = serde_json::to_string(&self.goods.proof(key, share)?) else { return Ok(None) };
                let body = st::Complaint { captured: hash(&captured), proof: hash(&proof) };
                one(Notary, Content::Complaint { statement: self.sign(Buyer, body)?, captured, proof })
            }
            ("buyer-contests-with-key", Some(captured)) if self.goods.buyer.halves().is_some() => {
                let statement = self.sign(Buyer, st::Contest { captured: hash(&captured) })?;
                one(Bank, Content::Contest { statement })
            }
            ("buyer-releases-late", Some(_)) => {
                one(Bank, Content::Release { statement: self.sign(Buyer, st::Release { amount: core.amount })? })
            }
            ("buyer-forges-capture", None) if self.goods.buyer.escrow().is_some() => {
                let body = self.capture(self.at.now, Hash::of(b"no mandate"));
                let captured = self.make(Buyer, Role::Bank, self.at.now, body, true)?;
                let statement = self.sign(Buyer, st::EscrowRequest { captured: hash(&captured) })?;
                let sealed = self.goods.world.escrow.clone();
                one(Notary, Content::EscrowRequest { statement, captured, sealed })
            }
            _ => return Ok(None),
        }))
    }

    fn capture(&self, when: Timestamp, mandate: Hash) -> st::Captured {
        let core = &self.goods.x().core;
        st::Captured {
            amount: core.amount,
            captured_at: when,
            mandate,
            payee: core.payee,
            payee_key: core.seller.id(),
            settle_after: when.plus(core.deadlines.settle_ms),
        }
    }

    fn of_bank(&self, name: &str) -> Result<Option<Trick>, Error> {
        let core = &self.goods.x().core;
        let (amount, now) = (core.amount, self.at.now);
        let (held, decided) = (self.seen.has_row(Kind::Held), self.seen.has_row(Kind::Captured));
        let undecided = held && !decided && !self.seen.has_row(Kind::Released);
        let since = self.seen.rows.first().map(|row| row.at);
        let letters = match name {
            "bank-signs-both" if decided => {
                answers(&self.says(Bank, st::Released { amount, at: now, by: st::ReleaseBy::Buyer })?, &[Buyer])
            }
            "bank-captures-alone" if undecided => {
                let body = self.capture(now, hash(&self.seen.statement(Bank, Kind::Hold).unwrap_or_default()));
                answers(&self.says(Bank, body)?, &[Buyer, Seller])
            }
            "bank-alters-held" if self.seen.statement(Bank, Kind::Hold).is_some() => {
                let hold = hash(&self.seen.statement(Bank, Kind::Hold).unwrap_or_default());
                let more = Amount::new(amount.minor().saturating_add(500), amount.currency())?;
                let hold_until = core.deadlines.hold_until;
                let (payee, payee_key) = (core.payee, core.seller.id());
                answers(
                    &self.says(Bank, st::Held { amount: more, hold, hold_until, payee, payee_key })?,
                    &[Buyer, Seller],
                )
            }
            "bank-releases-early" if undecided && now < core.deadlines.hold_until => {
                let body = st::Released { amount, at: now, by: st::ReleaseBy::Expiry };
                answers(&self.says(Bank, body)?, &[Buyer, Seller])
            }
            "bank-settles-and-refunds" if decided => {
                let settled = st::Settled { amount, at: now, basis: st::SettleBasis::Timer, receipt: None };
                let refunded = st::Refunded { amount, at: now, basis: st::RefundBasis::Contest, notary: None };
                let (settled, refunded) = (self.says(Bank, settled)?, self.says(Bank, refunded)?);
                [answers(&settled, &[Seller]), answers(&refunded, &[Buyer])].concat()
            }
            "bank-denies-hold" if since.is_some_and(|since| now > since.plus(core.deadlines.skew_ms)) && held => {
                answers(&self.says(Bank, st::Unmet { at: now, what: Kind::Held })?, &[Buyer, Seller])
            }
            _ => return Ok(None),
        };
        Ok(Some(Trick::says(letters)))
    }

    fn of_notary(&self, name: &str) -> Result<Option<Trick>, Error> {
        let (now, escrow) = (self.at.now, self.goods.x().escrow_hash);
        let bad = |captured| st::BadEscrow { at: now, captured, escrow, reason: BadEscrow::DoesNotDecrypt };
        let captured = self.captured(Notary).map(|text| hash(&text));
        Ok(Some(match (name, captured) {
            ("notary-cries-bad-escrow", Some(captured)) => {
                let statement = self.says(Notary, bad(captured))?;
                Trick { mute: true, ..Trick::says(answers(&statement, &[Bank, Buyer])) }
            }
            ("notary-says-both", Some(captured)) => {
                let opened = self.says(Notary, st::Opened { at: now, captured })?;
                let bad = self.says(Notary, bad(captured))?;
                Trick { mute: true, ..Trick::says([answers(&opened, &[Bank]), answers(&bad, &[Buyer])].concat()) }
            }
            ("notary-opens-without-capture", None) => {
                let opened = self.says(Notary, st::Opened { at: now, captured: Hash::of(b"no capture") })?;
                Trick::says(answers(&opened, &[Bank]))
            }
            _ => return Ok(None),
        }))
    }
}
