//! `semper demo --exchange`: one exchange of each kind between processes of their own, told line by line.
//!
//! A new kind is an entry in [`KINDS`] and, unless it is a purchase, a cast with a function that plays it.

mod change;
pub(super) mod cheat;
mod container_lies;
mod containers;
pub(super) mod contract;
pub(super) mod deceit;
mod fees;
pub(super) mod hashed;
pub(super) mod joint;
mod locks;
mod papers;
mod parcel;
mod parcel_lies;
mod parcels;
mod round_lies;
mod rounds;
pub(super) mod scene;
mod show;
mod swap;
mod transfer;

use std::process::ExitCode;

use semper_base::Error;
use serde_json::{Value, json};

use super::Options;
use super::market::Cast;
use super::story::Story;
use crate::output::{say, say_json};
use crate::serve::Role;
use scene::Scene;

/// A kind of exchange.
#[derive(Debug)]
pub(super) struct Kind {
    name: &'static str,
    /// What is exchanged for what, in one line.
    line: &'static str,
    play: Play,
}

/// How a kind is played.
#[derive(Clone, Copy, Debug)]
enum Play {
    /// As the purchase that `semper demo` plays.
    Purchase,
    /// Between these.
    Between(&'static [Cast], fn(&mut Scene<'_>) -> Result<Value, Error>),
}

const NOTARY: Cast = Cast { role: Role::Notary, name: "notary", called: "Play Notary", knows: &[], lie: None };
const BANK: Cast = Cast { role: Role::Bank, name: "bank", called: "First Play Bank", knows: &[], lie: None };
const WALLET: Cast = Cast { role: Role::Wallet, name: "wallet", called: "Bea Buyer", knows: &["notary"], lie: None };

const SHOP: Cast = Cast { role: Role::Shop, name: "shop", called: "Corner Shop", knows: &["notary"], lie: None };

/// A wallet and the shop that it is linked with.
const PAIR: &[Cast] = &[NOTARY, SHOP, Cast { knows: &["notary", "shop"], ..WALLET }];

/// The same, both with an account at a bank.
const PAYING_PAIR: &[Cast] =
    &[NOTARY, BANK, Cast { knows: &["notary", "bank"], ..SHOP }, Cast { knows: &["notary", "bank", "shop"], ..WALLET }];

/// Five wallets that know nobody but the notary.
const FIVE: &[Cast; 6] = &[
    NOTARY,
    WALLET,
    Cast { name: "wallet-2", called: "Carl Cooper", ..WALLET },
    Cast { name: "wallet-3", called: "Dora Draper", ..WALLET },
    Cast { name: "wallet-4", called: "Emil Engineer", ..WALLET },
    Cast { name: "wallet-5", called: "Flora Farmer", ..WALLET },
];

/// A bank and two of its customers, with a third wallet.
const JOINT: &[Cast] = &[
    NOTARY,
    BANK,
    Cast { knows: &["notary", "bank"], ..WALLET },
    Cast { name: "wallet-2", called: "Sam Seller", knows: &["notary", "bank"], ..WALLET },
    Cast { name: "wallet-3", called: "Will Witness", ..WALLET },
];

/// Three wallets that know nobody but the notary.
const THREE: &[Cast; 4] = &[
    NOTARY,
    WALLET,
    Cast { name: "wallet-2", called: "Carl Cooper", ..WALLET },
    Cast { name: "wallet-3", called: "Dora Draper", ..WALLET },
];

/// The kind in which every packet of contracts and mail passes.
pub(super) const PAPERS: &str = "papers";

/// The kind in which every packet of locks and joint deals passes, but those of money for parcels.
pub(super) const LOCKS: &str = "locks";

/// The kind in which every packet of mail order passes.
pub(super) const PARCELS: &str = "parcels";

/// The kind in which every packet of contracts signed in rounds passes.
pub(super) const PLEDGES: &str = "pledges";

/// The kind in which every packet of containers and payments passes.
pub(super) const CONTAINERS: &str = "containers";

/// The kind in which a notary's fee is billed and paid.
pub(super) const FEES: &str = "two-notaries";

/// Every kind, today's purchase first.
const KINDS: &[Kind] = &[
    Kind { name: "file", line: "A file for money that a bank holds.", play: Play::Purchase },
    Kind {
        name: "contract",
        line: "Two signatures under one contract, over the parties' own link; the notary hears of it only in a dispute.",
        play: Play::Between(PAIR, contract::optimistic),
    },
    Kind {
        name: "contract-5",
        line: "Five signatures under one contract; the notary gives them out when it has all of them.",
        play: Play::Between(FIVE, contract::through_the_notary),
    },
    Kind {
        name: "data-for-data",
        line: "Three letters in a ring; the notary gives out all keys in one answer when everybody has signed, or none.",
        play: Play::Between(THREE, swap::ring),
    },
    Kind {
        name: "joint-deal",
        line: "A letter, a payment and a third party's signature: one decision of the notary, which the bank obeys.",
        play: Play::Between(JOINT, swap::letter_for_payment),
    },
    Kind {
        name: "currency-change",
        line: "Euro at one bank for francs at another: one decision of the notary, which both banks obey.",
        play: Play::Between(change::CHANGERS, change::currency),
    },
    Kind {
        name: "hash-lock",
        line: "Data for money that the bank locks until it is shown the data's key.",
        play: Play::Between(hashed::THREE, hashed::sale),
    },
    Kind {
        name: "transfer",
        line: "No exchange: a folder and a payment one way in one container, all of it or nothing; then the other way.",
        play: Play::Between(PAYING_PAIR, transfer::both_ways),
    },
    Kind {
        name: "escrow",
        line: "Two parcels for money that the bank keeps: one comes and is paid, about the other one an arbiter rules.",
        play: Play::Between(parcel::STREET, parcels::two),
    },
    Kind {
        name: "rounds",
        line: "Three signatures under one contract, promised in rounds; the notary has nothing to decide unless somebody stops.",
        play: Play::Between(THREE, rounds::signed),
    },
    Kind {
        name: FEES,
        line: "Two notaries: both signers prefer the one that takes a fee, which is billed after its decision, and paid.",
        play: Play::Between(fees::OFFICES, fees::paid),
    },
    Kind {
        name: PAPERS,
        line: "Contracts and certified mail of two, signed, given up and asked about in turn: every packet there is.",
        play: Play::Between(PAIR, papers::all),
    },
    Kind {
        name: LOCKS,
        line: "Data on sale and joint deals of two, done, given up, unpaid and asked about in turn: every packet there is.",
        play: Play::Between(PAYING_PAIR, locks::all),
    },
    Kind {
        name: PARCELS,
        line: "Mail orders under escrow, paid and sent back, ruled on and cancelled in turn: every packet there is.",
        play: Play::Between(parcel::STREET, parcels::all),
    },
    Kind {
        name: PLEDGES,
        line: "Contracts of three in rounds, signed and given up in turn: every packet there is.",
        play: Play::Between(rounds::SIGNERS, rounds::all),
    },
    Kind {
        name: CONTAINERS,
        line: "Containers and payments for receipt of two, taken, stopped and unpaid in turn: every packet there is.",
        play: Play::Between(PAYING_PAIR, containers::all),
    },
];

/// What `--exchange` asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// Print the names.
    List,
    /// Play one.
    Play(&'static Kind),
}

/// Reads the value of `--exchange`.
pub(super) fn parse(text: &str) -> Result<Wanted, String> {
    if text == "list" {
        return Ok(Wanted::List);
    }
    named(text).ok_or_else(|| "no such exchange; `--exchange list` prints all".to_owned())
}

/// The kind of this name.
pub(super) fn named(name: &str) -> Option<Wanted> {
    KINDS.iter().find(|kind| kind.name == name).map(Wanted::Play)
}

/// Plays it; nothing where that is the purchase, which the caller plays.
pub(super) fn run(wanted: Wanted, options: &Options, json: bool) -> Result<Option<ExitCode>, Error> {
    let kind = match wanted {
        Wanted::List => {
            for kind in KINDS {
                list(kind, json);
            }
            return Ok(Some(ExitCode::SUCCESS));
        }
        Wanted::Play(kind) => kind,
    };
    let Play::Between(cast, play) = kind.play else { return Ok(None) };
    let directory = super::directory(options.data_dir.as_deref())?;
    let story = Story::new(json);
    let text = format!("A play market in {}. No real money is involved. {}", directory.display(), kind.line);
    story.tell("start", &text, &json!({ "exchange": kind.name }));
    let summary = Scene::play(&directory, &story, cast, options.crashes(kind.name, json), play)?;
    show::summary(&summary, kind.name, json);
    let holds = |name: &str| summary.get(name).and_then(Value::as_bool) == Some(true);
    let fair = summary.get("outcome").and_then(Value::as_str) == Some("fair");
    Ok(Some(if fair && holds("verified") { ExitCode::SUCCESS } else { ExitCode::from(7) }))
}

fn list(kind: &Kind, json: bool) {
    if json {
        say_json(&json!({ "exchange": kind.name, "text": kind.line }));
    } else {
        say(format!("{:<15} {}", kind.name, kind.line));
    }
}
