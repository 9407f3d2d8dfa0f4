//! Every statement of an exchange has a wording for each of its members, in both languages.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use semper_base::{Amount, Currency, Hash, KeyId, Nonce, Role, Timestamp};
use semper_blocks::delivery::{BadEscrow, KeyOpening};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{Body, Kind, Language, Meta, Signer, payload, wording};
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::frame::NamedLeg;
use semper_exchange::fair::receipt::{ConditionalReceipt, PaymentAgreement};
use semper_exchange::log::{LogKey, Logged, LoggedRow};
use semper_exchange::transfer;
use semper_support::crypto::{Crypto, EdPublic, PublicKey, Secret32, Seeded};
use semper_support::log::{KeyUse, NoteKey};

const HASH: Hash = Hash([7; 32]);
const AT: Timestamp = Timestamp::EPOCH;

fn shown<B: Body>(body: &B) {
    for language in [Language::En, Language::De] {
        let meta = Meta {
            version: 1,
            kind: B::KIND,
            signer: Signer { role: Role::Buyer, key: KeyId(HASH), certificate: Some(HASH) },
            to: vec![KeyId(HASH)],
            issued: AT,
            expires: AT,
            nonce: Nonce([7; 16]),
            language,
            wording: wording::current(B::KIND, language),
            xid: None,
            refs: vec![],
        };
        let payload = payload(&meta, body).unwrap();
        let known = wording::find(&meta.wording).unwrap();
        assert_eq!(wording::unlabelled(&payload, &known).unwrap(), [""; 0], "{} {language:?}", B::KIND);
        wording::render(&payload, language, 0).unwrap_or_else(|e| panic!("{} {language:?}: {e}", B::KIND));
    }
}

fn amount() -> Amount {
    Amount::new(18490, Currency::EUR).unwrap()
}

fn key() -> PublicKey {
    Seeded::new([7; 32]).generate().unwrap().public
}

fn opening() -> KeyOpening {
    KeyOpening { k: Secret32::from_bytes([1; 32]), r: Secret32::from_bytes([2; 32]) }
}

#[test]
fn what_buyer_and_seller_sign() {
    let (amount, account) = (amount(), "A-1".to_owned());
    shown(&st::Hold { amount, payee: HASH });
    shown(&st::DebitOrder { account: account.clone(), account_key: key(), amount, hold: HASH });
    shown(&st::Mandate { amount, payee: HASH });
    shown(&st::Capture { account, mandate: HASH, salt: Secret32::from_bytes([3; 32]) });
    shown(&st::Release { amount });
    shown(&st::Receipt { amount, plain: HASH });
    shown(&st::Contest { captured: HASH });
    shown(&st::PassKey { key: opening() });
    shown(&st::EscrowRequest { captured: HASH });
    shown(&st::Complaint { captured: HASH, proof: HASH });
    shown(&st::Status { round: 1 });
}

#[test]
fn what_the_bank_signs() {
    let (amount, payee_key) = (amount(), KeyId(HASH));
    shown(&st::Held { amount, hold: HASH, hold_until: AT, payee: HASH, payee_key });
    shown(&st::Captured { amount, captured_at: AT, mandate: HASH, payee: HASH, payee_key, settle_after: AT });
    for by in [st::ReleaseBy::Buyer, st::ReleaseBy::Expiry, st::ReleaseBy::Seller] {
        shown(&st::Released { amount, at: AT, by });
    }
    for (basis, receipt) in [(st::SettleBasis::Receipt, Some(HASH)), (st::SettleBasis::Timer, None)] {
        shown(&st::Settled { amount, at: AT, basis, receipt });
    }
    for basis in [st::RefundBasis::BadEscrow, st::RefundBasis::Contest, st::RefundBasis::WrongFile] {
        shown(&st::Refunded { amount, at: AT, basis, notary: Some(HASH) });
    }
    shown(&st::Contested { at: AT, answer_until: AT });
    shown(&st::PassedKey { at: AT, key: opening(), settle_after: AT });
    shown(&st::Recorded { at: AT, opened: HASH, settle_after: AT });
}

#[test]
fn what_the_notary_signs() {
    shown(&st::Opened { at: AT, captured: HASH });
    shown(&st::WrongFile { at: AT, captured: HASH, proof: HASH });
    for reason in [BadEscrow::TooLarge, BadEscrow::DoesNotDecrypt, BadEscrow::Malformed, BadEscrow::OtherKey] {
        shown(&st::BadEscrow { at: AT, captured: HASH, escrow: HASH, reason });
    }
    for what in Kind::ALL {
        shown(&st::Unmet { at: AT, what });
    }
}

#[test]
fn what_is_signed_about_a_log() {
    let key = NoteKey::new("bank.test/log", KeyUse::Log, EdPublic([7; 32])).unwrap();
    let row = |slot: &str, index| LoggedRow { slot: slot.to_owned(), index, leaf: HASH };
    shown(&Logged { at: AT, log: key.clone(), rows: vec![row("hold", 0), row("decision", 7)] });
    shown(&LogKey { key });
}

#[test]
fn what_is_signed_about_a_transfer() {
    let (amount, account, pay_to) = (amount(), "A-1".to_owned(), PayTo(Nonce([7; 16])));
    shown(&transfer::PayToRequest { account: account.clone(), account_key: key(), purpose: HASH });
    shown(&transfer::Transfer { account, account_key: key(), amount, pay_to, purpose: HASH });
    shown(&transfer::Transferred { amount, at: AT, pay_to, purpose: HASH, transfer: HASH });
    let text = "Rent of March".to_owned();
    shown(&ConditionalReceipt { amount, bank: KeyId(HASH), pay_to, purpose: HASH, text: text.clone(), until: AT });
    let payee = "Waterside".to_owned();
    shown(&PaymentAgreement { amount, pay_to, payee, purpose: HASH, receipt: HASH, text, until: AT });
}

#[test]
fn what_is_sent() {
    let content = transfer::Content { layout: semper_blocks::delivery::Layout::new(7, 4).unwrap(), root: HASH };
    let paper = |kind| transfer::Paper { content, hash: HASH, kind };
    let data = transfer::Data { content, hash: HASH, media: "text/plain".to_owned() };
    let goods = [
        transfer::What::Container(transfer::Inside { goods: 2 }),
        transfer::What::Data(data),
        transfer::What::Statement(paper(Some(Kind::Promise))),
        transfer::What::Certificate(paper(None)),
        transfer::What::Payment(transfer::Payment { amount: amount() }),
    ];
    let good = |(at, what): (usize, &transfer::What)| transfer::Good { name: format!("good {at}"), what: what.clone() };
    for (confidentiality, origin) in [
        (transfer::Confidentiality::Sealed, transfer::Origin::Signed),
        (transfer::Confidentiality::Connection, transfer::Origin::Deniable),
    ] {
        let sending = transfer::Sending {
            bytes: 21,
            goods: goods.iter().enumerate().map(good).collect(),
            nonce: Nonce([7; 16]),
            quality: transfer::Quality { confidentiality, origin },
            receiver: KeyId(HASH),
            title: "Papers of the house".to_owned(),
            to: "Waterside".to_owned(),
            until: AT,
        };
        sending.check().unwrap();
        shown(&sending);
    }
}

/// One of each kind, and a letter with and without its hash.
fn legs() -> Vec<NamedLeg> {
    let letter = |hash| NamedLeg::Letter {
        bytes: 7,
        giver: "1: Alice".to_owned(),
        hash,
        media: "text/plain".to_owned(),
        name: "formula.txt".to_owned(),
        receiver: "2: Bob".to_owned(),
    };
    let payment = NamedLeg::Payment {
        amount: amount(),
        giver: "1: Alice".to_owned(),
        holder: "Bank".to_owned(),
        receiver: "2: Bob".to_owned(),
    };
    let compensation = NamedLeg::Compensation {
        amount: amount(),
        due: AT,
        giver: "2: Bob".to_owned(),
        holder: "Bank".to_owned(),
        receiver: "1: Alice".to_owned(),
        until: AT,
        what: "The chairs are delivered.".to_owned(),
    };
    vec![letter(None), letter(Some(HASH)), payment, compensation, NamedLeg::Signature { giver: "2: Bob".to_owned() }]
}

#[test]
fn what_is_signed_with_a_notary_as_register() {
    use semper_exchange::fair::frame::statements as st;
    use semper_exchange::fair::frame::terms::NamedFee;
    use semper_exchange::fair::frame::{Attached, Contract, Named, Protocol};
    let named = |name: &str, certificate| Named { certificate, key: key(), name: name.to_owned() };
    let fee = NamedFee { amount: amount(), payer: "Alice".to_owned() };
    let file = Attached { bytes: 7, hash: HASH, media: "application/pdf".to_owned(), name: "lease.pdf".to_owned() };
    let contract = |protocol, text, file, fee| Contract {
        expires: AT,
        fee,
        file,
        grade: semper_blocks::item::Grade::Strong,
        legs: vec![],
        language: Language::De,
        notary: named("Notary", Some(HASH)),
        parties: vec![named("Alice", None), named("Bob", Some(HASH))],
        protocol,
        text,
        title: "Lease".to_owned(),
    };
    shown(&st::Agreement { contract: contract(Protocol::Cs2, Some("Text".to_owned()), None, None) });
    shown(&st::Agreement { contract: contract(Protocol::CsnA, None, Some(file.clone()), Some(fee.clone())) });
    shown(&st::Dispatch { contract: contract(Protocol::Cm, None, Some(file.clone()), Some(fee)) });
    shown(&st::Reception { contract: contract(Protocol::CmOnline, None, Some(file), None) });
    let deal = contract(Protocol::Deal, Some("Text".to_owned()), None, None);
    shown(&st::JointDeal { contract: Contract { legs: legs(), ..deal } });
    for answers in [None, Some(HASH)] {
        shown(&st::Promise { answers });
    }
    for promises in [vec![], vec![HASH, HASH]] {
        shown(&st::Signature { promises });
    }
    for (round, vector) in [(1, None), (2, Some(HASH))] {
        shown(&st::Pledge { round, vector });
        shown(&st::Stop { round });
        shown(&st::Halted { at: AT, party: 1, round, ground: vec![HASH; 3] });
    }
    shown(&st::Abort {});
    for basis in [st::AbortBasis::Asked, st::AbortBasis::BadEscrow, st::AbortBasis::Expired] {
        shown(&st::Aborted { at: AT, basis, ground: vec![HASH] });
    }
    shown(&st::Resolved { at: AT, ground: vec![HASH; 16], key: None, keys: vec![] });
    shown(&st::Resolved { at: AT, ground: vec![HASH; 2], key: Some(opening()), keys: vec![] });
    shown(&st::Resolved { at: AT, ground: vec![HASH; 2], key: None, keys: vec![opening(), opening()] });
}

#[test]
fn what_is_signed_about_a_lock() {
    use semper_base::{Millis, Xid};
    use semper_exchange::fair::lock::statements as st;
    use semper_exchange::fair::lock::{ByDecision, ByHash, Condition, Third, Unless};
    let (amount, account, payee_key) = (amount(), "A-1".to_owned(), KeyId(HASH));
    let secret = || Secret32::from_bytes([1; 32]);
    let third = || Third { key: key(), certificate: HASH };
    let by_hash = Condition::Hash(ByHash { h: HASH, until: AT });
    let by_decision = |unless| Condition::Decision(ByDecision { exchange: Xid::of(b"x"), notary: third(), unless });
    let [by_decision, unless_done] = [None, Some(Unless { due: AT, until: AT })].map(by_decision);
    for condition in [by_hash, by_decision, unless_done] {
        shown(&st::Lock { amount, condition, payee: HASH });
    }
    shown(&st::LockDebit { account: account.clone(), account_key: key(), amount, lock: HASH });
    shown(&st::Locked { amount, at: AT, lock: HASH, payee: HASH, payee_key });
    for (basis, preimage, ground) in
        [(st::ClaimBasis::Preimage, Some(secret()), None), (st::ClaimBasis::Decision, None, Some(HASH))]
    {
        shown(&st::Claim { account: account.clone(), preimage: preimage.clone(), salt: secret() });
        shown(&st::Claimed { amount, at: AT, basis, claim: HASH, ground, payee: HASH, payee_key, preimage });
    }
    shown(&st::GiveBack { amount });
    for basis in [st::ReturnBasis::Cancelled, st::ReturnBasis::Decision, st::ReturnBasis::Payee, st::ReturnBasis::Time]
    {
        shown(&st::Returned { amount, at: AT, basis, ground: Some(HASH), request: Some(HASH) });
    }
    shown(&st::LockWatch { payee: key() });
    let (name, description) = ("answer.txt".to_owned(), "An answer".to_owned());
    shown(&st::DataOffer {
        amount,
        bytes: 7,
        cipher: HASH,
        content: HASH,
        description: description.clone(),
        h: HASH,
        holder: third(),
        lock_ms: Millis::hours(1),
        name: name.clone(),
        payee: key(),
        payee_account: HASH,
        sha256: Some(HASH),
        until: AT,
    });
    let (holder, seller) = ("Bank".to_owned(), "Alice".to_owned());
    shown(&st::DataPurchase { amount, bytes: 7, description, holder, name, offer: HASH, seller, until: AT });
}

#[test]
fn what_is_signed_about_an_escrow() {
    use semper_exchange::fair::dgp::Third;
    use semper_exchange::fair::lock::Condition;
    use semper_exchange::fair::lock::escrow::statements::{self as st, DivideBasis as B};
    use semper_exchange::fair::lock::escrow::{Carrier, Escrow, Side};
    use semper_exchange::fair::lock::statements::Lock;
    let ms = semper_base::Millis::days(14);
    let (amount, salt) = (amount(), Secret32::from_bytes([3; 32]));
    let arbiter = Third { key: key(), certificate: HASH };
    for (carrier, silent) in [(None, Side::Payee), (Some(Carrier { key: key(), pickup: HASH }), Side::Payer)] {
        let (accept_ms, deliver_ms, hearing_ms, arbiter) = (ms, ms, ms, arbiter.clone());
        let escrow = Escrow { accept_ms, arbiter, carrier, deliver_ms, hearing_ms, ship_by: AT, silent };
        shown(&Lock { amount, condition: Condition::Escrow(escrow), payee: HASH });
    }
    shown(&st::Consignment { account: "A-1".to_owned(), due: amount, salt });
    shown(&st::Consigned { at: AT, consignment: HASH, due: amount, until: AT });
    shown(&st::HandedOver { at: AT, code: Nonce([7; 16]) });
    shown(&st::Arrived { at: AT, handed_over: HASH, until: AT });
    shown(&st::Approval { amount, consignment: HASH });
    shown(&st::Dispute { consignment: HASH, evidence: HASH });
    for by in [Side::Payee, Side::Payer] {
        shown(&st::Disputed { at: AT, by, dispute: HASH, until: AT });
    }
    shown(&st::Ruling { dispute: HASH, payee: amount, payer: amount, reasons: HASH });
    for basis in [B::Approved, B::NotArrived, B::NotShipped, B::Ruled, B::Unobjected, B::Unruled] {
        for ground in [None, Some(HASH)] {
            shown(&st::Divided { at: AT, basis, ground, payee: amount, payer: amount });
        }
    }
}
