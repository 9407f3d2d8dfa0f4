//! The buyer's half of the key on its way to the seller, inside the order.

use semper_base::limits::ESCROW_BYTES_MAX;
use semper_base::{Code, Fault, Hash, Violation};
use semper_support::crypto::{Crypto, PublicKey, Secret32, SecretKey};

use super::opening::ShareOpening;

/// Seals the buyer's half to the seller: HPKE of `s || r_s`, associated data
/// `SHA-256("semper-share/1" || context)`. The context names the offer that is ordered, so that the box
/// does not open beside another. The encapsulation follows from `seed`, the content and the context.
pub fn seal_share(
    crypto: &dyn Crypto,
    seller: &PublicKey,
    seed: &Secret32,
    share: &ShareOpening,
    context: &[u8],
) -> Result<Vec<u8>, Fault> {
    let (aad, pair) = (associated(context), share.to_pair());
    let once = Hash::tagged_parts("semper-share-seed/1", &[seed.danger_bytes(), pair.as_slice(), aad.bytes()]);
    crypto.seal(seller, &Secret32::from_bytes(once.0), pair.as_slice(), aad.bytes())
}

/// What the seller does before encrypting anything: a half that does not open `com_s` would let the
/// buyer complain of a good file. [`Code::TooLarge`], [`Code::SealWrong`], [`Code::FieldWrong`] (not
/// two secrets) or [`Code::CommitmentWrong`].
pub fn open_share(
    crypto: &dyn Crypto,
    seller: &SecretKey,
    sealed: &[u8],
    context: &[u8],
    com_s: &Hash,
) -> Result<ShareOpening, Violation> {
    if sealed.len() > ESCROW_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "sealed share"));
    }
    let pair = zeroize::Zeroizing::new(crypto.open(seller, sealed, associated(context).bytes())?);
    let share = ShareOpening::from_pair(&pair).ok_or_else(|| Violation::new(Code::FieldWrong, "sealed share"))?;
    share.check(com_s)?;
    Ok(share)
}

fn associated(context: &[u8]) -> Hash {
    Hash::tagged("semper-share/1", context)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{secret, share};
    use super::*;
    use semper_support::crypto::seeded::Seeded;

    #[test]
    fn only_the_seller_beside_the_offer_opens_it() {
        let crypto = Seeded::new([1; 32]);
        let (seller, other) = (crypto.generate().unwrap(), crypto.generate().unwrap());
        let com_s = share(1).commitment();
        let sealed = seal_share(&crypto, &seller.public, &secret("e", 1), &share(1), b"offer").unwrap();
        assert_eq!(open_share(&crypto, &seller.secret, &sealed, b"offer", &com_s), Ok(share(1)));
        let code = |key: &SecretKey, sealed: &[u8], context: &[u8], com_s: &Hash| {
            open_share(&crypto, key, sealed, context, com_s).unwrap_err().code()
        };
        assert_eq!(code(&other.secret, &sealed, b"offer", &com_s), Code::SealWrong);
        assert_eq!(code(&seller.secret, &sealed, b"another", &com_s), Code::SealWrong);
        assert_eq!(code(&seller.secret, &sealed[1..], b"offer", &com_s), Code::SealWrong);
        assert_eq!(code(&seller.secret, &sealed, b"offer", &share(2).commitment()), Code::CommitmentWrong);
        assert_eq!(code(&seller.secret, &[0; ESCROW_BYTES_MAX + 1], b"offer", &com_s), Code::TooLarge);
        let aad = Hash::tagged("semper-share/1", b"offer");
        let short = crypto.seal(&seller.public, &secret("e", 1), b"short", aad.bytes()).unwrap();
        assert_eq!(code(&seller.secret, &short, b"offer", &com_s), Code::FieldWrong);
    }
}
