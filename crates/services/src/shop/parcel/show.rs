//! Sales by mail order, as the operator sees them, and their evidence.

use std::collections::BTreeSet;

use semper_base::{Blob64, Error, Hash, Role};
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_commerce::process::mail_order::{ParcelOffer, ParcelOrder, Shipment};
use serde_json::{Map, Value, json};

use super::{ParcelSale, chosen, load};
use crate::common::board::{self, View};
use crate::common::evidence::{self, Extra};
use crate::common::parcel::subject;
use crate::common::{Desk, keys, rows};

/// Every sale, in the order of the orders' hashes; then every order that waits.
pub(in crate::shop) fn summaries(desk: &Desk<'_, '_>) -> Result<Vec<Value>, Error> {
    let mut list = Vec::new();
    for (key, row) in desk.tx.scan("parcel-sale/", 1000)? {
        let sale: ParcelSale = rows::parse(&key, &row)?;
        list.push(Value::Object(summary(&sale, desk)?));
    }
    list.extend(chosen::summaries(desk)?);
    Ok(list)
}

fn summary(sale: &ParcelSale, desk: &Desk<'_, '_>) -> Result<Map<String, Value>, Error> {
    let offer: Statement<ParcelOffer> = danger_typed_unverified(&sale.offer)?;
    let shipments: Result<Vec<Statement<Shipment>>, _> =
        sale.shipments.iter().map(|text| danger_typed_unverified(text)).collect();
    let running = sale.refunds.iter().filter(|refund| !refund.done).filter_map(|refund| refund.ordered);
    let refunding: BTreeSet<u64> = running.map(|(part, _)| part).collect();
    let book = sale.book();
    let (reader, now) = (Role::Seller, desk.cx.now);
    let view = View { book, offer: &offer, reader, refunding, shipments: shipments?, now };
    let mut members = view.members();
    let title = members.get("title").cloned();
    board::extend(
        &mut members,
        json!({
            "deal": sale.order(),
            "process": "mail-order",
            "opened": book.contract.accepted,
            "buyer": sale.name,
            "goods": title,
            "xid": null,
            "refused": null,
            "locks": book.locks.iter().map(|lock| board::lock(book, lock)).collect::<Vec<Value>>(),
            "pending": sale.pending.as_ref().map(|pending| &pending.lines),
        }),
    );
    Ok(members)
}

/// Whether a command names a sale by mail order.
pub(in crate::shop) fn is_sale(request: &Value, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    let named = request.get("order").or_else(|| request.get("deal")).and_then(Value::as_str);
    match named.and_then(Hash::from_hex) {
        Some(order) => Ok(load(order, desk)?.is_some() || chosen::load(order, desk)?.is_some()),
        None => Ok(false),
    }
}

/// One sale with everything that is known about it: `{"command":"sale","deal":ORDER}`.
pub(in crate::shop) fn show(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let name = request.get("order").or_else(|| request.get("deal")).and_then(Value::as_str);
    if let Some(order) = name.and_then(Hash::from_hex)
        && let Some(asked) = chosen::load(order, desk)?
    {
        return asked.show();
    }
    let sale = super::ship::named(request, desk)?;
    let mut members = summary(&sale, desk)?;
    let order: Statement<ParcelOrder> = danger_typed_unverified(&sale.order)?;
    let about = subject(&sale.order());
    board::complaints(desk.tx, &about, &mut members)?;
    let (timeline, documents) = board::documents(desk.tx, &[about])?;
    board::extend(&mut members, json!({ "timeline": timeline, "documents": documents, "address": order.body.address }));
    Ok(Value::Object(members))
}

/// Writes the evidence pack of a sale: `{"command":"export","order":HASH}`.
pub(in crate::shop) fn export(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let sale = super::ship::named(request, desk)?;
    let order = sale.order();
    let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
    let locks: Vec<_> = sale.book().locks.iter().map(|lock| lock.lock).collect();
    let pack = evidence::export_order(order, &locks, Extra::default(), &author, desk)?;
    let unstamped = crate::common::stamps::left(&subject(&order), desk)?;
    Ok(json!({ "order": order, "pack": Blob64(pack), "unstamped": unstamped }))
}
