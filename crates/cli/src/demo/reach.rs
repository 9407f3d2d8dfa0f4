//! Which crash points there are, and in which of the demo's ways a party meets each: computed from what
//! passes through the parties.

use semper_blocks::statement::Kind;
use semper_driver::fault::{Passage, Point};
use semper_exchange::fair::dgp::word::Word;
use semper_exchange::fair::{frame, lock};
use semper_services::common::traffic::{self, Plain, What};
use serde_json::json;

use super::exchange::{CONTAINERS, FEES, LOCKS, PAPERS, PARCELS, PLEDGES};
use crate::output::{say, say_json};
use crate::serve::Role;

/// All parties.
pub(super) const ROLES: [Role; 5] = [Role::Ca, Role::Bank, Role::Notary, Role::Shop, Role::Wallet];

/// The way in which a point is met, or why it is met in none.
type Reach = Result<&'static str, &'static str>;

/// One point and where it is met.
pub(super) struct Place {
    pub(super) role: Role,
    pub(super) point: Point,
    pub(super) reach: Reach,
}

/// Every point of every party, each once. A kind that a party takes and sends on is met where the
/// more demanding of the two is.
pub(super) fn all() -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for role in ROLES {
        for (what, passage) in traffic::of(role.in_market()) {
            for moment in passage.moments() {
                let point = Point { kind: what.label(), moment: *moment };
                let reach = reach(role, what, passage);
                let known = places.iter_mut().find(|known| known.role == role && known.point == point);
                match known {
                    Some(known) => known.reach = reach.or(known.reach),
                    None => places.push(Place { role, point, reach }),
                }
            }
        }
    }
    places
}

/// The points that the parties meet in this way.
pub(super) fn in_way(way: &str) -> Vec<(Role, Point)> {
    let here = all().into_iter().filter(|place| place.reach == Ok(way));
    here.map(|place| (place.role, place.point)).collect()
}

/// The way in which a point is met.
pub(super) fn way_of(role: Role, point: &Point) -> Option<&'static str> {
    let found = all().into_iter().find(|place| place.role == role && place.point == *point);
    found.and_then(|place| place.reach.ok())
}

/// Prints every point.
pub(super) fn list(as_json: bool) {
    for Place { role, point, reach } in all() {
        let name = format!("{}:{point}", role.word());
        match (as_json, reach) {
            (true, Ok(way)) => say_json(&json!({ "point": name, "party": role.word(), "way": way })),
            (true, Err(why)) => say_json(&json!({ "point": name, "party": role.word(), "not_met": why })),
            (false, Ok(way)) => say(format!("{name:<52} {way}")),
            (false, Err(why)) => say(format!("{name:<52} - {why}")),
        }
    }
}

/// Crash points of what no way of the demo does: other tests meet them.
const NOTARY_PAYS: &str = "comes only if a notary pays somebody, which no way of the demo has one do";
const DIRECTORY: &str = "comes only with a broker, which no way of the demo has";
const BUYER_BRINGS: &str = "comes only if the buyer does not bring the bank's word to the shop";
const LOGS: &str = "comes only some seconds after a deal, or with a witness; no way of the demo waits for it";
const STARTS: &str = "comes only if a shop stops between its promise and its signature; the simulator does that";
const RAISE: &str = "comes only a week after a notary has asked for more, which no way of the demo waits for";
const HOURS: &str = "comes only when a revocation list grows old, after hours";

fn reach(role: Role, what: What, passage: Passage) -> Reach {
    match what {
        What::Answer(kind) => Ok(answer(role, kind)),
        What::Chunk | What::Hello => Ok("happy"),
        What::Fair(word) => fair(role, word, passage),
        What::Lock(lock::word::Word::Act | lock::word::Word::Escrow) => Ok(PARCELS),
        What::Lock(_) => Ok(LOCKS),
        What::Packet(word) => packet(role, word, passage),
        What::Plain(message) => plain(role, message),
        What::Timer => timer(role),
    }
}

fn plain(role: Role, message: Plain) -> Reach {
    match message {
        Plain::Transfer | Plain::TransferRefused if role == Role::Notary => Err(NOTARY_PAYS),
        Plain::AccountOpen | Plain::AccountOpened | Plain::PayTo | Plain::PayToRequest | Plain::Transferred
            if role == Role::Notary =>
        {
            Ok(FEES)
        }
        Plain::Bill => Ok(FEES),
        Plain::FeeRefused => Err(RAISE),
        Plain::PayTo
        | Plain::PayToRequest
        | Plain::Sending
        | Plain::SendingAnswer
        | Plain::SendingChunk
        | Plain::SendingStop
        | Plain::Transfer
        | Plain::TransferRefused
        | Plain::Transferred => Ok(CONTAINERS),
        Plain::ParcelAcceptance
        | Plain::ParcelNotice
        | Plain::ParcelOffer
        | Plain::ParcelOrder
        | Plain::ParcelRequest => Ok(PARCELS),
        Plain::LockWatch => Ok(LOCKS),
        Plain::ListingPing
        | Plain::ListingPong
        | Plain::ListingProducts
        | Plain::ListingProfile
        | Plain::ListingTaken => Err(DIRECTORY),
        Plain::LogAsk
        | Plain::LogCheckpoint
        | Plain::LogCosigned
        | Plain::LogFollow
        | Plain::LogPlaces
        | Plain::LogRefused => Err(LOGS),
        Plain::CertificateRefused if matches!(role, Role::Notary | Role::Shop) => {
            Err("comes only when the registration is refused, and ends it")
        }
        _ => Ok("happy"),
    }
}

fn timer(role: Role) -> Reach {
    match role {
        Role::Bank => Ok("timer"),
        Role::Broker | Role::Ca | Role::Notary | Role::Witness => Err(HOURS),
        // A file of more chunks than the order's own commit encrypts.
        Role::Shop => Ok("wrong-file"),
        // Patience with a key that does not come.
        Role::Wallet => Ok("key-withheld"),
    }
}

/// Packets of contracts and mail: what both can bring about by themselves is in the exchange that plays all.
fn fair(role: Role, word: frame::word::Word, passage: Passage) -> Reach {
    use frame::word::Word as W;
    match (word, role, passage) {
        (W::Resolve | W::ResolveMail, Role::Wallet, _) => Err(STARTS),
        (W::Signature, Role::Notary, Passage::Sent) | (W::Halted | W::Pledge | W::Stop, ..) => Ok(PLEDGES),
        (W::Key, Role::Wallet, Passage::Taken) => Err("comes only over a shop's link to a wallet, which there is none"),
        (
            W::Abort
            | W::Aborted
            | W::Key
            | W::Promise
            | W::Resolve
            | W::ResolveMail
            | W::Resolved
            | W::Signature
            | W::Status
            | W::Unmet,
            ..,
        ) => Ok(PAPERS),
        (W::Submission, ..) => Ok(LOCKS),
    }
}

fn answer(role: Role, kind: Kind) -> &'static str {
    match kind {
        Kind::Abort | Kind::Agreement | Kind::Dispatch | Kind::Promise | Kind::Reception | Kind::Signature => PAPERS,
        // A shop is asked this of contracts alone.
        Kind::Status if role == Role::Shop => PAPERS,
        Kind::Claim
        | Kind::DataOffer
        | Kind::DataPurchase
        | Kind::GiveBack
        | Kind::JointDeal
        | Kind::Lock
        | Kind::LockDebit => LOCKS,
        Kind::Approval
        | Kind::Cancellation
        | Kind::Dispute
        | Kind::Objection
        | Kind::ParcelOrder
        | Kind::ParcelReceipt
        | Kind::PriceList
        | Kind::RefundAddress
        | Kind::Withdrawal => PARCELS,
        Kind::Pledge | Kind::Stop => PLEDGES,
        Kind::ConditionalReceipt | Kind::PaymentAgreement | Kind::Sending | Kind::Transfer => CONTAINERS,
        Kind::Complaint => "wrong-file",
        Kind::Contest => "contest-passed",
        Kind::EscrowRequest => "key-withheld",
        Kind::Release => "release-held",
        Kind::Status => "release-early",
        _ => "happy",
    }
}

fn packet(role: Role, word: Word, passage: Passage) -> Reach {
    match word {
        Word::Answer(kind) => statement(role, kind, passage),
        Word::Complaint => Ok("wrong-file"),
        Word::Contest | Word::PassKey => Ok("contest-passed"),
        Word::EscrowRequest => Ok("key-withheld"),
        Word::Key if role == Role::Notary => Ok("key-withheld"),
        Word::Refused if role == Role::Shop => Err("comes only if the shop's account at the bank is unknown"),
        Word::Refused => Ok("no-funds"),
        Word::Release if role == Role::Shop => Ok("seller-release"),
        Word::Release => Ok("release-held"),
        Word::Status => match role {
            Role::Notary => Ok("key-withheld"),
            Role::Shop => Err(BUYER_BRINGS),
            _ => Ok("release-early"),
        },
        Word::Capture | Word::EscrowBox | Word::Fetch | Word::Hold | Word::Key | Word::Mandate | Word::Receipt => {
            Ok("happy")
        }
    }
}

fn statement(role: Role, kind: Option<Kind>, passage: Passage) -> Reach {
    let notary = role == Role::Notary;
    match kind {
        Some(Kind::Captured | Kind::Held) if notary => Ok("key-withheld"),
        Some(Kind::Contested | Kind::PassedKey) if notary => Err("comes only if the notary opens after a contest"),
        Some(Kind::Settled) if notary => Err("comes only if the notary opens after the settlement"),
        Some(Kind::Refunded) if notary && passage == Passage::Sent => {
            Err("comes only if the bank pays back while the notary opens")
        }
        Some(Kind::BadEscrow | Kind::Refunded) => Ok("bad-escrow"),
        Some(Kind::Contested | Kind::PassedKey) => Ok("contest-passed"),
        Some(Kind::Opened | Kind::Recorded) => Ok("key-withheld"),
        Some(Kind::Released) => Ok("release-held"),
        Some(Kind::Unmet) if role == Role::Shop => Err(BUYER_BRINGS),
        Some(Kind::Unmet) if notary => Err("comes only if the notary has lost the request that the buyer asks about"),
        Some(Kind::Unmet) => Ok("release-early"),
        Some(Kind::WrongFile) => Ok("wrong-file"),
        _ => Ok("happy"),
    }
}
