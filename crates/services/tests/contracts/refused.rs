//! What a notary signs and its parties refuse stays theirs to show.

use semper_base::code::Code;
use semper_base::{Blob64, Hash, Role, bytes};
use semper_blocks::statement::{About, Author};
use semper_exchange::fair::frame::statements::{Abort, AbortBasis, Aborted};
use semper_exchange::fair::frame::{Content, Descriptor, Packet};
use semper_exchange::judge::Misdeed;
use semper_support::Context;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::{Keyring, PublicKey};
use serde_json::{Value, json};

use crate::common::street::own_key;
use crate::common::table::Table;

/// Who lies, and how.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// The notary: the time is over, long before it is.
    TooEarly,
    /// Another one, in the notary's words.
    ByAnother,
    /// The notary: it was asked, by whom nobody knows.
    AskedByStranger,
}

fn told(table: &mut Table, id: &str, lie: Lie) -> Envelope {
    let file = table.wallets[0].command(&json!({ "command": "contract-file", "contract": id }))["file"].clone();
    let file: Value = serde_json::from_slice(&bytes::decode(file.as_str().unwrap()).unwrap()).unwrap();
    let descriptor = bytes::decode(file["descriptor"].as_str().unwrap()).unwrap();
    let x = Descriptor::read(&descriptor).unwrap();
    let (notary, other) = (own_key(&mut table.notary, "statement"), own_key(&mut table.wallets[1], "statement"));
    let keyring = Keyring::for_simulation([4; 32]);
    let crypto = &*table.notary.crypto;
    let cx = Context { now: table.notary.now, crypto, keyring: &keyring };
    let stranger = crypto.generate().unwrap();
    let asked = Author::uncertified(Role::Party, &stranger).answer(&cx, About::exchange(x.xid, vec![]), Abort {});
    let asked = asked.unwrap().text;
    let (basis, pieces) = match lie {
        Lie::AskedByStranger => (AbortBasis::Asked, vec![asked]),
        Lie::ByAnother | Lie::TooEarly => (AbortBasis::Expired, vec![]),
    };
    let author = Author::uncertified(Role::Notary, if lie == Lie::ByAnother { &other } else { &notary });
    let author = Author { certificate: Some(x.core.notary.certificate), ..author };
    let ground = pieces.iter().map(|piece| Hash::of(piece.as_bytes())).collect();
    let about = About::exchange(x.xid, x.core.parties.iter().map(PublicKey::id).collect());
    let statement = author.answer(&cx, about, Aborted { at: cx.now, basis, ground }).unwrap().text;
    let packet = Packet { content: Content::Decision { pieces, statement }, descriptor: Blob64(descriptor) };
    Envelope { seq: 1_000_001, prev: 0, kind: "fair".to_owned(), body: serde_json::to_string(&packet).unwrap() }
}

/// How the wallet takes it, and of what its pack, which is sound, convicts.
fn shown(name: &str, lie: Lie) -> (Outcome, Vec<Misdeed>) {
    let mut table = Table::new(name, 2);
    let (id, file) = table.make(2);
    table.sign(0, &file);
    let lie = told(&mut table, &id, lie);
    let before = table.wallets[0].state();
    let outcome = table.wallets[0].deliver(table.ties[0].server, lie);
    assert_eq!(table.wallets[0].state(), before);
    let root = table.root();
    let pack = table.wallets[0].command(&json!({ "command": "contract-export", "contract": id }));
    let report = table.verify(&pack, &root);
    assert!(report.is_sound(), "{report}");
    let verdict = report.frame_verdict.as_ref().unwrap();
    assert!(verdict.set_aside.is_empty(), "{report}");
    (outcome, verdict.convictions.iter().map(|one| one.misdeed).collect())
}

#[test]
fn a_row_that_is_refused_convicts_whoever_signed_it() {
    let (outcome, convicted) = shown("refused", Lie::TooEarly);
    assert_eq!((outcome, convicted), (Outcome::rejected(Code::TooEarly), vec![Misdeed::AbortedTooEarly]));
}

#[test]
fn what_somebody_else_signed_is_in_no_pack() {
    let (outcome, convicted) = shown("refused-other", Lie::ByAnother);
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    assert_eq!(convicted, []);
}

/// It could only make the pack unsound.
#[test]
fn a_piece_that_nobody_of_the_exchange_signed_is_in_no_pack() {
    let (outcome, convicted) = shown("refused-stranger", Lie::AskedByStranger);
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    assert_eq!(convicted, []);
}
