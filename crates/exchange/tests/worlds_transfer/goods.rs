//! The list of goods, what is sealed, single transitions.

use proptest::prelude::*;
use semper_base::{Amount, Code, Currency, Hash, KeyId, Millis, Nonce, Timestamp, json};
use semper_blocks::delivery::tree::Tree;
use semper_blocks::delivery::{Layout, PlainLeaf};
use semper_blocks::statement::Kind;
use semper_exchange::transfer::{
    Announcement, AnswerWord, Confidentiality, Content, Data, Good, Inside, Manifest, Origin, Paper, Papers, Payment,
    Plan, Quality, Receiver, ReceiverEffect, ReceiverEvent, Sender, SenderEffect, SenderEvent, Sending, What,
    open_piece, seal_papers, seal_piece,
};
use semper_support::crypto::{Crypto, Secret32, Seeded};

const NOW: Timestamp = Timestamp::EPOCH.plus(Millis::days(100));

fn content(length: u64, chunk: u32) -> Content {
    Content { layout: Layout::new(length, chunk).unwrap(), root: Hash::of(b"root") }
}

fn data(name: &str, length: u64) -> Good {
    let data = Data { content: content(length, 64 << 10), hash: Hash::of(b"bytes"), media: "text/plain".to_owned() };
    Good { name: name.to_owned(), what: What::Data(data) }
}

fn container(name: &str, goods: u64) -> Good {
    Good { name: name.to_owned(), what: What::Container(Inside { goods }) }
}

fn payment(name: &str, minor: u64) -> Good {
    let amount = Amount::new(minor, Currency::EUR).unwrap();
    Good { name: name.to_owned(), what: What::Payment(Payment { amount }) }
}

fn paper(name: &str, kind: Option<Kind>) -> Good {
    let paper = Paper { content: content(9, 64 << 10), hash: Hash::of(b"paper"), kind };
    let what = if kind.is_some() { What::Statement(paper) } else { What::Certificate(paper) };
    Good { name: name.to_owned(), what }
}

pub(crate) fn sending(goods: Vec<Good>) -> Sending {
    let bytes = goods.iter().filter_map(Good::content).map(|content| content.layout.length()).sum();
    let quality = Quality { confidentiality: Confidentiality::Sealed, origin: Origin::Signed };
    Sending {
        bytes,
        goods,
        nonce: Nonce([7; 16]),
        quality,
        receiver: KeyId(Hash::of(b"receiver")),
        title: "Papers".to_owned(),
        to: "Waterside".to_owned(),
        until: NOW.plus(Millis::days(7)),
    }
}

fn refused(goods: Vec<Good>) -> Code {
    sending(goods).check().unwrap_err().code()
}

#[test]
fn a_tree_is_one_list() {
    let all = sending(vec![
        container("outer", 3),
        data("a", 1),
        container("inner", 1),
        data("a", 2),
        paper("deed", Some(Kind::Promise)),
        paper("card", None),
        payment("rent", 100),
        container("empty", 0),
    ]);
    all.check().unwrap();
    let paths = ["outer", "outer/a", "outer/inner", "outer/inner/a", "outer/deed", "card", "rent", "empty"];
    assert_eq!(all.paths().unwrap(), paths);
    let text = json::canonical(&all).unwrap();
    assert_eq!(json::read::<Sending>(&text).unwrap(), all);
    assert_eq!(Plan::of(&all).contents.iter().map(|(good, _)| *good).collect::<Vec<_>>(), [1, 3, 4, 5]);
    assert!(Plan::of(&all).pays);
}

#[test]
fn a_list_has_bounds() {
    assert_eq!(refused(vec![]), Code::FieldMissing);
    assert_eq!(refused(vec![container("c", 2), data("a", 1)]), Code::FieldWrong);
    assert_eq!(refused(vec![data("a", 1), data("a", 1)]), Code::FieldWrong);
    assert_eq!(refused((0..65).map(|n| data(&format!("{n}"), 1)).collect()), Code::TooMany);
    assert_eq!(refused((0..9).map(|n| container(&format!("{n}"), 1)).chain([data("a", 1)]).collect()), Code::TooMany);
    sending((0..8).map(|n| container(&format!("{n}"), 1)).chain([data("a", 1)]).collect()).check().unwrap();
    assert_eq!(refused(vec![data("a", (64 << 20) + 1)]), Code::TooLarge);
    assert_eq!(refused(vec![data("a", 40 << 20), data("b", 40 << 20)]), Code::TooLarge);
    assert_eq!(refused(vec![payment("a", 1), payment("b", 1)]), Code::TooMany);
    assert_eq!(refused(vec![payment("a", 0)]), Code::FieldWrong);
    let tiny = Data { content: content(2000, 1), hash: Hash::of(b"bytes"), media: "text/plain".to_owned() };
    assert_eq!(refused(vec![Good { name: "a".to_owned(), what: What::Data(tiny) }]), Code::TooMany);
    for name in ["", ".", "..", "a/b", "a\\b", " a", "a\n", &"a".repeat(256)] {
        assert_eq!(refused(vec![data(name, 1)]), Code::FieldWrong, "{name:?}");
    }
    let mut wrong = sending(vec![data("a", 1)]);
    wrong.bytes = 2;
    assert_eq!(wrong.check().unwrap_err().code(), Code::FieldWrong);
    let mut paper = paper("a", Some(Kind::Promise));
    let What::Statement(inside) = &mut paper.what else { panic!("another kind") };
    inside.kind = None;
    assert_eq!(refused(vec![paper]), Code::FieldWrong);
    let late = sending(vec![data("a", 1)]);
    assert_eq!(late.check_time(late.until).unwrap_err().code(), Code::Expired);
    assert_eq!(late.check_time(NOW.minus(Millis::days(23))).unwrap_err().code(), Code::NotYetValid);
}

/// A content under its root, and every chunk of it as it travels.
#[test]
fn a_chunk_fits_one_place_of_one_transfer() {
    let layout = Layout::new(20, 8).unwrap();
    let (seed, key) = (Secret32::from_bytes([1; 32]), Secret32::from_bytes([2; 32]));
    let bytes = b"twenty bytes of text";
    let leaf = |index: u64| {
        let range = layout.range(index).unwrap();
        let at = |end: u64| usize::try_from(end).unwrap();
        PlainLeaf::new(&layout, &seed, index, &bytes[at(range.start)..at(range.end)]).unwrap()
    };
    let tree = Tree::new((0..layout.leaves()).map(|index| leaf(index).hash()).collect());
    let what = What::Data(Data {
        content: Content { layout, root: tree.root() },
        hash: Hash::of(bytes),
        media: "text/plain".to_owned(),
    });
    let all = sending(vec![Good { name: "a".to_owned(), what: what.clone() }, Good { name: "b".to_owned(), what }]);
    let id = all.id();
    for index in 0..layout.leaves() {
        let piece = seal_piece(&all, id, (0, index), &key, leaf(index), &tree).unwrap();
        let text = json::canonical(&piece).unwrap();
        assert_eq!(json::read::<semper_exchange::transfer::Piece>(&text).unwrap(), piece);
        assert_eq!(open_piece(&all, &piece, &key).unwrap(), leaf(index));
        let code = |piece| open_piece(&all, &piece, &key).unwrap_err().code();
        let other = Secret32::from_bytes([3; 32]);
        assert_eq!(open_piece(&all, &piece, &other).unwrap_err().code(), Code::ChunkWrong);
        let mut moved = piece.clone();
        moved.index = (index + 1) % layout.leaves();
        assert_eq!(code(moved), Code::ChunkWrong);
        let (mut changed, mut nowhere, mut elsewhere) = (piece.clone(), piece.clone(), piece.clone());
        changed.data.0[3] ^= 1;
        nowhere.good = 2;
        elsewhere.transfer = Hash::of(b"another");
        for wrong in [changed, nowhere, elsewhere] {
            assert_eq!(code(wrong), Code::ChunkWrong);
        }
    }
    assert!(seal_piece(&all, id, (0, 3), &key, leaf(0), &tree).is_err());
    // Other bytes than were announced, by a sender that lies: they open, and are not taken.
    let lie = PlainLeaf::new(&layout, &seed, 0, b"no bytes").unwrap();
    let lie = seal_piece(&all, id, (0, 0), &key, lie, &tree).unwrap();
    assert_eq!(open_piece(&all, &lie, &key).unwrap_err().detail(), "good 0 chunk 0: not under the root");
    // Nor what was sealed under another root.
    let mut other = all.clone();
    let What::Data(inside) = &mut other.goods[0].what else { panic!("another kind") };
    let sealed = seal_piece(&all, id, (0, 0), &key, leaf(0), &tree).unwrap();
    inside.content.root = Hash::of(b"else");
    assert_eq!(open_piece(&other, &sealed, &key).unwrap_err().code(), Code::ChunkWrong);
}

#[test]
fn what_is_sealed_opens_for_one_from_one() {
    let crypto = Seeded::new([1; 32]);
    let (ours, other) = (crypto.generate().unwrap(), crypto.generate().unwrap());
    let papers =
        Papers { key: Secret32::from_bytes([2; 32]), manifest: Manifest::Deniable(sending(vec![data("a", 1)])) };
    let (from, seed) = (KeyId(Hash::of(b"from")), Secret32::from_bytes([3; 32]));
    let sealed = seal_papers(&papers, from, &ours.public, &seed, &crypto).unwrap();
    let text = json::canonical(&sealed).unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("Papers"));
    let open = |sealed: &Announcement, from, pair: &semper_support::crypto::KeyPair| {
        sealed.clone().open(from, Some((&pair.public, &pair.secret)), &crypto)
    };
    assert_eq!(open(&sealed, from, &ours), Ok((papers.clone(), Confidentiality::Sealed)));
    assert_eq!(open(&sealed, KeyId(Hash::of(b"thief")), &ours).unwrap_err().code(), Code::SealWrong);
    assert_eq!(open(&sealed, from, &other).unwrap_err().code(), Code::SealWrong);
    assert_eq!(sealed.open(from, None, &crypto).unwrap_err().code(), Code::SealWrong);
    let plain = Announcement::Open(Box::new(papers.clone()));
    assert_eq!(plain.open(from, None, &crypto), Ok((papers.clone(), Confidentiality::Connection)));
    let Manifest::Deniable(all) = papers.manifest else { panic!("another kind") };
    assert_eq!(all.check_quality(Confidentiality::Connection, Origin::Signed).unwrap_err().code(), Code::TermsWrong);
    assert_eq!(all.check_quality(Confidentiality::Sealed, Origin::Deniable).unwrap_err().code(), Code::TermsWrong);
    all.check_quality(Confidentiality::Sealed, Origin::Signed).unwrap();
}

/// Twenty chunks are more than a window: they are asked for until all are here, from anywhere.
#[test]
fn windows_follow_each_other_and_go_on_after_silence() {
    let plan = Plan { contents: vec![(3, Layout::new(20, 1).unwrap())], pays: false, until: NOW.plus(Millis::days(7)) };
    let (receiver, effects) = Receiver::announced(&plan).step(ReceiverEvent::Accept, &plan, NOW).unwrap();
    let wanted = |effects: &[ReceiverEffect]| -> Vec<u64> {
        let chunks = effects.iter().find_map(|effect| match effect {
            ReceiverEffect::Send(AnswerWord::Want(chunks)) => Some(chunks.clone()),
            _ => None,
        });
        chunks.unwrap_or_default().into_iter().map(|(_, index)| index).collect()
    };
    assert_eq!(wanted(&effects), (0..8).collect::<Vec<_>>());
    let mut receiver = receiver;
    let mut all = Vec::new();
    for index in (0..8).rev() {
        (receiver, all) = receiver.step(ReceiverEvent::Chunk { good: 3, index }, &plan, NOW).unwrap();
    }
    assert_eq!(wanted(&all), (8..16).collect::<Vec<_>>());
    (receiver, _) = receiver.step(ReceiverEvent::Chunk { good: 3, index: 9 }, &plan, NOW).unwrap();
    let (mut receiver, effects) = receiver.step(ReceiverEvent::Timer, &plan, NOW).unwrap();
    assert_eq!(wanted(&effects), [8, 10, 11, 12, 13, 14, 15, 16]);
    assert_eq!(receiver.stored(), 9);
    let wrong = receiver.step(ReceiverEvent::Chunk { good: 3, index: 20 }, &plan, NOW).unwrap_err();
    assert_eq!(wrong.code(), Code::ChunkWrong);
    for index in [8].into_iter().chain(10..20) {
        (receiver, all) = receiver.step(ReceiverEvent::Chunk { good: 3, index }, &plan, NOW).unwrap();
    }
    assert_eq!(all, [ReceiverEffect::Check]);
    let (receiver, effects) = receiver.step(ReceiverEvent::Checked(Ok(())), &plan, NOW).unwrap();
    assert!(receiver.is_taken() && effects.contains(&ReceiverEffect::Take));
}

#[test]
fn what_a_dishonest_receiver_asks_for_is_not_sent() {
    let plan = Plan { contents: vec![(3, Layout::new(2, 1).unwrap())], pays: false, until: NOW.plus(Millis::days(7)) };
    let (sender, _) = Sender::announced(NOW);
    let (sender, _) = sender.step(SenderEvent::Answer(AnswerWord::Accepted(None)), &plan, NOW).unwrap();
    for chunk in [(3, 2), (2, 0)] {
        let want = SenderEvent::Answer(AnswerWord::Want(vec![(3, 0), chunk]));
        assert_eq!(sender.step(want, &plan, NOW).unwrap_err().code(), Code::ChunkWrong);
    }
    let want = SenderEvent::Answer(AnswerWord::Want(vec![(3, 1)]));
    assert_eq!(sender.step(want, &plan, NOW).unwrap().1, [SenderEffect::Pieces(vec![(3, 1)])]);
    assert_eq!(sender.step(SenderEvent::Answer(AnswerWord::Ready), &plan, NOW).unwrap_err().code(), Code::OutOfTurn);
}

fn any_good() -> impl Strategy<Value = Good> {
    let name = "[a-z]{1,3}";
    prop_oneof![
        (name, 0_u64..100).prop_map(|(name, length)| data(&name, length)),
        (name, 0_u64..4).prop_map(|(name, goods)| container(&name, goods)),
        name.prop_map(|name| paper(&name, Some(Kind::Promise))),
        name.prop_map(|name| paper(&name, None)),
        name.prop_map(|name| payment(&name, 5)),
    ]
}

proptest! {
    /// Whatever list is taken reads back as itself, and each change of it is another transfer.
    #[test]
    fn lists_read_back(goods in proptest::collection::vec(any_good(), 1..12), at in any::<usize>()) {
        let all = sending(goods);
        let text = json::canonical(&all).unwrap();
        prop_assert_eq!(&json::read::<Sending>(&text).unwrap(), &all);
        if all.check().is_ok() {
            prop_assert_eq!(all.paths().unwrap().len(), all.goods.len());
            let distinct: std::collections::BTreeSet<String> = all.paths().unwrap().into_iter().collect();
            prop_assert_eq!(distinct.len(), all.goods.len());
            let mut other = all.clone();
            let at = at % other.goods.len();
            other.goods[at].name.push('x');
            prop_assert_ne!(all.id(), other.id());
        }
    }
}
