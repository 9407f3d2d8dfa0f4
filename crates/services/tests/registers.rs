//! What others may do to a register, and through it to those who depend on it: fill queues, fill rows,
//! move somebody's answers to themselves.

use crate::common;

use common::cases::{authority, eur, forge, peer, third};
use common::forge::{Deal, Forge, about, packet};
use common::{Hands, enrol, morning};
use semper_base::limits::{IDLE_PER_STRANGER_DAY_MAX, OUTBOX_PER_PEER_MAX};
use semper_base::tx::Body;
use semper_base::{Code, Hash, KeyId, Millis, Role, Timestamp, Write};
use semper_blocks::statement::About;
use semper_driver::service::Input;
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::dgp::{Content, Core, Descriptor};
use semper_services::bank::{AccountOpened, Bank};
use semper_services::notary::Notary;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::KeyPair;
use serde_json::json;

/// A bank with one customer, and everybody's number of messages.
struct Till {
    bank: Hands<Bank>,
    forge: Forge,
    deal: Deal,
    seal: KeyPair,
    seq: u64,
}

impl Till {
    /// `waiting` messages wait for the peer "seller" already.
    fn new(name: &str, waiting: u64) -> Till {
        let mut ca = authority(&format!("ca-{name}"));
        let write = || Write::Send { to: peer("seller"), kind: "dgp", body: Body::Inline(b"{}".to_vec()) };
        let queue: Vec<Write> = (0..waiting).map(|_| write()).collect();
        let mut bank = Hands::prepared(name, Bank { play_deposit: Some(eur(10_000)) }, &queue);
        enrol(&mut ca, &mut bank, "bank", &["statement", "tls"]);
        let forge = forge();
        let account_key = forge.pair();
        let deal = Deal {
            amount: eur(490),
            buyer: forge.pair(),
            seller: forge.pair(),
            account: String::new(),
            account_key,
            payee: common::forge::PAYEE.to_owned(),
        };
        let mut till = Till { bank, seal: forge.pair(), forge, deal, seq: 0 };
        let open = till.forge.open(&till.deal.account_key);
        assert_eq!(till.say("buyer", "account-open", open), Outcome::Taken);
        let opened: AccountOpened = serde_json::from_str(&till.bank.fetch(peer("buyer"))[0].body).unwrap();
        till.deal.account = opened.account;
        till
    }

    fn say(&mut self, from: &str, kind: &str, body: String) -> Outcome {
        self.seq += 1;
        self.bank.deliver(peer(from), Envelope { seq: self.seq, prev: 0, kind: kind.to_owned(), body })
    }

    fn core(&mut self) -> Core {
        self.forge.core(third(&mut self.bank), self.forge.stranger(), &self.seal, &self.deal)
    }

    fn status(&self, x: &Descriptor, role: Role, to: Role) -> String {
        let pair = if role == Role::Buyer { &self.deal.buyer } else { &self.deal.seller };
        let about = About::exchange(x.xid, vec![x.key(to).unwrap().id()]);
        packet(x, Content::Status { statement: self.forge.sign(role, pair, about, st::Status { round: 1 }).text })
    }

    fn pass(&mut self, time: Millis) {
        self.bank.pass(time);
        self.forge = self.forge.at(self.bank.now);
    }

    fn waiting(&mut self, peer_name: &str) -> usize {
        self.bank.fetch(peer(peer_name)).len()
    }

    fn run(&mut self, x: &Descriptor) -> bool {
        self.bank.get("dgp", &x.xid.to_string()).is_some()
    }
}

fn descriptor(core: &Core) -> Descriptor {
    Descriptor::new(core, &Hash::of(b"escrow")).unwrap()
}

/// A seller who lets its queue fill up would otherwise keep every contest from being written, until the
/// time for contests is over.
#[test]
fn a_full_queue_keeps_nobody_else_from_a_decision() {
    let mut till = Till::new("full-queue", OUTBOX_PER_PEER_MAX - 1);
    let x = descriptor(&till.core());
    let status = till.status(&x, Role::Seller, Role::Bank);
    assert_eq!(till.say("seller", "dgp", status), Outcome::Taken, "the last place in the queue");
    let status = till.status(&x, Role::Seller, Role::Bank);
    let later = Outcome::Later(Code::Overloaded.number());
    assert_eq!(till.say("seller", "dgp", status), later, "whoever does not fetch is not served");

    let hold = till.forge.held(&x, &till.deal);
    assert_eq!(till.say("buyer", "dgp", hold), Outcome::Taken);
    assert_eq!(till.waiting("buyer"), 1, "the hold is decided, and the buyer hears of it");
    let release = st::Release { amount: x.core.amount };
    let release = till.forge.sign(Role::Buyer, &till.deal.buyer, about(&x), release).text;
    assert_eq!(till.say("buyer", "dgp", packet(&x, Content::Release { statement: release })), Outcome::Taken);
    assert_eq!(till.waiting("buyer"), 1);
}

#[test]
fn exchanges_without_money_are_counted_and_forgotten() {
    let mut till = Till::new("idle", 0);
    let mut first = None;
    let outcomes: Vec<Outcome> = (0..=IDLE_PER_STRANGER_DAY_MAX)
        .map(|_| {
            let x = descriptor(&till.core());
            let status = till.status(&x, Role::Seller, Role::Bank);
            first.get_or_insert(x);
            till.say("seller", "dgp", status)
        })
        .collect();
    let refused = Outcome::Rejected(Code::TooMany.number());
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Taken).count() as u64, IDLE_PER_STRANGER_DAY_MAX);
    assert_eq!(outcomes.last(), Some(&refused));
    // A buyer's question leaves nothing behind at all, and is answered.
    let x = descriptor(&till.core());
    let status = till.status(&x, Role::Buyer, Role::Bank);
    assert_eq!(till.say("buyer", "dgp", status), Outcome::Taken);
    assert_eq!(till.waiting("buyer"), 1);
    assert!(!till.run(&x));
    // Whoever pays is served, whatever the count of others.
    let hold = till.forge.held(&x, &till.deal);
    assert_eq!(till.say("buyer", "dgp", hold), Outcome::Taken);
    assert!(till.run(&x));

    let first = first.unwrap();
    assert!(till.run(&first));
    till.bank.now = first.core.deadlines.hold_until;
    let timer = Input::Timer(semper_base::Key::new("dgp", first.xid));
    till.bank.local(&timer).unwrap();
    assert!(!till.run(&first), "no hold can come any more");
}

#[test]
fn an_exchange_of_tomorrow_is_refused() {
    let mut till = Till::new("tomorrow", 0);
    let core = till.core();
    let opened: Timestamp = morning().plus(Millis::days(1));
    let deadlines = semper_exchange::fair::dgp::Deadlines::standard(opened);
    let x = descriptor(&Core { opened, deadlines, ..core });
    let status = till.status(&x, Role::Seller, Role::Bank);
    assert_eq!(till.say("seller", "dgp", status), Outcome::Rejected(Code::NotYetValid.number()));
}

/// Buyer and seller ask both registers. A question that one of them could show to the other would move
/// the answers to whoever shows it.
#[test]
fn a_question_to_one_register_moves_no_answers_of_the_other() {
    let mut till = Till::new("questions", 0);
    let x = descriptor(&till.core());
    let hold = till.forge.held(&x, &till.deal);
    assert_eq!(till.say("buyer", "dgp", hold), Outcome::Taken);
    assert_eq!(till.waiting("buyer"), 1);
    let shown = till.status(&x, Role::Buyer, Role::Notary);
    assert_eq!(till.say("notary", "dgp", shown), Outcome::Rejected(Code::OutOfTurn.number()));
    let both = About::exchange(x.xid, vec![x.core.bank.key.id(), x.core.notary.key.id()]);
    let both = till.forge.sign(Role::Buyer, &till.deal.buyer, both, st::Status { round: 1 }).text;
    let both = packet(&x, Content::Status { statement: both });
    assert_eq!(till.say("notary", "dgp", both), Outcome::Rejected(Code::KeyWrong.number()));
    let release = st::Release { amount: x.core.amount };
    let release = till.forge.sign(Role::Buyer, &till.deal.buyer, about(&x), release).text;
    assert_eq!(till.say("buyer", "dgp", packet(&x, Content::Release { statement: release })), Outcome::Taken);
    assert_eq!((till.waiting("buyer"), till.waiting("notary")), (1, 0));
    // The buyer itself may move.
    till.pass(Millis(1));
    let moved = till.status(&x, Role::Buyer, Role::Bank);
    assert_eq!(till.say("buyer elsewhere", "dgp", moved), Outcome::Taken);
    assert_eq!((till.waiting("buyer"), till.waiting("buyer elsewhere")), (0, 2));
}

/// Whoever has a copy of what somebody said to a register, though it may not read the answers, could
/// otherwise have all later answers sent to itself.
#[test]
fn a_copied_question_moves_no_answers() {
    let mut till = Till::new("copies", 0);
    let x = descriptor(&till.core());
    // The user takes a minute to sign the hold; meanwhile the wallet asks.
    let hold = till.forge.held(&x, &till.deal);
    till.pass(Millis(30_000));
    let early = till.status(&x, Role::Buyer, Role::Bank);
    assert_eq!(till.say("buyer", "dgp", early.clone()), Outcome::Taken, "nothing is held yet, nothing is kept");
    till.pass(Millis(30_000));
    assert_eq!(till.say("buyer", "dgp", hold), Outcome::Taken);
    assert_eq!(till.waiting("buyer"), 2);
    till.pass(Millis(1));
    let question = till.status(&x, Role::Buyer, Role::Bank);
    assert_eq!(till.say("buyer", "dgp", question.clone()), Outcome::Taken);
    assert_eq!(till.waiting("buyer"), 1);
    for copy in [early, question] {
        assert_eq!(till.say("stranger", "dgp", copy), Outcome::Taken);
        assert_eq!(till.waiting("stranger"), 0);
        till.waiting("buyer");
    }
    let release = st::Release { amount: x.core.amount };
    let release = till.forge.sign(Role::Buyer, &till.deal.buyer, about(&x), release).text;
    assert_eq!(till.say("stranger", "dgp", packet(&x, Content::Release { statement: release })), Outcome::Taken);
    assert_eq!((till.waiting("buyer"), till.waiting("stranger")), (1, 0), "whoever carries it, the buyer hears of it");
    // The buyer itself moves with a question that is newer than all that it said.
    till.pass(Millis(1));
    let moved = till.status(&x, Role::Buyer, Role::Bank);
    assert_eq!(till.say("buyer elsewhere", "dgp", moved), Outcome::Taken);
    assert_eq!((till.waiting("buyer"), till.waiting("buyer elsewhere")), (0, 2));
}

/// Whoever makes up a bank could have the notary write rows about it.
#[test]
fn a_notary_serves_the_banks_it_knows() {
    let mut ca = authority("ca-notary-banks");
    let mut notary = Hands::new("notary-banks", Notary);
    enrol(&mut ca, &mut notary, "notary", &["statement", "seal", "tls"]);
    let forge = forge();
    let (bank, deal) = (
        forge.pair(),
        Deal {
            amount: eur(490),
            buyer: forge.pair(),
            seller: forge.pair(),
            account: String::new(),
            account_key: forge.pair(),
            payee: common::forge::PAYEE.to_owned(),
        },
    );
    let made_up = semper_exchange::fair::dgp::Third { key: bank.public.clone(), certificate: Hash::of(b"none") };
    let x = descriptor(&forge.core(made_up, third(&mut notary), &forge.pair(), &deal));
    let captured = forge.captured(&x, Role::Bank, &bank);
    let body = st::EscrowRequest { captured: captured.hash };
    let statement = forge.sign(Role::Buyer, &deal.buyer, about(&x), body).text;
    let sealed = st::EscrowBox(semper_base::Blob64(vec![1; 145]));
    let body = packet(&x, Content::EscrowRequest { statement, captured: captured.text, sealed });
    let before = notary.state();
    let envelope = Envelope { seq: 1, prev: 0, kind: "dgp".to_owned(), body };
    assert_eq!(notary.deliver(peer("buyer"), envelope), Outcome::Rejected(Code::RegisterWrong.number()));
    assert_eq!(notary.state(), before);
}

/// An authority that answers where the bank should be is no bank, whatever its certificate.
#[test]
fn a_link_called_bank_leads_to_a_bank() {
    let mut ca = authority("ca-link");
    let mut notary = Hands::new("notary-link", Notary);
    enrol(&mut ca, &mut notary, "notary", &["statement", "seal", "tls"]);
    let link = json!({ "command": "link", "name": "bank", "socket": "-", "server_name": "b", "as": "nobody" });
    notary.command(&link);
    let tls = KeyId(Hash::of(b"tls"));
    let hello = notary.command(&json!({ "command": "hello", "tls": tls, "link": "bank" }));
    let reply = ca.local(&Input::Hello { tls, statement: hello.to_string() }).unwrap();
    let met = json!({ "command": "met", "link": "bank", "reply": reply });
    let refused = notary.local(&Input::Command(met.to_string().into_bytes())).unwrap_err();
    assert_eq!(refused.code(), Code::RoleWrong);
}

#[test]
fn counts_of_days_gone_by_do_not_stay() {
    let mut till = Till::new("idle-rows", 0);
    let strangers = |till: &mut Till, day: &str| {
        for n in 0..20 {
            let open = till.forge.open(&till.forge.pair());
            assert_eq!(till.say(&format!("{day} {n}"), "account-open", open), Outcome::Taken);
        }
        till.bank.scan("idle/").len()
    };
    let first = strangers(&mut till, "first day");
    till.bank.pass(Millis::days(1));
    till.forge = till.forge.at(till.bank.now);
    assert!(strangers(&mut till, "second day") <= first + 10);
}
