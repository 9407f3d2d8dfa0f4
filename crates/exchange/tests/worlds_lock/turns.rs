//! Each transition by itself, and what the undisturbed case costs.

use semper_blocks::statement::Kind;
use semper_exchange::fair::lock::word::Word;
use semper_exchange::fair::lock::{Seat, Standing};

use super::model::{Core, Table, place};
use super::state::Action::{Deadline, Decide, Decline, Deliver, Sign, Tick, Told, Wish};
use super::state::{Action, Cash, Setting, State};
use super::world::{self, UNLESS, UNTIL, k};
use super::{Holder, Payee, Payer};

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

    fn decline(&mut self, of: Seat, kind: Kind) {
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

    fn give_back(&mut self, seat: Seat) -> bool {
        self.state.whims = 1;
        self.act(Wish(seat, world::Wish::GiveBack))
    }

    pub(crate) fn standing(&self, seat: Seat) -> Standing {
        self.core.world.standing(self.state.machines[place(seat)])
    }

    pub(crate) fn holder(&self) -> &'static str {
        self.core.world.word(self.state.machines[place(Holder)])
    }

    fn due(&mut self, seat: Seat) -> bool {
        self.core.is_due(&self.state, seat) && self.act(Deadline(seat))
    }

    pub(crate) fn tick(&mut self, ticks: u8) {
        (0..ticks).for_each(|_| assert!(self.act(Tick)));
    }

    pub(crate) fn ordered(&mut self) {
        assert!(self.sign(Payer, Kind::Lock) && self.sign(Payer, Kind::LockDebit));
    }

    /// The money is locked and both know it.
    pub(crate) fn locked(&mut self) {
        self.ordered();
        assert!(self.deliver(Payer, Holder, Word::Lock));
        assert!(self.deliver(Holder, Payer, Word::Locked) && self.deliver(Holder, Payee, Word::Locked));
    }
}

#[test]
fn the_key_is_paid_for_with_five_messages() {
    Run::of(Setting::HASH, |run| {
        assert_eq!((run.standing(Payer), run.standing(Payee)), (Standing::Waiting, Standing::Waiting));
        run.locked();
        assert_eq!((run.standing(Payer), run.standing(Payee)), (Standing::Locked, Standing::Locked));
        assert!(run.sign(Payee, Kind::Claim) && run.deliver(Payee, Holder, Word::Claim));
        assert_eq!((run.standing(Payee), run.holder()), (Standing::Claiming, "claimed"));
        assert_eq!(run.state.cash, [Cash::Hold, Cash::Pay]);
        assert!(run.deliver(Holder, Payer, Word::Claimed) && run.deliver(Holder, Payee, Word::Claimed));
        assert_eq!((run.standing(Payer), run.standing(Payee)), (Standing::Claimed, Standing::Claimed));
        assert_eq!(run.core.world.preimage(run.state.machines[0]), Some(&k()));
        // Answers go to both: the order, the claim, and two rows.
        assert_eq!((run.state.net.len(), run.state.rows.len()), (6, 2));
        assert!(run.state.questions.is_empty());
    });
}

#[test]
fn without_the_key_the_money_comes_back() {
    Run::of(Setting::HASH, |run| {
        run.locked();
        run.tick(UNTIL - 1);
        assert!(!run.due(Holder));
        run.tick(1);
        assert!(run.due(Holder));
        assert_eq!((run.holder(), run.state.cash.as_slice()), ("returned", [Cash::Hold, Cash::Release].as_slice()));
        assert!(run.deliver(Holder, Payer, Word::Returned) && run.deliver(Holder, Payee, Word::Returned));
        assert_eq!((run.standing(Payer), run.standing(Payee)), (Standing::Returned, Standing::Returned));
    });
}

/// Whatever comes first after the end, it is over.
#[test]
fn the_end_comes_before_what_comes_after_it() {
    Run::of(Setting::HASH, |run| {
        run.locked();
        assert!(run.sign(Payee, Kind::Claim));
        run.tick(UNTIL);
        assert!(run.deliver(Payee, Holder, Word::Claim));
        assert_eq!((run.holder(), run.state.cash.as_slice()), ("returned", [Cash::Hold, Cash::Release].as_slice()));
        assert!(run.sent(Holder, Payer, Word::Claimed).is_none());
        assert!(run.deliver(Holder, Payee, Word::Returned));
        assert_eq!(run.standing(Payee), Standing::Returned);
    });
    Run::of(Setting::HASH, |run| {
        run.ordered();
        run.tick(UNTIL);
        assert!(run.deliver(Payer, Holder, Word::Lock));
        assert_eq!((run.holder(), run.state.cash.len()), ("blank", 0));
        assert!(run.sent(Holder, Payer, Word::Refused).is_some());
    });
}

/// A key that is too late to be paid for stays where it is.
#[test]
fn a_claim_leaves_with_a_margin() {
    for (tick, leaves) in [(UNTIL - 2, true), (UNTIL - 1, false)] {
        Run::of(Setting::HASH, |run| {
            run.locked();
            run.tick(tick);
            run.sign(Payee, Kind::Claim);
            assert_eq!(run.sent(Payee, Holder, Word::Claim).is_some(), leaves, "signed at tick {tick}");
        });
        Run::of(Setting::HASH, |run| {
            run.ordered();
            assert!(run.deliver(Payer, Holder, Word::Lock));
            run.tick(tick);
            assert!(run.deliver(Holder, Payee, Word::Locked));
            assert_eq!(run.asked(Payee, Kind::Claim).is_some(), leaves, "locked is here at tick {tick}");
        });
    }
}

#[test]
fn a_decision_moves_the_money_whatever_the_time() {
    for resolved in [true, false] {
        Run::of(Setting::DECISION, |run| {
            run.locked();
            assert!(run.asked(Payee, Kind::Claim).is_none());
            run.tick(3);
            assert!(!run.due(Holder) && run.act(Decide(resolved)));
            let (seat, other) = if resolved { (Payee, Payer) } else { (Payer, Payee) };
            assert!(run.act(Told(other)) != resolved && run.act(Told(seat)));
            if resolved {
                assert!(run.sign(Payee, Kind::Claim) && run.deliver(Payee, Holder, Word::Claim));
                assert_eq!(run.state.cash, [Cash::Hold, Cash::Pay]);
            } else {
                assert!(run.sign(Payer, Kind::GiveBack) && run.deliver(Payer, Holder, Word::GiveBack));
                assert_eq!(run.state.cash, [Cash::Hold, Cash::Release]);
            }
            let word = if resolved { Word::Claimed } else { Word::Returned };
            assert!(run.deliver(Holder, Payer, word) && run.deliver(Holder, Payee, word) == resolved);
            // Whoever is not to be paid does not wait until the payer has its money back.
            let (payer, payee) = (run.standing(Payer), run.standing(Payee));
            let due =
                if resolved { (Standing::Claimed, Standing::Claimed) } else { (Standing::Returned, Standing::Lapsed) };
            assert_eq!((payer, payee), due);
        });
    }
}

/// Early, and after its time, a compensation is not paid; without a claim it goes back by itself.
#[test]
fn a_compensation_is_claimed_in_its_time() {
    Run::of(Setting::UNLESS, |run| {
        run.locked();
        assert!(run.act(Decide(true)) && !run.act(Told(Payee)), "not due yet");
        run.tick(UNLESS.0);
        assert!(run.act(Told(Payee)) && run.sign(Payee, Kind::Claim) && run.deliver(Payee, Holder, Word::Claim));
        assert_eq!((run.holder(), run.state.cash.as_slice()), ("claimed", [Cash::Hold, Cash::Pay].as_slice()));
        assert!(run.deliver(Holder, Payer, Word::Claimed));
        assert_eq!(run.standing(Payer), Standing::Claimed);
    });
    Run::of(Setting::UNLESS, |run| {
        run.locked();
        assert!(run.act(Decide(true)));
        run.tick(UNLESS.1 - 1);
        assert!(!run.due(Holder));
        run.tick(1);
        assert!(run.due(Holder) && run.deliver(Holder, Payer, Word::Returned));
        assert_eq!((run.holder(), run.standing(Payer)), ("returned", Standing::Returned));
    });
    // A claim before its time is refused, whoever brings the decision.
    Run::of(Setting { dishonest: &[Payee], lies: 9, ..Setting::UNLESS }, |run| {
        run.ordered();
        assert!(run.deliver(Payer, Holder, Word::Lock) && run.act(Decide(true)));
        for lie in run.core.lies(&run.state) {
            if Word::of(&run.core.world.messages.get(lie).content) == Some(Word::Claim) {
                assert!(run.act(Action::Lie(lie)));
                run.act(Deliver(lie));
            }
        }
        assert_eq!((run.holder(), run.state.cash.as_slice()), ("locked", [Cash::Hold].as_slice()));
        assert!(run.sent(Holder, Payee, Word::Refused).is_some());
    });
    // It is done, and whoever it was done for says so.
    Run::of(Setting::UNLESS, |run| {
        run.locked();
        assert!(run.act(Decide(true)) && run.give_back(Payee));
        assert!(run.sign(Payee, Kind::GiveBack) && run.deliver(Payee, Holder, Word::GiveBack));
        assert_eq!(run.state.cash, [Cash::Hold, Cash::Release]);
    });
}

/// The payee hears of the decision before it hears of the lock.
#[test]
fn a_decision_may_come_before_locked() {
    Run::of(Setting::DECISION, |run| {
        run.ordered();
        assert!(run.deliver(Payer, Holder, Word::Lock));
        assert!(run.act(Decide(true)) && run.act(Told(Payee)));
        assert!(run.sign(Payee, Kind::Claim) && run.deliver(Payee, Holder, Word::Claim));
        assert_eq!(run.holder(), "claimed");
    });
}

#[test]
fn before_the_lock_the_payer_cancels() {
    Run::of(Setting::HASH, |run| {
        assert!(run.give_back(Payer));
        assert_eq!(run.standing(Payer), Standing::Declined);
    });
    Run::of(Setting::HASH, |run| {
        run.ordered();
        assert!(run.give_back(Payer) && run.sign(Payer, Kind::GiveBack));
        assert!(run.deliver(Payer, Holder, Word::GiveBack));
        assert_eq!((run.holder(), run.state.cash.len()), ("returned", 0));
        // The order comes after all.
        run.deliver(Payer, Holder, Word::Lock);
        assert_eq!((run.holder(), run.state.cash.len()), ("returned", 0));
        assert!(run.deliver(Holder, Payer, Word::Returned));
        assert_eq!(run.standing(Payer), Standing::Returned);
    });
}

/// A payer that has locked cannot take it back: the holder says so, and it waits.
#[test]
fn after_the_lock_the_payer_cannot_cancel() {
    Run::of(Setting::HASH, |run| {
        run.ordered();
        assert!(run.give_back(Payer) && run.deliver(Payer, Holder, Word::Lock) && run.sign(Payer, Kind::GiveBack));
        assert!(run.deliver(Payer, Holder, Word::GiveBack));
        assert_eq!(run.holder(), "locked");
        assert!(run.deliver(Holder, Payer, Word::Refused) && run.deliver(Holder, Payer, Word::Locked));
        assert_eq!(run.standing(Payer), Standing::Locked);
        assert!(!run.give_back(Payer));
    });
}

#[test]
fn the_payee_may_give_back() {
    for setting in [Setting::HASH, Setting::DECISION] {
        Run::of(setting, |run| {
            run.ordered();
            assert!(run.deliver(Payer, Holder, Word::Lock) && run.give_back(Payee));
            assert!(run.sign(Payee, Kind::GiveBack) && run.deliver(Payee, Holder, Word::GiveBack));
            assert_eq!(run.state.cash, [Cash::Hold, Cash::Release]);
        });
    }
    Run::of(Setting::HASH, |run| {
        run.locked();
        run.decline(Payee, Kind::Claim);
        assert!(run.sign(Payee, Kind::GiveBack));
        assert!(run.sent(Payee, Holder, Word::GiveBack).is_some());
    });
}

/// Who hears nothing asks, ever more rarely, and is told what there is.
#[test]
fn whoever_waits_asks() {
    Run::of(Setting::HASH, |run| {
        run.tick(1);
        assert!(run.due(Payee) && run.sign(Payee, Kind::Status));
        assert!(run.deliver(Payee, Holder, Word::Status));
        assert!(run.sent(Holder, Payee, Word::Unmet).is_some());
        assert!(!run.deliver(Holder, Payee, Word::Unmet), "not over yet");
        run.ordered();
        assert!(!run.due(Payee));
        run.tick(2);
        assert!(run.due(Payee) && run.sign(Payee, Kind::Status));
        let asked = run.state.net.clone();
        for message in asked {
            run.act(Deliver(message));
        }
        let told = run.state.net.clone();
        for message in told {
            run.act(Deliver(message));
        }
        assert_eq!(run.standing(Payee), Standing::Lapsed);
    });
}

#[test]
fn an_order_is_for_its_owner_to_sign_in_time() {
    Run::of(Setting::HASH, |run| {
        run.decline(Payer, Kind::Lock);
        assert_eq!(run.standing(Payer), Standing::Declined);
    });
    Run::of(Setting::HASH, |run| {
        assert!(run.sign(Payer, Kind::Lock));
        run.tick(UNTIL);
        assert!(run.sign(Payer, Kind::LockDebit));
        assert_eq!((run.standing(Payer), run.state.net.len()), (Standing::Declined, 0));
    });
    Run::of(Setting::HASH, |run| {
        run.tick(UNTIL);
        assert!(run.due(Payer));
        assert_eq!(run.standing(Payer), Standing::Declined);
    });
}
