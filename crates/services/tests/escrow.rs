//! Money for parcels at a bank: the books, the timers and who may bring what; and mail orders whose money is kept so.

#[path = "escrow/chosen.rs"]
mod chosen;
use crate::common;
#[path = "escrow/kept.rs"]
mod kept;

use common::cases::{authority, eur, forge, peer, third};
use common::forge::Forge;
use common::{Hands, enrol, morning};
use semper_base::{Blob64, Hash, KeyId, Millis, Nonce, Role};
use semper_blocks::statement::{About, Body, Compact, Kind, Statement};
use semper_driver::service::Input;
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::lock::descriptor::PROTOCOL;
use semper_exchange::fair::lock::escrow::statements as st;
use semper_exchange::fair::lock::escrow::{Carrier, Escrow, Side, pickup};
use semper_exchange::fair::lock::statements as lock_st;
use semper_exchange::fair::lock::{Condition, Content, Core, Lock, Packet, Third};
use semper_exchange::judge::JUDGE_VERSION;
use semper_services::bank::{AccountOpened, AccountOpening, Bank, ledger};
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::{KeyPair, Secret32};
use serde_json::json;

const SALT: [u8; 32] = [4; 32];
const CODE: Nonce = Nonce([5; 16]);

/// A bank, a payer with ten euros, a payee with none, and everything that they sign.
struct Till {
    bank: Hands<Bank>,
    forge: Forge,
    lock: Lock,
    accounts: [String; 2],
    payer: KeyPair,
    payee: KeyPair,
    account_key: KeyPair,
    carrier: KeyPair,
    arbiter: KeyPair,
    seq: u64,
}

impl Till {
    fn new(name: &str) -> Till {
        let mut ca = authority(&format!("ca-{name}"));
        let mut bank = Hands::new(name, Bank { play_deposit: None });
        enrol(&mut ca, &mut bank, "bank", &["statement", "tls"]);
        let (holder, forge) = (third(&mut bank), forge());
        let [payer, payee, account_key, carrier, arbiter] = [(); 5].map(|()| forge.pair());
        let mut seq = 0;
        let accounts = [(&account_key, "payer"), (&forge.pair(), "payee")].map(|(key, who)| {
            seq += 1;
            let body = AccountOpening { account_key: key.public.clone(), currency: semper_base::Currency::EUR };
            let statement = forge.sign(Role::Buyer, key, About::default(), body).text;
            let body = json!({ "statement": statement }).to_string();
            let envelope = Envelope { seq: 1, prev: 0, kind: "account-open".to_owned(), body };
            assert_eq!(bank.deliver(peer(who), envelope), Outcome::Taken);
            serde_json::from_str::<AccountOpened>(&bank.fetch(peer(who))[0].body).unwrap().account
        });
        bank.command(&json!({ "command": "deposit", "account": accounts[0], "amount": "10.00 EUR" }));
        let days = Millis::days(10);
        let arbiter_named = Third { key: arbiter.public.clone(), certificate: Hash::of(b"arbiter") };
        let escrow = Escrow {
            accept_ms: days,
            arbiter: arbiter_named,
            carrier: Some(Carrier { key: carrier.public.clone(), pickup: pickup(&CODE) }),
            deliver_ms: days,
            hearing_ms: days,
            ship_by: morning().plus(days),
            silent: Side::Payer,
        };
        let core = Core {
            amount: eur(500),
            condition: Condition::Escrow(escrow),
            holder: Third { key: holder.key, certificate: holder.certificate },
            judge: JUDGE_VERSION,
            nonce: Nonce([7; 16]),
            opened: morning(),
            payee: payee.public.clone(),
            payee_account: payee_commitment(&accounts[1], &SALT),
            payer: payer.public.clone(),
            protocol: PROTOCOL.to_owned(),
            skew_ms: Millis::seconds(120),
            terms: None,
        };
        let lock = Lock::new(&core).unwrap();
        let mut till = Till { bank, forge, lock, accounts, payer, payee, account_key, carrier, arbiter, seq: 1 };
        till.locks();
        till
    }

    fn sign<B: Body>(&self, role: Role, pair: &KeyPair, body: B) -> Statement<B> {
        let to: Vec<KeyId> = vec![self.lock.core.holder.key.id()];
        self.forge.sign(role, pair, About::exchange(self.lock.xid, to), body)
    }

    fn say(&mut self, from: &str, content: Content) -> Outcome {
        self.seq += 1;
        let packet = Packet { content, descriptor: Blob64(self.lock.bytes().to_vec()) };
        let body = serde_json::to_string(&packet).unwrap();
        self.bank.deliver(peer(from), Envelope { seq: self.seq, prev: 0, kind: "lock".to_owned(), body })
    }

    fn acts(&mut self, from: &str, text: &str) -> Outcome {
        self.say(from, Content::Act { statement: text.to_owned() })
    }

    fn locks(&mut self) {
        let (amount, payee) = (eur(500), self.lock.core.payee_account);
        let condition = self.lock.core.condition.clone();
        let order = self.sign(Role::Party, &self.payer, lock_st::Lock { amount, condition, payee });
        let (account, account_key) = (self.accounts[0].clone(), self.account_key.public.clone());
        let debit = lock_st::LockDebit { account, account_key, amount, lock: order.hash };
        let debit = self.sign(Role::Party, &self.account_key, debit);
        assert_eq!(self.say("payer", Content::Lock { debit: debit.text, statement: order.text }), Outcome::Taken);
        assert_eq!(self.balances(), ["5.00 EUR", "0.00 EUR"]);
    }

    fn consignment(&self) -> Statement<st::Consignment> {
        let body =
            st::Consignment { account: self.accounts[1].clone(), due: eur(400), salt: Secret32::from_bytes(SALT) };
        self.sign(Role::Party, &self.payee, body)
    }

    /// The payee consigns, the carrier hands over.
    fn arrives(&mut self) -> Hash {
        let consignment = self.consignment();
        assert_eq!(self.acts("payee", &consignment.text), Outcome::Taken);
        let handed_over = st::HandedOver { at: morning(), code: CODE };
        let handed_over = self.sign(Role::Carrier, &self.carrier, handed_over).text;
        assert_eq!(self.acts("payee", &handed_over), Outcome::Taken);
        consignment.hash
    }

    fn disputes(&mut self, consignment: Hash) -> Hash {
        let body = st::Dispute { consignment, evidence: Hash::of(b"picture") };
        let dispute = self.sign(Role::Party, &self.payer, body);
        assert_eq!(self.acts("payer", &dispute.text), Outcome::Taken);
        dispute.hash
    }

    /// Every timer that is due.
    fn clock(&mut self, pass: Millis) {
        self.bank.pass(pass);
        for key in self.bank.due() {
            self.bank.local(&Input::Timer(key)).unwrap();
        }
    }

    /// What both have, and that the books agree.
    fn balances(&mut self) -> [String; 2] {
        let report = self.bank.look(ledger::check);
        assert!(report.is_clean(), "{:?}", report.discrepancies);
        let accounts = self.accounts.clone();
        accounts.map(|account| {
            let balance = self.bank.command(&json!({ "command": "balance", "account": account }));
            balance["available"].as_str().unwrap().to_owned()
        })
    }

    /// Kinds of the rows that somebody was told.
    fn told(&mut self, who: &str) -> Vec<Kind> {
        let texts = self.bank.fetch(peer(who)).into_iter().filter(|message| message.kind == "lock");
        let content = texts.map(|message| serde_json::from_str::<Packet>(&message.body).unwrap().content);
        let statement = content.filter_map(|content| match content {
            Content::Answer { statement, .. } | Content::Escrow { statement, .. } => Some(statement),
            _ => None,
        });
        statement.map(|text| Compact::parse(&text).unwrap().kind()).collect()
    }
}

#[test]
fn approval_pays_what_is_due_and_the_rest_comes_back() {
    let mut till = Till::new("escrow-approve");
    let consignment = till.arrives();
    let approval = till.sign(Role::Party, &till.payer, st::Approval { amount: eur(400), consignment }).text;
    assert_eq!(till.acts("payer", &approval), Outcome::Taken);
    assert_eq!(till.balances(), ["6.00 EUR", "4.00 EUR"]);
    assert_eq!(till.told("payer"), [Kind::Locked, Kind::Consigned, Kind::Arrived, Kind::Divided]);
    assert_eq!(till.told("payee").last(), Some(&Kind::Divided));
    till.clock(Millis::days(60));
    assert_eq!(till.balances(), ["6.00 EUR", "4.00 EUR"], "once");
}

#[test]
fn the_banks_clock_decides_for_the_last_row() {
    let mut nothing = Till::new("escrow-nothing");
    nothing.clock(Millis::days(10));
    assert_eq!(nothing.balances(), ["10.00 EUR", "0.00 EUR"]);
    let mut here = Till::new("escrow-here");
    here.arrives();
    here.clock(Millis(Millis::days(10).0 - 1));
    assert_eq!(here.balances(), ["5.00 EUR", "0.00 EUR"], "there is time to look");
    here.clock(Millis(1));
    assert_eq!(here.balances(), ["6.00 EUR", "4.00 EUR"]);
}

#[test]
fn a_dispute_waits_for_the_ruling_which_counts_once() {
    let mut till = Till::new("escrow-dispute");
    let consignment = till.arrives();
    let dispute = till.disputes(consignment);
    till.clock(Millis::days(20));
    assert_eq!(till.balances(), ["5.00 EUR", "0.00 EUR"], "silence decides nothing any more");
    let ruling = |till: &Till, payee: u64| {
        let body = st::Ruling { dispute, payee: eur(payee), payer: eur(500 - payee), reasons: Hash::of(b"reasons") };
        till.sign(Role::Arbiter, &till.arbiter, body).text
    };
    let forged = st::Ruling { dispute, payee: eur(400), payer: eur(100), reasons: Hash::of(b"reasons") };
    let forged = till.sign(Role::Arbiter, &till.payee, forged).text;
    assert!(matches!(till.acts("payee", &forged), Outcome::Rejected(_)));
    let (first, second) = (ruling(&till, 150), ruling(&till, 400));
    assert_eq!(till.acts("payer", &first), Outcome::Taken);
    assert_eq!(till.balances(), ["8.50 EUR", "1.50 EUR"]);
    assert_eq!(till.acts("payee", &second), Outcome::Taken, "it is told what stands");
    assert_eq!(till.balances(), ["8.50 EUR", "1.50 EUR"]);
    assert!(till.told("payee").ends_with(&[
        Kind::Locked,
        Kind::Consigned,
        Kind::Arrived,
        Kind::Disputed,
        Kind::Divided
    ]));
}

#[test]
fn what_is_on_record_survives_a_restart() {
    let mut till = Till::new("escrow-restart");
    let consignment = till.arrives();
    till.disputes(consignment);
    till.bank = till.bank.restart();
    till.clock(Millis::days(40));
    assert_eq!(till.balances(), ["10.00 EUR", "0.00 EUR"], "nobody ruled: as agreed for that case");
}
