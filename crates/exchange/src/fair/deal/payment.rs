//! The payments of a deal: locks by the deal's own decision. What is locked where for whom follows from X alone, so
//! that everybody knows the same lock: payer, payee, holder, the notary that wants to see it, the judge.

use semper_base::code::Code;
use semper_base::{Amount, Hash, Nonce, Violation, Xid};
use semper_support::crypto::{Crypto, PublicKey};
use serde::{Deserialize, Serialize};

use super::super::dgp::Third;
use super::super::frame::descriptor::{Core, Descriptor};
use super::super::lock::descriptor::PROTOCOL;
use super::super::lock::message::Reader;
use super::super::lock::{Answer, ByDecision, Condition, Core as LockCore, Lock, Unless};
use crate::judge::JUDGE_VERSION;

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// How much.
    pub amount: Amount,
    /// Who pays, by place.
    pub giver: u8,
    /// Who holds the money.
    pub holder: Third,
    /// The payee's key for this payment alone: the holder need not learn who it is in the deal.
    pub payee: PublicKey,
    /// Salted commitment to the account that is paid.
    pub payee_account: Hash,
    /// The payer's key for this payment alone.
    pub payer: PublicKey,
    /// Who is paid, by place.
    pub receiver: u8,
    /// Of a compensation: it is paid only if the giver does not do in time what the terms say, and the receiver claims
    /// it. See [`super::super::lock::by_decision`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unless: Option<Unless>,
}

impl Payment {
    /// The lock of this payment, which is leg `leg` of X.
    ///
    /// # Errors
    /// None for a payment of an X that was read.
    pub fn lock(&self, leg: u8, x: &Descriptor) -> Result<Lock, Violation> {
        Lock::new(&self.core(leg, &x.core, x.xid))
    }

    fn core(&self, leg: u8, core: &Core, exchange: Xid) -> LockCore {
        let seed = Hash::tagged_parts("semper-deal-lock/1", &[exchange.0.bytes(), &[leg]]);
        let mut nonce = [0; 16];
        nonce.iter_mut().zip(seed.bytes()).for_each(|(to, from)| *to = *from);
        LockCore {
            amount: self.amount,
            condition: Condition::Decision(ByDecision { exchange, notary: core.notary.clone(), unless: self.unless }),
            holder: self.holder.clone(),
            judge: JUDGE_VERSION,
            nonce: Nonce(nonce),
            opened: core.opened,
            payee: self.payee.clone(),
            payee_account: self.payee_account,
            payer: self.payer.clone(),
            protocol: PROTOCOL.to_owned(),
            skew_ms: core.deadlines.skew_ms,
            terms: None,
        }
    }

    /// The rules of a lock hold, whatever the id of X will be.
    pub(super) fn check(&self, leg: u8, core: &Core) -> Result<(), Violation> {
        let known = core.parties.iter().chain([&core.notary.key]);
        if known.into_iter().any(|key| [&self.payee, &self.payer, &self.holder.key].contains(&key)) {
            return Err(Violation::new(Code::DescriptorWrong, "a key of a payment is used elsewhere"));
        }
        // As long as the deal can be completed nobody may have claimed a compensation, and none may have gone back.
        if self.unless.is_some_and(|unless| unless.due < core.deadlines.expires.plus(core.deadlines.skew_ms)) {
            return Err(Violation::new(Code::DescriptorWrong, "a compensation that is due before the deal is made"));
        }
        Lock::new(&self.core(leg, core, Xid(Hash([0; 32])))).map(|_| ())
    }

    /// Whether the holder says in this statement that the money is locked.
    pub fn locked(&self, leg: u8, x: &Descriptor, text: &str, crypto: &dyn Crypto) -> Result<(), Violation> {
        let lock = self.lock(leg, x)?;
        match (Reader { lock: &lock, crypto }).answer(text, None)? {
            Answer::Locked(_) => Ok(()),
            _ => Err(Violation::new(Code::KindWrong, "not locked")),
        }
    }
}
