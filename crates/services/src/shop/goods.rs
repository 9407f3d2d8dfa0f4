//! Files on sale. A file comes in chunk by chunk, is salted and hashed on the way, and can be
//! offered once its root is known.
//!
//! ```text
//! goods/ID             Goods
//! chunk goods-ID-…, i  the plain chunks
//! leaves/ID/PAGE       leaf hashes, 1024 per page
//! ```

use semper_base::code::Code;
use semper_base::limits::{CHUNK_BYTES, FILE_BYTES_MAX};
use semper_base::tx::ChunkRef;
use semper_base::{Amount, Blob64, Currency, Error, Hash, Key, Misuse, Tx, Write};
use semper_blocks::delivery::{Layout, PlainLeaf, tree};
use semper_commerce::process::offer::{File, Item, check_goods};
use semper_commerce::process::vat::VatRate;
use semper_support::crypto::{Secret32, random_secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::common::{Desk, rows, text};

/// Leaf hashes in one row.
const PAGE: u64 = 1024;
/// Most rows of leaf hashes of one file.
const PAGES_MAX: usize = (semper_base::limits::LEAVES_MAX / PAGE) as usize;
/// Chunks that one command may bring.
const CHUNKS_PER_COMMAND_MAX: usize = 8;

/// A file on sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Goods {
    pub(super) id: String,
    pub(super) title: String,
    /// With VAT.
    pub(super) price: Amount,
    pub(super) vat: VatRate,
    pub(super) file_name: String,
    pub(super) media_type: String,
    pub(super) layout: Layout,
    /// Salts of the leaves follow from it.
    pub(super) seed: Secret32,
    /// Chunks that are here.
    pub(super) arrived: u64,
    /// R, once the whole file is here.
    pub(super) root: Option<Hash>,
}

fn key(id: &str) -> Key {
    Key::new("goods", id)
}

/// A good that can be offered.
pub(super) fn ready(tx: &Tx<'_>, id: &str) -> Result<Option<(Goods, Hash)>, Error> {
    let goods: Option<Goods> = rows::get(tx, &key(id))?;
    Ok(goods.and_then(|goods| goods.root.map(|root| (goods, root))))
}

impl Goods {
    /// Where a plain chunk is. A file that is brought anew has a new seed and so a new place: a chunk
    /// is written once.
    pub(super) fn plain_chunk(&self, index: u64) -> ChunkRef {
        let run = Hash::tagged("semper-goods-blob/1", self.seed.danger_bytes()).short();
        ChunkRef { blob: format!("goods-{}-{run}", self.id), index }
    }

    /// The item as an offer describes it.
    pub(super) fn item(&self) -> Item {
        Item { id: self.id.clone(), price: self.price.minor(), title: self.title.clone() }
    }

    /// The file as an offer describes it.
    pub(super) fn file(&self, plain_root: Hash) -> File {
        File {
            chunk: self.layout.chunk(),
            length: self.layout.length(),
            media_type: self.media_type.clone(),
            name: self.file_name.clone(),
            plain_root,
        }
    }
}

/// `{"command":"goods-begin","id","title","price":"4.90 EUR","vat":"19","file_name","media_type","length"}`.
/// The price includes VAT; `vat` is its rate in percent and may be left out for the standard rate.
/// Beginning again replaces a file that was not completed.
pub(super) fn begin(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let id = text(request, "id")?;
    let plain_id = !id.is_empty()
        && id.len() <= 40
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !plain_id {
        return Err(Misuse::new(Code::FieldWrong, "id: small letters, digits and dashes, at most 40").into());
    }
    if ready(desk.tx, id)?.is_some() {
        return Err(Misuse::new(Code::StateWrong, format!("{id} is on sale already")).into());
    }
    let length = request.get("length").and_then(Value::as_u64).filter(|length| *length <= FILE_BYTES_MAX);
    let length = length.ok_or_else(|| Misuse::new(Code::FieldWrong, "length: at most 4 GiB"))?;
    let (number, currency) = text(request, "price")?.split_once(' ').unwrap_or((text(request, "price")?, "EUR"));
    let goods = Goods {
        id: id.to_owned(),
        title: text(request, "title")?.to_owned(),
        price: Amount::parse(number, Currency::parse(currency)?)?,
        vat: if request.get("vat").is_some() { VatRate::parse(text(request, "vat")?)? } else { VatRate::STANDARD },
        file_name: text(request, "file_name")?.to_owned(),
        media_type: text(request, "media_type")?.to_owned(),
        layout: Layout::new(length, CHUNK_BYTES)?,
        seed: random_secret(desk.cx.crypto),
        arrived: 0,
        root: None,
    };
    // What the buyer's wallet would refuse is not put on sale.
    check_goods(&goods.item(), &goods.file(Hash([0; 32])))?;
    rows::put(desk.tx, key(id), &goods)?;
    Ok(json!({ "chunks": goods.layout.leaves(), "chunk_bytes": CHUNK_BYTES }))
}

/// `{"command":"goods-chunk","id","index","data":[base64url…]}`: the next chunks in order.
pub(super) fn chunk(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let id = text(request, "id")?;
    let mut goods: Goods = rows::get(desk.tx, &key(id))?.ok_or_else(|| Misuse::new(Code::NotFound, id))?;
    let index = request.get("index").and_then(Value::as_u64);
    if index != Some(goods.arrived) || goods.root.is_some() {
        return Err(Misuse::new(Code::StateWrong, format!("the next chunk is number {}", goods.arrived)).into());
    }
    let data: Vec<Blob64> = serde_json::from_value(request.get("data").cloned().unwrap_or_default())
        .map_err(|_| Misuse::new(Code::FieldWrong, "data"))?;
    if data.len() > CHUNKS_PER_COMMAND_MAX {
        return Err(Misuse::new(Code::TooMany, "data").into());
    }
    let mut leaves = Vec::with_capacity(data.len());
    for bytes in data {
        let index = goods.arrived;
        leaves.push(PlainLeaf::new(&goods.layout, &goods.seed, index, &bytes.0)?.hash());
        desk.tx.push(Write::Chunk(goods.plain_chunk(index), bytes.0));
        goods.arrived = index.saturating_add(1);
    }
    append_leaves(id, goods.arrived.saturating_sub(leaves.len() as u64), &leaves, desk)?;
    rows::put(desk.tx, key(id), &goods)?;
    Ok(json!({ "arrived": goods.arrived }))
}

/// `{"command":"goods-end","id"}`: the file is whole; from now on it is on sale.
pub(super) fn end(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let id = text(request, "id")?;
    let mut goods: Goods = rows::get(desk.tx, &key(id))?.ok_or_else(|| Misuse::new(Code::NotFound, id))?;
    if goods.arrived != goods.layout.leaves() {
        return Err(Misuse::new(Code::StateWrong, format!("{} of {}", goods.arrived, goods.layout.leaves())).into());
    }
    let root = tree::root(&leaves(desk.tx, id, goods.arrived)?);
    goods.root = Some(root);
    rows::put(desk.tx, key(id), &goods)?;
    desk.tell("on-sale", id, format!("{} is on sale for {}.", goods.title, goods.price));
    Ok(json!({ "id": id, "plain_root": root }))
}

/// What is on sale.
pub(super) fn list(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut list = Vec::new();
    for (key, row) in desk.tx.scan("goods/", 1000)? {
        let goods: Goods = rows::parse(&key, &row)?;
        list.push(json!({
            "id": goods.id,
            "title": goods.title,
            "price": goods.price.to_string(),
            "vat": goods.vat,
            "length": goods.layout.length(),
            "on_sale": goods.root.is_some(),
        }));
    }
    Ok(json!({ "goods": list }))
}

fn page_key(id: &str, page: u64) -> Key {
    Key::new("leaves", format_args!("{id}/{page:08}"))
}

/// Appends leaf hashes of `id`, of which `count` are there already.
pub(super) fn append_leaves(id: &str, count: u64, leaves: &[Hash], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (at, leaf) in (count..).zip(leaves) {
        let key = page_key(id, at / PAGE);
        let mut page = if at.is_multiple_of(PAGE) { Vec::new() } else { desk.tx.get(&key)?.unwrap_or_default() };
        page.extend_from_slice(leaf.bytes());
        desk.tx.put(key, page);
    }
    Ok(())
}

/// Forgets the leaf hashes of `id`.
pub(super) fn forget_leaves(id: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (key, _) in desk.tx.scan(&format!("leaves/{id}/"), PAGES_MAX)? {
        desk.tx.delete(key);
    }
    Ok(())
}

/// Reads `count` leaf hashes of `id`.
pub(super) fn leaves(tx: &Tx<'_>, id: &str, count: u64) -> Result<Vec<Hash>, Error> {
    let mut leaves = Vec::new();
    for page in 0..count.div_ceil(PAGE) {
        let row = tx.get(&page_key(id, page))?.unwrap_or_default();
        leaves.extend(row.chunks_exact(32).filter_map(|leaf| leaf.try_into().ok()).map(Hash));
    }
    if leaves.len() as u64 != count {
        return Err(semper_base::Fault::new(Code::DatabaseCorrupt, format!("leaves of {id}")).into());
    }
    Ok(leaves)
}
