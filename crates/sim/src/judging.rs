//! What must hold at the end: nobody honest is convicted by what anybody honest kept, and everybody
//! honest has what was agreed, or has lost nothing.

use std::collections::BTreeSet;

use semper_base::{Amount, Role, Tx, Xid};
use semper_exchange::fair::dgp::Slot;
use semper_exchange::fair::dgp::buyer::Stage as Buyer;
use semper_exchange::fair::dgp::seller::Stage as Seller;
use semper_exchange::judge::{Evidence, Verdict, judge};
use semper_support::crypto::{Crypto, Ideal, Seeded};

use crate::market::{Deal, Market};
use crate::trouble::Trouble;
use crate::world::Who;

/// Most statements of one party about one exchange.
const STATEMENTS_MAX: usize = 256;

/// How one deal came out.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The exchange, if there was a contract.
    pub xid: Option<Xid>,
    /// The buyer's last stage.
    pub buyer: Option<Buyer>,
    /// The seller's last stage.
    pub seller: Option<Seller>,
    /// The judge's verdict on everything that the honest parties kept.
    pub verdict: Option<Verdict>,
}

impl Market {
    /// Whether there was a contract and both sides are through with it, as far as they are honest.
    pub fn is_final(&mut self, deal: &Deal, liars: &[Role]) -> Result<bool, Trouble> {
        let buyer = self.buyer(deal)?.map(|run| run.machine.stage().clone());
        let seller = self.seller(deal)?.map(|run| run.machine.stage().clone());
        let buyer = matches!(buyer, Some(Buyer::Released | Buyer::Settled | Buyer::Refunded));
        let seller = matches!(seller, Some(Seller::Released | Seller::Settled | Seller::Refunded));
        Ok((buyer || liars.contains(&Role::Buyer)) && (seller || liars.contains(&Role::Seller)))
    }

    /// The statements that a party archived about an exchange.
    pub fn kept(&mut self, who: Who, xid: Xid) -> Result<Vec<(String, Vec<u8>)>, Trouble> {
        let subject = format!("xid:{xid}");
        let archived = self.world.look(who, |transaction| transaction.archive(&subject, 0, STATEMENTS_MAX))?;
        Ok(archived.into_iter().map(|archived| (archived.record.kind, archived.record.bytes)).collect())
    }

    /// The union of what everybody who is no liar kept, with the secrets that such a party would show.
    pub fn evidence(&mut self, deal: &Deal, xid: Xid, liars: &[Role]) -> Result<Evidence, Trouble> {
        let mut evidence = Evidence::new();
        let home = self.home(deal.shop)?;
        let all = [
            (Role::Buyer, deal.wallet),
            (Role::Seller, deal.shop),
            (Role::Bank, home.bank),
            (Role::Notary, home.notary),
        ];
        for (role, who) in all.into_iter().filter(|(role, _)| !liars.contains(role)) {
            for (at, (kind, bytes)) in self.kept(who, xid)?.into_iter().enumerate() {
                evidence.add(&format!("{role}/{at}-{kind}"), &bytes)?;
            }
        }
        if !liars.contains(&Role::Buyer)
            && let Some(run) = self.buyer(deal)?
        {
            if let Some((key, _)) = run.machine.halves() {
                evidence.add("buyer/key", &json(key)?)?;
            }
            if let Some(proof) = run.machine.proof() {
                evidence.add("buyer/proof", proof.as_bytes())?;
            }
            if let Some(escrow) = run.machine.escrow() {
                evidence.add("buyer/escrow", &escrow.0.0)?;
            }
        }
        if !liars.contains(&Role::Seller)
            && let Some(run) = self.seller(deal)?
        {
            evidence.add("seller/defence", &json(&run.machine.defence())?)?;
        }
        // The contract binds the seller to X though another key signed it.
        evidence.bind(Role::Seller, "acceptance")?;
        Ok(evidence)
    }

    /// Where a deal stands and what the judge says of it.
    pub fn ending(&mut self, deal: &Deal, liars: &[Role]) -> Result<Ending, Trouble> {
        let Some(xid) = self.xid(deal)? else {
            return Ok(Ending { xid: None, buyer: None, seller: None, verdict: None });
        };
        let (buyer, seller) = (self.buyer(deal)?, self.seller(deal)?);
        let run = buyer.as_ref().ok_or_else(|| Trouble::new("a contract without an exchange"))?;
        let x = self.world.look(deal.wallet, |transaction| run.x(xid, &Tx::new(transaction)))?;
        let evidence = self.evidence(deal, xid, liars)?;
        let crypto: &dyn Crypto = if self.plan.ideal { &Ideal::new(0) } else { &Seeded::new([0; 32]) };
        let verdict = judge(&x, &evidence, crypto);
        Ok(Ending {
            xid: Some(xid),
            buyer: buyer.map(|run| run.machine.stage().clone()),
            seller: seller.map(|run| run.machine.stage().clone()),
            verdict: Some(verdict),
        })
    }

    /// Everything that must hold of a deal that has come to rest. `liars` may be convicted and may lose.
    pub fn check_fair(&mut self, deal: &Deal, liars: &[Role]) -> Result<Ending, Trouble> {
        self.check_fair_but(deal, liars, liars)
    }

    /// The same where others than the liars may lose, or need not have come to rest.
    pub fn check_fair_but(&mut self, deal: &Deal, liars: &[Role], excused: &[Role]) -> Result<Ending, Trouble> {
        let ending = self.ending(deal, liars)?;
        let wrong = |what: &str| Err(Trouble::new(format!("{what}: {:?} / {:?}", ending.buyer, ending.seller)));
        let Some(verdict) = &ending.verdict else { return Ok(ending) };
        let convicted: BTreeSet<Role> = verdict.convictions.iter().map(|conviction| conviction.who).collect();
        if let Some(role) = convicted.iter().find(|role| !liars.contains(role)) {
            return Err(Trouble::new(format!("the honest {role} is convicted: {:?}", verdict.convictions)));
        }
        if !self.is_final(deal, excused)? {
            return wrong("not everybody is through");
        }
        let (buyer, seller) = (!excused.contains(&Role::Buyer), !excused.contains(&Role::Seller));
        if buyer && matches!(ending.buyer, Some(Buyer::Settled)) {
            // Paid for good: then the file is here, and it is the file that was offered.
            if self.read_out(deal)? != self.file {
                return wrong("paid for another file");
            }
        }
        if buyer && seller {
            let same = matches!(
                (&ending.buyer, &ending.seller),
                (Some(Buyer::Released), Some(Seller::Released))
                    | (Some(Buyer::Settled), Some(Seller::Settled))
                    | (Some(Buyer::Refunded), Some(Seller::Refunded))
            );
            if !same {
                return wrong("the two sides disagree");
            }
        }
        Ok(ending)
    }

    /// The register slots of an exchange that are written, at bank and notary.
    pub fn slots(&mut self, xid: Xid) -> Result<Vec<&'static str>, Trouble> {
        self.slots_at(self.bank, self.notary, xid)
    }

    /// The same, at the bank and notary of a deal.
    pub fn slots_of(&mut self, deal: &Deal, xid: Xid) -> Result<Vec<&'static str>, Trouble> {
        let home = self.home(deal.shop)?;
        self.slots_at(home.bank, home.notary, xid)
    }

    fn slots_at(&mut self, bank: Who, notary: Who, xid: Xid) -> Result<Vec<&'static str>, Trouble> {
        let mut written = Vec::new();
        for (who, slots) in [(bank, Slot::BANK.as_slice()), (notary, Slot::NOTARY.as_slice())] {
            for slot in slots {
                if self.world.look(who, |transaction| transaction.register(&xid, slot.word()))?.is_some() {
                    written.push(slot.word());
                }
            }
        }
        Ok(written)
    }

    /// What every customer together has, with what is held and claimed: nothing is lost.
    pub fn check_money(&mut self) -> Result<u64, Trouble> {
        let mut total = 0_u64;
        for who in self.shops.iter().chain(&self.wallets).copied().collect::<Vec<_>>() {
            total = total.saturating_add(self.balance(who)?);
        }
        Ok(total)
    }

    /// The price.
    pub fn price(&self) -> Result<Amount, Trouble> {
        Ok(Amount::new(self.plan.price, semper_base::Currency::parse("EUR")?)?)
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, Trouble> {
    serde_json::to_vec(value).map_err(|e| Trouble::new(e.to_string()))
}
