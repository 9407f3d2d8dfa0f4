//! What is to be sent is put together: goods by name, contents chunk by chunk, then the owner is asked.

use semper_base::code::Code;
use semper_base::limits::{CHUNK_BYTES, TRANSFER_BYTES_MAX, TRANSFER_GOODS_MAX};
use semper_base::tx::Question;
use semper_base::{Amount, Blob64, Currency, Error, Hash, Key, Millis, Misuse, Nonce, PeerId, Role, Write};
use semper_blocks::certificate::Kind as CertificateKind;
use semper_blocks::delivery::{Layout, PlainLeaf, tree};
use semper_blocks::statement::{About, Body, Head, Kind, author, payload};
use semper_exchange::transfer::{
    Confidentiality, Content, Data, Good, Inside, Origin, Paper, Payment, Quality, Sending, Signed, What,
};
use semper_support::comm::Peer;
use semper_support::crypto::{PublicKey, Secret32, random_secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::send::Out;
use super::{Record, Side, chunk_ref, named, purpose_row, record_key, show};
use crate::common::hello::{self, Met};
use crate::common::standing::language;
use crate::common::{Desk, keys, rows, text};

/// How long all of it has to arrive, if nobody says otherwise.
const LIFE: Millis = Millis::days(7);
/// Chunks that one command may bring.
const CHUNKS_PER_COMMAND_MAX: usize = 8;

/// Ours, as long as contents come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    pub(super) goods: Vec<DraftGood>,
    pub(super) life: Millis,
    pub(super) quality: Quality,
    pub(super) title: String,
    pub(super) to: To,
}

/// Whom it goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct To {
    /// Its certified name, if it has shown one.
    pub(super) name: Option<String>,
    pub(super) peer: PeerId,
    /// Its certified sealing key.
    pub(super) seal: Option<PublicKey>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftGood {
    /// Chunks that are here.
    arrived: u64,
    layout: Option<Layout>,
    pub(super) name: String,
    /// Salts of the leaves follow from it.
    pub(super) seed: Secret32,
    what: DraftWhat,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DraftWhat {
    Certificate(Hash),
    Container(u64),
    Data(String),
    Payment(Amount),
    Statement(Kind, Hash),
}

/// A good as a command names it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
enum Wish {
    Certificate { name: String, certificate: Blob64 },
    Container { name: String, goods: u64 },
    Data { name: String, media: String, length: u64 },
    Payment { name: String, amount: String },
    Statement { name: String, statement: String, certificate: Option<Blob64> },
}

fn leaves_row(draft: &Hash, good: u64) -> Key {
    Key::new("transfer-leaves", format_args!("{draft}/{good}"))
}

/// The leaf hashes of a good, of which this many are here.
pub(super) fn leaves(draft: &Hash, good: u64, desk: &Desk<'_, '_>) -> Result<Vec<Hash>, Error> {
    Ok(tree::unpack(&desk.tx.get(&leaves_row(draft, good))?.unwrap_or_default()).unwrap_or_default())
}

/// `{"command":"transfer-begin","to":LINK or PEER,"title","goods":[…],"confidential"?,"origin"?,"life_ms"?}`: a list of
/// goods in preorder; each with `name` and `kind`: `data` with `media` and `length`, whose chunks follow; `statement` with
/// its text and, if we do not have it, its signer's `certificate`; `certificate`; `payment` with its `amount`; `container`
/// with how many `goods` lie in it.
pub(super) fn begin(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let wishes: Vec<Wish> = serde_json::from_value(request.get("goods").cloned().unwrap_or_default())
        .map_err(|e| Misuse::new(Code::FieldWrong, format!("goods: {e}")))?;
    if wishes.len() > TRANSFER_GOODS_MAX {
        return Err(Misuse::new(Code::TooMany, "goods").into());
    }
    let flag = |name: &str, usual| request.get(name).and_then(Value::as_bool).unwrap_or(usual);
    let to = to(text(request, "to")?, desk)?;
    let sealed = flag("confidential", to.seal.is_some());
    if sealed && to.seal.is_none() {
        let why = "the receiver has no certified sealing key that we know; send it without confidentiality";
        return Err(Misuse::new(Code::KeyMissing, why).into());
    }
    let quality = Quality {
        confidentiality: if sealed { Confidentiality::Sealed } else { Confidentiality::Connection },
        origin: if flag("origin", true) { Origin::Signed } else { Origin::Deniable },
    };
    let life = request.get("life_ms").and_then(Value::as_u64).map_or(LIFE, Millis);
    let draft = Hash(*random_secret(desk.cx.crypto).danger_bytes());
    let mut goods = Vec::with_capacity(wishes.len());
    for (good, wish) in (0..).zip(wishes) {
        goods.push(wished(&draft, good, wish, desk)?);
    }
    let made = Draft { goods, life, quality, title: text(request, "title")?.trim().to_owned(), to };
    // What could not be sent is said before anything is brought.
    sending(&draft, &made, false, desk)?
        .check()
        .map_err(|why| Misuse::new(why.code(), format!("cannot be sent: {why}")))?;
    Record { came: desk.cx.now, side: Side::Draft(made.clone()) }.store(&draft, desk)?;
    let chunks: Vec<u64> = made.goods.iter().map(|good| good.layout.map_or(0, |layout| layout.leaves())).collect();
    Ok(json!({ "transfer": draft, "chunks": chunks, "chunk_bytes": CHUNK_BYTES }))
}

/// Whom a word names: one of our links, or a peer that has said hello to us.
fn to(word: &str, desk: &Desk<'_, '_>) -> Result<To, Error> {
    if let Some(met) = rows::get::<Met>(desk.tx, &Key::new("met", word))? {
        return Ok(To { name: Some(met.name), peer: met.peer, seal: met.seal });
    }
    let unknown = || Misuse::new(Code::NotFound, format!("not connected to {word}; `semper link` lists whom you know"));
    let peer = Hash::from_hex(word).map(PeerId).ok_or_else(unknown)?;
    if let Some(met) = hello::linked(peer, desk)? {
        return Ok(To { name: Some(met.name), peer, seal: met.seal });
    }
    rows::get::<Peer>(desk.tx, &Key::new("peer", peer))?.ok_or_else(unknown)?;
    let (name, seal) = certified(peer, desk)?;
    Ok(To { name, peer, seal })
}

/// The certified name of a peer, and its sealing key: from the certificates that it once showed.
pub(super) fn certified(peer: PeerId, desk: &Desk<'_, '_>) -> Result<(Option<String>, Option<PublicKey>), Error> {
    let Some(trust) = keys::trust_now(desk)? else { return Ok((None, None)) };
    let known = desk.tx.scan("certificate/", semper_base::limits::PACK_MEMBERS_MAX)?;
    let valid: Vec<_> =
        known.iter().filter_map(|(_, der)| trust.validate(der, desk.cx.now, desk.cx.crypto).ok()).collect();
    let is_it = |kind| move |valid: &&semper_blocks::certificate::Valid| valid.kind == kind;
    let own = valid.iter().filter(is_it(CertificateKind::Statement)).find(|valid| valid.key.id().0 == peer.0);
    let Some(own) = own else { return Ok((None, None)) };
    let seal = valid.iter().filter(is_it(CertificateKind::Seal));
    let seal = seal.filter(|seal| (&seal.name, seal.role) == (&own.name, own.role)).max_by_key(|seal| seal.not_after);
    Ok((Some(own.name.clone()), seal.map(|seal| seal.key.clone())))
}

fn wished(draft: &Hash, number: u64, wish: Wish, desk: &mut Desk<'_, '_>) -> Result<DraftGood, Error> {
    let seed = random_secret(desk.cx.crypto);
    let plain = |name, what| DraftGood { arrived: 0, layout: None, name, seed: seed.clone(), what };
    Ok(match wish {
        Wish::Certificate { name, certificate } => {
            let what = DraftWhat::Certificate(Hash::of(&certificate.0));
            super::receive::check_certificate(&certificate.0, desk)?;
            brought(draft, number, plain(name, what), &certificate.0, desk)?
        }
        Wish::Container { name, goods } => plain(name, DraftWhat::Container(goods)),
        Wish::Data { name, media, length } => {
            if length > TRANSFER_BYTES_MAX {
                return Err(Misuse::new(Code::TooLarge, name).into());
            }
            DraftGood { layout: Some(Layout::new(length, CHUNK_BYTES)?), ..plain(name, DraftWhat::Data(media)) }
        }
        Wish::Payment { name, amount } => {
            let (number, currency) = amount.split_once(' ').unwrap_or_default();
            plain(name, DraftWhat::Payment(Amount::parse(number, Currency::parse(currency)?)?))
        }
        Wish::Statement { name, statement, certificate } => {
            let head = Head::of(&statement)?;
            let certificate = match certificate {
                Some(certificate) => certificate,
                None => {
                    let known = head.certificate.map(|hash| keys::certificate(desk.tx, &hash)).transpose()?.flatten();
                    let missing = || Misuse::new(Code::NotFound, format!("{name}: the certificate of its signer"));
                    Blob64(known.ok_or_else(missing)?)
                }
            };
            let what = DraftWhat::Statement(head.kind, Hash::of(statement.as_bytes()));
            let signed = Signed { certificate, statement };
            super::receive::check_statement(&signed, desk)?;
            let bytes = semper_base::json::canonical(&signed)?;
            brought(draft, number, plain(name, what), &bytes, desk)?
        }
    })
}

/// A content that came with the command.
fn brought(
    draft: &Hash,
    number: u64,
    good: DraftGood,
    bytes: &[u8],
    desk: &mut Desk<'_, '_>,
) -> Result<DraftGood, Error> {
    let layout = Layout::new(bytes.len() as u64, CHUNK_BYTES)?;
    let mut good = DraftGood { layout: Some(layout), ..good };
    let chunks = bytes.chunks(CHUNK_BYTES as usize).map(<[u8]>::to_vec).collect();
    append(draft, number, &mut good, chunks, desk)?;
    Ok(good)
}

fn append(
    draft: &Hash,
    number: u64,
    good: &mut DraftGood,
    chunks: Vec<Vec<u8>>,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let layout = good.layout.ok_or_else(|| Misuse::new(Code::FieldWrong, "this good has no content"))?;
    let row = leaves_row(draft, number);
    let mut all = desk.tx.get(&row)?.unwrap_or_default();
    for bytes in chunks {
        let leaf = PlainLeaf::new(&layout, &good.seed, good.arrived, &bytes)?;
        all.extend_from_slice(leaf.hash().bytes());
        desk.tx.push(Write::Chunk(chunk_ref(draft, number, good.arrived), bytes));
        good.arrived = good.arrived.saturating_add(1);
    }
    desk.tx.put(row, all);
    Ok(())
}

/// `{"command":"transfer-chunk","transfer","good","index","data":[base64url…]}`: the next chunks of a good, in order.
pub(super) fn chunk(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (id, record) = named(request, desk)?;
    let Side::Draft(mut draft) = record.side else {
        return Err(Misuse::new(Code::StateWrong, "all of it is here").into());
    };
    let number = |name: &str| request.get(name).and_then(Value::as_u64);
    let place = number("good").ok_or_else(|| Misuse::new(Code::FieldMissing, "good"))?;
    let good = usize::try_from(place).ok().and_then(|at| draft.goods.get_mut(at));
    let good = good.ok_or_else(|| Misuse::new(Code::NotFound, format!("good {place}")))?;
    if number("index") != Some(good.arrived) {
        return Err(Misuse::new(Code::StateWrong, format!("the next chunk is number {}", good.arrived)).into());
    }
    let data: Vec<Blob64> = serde_json::from_value(request.get("data").cloned().unwrap_or_default())
        .map_err(|_| Misuse::new(Code::FieldWrong, "data"))?;
    if data.len() > CHUNKS_PER_COMMAND_MAX {
        return Err(Misuse::new(Code::TooMany, "data").into());
    }
    append(&id, place, good, data.into_iter().map(|bytes| bytes.0).collect(), desk)?;
    let arrived = good.arrived;
    Record { came: record.came, side: Side::Draft(draft) }.store(&id, desk)?;
    Ok(json!({ "arrived": arrived }))
}

/// `{"command":"transfer-send","transfer"}`: the owner is asked to send what was brought. From here on it is called by
/// the hash of all of it.
pub(super) fn send(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (draft_id, record) = named(request, desk)?;
    let Side::Draft(draft) = record.side else {
        return Err(Misuse::new(Code::StateWrong, "it was sent already").into());
    };
    let sending = sending(&draft_id, &draft, true, desk)?;
    sending.check().and_then(|()| sending.check_time(desk.cx.now))?;
    let id = sending.id();
    let author = keys::author(role, desk.tx, desk.cx)?;
    let about = About { to: vec![sending.receiver], ..About::default() };
    let meta = author::meta::<Sending>(desk.cx, author.signer(), language(desk)?, about, author::REQUEST_VALIDITY);
    let question = payload(&meta, &sending)?;
    let question = String::from_utf8(question).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
    if sending.amount().is_some() {
        rows::put(desk.tx, purpose_row(&sending.purpose()), &id)?;
    }
    let seeds = draft.goods.into_iter().map(|good| good.seed).collect();
    let key = random_secret(desk.cx.crypto);
    let out = Out { blobs: draft_id, key, machine: None, seeds, sending, statement: None, to: draft.to };
    let record = Record { came: record.came, side: Side::Out(out) };
    desk.tx.delete(record_key(&draft_id));
    record.store(&id, desk)?;
    desk.tx.push(Write::Ask(Question {
        id: question_id(&id),
        asker: record_key(&id).0,
        payload: question,
        kind: Sending::KIND.word().to_owned(),
        key: author.public.id(),
        follows: None,
    }));
    show::one(&id, &record, desk)
}

pub(super) fn question_id(id: &Hash) -> String {
    format!("transfer/{id}")
}

/// The list of a draft; without contents, as long as they are not all here.
fn sending(draft: &Hash, made: &Draft, whole: bool, desk: &Desk<'_, '_>) -> Result<Sending, Error> {
    let mut goods = Vec::with_capacity(made.goods.len());
    for (number, good) in (0..).zip(&made.goods) {
        goods.push(listed(draft, number, good, whole, desk)?);
    }
    let mut nonce = [0; 16];
    desk.cx.crypto.random(&mut nonce);
    let short = || made.to.peer.0.hex().chars().take(16).collect();
    Ok(Sending {
        bytes: goods.iter().filter_map(Good::content).map(|content| content.layout.length()).sum(),
        goods,
        nonce: Nonce(nonce),
        quality: made.quality,
        receiver: semper_base::KeyId(made.to.peer.0),
        title: made.title.clone(),
        to: made.to.name.clone().unwrap_or_else(short),
        until: desk.cx.now.plus(made.life),
    })
}

fn listed(draft: &Hash, number: u64, good: &DraftGood, whole: bool, desk: &Desk<'_, '_>) -> Result<Good, Error> {
    let content = |layout: Layout| -> Result<Content, Error> {
        if whole && good.arrived != layout.leaves() {
            let why = format!("{}: {} of {} chunks are here", good.name, good.arrived, layout.leaves());
            return Err(Misuse::new(Code::StateWrong, why).into());
        }
        Ok(Content { layout, root: tree::root(&leaves(draft, number, desk)?) })
    };
    let missing = || Error::from(Misuse::new(Code::FieldWrong, "content"));
    let content = || content(good.layout.ok_or_else(missing)?);
    let what = match &good.what {
        DraftWhat::Certificate(hash) => What::Certificate(Paper { content: content()?, hash: *hash, kind: None }),
        DraftWhat::Container(goods) => What::Container(Inside { goods: *goods }),
        DraftWhat::Data(media) => {
            let content = content()?;
            let hash = if whole { read(draft, number, content.layout, desk)?.hash } else { Hash([0; 32]) };
            What::Data(Data { content, hash, media: media.clone() })
        }
        DraftWhat::Payment(amount) => What::Payment(Payment { amount: *amount }),
        DraftWhat::Statement(kind, hash) => {
            What::Statement(Paper { content: content()?, hash: *hash, kind: Some(*kind) })
        }
    };
    Ok(Good { name: good.name.clone(), what })
}

/// All bytes of a good.
pub(super) struct Bytes {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: Hash,
}

/// Reads a good's content. At most 64 MiB.
pub(super) fn read(of: &Hash, good: u64, layout: Layout, desk: &Desk<'_, '_>) -> Result<Bytes, Error> {
    let mut bytes = Vec::new();
    for index in 0..layout.leaves() {
        let chunk = desk.tx.chunk(&chunk_ref(of, good, index))?;
        let chunk = chunk.ok_or_else(|| semper_base::Fault::new(Code::DatabaseCorrupt, format!("good {good}")))?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(Bytes { hash: Hash::of(&bytes), bytes })
}

/// What was begun and not sent leaves nothing behind.
pub(super) fn forget(id: &Hash, draft: &Draft, desk: &mut Desk<'_, '_>) {
    for (number, _) in (0_u64..).zip(&draft.goods).filter(|(_, good)| good.layout.is_some()) {
        desk.tx.push(Write::DropBlob(super::blob(id, number)));
        desk.tx.delete(leaves_row(id, number));
    }
    desk.tx.delete(record_key(id));
}

/// Forgets the leaf hashes of what was sent.
pub(super) fn forget_leaves(draft: &Hash, sending: &Sending, desk: &mut Desk<'_, '_>) {
    for (number, _) in (0_u64..).zip(&sending.goods).filter(|(_, good)| good.content().is_some()) {
        desk.tx.delete(leaves_row(draft, number));
    }
}
