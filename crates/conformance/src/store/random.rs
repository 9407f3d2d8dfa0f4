//! One random history on two stores: whatever can be seen must be equal.

use semper_base::tx::{Body, ChunkRef};
use semper_base::{Fault, Hash, Key, Write};
use semper_driver::store::Transaction;

use super::{Bench, at, key, peer, place, record, xid};

/// One thing to do. Small numbers name small worlds, so that operations meet.
#[derive(Clone, Debug)]
pub enum Op {
    /// Apply writes made from these (what, which, content).
    Apply(Vec<(u8, u8, u8)>),
    /// Take a message: peer, number, number before, content.
    Inbox(u8, u64, u64, u8),
    /// Reject one: peer, number, code.
    Reject(u8, u64, u16),
    /// Drop one from the outbox: peer, number.
    Acknowledge(u8, u64),
    /// Move the clock.
    Tick(u64),
    /// Commit and begin anew.
    Commit,
    /// Drop the batch and begin anew.
    Drop,
    /// Stop the process and open the store again.
    Reopen,
}

/// Plays `ops`; returns a line for each answer, and all that can be seen after each batch.
pub fn play(bench: &mut dyn Bench, ops: &[Op]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = ops;
    while !rest.is_empty() {
        let end = |op: &Op| matches!(op, Op::Commit | Op::Drop | Op::Reopen);
        let length = rest.iter().position(end).map_or(rest.len(), |at| at + 1);
        let (batch, others) = rest.split_at(length);
        batch_of(bench, batch, &mut lines);
        if matches!(batch.last(), Some(Op::Reopen)) {
            bench.reopen();
        }
        lines.extend(seen(bench));
        rest = others;
    }
    lines
}

fn batch_of(bench: &mut dyn Bench, batch: &[Op], lines: &mut Vec<String>) {
    let mut transaction = bench.store().begin().expect("begin");
    for op in batch {
        lines.push(step(&mut *transaction, op));
    }
    if matches!(batch.last(), Some(Op::Commit)) {
        lines.push(line(&transaction.commit()));
    }
}

/// Faults are compared by code: their texts are each store's own.
fn line<T: std::fmt::Debug>(result: &Result<T, Fault>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(fault) => fault.code().name().to_owned(),
    }
}

fn step(t: &mut dyn Transaction, op: &Op) -> String {
    match op {
        Op::Apply(writes) => {
            let writes: Vec<Write> =
                writes.iter().map(|(what, which, content)| write(*what, *which, *content)).collect();
            let now = t.tick(at(0));
            line(&now.and_then(|now| t.apply(&writes, now)))
        }
        Op::Inbox(from, seq, prev, content) => line(&t.inbox(&peer(*from), *seq, *prev, &Hash::of(&[*content]))),
        Op::Reject(from, seq, code) => line(&t.inbox_rejected(&peer(*from), *seq, *code)),
        Op::Acknowledge(to, seq) => line(&t.acknowledge(&peer(*to), *seq)),
        Op::Tick(millis) => line(&t.tick(at(*millis))),
        Op::Commit | Op::Drop | Op::Reopen => String::new(),
    }
}

fn write(what: u8, which: u8, content: u8) -> Write {
    let slot = if content.is_multiple_of(2) { "hold" } else { "decision" };
    let bytes = vec![content; usize::from(content) * 20];
    match what % 8 {
        0 => Write::Delete(row(which)),
        1 => Write::Insert(xid(which), slot, bytes),
        2 => Write::Archive(record(&format!("xid:{which}"), &bytes)),
        3 => Write::Send { to: peer(which), kind: slot, body: body(content, bytes) },
        4 => Write::Timer(row(which), (!content.is_multiple_of(4)).then(|| at(content.into()))),
        5 => Write::Chunk(place(&format!("blob-{which}"), (content % 4).into()), bytes),
        6 => Write::DropBlob(format!("blob-{which}")),
        _ => Write::Put(row(which), bytes),
    }
}

fn row(which: u8) -> Key {
    key(&format!("{}/{which}", if which.is_multiple_of(2) { "a" } else { "b" }))
}

fn body(content: u8, bytes: Vec<u8>) -> Body {
    if content.is_multiple_of(3) {
        Body::Chunk { head: bytes, chunk: ChunkRef { blob: "blob-1".to_owned(), index: content.into() } }
    } else {
        Body::Inline(bytes)
    }
}

/// All that a transaction can show.
fn seen(bench: &mut dyn Bench) -> Vec<String> {
    let mut transaction = bench.store().begin().expect("begin");
    let clock = transaction.tick(at(0));
    let t = &*transaction;
    let now = clock.clone().unwrap_or(at(0));
    let mut lines = vec![line(&clock), line(&t.next_due()), line(&t.due(at(50), 5)), line(&t.outbox_peers())];
    lines.extend(["", "a/", "b/1"].map(|prefix| line(&t.scan(prefix, Some(&row(2)), 9))));
    lines.extend(["", "xid:2"].map(|subject| line(&t.archive(subject, 1, 99))));
    for which in 0..6 {
        lines.push(line(&t.get(&row(which))));
        lines.extend(["hold", "decision"].map(|slot| line(&t.register(&xid(which), slot))));
        lines.push(line(&t.outbox(&peer(which), which.into(), 9, now)));
        lines.extend((0..4).map(|index| line(&t.chunk(&place(&format!("blob-{which}"), index)))));
    }
    lines
}
