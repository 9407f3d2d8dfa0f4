//! What every payment module must do, whatever system it speaks for. Run [`suite`] from a test of the
//! module.

#![expect(clippy::expect_used, reason = "a suite fails by panicking in the test that runs it")]

use semper_base::limits::INTEGER_MAX;
use semper_base::{Amount, Currency, Hash, KeyId, Nonce, PeerId, Xid};
use semper_blocks::item::{Lock, RegisterKind, RegisterRef};
use semper_blocks::payment::{
    BankRef, Direction, LockRequest, Manager, Needs, PayRequest, PayTo, PaymentModule, Purse, PurseId, Unfit, Uses,
    Wanted,
};
use semper_support::crypto::{Crypto as _, Ideal};

/// Runs everything.
pub fn suite(module: &'static dyn PaymentModule) {
    says_what_it_is(module);
    keeps_to_purse_and_amount(module);
    keeps_to_its_direction(module);
    does_what_it_says_it_can(module);
    names_the_payee(module);
    locks_what_was_asked(module);
    pays_what_was_asked(module);
}

/// A purse of this module as a user would set it up.
fn sample(module: &dyn PaymentModule) -> Purse {
    let bank = Hash::of(b"the bank");
    let currencies = module.capabilities().currencies;
    let currency = currencies.map_or(Some(Currency::EUR), |list| list.first().copied());
    Purse {
        account: "P-7K3F-9QXM-W".to_owned(),
        account_key: Ideal::new(1).generate().expect("a key").public,
        bank: BankRef { certificate: Hash::of(b"certificate"), key: KeyId(bank), peer: PeerId(bank) },
        currency: currency.expect("a module that names currencies names one at least"),
        id: PurseId(Nonce([7; 16])),
        limit: None,
        module: module.word().to_owned(),
        name: "Everyday".to_owned(),
        uses: Uses::Both,
    }
}

fn says_what_it_is(module: &'static dyn PaymentModule) {
    let can = module.capabilities();
    assert_eq!(can, module.capabilities(), "capabilities never change");
    assert!((1..=INTEGER_MAX).contains(&can.amount_max), "1 to 2^53-1 minor units");
    assert_eq!(can.locks.is_empty(), module.lockable().is_none(), "it locks exactly if it says so");
    let twice = can.locks.iter().enumerate().any(|(at, way)| can.locks.iter().skip(at + 1).any(|other| way == other));
    assert!(!twice, "each way of locking is named once");
    assert_eq!(can.outright, module.payable().is_some(), "it pays outright exactly if it says so");
    assert!(!can.locks.is_empty() || can.outright || can.offline, "there is a way to pay with it");
    sample(module).check().expect("the word is one that a purse can name");
    module.check(&sample(module)).expect("a complete purse is accepted");
    assert!(manager(module).attach(module).is_err(), "a word is attached once");
}

fn keeps_to_purse_and_amount(module: &'static dyn PaymentModule) {
    let purse = sample(module);
    let most = module.capabilities().amount_max;
    assert_eq!(fits(module, &purse, amount(&purse, 1)), Ok(()));
    assert_eq!(fits(module, &purse, amount(&purse, most)), Ok(()), "the most it says it can");
    assert_eq!(fits(module, &purse, amount(&purse, 0)), Err(Unfit::Amount), "nothing is no payment");
    if most < INTEGER_MAX {
        assert_eq!(fits(module, &purse, amount(&purse, most.saturating_add(1))), Err(Unfit::Amount));
    }
    let limited = Purse { limit: Some(amount(&purse, 1)), ..purse.clone() };
    assert_eq!(fits(module, &limited, amount(&purse, 1)), Ok(()), "at the owner's limit");
    if most > 1 {
        assert_eq!(fits(module, &limited, amount(&purse, 2)), Err(Unfit::Amount), "above the owner's limit");
    }
    let other = if purse.currency == Currency::EUR { "USD" } else { "EUR" };
    let other = Amount::new(1, Currency::parse(other).expect("a known currency")).expect("small");
    assert_eq!(fits(module, &purse, other), Err(Unfit::Currency));
    let foreign = Purse { module: format!("{}-2", module.word()), ..purse.clone() };
    assert_eq!(fits(module, &foreign, amount(&purse, 1)), Err(Unfit::Module), "another module's purse");
}

fn keeps_to_its_direction(module: &'static dyn PaymentModule) {
    let purse = sample(module);
    let one = amount(&purse, 1);
    let till = Purse { uses: Uses::Receive, ..purse.clone() };
    assert_eq!(fits(module, &till, one), Err(Unfit::Direction));
    let pay_only = Purse { uses: Uses::Pay, ..purse };
    assert_eq!(manager(module).payee(&pay_only, one), Err(Unfit::Direction));
}

fn does_what_it_says_it_can(module: &'static dyn PaymentModule) {
    let (purse, can) = (sample(module), module.capabilities());
    let none = Needs::default();
    let needs = [
        (Needs { offline: true, ..none }, can.offline, Unfit::Offline),
        (Needs { outright: true, ..none }, can.outright, Unfit::Outright),
        (Needs { payer_anonymous: true, ..none }, can.payer_anonymous, Unfit::Anonymous),
        (Needs { refundable: true, ..none }, can.refundable, Unfit::Refundable),
    ];
    let ways = Lock::ALL.map(|way| (Needs { lock: Some(way), ..none }, can.locks.contains(&way), Unfit::Lock));
    for (needs, can, unfit) in needs.into_iter().chain(ways) {
        let found = choose(module, &purse, Wanted { needs, ..pay(amount(&purse, 1)) });
        assert_eq!(found, if can { Ok(()) } else { Err(unfit) });
    }
}

fn names_the_payee(module: &'static dyn PaymentModule) {
    let purse = sample(module);
    let payee = manager(module).payee(&purse, amount(&purse, 1)).expect("a purse that may receive");
    assert_eq!(payee.register.key, purse.bank.key, "whoever keeps the purse's money");
    assert_eq!(payee, module.payee(&purse), "the same each time");
    let elsewhere = RegisterRef { key: KeyId(Hash::of(b"another")), ..payee.register };
    let wanted = Wanted { register: Some(elsewhere), ..pay(amount(&purse, 1)) };
    assert_eq!(choose(module, &purse, wanted), Err(Unfit::Register));
}

fn locks_what_was_asked(module: &'static dyn PaymentModule) {
    for way in Lock::ALL {
        locks_in_one_way(module, way);
    }
}

/// The same money for the same order, whatever the way; a way that it does not name is refused.
fn locks_in_one_way(module: &'static dyn PaymentModule, way: Lock) {
    let Some(lockable) = module.lockable() else { return };
    let purse = sample(module);
    let register = module.payee(&purse).register;
    let request = LockRequest { amount: amount(&purse, 1), register, way, xid: Xid::of(b"exchange") };
    if !module.capabilities().locks.contains(&way) {
        assert_eq!(manager(module).lock(&purse, &request), Err(Unfit::Lock), "not in that way");
        return;
    }
    let debit = manager(module).lock(&purse, &request).expect("money that is there to be locked");
    assert_eq!(debit.amount, request.amount, "not more and not less");
    assert_eq!((&debit.account, &debit.account_key), (&purse.account, &purse.account_key));
    assert_eq!(lockable.lock(&purse, &request), Ok(debit), "the same each time");
    let kinds = [RegisterKind::Bank, RegisterKind::Mint, RegisterKind::Notary];
    let others = kinds.into_iter().filter(|kind| *kind != register.kind).map(|kind| RegisterRef { kind, ..register });
    let another = RegisterRef { key: KeyId(Hash::of(b"another")), ..register };
    for register in others.chain([another]) {
        let elsewhere = LockRequest { register, ..request };
        assert_eq!(lockable.lock(&purse, &elsewhere), Err(Unfit::Register), "kept elsewhere");
        assert!(manager(module).lock(&purse, &elsewhere).is_err());
    }
    let till = Purse { uses: Uses::Receive, ..purse };
    assert_eq!(manager(module).lock(&till, &request), Err(Unfit::Direction));
}

fn pays_what_was_asked(module: &'static dyn PaymentModule) {
    let Some(payable) = module.payable() else { return };
    let purse = sample(module);
    let register = module.payee(&purse).register;
    let request = PayRequest { amount: amount(&purse, 1), register, to: PayTo(Nonce([5; 16])) };
    let debit = manager(module).pay(&purse, &request).expect("money that is there to be paid");
    assert_eq!(debit.amount, request.amount, "not more and not less");
    assert_eq!((&debit.account, &debit.account_key), (&purse.account, &purse.account_key));
    assert_eq!(payable.pay(&purse, &request), Ok(debit), "the same each time");
    let elsewhere = RegisterRef { key: KeyId(Hash::of(b"another")), ..register };
    let elsewhere = PayRequest { register: elsewhere, ..request };
    assert_eq!(payable.pay(&purse, &elsewhere), Err(Unfit::Register), "kept elsewhere");
    assert!(manager(module).pay(&purse, &elsewhere).is_err());
    let till = Purse { uses: Uses::Receive, ..purse };
    assert_eq!(manager(module).pay(&till, &request), Err(Unfit::Direction));
}

fn manager(module: &'static dyn PaymentModule) -> Manager {
    Manager::default().attach(module).expect("the first of its word")
}

fn amount(purse: &Purse, minor: u64) -> Amount {
    Amount::new(minor, purse.currency).expect("within 2^53-1")
}

fn pay(amount: Amount) -> Wanted {
    Wanted { amount, direction: Direction::Pay, needs: Needs::default(), register: None }
}

fn fits(module: &'static dyn PaymentModule, purse: &Purse, amount: Amount) -> Result<(), Unfit> {
    choose(module, purse, pay(amount))
}

fn choose(module: &'static dyn PaymentModule, purse: &Purse, wanted: Wanted) -> Result<(), Unfit> {
    match manager(module).choose(std::slice::from_ref(purse), &wanted, &[]) {
        Ok(found) => {
            assert_eq!(found, [purse]);
            Ok(())
        }
        Err(none) => Err(none.why.first().expect("a reason for the only purse").1),
    }
}

#[cfg(test)]
mod tests {
    use semper_base::Misuse;
    use semper_blocks::payment::{Capabilities, Debit, Lockable, Payee};

    use super::*;

    /// Money at a mint that locks by hash and in no other way, in one currency, without showing who pays.
    #[derive(Debug)]
    struct ByHash;

    /// Says that it locks in a way and then does not.
    #[derive(Debug)]
    struct Boaster;

    impl PaymentModule for ByHash {
        fn word(&self) -> &'static str {
            "by-hash"
        }
        fn capabilities(&self) -> Capabilities {
            Capabilities {
                amount_max: 1_000,
                currencies: Some(&[Currency::EUR]),
                locks: &[Lock::Hash],
                offline: false,
                outright: false,
                payer_anonymous: true,
                refundable: false,
            }
        }
        fn check(&self, _: &Purse) -> Result<(), Misuse> {
            Ok(())
        }
        fn payee(&self, purse: &Purse) -> Payee {
            Payee { account: purse.account.clone(), register: mint(purse) }
        }
        fn lockable(&self) -> Option<&dyn Lockable> {
            Some(self)
        }
    }

    impl Lockable for ByHash {
        fn lock(&self, purse: &Purse, request: &LockRequest) -> Result<Debit, Unfit> {
            if request.register != mint(purse) {
                return Err(Unfit::Register);
            }
            let (account, account_key) = (purse.account.clone(), purse.account_key.clone());
            Ok(Debit { account, account_key, amount: request.amount })
        }
    }

    fn mint(purse: &Purse) -> RegisterRef {
        RegisterRef { key: purse.bank.key, kind: RegisterKind::Mint }
    }

    impl PaymentModule for Boaster {
        fn word(&self) -> &'static str {
            "boaster"
        }
        fn capabilities(&self) -> Capabilities {
            Capabilities { locks: &[Lock::Hash], ..ByHash.capabilities() }
        }
        fn check(&self, purse: &Purse) -> Result<(), Misuse> {
            ByHash.check(purse)
        }
        fn payee(&self, purse: &Purse) -> Payee {
            ByHash.payee(purse)
        }
    }

    #[test]
    fn a_module_that_locks_by_hash_alone_conforms() {
        suite(&ByHash);
    }

    #[test]
    #[should_panic(expected = "it locks exactly if it says so")]
    fn a_boast_is_found_out() {
        suite(&Boaster);
    }
}
