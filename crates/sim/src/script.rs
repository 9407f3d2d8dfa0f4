//! A run as text: the market, what its people do and when, what goes wrong and where, what to expect.
//!
//! ```text
//! market seed=7 banks=1 notaries=1 currencies=1 shops=1 wallets=1 length=900 lie=None
//! counter shop-0 whole 1 wallet-0
//! liars shop-0
//! storm 3600000
//! at 0 buy wallet-0 shop-0
//! at 50 contract 3600000 wallet-0 shop-0
//! at 900 sign shop-0
//! at 950 sell 600000 shop-0 wallet-0
//! at 960 order wallet-0 shop-0 2 1
//! at 990 parcel shop-0 ship
//! at 995 send letter wallet-0 shop-0 600000
//! crash shop-0 after-commit 3
//! tamper shop-0>wallet-0 2 99
//! expect verdict none
//! ```

mod draw;
mod parcels;
mod rounds;
mod trades;

use serde::Serialize;

use semper_services::shop::Lie;

use crate::containers::{Load, Say};
use crate::fate::Line;
use crate::forge::Forgery;
use crate::market::Plan;
use crate::papers::{Form, Wish};
use crate::parcels::{Counter, Deed};
use crate::screen::Decision;
use crate::trouble::Trouble;

pub use draw::{draw, draw_papers};
pub use parcels::{draw_containers, draw_parcels};
pub use rounds::draw_rounds;
pub use trades::draw_trades;

/// Lines that a script may have.
const LINES_MAX: usize = 200_000;
/// Parties of each kind that a script may ask for.
const PARTIES_MAX: usize = 16;
/// Longest file, in bytes.
const LENGTH_MAX: usize = 4 << 20;

const LIES: [(Lie, &str); 6] = [
    (Lie::None, "none"),
    (Lie::GarbageEscrow, "garbage-escrow"),
    (Lie::LateCapture, "late-capture"),
    (Lie::LoseKey, "lose-key"),
    (Lie::WithholdKey, "withhold-key"),
    (Lie::WrongFile, "wrong-file"),
];
const DECISIONS: [(Decision, &str); 4] = [
    (Decision::Sign, "sign"),
    (Decision::Decline, "decline"),
    (Decision::CannotAsk, "cannot-ask"),
    (Decision::Wait, "wait"),
];

/// Something that somebody does, or that is done to somebody, at a time. Lengths are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// A user wants the book.
    Buy(String, String),
    /// A party's clock is ahead by so much from now on.
    Clock(String, i64),
    /// The user contests the newest deal.
    Contest(String),
    /// Somebody copies a party's data directory.
    Copy(String),
    /// A party's clock gains so many millionths from now on, or loses them.
    Drift(String, i64),
    /// A liar signs something false about its newest contract or mail.
    Forge(String, Forgery),
    /// A disk is full for so long.
    Full(String, u64),
    /// A liar says once more what it said or heard: the n-th of it.
    Inject(String, String, u64),
    /// An owner says something about containers.
    Goods(String, Say),
    /// A process is off for so long.
    Kill(String, u64),
    /// From now on a user answers questions of this kind so.
    Mood(String, String, Decision),
    /// Every sync of a disk fails for so long.
    NoSync(String, u64),
    /// The copy is put back, and must be refused.
    OldDisk(String),
    /// A user orders so many mugs and teas.
    Order(String, String, u64, u64),
    /// The first of these makes a contract with the others, or writes to the other, to be signed within so long.
    Paper(Form, u64, Vec<String>),
    /// Somebody does something about its newest mail order.
    Parcel(String, Deed),
    /// Two parties do not reach each other for so long.
    Part(String, String, u64),
    /// The copy is put back, and the operator says that there is no newer one.
    Recover(String),
    /// The user or the shop's operator gives the newest deal up.
    Release(String),
    /// The user asks for everything again.
    Resume(String),
    /// A notary rules on what the other shows it: so many thousandths are for the seller.
    Rule(String, String, u64),
    /// The first of these offers data to the others, whose money stays locked for so long; a liar may sign that it is
    /// something else.
    Sell(bool, u64, Vec<String>),
    /// The first sends a container to the second, which has so long to take it.
    Send(Load, String, String, u64),
    /// The owner looks at the contracts, mails and data before it, and begins what is not begun.
    Sign(String),
    /// The owner wishes something of the newest data that it sells or buys.
    Trade(String, Wish),
    /// The owner wishes something of the newest contract or mail.
    Wish(String, Wish),
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Act::Buy(wallet, shop) => write!(f, "buy {wallet} {shop}"),
            Act::Clock(who, ahead) => write!(f, "clock {who} {ahead}"),
            Act::Contest(who) => write!(f, "contest {who}"),
            Act::Copy(who) => write!(f, "copy {who}"),
            Act::Drift(who, millionths) => write!(f, "drift {who} {millionths}"),
            Act::Forge(who, forgery) => write!(f, "forge {who} {}", forgery.word()),
            Act::Full(who, millis) => write!(f, "full {who} {millis}"),
            Act::Inject(from, to, n) => write!(f, "inject {from} {to} {n}"),
            Act::Goods(who, say) => write!(f, "goods {who} {}", say.word()),
            Act::Kill(who, millis) => write!(f, "kill {who} {millis}"),
            Act::Mood(who, kind, decision) => {
                let word = DECISIONS.iter().find(|(known, _)| known == decision).map_or("", |(_, word)| *word);
                write!(f, "mood {who} {kind} {word}")
            }
            Act::NoSync(who, millis) => write!(f, "no-sync {who} {millis}"),
            Act::OldDisk(who) => write!(f, "old-disk {who}"),
            Act::Order(wallet, shop, mugs, teas) => write!(f, "order {wallet} {shop} {mugs} {teas}"),
            Act::Paper(form, lasts, parties) => write!(f, "{} {lasts} {}", form.word(), parties.join(" ")),
            Act::Parcel(who, deed) => write!(f, "parcel {who} {}", deed.word()),
            Act::Part(one, other, millis) => write!(f, "part {one} {other} {millis}"),
            Act::Recover(who) => write!(f, "recover {who}"),
            Act::Release(who) => write!(f, "release {who}"),
            Act::Resume(who) => write!(f, "resume {who}"),
            Act::Rule(arbiter, side, thousandths) => write!(f, "rule {arbiter} {side} {thousandths}"),
            Act::Sell(honest, lasts, parties) => {
                let word = if *honest { "sell" } else { "sell-other" };
                write!(f, "{word} {lasts} {}", parties.join(" "))
            }
            Act::Send(load, from, to, lasts) => write!(f, "send {} {from} {to} {lasts}", load.word()),
            Act::Sign(who) => write!(f, "sign {who}"),
            Act::Trade(who, wish) => write!(f, "trade {who} {}", wish.word()),
            Act::Wish(who, wish) => write!(f, "wish {who} {}", wish.word()),
        }
    }
}

impl Act {
    /// Whether it waits for no storm: what people do about parcels takes days.
    #[must_use]
    pub fn is_patient(&self) -> bool {
        matches!(self, Act::Parcel(..) | Act::Rule(..))
    }

    fn read(words: &[&str]) -> Option<Act> {
        let at = |n: usize| words.get(n).map(|word| (*word).to_owned());
        let number = |n: usize| words.get(n).and_then(|word| word.parse::<u64>().ok());
        Some(match *words.first()? {
            "buy" => Act::Buy(at(1)?, at(2)?),
            "clock" => Act::Clock(at(1)?, words.get(2)?.parse().ok()?),
            "contest" => Act::Contest(at(1)?),
            "copy" => Act::Copy(at(1)?),
            "drift" => Act::Drift(at(1)?, words.get(2)?.parse().ok()?),
            "forge" => Act::Forge(at(1)?, Forgery::read(words.get(2)?)?),
            "full" => Act::Full(at(1)?, number(2)?),
            "inject" => Act::Inject(at(1)?, at(2)?, number(3)?),
            "goods" => Act::Goods(at(1)?, Say::read(words.get(2)?)?),
            "kill" => Act::Kill(at(1)?, number(2)?),
            "mood" => {
                let word = at(3)?;
                let decision = DECISIONS.iter().find(|(_, known)| *known == word)?.0;
                Act::Mood(at(1)?, at(2)?, decision)
            }
            "no-sync" => Act::NoSync(at(1)?, number(2)?),
            "old-disk" => Act::OldDisk(at(1)?),
            "order" => Act::Order(at(1)?, at(2)?, number(3)?, number(4)?),
            "parcel" => Act::Parcel(at(1)?, Deed::read(words.get(2)?)?),
            "part" => Act::Part(at(1)?, at(2)?, number(3)?),
            "recover" => Act::Recover(at(1)?),
            "release" => Act::Release(at(1)?),
            "resume" => Act::Resume(at(1)?),
            "rule" => Act::Rule(at(1)?, at(2)?, number(3)?),
            "sell" | "sell-other" => Act::Sell(words.first() == Some(&"sell"), number(1)?, names(words)?),
            "send" => Act::Send(Load::read(words.get(1)?)?, at(2)?, at(3)?, number(4)?),
            "sign" => Act::Sign(at(1)?),
            "trade" => Act::Trade(at(1)?, Wish::read(words.get(2)?)?),
            "wish" => Act::Wish(at(1)?, Wish::read(words.get(2)?)?),
            word => {
                let form = Form::read(word)?;
                Act::Paper(form, number(1)?, names(words)?)
            }
        })
    }
}

/// Two parties or more, behind a word and a number.
fn names(words: &[&str]) -> Option<Vec<String>> {
    let names: Vec<String> = words.get(2..)?.iter().map(|name| (*name).to_owned()).collect();
    (names.len() > 1).then_some(names)
}

/// What a script says must come out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Expect {
    /// So many deals end with this word: `settled 2`.
    Ending(String, u64),
    /// An oracle finds something, and says this of it.
    Failure(String),
    /// Somebody in this role is convicted in some deal; `none` for nobody in any.
    Verdict(String),
}

impl std::fmt::Display for Expect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expect::Ending(word, count) => write!(f, "expect {word} {count}"),
            Expect::Failure(text) => write!(f, "expect failure {text}"),
            Expect::Verdict(role) => write!(f, "expect verdict {role}"),
        }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Script {
    /// The market.
    pub plan: Plan,
    /// Parties that lie, together.
    pub liars: Vec<String>,
    /// Milliseconds after which nothing goes wrong any more.
    pub storm: u64,
    /// Faults are drawn from the seed instead of being listed.
    pub drawn: bool,
    /// What is done, with the milliseconds since the beginning.
    pub acts: Vec<(u64, Act)>,
    /// What goes wrong.
    pub lines: Vec<Line>,
    /// What must come out.
    pub expects: Vec<Expect>,
}

impl std::fmt::Display for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Plan { seed, banks, notaries, currencies, shops, wallets, length, offsets, .. } = &self.plan;
        let lie = LIES.iter().find(|(known, _)| *known == self.plan.lie).map_or("none", |(_, word)| *word);
        let crypto = if self.plan.ideal { "ideal" } else { "real" };
        let boxes = if self.plan.bad_escrow { " boxes=bad" } else { "" };
        writeln!(
            f,
            "market seed={seed} banks={banks} notaries={notaries} currencies={currencies} shops={shops} \
             wallets={wallets} length={length} lie={lie} crypto={crypto}{boxes}"
        )?;
        let [bank, notary, shop, wallet] = offsets;
        writeln!(f, "clocks {bank} {notary} {shop} {wallet}")?;
        self.plan.counters.iter().try_for_each(|counter| writeln!(f, "{counter}"))?;
        if !self.liars.is_empty() {
            writeln!(f, "liars {}", self.liars.join(" "))?;
        }
        writeln!(f, "storm {}", self.storm)?;
        if self.drawn {
            writeln!(f, "drawn")?;
        }
        self.acts.iter().try_for_each(|(at, act)| writeln!(f, "at {at} {act}"))?;
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        self.expects.iter().try_for_each(|expect| writeln!(f, "{expect}"))
    }
}

impl Script {
    /// An empty script for a market.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let (liars, acts, lines, expects) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Script { plan, liars, storm: 0, drawn: false, acts, lines, expects }
    }

    /// Reads what `Display` wrote, or a person.
    pub fn read(text: &str) -> Result<Script, Trouble> {
        let mut script = Script::new(Plan { ideal: true, length: 1_000, ..Plan::small(1) });
        if text.lines().count() > LINES_MAX {
            return Err(Trouble::new("the script is too long"));
        }
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                let wrong = |why: &str| Trouble::new(format!("line {}: {why}: {line}", number + 1));
                script.take(line).map_err(|trouble| wrong(&trouble.0))?;
            }
        }
        if script.storm == 0 && !script.drawn {
            script.storm = 6 * 3_600_000;
        }
        Ok(script)
    }

    fn take(&mut self, line: &str) -> Result<(), Trouble> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (first, rest) = words.split_first().ok_or_else(|| Trouble::new("empty"))?;
        let wrong = || Trouble::new("not understood");
        match *first {
            "market" => rest.iter().try_for_each(|word| self.market(word)),
            "clocks" => {
                for (offset, word) in self.plan.offsets.iter_mut().zip(rest) {
                    *offset = word.parse().map_err(|_| wrong())?;
                }
                Ok(())
            }
            "counter" => {
                self.plan.counters.push(Counter::read(rest).ok_or_else(wrong)?);
                Ok(())
            }
            "liars" => {
                self.liars = rest.iter().map(|word| (*word).to_owned()).collect();
                Ok(())
            }
            "storm" => {
                self.storm = rest.first().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
                Ok(())
            }
            "drawn" => {
                self.drawn = true;
                Ok(())
            }
            "at" => {
                let (at, act) = rest.split_first().ok_or_else(wrong)?;
                let at = at.parse().map_err(|_| wrong())?;
                self.acts.push((at, Act::read(act).ok_or_else(wrong)?));
                Ok(())
            }
            "expect" => {
                let (what, text) = rest.split_first().ok_or_else(wrong)?;
                self.expects.push(match *what {
                    "failure" => Expect::Failure(text.join(" ")),
                    "verdict" => Expect::Verdict(text.join(" ")),
                    word => {
                        let count = text.first().and_then(|count| count.parse().ok()).ok_or_else(wrong)?;
                        Expect::Ending(word.to_owned(), count)
                    }
                });
                Ok(())
            }
            _ => {
                self.lines.push(Line::read(line)?.ok_or_else(wrong)?);
                Ok(())
            }
        }
    }

    fn market(&mut self, word: &str) -> Result<(), Trouble> {
        let wrong = || Trouble::new(format!("not understood: {word}"));
        let (name, value) = word.split_once('=').ok_or_else(wrong)?;
        let count = |most: usize| value.parse::<usize>().ok().filter(|count| *count <= most).ok_or_else(wrong);
        let plan = &mut self.plan;
        match name {
            "seed" => plan.seed = value.parse().map_err(|_| wrong())?,
            "banks" => plan.banks = count(PARTIES_MAX)?,
            "notaries" => plan.notaries = count(PARTIES_MAX)?,
            "currencies" => plan.currencies = count(2)?,
            "shops" => plan.shops = count(PARTIES_MAX)?,
            "wallets" => plan.wallets = count(PARTIES_MAX)?,
            "length" => plan.length = count(LENGTH_MAX)?,
            "lie" => plan.lie = LIES.iter().find(|(_, known)| *known == value).ok_or_else(wrong)?.0,
            "boxes" => plan.bad_escrow = value == "bad",
            "crypto" => plan.ideal = value != "real",
            _ => return Err(wrong()),
        }
        Ok(())
    }

    /// The word of the shops' lie.
    #[must_use]
    pub fn lie_word(&self) -> &'static str {
        LIES.iter().find(|(known, _)| *known == self.plan.lie).map_or("none", |(_, word)| *word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_as_it_was_written() {
        for seed in 0..300 {
            let mut script = draw(seed, 5);
            script.lines.extend(Line::read("lose delivery shop-0>bank 17").unwrap());
            script.expects.push(Expect::Failure("the books".to_owned()));
            script.expects.push(Expect::Ending("settled".to_owned(), 2));
            let text = script.to_string();
            assert_eq!(Script::read(&text).unwrap().to_string(), text);
        }
        assert!(Script::read("at 5 dance").is_err());
        assert!(Script::read("market wallets=1000000").is_err());
    }
}
