//! Two banks, a notary, and two wallets that know all three.

use semper_base::{Blob64, Millis};
use semper_commerce::dispute::Report;
use semper_driver::service::Input;
use semper_services::authority::Authority;
use semper_services::bank::{Bank, ledger};
use semper_services::notary::Notary;
use semper_services::wallet::Wallet;
use serde_json::{Value, json};

use super::cases::{authority, eur};
use super::counter::{fire as fire_locks, take};
use super::street::{Tie, connect};
use super::table::{Table, consent, fire};
use super::{Hands, enrol_named};

/// Rounds in which everything must come to rest.
const ROUNDS_MAX: usize = 30;
/// The links of a wallet to the banks.
pub(crate) const LINKS: [&str; 2] = ["bank", "bank-2"];

#[expect(clippy::struct_field_names, reason = "it is named after them")]
pub(crate) struct Banks {
    pub(crate) ca: Hands<Authority>,
    pub(crate) banks: Vec<Hands<Bank>>,
    pub(crate) notary: Hands<Notary>,
    pub(crate) wallets: Vec<Hands<Wallet>>,
    /// Of each wallet: with the notary, then with each bank.
    ties: Vec<[Tie; 3]>,
    /// Whether a bank hears and says nothing.
    pub(crate) dead: [bool; 2],
}

impl Banks {
    pub(crate) fn new(name: &str) -> Banks {
        let of = |who: &str| format!("{name}-{who}");
        let mut ca = authority(&of("ca"));
        let mut banks = Vec::new();
        for called in ["First Play Bank", "Second Play Bank"] {
            let mut bank =
                Hands::new(&of(&called.to_lowercase().replace(' ', "-")), Bank { play_deposit: Some(eur(50_000)) });
            enrol_named(&mut ca, &mut bank, "bank", called, &["statement", "tls"]);
            banks.push(bank);
        }
        let mut notary = Table::another_notary(&of("notary"), &mut ca);
        let (mut wallets, mut ties) = (Vec::new(), Vec::new());
        for called in ["Ann Able", "Bob Best"] {
            let mut wallet = Hands::new(&of(&called.to_lowercase().replace(' ', "-")), Wallet);
            enrol_named(&mut ca, &mut wallet, "buyer", called, &["statement"]);
            let with_notary = connect(&mut wallet, &mut notary, "notary", "nobody");
            let with_banks = [0, 1].map(|at| connect(&mut wallet, &mut banks[at], LINKS[at], "nobody"));
            ties.push([with_notary, with_banks[0], with_banks[1]]);
            wallets.push(wallet);
        }
        Banks { ca, banks, notary, wallets, ties, dead: [false, false] }
    }

    /// A wallet opens an account; what the purse is called.
    pub(crate) fn open(&mut self, wallet: usize, link: &str, currency: &str) -> String {
        let wish = json!({ "command": "open-account", "bank": link, "currency": currency });
        let asked = self.wallets[wallet].command(&wish);
        self.carry();
        asked["purse"].as_str().unwrap().to_owned()
    }

    /// Messages, and consent of everybody who has begun, until nobody says anything any more.
    pub(crate) fn carry(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let mut quiet = true;
            for (wallet, ties) in self.wallets.iter_mut().zip(&self.ties) {
                consent(wallet);
                let said = wallet.fetch(ties[0].server);
                quiet &= said.is_empty();
                take(&mut self.notary, ties[0].client, said);
                for ((bank, tie), dead) in self.banks.iter_mut().zip(&ties[1..]).zip(self.dead) {
                    if !dead {
                        let said = wallet.fetch(tie.server);
                        quiet &= said.is_empty();
                        take(bank, tie.client, said);
                    }
                }
            }
            for (wallet, ties) in self.wallets.iter_mut().zip(&self.ties) {
                let said = self.notary.fetch(ties[0].client);
                quiet &= said.is_empty();
                take(wallet, ties[0].server, said);
                for ((bank, tie), dead) in self.banks.iter_mut().zip(&ties[1..]).zip(self.dead) {
                    if !dead {
                        let said = bank.fetch(tie.client);
                        quiet &= said.is_empty();
                        take(wallet, tie.server, said);
                    }
                }
            }
            if quiet {
                return;
            }
        }
        panic!("they talk for ever");
    }

    pub(crate) fn pass(&mut self, time: Millis) {
        self.ca.pass(time);
        self.notary.pass(time);
        self.banks.iter_mut().for_each(|bank| bank.pass(time));
        self.wallets.iter_mut().for_each(|wallet| wallet.pass(time));
    }

    /// Whoever waits acts by itself; then everything is carried.
    pub(crate) fn fire(&mut self) {
        fire(&mut self.notary);
        self.banks.iter_mut().for_each(fire_locks);
        for wallet in &mut self.wallets {
            fire(wallet);
            fire_locks(wallet);
        }
        self.carry();
    }

    /// A wallet's purses as it shows them: name, bank, balance when the bank last said so.
    pub(crate) fn purses(&mut self, wallet: usize) -> Vec<[String; 3]> {
        let shown = self.wallets[wallet].command(&json!({ "command": "purse" }));
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        let purses = shown["purses"].as_array().unwrap();
        purses.iter().map(|one| [text(one, "purse"), text(one, "bank"), text(one, "balance")]).collect()
    }

    /// What is on an account by its bank's books.
    pub(crate) fn money(&mut self, wallet: usize, purse: &str) -> String {
        let shown = self.wallets[wallet].command(&json!({ "command": "purse" }));
        let purses = shown["purses"].as_array().unwrap();
        let one = purses.iter().find(|one| one["purse"] == purse).unwrap().clone();
        let at = usize::from(one["bank"] == "Second Play Bank");
        let balance = self.banks[at].command(&json!({ "command": "balance", "account": one["account"] }));
        balance["available"].as_str().unwrap().to_owned()
    }

    /// Both banks' books are in order; how many locks are still open.
    pub(crate) fn open_locks(&mut self) -> u64 {
        let mut open = 0;
        for bank in &mut self.banks {
            let report = bank.look(ledger::check);
            assert!(report.is_clean(), "{:?}", report.discrepancies);
            open += report.open_locks;
        }
        open
    }

    pub(crate) fn refused(&mut self, wallet: usize, wish: &Value) -> semper_base::Code {
        self.wallets[wallet].local(&Input::Command(wish.to_string().into_bytes())).unwrap_err().code()
    }

    pub(crate) fn sign(&mut self, wallet: usize, file: &Value) {
        self.wallets[wallet].command(&json!({ "command": "contract-sign", "file": file }));
        consent(&mut self.wallets[wallet]);
    }

    pub(crate) fn words(&mut self, id: &Value) -> Vec<String> {
        let ask = json!({ "command": "contract", "contract": id });
        let word = |wallet: &mut Hands<Wallet>| wallet.command(&ask)["word"].as_str().unwrap().to_owned();
        self.wallets.iter_mut().map(word).collect()
    }

    /// What a stranger says of the pack that this wallet exports.
    pub(crate) fn verified(&mut self, wallet: usize, id: &Value) -> Report {
        self.exported(wallet, &json!({ "command": "contract-export", "contract": id }))
    }

    /// The same of the pack of one payment.
    pub(crate) fn verified_part(&mut self, wallet: usize, id: &Value, part: u64) -> Report {
        self.exported(wallet, &json!({ "command": "contract-export", "contract": id, "part": part }))
    }

    fn exported(&mut self, wallet: usize, wish: &Value) -> Report {
        let exported = self.wallets[wallet].command(wish);
        let pack: Blob64 = serde_json::from_value(exported["pack"].clone()).unwrap();
        let root = self.wallets[wallet].get("trust", "root").unwrap();
        let crypto = &*self.wallets[wallet].crypto;
        let root = semper_blocks::certificate::Root::read(&root, crypto).unwrap();
        semper_commerce::dispute::verify(&semper_commerce::dispute::read(&pack.0, crypto).unwrap(), &root, crypto)
    }
}
