//! Certified mail: a letter for its receipt.
//!
//! ```text
//!   CM, optimistic (as CS2)
//!   sender A (party 0)                        receiver B (party 1)           notary T
//!     | m1  letter, box, promise -------------> |                             |
//!     | <---------------- promise, H(m1)    m2  |                             |
//!     | m3  key, signature = origin ----------> |                             |
//!     | <------------- signature = receipt  m4  |                             |
//!
//!   A before m3:  abort ---------------------------------------------------->  row: aborted, unless resolved
//!   B after m2:   m1, m2, box ---------------------------------------------->  row: resolved with the key, or
//!                                                                              aborted: the box is bad
//!   A after m3:   m1, m2, key ---------------------------------------------->  row: resolved with the key
//!
//!   CM-online (as CSN-A)
//!     | o1  letter ---------------------------> |  by whatever way            |
//!     | o3  key, signature = origin ----------------------------------------> |  both in: row: resolved
//!     |                                         | o2  signature = receipt --> |  with the key
//!     | <----------------------------------------------------- resolved, key  |
//!                                                 either may abort; at the end of the time T aborts
//! ```
//!
//! The letter is sealed under two halves of a key ([`semper_blocks::delivery::seal_letter`]): `k`, which the
//! receiver gets for the receipt, and `s`, which comes with the letter and which T never sees. So T can give
//! out `k` and read nothing. X names the sealed letter, the commitment to `k` and, in CM, the box that holds
//! `k` for T. *Receipt* is B's signature, or T's `resolved` with both promises, together with the letter and
//! both halves: it proves receipt of exactly what they open, even if that is garbage. *Origin* is A's signature
//! or the same `resolved`. (The messages follow Kremer and Markowitch's symmetric recovery, where sender and
//! receiver both may ask; CM-online follows Zhou and Gollmann 1996, with the row in place of a published list.)
//!
//! The two are contract signing with a key beside the second value, and that is how they are made: [`Sender`]
//! and [`Receiver`] put key and box into what the machines of [`super::cs2`] and [`super::csn_a`] send, and take
//! them out of what those receive. A receiver who stays silent gives the sender an outcome with its reason:
//! T's `aborted`, asked for or by the end of the time.

pub mod event;
mod machine;
mod receiver;
mod sender;

pub use event::{Ended, Record, Token, records};
pub use receiver::{Parcelled, Receiver};
pub use sender::{Sealed, Sender, Sending, seal};

use semper_blocks::statement::Kind;

use super::frame::Event;

/// What the owner of a mail or a deal agrees to is called otherwise than a contract; the machines beneath know one word.
pub(super) fn beneath(event: &Event, own: Kind) -> Event {
    match event {
        Event::Signed(kind, text) if *kind == own => Event::Signed(Kind::Agreement, text.clone()),
        Event::Declined(kind) if *kind == own => Event::Declined(Kind::Agreement),
        other => other.clone(),
    }
}
