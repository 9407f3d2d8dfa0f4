//! Fields and order of what comes after the capture, at notary and seller.

use super::*;

fn sends(core: &Core, effects: &[Effected], is_it: impl Fn(&Content) -> bool) -> bool {
    effects.iter().any(|effect| match effect {
        Effected::Send(sent) => {
            matches!(&core.world.messages.get(*sent).payload, Payload::Packet(content) if is_it(content))
        }
        _ => false,
    })
}

/// The notary's way from request to key, and what does not belong on it.
#[test]
fn fields_of_the_notary() {
    let market = core();
    let core = &mut *market.core();
    let state = until(core, |_, state| has(state, Slot::Decision));
    let row = state.rows[0].iter().find(|(slot, _)| *slot == Slot::Decision).unwrap().1;
    let captured = core.world.statements.get(row).clone();
    let hash = Hash::of(captured.as_bytes());
    let (buyer, bank) = (pen(core, Buyer), pen(core, Bank));
    let sealed = core.world.escrow.clone();
    let statement = write(core, buyer, vec![], st::EscrowRequest { captured: hash });
    let request = Content::EscrowRequest { statement, captured: captured.clone(), sealed };
    let request = core.world.message(Buyer, Notary, Payload::Packet(request));
    let (opening, effects) = core.world.step(state.machines[2], Happening::Message(request), 0).unwrap();
    let opened = effects.iter().find_map(|effect| match effect {
        Effected::Row(Slot::Escrow, row) => Some(Hash::of(core.world.statements.get(*row).as_bytes())),
        _ => None,
    });
    let answer = |core: &mut Core, statement: String| {
        core.world.message(Bank, Notary, Payload::Packet(Content::Answer { statement }))
    };
    let record = |core: &mut Core, opened| {
        let statement = write(core, bank, vec![], st::Recorded { at: OPENED, opened, settle_after: at(5) });
        answer(core, statement)
    };
    let (right, wrong) = (record(core, opened.unwrap()), record(core, Hash::of(b"another")));
    assert!(core.world.step(opening, Happening::Message(wrong), 0).is_none(), "another opening");
    let key = |content: &Content| matches!(content, Content::Key { .. });
    let (given, effects) = core.world.step(opening, Happening::Message(right), 0).unwrap();
    assert!(sends(core, &effects, key));
    let (same, effects) = core.world.step(given, Happening::Message(right), 0).unwrap();
    assert!(same == given && !sends(core, &effects, key), "once");
    let (_, effects) = core.world.step(given, Happening::Message(request), 0).unwrap();
    assert!(sends(core, &effects, key), "asked again");
    let amount = core.world.x.core.amount;
    let refunded = st::Refunded { amount, at: OPENED, basis: st::RefundBasis::Contest, notary: None };
    let refunded = write(core, bank, vec![], refunded);
    let refunded = answer(core, refunded);
    let (late, _) = core.world.step(opening, Happening::Message(refunded), 0).unwrap();
    assert!(core.world.step(late, Happening::Message(right), 0).is_none(), "paid back: no key");
}

/// A complaint names the `captured` that it shows. The goods of this world are wrong.
#[test]
fn fields_of_a_complaint() {
    let market = Market::new(Setting { goods: super::super::world::Goods::WrongChunk, ..Setting::HONEST });
    let core = &mut *market.core();
    let state = until(core, |_, state| has(state, Slot::Decision));
    let row = state.rows[0].iter().find(|(slot, _)| *slot == Slot::Decision).unwrap().1;
    let captured = core.world.statements.get(row).clone();
    let (key, share) = (core.world.key.clone(), core.world.share.clone());
    let proof = serde_json::to_string(&core.world.proof(&key, &share)).unwrap();
    let (this, other) = (Hash::of(captured.as_bytes()), Hash::of(b"another"));
    let named = Hash::of(proof.as_bytes());
    for (hash, signed, taken) in [(this, named, true), (other, named, false), (this, other, false)] {
        let statement = write(core, pen(core, Buyer), vec![], st::Complaint { captured: hash, proof: signed });
        let content = Content::Complaint { statement, captured: captured.clone(), proof: proof.clone() };
        assert_eq!(takes(core, &state, Buyer, Notary, content), taken);
    }
}

/// The seller hands in only a receipt that fits, and answers a contest that overtakes `captured`.
#[test]
fn fields_of_receipt_and_contest_at_the_seller() {
    let market = core();
    let core = &mut *market.core();
    let terms = core.world.x.core.clone();
    let state = until(core, |core, state| *core.world.seller_stage(state.machines[3]) == seller::Stage::Capturing);
    let (amount, plain) = (terms.amount, terms.plain);
    for (amount, plain, taken) in
        [(amount, plain, true), (euro(1), plain, false), (amount, Hash::of(b"another"), false)]
    {
        let statement = write(core, pen(core, Buyer), vec![], st::Receipt { amount, plain });
        assert_eq!(takes(core, &state, Buyer, Seller, Content::Receipt { statement }), taken);
    }
    let bank = pen(core, Bank);
    let good = captured_variants(core).pop().unwrap();
    let settle_after = OPENED.plus(terms.deadlines.settle_ms);
    let captured = write(core, bank, vec![], st::Captured { captured_at: OPENED, settle_after, ..good });
    let contested = write(core, bank, vec![], st::Contested { at: OPENED, answer_until: at(2) });
    let pass = |content: &Content| matches!(content, Content::PassKey { .. });
    let [first, second] = [contested, captured]
        .map(|statement| core.world.message(Bank, Seller, Payload::Packet(Content::Answer { statement })));
    let (heard, effects) = core.world.step(state.machines[3], Happening::Message(first), 0).unwrap();
    assert!(!sends(core, &effects, pass), "nothing is captured yet");
    let (mine, effects) = core.world.step(heard, Happening::Message(second), 0).unwrap();
    assert!(sends(core, &effects, pass));
    let statement = write(core, pen(core, Buyer), vec![], st::Receipt { amount, plain });
    let receipt = core.world.message(Buyer, Seller, Payload::Packet(Content::Receipt { statement }));
    let (_, effects) = core.world.step(mine, Happening::Message(receipt), 0).unwrap();
    assert!(sends(core, &effects, |content| matches!(content, Content::Receipt { .. })), "handed in");
}

/// A buyer shows its complaint again until there is an answer, and no early `unmet` ends its part.
#[test]
fn fields_that_keep_a_buyer_going() {
    let market = Market::new(Setting { goods: super::super::world::Goods::WrongChunk, ..Setting::HONEST });
    let core = &mut *market.core();
    let state = until(core, |core, state| *core.world.buyer(state.machines[1]).stage() == Stage::Complained);
    let (_, effects) = core.world.step(state.machines[1], Happening::Deadline, 9).unwrap();
    assert!(sends(core, &effects, |content| matches!(content, Content::Complaint { .. })));
    let state = until(core, |core, state| *core.world.buyer(state.machines[1]).stage() == Stage::Holding);
    for (tick, taken) in [(HOLD + 1, true), (HOLD, false)] {
        let unmet = st::Unmet { at: at(tick), what: Kind::Held };
        let statement = write(core, pen(core, Bank), vec![], unmet);
        assert_eq!(takes(core, &state, Bank, Buyer, Content::Answer { statement }), taken);
    }
}

/// A bank captures while chunks are still to come: the buyer cannot cancel any more, neither by a new wish
/// nor by a release that the user was asked for before, and goes on fetching.
#[test]
fn fields_of_a_capture_that_comes_early() {
    let market = core();
    let core = &mut *market.core();
    let state = until(core, |core, state| *core.world.buyer(state.machines[1]).stage() == Stage::Fetching);
    let fetching = state.machines[1];
    let (amount, release) = (core.world.x.core.amount, Happening::Command(Wish::Release));
    let (_, effects) = core.world.step(fetching, release, 0).unwrap();
    let question = effects.iter().find_map(|effect| match effect {
        Effected::Ask(question) => Some(*question),
        _ => None,
    });
    let signed = Happening::Signed(question.unwrap());
    let (cancelling, _) = core.world.step(fetching, signed, 0).unwrap();
    assert_eq!(*core.world.buyer(cancelling).stage(), Stage::Cancelling);
    let settle_after = OPENED.plus(core.world.x.core.deadlines.settle_ms);
    let good = captured_variants(core).pop().unwrap();
    let captured = st::Captured { amount, captured_at: OPENED, settle_after, ..good };
    let statement = write(core, pen(core, Bank), vec![], captured);
    let captured = core.world.message(Bank, Buyer, Payload::Packet(Content::Answer { statement }));
    let (paid, effects) = core.world.step(fetching, Happening::Message(captured), 0).unwrap();
    assert!(sends(core, &effects, |content| matches!(content, Content::Fetch { .. })));
    assert!(core.world.step(paid, release, 0).is_none(), "the money is taken");
    let (still, effects) = core.world.step(paid, signed, 0).unwrap();
    assert!(still == paid && !sends(core, &effects, |content| matches!(content, Content::Release { .. })));
}
