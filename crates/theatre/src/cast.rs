//! What is played, and who plays.

/// Somebody on stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Divides money that two disagree about.
    Arbiter,
    /// Keeps the money, and the register where money is exchanged.
    Bank,
    /// Pays.
    Buyer,
    /// Brings goods.
    Carrier,
    /// Keeps a register and keys in escrow.
    Notary,
    /// Keeps money of another currency.
    OtherBank,
    /// A party of a contract or mail, by its place.
    Party(u8),
    /// Sells.
    Seller,
}

impl Who {
    /// Everybody there can be.
    pub const ALL: [Who; 11] = [
        Who::Arbiter,
        Who::Bank,
        Who::Buyer,
        Who::Carrier,
        Who::Notary,
        Who::OtherBank,
        Who::Seller,
        Who::Party(0),
        Who::Party(1),
        Who::Party(2),
        Who::Party(3),
    ];

    /// The word in addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Who::Arbiter => "arbiter",
            Who::Bank => "bank",
            Who::Buyer => "buyer",
            Who::Carrier => "carrier",
            Who::Notary => "notary",
            Who::OtherBank => "other",
            Who::Seller => "seller",
            Who::Party(0) => "a",
            Who::Party(1) => "b",
            Who::Party(2) => "c",
            Who::Party(_) => "d",
        }
    }

    /// Whose word this is.
    #[must_use]
    pub fn of(word: &str) -> Option<Who> {
        Who::ALL.into_iter().find(|who| who.word() == word)
    }
}

/// Which exchange is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Play {
    /// A joint deal: money of one currency for money of another.
    Change,
    /// Data for money under a hash lock.
    Data,
    /// Goods that somebody carries, for money under escrow.
    Escrow,
    /// DG-P: a digital good for money held at a bank.
    Goods,
    /// A joint deal: a letter for money in one decision.
    Joint,
    /// CM: certified mail between two; the notary only if somebody stops.
    Mail,
    /// CM-online: certified mail through the notary.
    MailThrough,
    /// CS2: a contract of two; the notary only if somebody stops.
    Pair,
    /// Money for a receipt that was signed before it.
    Payment,
    /// CSN-C: a contract of three in rounds; the notary only if somebody stops, and no clock ends it.
    Rounds,
    /// CSN-A: a contract of as many (2 to 4), through the notary.
    Through(u8),
    /// A container of goods, one way.
    Transfer,
}

impl Play {
    /// Every play.
    pub const ALL: [Play; 14] = [
        Play::Goods,
        Play::Data,
        Play::Pair,
        Play::Through(2),
        Play::Through(3),
        Play::Through(4),
        Play::Rounds,
        Play::Mail,
        Play::MailThrough,
        Play::Joint,
        Play::Change,
        Play::Escrow,
        Play::Payment,
        Play::Transfer,
    ];

    /// The word in addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Play::Change => "currency-change",
            Play::Data => "hash-lock",
            Play::Escrow => "escrow",
            Play::Goods => "dg-p",
            Play::Joint => "joint-deal",
            Play::Mail => "cm",
            Play::MailThrough => "cm-online",
            Play::Pair => "cs2",
            Play::Payment => "payment",
            Play::Rounds => "csn-c",
            Play::Through(2) => "csn-a-2",
            Play::Through(3) => "csn-a-3",
            Play::Through(_) => "csn-a-4",
            Play::Transfer => "transfer",
        }
    }

    /// The play of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Play> {
        Play::ALL.into_iter().find(|play| play.word() == word)
    }
}
