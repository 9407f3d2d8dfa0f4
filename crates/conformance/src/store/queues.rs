//! Inbox, outbox, timers.

use semper_base::limits::{INBOX_WINDOW, INTEGER_MAX, OUTBOX_AGE_MAX_MS, OUTBOX_PER_PEER_MAX};
use semper_base::tx::Body;
use semper_base::{Code, Hash, Write};
use semper_driver::store::{Applied, Inbox, Transaction};

use super::{Bench, apply, at, commit, key, peer, place};

fn take(t: &mut dyn Transaction, from: u8, seq: u64, prev: u64, text: &str) -> Inbox {
    t.inbox(&peer(from), seq, prev, &Hash::of(text.as_bytes())).unwrap()
}

/// New once, then again, also with its rejection; another message under the same number is stale.
pub fn inbox_takes_each_once(bench: &mut dyn Bench) {
    commit(bench, |t| {
        assert_eq!(take(t, 1, 1, 0, "one"), Inbox::New);
        assert_eq!(take(t, 1, 1, 0, "one"), Inbox::Again(None));
        assert_eq!(take(t, 1, 2, 1, "two"), Inbox::New);
        t.inbox_rejected(&peer(1), 2, 1410).unwrap();
        assert_eq!(take(t, 1, 2, 1, "two"), Inbox::Again(Some(1410)));
        assert_eq!(take(t, 2, 1, 0, "another peer"), Inbox::New);
    });
    bench.reopen();
    commit(bench, |t| {
        assert_eq!(take(t, 1, 1, 0, "one"), Inbox::Again(None));
        assert_eq!(take(t, 1, 2, 0, "two"), Inbox::Again(Some(1410)));
        assert_eq!(take(t, 1, 2, 1, "changed"), Inbox::Stale);
        assert_eq!(take(t, 1, 1, 0, "changed"), Inbox::Stale);
        for never in [0, INTEGER_MAX + 1, u64::MAX] {
            assert_eq!(take(t, 1, never, 0, "no honest sender has this number"), Inbox::Stale);
        }
        assert_eq!(take(t, 1, 3, 2, "three"), Inbox::New);
    });
}

/// A gap is early unless the sender says that nothing waits in it.
pub fn inbox_allows_gaps_that_the_sender_made(bench: &mut dyn Bench) {
    commit(bench, |t| {
        assert_eq!(take(t, 1, 2, 1, "two"), Inbox::Early(0));
        assert_eq!(take(t, 1, 5, 0, "five"), Inbox::New);
        assert_eq!(take(t, 1, 9, 8, "nine"), Inbox::Early(5));
        assert_eq!(take(t, 1, 9, 6, "nine"), Inbox::Early(5));
        assert_eq!(take(t, 1, 9, 5, "nine"), Inbox::New);
        assert_eq!(take(t, 1, 12, 3, "twelve"), Inbox::New);
        assert_eq!(take(t, 1, 11, 3, "jumped over"), Inbox::Stale);
        assert_eq!(take(t, 1, 13, 13, "before itself"), Inbox::Early(12));
        assert_eq!(take(t, 1, INTEGER_MAX, 0, "last"), Inbox::New);
    });
}

/// Memory is bounded: what is older than the window is taken for a repetition.
pub fn inbox_forgets_behind_its_window(bench: &mut dyn Bench) {
    let last = INBOX_WINDOW + 200;
    commit(bench, |t| {
        for seq in 1..=last {
            assert_eq!(t.inbox(&peer(1), seq, seq - 1, &Hash::of(&seq.to_be_bytes())).unwrap(), Inbox::New);
        }
    });
    commit(bench, |t| {
        for seq in (1..=last).step_by(100).chain([last - INBOX_WINDOW, last - INBOX_WINDOW + 1]) {
            let inside = seq > last - INBOX_WINDOW;
            assert_eq!(t.inbox(&peer(1), seq, 0, &Hash::of(&seq.to_be_bytes())).unwrap(), Inbox::Again(None));
            let changed = t.inbox(&peer(1), seq, 0, &Hash::of(b"changed")).unwrap();
            assert_eq!(changed, if inside { Inbox::Stale } else { Inbox::Again(None) });
        }
    });
}

fn send(to: u8, text: &str) -> Write {
    Write::Send { to: peer(to), kind: "note", body: Body::Inline(text.as_bytes().to_vec()) }
}

/// Sequence, predecessor and text of what waits.
fn waiting(t: &dyn Transaction, to: u8, after: u64, limit: usize) -> Vec<(u64, u64, String)> {
    let messages = t.outbox(&peer(to), after, limit, at(2000)).unwrap();
    let text = |body: &Body| match body {
        Body::Inline(text) => String::from_utf8(text.clone()).unwrap(),
        Body::Chunk { chunk, .. } => format!("{}#{}", chunk.blob, chunk.index),
    };
    messages.iter().map(|m| (m.seq, m.prev, text(&m.body))).collect()
}

/// Numbers per peer, in order, never used twice; the predecessor is what still waits before.
pub fn outbox_keeps_order(bench: &mut dyn Bench) {
    let chunk = Body::Chunk { head: b"{}".to_vec(), chunk: place("blob", 7) };
    commit(bench, |t| {
        apply(t, &[send(1, "one"), send(2, "other"), send(1, "two")]);
        apply(t, &[Write::Send { to: peer(1), kind: "chunk", body: chunk.clone() }, send(1, "four")]);
    });
    bench.reopen();
    let text = |seq, prev, text: &str| (seq, prev, text.to_owned());
    commit(bench, |t| {
        assert_eq!(
            waiting(t, 1, 0, 9),
            [text(1, 0, "one"), text(2, 1, "two"), text(3, 2, "blob#7"), text(4, 3, "four")]
        );
        assert_eq!(t.outbox(&peer(1), 2, 1, at(2000)).unwrap()[0].body, chunk);
        assert_eq!(waiting(t, 1, 2, 1), [text(3, 2, "blob#7")]);
        assert_eq!(waiting(t, 1, 4, 9), []);
        assert_eq!(waiting(t, 2, 0, 9), [text(1, 0, "other")]);
        let mut peers = [peer(1), peer(2)];
        peers.sort();
        assert_eq!(t.outbox_peers().unwrap(), peers);
        t.acknowledge(&peer(1), 2).unwrap();
        t.acknowledge(&peer(1), 2).unwrap();
        t.acknowledge(&peer(1), u64::MAX).unwrap();
        t.acknowledge(&peer(2), 1).unwrap();
        assert_eq!(waiting(t, 1, 0, 9), [text(1, 0, "one"), text(3, 1, "blob#7"), text(4, 3, "four")]);
        assert_eq!(t.outbox_peers().unwrap(), [peer(1)]);
    });
    commit(bench, |t| {
        for seq in [1, 3, 4] {
            t.acknowledge(&peer(1), seq).unwrap();
        }
        assert_eq!(t.outbox_peers().unwrap(), []);
        apply(t, &[send(1, "five"), send(2, "two")]);
        assert_eq!(waiting(t, 1, 0, 9), [text(5, 0, "five")]);
        assert_eq!(waiting(t, 2, 0, 9), [text(2, 0, "two")]);
    });
}

/// A full queue refuses the step whole and only that peer's; old messages go.
pub fn outbox_expires_and_is_bounded(bench: &mut dyn Bench) {
    let count = u8::try_from(OUTBOX_PER_PEER_MAX / 64).unwrap();
    let many: Vec<Write> = (0..count).map(|n| send(1, &n.to_string())).collect();
    commit(bench, |t| {
        for _ in 0..63 {
            apply(t, &many);
        }
        apply(t, &many[1..]);
        let fault = t.apply(&[send(2, "no"), send(1, "last"), send(1, "too many")], at(1000)).unwrap_err();
        assert_eq!(fault.code(), Code::Overloaded);
        assert_eq!(t.outbox_peers().unwrap(), [peer(1)]);
        apply(t, &[send(1, "last"), send(2, "yes")]);
        assert_eq!(t.apply(&[send(1, "too many")], at(1000)).unwrap_err().code(), Code::Overloaded);
    });
    commit(bench, |t| {
        assert_eq!(t.apply(&[send(2, "later")], at(2000)).unwrap(), Applied::Done);
        let before = t.outbox(&peer(2), 0, 9, at(1000 + OUTBOX_AGE_MAX_MS - 1)).unwrap();
        assert_eq!(before.iter().map(|m| (m.seq, m.prev)).collect::<Vec<_>>(), [(1, 0), (2, 1)]);
        let after = t.outbox(&peer(2), 0, 9, at(1000 + OUTBOX_AGE_MAX_MS)).unwrap();
        assert_eq!(after.iter().map(|m| (m.seq, m.prev)).collect::<Vec<_>>(), [(2, 0)]);
    });
    // The clock passes the first messages' time: they make room, a bounded number with each batch.
    for n in 0..=64 {
        commit(bench, |t| assert_eq!(t.tick(at(1000 + OUTBOX_AGE_MAX_MS + n)).unwrap().millis() % 1000, n));
    }
    commit(bench, |t| {
        assert_eq!(t.outbox_peers().unwrap(), [peer(2)]);
        apply(t, &[send(1, "room again")]);
        assert_eq!(waiting(t, 1, 0, 9), [(OUTBOX_PER_PEER_MAX + 1, 0, "room again".to_owned())]);
    });
}

/// Earliest first, equal times by key; setting again moves, clearing removes.
pub fn timers_come_in_order(bench: &mut dyn Bench) {
    let timer = |name: &str, time: Option<u64>| Write::Timer(key(name), time.map(at));
    commit(bench, |t| {
        assert_eq!(t.next_due().unwrap(), None);
        apply(t, &[timer("c", Some(10)), timer("b", Some(10)), timer("a", Some(30)), timer("d", Some(20))]);
    });
    bench.reopen();
    commit(bench, |t| {
        assert_eq!(t.next_due().unwrap(), Some(at(10)));
        assert_eq!(t.due(at(9), 9).unwrap(), []);
        assert_eq!(t.due(at(20), 9).unwrap(), [key("b"), key("c"), key("d")]);
        assert_eq!(t.due(at(99), 1).unwrap(), [key("b")]);
        apply(t, &[timer("b", None), timer("c", Some(40)), timer("none", None), timer("d", Some(20))]);
        assert_eq!(t.due(at(99), 9).unwrap(), [key("d"), key("a"), key("c")]);
        assert_eq!(t.next_due().unwrap(), Some(at(20)));
    });
}
