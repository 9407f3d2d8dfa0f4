//! Each field of what is said in rounds, wrong by itself; and what the notary answers, in every order.

use semper_base::{Hash, Millis};
use semper_blocks::statement::{Kind, danger_typed_unverified};
use semper_exchange::fair::csn_c::ground::vector;
use semper_exchange::fair::csn_c::rule::{Answer, answer};
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::frame::word::Word;
use semper_exchange::fair::frame::{Content, Seat, Slot};
use semper_exchange::fair::party::Standing;

use super::super::model::Core;
use super::super::rounds::C;
use super::super::state::{Action, Setting};
use super::super::turns::Run;
use super::super::world::{Effected, Happening, OPENED, Wish, at};
use super::super::{A, B, Notary, Party};
use super::{good, hash, pen, question, takes, write, wrong_pens};

fn pledge(round: u8, last: Option<&[String]>) -> st::Pledge {
    st::Pledge { round, vector: last.map(vector) }
}

/// The pledges of all in each round, from the first on.
fn pledges(core: &Core, parties: u8) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![];
    for round in 1..=parties {
        let body = pledge(round, all.last().map(Vec::as_slice));
        all.push((0..parties).map(|place| good(core, Party(place), body.clone())).collect());
    }
    all
}

fn promises(last: &[String]) -> st::Signature {
    st::Signature { promises: last.iter().map(|text| hash(text)).collect() }
}

fn stuck(core: &Core, by: Seat, round: u8, pledges: &[String]) -> Content {
    Content::Stop { pledges: pledges.to_vec(), statement: good(core, by, st::Stop { round }) }
}

fn halted(core: &Core, party: u8, round: u8, pieces: &[&String]) -> (String, Content) {
    let ground = pieces.iter().map(|text| hash(text)).collect();
    let statement = good(core, Notary, st::Halted { at: OPENED, party, round, ground });
    let pieces = pieces.iter().map(|text| (*text).clone()).collect();
    (statement.clone(), Content::Decision { pieces, statement })
}

fn resolved(core: &Core, pieces: &[&String]) -> Content {
    let ground = pieces.iter().map(|text| hash(text)).collect();
    let statement = good(core, Notary, st::Resolved { at: OPENED, ground, key: None, keys: vec![] });
    Content::Decision { pieces: pieces.iter().map(|text| (*text).clone()).collect(), statement }
}

fn says(run: &mut Run<'_>, from: Seat, to: Seat, content: Content) -> bool {
    let message = run.core.world.message(from, to, content);
    super::super::state::insert(&mut run.state.net, message);
    run.act(Action::Deliver(message))
}

/// A has pledged in the first round, and so have all the others.
fn second(run: &mut Run<'_>, parties: u8) -> Vec<Vec<String>> {
    for place in 0..parties {
        run.sign(Party(place), Kind::Agreement);
        run.sign(Party(place), Kind::Pledge);
    }
    run.deliver_all();
    let said = |place| run.sent(Party(place), Party((place + 1) % parties), Word::Pledge).unwrap();
    let text = |number| match &run.core.world.messages.get(number).content {
        Content::Pledge { statement } => statement.clone(),
        other => panic!("{other:?}"),
    };
    vec![(0..parties).map(|place| text(said(place))).collect()]
}

#[test]
fn fields_of_pledges() {
    Run::of(Setting::csn_c(3), |run| {
        run.sign(A, Kind::Agreement);
        let of = |core: &Core, body| Content::Pledge { statement: good(core, B, body) };
        let fine = of(run.core, pledge(1, None));
        assert!(takes(run, B, A, fine.clone()));
        for body in [
            st::Pledge { round: 0, vector: None },
            st::Pledge { round: 1, vector: Some(Hash::of(b"x")) },
            st::Pledge { round: 2, vector: None },
            st::Pledge { round: 3, vector: Some(Hash::of(b"x")) },
            st::Pledge { round: 4, vector: Some(Hash::of(b"x")) },
        ] {
            let wrong = of(run.core, body);
            assert!(!takes(run, B, A, wrong));
        }
        for at in 0..wrong_pens(run.core, B).len() {
            let statement = write(run.core, wrong_pens(run.core, B)[at], OPENED, vec![], pledge(1, None));
            assert!(!takes(run, B, A, Content::Pledge { statement }), "{at}");
        }
        let own = Content::Pledge { statement: good(run.core, A, pledge(1, None)) };
        assert!(!takes(run, A, A, own));
        let promise = Content::Promise { statement: good(run.core, B, st::Promise { answers: None }) };
        assert!(!takes(run, B, A, promise));
        assert!(says(run, B, A, fine));
        let other = Content::Pledge { statement: write(run.core, pen(run.core, B), at(1), vec![], pledge(1, None)) };
        assert!(!takes(run, B, A, other), "the first counts");
    });
    Run::of(Setting::csn_c(3), |run| {
        let last = second(run, 3).remove(0);
        let of = |core: &Core, last: &[String]| Content::Pledge { statement: good(core, B, pledge(2, Some(last))) };
        let fine = of(run.core, &last);
        assert!(takes(run, B, A, fine));
        let swapped = [last[1].clone(), last[0].clone(), last[2].clone()];
        for wrong in [&last[..2], &swapped] {
            let wrong = of(run.core, wrong);
            assert!(!takes(run, B, A, wrong));
        }
        let late = Content::Pledge { statement: write(run.core, pen(run.core, B), at(1), vec![], pledge(1, None)) };
        assert!(!takes(run, B, A, late), "what was said in a round stays");
    });
    // Nobody pledges where there are no rounds.
    for setting in [Setting::CS2, Setting::csn_a(2)] {
        Run::of(setting, |run| {
            run.sign(B, Kind::Agreement);
            let wrong = Content::Pledge { statement: good(run.core, A, pledge(1, None)) };
            assert!(!takes(run, A, B, wrong));
            let stop = stuck(run.core, A, 1, &[]);
            assert!(!takes(run, A, Notary, stop));
        });
    }
}

/// What comes a round ahead waits; what rests on other pledges than ours is dropped when its round comes.
#[test]
fn fields_of_what_comes_ahead() {
    for same in [true, false] {
        Run::of(Setting::csn_c(2), |run| {
            run.sign(A, Kind::Agreement);
            run.sign(A, Kind::Pledge);
            let Content::Pledge { statement: mine } =
                run.core.world.messages.get(run.sent(A, B, Word::Pledge).unwrap()).content.clone()
            else {
                panic!()
            };
            let theirs = good(run.core, B, pledge(1, None));
            let last = if same { vec![mine, theirs.clone()] } else { vec![theirs.clone(), mine] };
            let ahead = Content::Pledge { statement: good(run.core, B, pledge(2, Some(&last))) };
            assert!(says(run, B, A, ahead.clone()));
            assert!(says(run, B, A, Content::Pledge { statement: theirs }));
            run.sign(A, Kind::Pledge);
            assert_eq!(run.asked(A, Kind::Signature).is_some(), same);
            assert!(!takes(run, B, A, ahead));
        });
    }
}

#[test]
fn fields_of_signatures_in_rounds() {
    Run::of(Setting::csn_c(2), |run| {
        second(run, 2);
        run.sign(A, Kind::Pledge);
        run.sign(B, Kind::Pledge);
        run.deliver_all();
        run.sign(B, Kind::Signature);
        let Content::Signature { statement } =
            run.core.world.messages.get(run.sent(B, A, Word::Signature).unwrap()).content.clone()
        else {
            panic!()
        };
        let due = danger_typed_unverified::<st::Signature>(&statement).unwrap().body.promises;
        let of = |core: &Core, promises: Vec<Hash>| Content::Signature {
            statement: good(core, B, st::Signature { promises }),
        };
        let fine = of(run.core, due.clone());
        assert!(takes(run, B, A, fine));
        for wrong in [vec![], vec![due[0]], vec![due[1], due[0]], vec![due[0], due[0]], [due.clone(), due].concat()] {
            let wrong = of(run.core, wrong);
            assert!(!takes(run, B, A, wrong));
        }
    });
    // Two rounds ahead, it is out of turn.
    Run::of(Setting::csn_c(2), |run| {
        run.sign(A, Kind::Agreement);
        let all = pledges(run.core, 2);
        let early = Content::Signature { statement: good(run.core, B, promises(&all[1])) };
        assert!(!takes(run, B, A, early));
    });
}

#[test]
fn fields_of_a_stop() {
    Run::of(Setting::csn_c(3), |run| {
        let all = pledges(run.core, 3);
        for round in 1..=4_u8 {
            let last = if round > 1 { all[usize::from(round) - 2].clone() } else { vec![] };
            let fine = stuck(run.core, A, round, &last);
            assert!(takes(run, A, Notary, fine), "{round}");
        }
        let other = write(run.core, pen(run.core, C), OPENED.plus(Millis(1)), vec![], pledge(2, Some(&all[0])));
        let loose = good(run.core, C, pledge(2, Some(&all[1])));
        let [one, two] = [&all[0], &all[1]];
        for (round, pledges) in [
            (0, vec![]),
            (5, all[2].clone()),
            (2, vec![]),
            (1, one.clone()),
            (2, two.clone()),
            (3, one.clone()),
            (3, two[..2].to_vec()),
            (3, vec![two[1].clone(), two[0].clone(), two[2].clone()]),
            (3, vec![two[0].clone(), two[1].clone(), one[2].clone()]),
            (3, vec![two[0].clone(), two[1].clone(), loose]),
            (3, [two.clone(), two.clone()].concat()),
        ] {
            let wrong = stuck(run.core, A, round, &pledges);
            assert!(!takes(run, A, Notary, wrong), "{round}");
        }
        let fine = stuck(run.core, A, 3, &[two[0].clone(), two[1].clone(), other]);
        assert!(takes(run, A, Notary, fine), "whichever each has made");
        for at in 1..wrong_pens(run.core, A).len() {
            let statement = write(run.core, wrong_pens(run.core, A)[at], OPENED, vec![], st::Stop { round: 1 });
            assert!(!takes(run, A, Notary, Content::Stop { pledges: vec![], statement }), "{at}");
        }
        let stop = stuck(run.core, A, 1, &[]);
        assert!(!takes(run, A, B, stop));
        // In rounds nobody aborts, nor gives the notary anything else.
        let abort = Content::Abort { statement: good(run.core, A, st::Abort {}) };
        assert!(!takes(run, A, Notary, abort));
        let signature = Content::Signature { statement: good(run.core, A, st::Signature { promises: vec![] }) };
        assert!(!takes(run, A, Notary, signature));
        let pledge = Content::Pledge { statement: all[0][0].clone() };
        assert!(!takes(run, A, Notary, pledge));
    });
}

#[test]
fn fields_of_a_decision_about_rounds() {
    Run::of(Setting::csn_c(3), |run| {
        run.sign(A, Kind::Agreement);
        let core = &*run.core;
        let all = pledges(core, 3);
        let [one, two] = [&all[0], &all[1]];
        let mut wrong = vec![
            resolved(core, &[]),
            resolved(core, &[&one[0], &one[1]]),
            resolved(core, &[&one[1], &one[0], &one[2]]),
            resolved(core, &[&one[0], &one[1], &two[2]]),
            resolved(core, &[&one[0], &one[1], &one[1]]),
        ];
        let Content::Decision { statement, .. } = resolved(core, &[&one[0], &one[1], &one[2]]) else { panic!() };
        wrong.push(Content::Decision { pieces: two.clone(), statement });
        let stop = good(core, A, st::Stop { round: 1 });
        let ground = vec![hash(&stop)];
        let aborted = st::Aborted { at: OPENED, basis: st::AbortBasis::Asked, ground };
        wrong.push(Content::Decision { pieces: vec![stop], statement: good(core, Notary, aborted) });
        let fine: Vec<Content> =
            all.iter().map(|round| resolved(core, &round.iter().collect::<Vec<&String>>())).collect();
        for content in fine {
            assert!(takes(run, Notary, A, content));
        }
        for content in wrong {
            assert!(!takes(run, Notary, A, content));
        }
    });
}

/// A party that has stopped is halted by the answer to its own stop, which has led to it by the notary's rule.
#[test]
fn fields_of_a_halt() {
    let stopped = |drive: &dyn Fn(&mut Run<'_>, String)| {
        Run::of(Setting::csn_c(3), |run| {
            second(run, 3);
            run.wish(A, Wish::Resolve);
            run.sign(A, Kind::Stop);
            let number = run.sent(A, Notary, Word::Stop).unwrap();
            let Content::Stop { statement, .. } = run.core.world.messages.get(number).content.clone() else { panic!() };
            drive(run, statement);
        });
    };
    stopped(&|run, mine| {
        let core = &*run.core;
        let [of_b, of_c] = [B, C].map(|seat| good(core, seat, st::Stop { round: 1 }));
        let (first, told_b) = halted(core, 2, 1, &[&of_b]);
        let (second, _) = halted(core, 3, 1, &[&of_b, &first, &of_c]);
        let (fork, _) = halted(core, 3, 1, &[&of_c]);
        let fine = [
            halted(core, 1, 2, &[&of_b, &first, &mine]).1,
            halted(core, 1, 2, &[&of_b, &first, &of_c, &second, &mine]).1,
        ];
        let other = good(core, A, st::Stop { round: 1 });
        let [late, again] = [4, 1].map(|round| good(core, B, st::Stop { round }));
        let (early, _) = halted(core, 2, 4, &[&late]);
        let (twice, _) = halted(core, 2, 1, &[&of_b, &first, &of_b]);
        let wrong = [
            told_b,
            halted(core, 1, 2, &[&of_b, &first, &of_b, &twice, &mine]).1,
            halted(core, 1, 2, &[&mine]).1,
            halted(core, 1, 1, &[&of_b, &first, &mine]).1,
            halted(core, 2, 2, &[&of_b, &first, &mine]).1,
            halted(core, 1, 2, &[&of_b, &first]).1,
            halted(core, 1, 2, &[&of_b, &mine]).1,
            halted(core, 1, 2, &[&first, &mine]).1,
            halted(core, 1, 2, &[]).1,
            halted(core, 1, 2, &[&of_b, &first, &of_c, &fork, &mine]).1,
            halted(core, 1, 2, &[&of_b, &second, &of_c, &first, &mine]).1,
            halted(core, 1, 2, &[&late, &early, &mine]).1,
            halted(core, 1, 1, &[&of_b, &first, &other]).1,
            halted(core, 1, 2, &[&of_b, &first, &again, &first, &mine]).1,
            halted(core, 1, 2, &[&of_b, &first, &mine, &second, &mine]).1,
        ];
        for content in fine {
            assert!(takes(run, Notary, A, content));
        }
        for (at, content) in wrong.into_iter().enumerate() {
            assert!(!takes(run, Notary, A, content), "{at}");
        }
    });
    // Whoever has not stopped is not halted.
    Run::of(Setting::csn_c(3), |run| {
        second(run, 3);
        let stop = good(run.core, A, st::Stop { round: 1 });
        let told = halted(run.core, 1, 1, &[&stop]).1;
        assert!(!takes(run, Notary, A, told));
    });
}

/// Any order in which three may stop: the notary keeps to its rule, writes a row for each answer, says the same again,
/// and shows what leads to it.
#[test]
fn fields_of_every_order_of_stops() {
    fn follow(run: &mut Run<'_>, all: &[Vec<String>], told: &[(u8, u8)]) -> usize {
        let mut courses = 1;
        let before = run.state.clone();
        for place in (0..3).filter(|place| !told.iter().any(|(by, _)| by == place)) {
            for round in 1..=4_u8 {
                let last = if round > 1 { all[usize::from(round) - 2].clone() } else { vec![] };
                let content = stuck(run.core, Party(place), round, &last);
                assert!(says(run, Party(place), Notary, content.clone()));
                let due = answer(told.iter().map(|(_, round)| *round), round);
                let halts = due == Answer::Halted;
                let word = if halts { Word::Halted } else { Word::Resolved };
                let heard = (0..3).filter(|to| run.sent(Notary, Party(*to), word).is_some());
                let known = if halts { told.len() + 1 } else { 3 };
                assert_eq!(heard.count(), known, "{told:?} {place} {round}");
                let slot = if halts { Slot::Stopped(place) } else { Slot::Decision };
                assert!(run.state.rows.iter().any(|(written, _)| *written == slot));
                assert_eq!(run.state.rows.len(), told.len() + 1);
                let number = run.sent(Notary, Party(place), word).unwrap();
                let Content::Decision { pieces, .. } = run.core.world.messages.get(number).content.clone() else {
                    panic!()
                };
                assert_eq!(pieces.len(), if halts { 2 * told.len() + 1 } else { 3 });
                // Again, or only a question: the same answer, and nothing else happens. Also to those before.
                let mut again = vec![(place, content)];
                let earlier = if halts { told } else { &[] };
                for by in earlier.iter().map(|(by, _)| *by).chain([place]) {
                    again.push((by, Content::Status { statement: question(run.core, Party(by)) }));
                }
                for (by, again) in again {
                    let message = run.core.world.message(Party(by), Notary, again);
                    let (machine, said) = (run.machine(Notary), run.sent(Notary, Party(by), word).unwrap());
                    let (next, effects) = run.core.world.step(Notary, machine, Happening::Message(message), 0).unwrap();
                    assert_eq!((next, &*effects), (machine, &[Effected::Send(said)][..]));
                }
                courses += if halts { follow(run, all, &[told, &[(place, round)]].concat()) } else { 1 };
                run.state = before.clone();
            }
        }
        courses
    }
    Run::of(Setting::csn_c(3), |run| {
        let all = pledges(run.core, 3);
        let courses = follow(run, &all, &[]);
        assert!(courses > 50, "{courses}");
        // Nobody has stopped: it has nothing to tell.
        let asks = Content::Status { statement: question(run.core, B) };
        let message = run.core.world.message(B, Notary, asks);
        let (next, effects) = run.core.world.step(Notary, run.machine(Notary), Happening::Message(message), 0).unwrap();
        assert_eq!(next, run.machine(Notary));
        let [Effected::Send(told)] = &*effects else { panic!("{effects:?}") };
        assert!(matches!(run.core.world.messages.get(*told).content, Content::Unmet { .. }));
    });
}

/// Whoever has stopped says nothing more, hears no pledges, and hears signatures only if its own is out.
#[test]
fn turns_of_whoever_stops_in_rounds() {
    Run::of(Setting::csn_c(2), |run| {
        run.sign(A, Kind::Agreement);
        run.sign(A, Kind::Pledge);
        assert!(run.wish(A, Wish::Abort));
        assert_eq!(run.standing(A), Standing::Asking);
        let theirs = Content::Pledge { statement: good(run.core, B, pledge(1, None)) };
        assert!(!takes(run, B, A, theirs));
        assert!(!run.wish(A, Wish::Abort) && !run.wish(A, Wish::Resolve));
        run.sign(A, Kind::Stop);
        assert!(run.deliver(A, Notary, Word::Stop) && run.deliver(Notary, A, Word::Halted));
        assert_eq!(run.standing(A), Standing::Aborted);
        assert!(run.sent(Notary, B, Word::Halted).is_none(), "the other one asks for itself");
    });
    // While its pledge or signature is being made it may stop: what is signed then stays here.
    Run::of(Setting::csn_c(2), |run| {
        second(run, 2);
        assert!(!run.wish(A, Wish::Abort), "it has all pledges: it is completed");
        assert!(run.wish(A, Wish::Resolve));
        let sent = run.state.net.len();
        assert!(run.sign(A, Kind::Pledge) && run.sign(A, Kind::Stop));
        assert_eq!(run.state.net.len(), sent + 1, "the question alone");
        assert!(run.deliver(A, Notary, Word::Stop) && run.deliver(Notary, A, Word::Resolved));
        assert!(run.deliver(Notary, B, Word::Resolved), "everybody hears that it is complete");
        assert_eq!((run.standing(A), run.standing(B)), (Standing::Complete, Standing::Complete));
    });
    for signed in [true, false] {
        Run::of(Setting::csn_c(2), |run| {
            second(run, 2);
            run.sign(A, Kind::Pledge);
            run.sign(B, Kind::Pledge);
            run.deliver_all();
            run.sign(B, Kind::Signature);
            if signed {
                run.sign(A, Kind::Signature);
            }
            assert!(run.wish(A, Wish::Resolve));
            assert_eq!(run.deliver(B, A, Word::Signature), signed);
            assert_eq!(run.standing(A), if signed { Standing::Complete } else { Standing::Asking });
        });
    }
}

#[test]
fn turns_of_an_owner_who_says_no_in_rounds() {
    for kind in [Kind::Agreement, Kind::Pledge] {
        Run::of(Setting::csn_c(2), |run| {
            if kind == Kind::Pledge {
                run.sign(A, Kind::Agreement);
            }
            run.decline(A, kind);
            assert_eq!(run.standing(A), Standing::Declined);
            assert!(run.state.net.is_empty());
        });
    }
    Run::of(Setting::csn_c(2), |run| {
        second(run, 2);
        run.decline(A, Kind::Pledge);
        assert_eq!(run.standing(A), Standing::Asking, "the first pledge is out: the notary says what it comes to");
        run.decline(A, Kind::Stop);
        assert_eq!(run.standing(A), Standing::Asking);
        run.tick(1);
        assert!(run.due(A), "it is asked again");
        assert!(run.sign(A, Kind::Stop) && run.sent(A, Notary, Word::Stop).is_some());
        let asked = run.state.net.clone();
        run.tick(1);
        assert!(run.due(A));
        assert_eq!(run.state.net, asked, "stored bytes are sent again");
    });
}

#[test]
fn turns_of_the_time_in_rounds() {
    // Nobody begins when the time is over; what has begun goes on.
    Run::of(Setting::csn_c(2), |run| {
        run.sign(A, Kind::Agreement);
        run.tick(super::EXPIRES);
        assert!(run.sign(A, Kind::Pledge));
        assert!(run.state.net.is_empty());
        assert!(run.due(A) && run.due(B));
        assert_eq!((run.standing(A), run.standing(B)), (Standing::Declined, Standing::Declined));
    });
    Run::of(Setting::csn_c(2), |run| {
        second(run, 2);
        run.tick(super::EXPIRES);
        let sent = run.state.net.len();
        run.sign(A, Kind::Pledge);
        assert_eq!(run.state.net.len(), sent + 1);
    });
    // For the other owners it waits as long as they may begin, for their machines only its patience.
    Run::of(Setting::csn_c(2), |run| {
        run.sign(A, Kind::Agreement);
        run.sign(A, Kind::Pledge);
        run.tick(1);
        assert!(!run.due(A));
        run.tick(1);
        assert!(run.due(A));
        assert_eq!(run.standing(A), Standing::Asking);
    });
    Run::of(Setting::csn_c(2), |run| {
        second(run, 2);
        run.tick(1);
        assert!(run.due(A));
        assert_eq!(run.standing(A), Standing::Asking);
    });
}
