//! What dishonest parties of a joint deal may say: whatever can be made with their own key and what they have seen.

use semper_base::{Error, Hash, Role, Timestamp};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::{About, Author, Body, Kind};
use semper_exchange::fair::frame::{self, statements as st};
use semper_exchange::fair::lock::{Content, Lock, statements as lock_st};
use semper_support::crypto::KeyPair;

use super::Joint;
use crate::cast::Who;
use crate::lock::PAYEE;
use crate::piece::{At, Cheat, Said, Seen, Trick};
use crate::time::{Surroundings, secret};

const A: Who = Who::Party(0);
const B: Who = Who::Party(1);
/// The payment that is lied about: of the first to the second.
const LEG: u8 = 0;

const fn cheat(name: &'static str, who: Who) -> Cheat {
    Cheat { name, who }
}

pub(super) const CHEATS: &[Cheat] = &[
    cheat("buyer-takes-back", Who::Buyer),
    cheat("buyer-submits-unlocked", Who::Buyer),
    cheat("buyer-signs-and-aborts", Who::Buyer),
    cheat("seller-keeps-key", Who::Seller),
    cheat("seller-gives-false-key", Who::Seller),
    cheat("seller-claims-early", Who::Seller),
    cheat("bank-pays-alone", Who::Bank),
    cheat("bank-returns-despite-row", Who::Bank),
    cheat("bank-denies-lock", Who::Bank),
    cheat("notary-ends-early", Who::Notary),
    cheat("notary-says-both", Who::Notary),
    cheat("notary-denies", Who::Notary),
];

/// Where money is given for money.
pub(super) const OF_CHANGE: &[Cheat] = &[
    cheat("a-takes-back", A),
    cheat("a-submits-unlocked", A),
    cheat("a-signs-and-aborts", A),
    cheat("b-never-locks", B),
    cheat("b-claims-early", B),
    cheat("bank-pays-alone", Who::Bank),
    cheat("bank-returns-despite-row", Who::Bank),
    cheat("bank-denies-lock", Who::Bank),
    cheat("notary-ends-early", Who::Notary),
    cheat("notary-says-both", Who::Notary),
    cheat("notary-denies", Who::Notary),
];

fn hash(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}

fn deal(to: Who, content: frame::Content) -> (Who, Said) {
    (to, Said::Frame(content))
}

fn money(to: Who, content: Content) -> (Who, Said) {
    (to, Said::Lock(content))
}

struct Liar<'a> {
    piece: &'a Joint,
    seen: Seen<'a>,
    at: At,
}

impl Joint {
    pub(super) fn trick(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        let liar = Liar { piece: self, seen, at };
        match name.split_once('-').unwrap_or_default() {
            ("buyer" | "a", lie) => liar.of_payer(lie),
            ("seller" | "b", lie) => liar.of_payee(lie),
            ("bank", lie) => liar.of_bank(lie),
            (_, lie) => liar.of_notary(lie),
        }
    }
}

impl Liar<'_> {
    fn sign<B: Body>(&self, role: Role, pair: &KeyPair, about: About, body: B) -> Result<String, Error> {
        let around = Surroundings::of(self.at);
        Ok(Author::uncertified(role, pair).answer(&around.context(self.at), about, body)?.text)
    }

    /// About the deal, by one of its parties or the notary.
    fn of_deal<B: Body>(&self, who: Who, body: B) -> Result<String, Error> {
        let role = if who == Who::Notary { Role::Notary } else { Role::Party };
        self.sign(role, self.piece.world.pair(who)?, About::exchange(self.piece.world.x.xid, vec![]), body)
    }

    /// About the lock.
    fn of_lock<B: Body>(&self, role: Role, pair: &KeyPair, body: B) -> Result<String, Error> {
        self.sign(role, pair, About::exchange(self.lock()?.xid, vec![]), body)
    }

    fn lock(&self) -> Result<&Lock, Error> {
        Ok(&self.piece.world.paid(LEG)?.lock)
    }

    fn payer(&self) -> Who {
        let [payer, _] = self.piece.world.parties;
        payer
    }

    fn payee(&self) -> Who {
        let [_, payee] = self.piece.world.parties;
        payee
    }

    fn is_locked(&self) -> bool {
        self.piece.holders.first().is_some_and(|holder| holder.word() == "locked")
    }

    fn is_open(&self) -> bool {
        self.piece.register.word() == "open"
    }

    fn submission(&self, who: Who, keys: Vec<KeyOpening>, locks: Vec<String>) -> Result<(Who, Said), Error> {
        let statement = self.of_deal(who, st::Signature { promises: vec![] })?;
        Ok(deal(Who::Notary, frame::Content::Submission { keys, locks, statement }))
    }

    /// The bank's word that the payer's money is locked.
    fn own_lock(&self) -> Option<String> {
        let row = self.seen.rows.iter().find(|row| row.who == Who::Bank && row.kind == Kind::Locked)?;
        let has = self.seen.statements(self.payer(), Kind::Locked);
        has.into_iter().find(|text| *text == row.statement)
    }

    fn of_payer(&self, name: &str) -> Result<Option<Trick>, Error> {
        Ok(match name {
            "takes-back" if self.is_locked() => {
                let lock = self.lock()?;
                let (amount, pair) = (lock.core.amount, self.piece.world.of_lock(lock.core.payer.id())?);
                let statement = self.of_lock(Role::Party, pair, lock_st::GiveBack { amount })?;
                Some(Trick::says(vec![money(Who::Bank, Content::GiveBack { shown: None, statement })]))
            }
            "submits-unlocked" if self.is_open() => {
                Some(Trick::says(vec![self.submission(self.payer(), vec![], vec![])?]))
            }
            "signs-and-aborts" if self.is_open() => {
                let Some(locked) = self.own_lock() else { return Ok(None) };
                let abort = self.of_deal(self.payer(), st::Abort {})?;
                let abort = deal(Who::Notary, frame::Content::Abort { statement: abort });
                Some(Trick::says(vec![self.submission(self.payer(), vec![], vec![locked])?, abort]))
            }
            _ => None,
        })
    }

    fn of_payee(&self, name: &str) -> Result<Option<Trick>, Error> {
        Ok(match name {
            "keeps-key" => Some(Trick { keeps: &["submission"], ..Trick::default() }),
            "never-locks" => Some(Trick { keeps: &["lock"], ..Trick::default() }),
            "gives-false-key" if self.is_open() => {
                let key = KeyOpening { k: secret("no"), r: secret("no") };
                Some(Trick::says(vec![self.submission(self.payee(), vec![key], vec![])?]))
            }
            "claims-early" if self.is_locked() && self.is_open() => {
                let body = lock_st::Claim { account: PAYEE.to_owned(), preimage: None, salt: secret("salt") };
                let statement =
                    self.of_lock(Role::Party, self.piece.world.of_lock(self.lock()?.core.payee.id())?, body)?;
                Some(Trick::says(vec![money(Who::Bank, Content::Claim { shown: None, statement })]))
            }
            _ => None,
        })
    }

    fn of_bank(&self, name: &str) -> Result<Option<Trick>, Error> {
        let (lock, now) = (self.lock()?, self.at.now);
        let bank = self.piece.world.pair(Who::Bank)?;
        let locked = self.seen.rows.iter().find(|row| row.who == Who::Bank && row.kind == Kind::Locked);
        let resolved = self.seen.rows.iter().find(|row| row.kind == Kind::Resolved);
        let told = |statement: String| Content::Answer { shown: None, statement };
        Ok(match name {
            "pays-alone" if self.is_locked() && self.is_open() => {
                let body = lock_st::Claimed {
                    amount: lock.core.amount,
                    at: now,
                    basis: lock_st::ClaimBasis::Decision,
                    claim: hash("a claim that nobody made"),
                    ground: None,
                    payee: lock.core.payee_account,
                    payee_key: lock.core.payee.id(),
                    preimage: None,
                };
                let text = self.of_lock(Role::Bank, bank, body)?;
                let to = self.piece.world.parties.map(|who| money(who, told(text.clone())));
                Some(Trick { mute: true, ..Trick::says(to.to_vec()) })
            }
            "returns-despite-row" if self.is_locked() => {
                let Some(resolved) = resolved else { return Ok(None) };
                let body = lock_st::Returned {
                    amount: lock.core.amount,
                    at: now,
                    basis: lock_st::ReturnBasis::Decision,
                    ground: Some(hash(&resolved.statement)),
                    request: Some(hash("a wish that nobody has signed")),
                };
                let text = self.of_lock(Role::Bank, bank, body)?;
                let to = self.piece.world.parties.map(|who| money(who, told(text.clone())));
                Some(Trick { mute: true, ..Trick::says(to.to_vec()) })
            }
            "denies-lock" if locked.is_some_and(|row| now > row.at.plus(lock.core.skew_ms)) => {
                let text = self.of_lock(Role::Bank, bank, lock_st::Unmet { at: now, what: Kind::Locked })?;
                Some(Trick::says(vec![money(self.payer(), told(text))]))
            }
            _ => None,
        })
    }

    fn aborted(&self, at: Timestamp) -> Result<frame::Content, Error> {
        let body = st::Aborted { at, basis: st::AbortBasis::Expired, ground: vec![] };
        Ok(frame::Content::Decision { pieces: vec![], statement: self.of_deal(Who::Notary, body)? })
    }

    fn of_notary(&self, name: &str) -> Result<Option<Trick>, Error> {
        let (now, times) = (self.at.now, &self.piece.world.x.core.deadlines);
        let to_both = |content: frame::Content| self.piece.world.parties.map(|who| deal(who, content.clone())).to_vec();
        let decided = self.seen.rows.iter().find(|row| row.who == Who::Notary);
        Ok(match name {
            "ends-early" if now < times.expires => Some(Trick::says(to_both(self.aborted(now)?))),
            "says-both" => {
                // What it told the one goes to the other in its opposite.
                let Some(row) = decided.filter(|row| row.kind == Kind::Resolved) else { return Ok(None) };
                let _ = row;
                let content = self.aborted(times.expires)?;
                Some(Trick { mute: true, ..Trick::says(vec![deal(self.payer(), content)]) })
            }
            "denies" if decided.is_some_and(|row| now > row.at.plus(times.skew_ms)) => {
                let statement = self.of_deal(Who::Notary, st::Unmet { at: now, what: Kind::Resolved })?;
                Some(Trick::says(vec![deal(self.payer(), frame::Content::Unmet { statement })]))
            }
            _ => None,
        })
    }
}
