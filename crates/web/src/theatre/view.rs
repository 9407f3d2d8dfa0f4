//! A stage in words.

use askama::Template;
use semper_base::{Error, Millis, Timestamp};
use semper_theatre::act::{self, Act};
use semper_theatre::{Cheat, Fate, Note, Purse, Ruling, Scene, Stage, Who};

use crate::door::Visit;
use crate::page::Page;
use crate::texts::theatre::{Theatre, Words};
use crate::texts::{Language, When, codes, fill, titles};

/// A button: the act's text and what it is called.
pub(super) struct Button {
    act: String,
    name: String,
}

/// Somebody on stage.
struct Player {
    name: &'static str,
    word: &'static str,
    state: &'static str,
    until: Option<String>,
    silent: bool,
    has: Vec<&'static str>,
    statements: Vec<String>,
    evidence: String,
    /// What is asked, yes, no.
    questions: Vec<(&'static str, Button, Button)>,
    wishes: Vec<Button>,
    silence: Option<String>,
}

/// A message on its way.
struct OnTheWay {
    number: usize,
    route: String,
    says: &'static str,
    kinds: String,
    lie: bool,
    deliver: String,
    lose: String,
}

/// A lie.
struct Lie {
    act: String,
    text: &'static str,
    can: bool,
    told: bool,
}

/// What the judge says to one side's evidence.
struct Judged {
    of: &'static str,
    standings: Vec<String>,
    convictions: Vec<String>,
    proven: Vec<String>,
    /// How much is proven.
    many: String,
}

/// One act that is over.
struct Told {
    what: String,
    notes: Vec<String>,
    /// How many acts there are with it.
    acts: usize,
}

#[derive(Template)]
#[template(path = "theatre/stage.html")]
pub(super) struct StagePage {
    page: Page,
    t: &'static Theatre,
    play: &'static str,
    about: &'static str,
    acts: String,
    clock: When,
    day: String,
    money: Option<&'static str>,
    now: Vec<String>,
    begun: bool,
    next: Option<Button>,
    time: Option<Button>,
    full: bool,
    /// How many acts are left after going back by one.
    undo: Option<usize>,
    players: Vec<Player>,
    letters: Vec<OnTheWay>,
    /// The button for all of them, if there are several.
    all: Option<Button>,
    lies: Vec<(String, Vec<Lie>)>,
    rows: Vec<(&'static str, &'static str, When)>,
    register: &'static str,
    judge: &'static str,
    rulings: Vec<Judged>,
    story: Vec<Told>,
}

/// One stage, in the words of one language.
struct Teller<'a> {
    stage: &'a Stage,
    words: Words,
    t: &'static Theatre,
}

fn when(language: Language, at: Timestamp) -> When {
    When::new(language, &at.to_string())
}

impl StagePage {
    pub(super) fn new(visit: &Visit, stage: &Stage) -> Result<StagePage, Error> {
        let language = visit.language;
        let words = Words { language, play: stage.play };
        let t = Theatre::of(language);
        let teller = Teller { stage, words, t };
        let acts = stage.acts();
        let next = stage.next();
        let is_time = next == Some(Act::Time);
        Ok(StagePage {
            page: Page::new(visit, words.play()),
            t,
            play: stage.play.word(),
            about: words.about(),
            acts: act::write(&acts),
            clock: when(language, stage.now),
            day: fill(t.day, &[&teller.day().to_string()]),
            money: stage.money.map(|purse| words.purse(purse)),
            now: stage.scenes.last().map(|scene| teller.scene(scene)).unwrap_or_default(),
            begun: !stage.scenes.is_empty(),
            time: (!is_time && !stage.is_full())
                .then(|| Button { act: Act::Time.to_string(), name: t.time.to_owned() }),
            next: next.map(|act| Button { name: fill(t.next, &[&teller.act(&act)]), act: act.to_string() }),
            full: stage.is_full(),
            undo: acts.len().checked_sub(1),
            players: stage.cast().into_iter().map(|who| teller.player(who)).collect(),
            all: (stage.on_the_way().count() > 1 && !stage.is_full())
                .then(|| Button { act: Act::All.to_string(), name: t.deliver_all.to_owned() }),
            letters: teller.letters(),
            lies: teller.lies(),
            rows: stage
                .rows
                .iter()
                .map(|row| (words.name(row.who), words.said(row.who, row.kind.word()), when(language, row.at)))
                .collect(),
            register: words.register(),
            judge: words.judge(),
            rulings: teller.rulings()?,
            story: teller.story(),
        })
    }
}

impl Teller<'_> {
    fn name(&self, who: Who) -> &'static str {
        self.words.name(who)
    }

    /// What a kind of statement is called on the trusted screen.
    fn kind(&self, word: &'static str) -> &'static str {
        titles::title(self.words.language, word).unwrap_or(word)
    }

    /// The first is day 1.
    fn day(&self) -> u64 {
        self.stage.now.since(semper_theatre::OPENED).0 / 86_400_000 + 1
    }

    fn player(&self, who: Who) -> Player {
        let (stage, words, t) = (self.stage, self.words, self.t);
        let silent = stage.silent.contains(&who);
        let mine = stage.questions.iter().filter(|question| question.who == who);
        let question = |question: &semper_theatre::Question| {
            let yes = Button { act: Act::Sign(question.number).to_string(), name: t.yes.to_owned() };
            let no = Button { act: Act::Decline(question.number).to_string(), name: t.no.to_owned() };
            (words.question(question.kind.word()), yes, no)
        };
        let wishes = stage.wishes().into_iter().filter(|(whose, _)| *whose == who);
        let statement = |(kind, by): (&'static str, Option<Who>)| match by {
            Some(by) => fill(t.by, &[self.kind(kind), self.name(by)]),
            None => self.kind(kind).to_owned(),
        };
        let statements: Vec<String> = stage.statements(who).into_iter().map(statement).collect();
        Player {
            name: self.name(who),
            word: who.word(),
            state: words.state(who, stage.state(who)),
            until: stage.deadline(who).map(|at| self.waits(at)),
            silent,
            has: self.money(who).into_iter().chain(stage.has(who)).map(|thing| words.thing(thing)).collect(),
            evidence: fill(t.evidence, &[&statements.len().to_string()]),
            statements,
            questions: mine.map(question).collect(),
            wishes: wishes
                .map(|(_, wish)| Button { act: Act::Command(who, wish).to_string(), name: words.wish(wish).to_owned() })
                .collect(),
            silence: (!silent).then(|| Act::Silence(who).to_string()),
        }
    }

    /// How long somebody waits.
    fn waits(&self, at: Timestamp) -> String {
        let wait = at.since(self.stage.now);
        if wait.0 == 0 { self.t.acts_now.to_owned() } else { fill(self.t.acts_in, &[&self.long(wait)]) }
    }

    /// A time in one unit, two of them at least where there is a smaller one.
    fn long(&self, time: Millis) -> String {
        let (t, seconds) = (self.t, time.0.div_ceil(1000));
        let (number, unit) = match seconds {
            0..120 => (seconds, t.seconds),
            120..7200 => (seconds / 60, t.minutes),
            7200..172_800 => (seconds / 3600, t.hours),
            _ => (seconds / 86_400, t.days),
        };
        fill(unit, &[&number.to_string()])
    }

    /// Whoever keeps the money has it.
    fn money(&self, who: Who) -> Option<&'static str> {
        match (self.stage.money?, who) {
            (Purse::Buyer, Who::Buyer) | (Purse::Seller, Who::Seller) => Some("money"),
            (Purse::Held | Purse::Claim, Who::Bank) => Some("kept-money"),
            _ => None,
        }
    }

    fn letters(&self) -> Vec<OnTheWay> {
        let one = |letter: &semper_theatre::Letter| OnTheWay {
            number: letter.number,
            route: fill(self.t.from_to, &[self.name(letter.from), self.name(letter.to)]),
            says: self.words.said(letter.from, letter.word),
            kinds: letter.kinds.iter().map(|kind| self.kind(kind)).collect::<Vec<_>>().join(", "),
            lie: letter.lie,
            deliver: Act::Deliver(letter.number).to_string(),
            lose: Act::Lose(letter.number).to_string(),
        };
        self.stage.on_the_way().map(one).collect()
    }

    fn lies(&self) -> Vec<(String, Vec<Lie>)> {
        let mut lies: Vec<(Who, Vec<Lie>)> = Vec::new();
        for (Cheat { name, who }, can) in self.stage.cheats() {
            let lie = Lie {
                act: Act::Cheat(name.to_owned()).to_string(),
                text: self.words.cheat(name),
                can: can && !self.stage.is_full(),
                told: self.stage.lies.iter().any(|told| told.name == name),
            };
            match lies.iter_mut().find(|(whose, _)| *whose == who) {
                Some((_, of)) => of.push(lie),
                None => lies.push((who, vec![lie])),
            }
        }
        lies.into_iter().map(|(who, of)| (self.name(who).to_owned(), of)).collect()
    }

    fn rulings(&self) -> Result<Vec<Judged>, Error> {
        let sides = [None].into_iter().chain(self.stage.cast().into_iter().map(Some));
        sides.map(|of| Ok(self.judged(&self.stage.ruling(of)?))).collect()
    }

    fn judged(&self, ruling: &Ruling) -> Judged {
        let about = |who: Option<Who>, text: &str| match who {
            Some(who) => format!("{}: {text}", self.name(who)),
            None => text.to_owned(),
        };
        let standings = ruling.standings.iter().map(|(who, word)| about(*who, self.words.standing(word)));
        let convictions = ruling.convictions.iter().map(|(who, word)| about(Some(*who), self.words.misdeed(word)));
        let proven = ruling.proven.iter().map(|claim| about(claim.who, self.words.claim(&claim.word)));
        Judged {
            of: ruling.of.map_or(self.t.together, |who| self.name(who)),
            standings: standings.collect(),
            convictions: convictions.collect(),
            many: fill(self.t.proven_many, &[&ruling.proven.len().to_string()]),
            proven: proven.collect(),
        }
    }

    fn story(&self) -> Vec<Told> {
        let one =
            |(at, scene): (usize, &Scene)| Told { what: self.act(&scene.act), notes: self.scene(scene), acts: at + 1 };
        self.stage.scenes.iter().enumerate().map(one).collect()
    }

    fn letter(&self, number: usize) -> String {
        let Some(letter) = self.stage.letters.get(number) else { return self.t.message.to_owned() };
        fill(self.t.quoted, &[self.words.said(letter.from, letter.word), &self.route(letter)])
    }

    fn route(&self, letter: &semper_theatre::Letter) -> String {
        fill(self.t.from_to, &[self.name(letter.from), self.name(letter.to)])
    }

    fn question(&self, template: &str, number: usize) -> String {
        let Some((who, kind)) = self.stage.asked(number) else { return self.t.message.to_owned() };
        fill(template, &[self.name(who), self.words.question(kind.word())])
    }

    /// An act in words.
    fn act(&self, act: &Act) -> String {
        let t = self.t;
        match act {
            Act::All => t.a_all.to_owned(),
            Act::Cheat(name) => {
                let cheat = self.stage.cheats().into_iter().find(|(cheat, _)| cheat.name == name);
                let who = cheat.map_or("", |(cheat, _)| self.name(cheat.who));
                fill(t.a_cheat, &[&format!("{who}: {}", self.words.cheat(name))])
            }
            Act::Command(who, wish) => fill(t.a_command, &[self.name(*who), self.words.wish(*wish)]),
            Act::Decline(number) => self.question(t.a_no, *number),
            Act::Deliver(number) => fill(t.n_arrives, &[&self.letter(*number)]),
            Act::Lose(number) => fill(t.n_lost, &[&self.letter(*number)]),
            Act::Sign(number) => self.question(t.a_yes, *number),
            Act::Silence(who) => fill(t.a_silent, &[self.name(*who)]),
            Act::Time => t.time.to_owned(),
        }
    }

    fn scene(&self, scene: &Scene) -> Vec<String> {
        let one = |note: &Note| if *note == Note::Nothing { self.nothing(&scene.act) } else { self.note(*note) };
        scene.notes.iter().map(one).collect()
    }

    /// What is said where an act led to nothing that can be seen.
    fn nothing(&self, act: &Act) -> String {
        let (t, stage) = (self.t, self.stage);
        let fate = |number: &usize| stage.letters.get(*number).map(|letter| letter.fate);
        let said = match act {
            Act::Cheat(name) if stage.lies.iter().any(|lie| lie.name == name) => t.n_lied,
            Act::Deliver(number) if fate(number) == Some(Fate::Taken) => t.n_taken,
            Act::Deliver(number) if fate(number) == Some(Fate::Unread) => t.n_unread,
            Act::Lose(number) if fate(number) == Some(Fate::Lost) => t.n_never,
            Act::Silence(who) if stage.silent.contains(who) => t.n_silent,
            _ => t.n_nothing,
        };
        said.to_owned()
    }

    fn note(&self, note: Note) -> String {
        let t = self.t;
        match note {
            Note::Arrived(number) => fill(t.n_arrives, &[&self.letter(number)]),
            Note::Asked(who, kind) => fill(t.n_asked, &[self.name(who), self.words.question(kind.word())]),
            Note::Looked(who) => fill(t.n_looked, &[self.name(who)]),
            Note::Money(purse) => fill(t.n_money, &[self.words.purse(purse)]),
            Note::Nothing => t.n_nothing.to_owned(),
            Note::Passed(at, took) => fill(t.n_passed, &[&self.long(took), &when(self.words.language, at).text]),
            Note::Refused(number, code) => {
                let to = self.stage.letters.get(number).map_or("", |letter| self.name(letter.to));
                fill(t.n_refused, &[to, codes::text(self.words.language, code)])
            }
            Note::Row(who, kind) => fill(t.n_row, &[self.name(who), self.words.said(who, kind.word())]),
            Note::Sent(number) => self.sent(number),
            Note::State(who, state) => fill(t.n_state, &[self.name(who), self.words.state(who, state)]),
        }
    }

    fn sent(&self, number: usize) -> String {
        let Some(letter) = self.stage.letters.get(number) else { return self.t.message.to_owned() };
        let says = self.words.said(letter.from, letter.word);
        if letter.fate == Fate::Kept {
            return fill(self.t.n_kept, &[self.name(letter.from), says]);
        }
        fill(self.t.n_sent, &[self.name(letter.from), self.name(letter.to), says])
    }
}
