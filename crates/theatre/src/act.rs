//! What somebody who looks on may do, and its short text.

use semper_base::{Code, Misuse};

use crate::cast::Who;
use crate::piece::Wish;

/// Most acts of one performance.
pub const ACTS_MAX: usize = 200;
/// Longest name of a cheat, in bytes.
const NAME_BYTES_MAX: usize = 48;

/// One act. Numbers are those of letters and questions on the stage.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Everything that is on its way arrives.
    All,
    /// Somebody lies: a cheat by its name.
    Cheat(String),
    /// An owner commands its party.
    Command(Who, Wish),
    /// A question is answered with no.
    Decline(usize),
    /// A message arrives.
    Deliver(usize),
    /// A message never arrives.
    Lose(usize),
    /// Somebody does nothing any more.
    Silence(Who),
    /// A question is answered with yes.
    Sign(usize),
    /// Time passes until something happens by itself.
    Time,
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Act::All => f.write_str("a"),
            Act::Cheat(name) => write!(f, "x-{name}"),
            Act::Command(who, wish) => write!(f, "c-{}-{}", who.word(), wish.word()),
            Act::Decline(number) => write!(f, "n{number}"),
            Act::Deliver(number) => write!(f, "d{number}"),
            Act::Lose(number) => write!(f, "l{number}"),
            Act::Silence(who) => write!(f, "m-{}", who.word()),
            Act::Sign(number) => write!(f, "s{number}"),
            Act::Time => f.write_str("t"),
        }
    }
}

impl Act {
    /// Reads one act; none if it is no act.
    #[must_use]
    pub fn read(text: &str) -> Option<Act> {
        match text {
            "a" => return Some(Act::All),
            "t" => return Some(Act::Time),
            _ => {}
        }
        if let Some(name) = text.strip_prefix("x-") {
            let fits = name.len() <= NAME_BYTES_MAX && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            return fits.then(|| Act::Cheat(name.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("c-") {
            let (who, wish) = rest.split_once('-')?;
            return Some(Act::Command(Who::of(who)?, Wish::of(wish)?));
        }
        if let Some(who) = text.strip_prefix("m-") {
            return Some(Act::Silence(Who::of(who)?));
        }
        let mut signs = text.chars();
        let kind = signs.next()?;
        let number = signs.as_str().parse::<u16>().ok().map(usize::from)?;
        match kind {
            'd' => Some(Act::Deliver(number)),
            'l' => Some(Act::Lose(number)),
            'n' => Some(Act::Decline(number)),
            's' => Some(Act::Sign(number)),
            _ => None,
        }
    }
}

/// The acts as one text, for an address.
#[must_use]
pub fn write(acts: &[Act]) -> String {
    acts.iter().map(Act::to_string).collect::<Vec<_>>().join(".")
}

/// Reads such a text.
///
/// # Errors
/// [`Code::TooMany`] above [`ACTS_MAX`], [`Code::FieldWrong`] for what is no act.
pub fn read(text: &str) -> Result<Vec<Act>, Misuse> {
    let mut acts = Vec::new();
    for one in text.split('.').filter(|one| !one.is_empty()) {
        if acts.len() >= ACTS_MAX {
            return Err(Misuse::new(Code::TooMany, "acts"));
        }
        acts.push(Act::read(one).ok_or_else(|| Misuse::new(Code::FieldWrong, "acts"))?);
    }
    Ok(acts)
}
