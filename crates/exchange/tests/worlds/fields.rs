//! Each field of each message, wrong by itself: refused without a trace. And each deadline to the tick.

use semper_base::{Amount, Blob64, Currency, Hash, Millis, Role, Timestamp, Xid};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::{About, Author, Body, Kind};
use semper_exchange::fair::dgp::buyer::Stage;
use semper_exchange::fair::dgp::descriptor::{Core as Terms, Descriptor, RootOpening};
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::dgp::statements::EscrowBox;
use semper_exchange::fair::dgp::{Content, Slot, seller};
use semper_support::Context;
use semper_support::crypto::Ideal;

#[path = "fields/later.rs"]
mod later;

use super::model::{Core, Market};
use super::state::{Setting, State, place};
use super::world::{ACCOUNT, Effected, HOLD, Happening, OPENED, Payload, Wish, at, secret};
use Role::{Bank, Buyer, Notary, Seller};

fn core() -> Market {
    Market::new(Setting::HONEST)
}

/// Honest and quick until `there`.
fn until(core: &mut Core, there: impl Fn(&Core, &State) -> bool) -> State {
    let mut state = core.begin();
    for _ in 0..500 {
        if there(core, &state) {
            return state;
        }
        let action = core.open(&state);
        core.act(&mut state, action, true);
    }
    panic!("never there: {}", core.show(&state));
}

fn has(state: &State, slot: Slot) -> bool {
    state.rows.iter().flatten().any(|(known, _)| *known == slot)
}

/// Who signs, what they say they are, about which exchange, when.
#[derive(Clone, Copy)]
struct Pen {
    role: Role,
    key: Role,
    xid: Option<Xid>,
    now: Timestamp,
}

fn pen(core: &Core, role: Role) -> Pen {
    Pen { role, key: role, xid: Some(core.world.x.xid), now: OPENED }
}

fn write<B: Body>(core: &Core, pen: Pen, to: Vec<semper_base::KeyId>, body: B) -> String {
    let crypto = Ideal::new(3);
    let author = Author { role: pen.role, ..core.world.author(pen.key) };
    let base = Context { now: pen.now, crypto: &crypto, keyring: &core.world.keyring };
    author.request(&base, About { to, xid: pen.xid, refs: vec![] }, body).unwrap().text
}

/// Whether a machine takes it: any new state, row, money or message but a refusal. What is kept as
/// evidence does not count.
fn takes(core: &mut Core, state: &State, from: Role, to: Role, content: Content) -> bool {
    let message = core.world.message(from, to, Payload::Packet(content));
    let machine = state.machines[place(to)];
    let Some((next, effects)) = core.world.step(machine, Happening::Message(message), state.tick) else { return false };
    let does = |effect: &Effected| match effect {
        Effected::Send(sent) => {
            !matches!(core.world.messages.get(*sent).payload, Payload::Packet(Content::Refused { .. }))
        }
        Effected::Keep(_) => false,
        _ => true,
    };
    next != machine || effects.iter().any(does)
}

fn euro(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

/// Every way in which a request can be signed wrongly.
fn wrong_pens(core: &Core, role: Role) -> Vec<Pen> {
    let good = pen(core, role);
    let other = if role == Buyer { Seller } else { Buyer };
    vec![
        Pen { key: other, ..good },
        Pen { role: other, ..good },
        Pen { xid: None, ..good },
        Pen { xid: Some(Xid(Hash::of(b"another"))), ..good },
        Pen { now: OPENED.plus(Millis::days(1)), ..good },
        Pen { now: OPENED.minus(Millis::days(40)), ..good },
    ]
}

fn debit(core: &Core, now: Timestamp, xid: Xid, body: st::DebitOrder, key: usize) -> String {
    let crypto = Ideal::new(3);
    let author = Author::uncertified(Buyer, &core.world.keys[key]);
    let base = Context { now, crypto: &crypto, keyring: &core.world.keyring };
    author.request(&base, About::exchange(xid, vec![]), body).unwrap().text
}

#[test]
fn fields_of_a_hold() {
    let market = core();
    let core = &mut *market.core();
    let (state, x) = (core.begin(), core.world.x.clone());
    let (amount, payee) = (x.core.amount, x.core.payee);
    let account_key = core.world.keys[ACCOUNT].public.clone();
    let hold = write(core, pen(core, Buyer), vec![], st::Hold { amount, payee });
    let order = |hold: &str| st::DebitOrder {
        account: "payer".to_owned(),
        account_key: account_key.clone(),
        amount,
        hold: Hash::of(hold.as_bytes()),
    };
    let paid = |core: &Core, hold: &str| debit(core, OPENED, x.xid, order(hold), ACCOUNT);
    let fine = Content::Hold { statement: hold.clone(), debit: paid(core, &hold) };
    assert!(takes(core, &state, Buyer, Bank, fine.clone()));
    let mut holds: Vec<String> =
        wrong_pens(core, Buyer).into_iter().map(|pen| write(core, pen, vec![], st::Hold { amount, payee })).collect();
    holds.push(write(core, pen(core, Buyer), vec![], st::Hold { amount: euro(1), payee }));
    holds.push(write(core, pen(core, Buyer), vec![], st::Hold { amount, payee: Hash::of(b"x") }));
    for (number, statement) in holds.into_iter().enumerate() {
        let debit = paid(core, &statement);
        assert!(!takes(core, &state, Buyer, Bank, Content::Hold { statement, debit }), "hold {number}");
    }
    let buyer = core.world.keys[1].public.clone();
    let debits = [
        debit(core, OPENED, x.xid, st::DebitOrder { amount: euro(1), ..order(&hold) }, ACCOUNT),
        debit(core, OPENED, x.xid, order("another"), ACCOUNT),
        debit(core, OPENED, x.xid, st::DebitOrder { account_key: buyer.clone(), ..order(&hold) }, 1),
        debit(core, OPENED, x.xid, order(&hold), 1),
        debit(core, OPENED, Xid(Hash::of(b"another")), order(&hold), ACCOUNT),
        debit(core, OPENED.plus(Millis::days(1)), x.xid, order(&hold), ACCOUNT),
        debit(core, OPENED.minus(Millis::days(40)), x.xid, order(&hold), ACCOUNT),
    ];
    for (number, debit) in debits.into_iter().enumerate() {
        let content = Content::Hold { statement: hold.clone(), debit };
        assert!(!takes(core, &state, Buyer, Bank, content), "debit {number}");
    }
    let held = until(core, |_, state| has(state, Slot::Hold));
    assert!(!takes(core, &held, Buyer, Bank, fine.clone()), "a second run");
    for (tick, taken) in [(HOLD - 1, true), (HOLD, false)] {
        assert_eq!(takes(core, &State { tick, ..state.clone() }, Buyer, Bank, fine.clone()), taken);
    }
    let market = self::core();
    let core = &mut *market.core();
    core.world.funds = 3999;
    let state = core.begin();
    assert!(!takes(core, &state, Buyer, Bank, fine), "no funds");
}

#[test]
fn fields_of_mandate_and_capture() {
    let market = core();
    let core = &mut *market.core();
    let x = core.world.x.clone();
    let (amount, payee) = (x.core.amount, x.core.payee);
    let state = until(core, |core, state| *core.world.buyer(state.machines[1]).stage() == Stage::Fetched);
    let mandate = write(core, pen(core, Buyer), vec![], st::Mandate { amount, payee });
    let mut mandates: Vec<String> = wrong_pens(core, Buyer)
        .into_iter()
        .map(|pen| write(core, pen, vec![], st::Mandate { amount, payee }))
        .collect();
    mandates.push(write(core, pen(core, Buyer), vec![], st::Mandate { amount: euro(1), payee }));
    mandates.push(write(core, pen(core, Buyer), vec![], st::Mandate { amount, payee: Hash::of(b"x") }));
    let capture = |core: &Core, pen: Pen, mandate: &str, account: &str| {
        let salt = core.world.salt.clone();
        write(
            core,
            pen,
            vec![],
            st::Capture { account: account.to_owned(), mandate: Hash::of(mandate.as_bytes()), salt },
        )
    };
    assert!(takes(core, &state, Buyer, Seller, Content::Mandate { statement: mandate.clone() }));
    for (number, statement) in mandates.into_iter().enumerate() {
        let given = Content::Mandate { statement: statement.clone() };
        assert!(!takes(core, &state, Buyer, Seller, given), "mandate {number}");
        let content =
            Content::Capture { statement: capture(core, pen(core, Seller), &statement, "payee"), mandate: statement };
        assert!(!takes(core, &state, Seller, Bank, content), "mandate {number} to the bank");
    }
    let mut captures: Vec<String> =
        wrong_pens(core, Seller).into_iter().map(|pen| capture(core, pen, &mandate, "payee")).collect();
    captures.push(capture(core, pen(core, Seller), &mandate, "payer"));
    captures.push(capture(core, pen(core, Seller), "another", "payee"));
    for (number, statement) in captures.into_iter().enumerate() {
        let content = Content::Capture { statement, mandate: mandate.clone() };
        assert!(!takes(core, &state, Seller, Bank, content), "capture {number}");
    }
    let statement = capture(core, pen(core, Seller), &mandate, "payee");
    let fine = Content::Capture { statement, mandate };
    for (tick, slot) in [(HOLD - 1, "Captured"), (HOLD, "Released")] {
        let message = core.world.message(Seller, Bank, Payload::Packet(fine.clone()));
        let (next, _) = core.world.step(state.machines[0], Happening::Message(message), tick).unwrap();
        assert!(format!("{:?}", core.world.machines.get(next)).contains(slot), "{tick}");
    }
}

#[test]
fn fields_after_capture() {
    let market = core();
    let core = &mut *market.core();
    let x = core.world.x.clone();
    let (amount, plain) = (x.core.amount, x.core.plain);
    let state = until(core, |_, state| has(state, Slot::Decision));
    let captured =
        core.world.statements.get(state.rows[0].iter().find(|(slot, _)| *slot == Slot::Decision).unwrap().1).clone();
    let (right, wrong) = (Hash::of(captured.as_bytes()), Hash::of(b"another"));
    let buyer = pen(core, Buyer);
    let bad_key = KeyOpening { k: secret("no"), r: secret("no") };
    let (notary, escrow) = (pen(core, Notary), x.escrow_hash);
    let reason = semper_blocks::delivery::BadEscrow::DoesNotDecrypt;
    let bad = |captured, escrow| st::BadEscrow { at: OPENED, captured, escrow, reason };
    let refused = [
        (Bank, Content::Receipt { statement: write(core, buyer, vec![], st::Receipt { amount: euro(1), plain }) }),
        (Bank, Content::Receipt { statement: write(core, buyer, vec![], st::Receipt { amount, plain: wrong }) }),
        (Bank, Content::Contest { statement: write(core, buyer, vec![], st::Contest { captured: wrong }) }),
        (
            Bank,
            Content::PassKey {
                statement: write(core, pen(core, Seller), vec![], st::PassKey { key: bad_key.clone() }),
            },
        ),
        (Bank, Content::Answer { statement: write(core, notary, vec![], st::Opened { at: OPENED, captured: wrong }) }),
        (Bank, Content::Answer { statement: write(core, notary, vec![], bad(wrong, escrow)) }),
        (Bank, Content::Answer { statement: write(core, notary, vec![], bad(right, wrong)) }),
        (
            Bank,
            Content::Answer {
                statement: write(core, notary, vec![], st::WrongFile { at: OPENED, captured: wrong, proof: wrong }),
            },
        ),
        (Buyer, Content::Key { opening: bad_key }),
    ];
    for (number, (to, content)) in refused.into_iter().enumerate() {
        assert!(!takes(core, &state, Seller, to, content), "{number}");
    }
    let sealed = core.world.escrow.clone();
    let ask = |core: &Core, captured| write(core, buyer, vec![], st::EscrowRequest { captured });
    let content = |statement, captured: &str| Content::EscrowRequest {
        statement,
        captured: captured.to_owned(),
        sealed: sealed.clone(),
    };
    let good = content(ask(core, right), &captured);
    assert!(takes(core, &state, Buyer, Notary, good));
    let mismatch = content(ask(core, wrong), &captured);
    assert!(!takes(core, &state, Buyer, Notary, mismatch), "names another captured");
    for (number, body) in captured_variants(core).into_iter().enumerate() {
        let text = write(core, pen(core, Bank), vec![], body);
        let request = content(ask(core, Hash::of(text.as_bytes())), &text);
        assert!(!takes(core, &state, Buyer, Notary, request), "captured {number}");
    }
    let other = EscrowBox(Blob64(vec![7; 120]));
    let statement = ask(core, right);
    let request = Content::EscrowRequest { statement, captured: captured.clone(), sealed: other };
    assert!(!takes(core, &state, Buyer, Notary, request), "another box");
    let (key, share) = (core.world.key.clone(), core.world.share.clone());
    let proof = serde_json::to_string(&core.world.proof(&key, &share)).unwrap();
    let complaint = write(core, buyer, vec![], st::Complaint { captured: right, proof: Hash::of(proof.as_bytes()) });
    let content = Content::Complaint { statement: complaint, captured, proof };
    assert!(!takes(core, &state, Buyer, Notary, content), "nothing is wrong with the file");
}

fn captured_variants(core: &Core) -> Vec<st::Captured> {
    let terms = &core.world.x.core;
    let good = st::Captured {
        amount: terms.amount,
        captured_at: OPENED,
        mandate: Hash::of(b"mandate"),
        payee: terms.payee,
        payee_key: terms.seller.id(),
        settle_after: OPENED.plus(terms.deadlines.settle_ms),
    };
    let late = terms.deadlines.hold_until;
    vec![
        st::Captured { amount: euro(1), ..good.clone() },
        st::Captured { payee: Hash::of(b"x"), ..good.clone() },
        st::Captured { payee_key: terms.buyer.id(), ..good.clone() },
        st::Captured { settle_after: good.settle_after.plus(Millis(1)), ..good.clone() },
        st::Captured { captured_at: late, settle_after: late.plus(terms.deadlines.settle_ms), ..good },
    ]
}

#[test]
fn fields_of_held_and_captured() {
    let market = core();
    let core = &mut *market.core();
    let terms = core.world.x.core.clone();
    let good = st::Held {
        amount: terms.amount,
        hold: Hash::of(b"hold"),
        hold_until: terms.deadlines.hold_until,
        payee: terms.payee,
        payee_key: terms.seller.id(),
    };
    let wrong = [
        st::Held { amount: euro(1), ..good.clone() },
        st::Held { payee: Hash::of(b"x"), ..good.clone() },
        st::Held { payee_key: terms.buyer.id(), ..good.clone() },
        st::Held { hold_until: terms.deadlines.hold_until.plus(Millis(1)), ..good.clone() },
    ];
    let state = until(core, |_, state| has(state, Slot::Hold));
    let bank = pen(core, Bank);
    for to in [Buyer, Seller] {
        let statement = write(core, bank, vec![], good.clone());
        assert!(takes(core, &state, Bank, to, Content::Answer { statement }), "{to}");
        for (number, body) in wrong.iter().enumerate() {
            let statement = write(core, bank, vec![], body.clone());
            assert!(!takes(core, &state, Bank, to, Content::Answer { statement }), "{to} held {number}");
        }
        for by in wrong_pens(core, Bank).into_iter().take(4) {
            let statement = write(core, by, vec![], good.clone());
            assert!(!takes(core, &state, Bank, to, Content::Answer { statement }), "{to}");
        }
    }
    let state = until(core, |_, state| has(state, Slot::Decision));
    for to in [Buyer, Seller] {
        for (number, body) in captured_variants(core).into_iter().enumerate() {
            let statement = write(core, bank, vec![], body);
            assert!(!takes(core, &state, Bank, to, Content::Answer { statement }), "{to} captured {number}");
        }
    }
}

#[test]
fn fields_of_questions() {
    let market = core();
    let core = &mut *market.core();
    let state = core.begin();
    let key = |core: &Core, role| core.world.x.key(role).unwrap().id();
    let good = write(core, pen(core, Buyer), vec![key(core, Bank)], st::Status { round: 1 });
    assert!(takes(core, &state, Buyer, Bank, Content::Status { statement: good }));
    for to in [vec![], vec![Seller], vec![Bank, Notary]] {
        let to: Vec<_> = to.into_iter().map(|role| key(core, role)).collect();
        let statement = write(core, pen(core, Buyer), to, st::Status { round: 1 });
        assert!(!takes(core, &state, Buyer, Bank, Content::Status { statement }));
    }
    let amount = core.world.x.core.amount;
    let release = write(core, pen(core, Notary), vec![], st::Release { amount });
    assert!(!takes(core, &state, Notary, Bank, Content::Release { statement: release }));
    let late = State { tick: HOLD + 1, ..state.clone() };
    let unmet =
        |core: &Core, role| write(core, pen(core, role), vec![], st::Unmet { at: at(HOLD + 1), what: Kind::Held });
    let (bank, buyer) = (unmet(core, Bank), unmet(core, Buyer));
    assert!(takes(core, &late, Bank, Seller, Content::Answer { statement: bank }));
    assert!(!takes(core, &late, Buyer, Seller, Content::Answer { statement: buyer }));
    let early = write(core, pen(core, Bank), vec![], st::Unmet { at: at(HOLD), what: Kind::Held });
    assert!(!takes(core, &late, Bank, Seller, Content::Answer { statement: early }));
    let held = until(core, |core, state| *core.world.seller_stage(state.machines[3]) == seller::Stage::Delivering);
    let most = semper_base::limits::CHUNK_WINDOW_MAX;
    for (from, count, taken) in [(0, 1, true), (0, 0, false), (0, 2, false), (1, 1, false), (0, most + 1, false)] {
        assert_eq!(takes(core, &held, Buyer, Seller, Content::Fetch { from, count }), taken, "{from} {count}");
    }
}

#[test]
fn fields_only_the_bank_refuses_a_hold() {
    let market = core();
    let core = &mut *market.core();
    let state = until(core, |core, state| *core.world.buyer(state.machines[1]).stage() == Stage::Holding);
    for (from, taken) in [(Bank, true), (Seller, false)] {
        assert_eq!(takes(core, &state, from, Buyer, Content::Refused { what: Kind::Hold, code: 1 }), taken);
    }
}

#[test]
fn fields_of_goods() {
    let market = core();
    let core = &mut *market.core();
    let state = until(core, |core, state| *core.world.buyer(state.machines[1]).stage() == Stage::Fetching);
    let wrong = core.world.message(Seller, Buyer, Payload::Chunk(1));
    assert!(core.world.step(state.machines[1], Happening::Message(wrong), 0).is_none());
    let sealed = EscrowBox(Blob64(vec![7; 120]));
    assert!(!takes(core, &state, Seller, Buyer, Content::EscrowBox { sealed }));
}

#[test]
fn fields_of_a_descriptor() {
    let market = core();
    let world = &market.core().world;
    let x = &world.x;
    let read = |change: &dyn Fn(&mut Terms)| {
        let mut terms = x.core.clone();
        change(&mut terms);
        Descriptor::new(&terms, &x.escrow_hash).is_ok()
    };
    assert!(read(&|_| {}));
    let year = Millis::days(366);
    let wrong: [&dyn Fn(&mut Terms); 18] = [
        &|t| t.protocol = "dg-p/2".to_owned(),
        &|t| t.amount = euro(0),
        &|t| t.length = semper_base::limits::FILE_BYTES_MAX + 1,
        &|t| (t.length, t.chunk, t.leaves) = (5 << 32, 1 << 16, 5 << 16),
        &|t| t.chunk = 0,
        &|t| t.chunk = semper_base::limits::CHUNK_BYTES + 1,
        &|t| t.leaves = 2,
        &|t| t.seller = t.buyer.clone(),
        &|t| t.notary_seal = t.notary.key.clone(),
        &|t| t.deadlines.settle_ms = Millis(0),
        &|t| t.deadlines.skew_ms = Millis(0),
        &|t| t.deadlines.settle_ms = Millis(year.0 + 1),
        &|t| t.deadlines.answer_ms = Millis(3),
        &|t| t.deadlines.hold_until = t.opened,
        &|t| t.deadlines.hold_until = t.opened.minus(Millis(1)),
        &|t| t.deadlines.hold_until = t.opened.plus(year).plus(Millis(1)),
        &|t| t.deadlines.contest_ms = Millis(0),
        &|t| t.deadlines.complaint_ms = Millis(0),
    ];
    for (number, change) in wrong.into_iter().enumerate() {
        assert!(!read(change), "{number}");
    }
    assert!(read(&|t| t.deadlines.hold_until = t.opened.plus(year)));
    let long = [x.bytes(), &[b' '; 5000]].concat();
    let error = Descriptor::read(&long).unwrap_err();
    assert_eq!(error.code(), semper_base::Code::TooLarge);
    let other = RootOpening { root: Hash::of(b"x"), salt: world.root.salt.clone() };
    assert!(x.core.goods(&world.root).is_ok() && x.core.goods(&other).is_err());
}

/// The bank acts at the moment, not after it, and says when that is.
#[test]
fn fields_of_time_at_the_bank() {
    let market = core();
    let core = &mut *market.core();
    let begin = core.begin();
    let held = until(core, |_, state| has(state, Slot::Hold));
    assert_eq!(core.world.deadline(held.machines[0]), Some(at(HOLD)));
    let captured = until(core, |_, state| has(state, Slot::Decision));
    let due = core.world.deadline(captured.machines[0]).unwrap();
    let tick = u8::try_from(due.since(OPENED).0).unwrap();
    for (machine, tick) in [(held.machines[0], HOLD), (captured.machines[0], tick)] {
        let (before, _) = core.world.step(machine, Happening::Deadline, tick - 1).unwrap();
        let (after, _) = core.world.step(machine, Happening::Deadline, tick).unwrap();
        assert!(before == machine && after != machine, "{tick}");
    }
    let row = captured.rows[0].iter().find(|(slot, _)| *slot == Slot::Decision).unwrap().1;
    let hash = Hash::of(core.world.statements.get(row).as_bytes());
    let statement = write(core, pen(core, Buyer), vec![], st::Contest { captured: hash });
    let contest = core.world.message(Buyer, Bank, Payload::Packet(Content::Contest { statement }));
    let (contested, _) = core.world.step(captured.machines[0], Happening::Message(contest), 1).unwrap();
    assert_eq!(core.world.deadline(contested), Some(at(1 + 2)));
    // A key that was handed over at the last moment opens a complaint window, contested or not.
    let pass = write(core, pen(core, Seller), vec![], st::PassKey { key: core.world.key.clone() });
    let pass = core.world.message(Seller, Bank, Payload::Packet(Content::PassKey { statement: pass }));
    let opened = write(core, pen(core, Notary), vec![], st::Opened { at: OPENED, captured: hash });
    let opened = core.world.message(Notary, Bank, Payload::Packet(Content::Answer { statement: opened }));
    for key in [pass, opened] {
        for (machine, tick, due) in [(captured.machines[0], 1, 5), (captured.machines[0], 4, 6), (contested, 2, 5)] {
            let (next, _) = core.world.step(machine, Happening::Message(key), tick).unwrap();
            assert_eq!(core.world.deadline(next), Some(at(due)), "at {tick}");
        }
    }
    let amount = core.world.x.core.amount;
    let release = write(core, pen(core, Buyer), vec![], st::Release { amount });
    let release = core.world.message(Buyer, Bank, Payload::Packet(Content::Release { statement: release }));
    for (tick, writes) in [(HOLD - 1, true), (HOLD, false)] {
        let (next, _) = core.world.step(begin.machines[0], Happening::Message(release), tick).unwrap();
        assert_eq!(next != begin.machines[0], writes);
    }
}

/// A buyer without a key asks the notary at once, and contests when the notary is late or at the last
/// call, once.
#[test]
fn fields_of_time_at_the_buyer() {
    let market = core();
    let core = &mut *market.core();
    let state = until(core, |core, state| *core.world.buyer(state.machines[1]).stage() == Stage::Captured);
    let asks = |core: &mut Core, machine: u32, tick: u8| {
        let (next, effects) = core.world.step(machine, Happening::Deadline, tick).unwrap();
        let kinds: Vec<Kind> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effected::Ask(question) => Some(core.world.questions.get(*question).kind),
                _ => None,
            })
            .collect();
        (next, kinds)
    };
    let (asked, kinds) = asks(core, state.machines[1], 0);
    assert_eq!(kinds, [Kind::EscrowRequest]);
    assert!(!asks(core, asked, 0).1.contains(&Kind::Contest));
    assert!(asks(core, asked, 1).1.contains(&Kind::Contest), "the notary is late, and it is the last call");
    assert!(asks(core, asked, 4).1.contains(&Kind::Contest));
    assert!(!asks(core, asked, 5).1.contains(&Kind::Contest), "settled by now");
    let (late, _) = core.world.step(state.machines[1], Happening::Command(Wish::Escrow), 3).unwrap();
    assert!(asks(core, late, 3).1.contains(&Kind::Contest), "asked just now, but it is past the last call");
    let body = st::Contested { at: at(1), answer_until: at(3) };
    let statement = write(core, pen(core, Bank), vec![], body);
    let contested = core.world.message(Bank, Buyer, Payload::Packet(Content::Answer { statement }));
    let (contested, _) = core.world.step(asked, Happening::Message(contested), 1).unwrap();
    assert!(!asks(core, contested, 2).1.contains(&Kind::Contest), "once is enough");
}
