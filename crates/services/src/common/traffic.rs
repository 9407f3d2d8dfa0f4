//! Everything that passes through the parties of a market, by kind: the words of messages in one list,
//! who sends which to whom, and what each party's own events are called. Crash points are made of it.

use semper_base::Role::{self, Authority, Bank, Broker, Buyer, Notary, Seller, Witness};
use semper_base::json;
use semper_blocks::statement::Kind;
use semper_driver::fault::{ANSWER, HELLO, Passage, TIMER, Traffic};
use semper_exchange::fair::dgp::Packet;
use semper_exchange::fair::dgp::word::Word;
use semper_exchange::fair::{frame, lock};

use super::exchange::{CHUNK, PACKET};
use super::{locks, signing};

/// A message outside of exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the message of that name; see the `kinds` of the services")]
pub enum Plain {
    Acceptance,
    AccountOpen,
    AccountOpened,
    Bill,
    Certificate,
    CertificateRefused,
    CertificateRequest,
    FeeRefused,
    ListingPing,
    ListingPong,
    ListingProducts,
    ListingProfile,
    ListingTaken,
    LockWatch,
    LogAsk,
    LogCheckpoint,
    LogCosigned,
    LogFollow,
    LogPlaces,
    LogRefused,
    Offer,
    OfferRequest,
    Order,
    ParcelAcceptance,
    ParcelNotice,
    ParcelOffer,
    ParcelOrder,
    ParcelRequest,
    PayTo,
    PayToRequest,
    Refused,
    Sending,
    SendingAnswer,
    SendingChunk,
    SendingStop,
    StampReply,
    StampRequest,
    Status,
    StatusRequest,
    Transfer,
    TransferRefused,
    Transferred,
}

/// The authority's customers.
const FROM_AUTHORITY: &[(Role, Role)] = &[
    (Authority, Bank),
    (Authority, Notary),
    (Authority, Seller),
    (Authority, Buyer),
    (Authority, Broker),
    (Authority, Witness),
];
const TO_AUTHORITY: &[(Role, Role)] = &[
    (Bank, Authority),
    (Notary, Authority),
    (Seller, Authority),
    (Buyer, Authority),
    (Broker, Authority),
    (Witness, Authority),
];

impl Plain {
    /// All of them, in the order in which a market meets them.
    pub const ALL: [Plain; 42] = [
        Plain::CertificateRequest,
        Plain::Certificate,
        Plain::CertificateRefused,
        Plain::StatusRequest,
        Plain::Status,
        Plain::AccountOpen,
        Plain::AccountOpened,
        Plain::PayToRequest,
        Plain::PayTo,
        Plain::Transfer,
        Plain::Transferred,
        Plain::TransferRefused,
        Plain::LockWatch,
        Plain::ListingProfile,
        Plain::ListingProducts,
        Plain::ListingTaken,
        Plain::ListingPing,
        Plain::ListingPong,
        Plain::LogFollow,
        Plain::LogCheckpoint,
        Plain::LogCosigned,
        Plain::LogRefused,
        Plain::LogAsk,
        Plain::LogPlaces,
        Plain::OfferRequest,
        Plain::Offer,
        Plain::Order,
        Plain::Acceptance,
        Plain::ParcelRequest,
        Plain::ParcelOffer,
        Plain::ParcelOrder,
        Plain::ParcelAcceptance,
        Plain::ParcelNotice,
        Plain::Refused,
        Plain::StampRequest,
        Plain::StampReply,
        Plain::Sending,
        Plain::SendingChunk,
        Plain::SendingAnswer,
        Plain::SendingStop,
        Plain::Bill,
        Plain::FeeRefused,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Plain::Acceptance => "acceptance",
            Plain::AccountOpen => "account-open",
            Plain::AccountOpened => "account-opened",
            Plain::Bill => "fee-bill",
            Plain::Certificate => "certificate",
            Plain::CertificateRefused => "certificate-refused",
            Plain::CertificateRequest => "certificate-request",
            Plain::FeeRefused => "fee-refused",
            Plain::ListingPing => "listing-ping",
            Plain::ListingPong => "listing-pong",
            Plain::ListingProducts => "listing-products",
            Plain::ListingProfile => "listing-profile",
            Plain::ListingTaken => "listing-taken",
            Plain::LockWatch => "lock-watch",
            Plain::LogAsk => "log-ask",
            Plain::LogCheckpoint => "log-checkpoint",
            Plain::LogCosigned => "log-cosigned",
            Plain::LogFollow => "log-follow",
            Plain::LogPlaces => "log-places",
            Plain::LogRefused => "log-refused",
            Plain::Offer => "offer",
            Plain::OfferRequest => "offer-request",
            Plain::Order => "order",
            Plain::ParcelAcceptance => "parcel-acceptance",
            Plain::ParcelNotice => "parcel-notice",
            Plain::ParcelOffer => "parcel-offer",
            Plain::ParcelOrder => "parcel-order",
            Plain::ParcelRequest => "parcel-request",
            Plain::PayTo => "pay-to",
            Plain::PayToRequest => "pay-to-request",
            Plain::Refused => "refused",
            Plain::Sending => "sending",
            Plain::SendingAnswer => "sending-answer",
            Plain::SendingChunk => "sending-chunk",
            Plain::SendingStop => "sending-stop",
            Plain::StampReply => "stamp-reply",
            Plain::StampRequest => "stamp-request",
            Plain::Status => "status",
            Plain::StatusRequest => "status-request",
            Plain::Transfer => "transfer",
            Plain::TransferRefused => "transfer-refused",
            Plain::Transferred => "transferred",
        }
    }

    /// Who sends it to whom.
    #[must_use]
    pub fn routes(self) -> &'static [(Role, Role)] {
        match self {
            Plain::Acceptance | Plain::Offer | Plain::ParcelAcceptance | Plain::ParcelOffer | Plain::Refused => {
                &[(Seller, Buyer)]
            }
            Plain::ParcelNotice | Plain::Sending | Plain::SendingAnswer | Plain::SendingChunk | Plain::SendingStop => {
                &[(Seller, Buyer), (Buyer, Seller)]
            }
            Plain::AccountOpen | Plain::PayToRequest | Plain::Transfer => {
                &[(Buyer, Bank), (Seller, Bank), (Notary, Bank)]
            }
            Plain::LockWatch => &[(Buyer, Bank), (Seller, Bank)],
            Plain::AccountOpened | Plain::PayTo | Plain::TransferRefused | Plain::Transferred => {
                &[(Bank, Buyer), (Bank, Seller), (Bank, Notary)]
            }
            Plain::Certificate | Plain::CertificateRefused | Plain::Status => FROM_AUTHORITY,
            Plain::CertificateRequest | Plain::StatusRequest => TO_AUTHORITY,
            Plain::ListingPing | Plain::ListingTaken => &[(Broker, Seller)],
            Plain::ListingPong | Plain::ListingProducts | Plain::ListingProfile => &[(Seller, Broker)],
            Plain::LogAsk => &[(Buyer, Bank), (Seller, Bank), (Buyer, Notary), (Seller, Notary)],
            Plain::LogCheckpoint => &[(Bank, Witness), (Notary, Witness)],
            Plain::LogCosigned | Plain::LogFollow | Plain::LogRefused => &[(Witness, Bank), (Witness, Notary)],
            Plain::LogPlaces => &[(Bank, Buyer), (Bank, Seller), (Notary, Buyer), (Notary, Seller)],
            Plain::Bill | Plain::FeeRefused | Plain::StampReply => &[(Notary, Buyer), (Notary, Seller)],
            Plain::StampRequest => &[(Buyer, Notary), (Seller, Notary)],
            Plain::OfferRequest | Plain::Order | Plain::ParcelOrder | Plain::ParcelRequest => &[(Buyer, Seller)],
        }
    }
}

/// What passes through a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// The trusted screen has answered a question of this kind.
    Answer(Kind),
    /// A chunk of goods.
    Chunk,
    /// A packet of an exchange whose register is a notary.
    Fair(frame::word::Word),
    /// A peer says hello.
    Hello,
    /// A packet about a lock.
    Lock(lock::word::Word),
    /// A packet of an exchange.
    Packet(Word),
    /// Any other message.
    Plain(Plain),
    /// A timer is due.
    Timer,
}

impl What {
    /// Its label: what [`label`] says of a message, and the switch of an event.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            What::Answer(kind) => format!("{ANSWER}{kind}"),
            What::Chunk => CHUNK.to_owned(),
            What::Fair(word) => format!("{}-{}", signing::PACKET, word.text()),
            What::Hello => HELLO.to_owned(),
            What::Lock(word) => format!("{}-{}", locks::PACKET, word.text()),
            What::Packet(word) => format!("{PACKET}-{}", word.text()),
            What::Plain(plain) => plain.word().to_owned(),
            What::Timer => TIMER.to_owned(),
        }
    }

    fn routes(self) -> Vec<(Role, Role)> {
        match self {
            What::Chunk => vec![(Seller, Buyer)],
            What::Fair(word) => word.routes().iter().copied().flat_map(signers).collect(),
            What::Lock(word) => word.routes().iter().copied().flat_map(signers).collect(),
            What::Packet(word) => word.routes().to_vec(),
            What::Plain(plain) => plain.routes().to_vec(),
            What::Answer(_) | What::Hello | What::Timer => vec![],
        }
    }
}

/// Everything that passes through a party with this role.
#[must_use]
pub fn of(role: Role) -> Vec<(What, Passage)> {
    let packets = Word::all().into_iter().map(What::Packet);
    let fair = frame::word::Word::ALL.into_iter().map(What::Fair);
    let locks = lock::word::Word::ALL.into_iter().map(What::Lock);
    let plain = Plain::ALL.into_iter().map(What::Plain).chain([What::Chunk]);
    let messages = plain.chain(packets).chain(fair).chain(locks);
    let passages = messages.flat_map(|what| {
        let sent = what.routes().iter().any(|(from, _)| *from == role).then_some((what, Passage::Sent));
        let taken = what.routes().iter().any(|(_, to)| *to == role).then_some((what, Passage::Taken));
        sent.into_iter().chain(taken)
    });
    passages.chain(own(role).into_iter().map(|what| (what, Passage::Own))).collect()
}

/// The same, as the driver wants it.
#[must_use]
pub fn traffic(role: Role) -> Vec<Traffic> {
    of(role).into_iter().map(|(what, passage)| Traffic { kind: what.label(), passage }).collect()
}

/// The events of a party's own. A wallet polls: nobody says hello to it.
fn own(role: Role) -> Vec<What> {
    match role {
        Buyer => Kind::ALL.into_iter().filter(|kind| is_asked(*kind)).map(What::Answer).chain([What::Timer]).collect(),
        Seller => SIGNED.into_iter().map(What::Answer).chain([What::Hello, What::Timer]).collect(),
        _ => vec![What::Hello, What::Timer],
    }
}

/// What the owner of a shop is asked to sign: price lists, contracts, mail, joint deals, data, and the locks of these.
/// All else its own keys sign at once.
const SIGNED: [Kind; 18] = [
    Kind::Abort,
    Kind::Agreement,
    Kind::Claim,
    Kind::DataOffer,
    Kind::DataPurchase,
    Kind::Dispatch,
    Kind::GiveBack,
    Kind::JointDeal,
    Kind::Lock,
    Kind::LockDebit,
    Kind::Pledge,
    Kind::PriceList,
    Kind::Promise,
    Kind::Reception,
    Kind::Sending,
    Kind::Signature,
    Kind::Status,
    Kind::Stop,
];

/// Who says it to whom in a market, where wallets and shops are the parties.
fn signers((from, to): (Role, Role)) -> Vec<(Role, Role)> {
    match (from, to) {
        (Role::Party, Role::Party) => vec![(Buyer, Seller), (Seller, Buyer)],
        (Role::Party, to) => vec![(Buyer, to), (Seller, to)],
        (from, Role::Party) => vec![(from, Buyer), (from, Seller)],
        other => vec![other],
    }
}

/// Whether a buyer is asked to sign this: what it signs in a deal or with its account's key.
fn is_asked(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Abort
            | Kind::Agreement
            | Kind::Approval
            | Kind::Cancellation
            | Kind::Claim
            | Kind::Complaint
            | Kind::ConditionalReceipt
            | Kind::Contest
            | Kind::DataOffer
            | Kind::DataPurchase
            | Kind::DebitOrder
            | Kind::Dispatch
            | Kind::Dispute
            | Kind::EscrowRequest
            | Kind::GiveBack
            | Kind::Hold
            | Kind::JointDeal
            | Kind::Lock
            | Kind::LockDebit
            | Kind::Mandate
            | Kind::Objection
            | Kind::Order
            | Kind::ParcelOrder
            | Kind::ParcelReceipt
            | Kind::PaymentAgreement
            | Kind::Pledge
            | Kind::Promise
            | Kind::Receipt
            | Kind::Reception
            | Kind::RefundAddress
            | Kind::Release
            | Kind::Sending
            | Kind::Signature
            | Kind::Status
            | Kind::Stop
            | Kind::Transfer
            | Kind::Withdrawal
    )
}

/// Names a message: a packet by what it says, anything else by its kind.
#[must_use]
pub fn label(kind: &str, body: &[u8]) -> String {
    if kind == signing::PACKET {
        let word = json::read::<frame::Packet>(body).ok().and_then(|packet| frame::word::Word::of(&packet.content));
        return word.map_or_else(|| kind.to_owned(), |word| What::Fair(word).label());
    }
    if kind == locks::PACKET {
        let word = json::read::<lock::Packet>(body).ok().and_then(|packet| lock::word::Word::of(&packet.content));
        return word.map_or_else(|| kind.to_owned(), |word| What::Lock(word).label());
    }
    if kind != PACKET {
        return kind.to_owned();
    }
    match json::read::<Packet>(body) {
        Ok(packet) => What::Packet(Word::of(&packet.content)).label(),
        Err(_) => kind.to_owned(),
    }
}
