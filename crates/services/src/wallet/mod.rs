//! The buyer's wallet: deals, their exchanges, the way to the trusted screen.

mod check;
pub mod deal;
pub(crate) mod parcel;
pub mod purse;
mod run;
mod transcripts;

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::{Error, Hash, Key, PeerId, Role, Violation, Write, json};
use semper_blocks::certificate::Valid;
use semper_blocks::statement::{Compact, Kind, Statement};
use semper_commerce::process::mail_order;
use semper_commerce::process::offer::{self, Offer};
use semper_commerce::process::purchase::Acceptance;
use semper_driver::service::Answer;
use semper_exchange::fair::dgp::{CheckedPacket, Command, Descriptor};
use semper_exchange::fair::{frame, lock};
use semper_support::access::{Action, Revealed};
use semper_support::tinguin::{Consent, Outcome};
use serde_json::Value;

use crate::bank::AccountOpened;
use crate::common::access::permit_owner;
use crate::common::exchange::{CHUNK, ChunkMessage, PACKET, check_packet, read_x, xid_of};
use crate::common::known::Known;
use crate::common::parcel::{CheckedAcceptance, CheckedNotice, check_accepted, check_notice, kinds as parcels};
use crate::common::{
    Desk, Logic, Look, data, locks, pay, questions, signing, stamps, standing, transfer, unknown_command,
};
use crate::shop::{Certified, Refused, check_certified, kinds};

/// The wallet.
#[derive(Clone, Debug)]
pub struct Wallet;

/// A checked message.
#[derive(Clone, Debug)]
pub enum Message {
    /// The contract.
    Acceptance(Box<CheckedContract>),
    /// Our account is open.
    Account(AccountOpened),
    /// A chunk of goods.
    Chunk(Box<ChunkMessage>),
    /// Of a shop, in a mail order.
    Notice(Box<CheckedNotice>),
    /// An offer that holds together, for the request with this reference.
    Offer(Box<CheckedOffer>),
    /// About goods that are sent in a container.
    Goods(transfer::Message),
    /// Of an exchange whose register is a notary.
    Fair(Box<frame::CheckedPacket>),
    /// About a lock.
    Lock(Box<lock::CheckedPacket>),
    /// Of an exchange.
    Packet(Box<CheckedPacket>),
    /// The contract of a mail order.
    ParcelAcceptance(Box<CheckedAcceptance>),
    /// An offer of parcels that holds together.
    ParcelOffer(Box<parcel::CheckedParcelOffer>),
    /// Of our bank, about a transfer.
    Pay(pay::FromBank),
    /// The shop says no.
    Refused(Refused),
}

/// The contract with its signer.
#[derive(Clone, Debug)]
pub struct CheckedContract {
    /// The statement.
    pub acceptance: Statement<Acceptance>,
    /// X, as it stands in it.
    pub x: Arc<Descriptor>,
    /// Who signed.
    pub shop: Valid,
}

/// An offer with its signer.
#[derive(Clone, Debug)]
pub struct CheckedOffer {
    /// The statement.
    pub offer: Arc<Statement<Offer>>,
    /// Amount and title.
    pub summary: offer::Summary,
    /// Who signed.
    pub shop: Valid,
    /// The shop's certificate (DER).
    pub certificate: Vec<u8>,
    /// Which request it answers.
    pub reference: String,
}

impl Logic for Wallet {
    type Message = Message;

    fn role(&self) -> Role {
        Role::Buyer
    }

    fn check(&self, kind: &str, body: &[u8], look: &Look<'_>) -> Result<Message, Violation> {
        match kind {
            PACKET => Ok(Message::Packet(Box::new(check_packet(body, look)?))),
            signing::PACKET => Ok(Message::Fair(Box::new(signing::check_packet(body, look)?))),
            locks::PACKET => Ok(Message::Lock(Box::new(locks::check_packet(body, look)?))),
            CHUNK => Ok(Message::Chunk(Box::new(json::read(body)?))),
            kinds::OFFER => {
                let certified: Certified = json::read(body)?;
                let (offer, shop) = check_certified(&certified, Role::Seller, look)?;
                let offer = Arc::new(offer);
                let summary = offer::check(&offer)?;
                shop.covers(summary.amount)?;
                look.crypto.check_key(&offer.body.terms.seal_key)?;
                Known::note_offer(look.known, &offer);
                let reference = certified.reference.ok_or_else(|| Violation::new(Code::FieldMissing, "reference"))?;
                let certificate = certified.certificate.0;
                Ok(Message::Offer(Box::new(CheckedOffer { offer, summary, shop, certificate, reference })))
            }
            kinds::ACCEPTANCE => {
                let certified: Certified = json::read(body)?;
                let (acceptance, shop): (Statement<Acceptance>, _) = check_certified(&certified, Role::Seller, look)?;
                let x = read_x(&acceptance.body.descriptor.0, look)?;
                Ok(Message::Acceptance(Box::new(CheckedContract { acceptance, x, shop })))
            }
            parcels::OFFER => {
                let certified: Certified = json::read(body)?;
                let (offer, shop) = check_certified(&certified, Role::Seller, look)?;
                let summary = mail_order::offer::check(&offer)?;
                shop.covers(summary.amount)?;
                let reference = certified.reference.ok_or_else(|| Violation::new(Code::FieldMissing, "reference"))?;
                let certificate = certified.certificate.0;
                let checked = parcel::CheckedParcelOffer { offer, summary, shop, certificate, reference };
                Ok(Message::ParcelOffer(Box::new(checked)))
            }
            parcels::ACCEPTANCE => Ok(Message::ParcelAcceptance(Box::new(check_accepted(body, look)?))),
            parcels::NOTICE => Ok(Message::Notice(Box::new(check_notice(body, Role::Seller, look)?))),
            kinds::REFUSED => Ok(Message::Refused(json::read(body)?)),
            crate::bank::kinds::OPENED => Ok(Message::Account(json::read(body)?)),
            other => match pay::check(other, body, look)? {
                Some(message) => Ok(Message::Pay(message)),
                None => match transfer::check(other, body)? {
                    Some(message) => Ok(Message::Goods(message)),
                    None => Err(Violation::new(Code::KindUnknown, other)),
                },
            },
        }
    }

    fn message(&self, from: PeerId, message: Message, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        match message {
            Message::Acceptance(contract) => deal::accepted(from, &contract.acceptance, &contract.x, desk),
            Message::Account(opened) => purse::opened(from, &opened, desk),
            Message::Goods(message) => transfer::message(Role::Buyer, from, message, desk),
            Message::Fair(packet) => signing::packet(from, *packet, desk),
            Message::Lock(packet) => locks::packet(from, *packet, desk),
            Message::Chunk(chunk) => run::chunk(from, *chunk, desk),
            Message::Notice(notice) => parcel::notice(from, &notice, desk),
            Message::Offer(offer) => deal::offered(from, &offer, desk),
            Message::Packet(packet) => run::packet(from, *packet, desk),
            Message::ParcelAcceptance(acceptance) => parcel::accepted(from, &acceptance, desk),
            Message::ParcelOffer(offer) => parcel::offered(from, &offer, desk),
            Message::Pay(message) => pay::message(self, from, message, desk),
            Message::Refused(refused) if parcel::refused(from, &refused, desk)? => Ok(()),
            Message::Refused(refused) => deal::refused(from, &refused, desk),
        }
    }

    fn valids<'m>(&self, message: &'m Message) -> Vec<&'m Valid> {
        match message {
            Message::Acceptance(contract) => vec![&contract.shop],
            Message::Notice(notice) => vec![&notice.valid],
            Message::Offer(offer) => vec![&offer.shop],
            Message::ParcelAcceptance(acceptance) => vec![&acceptance.shop],
            Message::ParcelOffer(offer) => vec![&offer.shop],
            Message::Pay(message) => message.valids(),
            Message::Account(_)
            | Message::Chunk(_)
            | Message::Fair(_)
            | Message::Goods(_)
            | Message::Lock(_)
            | Message::Packet(_)
            | Message::Refused(_) => Vec::new(),
        }
    }

    fn command(&self, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
        match word {
            "open-account" => purse::open(Role::Buyer, request, desk),
            "purse" => purse::show(desk),
            "buy" if request.get("item").is_none() => parcel::buy(request, desk),
            "buy" => deal::buy(request, desk),
            "address-book" => parcel::address_book(request, desk),
            "bring" => parcel::bring(request, desk),
            "cancel" => parcel::cancel(request, desk),
            "dispute" => parcel::dispute(request, desk),
            "received" => parcel::received(request, desk),
            "complain" => parcel::complain(request, desk),
            "withdraw" => parcel::withdraw(request, desk),
            "refund-address" if parcel::is_deal(request, desk)? => parcel::refund_address(request, desk),
            "refund-address" => deal::refund::address(request, desk),
            "deals" => {
                let action = Action::Reveal(Revealed::Deals);
                permit_owner(action.clone(), desk)?.require(&action)?;
                let mut deals = deal::show::summaries(desk)?;
                deals.extend(parcel::summaries(desk)?);
                deals.sort_by_key(|(opened, _)| *opened);
                let deals: Vec<Value> = deals.into_iter().map(|(_, deal)| deal).collect();
                Ok(serde_json::json!({ "deals": deals }))
            }
            "deal" if parcel::is_deal(request, desk)? => parcel::show(request, desk),
            "export" if parcel::is_deal(request, desk)? => parcel::export(request, desk),
            "resume" if parcel::is_deal(request, desk)? => parcel::resume(request, desk),
            "deal" => deal::show::show(request, desk),
            "export" => deal::export(request, desk),
            "transcripts" => transcripts::list(request, desk),
            "note-dialog" => transcripts::note(request, desk),
            "known" => standing::known_command(request, desk),
            "stamp" => stamps::command(request, desk),
            "goods-read" => check::read(request, desk),
            "release" => run::command(request, Command::Release, desk),
            "contest" => run::command(request, Command::Contest, desk),
            "escrow" => run::command(request, Command::Escrow, desk),
            "resume" => deal::resume(request, desk),
            other => match signing::command(other, request, desk)? {
                Some(done) => Ok(done),
                None => match data::command(Role::Buyer, other, request, desk)? {
                    Some(done) => Ok(done),
                    None => match transfer::command(Role::Buyer, other, request, desk)? {
                        Some(done) => Ok(done),
                        None => pay::command(Role::Buyer, other, request, desk)?.ok_or_else(|| unknown_command(other)),
                    },
                },
            },
        }
    }

    fn answer(&self, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if let Outcome::Signed { statement, transcript, consent } = &answer.outcome {
            check_answer(answer, statement)?;
            let is_order = [Kind::Order.word(), Kind::ParcelOrder.word()].contains(&answer.question.kind.as_str());
            // A person is asked for it; a script plays one who says yes.
            if is_order && *consent == Consent::Script {
                standing::note_known(answer.question.payload.as_bytes(), desk)?;
            }
            deal::keep_transcript(&answer.question.asker, transcript, desk);
        }
        if let Outcome::Declined { transcript } = &answer.outcome {
            deal::keep_transcript(&answer.question.asker, transcript, desk);
        }
        if let Some(xid) = signing::id_of(&answer.question.asker) {
            return signing::answer(xid, answer, desk);
        }
        if let Some(id) = locks::id_of(&answer.question.asker) {
            return locks::answer(id, answer, desk);
        }
        if let Some(id) = data::id_of(&answer.question.asker) {
            return data::answer(Role::Buyer, id, answer, desk);
        }
        if let Some(id) = transfer::id_of(&answer.question.asker) {
            return transfer::answer(Role::Buyer, id, answer, desk);
        }
        if let Some(purpose) = pay::purpose_of_question(&answer.question.asker) {
            return pay::answer(self, purpose, answer, desk);
        }
        if pay::answer_about_receipt(Role::Buyer, answer, desk)? {
            return Ok(());
        }
        if let Some(id) = deal::refund::id_of(&answer.question.asker) {
            return deal::refund::answer(id, answer, desk);
        }
        if let Some(id) = parcel::id_of(&answer.question.asker) {
            return parcel::answer(id, answer, desk);
        }
        let asker = Key(answer.question.asker.clone());
        match xid_of(&asker) {
            Some(xid) => run::answer(xid, answer, desk),
            None => deal::answer(answer, desk),
        }
    }

    fn timer(&self, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if let Some(xid) = key.0.strip_prefix("check/").and_then(Hash::from_hex) {
            return check::some(semper_base::Xid(xid), desk);
        }
        if let Some(id) = key.0.strip_prefix("deal/").and_then(semper_base::DealId::parse) {
            return deal::deadline(id, desk);
        }
        if let Some(id) = parcel::id_of(&key.0) {
            return parcel::deadline(id, desk);
        }
        if transfer::timer(Role::Buyer, key, desk)? {
            return Ok(());
        }
        if pay::timer(key, desk)? || signing::timer(key, desk)? || locks::timer(key, desk)? {
            return Ok(());
        }
        match xid_of(key) {
            Some(xid) => run::deadline(xid, desk),
            None => {
                desk.tx.push(Write::Timer(key.clone(), None));
                Ok(())
            }
        }
    }

    fn money(&self, news: &pay::News, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if transfer::money(Role::Buyer, news, desk)? {
            return Ok(());
        }
        if parcel::money(news, desk)? { Ok(()) } else { deal::refund::money(news, desk) }
    }

    fn trusted_anew(&self, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        for question in questions::open(desk)? {
            if let Some(id) = question.asker.strip_prefix("deal/").and_then(semper_base::DealId::parse) {
                deal::void::look_again(id, desk)?;
            } else if let Some(id) = parcel::id_of(&question.asker) {
                parcel::look_again(id, desk)?;
            }
        }
        Ok(())
    }

    fn start(&self, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn met(&self, _link: &str, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

/// What came back must be a signature over exactly what was asked.
fn check_answer(answer: &Answer, statement: &str) -> Result<(), Violation> {
    let compact = Compact::parse(statement)?;
    if compact.payload() != answer.question.payload.as_bytes() || compact.key() != answer.question.key {
        return Err(Violation::new(Code::TermsWrong, "the screen signed something else"));
    }
    Ok(())
}
