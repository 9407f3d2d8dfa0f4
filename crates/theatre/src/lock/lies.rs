//! What dishonest parties of a lock may say: whatever can be made with their own key and what they have seen.

use semper_base::{Amount, Error, Hash, Nonce};
use semper_blocks::statement::{Kind, danger_typed_unverified};
use semper_exchange::fair::lock::Content;
use semper_exchange::fair::lock::escrow::statements as parcel;
use semper_exchange::fair::lock::statements as st;

use super::{Locked, PAYEE, ends, eur};
use crate::cast::{Play, Who};
use crate::piece::{At, Cheat, Said, Seen, Trick};
use crate::time::secret;

const fn cheat(name: &'static str, who: Who) -> Cheat {
    Cheat { name, who }
}

const LOCKS_LESS: Cheat = cheat("buyer-locks-less", Who::Buyer);
const TAKES_BACK: Cheat = cheat("buyer-takes-back", Who::Buyer);
const DENIES: Cheat = cheat("bank-denies-lock", Who::Bank);

const DATA: &[Cheat] = &[
    LOCKS_LESS,
    TAKES_BACK,
    cheat("seller-sells-other-data", Who::Seller),
    cheat("seller-never-claims", Who::Seller),
    cheat("seller-shows-false-key", Who::Seller),
    cheat("bank-pays-and-returns", Who::Bank),
    cheat("bank-returns-early", Who::Bank),
    cheat("bank-pays-for-false-key", Who::Bank),
    DENIES,
];
const ESCROW: &[Cheat] = &[
    LOCKS_LESS,
    TAKES_BACK,
    cheat("seller-asks-for-more", Who::Seller),
    cheat("seller-speaks-for-carrier", Who::Seller),
    cheat("carrier-guesses-code", Who::Carrier),
    cheat("carrier-keeps-parcel", Who::Carrier),
    cheat("arbiter-rules-unasked", Who::Arbiter),
    cheat("arbiter-rules-twice", Who::Arbiter),
    cheat("bank-divides-early", Who::Bank),
    cheat("bank-divides-otherwise", Who::Bank),
    DENIES,
];

pub(super) fn cheats(play: Play) -> &'static [Cheat] {
    if play == Play::Data { DATA } else { ESCROW }
}

fn says(to: Who, content: Content) -> (Who, Said) {
    (to, Said::Lock(content))
}

fn act(to: Who, statement: String) -> (Who, Said) {
    says(to, Content::Act { statement })
}

fn row(statement: &str) -> Content {
    Content::Answer { shown: None, statement: statement.to_owned() }
}

struct Liar<'a> {
    piece: &'a Locked,
    seen: Seen<'a>,
    at: At,
}

impl Locked {
    pub(super) fn trick(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error> {
        let liar = Liar { piece: self, seen, at };
        match name.split_once('-').map_or("", |(who, _)| who) {
            "buyer" => liar.of_buyer(name),
            "seller" => liar.of_seller(name),
            "bank" => liar.of_bank(name),
            _ => liar.of_third(name),
        }
    }
}

impl Liar<'_> {
    fn amount(&self) -> Amount {
        self.piece.lock().core.amount
    }

    /// Locked, and nothing more on record.
    fn is_locked(&self) -> bool {
        self.piece.holder.word() == "locked"
    }

    fn course(&self) -> Option<Kind> {
        self.piece.course().filter(|_| self.is_locked())
    }

    fn of_buyer(&self, name: &str) -> Result<Option<Trick>, Error> {
        let (piece, core) = (self.piece, &self.piece.lock().core);
        Ok(match name {
            "buyer-locks-less" if self.seen.rows.is_empty() => {
                let (amount, condition) = (eur(1)?, core.condition.clone());
                let order = st::Lock { amount, condition, payee: core.payee_account };
                let statement = piece.sign_as(Who::Buyer, Who::Buyer, order, self.at)?;
                let own = &piece.world.payer_own;
                let lock = Hash::of(statement.as_bytes());
                let (account, account_key) = (own.account.clone(), own.account_key.clone());
                let debit = st::LockDebit { account, account_key, amount, lock };
                let debit = self.by_account(debit)?;
                Some(Trick::says(vec![says(Who::Bank, Content::Lock { debit, statement })]))
            }
            "buyer-takes-back" if self.is_locked() => {
                let body = st::GiveBack { amount: self.amount() };
                let statement = piece.sign_as(Who::Buyer, Who::Buyer, body, self.at)?;
                Some(Trick::says(vec![says(Who::Bank, Content::GiveBack { shown: None, statement })]))
            }
            _ => None,
        })
    }

    fn by_account(&self, body: st::LockDebit) -> Result<String, Error> {
        let key = self.piece.world.payer_own.account_key.id();
        let (_, pair) = self
            .piece
            .world
            .by_id(key)
            .ok_or_else(|| semper_base::Misuse::new(semper_base::Code::KeyMissing, "account"))?;
        let around = crate::time::Surroundings::of(self.at);
        let author = semper_blocks::statement::Author::uncertified(semper_base::Role::Party, pair);
        let about = semper_blocks::statement::About::exchange(self.piece.lock().xid, vec![]);
        Ok(author.answer(&around.context(self.at), about, body)?.text)
    }

    fn of_seller(&self, name: &str) -> Result<Option<Trick>, Error> {
        let piece = self.piece;
        let own = || (PAYEE.to_owned(), piece.world.payee_own.salt.clone());
        Ok(match name {
            "seller-sells-other-data" if !self.seen.begun => Some(Trick { anew: true, ..Trick::default() }),
            "seller-never-claims" => Some(Trick { keeps: &["claim"], ..Trick::default() }),
            "seller-shows-false-key" if self.is_locked() => {
                let (account, salt) = own();
                let body = st::Claim { account, preimage: Some(secret("no")), salt };
                let statement = piece.sign_as(Who::Seller, Who::Seller, body, self.at)?;
                Some(Trick::says(vec![says(Who::Bank, Content::Claim { shown: None, statement })]))
            }
            "seller-asks-for-more" if self.is_locked() && self.course().is_none() => {
                let (account, salt) = own();
                let body = parcel::Consignment { account, due: eur(self.amount().minor() + 1)?, salt };
                Some(Trick::says(vec![act(Who::Bank, piece.sign_as(Who::Seller, Who::Seller, body, self.at)?)]))
            }
            "seller-speaks-for-carrier" if self.course() == Some(Kind::Consigned) => {
                let body = parcel::HandedOver { at: self.at.now, code: super::world::CODE };
                Some(Trick::says(vec![act(Who::Bank, piece.sign_as(Who::Carrier, Who::Seller, body, self.at)?)]))
            }
            _ => None,
        })
    }

    /// Carrier and arbiter.
    fn of_third(&self, name: &str) -> Result<Option<Trick>, Error> {
        let (piece, on_the_way) = (self.piece, self.course() == Some(Kind::Consigned));
        let handed = |code| {
            let body = parcel::HandedOver { at: self.at.now, code };
            Ok::<_, Error>(act(Who::Bank, piece.sign_as(Who::Carrier, Who::Carrier, body, self.at)?))
        };
        Ok(match name {
            "carrier-guesses-code" if on_the_way => Some(Trick::says(vec![handed(Nonce([6; 16]))?])),
            "carrier-keeps-parcel" if on_the_way => Some(Trick::says(vec![handed(super::world::CODE)?])),
            "arbiter-rules-unasked" if self.course().is_some_and(|kind| kind != Kind::Disputed) => {
                Some(Trick::says(vec![act(Who::Bank, piece.ruling(self.amount(), self.at)?)]))
            }
            "arbiter-rules-twice" if self.seen.statement(Who::Arbiter, Kind::Ruling).is_some() => {
                let other = piece.ruling(self.amount(), self.at)?;
                Some(Trick::says(vec![act(Who::Bank, other.clone()), act(Who::Seller, other)]))
            }
            _ => None,
        })
    }

    fn of_bank(&self, name: &str) -> Result<Option<Trick>, Error> {
        let (amount, now) = (self.amount(), self.at.now);
        let locked = self.seen.rows.iter().find(|row| row.kind == Kind::Locked);
        let by_clock = ends(self.piece.lock()).is_none_or(|ends| now < ends);
        let text = match name {
            "bank-denies-lock" => {
                let skew = self.piece.lock().core.skew_ms;
                if locked.is_none_or(|row| now <= row.at.plus(skew)) {
                    return Ok(None);
                }
                let body = st::Unmet { at: now, what: Kind::Locked };
                return Ok(Some(Trick::says(vec![says(Who::Buyer, row(&self.by_bank(body)?))])));
            }
            "bank-pays-and-returns" if self.seen.has_row(Kind::Claimed) => {
                let request = Some(Hash::of(b"a wish that nobody has signed"));
                let body = st::Returned { amount, at: now, basis: st::ReturnBasis::Payee, ground: None, request };
                return Ok(Some(Trick::says(vec![says(Who::Buyer, row(&self.by_bank(body)?))])));
            }
            "bank-returns-early" if self.is_locked() && by_clock => {
                let basis = st::ReturnBasis::Time;
                self.by_bank(st::Returned { amount, at: now, basis, ground: None, request: None })?
            }
            "bank-pays-for-false-key" if self.is_locked() => {
                let core = &self.piece.lock().core;
                self.by_bank(st::Claimed {
                    amount,
                    at: now,
                    basis: st::ClaimBasis::Preimage,
                    claim: Hash::of(b"a claim that nobody made"),
                    ground: None,
                    payee: core.payee_account,
                    payee_key: core.payee.id(),
                    preimage: Some(secret("no")),
                })?
            }
            _ => return self.divides(name),
        };
        let to = [Who::Buyer, Who::Seller].map(|who| says(who, row(&text)));
        Ok(Some(Trick { mute: true, ..Trick::says(to.to_vec()) }))
    }

    /// Divides the money of goods as it should not.
    fn divides(&self, name: &str) -> Result<Option<Trick>, Error> {
        let (amount, at) = (self.amount(), self.at.now);
        let nothing = eur(0)?;
        let divided = match (name, self.course()) {
            ("bank-divides-early", Some(Kind::Consigned)) => {
                let basis = parcel::DivideBasis::NotArrived;
                parcel::Divided { at, basis, ground: None, payee: nothing, payer: amount }
            }
            ("bank-divides-otherwise", Some(Kind::Disputed)) => {
                let Some(ruling) = self.seen.statement(Who::Bank, Kind::Ruling) else { return Ok(None) };
                if danger_typed_unverified::<parcel::Ruling>(&ruling).is_ok_and(|it| it.body.payer == amount) {
                    return Ok(None);
                }
                let (basis, ground) = (parcel::DivideBasis::Ruled, Some(Hash::of(ruling.as_bytes())));
                parcel::Divided { at, basis, ground, payee: nothing, payer: amount }
            }
            _ => return Ok(None),
        };
        let statement = self.by_bank(divided)?;
        let told = |who| {
            let ground = self.seen.statement(Who::Bank, Kind::Ruling);
            says(who, Content::Escrow { ground, statement: statement.clone() })
        };
        Ok(Some(Trick { mute: true, ..Trick::says(vec![told(Who::Buyer), told(Who::Seller)]) }))
    }

    fn by_bank<B: semper_blocks::statement::Body>(&self, body: B) -> Result<String, Error> {
        self.piece.sign_as(Who::Bank, Who::Bank, body, self.at)
    }
}
