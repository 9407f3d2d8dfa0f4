//! Where fate steps in, by label: the tenth delivery from shop to bank, the fourth commit of a wallet.
//!
//! In a drawn run the dice decide at every label, and what they decided is noted. In a run from a
//! script the script decides, and at a label that it does not name nothing happens. So every drawn run
//! can be written down as a script, and a script can be shortened line by line.

use std::collections::BTreeMap;
use std::sync::Arc;

use semper_base::Timestamp;

use crate::dice::Dice;
use crate::trouble::Trouble;

/// How long everything takes where fate leaves it alone, in milliseconds.
pub const USUAL: u64 = 20;

/// What travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Acknowledgements of a delivery.
    Acks,
    /// Messages.
    Delivery,
    /// The opening of a relationship.
    Hello,
    /// The answer to it.
    Welcome,
}

/// Where in a party's work it may die.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// It took an acknowledgement, which no commit holds yet.
    AfterAck,
    /// Everything is on disk, nothing has left.
    AfterCommit,
    /// A delivery has left.
    AfterSend,
    /// The sync failed: nothing of the batch is on disk.
    BeforeCommit,
    /// The sync failed, but the batch is on disk.
    UnknownCommit,
}

/// One place in a run; `n` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// A party's n-th moment of a kind.
    Crash(Moment, Arc<str>, u64),
    /// How long a party is down for the n-th time.
    Down(Arc<str>, u64),
    /// The n-th message from a liar to somebody.
    Say(Arc<str>, Arc<str>, u64),
    /// How long a user thinks for the n-th time.
    Think(Arc<str>, u64),
    /// The n-th thing of its kind under way between two parties.
    Trip(Way, Arc<str>, Arc<str>, u64),
}

/// What happens there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mishap {
    /// The process dies.
    Crash,
    /// It arrives so many milliseconds later; for how long a party is down or a user thinks.
    Delay(u64),
    /// It never arrives.
    Lose,
    /// It arrives again so many milliseconds later.
    Repeat(u64),
    /// What comes after the first so many messages travels apart, for so many milliseconds.
    Split(u64, u64),
    /// A liar says something else.
    Twist(Twist),
}

/// How a liar makes another message of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Twist {
    /// Says something that it or its accomplices sent or heard before.
    Replay(u64),
    /// Changes a statement and signs it with what keys it has.
    Resign(u64),
    /// Changes something.
    Tamper(u64),
    /// Says nothing.
    Withhold,
}

const WAYS: [(Way, &str); 4] =
    [(Way::Acks, "acks"), (Way::Delivery, "delivery"), (Way::Hello, "hello"), (Way::Welcome, "welcome")];
const MOMENTS: [(Moment, &str); 5] = [
    (Moment::AfterAck, "after-ack"),
    (Moment::AfterCommit, "after-commit"),
    (Moment::AfterSend, "after-send"),
    (Moment::BeforeCommit, "before-commit"),
    (Moment::UnknownCommit, "unknown-commit"),
];

fn word<T: PartialEq + Copy>(of: &[(T, &'static str)], thing: T) -> &'static str {
    of.iter().find(|(known, _)| *known == thing).map_or("", |(_, word)| *word)
}

fn named<T: Copy>(of: &[(T, &'static str)], text: &str) -> Option<T> {
    of.iter().find(|(_, known)| *known == text).map(|(thing, _)| *thing)
}

/// One thing that goes wrong, as a line of a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// Where.
    pub label: Label,
    /// What.
    pub mishap: Mishap,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.label, &self.mishap) {
            (Label::Crash(moment, who, n), _) => write!(f, "crash {who} {} {n}", word(&MOMENTS, *moment)),
            (Label::Down(who, n), Mishap::Delay(millis)) => write!(f, "down {who} {n} {millis}"),
            (Label::Think(who, n), Mishap::Delay(millis)) => write!(f, "think {who} {n} {millis}"),
            (Label::Say(from, to, n), Mishap::Twist(twist)) => match twist {
                Twist::Replay(number) => write!(f, "replay {from}>{to} {n} {number}"),
                Twist::Resign(number) => write!(f, "resign {from}>{to} {n} {number}"),
                Twist::Tamper(number) => write!(f, "tamper {from}>{to} {n} {number}"),
                Twist::Withhold => write!(f, "withhold {from}>{to} {n}"),
            },
            (Label::Trip(way, from, to, n), mishap) => {
                let trip = format!("{} {from}>{to} {n}", word(&WAYS, *way));
                match mishap {
                    Mishap::Delay(millis) => write!(f, "delay {trip} {millis}"),
                    Mishap::Repeat(millis) => write!(f, "repeat {trip} {millis}"),
                    Mishap::Split(at, millis) => write!(f, "split {trip} {at} {millis}"),
                    _ => write!(f, "lose {trip}"),
                }
            }
            (label, mishap) => write!(f, "# {label:?} {mishap:?}"),
        }
    }
}

impl Line {
    /// Reads what `Display` wrote; none if the first word is of something else.
    pub fn read(text: &str) -> Result<Option<Line>, Trouble> {
        let wrong = || Trouble::new(format!("cannot read: {text}"));
        let words: Vec<&str> = text.split_whitespace().collect();
        let at = |n: usize| words.get(n).copied().ok_or_else(wrong);
        let number = |n: usize| at(n)?.parse::<u64>().map_err(|_| wrong());
        let pair = |n: usize| {
            let (from, to) = at(n)?.split_once('>').ok_or_else(wrong)?;
            Ok::<_, Trouble>((from.into(), to.into()))
        };
        let say = |twist| {
            let (from, to) = pair(1)?;
            Ok(Some(Line { label: Label::Say(from, to, number(2)?), mishap: Mishap::Twist(twist) }))
        };
        let trip = |mishap| {
            let (way, (from, to)) = (named(&WAYS, at(1)?).ok_or_else(wrong)?, pair(2)?);
            Ok(Some(Line { label: Label::Trip(way, from, to, number(3)?), mishap }))
        };
        match at(0)? {
            "crash" => {
                let moment = named(&MOMENTS, at(2)?).ok_or_else(wrong)?;
                let label = Label::Crash(moment, at(1)?.into(), number(3)?);
                Ok(Some(Line { label, mishap: Mishap::Crash }))
            }
            "down" => {
                let label = Label::Down(at(1)?.into(), number(2)?);
                Ok(Some(Line { label, mishap: Mishap::Delay(number(3)?) }))
            }
            "think" => {
                let label = Label::Think(at(1)?.into(), number(2)?);
                Ok(Some(Line { label, mishap: Mishap::Delay(number(3)?) }))
            }
            "replay" => say(Twist::Replay(number(3)?)),
            "resign" => say(Twist::Resign(number(3)?)),
            "tamper" => say(Twist::Tamper(number(3).unwrap_or(1))),
            "withhold" => say(Twist::Withhold),
            "delay" => trip(Mishap::Delay(number(4)?)),
            "repeat" => trip(Mishap::Repeat(number(4)?)),
            "split" => trip(Mishap::Split(number(4)?, number(5)?)),
            "lose" => trip(Mishap::Lose),
            _ => Ok(None),
        }
    }
}

/// Who decides.
#[derive(Debug)]
enum Source {
    /// The dice, as the weather has it.
    Dice(Dice),
    /// A script.
    Script(BTreeMap<Label, Vec<Mishap>>),
}

/// See the module.
#[derive(Debug)]
pub struct Fate {
    source: Source,
    counts: BTreeMap<Label, u64>,
    until: Option<Timestamp>,
    /// What was decided, in order, while that is noted.
    pub made: Vec<Line>,
    /// Whether it is noted.
    pub noting: bool,
}

impl Fate {
    /// Decides by dice.
    #[must_use]
    pub fn drawn(dice: Dice) -> Self {
        Fate { source: Source::Dice(dice), counts: BTreeMap::new(), until: None, made: Vec::new(), noting: false }
    }

    /// From now on decides by dice, counts from 1 and notes what it decides.
    pub fn begin(&mut self, dice: Dice) {
        *self = Fate { noting: true, ..Fate::drawn(dice) };
    }

    /// From now on decides by these lines, up to this moment, and counts from 1.
    pub fn follow(&mut self, lines: &[Line], until: Timestamp) {
        let mut script: BTreeMap<Label, Vec<Mishap>> = BTreeMap::new();
        for line in lines {
            script.entry(line.label.clone()).or_default().push(line.mishap.clone());
        }
        *self = Fate { source: Source::Script(script), until: Some(until), ..Fate::drawn(Dice::new(0, "")) };
    }

    /// The next label of this kind; the kind's own number does not matter.
    fn next(&mut self, mut kind: Label) -> Label {
        match &mut kind {
            Label::Crash(.., n) | Label::Down(_, n) | Label::Say(.., n) | Label::Think(_, n) | Label::Trip(.., n) => {
                *n = 0;
            }
        }
        let count = self.counts.entry(kind.clone()).or_insert(0);
        *count = count.saturating_add(1);
        let count = *count;
        match &mut kind {
            Label::Crash(.., n) | Label::Down(_, n) | Label::Say(.., n) | Label::Think(_, n) | Label::Trip(.., n) => {
                *n = count;
            }
        }
        kind
    }

    /// What happens at the next label of this kind, drawn by `draw` if the dice decide.
    pub fn at(&mut self, kind: Label, now: Timestamp, draw: impl FnOnce(&mut Dice) -> Vec<Mishap>) -> Vec<Mishap> {
        // Whoever begins to note begins to count, too.
        if let (Source::Dice(dice), false) = (&mut self.source, self.noting) {
            return draw(dice);
        }
        let label = self.next(kind);
        match &mut self.source {
            Source::Script(_) if self.until.is_some_and(|until| now >= until) => Vec::new(),
            Source::Script(script) => script.get(&label).cloned().unwrap_or_default(),
            Source::Dice(dice) => {
                let drawn = draw(dice);
                if self.noting {
                    let line = |mishap: &Mishap| Line { label: label.clone(), mishap: mishap.clone() };
                    self.made.extend(drawn.iter().map(line));
                }
                drawn
            }
        }
    }
}

/// How long something takes, if it was decided.
#[must_use]
pub fn delay(of: &[Mishap], usual: u64) -> u64 {
    let given = of.iter().find_map(|mishap| match mishap {
        Mishap::Delay(millis) => Some(*millis),
        _ => None,
    });
    given.unwrap_or(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let lines = ["acks a>b 1", "hello a>b 2", "welcome a>b 3", "delivery shop-0>bank 17"];
        let trips = lines.iter().flat_map(|trip| {
            [
                format!("lose {trip}"),
                format!("delay {trip} 3400"),
                format!("repeat {trip} 7"),
                format!("split {trip} 2 9"),
            ]
        });
        let others = [
            "crash shop-0 after-ack 1",
            "crash shop-0 after-commit 2",
            "crash shop-0 after-send 3",
            "crash a before-commit 4",
            "crash a unknown-commit 5",
            "down a 1 5000",
            "think wallet-0 3 700",
            "replay a>b 1 2",
            "resign a>b 2 3",
            "tamper a>b 3 4",
            "withhold a>b 4",
        ];
        for text in trips.chain(others.map(str::to_owned)) {
            assert_eq!(Line::read(&text).unwrap().unwrap().to_string(), text);
        }
        assert_eq!(Line::read("buy a b").unwrap(), None);
        assert!(Line::read("lose delivery").is_err());
    }
}
