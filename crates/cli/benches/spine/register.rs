//! The register with signatures off: many clients, one writer, group commit.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use semper_base::{Hash, Timestamp, Write, Xid};
use semper_driver::Store as _;
use semper_store::{Mode, SqliteStore};

use crate::bare::BareDatabase;
use crate::measure::{Basis, Clock, Cost, Figure, Goal, Outcome, Place};

/// Clients at the same time, each waiting for its own answer.
const CLIENTS: usize = 64;
/// Rows that each client writes in one round.
const ROWS: u64 = 48;
/// Bytes of a row's value.
const VALUE: usize = 256;
const ROUNDS: usize = 21;
const NOW: Timestamp = Timestamp::from_millis(1_772_323_200_000);

pub(crate) fn measure() -> Outcome<Figure> {
    let place = Place::new("register")?;
    let mut store = SqliteStore::open(&place.path().join("data"), &place.path().join("head"), Mode::Create)?;
    let floor = BareDatabase::new("register-floor")?;
    let (mut floor_round, mut store_round) = (0, 0);
    let goal = (Basis::Wall, Goal::Rate(0.6));
    Figure::measure(
        "register: 64 clients, no signatures",
        goal,
        ROUNDS,
        || {
            floor_round += 1;
            round(floor_round, |batch| bare(&floor, batch))
        },
        || {
            store_round += 1;
            round(store_round, |batch| ours(&mut store, batch))
        },
    )
}

/// A row that a client wants written, and where it waits for the answer.
struct Request {
    xid: Xid,
    value: Vec<u8>,
    done: SyncSender<()>,
}

fn ours(store: &mut SqliteStore, batch: &[Request]) -> Outcome<()> {
    let mut transaction = store.begin()?;
    let now = transaction.tick(NOW)?;
    for request in batch {
        // One step, one apply: the driver does not join the writes of different events.
        let _ = transaction.apply(&[Write::Insert(request.xid, "decision", request.value.clone())], now)?;
    }
    transaction.commit()?;
    Ok(())
}

fn bare(database: &BareDatabase, batch: &[Request]) -> Outcome<()> {
    database.begin()?;
    for request in batch {
        let key = [request.xid.0.bytes().as_slice(), b"decision"].concat();
        database.insert(&key, &request.value)?;
    }
    database.commit()
}

/// One round: the writer is this thread, so the CPU time is the writer's.
fn round(number: u64, mut commit: impl FnMut(&[Request]) -> Outcome<()>) -> Outcome<Cost> {
    let (send, receive) = sync_channel(64);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let send = send.clone();
            scope.spawn(move || ask(number, client, &send));
        }
        drop(send);
        let clock = Clock::start()?;
        let mut rows = 0;
        while let Some(batch) = gather(&receive) {
            commit(&batch)?;
            rows += batch.len();
            for request in batch {
                request.done.send(())?;
            }
        }
        clock.stop(rows)
    })
}

/// A client: writes a row, waits until it is durable, writes the next.
fn ask(round: u64, client: usize, writer: &SyncSender<Request>) {
    let (done, answer) = sync_channel(1);
    for row in 0..ROWS {
        let xid = Xid(Hash::of(format!("{round} {client} {row}").as_bytes()));
        let request = Request { xid, value: vec![0x5a; VALUE], done: done.clone() };
        if writer.send(request).is_err() || answer.recv().is_err() {
            return;
        }
    }
}

/// Everything that waits now; nothing once all clients have gone.
fn gather(receive: &Receiver<Request>) -> Option<Vec<Request>> {
    let mut batch = vec![receive.recv().ok()?];
    batch.extend(receive.try_iter().take(CLIENTS - 1));
    Some(batch)
}
