//! Wallets that lie.

use semper_base::{Blob64, Code, Error, Hash, Key, Misuse, Role, Write};
use semper_blocks::certificate::Kind as CertificateKind;
use semper_blocks::delivery::Complaint;
use semper_blocks::statement::Statement;
use semper_commerce::process::purchase::Order;
use semper_exchange::fair::dgp::buyer::Buyer;
use semper_exchange::fair::dgp::{Content, Descriptor, Proof, statements as st};
use semper_services::common::exchange::{Run, chunk_ref, stored_chunk};
use semper_services::common::{Desk, hello, keys, rows, text};
use semper_services::shop::{Certified, kinds};
use semper_services::wallet::purse;
use serde_json::{Value, json};

use crate::words::{Leaving, Swap, fault, request, run_of, say, send_over, statement_of, twist, without};

/// Asks for its money back when the shop has it already.
pub(crate) fn release_late(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (_, x) = run_of::<Buyer>(cheat, desk)?;
    say("Asks the bank to release the money that the shop has captured.", desk);
    let release = st::Release { amount: x.core.amount };
    let statement = request(Role::Buyer, x.core.buyer.id(), &x, release, desk)?.text;
    send_over("bank", &x, Content::Release { statement }, desk)?;
    Ok(Value::Null)
}

/// Complains about a file that is as agreed, with a chunk of it in place of a proof.
pub(crate) fn forge_complaint(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (run, x) = run_of::<Buyer>(cheat, desk)?;
    say("Complains to the notary about a chunk that is as agreed.", desk);
    let proof = serde_json::to_string(&good_chunk(&run, &x, desk)?).map_err(|e| fault(&e))?;
    let captured: Statement<st::Captured> = statement_of(x.xid, desk)?;
    let complaint = st::Complaint { captured: captured.hash, proof: Hash::of(proof.as_bytes()) };
    let statement = request(Role::Buyer, x.core.buyer.id(), &x, complaint, desk)?.text;
    send_over("notary", &x, Content::Complaint { statement, captured: captured.text, proof }, desk)?;
    Ok(Value::Null)
}

fn good_chunk(run: &Run<Buyer>, x: &Descriptor, desk: &Desk<'_, '_>) -> Result<Proof, Error> {
    let missing = |what: &str| Misuse::new(Code::NotFound, what);
    let (key, share) = run.machine.halves().ok_or_else(|| missing("key"))?;
    let record = desk.tx.chunk(&chunk_ref(x.xid, 0))?.ok_or_else(|| missing("chunk"))?;
    let chunk = stored_chunk(&record)?;
    let chunk = Complaint { place: chunk.place, ciphertext: chunk.data, key: key.clone(), share: share.clone() };
    Ok(Proof { chunk, root: run.machine.root().clone() })
}

/// Has the file and hands over no receipt.
pub(crate) fn keep_receipt(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    without(writes, "Keeps the receipt to itself.", desk, |content| matches!(content, Content::Receipt { .. }))
}

/// Sends the same order twice more, to have two files for the price of one.
pub(crate) fn replay_order(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (_, x) = run_of::<Buyer>(cheat, desk)?;
    let order: Statement<Order> = statement_of(x.xid, desk)?;
    let missing = || Misuse::new(Code::KeyMissing, "certificate");
    let identity = keys::identity(desk.tx, CertificateKind::Statement)?.ok_or_else(missing)?;
    let certificate = Blob64(keys::certificate(desk.tx, &identity.certificate)?.ok_or_else(missing)?);
    let order = Certified { certificate, reference: None, statement: order.text };
    let shop = hello::met_at("shop", desk)?.peer;
    for _ in 0..2 {
        say("Sends the order that was carried out once more.", desk);
        desk.send(shop, kinds::ORDER, &order)?;
    }
    Ok(Value::Null)
}

/// Signs a second hold for the deal that is held already.
pub(crate) fn hold_twice(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (_, x) = run_of::<Buyer>(cheat, desk)?;
    say("Signs another hold for the same deal.", desk);
    let hold = st::Hold { amount: x.core.amount, payee: x.core.payee };
    let hold = request(Role::Buyer, x.core.buyer.id(), &x, hold, desk)?;
    let debit = debit(&purse::the(desk)?.account, &x, &hold.text, desk)?;
    send_over("bank", &x, Content::Hold { statement: hold.text, debit }, desk)?;
    Ok(Value::Null)
}

/// Orders that `account` pays for a hold, with the key of our own account.
fn debit(account: &str, x: &Descriptor, hold: &str, desk: &Desk<'_, '_>) -> Result<String, Error> {
    let account_key = purse::the(desk)?.account_key;
    let key = account_key.id();
    let hold = Hash::of(hold.as_bytes());
    let debit = st::DebitOrder { account: account.to_owned(), account_key, amount: x.core.amount, hold };
    Ok(request(Role::Buyer, key, x, debit, desk)?.text)
}

/// Learns the name of somebody else's account: `{"command":"cheat","account"}`.
pub(crate) fn learn_account(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    rows::put(desk.tx, victim(), &text(cheat, "account")?)?;
    Ok(Value::Null)
}

fn victim() -> Key {
    Key::new("lie", "account")
}

/// Lets somebody else's account pay.
pub(crate) fn pay_from_another(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    twist(writes, desk, |leaving, desk| {
        let Content::Hold { statement, .. } = &leaving.content else { return Ok(Swap::Keep) };
        let Some(account) = rows::get::<String>(desk.tx, &victim())? else { return Ok(Swap::Keep) };
        say("Orders the bank to take the money from the shop's own account.", desk);
        let debit = debit(&account, &leaving.x, statement, desk)?;
        let content = Content::Hold { statement: statement.clone(), debit };
        Ok(Swap::Instead(Box::new(Leaving { content, ..leaving.clone() })))
    })
}

/// Has the key and says that it was withheld.
pub(crate) fn contest(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (_, x) = run_of::<Buyer>(cheat, desk)?;
    let captured: Statement<st::Captured> = statement_of(x.xid, desk)?;
    say("Contests at the bank, as if it had no key.", desk);
    let contest = st::Contest { captured: captured.hash };
    let statement = request(Role::Buyer, x.core.buyer.id(), &x, contest, desk)?.text;
    send_over("bank", &x, Content::Contest { statement }, desk)?;
    Ok(Value::Null)
}

/// Asks the notary for the key before anything was paid, with a `captured` that it signed itself.
pub(crate) fn forge_capture(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (run, x) = run_of::<Buyer>(cheat, desk)?;
    say("Signs a capture in the bank's name, and asks the notary for the key with it.", desk);
    let now = desk.cx.now;
    let captured = st::Captured {
        amount: x.core.amount,
        captured_at: now,
        mandate: Hash([7; 32]),
        payee: x.core.payee,
        payee_key: x.core.seller.id(),
        settle_after: now.plus(x.core.deadlines.settle_ms),
    };
    let key = x.core.buyer.id();
    let captured = request(Role::Bank, key, &x, captured, desk)?;
    let statement = request(Role::Buyer, key, &x, st::EscrowRequest { captured: captured.hash }, desk)?.text;
    let sealed = run.machine.escrow().cloned().ok_or_else(|| Misuse::new(Code::NotFound, "escrow box"))?;
    send_over("notary", &x, Content::EscrowRequest { statement, captured: captured.text, sealed }, desk)?;
    Ok(json!({ "captured": captured.hash }))
}
