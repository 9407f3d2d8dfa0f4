//! Each transition by itself, and what the undisturbed case costs.

use semper_blocks::statement::Kind;
use semper_exchange::fair::frame::word::Word;
use semper_exchange::fair::frame::{Content, Seat};
use semper_exchange::fair::party::Standing;

use super::model::{Core, Table};
use super::state::Action::{Deadline, Decline, Deliver, Sign, Tick, Wish};
use super::state::{Action, Setting, State};
use super::world::Wish as Want;
use super::{A, B, Notary, Party};

/// A run that a test drives by hand.
pub(crate) struct Run<'a> {
    pub(crate) core: &'a mut Core,
    pub(crate) state: State,
}

impl Run<'_> {
    pub(crate) fn of(setting: Setting, drive: impl FnOnce(&mut Run<'_>)) {
        let table = Table::new(setting);
        let core = &mut *table.core();
        let state = core.begin();
        drive(&mut Run { core, state });
    }

    /// Whether anything came of it.
    pub(crate) fn act(&mut self, action: Action) -> bool {
        let next = self.core.next(&self.state, action);
        next.map(|next| self.state = next).is_some()
    }

    pub(crate) fn asked(&self, of: Seat, kind: Kind) -> Option<u32> {
        self.state.questions.iter().copied().find(|number| {
            let question = self.core.world.questions.get(*number);
            (question.of, question.kind) == (of, kind)
        })
    }

    /// The owner signs what is asked.
    pub(crate) fn sign(&mut self, of: Seat, kind: Kind) -> bool {
        let question = self.asked(of, kind).unwrap_or_else(|| panic!("{of:?} is not asked for {kind}"));
        self.act(Sign(question))
    }

    pub(crate) fn decline(&mut self, of: Seat, kind: Kind) {
        let question = self.asked(of, kind).unwrap();
        self.state.whims = 1;
        assert!(self.act(Decline(question)));
    }

    pub(crate) fn sent(&self, from: Seat, to: Seat, word: Word) -> Option<u32> {
        self.state.net.iter().copied().find(|number| {
            let message = self.core.world.messages.get(*number);
            (message.from, message.to, Word::of(&message.content)) == (from, to, Some(word))
        })
    }

    pub(crate) fn deliver(&mut self, from: Seat, to: Seat, word: Word) -> bool {
        let message = self.sent(from, to, word).unwrap_or_else(|| panic!("no {word:?} from {from:?} to {to:?}"));
        self.act(Deliver(message))
    }

    pub(crate) fn wish(&mut self, seat: Seat, wish: Want) -> bool {
        self.state.whims = 1;
        self.act(Wish(seat, wish))
    }

    pub(crate) fn standing(&self, seat: Seat) -> Standing {
        self.core.world.standing(self.state.machines[self.core.place(seat)])
    }

    pub(crate) fn machine(&self, seat: Seat) -> u32 {
        self.state.machines[self.core.place(seat)]
    }

    fn notary(&self) -> &'static str {
        self.core.world.decided(self.machine(Notary))
    }

    pub(crate) fn due(&mut self, seat: Seat) -> bool {
        let due =
            self.core.world.deadline(self.machine(seat)).is_some_and(|due| due <= super::world::at(self.state.tick));
        due && self.act(Deadline(seat))
    }

    pub(crate) fn tick(&mut self, ticks: u8) {
        (0..ticks).for_each(|_| assert!(self.act(Tick)));
    }

    /// Both agree, m1 and m2 are delivered.
    pub(crate) fn promised(&mut self) {
        self.sign(A, Kind::Agreement);
        self.sign(B, Kind::Agreement);
        self.sign(A, Kind::Promise);
        self.deliver(A, B, Word::Promise);
        self.sign(B, Kind::Promise);
    }

    pub(crate) fn signed(&mut self) {
        self.promised();
        self.deliver(B, A, Word::Promise);
        self.sign(A, Kind::Signature);
    }
}

#[test]
fn two_sign_with_four_messages() {
    Run::of(Setting::CS2, |run| {
        assert_eq!((run.standing(A), run.standing(B)), (Standing::Asked, Standing::Asked));
        run.promised();
        assert_eq!((run.standing(A), run.standing(B)), (Standing::Promised, Standing::Promised));
        assert!(run.deliver(B, A, Word::Promise) && run.sign(A, Kind::Signature));
        assert_eq!(run.standing(A), Standing::Signed);
        assert!(run.deliver(A, B, Word::Signature) && run.sign(B, Kind::Signature));
        assert_eq!(run.standing(B), Standing::Complete);
        assert!(run.deliver(B, A, Word::Signature));
        assert_eq!(run.standing(A), Standing::Complete);
        assert_eq!(run.state.net.len(), 4);
        let of = |seat| run.core.world.proof(run.machine(seat));
        assert_eq!(of(A), of(B));
        assert!(run.state.questions.is_empty() && run.state.rows.is_empty());
    });
}

#[test]
fn many_sign_with_two_messages_each() {
    for parties in [2, 3, 5, 16] {
        Run::of(Setting::csn_a(parties), |run| {
            for place in 0..parties {
                assert!(run.sign(Party(place), Kind::Agreement) && run.sign(Party(place), Kind::Signature));
            }
            for place in 0..parties {
                assert_eq!(run.notary(), "open");
                assert!(run.deliver(Party(place), Notary, Word::Signature));
            }
            assert_eq!(run.notary(), "resolved");
            for place in 0..parties {
                assert!(run.deliver(Notary, Party(place), Word::Resolved));
                assert_eq!(run.standing(Party(place)), Standing::Complete);
            }
            assert_eq!(run.state.net.len(), 2 * usize::from(parties));
            assert_eq!(run.core.world.proof(run.machine(A)).len(), 1 + usize::from(parties));
        });
    }
}

#[test]
fn the_starter_aborts_before_its_signature_and_not_after() {
    Run::of(Setting::CS2, |run| {
        run.promised();
        assert!(run.wish(A, Want::Abort) && run.sign(A, Kind::Abort));
        assert_eq!(run.standing(A), Standing::Asking);
        // What was under way comes too late: it never goes back.
        run.deliver(B, A, Word::Promise);
        assert_eq!((run.standing(A), run.asked(A, Kind::Signature)), (Standing::Asking, None));
        assert!(run.deliver(A, Notary, Word::Abort));
        assert!(run.deliver(Notary, A, Word::Aborted) && run.deliver(Notary, B, Word::Aborted));
        assert_eq!((run.standing(A), run.standing(B)), (Standing::Aborted, Standing::Aborted));
    });
    Run::of(Setting::CS2, |run| {
        run.promised();
        run.deliver(B, A, Word::Promise);
        // Asked first, signed second: the abort that the owner signs then stays here.
        assert!(run.wish(A, Want::Abort) && run.sign(A, Kind::Signature));
        assert!(run.sign(A, Kind::Abort));
        assert_eq!((run.standing(A), run.sent(A, Notary, Word::Abort)), (Standing::Signed, None));
        assert!(!run.wish(A, Want::Abort));
    });
}

#[test]
fn whoever_is_stuck_asks_the_notary_and_both_hear_the_same() {
    Run::of(Setting::CS2, |run| {
        run.signed();
        run.tick(1);
        assert!(run.due(A) && run.due(B));
        assert_eq!((run.standing(A), run.standing(B)), (Standing::Asking, Standing::Asking));
        // Whoever has asked sends the other one nothing more.
        run.deliver(A, B, Word::Signature);
        assert_eq!((run.standing(B), run.asked(B, Kind::Signature)), (Standing::Asking, None));
        assert!(run.deliver(B, Notary, Word::Resolve));
        assert!(!run.deliver(A, Notary, Word::Resolve), "the answer is out already, and the same");
        assert!(run.deliver(Notary, A, Word::Resolved) && run.deliver(Notary, B, Word::Resolved));
        assert_eq!((run.standing(A), run.standing(B)), (Standing::Complete, Standing::Complete));
        assert_eq!(run.state.rows.len(), 1);
    });
}

#[test]
fn the_first_request_decides() {
    Run::of(Setting { dishonest: &[A], ..Setting::CS2 }, |run| {
        run.state.whims = 0;
        run.sign(B, Kind::Agreement);
        // A aborts, goes on all the same, and hurts only itself.
        let lies = run.core.lies(&run.state);
        for word in [Word::Abort, Word::Promise] {
            let lie =
                *lies.iter().find(|lie| Word::of(&run.core.world.messages.get(**lie).content) == Some(word)).unwrap();
            run.act(Action::Lie(lie));
        }
        assert!(run.deliver(A, Notary, Word::Abort) && run.deliver(A, B, Word::Promise) && run.sign(B, Kind::Promise));
        run.tick(1);
        assert!(run.due(B));
        run.deliver(B, Notary, Word::Resolve);
        assert!(run.deliver(Notary, B, Word::Aborted));
        assert_eq!((run.standing(B), run.notary(), run.state.rows.len()), (Standing::Aborted, "aborted", 1));
    });
}

#[test]
fn an_owner_says_no() {
    Run::of(Setting::CS2, |run| {
        run.decline(A, Kind::Agreement);
        run.decline(B, Kind::Agreement);
        assert_eq!((run.standing(A), run.standing(B)), (Standing::Declined, Standing::Declined));
        assert!(run.state.net.is_empty());
    });
    Run::of(Setting::CS2, |run| {
        run.promised();
        run.deliver(B, A, Word::Promise);
        run.decline(A, Kind::Signature);
        assert!(run.asked(A, Kind::Abort).is_some(), "nothing is signed, so nothing must come of it");
    });
    Run::of(Setting::CS2, |run| {
        run.signed();
        run.deliver(A, B, Word::Signature);
        run.decline(B, Kind::Signature);
        assert_eq!(run.standing(B), Standing::Signed, "it has promised: the notary says what that comes to");
        run.tick(1);
        assert!(run.due(B));
        assert!(run.sent(B, Notary, Word::Resolve).is_some());
    });
    Run::of(Setting::csn_a(2), |run| {
        run.sign(A, Kind::Agreement);
        run.decline(A, Kind::Signature);
        assert_eq!(run.standing(A), Standing::Declined);
    });
}

#[test]
fn nobody_begins_when_the_time_is_over() {
    Run::of(Setting { ticks: 9, ..Setting::CS2 }, |run| {
        run.sign(A, Kind::Agreement);
        run.tick(super::world::EXPIRES);
        assert!(run.sign(A, Kind::Promise));
        assert!(run.state.net.is_empty());
        assert!(run.due(A) && run.due(B));
        assert_eq!((run.standing(A), run.standing(B)), (Standing::Declined, Standing::Declined));
    });
    Run::of(Setting { ticks: 9, ..Setting::CS2 }, |run| {
        run.sign(A, Kind::Agreement);
        run.sign(B, Kind::Agreement);
        run.sign(A, Kind::Promise);
        run.deliver(A, B, Word::Promise);
        run.tick(super::world::EXPIRES);
        assert!(run.sign(B, Kind::Promise));
        assert_eq!(run.state.net.len(), 1, "m1 and no m2");
    });
    // What has begun ends without regard to the time.
    Run::of(Setting { ticks: 9, ..Setting::CS2 }, |run| {
        run.promised();
        run.tick(super::world::EXPIRES);
        assert!(run.due(B));
        assert!(run.deliver(B, Notary, Word::Resolve));
        assert_eq!(run.notary(), "resolved");
    });
    Run::of(Setting::csn_a(2), |run| {
        run.sign(A, Kind::Agreement);
        run.tick(super::world::EXPIRES);
        assert!(run.sign(A, Kind::Signature));
        assert!(run.state.net.is_empty());
    });
}

#[test]
fn a_starter_waits_for_the_other_owner_until_the_time_is_over() {
    Run::of(Setting::CS2, |run| {
        run.sign(A, Kind::Agreement);
        run.sign(A, Kind::Promise);
        run.tick(1);
        assert!(!run.due(A));
        run.tick(1);
        assert!(run.due(A) && run.sign(A, Kind::Abort));
        assert!(run.sent(A, Notary, Word::Abort).is_some());
    });
}

#[test]
fn a_notary_that_collects_ends_at_the_end_of_the_time() {
    Run::of(Setting::csn_a(2), |run| {
        assert!(!run.due(Notary), "nobody has come");
        for seat in [A, B] {
            run.sign(seat, Kind::Agreement);
            run.sign(seat, Kind::Signature);
        }
        assert!(run.deliver(A, Notary, Word::Signature));
        run.tick(1);
        assert!(!run.due(Notary));
        run.tick(1);
        assert!(run.due(Notary));
        assert_eq!(run.notary(), "aborted");
        run.deliver(B, Notary, Word::Signature);
        assert_eq!(run.notary(), "aborted");
        assert!(run.deliver(Notary, A, Word::Aborted));
        assert_eq!(run.standing(A), Standing::Aborted);
    });
    // Also if its own timer has not gone off yet.
    Run::of(Setting::csn_a(2), |run| {
        for seat in [A, B] {
            run.sign(seat, Kind::Agreement);
            run.sign(seat, Kind::Signature);
            run.tick(1);
            run.deliver(seat, Notary, Word::Signature);
        }
        assert_eq!(run.notary(), "aborted");
    });
}

#[test]
fn a_signer_aborts_until_all_have_signed() {
    Run::of(Setting::csn_a(3), |run| {
        for seat in [A, B] {
            run.sign(seat, Kind::Agreement);
            run.sign(seat, Kind::Signature);
            run.deliver(seat, Notary, Word::Signature);
        }
        assert!(run.wish(A, Want::Abort) && run.sign(A, Kind::Abort));
        assert!(run.deliver(A, Notary, Word::Abort));
        for place in 0..3 {
            assert!(run.deliver(Notary, Party(place), Word::Aborted));
            assert_eq!(run.standing(Party(place)), Standing::Aborted);
        }
        // Nothing in it says who had signed.
        let told = run.sent(Notary, A, Word::Aborted).unwrap();
        let Content::Decision { pieces, .. } = &run.core.world.messages.get(told).content else { panic!() };
        assert_eq!(pieces.len(), 1);
    });
}

#[test]
fn what_is_asked_again_is_what_was_asked() {
    Run::of(Setting { ticks: 9, ..Setting::CS2 }, |run| {
        run.signed();
        run.tick(1);
        run.due(A);
        let asked = run.state.net.clone();
        run.tick(1);
        assert!(run.due(A), "patience grows");
        assert_eq!(run.state.net, asked, "stored bytes are sent again");
    });
    Run::of(Setting { ticks: 9, ..Setting::csn_a(2) }, |run| {
        run.sign(A, Kind::Agreement);
        run.sign(A, Kind::Signature);
        let asked = run.state.net.clone();
        run.tick(1);
        assert!(run.due(A));
        assert_eq!(run.state.net, asked);
    });
}

/// What arrives twice is answered with the same bytes.
#[test]
fn a_repeated_message_gets_the_same_answer() {
    Run::of(Setting::CS2, |run| {
        run.signed();
        let before = run.state.clone();
        run.deliver(A, B, Word::Promise);
        run.deliver(B, A, Word::Promise);
        assert_eq!(run.state, before);
        run.deliver(A, B, Word::Signature);
        run.sign(B, Kind::Signature);
        let before = run.state.clone();
        run.deliver(A, B, Word::Signature);
        assert_eq!(run.state, before);
    });
}
