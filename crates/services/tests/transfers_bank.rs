//! Plain transfers as the bank sees them: what strangers, thieves and forgetful customers send it.

use crate::common;

use common::cases::{authority, eur, forge, peer, refuses, third};
use common::forge::{Forge, spoiled};
use common::{Hands, enrol, morning};
use proptest::prelude::*;
use semper_base::limits::{IDLE_PER_STRANGER_DAY_MAX, PAY_TO_LIFE_MS};
use semper_base::{Amount, Code, Currency, Hash, KeyId, Millis, Nonce, Role};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{About, Statement};
use semper_exchange::transfer::{PayToRequest, Transfer};
use semper_services::bank::transfers::{PayToGiven, TransferRefused};
use semper_services::bank::{AccountOpened, AccountOpening, Bank, ledger};
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::KeyPair;
use serde_json::{Value, json};

struct Customer {
    name: &'static str,
    account: String,
    key: KeyPair,
}

/// A bank with customers, and everybody's number of messages.
struct Till {
    bank: Hands<Bank>,
    bank_key: KeyId,
    forge: Forge,
    seq: u64,
}

impl Till {
    fn new(name: &str) -> Till {
        let mut ca = authority(&format!("ca-{name}"));
        let mut bank = Hands::new(name, Bank { play_deposit: None });
        enrol(&mut ca, &mut bank, "bank", &["statement", "tls"]);
        let bank_key = third(&mut bank).key.id();
        Till { bank, bank_key, forge: forge(), seq: 0 }
    }

    /// Opens an account with ten of its currency on it.
    fn customer(&mut self, name: &'static str, currency: &str) -> Customer {
        let key = self.forge.pair();
        let body = AccountOpening { account_key: key.public.clone(), currency: Currency::parse(currency).unwrap() };
        let statement = self.forge.sign(Role::Buyer, &key, About::default(), body).text;
        assert_eq!(self.say(name, "account-open", &statement), Outcome::Taken);
        let opened: AccountOpened = serde_json::from_str(&self.bank.fetch(peer(name))[0].body).unwrap();
        let amount = format!("10.00 {currency}");
        self.bank.command(&json!({ "command": "deposit", "account": opened.account, "amount": amount }));
        Customer { name, account: opened.account, key }
    }

    fn say(&mut self, from: &str, kind: &str, statement: &str) -> Outcome {
        self.seq += 1;
        let body = json!({ "statement": statement }).to_string();
        self.bank.deliver(peer(from), Envelope { seq: self.seq, prev: 0, kind: kind.to_owned(), body })
    }

    fn about(&self) -> About {
        About { to: vec![self.bank_key], ..About::default() }
    }

    fn request(&self, payee: &Customer, purpose: &str) -> Statement<PayToRequest> {
        let (account, account_key) = (payee.account.clone(), payee.key.public.clone());
        let body = PayToRequest { account, account_key, purpose: Hash::of(purpose.as_bytes()) };
        self.forge.sign(Role::Seller, &payee.key, self.about(), body)
    }

    fn reference(&mut self, payee: &Customer, purpose: &str) -> PayTo {
        let request = self.request(payee, purpose).text;
        assert_eq!(self.say(payee.name, "pay-to-request", &request), Outcome::Taken);
        let said = self.bank.fetch(peer(payee.name));
        let given = said.iter().find(|message| message.kind == "pay-to").unwrap();
        serde_json::from_str::<PayToGiven>(&given.body).unwrap().pay_to
    }

    fn order(&self, payer: &Customer, to: PayTo, purpose: &str, amount: Amount) -> Statement<Transfer> {
        let (account, account_key) = (payer.account.clone(), payer.key.public.clone());
        let body = Transfer { account, account_key, amount, pay_to: to, purpose: Hash::of(purpose.as_bytes()) };
        self.forge.sign(Role::Buyer, &payer.key, self.about(), body)
    }

    /// Orders a payment; the code with which it is refused, if it is.
    fn pay(&mut self, payer: &Customer, order: &str) -> Option<Code> {
        assert_eq!(self.say(payer.name, "transfer", order), Outcome::Taken);
        let mut answers = self.bank.fetch(peer(payer.name));
        assert_eq!(answers.len(), 1);
        let answer = answers.remove(0);
        if answer.kind == "transferred" {
            return None;
        }
        let refused: TransferRefused = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.kind.as_str(), refused.refused), ("transfer-refused", Hash::of(order.as_bytes())));
        Code::from_number(refused.code)
    }

    fn available(&mut self, customer: &Customer) -> String {
        let balance = self.bank.command(&json!({ "command": "balance", "account": customer.account }));
        balance["available"].as_str().unwrap().to_owned()
    }

    fn check(&mut self) -> ledger::LedgerReport {
        let report = self.bank.look(ledger::check);
        assert!(report.is_clean(), "{:?}", report.discrepancies);
        report
    }
}

#[test]
fn one_order_moves_money_once() {
    let mut till = Till::new("tr-once");
    let (anna, otto) = (till.customer("anna", "EUR"), till.customer("otto", "EUR"));
    let to = till.reference(&otto, "p");
    assert_eq!(till.reference(&otto, "p"), to, "one purpose, one reference");
    let order = till.order(&anna, to, "p", eur(300)).text;
    let mut words = Vec::new();
    for _ in 0..3 {
        assert_eq!(till.say("anna", "transfer", &order), Outcome::Taken);
        words.extend(till.bank.fetch(peer("anna")).into_iter().map(|message| message.body));
    }
    words.extend(till.bank.fetch(peer("otto")).into_iter().map(|message| message.body));
    assert_eq!(words.len(), 4, "each answer once, the payee told once");
    words.dedup();
    assert_eq!(words.len(), 1, "the same word to both, each time");
    assert_eq!((till.available(&anna), till.available(&otto)), ("7.00 EUR".to_owned(), "13.00 EUR".to_owned()));
    assert_eq!(till.check().transfers, 1);
    // Another order to the same reference, by whomever, for however much.
    for payer in [&anna, &till.customer("eve", "EUR")] {
        let again = till.order(payer, to, "p", eur(300)).text;
        assert_eq!(till.pay(payer, &again), Some(Code::PayToUsed));
    }
    // Who asks for the reference again hears of the payment again.
    let request = till.request(&otto, "p").text;
    assert_eq!(till.say("otto", "pay-to-request", &request), Outcome::Taken);
    let kinds: Vec<String> = till.bank.fetch(peer("otto")).into_iter().map(|message| message.kind).collect();
    assert_eq!(kinds, ["pay-to", "transferred"]);
    assert_eq!(till.check().transfers, 1);
    let lines = till.bank.command(&json!({ "command": "statement", "account": otto.account }));
    assert_eq!((&lines["lines"][0]["what"], &lines["lines"][0]["minor"]), (&json!("transfer"), &json!(300)));
    assert_eq!(lines["lines"][0]["transfer"], json!(Hash::of(order.as_bytes())));
}

#[test]
fn the_bank_refuses_what_does_not_fit_and_writes_nothing() {
    let mut till = Till::new("tr-refused");
    let (anna, otto) = (till.customer("anna", "EUR"), till.customer("otto", "EUR"));
    let (dora, own) = (till.customer("dora", "USD"), till.reference(&anna, "own"));
    let (to, dollars) = (till.reference(&otto, "p"), till.reference(&dora, "d"));
    let usd = Amount::new(100, Currency::parse("USD").unwrap()).unwrap();
    let before = till.bank.state();
    let unknown = PayTo(Nonce([1; 16]));
    let stranger = Customer { name: "anna", account: anna.account.clone(), key: till.forge.pair() };
    let nobody = Customer { name: "anna", account: "P-2222-2222-2".to_owned(), key: anna.key.clone() };
    let cases = [
        (till.order(&anna, to, "p", eur(1001)), Code::NoFunds),
        (till.order(&anna, to, "p", eur(0)), Code::PayToUnfit),
        (till.order(&anna, unknown, "p", eur(1)), Code::PayToUnknown),
        (till.order(&anna, to, "another purpose", eur(1)), Code::PayToUnfit),
        (till.order(&anna, own, "own", eur(1)), Code::PayToUnfit),
        (till.order(&anna, dollars, "d", eur(1)), Code::PayToUnfit),
        (till.order(&anna, dollars, "d", usd), Code::PayToUnfit),
        (till.order(&dora, to, "p", eur(1)), Code::PayToUnfit),
        (till.order(&dora, to, "p", usd), Code::PayToUnfit),
        (till.order(&stranger, to, "p", eur(1)), Code::AccountUnknown),
        (till.order(&nobody, to, "p", eur(1)), Code::AccountUnknown),
    ];
    for (order, code) in cases {
        assert_eq!(till.pay(&anna, &order.text), Some(code), "{:?}", order.body);
        assert_eq!(till.bank.state(), before);
    }
    let old = till.order(&anna, to, "p", eur(100)).text;
    till.bank.pass(Millis::days(31));
    assert_eq!(till.pay(&anna, &old), Some(Code::Expired));
    till.forge = till.forge.at(till.bank.now);
    let order = till.order(&anna, to, "p", eur(100)).text;
    till.bank.pass(Millis(PAY_TO_LIFE_MS - 30 * 86_400_000));
    till.forge = till.forge.at(till.bank.now);
    let late = till.order(&anna, to, "p", eur(100)).text;
    assert_eq!(till.pay(&anna, &late), Some(Code::PayToUnknown), "the reference has ended");
    assert_eq!(till.pay(&anna, &order), Some(Code::Expired));
    assert_ne!(till.reference(&otto, "p"), to, "a new one for the same purpose");
    assert_eq!(till.bank.scan("pay-to-open/").len(), 3);
    assert_eq!(till.check().transfers, 0);
}

#[test]
fn what_is_forged_copied_or_for_another_bank_is_a_violation() {
    let mut till = Till::new("tr-forged");
    let (anna, otto) = (till.customer("anna", "EUR"), till.customer("otto", "EUR"));
    let to = till.reference(&otto, "p");
    let good = till.order(&anna, to, "p", eur(100));
    let forge = till.forge.clone();
    let body = good.body.clone();
    let sign = |about: About, key: &KeyPair| forge.sign(Role::Buyer, key, about, body.clone()).text;
    let other_bank = About { to: vec![KeyId(Hash::of(b"another bank"))], ..About::default() };
    let both = About { to: vec![till.bank_key, KeyId(Hash::of(b"another bank"))], ..About::default() };
    let more = forge.edited(&anna.key, &body, |payload| payload["amount"]["minor"] = json!(200));
    // Signed for one amount, sent with another: the signature is the first one's.
    let (first, second): (Vec<&str>, Vec<&str>) = (good.text.split('.').collect(), more.split('.').collect());
    let tampered = [first[0], second[1], first[2]].join(".");
    let early = forge.at(morning().plus(Millis::hours(1))).sign(Role::Buyer, &anna.key, till.about(), body.clone());
    let text = |statement: &str| json!({ "statement": statement }).to_string();
    let kind = |kind: &'static str, statement: &str| (kind, text(statement));
    let request = till.request(&otto, "q");
    let cases = [
        ("another bank's", kind("transfer", &sign(other_bank, &anna.key)), Code::RegisterWrong),
        ("for two banks", kind("transfer", &sign(both, &anna.key)), Code::RegisterWrong),
        ("for nobody", kind("transfer", &sign(About::default(), &anna.key)), Code::RegisterWrong),
        ("another's key", kind("transfer", &sign(till.about(), &otto.key)), Code::KeyWrong),
        ("a tampered amount", kind("transfer", &tampered), Code::SignatureWrong),
        ("a spoiled signature", kind("transfer", &spoiled(&good.text)), Code::SignatureWrong),
        ("from the future", kind("transfer", &early.text), Code::NotYetValid),
        ("a request as an order", kind("transfer", &request.text), Code::KindWrong),
        ("an order as a request", kind("pay-to-request", &good.text), Code::KindWrong),
        ("a surprise", ("transfer", json!({ "statement": good.text, "tip": 1 }).to_string()), Code::FieldUnknown),
        ("nothing", ("pay-to-request", "{}".to_owned()), Code::FieldMissing),
    ];
    let cases = cases.into_iter().map(|(name, (kind, body), code)| (name, kind, body, code)).collect();
    refuses(&mut till.bank, cases);

    // A thief with a copy of what others said gets neither their answers nor their queue.
    assert_eq!(till.pay(&anna, &good.text), None);
    let wrong = Outcome::Rejected(Code::PeerWrong.number());
    assert_eq!(till.say("eve", "transfer", &good.text), wrong);
    assert_eq!(till.say("otto", "pay-to-request", &request.text), Outcome::Taken);
    assert_eq!(till.say("eve", "pay-to-request", &request.text), wrong);
    // Somebody's account, one's own key.
    let eve = Customer { name: "eve", account: otto.account.clone(), key: till.forge.pair() };
    let asked = till.request(&eve, "q").text;
    assert_eq!(till.say("eve", "pay-to-request", &asked), Outcome::Taken);
    let answers = till.bank.fetch(peer("eve"));
    let refused: TransferRefused = serde_json::from_str(&answers[0].body).unwrap();
    assert_eq!((answers.len(), refused.code), (1, Code::AccountUnknown.number()));
    // The same purpose of another account has another reference.
    let (mine, his) = (till.reference(&anna, "q"), till.reference(&otto, "q"));
    assert_ne!(mine, his);
    // The owner of the key may move: a newer request over another connection.
    till.bank.pass(Millis::seconds(1));
    till.forge = till.forge.at(till.bank.now);
    let moved = till.request(&otto, "q").text;
    assert_eq!(till.say("otto at home", "pay-to-request", &moved), Outcome::Taken);
    let order = till.order(&anna, his, "q", eur(100)).text;
    assert_eq!(till.pay(&anna, &order), None);
    let kinds: Vec<String> = till.bank.fetch(peer("otto at home")).into_iter().map(|said| said.kind).collect();
    assert_eq!(kinds, ["pay-to", "transferred"]);
    assert_eq!(till.check().transfers, 2);
}

#[test]
fn references_are_bounded_and_go_when_they_end() {
    let mut till = Till::new("tr-bounds");
    let otto = till.customer("otto", "EUR");
    let mut given = 0;
    for number in 0..2 * IDLE_PER_STRANGER_DAY_MAX {
        let request = till.request(&otto, &format!("p{number}")).text;
        match till.say("otto", "pay-to-request", &request) {
            Outcome::Taken => given += 1,
            refused => assert_eq!(refused, Outcome::Rejected(Code::TooMany.number())),
        }
    }
    // The account itself was one.
    assert_eq!(given, IDLE_PER_STRANGER_DAY_MAX - 1);
    let count = |till: &mut Till| till.bank.scan("pay-to-open/").len();
    assert_eq!(u64::try_from(count(&mut till)).unwrap(), given);
    till.bank.pass(Millis(PAY_TO_LIFE_MS + 1));
    till.forge = till.forge.at(till.bank.now);
    for number in 0..30 {
        till.reference(&otto, &format!("q{number}"));
    }
    assert_eq!(count(&mut till), 30, "those that ended are gone");
    assert_eq!((till.bank.scan("pay-to/").len(), till.bank.scan("pay-to-of/").len()), (30, 30));
    let number = till.bank.get("pay-to-count", &otto.account).unwrap();
    assert_eq!(String::from_utf8(number).unwrap(), "30");
}

#[test]
fn the_operator_sees_everything_page_by_page() {
    let mut till = Till::new("tr-lists");
    let customers: Vec<Customer> =
        ["anna", "bert", "cora", "dora", "emil"].map(|name| till.customer(name, "EUR")).into_iter().collect();
    for customer in &customers {
        till.reference(customer, "p");
    }
    for (command, list) in [("accounts", "accounts"), ("pay-tos", "pay_tos")] {
        let (mut after, mut seen, mut pages) = (Value::Null, Vec::new(), 0);
        loop {
            let page = till.bank.command(&json!({ "command": command, "after": after, "limit": 2 }));
            seen.extend(page[list].as_array().unwrap().iter().map(|line| line["account"].to_string()));
            pages += 1;
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        let (count, pages_due) = (seen.len(), 3);
        seen.sort();
        seen.dedup();
        assert_eq!((count, seen.len(), pages), (5, 5, pages_due), "{command}");
    }
    let holds = till.bank.command(&json!({ "command": "holds" }));
    assert_eq!(holds, json!({ "holds": [], "next": null }));
}

#[derive(Clone, Debug)]
enum Act {
    Ask(usize, u8),
    Pay { from: usize, to: usize, purpose: u8, minor: u64 },
    Again(usize),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..3_usize, 0..4_u8).prop_map(|(who, purpose)| Act::Ask(who, purpose)),
        8 => (0..3_usize, 0..3_usize, 0..4_u8, 0..900_u64)
            .prop_map(|(from, to, purpose, minor)| Act::Pay { from, to, purpose, minor }),
        2 => any::<prop::sample::Index>().prop_map(|index| Act::Again(index.index(64))),
        1 => Just(Act::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// Whatever is asked, paid, repeated in whatever order: no money appears or goes, nobody is below zero, and
    /// the sum of what the bank said it paid is what moved.
    #[test]
    fn money_is_conserved(acts in prop::collection::vec(act(), 1..40)) {
        let mut till = Till::new("tr-random");
        let people = ["anna", "bert", "cora"].map(|name| till.customer(name, "EUR"));
        let mut due = [1000_i64; 3];
        let mut given: std::collections::BTreeMap<(usize, u8), PayTo> = std::collections::BTreeMap::new();
        let mut used: Vec<PayTo> = Vec::new();
        let mut orders: Vec<(usize, String, Option<Code>)> = Vec::new();
        for act in acts {
            match act {
                Act::Ask(who, purpose) => {
                    let to = till.reference(&people[who], &purpose.to_string());
                    prop_assert_eq!(*given.entry((who, purpose)).or_insert(to), to);
                }
                Act::Pay { from, to, purpose, minor } => {
                    let reference = given.get(&(to, purpose)).copied().unwrap_or(PayTo(Nonce([9; 16])));
                    let order = till.order(&people[from], reference, &purpose.to_string(), eur(minor)).text;
                    let refused = till.pay(&people[from], &order);
                    let fine = given.contains_key(&(to, purpose)) && !used.contains(&reference);
                    let fine = fine && from != to && minor > 0 && i64::try_from(minor).unwrap() <= due[from];
                    prop_assert_eq!(refused.is_none(), fine, "{:?}", refused);
                    if fine {
                        used.push(reference);
                        due[from] -= i64::try_from(minor).unwrap();
                        due[to] += i64::try_from(minor).unwrap();
                    }
                    orders.push((from, order, refused));
                }
                Act::Again(index) => {
                    // What was carried out is answered alike; what was refused may be refused for another reason.
                    if let Some((from, order, None)) = orders.get(index % orders.len().max(1)).cloned() {
                        prop_assert_eq!(till.pay(&people[from], &order), None);
                    }
                }
                Act::Restart => till.bank = till.bank.restart(),
            }
            for customer in &people {
                till.bank.fetch(peer(customer.name));
            }
        }
        for (customer, due) in people.iter().zip(due) {
            let due = eur(u64::try_from(due).unwrap()).to_string();
            prop_assert_eq!(till.available(customer), due);
        }
        let report = till.check();
        prop_assert_eq!(usize::try_from(report.transfers).unwrap(), used.len());
        prop_assert_eq!(report.totals[0].customers, 3000);
    }
}
