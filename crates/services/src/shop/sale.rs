//! A sale: offer, order, encryption, acceptance, and the seller's role of the exchange.
//!
//! ```text
//! offer/HASH      what was offered to whom, until it expires or is ordered (also a timer)
//! sale/ORDERHASH  Sale
//! sale-papers/ORDERHASH  the texts that it rests on, see `papers`
//! work/ORDERHASH  timer: encrypt the next chunks
//! sealed/ORDERHASH  timer: drop the encrypted chunks
//! sale-of/XID     which sale an exchange belongs to
//! chunk sale-ORDERHASH, i    the encrypted chunks
//! ```

mod papers;
mod refund;
mod run;

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::tx::ChunkRef;
use semper_base::{
    Amount, Blob64, Error, Fault, Hash, Key, Millis, Misuse, Nonce, PeerId, Refusal, Role, Timestamp, Violation, Write,
    Xid,
};
use semper_blocks::certificate::{Kind as CertificateKind, Valid};
use semper_blocks::delivery::{
    ContentKey, KeyOpening, PlainLeaf, ShareOpening, encrypt_chunk, open_share, seal_escrow, tree,
};
use semper_blocks::statement::{About, Compact, Kind, Ref, Statement, danger_typed_unverified, make};
use semper_commerce::deal;
use semper_commerce::dispute::pack::PieceKind;
use semper_commerce::process::offer::{Offer, Terms, Times, Withdrawal, check, checkout};
use semper_commerce::process::product::{Product, ProductKind};
use semper_commerce::process::purchase::{Acceptance, Order, check_order, private_commitment, root_salt};
use semper_exchange::fair::dgp::descriptor::{
    Core, Descriptor, PROTOCOL, RootOpening, Third, core_bytes, payee_commitment,
};
use semper_exchange::fair::dgp::seller::{Secrets, Seller, Stage};
use semper_exchange::fair::dgp::statements::EscrowBox;
use semper_support::crypto::{KeyPair, Secret32, random_secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Certified, Lie, OfferRequest, Refused, catalogue, goods, kinds, open, own_certificate};
use crate::common::evidence::{self, Extra};
use crate::common::exchange::{self, Run};
use crate::common::known::Known;
use crate::common::{Desk, board, keys, notaries, rows, stamps};
use crate::wallet::purse;

pub(super) use refund::{money, notice, refund};
pub(super) use run::{command, deadline, drop_sealed, packet};

/// How long an offer stands.
const OFFER_LIFE: Millis = Millis::hours(1);
/// Chunks that one step encrypts.
const CHUNKS_PER_STEP: u64 = 16;

/// One order that we took.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sale {
    goods: String,
    buyer: PeerId,
    /// What it rests on, until it is stored in a row of its own. Older programs kept it here.
    #[serde(default, skip_serializing)]
    offer: Option<String>,
    #[serde(default, skip_serializing)]
    order: Option<String>,
    /// The buyer's half of the content key.
    share: ShareOpening,
    /// Ours.
    key: KeyOpening,
    /// Our key for this deal.
    deal_key: semper_base::KeyId,
    /// Chunks that are encrypted.
    done: u64,
    /// Whom it is counted for as long as no money is held.
    unpaid: Option<semper_base::KeyId>,
    /// The exchange, once X is made.
    xid: Option<Xid>,
    /// Until when chunks are sent again after the end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    again_until: Option<Timestamp>,
}

fn sale_key(order: Hash) -> Key {
    Key::new("sale", order)
}

fn sealed_chunk(order: Hash, index: u64) -> ChunkRef {
    ChunkRef { blob: format!("sale-{order}"), index }
}

/// Leaf hashes of the encrypted chunks stand beside those of the goods, under the order's name.
fn sealed_leaves(order: Hash) -> String {
    format!("sale-{order}")
}

/// Answers a request for an offer: a checkout signed for this buyer alone.
pub(super) fn offer(from: PeerId, request: &OfferRequest, times: &Times, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let reference = Some(request.reference.clone());
    let file = find_file(&request.item, desk)
        .and_then(|file| Ok((file, notaries::choose(Some(&request.notaries), &[], desk)?)))
        .and_then(|file| open::add_offer(from, desk).map(|()| file));
    let ((good, root, list), notary) = match file {
        Err(Error::Refusal(refusal)) => {
            let none = refusal.code() == Code::NoCommonNotary;
            let notaries = if none { notaries::names(desk)? } else { vec![] };
            let refused = Refused { code: refusal.code().number(), notaries, order: None, reference };
            return desk.send(from, kinds::REFUSED, &refused);
        }
        other => other?,
    };
    let purse = purse::in_currency(good.price.currency(), desk)?;
    let bank = purse::bank(&purse, desk)?;
    let notary_seal =
        notary.seal.clone().ok_or_else(|| Misuse::new(Code::KeyMissing, "the notary has no sealing key"))?;
    let seal = keys::identity(desk.tx, CertificateKind::Seal)?;
    let seal = seal.ok_or_else(|| Misuse::new(Code::KeyMissing, "our sealing key is not certified yet"))?;
    let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
    let refs = list.map(|hash| Ref { kind: Kind::PriceList, hash }).into_iter().collect();
    let meta = author.meta::<Offer>(desk.cx, About { refs, ..About::default() }, OFFER_LIFE);
    let terms = Terms {
        bank: Third { key: bank.key, certificate: bank.certificate },
        file: good.file(root),
        notary: Third { key: notary.key, certificate: notary.certificate },
        notary_seal,
        seal_key: keys::public(desk.tx, desk.cx, seal.key)?,
        times: *times,
        vat: good.vat,
        withdrawal: Withdrawal::EndsWithDelivery,
    };
    let body = checkout(&meta, good.item(), good.price.currency(), terms);
    let offer = Arc::new(make(desk.cx.crypto, &author.secret, meta, body)?);
    check(&offer).map_err(|wrong| Misuse::new(wrong.code(), format!("our own offer of {}: {wrong}", good.id)))?;
    Known::note_offer(desk.known(), &offer);
    let row = Key::new("offer", offer.hash);
    rows::put(desk.tx, row.clone(), &open::Standing { offer: offer.text.clone(), peer: from })?;
    desk.tx.push(Write::Timer(row, Some(offer.meta.expires.plus(Millis::seconds(300)))));
    desk.tell("offered", offer.hash, format!("{} for {}.", good.title, good.price));
    desk.send(
        from,
        kinds::OFFER,
        &Certified { certificate: own_certificate(desk)?, reference, statement: offer.text.clone() },
    )
}

/// The file with this id, as it is sold now, and the price list that its price stands on. A file that the
/// catalogue does not know is sold at the price it was brought with; one that it knows, as it says.
fn find_file(id: &str, desk: &mut Desk<'_, '_>) -> Result<(goods::Goods, Hash, Option<Hash>), Error> {
    let not_for_sale = || Refusal::new(Code::NotForSale, id);
    if !catalogue::is_product(id, desk)? {
        let (good, root) = goods::ready(desk.tx, id)?.ok_or_else(not_for_sale)?;
        return Ok((good, root, None));
    }
    let (product, list) = catalogue::sellable(id, desk)?;
    if product.kind != ProductKind::File {
        return Err(not_for_sale().into());
    }
    let (good, root) = goods::ready(desk.tx, id)?.ok_or_else(not_for_sale)?;
    let title = product.full_title();
    let Product { price, vat, .. } = product;
    Ok((goods::Goods { title, price, vat, ..good }, root, Some(list)))
}

/// An offer that nobody ordered is forgotten.
pub(super) fn forget_offer(offer: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let row = Key::new("offer", offer);
    if let Some(standing) = rows::get::<open::Standing>(desk.tx, &row)? {
        open::end_offer(standing.peer, desk)?;
    }
    desk.tx.delete(row.clone());
    desk.tx.push(Write::Timer(row, None));
    Ok(())
}

/// Takes an order: checks it against the offer, opens the buyer's half, and starts to encrypt.
pub(super) fn order(
    from: PeerId,
    order: &Statement<Order>,
    buyer: &Valid,
    certificate: &[u8],
    lie: Lie,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    if let Some(known) = rows::get::<Sale>(desk.tx, &sale_key(order.hash))? {
        // Asked again: the work goes on, or the acceptance did not arrive.
        return if known.buyer == from {
            accept_again(&known, desk)
        } else {
            Err(Violation::new(Code::PeerWrong, "order").into())
        };
    }
    match accept_order(order, buyer, desk) {
        Err(Error::Refusal(refusal)) => {
            let refused =
                Refused { code: refusal.code().number(), notaries: vec![], order: Some(order.hash), reference: None };
            desk.send(from, kinds::REFUSED, &refused)
        }
        Err(other) => Err(other),
        Ok((offer, share)) => {
            let pair = keys::generate(desk)?;
            let (k, r) = (random_secret(desk.cx.crypto), random_secret(desk.cx.crypto));
            let line = offer.body.line_items.first().ok_or_else(|| Violation::new(Code::TermsWrong, "line items"))?;
            let sale = Sale {
                goods: line.item.id.clone(),
                buyer: from,
                offer: Some(offer.text.clone()),
                order: Some(order.text.clone()),
                share,
                key: KeyOpening { k, r },
                deal_key: pair.public.id(),
                done: 0,
                unpaid: Some(buyer.key.id()),
                xid: None,
                again_until: None,
            };
            keys::keep_certificate(certificate, desk);
            forget_offer(offer.hash, desk)?;
            desk.tell("ordered", order.hash, format!("{} ordered {}.", buyer.name, order.body.goods));
            // A small file is ready with the order's own commit.
            work(order.hash, sale, Some((&offer, order)), lie, desk)
        }
    }
}

fn accept_order(
    order: &Statement<Order>,
    buyer: &Valid,
    desk: &mut Desk<'_, '_>,
) -> Result<(Arc<Statement<Offer>>, ShareOpening), Error> {
    let offer = open::ordered(&order.meta, desk, |text| Known::stored_offer(desk.known(), text))?;
    check_order(&offer, order)?;
    if buyer.covers(order.body.amount).is_err() {
        return Err(Refusal::new(Code::RiskTooHigh, "above the limit of the buyer's certificate").into());
    }
    let seal = keys::identity(desk.tx, CertificateKind::Seal)?;
    let seal = seal.ok_or_else(|| Misuse::new(Code::KeyMissing, "seal"))?;
    let seal = keys::pair(desk.tx, desk.cx, seal.key)?;
    let sealed = &order.body.sealed_share.0;
    let share = open_share(desk.cx.crypto, &seal.secret, sealed, offer.hash.bytes(), &order.body.com_s)?;
    open::add_sale(buyer.key.id(), offer.body.terms.file.length, desk)?;
    Ok((offer, share))
}

/// Goes on with the work for a sale.
pub(super) fn prepare(order: Hash, lie: Lie, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let sale: Option<Sale> = rows::get(desk.tx, &sale_key(order))?;
    let Some(sale) = sale.filter(|sale| sale.xid.is_none()) else {
        desk.tx.push(Write::Timer(Key::new("work", order), None));
        return Ok(());
    };
    work(order, sale, None, lie, desk)
}

/// Encrypts the next chunks of a sale; after the last one, makes X and accepts. `read` is offer and order, where they
/// were read already.
fn work(
    order: Hash,
    mut sale: Sale,
    read: Option<(&Statement<Offer>, &Statement<Order>)>,
    lie: Lie,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let found = goods::ready(desk.tx, &sale.goods)?;
    let (good, root) = found.ok_or_else(|| Misuse::new(Code::NotFound, sale.goods.clone()))?;
    let content = ContentKey::derive(&sale.key.k, &sale.share.s, &good.layout, &root);
    let end = good.layout.leaves().min(sale.done.saturating_add(CHUNKS_PER_STEP));
    let mut leaves = Vec::new();
    for index in sale.done..end {
        let data = desk.tx.chunk(&good.plain_chunk(index))?;
        let data = data.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, "goods"))?;
        let data = lie.chunk(data, index + 1 == good.layout.leaves());
        let leaf = PlainLeaf::new(&good.layout, &good.seed, index, &data)?;
        let sealed = encrypt_chunk(&content, &good.layout, index, leaf)?;
        leaves.push(tree::leaf_hash(&sealed));
        desk.tx.push(Write::Chunk(sealed_chunk(order, index), sealed));
    }
    goods::append_leaves(&sealed_leaves(order), sale.done, &leaves, desk)?;
    sale.done = end;
    let more = end < good.layout.leaves();
    desk.tx.push(Write::Timer(Key::new("work", order), more.then_some(desk.cx.now)));
    if !more {
        match read {
            Some(read) => accept(read, &mut sale, &good, root, lie, desk)?,
            None => {
                let papers = sale.papers(order, desk)?;
                let offer = Known::stored_offer(desk.known(), &papers.offer)?;
                let order = danger_typed_unverified(&papers.order)?;
                accept((&offer, &order), &mut sale, &good, root, lie, desk)?;
            }
        }
    }
    sale.store(order, desk)
}

/// Makes X and the acceptance, which is the contract, and proposes the exchange.
fn accept(
    (offer, order): (&Statement<Offer>, &Statement<Order>),
    sale: &mut Sale,
    good: &goods::Goods,
    root: Hash,
    lie: Lie,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let deal = keys::pair(desk.tx, desk.cx, sale.deal_key)?;
    let (bank, amount) = (offer.body.terms.bank.key.id(), order.body.amount);
    let purse = purse::at(&bank, amount.currency(), desk)?.map_or_else(|| purse::the(desk), Ok)?;
    let account = purse::payee(&purse, amount)?.account;
    let (salt, private_salt) = (random_secret(desk.cx.crypto), random_secret(desk.cx.crypto));
    let sealed = goods::leaves(desk.tx, &sealed_leaves(order.hash), good.layout.leaves())?;
    let core =
        core(offer, order, sale, &deal, &Salts { payee: &salt, private: &private_salt, account: &account }, desk);
    let core = Core { cipher_root: tree::root(&sealed), plain: plain(root, &private_salt), ..core };
    let seed = random_secret(desk.cx.crypto);
    let bytes = core_bytes(&core)?;
    let sealed_key = lie.sealed(&sale.key, desk.cx.crypto);
    let escrow = seal_escrow(desk.cx.crypto, &core.notary_seal, &seed, &sealed_key, &bytes)?;
    let escrow = EscrowBox(Blob64(escrow));
    let x = Descriptor::join(&core, &bytes, &escrow.hash())?;
    sale.xid = Some(x.xid);
    rows::put(desk.tx, Key::new("sale-of", x.xid), &order.hash)?;

    let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
    let about =
        About { to: vec![order.meta.signer.key], xid: None, refs: vec![Ref { kind: Kind::Order, hash: order.hash }] };
    let body = Acceptance { amount: order.body.amount, descriptor: Blob64(x.bytes().to_vec()), private_salt };
    let acceptance = author.answer(desk.cx, about, body)?;
    for text in [&offer.text, &order.text, &acceptance.text] {
        exchange::keep(x.xid, text, desk)?;
    }
    let certified = Certified { certificate: own_certificate(desk)?, reference: None, statement: acceptance.text };
    desk.send(sale.buyer, kinds::ACCEPTANCE, &certified)?;

    let secrets = Secrets { account, escrow, seed, key: sale.key.clone(), salt };
    let mut run = Run::new(&x, Seller::propose(secrets, &x));
    run.bind(Role::Buyer, sale.buyer);
    desk.tell("accepted", x.xid, format!("{} is encrypted; the contract is signed.", good.title));
    let deadline = run.machine.deadline();
    Ok(run.store(x.xid, deadline, desk)?)
}

/// Sends the acceptance of a sale once more, as it was signed.
fn accept_again(sale: &Sale, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(xid) = sale.xid else { return Ok(()) };
    let is_acceptance = |text: &String| Compact::parse(text).is_ok_and(|compact| compact.kind() == Kind::Acceptance);
    let Some(statement) = exchange::kept(desk.tx, &format!("xid:{xid}"))?.into_iter().find(is_acceptance) else {
        return Ok(());
    };
    let certified = Certified { certificate: own_certificate(desk)?, reference: None, statement };
    desk.send(sale.buyer, kinds::ACCEPTANCE, &certified)
}

fn plain(root: Hash, private_salt: &Secret32) -> Hash {
    RootOpening { root, salt: root_salt(private_salt) }.commitment()
}

struct Salts<'a> {
    payee: &'a Secret32,
    private: &'a Secret32,
    account: &'a str,
}

fn core(
    offer: &Statement<Offer>,
    order: &Statement<Order>,
    sale: &Sale,
    deal: &KeyPair,
    salts: &Salts<'_>,
    desk: &Desk<'_, '_>,
) -> Core {
    let terms = &offer.body.terms;
    let mut nonce = [0_u8; 16];
    desk.cx.crypto.random(&mut nonce);
    Core {
        amount: order.body.amount,
        bank: terms.bank.clone(),
        buyer: order.body.deal_key.clone(),
        chunk: terms.file.chunk,
        cipher_root: Hash([0; 32]),
        com_k: sale.key.commitment(),
        com_s: order.body.com_s,
        deadlines: terms.times.from(desk.cx.now),
        leaves: terms.file.length.div_ceil(u64::from(terms.file.chunk)).max(1),
        length: terms.file.length,
        nonce: Nonce(nonce),
        notary: terms.notary.clone(),
        notary_seal: terms.notary_seal.clone(),
        opened: desk.cx.now,
        payee: payee_commitment(salts.account, salts.payee.danger_bytes()),
        plain: Hash([0; 32]),
        private: private_commitment(&offer.hash, &order.hash, salts.private),
        protocol: PROTOCOL.to_owned(),
        seller: deal.public.clone(),
    }
}

/// All sales, with their word.
pub(super) fn summaries(desk: &Desk<'_, '_>) -> Result<Vec<Value>, Error> {
    let mut list = Vec::new();
    for (key, row) in desk.tx.scan("sale/", 1000)? {
        let sale: Sale = rows::parse(&key, &row)?;
        let order = key.0.strip_prefix("sale/").and_then(Hash::from_hex);
        let order = order.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, &key.0))?;
        list.push(Value::Object(summary(order, &sale, desk)?));
    }
    Ok(list)
}

fn summary(order: Hash, sale: &Sale, desk: &Desk<'_, '_>) -> Result<Map<String, Value>, Error> {
    let papers = sale.papers(order, desk)?;
    let (offer, order) = (Known::stored_offer(desk.known(), &papers.offer)?, &papers.order);
    let order: Statement<Order> = danger_typed_unverified(order)?;
    let run = sale.xid.map(|xid| Run::<Seller>::load(desk.tx, xid)).transpose()?.flatten();
    let word = run.as_ref().map_or(deal::Word::Agreed, |run| deal::of_seller(run.machine.stage()));
    let until = run.as_ref().and_then(|run| run.machine.deadline());
    let settled = run.as_ref().is_some_and(|run| matches!(run.machine.stage(), Stage::Captured | Stage::Settled));
    let mut members = board::purchase(&offer, word, until, Role::Seller);
    board::extend(
        &mut members,
        json!({
            "deal": order.hash,
            "order": order.hash,
            "opened": order.meta.issued,
            "goods": order.body.goods,
            "amount": order.body.amount.to_string(),
            "paid": board::some(settled, order.body.amount),
            "refunded": refund::refunded(order.hash, desk)?.unwrap_or(Amount::zero(order.body.amount.currency())).to_string(),
            "xid": sale.xid,
            "stage": run.as_ref().map(|run| exchange::stage_word(run.machine.stage())),
            "can": can(run.as_ref()),
        }),
    );
    Ok(members)
}

/// The commands that make sense now.
fn can(run: Option<&Run<Seller>>) -> Vec<&'static str> {
    let Some(run) = run else { return Vec::new() };
    match run.machine.stage() {
        Stage::Proposed { .. } | Stage::Delivering => vec!["release", "status", "export"],
        Stage::Settled => vec!["refund", "export"],
        Stage::Refunded | Stage::Released => vec!["export"],
        Stage::Capturing | Stage::Captured | Stage::Releasing => vec!["status", "export"],
    }
}

/// One sale: `{"command":"sale","deal":ORDER}`.
pub(super) fn show(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let order = Hash::from_hex(crate::common::text(request, "deal")?);
    let order = order.ok_or_else(|| Misuse::new(Code::FieldWrong, "deal: the hash of the order"))?;
    let sale: Option<Sale> = rows::get(desk.tx, &sale_key(order))?;
    let sale = sale.ok_or_else(|| Misuse::new(Code::NotFound, "no such sale"))?;
    let mut members = summary(order, &sale, desk)?;
    let subjects: Vec<String> = sale.xid.into_iter().map(|xid| format!("xid:{xid}")).collect();
    let (timeline, documents) = board::documents(desk.tx, &subjects)?;
    board::extend(&mut members, json!({ "timeline": timeline, "documents": documents }));
    Ok(Value::Object(members))
}

/// Writes the evidence pack of a sale: `{"command":"export","xid"}`. Our half of the key goes in only
/// where we took money for it.
pub(super) fn export(xid: Xid, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let run: Run<Seller> = Run::load(desk.tx, xid)?.ok_or_else(|| Misuse::new(Code::NotFound, xid.to_string()))?;
    let mut pieces = vec![(PieceKind::EscrowBox, run.machine.escrow().0.0.clone())];
    if matches!(run.machine.stage(), Stage::Captured | Stage::Settled | Stage::Refunded) {
        let defence = serde_json::to_vec(&run.machine.defence());
        let defence = defence.map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        pieces.push((PieceKind::EscrowDefence, defence));
    }
    let extra = Extra { pieces, transcripts: Vec::new() };
    let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
    let pack = evidence::export(&*run.x(xid, desk.tx)?, extra, &author, desk)?;
    let unstamped = stamps::left(&format!("xid:{xid}"), desk)?;
    Ok(json!({ "xid": xid, "pack": Blob64(pack), "unstamped": unstamped }))
}
