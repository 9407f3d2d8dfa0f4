//! Deals with payments by hand: the undisturbed case, what is kept back, and what is refused.

use semper_base::{Blob64, Hash, Role};
use semper_exchange::fair::frame::Content;
use semper_exchange::fair::frame::statements as fs;
use semper_exchange::fair::lock::{self, Shown};
use semper_exchange::fair::party::Standing;
use semper_exchange::judge::Evidence;
use semper_exchange::judge::frame::judge;
use semper_support::crypto::Ideal;

use super::model::{Action, Core, Setting, State, Table};
use super::world::{EXPIRES, Input, Message, Said, Who};
use super::{Holder, Notary, Party};

struct Run<'a> {
    core: &'a mut Core,
    state: State,
}

impl Run<'_> {
    fn of(setting: Setting, drive: impl FnOnce(&mut Run<'_>)) {
        let table = Table::new(setting);
        let core = &mut *table.core();
        let state = core.begin();
        drive(&mut Run { core, state });
    }

    fn act(&mut self, who: Who, input: Input) -> bool {
        let next = self.core.next(&self.state, Action::Happen(who, input));
        next.map(|next| self.state = next).is_some()
    }

    /// Everything that was sent so far and not delivered, once, but what `lost` says.
    fn carry(&mut self, lost: impl Fn(&Message) -> bool) {
        let mut seen = Vec::new();
        while let Some(number) = self.state.net.iter().copied().find(|number| !seen.contains(number)) {
            seen.push(number);
            let message = self.core.world.messages.get(number).clone();
            if !lost(&message) {
                self.act(message.to, Input::Message(number));
            }
        }
    }

    fn consent(&mut self) {
        for place in 0..self.core.world.parties() {
            assert!(self.act(Party(place), Input::Consent));
        }
    }

    fn standing(&self, place: u8) -> Standing {
        self.core.world.side(self.state.machines[usize::from(place)]).dealer.standing()
    }

    fn sent(&self, from: Who, to: Who) -> Vec<Said> {
        let all = self.state.net.iter().map(|number| self.core.world.messages.get(*number));
        all.filter(|message| (message.from, message.to) == (from, to)).map(|message| message.said.clone()).collect()
    }

    /// Whether somebody takes this.
    fn takes(&mut self, from: Who, to: Who, said: Said) -> bool {
        let number = self.core.world.message(Message { from, to, said });
        self.core.next(&self.state, Action::Happen(to, Input::Message(number))).is_some()
    }

    /// The `locked` of the money of a leg.
    fn locked(&self, leg: u8) -> String {
        let said = self.sent(Holder(leg), Party(leg)).remove(0);
        let Said::Lock(_, _, lock::Content::Answer { statement, .. }) = said else { panic!("{said:?}") };
        statement
    }
}

const NEVER: fn(&Message) -> bool = |_| false;

#[test]
fn rings_of_payments() {
    for parties in [2, 3, 7] {
        Run::of(Setting { parties, ..Setting::TWO }, |run| {
            run.consent();
            assert!(run.sent(Party(0), Notary).is_empty(), "nothing is given before the money is locked");
            run.carry(NEVER);
            for place in 0..parties {
                assert_eq!(run.standing(place), Standing::Complete);
                let cash = run.state.cash[usize::from(place)];
                assert_eq!((cash.held, cash.paid, cash.back), (1, 1, 0));
            }
            // Order, two `locked`, submission, decision, claim, two `claimed`: eight messages a party.
            assert_eq!(run.state.net.len(), 8 * usize::from(parties));
        });
    }
}

#[test]
fn aborted_money_comes_back() {
    Run::of(Setting { parties: 3, whims: 1, ..Setting::TWO }, |run| {
        run.consent();
        run.carry(|message| message.to == Notary);
        assert!(run.state.cash.iter().all(|cash| cash.held == 1));
        assert!(run.act(Party(1), Input::Abort));
        // The abort, and no submission, reaches the notary.
        run.carry(|message| matches!(message.said, Said::Deal(Content::Submission { .. })));
        for place in 0..3 {
            assert_eq!(run.standing(place), Standing::Aborted);
            let cash = run.state.cash[usize::from(place)];
            assert_eq!((cash.held, cash.paid, cash.back), (1, 0, 1));
        }
    });
}

/// A holder that never answers: at the end of the time the party asks the notary, which ends it for all.
#[test]
fn money_that_is_never_locked_ends_with_the_time() {
    Run::of(Setting { ticks: 30, ..Setting::TWO }, |run| {
        assert!(run.act(Party(0), Input::Consent));
        let silent = |message: &Message| matches!(message.from, Holder(_));
        run.carry(silent);
        for _ in 0..12 {
            run.state = run.core.next(&run.state, Action::Tick).unwrap();
            run.act(Party(0), Input::Deadline);
        }
        assert!(run.state.tick > EXPIRES && run.standing(0) == Standing::Signed);
        assert!(!run.sent(Party(0), Notary).is_empty());
        run.carry(silent);
        assert_eq!(run.standing(0), Standing::Aborted);
        let cash = run.state.cash[0];
        assert_eq!((cash.paid, cash.held), (0, cash.back), "whatever was locked is back");
    });
}

#[test]
fn locks_in_a_submission() {
    Run::of(Setting::TWO, |run| {
        run.consent();
        run.carry(|message| message.to == Notary);
        let Said::Deal(Content::Submission { keys, locks, statement }) = run.sent(Party(0), Notary).remove(0) else {
            panic!("a submission")
        };
        let (mine, theirs) = (run.locked(0), run.locked(1));
        assert_eq!(locks, std::slice::from_ref(&mine));
        let with = |locks: Vec<String>| {
            Said::Deal(Content::Submission { keys: keys.clone(), locks, statement: statement.clone() })
        };
        assert!(run.takes(Party(0), Notary, with(vec![mine.clone()])));
        for wrong in [vec![], vec![theirs.clone()], vec![mine.clone(), theirs], vec![statement.clone()]] {
            assert!(!run.takes(Party(0), Notary, with(wrong)));
        }
    });
}

/// What a notary says without having seen the locks frees no money.
#[test]
fn a_decision_without_the_locks_is_none() {
    Run::of(Setting::TWO, |run| {
        run.consent();
        run.carry(|message| message.to == Notary);
        let signed = |run: &Run<'_>, place| {
            let Said::Deal(Content::Submission { statement, .. }) = run.sent(Party(place), Notary).remove(0) else {
                panic!("a submission")
            };
            statement
        };
        let (both, locks) = ([signed(run, 0), signed(run, 1)], [run.locked(0), run.locked(1)]);
        let resolved = |run: &Run<'_>, pieces: &[&String]| {
            let ground = pieces.iter().map(|text| Hash::of(text.as_bytes())).collect();
            let body = fs::Resolved { at: super::world::at(0), ground, key: None, keys: vec![] };
            let world = &run.core.world;
            let statement = Core::sign(Role::Notary, &world.notary, world.x.xid, body);
            (statement, pieces.iter().map(|text| (*text).clone()).collect::<Vec<String>>())
        };
        let [a, b] = [&both[0], &both[1]];
        let [one, two] = [&locks[0], &locks[1]];
        let cases: [(&[&String], bool); 6] = [
            (&[a, b, one, two], true),
            (&[a, b], false),
            (&[a, b, one], false),
            (&[a, b, two, one], false),
            (&[a, b, one, one], false),
            (&[b, a, one, two], false),
        ];
        for (pieces, good) in cases {
            let (statement, pieces) = resolved(run, pieces);
            let told = Content::Decision { pieces: pieces.clone(), statement: statement.clone() };
            assert_eq!(run.takes(Notary, Party(0), Said::Deal(told)), good, "{}", pieces.len());
            // Whoever sees it can convict the notary, and only then.
            let mut evidence = Evidence::new();
            for text in pieces.iter().chain([&statement]) {
                evidence.add(&Hash::of(text.as_bytes()).hex(), text.as_bytes()).unwrap();
            }
            let verdict = judge(&run.core.world.x, &evidence, &Ideal::new(1));
            assert_eq!(verdict.convictions.is_empty(), good);
            let descriptor = Blob64(run.core.world.x.bytes().to_vec());
            let shown = Shown { descriptor, pieces, statement };
            let claim = run.core.claim(0, 1, shown);
            assert_eq!(run.takes(Party(1), Holder(0), claim), good);
        }
    });
}
