//! Directories that the shop stands in: a signed profile, and what is on the shelf, in runs of small
//! messages that the broker acknowledges one by one.
//!
//! ```text
//! joined/LINK     Joined (also a timer: is there news?)
//! ```

use semper_base::code::Code;
use semper_base::limits::LISTINGS_PER_MESSAGE_MAX;
use semper_base::{Error, Hash, Key, Millis, Misuse, PeerId, Role, Timestamp, Violation, Write};
use semper_blocks::statement::About;
use semper_commerce::process::mail_order::offer::Bearer;
use semper_commerce::process::profile::Profile;
use semper_support::comm::Address;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::catalogue::Shelf;
use super::{Certified, own_certificate};
use crate::broker::{Last, Ping, Products, Taken, kinds, listed};
use crate::common::{Desk, hello, keys, rows, text};

/// How long a profile stands; it is renewed after half of it.
const PROFILE_LIFE: Millis = Millis::days(30);
/// How often the shop looks whether there is news.
const LOOK_PAUSE: Millis = Millis::seconds(300);
/// A run without an acknowledgement for so long is begun anew.
const STUCK: Millis = Millis::hours(1);
/// Messages under way at a time.
const WINDOW: u64 = 8;
/// Products that are looked at for one message.
const LOOKED_AT: usize = 512;
/// Directories that a shop stands in.
const JOINED_MAX: usize = 8;

/// What the operator says of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    about: String,
    #[serde(default = "germany")]
    countries: Vec<String>,
    #[serde(default = "english")]
    languages: Vec<String>,
    #[serde(default)]
    pages: Option<String>,
    #[serde(default = "seller")]
    return_costs: Bearer,
    #[serde(default = "two_weeks")]
    withdraw_days: u64,
}

fn germany() -> Vec<String> {
    vec!["DE".to_owned()]
}

fn english() -> Vec<String> {
    vec!["en".to_owned()]
}

fn seller() -> Bearer {
    Bearer::Seller
}

fn two_weeks() -> u64 {
    14
}

/// A directory and what was told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Joined {
    words: Words,
    /// When the profile was signed.
    signed: Timestamp,
    /// The code with which the broker refused something last.
    code: Option<u16>,
    /// What it knows completely: the catalogue's version and the price list.
    told: Option<(u64, Option<Hash>)>,
    run: Option<Run>,
    /// The last run's number.
    runs: u64,
    /// The next run must tell everything.
    again: bool,
}

/// What is being told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    number: u64,
    /// Only what changed after this version, or everything.
    since: Option<u64>,
    version: u64,
    list: Option<Hash>,
    after: Option<String>,
    /// Products on the shelf so far.
    count: u64,
    sent: u64,
    taken: u64,
    /// The last message is sent.
    all: bool,
    /// The last acknowledgement.
    at: Timestamp,
}

fn row(link: &str) -> Key {
    Key::new("joined", link)
}

/// `{"command":"join","broker":LINK,"about"?,"countries"?,"languages"?,"pages"?,"return_costs"?,
/// "withdraw_days"?}`: stands in that directory from now on. Said again, tells the news at once; with
/// `about`, under a new profile.
pub(super) fn join(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let link = text(request, "broker")?;
    let known: Option<Joined> = rows::get(desk.tx, &row(link))?;
    let broker = broker(link, desk)?;
    let mut joined = match (known, request.get("about")) {
        (Some(known), None) => known,
        (known, _) => {
            if known.is_none() && desk.tx.scan("joined/", JOINED_MAX)?.len() >= JOINED_MAX {
                return Err(Misuse::new(Code::TooMany, "directories").into());
            }
            let words = read_words(request)?;
            let signed = send_profile(broker, &words, desk)?;
            let fresh = Joined { words, signed, code: None, told: None, run: None, runs: 0, again: true };
            known.map_or(fresh.clone(), |known| Joined { words: fresh.words, signed, code: None, ..known })
        }
    };
    tell(broker, &mut joined, desk)?;
    rows::put(desk.tx, row(link), &joined)?;
    desk.tx.push(Write::Timer(row(link), Some(desk.cx.now.plus(LOOK_PAUSE))));
    Ok(shown(link, &joined))
}

fn read_words(request: &Value) -> Result<Words, Error> {
    let members = ["about", "countries", "languages", "pages", "return_costs", "withdraw_days"];
    let given = members.iter().filter_map(|member| Some(((*member).to_owned(), request.get(*member)?.clone())));
    let given = Value::Object(given.collect());
    serde_json::from_value(given).map_err(|error| Misuse::new(Code::FieldWrong, error.to_string()).into())
}

/// `{"command":"joined"}`: the directories and what they know.
pub(super) fn list(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut all = Vec::new();
    for (key, found) in desk.tx.scan("joined/", JOINED_MAX)? {
        let joined: Joined = rows::parse(&key, &found)?;
        all.push(shown(key.0.strip_prefix("joined/").unwrap_or_default(), &joined));
    }
    Ok(json!({ "joined": all }))
}

fn shown(link: &str, joined: &Joined) -> Value {
    let words = &joined.words;
    json!({
        "broker": link, "about": words.about, "countries": words.countries, "languages": words.languages,
        "pages": words.pages, "return_costs": words.return_costs, "withdraw_days": words.withdraw_days,
        "profile_signed": joined.signed, "refused": joined.code,
        "version": joined.told.map(|told| told.0), "telling": joined.run.is_some(),
        "sent": joined.run.as_ref().map(|run| run.sent), "taken": joined.run.as_ref().map(|run| run.taken),
    })
}

/// `{"command":"leave","broker":LINK}`: takes everything off the directory. The shop answers its pings no
/// longer, so it falls out of the list itself.
pub(super) fn leave(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let link = text(request, "broker")?;
    let joined: Option<Joined> = rows::get(desk.tx, &row(link))?;
    let joined = joined.ok_or_else(|| Misuse::new(Code::NotFound, link))?;
    let run = next_number(&joined, desk);
    let last = Some(Last { count: 0, price_list: None });
    let nothing = Products { batch: 1, full: true, gone: Vec::new(), last, products: Vec::new(), run };
    desk.send(broker(link, desk)?, kinds::PRODUCTS, &nothing)?;
    desk.tx.delete(row(link));
    desk.tx.push(Write::Timer(row(link), None));
    Ok(json!({ "left": link }))
}

fn broker(link: &str, desk: &Desk<'_, '_>) -> Result<PeerId, Error> {
    let met = hello::met_at(link, desk)?;
    if met.role == Role::Broker { Ok(met.peer) } else { Err(Misuse::new(Code::RoleWrong, met.role.word()).into()) }
}

fn send_profile(to: PeerId, words: &Words, desk: &mut Desk<'_, '_>) -> Result<Timestamp, Error> {
    let own = keys::identity(desk.tx, semper_blocks::certificate::Kind::Statement)?;
    let own = own.ok_or_else(|| Misuse::new(Code::KeyMissing, "not enrolled yet"))?;
    let address: Option<Address> = rows::get(desk.tx, &Key::new("own", "address"))?;
    let address = address.ok_or_else(|| Misuse::new(Code::StateWrong, "the shop has no address yet"))?;
    let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
    let meta = author.meta::<Profile>(desk.cx, About::default(), PROFILE_LIFE);
    let Words { about, countries, languages, pages, return_costs, withdraw_days } = words.clone();
    let (name, valid_until) = (own.name, meta.expires);
    let body = Profile { about, address, countries, languages, name, pages, return_costs, valid_until, withdraw_days };
    body.check()?;
    let statement = semper_blocks::statement::make(desk.cx.crypto, &author.secret, meta, body)?.text;
    desk.send(to, kinds::PROFILE, &Certified { certificate: own_certificate(desk)?, reference: None, statement })?;
    Ok(desk.cx.now)
}

/// Begins a run if there is news, and sends what may be sent.
fn tell(broker: PeerId, joined: &mut Joined, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let shelf = Shelf::look(desk.cx.now, desk.tx)?;
    if joined.run.as_ref().is_some_and(|run| desk.cx.now > run.at.plus(STUCK)) {
        (joined.run, joined.again) = (None, true);
    }
    if joined.run.is_none() && (joined.again || joined.told != Some((shelf.version, shelf.list))) {
        // A new price list may bring products that did not change themselves.
        let since = joined.told.filter(|told| !joined.again && told.1 == shelf.list).map(|told| told.0);
        let number = next_number(joined, desk);
        joined.runs = number;
        let (version, list) = (shelf.version, shelf.list);
        joined.run = Some(Run {
            number,
            since,
            version,
            list,
            after: None,
            count: 0,
            sent: 0,
            taken: 0,
            all: false,
            at: desk.cx.now,
        });
        joined.again = false;
    }
    let Some(run) = &mut joined.run else { return Ok(()) };
    while !run.all && run.sent < run.taken.saturating_add(WINDOW) {
        let message = next(run, &shelf, desk)?;
        desk.send(broker, kinds::PRODUCTS, &message)?;
    }
    Ok(())
}

/// Higher than the last one, also after the shop left and came back.
fn next_number(joined: &Joined, desk: &Desk<'_, '_>) -> u64 {
    desk.cx.now.millis().max(joined.runs.saturating_add(1))
}

/// The next message of a run.
fn next(run: &mut Run, shelf: &Shelf, desk: &Desk<'_, '_>) -> Result<Products, Error> {
    let page = shelf.page(desk.tx, run.after.as_deref(), LOOKED_AT)?;
    let (mut products, mut gone, mut looked_at) = (Vec::new(), Vec::new(), 0);
    for shown in &page {
        let is_news = run.since.is_none_or(|since| shown.changed > since);
        if products.len() + gone.len() == LISTINGS_PER_MESSAGE_MAX {
            break;
        }
        looked_at += 1;
        run.after = Some(shown.product.id.clone());
        run.count += u64::from(shown.is_out);
        match (is_news, shown.is_out) {
            (true, true) => products.push(listed(shown.product.clone())),
            (true, false) if run.since.is_some() => gone.push(shown.product.id.clone()),
            _ => {}
        }
    }
    run.all = page.len() < LOOKED_AT && looked_at == page.len();
    run.sent += 1;
    let last = run.all.then_some(Last { count: run.count, price_list: run.list });
    Ok(Products { batch: run.sent, full: run.since.is_none(), gone, last, products, run: run.number })
}

/// The link that leads to this broker, and what it knows; none if the shop has left it.
fn of_broker(from: PeerId, desk: &Desk<'_, '_>) -> Result<Option<(String, Joined)>, Error> {
    for (key, found) in desk.tx.scan("joined/", JOINED_MAX)? {
        let link = key.0.strip_prefix("joined/").unwrap_or_default();
        if hello::met_at(link, desk)?.peer == from {
            return Ok(Some((link.to_owned(), rows::parse(&key, &found)?)));
        }
    }
    for (key, row) in desk.tx.scan("met/", semper_base::limits::LINKS_MAX)? {
        let met: hello::Met = rows::parse(&key, &row)?;
        if met.peer == from && met.role == Role::Broker {
            return Ok(None);
        }
    }
    Err(Violation::new(Code::PeerWrong, "not a broker of ours").into())
}

/// The broker has taken something, or not.
pub(super) fn taken(from: PeerId, taken: &Taken, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some((link, mut joined)) = of_broker(from, desk)? else { return Ok(()) };
    if joined.code != taken.code {
        joined.code = taken.code;
        if let Some(code) = taken.code.and_then(Code::from_number) {
            desk.tell("directory", &link, format!("The directory refused something: {}.", code.text()));
        }
    }
    let now = desk.cx.now;
    let run = joined.run.as_mut().filter(|run| run.number == taken.run);
    if let Some(run) = run.filter(|run| taken.batch > run.taken && taken.batch <= run.sent) {
        (run.taken, run.at) = (taken.batch, now);
        if run.all && run.taken == run.sent {
            joined.told = Some((run.version, run.list));
            joined.run = None;
        }
        // Told to tell everything again, and not at once: a broker cannot keep the shop busy.
        joined.again |= taken.again;
        if joined.run.is_some() && taken.code.is_none() {
            tell(from, &mut joined, desk)?;
        }
    }
    Ok(rows::put(desk.tx, row(&link), &joined)?)
}

/// The broker asks whether we are there.
pub(super) fn ping(from: PeerId, ping: Ping, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if of_broker(from, desk)?.is_some() { desk.send(from, kinds::PONG, &ping) } else { Ok(()) }
}

/// Is there news for this directory?
pub(super) fn look(link: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(mut joined) = rows::get::<Joined>(desk.tx, &row(link))? else {
        desk.tx.push(Write::Timer(row(link), None));
        return Ok(());
    };
    desk.tx.push(Write::Timer(row(link), Some(desk.cx.now.plus(LOOK_PAUSE))));
    let broker = broker(link, desk)?;
    if desk.cx.now > joined.signed.plus(Millis(PROFILE_LIFE.0 / 2)) {
        joined.signed = send_profile(broker, &joined.words, desk)?;
    }
    tell(broker, &mut joined, desk)?;
    Ok(rows::put(desk.tx, row(link), &joined)?)
}
