//! A decision is known again from its row and what was kept, and from nothing less.

use semper_base::{Blob64, Millis, Nonce, Role};
use semper_blocks::item::Grade;
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{Author, Body, make};
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal};

use super::super::frame::descriptor::signatures;
use super::super::frame::{Core, Deadlines, Packet, Third, check};
use super::*;

const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);

struct Office {
    x: Descriptor,
    keys: Vec<KeyPair>,
    notary: KeyPair,
    keyring: Keyring,
    crypto: Ideal,
    now: Timestamp,
    register: Register,
    /// Of the slot `decision`.
    row: Option<String>,
    kept: Vec<String>,
}

impl Office {
    fn of(protocol: Protocol, parties: u8, nonce: u8) -> Self {
        let crypto = Ideal::new(5);
        let keys: Vec<KeyPair> = (0..parties).map(|_| crypto.generate().unwrap()).collect();
        let notary = crypto.generate().unwrap();
        let terms = Hash::of(b"terms");
        let core = Core {
            deal: None,
            deadlines: Deadlines::standard(OPENED),
            fee: None,
            grade: Grade::Strong,
            items: signatures(parties, terms),
            judge: crate::judge::JUDGE_VERSION,
            mail: None,
            nonce: Nonce([nonce; 16]),
            notary: Third { key: notary.public.clone(), certificate: Hash::of(b"certificate") },
            notary_seal: None,
            opened: OPENED,
            parties: keys.iter().map(|key| key.public.clone()).collect(),
            protocol,
            terms,
        };
        Office {
            x: Descriptor::new(&core, None).unwrap(),
            keys,
            notary,
            keyring: Keyring::for_simulation([9; 32]),
            crypto,
            now: OPENED,
            register: Register::default(),
            row: None,
            kept: Vec::new(),
        }
    }

    fn sign<B: Body>(&self, place: usize, body: B) -> String {
        let author = Author::uncertified(Role::Party, &self.keys[place]);
        let base = Context { now: OPENED, crypto: &self.crypto, keyring: &self.keyring };
        let meta = author.meta::<B>(&base, About::exchange(self.x.xid, vec![]), ANSWER_VALIDITY);
        make(&self.crypto, &author.secret, meta, body).unwrap().text
    }

    /// One step; what is written and kept is noted, what is said is given back.
    fn step(&mut self, event: &Event) -> Vec<Content> {
        let author = Author::uncertified(Role::Notary, &self.notary);
        let base = Context { now: self.now, crypto: &self.crypto, keyring: &self.keyring };
        let (cx, mut out) = (Cx { base, author: Some(&author) }, Vec::new());
        match self.register.clone().step(event, &self.x, &self.notary, &cx, &mut out).unwrap() {
            Step::Advance(register) => self.register = register,
            Step::Reject(_, why) => panic!("{why}"),
        }
        let mut said = Vec::new();
        for effect in out {
            match effect {
                Effect::Row { slot: Slot::Decision, statement } => self.row = Some(statement),
                Effect::Keep(statement) => self.kept.push(statement),
                Effect::Send { content, .. } => said.push(content),
                _ => {}
            }
        }
        said
    }

    fn told(&mut self, content: Content) -> Vec<Content> {
        let packet = Packet { content, descriptor: Blob64(self.x.bytes().to_vec()) };
        let checked = check(&serde_json::to_vec(&packet).unwrap(), &self.crypto, self.now).unwrap();
        let from = checked.signer.unwrap_or(Seat::Party(0));
        self.step(&Event::Message { from, content: checked.content })
    }

    fn promises(&self) -> Content {
        let first = self.sign(0, st::Promise { answers: None });
        let answers = Some(Hash::of(first.as_bytes()));
        let second = self.sign(1, st::Promise { answers });
        Content::Resolve { first, second }
    }

    fn signature(&self, place: usize) -> Content {
        Content::Signature { statement: self.sign(place, st::Signature { promises: vec![] }) }
    }
}

/// Exchanges that are decided, with how many pieces.
fn decided() -> Vec<(Office, usize)> {
    let mut resolved = Office::of(Protocol::Cs2, 2, 1);
    resolved.told(resolved.promises());
    let mut aborted = Office::of(Protocol::Cs2, 2, 2);
    aborted.told(Content::Abort { statement: aborted.sign(0, st::Abort {}) });
    let mut all = Office::of(Protocol::CsnA, 3, 3);
    // Whoever signs last is named in its place all the same.
    for place in [2, 0, 1] {
        all.told(all.signature(place));
    }
    let mut expired = Office::of(Protocol::CsnA, 2, 4);
    expired.told(expired.signature(1));
    expired.now = OPENED.plus(Millis::days(30));
    expired.step(&Event::Deadline);
    let mut rounds = Office::of(Protocol::CsnC, 3, 5);
    rounds.told(Content::Stop { pledges: vec![], statement: rounds.sign(2, st::Stop { round: 1 }) });
    assert!(!rounds.register.is_decided() && rounds.register.decision().is_none(), "it may still be resolved");
    let pledges: Vec<String> = (0..3).map(|at| rounds.sign(at, st::Pledge { round: 1, vector: None })).collect();
    let vector = Some(super::super::csn_c::ground::vector(&pledges));
    let pledges: Vec<String> = (0..3).map(|at| rounds.sign(at, st::Pledge { round: 2, vector })).collect();
    rounds.told(Content::Stop { pledges, statement: rounds.sign(0, st::Stop { round: 3 }) });
    vec![(resolved, 2), (aborted, 1), (all, 3), (expired, 0), (rounds, 3)]
}

#[test]
fn a_decision_is_the_same_from_its_row_and_what_was_kept() {
    for (office, count) in decided() {
        let what = office.x.core.protocol.word();
        assert!(office.register.is_decided(), "{what}");
        let mut kept: Vec<String> = office.kept.iter().rev().cloned().collect();
        kept.push("of the same exchange, and no piece".to_owned());
        let again = Register::decided(office.row.as_ref().unwrap(), kept, &office.x).unwrap();
        assert_eq!(again, office.register, "{what}");
        let Some(Content::Decision { pieces, .. }) = again.decision() else { panic!("{what}") };
        assert_eq!(pieces.len(), count, "{what}");
        // And says the same to whoever asks.
        let mut before = office;
        let ask = match before.x.core.protocol {
            Protocol::Cs2 => before.promises(),
            Protocol::CsnC => Content::Stop { pledges: vec![], statement: before.sign(1, st::Stop { round: 1 }) },
            _ => before.signature(0),
        };
        let first = before.told(ask.clone());
        assert_eq!(first, [before.register.decision().unwrap()], "{what}");
        before.register = again;
        assert_eq!(before.told(ask), first, "{what}");
    }
}

#[test]
fn no_answer_without_every_piece() {
    for (office, count) in decided() {
        let row = office.row.as_ref().unwrap();
        let Some(Content::Decision { pieces, .. }) = office.register.decision() else { panic!("undecided") };
        for lost in pieces {
            let kept: Vec<String> = office.kept.iter().filter(|text| **text != lost).cloned().collect();
            assert_eq!(Register::decided(row, kept, &office.x).unwrap_err().code(), Code::ProofWrong);
        }
        let none = Register::decided(row, vec![], &office.x);
        assert_eq!(none.is_ok(), count == 0, "{}", office.x.core.protocol.word());
    }
}

#[test]
fn nothing_else_is_taken_for_a_decision() {
    let all = decided();
    let [(resolved, _), (aborted, _), .., (rounds, _)] = all.as_slice() else { panic!("cases") };
    let code = |row: &str, kept: &[String], x| Register::decided(row, kept.to_vec(), x).unwrap_err().code();
    // Of another exchange.
    assert_eq!(code(resolved.row.as_ref().unwrap(), &resolved.kept, &aborted.x), Code::XidWrong);
    assert_eq!(code(aborted.row.as_ref().unwrap(), &aborted.kept, &resolved.x), Code::XidWrong);
    // What a party signed, and no statement at all.
    assert_eq!(code(&resolved.kept[0], &resolved.kept, &resolved.x), Code::KindWrong);
    assert_eq!(code("", &[], &resolved.x), Code::HeaderWrong);
    // What was said to one who stopped decides nothing for the others.
    let mut halted = Office::of(Protocol::CsnC, 3, 5);
    assert_eq!(halted.x.xid, rounds.x.xid);
    let said = halted.told(Content::Stop { pledges: vec![], statement: halted.sign(2, st::Stop { round: 1 }) });
    let [Content::Decision { statement, .. }] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(code(statement, &halted.kept, &halted.x), Code::KindWrong);
}
