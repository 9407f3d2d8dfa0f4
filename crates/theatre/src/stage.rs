//! The stage: what is the same for every exchange. Letters, questions, rows, money, the clock, and who has what.

mod look;
mod things;

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Code, Error, Timestamp};
use semper_blocks::statement::Kind;

use crate::act::{ACTS_MAX, Act};
use crate::cast::{Play, Who};
use crate::piece::{self, Ask, At, Cheat, Deed, Happening, Piece, Purse, Said, Seen, Trick, Wish};
pub use things::{Fate, Letter, Note, Question, Row, Scene};

use crate::{dgp, frame, joint, lock, payment, time, transfer};

/// Most letters of one performance; more than [`ACTS_MAX`] acts of a sane play ever send.
const LETTERS_MAX: usize = 800;

/// A performance so far.
#[derive(Debug)]
pub struct Stage {
    /// What is played.
    pub play: Play,
    /// The clock.
    pub now: Timestamp,
    /// What was done so far.
    pub scenes: Vec<Scene>,
    /// Every letter so far.
    pub letters: Vec<Letter>,
    /// Questions that wait.
    pub questions: Vec<Question>,
    /// Rows so far.
    pub rows: Vec<Row>,
    /// Where the money is, if it is about money.
    pub money: Option<Purse>,
    /// Whose machine is not run any more.
    pub silent: BTreeSet<Who>,
    /// Lies so far.
    pub lies: Vec<Cheat>,
    piece: Box<dyn Piece>,
    held: BTreeMap<Who, Vec<String>>,
    kept_back: Vec<(Who, &'static [&'static str])>,
    asked: Vec<(Who, Kind)>,
    steps: u64,
    moves: usize,
    /// Statements that somebody has, each once for everybody who has it.
    news: usize,
    still: bool,
    notes: Vec<Note>,
}

fn piece(play: Play, twist: Option<&'static str>) -> Result<Box<dyn Piece>, Error> {
    Ok(match play {
        Play::Data | Play::Escrow => Box::new(lock::Locked::new(play, twist)?),
        Play::Goods => Box::new(dgp::Goods::new(twist)?),
        Play::Change | Play::Joint => Box::new(joint::Joint::new(play)?),
        Play::Payment => Box::new(payment::Payment::new()?),
        Play::Transfer => Box::new(transfer::Transfer::new(twist)?),
        Play::Mail | Play::MailThrough | Play::Pair | Play::Rounds | Play::Through(_) => {
            Box::new(frame::Paper::new(play, twist)?)
        }
    })
}

impl Stage {
    /// Everybody has begun, nothing has arrived.
    ///
    /// # Errors
    /// Only what would be a fault of this program.
    pub fn open(play: Play) -> Result<Stage, Error> {
        Stage::with(play, None)
    }

    /// The stage after these acts. What does not fit, or comes after the first [`ACTS_MAX`], changes nothing.
    ///
    /// # Errors
    /// Only what would be a fault of this program.
    pub fn replay(play: Play, acts: &[Act]) -> Result<Stage, Error> {
        let mut stage = Stage::open(play)?;
        for act in acts.iter().take(ACTS_MAX) {
            stage.act(act)?;
        }
        Ok(stage)
    }

    fn with(play: Play, twist: Option<&'static str>) -> Result<Stage, Error> {
        let piece = piece(play, twist)?;
        let mut stage = Stage {
            play,
            now: time::OPENED,
            scenes: Vec::new(),
            letters: Vec::new(),
            questions: Vec::new(),
            rows: Vec::new(),
            money: piece.amount().map(|_| Purse::Buyer),
            silent: BTreeSet::new(),
            lies: Vec::new(),
            held: BTreeMap::new(),
            kept_back: Vec::new(),
            asked: Vec::new(),
            steps: 0,
            moves: 0,
            news: 0,
            still: false,
            notes: Vec::new(),
            piece,
        };
        for (who, deeds) in stage.piece.begin() {
            stage.apply(who, deeds);
        }
        stage.notes.clear();
        Ok(stage)
    }

    /// Does one act.
    ///
    /// # Errors
    /// Only what would be a fault of this program.
    pub fn act(&mut self, act: &Act) -> Result<(), Error> {
        if self.is_full() {
            return Ok(());
        }
        let before = self.states();
        match act {
            Act::All => self.deliver_all(),
            Act::Cheat(name) => self.cheat(name)?,
            Act::Command(who, wish) => self.command(*who, *wish),
            Act::Decline(number) => self.answer(*number, false)?,
            Act::Deliver(number) => self.deliver(*number),
            Act::Lose(number) => self.lose(*number),
            Act::Sign(number) => self.answer(*number, true)?,
            Act::Silence(who) => self.silence(*who),
            Act::Time => self.pass(),
        }
        self.look();
        for (who, state) in self.states() {
            if before.get(&who) != Some(&state) {
                self.note(Note::State(who, state));
            }
        }
        self.still &= matches!(act, Act::Time);
        self.forget_questions();
        let mut notes = std::mem::take(&mut self.notes);
        if notes.is_empty() {
            notes.push(Note::Nothing);
        }
        self.scenes.push(Scene { act: act.clone(), notes });
        Ok(())
    }

    fn at(&mut self) -> At {
        self.steps += 1;
        At { now: self.now, seed: self.steps }
    }

    fn states(&self) -> BTreeMap<Who, &'static str> {
        self.piece.cast().into_iter().map(|who| (who, self.piece.state(who))).collect()
    }

    /// Grows whenever anything has become otherwise.
    fn epoch(&self) -> usize {
        let lost = self.letters.iter().filter(|letter| letter.fate == Fate::Lost).count();
        self.rows.len() + self.moves + lost + self.news
    }

    fn deliver(&mut self, number: usize) {
        let silent = self.silent.clone();
        let Some(letter) = self.letters.get_mut(number).filter(|letter| letter.fate == Fate::OnTheWay) else { return };
        if silent.contains(&letter.to) {
            letter.fate = Fate::Unread;
            return;
        }
        let letter = letter.clone();
        let happening = Happening::Letter { from: letter.from, said: &letter.said };
        let refused = self.step(letter.to, &happening);
        // What is refused is kept all the same: it shows who sent it.
        for text in piece::texts(&letter.said) {
            self.keep(letter.to, text);
        }
        let epoch = self.epoch();
        if let Some(letter) = self.letters.get_mut(number) {
            letter.fate = refused.map_or(Fate::Taken, Fate::Refused);
            letter.epoch = epoch;
        }
        if let Some(code) = refused {
            self.note(Note::Refused(number, code));
        }
    }

    /// Whatever is on its way now arrives, one after the other; what is sent meanwhile does not.
    fn deliver_all(&mut self) {
        let numbers: Vec<usize> = self.on_the_way().map(|letter| letter.number).collect();
        for number in numbers {
            self.note(Note::Arrived(number));
            self.deliver(number);
        }
    }

    fn lose(&mut self, number: usize) {
        if let Some(letter) = self.letters.get_mut(number).filter(|letter| letter.fate == Fate::OnTheWay) {
            letter.fate = Fate::Lost;
        }
    }

    fn silence(&mut self, who: Who) {
        if self.piece.cast().contains(&who) && self.silent.insert(who) {
            self.questions.retain(|question| question.who != who);
        }
    }

    fn command(&mut self, who: Who, wish: Wish) {
        if self.wishes().contains(&(who, wish)) {
            self.step(who, &Happening::Command(wish));
        }
    }

    fn answer(&mut self, number: usize, yes: bool) -> Result<(), Error> {
        let Some(place) = self.questions.iter().position(|question| question.number == number) else { return Ok(()) };
        let question = self.questions.remove(place);
        let happening = if yes {
            let at = self.at();
            Happening::Signed(question.kind, self.piece.sign(question.who, &question.ask, at)?)
        } else {
            Happening::Declined(question.kind)
        };
        self.step(question.who, &happening);
        Ok(())
    }

    fn cheat(&mut self, name: &str) -> Result<(), Error> {
        let at = self.at();
        let Some(cheat) = self.piece.cheats().iter().copied().find(|cheat| cheat.name == name) else { return Ok(()) };
        let Some(trick) = self.trick(cheat, at)? else { return Ok(()) };
        if trick.anew {
            *self = Stage::with(self.play, Some(cheat.name))?;
        }
        self.lies.push(cheat);
        if !trick.keeps.is_empty() {
            self.kept_back.push((cheat.who, trick.keeps));
            for letter in &mut self.letters {
                let mine = letter.from == cheat.who && letter.fate == Fate::OnTheWay;
                if mine && trick.keeps.contains(&letter.word) {
                    letter.fate = Fate::Kept;
                }
            }
        }
        if trick.mute {
            self.silence(cheat.who);
        }
        for (to, said) in trick.letters {
            self.send(cheat.who, to, said, true);
        }
        Ok(())
    }

    fn trick(&self, cheat: Cheat, at: At) -> Result<Option<Trick>, Error> {
        let seen = Seen { letters: &self.letters, begun: !self.scenes.is_empty(), rows: &self.rows };
        let twice = |trick: &Trick| !trick.keeps.is_empty() || trick.mute || trick.anew;
        let trick = self.piece.lie(cheat.name, seen, at)?;
        Ok(trick.filter(|trick| !(twice(trick) && self.lies.contains(&cheat))))
    }

    /// Time passes until something happens; deadlines that change nothing are passed over. Where nobody waits for
    /// anything, a day passes.
    fn pass(&mut self) {
        let began = self.now;
        for _ in 0..time::DEADLINES_MAX {
            let awake = self.piece.cast().into_iter().filter(|who| !self.silent.contains(who));
            let Some(next) = awake.filter_map(|who| self.piece.deadline(who)).min() else { break };
            self.now = self.now.max(next);
            let before = (self.notes.len(), self.states());
            for who in self.piece.cast() {
                let due = self.piece.deadline(who).is_some_and(|due| due <= self.now);
                if due && !self.silent.contains(&who) {
                    self.step(who, &Happening::Deadline);
                }
            }
            if self.notes.len() > before.0 || self.states() != before.1 {
                self.notes.insert(0, Note::Passed(self.now, self.now.since(began)));
                self.still = false;
                return;
            }
        }
        self.still = true;
        if self.now == began {
            self.now = began.plus(time::DAY);
        }
        self.note(Note::Passed(self.now, self.now.since(began)));
    }

    /// Goods that are here and open are looked at without being asked to.
    fn look(&mut self) {
        if let Some(who) = self.piece.looks().filter(|who| !self.silent.contains(who)) {
            self.note(Note::Looked(who));
            self.step(who, &Happening::Looked);
        }
    }

    /// Why it was refused, if it was.
    fn step(&mut self, who: Who, what: &Happening<'_>) -> Option<Code> {
        let (at, before) = (self.at(), self.piece.state(who));
        match self.piece.step(who, what, at) {
            Ok(deeds) => {
                self.moves += usize::from(self.piece.state(who) != before);
                self.apply(who, deeds);
                None
            }
            Err(error) => Some(error.code()),
        }
    }

    fn apply(&mut self, who: Who, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Ask(ask) => self.ask(who, &ask),
                Deed::Keep(text) => self.keep(who, text),
                Deed::Money(purse) => {
                    self.money = Some(purse);
                    self.note(Note::Money(purse));
                }
                Deed::Row { slot, statement } => {
                    if let Some(kind) = piece::kind_of(&statement) {
                        self.note(Note::Row(who, kind));
                        self.keep(who, statement.clone());
                        self.rows.push(Row { who, slot, kind, at: self.now, statement });
                    }
                }
                Deed::Rows(to) => {
                    let rows: Vec<String> =
                        self.rows.iter().filter(|row| row.who == who).map(|row| row.statement.clone()).collect();
                    for row in rows {
                        let said = self.piece.row(&row);
                        self.send(who, to, said, false);
                    }
                }
                Deed::Send { to, said } => self.send(who, to, said, false),
            }
        }
    }

    /// A question about rows binds nobody: it is signed without asking.
    fn ask(&mut self, who: Who, ask: &Ask) {
        if ask.kind == Kind::Status {
            let at = self.at();
            if let Ok(text) = self.piece.sign(who, ask, at) {
                self.step(who, &Happening::Signed(Kind::Status, text));
            }
            return;
        }
        let same = |open: &Question| open.who == who && open.kind == ask.kind;
        if self.questions.iter().any(same) {
            return;
        }
        self.note(Note::Asked(who, ask.kind));
        self.questions.push(Question { number: self.asked.len(), who, kind: ask.kind, ask: ask.clone() });
        self.asked.push((who, ask.kind));
    }

    fn keep(&mut self, who: Who, text: String) {
        let held = self.held.entry(who).or_default();
        if !held.contains(&text) {
            // That there is nothing new is no news.
            self.news += usize::from(piece::kind_of(&text) != Some(Kind::Unmet));
            held.push(text);
        }
    }

    /// What is on its way already is not sent again, nor what the other has answered when nothing was otherwise than
    /// now: machines ask for ever, and nobody wants to look at that.
    fn send(&mut self, from: Who, to: Who, said: Said, lie: bool) {
        let word = piece::word(&said);
        let epoch = self.epoch();
        let same = |letter: &Letter| {
            let alike = letter.said == said || (word == "status" && letter.word == word);
            let open = match letter.fate {
                Fate::Kept | Fate::OnTheWay => true,
                Fate::Lost => false,
                Fate::Refused(_) | Fate::Taken => letter.epoch == epoch,
                Fate::Unread => self.silent.contains(&to),
            };
            letter.from == from && letter.to == to && alike && open
        };
        if self.letters.len() >= LETTERS_MAX || self.letters.iter().any(same) {
            return;
        }
        for text in piece::texts(&said) {
            self.keep(from, text);
        }
        let number = self.letters.len();
        let kept = !lie && self.kept_back.iter().any(|(who, words)| *who == from && words.contains(&word));
        let kinds = piece::texts(&said).iter().filter_map(|text| piece::kind_of(text)).map(Kind::word).collect();
        let fate = if kept { Fate::Kept } else { Fate::OnTheWay };
        self.letters.push(Letter { number, from, to, word, kinds, fate, lie, said, epoch });
        self.note(Note::Sent(number));
    }

    fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Whoever is done is not asked any more.
    fn forget_questions(&mut self) {
        let over: Vec<Who> = self.piece.cast().into_iter().filter(|who| self.is_over(*who)).collect();
        self.questions.retain(|question| !over.contains(&question.who));
    }

    fn is_over(&self, who: Who) -> bool {
        let registers = [Who::Bank, Who::Notary, Who::OtherBank];
        !registers.contains(&who) && self.piece.deadline(who).is_none() && self.piece.looks() != Some(who)
    }
}
