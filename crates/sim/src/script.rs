//! A run as text: the market, what its people do and when, what goes wrong and where, what to expect.
//!
//! ```text
//! market seed=7 banks=1 notaries=1 currencies=1 shops=1 wallets=1 length=900 lie=None
//! liars shop-0
//! storm 3600000
//! at 0 buy wallet-0 shop-0
//! crash shop-0 after-commit 3
//! tamper shop-0>wallet-0 2 99
//! expect verdict none
//! ```

use serde::Serialize;

use semper_services::shop::Lie;

use crate::dice::Dice;
use crate::fate::Line;
use crate::market::Plan;
use crate::screen::Decision;
use crate::trouble::Trouble;

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
    /// A disk is full for so long.
    Full(String, u64),
    /// A liar says once more what it said or heard: the n-th of it.
    Inject(String, String, u64),
    /// A process is off for so long.
    Kill(String, u64),
    /// From now on a user answers questions of this kind so.
    Mood(String, String, Decision),
    /// Every sync of a disk fails for so long.
    NoSync(String, u64),
    /// The copy is put back, and must be refused.
    OldDisk(String),
    /// Two parties do not reach each other for so long.
    Part(String, String, u64),
    /// The copy is put back, and the operator says that there is no newer one.
    Recover(String),
    /// The user or the shop's operator gives the newest deal up.
    Release(String),
    /// The user asks for everything again.
    Resume(String),
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Act::Buy(wallet, shop) => write!(f, "buy {wallet} {shop}"),
            Act::Clock(who, ahead) => write!(f, "clock {who} {ahead}"),
            Act::Contest(who) => write!(f, "contest {who}"),
            Act::Copy(who) => write!(f, "copy {who}"),
            Act::Drift(who, millionths) => write!(f, "drift {who} {millionths}"),
            Act::Full(who, millis) => write!(f, "full {who} {millis}"),
            Act::Inject(from, to, n) => write!(f, "inject {from} {to} {n}"),
            Act::Kill(who, millis) => write!(f, "kill {who} {millis}"),
            Act::Mood(who, kind, decision) => {
                let word = DECISIONS.iter().find(|(known, _)| known == decision).map_or("", |(_, word)| *word);
                write!(f, "mood {who} {kind} {word}")
            }
            Act::NoSync(who, millis) => write!(f, "no-sync {who} {millis}"),
            Act::OldDisk(who) => write!(f, "old-disk {who}"),
            Act::Part(one, other, millis) => write!(f, "part {one} {other} {millis}"),
            Act::Recover(who) => write!(f, "recover {who}"),
            Act::Release(who) => write!(f, "release {who}"),
            Act::Resume(who) => write!(f, "resume {who}"),
        }
    }
}

impl Act {
    fn read(words: &[&str]) -> Option<Act> {
        let at = |n: usize| words.get(n).map(|word| (*word).to_owned());
        let number = |n: usize| words.get(n).and_then(|word| word.parse::<u64>().ok());
        Some(match *words.first()? {
            "buy" => Act::Buy(at(1)?, at(2)?),
            "clock" => Act::Clock(at(1)?, words.get(2)?.parse().ok()?),
            "contest" => Act::Contest(at(1)?),
            "copy" => Act::Copy(at(1)?),
            "drift" => Act::Drift(at(1)?, words.get(2)?.parse().ok()?),
            "full" => Act::Full(at(1)?, number(2)?),
            "inject" => Act::Inject(at(1)?, at(2)?, number(3)?),
            "kill" => Act::Kill(at(1)?, number(2)?),
            "mood" => {
                let word = at(3)?;
                let decision = DECISIONS.iter().find(|(_, known)| *known == word)?.0;
                Act::Mood(at(1)?, at(2)?, decision)
            }
            "no-sync" => Act::NoSync(at(1)?, number(2)?),
            "old-disk" => Act::OldDisk(at(1)?),
            "part" => Act::Part(at(1)?, at(2)?, number(3)?),
            "recover" => Act::Recover(at(1)?),
            "release" => Act::Release(at(1)?),
            "resume" => Act::Resume(at(1)?),
            _ => return None,
        })
    }
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
        writeln!(
            f,
            "market seed={seed} banks={banks} notaries={notaries} currencies={currencies} shops={shops} \
             wallets={wallets} length={length} lie={lie} crypto={crypto}"
        )?;
        let [bank, notary, shop, wallet] = offsets;
        writeln!(f, "clocks {bank} {notary} {shop} {wallet}")?;
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

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;

/// What a seed stands for: a market with so many purchases, and trouble.
#[must_use]
pub fn draw(seed: u64, deals: u64) -> Script {
    let dice = &mut Dice::new(seed, "run");
    let mut script = Script::new(plan(seed, dice));
    script.drawn = true;
    script.storm = dice.within((60 * SECOND, 6 * HOUR));
    liars(&mut script, dice);
    moods(&mut script, dice);
    let mut at = 0;
    for _ in 0..deals {
        let wallet = dice.below(script.plan.wallets as u64);
        let shop =
            if dice.chance(900) { at_home(&script.plan, wallet, dice) } else { dice.below(script.plan.shops as u64) };
        script.acts.push((at, Act::Buy(format!("wallet-{wallet}"), format!("shop-{shop}"))));
        let pause = dice.within((0, (2 * script.storm / deals.max(1)).min(20 * 60 * SECOND)));
        let later = at.saturating_add(dice.within((0, 60 * SECOND)));
        script.acts.extend(meddle(&script, wallet, shop, dice).into_iter().map(|(after, act)| (later + after, act)));
        at = at.saturating_add(pause).min(script.storm.saturating_sub(1));
    }
    script.acts.sort();
    script
}

fn plan(seed: u64, dice: &mut Dice) -> Plan {
    let mut offset = || i64::try_from(dice.below(100_001)).unwrap_or(0) - 50_000;
    let offsets = [offset(), offset(), offset(), offset()];
    let mut count = |most: u64| usize::try_from(if dice.chance(400) { dice.within((1, most)) } else { 1 }).unwrap_or(1);
    let (banks, notaries, currencies, shops, wallets) = (count(2), count(2), count(2), count(3), count(4));
    // Mostly small: large files cost time and add little.
    let longest = if dice.chance(100) { 150_000 } else { 2_000 };
    let length = usize::try_from(dice.within((1, longest))).unwrap_or(1);
    Plan { banks, notaries, currencies, shops, wallets, length, offsets, ideal: true, ..Plan::small(seed) }
}

/// Half of all markets have liars: shops that lie in a known way, or anybody who says anything.
fn liars(script: &mut Script, dice: &mut Dice) {
    if dice.chance(500) {
        return;
    }
    if dice.chance(400) {
        let at = usize::try_from(dice.below(LIES.len() as u64 - 1)).unwrap_or(0).saturating_add(1);
        script.plan.lie = LIES.get(at).map_or(Lie::None, |(lie, _)| *lie);
        script.liars = (0..script.plan.shops).map(|n| format!("shop-{n}")).collect();
        return;
    }
    let coalition: &[&str] = match dice.below(8) {
        0 | 1 => &["shop-0"],
        2 | 3 => &["wallet-0"],
        4 => &["notary"],
        5 => &["shop-0", "notary"],
        6 => &["wallet-0", "notary"],
        _ => &["bank"],
    };
    script.liars = coalition.iter().map(|name| (*name).to_owned()).collect();
}

/// Some users say no to some things.
fn moods(script: &mut Script, dice: &mut Dice) {
    for wallet in 0..script.plan.wallets {
        for (kind, refuses) in [("order", 30), ("hold", 60), ("mandate", 80), ("receipt", 300), ("contest", 100)] {
            let decision = if dice.chance(refuses) {
                Decision::Decline
            } else if dice.chance(40) {
                Decision::CannotAsk
            } else {
                continue;
            };
            script.acts.push((0, Act::Mood(format!("wallet-{wallet}"), kind.to_owned(), decision)));
        }
    }
}

/// A shop with the same bank, notary and currency.
fn at_home(plan: &Plan, wallet: u64, dice: &mut Dice) -> u64 {
    let same = |n: u64, of: usize| n.checked_rem(of as u64) == wallet.checked_rem(of as u64);
    let fits =
        |shop: &u64| same(*shop, plan.banks) && same(*shop, plan.notaries) && (plan.currencies < 2 || same(*shop, 2));
    let shops: Vec<u64> = (0..plan.shops as u64).filter(fits).collect();
    let at = usize::try_from(dice.below(shops.len() as u64)).unwrap_or(0);
    shops.get(at).copied().unwrap_or(0)
}

/// Somebody changes their mind, a wire is cut, a disk fails, a clock goes wrong, an old copy comes back.
fn meddle(script: &Script, wallet: u64, shop: u64, dice: &mut Dice) -> Vec<(u64, Act)> {
    let (wallet, shop) = (format!("wallet-{wallet}"), format!("shop-{shop}"));
    let (bank, notary) = ("bank".to_owned(), "notary".to_owned());
    let four = [&wallet, &shop, &bank, &notary];
    let at = usize::try_from(dice.below(4)).unwrap_or(0);
    let anybody = four.get(at).map_or_else(String::new, |name| (*name).clone());
    let customer = if dice.chance(500) { &wallet } else { &shop };
    let long = dice.within((SECOND, 2 * HOUR));
    match dice.below(24) {
        0 => vec![(0, Act::Release(wallet))],
        1 => vec![(0, Act::Release(shop))],
        2 => vec![(0, Act::Part(wallet, bank, long))],
        3 => vec![(0, Act::Part(wallet, shop, long))],
        4 => vec![(0, Act::Part(shop, bank, long))],
        5 => vec![(0, Act::Part(bank, notary, long))],
        6 => vec![(0, Act::Part(wallet, notary, long))],
        7 => vec![(0, Act::Full(anybody, long))],
        8 => vec![(0, Act::NoSync(anybody, long / 4))],
        9 => vec![(0, Act::Kill(anybody, long * 4))],
        10 => vec![(0, Act::Copy(anybody.clone())), (long / 8, Act::OldDisk(anybody))],
        11 if script.liars.is_empty() => {
            vec![(0, Act::Copy(customer.clone())), (long / 8, Act::Recover(customer.clone()))]
        }
        12 => {
            let ahead = i64::try_from(dice.below(48 * HOUR)).unwrap_or(0) - i64::try_from(24 * HOUR).unwrap_or(0);
            vec![(0, Act::Clock(customer.clone(), ahead)), (long, Act::Clock(customer.clone(), 0))]
        }
        13 => vec![(0, Act::Contest(wallet))],
        14 => vec![(0, Act::Resume(wallet))],
        15..=17 => match script.liars.first() {
            Some(liar) => vec![(long / 4, Act::Inject(liar.clone(), anybody, dice.below(4_000)))],
            None => Vec::new(),
        },
        18 => {
            // From half as fast to half as fast again, both ways.
            let gains = i64::try_from(dice.below(1_000_001)).unwrap_or(0) - 500_000;
            vec![(0, Act::Drift(customer.clone(), gains)), (long * 4, Act::Drift(customer.clone(), 0))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_as_it_was_written() {
        for seed in 0..200 {
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
