//! A letter for money by a hash lock: what buyer and seller check, and what a bad letter shows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use semper_base::{Amount, Code, Currency, Hash, Millis, Nonce, Role, Timestamp};
use semper_blocks::delivery::ShareOpening;
use semper_blocks::statement::{About, Author, Statement};
use semper_exchange::fair::lock::sale::{self, Sealed, Wrong};
use semper_exchange::fair::lock::statements::{DataOffer, Locked};
use semper_exchange::fair::lock::{ByHash, Condition, Core, Lock, Third, by_hash};
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// What is changed, and what becomes of it.
type Change<'a, T> = (&'a dyn Fn(&mut T), Code);

struct Shop {
    seller: KeyPair,
    payer: KeyPair,
    keyring: Keyring,
    sealed: Sealed,
    offer: DataOffer,
}

fn shop() -> Shop {
    let crypto = Ideal::new(1);
    let [seller, payee, payer, holder] = [(); 4].map(|()| crypto.generate().unwrap());
    let sealed = sale::seal(b"the answer is 42", &crypto).unwrap();
    let offer = DataOffer {
        amount: Amount::new(12_00, Currency::EUR).unwrap(),
        bytes: sealed.letter.len() as u64,
        cipher: sealed.cipher(),
        content: sealed.content,
        description: "An answer".to_owned(),
        h: sealed.h(),
        holder: Third { key: holder.public, certificate: Hash::of(b"certificate") },
        lock_ms: Millis::hours(24),
        name: "answer.txt".to_owned(),
        payee: payee.public,
        payee_account: Hash::of(b"account"),
        sha256: Some(sealed.sha256),
        until: NOW.plus(Millis::days(7)),
    };
    Shop { seller, payer, keyring: Keyring::for_simulation([9; 32]), sealed, offer }
}

impl Shop {
    fn signed(&self, offer: DataOffer) -> Statement<DataOffer> {
        let crypto = Ideal::new(2);
        let base = Context { crypto: &crypto, now: NOW, keyring: &self.keyring };
        Author::uncertified(Role::Seller, &self.seller).answer(&base, About::default(), offer).unwrap()
    }

    fn lock(&self, offer: &Statement<DataOffer>, now: Timestamp) -> Result<Core, Code> {
        sale::lock(offer, &self.sealed.share, &self.payer.public, Nonce([3; 16]), now).map_err(|it| it.code())
    }
}

fn locked(core: &Core, at: Timestamp) -> Locked {
    let lock = Hash::of(b"order");
    Locked { amount: core.amount, at, lock, payee: core.payee_account, payee_key: core.payee.id() }
}

#[test]
fn the_key_opens_what_was_offered() {
    let shop = shop();
    let Shop { sealed, offer, .. } = &shop;
    assert_eq!(sale::check_parcel(offer, &sealed.letter, &sealed.share), Ok(()));
    let opened = sale::open(offer, &sealed.letter, &sealed.share, &sealed.k).unwrap();
    assert_eq!(opened.unwrap(), b"the answer is 42");
    let lock = Lock::new(&shop.lock(&shop.signed(offer.clone()), NOW).unwrap()).unwrap();
    let by = by_hash_of(&lock).unwrap();
    assert_eq!((by.h, by.until), (by_hash::hash_of(&sealed.k), NOW.plus(offer.lock_ms)));
    assert_eq!(by.opens(Some(&sealed.k)), Ok(()));
}

/// Without the key nobody can try out what a short content may be.
#[test]
fn an_offer_does_not_give_a_short_content_away() {
    let [one, other] = [1, 2].map(|seed| sale::seal(b"yes", &Ideal::new(seed)).unwrap());
    assert_ne!(one.content, other.content);
    assert_eq!(one.sha256, other.sha256);
}

#[test]
fn a_buyer_locks_nothing_for_another_parcel() {
    let shop = shop();
    let Shop { sealed, offer, .. } = &shop;
    let code = |offer: &DataOffer, letter: &[u8], share: &ShareOpening| {
        sale::check_parcel(offer, letter, share).unwrap_err().code()
    };
    let other = sale::seal(b"another", &Ideal::new(9)).unwrap();
    assert_eq!(code(offer, &other.letter, &sealed.share), Code::CommitmentWrong);
    assert_eq!(code(offer, &sealed.letter, &other.share), Code::CommitmentWrong);
    let changes: [Change<'_, DataOffer>; 9] = [
        (&|offer| offer.bytes += 1, Code::FieldWrong),
        (&|offer| offer.amount = Amount::zero(Currency::EUR), Code::AmountMalformed),
        (&|offer| offer.name = String::new(), Code::FieldWrong),
        (&|offer| offer.name = "x".repeat(256), Code::FieldWrong),
        (&|offer| offer.description = "x".repeat(2_001), Code::FieldWrong),
        (&|offer| offer.lock_ms = Millis(0), Code::FieldWrong),
        (&|offer| offer.lock_ms = Millis::days(367), Code::FieldWrong),
        (&|offer| offer.payee = offer.holder.key.clone(), Code::FieldWrong),
        (&|offer| offer.cipher = Hash::of(b"x"), Code::CommitmentWrong),
    ];
    for (change, due) in changes {
        let mut offer = offer.clone();
        change(&mut offer);
        assert_eq!(code(&offer, &sealed.letter, &sealed.share), due);
    }
    let signed = shop.signed(offer.clone());
    assert_eq!(shop.lock(&signed, offer.until), Err(Code::Expired));
    assert!(shop.lock(&signed, offer.until.minus(Millis(1))).is_ok());
}

/// A seller gives the key for its own terms only, and for what was locked in time by the holder's clock.
#[test]
fn a_seller_claims_only_what_fits_its_offer() {
    let shop = shop();
    let offer = shop.signed(shop.offer.clone());
    let core = shop.lock(&offer, NOW).unwrap();
    let fits = |core: &Core, at: Timestamp| {
        let lock = Lock::new(core).unwrap();
        sale::fits(&offer, &shop.sealed.share, &lock, &locked(core, at)).map_err(|it| it.code())
    };
    assert_eq!(fits(&core, NOW), Ok(()));
    assert_eq!(fits(&core, shop.offer.until), Err(Code::Expired));
    let key = Ideal::new(5).generate().unwrap().public;
    let changes: [Change<'_, Core>; 7] = [
        (&|core| core.amount = Amount::new(1, Currency::EUR).unwrap(), Code::MismatchAmount),
        (&|core| core.payee = key.clone(), Code::MismatchPayee),
        (&|core| core.payee_account = Hash::of(b"x"), Code::MismatchPayee),
        (&|core| core.holder.certificate = Hash::of(b"x"), Code::RegisterWrong),
        (&|core| core.terms = None, Code::TermsWrong),
        (&|core| change_hash(core, |by| by.h = Hash::of(b"x")), Code::CommitmentWrong),
        (&|core| change_hash(core, |by| by.until = by.until.minus(Millis(1))), Code::MismatchDeadline),
    ];
    for (change, due) in changes {
        let mut core = core.clone();
        change(&mut core);
        assert_eq!(fits(&core, NOW), Err(due));
    }
    let lock = Lock::new(&core).unwrap();
    let other = Locked { amount: Amount::new(1, Currency::EUR).unwrap(), ..locked(&core, NOW) };
    let code = sale::fits(&offer, &shop.sealed.share, &lock, &other).unwrap_err().code();
    assert_eq!(code, Code::MismatchAmount);
    assert_eq!(sale::margin(&shop.offer), sale::MARGIN);
    let short = DataOffer { lock_ms: Millis(600), ..shop.offer.clone() };
    assert_eq!(sale::margin(&short), Millis(100));
}

fn by_hash_of(lock: &Lock) -> Option<ByHash> {
    if let Condition::Hash(by) = lock.core.condition { Some(by) } else { None }
}

fn change_hash(core: &mut Core, change: impl FnOnce(&mut ByHash)) {
    if let Condition::Hash(by) = &mut core.condition {
        change(by);
    }
}

/// What opens to something else than was signed shows it; what is not of this offer shows nothing.
#[test]
fn a_bad_letter_shows_itself_and_nothing_else_does() {
    let Shop { sealed, offer, .. } = shop();
    let other = sale::seal(b"another", &Ideal::new(9)).unwrap();
    let open = |offer: &DataOffer, letter: &[u8], share: &ShareOpening, k: &Secret32| {
        sale::open(offer, letter, share, k).map_err(|it| it.code())
    };
    let of = |change: &dyn Fn(&mut DataOffer)| {
        let mut offer = offer.clone();
        change(&mut offer);
        open(&offer, &sealed.letter, &sealed.share, &sealed.k)
    };
    assert_eq!(of(&|offer| offer.content = other.content), Ok(Err(Wrong::OtherContent)));
    assert_eq!(of(&|offer| offer.sha256 = Some(other.sha256)), Ok(Err(Wrong::OtherHash)));
    assert!(of(&|offer| offer.sha256 = None).unwrap().is_ok());
    // The hash of another key: the payment buys nothing that opens it.
    let swapped = DataOffer { h: other.h(), ..offer.clone() };
    assert_eq!(open(&swapped, &sealed.letter, &sealed.share, &other.k), Ok(Err(Wrong::DoesNotOpen)));
    for (letter, share, k) in [
        (&other.letter, &sealed.share, &sealed.k),
        (&sealed.letter, &other.share, &sealed.k),
        (&sealed.letter, &sealed.share, &other.k),
    ] {
        assert_eq!(open(&offer, letter, share, k), Err(Code::CommitmentWrong));
    }
}
