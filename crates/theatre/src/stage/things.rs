//! What lies on the stage, and what is told of it.

use semper_base::{Code, Millis, Timestamp};
use semper_blocks::statement::Kind;

use crate::act::Act;
use crate::cast::Who;
use crate::piece::{Ask, Purse, Said};

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It never leaves: its sender keeps it back.
    Kept,
    /// It never arrived.
    Lost,
    /// It is on its way.
    OnTheWay,
    /// It arrived where nobody looks at it any more.
    Unread,
    /// It was refused, and why.
    Refused(Code),
    /// It was taken.
    Taken,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its number on this stage.
    pub number: usize,
    /// By whom.
    pub from: Who,
    /// To whom.
    pub to: Who,
    /// What it says, in one word.
    pub word: &'static str,
    /// The kinds of the statements in it.
    pub kinds: Vec<&'static str>,
    /// What became of it.
    pub fate: Fate,
    /// Whether no honest machine made it.
    pub lie: bool,
    pub(crate) said: Said,
    /// How much had happened when it was taken.
    pub(super) epoch: usize,
}

/// A question to an owner.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its number on this stage.
    pub number: usize,
    /// Whose owner.
    pub who: Who,
    /// What is to be signed.
    pub kind: Kind,
    pub(super) ask: Ask,
}

/// A row of a register: written once.
#[derive(Clone, Debug)]
pub struct Row {
    /// Whose register.
    pub who: Who,
    /// Which slot.
    pub slot: &'static str,
    /// What it says.
    pub kind: Kind,
    /// When it was written.
    pub at: Timestamp,
    pub(crate) statement: String,
}

/// Something that an act led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A letter arrived, among others.
    Arrived(usize),
    /// An owner is asked.
    Asked(Who, Kind),
    /// The goods were looked at.
    Looked(Who),
    /// Money moved there.
    Money(Purse),
    /// Nothing came of it.
    Nothing,
    /// Time passed to this moment, for so long.
    Passed(Timestamp, Millis),
    /// A letter was refused, and why.
    Refused(usize, Code),
    /// A row was written.
    Row(Who, Kind),
    /// A letter was sent.
    Sent(usize),
    /// Somebody stands elsewhere now.
    State(Who, &'static str),
}

/// One act and what it led to.
#[derive(Clone, Debug)]
pub struct Scene {
    /// What was done.
    pub act: Act,
    /// What came of it, in order.
    pub notes: Vec<Note>,
}
