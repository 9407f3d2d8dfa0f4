//! The notaries that this party deals with, the one that it likes best first. A deal names one that is on the
//! lists of both sides; what is under way goes on with the one that it named, on the list or not.
//!
//! ```text
//! own/notaries    Listed: names of links, best first, and those that were taken off; none as long as every notary
//!                 that is met is on the list, by the name of its link
//! ```

use semper_base::limits::{LINKS_MAX, NOTARIES_NAMED_MAX};
use semper_base::{Code, Error, Key, KeyId, Misuse, PeerId, Refusal, Role};
use semper_blocks::statement::wording::four_words;
use semper_support::comm::Link;
use semper_support::crypto::PublicKey;
use semper_support::tinguin::neutral::neutralise_inline;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::hello::{self, Met};
use super::{Desk, rows, text};

/// Longest name of a notary that is shown, in characters.
const NAME_CHARS_MAX: usize = 60;

/// A notary behind one of our links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The link's name.
    pub link: String,
    /// Who answered there.
    pub met: Met,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    dropped: Vec<String>,
    links: Vec<String>,
}

fn row() -> Key {
    Key::new("own", "notaries")
}

/// Every notary that we are connected with, on the list or not, by the name of its link.
pub fn all(desk: &Desk<'_, '_>) -> Result<Vec<Known>, Error> {
    let mut found = Vec::new();
    for (key, row) in desk.tx.scan("met/", LINKS_MAX)? {
        let met = hello::read_met(&key, &row, desk)?;
        if let Some(link) = key.0.strip_prefix("met/").filter(|_| met.role == Role::Notary) {
            found.push(Known { link: link.to_owned(), met: Met::clone(&met) });
        }
    }
    Ok(found)
}

/// The list.
pub fn listed(desk: &Desk<'_, '_>) -> Result<Vec<Known>, Error> {
    let Some(list) = rows::get::<Listed>(desk.tx, &row())? else { return all(desk) };
    let mut found = Vec::with_capacity(list.links.len());
    for link in list.links {
        if let Some(met) = hello::met_in(&Key::new("met", &link), desk)? {
            found.push(Known { link, met });
        }
    }
    Ok(found)
}

/// The notary on our list that is best for us among these, or best for us if the other side said nothing of its own.
/// The refusal says whom the other side knows.
pub fn choose(theirs: Option<&[KeyId]>, names: &[String], desk: &Desk<'_, '_>) -> Result<Met, Error> {
    let ours = listed(desk)?;
    let none =
        || Misuse::new(Code::NotFound, "no notary on this party's list; `semper link notary` opens a link to one");
    let first = ours.first().ok_or_else(none)?;
    let Some(theirs) = theirs else { return Ok(first.met.clone()) };
    match ours.iter().find(|one| theirs.contains(&one.met.key.id())) {
        Some(common) => Ok(common.met.clone()),
        None => Err(none_in_common(names, &ours).into()),
    }
}

/// The notary with this key, if it is on our list.
pub fn on_list(key: &PublicKey, desk: &Desk<'_, '_>) -> Result<Option<Met>, Error> {
    Ok(listed(desk)?.into_iter().map(|known| known.met).find(|met| met.key == *key))
}

/// The notary with this key, who is named so in what we are to sign: refused if it is not on our list.
pub fn require(key: &PublicKey, name: &str, desk: &Desk<'_, '_>) -> Result<Met, Error> {
    match on_list(key, desk)? {
        Some(met) => Ok(met),
        None => Err(none_in_common(&[name.to_owned()], &listed(desk)?).into()),
    }
}

/// The notary at this link, which must be on the list.
pub fn at(link: &str, desk: &Desk<'_, '_>) -> Result<Met, Error> {
    let found = listed(desk)?.into_iter().find(|known| known.link == link);
    let missing =
        || Misuse::new(Code::NotFound, format!("no notary {link} on the list; `semper notary list` shows it"));
    Ok(found.ok_or_else(missing)?.met)
}

/// Whether this peer is a notary that we are connected with.
pub fn is_one(peer: PeerId, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    Ok(all(desk)?.iter().any(|known| known.met.peer == peer))
}

fn none_in_common(theirs: &[String], ours: &[Known]) -> Refusal {
    let ours: Vec<String> = ours.iter().map(|known| known.met.name.clone()).collect();
    let shown = |names: &[String]| told(names).unwrap_or_else(|| "none".to_owned());
    let text = format!(
        "the other side names {}, this party's list has {}; `semper link notary ADDRESS --called NAME` adds one, or the \
         other side makes the deal anew with one of yours",
        shown(theirs),
        shown(&ours),
    );
    Refusal::new(Code::NoCommonNotary, text)
}

/// Names of notaries that somebody told us, as they can be shown; none if there are none.
pub fn told(names: &[String]) -> Option<String> {
    let names = names.iter().take(NOTARIES_NAMED_MAX).map(|name| neutralise_inline(name, NAME_CHARS_MAX));
    Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty())
}

/// What we tell somebody who may deal with us: the keys of our list, best first.
pub fn keys(desk: &Desk<'_, '_>) -> Result<Vec<KeyId>, Error> {
    Ok(listed(desk)?.iter().take(NOTARIES_NAMED_MAX).map(|known| known.met.key.id()).collect())
}

/// Their names.
pub fn names(desk: &Desk<'_, '_>) -> Result<Vec<String>, Error> {
    Ok(listed(desk)?.into_iter().take(NOTARIES_NAMED_MAX).map(|known| known.met.name).collect())
}

/// Somebody answered at a link: a notary that is new comes to the end of the list.
pub(super) fn met(link: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let met: Option<Met> = rows::get(desk.tx, &Key::new("met", link))?;
    if met.is_none_or(|met| met.role != Role::Notary) {
        return Ok(());
    }
    let list = rows::get::<Listed>(desk.tx, &row())?;
    let known = |list: &Listed| list.links.iter().chain(&list.dropped).any(|name| name == link);
    if list.as_ref().is_some_and(known) {
        return Ok(());
    }
    let mut list = match list {
        Some(list) => list,
        None => Listed { links: others(link, desk)?, dropped: Vec::new() },
    };
    list.links.push(link.to_owned());
    Ok(rows::put(desk.tx, row(), &list)?)
}

/// The names of the links to all notaries but this one.
fn others(link: &str, desk: &Desk<'_, '_>) -> Result<Vec<String>, Error> {
    Ok(all(desk)?.into_iter().map(|known| known.link).filter(|name| name != link).collect())
}

/// The commands about the list; none if it is none of them.
pub(super) fn command(word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
    match word {
        "notaries" => {}
        "notary-drop" => change(text(request, "link")?, false, desk)?,
        "notary-prefer" => change(text(request, "link")?, true, desk)?,
        _ => return Ok(None),
    }
    show(desk).map(Some)
}

/// `{"command":"notary-prefer","link"}` puts a notary first, on the list if it was off it;
/// `{"command":"notary-drop","link"}` takes one off: nothing new is begun with it, and the link stays for what is
/// under way.
fn change(link: &str, prefer: bool, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let known = all(desk)?;
    let missing =
        || Misuse::new(Code::NotFound, format!("no notary is met at {link}; `semper notary list` shows who is"));
    let name = known.iter().find(|known| known.link == link).ok_or_else(missing)?.met.name.clone();
    let links = listed(desk)?.into_iter().map(|known| known.link).filter(|name| name != link);
    let mut links: Vec<String> = links.collect();
    if prefer {
        links.insert(0, link.to_owned());
    }
    let dropped = known.into_iter().map(|known| known.link).filter(|name| !links.contains(name)).collect();
    rows::put(desk.tx, row(), &Listed { dropped, links })?;
    let done = if prefer { "now comes first" } else { "is off the list; what is under way with it goes on" };
    desk.tell("notaries", link, format!("{name} {done}."));
    Ok(())
}

/// `{"command":"notaries"}`: the list, then who is off it.
fn show(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let listed = listed(desk)?;
    let off = all(desk)?.into_iter().filter(|known| !listed.contains(known));
    let mut notaries = Vec::new();
    for (at, known) in listed.iter().cloned().chain(off).enumerate() {
        let Known { link, met } = known;
        let address: Option<Link> = rows::get(desk.tx, &Key::new("link", &link))?;
        notaries.push(json!({
            "link": link, "name": met.name, "key": met.key.id(), "certificate": met.certificate,
            "fingerprint": four_words(&met.certificate), "listed": at < listed.len(), "fees": met.fees.shown(),
            "limit": met.limit.map(|limit| limit.to_string()),
            "socket": address.map(|link| link.address.socket),
        }));
    }
    Ok(json!({ "notaries": notaries }))
}
