//! Registers that lie in their transparency log.

use semper_base::tx::Body as Carried;
use semper_base::{Code, Error, Fault, Hash, Misuse, PeerId, Role, Write};
use semper_exchange::fair::dgp::bank::Bank as Machine;
use semper_services::common::Desk;
use semper_services::common::exchange::Run;
use semper_services::common::log::{self, Places, kinds};
use semper_support::log::tree::root;
use semper_support::log::{Checkpoint, Entry, Head, KeyUse, Proof, Tile, Tiles};

use crate::words::{pass_on, say};

/// Entries that a liar looks at: a play market's log is short.
const ENTRIES_MAX: usize = 256;

/// Something that nobody decided.
fn other(about: &[u8]) -> Entry {
    Entry { place: Hash::tagged("semper-lie/1", about), seal: Hash::of(about) }
}

/// Decides, and seals something else into the log.
#[expect(clippy::unnecessary_wraps, reason = "the form of a lie")]
pub(crate) fn hide(mut writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if writes.iter().any(|write| matches!(write, Write::Insert(_, "decision", _))) {
        for write in &mut writes {
            if let Write::Put(key, value) = write
                && key.0.starts_with("log-entry/")
            {
                say("Captures the money, and seals something else into its log.", desk);
                *value = other(value).bytes().to_vec();
            }
        }
    }
    pass_on(writes, desk);
    Ok(())
}

/// Shows the buyer another history than everybody else: one decision is not in it.
pub(crate) fn split(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        match places(&write) {
            Some((to, places)) if is_buyer(to, &places, desk)? => {
                say("Shows the buyer another log than the shop.", desk);
                let shown = twisted(places, desk)?;
                desk.send(to, kinds::PLACES, &shown)?;
            }
            _ => pass_on(vec![write], desk),
        }
    }
    Ok(())
}

fn places(write: &Write) -> Option<(PeerId, Places)> {
    match write {
        Write::Send { to, kind: kinds::PLACES, body: Carried::Inline(body) } => {
            Some((*to, serde_json::from_slice(body).ok()?))
        }
        _ => None,
    }
}

fn is_buyer(to: PeerId, places: &Places, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    let run: Option<Run<Machine>> = Run::load(desk.tx, places.xid)?;
    Ok(run.is_some_and(|run| run.peer(Role::Buyer) == Some(to)))
}

/// The same places in a tree whose first entry is another one.
fn twisted(mut places: Places, desk: &mut Desk<'_, '_>) -> Result<Places, Error> {
    let own = log::own(Role::Bank, KeyUse::Log, desk)?;
    let mut proofs = Vec::new();
    for place in places.proofs {
        let proof = Proof::parse(&place.proof)?;
        let size = Checkpoint::read(&proof.checkpoint, &own.key, desk.cx.crypto)?.head().size;
        if proof.index == 0 {
            continue;
        }
        let rows = desk.tx.scan("log-entry/", ENTRIES_MAX)?;
        let entries: Result<Vec<Entry>, _> = rows.iter().map(|(_, row)| Entry::read(row)).collect();
        let mut leaves: Vec<Hash> = entries?.iter().map(Entry::leaf).collect();
        leaves.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        if let Some(first) = leaves.first_mut() {
            *first = other(b"nobody").leaf();
        }
        let head = Head { size, root: root(&leaves) };
        let checkpoint = Checkpoint::sign(head, &own.key, &own.secret, desk.cx.crypto)?.to_string();
        let tile = |_: Tile| Ok::<_, Fault>(leaves.clone());
        let path = Tiles::new(size, tile).inclusion(proof.index).map_err(|_| Misuse::new(Code::StateWrong, "log"))?;
        proofs.push(log::Place { proof: Proof { path, checkpoint, ..proof }.to_string(), ..place });
    }
    places.proofs = proofs;
    Ok(places)
}
