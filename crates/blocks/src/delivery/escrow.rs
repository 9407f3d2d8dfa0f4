//! The escrow box `e_T`: the seller's half of the key, sealed to the notary of this one descriptor.

use semper_base::limits::ESCROW_BYTES_MAX;
use semper_base::{Code, Error, Fault, Hash, Misuse, Violation};
use semper_support::crypto::{Crypto, KeyPair, PublicKey, Secret32};
use serde::{Deserialize, Serialize};

use super::opening::KeyOpening;

/// What the notary found in the box.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EscrowOpening {
    /// The halves that open `com_k`: to be given out once the register says captured.
    Opened(KeyOpening),
    /// The seller put something else in: the buyer is to be refunded.
    Bad(BadEscrow),
}

/// Why a box is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BadEscrow {
    /// Longer than any box that this version makes.
    TooLarge,
    /// Does not decrypt with the notary's key and this descriptor.
    DoesNotDecrypt,
    /// Decrypts to something that is not two secrets.
    Malformed,
    /// Holds two secrets that do not open `com_k`.
    OtherKey,
}

/// What the seller keeps, and shows to convict a notary who cried bad escrow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscrowDefence {
    /// The seed that [`seal_escrow`] was given.
    pub seed: Secret32,
    /// What was put in.
    pub key: KeyOpening,
}

/// The name of a box in the descriptor: its plain SHA-256, so that any tool can check it.
#[must_use]
pub fn escrow_hash(escrow: &[u8]) -> Hash {
    Hash::of(escrow)
}

/// Whether this is the box that the descriptor names and within [`ESCROW_BYTES_MAX`]: what the buyer
/// checks before letting the money go. [`Code::TooLarge`] or [`Code::EscrowHashWrong`] if not.
pub fn check_escrow(escrow: &[u8], named: &Hash) -> Result<(), Violation> {
    if escrow.len() > ESCROW_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "escrow"));
    }
    check_hash(escrow, named)
}

/// Seals `key` to the notary: HPKE of `k || r`, associated data
/// `SHA-256("semper-escrow/1" || exact bytes of the core)`, so that a box copied into another
/// descriptor does not open there. The encapsulation follows from `seed`, the key and the core; the
/// same seed for another sale would therefore still not repeat a nonce.
pub fn seal_escrow(
    crypto: &dyn Crypto,
    notary: &PublicKey,
    seed: &Secret32,
    key: &KeyOpening,
    core: &[u8],
) -> Result<Vec<u8>, Fault> {
    let (aad, pair) = (associated(core), key.to_pair());
    let once = Hash::tagged_parts("semper-escrow-seed/1", &[seed.danger_bytes(), pair.as_slice(), aad.bytes()]);
    crypto.seal(notary, &Secret32::from_bytes(once.0), pair.as_slice(), aad.bytes())
}

/// What the notary does when asked. `named` is the notary's key in the descriptor, `core` its exact
/// bytes.
///
/// Only an `Ok` is an answer that may be signed. Errors, none of which says anything about the seller:
/// [`Code::EscrowHashWrong`] (the asker brought another box), [`Code::KeyMissing`] (we hold another key
/// than the one named), [`Code::Crypto`] (our own key does not open what is sealed to it: before
/// accusing anybody the notary tries itself, because the accusation would convict the notary).
pub fn open_escrow(
    crypto: &dyn Crypto,
    keys: &KeyPair,
    named: &PublicKey,
    escrow: &[u8],
    escrow_hash: &Hash,
    core: &[u8],
    com_k: &Hash,
) -> Result<EscrowOpening, Error> {
    check_hash(escrow, escrow_hash)?;
    if keys.public != *named {
        return Err(Misuse::new(Code::KeyMissing, "the notary key of this descriptor").into());
    }
    if escrow.len() > ESCROW_BYTES_MAX {
        return Ok(EscrowOpening::Bad(BadEscrow::TooLarge));
    }
    let Ok(content) = crypto.open(&keys.secret, escrow, associated(core).bytes()) else {
        check_own_key(crypto, keys)?;
        return Ok(EscrowOpening::Bad(BadEscrow::DoesNotDecrypt));
    };
    let content = zeroize::Zeroizing::new(content);
    Ok(match KeyOpening::from_pair(&content) {
        None => EscrowOpening::Bad(BadEscrow::Malformed),
        Some(key) if key.check(com_k).is_err() => EscrowOpening::Bad(BadEscrow::OtherKey),
        Some(key) => EscrowOpening::Opened(key),
    })
}

/// Whether the box that the descriptor names was good after all: its content opens `com_k`, and sealing
/// the content again gives exactly this box. `Ok` convicts a notary who signed bad escrow for this
/// descriptor. Otherwise [`Code::CommitmentWrong`] or [`Code::ProofWrong`].
pub fn judge_escrow(
    crypto: &dyn Crypto,
    named: &PublicKey,
    escrow_hash: &Hash,
    core: &[u8],
    com_k: &Hash,
    defence: &EscrowDefence,
) -> Result<(), Error> {
    defence.key.check(com_k)?;
    let again = seal_escrow(crypto, named, &defence.seed, &defence.key, core)?;
    if Hash::of(&again) == *escrow_hash {
        return Ok(());
    }
    Err(Violation::new(Code::ProofWrong, "sealed again, the box is another one").into())
}

fn check_hash(escrow: &[u8], named: &Hash) -> Result<(), Violation> {
    if escrow_hash(escrow) == *named { Ok(()) } else { Err(Violation::new(Code::EscrowHashWrong, "")) }
}

fn associated(core: &[u8]) -> Hash {
    Hash::tagged("semper-escrow/1", core)
}

/// Seals a known text to ourselves and opens it.
fn check_own_key(crypto: &dyn Crypto, keys: &KeyPair) -> Result<(), Fault> {
    let probe = Hash::of(b"semper-escrow-probe/1");
    let sealed = crypto.seal(&keys.public, &Secret32::from_bytes(probe.0), probe.bytes(), b"")?;
    match crypto.open(&keys.secret, &sealed, b"") {
        Ok(opened) if opened == probe.bytes() => Ok(()),
        _ => Err(Fault::new(Code::Crypto, "the notary's own key does not open what is sealed to it")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{key, secret, share};
    use super::*;
    use proptest::prelude::*;
    use semper_support::crypto::ideal::Ideal;
    use semper_support::crypto::seeded::Seeded;

    const CORE: &[u8] = b"{\"the\":\"core\"}";

    struct Desk {
        crypto: Box<dyn Crypto>,
        notary: KeyPair,
        other: KeyPair,
    }

    impl Desk {
        fn new(crypto: Box<dyn Crypto>) -> Self {
            let (notary, other) = (crypto.generate().unwrap(), crypto.generate().unwrap());
            Desk { crypto, notary, other }
        }

        fn both() -> [Desk; 2] {
            [Desk::new(Box::new(Seeded::new([1; 32]))), Desk::new(Box::new(Ideal::new(1)))]
        }

        fn seal(&self, seed: u8, core: &[u8]) -> Vec<u8> {
            seal_escrow(&*self.crypto, &self.notary.public, &secret("e", seed), &key(1), core).unwrap()
        }

        /// The notary's answer for a box that a descriptor names.
        fn ask(&self, escrow: &[u8]) -> Result<EscrowOpening, Error> {
            let (public, hash) = (&self.notary.public, escrow_hash(escrow));
            open_escrow(&*self.crypto, &self.notary, public, escrow, &hash, CORE, &key(1).commitment())
        }

        fn judge(&self, escrow: &[u8], core: &[u8], defence: &EscrowDefence) -> Result<(), Error> {
            let (public, hash) = (&self.notary.public, escrow_hash(escrow));
            judge_escrow(&*self.crypto, public, &hash, core, &key(1).commitment(), defence)
        }
    }

    #[test]
    fn a_good_box_opens() {
        for desk in Desk::both() {
            let escrow = desk.seal(1, CORE);
            assert!(check_escrow(&escrow, &escrow_hash(&escrow)).is_ok());
            assert_eq!(desk.ask(&escrow), Ok(EscrowOpening::Opened(key(1))));
        }
    }

    #[test]
    fn every_bad_box_is_named() {
        for desk in Desk::both() {
            let aad = Hash::tagged("semper-escrow/1", CORE);
            let seal =
                |to: &PublicKey, content: &[u8]| desk.crypto.seal(to, &secret("e", 1), content, aad.bytes()).unwrap();
            let pair = key(1).to_pair();
            let mut flipped = desk.seal(1, CORE);
            *flipped.last_mut().unwrap() ^= 1;
            let cases = [
                (vec![0; ESCROW_BYTES_MAX + 1], BadEscrow::TooLarge),
                (Vec::new(), BadEscrow::DoesNotDecrypt),
                (vec![4; 145], BadEscrow::DoesNotDecrypt),
                (flipped, BadEscrow::DoesNotDecrypt),
                (desk.seal(1, b"another core"), BadEscrow::DoesNotDecrypt),
                (seal(&desk.other.public, pair.as_slice()), BadEscrow::DoesNotDecrypt),
                (seal(&desk.notary.public, b""), BadEscrow::Malformed),
                (seal(&desk.notary.public, &pair[..63]), BadEscrow::Malformed),
                (seal(&desk.notary.public, &[0; 65]), BadEscrow::Malformed),
                (seal(&desk.notary.public, key(2).to_pair().as_slice()), BadEscrow::OtherKey),
                (seal(&desk.notary.public, share(1).to_pair().as_slice()), BadEscrow::OtherKey),
            ];
            for (escrow, reason) in cases {
                assert_eq!(desk.ask(&escrow), Ok(EscrowOpening::Bad(reason)));
            }
        }
    }

    /// None of these may become a "bad escrow" of the seller's.
    #[test]
    fn what_is_not_the_sellers_fault_is_an_error() {
        for desk in Desk::both() {
            let (escrow, com_k) = (desk.seal(1, CORE), key(1).commitment());
            let public = &desk.notary.public;
            let hash = escrow_hash(&escrow);
            let open = |keys: &KeyPair, named: &PublicKey, escrow: &[u8]| {
                open_escrow(&*desk.crypto, keys, named, escrow, &hash, CORE, &com_k).map_err(|e| e.code())
            };
            assert_eq!(open(&desk.notary, public, b"another box"), Err(Code::EscrowHashWrong));
            assert_eq!(open(&desk.notary, public, &vec![0; ESCROW_BYTES_MAX + 1]), Err(Code::EscrowHashWrong));
            assert_eq!(open(&desk.other, public, &escrow), Err(Code::KeyMissing));
            let damaged = KeyPair { secret: desk.other.secret.clone(), public: public.clone() };
            assert_eq!(open(&damaged, public, &escrow), Err(Code::Crypto));
        }
    }

    #[test]
    fn the_buyer_takes_only_the_named_box() {
        let escrow = vec![1; ESCROW_BYTES_MAX];
        assert!(check_escrow(&escrow, &Hash::of(&escrow)).is_ok());
        assert_eq!(check_escrow(&escrow, &Hash::of(b"")).unwrap_err().code(), Code::EscrowHashWrong);
        let long = vec![1; ESCROW_BYTES_MAX + 1];
        assert_eq!(check_escrow(&long, &Hash::of(&long)).unwrap_err().code(), Code::TooLarge);
    }

    #[test]
    fn a_lying_notary_is_convicted_and_an_honest_one_is_not() {
        for desk in Desk::both() {
            let good = EscrowDefence { seed: secret("e", 1), key: key(1) };
            let escrow = desk.seal(1, CORE);
            assert_eq!(desk.judge(&escrow, CORE, &good), Ok(()));
            let code = |escrow: &[u8], core: &[u8], defence: &EscrowDefence| {
                desk.judge(escrow, core, defence).unwrap_err().code()
            };
            let seed = EscrowDefence { seed: secret("e", 2), ..good.clone() };
            assert_eq!(code(&escrow, CORE, &seed), Code::ProofWrong);
            let other = EscrowDefence { key: key(2), ..good.clone() };
            assert_eq!(code(&escrow, CORE, &other), Code::CommitmentWrong);
            assert_eq!(code(&escrow, b"another core", &good), Code::ProofWrong);
            assert_eq!(code(b"garbage", CORE, &good), Code::ProofWrong);
        }
    }

    /// A box that the notary rightly called bad cannot be defended with the seed that made it.
    #[test]
    fn a_bad_box_has_no_defence() {
        for desk in Desk::both() {
            let crypto = &*desk.crypto;
            let defence = EscrowDefence { seed: secret("e", 1), key: key(1) };
            let to_other = seal_escrow(crypto, &desk.other.public, &defence.seed, &key(1), CORE).unwrap();
            let with_other = seal_escrow(crypto, &desk.notary.public, &defence.seed, &key(2), CORE).unwrap();
            for escrow in [to_other, with_other, desk.seal(1, b"another core")] {
                assert!(matches!(desk.ask(&escrow), Ok(EscrowOpening::Bad(_))));
                assert_eq!(desk.judge(&escrow, CORE, &defence).unwrap_err().code(), Code::ProofWrong);
            }
        }
    }

    /// With HPKE a repeated encapsulation would repeat key and nonce. `enc` is the first 65 bytes.
    #[test]
    fn a_repeated_seed_repeats_no_encapsulation() {
        let desk = Desk::new(Box::new(Seeded::new([1; 32])));
        let seal = |secret_key, core: &[u8]| {
            seal_escrow(&*desk.crypto, &desk.notary.public, &secret("e", 1), &key(secret_key), core).unwrap()
        };
        let (one, again, other_key, other_core) = (seal(1, CORE), seal(1, CORE), seal(2, CORE), seal(1, b"x"));
        assert_eq!(one, again);
        assert_ne!(one[..65], other_key[..65]);
        assert_ne!(one[..65], other_core[..65]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn no_box_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for desk in Desk::both() {
                prop_assert_eq!(desk.ask(&bytes), Ok(EscrowOpening::Bad(BadEscrow::DoesNotDecrypt)));
            }
        }
    }
}
