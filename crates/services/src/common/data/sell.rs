//! The seller: seals, offers, is told of locks, and has them claimed.

use semper_base::code::Code;
use semper_base::{Amount, Blob64, Currency, Error, Hash, Millis, Misuse, Role, Timestamp, Write};
use semper_blocks::statement::{Body, Statement, danger_typed_unverified};
use semper_exchange::fair::dgp::Third;
use semper_exchange::fair::dgp::descriptor::payee_commitment;
use semper_exchange::fair::lock::statements::{DataOffer, Locked};
use semper_exchange::fair::lock::{Command, Lock, Payee, PayeeOwn, Standing, sale};
use semper_support::crypto::random_secret;
use serde_json::{Value, json};

use super::{
    BUYERS_MAX, Offered, Record, Selling, Side, ask, file, key_row, named, put_question, question_id, record_key, show,
};
use crate::common::standing::language;
use crate::common::{Desk, board, exchange, keys, locks, rows, text};
use crate::shop::own_certificate;
use crate::wallet::purse;

/// How long a buyer's money is locked at most, if nobody says otherwise.
const LOCK: Millis = Millis::hours(24);
/// How long something is on sale, if nobody says otherwise.
const ON_SALE: Millis = Millis::days(7);
/// How long something may be on sale: as long as the offer's signature counts.
const ON_SALE_MAX: Millis = Millis::days(29);

/// `{"command":"data-sell","data","name","title","price":"12.00 EUR","lock_ms"?,"until_ms"?,"hash"?}`: seals the bytes
/// and asks the owner to offer them. The file is there once that is signed: `data-file`.
pub(super) fn sell(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let data = serde_json::from_value(request.get("data").cloned().unwrap_or_default());
    let Blob64(data) = data.map_err(|_| Misuse::new(Code::FieldWrong, "data"))?;
    let (number, currency) = text(request, "price")?.split_once(' ').unwrap_or_default();
    let currency = Currency::parse(currency)?;
    let amount = Amount::parse(number, currency)?;
    let time = |name: &str, usual| request.get(name).and_then(Value::as_u64).map_or(usual, Millis);
    let (lock_ms, on_sale) = (time("lock_ms", LOCK), time("until_ms", ON_SALE));
    if on_sale > ON_SALE_MAX {
        return Err(Misuse::new(Code::FieldWrong, "on sale for 29 days at most; offer it again then").into());
    }
    let sealed = sale::seal(&data, desk.cx.crypto)?;
    let purse = purse::chosen(request, currency, desk)?;
    let bank = purse::bank(&purse, desk)?;
    let payee = keys::generate(desk)?;
    let (account, salt) = (purse::payee(&purse, amount)?.account, random_secret(desk.cx.crypto));
    let says_hash = request.get("hash").and_then(Value::as_bool).unwrap_or(false);
    let offer = DataOffer {
        amount,
        bytes: sealed.letter.len() as u64,
        cipher: sealed.cipher(),
        content: sealed.content,
        description: text(request, "title")?.trim().to_owned(),
        h: sealed.h(),
        holder: Third { key: bank.key.clone(), certificate: bank.certificate },
        lock_ms,
        name: text(request, "name")?.to_owned(),
        payee: payee.public.clone(),
        payee_account: payee_commitment(&account, salt.danger_bytes()),
        sha256: says_hash.then_some(sealed.sha256),
        until: desk.cx.now.plus(on_sale),
    };
    sale::check_offer(&offer).map_err(|why| Misuse::new(why.code(), format!("this cannot be offered: {why}")))?;
    let author = keys::author(role, desk.tx, desk.cx)?;
    let (id, payload) = ask(&author, &offer, desk)?;
    let selling = Selling {
        account,
        key: sealed.k,
        letter: Blob64(sealed.letter),
        locks: Vec::new(),
        name: bank.name,
        offer: Offered::Asked(payload.clone()),
        payee: payee.public.id(),
        salt,
        share: sealed.share,
        withdrawn: false,
    };
    let record = Record { came: desk.cx.now, side: Side::Selling(selling) };
    record.store(&id, desk)?;
    rows::put(desk.tx, key_row(&payee.public.id()), &id)?;
    put_question(&id, DataOffer::KIND.word(), author.public.id(), payload, desk);
    show::one(&id, &record, desk)
}

/// The owner has signed the offer: the bank is to tell us of locks for it.
pub(super) fn signed(
    role: Role,
    id: &Hash,
    came: Timestamp,
    selling: Selling,
    statement: &str,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    if matches!(selling.offer, Offered::Signed(_)) {
        return Ok(());
    }
    let (payee, offer) = (selling.payee, danger_typed_unverified::<DataOffer>(statement)?);
    let side = Side::Selling(Selling { offer: Offered::Signed(statement.to_owned()), ..selling });
    Record { came, side }.store(id, desk)?;
    desk.tx.push(Write::Unask(question_id(id)));
    locks::watch(role, payee, &offer.body.holder.key, desk)?;
    desk.tell("data-offered", id, "The offer is signed; its file can be given away.");
    Ok(())
}

/// `{"command":"data-file","data"}`: what is given to buyers.
pub(super) fn file(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let (id, record) = named(request, desk)?;
    let bytes = match &record.side {
        Side::Buying(buying) => buying.file.clone(),
        Side::Selling(Selling { offer: Offered::Signed(offer), letter, share, .. }) => {
            Blob64(file::write(offer, letter, share, own_certificate(desk)?)?)
        }
        Side::Selling(_) => {
            return Err(Misuse::new(Code::StateWrong, "the offer is not signed yet: answer the trusted screen").into());
        }
    };
    let mut shown = show::one(&id, &record, desk)?;
    if let Value::Object(members) = &mut shown {
        board::extend(members, json!({ "file": bytes }));
    }
    Ok(shown)
}

/// Money is locked for one of our keys: if it pays for our offer, our side of it begins. Whether our machine is to
/// hear of it.
pub(super) fn locked(id: &Hash, lock: &Lock, locked: &Locked, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let Some(mut record) = Record::load(id, desk)? else { return Ok(false) };
    let Side::Selling(selling) = &mut record.side else { return Ok(false) };
    let Offered::Signed(text) = &selling.offer else { return Ok(false) };
    let offer: Statement<DataOffer> = danger_typed_unverified(text)?;
    if let Err(why) = sale::fits(&offer, &selling.share, lock, locked) {
        // Anybody who has the file can lock what he likes for our key; the bank did nothing wrong by telling us.
        desk.tell("data-unfit", id, format!("Somebody's lock does not pay for this: {why}. It is left alone."));
        return Ok(false);
    }
    if selling.locks.len() >= BUYERS_MAX {
        desk.tell("data-unfit", id, "There are too many locks for this; the money goes back by itself.");
        return Ok(false);
    }
    let own = PayeeOwn {
        account: selling.account.clone(),
        certificate: None,
        language: language(desk)?,
        margin_ms: sale::margin(&offer.body),
        patience_ms: super::PATIENCE,
        preimage: Some(selling.key.clone()),
        salt: selling.salt.clone(),
    };
    selling.locks.push(lock.xid);
    let withdrawn = selling.withdrawn;
    record.store(id, desk)?;
    exchange::keep(lock.xid, &offer.text, desk)?;
    locks::be_paid(lock, own, &record_key(id), offer.hash, desk)?;
    if withdrawn {
        // Before it hears that there is money: else it would claim it.
        locks::command(lock.xid, Command::GiveBack, desk)?;
    }
    Ok(!withdrawn)
}

/// Tells the owner where a lock of this sale stands.
pub(super) fn news(id: &Hash, payee: &Payee, desk: &mut Desk<'_, '_>) {
    let (word, text) = match payee.standing() {
        Standing::Locked => ("data-locked", "A buyer's money is locked; the claim is being signed."),
        Standing::Claiming => ("data-claimed", "The bank is shown the key."),
        Standing::Claimed => ("data-paid", "Paid; the buyer has the key."),
        Standing::Returned => ("data-returned", "The buyer's money went back; the key stayed here."),
        Standing::Declined | Standing::Divided | Standing::Lapsed | Standing::Ordered | Standing::Waiting => return,
    };
    desk.tell(word, id, text);
}
