//! Whom this party has relationships with, and why their keys are believed.

use semper_base::limits::{LINKS_MAX, PACK_MEMBERS_MAX};
use semper_base::{Error, Key, Role};
use semper_blocks::certificate::Valid;
use semper_blocks::statement::wording::four_words;
use semper_support::comm::Link;
use serde_json::{Value, json};

use super::hello::Met;
use super::{Desk, keys, notaries, rows};

/// `{"command":"contacts"}`: every link, who answered there, and what their certificate says: who issued
/// it, until when it is good, up to what amount it may be relied on, what the issuer warrants. Of a notary, its place on our
/// list, and what it takes.
pub fn list(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let certified = match keys::trust_now(desk)? {
        Some(trust) => {
            let stored = desk.tx.scan("certificate/", PACK_MEMBERS_MAX)?;
            let valid = |der: &[u8]| trust.validate(der, desk.cx.now, desk.cx.crypto).ok();
            stored.iter().filter_map(|(_, der)| valid(der)).collect()
        }
        None => Vec::new(),
    };
    let (mut contacts, notaries) = (Vec::new(), notaries::listed(desk)?);
    for (row, bytes) in desk.tx.scan("link/", LINKS_MAX)? {
        let link: Link = rows::parse(&row, &bytes)?;
        let met: Option<Met> = rows::get(desk.tx, &Key::new("met", &link.name))?;
        let mut shown = contact(&link, met.as_ref(), &certified);
        if let (Some(met), Some(members)) = (met.filter(|met| met.role == Role::Notary), shown.as_object_mut()) {
            let place =
                (1..).zip(&notaries).find(|(_, known)| known.link == link.name).map(|(place, _): (usize, _)| place);
            members.insert("place".to_owned(), json!(place));
            members.insert("fees".to_owned(), met.fees.shown());
        }
        contacts.push(shown);
    }
    Ok(json!({ "contacts": contacts }))
}

fn contact(link: &Link, met: Option<&Met>, certified: &[Valid]) -> Value {
    let mut contact = json!({
        "link": link.name, "socket": link.address.socket, "server_name": link.address.server_name, "met": met.is_some(),
    });
    let (Some(met), Some(members)) = (met, contact.as_object_mut()) else { return contact };
    let mut put = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    put("name", json!(met.name));
    put("role", json!(met.role));
    put("key", json!(met.key.id()));
    put("certificate", json!(met.certificate));
    put("fingerprint", json!(four_words(&met.certificate)));
    put("limit", json!(met.limit.map(|limit| limit.to_string())));
    if let Some(valid) = certified.iter().find(|valid| valid.certificate_hash == met.certificate) {
        put("organisation", json!(valid.organisation));
        put("issuer", json!(valid.issuer));
        put("valid_from", json!(valid.not_before));
        put("valid_until", json!(valid.not_after));
        put("warranty", json!(valid.warranty.map(|warranty| warranty.to_string())));
    }
    contact
}
