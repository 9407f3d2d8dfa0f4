//! Scenarios of docs/threats.md that meet a register: who may ask it, what it remembers, money that is meant
//! to be spent twice, the last moment of each time.

use crate::common;

use common::cases::{authority, eur, forge, peer, third};
use common::forge::{Deal, Forge, PAYEE, about, packet};
use common::{Hands, enrol};
use semper_base::{Blob64, Code, Hash, Key, Millis, Role, Timestamp, Xid};
use semper_blocks::statement::{About, Statement};
use semper_driver::service::Input;
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::dgp::{Content, Descriptor, Packet};
use semper_services::bank::{AccountOpened, Bank};
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::KeyPair;
use serde_json::json;

/// A bank, a buyer with 100.00 EUR, a seller with an account.
struct Till {
    bank: Hands<Bank>,
    forge: Forge,
    deal: Deal,
    seal: KeyPair,
    seq: u64,
}

impl Till {
    fn new(name: &str) -> Till {
        let mut ca = authority(&format!("ca-{name}"));
        let mut bank = Hands::new(name, Bank { play_deposit: Some(eur(10_000)) });
        enrol(&mut ca, &mut bank, "bank", &["statement", "tls"]);
        let forge = forge();
        let (account_key, payee_key) = (forge.pair(), forge.pair());
        let (buyer, seller) = (forge.pair(), forge.pair());
        let deal =
            Deal { amount: eur(490), buyer, seller, account: String::new(), account_key, payee: PAYEE.to_owned() };
        let mut till = Till { bank, seal: forge.pair(), forge, deal, seq: 0 };
        till.deal.account = till.open(&till.deal.account_key.clone(), "buyer");
        till.deal.payee = till.open(&payee_key, "seller");
        till
    }

    fn open(&mut self, key: &KeyPair, from: &str) -> String {
        let open = self.forge.open(key);
        assert_eq!(self.say(from, "account-open", open), Outcome::Taken);
        let opened: AccountOpened = serde_json::from_str(&self.bank.fetch(peer(from)).remove(0).body).unwrap();
        opened.account
    }

    fn say(&mut self, from: &str, kind: &str, body: String) -> Outcome {
        self.seq += 1;
        self.bank.deliver(peer(from), Envelope { seq: self.seq, prev: 0, kind: kind.to_owned(), body })
    }

    fn tell(&mut self, from: &str, x: &Descriptor, content: Content) -> Outcome {
        self.say(from, "dgp", packet(x, content))
    }

    fn x(&mut self) -> Descriptor {
        let core = self.forge.core(third(&mut self.bank), self.forge.stranger(), &self.seal, &self.deal);
        Descriptor::new(&core, &Hash::of(b"escrow")).unwrap()
    }

    fn at(&mut self, now: Timestamp) {
        self.bank.now = now;
        self.forge = self.forge.at(now);
    }

    fn timer(&mut self, x: &Descriptor) {
        self.bank.local(&Input::Timer(Key::new("dgp", x.xid))).unwrap();
    }

    fn holds(&mut self, x: &Descriptor) {
        let hold = self.forge.held(x, &self.deal);
        assert_eq!(self.say("buyer", "dgp", hold), Outcome::Taken);
    }

    /// The seller captures on the buyer's mandate.
    fn captures(&mut self, x: &Descriptor) {
        let mandate = self.forge.mandate(x, &self.deal);
        let statement = self.forge.capture(x, &self.deal, mandate.hash).text;
        let content = Content::Capture { statement, mandate: mandate.text };
        assert_eq!(self.tell("seller", x, content), Outcome::Taken);
    }

    fn row(&mut self, x: &Descriptor, slot: &str) -> Option<String> {
        let rows = self.bank.command(&json!({ "command": "rows", "xid": x.xid }));
        let rows = rows["rows"].as_array().unwrap().clone();
        let row = rows.into_iter().find(|row| row["slot"] == slot)?;
        Some(row["kind"].as_str().unwrap().to_owned())
    }

    fn balance(&mut self) -> String {
        let asked = json!({ "command": "balance", "account": self.deal.account });
        self.bank.command(&asked)["available"].as_str().unwrap().to_owned()
    }

    fn waiting(&mut self, name: &str) -> Vec<String> {
        self.bank.fetch(peer(name)).into_iter().map(|envelope| envelope.body).collect()
    }

    fn status(&self, pair: &KeyPair, x: &Descriptor) -> Statement<st::Status> {
        let about = About::exchange(x.xid, vec![x.core.bank.key.id()]);
        self.forge.sign(Role::Buyer, pair, about, st::Status { round: 1 })
    }

    fn contest(&self, x: &Descriptor, captured: Hash) -> Content {
        let body = st::Contest { captured };
        Content::Contest { statement: self.forge.sign(Role::Buyer, &self.deal.buyer, about(x), body).text }
    }

    /// The bank's `captured`, taken out of the answers that wait for the buyer.
    fn captured(&mut self) -> Hash {
        let packets = self.waiting("buyer").into_iter().map(|body| serde_json::from_str::<Packet>(&body).unwrap());
        let answers = packets.filter_map(|packet| match packet.content {
            Content::Answer { statement } => Some(statement),
            _ => None,
        });
        let is_captured = |text: &String| {
            semper_blocks::statement::Compact::parse(text).unwrap().kind() == semper_blocks::statement::Kind::Captured
        };
        let mut captured: Vec<String> = answers.filter(is_captured).collect();
        Hash::of(captured.pop().unwrap().as_bytes())
    }
}

/// Neither who signed so far, nor whether there is such an exchange at all.
#[test]
fn an_outsider_learns_nothing_from_a_register() {
    let mut till = Till::new("outsider");
    let x = till.x();
    till.holds(&x);
    till.waiting("buyer");
    let stranger = till.forge.pair();
    let statement = till.status(&stranger, &x).text;
    assert_eq!(till.tell("stranger", &x, Content::Status { statement }), Outcome::Rejected(Code::KeyWrong.number()));
    assert_eq!((till.waiting("stranger").len(), till.waiting("buyer").len()), (0, 0));
    let unknown = till.x();
    let statement = till.status(&stranger, &unknown).text;
    let same = Outcome::Rejected(Code::KeyWrong.number());
    assert_eq!(till.tell("stranger", &unknown, Content::Status { statement }), same, "of one that there is not");
}

/// Money that one exchange holds is not there for another, until it comes back.
#[test]
fn money_that_is_held_is_not_spent_twice() {
    let mut till = Till::new("twice");
    till.deal.amount = eur(6_000);
    let (first, second) = (till.x(), till.x());
    till.holds(&first);
    assert_eq!(till.balance(), "40.00 EUR");
    till.waiting("buyer");
    till.holds(&second);
    assert_eq!((till.row(&second, "hold"), till.balance()), (None, "40.00 EUR".to_owned()));
    assert!(till.waiting("buyer").concat().contains(&Code::NoFunds.number().to_string()));
    till.captures(&first);
    till.holds(&second);
    assert_eq!(till.row(&second, "hold"), None, "captured money does not come back");
    let third = till.x();
    till.deal.amount = eur(4_000);
    let small = till.x();
    till.holds(&small);
    assert_eq!((till.row(&small, "hold").as_deref(), till.balance().as_str()), (Some("held"), "0.00 EUR"));
    assert_eq!(till.row(&third, "hold"), None);
}

/// What is decided is answered for ever; what never came to anything is forgotten.
#[test]
fn what_was_decided_is_answered_after_years() {
    let mut till = Till::new("years");
    let x = till.x();
    till.holds(&x);
    till.captures(&x);
    let due = x.core.opened.plus(x.core.deadlines.settle_ms).plus(Millis::hours(1));
    till.at(due);
    till.timer(&x);
    assert_eq!(till.row(&x, "remedy").as_deref(), Some("settled"));
    till.waiting("buyer");
    till.at(due.plus(Millis::days(4000)));
    let buyer = till.deal.buyer.clone();
    let statement = till.status(&buyer, &x).text;
    assert_eq!(till.tell("buyer", &x, Content::Status { statement }), Outcome::Taken);
    assert_eq!(till.waiting("buyer").len(), 3, "held, captured, settled");
}

/// The same terms spelled otherwise are another exchange, of which nobody has signed anything.
#[test]
fn another_spelling_of_a_descriptor_is_another_exchange() {
    let mut till = Till::new("spelling");
    let x = till.x();
    let text = String::from_utf8(x.bytes().to_vec()).unwrap();
    for spelled in [text.replacen(',', ", ", 1), text.replacen("\"amount\"", "\"\\u0061mount\"", 1)] {
        assert_ne!((spelled.len(), Xid::of(spelled.as_bytes())), (text.len(), x.xid));
        let hold = till.forge.hold(&x, &till.deal);
        let debit = till.forge.debit(&x, &till.deal, hold.hash).text;
        let content = Content::Hold { statement: hold.text, debit };
        let body = serde_json::to_string(&Packet { content, descriptor: Blob64(spelled.into_bytes()) }).unwrap();
        let before = till.balance();
        assert!(matches!(till.say("buyer", "dgp", body), Outcome::Rejected(_)));
        assert_eq!((till.balance(), till.row(&x, "hold")), (before, None));
    }
    // Another notary for the other side is another exchange too: both sides sign this one's id.
    let mut core = x.core.clone();
    core.notary = till.forge.stranger();
    let other = Descriptor::new(&core, &x.escrow_hash).unwrap();
    let statement = till.forge.held(&x, &till.deal).replace(
        &serde_json::to_string(&Blob64(x.bytes().to_vec())).unwrap(),
        &serde_json::to_string(&Blob64(other.bytes().to_vec())).unwrap(),
    );
    assert_ne!(other.xid, x.xid);
    assert_eq!(till.say("buyer", "dgp", statement), Outcome::Rejected(Code::XidWrong.number()));
}

/// A receipt for one order settles no other, whatever they have in common.
#[test]
fn a_receipt_is_for_its_own_order() {
    let mut till = Till::new("receipt");
    let (first, second) = (till.x(), till.x());
    for x in [&first, &second] {
        till.holds(x);
        till.captures(x);
    }
    let body = st::Receipt { amount: first.core.amount, plain: first.core.plain };
    let statement = till.forge.sign(Role::Buyer, &till.deal.buyer, about(&first), body).text;
    let receipt = Content::Receipt { statement };
    let refused = Outcome::Rejected(Code::XidWrong.number());
    assert_eq!(till.tell("seller", &second, receipt.clone()), refused);
    assert_eq!((till.row(&first, "remedy"), till.row(&second, "remedy")), (None, None));
    assert_eq!(till.tell("seller", &first, receipt), Outcome::Taken);
    assert_eq!(till.row(&first, "remedy").as_deref(), Some("settled"));
    assert_eq!(till.row(&second, "remedy"), None);
}

/// A contest counts until settlement is due by the bank's clock, and not at that moment or after it; nothing
/// comes back then.
#[test]
fn a_contest_counts_until_the_moment_of_settlement() {
    for (millis, counts) in [(1, true), (0, false)] {
        let mut till = Till::new(&format!("contest-{millis}"));
        let x = till.x();
        till.holds(&x);
        till.captures(&x);
        let captured = till.captured();
        let due = till.bank.now.plus(x.core.deadlines.settle_ms);
        till.at(due.minus(Millis(millis)));
        let contest = till.contest(&x, captured);
        let _ = till.tell("buyer", &x, contest);
        assert_eq!(till.row(&x, "contest").is_some(), counts, "{millis} ms before");
        till.at(due.plus(Millis::seconds(1)));
        till.timer(&x);
        let remedy = if counts { None } else { Some("settled".to_owned()) };
        assert_eq!(till.row(&x, "remedy"), remedy);
        let after = till.contest(&x, captured);
        let _ = till.tell("buyer", &x, after);
        assert_eq!((till.row(&x, "contest").is_some(), till.row(&x, "remedy")), (counts, remedy));
    }
}
