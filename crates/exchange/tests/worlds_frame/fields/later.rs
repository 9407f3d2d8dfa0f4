//! The fields of what stands around statements: register, descriptor, terms, packet.

use semper_base::{Blob64, Hash, Millis, Nonce, Role};
use semper_blocks::item::{Class, Grade};
use semper_blocks::statement::Author;
use semper_exchange::fair::frame;
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::frame::terms::NamedFee;
use semper_exchange::fair::frame::{
    Attached, Content, Contract, Core as Terms, Cx, Deadlines, Descriptor, Event, Fee, Mail, Own, Packet, Protocol,
    Receiver, check, descriptor,
};
use semper_exchange::fair::party::Party as Machine;
use semper_exchange::fair::register::Register;
use semper_support::Context;
use semper_support::crypto::{Crypto, Ideal, KeyPair, PublicKey, Secret32};

use super::super::state::Setting;
use super::super::turns::Run;
use super::super::world::{OPENED, made};
use super::super::{A, B, Notary};
use super::{core_of, good, hash, takes};

/// Promises and signatures of an exchange with the same text count for that exchange alone.
#[test]
fn fields_of_another_run() {
    Run::of(Setting::CS2, |run| {
        let twin = core_of(made(Protocol::Cs2, 2, 2));
        assert_ne!(twin.world.x.xid, run.core.world.x.xid);
        let first = good(run.core, A, st::Promise { answers: None });
        let spliced = good(&twin, B, st::Promise { answers: Some(hash(&first)) });
        assert!(!takes(run, A, Notary, Content::Resolve { first, second: spliced }));
        let replayed = good(&twin, A, st::Promise { answers: None });
        assert!(!takes(run, A, B, Content::Promise { statement: replayed }));
    });
    // Two spellings of one descriptor are two exchanges.
    let world = made(Protocol::Cs2, 2, 1);
    let spelled = String::from_utf8(world.x.bytes().to_vec()).unwrap().replacen(',', ", ", 1);
    let other = Descriptor::read(spelled.as_bytes()).unwrap();
    assert_eq!(other.core, world.x.core);
    assert_ne!(other.xid, world.x.xid);
}

/// Each side has the notary that X names decide, and no other.
#[test]
fn fields_of_the_register() {
    let world = made(Protocol::Cs2, 2, 1);
    let crypto = Ideal::new(9);
    let core = core_of(world);
    let abort = good(&core, A, st::Abort {});
    let packet =
        Packet { content: Content::Abort { statement: abort }, descriptor: Blob64(core.world.x.bytes().to_vec()) };
    let checked = check(&serde_json::to_vec(&packet).unwrap(), &crypto, OPENED).unwrap();
    let event = Event::Message { from: A, content: checked.content };
    let base = Context { now: OPENED, crypto: &crypto, keyring: &core.world.keyring };
    let decides = |key: &KeyPair| {
        let author = Author::uncertified(Role::Notary, key);
        let mut out = vec![];
        let step = Register::default().step(
            &event,
            &core.world.x,
            &core.world.seal,
            &Cx { base, author: Some(&author) },
            &mut out,
        );
        step.is_ok() && !out.is_empty()
    };
    assert!(decides(&core.world.notary));
    assert!(!decides(&core.world.seal));
}

/// What it is called and what it does.
type Change<T> = (&'static str, fn(&mut T));
type Alter = (&'static str, Box<dyn Fn(&mut Contract)>);

fn altered(change: impl FnOnce(&mut Terms)) -> bool {
    let world = made(Protocol::CsnA, 3, 1);
    let mut core = world.x.core.clone();
    change(&mut core);
    Descriptor::new(&core, None).is_ok()
}

fn key() -> PublicKey {
    Ideal::new(55).generate().unwrap().public
}

#[test]
fn fields_of_a_descriptor() {
    assert!(altered(|_| ()));
    assert!(altered(|x| x.fee = Some(Fee { amount: euro(1), payer: 2 })));
    let many = |x: &mut Terms, count| {
        let crypto = Ideal::new(56);
        x.parties = (0..count).map(|_| crypto.generate().unwrap().public).collect();
        x.items.truncate(1);
    };
    assert!(altered(|x| many(x, 16)));
    for (count, fine) in [(2, true), (5, true), (6, false)] {
        let rounds = |x: &mut Terms| {
            many(x, count);
            x.protocol = Protocol::CsnC;
        };
        assert_eq!(altered(rounds), fine, "{count} in rounds");
    }
    let wrong: Vec<Change<Terms>> = vec![
        ("judge", |x| x.judge += 1),
        ("one party", |x| x.parties.truncate(1)),
        ("two only", |x| x.protocol = Protocol::Cs2),
        ("mail", |x| x.protocol = Protocol::CmOnline),
        ("seal", |x| x.notary_seal = Some(key())),
        ("same party", |x| x.parties[1] = x.parties[0].clone()),
        ("notary is party", |x| x.parties[1] = x.notary.key.clone()),
        ("no items", |x| x.items.clear()),
        ("many items", |x| x.items = vec![x.items[0].clone(); 33]),
        ("giver", |x| x.items[0].giver = 3),
        ("receiver", |x| x.items[0].receiver = Receiver::Party(3)),
        ("to itself", |x| x.items[0].receiver = Receiver::Party(0)),
        ("class", |x| x.items[0].class = Class::Held),
        ("grade", |x| x.grade = Grade::Weak),
        ("fee of nothing", |x| x.fee = Some(Fee { amount: euro(0), payer: 0 })),
        ("fee of nobody", |x| x.fee = Some(Fee { amount: euro(1), payer: 3 })),
        ("expired", |x| x.deadlines.expires = x.opened),
        ("too long", |x| x.deadlines.expires = x.opened.plus(Millis::days(367))),
        ("no patience", |x| x.deadlines.patience_ms = Millis(0)),
        ("no skew", |x| x.deadlines.skew_ms = Millis(0)),
        ("long patience", |x| x.deadlines.patience_ms = Millis::days(367)),
    ];
    for (name, change) in wrong {
        assert!(!altered(change), "{name}");
    }
    assert!(!altered(|x| many(x, 17)));
    // A box where there is none, and none where there should be.
    let world = made(Protocol::Cs2, 2, 1);
    assert!(Descriptor::new(&world.x.core, Some(&Hash::of(b"box"))).is_err());
    let mail = Mail { cipher: Hash::of(b"c"), com_k: Hash::of(b"k") };
    let core = Terms { protocol: Protocol::Cm, mail: Some(mail), notary_seal: Some(key()), ..world.x.core.clone() };
    assert!(Descriptor::new(&core, None).is_err());
    let x = Descriptor::new(&core, Some(&Hash::of(b"box"))).unwrap();
    assert_eq!(x.escrow_hash, Some(Hash::of(b"box")));
    assert_eq!(Descriptor::read(x.bytes()).unwrap(), x);
    assert_eq!(x.core_bytes(), descriptor::core_bytes(&core).unwrap());
    let bytes = world.x.bytes();
    for wrong in [&bytes[1..], &bytes[..bytes.len() - 1], b"", b"{\"core\":}", b"{\"core\":\"}"] {
        assert!(Descriptor::read(wrong).is_err());
    }
}

fn euro(minor: u64) -> semper_base::Amount {
    semper_base::Amount::new(minor, semper_base::Currency::EUR).unwrap()
}

/// What the owner is shown must be what X says, member by member.
#[test]
fn fields_of_the_terms() {
    let world = made(Protocol::CsnA, 2, 1);
    let fits = |change: &dyn Fn(&mut Contract)| {
        let mut terms = world.terms.clone();
        change(&mut terms.contract);
        // X commits to whatever its author likes; the rest must still agree.
        let core = Terms { terms: terms.commitment().unwrap(), ..world.x.core.clone() };
        terms.check(&core).is_ok()
    };
    let file = Attached { bytes: 1, hash: Hash::of(b"f"), media: "text/plain".to_owned(), name: "f.txt".to_owned() };
    assert!(fits(&|_| ()));
    assert!(fits(&|c| (c.text, c.file) = (None, Some(file.clone()))));
    let wrong: Vec<Alter> = vec![
        ("protocol", Box::new(|c| c.protocol = Protocol::Cs2)),
        ("grade", Box::new(|c| c.grade = Grade::Weak)),
        ("fee", Box::new(|c| c.fee = Some(NamedFee { amount: euro(1), payer: c.parties[0].name.clone() }))),
        ("expires", Box::new(|c| c.expires = c.expires.plus(Millis(1)))),
        ("notary", Box::new(|c| c.notary.key = key())),
        ("its certificate", Box::new(|c| c.notary.certificate = Some(Hash::of(b"another")))),
        ("a party", Box::new(|c| c.parties[1].key = key())),
        ("order", Box::new(|c| c.parties.swap(0, 1))),
        ("one more", Box::new(|c| c.parties.push(c.parties[0].clone()))),
        ("one less", Box::new(|c| c.parties.truncate(1))),
        ("no title", Box::new(|c| c.title.clear())),
        ("long title", Box::new(|c| c.title = "t".repeat(201))),
        ("no name", Box::new(|c| c.parties[0].name.clear())),
        ("long name", Box::new(|c| c.notary.name = "n".repeat(65))),
        ("no text", Box::new(|c| c.text = None)),
        ("empty text", Box::new(|c| c.text = Some(String::new()))),
        ("long text", Box::new(|c| c.text = Some("t".repeat((16 << 10) + 1)))),
        ("both", {
            let file = file.clone();
            Box::new(move |c| c.file = Some(file.clone()))
        }),
        ("no file name", {
            let file = Attached { name: String::new(), ..file.clone() };
            Box::new(move |c| (c.text, c.file) = (None, Some(file.clone())))
        }),
        ("huge file", {
            let file = Attached { bytes: u64::MAX >> 11, ..file.clone() };
            Box::new(move |c| (c.text, c.file) = (None, Some(file.clone())))
        }),
    ];
    for (name, change) in wrong {
        assert!(!fits(&*change), "{name}");
    }
    let other = frame::Terms { salt: Secret32::from_bytes([8; 32]), ..world.terms.clone() };
    assert!(other.check(&world.x.core).is_err());
    // A machine does not begin with other terms, nor in a place that is not its own.
    let crypto = Ideal::new(1);
    let base = Context { now: OPENED, crypto: &crypto, keyring: &world.keyring };
    let cx = Cx { base, author: None };
    let mut own = world.own(0);
    assert!(Machine::start(own.clone(), &world.x, &cx, &mut vec![]).is_ok());
    own.place = 2;
    assert!(Machine::start(own.clone(), &world.x, &cx, &mut vec![]).is_err());
    own = Own { place: 0, terms: other, ..own };
    assert!(Machine::start(own, &world.x, &cx, &mut vec![]).is_err());
}

#[test]
fn fields_of_a_packet() {
    let world = made(Protocol::Cs2, 2, 1);
    let core = core_of(world);
    let content = Content::Abort { statement: good(&core, A, st::Abort {}) };
    let packet = Packet { content, descriptor: Blob64(core.world.x.bytes().to_vec()) };
    let text = serde_json::to_string(&packet).unwrap();
    let passes = |text: &str| check(text.as_bytes(), &Ideal::new(1), OPENED).is_ok();
    assert!(passes(&text));
    assert!(!passes(&text.replacen('{', "{\"more\":1,", 1)));
    assert!(!passes(&text.replacen("\"abort\"", "\"abortion\"", 1)));
    assert!(!passes(text.trim_start_matches('{')));
    let other = Deadlines { skew_ms: Millis(9), ..core.world.x.core.deadlines };
    let x =
        Descriptor::new(&Terms { deadlines: other, nonce: Nonce([8; 16]), ..core.world.x.core.clone() }, None).unwrap();
    let moved = Packet { descriptor: Blob64(x.bytes().to_vec()), ..packet };
    assert!(!passes(&serde_json::to_string(&moved).unwrap()), "said about another exchange");
}
