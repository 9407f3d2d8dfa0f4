//! What goes one way: nothing is promised in exchange.
//!
//! [`money`] is the plain transfer of money at a bank. Everything else travels in a *container*: goods of any kind
//! (data, statements, certificates, one payment, containers again) that arrive all together or not at all.
//!
//! ```text
//!   sender                                         receiver                       the two's banks
//!     | signs what it sends at its trusted screen     |                                |
//!     | -- announcement: the list of goods, the key ->|  the owner takes it or not     |
//!     | <------------------------------- accepted -- |  <------- reference -----------|  (a payment)
//!     | <-------------- these chunks, if you please - |                                |
//!     | -- chunk, chunk, chunk ... ------------------>|  each checked when it comes    |
//!     | <----------------------------------- ready -- |  all here, all good            |  (a payment)
//!     | ------------ transfer order ------------------+------------------------------->|  (a payment)
//!     |                                               | <------------ transferred -----|  (a payment)
//!     | <----------------------------------- taken -- |  all goods are seen at once    |
//! ```
//!
//! The receiver's row decides: until it says *taken*, nothing of the container is seen by anybody at the receiver, and
//! whatever else ends it leaves nothing. A payment is paid last, over a reference that the receiver gives, and its row is
//! the bank's; a container has one at most, because two rows at a bank are not one act. *Taken* is the receiver's
//! plain word. Whoever wants it signed wants an exchange (certified mail, payment for receipt).
//!
//! The quality of a transfer stands in what the sender signs: integrity always; confidentiality if the list and the key of
//! the chunks are sealed to the receiver's certified key; proof of origin if the signature goes along. Without it
//! the receiver knows from whom the goods came, over its connection, and can prove that to nobody.

mod goods;
mod money;
mod paper;
mod plan;
mod receiver;
mod sender;
mod sending;

pub use goods::{Content, Data, Good, Inside, Paper, Payment, What};
pub use money::{PayToRequest, Transfer, Transferred, purpose};
pub use paper::{
    Announcement, Answer, AnswerWord, Ending, Manifest, Papers, Piece, Signed, StopWord, open_piece, seal_papers,
    seal_piece,
};
pub use plan::{Plan, WINDOW};
pub use receiver::{Receiver, ReceiverEffect, ReceiverEvent};
pub use sender::{Outcome, Sender, SenderEffect, SenderEvent};
pub use sending::{Confidentiality, Origin, Quality, Sending};
