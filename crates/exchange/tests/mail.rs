//! Certified mail between the production machines, message by message: who holds what whenever somebody stops.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::VecDeque;

use semper_base::{Blob64, Code, Hash, Millis, Nonce, Role, Step, Timestamp};
use semper_blocks::item::Grade;
use semper_blocks::statement::{Author, Language, sign_payload};
use semper_exchange::fair::frame::{
    Attached, Checked, Command, Content, Contract, Core, Cx, Deadlines, Descriptor, Effect, Event, Named, Own, Packet,
    Protocol, Seat, Terms, Third, check,
};
use semper_exchange::fair::mail::{self, Sending};
use semper_exchange::fair::party::{Party, Standing};
use semper_exchange::fair::register::Register;
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, KeyPair, Secret32, Seeded};

const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const LETTER: &[u8] = b"Dear Sir, we give notice.";

/// Sender, receiver and notary, and what is on its way between them.
struct Post {
    crypto: Seeded,
    keyring: Keyring,
    keys: Vec<KeyPair>,
    notary: KeyPair,
    seal: KeyPair,
    x: Descriptor,
    sending: Sending,
    parties: Vec<Party>,
    register: Register,
    now: Timestamp,
    queue: VecDeque<(Seat, Seat, Content)>,
    /// What was sent, in order.
    sent: Vec<Content>,
}

/// The core of an exchange of two, with terms; what the letter adds comes later.
fn core(protocol: Protocol, keys: &[KeyPair], notary: &KeyPair, seal: &KeyPair) -> Core {
    Core {
        deal: None,
        deadlines: Deadlines { expires: OPENED.plus(Millis::days(1)), ..Deadlines::standard(OPENED) },
        fee: None,
        grade: Grade::Strong,
        items: Vec::new(),
        judge: JUDGE_VERSION,
        mail: None,
        nonce: Nonce([7; 16]),
        notary: Third { key: notary.public.clone(), certificate: Hash::of(b"certificate") },
        notary_seal: (protocol == Protocol::Cm).then(|| seal.public.clone()),
        opened: OPENED,
        parties: keys.iter().map(|key| key.public.clone()).collect(),
        protocol,
        terms: Hash([0; 32]),
    }
}

fn terms(core: &Core) -> Terms {
    let named = |name: &str, key, certificate| Named { certificate, key, name: name.to_owned() };
    let parties = core.parties.iter().zip(["Ann", "Bob"]);
    let contract = Contract {
        expires: core.deadlines.expires,
        fee: None,
        file: Some(Attached {
            bytes: LETTER.len() as u64,
            hash: Hash::of(LETTER),
            media: "text/plain".to_owned(),
            name: "letter".to_owned(),
        }),
        grade: core.grade,
        legs: vec![],
        language: Language::En,
        notary: named("Notary", core.notary.key.clone(), Some(core.notary.certificate)),
        parties: parties.map(|(key, name)| named(name, key.clone(), None)).collect(),
        protocol: core.protocol,
        text: None,
        title: "Notice".to_owned(),
    };
    Terms { contract, salt: Secret32::from_bytes([5; 32]) }
}

impl Post {
    fn new(protocol: Protocol) -> Post {
        let crypto = Seeded::new([3; 32]);
        let keys: Vec<KeyPair> = (0..2).map(|_| crypto.generate().unwrap()).collect();
        let [notary, seal] = [(), ()].map(|()| crypto.generate().unwrap());
        let mut core = core(protocol, &keys, &notary, &seal);
        let terms = terms(&core);
        core.terms = terms.commitment().unwrap();
        let (x, sending) = mail::seal(LETTER, &crypto).unwrap().address(core, &crypto).unwrap();
        let keyring = Keyring::for_simulation([9; 32]);
        let mut post = Post {
            crypto,
            keyring,
            keys,
            notary,
            seal,
            x,
            sending,
            parties: Vec::new(),
            register: Register::default(),
            now: OPENED,
            queue: VecDeque::new(),
            sent: Vec::new(),
        };
        for place in 0..2 {
            let own = Own { place, certificate: None, language: Language::En, terms: terms.clone() };
            let mut out = Vec::new();
            let (sending, parcel) = (post.sending.clone(), post.sending.parcel.clone());
            let party = post.look(|x, cx| match place {
                0 => Party::send(own, sending, x, cx, &mut out).unwrap(),
                _ => Party::receive(own, parcel, x, cx, &mut out).unwrap(),
            });
            post.parties.push(party);
            post.effects(Seat::Party(place), out);
        }
        post
    }

    fn look<T>(&self, what: impl FnOnce(&Descriptor, &Cx<'_>) -> T) -> T {
        let base = Context { now: self.now, crypto: &self.crypto, keyring: &self.keyring };
        what(&self.x, &Cx { base, author: None })
    }

    /// What a machine causes. Everybody's owner agrees to everything.
    fn effects(&mut self, seat: Seat, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask { kind, payload, .. } => {
                    let Seat::Party(place) = seat else { panic!("a notary asks nobody") };
                    let key = &self.keys[usize::from(place)];
                    let text = sign_payload(&self.crypto, &key.secret, &payload).unwrap();
                    self.step(seat, &Event::Signed(kind, text)).unwrap();
                }
                Effect::Send { to, content } => {
                    self.sent.push(content.clone());
                    self.queue.push_back((seat, to, content));
                }
                Effect::Keep(_) | Effect::Row { .. } | Effect::Tell(_) => {}
            }
        }
    }

    fn step(&mut self, seat: Seat, event: &Event) -> Result<(), Code> {
        let mut out = Vec::new();
        let base = Context { now: self.now, crypto: &self.crypto, keyring: &self.keyring };
        let author = Author::uncertified(Role::Notary, &self.notary);
        let refused = match seat {
            Seat::Notary => {
                let cx = Cx { base, author: Some(&author) };
                match self.register.clone().step(event, &self.x, &self.seal, &cx, &mut out).map_err(|e| e.code())? {
                    Step::Advance(register) => {
                        self.register = register;
                        None
                    }
                    Step::Reject(_, violation) => Some(violation.code()),
                }
            }
            Seat::Party(place) => {
                let (place, cx) = (usize::from(place), Cx { base, author: None });
                match self.parties[place].clone().step(event, &self.x, &cx, &mut out).map_err(|e| e.code())? {
                    Step::Advance(party) => {
                        self.parties[place] = party;
                        None
                    }
                    Step::Reject(_, violation) => Some(violation.code()),
                }
            }
        };
        if let Some(code) = refused {
            return Err(code);
        }
        self.effects(seat, out);
        Ok(())
    }

    /// A message arrives, if it passes the check.
    fn deliver(&mut self, from: Seat, to: Seat, content: Content) -> Result<(), Code> {
        let packet = Packet { content, descriptor: Blob64(self.x.bytes().to_vec()) };
        let text = serde_json::to_vec(&packet).unwrap();
        let checked = check(&text, &self.crypto, self.now).map_err(|violation| violation.code())?;
        let from = checked.signer.unwrap_or(from);
        self.step(to, &Event::Message { from, content: checked.content })
    }

    /// Delivers everything but what `lost` says is lost.
    fn run(&mut self, lost: impl Fn(Seat, Seat, &Content) -> bool) {
        while let Some((from, to, content)) = self.queue.pop_front() {
            if !lost(from, to, &content) {
                self.deliver(from, to, content).unwrap();
            }
        }
    }

    /// Everybody's patience ends, until nobody has anything left to do.
    fn patience(&mut self, lost: impl Fn(Seat, Seat, &Content) -> bool + Copy) {
        for _ in 0..20 {
            let deadlines = self.parties.iter().map(Party::deadline).chain([self.register.deadline(&self.x)]);
            let Some(next) = deadlines.flatten().min() else { return };
            self.now = self.now.max(next);
            for place in 0..2 {
                if self.parties[place].deadline().is_some_and(|deadline| deadline <= self.now) {
                    self.step(Seat::Party(u8::try_from(place).unwrap()), &Event::Deadline).unwrap();
                }
            }
            if self.register.deadline(&self.x).is_some_and(|deadline| deadline <= self.now) {
                self.step(Seat::Notary, &Event::Deadline).unwrap();
            }
            self.run(lost);
        }
    }

    fn standings(&self) -> [Standing; 2] {
        [self.parties[0].standing(), self.parties[1].standing()]
    }

    /// What the receiver can read.
    fn read(&self) -> Option<Vec<u8>> {
        let Party::Receiver(receiver) = &self.parties[1] else { panic!("the receiver") };
        receiver.key().map(|key| receiver.parcel().open(key).unwrap())
    }

    /// Whether the sender can prove the receipt.
    fn has_receipt(&self) -> bool {
        !self.parties[0].proof().is_empty()
    }
}

fn nothing(_: Seat, _: Seat, _: &Content) -> bool {
    false
}

#[test]
fn four_messages_and_no_notary() {
    let mut post = Post::new(Protocol::Cm);
    post.run(nothing);
    assert_eq!(post.standings(), [Standing::Complete; 2]);
    assert_eq!(post.read().unwrap(), LETTER);
    assert!(post.has_receipt());
    assert_eq!(post.sent.len(), 4);
    assert_eq!(post.register.word(), "open");
}

/// Whichever message is the last to come through between the two, both get theirs or neither does.
#[test]
fn whoever_stops_gains_nothing() {
    for last in 0..4 {
        let mut post = Post::new(Protocol::Cm);
        let between = std::cell::Cell::new(0);
        let lost = |from: Seat, to: Seat, _: &Content| {
            let is_between = from != Seat::Notary && to != Seat::Notary;
            between.set(between.get() + usize::from(is_between));
            is_between && between.get() > last
        };
        post.run(lost);
        post.patience(|from, to, _| from != Seat::Notary && to != Seat::Notary);
        assert_eq!(post.has_receipt(), post.read().is_some(), "after {last}");
        assert!(post.standings().iter().all(|standing| standing.is_final()), "after {last}: {:?}", post.standings());
        if last >= 3 {
            assert_eq!(post.read().unwrap(), LETTER);
        }
    }
}

/// The receiver has promised and hears nothing more: the notary opens the box for it.
#[test]
fn the_notary_opens_the_box() {
    let mut post = Post::new(Protocol::Cm);
    let away =
        |from: Seat, _: Seat, content: &Content| from == Seat::Party(0) && matches!(content, Content::Key { .. });
    post.run(away);
    assert!(post.read().is_none());
    post.step(Seat::Party(1), &Event::Command(Command::Resolve)).unwrap();
    post.run(away);
    assert_eq!(post.read().unwrap(), LETTER);
    assert!(post.has_receipt(), "the sender was told");
    assert_eq!(post.standings(), [Standing::Complete; 2]);
}

/// Garbage in the box: nobody gets anything, and the sender cannot show a receipt.
#[test]
fn a_bad_box_ends_it() {
    let mut post = Post::new(Protocol::Cm);
    let bad = Blob64(vec![9; 80]);
    let x = Descriptor::new(&post.x.core, Some(&Hash::of(&bad.0))).unwrap();
    post.x = x;
    let mut parcel = post.sending.parcel.clone();
    parcel.sealed = Some(semper_exchange::fair::dgp::statements::EscrowBox(bad));
    // Begin again over the other X.
    let own = |place| {
        let mut terms = terms(&post.x.core);
        terms.salt = Secret32::from_bytes([5; 32]);
        Own { place, certificate: None, language: Language::En, terms }
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let sending = Sending { parcel: parcel.clone(), ..post.sending.clone() };
    let parties = post.look(|x, cx| {
        vec![
            Party::send(own(0), sending, x, cx, &mut first).unwrap(),
            Party::receive(own(1), parcel, x, cx, &mut second).unwrap(),
        ]
    });
    post.parties = parties;
    post.queue.clear();
    post.effects(Seat::Party(0), first);
    post.effects(Seat::Party(1), second);
    let away =
        |from: Seat, _: Seat, content: &Content| from == Seat::Party(0) && matches!(content, Content::Key { .. });
    post.run(away);
    post.step(Seat::Party(1), &Event::Command(Command::Resolve)).unwrap();
    post.run(away);
    assert_eq!(post.register.word(), "aborted");
    assert!(post.read().is_none() && !post.has_receipt());
}

/// A signature without the key is none: the receipt is not given for nothing.
#[test]
fn no_receipt_without_the_key() {
    let mut post = Post::new(Protocol::Cm);
    let is_key = |_: Seat, _: Seat, content: &Content| matches!(content, Content::Key { .. });
    post.run(is_key);
    let key = post.sent.iter().find(|content| matches!(content, Content::Key { .. })).cloned();
    let Some(Content::Key { statement, .. }) = key else { panic!("a key") };
    let bare = Content::Signature { statement: statement.clone() };
    let before = post.parties[1].clone();
    assert_eq!(post.deliver(Seat::Party(0), Seat::Party(1), bare), Err(Code::FieldMissing));
    assert_eq!(post.parties[1], before);
    // Nor with a key that is not the promised one.
    let other = Post::new(Protocol::CmOnline).sending.defence.key;
    let mut opening = other;
    opening.k = Secret32::from_bytes([1; 32]);
    let wrong = Content::Key { opening, statement: statement.clone() };
    assert_eq!(post.deliver(Seat::Party(0), Seat::Party(1), wrong), Err(Code::CommitmentWrong));
}

#[test]
fn through_the_notary_both_or_neither() {
    let mut post = Post::new(Protocol::CmOnline);
    post.run(nothing);
    assert_eq!(post.standings(), [Standing::Complete; 2]);
    assert_eq!(post.read().unwrap(), LETTER);
    assert!(post.has_receipt());
    assert_eq!(post.sent.len(), 4, "key, receipt, and the notary's word to both");
    assert_eq!(post.register.word(), "resolved");
}

/// A receiver who stays silent: the sender has the notary's word that nothing was delivered, and why.
#[test]
fn silence_gives_an_outcome_with_a_reason() {
    let mut post = Post::new(Protocol::CmOnline);
    let silent = |from: Seat, _: Seat, _: &Content| from == Seat::Party(1);
    post.run(silent);
    assert_eq!(post.register.word(), "open");
    post.patience(silent);
    assert_eq!(post.register.word(), "aborted");
    assert_eq!(post.parties[0].standing(), Standing::Aborted);
    assert!(post.read().is_none() && !post.has_receipt());
    let said = post.sent.iter().find_map(|content| match content {
        Content::Decision { statement, .. } => Some(statement.clone()),
        _ => None,
    });
    let body: serde_json::Value =
        serde_json::from_slice(semper_blocks::statement::Compact::parse(&said.unwrap()).unwrap().payload()).unwrap();
    assert_eq!(body["basis"], "expired");
}

/// The notary takes a key from nobody but the sender, and none that is not the promised one.
#[test]
fn a_notary_takes_the_senders_key_only() {
    let mut post = Post::new(Protocol::CmOnline);
    let all: Vec<(Seat, Seat, Content)> = post.queue.drain(..).collect();
    let receipt = all.iter().find(|(from, ..)| *from == Seat::Party(1)).unwrap().2.clone();
    let Content::Signature { statement } = receipt else { panic!("a signature") };
    let opening = post.sending.defence.key.clone();
    let stolen = Content::Key { opening, statement };
    assert_eq!(post.deliver(Seat::Party(1), Seat::Notary, stolen), Err(Code::OutOfTurn));
    assert_eq!(post.register, Register::default());
}

#[test]
fn what_came_is_what_x_names() {
    let post = Post::new(Protocol::Cm);
    let parcel = &post.sending.parcel;
    let code = |change: &dyn Fn(&mut mail::Parcelled)| {
        let mut other = parcel.clone();
        change(&mut other);
        other.check(&post.x).unwrap_err().code()
    };
    assert_eq!(parcel.check(&post.x), Ok(()));
    assert_eq!(code(&|p| p.letter.0[40] ^= 1), Code::CommitmentWrong);
    assert_eq!(code(&|p| p.share.s = Secret32::from_bytes([1; 32])), Code::CommitmentWrong);
    assert_eq!(code(&|p| p.sealed = None), Code::FieldMissing);
    assert_eq!(code(&|p| p.sealed.as_mut().unwrap().0.0[3] ^= 1), Code::EscrowHashWrong);
}

/// Nobody begins to send another letter than X names, or one that the key in its hand does not open.
#[test]
fn a_sender_sends_what_x_names() {
    let post = Post::new(Protocol::Cm);
    let begins = |change: &dyn Fn(&mut Sending)| {
        let mut sending = post.sending.clone();
        change(&mut sending);
        let own = Own { place: 0, certificate: None, language: Language::En, terms: terms(&post.x.core) };
        post.look(|x, cx| Party::send(own, sending, x, cx, &mut Vec::new()).map(drop).map_err(|e| e.code()))
    };
    assert_eq!(begins(&|_| ()), Ok(()));
    assert_eq!(begins(&|sending| sending.defence.key.k = Secret32::from_bytes([1; 32])), Err(Code::CommitmentWrong));
    assert_eq!(begins(&|sending| sending.parcel.letter.0[40] ^= 1), Err(Code::CommitmentWrong));
}

#[test]
fn the_outcome_has_names() {
    use semper_exchange::fair::mail::Ended;
    use semper_exchange::fair::mail::event::{Event as Happened, Token, records};
    let mut post = Post::new(Protocol::CmOnline);
    post.run(nothing);
    let decision = post.sent.iter().find(|content| matches!(content, Content::Decision { .. })).unwrap().clone();
    let packet = Packet { content: decision, descriptor: Blob64(post.x.bytes().to_vec()) };
    let checked = check(&serde_json::to_vec(&packet).unwrap(), &post.crypto, post.now).unwrap();
    let Checked::Decision(decision) = checked.content else { panic!("a decision") };
    let lines = records(&Ended::Notary(&decision));
    let tokens: Vec<Option<Token>> = lines.iter().map(|line| line.token).collect();
    assert_eq!(tokens, [Some(Token::Nrs), Some(Token::Nro), Some(Token::Nrr), Some(Token::Nrd)]);
    assert_eq!(lines[3].event, Happened::ContentHandover);
    assert_eq!(Happened::ContentHandover.uri(), "http://uri.etsi.org/19522/Event/ContentHandover");
}
