//! The buyer: looks at the file, agrees, has the price locked, and opens what the key opens.

use semper_base::code::Code;
use semper_base::{Blob64, Error, Hash, Misuse, Nonce, Role, Timestamp};
use semper_blocks::certificate::Valid;
use semper_blocks::statement::Body;
use semper_exchange::fair::lock::statements::DataPurchase;
use semper_exchange::fair::lock::{Lock, Payer, PayerOwn, Standing, sale};
use semper_support::access::{Action, Revealed};
use serde_json::{Value, json};

use super::file::Paper;
use super::{Buying, Record, Side, ask, file, named, put_question, record_key, show};
use crate::common::access::permit_owner;
use crate::common::standing::language;
use crate::common::{Desk, exchange, keys, locks};
use crate::wallet::purse;

/// `{"command":"data-buy","file"}`: the owner is asked; then the price is locked. The same file again shows what became
/// of it, and begins nothing.
pub(super) fn buy(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let file = serde_json::from_value(request.get("file").cloned().unwrap_or_default());
    let file: Blob64 = file.map_err(|_| Misuse::new(Code::FieldWrong, "file"))?;
    let wrong = |why: semper_base::Violation| Misuse::new(Code::FileWrong, format!("data file: {why}"));
    let (paper, seller) = Paper::read(&file.0, desk).map_err(wrong)?;
    let id = paper.id()?;
    if let Some(record) = Record::load(&id, desk)? {
        if matches!(record.side, Side::Selling(_)) {
            return Err(Misuse::new(Code::RoleUnfit, "this is what you sell").into());
        }
        return show::one(&id, &record, desk);
    }
    let buying = begin(&paper, &seller, file, desk)?;
    let body = &paper.offer.body;
    let purchase = DataPurchase {
        amount: body.amount,
        bytes: body.bytes,
        description: body.description.clone(),
        holder: buying.names[0].clone(),
        name: body.name.clone(),
        offer: paper.offer.hash,
        seller: seller.name,
        until: buying.lock.condition.ends().unwrap_or(body.until),
    };
    let author = keys::author(role, desk.tx, desk.cx)?;
    let (_, payload) = ask(&author, &purchase, desk)?;
    let record = Record { came: desk.cx.now, side: Side::Buying(buying) };
    record.store(&id, desk)?;
    put_question(&id, DataPurchase::KIND.word(), author.public.id(), payload, desk);
    show::one(&id, &record, desk)
}

/// What is locked, if the owner agrees. Seller and bank must be certified for as much as the price.
fn begin(paper: &Paper, seller: &Valid, file: Blob64, desk: &mut Desk<'_, '_>) -> Result<Buying, Error> {
    let body = &paper.offer.body;
    seller.covers(body.amount)?;
    let holder = body.holder.key.id();
    let other = || Misuse::new(Code::RegisterWrong, "the seller is with another bank than you");
    let bank = purse::met_as(&holder, desk)?.ok_or_else(other)?;
    purse::at(&holder, body.amount.currency(), desk)?.ok_or_else(other)?;
    let payer = keys::generate(desk)?;
    let mut nonce = [0; 16];
    desk.cx.crypto.random(&mut nonce);
    let lock = sale::lock(&paper.offer, &paper.share, &payer.public, Nonce(nonce), desk.cx.now);
    let lock = lock.map_err(|why| Misuse::new(why.code(), format!("cannot be bought now: {why}")))?;
    // Whether there is a purse that can pay it, before anybody is asked.
    purse::lock_under(&Lock::new(&lock)?, None, desk)?;
    keys::keep_certificate(&paper.certificate, desk);
    Ok(Buying { agreed: None, good: None, file, lock, names: [bank.name, seller.name.clone()] })
}

/// The owner agrees: the bank is ordered to lock the price.
pub(super) fn agreed(
    id: &Hash,
    came: Timestamp,
    buying: Buying,
    statement: &str,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    if buying.agreed.is_some() {
        return Ok(());
    }
    let lock = Lock::new(&buying.lock)?;
    let debit = purse::lock_under(&lock, None, desk)?;
    let own = PayerOwn {
        account: debit.account,
        account_key: debit.account_key,
        certificate: None,
        language: language(desk)?,
        patience_ms: super::PATIENCE,
    };
    let (offer, agreed) = (file::parts(&buying.file.0)?.offer.text, Hash::of(statement.as_bytes()));
    Record { came, side: Side::Buying(Buying { agreed: Some(agreed), ..buying }) }.store(id, desk)?;
    exchange::keep(lock.xid, &offer, desk)?;
    exchange::keep(lock.xid, statement, desk)?;
    locks::pay_into(&lock, own, &record_key(id), agreed, desk)
}

/// The lock stands elsewhere now. With the key comes the moment of truth.
pub(super) fn news(id: &Hash, record: &Record, payer: &Payer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Side::Buying(buying) = &record.side else { return Ok(()) };
    match payer.standing() {
        Standing::Locked => desk.tell("data-locked", id, "The price is locked; the seller can claim it with the key."),
        Standing::Returned => desk.tell("data-returned", id, "The money is back; there is no key."),
        Standing::Lapsed => desk.tell("data-returned", id, "Nothing was locked in time; the money never left."),
        Standing::Claimed => {
            let good = opened(buying, payer)?.is_some();
            let text = if good {
                "The key is here: the file opens and is what was on sale."
            } else {
                "The key is here, and what it opens is NOT what the seller signed. Your evidence pack convicts the seller."
            };
            desk.tell(if good { "data-received" } else { "data-wrong" }, id, text);
            let side = Side::Buying(Buying { good: Some(good), ..buying.clone() });
            Record { came: record.came, side }.store(id, desk)?;
        }
        Standing::Claiming | Standing::Declined | Standing::Divided | Standing::Ordered | Standing::Waiting => {}
    }
    Ok(())
}

/// What was bought; none if there is no key yet, or it is not what the seller signed.
fn opened(buying: &Buying, payer: &Payer) -> Result<Option<Vec<u8>>, Error> {
    let Some(key) = payer.preimage() else { return Ok(None) };
    let parcel = file::parts(&buying.file.0)?;
    Ok(sale::open(&parcel.offer.body, &parcel.letter, &parcel.share, key)?.ok())
}

/// `{"command":"data-read","data"}`: what was bought.
pub(super) fn read(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Deals);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let (id, record) = named(request, desk)?;
    let Side::Buying(buying) = &record.side else {
        return Err(Misuse::new(Code::RoleUnfit, "this is what you sell").into());
    };
    let side = locks::side(Lock::new(&buying.lock)?.xid, desk)?;
    let data = match &side {
        Some(locks::Side::Payer(payer)) => opened(buying, payer)?,
        _ => None,
    };
    let closed = || Misuse::new(Code::StateWrong, "there is no key for it, or it is not what was on sale");
    Ok(
        json!({ "data": Blob64(data.ok_or_else(closed)?), "id": id, "name": file::parts(&buying.file.0)?.offer.body.name }),
    )
}
