//! What an exchange must tell the stage, so that it can be played.

use semper_base::{Amount, Error, KeyId, Timestamp};
use semper_blocks::statement::{Compact, Kind, danger_typed_unverified};
use semper_exchange::fair::{dgp, frame, lock};

use crate::cast::Who;
use crate::payment::{self, Slip};
use crate::stage::{Fate, Letter};
use crate::transfer::{self, Carried};

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// The one chunk of the goods, or noise.
    Chunk(bool),
    /// Of a contract or mail.
    Frame(frame::Content),
    /// Of goods for money.
    Goods(dgp::Content),
    /// Of money under a lock.
    Lock(lock::Content),
    /// Of money for a receipt.
    Payment(Slip),
    /// Of a container of goods.
    Transfer(Carried),
}

/// What an owner may want of its party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wish {
    /// Let nothing come of it.
    Abort,
    /// Take what is announced.
    Accept,
    /// Ask the bank again.
    Again,
    /// Have paid what is due.
    Approve,
    /// Say that the goods are on their way.
    Consign,
    /// Stop the settlement.
    Contest,
    /// Not take what is announced.
    Decline,
    /// Have the arbiter decide.
    Dispute,
    /// Have the escrow opened.
    Escrow,
    /// Hand the goods over.
    Hand,
    /// Let the hold go.
    Release,
    /// Have the notary complete it.
    Resolve,
    /// Divide the money.
    Rule,
}

impl Wish {
    /// Every wish.
    pub const ALL: [Wish; 13] = [
        Wish::Abort,
        Wish::Accept,
        Wish::Again,
        Wish::Approve,
        Wish::Consign,
        Wish::Contest,
        Wish::Decline,
        Wish::Dispute,
        Wish::Escrow,
        Wish::Hand,
        Wish::Release,
        Wish::Resolve,
        Wish::Rule,
    ];

    /// The word in addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Wish::Abort => "abort",
            Wish::Accept => "accept",
            Wish::Again => "again",
            Wish::Approve => "approve",
            Wish::Consign => "consign",
            Wish::Contest => "contest",
            Wish::Decline => "decline",
            Wish::Dispute => "dispute",
            Wish::Escrow => "escrow",
            Wish::Hand => "hand",
            Wish::Release => "release",
            Wish::Resolve => "resolve",
            Wish::Rule => "rule",
        }
    }

    /// The wish of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Wish> {
        Wish::ALL.into_iter().find(|wish| wish.word() == word)
    }
}

/// Where the one amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purse {
    /// With the buyer, as in the beginning or again.
    Buyer,
    /// Taken for the seller, not settled.
    Claim,
    /// Held by the bank.
    Held,
    /// With the seller for good.
    Seller,
    /// Divided between the two.
    Shared,
}

/// The moment of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) now: Timestamp,
    /// Where the dice of this step begin.
    pub(crate) seed: u64,
}

/// A question to an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) kind: Kind,
    pub(crate) key: KeyId,
    pub(crate) payload: Vec<u8>,
}

/// What follows from a step.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Ask(Ask),
    Keep(String),
    Money(Purse),
    Row {
        slot: &'static str,
        statement: String,
    },
    /// Sends all rows of one's register.
    Rows(Who),
    Send {
        to: Who,
        said: Said,
    },
}

/// What happens to a machine.
#[derive(Debug)]
pub(crate) enum Happening<'a> {
    Command(Wish),
    Deadline,
    Declined(Kind),
    Letter {
        from: Who,
        said: &'a Said,
    },
    /// The goods are here and open: they are looked at.
    Looked,
    Signed(Kind, String),
}

/// A lie of one party, by its name; who lies is said apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cheat {
    /// The name in addresses.
    pub name: &'static str,
    /// Who lies.
    pub who: Who,
}

/// What a lie comes to.
#[derive(Debug, Default)]
pub(crate) struct Trick {
    /// It was a lie from the beginning: the play begins anew with it.
    pub(crate) anew: bool,
    /// Words that never leave this party from now on.
    pub(crate) keeps: &'static [&'static str],
    /// What is said.
    pub(crate) letters: Vec<(Who, Said)>,
    /// Its machine is not run any more.
    pub(crate) mute: bool,
}

impl Trick {
    pub(crate) fn says(letters: Vec<(Who, Said)>) -> Self {
        Trick { letters, ..Trick::default() }
    }
}

/// What a liar has to lie with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) letters: &'a [Letter],
    /// Whether anything was done yet.
    pub(crate) begun: bool,
    pub(crate) rows: &'a [crate::stage::Row],
}

impl Seen<'_> {
    /// The newest statement of this kind that somebody has: sent, got, or on its way to it.
    pub(crate) fn statement(&self, who: Who, kind: Kind) -> Option<String> {
        let own = self.rows.iter().filter(|row| row.who == who && row.kind == kind).map(|row| row.statement.clone());
        own.chain(self.all(who).filter(|text| kind_of(text) == Some(kind))).next_back()
    }

    /// Everything that somebody sent, got, or is about to get.
    fn all(&self, who: Who) -> impl DoubleEndedIterator<Item = String> {
        let mine = |letter: &&Letter| letter.from == who || (letter.to == who && letter.fate != Fate::Lost);
        self.letters.iter().filter(mine).flat_map(|letter| texts(&letter.said)).collect::<Vec<_>>().into_iter()
    }

    /// Everything of this kind that somebody has, each once, in the order in which it came.
    pub(crate) fn statements(&self, who: Who, kind: Kind) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for text in self.all(who).filter(|text| kind_of(text) == Some(kind)) {
            if !found.contains(&text) {
                found.push(text);
            }
        }
        found
    }

    pub(crate) fn has_row(&self, kind: Kind) -> bool {
        self.rows.iter().any(|row| row.kind == kind)
    }
}

/// A claim that the judge finds proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The judge's word for it.
    pub word: String,
    /// Whom it is about, where the same is claimed of several.
    pub who: Option<Who>,
}

/// What the judge says about one side's evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Whose evidence; none if it is everybody's together.
    pub of: Option<Who>,
    /// Where they stand by it; of nobody in particular where it is one word for all.
    pub standings: Vec<(Option<Who>, String)>,
    /// Who is convicted of what.
    pub convictions: Vec<(Who, String)>,
    /// What is proven.
    pub proven: Vec<Claim>,
}

/// An exchange on stage.
pub(crate) trait Piece: std::fmt::Debug {
    /// Who takes part, in the order in which they are shown.
    fn cast(&self) -> Vec<Who>;
    /// How much money it is about, if any.
    fn amount(&self) -> Option<Amount>;
    /// What followed when everybody began.
    fn begin(&mut self) -> Vec<(Who, Vec<Deed>)>;
    /// One step of one machine; an error leaves it as it was.
    fn step(&mut self, who: Who, what: &Happening<'_>, at: At) -> Result<Vec<Deed>, Error>;
    /// Whether this wish fits the state.
    fn would(&self, who: Who, wish: Wish, at: At) -> bool;
    /// What somebody most plainly wants next, where nothing goes on without it.
    fn plain(&self) -> Option<(Who, Wish)> {
        None
    }
    /// When a machine acts by itself.
    fn deadline(&self, who: Who) -> Option<Timestamp>;
    /// Where a machine stands, in one word.
    fn state(&self, who: Who) -> &'static str;
    /// Whose goods wait to be looked at.
    fn looks(&self) -> Option<Who>;
    /// The owner says yes.
    fn sign(&self, who: Who, ask: &Ask, at: At) -> Result<String, Error>;
    /// What somebody has besides statements and money, in words.
    fn has(&self, who: Who) -> Vec<&'static str>;
    /// What somebody would show besides the statements it has.
    fn proofs(&self, who: Who, statements: &[String]) -> Vec<String>;
    /// What the judge says about these statements and proofs; whether a contract between buyer and seller is among
    /// them.
    fn judge(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error>;
    /// Every lie there is here.
    fn cheats(&self) -> &'static [Cheat];
    /// What this lie comes to now; none if the liar has not what it needs.
    fn lie(&self, name: &str, seen: Seen<'_>, at: At) -> Result<Option<Trick>, Error>;
    /// Whose key this is.
    fn signer(&self, key: &KeyId) -> Option<Who>;
    /// A row as a message.
    fn row(&self, statement: &str) -> Said;
}

/// The kind of a statement; none if it is something else.
pub(crate) fn kind_of(text: &str) -> Option<Kind> {
    Compact::parse(text).ok().map(|known| known.kind())
}

/// What a message says, in one word.
pub(crate) fn word(said: &Said) -> &'static str {
    match said {
        Said::Chunk(_) => "chunk",
        Said::Frame(content) => of_frame_word(content),
        Said::Goods(content) => dgp::word::Word::of(content).text(),
        Said::Lock(content) => of_lock_word(content),
        Said::Payment(slip) => payment::word(slip),
        Said::Transfer(carried) => transfer::word(carried),
    }
}

/// The statements and proofs in a message.
pub(crate) fn texts(said: &Said) -> Vec<String> {
    match said {
        Said::Chunk(_) => vec![],
        Said::Frame(content) => of_frame(content),
        Said::Goods(content) => of_goods(content),
        Said::Lock(content) => of_lock(content),
        Said::Payment(slip) => payment::texts(slip),
        Said::Transfer(carried) => transfer::texts(carried),
    }
}

/// What is said in rounds goes by its round, where that is one of the first.
fn of_frame_word(content: &frame::Content) -> &'static str {
    let usual = frame::word::Word::of(content).map_or("decision", frame::word::Word::text);
    let (words, round) = match content {
        frame::Content::Pledge { statement } => {
            let pledge = danger_typed_unverified::<frame::statements::Pledge>(statement);
            (["pledge-1", "pledge-2", "pledge-3", usual], pledge.map(|pledge| pledge.body.round))
        }
        frame::Content::Stop { statement, .. } => {
            let stop = danger_typed_unverified::<frame::statements::Stop>(statement);
            (["stop-1", "stop-2", "stop-3", "stop-4"], stop.map(|stop| stop.body.round))
        }
        _ => return usual,
    };
    let at = round.ok().and_then(|round| usize::from(round).checked_sub(1));
    at.and_then(|at| words.get(at)).copied().unwrap_or(usual)
}

/// What is said of a parcel goes by the name of its statement.
fn of_lock_word(content: &lock::Content) -> &'static str {
    match content {
        lock::Content::Act { statement } | lock::Content::Escrow { statement, .. } => {
            kind_of(statement).map_or("decision", Kind::word)
        }
        content => lock::word::Word::of(content).map_or("decision", lock::word::Word::text),
    }
}

fn of_lock(content: &lock::Content) -> Vec<String> {
    use lock::Content as C;
    let shown = |shown: &Option<lock::Shown>| -> Vec<String> {
        shown.iter().flat_map(|shown| shown.pieces.iter().chain([&shown.statement])).cloned().collect()
    };
    match content {
        C::Answer { shown: ground, statement }
        | C::Claim { shown: ground, statement }
        | C::GiveBack { shown: ground, statement } => shown(ground).into_iter().chain([statement.clone()]).collect(),
        C::Escrow { ground, statement } => ground.iter().chain([statement]).cloned().collect(),
        C::Lock { debit, statement } => vec![statement.clone(), debit.clone()],
        C::Act { statement } => vec![statement.clone()],
        C::Refused { .. } | C::Status { .. } => vec![],
    }
}

fn of_goods(content: &dgp::Content) -> Vec<String> {
    use dgp::Content as C;
    match content {
        C::Capture { statement, mandate } => vec![statement.clone(), mandate.clone()],
        C::Complaint { statement, captured, proof } => vec![statement.clone(), captured.clone(), proof.clone()],
        C::EscrowRequest { statement, captured, .. } => vec![statement.clone(), captured.clone()],
        C::Hold { statement, debit } => vec![statement.clone(), debit.clone()],
        C::Answer { statement }
        | C::Contest { statement }
        | C::Mandate { statement }
        | C::PassKey { statement }
        | C::Receipt { statement }
        | C::Release { statement } => vec![statement.clone()],
        // A question proves nothing.
        C::EscrowBox { .. } | C::Fetch { .. } | C::Key { .. } | C::Refused { .. } | C::Status { .. } => vec![],
    }
}

fn of_frame(content: &frame::Content) -> Vec<String> {
    use frame::Content as C;
    match content {
        C::Decision { pieces, statement } => [statement.clone()].into_iter().chain(pieces.iter().cloned()).collect(),
        C::Resolve { first, second } | C::ResolveMail { first, second, .. } => vec![first.clone(), second.clone()],
        C::Stop { pledges, statement } => [statement.clone()].into_iter().chain(pledges.iter().cloned()).collect(),
        C::Abort { statement }
        | C::Key { statement, .. }
        | C::Pledge { statement }
        | C::Promise { statement }
        | C::Signature { statement }
        | C::Submission { statement, .. }
        | C::Unmet { statement } => vec![statement.clone()],
        C::Status { .. } => vec![],
    }
}
