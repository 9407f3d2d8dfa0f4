//! Delivery of a digital good that is paid only if it is the good that was offered.
//!
//! A newcomer's tour. A seller S sells a file to a buyer B. The file is cut into chunks; chunk `i`
//! in clear is a *plain leaf* (a salt, then the data), chunk `i` as it travels is a *sealed leaf*
//! (the plain leaf encrypted). Over each list stands a Merkle tree:
//!
//! ```text
//!         R = what is sold                          Z = what travels
//!        /               \                         /               \
//!     .                     .                   .                     .
//!   H(leaf 0)  ...  H(leaf n-1)               H(c 0)   ...       H(c n-1)
//!      |                                         |
//!   salt 0 || data 0  ------ encrypt(K, 0) ---->  c 0
//!                                  ^
//!                                  |   K = KDF(k, s; R, layout)
//!              k: S's half --------+-------- s: B's half
//!              com_k = H(k, r)               com_s = H(s, r_s)
//!              e_T = box for the notary T with (k, r)
//! ```
//!
//! 1. S makes the salts and R once ([`CataloguePass`]); R stands in the offer. The salts keep R from
//!    confirming guesses about chunks that hold little surprise.
//! 2. B orders: `com_s` in clear, `(s, r_s)` sealed to S ([`seal_share`]).
//! 3. S draws k, r, encrypts ([`SealPass`]), makes `com_k`, Z and `e_T` ([`seal_escrow`]). Parties,
//!    money, [`Goods`] (layout, R, Z, `com_k`, `com_s`) and the hash of `e_T` are the exchange's descriptor.
//! 4. The money is held; S sends [`Chunk`]s. B checks each on arrival ([`verify_chunk`]), in any
//!    order, and knows what is still [`Missing`]. B has the whole good now, but cannot read it.
//! 5. B lets the money be captured; S gives k and r. B opens every chunk ([`open_agreed`]).
//!
//! What goes wrong and who helps: S withholds k: T opens `e_T` ([`open_escrow`]). `e_T` was bad: T
//! says so, B is refunded, and S can show a lie of T's with the seed of the box
//! ([`judge_escrow`]). A chunk is not the one in R: B shows one [`Complaint`], of a size that grows
//! with the logarithm of the file, and [`judge_complaint`] decides it from the descriptor alone. It is
//! the same function that B runs on every chunk, so B is stuck exactly when the complaint wins.
//!
//! # Why an opening is unique
//!
//! ChaCha20-Poly1305 alone does not commit to its key: one ciphertext can be made that opens under
//! two keys to two texts. Here that gains nobody anything. Up to collisions of SHA-256, `com_k` has
//! one opening `(k, r)`, `com_s` has one opening `(s, r_s)` (fixed lengths, own tags), K is a function of
//! k, s, R and the layout, R and Z each have one leaf hash per index (the number of leaves, hence the
//! path's length and shape, stands in the descriptor), and a leaf hash has one leaf. So whether chunk
//! `i` opens, and to what, is a function of the descriptor and `i`: nobody who brings a complaint or
//! an answer to one can choose between two outcomes. No separate key commitment in front of each
//! ciphertext is needed.
//!
//! # Why a nonce never meets two texts
//!
//! The nonce is the index; K must then never encrypt two files. K depends on R, which fixes every
//! plain leaf with its salt. Even a seller that draws the same k twice, for a buyer that sends the
//! same s twice, encrypts under one K only the same leaves again.
//!
//! Everything here is pure: no file, clock or dice; keys and seeds come in as arguments.

mod chunk;
mod complaint;
mod escrow;
mod goods;
mod layout;
mod letter;
mod missing;
mod opening;
mod parcel;
mod share;
#[cfg(test)]
mod testing;
pub mod tree;

pub use chunk::{DoesNotOpen, PlainLeaf, decrypt_chunk, encrypt_chunk, open_agreed};
pub use complaint::{Complaint, WrongFile, judge_complaint};
pub use escrow::{
    BadEscrow, EscrowDefence, EscrowOpening, check_escrow, escrow_hash, judge_escrow, open_escrow, seal_escrow,
};
pub use goods::{Chunk, Goods, Place, verify_chunk};
pub use layout::Layout;
pub use letter::{Unreadable, check_letter, letter_hash, open_letter, seal_letter};
pub use missing::Missing;
pub use opening::{ContentKey, KeyOpening, ShareOpening};
pub use parcel::{CataloguePass, Parcel, SealPass};
pub use share::{open_share, seal_share};
