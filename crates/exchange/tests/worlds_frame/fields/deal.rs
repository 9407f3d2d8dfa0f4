//! The fields of deals: legs, submissions, keys, and what a letter holds.

use semper_base::{Blob64, Code, Hash};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::Kind;
use semper_exchange::fair::deal::{Content as Letter, Deal, Leg, Parcel, Stock, judge_letter, open};
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::frame::word::Word;
use semper_exchange::fair::frame::{Content, Contract, Core as Terms, Cx, Descriptor, NamedLeg, Protocol, Receiver};
use semper_exchange::fair::party::{Party as Machine, Standing};
use semper_support::Context;
use semper_support::crypto::Ideal;

use super::super::state::Action;
use super::super::turns::Run;
use super::super::world::{EXPIRES, OPENED, World, made};
use super::super::{A, B, Notary, Party};
use super::{Setting, core_of, good, takes};

fn submission(run: &Run<'_>, place: u8, keys: Vec<KeyOpening>) -> Content {
    Content::Submission {
        keys,
        locks: vec![],
        statement: good(run.core, Party(place), st::Signature { promises: vec![] }),
    }
}

fn own(run: &Run<'_>, place: u8) -> Vec<KeyOpening> {
    run.core.world.stock(place).keys
}

/// Everybody agrees and signs.
fn submitted(run: &mut Run<'_>, parties: u8) {
    for place in 0..parties {
        assert!(run.sign(Party(place), Kind::JointDeal) && run.sign(Party(place), Kind::Signature));
    }
}

#[test]
fn a_ring_of_letters_with_two_messages_each() {
    for parties in [2, 3, 5, 16] {
        Run::of(Setting::deal(parties), |run| {
            submitted(run, parties);
            for place in 0..parties {
                assert!(run.state.rows.is_empty());
                assert!(run.deliver(Party(place), Notary, Word::Submission));
            }
            for place in 0..parties {
                assert!(run.deliver(Notary, Party(place), Word::Resolved));
                assert_eq!(run.standing(Party(place)), Standing::Complete);
                assert!(run.core.world.opens(run.machine(Party(place))));
            }
            assert_eq!(run.state.net.len(), 2 * usize::from(parties));
        });
    }
}

/// Whoever has submitted and goes, by abort or by the clock, has told nobody anything.
#[test]
fn who_stops_gives_nothing_away() {
    Run::of(Setting::deal(3), |run| {
        submitted(run, 3);
        for seat in [A, B] {
            assert!(run.deliver(seat, Notary, Word::Submission));
        }
        assert!(run.state.net.iter().all(|number| run.core.world.messages.get(*number).to == Notary));
        run.tick(EXPIRES);
        assert!(run.act(Action::Deadline(Notary)));
        let told = run.sent(Notary, A, Word::Aborted).unwrap();
        let Content::Decision { pieces, .. } = &run.core.world.messages.get(told).content else { panic!() };
        assert!(pieces.is_empty());
        assert!(!run.deliver(Party(2), Notary, Word::Submission) || run.state.rows.len() == 1);
        assert!(run.deliver(Notary, A, Word::Aborted) && !run.core.world.opens(run.machine(A)));
    });
}

#[test]
fn fields_of_a_submission() {
    Run::of(Setting::deal(2), |run| {
        let (mine, theirs) = (own(run, 0), own(run, 1));
        let fine = submission(run, 0, mine.clone());
        assert!(takes(run, A, Notary, fine.clone()));
        assert!(!takes(run, A, B, fine), "for the notary alone");
        for keys in
            [vec![], theirs.clone(), [mine.clone(), theirs.clone()].concat(), [mine.clone(), mine.clone()].concat()]
        {
            let wrong = submission(run, 0, keys);
            assert!(!takes(run, A, Notary, wrong));
        }
        let swapped = KeyOpening { k: mine[0].r.clone(), r: mine[0].k.clone() };
        let wrong = submission(run, 0, vec![swapped]);
        assert!(!takes(run, A, Notary, wrong));
        // The signature of one with the keys of another.
        let stolen = submission(run, 1, mine.clone());
        assert!(!takes(run, B, Notary, stolen));
        let promised = st::Signature { promises: vec![Hash::of(b"promise")] };
        let promised =
            Content::Submission { keys: mine.clone(), locks: vec![], statement: good(run.core, A, promised) };
        assert!(!takes(run, A, Notary, promised));
        // Without keys, or with the one of a mail, it is not what a deal needs.
        let statement = good(run.core, A, st::Signature { promises: vec![] });
        assert!(!takes(run, A, Notary, Content::Signature { statement: statement.clone() }));
        assert!(!takes(run, A, Notary, Content::Key { opening: mine[0].clone(), statement }));
    });
    Run::of(Setting::csn_a(2), |run| {
        let statement = good(run.core, A, st::Signature { promises: vec![] });
        assert!(!takes(run, A, Notary, Content::Submission { keys: vec![], locks: vec![], statement }), "no deal");
    });
}

#[test]
fn fields_of_a_decision_about_a_deal() {
    Run::of(Setting::deal(2), |run| {
        run.sign(A, Kind::JointDeal);
        let core = &*run.core;
        let all: Vec<String> =
            (0..2).map(|place| good(core, Party(place), st::Signature { promises: vec![] })).collect();
        let keys: Vec<KeyOpening> = core.world.letters.iter().map(|letter| letter.key.clone()).collect();
        let resolved = |pieces: &[&String], key: Option<KeyOpening>, keys: Vec<KeyOpening>| {
            let ground = pieces.iter().map(|text| Hash::of(text.as_bytes())).collect();
            let statement = good(core, Notary, st::Resolved { at: OPENED, ground, key, keys });
            Content::Decision { pieces: pieces.iter().map(|text| (*text).clone()).collect(), statement }
        };
        let both = [&all[0], &all[1]];
        let wrong = [
            resolved(&both, None, vec![]),
            resolved(&both, None, vec![keys[0].clone()]),
            resolved(&both, None, vec![keys[1].clone(), keys[0].clone()]),
            resolved(&both, None, [keys.clone(), keys.clone()].concat()),
            resolved(&both, Some(keys[0].clone()), keys.clone()),
            resolved(&[&all[0]], None, keys.clone()),
            resolved(&[&all[1], &all[0]], None, keys.clone()),
        ];
        let fine = resolved(&both, None, keys);
        for content in wrong {
            assert!(!takes(run, Notary, A, content));
        }
        assert!(takes(run, Notary, A, fine));
    });
    // Nothing but a deal has such keys.
    Run::of(Setting::csn_a(2), |run| {
        let core = &*run.core;
        let all: Vec<String> =
            (0..2).map(|place| good(core, Party(place), st::Signature { promises: vec![] })).collect();
        let ground = all.iter().map(|text| Hash::of(text.as_bytes())).collect();
        let keys = vec![made(Protocol::Deal, 2, 1).letters[0].key.clone()];
        let statement = good(core, Notary, st::Resolved { at: OPENED, ground, key: None, keys });
        assert!(!takes(run, Notary, A, Content::Decision { pieces: all, statement }));
    });
}

fn altered(change: impl FnOnce(&mut Terms)) -> bool {
    let mut core = made(Protocol::Deal, 3, 1).x.core.clone();
    change(&mut core);
    Descriptor::new(&core, None).is_ok()
}

/// With items that fit the legs.
fn legs(change: impl FnOnce(&mut Vec<Leg>)) -> bool {
    altered(|core| {
        let deal = core.deal.as_mut().unwrap();
        change(&mut deal.legs);
        core.items = deal.items(core.terms);
    })
}

#[test]
fn fields_of_the_legs() {
    assert!(altered(|_| ()) && legs(|_| ()));
    assert!(legs(|legs| legs[2] = Leg::Signature { giver: 2 }));
    assert!(legs(|legs| legs.push(Leg::Signature { giver: 0 })));
    assert!(legs(|legs| if let Leg::Letter { receiver, .. } = &mut legs[0] {
        *receiver = Receiver::All;
    }));
    assert!(!altered(|core| core.deal = None));
    assert!(!altered(|core| core.protocol = Protocol::CsnA));
    assert!(!altered(|core| core.items.reverse()));
    assert!(!altered(|core| core.items.truncate(2)));
    assert!(!legs(Vec::clear));
    assert!(!legs(|legs| legs.truncate(2)), "a party that gives nothing");
    assert!(!legs(|legs| legs.push(legs[0].clone())));
    assert!(!legs(|legs| legs.extend([Leg::Signature { giver: 0 }, Leg::Signature { giver: 0 }])));
    assert!(!legs(|legs| legs.push(Leg::Signature { giver: 3 })));
    assert!(!legs(|legs| if let Leg::Letter { receiver, .. } = &mut legs[0] {
        *receiver = Receiver::Party(0);
    }));
    assert!(!legs(|legs| if let Leg::Letter { receiver, .. } = &mut legs[0] {
        *receiver = Receiver::Party(3);
    }));
    // The same letter under another commitment, the same commitment under another letter.
    let other = |cipher: Option<Hash>, com_k: Option<Hash>| {
        legs(|legs| {
            let Leg::Letter { cipher: c, com_k: k, .. } = legs[0].clone() else { panic!() };
            let (cipher, com_k) = (cipher.unwrap_or(c), com_k.unwrap_or(k));
            legs.push(Leg::Letter { cipher, com_k, giver: 1, receiver: Receiver::All });
        })
    };
    assert!(other(Some(Hash::of(b"c")), Some(Hash::of(b"k"))));
    assert!(!other(Some(Hash::of(b"c")), None) && !other(None, Some(Hash::of(b"k"))));
}

/// A letter as it is shown.
struct Shown<'a> {
    bytes: &'a mut u64,
    giver: &'a mut String,
    media: &'a mut String,
    name: &'a mut String,
    receiver: &'a mut String,
}

#[test]
fn fields_of_the_legs_that_are_shown() {
    let world = made(Protocol::Deal, 3, 1);
    let fits = |change: &dyn Fn(&mut Contract)| {
        let mut terms = world.terms.clone();
        change(&mut terms.contract);
        let core = Terms { terms: terms.commitment().unwrap(), ..world.x.core.clone() };
        terms.check(&core).is_ok()
    };
    let letter = |change: &dyn Fn(Shown<'_>)| {
        fits(&|contract| {
            let NamedLeg::Letter { bytes, giver, media, name, receiver, .. } = &mut contract.legs[1] else { panic!() };
            change(Shown { bytes, giver, media, name, receiver });
        })
    };
    assert!(fits(&|_| ()) && letter(&|leg| *leg.bytes = 256 << 10) && letter(&|leg| "n".clone_into(leg.name)));
    assert!(!fits(&|contract| contract.legs.truncate(2)));
    assert!(!fits(&|contract| contract.legs.push(contract.legs[0].clone())));
    assert!(!fits(&|contract| contract.legs.swap(0, 1)));
    assert!(!fits(&|contract| contract.legs[0] = NamedLeg::Signature { giver: "1: Party 0".to_owned() }));
    assert!(!letter(&|leg| *leg.bytes = (256 << 10) + 1));
    assert!(!letter(&|leg| "2: Party 0".clone_into(leg.giver)));
    assert!(!letter(&|leg| leg.media.clear()) && !letter(&|leg| leg.name.clear()));
    assert!(!letter(&|leg| *leg.name = "n".repeat(256)));
    assert!(!letter(&|leg| "1: Party 0, 3: Party 2".clone_into(leg.receiver)));
    let contract = &world.terms.contract;
    let all = Leg::Letter { cipher: Hash([0; 32]), com_k: Hash([0; 32]), giver: 1, receiver: Receiver::All };
    assert_eq!(contract.receivers(&all), "1: Party 0, 3: Party 2");
    assert_eq!((contract.numbered(2), contract.numbered(3)), (Some("3: Party 2".to_owned()), None));
}

/// Nobody begins without everything in its hands.
#[test]
fn fields_of_what_a_dealer_begins_with() {
    let world = made(Protocol::Deal, 3, 1);
    let crypto = Ideal::new(1);
    let base = Context { now: OPENED, crypto: &crypto, keyring: &world.keyring };
    let cx = Cx { base, author: None };
    let begins = |change: &dyn Fn(&mut Stock)| {
        let mut stock = world.stock(0);
        change(&mut stock);
        Machine::deal(world.own(0), stock, &world.x, &cx, &mut vec![]).is_ok()
    };
    assert!(begins(&|_| ()));
    assert!(!begins(&|stock| stock.keys.clear()));
    assert!(!begins(&|stock| stock.keys = world.stock(1).keys));
    assert!(!begins(&|stock| stock.parcels.clear()));
    assert!(!begins(&|stock| stock.parcels = world.stock(1).parcels));
    assert!(!begins(&|stock| stock.parcels[0].share = world.stock(1).parcels[0].share.clone()));
    assert!(!begins(&|stock| stock.parcels.push(stock.parcels[0].clone())));
    assert!(Machine::deal(world.own(3), world.stock(0), &world.x, &cx, &mut vec![]).is_err());
    assert!(Machine::start(world.own(0), &world.x, &cx, &mut vec![]).is_err(), "a deal is no mere contract");
    let contract = made(Protocol::CsnA, 2, 1);
    assert!(Machine::deal(contract.own(0), Stock::default(), &contract.x, &cx, &mut vec![]).is_err());
}

/// A deal of two letters whose first the giver says is `said`, and holds what it holds.
fn about(content: &[u8], said: Option<Hash>, bytes: u64) -> (World, Letter) {
    let mut world = made(Protocol::Deal, 2, 1);
    let letter = Letter::seal(content, &Ideal::new(6)).unwrap();
    let mut legs = world.x.core.deal.clone().unwrap().legs;
    legs[0] = letter.leg(0, Receiver::Party(1));
    let NamedLeg::Letter { hash, bytes: length, .. } = &mut world.terms.contract.legs[0] else { panic!() };
    (*hash, *length) = (said, bytes);
    let terms = world.terms.commitment().unwrap();
    let deal = Deal { legs };
    let core = Terms { items: deal.items(terms), deal: Some(deal), terms, ..world.x.core.clone() };
    world.x = Descriptor::new(&core, None).unwrap();
    (world, letter)
}

#[test]
fn fields_of_a_letters_content() {
    let right = Hash::of(b"the formula");
    for (content, said, bytes, due) in [
        (b"the formula".as_slice(), Some(right), 11, true),
        (b"the formula", None, 11, true),
        (b"the formulA", Some(right), 11, false),
        (b"the formulA", None, 11, true),
        (b"the formula", None, 12, false),
    ] {
        let (world, letter) = about(content, said, bytes);
        let judged = |leg, parcel: &Parcel, key| judge_letter(&world.x, &world.terms, leg, parcel, key);
        assert_eq!(judged(0, &letter.parcel, &letter.key), Ok(due));
        assert_eq!(open(&letter.parcel, &letter.key).unwrap(), content);
        // What is not the giver's says nothing about the giver.
        let other = &world.letters[0];
        let code = |result: Result<bool, semper_base::Violation>| result.unwrap_err().code();
        assert_eq!(code(judged(0, &other.parcel, &letter.key)), Code::CommitmentWrong);
        assert_eq!(code(judged(0, &letter.parcel, &other.key)), Code::CommitmentWrong);
        let share = Parcel { share: other.parcel.share.clone(), ..letter.parcel.clone() };
        assert_eq!(code(judged(0, &share, &letter.key)), Code::CommitmentWrong);
        assert_eq!(code(judged(2, &letter.parcel, &letter.key)), Code::DescriptorWrong);
        let mut terms = world.terms.clone();
        terms.contract.title.push('!');
        assert_eq!(code(judge_letter(&world.x, &terms, 0, &letter.parcel, &letter.key)), Code::CommitmentWrong);
    }
    // Sealed as garbage: both halves are right and it does not open.
    let (mut world, letter) = about(b"x", None, 1);
    let mut bytes = letter.parcel.letter.0.clone();
    *bytes.last_mut().unwrap() ^= 1;
    let garbage = Letter { parcel: Parcel { letter: Blob64(bytes), ..letter.parcel }, key: letter.key };
    let mut deal = world.x.core.deal.clone().unwrap();
    deal.legs[0] = garbage.leg(0, Receiver::Party(1));
    let core = Terms { items: deal.items(world.x.core.terms), deal: Some(deal), ..world.x.core.clone() };
    world.x = Descriptor::new(&core, None).unwrap();
    assert_eq!(judge_letter(&world.x, &world.terms, 0, &garbage.parcel, &garbage.key), Ok(false));
}

/// After the end of the time the last submission ends the deal and completes nothing.
#[test]
fn fields_of_a_submission_that_comes_too_late() {
    for (tick, word) in [(EXPIRES - 1, Word::Resolved), (EXPIRES, Word::Aborted)] {
        Run::of(Setting::deal(2), |run| {
            submitted(run, 2);
            run.deliver(A, Notary, Word::Submission);
            run.tick(tick);
            run.deliver(B, Notary, Word::Submission);
            assert!(run.sent(Notary, A, word).is_some());
        });
    }
}

/// A submission for one deal, shown for another with the same legs.
#[test]
fn fields_of_another_deal() {
    Run::of(Setting::deal(2), |run| {
        let twin = core_of(made(Protocol::Deal, 2, 2));
        let statement = good(&twin, A, st::Signature { promises: vec![] });
        let keys = own(run, 0);
        assert!(!takes(run, A, Notary, Content::Submission { keys, locks: vec![], statement }));
    });
}
