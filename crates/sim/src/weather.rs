//! How bad the network, the disks and the processes are.

use semper_base::Timestamp;

use crate::dice::Dice;

/// Chances are per mille; lengths of time are milliseconds, from and to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weather {
    /// How long a delivery, an acknowledgement or a hello is under way.
    pub delay: (u64, u64),
    /// It takes as long as `delay` says instead of what is usual.
    pub late: u32,
    /// A delivery is lost.
    pub loss: u32,
    /// The acknowledgements of a delivery are lost.
    pub ack_loss: u32,
    /// A delivery arrives a second time.
    pub repeat: u32,
    /// A delivery is cut in two that travel apart, so that the second half may arrive first.
    pub split: u32,
    /// After a happening, the process that it concerned dies.
    pub crash: u32,
    /// The next commit fails, with or without having happened.
    pub bad_commit: u32,
    /// A liar says something else.
    pub twist: u32,
    /// How long a process is down.
    pub down: (u64, u64),
    /// How long the user thinks.
    pub thinking: (u64, u64),
    /// From then on nothing goes wrong any more.
    pub until: Timestamp,
}

/// Far away in every simulation.
pub const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

impl Weather {
    /// Nothing goes wrong and everything takes the same time.
    #[must_use]
    pub fn calm() -> Self {
        Weather {
            delay: (20, 20),
            late: 1000,
            loss: 0,
            ack_loss: 0,
            repeat: 0,
            split: 0,
            crash: 0,
            bad_commit: 0,
            twist: 0,
            down: (5_000, 5_000),
            thinking: (500, 500),
            until: NEVER,
        }
    }

    /// Everything goes wrong now and then, each simulation in its own way.
    #[must_use]
    pub fn rough(dice: &mut Dice, until: Timestamp) -> Self {
        let mut up_to = |most: u64| u32::try_from(dice.below(most)).unwrap_or(0);
        let (loss, ack_loss, repeat, split) = (up_to(250), up_to(250), up_to(250), up_to(400));
        let (crash, bad_commit) = (up_to(30), up_to(30));
        let (late, twist) = (up_to(600), 20 + up_to(400));
        let slowest = dice.within((50, 8_000));
        Weather {
            delay: (1, slowest),
            late,
            loss,
            ack_loss,
            repeat,
            split,
            crash,
            bad_commit,
            twist,
            down: (500, dice.within((1_000, 120_000))),
            thinking: (100, dice.within((200, 60_000))),
            until,
        }
    }

    /// The weather of this moment.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Weather {
        if now < self.until { self.clone() } else { Weather::calm() }
    }
}
