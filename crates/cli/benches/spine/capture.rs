//! The bank's decision about a capture: everything between the packet's bytes and the commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use semper_base::{Amount, Blob64, Currency, Hash, Key, Millis, Nonce, PeerId, Role, Timestamp, Write, json};
use semper_blocks::certificate::Kind;
use semper_blocks::statement::{About, Author, Compact};
use semper_crypto_aws_lc::AwsLc;
use semper_driver::party::{Done, check};
use semper_driver::service::{Input, Message};
use semper_driver::{Event, Party, Store};
use semper_exchange::fair::dgp::descriptor::{Core, Deadlines, PROTOCOL, Third, payee_commitment};
use semper_exchange::fair::dgp::statements::{Capture, DebitOrder, Hold, Mandate};
use semper_exchange::fair::dgp::{Content, Descriptor, Packet};
use semper_services::bank::{AccountOpened, AccountOpening, Bank, OpenAccount, kinds};
use semper_services::common::exchange::PACKET;
use semper_services::common::{Member, keys::Identity};
use semper_store::{Mode, SqliteStore};
use semper_support::Context;
use semper_support::comm::{Ack, Envelope, Outcome as Said};
use semper_support::crypto::{Crypto, KeyPair, Keyring, random_secret};

use crate::floor::{BATCH, Floor, Sample};
use crate::measure::{Basis, Clock, Figure, Goal, Outcome, Place};
use crate::recorder::{Notes, Recorder, take};

/// Commits of one round.
const BATCHES: usize = 2;
const ROUNDS: usize = 15;
const NOW: Timestamp = Timestamp::from_millis(1_772_323_200_000);

pub(crate) fn measure() -> Outcome<Figure> {
    let sample = sample()?;
    println!("  a capture {sample}");
    let mut floor = Floor::new("capture-floor", sample)?;
    let mut office = Office::new("capture", |store| Box::new(store))?;
    let mut captures = office.hold(BATCH * BATCHES * (ROUNDS + 1))?.into_iter();
    let subject = || {
        let round: Vec<Sent> = captures.by_ref().take(BATCH * BATCHES).collect();
        let clock = Clock::start()?;
        for batch in round.chunks(BATCH) {
            office.take(batch)?;
        }
        clock.stop(round.len())
    };
    let goal = (Basis::Cpu, Goal::Rate(0.5));
    Figure::measure("capture: the bank's whole decision", goal, ROUNDS, || floor.round(BATCHES), subject)
}

/// A message and who sends it.
struct Sent {
    from: PeerId,
    envelope: Envelope,
}

/// A bank at work, with one customer who pays and one who is paid.
struct Office {
    party: Party<Member<Bank>>,
    crypto: Arc<dyn Crypto>,
    keyring: Keyring,
    bank: KeyPair,
    payer: (KeyPair, String),
    payee: (KeyPair, String),
    numbers: BTreeMap<PeerId, u64>,
    _place: Place,
}

impl Office {
    fn new(name: &str, store: impl FnOnce(SqliteStore) -> Box<dyn Store>) -> Outcome<Office> {
        let crypto: Arc<dyn Crypto> = Arc::new(AwsLc::new());
        let keyring = || Keyring::for_simulation([9; 32]);
        let place = Place::new(name)?;
        let mut database = SqliteStore::open(&place.path().join("data"), &place.path().join("head"), Mode::Create)?;
        let bank = crypto.generate()?;
        let identity = Identity {
            key: bank.public.id(),
            certificate: Hash::of(b"certificate"),
            name: "bank".to_owned(),
            renew_at: NOW.plus(Millis::days(60)),
        };
        let rows = [
            Write::Put(Key::new("key", bank.public.id()), keyring().wrap_key(&bank, &*crypto)?),
            Write::Put(Key::new("identity", Kind::Statement.word()), serde_json::to_vec(&identity)?),
        ];
        let mut transaction = database.begin()?;
        let _ = transaction.apply(&rows, NOW)?;
        transaction.commit()?;
        let play_deposit = Some(Amount::new(1_000_000_000, Currency::parse("EUR")?)?);
        let service = Arc::new(Member(Bank { play_deposit }));
        let (party, _) = Party::open(service, store(database), Arc::clone(&crypto), Arc::new(keyring()), NOW)?;
        let nobody = (crypto.generate()?, String::new());
        let numbers = BTreeMap::new();
        let (payer, payee) = (nobody.clone(), nobody);
        let mut office = Office { party, crypto, keyring: keyring(), bank, payer, payee, numbers, _place: place };
        office.payer = office.account()?;
        office.payee = office.account()?;
        Ok(office)
    }

    fn cx(&self) -> Context<'_> {
        Context { now: NOW, crypto: &*self.crypto, keyring: &self.keyring }
    }

    /// Opens an account for a new key.
    fn account(&mut self) -> Outcome<(KeyPair, String)> {
        let pair = self.crypto.generate()?;
        let body = AccountOpening { account_key: pair.public.clone(), currency: Currency::parse("EUR")? };
        let author = Author::uncertified(Role::Buyer, &pair);
        let statement = author.request(&self.cx(), About::default(), body)?.text;
        let peer = PeerId(pair.public.id().0);
        let open = self.sent(peer, kinds::OPEN, serde_json::to_string(&OpenAccount { statement })?);
        self.take(&[open])?;
        let waiting = self.party.read(|transaction| transaction.outbox(&peer, 0, 1, NOW))?;
        let Some(semper_base::tx::Body::Inline(body)) = waiting.into_iter().next().map(|queued| queued.body) else {
            return Err("no account".into());
        };
        let opened: AccountOpened = json::read(&body)?;
        Ok((pair, opened.account))
    }

    fn sent(&mut self, from: PeerId, kind: &str, body: String) -> Sent {
        let number = self.numbers.entry(from).or_default();
        *number += 1;
        Sent { from, envelope: Envelope { seq: *number, prev: 0, kind: kind.to_owned(), body } }
    }

    /// Opens so many exchanges whose money is held, and returns their captures.
    fn hold(&mut self, count: usize) -> Outcome<Vec<Sent>> {
        let mut captures = Vec::with_capacity(count);
        while captures.len() < count {
            let mut holds = Vec::with_capacity(BATCH);
            for _ in 0..BATCH.min(count - captures.len()) {
                let (hold, capture) = self.exchange()?;
                holds.push(hold);
                captures.push(capture);
            }
            self.take(&holds)?;
        }
        Ok(captures)
    }

    /// One exchange: the packets that hold and capture.
    fn exchange(&mut self) -> Outcome<(Sent, Sent)> {
        let (buyer, seller) = (self.crypto.generate()?, self.crypto.generate()?);
        let salt = random_secret(&*self.crypto);
        let payee = payee_commitment(&self.payee.1, salt.danger_bytes());
        let core = self.core(&buyer, &seller, payee)?;
        let amount = core.amount;
        let x = Descriptor::new(&core, &Hash::of(b"escrow"))?;
        let about = || About::exchange(x.xid, vec![self.bank.public.id()]);
        let (by_buyer, by_seller) =
            (Author::uncertified(Role::Buyer, &buyer), Author::uncertified(Role::Seller, &seller));
        let hold = by_buyer.request(&self.cx(), about(), Hold { amount, payee })?;
        let debit = DebitOrder {
            account: self.payer.1.clone(),
            account_key: self.payer.0.public.clone(),
            amount,
            hold: hold.hash,
        };
        let debit = Author::uncertified(Role::Buyer, &self.payer.0).request(&self.cx(), about(), debit)?;
        let mandate = by_buyer.request(&self.cx(), about(), Mandate { amount, payee })?;
        let capture = Capture { account: self.payee.1.clone(), mandate: mandate.hash, salt };
        let capture = by_seller.request(&self.cx(), about(), capture)?;
        let packet = |content| -> Outcome<String> {
            Ok(serde_json::to_string(&Packet { content, descriptor: Blob64(x.bytes().to_vec()) })?)
        };
        let hold = packet(Content::Hold { statement: hold.text, debit: debit.text })?;
        let capture = packet(Content::Capture { statement: capture.text, mandate: mandate.text })?;
        // Every buyer is another peer, the seller's deals come over one relationship.
        let (buyer, seller) = (PeerId(buyer.public.id().0), PeerId(self.payee.0.public.id().0));
        Ok((self.sent(buyer, PACKET, hold), self.sent(seller, PACKET, capture)))
    }

    fn core(&self, buyer: &KeyPair, seller: &KeyPair, payee: Hash) -> Outcome<Core> {
        let mut nonce = [0_u8; 16];
        self.crypto.random(&mut nonce);
        let third = |key| Third { key, certificate: Hash::of(b"certificate") };
        Ok(Core {
            amount: Amount::new(490, Currency::parse("EUR")?)?,
            bank: third(self.bank.public.clone()),
            buyer: buyer.public.clone(),
            chunk: 1 << 16,
            cipher_root: Hash::of(b"cipher"),
            com_k: Hash::of(b"k"),
            com_s: Hash::of(b"s"),
            deadlines: Deadlines::standard(NOW),
            leaves: 1,
            length: 1000,
            nonce: Nonce(nonce),
            notary: third(self.crypto.generate()?.public),
            notary_seal: self.crypto.generate()?.public,
            opened: NOW,
            payee,
            plain: Hash::of(b"plain"),
            private: Hash::of(b"private"),
            protocol: PROTOCOL.to_owned(),
            seller: seller.public.clone(),
        })
    }

    /// Checks a batch, runs it, commits it.
    fn take(&mut self, batch: &[Sent]) -> Outcome<()> {
        let (service, snapshot) = (self.party.service(), self.party.snapshot());
        let now = NOW.plus(Millis::seconds(1));
        let event = |sent: &Sent| {
            let (from, envelope) = (sent.from, sent.envelope.clone());
            let input = Input::Message(Message { from, envelope: envelope.clone() });
            Event::Message { from, envelope, checked: check(&*service, &input, &snapshot, &*self.crypto, now) }
        };
        let events: Vec<_> = batch.iter().map(event).collect();
        let report = self.party.run(&events, now)?;
        for done in report.done {
            if !matches!(done, Done::Ack(Ack { outcome: Said::Taken, .. })) {
                return Err(format!("the bank did not take it: {done:?}").into());
            }
        }
        Ok(())
    }
}

/// Has one batch of captures decided by a bank whose store takes notes.
fn sample() -> Outcome<Sample> {
    let notes = Notes::default();
    let recorded = Arc::clone(&notes);
    let mut office = Office::new("capture-sample", |store| Box::new(Recorder { store, notes: recorded }))?;
    let captures = office.hold(BATCH)?;
    take(&notes);
    office.take(&captures)?;
    let body = captures.first().ok_or("no capture")?.envelope.body.clone();
    let packet: Packet = serde_json::from_str(&body)?;
    let Content::Capture { statement, mandate } = packet.content else { return Err("no capture".into()) };
    let written = take(&notes);
    let answer = written.rows.iter().find(|(key, _)| key.ends_with(b"decision")).ok_or("no decision")?;
    let answer = String::from_utf8(answer.1.clone())?;
    let input = |text: &str| -> Outcome<Vec<u8>> { Ok(Compact::parse(text)?.signing_input().as_bytes().to_vec()) };
    let inputs = [input(&statement)?, input(&mandate)?, input(&answer)?];
    Ok(Sample { body, inputs, written })
}
