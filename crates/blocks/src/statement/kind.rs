//! The catalogue of statements: every kind there is, who signs it, and what it says.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($(#[$doc:meta] $name:ident $word:literal;)*) => {
        /// What a statement is. The word stands in the header's `typ` and in the payload, so that a
        /// signature made for one kind never passes for another.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Kind { $(#[$doc] $name,)* }

        impl Kind {
            /// Every kind there is.
            pub const ALL: [Kind; [$($word),*].len()] = [$(Kind::$name,)*];

            /// The word in headers, payloads and file names.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Kind::$name => $word,)* }
            }

            /// The kind with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Kind> {
                match word { $($word => Some(Kind::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// Party: let nothing come of this exchange.
    Abort "abort";
    /// Notary: nothing came of it and nothing will.
    Aborted "aborted";
    /// Seller: the contract. Names the order and carries the descriptor.
    Acceptance "acceptance";
    /// Payer, account key: this key may act for that account.
    AccountOpening "account-opening";
    /// Party, to itself alone: bound by these terms if the exchange completes.
    Agreement "agreement";
    /// Payer of an escrow: pay what is due.
    Approval "approval";
    /// Holder of an escrow: the carrier handed the goods over for the pickup code.
    Arrived "arrived";
    /// Notary: the escrow does not hold what the descriptor says.
    BadEscrow "bad-escrow";
    /// Buyer: cancel what was not shipped; seller: it is cancelled.
    Cancellation "cancellation";
    /// Seller, payee key: capture the hold for me.
    Capture "capture";
    /// Bank: the money is the payee's, subject to the settle window.
    Captured "captured";
    /// Payee, key of a lock: its condition is met, pay this account.
    Claim "claim";
    /// Holder of a lock: paid to the payee for good.
    Claimed "claimed";
    /// Buyer: the content is not what was agreed; here is the proof.
    Complaint "complaint";
    /// Payee: received, if the bank says that this payment was made.
    ConditionalReceipt "conditional-receipt";
    /// Holder of an escrow: the payee says that the goods are on their way.
    Consigned "consigned";
    /// Payee of an escrow: the goods are on their way.
    Consignment "consignment";
    /// Buyer: stop the settlement, the key was withheld.
    Contest "contest";
    /// Bank: settlement is stopped.
    Contested "contested";
    /// Seller: this letter for this price, by a hash lock.
    DataOffer "data-offer";
    /// Buyer, to itself: I buy this letter at this price.
    DataPurchase "data-purchase";
    /// Payer, account key: hold this amount from my account for that exchange.
    DebitOrder "debit-order";
    /// Sender of a mail, to itself: deliver this to them for their receipt.
    Dispatch "dispatch";
    /// Payer or payee of an escrow: the arbiter shall decide.
    Dispute "dispute";
    /// Holder of an escrow: silence decides nothing until the arbiter had its time.
    Disputed "disputed";
    /// Holder of an escrow: the money is divided for good.
    Divided "divided";
    /// Buyer: open the escrow, the key was withheld.
    EscrowRequest "escrow-request";
    /// Payer or payee of a lock: let the money go back.
    GiveBack "give-back";
    /// Notary: nothing comes of the exchange for a party that stopped and did not go on.
    Halted "halted";
    /// Carrier: given to whoever had the pickup code.
    HandedOver "handed-over";
    /// Anyone: I am this key, reached over that connection.
    Hello "hello";
    /// Bank: the amount is held.
    Held "held";
    /// Buyer, deal key: hold this amount for that exchange.
    Hold "hold";
    /// Payer, key of a lock: lock this amount under that condition.
    Lock "lock";
    /// Payer, account key: take the amount of that lock from my account.
    LockDebit "lock-debit";
    /// Payee, key of locks to come: tell me of locks for this key.
    LockWatch "lock-watch";
    /// Holder of a lock: the amount is locked.
    Locked "locked";
    /// Party, to itself alone: part of a joint deal, if all of it takes effect at once.
    JointDeal "joint-deal";
    /// A log's owner or a witness: this key signs our checkpoints or cosignatures.
    LogKey "log-key";
    /// A register: what was decided stands in our log at this place.
    Logged "logged";
    /// Buyer, deal key: the goods are here, encrypted; the seller may capture.
    Mandate "mandate";
    /// Buyer: a part is not here, or not what was offered.
    Objection "objection";
    /// Seller: the goods and terms on offer (a UCP checkout).
    Offer "offer";
    /// Notary: the escrow was opened.
    Opened "opened";
    /// Buyer: order with obligation to pay.
    Order "order";
    /// Exporter: the list of everything in an evidence pack.
    PackIndex "pack-index";
    /// Seller: the contract of a mail order.
    ParcelAcceptance "parcel-acceptance";
    /// Seller: parcels on offer (a UCP checkout).
    ParcelOffer "parcel-offer";
    /// Buyer: order parcels with obligation to pay on shipping.
    ParcelOrder "parcel-order";
    /// Buyer: a part is here and is what was ordered.
    ParcelReceipt "parcel-receipt";
    /// Seller, payee key: here is the content key, pass it on.
    PassKey "pass-key";
    /// Bank: the seller gave this key after a contest.
    PassedKey "passed-key";
    /// Payee, account key: give me a reference that one payment can be made to.
    PayToRequest "pay-to-request";
    /// Payer: pay this to them, for that, against their receipt.
    PaymentAgreement "payment-agreement";
    /// Party: in this round, bound if the others are.
    Pledge "pledge";
    /// Seller, the owner: these are our prices.
    PriceList "price-list";
    /// Seller: who we are, what we sell and on what terms, for a broker's directory.
    Profile "profile";
    /// Party: bound if the others are.
    Promise "promise";
    /// Buyer, deal key: decrypted, and it matches what was agreed.
    Receipt "receipt";
    /// Receiver of a mail, to itself: I sign its receipt when I get it.
    Reception "reception";
    /// Buyer: pay back there.
    RefundAddress "refund-address";
    /// Bank: the contested or defective purchase was paid back.
    Refunded "refunded";
    /// Applicant: certify this key.
    Registration "registration";
    /// Buyer or seller: release the hold.
    Release "release";
    /// Bank: the hold is released for good.
    Released "released";
    /// Bank: the notary's opening is on record.
    Recorded "recorded";
    /// Notary: the exchange is complete.
    Resolved "resolved";
    /// Holder of a lock: the money is the payer's again.
    Returned "returned";
    /// Arbiter: the disputed money is to be divided so.
    Ruling "ruling";
    /// Sender: I send these goods to them, with this quality.
    Sending "sending";
    /// Bank: the payee has the money for good.
    Settled "settled";
    /// Seller: a part was handed to the carrier, and is due.
    Shipment "shipment";
    /// Party: I sign the contract of this exchange.
    Signature "signature";
    /// Buyer or seller of an exchange: tell me what the register says.
    Status "status";
    /// Party: I stop in this round for good; say what comes of it.
    Stop "stop";
    /// Payer, account key: pay this amount from my account to that reference.
    Transfer "transfer";
    /// Bank: the amount was paid.
    Transferred "transferred";
    /// A register: this has not happened, as of now.
    Unmet "unmet";
    /// Buyer: I withdraw from a part.
    Withdrawal "withdrawal";
    /// Seller: the withdrawal is here.
    WithdrawalReceipt "withdrawal-receipt";
    /// Notary: the complaint's proof holds.
    WrongFile "wrong-file";
}

impl Kind {
    /// Whether it is a UCP checkout, which has room for one member of ours: what is Semper's own stands
    /// inside `semper`.
    #[must_use]
    pub fn is_checkout(self) -> bool {
        matches!(self, Kind::Offer | Kind::ParcelOffer)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
