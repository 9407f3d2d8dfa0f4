//! Every member of what is signed, and every rule of the check and of the holder, by itself.

use semper_base::{Amount, Blob64, Code, Currency, Error, Hash, KeyId, Millis, Step, Timestamp, Xid};
use semper_blocks::statement::author::REQUEST_VALIDITY;
use semper_blocks::statement::{About, Kind, Statement, make};
use semper_exchange::fair::lock::statements as st;
use semper_exchange::fair::lock::{
    Answer, ByHash, Checked, Condition, Content, Core as Terms, Cx, Effect, Event, Funds as _, Holder, Lock, Money,
    Packet, Payee, Payer, Seat, Shown, Standing, check,
};
use semper_support::Context;
use semper_support::crypto::{Ideal, KeyPair, PublicKey, Secret32};

use super::model::Core;
use super::state::{By, Setting};
use super::world::{Books, OPENED, PURSE, TILL, UNTIL, amount, at, decisions, k, made, salt};

/// A holder and everybody's keys.
struct Desk {
    core: Core,
    holder: Holder,
    books: Books,
}

fn desk(by: By) -> Desk {
    let core = Core::new(made(by, 0), Setting { by, ..Setting::HASH });
    let books = Books { purse: amount(), key: core.world.account.public.id() };
    Desk { core, holder: Holder::default(), books }
}

fn one() -> Amount {
    Amount::new(1, Currency::EUR).unwrap()
}

impl Desk {
    fn packet(&self, content: Content) -> Vec<u8> {
        let descriptor = Blob64(self.core.world.lock.bytes().to_vec());
        serde_json::to_vec(&Packet { content, descriptor }).unwrap()
    }

    fn checked(&self, content: Content, now: Timestamp) -> Result<Checked, Code> {
        check(&self.packet(content), &Ideal::new(1), now).map(|it| it.content).map_err(|it| it.code())
    }

    /// What the holder does about it; the code of the violation if it refuses the step.
    fn say(&mut self, content: Content, tick: u8) -> Result<Vec<Effect>, Code> {
        let packet = self.packet(content);
        let checked = check(&packet, &Ideal::new(1), at(tick)).map_err(|it| it.code())?;
        let event = Event::Message { from: checked.signer.unwrap(), content: checked.content };
        self.step(&event, Seat::Holder, tick)
    }

    fn step(&mut self, event: &Event, author: Seat, tick: u8) -> Result<Vec<Effect>, Code> {
        let (crypto, author, mut out) = (Ideal::new(1), self.core.world.author(author), Vec::new());
        let base = Context { now: at(tick), crypto: &crypto, keyring: &self.core.world.keyring };
        let cx = Cx { base, author: Some(&author) };
        let step = self.holder.clone().step(event, &self.core.world.lock, &self.books, &cx, &mut out).unwrap();
        match step {
            Step::Advance(next) => self.holder = next,
            Step::Reject(_, violation) => return Err(violation.code()),
        }
        Ok(out)
    }

    fn order(&self) -> (Statement<st::Lock>, Statement<st::LockDebit>) {
        let order = self.core.order(false);
        let debit = self.core.debit(&order);
        (order, debit)
    }

    fn lock(&mut self) {
        let (order, debit) = self.order();
        self.say(Content::Lock { debit: debit.text, statement: order.text }, 0).unwrap();
        assert_eq!(self.holder.word(), "locked");
    }

    fn claim(&self, account: &str, salt: Secret32, preimage: Option<Secret32>) -> String {
        self.core.sign(Seat::Payee, st::Claim { account: account.to_owned(), preimage, salt }, false).text
    }

    fn back(&self, seat: Seat, amount: Amount) -> String {
        self.core.sign(seat, st::GiveBack { amount }, false).text
    }
}

fn refused(effects: &[Effect]) -> Option<u16> {
    match effects {
        [Effect::Send { content: Content::Refused { code, .. }, .. }] => Some(*code),
        _ => None,
    }
}

#[test]
fn a_descriptor_keeps_its_own_rules() {
    let terms = |by| made(by, 0).lock.core;
    let hash = terms(By::Hash);
    let key = |of: &dyn Fn(&Terms) -> PublicKey| of(&hash);
    let until = |until| Condition::Hash(ByHash { h: Hash::of(b"h"), until });
    let year = Millis::days(366);
    let cases: Vec<(Terms, Result<(), Code>)> = vec![
        (hash.clone(), Ok(())),
        (terms(By::Decision), Ok(())),
        (Terms { amount: Amount::zero(Currency::EUR), ..hash.clone() }, Err(Code::DescriptorWrong)),
        (Terms { protocol: "semper-lock/2".to_owned(), ..hash.clone() }, Err(Code::VersionUnknown)),
        (Terms { judge: 2, ..hash.clone() }, Err(Code::VersionUnknown)),
        (Terms { payer: key(&|it| it.payee.clone()), ..hash.clone() }, Err(Code::DescriptorWrong)),
        (Terms { payer: key(&|it| it.holder.key.clone()), ..hash.clone() }, Err(Code::DescriptorWrong)),
        (Terms { payee: key(&|it| it.holder.key.clone()), ..hash.clone() }, Err(Code::DescriptorWrong)),
        (Terms { skew_ms: Millis(0), ..hash.clone() }, Err(Code::DescriptorWrong)),
        (Terms { skew_ms: year.plus_one(), ..hash.clone() }, Err(Code::DescriptorWrong)),
        (Terms { condition: until(OPENED), ..hash.clone() }, Err(Code::DescriptorWrong)),
        (Terms { condition: until(OPENED.plus(Millis(1))), ..hash.clone() }, Ok(())),
        (Terms { condition: until(OPENED.plus(year)), ..hash.clone() }, Ok(())),
        (Terms { condition: until(OPENED.plus(year.plus_one())), ..hash.clone() }, Err(Code::DescriptorWrong)),
    ];
    for (terms, due) in cases {
        assert_eq!(Lock::new(&terms).map(|_| ()).map_err(|it| it.code()), due, "{terms:?}");
    }
    let decision = terms(By::Decision);
    let Condition::Decision(by) = &decision.condition else { panic!() };
    for wrong in [
        Terms { payer: by.notary.key.clone(), ..decision.clone() },
        Terms { payee: by.notary.key.clone(), ..decision.clone() },
    ] {
        assert_eq!(Lock::new(&wrong).unwrap_err().code(), Code::DescriptorWrong);
    }
    let mut long = Lock::new(&hash).unwrap().bytes().to_vec();
    long.extend([b' '; 4096]);
    assert_eq!(Lock::read(&long).unwrap_err().code(), Code::TooLarge);
    let more = String::from_utf8(Lock::new(&hash).unwrap().bytes().to_vec()).unwrap().replacen('{', "{\"more\":1,", 1);
    assert_eq!(Lock::read(more.as_bytes()).unwrap_err().code(), Code::FieldUnknown);
}

trait PlusOne {
    fn plus_one(self) -> Self;
}

impl PlusOne for Millis {
    fn plus_one(self) -> Self {
        Millis(self.0 + 1)
    }
}

#[test]
fn what_is_signed_counts_for_its_seat_and_lock() {
    let desk = desk(By::Hash);
    let status = |key: &KeyPair, role, xid: Xid, to: KeyId, issued: Timestamp| {
        let (crypto, mut author) = (Ideal::new(5), desk.core.world.author(Seat::Payer));
        (author.role, author.public, author.secret) = (role, key.public.clone(), key.secret.clone());
        let base = Context { now: issued, crypto: &crypto, keyring: &desk.core.world.keyring };
        let meta = author.meta::<st::Status>(&base, About::exchange(xid, vec![to]), REQUEST_VALIDITY);
        let statement = make(&crypto, &author.secret, meta, st::Status { round: 1 }).unwrap().text;
        Content::Status { statement }
    };
    let world = &desk.core.world;
    let (xid, to, party) = (world.lock.xid, world.holder.public.id(), Seat::Payer.role());
    let (day, other) = (Millis::days(1), Xid::of(b"other"));
    let ask = |content, now| desk.checked(content, now).map(|_| ());
    assert_eq!(ask(status(&world.payer, party, xid, to, OPENED), OPENED), Ok(()));
    assert_eq!(ask(status(&world.payee, party, xid, to, OPENED), OPENED), Ok(()));
    assert_eq!(ask(status(&world.account, party, xid, to, OPENED), OPENED), Err(Code::KeyWrong));
    assert_eq!(ask(status(&world.holder, party, xid, to, OPENED), OPENED), Err(Code::KeyWrong));
    assert_eq!(ask(status(&world.payer, Seat::Holder.role(), xid, to, OPENED), OPENED), Err(Code::RoleWrong));
    assert_eq!(ask(status(&world.payer, party, other, to, OPENED), OPENED), Err(Code::XidWrong));
    assert_eq!(ask(status(&world.payer, party, xid, KeyId(Hash::of(b"x")), OPENED), OPENED), Err(Code::KeyWrong));
    assert_eq!(ask(status(&world.payer, party, xid, to, OPENED.plus(day)), OPENED), Err(Code::NotYetValid));
    assert_eq!(ask(status(&world.payer, party, xid, to, OPENED), OPENED.plus(Millis::days(31))), Err(Code::Expired));
}

/// The debit names its own key; everything else about it must be this lock's.
#[test]
fn a_debit_is_of_this_lock() {
    let desk = desk(By::Hash);
    let (order, debit) = desk.order();
    let content = |debit: String| Content::Lock { debit, statement: order.text.clone() };
    assert!(desk.checked(content(debit.text.clone()), OPENED).is_ok());
    let of_payer = desk.core.sign(Seat::Payer, debit.body.clone(), false).text;
    assert_eq!(desk.checked(content(of_payer), OPENED), Err(Code::KeyWrong));
    let elsewhere = {
        let (crypto, world) = (Ideal::new(6), &desk.core.world);
        let mut author = world.author(Seat::Payer);
        (author.public, author.secret) = (world.account.public.clone(), world.account.secret.clone());
        let base = Context { now: OPENED, crypto: &crypto, keyring: &world.keyring };
        let about = About::exchange(Xid::of(b"other"), vec![]);
        author.request(&base, about, debit.body).unwrap().text
    };
    assert_eq!(desk.checked(content(elsewhere), OPENED), Err(Code::XidWrong));
}

#[test]
fn an_order_is_what_the_lock_says() {
    let (order, debit) = desk(By::Hash).order();
    let other = Condition::Hash(ByHash { h: Hash::of(b"h"), until: at(UNTIL) });
    let (order, debit) = (order.body, debit.body);
    let small = st::LockDebit { amount: one(), ..debit.clone() };
    let nobody = st::LockDebit { account: "C-1".to_owned(), ..debit.clone() };
    let cases: Vec<(st::Lock, st::LockDebit, Result<Option<Code>, Code>)> = vec![
        (order.clone(), debit.clone(), Ok(None)),
        (st::Lock { amount: one(), ..order.clone() }, debit.clone(), Err(Code::MismatchAmount)),
        (order.clone(), small, Err(Code::MismatchAmount)),
        (st::Lock { payee: Hash::of(b"x"), ..order.clone() }, debit.clone(), Err(Code::MismatchPayee)),
        (st::Lock { condition: other, ..order.clone() }, debit.clone(), Err(Code::TermsWrong)),
        (order.clone(), nobody, Ok(Some(Code::AccountUnknown))),
    ];
    for (order, debit, due) in cases {
        let mut desk = desk(By::Hash);
        let order = desk.core.sign(Seat::Payer, order, false);
        let account = &desk.core.world.account;
        let debit = desk.core.sign_with(Seat::Payer, account, st::LockDebit { lock: order.hash, ..debit }, false);
        let said = desk.say(Content::Lock { debit: debit.text, statement: order.text }, 0);
        assert_eq!(
            said.as_ref().map(|effects| refused(effects)).map_err(|code| *code),
            due.map(|it| it.map(Code::number))
        );
        assert_eq!(desk.holder.word() == "locked", due == Ok(None));
    }
    let mut desk = desk(By::Hash);
    let (order, debit) = desk.order();
    let again = desk.core.order(true);
    let content = Content::Lock { debit: debit.text.clone(), statement: again.text };
    assert_eq!(desk.say(content, 0), Err(Code::RefWrong));
    desk.books.purse = one();
    let content = Content::Lock { debit: debit.text, statement: order.text };
    assert_eq!(refused(&desk.say(content.clone(), 0).unwrap()), Some(Code::NoFunds.number()));
    desk.books.purse = amount();
    desk.books.key = KeyId(Hash::of(b"x"));
    assert_eq!(refused(&desk.say(content.clone(), 0).unwrap()), Some(Code::AccountUnknown.number()));
    desk.books.key = desk.core.world.account.public.id();
    assert_eq!(refused(&desk.say(content.clone(), UNTIL).unwrap()), Some(Code::TooLate.number()));
    assert!(desk.books.account(PURSE).unwrap().is_some());
    assert_eq!(desk.say(content.clone(), UNTIL - 1).unwrap().len(), 6, "two kept, money, row, two answers");
    // Again: what stands, to whoever asks. Another order of the same lock: none.
    assert_eq!(desk.say(content, 1).unwrap().len(), 1);
    let again = desk.core.order(true);
    let debit = desk.core.debit(&again).text;
    assert_eq!(desk.say(Content::Lock { debit, statement: again.text }, 1), Err(Code::AnotherRun));
}

#[test]
fn a_claim_brings_what_the_hash_asks_for() {
    let mut desk = desk(By::Hash);
    let claim = |desk: &Desk, account, salt, preimage| Content::Claim {
        shown: None,
        statement: desk.claim(account, salt, preimage),
    };
    let good = claim(&desk, TILL, salt(), Some(k()));
    assert_eq!(desk.say(good.clone(), 0), Err(Code::OutOfTurn), "nothing is locked");
    desk.lock();
    let other = Secret32::from_bytes([1; 32]);
    let cases = [
        (claim(&desk, "C-1", salt(), Some(k())), Code::MismatchPayee),
        (claim(&desk, TILL, other.clone(), Some(k())), Code::MismatchPayee),
        (claim(&desk, TILL, salt(), None), Code::FieldMissing),
        (claim(&desk, TILL, salt(), Some(other)), Code::CommitmentWrong),
    ];
    for (content, due) in cases {
        assert_eq!(desk.say(content, 0), Err(due));
    }
    let shown = Some(desk.core.world.resolved.clone());
    let statement = desk.claim(TILL, salt(), Some(k()));
    assert_eq!(desk.say(Content::Claim { shown, statement }, 0), Err(Code::FieldUnknown));
    let effects = desk.say(good.clone(), UNTIL - 1).unwrap();
    assert!(effects.contains(&Effect::Money(Money::Pay { account: TILL.to_owned() })));
    // Decided: both rows to whoever says anything more, and nothing else.
    let again = desk.say(good, UNTIL).unwrap();
    assert_eq!((desk.holder.word(), again.len()), ("claimed", 2));
}

#[test]
fn a_claim_brings_the_decision_that_the_lock_names() {
    let mut desk = desk(By::Decision);
    desk.lock();
    let claim = |desk: &Desk, preimage, shown: Option<&Shown>| Content::Claim {
        shown: shown.cloned(),
        statement: desk.claim(TILL, salt(), preimage),
    };
    let (resolved, aborted) = (desk.core.world.resolved.clone(), desk.core.world.aborted.clone());
    let hollow = Shown { pieces: vec![], ..resolved.clone() };
    let (crypto, world) = (Ideal::new(78), &desk.core.world);
    // Keys of other numbers: another exchange, and with it another notary.
    let (_, [foreign, _], _) = decisions(&crypto, &world.keyring, [&world.payee, &world.payer]);
    let cases = [
        (claim(&desk, None, None), Code::ProofWrong),
        (claim(&desk, None, Some(&aborted)), Code::ProofWrong),
        (claim(&desk, None, Some(&hollow)), Code::ProofWrong),
        (claim(&desk, None, Some(&foreign)), Code::XidWrong),
        (claim(&desk, Some(k()), Some(&resolved)), Code::FieldUnknown),
    ];
    for (content, due) in cases {
        assert_eq!(desk.say(content, 0), Err(due));
    }
    let effects = desk.say(claim(&desk, None, Some(&resolved)), 9).unwrap();
    let kept = effects.iter().filter(|effect| matches!(effect, Effect::Keep(_))).count();
    assert_eq!((desk.holder.word(), kept), ("claimed", 4), "the claim, the decision, both signatures");
}

#[test]
fn money_goes_back_to_whom_it_may() {
    let back = |desk: &Desk, seat, amount, shown: Option<&Shown>| Content::GiveBack {
        shown: shown.cloned(),
        statement: desk.back(seat, amount),
    };
    let mut desk = desk(By::Hash);
    desk.lock();
    let early = back(&desk, Seat::Payer, amount(), None);
    assert_eq!(refused(&desk.say(early, 0).unwrap()), Some(Code::TooEarly.number()));
    let small = back(&desk, Seat::Payee, one(), None);
    assert_eq!(desk.say(small, 0), Err(Code::MismatchAmount));
    let payee = back(&desk, Seat::Payee, amount(), None);
    assert!(desk.say(payee, 0).unwrap().contains(&Effect::Money(Money::Release { account: PURSE.to_owned() })));

    let mut desk = self::desk(By::Decision);
    desk.lock();
    let (resolved, aborted) = (desk.core.world.resolved.clone(), desk.core.world.aborted.clone());
    let early = back(&desk, Seat::Payer, amount(), None);
    assert_eq!(refused(&desk.say(early, 9).unwrap()), Some(Code::TooEarly.number()));
    let wrong = back(&desk, Seat::Payer, amount(), Some(&resolved));
    assert_eq!(desk.say(wrong, 9), Err(Code::ProofWrong));
    let good = back(&desk, Seat::Payer, amount(), Some(&aborted));
    assert!(desk.say(good, 9).unwrap().contains(&Effect::Money(Money::Release { account: PURSE.to_owned() })));

    // Nothing is locked: nothing moves, and nothing will be locked.
    let mut desk = self::desk(By::Decision);
    let cancel = back(&desk, Seat::Payer, amount(), None);
    let effects = desk.say(cancel, 0).unwrap();
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Money(_))));
    let (order, debit) = desk.order();
    desk.say(Content::Lock { debit: debit.text, statement: order.text }, 0).unwrap();
    assert_eq!(desk.holder.word(), "returned");
}

#[test]
fn only_the_holder_of_the_lock_decides() {
    let mut desk = desk(By::Hash);
    assert_eq!(desk.step(&Event::Deadline, Seat::Payer, 0), Err(Code::RegisterWrong));
    desk.lock();
    desk.step(&Event::Deadline, Seat::Holder, UNTIL - 1).unwrap();
    assert_eq!(desk.holder.word(), "locked");
    desk.step(&Event::Deadline, Seat::Holder, UNTIL).unwrap();
    assert_eq!(desk.holder.word(), "returned");
}

/// An answer that does not repeat L, or does not rest on what the condition asks for, moves nobody.
#[test]
fn an_answer_repeats_the_lock_and_has_its_ground() {
    let hash = desk(By::Hash);
    let core = hash.core.world.lock.core.clone();
    let (order, _) = hash.order();
    let locked = st::Locked {
        amount: amount(),
        at: at(0),
        lock: order.hash,
        payee: core.payee_account,
        payee_key: core.payee.id(),
    };
    let claimed = hash.core.claimed(order.hash, at(0), Some(k()), None);
    let returned =
        st::Returned { amount: amount(), at: at(UNTIL), basis: st::ReturnBasis::Time, ground: None, request: None };
    let by_payee = st::Returned { basis: st::ReturnBasis::Payee, request: Some(order.hash), ..returned.clone() };
    let decided = Some(Hash::of(b"x"));
    let said =
        |desk: &Desk, statement: String, shown| desk.checked(Content::Answer { shown, statement }, OPENED).map(|_| ());
    let l = |body| said(&hash, hash.core.sign(Seat::Holder, body, false).text, None);
    let c = |body| said(&hash, hash.core.sign(Seat::Holder, body, false).text, None);
    let r = |body| said(&hash, hash.core.sign(Seat::Holder, body, false).text, None);
    assert_eq!(
        (l(locked.clone()), c(claimed.clone()), r(returned.clone()), r(by_payee.clone())),
        (Ok(()), Ok(()), Ok(()), Ok(()))
    );
    assert_eq!(l(st::Locked { amount: one(), ..locked.clone() }), Err(Code::MismatchAmount));
    assert_eq!(l(st::Locked { payee: Hash::of(b"x"), ..locked.clone() }), Err(Code::MismatchPayee));
    assert_eq!(l(st::Locked { payee_key: core.payer.id(), ..locked }), Err(Code::MismatchPayee));
    assert_eq!(c(st::Claimed { amount: one(), ..claimed.clone() }), Err(Code::MismatchAmount));
    assert_eq!(c(st::Claimed { preimage: None, ..claimed.clone() }), Err(Code::FieldMissing));
    assert_eq!(c(st::Claimed { preimage: Some(salt()), ..claimed.clone() }), Err(Code::CommitmentWrong));
    assert_eq!(c(st::Claimed { at: at(UNTIL), ..claimed.clone() }), Err(Code::TooLate));
    assert_eq!(c(st::Claimed { basis: st::ClaimBasis::Decision, ..claimed.clone() }), Err(Code::ProofWrong));
    assert_eq!(c(st::Claimed { ground: decided, ..claimed }), Err(Code::ProofWrong));
    assert_eq!(r(st::Returned { amount: one(), ..returned.clone() }), Err(Code::MismatchAmount));
    assert_eq!(r(st::Returned { at: at(UNTIL - 1), ..returned.clone() }), Err(Code::TooEarly));
    assert_eq!(r(st::Returned { request: decided, ..returned.clone() }), Err(Code::ProofWrong));
    assert_eq!(r(st::Returned { basis: st::ReturnBasis::Decision, ..returned.clone() }), Err(Code::ProofWrong));
    assert_eq!(r(st::Returned { request: None, ..by_payee.clone() }), Err(Code::ProofWrong));
    assert_eq!(r(st::Returned { ground: decided, ..by_payee }), Err(Code::ProofWrong));
    let of_payer = hash.core.sign(Seat::Payer, returned, false).text;
    assert_eq!(said(&hash, of_payer, None), Err(Code::KeyWrong));

    let decision = desk(By::Decision);
    let (resolved, aborted) = (&decision.core.world.resolved, &decision.core.world.aborted);
    let claimed = decision.core.claimed(order.hash, at(0), None, Some(resolved));
    let text = decision.core.sign(Seat::Holder, claimed, false).text;
    assert_eq!(said(&decision, text.clone(), Some(resolved.clone())), Ok(()));
    assert_eq!(said(&decision, text.clone(), None), Err(Code::ProofWrong));
    assert_eq!(said(&decision, text, Some(aborted.clone())), Err(Code::ProofWrong));
    let by_time =
        st::Returned { amount: amount(), at: at(9), basis: st::ReturnBasis::Time, ground: None, request: None };
    let text = decision.core.sign(Seat::Holder, by_time.clone(), false).text;
    assert_eq!(said(&decision, text, None), Err(Code::ProofWrong));
    let back = st::Returned {
        basis: st::ReturnBasis::Decision,
        ground: Some(aborted.hash()),
        request: Some(order.hash),
        ..by_time
    };
    let text = decision.core.sign(Seat::Holder, back, false).text;
    assert_eq!(said(&decision, text.clone(), Some(aborted.clone())), Ok(()));
    assert_eq!(said(&decision, text, Some(resolved.clone())), Err(Code::ProofWrong));
}

#[test]
fn who_could_never_claim_does_not_begin() {
    let desk = desk(By::Hash);
    let (crypto, world) = (Ideal::new(1), &desk.core.world);
    let base = Context { now: OPENED, crypto: &crypto, keyring: &world.keyring };
    let cx = Cx { base, author: None };
    let begun = |change: &dyn Fn(&mut semper_exchange::fair::lock::PayeeOwn)| {
        let mut own = world.payee_own();
        change(&mut own);
        Payee::start(own, &world.lock, &cx).map(|payee| payee.standing()).map_err(|it: Error| it.code())
    };
    assert_eq!(begun(&|_| ()), Ok(Standing::Waiting));
    assert_eq!(begun(&|own| own.account = PURSE.to_owned()), Err(Code::MismatchPayee));
    assert_eq!(begun(&|own| own.preimage = None), Err(Code::FieldMissing));
    assert_eq!(begun(&|own| own.preimage = Some(salt())), Err(Code::CommitmentWrong));
}

/// A payer waits for the lock that it ordered, and takes back an order that was refused.
#[test]
fn a_payer_keeps_to_its_own_order() {
    let desk = desk(By::Hash);
    let (crypto, world) = (Ideal::new(1), &desk.core.world);
    let base = Context { now: OPENED, crypto: &crypto, keyring: &world.keyring };
    let cx = Cx { base, author: None };
    let mut out = Vec::new();
    let mut payer = Payer::start(world.payer_own(), &world.lock, &cx, &mut out).unwrap();
    let (order, debit) = desk.order();
    for (kind, text) in [(Kind::Lock, order.text.clone()), (Kind::LockDebit, debit.text)] {
        let step = payer.step(&Event::Signed(kind, text), &world.lock, &cx, &mut out).unwrap();
        let Step::Advance(next) = step else { panic!("{kind}") };
        payer = next;
    }
    assert_eq!(payer.standing(), Standing::Ordered);
    let core = &world.lock.core;
    let locked = |lock| {
        let (payee, payee_key) = (core.payee_account, core.payee.id());
        let body = st::Locked { amount: amount(), at: at(0), lock, payee, payee_key };
        let text = desk.core.sign(Seat::Holder, body, false).text;
        let content = desk.checked(Content::Answer { shown: None, statement: text }, OPENED).unwrap();
        assert!(matches!(content, Checked::Answer(Answer::Locked(_))));
        Event::Message { from: Seat::Holder, content }
    };
    let step = payer.clone().step(&locked(Hash::of(b"another order")), &world.lock, &cx, &mut vec![]).unwrap();
    assert!(matches!(step, Step::Reject(_, ref why) if why.code() == Code::RefWrong));
    let step = payer.clone().step(&locked(order.hash), &world.lock, &cx, &mut vec![]).unwrap();
    assert!(matches!(step, Step::Advance(ref next) if next.standing() == Standing::Locked));
    let content = Checked::Refused { what: Kind::Lock, code: Code::NoFunds.number() };
    let mut asked = Vec::new();
    let refusal = Event::Message { from: Seat::Holder, content: content.clone() };
    let step = payer.clone().step(&refusal, &world.lock, &cx, &mut asked).unwrap();
    assert!(matches!(step, Step::Advance(_)));
    assert!(asked.iter().any(|effect| matches!(effect, Effect::Ask { kind: Kind::GiveBack, .. })));
    let forged = Event::Message { from: Seat::Payee, content };
    assert!(matches!(payer.step(&forged, &world.lock, &cx, &mut vec![]).unwrap(), Step::Reject(..)));
}

#[test]
fn a_statement_of_another_kind_is_no_answer() {
    let desk = desk(By::Hash);
    let text = desk.core.sign(Seat::Holder, st::GiveBack { amount: amount() }, false).text;
    let said = desk.checked(Content::Answer { shown: None, statement: text }, OPENED);
    assert_eq!(said, Err(Code::KindWrong));
}

/// L names the exchange and its notary; both must be those of what is shown.
#[test]
fn a_decision_is_of_the_notary_that_the_lock_names() {
    let desk = desk(By::Decision);
    let Condition::Decision(by) = &desk.core.world.lock.core.condition else { panic!() };
    let (resolved, crypto) = (&desk.core.world.resolved, Ideal::new(1));
    assert!(resolved.read(by, &crypto).is_ok());
    let mut other = by.clone();
    other.notary.certificate = Hash::of(b"x");
    assert_eq!(resolved.read(&other, &crypto).unwrap_err().code(), Code::RegisterWrong);
}
