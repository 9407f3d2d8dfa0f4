//! Mail order: goods in parcels, paid on shipping.
//!
//! ```text
//!  shop                                        buyer
//!   parcel offer (UCP checkout, terms) ------> checks, shows, asks the user
//!   checks the stock <------------------------ parcel order (lines, address, obligation to pay)
//!   parcel acceptance = the contract --------> waits
//!
//!  then, for each shipment (a part of the lines; an exchange of its own, with its own xid):
//!   shipment (lines, carrier's statement) ---> pays that part by transfer, following the order
//!   <----------------------------------------- parcel receipt, or objection, or silence
//!   <----------------------------------------- withdrawal (within 14 days of the arrival)
//!   withdrawal receipt, at once -------------> waits for the refund
//!   refund: a transfer to where the notice says
//!
//!  before the shipment, either side:
//!   <---- cancellation (asked) --------------- the buyer asks; what is on its way is not cancelled
//!   cancellation (by the seller) ------------> what was not shipped will not be shipped or paid
//! ```
//!
//! Where the terms say *escrow*, the buyer locks the money of each part after the acceptance, the seller ships what
//! is locked, and the bank's rows about the lock are facts of the book; see [`escrow`]. The grade stays weak, as no
//! register sees goods, but nobody has to go first: silence decides, an arbiter may be asked.
//!
//! **Grade without escrow: weak, evidence only.** There is no register: whoever pays on shipping trusts the
//! carrier's statement, which here is the seller's word. Who is let down holds signed proof. Offer and
//! order say so themselves, so that the trusted screen shows it.
//!
//! Both sides keep the same book of facts ([`Book`]): it changes by signed statements and by the bank's
//! word about transfers only. [`buyer`] and [`seller`] say what each does about a fact.

pub mod book;
pub mod buyer;
pub mod contract;
pub mod escrow;
pub mod notice;
pub mod offer;
pub mod seller;
pub mod statements;
pub mod words;

pub use book::{Arrival, Book, Fact, How, Part};
pub use book::{LockState, PartLock};
pub use contract::{Contract, check_acceptance, check_order};
pub use notice::{Notice, RefundTo};
pub use offer::{ParcelOffer, ParcelTerms};
pub use statements::{
    Address, Cancellation, Carrier, Objection, ParcelAcceptance, ParcelOrder, ParcelReceipt, PartLine, RefundAddress,
    Shipment, Withdrawal, WithdrawalReceipt,
};
