//! A deal on the buyer's books, from the wish to the contract; then the exchange takes over.
//!
//! ```text
//!  buy        offer            user agreed        acceptance
//! [Asked] --> [Offered] -----> [Ordered] -------> [Agreed]   (exchange dgp/XID runs)
//!    |            |                |
//!    +------------+----------------+--> [Ended]   refused, declined, no answer in time
//!
//! deal/ID        Deal; also the timer that ends it if nobody answers before there is a contract
//! deal-of/XID    which deal an exchange belongs to
//! deal-of/HASH   which deal an order belongs to
//! ```

pub(super) mod refund;
pub(super) mod show;
pub(super) mod void;

use semper_base::code::Code;
use semper_base::limits::{ACCEPTANCE_WAIT_MS, OFFER_WAIT_MS};
use semper_base::tx::{Need, Question, Record};
use semper_base::{
    Blob64, DealId, Error, Hash, Key, KeyId, Millis, Misuse, PeerId, Role, Timestamp, Violation, Write, Xid,
};
use semper_blocks::delivery::{ShareOpening, seal_share};
use semper_blocks::statement::{About, Kind, Ref, Statement, author, danger_typed_unverified, payload};
use semper_commerce::dispute::pack::PieceKind;
use semper_commerce::process::purchase::{Acceptance, Order, check_accepted, root_opening};
use semper_driver::service::Answer;
use semper_exchange::fair::dgp::buyer::{Buyer, Own};
use semper_exchange::fair::dgp::{Cx, Descriptor};
use semper_support::crypto::random_secret;
use semper_support::tinguin::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{CheckedOffer, purse, run};
use crate::common::evidence::{self, Extra};
use crate::common::exchange::{self, Run, apply};
use crate::common::known::Known;
use crate::common::standing::language;
use crate::common::{Desk, enrol, hello, keys, notaries, rows, stamps, text};
use crate::shop::{Certified, OfferRequest, Refused, kinds, own_certificate};

/// A deal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deal {
    id: DealId,
    opened: Timestamp,
    /// Our link to the shop.
    shop: String,
    item: String,
    state: State,
}

/// See the diagram.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum State {
    Asked,
    Offered { offer: String, share: ShareOpening, deal_key: KeyId },
    Ordered { offer: String, share: ShareOpening, order: String },
    Agreed { offer: String, order: String, acceptance: String, xid: Xid },
    Ended { why: u16 },
}

fn key(id: DealId) -> Key {
    Key::new("deal", id)
}

/// `{"command":"buy","shop":LINK,"item"}`: asks the shop for an offer.
pub(super) fn buy(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (shop, item) = (text(request, "shop")?.to_owned(), text(request, "item")?.to_owned());
    purse::the(desk)?;
    enrol::freshen(desk)?;
    let peer = hello::met_at(&shop, desk)?.peer;
    let mut random = [0_u8; 10];
    desk.cx.crypto.random(&mut random);
    let id = DealId::new(desk.cx.now, random);
    let deal = Deal { id, opened: desk.cx.now, shop, item: item.clone(), state: State::Asked };
    keep_until(&deal, desk.cx.now.plus(Millis(OFFER_WAIT_MS)), desk)?;
    let wanted = OfferRequest { item, notaries: notaries::keys(desk)?, reference: id.to_string() };
    desk.send(peer, kinds::OFFER_REQUEST, &wanted)?;
    desk.tell("asked", id, "An offer was asked for.");
    Ok(json!({ "deal": id }))
}

/// An offer has come: it must name the bank and the notary that we know ourselves, and the amounts
/// must be within what their certificates cover. Then the user is asked to order.
pub(super) fn offered(from: PeerId, checked: &CheckedOffer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let id = DealId::parse(&checked.reference).ok_or_else(|| Violation::new(Code::FieldWrong, "reference"))?;
    let mut deal: Deal = rows::get(desk.tx, &key(id))?.ok_or_else(|| Violation::new(Code::OutOfTurn, "offer"))?;
    let shop = hello::met_at(&deal.shop, desk)?;
    match deal.state {
        State::Asked if shop.peer == from => {}
        // Too late for us, and nothing that the shop did wrong.
        State::Ended { .. } if shop.peer == from => return Ok(()),
        _ => return Err(Violation::new(Code::OutOfTurn, "offer").into()),
    }
    // Whoever was asked is bound: what another shop signed may not be passed on as one's own.
    if shop.key != checked.shop.key {
        return Err(Violation::new(Code::KeyWrong, "offered by another than who was asked").into());
    }
    let terms = &checked.offer.body.terms;
    let Some(bank) = purse::our_bank(&terms.bank, checked.summary.amount, desk)? else {
        desk.tell("refused", id, "The offer names a bank that this wallet is not connected with.");
        return end(deal, Code::RoleUnfit, desk);
    };
    let notary = notaries::on_list(&terms.notary.key, desk)?;
    let same =
        |met: &hello::Met| met.certificate == terms.notary.certificate && met.seal.as_ref() == Some(&terms.notary_seal);
    let Some(notary) = notary.filter(same) else {
        let text = "The offer names a notary that is not on this wallet's list; `semper notary list` shows it.";
        desk.tell("refused", id, text);
        return end(deal, Code::NoCommonNotary, desk);
    };
    // Liability is checked before anyone commits: what backs bank and notary must cover the amount.
    for third in [&bank, &notary] {
        if third.limit.is_some_and(|limit| limit.minus(checked.summary.amount).is_err()) {
            desk.tell("refused", id, format!("{} is not to be relied on for that much.", third.name));
            return end(deal, Code::RiskTooHigh, desk);
        }
    }
    keys::keep_certificate(&checked.certificate, desk);
    let share = ShareOpening { s: random_secret(desk.cx.crypto), r_s: random_secret(desk.cx.crypto) };
    let pair = keys::generate(desk)?;
    let seed = random_secret(desk.cx.crypto);
    let sealed = seal_share(desk.cx.crypto, &terms.seal_key, &seed, &share, checked.offer.hash.bytes())?;
    let body = Order {
        amount: checked.summary.amount,
        com_s: share.commitment(),
        deal_key: pair.public.clone(),
        goods: checked.summary.title.clone(),
        sealed_share: Blob64(sealed),
    };
    let me = keys::author(Role::Buyer, desk.tx, desk.cx)?;
    let offer = Ref { kind: Kind::Offer, hash: checked.offer.hash };
    let about = About { to: vec![checked.shop.key.id()], xid: None, refs: vec![offer] };
    let meta = author::meta::<Order>(desk.cx, me.signer(), language(desk)?, about, Millis::hours(1));
    let payload = payload(&meta, &body)?;
    ask(id, Kind::Order, payload, me.public.id(), desk)?;
    desk.tell("offered", id, format!("{} for {} from {}.", body.goods, body.amount, checked.shop.name));
    keys::note_checked(&id, desk)?;
    enrol::watch(desk);
    deal.state = State::Offered { offer: checked.offer.text.clone(), share, deal_key: pair.public.id() };
    keep_until(&deal, checked.offer.meta.expires, desk)
}

/// Keeps a deal that is to end at this time if nothing else happens.
fn keep_until(deal: &Deal, until: Timestamp, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.tx.push(Write::Timer(key(deal.id), Some(until)));
    Ok(rows::put(desk.tx, key(deal.id), deal)?)
}

/// The time for an answer is over: of the shop, or of the user whose offer has run out.
pub(super) fn deadline(id: DealId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.tx.push(Write::Timer(key(id), None));
    let Some(deal) = rows::get::<Deal>(desk.tx, &key(id))? else { return Ok(()) };
    let why = match deal.state {
        State::Asked | State::Ordered { .. } => Code::NoAnswer,
        State::Offered { .. } => Code::OfferExpired,
        State::Agreed { .. } | State::Ended { .. } => return Ok(()),
    };
    desk.tell("ended", id, format!("{}.", why.text()));
    end(deal, why, desk)
}

fn question_id(id: DealId, kind: Kind) -> String {
    format!("{id}/{kind}")
}

fn ask(id: DealId, kind: Kind, payload: Vec<u8>, signer: KeyId, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let payload = String::from_utf8(payload).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
    desk.tx.push(Write::Ask(Question {
        id: question_id(id, kind),
        asker: key(id).0,
        payload,
        kind: kind.word().to_owned(),
        key: signer,
        follows: None,
    }));
    Ok(())
}

/// The user's answer about the order.
pub(super) fn answer(answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let id = answer.question.asker.strip_prefix("deal/").and_then(DealId::parse);
    let id = id.ok_or_else(|| Misuse::new(Code::NotFound, answer.question.asker.clone()))?;
    let deal: Option<Deal> = rows::get(desk.tx, &key(id))?;
    let Some(mut deal) = deal else { return Ok(()) };
    let State::Offered { offer, share, .. } = deal.state.clone() else {
        return Ok(());
    };
    match &answer.outcome {
        Outcome::CouldNotAsk => Ok(()),
        Outcome::Declined { .. } => {
            desk.tell("declined", id, "Nothing was ordered.");
            end(deal, Code::Declined, desk)
        }
        Outcome::Signed { statement, .. } => {
            // The question may have waited for longer than the shop could be trusted.
            if let Some(why) = keys::lapsed(&id, &offer, desk)? {
                return end(deal, why, desk);
            }
            keys::forget_checked(&id, desk);
            let peer = hello::met_at(&deal.shop, desk)?.peer;
            let certificate = own_certificate(desk)?;
            let order = Hash::of(statement.as_bytes());
            rows::put(desk.tx, Key::new("deal-of", order), &id)?;
            deal.state = State::Ordered { offer, share, order: statement.clone() };
            keep_until(&deal, desk.cx.now.plus(Millis(ACCEPTANCE_WAIT_MS)), desk)?;
            desk.tell("ordered", id, "The order is signed.");
            let order = Certified { certificate, reference: None, statement: statement.clone() };
            desk.send(peer, kinds::ORDER, &order)
        }
    }
}

/// The contract has come: X must say what was ordered. Then the exchange begins.
pub(super) fn accepted(
    from: PeerId,
    acceptance: &Statement<Acceptance>,
    x: &Descriptor,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let order_ref = acceptance.meta.refs.iter().find(|reference| reference.kind == Kind::Order);
    let order_ref = order_ref.ok_or_else(|| Violation::new(Code::RefMissing, "order"))?;
    let id: Option<DealId> = rows::get(desk.tx, &Key::new("deal-of", order_ref.hash))?;
    let id = id.ok_or_else(|| Violation::new(Code::RefWrong, "order"))?;
    let mut deal: Deal = rows::get(desk.tx, &key(id))?.ok_or_else(|| Misuse::new(Code::NotFound, id.to_string()))?;
    if hello::met_at(&deal.shop, desk)?.peer != from {
        return Err(Violation::new(Code::PeerWrong, "acceptance").into());
    }
    let (offer_text, share, order_text) = match deal.state.clone() {
        State::Ordered { offer, share, order } => (offer, share, order),
        // Too late for us, and nothing that the shop did wrong: without a hold it gives up by itself.
        State::Ended { .. } => return Ok(()),
        _ => return Err(Violation::new(Code::OutOfTurn, "acceptance").into()),
    };
    let offer = Known::stored_offer(desk.known(), &offer_text)?;
    let order: Statement<Order> = danger_typed_unverified(&order_text)?;
    check_accepted(&offer, &order, acceptance, x)?;
    if x.core.opened > desk.cx.now.plus(x.core.deadlines.skew_ms) {
        return Err(Violation::new(Code::NotYetValid, "acceptance").into());
    }
    for text in [&offer_text, &order_text, &acceptance.text] {
        exchange::keep(x.xid, text, desk)?;
    }
    rows::put(desk.tx, Key::new("deal-of", x.xid), &id)?;
    deal.state =
        State::Agreed { offer: offer_text, order: order_text, acceptance: acceptance.text.clone(), xid: x.xid };
    rows::put(desk.tx, key(id), &deal)?;
    desk.tx.push(Write::Timer(key(id), None));
    desk.tell("accepted", id, "The contract is signed.");
    begin(from, x, share, root_opening(&offer, acceptance), desk)
}

fn begin(
    shop: PeerId,
    x: &Descriptor,
    share: ShareOpening,
    root: semper_exchange::fair::dgp::RootOpening,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let debit = purse::lock(x, desk)?;
    let (account, account_key) = (debit.account, debit.account_key);
    let own = Own { account, account_key, language: language(desk)?, root, share };
    let cx = Cx { base: *desk.cx, author: None };
    let mut effects = Vec::new();
    let machine = Buyer::start(own, x, &cx, &mut effects)?;
    let mut run = Run::new(x, machine);
    run.bind(Role::Seller, shop);
    apply(&run, x, &[], effects, desk)?;
    let deadline = run.machine.deadline();
    Ok(run.store(x.xid, deadline, desk)?)
}

/// The shop will not sell.
pub(super) fn refused(from: PeerId, refused: &Refused, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let id = match (&refused.order, &refused.reference) {
        (Some(order), _) => rows::get(desk.tx, &Key::new("deal-of", order))?,
        (None, Some(reference)) => DealId::parse(reference),
        (None, None) => None,
    };
    let id = id.ok_or_else(|| Violation::new(Code::OutOfTurn, "refused"))?;
    let deal: Deal = rows::get(desk.tx, &key(id))?.ok_or_else(|| Violation::new(Code::OutOfTurn, "refused"))?;
    if hello::met_at(&deal.shop, desk)?.peer != from || matches!(deal.state, State::Agreed { .. } | State::Ended { .. })
    {
        return Err(Violation::new(Code::OutOfTurn, "refused").into());
    }
    let code = Code::from_number(refused.code).unwrap_or(Code::Declined);
    let more = match notaries::told(&refused.notaries) {
        Some(names) if code == Code::NoCommonNotary => {
            format!(" The shop takes {names}: `semper link notary ADDRESS --called NAME` adds one to your list.")
        }
        _ => String::new(),
    };
    desk.tell("refused", id, format!("The shop says: {}.{more}", code.text()));
    end(deal, code, desk)
}

fn end(deal: Deal, why: Code, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let id = deal.id;
    desk.tx.push(Write::Timer(key(id), None));
    desk.tx.push(Write::Unask(question_id(id, Kind::Order)));
    keys::forget_checked(&id, desk);
    Ok(rows::put(desk.tx, key(id), &Deal { state: State::Ended { why: why.number() }, ..deal })?)
}

/// The deal that a command names, by its whole id or a beginning that fits only one.
pub(super) fn named(request: &Value, desk: &Desk<'_, '_>) -> Result<Deal, Error> {
    let wanted = text(request, "deal")?;
    let found = desk.tx.scan(&format!("deal/{wanted}"), 2)?;
    match found.as_slice() {
        [(key, row)] if !wanted.is_empty() => Ok(rows::parse(key, row)?),
        [] => Err(Misuse::new(Code::NotFound, format!("no deal {wanted}; `semper deal list` shows them")).into()),
        _ => {
            let text = format!("{wanted:?} fits more than one deal; give more of it (`semper deal list` shows them)");
            Err(Misuse::new(Code::Usage, text).into())
        }
    }
}

/// The exchange of a deal.
pub(super) fn xid(deal: &Deal) -> Result<Xid, Error> {
    match deal.state {
        State::Agreed { xid, .. } => Ok(xid),
        _ => Err(Misuse::new(Code::StateWrong, "there is no contract yet").into()),
    }
}

/// Asks again what was asked before, and the registers for their rows.
pub(super) fn resume(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let deal = named(request, desk)?;
    match &deal.state {
        State::Asked => {
            let peer = hello::met_at(&deal.shop, desk)?.peer;
            let (item, notaries) = (deal.item.clone(), notaries::keys(desk)?);
            let again = OfferRequest { item, notaries, reference: deal.id.to_string() };
            desk.send(peer, kinds::OFFER_REQUEST, &again)?;
        }
        State::Ordered { order, .. } => {
            let peer = hello::met_at(&deal.shop, desk)?.peer;
            let certificate = own_certificate(desk)?;
            desk.send(peer, kinds::ORDER, &Certified { certificate, reference: None, statement: order.clone() })?;
        }
        State::Agreed { xid, .. } => run::resume(*xid, desk)?,
        State::Offered { .. } | State::Ended { .. } => {}
    }
    show::summary(&deal, desk)
}

/// What the trusted screen showed, kept for good.
pub(crate) fn keep_transcript(asker: &str, transcript: &str, desk: &mut Desk<'_, '_>) {
    let hash = Hash::of(transcript.as_bytes());
    let subject = asker.replace('/', ":");
    desk.tx.put(Key::new("transcript", format_args!("{subject}/{hash}")), transcript.as_bytes().to_vec());
    desk.tx.push(Write::Archive(Record {
        subject,
        kind: "transcript".to_owned(),
        bytes: transcript.as_bytes().to_vec(),
        need: Need::Transcript,
        expires: desk.cx.now.plus(Millis::days(3650)),
    }));
}

/// Writes the evidence pack of a deal: `{"command":"export","deal"}`.
pub(super) fn export(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let deal = named(request, desk)?;
    let xid = xid(&deal)?;
    let run: Run<Buyer> = Run::load(desk.tx, xid)?.ok_or_else(|| Misuse::new(Code::NotFound, "exchange"))?;
    let mut pieces = Vec::new();
    if let Some((key, _)) = run.machine.halves() {
        let text = serde_json::to_vec(key).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        pieces.push((PieceKind::KeyOpening, text));
    }
    if let Some(escrow) = run.machine.escrow() {
        pieces.push((PieceKind::EscrowBox, escrow.0.0.clone()));
    }
    if let Some(proof) = run.machine.proof() {
        pieces.push((PieceKind::ComplaintProof, proof.as_bytes().to_vec()));
    }
    let extra = Extra { pieces, transcripts: vec![format!("dgp:{xid}"), format!("deal:{}", deal.id)] };
    // The deal's own key is a party's key whatever else the pack holds; the contract shows whose it is.
    let x = run.x(xid, desk.tx)?;
    let author = keys::plain_author(Role::Buyer, x.core.buyer.id(), desk.tx, desk.cx)?;
    let pack = evidence::export(&x, extra, &author, desk)?;
    let unstamped = stamps::left(&format!("xid:{xid}"), desk)?;
    Ok(json!({ "deal": deal.id, "xid": xid, "pack": Blob64(pack), "unstamped": unstamped }))
}
