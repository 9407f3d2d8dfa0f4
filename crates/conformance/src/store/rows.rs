//! Rows, registers, chunks, the archive, the clock.

use semper_base::limits::{CHUNK_SLOT_BYTES, CHUNKS_PER_BLOB_MAX};
use semper_base::tx::{Need, Question};
use semper_base::{Code, Hash, KeyId, Timestamp, Write};
use semper_driver::store::{Applied, Archived, Transaction};

use super::{Bench, apply, at, commit, key, look, peer, place, record, xid};

fn put(text: &str, value: &[u8]) -> Write {
    Write::Put(key(text), value.to_vec())
}

/// Rows are set, replaced and removed.
pub fn put_get_delete(bench: &mut dyn Bench) {
    commit(bench, |t| apply(t, &[put("a/1", b"one"), put("a/2", b""), put("a/1", b"two")]));
    look(bench, |t| {
        assert_eq!(t.get(&key("a/1")).unwrap(), Some(b"two".to_vec()));
        assert_eq!(t.get(&key("a/2")).unwrap(), Some(Vec::new()));
        assert_eq!(t.get(&key("a/3")).unwrap(), None);
    });
    commit(bench, |t| apply(t, &[Write::Delete(key("a/1")), Write::Delete(key("never"))]));
    look(bench, |t| assert_eq!(t.get(&key("a/1")).unwrap(), None));
}

/// Keys order by their bytes; `after` may be before, inside or behind the prefix; keys may hold any text.
pub fn scan_is_in_key_order(bench: &mut dyn Bench) {
    let keys = ["b/2", "a/1", "b/10", "b/\u{10ffff}", "b/\0x", "b", "c/1", "b/é", "b0"];
    let writes: Vec<Write> = keys.iter().map(|k| put(k, k.as_bytes())).collect();
    commit(bench, |t| apply(t, &writes));
    look(bench, |t| {
        let scan = |prefix: &str, after: Option<&str>, limit| -> Vec<String> {
            let rows = t.scan(prefix, after.map(key).as_ref(), limit).unwrap();
            assert!(rows.iter().all(|(key, value)| key.0.as_bytes() == value));
            rows.into_iter().map(|(key, _)| key.0).collect()
        };
        let all = ["b/\0x", "b/10", "b/2", "b/é", "b/\u{10ffff}"];
        assert_eq!(scan("b/", None, 99), all);
        assert_eq!(scan("b/", None, 2), all[..2]);
        assert_eq!(scan("b/", Some("b/10"), 99), all[2..]);
        assert_eq!(scan("b/", Some("b/11"), 99), all[2..]);
        assert_eq!(scan("b/", Some("a"), 99), all);
        assert_eq!(scan("b/", Some("c"), 99), [""; 0]);
        assert_eq!(scan("b/", None, 0), [""; 0]);
        assert_eq!(scan("", None, 99).len(), keys.len());
    });
}

/// A batch reads what it wrote before; questions are rows under `ask/`.
pub fn own_writes_are_seen(bench: &mut dyn Bench) {
    let question = Question {
        id: "q1".to_owned(),
        asker: "machine/1".to_owned(),
        payload: "{}".to_owned(),
        kind: "order".to_owned(),
        key: KeyId(Hash::of(b"key")),
        follows: None,
    };
    commit(bench, |t| {
        apply(t, &[put("a/1", b"one"), Write::Insert(xid(1), "decision", b"no".to_vec())]);
        apply(t, &[Write::Chunk(place("blob", 0), vec![7; 10]), Write::Ask(question.clone())]);
        assert_eq!(t.get(&key("a/1")).unwrap(), Some(b"one".to_vec()));
        assert_eq!(t.scan("a/", None, 9).unwrap().len(), 1);
        assert_eq!(t.register(&xid(1), "decision").unwrap(), Some(b"no".to_vec()));
        assert_eq!(t.chunk(&place("blob", 0)).unwrap(), Some(vec![7; 10]));
        let rows = t.scan("ask/", None, 9).unwrap();
        assert_eq!(rows[0].0, key("ask/q1"));
        assert_eq!(serde_json::from_slice::<Question>(&rows[0].1).unwrap(), question);
        apply(t, &[Write::Unask("q1".to_owned())]);
        assert_eq!(t.scan("ask/", None, 9).unwrap(), []);
    });
}

/// The first row stands for ever, per slot.
pub fn register_is_written_once(bench: &mut dyn Bench) {
    commit(bench, |t| apply(t, &[Write::Insert(xid(1), "decision", b"captured".to_vec())]));
    commit(bench, |t| {
        let again = t.apply(&[Write::Insert(xid(1), "decision", b"released".to_vec())], at(1)).unwrap();
        assert_eq!(again, Applied::Conflict(xid(1), "decision"));
        apply(t, &[Write::Insert(xid(1), "remedy", Vec::new()), Write::Insert(xid(2), "decision", Vec::new())]);
    });
    // What conflicts changes nothing, and a commit of nothing is none.
    let before = commit(bench, |_| {});
    let alone = commit(bench, |t| {
        let again = t.apply(&[Write::Insert(xid(1), "decision", b"void".to_vec())], at(1)).unwrap();
        assert_eq!(again, Applied::Conflict(xid(1), "decision"));
    });
    assert_eq!(alone, before);
    look(bench, |t| {
        assert_eq!(t.register(&xid(1), "decision").unwrap(), Some(b"captured".to_vec()));
        assert_eq!(t.register(&xid(1), "remedy").unwrap(), Some(Vec::new()));
        assert_eq!(t.register(&xid(1), "contest").unwrap(), None);
        assert_eq!(t.register(&xid(3), "decision").unwrap(), None);
    });
}

/// All writes of a step or none, and the batch goes on.
pub fn a_conflict_applies_nothing(bench: &mut dyn Bench) {
    let insert = |n, slot| Write::Insert(xid(n), slot, vec![n]);
    commit(bench, |t| apply(t, &[insert(1, "hold")]));
    commit(bench, |t| {
        let step = [
            put("a/1", b"no"),
            insert(2, "hold"),
            Write::Archive(record("xid:1", b"no")),
            Write::Timer(key("a/1"), Some(at(1))),
            insert(1, "hold"),
        ];
        assert_eq!(t.apply(&step, at(1)).unwrap(), Applied::Conflict(xid(1), "hold"));
        assert_eq!(t.apply(&[insert(3, "hold"), insert(3, "hold")], at(1)).unwrap(), Applied::Conflict(xid(3), "hold"));
        apply(t, &[put("a/2", b"yes")]);
    });
    look(bench, |t| {
        assert_eq!(t.get(&key("a/1")).unwrap(), None);
        assert_eq!(t.get(&key("a/2")).unwrap(), Some(b"yes".to_vec()));
        assert_eq!(t.register(&xid(2), "hold").unwrap(), None);
        assert_eq!(t.register(&xid(3), "hold").unwrap(), None);
        assert_eq!(t.archive("", 0, 9).unwrap(), []);
        assert_eq!(t.next_due().unwrap(), None);
    });
}

/// What is refused for its form costs its step only.
pub fn a_refused_step_applies_nothing(bench: &mut dyn Bench) {
    let bad = [
        Write::Chunk(place("blob", 0), vec![0; CHUNK_SLOT_BYTES + 1]),
        Write::Chunk(place("blob", CHUNKS_PER_BLOB_MAX), vec![1]),
        Write::Chunk(place("../rows", 0), vec![1]),
        Write::Chunk(place("", 0), vec![1]),
        Write::DropBlob("../rows".to_owned()),
        Write::Chunk(place(&"a".repeat(129), 0), vec![1]),
    ];
    commit(bench, |t| {
        for write in bad {
            let fault = t.apply(&[put("a/1", b"no"), write], at(1)).unwrap_err();
            assert!([Code::TooLarge, Code::TooMany, Code::FieldWrong].contains(&fault.code()), "{fault}");
        }
        apply(t, &[put("a/2", b"yes")]);
    });
    look(bench, |t| {
        assert_eq!(t.get(&key("a/1")).unwrap(), None);
        assert_eq!(t.get(&key("a/2")).unwrap(), Some(b"yes".to_vec()));
        for chunk in [place("../rows", 0), place("", 0), place("blob", u64::MAX)] {
            assert_eq!(t.chunk(&chunk).unwrap(), None);
        }
    });
}

fn some_of_everything(t: &mut dyn Transaction) {
    assert_eq!(t.tick(at(9000)).unwrap(), at(9000));
    let message = semper_base::tx::Body::Inline(b"{}".to_vec());
    apply(
        t,
        &[
            put("a/1", b"one"),
            Write::Insert(xid(1), "hold", b"held".to_vec()),
            Write::Archive(record("xid:1", b"statement")),
            Write::Timer(key("a/1"), Some(at(10))),
            Write::Chunk(place("blob", 3), b"chunk".to_vec()),
            Write::Send { to: peer(1), kind: "hold", body: message },
        ],
    );
    assert_eq!(t.inbox(&peer(2), 1, 0, &Hash::of(b"m")).unwrap(), semper_driver::store::Inbox::New);
}

/// A batch that is not committed never was.
pub fn dropped_batches_leave_nothing(bench: &mut dyn Bench) {
    commit(bench, |t| apply(t, &[put("a/1", b"zero")]));
    look(bench, some_of_everything);
    for _ in 0..2 {
        look(bench, |t| {
            assert_eq!(t.get(&key("a/1")).unwrap(), Some(b"zero".to_vec()));
            assert_eq!(t.register(&xid(1), "hold").unwrap(), None);
            assert_eq!(t.archive("", 0, 9).unwrap(), []);
            assert_eq!(t.next_due().unwrap(), None);
            assert_eq!(t.chunk(&place("blob", 3)).unwrap(), None);
            assert_eq!(t.outbox_peers().unwrap(), []);
            assert_eq!(t.tick(Timestamp::EPOCH).unwrap(), Timestamp::EPOCH);
        });
        bench.reopen();
    }
}

/// The same bytes again change nothing, other bytes are refused, what was dropped may be written anew.
pub fn chunks_are_written_once(bench: &mut dyn Bench) {
    let full = vec![0xab; CHUNK_SLOT_BYTES];
    look(bench, |t| apply(t, &[Write::Chunk(place("b-1", 0), b"dropped, and longer".to_vec())]));
    commit(bench, |t| {
        apply(t, &[Write::Chunk(place("b-1", 0), b"kept".to_vec()), Write::Chunk(place("b-1", 2), full.clone())]);
        apply(t, &[Write::Chunk(place("b-2", CHUNKS_PER_BLOB_MAX - 1), Vec::new())]);
    });
    commit(bench, |t| apply(t, &[Write::Chunk(place("b-1", 0), b"kept".to_vec())]));
    look(bench, |t| {
        let fault = t.apply(&[Write::Chunk(place("b-1", 0), b"other".to_vec())], at(1)).unwrap_err();
        assert_eq!(fault.code(), Code::Conflict);
    });
    bench.reopen();
    look(bench, |t| {
        assert_eq!(t.chunk(&place("b-1", 0)).unwrap(), Some(b"kept".to_vec()));
        assert_eq!(t.chunk(&place("b-1", 1)).unwrap(), None);
        assert_eq!(t.chunk(&place("b-1", 2)).unwrap(), Some(full));
        assert_eq!(t.chunk(&place("b-2", CHUNKS_PER_BLOB_MAX - 1)).unwrap(), Some(Vec::new()));
    });
}

/// A dropped blob is gone with all its chunks and no other; its name is free in the next batch.
pub fn blobs_are_dropped(bench: &mut dyn Bench) {
    let chunk = |blob: &str, index, bytes: &[u8]| Write::Chunk(place(blob, index), bytes.to_vec());
    commit(bench, |t| apply(t, &[chunk("b-1", 0, b"one"), chunk("b-1", 7, b"two"), chunk("b-10", 0, b"other")]));
    let drop = [Write::DropBlob("b-1".to_owned()), Write::DropBlob("never".to_owned())];
    // Not before the commit.
    look(bench, |t| {
        apply(t, &drop);
        assert_eq!(t.chunk(&place("b-1", 0)).unwrap(), None);
    });
    look(bench, |t| {
        assert_eq!(t.chunk(&place("b-1", 0)).unwrap(), Some(b"one".to_vec()));
        assert_eq!(t.chunk(&place("b-1", 7)).unwrap(), Some(b"two".to_vec()));
        apply(t, &drop);
        assert_eq!(t.apply(&[chunk("b-1", 0, b"new")], at(1)).unwrap_err().code(), Code::Conflict);
    });
    look(bench, |t| assert_eq!(t.chunk(&place("b-1", 0)).unwrap(), Some(b"one".to_vec())));
    commit(bench, |t| apply(t, &drop));
    for _ in 0..2 {
        look(bench, |t| {
            assert_eq!(t.chunk(&place("b-1", 0)).unwrap(), None);
            assert_eq!(t.chunk(&place("b-1", 7)).unwrap(), None);
            assert_eq!(t.chunk(&place("b-10", 0)).unwrap(), Some(b"other".to_vec()));
        });
        bench.reopen();
    }
    commit(bench, |t| apply(t, &[chunk("b-1", 0, b"new")]));
    bench.reopen();
    look(bench, |t| {
        assert_eq!(t.chunk(&place("b-1", 0)).unwrap(), Some(b"new".to_vec()));
        assert_eq!(t.chunk(&place("b-1", 7)).unwrap(), None);
    });
}

/// Numbers from 1, links that anyone can compute again, subjects apart.
pub fn archive_is_a_chain(bench: &mut dyn Bench) {
    let needs = [Need::Evidence, Need::Transcript, Need::Misdeed];
    for (n, need) in (0_u8..9).zip(needs.into_iter().cycle()) {
        let record = semper_base::tx::Record { need, ..record(if n % 2 == 0 { "xid:a" } else { "xid:b" }, &[n]) };
        commit(bench, |t| assert_eq!(t.apply(&[Write::Archive(record)], at(n.into())).unwrap(), Applied::Done));
        look(bench, |t| apply(t, &[Write::Archive(super::record("xid:a", b"dropped"))]));
    }
    bench.reopen();
    look(bench, |t| {
        let all = t.archive("", 0, 99).unwrap();
        let mut link = Hash([0; 32]);
        for (n, archived) in (0_u8..).zip(&all) {
            link = Archived::link_after(&link, &archived.record, at(n.into()));
            assert_eq!((archived.number, archived.link, archived.at), (u64::from(n) + 1, link, at(n.into())));
            assert_eq!((&*archived.record.bytes, archived.record.need), (&[n][..], needs[usize::from(n) % 3]));
        }
        assert_eq!(all.len(), 9);
        assert_eq!(t.archive("", 4, 2).unwrap(), all[4..6]);
        let of_b: Vec<u64> = t.archive("xid:b", 2, 9).unwrap().iter().map(|a| a.number).collect();
        assert_eq!(of_b, [4, 6, 8]);
        assert_eq!(t.archive("xid:", 0, 9).unwrap(), []);
        // What a step sees of it: one subject, in order, and whether these very bytes are there.
        let under = |subject, limit| t.archived(subject, limit).unwrap();
        assert_eq!(under("xid:b", 9), all.iter().skip(1).step_by(2).map(|a| a.record.clone()).collect::<Vec<_>>());
        assert_eq!(under("xid:a", 2).iter().map(|record| record.bytes.clone()).collect::<Vec<_>>(), [[0], [2]]);
        assert_eq!(under("", 9), []);
        assert!(t.is_archived("xid:b", &[3]).unwrap() && t.is_archived("xid:a", &[4]).unwrap());
        assert!(!t.is_archived("xid:a", &[3]).unwrap() && !t.is_archived("xid:a", b"dropped").unwrap());
    });
    commit(bench, |t| {
        apply(t, &[Write::Archive(record("xid:c", b"new"))]);
        assert!(t.is_archived("xid:c", b"new").unwrap());
        assert_eq!(t.archived("xid:c", 9).unwrap().len(), 1);
    });
}

/// The clock moves on only, also across a restart with an earlier wall clock.
pub fn clock_never_goes_back(bench: &mut dyn Bench) {
    commit(bench, |t| {
        assert_eq!(t.tick(at(500)).unwrap(), at(500));
        assert_eq!(t.tick(at(400)).unwrap(), at(500));
        assert_eq!(t.tick(at(600)).unwrap(), at(600));
    });
    look(bench, |t| assert_eq!(t.tick(at(900)).unwrap(), at(900)));
    bench.reopen();
    look(bench, |t| assert_eq!(t.tick(at(1)).unwrap(), at(600)));
}

/// Each commit of anything has the next number; a commit of nothing is none.
pub fn commits_are_counted(bench: &mut dyn Bench) {
    let first = commit(bench, |t| apply(t, &[put("a/1", b"")]));
    assert_eq!(commit(bench, |t| apply(t, &[put("a/2", b"")])), first + 1);
    assert_eq!(commit(bench, |_| ()), first + 1);
    look(bench, |t| apply(t, &[put("a/3", b"")]));
    bench.reopen();
    assert_eq!(commit(bench, |t| apply(t, &[put("a/4", b"")])), first + 2);
}

/// A committed batch is there after a restart, whole.
pub fn everything_survives(bench: &mut dyn Bench) {
    commit(bench, some_of_everything);
    bench.reopen();
    look(bench, |t| {
        assert_eq!(t.get(&key("a/1")).unwrap(), Some(b"one".to_vec()));
        assert_eq!(t.register(&xid(1), "hold").unwrap(), Some(b"held".to_vec()));
        assert_eq!(t.archive("xid:1", 0, 9).unwrap()[0].record, record("xid:1", b"statement"));
        assert_eq!(t.due(at(10), 9).unwrap(), [key("a/1")]);
        assert_eq!(t.chunk(&place("blob", 3)).unwrap(), Some(b"chunk".to_vec()));
        assert_eq!(t.outbox_peers().unwrap(), [peer(1)]);
        assert_eq!(t.outbox(&peer(1), 0, 9, at(10)).unwrap()[0].seq, 1);
        let again = t.inbox(&peer(2), 1, 0, &Hash::of(b"m")).unwrap();
        assert_eq!(again, semper_driver::store::Inbox::Again(None));
        assert_eq!(t.tick(Timestamp::EPOCH).unwrap(), at(9000));
    });
}
