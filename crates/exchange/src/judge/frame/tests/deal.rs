//! Letters of joint deals: what convicts their givers, and that nothing less does.

use semper_base::json;
use semper_blocks::statement::Language;

use super::*;
use crate::fair::deal::{Content, Deal};
use crate::fair::frame::descriptor::Receiver;
use crate::fair::frame::{Contract, Named, NamedLeg, Terms};

/// A deal that is done: the first gives a letter to the second, and the second one to the first.
struct Done {
    court: Court,
    /// Terms, both sealed letters, both signatures, `resolved` with both keys.
    pieces: [String; 6],
}

/// The first letter holds `content`, and its giver stands for `said`.
fn done(content: &[u8], said: &[u8]) -> Done {
    let court = Court::of(Protocol::CsnA, 2);
    let crypto = Ideal::new(4);
    let letters = [content, b"the other"].map(|content| Content::seal(content, &crypto).unwrap());
    let legs = vec![letters[0].leg(0, Receiver::Party(1)), letters[1].leg(1, Receiver::Party(0))];
    let core = &court.x.core;
    let named =
        |name: &str, at: usize| Named { certificate: None, key: core.parties[at].clone(), name: name.to_owned() };
    let leg = |giver: &str, receiver: &str, said: &[u8]| NamedLeg::Letter {
        bytes: said.len() as u64,
        giver: giver.to_owned(),
        hash: Some(Hash::of(said)),
        media: "text/plain".to_owned(),
        name: "letter.txt".to_owned(),
        receiver: receiver.to_owned(),
    };
    let notary =
        Named { certificate: Some(core.notary.certificate), key: core.notary.key.clone(), name: "Notary".to_owned() };
    let contract = Contract {
        expires: core.deadlines.expires,
        fee: None,
        file: None,
        grade: core.grade,
        legs: vec![leg("1: A", "2: B", said), leg("2: B", "1: A", b"the other")],
        language: Language::En,
        notary,
        parties: vec![named("A", 0), named("B", 1)],
        protocol: Protocol::Deal,
        text: Some("A letter for a letter.".to_owned()),
        title: "Letters".to_owned(),
    };
    let terms = Terms { contract, salt: Secret32::from_bytes([3; 32]) };
    let (deal, commitment) = (Deal { legs }, terms.commitment().unwrap());
    let items = deal.items(commitment);
    let core = Core { deal: Some(deal), items, protocol: Protocol::Deal, terms: commitment, ..core.clone() };
    let court = Court { x: Descriptor::new(&core, None).unwrap(), ..court };
    let signed = [0, 1].map(|place| court.party(place, st::Signature { promises: vec![] }));
    let keys = letters.iter().map(|letter| letter.key.clone()).collect();
    let ground = signed.iter().map(|text| hash(text)).collect();
    let resolved = st::Resolved { at: OPENED, ground, key: None, keys };
    let resolved = court.sign(Role::Notary, &court.notary, OPENED, resolved);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let parcels = letters.map(|letter| text(json::canonical(&letter.parcel).unwrap()));
    let [first, second] = parcels;
    let [of_a, of_b] = signed;
    Done { court, pieces: [text(json::canonical(&terms).unwrap()), first, second, of_a, of_b, resolved] }
}

impl Done {
    fn on(&self, mask: u8) -> FrameVerdict {
        let pieces: Vec<&String> =
            self.pieces.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, piece)| piece).collect();
        self.court.try_on(&pieces)
    }
}

/// Who is convicted of a wrong letter.
fn wrong(verdict: &FrameVerdict) -> Vec<Option<u8>> {
    assert!(verdict.convictions.iter().all(|one| (one.who, one.misdeed) == (Role::Party, Misdeed::WrongFile)));
    verdict.convictions.iter().map(|one| one.party).collect()
}

#[test]
fn a_letter_as_agreed_convicts_nobody() {
    let done = done(b"gold", b"gold");
    let verdict = done.on(0b11_1111);
    assert_eq!((verdict.outcome, wrong(&verdict)), (FrameOutcome::Complete, vec![]));
    assert!(verdict.set_aside.is_empty(), "{:?}", verdict.set_aside);
    assert!(!verdict.claims.iter().any(|one| matches!(one.claim, FrameClaimKind::NotAsAgreed { .. })));
}

#[test]
fn another_content_convicts_its_giver_by_all_that_shows_it() {
    for (content, said) in [(b"a stone".as_slice(), b"gold!!!".as_slice()), (b"gol", b"gold")] {
        let done = done(content, said);
        let verdict = done.on(0b11_1111);
        assert_eq!(wrong(&verdict), [Some(0)]);
        assert_eq!(verdict.convictions[0].sentence, "Party 1 delivered content that is not what was agreed.");
        assert_eq!(found(&verdict, FrameClaimKind::NotAsAgreed { leg: 0 }), Finding::Proven);
        // The other's letter and signature have no part in it; each of the rest has.
        let needed = 0b10_1011;
        for mask in 0..64 {
            let convicts = mask & needed == needed;
            assert_eq!(wrong(&done.on(mask)), if convicts { vec![Some(0)] } else { vec![] }, "{mask:b}");
        }
    }
}

/// What is not of this deal says nothing about it.
#[test]
fn foreign_papers_are_set_aside() {
    let (ours, other) = (done(b"gold", b"gold"), done(b"a stone", b"a stone"));
    for foreign in [&other.pieces[0], &other.pieces[1], &"{}".to_owned()] {
        let pieces: Vec<&String> = ours.pieces.iter().skip(2).chain([foreign]).collect();
        let verdict = ours.court.try_on(&pieces);
        assert_eq!((wrong(&verdict), verdict.set_aside.len()), (vec![], 1));
    }
}
