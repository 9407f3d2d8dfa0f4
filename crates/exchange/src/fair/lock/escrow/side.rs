//! What payer and payee have in common in an escrow: what the holder said, and what they say themselves until the
//! holder has it on record.

use semper_base::code::{Code, Misuse};
use semper_base::{Amount, Error, Hash};
use semper_blocks::statement::{Kind, danger_typed_unverified};
use semper_support::crypto::Secret32;
use serde::{Deserialize, Serialize};

use super::super::descriptor::Seat;
use super::super::effect::Effect;
use super::super::message::{Content, Reader};
use super::super::pen::{self, Desk};
use super::read::{self, Said};
use super::{Act, statements as st};

/// What the owner wants of an escrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Payer: pay what is due.
    Approve,
    /// Either: show the holder this word of carrier or arbiter.
    Bring(String),
    /// Payee: the goods are on their way, and this is asked for them.
    Consign {
        /// At most what is locked.
        due: Amount,
    },
    /// Either: the arbiter shall decide.
    Dispute {
        /// Hash of what it will be shown.
        evidence: Hash,
    },
}

/// A row of the holder, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// What it rests on, if that was shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ground: Option<String>,
    /// By the holder.
    pub statement: String,
}

/// One side of an escrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parcel {
    /// What was said and is not on record yet; said again until it is.
    out: Vec<String>,
    /// What the holder said, in the order in which it came.
    told: Vec<Told>,
}

impl Parcel {
    /// The holder's rows, in the order in which they came.
    #[must_use]
    pub fn rows(&self) -> &[Told] {
        &self.told
    }

    /// The last row's kind, if there is any.
    #[must_use]
    pub fn last(&self) -> Option<Kind> {
        self.told.iter().filter_map(|told| kind(&told.statement)).next_back()
    }

    /// Whether nothing was said and nothing came.
    pub(in crate::fair::lock) fn is_empty(&self) -> bool {
        self == &Parcel::default()
    }

    /// Hash of the payee's consignment and what is due, once the holder has it.
    fn consigned(&self) -> Option<(Hash, Amount)> {
        self.told.iter().filter(|told| kind(&told.statement) == Some(Kind::Consigned)).find_map(|told| {
            let row = danger_typed_unverified::<st::Consigned>(&told.statement).ok()?.body;
            Some((row.consignment, row.due))
        })
    }

    /// A row has come. A second one of a kind is kept as evidence and changes nothing.
    pub(in crate::fair::lock) fn said(&self, said: &Said, out: &mut Vec<Effect>) -> Parcel {
        let mut next = self.clone();
        if next.told.iter().any(|told| told.statement == said.text()) {
            return next;
        }
        out.push(Effect::Keep(said.text().to_owned()));
        out.extend(said.ground().map(|ground| Effect::Keep(ground.to_owned())));
        let fresh = next.told.iter().all(|told| kind(&told.statement) != kind(said.text()));
        if fresh {
            out.extend(kind(said.text()).map(|kind| Effect::Tell(kind.word())));
            let ground = said.ground().map(str::to_owned);
            next.told.push(Told { ground, statement: said.text().to_owned() });
        }
        let done: &[Kind] = match said {
            Said::Arrived(..) => &[Kind::HandedOver],
            Said::Consigned(_) => &[Kind::Consignment],
            Said::Disputed(..) => &[Kind::Dispute],
            Said::Divided(..) => &[Kind::Approval, Kind::Consignment, Kind::Dispute, Kind::HandedOver, Kind::Ruling],
        };
        next.out.retain(|text| kind(text).is_none_or(|kind| !done.contains(&kind)));
        next
    }

    /// What is said again.
    pub(in crate::fair::lock) fn again(&self, out: &mut Vec<Effect>) -> bool {
        self.out.iter().for_each(|text| pen::holder(Content::Act { statement: text.clone() }, out));
        !self.out.is_empty()
    }

    /// The holder will not take it.
    pub(in crate::fair::lock) fn refused(&self, what: Kind) -> Parcel {
        let out = self.out.iter().filter(|text| kind(text) != Some(what)).cloned().collect();
        Parcel { out, ..self.clone() }
    }

    /// Something was signed, or brought: it goes out.
    pub(in crate::fair::lock) fn out(&self, text: &str, out: &mut Vec<Effect>) -> Parcel {
        let mut next = self.clone();
        if !next.out.iter().any(|known| known == text) {
            next.out.push(text.to_owned());
        }
        pen::holder(Content::Act { statement: text.to_owned() }, out);
        next
    }

    /// What the owner wants: asks for the signature, or sends what needs none.
    pub(in crate::fair::lock) fn wish(
        &self,
        wish: &Wish,
        desk: &Desk<'_>,
        account: Option<(&str, &Secret32)>,
        out: &mut Vec<Effect>,
    ) -> Result<Parcel, Error> {
        let consigned = || self.consigned().ok_or_else(|| Misuse::new(Code::TooEarly, "nothing was consigned"));
        match (wish, desk.pen.seat) {
            (Wish::Approve, Seat::Payer) => {
                let (consignment, amount) = consigned()?;
                desk.ask(&st::Approval { amount, consignment }, out)?;
            }
            (Wish::Consign { due }, Seat::Payee) => {
                let (account, salt) = account.ok_or_else(|| Misuse::new(Code::StateWrong, "no account"))?;
                if due.minor() == 0 || desk.lock.core.amount.minus(*due).is_err() {
                    return Err(Misuse::new(Code::MismatchAmount, "due").into());
                }
                desk.ask(&st::Consignment { account: account.to_owned(), due: *due, salt: salt.clone() }, out)?;
            }
            (Wish::Dispute { evidence }, _) => {
                let (consignment, _) = consigned()?;
                desk.ask(&st::Dispute { consignment, evidence: *evidence }, out)?;
            }
            (Wish::Bring(text), _) => {
                let reader = Reader { lock: desk.lock, crypto: desk.cx.base.crypto };
                let (by, act) = read::act(&reader, text)?;
                if by.is_some() {
                    return Err(Misuse::new(Code::RoleWrong, "the word of carrier or arbiter").into());
                }
                return Ok(self.out(act.text(), out));
            }
            (Wish::Approve | Wish::Consign { .. }, _) => {
                return Err(Misuse::new(Code::RoleWrong, "of the other side").into());
            }
        }
        Ok(self.clone())
    }
}

impl Act {
    /// Whether payer or payee is asked to sign a statement of this kind.
    pub(in crate::fair::lock) fn is_own(kind: Kind) -> bool {
        matches!(kind, Kind::Approval | Kind::Consignment | Kind::Dispute)
    }
}

fn kind(text: &str) -> Option<Kind> {
    semper_blocks::statement::Compact::parse(text).ok().map(|known| known.kind())
}
