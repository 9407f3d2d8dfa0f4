//! Looking at the goods: every chunk is opened and compared with what was offered, a few per step, so
//! that a large file blocks nobody and a crash loses nothing.
//!
//! ```text
//! check/XID    the next chunk to look at; also the timer that goes on
//! ```

use semper_base::code::Code;
use semper_base::{Blob64, Error, Fault, Key, Misuse, Write, Xid};
use semper_blocks::delivery::{Complaint, Goods, KeyOpening, PlainLeaf, ShareOpening, WrongFile, open_agreed};
use semper_exchange::fair::dgp::buyer::{Buyer, Stage};
use semper_exchange::fair::dgp::{Descriptor, Event, Proof, Verified};
use semper_support::access::{Action, Revealed};
use serde_json::{Value, json};

use super::{deal, run};
use crate::common::access::permit_owner;
use crate::common::exchange::{Run, chunk_ref, stored_chunk};
use crate::common::{Desk, rows};

/// Chunks that one step looks at.
const CHUNKS_PER_STEP: u64 = 32;

/// The timer of the work.
pub(super) fn work(xid: Xid) -> Key {
    Key::new("check", xid)
}

/// Looks at the next chunks.
pub(super) fn some(xid: Xid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let run = run::load(xid, desk)?;
    if *run.machine.stage() != Stage::Checking {
        desk.tx.push(Write::Timer(work(xid), None));
        return Ok(());
    }
    let x = run.known_x(xid, desk)?;
    some_of(&x, run, desk)
}

/// The same where the run was read already.
pub(super) fn some_of(x: &Descriptor, run: Run<Buyer>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let xid = x.xid;
    let next: u64 = rows::get(desk.tx, &work(xid))?.unwrap_or(0);
    let opener = Opener::new(x, &run)?;
    let end = opener.goods.layout.leaves().min(next.saturating_add(CHUNKS_PER_STEP));
    for index in next..end {
        let chunk = opener.stored(xid, index, desk)?;
        if let Err(wrong) = opener.open(&chunk) {
            let proof = opener.proof(&run, chunk)?;
            desk.tx.push(Write::Timer(work(xid), None));
            let what = match wrong {
                WrongFile::DoesNotOpen => "it does not open with the agreed key",
                WrongFile::OtherLeaf => "it opens to other content than was offered",
            };
            desk.tell("wrong-chunk", xid, format!("Chunk {index} is not what was agreed: {what}."));
            return run::step_with(run, x, &Event::Verified(Verified::Bad(proof)), desk);
        }
    }
    rows::put(desk.tx, work(xid), &end)?;
    if end < opener.goods.layout.leaves() {
        desk.tx.push(Write::Timer(work(xid), Some(desk.cx.now)));
        return Ok(());
    }
    desk.tx.push(Write::Timer(work(xid), None));
    run::step_with(run, x, &Event::Verified(Verified::Good), desk)
}

/// `{"command":"goods-read","deal","index"}`: one opened chunk of goods that were found good.
pub(super) fn read(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Goods);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let xid = deal::xid(&deal::named(request, desk)?)?;
    let run = run::load(xid, desk)?;
    let index = request.get("index").and_then(Value::as_u64).ok_or_else(|| Misuse::new(Code::FieldMissing, "index"))?;
    let opener = Opener::new(&*run.known_x(xid, desk)?, &run)?;
    let leaf = opener.open(&opener.stored(xid, index, desk)?);
    let leaf = leaf.map_err(|_| Misuse::new(Code::FileWrong, format!("chunk {index} is not what was agreed")))?;
    Ok(json!({ "data": Blob64(leaf.data().to_vec()), "chunks": opener.goods.layout.leaves() }))
}

/// What opens the chunks of one exchange.
struct Opener {
    goods: Goods,
    key: KeyOpening,
    share: ShareOpening,
    content: semper_blocks::delivery::ContentKey,
}

impl Opener {
    fn new(x: &Descriptor, run: &Run<Buyer>) -> Result<Self, Error> {
        let halves = run.machine.halves();
        let (key, share) = halves.ok_or_else(|| Misuse::new(Code::StateWrong, "the key has not come"))?;
        let goods = x.core.goods(run.machine.root())?;
        let content = goods.content_key(key, share)?;
        Ok(Opener { goods, key: key.clone(), share: share.clone(), content })
    }

    fn stored(&self, xid: Xid, index: u64, desk: &Desk<'_, '_>) -> Result<semper_blocks::delivery::Chunk, Error> {
        let record = desk.tx.chunk(&chunk_ref(xid, index))?;
        let record = record.ok_or_else(|| Misuse::new(Code::NotFound, format!("chunk {index}")))?;
        let chunk = stored_chunk(&record)?;
        // The disk may rot: what was checked before it was stored is checked again before it counts.
        semper_blocks::delivery::verify_chunk(&self.goods, &chunk)
            .map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()))?;
        Ok(chunk)
    }

    fn open(&self, chunk: &semper_blocks::delivery::Chunk) -> Result<PlainLeaf, WrongFile> {
        let place = &chunk.place;
        open_agreed(&self.content, &self.goods.layout, place.index, &chunk.data.0, &place.r_leaf)
    }

    fn proof(&self, run: &Run<Buyer>, chunk: semper_blocks::delivery::Chunk) -> Result<String, Error> {
        let complaint =
            Complaint { place: chunk.place, ciphertext: chunk.data, key: self.key.clone(), share: self.share.clone() };
        let proof = Proof { chunk: complaint, root: run.machine.root().clone() };
        serde_json::to_string(&proof).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()).into())
    }
}
