//! Each conviction with what just misses it, and what is read.

use semper_base::{Amount, Currency, Hash, Millis, Nonce, Role, Timestamp};
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, Kind, make};
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

use super::super::{Evidence, JUDGE_VERSION, Misdeed};
use super::{LockClaimKind, LockOutcome, judge};
use crate::fair::dgp::descriptor::payee_commitment;
use crate::fair::frame::{self, Protocol, Third, descriptor::signatures};
use crate::fair::lock::descriptor::PROTOCOL;
use crate::fair::lock::statements as st;
use crate::fair::lock::{ByDecision, ByHash, Condition, Core, Lock, by_hash, sale};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const END: Timestamp = NOW.plus(Millis::hours(1));

struct Case {
    lock: Lock,
    payer: KeyPair,
    payee: KeyPair,
    holder: KeyPair,
    notary: KeyPair,
    keyring: Keyring,
    /// The exchange that decides, for a decision lock.
    x: frame::Descriptor,
}

fn k() -> Secret32 {
    Secret32::from_bytes([5; 32])
}

fn salt() -> Secret32 {
    Secret32::from_bytes([6; 32])
}

fn amount() -> Amount {
    Amount::new(12_00, Currency::EUR).unwrap()
}

fn exchange(notary: &KeyPair, payer: &KeyPair, payee: &KeyPair) -> frame::Descriptor {
    let core = frame::Core {
        deal: None,
        deadlines: frame::Deadlines::standard(NOW),
        fee: None,
        grade: semper_blocks::item::Grade::Strong,
        items: signatures(2, Hash::of(b"terms")),
        judge: JUDGE_VERSION,
        mail: None,
        nonce: Nonce([1; 16]),
        notary: third(notary),
        notary_seal: None,
        opened: NOW,
        parties: vec![payer.public.clone(), payee.public.clone()],
        protocol: Protocol::CsnA,
        terms: Hash::of(b"terms"),
    };
    frame::Descriptor::new(&core, None).unwrap()
}

fn third(key: &KeyPair) -> Third {
    Third { key: key.public.clone(), certificate: Hash::of(b"certificate") }
}

fn case(by_decision: bool) -> Case {
    let crypto = Ideal::new(3);
    let [payer, payee, holder, notary] = [(); 4].map(|()| crypto.generate().unwrap());
    let x = exchange(&notary, &payer, &payee);
    let condition = if by_decision {
        Condition::Decision(ByDecision { exchange: x.xid, notary: third(&notary), unless: None })
    } else {
        Condition::Hash(ByHash { h: by_hash::hash_of(&k()), until: END })
    };
    let core = Core {
        amount: amount(),
        condition,
        holder: third(&holder),
        judge: JUDGE_VERSION,
        nonce: Nonce([2; 16]),
        opened: NOW,
        payee: payee.public.clone(),
        payee_account: payee_commitment("A-1", salt().danger_bytes()),
        payer: payer.public.clone(),
        protocol: PROTOCOL.to_owned(),
        skew_ms: Millis::seconds(120),
        terms: None,
    };
    let lock = Lock::new(&core).unwrap();
    Case { lock, payer, payee, holder, notary, keyring: Keyring::for_simulation([9; 32]), x }
}

impl Case {
    fn sign<B: Body>(&self, key: &KeyPair, role: Role, body: B) -> String {
        let crypto = Ideal::new(7);
        let base = Context { crypto: &crypto, now: NOW, keyring: &self.keyring };
        let author = Author::uncertified(role, key);
        let xid = if role == Role::Notary { self.x.xid } else { self.lock.xid };
        let meta = author.meta::<B>(&base, About::exchange(xid, vec![]), ANSWER_VALIDITY);
        make(&crypto, &author.secret, meta, body).unwrap().text
    }

    fn held<B: Body>(&self, body: B) -> String {
        self.sign(&self.holder, Role::Bank, body)
    }

    fn order(&self) -> String {
        let core = &self.lock.core;
        let body = st::Lock { amount: core.amount, condition: core.condition.clone(), payee: core.payee_account };
        self.sign(&self.payer, Role::Party, body)
    }

    fn locked(&self) -> st::Locked {
        let core = &self.lock.core;
        let order = Hash::of(self.order().as_bytes());
        st::Locked { amount: core.amount, at: NOW, lock: order, payee: core.payee_account, payee_key: core.payee.id() }
    }

    fn claim(&self, preimage: Option<Secret32>) -> String {
        self.sign(&self.payee, Role::Party, st::Claim { account: "A-1".to_owned(), preimage, salt: salt() })
    }

    /// The honest outcome of a hash lock.
    fn claimed(&self) -> st::Claimed {
        let core = &self.lock.core;
        st::Claimed {
            amount: core.amount,
            at: NOW,
            basis: st::ClaimBasis::Preimage,
            claim: Hash::of(self.claim(Some(k())).as_bytes()),
            ground: None,
            payee: core.payee_account,
            payee_key: core.payee.id(),
            preimage: Some(k()),
        }
    }

    fn returned(&self, basis: st::ReturnBasis, request: Option<Hash>) -> st::Returned {
        st::Returned { amount: self.lock.core.amount, at: END, basis, ground: None, request }
    }

    fn verdict(&self, pieces: &[&str]) -> super::LockVerdict {
        let mut evidence = Evidence::new();
        for piece in pieces {
            evidence.add(&Hash::of(piece.as_bytes()).hex(), piece.as_bytes()).unwrap();
        }
        judge(&self.lock, &evidence, &Ideal::new(1))
    }

    fn convicted(&self, pieces: &[&str]) -> Vec<Misdeed> {
        let convictions = self.verdict(pieces).convictions;
        assert!(convictions.iter().all(|conviction| conviction.who == Role::Bank));
        convictions.iter().map(|conviction| conviction.misdeed).collect()
    }
}

#[test]
fn an_honest_course_convicts_nobody_and_says_where_the_money_is() {
    let case = case(false);
    let (order, locked) = (case.order(), case.held(case.locked()));
    let (claim, claimed) = (case.claim(Some(k())), case.held(case.claimed()));
    let verdict = case.verdict(&[&order, &locked, &claim, &claimed]);
    assert_eq!((verdict.outcome, verdict.convictions.len()), (LockOutcome::Paid, 0));
    assert!(verdict.set_aside.is_empty());
    assert_eq!(case.verdict(&[&order, &locked]).outcome, LockOutcome::Locked);
    assert_eq!(case.verdict(&[&order]).outcome, LockOutcome::Undecided);
    let back = case.held(case.returned(st::ReturnBasis::Time, None));
    let verdict = case.verdict(&[&order, &locked, &back]);
    assert_eq!((verdict.outcome, verdict.convictions.len()), (LockOutcome::Back, 0));
}

#[test]
fn two_outcomes_convict_the_holder() {
    let case = case(false);
    let (claimed, back) = (case.held(case.claimed()), case.held(case.returned(st::ReturnBasis::Time, None)));
    assert_eq!(case.convicted(&[&claimed, &back]), [Misdeed::ClaimedAndReturned]);
    assert_eq!(case.verdict(&[&claimed, &back]).outcome, LockOutcome::Undecided);
    let later = case.held(st::Claimed { at: NOW.plus(Millis(1)), ..case.claimed() });
    assert_eq!(case.convicted(&[&claimed, &later]), [Misdeed::TwoAnswers]);
    let request = Some(Hash::of(b"not here"));
    let cancelled = case.held(case.returned(st::ReturnBasis::Cancelled, request));
    assert_eq!(case.convicted(&[&cancelled, &case.held(case.locked())]), [Misdeed::LockedAndCancelled]);
    assert_eq!(case.convicted(&[&cancelled]), []);
}

#[test]
fn a_hash_lock_is_paid_for_its_preimage_in_time() {
    let case = case(false);
    let other = Some(Secret32::from_bytes([1; 32]));
    let wrong: [(Misdeed, st::Claimed); 7] = [
        (Misdeed::FalseKey, st::Claimed { preimage: None, ..case.claimed() }),
        (Misdeed::FalseKey, st::Claimed { preimage: other, ..case.claimed() }),
        (Misdeed::ClaimedTooLate, st::Claimed { at: END, ..case.claimed() }),
        (Misdeed::NoGround, st::Claimed { basis: st::ClaimBasis::Decision, ..case.claimed() }),
        (Misdeed::NoGround, st::Claimed { ground: Some(Hash::of(b"x")), ..case.claimed() }),
        (Misdeed::UnlikeDescriptor, st::Claimed { amount: Amount::new(1, Currency::EUR).unwrap(), ..case.claimed() }),
        (Misdeed::UnlikeDescriptor, st::Claimed { payee: Hash::of(b"x"), ..case.claimed() }),
    ];
    for (due, claimed) in wrong {
        assert_eq!(case.convicted(&[&case.held(claimed)]), [due]);
    }
    let in_time = st::Claimed { at: END.minus(Millis(1)), ..case.claimed() };
    assert_eq!(case.convicted(&[&case.held(in_time)]), []);
}

#[test]
fn money_goes_back_on_a_ground() {
    let case = case(false);
    let early = st::Returned { at: END.minus(Millis(1)), ..case.returned(st::ReturnBasis::Time, None) };
    assert_eq!(case.convicted(&[&case.held(early)]), [Misdeed::ReturnedTooEarly]);
    let alone = case.held(case.returned(st::ReturnBasis::Payee, None));
    assert_eq!(case.convicted(&[&alone]), [Misdeed::NoGround]);
    let by_decision = case.returned(st::ReturnBasis::Decision, Some(Hash::of(b"x")));
    assert_eq!(case.convicted(&[&case.held(by_decision)]), [Misdeed::NoGround]);
    let of_payer = case.sign(&case.payer, Role::Party, st::GiveBack { amount: amount() });
    let of_payee = case.sign(&case.payee, Role::Party, st::GiveBack { amount: amount() });
    let named = |text: &str| case.held(case.returned(st::ReturnBasis::Payee, Some(Hash::of(text.as_bytes()))));
    assert_eq!(case.convicted(&[&of_payer, &named(&of_payer)]), [Misdeed::FalseGround]);
    assert_eq!(case.convicted(&[&of_payee, &named(&of_payee)]), []);
    let less = st::GiveBack { amount: Amount::new(1, Currency::EUR).unwrap() };
    let less = case.sign(&case.payee, Role::Party, less);
    assert_eq!(case.convicted(&[&less, &named(&less)]), [Misdeed::FalseGround]);
}

#[test]
fn what_a_row_names_must_be_it() {
    let case = case(false);
    let claim = case.claim(None);
    let claimed = case.held(st::Claimed { claim: Hash::of(claim.as_bytes()), ..case.claimed() });
    assert_eq!(case.convicted(&[&claim, &claimed]), [Misdeed::FalseGround]);
    let body = st::Claim { account: "A-2".to_owned(), preimage: Some(k()), salt: salt() };
    let elsewhere = case.sign(&case.payee, Role::Party, body);
    let claimed = case.held(st::Claimed { claim: Hash::of(elsewhere.as_bytes()), ..case.claimed() });
    assert_eq!(case.convicted(&[&elsewhere, &claimed]), [Misdeed::FalseGround]);
    let body = st::Lock { amount: Amount::new(1, Currency::EUR).unwrap(), ..order_of(&case) };
    let less = case.sign(&case.payer, Role::Party, body);
    let locked = case.held(st::Locked { lock: Hash::of(less.as_bytes()), ..case.locked() });
    assert_eq!(case.convicted(&[&less, &locked]), [Misdeed::FalseGround]);
}

fn order_of(case: &Case) -> st::Lock {
    let core = &case.lock.core;
    st::Lock { amount: core.amount, condition: core.condition.clone(), payee: core.payee_account }
}

#[test]
fn rows_keep_their_order_and_are_not_denied() {
    let case = case(false);
    let skew = case.lock.core.skew_ms;
    let at = NOW.plus(skew).plus(Millis(1));
    let locked = case.held(case.locked());
    let unmet = |at| case.held(st::Unmet { at, what: Kind::Locked });
    assert_eq!(case.convicted(&[&locked, &unmet(at)]), [Misdeed::DeniedRecord]);
    assert_eq!(case.convicted(&[&locked, &unmet(at.minus(Millis(1)))]), []);
    assert_eq!(case.convicted(&[&case.held(case.claimed()), &unmet(at)]), [Misdeed::DeniedRecord]);
    let late = case.held(st::Locked { at, ..case.locked() });
    assert_eq!(case.convicted(&[&late, &case.held(case.claimed())]), [Misdeed::OutOfOrder]);
    let claim = case.verdict(&[&unmet(NOW)]).claims.pop().unwrap();
    assert_eq!((claim.claim, claim.as_of), (LockClaimKind::Unmet, Some(NOW)));
}

#[test]
fn a_decision_must_be_the_one_of_the_lock() {
    let case = case(true);
    let x = std::str::from_utf8(case.x.bytes()).unwrap();
    let signed = [(&case.payer, 0), (&case.payee, 1)].map(|(key, _)| {
        let author = Author::uncertified(Role::Party, key);
        let crypto = Ideal::new(8);
        let base = Context { crypto: &crypto, now: NOW, keyring: &case.keyring };
        let meta =
            author.meta::<frame::statements::Signature>(&base, About::exchange(case.x.xid, vec![]), ANSWER_VALIDITY);
        make(&crypto, &author.secret, meta, frame::statements::Signature { promises: vec![] }).unwrap().text
    });
    let ground = signed.iter().map(|text| Hash::of(text.as_bytes())).collect();
    let body = |ground| frame::statements::Resolved { at: NOW, ground, key: None, keys: vec![] };
    let resolved = case.sign(&case.notary, Role::Notary, body(ground));
    let claimed = |ground: Option<&str>| {
        let ground = ground.map(|text| Hash::of(text.as_bytes()));
        let claim = Hash::of(case.claim(None).as_bytes());
        case.held(st::Claimed { basis: st::ClaimBasis::Decision, claim, ground, preimage: None, ..case.claimed() })
    };
    let good = claimed(Some(&resolved));
    assert_eq!(case.convicted(&[x, &signed[0], &signed[1], &resolved, &good]), []);
    assert_eq!(case.verdict(&[&good]).outcome, LockOutcome::Paid);
    assert_eq!(case.convicted(&[&claimed(None)]), [Misdeed::NoGround]);
    // A decision without its ground, an abort, another notary's word.
    let hollow = case.sign(&case.notary, Role::Notary, body(vec![]));
    assert_eq!(case.convicted(&[x, &hollow, &claimed(Some(&hollow))]), [Misdeed::FalseGround]);
    let basis = frame::statements::AbortBasis::Expired;
    let late = case.x.core.deadlines.expires;
    let body = frame::statements::Aborted { at: late, basis, ground: vec![] };
    let aborted = case.sign(&case.notary, Role::Notary, body);
    assert_eq!(case.convicted(&[&aborted, &claimed(Some(&aborted))]), [Misdeed::FalseGround]);
    let ground = Some(Hash::of(aborted.as_bytes()));
    let request = Some(Hash::of(b"not here"));
    let back = st::Returned { ground, ..case.returned(st::ReturnBasis::Decision, request) };
    assert_eq!(case.convicted(&[x, &aborted, &case.held(back.clone())]), []);
    let by_time = st::Returned { ground: None, ..case.returned(st::ReturnBasis::Time, None) };
    assert_eq!(case.convicted(&[&case.held(by_time)]), [Misdeed::NoGround]);
    let foreign = case.sign(&case.holder, Role::Notary, frame::statements::Abort {});
    let named = st::Returned { ground: Some(Hash::of(foreign.as_bytes())), ..back };
    assert_eq!(case.convicted(&[&foreign, &case.held(named)]), [Misdeed::FalseGround]);
}

/// The letter opens, and it is something else than the seller signed.
#[test]
fn a_seller_is_convicted_by_what_its_letter_holds() {
    let case = case(false);
    let sealed = sale::seal(b"a stone", &Ideal::new(4)).unwrap();
    let gold = sale::seal(b"gold", &Ideal::new(4)).unwrap();
    let offer = |content, sha256| st::DataOffer {
        amount: amount(),
        bytes: sealed.letter.len() as u64,
        cipher: sealed.cipher(),
        content,
        description: "gold".to_owned(),
        h: sealed.h(),
        holder: case.lock.core.holder.clone(),
        lock_ms: Millis::hours(1),
        name: "gold".to_owned(),
        payee: case.payee.public.clone(),
        payee_account: case.lock.core.payee_account,
        sha256,
        until: END,
    };
    let share = serde_json::to_vec(&sealed.share).unwrap();
    let claimed = case.held(st::Claimed { preimage: Some(sealed.k.clone()), ..case.claimed() });
    let judged = |offer: st::DataOffer, bound: bool| {
        let offer = case.sign(&case.payee, Role::Seller, offer);
        let mut evidence = Evidence::new();
        let pieces =
            [("offer", offer.as_bytes()), ("letter", &sealed.letter), ("share", &share), ("k", claimed.as_bytes())];
        for (name, bytes) in pieces {
            evidence.add(name, bytes).unwrap();
        }
        if bound {
            evidence.bind(Role::Seller, "offer").unwrap();
        }
        let convictions = judge(&case.lock, &evidence, &Ideal::new(1)).convictions;
        convictions.iter().any(|it| (it.who, it.misdeed) == (Role::Seller, Misdeed::WrongFile))
    };
    assert!(!judged(offer(sealed.content, Some(sealed.sha256)), true), "a good letter");
    assert!(judged(offer(gold.content, None), true));
    assert!(judged(offer(sealed.content, Some(gold.sha256)), true));
    assert!(!judged(offer(gold.content, None), false), "an offer that nobody bound to the seller");
}

#[test]
fn whatever_else_is_here_is_set_aside() {
    let case = case(false);
    let foreign = case.sign(&case.payer, Role::Bank, case.locked());
    for piece in ["", "{}", "a.b.c", foreign.as_str()] {
        let verdict = case.verdict(&[piece]);
        assert_eq!((verdict.set_aside.len(), verdict.outcome), (1, LockOutcome::Undecided));
    }
}
