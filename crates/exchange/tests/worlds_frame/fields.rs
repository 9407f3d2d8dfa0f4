//! Each field of each message, wrong by itself: refused without a trace. And each deadline to the tick.

use semper_base::{Hash, KeyId, Millis, Role, Timestamp, Xid};
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, Kind, make};
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::frame::word::Word;
use semper_exchange::fair::frame::{Content, Seat};
use semper_support::Context;
use semper_support::crypto::{Ideal, KeyPair};

#[path = "fields/deal.rs"]
mod deal;
#[path = "fields/later.rs"]
mod later;
#[path = "fields/rounds.rs"]
mod rounds;

use super::model::Core;
use super::state::Setting;
use super::turns::Run;
use super::world::{EXPIRES, Effected, Happening, OPENED, World, at};
use super::{A, B, Notary, Party};

/// Who signs, what they say they are, about which exchange, for how long.
#[derive(Clone, Copy)]
struct Pen<'a> {
    role: Role,
    key: &'a KeyPair,
    xid: Option<Xid>,
    lasts: Millis,
}

fn pen(core: &Core, seat: Seat) -> Pen<'_> {
    let role = if seat == Notary { Role::Notary } else { Role::Party };
    Pen { role, key: core.world.key(seat), xid: Some(core.world.x.xid), lasts: ANSWER_VALIDITY }
}

fn write<B: Body>(core: &Core, pen: Pen<'_>, now: Timestamp, to: Vec<KeyId>, body: B) -> String {
    let crypto = Ideal::new(3);
    let author = Author::uncertified(pen.role, pen.key);
    let base = Context { now, crypto: &crypto, keyring: &core.world.keyring };
    let meta = author.meta::<B>(&base, About { to, xid: pen.xid, refs: vec![] }, pen.lasts);
    make(&crypto, &author.secret, meta, body).unwrap().text
}

fn good<B: Body>(core: &Core, seat: Seat, body: B) -> String {
    write(core, pen(core, seat), OPENED, vec![], body)
}

/// Every way in which a statement can be signed wrongly.
fn wrong_pens(core: &Core, seat: Seat) -> Vec<Pen<'_>> {
    let good = pen(core, seat);
    let other = if seat == A { B } else { A };
    let role = if seat == Notary { Role::Party } else { Role::Notary };
    vec![
        Pen { key: core.world.key(other), ..good },
        Pen { key: &core.world.seal, ..good },
        Pen { role, ..good },
        Pen { role: Role::Buyer, ..good },
        Pen { xid: None, ..good },
        Pen { xid: Some(Xid(Hash::of(b"another"))), ..good },
        Pen { lasts: Millis(ANSWER_VALIDITY.0 - 1), ..good },
    ]
}

/// Whether a machine takes it: any new state, row, question or message. What is kept as evidence does not
/// count.
fn takes(run: &mut Run<'_>, from: Seat, to: Seat, content: Content) -> bool {
    let message = run.core.world.message(from, to, content);
    let (machine, tick) = (run.machine(to), run.state.tick);
    let Some((next, effects)) = run.core.world.step(to, machine, Happening::Message(message), tick) else {
        return false;
    };
    next != machine || effects.iter().any(|effect| !matches!(effect, Effected::Keep))
}

fn promise(core: &Core, pen: Pen<'_>, answers: Option<Hash>) -> Content {
    Content::Promise { statement: write(core, pen, OPENED, vec![], st::Promise { answers }) }
}

fn signature(core: &Core, pen: Pen<'_>, promises: &[Hash]) -> Content {
    Content::Signature { statement: write(core, pen, OPENED, vec![], st::Signature { promises: promises.to_vec() }) }
}

fn text(run: &Run<'_>, from: Seat, to: Seat, word: Word) -> String {
    match &run.core.world.messages.get(run.sent(from, to, word).unwrap()).content {
        Content::Promise { statement } | Content::Signature { statement } | Content::Abort { statement } => {
            statement.clone()
        }
        other => panic!("{other:?}"),
    }
}

fn core_of(world: World) -> Core {
    Core::new(world, Setting::CS2)
}

fn hash(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}

#[test]
fn fields_of_promises() {
    Run::of(Setting::CS2, |run| {
        let fine = promise(run.core, pen(run.core, A), None);
        assert!(takes(run, A, B, fine));
        for at in 0..wrong_pens(run.core, A).len() {
            let wrong = promise(run.core, wrong_pens(run.core, A)[at], None);
            assert!(!takes(run, A, B, wrong), "{at}");
        }
        let answers = promise(run.core, pen(run.core, A), Some(Hash::of(b"something")));
        assert!(!takes(run, A, B, answers));
        run.sign(A, Kind::Agreement);
        run.sign(A, Kind::Promise);
        let first = hash(&text(run, A, B, Word::Promise));
        let fine = promise(run.core, pen(run.core, B), Some(first));
        assert!(takes(run, B, A, fine));
        for answers in [None, Some(Hash::of(b"something"))] {
            let wrong = promise(run.core, pen(run.core, B), answers);
            assert!(!takes(run, B, A, wrong));
        }
        for at in 0..wrong_pens(run.core, B).len() {
            let wrong = promise(run.core, wrong_pens(run.core, B)[at], Some(first));
            assert!(!takes(run, B, A, wrong), "{at}");
        }
    });
}

#[test]
fn fields_of_signatures() {
    for (signer, taker) in [(A, B), (B, A)] {
        Run::of(Setting::CS2, |run| {
            run.promised();
            let both = [text(run, A, B, Word::Promise), text(run, B, A, Word::Promise)].map(|text| hash(&text));
            if taker == A {
                run.deliver(B, A, Word::Promise);
                run.sign(A, Kind::Signature);
            }
            let fine = signature(run.core, pen(run.core, signer), &both);
            assert!(takes(run, signer, taker, fine));
            for wrong in [vec![], vec![both[0]], vec![both[1], both[0]], vec![both[0], both[0]], [both, both].concat()]
            {
                let wrong = signature(run.core, pen(run.core, signer), &wrong);
                assert!(!takes(run, signer, taker, wrong));
            }
            for at in 0..wrong_pens(run.core, signer).len() {
                let wrong = signature(run.core, wrong_pens(run.core, signer)[at], &both);
                assert!(!takes(run, signer, taker, wrong), "{at}");
            }
        });
    }
}

/// Nobody takes part twice: what a party says to itself, or of itself in the other's place, is refused.
#[test]
fn fields_of_places() {
    Run::of(Setting::CS2, |run| {
        run.signed();
        for (own, place) in [(A, 0), (B, 1)] {
            let promise = good(run.core, own, st::Promise { answers: None });
            assert!(!takes(run, Party(1 - place), own, Content::Promise { statement: promise }));
            let signature = good(run.core, own, st::Signature { promises: vec![] });
            assert!(!takes(run, Party(1 - place), own, Content::Signature { statement: signature }));
        }
        let (abort, status) = (good(run.core, A, st::Abort {}), question(run.core, A));
        for statement in [Content::Abort { statement: abort }, Content::Status { statement: status }] {
            assert!(!takes(run, A, B, statement));
        }
    });
}

fn question(core: &Core, seat: Seat) -> String {
    write(core, pen(core, seat), OPENED, vec![core.world.notary.public.id()], st::Status { round: 1 })
}

#[test]
fn fields_of_an_abort() {
    Run::of(Setting::CS2, |run| {
        let fine = Content::Abort { statement: good(run.core, A, st::Abort {}) };
        assert!(takes(run, A, Notary, fine));
        let of_other = Content::Abort { statement: good(run.core, B, st::Abort {}) };
        assert!(!takes(run, B, Notary, of_other), "only the one who begins may abort");
        for at in 0..wrong_pens(run.core, A).len() {
            let statement = write(run.core, wrong_pens(run.core, A)[at], OPENED, vec![], st::Abort {});
            assert!(!takes(run, A, Notary, Content::Abort { statement }), "{at}");
        }
    });
    Run::of(Setting::csn_a(3), |run| {
        for place in 0..3 {
            let fine = Content::Abort { statement: good(run.core, Party(place), st::Abort {}) };
            assert!(takes(run, Party(place), Notary, fine));
        }
        let stranger = Content::Abort { statement: good(run.core, Notary, st::Abort {}) };
        assert!(!takes(run, A, Notary, stranger));
    });
}

#[test]
fn fields_of_what_completes_an_exchange_of_two() {
    Run::of(Setting::CS2, |run| {
        let first = good(run.core, A, st::Promise { answers: None });
        let other = write(run.core, pen(run.core, A), OPENED.plus(Millis(1)), vec![], st::Promise { answers: None });
        let second = good(run.core, B, st::Promise { answers: Some(hash(&first)) });
        let resolve =
            |first: &str, second: &str| Content::Resolve { first: first.to_owned(), second: second.to_owned() };
        assert!(takes(run, B, Notary, resolve(&first, &second)));
        assert!(takes(run, A, Notary, resolve(&first, &second)));
        let alone = good(run.core, A, st::Promise { answers: Some(hash(&first)) });
        let loose = good(run.core, B, st::Promise { answers: None });
        let chained = good(run.core, A, st::Promise { answers: Some(hash(&second)) });
        let of_chained = good(run.core, B, st::Promise { answers: Some(hash(&chained)) });
        for (first, second) in [
            (&second, &first),
            (&other, &second),
            (&first, &first),
            (&first, &alone),
            (&first, &loose),
            (&chained, &of_chained),
        ] {
            assert!(!takes(run, A, Notary, resolve(first, second)));
        }
        // A promise of a third person.
        let stranger = Pen { key: &run.core.world.seal, ..pen(run.core, B) };
        let third = write(run.core, stranger, OPENED, vec![], st::Promise { answers: Some(hash(&first)) });
        assert!(!takes(run, A, Notary, resolve(&first, &third)));
        // Signatures are no promises.
        let signature = good(run.core, B, st::Signature { promises: vec![hash(&first)] });
        assert!(!takes(run, A, Notary, resolve(&first, &signature)));
    });
    // The peer must be one of the parties: nobody else has both promises rightfully.
    Run::of(Setting::CS2, |run| {
        let first = good(run.core, A, st::Promise { answers: None });
        let second = good(run.core, B, st::Promise { answers: Some(hash(&first)) });
        assert!(!takes(run, Notary, Notary, Content::Resolve { first, second }));
    });
}

#[test]
fn fields_of_a_signature_that_the_notary_collects() {
    Run::of(Setting::csn_a(2), |run| {
        let fine = signature(run.core, pen(run.core, A), &[]);
        assert!(takes(run, A, Notary, fine.clone()));
        let promised = signature(run.core, pen(run.core, A), &[Hash::of(b"promise")]);
        assert!(!takes(run, A, Notary, promised));
        let pens = wrong_pens(run.core, A).len();
        for at in 1..pens {
            let wrong = signature(run.core, wrong_pens(run.core, A)[at], &[]);
            assert!(!takes(run, A, Notary, wrong), "{at}");
        }
        // In an exchange of two the notary is asked with promises, where it collects with signatures.
        let first = good(run.core, A, st::Promise { answers: None });
        let second = good(run.core, B, st::Promise { answers: Some(hash(&first)) });
        assert!(!takes(run, A, Notary, Content::Promise { statement: first.clone() }));
        assert!(!takes(run, A, Notary, Content::Resolve { first, second }));
        assert!(!takes(run, A, B, fine), "no party hears of it");
    });
    Run::of(Setting::CS2, |run| {
        let fine = Content::Signature { statement: good(run.core, A, st::Signature { promises: vec![] }) };
        assert!(!takes(run, A, Notary, fine));
    });
}

/// A second signature of the same party is not the missing one of another, and does not replace the first.
#[test]
fn fields_of_a_second_signature() {
    Run::of(Setting::csn_a(2), |run| {
        for now in [OPENED, OPENED.plus(Millis(1))] {
            let statement = write(run.core, pen(run.core, A), now, vec![], st::Signature { promises: vec![] });
            let message = run.core.world.message(A, Notary, Content::Signature { statement });
            run.state.net.push(message);
            run.act(super::state::Action::Deliver(message));
        }
        assert!(run.state.rows.is_empty());
        let first = write(run.core, pen(run.core, A), OPENED, vec![], st::Signature { promises: vec![] });
        let message = run.core.world.message(
            B,
            Notary,
            Content::Signature { statement: good(run.core, B, st::Signature { promises: vec![] }) },
        );
        run.state.net.push(message);
        assert!(run.act(super::state::Action::Deliver(message)));
        let told = run.sent(Notary, B, Word::Resolved).unwrap();
        let Content::Decision { pieces, .. } = &run.core.world.messages.get(told).content else { panic!() };
        assert_eq!(pieces[0], first);
    });
}

fn aborted(core: &Core, pen: Pen<'_>, basis: st::AbortBasis, at: Timestamp, pieces: &[&String]) -> Content {
    let ground = pieces.iter().map(|text| hash(text)).collect();
    let statement = write(core, pen, OPENED, vec![], st::Aborted { at, basis, ground });
    Content::Decision { pieces: pieces.iter().map(|text| (*text).clone()).collect(), statement }
}

fn resolved(core: &Core, pen: Pen<'_>, pieces: &[&String]) -> Content {
    let ground = pieces.iter().map(|text| hash(text)).collect();
    let statement = write(core, pen, OPENED, vec![], st::Resolved { at: OPENED, ground, key: None, keys: vec![] });
    Content::Decision { pieces: pieces.iter().map(|text| (*text).clone()).collect(), statement }
}

#[test]
fn fields_of_a_decision_about_two() {
    use st::AbortBasis::{Asked, BadEscrow, Expired};
    Run::of(Setting::CS2, |run| {
        run.sign(A, Kind::Agreement);
        let core = &*run.core;
        let (abort, of_b) = (good(core, A, st::Abort {}), good(core, B, st::Abort {}));
        let first = good(core, A, st::Promise { answers: None });
        let second = good(core, B, st::Promise { answers: Some(hash(&first)) });
        let notary = pen(core, Notary);
        let late = at(EXPIRES);
        let mut fine =
            vec![aborted(core, notary, Asked, OPENED, &[&abort]), resolved(core, notary, &[&first, &second])];
        let mut wrong = vec![
            aborted(core, notary, Asked, OPENED, &[]),
            aborted(core, notary, Asked, OPENED, &[&of_b]),
            aborted(core, notary, Asked, OPENED, &[&abort, &abort]),
            aborted(core, notary, Asked, OPENED, &[&first]),
            aborted(core, notary, BadEscrow, OPENED, &[&abort]),
            aborted(core, notary, BadEscrow, OPENED, &[]),
            aborted(core, notary, Expired, late, &[]),
            aborted(core, notary, Expired, late, &[&abort]),
            resolved(core, notary, &[]),
            resolved(core, notary, &[&first]),
            resolved(core, notary, &[&second, &first]),
            resolved(core, notary, &[&first, &second, &second]),
            resolved(core, notary, &[&abort]),
        ];
        // Other pieces than the statement names, though they would be ground enough, or none.
        let later = |text: &str, seat, answers| {
            let body = st::Promise { answers };
            let other = write(core, pen(core, seat), OPENED.plus(Millis(1)), vec![], body);
            assert_ne!(other, text);
            other
        };
        let other = later(&first, A, None);
        let others = vec![other.clone(), later(&second, B, Some(hash(&other)))];
        let Content::Decision { statement, .. } = resolved(core, notary, &[&first, &second]) else { panic!() };
        wrong.push(Content::Decision { pieces: others, statement });
        for content in &fine {
            let Content::Decision { statement, .. } = content else { panic!() };
            for pieces in [vec![], vec![second.clone(), first.clone()], vec![first.clone()]] {
                wrong.push(Content::Decision { pieces, statement: statement.clone() });
            }
        }
        for at in 0..wrong_pens(core, Notary).len() {
            wrong.push(aborted(core, wrong_pens(core, Notary)[at], Asked, OPENED, &[&abort]));
            wrong.push(resolved(core, wrong_pens(core, Notary)[at], &[&first, &second]));
        }
        let unmet = st::Unmet { at: OPENED, what: Kind::Resolved };
        wrong.push(Content::Decision { pieces: vec![], statement: good(core, Notary, unmet) });
        for content in fine.drain(..) {
            assert!(takes(run, Notary, B, content.clone()));
            assert!(takes(run, Notary, A, content));
        }
        for content in wrong {
            assert!(!takes(run, Notary, A, content));
        }
    });
}

#[test]
fn fields_of_a_decision_about_many() {
    use st::AbortBasis::{Asked, Expired};
    Run::of(Setting::csn_a(3), |run| {
        let core = &*run.core;
        let all: Vec<String> =
            (0..3).map(|place| good(core, Party(place), st::Signature { promises: vec![] })).collect();
        let abort = good(core, Party(2), st::Abort {});
        let promised = good(core, Party(2), st::Signature { promises: vec![Hash::of(b"promise")] });
        let notary = pen(core, Notary);
        let fine = [
            resolved(core, notary, &[&all[0], &all[1], &all[2]]),
            aborted(core, notary, Asked, OPENED, &[&abort]),
            aborted(core, notary, Expired, at(EXPIRES), &[]),
        ];
        let wrong = [
            resolved(core, notary, &[&all[0], &all[1]]),
            resolved(core, notary, &[&all[0], &all[1], &all[1]]),
            resolved(core, notary, &[&all[1], &all[0], &all[2]]),
            resolved(core, notary, &[&all[0], &all[1], &promised]),
            resolved(core, notary, &[&all[0], &all[1], &abort]),
            aborted(core, notary, Expired, at(EXPIRES - 1), &[]),
            aborted(core, notary, Asked, OPENED, &[&all[0]]),
        ];
        for content in fine {
            assert!(takes(run, Notary, A, content));
        }
        for content in wrong {
            assert!(!takes(run, Notary, A, content));
        }
    });
}

#[test]
fn fields_of_a_question() {
    Run::of(Setting::CS2, |run| {
        let notary = run.core.world.notary.public.id();
        let ask = |core: &Core, now, to: Vec<KeyId>, lasts| {
            let statement = write(core, Pen { lasts, ..pen(core, A) }, now, to, st::Status { round: 1 });
            Content::Status { statement }
        };
        let day = Millis::days(1);
        let fine = ask(run.core, OPENED, vec![notary], day);
        assert!(takes(run, A, Notary, fine.clone()));
        for content in [
            ask(run.core, OPENED, vec![], day),
            ask(run.core, OPENED, vec![run.core.world.keys[1].public.id()], day),
            ask(run.core, OPENED, vec![notary, run.core.world.keys[1].public.id()], day),
            ask(run.core, OPENED.plus(Millis(2)), vec![notary], day),
            ask(run.core, OPENED.minus(Millis::days(2)), vec![notary], day),
        ] {
            assert!(!takes(run, A, Notary, content));
        }
        assert!(!takes(run, A, B, fine));
    });
}

/// What the notary says while its row is empty, to whoever asks: the same, whoever has signed.
#[test]
fn fields_of_what_a_notary_says_before_it_decides() {
    let mut heard = Vec::new();
    for signed in 0..4_u8 {
        Run::of(Setting::csn_a(3), |run| {
            for place in (0..2).filter(|place| signed & (1 << place) != 0) {
                run.sign(Party(place), Kind::Agreement);
                run.sign(Party(place), Kind::Signature);
                run.deliver(Party(place), Notary, Word::Signature);
            }
            let sent: Vec<u32> =
                run.state.net.iter().copied().filter(|m| run.core.world.messages.get(*m).from == Notary).collect();
            assert!(sent.is_empty());
            let statement = question(run.core, Party(2));
            let message = run.core.world.message(Party(2), Notary, Content::Status { statement });
            let (_, effects) =
                run.core.world.step(Notary, run.machine(Notary), Happening::Message(message), 0).unwrap();
            let [Effected::Send(answer)] = &*effects else { panic!("{effects:?}") };
            heard.push(run.core.world.messages.get(*answer).clone());
        });
    }
    assert_eq!(heard.len(), 4);
    assert!(heard.iter().all(|answer| *answer == heard[0]));
    assert!(heard.iter().all(|answer| answer.to == Party(2) && matches!(answer.content, Content::Unmet { .. })));
}

/// A question after the end of the time ends what nobody had ended, where the notary collects.
#[test]
fn fields_of_the_end_of_the_time() {
    for (setting, tick, word) in [
        (Setting::csn_a(2), EXPIRES - 1, Word::Unmet),
        (Setting::csn_a(2), EXPIRES, Word::Aborted),
        (Setting::CS2, EXPIRES, Word::Unmet),
    ] {
        Run::of(setting, |run| {
            run.tick(tick);
            let statement = question(run.core, A);
            let message = run.core.world.message(A, Notary, Content::Status { statement });
            run.state.net.push(message);
            assert!(run.act(super::state::Action::Deliver(message)));
            assert!(run.sent(Notary, A, word).is_some(), "{word:?} at {tick}");
        });
    }
}

/// A register is not its own client: what only it says is refused, before and after the decision.
#[test]
fn fields_of_what_a_notary_is_told() {
    Run::of(Setting::CS2, |run| {
        let core = &*run.core;
        let abort = good(core, A, st::Abort {});
        let decision = aborted(core, pen(core, Notary), st::AbortBasis::Asked, OPENED, &[&abort]);
        let unmet = Content::Unmet { statement: good(core, Notary, st::Unmet { at: OPENED, what: Kind::Resolved }) };
        let promise = Content::Promise { statement: good(core, A, st::Promise { answers: None }) };
        for decided in [false, true] {
            if decided {
                let message = run.core.world.message(A, Notary, Content::Abort { statement: abort.clone() });
                run.state.net.push(message);
                assert!(run.act(super::state::Action::Deliver(message)));
            }
            for content in [decision.clone(), unmet.clone(), promise.clone()] {
                assert!(!takes(run, A, Notary, content));
            }
        }
        // Only who asked is told again.
        let statement = question(run.core, B);
        let message = run.core.world.message(B, Notary, Content::Status { statement });
        let (_, effects) = run.core.world.step(Notary, run.machine(Notary), Happening::Message(message), 0).unwrap();
        let [Effected::Send(answer)] = &*effects else { panic!("{effects:?}") };
        assert_eq!(run.core.world.messages.get(*answer).to, B);
    });
}
