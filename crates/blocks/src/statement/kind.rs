//! The catalogue of statements: every kind there is, who signs it, and what it says.

use serde::{Deserialize, Serialize};

/// What a statement is. The word stands in the header's `typ` and in the payload, so that a
/// signature made for one kind never passes for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Party: let nothing come of this exchange.
    Abort,
    /// Notary: nothing came of it and nothing will.
    Aborted,
    /// Seller: the contract. Names the order and carries the descriptor.
    Acceptance,
    /// Payer, account key: this key may act for that account.
    AccountOpening,
    /// Party, to itself alone: bound by these terms if the exchange completes.
    Agreement,
    /// Payer of an escrow: pay what is due.
    Approval,
    /// Holder of an escrow: the carrier handed the goods over for the pickup code.
    Arrived,
    /// Notary: the escrow does not hold what the descriptor says.
    BadEscrow,
    /// Buyer: cancel what was not shipped; seller: it is cancelled.
    Cancellation,
    /// Seller, payee key: capture the hold for me.
    Capture,
    /// Bank: the money is the payee's, subject to the settle window.
    Captured,
    /// Payee, key of a lock: its condition is met, pay this account.
    Claim,
    /// Holder of a lock: paid to the payee for good.
    Claimed,
    /// Buyer: the content is not what was agreed; here is the proof.
    Complaint,
    /// Payee: received, if the bank says that this payment was made.
    ConditionalReceipt,
    /// Holder of an escrow: the payee says that the goods are on their way.
    Consigned,
    /// Payee of an escrow: the goods are on their way.
    Consignment,
    /// Buyer: stop the settlement, the key was withheld.
    Contest,
    /// Bank: settlement is stopped.
    Contested,
    /// Seller: this letter for this price, by a hash lock.
    DataOffer,
    /// Buyer, to itself: I buy this letter at this price.
    DataPurchase,
    /// Payer, account key: hold this amount from my account for that exchange.
    DebitOrder,
    /// Sender of a mail, to itself: deliver this to them for their receipt.
    Dispatch,
    /// Payer or payee of an escrow: the arbiter shall decide.
    Dispute,
    /// Holder of an escrow: silence decides nothing until the arbiter had its time.
    Disputed,
    /// Holder of an escrow: the money is divided for good.
    Divided,
    /// Buyer: open the escrow, the key was withheld.
    EscrowRequest,
    /// Payer or payee of a lock: let the money go back.
    GiveBack,
    /// Carrier: given to whoever had the pickup code.
    HandedOver,
    /// Anyone: I am this key, reached over that connection.
    Hello,
    /// Bank: the amount is held.
    Held,
    /// Buyer, deal key: hold this amount for that exchange.
    Hold,
    /// Payer, key of a lock: lock this amount under that condition.
    Lock,
    /// Payer, account key: take the amount of that lock from my account.
    LockDebit,
    /// Payee, key of locks to come: tell me of locks for this key.
    LockWatch,
    /// Holder of a lock: the amount is locked.
    Locked,
    /// Party, to itself alone: part of a joint deal, if all of it takes effect at once.
    JointDeal,
    /// A log's owner or a witness: this key signs our checkpoints or cosignatures.
    LogKey,
    /// A register: what was decided stands in our log at this place.
    Logged,
    /// Buyer, deal key: the goods are here, encrypted; the seller may capture.
    Mandate,
    /// Buyer: a part is not here, or not what was offered.
    Objection,
    /// Seller: the goods and terms on offer (a UCP checkout).
    Offer,
    /// Notary: the escrow was opened.
    Opened,
    /// Buyer: order with obligation to pay.
    Order,
    /// Exporter: the list of everything in an evidence pack.
    PackIndex,
    /// Seller: the contract of a mail order.
    ParcelAcceptance,
    /// Seller: parcels on offer (a UCP checkout).
    ParcelOffer,
    /// Buyer: order parcels with obligation to pay on shipping.
    ParcelOrder,
    /// Buyer: a part is here and is what was ordered.
    ParcelReceipt,
    /// Seller, payee key: here is the content key, pass it on.
    PassKey,
    /// Bank: the seller gave this key after a contest.
    PassedKey,
    /// Payee, account key: give me a reference that one payment can be made to.
    PayToRequest,
    /// Payer: pay this to them, for that, against their receipt.
    PaymentAgreement,
    /// Seller, the owner: these are our prices.
    PriceList,
    /// Seller: who we are, what we sell and on what terms, for a broker's directory.
    Profile,
    /// Party: bound if the others are.
    Promise,
    /// Buyer, deal key: decrypted, and it matches what was agreed.
    Receipt,
    /// Receiver of a mail, to itself: I sign its receipt when I get it.
    Reception,
    /// Buyer: pay back there.
    RefundAddress,
    /// Bank: the contested or defective purchase was paid back.
    Refunded,
    /// Applicant: certify this key.
    Registration,
    /// Buyer or seller: release the hold.
    Release,
    /// Bank: the hold is released for good.
    Released,
    /// Bank: the notary's opening is on record.
    Recorded,
    /// Notary: the exchange is complete.
    Resolved,
    /// Holder of a lock: the money is the payer's again.
    Returned,
    /// Arbiter: the disputed money is to be divided so.
    Ruling,
    /// Bank: the payee has the money for good.
    Settled,
    /// Seller: a part was handed to the carrier, and is due.
    Shipment,
    /// Party: I sign the contract of this exchange.
    Signature,
    /// Buyer or seller of an exchange: tell me what the register says.
    Status,
    /// Payer, account key: pay this amount from my account to that reference.
    Transfer,
    /// Bank: the amount was paid.
    Transferred,
    /// A register: this has not happened, as of now.
    Unmet,
    /// Buyer: I withdraw from a part.
    Withdrawal,
    /// Seller: the withdrawal is here.
    WithdrawalReceipt,
    /// Notary: the complaint's proof holds.
    WrongFile,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Kind; 77] = [
        Kind::Abort,
        Kind::Aborted,
        Kind::Acceptance,
        Kind::AccountOpening,
        Kind::Agreement,
        Kind::Approval,
        Kind::Arrived,
        Kind::BadEscrow,
        Kind::Cancellation,
        Kind::Capture,
        Kind::Captured,
        Kind::Claim,
        Kind::Claimed,
        Kind::Complaint,
        Kind::ConditionalReceipt,
        Kind::Consigned,
        Kind::Consignment,
        Kind::Contest,
        Kind::Contested,
        Kind::DataOffer,
        Kind::DataPurchase,
        Kind::DebitOrder,
        Kind::Dispatch,
        Kind::Dispute,
        Kind::Disputed,
        Kind::Divided,
        Kind::EscrowRequest,
        Kind::GiveBack,
        Kind::HandedOver,
        Kind::Hello,
        Kind::Held,
        Kind::Hold,
        Kind::Lock,
        Kind::LockDebit,
        Kind::LockWatch,
        Kind::Locked,
        Kind::JointDeal,
        Kind::LogKey,
        Kind::Logged,
        Kind::Mandate,
        Kind::Objection,
        Kind::Offer,
        Kind::Opened,
        Kind::Order,
        Kind::PackIndex,
        Kind::ParcelAcceptance,
        Kind::ParcelOffer,
        Kind::ParcelOrder,
        Kind::ParcelReceipt,
        Kind::PassKey,
        Kind::PassedKey,
        Kind::PayToRequest,
        Kind::PaymentAgreement,
        Kind::PriceList,
        Kind::Profile,
        Kind::Promise,
        Kind::Receipt,
        Kind::Reception,
        Kind::RefundAddress,
        Kind::Refunded,
        Kind::Registration,
        Kind::Release,
        Kind::Released,
        Kind::Recorded,
        Kind::Resolved,
        Kind::Returned,
        Kind::Ruling,
        Kind::Settled,
        Kind::Shipment,
        Kind::Signature,
        Kind::Status,
        Kind::Transfer,
        Kind::Transferred,
        Kind::Unmet,
        Kind::Withdrawal,
        Kind::WithdrawalReceipt,
        Kind::WrongFile,
    ];

    /// The word in headers, payloads and file names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Abort => "abort",
            Kind::Aborted => "aborted",
            Kind::Acceptance => "acceptance",
            Kind::AccountOpening => "account-opening",
            Kind::Agreement => "agreement",
            Kind::Approval => "approval",
            Kind::Arrived => "arrived",
            Kind::BadEscrow => "bad-escrow",
            Kind::Cancellation => "cancellation",
            Kind::Capture => "capture",
            Kind::Captured => "captured",
            Kind::Claim => "claim",
            Kind::Claimed => "claimed",
            Kind::Complaint => "complaint",
            Kind::ConditionalReceipt => "conditional-receipt",
            Kind::Consigned => "consigned",
            Kind::Consignment => "consignment",
            Kind::Contest => "contest",
            Kind::Contested => "contested",
            Kind::DataOffer => "data-offer",
            Kind::DataPurchase => "data-purchase",
            Kind::DebitOrder => "debit-order",
            Kind::Dispatch => "dispatch",
            Kind::Dispute => "dispute",
            Kind::Disputed => "disputed",
            Kind::Divided => "divided",
            Kind::EscrowRequest => "escrow-request",
            Kind::GiveBack => "give-back",
            Kind::HandedOver => "handed-over",
            Kind::Hello => "hello",
            Kind::Held => "held",
            Kind::Hold => "hold",
            Kind::Lock => "lock",
            Kind::LockDebit => "lock-debit",
            Kind::LockWatch => "lock-watch",
            Kind::Locked => "locked",
            Kind::JointDeal => "joint-deal",
            Kind::LogKey => "log-key",
            Kind::Logged => "logged",
            Kind::Mandate => "mandate",
            Kind::Objection => "objection",
            Kind::Offer => "offer",
            Kind::Opened => "opened",
            Kind::Order => "order",
            Kind::PackIndex => "pack-index",
            Kind::ParcelAcceptance => "parcel-acceptance",
            Kind::ParcelOffer => "parcel-offer",
            Kind::ParcelOrder => "parcel-order",
            Kind::ParcelReceipt => "parcel-receipt",
            Kind::PassKey => "pass-key",
            Kind::PassedKey => "passed-key",
            Kind::PayToRequest => "pay-to-request",
            Kind::PaymentAgreement => "payment-agreement",
            Kind::PriceList => "price-list",
            Kind::Profile => "profile",
            Kind::Promise => "promise",
            Kind::Receipt => "receipt",
            Kind::Reception => "reception",
            Kind::RefundAddress => "refund-address",
            Kind::Refunded => "refunded",
            Kind::Registration => "registration",
            Kind::Release => "release",
            Kind::Released => "released",
            Kind::Recorded => "recorded",
            Kind::Resolved => "resolved",
            Kind::Returned => "returned",
            Kind::Ruling => "ruling",
            Kind::Settled => "settled",
            Kind::Shipment => "shipment",
            Kind::Signature => "signature",
            Kind::Status => "status",
            Kind::Transfer => "transfer",
            Kind::Transferred => "transferred",
            Kind::Unmet => "unmet",
            Kind::Withdrawal => "withdrawal",
            Kind::WithdrawalReceipt => "withdrawal-receipt",
            Kind::WrongFile => "wrong-file",
        }
    }

    /// Whether it is a UCP checkout, which has room for one member of ours: what is Semper's own stands
    /// inside `semper`.
    #[must_use]
    pub fn is_checkout(self) -> bool {
        matches!(self, Kind::Offer | Kind::ParcelOffer)
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
