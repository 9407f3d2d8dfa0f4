//! An oracle that never speaks proves nothing: here are bugs, planted one by one, and what must be said
//! of each.

use semper_base::{Key, PeerId, Timestamp, Write};
use semper_driver::Store as _;
use semper_services::shop::Lie;
use semper_sim::disk::Bug;
use semper_sim::lies::Withhold;
use semper_sim::market::{Market, Plan};
use semper_sim::play::play_with;
use semper_sim::script::{Act, Script};
use semper_support::comm::Envelope;

const MINUTE: u64 = 60_000;

/// Three purchases with nothing wrong.
fn calm() -> Script {
    let mut script = Script::new(Plan { ideal: true, length: 2_000, ..Plan::small(1) });
    script.storm = 30 * MINUTE;
    script.acts = (0..3).map(|n| (n * MINUTE, Act::Buy("wallet-0".to_owned(), "shop-0".to_owned()))).collect();
    script
}

/// Plays with a bug planted, and sees that this is said.
fn found(script: &Script, said: &str, plant: impl FnOnce(&mut Market)) {
    let clean = play_with(script, |_| {}).result;
    assert!(clean.is_ok(), "fails without the bug: {clean:?}");
    let with_bug = play_with(script, plant).result.unwrap_err();
    assert!(with_bug.0.contains(said), "{with_bug}");
}

fn bug(who: &'static str, bug: Bug) -> impl FnOnce(&mut Market) {
    move |market| {
        let who = market.world.named(who).unwrap();
        market.world.tamper(who, |disk| disk.plant(bug)).unwrap();
        market.world.run_for(MINUTE).unwrap();
    }
}

#[test]
fn a_bank_that_pays_interest_by_mistake() {
    found(&calm(), "all balances together", bug("bank", Bug::Interest));
}

#[test]
fn money_out_of_nothing() {
    found(&calm(), "money was", |market| {
        let (wallet, bank) = (market.wallet(), market.bank);
        let account = market.account(wallet).unwrap();
        let deposit = serde_json::json!({ "command": "deposit", "account": account, "amount": "1.00 EUR" });
        market.world.command(bank, &deposit).unwrap();
    });
}

#[test]
fn an_account_that_does_not_show_what_was_paid() {
    found(&calm(), "does not show what the deals came to", |market| {
        let (wallet, bank) = (market.wallet(), market.bank);
        let account = market.account(wallet).unwrap();
        let deposit = serde_json::json!({ "command": "deposit", "account": account, "amount": "1.00 EUR" });
        market.world.command(bank, &deposit).unwrap();
        *market.world.oracle.play.values_mut().next().unwrap() -= 100;
    });
}

#[test]
fn a_register_that_changes_a_row() {
    found(&calm(), "changed", bug("bank", Bug::RewritesRegister));
}

#[test]
fn a_register_that_forgets_its_decision() {
    found(&calm(), "the register has no row", bug("bank", Bug::ForgetsRegister("remedy")));
}

#[test]
fn machines_whose_state_is_not_stored() {
    for who in ["wallet-0", "shop-0", "bank"] {
        let plant = |market: &mut Market| {
            market.world.events_max = 5_000;
            bug(who, Bug::ForgetsRows("dgp/"))(market);
        };
        let result = play_with(&calm(), plant).result;
        assert!(result.is_err(), "nobody notices that {who} forgets: {result:?}");
    }
}

#[test]
fn balances_that_are_not_stored() {
    found(&calm(), "all balances together", bug("bank", Bug::ForgetsRows("balance/~held")));
}

#[test]
fn a_queue_that_never_shrinks() {
    let mut script = calm();
    script.acts = (0..28).map(|n| (n * MINUTE, Act::Buy("wallet-0".to_owned(), "shop-0".to_owned()))).collect();
    let plant = |market: &mut Market| {
        market.world.events_max = 20_000;
        bug("bank", Bug::KeepsQueue)(market);
    };
    let result = play_with(&script, plant).result.unwrap_err();
    assert!(result.0.contains("a queue at rest") || result.0.contains("circles"), "{result}");
}

#[test]
fn a_party_that_keeps_too_much() {
    found(&calm(), "out of bounds with kept bytes", |market| {
        let bank = market.bank;
        let wrote = market.world.tamper(bank, |disk| {
            disk.reopen().unwrap();
            let mut transaction = disk.begin().unwrap();
            for n in 0..12 {
                let junk = Write::Put(Key::new("junk", n), vec![0; 1 << 20]);
                let _ = transaction.apply(&[junk], Timestamp::EPOCH).unwrap();
            }
            transaction.commit()
        });
        wrote.unwrap().unwrap();
        market.world.run_for(MINUTE).unwrap();
    });
}

#[test]
fn a_disk_whose_sync_lies() {
    let mut script = calm();
    script.acts.push((MINUTE + 500, Act::Kill("bank".to_owned(), 5_000)));
    script.acts.sort();
    found(&script, "did not come back", bug("bank", Bug::LyingSync));
}

#[test]
fn an_old_copy_that_starts() {
    let mut script = calm();
    script.acts.push((10_000, Act::Copy("shop-0".to_owned())));
    script.acts.push((20 * MINUTE, Act::OldDisk("shop-0".to_owned())));
    script.acts.sort();
    found(&script, "starts on an old copy", bug("shop-0", Bug::OpensOldCopies));
}

#[test]
fn somebody_is_stranded() {
    found(&calm(), "not everybody is through", |market| {
        let lie = Withhold { from: "bank".to_owned(), to: Some("wallet-0".to_owned()), word: String::new() };
        market.world.lies.push(Box::new(lie));
    });
}

/// One purchase whose wallet is restored to a copy from before it asked for the money to be paid.
fn restored(who: &str) -> Script {
    let mut script = calm();
    script.acts = vec![
        (0, Act::Buy("wallet-0".to_owned(), "shop-0".to_owned())),
        (COPIED, Act::Copy(who.to_owned())),
        (2 * MINUTE, Act::Recover(who.to_owned())),
    ];
    script
}

/// Everything is here, and the mandate is not signed.
const COPIED: u64 = 1_900;

#[test]
fn somebody_restored_is_stranded() {
    // The bank has opened the account, and has told the wallet that it holds the money.
    for (who, after) in [("wallet-0", 2), ("shop-0", 1)] {
        found(&restored(who), "not everybody is through", |market| {
            market.world.lies.push(Box::new(FallsSilent { from: "bank", to: who, after }));
        });
    }
}

#[test]
fn somebody_whose_clock_was_wrong_is_stranded() {
    let mut script = restored("wallet-0");
    script.acts = vec![
        (0, Act::Buy("wallet-0".to_owned(), "shop-0".to_owned())),
        (COPIED, Act::Clock("wallet-0".to_owned(), 120 * i64::try_from(MINUTE).unwrap())),
        (2 * MINUTE, Act::Clock("wallet-0".to_owned(), 0)),
    ];
    found(&script, "not everybody is through", |market| {
        market.world.lies.push(Box::new(FallsSilent { from: "bank", to: "wallet-0", after: 2 }));
    });
}

#[test]
fn somebody_restored_has_another_account_than_its_deals_say() {
    for who in ["wallet-0", "shop-0"] {
        found(&restored(who), "does not show what the deals came to", |market| {
            let (who, bank) = (market.world.named(who).unwrap(), market.bank);
            let account = market.account(who).unwrap();
            let deposit = serde_json::json!({ "command": "deposit", "account": account, "amount": "1.00 EUR" });
            market.world.command(bank, &deposit).unwrap();
            *market.world.oracle.play.values_mut().next().unwrap() -= 100;
        });
    }
}

#[test]
fn a_cheat_that_nobody_named() {
    let mut script = calm();
    script.plan.lie = Lie::WrongFile;
    let result = play_with(&script, |_| {}).result;
    // As a liar it may be convicted; as an honest shop it may not.
    let mut named = script.clone();
    named.liars = vec!["shop-0".to_owned()];
    assert!(play_with(&named, |_| {}).result.is_ok());
    script.plan.liars = vec!["shop-0".to_owned()];
    assert!(result.unwrap_err().0.contains("convicted"));
}

/// Says no more than so much to somebody.
#[derive(Debug)]
struct FallsSilent {
    from: &'static str,
    to: &'static str,
    after: u64,
}

impl semper_sim::lies::Lie for FallsSilent {
    fn instead(&mut self, from: &str, to: &str, message: &Envelope) -> Option<(String, String)> {
        let meant = from == self.from && to == self.to && message.seq > self.after;
        meant.then(|| (semper_sim::lies::NOTHING.to_owned(), "{}".to_owned()))
    }
}

/// Says a secret beside everything else that it says.
#[derive(Debug)]
struct Blab {
    from: &'static str,
    to: &'static str,
    secret: Vec<u8>,
    told: bool,
}

impl semper_sim::lies::Lie for Blab {
    fn instead(&mut self, from: &str, to: &str, _: &Envelope) -> Option<(String, String)> {
        if from != self.from || to != self.to || self.told {
            return None;
        }
        self.told = true;
        let body = serde_json::json!({ "note": semper_base::bytes::encode(&self.secret) });
        Some(("gossip".to_owned(), body.to_string()))
    }
}

#[test]
fn goods_and_accounts_that_travel_where_they_must_not() {
    for (from, to, goods) in [("shop-0", "bank", true), ("shop-0", "notary", true), ("wallet-0", "shop-0", false)] {
        let result = play_with(&calm(), |market| {
            if to == "notary" {
                // Nothing goes from a shop to a notary by itself.
                let (shop, notary) = (market.shop(), market.notary);
                let met = serde_json::to_vec(
                    &market.world.row::<serde_json::Value>(shop, &Key::new("met", "notary")).unwrap(),
                );
                let met: serde_json::Value = serde_json::from_slice(&met.unwrap()).unwrap();
                let peer: PeerId = serde_json::from_value(met["peer"].clone()).unwrap();
                let _ = notary;
                market.world.smuggle(shop, peer, "dgp", b"{}").unwrap();
            }
            let wallet = market.wallet();
            let account = market.account(wallet).unwrap().into_bytes();
            let secret = if goods { market.file.clone() } else { account };
            market.world.lies.push(Box::new(Blab { from, to, secret, told: false }));
        });
        let failure = result.result.unwrap_err();
        assert!(failure.0.contains("learns what it must not"), "{from} to {to}: {failure}");
    }
}
